//! A snapshot: what is known of an organization, as plain data that can be kept on a disk.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::track::is_closing;
use super::{
    Account, AccountState, Finding, Listing, NodeData, NodeKind, Noticed, Observation,
    Organization, OrganizationalUnit, Question, Root, Tree, differences, unsettled,
};

/// How many noticed differences are kept for the next time, the newest.
const KEPT: usize = 1_000;
/// Levels that cannot be an organization's: it has five of OUs. Source: Organizations User Guide,
/// "Quotas for AWS Organizations".
pub const MOST_LEVELS: usize = 64;

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

/// An organization with its root and OUs, as they were known at a time: enough to say where an
/// account is, and little beside all accounts.
///
/// Everything in it may be out of date, and where it comes from a file, somebody may have written
/// anything into that: it is good for looking at, never for a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hierarchy {
    /// The organization, as `DescribeOrganization` told it.
    pub organization: Organization,
    /// When the last complete walk of the whole organization ended.
    pub taken_at: Timestamp,
    /// The organization's root.
    pub root: Root,
    /// All OUs, by id.
    pub units: Vec<Placed<OrganizationalUnit>>,
}

/// All that was known of an organization at a time. What is true of a [`Hierarchy`] is true of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The organization with its root and OUs.
    pub hierarchy: Hierarchy,
    /// All accounts, by id; a tree that is made of it shares them.
    pub accounts: Vec<Placed<Arc<Account>>>,
    /// What was noticed to be different from one time to the next, newest first.
    pub noticed: Vec<Noticed>,
    /// What was read because somebody looked at it.
    pub found: Vec<Looked>,
}

/// Something that was read because somebody looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// When the answer came.
    pub at: Timestamp,
    /// What was asked.
    pub question: Question,
    /// The answer.
    pub finding: Finding,
}

impl Snapshot {
    /// What the tree holds; `None` as long as it has no root. Nothing is noticed in it yet.
    #[must_use]
    pub fn of(tree: &Tree, organization: Organization, taken_at: Timestamp) -> Option<Self> {
        let NodeData::Root(root) = &tree.get(tree.root()?)?.data else {
            return None;
        };
        let mut hierarchy = Hierarchy {
            organization,
            taken_at,
            root: root.clone(),
            units: Vec::new(),
        };
        let mut accounts = Vec::new();
        for (_, node) in tree.iter() {
            let parent = node.parent().and_then(|ix| tree.get(ix));
            let parent = parent.filter(|parent| parent.kind() != NodeKind::Unplaced);
            let parent = parent.map(|parent| parent.id().to_owned());
            match node.data.clone() {
                NodeData::Account(node) => accounts.push(Placed { parent, node }),
                NodeData::OrganizationalUnit(node) => hierarchy.units.push(Placed { parent, node }),
                NodeData::Root(_) | NodeData::Unplaced => {}
            }
        }
        let mut snapshot = Self {
            hierarchy,
            accounts,
            noticed: Vec::new(),
            found: Vec::new(),
        };
        snapshot.sort();
        Some(snapshot)
    }

    /// The same with what was looked at in an earlier one of the same organization, and with
    /// everything that is different from it, before what was noticed then. An account that has just begun to close stays what it was
    /// where it is told to be `ACTIVE` again, as readings flap, and two opposite changes of a state
    /// within so short a time are none.
    #[must_use]
    pub fn after(mut self, before: &Self, noticed_at: Timestamp) -> Self {
        for id in unsettled(&before.noticed, noticed_at) {
            self.settle(id, before);
        }
        let news = differences(before, &self).into_iter();
        let news = news.map(|difference| Noticed {
            at: noticed_at,
            since: before.hierarchy.taken_at,
            difference,
        });
        let mut earlier: Vec<Noticed> = before.noticed.iter().take(KEPT).cloned().collect();
        self.noticed = news
            .filter(|new| match earlier.iter().position(|it| new.undoes(it)) {
                Some(undone) => {
                    earlier.remove(undone);
                    false
                }
                None => true,
            })
            .collect();
        self.noticed.append(&mut earlier);
        self.found.clone_from(&before.found);
        self
    }

    /// Where this account was closing or closed before and is told to be `ACTIVE`, that reading is
    /// not taken for its state.
    pub fn settle(&mut self, id: &str, before: &Self) {
        let was = before.account(id).and_then(|it| it.node.state.as_ref());
        if let Some(state) = was.filter(|state| is_closing(state)) {
            self.settle_as(id, state);
        }
    }

    /// The same with the state that is known to be true of it.
    pub fn settle_as(&mut self, id: &str, state: &AccountState) {
        let found = self
            .accounts
            .binary_search_by(|it| it.node.id.as_str().cmp(id));
        if let Some(placed) = found.ok().and_then(|at| self.accounts.get_mut(at))
            && placed.node.state == Some(AccountState::Active)
        {
            Arc::make_mut(&mut placed.node).state = Some(state.clone());
        }
    }

    /// Of what was noticed, the newest: the rest is not worth keeping.
    #[must_use]
    pub fn newest(&self) -> &[Noticed] {
        &self.noticed[..self.noticed.len().min(KEPT)]
    }

    /// Puts accounts and OUs into the order in which they are looked up, one of each id.
    pub fn sort(&mut self) {
        self.hierarchy.sort();
        order(&mut self.accounts, |account| &account.id);
    }

