//! One node of the tree: its own facts, its place, and what is known of what is below it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Account, AccountState, Listing, OrgError, OrganizationalUnit, Root};

/// Names one node of a [`Tree`](super::Tree); cheap to copy, never reused for another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIx(pub(super) u32);

impl NodeIx {
    /// A number less than [`Tree::slots`](super::Tree::slots), another for each node.
    #[must_use]
    pub fn slot(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The organization's root.
    Root,
    /// An organizational unit.
    #[serde(rename = "ou")]
    OrganizationalUnit,
    /// An account.
    Account,
    /// Not a thing of the service: holds what has a parent that is not known (yet).
    Unplaced,
}

/// A node's own facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeData {
    /// The organization's root.
    Root(Root),
    /// An organizational unit.
    OrganizationalUnit(OrganizationalUnit),
    /// An account; readings and snapshots of it may share it.
    Account(Arc<Account>),
    /// See [`NodeKind::Unplaced`].
    Unplaced,
}

/// How many things are below a node, at any depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Organizational units.
    pub units: usize,
    /// Accounts in any state.
    pub accounts: usize,
    /// Those of `accounts` that are closed.
    pub closed: usize,
    /// Roots and OUs of which a listing failed: there may be more below them.
    pub incomplete: usize,
}

impl Counts {
    pub(super) fn add(&mut self, more: Self) {
        self.units += more.units;
        self.accounts += more.accounts;
        self.closed += more.closed;
        self.incomplete += more.incomplete;
    }

    pub(super) fn subtract(&mut self, less: Self) {
        self.units -= less.units;
        self.accounts -= less.accounts;
        self.closed -= less.closed;
        self.incomplete -= less.incomplete;
    }
}

/// How much is known of one listing of a node's children.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Load {
    #[default]
    Unknown,
    /// By the walk of this number.
    Loaded(u32),
    /// Rare, and large beside the others.
    Failed(Box<OrgError>),
}

/// One node and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node's own facts.
    pub data: NodeData,
    pub(super) parent: Option<NodeIx>,
    pub(super) children: Vec<NodeIx>,
    pub(super) counts: Counts,
    pub(super) units: Load,
    pub(super) accounts: Load,
    pub(super) seen_in_walk: u32,
    pub(super) changed_at: u64,
}

impl Node {
    pub(super) fn new(data: NodeData) -> Self {
        Self {
            data,
            parent: None,
            children: Vec::new(),
            counts: Counts::default(),
            units: Load::default(),
            accounts: Load::default(),
            seen_in_walk: 0,
            changed_at: 0,
        }
    }

    /// What the node is.
    #[must_use]
    pub fn kind(&self) -> NodeKind {
        match self.data {
            NodeData::Root(_) => NodeKind::Root,
            NodeData::OrganizationalUnit(_) => NodeKind::OrganizationalUnit,
            NodeData::Account(_) => NodeKind::Account,
            NodeData::Unplaced => NodeKind::Unplaced,
        }
    }

    /// The service's id; empty for [`NodeKind::Unplaced`].
    #[must_use]
    pub fn id(&self) -> &str {
        match &self.data {
            NodeData::Root(root) => &root.id,
            NodeData::OrganizationalUnit(unit) => &unit.id,
            NodeData::Account(account) => &account.id,
            NodeData::Unplaced => "",
        }
    }

