//! What the filter knows besides the tree: above all the tags, which are read one by one while it is
//! on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::App;
use crate::app::findings::Findings;
use crate::org::{ErrorKind, Finding, Found, NodeIx, Question, Tag, Tree};

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
    /// Answers with tags, by what has them.
    tags: HashMap<String, Arc<Found>>,
    tags_revision: Option<u64>,
    /// What has tags that could not be read.
    failed: HashSet<String>,
}

/// What is new of tags.
enum News {
    Nothing,
    Of(Vec<String>),
    Anything,
}

impl Background {
    /// The tags of a resource, if they were read.
    pub(super) fn tags(&self, id: &str) -> Option<&[Tag]> {
        match &self.tags.get(id)?.answer {
            Ok(Finding::Tags(tags)) => Some(tags),
            _ => None,
        }
    }

    /// Whether the tags of the resource could not be read.
    pub(super) fn has_failed(&self, id: &str) -> bool {
        !self.failed.is_empty() && self.failed.contains(id)
    }

    /// Takes over the tags that were read since the last time.
    fn take_tags(&mut self, findings: &Findings, offline: bool) -> News {
        let last = self.tags_revision.replace(findings.tags_revision());
        if last == self.tags_revision {
            return News::Nothing;
        }
        let news = last.and_then(|last| findings.tags_since(last));
        let news = if let Some(ids) = news {
            for id in ids {
                self.take_tags_of(findings, id);
            }
            News::Of(ids.to_vec())
        } else {
            let tags = findings.all_tags();
            self.tags = tags
                .map(|(id, found)| (id.clone(), found.clone()))
                .collect();
            let failed = findings.tag_failures().map(|(id, _)| id.clone());
            self.failed = failed.collect();
            News::Anything
        };
        let refused = |most: usize| {
            let failures = findings.tag_failures();
            let refused = failures.filter(|(_, error)| error.kind == ErrorKind::AccessDenied);
            refused.count() >= most
        };
        self.no_asking = offline || (self.tags.is_empty() && refused(MOST_REFUSALS));
        news
    }

    fn take_tags_of(&mut self, findings: &Findings, id: &str) {
        self.failed.remove(id);
        self.tags.remove(id);
        if let Some(found) = findings.newest_tags(id) {
            if found.answer.is_ok() {
                self.tags.insert(id.to_owned(), found.clone());
            } else {
                self.failed.insert(id.to_owned());
            }
        }
    }
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
    /// Those whose tags were not read when they were added.
    unread: Vec<NodeIx>,
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
            self.unread.push(ix);
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
    let mut news = News::Nothing;
    if filter.query.asks_for_tags() {
        news = background.take_tags(findings, offline);
    }
    if background.management != management {
        background.management = management;
        news = News::Anything;
    }
    let changed = match news {
        News::Nothing => false,
        News::Of(ids) => filter.judge_again(
            tree,
            &outline.texts,
            ids.iter().filter_map(|id| tree.find(id)),
        ),
        News::Anything => {
            // What was opened by hand stays open while tags come in.
            let revealed = std::mem::take(&mut filter.revealed);
            filter.match_anew();
            filter.revealed = revealed;
            true
        }
    };
    if changed {
        outline.invalidate();
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
