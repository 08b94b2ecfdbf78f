//! The journal on the disk: several instances at once, crashes in the middle of a line, full disks.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use orgscope::confirm::Order;
use orgscope::org::{Change, Entry, ErrorKind, Failure, Figures, Mutation, Outcome, Record, Stage};
use orgscope::sim::{Caller, Faults};
use orgscope::store::{self, Claim, Held, Journal, Name};

use crate::support::consent::{change, consent, consent_about, consent_to, consent_to_resume};
use crate::support::program::orgscope;
use crate::support::service::{self, Service};

const ORGANIZATION: &str = "o-abcdefghij";

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time of this century")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn open(folder: &Path) -> Journal {
    Journal::open(folder, ORGANIZATION, Some("arn:aws:iam::1:user/x".into())).expect("a journal")
}

fn file(folder: &Path) -> PathBuf {
    folder.join("o-abcdefghij.jsonl")
}

fn closure(account: &str) -> Mutation {
    Mutation::CloseAccount {
        account: account.to_owned(),
    }
}

fn moving(account: &str, from: &str, to: &str) -> Mutation {
    Mutation::MoveAccount {
        account: account.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

fn ask(journal: &mut Journal, mutations: Vec<Mutation>, at: Timestamp) -> Vec<String> {
    journal.ask(consent(mutations), at).expect("written")
}

fn claim(journal: &mut Journal, id: &str, at: Timestamp) -> Result<Claim, Held> {
    journal.claim(id, None, &Figures::default(), 0, at)
}

fn done() -> Outcome {
    Outcome::Done { made: None }
}

fn finish(journal: &mut Journal, id: &str, outcome: Outcome, at: Timestamp) {
    let written = journal.outcome(id, outcome, Some("request".into()), at);
    written.expect("written");
}

fn entry(journal: &Journal, id: &str) -> Entry {
    journal.entries().get(id).expect("it is there").clone()
}

fn undoable(journal: &Journal) -> Option<(String, Vec<Change>)> {
    let running = journal.running().expect("readable");
    journal.entries().undoable(&running)
}

fn quota() -> Outcome {
    Outcome::Refused {
        failure: Failure {
            code: "ConstraintViolationException".into(),
            reason: "CLOSE_ACCOUNT_QUOTA_EXCEEDED".into(),
            ..Failure::default()
        },
    }
}

#[test]
fn what_was_written_is_read_by_whoever_opens_the_journal_later() {
    let folder = folder();
    let mut first = open(folder.path());
    let ids = ask(&mut first, vec![moving("1", "r-1", "ou-1")], time(0));
    let claimed = claim(&mut first, &ids[0], time(1)).expect("free");
    assert_eq!(claimed.attempt(), 1);
    finish(&mut first, &ids[0], done(), time(2));
    first
        .verified(&ids[0], true, "in ou-1", time(3))
        .expect("written");
    let written = first.entries().clone();
    drop(first);
    let later = open(folder.path());
    assert_eq!(later.entries(), &written);
    let entry = entry(&later, &ids[0]);
    assert_eq!(entry.stage, Stage::Ended(done()));
    assert_eq!(entry.request_id.as_deref(), Some("request"));
    assert_eq!(entry.caller.as_deref(), Some("arn:aws:iam::1:user/x"));
    assert_eq!(entry.confirmation, "typed yes, these");
    assert_eq!(later.damaged(), 0);
}

#[test]
fn only_its_owner_can_read_the_journal() {
    let folder = folder();
    let below = folder.path().join("state/journal");
    let mut journal = open(&below);
    ask(&mut journal, vec![closure("1")], time(0));
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&below), 0o700);
    for file in fs::read_dir(&below).expect("a folder") {
        assert_eq!(mode(&file.expect("a file").path()), 0o600);
    }
}

#[test]
fn an_entry_is_claimed_once_whatever_happens_to_it() {
    let folder = folder();
    let mut journal = open(folder.path());
    let ids = ask(&mut journal, vec![moving("1", "r-1", "ou-1")], time(0));
    let id = &ids[0];
    claim(&mut journal, id, time(1)).expect("free");
    assert_eq!(claim(&mut journal, id, time(2)).unwrap_err(), Held::Over);
    let failure = Failure::default();
    finish(&mut journal, id, Outcome::Unknown { failure }, time(3));
    assert_eq!(claim(&mut journal, id, time(4)).unwrap_err(), Held::Over);
    journal.verified(id, false, "in r-1", time(5)).unwrap();
    assert_eq!(claim(&mut journal, id, time(6)).unwrap_err(), Held::Over);
    let unknown = claim(&mut journal, "never-asked", time(7));
    assert_eq!(unknown.unwrap_err(), Held::Over);
}

