//! Marks, the choice of a destination, the dialogs of moves and of OUs, and what became of them.

use std::collections::BTreeSet;
use std::time::Duration;

use crokey::KeyCombination;
use jiff::SignedDuration;

use super::*;
use crate::app::dialog::{Dialog, Tone};
use crate::confirm::{Confirmed, Focus as Part, Order};
use crate::msg::JournalNews;
use crate::org::{
    AccountFacts, Answer, Attached, Change, Event, Fact, Failure, Mutation, Outcome, Policy, Record,
};

const US: &str = "us";

impl Driver {
    /// A loaded organization in which everything may be changed, with the cursor on the root.
    pub(super) fn writable() -> Self {
        let mut driver = Self::writing_as("111111111111");
        driver.observe(1, scene());
        driver.observe(1, vec![root_with_policies()]);
        driver.finish(1, Vec::new());
        driver.journal_opened(Vec::new());
        driver.app.notice = None;
        driver.effects.clear();
        driver
    }

    /// Somebody from this account, who did not choose to read only; nothing is read yet.
    pub(super) fn writing_as(account: &str) -> Self {
        let session = Session {
            write: true,
            ..Session::default()
        };
        let (app, effects) = App::start(session, noon());
        let mut driver = Self { app, effects };
        driver.arrange(80, 20);
        driver.identified(account);
        driver
    }

    pub(super) fn journal_opened(&mut self, records: Vec<Record>) {
        self.send(Msg::Journal(JournalNews::Opened {
            instance: US.into(),
            records,
            running: BTreeSet::from([US.to_owned()]),
        }));
    }

    pub(super) fn journal(&mut self, records: Vec<Record>) {
        self.send(Msg::Journal(JournalNews::Grown {
            records,
            running: BTreeSet::from([US.to_owned()]),
        }));
    }

    /// Draws: what is on top has room.
    pub(super) fn see(&mut self) -> &mut Self {
        let overlay = Region {
            x: 0,
            y: 3,
            width: 76,
            height: 14,
        };
        let areas = Areas {
            overlay,
            ..self.app.areas
        };
        self.send(Msg::Arranged(areas));
        self
    }

    /// So much time goes by, on every clock.
    pub(super) fn pass(&mut self, milliseconds: u64) -> &mut Self {
        let time = Duration::from_millis(milliseconds);
        self.send(Msg::Elapsed(self.app.elapsed + time));
        self.send(Msg::Clock(self.app.now + time));
        self
    }

    /// The dialog is drawn and read.
    fn read(&mut self) -> &mut Self {
        self.see().pass(1_000)
    }

    pub(super) fn dialog(&self) -> Option<&Dialog> {
        match self.app.overlays.last() {
            Some(Overlay::Dialog(dialog)) => Some(dialog),
            _ => None,
        }
    }

    fn text(&self) -> String {
        let dialog = self.dialog().expect("a dialog");
        let lines = dialog.lines(&self.app, 200);
        let lines: Vec<_> = lines.into_iter().map(|line| line.text).collect();
        format!("{}\n{}", dialog.title(), lines.join("\n"))
    }

    fn applied(&self) -> Vec<&Confirmed> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Apply(confirmed) => Some(confirmed),
                _ => None,
            })
            .collect()
    }

    /// The mutations of the one order that was given.
    fn only_applied(&self) -> Vec<Mutation> {
        let applied = self.applied();
        assert_eq!(applied.len(), 1, "{applied:?}");
        let Order::Changes { changes, .. } = applied[0].order() else {
            panic!("{applied:?}");
        };
        changes.iter().map(|it| it.mutation.clone()).collect()
    }

    /// The cursor on this account.
    pub(super) fn at(&mut self, name: &str) -> &mut Self {
        self.keys("g *");
        let named = |row: &&str| row.trim_start_matches('>').trim() == name;
        let rows = self.rows();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let row = rows.iter().position(named).expect("a row");
        for _ in 0..row {
            self.keys("j");
        }
        assert_eq!(self.cursor(), name);
        self
    }
}

fn root_with_policies() -> Observation {
    Observation::Root(Root {
        id: "r-1".into(),
        policy_types: Some(vec!["SERVICE_CONTROL_POLICY".into(), "TAG_POLICY".into()]),
        ..Root::default()
    })
}

pub(super) fn move_of(account: &str, from: &str, to: &str) -> Mutation {
    Mutation::MoveAccount {
        account: account.into(),
        from: from.into(),
        to: to.into(),
    }
}

fn record(at: i64, entry: &str, event: Event) -> Record {
    Record {
        at: noon() + SignedDuration::from_secs(at),
        entry: entry.into(),
        instance: US.into(),
        event,
    }
}

fn asked(entry: &str, batch: &str, mutation: Mutation, undoes: Option<&str>) -> Record {
    let event = Event::Asked {
        organization: "o-example".into(),
        caller: None,
        change: Change {
            target_name: format!("name of {}", mutation.target()),
            path: "Root / Workloads".into(),
            parent: None,
            to_path: Some("Root / Suspended".into()),
            mutation,
        },
        confirmation: "yes".into(),
        batch: batch.into(),
        undoes: undoes.map(Into::into),
    };
    record(0, entry, event)
}

fn outcome(entry: &str, result: Outcome) -> Record {
    record(
        1,
        entry,
        Event::Outcome {
            result,
            request_id: Some("req-1".into()),
        },
    )
}

fn done(entry: &str) -> Record {
    outcome(entry, Outcome::Done { made: None })
}

fn moved_to(account: &str, parent: &str) -> Msg {
    Msg::Observed(vec![Observation::AccountPlaced {
        account: account.into(),
        parent: parent.into(),
    }])
}

