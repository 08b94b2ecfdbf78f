//! What the user may want: one row in one table.
//!
//! [`ACTIONS`] makes the key lookup, the footer, the help, the palette and the key table of the
//! README. Adding an action is a variant, a row, and an arm each in `available` and `perform`.

use crokey::{KeyCombination, key};

/// Something that the user may want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "each variant's row in ACTIONS says what it means"
)]
pub enum Action {
    CursorDown,
    CursorUp,
    CursorFirst,
    CursorLast,
    PageDown,
    PageUp,
    HalfPageDown,
    HalfPageUp,
    Enter,
    Open,
    Close,
    ExpandAll,
    CollapseAll,
    SwitchPane,
    NextTab,
    PreviousTab,
    ShowReach,
    ShowDelegations,
    Compare,
    Filter,
    NextMatch,
    PreviousMatch,
    JumpBack,
    JumpForward,
    ClearFilter,
    ToggleClosed,
    Copy,
    ReloadHere,
    ReloadAll,
    CloseAccount,
    RemoveAccount,
    LeaveOrganization,
    Mark,
    MarkRange,
    MoveAccounts,
    Undo,
    NewUnit,
    RenameUnit,
    DeleteUnit,
    Problems,
    Changes,
    ShowExplorer,
    ShowClosures,
    ShowActivity,
    Withdraw,
    Resume,
    Palette,
    Help,
    Suspend,
    Quit,
}

impl Action {
    /// Whether it moves the cursor of a list and does nothing else.
    #[must_use]
    pub fn is_motion(self) -> bool {
        self.rows(1).is_some()
    }

    /// How far it moves, where a page has so many rows and half a page at least one; `None` where it
    /// is no motion.
    #[must_use]
    pub fn rows(self, page: isize) -> Option<isize> {
        Some(match self {
            Self::CursorDown => 1,
            Self::CursorUp => -1,
            Self::CursorFirst => isize::MIN,
            Self::CursorLast => isize::MAX,
            Self::PageDown => page,
            Self::PageUp => -page,
            Self::HalfPageDown => (page / 2).max(1),
            Self::HalfPageUp => -(page / 2).max(1),
            _ => return None,
        })
    }

    /// What it does, as the rest of a sentence that begins with `Cannot`, in the words of the help;
    /// `None` where the reason alone is a sentence.
    #[must_use]
    pub fn phrase(self) -> Option<&'static str> {
        Some(match self {
            Self::NextMatch | Self::PreviousMatch => "go to a match",
            Self::Copy => "copy",
            Self::Changes => "show changes",
            Self::Compare => "compare",
            Self::ShowReach => "show what it reaches",
            Self::ReloadHere => "read again",
            Self::CloseAccount => "close the account",
            Self::RemoveAccount => "remove the account",
            Self::LeaveOrganization => "leave the organization",
            Self::Mark | Self::MarkRange => "mark",
            Self::MoveAccounts => "move",
            Self::Undo => "move back",
            Self::NewUnit => "make an OU",
            Self::RenameUnit => "rename",
            Self::Withdraw => "take back",
            Self::Resume => "resume",
            _ => return None,
        })
    }
}

/// What an action may do to the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// It only reads.
    Reads,
    /// It changes the organization: not offered in read-only mode.
    Changes,
}

/// Where the help lists an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the titles say it")]
pub enum Section {
    Move,
    Find,
    Data,
    Change,
    Closures,
    Program,
}

impl Section {
    /// Its title in the help.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving about",
            Self::Find => "Finding",
            Self::Data => "Data",
            Self::Change => "Changing the organization",
            Self::Closures => "Closures and activity",
            Self::Program => "Program",
        }
    }
}

/// One row of [`ACTIONS`].
#[derive(Debug, Clone, Copy)]
pub struct ActionRow {
    /// The action.
    pub action: Action,
    /// Its keys, the one to show first; none for what only the palette offers.
    pub keys: &'static [KeyCombination],
    /// Its name in the palette, in kebab-case.
    pub name: &'static str,
    /// What it does, in one short sentence.
    pub help: &'static str,
    /// Its word in the footer, for the actions that are worth a place there; the order of the table
    /// is the order of their importance.
    pub hint: Option<&'static str>,
    /// Where the help lists it.
    pub section: Section,
    /// Whether it changes the organization.
    pub danger: Danger,
}

const fn row(
    action: Action,
    section: Section,
    keys: &'static [KeyCombination],
    name: &'static str,
    hint: Option<&'static str>,
    help: &'static str,
) -> ActionRow {
    ActionRow {
        action,
        keys,
        name,
        help,
        hint,
        section,
        danger: Danger::Reads,
    }
}

const fn change(row: ActionRow) -> ActionRow {
    ActionRow {
        danger: Danger::Changes,
        ..row
    }
}

