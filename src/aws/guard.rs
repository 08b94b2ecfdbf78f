//! What may leave this program: an SDK interceptor that refuses every operation that is not on a
//! list, before a request is even put together, whatever goes wrong in the layers above.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::org::{ErrorKind, OrgError};

/// The operations that only read, and what each is for.
pub(super) const READS: &[(&str, &str)] = &[
    ("DescribeAccount", "an account's state and place"),
    ("DescribeEffectivePolicy", "an account's effective policy"),
    ("DescribeOrganization", "which organization this is"),
    ("DescribeOrganizationalUnit", "an OU's name"),
    ("DescribePolicy", "what a policy says"),
    (
        "ListAWSServiceAccessForOrganization",
        "who has trusted access",
    ),
    ("ListAccounts", "all accounts"),
    ("ListAccountsForParent", "the accounts of an OU"),
    ("ListChildren", "what an OU contains"),
    ("ListDelegatedAdministrators", "who administers a service"),
    ("ListDelegatedServicesForAccount", "and for which services"),
    (
        "ListEffectivePolicyValidationErrors",
        "errors of effective policies",
    ),
    ("ListOrganizationalUnitsForParent", "the OUs of an OU"),
    ("ListParents", "where an account is"),
    ("ListPolicies", "all policies of a type"),
    ("ListPoliciesForTarget", "what applies to an account"),
    ("ListRoots", "the root and its policy types"),
    ("ListTagsForResource", "owners and protected accounts"),
    ("ListTargetsForPolicy", "what a policy reaches"),
    // Of STS, not of Organizations.
    ("GetCallerIdentity", "who is asking"),
];

/// The operations that change the organization, and what each is for.
pub(super) const CHANGES: &[(&str, &str)] = &[
    ("CloseAccount", "closing an account"),
    ("CreateOrganizationalUnit", "a new OU"),
    ("DeleteOrganizationalUnit", "deleting an empty OU"),
    ("LeaveOrganization", "leaving with one's own account"),
    ("MoveAccount", "moving an account"),
    ("RemoveAccountFromOrganization", "removing an account"),
    ("UpdateOrganizationalUnit", "renaming an OU"),
];

/// Refuses what is not on its list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Guard {
    /// Lets only [`READS`] through.
    Reads,
    /// Lets [`CHANGES`] through, and nothing else.
    Changes,
    /// Lets nothing through.
    Offline,
}

impl Guard {
    fn allowed(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Reads => READS,
            Self::Changes => CHANGES,
            Self::Offline => &[],
        }
    }

    /// An operation without a name is none that is on the list.
    fn judge(self, operation: Option<&str>) -> Result<(), OrgError> {
        let operation = operation.unwrap_or("a call without a name");
        if self.allowed().iter().any(|(name, _)| *name == operation) {
            return Ok(());
        }
        let is_change = CHANGES.iter().any(|(name, _)| *name == operation);
        let message = match self {
            // What is said of a call begins with its name.
            Self::Offline => "not sent: this is offline".to_owned(),
            Self::Reads if is_change => {
                format!("{operation} was not sent: this connection only reads")
            }
            _ => format!("{operation} was not sent: it is none of the calls of this program"),
        };
        Err(OrgError::new(ErrorKind::Usage, message))
    }
}

// Without `#[dyn_dispatch_hint]`, which lists the hooks to call: then all are called.
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    /// The first hook that knows which operation it is about. The request does not exist yet.
    fn modify_before_serialization(
        &self,
        _context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map(Metadata::name);
        Ok(self.judge(operation)?)
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
