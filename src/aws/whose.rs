//! Whose credentials a connection has: asked when it is new, and again after each renewal before
//! anything more is changed. A profile, a helper or a metadata service may give those of somebody
//! else the next time.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use super::{Connection, config};
use crate::org::{Caller, ErrorKind, OrgError};

/// How often to ask: credentials that are renewed each time are nobody's for long enough.
const ASKS: u32 = 3;

/// What is known of whose they are; all clients of a connection share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Whose(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    renewals: AtomicU64,
    known: Mutex<Option<Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    caller: Caller,
    /// How many renewals there had been when it was asked.
    renewals: u64,
}

impl Whose {
    /// The credentials are other ones from now on.
    pub(super) fn renewed(&self) {
        self.0.renewals.fetch_add(1, Ordering::SeqCst);
    }

    /// How many renewals there were.
    pub(super) fn renewals(&self) -> u64 {
        self.0.renewals.load(Ordering::SeqCst)
    }

    /// Who it is, as it was asked last.
    pub(super) fn caller(&self) -> Option<Caller> {
        self.known().as_ref().map(|known| known.caller.clone())
    }

    /// Takes this answer, which came when there had been so many renewals, unless there is one.
    pub(super) fn begin(&self, caller: &Caller, renewals: u64) {
        self.known().get_or_insert_with(|| Known {
            caller: caller.clone(),
            renewals,
        });
    }

    /// Whether they were asked about since the last renewal. Where that never had an answer there
    /// is nothing to compare with.
    fn is_settled(&self) -> bool {
        let known = self.known();
        known
            .as_ref()
            .is_none_or(|known| known.renewals == self.renewals())
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks whose they are, if that was never told, or they were renewed since.
///
/// # Errors
/// [`ErrorKind::Credentials`] where they belong to another account now, or where that cannot be
/// told.
pub(super) async fn same_caller(connection: &Connection) -> Result<(), OrgError> {
    let whose = &connection.whose;
    for _ in 0..ASKS {
        let renewals = whose.renewals();
        if whose.is_settled() && whose.caller().is_some() {
            return Ok(());
        }
        let found = config::caller(connection).await;
        let before = whose.caller();
        match (found, before) {
            // The question itself may have been what they were renewed for.
            _ if whose.renewals() != renewals => {}
            (Some(found), Some(before)) if found.account_id != before.account_id => {
                return Err(another(&found, &before));
            }
            (Some(caller), _) => {
                *whose.known() = Some(Known { caller, renewals });
                return Ok(());
            }
            // It never could be asked, as at an emulator without STS.
            (None, None) if connection.endpoint.is_some() => return Ok(()),
            (None, _) => break,
        }
    }
    let message = "whose credentials these are cannot be told";
    Err(OrgError::new(ErrorKind::Credentials, message))
}

fn another(found: &Caller, before: &Caller) -> OrgError {
    let message = format!(
        "the credentials were renewed and belong to account {} now, not to {} any more",
        found.account_id, before.account_id
    );
    OrgError::new(ErrorKind::Credentials, message).with_hint(
        "nothing more is changed with them; start orgscope again to work with that account",
    )
}

/// Credentials for changes: none while it was not asked whose they are.
#[derive(Clone)]
pub(super) struct Settled {
    pub(super) provider: SharedCredentialsProvider,
    pub(super) whose: Whose,
}

impl ProvideCredentials for Settled {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.provider.provide_credentials().await?;
            if self.whose.is_settled() {
                return Ok(credentials);
            }
            let message =
                "the credentials were renewed a moment ago, and whose they are was not asked";
            let error = OrgError::new(ErrorKind::Credentials, message).with_hint("try it again");
            Err(CredentialsError::provider_error(error))
        })
    }
}

impl fmt::Debug for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settled").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "whose_tests.rs"]
mod tests;
