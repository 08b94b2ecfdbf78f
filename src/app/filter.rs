//! The filter: which nodes a typed query or a pasted list of accounts means, and how well.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::App;
use crate::org::{
    ErrorKind, Facts, Node, NodeIx, Places, Query, QueryError, Question, SavedQueries, Tag, Tree,
    Verdict, Word,
};

/// The scores of the three ways to match an id or digits, above every fuzzy score.
const EXACT_ID: u32 = 4_000_000;
const ID_PREFIX: u32 = 3_000_000;
const LITERAL: u32 = 1_000_000;

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
    /// What only tags can tell of, and which of it has tags that were not read.
    by_tags: BTreeSet<NodeIx>,
    unread: BTreeSet<NodeIx>,
    /// Of how many of these they could not be read.
    failed: usize,
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

/// What is known besides the tree.
#[derive(Debug, Default)]
struct Background {
    now: Timestamp,
    management: Option<String>,
    tags: HashMap<String, Vec<Tag>>,
    tags_revision: Option<u64>,
    /// Whether nobody can be asked for tags, e.g. offline.
    no_asking: bool,
    /// What has tags that could not be read.
    failed: HashSet<String>,
}

/// Of how many accounts tags are asked for at once: as many as are read before the next frame.
const TAGS_AT_ONCE: usize = 32;
/// After so many refusals and not one answer, no more is asked.
const MOST_REFUSALS: usize = 5;

/// Tells the filter what it cannot see in the tree; it matches again where that is new.
pub(super) fn learn(app: &mut App) {
    let management = app.management_account().map(str::to_owned);
    let offline = app.session.offline;
    let App {
        outline,
        findings,
        now,
        ..
    } = app;
    let Some(filter) = &mut outline.filter else {
        return;
    };
    let background = &mut filter.background;
    background.now = *now;
    let mut news = background.management != management;
    background.management = management;
    let revision = Some(findings.tags_revision());
    if filter.query.asks_for_tags() && background.tags_revision != revision {
        news = true;
        background.tags_revision = revision;
        let tags = findings.all_tags();
        background.tags = tags.map(|(id, tags)| (id.clone(), tags.clone())).collect();
        let failed = findings.tag_failures().map(|(id, _)| id.clone());
        background.failed = failed.collect();
        let refused = findings.tag_failures();
        let refused = refused.filter(|(_, error)| error.kind == ErrorKind::AccessDenied);
        background.no_asking =
            offline || (background.tags.is_empty() && refused.count() >= MOST_REFUSALS);
    }
    if news {
        // What was opened by hand stays open while tags come in.
        let revealed = std::mem::take(&mut filter.revealed);
        filter.match_anew();
        filter.revealed = revealed;
        outline.invalidate();
    }
}

/// The tags that are to be read for the filter next.
pub(super) fn questions(app: &App) -> Vec<Question> {
    let Some(filter) = app.outline.active_filter() else {
        return Vec::new();
    };
    if filter.background.no_asking {
        return Vec::new();
    }
    let unread = filter.unread.iter().filter_map(|ix| app.tree.get(*ix));
    let ids = unread.map(|node| node.id().to_owned());
    let ids = ids.filter(|id| !filter.background.failed.contains(id));
    ids.take(TAGS_AT_ONCE).map(Question::Tags).collect()
}

impl Filter {
    /// Takes over what was typed into the line.
    pub(super) fn retype(&mut self, saved: &SavedQueries) {
        let (query, error) = Query::parse_as_typed(self.input.value(), saved);
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
        self.unread.clear();
        self.by_tags.clear();
        self.revealed.clear();
        self.computed_for = None;
        self.stamp += 1;
    }

