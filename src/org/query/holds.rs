//! Whether a query holds for a node.

use jiff::Timestamp;

use super::{Is, Place, Query, Tags, Test, Word};
use crate::org::{Node, NodeKind};

/// What is known of one node.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The node.
    pub node: &'a Node,
    /// What words are looked for in, by [`Texts::of`] or as it was kept besides.
    pub texts: Texts<'a>,
    /// Where it is, by [`Places::at`](super::Places::at).
    pub place: Place,
    /// Id of the management account, once it is known.
    pub management: Option<&'a str>,
    /// Its tags, if they were read.
    pub tags: Option<Tags<'a>>,
    /// What time it is.
    pub now: Timestamp,
}

/// The texts of a node in which is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Texts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name, once it is known.
    pub name: Option<&'a str>,
    /// The email address of an account, once it is known.
    pub email: Option<&'a str>,
    /// Tags of which the values are searched too, where whoever searches has them at hand.
    pub tags: Option<Tags<'a>>,
}

impl<'a> Texts<'a> {
    /// Those of this node, but for its tags.
    #[must_use]
    pub fn of(node: &'a Node) -> Self {
        Self {
            id: node.id(),
            name: node.name(),
            email: node.account().and_then(|account| account.email.as_deref()),
            tags: None,
        }
    }
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

impl Query {
    /// Whether everything holds, words as parts of its texts.
    #[must_use]
    pub fn holds(&self, facts: &Facts<'_>) -> Verdict {
        let found = |word: &Word| word.is_in(&facts.texts);
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
        Some(match self {
            Self::Word(word) => Truth::Is(word.is_in(&facts.texts)),
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
                Truth::Is(tags.have(key, value.as_deref()))
            }
            Self::Joined(joined) => Truth::Is(joined.holds(account?.joined_at?, facts.now)),
            Self::Name(part) => Truth::Is(part.is_in(facts.texts.name?)),
            Self::Email(part) => Truth::Is(part.is_in(facts.texts.email?)),
            Self::Id(starts) => {
                let mut starts = starts.iter();
                Truth::Is(starts.any(|start| facts.texts.id.starts_with(start.as_str())))
            }
            Self::Is(Is::Management) => Truth::Is(account?.id == facts.management?),
            Self::Is(Is::Account) => Truth::Is(account.is_some()),
            Self::Is(Is::Unit) => Truth::Is(node.kind() == NodeKind::OrganizationalUnit),
        })
    }
}
