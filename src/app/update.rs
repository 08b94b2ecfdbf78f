//! What follows from what happened.

use crokey::{KeyCombination, OneToThree, key};
use crossterm::event::KeyCode;
use jiff::Timestamp;

use super::dialog;
use super::findings;
use super::follow;
use super::journal::on_journal;
use super::news::{on_identified, on_reconnected, on_walk};
use super::overlay::Overlay;
use super::overlay_keys::{
    key_in_actions, key_in_copy_menu, key_in_filter, key_in_problems, on_paste,
};
use super::perform::{attempt, scroll_details};
use super::{App, Focus, View, results, views, watching};
use super::{
    changes_pane, details, kept, marks, moving, picker, policies, quitting, report, sheet, tabs,
    units, viewer,
};
use crate::action::{Action, lookup};
use crate::confirm::Order;
use crate::effect::Effect;
use crate::msg::{Areas, MouseKind, Msg};
use crate::org::{NodeIx, NodeKind, OrgError};

/// How many rows a turn of the wheel scrolls.
const WHEEL_ROWS: isize = 3;

/// Takes in what happened; says what shall be done outside.
#[must_use]
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    // What is told of time alone changes nothing that the details say.
    if !matches!(msg, Msg::Drawn(_) | Msg::Elapsed(_)) {
        app.details_page = None;
    }
    // Rows are made when somebody is going to look at them, not for each of many results.
    let looks = !matches!(
        msg,
        Msg::Walk(..)
            | Msg::Spin
            | Msg::Clock(_)
            | Msg::Elapsed(_)
            | Msg::Identified(_)
            | Msg::Found(..)
            | Msg::Targets(_)
            | Msg::Polled { .. }
            | Msg::Swept { .. }
    );
    if looks {
        bring_up_to_date(app);
    }
    follow::look(app, &msg);
    let lead = marks::lead(app, &msg);
    let revision = app.tree.revision();
    let in_background = matches!(msg, Msg::Polled { .. } | Msg::Swept { .. });
    let mut effects = match msg {
        Msg::Arranged(areas) => return on_arranged(app, areas),
        Msg::Clock(now) => return on_clock(app, now),
        Msg::Elapsed(elapsed) => {
            dialog::on_elapsed(app, elapsed);
            return Vec::new();
        }
        // It comes after each frame, and must not ask for the next one.
        Msg::Drawn(now) => {
            dialog::on_drawn(app, now);
            return Vec::new();
        }
        msg => dispatch(app, msg),
    };
    let orders = effects.iter().filter_map(|effect| match effect {
        Effect::Apply(confirmed) => Some(confirmed.order().clone()),
        _ => None,
    });
    let orders: Vec<Order> = orders.collect();
    for order in &orders {
        moving::send_off(app, order);
    }
    app.orders_out.extend(orders);
    effects.extend(watching::on_time(app));
    if app.tree.revision() != revision {
        on_changed_tree(app);
    }
    units::settle(app);
    let overlays = app.overlays.len();
    report::open_waiting(app);
    // What is read in the background is drawn only where it shows.
    let shows = app.view == View::Closures || app.overlays.len() != overlays;
    app.dirty |= !in_background || shows || app.tree.revision() != revision;
    if looks {
        bring_up_to_date(app);
        marks::follow(app, lead);
        follow::tell(app);
        effects.extend(wanted_first(app));
    }
    effects
}

/// The tree has changed: so has what was made from it, but for the rows.
fn on_changed_tree(app: &mut App) {
    follow::keep(app);
    app.marks.forget_gone(&app.tree);
    dialog::refresh(app);
    picker::refresh(app);
}

/// Makes the rows of what is on screen, where what they come from has changed.
fn bring_up_to_date(app: &mut App) {
    super::filter::learn(app);
    app.outline.refresh(&app.tree);
    marks::settle(app);
    super::opening::settle(app);
    results::refresh(app);
    marks::tell_again(app);
}

