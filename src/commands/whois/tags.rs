//! The tags of what is printed in full: they name who owns it.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::Timestamp;

use crate::aws::{self, Connection, Limiter};
use crate::commands::cached::tell;
use crate::commands::more::Reader;
use crate::org::{ErrorKind, Finding, Looked, OrgError, Question, Tag};

/// Tags are read of so many accounts and OUs of one answer. The service takes as many calls of
/// `ListTagsForResource` at once, and nobody reads more cards.
const MOST_TAGGED: usize = 10;

/// The tags that are known, and why others are not.
pub(super) struct Tags<'a> {
    /// Has those that were read.
    pub(super) reader: Reader<'a>,
    /// Why they could not be read, by id.
    unread: BTreeMap<String, OrgError>,
    /// Where they are from the cache: when they were read, by id.
    read_at: Option<BTreeMap<String, Timestamp>>,
}

impl<'a> Tags<'a> {
    pub(super) fn new(connection: &'a Connection, limiter: &Limiter) -> Self {
        Self {
            reader: Reader::new(Some(connection), limiter),
            unread: BTreeMap::new(),
            read_at: None,
        }
    }

    /// Those that were read in an earlier run, asking for no others.
    pub(super) fn of_cache(found: &[Looked], limiter: &Limiter) -> Self {
        let read_at = found.iter().filter_map(|it| match &it.question {
            Question::Tags(id) => Some((id.clone(), it.at)),
            _ => None,
        });
        Self {
            reader: Reader::new(None, limiter).knowing(found),
            unread: BTreeMap::new(),
            read_at: Some(read_at.collect()),
        }
    }

    /// Those of these accounts and OUs whose tags are to be read: none where they are too many,
    /// which is said.
    pub(super) fn wanted(&self, ids: &[String]) -> Vec<String> {
        if self.read_at.is_some() {
            return Vec::new();
        }
        let unknown = |id: &&String| !id.starts_with("r-") && self.of(id).is_none();
        let wanted: Vec<String> = ids.iter().filter(unknown).cloned().collect();
        if wanted.len() > MOST_TAGGED {
            tell(&format!(
                "tags are read of at most {MOST_TAGGED} accounts and OUs, not of {}",
                wanted.len()
            ));
            return Vec::new();
        }
        wanted
    }

    /// Takes what [`read`] has read of these, in their order; `None` where that took too long.
    pub(super) fn learn(
        &mut self,
        ids: &[String],
        answers: Option<Vec<Result<Finding, OrgError>>>,
    ) {
        let late = || {
            OrgError::new(
                ErrorKind::Network,
                "no answer came in time, and the rest did not wait",
            )
        };
        let answers = answers.unwrap_or_default().into_iter().map(Some);
        for (id, answer) in ids
            .iter()
            .zip(answers.chain(std::iter::repeat_with(|| None)))
        {
            let answer = answer.unwrap_or_else(|| Err(late().during("ListTagsForResource")));
            match answer {
                Ok(finding) => self.reader.learn(Question::Tags(id.clone()), finding),
                Err(error) => drop(self.unread.insert(id.clone(), error)),
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
        self.read_at.as_ref()?.get(id).copied()
    }
}

/// Reads the tags of these accounts and OUs at once. Of what is not there, this fails: whether it is
/// there, another call tells.
pub(super) async fn read(
    connection: &Connection,
    limiter: &Limiter,
    ids: &[String],
) -> Vec<Result<Finding, OrgError>> {
    let reads = ids.iter().map(async |id| {
        let question = Question::Tags(id.clone());
        aws::answer(connection, limiter, &question).await
    });
    join_all(reads).await
}
