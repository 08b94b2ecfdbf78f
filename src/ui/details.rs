//! The details pane.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use crate::app::App;
use crate::app::details::{LABEL_WIDTH, Tone, lines};

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let lines = lines(app, area.width.into());
    let more = lines.len() > usize::from(app.details_scroll) + usize::from(area.height);
    let shown = lines
        .into_iter()
        .skip(app.details_scroll.into())
        .take(area.height.into())
        .map(|line| {
            let (glyph, style) = match &line.tone {
                Tone::Plain => ("", Style::new()),
                Tone::Problem => ("", theme.problem()),
                Tone::State(state) => (theme.glyph(Some(state)), theme.state(Some(state))),
            };
            let text = if glyph.is_empty() {
                line.text
            } else {
                format!("{glyph} {}", line.text)
            };
            Line::from(vec![
                Span::styled(format!("{:<LABEL_WIDTH$}", line.label), theme.label()),
                Span::styled(text, style),
            ])
        });
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), area);
    if app.details_scroll > 0 {
        draw_more_above(theme, frame, area);
    }
    if more {
        draw_more_below(theme, frame, area);
    }
}

/// Says in the lower right corner that there are more lines than fit.
pub(super) fn draw_more_below(theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let marker = if theme.ascii { "v" } else { "▼" };
    draw_more(marker, area.bottom().saturating_sub(1), theme, frame, area);
}

/// Says in the upper right corner that there are lines above.
pub(super) fn draw_more_above(theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let marker = if theme.ascii { "^" } else { "▲" };
    draw_more(marker, area.y, theme, frame, area);
}

fn draw_more(marker: &str, y: u16, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let corner = Rect {
        x: area.right().saturating_sub(1),
        y,
        width: 1,
        height: 1,
    };
    frame.render_widget(Span::styled(marker, theme.label()), corner);
}
