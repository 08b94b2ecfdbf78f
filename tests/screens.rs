//! What is drawn, cell by cell, at the sizes that matter.

use crokey::KeyCombination;
use orgscope::app::{App, update};
use orgscope::msg::Msg;
use orgscope::org::{ErrorKind, Identity, OrgError, WalkEvent, WalkSummary};
use orgscope::ui;
use orgscope::ui::theme::{Palette, Theme};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::support::scene;

pub(crate) const DARK: Theme = Theme {
    palette: Palette::Dark,
    ascii: false,
};

pub(crate) fn press(app: &mut App, keys: &str) {
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

/// Arranges and draws, as the event loop does.
pub(crate) fn draw(app: &mut App, theme: Theme, width: u16, height: u16) -> Terminal<TestBackend> {
    let areas = ui::arrange(app, Rect::new(0, 0, width, height));
    let _ = update(app, Msg::Arranged(areas));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| ui::draw(app, theme, frame)).unwrap();
    terminal
}

fn screen(app: &mut App, keys: &str, width: u16, height: u16) -> TestBackend {
    draw(app, DARK, width, height);
    if !keys.is_empty() {
        press(app, keys);
    }
    draw(app, DARK, width, height).backend().clone()
}

#[test]
fn the_tree_fits_80_columns() {
    insta::assert_snapshot!(screen(&mut scene::loaded(), "*", 80, 24));
}

#[test]
fn tree_and_details_are_side_by_side_at_120_columns() {
    insta::assert_snapshot!(screen(&mut scene::loaded(), "* j j j j", 120, 40));
}

#[test]
fn the_smallest_screen_is_usable() {
    insta::assert_snapshot!(screen(&mut scene::loaded(), "* j j j", 60, 15));
}

#[test]
fn the_header_keeps_what_tells_one_environment_from_another() {
    let mut app = scene::loaded();
    app.session.write = true;
    app.session.demo = true;
    let header = |app: &mut App, width| {
        let drawn = draw(app, DARK, width, 15);
        let cells = drawn.backend().buffer().content.iter();
        let text: String = cells.map(ratatui::buffer::Cell::symbol).collect();
        let lines: Vec<char> = text.chars().take(usize::from(width) * 2).collect();
        let (first, second) = lines.split_at(width.into());
        [first, second].map(|line| line.iter().collect::<String>().trim_end().to_owned())
    };
    let [first, _] = header(&mut app, 60);
    assert!(first.starts_with("demo o-exampleorg1"), "{first}");
    let [first, _] = header(&mut app, 80);
    assert!(first.starts_with("orgscope demo o-exampleorg1"), "{first}");
    app.session.demo = false;
    app.session.endpoint = Some("http://127.0.0.1:44377".into());
    let [_, second] = header(&mut app, 80);
    assert!(second.starts_with("111122223333"), "{second}");
    assert!(
        second.ends_with("endpoint http://127.0.0.1:44377"),
        "{second}"
    );
}

#[test]
fn the_number_of_marked_accounts_stays_beside_messages() {
    let mut app = scene::writable();
    let status = |app: &mut App, keys: &str| {
        let drawn = screen(app, keys, 80, 15).to_string();
        let rows: Vec<&str> = drawn.lines().collect();
        rows[13].trim_matches(['"', ' ']).to_owned()
    };
    let told = status(&mut app, "/ payments-prod enter space / end x enter");
    assert!(told.starts_with("1 marked, 1 not shown · "), "{told}");
    let told = status(&mut app, "u");
    let why = "1 marked, 1 not shown · Cannot move back: there is no move to undo";
    assert_eq!(told, why);
}

#[test]
fn the_details_take_the_pane_where_there_is_one() {
    insta::assert_snapshot!(screen(&mut scene::loaded(), "/ ledger enter tab", 60, 15));
}

#[test]
fn a_smaller_screen_says_so() {
    insta::assert_snapshot!(screen(&mut scene::loaded(), "", 59, 15));
    insta::assert_snapshot!(screen(&mut scene::loaded(), "", 20, 5));
}

#[test]
fn while_loading_there_is_progress_and_what_is_not_loaded_says_so() {
    insta::assert_snapshot!(screen(&mut scene::loading(), "", 80, 24));
}

#[test]
fn a_denied_ou_says_so_in_its_row() {
    insta::assert_snapshot!(screen(&mut scene::partly_denied(), "j j j", 100, 20));
}

#[test]
fn the_filter_is_typed_in_the_status_line() {
    insta::assert_snapshot!(screen(&mut scene::loaded(), "/ 0123", 80, 15));
}

#[test]
fn the_help_is_a_searchable_list() {
    insta::assert_snapshot!(screen(&mut scene::loaded(), "?", 80, 40));
}

#[test]
fn the_copy_menu_shows_the_whole_of_what_is_chosen() {
    insta::assert_snapshot!(screen(&mut scene::loaded(), "/ payments enter y j", 80, 24));
}

