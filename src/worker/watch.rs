//! Keeping up with the journal: what others write, who comes and goes, and what nobody knows the
//! outcome of.

use std::collections::BTreeSet;
use std::time::Duration;

use super::apply::look;
use super::book::Book;
use super::desk::Desk;
use crate::msg::{JournalNews, Msg};
use crate::org::{Entry, OrgError, Record};

/// How often to look whether another instance has written something, or has come or gone.
const EVERY: Duration = Duration::from_secs(1);

/// Tells what the journal holds and, as long as it is in use, what is added.
pub(super) async fn run(desk: Desk, book: Book) {
    let mut told = Told::default();
    while desk.uses(&book) {
        told.tell_news(&desk, &book).await;
        tokio::select! {
            () = desk.until_journal_changes() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// What was told last.
#[derive(Default)]
struct Told {
    opened: bool,
    running: BTreeSet<String>,
    damaged: usize,
}

/// What is to be told.
struct News {
    records: Vec<Record>,
    running: BTreeSet<String>,
    damaged: usize,
    /// Whether these are all records, after it could not be used or was just opened.
    again: bool,
}

impl Told {
    async fn tell_news(&mut self, desk: &Desk, book: &Book) {
        let failed = desk.has_failed();
        let opened = self.opened;
        let news = book.with(move |journal| {
            let is_usable = if failed { journal.probe() } else { Ok(()) };
            let is_usable = is_usable.and_then(|()| journal.read_new());
            let again = !opened || failed;
            let records = match &is_usable {
                Ok(_) if again => journal.all(),
                Ok(new) => new.clone(),
                // What is known all the same, such as what was given up for that reason.
                Err(_) => match journal.read_new() {
                    Ok(new) => new,
                    Err(_) => journal.unread(),
                },
            };
            let news = News {
                records,
                running: journal.running()?,
                damaged: journal.damaged(),
                again: is_usable.is_ok() && again,
            };
            Ok::<_, OrgError>((news, is_usable.err()))
        });
        let news = news.await;
        if !desk.uses(book) {
            // Another organization's is wanted meanwhile.
            return;
        }
        match news {
            Ok((news, None)) => {
                desk.set_recovered();
                self.tell(desk, book, news).await;
            }
            Ok((news, Some(error))) => {
                if opened {
                    self.tell(desk, book, news).await;
                }
                // Where it is known, this was the look whether it is over.
                if !failed {
                    desk.tell_failure(error).await;
                }
            }
            Err(_) if failed => {}
            Err(error) => desk.tell_failure(error).await,
        }
    }

    async fn tell(&mut self, desk: &Desk, book: &Book, news: News) {
        let News {
            records,
            running,
            damaged,
            again,
        } = news;
        if damaged > self.damaged {
            let lines = damaged - self.damaged;
            self.damaged = damaged;
            desk.tell(Msg::Journal(JournalNews::Damaged { lines }))
                .await;
        }
        if !again && records.is_empty() && running == self.running {
            return;
        }
        self.running.clone_from(&running);
        self.opened = true;
        let news = if again {
            JournalNews::Opened {
                instance: book.instance().to_owned(),
                records,
                running,
            }
        } else {
            JournalNews::Grown { records, running }
        };
        desk.tell(Msg::Journal(news)).await;
        desk.queue_changed();
        desk.doubt_changed();
    }
}

/// Reads the service for the entries of which nobody will ever know the answer: sent by an
/// instance that has ended, or by us without an answer that could be read or written down.
pub(super) async fn settle_doubts(desk: Desk, book: Book) {
    let figures = desk.config().closures;
    let mut pause = figures.poll_every;
    while desk.uses(&book) {
        let doubtful = doubtful(&desk, &book).await;
        for entry in &doubtful {
            // Somebody else may have found out meanwhile.
            if is_doubtful(&book, &entry.id).await {
                look(&desk.line(), &book, entry, None).await;
            }
        }
        pause = if doubtful.is_empty() {
            figures.poll_every
        } else {
            pause.saturating_mul(2).min(figures.poll_at_most_every)
        };
        tokio::select! {
            () = desk.until_doubt_changes(), if doubtful.is_empty() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn doubtful(desk: &Desk, book: &Book) -> Vec<Entry> {
    let found = book.with(|journal| {
        let running = journal.running().unwrap_or_default();
        let ours = journal.instance().to_owned();
        let of_nobody = |entry: &&Entry| entry.owner == ours || !running.contains(&entry.owner);
        let uncertain = journal.entries().uncertain();
        let found: Vec<_> = uncertain.filter(of_nobody).cloned().collect();
        found
    });
    let mut found = found.await;
    found.retain(|entry| !desk.is_sending(&entry.id));
    found
}

async fn is_doubtful(book: &Book, id: &str) -> bool {
    let entry = book.entry(id).await;
    entry.is_some_and(|entry| entry.is_uncertain())
}
