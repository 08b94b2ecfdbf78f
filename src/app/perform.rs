//! What each action does, and when it cannot.

use super::filter::Filter;
use super::overlay::{ActionList, CopyMenu, Overlay};
use super::{App, Focus, View, changes_pane, closing, details, jumps, removing, tabs, views};
use crate::action::{ACTIONS, Action, ActionRow, Danger, Section, row_of};
use crate::effect::Effect;
use crate::org::{Node, NodeIx, NodeKind, OrgError, WalkScope};

/// Whether the action can be done now; otherwise why not, as part of a sentence.
pub fn available(app: &App, action: Action) -> Result<(), &'static str> {
    if is_shown(app, action) {
        return Err("this is on screen");
    }
    let withheld = app.withheld_because(row_of(action));
    if let Some(reason) = withheld.or_else(|| not_read(app, action)) {
        return Err(reason);
    }
    if app.view != View::Explorer {
        views::available(app, action)?;
        if row_of(action).danger == Danger::Reads {
            return match action {
                Action::Problems => problems(app),
                Action::Changes => changes_pane::available(app),
                _ => Ok(()),
            };
        }
    }
    match action {
        Action::Mark | Action::MarkRange => super::marks::available(app, action),
        _ if row_of(action).danger == Danger::Changes => may_change(app, action),
        _ => may_read(app, action),
    }
}

/// The same of what changes the organization.
fn may_change(app: &App, action: Action) -> Result<(), &'static str> {
    match action {
        _ if app.journal_error.is_some() => Err("the journal cannot be used"),
        _ if app.instance.is_none() => Err("the journal is not open yet"),
        Action::MoveAccounts => super::picker::available(app),
        Action::Undo => super::moving::undo_available(app),
        Action::NewUnit | Action::RenameUnit | Action::DeleteUnit => {
            super::units::available(app, action)
        }
        Action::CloseAccount => closing::available(app),
        Action::RemoveAccount => removing::available(app),
        Action::LeaveOrganization if app.known.organization.is_none() => {
            Err("the organization is not known yet")
        }
        _ => may_read(app, action),
    }
}

/// The same of everything else in the explorer.
fn may_read(app: &App, action: Action) -> Result<(), &'static str> {
    let cursor = cursor(app);
    let reason = match action {
        Action::NextMatch | Action::PreviousMatch if app.outline.filter.is_none() => {
            "there is no filter"
        }
        Action::ClearFilter
            if app.outline.filter.is_none() && app.focus == Focus::Tree && app.marks.is_empty() =>
        {
            "nothing is marked, and there is no filter"
        }
        Action::Copy | Action::ReloadHere if cursor.is_none() => {
            "there is nothing under the cursor"
        }
        Action::Copy if cursor.is_some_and(|(_, node)| node.kind() == NodeKind::Unplaced) => {
            "this row has no id"
        }
        Action::Problems => return problems(app),
        Action::Changes => return changes_pane::available(app),
        Action::NextTab
        | Action::PreviousTab
        | Action::ShowReach
        | Action::ShowDelegations
        | Action::Compare => return tabs::available(app, action),
        Action::Withdraw | Action::Resume => return views::available(app, action),
        _ => return Ok(()),
    };
    Err(reason)
}

/// Why nothing is read from the service.
fn not_read(app: &App, action: Action) -> Option<&'static str> {
    let reads = matches!(action, Action::ReloadHere | Action::ReloadAll);
    (app.session.offline && reads)
        .then_some("this is offline; without --offline it is read from the service")
}

/// Whether the action shows the view that is on screen.
fn is_shown(app: &App, action: Action) -> bool {
    let view = match action {
        Action::ShowExplorer => View::Explorer,
        Action::ShowClosures => View::Closures,
        Action::ShowActivity => View::Activity,
        _ => return false,
    };
    app.view == view
}

fn problems(app: &App) -> Result<(), &'static str> {
    match has_problems(app) {
        true => Ok(()),
        false if app.load.is_running() => Err("nothing failed so far"),
        false => Err("everything could be read"),
    }
}

