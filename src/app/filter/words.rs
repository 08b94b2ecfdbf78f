//! The words of a filter: how well a node matches one, and where in a text it stands.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::org::{Tags, Texts, Word};

/// The scores of the three ways to match an id or digits, above every fuzzy score: few words
/// of one kind do not come to the score of the next.
pub(super) const EXACT_ID: u32 = 1 << 30;
const ID_PREFIX: u32 = 3_000_000;
const LITERAL: u32 = 1_000_000;
/// Below every fuzzy score.
const BY_TAG: u32 = 1;

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

/// In which text of a node a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Name,
    Email,
    Tags,
}

/// A word that is looked for.
#[derive(Debug)]
pub(super) struct Sought {
    word: Word,
    /// Unless only the text itself is meant.
    fuzzy: Option<Pattern>,
}

impl Sought {
    pub(super) fn new(word: &Word) -> Self {
        let exact = word.is_literal() || word.is_only_id();
        let (case, accents) = (CaseMatching::Smart, Normalization::Smart);
        let pattern = || Pattern::new(word.text(), case, accents, AtomKind::Fuzzy);
        Self {
            word: word.clone(),
            fuzzy: (!exact).then(pattern),
        }
    }

    /// In which text of a node it is, and how well it matches that.
    pub(super) fn find(&self, texts: &Texts<'_>, with: &mut Highlighter) -> Option<(Field, u32)> {
        let by_id = self.word.id().and_then(|id| {
            if texts.id == id {
                Some(EXACT_ID)
            } else {
                texts.id.starts_with(id).then_some(ID_PREFIX)
            }
        });
        if by_id.is_some() || self.word.is_only_id() {
            return by_id.map(|score| (Field::Id, score));
        }
        let mut score = |text: Option<&str>| self.score_text(text?, with);
        // Who types words thinks of names first.
        let by_name = score(texts.name).map(|score| (Field::Name, 2 * score));
        let by_text = by_name.or_else(|| Some((Field::Email, score(texts.email)?)));
        by_text.or_else(|| {
            let tag = self.tag_among(texts.tags?);
            tag.map(|_| (Field::Tags, BY_TAG))
        })
    }

    /// The first tag in which it is.
    pub(super) fn tag_among<'a>(&self, tags: Tags<'a>) -> Option<(&'a str, &'a str)> {
        self.word.tag_among(tags)
    }

    fn score_text(&self, text: &str, with: &mut Highlighter) -> Option<u32> {
        match &self.fuzzy {
            None => self.word.is_part_of(text).then_some(LITERAL),
            Some(pattern) => pattern.score(haystack(text, &mut with.buffer), &mut with.matcher),
        }
    }

    /// Adds the positions in the text that match, counted as [`characters`] counts.
    pub(super) fn highlight(
        &self,
        text: &str,
        kind: TextKind,
        with: &mut Highlighter,
        at: &mut Vec<u32>,
    ) {
        match (kind, self.word.id()) {
            (TextKind::Id, Some(id)) if text.starts_with(id) => {
                at.extend(0..u32::try_from(id.len()).unwrap_or(0));
            }
            (TextKind::Id, _) => {}
            (TextKind::Words, _) if self.word.is_only_id() => {}
            (TextKind::Words, _) => match &self.fuzzy {
                None => mark_part(text, self.word.lower(), at),
                Some(pattern) => {
                    let text = haystack(text, &mut with.buffer);
                    pattern.indices(text, &mut with.matcher, at);
                }
            },
        }
    }
}

/// Where this part, which is in lower case, stands first in the text.
pub(super) fn mark_part(text: &str, part: &str, at: &mut Vec<u32>) {
    let lower: Vec<String> = characters(text).map(str::to_lowercase).collect();
    for start in 0..lower.len() {
        let mut rest = part;
        for (end, character) in lower.iter().enumerate().skip(start) {
            match rest.strip_prefix(character.as_str()) {
                Some(left) => rest = left,
                None => break,
            }
            if rest.is_empty() {
                let number = |at: usize| u32::try_from(at).unwrap_or(0);
                at.extend(number(start)..=number(end));
                return;
            }
        }
    }
}
