//! The program's logic, driven by keys and by what the service answers; what it asks for is
//! compared as values.

use crokey::KeyCombination;
use jiff::Timestamp;

use super::overlay::Overlay;
use super::*;
use crate::action::Action;
use crate::app::details::{self, Tone};
use crate::app::obstacle::obstacle;
use crate::msg::{MouseKind, Msg, Region};
use crate::org::{
    Account, AccountState, ErrorKind, Identity, JoinedMethod, Listing, Observation,
    OrganizationalUnit, Progress, Root, WalkEvent, WalkScope, WalkSummary,
};

/// An app and everything it has asked for since it was last asked.
struct Driver {
    app: App,
    effects: Vec<Effect>,
}

impl Driver {
    fn start() -> Self {
        let (app, effects) = App::start(Session::default(), noon());
        let mut driver = Self { app, effects };
        driver.arrange(80, 10);
        driver
    }

    /// A loaded organization with the cursor on the root.
    fn loaded() -> Self {
        let mut driver = Self::start();
        driver.identified("111111111111");
        driver.observe(1, scene());
        driver.finish(1, Vec::new());
        driver.effects.clear();
        driver
    }

    fn send(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.app, msg));
    }

    /// Keys, separated by spaces; a word that is no key's name is typed letter by letter.
    fn keys(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ') {
            match word.parse::<KeyCombination>() {
                Ok(key) => self.send(Msg::Key(key.normalized())),
                Err(_) => word
                    .chars()
                    .map(|c| KeyCombination::from(crossterm::event::KeyCode::Char(c)))
                    .for_each(|key| self.send(Msg::Key(key))),
            }
        }
        self
    }

    fn arrange(&mut self, width: u16, height: u16) {
        let tree = Region {
            x: 0,
            y: 3,
            width,
            height,
        };
        let areas = Areas {
            tree,
            ..Areas::default()
        };
        self.send(Msg::Arranged(areas));
    }

    fn identified(&mut self, account: &str) {
        let identity = Identity {
            organization: Ok(Organization {
                id: "o-example".into(),
                management_account_id: Some("111111111111".into()),
                ..Organization::default()
            }),
            caller: Some(Caller {
                account_id: account.into(),
                arn: format!("arn:aws:iam::{account}:user/me"),
            }),
        };
        self.send(Msg::Identified(identity));
    }

    fn observe(&mut self, generation: u64, scene: Vec<Observation>) {
        let progress = Progress {
            accounts: 4,
            units_known: 4,
            ..Progress::default()
        };
        self.send(Msg::Walk(generation, WalkEvent::Observed(scene, progress)));
        self.frame();
    }

    fn finish(&mut self, generation: u64, missing: Vec<OrgError>) {
        let summary = WalkSummary {
            missing,
            ..WalkSummary::default()
        };
        self.send(Msg::Walk(generation, WalkEvent::Finished(summary)));
        self.frame();
    }

    /// What was asked for, but for the order in which to read.
    fn asked(&self) -> Vec<&Effect> {
        let order = |effect: &&Effect| matches!(effect, Effect::Prioritize(_));
        self.effects
            .iter()
            .filter(|effect| !order(effect))
            .collect()
    }

    /// As before a frame.
    fn frame(&mut self) {
        self.send(Msg::Arranged(self.app.areas));
    }

    fn rows(&self) -> Vec<String> {
        let rows = self.app.outline.rows().iter().enumerate();
        rows.map(|(at, row)| {
            let label = self.app.tree.get(row.node).unwrap().label();
            let mark = if at == self.app.outline.cursor_row() {
                ">"
            } else {
                " "
            };
            format!("{mark}{}{label}", "  ".repeat(row.depth.into()))
        })
        .collect()
    }

    fn cursor(&self) -> &str {
        let cursor = self.app.outline.cursor().expect("a row under the cursor");
        self.app.tree.get(cursor).unwrap().label()
    }

    fn notice(&self) -> &str {
        self.app
            .notice
            .as_ref()
            .map_or("", |notice| notice.text.as_str())
    }

    fn details(&self) -> Vec<String> {
        details::lines(&self.app, 60)
            .into_iter()
            .map(|line| line.text)
            .collect()
    }
}

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn unit(id: &str, name: &str, parent: &str) -> Observation {
    Observation::OrganizationalUnit {
        unit: OrganizationalUnit {
            id: id.into(),
            name: Some(name.into()),
            ..OrganizationalUnit::default()
        },
        parent: parent.into(),
    }
}

