//! The filter language: `prod state:active ou:Workloads tag:Env=prod joined:<30d !legacy`.
//!
//! A query is a list of terms that must all hold. A word is looked for in ids, names and email
//! addresses; a field (`state:`, `ou:`, `tag:`, `joined:`, `name:`, `email:`, `id:`, `is:`) asks
//! for one fact; `!` before a term turns it around. Quotes keep spaces together, a backslash takes
//! the meaning from the character behind it.
//!
//! A fact that is not known makes a term and its opposite false: what has no state is not listed by
//! `!state:closed`. Words are parts of texts here; whoever wants them fuzzy scores [`Query::words`]
//! by other means and asks [`Query::facts_hold`] for the rest.

mod joined;
mod parse;
mod place;
mod print;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::{Node, NodeKind, Tag, id_in_arn};
use joined::Joined;
use place::Unit;
pub use place::{Place, Places};

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
            (Test::State(here), Test::State(there))
            | (Test::Name(here), Test::Name(there))
            | (Test::Email(here), Test::Email(there))
            | (Test::Id(here), Test::Id(there)) => here.starts_with(there.as_str()),
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
    Name(String),
    Email(String),
    Id(String),
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

/// A word of a query: an id, the beginning of one, an ARN, or a part of a name or email address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    lower: String,
    /// Whether it stood in quotes.
    literal: bool,
    id: Option<String>,
    only_id: bool,
}

impl Word {
    fn new(text: &str, literal: bool) -> Self {
        let lower = text.to_lowercase();
        let in_arn = id_in_arn(&lower).map(str::to_owned);
        let digits: String = lower.chars().filter(|c| *c != '-').collect();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_place = ["ou-", "r-"].iter().any(|start| lower.starts_with(start));
        Self {
            text: text.to_owned(),
            literal,
            only_id: in_arn.is_some(),
            id: in_arn
                .or(is_number.then_some(digits))
                .or(is_place.then(|| lower.clone())),
            lower,
        }
    }

    /// As it was typed, without quotes and escapes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// In lower case.
    #[must_use]
    pub fn lower(&self) -> &str {
        &self.lower
    }

    /// The id that it may be, or the beginning of one, in lower case.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether it is an ARN, which is nothing but an id.
    #[must_use]
    pub fn is_only_id(&self) -> bool {
        self.only_id
    }

    /// Whether only the text itself is meant, letter by letter: it stood in quotes, or is a number.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.literal || (self.id.is_some() && self.lower.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Whether it is the other one with more letters, and means the same kind of thing.
    fn is_within(&self, wider: &Self) -> bool {
        let same_kind = match (&self.id, &wider.id) {
            (None, None) => self.literal == wider.literal,
            // A number, of which an ARN, for one, may be the beginning of nothing.
            (Some(here), Some(there)) => {
                let exact = |word: &Self| word.is_literal() && !word.only_id;
                here.starts_with(there.as_str()) && exact(self) && exact(wider)
            }
            _ => false,
        };
        same_kind && self.text.starts_with(&wider.text)
    }

    /// Whether the text has it somewhere, whatever the case.
    #[must_use]
    pub fn is_part_of(&self, text: &str) -> bool {
        contains(text, &self.lower)
    }

    /// Whether it is a part of the name or email address, or the beginning of the id.
    fn is_in(&self, node: &Node) -> bool {
        let by_id = || self.id().is_some_and(|id| node.id().starts_with(id));
        let in_text = |text: Option<&str>| text.is_some_and(|text| self.is_part_of(text));
        by_id() || (!self.only_id && (in_text(node.name()) || in_text(email(node))))
    }
}

fn email(node: &Node) -> Option<&str> {
    node.account().and_then(|account| account.email.as_deref())
}

