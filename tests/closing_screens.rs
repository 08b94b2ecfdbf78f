//! How the dialogs that close an account or take one out of the organization are drawn, and the
//! screen of a member account.

use std::collections::BTreeSet;

use crokey::KeyCombination;
use orgscope::app::dialog::Dialog;
use orgscope::app::overlay::Overlay;
use orgscope::app::{App, Session, update};
use orgscope::config::DecidedBy;
use orgscope::confirm::Focus;
use orgscope::effect::Effect;
use orgscope::msg::{JournalNews, MouseKind, Msg};
use orgscope::org::{
    Account, AccountFacts, AccountState, Answer, ErrorKind, Fact, OrgError, Tag, WalkEvent,
    WalkSummary,
};
use orgscope::ui;
use orgscope::ui::theme::{Palette, Theme};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::support::scene::{self, pass};

const DARK: Theme = Theme {
    palette: Palette::Dark,
    ascii: false,
};

const PAYMENTS: &str = "012345678901";

/// In the management account, changes allowed, the journal open.
fn writing() -> App {
    let mut app = scene::loaded();
    app.session.write = true;
    let _ = update(
        &mut app,
        Msg::Journal(JournalNews::Opened {
            instance: "us".into(),
            records: Vec::new(),
            running: BTreeSet::from(["us".to_owned()]),
        }),
    );
    app
}

fn draw(app: &mut App, theme: Theme, width: u16, height: u16) -> TestBackend {
    let areas = ui::arrange(app, Rect::new(0, 0, width, height));
    let _ = update(app, Msg::Arranged(areas));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| ui::draw(app, theme, frame)).unwrap();
    terminal.backend().clone()
}

fn press(app: &mut App, keys: &str) {
    for word in keys.split(' ') {
        match word.parse::<KeyCombination>() {
            Ok(key) => drop(update(app, Msg::Key(key.normalized()))),
            Err(_) => word.chars().for_each(|c| {
                let key = crossterm::event::KeyCode::Char(c);
                drop(update(app, Msg::Key(key.into())));
            }),
        }
    }
}

fn facts(id: &str, delegated: &[&str]) -> AccountFacts {
    let tag = |key: &str, value: &str| Tag {
        key: key.into(),
        value: value.into(),
    };
    AccountFacts {
        account: Answer::Known(Account {
            id: id.into(),
            name: Some("payments-prod".into()),
            email: Some(format!("aws+{id}@example.com")),
            state: Some(AccountState::Active),
            ..Account::default()
        }),
        ancestors: Answer::Known(Vec::new()),
        tags: Answer::Known(vec![
            tag("team", "payments"),
            tag("note", "a\u{1b}[31m red"),
        ]),
        delegated_services: Answer::Known(delegated.iter().map(|&s| s.into()).collect()),
    }
}

/// The dialog that these keys open on an account, with the facts read.
fn asking(open: &str, delegated: &[&str], (width, height): (u16, u16)) -> App {
    let mut app = writing();
    draw(&mut app, DARK, width, height);
    press(&mut app, &format!("/ payments enter {open}"));
    draw(&mut app, DARK, width, height);
    let facts = Box::new(facts(PAYMENTS, delegated));
    let id = PAYMENTS.to_owned();
    let _ = update(&mut app, Msg::Fact(1, Fact::Account { id, facts }));
    let trusted = Answer::Known(vec!["controltower.amazonaws.com".to_owned()]);
    let _ = update(&mut app, Msg::Fact(1, Fact::TrustedAccess(trusted)));
    draw(&mut app, DARK, width, height);
    pass(&mut app, 3);
    app
}

fn screen(app: &mut App, keys: &str, (width, height): (u16, u16)) -> TestBackend {
    draw(app, DARK, width, height);
    for word in keys.split_whitespace() {
        press(app, word);
        draw(app, DARK, width, height);
    }
    draw(app, DARK, width, height)
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (60, 15)];