fn account(id: &str, name: &str, state: AccountState, ancestors: &[&str]) -> Observation {
    Observation::Account {
        account: Account {
            id: id.into(),
            name: Some(name.into()),
            email: Some(format!("aws+{name}@example.com")),
            arn: Some(format!(
                "arn:aws:organizations::111111111111:account/o-example/{id}"
            )),
            state: Some(state),
            joined_method: Some(JoinedMethod::Created),
            joined_at: Some("2023-09-21T12:00:00Z".parse().unwrap()),
        }
        .into(),
        ancestors: ancestors.iter().map(|&id| id.into()).collect(),
    }
}

fn root() -> Observation {
    Observation::Root(Root {
        id: "r-1".into(),
        name: Some("Root".into()),
        arn: None,
        ..Root::default()
    })
}

fn scene() -> Vec<Observation> {
    vec![
        root(),
        unit("ou-1", "Workloads", "r-1"),
        unit("ou-2", "Production", "ou-1"),
        unit("ou-3", "Suspended", "r-1"),
        account("111111111111", "management", AccountState::Active, &["r-1"]),
        account(
            "222222222222",
            "payments-prod",
            AccountState::Active,
            &["r-1", "ou-1", "ou-2"],
        ),
        account(
            "333333333333",
            "payments-dev",
            AccountState::Active,
            &["r-1", "ou-1"],
        ),
        account(
            "444444444444",
            "payments-old",
            AccountState::Closed,
            &["r-1", "ou-3"],
        ),
    ]
}

fn walk(generation: u64, scope: WalkScope) -> Effect {
    Effect::Walk { generation, scope }
}

#[test]
fn at_the_start_everything_is_read_and_the_root_is_open() {
    let mut driver = Driver::start();
    assert_eq!(
        driver.effects,
        [Effect::Identify, walk(1, WalkScope::Organization)]
    );
    driver.observe(1, scene());
    assert_eq!(
        driver.rows(),
        [">Root", "   Suspended", "   Workloads", "   management"]
    );
}

#[test]
fn keys_move_open_and_close() {
    let mut driver = Driver::loaded();
    driver.keys("j j l");
    assert_eq!(driver.cursor(), "Workloads");
    driver.keys("l l right");
    assert_eq!(driver.cursor(), "payments-prod");
    driver.keys("h");
    assert_eq!(driver.cursor(), "Production");
    driver.keys("h");
    assert_eq!(driver.rows().len(), 6);
    driver.keys("shift-g");
    assert_eq!(driver.cursor(), "management");
    driver.keys("g *");
    assert_eq!(driver.rows().len(), 8);
    driver.keys("-");
    assert_eq!(driver.rows(), [">Root"]);
    assert_eq!(driver.effects, []);
}

#[test]
fn what_was_open_and_chosen_stays_so_after_a_reload() {
    let mut driver = Driver::loaded();
    driver.keys("* / dev enter esc");
    let before = driver.rows();
    assert_eq!(driver.cursor(), "payments-dev");
    driver.keys("shift-r");
    assert_eq!(
        driver.asked(),
        [&Effect::Identify, &walk(2, WalkScope::Organization)]
    );
    // The account has moved, another one has come.
    driver.observe(2, scene());
    driver.observe(
        2,
        vec![
            account("555555555555", "a-new-one", AccountState::Active, &["r-1"]),
            account(
                "333333333333",
                "payments-dev",
                AccountState::Active,
                &["r-1", "ou-3"],
            ),
        ],
    );
    driver.finish(2, Vec::new());
    assert_eq!(driver.rows().len(), before.len() + 1);
    assert_eq!(driver.cursor(), "payments-dev");
}

