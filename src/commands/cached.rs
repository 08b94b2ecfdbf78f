//! The cache, as a command sees it: where it is, and what was read the last time from here.

use std::io::{self, Write as _};

use jiff::Timestamp;

use super::now;
use crate::app::ago;
use crate::aws::{self, Destination};
use crate::cli::GlobalOptions;
use crate::org::{ErrorKind, Hierarchy, OrgError, Snapshot, shown_endpoint, visible};
use crate::store::{Cache, Key, Name, cache_folder};

/// A way to read something of a snapshot.
type Read<T> = fn(&Cache, &Name, Timestamp) -> Result<Option<T>, OrgError>;

/// The cache, and where the options lead.
#[derive(Debug, Clone)]
pub(super) struct Cached {
    /// `None` where there is no place for it, and where none is wanted: in the demo, for one.
    pub(super) cache: Option<Cache>,
    pub(super) key: Key,
    pub(super) destination: Destination,
    /// The organization that was asked for by its id.
    organization: Option<String>,
}

impl Cached {
    /// Finds out where the options lead, without credentials.
    pub(super) async fn open(options: &GlobalOptions) -> Self {
        let destination = aws::destination(&options.connect_options(true)).await;
        let Destination {
            profile,
            region,
            endpoint,
            keys,
        } = &destination;
        let wanted = !options.no_cache && !options.demo;
        Self {
            cache: cache_folder().filter(|_| wanted).map(Cache::new),
            key: Key::new(profile.as_deref(), *keys, region, endpoint.as_deref()),
            destination,
            organization: options.organization.clone(),
        }
    }

    /// What was read the last time on this way, if there is anything.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where that cannot be used.
    pub(super) async fn snapshot(&self) -> Result<Option<Snapshot>, OrgError> {
        self.last(Cache::read).await
    }

    /// The same without its accounts, which takes a fraction of the time.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where that cannot be used.
    pub(super) async fn hierarchy(&self) -> Result<Option<Hierarchy>, OrgError> {
        self.last(Cache::hierarchy).await
    }

    async fn last<T: Send + 'static>(&self, read: Read<T>) -> Result<Option<T>, OrgError> {
        let key = self.key.clone();
        self.read(move |cache, _| Ok(cache.last(&key)), read).await
    }

    /// What was read the last time, for a command that has nothing else; says how old it is. Where
    /// nobody went this way before, the only organization that was read at the endpoint.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is nothing that can be used.
    pub(super) async fn required(&self) -> Result<Snapshot, OrgError> {
        let missing = |error: OrgError| {
            let hint = error.hint.unwrap_or_else(|| self.others());
            OrgError::new(ErrorKind::NotFound, error.message).with_hint(hint)
        };
        let (key, wanted) = (self.key.clone(), self.organization.clone());
        let choose = move |cache: &Cache, endpoint: Option<&str>| {
            let known = wanted.or_else(|| cache.last(&key));
            known.map_or_else(|| only(cache, endpoint), |known| Ok(Some(known)))
        };
        let snapshot = self.read(choose, Cache::read).await.map_err(missing)?;
        let nothing = || missing(OrgError::new(ErrorKind::NotFound, self.nothing()));
        let snapshot = snapshot.ok_or_else(nothing)?;
        tell(&format!("offline: {}", age(&snapshot.hierarchy)));
        Ok(snapshot)
    }

    /// What there is of the organization that this chooses.
    async fn read<T: Send + 'static>(
        &self,
        choose: impl FnOnce(&Cache, Option<&str>) -> Result<Option<String>, OrgError> + Send + 'static,
        read: Read<T>,
    ) -> Result<Option<T>, OrgError> {
        let Some(cache) = self.cache.clone() else {
            return Ok(None);
        };
        let endpoint = self.destination.endpoint.clone();
        let found = tokio::task::spawn_blocking(move || {
            let Some(organization) = choose(&cache, endpoint.as_deref())? else {
                return Ok(None);
            };
            let name = Name::new(&organization, endpoint.as_deref());
            read(&cache, &name, now())
        });
        found.await.unwrap_or(Ok(None))
    }

    /// What there is instead of what was asked for.
    fn others(&self) -> String {
        let others = self.cache.as_ref().and_then(|cache| cache.names().ok());
        let others: Vec<String> = others.iter().flatten().map(Name::to_string).collect();
        if others.is_empty() {
            return "the explorer keeps what it has read; start it without --offline".to_owned();
        }
        let all = others.join(", ");
        format!("there is {all}; --endpoint-url or --organization chooses another one")
    }

    fn nothing(&self) -> String {
        let endpoint = self.destination.endpoint.as_deref().map(shown_endpoint);
        let place = endpoint.unwrap_or_else(|| "AWS".to_owned());
        match &self.organization {
            Some(organization) => {
                format!("no organization {organization} at {place} is in the cache")
            }
            None => format!("no organization at {place} is in the cache"),
        }
    }
}

/// The only organization of which there is a snapshot at this endpoint.
fn only(cache: &Cache, endpoint: Option<&str>) -> Result<Option<String>, OrgError> {
    let mut known = cache.organizations(endpoint)?;
    if known.len() <= 1 {
        return Ok(known.pop());
    }
    let message = format!(
        "more than one organization is in the cache: {}",
        known.join(", ")
    );
    let hint = "--organization ID chooses one, as does the --profile with which it was read";
    Err(OrgError::new(ErrorKind::NotFound, message).with_hint(hint))
}

/// When a snapshot was taken, as a part of a sentence.
pub(super) fn age(hierarchy: &Hierarchy) -> String {
    let taken = hierarchy.taken_at;
    format!(
        "{} as it was read {} ({taken:.0})",
        hierarchy.organization.id,
        ago(taken, now())
    )
}

/// Says something on standard error beside the output, harmless for a terminal.
pub(super) fn tell(sentence: &str) {
    // When that fails, the output is still what was asked for.
    let _ = writeln!(io::stderr(), "orgscope: {}", visible(sentence));
}