#[test]
fn a_single_move_takes_m_a_filter_enter_and_y() {
    let mut driver = Driver::writable();
    driver.at("payments-dev");
    driver.keys("m susp enter").read();
    let text = driver.text();
    for part in [
        "Move payments-dev",
        "333333333333",
        "from Root / Workloads",
        "to   Root / Suspended",
        "aws organizations move-account --account-id 333333333333 --source-parent-id ou-1 \
         --destination-parent-id ou-3",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert_eq!(driver.dialog().unwrap().confirm.focus(), Part::Cancel);
    driver.keys("y");
    assert_eq!(
        driver.only_applied(),
        [move_of("333333333333", "ou-1", "ou-3")]
    );
    driver.keys("y y enter").read().keys("y");
    assert_eq!(driver.applied().len(), 1);
}

#[test]
fn a_move_of_the_management_account_says_at_its_top_that_no_policy_takes_effect() {
    let warning = "! management is the management account: service control policies and resource \
                   control policies do not apply to it";
    let mut driver = Driver::writable();
    driver.at("management").keys("m susp enter");
    assert_eq!(driver.text().lines().nth(1), Some(warning));
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter");
    assert!(!driver.text().contains("management account"));
}

#[test]
fn the_key_that_confirmed_does_nothing_else_while_it_is_held() {
    let confirmed = || {
        let mut driver = Driver::writable();
        driver.at("payments-dev").keys("m susp enter").read();
        driver.keys("y");
        assert_eq!(driver.applied().len(), 1);
        driver
    };
    let mut held = confirmed();
    for _ in 0..20 {
        held.pass(400).keys("y");
        assert!(held.app.overlays.is_empty(), "the menu to copy");
    }
    held.pass(5_000).send(Msg::Repeat(crokey::key!(y)));
    assert!(held.app.overlays.is_empty(), "the terminal tells");
    held.pass(1_000).keys("y");
    assert!(matches!(held.app.overlays[..], [Overlay::Copy(_)]));
    // Another key means what it says, and so does the same one after it.
    let mut another = confirmed();
    another.keys("j y");
    assert!(matches!(another.app.overlays[..], [Overlay::Copy(_)]));
}

#[test]
fn opening_a_move_asks_for_its_facts_once() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter");
    let number = driver.dialog().unwrap().number;
    let preflight = Effect::Preflight {
        dialog: number,
        accounts: vec!["333333333333".into()],
    };
    let asked = driver.asked();
    assert_eq!(asked[0], &preflight);
    let Effect::ReadPolicies(wanted) = asked[1] else {
        panic!("{asked:?}");
    };
    for node in ["r-1", "ou-1", "ou-3", "333333333333"] {
        for kind in ["SERVICE_CONTROL_POLICY", "TAG_POLICY"] {
            assert!(
                wanted.contains(&(node.into(), kind.into())),
                "{node} {kind}"
            );
        }
    }
    assert_eq!(wanted.len(), 8);
}

#[test]
fn every_way_out_of_a_dialog_changes_nothing() {
    let open: [(&str, &str); 4] = [
        ("payments-dev", "m susp enter"),
        ("Workloads", "o New enter"),
        ("Suspended", "e 2 enter"),
        ("Empty", ": delete-ou enter"),
    ];
    for (row, keys) in open {
        for way in [
            "esc",
            "n",
            "q",
            "enter",
            "tab tab enter",
            "left right enter",
        ] {
            let mut driver = Driver::writable();
            driver.send(Msg::Observed(vec![
                unit("ou-9", "Empty", "r-1"),
                listed("ou-9", Listing::Accounts),
                listed("ou-9", Listing::OrganizationalUnits),
            ]));
            driver.at(row).keys(keys).read();
            assert!(driver.dialog().is_some(), "{row}: {}", driver.notice());
            driver.keys(way);
            assert!(driver.app.overlays.is_empty(), "{keys} {way}");
            assert_eq!(driver.applied().len(), 0, "{keys} {way}");
        }
    }
}

fn listed(node: &str, listing: Listing) -> Observation {
    Observation::Listed {
        node: node.into(),
        listing,
    }
}

#[test]
fn no_key_from_before_the_dialog_was_read_confirms() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter y");
    driver.pass(60_000).keys("y");
    assert!(driver.applied().is_empty(), "it was not drawn");
    driver.see().keys("y").pass(600).keys("y");
    assert!(driver.applied().is_empty(), "the time begins anew");
    for _ in 0..20 {
        driver.pass(700).keys("y");
    }
    assert!(driver.applied().is_empty(), "a held key");
    driver.pass(1_000);
    driver.send(Msg::Repeat(crokey::key!(y)));
    driver.send(Msg::Paste("y".into()));
    driver.send(Msg::Paste("y\n".into()));
    assert!(driver.applied().is_empty(), "repeats and pastes");
    driver.keys("y");
    assert_eq!(driver.applied().len(), 1);
}

#[test]
fn a_dialog_on_a_screen_that_is_too_small_cannot_be_confirmed() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter").read();
    driver.send(Msg::Arranged(Areas::default()));
    driver.pass(5_000).keys("y");
    assert!(driver.applied().is_empty());
    driver.read().keys("y");
    assert_eq!(driver.applied().len(), 1);
}

#[test]
fn a_dialog_closes_when_its_target_changes_underneath() {
    let gone = Observation::Vanished {
        node: "333333333333".into(),
    };
    let closing = account(
        "333333333333",
        "payments-dev",
        AccountState::PendingClosure,
        &["r-1", "ou-1"],
    );
    let no_destination = Observation::Vanished {
        node: "ou-3".into(),
    };
    for (news, says) in [
        (Msg::Observed(vec![gone]), "no longer in the organization"),
        (moved_to("333333333333", "ou-2"), "moved meanwhile"),
        (Msg::Observed(vec![closing]), "being closed"),
        (Msg::Observed(vec![no_destination]), "no longer there"),
    ] {
        let mut driver = Driver::writable();
        driver.at("payments-dev").keys("m susp enter").read();
        driver.send(news);
        assert!(driver.dialog().is_none(), "{says}");
        assert!(driver.notice().contains(says), "{}", driver.notice());
        driver.read().keys("y");
        assert!(driver.applied().is_empty());
    }
}

