//! What became of each account of a plan, as far as anybody knows.

use super::print::called;
use crate::org::{Entry, Failure, Outcome, Stage};
use crate::worker::Applied;

/// What became of one account.
#[derive(Debug, Clone)]
pub(super) struct Done {
    /// Twelve digits.
    pub(super) account: String,
    /// Hostile text.
    name: String,
    /// Its entry in the journal.
    pub(super) entry: String,
    /// What came of the call; `None` if it was never sent.
    pub(super) outcome: Option<Outcome>,
    /// Whether it was taken back before it was sent.
    pub(super) withdrawn: bool,
    /// Whether a reading agrees, and what was read.
    pub(super) reading: Option<(bool, String)>,
    /// Of the service's answer.
    pub(super) request_id: Option<String>,
    /// Why the journal could not be written.
    failure: Option<String>,
}

/// What to make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was moved.
    Moved {
        /// What was read, or why nothing was. May hold hostile text.
        how: String,
    },
    /// It was not moved, and why. May hold hostile text.
    Not(String),
    /// It may have been moved.
    Unknown(String),
}

impl Done {
    /// What the journal says of an entry.
    pub(super) fn of(entry: &Entry) -> Self {
        let outcome = match &entry.stage {
            Stage::Ended(outcome) => Some(outcome.clone()),
            Stage::Queued | Stage::Sent | Stage::Withdrawn => None,
        };
        let verified = entry.verified.as_ref();
        Self {
            account: entry.change.mutation.target().to_owned(),
            name: entry.change.target_name.clone(),
            entry: entry.id.clone(),
            outcome,
            withdrawn: entry.stage == Stage::Withdrawn,
            reading: verified.map(|(_, holds, reading)| (*holds, reading.clone())),
            request_id: entry.request_id.clone(),
            failure: None,
        }
    }

    /// Adds what is known beyond what could be written down.
    pub(super) fn with(mut self, applied: &Applied) -> Self {
        self.outcome = applied.outcome.clone().or(self.outcome);
        let reading = applied.reading.as_ref();
        let reading = reading.map(|reading| (reading.holds, reading.reading.clone()));
        self.reading = reading.or(self.reading);
        self.failure = applied.failure.as_ref().map(ToString::to_string);
        self
    }

    /// Whether there is nothing more to wait for: it ended, and was read again if it was sent.
    pub(super) fn is_over(&self) -> bool {
        match &self.outcome {
            Some(Outcome::Done { .. } | Outcome::Unknown { .. }) => self.reading.is_some(),
            Some(Outcome::Refused { .. } | Outcome::NotSent { .. }) => true,
            Some(Outcome::Postponed { .. }) | None => self.withdrawn,
        }
    }

    /// Name and id.
    pub(super) fn title(&self) -> String {
        called(Some(&self.name), &self.account)
    }

    /// What to make of it.
    pub(super) fn verdict(&self) -> Verdict {
        match (&self.outcome, &self.reading) {
            (Some(Outcome::Done { .. }), reading) => Verdict::Moved {
                how: match reading {
                    Some((true, reading)) => reading.clone(),
                    Some((false, reading)) => {
                        format!("accepted, though it is still read to be {reading}")
                    }
                    None => "accepted, though it could not be read again".to_owned(),
                },
            },
            (Some(Outcome::Unknown { .. }), Some((true, reading))) => Verdict::Moved {
                how: format!("{reading}, as was read after the answer was lost"),
            },
            (Some(Outcome::Unknown { failure }), Some((false, reading))) => {
                let why = sentence(failure);
                Verdict::Not(format!("no usable answer came ({why}); it is {reading}"))
            }
            (Some(Outcome::Unknown { failure }), None) => Verdict::Unknown(sentence(failure)),
            (Some(Outcome::Refused { failure } | Outcome::Postponed { failure, .. }), _) => {
                Verdict::Not(sentence(failure))
            }
            (Some(Outcome::NotSent { why }), _) => Verdict::Not(why.clone()),
            (None, _) => Verdict::Not(match &self.failure {
                Some(failure) => failure.clone(),
                None if self.withdrawn => "it was taken back before it was sent".to_owned(),
                None => "it was not sent".to_owned(),
            }),
        }
    }

    /// Whether it was moved.
    pub(super) fn is_moved(&self) -> bool {
        matches!(self.verdict(), Verdict::Moved { .. })
    }
}

fn sentence(failure: &Failure) -> String {
    let message = match failure.message.as_str() {
        "" => &failure.code,
        message => message,
    };
    match &failure.hint {
        Some(hint) => format!("{message} ({hint})"),
        None => message.to_owned(),
    }
}
