//! What is under the cursor is moved or taken away by others.

use super::*;

const PROD: &str = "222222222222";
const DEV: &str = "333333333333";

/// The account is in the OU Suspended now.
fn suspended(id: &str, name: &str) -> Observation {
    account(id, name, AccountState::Active, &["r-1", "ou-3"])
}

fn dev_suspended() -> Vec<Observation> {
    vec![suspended(DEV, "payments-dev")]
}

/// The scene with some of it as it is now.
fn scene_with(news: Vec<Observation>) -> Vec<Observation> {
    let mut scene = scene();
    scene.extend(news);
    scene
}

impl Driver {
    /// The cursor on payments-dev, with no OU open but those that lead to it.
    fn on_dev() -> Self {
        let mut driver = Self::writable();
        driver.keys(&format!("/ {DEV} enter esc"));
        assert_eq!(driver.cursor(), "payments-dev");
        assert!(!driver.is_shown("payments-prod") && !driver.is_shown("payments-old"));
        driver.effects.clear();
        driver
    }

    fn is_shown(&self, name: &str) -> bool {
        self.rows().iter().any(|row| row.ends_with(name))
    }

    /// The generation of the walk that was asked for last.
    fn walk(&self) -> u64 {
        let mut walks = self.effects.iter().filter_map(|effect| match effect {
            Effect::Walk { generation, .. } => Some(*generation),
            _ => None,
        });
        walks.next_back().expect("a walk")
    }
}

const MOVED: &str = "payments-dev has moved to Root / Suspended";

#[test]
fn the_cursor_stays_on_an_account_that_others_move_into_a_closed_ou() {
    let mut driver = Driver::on_dev();
    driver.keys("shift-r");
    let walk = driver.walk();
    driver.observe(walk, scene_with(dev_suspended()));
    assert_eq!(driver.cursor(), "payments-dev");
    assert!(driver.is_shown("payments-old"), "{:?}", driver.rows());
    assert!(!driver.is_shown("payments-prod"), "closed as before");
    assert_eq!(driver.notice(), MOVED);
    driver.finish(walk, Vec::new());
    assert_eq!(driver.cursor(), "payments-dev");
    let notice = driver.notice();
    assert!(notice.starts_with(&format!("{MOVED}. ")), "{notice}");
    assert!(notice.contains(". Read "), "{notice}");
    driver.keys("f9");
    driver.frame();
    assert_eq!(driver.notice(), "", "told once");
    // The OU can be closed by hand.
    driver.keys("h h");
    driver.observe(walk, dev_suspended());
    assert_eq!(driver.cursor(), "Suspended");
    assert!(!driver.is_shown("payments-dev"));
}

#[test]
fn it_is_followed_when_a_part_is_read_and_when_it_is_looked_at_for_another_reason() {
    let mut driver = Driver::on_dev();
    driver.keys("r");
    let walk = driver.walk();
    driver.observe(walk, dev_suspended());
    driver.finish(walk, Vec::new());
    assert_eq!(driver.cursor(), "payments-dev");
    let notice = driver.notice();
    assert!(notice.starts_with(&format!("{MOVED}. Account")), "{notice}");

    let mut driver = Driver::on_dev();
    driver.send(Msg::Observed(dev_suspended()));
    driver.frame();
    assert_eq!(driver.cursor(), "payments-dev");
    assert_eq!(driver.notice(), MOVED);
    let placed = Observation::AccountPlaced {
        account: DEV.into(),
        parent: "r-1".into(),
    };
    driver.send(Msg::Observed(vec![placed]));
    driver.frame();
    assert_eq!(driver.notice(), "payments-dev has moved to Root");
}

#[test]
fn an_account_that_the_cursor_has_left_does_not_take_it_along() {
    let mut driver = Driver::on_dev();
    driver.keys("shift-r k");
    let (walk, here) = (driver.walk(), driver.cursor().to_owned());
    driver.observe(walk, scene_with(dev_suspended()));
    assert_eq!(driver.cursor(), here);
    assert!(!driver.is_shown("payments-old"));
    assert_eq!(driver.notice(), "");
    // Nor does one that it was on when that was moved.
    let mut driver = Driver::on_dev();
    driver.send(Msg::Observed(dev_suspended()));
    driver.keys("g");
    assert_eq!(driver.cursor(), "Root");
    driver.send(Msg::Observed(scene()));
    driver.frame();
    assert_eq!(driver.cursor(), "Root");
}

#[test]
fn an_ou_and_what_is_in_it_are_followed_too() {
    let moved = || vec![unit("ou-2", "Production", "ou-3")];
    let mut driver = Driver::on_dev();
    driver.keys("/ production enter esc");
    assert_eq!(driver.cursor(), "Production");
    driver.send(Msg::Observed(moved()));
    driver.frame();
    assert_eq!(driver.cursor(), "Production");
    assert!(driver.is_shown("payments-old"));
    assert_eq!(driver.notice(), "Production has moved to Root / Suspended");
    let mut driver = Driver::on_dev();
    driver.keys(&format!("/ {PROD} enter esc"));
    driver.send(Msg::Observed(moved()));
    driver.frame();
    assert_eq!(driver.cursor(), "payments-prod");
    assert_eq!(
        driver.notice(),
        "Production has moved to Root / Suspended, and payments-prod with it"
    );
}

