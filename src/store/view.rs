//! What was read of a journal so far, and what of it is not to be believed: lines whose writing
//! failed, of which the user was told that they came to nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::org::{Entries, Entry, Event, Failure, Outcome, Record, Stage};

/// What is said of an entry whose line could not be written for certain.
pub const GIVEN_UP: &str = "the journal could not be written, so it was given up";

/// What was read so far.
#[derive(Debug)]
pub(super) struct View {
    pub(super) entries: Entries,
    /// How many lines could not be read.
    pub(super) damaged: usize,
    instance: String,
    records: Vec<Record>,
    /// How many of them were given away as new.
    taken: usize,
    unwritten: Unwritten,
}

/// What could not be written. It may be in the file all the same, which shows when that is read.
#[derive(Debug, Default)]
struct Unwritten {
    /// Entries that are never sent: when that was decided, and why.
    given_up: BTreeMap<String, (Timestamp, String)>,
    /// Entries whose intent at this time could not be written: that attempt was not sent.
    claimed: BTreeMap<String, Timestamp>,
    /// Entries that could not be taken over: they are not sent until that succeeds.
    resumed: BTreeSet<String>,
    /// What the file is to say of them once it can be written.
    pending: Vec<Record>,
}

impl View {
    pub(super) fn of(instance: &str) -> Self {
        Self {
            entries: Entries::default(),
            damaged: 0,
            instance: instance.to_owned(),
            records: Vec::new(),
            taken: 0,
            unwritten: Unwritten::default(),
        }
    }

    /// The records so far.
    pub(super) fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// Takes in lines of the file.
    pub(super) fn take_in(&mut self, lines: Vec<Vec<u8>>) {
        for line in lines {
            match serde_json::from_slice::<Record>(&line) {
                Ok(record) => self.add(record),
                Err(error) => {
                    self.damaged += 1;
                    tracing::warn!(%error, "a line of the journal cannot be read");
                }
            }
        }
        for record in self.unwritten.verdicts(&self.entries, &self.instance) {
            self.say_later(record);
        }
    }

    fn add(&mut self, record: Record) {
        self.entries.apply(&record);
        self.records.push(record);
    }

    /// The records that were not given away yet; with `again`, all.
    pub(super) fn give(&mut self, again: bool) -> Vec<Record> {
        let from = if again { 0 } else { self.taken };
        self.taken = self.records.len();
        self.records[from..].to_vec()
    }

    /// The whole file was read with nobody able to write: what is not in it now never will be.
    pub(super) fn was_read_whole(&mut self) {
        let (ours, entries) = (&self.instance, &self.entries);
        self.unwritten.claimed.clear();
        self.unwritten.resumed.retain(|id| {
            let entry = entries.get(id);
            entry.is_some_and(|entry| entry.is_queued() && entry.owner == *ours)
        });
    }

    /// These records could not be written, or it is not known whether they were.
    pub(super) fn could_not_write(&mut self, records: &[Record]) {
        for record in records {
            let id = record.entry.clone();
            match record.event {
                Event::Asked { .. } => self.unwritten.give_up(id, record.at, GIVEN_UP),
                Event::Intent { .. } => drop(self.unwritten.claimed.insert(id, record.at)),
                Event::Resumed => drop(self.unwritten.resumed.insert(id)),
                Event::Withdrawn | Event::Outcome { .. } | Event::Verified { .. } => {}
            }
        }
    }

    /// These records are on the disk.
    pub(super) fn wrote(&mut self, records: &[Record]) {
        self.unwritten.pending.clear();
        for record in records {
            if record.event == Event::Resumed {
                self.unwritten.resumed.remove(&record.entry);
            }
        }
    }

    /// Sees to it that an entry that waits is never sent by us, for this reason.
    pub(super) fn give_up(&mut self, id: &str, now: Timestamp, why: &str) {
        self.unwritten.give_up(id.to_owned(), now, why);
        self.take_in(Vec::new());
    }

    /// Believes this record, which the file is to say as soon as it can be written.
    pub(super) fn say_later(&mut self, record: Record) {
        self.unwritten.pending.push(record.clone());
        self.add(record);
    }

    /// What the file is still to say.
    pub(super) fn pending(&self) -> &[Record] {
        &self.unwritten.pending
    }

    /// Whether we must not send this entry, whatever the file says.
    pub(super) fn holds_back(&self, id: &str) -> bool {
        self.unwritten.given_up.contains_key(id) || self.unwritten.resumed.contains(id)
    }
}

impl Unwritten {
    fn give_up(&mut self, id: String, at: Timestamp, why: &str) {
        self.given_up
            .entry(id)
            .or_insert_with(|| (at, why.to_owned()));
    }

    /// What is true of the entries that were found in the file, or were in it before.
    fn verdicts(&self, entries: &Entries, ours: &str) -> Vec<Record> {
        let mut verdicts = Vec::new();
        let mut say = |entry: &str, at: Timestamp, result: Outcome| {
            verdicts.push(Record {
                at,
                entry: entry.to_owned(),
                instance: ours.to_owned(),
                event: Event::Outcome {
                    result,
                    request_id: None,
                },
            });
        };
        for (id, (at, why)) in &self.given_up {
            if self.is_unsent(entries.get(id), ours) {
                say(id, *at, Outcome::NotSent { why: why.clone() });
            }
        }
        for (id, at) in &self.claimed {
            let entry = entries.get(id).filter(|entry| !entry.is_queued());
            if self.is_unsent(entry, ours) && !self.given_up.contains_key(id) {
                let failure = Failure {
                    message: "the journal could not be written".to_owned(),
                    ..Failure::default()
                };
                let not_before = *at;
                say(
                    id,
                    *at,
                    Outcome::Postponed {
                        failure,
                        not_before,
                    },
                );
            }
        }
        verdicts
    }

    /// Whether this entry of ours waits, or its last intent is one that came to nothing.
    fn is_unsent(&self, entry: Option<&Entry>, ours: &str) -> bool {
        let Some(entry) = entry.filter(|entry| entry.owner == ours) else {
            return false;
        };
        let claimed = self.claimed.get(&entry.id);
        let lost = claimed.is_some() && entry.intents.last() == claimed;
        entry.is_queued() || (entry.stage == Stage::Sent && lost)
    }
}
