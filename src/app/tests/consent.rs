//! Random keys, bursts, repeats, pastes and news: nothing is ever applied that did not pass a full
//! confirmation of the very target. What a full confirmation is, is judged here anew from what is on
//! screen before each key.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::changes::move_of;
use super::*;
use crate::app::closing::about;
use crate::confirm::{Focus as Part, Guard, Order};
use crate::msg::JournalNews;
use crate::org::{
    AccountFacts, Answer, Attached, Event, Fact, Failure, Mutation, NodeKind, Outcome, Policy,
    Record,
};

const KEYS: usize = 200_000;
/// So many keys are thrown at one app before the next one gets its turn.
const KEYS_EACH: usize = 800;

/// splitmix64: seeded, so that what fails fails again.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n).unwrap()).unwrap()
    }

    fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What is on top, as the user sees it.
#[derive(Debug, Clone)]
struct Seen {
    number: u64,
    order: Order,
    phrase: Option<String>,
    typed: String,
    ticked: bool,
    focus: Part,
    obstacle: bool,
    text: String,
}

fn seen(app: &App) -> Option<Seen> {
    seen_with(app, true)
}

/// With the text, which takes long, where this key could be consent: were it taken for consent
/// elsewhere, the target would be missed in the text.
fn seen_before(app: &App, key: KeyCombination) -> Option<Seen> {
    let seen = seen_with(app, false)?;
    let answers = [crokey::key!(y), crokey::key!(enter)].contains(&key);
    let typed = |phrase: &String| *phrase == seen.typed && seen.ticked;
    let matters = answers && seen.phrase.as_ref().is_none_or(typed);
    seen_with(app, matters)
}

/// Without the text where nobody will look at it.
fn seen_with(app: &App, text: bool) -> Option<Seen> {
    let Some(Overlay::Dialog(dialog)) = app.overlays.last() else {
        return None;
    };
    let confirm = &dialog.confirm;
    Some(Seen {
        number: dialog.number,
        order: confirm.order().clone(),
        phrase: match confirm.guard() {
            Guard::Yes => None,
            Guard::Typed { phrase } => Some(phrase.clone()),
        },
        typed: confirm.input().value().to_owned(),
        ticked: confirm.boxes().iter().all(|it| it.ticked),
        focus: confirm.focus(),
        obstacle: confirm.obstacle().is_some(),
        text: if text {
            let lines = dialog.lines(app, 300).into_iter();
            lines.map(|line| line.text + "\n").collect()
        } else {
            String::new()
        },
    })
}

/// The number of the dialog on top.
fn top(app: &App) -> Option<u64> {
    match app.overlays.last() {
        Some(Overlay::Dialog(dialog)) => Some(dialog.number),
        _ => None,
    }
}

struct Game {
    driver: Driver,
    dice: Dice,
    /// The dialog on screen, and since which frame it has been there without a break.
    since: Option<(u64, Duration)>,
    entries: usize,
    applied: BTreeMap<&'static str, usize>,
    given: BTreeSet<u64>,
    keys: usize,
}

impl Game {
    /// Every eighth game is a member account's.
    fn new(seed: u64) -> Self {
        let driver = if seed.is_multiple_of(8) {
            member()
        } else {
            Driver::writable()
        };
        Self {
            driver,
            dice: Dice(seed),
            since: None,
            entries: 0,
            applied: BTreeMap::new(),
            given: BTreeSet::new(),
            keys: 0,
        }
    }

    fn send(&mut self, msg: Msg) {
        let before = match &msg {
            Msg::Key(key) => seen_before(&self.driver.app, *key),
            _ => None,
        };
        let sent = match &msg {
            Msg::Key(key) => key.to_string(),
            other => format!("{:?}", std::mem::discriminant(other)),
        };
        self.keys += usize::from(matches!(msg, Msg::Key(_) | Msg::Repeat(_)));
        let key = match &msg {
            Msg::Key(key) => Some(*key),
            _ => None,
        };
        self.driver.effects.clear();
        self.driver.send(msg);
        let effects = std::mem::take(&mut self.driver.effects);
        let mut applied = effects.into_iter().filter_map(|effect| match effect {
            Effect::Apply(confirmed) => Some(confirmed),
            _ => None,
        });
        if let Some(confirmed) = applied.next() {
            let before = before.unwrap_or_else(|| panic!("applied by {sent}"));
            let key = key.unwrap();
            self.judge(&before, key, confirmed.order());
            self.write(confirmed.order().clone());
        }
        assert_eq!(applied.next(), None, "two orders by {sent}");
        if top(&self.driver.app) != self.since.map(|(number, _)| number) {
            self.since = None;
        }
    }