#[test]
fn a_fact_that_was_read_fresh_closes_the_dialog_too() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter").read();
    let number = driver.dialog().unwrap().number;
    let facts = AccountFacts {
        account: Answer::Known(Account {
            id: "333333333333".into(),
            ..Account::default()
        }),
        ancestors: Answer::Known(vec!["r-1".into(), "ou-2".into()]),
        ..AccountFacts::default()
    };
    let fact = Fact::Account {
        id: "333333333333".into(),
        facts: Box::new(facts),
    };
    driver.send(Msg::Fact(number, fact));
    assert!(driver.dialog().is_none());
    assert!(driver.notice().contains("moved meanwhile"));
}

fn policy(id: &str, denies_everything: bool) -> Policy {
    Policy {
        id: id.into(),
        name: format!("name-{id}"),
        policy_type: "SERVICE_CONTROL_POLICY".into(),
        aws_managed: false,
        denies_everything,
    }
}

#[test]
fn a_move_says_which_policies_are_lost_and_gained_as_they_are_read() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter").see();
    assert!(
        driver
            .text()
            .contains("service control policy: still reading")
    );
    let attached = |node: &str, policies: Vec<Policy>| Attached {
        node: node.into(),
        policy_type: "SERVICE_CONTROL_POLICY".into(),
        policies: Answer::Known(policies),
    };
    driver.send(Msg::Policies(vec![
        attached("r-1", vec![policy("p-all", false)]),
        attached("ou-1", vec![policy("p-all", false), policy("p-old", false)]),
        attached("333333333333", vec![policy("p-own", false)]),
        attached("ou-3", vec![policy("p-own", false), policy("p-deny", true)]),
        Attached {
            node: "ou-3".into(),
            policy_type: "TAG_POLICY".into(),
            policies: Answer::NotChecked(OrgError::new(ErrorKind::AccessDenied, "no")),
        },
    ]));
    let text = driver.text();
    assert!(text.contains("lost: name-p-old"), "{text}");
    assert!(text.contains("gained: name-p-deny"), "{text}");
    assert!(!text.contains("p-all") && !text.contains("p-own"), "{text}");
    assert!(text.contains("tag policy: not checked: no"), "{text}");
    assert!(text.contains("denies everything in Suspended"), "{text}");
    // The warning is new: it must have been on screen before `y` counts.
    driver.pass(400).see().keys("y");
    assert!(driver.applied().is_empty());
    driver.pass(2_000).keys("y");
    assert_eq!(driver.applied().len(), 1);
}

#[test]
fn a_move_warns_of_control_tower_and_of_closed_accounts() {
    let mut driver = Driver::writable();
    driver.at("payments-old").keys("m prod enter").see();
    let number = driver.dialog().unwrap().number;
    let services = vec!["controltower.amazonaws.com".to_owned()];
    let fact = Fact::TrustedAccess(Answer::Known(services));
    driver.send(Msg::Fact(number + 1, fact.clone()));
    assert!(!driver.text().contains("Control Tower"));
    driver.send(Msg::Fact(number, fact));
    let text = driver.text();
    assert!(text.contains("! AWS Control Tower is active"), "{text}");
    assert!(text.contains("! payments-old is closed"), "{text}");
    let lines = driver.dialog().unwrap().lines(&driver.app, 200);
    let warnings = lines.iter().filter(|line| line.tone == Tone::Warning);
    assert_eq!(warnings.count(), 2);
}

#[test]
fn in_read_only_mode_nothing_that_changes_is_offered() {
    let mut driver = Driver::loaded();
    driver.keys("g *");
    for row in crate::action::ACTIONS {
        if row.danger == crate::action::Danger::Reads {
            continue;
        }
        assert!(available(&driver.app, row.action).is_err(), "{}", row.name);
        assert!(!available_actions(&driver.app).contains(&row.action));
        assert_eq!(hint(&driver.app, row), None);
        for key in row.keys {
            driver.send(Msg::Key(*key));
            assert!(driver.app.overlays.is_empty(), "{}", row.name);
        }
        assert!(driver.notice().contains("read-only") || row.keys.is_empty());
        driver.keys("?");
        let Some(Overlay::Actions(list)) = driver.app.overlays.last() else {
            panic!("no help");
        };
        assert!(!list.shown.contains(&row.action), "{}", row.name);
        driver.keys("esc");
    }
    assert!(driver.app.marks.is_empty());
    assert_eq!(driver.asked(), [&Effect::Identify; 0]);
}

#[test]
fn without_a_journal_nothing_can_be_changed() {
    let mut driver = Driver::writable();
    let failed = OrgError::new(ErrorKind::Usage, "the disk is full");
    driver.send(Msg::Journal(JournalNews::Failed(failed)));
    driver.at("payments-dev").keys("m");
    assert!(driver.app.overlays.is_empty());
    assert!(driver.notice().contains("journal"), "{}", driver.notice());
}

#[test]
fn an_ou_alone_cannot_be_moved_and_that_is_said() {
    let mut driver = Driver::writable();
    driver.at("Workloads").keys("m");
    assert!(driver.app.overlays.is_empty());
    assert!(
        driver.notice().contains("no account"),
        "{}",
        driver.notice()
    );
}

