//! orgscope: a terminal explorer for AWS Organizations.

pub mod aws;
pub mod org;
pub mod sim;
