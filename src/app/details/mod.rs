//! What the details pane says of the node under the cursor, as lines that fit its width; a file for
//! each of its tabs.

mod children;
mod delegation;
mod history;
mod overview;
mod policies;
mod statements;
mod tags;

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::App;
use super::tabs::Tab;
use crate::org::{AccountState, NodeData, OrgError, Policy, Question, Tag, visible};

pub(super) use children::Summary;
pub(super) use delegation::{
    organization as delegations, organization_questions as delegation_questions,
};
pub use statements::Told;
pub use tags::owners;

pub(super) use policies::{inherited, kind_name, lacking, one_within, questions_on_both};

/// The columns that labels take, the space after them included.
pub const LABEL_WIDTH: usize = 12;

/// How a line is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tone {
    /// Plain text.
    Plain,
    /// An account state, to be drawn with its glyph and colour.
    State(AccountState),
    /// Something is wrong.
    Problem,
    /// What the lines below it are about.
    Heading,
    /// Of less weight.
    Faint,
    /// Worth a thought.
    Warning,
}

/// One line of the details pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name of the fact, on its first line; shorter than [`LABEL_WIDTH`].
    pub label: &'static str,
    /// Columns before the text: [`LABEL_WIDTH`] where there may be a label.
    pub indent: usize,
    /// How the text is meant.
    pub tone: Tone,
    /// The text, harmless for a terminal; with the columns before it no wider than was asked for.
    pub text: String,
    /// Which of the page's items it belongs to.
    pub item: Option<usize>,
}

/// Something in the details that the cursor can be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A policy that is attached to a node.
    Policy {
        /// The policy.
        policy: Policy,
        /// Id of the root, OU or account to which it is attached.
        at: String,
    },
    /// What the policies of a type come to for an account.
    Effective {
        /// Twelve digits.
        account: String,
        /// As the service spells it.
        policy_type: String,
    },
    /// A node of the tree, by its id.
    Node(String),
    /// A tag.
    Tag(Tag),
    /// A service, by its principal.
    Service(String),
    /// An entry of the journal, by its id.
    Entry(String),
}

/// What a tab of the details says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    width: usize,
    label: &'static str,
    /// From top to bottom.
    pub lines: Vec<Line>,
    /// What the cursor can be on, from top to bottom.
    pub items: Vec<Item>,
}

/// The lines for the node under the cursor in the tab that is shown; none when there is no such
/// node.
#[must_use]
pub fn lines(app: &App, width: usize) -> Vec<Line> {
    made(app, width).lines
}

/// The page for the node under the cursor in the tab that is shown: the one that was made for this
/// frame, as long as nothing has happened since.
#[must_use]
pub fn page(app: &App, width: usize) -> Arc<Page> {
    let arranged = app.details_page.as_ref();
    match arranged.filter(|page| page.width() == width) {
        Some(page) => Arc::clone(page),
        None => Arc::new(made(app, width)),
    }
}

fn made(app: &App, width: usize) -> Page {
    let mut page = Page::new(width);
    let Some(ix) = app.outline.cursor() else {
        return page;
    };
    let Some(node) = app.tree.get(ix) else {
        return page;
    };
    if node.data == NodeData::Unplaced {
        page.text("Without a known parent");
        page.text(
            "The service listed them, but has not told where they are. This is normal while loading.",
        );
        return page;
    }
    match super::tabs::shown(app) {
        Tab::Overview => overview::page(app, ix, node, &mut page),
        Tab::Policies => policies::page(app, ix, node, &mut page),
        Tab::Tags => tags::page(app, node, &mut page),
        Tab::Delegation => delegation::page(app, ix, node, &mut page),
        Tab::Children => children::page(app, ix, node, &mut page),
        Tab::History => history::page(app, node, &mut page),
    }
    page
}

/// What the tab that is shown must know of the node under the cursor, the most wanted first.
pub(super) fn questions(app: &App) -> Vec<Question> {
    let cursor = app.outline.cursor();
    let Some((ix, node)) = cursor.and_then(|ix| Some((ix, app.tree.get(ix)?))) else {
        return Vec::new();
    };
    if node.data == NodeData::Unplaced {
        return Vec::new();
    }
    match super::tabs::shown(app) {
        Tab::Overview => overview::questions(node),
        Tab::Policies => policies::questions(app, ix, node),
        Tab::Tags => vec![Question::Tags(node.id().to_owned())],
        Tab::Delegation => delegation::questions(app, ix, node),
        Tab::Children | Tab::History => Vec::new(),
    }
}

/// Why something could not be read, in one sentence: which permission is missing, or what went
/// wrong.
#[must_use]
pub fn not_read(error: &OrgError) -> String {
    match error.permission() {
        Some(permission) => format!("not read: the permission {permission} is missing"),
        None => format!("not read: {error}"),
    }
}

