//! The filter: which nodes a typed query or a pasted list of accounts means, and how well.

mod tag_index;
mod tags;
#[cfg(test)]
mod tests;
mod texts;
mod why;
mod words;

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use tui_input::Input;

use crate::org::{
    Facts, Node, NodeIx, OrgError, Places, Query, QueryError, SavedQueries, Texts, Tree, Verdict,
};
use tag_index::TagIndex;
use tags::{Asked, Background, ByTags};
pub(super) use tags::{learn, questions};
use texts::TextIndex;
use words::{EXACT_ID, Sought};
pub use words::{Highlighter, TextKind, characters};

/// A query as it is being typed, and what it matches.
#[derive(Debug, Default)]
pub struct Filter {
    /// The line that is typed into.
    pub input: Input,
    /// OUs that match and were opened by hand, so that all of their children show.
    pub(super) revealed: HashSet<NodeIx>,
    /// Whether the line is as it was kept: what is typed first replaces it.
    pub(super) selected: bool,
    query: Query,
    error: Option<QueryError>,
    words: Vec<Sought>,
    pasted: Option<Pasted>,
    places: Places,
    background: Background,
    /// What matches, in no particular order.
    matched: Vec<NodeIx>,
    /// How well, by [`NodeIx::slot`]; 0 for what does not match.
    scores: Vec<u32>,
    by_tags: ByTags,
    computed_for: Option<u64>,
    /// Whether only what matches already can match.
    narrowed: bool,
    stamp: u64,
}

/// The accounts of a text, in its order, each once.
#[derive(Debug)]
struct Pasted {
    ids: Vec<String>,
    places: HashMap<String, u32>,
}

/// So many nodes are judged by one thread at least: to wake another one takes as long.
const SHARE: usize = 1_024;
/// Into so many parts they are divided at most: each needs working memory of the matcher of its own.
const MOST_PARTS: usize = 16;

/// What was found of a node.
struct Judged {
    ix: NodeIx,
    verdict: Verdict,
    score: u32,
    asked: Asked,
}

/// What filters search in; it outlives them, since it takes longer to make than a search.
#[derive(Debug, Default)]
pub struct Index {
    texts: TextIndex,
    pub(super) tags: TagIndex,
}

/// What nodes are judged by.
struct Sources<'a> {
    tree: &'a Tree,
    index: &'a Index,
    /// Whether anything is looked for in texts.
    in_texts: bool,
    highlighter: Highlighter,
}

impl<'a> Sources<'a> {
    fn new(query: &Query, tree: &'a Tree, index: &'a Index) -> Self {
        Self {
            tree,
            index,
            in_texts: query.asks_for_texts(),
            highlighter: Highlighter::new(),
        }
    }
}

impl Filter {
    /// Takes over what was typed into the line.
    pub(super) fn retype(&mut self, saved: &SavedQueries, tree: &Tree) {
        let (query, error) = Query::parse_as_typed(self.input.value(), saved);
        let query = query.or_path(self.input.value(), tree);
        let was_judged = self.computed_for.is_some() && !self.is_empty();
        let exact = self.mistake().is_none() && error.as_ref().is_none_or(|it| it.is_unfinished);
        let by_tags = self.query.asks_for_tags() || query.asks_for_tags();
        let narrowed = was_judged && exact && !by_tags && query.is_within(&self.query);
        self.words = query.words().map(Sought::new).collect();
        (self.query, self.error) = (query, error);
        if narrowed {
            self.narrowed = true;
            self.computed_for = None;
            self.revealed.clear();
        } else {
            self.match_anew();
        }
    }

    /// Filters by these accounts, and besides by what is typed.
    pub(super) fn paste(&mut self, ids: Vec<String>) {
        let places = (0..).zip(&ids).map(|(at, id)| (id.clone(), at)).collect();
        self.pasted = Some(Pasted { ids, places });
        self.match_anew();
    }

    fn match_anew(&mut self) {
        self.matched.clear();
        self.scores.clear();
        self.narrowed = false;
        self.by_tags.clear();
        self.revealed.clear();
        self.computed_for = None;
        self.stamp += 1;
    }

