//! The filter: which nodes a typed query means, and how well.

use std::collections::{HashMap, HashSet};

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use crate::org::{Node, NodeIx, Tree, id_in_arn};

/// The scores of the three ways to match an id or digits, above every fuzzy score.
const EXACT_ID: u32 = 4_000_000;
const ID_PREFIX: u32 = 3_000_000;
const LITERAL: u32 = 1_000_000;

/// A query as it is being typed, and what it matches.
#[derive(Debug, Default)]
pub struct Filter {
    /// The line that is typed into.
    pub input: Input,
    /// OUs that match and were opened by hand, so that all of their children show.
    pub(super) revealed: HashSet<NodeIx>,
    query: Query,
    matches: HashMap<NodeIx, u32>,
    computed_for: Option<u64>,
}

impl Filter {
    /// Takes over what was typed into the line.
    pub(super) fn retype(&mut self) {
        self.query = Query::parse(self.input.value());
        self.matches.clear();
        self.revealed.clear();
        self.computed_for = None;
    }

    /// Matches again what has changed since the last time, or everything if the query has.
    pub(super) fn refresh(&mut self, tree: &Tree) {
        let since = self.computed_for.replace(tree.revision());
        if since == self.computed_for {
            return;
        }
        let mut highlighter = Highlighter::new();
        self.matches.retain(|ix, _| tree.get(*ix).is_some());
        let changed = |node: &Node| since.is_none_or(|since| node.changed_at() > since);
        for (ix, node) in tree.iter().filter(|(_, node)| changed(node)) {
            match self.query.score(node, &mut highlighter) {
                Some(score) => self.matches.insert(ix, score),
                None => self.matches.remove(&ix),
            };
        }
    }

    /// Whether there is nothing to filter by (yet).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.query.id.is_none() && matches!(self.query.words, Words::Nothing)
    }

    /// Whether the node itself matches, rather than something below it.
    #[must_use]
    pub fn is_match(&self, ix: NodeIx) -> bool {
        self.matches.contains_key(&ix)
    }

    /// Whether the query is exactly this node's id: such a match is never hidden.
    pub(super) fn is_exact(&self, ix: NodeIx) -> bool {
        self.score(ix) == Some(EXACT_ID)
    }

    pub(super) fn score(&self, ix: NodeIx) -> Option<u32> {
        self.matches.get(&ix).copied()
    }

    pub(super) fn matched(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.matches.keys().copied()
    }

    /// The positions in `text` that the query matches, counted as [`characters`] counts.
    pub fn highlights(&self, text: &str, kind: TextKind, with: &mut Highlighter) -> Vec<u32> {
        self.query.highlights(text, kind, with)
    }
}

/// What a text is, which decides how it is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A name or an email address.
    Words,
    /// An id.
    Id,
}

/// The working memory of the fuzzy matcher; make one per pass, not one per text.
#[derive(Debug)]
pub struct Highlighter {
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Default for Highlighter {
    fn default() -> Self {
        Self::new()
    }
}

impl Highlighter {
    /// Empty working memory.
    #[must_use]
    pub fn new() -> Self {
        Self {
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }
}

/// The characters of a text as the matcher counts them: grapheme clusters, or bytes where all is
/// ASCII.
pub fn characters(text: &str) -> impl Iterator<Item = &str> {
    use unicode_segmentation::UnicodeSegmentation as _;
    let ascii = text.is_ascii();
    let singles = ascii.then(|| (0..text.len()).map(|at| &text[at..=at]));
    let clusters = (!ascii).then(|| text.graphemes(true));
    singles
        .into_iter()
        .flatten()
        .chain(clusters.into_iter().flatten())
}

/// The text as [`characters`] counts it, a cluster standing for its first code point. Not
/// `Utf32Str::new`, which counts bytes where only the later code points of clusters are not ASCII.
fn haystack<'a>(text: &'a str, buffer: &'a mut Vec<char>) -> Utf32Str<'a> {
    if text.is_ascii() {
        return Utf32Str::Ascii(text.as_bytes());
    }
    buffer.clear();
    buffer.extend(characters(text).filter_map(|cluster| cluster.chars().next()));
    Utf32Str::Unicode(buffer)
}

/// What was asked for.
#[derive(Debug, Default)]
struct Query {
    /// An id, or the beginning of one, in lower case.
    id: Option<String>,
    words: Words,
}

#[derive(Debug, Default)]
enum Words {
    #[default]
    Nothing,
    /// This text in a row, in lower case.
    Literal(String),
    Fuzzy(Pattern),
}

impl Query {
    fn parse(typed: &str) -> Self {
        let typed = typed.trim();
        if typed.is_empty() {
            return Self::default();
        }
        let lower = typed.to_lowercase();
        if let Some(id) = id_in_arn(&lower) {
            return Self {
                id: Some(id.to_owned()),
                words: Words::Nothing,
            };
        }
        let digits: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        if digits.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty() {
            return Self {
                id: Some(digits),
                words: Words::Literal(lower),
            };
        }
        let looks_like_id = ["ou-", "r-"].iter().any(|start| lower.starts_with(start));
        let pattern = Pattern::new(
            typed,
            CaseMatching::Smart,
            Normalization::Smart,
            AtomKind::Fuzzy,
        );
        Self {
            id: looks_like_id.then_some(lower),
            words: Words::Fuzzy(pattern),
        }
    }