    /// Matches again what has changed since the last time, or everything if the query has.
    pub(super) fn refresh(&mut self, tree: &Tree) {
        let mut since = self.computed_for.replace(tree.revision());
        if since == self.computed_for {
            return;
        }
        self.stamp += 1;
        let mut highlighter = Highlighter::new();
        if self.query.asks_for_places() {
            self.places = Places::find(&self.query, tree);
        }
        if std::mem::take(&mut self.narrowed) {
            for ix in std::mem::take(&mut self.matched) {
                if let Some(node) = tree.get(ix) {
                    self.scores[ix.slot()] = 0;
                    self.take(tree, ix, node, &mut highlighter);
                }
            }
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
            self.unread.clear();
            self.by_tags.clear();
        }
        self.scores.resize(tree.slots(), 0);
        if since.is_some() {
            for (ix, _) in tree.iter().filter(|(_, node)| changed(node)) {
                self.scores[ix.slot()] = 0;
            }
            let Self {
                matched,
                scores,
                unread,
                by_tags,
                ..
            } = self;
            matched.retain(|ix| scores[ix.slot()] > 0 && tree.get(*ix).is_some());
            unread.retain(|ix| tree.get(*ix).is_some());
            by_tags.retain(|ix| tree.get(*ix).is_some());
        }
        for (ix, node) in tree.iter().filter(|(_, node)| changed(node)) {
            self.take(tree, ix, node, &mut highlighter);
        }
        let unread = self.unread.iter().filter_map(|ix| tree.get(*ix));
        let failed = &self.background.failed;
        self.failed = unread.filter(|node| failed.contains(node.id())).count();
    }

    /// Takes in a node that does not match so far.
    fn take(&mut self, tree: &Tree, ix: NodeIx, node: &Node, with: &mut Highlighter) {
        let (mut verdict, score) = self.judge(tree, ix, node, with);
        if verdict == Verdict::TagsNotRead {
            self.by_tags.insert(ix);
            verdict = self.query.facts_hold(&Facts {
                tags: self.tags(node.id()),
                ..self.facts(tree, ix, node)
            });
        } else if !self.by_tags.is_empty() {
            self.by_tags.remove(&ix);
        }
        if verdict == Verdict::Yes {
            self.scores[ix.slot()] = score.max(1);
            self.matched.push(ix);
        }
        if verdict == Verdict::TagsNotRead {
            self.unread.insert(ix);
        } else if !self.unread.is_empty() {
            self.unread.remove(&ix);
        }
    }

    /// What is known of a node but its tags.
    fn facts<'a>(&'a self, tree: &Tree, ix: NodeIx, node: &'a Node) -> Facts<'a> {
        Facts {
            node,
            place: self.places.at(tree, ix),
            management: self.background.management.as_deref(),
            tags: None,
            now: self.background.now,
        }
    }

    /// Whether the node is meant, whatever its tags, and how well it matches.
    fn judge(
        &self,
        tree: &Tree,
        ix: NodeIx,
        node: &Node,
        with: &mut Highlighter,
    ) -> (Verdict, u32) {
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
        let verdict = self.query.facts_hold(&self.facts(tree, ix, node));
        if verdict == Verdict::No {
            return NO;
        }
        if !self.words.is_empty() {
            best = 0;
        }
        for word in &self.words {
            match word.score(node, with) {
                Some(score) => best += score,
                None => return NO,
            }
        }
        (verdict, best)
    }

    fn tags(&self, id: &str) -> Option<&[Tag]> {
        let asked = self.query.asks_for_tags();
        let tags = asked.then(|| self.background.tags.get(id)).flatten();
        tags.map(Vec::as_slice)
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
        self.unread.len()
    }

    /// Whether what is typed first replaces what the line says.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        self.selected
    }

    /// Of how many accounts only the tags can tell whether they match.
    #[must_use]
    pub fn by_tags(&self) -> usize {
        self.by_tags.len()
    }

    /// Whether tags are being read that the filter asks for.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        !self.background.no_asking && self.unread.len() > self.failed()
    }

    /// Of how many accounts the tags could not be read.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.failed
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
        self.pasted.is_some() || self.score(ix) == Some(EXACT_ID)
    }

    pub(super) fn score(&self, ix: NodeIx) -> Option<u32> {
        let score = self.scores.get(ix.slot()).copied();
        score.filter(|score| *score > 0)
    }

    pub(super) fn matched(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.matched.iter().copied()
    }

    /// The positions in `text` that the query matches, counted as [`characters`] counts.
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
}

/// What a text is, which decides how it is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A name or an email address.
    Words,
    /// An id.
    Id,
}

