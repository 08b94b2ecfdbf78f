//! What is different in an organization from one time to another.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::track::is_closing;
use super::{
    Account, AccountState, Hierarchy, Node, NodeData, NodeKind, OrganizationalUnit, Placed,
    Snapshot, Tree, visible,
};

/// What an OU or account has become different in. All names are hostile text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Id of the OU or account.
    pub id: String,
    /// Which of the two it is.
    pub kind: NodeKind,
    /// What it is called now, or was when it left; its id where that is not known.
    pub name: String,
    /// What is different.
    #[serde(flatten)]
    pub what: What,
}

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum What {
    /// It was not there before.
    Came {
        /// What contains it.
        to: Whereabouts,
    },
    /// It is not there any more.
    Left {
        /// What contained it.
        from: Whereabouts,
    },
    /// Something else contains it.
    Moved {
        /// What contained it.
        from: Whereabouts,
        /// What contains it.
        to: Whereabouts,
    },
    /// It has another name.
    Renamed {
        /// The name before.
        from: String,
        /// The name now.
        to: String,
    },
    /// Another email address belongs to the root user of the account.
    Email {
        /// The address before.
        from: String,
        /// The address now.
        to: String,
    },
    /// The account is in another state.
    State {
        /// The state before.
        from: AccountState,
        /// The state now.
        to: AccountState,
    },
}

/// A root or OU, as it was called at that time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Whereabouts {
    /// `ou-…` or `r-…`; empty where it was not known.
    pub id: String,
    /// Names from the root down: `Root / Workloads / Prod`.
    pub path: String,
}

/// A difference, and when it was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// When.
    pub at: Timestamp,
    /// When the organization was read before: it happened in between.
    pub since: Timestamp,
    /// What is different.
    #[serde(flatten)]
    pub difference: Difference,
}

impl Difference {
    /// What is different, as words that follow the name; harmless for a terminal.
    #[must_use]
    pub fn words(&self) -> String {
        let shown = |text: &str| visible(text).into_owned();
        let place = |place: &Whereabouts| {
            if place.path.is_empty() {
                "an unknown place".to_owned()
            } else {
                shown(&place.path)
            }
        };
        let state = |state: &AccountState| shown(state.as_str());
        match &self.what {
            What::Came { to } => format!("is new in {}", place(to)),
            What::Left { from } => format!("has gone from {}", place(from)),
            What::Moved { from, to } => format!("moved from {} to {}", place(from), place(to)),
            What::Renamed { from, .. } => format!("was renamed, it was {}", shown(from)),
            What::Email { from, to } => {
                format!("has another email: {}, it was {}", shown(to), shown(from))
            }
            What::State { from, to } => format!("is {}, it was {}", state(to), state(from)),
        }
    }

    /// What is different, in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.what {
            What::Came { .. } => "new",
            What::Left { .. } => "gone",
            What::Moved { .. } => "moved",
            What::Renamed { .. } => "renamed",
            What::Email { .. } => "email",
            What::State { .. } => "state",
        }
    }
}

/// How long the state of an account that was seen to close may be told wrongly. Source: as for
/// [`Figures::settles_within`](super::Figures::settles_within).
const SETTLES: SignedDuration = SignedDuration::from_mins(30);

impl Noticed {
    /// The states, where it is the state that is different.
    fn states(&self) -> Option<(&AccountState, &AccountState)> {
        match &self.difference.what {
            What::State { from, to } => Some((from, to)),
            _ => None,
        }
    }

    /// Whether this is the opposite of an earlier difference of the state of the same account, so
    /// soon after it that both say nothing.
    #[must_use]
    pub(super) fn undoes(&self, earlier: &Self) -> bool {
        let turned = earlier.states().map(|(from, to)| (to, from));
        self.states().is_some()
            && self.states() == turned
            && self.difference.id == earlier.difference.id
            && self.at.duration_since(earlier.at) <= SETTLES
    }

    /// Whether this is the beginning of a closure that may not have settled at this time.
    fn is_unsettled(&self, now: Timestamp) -> bool {
        let begins = self.states().is_some_and(|(_, to)| is_closing(to));
        begins && now.duration_since(self.at) <= SETTLES
    }
}

/// The accounts that were seen to begin closing so short a time ago that a reading of `ACTIVE` says
/// nothing, by what was noticed, the newest first.
#[must_use]
pub fn unsettled(noticed: &[Noticed], now: Timestamp) -> HashSet<&str> {
    let mut seen = HashSet::new();
    let states = noticed.iter().filter(|one| one.states().is_some());
    // Only the last state of each counts.
    let last = states.filter(|one| seen.insert(&*one.difference.id));
    let last = last.filter(|one| one.is_unsettled(now));
    last.map(|one| &*one.difference.id).collect()
}

impl Difference {
    /// Whether a closed account, or one that was being closed, is told to be `ACTIVE`.
    #[must_use]
    pub fn is_resurrection(&self) -> bool {
        let What::State { from, to } = &self.what else {
            return false;
        };
        is_closing(from) && *to == AccountState::Active
    }
}

