//! Finding: the filter's language, its list, pasted texts, jumps, and the query of the start.

use super::*;
use crate::app::results::Found;
use crate::org::{Finding, Query, Question, SavedQueries, Tag};

impl Driver {
    fn paste(&mut self, text: &str) -> &mut Self {
        self.send(Msg::Paste(text.into()));
        self
    }

    /// The rows of the list, the one under the cursor with a mark.
    fn listed(&self) -> Vec<String> {
        let results = &self.app.results;
        let rows = results.rows.iter().enumerate();
        rows.map(|(at, row)| {
            let text = match row {
                Found::Node(ix) => self.app.tree.get(*ix).unwrap().label().to_owned(),
                Found::Unknown(id) => format!("{id}?"),
            };
            let mark = if at == results.list.row() { ">" } else { "" };
            format!("{mark}{text}")
        })
        .collect()
    }

    fn marked(&self) -> Vec<&str> {
        let ids = [
            "111111111111",
            "222222222222",
            "333333333333",
            "444444444444",
        ];
        ids.into_iter()
            .filter(|id| self.app.marks.contains(id))
            .collect()
    }

    /// What the tree shows of accounts.
    fn accounts(&self) -> Vec<String> {
        let rows = self.app.outline.rows().iter();
        let accounts = rows.filter_map(|row| self.app.tree.get(row.node)?.account());
        accounts
            .filter_map(|account| account.name.clone())
            .collect()
    }
}

#[test]
fn the_filter_knows_states_and_ous() {
    let mut driver = Driver::loaded();
    driver.keys("/ state:closed");
    assert_eq!(driver.accounts(), ["payments-old"]);
    driver.keys("ctrl-u ou:workloads space payments space !dev enter");
    assert_eq!(driver.accounts(), ["payments-prod"]);
    driver.keys("/ ctrl-u is:management enter");
    assert_eq!(driver.accounts(), ["management"]);
    // An OU that is renamed may hold what it did not hold before.
    driver.keys("/ ctrl-u ou:elsewhere space is:account enter");
    assert_eq!(driver.accounts(), [""; 0]);
    driver.send(Msg::Observed(vec![unit("ou-3", "Elsewhere", "r-1")]));
    driver.frame();
    assert_eq!(driver.accounts(), ["payments-old"]);
}

#[test]
fn a_mistake_matches_nothing_and_says_why_and_what_is_unfinished_does_not_count_yet() {
    let mut driver = Driver::loaded();
    driver.keys("/ payments space state:");
    assert_eq!(driver.app.outline.match_counts(), (3, 0));
    assert!(
        driver
            .app
            .outline
            .filter
            .as_ref()
            .unwrap()
            .mistake()
            .is_none()
    );
    driver.keys("x");
    assert_eq!(driver.app.outline.match_counts(), (0, 0));
    let filter = driver.app.outline.filter.as_ref().unwrap();
    let mistake = filter.mistake().unwrap().to_string();
    assert!(
        mistake.starts_with("at 16: no state begins with \"x\""),
        "{mistake}"
    );
    // It is not kept either.
    driver.keys("enter");
    assert!(matches!(driver.app.overlays.last(), Some(Overlay::Filter)));
    assert!(
        driver.notice().contains("no state begins"),
        "{}",
        driver.notice()
    );
    driver.keys("backspace enter");
    assert!(
        driver.notice().contains("state: needs a value"),
        "{}",
        driver.notice()
    );
    driver.keys("a enter");
    assert_eq!(driver.accounts(), ["payments-prod", "payments-dev"]);
}