fn dispatch(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) if dialog::is_still_held(app, key, false) => Vec::new(),
        Msg::Repeat(key) if dialog::is_still_held(app, key, true) => Vec::new(),
        Msg::Key(key) => on_key(app, key),
        Msg::Repeat(key) => on_repeat(app, key),
        Msg::Paste(text) => on_paste(app, &text),
        Msg::Mouse { kind, column, row } => on_mouse(app, kind, column, row),
        Msg::Arranged(areas) => on_arranged(app, areas),
        Msg::Clock(now) => on_clock(app, now),
        Msg::Drawn(_) | Msg::Elapsed(_) => Vec::new(),
        Msg::Covered => {
            dialog::on_covered(app);
            Vec::new()
        }
        Msg::StillChanging => {
            app.leaving = super::Leaving::WhileChanging;
            app.overlays.push(Overlay::Quit);
            Vec::new()
        }
        Msg::Spin => on_spin(app),
        Msg::Reconnected(result) => on_reconnected(app, result),
        Msg::Identified(answer) => on_identified(app, answer),
        Msg::Walk(generation, event) => on_walk(app, generation, event),
        Msg::NotBrowsed(failure) => {
            app.warn(format!("Could not start the browser: {failure}"));
            Vec::new()
        }
        Msg::Copied { what, failure } => on_copied(app, what, failure),
        Msg::Journal(news) => {
            let effects = on_journal(app, news);
            units::tell_empty(app);
            report::settle(app);
            dialog::refresh(app);
            effects
        }
        Msg::Fact(number, fact) => {
            watching::on_fact(app, &fact);
            dialog::on_fact(app, number, &fact);
            Vec::new()
        }
        Msg::Found(question, found) => findings::on_found(app, question, found),
        Msg::Targets(page) => findings::on_targets(app, page),
        Msg::NotKept(error) => warn(app, &error),
        Msg::Policies(attached) => policies::on_policies(app, attached),
        Msg::Observed(observations) => {
            let effects = watching::on_observed(app, &observations);
            let read = kept::ids_in(&observations);
            app.tree.apply(observations);
            kept::compare(app, read);
            units::tell_empty(app);
            effects
        }
        Msg::Polled {
            account,
            at,
            result,
        } => watching::on_polled(app, &account, at, result),
        Msg::Swept { at, result } => watching::on_swept(app, at, result),
    }
}

fn on_key(app: &mut App, key: KeyCombination) -> Vec<Effect> {
    // Terminals tell Shift-Tab with and without Shift.
    let key = match key.codes {
        OneToThree::One(KeyCode::BackTab) => key!(backtab),
        _ => key,
    };
    app.notice = None;
    app.opening = None;
    let asked_twice = std::mem::take(&mut app.restart_asked);
    if key == key!(ctrl - c) {
        return match app.overlays.last() {
            Some(Overlay::Quit) => quitting::quit_anyway(app),
            _ => quitting::quit(app),
        };
    }
    if key == key!(ctrl - z) {
        return vec![Effect::Suspend];
    }
    let Some(overlay) = app.overlays.pop() else {
        return match lookup(key) {
            // While it is still being read, starting over would only lose time.
            Some(Action::ReloadAll) if app.load.is_walking_all() && !asked_twice => {
                app.restart_asked = true;
                app.say("Still reading; press R again to start over");
                Vec::new()
            }
            Some(action) => attempt(app, action),
            None => Vec::new(),
        };
    };
    match overlay {
        Overlay::Filter => key_in_filter(app, key),
        Overlay::Results => return results::on_key(app, key),
        Overlay::Actions(list) => return key_in_actions(app, list, key),
        Overlay::Copy(menu) => return key_in_copy_menu(app, menu, key),
        Overlay::Problems(line) => key_in_problems(app, line, key),
        Overlay::Quit => return quitting::key_in_quit(app, key),
        Overlay::Dialog(dialog) => return dialog::on_key(app, dialog, key),
        Overlay::Picker(picker) => return picker::on_key(app, picker, key),
        Overlay::Name(line) => return units::on_key(app, line, key),
        Overlay::Report(report) => report::on_key(app, report, key),
        Overlay::Changes(pane) => changes_pane::on_key(app, pane, key),
        Overlay::Viewer(viewer) => return viewer::on_key(app, viewer, key),
        Overlay::Sheet(sheet) => return sheet::on_key(app, sheet, key),
    }
    Vec::new()
}

/// A held key goes on scrolling and typing, but never answers anything.
fn on_repeat(app: &mut App, key: KeyCombination) -> Vec<Effect> {
    match app.overlays.last() {
        Some(Overlay::Dialog(_) | Overlay::Quit) => Vec::new(),
        _ => on_key(app, key),
    }
}

