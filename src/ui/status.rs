//! The status line (progress, what was typed, or the last notice) and the footer (keys).

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::LineGauge;
use unicode_width::UnicodeWidthStr as _;

use super::results;
use super::text::fit;
use super::theme::Theme;
use crate::action::{ACTIONS, Action, key_name};
use crate::app::details::{count, not_read};
use crate::app::filter::Filter;
use crate::app::overlay::Overlay;
use crate::app::{App, Notice, alert, footer, has_problems, lists_nothing, marks, sheet, viewer};
use crate::org::visible;

/// In columns.
const SHORTEST_BAR: usize = 8;

/// Turned at most four times a second, and only while something is loading.
const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

/// How full the bar gets while the accounts are still being listed: not full.
const ALMOST: f64 = 0.95;

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    if let (Some(Overlay::Filter), Some(filter)) = (app.overlays.last(), &app.outline.filter) {
        draw_filter(app, filter, theme, frame, area);
    } else if let (Some(Overlay::Results), None) = (app.overlays.last(), &app.notice) {
        let marked = format!("{}{}", unread_first(app, theme), marked(app, theme));
        let room = usize::from(area.width).saturating_sub(marked.width());
        let text = format!("{marked}{}", results::status(app, theme, room));
        frame.render_widget(Line::styled(text, theme.label()), area);
    } else if app.load.is_running() && (app.notice.is_some() || alert(app).is_none()) {
        draw_progress(app, theme, frame, area);
    } else if let Some(notice) = &app.notice {
        let text = format!("{}{}", marked(app, theme), notice.text);
        let text = fit(&text, area.width.into(), theme.ellipsis()).into_owned();
        frame.render_widget(Line::styled(text, notice_style(notice, theme)), area);
    } else if let Some(Overlay::Picker(picker)) = app.overlays.last()
        && picker.pointing
    {
        let text = format!("Moving {}: choose the OU, Enter", picker.what(app));
        let text = fit(&text, area.width.into(), theme.ellipsis()).into_owned();
        frame.render_widget(Line::styled(text, theme.label()), area);
    } else if let Some(text) = alert(app) {
        let text = format!("{}{text}", marked(app, theme));
        let text = fit(&text, area.width.into(), theme.ellipsis()).into_owned();
        frame.render_widget(Line::styled(text, theme.problem()), area);
    } else {
        let unread = unread_first(app, theme);
        let text = format!("{unread}{}{}", marked(app, theme), summary(app));
        let text = fit(&text, area.width.into(), theme.ellipsis()).into_owned();
        frame.render_widget(Line::styled(text, theme.faint()), area);
    }
}

/// What can be typed into the filter, while nothing is.
const EXAMPLES: &str = "words, ids, state:active ou:Prod tag:Env=prod joined:<30d !not";

/// The line in which the filter is typed, and behind it what there is to say of it.
fn draw_filter(app: &App, filter: &Filter, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (remark, style) = filter_remark(app, filter, theme);
    if remark.is_empty() {
        draw_input("/", &filter.input, frame, area);
        return;
    }
    // Prompt, what is typed, the cursor behind it, and a gap.
    let needed = visible(filter.input.value()).width() + 4;
    let room = usize::from(area.width);
    // What is typed keeps at least half of the line.
    let typing = needed.min((room / 2).max(room.saturating_sub(remark.width())));
    let [at_typing, at_remark] =
        Layout::horizontal([Constraint::Length(columns(typing)), Constraint::Min(0)]).areas(area);
    draw_input("/", &filter.input, frame, at_typing);
    let remark = fit(&remark, at_remark.width.into(), theme.ellipsis()).into_owned();
    frame.render_widget(Line::styled(remark, style), at_remark);
}

/// What went wrong, what is wrong with the query, what it lacks, or what can be typed.
fn filter_remark(app: &App, filter: &Filter, theme: Theme) -> (String, Style) {
    if let Some(notice) = &app.notice {
        return (notice.text.clone(), notice_style(notice, theme));
    }
    if let Some(mistake) = filter.mistake() {
        return (visible(&mistake.to_string()).into_owned(), theme.problem());
    }
    if filter.input.value().is_empty() && filter.pasted().is_none() {
        let saved = app.config.filters.keys();
        let saved = saved.map(|name| format!("@{name}"));
        let choices: Vec<String> = saved.chain([EXAMPLES.to_owned()]).collect();
        return (choices.join(" "), theme.faint());
    }
    let keeps = || {
        filter
            .is_selected()
            .then(|| "typing replaces it".to_owned())
    };
    // Whoever knows of some tags that words are in may take these for all.
    let searched = || {
        let known = app.outline.searched_tags().filter(|known| *known > 0)?;
        Some(format!("also in the tags of {known} that are known"))
    };
    let remark = unread(filter).or_else(keeps).or_else(searched);
    (remark.unwrap_or_default(), theme.faint())
}

