//! What the filter finds as a list with paths, the best first, in place of the tree; and what was
//! pasted as a list of accounts.

mod keys;

use rayon::prelude::*;

use super::filter::Filter;
use super::list::List;
use super::overlay::Overlay;
use super::{App, jumps};
use crate::org::{Node, NodeIx, Query, Tree, Wanted, mentions};

pub(super) use keys::{attempt, on_key};

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A node that matches.
    Node(NodeIx),
    /// An account id that was pasted and that no account has, as far as is known.
    Unknown(String),
}

impl Found {
    fn key<'a>(&'a self, tree: &'a Tree) -> &'a str {
        match self {
            Self::Node(ix) => tree.get(*ix).map_or("", Node::id),
            Self::Unknown(id) => id,
        }
    }
}

/// The list.
#[derive(Debug, Default)]
pub struct Results {
    /// Whether it is on screen.
    pub shown: bool,
    /// Its rows.
    pub rows: Vec<Found>,
    /// Its cursor and window.
    pub list: List,
    /// Whether its cursor was moved since it is on screen.
    moved: bool,
    made_for: Option<(u64, u64, bool)>,
}

impl Results {
    /// The row under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Found> {
        self.rows.get(self.list.row())
    }
}

/// The names from the root down to what contains the node. Hostile text.
#[must_use]
pub fn path(tree: &Tree, ix: NodeIx) -> String {
    let parent = tree.get(ix).and_then(Node::parent);
    parent.map_or(String::new(), |parent| {
        super::moving::path_names(tree, parent)
    })
}

/// What to say of an id that no account has.
#[must_use]
pub fn why_unknown(app: &App) -> &'static str {
    match (app.load.is_walking_all(), app.load.loaded_at) {
        (true, _) => "not read yet",
        (false, None) => "not found, as far as it could be read",
        (false, Some(_)) if app.session.offline => "not in the cache",
        (false, Some(_)) => "not in this organization",
    }
}

/// Makes the rows anew where what they come from has changed. The filter must be up to date.
pub(super) fn refresh(app: &mut App) {
    if !app.results.shown {
        return;
    }
    let Some(filter) = app.outline.filter.as_ref() else {
        app.results.shown = false;
        app.overlays.retain(|it| !matches!(it, Overlay::Results));
        return;
    };
    let made_for = (filter.stamp(), app.tree.revision(), app.outline.hide_closed);
    if app.results.made_for == Some(made_for) {
        return;
    }
    app.results.made_for = Some(made_for);
    app.results.rows = match filter.pasted() {
        Some(ids) => pasted(app, filter, ids),
        None => matches(app),
    };
    let Results { rows, list, .. } = &mut app.results;
    list.settle(rows.iter().map(|row| row.key(&app.tree)));
}

/// The pasted accounts that match what is typed besides; those that are not known where nothing is.
fn pasted(app: &App, filter: &Filter, ids: &[String]) -> Vec<Found> {
    let all = filter.input.value().trim().is_empty();
    let found = ids.iter().filter_map(|id| match app.tree.find(id) {
        Some(ix) => app
            .outline
            .is_found(&app.tree, ix)
            .then_some(Found::Node(ix)),
        None => all.then(|| Found::Unknown(id.clone())),
    });
    found.collect()
}

/// The nodes that match, the best first, then in the order of the tree.
fn matches(app: &App) -> Vec<Found> {
    let Some(filter) = app.outline.active_filter() else {
        return Vec::new();
    };
    // All that matches and is not hidden has its row in the tree, in that order.
    let rows = app.outline.rows().iter();
    let found = rows.filter_map(|row| Some((filter.score(row.node)?, row.node)));
    let mut scored: Vec<(u32, NodeIx)> = found.collect();
    scored.par_sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, ix)| Found::Node(ix)).collect()
}

