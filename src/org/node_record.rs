//! What is told of a node where it leaves the program: one record, the same for all ways out.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{AccountState, JoinedMethod, NodeIx, NodeKind, Tag, Tree};

/// Every field, in the order of the columns; what a node does not have is null.
#[derive(Debug, Serialize)]
pub struct NodeRecord<'a> {
    /// `root`, `ou` or `account`.
    pub kind: &'static str,
    /// `r-…`, `ou-…` or twelve digits.
    pub id: &'a str,
    /// Its name, where it is known.
    pub name: Option<&'a str>,
    /// Its ARN.
    pub arn: Option<&'a str>,
    /// Id of the root or OU that directly contains it.
    pub parent_id: Option<&'a str>,
    /// Names from the root down to it.
    pub path: Vec<&'a str>,
    /// Ids from the root down to it.
    pub id_path: Vec<&'a str>,
    /// Email address of the account's root user.
    pub email: Option<&'a str>,
    /// The account's state, as the service spells it.
    pub state: Option<&'a str>,
    /// How the account came, as the service spells it.
    pub joined_method: Option<&'a str>,
    /// When the account came, as RFC 3339.
    pub joined_at: Option<String>,
    /// Whether it is the management account, where that is known.
    pub management: Option<bool>,
    /// Where tags were asked for: key and value, or null where they could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Option<BTreeMap<String, String>>>,
    /// With `--with policies`: what reaches it, by type, or null where that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Value>,
}

impl<'a> NodeRecord<'a> {
    /// The record of the node `ix`; `None` for what is not a thing of the service.
    #[must_use]
    pub fn new(tree: &'a Tree, ix: NodeIx, management_account: Option<&str>) -> Option<Self> {
        let node = tree.get(ix)?;
        let way = tree.placed_path(ix);
        let account = node.account();
        Some(Self {
            kind: match node.kind() {
                NodeKind::Root => "root",
                NodeKind::OrganizationalUnit => "ou",
                NodeKind::Account => "account",
                NodeKind::Unplaced => return None,
            },
            id: node.id(),
            name: node.name(),
            arn: node.arn(),
            parent_id: way.iter().rev().nth(1).map(|parent| parent.id()),
            path: way.iter().map(|node| node.label()).collect(),
            id_path: way.iter().map(|node| node.id()).collect(),
            email: account.and_then(|account| account.email.as_deref()),
            state: account
                .and_then(|account| account.state.as_ref())
                .map(AccountState::as_str),
            joined_method: account
                .and_then(|account| account.joined_method.as_ref())
                .map(JoinedMethod::as_str),
            joined_at: account
                .and_then(|account| account.joined_at)
                .map(|moment| moment.to_string()),
            management: account
                .zip(management_account)
                .map(|(account, management)| account.id == management),
            tags: None,
            policies: None,
        })
    }

    /// The same with its tags; `None` where they could not be read.
    #[must_use]
    pub fn with_tags(mut self, tags: Option<&[Tag]>) -> Self {
        let pair = |tag: &Tag| (tag.key.clone(), tag.value.clone());
        self.tags = Some(tags.map(|tags| tags.iter().map(pair).collect()));
        self
    }
}
