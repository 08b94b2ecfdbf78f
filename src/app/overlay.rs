//! What lies on top of the panes and gets the keys first.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::App;
use super::changes_pane::ChangesPane;
use super::details::wrap;
use super::dialog::Dialog;
use super::picker::Picker;
use super::report::Report;
use super::units::NameLine;
use crate::action::{Action, ActionRow, key_name, row_of};
use crate::org::{
    Node, NodeData, NodeIx, NodeKind, NodeRecord, OrgError, console_link, describe_command, visible,
};

/// Something on top.
#[derive(Debug)]
pub enum Overlay {
    /// The line in which the filter is typed; the filter itself belongs to the tree pane.
    Filter,
    /// What the filter finds, as a list that gets the keys; it belongs to [`App::results`].
    Results,
    /// Help and palette: a list of actions to search and to choose from.
    Actions(ActionList),
    /// What of a node can be copied.
    Copy(CopyMenu),
    /// What could not be read, from this line on.
    Problems(usize),
    /// Where accounts shall be moved.
    Picker(Picker),
    /// The line in which the name of an OU is typed.
    Name(NameLine),
    /// What became of changes of which some were not made.
    Report(Report),
    /// What is different since the last visit.
    Changes(ChangesPane),
    /// A document.
    Viewer(Box<super::viewer::Viewer>),
    /// Something to read, with items to go to.
    Sheet(Box<super::sheet::Sheet>),
    /// Whether to leave while something is under way.
    Quit,
    /// A question that changes something when it is answered with yes.
    Dialog(Box<Dialog>),
}

/// Whether the list of actions was asked for as help or as palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListStyle {
    /// All actions, in sections, with the legend of the account states.
    Help,
    /// The available actions, best match first.
    Palette,
}

/// A list of actions to search and to choose from.
#[derive(Debug)]
pub struct ActionList {
    /// As what it was asked for.
    pub style: ListStyle,
    /// The line that is typed into.
    pub input: Input,
    /// The actions that match.
    pub shown: Vec<Action>,
    /// The chosen one, as an index into `shown`.
    pub selected: usize,
    /// Those that cannot be done now, with the sentence that says why.
    pub refused: Vec<(Action, String)>,
    offered: Vec<Action>,
}

impl ActionList {
    /// These actions, in the order of the help's sections.
    pub(super) fn help(mut rows: Vec<&ActionRow>) -> Self {
        rows.sort_by_key(|row| row.section as u8);
        Self::new(ListStyle::Help, rows.iter().map(|row| row.action).collect())
    }

    /// The given actions, and those that cannot be done now, with the sentence that says why.
    pub(super) fn palette(mut offered: Vec<Action>, refused: Vec<(Action, String)>) -> Self {
        offered.extend(refused.iter().map(|(action, _)| *action));
        Self {
            refused,
            ..Self::new(ListStyle::Palette, offered)
        }
    }

    fn new(style: ListStyle, offered: Vec<Action>) -> Self {
        Self {
            style,
            input: Input::default(),
            shown: offered.clone(),
            selected: 0,
            refused: Vec::new(),
            offered,
        }
    }

    /// After the typed text has changed.
    pub(super) fn search(&mut self) {
        let typed = self.input.value();
        let pattern = Pattern::new(
            typed,
            CaseMatching::Ignore,
            Normalization::Smart,
            AtomKind::Fuzzy,
        );
        let (mut matcher, mut buffer) = (Matcher::new(Config::DEFAULT), Vec::new());
        let mut scored: Vec<((u8, u32), Action)> = self
            .offered
            .iter()
            .filter_map(|&action| {
                let row = row_of(action);
                let keys: Vec<_> = row.keys.iter().map(|key| key_name(*key)).collect();
                let text = format!("{} {} {}", row.name, row.help, keys.join(" "));
                let score = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher)?;
                Some(((nearness(row, typed), score), action))
            })
            .collect();
        if self.style == ListStyle::Palette {
            scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        }
        self.shown = scored.into_iter().map(|(_, action)| action).collect();
        self.selected = 0;
    }
}

/// How near what was typed is to an action, before its letters are counted: the beginning of its name,
/// of a word of it, of a word of its help, or none of these.
fn nearness(row: &ActionRow, typed: &str) -> u8 {
    let typed = typed.trim().to_lowercase();
    let begins = |text: &str| {
        let text = text.to_lowercase();
        let mut words = text.split([' ', '-', ',']);
        words.any(|word| word.starts_with(&typed))
    };
    let joined = |text: &str| text.replace(['-', ' '], "");
    match () {
        () if joined(row.name).starts_with(&joined(&typed)) => 3,
        () if begins(row.name) => 2,
        () if begins(row.help) => 1,
        () => 0,
    }
}

