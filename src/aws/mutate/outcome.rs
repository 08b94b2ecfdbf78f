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
const CONFLICT_WAIT: Duration = Duration::from_secs(1);
/// And by chance up to this much more.
const CONFLICT_JITTER: Duration = Duration::from_secs(4);

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
        None
        | Some(
            ""
            | "ServiceException"
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
    pub(super) fn outcome(&self, attempt: u32, closure: bool, closures_wait: Duration) -> Outcome {
        let mut failure = Failure::from(&self.error);
        if let Some(permission) = self.error.permission() {
            let needed = format!("the caller needs {permission}, and no policy that denies it");
            failure.hint.get_or_insert(needed);
        }
        match self.fate {
            Fate::Unknown => Outcome::Unknown { failure },
            // A queue is not used up by a network that is down for a while.
            Fate::NotSent if closure && self.is_passing() => Outcome::Postponed {
                failure,
                not_before: later(closures_wait),
            },
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

    fn is_passing(&self) -> bool {
        matches!(self.error.kind, ErrorKind::Network | ErrorKind::Credentials)
    }

    /// How long to wait before the same may be sent again, where that makes sense.
    fn wait(&self, closures_wait: Duration) -> Option<Duration> {
        if self.is_throttled() {
            return Some(THROTTLED_WAIT);
        }
        match (self.error.code.as_str(), self.error.reason.as_str()) {
            ("ConcurrentModificationException", _) => {
                Some(CONFLICT_WAIT + CONFLICT_JITTER.mul_f64(chance()))
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

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::operation::move_account::MoveAccountError;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    type Error = CallError<MoveAccountError>;

    fn outcome(error: &Error) -> Outcome {
        judge("MoveAccount", error).outcome(1, false, Duration::ZERO)
    }

    fn answered(status: u16, code: Option<&str>) -> Error {
        let mut meta = ErrorMetadata::builder();
        if let Some(code) = code {
            meta = meta.code(code);
        }
        let status = StatusCode::try_from(status).unwrap();
        let response = HttpResponse::new(status, SdkBody::empty());
        SdkError::service_error(MoveAccountError::generic(meta.build()), response)
    }

    #[test]
    fn what_took_too_long_or_broke_off_may_have_been_carried_out() {
        let timeout = Error::timeout_error("20 s have passed");
        assert!(matches!(outcome(&timeout), Outcome::Unknown { .. }));
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let broken = Error::dispatch_failure(ConnectorError::io(reset.into()));
        assert!(matches!(outcome(&broken), Outcome::Unknown { .. }));
    }

    #[test]
    fn only_an_answer_with_a_name_that_is_no_failure_of_the_service_is_a_refusal() {
        for (status, code) in [
            (400, None),
            (403, Some("")),
            (500, Some("AccessDeniedException")),
            (400, Some("ServiceException")),
            (400, Some("com.amazonaws.organizations#ServiceException")),
            (503, Some("ServiceUnavailable")),
        ] {
            let outcome = outcome(&answered(status, code));
            assert!(
                matches!(outcome, Outcome::Unknown { .. }),
                "{status} {code:?}"
            );
        }
        for code in ["AccessDeniedException", "SomethingNewException"] {
            let outcome = outcome(&answered(400, Some(code)));
            assert!(matches!(outcome, Outcome::Refused { .. }), "{code}");
        }
    }

    #[test]
    fn what_was_denied_names_the_permission_that_it_needs() {
        let Outcome::Refused { failure } = outcome(&answered(400, Some("AccessDeniedException")))
        else {
            panic!("it was refused");
        };
        let hint = failure.hint.expect("a next step");
        assert!(hint.contains("needs organizations:MoveAccount"), "{hint}");
    }

    #[test]
    fn without_credentials_nothing_is_sent_and_the_next_step_is_told() {
        let own = OrgError::new(ErrorKind::Credentials, "the session is over")
            .with_hint("run: aws sso login");
        let wrapped = CredentialsError::provider_error(own);
        let error = Error::dispatch_failure(ConnectorError::other(wrapped.into(), None));
        let Outcome::NotSent { why } = outcome(&error) else {
            panic!("nothing left");
        };
        assert!(why.contains("the session is over") && why.contains("aws sso login"));
    }

    #[test]
    fn waits_after_a_conflict_are_spread_by_chance() {
        let conflict = answered(400, Some("ConcurrentModificationException"));
        let failed = judge("MoveAccount", &conflict);
        let waits = std::iter::repeat_with(|| failed.wait(Duration::ZERO).expect("it waits"));
        let waits: Vec<Duration> = waits.take(50).collect();
        let most = CONFLICT_WAIT + CONFLICT_JITTER;
        assert!(
            waits
                .iter()
                .all(|wait| (CONFLICT_WAIT..=most).contains(wait))
        );
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }
}