/// Whether the text has this in it, which is in lower case.
fn contains(text: &str, lower: &str) -> bool {
    if lower.is_empty() || !text.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    let (text, lower) = (text.as_bytes(), lower.as_bytes());
    let Some(last) = text.len().checked_sub(lower.len()) else {
        return false;
    };
    // Most places differ in their first letter.
    let first = [lower[0], lower[0].to_ascii_uppercase()];
    let begins = |at: &usize| text[*at] == first[0] || text[*at] == first[1];
    (0..=last)
        .filter(begins)
        .any(|at| text[at..at + lower.len()].eq_ignore_ascii_case(lower))
}

/// What is known of one node.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The node.
    pub node: &'a Node,
    /// Where it is, by [`Places::at`].
    pub place: Place,
    /// Id of the management account, once it is known.
    pub management: Option<&'a str>,
    /// Its tags, if they were read.
    pub tags: Option<&'a [Tag]>,
    /// What time it is.
    pub now: Timestamp,
}

/// Whether a query holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does not.
    No,
    /// That depends on tags that were not read.
    TagsNotRead,
    /// It does.
    Yes,
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

    /// Whether everything holds, words as parts of ids, names and email addresses.
    #[must_use]
    pub fn holds(&self, facts: &Facts<'_>) -> Verdict {
        let found = |word: &Word| word.is_in(facts.node);
        if self.words().all(found) {
            self.facts_hold(facts)
        } else {
            Verdict::No
        }
    }

    /// Whether everything but [`Self::words`] holds.
    #[must_use]
    pub fn facts_hold(&self, facts: &Facts<'_>) -> Verdict {
        let mut verdict = Verdict::Yes;
        let mut units = 0;
        for term in &self.terms {
            let place = units;
            units += usize::from(matches!(term.test, Test::Unit(_)));
            if matches!((&term.test, term.negated), (Test::Word(_), false)) {
                continue;
            }
            match term.test.ask(facts, place) {
                Some(Truth::TagsNotRead) => verdict = Verdict::TagsNotRead,
                Some(Truth::Is(holds)) if holds != term.negated => {}
                _ => return Verdict::No,
            }
        }
        verdict
    }
}

enum Truth {
    Is(bool),
    TagsNotRead,
}

impl Test {
    /// `None` where the node has no such fact, or it is not known. `unit` counts the tests for OUs.
    fn ask(&self, facts: &Facts<'_>, unit: usize) -> Option<Truth> {
        let node = facts.node;
        let account = node.account();
        let lower = |text: &str, part: &str| Truth::Is(contains(text, part));
        Some(match self {
            Self::Word(word) => Truth::Is(word.is_in(node)),
            Self::State(start) => {
                let state = account?.state.as_ref()?.as_str().as_bytes();
                let begins = state.get(..start.len());
                let same = |begins: &[u8]| begins.eq_ignore_ascii_case(start.as_bytes());
                Truth::Is(begins.is_some_and(same))
            }
            Self::Unit(_) => Truth::Is(facts.place.holds(unit)),
            Self::Tag { key, value } => {
                account?;
                let Some(tags) = facts.tags else {
                    return Some(Truth::TagsNotRead);
                };
                Truth::Is(tags.iter().any(|tag| is_tag(tag, key, value.as_deref())))
            }
            Self::Joined(joined) => Truth::Is(joined.holds(account?.joined_at?, facts.now)),
            Self::Name(part) => lower(node.name()?, part),
            Self::Email(part) => lower(email(node)?, part),
            Self::Id(start) => Truth::Is(node.id().starts_with(start.as_str())),
            Self::Is(Is::Management) => Truth::Is(account?.id == facts.management?),
            Self::Is(Is::Account) => Truth::Is(account.is_some()),
            Self::Is(Is::Unit) => Truth::Is(node.kind() == NodeKind::OrganizationalUnit),
        })
    }
}

/// Keys and values differ in case for the service, and for nobody who looks for one.
fn is_tag(tag: &Tag, key: &str, value: Option<&str>) -> bool {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    same(&tag.key, key) && value.is_none_or(|value| same(&tag.value, value))
}
