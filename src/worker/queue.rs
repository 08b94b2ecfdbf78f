//! The queue of closures: sent one by one, at the pace that all instances share, in the order in
//! which they were asked for, and only those of this instance.

use std::time::Duration;

use super::apply::{Attempt, attempt, until};
use super::book::Book;
use super::desk::{Desk, now};
use crate::store::Held;

/// How long to wait for a place among those under way before the journal is asked again.
const FULL: Duration = Duration::from_secs(1);
/// How long to wait when the journal cannot be written.
const FAILED: Duration = Duration::from_secs(10);
/// How long to wait when nothing can be done but by a user or another instance, who wake us.
const IDLE: Duration = Duration::from_mins(1);

/// Sends closures as long as this journal is in use.
pub(super) async fn run(desk: Desk, book: Book) {
    while desk.uses(&book) && !desk.is_stopped() {
        let wait = send_next(&desk, &book).await;
        tokio::select! {
            () = desk.until_queue_changes() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Sends the first of the queue, if it may be sent now. Says how long to wait before the next look.
async fn send_next(desk: &Desk, book: &Book) -> Duration {
    let (figures, under_way) = (desk.config().closures, desk.closures_under_way());
    let first = book.with(move |journal| {
        let first = journal.next_closure()?;
        let held = journal.may_send(&first, &figures, under_way, now());
        Some((first, held))
    });
    let Some((first, held)) = first.await else {
        return IDLE;
    };
    match held {
        // It ends there, with its reason.
        Ok(()) | Err(Held::Requested(_)) => {}
        Err(held) => return pause(desk, held).await,
    }
    match attempt(desk, book, &first).await {
        Attempt::Ended(_) => Duration::ZERO,
        Attempt::Held(held) => pause(desk, held).await,
    }
}

async fn pause(desk: &Desk, held: Held) -> Duration {
    match held {
        Held::Until(time) => until(time),
        Held::Full => FULL,
        Held::Stopped => IDLE,
        // It is not ours to send: look at the next one.
        Held::NotOurs | Held::Over | Held::Requested(_) => Duration::ZERO,
        Held::Failed(error) => {
            desk.tell_failure(error).await;
            FAILED
        }
    }
}
