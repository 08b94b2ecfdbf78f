//! What all tasks share: the connection and its pace, the open journal, and what is being sent.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};

use super::book::Book;
use super::line::Line;
use crate::aws::{Connection, Limiter};
use crate::config::Config;
use crate::msg::{JournalNews, Msg};
use crate::org::{ErrorKind, OrgError};
use crate::store::{Journal, Name};

/// The connection in use.
#[derive(Debug)]
struct InUse {
    connection: Connection,
    /// Counts the connections.
    number: u64,
}

/// Everything that is needed to read the service, and to change it with the journal's leave.
#[derive(Debug, Clone)]
pub struct Desk(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connection: Mutex<InUse>,
    limiter: Limiter,
    config: Config,
    messages: mpsc::Sender<Msg>,
    folder: Option<PathBuf>,
    book: Mutex<Option<Book>>,
    /// The organization whose journal was asked for last.
    wanted: Mutex<String>,
    /// Entries between their last look and their outcome.
    sending: Mutex<BTreeSet<String>>,
    /// Orders that are not at their end.
    orders: AtomicUsize,
    /// Whether nothing more is to be sent.
    stopped: AtomicBool,
    /// One change at a time: the service refuses those that overlap.
    turn: tokio::sync::Mutex<()>,
    under_way: AtomicUsize,
    failed: AtomicBool,
    /// What is being read for a dialog or a poll, so that it is not read twice at once.
    reading: Mutex<BTreeSet<(u64, String, String)>>,
    journal_changed: Notify,
    queue_changed: Notify,
    doubt_changed: Notify,
}

impl Desk {
    /// A desk that tells `messages` what happens. The journals are in `folder`; without one,
    /// nothing can be changed.
    #[must_use]
    pub fn new(
        connection: Connection,
        messages: mpsc::Sender<Msg>,
        config: Config,
        folder: Option<PathBuf>,
    ) -> Self {
        Self(Arc::new(Shared {
            connection: Mutex::new(InUse {
                connection,
                number: 0,
            }),
            limiter: Limiter::closing_every(config.closures.send_every),
            config,
            messages,
            folder,
            book: Mutex::default(),
            wanted: Mutex::default(),
            sending: Mutex::default(),
            orders: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            turn: tokio::sync::Mutex::default(),
            under_way: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            reading: Mutex::default(),
            journal_changed: Notify::new(),
            queue_changed: Notify::new(),
            doubt_changed: Notify::new(),
        }))
    }

    /// The connection in use.
    #[must_use]
    pub fn connection(&self) -> Connection {
        lock(&self.0.connection).connection.clone()
    }

    /// The connection in use, for what is read over it and told.
    pub(super) fn line(&self) -> Line {
        let in_use = lock(&self.0.connection);
        Line {
            desk: self.clone(),
            connection: in_use.connection.clone(),
            number: in_use.number,
        }
    }

    /// Uses another connection from now on; the pace that the service allows stays the same. Where
    /// it leads to another endpoint, the journal in use is closed. Nothing that was read over the
    /// one before is told any more.
    pub fn reconnect(&self, connection: Connection) {
        {
            let mut in_use = lock(&self.0.connection);
            in_use.connection = connection;
            in_use.number += 1;
        }
        let wanted = lock(&self.0.wanted).clone();
        self.close_other_journal(&self.name_of(&wanted));
    }

    /// The journal of this organization over the connection in use.
    fn name_of(&self, organization: &str) -> Name {
        Name::new(organization, self.connection().endpoint.as_deref())
    }

    /// The pace of all calls.
    #[must_use]
    pub fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Sends news; without anybody to hear it, there is nothing to tell.
    pub(super) async fn tell(&self, msg: Msg) {
        let _ = self.0.messages.send(msg).await;
    }

    /// Tells what was read over the connection of this number, unless there is another one by now;
    /// whether it was told.
    pub(super) async fn tell_of(&self, number: u64, msg: impl FnOnce() -> Msg) -> bool {
        // First the place for it: an answer that waited for one could come after the news of
        // another connection.
        let place = self.0.messages.reserve().await.ok();
        let in_use = lock(&self.0.connection);
        if in_use.number != number {
            return false;
        }
        let msg = msg();
        if let Some(place) = place {
            place.send(msg);
        }
        true
    }

    /// Tells that the journal cannot be used. Whoever watches it tells when it can be again.
    pub(super) async fn tell_failure(&self, error: OrgError) {
        tracing::error!(%error, "the journal cannot be used");
        self.0.failed.store(true, Ordering::Relaxed);
        self.tell(Msg::Journal(JournalNews::Failed(error))).await;
    }

    /// Whether it was told that the journal cannot be used, and not yet that it can be again.
    pub(super) fn has_failed(&self) -> bool {
        self.0.failed.load(Ordering::Relaxed)
    }

    pub(super) fn set_recovered(&self) {
        self.0.failed.store(false, Ordering::Relaxed);
    }

    /// The open journal.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] while there is none: nothing can be changed then.
    pub fn book(&self) -> Result<Book, OrgError> {
        lock(&self.0.book).clone().ok_or_else(|| {
            OrgError::new(ErrorKind::Usage, "the journal is not open").with_hint("nothing was sent")
        })
    }

