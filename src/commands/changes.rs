//! `orgscope changes`: what is different in the organization since it was read the last time.
//!
//! The organization is walked on top of what the cache holds, so that what a walk could not read
//! is not taken for gone. Only after a complete walk the cache is brought up to date: what is
//! printed before is printed again the next time.

use std::io::{self, BufWriter, Write};

use jiff::Timestamp;

use super::cached::{Cached, age, tell};
use super::export::escape;
use super::table::write_table;
use super::{Failure, Target, gather};
use crate::aws::Limiter;
use crate::cli::{ChangesOptions, GlobalOptions};
use crate::org::{ErrorKind, Noticed, OrgError, Snapshot, visible};
use crate::store::{Cache, Name};

/// Finds out what is different and prints it.
pub(super) async fn run(global: &GlobalOptions, options: &ChangesOptions) -> Result<(), Failure> {
    let cached = Cached::open(global).await;
    if global.offline {
        let snapshot = cached.required().await?;
        return Ok(print(&snapshot.noticed, options)?);
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
    let after = Snapshot::of(&tree, organization, now).ok_or_else(|| {
        OrgError::new(ErrorKind::Service, "the service lists no root").during("ListRoots")
    })?;
    let after = match &before {
        Some(before) => after.after(before, now),
        None => after,
    };
    match &before {
        Some(before) => tell(&format!("since {}", age(before))),
        None => tell("nothing was in the cache to compare with; now there is"),
    }
    let is_new = |noticed: &&Noticed| noticed.at == now;
    let news: Vec<Noticed> = after.noticed.iter().take_while(is_new).cloned().collect();
    let printed = print(&news, options);
    if !missing.is_empty() {
        printed?;
        return Err(Failure::Incomplete(missing));
    }
    // What was not printed is to be printed the next time.
    printed?;
    keep(&cached, cache, after, endpoint).await?;
    Ok(())
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
        cache.write(endpoint.as_deref(), &snapshot, now())?;
        cache.remember(&key, &snapshot.organization.id, now())
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

#[expect(
    clippy::disallowed_methods,
    reason = "the commands are an edge of the program"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
