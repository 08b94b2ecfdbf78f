//! The filter language: `prod state:active ou:Workloads tag:Env=prod joined:<30d !legacy`.
//!
//! A query is a list of terms that must all hold. A word is looked for in ids, names and email
//! addresses, and in the values of tags by whoever has them at hand; a field (`state:`, `ou:`, `tag:`, `joined:`, `name:`, `email:`, `id:`, `is:`) asks
//! for one fact; `!` before a term turns it around. Quotes keep spaces together, a backslash takes
//! the meaning from the character behind it.
//!
//! A fact that is not known makes a term and its opposite false: what has no state is not listed by
//! `!state:closed`. Words are parts of texts here; whoever wants them fuzzy scores [`Query::words`]
//! by other means and asks [`Query::facts_hold`] for the rest.

mod holds;
mod ids;
mod joined;
mod parse;
mod part;
mod place;
mod print;
mod tags;
#[cfg(test)]
mod tests;
mod word;

use std::collections::BTreeMap;
use std::fmt;

pub use holds::{Facts, Texts, Verdict};
use joined::Joined;
use part::Part;
use place::Unit;
pub use place::{Place, Places};
pub use tags::Tags;
pub use word::Word;

/// In bytes: longer than anybody types; what is pasted may have megabytes.
const LONGEST_TYPED: usize = 4096;

/// Queries by name, as the configuration has them; `@name` stands for one.
pub type SavedQueries = BTreeMap<String, Query>;

/// Terms that must all hold. Printed, it reads as the same query again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    terms: Vec<Term>,
}

/// A test, or its opposite.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

impl Term {
    fn is_within(&self, wider: &Self) -> bool {
        if self == wider {
            return true;
        }
        let narrower = match (&self.test, &wider.test) {
            (Test::Word(here), Test::Word(there)) => here.is_within(there),
            (Test::Name(here), Test::Name(there)) | (Test::Email(here), Test::Email(there)) => {
                here.as_str().starts_with(there.as_str())
            }
            (Test::State(here), Test::State(there)) => here.starts_with(there.as_str()),
            (Test::Id(here), Test::Id(there)) => {
                let is_within = |id: &String| there.iter().any(|wider| id.starts_with(wider));
                here.iter().all(is_within)
            }
            _ => false,
        };
        narrower && !self.negated && !wider.negated
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Word(Word),
    /// What the state begins with: lower case, `_` between words.
    State(String),
    Unit(Unit),
    Tag {
        key: String,
        value: Option<String>,
    },
    Joined(Joined),
    Name(Part),
    Email(Part),
    /// What the id begins with: one of these.
    Id(Vec<String>),
    Is(Is),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Management,
    Account,
    Unit,
}

impl Is {
    const ALL: [Self; 3] = [Self::Management, Self::Account, Self::Unit];

    fn name(self) -> &'static str {
        match self {
            Self::Management => "management",
            Self::Account => "account",
            Self::Unit => "ou",
        }
    }
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Which character it is about, counted from 1.
    pub at: usize,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Whether it may yet become right by typing on.
    pub is_unfinished: bool,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.at, self.message)
    }
}

impl Query {
    /// Reads a query; an empty one has no terms and holds always.
    ///
    /// # Errors
    /// What is wrong with it first, with its place.
    pub fn parse(text: &str, saved: &SavedQueries) -> Result<Self, QueryError> {
        let (query, error) = Self::parse_as_typed(text, saved);
        error.map_or(Ok(query), Err)
    }

    /// Reads a query that is still being typed: the terms that could be read, and what is wrong
    /// with the others, a mistake before what is only unfinished. A quote that is still open is
    /// taken for closed.
    #[must_use]
    pub fn parse_as_typed(text: &str, saved: &SavedQueries) -> (Self, Option<QueryError>) {
        let (terms, error) = parse::parse(text, saved);
        (Self { terms }, error)
    }

    /// That a tag of this key, of this value if one is given, is there.
    #[must_use]
    pub fn of_tag(key: &str, value: Option<&str>) -> Self {
        Self {
            terms: vec![Term {
                negated: false,
                test: Test::Tag {
                    key: key.to_owned(),
                    value: value.map(str::to_owned),
                },
            }],
        }
    }

