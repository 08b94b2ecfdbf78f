//! One test binary: a module per topic, so that the crate is linked once.

mod peers;
mod picture;
mod simulator;
mod support;
mod terminal;
