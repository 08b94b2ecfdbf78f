//! What follows from what happened.

use crokey::{KeyCombination, key};
use crossterm::event::KeyCode;
use jiff::Timestamp;

use super::load::Job;
use super::overlay::{ActionList, CopyItem, CopyMenu, Overlay, problem_lines};
use super::perform::{attempt, reload_all, scroll_details};
use super::{App, Focus, keys};
use crate::action::{Action, lookup};
use crate::effect::Effect;
use crate::msg::{Areas, MouseKind, Msg};
use crate::org::{
    ErrorKind, Identity, NodeIx, NodeKind, OrgError, WalkEvent, WalkScope, WalkSummary,
};

/// How many rows a turn of the wheel scrolls.
const WHEEL_ROWS: isize = 3;

/// Takes in what happened; says what shall be done outside.
#[must_use]
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    // Rows are made when somebody is going to look at them, not for each of many results.
    let looks = !matches!(
        msg,
        Msg::Walk(..) | Msg::Spin | Msg::Clock(_) | Msg::Identified(_)
    );
    if looks {
        app.outline.refresh(&app.tree);
    }
    let mut effects = match msg {
        Msg::Key(key) => on_key(app, key),
        Msg::Paste(text) => on_paste(app, &text),
        Msg::Mouse { kind, column, row } => on_mouse(app, kind, column, row),
        Msg::Arranged(areas) => return on_arranged(app, areas),
        Msg::Clock(now) => return on_clock(app, now),
        Msg::Spin => on_spin(app),
        Msg::Reconnected(result) => on_reconnected(app, result),
        Msg::Identified(answer) => on_identified(app, answer),
        Msg::Walk(generation, event) => on_walk(app, generation, event),
        Msg::Copied { what, failure } => on_copied(app, what, failure),
    };
    app.dirty = true;
    if looks {
        app.outline.refresh(&app.tree);
        effects.extend(wanted_first(app));
    }
    effects
}

fn on_key(app: &mut App, key: KeyCombination) -> Vec<Effect> {
    app.notice = None;
    let asked_twice = std::mem::take(&mut app.restart_asked);
    if key == key!(ctrl - c) {
        return vec![Effect::Quit];
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
        Overlay::Actions(list) => return key_in_actions(app, list, key),
        Overlay::Copy(menu) => return key_in_copy_menu(app, menu, key),
        Overlay::Problems(line) => key_in_problems(app, line, key),
    }
    Vec::new()
}

/// An overlay was taken off the stack to get its key: these put it back unless the key closed it.
fn key_in_filter(app: &mut App, key: KeyCombination) {
    let page = isize::try_from(app.outline.height().max(2) - 1).unwrap_or(1);
    let empty = |app: &App| {
        app.outline
            .filter
            .as_ref()
            .is_none_or(super::filter::Filter::is_empty)
    };
    match step(key, page) {
        _ if key == key!(esc) => return app.outline.clear_filter(&app.tree),
        _ if key == key!(enter) => {
            if empty(app) {
                app.outline.clear_filter(&app.tree);
            }
            return;
        }
        _ if key == key!(backspace) && empty(app) => return app.outline.clear_filter(&app.tree),
        Some(rows) => app.outline.move_by(rows),
        None => {
            if let Some(filter) = &mut app.outline.filter
                && keys::edit(&mut filter.input, key)
            {
                filter.retype();
                app.outline.filter_changed(&app.tree);
            }
        }
    }
    app.overlays.push(Overlay::Filter);
}