/// What of a node can be copied.
#[derive(Debug)]
pub struct CopyMenu {
    /// The choices.
    pub items: Vec<CopyItem>,
    /// The chosen one.
    pub selected: usize,
    /// The page in the console, where there is one.
    pub link: Option<String>,
}

/// One thing to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyItem {
    /// The key that chooses it at once.
    pub key: char,
    /// What it is, e.g. `account id`.
    pub what: &'static str,
    /// The text, with everything made visible that could steer a terminal: it will be pasted into
    /// one.
    pub text: String,
}

impl CopyMenu {
    /// These choices: the key, what it is, and the text, which may be hostile.
    pub(super) fn new(choices: impl IntoIterator<Item = (char, &'static str, String)>) -> Self {
        let items = choices.into_iter().map(|(key, what, text)| CopyItem {
            key,
            what,
            text: visible(&text).into_owned(),
        });
        Self {
            items: items.collect(),
            selected: 0,
            link: None,
        }
    }

    /// The choices for a node; there is always an id.
    pub(super) fn of(app: &App, ix: NodeIx, node: &Node) -> Self {
        let account = node.account();
        let id = match node.kind() {
            NodeKind::Account => "account id",
            NodeKind::OrganizationalUnit => "OU id",
            NodeKind::Root | NodeKind::Unplaced => "root id",
        };
        let path = app.tree.path(ix);
        let names = path.iter().filter_map(|ix| app.tree.get(*ix));
        let names: Vec<_> = names.map(|node| node.label().to_owned()).collect();
        // What is served elsewhere is not in the console of AWS.
        let is_of_aws = app.session.endpoint.is_none() || app.session.demo;
        let link = console_link(node).filter(|_| is_of_aws);
        let choices = [
            ('i', id, Some(node.id().to_owned())),
            ('a', "ARN", node.arn().map(Into::into)),
            (
                'e',
                "email",
                account.and_then(|account| account.email.clone()),
            ),
            ('n', "name", node.name().map(Into::into)),
            ('p', "path", Some(names.join(" / "))),
            ('d', "path by ids", Some(id_path(app, ix))),
            ('c', "AWS CLI command", describe_command(node)),
            (LINK, "console link", link.clone()),
            ('J', "JSON", json(app, ix)),
        ];
        let choices = choices.into_iter();
        Self {
            link,
            ..Self::new(choices.filter_map(|(key, what, text)| Some((key, what, text?))))
        }
    }

    /// Chooses the page in the console, so that all of it shows; says what it is.
    pub(super) fn choose_link(&mut self) -> Option<String> {
        let link = self.link.clone()?;
        let item = self.items.iter().position(|item| item.key == LINK);
        self.selected = item.unwrap_or(self.selected);
        Some(link)
    }
}

/// All of a node as `orgscope export --format jsonl` prints it.
fn json(app: &App, ix: NodeIx) -> Option<String> {
    let record = NodeRecord::new(&app.tree, ix, app.management_account())?;
    serde_json::to_string(&record).ok()
}

/// The key that copies the link.
const LINK: char = 'l';

/// What could not be read, as lines of at most `width` columns, harmless for a terminal: first what
/// concerns one root or OU, by name, then the rest.
#[must_use]
pub fn problem_lines(app: &App, width: usize) -> Vec<String> {
    let mut told = Vec::new();
    let mut lines = Vec::new();
    let mut tell = |text: String, error: &OrgError| {
        lines.extend(wrap(&visible(&text), width));
        if let Some(id) = &error.request_id {
            lines.extend(wrap(&format!("  request id {}", visible(id)), width));
        }
    };
    for (ix, error) in app
        .tree
        .iter()
        .filter_map(|(ix, node)| Some((ix, node.error()?)))
    {
        if let Some(node) = app.tree.get(ix) {
            tell(format!("{} ({}): {error}", node.label(), node.id()), error);
            told.push(error);
        }
    }
    for error in app
        .load
        .missing
        .iter()
        .filter(|error| !told.contains(error))
    {
        tell(error.to_string(), error);
    }
    lines
}

/// The path by ids, as `Account.Paths` writes it: `o-…/r-…/ou-…/123456789012/`. Without the part
/// that is not known.
#[must_use]
pub fn id_path(app: &App, ix: NodeIx) -> String {
    let organization = app.known.organization.as_ref();
    let mut path: String = organization.map_or(String::new(), |org| format!("{}/", org.id));
    for ix in app.tree.path(ix) {
        if let Some(node) = app
            .tree
            .get(ix)
            .filter(|node| node.data != NodeData::Unplaced)
        {
            path.push_str(node.id());
            path.push('/');
        }
    }
    path
}
