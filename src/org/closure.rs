//! Account closures: how long they take, how they are watched, and when they are over.

use std::time::Duration;

use serde::Deserialize;

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
