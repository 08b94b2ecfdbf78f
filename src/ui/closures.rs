//! The closures view.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::table::{self, Column, Table};
use super::theme::Theme;
use crate::app::App;
use crate::app::closures_pane::{age, details, elapsed, name, next, outcome, path, who};
use crate::org::{Closure, Phase, visible};

const EMPTY: &str = "No account is being closed, and none was closed in the last 90 days.\n\n\
    What is queued, under way or closed shows here, whoever began it: what this tool was asked to \
    close (x in the explorer), and what is found when all accounts are read every few minutes.";

/// From these widths on there is room for more columns.
const WITH_STATE: usize = 80;
const WITH_TIMES: usize = 110;
const WITH_PATH: usize = 150;

/// Room for `PENDING CLOSURE` and its glyph.
const STATE: usize = 17;
/// Names and paths are not cut shorter than this for the sake of the outcome.
const SHORT_NAME: usize = 14;
const SHORT_PATH: usize = 16;

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let rows = &app.closures.rows;
    if rows.is_empty() {
        table::draw_empty(EMPTY, theme, frame, body);
        return;
    }
    let window = rows.get(app.closures.list.window(rows.len()));
    let outcomes = window.into_iter().flatten().map(|row| outcome(app, row));
    let longest = outcomes.map(|words| visible(&words).width()).max();
    let table = Table {
        rows,
        list: &app.closures.list,
        columns: &columns(body.width.into(), longest.unwrap_or(0)),
        facts: &details(app),
    };
    let cell = |row: &Closure, column: &Column| cell(app, row, column, theme);
    table.draw(app, cell, theme, frame, body);
}

/// The outcomes on screen get the room that they need, as far as names and paths stay readable.
fn columns(width: usize, longest: usize) -> Vec<Column> {
    let mut fixed = vec![("Id", 12)];
    fixed.insert(
        0,
        if width >= WITH_STATE {
            ("State", STATE)
        } else {
            ("", 1)
        },
    );
    if width >= WITH_TIMES {
        fixed.extend([("Read", 12), ("Elapsed", 12), ("Next read", 9)]);
    }
    if width >= WITH_PATH {
        fixed.push(("Asked by", 24));
    }
    let parts = if width >= WITH_PATH { 3 } else { 2 };
    let taken: usize = fixed.iter().map(|(_, width)| width + 1).sum();
    let left = width.saturating_sub(taken + parts - 1);
    let (mut name, mut path) = ((left * 2 / 5).clamp(8, 24), 0);
    if parts == 3 {
        path = left / 4;
    }
    let lacks = |taken: usize| (longest + taken).saturating_sub(left);
    path -= lacks(name + path).min(path.saturating_sub(SHORT_PATH));
    name -= lacks(name + path).min(name.saturating_sub(SHORT_NAME));
    let mut columns: Vec<Column> = fixed
        .into_iter()
        .map(|(title, width)| Column { title, width })
        .collect();
    columns.insert(
        1,
        Column {
            title: "Account",
            width: name,
        },
    );
    if parts == 3 {
        columns.insert(
            3,
            Column {
                title: "Path",
                width: path,
            },
        );
    }
    columns.push(Column {
        title: "Outcome",
        width: left.saturating_sub(name + path),
    });
    columns
}

fn cell(app: &App, row: &Closure, column: &Column, theme: Theme) -> (String, Style) {
    let state = row.state.as_ref();
    let plain = Style::new();
    match column.title {
        "" => (theme.glyph(state).to_owned(), theme.state(state)),
        "State" => {
            let word = state.map_or("not read".into(), |state| state.as_str().replace('_', " "));
            (format!("{} {word}", theme.glyph(state)), theme.state(state))
        }
        "Account" => (name(app, row), plain),
        "Id" => (row.account.clone(), plain),
        "Path" => (path(app, row), plain),
        "Asked by" => (who(app, row).to_owned(), plain),
        "Read" => (age(row, app.now), plain),
        "Elapsed" => (elapsed(row, app.now), plain),
        "Next read" => (next(row, app.now), plain),
        _ => (outcome(app, row), outcome_style(&row.phase, theme)),
    }
}

fn outcome_style(phase: &Phase, theme: Theme) -> Style {
    match phase {
        Phase::StillActive
        | Phase::NeedsResume { .. }
        | Phase::Unknown
        | Phase::Refused(_)
        | Phase::NotSent(_) => theme.problem(),
        Phase::ClosedBefore | Phase::Withdrawn | Phase::Gone => theme.faint(),
        Phase::Closed => theme.label(),
        _ => Style::new(),
    }
}
