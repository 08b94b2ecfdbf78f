//! Decides what to ask next. No I/O and no clock: the driver asks for jobs and brings answers.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use super::access::Access;
use super::accounts::Accounts;
use super::choose::Question;
use super::doubt::Doubts;
use super::job::{Ask, Job, Operation};
use super::units::{Stage, Unit, Units};
use crate::aws::limiter::Row;
use crate::org::{Listing, Observation, OrgError, Progress, WalkScope};

/// Levels of OUs below the root. Source: Organizations User Guide, "Quotas and service limits",
/// "OU maximum nesting in a root", as of 2026-11.
const DEEPEST_UNIT: usize = 5;

/// How the place of an account becomes known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Membership {
    /// No account has been seen yet.
    Undecided,
    /// Each account comes with its `Paths`.
    ByPaths,
    /// Each root or OU has to be asked for its accounts.
    ByParent,
}

/// The state of one walk.
#[derive(Debug)]
pub(super) struct Planner {
    pub(super) scope: WalkScope,
    pub(super) units: Units,
    pub(super) accounts: Accounts,
    pub(super) membership: Membership,
    /// `ListAccounts`; `Failed` also where it is not part of the walk.
    pub(super) listing: Stage,
    pub(super) access: Access,
    pub(super) doubts: Doubts,
    /// Units that were gone until an answer named them again.
    pub(super) revived: HashSet<String>,
    /// Jobs that do not depend on what else becomes known.
    pub(super) ready: HashMap<Row, VecDeque<Job>>,
    pub(super) wanted: Vec<String>,
    /// Why nothing more is asked.
    pub(super) fatal: Option<OrgError>,
    pub(super) failures_in_a_row: u32,
    /// Listings that failed for good: node, which children, why.
    pub(super) failed: Vec<(String, Listing, OrgError)>,
    /// The last failure of each call that is about the organization or one item.
    pub(super) lookups: HashMap<Operation, OrgError>,
    pub(super) out: Vec<Observation>,
}

impl Planner {
    pub(super) fn new(scope: WalkScope) -> Self {
        let mut planner = Self {
            scope,
            units: Units::default(),
            accounts: Accounts::default(),
            membership: Membership::ByParent,
            listing: Stage::Failed,
            access: Access::default(),
            doubts: Doubts::default(),
            revived: HashSet::new(),
            ready: HashMap::new(),
            wanted: Vec::new(),
            fatal: None,
            failures_in_a_row: 0,
            failed: Vec::new(),
            lookups: HashMap::new(),
            out: Vec::new(),
        };
        match &planner.scope {
            WalkScope::Organization => {
                planner.membership = Membership::Undecided;
                planner.listing = Stage::Asked;
                planner.queue(Ask::Roots);
                planner.queue(Ask::Accounts);
            }
            WalkScope::Subtree {
                node,
                known_accounts,
            } => {
                // The root has no parent and cannot be renamed; an OU is described like any other.
                if node.starts_with("r-") {
                    planner.units.see_root(node);
                } else {
                    planner.units.see(node);
                }
                for account in known_accounts {
                    planner.accounts.entry(account);
                }
            }
            WalkScope::Account { id } => {
                planner.accounts.entry(id);
            }
        }
        planner
    }

    /// The ids of the OUs that are wanted first, most wanted first.
    pub(super) fn prioritise(&mut self, wanted: Vec<String>) {
        self.wanted = wanted;
    }

    /// Whether no answer can change anything any more, not even one that is still to come.
    pub(super) fn has_ended(&self) -> bool {
        self.fatal.is_some()
    }

    /// Whether a call of this row is useful now.
    pub(super) fn wants(&self, row: Row) -> bool {
        self.fatal.is_none()
            && (self.ready.get(&row).is_some_and(|jobs| !jobs.is_empty())
                || self.wanted_question(row).is_some()
                || self.best_question(row).is_some())
    }

