//! What is drawn before, while and after something is changed, at the sizes that matter.

use std::collections::BTreeSet;

use orgscope::app::overlay::Overlay;
use orgscope::app::{App, update};
use orgscope::msg::{JournalNews, Msg};
use orgscope::org::{
    Answer, Attached, Change, ErrorKind, Event, Fact, Failure, Mutation, Observation, OrgError,
    OrganizationalUnit, Outcome, Policy, Record,
};
use orgscope::ui::theme::{Palette, Theme};
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use crate::screens::{DARK, draw, press, row_with};
use crate::support::scene::{self, pass};

/// Presses the keys, and looks at what comes of it a second later.
fn screen(app: &mut App, keys: &str, width: u16, height: u16) -> TestBackend {
    draw(app, DARK, width, height);
    press(app, keys);
    draw(app, DARK, width, height);
    pass(app, 3);
    draw(app, DARK, width, height).backend().clone()
}

fn attached(node: &str, policies: &[(&str, &str, bool)]) -> Attached {
    let policy = |&(id, name, denies_everything): &(&str, &str, bool)| Policy {
        id: id.into(),
        name: name.into(),
        policy_type: "SERVICE_CONTROL_POLICY".into(),
        aws_managed: false,
        denies_everything,
    };
    Attached {
        node: node.into(),
        policy_type: "SERVICE_CONTROL_POLICY".into(),
        policies: Answer::Known(policies.iter().map(policy).collect()),
    }
}

/// A move of payments-prod to an OU in which everything is denied, with its facts.
fn asked_to_move() -> App {
    let mut app = scene::writable();
    draw(&mut app, DARK, 80, 24);
    press(&mut app, "/ 012345678901 enter m susp enter");
    let full = ("p-FullAWSAccess", "FullAWSAccess", false);
    let tags = |node: &str, policies| Attached {
        node: node.into(),
        policy_type: "TAG_POLICY".into(),
        policies,
    };
    let denied =
        OrgError::new(ErrorKind::AccessDenied, "not authorized").during("ListPoliciesForTarget");
    let news = vec![
        attached("r-ab12", &[full]),
        attached(
            "ou-ab12-workload",
            &[full, ("p-region1", "deny \u{1b}[31mregions", false)],
        ),
        attached("ou-ab12-prod0000", &[full]),
        attached("012345678901", &[full]),
        attached("ou-ab12-suspende", &[full, ("p-denyall1", "DenyAll", true)]),
        tags("ou-ab12-suspende", Answer::NotChecked(denied)),
    ];
    let _ = update(&mut app, Msg::Policies(news));
    let Some(Overlay::Dialog(dialog)) = app.overlays.last() else {
        panic!("no dialog");
    };
    let number = dialog.number;
    let services = vec!["controltower.amazonaws.com".to_owned()];
    let fact = Fact::TrustedAccess(Answer::Known(services));
    let _ = update(&mut app, Msg::Fact(number, fact));
    app
}

#[test]
fn a_move_says_what_changes_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (60, 15)] {
        let shown = screen(&mut asked_to_move(), "tab tab", width, height);
        insta::assert_snapshot!(format!("move_{width}x{height}"), shown);
    }
}

#[test]
fn what_does_not_fit_can_be_scrolled_to() {
    insta::assert_snapshot!(screen(&mut asked_to_move(), "pagedown", 60, 15));
}

#[test]
fn cancel_has_the_focus_and_that_is_seen_without_colours_too() {
    for palette in [Palette::Dark, Palette::Light, Palette::Mono] {
        for ascii in [false, true] {
            let theme = Theme { palette, ascii };
            let mut app = asked_to_move();
            let terminal = draw(&mut app, theme, 80, 24);
            let row = row_with(terminal.backend().buffer(), "[> Cancel <]");
            let focused: String = row
                .iter()
                .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
                .map(ratatui::buffer::Cell::symbol)
                .collect();
            assert_eq!(focused, "[> Cancel <]", "{theme:?}");
        }
    }
}

