//! orgscope: a terminal explorer for AWS Organizations.

pub mod org;
pub mod sim;