/// The actions that can be done now, in the order of the table.
#[must_use]
pub fn available_actions(app: &App) -> Vec<Action> {
    let rows = ACTIONS.iter().map(|row| row.action);
    rows.filter(|action| available(app, *action).is_ok())
        .collect()
}

/// The actions without a key that cannot be done now, with the sentence that says why: only the
/// palette tells that there are any such.
fn keyless_refused(app: &App) -> Vec<(Action, String)> {
    let offered = |row: &&ActionRow| row.keys.is_empty() && app.withheld_because(row).is_none();
    let refused = ACTIONS.iter().filter(offered).filter_map(|row| {
        let reason = available(app, row.action).err()?;
        Some((row.action, refusal(row.action, reason)))
    });
    refused.collect()
}

/// Does the action, or says why that cannot be.
pub(super) fn attempt(app: &mut App, action: Action) -> Vec<Effect> {
    match available(app, action) {
        Ok(()) => perform(app, action),
        Err(reason) => {
            app.say(refusal(action, reason));
            Vec::new()
        }
    }
}

/// That an action cannot be done, and why, as a sentence.
pub(super) fn refusal(action: Action, reason: &str) -> String {
    if let Some(phrase) = action.phrase() {
        return format!("Cannot {phrase}: {reason}");
    }
    let mut letters = reason.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

fn perform(app: &mut App, action: Action) -> Vec<Effect> {
    if let Some(effects) = tabs::perform(app, action) {
        return effects;
    }
    if app.view != View::Explorer && is_of_view(action) {
        return views::perform(app, action);
    }
    perform_anywhere(app, action)
}

/// The same of what means the same wherever the cursor is.
fn perform_anywhere(app: &mut App, action: Action) -> Vec<Effect> {
    let page = isize::try_from(app.outline.height().max(2) - 1).unwrap_or(isize::MAX);
    match action {
        Action::CursorFirst => jumps::jump(app, |app| scroll(app, isize::MIN)),
        Action::CursorLast => jumps::jump(app, |app| scroll(app, isize::MAX)),
        Action::CursorDown
        | Action::CursorUp
        | Action::PageDown
        | Action::PageUp
        | Action::HalfPageDown
        | Action::HalfPageUp => scroll(app, action.rows(page).unwrap_or(0)),
        Action::Enter => enter(app),
        Action::Open => open_or_descend(app),
        Action::Close => close_or_ascend(app),
        Action::ExpandAll => set_all(app, true),
        Action::CollapseAll => set_all(app, false),
        Action::SwitchPane => switch_pane(app),
        Action::Filter => open_filter(app),
        Action::NextMatch => jumps::jump(app, |app| step_match(app, true)),
        Action::PreviousMatch => jumps::jump(app, |app| step_match(app, false)),
        Action::JumpBack => jumps::step(app, false),
        Action::JumpForward => jumps::step(app, true),
        Action::ClearFilter => back(app),
        Action::ToggleClosed => toggle_closed(app),
        Action::Copy => open_copy_menu(app),
        Action::ReloadHere => return reload_here(app),
        Action::ReloadAll => return reload(app),
        Action::Problems => app.overlays.push(Overlay::Problems(0)),
        Action::Changes => changes_pane::open(app),
        Action::Palette => open_palette(app),
        Action::Help => open_help(app),
        Action::Suspend => return vec![Effect::Suspend],
        Action::ShowExplorer => views::show(app, View::Explorer),
        Action::ShowClosures => views::show(app, View::Closures),
        Action::ShowActivity => views::show(app, View::Activity),
        Action::Quit => return super::quitting::quit(app),
        Action::Mark => super::marks::toggle(app),
        Action::MarkRange => super::marks::range(app),
        Action::CloseAccount
        | Action::RemoveAccount
        | Action::LeaveOrganization
        | Action::MoveAccounts
        | Action::Undo
        | Action::NewUnit
        | Action::RenameUnit
        | Action::DeleteUnit
        | Action::Withdraw
        | Action::Resume => return change(app, action),
        // Done above.
        Action::NextTab
        | Action::PreviousTab
        | Action::ShowReach
        | Action::ShowDelegations
        | Action::Compare => {}
    }
    Vec::new()
}

/// Begins what changes the organization: asks, or lets choose.
fn change(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::CloseAccount => return closing::ask(app),
        Action::RemoveAccount => return removing::ask(app),
        Action::LeaveOrganization => return removing::ask_to_leave(app),
        Action::MoveAccounts => super::picker::open(app),
        Action::Undo => return super::moving::undo(app),
        Action::NewUnit => super::units::name_new(app),
        Action::RenameUnit => super::units::name_anew(app),
        Action::DeleteUnit => super::units::ask_to_delete(app),
        Action::Withdraw => return views::withdraw(app),
        Action::Resume => return closing::ask_resume(app),
        _ => {}
    }
    Vec::new()
}