    /// Whether this key, with this on screen, is consent to this order.
    fn judge(&mut self, before: &Seen, key: KeyCombination, order: &Order) {
        let context = format!("{key:?} {before:?}");
        assert_eq!(&before.order, order, "{context}");
        assert!(!before.obstacle, "{context}");
        assert!(self.given.insert(before.number), "twice: {context}");
        let (number, since) = self.since.expect("it was on screen");
        assert_eq!(number, before.number);
        let on_screen = self.driver.app.elapsed.saturating_sub(since);
        let by_button = key == crokey::key!(enter) && before.focus == Part::Accept;
        if let Some(phrase) = &before.phrase {
            assert!(by_button, "{context}");
            assert!(!phrase.is_empty());
            assert_eq!(&before.typed, phrase, "{context}");
            assert!(before.ticked, "{context}");
            assert!(on_screen >= Duration::from_secs(2), "{context}");
        } else {
            let by_letter = key == crokey::key!(y);
            assert!(by_button || by_letter, "{context}");
            assert!(on_screen >= Duration::from_millis(500), "{context}");
        }
        let changes = match order {
            Order::Changes { changes, .. } => changes,
            Order::Resume { entries } => {
                self.judge_resumed(entries, before, &context);
                return;
            }
        };
        for change in changes {
            let mutation = &change.mutation;
            *self.applied.entry(mutation.operation()).or_default() += 1;
            let shown = before.text.contains(mutation.target());
            assert!(shown, "{} is not on screen: {context}", mutation.target());
            let final_one = matches!(
                mutation,
                Mutation::CloseAccount { .. }
                    | Mutation::RemoveAccountFromOrganization { .. }
                    | Mutation::LeaveOrganization { .. }
            );
            assert!(!final_one || before.phrase.is_some(), "{context}");
            if let Mutation::LeaveOrganization { account } = mutation {
                assert_eq!(account, MEMBER, "{context}");
                assert_eq!(before.phrase.as_deref(), Some("o-example"), "{context}");
                continue;
            }
            let tree = &self.driver.app.tree;
            let ix = tree.find(mutation.target()).expect("the target is there");
            if let Mutation::MoveAccount { from, to, .. } = mutation {
                let parent = tree.get(ix).and_then(crate::org::Node::parent);
                assert_eq!(parent, tree.find(from), "{context}");
                assert!(tree.find(to).is_some(), "{context}");
                assert_ne!(from, to, "{context}");
            }
        }
    }

    /// Only closures that nobody is to send, of accounts that are on screen as they are.
    fn judge_resumed(&mut self, entries: &[String], before: &Seen, context: &str) {
        *self.applied.entry("Resume").or_default() += 1;
        assert!(before.phrase.is_some() && !entries.is_empty(), "{context}");
        let app = &self.driver.app;
        for id in entries {
            let entry = app.journal.get(id).expect("it is in the journal");
            assert!(entry.is_closure() && entry.is_queued(), "{context}");
            assert_eq!(entry.owner, ENDED, "{context}");
            let target = entry.change.mutation.target();
            assert!(before.text.contains(target), "{context}");
            let ix = app.tree.find(target).expect("the target is there");
            let node = app.tree.get(ix).expect("it is there");
            assert_eq!(node.label(), entry.change.target_name, "{context}");
            let parent = node.parent().and_then(|parent| app.tree.get(parent));
            let parent = parent.map(crate::org::Node::id);
            assert_eq!(parent, entry.change.parent.as_deref(), "{context}");
        }
    }

