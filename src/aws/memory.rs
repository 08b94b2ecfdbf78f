//! What a connection remembers for a while, so that a dialog over many accounts does not ask the
//! same again for each of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::org::OrgError;

/// How old a listing of the delegated administrators may be that a dialog shows. What is read
/// just before a change never comes from here.
const LISTING_GOOD_FOR: Duration = Duration::from_secs(5);

/// How long a policy's content is taken to stay the same, which is only shown.
const CONTENT_GOOD_FOR: Duration = Duration::from_mins(5);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Memory {
    delegated: tokio::sync::Mutex<Option<(Instant, BTreeSet<String>)>>,
    denials: Mutex<HashMap<String, (Instant, bool)>>,
}

impl Memory {
    /// The ids of the delegated administrators: as read within the last seconds, or as `read` now.
    /// Whoever asks meanwhile waits for the same answer.
    pub(super) async fn delegated(
        &self,
        read: impl Future<Output = Result<BTreeSet<String>, OrgError>>,
    ) -> Result<BTreeSet<String>, OrgError> {
        let mut known = self.delegated.lock().await;
        if let Some((at, ids)) = &*known
            && at.elapsed() < LISTING_GOOD_FOR
        {
            return Ok(ids.clone());
        }
        // From before it was asked, so that its age is never understated.
        let asked = Instant::now();
        let ids = read.await?;
        *known = Some((asked, ids.clone()));
        Ok(ids)
    }

    /// Whether this policy denies everything, if that was read not long ago.
    pub(super) fn denies(&self, policy: &str) -> Option<bool> {
        let denials = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, denies) = denials.get(policy)?;
        (at.elapsed() < CONTENT_GOOD_FOR).then_some(*denies)
    }

    /// Notes whether this policy denies everything.
    pub(super) fn note_denies(&self, policy: &str, denies: bool) {
        let mut denials = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        denials.insert(policy.to_owned(), (Instant::now(), denies));
    }
}
