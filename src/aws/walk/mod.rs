//! The walk: reads a whole organization, or a part of it, at the pace that the service allows.
//!
//! [`planner`] decides what to ask and what follows from the answers; this module sends what it
//! decides, several calls at a time, and passes on what it learns.

mod access;
mod accounts;
mod choose;
mod doubt;
mod learn;
mod missing;
#[cfg(test)]
mod model;
mod planner;
mod repair;
mod units;

use std::pin::Pin;

use aws_sdk_organizations::Client;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};

use self::call::Tally;
use self::job::{Answer, Job};
use self::planner::Planner;
use super::limiter::{Limiter, Permit, Row};
use super::{Connection, call, job};
use crate::org::{Observation, OrgError, Progress, WalkEvent, WalkScope, WalkSummary};

/// Walks `scope` and sends what it finds to `events`, the last event being the one
/// [`WalkEvent::Finished`], whose summary names everything that could not be read.
///
/// `wanted` holds the ids of the OUs that the user looks at, most wanted first; what they contain
/// is read first, also when it changes in mid-walk. Its sender may be dropped.
///
/// Dropping the future ends the walk at once: nothing of it keeps running. So does dropping the
/// receiver of `events`. Every call, retries included, takes its turn in `limiter`.
pub async fn walk(
    connection: &Connection,
    limiter: &Limiter,
    scope: WalkScope,
    wanted: watch::Receiver<Vec<String>>,
    events: mpsc::Sender<WalkEvent>,
) {
    match &scope {
        WalkScope::Organization => tracing::info!("walking the organization"),
        WalkScope::Subtree { node, .. } => tracing::info!(?node, "walking a subtree"),
        WalkScope::Account { id } => tracing::info!(?id, "reading an account"),
    }
    let tally = Tally::default();
    let walk = Walk {
        client: connection.single_attempts(),
        limiter,
        tally: &tally,
        planner: Planner::new(scope),
        permits: FuturesUnordered::new(),
        waiting: Vec::new(),
        calls: FuturesUnordered::new(),
        found: Vec::new(),
    };
    // An error only means that nobody listens any more.
    let _ = walk.run(wanted, &events).await;
}

type Pending<'a, T> = FuturesUnordered<Pin<Box<dyn Future<Output = T> + Send + 'a>>>;

struct Walk<'a> {
    client: &'a Client,
    limiter: &'a Limiter,
    tally: &'a Tally,
    planner: Planner,
    /// At most one permit per row is waited for, so that the job for it is chosen only when it
    /// can be sent.
    permits: Pending<'a, (Row, Permit)>,
    waiting: Vec<Row>,
    calls: Pending<'a, (Job, Result<Answer, OrgError>)>,
    /// What is to be passed on as soon as there is room for it.
    found: Vec<Observation>,
}

impl Walk<'_> {
    async fn run(
        mut self,
        mut wanted: watch::Receiver<Vec<String>>,
        events: &mpsc::Sender<WalkEvent>,
    ) -> Result<(), mpsc::error::SendError<()>> {
        self.planner.prioritise(wanted.borrow_and_update().clone());
        while self.has_work() {
            self.ask_for_permits();
            tokio::select! {
                Some((row, permit)) = self.permits.next() => {
                    self.waiting.retain(|waiting| *waiting != row);
                    self.start(row, permit);
                }
                Some((job, result)) = self.calls.next() => {
                    self.found.extend(self.planner.answer(job, result));
                }
                room = events.reserve(), if !self.found.is_empty() => {
                    let found = std::mem::take(&mut self.found);
                    room?.send(WalkEvent::Observed(found, self.progress()));
                }
                Ok(()) = wanted.changed() => {
                    self.planner.prioritise(wanted.borrow_and_update().clone());
                }
                () = events.closed() => return Err(mpsc::error::SendError(())),
            }
        }
        self.finish(events).await
    }

    fn has_work(&mut self) -> bool {
        if self.planner.has_ended() {
            return false;
        }
        loop {
            if !self.calls.is_empty() || Row::ALL.iter().any(|row| self.planner.wants(*row)) {
                return true;
            }
            if !self.planner.repair() {
                return false;
            }
        }
    }

    fn ask_for_permits(&mut self) {
        for row in Row::ALL {
            if !self.waiting.contains(&row) && self.planner.wants(row) {
                self.waiting.push(row);
                let limiter = self.limiter;
                let permit = async move { (row, limiter.acquire(row).await) };
                self.permits.push(Box::pin(permit));
            }
        }
    }

    fn start(&mut self, row: Row, permit: Permit) {
        // What was wanted may have become known from elsewhere meanwhile.
        let Some(job) = self.planner.next(row) else {
            return;
        };
        let (client, limiter, tally) = (self.client, self.limiter, self.tally);
        self.calls.push(Box::pin(async move {
            let result = call::run(client, limiter, tally, permit, &job).await;
            (job, result)
        }));
    }

    fn progress(&self) -> Progress {
        Progress {
            calls: self.tally.calls(),
            throttled: self.tally.throttled(),
            ..self.planner.progress()
        }
    }

    async fn finish(
        mut self,
        events: &mpsc::Sender<WalkEvent>,
    ) -> Result<(), mpsc::error::SendError<()>> {
        let progress = Progress {
            remaining: None,
            ..self.progress()
        };
        let (last, missing) = self.planner.finish();
        self.found.extend(last);
        if !self.found.is_empty() {
            let room = events.reserve().await?;
            room.send(WalkEvent::Observed(self.found, progress));
        }
        let Progress {
            units_known: units,
            accounts,
            calls,
            throttled,
            ..
        } = progress;
        tracing::info!(
            units,
            accounts,
            calls,
            throttled,
            missing = missing.len(),
            "walked"
        );
        let summary = WalkSummary { progress, missing };
        events.reserve().await?.send(WalkEvent::Finished(summary));
        Ok(())
    }
}
