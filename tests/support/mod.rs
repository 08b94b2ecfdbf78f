//! What several topics need: consent, the program itself, a terminal to run it in, and Python.

pub(crate) mod asking;
pub(crate) mod consent;
pub(crate) mod emulator;
pub(crate) mod endpoint;
pub(crate) mod hand;
pub(crate) mod instance;
pub(crate) mod observed;
pub(crate) mod program;
pub(crate) mod python;
pub(crate) mod scene;
pub(crate) mod service;
pub(crate) mod terminal;
