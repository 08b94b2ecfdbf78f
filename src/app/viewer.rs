//! The document viewer: a policy, or what policies come to, as lines to fold and to search.

use std::collections::BTreeSet;
use std::ops::Range;

use crokey::{KeyCombination, key};
use tui_input::Input;

use super::details::{self, kind_name, not_read};
use super::json::{self, Row};
use super::overlay::Overlay;
use super::overlay_keys::step;
use super::{App, ago, sheet, tabs};
use crate::action::{Action, lookup};
use crate::effect::Effect;
use crate::keys;
use crate::org::{Policy, Question, visible};

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A policy with its content.
    Policy(Policy),
    /// What the policies of a type come to for an account.
    Effective {
        /// Twelve digits.
        account: String,
        /// As the service spells it.
        policy_type: String,
    },
}

impl Source {
    fn question(&self) -> Question {
        match self {
            Self::Policy(policy) => Question::Document(policy.id.clone()),
            Self::Effective {
                account,
                policy_type,
            } => Question::EffectivePolicy {
                account: account.clone(),
                policy_type: policy_type.clone(),
            },
        }
    }
}

/// A document on top of everything.
#[derive(Debug)]
pub struct Viewer {
    /// What is shown.
    pub source: Source,
    /// Its lines.
    pub rows: Vec<Row>,
    /// The line under the cursor.
    pub cursor: usize,
    /// What is searched for.
    pub search: Input,
    /// Whether the search is being typed.
    pub typing: bool,
    is_json: bool,
    /// As it was written.
    content: String,
    /// The state of the findings that this is of.
    made_for: Option<u64>,
    /// The lines of which what they open is not shown.
    folded: BTreeSet<usize>,
    /// Rows of the screen above the window, and how many fit into it and how wide they are.
    scroll: usize,
    height: usize,
    width: usize,
    /// Where the cursor was when the search was begun.
    from: usize,
}

/// One line of the screen: a part of a line of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The line of the document.
    pub row: usize,
    /// Columns before the text.
    pub indent: usize,
    /// Which bytes of the line.
    pub range: Range<usize>,
    /// What follows it, where what the line opens is folded.
    pub folded: Option<String>,
}

/// The keys that do something in it, with a word for each.
#[must_use]
pub fn hints(viewer: &Viewer) -> &'static [(&'static str, &'static str)] {
    if viewer.typing {
        return &[("Enter", "keep"), ("Esc", "clear")];
    }
    match viewer.source {
        Source::Policy(_) => &[
            ("Space", "fold"),
            ("/", "search"),
            ("n N", "next"),
            ("y", "copy"),
            ("t", "reach"),
            ("- *", "all"),
            ("r", "reload"),
            ("Esc", "back"),
        ],
        Source::Effective { .. } => &[
            ("Space", "fold"),
            ("/", "search"),
            ("n N", "next"),
            ("y", "copy"),
            ("- *", "all"),
            ("r", "reload"),
            ("Esc", "back"),
        ],
    }
}

/// Opens the viewer on a document.
pub(super) fn open(app: &mut App, source: Source) -> Vec<Effect> {
    let viewer = Viewer {
        source,
        rows: Vec::new(),
        cursor: 0,
        search: Input::default(),
        typing: false,
        is_json: false,
        content: String::new(),
        made_for: None,
        folded: BTreeSet::new(),
        scroll: 0,
        height: 0,
        width: 0,
        from: 0,
    };
    app.overlays.push(Overlay::Viewer(Box::new(viewer)));
    tabs::ask(app)
}

/// What must be known.
pub(super) fn questions(viewer: &Viewer) -> Vec<Question> {
    vec![viewer.source.question()]
}

/// Before a frame: takes in what was read, and fits the window.
pub(super) fn on_arranged(app: &mut App) {
    let (width, height) = (app.areas.overlay.width, app.areas.overlay.height);
    let App {
        overlays, findings, ..
    } = app;
    let Some(Overlay::Viewer(viewer)) = overlays.last_mut() else {
        return;
    };
    if viewer.made_for.replace(findings.revision()) != Some(findings.revision()) {
        let content = match &viewer.source {
            Source::Policy(policy) => findings
                .document(&policy.id)
                .and_then(Result::ok)
                .map(|document| &document.content),
            Source::Effective {
                account,
                policy_type,
            } => findings
                .effective(account, policy_type)
                .and_then(Result::ok)
                .and_then(|policy| Some(&policy.as_ref()?.content)),
        };
        let content = content.map_or("", String::as_str);
        // Folds and cursor stay while it is the same.
        if content != viewer.content {
            viewer.take(content.to_owned());
        }
    }
    viewer.width = width.into();
    viewer.height = height.into();
    viewer.keep_in_window();
}

