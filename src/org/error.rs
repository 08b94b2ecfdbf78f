//! The one error that the whole program speaks.

use std::fmt;

/// What went wrong, as far as the program must tell cases apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No usable credentials, or expired ones.
    Credentials,
    /// The service said no to this caller for this call.
    AccessDenied,
    /// The caller's account is in no organization (`AWSOrganizationsNotInUseException`).
    NoOrganization,
    /// What was asked for is not there (any more).
    NotFound,
    /// Still throttled after every retry.
    Throttled,
    /// The network or the TLS layer, including time-outs.
    Network,
    /// The service failed, or answered something unreadable.
    Service,
    /// The answer cannot be complete, e.g. a pagination token came back a second time.
    Incomplete,
    /// Wrong usage or configuration on this side.
    Usage,
}

/// An error with everything that a screen, a log line or an exit code needs.
///
/// All text may come from the service: make it [`visible`](super::visible) before a terminal sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct OrgError {
    /// What to tell apart.
    pub kind: ErrorKind,
    /// The API operation, e.g. `ListRoots`; empty when it was none.
    pub operation: String,
    /// The service's error code, e.g. `AccessDeniedException`; empty when there was none.
    pub code: String,
    /// The exception's reason, e.g. `CLOSE_ACCOUNT_QUOTA_EXCEEDED`; empty when it has none.
    pub reason: String,
    /// One sentence without a trailing period's worth of stack: what happened.
    pub message: String,
    /// The service's request id, for a support case.
    pub request_id: Option<String>,
    /// What to do next, e.g. `run: aws sso login --profile prod`.
    pub hint: Option<String>,
}

impl OrgError {
    /// An error that no service call caused.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            operation: String::new(),
            code: String::new(),
            reason: String::new(),
            message: message.into(),
            request_id: None,
            hint: None,
        }
    }

    /// The same error, saying which API operation it belongs to.
    #[must_use]
    pub fn during(mut self, operation: &str) -> Self {
        operation.clone_into(&mut self.operation);
        self
    }

    /// The same error with a next step.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The permission that the caller lacks for the operation, e.g.
    /// `organizations:ListPoliciesForTarget`; `None` where that was not what went wrong. Source:
    /// Service Authorization Reference, "Actions defined by AWS Organizations": each operation has
    /// an action of its name.
    #[must_use]
    pub fn permission(&self) -> Option<String> {
        let denied = self.kind == ErrorKind::AccessDenied && !self.operation.is_empty();
        denied.then(|| format!("organizations:{}", self.operation))
    }
}

impl fmt::Display for OrgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == ErrorKind::AccessDenied && !self.operation.is_empty() {
            write!(f, "access denied to {}", self.operation)?;
            if !self.message.is_empty() {
                write!(f, ": {}", self.message)?;
            }
        } else if self.operation.is_empty() {
            f.write_str(&self.message)?;
        } else {
            write!(f, "{}: {}", self.operation, self.message)?;
        }
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}