    fn score(&self, node: &Node, with: &mut Highlighter) -> Option<u32> {
        let by_id = self.id.as_deref().and_then(|id| {
            if node.id() == id {
                Some(EXACT_ID)
            } else {
                node.id().starts_with(id).then_some(ID_PREFIX)
            }
        });
        if by_id.is_some() {
            return by_id;
        }
        let email = node.account().and_then(|account| account.email.as_deref());
        let mut score = |text: Option<&str>| self.words.score(text?, with);
        // Who types words thinks of names first.
        let (by_name, by_email) = (score(node.name()), score(email));
        by_name.map(|score| 2 * score).max(by_email)
    }

    fn highlights(&self, text: &str, kind: TextKind, with: &mut Highlighter) -> Vec<u32> {
        let mut at = match (kind, &self.id) {
            (TextKind::Id, Some(id)) if text.starts_with(id.as_str()) => {
                (0..u32::try_from(id.len()).unwrap_or(0)).collect()
            }
            (TextKind::Id, _) => Vec::new(),
            (TextKind::Words, _) => self.words.highlights(text, with),
        };
        at.sort_unstable();
        at.dedup();
        at
    }
}

impl Words {
    fn score(&self, text: &str, with: &mut Highlighter) -> Option<u32> {
        match self {
            Self::Nothing => None,
            Self::Literal(literal) => text.to_lowercase().contains(literal).then_some(LITERAL),
            Self::Fuzzy(pattern) => {
                pattern.score(haystack(text, &mut with.buffer), &mut with.matcher)
            }
        }
    }

    fn highlights(&self, text: &str, with: &mut Highlighter) -> Vec<u32> {
        let mut at = Vec::new();
        match self {
            Self::Nothing => {}
            Self::Literal(literal) => {
                // Digits and separators only, so that lower case changes no length before them.
                if let Some(start) = text.find(literal.as_str()) {
                    let before = u32::try_from(characters(&text[..start]).count()).unwrap_or(0);
                    let length = u32::try_from(literal.len()).unwrap_or(0);
                    at.extend(before..before + length);
                }
            }
            Self::Fuzzy(pattern) => {
                let text = haystack(text, &mut with.buffer);
                pattern.indices(text, &mut with.matcher, &mut at);
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::{Account, Observation, Root};

    fn tree() -> Tree {
        let mut tree = Tree::new();
        tree.apply([Observation::Root(Root {
            id: "r-ab12".into(),
            ..Root::default()
        })]);
        for (id, name, email) in [
            ("012345678901", "payments-prod", "aws+pay@example.com"),
            ("123456789012", "Zürich 4711", "zrh@example.com"),
            ("999900001111", "工程部 012", "eng@example.org"),
        ] {
            tree.apply([Observation::Account {
                account: Account {
                    id: id.into(),
                    name: Some(name.into()),
                    email: Some(email.into()),
                    ..Account::default()
                },
                ancestors: vec!["r-ab12".into()],
            }]);
        }
        tree
    }

    fn matches(typed: &str) -> Vec<String> {
        let tree = tree();
        let mut filter = Filter {
            input: typed.into(),
            ..Filter::default()
        };
        filter.retype();
        filter.refresh(&tree);
        let mut found: Vec<_> = filter
            .matched()
            .map(|ix| {
                (
                    u32::MAX - filter.score(ix).unwrap(),
                    tree.get(ix).unwrap().id(),
                )
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id.to_owned()).collect()
    }

    #[test]
    fn digits_mean_the_beginning_of_an_id_before_anything_else() {
        assert_eq!(matches("012"), ["012345678901", "999900001111"]);
        assert_eq!(matches("123456789012"), ["123456789012"]);
        assert_eq!(matches("1234-5678-9012"), ["123456789012"]);
        assert_eq!(matches("4711"), ["123456789012"]);
        assert_eq!(matches("777"), [""; 0]);
    }

    #[test]
    fn words_are_fuzzy_on_names_and_emails_and_forgive_accents() {
        assert_eq!(matches("pmtprd"), ["012345678901"]);
        assert_eq!(matches("zurich"), ["123456789012"]);
        assert_eq!(matches("工程"), ["999900001111"]);
        assert_eq!(matches("aws+pay@"), ["012345678901"]);
        assert_eq!(matches("prod pay"), ["012345678901"]);
    }

    #[test]
    fn an_id_or_any_arn_can_be_pasted() {
        assert_eq!(matches("r-ab"), ["r-ab12"]);
        assert_eq!(
            matches("arn:aws:iam::012345678901:role/Admin"),
            ["012345678901"]
        );
        assert_eq!(
            matches("arn:aws:organizations::999900001111:account/o-abcdefghij/123456789012"),
            ["123456789012"]
        );
    }

    #[test]
    fn the_matched_characters_are_counted_as_they_are_drawn() {
        let highlights = |typed: &str, text: &str| {
            let mut filter = Filter {
                input: typed.into(),
                ..Filter::default()
            };
            filter.retype();
            filter.highlights(text, TextKind::Words, &mut Highlighter::new())
        };
        assert_eq!(highlights("prod", "payments-prod"), [9, 10, 11, 12]);
        assert_eq!(highlights("012", "工程部 012"), [4, 5, 6]);
        assert_eq!(highlights("ex", "cafe\u{301}x"), [3, 4]);
        assert_eq!(
            characters("cafe\u{301}x").collect::<Vec<_>>(),
            ["c", "a", "f", "e\u{301}", "x"]
        );
    }
}