#[test]
fn closing_shows_the_account_and_what_it_means() {
    for size in SIZES {
        let mut app = asking("x", &[], size);
        insta::assert_snapshot!(screen(&mut app, "", size));
    }
}

#[test]
fn closing_shows_what_is_ticked_and_typed() {
    for size in SIZES {
        let mut app = asking("x", &[], size);
        let keys = format!("tab space tab tab space tab {}", &PAYMENTS[..5]);
        insta::assert_snapshot!(screen(&mut app, &keys, size));
    }
}

#[test]
fn a_refused_closure_says_why() {
    let mut app = asking(
        "x",
        &["config.amazonaws.com", "sso.amazonaws.com"],
        (80, 24),
    );
    insta::assert_snapshot!(screen(&mut app, "", (80, 24)));
}

#[test]
fn several_accounts_are_listed_in_full() {
    let mut app = writing();
    draw(&mut app, DARK, 80, 24);
    press(&mut app, "* j j v j j j");
    draw(&mut app, DARK, 80, 24);
    press(&mut app, "x");
    insta::assert_snapshot!(screen(&mut app, "", (80, 24)));
}

#[test]
fn removing_looks_different() {
    for size in SIZES {
        let mut app = asking("d", &[], size);
        insta::assert_snapshot!(screen(&mut app, "", size));
    }
}

fn member() -> App {
    let mut app = scene::started();
    app.session.write = true;
    if let Some(caller) = &mut app.known.caller {
        caller.account_id = PAYMENTS.into();
        caller.arn = format!("arn:aws:sts::{PAYMENTS}:assumed-role/Developer/bob@example.com");
    }
    let denied =
        OrgError::new(ErrorKind::AccessDenied, "You don't have permissions").during("ListRoots");
    let summary = WalkSummary {
        missing: vec![denied],
        ..WalkSummary::default()
    };
    let _ = update(&mut app, Msg::Walk(1, WalkEvent::Finished(summary)));
    app
}

#[test]
fn a_member_account_has_its_own_screen() {
    for size in SIZES {
        insta::assert_snapshot!(screen(&mut member(), "", size));
    }
    let mut read_only = member();
    read_only.session.write = false;
    read_only.session.decided_by = DecidedBy::Environment;
    insta::assert_snapshot!(screen(&mut read_only, "", (80, 24)));
}

#[test]
fn leaving_says_all_that_it_means() {
    let mut app = member();
    let _ = update(
        &mut app,
        Msg::Journal(JournalNews::Opened {
            instance: "us".into(),
            records: Vec::new(),
            running: BTreeSet::from(["us".to_owned()]),
        }),
    );
    draw(&mut app, DARK, 80, 40);
    press(&mut app, "shift-l");
    insta::assert_snapshot!(screen(&mut app, "", (80, 40)));
}

#[test]
fn the_header_says_in_words_whether_and_why_nothing_can_be_changed() {
    let first_row = |app: &mut App, width| {
        let backend = draw(app, DARK, width, 24);
        text(backend.buffer()).lines().next().unwrap().to_owned()
    };
    let mut app = writing();
    assert!(first_row(&mut app, 80).contains(" WRITE "));
    for (decided_by, word) in [
        (DecidedBy::Flag, "READ-ONLY (flag) "),
        (DecidedBy::Environment, "READ-ONLY (env) "),
        (DecidedBy::File, "READ-ONLY (config) "),
    ] {
        app.session = Session {
            write: false,
            decided_by,
            ..app.session.clone()
        };
        assert!(
            first_row(&mut app, 80).contains(word),
            "{}",
            first_row(&mut app, 80)
        );
        assert!(first_row(&mut app, 60).contains("READ-ONLY "));
    }
    assert!(first_row(&mut member(), 80).contains("READ-ONLY (can leave) "));
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let rows = buffer.content.chunks(width).map(|row| {
        let row = row.iter().map(ratatui::buffer::Cell::symbol);
        row.collect::<String>() + "\n"
    });
    rows.collect()
}

