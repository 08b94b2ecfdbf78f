//! Dialogs that close an account or take one out of the organization: what confirms them, and
//! everything that must not.

use std::collections::BTreeSet;
use std::time::Duration;

use crokey::KeyCombination;
use jiff::Timestamp;

use super::overlay::{ListStyle, Overlay};
use super::*;
use crate::action::{ACTIONS, Action, Danger, row_of};
use crate::config::DecidedBy;
use crate::confirm::{Confirmed, Order};
use crate::msg::{JournalNews, Msg, Region};
use crate::org::{
    Account, AccountFacts, AccountState, Change, ErrorKind, Event, Fact, Failure, Identity,
    JoinedMethod, Mutation, Observation, OrganizationalUnit, Outcome, Progress, Record, Root, Tag,
    WalkEvent, WalkSummary,
};

const MANAGEMENT: &str = "111122223333";
const ONE: &str = "012345678901";
const TWO: &str = "222233334444";

struct Driver {
    app: App,
    effects: Vec<Effect>,
}

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn account(id: &str, state: AccountState) -> Account {
    Account {
        id: id.into(),
        name: Some(format!("name-{}", &id[..3])),
        email: Some(format!("{id}@example.com")),
        state: Some(state),
        joined_method: Some(JoinedMethod::Created),
        joined_at: Some("2021-03-04T10:11:12Z".parse().unwrap()),
        ..Account::default()
    }
}

/// Everything read, nothing against it.
fn harmless(id: &str) -> AccountFacts {
    AccountFacts {
        account: Answer::Known(account(id, AccountState::Active)),
        ancestors: Answer::Known(match id {
            MANAGEMENT => vec!["r-1".into()],
            _ => vec!["r-1".into(), "ou-1".into()],
        }),
        tags: Answer::Known(Vec::new()),
        delegated_services: Answer::Known(Vec::new()),
    }
}

fn denied() -> OrgError {
    OrgError::new(ErrorKind::AccessDenied, "not for you").during("ListTagsForResource")
}

impl Driver {
    /// Somebody from this account, in an organization with its journal open.
    fn start(caller: &str, session: Session) -> Self {
        let (app, effects) = App::start(session, noon());
        let mut driver = Self { app, effects };
        driver.identified(caller);
        driver.send(Msg::Journal(JournalNews::Opened {
            instance: "us".into(),
            records: Vec::new(),
            running: BTreeSet::from(["us".to_owned()]),
        }));
        driver
    }

    fn member() -> Self {
        let mut driver = Self::start(ONE, writing());
        driver.finish(vec![denied()]);
        driver
    }

    /// In the management account, everything loaded, the cursor on account [`ONE`].
    fn loaded() -> Self {
        Self::loaded_as(writing())
    }

    fn loaded_as(session: Session) -> Self {
        let mut driver = Self::start(MANAGEMENT, session);
        let mut scene = vec![
            Observation::Root(Root {
                id: "r-1".into(),
                name: Some("Root".into()),
                ..Root::default()
            }),
            Observation::OrganizationalUnit {
                unit: OrganizationalUnit {
                    id: "ou-1".into(),
                    name: Some("Workloads".into()),
                    ..OrganizationalUnit::default()
                },
                parent: "r-1".into(),
            },
        ];
        scene.extend(
            [(MANAGEMENT, "r-1"), (ONE, "ou-1"), (TWO, "ou-1")].map(|(id, parent)| {
                Observation::Account {
                    account: account(id, AccountState::Active).into(),
                    ancestors: BTreeSet::from(["r-1", parent])
                        .into_iter()
                        .rev()
                        .map(str::to_owned)
                        .collect(),
                }
            }),
        );
        driver.send(Msg::Walk(
            1,
            WalkEvent::Observed(scene, Progress::default()),
        ));
        driver.finish(Vec::new());
        driver.keys("*");
        driver.select(ONE);
        driver.effects.clear();
        driver
    }

    fn finish(&mut self, missing: Vec<OrgError>) {
        let summary = WalkSummary {
            missing,
            ..WalkSummary::default()
        };
        self.send(Msg::Walk(1, WalkEvent::Finished(summary)));
        self.frame();
    }

    fn identified(&mut self, caller: &str) {
        self.send(Msg::Identified(Identity {
            organization: Ok(Organization {
                id: "o-example".into(),
                feature_set: Some("ALL".into()),
                management_account_id: Some(MANAGEMENT.into()),
                management_account_email: Some("aws@example.com".into()),
                ..Organization::default()
            }),
            caller: Some(Caller {
                account_id: caller.into(),
                arn: format!("arn:aws:iam::{caller}:user/me"),
            }),
        }));
    }

    fn select(&mut self, id: &str) {
        let ix = self.app.tree.find(id).unwrap();
        self.app.outline.move_to_node(ix);
        self.frame();
    }

    fn send(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.app, msg));
    }

    /// As before a frame on a screen that has room for a dialog.
    fn frame(&mut self) {
        let region = Region {
            x: 0,
            y: 3,
            width: 76,
            height: 16,
        };
        self.send(Msg::Arranged(Areas {
            list: Region::default(),
            tree: region,
            details: Region::default(),
            overlay: region,
            ..Areas::default()
        }));
    }

    fn wait(&mut self, milliseconds: u64) {
        let time = Duration::from_millis(milliseconds);
        self.send(Msg::Elapsed(self.app.elapsed + time));
        self.send(Msg::Clock(self.app.now + time));
        self.frame();
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ') {
            match word.parse::<KeyCombination>() {
                Ok(key) => self.send(Msg::Key(key.normalized())),
                Err(_) => word
                    .chars()
                    .map(|c| KeyCombination::from(crossterm::event::KeyCode::Char(c)))
                    .for_each(|key| self.send(Msg::Key(key))),
            }
            self.frame();
        }
        self
    }

    /// The facts of this account arrive for the newest dialog.
    fn learn(&mut self, id: &str, facts: AccountFacts) {
        let dialog = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Preflight { dialog, .. } => Some(*dialog),
            _ => None,
        });
        let fact = Fact::Account {
            id: id.into(),
            facts: Box::new(facts),
        };
        self.send(Msg::Fact(dialog.expect("facts were asked for"), fact));
        self.frame();
    }

    /// Opens the dialog with these keys, has everything read, and waits until it is armed.
    fn ready(keys: &str) -> Self {
        let mut driver = Self::loaded();
        driver.keys(keys);
        driver.learn(ONE, harmless(ONE));
        driver.wait(2_000);
        driver
    }

    fn grown(&mut self, records: Vec<Record>) {
        self.send(Msg::Journal(JournalNews::Grown {
            records,
            running: BTreeSet::from(["us".to_owned()]),
        }));
        self.frame();
    }

    fn resume(&mut self) {
        let effects = closing::ask_resume(&mut self.app);
        self.effects.extend(effects);
        self.frame();
    }

    fn dialog(&self) -> Option<&dialog::Dialog> {
        match self.app.overlays.last() {
            Some(Overlay::Dialog(dialog)) => Some(dialog),
            _ => None,
        }
    }

    fn status(&self) -> String {
        self.dialog().expect("a dialog").status(self.app.elapsed).1
    }

    fn text(&self) -> String {
        let lines = self.dialog().expect("a dialog").lines(&self.app, 76);
        lines.into_iter().map(|line| line.text + "\n").collect()
    }

    /// Nothing can be ticked, typed or pressed but what leaves, and that is all that is told.
    fn only_leaves(&self) {
        let dialog = self.dialog().expect("a dialog");
        assert_eq!(self.status(), "This is refused; Esc leaves");
        let text = self.text();
        assert!(!text.contains("[ ]") && !text.contains("type:"), "{text}");
        let buttons = dialog.buttons(false, 76);
        let buttons: Vec<&str> = buttons.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(buttons, ["[> Cancel <]"]);
        let keys = dialog.keys(&self.app);
        assert!(!keys.iter().any(|(key, _)| ["Tab", "Space"].contains(key)));
    }

    fn notice(&self) -> &str {
        self.app.notice.as_ref().map_or("", |notice| &notice.text)
    }

    fn applied(&self) -> Vec<&Confirmed> {
        let effects = self.effects.iter();
        effects
            .filter_map(|effect| match effect {
                Effect::Apply(confirmed) => Some(confirmed),
                _ => None,
            })
            .collect()
    }

    fn applied_mutations(&self) -> Vec<Mutation> {
        let changes = self
            .applied()
            .into_iter()
            .flat_map(|confirmed| match confirmed.order() {
                Order::Changes { changes, .. } => changes.clone(),
                Order::Resume { .. } => Vec::new(),
            });
        changes.map(|change| change.mutation).collect()
    }
}

