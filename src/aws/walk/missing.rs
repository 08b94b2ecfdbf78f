//! The end of a walk: what it could not read.

use super::job::Operation;
use super::planner::{Membership, Planner};
use super::units::Stage;
use crate::org::{ErrorKind, Listing, Observation, OrgError, WalkScope};

/// Ids that a message names at most.
const NAMED: usize = 10;

impl Planner {
    /// The last observations, and everything that could not be read.
    pub(super) fn finish(mut self) -> (Vec<Observation>, Vec<OrgError>) {
        self.tell_vanished();
        let nothing_read = self.units.iter().len() + self.accounts.len() == 0;
        if let Some(error) = self.fatal.take_if(|_| nothing_read) {
            return (self.out, vec![error]);
        }
        let placed = self.unlisted().is_empty() && self.unplaced().is_empty();
        if self.listing == Stage::Done && placed {
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
        let mut missing: Vec<OrgError> = self.fatal.iter().cloned().collect();
        missing.extend(self.missing_listings());
        missing.extend(self.unfinished());
        missing.extend(self.missing_items());
        (self.out, missing)
    }

    /// Accounts that lack their own facts.
    fn unlisted(&self) -> Vec<&str> {
        let unlisted = self.accounts.iter().filter(|(_, account)| !account.listed);
        unlisted.map(|(id, _)| id.as_str()).collect()
    }

    /// Accounts that lack a place.
    fn unplaced(&self) -> Vec<&str> {
        let unplaced = self.accounts.iter().filter(|(_, account)| {
            let parent = account.parent.as_ref();
            parent.is_none_or(|id| self.units.is_gone(id))
        });
        unplaced.map(|(id, _)| id.as_str()).collect()
    }

    /// What was still to be asked when the walk ended before its time.
    fn unfinished(&self) -> Vec<OrgError> {
        // Where it failed, other calls take its place, unless the walk ended before they could.
        let given_up = self.fatal.is_some() && self.lookups.contains_key(&Operation::ListAccounts);
        let accounts = (self.listing.is_open() || given_up).then(|| {
            let read = self.accounts.len();
            let what = format!("the listing of all accounts is not finished, {read} were seen");
            OrgError::new(ErrorKind::Incomplete, what).during(Operation::ListAccounts.name())
        });
        let by_parent = self.membership == Membership::ByParent;
        let open = self
            .units
            .iter()
            .filter(|unit| unit.structure.is_open() || (by_parent && unit.accounts.is_open()));
        let open: Vec<&str> = open.map(|unit| unit.facts.id.as_str()).collect();
        let units = (!open.is_empty()).then(|| {
            let what = counted("roots and organizational units were not listed", &open);
            let operation = Operation::ListOrganizationalUnitsForParent;
            OrgError::new(ErrorKind::Incomplete, what).during(operation.name())
        });
        accounts.into_iter().chain(units).collect()
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
    fn missing_items(&self) -> Vec<OrgError> {
        let top = match &self.scope {
            // Its name was known before: failing to read it again loses nothing.
            WalkScope::Subtree { node, .. } => Some(node),
            WalkScope::Organization | WalkScope::Account { .. } => None,
        };
        let nameless = self.units.iter().filter(|unit| {
            let known = unit.is_root() || unit.gone || top == Some(&unit.facts.id);
            !known && (unit.facts.name.is_none() || unit.parent.is_none())
        });
        let nameless = nameless.map(|unit| unit.facts.id.as_str());
        let lacks = [
            (
                self.unlisted(),
                "accounts could not be described",
                Operation::DescribeAccount,
            ),
            (
                self.unplaced(),
                "accounts could not be placed",
                Operation::ListParents,
            ),
            (
                nameless.collect(),
                "organizational units could not be named and placed",
                Operation::DescribeOrganizationalUnit,
            ),
            (
                self.orphans().collect(),
                "organizational units whose parent is gone could not be looked up",
                Operation::DescribeOrganizationalUnit,
            ),
        ];
        let lacks = lacks.into_iter().filter(|(ids, ..)| !ids.is_empty());
        lacks
            .map(|(ids, what, operation)| {
                let what = counted(what, &ids);
                match self.lookups.get(&operation) {
                    Some(error) if ids.len() == 1 => OrgError {
                        message: format!("{}: {}", ids[0], error.message),
                        ..error.clone()
                    },
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

/// Says how many there are of what, and which, as far as anybody would read that.
fn counted(what: &str, ids: &[&str]) -> String {
    let more = if ids.len() > NAMED { ", ..." } else { "" };
    let named = &ids[..ids.len().min(NAMED)];
    format!("{what}: {} ({}{more})", ids.len(), named.join(", "))
}