#[test]
fn a_filter_survives_a_reload() {
    let mut driver = Driver::loaded();
    driver.keys("/ prod enter shift-r");
    driver.observe(2, scene());
    driver.observe(
        2,
        vec![account(
            "666666666666",
            "prod-two",
            AccountState::Active,
            &["r-1"],
        )],
    );
    driver.finish(2, Vec::new());
    let rows: Vec<_> = driver
        .rows()
        .iter()
        .map(|row| row[1..].trim().to_owned())
        .collect();
    assert!(rows.contains(&"payments-prod".into()) && rows.contains(&"prod-two".into()));
    assert!(!rows.contains(&"payments-dev".into()));
}

#[test]
fn when_the_account_under_the_cursor_has_gone_the_cursor_stays_near() {
    let mut driver = Driver::loaded();
    driver.keys("/ 222222222222 enter esc");
    assert_eq!(driver.cursor(), "payments-prod");
    driver.keys("shift-r");
    driver.observe(2, scene().into_iter().filter(|seen| {
        !matches!(seen, Observation::Account { account, .. } if account.id == "222222222222")
    }).collect());
    driver.finish(2, Vec::new());
    assert_ne!(driver.cursor(), "payments-prod");
    assert!(driver.app.tree.find("222222222222").is_none());
}

#[test]
fn typing_an_id_finds_the_account_among_closed_ous() {
    let mut driver = Driver::loaded();
    driver.keys("/ 2222");
    assert_eq!(
        driver.rows(),
        [
            " Root",
            "   Workloads",
            "     Production",
            ">      payments-prod"
        ]
    );
    driver.keys("enter esc");
    assert_eq!(driver.cursor(), "payments-prod");
    assert!(
        driver.rows().len() > 4,
        "everything else is back, and the OUs around it are open"
    );
}

#[test]
fn while_filtering_enter_shows_the_siblings_of_a_match_and_hides_them_again() {
    let mut driver = Driver::loaded();
    driver.keys("/ dev enter");
    assert_eq!(
        driver.rows(),
        [" Root", "   Workloads", ">    payments-dev"]
    );
    driver.keys("k enter");
    assert_eq!(
        driver.rows(),
        [
            " Root",
            ">  Workloads",
            "     Production",
            "     payments-dev"
        ]
    );
    driver.keys("enter");
    assert_eq!(
        driver.rows(),
        [" Root", ">  Workloads", "     payments-dev"]
    );
}

#[test]
fn matches_are_stepped_through_around_the_end() {
    let mut driver = Driver::loaded();
    driver.keys("/ payments enter");
    let mut seen = vec![driver.cursor().to_owned()];
    for _ in 0..2 {
        seen.push(driver.keys("n").cursor().to_owned());
    }
    let first = seen[0].clone();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
    assert_eq!(driver.keys("n").cursor(), first);
    driver.keys("shift-n");
    assert_ne!(driver.cursor(), first);
    driver.keys("esc n");
    assert!(driver.notice().contains("there is no filter"));
}

#[test]
fn closed_accounts_can_be_hidden_but_not_from_their_own_id() {
    let mut driver = Driver::loaded();
    driver.keys("* .");
    assert!(!driver.rows().iter().any(|row| row.contains("payments-old")));
    driver.keys("/ payments");
    assert_eq!(driver.app.outline.match_counts(), (2, 1));
    driver.keys("esc / 444444444444");
    assert_eq!(driver.cursor(), "payments-old");
    driver.keys("esc . *");
    assert!(driver.rows().iter().any(|row| row.contains("payments-old")));
}

#[test]
fn details_tell_what_an_incident_asks() {
    let mut driver = Driver::loaded();
    driver.keys("/ 222222222222 enter");
    let details = driver.details();
    for fact in [
        "payments-prod",
        "222222222222",
        "ACTIVE",
        "aws+payments-prod@example.com",
        "CREATED 2023-09-21 12:00 UTC, 3 y 2 mo ago",
        "  Workloads",
        "    Production",
        "o-example/r-1/ou-1/ou-2/222222222222/",
    ] {
        assert!(
            details.iter().any(|line| line == fact),
            "{fact}: {details:#?}"
        );
    }
}

