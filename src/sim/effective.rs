//! What the management policies that an account inherits come to: merged along its chain, and what
//! is wrong with the result.
//!
//! Of the inheritance operators, `@@assign`, `@@append` and `@@remove` count; what a policy allows
//! those below it (`@@operators_allowed_for_child_policies`) is left out. Source: Organizations
//! User Guide, "Understanding management policy inheritance".

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::caller::{Role, is_account_id};
use super::error::ApiError;
use super::operations::Request;
use super::organization::{Account, Organization};
use super::parameters::{is_root_id, is_unit_id};
use super::policies::PolicyType;
use super::policy_reads::no_policy_type;
use super::reads::{epoch_seconds, with_token};

type Answer = Result<Value, ApiError>;

/// More values than this in one element are an error. Assumed: the service has a limit of its own
/// for each element.
const VALUES_MAX: usize = 10;

const OPERATORS: [&str; 3] = ["@@assign", "@@append", "@@remove"];

/// Any account may ask for its own.
pub(super) fn describe_effective_policy(request: &mut Request<'_>) -> Answer {
    let kind = request.management_policy_type()?;
    let target = match request.parameters.optional("TargetId")? {
        None => request.caller,
        Some(id) if is_unit_id(id) || is_root_id(id) => {
            let why = "Only an account has an effective policy.";
            return Err(ApiError::invalid_input("TARGET_NOT_SUPPORTED", why));
        }
        Some(_) => {
            request
                .parameters
                .checked("TargetId", is_account_id, "INVALID_PATTERN_TARGET_ID")?
        }
    };
    let organization = &request.organization;
    if target != request.caller && Role::of(request.caller, organization) == Role::Member {
        return Err(ApiError::access_denied());
    }
    let account = organization.account(target);
    let account = account.ok_or_else(|| ApiError::target_not_found("TargetId"))?;
    let effective = effective_policy(organization, account, kind).ok_or_else(not_found)?;
    Ok(json!({ "EffectivePolicy": {
        "PolicyContent": effective.to_string(),
        "LastUpdatedTimestamp": epoch_seconds(organization.as_of),
        "TargetId": target,
        "PolicyType": kind.as_str(),
    } }))
}

pub(super) fn list_effective_policy_validation_errors(request: &mut Request<'_>) -> Answer {
    let id = request.parameters.account_id("AccountId")?;
    let kind = request.management_policy_type()?;
    let organization = &request.organization;
    let account = organization.account(id);
    let account = account.ok_or_else(ApiError::account_not_found)?;
    let effective = effective_policy(organization, account, kind).ok_or_else(not_found)?;
    let contributing = contributing(organization, account, kind);
    let errors = faulty_elements(&effective).into_iter().map(|path| {
        json!({
            "ErrorCode": "ELEMENTS_TOO_MANY",
            "ErrorMessage": format!("The element has more than {VALUES_MAX} values."),
            "PathToError": path,
            "ContributingPolicies": contributing,
        })
    });
    let errors: BTreeMap<u64, Value> = (1..).zip(errors).collect();
    let (errors, next) = request.cursor(&format!("{id} {kind}"))?.page(&errors);
    let answer = json!({
        "AccountId": id,
        "PolicyType": kind.as_str(),
        "Path": request.path(&account.parent, Some(id)),
        "EvaluationTimestamp": epoch_seconds(organization.as_of),
        "EffectivePolicyValidationErrors": errors,
    });
    Ok(with_token(answer, next))
}

pub(super) fn list_accounts_with_invalid_effective_policy(request: &mut Request<'_>) -> Answer {
    let kind = request.management_policy_type()?;
    let organization = &request.organization;
    if !organization.policy_types().any(|enabled| enabled == kind) {
        return Err(not_found());
    }
    let is_invalid = |id: &str| {
        let account = organization.account(id);
        let effective = account.and_then(|account| effective_policy(organization, account, kind));
        effective.is_some_and(|effective| !faulty_elements(&effective).is_empty())
    };
    let accounts = organization.account_index().iter();
    let accounts: BTreeMap<u64, String> = accounts
        .filter(|(_, id)| is_invalid(id))
        .map(|(position, id)| (*position, id.clone()))
        .collect();
    let (page, next) = request.cursor(kind.as_str())?.page(&accounts);
    let answer = json!({ "Accounts": request.accounts_json(page), "PolicyType": kind.as_str() });
    Ok(with_token(answer, next))
}

impl Request<'_> {
    /// `PolicyType`, of which authorization policies are no value here.
    fn management_policy_type(&self) -> Result<PolicyType, ApiError> {
        let kind = self.policy_type("PolicyType")?;
        if kind.is_authorization() {
            return Err(no_policy_type("PolicyType"));
        }
        Ok(kind)
    }
}

fn not_found() -> ApiError {
    ApiError::new(
        "EffectivePolicyNotFoundException",
        "There is no effective policy of this type.",
    )
}

