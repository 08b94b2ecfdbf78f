//! Searching in what lies on top to be read: what is typed, and where it is found.

use std::ops::Range;

use crokey::{KeyCombination, key};
use tui_input::Input;

use super::App;
use crate::keys;
use crate::org::Question;

/// What is searched for.
#[derive(Debug, Default)]
pub struct Search {
    /// What is typed.
    pub input: Input,
    /// Whether it is being typed.
    pub typing: bool,
    /// Where the cursor was when that was begun.
    from: usize,
}

/// How much there is to search in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// All of it.
    All,
    /// What was read until now.
    Part,
    /// Nothing yet.
    #[default]
    Nothing,
    /// Nothing, and nobody could read it.
    NotKnown,
}

impl Extent {
    /// How much is known of what these questions are about, of which there is something to be seen.
    pub(super) fn of(app: &App, questions: &[Question], is_seen: bool) -> Self {
        let is_all = questions.iter().all(|it| app.findings.is_settled(it));
        match (is_all, is_seen) {
            (true, _) => Self::All,
            (false, true) => Self::Part,
            (false, false) if app.session.offline => Self::NotKnown,
            (false, false) => Self::Nothing,
        }
    }

    /// What it means that there is no match.
    #[must_use]
    pub fn without_match(self) -> &'static str {
        match self {
            Self::All => "nothing matches",
            Self::Part => "nothing matches in what was read so far",
            Self::Nothing => "not read yet",
            Self::NotKnown => "not known (offline)",
        }
    }

    /// The same as a sentence.
    pub(super) fn no_match(self) -> &'static str {
        match self {
            Self::All => "Nothing matches",
            Self::Part => "Nothing matches in what was read so far",
            Self::Nothing => "Nothing was read yet",
            Self::NotKnown => "It is not known (offline)",
        }
    }
}

/// What came of a key while the search is typed.
pub(super) enum Typed {
    /// The search is another one: its first match from here on is to be gone to.
    Changed(usize),
    /// It was given up: the cursor goes back to here.
    Left(usize),
    /// Nothing that changes where the cursor is.
    Same,
}

/// There is nothing to go to the next match of.
pub(super) const NOTHING: &str = "Nothing is searched for; / searches";

impl Search {
    /// The keys that do something while it is typed, with a word for each.
    pub const HINTS: &'static [(&'static str, &'static str)] =
        &[("Enter", "keep"), ("Esc", "clear")];

    /// Whether there is something to search for, or to be typed.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.typing || !self.is_empty()
    }

    /// Whether nothing is searched for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.value().is_empty()
    }

    /// Which bytes of a text match, in either case.
    #[must_use]
    pub fn matches(&self, text: &str) -> Vec<Range<usize>> {
        let wanted: Vec<char> = self.input.value().chars().map(small).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut letters = text.char_indices();
        loop {
            let (start, mut after) = (letters.offset(), letters.clone());
            let is_here = wanted
                .iter()
                .all(|wanted| after.next().is_some_and(|(_, c)| small(c) == *wanted));
            if is_here {
                found.push(start..after.offset());
                letters = after;
            } else if letters.next().is_none() {
                return found;
            }
        }
    }

    /// Where the cursor was when it was begun.
    pub(super) fn from(&self) -> usize {
        self.from
    }

    /// Begins anew, with the cursor here.
    pub(super) fn begin(&mut self, from: usize) {
        *self = Self {
            typing: true,
            from,
            ..Self::default()
        };
    }

    /// Takes a key while the search is typed.
    pub(super) fn key(&mut self, key: KeyCombination) -> Typed {
        match key {
            key!(enter) => self.typing = false,
            key!(esc) => {
                self.typing = false;
                self.input.reset();
                return Typed::Left(self.from);
            }
            key if keys::edit(&mut self.input, key) => return Typed::Changed(self.from),
            _ => {}
        }
        Typed::Same
    }

    /// Types pasted text; says from where on to look for it.
    pub(super) fn paste(&mut self, text: &str) -> usize {
        keys::paste(&mut self.input, text);
        self.from
    }
}

/// The first of so many places that matches, from this one on, around the ends.
pub(super) fn seek(
    count: usize,
    from: usize,
    forward: bool,
    matches: impl Fn(usize) -> bool,
) -> Option<usize> {
    let place = |by: usize| {
        if forward {
            (from + by) % count
        } else {
            (from + count - by % count) % count
        }
    };
    (0..count).map(place).find(|at| matches(*at))
}

/// The place from which the next match after this one is sought, or the one before.
pub(super) fn beyond(count: usize, cursor: usize, forward: bool) -> usize {
    let count = count.max(1);
    (cursor + if forward { 1 } else { count - 1 }) % count
}

fn small(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    c.to_lowercase().next().unwrap_or(c)
}
