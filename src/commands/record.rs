//! One exported record per node.

use std::collections::BTreeMap;

use serde::Serialize;

use super::more::Reaching;
use crate::org::{AccountState, JoinedMethod, Node, NodeIx, NodeKind, Tree};

/// Every field, in the order of the columns; what a node does not have is null.
#[derive(Debug, Serialize)]
#[expect(
    clippy::option_option,
    reason = "not asked for, not known and known are three things"
)]
pub(super) struct Record<'a> {
    pub(super) kind: &'static str,
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) arn: Option<&'a str>,
    pub(super) parent_id: Option<&'a str>,
    pub(super) path: Vec<&'a str>,
    pub(super) id_path: Vec<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) state: Option<&'a str>,
    pub(super) joined_method: Option<&'a str>,
    pub(super) joined_at: Option<String>,
    pub(super) management: Option<bool>,
    /// With `--with tags`: key and value, or null where they could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<Option<BTreeMap<String, String>>>,
    /// With `--with policies`: what reaches it, by type, or null where that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policies: Option<Option<BTreeMap<String, Vec<Reaching<'a>>>>>,
}

impl<'a> Record<'a> {
    /// The record of the node `ix`; `None` for what is not a thing of the service.
    pub(super) fn new(
        tree: &'a Tree,
        ix: NodeIx,
        management_account: Option<&str>,
    ) -> Option<Self> {
        let node = tree.get(ix)?;
        let way: Vec<&Node> = tree
            .path(ix)
            .into_iter()
            .filter_map(|ix| tree.get(ix))
            .filter(|node| node.kind() != NodeKind::Unplaced)
            .collect();
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
}