    /// Matches again what has changed since the last time, or everything if the query has.
    pub(super) fn refresh(&mut self, tree: &Tree, index: &mut Index) {
        let mut since = self.computed_for.replace(tree.revision());
        if since == self.computed_for {
            return;
        }
        self.stamp += 1;
        if self.query.asks_for_texts() {
            index.texts.refresh(tree);
        }
        if self.query.asks_for_places() {
            self.places = Places::find(&self.query, tree);
        }
        if std::mem::take(&mut self.narrowed) {
            let matched = std::mem::take(&mut self.matched);
            for ix in &matched {
                self.scores[ix.slot()] = 0;
            }
            self.take_all(&matched, tree, index);
            return;
        }
        if self.query.asks_for_places() {
            // What an OU is called, and where it is, counts for all that is in it.
            since = None;
        }
        let changed = |node: &Node| since.is_none_or(|since| node.changed_at() > since);
        if since.is_none() {
            self.matched.clear();
            self.scores.clear();
            self.by_tags.clear();
        }
        self.scores.resize(tree.slots(), 0);
        let nodes = tree.iter().filter(|(_, node)| changed(node));
        let nodes: Vec<NodeIx> = nodes.map(|(ix, _)| ix).collect();
        if since.is_some() {
            for ix in &nodes {
                self.scores[ix.slot()] = 0;
            }
            let Self {
                matched, scores, ..
            } = self;
            matched.retain(|ix| scores[ix.slot()] > 0 && tree.get(*ix).is_some());
            if self.query.asks_for_tags() {
                self.by_tags.retain(tree);
            }
        }
        self.take_all(&nodes, tree, index);
    }

    /// Takes in nodes that do not match so far, judged by as many threads as there are processors.
    fn take_all(&mut self, nodes: &[NodeIx], tree: &Tree, index: &Index) {
        let sources = || Sources::new(&self.query, tree, index);
        let share = SHARE.max(nodes.len() / MOST_PARTS);
        let nodes = nodes.par_iter().with_min_len(share);
        let judged = nodes.map_init(sources, |from, ix| {
            Some(self.judged(*ix, tree.get(*ix)?, from))
        });
        let judged: Vec<Option<Judged>> = judged.collect();
        for judged in judged.into_iter().flatten() {
            self.take(&judged);
        }
    }

    /// Judges some nodes again, of which more is known than before; whether that changes anything.
    fn judge_again(
        &mut self,
        tree: &Tree,
        index: &Index,
        nodes: impl Iterator<Item = NodeIx>,
    ) -> bool {
        if self.computed_for.is_none() {
            // All of them will be judged, those included that did not match before.
            self.narrowed = false;
            return false;
        }
        let with = &mut Sources::new(&self.query, tree, index);
        let mut news = false;
        for ix in nodes {
            let known = tree.get(ix).zip(self.scores.get_mut(ix.slot()));
            // What is new in the tree will be judged with what has changed there.
            let Some((node, score)) = known else { continue };
            let before = std::mem::take(score);
            let judged = self.judged(ix, node, with);
            self.take(&judged);
            let after = self.scores[ix.slot()];
            match (before > 0, after > 0) {
                (true, true) => drop(self.matched.pop()),
                (true, false) => self.matched.retain(|matched| *matched != ix),
                (false, _) => {}
            }
            news |= before != after;
        }
        self.stamp += u64::from(news);
        news
    }

    /// What is found of a node, its tags included.
    fn judged(&self, ix: NodeIx, node: &Node, with: &mut Sources<'_>) -> Judged {
        let (mut verdict, score) = self.judge(ix, node, with);
        let mut asked = Asked::No;
        if verdict == Verdict::TagsNotRead {
            (verdict, asked) = self.judge_by_tags(ix, node, with);
        }
        Judged {
            ix,
            verdict,
            score,
            asked,
        }
    }

    /// Takes in a node that does not match so far.
    fn take(&mut self, judged: &Judged) {
        if self.query.asks_for_tags() {
            self.by_tags.set(judged.ix, judged.asked);
        }
        if judged.verdict == Verdict::Yes {
            self.scores[judged.ix.slot()] = judged.score.max(1);
            self.matched.push(judged.ix);
        }
    }

    /// Whether a node is meant of which only its tags can tell.
    fn judge_by_tags(&self, ix: NodeIx, node: &Node, from: &Sources<'_>) -> (Verdict, Asked) {
        let facts = Facts {
            tags: from.index.tags.newest(ix),
            ..self.facts(ix, node, from)
        };
        let asked = from.index.tags.asked(ix);
        (self.query.facts_hold(&facts), asked)
    }

