//! A list with columns, and the facts about its row under the cursor below it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::details::{draw_more_above, draw_more_below};
use super::text::fit;
use super::theme::Theme;
use crate::app::details::{LABEL_WIDTH, fact_lines};
use crate::app::list::List;
use crate::app::{App, Focus};
use crate::org::visible;

/// One column.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) width: usize,
}

/// Where the parts of a view with a list are.
pub(super) struct Parts {
    head: Rect,
    pub(super) list: Rect,
    rule: Rect,
    pub(super) facts: Rect,
}

/// The rows that the facts get, the rule above them not counted.
const FACTS: u16 = 11;

/// Divides the body; with the facts alone where they have the keys.
pub(super) fn split(body: Rect, facts_alone: bool) -> Parts {
    if facts_alone {
        return Parts {
            head: Rect::default(),
            list: Rect::default(),
            rule: Rect::default(),
            facts: body,
        };
    }
    let height = FACTS.min(body.height * 2 / 5);
    let row = |y: u16, height: u16| Rect {
        y: body.y + y,
        height,
        ..body
    };
    let list = body.height.saturating_sub(height + 2);
    Parts {
        head: row(0, 1),
        list: row(1, list),
        rule: row(1 + list, 1),
        facts: row(2 + list, height),
    }
}

/// A list as it is drawn.
pub(super) struct Table<'a, R> {
    /// Its rows.
    pub(super) rows: &'a [R],
    /// Its cursor and window.
    pub(super) list: &'a List,
    /// The columns, each of which gets a cell in every row.
    pub(super) columns: &'a [Column],
    /// The facts about the row under the cursor.
    pub(super) facts: &'a [(&'static str, String)],
}

impl<R> Table<'_, R> {
    /// Draws the list with the facts below it, or the facts alone where they have the keys. The
    /// cells may hold hostile text.
    pub(super) fn draw(
        &self,
        app: &App,
        cell: impl Fn(&R, &Column) -> (String, Style),
        theme: Theme,
        frame: &mut Frame<'_>,
        body: Rect,
    ) {
        let parts = split(body, app.focus == Focus::Details);
        if !parts.head.is_empty() {
            draw_head(self.columns, theme, frame, parts.head);
        }
        let window = self.list.window(self.rows.len());
        let (above, below) = (window.start > 0, window.end < self.rows.len());
        for (at, y) in window.zip(parts.list.y..parts.list.bottom()) {
            let Some(row) = self.rows.get(at) else { break };
            let cells = self.columns.iter().map(|column| cell(row, column));
            let line = line(&cells.collect::<Vec<_>>(), self.columns, theme);
            let area = Rect {
                y,
                height: 1,
                ..parts.list
            };
            frame.render_widget(line, area);
            if at == self.list.row() {
                frame.buffer_mut().set_style(area, theme.selected(true));
            }
        }
        if !parts.list.is_empty() {
            if above {
                draw_more_above(theme, frame, parts.list);
            }
            if below {
                draw_more_below(theme, frame, parts.list);
            }
        }
        draw_facts(self.facts, app.details_scroll, theme, frame, &parts);
    }
}

/// Draws the titles of the columns.
fn draw_head(columns: &[Column], theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let titles = columns
        .iter()
        .map(|column| cell(column.title, column.width, theme));
    let line = titles.collect::<Vec<_>>().join(" ");
    frame.render_widget(Line::styled(line, theme.faint()), area);
}

/// One row; the texts may be hostile.
fn line(cells: &[(String, Style)], columns: &[Column], theme: Theme) -> Line<'static> {
    let mut spans = Vec::new();
    for ((text, style), column) in cells.iter().zip(columns) {
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
        }
        spans.push(Span::styled(cell(text, column.width, theme), *style));
    }
    Line::from(spans)
}

fn cell(text: &str, width: usize, theme: Theme) -> String {
    let text = visible(text);
    let text = fit(&text, width, theme.ellipsis());
    let gap = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(gap))
}

/// Draws the facts below the rule, from this line on.
fn draw_facts(
    facts: &[(&'static str, String)],
    from: u16,
    theme: Theme,
    frame: &mut Frame<'_>,
    parts: &Parts,
) {
    let rule = if theme.ascii { "-" } else { "─" };
    let rule = rule.repeat(parts.rule.width.into());
    frame.render_widget(Line::styled(rule, theme.faint()), parts.rule);
    let area = parts.facts;
    let lines = fact_lines(facts, area.width.into());
    let more = lines.len() > usize::from(from) + usize::from(area.height);
    let shown = lines.into_iter().skip(from.into()).take(area.height.into());
    let shown = shown.map(|line| {
        Line::from(vec![
            Span::styled(format!("{:<LABEL_WIDTH$}", line.label), theme.label()),
            Span::raw(line.text),
        ])
    });
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), area);
    if from > 0 {
        draw_more_above(theme, frame, area);
    }
    if more {
        draw_more_below(theme, frame, area);
    }
}

/// What would be here.
pub(super) fn draw_empty(text: &str, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let inner = area.inner(ratatui::layout::Margin::new(2, 1));
    let text = Paragraph::new(text.to_owned()).style(theme.faint());
    frame.render_widget(text.wrap(Wrap { trim: true }), inner);
}
