//! What a killed program leaves behind, and what the next one makes of it: the program is this test
//! itself, run again as a process of its own that carries an order out against a simulator here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use orgscope::aws::Connection;
use orgscope::effect::Effect;
use orgscope::msg::Msg;
use orgscope::org::{Entries, Entry, Event, Mutation, Outcome, Record, Stage};
use orgscope::sim::{Caller, Fault, FaultKind, Faults};
use orgscope::store;
use orgscope::worker::{Desk, apply, keep_journal};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::support::consent::consent;
use crate::support::instance::{Instance, PATIENCE};
use crate::support::service::{EMPTY, MEMBER, ORGANIZATION, ROOT, Service, UNIT, config};

/// The writes of the program, one of each kind.
fn writes() -> Vec<Mutation> {
    let account = || MEMBER.to_owned();
    vec![
        Mutation::MoveAccount {
            account: account(),
            from: ROOT.into(),
            to: UNIT.into(),
        },
        Mutation::CloseAccount { account: account() },
        Mutation::RemoveAccountFromOrganization { account: account() },
        Mutation::LeaveOrganization { account: account() },
        Mutation::CreateOrganizationalUnit {
            parent: ROOT.into(),
            name: "New".into(),
        },
        Mutation::UpdateOrganizationalUnit {
            unit: UNIT.into(),
            name: "Other".into(),
        },
        Mutation::DeleteOrganizationalUnit { unit: EMPTY.into() },
    ]
}

/// Who may send this.
fn caller(mutation: &Mutation) -> Caller {
    match mutation {
        Mutation::LeaveOrganization { account } => Caller::Account(account.clone()),
        _ => Caller::Management,
    }
}

/// Runs this test again as a program that carries these changes out, and dies at this point.
fn run(service: &Service, folder: &Path, mutations: &[Mutation], dies_at: Option<&str>) -> Child {
    let mutations = serde_json::to_string(mutations).expect("plain data");
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command
        .args(["--exact", "crash::program", "--nocapture"])
        .env("ORGSCOPE_TEST_URL", service.simulator.url())
        .env("ORGSCOPE_TEST_FOLDER", folder)
        .env("ORGSCOPE_TEST_MUTATIONS", mutations)
        .stdout(Stdio::null())
        .kill_on_drop(true);
    if let Some(point) = dies_at {
        command.env("ORGSCOPE_TEST_KILL_AT", point);
    }
    command.spawn().expect("it starts")
}

/// Not a test by itself: the program that is killed.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how a test tells what to do to itself in another process"
)]
fn program() {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(url) = variable("ORGSCOPE_TEST_URL") else {
        return;
    };
    let folder = variable("ORGSCOPE_TEST_FOLDER").map(PathBuf::from);
    let mutations = variable("ORGSCOPE_TEST_MUTATIONS").expect("what to do");
    let mutations = serde_json::from_str(&mutations).expect("plain data");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let (messages, mut news) = mpsc::channel(64);
        let desk = Desk::new(Connection::to_simulator(&url), messages, config(), folder);
        let keeping = tokio::spawn(keep_journal(desk.clone(), ORGANIZATION.into(), None));
        let opened = news.recv().await;
        assert!(matches!(opened, Some(Msg::Journal(_))), "{opened:?}");
        let listening = tokio::spawn(async move { while news.recv().await.is_some() {} });
        apply(&desk, consent(mutations)).await.expect("written");
        // Until somebody kills it.
        let _ = tokio::join!(keeping, listening);
    });
}

async fn restart(service: &Service, folder: &Path) -> Instance {
    Instance::open(&service.simulator.url(), ORGANIZATION, folder, config()).await
}

fn is_settled(journal: &Entries) -> bool {
    journal.iter().all(|entry| !entry.is_uncertain())
}

async fn dies(mut program: Child) {
    use std::os::unix::process::ExitStatusExt as _;

    let ended = tokio::time::timeout(PATIENCE, program.wait()).await;
    let status = ended.expect("it dies").expect("it was started");
    assert_eq!(status.signal(), Some(9), "{status}");
}

/// Kills the program at this point of the one change, starts it anew, and gives what that knows
/// when there is nothing left to find out.
async fn crash_at(point: &str, mutation: &Mutation, folder: &Path) -> (Service, Instance) {
    let operation = mutation.operation();
    let is_sent = point == "request-sent";
    let mut faults = Faults::default();
    if is_sent {
        faults.0.push(Fault::new(operation, FaultKind::Hang));
    }
    let mut service = Service::start(caller(mutation), faults).await;
    let dies_at = (!is_sent).then(|| format!("{operation}:{point}"));
    let change = std::slice::from_ref(mutation);
    let mut program = run(&service, folder, change, dies_at.as_deref());
    if is_sent {
        let arrived = tokio::time::timeout(PATIENCE, service.arrived.recv()).await;
        arrived.expect("it is sent").expect("the service is there");
        program.start_kill().expect("it is running");
    }
    dies(program).await;
    let mut restarted = restart(&service, folder).await;
    if !is_settled(&restarted.journal) {
        restarted.until(is_settled).await;
    }
    (service, restarted)
}

