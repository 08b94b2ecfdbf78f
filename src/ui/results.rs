//! What the filter finds, as a list with paths in place of the panes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::details::{draw_more_above, draw_more_below};
use super::status::nothing_found;
use super::text::{fit, fit_end};
use super::theme::Theme;
use crate::app::App;
use crate::app::filter::Highlighter;
use crate::app::results::{Found, path, why_unknown};
use crate::org::{NodeIx, visible};

/// Widths of the columns, all but the last one, which takes what is left.
struct Widths {
    name: usize,
    id: usize,
    state: usize,
    path: usize,
}

impl Widths {
    /// The longest documented state is as wide as the widest of `state`; on small screens states
    /// are cut, and their glyph stays.
    fn of(width: usize) -> Self {
        let (name, id, state) = match width {
            ..80 => (16, 13, 8),
            80..110 => (24, 16, 10),
            _ => (36, 16, 18),
        };
        let path = width.saturating_sub(name + id + state + 5 + MARK);
        Self {
            name,
            id,
            state,
            path,
        }
    }
}

/// Cursor, and mark or nothing.
const MARK: usize = 2;

/// Where the rows are: below the titles of the columns.
pub(super) fn rows(body: Rect) -> Rect {
    let head = 1.min(body.height);
    Rect {
        y: body.y + head,
        height: body.height - head,
        ..body
    }
}

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let widths = Widths::of(body.width.into());
    let head = Rect {
        height: 1.min(body.height),
        ..body
    };
    let titles = format!(
        "{:MARK$}{} {}   {} path",
        "",
        pad("name", widths.name),
        pad("id", widths.id),
        pad("state", widths.state)
    );
    frame.render_widget(Line::styled(titles, theme.faint()), head);
    let area = rows(body);
    let results = &app.results;
    if results.rows.is_empty() {
        let filter = app.outline.active_filter();
        let text = filter.map_or_else(|| "Nothing matches".to_owned(), nothing_found);
        let line = Line::styled(format!("  {text}"), theme.faint());
        frame.render_widget(line, area);
        return;
    }
    let window = results.list.window(results.rows.len());
    let mut highlighter = Highlighter::new();
    let (above, below) = (window.start > 0, window.end < results.rows.len());
    for (at, y) in window.zip(area.y..area.bottom()) {
        let Some(row) = results.rows.get(at) else {
            break;
        };
        let place = Rect {
            y,
            height: 1,
            ..area
        };
        frame.render_widget(line(app, row, &widths, theme, &mut highlighter), place);
        if at == results.list.row() {
            frame.buffer_mut().set_style(place, theme.selected(true));
        }
    }
    if above {
        draw_more_above(theme, frame, area);
    }
    if below {
        draw_more_below(theme, frame, area);
    }
}

fn line(
    app: &App,
    row: &Found,
    widths: &Widths,
    theme: Theme,
    highlighter: &mut Highlighter,
) -> Line<'static> {
    match row {
        Found::Node(ix) => node_line(app, *ix, widths, theme, highlighter),
        Found::Unknown(id) => Line::from(vec![
            Span::raw(" ".repeat(MARK)),
            Span::styled(pad(why_unknown(app), widths.name), theme.warning()),
            Span::raw(format!(" {}", pad(id, widths.id))),
        ]),
    }
}

fn node_line(
    app: &App,
    ix: NodeIx,
    widths: &Widths,
    theme: Theme,
    highlighter: &mut Highlighter,
) -> Line<'static> {
    let Some(node) = app.tree.get(ix) else {
        return Line::default();
    };
    let marked = app.marks.contains(node.id());
    let mark = if marked { theme.mark() } else { " " };
    let cell = |text: &str, width| {
        let text = visible(text);
        pad(&fit(&text, width, theme.ellipsis()), width)
    };
    let state = node.account().map(|account| account.state.as_ref());
    let (glyph, word) = match state {
        Some(state) => {
            let word = state.map_or("UNKNOWN".into(), |state| visible(state.as_str()));
            (theme.glyph(state), word.replace('_', " "))
        }
        None => (" ", String::new()),
    };
    let style = state.map_or(Style::new(), |state| theme.state(state));
    let id = fit_end(node.id(), widths.id, theme.ellipsis()).into_owned();
    let path = path(&app.tree, ix);
    let path = visible(&path);
    let path = fit_end(&path, widths.path, theme.ellipsis()).into_owned();
    // Why it is in the list may be told by what has no column.
    let reasons = app.outline.reasons(ix, node, highlighter).join("  ");
    let room = widths.path.saturating_sub(path.width() + 2);
    let reason = fit(&visible(&reasons), room, theme.ellipsis()).into_owned();
    let name_style = if marked { theme.marked() } else { Style::new() };
    Line::from(vec![
        Span::styled(pad(mark, MARK), theme.marked()),
        Span::styled(cell(node.label(), widths.name), name_style),
        Span::raw(format!(" {} ", pad(&visible(&id), widths.id))),
        Span::styled(format!("{glyph} {}", cell(&word, widths.state)), style),
        Span::styled(format!(" {path}  "), theme.faint()),
        Span::styled(reason, theme.matched()),
    ])
}

fn pad(text: &str, width: usize) -> String {
    let gap = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(gap))
}

/// What the status line says of the list: the whole path of what the cursor is on, and why it
/// matches where that is told by what has no column.
pub(super) fn status(app: &App, theme: Theme, width: usize) -> String {
    let text = match app.results.current() {
        Some(Found::Node(ix)) => {
            let node = app.tree.get(*ix);
            let name = node.map_or("", |node| node.label());
            let whole = match path(&app.tree, *ix) {
                path if path.is_empty() => name.to_owned(),
                path => format!("{path} / {name}"),
            };
            let mut highlighter = Highlighter::new();
            let reasons =
                node.map(|node| app.outline.reasons(*ix, node, &mut highlighter).into_iter());
            let parts = std::iter::once(whole).chain(reasons.into_iter().flatten());
            parts.collect::<Vec<_>>().join(theme.separator())
        }
        Some(Found::Unknown(id)) => format!("{id} is {}", why_unknown(app)),
        None => String::new(),
    };
    fit_end(&visible(&text), width, theme.ellipsis()).into_owned()
}
