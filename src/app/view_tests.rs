//! The closures and activity views, driven by keys, records and readings; what is asked for is
//! compared as values.

use crokey::KeyCombination;
use jiff::{Timestamp, ToSpan as _};

use super::overlay::Overlay;
use super::*;
use crate::msg::{JournalNews, Msg, Region};
use crate::org::{
    Account, AccountState, Caller, Change, ErrorKind, Event, Identity, Mutation, Observation,
    OrgError, OrganizationalUnit, Outcome, Phase, Progress, Record, Root, WalkEvent, WalkSummary,
};

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    noon().checked_add(seconds.seconds()).unwrap()
}

fn account(n: u8, state: AccountState) -> Account {
    Account {
        id: format!("{n:012}"),
        name: Some(format!("sandbox-{n}")),
        state: Some(state),
        ..Account::default()
    }
}

fn asked(n: u8, entry: &str, instance: &str) -> Record {
    let event = Event::Asked {
        organization: "o-example".into(),
        caller: Some("arn:aws:iam::111111111111:user/me".into()),
        change: Change {
            parent: None,
            mutation: Mutation::CloseAccount {
                account: format!("{n:012}"),
            },
            target_name: format!("sandbox-{n}"),
            path: "Root / Sandbox".into(),
            to_path: None,
        },
        confirmation: format!("typed {n:012}"),
        batch: entry.into(),
        undoes: None,
    };
    record(0, entry, instance, event)
}

fn record(seconds: i64, entry: &str, instance: &str, event: Event) -> Record {
    Record {
        at: at(seconds),
        entry: entry.into(),
        instance: instance.into(),
        event,
    }
}

/// The records of a closure that was sent and accepted at once.
fn accepted(n: u8, entry: &str) -> Vec<Record> {
    let result = Outcome::Done { made: None };
    let outcome = Event::Outcome {
        result,
        request_id: Some("request-1".into()),
    };
    vec![
        asked(n, entry, "us"),
        record(0, entry, "us", Event::intent(1)),
        record(0, entry, "us", outcome),
    ]
}

struct Driver {
    app: App,
    effects: Vec<Effect>,
}

impl Driver {
    /// A loaded organization with five accounts in an OU, and an empty journal.
    fn loaded() -> Self {
        let session = Session {
            write: true,
            ..Session::default()
        };
        let (app, effects) = App::start(session, noon());
        let mut driver = Self { app, effects };
        driver.send(Msg::Identified(Identity {
            organization: Ok(Organization {
                id: "o-example".into(),
                management_account_id: Some("111111111111".into()),
                ..Organization::default()
            }),
            caller: Some(Caller {
                account_id: "111111111111".into(),
                arn: "arn:aws:iam::111111111111:user/me".into(),
            }),
        }));
        let mut seen = vec![
            Observation::Root(Root {
                id: "r-root".into(),
                name: Some("Root".into()),
                ..Root::default()
            }),
            Observation::OrganizationalUnit {
                unit: OrganizationalUnit {
                    id: "ou-sand".into(),
                    name: Some("Sandbox".into()),
                    ..OrganizationalUnit::default()
                },
                parent: "r-root".into(),
            },
        ];
        seen.extend((1..=5).map(|n| Observation::Account {
            account: account(n, AccountState::Active).into(),
            ancestors: vec!["r-root".into(), "ou-sand".into()],
        }));
        driver.send(Msg::Walk(1, WalkEvent::Observed(seen, Progress::default())));
        driver.send(Msg::Walk(1, WalkEvent::Finished(WalkSummary::default())));
        driver.send(Msg::Journal(JournalNews::Opened {
            instance: "us".into(),
            records: Vec::new(),
            running: ["us".to_owned()].into(),
        }));
        driver.frame();
        driver.effects.clear();
        driver
    }

