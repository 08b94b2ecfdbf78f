//! From the SDK's errors to the program's own: a kind, a sentence, a next step.

use std::error::Error;
use std::io;

use aws_sdk_organizations::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_organizations::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::reason;
use crate::org::{ErrorKind, OrgError, visible};

/// How the SDK's calls fail: any operation error `E`, with the HTTP answer if there was one.
pub type CallError<E> = SdkError<E, HttpResponse>;

/// What a failed call means.
///
/// `operation` is the API's name for the call, e.g. `ListRoots`. Credentials that could not be
/// refreshed in mid-session keep the sentence and the hint that they failed with. Every failed call
/// comes this way, so this is also where it gets into the log.
#[must_use]
pub fn from_sdk<E>(operation: &'static str, error: &CallError<E>) -> OrgError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let explained = explain(operation, error);
    tracing::warn!(
        operation,
        code = %visible(&explained.code),
        reason = %visible(&explained.reason),
        request_id = %visible(explained.request_id.as_deref().unwrap_or_default()),
        "{}",
        visible(&explained.message),
    );
    explained
}

fn explain<E>(operation: &'static str, error: &CallError<E>) -> OrgError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let Some(own) = find::<OrgError>(error) {
        return own.clone().during(operation);
    }
    let mut explained = match error {
        SdkError::ServiceError(failure) => {
            let status = failure.raw().status().as_u16();
            let refusal = refused(failure.err().code(), failure.err().message(), status);
            advised(refusal, failure.err())
        }
        SdkError::ResponseError(failure) => unreadable(failure.raw().status().as_u16()),
        SdkError::TimeoutError(_) => timed_out(),
        SdkError::DispatchFailure(failure) => failure
            .as_connector_error()
            .map_or_else(|| unreachable_endpoint(error), not_sent),
        _ => OrgError::new(
            ErrorKind::Usage,
            format!("the request could not be built: {}", deepest(error)),
        ),
    };
    explained.request_id = error.request_id().map(str::to_owned);
    explained.during(operation)
}