#[test]
fn a_copy_is_one_effect_and_harmless_to_paste() {
    let mut driver = Driver::loaded();
    driver.observe(1, Vec::new());
    driver.keys("/ 333333333333 enter y i");
    let text = "333333333333".to_owned();
    assert_eq!(
        driver.effects,
        [Effect::Copy {
            what: "account id",
            text
        }]
    );
    driver.effects.clear();
    driver.keys("y esc y j j enter");
    let text = "aws+payments-dev@example.com".to_owned();
    assert_eq!(
        driver.effects,
        [Effect::Copy {
            what: "email",
            text
        }]
    );
    driver.send(Msg::Copied {
        what: "email",
        failure: None,
    });
    assert_eq!(
        driver.notice(),
        "Sent the email to the terminal's clipboard"
    );
}

#[test]
fn the_page_in_the_console_is_shown_and_opened_only_where_there_is_a_browser() {
    const LINK: &str = "https://console.aws.amazon.com/organizations/v2/home/accounts/333333333333";
    let chosen = |driver: &Driver| match driver.app.overlays.last() {
        Some(Overlay::Copy(menu)) => menu.items[menu.selected].text.clone(),
        _ => panic!("the menu has gone"),
    };
    let mut driver = Driver::loaded();
    driver.keys("/ 333333333333 enter");
    driver.effects.clear();
    driver.keys("y o");
    assert_eq!(chosen(&driver), LINK);
    assert!(
        driver.notice().contains("no browser"),
        "{}",
        driver.notice()
    );
    assert_eq!(driver.effects, []);
    driver.app.session.browser = true;
    driver.keys("o");
    assert_eq!(driver.effects, [Effect::Browse(LINK.to_owned())]);
    driver.send(Msg::NotBrowsed("xdg-open is missing\x07".into()));
    assert_eq!(
        driver.notice(),
        "Could not start the browser: xdg-open is missing␇"
    );
    driver.effects.clear();
    driver.keys("l");
    let text = LINK.to_owned();
    assert_eq!(
        driver.effects,
        [Effect::Copy {
            what: "console link",
            text
        }]
    );
    driver.effects.clear();
    driver.keys("y shift-j");
    let [Effect::Copy { what: "JSON", text }] = driver.effects.as_slice() else {
        panic!("{:?}", driver.effects);
    };
    let record: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(record["id"], "333333333333");
    assert_eq!(record["kind"], "account");
    // What an emulator serves is not in the console.
    driver.app.session.endpoint = Some("http://127.0.0.1:4566".into());
    driver.effects.clear();
    driver.keys("y o");
    assert_eq!(driver.effects, []);
    assert!(driver.notice().contains("no page"), "{}", driver.notice());
}

#[test]
fn a_hostile_name_is_copied_without_its_escape_sequence() {
    let mut driver = Driver::start();
    driver.observe(
        1,
        vec![
            root(),
            account("7", "x\x1b[2J\ny", AccountState::Active, &["r-1"]),
        ],
    );
    driver.keys("j y p");
    let text = "Root / x␛[2J␊y".to_owned();
    assert!(
        driver
            .effects
            .contains(&Effect::Copy { what: "path", text })
    );
}

#[test]
fn reloading_one_account_leaves_a_running_walk_alone() {
    let mut driver = Driver::start();
    driver.observe(1, scene());
    driver.effects.clear();
    driver.keys("shift-g r");
    let scope = WalkScope::Account {
        id: "111111111111".into(),
    };
    assert_eq!(driver.effects, [walk(2, scope)]);
    driver.observe(
        2,
        vec![account(
            "111111111111",
            "renamed",
            AccountState::Active,
            &["r-1"],
        )],
    );
    driver.finish(2, Vec::new());
    assert_eq!(driver.cursor(), "renamed");
    assert!(driver.app.load.is_walking_all());
}

