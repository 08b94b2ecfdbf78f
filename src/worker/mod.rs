//! Carries effects out: one task per job, news by message.
//!
//! A job replaces the older one with the same [`JobKey`]. All calls to the service go through one
//! [`Limiter`](crate::aws::Limiter), whatever job they belong to. What changes the organization is
//! no job: nothing replaces it, and it takes the [`Book`], the open journal, to the [`Desk`].

mod apply;
mod asked;
mod book;
mod desk;
mod keep;
mod leave;
mod line;
mod mark;
mod queue;
mod reads;
mod watch;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch as channel};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::aws::limiter::Row;
use crate::aws::{Connection, identify, walk};
use crate::config::Config;
use crate::confirm::Confirmed;
use crate::effect::{Effect, JobKey};
use crate::msg::Msg;
use crate::org::{OrgError, Snapshot, WalkScope};
use crate::store::{Cache, Key};

use self::asked::Asked;
use self::desk::OrderGuard;
use self::keep::Keeper;
use self::line::Line;

pub use apply::{Applied, apply};
pub use book::Book;
pub use desk::Desk;

/// News of a walk that wait for the program to take them: more would only be staler.
const EVENTS_WAITING: usize = 8;

/// How long to wait before a journal that cannot be opened is tried again.
const OPEN_AGAIN: Duration = Duration::from_secs(5);

/// Runs jobs and sends what comes of them.
#[derive(Debug)]
pub struct Worker {
    desk: Desk,
    wanted: channel::Sender<Vec<String>>,
    tasks: JoinSet<()>,
    running: HashMap<JobKey, AbortHandle>,
    keeper: Option<Keeper>,
    asked: Asked,
}

impl Worker {
    /// A worker that sends its news to `messages`. The journals are in the folder; without one,
    /// nothing can be changed.
    #[must_use]
    pub fn new(
        connection: Connection,
        messages: mpsc::Sender<Msg>,
        config: Config,
        journals: Option<PathBuf>,
    ) -> Self {
        Self {
            desk: Desk::new(connection, messages, config, journals),
            wanted: channel::Sender::new(Vec::new()),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            keeper: None,
            asked: Asked::default(),
        }
    }

    /// The same, keeping what was read in this cache, where the next run that is started like this
    /// one finds it.
    #[must_use]
    pub fn keeping(mut self, cache: Cache, key: Key) -> Self {
        self.keeper = Some(Keeper::new(cache, key));
        self
    }

    /// Keeps at the end of the program what was read over this connection, the last one or none,
    /// and waits until everything that was to be kept is.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::org::ErrorKind::Usage) where that cannot be written.
    pub async fn keep_last(
        &self,
        connection: u64,
        last: Option<Arc<Snapshot>>,
    ) -> Result<(), OrgError> {
        let Some(keeper) = self.keeper.clone() else {
            return Ok(());
        };
        let line = self.desk.line();
        if let Some(last) = last.filter(|_| line.number == connection) {
            return keeper.write(line.connection.endpoint, last).await;
        }
        keeper.settle().await;
        Ok(())
    }

    /// Uses another connection from now on; the pace that the service allows stays the same. Tells
    /// [`Msg::Reconnected`]: whatever comes after that was found over the new connection, and what
    /// is not told by then never is.
    pub fn reconnect(&mut self, connection: Connection) {
        self.desk.reconnect(connection);
        self.asked.reconnect(self.desk.line().number);
        for (_, job) in self.running.drain() {
            job.abort();
        }
        let desk = self.desk.clone();
        self.spawn(None, async move {
            desk.tell(Msg::Reconnected(Ok(()))).await;
        });
    }

    /// What its tasks share.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Whether something is being changed right now; see [`Desk::is_changing`].
    #[must_use]
    pub fn is_changing(&self) -> bool {
        self.desk.is_changing()
    }

