//! Making changes: look again, claim, send once, write down what came of it, read what is true.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::book::Book;
use super::desk::{Desk, now};
use super::leave::{Leave, leave, may_send};
use super::line::Line;
use super::mark::mark;
use crate::aws::{self, Reading};
use crate::confirm::{Confirmed, Order};
use crate::msg::Msg;
use crate::org::{Entry, ErrorKind, Mutation, Observation, OrgError, Outcome, Stage};
use crate::store::{GIVEN_UP, Held};

/// How often a change is sent at most, each time after another look.
pub(super) const ATTEMPTS: u32 = 4;

/// How long a request that nobody answered may take until the service carries it out: whatever is
/// between us and the service may hold it back.
const ANSWERS_WITHIN: Duration = Duration::from_mins(2);

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its entry in the journal.
    pub entry: String,
    /// What came of it; `None` if it is still queued, and for closures, which the queue sends.
    pub outcome: Option<Outcome>,
    /// What was found to be true afterwards, if anything was to be looked for and could be read.
    pub reading: Option<Reading>,
    /// Why it was not sent, where the journal could not be written.
    pub failure: Option<OrgError>,
}

impl Applied {
    /// Whether the service now is as the change meant it, as far as we know.
    #[must_use]
    pub fn is_made(&self) -> bool {
        match (&self.outcome, &self.reading) {
            (Some(Outcome::Done { .. }), _) => true,
            (Some(Outcome::Unknown { .. }), Some(reading)) => reading.holds,
            _ => false,
        }
    }
}

/// Writes the order into the journal and carries it out, one change after the other; closures are
/// left to the queue.
///
/// # Errors
/// When it could not be written: then nothing was sent.
pub async fn apply(desk: &Desk, confirmed: Confirmed) -> Result<Vec<Applied>, OrgError> {
    let _order = desk.begin_order();
    let book = desk.book()?;
    if desk.connection().is_read_only() {
        let error = OrgError::new(ErrorKind::Usage, "this session is read-only");
        return Err(error.with_hint("nothing was sent"));
    }
    let stops = matches!(
        confirmed.order(),
        Order::Changes {
            stop_at_first_error: true,
            ..
        }
    );
    let ids = book.with(|journal| journal.ask(confirmed, now())).await?;
    desk.journal_changed();
    let mut results = Vec::new();
    let mut stopped = false;
    for id in ids {
        let Some(entry) = book.entry(&id).await else {
            let error = OrgError::new(ErrorKind::Usage, "the journal lost what was asked for");
            return Err(error.with_hint("look into the activity view for what was sent"));
        };
        mark(entry.change.mutation.operation(), "asked-written");
        if entry.is_closure() {
            desk.queue_changed();
            continue;
        }
        let applied = if stopped {
            let why = "a change before it was not made".to_owned();
            end(desk, &book, &id, Outcome::NotSent { why }, None).await
        } else {
            carry_out(desk, &book, &id).await
        };
        stopped |= stops && !applied.is_made();
        results.push(applied);
    }
    Ok(results)
}

/// Makes one change that the queue has nothing to do with.
async fn carry_out(desk: &Desk, book: &Book, id: &str) -> Applied {
    loop {
        match attempt(desk, book, id).await {
            Attempt::Ended(applied) => return applied,
            Attempt::Held(Held::Until(time)) => tokio::time::sleep(until(time)).await,
            Attempt::Held(Held::Failed(error)) => {
                let entry = id.to_owned();
                book.with(move |journal| journal.give_up(&entry, GIVEN_UP, now()))
                    .await;
                desk.journal_changed();
                desk.tell_failure(error.clone()).await;
                return Applied {
                    outcome: Some(Outcome::NotSent {
                        why: GIVEN_UP.to_owned(),
                    }),
                    ..waiting(id, Some(error))
                };
            }
            // Withdrawn, or taken over by somebody else, while it waited.
            Attempt::Held(_) => break,
        }
    }
    waiting(id, None)
}

fn waiting(id: &str, failure: Option<OrgError>) -> Applied {
    Applied {
        entry: id.to_owned(),
        outcome: None,
        reading: None,
        failure,
    }
}

/// What became of one attempt.
pub(super) enum Attempt {
    /// There will be no other.
    Ended(Applied),
    /// It was not sent, or may be sent again later.
    Held(Held),
}

