//! The leave to send one attempt: the pace allows it, the service was looked at a moment ago, and
//! the journal gave it.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::apply::{ATTEMPTS, Attempt, end};
use super::book::Book;
use super::desk::{Desk, now};
use super::mark::mark;
use crate::aws::limiter::{Permit, Token};
use crate::aws::{self, Connection};
use crate::org::{Entry, Failure, Outcome};
use crate::store::{Claim, Held};

/// How long what was seen just before a change is good for, from when the look began.
const LOOK_GOOD_FOR: Duration = Duration::from_secs(30);
/// How often to look before it is given up for now: each of these looks was too old at its end.
const LOOKS: u32 = 3;

/// What it takes to send a change now.
pub(super) struct Leave {
    pub(super) claim: Claim,
    pub(super) permit: Permit,
}

/// Why an entry may not be sent now, as far as the journal can tell by itself.
pub(super) async fn may_send(desk: &Desk, book: &Book, id: &str) -> Result<(), Attempt> {
    if desk.is_stopped() {
        return Err(Attempt::Held(Held::Over));
    }
    let (figures, under_way) = (desk.config().closures, desk.closures_under_way());
    let entry = id.to_owned();
    let may = book.with(move |journal| journal.may_send(&entry, &figures, under_way, now()));
    match may.await {
        Ok(()) => Ok(()),
        Err(held) => Err(not_now(desk, book, id, held).await),
    }
}

/// The leave to send an entry now. The pace has allowed it already.
pub(super) async fn leave(
    desk: &Desk,
    book: &Book,
    entry: &Entry,
    connection: &Connection,
    token: Token,
) -> Result<Leave, Attempt> {
    let (id, figures) = (entry.id.as_str(), desk.config().closures);
    let (limiter, protect) = (desk.limiter(), &desk.config().protect);
    // Boxed, since the SDK's futures are large.
    let look = || Box::pin(aws::recheck(connection, limiter, entry, protect, now()));
    let (permit, looked) = match look_freshly(token, look).await {
        Ok(fresh) => fresh,
        Err(Outcome::Postponed { failure, .. }) if entry.is_closure() => {
            return Err(look_later(desk, book, id, failure).await);
        }
        Err(Outcome::Postponed { failure, .. }) => {
            let why = failure.message;
            return Err(end_unsent(desk, book, id, Outcome::NotSent { why }).await);
        }
        Err(outcome) => return Err(end_unsent(desk, book, id, outcome).await),
    };
    if desk.is_stopped() {
        return Err(Attempt::Held(Held::Over));
    }
    let claimed = {
        let (id, under_way) = (id.to_owned(), desk.closures_under_way());
        let sender = connection.sender();
        book.with(move |journal| journal.claim(&id, sender, &figures, under_way, now()))
    };
    let claim = match claimed.await {
        Ok(claim) => claim,
        Err(held) => return Err(not_now(desk, book, id, held).await),
    };
    mark(entry.change.mutation.operation(), "intent-written");
    desk.journal_changed();
    // Both may have changed while the journal was waited for.
    if desk.is_stopped() {
        let why = "it was taken back before it was sent".to_owned();
        return Err(end_unsent(desk, book, id, Outcome::NotSent { why }).await);
    }
    if looked.is_old() {
        return Err(look_again(desk, book, &claim).await);
    }
    Ok(Leave { claim, permit })
}

/// When something was looked at, by two clocks: one that nobody sets, and one that goes on while
/// the machine sleeps.
#[derive(Debug, Clone, Copy)]
struct Looked {
    steady: Instant,
    wall: jiff::Timestamp,
}

impl Looked {
    fn now() -> Self {
        Self {
            steady: Instant::now(),
            wall: now(),
        }
    }

    fn is_old(self) -> bool {
        let good_for = SignedDuration::try_from(LOOK_GOOD_FOR).unwrap_or(SignedDuration::MAX);
        self.steady.elapsed() > LOOK_GOOD_FOR || now().duration_since(self.wall) > good_for
    }
}

