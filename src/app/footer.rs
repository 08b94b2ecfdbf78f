//! The keys that the footer offers: those that do something here, what matters most first.

use crokey::KeyCombination;

use super::news::lists_nothing;
use super::perform::{available, cursor};
use super::{App, Focus, View, changes_pane, compare, tabs};
use crate::action::{ACTIONS, Action, ActionRow};
use crate::org::{NodeKind, Phase};

/// The keys that do something here with a word for each, the most useful first, help and quit last.
#[must_use]
pub fn footer(app: &App) -> Vec<(KeyCombination, &'static str)> {
    let first = first(app);
    let rank = |action: Action| {
        let place = first.iter().position(|first| *first == action);
        place.unwrap_or(first.len())
    };
    let mut rows: Vec<&ActionRow> = ACTIONS.iter().collect();
    // Stable: the others keep the order of the table, in which help and quit are the last.
    rows.sort_by_key(|row| rank(row.action));
    let hints = rows.into_iter();
    let hints = hints.filter_map(|row| Some((*row.keys.first()?, hint(app, row)?)));
    hints.collect()
}

/// What matters most here, if it can be done.
fn first(app: &App) -> Vec<Action> {
    // What went wrong is worth more than what can be done as well.
    let mut first = vec![if lists_nothing(app) {
        Action::LeaveOrganization
    } else {
        Action::Problems
    }];
    if app.view == View::Explorer && app.compare_with.is_some() {
        first.push(Action::Compare);
    }
    let kind = cursor(app).map(|(_, node)| node.kind());
    let row = app.closures.current().map(|row| &row.phase);
    first.extend_from_slice(match (app.view, kind) {
        (View::Closures, _) if matches!(row, Some(Phase::NeedsResume { .. })) => {
            &[Action::Resume, Action::Withdraw][..]
        }
        (View::Closures | View::Activity, _) => &[Action::Withdraw, Action::Resume, Action::Undo],
        _ if app.focus == Focus::Details => &[
            Action::Enter,
            Action::ShowReach,
            Action::NextTab,
            Action::CursorDown,
        ],
        _ if !app.marks.is_empty() => &[
            Action::MoveAccounts,
            Action::CloseAccount,
            Action::ClearFilter,
            Action::Mark,
        ],
        (_, Some(NodeKind::Root | NodeKind::OrganizationalUnit)) => {
            &[Action::Enter, Action::NewUnit, Action::RenameUnit]
        }
        (_, Some(NodeKind::Account)) => &[Action::Enter, Action::MoveAccounts],
        _ => &[],
    });
    first
}

/// The word for the footer, if the action does something here.
#[must_use]
pub fn hint(app: &App, row: &ActionRow) -> Option<&'static str> {
    available(app, row.action).ok()?;
    if row.action == Action::Changes {
        return (changes_pane::news(app) > 0).then_some("changes");
    }
    if app.view != View::Explorer {
        return match row.action {
            // It leads away.
            Action::Filter => None,
            Action::Enter => Some("go to"),
            Action::ReloadHere => Some("read now"),
            Action::ClearFilter => Some("back"),
            _ => row.hint,
        };
    }
    if lists_nothing(app) {
        return match row.action {
            Action::LeaveOrganization => Some("leave"),
            Action::ReloadAll => Some("try again"),
            Action::ShowActivity => Some("activity"),
            Action::Help | Action::Quit => row.hint,
            _ => None,
        };
    }
    let kind = cursor(app).map(|(_, node)| node.kind());
    match (row.action, app.focus) {
        (Action::Compare, _) if compare::is_begun(app) => Some("compare"),
        (Action::Enter, Focus::Details) => tabs::enter_hint(app),
        (Action::Filter | Action::NextMatch, Focus::Details) => None,
        (Action::ClearFilter, Focus::Details) => Some("back"),
        (Action::ClearFilter, _) if !app.marks.is_empty() => Some("clear marks"),
        (Action::CloseAccount, _) if !app.marks.is_empty() => Some("close"),
        (Action::CursorDown, Focus::Details) => Some("down"),
        (Action::NewUnit, Focus::Tree) if kind != Some(NodeKind::Account) => Some("new OU"),
        (Action::RenameUnit, Focus::Tree) if kind != Some(NodeKind::Account) => Some("rename"),
        (Action::Enter, Focus::Tree) => match kind? {
            NodeKind::Account => Some("details"),
            _ if app.outline.is_open(cursor(app)?.0) => Some("collapse"),
            _ => row.hint,
        },
        _ => row.hint,
    }
}