#[test]
fn accounts_whose_tags_were_not_read_are_counted_and_not_listed() {
    let mut driver = Driver::loaded();
    driver.keys("/ tag:Env=prod space payments enter");
    assert_eq!(driver.accounts(), [""; 0]);
    assert_eq!(driver.app.outline.active_filter().unwrap().unread(), 3);
    for (id, value) in [("222222222222", "prod"), ("333333333333", "dev")] {
        let (key, value) = ("Env".into(), value.into());
        let found = crate::org::Found {
            at: noon(),
            answer: Ok(Finding::Tags(vec![Tag { key, value }])),
        };
        driver.send(Msg::Found(Question::Tags(id.into()), found));
    }
    driver.frame();
    assert_eq!(driver.accounts(), ["payments-prod"]);
    assert_eq!(driver.app.outline.active_filter().unwrap().unread(), 1);
}

fn tags_of(ids: &[&str]) -> Vec<Question> {
    let ids = ids.iter().map(|id| Question::Tags((*id).to_owned()));
    ids.collect()
}

#[test]
fn the_tags_that_a_filter_takes_are_asked_for_as_long_as_it_is_there() {
    let mut driver = Driver::loaded();
    driver.keys("/ tag:Env=prod space payments");
    driver.frame();
    let asked = |driver: &Driver| match driver.effects.last() {
        Some(Effect::Ask(questions)) => questions.clone(),
        other => panic!("{other:?}"),
    };
    let mut questions = asked(&driver);
    questions.sort();
    let payments = ["222222222222", "333333333333", "444444444444"];
    assert_eq!(questions, tags_of(&payments));
    let filter = |driver: &Driver| {
        let filter = driver.app.outline.active_filter().unwrap();
        (filter.unread(), filter.by_tags(), filter.is_reading())
    };
    assert_eq!(filter(&driver), (3, 3, true));
    let answer = |driver: &mut Driver, id: &str, answer| {
        let found = crate::org::Found { at: noon(), answer };
        driver.send(Msg::Found(Question::Tags(id.into()), found));
        driver.frame();
    };
    answer(&mut driver, "222222222222", Ok(Finding::Tags(Vec::new())));
    assert_eq!(filter(&driver), (2, 3, true));
    // What cannot be read is not asked again, and stays unknown.
    let refused = OrgError::new(ErrorKind::AccessDenied, "no");
    answer(&mut driver, "333333333333", Err(refused));
    assert_eq!(filter(&driver), (2, 3, true));
    driver.keys("esc");
    driver.frame();
    assert_eq!(asked(&driver), []);
}

#[test]
fn why_tags_of_some_accounts_could_not_be_read_is_known_to_the_filter() {
    let mut driver = Driver::loaded();
    driver.keys("/ tag:Env=prod space payments");
    let why = |driver: &Driver| {
        driver
            .app
            .outline
            .active_filter()
            .unwrap()
            .refusal()
            .cloned()
    };
    assert_eq!(why(&driver), None);
    let expired = OrgError::new(ErrorKind::Credentials, "the session has expired");
    for (id, answer) in [
        ("222222222222", Ok(Finding::Tags(Vec::new()))),
        ("333333333333", Err(expired.clone())),
    ] {
        let found = crate::org::Found { at: noon(), answer };
        driver.send(Msg::Found(Question::Tags(id.into()), found));
        driver.frame();
    }
    assert_eq!(why(&driver), Some(expired));
}

