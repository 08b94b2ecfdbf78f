//! What the records of the journal mean together: entries, the queue of closures, what can be undone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Change, Event, Failure, Figures, Mutation, Outcome, Record, is_agreed_reading};

/// The reason with which the service refuses closures when the quota of the last 30 days is used
/// up. Source: `ConstraintViolationExceptionReason` in the API model.
const QUOTA_EXCEEDED: &str = "CLOSE_ACCOUNT_QUOTA_EXCEEDED";

/// How far an entry has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Confirmed, and not sent yet (or not again yet).
    Queued,
    /// Sent, or about to be; there is no outcome. If its instance has ended, nobody knows.
    Sent,
    /// See [`Outcome`].
    Ended(Outcome),
    /// Taken back before it was sent.
    Withdrawn,
}

/// What the records of one entry mean together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Unique in the file.
    pub id: String,
    /// When it was confirmed.
    pub asked_at: Timestamp,
    /// `o-…`
    pub organization: String,
    /// ARN of whoever asked.
    pub caller: Option<String>,
    /// ARN of whoever sent it last, if that is known.
    pub sender: Option<String>,
    /// What was confirmed.
    pub change: Change,
    /// How it was confirmed.
    pub confirmation: String,
    /// What was confirmed together.
    pub batch: String,
    /// The batch that this undoes.
    pub undoes: Option<String>,
    /// The instance that may send it.
    pub owner: String,
    /// When each attempt was about to be sent.
    pub intents: Vec<Timestamp>,
    /// How far it has come.
    pub stage: Stage,
    /// The request id of the last answer.
    pub request_id: Option<String>,
    /// The last reading after the outcome: when, whether it is as meant, what was read.
    pub verified: Option<(Timestamp, bool, String)>,
    /// When something happened to it last.
    pub changed_at: Timestamp,
}

impl Entry {
    /// Whether nothing is known of what became of the call: sent without an outcome, or an outcome
    /// that nobody could read, and no reading since.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.lacks_answer() && self.verified.is_none()
    }

    /// Whether it is confirmed and waits to be sent, for the first time or again.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        matches!(
            self.stage,
            Stage::Queued | Stage::Ended(Outcome::Postponed { .. })
        )
    }

    /// When it may be tried again at the earliest, if the service postponed it.
    #[must_use]
    pub fn not_before(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Ended(Outcome::Postponed { not_before, .. }) => Some(not_before),
            _ => None,
        }
    }

    /// Whether the service made the change: it said so, or it was found so later.
    #[must_use]
    pub fn is_made(&self) -> bool {
        let found = || matches!(self.verified, Some((_, true, _)));
        matches!(self.stage, Stage::Ended(Outcome::Done { .. })) || (self.lacks_answer() && found())
    }

    /// Whether this closes an account.
    #[must_use]
    pub fn is_closure(&self) -> bool {
        matches!(self.change.mutation, Mutation::CloseAccount { .. })
    }

    fn lacks_answer(&self) -> bool {
        matches!(
            self.stage,
            Stage::Sent | Stage::Ended(Outcome::Unknown { .. })
        )
    }

    /// Whether the closure takes one of the places of those under way, as far as the journal can
    /// tell: it was sent in the last `within`, it may have been accepted, and it was not read to be
    /// over.
    fn is_under_way(&self, within: Duration, now: Timestamp) -> bool {
        let over = self.verified.as_ref().is_some_and(|(_, holds, reading)| {
            let ended = reading == "CLOSED" || reading == "SUSPENDED" || is_agreed_reading(reading);
            *holds && ended
        });
        self.is_closure() && self.is_recent(within, now) && self.may_be_accepted() && !over
    }

    /// Whether it was sent in the last `within`.
    fn is_recent(&self, within: Duration, now: Timestamp) -> bool {
        let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
        let last = self.intents.last();
        last.is_some_and(|at| now.duration_since(*at) < within)
    }

    /// Whether the service said that it does it, or may have. Readings of `ACTIVE` mean nothing
    /// right after an accepted request.
    fn may_be_accepted(&self) -> bool {
        let denied = matches!(self.verified, Some((_, false, _)));
        let accepted = matches!(self.stage, Stage::Ended(Outcome::Done { .. }));
        accepted || (self.lacks_answer() && !denied)
    }
}

