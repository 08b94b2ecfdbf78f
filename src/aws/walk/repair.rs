//! What the planner does about failures, and how it completes the picture.

use std::collections::HashSet;

use super::accounts::Sighting;
use super::job::{Ask, Operation};
use super::planner::{Membership, Planner};
use super::units::{Stage, Unit};
use crate::org::{ErrorKind, Listing, Observation, OrgError};

/// Failures in a row, each after all retries and without any success between them, after which
/// the service counts as unreachable.
const OUTAGE: u32 = 8;

impl Planner {
    pub(super) fn fail(&mut self, ask: &Ask, error: OrgError) {
        let kind = error.kind;
        match kind {
            ErrorKind::Credentials | ErrorKind::NoOrganization => self.fatal = Some(error),
            ErrorKind::NotFound if self.doubt(ask) => {}
            ErrorKind::AccessDenied => {
                self.access.denied(ask.operation(), &error);
                self.fail_ask(ask, error);
                self.drop_denied();
            }
            ErrorKind::NotFound | ErrorKind::Incomplete => self.fail_ask(ask, error),
            _ => {
                self.failures_in_a_row += 1;
                if self.failures_in_a_row >= OUTAGE {
                    self.fatal = Some(error);
                } else {
                    self.fail_ask(ask, error);
                }
            }
        }
        if kind != ErrorKind::NotFound {
            self.replace_judges(ask);
        }
    }

    /// Drops what is queued for operations that are denied everywhere. No later page of a listing
    /// can be among it, since its first page was granted.
    fn drop_denied(&mut self) {
        let access = &self.access;
        for jobs in self.ready.values_mut() {
            jobs.retain(|job| access.is_open(job.ask.operation()));
        }
    }

    pub(super) fn fail_ask(&mut self, ask: &Ask, error: OrgError) {
        match ask {
            Ask::Roots | Ask::ParentOf(_) | Ask::Unit(_) | Ask::Account(_) => {
                self.lookups.insert(ask.operation(), error);
            }
            Ask::Accounts => {
                self.lookups.insert(ask.operation(), error);
                self.listing = Stage::Failed;
                self.membership = Membership::ByParent;
            }
            Ask::Units(id) | Ask::ChildUnits(id) => {
                self.fail_unit(id, Listing::OrganizationalUnits, ask, error);
            }
            Ask::AccountsIn(id) | Ask::ChildAccounts(id) => {
                self.fail_unit(id, Listing::Accounts, ask, error);
            }
        }
        self.fail_unreachable();
    }

    /// One way to tell this listing failed: another one may be left.
    fn fail_unit(&mut self, id: &str, listing: Listing, ask: &Ask, error: OrgError) {
        if self.units.is_gone(id) {
            return;
        }
        if error.kind == ErrorKind::Incomplete {
            self.give_up(id, listing, error);
        } else if let Some(unit) = self.units.get_mut(id) {
            unit.refused.push((ask.operation(), error));
            self.mark(ask, Stage::Waiting);
        }
    }

    pub(super) fn give_up(&mut self, node: &str, listing: Listing, error: OrgError) {
        if let Some(unit) = self.units.get_mut(node) {
            match listing {
                Listing::OrganizationalUnits => unit.structure = Stage::Failed,
                Listing::Accounts => unit.accounts = Stage::Failed,
            }
        }
        self.failed.push((node.to_owned(), listing, error.clone()));
        self.out.push(Observation::ListingFailed {
            node: node.to_owned(),
            listing,
            error,
        });
    }

    /// Gives up the listings that no call is left for.
    pub(super) fn fail_unreachable(&mut self) {
        let mut hopeless = Vec::new();
        for unit in self.units.iter() {
            let ids = self.may(Operation::ListChildren, unit);
            let names = self.may(Operation::ListOrganizationalUnitsForParent, unit);
            if unit.structure == Stage::Waiting && !names && (!ids || unit.children_listed) {
                let (listing, by) = (
                    Listing::OrganizationalUnits,
                    Operation::ListOrganizationalUnitsForParent,
                );
                hopeless.push((unit.facts.id.clone(), listing, self.reason(unit, by)));
            }
            let accounts = self.may(Operation::ListAccountsForParent, unit);
            let by_parent = self.membership == Membership::ByParent;
            if by_parent && unit.accounts == Stage::Waiting && !accounts && !ids {
                let (listing, by) = (Listing::Accounts, Operation::ListAccountsForParent);
                hopeless.push((unit.facts.id.clone(), listing, self.reason(unit, by)));
            }
        }
        for (id, listing, error) in hopeless {
            let children_listed = self.units.get(&id).is_some_and(|unit| unit.children_listed);
            if listing == Listing::OrganizationalUnits && children_listed {
                // All ids are known; the names come one by one.
                self.done(&id, listing);
            } else {
                self.give_up(&id, listing, error);
            }
        }
    }

