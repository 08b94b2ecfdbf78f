//! The tags of what is printed in full: they name who owns it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::aws::{self, Connection, Limiter};
use crate::commands::cached::tell;
use crate::commands::more::Reader;
use crate::org::{ErrorKind, Finding, Looked, OrgError, Question, Tag};

/// Tags are read of so many accounts and OUs of one answer. The service takes as many calls of
/// `ListTagsForResource` at once, and nobody reads more cards.
const MOST_TAGGED: usize = 10;

/// So long is waited for tags after the first answer: in an incident, the next account must not
/// take the time in which calls for the tags of this one are repeated.
const PATIENCE: Duration = Duration::from_secs(2);

/// An id, and its tags or why they could not be read.
type Answer = (String, Result<Finding, OrgError>);

/// The tags that are known, and why others are not.
pub(super) struct Tags<'a> {
    /// `None` with `--offline`.
    connection: Option<&'a Connection>,
    limiter: Limiter,
    /// Has those that were read.
    pub(super) reader: Reader<'a>,
    /// Why they could not be read, by id.
    unread: BTreeMap<String, OrgError>,
    /// Where they are from the cache: when they were read, by id.
    read_at: BTreeMap<String, Timestamp>,
    /// Ids of what was asked for.
    asked: BTreeSet<String>,
    /// What has not come yet.
    coming: FuturesUnordered<BoxFuture<'a, Answer>>,
    /// Until when that is waited for.
    until: Option<Instant>,
}

impl<'a> Tags<'a> {
    pub(super) fn new(connection: &'a Connection, limiter: &Limiter) -> Self {
        Self::with(Some(connection), limiter)
    }

    /// Those that were read in an earlier run, asking for no others.
    pub(super) fn of_cache(found: &[Looked], limiter: &Limiter) -> Self {
        let read_at = found.iter().filter_map(|it| match &it.question {
            Question::Tags(id) => Some((id.clone(), it.at)),
            _ => None,
        });
        let none = Self::with(None, limiter);
        Self {
            reader: none.reader.knowing(found),
            read_at: read_at.collect(),
            ..none
        }
    }

    fn with(connection: Option<&'a Connection>, limiter: &Limiter) -> Self {
        Self {
            connection,
            limiter: limiter.clone(),
            reader: Reader::new(connection, limiter),
            unread: BTreeMap::new(),
            read_at: BTreeMap::new(),
            asked: BTreeSet::new(),
            coming: FuturesUnordered::new(),
            until: None,
        }
    }

    /// Asks for the tags of those of these accounts and OUs of which they are not known, all at
    /// once, as soon as somebody waits for the first; for none where they are too many, which is
    /// said.
    pub(super) fn ask<'b>(&mut self, ids: impl Iterator<Item = &'b String>) {
        let Some(connection) = self.connection else {
            return;
        };
        let unknown = ids.filter(|id| !id.starts_with("r-") && self.of(id).is_none());
        let asked: BTreeSet<String> = unknown.cloned().collect();
        if asked.len() > MOST_TAGGED {
            tell(&format!(
                "tags are read of at most {MOST_TAGGED} accounts and OUs, not of {}",
                asked.len()
            ));
            return;
        }
        for id in &asked {
            let (limiter, id) = (self.limiter.clone(), id.clone());
            let answer = async move {
                let question = Question::Tags(id.clone());
                (id, aws::answer(connection, &limiter, &question).await)
            };
            self.coming.push(answer.boxed());
        }
        self.asked = asked;
    }

    /// Whether the tags of this were asked for and have not come.
    pub(super) fn are_coming(&self, id: &str) -> bool {
        self.asked.contains(id) && self.of(id).is_none()
    }

    /// Waits for the tags of this where they were asked for, but not for long after the first time
    /// that somebody waited.
    pub(super) async fn wait_for(&mut self, id: &str) {
        let until = *self.until.get_or_insert_with(|| Instant::now() + PATIENCE);
        while self.are_coming(id) {
            let (id, answer) = match timeout_at(until, self.coming.next()).await {
                Ok(Some(answer)) => answer,
                Ok(None) | Err(_) => (id.to_owned(), Err(late())),
            };
            match answer {
                Ok(finding) => self.reader.learn(Question::Tags(id), finding),
                Err(error) => drop(self.unread.insert(id, error)),
            }
        }
    }

    /// The tags of an account or OU, or why they could not be read; `None` where nobody tried.
    pub(super) fn of(&self, id: &str) -> Option<Result<&[Tag], &OrgError>> {
        match self.reader.tags(id) {
            Some(tags) => Some(Ok(tags)),
            None => self.unread.get(id).map(Err),
        }
    }

    /// When they were read, where that was in an earlier run.
    pub(super) fn read_at(&self, id: &str) -> Option<Timestamp> {
        self.read_at.get(id).copied()
    }
}

fn late() -> OrgError {
    let message = "no answer came in time, and the rest did not wait";
    OrgError::new(ErrorKind::Network, message).during("ListTagsForResource")
}
