//! Keeps what was read for the next run, one snapshot after the other.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::desk::now;
use super::line::Line;
use crate::msg::Msg;
use crate::org::{ErrorKind, OrgError, Snapshot};
use crate::store::{Cache, Key};

/// Where snapshots go.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    cache: Cache,
    key: Key,
    /// So that an older one never replaces a newer one.
    turn: Arc<Mutex<()>>,
}

impl Keeper {
    pub(super) fn new(cache: Cache, key: Key) -> Self {
        Self {
            cache,
            key,
            turn: Arc::default(),
        }
    }

    /// Writes it, and tells where that fails.
    pub(super) async fn keep(self, line: Line, snapshot: Arc<Snapshot>) {
        let endpoint = line.connection.endpoint.clone();
        if let Err(error) = self.write(endpoint, snapshot).await {
            line.desk.tell(Msg::NotKept(error)).await;
        }
    }

    /// Waits for what is being written, then writes this.
    pub(super) async fn write(
        self,
        endpoint: Option<String>,
        snapshot: Arc<Snapshot>,
    ) -> Result<(), OrgError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let written = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let (cache, key) = (&self.cache, &self.key);
            cache.keep(key, endpoint.as_deref(), &snapshot, now())
        });
        written.await.unwrap_or_else(|error| {
            let message = format!("the cache could not be written: {error}");
            Err(OrgError::new(ErrorKind::Usage, message))
        })
    }

    /// Waits for what is being written.
    pub(super) async fn settle(self) {
        drop(self.turn.lock().await);
    }
}

#[cfg(test)]
#[path = "keep_tests.rs"]
mod tests;
