//! Simulated time: it starts at the organization's own date, runs as fast as it is told, and can be
//! put forward. The token buckets and the account lifecycle live by it, and nothing here waits.
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
    }

    #[test]
    fn time_never_leaves_the_calendar() {
        let mut clock = Clock::starting_at(Timestamp::UNIX_EPOCH, f64::NAN);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
