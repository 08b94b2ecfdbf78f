//! What a policy reaches, while that is being read.

use super::tabs::{PROD, SCP};
use super::*;
use crate::app::search::Extent;
use crate::org::{Finding, Found, OrgError, Question, Target, TargetPage};

fn target(id: &str) -> Target {
    let kind = if id.starts_with("ou-") {
        "ORGANIZATIONAL_UNIT"
    } else {
        "ACCOUNT"
    };
    Target {
        id: id.into(),
        name: String::new(),
        kind: kind.into(),
    }
}

fn targets() -> Question {
    Question::Targets("p-FullAWSAccess".into())
}

impl Driver {
    /// The sheet of what is attached everywhere, with nothing read of it.
    fn reaching() -> Self {
        let mut driver = Self::with_details();
        driver.look("payments-prod", crate::app::tabs::Tab::Policies);
        driver.attach_everywhere(PROD);
        driver.attach("r-1", SCP, &["p-FullAWSAccess"]);
        driver.effects.clear();
        driver.keys("t");
        assert_eq!(driver.asks().first(), Some(&targets()));
        driver
    }

    fn page(&mut self, before: usize, ids: &[&str]) {
        self.send(Msg::Targets(TargetPage {
            policy: "p-FullAWSAccess".into(),
            before,
            targets: ids.iter().map(|id| target(id)).collect(),
        }));
        self.frame();
    }

    fn sheet_says_not(&self, text: &str) {
        let lines = &self.sheet().page.lines;
        assert!(!lines.iter().any(|line| line.text.contains(text)), "{text}");
    }
}

#[test]
fn what_a_policy_reaches_is_shown_with_its_count_while_it_is_read() {
    let mut driver = Driver::reaching();
    driver.frame();
    driver.sheet_says("reading");
    driver.page(0, &["ou-2", "444444444444"]);
    driver.sheet_says("reading: 2 targets so far");
    driver.sheet_says("Attached to 2 targets so far, reaches ");
    // A page with nothing on it changes nothing.
    driver.page(2, &[]);
    driver.page(2, &["333333333333"]);
    driver.sheet_says("reading: 3 targets so far");
    driver.sheet_says("payments-dev");
    let all = ["ou-2", "444444444444", "333333333333"].map(target);
    driver.answer(targets(), Finding::Targets(all.into()));
    driver.sheet_says("Attached to 3 targets, reaches ");
    driver.sheet_says_not("so far");
}

#[test]
fn the_count_goes_on_where_the_list_waits_for_more() {
    let mut driver = Driver::reaching();
    let ids: Vec<String> = (0..100).map(|number| format!("{number:012}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    driver.page(0, &ids);
    driver.page(100, &["444444444444"]);
    driver.sheet_says("reading: 101 targets so far");
    driver.sheet_says("Attached to 100 targets so far");
}

#[test]
fn the_cursor_stays_in_its_list_when_an_account_below_a_target_turns_out_to_be_one() {
    let mut driver = Driver::reaching();
    driver.page(0, &["ou-1"]);
    driver.keys("/ d e v enter");
    let lines = |driver: &Driver| {
        let sheet = driver.sheet();
        let lines = sheet.page.lines.iter();
        let mut lines = lines.filter(|line| line.item == Some(sheet.selected));
        lines.next().map(|line| line.text.clone())
    };
    let there = lines(&driver);
    assert!(
        there
            .as_ref()
            .is_some_and(|line| line.contains("payments-dev"))
    );
    driver.page(1, &["333333333333"]);
    assert_eq!(lines(&driver), there);
}

#[test]
fn what_was_not_read_is_not_said_to_match_nothing() {
    let mut driver = Driver::reaching();
    driver.keys("/ d e v");
    driver.frame();
    assert_eq!(driver.sheet().extent, Extent::Nothing);
    driver.keys("enter n");
    assert_eq!(driver.notice(), "Nothing was read yet");
    driver.page(0, &["444444444444"]);
    assert_eq!(driver.sheet().extent, Extent::Part);
    driver.keys("n");
    assert_eq!(driver.notice(), "Nothing matches in what was read so far");
    let all = ["444444444444"].map(target);
    driver.answer(targets(), Finding::Targets(all.into()));
    assert_eq!(driver.sheet().extent, Extent::All);
    driver.keys("n");
    assert_eq!(driver.notice(), "Nothing matches");
}

#[test]
fn what_was_read_before_a_failure_stays_and_reading_again_begins_anew() {
    let mut driver = Driver::reaching();
    driver.page(0, &["444444444444", "ou-2"]);
    let error = OrgError::new(ErrorKind::Network, "the line is dead");
    let found = Found {
        at: driver.app.now,
        answer: Err(error),
    };
    driver.send(Msg::Found(targets(), found));
    driver.frame();
    driver.sheet_says("not read: the line is dead");
    driver.sheet_says("Attached to 2 targets so far");
    assert_eq!(driver.sheet().extent, Extent::Part);
    driver.keys("r");
    assert_eq!(driver.asks().first(), Some(&targets()));
    driver.page(0, &["444444444444"]);
    driver.sheet_says("reading: 1 target so far");
    driver.sheet_says("Attached to 1 target so far");
}

#[test]
fn leaving_what_a_policy_reaches_gives_it_up_but_a_menu_on_top_of_it_does_not() {
    let mut driver = Driver::reaching();
    driver.page(0, &["444444444444"]);
    driver.keys("y");
    driver.frame();
    assert!(matches!(driver.app.overlays.last(), Some(Overlay::Copy(_))));
    assert_eq!(driver.asks(), []);
    driver.keys("esc");
    driver.page(1, &["ou-2"]);
    driver.sheet_says("reading: 2 targets so far");
    driver.keys("esc");
    driver.frame();
    let effects = std::mem::take(&mut driver.effects);
    let is_without = |effect: &Effect| matches!(effect, Effect::Ask(questions) if !questions.contains(&targets()));
    assert!(effects.iter().any(is_without), "{effects:?}");
    // Who comes back sees nothing of a reading that was given up.
    driver.keys("t");
    driver.frame();
    driver.page(2, &["333333333333"]);
    driver.sheet_says_not("so far");
    driver.page(0, &["333333333333"]);
    driver.sheet_says("reading: 1 target so far");
}

#[test]
fn a_sheet_is_not_made_anew_for_every_frame_while_the_organization_is_read() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", crate::app::tabs::Tab::Policies);
    driver.attach_everywhere(PROD);
    driver.keys("shift-r");
    driver.attach_everywhere(PROD);
    driver.keys("t");
    assert!(driver.app.load.walking().is_some());
    driver.answer(targets(), Finding::Targets(vec![target("ou-1")]));
    let young = account(
        "777777777777",
        "young",
        AccountState::Active,
        &["r-1", "ou-1"],
    );
    driver.send(Msg::Observed(vec![young]));
    driver.frame();
    driver.sheet_says_not("young");
    driver.rest();
    driver.sheet_says("young");
}
