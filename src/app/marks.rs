//! Accounts that are marked for a change, by id: marks outlive filters, reloads and moves.

use std::collections::{BTreeSet, HashSet};

use super::App;
use super::perform::cursor;
use crate::action::Action;
use crate::org::{NodeIx, NodeKind, Tree};

/// What is marked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    ids: BTreeSet<String>,
    /// Where a range began that has not ended yet.
    anchor: Option<NodeIx>,
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

    /// Goes on with these accounts, which were marked or in a range, and without those.
    pub(super) fn unmark(
        &mut self,
        without: &BTreeSet<String>,
        with: impl Iterator<Item = String>,
    ) {
        if self.anchor.take().is_some() {
            self.ids.extend(with);
        }
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
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn forget_gone(&mut self, tree: &Tree) {
        self.ids.retain(|id| tree.find(id).is_some());
        self.anchor = self.anchor.filter(|ix| tree.get(*ix).is_some());
    }
}

/// The rows of a range that has not ended; `None` without one.
#[must_use]
pub fn range_rows(app: &App) -> Option<std::ops::RangeInclusive<usize>> {
    let anchor = app.marks.anchor?;
    let rows = app.outline.rows();
    let from = rows.iter().position(|row| row.node == anchor)?;
    let to = app.outline.cursor_row();
    Some(from.min(to)..=from.max(to))
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
    marked.extend(accounts_in_range(app));
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

fn accounts_in_range(app: &App) -> Vec<String> {
    let Some(rows) = range_rows(app) else {
        return Vec::new();
    };
    let rows = app.outline.rows().get(rows).unwrap_or_default();
    let accounts = rows
        .iter()
        .filter_map(|row| app.tree.get(row.node)?.account());
    accounts.map(|account| account.id.clone()).collect()
}

pub(super) fn available(app: &App, action: Action) -> Result<(), &'static str> {
    let kind = cursor(app).map(|(_, node)| node.kind());
    match kind {
        None => Err("there is nothing under the cursor"),
        Some(kind) if action == Action::Mark && kind != NodeKind::Account => {
            Err("only accounts can be marked")
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
    if app.marks.anchor.is_some() {
        let accounts = accounts_in_range(app);
        app.marks.ids.extend(accounts);
        app.marks.anchor = None;
    } else {
        app.marks.anchor = cursor(app).map(|(ix, _)| ix);
        app.say("Marking a range: go to its other end, then v again");
    }
}