fn writing() -> Session {
    Session {
        write: true,
        ..Session::default()
    }
}

fn close(id: &str) -> Mutation {
    Mutation::CloseAccount { account: id.into() }
}

/// From Cancel: every box, the id, the button.
const TICK: &str = "tab space tab space tab space";

fn record(entry: &str, instance: &str, event: Event) -> Record {
    Record {
        at: noon(),
        entry: entry.into(),
        instance: instance.into(),
        event,
    }
}

fn asked(id: &str) -> Event {
    Event::Asked {
        organization: "o-example".into(),
        caller: Some("arn:aws:iam::111122223333:user/bob".into()),
        change: Change {
            mutation: close(id),
            target_name: format!("name-{}", &id[..3]),
            path: "Root / Workloads".into(),
            parent: None,
            to_path: None,
        },
        confirmation: format!("typed {id}"),
        batch: "b".into(),
        undoes: None,
    }
}

#[test]
fn an_account_is_closed_with_every_box_ticked_its_id_typed_and_the_button_pressed() {
    let mut driver = Driver::ready("x");
    driver.keys(TICK).keys("tab").keys(ONE).keys("tab enter");
    assert_eq!(driver.applied_mutations(), [close(ONE)]);
    assert_eq!(driver.applied()[0].how(), format!("typed {ONE}"));
    assert!(driver.dialog().is_none());
    driver.keys("enter enter y x");
    assert_eq!(driver.applied().len(), 1);
}

#[test]
fn the_id_may_be_pasted() {
    let mut driver = Driver::ready("x");
    driver.keys(TICK);
    driver.send(Msg::Paste(format!(" {ONE}\n")));
    driver.keys("tab enter");
    assert_eq!(driver.applied_mutations(), [close(ONE)]);
}

#[test]
fn a_paste_replaces_what_was_typed() {
    let mut driver = Driver::ready("x");
    driver.keys(TICK).keys("tab 99");
    for _ in 0..2 {
        driver.send(Msg::Paste(ONE.to_owned()));
        let dialog = driver.dialog().unwrap();
        assert_eq!(dialog.confirm.input().value(), ONE);
    }
    driver.keys("tab enter");
    assert_eq!(driver.applied_mutations(), [close(ONE)]);
}

#[test]
fn keys_in_vain_are_told_why_nothing_happened() {
    let mut driver = Driver::ready("x");
    assert_eq!(driver.status(), "Tick 3 more boxes: Tab, Space");
    driver.keys("0 1 2");
    let typed = "Nothing was typed. Tab: type the 12-digit id";
    assert_eq!(driver.status(), typed);
    driver.keys("tab space tab");
    assert_eq!(driver.status(), "Tick 2 more boxes: Tab, Space");
    driver.keys("enter");
    let boxes = "Nothing happened. Tick 2 more boxes: Tab, Space";
    assert_eq!(driver.status(), boxes);
    driver.keys("space tab enter");
    let boxes = "Nothing happened. Tick 1 more box: Tab, Space";
    assert_eq!(driver.status(), boxes);
    driver.keys("space tab tab enter");
    let phrase = "Nothing happened. Tab: type the 12-digit id";
    assert_eq!(driver.status(), phrase);
    driver.keys("backtab 0");
    assert_eq!(driver.status(), "This is not the 12-digit id yet");
    driver.send(Msg::Paste(ONE.to_owned()));
    driver.keys("enter");
    let ready = "Nothing happened. Ready: Tab to Close, then Enter";
    assert_eq!(driver.status(), ready);
    driver.send(Msg::Covered);
    driver.frame();
    assert_eq!(driver.status(), "Read it first: 2 s");
    driver.wait(1_200);
    assert_eq!(driver.status(), "Read it first: 1 s");
    driver.keys("tab enter");
    assert_eq!(driver.status(), "Nothing happened. Read it first: 2 s");
    driver.wait(2_000);
    assert_eq!(driver.status(), "Enter: Close");
    driver.keys("enter");
    assert_eq!(driver.applied_mutations(), [close(ONE)]);
}

#[test]
fn a_wrong_id_is_told_as_such_and_the_right_one_is_not() {
    let told = "What is typed is not the id of this account";
    let mut driver = Driver::ready("x");
    driver.keys(TICK).keys("tab").keys(TWO).keys("enter");
    assert_eq!(driver.status(), told);
    driver.keys("tab");
    assert_eq!(driver.status(), format!("{told}; Tab gets there"));
    for keys in ["enter", "tab 0", "tab space enter"] {
        driver.keys(keys);
        assert_eq!(driver.status(), format!("{told}; Tab gets there"), "{keys}");
    }
    assert!(driver.applied().is_empty());
    driver.send(Msg::Paste(ONE.to_owned()));
    driver.keys("tab 0");
    let boxes = "Nothing happened. Tick 1 more box: Tab, Space";
    assert_eq!(driver.status(), boxes);
}