#[test]
fn tags_that_come_in_one_by_one_find_the_same_as_a_filter_that_is_typed_after_them() {
    let refused = || Err(OrgError::new(ErrorKind::AccessDenied, "no"));
    let env = |value: &str| {
        let (key, value) = ("Env".into(), value.into());
        Ok(Finding::Tags(vec![Tag { key, value }]))
    };
    for typed in ["/ tag:Env=prod", "/ !tag:Env=prod", "/ tag:env space pay"] {
        let (mut driver, mut anew) = (Driver::loaded(), Driver::loaded());
        driver.keys(typed).frame();
        for (id, answer) in [
            ("222222222222", env("prod")),
            ("333333333333", env("dev")),
            ("444444444444", refused()),
            ("222222222222", env("dev")),
            ("999999999999", env("prod")),
            ("333333333333", refused()),
            ("333333333333", env("prod")),
            ("444444444444", env("PROD")),
            ("222222222222", env("prod")),
        ] {
            for driver in [&mut driver, &mut anew] {
                let answer = answer.clone();
                let found = crate::org::Found { at: noon(), answer };
                driver.send(Msg::Found(Question::Tags(id.into()), found));
            }
            driver.frame();
            anew.keys("esc").keys(typed).frame();
            let state = |driver: &Driver| {
                let filter = driver.app.outline.active_filter().unwrap();
                let tags = (filter.by_tags(), filter.unread(), filter.failed());
                (driver.accounts(), driver.app.outline.match_counts(), tags)
            };
            assert_eq!(state(&driver), state(&anew), "{typed} {id}");
        }
        // Many more than are remembered one by one, and of accounts that are not there.
        for number in 0..5_000 {
            let found = crate::org::Found {
                at: noon(),
                answer: env("prod"),
            };
            driver.send(Msg::Found(Question::Tags(format!("{number:012}")), found));
        }
        let before = driver.accounts();
        driver.frame();
        assert_eq!(driver.accounts(), before, "{typed}");
    }
}

#[test]
fn tags_of_an_earlier_run_count_as_not_read_unless_nobody_can_be_asked() {
    for (offline, unread) in [(false, 3), (true, 2)] {
        let mut driver = Driver::loaded();
        driver.app.session.offline = offline;
        let (key, value) = ("Env".into(), "prod".into());
        let looked = crate::org::Looked {
            at: noon(),
            question: Question::Tags("222222222222".into()),
            finding: Finding::Tags(vec![Tag { key, value }]),
        };
        driver.app.findings.show(&[looked], offline);
        driver.keys("/ tag:Env=prod space payments");
        driver.frame();
        let filter = driver.app.outline.active_filter().unwrap();
        assert_eq!((filter.unread(), filter.is_reading()), (unread, !offline));
        assert_eq!(driver.accounts().len(), 3 - unread);
    }
}

#[test]
fn what_is_kept_in_the_filter_is_replaced_by_what_is_typed_first() {
    let text = |driver: &Driver| driver.app.outline.filter.as_ref().unwrap().label();
    let mut driver = Driver::loaded();
    driver.keys("/ payments enter / enter");
    assert_eq!(text(&driver), "/payments");
    driver.keys("/ man");
    assert_eq!(text(&driver), "/man");
    driver.keys("enter / left x");
    assert_eq!(text(&driver), "/maxn");
    driver.keys("enter /");
    driver.paste("old");
    assert_eq!(text(&driver), "/old");
    driver.keys("enter / backspace");
    assert!(driver.app.outline.active_filter().is_none());
}

#[test]
fn a_click_or_a_paste_before_it_is_found_keeps_the_cursor() {
    for paste in [false, true] {
        let mut driver = Driver::start();
        let _ = open_on(&mut driver.app, "222222222222");
        driver.observe(1, vec![root(), unit("ou-3", "Suspended", "r-1")]);
        if paste {
            driver.paste("Suspended");
        } else {
            let tree = driver.app.areas.tree;
            let (kind, column, row) = (crate::msg::MouseKind::Click, tree.x, tree.y + 1);
            driver.send(Msg::Mouse { kind, column, row });
        }
        driver.observe(1, scene());
        assert_eq!(driver.cursor(), "Suspended");
    }
}

#[test]
fn a_jump_ends_a_range_instead_of_taking_in_what_is_between() {
    let mut driver = Driver::writable();
    driver.keys("/ payments-prod enter esc v");
    assert!(driver.app.marks.in_range());
    driver.keys("/ payments-old tab enter");
    assert!(!driver.app.marks.in_range());
}