    /// The name, once it is known. Hostile text, like everything from the service.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.data {
            NodeData::Root(root) => root.name.as_deref(),
            NodeData::OrganizationalUnit(unit) => unit.name.as_deref(),
            NodeData::Account(account) => account.name.as_deref(),
            NodeData::Unplaced => Some("Without a known parent"),
        }
    }

    /// The name, or the id where the name is not known.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name().unwrap_or_else(|| self.id())
    }

    /// The ARN, once it is known.
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        match &self.data {
            NodeData::Root(root) => root.arn.as_deref(),
            NodeData::OrganizationalUnit(unit) => unit.arn.as_deref(),
            NodeData::Account(account) => account.arn.as_deref(),
            NodeData::Unplaced => None,
        }
    }

    /// The account, if it is one.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        match &self.data {
            NodeData::Account(account) => Some(account),
            _ => None,
        }
    }

    /// The node that contains this one.
    #[must_use]
    pub fn parent(&self) -> Option<NodeIx> {
        self.parent
    }

    /// OUs before accounts, each sorted by name, then id.
    #[must_use]
    pub fn children(&self) -> &[NodeIx] {
        &self.children
    }

    /// What is below the node, at any depth, as far as it is known.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether both of its listings have been read to their end at least once.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        let known = |load: &Load| !matches!(load, Load::Unknown);
        self.kind() == NodeKind::Account || (known(&self.units) && known(&self.accounts))
    }

    /// The revision of the tree at which its own facts changed last.
    #[must_use]
    pub fn changed_at(&self) -> u64 {
        self.changed_at
    }

    /// Whether both listings have been read, or have failed, in the walk of this number.
    pub(super) fn is_listed_in(&self, walk: u32) -> bool {
        let listed = |load: &Load| match load {
            Load::Unknown => false,
            Load::Loaded(by) => *by == walk,
            Load::Failed(_) => true,
        };
        listed(&self.units) && listed(&self.accounts)
    }

    /// Why a listing of its children failed, if one did.
    #[must_use]
    pub fn error(&self) -> Option<&OrgError> {
        [&self.units, &self.accounts]
            .into_iter()
            .find_map(|load| match load {
                Load::Failed(error) => Some(&**error),
                _ => None,
            })
    }

    /// Whether it is an account that is certainly closed.
    #[must_use]
    pub fn is_closed_account(&self) -> bool {
        self.account()
            .and_then(|account| account.state.as_ref())
            .is_some_and(AccountState::is_closed)
    }

    /// What the node and everything below it add to the counts of its ancestors.
    pub(super) fn weight(&self) -> Counts {
        let mut weight = self.counts;
        weight.incomplete += usize::from(self.error().is_some());
        match self.kind() {
            NodeKind::OrganizationalUnit => weight.units += 1,
            NodeKind::Account => {
                weight.accounts += 1;
                weight.closed += usize::from(self.is_closed_account());
            }
            NodeKind::Root | NodeKind::Unplaced => {}
        }
        weight
    }

    pub(super) fn load_mut(&mut self, listing: Listing) -> &mut Load {
        match listing {
            Listing::OrganizationalUnits => &mut self.units,
            Listing::Accounts => &mut self.accounts,
        }
    }
}

/// Takes over every fact that `fresh` has; what it does not tell stays as it was. Says whether that
/// changed anything.
pub(super) fn merge(known: &mut NodeData, fresh: NodeData) -> bool {
    fn take<T: PartialEq>(known: &mut Option<T>, fresh: Option<T>) -> bool {
        let news = fresh.is_some() && *known != fresh;
        if news {
            *known = fresh;
        }
        news
    }
    match (known, fresh) {
        (NodeData::Root(known), NodeData::Root(fresh)) => {
            take(&mut known.arn, fresh.arn)
                | take(&mut known.name, fresh.name)
                | take(&mut known.policy_types, fresh.policy_types)
        }
        (NodeData::OrganizationalUnit(known), NodeData::OrganizationalUnit(fresh)) => {
            take(&mut known.arn, fresh.arn) | take(&mut known.name, fresh.name)
        }
        (NodeData::Account(known), NodeData::Account(fresh)) => merge_account(known, fresh),
        _ => false,
    }
}

/// The same for an account, which stays shared where there is nothing new.
fn merge_account(known: &mut Arc<Account>, fresh: Arc<Account>) -> bool {
    fn is_news<T: PartialEq>(known: Option<&T>, fresh: Option<&T>) -> bool {
        fresh.is_some() && known != fresh
    }
    let news = is_news(known.arn.as_ref(), fresh.arn.as_ref())
        || is_news(known.name.as_ref(), fresh.name.as_ref())
        || is_news(known.email.as_ref(), fresh.email.as_ref())
        || is_news(known.state.as_ref(), fresh.state.as_ref())
        || is_news(known.joined_method.as_ref(), fresh.joined_method.as_ref())
        || is_news(known.joined_at.as_ref(), fresh.joined_at.as_ref());
    if news {
        let known = Arc::make_mut(known);
        let fresh = Arc::unwrap_or_clone(fresh);
        known.arn = fresh.arn.or(known.arn.take());
        known.name = fresh.name.or(known.name.take());
        known.email = fresh.email.or(known.email.take());
        known.state = fresh.state.or(known.state.take());
        known.joined_method = fresh.joined_method.or(known.joined_method.take());
        known.joined_at = fresh.joined_at.or(known.joined_at);
    }
    news
}
