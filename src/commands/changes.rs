//! `orgscope changes`: what is different in the organization since it was read the last time.
//!
//! The organization is walked on top of what the cache holds, so that what a walk could not read
//! is not taken for gone. Only after a complete walk the cache is brought up to date: what is
//! printed before is printed again the next time.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::cached::{Cached, age, tell};
use super::export::escape;
use super::table::write_table;
use super::{Failure, Target, configured, gather, now};
use crate::aws::Limiter;
use crate::cli::{ChangesOptions, GlobalOptions};
use crate::org::{Entries, ErrorKind, Figures, Noticed, OrgError, Snapshot, Watch, visible};
use crate::store::{self, Cache, Name};

/// Finds out what is different and prints it.
pub(super) async fn run(global: &GlobalOptions, options: &ChangesOptions) -> Result<(), Failure> {
    let since = options.since.as_deref();
    let since = since.map(|text| moment(text, now())).transpose()?;
    let (config, _) = configured(global)?;
    let cached = Cached::open(global).await;
    if global.offline {
        let snapshot = cached.required().await?;
        let noticed = until(&snapshot.noticed, since);
        if noticed.is_empty() {
            let since = since.map(|since| format!(" since {since:.0}"));
            tell(&format!(
                "no difference was noticed{}",
                since.unwrap_or_default()
            ));
        }
        return Ok(print(noticed, options)?);
    }
    let Some(cache) = cached.cache.clone() else {
        let message = "without a cache there is nothing to compare with";
        return Err(OrgError::new(ErrorKind::Usage, message).into());
    };
    let target = Target::open(global, true).await?;
    let organization = gather::organization(&target.connection).await?;
    let endpoint = target.connection.endpoint.clone();
    let before = before(cache.clone(), &organization.id, endpoint.clone()).await;
    let limiter = Limiter::published();
    let (tree, missing) = gather::refresh(&target.connection, &limiter, before.as_ref()).await?;
    let now = now();
    let mut after = Snapshot::of(&tree, organization, now).ok_or_else(|| {
        OrgError::new(ErrorKind::Service, "the service lists no root").during("ListRoots")
    })?;
    let after = match &before {
        Some(before) => {
            for account in closing(&target, &after, config.closures, now) {
                after.settle(&account, before);
            }
            after.after(before, now)
        }
        None => after,
    };
    let noticed = newer(&after.noticed, since, before.as_ref());
    match (&before, noticed, &missing[..]) {
        (None, ..) => tell("nothing was in the cache to compare with; now there is"),
        (Some(before), [], []) => {
            let since = since.unwrap_or(before.hierarchy.taken_at);
            tell(&format!("nothing is different since {since:.0}"));
        }
        (Some(before), ..) => tell(&match since {
            Some(since) => format!("since {since:.0}"),
            None => format!("since {}", age(&before.hierarchy)),
        }),
    }
    // What was not printed is to be printed the next time.
    print(noticed, options)?;
    if !missing.is_empty() {
        return Err(Failure::Incomplete(missing));
    }
    keep(&cached, cache, after, endpoint).await?;
    Ok(())
}

/// Of what was noticed, the newest first, that which was noticed since then.
fn until(noticed: &[Noticed], since: Option<Timestamp>) -> &[Noticed] {
    let is_old = |one: &Noticed| since.is_some_and(|since| one.at < since);
    let end = noticed.iter().position(is_old);
    &noticed[..end.unwrap_or(noticed.len())]
}

/// Of what was noticed, the newest first, that which was noticed since this time; where none is
/// given, that which has come about since everything was read before, whoever has noticed it.
fn newer<'a>(
    noticed: &'a [Noticed],
    since: Option<Timestamp>,
    before: Option<&Snapshot>,
) -> &'a [Noticed] {
    if since.is_some() {
        return until(noticed, since);
    }
    let read_at = before.map(|before| before.hierarchy.taken_at);
    let is_old = |one: &Noticed| read_at.is_some_and(|read_at| one.since < read_at);
    let end = noticed.iter().position(is_old);
    &noticed[..end.unwrap_or(noticed.len())]
}

/// The time that `30m`, `12h`, `1d` or `2w` ago was, or that a date (its beginning in UTC) or a time
/// tells.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, OrgError> {
    let wrong = || {
        let message = format!("{} is neither an age nor a date", visible(text));
        OrgError::new(ErrorKind::Usage, message)
            .with_hint("--since takes 30m, 12h, 1d, 2w, 2026-01-31 or 2026-01-31T12:00:00Z")
    };
    let date = || {
        let date: Date = text.parse().ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let age = || {
        let unit = text.chars().last()?;
        let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
        let minutes = match unit {
            'm' => 1,
            'h' => 60,
            'd' => 24 * 60,
            'w' => 7 * 24 * 60,
            _ => return None,
        };
        let seconds = number.checked_mul(minutes * 60).filter(|it| *it >= 0)?;
        now.checked_sub(SignedDuration::from_secs(seconds)).ok()
    };
    let time = text.parse().ok();
    age().or(time).or_else(date).ok_or_else(wrong)
}