    fn send(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.app, msg));
    }

    fn journal(&mut self, records: Vec<Record>) {
        let running = ["us", "other"].map(str::to_owned).into();
        self.send(Msg::Journal(JournalNews::Grown { records, running }));
        self.frame();
    }

    fn frame(&mut self) {
        let region = Region {
            x: 0,
            y: 3,
            width: 100,
            height: 8,
        };
        self.send(Msg::Arranged(Areas {
            tree: region,
            list: region,
            ..Areas::default()
        }));
        self.effects
            .retain(|effect| !matches!(effect, Effect::Prioritize(_)));
        self.app.dirty = false;
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            let key: KeyCombination = key.parse().unwrap();
            self.send(Msg::Key(key.normalized()));
            self.frame();
        }
        self
    }

    fn clock(&mut self, seconds: i64) -> Vec<Effect> {
        self.effects.clear();
        self.send(Msg::Clock(at(seconds)));
        std::mem::take(&mut self.effects)
    }

    /// The answer to a poll, and what follows.
    fn polled(&mut self, n: u8, state: AccountState, seconds: i64) -> Vec<Effect> {
        self.clock(seconds);
        self.send(Msg::Polled {
            account: format!("{n:012}"),
            at: at(seconds),
            result: Ok(account(n, state)),
        });
        self.frame();
        std::mem::take(&mut self.effects)
    }

    fn outcome(&mut self, n: u8) -> String {
        closures_pane::refresh(&mut self.app);
        let id = format!("{n:012}");
        let rows = &self.app.closures.rows;
        let row = rows.iter().find(|row| row.account == id).unwrap();
        closures_pane::outcome(&self.app, row)
    }

    fn notice(&self) -> &str {
        self.app.notice.as_ref().map_or("", |notice| &notice.text)
    }
}

#[test]
fn the_journal_is_opened_once_the_organization_and_the_caller_are_known() {
    let (mut app, _) = App::start(Session::default(), noon());
    let identity = Identity {
        organization: Ok(Organization {
            id: "o-example".into(),
            ..Organization::default()
        }),
        caller: None,
    };
    let open = |caller: Option<&str>| Effect::OpenJournal {
        organization: "o-example".into(),
        caller: caller.map(str::to_owned),
    };
    assert_eq!(
        update(&mut app, Msg::Identified(identity.clone())),
        [open(None)]
    );
    assert_eq!(update(&mut app, Msg::Identified(identity.clone())), []);
    let known = Identity {
        caller: Some(Caller {
            account_id: "111111111111".into(),
            arn: "arn".into(),
        }),
        ..identity
    };
    assert_eq!(
        update(&mut app, Msg::Identified(known)),
        [open(Some("arn"))]
    );
}

#[test]
fn a_flapping_closure_is_settling_until_it_rings_once_and_leaves_a_notice() {
    use AccountState::{Active, Closed, PendingClosure};
    let mut driver = Driver::loaded();
    driver.journal(accepted(1, "e1"));
    assert_eq!(driver.effects, [Effect::ClosuresUnderWay(1)]);
    assert_eq!(driver.clock(9), []);
    let poll = Effect::Poll(vec!["000000000001".into()]);
    assert_eq!(driver.clock(10), [poll]);
    for (seconds, state, words) in [
        (11, PendingClosure, "pending closure"),
        (30, Active, "settling: last read ACTIVE"),
        (50, Closed, "read CLOSED, confirming"),
        (70, Active, "settling: last read ACTIVE"),
        (90, Closed, "read CLOSED, confirming"),
        (120, Closed, "read CLOSED, confirming"),
    ] {
        assert_eq!(driver.polled(1, state, seconds), [], "at {seconds} s");
        assert_eq!(driver.outcome(1), words);
    }
    let told = Effect::Verified {
        entry: "e1".into(),
        holds: true,
        reading: "CLOSED, readings agree".into(),
    };
    assert_eq!(
        driver.polled(1, Closed, 150),
        [told, Effect::Ring, Effect::ClosuresUnderWay(0)]
    );
    assert_eq!(driver.notice(), "Closed: sandbox-1 (000000000001)");
    // The tree has learned it too, and nothing is said twice.
    let ix = driver.app.tree.find("000000000001").unwrap();
    assert!(driver.app.tree.get(ix).unwrap().is_closed_account());
    assert_eq!(driver.polled(1, Active, 160), []);
    assert_eq!(driver.outcome(1), "closed, but reads ACTIVE now: look");
    let verified = Event::Verified {
        holds: true,
        reading: "CLOSED, readings agree".into(),
    };
    driver.journal(vec![record(150, "e1", "us", verified)]);
    assert_eq!(driver.effects, []);
}

#[test]
fn bell_and_notice_can_be_switched_off() {
    let mut driver = Driver::loaded();
    driver.app.config.notify.bell = false;
    driver.app.config.notify.notice = false;
    driver.journal(accepted(1, "e1"));
    driver.app.notice = None;
    for seconds in [10, 40, 70] {
        let effects = driver.polled(1, AccountState::Closed, seconds);
        assert!(!effects.contains(&Effect::Ring));
    }
    assert_eq!(
        (driver.outcome(1).as_str(), driver.notice()),
        ("closed", "")
    );
}

