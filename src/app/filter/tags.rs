//! What the filter knows besides the tree: above all the tags, which are read one by one while it is
//! on.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::{Filter, Index, TagIndex};
use crate::app::App;
use crate::app::findings::Findings;
use crate::org::{ErrorKind, NodeIx, OrgError, Question, Tree};

/// Of how many accounts tags are asked for at once: as many as are read before the next frame.
const TAGS_AT_ONCE: usize = 32;
/// After so many refusals and not one answer, no more is asked.
const MOST_REFUSALS: usize = 5;

/// What is known besides the tree.
#[derive(Debug, Default)]
pub(super) struct Background {
    pub(super) now: Timestamp,
    pub(super) management: Option<String>,
    /// Whether nobody can be asked for tags, e.g. offline.
    pub(super) no_asking: bool,
    /// Why tags are not read at all.
    pub(super) refusal: Option<OrgError>,
    /// Why some tags could not be read.
    pub(super) failure: Option<OrgError>,
    /// The revision of the tags that was matched with.
    tags_revision: Option<u64>,
}

/// Why it makes no sense to ask for more tags.
fn refusal(findings: &Findings, tags: &TagIndex) -> Option<OrgError> {
    if tags.has_newest() {
        return None;
    }
    let failures = findings.tag_failures();
    let mut refusals = failures.filter(|error| error.kind == ErrorKind::AccessDenied);
    refusals.nth(MOST_REFUSALS - 1).cloned()
}

/// What the tags of a node have to do with whether it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Asked {
    /// Nothing: that is known without them.
    #[default]
    No,
    /// Everything; they were read,
    Read,
    /// or not yet,
    Unread,
    /// or cannot be.
    Failed,
}

/// Of which nodes only the tags can tell whether they match.
#[derive(Debug, Default)]
pub(super) struct ByTags {
    /// By [`NodeIx::slot`]; beyond the end, none.
    of: Vec<Asked>,
    counts: [usize; 4],
    /// Those whose tags were not read when they were added; of the first one, they still are not.
    unread: VecDeque<NodeIx>,
}

impl ByTags {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn set(&mut self, ix: NodeIx, asked: Asked) {
        if self.of.len() <= ix.slot() {
            if asked == Asked::No {
                return;
            }
            self.counts[Asked::No as usize] += ix.slot() + 1 - self.of.len();
            self.of.resize(ix.slot() + 1, Asked::No);
        }
        let before = std::mem::replace(&mut self.of[ix.slot()], asked);
        self.counts[before as usize] -= 1;
        self.counts[asked as usize] += 1;
        if asked == Asked::Unread && before != asked {
            self.unread.push_back(ix);
        }
        // They are read in this order, so that few others are kept.
        while let Some(first) = self.unread.front()
            && self.of(*first) != Asked::Unread
        {
            self.unread.pop_front();
        }
    }

    /// Forgets what is not in the tree any more.
    pub(super) fn retain(&mut self, tree: &Tree) {
        let before = std::mem::take(self);
        for (ix, _) in tree.iter() {
            self.set(ix, before.of(ix));
        }
    }

    /// How many there are of which the tags are in one of these states.
    pub(super) fn count(&self, states: &[Asked]) -> usize {
        let counts = states.iter().map(|asked| self.counts[*asked as usize]);
        counts.sum()
    }

    fn of(&self, ix: NodeIx) -> Asked {
        self.of.get(ix.slot()).copied().unwrap_or_default()
    }

    /// Those whose tags are still to be read.
    fn unread(&self) -> impl Iterator<Item = NodeIx> {
        let all = self.unread.iter().copied();
        all.filter(|ix| self.of(*ix) == Asked::Unread)
    }
}

/// Tells the filter what it cannot see in the tree; it matches again where that is new.
pub(in crate::app) fn learn(app: &mut App) {
    let management = app.management_account().map(str::to_owned);
    let offline = app.session.offline;
    let App {
        outline,
        tree,
        findings,
        now,
        ..
    } = app;
    let Some(filter) = &mut outline.filter else {
        return;
    };
    let background = &mut filter.background;
    background.now = *now;
    let mut changed = false;
    if background.management != management {
        background.management = management;
        changed = filter.match_all_anew();
    }
    changed |= filter.learn_tags(&mut outline.index, findings, tree, offline);
    if changed {
        outline.invalidate();
    }
}

impl Filter {
    /// Matches again what has other tags than before; whether that changes anything.
    pub(super) fn learn_tags(
        &mut self,
        index: &mut Index,
        findings: &Findings,
        tree: &Tree,
        offline: bool,
    ) -> bool {
        if !self.query.looks_in_tags() {
            return false;
        }
        index.tags.refresh(findings, tree);
        let last = self.background.tags_revision;
        let now = Some(findings.tags_revision());
        if last == now {
            return false;
        }
        self.background.tags_revision = now;
        self.background.refusal = refusal(findings, &index.tags);
        self.background.failure = findings.tag_failures().next().cloned();
        self.background.no_asking = offline || self.background.refusal.is_some();
        match last.and_then(|last| findings.tags_since(last)) {
            Some(ids) => {
                let nodes = ids.iter().filter_map(|id| tree.find(id));
                self.judge_again(tree, index, nodes)
            }
            None => self.match_all_anew(),
        }
    }

    /// What was opened by hand stays open while more becomes known.
    fn match_all_anew(&mut self) -> bool {
        let revealed = std::mem::take(&mut self.revealed);
        self.match_anew();
        self.revealed = revealed;
        true
    }
}

/// The tags that are to be read for the filter next.
pub(in crate::app) fn questions(app: &App) -> Vec<Question> {
    let Some(filter) = app.outline.active_filter() else {
        return Vec::new();
    };
    if filter.background.no_asking {
        return Vec::new();
    }
    let unread = filter.by_tags.unread().take(TAGS_AT_ONCE);
    let nodes = unread.filter_map(|ix| app.tree.get(ix));
    nodes
        .map(|node| Question::Tags(node.id().to_owned()))
        .collect()
}
