//! What is different since the last visit: the list, and the chosen difference as a whole.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::overlay::{inner, open_box, popup};
use super::text::fit;
use super::theme::Theme;
use crate::app::changes_pane::{
    BEFORE, ChangeRow, ChangesPane, WHOLE_LINES, nothing, older, sentence, times, title,
};
use crate::app::{App, ago};
use crate::org::What;

/// Room for two paths.
const WIDTH: u16 = 120;
/// The longest word is `renamed`.
const WORD_WIDTH: usize = 8;
/// The longest ages are `11 mo 30 d ago`; those that matter are shorter.
const AGE_WIDTH: usize = 11;

/// Where the list and the lines below it are.
pub(super) fn area(area: Rect) -> Rect {
    inner(popup(area, WIDTH, area.height))
}

pub(super) fn draw(app: &App, pane: &ChangesPane, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let inside = open_box(&title(app), theme, frame, popup(area, WIDTH, area.height));
    let [list, whole] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(WHOLE_LINES)]).areas(inside);
    if pane.rows.is_empty() {
        frame.render_widget(Line::styled(nothing(app), theme.faint()), list);
        return;
    }
    let width = usize::from(list.width);
    let window = pane.list.window(pane.rows.len());
    let older = older(app, pane).map(|(first, _)| first);
    let mut lines = Vec::new();
    for at in window.clone() {
        if older == Some(0) && at == window.start {
            lines.push(Line::styled(nothing(app), theme.faint()));
        }
        // It stays on top of those that it is of.
        if older.is_some_and(|first| at == first.max(window.start)) {
            lines.push(Line::styled(BEFORE, theme.label()));
        }
        let is_chosen = at == pane.list.row();
        lines.push(line(app, &pane.rows[at], is_chosen, theme, width));
    }
    frame.render_widget(Paragraph::new(lines), list);
    if let Some(row) = pane.rows.get(pane.list.row()) {
        let lines = vec![
            Line::raw(sentence(&row.noticed.difference)),
            Line::styled(times(app, &row.noticed), theme.faint()),
        ];
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), whole);
    }
}

/// What was noticed before the last visit is of less weight.
fn line(app: &App, row: &ChangeRow, is_chosen: bool, theme: Theme, width: usize) -> Line<'static> {
    let difference = &row.noticed.difference;
    let age = ago(row.noticed.at, app.now);
    let word = format!("{age:<AGE_WIDTH$} {:<WORD_WIDTH$}", difference.word());
    let room = width.saturating_sub(word.width());
    let text = sentence(difference);
    let text = format!("{:<room$}", fit(&text, room, theme.ellipsis()));
    if is_chosen {
        return Line::styled(word + &text, theme.selected(true));
    }
    let (word_style, text_style) = match difference.what {
        _ if !row.is_new => (theme.faint(), theme.faint()),
        What::Came { .. } => (theme.gained(), Style::new()),
        What::Left { .. } => (theme.lost(), Style::new()),
        _ => (theme.label(), Style::new()),
    };
    Line::from(vec![
        Span::styled(word, word_style),
        Span::styled(text, text_style),
    ])
}
