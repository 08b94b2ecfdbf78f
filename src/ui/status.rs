//! The status line (progress, what was typed, or the last notice) and the footer (keys).

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::LineGauge;
use unicode_width::UnicodeWidthStr as _;

use super::text::fit;
use super::theme::Theme;
use crate::action::{ACTIONS, Action, key_name};
use crate::app::overlay::Overlay;
use crate::app::{App, hint};
use crate::org::visible;

/// Turned at most four times a second, and only while something is loading.
const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

/// How full the bar gets while the accounts are still being listed: not full.
const ALMOST: f64 = 0.95;

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    if let (Some(Overlay::Filter), Some(filter)) = (app.overlays.last(), &app.outline.filter) {
        draw_input("/", &filter.input, frame, area);
    } else if let Some(notice) = &app.notice {
        let style = if notice.is_problem {
            theme.problem()
        } else {
            theme.label()
        };
        let text = fit(&notice.text, area.width.into(), theme.ellipsis()).into_owned();
        frame.render_widget(Line::styled(text, style), area);
    } else if app.load.walking().is_some() {
        draw_progress(app, theme, frame, area);
    } else {
        frame.render_widget(Line::styled(summary(app), theme.faint()), area);
    }
}

/// A line that is typed into, with the terminal's own cursor at the place of typing.
pub(super) fn draw_input(
    prompt: &str,
    input: &tui_input::Input,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let before = prompt.width();
    let room = usize::from(area.width).saturating_sub(before + 1);
    let scroll = input.visual_scroll(room);
    let text = visible(input.value()).into_owned();
    let [at_prompt, at_text] =
        Layout::horizontal([Constraint::Length(columns(before)), Constraint::Min(0)]).areas(area);
    frame.render_widget(prompt, at_prompt);
    let shown = ratatui::widgets::Paragraph::new(text).scroll((0, columns(scroll)));
    frame.render_widget(shown, at_text);
    let column = at_text.x + columns(input.visual_cursor().saturating_sub(scroll));
    frame.set_cursor_position(Position::new(
        column.min(area.right().saturating_sub(1)),
        area.y,
    ));
}

fn columns(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn draw_progress(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let progress = app.load.progress;
    let spinner = SPINNER[app.load.spinner % SPINNER.len()];
    let mut facts = vec![
        format!(
            "{spinner} {}/{} OUs",
            progress.units_done, progress.units_known
        ),
        format!("{} accounts", progress.accounts),
    ];
    if progress.accounts_open {
        facts.push("reading accounts".to_owned());
    } else if let Some(left) = progress.remaining {
        facts.push(format!("{} s left", left.as_secs() + 1));
    }
    facts.push(format!("{} calls", progress.calls));
    facts.push(format!("{} throttled", progress.throttled));
    let label = facts.join(theme.separator());
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio for a bar of a few dozen cells"
    )]
    let ratio = progress.units_done as f64 / progress.units_known.max(1) as f64;
    let most = if progress.accounts_open { ALMOST } else { 1.0 };
    let (filled, empty) = if theme.ascii {
        ("#", ".")
    } else {
        ("█", "░")
    };
    let gauge = LineGauge::default()
        .ratio(ratio.clamp(0.0, most))
        .label(label)
        .filled_symbol(filled)
        .unfilled_symbol(empty)
        .filled_style(theme.label())
        .unfilled_style(theme.faint());
    frame.render_widget(gauge, area);
}

/// What there is to say when there is nothing new to say.
fn summary(app: &App) -> String {
    let totals = app.tree.totals();
    let closed = match (totals.closed, app.outline.hide_closed) {
        (0, _) => String::new(),
        (closed, true) => format!(" ({closed} closed, hidden)"),
        (closed, false) => format!(" ({closed} closed)"),
    };
    let gaps = match app.load.missing.len() {
        0 => "",
        _ => ", incomplete: E shows what could not be read",
    };
    format!(
        "{} accounts{closed} in {} OUs{gaps}",
        totals.accounts, totals.units
    )
}

/// The keys that do something here, the most useful first, as many as fit.
pub(super) fn draw_footer(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let hints: Vec<(String, &str)> = match app.overlays.last() {
        Some(Overlay::Filter) => fixed(
            &[("Enter", "keep"), ("Esc", "clear"), ("↑ ↓", "move")],
            theme,
        ),
        Some(Overlay::Actions(_)) => fixed(
            &[("Enter", "do it"), ("↑ ↓", "choose"), ("Esc", "close")],
            theme,
        ),
        Some(Overlay::Copy(_)) => fixed(
            &[
                ("letter or Enter", "copy"),
                ("j k", "choose"),
                ("Esc", "close"),
            ],
            theme,
        ),
        Some(Overlay::Problems(_)) => fixed(&[("j k", "scroll"), ("Esc", "close")], theme),
        None => ACTIONS
            .iter()
            .filter_map(|row| Some((row, hint(app, row)?)))
            .map(|(row, hint)| (ascii_key(key_name(row.keys[0]), theme), hint))
            .collect(),
    };
    let width = |(key, hint): &(String, &str)| key.width() + hint.width() + 3;
    // Help and quit are the last rows, and the ones to keep when space is short.
    let keep = if app.overlays.is_empty() { 2 } else { 0 };
    let (optional, always) = hints.split_at(hints.len().saturating_sub(keep));
    let mut room = usize::from(area.width).saturating_sub(always.iter().map(width).sum());
    let fitting = optional.iter().take_while(|hint| {
        let fits = width(hint) <= room;
        room = room.saturating_sub(width(hint));
        fits
    });
    let mut spans = Vec::new();
    for (key, hint) in fitting.collect::<Vec<_>>().into_iter().chain(always) {
        spans.push(Span::styled(key.clone(), theme.label()));
        spans.push(Span::raw(format!(" {hint}  ")));
    }
    frame.render_widget(Line::from(spans), area);
}

fn fixed<'a>(hints: &[(&str, &'a str)], theme: Theme) -> Vec<(String, &'a str)> {
    let owned = hints
        .iter()
        .map(|(key, hint)| (ascii_key((*key).to_owned(), theme), *hint));
    owned.collect()
}

/// Arrows in words where only ASCII is wanted.
pub(super) fn ascii_key(key: String, theme: Theme) -> String {
    if !theme.ascii {
        return key;
    }
    key.replace('↑', "Up")
        .replace('↓', "Down")
        .replace('←', "Left")
        .replace('→', "Right")
}

const _: () = {
    // The footer's rule above holds only while these two are last among the rows with a hint.
    let rows = ACTIONS;
    assert!(matches!(rows[rows.len() - 1].action, Action::Quit));
};