/// Every action, with its keys and its words.
#[rustfmt::skip]
pub const ACTIONS: &[ActionRow] = &[
    row(Action::Filter, Section::Find, &[key!('/')], "filter", Some("filter"),
        "Filter by words, ids, state:, ou:, tag:, joined:"),
    row(Action::NextMatch, Section::Find, &[key!(n)], "next-match", Some("next"),
        "Go to the next match"),
    row(Action::PreviousMatch, Section::Find, &[key!(shift-n)], "previous-match", None,
        "Go to the previous match"),
    row(Action::JumpBack, Section::Find, &[key!('[')], "jump-back", None,
        "Go back to where the cursor was before a jump"),
    row(Action::JumpForward, Section::Find, &[key!(']')], "jump-forward", None,
        "Go forward again after going back"),
    row(Action::ClearFilter, Section::Find, &[key!(esc)], "clear-filter", Some("clear"),
        "Clear marks, then the filter, or leave the details"),
    row(Action::Enter, Section::Move, &[key!(enter)], "expand-or-show", Some("expand"),
        "Expand or collapse an OU, show an account's details"),
    change(row(Action::MoveAccounts, Section::Change, &[key!(m)], "move-account", Some("move"),
        "Move the account or the marked ones to another OU")),
    row(Action::SwitchPane, Section::Move, &[key!(tab), key!(backtab)], "switch-pane", Some("pane"),
        "Switch between the tree and the details"),
    row(Action::NextTab, Section::Move, &[key!('>')], "next-tab", Some("tab"),
        "Go to the next tab of the details"),
    row(Action::PreviousTab, Section::Move, &[key!('<')], "previous-tab", None,
        "Go to the previous tab of the details"),
    row(Action::ShowReach, Section::Data, &[key!(t)], "show-reach", Some("reach"),
        "Show every account that the policy reaches"),
    row(Action::Compare, Section::Data, &[key!('=')], "compare", None,
        "Compare two marked accounts, or this one with the next"),
    row(Action::ShowDelegations, Section::Data, &[key!(shift-a)], "show-delegations", None,
        "Show all delegated administrators and trusted access"),
    row(Action::Copy, Section::Data, &[key!(y)], "copy", Some("copy"),
        "Copy id, ARN, email or path (OSC 52)"),
    change(row(Action::Mark, Section::Change, &[key!(space)], "mark", Some("mark"),
        "Mark the account, or take its mark away")),
    change(row(Action::MarkRange, Section::Change, &[key!(v)], "mark-range", None,
        "Begin to mark a range of accounts, or end it")),
    change(row(Action::Undo, Section::Change, &[key!(u)], "undo-move", Some("undo"),
        "Move back what was moved last")),
    change(row(Action::NewUnit, Section::Change, &[key!(o)], "new-ou", None,
        "Make an OU here")),
    change(row(Action::RenameUnit, Section::Change, &[key!(e)], "rename-ou", None,
        "Rename the OU")),
    change(row(Action::DeleteUnit, Section::Change, &[], "delete-ou", None,
        "Delete the OU, which must be empty")),
    row(Action::ReloadHere, Section::Data, &[key!(r)], "reload-here", Some("reload"),
        "Read again what is under the cursor and below"),
    row(Action::ToggleClosed, Section::Find, &[key!('.')], "toggle-closed", Some("closed"),
        "Hide or show closed accounts"),
    row(Action::ExpandAll, Section::Move, &[key!('*')], "expand-all", None,
        "Expand everything below the cursor"),
    row(Action::CollapseAll, Section::Move, &[key!('-')], "collapse-all", None,
        "Collapse everything below the cursor"),
    row(Action::CursorDown, Section::Move, &[key!(j), key!(down)], "down", None,
        "Go down a row"),
    row(Action::CursorUp, Section::Move, &[key!(k), key!(up)], "up", None,
        "Go up a row"),
    row(Action::Open, Section::Move, &[key!(l), key!(right)], "expand", None,
        "Expand an OU, then go to its first child"),
    row(Action::Close, Section::Move, &[key!(h), key!(left)], "collapse", None,
        "Collapse an OU, then go to its parent"),
    row(Action::CursorFirst, Section::Move, &[key!(g), key!(home)], "first", None,
        "Go to the first row"),
    row(Action::CursorLast, Section::Move, &[key!(shift-g), key!(end)], "last", None,
        "Go to the last row"),
    row(Action::PageDown, Section::Move, &[key!(pagedown), key!(ctrl-f)], "page-down", None,
        "Go down a page"),
    row(Action::PageUp, Section::Move, &[key!(pageup), key!(ctrl-b)], "page-up", None,
        "Go up a page"),
    row(Action::HalfPageDown, Section::Move, &[key!(ctrl-d)], "half-page-down", None,
        "Go down half a page"),
    row(Action::HalfPageUp, Section::Move, &[key!(ctrl-u)], "half-page-up", None,
        "Go up half a page"),
    row(Action::ReloadAll, Section::Data, &[key!(shift-r)], "reload-all", None,
        "Read the whole organization again"),
    row(Action::Problems, Section::Data, &[key!(shift-e)], "problems", Some("errors"),
        "Show what could not be read"),
    row(Action::Changes, Section::Data, &[key!(c)], "changes", None,
        "Show what is different since the last visit"),
    row(Action::ShowExplorer, Section::Closures, &[key!('1')], "show-explorer", None,
        "Show the organization"),
    row(Action::ShowClosures, Section::Closures, &[key!('2')], "show-closures", None,
        "Show the closures of accounts"),
    row(Action::ShowActivity, Section::Closures, &[key!('3')], "show-activity", None,
        "Show what was changed, from the journal"),
    change(row(Action::Withdraw, Section::Closures, &[key!(w)], "withdraw", Some("withdraw"),
        "Take a closure back that was not sent")),
    change(row(Action::Resume, Section::Closures, &[key!(s)], "resume", Some("resume"),
        "Go on with closures that an earlier run left")),
    change(row(Action::CloseAccount, Section::Change, &[key!(x)], "close-account", None,
        "Close the account or the marked ones, for good")),
    change(row(Action::RemoveAccount, Section::Change, &[key!(d)], "remove-account", None,
        "Remove the account from the organization")),
    change(row(Action::LeaveOrganization, Section::Change, &[key!(shift-l)], "leave-organization", None,
        "Take this member account out of the organization")),
    row(Action::Palette, Section::Program, &[key!(':')], "palette", None,
        "Choose from all actions"),
    row(Action::Help, Section::Program, &[key!('?'), key!(f1)], "help", Some("help"),
        "Show the keys and search them"),
    row(Action::Suspend, Section::Program, &[key!(ctrl-z)], "suspend", None,
        "Go back to the shell until `fg`"),
    row(Action::Quit, Section::Program, &[key!(q), key!(ctrl-c)], "quit", Some("quit"),
        "Quit"),
];

