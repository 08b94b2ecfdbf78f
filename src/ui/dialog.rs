//! Questions that change something when they are answered with yes.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

use super::acting::acting;
use super::overlay::popup;
use super::status::draw_input;
use super::theme::Theme;
use crate::app::App;
use crate::app::dialog::{Dialog, Look, Tone};
use crate::confirm::Focus;

/// In columns: an ARN or a path of three long names fits on a line.
const WIDTH: u16 = 100;

/// Above and below the text: the frame, where and as whom, an empty line, what is missing, the
/// buttons.
const AROUND: u16 = 6;

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
        .title(format!(" {} ", dialog.title()))
        .title_style(style);
    frame.render_widget(block, place.frame);
    let acting = acting(app, theme, place.acting.width.into());
    frame.render_widget(Line::styled(acting, theme.label()), place.acting);
    draw_text(app, dialog, theme, frame, &place);
    let (ready, status) = dialog.status(app.elapsed);
    let style = match (ready, dialog.confirm.obstacle()) {
        (true, _) => theme.label(),
        (false, Some(_)) => theme.problem(),
        (false, None) => theme.faint(),
    };
    // The status line may be under the dialog, but news must not hide what the dialog waits for.
    let status = match &app.notice {
        Some(notice) => format!("{status}{}{}", theme.separator(), notice.text),
        None => status,
    };
    let status = super::text::fit(&status, place.status.width.into(), theme.ellipsis());
    frame.render_widget(Line::styled(status.into_owned(), style), place.status);
    frame.render_widget(buttons(dialog, ready, theme), place.buttons);
}

fn draw_text(app: &App, dialog: &Dialog, theme: Theme, frame: &mut Frame<'_>, place: &Place) {
    let height = usize::from(place.text.height);
    let (lines, room, fixed) = dialog.window(app, place.text.width.into(), height);
    let first = dialog.scroll.min(lines.len().saturating_sub(room));
    let below = lines.len().saturating_sub(first + room);
    // The first of the lines that stay is empty.
    let more_at = if fixed.is_empty() {
        place.text.bottom()
    } else {
        place
            .text
            .bottom()
            .saturating_sub(u16::try_from(fixed.len()).unwrap_or(0))
    };
    let shown = lines.into_iter().skip(first).take(room).chain(fixed);
    for (y, line) in (place.text.y..).zip(shown) {
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
    let (above, below) = (first, below);
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
            y: more_at,
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

/// Both buttons, in the order of Tab. What has the focus is told by marks as well as by reversed colours.
fn buttons(dialog: &Dialog, ready: bool, theme: Theme) -> Line<'static> {
    let focus = dialog.confirm.focus();
    let accept_style = if ready {
        frame_style(dialog.look(), theme)
    } else {
        theme.faint()
    };
    let accept = if ready {
        dialog.accept().to_owned()
    } else {
        format!("({})", dialog.accept())
    };
    let accept = button(&accept, focus == Focus::Accept, accept_style);
    let cancel = button("Cancel", focus == Focus::Cancel, Style::new());
    let line = Line::from(vec![accept, Span::raw("   "), cancel]);
    match dialog.look() {
        Look::Reversible | Look::Harmless => line,
        Look::Closing => line.alignment(Alignment::Right),
        Look::Parting => line.alignment(Alignment::Center),
    }
}

fn button(name: &str, focused: bool, style: Style) -> Span<'static> {
    if focused {
        Span::styled(
            format!("[> {name} <]"),
            style.add_modifier(Modifier::REVERSED | Modifier::BOLD),
        )
    } else {
        Span::styled(format!("[  {name}  ]"), style)
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
