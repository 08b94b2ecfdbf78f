//! What keys do in the list of matches.

use crokey::{KeyCombination, key};

use super::{Found, go_to_current, leave, move_by};
use crate::action::{Action, lookup, row_of};
use crate::app::overlay::{CopyMenu, Overlay};
use crate::app::overlay_keys::{open_link, step};
use crate::app::perform::{self, refusal};
use crate::app::{App, marks};
use crate::effect::Effect;

/// Keys while the list has them and nothing is typed.
pub(in crate::app) fn on_key(app: &mut App, key: KeyCombination) -> Vec<Effect> {
    let page = isize::try_from(app.results.list.height().max(2) - 1).unwrap_or(1);
    let stays = match key {
        key!(enter) => !go_to_current(app),
        key!(space) => {
            mark(app, false);
            true
        }
        key!(a) => {
            mark(app, true);
            true
        }
        key!('/') => {
            app.overlays.push(Overlay::Filter);
            return Vec::new();
        }
        _ if [key!(esc), key!(tab), key!(q)].contains(&key) => {
            leave(app);
            false
        }
        key!(o) => {
            app.overlays.push(Overlay::Results);
            return browse(app);
        }
        _ => {
            let action = lookup(key);
            let rows = action.and_then(|action| action.rows(page));
            if let Some(rows) = rows.or_else(|| step(key, page)) {
                move_by(app, rows);
            } else if let Some(action) = action {
                app.overlays.push(Overlay::Results);
                return attempt(app, action);
            }
            true
        }
    };
    if stays {
        app.overlays.push(Overlay::Results);
    }
    Vec::new()
}

/// Does an action in the list, or says that it is none for the list: what changes something is done
/// in the tree, where all of what it is done to can be seen.
pub(in crate::app) fn attempt(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Help => return perform::attempt(app, action),
        Action::ReloadAll if app.load.is_walking_all() => app.say("Still reading"),
        Action::ReloadAll => {
            let effects = perform::attempt(app, action);
            if !effects.is_empty() {
                app.say("Reading again");
            }
            return effects;
        }
        Action::Copy => match menu(app) {
            Some(menu) => app.overlays.push(Overlay::Copy(menu)),
            None => app.say(NOTHING),
        },
        Action::Mark => mark(app, false),
        action => {
            let reason = "not in this list; Enter goes to the row in the tree";
            app.say(refusal(action, reason));
        }
    }
    Vec::new()
}

/// There is no row.
const NOTHING: &str = "There is nothing under the cursor";

/// What of the row under the cursor can be copied.
fn menu(app: &App) -> Option<CopyMenu> {
    match app.results.current()? {
        Found::Node(ix) => Some(CopyMenu::of(app, *ix, app.tree.get(*ix)?)),
        Found::Unknown(id) => Some(CopyMenu::new([('i', "account id", id.clone())])),
    }
}

/// Shows the page of the row under the cursor in the AWS console, and opens it where there is a
/// browser.
fn browse(app: &mut App) -> Vec<Effect> {
    let Some(mut menu) = menu(app) else {
        app.say(NOTHING);
        return Vec::new();
    };
    let has_link = menu.choose_link().is_some();
    let effects = open_link(app, &mut menu);
    app.overlays.extend(has_link.then_some(Overlay::Copy(menu)));
    effects
}

/// Marks the account under the cursor, or all of the list; takes the marks away where all of them
/// are marked.
fn mark(app: &mut App, all: bool) {
    if let Some(reason) = app.withheld_because(row_of(Action::Mark)) {
        app.say(refusal(Action::Mark, reason));
        return;
    }
    let account = |row: &Found| match row {
        Found::Node(ix) => Some(app.tree.get(*ix)?.account()?.id.clone()),
        Found::Unknown(_) => None,
    };
    let ids: Vec<String> = if all {
        app.results.rows.iter().filter_map(account).collect()
    } else {
        app.results
            .current()
            .and_then(account)
            .into_iter()
            .collect()
    };
    if ids.is_empty() {
        let reason = if all {
            "there is no account in the list"
        } else {
            "only accounts can be marked"
        };
        app.say(refusal(Action::Mark, reason));
        return;
    }
    let marked = ids.iter().all(|id| app.marks.contains(id));
    app.marks.set(ids, !marked);
    if all && marked {
        app.say("The marks of the list are taken away");
    } else if all {
        marks::tell_of_list(app);
    } else {
        move_by(app, 1);
    }
}
