//! What happens to accounts over time: closures in steps, and accounts that are being created.
//!
//! The limits are those of
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html> as of
//! 2026-11; the times are what users have reported.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::organization::{JoinedMethod, NewAccount, Organization, State, scramble};

/// A closure reads `PENDING_CLOSURE` for this long before reads begin to disagree.
pub const CLOSURE_PENDING: SignedDuration = SignedDuration::from_mins(2);
/// From this long after the request on, every read says `CLOSED`. Reads have been seen to disagree
/// until 10 min 18 s after the call: <https://github.com/hashicorp/terraform-provider-aws/issues/46284>.
pub const CLOSURE_SETTLED: SignedDuration = SignedDuration::from_secs(618);
/// While reads disagree, what they say changes this often.
pub const CLOSURE_FLAP: SignedDuration = SignedDuration::from_secs(20);
/// Closures that may be under way at once.
pub const CLOSURES_AT_ONCE: usize = 3;
/// A created account may leave the organization when it is this old.
pub const LEAVE_AGE_MIN: SignedDuration = SignedDuration::from_hours(4 * 24);
/// How long it takes to create an account.
pub const CREATION_TIME: SignedDuration = SignedDuration::from_secs(60);
/// Account creations that may be under way at once.
pub const CREATIONS_AT_ONCE: usize = 5;
/// The highest number of accounts that an organization may have.
pub const ACCOUNTS_MAX: usize = 50_000;

/// Account ids are below this.
pub(super) const ACCOUNT_ID_END: u64 = 1_000_000_000_000;

const CLOSURE_QUOTA_WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many accounts may be closed within 30 days: the higher of 250 and 20 % of the members, at
/// most 1,000 (since 2026-04).
pub fn closure_quota(members: usize) -> usize {
    (members / 5).clamp(250, 1_000)
}

/// The state that is reported this long after `CloseAccount`.
pub(super) fn state_during_closure(elapsed: SignedDuration) -> State {
    if elapsed < CLOSURE_PENDING {
        return State::PendingClosure;
    }
    if elapsed >= CLOSURE_SETTLED {
        return State::Closed;
    }
    let slot = (elapsed - CLOSURE_PENDING).as_secs() / CLOSURE_FLAP.as_secs();
    match slot % 4 {
        0 | 2 => State::Closed,
        1 => State::Active,
        _ => State::PendingClosure,
    }
}

/// When closures of the last 30 days were requested.
#[derive(Debug, Clone, Default)]
pub(super) struct Closures(Vec<Timestamp>);

impl Closures {
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.0
            .retain(|begun| now.duration_since(*begun) < CLOSURE_QUOTA_WINDOW);
        self.0.push(now);
    }

    pub(super) fn under_way(&self, now: Timestamp) -> usize {
        self.within(CLOSURE_SETTLED, now)
    }

    pub(super) fn of_last_30_days(&self, now: Timestamp) -> usize {
        self.within(CLOSURE_QUOTA_WINDOW, now)
    }

    fn within(&self, window: SignedDuration, now: Timestamp) -> usize {
        let recent = |begun: &&Timestamp| now.duration_since(**begun) < window;
        self.0.iter().filter(recent).count()
    }
}

/// Requests to create accounts, in the order in which `ListCreateAccountStatus` pages through them.
#[derive(Debug, Clone, Default)]
pub(super) struct Creations {
    requests: BTreeMap<u64, Creation>,
}

/// One request to create an account.
#[derive(Debug, Clone)]
pub(super) struct Creation {
    /// `car-…`.
    pub(super) id: String,
    pub(super) name: String,
    email: String,
    pub(super) requested: Timestamp,
    pub(super) outcome: Option<Outcome>,
}

#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) at: Timestamp,
    /// The new account's id, or the `FailureReason`.
    pub(super) result: Result<String, &'static str>,
}

