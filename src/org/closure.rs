//! Account closures: how long they take, how they are watched, and when they are over.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::{AccountState, Failure};

/// The figures by which closures are sent and watched, in one table; each can be set in the
/// configuration, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Figures {
    /// Between two readings of an account that is being closed.
    #[serde(deserialize_with = "seconds")]
    pub poll_every: Duration,
    /// The same, after many readings without news.
    #[serde(deserialize_with = "seconds")]
    pub poll_at_most_every: Duration,
    /// Between two readings of all accounts, which find closures that others began.
    #[serde(deserialize_with = "seconds")]
    pub sweep_every: Duration,
    /// How long after the request a reading of `ACTIVE` means nothing: readings were seen to flap
    /// for more than ten minutes (<https://github.com/hashicorp/terraform-provider-aws/issues/46284>).
    #[serde(deserialize_with = "seconds")]
    pub settles_within: Duration,
    /// How long readings must agree before a closure is over.
    #[serde(deserialize_with = "seconds")]
    pub agree_for: Duration,
    /// Between two calls of `CloseAccount`. Source: Organizations User Guide, "Throttling limits",
    /// as of 2026-11: 0.05 a second, burst 1.
    #[serde(deserialize_with = "seconds")]
    pub send_every: Duration,
    /// How long to wait after the service said that too many closures are under way.
    #[serde(deserialize_with = "seconds")]
    pub wait_when_refused: Duration,
    /// Closures under way at once. Source: Organizations User Guide, "Maximum and minimum values",
    /// as of 2026-11.
    #[serde(deserialize_with = "at_most_three")]
    pub at_once: usize,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            poll_every: Duration::from_secs(10),
            poll_at_most_every: Duration::from_mins(1),
            sweep_every: Duration::from_mins(5),
            settles_within: Duration::from_mins(30),
            agree_for: Duration::from_mins(1),
            send_every: Duration::from_secs(20),
            wait_when_refused: Duration::from_mins(1),
            at_once: 3,
        }
    }
}

impl Figures {
    /// The defaults for an organization whose closures go so much faster, like a demo's. How many
    /// calls are sent, and how often, stays as the service allows.
    #[must_use]
    pub fn at_speed(speed: f64) -> Self {
        let real = Self::default();
        Self {
            poll_every: real.poll_every.div_f64(speed).max(Duration::from_secs(1)),
            poll_at_most_every: real.poll_at_most_every.div_f64(speed),
            settles_within: real.settles_within.div_f64(speed),
            agree_for: real.agree_for.div_f64(speed),
            ..real
        }
    }
}

/// In seconds: none of the figures makes sense beyond a day.
const LONGEST: f64 = 86_400.0;

fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    // Not a number is in no range.
    let sensible = seconds > 0.0 && seconds <= LONGEST;
    let duration = Duration::try_from_secs_f64(seconds).ok();
    let duration = duration.filter(|duration| sensible && !duration.is_zero());
    duration.ok_or_else(|| {
        serde::de::Error::custom(format!(
            "more than 0 and at most {LONGEST} seconds are needed"
        ))
    })
}

fn at_most_three<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        number @ 1..=3 => Ok(number),
        _ => Err(serde::de::Error::custom("the service allows 1 to 3")),
    }
}

/// How far the closure of an account has come, as far as can be told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// It waits for its turn.
    Queued {
        /// From 1, among all that running instances will send.
        position: usize,
        /// When its turn will come.
        start: Start,
    },
    /// It waits, but whoever was to send it has ended, or the service's quota has stopped the
    /// queue: nothing is sent before the user resumes it.
    NeedsResume {
        /// Whether it was the quota that stopped it.
        quota: bool,
    },
    /// The call is on its way.
    Sent,
    /// The service has accepted it; the account was not read since.
    Asked,
    /// The last reading is `PENDING_CLOSURE`.
    Pending,
    /// The last reading is not one of a closure, which means nothing yet: readings flap.
    Settling,
    /// The last readings say that it is closed, but not for long enough to rely on it.
    Agreeing,
    /// Closed: readings have agreed for long enough.
    Closed,
    /// It was closed already when it was read first.
    ClosedBefore,
    /// Still `ACTIVE`, long after the request: nothing came of it, and it can be asked for again.
    StillActive,
    /// The organization does not contain it any more.
    Gone,
    /// Nobody knows whether the request was made, and the account was not read since.
    Unknown,
    /// The service refused it.
    Refused(Failure),
    /// A look just before showed that it must not be sent: why, as a sentence.
    NotSent(String),
    /// Taken back before it was sent.
    Withdrawn,
}

impl Phase {
    /// Whether the service may be at work on it: it is read until it has ended.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        match self {
            Self::Sent
            | Self::Asked
            | Self::Pending
            | Self::Settling
            | Self::Agreeing
            | Self::Unknown => true,
            Self::Queued { .. }
            | Self::NeedsResume { .. }
            | Self::Closed
            | Self::ClosedBefore
            | Self::StillActive
            | Self::Gone
            | Self::Refused(_)
            | Self::NotSent(_)
            | Self::Withdrawn => false,
        }
    }

    /// Whether more will come of it: it is under way, or waits.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_under_way() || matches!(self, Self::Queued { .. } | Self::NeedsResume { .. })
    }

    /// One word for programs, in snake case.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::NeedsResume { .. } => "needs_resume",
            Self::Sent => "sent",
            Self::Asked => "asked",
            Self::Pending => "pending_closure",
            Self::Settling => "settling",
            Self::Agreeing => "agreeing",
            Self::Closed => "closed",
            Self::ClosedBefore => "closed_before",
            Self::StillActive => "still_active",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
            Self::Refused(_) => "refused",
            Self::NotSent(_) => "not_sent",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// When a queued closure will be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// About then; not before now.
    At(Timestamp),
    /// When enough of those that are under way or before it have ended.
    AfterOthers,
}

/// What is known of the closure of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// Twelve digits.
    pub account: String,
    /// The entry of the journal, where this tool was asked for it.
    pub entry: Option<String>,
    /// When this tool was asked for it; `None` where it was begun elsewhere.
    pub asked_at: Option<Timestamp>,
    /// The state that was read last.
    pub state: Option<AccountState>,
    /// When that was read.
    pub read_at: Option<Timestamp>,
    /// When it began, or was seen first: elapsed time counts from here.
    pub since: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When it will be read next; `None` when that is not planned.
    pub next_poll: Option<Timestamp>,
    /// Why the last attempt to read it failed. May hold hostile text.
    pub trouble: Option<String>,
    /// How often it was sent, or was about to be.
    pub attempts: usize,
    /// Why it waits in the queue although its turn had come: the service refused it for now, or it
    /// could not be looked at.
    pub postponed: Option<Failure>,
    /// How far it has come.
    pub phase: Phase,
}

/// What follows a reading that has told the end of a closure.
const AGREED: &str = ", readings agree";

/// What to write into the journal when readings have agreed that an account is in this state.
#[must_use]
pub fn agreed_reading(state: &AccountState) -> String {
    format!("{state}{AGREED}")
}

/// Whether a reading in the journal tells the end of a closure, or that nothing came of it; not
/// only how it looked once.
#[must_use]
pub fn is_agreed_reading(reading: &str) -> bool {
    reading.ends_with(AGREED)
}