#[test]
fn a_postponed_entry_waits_for_its_time_and_is_then_sent_again() {
    let folder = folder();
    let mut journal = open(folder.path());
    let ids = ask(&mut journal, vec![closure("1")], time(0));
    claim(&mut journal, &ids[0], time(0)).expect("free");
    let postponed = Outcome::Postponed {
        failure: Failure::default(),
        not_before: time(60),
    };
    finish(&mut journal, &ids[0], postponed, time(1));
    let early = claim(&mut journal, &ids[0], time(59));
    assert_eq!(early.unwrap_err(), Held::Until(time(60)));
    let again = claim(&mut journal, &ids[0], time(60)).expect("free");
    assert_eq!(again.attempt(), 2);
    assert_eq!(entry(&journal, &ids[0]).intents, [time(0), time(60)]);
}

#[test]
fn a_withdrawn_entry_is_not_sent_and_a_sent_one_is_not_withdrawn() {
    let folder = folder();
    let (mut ours, mut theirs) = (open(folder.path()), open(folder.path()));
    let ids = ask(&mut ours, vec![closure("1"), closure("2")], time(0));
    claim(&mut ours, &ids[0], time(0)).expect("free");
    // Whichever instance has it.
    assert_eq!(theirs.withdraw(&ids, time(1)).unwrap(), [ids[1].clone()]);
    assert_eq!(claim(&mut ours, &ids[1], time(60)).unwrap_err(), Held::Over);
    assert_eq!(entry(&ours, &ids[1]).stage, Stage::Withdrawn);
    assert_eq!(entry(&ours, &ids[0]).stage, Stage::Sent);
}

#[test]
fn a_second_instance_sees_the_queue_of_the_first_and_cannot_send_it() {
    let folder = folder();
    let (mut first, mut second) = (open(folder.path()), open(folder.path()));
    let ids = ask(&mut first, vec![closure("1"), closure("2")], time(0));
    assert_eq!(second.read_new().unwrap().len(), 2);
    let running = second.running().unwrap();
    assert_eq!(running.len(), 2);
    assert_eq!(second.entries().position(&ids[1], &running), Some(1));
    let theirs = claim(&mut second, &ids[0], time(1));
    assert_eq!(theirs.unwrap_err(), Held::NotOurs);
    let resume = second.ask(consent_to_resume(ids.clone()), time(2));
    assert_eq!(resume.unwrap(), [""; 0], "their instance is running");
    claim(&mut first, &ids[0], time(3)).expect("free");
}

#[test]
fn what_an_ended_instance_left_goes_on_only_when_it_is_resumed() {
    let folder = folder();
    let mut first = open(folder.path());
    let ids = ask(&mut first, vec![closure("1"), closure("2")], time(0));
    claim(&mut first, &ids[0], time(0)).expect("free");
    let ended = first.instance().to_owned();
    drop(first);
    let (mut second, mut third) = (open(folder.path()), open(folder.path()));
    let running = second.running().unwrap();
    assert!(!running.contains(&ended), "{running:?}");
    let left: Vec<_> = second.entries().left_behind(&running).collect();
    assert_eq!(left.len(), 1);
    let theirs = claim(&mut second, &ids[1], time(60));
    assert_eq!(theirs.unwrap_err(), Held::NotOurs);
    // What may have been sent is never sent again.
    let resumed = second.ask(consent_to_resume(ids.clone()), time(61));
    assert_eq!(resumed.unwrap(), [ids[1].clone()]);
    let twice = third.ask(consent_to_resume(ids.clone()), time(62));
    assert_eq!(twice.unwrap(), [""; 0]);
    claim(&mut second, &ids[1], time(63)).expect("it is ours now");
    assert_eq!(
        claim(&mut third, &ids[1], time(90)).unwrap_err(),
        Held::Over
    );
}

