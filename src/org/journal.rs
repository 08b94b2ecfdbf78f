//! The journal: what was asked of the service, what came of it, and what was found to be true.
//!
//! A [`Record`] is one line of the file; [`Entries`](super::Entries) is what all of them together
//! mean. Writing and reading the file is the business of [`store`](crate::store).

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
        /// ARN of whoever sends it, if it is known: not always whoever asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller: Option<String>,
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

impl Event {
    /// The intent to send this attempt, of a caller who is not known.
    #[must_use]
    pub fn intent(attempt: u32) -> Self {
        Self::Intent {
            attempt,
            caller: None,
        }
    }
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