/// The accounts whose closure is under way by what the journal and these readings tell: that one of
/// them is read as `ACTIVE` says nothing yet. The journal is only read, without a lock on anything;
/// without one, the readings must do.
fn closing(target: &Target, read: &Snapshot, figures: Figures, now: Timestamp) -> Vec<String> {
    let endpoint = target.connection.endpoint.as_deref();
    let name = Name::new(&read.hierarchy.organization.id, endpoint);
    let records = match target.journals().map(|folder| store::read(&folder, name)) {
        Some(Ok((records, _))) => records,
        Some(Err(error)) if error.kind != ErrorKind::NotFound => {
            tell(&error.to_string());
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    let mut entries = Entries::default();
    for record in &records {
        entries.apply(record);
    }
    let mut watch = Watch::new(figures);
    // Who runs decides only on what is not sent yet.
    watch.sync(&entries, None, &BTreeSet::new(), now);
    for placed in &read.accounts {
        watch.observe(&placed.node, now);
    }
    let closures = watch.closures(now).into_iter();
    let under_way = closures.filter(|closure| closure.phase.is_under_way());
    under_way.map(|closure| closure.account).collect()
}

async fn before(cache: Cache, organization: &str, endpoint: Option<String>) -> Option<Snapshot> {
    let name = Name::new(organization, endpoint.as_deref());
    let read = tokio::task::spawn_blocking(move || cache.read(&name, now())).await;
    match read.unwrap_or(Ok(None)) {
        Ok(snapshot) => snapshot,
        Err(error) => {
            tell(&error.to_string());
            None
        }
    }
}

async fn keep(
    cached: &Cached,
    cache: Cache,
    snapshot: Snapshot,
    endpoint: Option<String>,
) -> Result<(), OrgError> {
    let key = cached.key.clone();
    let kept = tokio::task::spawn_blocking(move || {
        cache.keep(&key, endpoint.as_deref(), &snapshot, now())
    });
    kept.await.unwrap_or_else(|error| {
        let message = format!("the cache could not be written: {error}");
        Err(OrgError::new(ErrorKind::Usage, message))
    })
}

fn print(noticed: &[Noticed], options: &ChangesOptions) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    if options.json {
        for one in noticed {
            let json = serde_json::to_string(one)?;
            writeln!(out, "{}", escape(&json))?;
        }
    } else {
        let rows: Vec<[String; 5]> = noticed.iter().map(row).collect();
        write_table(&mut out, &rows)?;
    }
    out.flush()
}

fn row(noticed: &Noticed) -> [String; 5] {
    let Noticed { at, difference, .. } = noticed;
    [
        format!("{at:.0}"),
        difference.word().to_owned(),
        visible(&difference.id).into_owned(),
        visible(&difference.name).into_owned(),
        difference.words(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::{Difference, Hierarchy, NodeKind, Organization, Root, What};

    fn at(minute: i8) -> Timestamp {
        let noon: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        noon + SignedDuration::from_mins(minute.into())
    }

    fn noticed(name: &str, since: i8, noticed_at: i8) -> Noticed {
        let (from, to) = (String::new(), String::new());
        Noticed {
            at: at(noticed_at),
            since: at(since),
            difference: Difference {
                id: name.to_owned(),
                kind: NodeKind::Account,
                name: name.to_owned(),
                what: What::Renamed { from, to },
            },
        }
    }

    #[test]
    fn what_is_told_came_about_since_everything_was_read_and_nothing_else_did() {
        let before = Snapshot {
            hierarchy: Hierarchy {
                organization: Organization::default(),
                taken_at: at(10),
                root: Root::default(),
                units: Vec::new(),
            },
            accounts: Vec::new(),
            noticed: Vec::new(),
            found: Vec::new(),
        };
        let all = [
            noticed("now", 10, 30),
            // The explorer has noticed it after its last complete walk.
            noticed("meanwhile", 10, 20),
            noticed("older", 5, 10),
        ];
        let names = |noticed: &[Noticed]| -> Vec<String> {
            let names = noticed.iter().map(|one| one.difference.name.clone());
            names.collect()
        };
        let told = newer(&all, None, Some(&before));
        assert_eq!(names(told), ["now", "meanwhile"]);
        let told = newer(&all, Some(at(10)), Some(&before));
        assert_eq!(names(told), ["now", "meanwhile", "older"]);
        let told = newer(&all, Some(at(25)), Some(&before));
        assert_eq!(names(told), ["now"]);
    }
}