#[test]
fn nothing_is_polled_while_nothing_is_pending_and_a_sweep_finds_what_others_began() {
    let mut driver = Driver::loaded();
    assert_eq!(driver.app.next_change(), Some(at(300)), "only the sweep");
    assert_eq!(driver.clock(299), []);
    assert_eq!(driver.clock(300), [Effect::Sweep]);
    assert_eq!(driver.app.next_change(), None);
    driver.app.dirty = false;
    driver.clock(310);
    let unchanged = (1..=5).map(|n| account(n, AccountState::Active)).collect();
    driver.send(Msg::Swept {
        at: at(310),
        result: Ok(unchanged),
    });
    assert!(!driver.app.dirty, "what is as before is not drawn again");
    assert_eq!(driver.clock(609), []);
    assert_eq!(driver.clock(610), [Effect::Sweep]);
    driver.send(Msg::Swept {
        at: at(610),
        result: Ok(vec![account(3, AccountState::PendingClosure)]),
    });
    assert_eq!(driver.effects, [Effect::ClosuresUnderWay(1)]);
    driver.keys("2");
    let row = driver.app.closures.current().unwrap();
    assert_eq!(row.phase, Phase::Pending);
    assert_eq!(closures_pane::who(&driver.app, row), "elsewhere: unknown");
    let poll = Effect::Poll(vec!["000000000003".into()]);
    assert_eq!(driver.clock(620), [poll]);
}

#[test]
fn nothing_is_read_with_credentials_that_were_refused() {
    let mut driver = Driver::loaded();
    driver.journal(accepted(1, "e1"));
    driver.send(Msg::Polled {
        account: "000000000001".into(),
        at: at(10),
        result: Err(OrgError::new(ErrorKind::Credentials, "expired")),
    });
    assert_eq!(driver.clock(1000), []);
    assert_eq!(driver.app.next_change(), None);
}

#[test]
fn the_queue_shows_positions_and_what_another_instance_has_in_it() {
    let mut driver = Driver::loaded();
    driver.journal(vec![
        asked(1, "e1", "us"),
        asked(2, "e2", "other"),
        asked(3, "e3", "ended"),
    ]);
    assert_eq!(driver.outcome(1), "queued 1st, now");
    assert_eq!(driver.outcome(2), "queued elsewhere 2nd, in ~20 s");
    assert_eq!(driver.outcome(3), "needs resume (s)");
    // What needs somebody comes first, and its keys too.
    driver.keys("2");
    let words = |driver: &Driver| {
        let words = footer(&driver.app).into_iter().take(2);
        words.map(|(_, word)| word).collect::<Vec<_>>()
    };
    assert_eq!(words(&driver), ["resume", "withdraw"]);
    driver.keys("j");
    assert_eq!(words(&driver), ["withdraw", "resume"]);
    driver.keys("k");
    assert_eq!(driver.app.closures.rows[0].account, "000000000003");
    driver.effects.clear();
    driver.keys("w");
    assert_eq!(driver.effects, [Effect::Withdraw(vec!["e3".into()])]);
    driver.effects.clear();
    driver.keys("s");
    assert!(matches!(
        driver.app.overlays.last(),
        Some(Overlay::Dialog(_))
    ));
    let accounts = vec!["000000000003".to_owned()];
    let read_anew = Effect::Preflight {
        dialog: 1,
        accounts,
    };
    assert_eq!(driver.effects, [read_anew]);
}

#[test]
fn the_explorer_tells_of_closures_that_the_state_does_not_show_yet() {
    let mut driver = Driver::loaded();
    let mut records = accepted(3, "e3");
    records.extend([
        asked(1, "e1", "us"),
        asked(2, "e2", "ended"),
        asked(4, "e4", "us"),
        record(1, "e4", "us", Event::Withdrawn),
    ]);
    driver.journal(records);
    let words = closures_pane::words(&driver.app);
    let of = |n: u8| words.get(&format!("{n:012}")).copied();
    assert_eq!(
        [1, 2, 3, 4].map(of),
        [
            Some("closing queued"),
            Some("closing needs resume"),
            Some("closing"),
            None
        ]
    );
    driver.keys("* j j");
    let facts = details::lines(&driver.app, 60);
    let closing = facts.iter().find(|line| line.label == "Closing").unwrap();
    assert_eq!(closing.text, "queued 1st, in ~20 s; 2 shows more");
    driver.polled(3, AccountState::PendingClosure, 10);
    let words = closures_pane::words(&driver.app);
    assert_eq!(words.get("000000000003"), None, "its state tells");
}

