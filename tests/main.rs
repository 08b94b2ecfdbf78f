//! One test binary: a module per topic, so that the crate is linked once.

mod architecture;
mod command_line;
mod crash;
mod credentials;
mod dialogs;
mod journal;
mod peers;
mod picture;
mod readme;
mod screens;
mod simulator;
mod support;
mod terminal;
mod walk;
