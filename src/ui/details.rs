//! The details pane.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use crate::app::App;
use crate::app::details::{Tone, lines};

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let lines = lines(app, area.width.into());
    let shown = lines
        .into_iter()
        .skip(app.details_scroll.into())
        .take(area.height.into())
        .map(|line| match line.tone {
            Tone::Label => Line::styled(line.text, theme.label()),
            Tone::Plain => Line::raw(line.text),
            Tone::Problem => Line::styled(line.text, theme.problem()),
            Tone::State(state) => {
                let glyph = theme.glyph(Some(&state));
                Line::from(Span::styled(
                    format!("{glyph} {}", line.text),
                    theme.state(Some(&state)),
                ))
            }
        });
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), area);
}