/// The outcome of an attempt that is to be made again at 60 s.
fn postponed(reason: &str, message: &str) -> Event {
    let failure = crate::org::Failure {
        reason: reason.into(),
        message: message.into(),
        ..crate::org::Failure::default()
    };
    let not_before = at(60);
    Event::Outcome {
        result: Outcome::Postponed {
            failure,
            not_before,
        },
        request_id: None,
    }
}

#[test]
fn a_queued_closure_says_why_it_still_waits_and_how_often_it_was_tried() {
    let mut driver = Driver::loaded();
    let too_many = postponed("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED", "Try it later");
    driver.journal(vec![
        asked(1, "e1", "us"),
        record(0, "e1", "us", Event::intent(1)),
        record(1, "e1", "us", too_many.clone()),
    ]);
    driver.keys("2");
    let words = "AWS refused for now (too many at once), again in ~1 min";
    assert_eq!(driver.outcome(1), words);
    let fact = |driver: &Driver, label: &str| {
        let facts = closures_pane::details(&driver.app).into_iter();
        let mut facts = facts.filter(|(name, _)| *name == label);
        facts.next().map(|(_, text)| text)
    };
    assert_eq!(fact(&driver, "Outcome").as_deref(), Some(words));
    assert_eq!(
        fact(&driver, "Attempts").as_deref(),
        Some("1, the last 0 s ago")
    );
    assert_eq!(fact(&driver, "Error").as_deref(), Some("Try it later"));
    // What is behind it in the queue waits as well.
    driver.journal(vec![asked(3, "e3", "us")]);
    assert_eq!(driver.outcome(3), "queued 2nd, in ~1 min 20 s");
    // What another running instance does is said to be elsewhere.
    driver.journal(vec![
        asked(2, "e2", "other"),
        record(1, "e2", "other", too_many),
    ]);
    assert!(driver.outcome(2).starts_with("elsewhere: AWS refused"));
}

#[test]
fn a_queued_closure_whose_account_could_not_be_looked_at_says_so() {
    let mut driver = Driver::loaded();
    driver.journal(vec![
        asked(1, "e1", "us"),
        record(
            1,
            "e1",
            "us",
            postponed("", "it could not be read: no route"),
        ),
    ]);
    driver.keys("2");
    assert_eq!(
        driver.outcome(1),
        "put off, again in ~1 min: it could not be read: no route"
    );
    let facts = closures_pane::details(&driver.app);
    assert!(facts.contains(&("Attempts", "none yet".to_owned())));
}

#[test]
fn a_queue_that_the_quota_has_stopped_says_so() {
    let mut driver = Driver::loaded();
    let failure = crate::org::Failure {
        reason: "CLOSE_ACCOUNT_QUOTA_EXCEEDED".into(),
        ..crate::org::Failure::default()
    };
    let refused = Event::Outcome {
        result: Outcome::Refused { failure },
        request_id: None,
    };
    driver.journal(vec![
        asked(1, "e1", "us"),
        asked(2, "e2", "us"),
        record(1, "e1", "us", Event::intent(1)),
        record(1, "e1", "us", refused),
    ]);
    assert_eq!(driver.outcome(2), "quota used up: resume (s)");
    let entry = driver.app.journal.get("e2").unwrap();
    let stage = activity_pane::stage(&driver.app, entry);
    assert_eq!(stage, "quota used up: resume (s)", "the same words");
    let alert = "The quota for closures is used up: 1 waits; 2 shows it, s there resumes";
    assert_eq!(alert_text(&driver), alert);
    driver.keys("j");
    assert_eq!(alert_text(&driver), alert, "it stays until it is seen");
    // The list of what was refused is on top.
    driver.app.overlays.clear();
    driver.keys("2 1");
    assert_eq!(alert_text(&driver), "");
    assert_eq!(driver.outcome(1), "refused: CLOSE_ACCOUNT_QUOTA_EXCEEDED");
}

#[test]
fn what_stays_active_after_a_request_without_an_answer_can_be_closed_again() {
    let mut driver = Driver::loaded();
    driver.journal(vec![
        asked(1, "e1", "ended"),
        record(0, "e1", "ended", Event::intent(1)),
    ]);
    for seconds in [1800, 1830, 1860] {
        driver.polled(1, AccountState::Active, seconds);
    }
    assert!(
        driver.notice().contains("close it again with x"),
        "{}",
        driver.notice()
    );
    let words = "still active after 31 min: close it again with x, or ask AWS Support";
    assert_eq!(driver.outcome(1), words);
    driver.clock(9000);
    assert_eq!(driver.outcome(1), words, "it has ended");
    driver.keys("2 enter x");
    let Some(Overlay::Dialog(dialog)) = driver.app.overlays.last() else {
        panic!("{:?}", driver.app.notice);
    };
    let lines = format!("{:?}", dialog.lines(&driver.app, 100));
    assert!(!lines.contains("confirmed before"), "{lines}");
}

