//! Accounts that are marked for a change, by id: marks outlive filters, reloads and moves.

use std::collections::{BTreeSet, HashSet};

use super::App;
use super::details::count;
use super::overlay::Overlay;
use super::perform::cursor;
use super::results::Found;
use crate::action::Action;
use crate::msg::Msg;
use crate::org::{Node, NodeIx, NodeKind, Tree};

/// What is marked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    ids: BTreeSet<String>,
    /// Where a range began that has not ended yet.
    anchor: Option<NodeIx>,
    /// The accounts in it: those between its begin and the cursor when that was moved last, without
    /// those that have no row any more. Nobody has chosen what comes between them by itself.
    range: BTreeSet<String>,
    /// What was said last of the accounts of the list, all of which were marked.
    told: Option<String>,
}

impl Marks {
    /// Whether nothing is marked and no range was begun.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.anchor.is_none()
    }

    /// How many accounts are marked, without those of a range that has not ended.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// Whether the account is marked.
    #[must_use]
    pub fn contains(&self, account: &str) -> bool {
        self.ids.contains(account)
    }

    /// Whether a range was begun and has not ended.
    #[must_use]
    pub fn in_range(&self) -> bool {
        self.anchor.is_some()
    }

    /// How many accounts are in a range that has not ended.
    #[must_use]
    pub fn range_count(&self) -> usize {
        self.range.len()
    }

    /// Whether the account is in a range that has not ended.
    #[must_use]
    pub fn is_in_range(&self, account: &str) -> bool {
        self.range.contains(account)
    }

    /// Goes on with these accounts, which were marked or in a range, and without those.
    pub(super) fn unmark(
        &mut self,
        without: &BTreeSet<String>,
        with: impl Iterator<Item = String>,
    ) {
        if self.in_range() {
            self.ids.extend(with);
        }
        self.end_range();
        self.ids.retain(|id| !without.contains(id));
    }

    /// Marks these accounts, or takes their marks away.
    pub(super) fn set(&mut self, accounts: Vec<String>, marked: bool) {
        for id in accounts {
            if marked {
                self.ids.insert(id);
            } else {
                self.ids.remove(&id);
            }
        }
    }

    /// Forgets a range that has not ended; what was marked before it stays.
    pub(super) fn end_range(&mut self) {
        self.anchor = None;
        self.range.clear();
    }

    /// Ends a range where it is now: its accounts are marked, and no others come to them.
    pub(super) fn keep_range(&mut self) {
        self.ids.append(&mut self.range);
        self.end_range();
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn forget_gone(&mut self, tree: &Tree) {
        self.ids.retain(|id| tree.find(id).is_some());
        self.range.retain(|id| tree.find(id).is_some());
        if self.anchor.is_some_and(|ix| tree.get(ix).is_none()) {
            self.end_range();
        }
    }
}

/// How many of the marked accounts have no row: a filter, a closed OU or the wish to hide closed
/// accounts keeps them off it.
#[must_use]
pub fn without_row(app: &App) -> usize {
    let marked = app.marks.ids.iter().filter_map(|id| app.tree.find(id));
    let mut marked: HashSet<NodeIx> = marked.collect();
    if !marked.is_empty() {
        for row in app.outline.rows() {
            marked.remove(&row.node);
        }
    }
    marked.len()
}

/// The marked accounts, without those of a range that has not ended.
pub(super) fn marked(app: &App) -> Vec<String> {
    app.marks.ids.iter().cloned().collect()
}

/// What a change is about: the marked accounts, a range that has not ended included, in the order of
/// the tree; without marks, the account under the cursor.
#[must_use]
pub fn targets(app: &App) -> Vec<String> {
    let mut marked = app.marks.ids.clone();
    marked.extend(app.marks.range.iter().cloned());
    if marked.is_empty() {
        let account = cursor(app).and_then(|(_, node)| node.account());
        return account
            .map(|account| account.id.clone())
            .into_iter()
            .collect();
    }
    let order = app
        .tree
        .top_level()
        .flat_map(|top| app.tree.depth_first(top));
    let ids = order.filter_map(|ix| Some(app.tree.get(ix)?.id().to_owned()));
    ids.filter(|id| marked.contains(id)).collect()
}

/// The accounts from where a range began to the cursor.
fn up_to_cursor(app: &App) -> BTreeSet<String> {
    let rows = app.outline.rows();
    let begin = rows
        .iter()
        .position(|row| Some(row.node) == app.marks.anchor);
    let to = app.outline.cursor_row();
    let between = begin.and_then(|from| rows.get(from.min(to)..=from.max(to)));
    let accounts = between
        .into_iter()
        .flatten()
        .filter_map(|row| app.tree.get(row.node)?.account());
    accounts.map(|account| account.id.clone()).collect()
}

