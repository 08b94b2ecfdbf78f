//! A snapshot: what is known of an organization, as plain data that can be kept on a disk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

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
    /// What was noticed to be different from one time to the next, newest first. Only the newest of
    /// them are written down.
    #[serde(default, serialize_with = "newest")]
    pub noticed: Vec<Noticed>,
    /// What was read because somebody looked at it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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
        let mut snapshot = Self {
            organization,
            taken_at,
            root: root.clone(),
            units: Vec::new(),
            accounts: Vec::new(),
            noticed: Vec::new(),
            found: Vec::new(),
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

    /// The same with everything that is different from an earlier one of the same organization,
    /// before what was noticed then. An account that has just begun to close stays what it was
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
            since: before.taken_at,
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
            placed.node.state = Some(state.clone());
        }
    }

    /// Whether an ARN of the service names this organization:
    /// `arn:aws:organizations::111122223333:account/o-exampleorg1/222222222222`.
    #[must_use]
    pub fn is_named_in(&self, arn: Option<&str>) -> bool {
        let parts = arn.map(|arn| arn.split(['/', ':']));
        parts.is_some_and(|mut parts| parts.any(|part| part == self.organization.id))
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

    /// Whether the OUs are below each other as those of an organization are: not in a circle, and
    /// not in endless depth; and no account is an OU too. What comes from a file need not be so.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let ends = |placed: &Placed<OrganizationalUnit>| {
            placed.node.id != self.root.id && self.way_up(&placed.node.id).count() < MOST_LEVELS
        };
        let is_container = |id: &str| id == self.root.id || self.unit(id).is_some();
        let mut accounts = self.accounts.iter();
        self.units.iter().all(ends) && !accounts.any(|placed| is_container(&placed.node.id))
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

    /// A tree that holds it, as after a walk.
    #[must_use]
    pub fn tree(&self) -> Tree {
        // The root, and a place for what is nowhere.
        let mut tree = Tree::with_capacity(self.units.len() + self.accounts.len() + 2);
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

fn newest<S: Serializer>(noticed: &[Noticed], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(noticed.iter().take(KEPT))
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
