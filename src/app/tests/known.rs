//! What the tabs say of what they know: how old it is, what is being read, and what nobody can say.

use jiff::ToSpan as _;

use super::tabs::{DEV, PROD, SCP, TAGS, attached, policy, tag, tags};
use super::*;
use crate::app::tabs::Tab;
use crate::org::{
    DelegatedAdministrator, Difference, Finding, Looked, NodeKind, Noticed, Question, Snapshot,
    Target, What,
};

fn hours_ago(hours: i64) -> Timestamp {
    noon().checked_sub(hours.hours()).unwrap()
}

fn looked(hours: i64, question: Question, finding: Finding) -> Looked {
    Looked {
        at: hours_ago(hours),
        question,
        finding,
    }
}

/// The organization as it was kept two hours ago, with what had been looked at.
fn opened(offline: bool, found: Vec<Looked>) -> Driver {
    let before = Driver::with_details().app;
    let organization = before.known.organization.clone().unwrap();
    let kept = Snapshot::of(&before.tree, organization, hours_ago(2)).unwrap();
    let renamed = Difference {
        id: PROD.into(),
        kind: NodeKind::Account,
        name: "payments-prod".into(),
        what: What::Renamed {
            from: "payments-live".into(),
            to: "payments-prod".into(),
        },
    };
    let noticed = vec![Noticed {
        at: hours_ago(2),
        since: hours_ago(9),
        difference: renamed,
    }];
    let kept = Snapshot {
        noticed,
        found,
        ..kept
    };
    let session = Session {
        offline,
        ..Session::default()
    };
    let (app, effects) = App::open(session, Some(Arc::new(kept)), noon());
    let mut driver = Driver { app, effects };
    driver.send(Msg::Arranged(before.areas));
    driver.keys("*");
    driver.rest();
    driver.effects.clear();
    driver
}

fn delegated(id: &str) -> Finding {
    Finding::DelegatedAdministrators(vec![DelegatedAdministrator {
        account: id.into(),
        name: "payments-prod".into(),
        since: None,
    }])
}

#[test]
fn the_history_tells_each_difference_once() {
    let mut driver = opened(true, Vec::new());
    driver.look("payments-prod", Tab::History);
    let lines = details::lines(&driver.app, 200);
    let told = lines
        .iter()
        .filter(|line| line.text.contains("payments-live"));
    assert_eq!(told.count(), 1, "{lines:#?}");
}

#[test]
fn the_overview_says_how_old_owner_and_delegation_are_where_they_are_not_new() {
    let found = vec![
        looked(3, tags(PROD), Finding::Tags(vec![tag("owner", "ada")])),
        looked(5, Question::DelegatedAdministrators, delegated(PROD)),
    ];
    for offline in [true, false] {
        let mut driver = opened(offline, found.clone());
        driver.go("payments-prod");
        driver.says("owner: ada");
        driver.says("read 3 h ago");
        driver.says("read 5 h ago");
    }
    let mut driver = Driver::with_details();
    driver.go("payments-prod");
    driver.answer(tags(PROD), Finding::Tags(vec![tag("owner", "ada")]));
    driver.says_not("read ");
    let later = driver.app.now.checked_add(20.minutes()).unwrap();
    driver.send(Msg::Clock(later));
    driver.says("read 20 min ago");
}

#[test]
fn while_it_is_read_again_the_oldest_age_of_what_is_shown_is_told() {
    let found = vec![
        looked(3, attached(PROD, SCP), Finding::Attached(Vec::new())),
        looked(7, attached("r-1", SCP), Finding::Attached(Vec::new())),
    ];
    let mut driver = opened(false, found);
    driver.look("payments-prod", Tab::Policies);
    driver.says("reading: 0 of 12; shown is what was read 7 h ago");
}

#[test]
fn offline_nothing_is_being_read() {
    let found = vec![
        looked(3, tags(PROD), Finding::Tags(vec![tag("owner", "ada")])),
        looked(
            6,
            attached(PROD, SCP),
            Finding::Attached(vec![policy("p-list", SCP)]),
        ),
    ];
    let mut driver = opened(true, found);
    for label in ["payments-prod", "payments-dev", "Workloads", "Root"] {
        driver.go(label);
        for _ in 0..6 {
            driver.rest();
            driver.says_not("reading");
            driver.says_not("just now");
            driver.says_not("not sent");
            driver.keys(">");
        }
    }
    driver.look("payments-prod", Tab::Policies);
    driver.says("read 6 h ago; the rest is not known (offline)");
    driver.look("payments-dev", Tab::Tags);
    driver.says("not known (offline)");
    assert_eq!(driver.asks(), []);
    let texts = details::lines(&driver.app, 100);
    assert_eq!(texts.len(), 1, "{texts:#?}");
}

#[test]
fn a_policy_says_that_its_content_is_read_and_when_it_cannot_be() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Policies);
    driver.attach_everywhere(PROD);
    driver.attach("ou-2", SCP, &["p-odd"]);
    driver.attach("ou-2", TAGS, &["p-tags"]);
    let asked = driver.asks();
    assert_eq!(asked[0], Question::Document("p-odd".into()), "{asked:?}");
    driver.says_not("cannot be read");
    let lines = details::lines(&driver.app, 100);
    let at = lines.iter().position(|line| line.text == "named p-odd");
    assert_eq!(lines[at.unwrap() + 1].text, "reading");
    driver.document("p-odd", "no JSON");
    driver.says("its content cannot be read");
    driver.says("? not known whether anything is allowed");
    driver.says_not("not known yet whether");
}