#[test]
fn marks_outlive_filters_and_reloads_and_go_with_esc_before_the_filter() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("space");
    assert_ne!(
        driver.cursor(),
        "payments-dev",
        "the cursor goes down a row"
    );
    driver.at("payments-old").keys("space");
    driver.keys("/ management enter shift-r");
    driver.observe(2, scene());
    driver.finish(2, Vec::new());
    assert_eq!(driver.app.marks.count(), 2);
    assert_eq!(
        marks::targets(&driver.app),
        ["444444444444", "333333333333"]
    );
    driver.keys("esc");
    assert_eq!(driver.app.marks.count(), 0);
    assert!(driver.app.outline.filter.is_some());
    driver.keys("esc");
    assert!(driver.app.outline.filter.is_none());
}

#[test]
fn an_account_that_has_gone_is_not_marked_any_more() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("space");
    driver.send(Msg::Observed(vec![Observation::Vanished {
        node: "333333333333".into(),
    }]));
    assert_eq!(driver.app.marks.count(), 0);
}

#[test]
fn a_range_marks_the_accounts_between_its_ends() {
    let mut driver = Driver::writable();
    driver.at("Production").keys("v shift-g v");
    assert_eq!(driver.app.marks.count(), 3);
    driver.keys("esc g v esc");
    assert!(driver.app.marks.is_empty());
}

#[test]
fn a_batch_moves_every_marked_account_and_only_those_that_are_elsewhere() {
    let mut driver = Driver::writable();
    for name in ["payments-dev", "payments-old", "payments-prod"] {
        driver.at(name).keys("space");
    }
    driver.keys("m susp enter").read();
    let text = driver.text();
    assert!(text.contains("Move 2 accounts"), "{text}");
    assert!(text.contains("does not stop the others"), "{text}");
    driver.keys("s");
    assert!(driver.text().contains("stops the others"));
    driver.keys("y");
    assert_eq!(
        driver.only_applied(),
        [
            move_of("222222222222", "ou-2", "ou-3"),
            move_of("333333333333", "ou-1", "ou-3")
        ]
    );
    let Order::Changes {
        stop_at_first_error,
        ..
    } = driver.applied()[0].order()
    else {
        panic!();
    };
    assert!(stop_at_first_error);
    assert!(
        driver.app.marks.is_empty(),
        "what was confirmed is not marked any more"
    );
}

#[test]
fn where_a_move_from_here_was_refused_and_others_make_it_the_cursor_goes_with_the_account() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter").read();
    driver.keys("y");
    let change = move_of("333333333333", "ou-1", "ou-3");
    assert_eq!(driver.only_applied(), std::slice::from_ref(&change));
    let refused = Outcome::Refused {
        failure: Failure::default(),
    };
    driver.journal(vec![asked("1", "a", change, None), outcome("1", refused)]);
    driver.see().pass(1_000).keys("enter");
    assert!(driver.app.overlays.is_empty());
    driver.send(moved_to("333333333333", "ou-3"));
    driver.frame();
    assert_eq!(driver.cursor(), "payments-dev");
    let said = "payments-dev has moved to Root / Suspended";
    assert_eq!(driver.notice(), said);
}

#[test]
fn after_a_move_the_cursor_stays_so_that_neighbours_can_be_moved_one_by_one() {
    let mut driver = Driver::writable();
    let more = [("555555555555", "ant"), ("666666666666", "bee")];
    let more = more.map(|(id, name)| account(id, name, AccountState::Active, &["r-1", "ou-3"]));
    driver.send(Msg::Observed(more.into()));
    driver.keys("*").at("ant");
    for (moved, then) in [
        ("555555555555", "bee"),
        ("666666666666", "payments-old"),
        ("444444444444", "Suspended"),
    ] {
        driver.keys("m prod enter").read().keys("y");
        assert_eq!(driver.only_applied(), [move_of(moved, "ou-3", "ou-2")]);
        driver.effects.clear();
        driver.send(moved_to(moved, "ou-2"));
        driver.frame();
        assert_eq!(driver.cursor(), then, "{:?}", driver.rows());
        assert!(!driver.notice().contains("has moved"), "by nobody else");
    }
    // From the last one in its OU it goes to the one before it.
    driver.send(moved_to("555555555555", "ou-3"));
    driver.send(moved_to("666666666666", "ou-3"));
    driver.at("bee").keys("m prod enter").read().keys("y");
    driver.send(moved_to("666666666666", "ou-2"));
    driver.frame();
    assert_eq!(driver.cursor(), "ant");
    // Where a filter shows nothing else of the OU, it goes with the account.
    driver.keys("/ ant enter m prod enter").read().keys("y");
    driver.send(moved_to("555555555555", "ou-2"));
    driver.frame();
    assert_eq!(driver.cursor(), "ant");
}

fn offered(driver: &Driver) -> String {
    let words = footer(&driver.app).into_iter();
    let words = words.map(|(key, word)| format!("{} {word}", crate::action::key_name(key)));
    words.collect::<Vec<_>>().join("  ")
}

#[test]
fn the_footer_begins_with_what_matters_most_here() {
    let mut driver = Driver::writable();
    driver.at("payments-dev");
    let start = "Enter details  m move  / filter";
    assert!(offered(&driver).starts_with(start), "{}", offered(&driver));
    driver.at("Workloads");
    let start = "Enter collapse  o new OU  e rename  / filter";
    assert!(offered(&driver).starts_with(start), "{}", offered(&driver));
    driver.at("payments-dev").keys("space");
    let start = "m move  x close  Esc clear marks  Space mark";
    assert!(offered(&driver).starts_with(start), "{}", offered(&driver));
    driver.app.session.write = false;
    assert!(!offered(&driver).contains("move"), "{}", offered(&driver));
    assert!(offered(&driver).ends_with("? help  q quit"));
}