    /// What the journal would tell of it.
    fn write(&mut self, order: Order) {
        let (changes, undoes) = match order {
            Order::Changes {
                changes, undoes, ..
            } => (changes, undoes),
            Order::Resume { entries } => {
                let records = entries.into_iter().flat_map(|entry| {
                    let withdrawn = Event::Outcome {
                        result: Outcome::Done { made: None },
                        request_id: None,
                    };
                    [Event::Resumed, withdrawn].map(|event| Record {
                        entry: entry.clone(),
                        ..self.record(event)
                    })
                });
                let grown = grown(records.collect());
                return self.send(grown);
            }
        };
        let batch = format!("batch-{}", self.entries);
        let mut records = Vec::new();
        let mut news = Vec::new();
        for change in changes {
            self.entries += 1;
            let mutation = change.mutation.clone();
            let asked = Event::Asked {
                organization: "o-example".into(),
                caller: None,
                change,
                confirmation: String::new(),
                batch: batch.clone(),
                undoes: undoes.clone(),
            };
            records.push(self.record(asked));
            let made = (mutation.operation() == "CreateOrganizationalUnit")
                .then(|| format!("ou-{:04}", self.entries));
            let result = match self.dice.below(6) {
                0 => Outcome::Refused {
                    failure: Failure::default(),
                },
                1 => Outcome::Unknown {
                    failure: Failure::default(),
                },
                2 if self.dice.once_in(4) => continue,
                _ => Outcome::Done { made: made.clone() },
            };
            if let (Outcome::Done { .. }, true) = (&result, self.dice.below(4) > 0) {
                news.extend(come_true(&mutation, made));
            }
            records.push(self.record(Event::Outcome {
                result,
                request_id: None,
            }));
        }
        self.send(grown(records));
        self.send(Msg::Observed(news));
    }

    fn record(&self, event: Event) -> Record {
        Record {
            at: self.driver.app.now,
            entry: format!("entry-{}", self.entries),
            instance: "us".into(),
            event,
        }
    }

    fn press(&mut self, key: &str) {
        let key: KeyCombination = key.parse().unwrap();
        self.send(Msg::Key(key.normalized()));
    }

    fn frame(&mut self) {
        let overlay = match self.dice.below(12) {
            0 => Region::default(),
            _ => Region {
                x: 0,
                y: 3,
                width: 76,
                height: 12,
            },
        };
        let areas = Areas {
            overlay,
            ..self.driver.app.areas
        };
        self.send(Msg::Arranged(areas));
        self.since = match top(&self.driver.app) {
            Some(shown) if overlay != Region::default() => match self.since {
                Some((number, since)) if number == shown => Some((number, since)),
                _ => Some((shown, self.driver.app.elapsed)),
            },
            _ => None,
        };
    }

    fn pass(&mut self, most: usize) {
        let milliseconds = u64::try_from(self.dice.below(most)).unwrap();
        let time = Duration::from_millis(milliseconds);
        self.send(Msg::Elapsed(self.driver.app.elapsed + time));
        // Somebody sets the time of day.
        let step = if self.dice.once_in(9) { 60 } else { 0 };
        let now = self.driver.app.now + time + Duration::from_secs(step);
        self.send(Msg::Clock(now));
    }

    /// One thing that happens.
    fn turn(&mut self) {
        match self.dice.below(40) {
            0..24 => {
                let key = self.dice.one_of(ANY);
                self.press(key);
            }
            24..27 => self.frame(),
            27..29 => self.pass(3_000),
            29 => {
                let key = self.dice.one_of(&["y", "enter", "space", "tab"]);
                for _ in 0..self.dice.below(30) {
                    self.press(key);
                    self.pass(60);
                }
            }
            30 => {
                let key: KeyCombination = self.dice.one_of(ANY).parse().unwrap();
                self.send(Msg::Repeat(key.normalized()));
                self.click();
            }
            31 => self.paste(),
            32 => self.news(),
            33 => {
                // Further in the tree, and open.
                for key in ["g", "*"] {
                    self.press(key);
                }
                for _ in 0..self.dice.below(9) {
                    self.press("j");
                }
            }
            34 | 35 => {
                if self.dice.once_in(2) {
                    for key in ["esc", "esc", "g", "*"] {
                        self.press(key);
                    }
                    for _ in 0..self.dice.below(9) {
                        self.press("j");
                    }
                }
                let keys = self.dice.one_of(OPENINGS);
                for key in keys {
                    self.press(key);
                }
            }
            _ => self.play_along(),
        }
    }

    /// Somewhere; with a dialog on top most often into it.
    fn click(&mut self) {
        let (column, row) = (self.dice.below(80), self.dice.below(20));
        self.send(Msg::Mouse {
            kind: MouseKind::Click,
            column: u16::try_from(column).unwrap(),
            row: u16::try_from(row).unwrap(),
        });
    }

    fn paste(&mut self) {
        let phrase = seen_with(&self.driver.app, false).and_then(|it| it.phrase);
        let other = self
            .dice
            .one_of(&["y", "222222222222", "close 2 accounts", "\n\ny\n"]);
        let text = match phrase {
            Some(phrase) if !self.dice.once_in(3) => phrase,
            _ => other.to_owned(),
        };
        self.send(Msg::Paste(text));
    }