/// What is drawn reversed.
fn focused(app: &mut App, theme: Theme) -> String {
    let backend = draw(app, theme, 80, 24);
    let cells = &backend.buffer().content;
    let reversed = cells
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::REVERSED));
    let reversed = reversed.map(ratatui::buffer::Cell::symbol);
    reversed.collect::<String>().trim().to_owned()
}

#[test]
fn only_what_has_the_focus_is_reversed_and_that_is_cancel_at_first() {
    let mono = Theme {
        palette: Palette::Mono,
        ascii: true,
    };
    for theme in [DARK, mono] {
        let write = |text: String| text.replace("WRITE", "").trim().to_owned();
        for open in ["x", "d"] {
            let mut app = asking(open, &[], (80, 24));
            assert_eq!(write(focused(&mut app, theme)), "[> Cancel <]");
        }
        let mut app = asking("x", &[], (80, 24));
        press(&mut app, "tab");
        let shown = write(focused(&mut app, theme));
        assert_eq!(shown, "> [ ] I cannot take this back with orgscope");
        press(&mut app, "space");
        assert!(focused(&mut app, theme).contains("> [x] I cannot"));
        press(&mut app, "backtab backtab");
        assert_eq!(write(focused(&mut app, theme)), "[> (Close) <]");
    }
}

#[test]
fn the_id_to_type_is_not_in_the_row_that_is_typed_into() {
    for size in SIZES {
        let mut app = asking("x", &[], size);
        let backend = screen(&mut app, "tab tab tab tab", size);
        let text = text(backend.buffer());
        let prompt: Vec<&str> = text.lines().filter(|line| line.contains("║ >  ")).collect();
        assert_eq!(prompt.len(), 1, "{text}");
        assert!(!prompt[0].contains(PAYMENTS));
    }
}

#[test]
fn the_dialogs_are_ascii_where_that_is_wanted() {
    let ascii = Theme {
        palette: Palette::Dark,
        ascii: true,
    };
    for open in ["x", "d"] {
        let mut app = asking(open, &[], (80, 24));
        for keys in ["tab", "pagedown", "pagedown", "pageup"] {
            press(&mut app, keys);
            let backend = draw(&mut app, ascii, 80, 24);
            let text = text(backend.buffer());
            // The pane below keeps its names; what is marked by us is in the dialog.
            let strange = text.chars().find(|c| !c.is_ascii() && *c != '␛');
            assert_eq!(strange, None, "{text}");
        }
    }
}

/// Draws, and clicks into the middle of this text, which is on the screen once.
fn click(app: &mut App, text: &str, (width, height): (u16, u16)) -> Vec<Effect> {
    let backend = draw(app, DARK, width, height);
    let buffer = backend.buffer();
    let rows = buffer.content.chunks(usize::from(width));
    let symbols: Vec<String> = text.chars().map(String::from).collect();
    let mut places = (0..).zip(rows).flat_map(|(row, cells)| {
        let columns = (0..).zip(cells.windows(symbols.len()));
        let here =
            columns.filter(|(_, cells)| cells.iter().zip(&symbols).all(|(a, b)| a.symbol() == b));
        here.map(move |(column, _)| (column, row))
            .collect::<Vec<(u16, u16)>>()
    });
    let (column, row) = places
        .next()
        .unwrap_or_else(|| panic!("no {text} in {backend}"));
    assert_eq!(places.next(), None, "{text}");
    let column = column + u16::try_from(symbols.len() / 2).expect("it is short");
    let kind = MouseKind::Click;
    update(app, Msg::Mouse { kind, column, row })
}

fn dialog(app: &App) -> Option<&Dialog> {
    match app.overlays.last() {
        Some(Overlay::Dialog(dialog)) => Some(dialog),
        _ => None,
    }
}