/// What the policies of this type come to for the account; `None` where none applies.
fn effective_policy(
    organization: &Organization,
    account: &Account,
    kind: PolicyType,
) -> Option<Value> {
    let mut effective = Map::new();
    let mut applies = false;
    for node in nodes(organization, account) {
        for policy in organization.policies.attached(node, kind).into_values() {
            applies = true;
            if let Ok(Value::Object(content)) = serde_json::from_str(&policy.content) {
                merge(&mut effective, &content);
            }
        }
    }
    applies.then_some(Value::Object(effective))
}

/// Ids of the policies of this type that apply to the account, from the root down.
fn contributing(organization: &Organization, account: &Account, kind: PolicyType) -> Vec<String> {
    let nodes = nodes(organization, account).into_iter();
    let policies = nodes.flat_map(|node| organization.policies.attached(node, kind).into_values());
    policies.map(|policy| policy.id.clone()).collect()
}

/// From the root down to the account itself.
fn nodes<'a>(organization: &'a Organization, account: &'a Account) -> Vec<&'a str> {
    let mut nodes = organization.chain(&account.parent);
    nodes.push(&account.id);
    nodes
}

/// Applies a policy to what those above it came to.
fn merge(effective: &mut Map<String, Value>, policy: &Map<String, Value>) {
    for (key, member) in policy.iter().filter(|(key, _)| !key.starts_with("@@")) {
        let Value::Object(member) = member else {
            effective.insert(key.clone(), member.clone());
            continue;
        };
        if OPERATORS
            .iter()
            .any(|operator| member.contains_key(*operator))
        {
            let value = operate(effective.get(key), member);
            effective.insert(key.clone(), value);
            continue;
        }
        let below = effective.entry(key.clone()).or_insert_with(|| json!({}));
        if !below.is_object() {
            *below = json!({});
        }
        if let Value::Object(below) = below {
            merge(below, member);
        }
    }
}

/// The new value of an element.
fn operate(value: Option<&Value>, operators: &Map<String, Value>) -> Value {
    let mut value = value.cloned();
    if let Some(assigned) = operators.get("@@assign") {
        value = Some(assigned.clone());
    }
    if let Some(appended) = operators.get("@@append") {
        let mut all = many(value);
        all.extend(many(Some(appended.clone())));
        let mut unique = Vec::new();
        for one in all {
            if !unique.contains(&one) {
                unique.push(one);
            }
        }
        value = Some(unique.into());
    }
    if let Some(removed) = operators.get("@@remove") {
        let removed = many(Some(removed.clone()));
        let mut rest = many(value);
        rest.retain(|one| !removed.contains(one));
        value = Some(rest.into());
    }
    value.unwrap_or_default()
}

/// One value or several, as several.
fn many(value: Option<Value>) -> Vec<Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(all)) => all,
        Some(one) => vec![one],
    }
}

/// Where an effective policy has elements with too many values.
fn faulty_elements(effective: &Value) -> Vec<String> {
    let mut faulty = Vec::new();
    let mut pending = vec![(String::new(), effective)];
    while let Some((path, value)) = pending.pop() {
        match value {
            Value::Object(members) => {
                let members = members.iter().rev();
                pending.extend(members.map(|(key, value)| (format!("{path}/{key}"), value)));
            }
            Value::Array(values) if values.len() > VALUES_MAX => faulty.push(path),
            _ => {}
        }
    }
    faulty
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(policies: &[Value]) -> Value {
        let mut effective = Map::new();
        for policy in policies {
            merge(&mut effective, policy.as_object().expect("an object"));
        }
        effective.into()
    }

    #[test]
    fn a_policy_further_down_assigns_adds_and_takes_away() {
        let above = json!({ "tags": { "cost-center": {
            "tag_key": { "@@assign": "cost-center", "@@operators_allowed_for_child_policies": ["@@none"] },
            "tag_value": { "@@assign": ["1", "2"] },
        } } });
        let element = |operator: &str, value: Value| json!({ "tags": { "cost-center": { "tag_value": { operator: value } } } });
        let values = |below: Value| {
            let effective = merged(&[above.clone(), below]);
            assert_eq!(effective["tags"]["cost-center"]["tag_key"], "cost-center");
            effective["tags"]["cost-center"]["tag_value"].clone()
        };
        assert_eq!(values(element("@@assign", json!(["3"]))), json!(["3"]));
        assert_eq!(
            values(element("@@append", json!(["2", "3"]))),
            json!(["1", "2", "3"])
        );
        assert_eq!(values(element("@@remove", json!(["1"]))), json!(["2"]));
        assert_eq!(values(json!({})), json!(["1", "2"]));
    }

    #[test]
    fn what_has_no_operator_replaces_and_never_panics() {
        let odd = [
            json!({ "a": 1 }),
            json!({ "a": { "b": { "@@append": "x" } } }),
            json!({ "a": { "b": { "c": { "@@remove": "x" } } } }),
        ];
        assert_eq!(merged(&odd), json!({ "a": { "b": { "c": [] } } }));
    }

    #[test]
    fn an_element_with_too_many_values_is_told_with_its_path() {
        let values: Vec<usize> = (0..=VALUES_MAX).collect();
        let effective =
            json!({ "tags": { "a": { "tag_value": values }, "b": { "tag_value": [1] } } });
        assert_eq!(faulty_elements(&effective), ["/tags/a/tag_value"]);
    }
}