    /// What is known of a node but its tags.
    fn facts<'a>(&'a self, ix: NodeIx, node: &'a Node, from: &Sources<'a>) -> Facts<'a> {
        // Where nothing is looked for in them, they are not worth a look, and may be out of date.
        let texts = if from.in_texts {
            let kept = from.index.texts.of(ix);
            Texts {
                tags: from.index.tags.of(ix),
                ..kept.unwrap_or_else(|| Texts::of(node))
            }
        } else {
            Texts::default()
        };
        Facts {
            node,
            texts,
            place: self.places.at(from.tree, ix),
            management: self.background.management.as_deref(),
            tags: None,
            now: self.background.now,
        }
    }

    /// Whether the node is meant, whatever its tags, and how well it matches.
    fn judge(&self, ix: NodeIx, node: &Node, with: &mut Sources<'_>) -> (Verdict, u32) {
        const NO: (Verdict, u32) = (Verdict::No, 0);
        // A mistake means nothing, rather than more than was meant.
        if self.mistake().is_some() || self.is_empty() {
            return NO;
        }
        let mut best = 1;
        if let Some(pasted) = &self.pasted {
            match pasted.places.get(node.id()) {
                Some(at) => best = EXACT_ID.saturating_sub(*at),
                None => return NO,
            }
        }
        let facts = self.facts(ix, node, with);
        let verdict = self.query.facts_hold(&facts);
        if verdict == Verdict::No {
            return NO;
        }
        if !self.words.is_empty() {
            best = 0;
        }
        for word in &self.words {
            match word.find(&facts.texts, &mut with.highlighter) {
                Some((_, score)) => best = score.saturating_add(best),
                None => return NO,
            }
        }
        (verdict, best)
    }

    /// Whether there is nothing to filter by (yet).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.query.is_empty() && self.pasted.is_none() && self.mistake().is_none()
    }

    /// What is wrong with the query, unless it may yet become right by typing on.
    #[must_use]
    pub fn mistake(&self) -> Option<&QueryError> {
        self.error.as_ref().filter(|error| !error.is_unfinished)
    }

    /// What keeps the query from being used as it is.
    pub(super) fn error(&self) -> Option<&QueryError> {
        self.error.as_ref()
    }

    /// Of how many accounts the tags would have to be read to say whether they match.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.by_tags.count(&[Asked::Unread, Asked::Failed])
    }

    /// Whether what is typed first replaces what the line says.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        self.selected
    }

    /// Whether it looks for words in tags, as far as they are known.
    pub(super) fn looks_for_words_in_tags(&self) -> bool {
        self.query.looks_in_tags() && !self.query.asks_for_tags()
    }

    /// Of how many accounts only the tags can tell whether they match.
    #[must_use]
    pub fn by_tags(&self) -> usize {
        self.by_tags
            .count(&[Asked::Read, Asked::Unread, Asked::Failed])
    }

    /// Whether tags are being read that the filter asks for.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        !self.background.no_asking && self.by_tags.count(&[Asked::Unread]) > 0
    }

    /// Why tags are not read, all of them or some.
    #[must_use]
    pub fn refusal(&self) -> Option<&OrgError> {
        let Background {
            refusal, failure, ..
        } = &self.background;
        refusal.as_ref().or(failure.as_ref())
    }

    /// Of how many accounts the tags could not be read.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.by_tags.count(&[Asked::Failed])
    }

    /// The accounts that were pasted, in the order of the text.
    #[must_use]
    pub fn pasted(&self) -> Option<&[String]> {
        self.pasted.as_ref().map(|pasted| pasted.ids.as_slice())
    }

    /// What is filtered by, in a few words. Hostile text.
    #[must_use]
    pub fn label(&self) -> String {
        let typed = self.input.value();
        match (&self.pasted, typed.is_empty()) {
            (None, _) => format!("/{typed}"),
            (Some(_), true) => "pasted ids".to_owned(),
            (Some(_), false) => format!("pasted ids /{typed}"),
        }
    }

    /// Changes whenever the matches may have.
    pub(super) fn stamp(&self) -> u64 {
        self.stamp
    }

    /// Whether the node itself matches, rather than something below it.
    #[must_use]
    pub fn is_match(&self, ix: NodeIx) -> bool {
        self.score(ix).is_some()
    }

    /// Whether exactly this node was asked for, by its id: such a match is never hidden.
    pub(super) fn is_exact(&self, ix: NodeIx) -> bool {
        self.pasted.is_some() || self.score(ix) >= Some(EXACT_ID)
    }

    pub(super) fn score(&self, ix: NodeIx) -> Option<u32> {
        let score = self.scores.get(ix.slot()).copied();
        score.filter(|score| *score > 0)
    }

    pub(super) fn matched(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.matched.iter().copied()
    }
}
