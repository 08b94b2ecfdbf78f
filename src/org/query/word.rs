//! A word of a query.

use super::part::Part;
use super::{Tags, Texts};
use crate::org::id_in_arn;

/// A word of a query: an id, the beginning of one, an ARN, or a part of a name or email address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    lower: Part,
    /// Whether it stood in quotes.
    pub(super) literal: bool,
    id: Option<String>,
    only_id: bool,
}

impl Word {
    pub(super) fn new(text: &str, literal: bool) -> Self {
        let part = Part::new(text);
        let lower = part.as_str();
        let in_arn = id_in_arn(lower).map(str::to_owned);
        let digits: String = lower.chars().filter(|c| *c != '-').collect();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_place = ["ou-", "r-"].iter().any(|start| lower.starts_with(start));
        Self {
            text: text.to_owned(),
            literal,
            only_id: in_arn.is_some(),
            id: in_arn
                .or(is_number.then_some(digits))
                .or(is_place.then(|| lower.to_owned())),
            lower: part,
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
        self.lower.as_str()
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
        self.literal
            || (self.id.is_some() && self.lower().starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Whether it is the other one with more letters, and means the same kind of thing.
    pub(super) fn is_within(&self, wider: &Self) -> bool {
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
        self.lower.is_in(text)
    }

    /// The first tag that has it in its value.
    #[must_use]
    pub fn tag_among<'a>(&self, tags: Tags<'a>) -> Option<(&'a str, &'a str)> {
        tags.find((!self.only_id).then_some(&self.lower)?)
    }

    /// Whether it is the beginning of the id, or a part of another text.
    pub(super) fn is_in(&self, texts: &Texts<'_>) -> bool {
        let by_id = || self.id().is_some_and(|id| texts.id.starts_with(id));
        let in_text = |text: Option<&str>| text.is_some_and(|text| self.is_part_of(text));
        let in_tags = || {
            texts
                .tags
                .is_some_and(|tags| tags.find(&self.lower).is_some())
        };
        by_id() || (!self.only_id && (in_text(texts.name) || in_text(texts.email) || in_tags()))
    }
}