#[test]
fn the_button_is_dead_until_the_dialog_was_read() {
    let mut app = asked_to_move();
    let dead = draw(&mut app, DARK, 80, 24);
    let row = row_with(dead.backend().buffer(), "(Move)");
    let move_cell = row.iter().find(|cell| cell.symbol() == "M").expect("M");
    assert_eq!(move_cell.fg, Color::DarkGray);
    let alive = screen(&mut app, "tab", 80, 24).to_string();
    assert!(
        alive.contains("[  Move  ]") || alive.contains("[> Move <]"),
        "{alive}"
    );
}

#[test]
fn a_batch_is_shown_in_full_and_by_where_it_comes_from() {
    let mut app = scene::writable();
    let keys = "/ 2222 enter space / ctrl-u 0123 enter space m empt enter";
    insta::assert_snapshot!(screen(&mut app, keys, 80, 24));
}

#[test]
fn marks_are_seen_in_the_tree_and_counted() {
    insta::assert_snapshot!(screen(
        &mut scene::writable(),
        "* j j j space space space",
        80,
        24
    ));
}

#[test]
fn the_destination_is_picked_from_full_paths() {
    let mut app = scene::writable();
    insta::assert_snapshot!(screen(&mut app, "/ 012345678901 enter m", 80, 15));
    insta::assert_snapshot!(screen(&mut app, "tab", 60, 15));
    insta::assert_snapshot!(screen(&mut app, "tab zzz-new", 60, 15));
}

#[test]
fn the_name_of_an_ou_is_typed_with_its_limits_in_sight() {
    insta::assert_snapshot!(screen(&mut scene::writable(), "o Empty", 80, 15));
    insta::assert_snapshot!(screen(&mut scene::writable(), "o Fresh enter", 80, 20));
}

fn record(entry: &str, event: Event) -> Record {
    Record {
        at: scene::noon(),
        entry: entry.into(),
        instance: "us".into(),
        event,
    }
}

fn asked(entry: &str, account: &str, from: &str) -> Record {
    record(
        entry,
        Event::Asked {
            organization: "o-exampleorg1".into(),
            caller: None,
            change: Change {
                parent: None,
                mutation: Mutation::MoveAccount {
                    account: account.into(),
                    from: from.into(),
                    to: "ou-ab12-empty000".into(),
                },
                target_name: "payments \u{1b}[31m".into(),
                path: "Root / Workloads".into(),
                to_path: Some("Root / Empty".into()),
            },
            confirmation: "yes".into(),
            batch: "b".into(),
            undoes: None,
        },
    )
}

fn outcome(entry: &str, result: Outcome) -> Record {
    record(
        entry,
        Event::Outcome {
            result,
            request_id: Some("11112222-request".into()),
        },
    )
}

fn journal(app: &mut App, records: Vec<Record>) {
    let running = BTreeSet::from(["us".to_owned()]);
    let _ = update(app, Msg::Journal(JournalNews::Grown { records, running }));
}

#[test]
fn a_move_under_way_is_told_in_its_row() {
    let mut app = scene::writable();
    journal(
        &mut app,
        vec![asked("1", "012345678901", "ou-ab12-prod0000")],
    );
    let shown = screen(&mut app, "*", 80, 24).to_string();
    assert!(shown.contains("moving to Empty"), "{shown}");
}

#[test]
fn what_was_not_done_is_told_with_the_next_step() {
    let mut app = scene::writable();
    let failure = Failure {
        code: "DestinationParentNotFoundException".into(),
        message: "the OU is no longer there".into(),
        hint: Some("read the organization again with R".into()),
        ..Failure::default()
    };
    let news = vec![
        asked("1", "012345678901", "ou-ab12-prod0000"),
        asked("2", "222233334444", "ou-ab12-workload"),
        asked("3", "555566667777", "ou-ab12-workload"),
        outcome("1", Outcome::Done { made: None }),
        outcome("2", Outcome::Refused { failure }),
        outcome(
            "3",
            Outcome::NotSent {
                why: "It was moved meanwhile: it is in Root now".into(),
            },
        ),
    ];
    journal(&mut app, news);
    insta::assert_snapshot!(screen(&mut app, "j", 80, 24));
}