fn on_mouse(app: &mut App, kind: MouseKind, column: u16, row: u16) -> Vec<Effect> {
    // The cursor must not move under the mouse.
    app.opening = None;
    let in_overlay = match app.overlays.last() {
        None | Some(Overlay::Filter | Overlay::Results) => false,
        Some(Overlay::Picker(picker)) => !picker.pointing,
        Some(_) => true,
    };
    let wheel = match kind {
        MouseKind::Click => None,
        MouseKind::WheelDown => Some(WHEEL_ROWS),
        MouseKind::WheelUp => Some(-WHEEL_ROWS),
    };
    if in_overlay {
        return mouse_on_top(app, wheel, column, row);
    }
    if wheel.is_none()
        && let Some(view) = tab_at(app, column, row)
    {
        return show_tab(app, view);
    }
    let list = app.areas.list;
    if app.view == View::Explorer && app.results.shown {
        match wheel {
            Some(rows) => results::move_by(app, rows),
            None if list.contains(column, row) => results::click(app, (row - list.y).into()),
            None => {}
        }
        return Vec::new();
    }
    if app.view != View::Explorer {
        match wheel {
            Some(rows) if app.focus == Focus::Details => scroll_details(app, rows),
            Some(rows) => views::move_by(app, rows),
            None if list.contains(column, row) => views::click(app, (row - list.y).into()),
            None => {}
        }
        return Vec::new();
    }
    let (tree, details) = (app.areas.tree, app.areas.details);
    match wheel {
        Some(rows) if tree.contains(column, row) => app.outline.scroll_by(rows),
        Some(rows) if details.contains(column, row) => scroll_details(app, rows),
        None if tree.contains(column, row) => click_row(app, column - tree.x, row - tree.y),
        None if details.contains(column, row) => tabs::click(app, row - details.y),
        None => {
            if let Some(tab) = tabs::at(app, column, row) {
                app.focus = Focus::Details;
                tabs::show(app, tab);
            }
        }
        _ => {}
    }
    Vec::new()
}

/// The view whose title is at this cell.
fn tab_at(app: &App, column: u16, row: u16) -> Option<View> {
    let views = [View::Explorer, View::Closures, View::Activity];
    let mut tabs = views.into_iter().zip(app.areas.tabs);
    let (view, _) = tabs.find(|(_, tab)| tab.contains(column, row))?;
    Some(view)
}

/// A click on the title of a view, which is no answer to what lies on top.
fn show_tab(app: &mut App, view: View) -> Vec<Effect> {
    match app.overlays.last() {
        None => {}
        // What was typed is kept.
        Some(Overlay::Filter | Overlay::Results) => {
            app.overlays.pop();
            app.results = results::Results::default();
            if app.outline.active_filter().is_none() {
                app.outline.clear_filter(&app.tree);
            }
        }
        Some(_) => return Vec::new(),
    }
    app.notice = None;
    app.focus = Focus::Tree;
    views::show(app, view);
    Vec::new()
}

/// The mouse while something lies on top: it turned the wheel by so many rows, or clicked.
fn mouse_on_top(app: &mut App, wheel: Option<isize>, column: u16, row: u16) -> Vec<Effect> {
    let key = match (app.overlays.last(), wheel) {
        (Some(Overlay::Dialog(_)), Some(rows)) => {
            dialog::on_wheel(app, rows > 0);
            return Vec::new();
        }
        (Some(Overlay::Dialog(_)), None) => return dialog::on_click(app, column, row),
        (_, Some(rows)) if rows > 0 => key!(down),
        (_, Some(_)) => key!(up),
        // What asks, or is to be acknowledged, is not answered by a click beside it.
        (Some(Overlay::Quit | Overlay::Name(_) | Overlay::Report(_)), None) => return Vec::new(),
        (_, None) if app.areas.overlay.contains(column, row) => {
            click_on_top(app, row - app.areas.overlay.y);
            return Vec::new();
        }
        (_, None) => key!(esc),
    };
    on_key(app, key)
}

/// A click into what lies on top to be read selects.
fn click_on_top(app: &mut App, row: u16) {
    match app.overlays.last_mut() {
        Some(Overlay::Viewer(viewer)) => viewer::click(viewer, row),
        Some(Overlay::Sheet(sheet)) => sheet::click(sheet, row),
        _ => {}
    }
}