    /// What somebody does who wants it, with a slip now and then.
    fn play_along(&mut self) {
        let Some(top) = seen(&self.driver.app) else {
            return;
        };
        self.send(Msg::Fact(
            top.number,
            Fact::TrustedAccess(Answer::Known(Vec::new())),
        ));
        for id in ACCOUNTS {
            if top.text.contains(id) {
                self.good_facts(top.number, id);
            }
        }
        self.frame();
        self.pass(4_000);
        let slips = |dice: &mut Dice| dice.once_in(20);
        if top.phrase.is_none() {
            self.press("y");
            return;
        }
        self.paste();
        for _ in 0..12 {
            let Some(now) = seen_with(&self.driver.app, false) else {
                return;
            };
            let slip = slips(&mut self.dice);
            match now.focus {
                Part::Box(_) if !slip => {
                    self.press("space");
                    self.press("tab");
                }
                Part::Accept if !slip => {
                    self.press("enter");
                    self.press("tab");
                }
                _ => self.press("tab"),
            }
        }
    }

    /// What lets an account be closed or removed.
    fn good_facts(&mut self, dialog: u64, id: &str) {
        let tree = &self.driver.app.tree;
        let Some(ix) = tree.find(id) else {
            return self.send(Msg::Fact(dialog, little(id)));
        };
        let account = tree.get(ix).and_then(|node| node.account().cloned());
        let Some(account) = account else { return };
        let above = tree.path(ix).into_iter().filter(|above| *above != ix);
        let above = above.filter_map(|above| tree.get(above));
        let above = above.filter(|node| node.kind() != NodeKind::Unplaced);
        let facts = AccountFacts {
            account: Answer::Known(account),
            ancestors: Answer::Known(above.map(|node| node.id().to_owned()).collect()),
            tags: Answer::Known(Vec::new()),
            delegated_services: Answer::Known(Vec::new()),
        };
        self.send(Msg::Fact(
            dialog,
            Fact::Account {
                id: id.into(),
                facts: Box::new(facts),
            },
        ));
    }

    fn news(&mut self) {
        let id = self.dice.one_of(ACCOUNTS);
        let parent = self.dice.one_of(&["r-1", "ou-1", "ou-2", "ou-3"]);
        let state = self.dice.one_of(&[
            AccountState::Active,
            AccountState::Active,
            AccountState::PendingClosure,
            AccountState::Closed,
        ]);
        let placed = Observation::AccountPlaced {
            account: id.into(),
            parent: parent.into(),
        };
        let msg = match self.dice.below(8) {
            0 => Msg::Observed(vec![placed]),
            1 => Msg::Observed(vec![account(id, "renamed", state, &["r-1"])]),
            2 => Msg::Observed(vec![Observation::Vanished { node: id.into() }]),
            3 => Msg::Observed(scene()),
            4 => Msg::Policies(vec![Attached {
                node: parent.into(),
                policy_type: "SERVICE_CONTROL_POLICY".into(),
                policies: Answer::Known(vec![Policy {
                    id: "p-1".into(),
                    name: "p".into(),
                    denies_everything: self.dice.once_in(2),
                    ..Policy::default()
                }]),
            }]),
            5 => {
                let number = top(&self.driver.app).unwrap_or(1);
                let services = vec!["controltower.amazonaws.com".to_owned()];
                Msg::Fact(number, Fact::TrustedAccess(Answer::Known(services)))
            }
            6 => self.somebody_ended(id),
            _ => self.somebody_moved(id, parent),
        };
        self.send(msg);
    }

    /// A move that is in the journal already.
    fn somebody_moved(&mut self, id: &str, parent: &str) -> Msg {
        self.entries += 1;
        let change = crate::org::Change {
            mutation: move_of(id, "ou-3", parent),
            target_name: "x".into(),
            path: "y".into(),
            parent: None,
            to_path: None,
        };
        let asked = Event::Asked {
            organization: "o-example".into(),
            caller: None,
            change,
            confirmation: String::new(),
            batch: format!("other-{}", self.entries),
            undoes: None,
        };
        let records = vec![
            self.record(asked),
            self.record(Event::Outcome {
                result: Outcome::Done { made: None },
                request_id: None,
            }),
        ];
        grown(records)
    }

