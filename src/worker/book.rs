//! The open journal, for tasks: everything that waits for the disk waits elsewhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::aws::Connection;
use crate::org::Entry;
use crate::store::{Journal, Name};

/// An open journal that several tasks share.
#[derive(Debug, Clone)]
pub struct Book {
    journal: Arc<Mutex<Journal>>,
    instance: String,
    name: Name,
}

impl Book {
    pub(super) fn new(journal: Journal) -> Self {
        Self {
            instance: journal.instance().to_owned(),
            name: journal.name().clone(),
            journal: Arc::new(Mutex::new(journal)),
        }
    }

    /// Which instance we are.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The organization that it is about.
    #[must_use]
    pub fn organization(&self) -> &str {
        self.name.organization()
    }

    /// Which journal it is.
    pub(super) fn name(&self) -> &Name {
        &self.name
    }

    /// Whether this connection leads to the organization's endpoint that the journal is about.
    pub(super) fn is_about(&self, connection: &Connection) -> bool {
        Name::new(self.organization(), connection.endpoint.as_deref()) == self.name
    }

    /// Uses the journal on a thread that may wait for the disk and for other instances.
    pub async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Journal) -> T + Send + 'static,
    ) -> T {
        let journal = Arc::clone(&self.journal);
        match tokio::task::spawn_blocking(move || act(&mut lock(&journal))).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The program is ending: there is nobody left to go on.
            Err(_) => std::future::pending().await,
        }
    }

    /// The entry of this id, as far as the journal was read.
    pub async fn entry(&self, id: &str) -> Option<Entry> {
        let id = id.to_owned();
        self.with(move |journal| journal.entries().get(&id).cloned())
            .await
    }

    /// Whether both are the same open journal.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.journal, &other.journal)
    }
}

/// A panic elsewhere does not make what is on the disk less true.
fn lock(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}
