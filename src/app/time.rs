//! Ages in words.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// How long ago something was, in its two greatest units: `3 y 2 mo`, `5 h`, `just now`.
#[must_use]
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let utc = |at: Timestamp| at.to_zoned(TimeZone::UTC);
    let Ok(span) = utc(now).since((Unit::Year, &utc(then))) else {
        return "some time ago".into();
    };
    let units = [
        (i64::from(span.get_years()), "y"),
        (i64::from(span.get_months()), "mo"),
        (i64::from(span.get_days()), "d"),
        (i64::from(span.get_hours()), "h"),
        (span.get_minutes(), "min"),
    ];
    let Some(first) = units.iter().position(|(count, _)| *count > 0) else {
        return if then > now {
            "in the future".into()
        } else {
            "just now".into()
        };
    };
    // Hours beside days, or minutes beside hours, are more than anyone wants to read.
    let last = if first == 0 || first == 1 {
        first + 2
    } else {
        first + 1
    };
    let words: Vec<String> = units[first..last]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    words.join(" ") + " ago"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_the_units_that_matter() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let of = |then: &str| ago(then.parse().unwrap(), now);
        assert_eq!(of("2026-11-21T11:59:30Z"), "just now");
        assert_eq!(of("2026-11-21T11:58:00Z"), "2 min ago");
        assert_eq!(of("2026-11-21T06:30:00Z"), "5 h ago");
        assert_eq!(of("2026-11-09T12:00:00Z"), "12 d ago");
        assert_eq!(of("2026-06-10T12:00:00Z"), "5 mo 11 d ago");
        assert_eq!(of("2023-09-21T12:00:00Z"), "3 y 2 mo ago");
        assert_eq!(of("2024-11-21T12:00:00Z"), "2 y ago");
        assert_eq!(of("2027-01-01T00:00:00Z"), "in the future");
    }
}