    /// The most useful call of this row; its answer must be brought to [`Planner::answer`].
    pub(super) fn next(&mut self, row: Row) -> Option<Job> {
        if self.fatal.is_some() {
            return None;
        }
        let ask = |(unit, question): (&Unit, Question)| question(unit.facts.id.clone());
        let job = if let Some(wanted) = self.wanted_question(row) {
            Job::new(ask(wanted))
        } else if let Some(job) = self.ready.get_mut(&row).and_then(VecDeque::pop_front) {
            job
        } else {
            Job::new(self.best_question(row).map(ask)?)
        };
        self.mark(&job.ask, Stage::Asked);
        Some(job)
    }

    pub(super) fn queue(&mut self, ask: Ask) {
        let row = ask.row();
        let jobs = self.ready.entry(row).or_default();
        jobs.push_back(Job::new(ask));
    }

    /// Sets the stage of the listing that a question belongs to, if it belongs to one.
    pub(super) fn mark(&mut self, ask: &Ask, stage: Stage) {
        match ask {
            Ask::Accounts => self.listing = stage,
            Ask::Units(id) | Ask::ChildUnits(id) => {
                if let Some(unit) = self.units.get_mut(id) {
                    unit.structure = stage;
                }
            }
            Ask::AccountsIn(id) | Ask::ChildAccounts(id) => {
                if let Some(unit) = self.units.get_mut(id) {
                    unit.accounts = stage;
                }
            }
            Ask::Roots | Ask::ParentOf(_) | Ask::Unit(_) | Ask::Account(_) => {}
        }
    }

    /// How far the walk is; the driver adds what it alone counts.
    pub(super) fn progress(&self) -> Progress {
        let known = self.units.iter().filter(|unit| !unit.gone);
        let by_parent = self.membership == Membership::ByParent;
        let open = known
            .clone()
            .filter(|unit| unit.structure.is_open() || (by_parent && unit.accounts.is_open()));
        let units_known = known.count();
        Progress {
            units_done: units_known - open.count(),
            units_known,
            accounts: self.accounts.len(),
            accounts_open: self.listing.is_open(),
            remaining: self.remaining(),
            ..Progress::default()
        }
    }

    /// Queued calls over the pace that they are allowed. How many pages `ListAccounts` has is not
    /// known beforehand, so there is no estimate before its end.
    fn remaining(&self) -> Option<Duration> {
        if self.listing.is_open() {
            return None;
        }
        let mut listings = 0_u32;
        for unit in self.units.iter() {
            let accounts = unit.accounts.is_open() && self.membership == Membership::ByParent;
            listings += u32::from(unit.structure.is_open()) + u32::from(accounts);
        }
        let pace = Row::ForParent.published().rate + Row::Children.published().rate;
        let queued = self.ready.iter().map(|(row, jobs)| {
            let jobs = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
            f64::from(jobs) / row.published().rate
        });
        let seconds = queued.fold(f64::from(listings) / pace, f64::max);
        (seconds > 0.0).then(|| Duration::from_secs_f64(seconds))
    }

    /// Closes the listings that need no call: accounts that came with their paths, and OUs so
    /// deep down that they cannot contain others.
    pub(super) fn close_known(&mut self) {
        if self.membership != Membership::ByPaths {
            return;
        }
        for unit in self.units.iter_mut() {
            let mut listed = |listing| {
                self.out.push(Observation::Listed {
                    node: unit.facts.id.clone(),
                    listing,
                });
            };
            if self.listing == Stage::Done && unit.accounts.is_open() {
                unit.accounts = Stage::Done;
                listed(Listing::Accounts);
            }
            let deepest = unit.depth.is_some_and(|depth| depth >= DEEPEST_UNIT);
            if deepest && !unit.has_child_units && unit.structure == Stage::Waiting {
                unit.structure = Stage::Done;
                listed(Listing::OrganizationalUnits);
            }
        }
    }
}

#[cfg(test)]
#[path = "planner_tests.rs"]
mod tests;
