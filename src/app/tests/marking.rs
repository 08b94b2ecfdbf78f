//! Ranges of marks, and marks of all that is listed, while the rows change by themselves.

use super::*;
use crate::org::{Finding, Found, Question, Tag};

const PROD: &str = "222222222222";
const DEV: &str = "333333333333";
const OLD: &str = "444444444444";

impl Driver {
    fn tagged(&mut self, id: &str, env: &str) {
        let (key, value) = ("Env".into(), env.into());
        let found = Found {
            at: noon(),
            answer: Ok(Finding::Tags(vec![Tag { key, value }])),
        };
        self.send(Msg::Found(Question::Tags(id.into()), found));
        self.frame();
    }

    /// What is in a range that nothing else was marked before.
    fn range(&self) -> Vec<String> {
        assert!(self.app.marks.in_range() && self.app.marks.count() == 0);
        let targets = marks::targets(&self.app);
        assert_eq!(targets.len(), self.app.marks.range_count());
        let drawn = |id: &String| self.app.marks.is_in_range(id);
        assert!(targets.iter().all(drawn), "what is taken is drawn");
        targets
    }
}

#[test]
fn a_range_gains_accounts_only_where_the_cursor_moves() {
    let mut driver = Driver::writable();
    driver.keys("/ tag:Env=prod enter");
    driver.tagged(DEV, "prod");
    driver.keys("g v shift-g");
    driver.frame();
    assert_eq!(driver.range(), [DEV]);
    for id in [PROD, OLD] {
        driver.tagged(id, "prod");
    }
    assert_eq!(driver.app.outline.match_counts().0, 3);
    driver.keys("f9");
    assert_eq!(driver.range(), [DEV], "nobody has moved since");
    driver.keys("k j");
    assert_eq!(driver.range(), [OLD, PROD, DEV]);
    driver.keys("v");
    assert_eq!(driver.app.marks.count(), 3);
}

#[test]
fn a_range_takes_in_nothing_that_a_walk_puts_into_it() {
    let mut driver = Driver::writable();
    driver.at("Production").keys("v shift-g");
    let before = driver.range();
    driver.keys("shift-r");
    let new = account(
        "555555555555",
        "new",
        AccountState::Active,
        &["r-1", "ou-1"],
    );
    driver.observe(2, scene());
    driver.observe(2, vec![new]);
    assert_eq!(driver.range(), before);
    driver.keys("v");
    assert!(!driver.app.marks.contains("555555555555"));
    assert_eq!(driver.app.marks.count(), before.len());
}

#[test]
fn what_has_no_row_any_more_is_in_no_range_even_when_it_comes_back() {
    let mut driver = Driver::writable();
    driver.at("Production").keys("v shift-g");
    let all = driver.range();
    assert!(all.contains(&DEV.to_owned()));
    driver.send(Msg::Observed(vec![Observation::Vanished {
        node: DEV.into(),
    }]));
    driver.frame();
    assert_eq!(driver.range().len(), all.len() - 1);
    driver.send(Msg::Observed(scene()));
    driver.frame();
    assert_eq!(driver.range().len(), all.len() - 1);
    driver.keys("k j");
    assert_eq!(driver.range(), all);
}

#[test]
fn typing_a_filter_puts_nothing_into_a_range() {
    let mut driver = Driver::writable();
    driver.keys("g");
    driver.at("payments-dev").keys("v");
    assert_eq!(driver.range(), [DEV]);
    driver.keys("/ payments");
    driver.frame();
    assert_eq!(driver.range(), [DEV]);
}

#[test]
fn that_all_of_the_list_are_marked_is_said_only_as_long_as_it_is_so() {
    let mut driver = Driver::writable();
    driver.keys("/ tag:Env=prod space payments tab");
    driver.tagged(PROD, "prod");
    driver.keys("a");
    let so_far = "1 marked so far: tags of 2 accounts are still being read";
    assert_eq!(driver.notice(), so_far);
    driver.tagged(OLD, "dev");
    let so_far = "1 marked so far: tags of 1 account are still being read";
    assert_eq!(driver.notice(), so_far);
    driver.tagged(DEV, "prod");
    let grown = "The list has grown: 1 of its 2 accounts are marked";
    assert_eq!(driver.notice(), grown);
    driver.keys("a");
    assert_eq!(driver.notice(), "All accounts of the list are marked");
    assert_eq!(driver.app.marks.count(), 2);
    driver.tagged(OLD, "prod");
    let grown = "The list has grown: 2 of its 3 accounts are marked";
    assert_eq!(driver.notice(), grown);
    driver.keys("a a");
    assert_eq!(driver.notice(), "The marks of the list are taken away");
    driver.tagged(DEV, "dev");
    assert_eq!(driver.notice(), "The marks of the list are taken away");
}

#[test]
fn while_the_organization_is_read_nobody_says_that_all_of_the_list_are_marked() {
    let mut driver = Driver::writable();
    driver.keys("shift-r");
    driver.observe(2, scene());
    driver.keys("/ payments tab a");
    let so_far = "3 marked so far: accounts are still being read";
    assert_eq!(driver.notice(), so_far);
    let new = account(
        "555555555555",
        "payments-new",
        AccountState::Active,
        &["r-1"],
    );
    driver.observe(2, vec![new]);
    let grown = "The list has grown: 3 of its 4 accounts are marked";
    assert_eq!(driver.notice(), grown);
    driver.keys("esc");
    driver.frame();
    assert_eq!(driver.notice(), "");
}
