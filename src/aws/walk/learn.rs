//! What the planner makes of an answer.

use super::job::{
    Answer, Ask, FoundAccount, FoundUnit, Job, Operation, Page, Parent, Turn, endless,
};
use super::planner::{Membership, Planner};
use super::units::Stage;
use crate::org::{ErrorKind, Listing, Observation, OrgError, OrganizationalUnit, Root, WalkScope};

impl Planner {
    /// Takes in what a job brought and returns what is worth telling.
    pub(super) fn answer(
        &mut self,
        mut job: Job,
        result: Result<Answer, OrgError>,
    ) -> Vec<Observation> {
        match result {
            Ok(answer) => {
                self.failures_in_a_row = 0;
                self.access.granted(job.ask.operation());
                self.found(&job.ask);
                job.answered(&answer);
                self.learn(job, answer);
            }
            Err(error) => self.fail(&job.ask, error),
        }
        self.close_known();
        std::mem::take(&mut self.out)
    }

    fn learn(&mut self, job: Job, answer: Answer) {
        match (job.ask.clone(), answer) {
            (Ask::Roots, Answer::Roots(page)) => self.learn_roots(job, page),
            (Ask::Accounts, Answer::Accounts(page)) => self.learn_accounts(job, page),
            (Ask::AccountsIn(parent), Answer::Accounts(page)) => {
                self.learn_accounts_in(job, &parent, page);
            }
            (Ask::Units(parent), Answer::Units(page)) => self.learn_units(job, &parent, page),
            (Ask::ChildUnits(parent), Answer::Children(page)) => {
                self.learn_child_units(job, &parent, page);
            }
            (Ask::ChildAccounts(parent), Answer::Children(page)) => {
                self.learn_child_accounts(job, &parent, page);
            }
            (Ask::ParentOf(child), Answer::Parents(page)) => self.learn_parent(job, &child, page),
            (Ask::Unit(_), Answer::Unit(found)) => self.learn_unit(found),
            (Ask::Account(_), Answer::Account(found)) => self.learn_account(found),
            (ask, answer) => unreachable!("{answer:?} is no answer to {ask:?}"),
        }
    }

    fn learn_roots(&mut self, job: Job, page: Page<Root>) {
        for root in page.items {
            if self.is_second_root(&root.id) {
                continue;
            }
            self.units.see_root(&root.id);
            self.out.push(Observation::Root(root));
        }
        self.turn(job, page.next_token);
    }

    /// An organization has one root (Organizations User Guide, "Terminology and concepts"). Should
    /// there be another one, what is below it is not read, and that is reported.
    fn is_second_root(&mut self, id: &str) -> bool {
        let second = self
            .units
            .iter()
            .any(|unit| unit.is_root() && unit.facts.id != id);
        if second {
            let message = format!("{id} is a second root, and only one can be read");
            let error = OrgError::new(ErrorKind::Incomplete, message);
            let error = error.during(Operation::ListRoots.name());
            self.lookups.insert(Operation::ListRoots, error);
        }
        second
    }

    fn learn_accounts(&mut self, job: Job, page: Page<FoundAccount>) {
        if self.membership == Membership::Undecided && !page.items.is_empty() {
            let paths = page.items.iter().any(|found| !found.ancestors.is_empty());
            self.membership = if paths {
                Membership::ByPaths
            } else {
                Membership::ByParent
            };
        }
        for found in page.items {
            self.hear_of(found, false);
        }
        if self.turn(job, page.next_token) {
            self.listing = Stage::Done;
            if self.membership == Membership::Undecided {
                self.membership = Membership::ByParent;
            }
        }
    }

    fn learn_accounts_in(&mut self, job: Job, parent: &str, page: Page<FoundAccount>) {
        for FoundAccount { account, .. } in page.items {
            self.place(&account.id, parent);
            self.accounts.entry(&account.id).listed = true;
            self.out.push(Observation::Account {
                account: account.into(),
                ancestors: self.units.chain(parent),
            });
        }
        if self.turn(job, page.next_token) {
            self.done(parent, Listing::Accounts);
        }
    }

    fn learn_units(&mut self, job: Job, parent: &str, page: Page<FoundUnit>) {
        for FoundUnit { unit, .. } in page.items {
            self.units.see_below(&unit.id, parent);
            self.revive(&unit.id);
            self.name(unit);
        }
        if self.turn(job, page.next_token) {
            self.done(parent, Listing::OrganizationalUnits);
        }
    }

    fn learn_child_units(&mut self, job: Job, parent: &str, page: Page<String>) {
        for id in page.items {
            self.revive(&id);
            if self.units.see_below(&id, parent) {
                self.name(OrganizationalUnit {
                    id,
                    ..OrganizationalUnit::default()
                });
            }
        }
        if !self.turn(job, page.next_token) {
            return;
        }
        let Some(unit) = self.units.get_mut(parent) else {
            return;
        };
        unit.children_listed = true;
        let names_missing = unit.has_child_units;
        let may_name = self
            .units
            .get(parent)
            .is_some_and(|unit| self.may(Operation::ListOrganizationalUnitsForParent, unit));
        if names_missing && may_name {
            self.mark(&Ask::Units(parent.to_owned()), Stage::Waiting);
        } else {
            self.done(parent, Listing::OrganizationalUnits);
        }
    }

