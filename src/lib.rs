//! orgscope: a terminal explorer for AWS Organizations.

pub mod aws;
pub mod cli;
pub mod commands;
pub mod logging;
pub mod org;
pub mod sim;
