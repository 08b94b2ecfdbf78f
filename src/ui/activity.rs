//! The activity view.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::table::{self, Column, Table};
use super::theme::Theme;
use crate::app::App;
use crate::app::activity_pane::{
    details, instance, is_problem, places, stage, stage_brief, target, time, what,
};
use crate::org::{Entry, Stage, visible};

const EMPTY: &str = "Nothing was changed yet.\n\n\
    Every change that this tool is asked for is written into the journal of this organization \
    before it is sent, with its outcome and with what was found afterwards, and shows here.";

const OUTCOME: &str = "Outcome";

/// From these widths on there is room for more columns.
const WITH_PLACES: usize = 110;
const WITH_WHO: usize = 170;

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let rows = &app.activity.rows;
    if rows.is_empty() {
        table::draw_empty(&nothing(app), theme, frame, body);
        return;
    }
    let table = Table {
        rows,
        list: &app.activity.list,
        columns: &columns(body.width.into()),
        facts: &details(app),
    };
    let brief = usize::from(body.width) < WITH_PLACES;
    let cell = |id: &String, column: &Column| match app.journal.get(id) {
        Some(entry) if column.title == OUTCOME => (
            outcome(app, entry, column.width, brief),
            outcome_style(app, entry, theme),
        ),
        Some(entry) => cell(app, entry, column, theme),
        None => Default::default(),
    };
    table.draw(app, cell, theme, frame, body);
}

fn nothing(app: &App) -> String {
    match &app.journal_error {
        Some(error) => format!(
            "The journal cannot be used, so nothing can be changed.\n\n{}",
            visible(&error.to_string())
        ),
        None if app.instance.is_none() => "The journal is not open yet.".into(),
        None => EMPTY.into(),
    }
}

fn columns(width: usize) -> Vec<Column> {
    let mut fixed = vec![("Time (UTC)", 10), ("What", 14)];
    if width >= WITH_PLACES {
        fixed.push(("Id", 16));
    }
    if width >= WITH_WHO {
        fixed.extend([("Who", 32), ("Instance", 15)]);
    }
    let parts = if width >= WITH_PLACES { 3 } else { 2 };
    let taken: usize = fixed.iter().map(|(_, width)| width + 1).sum();
    let left = width.saturating_sub(taken + parts - 1);
    let name = (left / parts).clamp(8, 20);
    let places = if parts == 3 { (left - name) * 2 / 5 } else { 0 };
    let mut columns: Vec<Column> = fixed
        .into_iter()
        .map(|(title, width)| Column { title, width })
        .collect();
    columns.insert(
        2,
        Column {
            title: "Target",
            width: name,
        },
    );
    if parts == 3 {
        columns.insert(
            4,
            Column {
                title: "Where",
                width: places,
            },
        );
    }
    let width = left.saturating_sub(name + places);
    columns.push(Column {
        title: OUTCOME,
        width,
    });
    columns
}

fn cell(app: &App, entry: &Entry, column: &Column, theme: Theme) -> (String, Style) {
    let plain = Style::new();
    match column.title {
        "Time (UTC)" => (time(entry, app.now), theme.faint()),
        "What" => (what(entry).to_owned(), plain),
        "Target" => (target(entry), plain),
        "Id" => (entry.change.mutation.target().to_owned(), plain),
        "Where" => (places(entry), plain),
        "Who" => (entry.caller.clone().unwrap_or_default(), plain),
        _ => (instance(app, entry).to_owned(), plain),
    }
}

/// How far it has come: briefly where that is wanted, or where the whole would be cut.
fn outcome(app: &App, entry: &Entry, width: usize, brief: bool) -> String {
    let whole = stage(app, entry);
    if brief || visible(&whole).width() > width {
        stage_brief(app, entry)
    } else {
        whole
    }
}

fn outcome_style(app: &App, entry: &Entry, theme: Theme) -> Style {
    match entry.stage {
        _ if is_problem(app, entry) => theme.problem(),
        Stage::Sent | Stage::Queued => theme.label(),
        _ => Style::new(),
    }
}
