//! The published request limits, as token buckets.

use std::collections::HashMap;
use std::time::Duration;

/// One published limit: its operations share one bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The operations of this row.
    pub operations: &'static [&'static str],
    /// Requests per second that flow back into the bucket.
    pub rate: f64,
    /// What the bucket holds when it is full.
    pub burst: f64,
}

const fn limit(operations: &'static [&'static str], rate: f64, burst: f64) -> Limit {
    Limit {
        operations,
        rate,
        burst,
    }
}

/// The per-account figures for the operations served here; the page's second column, for all
/// accounts of an organization together, is not enforced. From
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
/// as of 2026-11. The page does not say whether operations printed in one row share a bucket; here
/// they do.
pub const LIMITS: &[Limit] = &[
    limit(&["CloseAccount"], 0.05, 1.0),
    limit(&["CreateAccount"], 0.1, 3.0),
    limit(&["DescribeAccount"], 20.0, 30.0),
    limit(&["DescribeCreateAccountStatus"], 2.0, 2.0),
    limit(
        &["CreateOrganizationalUnit", "DescribeOrganization"],
        1.0,
        2.0,
    ),
    limit(&["DescribeOrganizationalUnit"], 2.0, 2.0),
    limit(&["DescribePolicy"], 2.0, 2.0),
    limit(&["LeaveOrganization"], 1.0, 1.0),
    limit(&["ListAccounts"], 8.0, 12.0),
    limit(&["ListChildren"], 6.0, 10.0),
    limit(&["ListCreateAccountStatus"], 5.0, 8.0),
    limit(
        &[
            "ListParents",
            "ListAccountsForParent",
            "ListOrganizationalUnitsForParent",
        ],
        5.0,
        8.0,
    ),
    limit(
        &[
            "ListAWSServiceAccessForOrganization",
            "ListDelegatedServicesForAccount",
        ],
        1.0,
        3.0,
    ),
    limit(&["ListDelegatedAdministrators"], 5.0, 8.0),
    limit(
        &[
            "ListPolicies",
            "ListPoliciesForTarget",
            "ListTargetsForPolicy",
        ],
        5.0,
        8.0,
    ),
    limit(&["ListRoots"], 1.0, 2.0),
    limit(&["ListTagsForResource"], 10.0, 15.0),
    limit(
        &[
            "MoveAccount",
            "UpdateOrganizationalUnit",
            "DeleteOrganizationalUnit",
        ],
        2.0,
        3.0,
    ),
    limit(&["RemoveAccountFromOrganization"], 2.0, 2.0),
    // Not on the page: assumed, as low as what it says of reading a policy.
    limit(
        &[
            "DescribeEffectivePolicy",
            "ListEffectivePolicyValidationErrors",
            "ListAccountsWithInvalidEffectivePolicy",
        ],
        2.0,
        2.0,
    ),
];

/// The buckets of all callers.
#[derive(Default)]
pub(super) struct Limiter {
    /// By calling account and row of [`LIMITS`].
    buckets: HashMap<(String, usize), Bucket>,
}

struct Bucket {
    tokens: f64,
    /// As [`Clock::for_limits`](super::clock::Clock::for_limits) tells.
    filled: Duration,
}

impl Limiter {
    /// Takes a token for this call, if there is one. Operations without a published limit always
    /// may.
    pub(super) fn admit(&mut self, caller: &str, operation: &str, now: Duration) -> bool {
        let of_operation = |limit: &Limit| limit.operations.contains(&operation);
        let Some(row) = LIMITS.iter().position(of_operation) else {
            return true;
        };
        let Limit { rate, burst, .. } = LIMITS[row];
        let full = || Bucket {
            tokens: burst,
            filled: now,
        };
        let bucket = self.buckets.entry((caller.to_owned(), row));
        let bucket = bucket.or_insert_with(full);
        let refill = now.saturating_sub(bucket.filled).as_secs_f64() * rate;
        bucket.tokens = (bucket.tokens + refill).min(burst);
        bucket.filled = now;
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(limiter: &mut Limiter, operation: &str, now: Duration) -> usize {
        let calls = 0..100;
        calls.filter(|_| limiter.admit("1", operation, now)).count()
    }

    #[test]
    fn a_full_bucket_admits_its_burst_and_then_its_rate() {
        let mut limiter = Limiter::default();
        let start = Duration::ZERO;
        assert_eq!(admitted(&mut limiter, "ListAccounts", start), 12);
        let later = start + Duration::from_secs(1);
        assert_eq!(admitted(&mut limiter, "ListAccounts", later), 8);
        let much_later = start + Duration::from_secs(1_000);
        assert_eq!(admitted(&mut limiter, "ListAccounts", much_later), 12);
    }

    #[test]
    fn operations_of_one_row_share_a_bucket_and_callers_do_not() {
        let mut limiter = Limiter::default();
        let start = Duration::ZERO;
        assert_eq!(admitted(&mut limiter, "ListParents", start), 8);
        assert!(!limiter.admit("1", "ListAccountsForParent", start));
        assert!(limiter.admit("2", "ListAccountsForParent", start));
    }
}
