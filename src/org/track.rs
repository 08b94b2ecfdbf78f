//! One account whose closure is watched: what was asked, what was read, and what both mean.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{AccountState, Entry, Failure, Figures, Outcome, Stage, is_agreed_reading};

/// So many readings must agree, however far apart they are.
const READINGS: u32 = 3;

/// What the journal says of a closure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AskStage {
    Waiting {
        position: usize,
        not_before: Option<Timestamp>,
    },
    Stuck {
        quota: bool,
    },
    Sent,
    Accepted,
    Unknown,
    Finished(Timestamp),
    /// Readings agreed that nothing came of it.
    StillActive(Timestamp),
    Refused(Failure),
    NotSent(String),
    Withdrawn,
}

/// A closure that this tool was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) entry: String,
    /// Its place among all that were ever asked for, in the order of the journal.
    pub(super) place: usize,
    pub(super) asked_at: Timestamp,
    /// When it was sent last, or was about to be.
    pub(super) sent_at: Option<Timestamp>,
    pub(super) attempts: usize,
    pub(super) postponed: Option<Failure>,
    pub(super) changed_at: Timestamp,
    pub(super) stage: AskStage,
    /// Whether it is for us to write its end into the journal.
    pub(super) is_ours_to_record: bool,
}

/// Where a running program comes into it.
pub(super) enum Sender {
    /// It is running, and the queue is not stopped: the place in the queue, if it waits, and until
    /// when it is held back.
    Running {
        position: Option<usize>,
        not_before: Option<Timestamp>,
    },
    /// It is running, but the quota has stopped the queue.
    Stopped,
    /// It has ended.
    Ended,
}

impl Ask {
    /// Readings of `ACTIVE` mean nothing for as long as `settles_within` after the request.
    pub(super) fn new(
        entry: &Entry,
        place: usize,
        sender: &Sender,
        is_ours_to_record: bool,
        settles_within: Duration,
    ) -> Self {
        let sent_at = entry.intents.last().copied();
        let settled = sent_at.and_then(|at| at.checked_add(signed(settles_within)).ok());
        let agreed = entry.verified.as_ref();
        let agreed = agreed.filter(|(at, holds, reading)| {
            let late = !holds && settled.is_some_and(|settled| *at >= settled);
            is_agreed_reading(reading) || late
        });
        let agreed = agreed.map(|(at, holds, _)| (*at, *holds));
        let stage = match (&entry.stage, sender) {
            _ if let Some((at, true)) = agreed => AskStage::Finished(at),
            _ if let Some((at, false)) = agreed => AskStage::StillActive(at),
            (Stage::Queued | Stage::Ended(Outcome::Postponed { .. }), sender) => match sender {
                Sender::Running {
                    position,
                    not_before,
                } => AskStage::Waiting {
                    position: position.map_or(1, |position| position + 1),
                    not_before: *not_before,
                },
                Sender::Stopped => AskStage::Stuck { quota: true },
                Sender::Ended => AskStage::Stuck { quota: false },
            },
            (Stage::Sent, Sender::Ended) | (Stage::Ended(Outcome::Unknown { .. }), _) => {
                AskStage::Unknown
            }
            (Stage::Sent, _) => AskStage::Sent,
            (Stage::Ended(Outcome::Done { .. }), _) => AskStage::Accepted,
            (Stage::Ended(Outcome::Refused { failure }), _) => AskStage::Refused(failure.clone()),
            (Stage::Ended(Outcome::NotSent { why }), _) => AskStage::NotSent(why.clone()),
            (Stage::Withdrawn, _) => AskStage::Withdrawn,
        };
        Self {
            entry: entry.id.clone(),
            place,
            asked_at: entry.asked_at,
            sent_at,
            attempts: entry.intents.len(),
            postponed: match &entry.stage {
                Stage::Ended(Outcome::Postponed { failure, .. }) => Some(failure.clone()),
                _ => None,
            },
            changed_at: entry.changed_at,
            stage,
            is_ours_to_record,
        }
    }