/// Everything that the journal holds, by entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    order: Vec<String>,
    by_id: BTreeMap<String, Entry>,
    /// The last intent of a closure in the order of the file, whichever clock said when.
    last_closure: Option<Timestamp>,
    /// Why no closure is to be sent until somebody resumes one.
    stopped: Option<Failure>,
}

impl Entries {
    /// Takes in one record. A record of an entry that was never asked for is ignored: its line
    /// was damaged, and what it refers to cannot be told.
    pub fn apply(&mut self, record: &Record) {
        if let Event::Asked { .. } = &record.event {
            self.ask(record);
            return;
        }
        let Some(entry) = self.by_id.get_mut(&record.entry) else {
            return;
        };
        entry.changed_at = record.at;
        let closure = entry.is_closure();
        match &record.event {
            Event::Asked { .. } => {}
            Event::Resumed => {
                entry.owner.clone_from(&record.instance);
                if closure {
                    self.stopped = None;
                }
            }
            Event::Withdrawn => entry.stage = Stage::Withdrawn,
            Event::Intent { caller, .. } => {
                entry.sender.clone_from(caller);
                entry.intents.push(record.at);
                entry.stage = Stage::Sent;
                entry.verified = None;
                if closure {
                    self.last_closure = Some(record.at);
                }
            }
            // What was withdrawn was not sent, so that a look that went on meanwhile has no say.
            Event::Outcome { .. } if entry.stage == Stage::Withdrawn => {}
            Event::Outcome { result, request_id } => {
                match result {
                    Outcome::Refused { failure } | Outcome::Postponed { failure, .. }
                        if closure && failure.reason == QUOTA_EXCEEDED =>
                    {
                        self.stopped = Some(failure.clone());
                    }
                    _ => {}
                }
                entry.stage = Stage::Ended(result.clone());
                entry.request_id.clone_from(request_id);
            }
            Event::Verified { holds, reading } => {
                entry.verified = Some((record.at, *holds, reading.clone()));
            }
        }
    }

    fn ask(&mut self, record: &Record) {
        let Event::Asked {
            organization,
            caller,
            change,
            confirmation,
            batch,
            undoes,
        } = record.event.clone()
        else {
            return;
        };
        if self.by_id.contains_key(&record.entry) {
            return;
        }
        if matches!(change.mutation, Mutation::CloseAccount { .. })
            && !self
                .iter()
                .any(|entry| entry.is_closure() && entry.is_queued())
        {
            // Nothing is left to resume, so this new consent stands for it.
            self.stopped = None;
        }
        self.order.push(record.entry.clone());
        let entry = Entry {
            id: record.entry.clone(),
            asked_at: record.at,
            organization,
            caller,
            sender: None,
            change,
            confirmation,
            batch,
            undoes,
            owner: record.instance.clone(),
            intents: Vec::new(),
            stage: Stage::Queued,
            request_id: None,
            verified: None,
            changed_at: record.at,
        };
        self.by_id.insert(record.entry.clone(), entry);
    }

