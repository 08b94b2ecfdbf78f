//! Orders carried out by the worker, through the real SDK, against the simulator: what is sent,
//! what is not, and what the journal and the screen are told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use orgscope::aws::Connection;
use orgscope::aws::limiter::Row;
use orgscope::config::Config;
use orgscope::confirm::{Confirmed, Order};
use orgscope::effect::Effect;
use orgscope::msg::{JournalNews, Msg};
use orgscope::org::{
    Change, Entries, Entry, Event, Figures, Mutation, Observation, Outcome, Record, Stage,
};
use orgscope::sim::{Caller, Faults};
use orgscope::worker::{Applied, Worker, apply};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::support::consent::{change, consent, consent_to};
use crate::support::instance::{Instance, PATIENCE};
use crate::support::service::{EMPTY, MEMBER, ORGANIZATION, ROOT, Service, UNIT, config};

const OTHER: &str = "000000000013";

fn moving(account: &str, from: &str, to: &str) -> Mutation {
    Mutation::MoveAccount {
        account: account.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

fn closures(accounts: &[&str]) -> Vec<Mutation> {
    let close = |account: &&str| Mutation::CloseAccount {
        account: (*account).to_owned(),
    };
    accounts.iter().map(close).collect()
}

async fn serve(faults: &str) -> Service {
    let faults: Faults = faults.parse().expect("faults");
    Service::start(Caller::Management, faults).await
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The only journal in the folder.
fn file(folder: &TempDir) -> PathBuf {
    let files = std::fs::read_dir(folder.path()).expect("it is there");
    let mut paths = files.map(|file| file.expect("a file").path());
    let is_journal = |path: &PathBuf| path.extension().is_some_and(|end| end == "jsonl");
    paths.find(is_journal).expect("there is a journal")
}

async fn open(service: &Service, folder: &TempDir) -> Instance {
    open_with(service, folder.path(), config()).await
}

async fn open_with(service: &Service, folder: &Path, config: Config) -> Instance {
    Instance::open(&service.simulator.url(), ORGANIZATION, folder, config).await
}

async fn carry_out(instance: &Instance, confirmed: Confirmed) -> Vec<Applied> {
    let applied = apply(instance.worker.desk(), confirmed).await;
    applied.expect("it was written")
}

fn outcome(applied: &Applied) -> &Outcome {
    applied.outcome.as_ref().expect("it has ended")
}

fn stages(journal: &Entries) -> Vec<Stage> {
    journal.iter().map(|entry| entry.stage.clone()).collect()
}

fn made(journal: &Entries) -> usize {
    journal.iter().filter(|entry| entry.is_made()).count()
}

fn intents(records: &[Record]) -> Vec<Timestamp> {
    let intents = records.iter();
    let intents = intents.filter(|record| matches!(record.event, Event::Intent { .. }));
    intents.map(|record| record.at).collect()
}

#[tokio::test]
async fn a_move_is_made_written_down_read_again_and_told() {
    let (service, folder) = (serve("").await, folder());
    let mut instance = open(&service, &folder).await;
    let order = consent(vec![moving(MEMBER, ROOT, UNIT)]);
    instance.worker.run(Effect::Apply(order));
    instance
        .until(|journal| journal.iter().any(|entry| entry.verified.is_some()))
        .await;
    let entry = instance.only().clone();
    assert!(entry.is_made(), "{entry:#?}");
    assert_eq!(entry.request_id.map(|id| id.is_empty()), Some(false));
    assert_eq!(service.writes().len(), 1);
    assert!(instance.observed.contains(&Observation::AccountPlaced {
        account: MEMBER.into(),
        parent: UNIT.into(),
    }));
    let mut what = instance.records.iter().map(|record| &record.event);
    assert!(matches!(what.next(), Some(Event::Asked { .. })));
    assert!(matches!(
        what.next(),
        Some(Event::Intent { attempt: 1, .. })
    ));
    assert!(matches!(what.next(), Some(Event::Outcome { .. })));
    assert!(matches!(
        what.next(),
        Some(Event::Verified { holds: true, .. })
    ));
    assert_eq!(what.next(), None);
}

#[tokio::test]
async fn an_account_that_was_moved_meanwhile_stops_only_itself_unless_told_otherwise() {
    for stops in [false, true] {
        let (service, folder) = (serve("").await, folder());
        let instance = open(&service, &folder).await;
        let elsewhere = "ou-ab12-22222222";
        service
            .simulator
            .with_organization(|organization| organization.move_account(MEMBER, elsewhere));
        let moves = vec![moving(MEMBER, ROOT, UNIT), moving(OTHER, ROOT, UNIT)];
        let order = Order::Changes {
            changes: moves.into_iter().map(change).collect(),
            stop_at_first_error: stops,
            undoes: None,
        };
        let applied = carry_out(&instance, consent_to(order)).await;
        let Outcome::NotSent { why } = outcome(&applied[0]) else {
            panic!("{applied:?}");
        };
        assert!(why.contains("moved meanwhile"), "{why}");
        assert_eq!(applied[1].is_made(), !stops, "{applied:?}");
        assert_eq!(service.writes().len(), usize::from(!stops));
        assert_eq!(service.is_made(&moving(OTHER, ROOT, UNIT)), !stops);
    }
}

#[tokio::test]
async fn changes_at_the_same_time_are_tried_again_and_each_attempt_is_in_the_journal() {
    let (service, folder) = (
        serve("MoveAccount:error=ConcurrentModificationException:n=1").await,
        folder(),
    );
    let mut instance = open(&service, &folder).await;
    let applied = carry_out(&instance, consent(vec![moving(MEMBER, ROOT, UNIT)])).await;
    assert!(applied[0].is_made(), "{applied:?}");
    instance.until(|journal| made(journal) == 1).await;
    let entry = instance.only().clone();
    assert_eq!(entry.intents.len(), 2);
    assert!(service.is_made(&entry.change.mutation));
}

#[tokio::test]
async fn an_answer_that_got_lost_is_replaced_by_a_reading() {
    // The request is carried out, the answer never comes.
    for fault in ["reset", "cut", "truncate"] {
        let service = serve(&format!("MoveAccount:{fault}")).await;
        let folder = folder();
        let instance = open(&service, &folder).await;
        let applied = carry_out(&instance, consent(vec![moving(MEMBER, ROOT, UNIT)])).await;
        assert!(applied[0].is_made(), "{fault}: {applied:?}");
        assert_eq!(service.writes().len(), 1, "{fault}");
        assert!(service.is_made(&moving(MEMBER, ROOT, UNIT)), "{fault}");
    }
}

/// The clock goes on only when everybody waits: so the closure is as far as its pace lets it be.
#[tokio::test(start_paused = true)]
async fn an_account_that_is_moved_while_its_closure_waits_for_the_pace_is_not_closed() {
    let (service, folder) = (serve("").await, folder());
    let mut instance = open(&service, &folder).await;
    let in_the_way = instance
        .worker
        .desk()
        .limiter()
        .acquire(Row::Closures)
        .await;
    let close = Change {
        parent: Some(ROOT.to_owned()),
        ..change(closures(&[MEMBER]).remove(0))
    };
    let order = Order::Changes {
        changes: vec![close],
        stop_at_first_error: false,
        undoes: None,
    };
    carry_out(&instance, consent_to(order)).await;
    tokio::time::sleep(Duration::from_mins(5)).await;
    service
        .simulator
        .with_organization(|organization| organization.move_account(MEMBER, UNIT));
    drop(in_the_way);
    let over = |journal: &Entries| {
        let open = |entry: &Entry| entry.is_queued() || entry.stage == Stage::Sent;
        journal.iter().count() == 1 && !journal.iter().any(open)
    };
    instance.until(over).await;
    let stage = instance.only().stage.clone();
    let Stage::Ended(Outcome::NotSent { why }) = stage else {
        panic!("{stage:?}");
    };
    assert!(why.contains("moved meanwhile"), "{why}");
    assert_eq!(service.writes(), []);
}

#[tokio::test]
async fn what_the_service_refuses_is_not_sent_again() {
    let service = serve("MoveAccount:deny").await;
    let folder = folder();
    let instance = open(&service, &folder).await;
    let applied = carry_out(&instance, consent(vec![moving(MEMBER, ROOT, UNIT)])).await;
    assert!(matches!(outcome(&applied[0]), Outcome::Refused { .. }));
    assert_eq!(service.writes().len(), 1);
    assert!(!service.is_made(&moving(MEMBER, ROOT, UNIT)));
}

#[tokio::test]
async fn without_a_journal_nothing_is_sent() {
    let service = serve("").await;
    let folder = folder();
    let instance = open(&service, &folder).await;
    std::fs::remove_file(file(&folder)).expect("it was there");
    let order = consent(vec![moving(MEMBER, ROOT, UNIT)]);
    let error = apply(instance.worker.desk(), order).await.unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("nothing was sent"));
    assert_eq!(service.writes(), []);
}

#[tokio::test]
async fn a_journal_that_was_cut_off_takes_nothing_and_nothing_of_it_is_sent() {
    for again in ["", "{}\n"] {
        let (service, folder) = (serve("").await, folder());
        let mut instance = open(&service, &folder).await;
        instance.worker.run(Effect::ClosuresUnderWay(3));
        carry_out(&instance, consent(closures(&[OTHER]))).await;
        let text = again.repeat(1_000);
        std::fs::write(file(&folder), text).expect("written");
        let order = consent(vec![moving(MEMBER, ROOT, UNIT)]);
        let error = apply(instance.worker.desk(), order).await.unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("nothing was sent"));
        assert!(error.message.contains("cut off"), "{error}");
        assert_eq!(service.writes(), []);
    }
}

#[tokio::test]
async fn what_the_journal_cannot_take_any_more_is_given_up_and_told_at_once() {
    let (service, folder) = (serve("").await, folder());
    let (messages, mut news) = mpsc::channel(64);
    let connection = Connection::to_simulator(&service.simulator.url());
    let journals = Some(folder.path().to_owned());
    let mut worker = Worker::new(connection, messages, config(), journals);
    worker.run(Effect::OpenJournal {
        organization: ORGANIZATION.into(),
        caller: None,
    });
    let opened = news.recv().await;
    let is_open = matches!(opened, Some(Msg::Journal(JournalNews::Opened { .. })));
    assert!(is_open, "{opened:?}");
    let file = file(&folder);
    service.simulator.before_each_call(move |call, _| {
        if call.operation == "MoveAccount" {
            let _ = std::fs::remove_file(&file);
        }
    });
    let moves = vec![moving(MEMBER, ROOT, UNIT), moving(OTHER, ROOT, UNIT)];
    worker.run(Effect::Apply(consent(moves)));
    let mut journal = Entries::default();
    let is_told = |journal: &Entries| {
        let last = stages(journal).pop();
        matches!(last, Some(Stage::Ended(Outcome::NotSent { .. })))
    };
    let waiting = async {
        while !is_told(&journal) {
            let msg = news.recv().await.expect("the worker is there");
            if let Msg::Journal(JournalNews::Grown { records, .. }) = msg {
                for record in &records {
                    journal.apply(record);
                }
            }
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "{journal:#?}");
    let first = stages(&journal).remove(0);
    let is_known = matches!(first, Stage::Ended(Outcome::Done { .. }));
    assert!(
        is_known,
        "the answer came, and cannot be written: {first:?}"
    );
    assert_eq!(service.writes().len(), 1);
    assert!(!service.is_made(&moving(OTHER, ROOT, UNIT)));
}

#[tokio::test]
async fn the_journal_of_another_organization_is_closed_before_the_wanted_one_is_open() {
    let (service, folder) = (serve("").await, folder());
    let mut instance = open(&service, &folder).await;
    instance.worker.run(Effect::OpenJournal {
        organization: "o-another0001".into(),
        caller: None,
    });
    assert!(instance.worker.desk().book().is_err());
}

#[tokio::test]
async fn after_a_stop_no_other_change_of_the_order_is_sent_though_the_journal_has_it() {
    let (service, folder) = (serve("").await, folder());
    let instance = open(&service, &folder).await;
    let desk = instance.worker.desk().clone();
    service.simulator.before_each_call(move |call, _| {
        if call.operation == "MoveAccount" {
            desk.stop();
        }
    });
    let moves = vec![moving(MEMBER, ROOT, UNIT), moving(OTHER, ROOT, UNIT)];
    let applied = carry_out(&instance, consent(moves)).await;
    assert!(applied[0].is_made(), "{applied:?}");
    assert_eq!(applied[1].outcome, None);
    assert_eq!(service.writes().len(), 1);
    let closed = carry_out(&instance, consent(closures(&[OTHER]))).await;
    assert_eq!(closed, []);
    assert!(!service.is_made(&moving(OTHER, ROOT, UNIT)));
}

async fn until_nothing_is_changing(instance: &Instance) {
    let is_over = async {
        while instance.worker.is_changing() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, is_over).await;
    assert!(waited.is_ok(), "there is nothing left to do");
}

#[tokio::test]
async fn an_order_is_under_way_from_consent_until_its_end_though_the_journal_is_locked() {
    let (service, folder) = (serve("").await, folder());
    let mut instance = open(&service, &folder).await;
    let locked = std::fs::File::open(file(&folder)).expect("it is there");
    locked.lock().expect("nobody has it");
    let order = consent(vec![moving(MEMBER, ROOT, UNIT)]);
    instance.worker.run(Effect::Apply(order));
    // Before the task had a turn: whoever quits now has to hear that something is going on.
    assert!(instance.worker.is_changing());
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(instance.worker.is_changing(), "it waits for the journal");
    assert_eq!(service.writes(), []);
    locked.unlock().expect("it was locked");
    instance.until(|journal| made(journal) == 1).await;
    until_nothing_is_changing(&instance).await;
    assert_eq!(service.writes().len(), 1);
}

/// Readings mean nothing for half an hour after a request.
fn settling() -> Config {
    Config {
        closures: Figures {
            settles_within: Duration::from_mins(30),
            ..config().closures
        },
        ..config()
    }
}

/// Somewhere on its way the request is held back; the connection breaks meanwhile.
#[tokio::test]
async fn a_move_without_an_answer_is_not_taken_for_not_made_while_it_may_still_arrive() {
    let (service, folder) = (serve("MoveAccount:drop").await, folder());
    let mut instance = open_with(&service, folder.path(), settling()).await;
    let applied = carry_out(&instance, consent(vec![moving(MEMBER, ROOT, UNIT)])).await;
    let is_unknown = matches!(outcome(&applied[0]), Outcome::Unknown { .. });
    assert!(is_unknown, "{applied:?}");
    assert_eq!(applied[0].reading, None, "it says nothing yet");
    instance.until(|journal| stages(journal).len() == 1).await;
    assert!(instance.only().verified.is_none());
    // It arrives.
    service
        .simulator
        .with_organization(|organization| organization.move_account(MEMBER, UNIT));
    instance
        .until(|journal| journal.iter().any(|entry| entry.verified.is_some()))
        .await;
    assert!(instance.only().is_made(), "{:#?}", instance.only());
    let readings = instance.records.iter();
    let readings = readings.filter(|record| matches!(record.event, Event::Verified { .. }));
    assert_eq!(readings.count(), 1, "none said that it was not made");
}

#[tokio::test]
async fn the_same_organization_at_another_endpoint_has_another_queue() {
    let (service, emulator, folder) = (serve("").await, serve("").await, folder());
    let mut there = open(&emulator, &folder).await;
    there.worker.run(Effect::ClosuresUnderWay(3));
    carry_out(&there, consent(closures(&[MEMBER]))).await;
    drop(there);
    let mut here = open(&service, &folder).await;
    assert_eq!(here.journal.iter().count(), 0);
    carry_out(&here, consent(vec![moving(OTHER, ROOT, UNIT)])).await;
    here.until(|journal| made(journal) == 1).await;
    // Whoever turns to the other endpoint turns to its journal.
    let connection = Connection::to_simulator(&emulator.simulator.url());
    here.worker.reconnect(connection);
    assert!(here.worker.desk().book().is_err());
    here.until(|journal| {
        let first = journal.iter().next();
        first.is_some_and(|entry| entry.change.mutation.target() == MEMBER)
    })
    .await;
    assert!(here.only().is_queued());
    assert_eq!(emulator.writes(), []);
}

#[tokio::test]
async fn closures_of_two_instances_follow_each_other_at_one_pace() {
    let (service, folder) = (serve("").await, folder());
    let send_every = Duration::from_millis(300);
    let paced = Config {
        closures: Figures {
            send_every,
            ..config().closures
        },
        ..config()
    };
    let mut one = open_with(&service, folder.path(), paced.clone()).await;
    let two = open_with(&service, folder.path(), paced).await;
    let theirs = carry_out(&two, consent(closures(&["000000000014"]))).await;
    assert_eq!(theirs, [], "the queue sends it");
    carry_out(&one, consent(closures(&[MEMBER, OTHER]))).await;
    one.until(|journal| made(journal) == 3).await;
    let sent = intents(&one.records);
    assert_eq!(sent.len(), 3);
    let pace = SignedDuration::try_from(send_every).expect("it is short");
    for pair in sent.windows(2) {
        assert!(pair[1].duration_since(pair[0]) >= pace, "{sent:?}");
    }
    assert_eq!(service.writes().len(), 3);
}

#[tokio::test]
async fn an_exceeded_quota_stops_the_queue_until_a_user_resumes_it() {
    let fault = "CloseAccount:error=ConstraintViolationException/CLOSE_ACCOUNT_QUOTA_EXCEEDED:n=1";
    let (service, folder) = (serve(fault).await, folder());
    let mut instance = open(&service, &folder).await;
    carry_out(&instance, consent(closures(&[MEMBER, OTHER]))).await;
    instance.until(|journal| journal.stopped().is_some()).await;
    // Whatever wakes the queue.
    instance.worker.run(Effect::ClosuresUnderWay(0));
    carry_out(&instance, consent(vec![moving(MEMBER, ROOT, UNIT)])).await;
    instance.until(|journal| made(journal) == 1).await;
    assert_eq!(service.writes().len(), 2, "one closure and the move");
    instance.resume().await;
    instance.until(|journal| made(journal) == 2).await;
    let first = &stages(&instance.journal)[0];
    assert!(matches!(first, Stage::Ended(Outcome::Refused { .. })));
    assert_eq!(service.writes().len(), 3);
}

#[tokio::test]
async fn closures_that_are_too_many_at_once_wait_and_are_sent_later() {
    let fault =
        "CloseAccount:error=ConstraintViolationException/CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED:n=2";
    let (service, folder) = (serve(fault).await, folder());
    let mut instance = open(&service, &folder).await;
    carry_out(&instance, consent(closures(&[MEMBER]))).await;
    instance.until(|journal| made(journal) == 1).await;
    assert_eq!(instance.only().intents.len(), 3);
    assert_eq!(service.writes().len(), 3);
}

#[tokio::test]
async fn withdrawn_closures_drop_out_of_the_queue() {
    let (service, folder) = (serve("").await, folder());
    let mut instance = open(&service, &folder).await;
    // Nothing is sent while so many are under way elsewhere.
    instance.worker.run(Effect::ClosuresUnderWay(3));
    carry_out(&instance, consent(closures(&[MEMBER, OTHER]))).await;
    instance.until(|journal| journal.iter().count() == 2).await;
    let first = instance
        .journal
        .iter()
        .next()
        .expect("it is there")
        .id
        .clone();
    instance.worker.run(Effect::Withdraw(vec![first]));
    instance
        .until(|journal| stages(journal).contains(&Stage::Withdrawn))
        .await;
    instance.worker.run(Effect::ClosuresUnderWay(0));
    instance.until(|journal| made(journal) == 1).await;
    let writes = service.writes();
    assert_eq!(writes.len(), 1);
    assert!(writes[0].body.contains(OTHER), "{writes:?}");
}

#[tokio::test]
async fn a_second_instance_sees_the_queue_of_the_first_and_leaves_it_alone() {
    let (service, folder) = (serve("").await, folder());
    let mut first = open(&service, &folder).await;
    let mut second = open(&service, &folder).await;
    first.worker.run(Effect::ClosuresUnderWay(3));
    carry_out(&first, consent(closures(&[MEMBER]))).await;
    second.until(|journal| journal.iter().count() == 1).await;
    assert!(second.only().is_queued());
    assert_eq!(second.resume().await, []);
    assert_eq!(service.writes(), []);
    first.worker.run(Effect::ClosuresUnderWay(0));
    second.until(|journal| made(journal) == 1).await;
    let senders: Vec<_> = second
        .records
        .iter()
        .map(|record| &record.instance)
        .collect();
    assert!(
        senders.iter().all(|sender| *sender == senders[0]),
        "{senders:?}"
    );
    assert_eq!(service.writes().len(), 1);
}

#[tokio::test]
async fn a_closure_that_was_just_requested_is_not_requested_again_while_readings_disagree() {
    let (service, folder) = (serve("").await, folder());
    let mut instance = open_with(&service, folder.path(), settling()).await;
    carry_out(&instance, consent(closures(&[MEMBER]))).await;
    instance.until(|journal| made(journal) == 1).await;
    // Here it is read as ACTIVE, as accounts are now and then that are being closed.
    service.simulator.advance(Duration::from_secs(150));
    carry_out(&instance, consent(closures(&[MEMBER]))).await;
    instance
        .until(|journal| {
            let last = stages(journal).pop();
            matches!(last, Some(Stage::Ended(Outcome::NotSent { .. })))
        })
        .await;
    assert_eq!(service.writes().len(), 1);
}

#[tokio::test]
async fn a_journal_that_cannot_be_opened_is_tried_again() {
    let (service, folder) = (serve("").await, folder());
    let blocked = folder.path().join("journal");
    std::fs::write(&blocked, "a file where the folder is to be").expect("written");
    let (messages, mut news) = mpsc::channel(64);
    let connection = Connection::to_simulator(&service.simulator.url());
    let mut worker = Worker::new(connection, messages, config(), Some(blocked.clone()));
    worker.run(Effect::OpenJournal {
        organization: ORGANIZATION.into(),
        caller: None,
    });
    let failed = news.recv().await;
    let is_failure = matches!(failed, Some(Msg::Journal(JournalNews::Failed(_))));
    assert!(is_failure, "{failed:?}");
    let order = || consent(vec![moving(MEMBER, ROOT, UNIT)]);
    assert!(apply(worker.desk(), order()).await.is_err());
    std::fs::remove_file(&blocked).expect("it was there");
    let opened = news.recv().await;
    let is_open = matches!(opened, Some(Msg::Journal(JournalNews::Opened { .. })));
    assert!(is_open, "{opened:?}");
    let applied = apply(worker.desk(), order()).await.expect("written");
    assert!(applied[0].is_made());
    assert_eq!(service.writes().len(), 1);
}

#[tokio::test]
async fn a_read_only_session_asks_for_nothing() {
    let (service, folder) = (serve("").await, folder());
    let mut instance = open(&service, &folder).await;
    let reads = Connection::to_simulator_read_only(&service.simulator.url());
    instance.worker.reconnect(reads);
    let order = consent(vec![moving(MEMBER, ROOT, UNIT)]);
    let error = apply(instance.worker.desk(), order).await.unwrap_err();
    assert!(error.message.contains("read-only"), "{error}");
    assert_eq!(service.writes(), []);
    assert_eq!(instance.journal.iter().count(), 0);
}

#[tokio::test]
async fn a_batch_does_not_go_on_at_another_endpoint() {
    let (service, emulator, folder) = (serve("").await, serve("").await, folder());
    let mut here = open(&service, &folder).await;
    let all = [MEMBER, OTHER, "000000000014", "000000000015"];
    let moves = all.iter().map(|id| moving(id, ROOT, UNIT)).collect();
    here.worker.run(Effect::Apply(consent(moves)));
    here.until(|journal| made(journal) == 1).await;
    here.worker
        .reconnect(Connection::to_simulator(&emulator.simulator.url()));
    until_nothing_is_changing(&here).await;
    assert_eq!(emulator.writes(), [], "confirmed for another endpoint");
}

#[tokio::test]
async fn an_intent_names_nobody_who_did_not_send_it() {
    let (service, folder) = (serve("").await, folder());
    let mut here = open(&service, &folder).await;
    let before = "arn:aws:iam::000000000099:user/before";
    let desk = here.worker.desk();
    let opened = desk.open_journal(ORGANIZATION, Some(before.to_owned()));
    opened.await.expect("it is open");
    // Other credentials, of which nobody was told yet whose they are.
    here.worker
        .reconnect(Connection::to_simulator(&service.simulator.url()));
    carry_out(&here, consent(vec![moving(OTHER, ROOT, UNIT)])).await;
    here.until(|journal| made(journal) == 1).await;
    assert_eq!(here.only().caller.as_deref(), Some(before));
    assert_ne!(here.only().sender.as_deref(), Some(before));
}

#[tokio::test]
async fn an_ou_that_was_renamed_meanwhile_is_not_deleted() {
    let (service, folder) = (serve("").await, folder());
    let here = open(&service, &folder).await;
    service
        .simulator
        .with_organization(|organization| organization.rename_unit(EMPTY, "Quarantine"));
    let unit = EMPTY.to_owned();
    let order = consent(vec![Mutation::DeleteOrganizationalUnit { unit }]);
    let applied = carry_out(&here, order).await;
    let Outcome::NotSent { why } = outcome(&applied[0]) else {
        panic!("{applied:?}");
    };
    assert!(why.contains("it is called Quarantine now"), "{why}");
    assert_eq!(service.writes(), []);
}

#[tokio::test]
async fn what_was_withdrawn_during_the_look_is_not_sent() {
    // The look cannot be had now, and can be a moment later.
    let (service, folder) = (serve("DescribeAccount:503:n=4").await, folder());
    let mut here = open(&service, &folder).await;
    carry_out(&here, consent(closures(&[MEMBER, OTHER]))).await;
    here.until(|journal| stages(journal).len() == 2).await;
    let looks = || {
        let calls = service.simulator.calls();
        calls
            .get("DescribeAccount")
            .map_or(0, orgscope::sim::Calls::total)
    };
    while looks() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let first = here.journal.iter().next().expect("asked").id.clone();
    here.worker.run(Effect::Withdraw(vec![first.clone()]));
    // The other one comes after it.
    here.until(|journal| made(journal) == 1).await;
    let stage = here.journal.get(&first).map(|entry| entry.stage.clone());
    assert_eq!(stage, Some(Stage::Withdrawn), "{:#?}", here.records);
    assert_eq!(service.writes().len(), 1);
}
