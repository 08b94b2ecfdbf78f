//! A snapshot: what is known of an organization, as plain data that can be kept on a disk.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Account, Listing, NodeData, NodeKind, Noticed, Observation, Organization, OrganizationalUnit,
    Root, Tag, Tree, differences,
};

/// How many noticed differences are kept, the newest.
const KEPT: usize = 1_000;
/// Levels that cannot be an organization's: it has five of OUs. Source: Organizations User Guide,
/// "Quotas for AWS Organizations".
const DEEPEST: usize = 64;

/// An account or OU, and what contains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed<T> {
    /// Id of the root or OU that directly contains it; `None` where that was not known.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The account or OU.
    #[serde(rename = "is")]
    pub node: T,
}

/// What was known of an organization at a time.
///
/// Everything in it may be out of date, and where it comes from a file, somebody may have written
/// anything into that: it is good for looking at, never for a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The organization, as `DescribeOrganization` told it.
    pub organization: Organization,
    /// When the last complete walk of the whole organization ended.
    pub taken_at: Timestamp,
    /// The organization's root.
    pub root: Root,
    /// All OUs, by id.
    pub units: Vec<Placed<OrganizationalUnit>>,
    /// All accounts, by id.
    pub accounts: Vec<Placed<Account>>,
    /// What was noticed to be different from one time to the next, newest first.
    #[serde(default)]
    pub noticed: Vec<Noticed>,
    /// The tags that were read of some resources, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Vec<Tag>>,
}

impl Snapshot {
    /// What the tree holds; `None` as long as it has no root. Nothing is noticed in it yet.
    #[must_use]
    pub fn of(tree: &Tree, organization: Organization, taken_at: Timestamp) -> Option<Self> {
        let NodeData::Root(root) = &tree.get(tree.root()?)?.data else {
            return None;
        };
        let mut snapshot = Self {
            organization,
            taken_at,
            root: root.clone(),
            units: Vec::new(),
            accounts: Vec::new(),
            noticed: Vec::new(),
            tags: BTreeMap::new(),
        };
        for (_, node) in tree.iter() {
            let parent = node.parent().and_then(|ix| tree.get(ix));
            let parent = parent.filter(|parent| parent.kind() != NodeKind::Unplaced);
            let parent = parent.map(|parent| parent.id().to_owned());
            match node.data.clone() {
                NodeData::Account(node) => snapshot.accounts.push(Placed { parent, node }),
                NodeData::OrganizationalUnit(node) => snapshot.units.push(Placed { parent, node }),
                NodeData::Root(_) | NodeData::Unplaced => {}
            }
        }
        snapshot.sort();
        Some(snapshot)
    }

    /// The same with what is different from an earlier one of the same organization, before what
    /// was noticed then, and with what else that held.
    #[must_use]
    pub fn after(mut self, before: &Self, noticed_at: Timestamp) -> Self {
        let news = differences(before, &self).into_iter();
        let news = news.map(|difference| Noticed {
            at: noticed_at,
            since: before.taken_at,
            difference,
        });
        self.noticed = news.chain(before.noticed.iter().cloned()).collect();
        self.noticed.truncate(KEPT);
        if self.tags.is_empty() {
            self.tags.clone_from(&before.tags);
        }
        self
    }

    /// Puts accounts and OUs into the order in which they are looked up, one of each id.
    pub fn sort(&mut self) {
        fn order<T>(placed: &mut Vec<Placed<T>>, id: impl Fn(&T) -> &str) {
            let key = |placed: &Placed<T>| id(&placed.node).to_owned();
            if !placed.is_sorted_by(|a, b| id(&a.node) < id(&b.node)) {
                placed.sort_by_cached_key(key);
                placed.dedup_by(|a, b| id(&a.node) == id(&b.node));
            }
        }
        order(&mut self.units, |unit| &unit.id);
        order(&mut self.accounts, |account| &account.id);
    }

    /// The OU of this id.
    #[must_use]
    pub fn unit(&self, id: &str) -> Option<&Placed<OrganizationalUnit>> {
        let found = self
            .units
            .binary_search_by(|it| it.node.id.as_str().cmp(id));
        self.units.get(found.ok()?)
    }

    /// The account of this id.
    #[must_use]
    pub fn account(&self, id: &str) -> Option<&Placed<Account>> {
        let found = self
            .accounts
            .binary_search_by(|it| it.node.id.as_str().cmp(id));
        self.accounts.get(found.ok()?)
    }

    /// The names of the root and OUs from the root down to this one, ids where names are not known.
    #[must_use]
    pub fn path(&self, container: &str) -> String {
        let mut names = Vec::new();
        let mut here = Some(container);
        while let Some(id) = here.filter(|_| names.len() < DEEPEST) {
            let unit = self.unit(id);
            let name = if id == self.root.id {
                self.root.name.as_deref()
            } else {
                unit.and_then(|unit| unit.node.name.as_deref())
            };
            names.push(name.unwrap_or(id));
            here = unit.and_then(|unit| unit.parent.as_deref());
        }
        names.reverse();
        names.join(" / ")
    }

    /// A tree that holds it, as after a walk.
    #[must_use]
    pub fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        tree.begin_walk();
        tree.apply(self.observations());
        tree
    }

    /// The root and the OUs, in the words of a walk.
    pub fn containers(&self) -> impl Iterator<Item = Observation> + '_ {
        let units = self.units.iter().filter_map(|placed| {
            Some(Observation::OrganizationalUnit {
                unit: placed.node.clone(),
                parent: placed.parent.clone()?,
            })
        });
        std::iter::once(Observation::Root(self.root.clone())).chain(units)
    }

    fn observations(&self) -> impl Iterator<Item = Observation> + '_ {
        let accounts = self.accounts.iter().map(|placed| Observation::Account {
            account: placed.node.clone(),
            ancestors: placed.parent.clone().into_iter().collect(),
        });
        let units = self.units.iter().map(|placed| &placed.node.id);
        let listed = std::iter::once(&self.root.id).chain(units).flat_map(|id| {
            [Listing::OrganizationalUnits, Listing::Accounts].map(|listing| Observation::Listed {
                node: id.clone(),
                listing,
            })
        });
        self.containers().chain(accounts).chain(listed)
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