#[test]
fn a_closure_that_waits_shows_the_state_that_was_known_before_and_how_old_that_is() {
    let mut driver = Driver::loaded();
    driver.clock(40);
    driver.journal(vec![
        asked(1, "e1", "us"),
        asked(2, "e2", "us"),
        asked(9, "e9", "us"),
    ]);
    // A dialog reads one of them.
    driver.clock(100);
    let facts = Box::new(crate::org::AccountFacts {
        account: crate::org::Answer::Known(account(2, AccountState::Active)),
        ..crate::org::AccountFacts::default()
    });
    let id = "000000000002".to_owned();
    driver.send(Msg::Fact(1, crate::org::Fact::Account { id, facts }));
    driver.clock(103);
    driver.keys("2");
    let shown = driver.app.closures.rows.iter().map(|row| {
        let state = row.state.as_ref().map(ToString::to_string);
        (state, closures_pane::age(row, driver.app.now))
    });
    let active = || Some("ACTIVE".to_owned());
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            (active(), "1 min 43 s ago".to_owned()),
            (active(), "3 s ago".to_owned()),
            (None, "not read".to_owned()),
        ]
    );
    // It is no reading after the request: what was sent then still waits for its first.
    driver.journal(vec![record(104, "e1", "us", Event::intent(1))]);
    let done = Outcome::Done { made: None };
    let outcome = Event::Outcome {
        result: done,
        request_id: None,
    };
    driver.journal(vec![record(104, "e1", "us", outcome)]);
    assert_eq!(driver.outcome(1), "accepted, not read yet");
}

#[test]
fn what_needs_a_word_comes_in_the_order_in_which_it_was_confirmed() {
    let mut driver = Driver::loaded();
    let entries = [(3, "e1"), (1, "e2"), (5, "e3"), (2, "e4")];
    driver.journal(entries.map(|(n, entry)| asked(n, entry, "ended")).to_vec());
    driver.keys("2");
    let rows = driver.app.closures.rows.iter();
    let rows: Vec<_> = rows.map(|row| row.entry.as_deref().unwrap()).collect();
    assert_eq!(rows, ["e1", "e2", "e3", "e4"]);
}

#[test]
fn in_read_only_mode_nothing_offers_to_resume_what_waits() {
    let mut driver = Driver::loaded();
    driver.journal(vec![asked(1, "e1", "ended"), asked(2, "e2", "ended")]);
    driver.app.session.write = false;
    assert_eq!(
        alert_text(&driver),
        "2 closures of an earlier run wait; nothing is sent in read-only (2 shows them)"
    );
    let words = "waits; nothing is sent in read-only";
    assert_eq!(driver.outcome(1), words);
    let stage = |driver: &Driver, entry: &str| {
        let entry = driver.app.journal.get(entry).unwrap();
        activity_pane::stage(&driver.app, entry)
    };
    assert_eq!(stage(&driver, "e1"), words);
    let mut left = moved("e3", "ended");
    left.truncate(1);
    driver.journal(left);
    assert_eq!(stage(&driver, "e3"), "never sent");
    driver.app.session.write = true;
    assert_eq!(stage(&driver, "e3"), "never sent: w takes it back");
}

/// The records of a move of which the answer is not known.
fn moved(entry: &str, instance: &str) -> Vec<Record> {
    let mut asked = asked(1, entry, instance);
    if let Event::Asked { change, .. } = &mut asked.event {
        change.mutation = Mutation::MoveAccount {
            account: "000000000001".into(),
            from: "ou-sand".into(),
            to: "ou-exce".into(),
        };
        change.to_path = Some("Root / Exceptions".into());
    }
    vec![asked, record(1, entry, instance, Event::intent(1))]
}

