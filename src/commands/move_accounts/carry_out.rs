//! Carrying a plan out, with results as they come and an orderly end when somebody interrupts.

use std::collections::BTreeSet;
use std::io;
use std::pin::pin;
use std::time::Duration;

use super::note;
use super::results::Done;
use crate::commands::{Failure, now};
use crate::confirm::Confirmed;
use crate::org::OrgError;
use crate::worker::{Book, Desk, apply};

/// How often to look into the journal for what is new.
const EVERY: Duration = Duration::from_millis(100);

/// Makes the changes, and gives what became of each; `show` is called with each as soon as that is
/// known.
///
/// After an interruption nothing more is sent, and what was not is taken back. The call in flight
/// is seen to its end: nothing here gives up between a call and its outcome in the journal, whatever
/// cannot be written or shown.
///
/// # Errors
/// When the order could not be written into the journal: then nothing was sent.
pub(super) async fn carry_out(
    desk: &Desk,
    confirmed: Confirmed,
    show: impl FnMut(&Done),
) -> Result<Vec<Done>, Failure> {
    let book = desk.book()?;
    let mut interrupted = Interrupted::listen()
        .map_err(|error| Failure::System("signals cannot be received", error))?;
    let mut shower = Shower::new(show);
    let mut tick = tokio::time::interval(EVERY);
    let mut stopping = false;
    let mut applying = pin!(apply(desk, confirmed));
    let applied = loop {
        tokio::select! {
            biased;
            () = interrupted.next() => {
                if stopping {
                    note("still waiting for the call that was sent");
                } else {
                    note("interrupted: waiting for the call that was sent; no other follows");
                }
                stopping = true;
                desk.stop();
                take_back(&book).await;
            }
            applied = &mut applying => break applied,
            _ = tick.tick() => {
                if stopping {
                    take_back(&book).await;
                }
                for done in ours(&book).await.iter().filter(|done| done.is_over()) {
                    shower.show(done);
                }
            }
        }
    };
    let applied = applied?;
    if stopping {
        take_back(&book).await;
    }
    let mut results = Vec::new();
    for done in ours(&book).await {
        let applied = applied.iter().find(|applied| applied.entry == done.entry);
        let done = match applied {
            Some(applied) => done.with(applied),
            None => done,
        };
        shower.show(&done);
        results.push(done);
    }
    Ok(results)
}

/// Shows each result once.
struct Shower<S> {
    show: S,
    shown: BTreeSet<String>,
}

impl<S: FnMut(&Done)> Shower<S> {
    fn new(show: S) -> Self {
        Self {
            show,
            shown: BTreeSet::new(),
        }
    }

    fn show(&mut self, done: &Done) {
        if self.shown.insert(done.entry.clone()) {
            (self.show)(done);
        }
    }
}

/// The entries of this run: it has given one order only.
async fn ours(book: &Book) -> Vec<Done> {
    book.with(|journal| {
        let ours = journal.instance();
        let entries = journal.entries().iter();
        let entries = entries.filter(|entry| entry.owner == ours);
        entries.map(Done::of).collect()
    })
    .await
}

/// Takes back what was not sent yet. What cannot be taken back now is tried again.
async fn take_back(book: &Book) {
    let withdrawn: Result<Vec<String>, OrgError> = book
        .with(|journal| {
            let ours = journal.instance().to_owned();
            let entries = journal.entries().iter();
            let waiting = entries.filter(|entry| entry.owner == ours && entry.is_queued());
            let waiting: Vec<_> = waiting.map(|entry| entry.id.clone()).collect();
            if waiting.is_empty() {
                return Ok(waiting);
            }
            journal.withdraw(&waiting, now())
        })
        .await;
    if let Err(error) = withdrawn {
        tracing::error!(%error, "what was not sent could not be taken back");
    }
}

/// Signals that ask for an end. From now on they no longer end the program by themselves.
#[cfg(unix)]
struct Interrupted {
    signals: [tokio::signal::unix::Signal; 3],
}

#[cfg(unix)]
impl Interrupted {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            signals: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Interrupted;

#[cfg(not(unix))]
impl Interrupted {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
