//! Everything that can happen.

use crokey::KeyCombination;
use jiff::Timestamp;

use crate::org::{Identity, OrgError, WalkEvent};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyCombination),
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
    /// What time it is now.
    Clock(Timestamp),
    /// A quarter of a second has passed while something is loading.
    Spin,
    /// There are new credentials, or there are none.
    Reconnected(Result<(), OrgError>),
    /// What the service says about the organization and about us.
    Identified(Identity),
    /// News of a walk, with the generation that its effect carried.
    Walk(u64, WalkEvent),
    /// Text was handed to the terminal's clipboard, or that failed with this sentence.
    Copied {
        /// What it was, e.g. `account id`.
        what: &'static str,
        /// The failure, if any.
        failure: Option<String>,
    },
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
    /// The rows of the overlay's list.
    pub overlay: Region,
}
