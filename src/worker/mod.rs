//! Carries effects out: one task per job, news by message.
//!
//! A job replaces the older one with the same [`JobKey`]. All calls to the service go through one
//! [`Limiter`], whatever job they belong to.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::aws::limiter::Row;
use crate::aws::{Connection, Limiter, identify, walk};
use crate::effect::{Effect, JobKey};
use crate::msg::Msg;
use crate::org::WalkScope;

/// News of a walk that wait for the program to take them: more would only be staler.
const EVENTS_WAITING: usize = 8;

/// Runs jobs and sends what comes of them.
#[derive(Debug)]
pub struct Worker {
    connection: Connection,
    limiter: Arc<Limiter>,
    messages: mpsc::Sender<Msg>,
    wanted: watch::Sender<Vec<String>>,
    tasks: JoinSet<()>,
    running: HashMap<JobKey, AbortHandle>,
}

impl Worker {
    /// A worker that sends its news to `messages`.
    #[must_use]
    pub fn new(connection: Connection, messages: mpsc::Sender<Msg>) -> Self {
        Self {
            connection,
            limiter: Arc::new(Limiter::published()),
            messages,
            wanted: watch::Sender::new(Vec::new()),
            tasks: JoinSet::new(),
            running: HashMap::new(),
        }
    }

    /// Uses another connection from now on; the pace that the service allows stays the same.
    pub fn reconnect(&mut self, connection: Connection) {
        self.connection = connection;
    }

    /// Starts what the effect asks for. Effects that need the terminal are not the worker's.
    pub fn run(&mut self, effect: Effect) {
        let job = effect.job();
        match effect {
            Effect::Identify => self.spawn(job, {
                let (connection, limiter) = (self.connection.clone(), Arc::clone(&self.limiter));
                let messages = self.messages.clone();
                async move {
                    let _permit = limiter.acquire(Row::Organization).await;
                    let answer = identify(&connection).await;
                    let _ = messages.send(Msg::Identified(answer)).await;
                }
            }),
            Effect::Walk { generation, scope } => {
                let walking = self.walk(generation, scope);
                self.spawn(job, walking);
            }
            Effect::Prioritize(wanted) => {
                self.wanted.send_replace(wanted);
            }
            Effect::Preflight { .. }
            | Effect::ReadPolicies(_)
            | Effect::Apply(_)
            | Effect::Withdraw(_)
            | Effect::OpenJournal { .. }
            | Effect::Poll(_)
            | Effect::Sweep
            | Effect::ClosuresUnderWay(_)
            | Effect::Verified { .. }
            | Effect::Ring
            | Effect::Copy { .. }
            | Effect::Reconnect
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    /// Waits until a task fails by itself, which only a defect makes it do.
    pub async fn failure(&mut self) -> JoinError {
        loop {
            match self.tasks.join_next().await {
                Some(Err(error)) if error.is_panic() => return error,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Makes a task panic, to test what follows.
    #[cfg(debug_assertions)]
    pub(crate) fn panic(&mut self) {
        self.tasks.spawn(async { panic!("a panic was asked for") });
    }

    fn walk(&self, generation: u64, scope: WalkScope) -> impl Future<Output = ()> + use<> {
        let (connection, limiter) = (self.connection.clone(), Arc::clone(&self.limiter));
        let (messages, wanted) = (self.messages.clone(), self.wanted.subscribe());
        async move {
            let (events, mut news) = mpsc::channel(EVENTS_WAITING);
            let forward = async {
                while let Some(event) = news.recv().await {
                    if messages.send(Msg::Walk(generation, event)).await.is_err() {
                        break;
                    }
                }
            };
            tokio::join!(walk(&connection, &limiter, scope, wanted, events), forward);
        }
    }

    fn spawn(&mut self, job: Option<JobKey>, task: impl Future<Output = ()> + Send + 'static) {
        let handle = self.tasks.spawn(task);
        if let Some(older) = job.and_then(|job| self.running.insert(job, handle)) {
            older.abort();
        }
    }
}