/// The row of an action.
///
/// # Panics
/// Never: a test holds the table against every action that the program can name.
#[must_use]
pub fn row_of(action: Action) -> &'static ActionRow {
    ACTIONS
        .iter()
        .find(|row| row.action == action)
        .expect("every action has a row")
}

/// The action that a key means outside of dialogs.
#[must_use]
pub fn lookup(key: KeyCombination) -> Option<Action> {
    ACTIONS
        .iter()
        .find(|row| row.keys.contains(&key))
        .map(|row| row.action)
}

/// How a key is written on screen and in the README: `Ctrl-d`, `G`, `PgDn`, `↓`.
#[must_use]
pub fn key_name(key: KeyCombination) -> String {
    use crokey::KeyCombinationFormat;
    let name = KeyCombinationFormat::default()
        .with_implicit_shift()
        .to_string(key);
    match name.as_str() {
        "Up" => "↑".into(),
        "Down" => "↓".into(),
        "Left" => "←".into(),
        "Right" => "→".into(),
        "PageDown" => "PgDn".into(),
        "PageUp" => "PgUp".into(),
        "Hyphen" => "-".into(),
        "BackTab" => "Shift-Tab".into(),
        _ => name,
    }
}

/// The README's table of keys, in Markdown.
#[must_use]
pub fn key_table() -> String {
    use std::fmt::Write as _;
    let mut table = String::from("| keys | action | what it does |\n| --- | --- | --- |\n");
    for section in [
        Section::Move,
        Section::Find,
        Section::Data,
        Section::Change,
        Section::Closures,
        Section::Program,
    ] {
        for row in ACTIONS.iter().filter(|row| row.section == section) {
            let keys: Vec<String> = row
                .keys
                .iter()
                .map(|key| format!("`{}`", key_name(*key)))
                .collect();
            let keys = if keys.is_empty() {
                "palette".to_owned()
            } else {
                keys.join(" ")
            };
            let _ = writeln!(table, "| {} | {} | {} |", keys, row.name, row.help);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_and_no_name_is_given_twice() {
        let (mut keys, mut names, mut actions) = (HashSet::new(), HashSet::new(), HashSet::new());
        for row in ACTIONS {
            assert!(names.insert(row.name), "{} twice", row.name);
            assert!(actions.insert(row.action), "{:?} twice", row.action);
            let only_in_the_palette = row.action == Action::DeleteUnit;
            assert_eq!(row.keys.is_empty(), only_in_the_palette, "{}", row.name);
            for key in row.keys {
                assert!(keys.insert(*key), "{} twice", key_name(*key));
                assert_eq!(lookup(*key), Some(row.action));
            }
        }
    }

    #[test]
    fn keys_are_written_as_people_write_them() {
        let name = |action: Action| key_name(row_of(action).keys[0]);
        assert_eq!(name(Action::CursorLast), "G");
        assert_eq!(name(Action::HalfPageDown), "Ctrl-d");
        assert_eq!(name(Action::PageDown), "PgDn");
        assert_eq!(name(Action::ClearFilter), "Esc");
        assert_eq!(name(Action::Help), "?");
        assert_eq!(name(Action::ToggleClosed), ".");
    }

    #[test]
    fn help_is_one_short_sentence_without_a_full_stop() {
        for row in ACTIONS {
            assert!(
                row.help.len() <= 54 && !row.help.ends_with('.'),
                "{}",
                row.help
            );
        }
    }
}
