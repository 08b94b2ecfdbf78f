//! The pace of all calls: one token bucket and a few places in flight per row of AWS's table.
//!
//! A bucket here refills at the published rate and holds less than the published burst: what is
//! missing absorbs network jitter. The service counts arrivals, and two calls that left an
//! eighth of a second apart may arrive together.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The rows of AWS's throttling table that this program calls; the calls of a row share a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// `ListRoots`
    Roots,
    /// `ListAccounts`
    Accounts,
    /// `ListOrganizationalUnitsForParent`, `ListAccountsForParent` and `ListParents`
    ForParent,
    /// `ListChildren`
    Children,
    /// `DescribeOrganizationalUnit`
    Unit,
    /// `DescribeAccount`
    Account,
    /// `DescribeOrganization` and `CreateOrganizationalUnit`
    Organization,
    /// `ListTagsForResource`
    Tags,
    /// `ListPolicies`, `ListPoliciesForTarget` and `ListTargetsForPolicy`
    Policies,
    /// `DescribePolicy`
    Policy,
    /// `ListAWSServiceAccessForOrganization` and `ListDelegatedServicesForAccount`
    ServiceAccess,
    /// `ListDelegatedAdministrators`
    DelegatedAdministrators,
    /// `MoveAccount`, `UpdateOrganizationalUnit` and `DeleteOrganizationalUnit`
    Moves,
    /// `CloseAccount`
    Closures,
    /// `RemoveAccountFromOrganization`
    Removals,
    /// `LeaveOrganization`
    Leaving,
    /// `DescribeEffectivePolicy` and `ListEffectivePolicyValidationErrors`
    EffectivePolicies,
}

impl Row {
    /// All rows, in the order of [`PUBLISHED`].
    pub const ALL: [Self; 17] = [
        Self::Roots,
        Self::Accounts,
        Self::ForParent,
        Self::Children,
        Self::Unit,
        Self::Account,
        Self::Organization,
        Self::Tags,
        Self::Policies,
        Self::Policy,
        Self::ServiceAccess,
        Self::DelegatedAdministrators,
        Self::Moves,
        Self::Closures,
        Self::Removals,
        Self::Leaving,
        Self::EffectivePolicies,
    ];

    /// What AWS publishes about this row.
    #[must_use]
    pub fn published(self) -> Published {
        PUBLISHED[self as usize]
    }

    /// Calls of this row in flight at once. Changes go one after the other: two that touch the same
    /// node are refused with `ConcurrentModificationException`.
    fn in_flight(self) -> usize {
        match self {
            Self::Organization | Self::Moves | Self::Closures | Self::Removals | Self::Leaving => 1,
            _ => IN_FLIGHT,
        }
    }
}

/// What AWS allows one account to send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    /// Tokens per second.
    pub rate: f64,
    /// Size of the bucket, in tokens.
    pub burst: u32,
}

const fn row(rate: f64, burst: u32) -> Published {
    Published { rate, burst }
}

/// The per-account column of the throttling table, as of 2026-11, in the order of [`Row::ALL`].
///
/// Source: Organizations User Guide, "Quotas and service limits", "Throttling limits"
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#throttling-limits>).
/// The guide does not say whether the APIs that it prints in one row share one bucket; here they do.
pub const PUBLISHED: [Published; 17] = [
    row(1.0, 2),
    row(8.0, 12),
    row(5.0, 8),
    row(6.0, 10),
    row(2.0, 2),
    row(20.0, 30),
    row(1.0, 2),
    row(10.0, 15),
    row(5.0, 8),
    row(2.0, 2),
    row(1.0, 3),
    row(5.0, 8),
    row(2.0, 3),
    row(0.05, 1),
    row(2.0, 2),
    row(1.0, 1),
    // Not in the table: assumed, as low as what it says of reading a policy.
    row(2.0, 2),
];

/// Jitter, in seconds, that the tokens held back from each burst absorb.
const JITTER: f64 = 0.125;

/// Reads of one row in flight at once: enough for the full rate at 500 ms a call. The service
/// also refuses calls because "another request is already in progress"
/// (<https://github.com/aws/aws-sdk-js/issues/2135>), so it is not more.
const IN_FLIGHT: usize = 4;

/// Time between two closures, in seconds, that a configuration can ask for: less is no pace, and
/// more than a day is no closure.
const SHORTEST: f64 = 0.001;
const LONGEST: f64 = 86_400.0;

/// After this long without a throttled answer, the pace is raised by one step again.
const RECOVERY: Duration = Duration::from_secs(20);

/// The pace is halved at most this many times, to 1/16 of the published rate.
const MOST_HALVINGS: u32 = 4;

/// Paces every call of the program; share one per set of credentials. A clone is the same one.
///
/// Its limits hold over all concurrent users, so a reload beside a walk cannot exceed a row.
#[derive(Debug, Clone)]
pub struct Limiter {
    lanes: [Arc<Lane>; Row::ALL.len()],
}

impl Limiter {
    /// A limiter that keeps just below what AWS publishes.
    #[must_use]
    pub fn published() -> Self {
        Self {
            lanes: Row::ALL.map(|row| Arc::new(Lane::new(row, row.published()))),
        }
    }

    /// The same, with this time between two calls of `CloseAccount`: as the configuration has it,
    /// and as the queue of closures goes by.
    #[must_use]
    pub fn closing_every(time: Duration) -> Self {
        let mut limiter = Self::published();
        let seconds = time.as_secs_f64().clamp(SHORTEST, LONGEST);
        let row = Row::Closures;
        let pace = Published {
            rate: seconds.recip(),
            ..row.published()
        };
        limiter.lanes[row as usize] = Arc::new(Lane::new(row, pace));
        limiter
    }

