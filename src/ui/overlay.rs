//! What lies on top: help and palette, the copy menu, the list of problems.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph, Wrap};

use super::status::{ascii_key, draw_input};
use super::text::fit;
use super::theme::Theme;
use crate::action::{key_name, row_of};
use crate::app::App;
use crate::app::overlay::{ActionList, CopyMenu, ListStyle, Overlay, problem_lines};
use crate::org::AccountState;

/// Room for the longest help sentence beside keys and name.
const ACTIONS_WIDTH: u16 = 96;

/// Lines for the whole of the chosen text: enough for a path of six ids.
const WHOLE_TEXT: u16 = 4;

/// Where the list of the topmost overlay is; empty if there is none.
pub(super) fn list_area(app: &App, area: Rect) -> Rect {
    match app.overlays.last() {
        None | Some(Overlay::Filter | Overlay::Results) => Rect::default(),
        Some(Overlay::Picker(picker)) if picker.pointing => Rect::default(),
        Some(Overlay::Changes(_)) => super::changes::area(area),
        Some(Overlay::Report(_)) => super::picker::report_area(area),
        Some(Overlay::Viewer(viewer)) => super::viewer::document_area(viewer, area),
        Some(Overlay::Sheet(sheet)) => super::viewer::sheet_area(sheet, area),
        Some(Overlay::Dialog(dialog)) => super::dialog::text_area(app, dialog, area),
        Some(_) => inner(popup(area, ACTIONS_WIDTH, area.height)),
    }
}

/// In the middle, or over the whole width where hardly anything would be left beside it.
pub(super) fn popup(area: Rect, width: u16, height: u16) -> Rect {
    let width = if area.width < width + 8 {
        area.width
    } else {
        width
    };
    let height = height.min(area.height.saturating_sub(2));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

pub(super) fn inner(area: Rect) -> Rect {
    area.inner(ratatui::layout::Margin::new(1, 1))
}

pub(super) fn open_box(title: &str, theme: Theme, frame: &mut Frame<'_>, area: Rect) -> Rect {
    let mut block = Block::bordered()
        .title(format!(" {title} "))
        .title_style(theme.label());
    if theme.ascii {
        block = block.border_set(ratatui::symbols::border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        });
    } else {
        block = block.border_type(BorderType::Plain);
    }
    frame.render_widget(Clear, area);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

pub(super) fn draw_actions(list: &ActionList, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let title = match list.style {
        ListStyle::Help => "Help: type to search, Enter does it",
        ListStyle::Palette => "Actions",
    };
    let inside = open_box(title, theme, frame, popup(area, ACTIONS_WIDTH, area.height));
    let typing = Rect {
        height: 1,
        ..inside
    };
    draw_input(
        if theme.ascii { "> " } else { "› " },
        &list.input,
        frame,
        typing,
    );
    let body = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(1),
        ..inside
    };
    let (lines, selected) = action_lines(list, theme, body.width.into());
    let height = usize::from(body.height);
    let first = (selected + 2)
        .saturating_sub(height)
        .min(lines.len().saturating_sub(height));
    let shown: Vec<_> = lines.into_iter().skip(first).take(height).collect();
    frame.render_widget(Paragraph::new(shown), body);
}

/// The lines of the list, and which of them is the chosen one.
fn action_lines(list: &ActionList, theme: Theme, width: usize) -> (Vec<Line<'static>>, usize) {
    let (mut lines, mut selected, mut section) = (Vec::new(), 0, None);
    for (at, action) in list.shown.iter().enumerate() {
        let row = row_of(*action);
        if list.style == ListStyle::Help && section != Some(row.section) {
            section = Some(row.section);
            lines.push(Line::styled(row.section.title(), theme.label()));
        }
        let keys: Vec<_> = row
            .keys
            .iter()
            .map(|key| ascii_key(key_name(*key), theme))
            .collect();
        let first_key = keys.first().cloned().unwrap_or_default();
        let keys = if width < 70 {
            first_key.clone()
        } else {
            keys.join(" ")
        };
        let refused = list.refused.iter().find(|(refused, _)| refused == action);
        let help = refused.map_or(row.help, |(_, why)| why);
        let text = match list.style {
            ListStyle::Help => format!("  {keys:<15} {help}"),
            ListStyle::Palette => format!("  {:<15} {first_key:<8} {help}", row.name),
        };
        let text = format!("{:<width$}", fit(&text, width, theme.ellipsis()));
        let style = if at == list.selected {
            theme.selected(true)
        } else if refused.is_some() {
            theme.faint()
        } else {
            Style::new()
        };
        if at == list.selected {
            selected = lines.len();
        }
        lines.push(Line::styled(text, style));
    }
    if list.shown.is_empty() {
        lines.push(Line::styled("  no action matches", theme.faint()));
    }
    if list.style == ListStyle::Help && list.input.value().is_empty() {
        lines.push(Line::styled("Account states", theme.label()));
        for state in AccountState::KNOWN {
            let text = format!(
                "  {} {}",
                theme.glyph(Some(&state)),
                state.as_str().replace('_', " ")
            );
            lines.push(Line::styled(text, theme.state(Some(&state))));
        }
    }
    (lines, selected)
}

pub(super) fn draw_copy(menu: &CopyMenu, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let count = u16::try_from(menu.items.len()).unwrap_or(u16::MAX);
    let place = popup(
        area,
        ACTIONS_WIDTH,
        count.saturating_add(2 + 1 + WHOLE_TEXT),
    );
    let inside = open_box("Copy", theme, frame, place);
    let [choices, _gap, whole] = Layout::vertical([
        Constraint::Length(count),
        Constraint::Length(1),
        Constraint::Min(0),
    ])
    .areas(inside);
    let width = usize::from(inside.width).saturating_sub(3);
    let lines = menu.items.iter().enumerate().map(|(at, item)| {
        let text = format!("{:<16} {}", item.what, item.text);
        let text = format!("{:<width$}", fit(&text, width, theme.ellipsis()));
        let style = if at == menu.selected {
            theme.selected(true)
        } else {
            Style::new()
        };
        Line::from(vec![
            Span::styled(format!(" {} ", item.key), theme.label()),
            Span::styled(text, style),
        ])
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), choices);
    // Whole and from the edge on, for whoever must select it with the mouse after all.
    if let Some(item) = menu.items.get(menu.selected) {
        let text = Paragraph::new(item.text.as_str()).wrap(Wrap { trim: false });
        frame.render_widget(text, whole);
    }
}

pub(super) fn draw_problems(
    app: &App,
    line: usize,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let title = "Could not be read";
    let inside = open_box(title, theme, frame, popup(area, ACTIONS_WIDTH, area.height));
    let lines = problem_lines(app, inside.width.into());
    let shown = lines.into_iter().skip(line).map(Line::raw);
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), inside);
}