/// What it is, for the title. Harmless for a terminal.
#[must_use]
pub fn title(viewer: &Viewer) -> String {
    let title = match &viewer.source {
        Source::Policy(policy) => format!("{}  {}", policy.name, policy.id),
        Source::Effective {
            account,
            policy_type,
        } => {
            let kind = kind_name(policy_type)
                .replacen("olicies", "olicy", 1)
                .to_lowercase();
            format!("Effective {kind} of {account}")
        }
    };
    visible(&title).into_owned()
}

/// What there is to say above the document, and whether something is wrong. Harmless for a terminal.
#[must_use]
pub fn status(app: &App, viewer: &Viewer) -> (String, bool) {
    let Some(found) = app.findings.get(&viewer.source.question()) else {
        return ("reading".into(), false);
    };
    if let Err(error) = &found.answer {
        return (visible(&not_read(error)).into_owned(), true);
    }
    let age = format!("read {}", ago(found.at, app.now));
    let mut facts = Vec::new();
    match &viewer.source {
        Source::Policy(policy) => {
            facts.push(kind_name(&policy.policy_type).replacen("olicies", "olicy", 1));
            if policy.aws_managed {
                facts.push("AWS managed".into());
            }
            facts.push(age);
            if let Some(Ok(document)) = app.findings.document(&policy.id) {
                facts.push(document.description.clone());
            }
        }
        Source::Effective {
            account,
            policy_type,
        } => {
            match app.findings.effective(account, policy_type) {
                Some(Ok(Some(effective))) => {
                    let computed = effective.updated_at.map(|at| ago(at, app.now));
                    facts.extend(computed.map(|age| format!("computed {age}")));
                }
                _ => facts.push("there is none".into()),
            }
            facts.push(age);
        }
    }
    if !viewer.is_json && !viewer.content.is_empty() {
        facts.push("not JSON".into());
    }
    facts.retain(|fact| !fact.is_empty());
    (visible(&facts.join(", ")).into_owned(), false)
}

impl Viewer {
    fn take(&mut self, content: String) {
        (self.rows, self.is_json) = json::rows(&content);
        self.content = content;
        self.folded.clear();
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
    }

    /// The lines that are not folded away.
    fn shown(&self) -> Vec<usize> {
        let mut shown = Vec::new();
        let mut at = 0;
        while let Some(row) = self.rows.get(at) {
            shown.push(at);
            at = match row.closes_at {
                Some(end) if self.folded.contains(&at) => end + 1,
                _ => at + 1,
            };
        }
        shown
    }

    /// What stands for what a folded line opens.
    fn fold_mark(&self, at: usize) -> Option<String> {
        let row = self.rows.get(at).filter(|_| self.folded.contains(&at))?;
        let end = self.rows.get(row.closes_at?)?;
        let what = if end.text.starts_with('}') {
            "key"
        } else {
            "item"
        };
        let members = details::count(row.members, what);
        Some(format!(" ... {}  ({members})", end.text))
    }

