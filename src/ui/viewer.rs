//! A document, and the sheets: what lies on top of everything to be read.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::details::{draw_lines, draw_more_above, draw_more_below};
use super::overlay::{inner, open_box};
use super::status::draw_input;
use super::text::fit;
use super::theme::Theme;
use crate::app::App;
use crate::app::json::Kind;
use crate::app::search::{Extent, Search};
use crate::app::sheet::{self, Sheet};
use crate::app::viewer::{Piece, Viewer, status, title};

/// Columns for the marker of what can be folded.
const GUTTER: u16 = 2;

/// The whole screen above the status line and the footer.
fn place(area: Rect) -> Rect {
    Rect {
        height: area.height.saturating_sub(2),
        ..area
    }
}

/// Where the text of a sheet is.
pub(super) fn sheet_area(sheet: &Sheet, area: Rect) -> Rect {
    let inside = inner(place(area));
    let search = u16::from(sheet.search.is_shown());
    Rect {
        height: inside.height.saturating_sub(search),
        ..inside
    }
}

/// Where the text of the document is, without the markers before it.
pub(super) fn document_area(viewer: &Viewer, area: Rect) -> Rect {
    let inside = inner(place(area));
    let search = u16::from(viewer.search.is_shown());
    Rect {
        x: inside.x + GUTTER,
        y: inside.y + 1,
        width: inside.width.saturating_sub(GUTTER),
        height: inside.height.saturating_sub(1 + search),
    }
}

pub(super) fn draw_sheet(
    app: &App,
    sheet: &Sheet,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let place = place(area);
    let title = sheet::title(app, sheet);
    let title = fit(
        &title,
        usize::from(place.width).saturating_sub(4),
        theme.ellipsis(),
    );
    let inside = open_box(&title, theme, frame, place);
    let on = (!sheet.page.items.is_empty()).then_some(sheet.selected);
    let text = sheet_area(sheet, area);
    draw_lines(&sheet.page.lines, sheet.scroll, on, theme, frame, text);
    draw_matches(sheet, theme, frame, text);
    let counts = sheet.match_counts();
    draw_search(&sheet.search, counts, sheet.extent, theme, frame, inside);
}

/// Marks what is searched for in the items that are on screen.
fn draw_matches(sheet: &Sheet, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let columns = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX);
    let lines = sheet.page.lines.iter().enumerate().skip(sheet.scroll);
    for ((at, line), y) in lines.zip(area.y..area.bottom()) {
        let before = super::details::before(line, theme);
        for found in sheet.matches(at) {
            let marked = Rect {
                x: area.x + columns(&before) + columns(&line.text[..found.start]),
                y,
                width: columns(&line.text[found]),
                height: 1,
            };
            let style = theme.matched();
            frame
                .buffer_mut()
                .set_style(marked.intersection(area), style);
        }
    }
}

pub(super) fn draw(app: &App, viewer: &Viewer, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let place = place(area);
    let name = title(app, viewer);
    let name = fit(
        &name,
        usize::from(place.width).saturating_sub(4),
        theme.ellipsis(),
    );
    let inside = open_box(&name, theme, frame, place);
    let (words, is_problem) = status(app, viewer);
    let words = fit(&words, inside.width.into(), theme.ellipsis()).into_owned();
    let style = if is_problem {
        theme.problem()
    } else {
        theme.faint()
    };
    let first = Rect {
        height: 1,
        ..inside
    };
    frame.render_widget(Line::styled(words, style), first);
    let text = document_area(viewer, area);
    for (piece, y) in viewer.window().into_iter().zip(text.y..text.bottom()) {
        draw_piece(
            viewer,
            &piece,
            theme,
            frame,
            Rect {
                y,
                height: 1,
                ..text
            },
        );
    }
    let (above, below) = viewer.has_more();
    if above {
        draw_more_above(theme, frame, text);
    }
    if below {
        draw_more_below(theme, frame, text);
    }
    let counts = viewer.match_counts();
    draw_search(&viewer.search, counts, viewer.extent, theme, frame, inside);
}

/// In the last line: what is searched for, and how many there are of it, with the number of the one
/// under the cursor.
fn draw_search(
    search: &Search,
    (all, here): (usize, Option<usize>),
    extent: Extent,
    theme: Theme,
    frame: &mut Frame<'_>,
    inside: Rect,
) {
    if !search.is_shown() {
        return;
    }
    let area = Rect {
        y: inside.bottom().saturating_sub(1),
        height: inside.height.min(1),
        ..inside
    };
    let found = match (all, here) {
        (0, _) if search.is_empty() => String::new(),
        (0, _) => extent.without_match().to_owned(),
        (all, Some(here)) => format!("{here} of {all}"),
        (all, None) => format!("{all} found"),
    };
    let room = area
        .width
        .saturating_sub(u16::try_from(found.len()).unwrap_or(0) + 1);
    let typed = Rect {
        width: room,
        ..area
    };
    let told = Rect {
        x: area.x + room,
        width: area.width - room,
        ..area
    };
    if search.typing {
        draw_input("/", &search.input, frame, typed);
    } else {
        let text = format!("/{}", crate::org::visible(search.input.value()));
        frame.render_widget(Line::styled(text, theme.matched()), typed);
    }
    frame.render_widget(Line::styled(found, theme.faint()), told);
}

fn draw_piece(viewer: &Viewer, piece: &Piece, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let row = &viewer.rows[piece.row];
    if row.closes_at.is_some() && piece.range.start == 0 {
        let gutter = Rect {
            x: area.x.saturating_sub(GUTTER),
            width: 1,
            ..area
        };
        let marker = theme.marker(piece.folded.is_none());
        frame.render_widget(Span::styled(marker, theme.faint()), gutter);
    }
    let matches = viewer.matches(piece.row);
    let mut line = Line::raw(" ".repeat(piece.indent));
    let mut start = piece.range.start;
    while start < piece.range.end {
        let part = row.parts.iter().find(|(end, _)| *end > start);
        let (part_end, kind) = part.copied().unwrap_or((row.text.len(), Kind::Plain));
        let found = matches.iter().find(|found| found.end > start);
        let (end, style) = match found {
            Some(found) if found.start <= start => (found.end, theme.matched()),
            Some(found) => (found.start, style_of(kind, theme)),
            None => (usize::MAX, style_of(kind, theme)),
        };
        let end = end.min(part_end).min(piece.range.end);
        line.push_span(Span::styled(row.text[start..end].to_owned(), style));
        start = end;
    }
    if let Some(folded) = &piece.folded {
        line.push_span(Span::styled(folded.clone(), theme.faint()));
    }
    frame.render_widget(line, area);
    if piece.row == viewer.cursor {
        frame.buffer_mut().set_style(area, theme.selected(true));
    }
}

fn style_of(kind: Kind, theme: Theme) -> Style {
    match kind {
        Kind::Key => theme.label(),
        Kind::Text => theme.gained(),
        Kind::Number | Kind::Literal => theme.marked(),
        Kind::Punctuation => theme.faint(),
        Kind::Plain => Style::new(),
    }
}