/// Whether the views beside the explorer give the action a meaning of their own.
fn is_of_view(action: Action) -> bool {
    row_of(action).section == Section::Move
        || matches!(
            action,
            Action::ClearFilter | Action::Copy | Action::ReloadHere
        )
}

pub(super) fn cursor(app: &App) -> Option<(NodeIx, &Node)> {
    let ix = app.outline.cursor()?;
    Some((ix, app.tree.get(ix)?))
}

fn scroll(app: &mut App, rows: isize) {
    match app.focus {
        Focus::Tree => app.outline.move_by(rows),
        Focus::Details => scroll_details(app, rows),
    }
}

/// Scrolls the details by lines, as far as there are any.
pub(super) fn scroll_details(app: &mut App, rows: isize) {
    let area = app.areas.details;
    let lines = match app.view {
        View::Explorer => details::page(app, area.width.into()).lines.len(),
        View::Closures | View::Activity => views::detail_lines(app),
    };
    let last = lines.saturating_sub(area.height.into());
    let line = usize::from(app.details_scroll).saturating_add_signed(rows);
    app.details_scroll = u16::try_from(line.min(last)).unwrap_or(u16::MAX);
}

/// Whether anything could not be read, as far as is known now.
#[must_use]
pub fn has_problems(app: &App) -> bool {
    !app.load.missing.is_empty() || app.tree.totals().incomplete > 0
}

fn enter(app: &mut App) {
    let Some((ix, node)) = cursor(app) else {
        return;
    };
    if app.focus == Focus::Details {
        app.focus = Focus::Tree;
    } else if node.kind() == NodeKind::Account {
        app.focus = Focus::Details;
    } else if app.outline.is_open(ix) {
        app.outline.close(ix);
    } else {
        app.outline.open(ix);
    }
}

fn open_or_descend(app: &mut App) {
    let Some((ix, node)) = cursor(app) else {
        return;
    };
    if node.kind() == NodeKind::Account {
        return;
    }
    let (here, rows) = (app.outline.cursor_row(), app.outline.rows());
    let depth = |row: usize| rows.get(row).map(|row| row.depth);
    if depth(here + 1) > depth(here) {
        app.outline.move_by(1);
    } else {
        app.outline.open(ix);
    }
}

fn close_or_ascend(app: &mut App) {
    let Some((ix, node)) = cursor(app) else {
        return;
    };
    let parent = node.parent();
    if app.outline.is_open(ix) && node.kind() != NodeKind::Account {
        app.outline.close(ix);
    } else if let Some(parent) = parent {
        app.outline.move_to_node(parent);
    }
}

/// On an account, its OU is meant; closing what is closed already closes what contains it.
fn set_all(app: &mut App, open: bool) {
    let Some((ix, node)) = cursor(app) else {
        return;
    };
    let done = node.kind() == NodeKind::Account || (!open && !app.outline.is_open(ix));
    let target = node.parent().filter(|_| done).unwrap_or(ix);
    let App { outline, tree, .. } = app;
    outline.set_all_below(tree, target, open);
    if !open {
        outline.move_to_node(target);
    }
}

fn switch_pane(app: &mut App) {
    app.focus = match app.focus {
        Focus::Tree => Focus::Details,
        Focus::Details => Focus::Tree,
    };
}

fn open_filter(app: &mut App) {
    views::show(app, View::Explorer);
    app.focus = Focus::Tree;
    app.filtering_from = app.outline.cursor();
    let filter = app.outline.filter.get_or_insert_with(Filter::default);
    filter.selected = !filter.input.value().is_empty();
    app.overlays.push(Overlay::Filter);
}

