//! What keys and pasted text do in an overlay.
//!
//! An overlay is taken off the stack to get its key; each function puts it back unless the key
//! closed it.

use crokey::{KeyCombination, key};
use crossterm::event::{KeyCode, KeyModifiers};

use super::overlay::{ActionList, CopyItem, CopyMenu, Overlay, problem_lines};
use super::perform::attempt;
use super::{App, jumps, results};
use crate::action::{Action, lookup};
use crate::effect::Effect;
use crate::keys;

pub(super) fn key_in_filter(app: &mut App, key: KeyCombination) {
    let listed = app.results.shown;
    let height = if listed {
        app.results.list.height()
    } else {
        app.outline.height()
    };
    let page = isize::try_from(height.max(2) - 1).unwrap_or(1);
    let empty = |app: &App| {
        app.outline
            .filter
            .as_ref()
            .is_none_or(super::filter::Filter::is_empty)
    };
    match step(key, page) {
        _ if key == key!(esc) => return app.outline.clear_filter(&app.tree),
        _ if key == key!(backspace) && empty(app) => return app.outline.clear_filter(&app.tree),
        _ if key == key!(enter) || key == key!(tab) => {
            if leave_filter_line(app, key == key!(tab)) {
                return;
            }
        }
        Some(rows) if listed => results::move_by(app, rows),
        Some(rows) => app.outline.move_by(rows),
        None => {
            if let Some(filter) = &mut app.outline.filter
                && edit_filter(filter, key)
            {
                retyped(app);
            }
        }
    }
    app.overlays.push(Overlay::Filter);
}

/// Does what a key means to the line; true where it changes the text.
fn edit_filter(filter: &mut super::filter::Filter, key: KeyCombination) -> bool {
    let mut line = filter.input.clone();
    if !keys::edit(&mut line, key) {
        filter.selected = false;
        filter.input = line;
        return false;
    }
    if std::mem::take(&mut filter.selected) {
        filter.input.reset();
        keys::edit(&mut filter.input, key);
    } else {
        filter.input = line;
    }
    true
}

/// Ends the typing: to the tree or to what the list's cursor is on, or to the list. False where
/// what is typed cannot be used.
fn leave_filter_line(app: &mut App, to_list: bool) -> bool {
    let Some(filter) = &app.outline.filter else {
        return true;
    };
    if let Some(error) = filter.error() {
        let error = error.to_string();
        app.warn(error);
        return false;
    }
    match (filter.is_empty(), to_list) {
        (true, true) => {
            app.say("Nothing is typed to list the matches of");
            return false;
        }
        (true, false) => app.outline.clear_filter(&app.tree),
        (false, true) => {
            if !app.results.shown {
                results::show(app);
            }
            app.overlays.push(Overlay::Results);
        }
        (false, false) if app.results.shown => return results::go_to_current(app),
        (false, false) => {
            let before = app.filtering_from.take();
            jumps::left(app, before);
        }
    }
    true
}

/// After the text of the filter has changed.
pub(super) fn retyped(app: &mut App) {
    if let Some(filter) = &mut app.outline.filter {
        filter.retype(&app.config.filters, &app.tree);
        super::filter::learn(app);
        app.outline.filter_changed(&app.tree);
        if app.results.shown {
            results::show(app);
        }
    }
}

pub(super) fn key_in_actions(
    app: &mut App,
    mut list: ActionList,
    key: KeyCombination,
) -> Vec<Effect> {
    match step(key, 8) {
        _ if key == key!(esc) => return Vec::new(),
        _ if key == key!(enter) => {
            return match list.shown.get(list.selected) {
                // The cursor of the tree, to which it would be done, is not to be seen.
                Some(&action) if app.results.shown => results::attempt(app, action),
                Some(&action) => attempt(app, action),
                None => Vec::new(),
            };
        }
        Some(rows) => list.selected = moved(list.selected, rows, list.shown.len()),
        None => {
            if keys::edit(&mut list.input, key) {
                list.search();
            }
        }
    }
    app.overlays.push(Overlay::Actions(list));
    Vec::new()
}

