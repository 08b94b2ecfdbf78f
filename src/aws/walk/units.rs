//! What a walk knows about the root and the OUs.

use std::collections::HashMap;

use super::accounts::Lookups;
use super::job::Operation;
use crate::org::{OrgError, OrganizationalUnit};

/// How far one listing of a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// To be asked.
    Waiting,
    /// A call is on its way, or the next page is queued.
    Asked,
    /// All is known.
    Done,
    /// No call that this caller may make told it.
    Failed,
}

impl Stage {
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Asked)
    }
}

/// The root or an OU.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) facts: OrganizationalUnit,
    /// Id of what contains it, whether that is in the walk's scope or not.
    pub(super) parent: Option<String>,
    /// Levels below the root, which has 0; `None` while the way up is not known.
    pub(super) depth: Option<usize>,
    /// Its child OUs.
    pub(super) structure: Stage,
    /// The accounts directly in it.
    pub(super) accounts: Stage,
    pub(super) has_child_units: bool,
    /// `ListChildren` has told the ids of all child OUs.
    pub(super) children_listed: bool,
    /// Accounts seen directly in it so far.
    pub(super) direct_accounts: usize,
    /// The service no longer knows it.
    pub(super) gone: bool,
    /// Operations that failed for it, and why.
    pub(super) refused: Vec<(Operation, OrgError)>,
    pub(super) lookups: Lookups,
}

impl Unit {
    fn new(id: &str) -> Self {
        Self {
            facts: OrganizationalUnit {
                id: id.to_owned(),
                ..OrganizationalUnit::default()
            },
            parent: None,
            depth: None,
            structure: Stage::Waiting,
            accounts: Stage::Waiting,
            has_child_units: false,
            children_listed: false,
            direct_accounts: 0,
            gone: false,
            refused: Vec::new(),
            lookups: Lookups::default(),
        }
    }

    /// Why this operation failed for this unit, if it did.
    pub(super) fn refusal(&self, operation: Operation) -> Option<&OrgError> {
        let refusal = self
            .refused
            .iter()
            .find(|(refused, _)| *refused == operation);
        refusal.map(|(_, error)| error)
    }

    pub(super) fn is_root(&self) -> bool {
        self.depth == Some(0)
    }

    /// Grows with the evidence that it has no child OUs: accounts in it of which none is deeper
    /// down (a path through it would have told of a child), then how deep it is.
    pub(super) fn leaf_score(&self) -> (usize, usize) {
        (self.direct_accounts.min(4), self.depth.unwrap_or(0))
    }
}

/// All units of a walk, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct Units {
    units: Vec<Unit>,
    by_id: HashMap<String, usize>,
}

impl Units {
    pub(super) fn get(&self, id: &str) -> Option<&Unit> {
        self.by_id.get(id).map(|ix| &self.units[*ix])
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Unit> {
        self.by_id.get(id).map(|ix| &mut self.units[*ix])
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Unit> {
        self.units.iter()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Unit> {
        self.units.iter_mut()
    }

    pub(super) fn is_gone(&self, id: &str) -> bool {
        self.get(id).is_some_and(|unit| unit.gone)
    }

    /// Notes that this unit exists; says whether that is new.
    pub(super) fn see(&mut self, id: &str) -> bool {
        if self.by_id.contains_key(id) {
            return false;
        }
        self.by_id.insert(id.to_owned(), self.units.len());
        self.units.push(Unit::new(id));
        true
    }

    /// Notes that a root exists; says whether that is new.
    pub(super) fn see_root(&mut self, id: &str) -> bool {
        let new = self.see(id);
        if let Some(root) = self.get_mut(id) {
            root.depth = Some(0);
        }
        new
    }

    /// Notes that this unit exists below `parent`; says whether the unit is new.
    ///
    /// A unit never moves, so the first parent that was told stays.
    pub(super) fn see_below(&mut self, id: &str, parent: &str) -> bool {
        let new = self.see(id);
        let cycle = self.chain(parent).iter().any(|above| above == id);
        let depth = self.get(parent).and_then(|parent| parent.depth);
        if let Some(unit) = self.get_mut(id)
            && unit.parent.is_none()
            && !unit.is_root()
            && !cycle
        {
            unit.parent = Some(parent.to_owned());
            unit.depth = depth.map(|depth| depth + 1);
            if let Some(parent) = self.get_mut(parent) {
                parent.has_child_units = true;
            }
        }
        new
    }

    /// The ids from as far up as is known down to `id` itself.
    pub(super) fn chain(&self, id: &str) -> Vec<String> {
        let above = |id: &String| self.get(id)?.parent.clone();
        let mut chain: Vec<_> = std::iter::successors(Some(id.to_owned()), above).collect();
        chain.reverse();
        chain
    }
}
