//! What a failed change means: refused, to be tried again, not sent at all, or nobody knows.

use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_organizations::error::{ProvideErrorMetadata, SdkError};
use jiff::Timestamp;

use crate::aws::error::{CallError, find, from_sdk};
use crate::org::{ErrorKind, Failure, OrgError, Outcome};

/// Two changes of the same thing at once are told apart by chance: users report that it takes up
/// to five seconds until the other one is through
/// (<https://github.com/openshift/aws-account-operator/pull/809>).
const CONFLICT_WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// How long to wait after `TooManyRequestsException`, beside the slower pace.
const THROTTLED_WAIT: Duration = Duration::from_secs(2);

/// What became of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Not a byte of it left.
    NotSent,
    /// The service has it, and said no.
    Refused,
    /// It may have been carried out.
    Unknown,
}

/// A change that was not accepted.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: OrgError,
    fate: Fate,
}

/// What a failed call means. Whatever is not certain is [`Fate::Unknown`].
pub(super) fn judge<E>(operation: &'static str, error: &CallError<E>) -> Failed
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let fate = match error {
        SdkError::ConstructionFailure(_) => Fate::NotSent,
        SdkError::DispatchFailure(_) if never_left(error) => Fate::NotSent,
        SdkError::ServiceError(failure) => {
            let code = failure.err().code();
            fate_by_answer(code, failure.raw().status().as_u16())
        }
        _ => Fate::Unknown,
    };
    Failed {
        error: from_sdk(operation, error),
        fate,
    }
}

/// Whether the connection was never there, or there was nothing to sign the request with.
fn never_left<E: Error + 'static>(error: &CallError<E>) -> bool {
    let unconnected = find::<hyper_util::client::legacy::Error>(error);
    unconnected.is_some_and(hyper_util::client::legacy::Error::is_connect)
        || find::<CredentialsError>(error).is_some()
        || find::<OrgError>(error).is_some()
}

/// A refusal has a name, and is not a failure of the service itself: that one may come after the
/// change was made.
fn fate_by_answer(code: Option<&str>, status: u16) -> Fate {
    match code.map(|code| code.rsplit('#').next().unwrap_or(code)) {
        None | Some("") => Fate::Unknown,
        Some(
            "ServiceException"
            | "InternalFailure"
            | "InternalServerError"
            | "InternalError"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "RequestTimeout"
            | "RequestTimeoutException",
        ) => Fate::Unknown,
        Some(_) if status >= 500 => Fate::Unknown,
        Some(_) => Fate::Refused,
    }
}

/// What an earlier attempt may itself have brought about.
const ECHOES: &[&str] = &[
    "AWSOrganizationsNotInUseException",
    "AccountAlreadyClosedException",
    "AccountNotFoundException",
    "ConflictException",
    "DuplicateAccountException",
    "DuplicateOrganizationalUnitException",
    "OrganizationalUnitNotFoundException",
    "SourceParentNotFoundException",
];

impl Failed {
    pub(super) fn is_throttled(&self) -> bool {
        self.error.kind == ErrorKind::Throttled
    }

    /// What goes into the journal, for the attempt of this number.
    pub(super) fn outcome(&self, attempt: u32, closures_wait: Duration) -> Outcome {
        let failure = Failure::from(&self.error);
        match self.fate {
            Fate::Unknown => Outcome::Unknown { failure },
            Fate::NotSent => Outcome::NotSent {
                why: not_sent(&self.error),
            },
            Fate::Refused if attempt > 1 && ECHOES.contains(&self.error.code.as_str()) => {
                Outcome::Unknown { failure }
            }
            Fate::Refused => match self.wait(closures_wait) {
                Some(wait) => Outcome::Postponed {
                    failure,
                    not_before: later(wait),
                },
                None => Outcome::Refused { failure },
            },
        }
    }

    /// How long to wait before the same may be sent again, where that makes sense.
    fn wait(&self, closures_wait: Duration) -> Option<Duration> {
        if self.is_throttled() {
            return Some(THROTTLED_WAIT);
        }
        match (self.error.code.as_str(), self.error.reason.as_str()) {
            ("ConcurrentModificationException", _) => {
                let (least, most) = CONFLICT_WAITS;
                Some(least + (most - least).mul_f64(chance()))
            }
            (_, "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED") => Some(closures_wait),
            _ => None,
        }
    }
}

fn not_sent(error: &OrgError) -> String {
    match &error.hint {
        Some(hint) => format!("it was not sent: {} ({hint})", error.message),
        None => format!("it was not sent: {}", error.message),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "when to try again is a matter of the wall clock"
)]
fn later(wait: Duration) -> Timestamp {
    let now = Timestamp::now();
    now.checked_add(wait).unwrap_or(now)
}

/// A number from 0 to 1: the standard library's hashers are seeded at random.
fn chance() -> f64 {
    let random = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(random).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}