    /// Whether the request was made, or may have been.
    pub(super) fn may_have_been_made(&self) -> bool {
        matches!(
            self.stage,
            AskStage::Sent
                | AskStage::Accepted
                | AskStage::Unknown
                | AskStage::Finished(_)
                | AskStage::StillActive(_)
        )
    }

    /// Whether nothing comes of it any more.
    pub(super) fn is_dead(&self) -> bool {
        matches!(
            self.stage,
            AskStage::Refused(_) | AskStage::NotSent(_) | AskStage::Withdrawn
        )
    }
}

/// Readings of the same state, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) state: AccountState,
    since: Timestamp,
    pub(super) last: Timestamp,
    pub(super) count: u32,
}

impl Run {
    /// Whether the readings since then agree for long enough.
    fn agrees(&self, from: Option<Timestamp>, figures: &Figures) -> bool {
        let since = from.map_or(self.since, |from| self.since.max(from));
        let long = self.last.duration_since(since) >= signed(figures.agree_for);
        long && (self.count >= READINGS || figures.agree_for.is_zero())
    }
}

/// One account.
#[derive(Debug, Clone, Default)]
pub(super) struct Track {
    pub(super) ask: Option<Ask>,
    /// When a closure that nobody here asked for was seen first.
    pub(super) seen_closing: Option<Timestamp>,
    /// It was closed already when it was read first: when that was.
    pub(super) closed_before: Option<Timestamp>,
    pub(super) run: Option<Run>,
    pub(super) done: Option<Timestamp>,
    /// When readings agreed that nothing came of the request.
    pub(super) still_active: Option<Timestamp>,
    pub(super) gone: bool,
    pub(super) told: bool,
    pub(super) tried_at: Option<Timestamp>,
    pub(super) in_flight: bool,
    pub(super) failures: u32,
    pub(super) trouble: Option<String>,
}

/// The phase of a track, cheap to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Ask,
    Sent,
    Asked,
    Unknown,
    Pending,
    Settling,
    Agreeing,
    Closed,
    ClosedBefore,
    StillActive,
    Gone,
}

impl Step {
    pub(super) fn is_under_way(self) -> bool {
        matches!(
            self,
            Self::Sent
                | Self::Asked
                | Self::Unknown
                | Self::Pending
                | Self::Settling
                | Self::Agreeing
        )
    }
}

/// How a track has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    StillActive,
}

impl Track {
    pub(super) fn step(&self) -> Step {
        if self.done.is_some() {
            return Step::Closed;
        }
        if self.gone {
            return Step::Gone;
        }
        let made = self.ask.as_ref().filter(|ask| ask.may_have_been_made());
        if made.is_none() && self.seen_closing.is_none() {
            return match (&self.ask, self.closed_before) {
                (None, Some(_)) => Step::ClosedBefore,
                _ => Step::Ask,
            };
        }
        if made.is_none() && self.ask.as_ref().is_some_and(|ask| !ask.is_dead()) {
            return Step::Ask;
        }
        let run = self.run.as_ref();
        match (run.filter(|run| self.counts(run)), made) {
            (Some(run), _) => match run.state {
                AccountState::PendingClosure => Step::Pending,
                AccountState::Closed | AccountState::Suspended => Step::Agreeing,
                _ if self.still_active.is_some() => Step::StillActive,
                _ => Step::Settling,
            },
            (None, Some(_)) if self.still_active.is_some() => Step::StillActive,
            (None, Some(ask)) => match ask.stage {
                AskStage::Sent => Step::Sent,
                AskStage::Unknown => Step::Unknown,
                _ => Step::Asked,
            },
            (None, None) => Step::Settling,
        }
    }

    /// Whether the readings are of after the request. While the call is on its way, only those
    /// that show that it has arrived.
    fn counts(&self, run: &Run) -> bool {
        let Some(ask) = self.ask.as_ref().filter(|ask| ask.may_have_been_made()) else {
            return true;
        };
        let after = ask.sent_at.is_none_or(|sent| run.last >= sent);
        let arrived = ask.stage != AskStage::Sent || is_closing(&run.state);
        after && arrived
    }