/// One attempt at one entry.
pub(super) async fn attempt(desk: &Desk, book: &Book, id: &str) -> Attempt {
    let Some(entry) = book.entry(id).await else {
        return Attempt::Held(Held::Over);
    };
    if let Err(attempt) = may_send(desk, book, id).await {
        return attempt;
    }
    // Before the turn, so that nobody else waits for this one's pace.
    let token = aws::token(desk.limiter(), &entry.change.mutation).await;
    let turn = desk.take_turn(id).await;
    let line = desk.line();
    if !book.is_about(&line.connection) {
        drop(turn);
        return elsewhere(desk, book, &entry).await;
    }
    let Leave { claim, permit } = match leave(desk, book, &entry, &line.connection, token).await {
        Ok(leave) => leave,
        Err(attempt) => {
            drop(turn);
            if matches!(attempt, Attempt::Ended(_)) {
                show(&line, &entry).await;
            }
            return attempt;
        }
    };
    let (operation, number) = (entry.change.mutation.operation(), claim.attempt());
    let wait = desk.config().closures.wait_when_refused;
    let (outcome, request_id) = Box::pin(aws::send(&line.connection, permit, claim, wait)).await;
    mark(operation, "response-received");
    let outcome = match outcome {
        // Closures wait as long as it takes; for anything else, no for now is a no in the end.
        Outcome::Postponed { failure, .. } if number >= ATTEMPTS && !entry.is_closure() => {
            Outcome::Refused { failure }
        }
        outcome => outcome,
    };
    let mut applied = end(desk, book, &entry.id, outcome, request_id).await;
    mark(operation, "outcome-written");
    drop(turn);
    match applied.outcome.clone() {
        Some(Outcome::Postponed { not_before, .. }) => {
            return Attempt::Held(Held::Until(not_before));
        }
        Some(Outcome::Done { made }) => {
            applied.reading = look(&line, book, &entry, made.as_deref()).await;
        }
        Some(Outcome::Unknown { .. }) => {
            applied.reading = look(&line, book, &entry, None).await;
        }
        _ => show(&line, &entry).await,
    }
    Attempt::Ended(applied)
}

/// The connection leads somewhere else by now, where nothing of this was confirmed.
async fn elsewhere(desk: &Desk, book: &Book, entry: &Entry) -> Attempt {
    if entry.is_closure() {
        return Attempt::Held(Held::Over);
    }
    let why = "the connection is to another endpoint now".to_owned();
    Attempt::Ended(end(desk, book, &entry.id, Outcome::NotSent { why }, None).await)
}

/// Writes what came of an entry. If that fails and the program ends, the entry stays without an
/// outcome, and a reading will tell.
pub(super) async fn end(
    desk: &Desk,
    book: &Book,
    id: &str,
    outcome: Outcome,
    request_id: Option<String>,
) -> Applied {
    let (entry, result) = (id.to_owned(), outcome.clone());
    let written = book
        .with(move |journal| journal.outcome(&entry, result, request_id, now()))
        .await;
    desk.journal_changed();
    if let Err(error) = written {
        desk.tell_failure(error).await;
        desk.doubt_changed();
    }
    Applied {
        outcome: Some(outcome),
        ..waiting(id, None)
    }
}

/// Reads what is true of an entry after it was sent, tells it, and writes it down. Gives nothing
/// while a reading that does not show the change says nothing yet.
pub(super) async fn look(
    line: &Line,
    book: &Book,
    entry: &Entry,
    made: Option<&str>,
) -> Option<Reading> {
    let (desk, limiter) = (&line.desk, line.limiter());
    let reading = match Box::pin(aws::verify(&line.connection, limiter, entry, made)).await {
        Ok(reading) => reading,
        Err(error) => {
            tracing::warn!(%error, entry = entry.id, "what became of it could not be read");
            return None;
        }
    };
    if !reading.observations.is_empty() {
        line.tell(Msg::Observed(reading.observations.clone())).await;
    }
    if !reading.holds && settles(desk, book, &entry.id).await {
        return None;
    }
    note(desk, book, &entry.id, reading.holds, &reading.reading).await;
    Some(reading)
}

/// Whether a reading that does not show the change says nothing yet: an account whose closure was
/// requested not long ago is read as `ACTIVE` now and then, and a request without an answer may
/// still be on its way.
async fn settles(desk: &Desk, book: &Book, id: &str) -> bool {
    let Some(entry) = book.entry(id).await else {
        return false;
    };
    let settles_within = desk.config().closures.settles_within;
    let within = match entry.stage {
        _ if entry.is_closure() => settles_within,
        Stage::Sent | Stage::Ended(Outcome::Unknown { .. }) => settles_within.min(ANSWERS_WITHIN),
        _ => return false,
    };
    let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
    let sent = entry.intents.last();
    sent.is_some_and(|sent| now().duration_since(*sent) < within)
}

/// Writes into the journal what was found to be true of an entry.
pub(super) async fn note(desk: &Desk, book: &Book, id: &str, holds: bool, reading: &str) {
    let (id, reading) = (id.to_owned(), reading.to_owned());
    let written = book
        .with(move |journal| journal.verified(&id, holds, &reading, now()))
        .await;
    desk.journal_changed();
    if let Err(error) = written {
        desk.tell_failure(error).await;
    }
}

/// Tells where an account is that was not changed, since that is often not what the tree shows.
async fn show(line: &Line, entry: &Entry) {
    let (Mutation::MoveAccount { account, .. }
    | Mutation::CloseAccount { account }
    | Mutation::RemoveAccountFromOrganization { account }) = &entry.change.mutation
    else {
        return;
    };
    let (connection, limiter) = (&line.connection, line.limiter());
    // What is not in another organization says nothing.
    let same = aws::same_organization(connection, limiter, &entry.organization);
    if same.await.is_err() {
        return;
    }
    let found = aws::describe_account(connection, limiter, account).await;
    let observation = match found {
        Ok((account, ancestors)) => Observation::Account {
            account: account.into(),
            ancestors,
        },
        Err(error) if error.kind == ErrorKind::NotFound => Observation::Vanished {
            node: account.clone(),
        },
        Err(_) => return,
    };
    line.tell(Msg::Observed(vec![observation])).await;
}

/// How long it is until then.
pub(super) fn until(time: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(now())).unwrap_or_default()
}
