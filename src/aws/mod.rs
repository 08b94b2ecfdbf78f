//! Talking to AWS: the only place that names the SDK's types.
//!
//! [`connect`] turns flags, environment and AWS configuration files into a [`Connection`] with
//! credentials already in hand, [`identify`] asks where that leads, and [`error`] turns whatever
//! the SDK reports into the program's one [`OrgError`](crate::org::OrgError).

mod call;
mod config;
mod convert;
mod credentials;
pub mod error;
mod guard;
mod helper;
mod job;
pub mod limiter;
mod listing;
mod look;
mod memory;
mod mutate;
mod place;
mod policies;
mod probe;
mod profile;
mod read;
mod reason;
mod service_date;
mod session;
mod settings;
mod tls;
mod walk;
mod whose;

pub use limiter::{Limiter, Row};
pub use look::{answer, answer_telling};
pub use walk::walk;

pub use config::{
    ConnectOptions, Connection, Destination, connect, destination, endpoint, identify,
};
pub use mutate::{Reading, recheck, same_organization, send, token, verify};
pub use place::{child_units, describe_unit, first_child_units, parent_of, roots};
pub use policies::Policies;
pub use probe::{Probe, Probed, Tried, introduce, probe};
pub use read::{account_facts, all_accounts, attached, describe_account, trusted_access};
pub use settings::{Chosen, chosen, owner_of_key};