impl Creation {
    /// As the service spells it.
    pub(super) fn state(&self) -> &'static str {
        match &self.outcome {
            None => "IN_PROGRESS",
            Some(Outcome { result: Ok(_), .. }) => "SUCCEEDED",
            Some(Outcome { result: Err(_), .. }) => "FAILED",
        }
    }
}

impl Creations {
    pub(super) fn begin(&mut self, name: &str, email: &str, now: Timestamp) -> &Creation {
        let number = self.requests.len() as u64 + 1;
        let creation = Creation {
            id: format!("car-{:016x}{:016x}", scramble(number), scramble(!number)),
            name: name.to_owned(),
            email: email.to_owned(),
            requested: now,
            outcome: None,
        };
        self.requests.entry(number).or_insert(creation)
    }

    pub(super) fn under_way(&self) -> usize {
        let open = |creation: &&Creation| creation.outcome.is_none();
        self.requests.values().filter(open).count()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Creation> {
        self.requests.values().find(|creation| creation.id == id)
    }

    pub(super) fn all(&self) -> &BTreeMap<u64, Creation> {
        &self.requests
    }

    /// Keys of the requests that are due by `now`.
    fn due(&self, now: Timestamp) -> Vec<u64> {
        let due = |creation: &Creation| {
            creation.outcome.is_none() && now.duration_since(creation.requested) >= CREATION_TIME
        };
        let requests = self.requests.iter();
        requests
            .filter_map(|(key, creation)| due(creation).then_some(*key))
            .collect()
    }
}

impl Organization {
    /// Lets happen what is due by `now`: created accounts appear below the root.
    pub(super) fn settle(&mut self, now: Timestamp) {
        for key in self.creations.due(now) {
            let request = &self.creations.requests[&key];
            let at = request.requested + CREATION_TIME;
            let result = if self.accounts().any(|a| a.email == request.email) {
                Err("EMAIL_ALREADY_EXISTS")
            } else {
                let account = NewAccount {
                    id: self.free_account_id(key),
                    name: request.name.clone(),
                    email: request.email.clone(),
                    state: State::Active,
                    joined_method: JoinedMethod::Created,
                    joined: at,
                };
                let id = account.id.clone();
                self.add_account(&self.root_id.clone(), account);
                Ok(id)
            };
            if let Some(request) = self.creations.requests.get_mut(&key) {
                request.outcome = Some(Outcome { at, result });
            }
        }
    }

    /// Whether a closure of this account was requested and reads still disagree about it.
    pub(super) fn closure_under_way(&self, id: &str, now: Timestamp) -> bool {
        let requested = self.account(id).and_then(|a| a.closure_requested);
        requested.is_some_and(|requested| now.duration_since(requested) < CLOSURE_SETTLED)
    }

    fn free_account_id(&self, number: u64) -> String {
        let candidates =
            (number..=u64::MAX).map(|n| format!("{:012}", scramble(n) % ACCOUNT_ID_END));
        let mut free = candidates.filter(|id| self.account(id).is_none());
        free.next().expect("there are fewer accounts than ids")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closure_quota_is_a_fifth_between_250_and_1000() {
        for (members, quota) in [
            (0, 250),
            (1_249, 250),
            (1_255, 251),
            (5_000, 1_000),
            (50_000, 1_000),
        ] {
            assert_eq!(closure_quota(members), quota, "{members} members");
        }
    }

    #[test]
    fn a_closure_is_pending_then_contradicts_itself_then_is_closed_for_good() {
        let at = |seconds| state_during_closure(SignedDuration::from_secs(seconds));
        assert_eq!(at(0), State::PendingClosure);
        assert_eq!(at(119), State::PendingClosure);
        let flapping: Vec<State> = (120..618).step_by(20).map(at).collect();
        for state in [State::Active, State::PendingClosure, State::Closed] {
            assert!(flapping.contains(&state), "{state:?}");
        }
        assert_eq!(at(618), State::Closed);
        assert_eq!(at(100_000), State::Closed);
    }
}
