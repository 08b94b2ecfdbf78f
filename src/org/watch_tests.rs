//! The tracker: readings and records in, phases, polls and ends out.

use jiff::ToSpan as _;
use proptest::prelude::*;

use super::super::closure::{Phase, Start};
use super::*;
use crate::org::{Change, Event, Failure, Mutation, Outcome, Record};

const ID: &str = "123456789012";

fn start() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    start().checked_add(seconds.seconds()).unwrap()
}

fn account(state: AccountState) -> Account {
    Account {
        id: ID.into(),
        state: Some(state),
        ..Account::default()
    }
}

fn record(entry: &str, at: i64, event: Event) -> Record {
    Record {
        at: after(at),
        entry: entry.into(),
        instance: "us".into(),
        event,
    }
}

fn asked(account: &str) -> Event {
    Event::Asked {
        organization: "o-example".into(),
        caller: None,
        change: Change {
            parent: None,
            mutation: Mutation::CloseAccount {
                account: account.into(),
            },
            target_name: "sandbox".into(),
            path: "Root".into(),
            to_path: None,
        },
        confirmation: "typed".into(),
        batch: "b".into(),
        undoes: None,
    }
}

fn outcome(result: Outcome) -> Event {
    Event::Outcome {
        result,
        request_id: None,
    }
}

fn running() -> BTreeSet<String> {
    BTreeSet::from(["us".to_owned()])
}

/// Asked for and sent at 0, accepted at once.
fn accepted() -> Watch {
    let mut entries = Entries::default();
    entries.apply(&record("e", 0, asked(ID)));
    entries.apply(&record("e", 0, Event::intent(1)));
    let done = Outcome::Done { made: None };
    entries.apply(&record("e", 0, outcome(done)));
    let mut watch = Watch::new(Figures::default());
    assert_eq!(
        watch.sync(&entries, Some("us"), &running(), start()),
        Vec::new()
    );
    watch
}

fn phase(watch: &Watch, at: i64) -> Phase {
    let closures = watch.closures(after(at));
    let closure = closures.iter().find(|closure| closure.account == ID);
    closure.expect("it is watched").phase.clone()
}

#[test]
fn a_flap_is_settling_and_only_agreement_is_the_end() {
    use AccountState::{Active, Closed, PendingClosure};
    let mut watch = accepted();
    assert_eq!(phase(&watch, 1), Phase::Asked);
    for (at, state, expected) in [
        (10, PendingClosure, Phase::Pending),
        (20, Closed, Phase::Agreeing),
        (30, Active, Phase::Settling),
        (40, PendingClosure, Phase::Pending),
        (50, Closed, Phase::Agreeing),
        (80, Closed, Phase::Agreeing),
        (109, Closed, Phase::Agreeing),
    ] {
        assert_eq!(watch.observe(&account(state), after(at)), None);
        assert_eq!(phase(&watch, at), expected, "at {at} s");
    }
    let ended = watch.observe(&account(Closed), after(110));
    let ended = ended.expect("readings agree");
    assert!(ended.closed);
    let (entry, reading) = ended.record.unwrap();
    assert_eq!(
        (entry.as_str(), reading.as_str()),
        ("e", "CLOSED, readings agree")
    );
    // What is over stays over.
    assert_eq!(watch.observe(&account(Active), after(120)), None);
    assert_eq!(phase(&watch, 120), Phase::Closed);
    assert_eq!(watch.next_change(), None);
}

#[test]
fn an_account_that_stays_active_is_told_after_half_an_hour_and_not_before() {
    let mut watch = accepted();
    let mut told = Vec::new();
    for minute in 1..40 {
        let ended = watch.observe(&account(AccountState::Active), after(60 * minute));
        told.extend(ended.map(|ended| (minute, ended.closed)));
    }
    assert_eq!(told, [(30, false)]);
    assert_eq!(phase(&watch, 3000), Phase::StillActive);
    assert_eq!(watch.due(after(3000)), Vec::<String>::new());
    // It is closed after all.
    for at in [3000, 3030, 3060] {
        told.extend(
            watch
                .observe(&account(AccountState::Closed), after(at))
                .map(|ended| (at, ended.closed)),
        );
    }
    assert_eq!(told, [(30, false), (3060, true)]);
}

