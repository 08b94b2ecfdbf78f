//! Policies, and what a move changes in them. What applies to an account is what is attached to
//! the account itself and to every node above it; inheritance is the client's work.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answer, OrgError};

/// What a move of the management account changes, as the end of a sentence about it. Source:
/// Organizations User Guide, "Service control policies" and "Resource control policies": neither
/// has any effect in the management account.
pub const IN_MANAGEMENT_ACCOUNT: &str = "is the management account: service control policies and \
                                         resource control policies do not apply to it";

/// A policy of the organization, without its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Policy {
    /// `p-…`
    pub id: String,
    /// Up to 128 characters. Hostile text.
    pub name: String,
    /// As the service spells it, e.g. `SERVICE_CONTROL_POLICY`.
    pub policy_type: String,
    /// Whether AWS made it, e.g. `FullAWSAccess`.
    pub aws_managed: bool,
    /// Whether it denies every action on every resource; only ever true for a service control
    /// policy whose content was read.
    pub denies_everything: bool,
}

/// What is attached directly to one node, of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Id of the root, OU or account.
    pub node: String,
    /// As the service spells it.
    pub policy_type: String,
    /// The policies.
    pub policies: Answer<Vec<Policy>>,
}

/// What a move changes for one policy type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyChange {
    /// As the service spells it.
    pub policy_type: String,
    /// Policies that no longer apply, by name.
    pub lost: Vec<Policy>,
    /// Policies that newly apply, by name.
    pub gained: Vec<Policy>,
    /// Whether some node of the two chains is still being read.
    pub pending: bool,
    /// Why some node of the two chains could not be read; then lost and gained are incomplete.
    pub not_checked: Option<OrgError>,
}

/// What a move from below `from` to below `to` changes, for each of the types. Both are the ids from
/// the root down to the parent. A policy that is also attached to an OU which the account stays
/// under, or which is on the other side too, still applies: it is neither lost nor gained.
#[must_use]
pub fn policy_changes<'a>(
    types: &[String],
    from: &[String],
    to: &[String],
    attached: impl Fn(&str, &str) -> Option<&'a Answer<Vec<Policy>>>,
) -> Vec<PolicyChange> {
    let change = |policy_type: &String| {
        let mut change = PolicyChange {
            policy_type: policy_type.clone(),
            lost: Vec::new(),
            gained: Vec::new(),
            pending: false,
            not_checked: None,
        };
        let mut along = |chain: &[String]| {
            let mut found = BTreeSet::new();
            for node in chain {
                match attached(node, policy_type) {
                    Some(Answer::Known(policies)) => found.extend(policies.iter().cloned()),
                    Some(Answer::NotChecked(error)) => {
                        change.not_checked.get_or_insert_with(|| error.clone());
                    }
                    Some(Answer::Pending) | None => change.pending = true,
                }
            }
            found
        };
        let (before, after) = (along(from), along(to));
        let missing = |policies: &BTreeSet<Policy>, other: &BTreeSet<Policy>| {
            let other: BTreeSet<&str> = other.iter().map(|policy| policy.id.as_str()).collect();
            let policies = policies.iter();
            let mut missing: Vec<_> = policies
                .filter(|policy| !other.contains(policy.id.as_str()))
                .cloned()
                .collect();
            missing.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
            missing.dedup_by(|a, b| a.id == b.id);
            missing
        };
        change.lost = missing(&before, &after);
        change.gained = missing(&after, &before);
        change
    };
    types.iter().map(change).collect()
}

/// Whether the content of a service control policy denies every action on every resource without
/// any condition. Of what is not JSON or not a policy, that cannot be said.
///
/// Grammar: IAM User Guide, "Grammar of the IAM JSON policy language": statements, actions and
/// resources may each be one or a list.
#[must_use]
pub fn denies_everything(content: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(content) else {
        return false;
    };
    let mut denials = statements(&document, "Deny");
    denials.any(is_about_everything)
}

/// The statements of a policy that have this effect.
pub(super) fn statements<'a>(
    document: &'a Value,
    effect: &'a str,
) -> impl Iterator<Item = &'a Value> {
    let all = one_or_many(&document["Statement"]);
    all.filter(move |statement| statement["Effect"] == effect)
}