#[test]
fn all_instances_share_one_pace_of_closures() {
    let folder = folder();
    let (mut one, mut two) = (open(folder.path()), open(folder.path()));
    let ours = ask(&mut one, vec![closure("1"), closure("2")], time(0));
    let theirs = ask(&mut two, vec![closure("3"), closure("4")], time(0));
    claim(&mut one, &ours[0], time(0)).expect("the first");
    finish(&mut one, &ours[0], done(), time(1));
    let early = claim(&mut two, &theirs[0], time(19));
    assert_eq!(early.unwrap_err(), Held::Until(time(20)));
    claim(&mut two, &theirs[0], time(20)).expect("the second");
    let figures = Figures::default();
    assert_eq!(
        one.claim(&ours[1], None, &figures, 3, time(40))
            .unwrap_err(),
        Held::Full,
        "the service was read to have three under way"
    );
    claim(&mut one, &ours[1], time(40)).expect("the third");
    let fourth = claim(&mut two, &theirs[1], time(60));
    assert_eq!(fourth.unwrap_err(), Held::Full);
    one.verified(&ours[0], true, "CLOSED", time(70)).unwrap();
    claim(&mut two, &theirs[1], time(80)).expect("there is a place again");
}

#[test]
fn moves_do_not_wait_for_the_pace_of_closures() {
    let folder = folder();
    let mut journal = open(folder.path());
    let closures = ask(&mut journal, vec![closure("1")], time(0));
    let moves = ask(&mut journal, vec![moving("2", "r-1", "ou-1")], time(0));
    claim(&mut journal, &closures[0], time(0)).expect("free");
    claim(&mut journal, &moves[0], time(0)).expect("free");
}

#[test]
fn a_clock_that_was_set_back_does_not_stop_the_queue_for_long() {
    let folder = folder();
    let mut journal = open(folder.path());
    let ids = ask(&mut journal, vec![closure("1"), closure("2")], time(9_000));
    claim(&mut journal, &ids[0], time(9_000)).expect("free");
    finish(&mut journal, &ids[0], quota(), time(9_001));
    let resumed = journal.ask(consent_to_resume(ids.clone()), time(0));
    assert_eq!(resumed.unwrap(), [ids[1].clone()]);
    claim(&mut journal, &ids[1], time(1)).expect("free");
}

#[test]
fn an_exceeded_quota_stops_the_queues_of_all_instances_until_one_is_resumed() {
    let folder = folder();
    let (mut one, mut two) = (open(folder.path()), open(folder.path()));
    let ours = ask(&mut one, vec![closure("1"), closure("2")], time(0));
    let theirs = ask(&mut two, vec![closure("3")], time(0));
    claim(&mut one, &ours[0], time(0)).expect("free");
    finish(&mut one, &ours[0], quota(), time(1));
    let stopped = [
        claim(&mut one, &ours[1], time(60)),
        claim(&mut two, &theirs[0], time(60)),
    ];
    assert!(
        stopped
            .into_iter()
            .all(|held| held.unwrap_err() == Held::Stopped)
    );
    let later = ask(&mut one, vec![closure("5")], time(61));
    let held = claim(&mut one, &later[0], time(62));
    assert_eq!(held.unwrap_err(), Held::Stopped);
    let resumed = one.ask(consent_to_resume(ours.clone()), time(70));
    assert_eq!(resumed.unwrap(), [ours[1].clone()]);
    claim(&mut one, &ours[1], time(71)).expect("it goes on");
}

#[test]
fn a_closure_asked_for_when_nothing_waits_needs_no_resuming_after_an_exceeded_quota() {
    let folder = folder();
    let mut journal = open(folder.path());
    let first = ask(&mut journal, vec![closure("1")], time(0));
    claim(&mut journal, &first[0], time(0)).expect("free");
    finish(&mut journal, &first[0], quota(), time(1));
    let second = ask(&mut journal, vec![closure("2")], time(900_000));
    claim(&mut journal, &second[0], time(900_000)).expect("a new consent stands for it");
}