#[test]
fn a_request_of_which_nothing_came_is_over_also_for_the_next_run_and_can_be_made_again() {
    let mut entries = Entries::default();
    entries.apply(&record("e", 0, asked(ID)));
    entries.apply(&record("e", 0, Event::intent(1)));
    let nobody = BTreeSet::new();
    let mut watch = Watch::new(Figures::default());
    watch.sync(&entries, Some("next"), &nobody, after(60));
    assert_eq!(phase(&watch, 60), Phase::Unknown);
    let mut ended = Vec::new();
    for at in [1790, 1800, 1830, 1860] {
        ended.extend(watch.observe(&account(AccountState::Active), after(at)));
    }
    let record_of_it = ("e".to_owned(), "ACTIVE, readings agree".to_owned());
    assert_eq!(ended.len(), 1);
    assert_eq!(
        (ended[0].closed, ended[0].record.as_ref()),
        (false, Some(&record_of_it))
    );
    assert_eq!((watch.open(), watch.to_see_to()), (0, 1));
    assert!(watch.is_still_active(ID));

    // Another run takes it from the journal, and does not tell it again.
    let verified = Event::Verified {
        holds: false,
        reading: record_of_it.1,
    };
    entries.apply(&record("e", 1860, verified));
    let mut watch = Watch::new(Figures::default());
    watch.sync(&entries, Some("third"), &nobody, after(2000));
    assert!(watch.is_still_active(ID));
    assert_eq!(watch.closures(after(2000))[0].ended_at, Some(after(1860)));
    for at in [2000, 2060, 2120] {
        assert_eq!(
            watch.observe(&account(AccountState::Active), after(at)),
            None
        );
    }
    assert_eq!(phase(&watch, 2120), Phase::StillActive);
    // What is asked again counts instead.
    entries.apply(&record("again", 2130, asked(ID)));
    watch.sync(&entries, Some("us"), &running(), after(2130));
    assert!(!watch.is_still_active(ID));
    assert_eq!(watch.to_see_to(), 1);
    assert!(matches!(
        phase(&watch, 2130),
        Phase::Queued { position: 1, .. }
    ));
}

#[test]
fn a_single_reading_long_after_the_request_is_told_and_one_soon_after_it_is_not() {
    for (at, expected) in [(100, false), (1800, true)] {
        let mut entries = Entries::default();
        entries.apply(&record("e", 0, asked(ID)));
        entries.apply(&record("e", 0, Event::intent(1)));
        let verified = Event::Verified {
            holds: false,
            reading: "ACTIVE".into(),
        };
        entries.apply(&record("e", at, verified));
        let mut watch = Watch::new(Figures::default());
        watch.sync(&entries, None, &BTreeSet::new(), after(at));
        watch.observe(&account(AccountState::Active), after(at + 1));
        assert_eq!(watch.is_still_active(ID), expected, "{at} s after");
        // To be closed after all is believed at once.
        watch.observe(&account(AccountState::PendingClosure), after(at + 10));
        watch.sync(&entries, None, &BTreeSet::new(), after(at + 10));
        assert_eq!(phase(&watch, at + 10), Phase::Pending);
    }
}

#[test]
fn suspended_is_closed_only_where_a_closure_was_seen() {
    let suspended = account(AccountState::Suspended);
    let mut watch = Watch::new(Figures::default());
    watch.observe(&suspended, start());
    assert!(watch.closures(start()).is_empty());

    let mut watch = accepted();
    for at in [10, 40] {
        assert_eq!(watch.observe(&suspended, after(at)), None);
    }
    let ended = watch.observe(&suspended, after(70)).unwrap();
    assert_eq!(ended.record.unwrap().1, "SUSPENDED, readings agree");
}

