//! Which lines of a document are on screen: what is folded, what is searched for, where the cursor is.

use std::ops::Range;

use super::{Piece, Viewer};
use crate::app::{details, json, search};

impl Viewer {
    pub(super) fn take(&mut self, content: String) {
        (self.rows, self.is_json) = json::rows(&content);
        self.content = content;
        self.folded.clear();
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
    }

    /// The lines that are not folded away.
    pub(super) fn shown(&self) -> Vec<usize> {
        let mut shown = Vec::new();
        let mut at = 0;
        while let Some(row) = self.rows.get(at) {
            shown.push(at);
            at = match row.closes_at {
                Some(end) if self.folded.contains(&at) => end + 1,
                _ => at + 1,
            };
        }
        shown
    }

    /// What stands for what a folded line opens.
    pub(super) fn fold_mark(&self, at: usize) -> Option<String> {
        let row = self.rows.get(at).filter(|_| self.folded.contains(&at))?;
        let end = self.rows.get(row.closes_at?)?;
        let what = if end.text.starts_with('}') {
            "key"
        } else {
            "item"
        };
        let members = details::count(row.members, what);
        Some(format!(" ... {}  ({members})", end.text))
    }

    /// Everything as lines of the screen.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for row in self.shown() {
            let text = &self.rows[row].text;
            // However deep it is nested, there is room for some text.
            let indent = (self.rows[row].depth * 2).min(self.width / 2);
            let room = self.width.saturating_sub(indent + 1).max(1);
            let mut start = 0;
            for (at, line) in details::wrap(text, room).into_iter().enumerate() {
                let end = start + line.len();
                pieces.push(Piece {
                    row,
                    indent: if at == 0 { indent } else { indent + 1 },
                    range: start..end,
                    folded: None,
                });
                start = end;
            }
            if start == 0 {
                pieces.push(Piece {
                    row,
                    indent,
                    range: 0..0,
                    folded: None,
                });
            }
            if let Some(last) = pieces.last_mut() {
                last.folded = self.fold_mark(row);
            }
        }
        pieces
    }

    /// The lines on screen.
    #[must_use]
    pub fn window(&self) -> Vec<Piece> {
        let pieces = self.pieces().into_iter();
        pieces.skip(self.scroll).take(self.height).collect()
    }

    /// Whether there are lines above and below the window.
    #[must_use]
    pub fn has_more(&self) -> (bool, bool) {
        let all = self.pieces().len();
        (self.scroll > 0, self.scroll + self.height < all)
    }

    /// Which bytes of a line match what is searched for.
    #[must_use]
    pub fn matches(&self, row: usize) -> Vec<Range<usize>> {
        let row = self.rows.get(row);
        row.map_or_else(Vec::new, |row| self.search.matches(&row.text))
    }

    /// How many lines match, and the number of the one under the cursor among them, from 1.
    #[must_use]
    pub fn match_counts(&self) -> (usize, Option<usize>) {
        let matching = (0..self.rows.len()).filter(|row| !self.matches(*row).is_empty());
        let matching: Vec<usize> = matching.collect();
        let here = matching.iter().position(|row| *row == self.cursor);
        (matching.len(), here.map(|at| at + 1))
    }

    /// Goes to the next line that matches, from this one on, around the ends; false without any.
    pub(super) fn seek(&mut self, from: usize, forward: bool) -> bool {
        let matches = |row| !self.matches(row).is_empty();
        let found = search::seek(self.rows.len(), from, forward, matches);
        if let Some(row) = found {
            self.cursor = row;
            self.unfold_around(row);
        }
        found.is_some()
    }

    pub(super) fn unfold_around(&mut self, row: usize) {
        let mut inside = self.rows.get(row).and_then(|row| row.inside);
        while let Some(at) = inside {
            self.folded.remove(&at);
            inside = self.rows.get(at).and_then(|row| row.inside);
        }
    }

    pub(super) fn move_by(&mut self, by: isize) {
        let shown = self.shown();
        let at = shown.partition_point(|row| *row < self.cursor);
        let at = at
            .saturating_add_signed(by)
            .min(shown.len().saturating_sub(1));
        self.cursor = shown.get(at).copied().unwrap_or(0);
        self.keep_in_window();
    }

    /// The line that opens what the cursor is on or in.
    pub(super) fn opener(&self) -> Option<usize> {
        let row = self.rows.get(self.cursor)?;
        row.closes_at.map(|_| self.cursor).or(row.inside)
    }

    pub(super) fn set_folded(&mut self, fold: bool) {
        let Some(at) = self.opener() else { return };
        if !fold {
            self.folded.remove(&at);
        } else if self.folded.contains(&at) {
            // What is folded already: what contains it.
            if let Some(outer) = self.rows[at].inside {
                self.cursor = outer;
            }
        } else {
            self.folded.insert(at);
            self.cursor = at;
        }
    }

    pub(super) fn toggle(&mut self) {
        let folded = self.opener().is_some_and(|at| self.folded.contains(&at));
        self.set_folded(!folded);
    }

    /// Folds everything but the outermost braces.
    pub(super) fn fold_all(&mut self) {
        let rows = self.rows.iter().enumerate();
        let opens = rows.filter(|(_, row)| row.closes_at.is_some() && row.depth > 0);
        self.folded = opens.map(|(at, _)| at).collect();
        while let Some(at) = self.rows.get(self.cursor).and_then(|row| row.inside) {
            if at == 0 {
                break;
            }
            self.cursor = at;
        }
    }

    pub(super) fn keep_in_window(&mut self) {
        let pieces = self.pieces();
        let first = pieces.iter().position(|piece| piece.row == self.cursor);
        let last = pieces.iter().rposition(|piece| piece.row == self.cursor);
        let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
        let lowest = (last + 1).saturating_sub(self.height).min(first);
        let end = pieces.len().saturating_sub(self.height);
        self.scroll = self.scroll.clamp(lowest, first.max(lowest)).min(end);
    }
}
