//! Credentials: found once before the screen is taken, kept, and renewed without the terminal.
#![expect(
    clippy::disallowed_methods,
    reason = "expiry is a matter of the wall clock"
)]

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};

use super::credentials::{Attendance, Source};
use super::whose::Whose;
use crate::org::{ErrorKind, OrgError, visible};

/// Renew this long before the end, so that no request is signed with what is about to expire.
const RENEW_BEFORE: Duration = Duration::from_mins(1);
/// Do not ask again at once after a renewal failed: every call in flight would.
const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(20);
/// How long a renewal may take; nobody can answer a prompt meanwhile.
const RENEWAL_LIMIT: Duration = Duration::from_mins(1);

/// The one set of credentials that all clients of a connection share.
///
/// Each client would otherwise ask for its own, and run a prompting helper once more.
#[derive(Clone)]
pub(super) struct Session(Arc<Shared>);

struct Shared {
    source: Source,
    whose: Whose,
    current: tokio::sync::Mutex<Current>,
}

struct Current {
    credentials: Credentials,
    /// When the last renewal failed, and why.
    failed: Option<(SystemTime, OrgError)>,
}

impl Current {
    fn usable_at(&self, time: SystemTime) -> Option<Credentials> {
        (!expires_by(&self.credentials, time)).then(|| self.credentials.clone())
    }
}

impl Session {
    /// Finds credentials, however long a person at a prompt takes. `whose` hears of each renewal.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`] or [`ErrorKind::Network`], with the next step.
    pub(super) async fn start(source: Source, whose: Whose) -> Result<Self, OrgError> {
        let credentials = source.ask(Attendance::Attended).await?;
        Ok(Self(Arc::new(Shared {
            source,
            whose,
            current: tokio::sync::Mutex::new(Current {
                credentials,
                failed: None,
            }),
        })))
    }

    async fn current(&self) -> Result<Credentials, OrgError> {
        let mut current = self.0.current.lock().await;
        let now = SystemTime::now();
        if let Some(credentials) = current.usable_at(now + RENEW_BEFORE) {
            return Ok(credentials);
        }
        if let Some((at, error)) = &current.failed
            && now < *at + RENEW_AGAIN_AFTER
        {
            let error = error.clone();
            return current.usable_at(now).ok_or(error);
        }
        match self.renew().await {
            Ok(credentials) => {
                tracing::info!("renewed the credentials");
                if !are_same(&credentials, &current.credentials) {
                    self.0.whose.renewed();
                }
                *current = Current {
                    credentials: credentials.clone(),
                    failed: None,
                };
                Ok(credentials)
            }
            Err(error) => {
                tracing::warn!(error = %visible(&error.to_string()), "the credentials could not be renewed");
                current.failed = Some((now, error.clone()));
                current.usable_at(now).ok_or(error)
            }
        }
    }

    async fn renew(&self) -> Result<Credentials, OrgError> {
        tokio::time::timeout(RENEWAL_LIMIT, self.0.source.ask(Attendance::Unattended))
            .await
            .unwrap_or_else(|_| {
                Err(OrgError::new(
                    ErrorKind::Credentials,
                    "the credentials could not be renewed in time",
                ))
            })
    }
}

/// Whether these are the same keys, perhaps for longer: then nobody else's.
fn are_same(one: &Credentials, two: &Credentials) -> bool {
    one.access_key_id() == two.access_key_id() && one.session_token() == two.session_token()
}

fn expires_by(credentials: &Credentials, time: SystemTime) -> bool {
    credentials.expiry().is_some_and(|expiry| expiry <= time)
}

impl ProvideCredentials for Session {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        // The error goes through the SDK as it is, and `from_sdk` finds it again.
        future::ProvideCredentials::new(async {
            self.current()
                .await
                .map_err(CredentialsError::provider_error)
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