#[test]
fn a_closure_that_was_begun_elsewhere_is_watched_and_one_that_was_over_before_is_not() {
    let mut watch = Watch::new(Figures::default());
    watch.observe(&account(AccountState::PendingClosure), start());
    let over = Account {
        id: "000000000001".into(),
        ..account(AccountState::Closed)
    };
    watch.observe(&over, start());
    watch.walked(start(), true);
    assert_eq!(phase(&watch, 0), Phase::Pending);
    assert_eq!(watch.under_way(), 1);
    assert_eq!(watch.due(after(10)), [ID]);
    let before = &watch.closures(start())[1];
    assert_eq!((before.asked_at, before.next_poll), (None, None));
    assert_eq!(before.phase, Phase::ClosedBefore);
    // What turns up closed later was closed while we watched, and readings may still flap.
    let fresh = Account {
        id: "000000000002".into(),
        ..account(AccountState::Closed)
    };
    watch.observe(&fresh, after(300));
    assert!(watch.due(after(310)).contains(&"000000000002".to_owned()));
}

#[test]
fn the_queue_tells_positions_and_starts_and_what_nobody_will_send() {
    let mut entries = Entries::default();
    for n in 1..=5 {
        entries.apply(&record(
            &format!("e{n}"),
            0,
            asked(&format!("00000000000{n}")),
        ));
    }
    let mut left = record("left", 0, asked(ID));
    left.instance = "ended".into();
    entries.apply(&left);
    entries.apply(&record("e1", 5, Event::intent(1)));
    let mut watch = Watch::new(Figures::default());
    watch.sync(&entries, Some("us"), &running(), after(5));
    let phases: Vec<Phase> = watch
        .closures(after(6))
        .into_iter()
        .map(|c| c.phase)
        .collect();
    let queued = |position, start| Phase::Queued { position, start };
    assert_eq!(
        phases,
        [
            Phase::NeedsResume { quota: false },
            Phase::Sent,
            queued(1, Start::At(after(25))),
            queued(2, Start::At(after(45))),
            queued(3, Start::AfterOthers),
            queued(4, Start::AfterOthers),
        ]
    );
    let failure = Failure {
        reason: "CLOSE_ACCOUNT_QUOTA_EXCEEDED".into(),
        ..Failure::default()
    };
    entries.apply(&record("e1", 6, outcome(Outcome::Refused { failure })));
    watch.sync(&entries, Some("us"), &running(), after(6));
    let quota = Phase::NeedsResume { quota: true };
    let waiting = watch.closures(after(6)).into_iter();
    assert_eq!(waiting.filter(|c| c.phase == quota).count(), 4);
    assert_eq!(watch.under_way(), 0);
}

#[test]
fn polls_come_less_often_without_news_and_never_too_many_at_once() {
    let mut watch = accepted();
    let mut polls = Vec::new();
    for second in 0..1200 {
        if !watch.due(after(second)).is_empty() {
            polls.push(second);
            let read = Ok(account(AccountState::PendingClosure));
            watch.polled(ID, after(second), &read);
        }
    }
    let gaps: Vec<i64> = polls.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!((polls[0], gaps[0]), (10, 10));
    assert_eq!(gaps.last(), Some(&60));
    assert!(gaps.is_sorted());

    // A crowd is read at no more than ten a second.
    let mut watch = Watch::new(Figures::default());
    for n in 0..2000 {
        let read = Account {
            id: format!("{n:012}"),
            ..account(AccountState::PendingClosure)
        };
        watch.observe(&read, start());
    }
    assert_eq!(watch.next_change(), Some(after(200)));
}

