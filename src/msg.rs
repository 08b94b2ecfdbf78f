//! Everything that can happen.

use std::collections::BTreeSet;
use std::time::Duration;

use crokey::KeyCombination;
use jiff::Timestamp;

use crate::org::{
    Account, Attached, Fact, Found, Identity, Observation, OrgError, Question, Record, TargetPage,
    WalkEvent,
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyCombination),
    /// A key that is held down repeats itself, where the terminal tells that apart from a press.
    Repeat(KeyCombination),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something at this cell.
    Mouse {
        /// What it did.
        kind: MouseKind,
        /// Counted from the left, from 0.
        column: u16,
        /// Counted from the top, from 0.
        row: u16,
    },
    /// The regions of the screen changed: at the start, after a resize, or when the layout changed.
    Arranged(Areas),
    /// The frame that follows [`Self::Arranged`] was written to the terminal, so long after the
    /// program started.
    Drawn(Duration),
    /// The screen was somebody else's for a while, e.g. since we were stopped.
    Covered,
    /// The program was to end, but something is still being changed: ask first.
    StillChanging,
    /// What time it is now. It may be before what was told last: people and servers set clocks.
    Clock(Timestamp),
    /// So much time has passed since the program started, by a clock that nobody can set.
    Elapsed(Duration),
    /// A quarter of a second has passed while something is loading.
    Spin,
    /// There are new credentials, or there are none.
    Reconnected(Result<(), OrgError>),
    /// What the service says about the organization and about us.
    Identified(Identity),
    /// News of a walk, with the generation that its effect carried.
    Walk(u64, WalkEvent),
    /// The dialog of this number learns something.
    Fact(u64, Fact),
    /// What is attached to some nodes.
    Policies(Vec<Attached>),
    /// What somebody looked at was read, or could not be read.
    Found(Question, Found),
    /// A page of what a policy is attached to, the [`Self::Found`] of which comes after the last one.
    Targets(TargetPage),
    /// What was written into the journal, by us or by another instance, and which instances run.
    Journal(JournalNews),
    /// An account was read to see how its closure goes.
    Polled {
        /// Twelve digits.
        account: String,
        /// When the answer came.
        at: Timestamp,
        /// The account, or why it could not be read; `NotFound` where it is gone.
        result: Result<Account, OrgError>,
    },
    /// All accounts were read, or that failed.
    Swept {
        /// When the last page came.
        at: Timestamp,
        /// All accounts.
        result: Result<Vec<Account>, OrgError>,
    },
    /// What was read could not be kept for the next run.
    NotKept(OrgError),
    /// Something was learned outside of walks, e.g. where a moved account now is.
    Observed(Vec<Observation>),
    /// The browser could not be started, for this reason.
    NotBrowsed(String),
    /// Text was handed to the terminal's clipboard, or that failed with this sentence.
    Copied {
        /// What it was, e.g. `account id`.
        what: &'static str,
        /// The failure, if any.
        failure: Option<String>,
    },
}

/// News of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalNews {
    /// It is open; these are all of its records so far.
    Opened {
        /// Which instance we are.
        instance: String,
        /// In the order of the file.
        records: Vec<Record>,
        /// The instances that are running now, we included.
        running: BTreeSet<String>,
    },
    /// It has grown, or an instance has come or gone.
    Grown {
        /// What is new, in the order of the file.
        records: Vec<Record>,
        /// The instances that are running now, we included.
        running: BTreeSet<String>,
    },
    /// So many lines of it could not be read: torn by a crash, damaged, or of a later version.
    Damaged {
        /// How many, beside those that were told of before.
        lines: usize,
    },
    /// It cannot be used: nothing can be changed until it is told as opened again.
    Failed(OrgError),
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum MouseKind {
    Click,
    WheelUp,
    WheelDown,
}

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Region {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub height: u16,
}

impl Region {
    /// Whether the cell is inside.
    #[must_use]
    pub fn contains(self, column: u16, row: u16) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&column)
            && (self.y..self.y.saturating_add(self.height)).contains(&row)
    }
}

/// Where the panes are, so that paging and the mouse know. An empty region is not on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    /// The rows of the tree.
    pub tree: Region,
    /// The text of the details.
    pub details: Region,
    /// The rows of the closures or of the activity.
    pub list: Region,
    /// The rows of the overlay's list.
    pub overlay: Region,
    /// The titles of the explorer, the closures and the activity.
    pub tabs: [Region; 3],
    /// The titles of the tabs of the details, in their order.
    pub details_tabs: [Region; 6],
}