#[test]
fn what_was_found_of_an_earlier_run_without_an_answer_is_told_until_it_is_seen() {
    let found = |entry: &str, instance: &str, holds: bool| {
        let reading = if holds {
            "in Root / Exceptions"
        } else {
            "in Root / Sandbox"
        };
        let reading = reading.into();
        record(2, entry, instance, Event::Verified { holds, reading })
    };
    let mut driver = Driver::loaded();
    // What another running instance, or an earlier run, has found out is no news of this one.
    let mut records = moved("e0", "ended");
    records.push(found("e0", "ended", true));
    records.extend(moved("e1", "us"));
    records.push(found("e1", "us", true));
    records.extend(moved("e2", "ended"));
    driver.journal(records);
    assert_eq!(alert_text(&driver), "");
    driver.journal(vec![found("e2", "us", true)]);
    let text = "1 move of an earlier run had no answer: found in Root / Exceptions; 3 shows it";
    assert_eq!(alert_text(&driver), text);
    driver.keys("2 1");
    assert_eq!(alert_text(&driver), text, "it was not seen");
    driver.journal(moved("e3", "ended"));
    driver.journal(vec![found("e3", "us", false)]);
    assert_eq!(
        alert_text(&driver),
        "2 moves of an earlier run had no answer: 1 found made, 1 not; 3 shows them"
    );
    driver.keys("3 1");
    assert_eq!(alert_text(&driver), "");
}

#[test]
fn in_a_narrow_column_comes_first_what_tells_a_change_from_others() {
    let mut driver = Driver::loaded();
    let outcome = |result: Outcome| Event::Outcome {
        result,
        request_id: None,
    };
    let done = || outcome(Outcome::Done { made: None });
    let verified = |holds: bool, reading: &str| Event::Verified {
        holds,
        reading: reading.into(),
    };
    let mut queued = moved("m1", "us");
    queued.truncate(1);
    driver.journal(queued);
    for (entry, events) in [
        ("m2", vec![]),
        ("m3", vec![done()]),
        ("m4", vec![done(), verified(true, "in Root / Exceptions")]),
        ("m5", vec![done(), verified(false, "in Root / Sandbox")]),
    ] {
        driver.journal(moved(entry, "us"));
        let records = events
            .into_iter()
            .map(|event| record(2, entry, "us", event));
        driver.journal(records.collect());
    }
    driver.journal(moved("m6", "ended"));
    driver.journal(vec![record(
        2,
        "m6",
        "us",
        verified(true, "in Root / Exceptions"),
    )]);
    driver.journal(accepted(2, "c1"));
    let agreed = verified(true, "CLOSED, readings agree");
    driver.journal(vec![record(3, "c1", "us", agreed)]);
    for (entry, words) in [
        ("m1", "to Exceptions: queued"),
        ("m2", "to Exceptions: in flight"),
        ("m3", "to Exceptions: done"),
        ("m4", "in Exceptions: done, verified"),
        ("m5", "in Sandbox: found so, though done"),
        ("m6", "in Exceptions: done, no answer"),
        ("c1", "CLOSED: done, verified"),
    ] {
        let entry = driver.app.journal.get(entry).unwrap();
        assert_eq!(activity_pane::stage_brief(&driver.app, entry), words);
    }
}

fn alert_text(driver: &Driver) -> String {
    alert(&driver.app).unwrap_or_default()
}

#[test]
fn what_an_earlier_run_has_left_is_told_until_it_is_seen() {
    let mut driver = Driver::loaded();
    driver.journal(vec![asked(1, "e1", "ended"), asked(2, "e2", "us")]);
    let text = "1 closure of an earlier run waits: 2 shows it, s there resumes";
    assert_eq!(alert_text(&driver), text);
    // Both views count what needs somebody beside what goes on.
    assert_eq!(driver.app.watch.to_see_to(), 2);
    assert_eq!(open_changes(&driver.app), 2);
    driver.keys("3 1");
    assert_eq!(
        alert_text(&driver),
        text,
        "the activity view is not the place"
    );
    driver.keys("2");
    assert_eq!(alert_text(&driver), "");
    driver.keys("1");
    driver.journal(vec![asked(3, "e3", "ended")]);
    let text = "2 closures of an earlier run wait: 2 shows them, s there resumes";
    assert_eq!(alert_text(&driver), text, "there are more");
}

