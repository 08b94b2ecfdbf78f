//! orgscope: a terminal explorer for AWS Organizations.

pub mod action;
pub mod app;
pub mod aws;
pub mod cli;
pub mod commands;
pub mod effect;
pub mod logging;
pub mod msg;
pub mod org;
pub mod runtime;
pub mod sim;
pub mod ui;
pub mod worker;
