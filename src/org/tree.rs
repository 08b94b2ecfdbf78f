//! The cached tree: an arena of nodes with a revision counter.
//!
//! A node keeps its [`NodeIx`] for as long as the service knows its id, across moves and reloads,
//! and a slot is never used a second time: an index that was captured earlier either still means
//! the same account or means nothing. The tree is always a tree, whatever the service claims:
//! an observation that would make a cycle, or turn an account into an OU, is not applied.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::node::{Load, merge};
use super::{
    Account, Counts, Listing, Node, NodeData, NodeIx, NodeKind, Observation, OrganizationalUnit,
    Root, WalkScope,
};

/// The organization as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: Vec<Option<Node>>,
    by_id: HashMap<String, NodeIx>,
    root: Option<NodeIx>,
    unplaced: Option<NodeIx>,
    unsorted: BTreeSet<NodeIx>,
    revision: u64,
    walk: u32,
}

impl Tree {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty tree with room for so many nodes.
    #[must_use]
    pub fn with_capacity(nodes: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(nodes),
            by_id: HashMap::with_capacity(nodes),
            ..Self::default()
        }
    }

    /// Changes with every change of nodes or of their places: whoever derived rows from the tree
    /// compares this.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The organization's root, once it is known.
    #[must_use]
    pub fn root(&self) -> Option<NodeIx> {
        self.root
    }

    /// The nodes that no other node contains: the root, then what has no known parent.
    pub fn top_level(&self) -> impl Iterator<Item = NodeIx> + '_ {
        let occupied = |ix: &NodeIx| self.get(*ix).is_some_and(|node| !node.children.is_empty());
        self.root.into_iter().chain(self.unplaced.filter(occupied))
    }

    /// The node, unless it has gone.
    #[must_use]
    pub fn get(&self, ix: NodeIx) -> Option<&Node> {
        self.nodes.get(ix.0 as usize)?.as_ref()
    }

    /// The node with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<NodeIx> {
        self.by_id.get(id).copied()
    }

    /// How many nodes there have been, those that have gone included.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeIx, &Node)> {
        (0u32..)
            .zip(&self.nodes)
            .filter_map(|(ix, slot)| Some((NodeIx(ix), slot.as_ref()?)))
            .filter(|(_, node)| node.kind() != NodeKind::Unplaced)
    }

    /// The nodes that contain `ix`, nearest first, without `ix` itself.
    pub fn ancestors(&self, ix: NodeIx) -> impl Iterator<Item = NodeIx> + '_ {
        let parent = move |ix: &NodeIx| self.get(*ix)?.parent;
        std::iter::successors(self.get(ix).and_then(|node| node.parent), parent)
    }

    /// The way from the root down to `ix` itself.
    #[must_use]
    pub fn path(&self, ix: NodeIx) -> Vec<NodeIx> {
        let mut path: Vec<_> = std::iter::once(ix).chain(self.ancestors(ix)).collect();
        path.reverse();
        path
    }

    /// The nodes from the root down to `ix` itself, without the place of what has no known parent.
    #[must_use]
    pub fn placed_path(&self, ix: NodeIx) -> Vec<&Node> {
        let nodes = self.path(ix).into_iter().filter_map(|ix| self.get(ix));
        nodes
            .filter(|node| node.kind() != NodeKind::Unplaced)
            .collect()
    }

    /// The policy types that are enabled in the root, where the service told.
    #[must_use]
    pub fn policy_types(&self) -> Option<&[String]> {
        match &self.get(self.root?)?.data {
            NodeData::Root(root) => root.policy_types.as_deref(),
            _ => None,
        }
    }

    /// `start` and everything below it, parents first, in the order of [`Node::children`].
    #[must_use]
    pub fn depth_first(&self, start: NodeIx) -> Vec<NodeIx> {
        let mut order = Vec::new();
        let mut stack = vec![start];
        while let Some(ix) = stack.pop() {
            if let Some(node) = self.get(ix) {
                order.push(ix);
                stack.extend(node.children.iter().rev());
            }
        }
        order
    }

    /// Totals of the whole organization.
    #[must_use]
    pub fn totals(&self) -> Counts {
        let mut totals = Counts::default();
        for node in [self.root, self.unplaced].into_iter().flatten() {
            if let Some(node) = self.get(node) {
                totals.add(node.counts);
                totals.incomplete += usize::from(node.error().is_some());
            }
        }
        totals
    }

    /// Forgets every node. Indices of what is found later are new ones.
    pub fn clear(&mut self) {
        self.nodes.fill(None);
        self.by_id.clear();
        self.unsorted.clear();
        (self.root, self.unplaced) = (None, None);
        self.revision += 1;
    }

    /// Starts a walk: what it does not see again can be told from what it did.
    pub fn begin_walk(&mut self) {
        self.walk += 1;
    }

    /// Applies what a walk observed, and puts children back into order.
    pub fn apply(&mut self, observations: impl IntoIterator<Item = Observation>) {
        for observation in observations {
            self.apply_one(observation);
        }
        self.sort();
    }

    /// The same for accounts, each with the ids of what contains it, from the root, or from as far
    /// up as is known, down to its parent.
    pub(super) fn apply_accounts<'a>(
        &mut self,
        accounts: impl IntoIterator<Item = (Arc<Account>, &'a [String])>,
    ) {
        for (account, ancestors) in accounts {
            self.observe_account(account, ancestors);
        }
        self.sort();
    }

    /// Whether the current walk has told everything about this node's children that it can.
    #[must_use]
    pub fn is_listed_in_this_walk(&self, ix: NodeIx) -> bool {
        self.get(ix)
            .is_some_and(|node| node.is_listed_in(self.walk))
    }

    /// Ends a walk. After a complete one, what was in its scope and did not turn up again is
    /// removed; after an incomplete one, everything that was known stays.
    pub fn finish_walk(&mut self, scope: &WalkScope, complete: bool) {
        if !complete {
            return;
        }
        let gone: Vec<NodeIx> = match scope {
            WalkScope::Account { .. } => return,
            WalkScope::Organization => self.iter().map(|(ix, _)| ix).collect(),
            WalkScope::Subtree { node, .. } => self
                .find(node)
                .map(|ix| self.depth_first(ix))
                .unwrap_or_default(),
        };
        for ix in gone {
            let Some(node) = self.get(ix) else { continue };
            if node.seen_in_walk == self.walk {
                for listing in [Listing::OrganizationalUnits, Listing::Accounts] {
                    self.set_load(ix, listing, Load::Loaded(self.walk));
                }
            } else {
                self.remove(ix);
            }
        }
        self.sort();
    }

    fn apply_one(&mut self, observation: Observation) {
        match observation {
            Observation::Root(root) => self.observe_root(root),
            Observation::OrganizationalUnit { unit, parent } => self.observe_unit(unit, &parent),
            Observation::Account { account, ancestors } => {
                self.observe_account(account, &ancestors);
            }
            Observation::AccountPlaced { account, parent } => {
                let account = Account {
                    id: account,
                    ..Account::default()
                };
                self.observe_account(account.into(), &[parent]);
            }
            Observation::Listed { node, listing } => {
                if let Some(ix) = self.find(&node) {
                    self.set_load(ix, listing, Load::Loaded(self.walk));
                }
            }
            Observation::ListingFailed {
                node,
                listing,
                error,
            } => {
                if let Some(ix) = self.find(&node) {
                    self.set_load(ix, listing, Load::Failed(Box::new(error)));
                }
            }
            Observation::Vanished { node } => {
                if let Some(ix) = self.find(&node) {
                    self.remove(ix);
                }
            }
        }
    }

    fn observe_root(&mut self, root: Root) {
        // Another root than before, e.g. since new credentials lead to another organization: the
        // old one goes when this walk ends without having seen it.
        let current = self.root.and_then(|root| self.get(root));
        let seen = current.is_some_and(|root| root.seen_in_walk == self.walk);
        let known = current.is_some_and(|current| current.id() == root.id);
        let ix = self.upsert(NodeData::Root(root));
        if ix.is_some() && !known && !seen {
            self.root = ix;
            self.revision += 1;
        }
    }

    fn observe_unit(&mut self, unit: OrganizationalUnit, parent: &str) {
        let is_told = !parent.is_empty();
        let parent = is_told.then(|| self.ensure_container(parent)).flatten();
        let Some(ix) = self.upsert(NodeData::OrganizationalUnit(unit)) else {
            return;
        };
        // Nothing is below an account.
        if parent.is_some() || !is_told {
            self.settle(ix, parent);
        }
    }

    fn observe_account(&mut self, account: Arc<Account>, ancestors: &[String]) {
        let mut parent = None;
        for id in ancestors {
            let container = self.ensure_container(id);
            if let (Some(container), Some(above)) = (container, parent) {
                self.attach(container, above);
            }
            parent = container.or(parent);
        }
        if let Some(ix) = self.upsert(NodeData::Account(account)) {
            self.settle(ix, parent);
        }
    }

    /// Puts it below this parent; where that was not told, it stays where it was known to be.
    fn settle(&mut self, ix: NodeIx, parent: Option<NodeIx>) {
        match parent {
            Some(parent) => self.attach(ix, parent),
            None if self.get(ix).is_some_and(|node| node.parent.is_none()) => {
                let unplaced = self.ensure_unplaced();
                self.attach(ix, unplaced);
            }
            None => {}
        }
    }

    fn set_load(&mut self, ix: NodeIx, listing: Listing, load: Load) {
        let Some(node) = self.get_mut(ix) else { return };
        let before = node.weight();
        *node.load_mut(listing) = load;
        let (after, parent) = (node.weight(), node.parent);
        if let Some(parent) = parent {
            self.shift_counts(parent, before, after);
        }
    }

    /// The root or OU with this id, made from its id alone if it is new.
    fn ensure_container(&mut self, id: &str) -> Option<NodeIx> {
        if let Some(ix) = self.find(id) {
            return (self.get(ix)?.kind() != NodeKind::Account).then(|| {
                self.touch(ix);
                ix
            });
        }
        // The first container ever heard of in a walk is the root, since `ListRoots` precedes all
        // else, unless that failed and this is plainly an OU.
        if self.root.is_none() && !id.starts_with("ou-") {
            self.observe_root(Root {
                id: id.to_owned(),
                ..Root::default()
            });
            return self.root;
        }
        let ix = self.upsert(NodeData::OrganizationalUnit(OrganizationalUnit {
            id: id.to_owned(),
            ..OrganizationalUnit::default()
        }))?;
        let unplaced = self.ensure_unplaced();
        self.attach(ix, unplaced);
        Some(ix)
    }

    fn ensure_unplaced(&mut self) -> NodeIx {
        *self.unplaced.get_or_insert_with(|| {
            let ix = NodeIx(u32::try_from(self.nodes.len()).expect("fewer than 2^32 nodes"));
            self.nodes.push(Some(Node::new(NodeData::Unplaced)));
            ix
        })
    }

    /// Adds the node, or merges what is new into the one with this id. `None` if that id is
    /// something else.
    fn upsert(&mut self, data: NodeData) -> Option<NodeIx> {
        let fresh = Node::new(data);
        let Some(ix) = self.find(fresh.id()) else {
            let ix = NodeIx(u32::try_from(self.nodes.len()).expect("fewer than 2^32 nodes"));
            self.by_id.insert(fresh.id().to_owned(), ix);
            self.nodes.push(Some(fresh));
            self.touch(ix);
            self.changed(ix);
            return Some(ix);
        };
        let node = self.nodes[ix.0 as usize].as_mut()?;
        if node.kind() != fresh.kind() {
            return None;
        }
        let (before, label) = (node.weight(), node.label().to_owned());
        let news = merge(&mut node.data, fresh.data);
        let (after, relabelled) = (node.weight(), node.label() != label);
        let parent = node.parent;
        if let Some(parent) = parent {
            self.shift_counts(parent, before, after);
            if relabelled {
                self.unsorted.insert(parent);
            }
        }
        if news {
            self.changed(ix);
        }
        self.touch(ix);
        Some(ix)
    }

    fn changed(&mut self, ix: NodeIx) {
        self.revision += 1;
        let revision = self.revision;
        if let Some(node) = self.get_mut(ix) {
            node.changed_at = revision;
        }
    }

    fn touch(&mut self, ix: NodeIx) {
        let walk = self.walk;
        if let Some(node) = self.get_mut(ix) {
            node.seen_in_walk = walk;
        }
    }

    fn attach(&mut self, ix: NodeIx, parent: NodeIx) {
        let Some(node) = self.get(ix) else { return };
        if node.parent == Some(parent)
            || node.kind() == NodeKind::Root
            || ix == parent
            || self.ancestors(parent).any(|above| above == ix)
        {
            return;
        }
        self.detach(ix);
        let Some(weight) = self.get(ix).map(Node::weight) else {
            return;
        };
        self.shift_counts(parent, Counts::default(), weight);
        if let Some(node) = self.get_mut(parent) {
            node.children.push(ix);
        }
        if let Some(node) = self.get_mut(ix) {
            node.parent = Some(parent);
        }
        self.unsorted.insert(parent);
        self.revision += 1;
    }

    fn detach(&mut self, ix: NodeIx) {
        let Some(node) = self.get_mut(ix) else { return };
        let (parent, weight) = (node.parent.take(), node.weight());
        if let Some(parent) = parent {
            self.shift_counts(parent, weight, Counts::default());
            if let Some(parent) = self.get_mut(parent) {
                parent.children.retain(|child| *child != ix);
            }
        }
    }

    /// Removes the node. Accounts below it that this walk has seen are still somewhere: they wait
    /// without a parent until it is known where. Everything else below it goes with it.
    fn remove(&mut self, ix: NodeIx) {
        self.revision += 1;
        if self.root == Some(ix) {
            self.root = None;
        }
        for below in self.depth_first(ix).into_iter().rev() {
            let alive = self.get(below).is_some_and(|node| {
                node.kind() == NodeKind::Account && node.seen_in_walk == self.walk && below != ix
            });
            if alive {
                let unplaced = self.ensure_unplaced();
                self.attach(below, unplaced);
            } else {
                self.detach(below);
                if let Some(node) = self.nodes[below.0 as usize].take() {
                    self.by_id.remove(node.id());
                }
                self.unsorted.remove(&below);
            }
        }
    }

    fn shift_counts(&mut self, from: NodeIx, minus: Counts, plus: Counts) {
        if minus == plus {
            return;
        }
        let mut at = Some(from);
        while let Some(node) = at.and_then(|ix| self.get_mut(ix)) {
            node.counts.add(plus);
            node.counts.subtract(minus);
            at = node.parent;
        }
    }

    fn sort(&mut self) {
        for ix in std::mem::take(&mut self.unsorted) {
            let Some(mut children) = self
                .get_mut(ix)
                .map(|node| std::mem::take(&mut node.children))
            else {
                continue;
            };
            children.sort_by_cached_key(|ix| {
                let node = self.get(*ix);
                node.map(|node| (node.kind(), node.label(), node.id()))
            });
            if let Some(node) = self.get_mut(ix) {
                node.children = children;
            }
        }
    }

    fn get_mut(&mut self, ix: NodeIx) -> Option<&mut Node> {
        self.nodes.get_mut(ix.0 as usize)?.as_mut()
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