#[test]
fn while_the_management_account_is_not_known_there_is_no_verdict_on_an_account() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Policies);
    driver.attach_everywhere(PROD);
    driver.attach("ou-2", SCP, &["p-odd"]);
    let nothing = r#"{"Statement":{"Effect":"Allow","NotAction":"*","Resource":"*"}}"#;
    driver.document("p-odd", nothing);
    driver.says("! nothing is allowed: no Allow by service control policies in OU Production");
    driver.app.known.organization = None;
    driver.says("? nothing is allowed, unless this is the management account");
    driver.says_not("! nothing is allowed");
    // It is never in question of an OU.
    driver.look("Production", Tab::Policies);
    driver.says("! nothing is allowed: no Allow by service control policies in OU Production");
}

/// The line of the sheet that begins with this, marks aside.
fn line(driver: &Driver, text: &str) -> String {
    let mut lines = driver.sheet().page.lines.iter().map(|line| &line.text);
    let begins = |line: &&String| line.trim_start_matches(['!', '?', ' ']).starts_with(text);
    lines.find(begins).cloned().unwrap_or_default()
}

#[test]
fn what_is_known_of_neither_side_is_not_called_the_same() {
    let mut driver = Driver::with_details();
    driver.go("payments-prod").keys("=");
    driver.go("payments-dev").keys("=");
    driver.frame();
    assert!(line(&driver, "State").starts_with("  "));
    assert!(line(&driver, "an Allow").starts_with("? "));
    // Where two accounts are that have no known parent, nothing is known of what they inherit.
    driver.keys("esc");
    for id in ["777777777777", "888888888888"] {
        let mut lost = account(id, id, AccountState::Active, &[]);
        if let Observation::Account { account, .. } = &mut lost {
            Arc::make_mut(account).email = None;
        }
        driver.send(Msg::Observed(vec![lost]));
        driver.attach(id, SCP, &["p-FullAWSAccess"]);
    }
    driver.go("Without a known parent").keys("l");
    driver.go("777777777777").keys("=");
    driver.go("888888888888").keys("=");
    driver.frame();
    for fact in ["an Allow", "In ", "Email"] {
        let told = line(&driver, fact);
        assert!(told.starts_with("? "), "{told}");
    }
}

#[test]
fn at_small_sizes_policies_and_tags_that_differ_come_first() {
    let mut driver = Driver::with_details();
    driver.go("payments-prod").keys("=");
    driver.go("payments-dev").keys("=");
    driver.attach_everywhere(PROD);
    driver.attach_everywhere(DEV);
    driver.attach("ou-2", SCP, &["p-FullAWSAccess", "p-guard"]);
    driver.answer(
        tags(PROD),
        Finding::Tags(vec![tag("aaa", "1"), tag("team", "x")]),
    );
    driver.answer(
        tags(DEV),
        Finding::Tags(vec![tag("aaa", "1"), tag("team", "y")]),
    );
    let at = |driver: &Driver, text: &str| {
        let mut lines = driver.sheet().page.lines.iter();
        let at = lines.position(|line| line.text.contains(text));
        at.unwrap_or_else(|| panic!("{text} in {:#?}", driver.sheet().page.lines))
    };
    for width in [58, 78] {
        let mut areas = driver.app.areas;
        areas.overlay.width = width;
        driver.send(Msg::Arranged(areas));
        let order = ["! named p-guard", "! team", "aaa", "! Name"];
        let order = order.map(|text| at(&driver, text));
        assert!(
            order.is_sorted(),
            "{order:?} {:#?}",
            driver.sheet().page.lines
        );
        assert!(at(&driver, "! named p-guard") < 5);
    }
    let mut areas = driver.app.areas;
    areas.overlay.width = 118;
    driver.send(Msg::Arranged(areas));
    assert!(at(&driver, "! Name") < at(&driver, "! named p-guard"));
}

#[test]
fn accounts_without_a_known_parent_are_not_left_out_of_what_a_policy_reaches() {
    let mut driver = Driver::with_details();
    let lost = account("777777777777", "lost", AccountState::Active, &[]);
    driver.send(Msg::Observed(vec![lost]));
    driver.look("payments-prod", Tab::Policies);
    driver.attach_everywhere(PROD);
    driver.attach(PROD, SCP, &["p-guard"]);
    driver.keys("shift-g t");
    let target = |id: &str| Target {
        id: id.into(),
        name: String::new(),
        kind: "ORGANIZATIONAL_UNIT".into(),
    };
    let reached = |driver: &mut Driver, targets: Vec<Target>| {
        let question = Question::Targets("p-guard".into());
        driver.answer(question, Finding::Targets(targets));
    };
    // By itself it is counted, wherever it may be.
    reached(&mut driver, vec![target("777777777777")]);
    driver.sheet_says("reaches 1 account");
    driver.sheet_says("lost  777777777777");
    // Below the root is everything.
    reached(&mut driver, vec![target("r-1")]);
    driver.sheet_says("lost  777777777777");
    driver.sheet_says("reaches 4 accounts");
    // What an OU contains may be more than what is known.
    reached(
        &mut driver,
        vec![target("ou-3"), target("ou-2"), target("ou-1")],
    );
    driver.sheet_says("reaches 3 accounts so far");
    driver.sheet_says("? incomplete: 1 account without a known parent may be below it too");
    let lines = &driver.sheet().page.lines;
    let at = |text: &str| lines.iter().position(|line| line.text.starts_with(text));
    let order = [
        "Root / Suspended",
        "Root / Workloads  ",
        "Root / Workloads / Production",
    ];
    let order = order.map(|text| at(text).unwrap());
    assert!(order.is_sorted(), "{lines:#?}");
}