    /// Everything as lines of the screen.
    fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for row in self.shown() {
            let text = &self.rows[row].text;
            // However deep it is nested, there is room for some text.
            let indent = (self.rows[row].depth * 2).min(self.width / 2);
            let room = self.width.saturating_sub(indent + 1).max(1);
            let mut start = 0;
            for (at, line) in details::wrap(text, room).into_iter().enumerate() {
                let end = start + line.len();
                pieces.push(Piece {
                    row,
                    indent: if at == 0 { indent } else { indent + 1 },
                    range: start..end,
                    folded: None,
                });
                start = end;
            }
            if start == 0 {
                pieces.push(Piece {
                    row,
                    indent,
                    range: 0..0,
                    folded: None,
                });
            }
            if let Some(last) = pieces.last_mut() {
                last.folded = self.fold_mark(row);
            }
        }
        pieces
    }

    /// The lines on screen.
    #[must_use]
    pub fn window(&self) -> Vec<Piece> {
        let pieces = self.pieces().into_iter();
        pieces.skip(self.scroll).take(self.height).collect()
    }

    /// Whether there are lines above and below the window.
    #[must_use]
    pub fn has_more(&self) -> (bool, bool) {
        let all = self.pieces().len();
        (self.scroll > 0, self.scroll + self.height < all)
    }

    /// Which bytes of a line match what is searched for.
    #[must_use]
    pub fn matches(&self, row: usize) -> Vec<Range<usize>> {
        let wanted: Vec<char> = self.search.value().chars().map(small).collect();
        let Some(row) = self.rows.get(row).filter(|_| !wanted.is_empty()) else {
            return Vec::new();
        };
        let text: Vec<(usize, char)> = row.text.char_indices().collect();
        let mut found = Vec::new();
        let mut at = 0;
        while at + wanted.len() <= text.len() {
            let here = text[at..at + wanted.len()].iter();
            if here
                .zip(&wanted)
                .all(|((_, c), wanted)| small(*c) == *wanted)
            {
                let end = text.get(at + wanted.len());
                found.push(text[at].0..end.map_or(row.text.len(), |(end, _)| *end));
                at += wanted.len();
            } else {
                at += 1;
            }
        }
        found
    }

    /// How many lines match, and the number of the one under the cursor among them, from 1.
    #[must_use]
    pub fn match_counts(&self) -> (usize, Option<usize>) {
        let matching = (0..self.rows.len()).filter(|row| !self.matches(*row).is_empty());
        let matching: Vec<usize> = matching.collect();
        let here = matching.iter().position(|row| *row == self.cursor);
        (matching.len(), here.map(|at| at + 1))
    }

    /// Goes to the next line that matches, from this one on, around the ends; false without any.
    fn seek(&mut self, from: usize, forward: bool) -> bool {
        let count = self.rows.len();
        let step = |by: usize| {
            if forward {
                (from + by) % count
            } else {
                (from + count - by % count) % count
            }
        };
        let found = (0..count)
            .map(step)
            .find(|row| !self.matches(*row).is_empty());
        if let Some(row) = found {
            self.cursor = row;
            self.unfold_around(row);
        }
        found.is_some()
    }

    fn unfold_around(&mut self, row: usize) {
        let mut inside = self.rows.get(row).and_then(|row| row.inside);
        while let Some(at) = inside {
            self.folded.remove(&at);
            inside = self.rows.get(at).and_then(|row| row.inside);
        }
    }

    fn move_by(&mut self, by: isize) {
        let shown = self.shown();
        let at = shown.partition_point(|row| *row < self.cursor);
        let at = at
            .saturating_add_signed(by)
            .min(shown.len().saturating_sub(1));
        self.cursor = shown.get(at).copied().unwrap_or(0);
        self.keep_in_window();
    }

    /// The line that opens what the cursor is on or in.
    fn opener(&self) -> Option<usize> {
        let row = self.rows.get(self.cursor)?;
        row.closes_at.map(|_| self.cursor).or(row.inside)
    }

    fn set_folded(&mut self, fold: bool) {
        let Some(at) = self.opener() else { return };
        if !fold {
            self.folded.remove(&at);
        } else if self.folded.contains(&at) {
            // What is folded already: what contains it.
            if let Some(outer) = self.rows[at].inside {
                self.cursor = outer;
            }
        } else {
            self.folded.insert(at);
            self.cursor = at;
        }
    }

    fn toggle(&mut self) {
        let folded = self.opener().is_some_and(|at| self.folded.contains(&at));
        self.set_folded(!folded);
    }

    /// Folds everything but the outermost braces.
    fn fold_all(&mut self) {
        let rows = self.rows.iter().enumerate();
        let opens = rows.filter(|(_, row)| row.closes_at.is_some() && row.depth > 0);
        self.folded = opens.map(|(at, _)| at).collect();
        while let Some(at) = self.rows.get(self.cursor).and_then(|row| row.inside) {
            if at == 0 {
                break;
            }
            self.cursor = at;
        }
    }

    fn keep_in_window(&mut self) {
        let pieces = self.pieces();
        let first = pieces.iter().position(|piece| piece.row == self.cursor);
        let last = pieces.iter().rposition(|piece| piece.row == self.cursor);
        let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
        let lowest = (last + 1).saturating_sub(self.height).min(first);
        let end = pieces.len().saturating_sub(self.height);
        self.scroll = self.scroll.clamp(lowest, first.max(lowest)).min(end);
    }
}

