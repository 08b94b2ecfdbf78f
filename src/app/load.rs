//! How loading the organization goes.

use jiff::Timestamp;

use crate::org::{OrgError, Progress, WalkScope};

/// The state of the current or last walk.
///
/// One walk of the organization or of a subtree runs at a time; besides it, a single account can be
/// read again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Load {
    /// How far the current or last walk has come.
    pub progress: Progress,
    /// What the last walk could not read.
    pub missing: Vec<OrgError>,
    /// When the last complete walk of the whole organization ended.
    pub loaded_at: Option<Timestamp>,
    /// Turns while something is loading.
    pub spinner: usize,
    walk: Option<Job>,
    account: Option<Job>,
    generation: u64,
}

/// A walk that was started and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    generation: u64,
    pub(super) scope: WalkScope,
    pub(super) started_at: Timestamp,
    /// What could not be read in this scope before.
    pub(super) failed_before: Vec<OrgError>,
}

impl Load {
    /// Whether anything is being read.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.walk.is_some() || self.account.is_some()
    }

    /// What is being walked, beyond a single account.
    #[must_use]
    pub fn walking(&self) -> Option<&WalkScope> {
        self.walk.as_ref().map(|job| &job.scope)
    }

    /// Whether the whole organization is being walked.
    #[must_use]
    pub fn is_walking_all(&self) -> bool {
        self.walking() == Some(&WalkScope::Organization)
    }

    /// What news of this generation are about; `None` if nobody waits for them any more.
    pub(super) fn scope_of(&self, generation: u64) -> Option<&WalkScope> {
        [&self.walk, &self.account]
            .into_iter()
            .flatten()
            .find(|job| job.generation == generation)
            .map(|job| &job.scope)
    }

    /// Starts a walk in place of the one of its kind that may be running; says its generation.
    pub(super) fn start(
        &mut self,
        scope: WalkScope,
        started_at: Timestamp,
        failed_before: Vec<OrgError>,
    ) -> u64 {
        self.generation += 1;
        let job = Job {
            generation: self.generation,
            scope,
            started_at,
            failed_before,
        };
        if matches!(job.scope, WalkScope::Account { .. }) {
            self.account = Some(job);
        } else {
            self.progress = Progress::default();
            self.walk = Some(job);
        }
        self.generation
    }

    /// What is being read is not told of any more.
    pub(super) fn reconnect(&mut self) {
        (self.walk, self.account) = (None, None);
    }

    /// Ends the walk of this generation.
    pub(super) fn finish(&mut self, generation: u64) -> Option<Job> {
        [&mut self.walk, &mut self.account]
            .into_iter()
            .find(|job| job.as_ref().is_some_and(|job| job.generation == generation))?
            .take()
    }
}
