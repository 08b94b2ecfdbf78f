//! The tree pane: which rows there are, where the cursor is, and which part is on screen.
//!
//! Rows are kept as a flat list and made anew only when the tree, the set of open OUs or the filter
//! has changed, so that 50,000 open rows cost a frame no more than 50. Cursor and open OUs are kept
//! by node, not by position or path: they survive reloads and moves.

mod rows;

use std::collections::{HashMap, HashSet};

use super::filter::{Filter, Highlighter, Index};
use crate::org::{Node, NodeIx, NodeKind, Tree};

/// One row of the tree pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// What it shows.
    pub node: NodeIx,
    /// How far it is indented; the root is at 0.
    pub depth: u16,
    /// Whether its children follow.
    pub open: bool,
}

/// How many rows stay visible above and below the cursor where there is room.
const MARGIN: usize = 2;

/// The tree pane.
#[derive(Debug, Default)]
pub struct Outline {
    /// What is typed after `/`, while a filter is on.
    pub filter: Option<Filter>,
    /// Whether closed accounts are left out.
    pub hide_closed: bool,
    rows: Vec<Row>,
    /// What filters search in.
    pub(super) index: Index,
    open: HashSet<NodeIx>,
    /// What was opened with all below it: what appears there later is opened too.
    expanded: HashSet<NodeIx>,
    expanded_at: u64,
    cursor: Option<NodeIx>,
    cursor_row: usize,
    offset: usize,
    height: usize,
    opened_root: Option<NodeIx>,
    shown_matches: usize,
    hidden_matches: usize,
    built_for: Option<u64>,
    /// Accounts that are being moved from here, and where to: the cursor does not go with them.
    sent_off: HashMap<NodeIx, NodeIx>,
    /// What comes back when something has been pointed at.
    aside: Option<Box<Aside>>,
}

/// The filter, the cursor and the window as they were before something is pointed at.
#[derive(Debug)]
struct Aside {
    filter: Option<Filter>,
    cursor: Option<NodeIx>,
    offset: usize,
}

impl Outline {
    /// All rows, on screen or not.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows on screen, and the number of the first of them.
    #[must_use]
    pub fn window(&self) -> (usize, &[Row]) {
        let end = (self.offset + self.height).min(self.rows.len());
        (self.offset, self.rows.get(self.offset..end).unwrap_or(&[]))
    }

    /// The node under the cursor.
    #[must_use]
    pub fn cursor(&self) -> Option<NodeIx> {
        self.rows.get(self.cursor_row).map(|row| row.node)
    }

    /// The number of the row under the cursor, from 0.
    #[must_use]
    pub fn cursor_row(&self) -> usize {
        self.cursor_row
    }

    /// Whether the user opened the node: while a filter is on, to see all of its children, not only
    /// those that lead to a match.
    #[must_use]
    pub fn is_open(&self, ix: NodeIx) -> bool {
        match self.active_filter() {
            Some(filter) => filter.revealed.contains(&ix),
            None => self.open.contains(&ix),
        }
    }

    /// The filter, if there is anything to filter by.
    #[must_use]
    pub fn active_filter(&self) -> Option<&Filter> {
        self.filter.as_ref().filter(|filter| !filter.is_empty())
    }

    /// What besides its name and id tells why a node matches the filter: an email address, tags.
    /// Hostile text.
    #[must_use]
    pub fn reasons(&self, ix: NodeIx, node: &Node, with: &mut Highlighter) -> Vec<String> {
        let filter = self.active_filter();
        filter.map_or_else(Vec::new, |filter| {
            filter.reasons((ix, node), &self.index, with)
        })
    }

    /// Of how many accounts and OUs the filter knows tags in which it looks for words, if it does so.
    #[must_use]
    pub fn searched_tags(&self) -> Option<usize> {
        let filter = self.active_filter()?;
        let count = || self.index.tags.count();
        filter.looks_for_words_in_tags().then(count)
    }

    /// How many rows match the filter, and how many matches are hidden as closed accounts.
    #[must_use]
    pub fn match_counts(&self) -> (usize, usize) {
        (self.shown_matches, self.hidden_matches)
    }