#[test]
fn every_way_out_of_closing_or_removing_changes_nothing() {
    for open in ["x", "d"] {
        for out in ["esc", "n", "q", "enter", "tab esc", "backtab esc", "tab n"] {
            let mut driver = Driver::ready(open);
            driver.keys(out);
            // In the line that is typed into, a letter is a letter.
            let typed = open == "d" && out == "tab n";
            assert_eq!(driver.dialog().is_none(), !typed, "{open} {out}");
            assert!(driver.applied().is_empty(), "{open} {out}");
        }
    }
}

#[test]
fn nothing_less_than_everything_closes_an_account() {
    let other = TWO.to_owned();
    for (what, keys) in [
        (
            "a box is left",
            format!("tab space tab space tab tab {ONE} tab enter"),
        ),
        ("the id is wrong", format!("{TICK} tab {other} tab enter")),
        (
            "the id is not complete",
            format!("{TICK} tab {} tab enter", &ONE[..11]),
        ),
        (
            "more than the id is typed",
            format!("{TICK} tab {ONE}0 tab enter"),
        ),
        (
            "the name is typed",
            format!("{TICK} tab name-012 tab enter"),
        ),
        ("nothing is typed", format!("{TICK} tab tab enter")),
        (
            "enter in the line",
            format!("{TICK} tab {ONE} enter enter enter"),
        ),
        ("a yes", "y y y y".to_owned()),
        ("the button alone", "backtab enter enter enter".to_owned()),
    ] {
        let mut driver = Driver::ready("x");
        driver.keys(&keys);
        assert!(driver.applied().is_empty(), "{what}");
    }
}

#[test]
fn a_key_that_opened_the_dialog_or_is_held_never_answers_it() {
    let mut driver = Driver::loaded();
    driver.keys("x");
    driver.learn(ONE, harmless(ONE));
    for key in ["enter", "space", "y", "x"] {
        let key: KeyCombination = key.parse().unwrap();
        for _ in 0..50 {
            driver.send(Msg::Repeat(key));
        }
    }
    assert!(driver.dialog().is_some());
    assert!(driver.applied().is_empty());
}

#[test]
fn too_early_does_not_count_and_begins_the_wait_anew() {
    let mut driver = Driver::loaded();
    driver.keys("x");
    driver.learn(ONE, harmless(ONE));
    driver.wait(1_500);
    driver.keys(TICK).keys("tab").keys(ONE).keys("tab enter");
    assert!(driver.applied().is_empty());
    driver.wait(600);
    driver.keys("enter");
    assert!(driver.applied().is_empty());
    driver.wait(2_100);
    driver.keys("enter");
    assert_eq!(driver.applied_mutations(), [close(ONE)]);
}

#[test]
fn facts_that_arrive_late_must_be_read_before_it_can_be_confirmed() {
    let mut driver = Driver::loaded();
    driver.keys("x");
    driver.wait(10_000);
    driver.keys(TICK).keys("tab").keys(ONE).keys("tab");
    assert_eq!(
        driver.status(),
        "Still reading what is known of the account"
    );
    driver.keys("enter");
    let first = AccountFacts {
        tags: Answer::Pending,
        ..harmless(ONE)
    };
    driver.learn(ONE, first);
    driver.wait(3_000);
    driver.keys("enter");
    assert!(driver.applied().is_empty());
    let rest = AccountFacts {
        tags: Answer::Known(vec![Tag {
            key: "team".into(),
            value: "ledger".into(),
        }]),
        ..AccountFacts::default()
    };
    driver.learn(ONE, rest);
    assert!(driver.text().contains("team=ledger"), "{}", driver.text());
    driver.keys("enter");
    assert!(driver.applied().is_empty());
    driver.wait(2_100);
    driver.keys("enter");
    assert_eq!(driver.applied_mutations(), [close(ONE)]);
}

type Bend = fn(&mut AccountFacts);

#[test]
#[expect(clippy::too_many_lines, reason = "a table of refusals")]
fn what_is_refused_cannot_be_confirmed_and_says_why() {
    let cases: [(&str, Bend, &str); 6] = [
        (
            "xd",
            |facts| facts.delegated_services = Answer::Known(vec!["sso.amazonaws.com".into()]),
            "sso.amazonaws.com",
        ),
        (
            "xd",
            |facts| {
                facts.tags = Answer::Known(vec![Tag {
                    key: "orgscope:protect".into(),
                    value: String::new(),
                }]);
            },
            "orgscope:protect",
        ),
        (
            "xd",
            |facts| facts.tags = Answer::NotChecked(denied()),
            "tags could not be checked",
        ),
        (
            "xd",
            |facts| facts.account = Answer::NotChecked(denied()),
            "state could not be checked",
        ),
        (
            "x",
            |facts| facts.account = Answer::Known(account(ONE, AccountState::Suspended)),
            "SUSPENDED",
        ),
        (
            "d",
            |facts| {
                let mut young = account(ONE, AccountState::Active);
                young.joined_at = Some(noon());
                facts.account = Answer::Known(young);
            },
            "less than four days ago",
        ),
    ];
    for (keys, bend, why) in cases {
        for open in keys.chars() {
            let mut driver = Driver::loaded();
            driver.keys(&open.to_string());
            let mut facts = harmless(ONE);
            bend(&mut facts);
            driver.learn(ONE, facts);
            driver.wait(5_000);
            let whole = driver
                .text()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            assert!(whole.contains(why), "{open} {whole}");
            driver.only_leaves();
            if open == 'x' {
                driver.keys(TICK);
            }
            driver.keys("tab").keys(ONE);
            driver.send(Msg::Paste(ONE.into()));
            driver.only_leaves();
            driver.keys("tab enter enter");
            assert!(driver.dialog().is_none(), "{open} {why}");
            assert!(driver.applied().is_empty(), "{open} {why}");
        }
    }
}

#[test]
fn the_management_account_is_refused() {
    for open in ["x", "d"] {
        let mut driver = Driver::loaded();
        driver.select(MANAGEMENT);
        driver.keys(open);
        driver.learn(MANAGEMENT, harmless(MANAGEMENT));
        assert!(driver.text().contains("management account"));
        driver.only_leaves();
    }
}

