//! The table of operations: what is served, who may call it, and which function answers.
//!
//! Adding an operation is one row here, one function, and its published limit in
//! [`LIMITS`](super::limits::LIMITS).

use jiff::Timestamp;
use serde_json::Value;

use super::caller::Role;
use super::error::ApiError;
use super::organization::Organization;
use super::paging::Bend;
use super::parameters::Parameters;
use super::{Settings, effective, governance_reads, policy_reads, reads, sts, unit_writes, writes};

/// How an operation is asked for and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// AWS JSON 1.1 of Organizations.
    Json,
    /// The query protocol of STS: a form as body, XML as answer.
    Query,
}

pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) protocol: Protocol,
    /// The least that the caller must be.
    pub(super) role: Role,
    pub(super) answer: fn(&mut Request<'_>) -> Result<Value, ApiError>,
}

/// A request that has come as far as its operation's function.
pub(super) struct Request<'a> {
    pub(super) organization: &'a mut Organization,
    pub(super) settings: &'a Settings,
    pub(super) now: Timestamp,
    /// The calling account's id.
    pub(super) caller: &'a str,
    pub(super) operation: &'static str,
    pub(super) parameters: Parameters,
    pub(super) bent: Option<Bend>,
}

const fn json(
    name: &'static str,
    role: Role,
    answer: fn(&mut Request<'_>) -> Result<Value, ApiError>,
) -> Operation {
    Operation {
        name,
        protocol: Protocol::Json,
        role,
        answer,
    }
}

const READ: Role = Role::DelegatedAdministrator;
const WRITE: Role = Role::Management;

const OPERATIONS: &[Operation] = &[
    json("CloseAccount", WRITE, writes::close_account),
    json("CreateAccount", WRITE, writes::create_account),
    json(
        "CreateOrganizationalUnit",
        WRITE,
        unit_writes::create_organizational_unit,
    ),
    json(
        "DeleteOrganizationalUnit",
        WRITE,
        unit_writes::delete_organizational_unit,
    ),
    json("DescribeAccount", READ, reads::describe_account),
    json(
        "DescribeCreateAccountStatus",
        READ,
        writes::describe_create_account_status,
    ),
    json(
        "DescribeEffectivePolicy",
        Role::Member,
        effective::describe_effective_policy,
    ),
    json(
        "DescribeOrganization",
        Role::Member,
        reads::describe_organization,
    ),
    json(
        "DescribeOrganizationalUnit",
        READ,
        reads::describe_organizational_unit,
    ),
    json("DescribePolicy", READ, policy_reads::describe_policy),
    json(
        "LeaveOrganization",
        Role::Member,
        writes::leave_organization,
    ),
    json("ListAccounts", READ, reads::list_accounts),
    json(
        "ListAccountsForParent",
        READ,
        reads::list_accounts_for_parent,
    ),
    json(
        "ListAccountsWithInvalidEffectivePolicy",
        READ,
        effective::list_accounts_with_invalid_effective_policy,
    ),
    json(
        "ListAWSServiceAccessForOrganization",
        READ,
        governance_reads::list_aws_service_access,
    ),
    json("ListChildren", READ, reads::list_children),
    json(
        "ListCreateAccountStatus",
        READ,
        writes::list_create_account_status,
    ),
    json(
        "ListDelegatedAdministrators",
        READ,
        governance_reads::list_delegated_administrators,
    ),
    json(
        "ListDelegatedServicesForAccount",
        READ,
        governance_reads::list_delegated_services_for_account,
    ),
    json(
        "ListEffectivePolicyValidationErrors",
        READ,
        effective::list_effective_policy_validation_errors,
    ),
    json(
        "ListOrganizationalUnitsForParent",
        READ,
        reads::list_organizational_units_for_parent,
    ),
    json("ListParents", READ, reads::list_parents),
    json("ListPolicies", READ, policy_reads::list_policies),
    json(
        "ListPoliciesForTarget",
        READ,
        policy_reads::list_policies_for_target,
    ),
    json("ListRoots", READ, reads::list_roots),
    json(
        "ListTagsForResource",
        READ,
        governance_reads::list_tags_for_resource,
    ),
    json(
        "ListTargetsForPolicy",
        READ,
        policy_reads::list_targets_for_policy,
    ),
    json("MoveAccount", WRITE, writes::move_account),
    json(
        "RemoveAccountFromOrganization",
        WRITE,
        writes::remove_account_from_organization,
    ),
    json(
        "UpdateOrganizationalUnit",
        WRITE,
        unit_writes::update_organizational_unit,
    ),
    Operation {
        name: "GetCallerIdentity",
        protocol: Protocol::Query,
        role: Role::Outsider,
        answer: sts::get_caller_identity,
    },
];

pub(super) fn find(protocol: Protocol, name: &str) -> Option<&'static Operation> {
    let mut all = OPERATIONS.iter();
    all.find(|operation| operation.protocol == protocol && operation.name == name)
}

pub(super) fn is_served(name: &str) -> bool {
    OPERATIONS.iter().any(|operation| operation.name == name)
}

impl Operation {
    /// Answers, provided that the caller may ask.
    pub(super) fn call(&self, request: &mut Request<'_>) -> Result<Value, ApiError> {
        let role = Role::of(request.caller, request.organization);
        if role >= self.role {
            return (self.answer)(request);
        }
        Err(match role {
            Role::Outsider => ApiError::new(
                "AWSOrganizationsNotInUseException",
                "Your account is not a member of an organization.",
            ),
            _ => ApiError::access_denied(),
        })
    }
}