    /// Whether the node matches the filter and is not hidden as a closed account.
    pub(super) fn is_found(&self, tree: &Tree, ix: NodeIx) -> bool {
        let hidden = || self.hide_closed && tree.get(ix).is_some_and(Node::is_closed_account);
        let filter = self.active_filter();
        filter.is_some_and(|filter| filter.is_match(ix) && (filter.is_exact(ix) || !hidden()))
    }

    /// Makes the rows anew if something they depend on has changed.
    pub(super) fn refresh(&mut self, tree: &Tree) {
        if self.built_for == Some(tree.revision()) {
            return;
        }
        if self.opened_root != tree.root() {
            self.opened_root = tree.root();
            self.open.extend(tree.root());
        }
        self.open_newcomers(tree);
        if let Some(filter) = &mut self.filter {
            filter.refresh(tree, &mut self.index);
        }
        let rows = self.build(tree);
        let before = std::mem::replace(&mut self.rows, rows);
        self.built_for = Some(tree.revision());
        if let Some(neighbour) = self.neighbour(tree, &before) {
            self.cursor = Some(neighbour);
        }
        // What has arrived may be moved on by others.
        let arrived = |account: NodeIx| tree.get(account).and_then(Node::parent);
        self.sent_off
            .retain(|account, to| arrived(*account) != Some(*to));
        self.restore_cursor(tree);
    }

    /// Says that rows must be made anew at the next [`Self::refresh`].
    pub(super) fn invalidate(&mut self) {
        self.built_for = None;
    }

