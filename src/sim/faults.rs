//! Faults on demand: what goes wrong, for which requests, and how often.

use std::str::FromStr;
use std::time::Duration;

use super::organization::scramble;

/// One rule of what shall go wrong. Written as text it is
/// `OPERATION:KIND[:p=PROBABILITY][:n=TIMES][:skip=TIMES][:match=TEXT][:after]`; see [`Faults`] for
/// several.
///
/// * `OPERATION` is an operation's name, or `*` for all.
/// * `KIND` is one of [`FaultKind`].
/// * `skip=3` leaves the first three requests that match alone, `n=2` hits at most two, `p=0.1`
///   hits one in ten (always the same ones).
/// * `match=TEXT` restricts it to requests whose body contains the text, such as an id.
/// * `after` lets the request be carried out first, where the kind would prevent that.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// An operation's name; all operations when absent.
    pub operation: Option<String>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// The share of matching requests that is hit, from 0 to 1.
    pub probability: f64,
    /// How many requests are hit at most.
    pub times: u64,
    /// How many matching requests are left alone first.
    pub skip: u64,
    /// Text that the request's body must contain.
    pub body_contains: Option<String>,
    /// Whether the request is carried out also where [`FaultKind::prevents`] says that it is not.
    pub after: bool,
}

/// What can go wrong. The words in brackets are those of the text form.
///
/// Some kinds strike before the request is carried out, so that nothing changes: `throttle`, `500`,
/// `503`, `drop`, `expired`, `deny` and `error`. The others strike the answer of a request that was
/// carried out: `latency`, `reset`, `truncate`, `cut`, `hang`, `null`, `empty` and `loop`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The answer comes this much later (`latency=250`, in milliseconds).
    Latency(Duration),
    /// `TooManyRequestsException` (`throttle`).
    Throttle,
    /// `ServiceException` with HTTP status 500 (`500`).
    InternalFailure,
    /// A proxy's HTML page with HTTP status 503 (`503`).
    Unavailable,
    /// The connection is reset instead of an answer, after the request was carried out (`reset`).
    Reset,
    /// The connection is reset instead of an answer, and the request was not carried out (`drop`).
    Drop,
    /// Half of the body, with a Content-Length that says that this is all (`truncate`). An empty
    /// body counts as `{}` here.
    Truncate,
    /// Half of the body, then the connection is closed (`cut`). An empty body counts as `{}` here.
    Cut,
    /// No answer, ever, though the request was carried out (`hang`).
    Hang,
    /// A success whose body is the four bytes `null`, as some emulators answer (`null`).
    Null,
    /// `ExpiredTokenException` (`expired`).
    Expired,
    /// `AccessDeniedException` (`deny`).
    Deny,
    /// Listings: a page without items that leads on (`empty`).
    Empty,
    /// Listings: the same `NextToken` for ever (`loop`).
    Loop,
    /// Any other exception (`error=ConcurrentModificationException`), with its reason where it has
    /// one (`error=ConstraintViolationException/CLOSE_ACCOUNT_QUOTA_EXCEEDED`).
    Error {
        /// The exception's name.
        code: String,
        /// Its member `Reason`.
        reason: Option<String>,
    },
}

/// Faults, in the text form separated by commas: `ListAccounts:throttle:p=0.1,*:500:n=3`.
///
/// All latencies that apply to a request add up; of the other faults, the first that applies is
/// what happens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults(pub Vec<Fault>);

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rules = text.split(',').map(str::trim).filter(|r| !r.is_empty());
        rules
            .map(Fault::from_str)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Fault {
    /// Hits every request of this operation (`*` for all).
    pub fn new(operation: &str, kind: FaultKind) -> Self {
        Self {
            operation: (operation != "*").then(|| operation.to_owned()),
            kind,
            probability: 1.0,
            times: u64::MAX,
            skip: 0,
            body_contains: None,
            after: false,
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("{key}={value} is not a whole number"))
        };
        match key {
            "p" => {
                let share = value.parse().ok().filter(|p| (0.0..=1.0).contains(p));
                self.probability =
                    share.ok_or_else(|| format!("p={value} is not a number from 0 to 1"))?;
            }
            "n" => self.times = number()?,
            "skip" => self.skip = number()?,
            "match" if !value.is_empty() => self.body_contains = Some(value.to_owned()),
            "after" if value.is_empty() => self.after = true,
            _ => {
                return Err(format!(
                    "{key:?} is none of p=, n=, skip=, match=TEXT, after"
                ));
            }
        }
        Ok(())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let explain = |why: String| format!("fault {text:?}: {why}");
        let mut parts = text.split(':');
        let operation = parts.next().unwrap_or_default();
        let kind = parts.next().ok_or_else(|| {
            explain(
                "it must begin with an operation and a kind, such as ListAccounts:throttle"
                    .to_owned(),
            )
        })?;
        if operation != "*" && !super::operations::is_served(operation) {
            return Err(explain(format!(
                "{operation:?} is neither an operation served here nor *"
            )));
        }
        let mut fault = Self::new(operation, kind.parse().map_err(explain)?);
        for option in parts {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            fault.set(key, value).map_err(explain)?;
        }
        Ok(fault)
    }
}