    /// The entry of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.by_id.get(id)
    }

    /// All entries, in the order in which they were asked for.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// The entries of which nobody knows what became of the call; see [`Entry::is_uncertain`].
    /// Those of a running instance may still get their answer.
    pub fn uncertain(&self) -> impl Iterator<Item = &Entry> {
        self.iter().filter(|entry| entry.is_uncertain())
    }

    /// The closures that wait to be sent by one of these instances, in the order in which they
    /// are sent.
    pub fn queue<'a>(&'a self, running: &'a BTreeSet<String>) -> impl Iterator<Item = &'a Entry> {
        self.iter().filter(|entry| {
            entry.is_closure() && entry.is_queued() && running.contains(&entry.owner)
        })
    }

    /// The place of a closure in [`Self::queue`], from 0.
    #[must_use]
    pub fn position(&self, id: &str, running: &BTreeSet<String>) -> Option<usize> {
        self.queue(running).position(|entry| entry.id == id)
    }

    /// What waits to be sent but belongs to none of these instances: it goes on only when a user
    /// resumes it.
    pub fn left_behind<'a>(
        &'a self,
        running: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = &'a Entry> {
        self.iter()
            .filter(|entry| entry.is_queued() && !running.contains(&entry.owner))
    }

    /// Why the queue of closures stands still until a user resumes an entry of it: the service
    /// said that the quota is used up.
    #[must_use]
    pub fn stopped(&self) -> Option<&Failure> {
        self.stopped.as_ref()
    }

    /// When the next closure may be sent at the earliest, whichever instance sent the last one.
    #[must_use]
    pub fn next_closure_at(&self, figures: &Figures, now: Timestamp) -> Timestamp {
        let last = self.last_closure.unwrap_or(Timestamp::MIN);
        let next = last.saturating_add(figures.send_every).unwrap_or(now);
        let latest = now.saturating_add(figures.send_every).unwrap_or(now);
        // An intent from the future was written by a clock that has been set back since.
        if last > latest { now } else { next.max(now) }
    }

    /// How many closures are under way as far as the journal tells: those sent in the last while
    /// whose end was not read.
    #[must_use]
    pub fn closures_under_way(&self, figures: &Figures, now: Timestamp) -> usize {
        self.iter()
            .filter(|entry| entry.is_under_way(figures.settles_within, now))
            .count()
    }

    /// When the closure of the same account was sent by another entry, if that was in the last
    /// `within` and was not refused: readings of `ACTIVE` mean nothing then.
    #[must_use]
    pub fn closure_sent(
        &self,
        entry: &Entry,
        within: Duration,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let same =
            |other: &&Entry| other.id != entry.id && other.change.mutation == entry.change.mutation;
        let mut same = self.iter().filter(same);
        let sent = same.find(|other| other.is_recent(within, now) && other.may_be_accepted())?;
        sent.intents.last().copied()
    }

    /// The last batch of moves that were made and are not undone, with the moves that undo it, the
    /// last one first.
    ///
    /// A batch that undoes another is not offered itself. A move whose undoing was asked for counts
    /// as undone unless that was refused, not sent or withdrawn, or was left behind unsent by an
    /// instance that is none of the `running` ones.
    #[must_use]
    pub fn undoable(&self, running: &BTreeSet<String>) -> Option<(String, Vec<Change>)> {
        let mut undone: BTreeSet<(&str, &str)> = BTreeSet::new();
        for entry in self.iter() {
            let waits = entry.is_queued() && running.contains(&entry.owner);
            let on_its_way = waits || entry.is_uncertain();
            if let Some(batch) = &entry.undoes
                && (entry.is_made() || on_its_way)
            {
                undone.insert((batch, entry.change.mutation.target()));
            }
        }
        let to_undo = |entry: &&Entry| {
            entry.undoes.is_none()
                && entry.is_made()
                && reversed(&entry.change).is_some()
                && !undone.contains(&(entry.batch.as_str(), entry.change.mutation.target()))
        };
        let batch = self.iter().rev().find(to_undo)?.batch.clone();
        let changes = self.iter().rev().filter(to_undo);
        let changes = changes.filter(|entry| entry.batch == batch);
        let changes = changes.filter_map(|entry| reversed(&entry.change));
        let changes = changes.collect();
        Some((batch, changes))
    }
}

/// The move back; `None` for anything but a move.
fn reversed(change: &Change) -> Option<Change> {
    let Mutation::MoveAccount { account, from, to } = &change.mutation else {
        return None;
    };
    Some(Change {
        parent: None,
        mutation: Mutation::MoveAccount {
            account: account.clone(),
            from: to.clone(),
            to: from.clone(),
        },
        target_name: change.target_name.clone(),
        path: change.to_path.clone().unwrap_or_default(),
        to_path: Some(change.path.clone()),
    })
}
