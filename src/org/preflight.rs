//! What is read fresh for a dialog before anything is changed, and what forbids the change.

use serde::Deserialize;

use super::{Account, Answer};

/// A tag of an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    /// Up to 128 characters. Hostile text.
    pub key: String,
    /// Up to 256 characters. Hostile text.
    pub value: String,
}

/// What is known of one account, each fact read for this purpose.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountFacts {
    /// From `DescribeAccount`.
    pub account: Answer<Account>,
    /// Ids from the root down to its parent, from `Paths` or `ListParents` (then only the parent).
    pub ancestors: Answer<Vec<String>>,
    /// From `ListTagsForResource`.
    pub tags: Answer<Vec<Tag>>,
    /// Service principals for which it is a delegated administrator; empty if for none.
    pub delegated_services: Answer<Vec<String>>,
}

/// A fact about the account or the organization that a dialog waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Facts of this account; those still pending in here do not replace what is known.
    Account {
        /// Twelve digits.
        id: String,
        /// What was read.
        facts: Box<AccountFacts>,
    },
    /// Service principals with trusted access, from `ListAWSServiceAccessForOrganization`.
    TrustedAccess(Answer<Vec<String>>),
}

/// Accounts that this program refuses to close or remove.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProtectRules {
    /// Account ids.
    pub accounts: Vec<String>,
    /// Tags, as `key` or `key=value`.
    pub tags: Vec<String>,
}

impl Default for ProtectRules {
    /// The tag `orgscope:protect`, whatever its value.
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            tags: vec!["orgscope:protect".to_owned()],
        }
    }
}