#[test]
fn a_poll_that_fails_is_tried_again_and_an_account_that_is_gone_is_not() {
    let mut watch = accepted();
    assert_eq!(watch.due(after(10)), [ID]);
    assert!(watch.due(after(60)).is_empty(), "the answer is on its way");
    let failed = OrgError::new(ErrorKind::Network, "no route");
    watch.polled(ID, after(60), &Err(failed));
    assert!(watch.closures(after(60))[0].trouble.is_some());
    assert_eq!(watch.due(after(100)), [ID]);
    let gone = OrgError::new(ErrorKind::NotFound, "no such account");
    watch.polled(ID, after(100), &Err(gone));
    assert_eq!(phase(&watch, 100), Phase::Gone);
    assert_eq!(watch.next_change(), None);
}

#[test]
fn what_was_being_read_when_the_connection_was_lost_is_due_again() {
    let mut watch = accepted();
    let due = watch.next_poll().expect("it is under way");
    assert_eq!(watch.due(due), [ID]);
    let lost = watch.next_poll().expect("answers can be lost");
    watch.reconnect();
    let again = watch.next_poll().expect("it is still under way");
    assert!(again < lost, "{again} instead of {lost}");
    watch.walked(start(), true);
    let sweep = watch.next_sweep().expect("from time to time");
    assert!(watch.sweep_due(sweep));
    assert_eq!(watch.next_sweep(), None);
    watch.reconnect();
    assert!(watch.sweep_due(sweep));
}

#[test]
fn sweeps_come_every_few_minutes_and_take_at_most_a_tenth_of_the_time() {
    let mut watch = Watch::new(Figures::default());
    assert!(!watch.sweep_due(after(9999)), "the walk comes first");
    watch.walked(start(), true);
    assert!(!watch.sweep_due(after(299)));
    assert!(watch.sweep_due(after(300)));
    assert!(!watch.sweep_due(after(9999)), "one at a time");
    // It took 100 s, so the next begins 900 s later.
    watch.swept(after(400), &Ok(Vec::new()));
    assert_eq!(watch.next_change(), Some(after(1300)));
    assert!(watch.sweep_due(after(1300)));
    let denied = OrgError::new(ErrorKind::AccessDenied, "no");
    watch.swept(after(1301), &Err(denied));
    assert_eq!(watch.next_change(), None);
}

fn states() -> impl Strategy<Value = AccountState> {
    prop::sample::select(vec![
        AccountState::Active,
        AccountState::PendingClosure,
        AccountState::Closed,
        AccountState::Suspended,
    ])
}

proptest! {
    #[test]
    fn no_readings_tell_an_end_too_early_or_twice_or_take_it_back(
        readings in prop::collection::vec((states(), 1..400_i64), 1..120)
    ) {
        let mut watch = accepted();
        let (mut at, mut closed, mut still_active) = (0, 0, 0);
        let mut history: Vec<(i64, AccountState)> = Vec::new();
        for (state, pause) in readings {
            at += pause;
            history.push((at, state.clone()));
            let was_closed = phase(&watch, at) == Phase::Closed;
            let ended = watch.observe(&account(state), after(at));
            if let Some(ended) = ended {
                // A minute of agreement, in several readings.
                let last = history.last().unwrap().1.clone();
                let run = history.iter().rev().take_while(|(_, state)| *state == last);
                let run: Vec<_> = run.collect();
                prop_assert!(run.len() >= 3);
                prop_assert!(run[0].0 - run[run.len() - 1].0 >= 60);
                if ended.closed {
                    closed += 1;
                    prop_assert!(last == AccountState::Closed || last == AccountState::Suspended);
                } else {
                    still_active += 1;
                    prop_assert!(at >= 30 * 60);
                }
            }
            let now = phase(&watch, at);
            prop_assert!(!was_closed || now == Phase::Closed);
            prop_assert!(now != Phase::StillActive || at >= 30 * 60);
        }
        prop_assert!(closed <= 1 && still_active <= 1);
    }
}