#[test]
fn a_line_torn_by_a_crash_is_skipped_and_spoils_no_other() {
    let folder = folder();
    let mut journal = open(folder.path());
    let before = ask(&mut journal, vec![closure("1")], time(0));
    let tear = |text: &[u8]| {
        let mut file = OpenOptions::new().append(true).open(file(folder.path()));
        file.as_mut().unwrap().write_all(text).unwrap();
    };
    tear(br#"{"at":"2027-01-15T08:00:00Z","entry":"x","instance":"y","ev"#);
    assert_eq!(journal.read_new().unwrap().len(), 1);
    let after = ask(&mut journal, vec![closure("2")], time(1));
    tear(b"\0\0\0\0\xff\n{}\nnull\n");
    let last = ask(&mut journal, vec![closure("3")], time(2));
    assert_eq!(journal.damaged(), 4);
    let later = open(folder.path());
    assert_eq!(later.damaged(), 4);
    let ids: Vec<_> = later.entries().iter().map(|e| e.id.clone()).collect();
    assert_eq!(ids, [before, after, last].concat());
    let (records, damaged) = store::read(folder.path(), ORGANIZATION).unwrap();
    assert_eq!((records.len(), damaged), (3, 4));
}

/// Not a test by itself: asks until a file may grow no further.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how a test tells what to do to itself in another process"
)]
fn filler() {
    let Some(folder) = std::env::var_os("ORGSCOPE_TEST_FILL") else {
        return;
    };
    let mut journal = open(Path::new(&folder));
    let two = || vec![closure(&"x".repeat(1_000)), closure(&"y".repeat(900))];
    let mut asked = Vec::new();
    let error = loop {
        match journal.ask(consent(two()), time(0)) {
            Ok(ids) => asked.push(ids),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, ErrorKind::Usage);
    assert!(error.message.contains("too large"), "{error}");
    assert_eq!(error.hint.as_deref(), Some("nothing was sent"));
    // Not even the first of the two, for which there was room.
    assert_eq!(journal.entries().iter().count(), 2 * asked.len());
    let mut room = true;
    while room {
        room = journal.verified(&asked[0][0], false, "x", time(1)).is_ok();
    }
    let held = claim(&mut journal, &asked[0][0], time(0)).unwrap_err();
    assert!(matches!(held, Held::Failed(_)), "{held:?}");
    assert_eq!(entry(&journal, &asked[0][0]).stage, Stage::Queued);
}

#[test]
fn nothing_is_claimed_when_nothing_more_can_be_written() {
    let folder = folder();
    let program = std::env::current_exe().expect("this test");
    let filled = std::process::Command::new("/bin/sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\""])
        .arg(&program)
        .args(["--exact", "journal::filler"])
        .env("ORGSCOPE_TEST_FILL", folder.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&filled.stdout);
    assert!(filled.status.success(), "{said}");
    let later = open(folder.path());
    assert_eq!(later.damaged(), 0);
    assert!(later.entries().iter().count() > 4, "{said}");
}

#[test]
fn what_is_no_file_is_no_journal() {
    let folder = folder();
    std::os::unix::fs::symlink("/dev/zero", file(folder.path())).unwrap();
    let error = Journal::open(folder.path(), ORGANIZATION, None).unwrap_err();
    assert!(error.message.contains("not a regular file"), "{error}");
}

#[test]
fn nothing_is_claimed_when_the_journal_was_removed_under_a_running_instance() {
    let folder = folder();
    let mut journal = open(folder.path());
    let ids = ask(&mut journal, vec![closure("1")], time(0));
    fs::remove_file(file(folder.path())).unwrap();
    let held = claim(&mut journal, &ids[0], time(1)).unwrap_err();
    assert!(matches!(held, Held::Failed(_)), "{held:?}");
    // Another file in its place is another journal.
    let _other = open(folder.path());
    let held = claim(&mut journal, &ids[0], time(1)).unwrap_err();
    assert!(matches!(held, Held::Failed(_)), "{held:?}");
}

#[test]
fn an_organization_whose_id_is_no_file_name_stays_in_its_folder() {
    let folder = folder();
    let id = "../../O-Über/1%";
    let journal = Journal::open(folder.path(), id, None).expect("a journal");
    assert_eq!(journal.name().organization(), id);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(store::names(folder.path()).unwrap(), [Name::from(id)]);
    let unnamed = Journal::open(folder.path(), "", None).unwrap_err();
    assert_eq!(unnamed.kind, ErrorKind::Usage);
}