#[test]
fn the_palette_finds_what_begins_like_it_first_and_says_why_an_ou_cannot_be_deleted() {
    let mut driver = Driver::writable();
    let found = |driver: &mut Driver, typed: &str| {
        driver.keys(":").keys(typed);
        match driver.app.overlays.pop() {
            Some(Overlay::Actions(list)) => list.shown.first().copied(),
            other => panic!("{other:?}"),
        }
    };
    driver.at("Workloads");
    for (typed, first) in [
        ("dele", Action::DeleteUnit),
        ("ren", Action::RenameUnit),
        ("reload", Action::ReloadHere),
        ("problems", Action::Problems),
    ] {
        let problems = vec![OrgError::new(ErrorKind::AccessDenied, "no")];
        driver.app.load.missing = problems;
        assert_eq!(found(&mut driver, typed), Some(first), "{typed}");
    }
    driver.at("payments-dev");
    for (typed, first) in [
        ("move", Action::MoveAccounts),
        ("close account", Action::CloseAccount),
        ("remove", Action::RemoveAccount),
        ("delet", Action::DeleteUnit),
    ] {
        assert_eq!(found(&mut driver, typed), Some(first), "{typed}");
    }
    driver.at("Workloads").keys(": dele enter");
    let why = "Only an empty OU can be deleted: move what is in it first";
    assert_eq!(driver.notice(), why);
    driver.app.session.write = false;
    driver.keys(":");
    let Some(Overlay::Actions(list)) = driver.app.overlays.last() else {
        panic!("no palette");
    };
    assert!(!list.shown.contains(&Action::DeleteUnit));
}

#[test]
fn marked_accounts_without_a_row_are_counted() {
    let mut driver = Driver::writable();
    driver
        .at("payments-dev")
        .keys("space")
        .at("management")
        .keys("space");
    assert_eq!(driver.app.marks.count(), 2);
    assert_eq!(marks::without_row(&driver.app), 0);
    driver.at("Workloads").keys("enter");
    driver.frame();
    assert_eq!(marks::without_row(&driver.app), 1, "its OU is closed");
    driver.keys("/ payments enter");
    assert_eq!(
        marks::without_row(&driver.app),
        1,
        "the other is filtered out"
    );
}

#[test]
fn a_key_that_does_nothing_here_says_why_in_words() {
    let mut driver = Driver::writable();
    for (keys, why) in [
        ("g esc", "Nothing is marked, and there is no filter"),
        ("n", "Cannot go to a match: there is no filter"),
        (
            "m",
            "Cannot move: there is no account under the cursor, and none is marked",
        ),
        (
            "x",
            "Cannot close the account: there is no account under the cursor",
        ),
        ("e", "Cannot rename: there is no OU under the cursor"),
        ("u", "Cannot move back: there is no move to undo"),
        ("1", "This is on screen"),
    ] {
        driver.keys(keys);
        assert_eq!(driver.notice(), why);
    }
}

#[test]
fn the_picker_offers_all_but_where_the_account_is_and_the_last_used_first() {
    let mut driver = Driver::writable();
    driver.journal_opened(vec![
        asked("1", "a", move_of("222222222222", "ou-3", "ou-2"), None),
        done("1"),
    ]);
    driver.at("payments-dev").keys("m");
    let Some(Overlay::Picker(picker)) = driver.app.overlays.last() else {
        panic!("no picker");
    };
    let shown: Vec<_> = picker.shown.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(
        shown,
        ["Root / Workloads / Production", "Root", "Root / Suspended"]
    );
    driver.keys("nothing-like-it enter");
    assert!(matches!(
        driver.app.overlays.last(),
        Some(Overlay::Picker(_))
    ));
    driver.keys("esc");
    assert!(driver.app.overlays.is_empty());
}

#[test]
fn an_ou_can_be_pointed_at_in_the_tree() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m tab g j");
    assert_eq!(driver.cursor(), "Suspended");
    driver.keys("m x q r");
    assert!(driver.asked().is_empty(), "only moving about is possible");
    driver.keys("enter").read();
    assert_eq!(driver.cursor(), "payments-dev");
    driver.keys("y");
    assert_eq!(
        driver.only_applied(),
        [move_of("333333333333", "ou-1", "ou-3")]
    );
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m tab shift-g enter");
    assert!(driver.notice().contains("Go to an OU"));
    driver.keys("esc esc");
    assert!(driver.app.overlays.is_empty());
}

#[test]
fn every_ou_can_be_pointed_at_while_a_filter_is_on_which_comes_back_afterwards() {
    for (end, gone) in [("tab", false), ("esc", false), ("g j enter", true)] {
        let mut driver = Driver::writable();
        driver.keys("/ payments-prod enter");
        let before = driver.rows();
        assert_eq!(driver.cursor(), "payments-prod");
        assert!(!before.iter().any(|row| row.contains("Suspended")));
        driver.keys("m tab");
        assert_eq!(driver.cursor(), "Production", "where the account is");
        assert!(driver.rows().iter().any(|row| row.contains("Suspended")));
        driver.keys("l j k g j").keys(end);
        assert_eq!(driver.rows(), before, "{end}");
        assert!(driver.app.outline.filter.is_some());
        assert_eq!(driver.dialog().is_some(), gone);
        driver.keys("esc");
        assert_eq!(driver.rows(), before, "{end}");
        assert!(driver.app.overlays.is_empty());
    }
}

#[test]
fn pointing_begins_at_the_ou_that_was_typed_and_goes_on_where_the_account_is_already() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp tab");
    assert_eq!(driver.cursor(), "Suspended");
    driver.keys("g j j j enter");
    assert_eq!(driver.notice(), "Already there");
    assert_eq!(driver.cursor(), "Workloads");
    driver.keys("k k enter").read();
    assert!(driver.text().contains("to   Root / Suspended"));
}

