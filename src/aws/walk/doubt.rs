//! What a "not found" is worth.
//!
//! The service is eventually consistent ("Changes that I make aren't always immediately visible",
//! Organizations User Guide, "Troubleshooting"), so a single answer that something is not there
//! may be wrong. It is believed once another call says the same; what was asked is asked again
//! where another call still knows the item. Only the item itself is taken for gone: what it
//! contained has answers of its own, and an answer that names it later brings it back.

use std::collections::HashMap;

use super::job::Ask;
use super::planner::Planner;
use super::units::{Stage, Unit};
use crate::org::{ErrorKind, Listing, Observation, OrgError};

/// The items that a call did not find and that are not gone, by id.
pub(super) type Doubts = HashMap<String, Doubt>;

#[derive(Debug)]
pub(super) enum Doubt {
    /// Another call is asked about it.
    Open {
        /// What is to be asked again if the item turns out to be there.
        waiting: Vec<Ask>,
        /// The calls that can tell, the last one being the one that was asked.
        judges: Vec<Ask>,
    },
    /// Another call knew it, or none could tell; a further "not found" is a failure like others.
    Settled,
}

impl Doubt {
    fn judge(&self) -> Option<&Ask> {
        match self {
            Self::Open { judges, .. } => judges.last(),
            Self::Settled => None,
        }
    }
}

impl Planner {
    /// The service does not know what was asked about; says whether that is dealt with.
    pub(super) fn doubt(&mut self, ask: &Ask) -> bool {
        let Some(id) = ask.node().map(str::to_owned) else {
            return false;
        };
        if self.units.get(&id).is_some_and(Unit::is_root) {
            return false;
        }
        match self.doubts.get_mut(&id) {
            Some(Doubt::Settled) => false,
            Some(doubt) if doubt.judge() == Some(ask) => {
                self.doubts.remove(&id);
                self.vanish(&id);
                true
            }
            Some(Doubt::Open { waiting, .. }) => {
                waiting.push(ask.clone());
                true
            }
            None if self.units.is_gone(&id) => true,
            None => {
                let doubt = Doubt::Open {
                    waiting: vec![ask.clone()],
                    judges: self.judges(ask, &id),
                };
                self.doubts.insert(id.clone(), doubt);
                self.ask_judge(&id);
                true
            }
        }
    }

    /// The calls that can confirm that this item is not there, the best one last. The same call
    /// again is better than none.
    fn judges(&self, ask: &Ask, id: &str) -> Vec<Ask> {
        let describe = if self.units.get(id).is_some() {
            Ask::Unit
        } else {
            Ask::Account
        };
        let others = [Ask::ParentOf(id.to_owned()), describe(id.to_owned())];
        let others = others.into_iter().filter(|other| other != ask);
        [ask.clone()].into_iter().chain(others).collect()
    }

    /// Asks the best call that may be asked; without any, nothing can be said about the item.
    fn ask_judge(&mut self, id: &str) {
        let Some(Doubt::Open { waiting, judges }) = self.doubts.get_mut(id) else {
            return;
        };
        while let Some(judge) = judges.last() {
            if self.access.is_open(judge.operation()) {
                let judge = judge.clone();
                self.queue(judge);
                return;
            }
            judges.pop();
        }
        let waiting = std::mem::take(waiting);
        self.doubts.insert(id.to_owned(), Doubt::Settled);
        for ask in waiting {
            let error = OrgError::new(
                ErrorKind::Incomplete,
                "the service does not find it, and no other call could confirm that",
            );
            self.fail_ask(&ask, error.during(ask.operation().name()));
        }
    }

    /// This call failed for another reason: if it was to settle a doubt, or if it shows that
    /// others which were to do so are denied, the next one has to.
    pub(super) fn replace_judges(&mut self, failed: &Ask) {
        let useless = |judge: &Ask| judge == failed || !self.access.is_open(judge.operation());
        let doubts = self.doubts.iter();
        let open = doubts.filter(|(_, doubt)| doubt.judge().is_some_and(useless));
        let ids: Vec<String> = open.map(|(id, _)| id.clone()).collect();
        for id in ids {
            if let Some(Doubt::Open { judges, .. }) = self.doubts.get_mut(&id) {
                judges.pop();
            }
            self.ask_judge(&id);
        }
    }

    /// This call found what it was asked about.
    pub(super) fn found(&mut self, ask: &Ask) {
        let Some(id) = ask.node() else {
            return;
        };
        let doubt = self.doubts.get_mut(id);
        if let Some(doubt) = doubt.filter(|doubt| doubt.judge() == Some(ask))
            && let Doubt::Open { waiting, .. } = std::mem::replace(doubt, Doubt::Settled)
        {
            for again in waiting.into_iter().filter(|again| again != ask) {
                self.queue(again);
            }
        }
        if self.units.get(id).is_none() {
            self.accounts.entry(id).gone = false;
        } else if self.units.is_gone(id) {
            self.revive(id);
            self.mark(ask, Stage::Asked);
        }
    }

    fn vanish(&mut self, id: &str) {
        if let Some(unit) = self.units.get_mut(id) {
            unit.gone = true;
            unit.structure = Stage::Done;
            unit.accounts = Stage::Done;
        } else {
            self.accounts.entry(id).gone = true;
        }
    }

    /// An answer named this unit, so it and what contains it are there.
    pub(super) fn revive(&mut self, id: &str) {
        for id in self.units.chain(id) {
            let Some(unit) = self.units.get_mut(&id).filter(|unit| unit.gone) else {
                continue;
            };
            unit.gone = false;
            if self.revived.insert(id.clone()) {
                unit.structure = Stage::Waiting;
                unit.accounts = Stage::Waiting;
            } else {
                // Twice named and twice not found: to ask on could go on for ever.
                for listing in [Listing::OrganizationalUnits, Listing::Accounts] {
                    let message = "the service names it again and again, and does not find it";
                    self.give_up(&id, listing, OrgError::new(ErrorKind::Incomplete, message));
                }
            }
        }
    }

    /// Tells what is gone. Only at the end, so that what comes back meanwhile was never lost; a
    /// unit that contains others of which nobody knows whether they are gone is not told of.
    pub(super) fn tell_vanished(&mut self) {
        let containing: Vec<String> = self.orphans().flat_map(|id| self.units.chain(id)).collect();
        let units = self.units.iter().filter(|unit| unit.gone);
        let units = units.map(|unit| &unit.facts.id);
        let units = units.filter(|id| !containing.contains(id));
        let gone = units.chain(self.accounts.gone());
        let vanished = gone.map(|id| Observation::Vanished { node: id.clone() });
        self.out.extend(vanished);
    }

    /// Units that nothing says are gone, though what contains them is: AWS deletes only empty
    /// units.
    pub(super) fn orphans(&self) -> impl Iterator<Item = &str> {
        let units = self.units.iter().filter(|unit| !unit.gone);
        let orphans = units.filter(|unit| {
            let parent = unit.parent.as_ref();
            parent.is_some_and(|id| self.units.is_gone(id))
        });
        orphans.map(|unit| unit.facts.id.as_str())
    }
}
