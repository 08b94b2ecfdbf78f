//! The details pane, and lines like its lines wherever they are drawn.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use crate::app::details::{self, Tone, page};
use crate::app::tabs::{Tab, offered, selected, shown};
use crate::app::{App, Focus};
use crate::msg::Region;

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let page = page(app, area.width.into());
    let on = selected(app, &page).filter(|_| app.focus == Focus::Details);
    draw_lines(
        &page.lines,
        app.details_scroll.into(),
        on,
        theme,
        frame,
        area,
    );
}

/// Draws lines from this one on, with the cursor on this item.
pub(super) fn draw_lines(
    lines: &[details::Line],
    scroll: usize,
    on: Option<usize>,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    for (line, y) in lines.iter().skip(scroll).zip(area.y..area.bottom()) {
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        frame.render_widget(line_of(line, theme), row);
        if on.is_some() && line.item == on {
            frame.buffer_mut().set_style(row, theme.selected(true));
        }
    }
    if scroll > 0 {
        draw_more_above(theme, frame, area);
    }
    if lines.len() > scroll + usize::from(area.height) {
        draw_more_below(theme, frame, area);
    }
}

fn line_of(line: &details::Line, theme: Theme) -> Line<'_> {
    let (glyph, style) = match &line.tone {
        Tone::Plain => ("", Style::new()),
        Tone::Problem => ("", theme.problem()),
        Tone::Heading => ("", theme.label()),
        Tone::Faint => ("", theme.faint()),
        Tone::Warning => ("", theme.warning()),
        Tone::State(state) => (theme.glyph(Some(state)), theme.state(Some(state))),
    };
    let label = format!("{:<width$}", line.label, width = line.indent);
    let space = if glyph.is_empty() { "" } else { " " };
    Line::from(vec![
        Span::styled(label, theme.label()),
        Span::styled(format!("{glyph}{space}{}", line.text), style),
    ])
}

/// What is drawn before the text of a line, without its style.
pub(super) fn before(line: &details::Line, theme: Theme) -> String {
    let drawn: String = line_of(line, theme)
        .iter()
        .map(|span| span.content.as_ref())
        .collect();
    drawn
        .strip_suffix(line.text.as_str())
        .unwrap_or_default()
        .to_owned()
}

/// The titles of the tabs, the one that is shown in brackets, and where they are.
pub(super) fn tab_line(
    app: &App,
    theme: Theme,
    area: Rect,
) -> (Line<'static>, [Region; Tab::ALL.len()]) {
    let tabs = offered(app);
    let now = shown(app);
    let all: usize = tabs.iter().map(|tab| tab.titles()[0].len() + 2).sum();
    let is_short = all > usize::from(area.width);
    let mut line = Line::default();
    let mut regions = [Region::default(); Tab::ALL.len()];
    for tab in tabs {
        let [long, short] = tab.titles();
        let focused = app.focus == Focus::Details;
        let span = match (tab == now, is_short) {
            (true, _) if focused => Span::styled(format!("[{long}]"), theme.label()),
            (true, _) => Span::raw(format!("[{long}]")),
            (false, false) => Span::styled(format!(" {long} "), theme.faint()),
            (false, true) => Span::styled(format!(" {short}"), theme.faint()),
        };
        let columns = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        regions[tab as usize] = Region {
            x: area.x.saturating_add(columns(line.width())),
            y: area.y,
            width: columns(span.width()),
            height: area.height.min(1),
        };
        line.push_span(span);
    }
    (line, regions)
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