fn step_match(app: &mut App, forward: bool) {
    if !app.outline.step_match(forward) {
        // Otherwise the status line tells how far the tags are read.
        let filter = app.outline.active_filter();
        if filter.is_none_or(|filter| filter.unread() == 0) {
            app.say("Nothing matches the filter");
        }
    }
}

fn back(app: &mut App) {
    if app.focus == Focus::Details {
        app.focus = Focus::Tree;
    } else if !app.marks.is_empty() {
        app.marks.clear();
    } else {
        app.outline.clear_filter(&app.tree);
    }
}

fn toggle_closed(app: &mut App) {
    app.outline.hide_closed = !app.outline.hide_closed;
    app.outline.invalidate();
    let closed = app.tree.totals().closed;
    if app.outline.hide_closed {
        app.say(format!("Closed accounts are hidden ({closed})"));
    } else {
        app.say(format!("Closed accounts are shown ({closed})"));
    }
}

fn open_palette(app: &mut App) {
    let list = ActionList::palette(available_actions(app), keyless_refused(app));
    app.overlays.push(Overlay::Actions(list));
}

fn open_help(app: &mut App) {
    let offered = |row: &&ActionRow| app.withheld_because(row).is_none();
    let list = ActionList::help(ACTIONS.iter().filter(offered).collect());
    app.overlays.push(Overlay::Actions(list));
}

fn open_copy_menu(app: &mut App) {
    if let Some((ix, node)) = cursor(app) {
        let menu = CopyMenu::of(app, ix, node);
        app.overlays.push(Overlay::Copy(menu));
    }
}

fn reload_here(app: &mut App) -> Vec<Effect> {
    let Some((ix, node)) = cursor(app) else {
        return Vec::new();
    };
    let id = node.id().to_owned();
    let scope = match node.kind() {
        _ if app.credentials_refused => return reload(app),
        NodeKind::Account => WalkScope::Account { id },
        _ if app.load.is_walking_all() => {
            app.say("The organization is still being read, what is on screen first");
            return Vec::new();
        }
        NodeKind::Root | NodeKind::Unplaced => return reload(app),
        NodeKind::OrganizationalUnit => {
            let below = app.tree.depth_first(ix);
            let accounts = below
                .into_iter()
                .filter_map(|ix| app.tree.get(ix)?.account());
            let known_accounts = accounts.map(|account| account.id.clone()).collect();
            WalkScope::Subtree {
                node: id,
                known_accounts,
            }
        }
    };
    vec![start_walk(app, scope)]
}

/// Reads everything again, with new credentials where the old ones were refused.
fn reload(app: &mut App) -> Vec<Effect> {
    tabs::forget(app);
    if app.credentials_refused && !app.session.demo {
        vec![Effect::Reconnect]
    } else {
        reload_all(app)
    }
}

/// Reads everything again, who we are included.
pub(super) fn reload_all(app: &mut App) -> Vec<Effect> {
    vec![Effect::Identify, read_all(app)]
}

/// Reads everything again.
pub(super) fn read_all(app: &mut App) -> Effect {
    start_walk(app, WalkScope::Organization)
}

pub(super) fn start_walk(app: &mut App, scope: WalkScope) -> Effect {
    if !matches!(scope, WalkScope::Account { .. }) {
        app.policies.clear();
        app.tree.begin_walk();
        app.wanted.clear();
    }
    let failed_before = match &scope {
        WalkScope::Subtree { node, .. } => errors_below(app, node),
        WalkScope::Organization | WalkScope::Account { .. } => Vec::new(),
    };
    let generation = app.load.start(scope.clone(), app.now, failed_before);
    Effect::Walk { generation, scope }
}

fn errors_below(app: &App, id: &str) -> Vec<OrgError> {
    let start = app.tree.find(id);
    let below = start.map(|ix| app.tree.depth_first(ix)).unwrap_or_default();
    let errors = below
        .into_iter()
        .filter_map(|ix| app.tree.get(ix)?.error().cloned());
    errors.collect()
}
