//! One test binary: a module per topic, so that the crate is linked once.

mod architecture;
mod closing_screens;
mod command_line;
mod configuration;
mod crash;
mod credentials;
mod journal;
mod peers;
mod picture;
mod readme;
mod screens;
mod simulator;
mod support;
mod terminal;
mod walk;
