//! The end of a walk: what it could not read.

use super::job::Operation;
use super::planner::Planner;
use super::units::Stage;
use crate::org::{ErrorKind, Listing, Observation, OrgError, WalkScope};

impl Planner {
    /// The last observations, and everything that could not be read.
    pub(super) fn finish(mut self) -> (Vec<Observation>, Vec<OrgError>) {
        self.tell_vanished();
        if let Some(error) = self.fatal {
            return (self.out, vec![error]);
        }
        let (unlisted, unplaced) = self.incomplete_accounts();
        if self.listing == Stage::Done && unlisted + unplaced == 0 {
            // Every account was placed one by one, so no unit misses any.
            let failed = std::mem::take(&mut self.failed);
            for (node, listing, error) in failed {
                match listing {
                    Listing::Accounts if error.kind != ErrorKind::Incomplete => {
                        self.done(&node, listing);
                    }
                    _ => self.failed.push((node, listing, error)),
                }
            }
        }
        let mut missing = self.missing_listings();
        missing.extend(self.missing_items(unlisted, unplaced));
        (self.out, missing)
    }

    /// How many accounts lack their own facts, and how many lack a place.
    fn incomplete_accounts(&self) -> (usize, usize) {
        let unlisted = self.accounts.iter().filter(|(_, account)| !account.listed);
        let unplaced = self.accounts.iter().filter(|(_, account)| {
            let parent = account.parent.as_ref();
            parent.is_none_or(|id| self.units.is_gone(id))
        });
        (unlisted.count(), unplaced.count())
    }

    /// Failed listings: once per operation that is denied everywhere, else once per node.
    fn missing_listings(&self) -> Vec<OrgError> {
        let mut missing: Vec<OrgError> = Vec::new();
        missing.extend(self.lookups.get(&Operation::ListRoots).cloned());
        let accounts = self.lookups.get(&Operation::ListAccounts).cloned();
        missing.extend(accounts.filter(|error| error.kind == ErrorKind::Incomplete));
        let everywhere: Vec<&OrgError> = [
            Operation::ListOrganizationalUnitsForParent,
            Operation::ListAccountsForParent,
            Operation::ListChildren,
        ]
        .iter()
        .filter_map(|operation| self.access.denial(*operation))
        .collect();
        for (node, _, error) in &self.failed {
            let general = everywhere.iter().find(|denial| {
                error.kind == ErrorKind::AccessDenied && denial.operation == error.operation
            });
            let error = general.map_or_else(
                || OrgError {
                    message: format!("{node}: {}", error.message),
                    ..error.clone()
                },
                |denial| (*denial).clone(),
            );
            if !missing.contains(&error) {
                missing.push(error);
            }
        }
        missing
    }

    /// Items of which only an id is known, by kind of what they lack.
    fn missing_items(&self, unlisted: usize, unplaced: usize) -> Vec<OrgError> {
        let top = match &self.scope {
            // Its name was known before: failing to read it again loses nothing.
            WalkScope::Subtree { node, .. } => Some(node),
            WalkScope::Organization | WalkScope::Account { .. } => None,
        };
        let nameless = self.units.iter().filter(|unit| {
            let known = unit.is_root() || unit.gone || top == Some(&unit.facts.id);
            !known && (unit.facts.name.is_none() || unit.parent.is_none())
        });
        let lacks = [
            (
                unlisted,
                "accounts could not be described",
                Operation::DescribeAccount,
            ),
            (
                unplaced,
                "accounts could not be placed",
                Operation::ListParents,
            ),
            (
                nameless.count(),
                "organizational units could not be named and placed",
                Operation::DescribeOrganizationalUnit,
            ),
            (
                self.orphans().count(),
                "organizational units whose parent is gone could not be looked up",
                Operation::DescribeOrganizationalUnit,
            ),
        ];
        let lacks = lacks.into_iter().filter(|(count, ..)| *count > 0);
        lacks
            .map(|(count, what, operation)| {
                let what = format!("{what}: {count}");
                match self.lookups.get(&operation) {
                    Some(error) if count == 1 => error.clone(),
                    Some(error) => OrgError {
                        message: format!("{what} ({})", error.message),
                        ..error.clone()
                    },
                    None => OrgError::new(ErrorKind::Incomplete, what).during(operation.name()),
                }
            })
            .collect()
    }
}