/// A refusal in the words of [`reason`], where those say more than the service's own.
fn advised(refusal: OrgError, error: &(dyn Error + 'static)) -> OrgError {
    let Some(advice) = reason::advice(&refusal.code, error) else {
        return refusal;
    };
    tracing::debug!(said = %visible(&refusal.message), "in the words of the service");
    OrgError {
        reason: advice.reason,
        message: advice.meaning.map_or(refusal.message, str::to_owned),
        hint: Some(advice.next),
        ..refusal
    }
}

/// What a connection that never carried an answer means.
pub(super) fn not_sent(error: &ConnectorError) -> OrgError {
    if error.is_timeout() {
        return timed_out();
    }
    let reason = deepest(error);
    if is_tls(error) {
        return OrgError::new(
            ErrorKind::Network,
            format!("no trusted TLS connection to the endpoint: {reason}"),
        )
        .with_hint(
            "behind a proxy that inspects TLS, let AWS_CA_BUNDLE name a PEM file with its CA",
        );
    }
    unreachable_endpoint(error)
}

/// The first error of type `T` in the chain of causes.
pub(super) fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// The text of the innermost cause, which says most about what happened.
pub(super) fn deepest(error: &(dyn Error + 'static)) -> String {
    causes(error)
        .filter_map(|cause| Some(cause.to_string()).filter(|text| !text.is_empty()))
        .last()
        .unwrap_or_default()
}

fn causes<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> + 'e {
    std::iter::successors(Some(error), |&cause| cause.source())
}

fn is_tls(error: &(dyn Error + 'static)) -> bool {
    // The TLS library's own error type is private to the HTTP client, so its words must do.
    causes(error).any(|cause| {
        let text = cause.to_string();
        text.contains("TLS handshake") || text.contains("peer certificate")
    })
}

fn timed_out() -> OrgError {
    OrgError::new(ErrorKind::Network, "the endpoint did not answer in time")
        .with_hint("check the network, the proxy settings and the endpoint")
}

fn unreachable_endpoint(error: &(dyn Error + 'static)) -> OrgError {
    let reason = match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset) => "the connection was reset".to_owned(),
        Some(io::ErrorKind::UnexpectedEof) => "the connection was closed early".to_owned(),
        _ => deepest(error),
    };
    OrgError::new(
        ErrorKind::Network,
        format!("no connection to the endpoint: {reason}"),
    )
    .with_hint("check the network, the proxy settings and the endpoint")
}

/// An answer that is not what the API promises: a truncated body, or a proxy's HTML page.
///
/// A change that was answered like this may have been made.
fn unreadable(status: u16) -> OrgError {
    let message = match status {
        200..=299 => "the answer was cut short or is not what this API sends".to_owned(),
        _ => format!("the endpoint answered HTTP {status} and nothing that this API sends"),
    };
    OrgError::new(ErrorKind::Service, message)
        .with_hint("if this repeats, check what answers at the endpoint, e.g. a proxy")
}

/// An answer in which the service says no.
fn refused(code: Option<&str>, message: Option<&str>, status: u16) -> OrgError {
    let Some(code) = code.map(without_namespace).filter(|code| !code.is_empty()) else {
        return unreadable(status);
    };
    let (kind, fallback, hint) = meaning(code, status);
    let message = message.map_or(fallback, str::trim);
    let message = match kind {
        ErrorKind::NoOrganization => "this account is in no organization",
        _ if message.is_empty() => fallback,
        _ => message,
    };
    OrgError {
        kind,
        operation: String::new(),
        code: code.to_owned(),
        reason: String::new(),
        message: message.to_owned(),
        request_id: None,
        hint: hint.map(str::to_owned),
    }
}

/// Some endpoints send the code with its namespace, `com.amazonaws.organizations#Name`.
fn without_namespace(code: &str) -> &str {
    code.rsplit('#').next().unwrap_or(code)
}

/// Kind, sentence for when the service sent none, and next step.
///
/// Codes: API references of Organizations, STS and "Common Errors"; status 400 also comes with
/// throttling and refusals, so only the code tells.
fn meaning(code: &str, status: u16) -> (ErrorKind, &'static str, Option<&'static str>) {
    const SIGN_IN: &str =
        "sign in again, e.g. with aws sso login or aws login, or get new session keys";
    match code {
        "AWSOrganizationsNotInUseException" => (
            ErrorKind::NoOrganization,
            "this account is in no organization",
            Some("use credentials of an account that belongs to one"),
        ),
        "AccessDeniedException" | "AccessDenied" | "AuthorizationError" => {
            (ErrorKind::AccessDenied, "the service gave no reason", None)
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "RequestExpired" => (
            ErrorKind::Credentials,
            "the session has expired",
            Some(SIGN_IN),
        ),
        "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => (
            ErrorKind::Credentials,
            "the service does not know these credentials",
            Some(SIGN_IN),
        ),
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature" => (
            ErrorKind::Credentials,
            "the service rejects the signature",
            Some("check the secret access key and this machine's clock"),
        ),
        "MissingAuthenticationToken" | "MissingAuthenticationTokenException" => (
            ErrorKind::Credentials,
            "the service got no credentials",
            None,
        ),
        "TooManyRequestsException" | "ThrottlingException" | "Throttling" => (
            ErrorKind::Throttled,
            "the service is busy with too many requests",
            Some("other tools may be using the same limits; try again later"),
        ),
        "UnsupportedAPIEndpointException" => (
            ErrorKind::Service,
            "this region's endpoint does not offer the call",
            Some("choose another region with --region"),
        ),
        _ if code.ends_with("NotFoundException") => {
            (ErrorKind::NotFound, "it does not exist (any more)", None)
        }
        _ if status >= 500 => (
            ErrorKind::Service,
            "the service failed",
            Some("try again later"),
        ),
        _ => (ErrorKind::Service, "the service refused the call", None),
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::error::CredentialsError;
    use aws_sdk_organizations::operation::list_roots::ListRootsError;

    use super::*;

    #[test]
    fn a_call_without_an_answer_in_time_is_a_network_error() {
        let error: CallError<ListRootsError> = SdkError::timeout_error("10 s have passed");
        let error = from_sdk("ListRoots", &error);
        assert_eq!(error.kind, ErrorKind::Network);
        assert_eq!(error.message, "the endpoint did not answer in time");
    }

    #[test]
    fn credentials_that_could_not_be_renewed_keep_their_own_words() {
        let own = OrgError::new(ErrorKind::Credentials, "the session is over")
            .with_hint("run: aws sso login");
        let wrapped = CredentialsError::provider_error(own.clone());
        let sent = ConnectorError::other(wrapped.into(), None);
        let error: CallError<ListRootsError> = SdkError::dispatch_failure(sent);
        assert_eq!(from_sdk("ListRoots", &error), own.during("ListRoots"));
    }

    #[test]
    fn a_code_with_its_namespace_means_the_same() {
        let code = "com.amazonaws.organizations#AWSOrganizationsNotInUseException";
        let error = refused(Some(code), None, 400);
        assert_eq!(error.kind, ErrorKind::NoOrganization);
        assert_eq!(error.code, "AWSOrganizationsNotInUseException");
    }

    #[test]
    fn a_refusal_without_a_code_is_an_answer_of_something_else() {
        let error = refused(None, Some("<html>"), 503);
        assert_eq!(error.kind, ErrorKind::Service);
        assert!(error.message.contains("HTTP 503"), "{}", error.message);
    }

    #[test]
    fn what_is_gone_is_told_from_what_is_forbidden() {
        let kind = |code| refused(Some(code), Some("why"), 400).kind;
        assert_eq!(kind("ParentNotFoundException"), ErrorKind::NotFound);
        assert_eq!(kind("AccessDeniedException"), ErrorKind::AccessDenied);
        assert_eq!(kind("TooManyRequestsException"), ErrorKind::Throttled);
        assert_eq!(kind("InvalidInputException"), ErrorKind::Service);
    }
}