    /// When it began, as far as is known: from here on readings may flap.
    pub(super) fn since(&self) -> Option<Timestamp> {
        match &self.ask {
            Some(ask) if !ask.is_dead() => Some(ask.sent_at.unwrap_or(ask.asked_at)),
            Some(ask) => self.seen_closing.or(Some(ask.asked_at)),
            None => self.seen_closing,
        }
    }

    /// Takes in a reading, and says whether that was the end.
    pub(super) fn read(
        &mut self,
        state: &AccountState,
        at: Timestamp,
        figures: &Figures,
    ) -> Option<End> {
        self.gone = false;
        match &mut self.run {
            Some(run) if at < run.last => return None,
            Some(run) if run.state == *state => {
                run.last = at;
                run.count = run.count.saturating_add(1);
            }
            run => {
                *run = Some(Run {
                    state: state.clone(),
                    since: at,
                    last: at,
                    count: 1,
                });
            }
        }
        match state {
            AccountState::PendingClosure => self.begin_elsewhere(at),
            // It was closed, and now it is not: this closure is still settling, or was undone.
            AccountState::Active if self.closed_before.is_some() => self.begin_elsewhere(at),
            _ => {}
        }
        if is_closing(state) {
            self.still_active = None;
        }
        self.end(figures)
    }

    fn begin_elsewhere(&mut self, at: Timestamp) {
        let first = self.closed_before.take().unwrap_or(at);
        self.seen_closing.get_or_insert(first);
    }

    fn end(&mut self, figures: &Figures) -> Option<End> {
        let step = self.step();
        let run = self.run.as_ref()?;
        let since = self.since()?;
        if step == Step::Agreeing && run.agrees(Some(since), figures) {
            self.done = Some(run.last);
        } else if step == Step::Settling
            && run.state == AccountState::Active
            && run.last.duration_since(since) >= signed(figures.settles_within)
            && run.agrees(Some(since), figures)
        {
            self.still_active = Some(run.last);
        } else {
            return None;
        }
        let end = if self.done.is_some() {
            End::Closed
        } else {
            End::StillActive
        };
        // To be closed after all is news even where the opposite was told.
        let told = std::mem::replace(&mut self.told, true);
        (!told || end == End::Closed).then_some(end)
    }

    /// Whether it is to be read from time to time.
    pub(super) fn is_polled(&self) -> bool {
        let step = self.step();
        step.is_under_way() && step != Step::Sent
    }

    /// When it is to be read next, where `crowd` accounts are.
    pub(super) fn next_poll(&self, figures: &Figures, crowd: usize) -> Option<Timestamp> {
        if !self.is_polled() {
            return None;
        }
        let read = self.run.as_ref().map(|run| run.last);
        let latest = [self.tried_at, read, self.since()]
            .into_iter()
            .flatten()
            .max()?;
        let wait = if self.in_flight {
            LOST_AFTER
        } else {
            self.wait(figures, crowd)
        };
        latest.checked_add(wait).ok()
    }

    fn wait(&self, figures: &Figures, crowd: usize) -> Duration {
        let same = self.run.as_ref().map_or(0, |run| run.count) / READINGS_AT_FIRST;
        let wait = figures.poll_every.saturating_mul(1 + same + self.failures);
        let most = figures.poll_at_most_every.max(figures.poll_every);
        let crowd = u32::try_from(crowd).unwrap_or(u32::MAX);
        wait.min(most).max(EACH.saturating_mul(crowd))
    }
}

/// So many readings without news come before the time between two grows.
const READINGS_AT_FIRST: u32 = 6;
/// Half of what `DescribeAccount` is allowed, however many accounts are read. Source:
/// Organizations User Guide, "Throttling limits", as of 2026-11: 20 a second.
const EACH: Duration = Duration::from_millis(100);
/// After this, an answer that has not come will not come.
const LOST_AFTER: Duration = Duration::from_mins(2);

/// Whether an account in this state is being closed, or is closed.
pub(super) fn is_closing(state: &AccountState) -> bool {
    matches!(
        state,
        AccountState::PendingClosure | AccountState::Closed | AccountState::Suspended
    )
}

pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
