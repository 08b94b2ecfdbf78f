//! What the actions do in the closures and activity views.

use super::details::fact_lines;
use super::overlay::{CopyMenu, Overlay};
use super::perform::scroll_details;
use super::resuming::resumable;
use super::{App, Focus, View, activity_pane, closures_pane};
use crate::action::Action;
use crate::effect::Effect;

/// Whether the action means anything outside of the explorer, and if so, there; otherwise why not,
/// as part of a sentence.
pub(super) fn available(app: &App, action: Action) -> Result<(), &'static str> {
    let in_closures = app.view == View::Closures;
    match action {
        _ if action.is_motion() => Ok(()),
        // There is one filter, the explorer's: otherwise each letter typed after it would be a key.
        Action::Filter
        | Action::ClearFilter
        | Action::SwitchPane
        | Action::ReloadAll
        | Action::Problems
        | Action::Changes
        | Action::ShowExplorer
        | Action::ShowClosures
        | Action::ShowActivity
        | Action::Palette
        | Action::Help
        | Action::Suspend
        | Action::Quit => Ok(()),
        Action::ReloadHere if !in_closures => Err("this is for the explorer (1)"),
        Action::Enter | Action::Copy | Action::ReloadHere => match account(app) {
            Some(_) => Ok(()),
            None => Err("there is nothing under the cursor"),
        },
        Action::Undo if !in_closures => super::moving::undo_available(app),
        Action::Withdraw if in_closures => closures_pane::may_withdraw(app),
        Action::Resume => match resumable(app).as_slice() {
            [] => Err("no closure waits to be resumed"),
            _ => Ok(()),
        },
        Action::Withdraw if app.view == View::Activity => activity_pane::may_withdraw(app),
        Action::Withdraw => Err("this is for the closures view (2)"),
        _ => Err("this is for the explorer (1)"),
    }
}

/// Does what the action means here.
pub(super) fn perform(app: &mut App, action: Action) -> Vec<Effect> {
    if app.focus == Focus::Details && action != Action::Enter {
        return in_details(app, action);
    }
    let height = list_height(app);
    let page = isize::try_from(height.max(2) - 1).unwrap_or(isize::MAX);
    if let Some(rows) = action.rows(page) {
        move_by(app, rows);
        return Vec::new();
    }
    match action {
        Action::Enter => {
            if let Some(id) = account(app) {
                closures_pane::go_to(app, &id);
            }
        }
        Action::ClearFilter => show(app, View::Explorer),
        Action::SwitchPane => app.focus = Focus::Details,
        Action::Copy => open_copy_menu(app),
        Action::ReloadHere => return closures_pane::read_now(app),
        _ => {}
    }
    Vec::new()
}

/// Takes back what is under the cursor.
pub(super) fn withdraw(app: &App) -> Vec<Effect> {
    let entry = match app.view {
        View::Activity => activity_pane::current(app).map(|entry| entry.id.clone()),
        _ => app.closures.current().and_then(|row| row.entry.clone()),
    };
    let withdraw = entry.map(|entry| Effect::Withdraw(vec![entry]));
    withdraw.into_iter().collect()
}

/// While the details fill the screen.
fn in_details(app: &mut App, action: Action) -> Vec<Effect> {
    let page = isize::try_from(app.areas.details.height)
        .unwrap_or(1)
        .max(1);
    let lines = match action {
        Action::CursorDown => 1,
        Action::CursorUp => -1,
        Action::CursorFirst => isize::MIN,
        Action::CursorLast => isize::MAX,
        Action::PageDown | Action::HalfPageDown => page,
        Action::PageUp | Action::HalfPageUp => -page,
        Action::SwitchPane | Action::ClearFilter => {
            app.focus = Focus::Tree;
            app.details_scroll = 0;
            return Vec::new();
        }
        Action::Copy => {
            open_copy_menu(app);
            return Vec::new();
        }
        Action::ReloadHere => return closures_pane::read_now(app),
        _ => 0,
    };
    scroll_details(app, lines);
    Vec::new()
}

/// How many lines the details of the row under the cursor have.
pub(super) fn detail_lines(app: &App) -> usize {
    let facts = match app.view {
        View::Explorer => return 0,
        View::Closures => closures_pane::details(app),
        View::Activity => activity_pane::details(app),
    };
    fact_lines(&facts, app.areas.details.width.into()).len()
}

/// Shows a view.
pub(super) fn show(app: &mut App, view: View) {
    if app.view != view {
        app.focus = Focus::Tree;
        app.details_scroll = 0;
    }
    app.view = view;
    refresh(app);
}

/// Brings the rows of the view on screen up to date.
pub(super) fn refresh(app: &mut App) {
    super::watching::seen(app);
    match app.view {
        View::Explorer => {}
        View::Closures => closures_pane::refresh(app),
        View::Activity => activity_pane::refresh(app),
    }
}

/// How many rows the list of the view on screen has room for.
pub(super) fn set_height(app: &mut App, height: usize) {
    match app.view {
        View::Explorer => app.outline.set_height(height),
        View::Closures => app.closures.list.set_height(height),
        View::Activity => app.activity.list.set_height(height),
    }
}

fn list_height(app: &App) -> usize {
    match app.view {
        View::Explorer => app.outline.height(),
        View::Closures => app.closures.list.height(),
        View::Activity => app.activity.list.height(),
    }
}

pub(super) fn move_by(app: &mut App, rows: isize) {
    if app.view != View::Explorer {
        app.details_scroll = 0;
    }
    match app.view {
        View::Explorer => app.outline.move_by(rows),
        View::Closures => app.closures.move_by(rows),
        View::Activity => app.activity.move_by(rows),
    }
}

/// A click on this row of the list's window.
pub(super) fn click(app: &mut App, row: usize) {
    let (list, count) = match app.view {
        View::Explorer => return,
        View::Closures => (&app.closures.list, app.closures.rows.len()),
        View::Activity => (&app.activity.list, app.activity.rows.len()),
    };
    let clicked = list.window(count).start + row;
    if clicked < count {
        let rows = isize::try_from(clicked).unwrap_or(0) - isize::try_from(list.row()).unwrap_or(0);
        move_by(app, rows);
    }
}

/// What the row under the cursor is about, by its id.
fn account(app: &App) -> Option<String> {
    match app.view {
        View::Explorer => None,
        View::Closures => app.closures.current().map(|row| row.account.clone()),
        View::Activity => {
            let entry = activity_pane::current(app)?;
            Some(entry.change.mutation.target().to_owned())
        }
    }
}

fn open_copy_menu(app: &mut App) {
    let menu: Option<CopyMenu> = match app.view {
        View::Explorer => None,
        View::Closures => closures_pane::copy_menu(app),
        View::Activity => activity_pane::copy_menu(app),
    };
    app.overlays.extend(menu.map(Overlay::Copy));
}
