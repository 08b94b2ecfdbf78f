//! One test binary: a module per topic, so that the crate is linked once.

mod architecture;
mod cache;
mod changes;
mod closing_screens;
mod closures;
mod command_line;
mod configuration;
mod crash;
mod credentials;
mod dialogs;
mod hands;
mod journal;
mod judges;
mod moto_writes;
mod move_command;
mod parting;
mod peers;
mod picture;
mod readme;
mod screens;
mod simulator;
mod support;
mod terminal;
mod walk;
mod whois;
mod worker;