#[test]
fn several_accounts_are_closed_together_with_a_phrase_that_says_how_many() {
    let mut driver = Driver::loaded();
    driver.keys("space");
    driver.select(TWO);
    driver.keys("space");
    driver.select(MANAGEMENT);
    driver.keys("x");
    driver.learn(ONE, harmless(ONE));
    assert_eq!(driver.status(), "Still reading: 1 of 2 read");
    driver.learn(TWO, harmless(TWO));
    driver.wait(2_000);
    let text = driver.text();
    assert!(
        text.contains(ONE) && text.contains(TWO) && !text.contains(MANAGEMENT),
        "{text}"
    );
    driver.keys(TICK).keys("tab").keys(ONE).keys("tab enter");
    assert!(driver.applied().is_empty());
    driver.keys("backtab ctrl-u");
    driver.send(Msg::Paste("close 2 accounts".into()));
    driver.keys("tab enter");
    assert_eq!(driver.applied().len(), 1);
    assert_eq!(driver.applied_mutations(), [close(ONE), close(TWO)]);
    assert!(driver.app.marks.is_empty());
}

#[test]
fn one_refused_account_blocks_the_whole_batch() {
    let mut driver = Driver::loaded();
    driver.keys("space");
    driver.select(MANAGEMENT);
    driver.keys("space x");
    driver.learn(ONE, harmless(ONE));
    driver.learn(MANAGEMENT, harmless(MANAGEMENT));
    driver.wait(2_000);
    driver.keys(TICK);
    driver.send(Msg::Paste("close 2 accounts".into()));
    driver.keys("tab enter");
    assert!(driver.applied().is_empty());
    let refused = "No. Refused: 1 of 2 accounts, see above; r drops them";
    assert_eq!(driver.status(), refused);
    assert!(driver.text().contains("r drops these from the batch"));
}

/// Several accounts of which the management account is refused, everything ticked and typed.
fn batch_with_a_refused_one(others: &[&str]) -> Driver {
    let mut driver = Driver::loaded();
    for id in others.iter().chain(&[MANAGEMENT]) {
        driver.select(id);
        driver.keys("space");
    }
    driver.keys("x");
    for (read, id) in (1..).zip(others.iter().chain(&[MANAGEMENT])) {
        driver.learn(id, harmless(id));
        let all = others.len() + 1;
        let told = if read < all {
            format!("Still reading: {read} of {all} read")
        } else {
            format!("Refused: 1 of {all} accounts, see above; r drops them")
        };
        assert_eq!(driver.status(), told);
    }
    driver.wait(2_000);
    driver.keys(TICK);
    driver.send(Msg::Paste(format!("close {} accounts", others.len() + 1)));
    driver.keys("tab");
    driver
}

#[test]
fn refused_accounts_can_be_dropped_and_the_rest_is_asked_anew() {
    let mut driver = batch_with_a_refused_one(&[ONE, TWO]);
    let keys = driver.dialog().unwrap().keys(&driver.app);
    assert!(keys.contains(&("r", "drop refused")));
    driver.keys("r");
    let dialog = driver.dialog().unwrap();
    assert_eq!(dialog.title(), "CLOSE 2 accounts");
    assert_eq!(dialog.confirm.input().value(), "");
    assert!(dialog.confirm.boxes().iter().all(|it| !it.ticked));
    assert!(!driver.app.marks.contains(MANAGEMENT));
    assert!(driver.app.marks.contains(ONE) && driver.app.marks.contains(TWO));
    assert!(!driver.text().contains(MANAGEMENT));
    driver.wait(2_000);
    driver.keys(TICK);
    driver.send(Msg::Paste("close 3 accounts".into()));
    driver.keys("tab enter");
    assert!(driver.applied().is_empty());
    driver.send(Msg::Paste("close 2 accounts".into()));
    driver.keys("tab enter");
    assert_eq!(driver.applied_mutations(), [close(ONE), close(TWO)]);
}

#[test]
fn what_is_left_of_a_batch_is_still_about_its_organization() {
    let mut driver = batch_with_a_refused_one(&[ONE, TWO]);
    driver.keys("r");
    driver.wait(2_000);
    driver.keys(TICK);
    driver.send(Msg::Paste("close 2 accounts".into()));
    driver.keys("tab enter");
    let confirmed = driver.applied();
    assert_eq!(confirmed[0].organization(), Some("o-example"));
}

#[test]
fn what_is_dropped_from_a_range_is_not_in_it_any_more() {
    let mut driver = Driver::loaded();
    driver.keys("g v shift-g x");
    for id in [MANAGEMENT, ONE, TWO] {
        driver.learn(id, harmless(id));
    }
    driver.keys("r esc");
    assert!(!driver.app.marks.in_range());
    assert_eq!(driver.app.marks.count(), 2);
    assert!(!driver.app.marks.contains(MANAGEMENT));
}

#[test]
fn what_is_left_of_a_batch_waits_until_it_was_read() {
    let mut driver = batch_with_a_refused_one(&[ONE, TWO]);
    driver.keys("r").keys(TICK);
    driver.send(Msg::Paste("close 2 accounts".into()));
    driver.keys("tab enter");
    assert_eq!(driver.status(), "Nothing happened. Read it first: 2 s");
    assert!(driver.applied().is_empty());
}

#[test]
fn a_batch_of_which_one_account_is_left_is_closed_with_its_id() {
    let mut driver = batch_with_a_refused_one(&[ONE]);
    driver.keys("r");
    driver.wait(2_000);
    driver.keys(TICK);
    driver.send(Msg::Paste("close 1 accounts".into()));
    driver.keys("tab enter");
    assert!(driver.applied().is_empty());
    driver.send(Msg::Paste(ONE.into()));
    driver.keys("tab enter");
    assert_eq!(driver.applied_mutations(), [close(ONE)]);
}

#[test]
fn nothing_is_dropped_where_nothing_would_be_left_or_nothing_is_refused() {
    for refused in [true, false] {
        let mut driver = Driver::loaded();
        driver.keys("space");
        driver.select(TWO);
        driver.keys("space x");
        for id in [ONE, TWO] {
            let mut facts = harmless(id);
            if refused {
                facts.delegated_services = Answer::Known(vec!["sso.amazonaws.com".into()]);
            }
            driver.learn(id, facts);
        }
        driver.keys("r");
        let dialog = driver.dialog().unwrap();
        assert_eq!(dialog.title(), "CLOSE 2 accounts");
        assert!(!dialog.keys(&driver.app).iter().any(|(key, _)| *key == "r"));
    }
}

#[test]
fn a_closure_that_was_confirmed_before_is_not_asked_for_again() {
    let mut driver = Driver::loaded();
    let records = vec![record("e-1", "us", asked(ONE))];
    let running = BTreeSet::from(["us".to_owned()]);
    driver.send(Msg::Journal(JournalNews::Grown { records, running }));
    driver.keys("x");
    driver.learn(ONE, harmless(ONE));
    driver.wait(2_000);
    driver.only_leaves();
    let text = driver.text();
    assert!(text.contains("was confirmed before"), "{text}");
    driver.keys(TICK).keys("tab").keys(ONE).keys("tab enter");
    assert!(driver.applied().is_empty());
}

