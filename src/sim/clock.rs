//! Simulated time: it starts at the organization's own date, runs as fast as it is told, and can be
//! put forward. The account lifecycle lives by it, and nothing here waits. The token buckets go by
//! real time: who asks is no faster because accounts change faster.
#![expect(
    clippy::disallowed_methods,
    reason = "the simulator's time is derived from the machine's"
)]

use std::time::{Duration, Instant};

use jiff::Timestamp;

pub(super) struct Clock {
    origin: Timestamp,
    started: Instant,
    /// Simulated seconds per real second; 0 stands still.
    speed: f64,
    skipped: Duration,
}

impl Clock {
    pub(super) fn starting_at(origin: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() {
            speed.max(0.0)
        } else {
            1.0
        };
        Self {
            origin,
            started: Instant::now(),
            speed,
            skipped: Duration::ZERO,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let run = Duration::try_from_secs_f64(self.started.elapsed().as_secs_f64() * self.speed)
            .unwrap_or(Duration::MAX);
        self.origin
            .checked_add(run.saturating_add(self.skipped))
            .unwrap_or(Timestamp::MAX)
    }

    /// How much time the token buckets have had: real time, whatever the speed, and what was put
    /// forward. Where time stands still, so does this.
    pub(super) fn for_limits(&self) -> Duration {
        let run = if self.speed > 0.0 {
            self.started.elapsed()
        } else {
            Duration::ZERO
        };
        run.saturating_add(self.skipped)
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.skipped = self.skipped.saturating_add(by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_speed_zero_moves_only_when_told() {
        let mut clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 0.0);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().as_second(), 90);
        assert_eq!(clock.for_limits(), Duration::from_secs(90));
    }

    #[test]
    fn a_fast_clock_does_not_hurry_the_limits() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 1e9);
        let (limits, lifecycle) = (clock.for_limits(), clock.now().as_duration());
        assert!(limits.as_secs_f64() <= lifecycle.as_secs_f64() / 1e6);
    }

    #[test]
    fn time_never_leaves_the_calendar() {
        let mut clock = Clock::starting_at(Timestamp::UNIX_EPOCH, f64::NAN);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