#[test]
fn reloading_an_ou_names_the_accounts_to_look_for() {
    let mut driver = Driver::loaded();
    driver.keys("j j r");
    let known_accounts = vec!["222222222222".into(), "333333333333".into()];
    let scope = WalkScope::Subtree {
        node: "ou-1".into(),
        known_accounts,
    };
    assert_eq!(driver.asked(), [&walk(2, scope)]);
}

#[test]
fn while_everything_is_being_read_an_ou_is_only_put_first() {
    let mut driver = Driver::start();
    driver.observe(1, scene());
    driver.effects.clear();
    driver.keys("j j r");
    assert!(driver.notice().contains("still being read"));
    assert!(
        !driver
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Walk { .. }))
    );
}

#[test]
fn what_is_on_screen_is_wanted_first_while_loading() {
    let mut driver = Driver::start();
    driver.observe(
        1,
        vec![root(), unit("ou-1", "a", "r-1"), unit("ou-2", "b", "r-1")],
    );
    driver.effects.clear();
    driver.keys("j");
    let wanted = ["ou-1", "r-1", "ou-2"].map(String::from).to_vec();
    assert_eq!(driver.effects, [Effect::Prioritize(wanted)]);
    driver.effects.clear();
    let listed = |listing| Observation::Listed {
        node: "ou-1".into(),
        listing,
    };
    driver.observe(
        1,
        vec![
            listed(Listing::Accounts),
            listed(Listing::OrganizationalUnits),
        ],
    );
    assert_eq!(
        driver.effects,
        [Effect::Prioritize(vec!["r-1".into(), "ou-2".into()])]
    );
}

#[test]
fn news_of_a_replaced_walk_are_dropped() {
    let mut driver = Driver::start();
    driver.observe(1, scene());
    driver.keys("shift-r");
    assert!(driver.notice().contains("press R again"));
    driver.keys("shift-r");
    driver.observe(
        1,
        vec![account("9", "stale", AccountState::Active, &["r-1"])],
    );
    driver.finish(1, Vec::new());
    assert!(driver.app.tree.find("9").is_none());
    assert!(
        driver.app.load.is_walking_all(),
        "the end of the old walk is not the end of the new"
    );
}

#[test]
fn an_incomplete_walk_keeps_what_was_known_and_says_what_is_missing() {
    let mut driver = Driver::loaded();
    driver.keys("shift-r");
    let denied = |operation| OrgError::new(ErrorKind::AccessDenied, "no").during(operation);
    driver.observe(2, vec![root()]);
    driver.finish(2, vec![denied("ListAccounts"), denied("ListChildren")]);
    assert!(driver.app.tree.find("222222222222").is_some());
    assert!(
        driver
            .notice()
            .ends_with("access denied to ListAccounts: no")
    );
    driver.keys("shift-e");
    assert!(matches!(
        driver.app.overlays.last(),
        Some(Overlay::Problems(0))
    ));
    driver.keys("j j j esc");
    assert!(driver.app.overlays.is_empty());
}

#[test]
fn an_account_in_no_organization_is_told_so() {
    let mut driver = Driver::start();
    let error =
        OrgError::new(ErrorKind::NoOrganization, "not in use").during("DescribeOrganization");
    let caller = Caller {
        account_id: "222222222222".into(),
        ..Caller::default()
    };
    driver.send(Msg::Identified(Identity {
        organization: Err(error.clone()),
        caller: Some(caller),
    }));
    driver.finish(1, vec![error.during("ListRoots")]);
    let shown = obstacle(&driver.app).unwrap();
    assert_eq!(shown.title, "This account is in no organization");
    assert!(shown.paragraphs[0].starts_with("Account 222222222222 belongs to no"));
    driver.keys("shift-r");
    assert!(driver.effects.contains(&walk(2, WalkScope::Organization)));
}