#[test]
fn the_last_batch_of_moves_is_undone_backwards_and_once() {
    let folder = folder();
    let mut journal = open(folder.path());
    let make = |journal: &mut Journal, order: Order, at| {
        let ids = journal.ask(consent_to(order), time(at)).expect("written");
        for id in &ids {
            claim(journal, id, time(at)).expect("free");
        }
        ids
    };
    let order = |mutations: Vec<Mutation>, undoes: Option<&str>| Order::Changes {
        changes: mutations.into_iter().map(change).collect(),
        stop_at_first_error: false,
        undoes: undoes.map(str::to_owned),
    };
    let old = make(&mut journal, order(vec![moving("1", "r", "a")], None), 0);
    finish(&mut journal, &old[0], done(), time(1));
    let moves = vec![
        moving("2", "r", "a"),
        moving("3", "r", "b"),
        moving("4", "r", "c"),
    ];
    let ids = make(&mut journal, order(moves, None), 2);
    finish(&mut journal, &ids[0], done(), time(3));
    let failure = Failure::default();
    finish(&mut journal, &ids[1], Outcome::Refused { failure }, time(3));
    let failure = Failure::default();
    finish(&mut journal, &ids[2], Outcome::Unknown { failure }, time(3));
    journal.verified(&ids[2], true, "in c", time(4)).unwrap();

    let (batch, back) = undoable(&journal).expect("there is one");
    let mutations: Vec<_> = back.into_iter().map(|change| change.mutation).collect();
    assert_eq!(mutations, [moving("4", "c", "r"), moving("2", "a", "r")]);

    let undo = make(&mut journal, order(mutations, Some(&batch)), 5);
    let (earlier, _) = undoable(&journal).expect("the first one");
    assert_eq!(earlier, entry(&journal, &old[0]).batch);
    finish(&mut journal, &undo[0], done(), time(6));
    let failure = Failure::default();
    finish(
        &mut journal,
        &undo[1],
        Outcome::Refused { failure },
        time(6),
    );
    let (again, back) = undoable(&journal).expect("what was refused");
    assert_eq!(again, batch);
    assert_eq!(back[0].mutation, moving("2", "a", "r"));
    assert_eq!(back.len(), 1);
}

#[test]
fn an_instance_counts_for_its_own_journal_and_for_none_with_a_similar_name() {
    let folder = folder();
    let open = |endpoint: &str| {
        let name = Name::new(ORGANIZATION, Some(endpoint));
        Journal::open(folder.path(), name, None).expect("a journal")
    };
    let (short, long) = (open("http://local"), open("http://local.example.com"));
    for journal in [&short, &long] {
        let running = journal.running().expect("readable");
        assert_eq!(running, BTreeSet::from([journal.instance().to_owned()]));
    }
}

#[test]
fn consent_about_another_organization_is_not_taken() {
    let folder = folder();
    let mut journal = open(folder.path());
    let order = || Order::Changes {
        changes: vec![change(moving("1", "r", "a"))],
        stop_at_first_error: false,
        undoes: None,
    };
    let other = consent_about(Some("o-another0001"), order());
    let error = journal.ask(other, time(0)).unwrap_err();
    assert!(error.message.contains("o-another0001"), "{error}");
    assert_eq!(error.hint.as_deref(), Some("nothing was sent"));
    assert_eq!(journal.read_new().expect("readable"), []);
    let own = consent_about(Some(ORGANIZATION), order());
    journal.ask(own, time(1)).expect("it is meant");
}

#[test]
fn an_undo_that_an_ended_instance_never_sent_does_not_hinder_another() {
    let folder = folder();
    let mut journal = open(folder.path());
    let ids = ask(&mut journal, vec![moving("1", "r", "a")], time(0));
    claim(&mut journal, &ids[0], time(1)).expect("free");
    finish(&mut journal, &ids[0], done(), time(2));
    let (batch, back) = undoable(&journal).expect("there is one");
    let mut ended = open(folder.path());
    let undo = Order::Changes {
        changes: back.clone(),
        stop_at_first_error: false,
        undoes: Some(batch.clone()),
    };
    ended.ask(consent_to(undo), time(3)).expect("written");
    journal.read_new().expect("readable");
    assert_eq!(undoable(&journal), None, "it is on its way");
    drop(ended);
    assert_eq!(undoable(&journal), Some((batch, back)));
}

