//! The tags of a node, however they are kept.

use super::part::{Part, same};
use crate::org::Tag;

/// The tags of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags<'a> {
    /// As they were read.
    Listed(&'a [Tag]),
    /// As texts side by side, of many nodes in one piece of memory.
    Packed {
        /// Key and value of one tag behind those of the other, and nothing else.
        text: &'a str,
        /// How many bytes long the key and the value of each are.
        lengths: &'a [(u32, u32)],
    },
}

impl<'a> Tags<'a> {
    /// Their keys and values.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let (listed, mut rest, lengths) = match self {
            Self::Listed(tags) => (tags, "", &[][..]),
            Self::Packed { text, lengths } => (&[][..], text, lengths),
        };
        let mut cut = move |length: u32| {
            let (text, after) = rest.split_at_checked(length as usize).unwrap_or_default();
            rest = after;
            text
        };
        let packed = lengths.iter();
        let packed = packed.map(move |&(key, value)| (cut(key), cut(value)));
        let listed = listed.iter();
        listed
            .map(|tag| (tag.key.as_str(), tag.value.as_str()))
            .chain(packed)
    }

    /// The first of them with this in its value.
    pub(super) fn find(self, part: &Part) -> Option<(&'a str, &'a str)> {
        if let Self::Packed { text, .. } = self
            && text.is_ascii()
            && !part.is_in(text)
        {
            // It is in none, as one look at all of them tells. Of other letters, what is small depends
            // on what stands beside them.
            return None;
        }
        self.iter().find(|(_, value)| part.is_in(value))
    }

    /// Whether there is one of this key, and of this value if one is given. Both differ in case for
    /// the service, and for nobody who looks for one.
    pub(super) fn have(self, key: &str, value: Option<&str>) -> bool {
        let mut tags = self.iter();
        tags.any(|it| same(it.0, key) && value.is_none_or(|value| same(it.1, value)))
    }
}