    /// How many rows fit on screen.
    pub(super) fn set_height(&mut self, height: usize) {
        self.height = height;
        self.scroll_to_cursor();
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Moves the cursor by rows, stopping at either end.
    pub(super) fn move_by(&mut self, rows: isize) {
        self.move_to(self.cursor_row.saturating_add_signed(rows));
    }

    /// Moves the cursor to a row, or to the last one if there are not so many.
    pub(super) fn move_to(&mut self, row: usize) {
        self.cursor_row = row.min(self.rows.len().saturating_sub(1));
        self.cursor = self.cursor();
        self.scroll_to_cursor();
    }

    /// Moves the cursor to a node, if it has a row.
    pub(super) fn move_to_node(&mut self, ix: NodeIx) -> bool {
        let row = self.rows.iter().position(|row| row.node == ix);
        if let Some(row) = row {
            self.move_to(row);
        }
        row.is_some()
    }

    /// Scrolls the window without moving the cursor, unless it would leave the window.
    pub(super) fn scroll_by(&mut self, rows: isize) {
        let last = self.rows.len().saturating_sub(self.height);
        self.offset = self.offset.saturating_add_signed(rows).min(last);
        let margin = self.margin();
        let bottom = (self.offset + self.height).saturating_sub(1 + margin);
        let top = if self.offset == 0 {
            0
        } else {
            self.offset + margin
        };
        let bottom = if self.offset == last {
            usize::MAX
        } else {
            bottom
        };
        let row = self.cursor_row.clamp(top, bottom.max(top));
        self.cursor_row = row.min(self.rows.len().saturating_sub(1));
        self.cursor = self.cursor();
    }

    /// Opens a root or OU, or shows all children of one that a filter has cut down.
    pub(super) fn open(&mut self, ix: NodeIx) {
        match &mut self.filter {
            Some(filter) if !filter.is_empty() => filter.revealed.insert(ix),
            _ => self.open.insert(ix),
        };
        self.invalidate();
    }

    /// Closes a root or OU.
    pub(super) fn close(&mut self, ix: NodeIx) {
        match &mut self.filter {
            Some(filter) if !filter.is_empty() => filter.revealed.remove(&ix),
            _ => self.open.remove(&ix),
        };
        self.invalidate();
    }

    /// Opens or closes everything below a node, and the node itself.
    pub(super) fn set_all_below(&mut self, tree: &Tree, ix: NodeIx, open: bool) {
        if !open {
            self.expanded.clear();
        } else if self.active_filter().is_none() {
            self.expanded.insert(ix);
            self.expanded_at = tree.revision();
        }
        for below in tree.depth_first(ix) {
            let holds_others = tree
                .get(below)
                .is_some_and(|node| node.kind() != NodeKind::Account);
            match (holds_others, open) {
                (false, _) => {}
                (true, true) => self.open(below),
                (true, false) => self.close(below),
            }
        }
    }

    fn open_newcomers(&mut self, tree: &Tree) {
        if self.expanded.is_empty() {
            return;
        }
        let since = std::mem::replace(&mut self.expanded_at, tree.revision());
        let new = tree.iter().filter(|(_, node)| {
            node.changed_at() > since && node.kind() == NodeKind::OrganizationalUnit
        });
        let below = |ix: &NodeIx| {
            tree.ancestors(*ix)
                .any(|above| self.expanded.contains(&above))
        };
        let opened: Vec<_> = new.map(|(ix, _)| ix).filter(below).collect();
        self.open.extend(opened);
    }

    /// Takes the filter away; the cursor stays where it is, and what contains it is opened.
    pub(super) fn clear_filter(&mut self, tree: &Tree) {
        self.filter = None;
        if let Some(cursor) = self.cursor() {
            let above: Vec<_> = tree.ancestors(cursor).collect();
            self.open.extend(above);
        }
        self.invalidate();
    }

    /// Opens everything above a node and puts the cursor on it.
    pub(super) fn reveal(&mut self, tree: &Tree, ix: NodeIx) {
        self.open.extend(tree.ancestors(ix));
        self.invalidate();
        self.refresh(tree);
        self.move_to_node(ix);
    }

    /// Opens everything above a node; behind a filter that shows once it is taken away.
    pub(super) fn open_above(&mut self, tree: &Tree, ix: NodeIx) {
        self.open.extend(tree.ancestors(ix));
        self.invalidate();
    }

    /// Whether something is pointed at, and the filter and the cursor are put aside.
    pub(super) fn is_pointing(&self) -> bool {
        self.aside.is_some()
    }

    /// Puts the filter aside, so that everything can be pointed at, with the cursor on this node.
    pub(super) fn point_at(&mut self, tree: &Tree, ix: Option<NodeIx>) {
        let filter = self.filter.take();
        let before = Aside {
            filter,
            cursor: self.cursor,
            offset: self.offset,
        };
        self.aside.get_or_insert(Box::new(before));
        let above = ix.map(|ix| tree.ancestors(ix));
        self.open.extend(above.into_iter().flatten());
        self.cursor = ix.or(self.cursor);
        self.invalidate();
        self.refresh(tree);
    }

    /// Brings back the filter, the cursor and the window that were there before.
    pub(super) fn end_pointing(&mut self, tree: &Tree) {
        let Some(aside) = self.aside.take() else {
            return;
        };
        self.filter = aside.filter;
        self.cursor = aside.cursor;
        self.offset = aside.offset;
        self.invalidate();
        self.refresh(tree);
    }

    /// After the query has changed: rows anew, and the cursor on the best match.
    pub(super) fn filter_changed(&mut self, tree: &Tree) {
        self.invalidate();
        self.go_to_best(tree);
    }

    /// Puts the cursor on the best match.
    pub(super) fn go_to_best(&mut self, tree: &Tree) {
        self.refresh(tree);
        let Some(filter) = &self.filter else { return };
        let best = (0..self.rows.len())
            .filter_map(|row| Some((filter.score(self.rows[row].node)?, row)))
            .max_by_key(|&(score, row)| (score, usize::MAX - row));
        if let Some((_, row)) = best {
            self.move_to(row);
        }
    }

    /// Moves the cursor to the next (or previous) match, around the ends. False without matches.
    pub(super) fn step_match(&mut self, forward: bool) -> bool {
        let Some(filter) = &self.filter else {
            return false;
        };
        let count = self.rows.len();
        let step = |by: usize| {
            if forward {
                (self.cursor_row + by) % count
            } else {
                (self.cursor_row + count - by) % count
            }
        };
        let next = (1..=count)
            .map(step)
            .find(|row| filter.is_match(self.rows[*row].node));
        if let Some(row) = next {
            self.move_to(row);
        }
        next.is_some()
    }

    fn build(&mut self, tree: &Tree) -> Vec<Row> {
        let hide_closed = self.hide_closed;
        let hidden = |ix: NodeIx| hide_closed && tree.get(ix).is_some_and(Node::is_closed_account);
        (self.shown_matches, self.hidden_matches) = (0, 0);
        let Some(filter) = self.active_filter() else {
            return rows::open(
                tree,
                |ix| self.open.contains(&ix),
                |_, child| !hidden(child),
            );
        };
        let visible = |ix: NodeIx| filter.is_match(ix) && (!hidden(ix) || filter.is_exact(ix));
        let revealed = |ix: NodeIx| filter.revealed.contains(&ix);
        let rows = rows::leading(tree, visible, revealed, |ix| !hidden(ix));
        // Each match that is not hidden has a row.
        let shown = rows.iter().filter(|row| filter.is_match(row.node)).count();
        let hidden = filter.matched().count() - shown;
        (self.shown_matches, self.hidden_matches) = (shown, hidden);
        rows
    }

    /// An account is being moved from here to this root or OU: the cursor will not go with it.
    pub(super) fn send_off(&mut self, account: NodeIx, to: NodeIx) {
        self.sent_off.insert(account, to);
    }

    /// It is not moved from here after all.
    pub(super) fn call_back(&mut self, account: NodeIx) {
        self.sent_off.remove(&account);
    }

    /// Whether the account is being moved to this root or OU from here.
    pub(super) fn is_sent_off(&self, account: NodeIx, to: NodeIx) -> bool {
        self.sent_off.get(&account) == Some(&to)
    }

    /// Where the account under the cursor was moved from here: the nearest of those that were in the
    /// same OU and still are, the next ones first, else the OU; so that one after the other can be
    /// moved. `None` where the cursor goes with its node.
    fn neighbour(&mut self, tree: &Tree, before: &[Row]) -> Option<NodeIx> {
        let at = self.cursor_row;
        let row = before.get(at).filter(|row| Some(row.node) == self.cursor)?;
        let parent = before[..at].iter().rev().find(|up| up.depth < row.depth)?;
        let now = tree.get(row.node)?.parent()?;
        if now == parent.node || self.sent_off.get(&row.node) != Some(&now) {
            return None;
        }
        self.sent_off.remove(&row.node);
        let stays = |other: &&Row| {
            let child = tree.get(other.node).filter(|it| it.account().is_some());
            child.is_some_and(|it| it.parent() == Some(parent.node))
        };
        let inside = |other: &&Row| other.depth >= row.depth;
        let next = before[at + 1..].iter().take_while(inside).find(stays);
        let previous = || before[..at].iter().rev().take_while(inside).find(stays);
        let near = next.or_else(previous).unwrap_or(parent);
        // What a filter or a closed OU hides is no place for a cursor.
        let shown = self.rows.iter().any(|shown| shown.node == near.node);
        shown.then_some(near.node)
    }

    /// Puts the cursor back on its node; where that has no row any more, on the nearest of the nodes
    /// that contain it, and where it has gone, on the row that took its place.
    fn restore_cursor(&mut self, tree: &Tree) {
        let wanted = self.cursor;
        let mut candidates = wanted
            .filter(|ix| tree.get(*ix).is_some())
            .into_iter()
            .flat_map(|ix| std::iter::once(ix).chain(tree.ancestors(ix)));
        let row = if self.rows.get(self.cursor_row).map(|row| row.node) == wanted {
            Some(self.cursor_row)
        } else {
            candidates.find_map(|ix| self.rows.iter().position(|row| row.node == ix))
        };
        // The wanted node is kept while a filter hides it: it is found again when that is cleared.
        self.cursor_row = row
            .unwrap_or(self.cursor_row)
            .min(self.rows.len().saturating_sub(1));
        if self.filter.is_none() || self.cursor.is_none() {
            self.cursor = self.cursor();
        }
        self.scroll_to_cursor();
    }

    fn margin(&self) -> usize {
        MARGIN.min(self.height.saturating_sub(1) / 2)
    }

    fn scroll_to_cursor(&mut self) {
        if self.height == 0 {
            return;
        }
        let margin = self.margin();
        let highest = self.cursor_row.saturating_sub(margin);
        let lowest = (self.cursor_row + margin + 1).saturating_sub(self.height);
        let last = self.rows.len().saturating_sub(self.height);
        self.offset = self.offset.clamp(lowest, highest.max(lowest)).min(last);
    }
}
