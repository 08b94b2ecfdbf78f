//! Talking to AWS: the only place that names the SDK's types.
//!
//! [`connect`] turns flags, environment and AWS configuration files into a [`Connection`] with
//! credentials already in hand, [`identify`] asks where that leads, and [`error`] turns whatever
//! the SDK reports into the program's one [`OrgError`](crate::org::OrgError).

mod config;
mod convert;
mod credentials;
pub mod error;
mod helper;
pub mod limiter;
mod profile;
mod session;
mod settings;
mod tls;
mod walk;

pub use limiter::Limiter;
pub use walk::walk;

pub use config::{ConnectOptions, Connection, connect, identify};