/// How far the tags are read that the filter asks for, unless all of them are.
pub(super) fn unread(filter: &Filter) -> Option<String> {
    let (unread, all) = (filter.unread(), filter.by_tags());
    match (unread, filter.is_reading()) {
        (0, _) => None,
        (_, true) => Some(format!("tags: {} of {all} read", all - unread)),
        (_, false) => Some(format!(
            "tags of {} {}",
            count(unread, "account"),
            why_unread(filter)
        )),
    }
}

/// The same in front of what else the line says.
fn unread_first(app: &App, theme: Theme) -> String {
    let unread = app.outline.active_filter().and_then(unread);
    unread.map_or_else(String::new, |text| format!("{text}{}", theme.separator()))
}

/// What to say where a filter has no matches.
pub(super) fn nothing_found(filter: &Filter) -> String {
    let unread = count(filter.unread(), "account");
    match (filter.unread(), filter.is_reading()) {
        (0, _) => "Nothing matches".to_owned(),
        (_, true) => format!("0 found so far, tags of {unread} being read"),
        (_, false) => format!("0 found, tags of {unread} {}", why_unread(filter)),
    }
}

/// That tags are not read, with a reason if there is one.
fn why_unread(filter: &Filter) -> String {
    filter
        .refusal()
        .map_or_else(|| "not read".to_owned(), not_read)
}

