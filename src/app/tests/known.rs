//! What the tabs say of what they know: how old it is, what is being read, and what nobody can say.

use jiff::ToSpan as _;

use super::tabs::{PROD, SCP, TAGS, attached, policy, tag, tags};
use super::*;
use crate::app::tabs::Tab;
use crate::org::{
    DelegatedAdministrator, Difference, Finding, Looked, NodeKind, Noticed, Question, Snapshot,
    What,
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
        found,
        noticed,
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