#[test]
fn dialogs_can_be_drawn_at_every_size_and_are_harmless_and_ascii_where_asked() {
    let ascii = Theme {
        palette: Palette::Dark,
        ascii: true,
    };
    for (width, height) in [(1, 1), (59, 14), (60, 15), (61, 16), (80, 24), (250, 80)] {
        for keys in ["tab", "esc", "m", "tab", "esc", "esc", "o"] {
            let mut app = asked_to_move();
            press(&mut app, keys);
            let terminal = draw(&mut app, ascii, width, height);
            for cell in &terminal.backend().buffer().content {
                assert!(!cell.symbol().chars().any(char::is_control));
                // What stands for a control character of a name is not ours.
                let ours = |c: &char| !('\u{2400}'..='\u{2426}').contains(c);
                let symbol = cell.symbol().chars().filter(ours).collect::<String>();
                assert!(symbol.is_ascii(), "{symbol:?}");
            }
        }
    }
}

/// The line of the dialog that says where and as whom it acts.
fn acting(app: &mut App, width: u16, height: u16) -> String {
    let shown = screen(app, "tab", width, height).to_string();
    let line = shown.lines().find(|line| line.contains("│ o-exampleorg1"));
    let line = line.unwrap_or_else(|| panic!("no such line:\n{shown}"));
    line.trim_matches('"').trim_matches(['│', ' ']).to_owned()
}

#[test]
fn every_dialog_says_in_which_organization_and_as_whom_it_acts() {
    let mut app = asked_to_move();
    assert_eq!(
        acting(&mut app, 120, 40),
        "o-exampleorg1 · as 111122223333 assumed-role/OrganizationReader/alice@example.com · profile prod"
    );
    assert_eq!(
        acting(&mut app, 80, 24),
        "o-exampleorg1 · as 111122223333 …tionReader/alice@example.com · profile prod"
    );
    assert_eq!(
        acting(&mut app, 60, 15),
        "o-exampleorg1 · as 111122223333 · profile prod"
    );
    app.session.endpoint = Some("http://127.0.0.1:4566/\u{1b}[31m".into());
    assert_eq!(
        acting(&mut app, 80, 24),
        "o-exampleorg1 · as 111122223333 · endpoint http://127.0.0.1:4566/␛[31m"
    );
    assert_eq!(
        acting(&mut app, 60, 15),
        "o-exampleorg1 · 111122223333 · endpoint 127.0.0.1:4566/…"
    );
    app.session.endpoint = None;
    app.session.demo = true;
    for (width, height) in [(80, 24), (60, 15)] {
        let line = acting(&mut app, width, height);
        assert!(
            line.starts_with("o-exampleorg1 · as 111122223333"),
            "{line}"
        );
        assert!(line.contains(" · demo"), "{line}");
    }
}

#[test]
fn the_title_of_a_move_says_where_to_and_a_long_path_is_cut_in_its_middle() {
    let title = |app: &mut App, width| {
        let shown = screen(app, "tab", width, 24).to_string();
        let (_, title) = shown.split_once("┌ ").expect("a title");
        let (title, _) = title.split_once('┐').expect("its end");
        title.trim_end_matches(['─', ' ']).to_owned()
    };
    assert_eq!(
        title(&mut asked_to_move(), 80),
        "Move payments-prod to Root / Suspended"
    );
    let mut app = scene::writable();
    draw(&mut app, DARK, 80, 24);
    let names = [
        "Engineering",
        "東京リージョン",
        "Payments and settlements",
        "Sandbox",
    ];
    let mut parent = "r-ab12".to_owned();
    let mut seen = Vec::new();
    for (name, id) in names.into_iter().zip(["1", "2", "3", "4"]) {
        let id = format!("ou-ab12-{id}");
        seen.push(Observation::OrganizationalUnit {
            unit: OrganizationalUnit {
                id: id.clone(),
                name: Some(name.into()),
                ..OrganizationalUnit::default()
            },
            parent: std::mem::replace(&mut parent, id),
        });
    }
    let _ = update(&mut app, Msg::Observed(seen));
    press(&mut app, "/ 012345678901 enter m sandbox enter");
    assert_eq!(
        title(&mut app, 120),
        "Move payments-prod to Root / Engineering / 東京リージョン / Payments and settlements / Sandbox"
    );
    assert_eq!(
        title(&mut app, 60),
        "Move payments-prod to Root / Engi… settlements / Sandbox"
    );
}