    /// Whether the service has refused calls of this row as too many, so that they go slower now.
    #[must_use]
    pub fn is_slowed(&self, row: Row) -> bool {
        self.lanes[row as usize].pace().halvings > 0
    }

    /// Waits until one call of this row may be sent; keep the permit until its answer is there.
    ///
    /// A dropped permit that was not used costs its token: the bucket only ever errs to the safe side.
    pub async fn acquire(&self, row: Row) -> Permit {
        let lane = Arc::clone(&self.lanes[row as usize]);
        if lane.places.available_permits() == 0 {
            tracing::trace!(?row, "waiting for a call in flight to end");
        }
        // First the place, then the token: a token that waited for a place would be sent in a
        // bunch with later ones.
        let place = Arc::clone(&lane.places).acquire_owned().await;
        let place = place.expect("a lane's semaphore is never closed");
        lane.token(row).await;
        Permit {
            lane,
            place,
            sent: Instant::now(),
        }
    }
}

/// A token without a place: its call waits for nothing but those in flight, however long it takes
/// until it is sent.
#[derive(Debug)]
pub struct Token(Arc<Lane>);

impl Token {
    /// Waits until no other call of the row is in its way.
    pub async fn place(self) -> Permit {
        let Self(lane) = self;
        let place = Arc::clone(&lane.places).acquire_owned().await;
        Permit {
            place: place.expect("a lane's semaphore is never closed"),
            lane,
            sent: Instant::now(),
        }
    }
}

/// The right to have one call in flight.
#[derive(Debug)]
pub struct Permit {
    lane: Arc<Lane>,
    place: OwnedSemaphorePermit,
    sent: Instant,
}

impl Permit {
    /// Lets other calls of the row go first and keeps the token: for what is to be done before the
    /// call, and may itself need the place.
    #[must_use]
    pub fn park(self) -> Token {
        Token(self.lane)
    }

    /// The call was answered with `TooManyRequestsException`: its row goes at half the pace from
    /// now on, and, if the service complained about `concurrent` calls, with fewer of them.
    pub fn throttled(self, concurrent: bool) {
        let mut pace = self.lane.pace();
        // Calls that were sent before the pace was lowered say nothing about the lower pace.
        if self.sent >= pace.changed {
            let halvings = (pace.halvings + 1).min(MOST_HALVINGS);
            *pace = Pace {
                withheld: std::mem::take(&mut pace.withheld),
                ..Pace::new(self.lane.published, halvings)
            };
        }
        if concurrent && pace.withheld.len() + 1 < self.lane.in_flight {
            pace.withheld.push(self.place);
        }
    }
}

#[derive(Debug)]
struct Lane {
    published: Published,
    in_flight: usize,
    places: Arc<Semaphore>,
    pace: Mutex<Pace>,
}

impl Lane {
    fn new(row: Row, published: Published) -> Self {
        Self {
            published,
            in_flight: row.in_flight(),
            places: Arc::new(Semaphore::new(row.in_flight())),
            pace: Mutex::new(Pace::new(published, 0)),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn token(&self, row: Row) {
        loop {
            let wait = {
                let mut pace = self.pace();
                pace.recover(self.published);
                match pace.bucket.check() {
                    Ok(()) => return,
                    Err(not_until) => not_until.wait_time_from(TokioClock.now()),
                }
            };
            tracing::trace!(?row, milliseconds = wait.as_millis(), "waiting for a token");
            tokio::time::sleep(wait).await;
        }
    }
}

#[derive(Debug)]
struct Pace {
    bucket: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<std::time::Instant>>,
    halvings: u32,
    changed: Instant,
    withheld: Vec<OwnedSemaphorePermit>,
}

impl Pace {
    /// The published pace with a full bucket, or a slower one with an empty bucket.
    fn new(published: Published, halvings: u32) -> Self {
        let pace = Self::with_full_bucket(published, halvings);
        if halvings > 0 {
            pace.empty(published);
        }
        pace
    }

    fn with_full_bucket(published: Published, halvings: u32) -> Self {
        let period = Duration::from_secs_f64(f64::from(1 << halvings) / published.rate);
        let quota = Quota::with_period(period).expect("published rates are finite");
        Self {
            bucket: RateLimiter::direct_with_clock(quota.allow_burst(burst(published)), TokioClock),
            halvings,
            changed: Instant::now(),
            withheld: Vec::new(),
        }
    }

    fn empty(&self, published: Published) {
        // A fresh bucket is full, so this takes all of it at once.
        let taken = self.bucket.check_n(burst(published));
        debug_assert!(matches!(taken, Ok(Ok(()))));
    }

    fn recover(&mut self, published: Published) {
        let slowed = self.halvings > 0 || !self.withheld.is_empty();
        if slowed && self.changed.elapsed() >= RECOVERY {
            let mut withheld = std::mem::take(&mut self.withheld);
            withheld.pop();
            let pace = Self::with_full_bucket(published, self.halvings.saturating_sub(1));
            pace.empty(published);
            *self = Self { withheld, ..pace };
        }
    }
}

/// The published burst without the tokens that absorb jitter, and at least one.
fn burst(published: Published) -> NonZeroU32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "published rates are small and positive"
    )]
    let reserve = (published.rate * JITTER).ceil() as u32;
    NonZeroU32::new(published.burst.saturating_sub(reserve)).unwrap_or(NonZeroU32::MIN)
}

/// Tokio's clock, so that buckets and sleeps agree about the time, paused or not.
#[derive(Debug, Clone, Copy)]
struct TokioClock;

impl Clock for TokioClock {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        Instant::now().into_std()
    }
}

#[cfg(test)]
#[path = "limiter_tests.rs"]
mod tests;
