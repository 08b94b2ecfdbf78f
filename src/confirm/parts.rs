//! What a question consists of, and how far it is answered.

use std::time::Duration;

/// What must be done to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// `y`, or the button.
    Yes,
    /// Every box ticked, the phrase typed, and then the button.
    Typed {
        /// Exactly this, e.g. the account's id.
        phrase: String,
    },
}

/// A statement that must be ticked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The statement.
    pub text: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// Which part of the dialog has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// An acknowledgement, by its place.
    Box(usize),
    /// The line to type into.
    Input,
    /// The button that confirms.
    Accept,
    /// The button that leaves.
    Cancel,
}

/// What a key tried in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// To confirm before everything was done for it.
    Confirming,
    /// To type where nothing is typed.
    Typing,
}

/// What the user has yet to do, or to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// To tick so many boxes.
    Boxes(usize),
    /// To type the phrase.
    Phrase,
    /// To read it for so long; `None` while it is not on screen.
    Time(Option<Duration>),
}