    /// Starts what the effect asks for. Effects that need the terminal are not the worker's.
    pub fn run(&mut self, effect: Effect) {
        let job = effect.job();
        // That of now, not of when the task has its first turn.
        let line = self.desk.line();
        match effect {
            Effect::Identify => self.spawn(job, async move {
                let _permit = line.limiter().acquire(Row::Organization).await;
                let answer = identify(&line.connection).await;
                line.tell(Msg::Identified(answer)).await;
            }),
            Effect::Walk { generation, scope } => {
                let walking = self.walk(line, generation, scope);
                self.spawn(job, walking);
            }
            Effect::Prioritize(wanted) => {
                self.wanted.send_replace(wanted);
            }
            Effect::Preflight { dialog, accounts } => {
                self.spawn(job, reads::preflight(line, dialog, accounts));
            }
            Effect::ReadPolicies(wanted) => self.spawn(job, reads::policies(line, wanted)),
            Effect::Poll(accounts) => self.spawn(job, reads::poll(line, accounts)),
            Effect::Sweep => self.spawn(job, reads::sweep(line)),
            Effect::OpenJournal { .. }
            | Effect::Apply(_)
            | Effect::Withdraw(_)
            | Effect::ClosuresUnderWay(_)
            | Effect::Verified { .. } => self.run_journaled(effect),
            Effect::Keep {
                connection,
                snapshot,
            } => {
                // What was read over an earlier one may be of another organization or endpoint.
                let keeper = self.keeper.clone().filter(|_| line.number == connection);
                if let Some(keeper) = keeper {
                    self.spawn(job, keeper.keep(line, snapshot));
                }
            }
            Effect::Ask(questions) => {
                for _ in 0..self.asked.want(questions) {
                    self.spawn(job, self.asked.clone().read(line.clone()));
                }
            }
            Effect::Browse(_)
            | Effect::Ring
            | Effect::Copy { .. }
            | Effect::Reconnect
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    /// The same of what needs the journal.
    fn run_journaled(&mut self, effect: Effect) {
        let job = effect.job();
        let desk = self.desk.clone();
        match effect {
            Effect::OpenJournal {
                organization,
                caller,
            } => {
                desk.want_journal(&organization);
                self.spawn(job, keep_journal(desk, organization, caller));
            }
            Effect::Apply(confirmed) => {
                // From now on, not only from when the task has its first turn.
                let order = desk.begin_order();
                self.spawn(job, carry_out(desk, confirmed, order));
            }
            Effect::Withdraw(entries) => self.spawn(job, withdraw(desk, entries)),
            Effect::ClosuresUnderWay(count) => desk.set_closures_under_way(count),
            Effect::Verified {
                entry,
                holds,
                reading,
            } => self.spawn(job, async move {
                if let Ok(book) = desk.book() {
                    apply::note(&desk, &book, &entry, holds, &reading).await;
                }
            }),
            _ => {}
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

    fn walk(
        &self,
        line: Line,
        generation: u64,
        scope: WalkScope,
    ) -> impl Future<Output = ()> + use<> {
        let wanted = self.wanted.subscribe();
        async move {
            let (events, mut news) = mpsc::channel(EVENTS_WAITING);
            let news_line = line.clone();
            // Whoever ends before the walk takes the events' channel along, so that the walk ends.
            let forward = async move {
                while let Some(event) = news.recv().await {
                    if !news_line.tell(Msg::Walk(generation, event)).await {
                        break;
                    }
                }
            };
            let walking = walk(&line.connection, line.limiter(), scope, wanted, events);
            tokio::join!(walking, forward);
        }
    }

    fn spawn(&mut self, job: Option<JobKey>, task: impl Future<Output = ()> + Send + 'static) {
        let handle = self.tasks.spawn(task);
        if let Some(older) = job.and_then(|job| self.running.insert(job, handle)) {
            older.abort();
        }
    }
}

/// Opens the journal and, as long as it is in use, keeps up with it, sends the closures that are
/// queued in it, and finds out what became of calls without an answer.
pub async fn keep_journal(desk: Desk, organization: String, caller: Option<String>) {
    desk.want_journal(&organization);
    let mut told = None;
    while desk.wants_journal(&organization) {
        let error = match desk.open_journal(&organization, caller.clone()).await {
            Ok(Some(book)) => {
                tokio::join!(
                    watch::run(desk.clone(), book.clone()),
                    queue::run(desk.clone(), book.clone()),
                    watch::settle_doubts(desk.clone(), book),
                );
                // Where the same organization is asked for elsewhere now, that has another journal.
                continue;
            }
            // Whoever opened it keeps it.
            Ok(None) => return,
            Err(error) => error,
        };
        if told.as_ref() != Some(&error) {
            told = Some(error.clone());
            desk.tell_failure(error).await;
        }
        tokio::time::sleep(OPEN_AGAIN).await;
    }
}

async fn carry_out(desk: Desk, confirmed: Confirmed, _order: OrderGuard) {
    if let Err(error) = apply(&desk, confirmed).await {
        desk.tell_failure(error).await;
    }
}

async fn withdraw(desk: Desk, entries: Vec<String>) {
    let Ok(book) = desk.book() else {
        return;
    };
    let withdrawn = book.with(move |journal| journal.withdraw(&entries, desk::now()));
    if let Err(error) = withdrawn.await {
        desk.tell_failure(error).await;
    }
    desk.journal_changed();
    desk.queue_changed();
}