/// Whether a statement holds for every action on every resource without any condition.
pub(super) fn is_about_everything(statement: &Value) -> bool {
    let names_all = |wanted: &str, but: &str| {
        let all = |value: &Value| value.as_str().is_some_and(is_everything);
        one_or_many(&statement[wanted]).any(all)
            || statement[but].as_array().is_some_and(Vec::is_empty)
    };
    let unconditional = match &statement["Condition"] {
        Value::Object(conditions) => conditions.is_empty(),
        condition => condition.is_null(),
    };
    names_all("Action", "NotAction") && names_all("Resource", "NotResource") && unconditional
}

/// Whether a statement holds for no action or no resource, because all of them are excepted.
pub(super) fn is_about_nothing(statement: &Value) -> bool {
    let all = |value: &Value| value.as_str().is_some_and(is_everything);
    let excepts_all = |but: &str| one_or_many(&statement[but]).any(all);
    excepts_all("NotAction") || excepts_all("NotResource")
}

/// `*`, however often, and the same for all services.
fn is_everything(pattern: &str) -> bool {
    pattern.contains('*') && pattern.chars().all(|c| c == '*' || c == ':')
}

/// The values of an element of a policy that may be one or a list; none where it is missing.
pub fn one_or_many(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(values) => values.iter(),
        Value::Null => [].iter(),
        value => std::slice::from_ref(value).iter(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::org::ErrorKind;

    fn denies(statement: &str) -> bool {
        denies_everything(&format!(
            r#"{{"Version":"2012-10-17","Statement":{statement}}}"#
        ))
    }

    #[test]
    fn a_statement_that_denies_everything_is_found_however_it_is_written() {
        for statement in [
            r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
            r#"[{"Effect":"Allow","Action":"*","Resource":"*"},
                {"Effect":"Deny","Action":["s3:Get*","*"],"Resource":["*"]}]"#,
            r#"{"Effect":"Deny","Action":"*:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","NotAction":[],"Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{}}"#,
        ] {
            assert!(denies(statement), "{statement}");
        }
    }

    #[test]
    fn what_leaves_anything_allowed_does_not_deny_everything() {
        for statement in [
            r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","NotAction":["sts:*"],"Resource":"*"}"#,
            r#"{"Effect":"Deny","NotAction":"sts:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::*"}"#,
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"x":"true"}}}"#,
            "[]",
            "null",
            "7",
        ] {
            assert!(!denies(statement), "{statement}");
        }
        assert!(!denies_everything("no JSON"));
        assert!(!denies_everything("[]"));
    }

    fn policies(ids: &[&str]) -> Answer<Vec<Policy>> {
        let policy = |id: &&str| Policy {
            id: (*id).into(),
            name: format!("name of {id}"),
            ..Policy::default()
        };
        Answer::Known(ids.iter().map(policy).collect())
    }

    fn ids(policies: &[Policy]) -> Vec<&str> {
        policies.iter().map(|policy| policy.id.as_str()).collect()
    }

    #[test]
    fn what_still_applies_after_a_move_is_neither_lost_nor_gained() {
        let scp = ["SCP".to_owned()];
        let chain = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let (from, to) = (chain(&["r", "a", "b"]), chain(&["r", "a", "c"]));
        let mut known = HashMap::from([
            ("r", policies(&["full"])),
            ("a", policies(&["full", "shared"])),
            ("b", policies(&["full", "shared", "old", "both"])),
        ]);
        let changes = |known: &HashMap<&str, Answer<Vec<Policy>>>| {
            policy_changes(&scp, &from, &to, |node, _| known.get(node)).remove(0)
        };
        let change = changes(&known);
        assert!(change.pending && change.not_checked.is_none());
        known.insert("c", policies(&["both", "new", "full"]));
        let change = changes(&known);
        assert_eq!(
            (ids(&change.lost), ids(&change.gained)),
            (vec!["old"], vec!["new"])
        );
        assert!(!change.pending);
        let denied = OrgError::new(ErrorKind::AccessDenied, "no");
        known.insert("c", Answer::NotChecked(denied.clone()));
        let change = changes(&known);
        assert_eq!(change.not_checked, Some(denied));
        assert_eq!(ids(&change.gained), [""; 0]);
    }
}