/// The working memory of the fuzzy matcher; make one per pass, not one per text.
#[derive(Debug)]
pub struct Highlighter {
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Default for Highlighter {
    fn default() -> Self {
        Self::new()
    }
}

impl Highlighter {
    /// Empty working memory.
    #[must_use]
    pub fn new() -> Self {
        Self {
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }
}

/// The characters of a text as the matcher counts them: grapheme clusters, or bytes where all is
/// ASCII.
pub fn characters(text: &str) -> impl Iterator<Item = &str> {
    use unicode_segmentation::UnicodeSegmentation as _;
    let ascii = text.is_ascii();
    let singles = ascii.then(|| (0..text.len()).map(|at| &text[at..=at]));
    let clusters = (!ascii).then(|| text.graphemes(true));
    singles
        .into_iter()
        .flatten()
        .chain(clusters.into_iter().flatten())
}

/// The text as [`characters`] counts it, a cluster standing for its first code point. Not
/// `Utf32Str::new`, which counts bytes where only the later code points of clusters are not ASCII.
fn haystack<'a>(text: &'a str, buffer: &'a mut Vec<char>) -> Utf32Str<'a> {
    if text.is_ascii() {
        return Utf32Str::Ascii(text.as_bytes());
    }
    buffer.clear();
    buffer.extend(characters(text).filter_map(|cluster| cluster.chars().next()));
    Utf32Str::Unicode(buffer)
}

/// A word that is looked for.
#[derive(Debug)]
struct Sought {
    word: Word,
    /// Unless only the text itself is meant.
    fuzzy: Option<Pattern>,
}

impl Sought {
    fn new(word: &Word) -> Self {
        let pattern = || {
            Pattern::new(
                word.text(),
                CaseMatching::Smart,
                Normalization::Smart,
                AtomKind::Fuzzy,
            )
        };
        let exact = word.is_literal() || word.is_only_id();
        Self {
            word: word.clone(),
            fuzzy: (!exact).then(pattern),
        }
    }

    fn score(&self, node: &Node, with: &mut Highlighter) -> Option<u32> {
        let by_id = self.word.id().and_then(|id| {
            if node.id() == id {
                Some(EXACT_ID)
            } else {
                node.id().starts_with(id).then_some(ID_PREFIX)
            }
        });
        if by_id.is_some() || self.word.is_only_id() {
            return by_id;
        }
        let email = node.account().and_then(|account| account.email.as_deref());
        let mut score = |text: Option<&str>| self.score_text(text?, with);
        // Who types words thinks of names first.
        let by_name = score(node.name()).map(|score| 2 * score);
        by_name.or_else(|| score(email))
    }

    fn score_text(&self, text: &str, with: &mut Highlighter) -> Option<u32> {
        match &self.fuzzy {
            None => self.word.is_part_of(text).then_some(LITERAL),
            Some(pattern) => pattern.score(haystack(text, &mut with.buffer), &mut with.matcher),
        }
    }

