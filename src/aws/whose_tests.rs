//! Renewals that give the credentials of somebody else.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::aws::{Limiter, recheck, send, token};
use crate::confirm::{Confirm, Guard, Order};
use crate::org::{Change, Entry, Event, Figures, Mutation, Outcome, ProtectRules};
use crate::sim::{self, JoinedMethod, NewAccount, Settings, Simulator, State};
use crate::store::Journal;

const MANAGEMENT: &str = "000000000011";
const MEMBER: &str = "000000000012";
const ROOT: &str = "r-ab12";
const UNIT: &str = "ou-ab12-11111111";

async fn serve(caller: sim::Caller) -> Simulator {
    let account = |id: &str| NewAccount {
        id: id.to_owned(),
        name: id.to_owned(),
        email: format!("{id}@example.com"),
        state: State::Active,
        joined_method: JoinedMethod::Created,
        joined: "2020-01-01T00:00:00Z".parse().unwrap(),
    };
    let as_of = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut organization = sim::Organization::new("o-whose00001", ROOT, as_of, account(MANAGEMENT));
    organization.add_unit_with_id(ROOT, UNIT.into(), "Sandbox");
    organization.add_account(ROOT, account(MEMBER));
    let settings = Settings {
        caller,
        limits: false,
        ..Settings::default()
    };
    Simulator::start(organization, settings).await.unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

struct Scene {
    simulator: Simulator,
    connection: Connection,
    journal: Journal,
    entry: Entry,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let simulator = serve(sim::Caller::Management).await;
        let connection = Connection::to_simulator(&simulator.url());
        let folder = tempfile::tempdir().unwrap();
        let (journal, entry) = asked(folder.path());
        // As every program begins.
        config::identify(&connection).await.organization.unwrap();
        Self {
            simulator,
            connection,
            journal,
            entry,
            _folder: folder,
        }
    }

    async fn look(&self) -> Result<(), Outcome> {
        let (limiter, protect) = (Limiter::published(), ProtectRules::default());
        recheck(&self.connection, &limiter, &self.entry, &protect, now()).await
    }

    async fn send(&mut self) -> Outcome {
        let figures = Figures::default();
        let claim = self.journal.claim(&self.entry.id, None, &figures, 0, now());
        let limiter = Limiter::published();
        let permit = token(&limiter, &self.entry.change.mutation).await;
        let (permit, wait) = (permit.place().await, Duration::ZERO);
        let sent = send(&self.connection, permit, claim.unwrap(), wait).await;
        sent.0
    }

    fn asks(&self) -> u64 {
        let calls = self.simulator.calls();
        calls
            .get("GetCallerIdentity")
            .map_or(0, crate::sim::Calls::total)
    }
}

fn asked(folder: &Path) -> (Journal, Entry) {
    let mut journal = Journal::open(folder, "o-whose00001", None).unwrap();
    let order = Order::Changes {
        changes: vec![Change {
            mutation: Mutation::MoveAccount {
                account: MEMBER.to_owned(),
                from: ROOT.to_owned(),
                to: UNIT.to_owned(),
            },
            target_name: MEMBER.to_owned(),
            path: "Root".to_owned(),
            parent: None,
            to_path: None,
        }],
        stop_at_first_error: false,
        undoes: None,
    };
    let confirm = Confirm::new(order, Guard::Yes, Vec::new());
    let confirmed = confirm.by_command("--yes").unwrap();
    let ids = journal.ask(confirmed, now()).unwrap();
    let entry = journal.entries().get(&ids[0]).unwrap().clone();
    (journal, entry)
}

#[tokio::test]
async fn after_a_renewal_it_is_asked_once_whose_the_credentials_are() {
    let mut scene = Scene::new().await;
    scene.look().await.unwrap();
    assert_eq!(scene.asks(), 1, "nothing was renewed");
    scene.connection.whose.renewed();
    scene.look().await.unwrap();
    scene.look().await.unwrap();
    assert_eq!(scene.asks(), 2);
    let arn = scene.connection.sender().unwrap();
    assert!(arn.contains(MANAGEMENT), "{arn}");
    assert_eq!(scene.send().await, Outcome::Done { made: None });
}

#[tokio::test]
async fn what_was_renewed_after_the_look_signs_no_change() {
    let mut scene = Scene::new().await;
    scene.look().await.unwrap();
    scene.connection.whose.renewed();
    let outcome = scene.send().await;
    let Outcome::NotSent { why } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("renewed a moment ago"), "{why}");
    assert_eq!(scene.simulator.writes(), []);
}

#[tokio::test]
async fn renewed_credentials_of_another_account_change_nothing() {
    let mut scene = Scene::new().await;
    let other = serve(sim::Caller::Account(MEMBER.to_owned())).await;
    scene.connection.sts = Connection::to_simulator(&other.url()).sts;
    scene.connection.whose.renewed();
    for _ in 0..2 {
        let Err(Outcome::NotSent { why }) = scene.look().await else {
            panic!("they are somebody else's");
        };
        let accounts = format!("belong to account {MEMBER} now, not to {MANAGEMENT}");
        assert!(why.contains(&accounts), "{why}");
    }
    // Also where nobody looks.
    assert!(matches!(scene.send().await, Outcome::NotSent { .. }));
    assert_eq!(scene.simulator.writes(), []);
}

#[tokio::test]
async fn where_it_cannot_be_told_whose_they_are_now_nothing_is_changed() {
    let mut scene = Scene::new().await;
    scene.connection.sts = Connection::to_simulator("http://127.0.0.1:1").sts;
    scene.look().await.expect("nothing was renewed");
    scene.connection.whose.renewed();
    let Err(Outcome::NotSent { why }) = scene.look().await else {
        panic!("nobody knows whose they are");
    };
    assert!(why.contains("cannot be told"), "{why}");
    assert_eq!(scene.simulator.writes(), []);
}

#[test]
fn who_sends_is_in_the_intent() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, entry) = asked(folder.path());
    let arn = "arn:aws:sts::000000000011:assumed-role/x/y";
    let (figures, sender) = (Figures::default(), Some(arn.to_owned()));
    let claim = journal.claim(&entry.id, sender, &figures, 0, now());
    claim.unwrap();
    let last = journal.read_new().unwrap().pop().unwrap();
    let Event::Intent { caller, .. } = last.event else {
        panic!("{last:?}");
    };
    assert_eq!(caller.as_deref(), Some(arn));
    let entry = journal.entries().get(&entry.id).unwrap();
    assert_eq!(
        (entry.caller.as_deref(), entry.sender.as_deref()),
        (None, Some(arn))
    );
}