/// Looks, and takes the place of the call: in this order, since the look may need that place
/// itself. Looks again where the look was old by then.
async fn look_freshly<L: Future<Output = Result<(), Outcome>>>(
    mut token: Token,
    look: impl Fn() -> L,
) -> Result<(Permit, Looked), Outcome> {
    for _ in 0..LOOKS {
        let looked = Looked::now();
        look().await?;
        let permit = token.place().await;
        if !looked.is_old() {
            return Ok((permit, looked));
        }
        token = permit.park();
    }
    Err(outdated())
}

/// So much time has passed since the last look that another one is needed; nothing was sent.
const OUTDATED: &str = "what was read just before was too old when it could have been sent";

fn outdated() -> Outcome {
    Outcome::Postponed {
        failure: Failure {
            message: OUTDATED.to_owned(),
            ..Failure::default()
        },
        not_before: now(),
    }
}

/// The leave came too late: the journal says that it was not used.
async fn look_again(desk: &Desk, book: &Book, claim: &Claim) -> Attempt {
    let entry = claim.entry();
    if claim.attempt() >= ATTEMPTS && !entry.is_closure() {
        let why = OUTDATED.to_owned();
        return end_unsent(desk, book, &entry.id, Outcome::NotSent { why }).await;
    }
    end(desk, book, &entry.id, outdated(), None).await;
    Attempt::Held(Held::Until(now()))
}

/// A closure that cannot be looked at now stays in the queue, and is the first to go on.
async fn look_later(desk: &Desk, book: &Book, id: &str, failure: Failure) -> Attempt {
    let wait = desk.config().closures.wait_when_refused;
    let not_before = now().saturating_add(wait).unwrap_or(jiff::Timestamp::MAX);
    let outcome = Outcome::Postponed {
        failure,
        not_before,
    };
    end(desk, book, id, outcome, None).await;
    Attempt::Held(Held::Until(not_before))
}

/// What it means that an entry may not be sent. Where the same closure was sent by another entry,
/// that one goes on, and this one ends.
async fn not_now(desk: &Desk, book: &Book, id: &str, held: Held) -> Attempt {
    let Held::Requested(at) = held else {
        return Attempt::Held(held);
    };
    let why = format!("the closure of this account was already requested at {at:.0}");
    end_unsent(desk, book, id, Outcome::NotSent { why }).await
}

async fn end_unsent(desk: &Desk, book: &Book, id: &str, outcome: Outcome) -> Attempt {
    Attempt::Ended(end(desk, book, id, outcome, None).await)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::aws::Limiter;
    use crate::aws::limiter::Row;

    fn moved() -> Outcome {
        Outcome::NotSent {
            why: "it was moved meanwhile".to_owned(),
        }
    }

    async fn token(limiter: &Limiter) -> Token {
        limiter.acquire(Row::Organization).await.park()
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_is_old_when_the_call_has_its_place_is_repeated() {
        let limiter = Limiter::published();
        let token = token(&limiter).await;
        let in_the_way = limiter.acquire(Row::Organization).await;
        let looks = Cell::new(0);
        let look = || async {
            looks.set(looks.get() + 1);
            // The account is moved between the two.
            if looks.get() == 1 {
                Ok(())
            } else {
                Err(moved())
            }
        };
        let (leave, ()) = tokio::join!(look_freshly(token, look), async {
            tokio::time::sleep(LOOK_GOOD_FOR + Duration::from_secs(1)).await;
            drop(in_the_way);
        });
        assert_eq!(leave.err(), Some(moved()));
        assert_eq!(looks.get(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_needs_the_place_of_the_call_gets_it() {
        let limiter = Limiter::published();
        let token = token(&limiter).await;
        let look = || async {
            drop(limiter.acquire(Row::Organization).await);
            Ok(())
        };
        let (_permit, looked) = look_freshly(token, look).await.expect("it is fresh");
        assert!(!looked.is_old());
    }

    #[tokio::test(start_paused = true)]
    async fn looks_that_are_always_too_old_are_given_up() {
        let limiter = Limiter::published();
        let looks = Cell::new(0);
        let look = || async {
            looks.set(looks.get() + 1);
            tokio::time::sleep(LOOK_GOOD_FOR + Duration::from_secs(1)).await;
            Ok(())
        };
        let leave = look_freshly(token(&limiter).await, look).await;
        assert!(matches!(leave, Err(Outcome::Postponed { .. })), "{leave:?}");
        assert_eq!(looks.get(), LOOKS);
    }
}
