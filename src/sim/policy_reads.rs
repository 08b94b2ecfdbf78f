//! The operations that read policies.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::caller::is_account_id;
use super::error::ApiError;
use super::operations::Request;
use super::parameters::{is_policy_id, is_root_id, is_unit_id};
use super::policies::{Policy, PolicyType};
use super::reads::with_token;

type Answer = Result<Value, ApiError>;

pub(super) fn list_policies(request: &mut Request<'_>) -> Answer {
    let kind = request.filter()?;
    let policies = request.organization.policies.of_type(kind);
    request.policies_page(kind.as_str(), &policies)
}

/// Only what is attached to the target itself. A type that is not enabled has no attachments, so
/// its listing is empty: the API model gives this operation no error for it.
pub(super) fn list_policies_for_target(request: &mut Request<'_>) -> Answer {
    let target = request.parameters.checked(
        "TargetId",
        |id| is_account_id(id) || is_unit_id(id) || is_root_id(id),
        "INVALID_PATTERN_TARGET_ID",
    )?;
    let kind = request.filter()?;
    if !request.organization.is_target(target) {
        return Err(ApiError::target_not_found("TargetId"));
    }
    let policies = request.organization.policies.attached(target, kind);
    request.policies_page(&format!("{target} {kind}"), &policies)
}

pub(super) fn list_targets_for_policy(request: &mut Request<'_>) -> Answer {
    let policy = request.policy()?;
    let (ids, next) = request.cursor(&policy.id)?.page(&policy.targets);
    let targets: Vec<Value> = ids.into_iter().map(|id| request.target_json(id)).collect();
    Ok(with_token(json!({ "Targets": targets }), next))
}

pub(super) fn describe_policy(request: &mut Request<'_>) -> Answer {
    let policy = request.policy()?;
    Ok(json!({ "Policy": {
        "PolicySummary": request.summary_json(policy),
        "Content": policy.content,
    } }))
}

/// What `parameter` says is not among the types that the operation knows.
pub(super) fn no_policy_type(parameter: &str) -> ApiError {
    let why = format!("You provided a value of {parameter} that is no policy type.");
    ApiError::invalid_input("INVALID_ENUM_POLICY_TYPE", why)
}

impl Request<'_> {
    /// The policy type that the parameter `Filter` names.
    fn filter(&self) -> Result<PolicyType, ApiError> {
        self.policy_type("Filter")
    }

    pub(super) fn policy_type(&self, parameter: &str) -> Result<PolicyType, ApiError> {
        let text = self.parameters.required(parameter)?;
        text.parse().map_err(|_| no_policy_type(parameter))
    }

    /// The policy that the parameter `PolicyId` names.
    fn policy(&self) -> Result<&Policy, ApiError> {
        let parameters = &self.parameters;
        let id = parameters.checked("PolicyId", is_policy_id, "INVALID_SYNTAX_POLICY_ID")?;
        self.organization.policy(id).ok_or_else(|| {
            ApiError::new(
                "PolicyNotFoundException",
                "No policy with this PolicyId is in the organization.",
            )
        })
    }

    fn policies_page(&self, scope: &str, policies: &BTreeMap<u64, &Policy>) -> Answer {
        let (page, next) = self.cursor(scope)?.page(policies);
        let page: Vec<Value> = page.into_iter().map(|p| self.summary_json(p)).collect();
        Ok(with_token(json!({ "Policies": page }), next))
    }

    fn summary_json(&self, policy: &Policy) -> Value {
        let organization = &self.organization;
        let kind = policy.kind.as_str().to_lowercase();
        let arn = if policy.aws_managed {
            format!("arn:aws:organizations::aws:policy/{kind}/{}", policy.id)
        } else {
            organization.arn("policy", &format!("{kind}/{}", policy.id))
        };
        json!({
            "Id": policy.id,
            "Arn": arn,
            "Name": policy.name,
            "Description": policy.description,
            "Type": policy.kind.as_str(),
            "AwsManaged": policy.aws_managed,
        })
    }

    fn target_json(&self, id: &str) -> Value {
        let organization = &self.organization;
        let (kind, arn, name) = match (organization.unit(id), organization.account(id)) {
            (Some(unit), _) if unit.parent.is_none() => ("ROOT", "root", unit.name.as_str()),
            (Some(unit), _) => ("ORGANIZATIONAL_UNIT", "ou", unit.name.as_str()),
            (None, account) => ("ACCOUNT", "account", account.map_or("", |a| &a.name)),
        };
        json!({
            "TargetId": id,
            "Arn": organization.arn(arn, id),
            "Name": name,
            "Type": kind,
        })
    }
}