fn key_in_actions(app: &mut App, mut list: ActionList, key: KeyCombination) -> Vec<Effect> {
    match step(key, 8) {
        _ if key == key!(esc) => return Vec::new(),
        _ if key == key!(enter) => {
            return match list.shown.get(list.selected) {
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

fn key_in_copy_menu(app: &mut App, mut menu: CopyMenu, key: KeyCombination) -> Vec<Effect> {
    let by_letter = match key.codes {
        crokey::OneToThree::One(KeyCode::Char(c)) if key.modifiers.is_empty() => {
            menu.items.iter().position(|item| item.key == c)
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
    if let Some(rows) = step(key, 8).or(letter_step(key)) {
        menu.selected = moved(menu.selected, rows, menu.items.len());
    }
    app.overlays.push(Overlay::Copy(menu));
    Vec::new()
}

fn key_in_problems(app: &mut App, line: usize, key: KeyCombination) {
    if [key!(esc), key!(q), key!(enter), key!(shift - e)].contains(&key) {
        return;
    }
    let page = isize::try_from(app.areas.overlay.height)
        .unwrap_or(8)
        .max(1);
    let rows = step(key, page).or(letter_step(key)).unwrap_or(match key {
        key!(g) | key!(home) => isize::MIN,
        key!(shift - g) | key!(end) => isize::MAX,
        key!(ctrl - d) => page / 2,
        key!(ctrl - u) => -page / 2,
        _ => 0,
    });
    let lines = problem_lines(app, app.areas.overlay.width.into()).len();
    let last = lines.saturating_sub(app.areas.overlay.height.into());
    app.overlays
        .push(Overlay::Problems(moved(line, rows, last + 1)));
}

/// How far a key moves in a list in which letters are typed.
fn step(key: KeyCombination, page: isize) -> Option<isize> {
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

fn moved(from: usize, by: isize, count: usize) -> usize {
    from.saturating_add_signed(by).min(count.saturating_sub(1))
}

fn on_paste(app: &mut App, text: &str) -> Vec<Effect> {
    match app.overlays.last_mut() {
        Some(Overlay::Filter) => {
            if let Some(filter) = &mut app.outline.filter {
                keys::paste(&mut filter.input, text);
                filter.retype();
                app.outline.filter_changed(&app.tree);
            }
        }
        Some(Overlay::Actions(list)) => {
            keys::paste(&mut list.input, text);
            list.search();
        }
        Some(Overlay::Copy(_) | Overlay::Problems(_)) => {}
        None => {
            // Whoever pastes into the tree is looking for what was pasted.
            let effects = attempt(app, Action::Filter);
            if let Some(filter) = &mut app.outline.filter {
                filter.input.reset();
            }
            return [effects, on_paste(app, text)].concat();
        }
    }
    Vec::new()
}

fn on_mouse(app: &mut App, kind: MouseKind, column: u16, row: u16) -> Vec<Effect> {
    let in_overlay = !matches!(app.overlays.last(), None | Some(Overlay::Filter));
    let wheel = match kind {
        MouseKind::Click => None,
        MouseKind::WheelDown => Some(WHEEL_ROWS),
        MouseKind::WheelUp => Some(-WHEEL_ROWS),
    };
    if in_overlay {
        let key = match wheel {
            Some(rows) if rows > 0 => key!(down),
            Some(_) => key!(up),
            None if app.areas.overlay.contains(column, row) => return Vec::new(),
            None => key!(esc),
        };
        return on_key(app, key);
    }
    let (tree, details) = (app.areas.tree, app.areas.details);
    match wheel {
        Some(rows) if tree.contains(column, row) => app.outline.scroll_by(rows),
        Some(rows) if details.contains(column, row) => {
            let focus = std::mem::replace(&mut app.focus, Focus::Details);
            let action = if rows > 0 {
                Action::CursorDown
            } else {
                Action::CursorUp
            };
            let _ = attempt(app, action);
            app.focus = focus;
        }
        None if tree.contains(column, row) => click_row(app, column - tree.x, row - tree.y),
        None if details.contains(column, row) => app.focus = Focus::Details,
        _ => {}
    }
    Vec::new()
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
    app.outline.set_height(areas.tree.height.into());
    if app.details_of != app.outline.cursor() {
        app.details_of = app.outline.cursor();
        app.details_scroll = 0;
    }
    scroll_details(app, 0);
    wanted_first(app).into_iter().collect()
}

/// The time is drawn in minutes: only a new minute is worth a frame.
fn on_clock(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let age = |app: &App| app.load.loaded_at.map(|at| super::ago(at, app.now));
    let before = age(app);
    app.now = now;
    app.dirty |= age(app) != before;
    Vec::new()
}

fn on_spin(app: &mut App) -> Vec<Effect> {
    app.load.spinner += 1;
    Vec::new()
}

fn on_reconnected(app: &mut App, result: Result<(), OrgError>) -> Vec<Effect> {
    match result {
        Ok(()) => {
            app.credentials_refused = false;
            reload_all(app)
        }
        Err(error) => {
            app.warn(error.to_string());
            app.known.error = Some(error);
            Vec::new()
        }
    }
}

fn on_identified(app: &mut App, answer: Result<Identity, OrgError>) -> Vec<Effect> {
    match answer {
        Ok(Identity {
            organization,
            caller,
        }) => {
            app.known.organization = Some(organization);
            app.known.caller = caller;
            app.known.error = None;
        }
        Err(error) => {
            app.warn(error.to_string());
            app.credentials_refused |= error.kind == ErrorKind::Credentials;
            app.known.error = Some(error);
        }
    }
    Vec::new()
}

fn on_walk(app: &mut App, generation: u64, event: WalkEvent) -> Vec<Effect> {
    let Some(scope) = app.load.scope_of(generation) else {
        return Vec::new();
    };
    match event {
        WalkEvent::Observed(observations, progress) => {
            if !matches!(scope, WalkScope::Account { .. }) {
                app.load.progress = progress;
            }
            app.tree.apply(observations);
        }
        WalkEvent::Finished(summary) => {
            if let Some(job) = app.load.finish(generation) {
                walk_finished(app, job, summary);
            }
        }
    }
    Vec::new()
}

fn walk_finished(app: &mut App, job: Job, summary: WalkSummary) {
    let complete = summary.is_complete();
    let refused = |error: &OrgError| error.kind == ErrorKind::Credentials;
    app.credentials_refused |= summary.missing.iter().any(refused);
    app.tree.finish_walk(&job.scope, complete);
    let seconds = app.now.duration_since(job.started_at).as_secs_f64();
    let progress = summary.progress;
    if complete {
        let done = match &job.scope {
            WalkScope::Organization => format!(
                "Read {} accounts in {} OUs: {} calls, {seconds:.1} s",
                progress.accounts,
                progress.units_known.saturating_sub(1),
                progress.calls,
            ),
            WalkScope::Subtree { node, .. } => {
                let ix = app.tree.find(node).and_then(|ix| app.tree.get(ix));
                let name = ix.map_or(node.as_str(), |node| node.label());
                format!(
                    "{name} was read again: {} accounts, {seconds:.1} s",
                    progress.accounts
                )
            }
            WalkScope::Account { id } if app.tree.find(id).is_none() => {
                format!("Account {id} is no longer in the organization")
            }
            WalkScope::Account { id } => format!("Account {id} was read again"),
        };
        app.say(done);
    } else if let Some(first) = summary.missing.first() {
        app.warn(format!("Incomplete (E: all, R: again): {first}"));
    }
    match job.scope {
        WalkScope::Organization => {
            app.load.progress = progress;
            if complete {
                app.load.loaded_at = Some(app.now);
            }
            app.load.missing = summary.missing;
        }
        // What the walk of the organization could not read stays on the list.
        WalkScope::Subtree { .. } => {
            app.load.progress = progress;
            let news = summary.missing.into_iter();
            let news: Vec<_> = news
                .filter(|error| !app.load.missing.contains(error))
                .collect();
            app.load.missing.extend(news);
            if complete {
                let healed = |error: &OrgError| !job.failed_before.contains(error);
                app.load.missing.retain(healed);
            }
        }
        WalkScope::Account { .. } => {}
    }
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