#[test]
fn what_was_withdrawn_is_said_and_what_was_found_after_a_lost_answer_too() {
    let mut driver = Driver::loaded();
    driver.journal(vec![
        asked(1, "e1", "us"),
        record(1, "e1", "us", Event::Withdrawn),
    ]);
    assert_eq!(driver.notice(), "Withdrawn, nothing was sent: sandbox-1");
    for (holds, words) in [
        (true, "done (no answer, found PENDING_CLOSURE)"),
        (false, "not done (no answer, found PENDING_CLOSURE)"),
    ] {
        let lost = Outcome::Unknown {
            failure: crate::org::Failure::default(),
        };
        let entry = format!("e-{holds}");
        let outcome = Event::Outcome {
            result: lost,
            request_id: None,
        };
        let reading = "PENDING_CLOSURE".into();
        driver.journal(vec![
            asked(2, &entry, "us"),
            record(1, &entry, "us", Event::intent(1)),
            record(2, &entry, "us", outcome),
            record(3, &entry, "us", Event::Verified { holds, reading }),
        ]);
        let entry = driver.app.journal.get(&entry).unwrap();
        assert_eq!(activity_pane::stage(&driver.app, entry), words);
        assert_eq!(activity_pane::is_problem(&driver.app, entry), !holds);
    }
}

#[test]
fn enter_goes_to_the_account_in_the_explorer_whatever_hides_it() {
    let mut driver = Driver::loaded();
    driver.keys("/ z z enter");
    driver.journal(accepted(4, "e4"));
    for view in ["2", "3"] {
        driver.keys(view).keys("enter");
        assert_eq!(driver.app.view, View::Explorer);
        let cursor = driver.app.outline.cursor().unwrap();
        assert_eq!(driver.app.tree.get(cursor).unwrap().label(), "sandbox-4");
    }
}

#[test]
fn what_the_views_do_not_know_says_where_it_belongs() {
    let mut driver = Driver::loaded();
    driver.keys("2 .");
    assert_eq!(driver.notice(), "This is for the explorer (1)");
    driver.keys("w");
    assert!(
        driver.notice().starts_with("Cannot take back: "),
        "{}",
        driver.notice()
    );
    driver.keys("esc w");
    assert_eq!(driver.app.view, View::Explorer);
    assert_eq!(
        driver.notice(),
        "Cannot take back: this is for the closures view (2)"
    );
    // What is pasted is looked for in the explorer.
    driver.keys("3");
    driver.send(Msg::Paste("sandbox-2".into()));
    driver.frame();
    let cursor = driver.app.outline.cursor().unwrap();
    assert_eq!(driver.app.tree.get(cursor).unwrap().label(), "sandbox-2");
}

#[test]
fn seconds_tick_only_where_they_show_and_while_something_is_pending() {
    let mut driver = Driver::loaded();
    driver.keys("2");
    driver.clock(1);
    assert!(!driver.app.dirty);
    driver.journal(accepted(1, "e1"));
    driver.clock(2);
    assert!(driver.app.dirty, "a second has passed");
    assert_eq!(driver.app.next_change(), Some(at(3)));
    driver.keys("1");
    driver.clock(5);
    assert!(!driver.app.dirty, "it is not on screen");
    assert_eq!(driver.app.next_change(), Some(at(10)), "the poll");
}

#[test]
fn the_activity_has_what_goes_on_on_top_and_the_rest_newest_first() {
    let mut driver = Driver::loaded();
    let mut records = accepted(1, "e1");
    records.extend(accepted(2, "e2"));
    records.push(asked(3, "e3", "us"));
    records.push(asked(4, "e4", "us"));
    records.push(record(3, "e4", "us", Event::intent(1)));
    driver.journal(records);
    driver.keys("3");
    assert_eq!(driver.app.activity.rows, ["e4", "e3", "e2", "e1"]);
    driver.keys("j j");
    let details = activity_pane::details(&driver.app);
    let fact = |label| {
        details
            .iter()
            .find(|(name, _)| *name == label)
            .map(|(_, text)| text)
    };
    assert_eq!(fact("Stage").unwrap(), "done");
    assert_eq!(fact("Request id").unwrap(), "request-1");
    assert_eq!(fact("Instance").unwrap(), "this (us)");
    assert!(
        fact("Command")
            .unwrap()
            .starts_with("aws organizations close-account")
    );
    driver.effects.clear();
    driver.keys("y c");
    assert!(
        matches!(&driver.effects[..], [Effect::Copy { text, .. }] if text.contains("close-account"))
    );
}

#[test]
fn quitting_asks_while_something_is_in_flight_or_queued() {
    for (leave, stay) in [("q", "esc"), ("ctrl-c", "enter")] {
        let mut driver = Driver::loaded();
        driver.keys(leave);
        assert_eq!(driver.effects, [Effect::Quit], "nothing is going on");

        let mut driver = Driver::loaded();
        driver.journal(vec![
            asked(1, "e1", "us"),
            record(1, "e1", "us", Event::intent(1)),
            asked(2, "e2", "us"),
            asked(3, "e3", "us"),
            asked(4, "e4", "other"),
        ]);
        driver.effects.clear();
        driver.keys(leave);
        assert_eq!(driver.effects, []);
        let told = going_on(&driver.app);
        assert_eq!(told[0], "1 in flight, 2 queued.");
        assert!(told[2].starts_with("2 queued closures stay"), "{told:?}");
        driver.keys(stay);
        assert!(driver.app.overlays.is_empty());
        driver.keys(leave).keys("y");
        assert_eq!(driver.effects, [Effect::Quit]);
    }
}