#[test]
fn a_dialog_closes_when_its_account_goes_or_begins_to_close_or_we_become_somebody_else() {
    for open in ["x", "d"] {
        let mut gone = Driver::ready(open);
        let vanished = Observation::Vanished { node: ONE.into() };
        gone.send(Msg::Observed(vec![vanished]));
        assert!(gone.dialog().is_none());
        assert!(gone.notice().contains("no longer in the organization"));

        let mut closing = Driver::ready(open);
        closing.send(Msg::Observed(vec![Observation::Account {
            account: account(ONE, AccountState::PendingClosure).into(),
            ancestors: Vec::new(),
        }]));
        assert!(closing.dialog().is_none());
        assert!(closing.notice().contains("is being closed already"));

        let mut other = Driver::ready(open);
        other.identified(TWO);
        assert!(other.dialog().is_none());
        assert!(other.notice().contains("only the management account"));
    }
}

/// Facts of an account that is the same but for this.
fn changed(change: impl FnOnce(&mut AccountFacts)) -> AccountFacts {
    let mut facts = harmless(ONE);
    change(&mut facts);
    facts
}

#[test]
fn a_dialog_shows_name_and_path_as_they_are_read_and_closes_when_they_have_changed() {
    for open in ["x", "d"] {
        let driver = Driver::ready(open);
        let text = driver.text();
        assert!(text.contains("name-012  012345678901"), "{text}");
        assert!(text.contains("path       Root / Workloads"), "{text}");

        let mut moved = Driver::loaded();
        moved.keys(open);
        let elsewhere = changed(|facts| {
            facts.ancestors = Answer::Known(vec!["r-1".into()]);
        });
        moved.learn(ONE, elsewhere);
        assert!(moved.dialog().is_none(), "{open}");
        let notice = moved.notice();
        assert!(
            notice.contains("was moved meanwhile, it is in Root now"),
            "{notice}"
        );

        let mut renamed = Driver::loaded();
        renamed.keys(open);
        let prod = changed(|facts| {
            let mut account = account(ONE, AccountState::Active);
            account.name = Some("nordlys-prod".into());
            facts.account = Answer::Known(account);
        });
        renamed.learn(ONE, prod);
        assert!(renamed.dialog().is_none(), "{open}");
        let notice = renamed.notice();
        assert!(notice.contains("it is called nordlys-prod"), "{notice}");
    }
}

#[test]
fn a_dialog_closes_when_the_tree_learns_of_a_move_or_that_an_ou_above_was_renamed() {
    for open in ["x", "d"] {
        let mut moved = Driver::ready(open);
        moved.send(Msg::Observed(vec![Observation::AccountPlaced {
            account: ONE.into(),
            parent: "r-1".into(),
        }]));
        assert!(moved.dialog().is_none(), "{open}");

        let mut renamed = Driver::ready(open);
        renamed.send(Msg::Observed(vec![Observation::OrganizationalUnit {
            unit: OrganizationalUnit {
                id: "ou-1".into(),
                name: Some("Production".into()),
                ..OrganizationalUnit::default()
            },
            parent: "r-1".into(),
        }]));
        assert!(renamed.dialog().is_none(), "{open}");
        let notice = renamed.notice();
        assert!(
            notice.contains("it is in Root / Production now"),
            "{notice}"
        );
    }
}

#[test]
fn where_an_account_is_must_be_answered_before_it_is_closed_or_removed() {
    for open in ["x", "d"] {
        let mut driver = Driver::loaded();
        driver.keys(open);
        driver.learn(ONE, changed(|facts| facts.ancestors = Answer::Pending));
        assert!(driver.status().starts_with("Still reading"), "{open}");
        driver.learn(
            ONE,
            changed(|facts| facts.ancestors = Answer::NotChecked(denied())),
        );
        assert!(driver.text().contains("not checked"), "{open}");
        assert!(!driver.status().starts_with("Still reading"), "{open}");
    }
}

#[test]
fn what_was_denied_is_told_once_with_the_permissions_that_are_needed() {
    for open in ["x", "d"] {
        let mut driver = Driver::loaded();
        driver.keys(open);
        let denied = |operation: &str| {
            OrgError::new(ErrorKind::AccessDenied, "not for you").during(operation)
        };
        driver.learn(
            ONE,
            AccountFacts {
                account: Answer::NotChecked(denied("DescribeAccount")),
                ancestors: Answer::NotChecked(denied("ListParents")),
                tags: Answer::NotChecked(denied("ListTagsForResource")),
                delegated_services: Answer::NotChecked(denied("ListDelegatedServicesForAccount")),
            },
        );
        let text = driver.text();
        // Lines break anywhere.
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        let whole = plain(&text);
        let facts = "path, state, tags, delegated: not checked: access denied, needs \
                     organizations:DescribeAccount, organizations:ListDelegatedServicesForAccount, \
                     organizations:ListParents, organizations:ListTagsForResource: not for you";
        assert!(whole.contains(&plain(facts)), "{text}");
        let refused = "its state, its tags, its role as a delegated administrator could not be \
                       checked: access denied, needs";
        assert!(whole.contains(&plain(refused)), "{text}");
        assert_eq!(whole.matches("notforyou").count(), 2, "{text}");
        driver.only_leaves();
    }
}

#[test]
fn removing_a_closed_account_says_at_the_top_that_it_is_closed() {
    for (state, word) in [
        (AccountState::Closed, "! CLOSED: "),
        (AccountState::PendingClosure, "! PENDING CLOSURE: "),
        (AccountState::Suspended, "! SUSPENDED: "),
    ] {
        let mut driver = Driver::loaded();
        driver.send(Msg::Observed(vec![Observation::Account {
            account: account(ONE, state.clone()).into(),
            ancestors: vec!["r-1".into(), "ou-1".into()],
        }]));
        driver.keys("d");
        // By what the tree knows, before anything was read.
        assert!(driver.text().starts_with(word), "{}", driver.text());
        let read = |facts: &mut AccountFacts| facts.account = Answer::Known(account(ONE, state));
        driver.learn(ONE, changed(read));
        let text = driver.text();
        assert!(text.starts_with(word), "{text}");
        // What is closed is not told to live on.
        assert_eq!(
            text.contains("lives on"),
            word.contains("SUSPENDED"),
            "{text}"
        );
    }
    let driver = Driver::ready("d");
    assert!(!driver.text().contains("! "), "{}", driver.text());
}

#[test]
fn an_account_is_removed_with_its_id_typed() {
    let mut driver = Driver::ready("d");
    let text = driver.text();
    for consequence in [
        "lives on",
        "own bills",
        "No policy",
        "tags",
        "OrganizationAccountAccessRole",
        "payment method",
    ] {
        assert!(text.contains(consequence), "{consequence}: {text}");
    }
    driver.keys("tab").keys(TWO).keys("tab enter");
    assert!(driver.applied().is_empty());
    driver.keys("backtab ctrl-u").keys(ONE).keys("tab enter");
    let removed = Mutation::RemoveAccountFromOrganization {
        account: ONE.into(),
    };
    assert_eq!(driver.applied_mutations(), [removed]);
}