    /// Opens the journal of this organization and uses it from now on; `None` if it was open.
    ///
    /// # Errors
    /// See [`Journal::open`].
    pub async fn open_journal(
        &self,
        organization: &str,
        caller: Option<String>,
    ) -> Result<Option<Book>, OrgError> {
        let name = self.name_of(organization);
        if let Ok(book) = self.book()
            && *book.name() == name
        {
            book.with(|journal| journal.set_caller(caller)).await;
            return Ok(None);
        }
        self.close_other_journal(&name);
        let journal = self.opened(name.clone(), caller).await?;
        if self.name_of(organization) != name {
            // Whoever has connected to another endpoint meanwhile asks for its journal.
            let message = "the connection is to another endpoint by now";
            return Err(OrgError::new(ErrorKind::Usage, message));
        }
        let book = Book::new(journal);
        *lock(&self.0.book) = Some(book.clone());
        // Whoever works with another one ends.
        self.0.queue_changed.notify_waiters();
        self.0.doubt_changed.notify_waiters();
        Ok(Some(book))
    }

    async fn opened(&self, name: Name, caller: Option<String>) -> Result<Journal, OrgError> {
        let folder = self.0.folder.clone().ok_or_else(|| {
            OrgError::new(ErrorKind::Usage, "there is no home folder for the journal")
        })?;
        let open = move || Journal::open(&folder, name, caller);
        let opened = tokio::task::spawn_blocking(open).await;
        opened.unwrap_or_else(|error| {
            let message = format!("the journal could not be opened: {error}");
            Err(OrgError::new(ErrorKind::Usage, message))
        })
    }

    /// Notes which organization's journal is wanted now.
    pub(super) fn want_journal(&self, organization: &str) {
        organization.clone_into(&mut lock(&self.0.wanted));
        self.close_other_journal(&self.name_of(organization));
    }

    /// No other journal than this one is to be written into from now on, whether the one that is
    /// wanted can be opened or not.
    fn close_other_journal(&self, name: &Name) {
        let mut book = lock(&self.0.book);
        if book.as_ref().is_some_and(|book| book.name() != name) {
            *book = None;
            drop(book);
            // Whoever works with it ends.
            self.0.queue_changed.notify_waiters();
            self.0.doubt_changed.notify_waiters();
            self.0.journal_changed.notify_waiters();
        }
    }

    /// Whether the journal of this organization is the one that was asked for last.
    pub(super) fn wants_journal(&self, organization: &str) -> bool {
        *lock(&self.0.wanted) == organization
    }

    /// Whether this is the journal in use.
    pub(super) fn uses(&self, book: &Book) -> bool {
        let current = lock(&self.0.book);
        current.as_ref().is_some_and(|current| current.is(book))
    }

    /// Something was written into the journal, or its reader shall look again.
    pub(super) fn journal_changed(&self) {
        self.0.journal_changed.notify_one();
    }

    /// The queue may go on, or has something new.
    pub(super) fn queue_changed(&self) {
        self.0.queue_changed.notify_one();
    }

    /// There may be entries of which nobody knows what became of them.
    pub(super) fn doubt_changed(&self) {
        self.0.doubt_changed.notify_one();
    }

    pub(super) async fn until_journal_changes(&self) {
        self.0.journal_changed.notified().await;
    }

    pub(super) async fn until_queue_changes(&self) {
        self.0.queue_changed.notified().await;
    }

    pub(super) async fn until_doubt_changes(&self) {
        self.0.doubt_changed.notified().await;
    }

    /// How many closures the service was read to have under way.
    #[must_use]
    pub fn closures_under_way(&self) -> usize {
        self.0.under_way.load(Ordering::Relaxed)
    }

    pub(super) fn set_closures_under_way(&self, count: usize) {
        self.0.under_way.store(count, Ordering::Relaxed);
        self.queue_changed();
    }

    /// Whether something is being changed right now, or an order is not at its end. Closures that
    /// only wait in the queue do not count.
    #[must_use]
    pub fn is_changing(&self) -> bool {
        self.0.orders.load(Ordering::Relaxed) > 0 || !lock(&self.0.sending).is_empty()
    }

    /// Sends nothing more, whatever the journal says; what was sent is seen to its end. There is no
    /// way back.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// Counts an order until the guard is dropped.
    pub(super) fn begin_order(&self) -> OrderGuard {
        self.0.orders.fetch_add(1, Ordering::Relaxed);
        OrderGuard(self.clone())
    }

    /// Waits until no other change is being made, and counts this one until the guard is dropped.
    pub(super) async fn take_turn(&self, entry: &str) -> Turn<'_> {
        let alone = self.0.turn.lock().await;
        lock(&self.0.sending).insert(entry.to_owned());
        Turn {
            desk: self,
            entry: entry.to_owned(),
            _alone: alone,
        }
    }

    pub(super) fn is_sending(&self, entry: &str) -> bool {
        lock(&self.0.sending).contains(entry)
    }

    /// Notes that something is being read over the connection of this number; `None` if it already
    /// is.
    pub(super) fn begin_reading(&self, number: u64, what: &str, of: &str) -> Option<Reading> {
        let key = (number, what.to_owned(), of.to_owned());
        let new = lock(&self.0.reading).insert(key.clone());
        new.then(|| Reading {
            desk: self.clone(),
            key,
        })
    }
}

/// An order that is not at its end.
pub(super) struct OrderGuard(Desk);

impl Drop for OrderGuard {
    fn drop(&mut self) {
        self.0.0.orders.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The right to be the one change that is being made.
pub(super) struct Turn<'a> {
    desk: &'a Desk,
    entry: String,
    _alone: tokio::sync::MutexGuard<'a, ()>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.desk.0.sending).remove(&self.entry);
    }
}

/// Something that is being read.
pub(super) struct Reading {
    desk: Desk,
    key: (u64, String, String),
}

impl Drop for Reading {
    fn drop(&mut self) {
        lock(&self.desk.0.reading).remove(&self.key);
    }
}

/// The wall clock, by which journals are written.
#[expect(
    clippy::disallowed_methods,
    reason = "the worker is where the journal's times come from"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
