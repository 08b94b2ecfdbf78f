//! Which question about which unit is worth the next call of a row.
//!
//! Every OU needs its child OUs told, and two calls can do that at separate rates:
//! `ListOrganizationalUnitsForParent` tells their names too, `ListChildren` only their ids, which
//! is all there is to know of an OU that has none. So the first is spent on OUs that are known or
//! likely to have children, the second on likely leaves, and both meet in the middle. What makes
//! an OU a likely leaf comes from `Account.Paths`: many accounts in it, none deeper down.
//!
//! Where the service sends no `Paths`, the accounts of each OU have to be told as well:
//! `ListChildren` then tells those first, and `ListAccountsForParent` what it leaves.

use std::cmp::Reverse;

use super::job::{Ask, Operation};
use super::planner::{Membership, Planner};
use super::units::{Stage, Unit};
use crate::aws::limiter::Row;

/// What to ask about a unit; takes its id.
pub(super) type Question = fn(String) -> Ask;

impl Planner {
    /// What the user waits for, as far as this row can tell it.
    pub(super) fn wanted_question(&self, row: Row) -> Option<(&Unit, Question)> {
        let wanted = self.wanted.iter().filter_map(|id| self.units.get(id));
        let mut questions = wanted.enumerate().filter_map(|(rank, unit)| {
            let names = (row == Row::ForParent).then_some(row);
            let question = names
                .and_then(|row| self.structure(unit, row))
                .or_else(|| self.members(unit, row))
                .or_else(|| self.preview(unit, row).filter(|_| rank == 0))?;
            Some((unit, question))
        });
        questions.next()
    }

    /// The most useful question about any unit, as far as this row can ask it.
    pub(super) fn best_question(&self, row: Row) -> Option<(&Unit, Question)> {
        let units = || self.units.iter();
        let members = || units().find_map(|unit| Some((unit, self.members(unit, row)?)));
        let structure = |unit| Some((unit, self.structure(unit, row)?));
        match row {
            Row::ForParent => {
                let certain = units()
                    .filter(|unit| is_interior(unit))
                    .filter_map(structure);
                let certain = certain.min_by_key(|(unit, _)| unit.depth);
                let likely = || {
                    let others = units().filter(|unit| !is_interior(unit));
                    let others = others.filter_map(structure);
                    others.min_by_key(|(unit, _)| unit.leaf_score())
                };
                // Without `ListAccounts`, only this row tells the facts of accounts, while
                // leaves can be left to `ListChildren`.
                if self.listing == Stage::Failed {
                    certain.or_else(members).or_else(likely)
                } else {
                    certain.or_else(likely).or_else(members)
                }
            }
            Row::Children => members().or_else(|| {
                let leaves = units().filter_map(structure);
                leaves.min_by_key(|(unit, _)| Reverse(unit.leaf_score()))
            }),
            _ => None,
        }
    }

    /// The question about a unit's child OUs that this row can ask with profit.
    fn structure(&self, unit: &Unit, row: Row) -> Option<Question> {
        if unit.structure != Stage::Waiting {
            return None;
        }
        let names = self.may(Operation::ListOrganizationalUnitsForParent, unit);
        if row == Row::ForParent {
            return names.then_some(Ask::Units);
        }
        let ids = self.may(Operation::ListChildren, unit) && !unit.children_listed;
        let useful = !names || (!is_interior(unit) && self.is_evident(unit));
        (ids && useful).then_some(Ask::ChildUnits)
    }

    /// Whether enough is known to bet that this unit is a leaf. While accounts still come in,
    /// it pays to wait for one that is in it.
    fn is_evident(&self, unit: &Unit) -> bool {
        match self.membership {
            Membership::Undecided => false,
            Membership::ByPaths => unit.direct_accounts > 0 || !self.listing.is_open(),
            Membership::ByParent => true,
        }
    }

    /// The question about a unit's accounts that this row can ask with profit.
    fn members(&self, unit: &Unit, row: Row) -> Option<Question> {
        if self.membership != Membership::ByParent || unit.accounts != Stage::Waiting {
            return None;
        }
        let facts = self.may(Operation::ListAccountsForParent, unit);
        if row == Row::ForParent {
            return facts.then_some(Ask::AccountsIn);
        }
        // Ids are enough where `ListAccounts` tells the rest.
        let useful = self.listing != Stage::Failed || !facts;
        let ids = self.may(Operation::ListChildren, unit);
        (ids && useful).then_some(Ask::ChildAccounts)
    }

    /// The accounts of a unit ahead of their turn: in a large organization it can take minutes
    /// until `ListAccounts` has shown all of them.
    fn preview(&self, unit: &Unit, row: Row) -> Option<Question> {
        let ahead = row == Row::ForParent
            && self.membership == Membership::ByPaths
            && self.listing.is_open()
            && unit.accounts == Stage::Waiting
            && self.may(Operation::ListAccountsForParent, unit);
        ahead.then_some(Ask::AccountsIn)
    }

    pub(super) fn may(&self, operation: Operation, unit: &Unit) -> bool {
        unit.refusal(operation).is_none() && self.access.is_open(operation)
    }
}

fn is_interior(unit: &Unit) -> bool {
    unit.is_root() || unit.has_child_units
}