#[test]
fn a_removal_that_failed_is_told_in_words_and_not_as_going_on() {
    let mut driver = Driver::ready("d");
    driver.keys("tab").keys(ONE).keys("tab enter");
    assert!(driver.notice().starts_with("Confirmed: name-012"));
    let Event::Asked {
        organization,
        caller,
        change,
        confirmation,
        batch,
        undoes,
    } = asked(ONE)
    else {
        panic!("not asked");
    };
    let event = Event::Asked {
        organization,
        caller,
        change: Change {
            mutation: Mutation::RemoveAccountFromOrganization {
                account: ONE.into(),
            },
            ..change
        },
        confirmation,
        batch,
        undoes,
    };
    let failure = Failure {
        code: "ConstraintViolationException".into(),
        message: "it has no payment method".into(),
        ..Failure::default()
    };
    let event_after = Event::Outcome {
        result: Outcome::Refused { failure },
        request_id: None,
    };
    driver.grown(vec![record("e-1", "us", event)]);
    assert!(driver.notice().starts_with("Confirmed: name-012"));
    driver.grown(vec![record("e-1", "us", event_after)]);
    let Some(Overlay::Report(report)) = driver.app.overlays.last() else {
        panic!("no report");
    };
    let lines = report::lines(&driver.app, report, 76);
    let first = "Not done: remove account name-012  012345678901";
    assert_eq!(lines[0].text, first);
    assert_eq!(driver.notice(), "");
}

#[test]
fn closing_and_removing_do_not_look_alike() {
    let (close, remove) = (Driver::ready("x"), Driver::ready("d"));
    let (close, remove) = (close.dialog().unwrap(), remove.dialog().unwrap());
    assert_ne!(close.look(), remove.look());
    assert!(close.title().contains("CLOSE") && !close.title().contains("emove"));
    assert!(remove.title().contains("Remove") && !remove.title().to_lowercase().contains("close"));
}

#[test]
fn removing_takes_the_account_under_the_cursor_and_no_marked_ones() {
    let mut driver = Driver::loaded();
    driver.keys("space");
    driver.select(TWO);
    driver.keys("d");
    assert!(driver.dialog().is_none());
    assert!(
        driver.notice().contains("one account at a time"),
        "{}",
        driver.notice()
    );
}

#[test]
fn without_an_account_there_is_nothing_to_close_or_remove() {
    for (open, name) in [("x", "close"), ("d", "remove")] {
        let mut driver = Driver::loaded();
        driver.select("ou-1");
        driver.keys(open);
        assert!(driver.dialog().is_none());
        let expected = format!("Cannot {name} the account: there is no account under the cursor");
        assert_eq!(driver.notice(), expected);
    }
}

#[test]
fn without_a_journal_nothing_can_be_confirmed() {
    let failed = || {
        let error = OrgError::new(ErrorKind::Usage, "the disk is full");
        Msg::Journal(JournalNews::Failed(error))
    };
    let mut driver = Driver::ready("x");
    driver.send(failed());
    driver.send(Msg::Observed(Vec::new()));
    driver.keys(TICK).keys("tab").keys(ONE).keys("tab");
    driver.send(Msg::Fact(
        999,
        Fact::TrustedAccess(Answer::Known(Vec::new())),
    ));
    driver.keys("enter");
    assert!(driver.applied().is_empty());
    assert!(
        driver.status().contains("the disk is full"),
        "{}",
        driver.status()
    );
    let mut driver = Driver::loaded();
    driver.send(failed());
    driver.keys("x");
    assert!(driver.dialog().is_none());
}

#[test]
fn a_member_account_leaves_with_the_id_of_the_organization_typed() {
    let mut driver = Driver::member();
    let screen = member::member(&driver.app).expect("its own screen");
    assert_eq!(screen.leave.1, None);
    assert!(screen.facts.contains(&("Organization", "o-example".into())));
    assert!(
        screen
            .facts
            .contains(&("its email", "aws@example.com".into()))
    );
    driver.keys("shift-l");
    let nothing = AccountFacts {
        account: Answer::NotChecked(denied()),
        ancestors: Answer::NotChecked(denied()),
        tags: Answer::NotChecked(denied()),
        delegated_services: Answer::NotChecked(denied()),
    };
    assert_eq!(driver.status(), "Still reading what is known of it");
    driver.learn(ONE, nothing);
    driver.wait(2_000);
    driver.keys("tab").keys(ONE).keys("tab enter");
    assert!(driver.applied().is_empty());
    driver.keys("backtab ctrl-u o-example tab enter");
    let left = Mutation::LeaveOrganization {
        account: ONE.into(),
    };
    assert_eq!(driver.applied_mutations(), [left]);
}

#[test]
fn every_way_out_of_leaving_changes_nothing() {
    for out in ["esc", "enter", "n", "q", "y n"] {
        let mut driver = Driver::member();
        driver.keys("shift-l");
        driver.learn(ONE, harmless(ONE));
        driver.wait(3_000);
        driver.keys(out);
        assert!(
            driver.dialog().is_none() && driver.applied().is_empty(),
            "{out}"
        );
    }
}

#[test]
fn a_delegated_administrator_is_told_that_it_cannot_leave() {
    let mut driver = Driver::member();
    driver.keys("shift-l");
    let delegated = AccountFacts {
        ancestors: Answer::NotChecked(denied()),
        delegated_services: Answer::Known(vec!["config.amazonaws.com".into()]),
        ..harmless(ONE)
    };
    driver.learn(ONE, delegated);
    driver.wait(2_000);
    driver.only_leaves();
    assert!(driver.text().contains("config.amazonaws.com"));
    driver.keys("tab o-example tab enter");
    assert!(driver.applied().is_empty());
}

#[test]
fn leaving_is_not_offered_to_an_account_that_may_list_the_organization() {
    let mut driver = Driver::start(ONE, writing());
    let root = Observation::Root(Root {
        id: "r-1".into(),
        ..Root::default()
    });
    driver.send(Msg::Walk(
        1,
        WalkEvent::Observed(vec![root], Progress::default()),
    ));
    driver.finish(Vec::new());
    driver.keys("shift-l");
    assert!(driver.app.overlays.is_empty());
    let leave = row_of(Action::LeaveOrganization);
    assert!(driver.app.withheld_because(leave).is_some());
}

