//! The ways from accounts and OUs up to the root, where the service sends no `Paths`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::aws::{self, Connection, Limiter};
use crate::org::{ErrorKind, Hierarchy, MOST_LEVELS, OrgError};

/// What a child is in, or why that could not be read; empty while it is asked for.
type Parent = Arc<OnceCell<Result<String, OrgError>>>;

/// Asks for parents, each once: many accounts are in the same OUs, and are looked for at once.
pub(super) struct Parents<'a> {
    connection: &'a Connection,
    limiter: Limiter,
    /// By child.
    known: Mutex<BTreeMap<String, Parent>>,
}

impl<'a> Parents<'a> {
    pub(super) fn new(connection: &'a Connection, limiter: &Limiter) -> Self {
        Self {
            connection,
            limiter: limiter.clone(),
            known: Mutex::default(),
        }
    }

    /// The ids from the root down to the parent. What is above the parent, the cache may know, which
    /// must be of the same organization.
    pub(super) async fn chain(
        &self,
        id: &str,
        cache: Option<&Hierarchy>,
    ) -> Result<Vec<String>, OrgError> {
        let mut above = Vec::new();
        let mut here = id.to_owned();
        while !here.starts_with("r-") {
            here = self.of(&here).await?;
            if let Some(mut known) = cache.and_then(|cache| cache.id_path(&here)) {
                above.reverse();
                known.extend(above);
                return Ok(known);
            }
            above.push(here.clone());
            if above.len() > MOST_LEVELS {
                let message = format!("the way from {id} to the root has no end");
                return Err(OrgError::new(ErrorKind::Incomplete, message));
            }
        }
        above.reverse();
        Ok(above)
    }

    async fn of(&self, child: &str) -> Result<String, OrgError> {
        let parent = {
            // What a panic left behind is whole: entries are only ever added.
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(child.to_owned()).or_default())
        };
        let ask = || aws::parent_of(self.connection, &self.limiter, child);
        parent.get_or_init(ask).await.clone()
    }
}
