//! The document viewer: a policy, or what policies come to, as lines to fold and to search.

mod keys;
mod lines;

use std::collections::BTreeSet;
use std::ops::Range;

use super::details::{awaited, kind_name, not_read, one_within};
use super::json::Row;
use super::overlay::Overlay;
use super::search::{Extent, Search};
use super::{App, ago, tabs};
use crate::effect::Effect;
use crate::org::{Policy, Question, visible};

pub(super) use keys::{motion, on_key};

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
    pub search: Search,
    /// How much of it there is to search in.
    pub extent: Extent,
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
    if viewer.search.typing {
        return Search::HINTS;
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
        search: Search::default(),
        extent: Extent::default(),
        is_json: false,
        content: String::new(),
        made_for: None,
        folded: BTreeSet::new(),
        scroll: 0,
        height: 0,
        width: 0,
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
    let extent = match app.overlays.last() {
        Some(Overlay::Viewer(viewer)) => {
            Extent::of(app, &questions(viewer), !viewer.content.is_empty())
        }
        _ => return,
    };
    let App {
        overlays, findings, ..
    } = app;
    let Some(Overlay::Viewer(viewer)) = overlays.last_mut() else {
        return;
    };
    viewer.extent = extent;
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
            let is_first = viewer.content.is_empty();
            viewer.take(content.to_owned());
            if is_first && !viewer.search.is_empty() {
                viewer.seek(viewer.search.from(), true);
            }
        }
    }
    viewer.width = width.into();
    viewer.height = height.into();
    viewer.keep_in_window();
}

/// What it is, for the title. Harmless for a terminal.
#[must_use]
pub fn title(app: &App, viewer: &Viewer) -> String {
    let title = match &viewer.source {
        Source::Policy(policy) => format!("{}  {}", policy.name, policy.id),
        Source::Effective {
            account,
            policy_type,
        } => {
            let ix = app.tree.find(account);
            let name = ix.and_then(|ix| app.tree.get(ix)?.name());
            // The id first: where there is little room, it tells more of the account.
            let account = [account, name.unwrap_or_default()].join(" ");
            let kind = one_within(policy_type);
            format!("Effective {kind} of {}", account.trim_end())
        }
    };
    visible(&title).into_owned()
}

/// What there is to say above the document, and whether something is wrong. Harmless for a terminal.
#[must_use]
pub fn status(app: &App, viewer: &Viewer) -> (String, bool) {
    let Some(found) = app.findings.get(&viewer.source.question()) else {
        return (awaited(app, "reading").into(), false);
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

/// A click on this row of the window puts the cursor there.
pub(super) fn click(viewer: &mut Viewer, row: u16) {
    if let Some(piece) = viewer.window().get(usize::from(row)) {
        viewer.cursor = piece.row;
    }
}