#[test]
fn a_second_ctrl_c_quits_and_a_held_one_does_not() {
    let mut driver = Driver::loaded();
    driver.journal(vec![asked(1, "e1", "us")]);
    driver.effects.clear();
    let key: KeyCombination = "ctrl-c".parse().unwrap();
    driver.send(Msg::Key(key));
    driver.send(Msg::Repeat(key));
    assert_eq!(driver.effects, []);
    driver.send(Msg::Key(key));
    assert_eq!(driver.effects, [Effect::Quit]);
}

#[test]
fn who_has_left_its_organization_asks_anew_and_is_shown_none_of_it() {
    let mut driver = Driver::loaded();
    let organization = driver.app.known.organization.clone().unwrap();
    let caller = Caller {
        account_id: "000000000001".into(),
        arn: "arn:aws:iam::000000000001:user/me".into(),
    };
    driver.send(Msg::Identified(Identity {
        organization: Ok(organization),
        caller: Some(caller.clone()),
    }));
    let mut asked = asked(1, "e1", "us");
    if let Event::Asked { change, .. } = &mut asked.event {
        let account = "000000000001".into();
        change.mutation = Mutation::LeaveOrganization { account };
    }
    driver.effects.clear();
    let done = Event::Outcome {
        result: Outcome::Done { made: None },
        request_id: None,
    };
    driver.journal(vec![
        asked,
        record(
            1,
            "e1",
            "us",
            Event::Intent {
                attempt: 1,
                caller: None,
            },
        ),
        record(1, "e1", "us", done),
    ]);
    assert_eq!(driver.effects, []);
    assert_eq!(driver.notice(), "Left the organization");
    let verified = Event::Verified {
        holds: true,
        reading: "in no organization".into(),
    };
    driver.journal(vec![record(2, "e1", "us", verified)]);
    assert_eq!(driver.effects, [Effect::Identify]);
    let none = OrgError::new(ErrorKind::NoOrganization, "not in use");
    driver.send(Msg::Identified(Identity {
        organization: Err(none),
        caller: Some(caller),
    }));
    assert_eq!(driver.notice(), "Left the organization");
    assert_eq!(driver.app.tree.root(), None);
    assert!(obstacle::obstacle(&driver.app).is_some());
    let leave = crate::action::row_of(crate::action::Action::LeaveOrganization);
    assert_eq!(
        driver.app.withheld_because(leave),
        Some("this account is in no organization")
    );
}

#[test]
fn a_change_that_was_denied_names_the_permission_that_it_needs() {
    let mut driver = Driver::loaded();
    let failure = crate::org::Failure {
        code: "AccessDeniedException".into(),
        message: "You don't have permissions to access this resource.".into(),
        ..crate::org::Failure::default()
    };
    let refused = Event::Outcome {
        result: Outcome::Refused { failure },
        request_id: None,
    };
    let intent = Event::Intent {
        attempt: 1,
        caller: None,
    };
    driver.journal(vec![
        asked(1, "e1", "us"),
        record(1, "e1", "us", intent),
        record(1, "e1", "us", refused),
    ]);
    let entry = driver.app.journal.get("e1").unwrap();
    let words = "refused: access denied, needs organizations:CloseAccount";
    assert_eq!(activity_pane::stage(&driver.app, entry), words);
}

#[test]
fn one_of_something_is_told_in_the_singular() {
    let mut driver = Driver::loaded();
    for (lines, words) in [(1, "1 line"), (2, "2 lines")] {
        driver.send(Msg::Journal(JournalNews::Damaged { lines }));
        let expected = format!("{words} of the journal cannot be read");
        assert_eq!(driver.notice(), expected);
    }
}

#[test]
fn what_is_typed_after_a_slash_is_a_filter_whatever_is_on_screen() {
    for view in ["2", "3"] {
        let mut driver = Driver::loaded();
        driver.keys(view).keys("/ d u x");
        let filter = driver.app.outline.filter.as_ref();
        assert_eq!(filter.map(|filter| filter.input.value()), Some("dux"));
        assert_eq!(driver.app.view, View::Explorer);
    }
}