/// Not a test by itself: what the test below runs several of at once.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how a test tells what to do to itself in another process"
)]
fn appender() {
    let Some(folder) = std::env::var_os("ORGSCOPE_TEST_APPEND_TO") else {
        return;
    };
    let mut journal = open(Path::new(&folder));
    for number in 0..50 {
        ask(
            &mut journal,
            vec![
                closure(&format!("{number}-{}", "x".repeat(3_000))),
                closure("y"),
            ],
            time(number),
        );
    }
}

#[test]
fn several_processes_append_at_once_without_a_torn_line() {
    let folder = folder();
    let program = std::env::current_exe().expect("this test");
    let start = |_| {
        std::process::Command::new(&program)
            .args(["--exact", "journal::appender"])
            .env("ORGSCOPE_TEST_APPEND_TO", folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("it starts")
    };
    let appenders: Vec<_> = (0..4).map(start).collect();
    for mut appender in appenders {
        assert!(appender.wait().expect("it ends").success());
    }
    let journal = open(folder.path());
    assert_eq!(journal.damaged(), 0);
    assert_eq!(journal.entries().iter().count(), 4 * 50 * 2);
    assert_eq!(journal.running().unwrap().len(), 1);
}

#[test]
fn figures_of_zero_let_closures_follow_each_other() {
    let folder = folder();
    let mut journal = open(folder.path());
    let figures = Figures {
        send_every: Duration::ZERO,
        ..Figures::default()
    };
    let ids = ask(&mut journal, vec![closure("1"), closure("2")], time(0));
    for id in &ids {
        journal.claim(id, None, &figures, 0, time(0)).expect("free");
    }
    let hours = SignedDuration::from_hours(1);
    assert_eq!(
        journal.entries().closures_under_way(&figures, time(1)),
        2,
        "just sent"
    );
    assert_eq!(
        journal
            .entries()
            .closures_under_way(&figures, time(0) + hours),
        0,
        "nobody knows any more"
    );
}

fn state(home: &Path) -> PathBuf {
    home.join(".local/state/orgscope/journal")
}

/// What the command prints, its complaints, and its exit code.
fn printed(home: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = orgscope(home).arg("journal").args(arguments).output();
    let output = output.expect("it runs");
    (
        String::from_utf8(output.stdout).expect("text"),
        String::from_utf8(output.stderr).expect("text"),
        output.status.code(),
    )
}

#[test]
fn the_command_prints_the_only_journal_without_asking_anybody() {
    let home = folder();
    let mut journal = open(&state(home.path()));
    let mut hostile = change(moving("000000000012", "r-1", "ou-1"));
    hostile.target_name = "pay\u{1b}[31m\u{202e}roll".to_owned();
    hostile.to_path = Some("Root / Sandbox".to_owned());
    let order = Order::Changes {
        changes: vec![hostile, change(closure("000000000013"))],
        stop_at_first_error: false,
        undoes: None,
    };
    let ids = journal.ask(consent_to(order), time(0)).expect("written");
    claim(&mut journal, &ids[0], time(1)).expect("free");
    finish(&mut journal, &ids[0], done(), time(2));
    journal
        .verified(&ids[0], true, "in Root / Sandbox", time(3))
        .unwrap();
    let (queued, _, _) = printed(home.path(), &[]);
    assert!(
        queued.lines().last().unwrap().contains("  queued  "),
        "{queued}"
    );
    drop(journal);

    let (table, complaints, code) = printed(home.path(), &[]);
    assert_eq!((complaints.as_str(), code), ("", Some(0)));
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    for part in [
        "2027-01-15T08:00:00Z  MoveAccount   000000000012 pay␛[31m<U+202E>roll",
        "  Root -> Root / Sandbox  ",
        "  done, verified: in Root / Sandbox, read 2027-01-15T08:00:03Z  ",
        "  arn:aws:iam::1:user/x",
    ] {
        assert!(lines[0].contains(part), "{part:?} is not in {table}");
    }
    assert!(lines[1].contains("CloseAccount  000000000013"), "{table}");
    assert!(lines[1].contains("not sent: needs resume"), "{table}");

    let (json, _, code) = printed(home.path(), &["--json"]);
    assert_eq!(code, Some(0));
    assert!(
        !json.contains('\u{202e}') && !json.contains('\u{1b}'),
        "{json}"
    );
    let records: Vec<Record> = json
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect();
    assert_eq!(records.len(), 5);
    assert_eq!(records[0].entry, ids[0]);
}

#[test]
fn the_command_says_that_the_quota_has_stopped_the_queue() {
    let home = folder();
    let mut journal = open(&state(home.path()));
    let closures = ["000000000013", "000000000014"].map(closure).to_vec();
    let ids = ask(&mut journal, closures, time(0));
    claim(&mut journal, &ids[0], time(1)).expect("free");
    finish(&mut journal, &ids[0], quota(), time(2));
    let (table, _, _) = printed(home.path(), &[]);
    let told = |words| {
        table
            .lines()
            .filter(|line: &&str| line.contains(words))
            .count()
    };
    assert_eq!(told("  quota used up: resume  "), 1, "{table}");
    assert_eq!(
        told("  refused: CLOSE_ACCOUNT_QUOTA_EXCEEDED  "),
        1,
        "{table}"
    );
}

#[test]
fn the_command_says_which_lines_it_could_not_read_and_prints_the_others() {
    let home = folder();
    let mut journal = open(&state(home.path()));
    ask(&mut journal, vec![closure("000000000013")], time(0));
    let mut file = OpenOptions::new()
        .append(true)
        .open(file(&state(home.path())));
    file.as_mut().unwrap().write_all(b"{\"at\":\"20").unwrap();
    let (table, complaints, code) = printed(home.path(), &[]);
    assert_eq!(table.lines().count(), 1, "{table}");
    assert!(complaints.contains("1 line of the journal"), "{complaints}");
    assert_eq!(code, Some(1));
}

#[test]
fn the_command_says_when_there_is_nothing_to_print() {
    let home = folder();
    let (_, complaints, code) = printed(home.path(), &[]);
    assert!(
        complaints.contains("there is no journal in"),
        "{complaints}"
    );
    assert_eq!(code, Some(1));
    let (_, complaints, code) = printed(home.path(), &["--organization", "o-other00000"]);
    assert!(
        complaints.contains("no journal of organization o-other00000"),
        "{complaints}"
    );
    assert_eq!(code, Some(1));
    let (_, complaints, code) = printed(home.path(), &["--demo"]);
    assert!(
        complaints.contains("the demo keeps no journal"),
        "{complaints}"
    );
    assert_eq!(code, Some(2));
    assert!(!state(home.path()).exists(), "looking makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_journals_the_command_prints_that_of_the_caller() {
    let home = folder();
    let service = Service::start(Caller::Management, Faults::default()).await;
    let url = service.simulator.url();
    for (name, account) in [
        (Name::new(service::ORGANIZATION, Some(&url)), "000000000012"),
        // The same id at AWS is another organization.
        (Name::from(service::ORGANIZATION), "000000000008"),
        (Name::from(ORGANIZATION), "9"),
    ] {
        let journal = Journal::open(&state(home.path()), name, None);
        ask(
            &mut journal.expect("a journal"),
            vec![closure(account)],
            time(0),
        );
    }
    let path = home.path().to_owned();
    let asking = move || {
        let same = ["--organization", service::ORGANIZATION];
        [
            printed(&path, &["--endpoint-url", &url]),
            printed(&path, &["--organization", ORGANIZATION]),
            printed(&path, &same),
            printed(&path, &[&same[..], &["--endpoint-url", &url]].concat()),
            printed(
                &path,
                &["--organization", ORGANIZATION, "--endpoint-url", &url],
            ),
        ]
    };
    let printed = tokio::task::spawn_blocking(asking).await.expect("no panic");
    let [asked, named, at_aws, there, elsewhere] = printed;
    for (asked, complaints, _) in [asked, there] {
        assert!(asked.contains("000000000012"), "{asked}{complaints}");
        assert!(!asked.contains("000000000008"), "{asked}");
    }
    assert!(named.0.contains("CloseAccount  9"), "{}", named.0);
    assert!(at_aws.0.contains("000000000008"), "{}", at_aws.0);
    assert!(!at_aws.0.contains("000000000012"), "{}", at_aws.0);
    let hint = format!("at another endpoint there is one: {ORGANIZATION}; ");
    assert!(elsewhere.1.contains(&hint), "{}", elsewhere.1);
}