#[test]
fn the_filter_comes_back_when_the_account_goes_while_its_ou_is_pointed_at() {
    let mut driver = Driver::writable();
    driver.keys("/ payments enter");
    driver.keys("n");
    let account = driver.app.outline.cursor().unwrap();
    let node = driver.app.tree.get(account).unwrap().id().to_owned();
    driver.keys("m tab");
    driver.send(Msg::Observed(vec![Observation::Vanished { node }]));
    assert!(driver.app.overlays.is_empty());
    assert!(driver.app.outline.filter.is_some());
}

#[test]
fn an_ou_that_is_typed_and_not_there_is_offered_to_be_made() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m zzz-new");
    let Some(Overlay::Picker(picker)) = driver.app.overlays.last() else {
        panic!("no picker");
    };
    assert_eq!(
        picker.when_empty(&driver.app),
        ["No OU matches", "Ctrl-o: make an OU of this name in Root"]
    );
    driver.keys("enter");
    assert!(driver.notice().contains("Ctrl-o"), "{}", driver.notice());
    driver.keys("ctrl-o enter").read();
    assert!(driver.text().starts_with("Make OU zzz-new"));
    driver.keys("y");
    let create = Mutation::CreateOrganizationalUnit {
        parent: "r-1".into(),
        name: "zzz-new".into(),
    };
    assert_eq!(driver.only_applied(), [create]);
}

#[test]
fn a_new_ou_can_be_made_from_the_picker_and_is_offered_there_then() {
    let mut driver = Driver::writable();
    driver
        .at("payments-dev")
        .keys("m susp ctrl-o Fresh enter")
        .read();
    assert!(
        driver.text().contains("Root / Suspended"),
        "{}",
        driver.text()
    );
    driver.keys("y");
    let create = Mutation::CreateOrganizationalUnit {
        parent: "ou-3".into(),
        name: "Fresh".into(),
    };
    assert_eq!(driver.only_applied(), std::slice::from_ref(&create));
    driver.effects.clear();
    driver.journal(vec![
        asked("1", "a", create, None),
        outcome(
            "1",
            Outcome::Done {
                made: Some("ou-8".into()),
            },
        ),
    ]);
    driver.send(Msg::Observed(vec![unit("ou-8", "Fresh", "ou-3")]));
    driver.keys("ctrl-u fresh enter").read().keys("y");
    assert_eq!(
        driver.only_applied(),
        [move_of("333333333333", "ou-1", "ou-8")]
    );
}

fn fresh_below(parent: &str) -> Vec<Record> {
    let create = Mutation::CreateOrganizationalUnit {
        parent: parent.into(),
        name: "Fresh".into(),
    };
    let made = Some("ou-8".into());
    vec![
        asked("1", "a", create, None),
        outcome("1", Outcome::Done { made }),
    ]
}

#[test]
fn a_new_ou_is_chosen_in_the_picker_and_nothing_else_until_then() {
    let mut driver = Driver::writable();
    driver
        .at("payments-dev")
        .keys("m susp ctrl-o Fresh enter")
        .read()
        .keys("y enter");
    assert!(
        driver.notice().contains("Fresh is being made"),
        "{}",
        driver.notice()
    );
    assert!(driver.dialog().is_none());
    driver.effects.clear();
    driver.journal(fresh_below("ou-3"));
    driver.send(Msg::Observed(vec![unit("ou-8", "Fresh", "ou-3")]));
    driver.keys("enter").read().keys("y");
    assert_eq!(
        driver.only_applied(),
        [move_of("333333333333", "ou-1", "ou-8")]
    );
}

#[test]
fn the_cursor_goes_to_a_new_ou_unless_it_has_gone_on() {
    for (keys, at) in [("y", "Fresh"), ("y g", "Root")] {
        let mut driver = Driver::writable();
        driver
            .at("Suspended")
            .keys("o Fresh enter")
            .read()
            .keys(keys);
        driver.send(Msg::Observed(vec![unit("ou-8", "Fresh", "ou-3")]));
        driver.journal(fresh_below("ou-3"));
        assert_eq!(driver.cursor(), at);
    }
}

#[test]
fn an_ou_that_was_made_here_is_known_to_be_empty() {
    for made_first in [true, false] {
        let mut driver = Driver::writable();
        driver
            .at("Suspended")
            .keys("o Fresh enter")
            .read()
            .keys("y");
        if made_first {
            driver.journal(fresh_below("ou-3"));
        }
        driver.send(Msg::Observed(vec![unit("ou-8", "Fresh", "ou-3")]));
        if !made_first {
            driver.journal(fresh_below("ou-3"));
        }
        let node = |driver: &Driver| {
            let tree = &driver.app.tree;
            tree.get(tree.find("ou-8").unwrap()).unwrap().clone()
        };
        assert!(node(&driver).is_loaded() && node(&driver).children().is_empty());
        // So it can be deleted without reading it first, and not any more once it holds something.
        driver.at("Fresh");
        let delete = units::available(&driver.app, Action::DeleteUnit);
        assert_eq!(delete, Ok(()));
        driver.send(moved_to("333333333333", "ou-8"));
        driver.journal(Vec::new());
        assert_eq!(node(&driver).children().len(), 1);
        assert!(units::available(&driver.app, Action::DeleteUnit).is_err());
    }
    // What an earlier run has made, somebody may have filled since.
    let mut driver = Driver::writable();
    let mut records = fresh_below("ou-3");
    for record in &mut records {
        record.instance = "earlier".into();
    }
    driver.journal(records);
    driver.send(Msg::Observed(vec![unit("ou-8", "Fresh", "ou-3")]));
    let tree = &driver.app.tree;
    assert!(!tree.get(tree.find("ou-8").unwrap()).unwrap().is_loaded());
}