#[test]
fn leaving_is_offered_to_member_accounts_that_may_write_and_to_nobody_else() {
    let read_only = Session {
        decided_by: DecidedBy::Flag,
        ..Session::default()
    };
    let leave = row_of(Action::LeaveOrganization);
    let withheld = |driver: &Driver| driver.app.withheld_because(leave);
    assert!(withheld(&Driver::member()).is_none());
    assert!(
        withheld(&Driver::loaded())
            .unwrap()
            .contains("management account")
    );
    let mut driver = Driver::start(ONE, read_only);
    driver.finish(vec![denied()]);
    assert!(withheld(&driver).unwrap().contains("--read-only"));
    driver.keys("shift-l");
    assert!(driver.dialog().is_none());
    let screen = member::member(&driver.app).unwrap();
    assert!(screen.leave.1.unwrap().contains("--read-only"));
}

#[test]
fn queued_closures_of_a_run_that_has_ended_go_on_after_the_id_is_typed() {
    let mut driver = Driver::loaded();
    let records = vec![
        record("e-1", "dead", asked(ONE)),
        record("e-2", "alive", asked(TWO)),
        record("e-3", "dead", asked(TWO)),
        record("e-3", "dead", Event::Withdrawn),
    ];
    let running = BTreeSet::from(["us".to_owned(), "alive".to_owned()]);
    driver.send(Msg::Journal(JournalNews::Grown { records, running }));
    let waiting: Vec<_> = resumable(&driver.app)
        .iter()
        .map(|e| e.id.clone())
        .collect();
    assert_eq!(waiting, ["e-1"]);
    for (keys, confirmed) in [
        ("n", 0),
        ("esc", 0),
        ("enter", 0),
        ("y y esc", 0),
        ("tab tab enter esc", 0),
        ("tab 222233334444 tab enter esc", 0),
        ("tab 012345678901 tab enter", 1),
    ] {
        driver.resume();
        let text = driver.text();
        assert!(text.contains(ONE) && !text.contains(TWO), "{text}");
        assert!(
            text.contains("confirmed 2026-11-21 12:00 UTC (typed 012345678901)"),
            "{text}"
        );
        assert!(driver.status().starts_with("Still reading"));
        driver.learn(ONE, harmless(ONE));
        driver.wait(2_000);
        driver.keys(keys);
        assert_eq!(driver.applied().len(), confirmed, "{keys}");
    }
    let entries = vec!["e-1".to_owned()];
    assert_eq!(*driver.applied()[0].order(), Order::Resume { entries });
}

#[test]
fn an_old_closure_does_not_go_on_when_the_account_is_not_what_was_confirmed() {
    let with_name = |name: &str| {
        let mut account = account(ONE, AccountState::Active);
        account.name = Some(name.into());
        changed(|facts| facts.account = Answer::Known(account))
    };
    let protected = Tag {
        key: "orgscope:protect".into(),
        value: String::new(),
    };
    for (facts, why) in [
        (
            with_name("nordlys-prod"),
            "it is called nordlys-prod now; confirmed was name-012",
        ),
        (
            changed(|facts| facts.ancestors = Answer::Known(vec!["r-1".into()])),
            "it is in Root now; confirmed was Root / Workloads",
        ),
        (
            changed(|facts| facts.tags = Answer::Known(vec![protected])),
            "protected",
        ),
        (
            changed(|facts| facts.account = Answer::NotChecked(denied())),
            "not for you",
        ),
    ] {
        let mut driver = Driver::loaded();
        let records = vec![record("e-1", "dead", asked(ONE))];
        let running = BTreeSet::from(["us".to_owned()]);
        driver.send(Msg::Journal(JournalNews::Grown { records, running }));
        driver.resume();
        driver.learn(ONE, facts);
        driver.wait(2_000);
        driver.only_leaves();
        let text = driver.text();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("withdraw") && text.contains(why), "{text}");
        driver.keys("tab").keys(ONE).keys("tab enter");
        assert!(driver.applied().is_empty(), "{why}");
    }
}

#[test]
fn several_old_closures_go_on_with_the_phrase_that_says_how_many() {
    let mut driver = Driver::loaded();
    let records = vec![
        record("e-1", "dead", asked(ONE)),
        record("e-2", "dead", asked(TWO)),
    ];
    let running = BTreeSet::from(["us".to_owned()]);
    driver.send(Msg::Journal(JournalNews::Grown { records, running }));
    driver.resume();
    driver.learn(ONE, harmless(ONE));
    assert_eq!(driver.status(), "Still reading: 1 of 2 read");
    driver.learn(TWO, harmless(TWO));
    driver.wait(2_000);
    driver.keys("tab").keys(ONE).keys("tab enter");
    assert!(driver.applied().is_empty());
    driver.keys("backtab ctrl-u");
    driver.send(Msg::Paste("close 2 accounts".into()));
    driver.keys("tab enter");
    let entries = vec!["e-1".to_owned(), "e-2".to_owned()];
    assert_eq!(*driver.applied()[0].order(), Order::Resume { entries });
}

#[test]
fn resuming_is_off_when_another_instance_has_taken_a_closure_meanwhile() {
    let mut driver = Driver::loaded();
    let running = BTreeSet::from(["us".to_owned(), "other".to_owned()]);
    let records = vec![record("e-1", "dead", asked(ONE))];
    driver.send(Msg::Journal(JournalNews::Grown {
        records,
        running: running.clone(),
    }));
    closing::ask_resume(&mut driver.app);
    driver.wait(1_000);
    let records = vec![record("e-1", "other", Event::Resumed)];
    driver.send(Msg::Journal(JournalNews::Grown { records, running }));
    assert!(driver.dialog().is_none());
    assert!(resumable(&driver.app).is_empty());
}

#[test]
fn our_own_closures_wait_for_a_word_when_the_quota_was_used_up() {
    let mut driver = Driver::loaded();
    let failure = Failure {
        reason: "CLOSE_ACCOUNT_QUOTA_EXCEEDED".into(),
        message: "the quota is used up".into(),
        ..Failure::default()
    };
    let refused = Event::Outcome {
        result: Outcome::Refused { failure },
        request_id: None,
    };
    let records = vec![
        record("e-1", "us", asked(ONE)),
        record("e-2", "us", asked(TWO)),
        record("e-1", "us", Event::intent(1)),
    ];
    let running = BTreeSet::from(["us".to_owned()]);
    driver.send(Msg::Journal(JournalNews::Grown {
        records,
        running: running.clone(),
    }));
    assert!(resumable(&driver.app).is_empty());
    let records = vec![record("e-1", "us", refused)];
    driver.send(Msg::Journal(JournalNews::Grown { records, running }));
    let waiting: Vec<_> = resumable(&driver.app)
        .iter()
        .map(|e| e.id.clone())
        .collect();
    assert_eq!(waiting, ["e-2"]);
}

