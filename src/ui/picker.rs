//! Choosing where accounts shall be moved, and naming an OU.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr as _;

use super::overlay::{inner, open_box, popup};
use super::status::draw_input;
use super::text::{fit, fit_end, fit_middle};
use super::theme::Theme;
use crate::app::App;
use crate::app::picker::Picker;
use crate::app::report::{self, Report};
use crate::app::units::NameLine;
use crate::org::visible;

const WIDTH: u16 = 96;

/// Status line and footer stay in sight.
fn above_status(area: Rect) -> Rect {
    Rect {
        height: area.height.saturating_sub(2),
        ..area
    }
}

pub(super) fn draw(app: &App, picker: &Picker, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let what = picker.what(app);
    let area = above_status(area);
    let place = popup(area, WIDTH, area.height);
    let inside = open_box(&format!("Move {what} to"), theme, frame, place);
    let typing = Rect {
        height: 1,
        ..inside
    };
    let prompt = if theme.ascii { "> " } else { "› " };
    draw_input(prompt, &picker.input, frame, typing);
    let body = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(1),
        ..inside
    };
    let (height, width) = (usize::from(body.height), usize::from(body.width));
    let first = (picker.selected + 2)
        .saturating_sub(height)
        .min(picker.shown.len().saturating_sub(height));
    let shown = picker.shown.iter().enumerate().skip(first).take(height);
    let mut lines: Vec<Line<'_>> = shown
        .map(|(at, choice)| {
            let note = if choice.recent { "  recent" } else { "" };
            let room = width.saturating_sub(2 + note.width());
            let path = visible(&choice.path).into_owned();
            // The end of a path is what tells OUs apart.
            let path = fit_end(&path, room, theme.ellipsis());
            let mark = if at == picker.selected { "> " } else { "  " };
            let gap = room.saturating_sub(path.width());
            let text = format!("{mark}{path}{:gap$}", "");
            let style = if at == picker.selected {
                theme.selected(true)
            } else {
                Style::new()
            };
            Line::from(vec![
                Span::styled(text, style),
                Span::styled(note, theme.faint()),
            ])
        })
        .collect();
    if picker.shown.is_empty() {
        for text in picker.when_empty(app) {
            // The end of a path is what tells OUs apart.
            let text = fit_middle(&text, width.saturating_sub(2), theme.ellipsis());
            lines.push(Line::styled(format!("  {text}"), theme.faint()));
        }
    }
    frame.render_widget(Paragraph::new(lines), body);
}

pub(super) fn draw_name(
    app: &App,
    line: &NameLine,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let path = visible(&line.path).into_owned();
    let title = if line.is_new { "New OU" } else { "Rename OU" };
    let place = popup(above_status(area), WIDTH, 6);
    let inside = open_box(title, theme, frame, place).inner(Margin::new(1, 0));
    let row = |at: u16| Rect {
        y: inside.y + at,
        height: 1.min(inside.height.saturating_sub(at)),
        ..inside
    };
    let word = if line.is_new { "In" } else { "Now" };
    let room = usize::from(inside.width).saturating_sub(word.len() + 1);
    let path = fit_end(&path, room, theme.ellipsis());
    frame.render_widget(Line::raw(format!("{word} {path}")), row(0));
    draw_input("Name: ", &line.input, frame, row(1));
    if let Some(problem) = line.problem(app) {
        let text = visible(&problem).into_owned();
        let text = fit(&text, inside.width.into(), theme.ellipsis()).into_owned();
        frame.render_widget(Line::styled(text, theme.warning()), row(3));
    }
}

pub(super) fn report_area(area: Rect) -> Rect {
    inner(popup(above_status(area), WIDTH, area.height))
}

pub(super) fn draw_report(
    app: &App,
    report: &Report,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let title = report::title(app, report);
    let place = popup(above_status(area), WIDTH, area.height);
    let inside = open_box(&title, theme, frame, place);
    let lines = report::lines(app, report, inside.width.into());
    let shown = lines.into_iter().skip(report.scroll);
    let shown =
        shown.map(|line| Line::styled(line.text, super::dialog::line_style(line.tone, theme)));
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), inside);
}
