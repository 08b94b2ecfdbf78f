//! What the program shall do outside of itself, as plain data.

use crate::org::WalkScope;

/// Something to do outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask the service about the organization and about us.
    Identify,
    /// Walk; news carries the generation back, so that those of an older walk can be told apart.
    Walk {
        /// Grows with each walk.
        generation: u64,
        /// What to walk.
        scope: WalkScope,
    },
    /// Of what is being walked, read these nodes first (ids of the root or of OUs).
    Prioritize(Vec<String>),
    /// Hand text to the terminal's clipboard.
    Copy {
        /// What it is, e.g. `account id`.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// Connect to AWS anew, e.g. after a new sign-in, where the old credentials were refused.
    Reconnect,
    /// Give the terminal back and stop until the shell continues us.
    Suspend,
    /// End the program.
    Quit,
}

/// Effects with the same key replace each other: a newer one cancels the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKey {
    /// [`Effect::Identify`]
    Identify,
    /// [`Effect::Walk`] of the organization or of a subtree.
    Walk,
    /// [`Effect::Walk`] of a single account, which a longer walk need not give way to.
    Account,
}

impl Effect {
    /// The job that a worker runs for it; `None` for what the runtime does by itself.
    #[must_use]
    pub fn job(&self) -> Option<JobKey> {
        match self {
            Self::Identify => Some(JobKey::Identify),
            Self::Walk {
                scope: WalkScope::Account { .. },
                ..
            } => Some(JobKey::Account),
            Self::Walk { .. } => Some(JobKey::Walk),
            Self::Prioritize(_)
            | Self::Copy { .. }
            | Self::Reconnect
            | Self::Suspend
            | Self::Quit => None,
        }
    }
}