#[test]
fn shift_tab_goes_back_with_and_without_shift_in_what_the_terminal_tells() {
    let back = KeyCombination::from(crossterm::event::KeyCode::BackTab);
    let mut with_shift = back;
    with_shift.modifiers = crossterm::event::KeyModifiers::SHIFT;
    for key in [back, with_shift] {
        let mut driver = Driver::writable();
        driver.at("payments-dev").keys("m susp enter").read();
        driver.send(Msg::Key(key));
        assert_eq!(driver.dialog().unwrap().confirm.focus(), Part::Accept);
    }
}

#[test]
fn limits_of_ous_are_explained_before_anything_is_asked() {
    let mut driver = Driver::writable();
    driver.send(Msg::Observed(vec![
        unit("ou-a", "third", "ou-2"),
        unit("ou-b", "fourth", "ou-a"),
        unit("ou-c", "fifth", "ou-b"),
    ]));
    driver.at("fifth").keys("o");
    assert!(driver.notice().contains("5 levels"), "{}", driver.notice());
    driver.at("Root").keys("o");
    for (typed, says) in [
        ("", "Type a name"),
        ("Workloads", "of this name"),
        (&"x".repeat(129), "at most 128"),
    ] {
        driver.keys("ctrl-u");
        driver.send(Msg::Paste(typed.to_owned()));
        driver.keys("enter");
        let Some(Overlay::Name(line)) = driver.app.overlays.last() else {
            panic!("{typed}");
        };
        let problem = line.problem(&driver.app).unwrap_or_default();
        assert!(problem.contains(says), "{problem}");
    }
    driver.keys("esc").at("Workloads").keys(": delete-ou enter");
    assert!(driver.dialog().is_none());
    assert!(driver.asked().is_empty());
}

#[test]
fn an_ou_that_is_not_empty_any_more_is_not_deleted() {
    let mut driver = Driver::writable();
    driver.send(Msg::Observed(vec![
        unit("ou-9", "Empty", "r-1"),
        listed("ou-9", Listing::Accounts),
        listed("ou-9", Listing::OrganizationalUnits),
    ]));
    driver.at("Empty").keys(": delete-ou enter").read();
    driver.send(moved_to("333333333333", "ou-9"));
    assert!(driver.dialog().is_none());
    assert!(driver.notice().contains("empty"), "{}", driver.notice());
    let mut driver = Driver::writable();
    driver.at("Workloads").keys("e 2 enter").read().keys("y");
    let rename = Mutation::UpdateOrganizationalUnit {
        unit: "ou-1".into(),
        name: "Workloads2".into(),
    };
    assert_eq!(driver.only_applied(), [rename]);
}

#[test]
fn the_last_batch_can_be_undone_after_a_restart_as_far_as_it_is_still_true() {
    let mut driver = Driver::writable();
    driver.keys("u");
    assert!(driver.notice().contains("no move to undo"));
    driver.journal_opened(vec![
        asked("1", "a", move_of("333333333333", "ou-3", "ou-1"), None),
        done("1"),
        // Somebody else has moved this one since.
        asked("2", "a", move_of("222222222222", "ou-1", "ou-3"), None),
        done("2"),
    ]);
    // The activity, which shows what there is to undo, offers it too.
    driver.keys("3");
    assert!(
        offered(&driver).starts_with("u undo"),
        "{}",
        offered(&driver)
    );
    driver.keys("u").read();
    let text = driver.text();
    assert!(text.contains("Undo: move payments-dev back"), "{text}");
    assert!(text.contains("payments-prod stays out"), "{text}");
    driver.keys("y");
    assert_eq!(
        driver.only_applied(),
        [move_of("333333333333", "ou-1", "ou-3")]
    );
    let Order::Changes { undoes, .. } = driver.applied()[0].order() else {
        panic!();
    };
    assert_eq!(undoes.as_deref(), Some("a"));
}

#[test]
fn a_batch_that_was_made_is_a_notice_that_says_how_to_undo_it() {
    let mut driver = Driver::writable();
    let change = move_of("333333333333", "ou-1", "ou-3");
    driver.journal(vec![asked("1", "a", change, None)]);
    assert_eq!(
        moving::words(&driver.app)["333333333333"],
        "moving to Suspended"
    );
    driver.journal(vec![record(1, "1", Event::intent(1)), done("1")]);
    assert_eq!(
        moving::words(&driver.app)["333333333333"],
        "moved to Suspended, unconfirmed"
    );
    assert!(
        driver.notice().ends_with("u undoes it"),
        "{}",
        driver.notice()
    );
    let verified = Event::Verified {
        holds: true,
        reading: "in Suspended".into(),
    };
    driver.journal(vec![record(3, "1", verified)]);
    assert!(moving::words(&driver.app).is_empty());
}

#[test]
fn a_failed_change_is_a_list_to_acknowledge_that_waits_until_nothing_is_on_top() {
    let mut driver = Driver::writable();
    driver.keys("?");
    driver.journal(vec![
        asked("1", "a", move_of("333333333333", "ou-1", "ou-3"), None),
        asked("2", "a", move_of("222222222222", "ou-2", "ou-3"), None),
        done("1"),
        outcome(
            "2",
            Outcome::Refused {
                failure: Failure {
                    code: "DestinationParentNotFoundException".into(),
                    message: "it is gone".into(),
                    hint: Some("read again".into()),
                    ..Failure::default()
                },
            },
        ),
    ]);
    assert!(matches!(
        driver.app.overlays.as_slice(),
        [Overlay::Actions(_)]
    ));
    driver.keys("esc");
    let Some(Overlay::Report(report)) = driver.app.overlays.last() else {
        panic!("no report");
    };
    assert!(report::title(&driver.app, report).contains("1 of 2"));
    let lines = report::lines(&driver.app, report, 100);
    let text: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    let text = text.join("\n");
    let not_done = text.find("Not done: move account name of 222222222222");
    assert!(not_done < text.find("Done: move account name of 333333333333"));
    assert!(
        text.contains("it is gone") && text.contains("Next: read again"),
        "{text}"
    );
    driver.keys("enter").see().keys("enter");
    assert!(!driver.app.overlays.is_empty(), "nobody has read it");
    driver.pass(1_000).keys("enter");
    assert!(driver.app.overlays.is_empty());
    assert!(driver.applied().is_empty());
}