#[test]
fn matches_are_listed_the_best_first_and_enter_goes_to_one() {
    let mut driver = Driver::loaded();
    driver.keys("/ payments-dev backspace backspace backspace tab");
    assert_eq!(driver.listed().len(), 3);
    driver.keys("/ ctrl-u is:account tab");
    assert_eq!(
        driver.listed(),
        [
            "payments-old",
            "payments-prod",
            "payments-dev",
            "management"
        ]
        .map(|name| {
            if driver.cursor() == name {
                format!(">{name}")
            } else {
                name.to_owned()
            }
        })
    );
    driver.keys("g j j enter");
    assert!(!driver.app.results.shown && driver.app.overlays.is_empty());
    assert_eq!(driver.cursor(), "payments-dev");
    // The filter stays, for n and for Esc.
    assert_eq!(driver.accounts().len(), 4);
    driver.keys("esc");
    assert_eq!(driver.cursor(), "payments-dev");
    assert!(driver.app.outline.filter.is_none());
}

#[test]
fn the_list_follows_what_is_typed_and_tab_and_esc_lead_back_to_the_tree() {
    let mut driver = Driver::loaded();
    driver.keys("/ payments tab / -prod");
    assert_eq!(driver.listed(), [">payments-prod"]);
    driver.keys("enter");
    assert_eq!(driver.cursor(), "payments-prod");
    driver.keys("/ tab esc");
    assert!(!driver.app.results.shown && driver.app.outline.filter.is_some());
    driver.keys("/ tab tab");
    assert!(!driver.app.results.shown && driver.app.overlays.is_empty());
    driver.keys("/ tab / esc");
    assert!(!driver.app.results.shown && driver.app.outline.filter.is_none());
    driver.keys("/ tab");
    assert!(
        driver.notice().contains("Nothing is typed"),
        "{}",
        driver.notice()
    );
}

#[test]
fn closed_accounts_that_are_hidden_are_not_in_the_list_unless_they_were_pasted() {
    let mut driver = Driver::loaded();
    driver.keys(". / payments tab");
    assert_eq!(driver.listed().len(), 2);
    driver.paste("444444444444,\n333333333333");
    assert_eq!(driver.listed(), [">payments-old", "payments-dev"]);
}

#[test]
fn a_pasted_text_lists_its_accounts_in_its_order_and_what_is_not_known() {
    let mut driver = Driver::loaded();
    let text =
        "{\"a\":\"arn:aws:iam::333333333333:role/x\"}\n999999999999\n222222222222 333333333333";
    driver.paste(text);
    assert_eq!(
        driver.listed(),
        [">payments-dev", "999999999999?", "payments-prod"]
    );
    assert!(
        driver
            .notice()
            .starts_with("3 accounts in the text, 1 of them"),
        "{}",
        driver.notice()
    );
    // The tree shows the same accounts.
    assert_eq!(driver.accounts(), ["payments-prod", "payments-dev"]);
    driver.keys("j enter");
    assert!(
        driver.notice().contains("999999999999 is "),
        "{}",
        driver.notice()
    );
    driver.keys("/ prod");
    assert_eq!(driver.listed(), [">payments-prod"]);
    driver.keys("enter");
    assert_eq!(driver.cursor(), "payments-prod");
    // An id alone is searched for as if it were typed, among all accounts.
    driver.paste("4444-4444-4444");
    assert!(!driver.app.results.shown);
    assert_eq!(driver.cursor(), "payments-old");
    driver.keys("enter").paste(text).paste("111111111111");
    assert_eq!(driver.cursor(), "management");
}

#[test]
fn one_account_of_the_list_or_all_of_them_can_be_marked() {
    let mut driver = Driver::loaded();
    driver
        .paste("333333333333\n999999999999\n222222222222")
        .keys("space");
    assert!(
        driver.notice().starts_with("Cannot mark"),
        "{}",
        driver.notice()
    );
    let mut driver = Driver::writable();
    driver
        .paste("333333333333\n999999999999\n222222222222")
        .keys("space");
    assert_eq!(driver.marked(), ["333333333333"]);
    driver.keys("space");
    assert!(
        driver.notice().contains("only accounts"),
        "{}",
        driver.notice()
    );
    driver.keys("a");
    assert_eq!(driver.marked(), ["222222222222", "333333333333"]);
    driver.keys("a");
    assert_eq!(driver.marked(), [""; 0]);
}