/// A click selects; on the marker before a name it also opens or closes.
fn click_row(app: &mut App, column: u16, row: u16) {
    app.focus = Focus::Tree;
    let (first, window) = app.outline.window();
    let Some(clicked) = window.get(usize::from(row)).copied() else {
        return;
    };
    app.outline.move_to(first + usize::from(row));
    let kind = app.tree.get(clicked.node).map(crate::org::Node::kind);
    if kind != Some(NodeKind::Account) && column / 2 == clicked.depth {
        let _ = attempt(app, Action::Enter);
    }
}

/// Before each frame: what it will show is brought up to date, and fits where it will be.
fn on_arranged(app: &mut App, areas: Areas) -> Vec<Effect> {
    app.areas = areas;
    follow::tell(app);
    views::refresh(app);
    let rows = if app.view == View::Explorer {
        areas.tree
    } else {
        areas.list
    };
    views::set_height(app, rows.height.into());
    app.results.list.set_height(areas.list.height.into());
    if app.view == View::Explorer && app.details_of != app.outline.cursor() {
        kept::on_left(app, app.details_of);
        app.details_of = app.outline.cursor();
        tabs::leave(app);
    }
    if app.view == View::Explorer && app.areas.details.width > 0 {
        app.details_page = Some(details::page(app, app.areas.details.width.into()));
    }
    scroll_details(app, 0);
    dialog::on_arranged(app);
    report::on_arranged(app);
    changes_pane::refresh(app);
    viewer::on_arranged(app);
    sheet::on_arranged(app);
    let mut effects = tabs::on_arranged(app);
    if !effects.is_empty() {
        // What is asked for now is told to be on its way.
        app.details_page = None;
    }
    effects.extend(wanted_first(app));
    effects
}

/// The time is drawn in minutes: only a new minute is worth a frame.
fn on_clock(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let age = |app: &App| app.load.loaded_at.map(|at| super::ago(at, app.now));
    let before = age(app);
    let change = report::next_change(app);
    let last = std::mem::replace(&mut app.now, now);
    app.dirty |= age(app) != before || change.is_some_and(|at| at <= now);
    app.dirty |= watching::has_ticked(app, last);
    app.dirty |= kept::on_time(app);
    report::on_clock(app);
    let mut effects = tabs::on_clock(app);
    effects.extend(watching::on_time(app));
    effects.extend(kept::keep_sometimes(app));
    effects
}

fn on_spin(app: &mut App) -> Vec<Effect> {
    app.load.spinner += 1;
    Vec::new()
}

fn warn(app: &mut App, error: &OrgError) -> Vec<Effect> {
    app.warn(error.to_string());
    Vec::new()
}

fn on_copied(app: &mut App, what: &str, failure: Option<String>) -> Vec<Effect> {
    match failure {
        // Whether the terminal took it cannot be known.
        None => app.say(format!("Sent the {what} to the terminal's clipboard")),
        Some(failure) => app.warn(format!("Could not send the {what}: {failure}")),
    }
    Vec::new()
}

/// While loading, what is on screen is to be read first: the OU of the cursor, then the open ones.
fn wanted_first(app: &mut App) -> Option<Effect> {
    app.load.walking()?;
    let (_, window) = app.outline.window();
    let cursor = app.outline.cursor().into_iter();
    let near = cursor.clone().flat_map(|ix| app.tree.ancestors(ix).take(1));
    let mut nodes: Vec<NodeIx> = Vec::new();
    for ix in cursor.chain(near).chain(window.iter().map(|row| row.node)) {
        let kind = app.tree.get(ix).map(crate::org::Node::kind);
        let container = matches!(kind, Some(NodeKind::Root | NodeKind::OrganizationalUnit));
        if container && !app.tree.is_listed_in_this_walk(ix) && !nodes.contains(&ix) {
            nodes.push(ix);
        }
    }
    let ids = nodes.into_iter().filter_map(|ix| app.tree.get(ix));
    let wanted: Vec<String> = ids.map(|node| node.id().to_owned()).collect();
    (wanted != app.wanted).then(|| {
        app.wanted.clone_from(&wanted);
        Effect::Prioritize(wanted)
    })
}