    /// Whether the hierarchy [can be](Hierarchy::is_possible), and no account is an OU too or the
    /// root. What comes from a file need not be so.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let units = self.hierarchy.units.iter().map(|placed| &placed.node.id);
        let mut containers = units.chain([&self.hierarchy.root.id]);
        self.hierarchy.is_possible() && containers.all(|id| self.account(id).is_none())
    }

    /// The account of this id.
    #[must_use]
    pub fn account(&self, id: &str) -> Option<&Placed<Arc<Account>>> {
        let found = self
            .accounts
            .binary_search_by(|it| it.node.id.as_str().cmp(id));
        self.accounts.get(found.ok()?)
    }

    /// A tree that holds it, as after a walk.
    #[must_use]
    pub fn tree(&self) -> Tree {
        // The root, and a place for what is nowhere.
        let mut tree = Tree::with_capacity(self.hierarchy.units.len() + self.accounts.len() + 2);
        tree.begin_walk();
        tree.apply(self.hierarchy.containers());
        tree.apply_accounts(self.accounts.iter().map(|placed| {
            let account = Arc::clone(&placed.node);
            (account, placed.parent.as_slice())
        }));
        let Hierarchy { root, units, .. } = &self.hierarchy;
        let units = units.iter().map(|placed| &placed.node.id);
        let containers = std::iter::once(&root.id).chain(units);
        tree.apply(containers.flat_map(|id| {
            [Listing::OrganizationalUnits, Listing::Accounts].map(|listing| Observation::Listed {
                node: id.clone(),
                listing,
            })
        }));
        tree
    }
}

impl Root {
    /// The id of its organization, as its ARN tells:
    /// `arn:aws:organizations::111122223333:root/o-exampleorg1/r-ab12`.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        let (_, path) = self.arn.as_deref()?.split_once('/')?;
        path.split('/').find(|part| part.starts_with("o-"))
    }

    /// Whether its ARN tells of another organization than this; where an ARN or an id is missing or
    /// unlike the service's, nothing is known.
    #[must_use]
    pub fn is_of_another(&self, organization: &Organization) -> bool {
        let is_known = organization.id.starts_with("o-");
        let named = self.organization().filter(|_| is_known);
        named.is_some_and(|named| named != organization.id)
    }
}

impl Hierarchy {
    /// Whether an ARN of the service names this organization:
    /// `arn:aws:organizations::111122223333:account/o-exampleorg1/222222222222`.
    #[must_use]
    pub fn is_named_in(&self, arn: Option<&str>) -> bool {
        let parts = arn.map(|arn| arn.split(['/', ':']));
        parts.is_some_and(|mut parts| parts.any(|part| part == self.organization.id))
    }

    /// Whether the root's ARN tells of [another organization](Root::is_of_another) than this: then
    /// nothing in it can be relied on.
    #[must_use]
    pub fn is_of_two_organizations(&self) -> bool {
        self.root.is_of_another(&self.organization)
    }

    /// Puts the OUs into the order in which they are looked up, one of each id.
    pub fn sort(&mut self) {
        order(&mut self.units, |unit| &unit.id);
    }

    /// Whether the OUs are below each other as those of an organization are: not in a circle, and
    /// not in endless depth. What comes from a file need not be so.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.units.iter().all(|placed| {
            placed.node.id != self.root.id && self.way_up(&placed.node.id).count() < MOST_LEVELS
        })
    }

    /// The OU of this id.
    #[must_use]
    pub fn unit(&self, id: &str) -> Option<&Placed<OrganizationalUnit>> {
        let found = self
            .units
            .binary_search_by(|it| it.node.id.as_str().cmp(id));
        self.units.get(found.ok()?)
    }

    /// The names of the root and OUs from the root down to this one, ids where names are not known.
    #[must_use]
    pub fn path(&self, container: &str) -> String {
        let name = |id: &str| {
            let unit = self.unit(id).and_then(|unit| unit.node.name.as_deref());
            let root = self.root.name.as_deref().filter(|_| id == self.root.id);
            unit.or(root).unwrap_or(id).to_owned()
        };
        let mut names: Vec<String> = self.way_up(container).map(name).collect();
        names.reverse();
        names.join(" / ")
    }

    /// The ids from the root down to this root or OU; `None` where that way is not known.
    #[must_use]
    pub fn id_path(&self, container: &str) -> Option<Vec<String>> {
        let mut ids: Vec<String> = self.way_up(container).map(str::to_owned).collect();
        ids.reverse();
        (ids.first() == Some(&self.root.id)).then_some(ids)
    }

    fn way_up<'a>(&'a self, container: &'a str) -> impl Iterator<Item = &'a str> {
        let above = |id: &&str| self.unit(id)?.parent.as_deref();
        std::iter::successors(Some(container), above).take(MOST_LEVELS)
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
}

/// Sorts by id, and leaves one of each.
fn order<T>(placed: &mut Vec<Placed<T>>, id: impl Fn(&T) -> &str) {
    if !placed.is_sorted_by(|a, b| id(&a.node) < id(&b.node)) {
        placed.sort_by(|a, b| id(&a.node).cmp(id(&b.node)));
        placed.dedup_by(|a, b| id(&a.node) == id(&b.node));
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
