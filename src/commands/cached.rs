//! The cache, as a command sees it: where it is, and what was read the last time from here.
#![expect(
    clippy::disallowed_methods,
    reason = "the commands are an edge of the program, and ages are told by the wall clock"
)]

use std::io::{self, Write as _};

use jiff::Timestamp;

use crate::app::ago;
use crate::aws::{self, Destination};
use crate::cli::GlobalOptions;
use crate::org::{ErrorKind, OrgError, Snapshot, visible};
use crate::store::{Cache, Key, Name, cache_folder};

/// The cache, and where the options lead.
#[derive(Debug, Clone)]
pub(super) struct Cached {
    /// `None` where there is no place for it, and where none is wanted: in the demo, for one.
    pub(super) cache: Option<Cache>,
    pub(super) key: Key,
    pub(super) destination: Destination,
}

impl Cached {
    /// Finds out where the options lead, without credentials.
    pub(super) async fn open(options: &GlobalOptions) -> Self {
        let destination = aws::destination(&options.connect_options(true)).await;
        let Destination {
            profile,
            region,
            endpoint,
        } = &destination;
        let wanted = !options.no_cache && !options.demo;
        Self {
            cache: cache_folder().filter(|_| wanted).map(Cache::new),
            key: Key::new(profile.as_deref(), region, endpoint.as_deref()),
            destination,
        }
    }

    /// What was read the last time, if there is anything.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where that cannot be used.
    pub(super) async fn snapshot(&self) -> Result<Option<Snapshot>, OrgError> {
        let Some(cache) = self.cache.clone() else {
            return Ok(None);
        };
        let (key, endpoint) = (self.key.clone(), self.destination.endpoint.clone());
        let read = tokio::task::spawn_blocking(move || {
            let Some(organization) = cache.last(&key) else {
                return Ok(None);
            };
            let name = Name::new(&organization, endpoint.as_deref());
            cache.read(&name, Timestamp::now())
        });
        read.await.unwrap_or(Ok(None))
    }

    /// What was read the last time, for a command that has nothing else; says how old it is.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is nothing that can be used.
    pub(super) async fn required(&self) -> Result<Snapshot, OrgError> {
        let missing = |message: String| {
            OrgError::new(ErrorKind::NotFound, message)
                .with_hint("the explorer keeps what it has read; start it without --offline")
        };
        let snapshot = self.snapshot().await;
        let snapshot = snapshot.map_err(|error| missing(error.message))?;
        let snapshot = snapshot.ok_or_else(|| missing(self.nothing()))?;
        tell(&format!("offline: {}", age(&snapshot)));
        Ok(snapshot)
    }

    fn nothing(&self) -> String {
        let Destination {
            profile,
            region,
            endpoint,
        } = &self.destination;
        let profile = profile.as_ref().map(|name| format!(" of profile {name}"));
        let place = match endpoint {
            Some(endpoint) => endpoint.clone(),
            None => region.clone(),
        };
        let profile = profile.unwrap_or_default();
        format!("no organization{profile} at {place} is in the cache")
    }
}

/// When a snapshot was taken, as a part of a sentence.
pub(super) fn age(snapshot: &Snapshot) -> String {
    let taken = snapshot.taken_at;
    format!(
        "{} as it was read {} ({taken:.0})",
        snapshot.organization.id,
        ago(taken, Timestamp::now())
    )
}

/// Says something on standard error beside the output, harmless for a terminal.
pub(super) fn tell(sentence: &str) {
    // When that fails, the output is still what was asked for.
    let _ = writeln!(io::stderr(), "orgscope: {}", visible(sentence));
}