impl FromStr for FaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.split_once('=') {
            None => match text {
                "throttle" => Self::Throttle,
                "500" => Self::InternalFailure,
                "503" => Self::Unavailable,
                "reset" => Self::Reset,
                "drop" => Self::Drop,
                "truncate" => Self::Truncate,
                "cut" => Self::Cut,
                "hang" => Self::Hang,
                "null" => Self::Null,
                "expired" => Self::Expired,
                "deny" => Self::Deny,
                "empty" => Self::Empty,
                "loop" => Self::Loop,
                _ => return Err(unknown_kind(text)),
            },
            Some(("latency", ms)) => {
                Self::Latency(Duration::from_millis(ms.parse().map_err(|_| {
                    format!("latency={ms} is not a number of milliseconds")
                })?))
            }
            Some(("error", error)) if !error.is_empty() => {
                let (code, reason) = match error.split_once('/') {
                    Some((code, reason)) => (code, Some(reason.to_owned())),
                    None => (error, None),
                };
                Self::Error {
                    code: code.to_owned(),
                    reason,
                }
            }
            Some(_) => return Err(unknown_kind(text)),
        })
    }
}

impl FaultKind {
    /// Whether it keeps a request from being carried out, unless [`Fault::after`] is set.
    #[must_use]
    pub const fn prevents(&self) -> bool {
        match self {
            Self::Throttle
            | Self::InternalFailure
            | Self::Unavailable
            | Self::Drop
            | Self::Expired
            | Self::Deny
            | Self::Error { .. } => true,
            Self::Latency(_)
            | Self::Reset
            | Self::Truncate
            | Self::Cut
            | Self::Hang
            | Self::Null
            | Self::Empty
            | Self::Loop => false,
        }
    }
}

fn unknown_kind(text: &str) -> String {
    format!(
        "{text:?} is none of latency=MS, throttle, 500, 503, reset, drop, truncate, cut, hang, null, expired, deny, empty, loop, error=CODE, error=CODE/REASON"
    )
}

/// What goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Strike {
    /// How much later it is answered.
    pub(super) late: Duration,
    pub(super) kind: Option<FaultKind>,
    /// Whether it is not carried out.
    pub(super) prevented: bool,
}

/// Faults with the memory of how often each matched and hit.
#[derive(Default)]
pub(super) struct FaultPlan(Vec<(Fault, Tally)>);

#[derive(Default, Clone, Copy)]
struct Tally {
    matched: u64,
    hit: u64,
}

impl FaultPlan {
    pub(super) fn new(faults: Faults) -> Self {
        let tally = |fault| (fault, Tally::default());
        Self(faults.0.into_iter().map(tally).collect())
    }

    /// What goes wrong with this request.
    pub(super) fn strike(&mut self, operation: &str, body: &str) -> Strike {
        let mut strike = Strike::default();
        for (number, (fault, tally)) in (1..).zip(&mut self.0) {
            let is_latency = matches!(fault.kind, FaultKind::Latency(_));
            if (strike.kind.is_some() && !is_latency)
                || !hits(fault, tally, number, operation, body)
            {
                continue;
            }
            match &fault.kind {
                FaultKind::Latency(by) => strike.late = strike.late.saturating_add(*by),
                kind => {
                    strike.prevented = kind.prevents() && !fault.after;
                    strike.kind = Some(kind.clone());
                }
            }
        }
        strike
    }
}