#[test]
fn a_member_account_is_told_who_may_list() {
    let mut driver = Driver::start();
    driver.identified("222222222222");
    driver.finish(
        1,
        vec![OrgError::new(ErrorKind::AccessDenied, "no").during("ListRoots")],
    );
    let screen = super::member::member(&driver.app).unwrap();
    assert!(
        screen
            .facts
            .contains(&("Managed by", "111111111111".to_owned()))
    );
    assert!(screen.paragraphs[0].contains("delegated administrators may list"));
}

#[test]
fn after_refused_credentials_reading_again_connects_anew() {
    let mut driver = Driver::start();
    let expired = OrgError::new(ErrorKind::Credentials, "expired")
        .with_hint("run: aws sso login --profile prod");
    driver.finish(1, vec![expired]);
    let shown = obstacle(&driver.app).unwrap().paragraphs;
    assert!(
        shown.contains(&"run: aws sso login --profile prod".to_owned()),
        "{shown:?}"
    );
    driver.effects.clear();
    driver.keys("shift-r");
    assert_eq!(driver.effects, [Effect::Reconnect]);
    driver.effects.clear();
    driver.send(Msg::Reconnected(Ok(())));
    assert_eq!(
        driver.effects,
        [Effect::Identify, walk(2, WalkScope::Organization)]
    );
}

#[test]
fn an_account_that_was_being_read_when_signing_in_again_is_waited_for_no_more() {
    let mut driver = Driver::start();
    driver.observe(1, scene());
    driver.keys("shift-g r");
    driver.send(Msg::Reconnected(Ok(())));
    driver.observe(3, scene());
    driver.finish(3, Vec::new());
    assert!(!driver.app.load.is_running());
}

#[test]
fn a_denied_listing_shows_in_the_details_and_nowhere_else() {
    let mut driver = Driver::start();
    let error =
        OrgError::new(ErrorKind::AccessDenied, "scp says no").during("ListAccountsForParent");
    driver.observe(1, scene());
    driver.observe(
        1,
        vec![Observation::ListingFailed {
            node: "ou-1".into(),
            listing: Listing::Accounts,
            error: error.clone(),
        }],
    );
    driver.finish(1, vec![error]);
    driver.keys("j j");
    let lines = details::lines(&driver.app, 80);
    let problem = lines
        .iter()
        .find(|line| line.tone == Tone::Problem)
        .unwrap();
    assert_eq!(
        problem.text,
        "access denied to ListAccountsForParent: scp says no"
    );
    driver.keys("k");
    assert!(
        details::lines(&driver.app, 80)
            .iter()
            .all(|line| line.tone != Tone::Problem)
    );
}

#[test]
fn writing_needs_both_the_flag_and_the_management_account() {
    let writable = |write, account: &str| {
        let session = Session {
            write,
            ..Session::default()
        };
        let (app, effects) = App::start(session, noon());
        let mut driver = Driver { app, effects };
        driver.identified(account);
        driver.app.is_writable()
    };
    assert!(writable(true, "111111111111"));
    assert!(!writable(true, "222222222222"));
    assert!(!writable(false, "111111111111"));
}

#[test]
fn the_palette_runs_what_is_chosen_and_offers_only_what_can_be_done() {
    let mut driver = Driver::loaded();
    driver.keys(":");
    let Some(Overlay::Actions(list)) = driver.app.overlays.last() else {
        panic!("no palette")
    };
    assert!(!list.shown.contains(&Action::NextMatch));
    driver.keys("expand-all enter");
    assert!(driver.app.overlays.is_empty());
    assert_eq!(driver.rows().len(), 8);
}

#[test]
fn the_help_is_searchable_and_lists_everything() {
    let mut driver = Driver::loaded();
    driver.keys("?");
    let shown = |driver: &Driver| match driver.app.overlays.last() {
        Some(Overlay::Actions(list)) => list.shown.clone(),
        _ => panic!("no help"),
    };
    let offered = crate::action::ACTIONS.iter();
    let offered = offered.filter(|row| driver.app.withheld_because(row).is_none());
    assert_eq!(shown(&driver).len(), offered.count());
    driver.keys("suspend");
    assert!(shown(&driver).contains(&Action::Suspend));
    assert!(shown(&driver).len() < 5);
}