    /// What `key=value` asks for where nothing else is meant: that tag.
    #[must_use]
    pub fn of_pair(text: &str) -> Option<Self> {
        let (key, value) = text.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        let has_fields = parse::field_name(text).is_some() || text.contains('"');
        (!key.is_empty() && !has_fields).then(|| Self::of_tag(key, Some(value)))
    }

    /// Whether a text must be meant as a query: a line that can be read as one, and has a field or
    /// turns something around. Any other text may have paths, pairs and ids too.
    #[must_use]
    pub fn is_in_language(text: &str) -> bool {
        let asks = |token: &str| token.starts_with('!') || parse::has_known_field(token);
        let is_line = text.len() <= LONGEST_TYPED && !text.contains('\n');
        is_line
            && text.split_whitespace().any(asks)
            && Self::parse(text, &SavedQueries::new()).is_ok()
    }

    /// Whether it has no terms.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it asks for tags.
    #[must_use]
    pub fn asks_for_tags(&self) -> bool {
        self.has(|test| matches!(test, Test::Tag { .. }))
    }

    /// Whether it looks for something in email addresses alone.
    #[must_use]
    pub fn asks_for_emails(&self) -> bool {
        let by_email = |term: &Term| !term.negated && matches!(term.test, Test::Email(_));
        self.terms.iter().any(by_email)
    }

    /// Whether tags may tell something of it: it asks for them, or has words, which may stand in them.
    #[must_use]
    pub fn looks_in_tags(&self) -> bool {
        self.asks_for_tags()
            || self.has(|test| matches!(test, Test::Word(word) if !word.is_only_id()))
    }

    /// Those of the tags that this asks for by their keys, whatever their values.
    pub fn keys_in<'a>(&self, tags: Tags<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
        let keys = |key: &str| {
            let is_key = |term: &Term| match &term.test {
                Test::Tag {
                    key: wanted,
                    value: None,
                } => !term.negated && part::same(key, wanted),
                _ => false,
            };
            self.terms.iter().any(is_key)
        };
        tags.iter().filter(move |(key, _)| keys(key))
    }

    /// Whether this holds only where `wider` holds too, as can be told from their terms: those of
    /// `wider`, the last of them perhaps with more letters, and perhaps more terms. That is true of
    /// fuzzy words as well.
    #[must_use]
    pub fn is_within(&self, wider: &Self) -> bool {
        let Some((last, before)) = wider.terms.split_last() else {
            return true;
        };
        let here = self.terms.get(before.len());
        self.terms.starts_with(before) && here.is_some_and(|term| term.is_within(last))
    }

    /// Whether it looks for something in [`Texts`].
    #[must_use]
    pub fn asks_for_texts(&self) -> bool {
        let texts = |test: &Test| {
            matches!(
                test,
                Test::Word(_) | Test::Name(_) | Test::Email(_) | Test::Id(_)
            )
        };
        self.has(texts)
    }

    /// Whether it asks where something is.
    #[must_use]
    pub fn asks_for_places(&self) -> bool {
        self.has(|test| matches!(test, Test::Unit(_)))
    }

    /// Whether it is words and nothing else.
    #[must_use]
    pub fn is_words_only(&self) -> bool {
        let plain = |term: &Term| !term.negated && matches!(term.test, Test::Word(_));
        self.terms.iter().all(plain)
    }

    fn has(&self, which: impl Fn(&Test) -> bool) -> bool {
        self.terms.iter().any(|term| which(&term.test))
    }

    /// The words that must be found.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.terms
            .iter()
            .filter_map(|term| match (&term.test, term.negated) {
                (Test::Word(word), false) => Some(word),
                _ => None,
            })
    }

    /// The texts that `name:` and `email:` look for, in lower case.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.terms
            .iter()
            .filter_map(|term| match (&term.test, term.negated) {
                (Test::Name(text) | Test::Email(text), false) => Some(text.as_str()),
                _ => None,
            })
    }
}
