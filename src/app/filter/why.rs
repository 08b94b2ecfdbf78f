//! Why a node matches: what of its name, and what besides.

use super::words::{Field, mark_part};
use super::{Filter, Highlighter, Index, TextKind};
use crate::org::{Node, NodeIx, Texts};

impl Filter {
    /// The positions in `text` that the query matches, counted as [`characters`](super::characters)
    /// counts.
    pub fn highlights(&self, text: &str, kind: TextKind, with: &mut Highlighter) -> Vec<u32> {
        let mut at = Vec::new();
        for word in &self.words {
            word.highlight(text, kind, with, &mut at);
        }
        if kind == TextKind::Words {
            for part in self.query.texts() {
                mark_part(text, part, &mut at);
            }
        }
        at.sort_unstable();
        at.dedup();
        at
    }

    /// What besides name and id tells why this node matches: its email address, if something was
    /// found there or looked for only there; the tags that have a word which is nowhere else; and
    /// those of a key that was asked for. Hostile text.
    pub(in crate::app) fn reasons(
        &self,
        (ix, node): (NodeIx, &Node),
        index: &Index,
        with: &mut Highlighter,
    ) -> Vec<String> {
        if !self.is_match(ix) {
            return Vec::new();
        }
        let texts = Texts {
            tags: index.tags.of(ix),
            ..Texts::of(node)
        };
        let words = self.words.iter();
        let found: Vec<Option<Field>> = words
            .map(|word| word.find(&texts, with).map(|(field, _)| field))
            .collect();
        let by_email = self.query.asks_for_emails() || found.contains(&Some(Field::Email));
        let email = texts.email.filter(|_| by_email);
        let mut reasons: Vec<String> = email.map(str::to_owned).into_iter().collect();
        let Some(tags) = texts.tags else {
            return reasons;
        };
        let elsewhere = self.words.iter().zip(found);
        let telling = elsewhere
            .filter(|(_, found)| *found == Some(Field::Tags))
            .filter_map(|(word, _)| word.tag_among(tags));
        for (key, value) in telling.chain(self.query.keys_in(tags)) {
            let tag = format!("{key}={value}");
            if !reasons.contains(&tag) {
                reasons.push(tag);
            }
        }
        reasons
    }
}