#[test]
fn jumps_lead_back_and_forward_past_what_has_gone() {
    let mut driver = Driver::loaded();
    driver.keys("[");
    assert!(
        driver.notice().contains("no earlier jump"),
        "{}",
        driver.notice()
    );
    driver.keys("/ payments-dev enter / ctrl-u payments-prod enter esc g");
    assert_eq!(driver.cursor(), "Root");
    assert_eq!(driver.keys("[").cursor(), "payments-prod");
    assert_eq!(driver.keys("[").cursor(), "payments-dev");
    assert_eq!(driver.keys("[").cursor(), "Root");
    driver.keys("[");
    assert!(
        driver.notice().contains("no earlier jump"),
        "{}",
        driver.notice()
    );
    assert_eq!(driver.keys("]").cursor(), "payments-dev");
    driver.send(Msg::Observed(vec![Observation::Vanished {
        node: "222222222222".into(),
    }]));
    assert_eq!(driver.keys("]").cursor(), "Root");
    driver.keys("]");
    assert!(
        driver.notice().contains("no later jump"),
        "{}",
        driver.notice()
    );
}

#[test]
fn the_id_of_the_start_is_read_at_once_and_the_cursor_goes_there() {
    let mut driver = Driver::start();
    driver.effects.clear();
    let effects = open_on(&mut driver.app, "2222-2222-2222");
    let id = "222222222222".to_owned();
    assert_eq!(effects, [walk(2, WalkScope::Account { id })]);
    let found = account(
        "222222222222",
        "payments-prod",
        AccountState::Active,
        &["r-1", "ou-1", "ou-2"],
    );
    driver.observe(1, vec![root()]);
    driver.observe(2, vec![found]);
    assert_eq!(driver.cursor(), "payments-prod");
    // What comes later does not move it.
    driver.observe(1, scene());
    driver.finish(2, Vec::new());
    driver.finish(1, Vec::new());
    assert_eq!(driver.cursor(), "payments-prod");
}

#[test]
fn words_of_the_start_filter_and_the_cursor_stays_on_the_best_match_while_reading() {
    let mut driver = Driver::start();
    assert_eq!(open_on(&mut driver.app, "payments-prod"), []);
    driver.observe(1, vec![root()]);
    driver.observe(
        1,
        vec![account(
            "555555555555",
            "payments-product",
            AccountState::Active,
            &["r-1"],
        )],
    );
    assert_eq!(driver.cursor(), "payments-product");
    driver.observe(1, scene());
    driver.finish(1, Vec::new());
    assert_eq!(driver.accounts().len(), 2);
    let mut driver = Driver::start();
    let _ = open_on(&mut driver.app, "Cost Center=4711");
    let filter = driver.app.outline.filter.as_ref().unwrap();
    assert_eq!(filter.label(), "/tag:\"Cost Center\"=4711");
    let mut driver = Driver::start();
    let _ = open_on(&mut driver.app, "nowhere");
    driver.observe(1, scene());
    driver.finish(1, Vec::new());
    assert_eq!(driver.notice(), "Nothing matches nowhere");
    let mut driver = Driver::start();
    let _ = open_on(&mut driver.app, "999999999999");
    driver.observe(1, scene());
    driver.finish(2, Vec::new());
    driver.finish(1, Vec::new());
    assert_eq!(driver.notice(), "999999999999 is not in this organization");
}

#[test]
fn a_key_that_is_pressed_before_it_is_found_keeps_the_cursor() {
    let mut driver = Driver::start();
    let _ = open_on(&mut driver.app, "222222222222");
    driver.observe(1, vec![root(), unit("ou-3", "Suspended", "r-1")]);
    driver.keys("j");
    assert_eq!(driver.rows(), [" Root", ">  Suspended"]);
    driver.observe(1, scene());
    assert_eq!(driver.cursor(), "Suspended");
}