/// Answers of this run say how old they are from this age on.
const WORTH_AN_AGE: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// What stands for something that is not known: that it is being read, in these words, unless nobody
/// could read it.
pub(super) fn awaited(app: &App, reading: &'static str) -> &'static str {
    if app.session.offline {
        "not known (offline)"
    } else {
        reading
    }
}

/// How old an answer is, where that should be said even of a single fact: it comes from an earlier
/// run, or is no longer quite new.
fn age_of(app: &App, question: &Question) -> Option<String> {
    let found = app.findings.get(question)?;
    let is_old = app.now.duration_since(found.at) >= WORTH_AN_AGE;
    let worth = found.answer.is_ok() && (is_old || app.findings.is_earlier(question));
    worth.then(|| format!("read {}", super::ago(found.at, app.now)))
}

/// How old the answers to these questions are, or how many of them are still to come.
pub(super) fn say_age(app: &App, questions: &[Question], page: &mut Page) {
    let findings = &app.findings;
    let found = questions.iter().filter(|it| findings.get(it).is_some());
    let known = found.clone().count();
    let answered = found.clone().filter_map(|it| findings.get(it));
    let oldest = answered.map(|found| found.at).min();
    let age = oldest.map(|at| super::ago(at, app.now));
    let text = if app.session.offline {
        match age {
            None => "not known (offline)".to_owned(),
            Some(age) if known == questions.len() => format!("read {age}"),
            Some(age) => format!("read {age}; the rest is not known (offline)"),
        }
    } else {
        let fresh = found.clone().filter(|it| !findings.is_earlier(it)).count();
        let is_old = found.clone().any(|it| age_of(app, it).is_some());
        match age {
            Some(age) if fresh == questions.len() => format!("read {age}; r reads again"),
            Some(age) if is_old => {
                format!(
                    "reading: {fresh} of {}; shown is what was read {age}",
                    questions.len()
                )
            }
            _ => format!("reading: {fresh} of {}", questions.len()),
        }
    };
    page.say(0, &Tone::Faint, &text);
}

/// So many of something, in the singular or the plural: `1 OU`, `2 OUs`.
#[must_use]
pub fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

impl Page {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            ..Self::default()
        }
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn fact(&mut self, label: &'static str, value: &str) {
        self.label = label;
        self.text(value);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.push(text, &Tone::Plain);
    }

    /// The label of the fact goes with its first line.
    pub(super) fn push(&mut self, text: &str, tone: &Tone) {
        for text in wrap(&visible(text), self.width.saturating_sub(LABEL_WIDTH)) {
            self.lines.push(Line {
                label: std::mem::take(&mut self.label),
                indent: LABEL_WIDTH,
                tone: tone.clone(),
                text,
                item: None,
            });
        }
    }

    /// What the lines that follow are about, with a line of space before it.
    pub(super) fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.gap();
        }
        self.say(0, &Tone::Heading, text);
    }

    pub(super) fn gap(&mut self) {
        self.lines.push(Line {
            label: "",
            indent: 0,
            tone: Tone::Plain,
            text: String::new(),
            item: None,
        });
    }

    /// Text over the whole width; what does not fit goes on further to the right.
    pub(super) fn say(&mut self, indent: usize, tone: &Tone, text: &str) {
        self.lay(indent, tone, text, None);
    }

    /// The same, which the cursor can be on.
    pub(super) fn item(&mut self, indent: usize, tone: &Tone, text: &str, item: Item) {
        self.items.push(item);
        self.lay(indent, tone, text, Some(self.items.len() - 1));
    }

    /// More about the last item.
    pub(super) fn more(&mut self, indent: usize, tone: &Tone, text: &str) {
        self.lay(indent, tone, text, self.items.len().checked_sub(1));
    }

    fn lay(&mut self, indent: usize, tone: &Tone, text: &str, item: Option<usize>) {
        let glyph = if matches!(tone, Tone::State(_)) { 2 } else { 0 };
        let room = self.width.saturating_sub(indent + glyph);
        for (at, text) in wrap(&visible(text), room).into_iter().enumerate() {
            // A glyph is for the first line.
            let (tone, indent) = match tone {
                Tone::State(_) if at > 0 => (&Tone::Plain, indent + glyph),
                tone => (tone, indent),
            };
            self.lines.push(Line {
                label: "",
                indent,
                tone: tone.clone(),
                text,
                item,
            });
        }
    }
}

/// Facts as lines that fit into so many columns, the label's included.
#[must_use]
pub fn fact_lines(facts: &[(&'static str, String)], width: usize) -> Vec<Line> {
    let mut page = Page::new(width);
    for (label, text) in facts {
        page.fact(label, text);
    }
    page.lines
}

/// Breaks text into lines of at most `width` columns: after a space or one of `/:@` where that
/// leaves at least half a line, anywhere otherwise. Ids and ARNs stay easy to select.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    if !text.is_empty() && text.width() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for cluster in text.graphemes(true) {
        let columns = cluster.width();
        if used + columns > width && !line.is_empty() {
            let good = line.rfind([' ', '/', ':', '@']).map(|at| at + 1);
            let rest = match good {
                Some(at) if line[..at].width() * 2 >= width && at < line.len() => {
                    line.split_off(at)
                }
                _ => String::new(),
            };
            lines.push(std::mem::replace(&mut line, rest));
            used = line.width();
        }
        line.push_str(cluster);
        used += columns;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_break_at_separators_and_lose_nothing() {
        let arn = "arn:aws:organizations::111122223333:account/o-exampleorg1/123456789012";
        let lines = wrap(arn, 30);
        assert!(lines.iter().all(|line| line.width() <= 30), "{lines:?}");
        assert_eq!(lines.concat(), arn);
        assert_eq!(lines[0], "arn:aws:organizations::");
        assert_eq!(wrap("", 10), [""; 0]);
        assert_eq!(wrap("工程部", 1), ["工", "程", "部"]);
    }
}
