//! What the service answers when it refuses.

use std::borrow::Cow;

/// An error answer of the service. The names are those of the API model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    /// The exception's name, such as `AccountNotFoundException`.
    pub(super) code: Cow<'static, str>,
    pub(super) message: Cow<'static, str>,
    /// Value of the member `Reason`, for the exceptions that have one.
    pub(super) reason: Option<Cow<'static, str>>,
    /// The service answers 400 for everything that it refuses, throttling included.
    pub(super) status: u16,
}

impl ApiError {
    pub(super) fn new(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            reason: None,
            status: 400,
        }
    }

    /// `InvalidInputException` with its `Reason`.
    pub(super) fn invalid_input(
        reason: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::new("InvalidInputException", message)
        }
    }

    /// `ConstraintViolationException` with its `Reason`.
    pub(super) fn constraint(reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::new("ConstraintViolationException", message)
        }
    }

    pub(super) fn access_denied() -> Self {
        Self::new(
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        )
    }

    pub(super) fn too_many_requests() -> Self {
        Self::new(
            "TooManyRequestsException",
            "Too many requests in too short a time for this operation. Try again later.",
        )
    }

    pub(super) fn account_not_found() -> Self {
        Self::new(
            "AccountNotFoundException",
            "No account with this AccountId is in the organization.",
        )
    }

    pub(super) fn parent_not_found() -> Self {
        Self::new(
            "ParentNotFoundException",
            "No root or OU with this ParentId is in the organization.",
        )
    }

    pub(super) fn unit_not_found() -> Self {
        Self::new(
            "OrganizationalUnitNotFoundException",
            "No OU with this OrganizationalUnitId is in the organization.",
        )
    }

    /// `parameter` names the target.
    pub(super) fn target_not_found(parameter: &str) -> Self {
        let message = format!("Nothing with this {parameter} is in the organization.");
        Self::new("TargetNotFoundException", message)
    }

    pub(super) fn internal_failure() -> Self {
        Self {
            status: 500,
            ..Self::new(
                "ServiceException",
                "The service could not complete the request because of an internal error.",
            )
        }
    }

    pub(super) fn is_throttling(&self) -> bool {
        self.code == "TooManyRequestsException"
    }
}