#[test]
fn a_list_to_acknowledge_scrolls_and_no_click_answers_it_or_a_question() {
    let mut driver = Driver::writable();
    let refused = || Outcome::Refused {
        failure: Failure {
            message: "no ".repeat(300),
            ..Failure::default()
        },
    };
    let change = move_of("333333333333", "ou-1", "ou-3");
    driver.journal(vec![asked("1", "a", change, None), outcome("1", refused())]);
    driver.see().pass(1_000);
    let scroll = |driver: &Driver| match driver.app.overlays.last() {
        Some(Overlay::Report(report)) => report.scroll,
        other => panic!("{other:?}"),
    };
    driver.keys("end");
    let last = scroll(&driver);
    assert!(last > 0);
    driver.keys("pagedown j");
    assert_eq!(scroll(&driver), last);
    driver.keys("k");
    assert_eq!(scroll(&driver), last - 1);
    driver.keys("home");
    assert_eq!(scroll(&driver), 0);
    let click = |driver: &mut Driver| {
        for (column, row) in [(0, 0), (79, 19), (40, 10)] {
            let kind = MouseKind::Click;
            driver.send(Msg::Mouse { kind, column, row });
        }
    };
    click(&mut driver);
    assert_eq!(scroll(&driver), 0);
    driver.keys("enter o Fresh");
    click(&mut driver);
    assert!(matches!(
        driver.app.overlays.last(),
        Some(Overlay::Name(line)) if line.input.value() == "Fresh"
    ));
}

#[test]
fn a_lost_answer_is_told_when_it_was_read_what_is_true() {
    let lost = Outcome::Unknown {
        failure: Failure::default(),
    };
    let reading = |holds| Event::Verified {
        holds,
        reading: "in Root".into(),
    };
    for (holds, told) in [(true, false), (false, true)] {
        let mut driver = Driver::writable();
        let change = move_of("333333333333", "ou-1", "ou-3");
        driver.journal(vec![
            asked("1", "a", change, None),
            outcome("1", lost.clone()),
        ]);
        assert!(driver.app.overlays.is_empty(), "it is being read");
        assert!(moving::words(&driver.app)["333333333333"].contains("unconfirmed"));
        driver.journal(vec![record(2, "1", reading(holds))]);
        assert_eq!(!driver.app.overlays.is_empty(), told);
    }
    let mut driver = Driver::writable();
    let change = move_of("333333333333", "ou-1", "ou-3");
    driver.journal(vec![asked("1", "a", change, None), outcome("1", lost)]);
    assert!(driver.app.next_change().is_some());
    driver.pass(40_000);
    assert!(!driver.app.overlays.is_empty(), "nobody could read it");
}

#[test]
fn a_step_of_the_time_of_day_brings_no_button_to_life() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter").see();
    for step in [3_600, -7_200, 86_400] {
        let now = driver.app.now + SignedDuration::from_secs(step);
        driver.send(Msg::Clock(now));
        driver.see();
        let dialog = driver.dialog().expect("a dialog");
        assert!(!dialog.confirm.is_ready(driver.app.elapsed));
    }
    driver.keys("y");
    assert!(driver.applied().is_empty());
    // The time that passes counts, whatever the time of day does.
    let back = driver.app.now - SignedDuration::from_secs(3_600);
    driver.send(Msg::Elapsed(driver.app.elapsed + Duration::from_secs(1)));
    driver.send(Msg::Clock(back));
    driver.keys("y");
    assert_eq!(driver.applied().len(), 1);
}

#[test]
fn the_program_says_when_the_button_comes_alive() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter");
    assert_eq!(driver.app.screen_change(), None);
    driver.see();
    let at = driver.app.screen_change().expect("a time");
    assert_eq!(at.duration_since(driver.app.now).as_millis(), 500);
    driver.app.dirty = false;
    driver.pass(499);
    assert!(!driver.app.dirty);
    driver.pass(1);
    assert!(driver.app.dirty);
    assert_eq!(driver.app.screen_change(), None);
}

#[test]
fn the_command_can_be_copied_from_a_dialog() {
    let mut driver = Driver::writable();
    driver.at("payments-dev").keys("m susp enter");
    driver.effects.clear();
    driver.keys("c");
    let [Effect::Copy { text, .. }] = driver.effects.as_slice() else {
        panic!("{:?}", driver.effects);
    };
    assert!(text.starts_with("aws organizations move-account"));
    assert!(driver.dialog().is_some());
}

#[test]
fn a_move_or_ou_dialog_closes_when_nothing_may_be_changed_and_waits_for_the_journal() {
    for keys in ["m enter", "u", "o new enter"] {
        let mut driver = Driver::writable();
        driver.keys(keys);
        let Some(Overlay::Dialog(_)) = driver.app.overlays.last() else {
            continue;
        };
        let full = OrgError::new(ErrorKind::Usage, "the disk is full");
        driver.send(Msg::Journal(crate::msg::JournalNews::Failed(full)));
        let Some(Overlay::Dialog(dialog)) = driver.app.overlays.last() else {
            panic!("{keys}: it is still open");
        };
        assert!(dialog.confirm.obstacle().is_some(), "{keys}");
        driver.identified("222222222222");
        let open = matches!(driver.app.overlays.last(), Some(Overlay::Dialog(_)));
        assert!(!open, "{keys}");
    }
}
