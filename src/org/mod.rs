//! The domain: what an organization is made of, and the tree that holds it.
//!
//! Nothing here does I/O, reads a clock or an environment variable, or knows a screen, an async
//! runtime or an SDK. [`Tree`] is fed with [`Observation`]s, which whoever talks to the service
//! produces, and is read by everything else.

mod error;
mod model;
mod node;
mod observation;
mod text;
mod tree;

pub use error::{ErrorKind, OrgError};
pub use model::{
    Account, AccountState, Caller, Identity, JoinedMethod, Organization, OrganizationalUnit, Root,
};
pub use node::{Counts, Node, NodeData, NodeIx, NodeKind};
pub use observation::{Listing, Observation, Progress, WalkEvent, WalkScope, WalkSummary};
pub use text::{visible, without_steering};
pub use tree::Tree;
