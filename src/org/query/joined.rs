//! When an account joined: `<30d`, `>1y`, `2024-01`, `>=2024-01-31`.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A bound of the time at which an account joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// By how long ago that was.
    Ago(Bound, u16, Unit),
    /// By the calendar, in UTC.
    On(Option<Bound>, Period),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

/// A year, a month or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) year: i16,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
}

/// What is wrong, and whether it may yet become right.
pub(super) type Fault = (String, bool);

const BOUNDS: [(&str, Bound); 4] = [
    ("<=", Bound::AtMost),
    (">=", Bound::AtLeast),
    ("<", Bound::Less),
    (">", Bound::More),
];

const UNITS: [(char, Unit); 5] = [
    ('h', Unit::Hours),
    ('d', Unit::Days),
    ('w', Unit::Weeks),
    ('m', Unit::Months),
    ('y', Unit::Years),
];

impl Joined {
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let found = BOUNDS.into_iter().find_map(|(sign, bound)| {
            let rest = text.strip_prefix(sign)?;
            Some((bound, rest))
        });
        let (bound, rest) = found.map_or((None, text), |(bound, rest)| (Some(bound), rest));
        let unfinished = rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
        let wrong = || {
            let message = format!(
                "\"{text}\" is no time; <30d, >1y (h d w m y), 2024, 2024-01 and >2024-01-31 are"
            );
            (message, unfinished && rest.len() < 10)
        };
        if let Some(unit) = rest.chars().last().filter(char::is_ascii_alphabetic) {
            let (_, unit) = UNITS
                .into_iter()
                .find(|(letter, _)| *letter == unit.to_ascii_lowercase())
                .ok_or_else(wrong)?;
            let number = &rest[..rest.len() - 1];
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            let count = number.parse().ok().filter(|_| is_number);
            let count = count.ok_or_else(wrong)?;
            let message = || format!("say \"<{rest}\" for later than that, \">{rest}\" for before");
            let bound = bound.ok_or_else(|| (message(), false))?;
            return Ok(Self::Ago(bound, count, unit));
        }
        Ok(Self::On(bound, Period::parse(rest).ok_or_else(wrong)?))
    }

    pub(super) fn holds(self, joined: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Ago(bound, count, unit) => {
                let then = ago(now, count, unit);
                match bound {
                    Bound::Less => joined > then,
                    Bound::AtMost => joined >= then,
                    Bound::More => joined < then,
                    Bound::AtLeast => joined <= then,
                }
            }
            Self::On(bound, period) => {
                let (start, end) = period.range();
                match bound {
                    None => start <= joined && joined < end,
                    Some(Bound::Less) => joined < start,
                    Some(Bound::AtMost) => joined < end,
                    Some(Bound::More) => joined >= end,
                    Some(Bound::AtLeast) => joined >= start,
                }
            }
        }
    }
}

fn ago(now: Timestamp, count: u16, unit: Unit) -> Timestamp {
    let count = i64::from(count);
    let span = match unit {
        Unit::Hours => Span::new().try_hours(count),
        Unit::Days => Span::new().try_days(count),
        Unit::Weeks => Span::new().try_weeks(count),
        Unit::Months => Span::new().try_months(count),
        Unit::Years => Span::new().try_years(count),
    };
    let then = span.and_then(|span| now.to_zoned(TimeZone::UTC).checked_sub(span));
    then.map_or(Timestamp::MIN, |then| then.timestamp())
}

impl Period {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let number = |part: &str, digits: usize| {
            let right = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
            right.then(|| part.parse::<i16>().ok()).flatten()
        };
        let year = number(parts.next()?, 4)?;
        let mut two = || match parts.next() {
            None => Some(None),
            Some(part) => Some(Some(i8::try_from(number(part, 2)?).ok()?)),
        };
        let (month, day) = (two()?, two()?);
        let period = Self { year, month, day };
        (parts.next().is_none() && period.first().is_some()).then_some(period)
    }

    fn first(self) -> Option<Date> {
        Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok()
    }

    /// When it begins, and when the next one does.
    fn range(self) -> (Timestamp, Timestamp) {
        let first = self.first().unwrap_or(Date::MIN);
        let span = match (self.month, self.day) {
            (None, _) => Span::new().years(1),
            (Some(_), None) => Span::new().months(1),
            (Some(_), Some(_)) => Span::new().days(1),
        };
        let moment = |date: Date| {
            let start = date.to_zoned(TimeZone::UTC).ok()?;
            Some(start.timestamp())
        };
        let next = first.checked_add(span).ok().and_then(moment);
        (
            moment(first).unwrap_or(Timestamp::MIN),
            next.unwrap_or(Timestamp::MAX),
        )
    }
}

impl fmt::Display for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |bound: Bound| BOUNDS.into_iter().find(|(_, other)| *other == bound);
        match self {
            Self::Ago(bound, count, unit) => {
                let letter = UNITS.into_iter().find(|(_, other)| other == unit);
                let letter = letter.map_or('d', |(letter, _)| letter);
                let sign = sign(*bound).map_or("", |(sign, _)| sign);
                write!(f, "{sign}{count}{letter}")
            }
            Self::On(bound, Period { year, month, day }) => {
                let sign = bound.and_then(sign).map_or("", |(sign, _)| sign);
                write!(f, "{sign}{year:04}")?;
                for part in [month, day].into_iter().flatten() {
                    write!(f, "-{part:02}")?;
                }
                Ok(())
            }
        }
    }
}