/// Does the same for every kind of write, all at once.
async fn for_each_write<F: Future<Output = ()>>(test: impl Fn(Mutation) -> F) {
    futures::future::join_all(writes().into_iter().map(test)).await;
}

/// Whatever a user resumes later, what was sent once is not sent again, and the journal and the
/// service tell the same.
fn agrees(service: &Service, restarted: &Instance, mutation: &Mutation, sent: usize) {
    let (operation, entry) = (mutation.operation(), restarted.only().clone());
    assert_eq!(entry.change.mutation, *mutation);
    assert_eq!(service.writes().len(), sent, "{operation}");
    assert_eq!(service.is_made(mutation), sent > 0, "{operation}");
    assert_eq!(entry.is_made(), sent > 0, "{operation}: {entry:#?}");
    assert!(!entry.is_queued(), "{operation}: {entry:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_and_not_sent_waits_for_a_resume_and_is_sent_once() {
    for_each_write(|mutation| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (service, mut restarted) = crash_at("asked-written", &mutation, folder.path()).await;
        let operation = mutation.operation();
        assert_eq!(service.writes(), [], "{operation}");
        assert_eq!(restarted.only().stage, Stage::Queued, "{operation}");
        // As often as somebody likes.
        restarted.resume().await;
        restarted.resume().await;
        let read = |journal: &Entries| journal.iter().all(|entry| entry.verified.is_some());
        restarted.until(read).await;
        agrees(&service, &restarted, &mutation, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_without_a_request_is_found_not_to_be_made_and_is_not_sent_by_itself() {
    for_each_write(|mutation| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (service, mut restarted) = crash_at("intent-written", &mutation, folder.path()).await;
        agrees(&service, &restarted, &mutation, 0);
        let (_, holds, _) = restarted.only().verified.clone().expect("it was read");
        assert!(!holds, "{}", mutation.operation());
        assert_eq!(restarted.resume().await, []);
        agrees(&service, &restarted, &mutation, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_answer_is_found_to_be_made_and_is_not_sent_again() {
    for_each_write(|mutation| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (service, restarted) = crash_at("request-sent", &mutation, folder.path()).await;
        agrees(&service, &restarted, &mutation, 1);
        assert!(restarted.only().verified.is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_not_written_down_is_found_by_reading() {
    for_each_write(|mutation| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let point = "response-received";
        let (service, restarted) = crash_at(point, &mutation, folder.path()).await;
        agrees(&service, &restarted, &mutation, 1);
        assert!(restarted.only().verified.is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_was_written_down_is_known_after_a_crash() {
    for_each_write(|mutation| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let point = "outcome-written";
        let (service, restarted) = crash_at(point, &mutation, folder.path()).await;
        agrees(&service, &restarted, &mutation, 1);
        let stage = restarted.only().stage.clone();
        assert!(
            matches!(stage, Stage::Ended(Outcome::Done { .. })),
            "{stage:?}"
        );
        assert!(restarted.only().request_id.is_some());
    })
    .await;
}

fn closures() -> Vec<Mutation> {
    let accounts = [MEMBER, "000000000013", "000000000014", "000000000015"];
    let close = |account: &str| Mutation::CloseAccount {
        account: account.to_owned(),
    };
    accounts.into_iter().map(close).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_of_closures_survives_a_crash_and_goes_on_where_it_was_when_resumed() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = Service::start(Caller::Management, Faults::default()).await;
    let point = Some("CloseAccount:outcome-written");
    dies(run(&service, folder.path(), &closures(), point)).await;
    let mut restarted = restart(&service, folder.path()).await;
    let waiting = |journal: &Entries| journal.iter().filter(|e| e.is_queued()).count();
    assert_eq!(waiting(&restarted.journal), 3);
    assert_eq!(service.writes().len(), 1, "nothing is sent by itself");
    // Another instance does not take them either, and does not resume what is running again.
    let mut other = restart(&service, folder.path()).await;
    restarted.resume().await;
    // The clock stands still, so three are under way and the fourth waits.
    restarted
        .until(|journal| journal.iter().filter(|e| e.is_made()).count() == 3)
        .await;
    other.resume().await;
    other.until(|journal| waiting(journal) == 1).await;
    assert_eq!(service.writes().len(), 3);
    service.simulator.advance(Duration::from_hours(1));
    for entry in restarted.journal.iter().filter(|entry| entry.is_made()) {
        restarted.worker.run(Effect::Verified {
            entry: entry.id.clone(),
            holds: true,
            reading: "CLOSED".into(),
        });
    }
    restarted
        .until(|journal| journal.iter().all(Entry::is_made))
        .await;
    let writes = service.writes();
    let bodies: BTreeSet<_> = writes.iter().map(|write| &write.body).collect();
    assert_eq!((writes.len(), bodies.len()), (4, 4));
    let sent_by_other = |record: &&Record| {
        matches!(record.event, Event::Intent { .. }) && record.instance != restarted.only_owner()
    };
    let name = store::Name::new(ORGANIZATION, Some(&service.simulator.url()));
    let (records, damaged) = store::read(folder.path(), name).expect("it is there");
    assert_eq!(damaged, 0);
    assert_eq!(
        records.iter().filter(sent_by_other).count(),
        1,
        "before the crash"
    );
}
