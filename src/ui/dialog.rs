//! Questions that change something when they are answered with yes.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};
use unicode_width::UnicodeWidthStr as _;

use super::acting::acting;
use super::overlay::popup;
use super::status::draw_input;
use super::text::{fit, fit_middle};
use super::theme::Theme;
use crate::app::App;
use crate::app::dialog::{Dialog, Look, Shown, Tone};
use crate::app::quitting;
use crate::confirm::Focus;

/// In columns: an ARN or a path of three long names fits on a line.
const WIDTH: u16 = 100;

/// Above and below the text: the frame, where and as whom, an empty line, what is missing, the
/// buttons.
const AROUND: u16 = 6;

/// Room for a sentence.
const QUIT_WIDTH: u16 = 72;

/// So much of the path in a title is shown, whatever stands before it.
const LEAST_PATH: usize = 16;

struct Place {
    frame: Rect,
    acting: Rect,
    text: Rect,
    status: Rect,
    buttons: Rect,
}

fn place(app: &App, dialog: &Dialog, area: Rect) -> Place {
    // The footer says the keys: it stays in sight.
    let area = Rect {
        height: area.height.saturating_sub(1),
        ..area
    };
    let wide = popup(area, WIDTH, area.height);
    let inner_width = wide.width.saturating_sub(4);
    let lines = dialog.lines(app, inner_width.into()).len();
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX);
    let height = wanted.saturating_add(AROUND).min(area.height);
    let frame = Rect {
        y: area.y + (area.height - height) / 2,
        height,
        ..wide
    };
    let inner = |y: u16, height: u16| Rect {
        x: frame.x + 2,
        y,
        width: inner_width,
        height,
    };
    Place {
        frame,
        acting: inner(frame.y + 1, 1),
        text: inner(frame.y + 2, height.saturating_sub(AROUND)),
        status: inner(frame.bottom().saturating_sub(3), 1),
        buttons: inner(frame.bottom().saturating_sub(2), 1),
    }
}

/// Where the text is that can be scrolled.
pub(super) fn text_area(app: &App, dialog: &Dialog, area: Rect) -> Rect {
    place(app, dialog, area).text
}

pub(super) fn draw(app: &App, dialog: &Dialog, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let place = place(app, dialog, area);
    frame.render_widget(Clear, place.frame);
    let style = frame_style(dialog.look(), theme);
    let block = Block::bordered()
        .border_set(frame_lines(dialog.look(), theme))
        .border_style(style)
        .title(format!(" {} ", title(dialog, theme, place.frame.width)))
        .title_style(style);
    frame.render_widget(block, place.frame);
    let acting = acting(app, theme, place.acting.width.into());
    frame.render_widget(Line::styled(acting, theme.label()), place.acting);
    draw_text(app, dialog, theme, frame, &place);
    let (ready, status) = dialog.status(app.elapsed);
    let style = match (ready, dialog.confirm.obstacle()) {
        (true, _) => theme.label(),
        (false, Some(_)) => theme.problem(),
        (false, None) if dialog.confirm.tried().is_some() => theme.warning(),
        (false, None) => theme.faint(),
    };
    // The status line may be under the dialog, but news must not hide what the dialog waits for.
    let status = match &app.notice {
        Some(notice) => format!("{status}{}{}", theme.separator(), notice.text),
        None => status,
    };
    let status = fit(&status, place.status.width.into(), theme.ellipsis());
    frame.render_widget(Line::styled(status.into_owned(), style), place.status);
    draw_buttons(dialog, ready, theme, frame, place.buttons);
}

/// Whether to end the program while something is under way.
pub(super) fn draw_quit(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let wide = popup(area, QUIT_WIDTH, area.height);
    let lines = quitting::lines(app, usize::from(wide.width).saturating_sub(4));
    let count = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let place = popup(area, QUIT_WIDTH, count.saturating_add(AROUND - 1));
    let style = frame_style(Look::Harmless, theme);
    let block = Block::bordered()
        .border_set(frame_lines(Look::Harmless, theme))
        .border_style(style)
        .title(" Quit? ")
        .title_style(style);
    let inside = block.inner(place).inner(Margin::new(1, 0));
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    let mut lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::raw(line.text)).collect();
    lines.truncate(usize::from(inside.height.saturating_sub(3)));
    lines.push(Line::default());
    lines.push(Line::styled("y: Quit anyway", theme.label()));
    let cancel = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
    lines.push(Line::from(vec![
        Span::styled("[  Quit anyway  ]", style),
        Span::raw("   "),
        Span::styled("[> Cancel <]", cancel),
    ]));
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The title in a frame of this width. What is done is told before where to; of a path, the middle
/// tells the least.
fn title(dialog: &Dialog, theme: Theme, width: u16) -> String {
    let width = usize::from(width).saturating_sub(4);
    let (what, destination) = dialog.title_parts();
    let least = destination.width().min(LEAST_PATH);
    let what = fit(&what, width.saturating_sub(least), theme.ellipsis());
    let room = width.saturating_sub(what.width());
    format!("{what}{}", fit_middle(&destination, room, theme.ellipsis()))
}