    /// Why `operation`, or the one that can stand in for it, does not tell this.
    fn reason(&self, unit: &Unit, operation: Operation) -> OrgError {
        let of = |operation| self.access.denial(operation).or(unit.refusal(operation));
        let error = of(operation).or_else(|| of(Operation::ListChildren));
        match error {
            Some(error) if error.kind == ErrorKind::NotFound => OrgError {
                kind: ErrorKind::Incomplete,
                message: format!("other calls know it, this one does not: {}", error.message),
                ..error.clone()
            },
            Some(error) => error.clone(),
            None => OrgError::new(ErrorKind::Incomplete, "no permitted call tells this")
                .during(operation.name()),
        }
    }

    /// Where accounts came without the `Paths` that others have, asks every unit for its accounts,
    /// at about eleven a second, if that is faster than to ask each of these accounts for its
    /// parent, at five, or the only way. Says whether it is.
    fn mistrust_paths(&mut self) -> bool {
        let unplaced = self.accounts.iter();
        let unplaced = unplaced.filter(|(_, account)| account.parent.is_none());
        let unplaced: Vec<_> = unplaced.map(|(_, account)| account).collect();
        let faster = 2 * unplaced.len() > self.units.iter().len();
        let in_vain = |account: &&Sighting| account.lookups.parent_asked;
        let only_way = unplaced.iter().any(in_vain)
            || (!unplaced.is_empty() && !self.access.is_open(Operation::ListParents));
        if self.membership != Membership::ByPaths || !(faster || only_way) {
            return false;
        }
        self.membership = Membership::ByParent;
        for unit in self.units.iter_mut().filter(|unit| !unit.gone) {
            unit.accounts = Stage::Waiting;
        }
        self.fail_unreachable();
        true
    }

    /// To be called when nothing is left to ask: queues the calls that complete the picture, each
    /// at most once per item. Says whether there are any.
    pub(super) fn repair(&mut self) -> bool {
        if self.fatal.is_some() {
            return false;
        }
        if self.mistrust_paths() {
            return true;
        }
        let mut asks = Vec::new();
        let orphans: HashSet<String> = self.orphans().map(str::to_owned).collect();
        let describe_units = self.access.is_open(Operation::DescribeOrganizationalUnit);
        let describe_accounts = self.access.is_open(Operation::DescribeAccount);
        let list_parents = self.access.is_open(Operation::ListParents);
        let units = self.units.iter_mut();
        for unit in units.filter(|unit| !unit.gone && !unit.is_root()) {
            let orphan = orphans.contains(&unit.facts.id);
            let (nameless, lost) = (unit.facts.name.is_none(), unit.parent.is_none());
            if (nameless || orphan) && !unit.lookups.described && describe_units {
                unit.lookups.described = true;
                asks.push(Ask::Unit(unit.facts.id.clone()));
            } else if (lost || orphan) && !unit.lookups.parent_asked && list_parents {
                unit.lookups.parent_asked = true;
                asks.push(Ask::ParentOf(unit.facts.id.clone()));
            }
        }
        for (id, account) in self.accounts.iter_mut() {
            let parent = account.parent.as_ref();
            let lost = account.contested || parent.is_none_or(|id| self.units.is_gone(id));
            let paths = self.membership == Membership::ByPaths;
            let describe = !account.listed || (lost && paths);
            if describe && !account.lookups.described && describe_accounts {
                account.lookups.described = true;
                asks.push(Ask::Account(id.clone()));
            } else if lost && !account.lookups.parent_asked && list_parents {
                account.lookups.parent_asked = true;
                asks.push(Ask::ParentOf(id.clone()));
            }
        }
        let any = !asks.is_empty();
        for ask in asks {
            self.queue(ask);
        }
        any
    }
}