    fn highlight(&self, text: &str, kind: TextKind, with: &mut Highlighter, at: &mut Vec<u32>) {
        match (kind, self.word.id()) {
            (TextKind::Id, Some(id)) if text.starts_with(id) => {
                at.extend(0..u32::try_from(id.len()).unwrap_or(0));
            }
            (TextKind::Id, _) => {}
            (TextKind::Words, _) if self.word.is_only_id() => {}
            (TextKind::Words, _) => match &self.fuzzy {
                None => mark_part(text, self.word.lower(), at),
                Some(pattern) => {
                    let text = haystack(text, &mut with.buffer);
                    pattern.indices(text, &mut with.matcher, at);
                }
            },
        }
    }
}

/// Where this part, which is in lower case, stands first in the text.
fn mark_part(text: &str, part: &str, at: &mut Vec<u32>) {
    let lower: Vec<String> = characters(text).map(str::to_lowercase).collect();
    for start in 0..lower.len() {
        let mut rest = part;
        for (end, character) in lower.iter().enumerate().skip(start) {
            match rest.strip_prefix(character.as_str()) {
                Some(left) => rest = left,
                None => break,
            }
            if rest.is_empty() {
                let number = |at: usize| u32::try_from(at).unwrap_or(0);
                at.extend(number(start)..=number(end));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::{Account, Observation, Root};

    fn tree() -> Tree {
        let mut tree = Tree::new();
        tree.apply([Observation::Root(Root {
            id: "r-ab12".into(),
            ..Root::default()
        })]);
        for (id, name, email) in [
            ("012345678901", "payments-prod", "aws+pay@example.com"),
            ("123456789012", "Zürich 4711", "zrh@example.com"),
            ("999900001111", "工程部 012", "eng@example.org"),
        ] {
            tree.apply([Observation::Account {
                account: Account {
                    id: id.into(),
                    name: Some(name.into()),
                    email: Some(email.into()),
                    ..Account::default()
                }
                .into(),
                ancestors: vec!["r-ab12".into()],
            }]);
        }
        tree
    }

    fn matches(typed: &str) -> Vec<String> {
        let tree = tree();
        let mut filter = Filter {
            input: typed.into(),
            ..Filter::default()
        };
        filter.retype(&SavedQueries::new());
        filter.refresh(&tree);
        let mut found: Vec<_> = filter
            .matched()
            .map(|ix| {
                (
                    u32::MAX - filter.score(ix).unwrap(),
                    tree.get(ix).unwrap().id(),
                )
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id.to_owned()).collect()
    }

    #[test]
    fn digits_mean_the_beginning_of_an_id_before_anything_else() {
        assert_eq!(matches("012"), ["012345678901", "999900001111"]);
        assert_eq!(matches("123456789012"), ["123456789012"]);
        assert_eq!(matches("1234-5678-9012"), ["123456789012"]);
        assert_eq!(matches("4711"), ["123456789012"]);
        assert_eq!(matches("777"), [""; 0]);
    }

    #[test]
    fn words_are_fuzzy_on_names_and_emails_and_forgive_accents() {
        assert_eq!(matches("pmtprd"), ["012345678901"]);
        assert_eq!(matches("zurich"), ["123456789012"]);
        assert_eq!(matches("工程"), ["999900001111"]);
        assert_eq!(matches("aws+pay@"), ["012345678901"]);
        assert_eq!(matches("prod pay"), ["012345678901"]);
    }

    #[test]
    fn typing_letter_by_letter_finds_the_same_as_all_at_once() {
        let tree = tree();
        for text in [
            "prod pay",
            "z47",
            "zürich 4711",
            "pay !prod",
            "01 eng",
            "x",
            "eng state:",
        ] {
            let mut typed = Filter::default();
            for c in text.chars() {
                typed.input = format!("{}{c}", typed.input.value()).into();
                typed.retype(&SavedQueries::new());
                typed.refresh(&tree);
                let mut once = Filter {
                    input: typed.input.clone(),
                    ..Filter::default()
                };
                once.retype(&SavedQueries::new());
                once.refresh(&tree);
                let all = |filter: &Filter| {
                    let scores = tree.iter().map(|(ix, _)| filter.score(ix));
                    let matched: HashSet<NodeIx> = filter.matched().collect();
                    (
                        scores.collect::<Vec<_>>(),
                        matched,
                        filter.matched().count(),
                    )
                };
                assert_eq!(all(&typed), all(&once), "{}", typed.input.value());
            }
        }
    }

    #[test]
    fn an_id_or_any_arn_can_be_pasted() {
        assert_eq!(matches("r-ab"), ["r-ab12"]);
        assert_eq!(
            matches("arn:aws:iam::012345678901:role/Admin"),
            ["012345678901"]
        );
        assert_eq!(
            matches("arn:aws:organizations::999900001111:account/o-abcdefghij/123456789012"),
            ["123456789012"]
        );
    }

    #[test]
    fn the_matched_characters_are_counted_as_they_are_drawn() {
        let highlights = |typed: &str, text: &str| {
            let mut filter = Filter {
                input: typed.into(),
                ..Filter::default()
            };
            filter.retype(&SavedQueries::new());
            filter.highlights(text, TextKind::Words, &mut Highlighter::new())
        };
        assert_eq!(highlights("prod", "payments-prod"), [9, 10, 11, 12]);
        assert_eq!(highlights("012", "工程部 012"), [4, 5, 6]);
        assert_eq!(highlights("ex", "cafe\u{301}x"), [3, 4]);
        assert_eq!(
            characters("cafe\u{301}x").collect::<Vec<_>>(),
            ["c", "a", "f", "e\u{301}", "x"]
        );
    }
}