#[test]
fn in_read_only_mode_no_dangerous_key_does_anything_and_no_list_offers_it() {
    let forbidden = |decided_by| Session {
        write: false,
        decided_by,
        ..Session::default()
    };
    let mut cases = vec![
        (Driver::loaded_as(forbidden(DecidedBy::Flag)), "--read-only"),
        (
            Driver::loaded_as(forbidden(DecidedBy::Environment)),
            "ORGSCOPE_READ_ONLY",
        ),
        (
            Driver::loaded_as(forbidden(DecidedBy::File)),
            "configuration",
        ),
    ];
    let mut delegated = Driver::loaded();
    delegated.identified(TWO);
    cases.push((delegated, "management account"));
    for (driver, why) in &mut cases {
        for row in ACTIONS.iter().filter(|row| row.danger == Danger::Changes) {
            if row.action == Action::LeaveOrganization && *why == "management account" {
                continue;
            }
            assert!(
                !available_actions(&driver.app).contains(&row.action),
                "{}",
                row.name
            );
            assert_eq!(hint(&driver.app, row), None, "{}", row.name);
            driver.effects.clear();
            for key in row.keys {
                driver.send(Msg::Key(*key));
                assert!(driver.app.overlays.is_empty(), "{}", row.name);
                assert!(driver.app.marks.is_empty(), "{}", row.name);
                assert!(
                    driver.notice().contains(*why),
                    "{}: {}",
                    row.name,
                    driver.notice()
                );
            }
            assert_eq!(driver.effects, []);
            for (key, style) in [("?", ListStyle::Help), (":", ListStyle::Palette)] {
                driver.keys(key);
                let Some(Overlay::Actions(list)) = driver.app.overlays.last() else {
                    panic!("a list")
                };
                assert_eq!(list.style, style);
                assert!(
                    !list.shown.contains(&row.action),
                    "{} in {style:?}",
                    row.name
                );
                driver.keys("esc");
            }
        }
    }
}

#[test]
fn a_dialog_is_armed_from_when_its_frame_was_written_and_again_after_a_stop() {
    let mut driver = Driver::loaded();
    driver.keys("x");
    driver.learn(ONE, harmless(ONE));
    let written = driver.app.elapsed + Duration::from_mins(1);
    driver.send(Msg::Drawn(written));
    let ready_at = |driver: &Driver| driver.dialog().unwrap().confirm.ready_at();
    let armed = written + crate::confirm::TYPED_ARMED_AFTER;
    assert_eq!(ready_at(&driver), Some(armed));
    // A later frame that shows the same changes nothing.
    driver.frame();
    driver.send(Msg::Drawn(written + Duration::from_secs(1)));
    assert_eq!(ready_at(&driver), Some(armed));
    driver.send(Msg::Covered);
    assert_eq!(ready_at(&driver), None);
}

#[test]
fn quitting_asks_while_the_journal_has_not_shown_what_was_confirmed() {
    let mut driver = Driver::ready("x");
    driver.keys(TICK).keys("tab").keys(ONE).keys("tab enter");
    assert_eq!(driver.applied().len(), 1);
    driver.keys("q");
    assert!(matches!(driver.app.overlays.last(), Some(Overlay::Quit)));
    assert!(!driver.effects.contains(&Effect::Quit));
    let sentences = going_on(&driver.app).join(" ");
    assert!(sentences.contains("not in the journal yet"), "{sentences}");
    driver.keys("n");
    let change = match driver.applied()[0].order() {
        Order::Changes { changes, .. } => changes[0].clone(),
        Order::Resume { .. } => panic!("a new closure"),
    };
    let asked = Event::Asked {
        organization: "o-example".into(),
        caller: None,
        change,
        confirmation: String::new(),
        batch: "e-1".into(),
        undoes: None,
    };
    let withdrawn = record("e-1", "us", Event::Withdrawn);
    let records = vec![record("e-1", "us", asked), withdrawn];
    let running = BTreeSet::from(["us".to_owned()]);
    driver.send(Msg::Journal(JournalNews::Grown { records, running }));
    assert!(going_on(&driver.app).is_empty());
    // The worker knows better than the app what is not at its end.
    driver.send(Msg::StillChanging);
    assert!(!going_on(&driver.app).is_empty() && !driver.app.leaves_anyway());
    driver.keys("y");
    assert!(driver.app.leaves_anyway());
}

#[test]
fn a_change_that_nobody_will_send_is_told_so_and_can_be_taken_back() {
    let mut driver = Driver::loaded();
    let mut event = asked(ONE);
    if let Event::Asked { change, .. } = &mut event {
        change.mutation = Mutation::MoveAccount {
            account: ONE.into(),
            from: "ou-1".into(),
            to: "r-1".into(),
        };
    }
    let records = vec![record("e-1", "dead", event)];
    let running = BTreeSet::from(["us".to_owned()]);
    driver.send(Msg::Journal(JournalNews::Grown { records, running }));
    driver.keys("3");
    let entry = driver.app.journal.get("e-1").unwrap();
    let stage = activity_pane::stage(&driver.app, entry);
    assert!(stage.starts_with("never sent"), "{stage}");
    driver.keys("w");
    let withdrawal = Effect::Withdraw(vec!["e-1".to_owned()]);
    assert!(driver.effects.contains(&withdrawal));
}

#[test]
fn a_batch_of_which_some_were_withdrawn_needs_no_list_where_the_rest_was_made() {
    let begun = |entry: &str| {
        record(
            entry,
            "us",
            Event::Intent {
                attempt: 1,
                caller: None,
            },
        )
    };
    let done = |entry: &str| {
        let result = Outcome::Done { made: None };
        let request_id = None;
        record(entry, "us", Event::Outcome { result, request_id })
    };
    let mut driver = Driver::loaded();
    driver.grown(vec![
        record("e-1", "us", asked(ONE)),
        record("e-2", "us", asked(TWO)),
        record("e-2", "us", Event::Withdrawn),
    ]);
    assert!(driver.app.overlays.is_empty());
    driver.grown(vec![begun("e-1"), done("e-1")]);
    assert!(driver.app.overlays.is_empty());
    let notice = driver.notice();
    assert!(
        notice.starts_with("The service has accepted to close name-012"),
        "{notice}"
    );
    assert!(notice.ends_with("; 1 was withdrawn"), "{notice}");
    // What failed is still told in full.
    let mut driver = Driver::loaded();
    let result = Outcome::Refused {
        failure: Failure::default(),
    };
    let request_id = None;
    driver.grown(vec![
        record("e-1", "us", asked(ONE)),
        record("e-2", "us", asked(TWO)),
        record("e-2", "us", Event::Withdrawn),
        begun("e-1"),
        record("e-1", "us", Event::Outcome { result, request_id }),
    ]);
    assert!(matches!(driver.app.overlays[..], [Overlay::Report(_)]));
}
