//! What the content of a service control or resource control policy says, in short.
//!
//! Grammar: IAM User Guide, "Grammar of the IAM JSON policy language": statements, actions and
//! conditions may each be one or a list.

use serde_json::Value;

use crate::org::{Allows, allows, denies_everything, one_or_many};

/// What a policy says, in short.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// How much it allows, whatever it denies; `None` where that cannot be read.
    pub allows: Option<Allows>,
    /// Whether it denies every action on every resource without any condition.
    pub denies_everything: bool,
    /// What each statement does; `None` where that cannot be read. Hostile text.
    pub words: Option<String>,
}

impl Told {
    /// Of the content of a policy.
    pub(in super::super) fn of(content: &str) -> Self {
        Self {
            allows: allows(content),
            denies_everything: denies_everything(content),
            words: summary(content),
        }
    }
}

/// So many actions of a statement are named.
const NAMED: usize = 3;

/// What each statement does, e.g. `denies s3:DeleteBucket, s3:DeleteObject +2 under a condition`;
/// `None` where it cannot be read. Hostile text.
fn summary(content: &str) -> Option<String> {
    let document = serde_json::from_str::<Value>(content).ok()?;
    let statements = one_or_many(document.get("Statement")?);
    let told: Option<Vec<String>> = statements.map(statement).collect();
    told.filter(|told| !told.is_empty())
        .map(|told| told.join("; "))
}

fn statement(statement: &Value) -> Option<String> {
    let verb = match statement["Effect"].as_str()? {
        "Allow" => "allows",
        "Deny" => "denies",
        _ => return None,
    };
    let (but, actions) = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(actions), None) => (false, actions),
        (None, Some(actions)) => (true, actions),
        _ => return None,
    };
    let names: Option<Vec<&str>> = one_or_many(actions).map(Value::as_str).collect();
    let names = names?;
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    let what = names[..names.len().min(NAMED)].join(", ") + &more;
    let what = match (but, what.as_str()) {
        (false, "*") | (true, "") => "everything".to_owned(),
        (true, _) if names.contains(&"*") => "nothing".to_owned(),
        (false, _) => what,
        (true, _) => format!("everything but {what}"),
    };
    let some = |key: &str| statement.get(key).is_some_and(|value| !is_empty(value));
    let everywhere = statement["Resource"] == "*" || !some("Resource");
    let resources = if everywhere && !some("NotResource") {
        ""
    } else {
        " on some resources"
    };
    let condition = if some("Condition") {
        " under a condition"
    } else {
        ""
    };
    Some(format!("{verb} {what}{resources}{condition}"))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(statements: &str) -> Option<String> {
        summary(&format!(r#"{{"Statement":{statements}}}"#))
    }

    #[test]
    fn statements_are_told_in_words() {
        for (statement, words) in [
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
                "allows everything",
            ),
            (
                r#"[{"Effect":"Deny","Action":["s3:A","s3:B","s3:C","s3:D"],"Resource":"*"}]"#,
                "denies s3:A, s3:B, s3:C +1",
            ),
            (
                r#"{"Effect":"Deny","NotAction":["iam:*"],"Resource":"*","Condition":{"x":{"y":1}}}"#,
                "denies everything but iam:* under a condition",
            ),
            (
                r#"[{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::a"},{"Effect":"Allow","NotAction":[]}]"#,
                "denies everything on some resources; allows everything",
            ),
            (
                r#"{"Effect":"Allow","NotAction":["s3:*","*"],"Resource":"*"}"#,
                "allows nothing",
            ),
        ] {
            assert_eq!(told(statement).as_deref(), Some(words));
        }
        for unreadable in [
            "[]",
            "7",
            r#"{"Effect":"Deny"}"#,
            r#"{"Effect":"Perhaps","Action":"*"}"#,
        ] {
            assert_eq!(told(unreadable), None, "{unreadable}");
        }
        assert_eq!(summary("no JSON"), None);
    }
}