fn small(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

pub(super) fn on_key(app: &mut App, mut viewer: Box<Viewer>, key: KeyCombination) -> Vec<Effect> {
    if viewer.typing {
        type_search(&mut viewer, key);
        app.overlays.push(Overlay::Viewer(viewer));
        return Vec::new();
    }
    let page = isize::try_from(viewer.height.max(2) - 1).unwrap_or(1);
    let mut effects = Vec::new();
    match key {
        _ if [key!(esc), key!(q)].contains(&key) => return Vec::new(),
        _ if [key!(space), key!(enter)].contains(&key) => viewer.toggle(),
        key!(y) => effects.extend(copy(app, &viewer)),
        key!(t) => {
            if let Source::Policy(policy) = &viewer.source {
                let kind = sheet::Kind::Reach(policy.clone());
                app.overlays.push(Overlay::Viewer(viewer));
                return sheet::open(app, kind);
            }
        }
        key!(r) => {
            let questions = questions(&viewer);
            app.overlays.push(Overlay::Viewer(viewer));
            return tabs::read_again(app, &questions);
        }
        _ => match lookup(key) {
            Some(Action::Filter) => {
                viewer.typing = true;
                viewer.from = viewer.cursor;
                viewer.search.reset();
            }
            Some(Action::NextMatch) => seek(app, &mut viewer, true),
            Some(Action::PreviousMatch) => seek(app, &mut viewer, false),
            Some(Action::Open) => viewer.set_folded(false),
            Some(Action::Close) => viewer.set_folded(true),
            Some(Action::ExpandAll) => viewer.folded.clear(),
            Some(Action::CollapseAll) => viewer.fold_all(),
            action => viewer.move_by(motion(action, key, page)),
        },
    }
    viewer.keep_in_window();
    app.overlays.push(Overlay::Viewer(viewer));
    effects
}

/// By how many rows a key moves in something that is read.
pub(super) fn motion(action: Option<Action>, key: KeyCombination, page: isize) -> isize {
    match action {
        Some(Action::CursorDown) => 1,
        Some(Action::CursorUp) => -1,
        Some(Action::CursorFirst) => isize::MIN,
        Some(Action::CursorLast) => isize::MAX,
        Some(Action::HalfPageDown) => (page / 2).max(1),
        Some(Action::HalfPageUp) => -(page / 2).max(1),
        Some(Action::PageDown) => page,
        Some(Action::PageUp) => -page,
        _ => step(key, page).unwrap_or(0),
    }
}

fn seek(app: &mut App, viewer: &mut Viewer, forward: bool) {
    if viewer.search.value().is_empty() {
        app.say("Nothing is searched for; / searches");
        return;
    }
    let count = viewer.rows.len().max(1);
    let from = (viewer.cursor + if forward { 1 } else { count - 1 }) % count;
    if !viewer.seek(from, forward) {
        app.say("Nothing matches");
    }
}

fn type_search(viewer: &mut Viewer, key: KeyCombination) {
    match key {
        key!(enter) => viewer.typing = false,
        key!(esc) => {
            viewer.typing = false;
            viewer.search.reset();
            viewer.cursor = viewer.from;
        }
        key => {
            if keys::edit(&mut viewer.search, key) {
                viewer.retype();
            }
        }
    }
    viewer.unfold_around(viewer.cursor);
    viewer.keep_in_window();
}

impl Viewer {
    /// After what is searched for has changed: goes to the first match from where it was begun.
    fn retype(&mut self) {
        if !self.rows.is_empty() && !self.seek(self.from, true) {
            self.cursor = self.from;
        }
        self.keep_in_window();
    }

    /// Text was pasted: into the search, if that is being typed.
    pub(super) fn paste(&mut self, text: &str) {
        if self.typing {
            keys::paste(&mut self.search, text);
            self.retype();
        }
    }
}

/// The whole document as it was written. Only what no JSON document has is made visible: control
/// characters, with which text could break out of a paste.
fn copy(app: &mut App, viewer: &Viewer) -> Option<Effect> {
    if viewer.content.is_empty() {
        app.say("There is nothing to copy yet");
        return None;
    }
    let mut text = String::with_capacity(viewer.content.len());
    for c in viewer.content.chars() {
        if c.is_control() && !"\n\r\t".contains(c) {
            text.push_str(&visible(c.encode_utf8(&mut [0; 4])));
        } else {
            text.push(c);
        }
    }
    let what = "policy document";
    Some(Effect::Copy { what, text })
}