    fn learn_child_accounts(&mut self, job: Job, parent: &str, page: Page<String>) {
        for account in page.items {
            self.place(&account, parent);
            self.out.push(Observation::AccountPlaced {
                account,
                parent: parent.to_owned(),
            });
        }
        if self.turn(job, page.next_token) {
            self.done(parent, Listing::Accounts);
        }
    }

    fn learn_parent(&mut self, job: Job, child: &str, page: Page<Parent>) {
        // "Currently, a child can have only a single parent" (API reference, `ListParents`).
        let Some(parent) = page.items.into_iter().next() else {
            self.turn(job, page.next_token);
            return;
        };
        if parent.is_root && self.is_second_root(&parent.id) {
            return;
        }
        let is_unit = self.units.get(child).is_some();
        if self.scope == WalkScope::Organization {
            if parent.is_root && self.units.see_root(&parent.id) {
                self.out.push(Observation::Root(Root {
                    id: parent.id.clone(),
                    ..Root::default()
                }));
            }
            self.units.see(&parent.id);
        }
        self.revive(&parent.id);
        if is_unit {
            self.units.see_below(child, &parent.id);
            if let Some(facts) = self.units.get(child).map(|unit| unit.facts.clone()) {
                self.name(facts);
            }
        } else {
            self.accounts.settle(child, &parent.id);
            self.out.push(Observation::AccountPlaced {
                account: child.to_owned(),
                parent: parent.id,
            });
        }
    }

    fn learn_unit(&mut self, found: FoundUnit) {
        let FoundUnit { unit, ancestors } = found;
        if self.scope == WalkScope::Organization {
            self.see_chain(&ancestors);
        }
        if let Some(parent) = ancestors.last() {
            self.units.see_below(&unit.id, parent);
        }
        self.revive(&unit.id);
        self.name(unit);
    }

    fn learn_account(&mut self, found: FoundAccount) {
        self.hear_of(found, true);
    }

    /// Takes in an account's own facts, and its place if they tell it. An answer about this one
    /// account is the service's `latest` word; a page of a listing may be older than another's.
    fn hear_of(&mut self, found: FoundAccount, latest: bool) {
        let FoundAccount {
            account,
            mut ancestors,
        } = found;
        if self.scope == WalkScope::Organization {
            if ancestors
                .first()
                .is_some_and(|top| self.is_second_root(top))
            {
                ancestors.clear();
            }
            self.see_chain(&ancestors);
        }
        if let Some(parent) = ancestors.last() {
            self.revive(parent);
        }
        let sighting = self.accounts.entry(&account.id);
        sighting.listed = true;
        sighting.gone = false;
        match ancestors.last() {
            Some(parent) if latest => self.accounts.settle(&account.id, parent),
            Some(parent) => self.place(&account.id, parent),
            None => {}
        }
        self.out.push(Observation::Account {
            account: account.into(),
            ancestors,
        });
    }

    /// Notes the root and the OUs that a path names, from the root down.
    fn see_chain(&mut self, ancestors: &[String]) {
        if let Some(root) = ancestors.first()
            && self.units.see_root(root)
        {
            self.out.push(Observation::Root(Root {
                id: root.clone(),
                ..Root::default()
            }));
        }
        for pair in ancestors.windows(2) {
            self.units.see_below(&pair[1], &pair[0]);
        }
    }

    fn place(&mut self, account: &str, parent: &str) {
        if self.accounts.place(account, parent)
            && let Some(unit) = self.units.get_mut(parent)
        {
            unit.direct_accounts += 1;
        }
    }

    /// Merges what is told of a unit, and tells it if it is known where the unit is.
    fn name(&mut self, told: OrganizationalUnit) {
        let Some(unit) = self.units.get_mut(&told.id) else {
            return;
        };
        let facts = &mut unit.facts;
        facts.name = told.name.or(facts.name.take());
        facts.arn = told.arn.or(facts.arn.take());
        if let Some(parent) = unit.parent.clone() {
            let unit = facts.clone();
            self.out
                .push(Observation::OrganizationalUnit { unit, parent });
        }
    }

    /// Goes on with the next page of a listing; says whether this was the last one.
    fn turn(&mut self, job: Job, next_token: Option<String>) -> bool {
        let ask = job.ask.clone();
        match job.turn(next_token) {
            Turn::Last => true,
            Turn::More(next) => {
                let jobs = self.ready.entry(ask.row()).or_default();
                jobs.push_front(next);
                false
            }
            Turn::Endless(reason) => {
                self.fail(&ask, endless(reason, ask.operation().name()));
                false
            }
        }
    }

    /// A listing of a unit has been told to its end.
    pub(super) fn done(&mut self, node: &str, listing: Listing) {
        let Some(unit) = self.units.get_mut(node) else {
            return;
        };
        match listing {
            Listing::OrganizationalUnits => unit.structure = Stage::Done,
            Listing::Accounts => unit.accounts = Stage::Done,
        }
        self.out.push(Observation::Listed {
            node: node.to_owned(),
            listing,
        });
    }
}
