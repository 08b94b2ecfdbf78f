//! A disk that takes what is written and neither keeps it for certain nor gives it up again.

use std::time::Duration;

use crokey::key;

use super::*;
use crate::confirm::{Answered, Confirm, Guard};
use crate::org::Mutation;

const ORGANIZATION: &str = "o-abcdefghij";

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn open(folder: &Path) -> Journal {
    Journal::open(folder, ORGANIZATION, None).unwrap()
}

fn consent(order: Order) -> Confirmed {
    let phrase = "these".to_owned();
    let mut confirm = Confirm::new(order, Guard::Typed { phrase }, Vec::new());
    confirm.shown(Duration::ZERO);
    confirm.paste("these");
    let later = Duration::from_secs(10);
    let Answered::Open(confirm) = confirm.key(key!(tab), later) else {
        panic!("Tab only goes on");
    };
    match confirm.key(key!(enter), later) {
        Answered::Confirmed(confirmed) => confirmed,
        other => panic!("{other:?}"),
    }
}

fn moves() -> Confirmed {
    let change = |account: &str| Change {
        mutation: Mutation::MoveAccount {
            account: account.to_owned(),
            from: "r-1".to_owned(),
            to: "ou-1".to_owned(),
        },
        target_name: account.to_owned(),
        path: "Root".to_owned(),
        parent: None,
        to_path: None,
    };
    consent(Order::Changes {
        changes: vec![change("1"), change("2")],
        stop_at_first_error: false,
        undoes: None,
    })
}

fn claim(journal: &mut Journal, id: &str, seconds: i64) -> Result<Claim, Held> {
    journal.claim(id, None, &Figures::default(), 0, time(seconds))
}

fn stage(journal: &Journal, id: &str) -> Stage {
    journal.entries().get(id).unwrap().stage.clone()
}

fn is_given_up(stage: &Stage) -> bool {
    matches!(stage, Stage::Ended(Outcome::NotSent { why }) if why.contains("given up"))
}

#[test]
fn what_was_not_asked_for_certain_is_never_sent_though_it_stays_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, mut other) = (open(folder.path()), open(folder.path()));
    journal.lines.is_broken = true;
    let error = journal.ask(moves(), time(0)).unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("nothing was sent"));
    assert!(error.message.contains("never sent"), "{error}");
    // It is found there, and told as what was promised.
    let told = journal.read_new().unwrap();
    let ids: Vec<_> = journal.entries().iter().map(|e| e.id.clone()).collect();
    assert_eq!((told.len(), ids.len()), (4, 2));
    journal.lines.is_broken = false;
    for id in &ids {
        assert!(is_given_up(&stage(&journal, id)));
        assert_eq!(claim(&mut journal, id, 1).unwrap_err(), Held::Over);
    }
    other.read_new().unwrap();
    assert_eq!(stage(&other, &ids[0]), Stage::Queued);
    // As soon as something can be written, everybody knows.
    journal.probe().unwrap();
    other.read_new().unwrap();
    assert!(ids.iter().all(|id| is_given_up(&stage(&other, id))));
    assert_eq!(other.damaged(), 0);
}

#[test]
fn a_consent_of_which_nothing_stayed_in_the_file_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let first = journal.ask(moves(), time(0)).unwrap();
    assert_eq!(journal.unread().len(), 2);
    claim(&mut journal, &first[0], 1).unwrap();
    let sent = stage(&journal, &first[0]);
    assert_eq!(sent, Stage::Sent, "nothing is taken for given up");
}

#[test]
fn an_intent_that_is_not_certain_was_not_sent_and_the_entry_waits_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let ids = journal.ask(moves(), time(0)).unwrap();
    journal.lines.is_broken = true;
    let held = claim(&mut journal, &ids[0], 1).unwrap_err();
    assert!(matches!(held, Held::Failed(_)), "{held:?}");
    journal.read_new().unwrap();
    assert!(journal.entries().get(&ids[0]).unwrap().is_queued());
    journal.lines.is_broken = false;
    let second = claim(&mut journal, &ids[0], 2).expect("it waits");
    assert_eq!(second.attempt(), 2);
    // It is the sent one now, whoever looks.
    journal.probe().unwrap();
    assert_eq!(stage(&journal, &ids[0]), Stage::Sent);
    assert_eq!(stage(&open(folder.path()), &ids[0]), Stage::Sent);
}

#[test]
fn what_is_given_up_while_nothing_can_be_written_is_told_at_once_and_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let ids = journal.ask(moves(), time(0)).unwrap();
    journal.unread();
    journal.lines.is_broken = true;
    claim(&mut journal, &ids[0], 1).unwrap_err();
    for id in &ids {
        journal.give_up(id, "it was given up", time(2));
        assert!(is_given_up(&stage(&journal, id)));
    }
    assert!(!journal.unread().is_empty());
    journal.lines.is_broken = false;
    for id in &ids {
        assert_eq!(claim(&mut journal, id, 3).unwrap_err(), Held::Over);
    }
    journal.probe().unwrap();
    let later = open(folder.path());
    assert!(ids.iter().all(|id| is_given_up(&stage(&later, id))));
}

#[test]
fn what_was_not_resumed_for_certain_is_not_sent_until_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = open(folder.path());
    let ids = first.ask(moves(), time(0)).unwrap();
    drop(first);
    let mut journal = open(folder.path());
    let resume = || {
        consent(Order::Resume {
            entries: ids.clone(),
        })
    };
    journal.lines.is_broken = true;
    journal.ask(resume(), time(1)).unwrap_err();
    journal.lines.is_broken = false;
    assert_eq!(claim(&mut journal, &ids[0], 2).unwrap_err(), Held::Over);
    assert_eq!(journal.ask(resume(), time(3)).unwrap(), ids);
    claim(&mut journal, &ids[0], 4).expect("it is resumed now");
}

#[test]
fn an_outcome_that_cannot_be_written_is_known_and_written_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let ids = journal.ask(moves(), time(0)).unwrap();
    claim(&mut journal, &ids[0], 1).unwrap();
    let file = folder.path().join("o-abcdefghij.jsonl");
    let away = folder.path().join("away");
    std::fs::rename(&file, &away).unwrap();
    let done = || Outcome::Done { made: None };
    let written = journal.outcome(&ids[0], done(), Some("request".to_owned()), time(2));
    assert!(written.is_err());
    assert_eq!(stage(&journal, &ids[0]), Stage::Ended(done()));
    std::fs::rename(&away, &file).unwrap();
    journal.probe().unwrap();
    let later = open(folder.path());
    let entry = later.entries().get(&ids[0]).unwrap();
    assert_eq!(entry.stage, Stage::Ended(done()));
    assert_eq!(entry.request_id.as_deref(), Some("request"));
}
