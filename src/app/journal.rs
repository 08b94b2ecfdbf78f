//! What the app knows of the journal: its entries, which instance we are, and who else is running.

use std::collections::BTreeSet;

use super::details::count;
use super::{App, watching};
use crate::confirm::Order;
use crate::effect::Effect;
use crate::msg::JournalNews;
use crate::org::{Entry, Event, Mutation, Observation, Outcome, Record, Stage};

/// The journal that was asked for last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    organization: String,
    caller: Option<String>,
}

/// Whose an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This running program's.
    Us,
    /// Another running program's, which will see to it.
    Other,
    /// A program's that is not running any more.
    Ended,
}

impl App {
    /// Whose the entry is, as far as is known now.
    #[must_use]
    pub fn owner_of(&self, entry: &Entry) -> Owner {
        if self.instance.as_ref() == Some(&entry.owner) {
            Owner::Us
        } else if self.running.contains(&entry.owner) {
            Owner::Other
        } else {
            Owner::Ended
        }
    }

    /// Our own entries that were sent, or are about to be, and have no outcome yet.
    pub fn in_flight(&self) -> impl Iterator<Item = &Entry> {
        let sent = |entry: &&Entry| entry.stage == Stage::Sent;
        self.ours().filter(sent)
    }

    /// Our own entries that wait to be sent.
    pub fn queued(&self) -> impl Iterator<Item = &Entry> {
        self.ours().filter(|entry| entry.is_queued())
    }

    fn ours(&self) -> impl Iterator<Item = &Entry> {
        self.journal
            .iter()
            .filter(|entry| self.owner_of(entry) == Owner::Us)
    }
}

/// How many entries are not at their end: in flight or queued here, or left by a run that has ended,
/// so that somebody must see to them.
#[must_use]
pub fn open_changes(app: &App) -> usize {
    let open = |entry: &&Entry| match app.owner_of(entry) {
        Owner::Us => entry.is_queued() || entry.stage == Stage::Sent,
        Owner::Other => false,
        Owner::Ended => entry.is_queued() || entry.is_uncertain(),
    };
    app.journal.iter().filter(open).count()
}

/// Once it is known which organization this is: asks for its journal, and again where the
/// organization or the caller has become another.
pub(super) fn open(app: &mut App) -> Option<Effect> {
    let organization = app.known.organization.as_ref()?.id.clone();
    let caller = app.known.caller.as_ref().map(|caller| caller.arn.clone());
    let same = |asked: &Asked| {
        asked.organization == organization && (caller.is_none() || asked.caller == caller)
    };
    if app.journal_asked.as_ref().is_some_and(same) {
        return None;
    }
    app.journal_asked = Some(Asked {
        organization: organization.clone(),
        caller: caller.clone(),
    });
    Some(Effect::OpenJournal {
        organization,
        caller,
    })
}

pub(super) fn on_journal(app: &mut App, news: JournalNews) -> Vec<Effect> {
    match news {
        JournalNews::Opened {
            instance,
            records,
            running,
        } => {
            app.journal = crate::org::Entries::default();
            app.orders_out.clear();
            app.instance = Some(instance);
            app.journal_error = None;
            grow(app, &records, running)
        }
        JournalNews::Grown { records, running } => {
            let mut effects = grow(app, &records, running);
            if records.iter().any(|record| has_left(app, record)) {
                effects.push(Effect::Identify);
            }
            let placed: Vec<_> = records
                .iter()
                .filter_map(|record| placed(app, record))
                .collect();
            app.tree.apply(placed);
            effects
        }
        JournalNews::Damaged { lines } => {
            let lines = count(lines, "line");
            app.warn(format!("{lines} of the journal cannot be read"));
            Vec::new()
        }
        JournalNews::Failed(error) => {
            app.warn(format!(
                "Nothing can be changed without the journal: {error}"
            ));
            app.journal_error = Some(error);
            // What could not be written was not sent.
            app.orders_out.clear();
            Vec::new()
        }
    }
}

/// Whether the record says that our own account was read to be in no organization any more: then
/// it is to be asked anew who we are. Before that reading, the question would only be in its way.
fn has_left(app: &App, record: &Record) -> bool {
    let entry = app.journal.get(&record.entry);
    let account = entry.map(|entry| &entry.change.mutation);
    let leaves = matches!(account, Some(Mutation::LeaveOrganization { account })
        if app.own_account() == Some(account));
    leaves && matches!(record.event, Event::Verified { holds: true, .. })
}

/// Where the service has accepted to put an account: the tree shows it there, unconfirmed until a
/// reading says so too.
fn placed(app: &App, record: &Record) -> Option<Observation> {
    let accepted = matches!(
        record.event,
        Event::Outcome {
            result: Outcome::Done { .. },
            ..
        }
    );
    match &app.journal.get(&record.entry)?.change.mutation {
        Mutation::MoveAccount { account, to, .. } if accepted => {
            // Where an OU is not known, nothing can be shown in it.
            app.tree.find(to)?;
            Some(Observation::AccountPlaced {
                account: account.clone(),
                parent: to.clone(),
            })
        }
        _ => None,
    }
}

/// Whether these records say that the order is in the journal.
fn shows(records: &[Record], order: &Order) -> bool {
    records.iter().any(|record| match (&record.event, order) {
        (Event::Asked { change, .. }, Order::Changes { changes, .. }) => changes.contains(change),
        (Event::Resumed, Order::Resume { entries }) => entries.contains(&record.entry),
        _ => false,
    })
}

fn grow(app: &mut App, records: &[Record], running: BTreeSet<String>) -> Vec<Effect> {
    app.orders_out.retain(|order| !shows(records, order));
    app.running = running;
    for record in records {
        // Before it is taken in: afterwards nothing is uncertain any more.
        if watching::finds_later(app, record) {
            app.found_later.push(record.entry.clone());
            // It must not be hidden by what was said before.
            app.notice.take_if(|notice| !notice.is_problem);
        }
        app.journal.apply(record);
        super::moving::call_back(app, record);
    }
    app.journal_revision += 1;
    watching::on_journal(app)
}
