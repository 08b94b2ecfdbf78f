//! The whole way of a change without a screen: confirmed, journaled, looked at, sent, read back.

use std::time::Duration;

use crokey::key;
use jiff::{SignedDuration, Timestamp};
use orgscope::aws::{self, Connection, Limiter, Reading};
use orgscope::confirm::{Answered, Confirm, Confirmed, Guard, Order};
use orgscope::org::{Change, Entry, Figures, Mutation, Outcome, ProtectRules};
use orgscope::store::Journal;

/// What came of a change.
pub(crate) struct Carried {
    /// From the look before, or from the sending.
    pub(crate) outcome: Outcome,
    pub(crate) request_id: Option<String>,
    pub(crate) reading: Reading,
}

/// What it takes to change something.
pub(crate) struct Hand {
    pub(crate) connection: Connection,
    pub(crate) limiter: Limiter,
    pub(crate) journal: Journal,
    pub(crate) protect: ProtectRules,
    /// When the last thing happened.
    pub(crate) now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Hand {
    pub(crate) fn new(connection: Connection, organization: &str, now: Timestamp) -> Self {
        let folder = tempfile::tempdir().expect("room for temporary files");
        let journal = Journal::open(folder.path(), organization, None).expect("a journal");
        Self {
            connection,
            limiter: Limiter::closing_every(Duration::ZERO),
            journal,
            protect: ProtectRules::default(),
            now,
            _folder: folder,
        }
    }

    pub(crate) fn later(&mut self) -> Timestamp {
        self.now += SignedDuration::from_mins(1);
        self.now
    }

    /// Confirms it and writes that down.
    pub(crate) fn ask(&mut self, change: Change) -> Entry {
        let now = self.later();
        let ids = self.journal.ask(consent(change), now);
        let ids = ids.expect("it is written");
        let entry = self.journal.entries().get(&ids[0]);
        entry.expect("it is there").clone()
    }

    pub(crate) async fn recheck(&self, entry: &Entry) -> Result<(), Outcome> {
        let (connection, limiter) = (&self.connection, &self.limiter);
        aws::recheck(connection, limiter, entry, &self.protect, self.now).await
    }

    /// Sends one attempt, without a look before.
    pub(crate) async fn send(&mut self, entry: &Entry) -> (Outcome, Option<String>) {
        let now = self.later();
        let figures = Figures::default();
        let claim = self.journal.claim(&entry.id, None, &figures, 0, now);
        let claim = claim.expect("it may be sent");
        let wait = figures.wait_when_refused;
        let token = aws::token(&self.limiter, &entry.change.mutation).await;
        let permit = token.place().await;
        let (outcome, id) = aws::send(&self.connection, permit, claim, wait).await;
        let written = self
            .journal
            .outcome(&entry.id, outcome.clone(), id.clone(), now);
        written.expect("it is written");
        (outcome, id)
    }

    pub(crate) async fn verify(&self, entry: &Entry, outcome: &Outcome) -> Reading {
        let made = match outcome {
            Outcome::Done { made } => made.as_deref(),
            _ => None,
        };
        let reading = aws::verify(&self.connection, &self.limiter, entry, made).await;
        reading.expect("it can be read")
    }

    /// The whole way of a change.
    pub(crate) async fn carry_out(&mut self, mutation: Mutation) -> Carried {
        self.carry_out_change(change(mutation)).await
    }

    /// The same, of an account that is known by its id only.
    pub(crate) async fn carry_out_nameless(&mut self, mutation: Mutation) -> Carried {
        let target_name = mutation.target().to_owned();
        self.carry_out_change(Change {
            target_name,
            ..change(mutation)
        })
        .await
    }

    async fn carry_out_change(&mut self, change: Change) -> Carried {
        let entry = self.ask(change);
        let (outcome, request_id) = match self.recheck(&entry).await {
            Ok(()) => self.send(&entry).await,
            Err(outcome) => (outcome, None),
        };
        let reading = self.verify(&entry, &outcome).await;
        Carried {
            outcome,
            request_id,
            reading,
        }
    }
}

/// A change of something that was in an OU called Workloads: an account called after its id, or an
/// OU called Sandbox.
pub(crate) fn change(mutation: Mutation) -> Change {
    let target = mutation.target();
    let target_name = if target.starts_with("ou-") || target.starts_with("r-") {
        "Sandbox".to_owned()
    } else {
        format!("account {target}")
    };
    let is_move = matches!(mutation, Mutation::MoveAccount { .. });
    Change {
        target_name,
        path: "Root / Workloads".to_owned(),
        parent: None,
        to_path: is_move.then(|| "Root / Sandbox".to_owned()),
        mutation,
    }
}

/// Consent as a user gives it: the phrase typed, then the button.
fn consent(change: Change) -> Confirmed {
    let phrase = change.mutation.target().to_owned();
    let order = Order::Changes {
        changes: vec![change],
        stop_at_first_error: false,
        undoes: None,
    };
    let guard = Guard::Typed {
        phrase: phrase.clone(),
    };
    let mut confirm = Confirm::new(order, guard, Vec::new());
    confirm.shown(Duration::ZERO);
    confirm.paste(&phrase);
    let later = Duration::from_secs(3);
    match confirm.key(key!(tab), later) {
        Answered::Open(confirm) => match confirm.key(key!(enter), later) {
            Answered::Confirmed(confirmed) => confirmed,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}