#[test]
fn every_action_either_does_something_or_says_why_not() {
    for (row, start) in crate::action::ACTIONS.iter().flat_map(|row| {
        [Driver::loaded as fn() -> Driver, Driver::writable].map(|start| (row, start))
    }) {
        let Some(key) = row.keys.first() else {
            continue;
        };
        let mut driver = start();
        driver.keys("j j");
        let before = format!("{:?}", driver.app);
        driver.send(Msg::Key(*key));
        let changed = format!("{:?}", driver.app) != before;
        assert!(
            changed || !driver.effects.is_empty(),
            "{} does nothing",
            row.name
        );
        if let Err(reason) = available(&driver.app, row.action)
            && driver.effects.is_empty()
        {
            let why = perform::refusal(row.action, reason);
            assert!(driver.notice() == why || driver.app.notice.is_none());
        }
    }
}

#[test]
fn pasting_into_the_tree_looks_for_what_was_pasted() {
    let mut driver = Driver::loaded();
    driver.send(Msg::Paste("arn:aws:iam::222222222222:role/Admin\n".into()));
    assert_eq!(driver.cursor(), "payments-prod");
}

#[test]
fn quitting_works_from_everywhere() {
    for before in ["", "/ x", "?", ":", "y", "tab"] {
        let mut driver = Driver::loaded();
        if !before.is_empty() {
            driver.keys(before);
        }
        driver.effects.clear();
        driver.keys("ctrl-c");
        assert_eq!(driver.effects, [Effect::Quit], "after {before:?}");
    }
    let mut driver = Driver::loaded();
    driver.keys("q");
    assert_eq!(driver.effects, [Effect::Quit]);
}

#[test]
fn the_mouse_selects_opens_and_scrolls() {
    let mut driver = Driver::loaded();
    let click = |column, row| Msg::Mouse {
        kind: MouseKind::Click,
        column,
        row,
    };
    driver.send(click(10, 5));
    assert_eq!(driver.cursor(), "Workloads");
    assert_eq!(driver.rows().len(), 4);
    driver.send(click(2, 5));
    assert_eq!(driver.rows().len(), 6, "a click on the marker opens");
    driver.keys("*");
    driver.arrange(80, 4);
    driver.keys("g *");
    driver.send(Msg::Mouse {
        kind: MouseKind::WheelDown,
        column: 1,
        row: 4,
    });
    assert_eq!(driver.app.outline.window().0, 3);
    let (first, window) = driver.app.outline.window();
    assert!((first..first + window.len()).contains(&driver.app.outline.cursor_row()));
}

#[test]
fn the_cursor_is_always_on_screen() {
    let mut driver = Driver::loaded();
    driver.keys("*");
    for height in [1, 2, 3, 5, 40] {
        driver.arrange(80, height);
        for key in [
            "shift-g", "k", "k", "g", "j", "ctrl-d", "pagedown", "pageup", "ctrl-u",
        ] {
            driver.keys(key);
            let (first, window) = driver.app.outline.window();
            let cursor = driver.app.outline.cursor_row();
            assert!(
                (first..first + window.len()).contains(&cursor),
                "{key} at height {height}"
            );
        }
    }
}

#[test]
fn the_time_alone_changes_the_screen_once_a_minute() {
    let mut driver = Driver::loaded();
    driver.app.dirty = false;
    let at = |seconds: i64| Msg::Clock(noon() + jiff::SignedDuration::from_secs(seconds));
    driver.send(at(30));
    assert!(!driver.app.dirty);
    driver.send(at(61));
    assert!(driver.app.dirty);
}