fn hits(fault: &Fault, tally: &mut Tally, number: u64, operation: &str, body: &str) -> bool {
    let for_operation = fault
        .operation
        .as_deref()
        .is_none_or(|wanted| wanted == operation);
    let for_body = fault
        .body_contains
        .as_deref()
        .is_none_or(|wanted| body.contains(wanted));
    if !for_operation || !for_body {
        return false;
    }
    tally.matched += 1;
    if tally.matched <= fault.skip || tally.hit >= fault.times {
        return false;
    }
    let roll = u32::try_from(scramble(scramble(number) ^ tally.matched) >> 32).unwrap_or(u32::MAX);
    let hit = f64::from(roll) / (f64::from(u32::MAX) + 1.0) < fault.probability;
    tally.hit += u64::from(hit);
    hit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(plan: &str, operation: &str, body: &str, requests: usize) -> Vec<usize> {
        let mut plan = FaultPlan::new(plan.parse().unwrap());
        let hit = |_: &usize| plan.strike(operation, body).kind.is_some();
        (1..=requests).filter(hit).collect()
    }

    #[test]
    fn a_fault_may_skip_requests_and_hit_only_some() {
        assert_eq!(
            hits("ListRoots:deny:skip=2:n=3", "ListRoots", "", 9),
            [3, 4, 5]
        );
        assert_eq!(hits("ListRoots:deny", "ListParents", "", 9), [0; 0]);
        assert_eq!(hits("*:500:n=1", "ListParents", "", 9), [1]);
    }

    #[test]
    fn a_share_of_requests_is_hit_always_the_same_ones() {
        let hit = hits("*:throttle:p=0.1", "ListRoots", "", 1_000);
        assert!((50..200).contains(&hit.len()), "{}", hit.len());
        assert_eq!(hit, hits("*:throttle:p=0.1", "ListRoots", "", 1_000));
        assert_eq!(hits("*:throttle:p=0", "ListRoots", "", 1_000), [0; 0]);
    }

    #[test]
    fn a_fault_may_be_meant_for_one_body_only() {
        let fault = "ListChildren:deny:match=ou-ab12";
        assert_eq!(
            hits(fault, "ListChildren", r#"{"ParentId":"ou-ab12-x"}"#, 1),
            [1]
        );
        assert_eq!(
            hits(fault, "ListChildren", r#"{"ParentId":"ou-zz99-x"}"#, 1),
            [0; 0]
        );
    }

    #[test]
    fn latencies_add_up_beside_the_first_other_fault() {
        let faults = "*:latency=20,ListRoots:deny,*:latency=5,*:500"
            .parse()
            .unwrap();
        let strike = FaultPlan::new(faults).strike("ListRoots", "");
        assert_eq!(strike.late, Duration::from_millis(25));
        assert_eq!(strike.kind, Some(FaultKind::Deny));
    }

    #[test]
    fn every_kind_strikes_before_or_after_the_request_is_carried_out() {
        for (kind, prevented) in [
            ("throttle", true),
            ("500", true),
            ("503", true),
            ("drop", true),
            ("deny", true),
            ("error=X", true),
            ("error=X:after", false),
            ("drop:after", false),
            ("reset", false),
            ("truncate", false),
            ("cut", false),
            ("hang", false),
            ("null", false),
            ("latency=5", false),
        ] {
            let faults = format!("*:{kind}").parse().unwrap();
            let strike = FaultPlan::new(faults).strike("MoveAccount", "");
            assert_eq!(strike.prevented, prevented, "{kind}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_explained() {
        for (text, says) in [
            ("ListAccounts", "an operation and a kind"),
            ("ListAcounts:deny", "\"ListAcounts\" is neither"),
            ("*:explode", "\"explode\" is none of latency=MS"),
            ("*:error=", "none of"),
            ("*:latency=soon", "milliseconds"),
            ("*:deny:p=2", "from 0 to 1"),
            ("*:deny:p=NaN", "from 0 to 1"),
            ("*:deny:n=-1", "whole number"),
            ("*:deny:often", "\"often\" is none of"),
            ("*:deny:after=1", "\"after\" is none of"),
        ] {
            let error = text.parse::<Faults>().unwrap_err();
            assert!(error.contains(says) && error.contains(text), "{error}");
        }
    }
}