#[test]
fn what_has_gone_from_under_the_cursor_is_named() {
    let without_dev = || {
        let mut scene = scene();
        scene.retain(
            |seen| !matches!(seen, Observation::Account { account, .. } if account.id == DEV),
        );
        scene
    };
    let mut driver = Driver::on_dev();
    driver.keys("shift-r");
    let walk = driver.walk();
    driver.observe(walk, without_dev());
    driver.finish(walk, Vec::new());
    let gone = format!("payments-dev ({DEV}) has gone from Root / Workloads. ");
    let notice = driver.notice();
    assert!(notice.starts_with(&gone), "{notice}");
    // Where that is said already, once is enough.
    let mut driver = Driver::on_dev();
    driver.keys("r");
    let walk = driver.walk();
    driver.observe(walk, vec![Observation::Vanished { node: DEV.into() }]);
    driver.finish(walk, Vec::new());
    assert_eq!(
        driver.notice(),
        format!("Account {DEV} is no longer in the organization")
    );
}

#[test]
fn behind_a_filter_the_cursor_stays_on_a_match_and_is_found_again_where_it_was_none() {
    let mut driver = Driver::on_dev();
    driver.keys("/ payments enter n");
    let before = driver.rows().len();
    while driver.cursor() != "payments-dev" {
        driver.keys("n");
    }
    driver.send(Msg::Observed(dev_suspended()));
    driver.frame();
    assert_eq!(driver.cursor(), "payments-dev");
    assert_eq!(driver.notice(), MOVED);
    assert_eq!(driver.rows().len(), before, "nothing but matches");

    let mut driver = Driver::on_dev();
    driver.keys("/ ou:Workloads enter");
    while driver.cursor() != "payments-dev" {
        driver.keys("j");
    }
    driver.send(Msg::Observed(dev_suspended()));
    driver.frame();
    assert_ne!(driver.cursor(), "payments-dev");
    assert_eq!(driver.notice(), format!("{MOVED}; the filter hides it"));
    driver.keys("esc");
    assert_eq!(driver.cursor(), "payments-dev");
}

#[test]
fn what_is_marked_stays_marked_and_no_more_comes_to_it() {
    let mut driver = Driver::on_dev();
    driver.keys("space");
    let marked = marks::targets(&driver.app);
    driver.keys("k");
    assert_eq!(driver.cursor(), "payments-dev");
    driver.send(Msg::Observed(dev_suspended()));
    driver.frame();
    assert_eq!(marks::targets(&driver.app), marked);
    // A range would reach over everything up to where the account is now.
    let mut driver = Driver::on_dev();
    driver.keys("* v");
    let before = marks::targets(&driver.app);
    assert_eq!(before, [DEV]);
    driver.send(Msg::Observed(dev_suspended()));
    driver.keys("k j j");
    assert_eq!(marks::targets(&driver.app), before);
    assert!(!driver.app.marks.in_range());
}

#[test]
fn a_dialog_about_others_stays_as_it_is_and_the_news_come_after_it() {
    let mut driver = Driver::on_dev();
    driver.at("payments-prod").keys("space");
    driver.at("payments-dev").keys("m root enter").see();
    let asked = |driver: &Driver| {
        let dialog = driver.dialog().expect("a dialog");
        (
            dialog.confirm.order().clone(),
            dialog.lines(&driver.app, 76),
        )
    };
    let before = asked(&driver);
    driver.send(Msg::Observed(dev_suspended()));
    driver.see();
    assert_eq!(asked(&driver), before);
    assert_eq!(driver.notice(), "");
    driver.keys("esc");
    assert_eq!(driver.cursor(), "payments-dev");
    let said = format!("Nothing was changed. {MOVED}");
    assert_eq!(driver.notice(), said);
}

#[test]
fn a_dialog_about_the_account_itself_closes_and_says_why_once() {
    let mut driver = Driver::on_dev();
    driver.keys("m root enter").see();
    assert!(driver.dialog().is_some());
    driver.send(Msg::Observed(dev_suspended()));
    driver.see();
    assert!(driver.dialog().is_none());
    assert_eq!(driver.cursor(), "payments-dev");
    assert_eq!(
        driver.notice(),
        "Nothing was changed: payments-dev was moved meanwhile, it is in Root / Suspended now"
    );
}

#[test]
fn while_a_destination_is_pointed_at_the_account_is_followed_for_later() {
    let mut driver = Driver::on_dev();
    driver.keys("m tab g");
    assert_eq!(driver.cursor(), "Root");
    driver.send(Msg::Observed(dev_suspended()));
    driver.frame();
    assert_eq!(driver.cursor(), "Root");
    assert_eq!(driver.notice(), "");
    driver.keys("esc esc");
    assert_eq!(driver.cursor(), "payments-dev");
    assert_eq!(driver.notice(), MOVED);
}