/// What is different in `after`, a later state of the same organization: OUs first, then accounts,
/// both by id.
#[must_use]
pub fn differences(before: &Snapshot, after: &Snapshot) -> Vec<Difference> {
    let (was, is) = (&before.hierarchy, &after.hierarchy);
    let units = paired(&was.units, &is.units, |it| &it.node.id).into_iter();
    let units = units.map(|(one, other)| (one.map(Facts::of_unit), other.map(Facts::of_unit)));
    let accounts = paired(&before.accounts, &after.accounts, |it| &it.node.id).into_iter();
    let accounts =
        accounts.map(|(one, other)| (one.map(Facts::of_account), other.map(Facts::of_account)));
    let mut found = Vec::new();
    for (one, other) in units.chain(accounts) {
        compare(one, other, was, |id| is.path(id), &mut found);
    }
    found
}

/// What is different in the OU or account of this id, as far as the tree knows by now. That it has
/// gone is a difference only where the tree had held it: nothing goes from a tree that begins with
/// `before` until a walk was complete, or the service said that it knows the id no more.
#[must_use]
pub fn differences_in(before: &Snapshot, after: &Tree, id: &str) -> Vec<Difference> {
    let unit = before.hierarchy.unit(id).map(Facts::of_unit);
    let one = unit.or_else(|| before.account(id).map(Facts::of_account));
    let node = after.find(id).and_then(|ix| after.get(ix));
    let other = node.and_then(|node| Facts::of_node(after, node));
    let mut found = Vec::new();
    let was = &before.hierarchy;
    compare(one, other, was, |id| path_in(after, id), &mut found);
    found
}

/// Two lists in the order of ids as pairs of the same id.
fn paired<'a, T>(
    one: &'a [T],
    other: &'a [T],
    id: impl Fn(&T) -> &str,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (one.peek(), other.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => id(one).cmp(id(other)),
        };
        pairs.push(match order {
            Ordering::Less => (one.next(), None),
            Ordering::Greater => (None, other.next()),
            Ordering::Equal => (one.next(), other.next()),
        });
    }
}

/// What of an OU or account can be different.
#[derive(Clone, Copy)]
struct Facts<'a> {
    id: &'a str,
    kind: NodeKind,
    name: Option<&'a str>,
    email: Option<&'a str>,
    state: Option<&'a AccountState>,
    parent: Option<&'a str>,
}

impl<'a> Facts<'a> {
    fn of_unit(placed: &'a Placed<OrganizationalUnit>) -> Self {
        Self {
            id: &placed.node.id,
            kind: NodeKind::OrganizationalUnit,
            name: placed.node.name.as_deref(),
            email: None,
            state: None,
            parent: placed.parent.as_deref(),
        }
    }

    fn of_account(placed: &'a Placed<Arc<Account>>) -> Self {
        Self {
            id: &placed.node.id,
            kind: NodeKind::Account,
            name: placed.node.name.as_deref(),
            email: placed.node.email.as_deref(),
            state: placed.node.state.as_ref(),
            parent: placed.parent.as_deref(),
        }
    }

    fn of_node(tree: &'a Tree, node: &'a Node) -> Option<Self> {
        let parent = node.parent().and_then(|ix| tree.get(ix));
        let parent = parent.map(Node::id).filter(|id| !id.is_empty());
        let account = node.account();
        matches!(
            node.data,
            NodeData::Account(_) | NodeData::OrganizationalUnit(_)
        )
        .then(|| Self {
            id: node.id(),
            kind: node.kind(),
            name: node.name(),
            email: account.and_then(|account| account.email.as_deref()),
            state: account.and_then(|account| account.state.as_ref()),
            parent,
        })
    }

    fn with(&self, what: What) -> Difference {
        Difference {
            id: self.id.to_owned(),
            kind: self.kind,
            name: self.name.unwrap_or(self.id).to_owned(),
            what,
        }
    }
}

fn path_in(tree: &Tree, container: &str) -> String {
    let path = tree.find(container).map(|ix| tree.placed_path(ix));
    let names = path.iter().flatten().map(|node| node.label());
    names.collect::<Vec<_>>().join(" / ")
}

/// What was not told at one of the two times is not different.
fn compare(
    one: Option<Facts<'_>>,
    other: Option<Facts<'_>>,
    before: &Hierarchy,
    path_after: impl Fn(&str) -> String,
    found: &mut Vec<Difference>,
) {
    let place = |id: Option<&str>, path: &dyn Fn(&str) -> String| Whereabouts {
        id: id.unwrap_or_default().to_owned(),
        path: id.map(path).unwrap_or_default(),
    };
    let was_at = |facts: &Facts<'_>| place(facts.parent, &|id| before.path(id));
    let is_at = |facts: &Facts<'_>| place(facts.parent, &path_after);
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (Some(one), None) => {
            let from = was_at(&one);
            return found.push(one.with(What::Left { from }));
        }
        (None, Some(other)) => {
            let to = is_at(&other);
            return found.push(other.with(What::Came { to }));
        }
        (None, None) => return,
    };
    if let (Some(from), Some(to)) = (one.parent, other.parent)
        && from != to
    {
        let (from, to) = (was_at(&one), is_at(&other));
        found.push(other.with(What::Moved { from, to }));
    }
    if let (Some(from), Some(to)) = (one.name, other.name)
        && from != to
    {
        let (from, to) = (from.to_owned(), to.to_owned());
        found.push(other.with(What::Renamed { from, to }));
    }
    if let (Some(from), Some(to)) = (one.email, other.email)
        && from != to
    {
        let (from, to) = (from.to_owned(), to.to_owned());
        found.push(other.with(What::Email { from, to }));
    }
    if let (Some(from), Some(to)) = (one.state, other.state)
        && from != to
    {
        let (from, to) = (from.clone(), to.clone());
        found.push(other.with(What::State { from, to }));
    }
}