fn draw_text(app: &App, dialog: &Dialog, theme: Theme, frame: &mut Frame<'_>, place: &Place) {
    let (width, height) = (place.text.width.into(), place.text.height.into());
    let Shown {
        lines,
        above,
        below,
        more_at,
    } = dialog.shown(app, width, height);
    for (y, line) in (place.text.y..).zip(lines) {
        let row = Rect {
            y,
            height: 1,
            ..place.text
        };
        let focused = line.part == Some(dialog.confirm.focus());
        if line.part == Some(Focus::Input) {
            draw_line(dialog, focused, theme, frame, row);
        } else {
            let style = if focused {
                theme.selected(true)
            } else {
                line_style(line.tone, theme)
            };
            frame.render_widget(Line::styled(line.text, style), row);
        }
    }
    if above + below > 0 {
        let count = |n: usize| {
            if n == 1 {
                "1 line".into()
            } else {
                format!("{n} lines")
            }
        };
        let text = match (above, below) {
            (_, 0) => format!("{} more above: PgUp", count(above)),
            _ => format!("{} more below: PgDn", count(below)),
        };
        let row = Rect {
            y: place.text.y + u16::try_from(more_at).unwrap_or(0),
            height: 1,
            ..place.text
        };
        frame.render_widget(Line::styled(text, theme.warning()), row);
    }
}

/// The line to type into; the terminal's cursor is on it only while it has the keys.
fn draw_line(dialog: &Dialog, focused: bool, theme: Theme, frame: &mut Frame<'_>, row: Rect) {
    let input = dialog.confirm.input();
    if focused {
        draw_input("> ", input, frame, row);
        frame.buffer_mut().set_style(row, theme.selected(true));
    } else {
        let typed = crate::org::visible(input.value()).into_owned();
        let text = if typed.is_empty() {
            "  (Tab gets here)".to_owned()
        } else {
            format!("  {typed}")
        };
        frame.render_widget(
            Line::styled(text, Style::new().add_modifier(Modifier::UNDERLINED)),
            row,
        );
    }
}

fn draw_buttons(dialog: &Dialog, ready: bool, theme: Theme, frame: &mut Frame<'_>, row: Rect) {
    for button in dialog.buttons(ready, row.width) {
        let style = match button.part {
            Focus::Accept if ready => frame_style(dialog.look(), theme),
            Focus::Accept => theme.faint(),
            _ => Style::new(),
        };
        let style = if dialog.confirm.focus() == button.part {
            style.add_modifier(Modifier::REVERSED | Modifier::BOLD)
        } else {
            style
        };
        let place = Rect {
            x: row.x + button.column.min(row.width),
            width: row.width.saturating_sub(button.column),
            ..row
        };
        frame.render_widget(Span::styled(button.text, style), place);
    }
}

pub(super) fn line_style(tone: Tone, theme: Theme) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Heading => Style::new().add_modifier(Modifier::BOLD),
        Tone::Faint => theme.faint(),
        Tone::Warning => theme.warning(),
        Tone::Problem => theme.problem(),
        Tone::Gained => theme.gained(),
        Tone::Lost => theme.lost(),
    }
}

fn frame_style(look: Look, theme: Theme) -> Style {
    match look {
        Look::Reversible | Look::Harmless => theme.label(),
        Look::Closing => theme.problem(),
        Look::Parting => theme.parting(),
    }
}

/// Each kind of dialog has its own frame, without colours too.
fn frame_lines(look: Look, theme: Theme) -> border::Set<'static> {
    match (theme.ascii, look) {
        (false, Look::Reversible | Look::Harmless) => border::PLAIN,
        (false, Look::Closing) => border::DOUBLE,
        (false, Look::Parting) => border::THICK,
        (true, Look::Reversible | Look::Harmless) => ascii("+", "-", "|"),
        (true, Look::Closing) => ascii("#", "#", "#"),
        (true, Look::Parting) => ascii("*", "=", "|"),
    }
}

fn ascii(
    corner: &'static str,
    horizontal: &'static str,
    vertical: &'static str,
) -> border::Set<'static> {
    border::Set {
        top_left: corner,
        top_right: corner,
        bottom_left: corner,
        bottom_right: corner,
        vertical_left: vertical,
        vertical_right: vertical,
        horizontal_top: horizontal,
        horizontal_bottom: horizontal,
    }
}