fn notice_style(notice: &Notice, theme: Theme) -> Style {
    if notice.is_problem {
        theme.problem()
    } else {
        theme.label()
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
    let spinner = SPINNER[app.load.spinner % SPINNER.len()];
    let (text, style) = match &app.notice {
        Some(notice) => (notice.text.clone(), notice_style(notice, theme)),
        None if app.load.walking().is_some() => (progress_text(app, theme), Style::new()),
        None => ("reading the account again".into(), Style::new()),
    };
    let text = format!("{}{}{text}", unread_first(app, theme), marked(app, theme));
    // The bar tells from afar that something is going on: it always gets some room.
    let room = usize::from(area.width).saturating_sub(SHORTEST_BAR + spinner.len() + 1);
    let label = Line::from(vec![
        Span::raw(format!("{spinner} ")),
        Span::styled(fit(&text, room, theme.ellipsis()).into_owned(), style),
    ]);
    if app.load.walking().is_none() {
        frame.render_widget(label, area);
        return;
    }
    let progress = app.load.progress;
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

fn progress_text(app: &App, theme: Theme) -> String {
    let progress = app.load.progress;
    let more = if progress.accounts_open { "+" } else { "" };
    let mut facts = vec![
        format!("{}/{} OUs", progress.units_done, progress.units_known),
        format!("{}{more} accounts", progress.accounts),
    ];
    // How many accounts are still to come, the service does not tell: then it is at least this long.
    let certain = |left: &Duration| !progress.accounts_open || left.as_secs() > 0;
    if let Some(left) = progress.remaining.filter(certain) {
        facts.push(format!("{}{more} s left", left.as_secs() + 1));
    }
    facts.push(format!("{} calls", progress.calls));
    facts.push(format!("{} throttled", progress.throttled));
    facts.join(theme.separator())
}

/// How many accounts are marked, if any are.
fn marked(app: &App, theme: Theme) -> String {
    let range = if app.marks.in_range() {
        let accounts = count(app.marks.range_count(), "account");
        format!("range of {accounts} (v ends it){}", theme.separator())
    } else {
        String::new()
    };
    let hidden = match marks::without_row(app) {
        0 => String::new(),
        hidden => format!(", {hidden} not shown"),
    };
    match app.marks.count() {
        0 => range,
        marked => format!("{range}{marked} marked{hidden}{}", theme.separator()),
    }
}

/// What there is to say when there is nothing new to say.
fn summary(app: &App) -> String {
    if lists_nothing(app) {
        return String::new();
    }
    let totals = app.tree.totals();
    let closed = match (totals.closed, app.outline.hide_closed) {
        (0, _) => String::new(),
        (closed, true) => format!(" ({closed} closed, hidden)"),
        (closed, false) => format!(" ({closed} closed)"),
    };
    let gaps = if has_problems(app) {
        "Incomplete (E shows why): "
    } else {
        ""
    };
    format!(
        "{gaps}{}{closed} in {}",
        count(totals.accounts, "account"),
        count(totals.units, "OU")
    )
}

/// The keys that do something here, the most useful first, help and quit last.
fn hints(app: &App, theme: Theme) -> Vec<(String, &str)> {
    match app.overlays.last() {
        Some(Overlay::Filter) => fixed(
            if app.results.shown {
                &[
                    ("Enter", "go to"),
                    ("↑ ↓", "choose"),
                    ("Tab", "the list"),
                    ("Esc", "clear"),
                ]
            } else {
                &[
                    ("Enter", "keep"),
                    ("Tab", "list"),
                    ("↑ ↓", "move"),
                    ("Esc", "clear"),
                ]
            },
            theme,
        ),
        Some(Overlay::Results) => fixed(result_keys(app), theme),
        Some(Overlay::Actions(_)) => fixed(
            &[("Enter", "do it"), ("↑ ↓", "choose"), ("Esc", "back")],
            theme,
        ),
        Some(Overlay::Copy(_)) => fixed(
            &[
                ("letter or Enter", "copy"),
                ("j k", "choose"),
                ("o", "open in the console"),
                ("Esc", "back"),
            ],
            theme,
        ),
        Some(Overlay::Picker(picker)) => picker_hints(picker.pointing, theme),
        Some(Overlay::Name(_)) => fixed(&[("Enter", "go on"), ("Esc", "cancel")], theme),
        Some(Overlay::Report(_)) => fixed(&[("Enter", "I have read it"), ("j k", "scroll")], theme),
        Some(Overlay::Viewer(viewer)) => fixed(viewer::hints(viewer), theme),
        Some(Overlay::Sheet(sheet)) => fixed(sheet::hints(sheet), theme),
        Some(Overlay::Dialog(dialog)) => fixed(&dialog.keys(app), theme),
        Some(Overlay::Quit) => fixed(&[("y", "quit anyway"), ("Esc", "cancel")], theme),
        Some(Overlay::Changes(_)) => fixed(
            &[("Enter", "go to"), ("j k", "choose"), ("Esc", "back")],
            theme,
        ),
        Some(Overlay::Problems(_)) => fixed(&[("j k", "scroll"), ("Esc", "back")], theme),
        None => footer(app)
            .into_iter()
            .map(|(key, hint)| (ascii_key(key_name(key), theme), hint))
            .collect(),
    }
}

/// The keys that do something here, the most useful first, as many as fit.
pub(super) fn draw_footer(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let hints = hints(app, theme);
    let width = |(key, hint): &(String, &str)| key.width() + hint.width() + 3;
    // Help and quit are the last rows, and the ones to keep when space is short.
    // On top of something else the last is the way out.
    let keep = if app.overlays.is_empty() { 2 } else { 1 };
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

fn result_keys(app: &App) -> &'static [(&'static str, &'static str)] {
    if app.is_writable() {
        &[
            ("Enter", "go to"),
            ("Space", "mark"),
            ("a", "mark all"),
            ("/", "narrow"),
            ("y", "copy"),
            ("o", "console"),
            ("Tab", "tree"),
            ("Esc", "back"),
        ]
    } else {
        &[
            ("Enter", "go to"),
            ("/", "narrow"),
            ("y", "copy"),
            ("o", "console"),
            ("Tab", "tree"),
            ("Esc", "back"),
        ]
    }
}

fn picker_hints(pointing: bool, theme: Theme) -> Vec<(String, &'static str)> {
    if pointing {
        return fixed(
            &[
                ("Enter", "move here"),
                ("Tab", "list"),
                ("↑ ↓ ← →", "go to the OU"),
                ("Esc", "list"),
            ],
            theme,
        );
    }
    fixed(
        &[
            ("Enter", "move here"),
            ("Ctrl-o", "new OU"),
            ("Tab", "in the tree"),
            ("↑ ↓", "choose"),
            ("Esc", "cancel"),
        ],
        theme,
    )
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
