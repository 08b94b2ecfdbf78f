//! One test binary: a module per topic, so that the crate is linked once.

mod peers;

mod support;

mod walk;