pub(super) fn key_in_copy_menu(
    app: &mut App,
    mut menu: CopyMenu,
    key: KeyCombination,
) -> Vec<Effect> {
    let by_letter = match key.codes {
        crokey::OneToThree::One(KeyCode::Char(c)) if key.modifiers.is_empty() => {
            menu.items.iter().position(|item| item.key == c)
        }
        crokey::OneToThree::One(KeyCode::Char(c)) if key.modifiers == KeyModifiers::SHIFT => {
            let upper = c.to_ascii_uppercase();
            menu.items.iter().position(|item| item.key == upper)
        }
        _ => None,
    };
    let chosen = by_letter.or_else(|| (key == key!(enter)).then_some(menu.selected));
    if let Some(CopyItem { what, text, .. }) = chosen.and_then(|at| menu.items.get(at)).cloned() {
        return vec![Effect::Copy { what, text }];
    }
    if key == key!(esc) || key == key!(q) || key == key!(y) {
        return Vec::new();
    }
    if key == key!(o) {
        let effects = open_link(app, &mut menu);
        app.overlays.push(Overlay::Copy(menu));
        return effects;
    }
    if let Some(rows) = step(key, 8).or(letter_step(key)) {
        menu.selected = moved(menu.selected, rows, menu.items.len());
    }
    app.overlays.push(Overlay::Copy(menu));
    Vec::new()
}

/// Shows the page in the console, and opens it where there is a browser.
pub(super) fn open_link(app: &mut App, menu: &mut CopyMenu) -> Vec<Effect> {
    let Some(link) = menu.choose_link() else {
        app.say("There is no page in the AWS console for this");
        return Vec::new();
    };
    if app.session.browser {
        app.say(format!("Opening {link}"));
        return vec![Effect::Browse(link)];
    }
    app.say("There is no browser here: the link is shown, and l copies it");
    Vec::new()
}

pub(super) fn key_in_problems(app: &mut App, line: usize, key: KeyCombination) {
    if [key!(esc), key!(q), key!(enter), key!(shift - e)].contains(&key) {
        return;
    }
    let page = isize::try_from(app.areas.overlay.height)
        .unwrap_or(8)
        .max(1);
    let rows = match lookup(key) {
        Some(Action::CursorFirst) => isize::MIN,
        Some(Action::CursorLast) => isize::MAX,
        Some(Action::HalfPageDown) => page / 2,
        Some(Action::HalfPageUp) => -page / 2,
        _ => step(key, page).or(letter_step(key)).unwrap_or(0),
    };
    let lines = problem_lines(app, app.areas.overlay.width.into()).len();
    let last = lines.saturating_sub(app.areas.overlay.height.into());
    app.overlays
        .push(Overlay::Problems(moved(line, rows, last + 1)));
}

/// How far a key moves in a list in which letters are typed.
pub(super) fn step(key: KeyCombination, page: isize) -> Option<isize> {
    match key {
        key!(down) | key!(ctrl - n) => Some(1),
        key!(up) | key!(ctrl - p) => Some(-1),
        key!(pagedown) => Some(page),
        key!(pageup) => Some(-page),
        _ => None,
    }
}

/// How far a letter moves in a list in which nothing is typed.
fn letter_step(key: KeyCombination) -> Option<isize> {
    match key {
        key!(j) => Some(1),
        key!(k) => Some(-1),
        _ => None,
    }
}

pub(super) fn moved(from: usize, by: isize, count: usize) -> usize {
    from.saturating_add_signed(by).min(count.saturating_sub(1))
}

pub(super) fn on_paste(app: &mut App, text: &str) -> Vec<Effect> {
    app.opening = None;
    match app.overlays.last_mut() {
        Some(Overlay::Filter | Overlay::Results) if let Some(ids) = results::accounts_in(text) => {
            results::take_pasted(app, ids);
        }
        Some(Overlay::Results) => {
            app.overlays.pop();
            app.results = results::Results::default();
            return on_paste(app, text);
        }
        Some(Overlay::Filter) => {
            if let Some(filter) = &mut app.outline.filter {
                if std::mem::take(&mut filter.selected) {
                    filter.input.reset();
                }
                keys::paste(&mut filter.input, text);
                retyped(app);
            }
        }
        Some(Overlay::Actions(list)) => {
            keys::paste(&mut list.input, text);
            list.search();
        }
        Some(Overlay::Dialog(_)) => super::dialog::on_paste(app, text),
        Some(Overlay::Picker(_)) => super::picker::on_paste(app, text),
        Some(Overlay::Name(line)) => keys::paste(&mut line.input, text),
        Some(Overlay::Viewer(viewer)) if viewer.search.typing => viewer.paste(text),
        Some(Overlay::Sheet(sheet)) if sheet.search.typing => sheet.paste(text),
        Some(
            Overlay::Changes(_)
            | Overlay::Copy(_)
            | Overlay::Problems(_)
            | Overlay::Report(_)
            | Overlay::Sheet(_)
            | Overlay::Viewer(_)
            | Overlay::Quit,
        ) => app.say("What was pasted means nothing here"),
        None => {
            // Whoever pastes here is looking for what was pasted.
            app.view = super::View::Explorer;
            app.outline.filter = None;
            let mut effects = attempt(app, Action::Filter);
            effects.extend(on_paste(app, text));
            return effects;
        }
    }
    Vec::new()
}
