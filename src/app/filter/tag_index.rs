//! The tags that were read, side by side like the [texts](super::texts) and for the same reason.

use super::tags::Asked;
use super::texts::{MOST_LEFT_OVER, number};
use crate::app::findings::Findings;
use crate::org::{Finding, Found, NodeIx, Tags, Tree};

/// The tags of a tree, as far as they were read.
#[derive(Debug, Default)]
pub(in crate::app) struct TagIndex {
    /// Key and value of one behind those of the other.
    all: String,
    lengths: Vec<(u32, u32)>,
    /// By [`NodeIx::slot`].
    of: Vec<Kept>,
    /// The revisions of the tree, and of tags among the findings.
    made_for: Option<(u64, u64)>,
    /// How long all was when it was made.
    made_with: usize,
}

/// What is known of the tags of a node.
#[derive(Debug, Clone, Copy, Default)]
enum Kept {
    #[default]
    Unread,
    Failed,
    Read {
        text: Range,
        lengths: Range,
        /// Whether they may have changed since: they were read in an earlier run.
        earlier: bool,
    },
}

/// From where to where; half as large as that of the library.
#[derive(Debug, Clone, Copy)]
struct Range {
    start: u32,
    end: u32,
}

impl Range {
    fn new(start: usize, end: usize) -> Self {
        Self {
            start: number(start),
            end: number(end),
        }
    }

    fn all(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl TagIndex {
    /// Takes over what has changed.
    pub(super) fn refresh(&mut self, findings: &Findings, tree: &Tree) {
        let now = (tree.revision(), findings.tags_revision());
        let before = self.made_for.replace(now);
        if before == self.made_for {
            return;
        }
        let has_room = self.all.len() <= 2 * self.made_with + MOST_LEFT_OVER;
        let before = before.filter(|_| has_room);
        let read = before.and_then(|(_, tags)| findings.tags_since(tags));
        let (Some((since, _)), Some(read)) = (before, read) else {
            self.make(findings, tree);
            return;
        };
        self.of.resize(tree.slots(), Kept::Unread);
        for id in read {
            if let Some(ix) = tree.find(id) {
                self.take(ix, id, findings.tags_found(id), findings);
            }
        }
        if since == tree.revision() {
            return;
        }
        for (ix, node) in tree.iter().filter(|(_, node)| node.changed_at() > since) {
            if matches!(self.of[ix.slot()], Kept::Unread) {
                self.take(ix, node.id(), findings.tags_found(node.id()), findings);
            }
        }
    }

    fn make(&mut self, findings: &Findings, tree: &Tree) {
        *self = Self {
            made_for: self.made_for,
            ..Self::default()
        };
        self.of.resize(tree.slots(), Kept::Unread);
        for (id, found) in findings.all_tags_found() {
            if let Some(ix) = tree.find(id) {
                self.take(ix, id, Some(found), findings);
            }
        }
        self.made_with = self.all.len();
    }

    fn take(&mut self, ix: NodeIx, id: &str, found: Option<&Found>, findings: &Findings) {
        self.of[ix.slot()] = match found.map(|found| &found.answer) {
            None => Kept::Unread,
            Some(Ok(Finding::Tags(tags))) => {
                let (start, first) = (self.all.len(), self.lengths.len());
                for tag in tags {
                    self.all.extend([tag.key.as_str(), tag.value.as_str()]);
                    self.lengths
                        .push((number(tag.key.len()), number(tag.value.len())));
                }
                Kept::Read {
                    text: Range::new(start, self.all.len()),
                    lengths: Range::new(first, self.lengths.len()),
                    earlier: !findings.are_tags_newest(id),
                }
            }
            Some(_) => Kept::Failed,
        };
    }

    /// The tags of a node, if they were read in this run or an earlier one, as far as that was known
    /// at the last refresh.
    pub(super) fn of(&self, ix: NodeIx) -> Option<Tags<'_>> {
        match *self.of.get(ix.slot())? {
            Kept::Read { text, lengths, .. } => Some(Tags::Packed {
                text: self.all.get(text.all())?,
                lengths: self.lengths.get(lengths.all())?,
            }),
            Kept::Unread | Kept::Failed => None,
        }
    }

    /// The same, unless they may have changed since.
    pub(super) fn newest(&self, ix: NodeIx) -> Option<Tags<'_>> {
        let is_newest = self.asked(ix) == Asked::Read;
        self.of(ix).filter(|_| is_newest)
    }

    /// Of how many nodes tags are known.
    pub(in crate::app) fn count(&self) -> usize {
        let known = |kept: &&Kept| matches!(kept, Kept::Read { .. });
        self.of.iter().filter(known).count()
    }

    /// Whether any tags were read in this run.
    pub(super) fn has_newest(&self) -> bool {
        let newest = |kept: &Kept| matches!(kept, Kept::Read { earlier: false, .. });
        self.of.iter().any(newest)
    }

    /// How far the tags of a node were read, which only they can tell something of.
    pub(super) fn asked(&self, ix: NodeIx) -> Asked {
        match self.of.get(ix.slot()) {
            Some(Kept::Read { earlier: false, .. }) => Asked::Read,
            Some(Kept::Failed) => Asked::Failed,
            Some(Kept::Unread | Kept::Read { earlier: true, .. }) | None => Asked::Unread,
        }
    }
}