#[test]
fn the_mouse_ticks_boxes_and_gets_to_the_line_but_never_confirms() {
    for size in SIZES {
        let mut app = asking("x", &[], size);
        // On a small screen what is ticked and typed is further down.
        for _ in 0..9 {
            screen(&mut app, "pagedown", size);
        }
        for text in [
            "I cannot take this back",
            "Everything in it",
            "I have checked",
        ] {
            assert_eq!(click(&mut app, text, size), []);
        }
        click(&mut app, "(Tab gets here)", size);
        assert_eq!(dialog(&app).unwrap().confirm.focus(), Focus::Input);
        press(&mut app, PAYMENTS);
        scene::pass(&mut app, 60);
        for _ in 0..3 {
            assert_eq!(click(&mut app, "Close  ]", size), []);
            scene::pass(&mut app, 60);
            let confirm = &dialog(&app).expect("it is still open").confirm;
            assert!(confirm.is_ready(app.elapsed));
            assert_eq!(confirm.focus(), Focus::Accept);
            // Clicking the focused button is no consent either; only the key is.
            assert_eq!(click(&mut app, "[> Close <]", size), []);
            press(&mut app, "tab");
        }
        click(&mut app, "Close  ]", size);
        let enter = update(&mut app, Msg::Key("enter".parse().unwrap()));
        assert!(
            matches!(enter.as_slice(), [Effect::Apply(_), ..]),
            "{enter:?}"
        );
    }
}

#[test]
fn a_second_click_takes_a_tick_back_and_cancel_leaves() {
    let mut app = asking("x", &[], (80, 24));
    for ticked in [true, false] {
        click(&mut app, "I cannot take this back", (80, 24));
        let confirm = &dialog(&app).unwrap().confirm;
        assert_eq!(confirm.boxes()[0].ticked, ticked);
        assert_eq!(confirm.focus(), Focus::Box(0));
    }
    click(&mut app, "[  Cancel  ]", (80, 24));
    assert!(dialog(&app).is_none());
    assert!(app.notice.unwrap().text.contains("Nothing was changed"));
}

#[test]
fn clicks_beside_the_parts_of_a_dialog_do_nothing() {
    let size = (120, 40);
    for open in ["x", "d"] {
        let mut app = asking(open, &[], size);
        for text in [
            "▾ Root",
            "orgscope o",
            "email      aws",
            "To confirm, type",
            "Tab next",
        ] {
            assert_eq!(click(&mut app, text, size), []);
            let confirm = &dialog(&app).expect("it is still open").confirm;
            assert_eq!(confirm.focus(), Focus::Cancel, "{text}");
            assert!(confirm.boxes().iter().all(|it| !it.ticked), "{text}");
        }
        for (column, row) in [(0, 0), (119, 39), (11, 38), (108, 36), (60, 36)] {
            let kind = MouseKind::Click;
            let _ = update(&mut app, Msg::Mouse { kind, column, row });
            assert!(dialog(&app).is_some());
        }
    }
}

#[test]
fn a_dialog_scrolls_line_by_line_and_says_more_only_where_there_is_more() {
    let size = (80, 24);
    let mut app = asking("x", &[], size);
    let shown = |app: &mut App, keys: &str| text(screen(app, keys, size).buffer());
    let footer = |shown: &str| shown.lines().last().unwrap().to_owned();
    let first = shown(&mut app, "");
    assert!(footer(&first).contains("PgDn more"), "{first}");
    let second = shown(&mut app, "j");
    assert!(!second.contains("AWS Control Tower is active"), "{second}");
    assert_eq!(shown(&mut app, "k"), first);
    let last = shown(&mut app, "end");
    assert!(last.contains("close-account --account-id"), "{last}");
    assert!(footer(&last).contains("PgUp back"), "{last}");
    assert!(!footer(&last).contains("PgDn"), "{last}");
    assert_eq!(shown(&mut app, "j"), last);
    assert_eq!(shown(&mut app, "home"), first);
    // Where text is typed, letters are letters.
    let typed = shown(&mut app, "tab tab tab tab j");
    assert!(typed.contains("║ > j "), "{typed}");
    let whole = screen(&mut asking("x", &[], (120, 40)), "", (120, 40));
    let footer = footer(&text(whole.buffer()));
    assert!(
        !footer.contains("PgDn") && !footer.contains("PgUp"),
        "{footer}"
    );
}
