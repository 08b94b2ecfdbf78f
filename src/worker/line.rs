//! A connection as a task uses it: what was read over it is told as long as it is the one in use.

use super::desk::{Desk, Reading};
use crate::aws::{Connection, Limiter};
use crate::msg::Msg;

/// The connection that was in use when a task began. Another one may lead to another organization:
/// from then on, nothing that this one answers is told.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) desk: Desk,
    pub(super) connection: Connection,
    /// Counts the connections.
    pub(super) number: u64,
}

impl Line {
    /// The pace of all calls.
    pub(super) fn limiter(&self) -> &Limiter {
        self.desk.limiter()
    }

    /// Notes that something is being read; `None` if it already is.
    pub(super) fn begin_reading(&self, what: &str, of: &str) -> Option<Reading> {
        self.desk.begin_reading(self.number, what, of)
    }

    /// Tells what was read, unless there is another connection by now; whether it was told.
    pub(super) async fn tell(&self, msg: Msg) -> bool {
        self.tell_with(|| msg).await
    }

    /// The same of a message that is made when there is a place for it.
    pub(super) async fn tell_with(&self, msg: impl FnOnce() -> Msg) -> bool {
        self.desk.tell_of(self.number, msg).await
    }
}
