//! What is different since the last visit, as a list on top of the panes.

use crokey::{KeyCombination, key};

use super::list::List;
use super::overlay::Overlay;
use super::overlay_keys::step;
use super::{App, ago, closures_pane};
use crate::action::{Action, lookup};
use crate::org::{Difference, Noticed, visible};

/// Lines below the list, in which the chosen difference is told whole.
pub const WHOLE_LINES: u16 = 4;

/// The list of differences, the newest first.
#[derive(Debug, Default)]
pub struct ChangesPane {
    /// Cursor and window.
    pub list: List,
    /// One for each difference.
    pub rows: Vec<ChangeRow>,
    revision: Option<u64>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// What was noticed, and when.
    pub noticed: Noticed,
    /// Whether it is one of those since the last visit, which come first.
    pub is_new: bool,
    key: String,
}

/// Whether there is anything to show; otherwise why not, as part of a sentence.
pub(super) fn available(app: &App) -> Result<(), &'static str> {
    if app.visited_at().is_some() || app.noticed().next().is_some() {
        return Ok(());
    }
    Err("nothing was kept of an earlier visit to compare with")
}

/// How many differences are told of since the last visit.
#[must_use]
pub fn news(app: &App) -> usize {
    app.noticed().filter(|one| is_new(app, one)).count()
}

/// Since when those are told, as words: what the title says too.
pub(super) fn since(app: &App) -> String {
    let visit = app.visited_at();
    visit.map_or_else(|| "the start".to_owned(), |visit| ago(visit, app.now))
}

fn is_new(app: &App, noticed: &Noticed) -> bool {
    app.visited_at().is_none_or(|visit| noticed.since >= visit)
}

/// The title: since when, and whether there may be more.
#[must_use]
pub fn title(app: &App) -> String {
    let since = match app.visited_at() {
        Some(visit) => format!("Changes since the last visit, {}", ago(visit, app.now)),
        None => "Changes since the start".to_owned(),
    };
    match app.session.offline {
        true => "Changes noticed before".to_owned(),
        false if app.load.is_walking_all() => format!("{since}; still reading"),
        false => since,
    }
}

/// The number of the first row that is older than the last visit, and of the lines above it that
/// are no rows: the heading, and that nothing is newer. `None` where there is no such row, and
/// offline, where nothing tells one visit from another.
#[must_use]
pub fn older(app: &App, pane: &ChangesPane) -> Option<(usize, usize)> {
    let first = pane.rows.iter().position(|row| !row.is_new);
    let first = first.filter(|_| !app.session.offline)?;
    Some((first, if first == 0 { 2 } else { 1 }))
}

/// The heading of what is older than the last visit.
pub const BEFORE: &str = "Before that";

/// What to say where there is no row since the last visit.
#[must_use]
pub fn nothing(app: &App) -> &'static str {
    if app.load.is_walking_all() {
        "Nothing is different so far."
    } else {
        "Nothing is different."
    }
}

/// What a difference is, in one line that begins with what it is about; harmless for a terminal.
#[must_use]
pub fn sentence(difference: &Difference) -> String {
    let (name, id) = (visible(&difference.name), visible(&difference.id));
    let words = difference.words();
    if name == id {
        format!("{id} {words}")
    } else {
        format!("{name} ({id}) {words}")
    }
}

/// When a difference was noticed, and since when it may have been so.
#[must_use]
pub fn times(app: &App, noticed: &Noticed) -> String {
    format!(
        "noticed {} ({:.0}), read before {} ({:.0})",
        ago(noticed.at, app.now),
        noticed.at,
        ago(noticed.since, app.now),
        noticed.since
    )
}

/// Shows the list.
pub(super) fn open(app: &mut App) {
    app.overlays.push(Overlay::Changes(ChangesPane::default()));
    refresh(app);
}

/// Brings the rows up to date, and as many of them on screen as there is room for.
pub(super) fn refresh(app: &mut App) {
    let is_list = |overlay: &mut Overlay| matches!(overlay, Overlay::Changes(_));
    let Some(Overlay::Changes(mut pane)) = app.overlays.pop_if(is_list) else {
        return;
    };
    if pane.revision != Some(app.noticed_revision()) {
        pane.revision = Some(app.noticed_revision());
        pane.rows = app.noticed().map(|noticed| row(app, noticed)).collect();
        pane.rows.sort_by_key(|row| !row.is_new);
    }
    let headings = older(app, &pane).map_or(0, |(_, lines)| lines);
    let headings = u16::try_from(headings).unwrap_or(0);
    let height = app.areas.overlay.height;
    let height = height.saturating_sub(WHOLE_LINES + headings);
    let keys = pane.rows.iter().map(|row| row.key.as_str());
    pane.list.settle(keys);
    pane.list.set_height(height.max(1).into());
    app.overlays.push(Overlay::Changes(pane));
}

fn row(app: &App, noticed: &Noticed) -> ChangeRow {
    let Noticed { at, difference, .. } = noticed;
    ChangeRow {
        noticed: noticed.clone(),
        is_new: is_new(app, noticed),
        // One account may be different in several things at once.
        key: format!("{at} {} {}", difference.id, difference.word()),
    }
}

pub(super) fn on_key(app: &mut App, mut pane: ChangesPane, key: KeyCombination) {
    if key == key!(enter) {
        let chosen = pane.rows.get(pane.list.row());
        if let Some(id) = chosen.map(|row| row.noticed.difference.id.clone()) {
            return closures_pane::go_to(app, &id);
        }
    }
    if [key!(esc), key!(q), key!(c), key!(enter)].contains(&key) {
        return;
    }
    let screen = isize::try_from(pane.list.height()).unwrap_or(8).max(1);
    let rows = match lookup(key) {
        Some(Action::CursorFirst) => isize::MIN,
        Some(Action::CursorLast) => isize::MAX,
        Some(Action::CursorDown) => 1,
        Some(Action::CursorUp) => -1,
        Some(Action::HalfPageDown) => screen / 2,
        Some(Action::HalfPageUp) => -screen / 2,
        Some(Action::PageDown) => screen,
        Some(Action::PageUp) => -screen,
        _ => step(key, screen).unwrap_or(0),
    };
    let keys = pane.rows.iter().map(|row| row.key.as_str());
    pane.list.move_by(rows, keys);
    app.overlays.push(Overlay::Changes(pane));
}