/// The rows were made anew: a range loses what has none any more, and gains nothing.
pub(super) fn settle(app: &mut App) {
    if app.marks.range.is_empty() || is_pointing(app) {
        return;
    }
    let in_range = app.marks.range.iter();
    let mut gone: HashSet<NodeIx> = in_range.filter_map(|id| app.tree.find(id)).collect();
    for row in app.outline.rows() {
        if gone.remove(&row.node) && gone.is_empty() {
            return;
        }
    }
    for ix in gone {
        if let Some(node) = app.tree.get(ix) {
            app.marks.range.remove(node.id());
        }
    }
}

/// Where the cursor is, if this may move it and a range with it; `None` without a range, and where
/// the cursor goes for another reason.
pub(super) fn lead(app: &App, msg: &Msg) -> Option<NodeIx> {
    let by_hand = matches!(msg, Msg::Key(_) | Msg::Repeat(_) | Msg::Mouse { .. });
    app.outline.cursor().filter(|_| by_hand && leads(app))
}

/// If the cursor was there and led a range, that reaches to where the cursor is now.
pub(super) fn follow(app: &mut App, from: Option<NodeIx>) {
    if from.is_some() && from != app.outline.cursor() && leads(app) {
        app.marks.range = up_to_cursor(app);
    }
}

/// Whether the cursor leads a range: not while a filter is typed or a destination is pointed at.
fn leads(app: &App) -> bool {
    let is_typing = matches!(app.overlays.last(), Some(Overlay::Filter));
    app.marks.in_range() && !is_typing && !is_pointing(app)
}

fn is_pointing(app: &App) -> bool {
    app.overlays
        .iter()
        .any(|overlay| matches!(overlay, Overlay::Picker(picker) if picker.pointing))
}

/// What to say of a list all of whose accounts were marked when that was asked for.
fn said_of_list(app: &App) -> String {
    let (mut accounts, mut marked) = (0, 0);
    for row in &app.results.rows {
        let Found::Node(ix) = row else { continue };
        if let Some(account) = app.tree.get(*ix).and_then(Node::account) {
            accounts += 1;
            marked += usize::from(app.marks.contains(&account.id));
        }
    }
    if marked < accounts {
        return format!("The list has grown: {marked} of its {accounts} accounts are marked");
    }
    let filter = app.outline.active_filter();
    let unread = filter.filter(|filter| filter.is_reading());
    let reading = if app.load.walking().is_some() {
        "accounts".to_owned()
    } else if let Some(filter) = unread {
        let unread = filter.unread().saturating_sub(filter.failed());
        format!("tags of {}", count(unread, "account"))
    } else {
        // How many there are stands beside it.
        return "All accounts of the list are marked".to_owned();
    };
    format!("{marked} marked so far: {reading} are still being read")
}

/// Says that all accounts of the list were marked, and what may become more of it.
pub(super) fn tell_of_list(app: &mut App) {
    let said = said_of_list(app);
    app.marks.told = Some(said.clone());
    app.say(said);
}

/// The list was made anew: what was said of it is said as it is now, or not any more.
pub(super) fn tell_again(app: &mut App) {
    let Some(told) = app.marks.told.take() else {
        return;
    };
    if app.notice.take_if(|notice| notice.text == told).is_some() && app.results.shown {
        tell_of_list(app);
    }
}

pub(super) fn available(app: &App, action: Action) -> Result<(), &'static str> {
    let kind = cursor(app).map(|(_, node)| node.kind());
    match kind {
        None => Err("there is nothing under the cursor"),
        Some(kind) if action == Action::Mark && kind != NodeKind::Account => {
            Err("only accounts can be marked; = compares OUs")
        }
        Some(_) => Ok(()),
    }
}

/// Marks the account under the cursor, or takes its mark away, and goes down a row.
pub(super) fn toggle(app: &mut App) {
    let account = cursor(app).and_then(|(_, node)| node.account());
    let Some(id) = account.map(|account| account.id.clone()) else {
        return;
    };
    if !app.marks.ids.remove(&id) {
        app.marks.ids.insert(id);
    }
    app.outline.move_by(1);
}

/// Begins a range at the cursor, or marks the accounts of the one that was begun.
pub(super) fn range(app: &mut App) {
    if app.marks.in_range() {
        let accounts = std::mem::take(&mut app.marks.range);
        app.marks.ids.extend(accounts);
        app.marks.end_range();
    } else {
        app.marks.anchor = cursor(app).map(|(ix, _)| ix);
        app.marks.range = up_to_cursor(app);
        app.say("Marking a range: go to its other end, then v again");
    }
}
