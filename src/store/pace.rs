//! Whether an entry may be sent now: decided from the whole journal, under its lock.

use jiff::Timestamp;

use crate::org::{Entries, Figures, OrgError};

/// Why an entry may not be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Not before this time.
    Until(Timestamp),
    /// So many closures are under way that no further one may be sent.
    Full,
    /// The service said that the quota of closures is used up; only a user lets it go on.
    Stopped,
    /// The closure of the same account was sent at this time, and may still be under way.
    Requested(Timestamp),
    /// Another instance has it.
    NotOurs,
    /// It was sent or withdrawn, or it never was in the journal.
    Over,
    /// The journal cannot be used, so nothing may be sent.
    Failed(OrgError),
}

impl From<OrgError> for Held {
    fn from(error: OrgError) -> Self {
        Self::Failed(error)
    }
}

/// What decides whether an entry may be sent.
pub(super) struct Pace<'a> {
    pub(super) figures: &'a Figures,
    pub(super) under_way: usize,
    pub(super) now: Timestamp,
}

impl Pace<'_> {
    /// The number of the attempt that may be sent now.
    pub(super) fn admits(&self, entries: &Entries, instance: &str, id: &str) -> Result<u32, Held> {
        let entry = entries.get(id).ok_or(Held::Over)?;
        if !entry.is_queued() {
            return Err(Held::Over);
        }
        if entry.owner != instance {
            return Err(Held::NotOurs);
        }
        if let Some(time) = entry.not_before().filter(|time| *time > self.now) {
            return Err(Held::Until(time));
        }
        if entry.is_closure() {
            let within = self.figures.settles_within;
            if let Some(at) = entries.closure_sent(entry, within, self.now) {
                return Err(Held::Requested(at));
            }
            self.admits_closure(entries)?;
        }
        Ok(u32::try_from(entry.intents.len()).map_or(u32::MAX, |sent| sent.saturating_add(1)))
    }

    fn admits_closure(&self, entries: &Entries) -> Result<(), Held> {
        if entries.stopped().is_some() {
            return Err(Held::Stopped);
        }
        let next = entries.next_closure_at(self.figures, self.now);
        if next > self.now {
            return Err(Held::Until(next));
        }
        let under_way = entries.closures_under_way(self.figures, self.now);
        if under_way.max(self.under_way) >= self.figures.at_once {
            return Err(Held::Full);
        }
        Ok(())
    }
}
