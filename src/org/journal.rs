//! The journal: what was asked of the service, what came of it, and what was found to be true.
//!
//! A [`Record`] is one line of the file; [`Entries`] is what all of them together mean. Writing and
//! reading the file is the business of [`store`](crate::store).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, OrgError};

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When this happened.
    pub at: Timestamp,
    /// Which entry it belongs to: unique in the file.
    pub entry: String,
    /// Which running program wrote it.
    pub instance: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen to an entry, in this order but for repeated attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A change was confirmed. Whatever has no intent yet was not sent.
    Asked {
        /// `o-…`
        organization: String,
        /// ARN of the caller, if it is known.
        caller: Option<String>,
        /// What was confirmed.
        change: Change,
        /// How, e.g. `typed 123456789012` or `--yes`.
        confirmation: String,
        /// What was confirmed together has the same batch.
        batch: String,
        /// The batch that this one undoes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<String>,
    },
    /// The instance that writes this takes the entry over, as its user told it to.
    Resumed,
    /// The user does not want it any more; it was not sent.
    Withdrawn,
    /// The call is about to be sent: from here on it may have been.
    Intent {
        /// From 1.
        attempt: u32,
    },
    /// The call was answered, or nobody will ever know its answer.
    Outcome {
        /// What came of it.
        result: Outcome,
        /// The service's request id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    /// The service was read again.
    Verified {
        /// Whether it now is as the change meant it.
        holds: bool,
        /// What was read, e.g. `PENDING_CLOSURE` or `in Root / Sandbox`.
        reading: String,
    },
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The service accepted it.
    Done {
        /// Id of what was made, for a new OU.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<String>,
    },
    /// The service refused it, so nothing changed.
    Refused {
        /// Why.
        failure: Failure,
    },
    /// The service refused it for now; it will be tried again, not before this time.
    Postponed {
        /// Why.
        failure: Failure,
        /// When to try again at the earliest.
        not_before: Timestamp,
    },
    /// No answer, or none that could be read: it may have been made.
    Unknown {
        /// What came instead of an answer.
        failure: Failure,
    },
    /// It was not sent, because a look just before showed that it must not be.
    NotSent {
        /// Why, as a sentence.
        why: String,
    },
}

/// Why a change was not made, in the service's words and in ours.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Failure {
    /// The exception, e.g. `ConstraintViolationException`; empty without one.
    pub code: String,
    /// Its reason, e.g. `CLOSE_ACCOUNT_QUOTA_EXCEEDED`; empty without one.
    pub reason: String,
    /// What happened, in one sentence. May hold hostile text.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl From<&OrgError> for Failure {
    fn from(error: &OrgError) -> Self {
        Self {
            code: error.code.clone(),
            reason: error.reason.clone(),
            message: error.message.clone(),
            hint: error.hint.clone(),
        }
    }
}

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
        let unknown = matches!(
            self.stage,
            Stage::Sent | Stage::Ended(Outcome::Unknown { .. })
        );
        unknown && self.verified.is_none()
    }
}

/// Everything that the journal holds, by entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    order: Vec<String>,
    by_id: BTreeMap<String, Entry>,
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
        match &record.event {
            Event::Asked { .. } => {}
            Event::Resumed => entry.owner.clone_from(&record.instance),
            Event::Withdrawn => entry.stage = Stage::Withdrawn,
            Event::Intent { .. } => {
                entry.intents.push(record.at);
                entry.stage = Stage::Sent;
            }
            Event::Outcome { result, request_id } => {
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
        self.order.push(record.entry.clone());
        let entry = Entry {
            id: record.entry.clone(),
            asked_at: record.at,
            organization,
            caller,
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
}