#[test]
fn an_account_without_an_organization_has_its_own_screen() {
    let mut app = scene::started();
    let error = OrgError::new(ErrorKind::NoOrganization, "Your account is not a member")
        .during("ListRoots");
    let identity = Identity {
        organization: Err(error.clone()),
        caller: app.known.caller.clone(),
    };
    let _ = update(&mut app, Msg::Identified(identity));
    let missing = vec![error];
    let summary = WalkSummary {
        missing,
        ..WalkSummary::default()
    };
    let _ = update(&mut app, Msg::Walk(1, WalkEvent::Finished(summary)));
    insta::assert_snapshot!(screen(&mut app, "", 80, 18));
}

#[test]
fn ascii_is_ascii() {
    let mut app = scene::loaded();
    let ascii = Theme {
        palette: Palette::Dark,
        ascii: true,
    };
    for keys in ["/ payments enter", "?", "esc", "y", "esc", ":"] {
        press(&mut app, keys);
        let buffer = draw(&mut app, ascii, 120, 40).backend().buffer().clone();
        // Names keep their own script; nothing else is outside ASCII.
        let own: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert!(
            own.is_ascii(),
            "after {keys}: {:?}",
            own.chars().find(|c| !c.is_ascii())
        );
    }
}

pub(crate) fn row_with<'a>(buffer: &'a Buffer, text: &str) -> &'a [ratatui::buffer::Cell] {
    let width = usize::from(buffer.area.width);
    let mut rows = buffer.content.chunks(width);
    let is_it = |row: &&[ratatui::buffer::Cell]| {
        row.iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
            .contains(text)
    };
    rows.find(is_it)
        .unwrap_or_else(|| panic!("no row with {text}"))
}

#[test]
fn a_state_has_glyph_word_and_colour() {
    let mut app = scene::loaded();
    press(&mut app, "*");
    let terminal = draw(&mut app, DARK, 80, 24);
    let buffer = terminal.backend().buffer();
    for (word, glyph, color) in [
        ("PENDING CLOSURE", "▲", Color::Yellow),
        ("PENDING ACTIVATION", "○", Color::Cyan),
        ("SUSPENDED", "■", Color::Red),
        ("CLOSED", "×", Color::DarkGray),
        ("payments-prod", "●", Color::Green),
        ("HIBERNATING", "?", Color::Magenta),
    ] {
        let row = row_with(buffer, word);
        let cell = row.iter().find(|cell| cell.symbol() == glyph);
        assert_eq!(cell.map(|cell| cell.fg), Some(color), "{word}");
    }
}

#[test]
fn without_colours_the_selection_is_reversed_and_nothing_is_coloured() {
    let mut app = scene::loaded();
    press(&mut app, "* j");
    let mono = Theme {
        palette: Palette::Mono,
        ascii: false,
    };
    for keys in ["j", "/ pay enter", "?", "esc"] {
        press(&mut app, keys);
        let terminal = draw(&mut app, mono, 120, 40);
        let buffer = terminal.backend().buffer();
        let colored =
            |cell: &&ratatui::buffer::Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert_eq!(buffer.content.iter().find(colored), None);
        let reversed = |cell: &ratatui::buffer::Cell| cell.modifier.contains(Modifier::REVERSED);
        assert!(buffer.content.iter().any(reversed), "after {keys}");
    }
}

#[test]
fn what_matched_is_highlighted() {
    let mut app = scene::loaded();
    press(&mut app, "/ paypr enter g");
    let terminal = draw(&mut app, DARK, 80, 24);
    let row = row_with(terminal.backend().buffer(), "payments-prod");
    let marked: String = row
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(marked, "paypr");
}

#[test]
fn no_control_character_is_ever_drawn() {
    for mut app in [scene::loaded(), scene::loading(), scene::partly_denied()] {
        for keys in [
            "*",
            "/ ledger enter",
            "tab",
            "tab",
            "y",
            "esc",
            "shift-e",
            "esc",
            "esc",
        ] {
            press(&mut app, keys);
            let terminal = draw(&mut app, DARK, 120, 40);
            for cell in &terminal.backend().buffer().content {
                assert!(
                    !cell.symbol().chars().any(char::is_control),
                    "{:?}",
                    cell.symbol()
                );
            }
        }
    }
}

#[test]
fn every_size_can_be_drawn() {
    let mut app = scene::loaded();
    for keys in [
        "*", "?", "esc", "y", "esc", ":", "esc", "/ pay", "enter", "tab", "shift-e",
    ] {
        press(&mut app, keys);
        for (width, height) in [
            (1, 1),
            (10, 3),
            (59, 14),
            (60, 15),
            (61, 16),
            (80, 24),
            (99, 15),
            (100, 15),
            (250, 80),
        ] {
            draw(&mut app, DARK, width, height);
        }
    }
}