#[test]
fn reading_a_healthy_ou_again_forgets_nothing_of_what_is_missing() {
    let mut driver = Driver::start();
    let denied = OrgError::new(ErrorKind::AccessDenied, "no").during("ListAccountsForParent");
    driver.observe(1, scene());
    let failed = |error: &OrgError| Observation::ListingFailed {
        node: "ou-3".into(),
        listing: Listing::Accounts,
        error: error.clone(),
    };
    driver.observe(1, vec![failed(&denied)]);
    driver.finish(1, vec![denied.clone()]);
    driver.keys("j j r");
    driver.observe(2, vec![unit("ou-1", "Workloads", "r-1")]);
    driver.finish(2, Vec::new());
    assert_eq!(driver.app.load.missing, [denied]);
    // Reading the OU itself again, with success, settles it.
    driver.keys("k r");
    driver.observe(3, vec![unit("ou-3", "Suspended", "r-1")]);
    driver.finish(3, Vec::new());
    assert_eq!(driver.app.load.missing, []);
    assert!(!has_problems(&driver.app));
}

#[test]
fn data_that_could_not_be_refreshed_keep_their_age() {
    let mut driver = Driver::loaded();
    let read_at = driver.app.load.loaded_at;
    driver.send(Msg::Clock(noon() + jiff::SignedDuration::from_hours(2)));
    driver.keys("shift-r");
    driver.finish(
        2,
        vec![OrgError::new(ErrorKind::Network, "refused").during("ListRoots")],
    );
    assert_eq!(driver.app.load.loaded_at, read_at);
}

#[test]
fn a_problem_is_listed_as_soon_as_it_is_known_and_by_the_name_of_its_ou() {
    let mut driver = Driver::start();
    driver.observe(1, scene());
    driver.keys("shift-e");
    assert!(driver.notice().contains("Nothing failed so far"));
    driver.observe(
        1,
        vec![Observation::ListingFailed {
            node: "ou-1".into(),
            listing: Listing::Accounts,
            error: OrgError::new(ErrorKind::AccessDenied, "no").during("ListAccountsForParent"),
        }],
    );
    driver.keys("shift-e");
    let lines = overlay::problem_lines(&driver.app, 80);
    assert_eq!(
        lines,
        ["Workloads (ou-1): access denied to ListAccountsForParent: no"]
    );
}

#[test]
fn refused_credentials_are_renewed_whatever_is_read_again() {
    for keys in ["shift-r", "r", "shift-g r"] {
        let mut driver = Driver::loaded();
        driver.keys("shift-g r");
        driver.finish(2, vec![OrgError::new(ErrorKind::Credentials, "expired")]);
        driver.effects.clear();
        driver.keys(keys);
        assert_eq!(driver.effects, [Effect::Reconnect], "after {keys}");
    }
}

#[test]
fn details_that_fit_are_not_scrolled() {
    let mut driver = Driver::loaded();
    let details = |height| Areas {
        details: Region {
            width: 40,
            height,
            ..Region::default()
        },
        ..Areas::default()
    };
    driver.send(Msg::Arranged(details(4)));
    driver.keys("tab shift-g");
    assert!(driver.app.details_scroll > 0);
    driver.send(Msg::Arranged(details(60)));
    assert_eq!(driver.app.details_scroll, 0);
}

#[test]
fn a_file_pasted_by_mistake_is_cut_to_its_first_line() {
    let mut driver = Driver::loaded();
    let file = format!("\n  payments-dev  \n{}", "x".repeat(100_000));
    driver.send(Msg::Paste(file));
    assert_eq!(driver.cursor(), "payments-dev");
}

#[test]
fn what_appears_below_an_expanded_ou_is_open_too() {
    let mut driver = Driver::start();
    driver.observe(1, vec![root(), unit("ou-1", "Workloads", "r-1")]);
    driver.keys("*");
    driver.observe(1, scene());
    assert_eq!(driver.rows().len(), 8);
    driver.keys("-");
    driver.observe(1, vec![unit("ou-9", "Later", "ou-1")]);
    driver.keys("l");
    assert!(!driver.rows().iter().any(|row| row.contains("Later")));
}

mod changes;
mod consent;
mod finding;
mod following;
mod known;
mod marking;
mod reaching;
mod tabs;