/// Shows the list, with its cursor where the tree's is if that matches.
pub(super) fn show(app: &mut App) {
    app.results = Results {
        shown: true,
        ..Results::default()
    };
    refresh(app);
    let here = app.outline.cursor().map(Found::Node);
    let at = app
        .results
        .rows
        .iter()
        .position(|row| Some(row) == here.as_ref());
    move_by(app, isize::try_from(at.unwrap_or(0)).unwrap_or(0));
    app.results.moved = false;
}

/// Takes the list off the screen; the filter stays.
fn hide(app: &mut App) {
    app.results = Results::default();
}

/// Leaves the list for the tree: where its cursor was moved, that of the tree goes along, as far as the
/// filter shows what it is on.
fn leave(app: &mut App) {
    let row = app.results.current().filter(|_| app.results.moved).cloned();
    // While typing, the cursor has been on one match after the other.
    let before = app.filtering_from.take().or(app.outline.cursor());
    hide(app);
    if let Some(Found::Node(ix)) = row {
        // As with every jump, a range does not reach over what is passed.
        app.marks.end_range();
        app.outline.refresh(&app.tree);
        app.outline.move_to_node(ix);
    }
    jumps::left(app, before);
}

pub(super) fn move_by(app: &mut App, rows: isize) {
    let Results {
        rows: all, list, ..
    } = &mut app.results;
    list.move_by(rows, all.iter().map(|row| row.key(&app.tree)));
    app.results.moved = true;
}

/// A click on a row of the list's window.
pub(super) fn click(app: &mut App, row: usize) {
    let count = app.results.rows.len();
    let clicked = app.results.list.window(count).start + row;
    if clicked < count {
        let number = |at: usize| isize::try_from(at).unwrap_or(0);
        move_by(app, number(clicked) - number(app.results.list.row()));
    }
}

/// Goes to what the cursor is on, with the filter as it is. False where there is nothing to go to.
pub(super) fn go_to_current(app: &mut App) -> bool {
    match app.results.current().cloned() {
        Some(Found::Node(ix)) => {
            // While typing, the cursor has been on one match after the other.
            let before = app.filtering_from.take().or(app.outline.cursor());
            hide(app);
            jumps::go(app, ix);
            jumps::left(app, before);
            true
        }
        Some(Found::Unknown(id)) => {
            let why = why_unknown(app);
            app.say(format!("{id} is {why}"));
            false
        }
        None => {
            let filter = app.outline.active_filter();
            if filter.is_none_or(|filter| filter.unread() == 0) {
                app.say("Nothing matches");
            }
            false
        }
    }
}

/// The accounts that a pasted text tells of, each once, unless it is something to search for.
pub(super) fn accounts_in(text: &str) -> Option<Vec<String>> {
    let line = text.trim();
    if !matches!(Wanted::parse(line), Wanted::Words(_)) || Query::is_in_language(line) {
        return None;
    }
    let mut seen = std::collections::HashSet::new();
    let found = mentions(text).into_iter().map(|mention| mention.account);
    let ids: Vec<String> = found.filter(|id| seen.insert(id.clone())).collect();
    (!ids.is_empty()).then_some(ids)
}

/// Filters by the accounts of a pasted text, and lists them.
pub(super) fn take_pasted(app: &mut App, ids: Vec<String>) {
    let App { outline, tree, .. } = app;
    let unknown = ids.iter().filter(|id| tree.find(id).is_none()).count();
    let count = super::details::count(ids.len(), "account");
    let filter = outline.filter.insert(Filter::default());
    filter.paste(ids);
    outline.filter_changed(tree);
    let unknown = match unknown {
        0 => String::new(),
        unknown => format!(", {unknown} of them {}", why_unknown(app)),
    };
    show(app);
    app.overlays
        .retain(|it| !matches!(it, Overlay::Filter | Overlay::Results));
    app.overlays.push(Overlay::Results);
    app.say(format!("{count} in the text{unknown}"));
}