#[test]
fn a_saved_filter_is_used_by_its_name() {
    let mut driver = Driver::loaded();
    let query = Query::parse("ou:Production", &SavedQueries::new()).unwrap();
    driver.app.config.filters.insert("prod".into(), query);
    driver.keys("/ @prod space is:account enter");
    assert_eq!(driver.accounts(), ["payments-prod"]);
}

#[test]
fn the_row_under_the_cursor_of_the_list_can_be_copied_and_opened_in_the_console() {
    const LINK: &str = "https://console.aws.amazon.com/organizations/v2/home/accounts/333333333333";
    let mut driver = Driver::loaded();
    driver.keys("/ payments tab g");
    while !driver.listed().contains(&">payments-dev".to_owned()) {
        driver.keys("j");
    }
    let chosen = |driver: &Driver| match driver.app.overlays.last() {
        Some(Overlay::Copy(menu)) => menu.items[menu.selected].text.clone(),
        other => panic!("{other:?}"),
    };
    driver.keys("y");
    assert_eq!(chosen(&driver), "333333333333");
    driver.keys("esc o");
    assert_eq!(chosen(&driver), LINK);
    assert!(
        driver.notice().contains("no browser"),
        "{}",
        driver.notice()
    );
    driver.app.session.browser = true;
    driver.effects.clear();
    driver.keys("esc o");
    assert_eq!(driver.effects, [Effect::Browse(LINK.to_owned())]);
    driver.keys("esc");
    assert!(driver.listed().contains(&">payments-dev".to_owned()));
    // What no account has can only be copied.
    driver.paste("999999999999 333333333333");
    driver.keys("g y");
    assert_eq!(chosen(&driver), "999999999999");
    driver.keys("esc o");
    assert_eq!(
        driver.notice(),
        "There is no page in the AWS console for this"
    );
}

#[test]
fn keys_that_do_nothing_in_the_list_say_so_and_nothing_is_done_to_the_row_of_the_tree() {
    let mut driver = Driver::loaded();
    driver.keys("/ payments tab");
    driver.effects.clear();
    for keys in ["x", "m", "u", "v", "r", "1", "n"] {
        driver.app.notice = None;
        driver.keys(keys);
        let notice = driver.notice();
        assert!(
            notice.to_lowercase().contains("not in this list"),
            "{keys}: {notice}"
        );
        assert!(matches!(driver.app.overlays.last(), Some(Overlay::Results)));
        assert_eq!(driver.effects, []);
    }
    // Nor when it is chosen in the help.
    driver.keys("? m o v e enter");
    assert!(matches!(driver.app.overlays.last(), Some(Overlay::Results)));
    assert!(driver.app.results.shown);
    driver.keys("shift-r");
    let walks = |effect: &Effect| matches!(effect, Effect::Walk { .. });
    assert!(driver.effects.iter().any(walks), "{:?}", driver.effects);
    driver.effects.clear();
    driver.keys("shift-r");
    assert_eq!(driver.notice(), "Still reading");
    assert_eq!(driver.effects, []);
    assert!(driver.app.results.shown);
}

#[test]
fn leaving_the_list_keeps_its_row_where_the_cursor_was_moved_in_it() {
    for key in ["esc", "tab", "q"] {
        let mut driver = Driver::loaded();
        driver.keys("/ payments tab g");
        while !driver.listed().contains(&">payments-dev".to_owned()) {
            driver.keys("j");
        }
        driver.keys(key);
        assert!(!driver.app.results.shown && driver.app.outline.filter.is_some());
        assert_eq!(driver.cursor(), "payments-dev");
    }
    let mut driver = Driver::loaded();
    driver.keys("/ payments");
    let before = driver.cursor().to_owned();
    driver.keys("tab esc");
    assert_eq!(driver.cursor(), before);
}
