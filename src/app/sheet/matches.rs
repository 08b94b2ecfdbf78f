//! Searching in a sheet: which items match what is typed, where in them, and the way from one to the
//! next.

use std::ops::Range;

use crokey::KeyCombination;

use super::Sheet;
use crate::app::details::Line;
use crate::app::search::{self, Typed};

impl Sheet {
    /// How many items match what is searched for, and the number of the one under the cursor among
    /// them, from 1.
    #[must_use]
    pub fn match_counts(&self) -> (usize, Option<usize>) {
        let here = self.found.binary_search(&self.selected).ok();
        (self.found.len(), here.map(|at| at + 1))
    }

    /// Which bytes of a line, by its number, match what is searched for. A match may begin in the
    /// line before, or go on in the next.
    #[must_use]
    pub fn matches(&self, line: usize) -> Vec<Range<usize>> {
        let lines = &self.page.lines;
        let Some(here) = lines.get(line).filter(|here| here.item.is_some()) else {
            return Vec::new();
        };
        let goes_on = |other: &&Line| other.item == here.item;
        let before = lines[..line].iter().rev().take_while(goes_on).count();
        let after = lines[line..].iter().take_while(goes_on).count();
        let start: usize = lines[line - before..line].iter().map(length).sum();
        let end = start + length(here);
        let found = self.found_in(&lines[line - before..line + after]);
        let found = found.into_iter().filter_map(|found| {
            let (from, to) = (found.start.max(start), found.end.min(end));
            (from < to).then(|| from - start..to - start)
        });
        found.collect()
    }

    /// Which bytes of the text match that goes over these lines of an item.
    fn found_in(&self, lines: &[Line]) -> Vec<Range<usize>> {
        let text: String = lines.iter().map(|line| line.text.as_str()).collect();
        self.search.matches(&text)
    }

    /// Finds out which items match: once, not for every frame.
    pub(super) fn find(&mut self) {
        self.found.clear();
        if self.search.is_empty() {
            return;
        }
        let items = self.page.lines.chunk_by(|one, next| one.item == next.item);
        let found = items.filter(|lines| !self.found_in(lines).is_empty());
        self.found = found.filter_map(|lines| lines[0].item).collect();
        self.found.dedup();
    }

    /// Whether the cursor is to go to the first match as soon as there is one: nobody has moved it
    /// since what is searched for was typed.
    pub(super) fn awaits_match(&self) -> bool {
        self.found.is_empty() && (self.search.typing || self.page.items.is_empty())
    }

    /// Goes to the next item that matches, from this one on, around the ends; false without any.
    pub(super) fn seek(&mut self, from: usize, forward: bool) -> bool {
        let matches = |item| self.found.binary_search(&item).is_ok();
        let found = search::seek(self.page.items.len(), from, forward, matches);
        if let Some(item) = found {
            self.select(item);
        }
        found.is_some()
    }

    pub(super) fn type_search(&mut self, key: KeyCombination) {
        match self.search.key(key) {
            Typed::Changed(from) => self.retype(from),
            Typed::Left(from) => {
                self.find();
                self.select(from);
            }
            Typed::Same => {}
        }
    }

    /// After what is searched for has changed: goes to the first match from where it was begun.
    fn retype(&mut self, from: usize) {
        self.find();
        if !self.seek(from, true) {
            self.select(from);
        }
    }

    /// Text was pasted into the search.
    pub(in crate::app) fn paste(&mut self, text: &str) {
        let from = self.search.paste(text);
        self.retype(from);
    }
}

/// In bytes.
fn length(line: &Line) -> usize {
    line.text.len()
}