    /// A closure that a program has left behind, confirmed and not sent.
    fn somebody_ended(&mut self, id: &str) -> Msg {
        self.entries += 1;
        let account = id.to_owned();
        let change = about(&self.driver.app, Mutation::CloseAccount { account });
        let asked = Event::Asked {
            organization: "o-example".into(),
            caller: None,
            change,
            confirmation: format!("typed {id}"),
            batch: format!("ended-{}", self.entries),
            undoes: None,
        };
        grown(vec![Record {
            instance: ENDED.into(),
            ..self.record(asked)
        }])
    }
}

/// An instance that is not running any more.
const ENDED: &str = "gone";
/// The account that the credentials of a member are of.
const MEMBER: &str = "222222222222";

/// The screen of a member account, which may leave.
fn member() -> Driver {
    let mut driver = Driver::writing_as(MEMBER);
    let denied = OrgError::new(ErrorKind::AccessDenied, "not for you").during("ListRoots");
    driver.finish(1, vec![denied]);
    driver.journal_opened(Vec::new());
    driver
}

/// What a member account reads of itself.
fn little(id: &str) -> Fact {
    let denied = || OrgError::new(ErrorKind::AccessDenied, "not for you");
    let facts = AccountFacts {
        account: Answer::NotChecked(denied()),
        ancestors: Answer::NotChecked(denied()),
        tags: Answer::NotChecked(denied()),
        delegated_services: Answer::NotChecked(denied()),
    };
    Fact::Account {
        id: id.into(),
        facts: Box::new(facts),
    }
}

fn grown(records: Vec<Record>) -> Msg {
    Msg::Journal(JournalNews::Grown {
        records,
        running: BTreeSet::from(["us".to_owned()]),
    })
}

/// What the tree learns when a change has been made.
fn come_true(mutation: &Mutation, made: Option<String>) -> Option<Observation> {
    Some(match mutation {
        Mutation::MoveAccount { account, to, .. } => Observation::AccountPlaced {
            account: account.clone(),
            parent: to.clone(),
        },
        Mutation::CreateOrganizationalUnit { parent, name } => unit(&made?, name, parent),
        Mutation::DeleteOrganizationalUnit { unit } => Observation::Vanished { node: unit.clone() },
        _ => return None,
    })
}

const ACCOUNTS: &[&str] = &["222222222222", "333333333333", "444444444444"];

#[rustfmt::skip]
const ANY: &[&str] = &[
    "y", "y", "y", "n", "q", "enter", "enter", "enter", "esc", "tab", "tab", "backtab", "space", "space",
    "up", "down", "left", "right", "j", "k", "h", "l", "g", "m", "m", "u", "o", "e", "x", "d", "v", "c", "s",
    "1", "2", "3", "4", "0", "a", "p", "r", "t", "w", "/", ":", "?", "*", "-", ".", "pagedown", "pageup",
    "backspace", "ctrl-u", "ctrl-o", "ctrl-w", "home", "end", "shift-g", "shift-r", "shift-e", "shift-l", "delete",
];

/// Ways that lead to dialogs; those twice that are often refused.
const OPENINGS: &[&[&str]] = &[
    &["m", "enter"],
    &["m", "down", "enter"],
    &["space", "space", "m", "s", "enter"],
    &["v", "shift-g", "v", "m", "enter"],
    &["u"],
    &["o", "n", "w", "enter"],
    &["e", "z", "enter"],
    &["x"],
    &["x"],
    &["d"],
    &["shift-l"],
    &["2", "s"],
    &[":", "d", "e", "l", "e", "t", "e", "-", "o", "u", "enter"],
    &[":", "d", "e", "l", "e", "t", "e", "-", "o", "u", "enter"],
];

#[test]
fn nothing_is_applied_that_did_not_pass_a_full_confirmation_of_the_very_target() {
    let mut applied: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut keys, mut seed) = (0, 1);
    while keys < KEYS {
        let mut game = Game::new(seed);
        while game.keys < KEYS_EACH {
            game.turn();
        }
        keys += game.keys;
        seed += 1;
        for (operation, count) in game.applied {
            *applied.entry(operation).or_default() += count;
        }
    }
    // Otherwise this would have proved nothing.
    for operation in EXPECTED {
        let count = applied.get(operation).copied().unwrap_or_default();
        assert!(
            count >= 5,
            "{operation} was confirmed {count} times: {applied:?}"
        );
    }
}

/// What random keys must have confirmed often.
const EXPECTED: &[&str] = &[
    "MoveAccount",
    "CreateOrganizationalUnit",
    "UpdateOrganizationalUnit",
    "CloseAccount",
    "RemoveAccountFromOrganization",
    "DeleteOrganizationalUnit",
    "LeaveOrganization",
    "Resume",
];
