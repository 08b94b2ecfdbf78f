//! What the program shall do outside of itself, as plain data.

use std::sync::Arc;

use crate::confirm::Confirmed;
use crate::org::{Question, Snapshot, WalkScope};

/// Something to do outside.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(Clone))]
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
    /// Read fresh what the dialog of this number shows of these accounts, one [`Msg::Fact`] at a
    /// time, and which services have trusted access.
    ///
    /// [`Msg::Fact`]: crate::msg::Msg::Fact
    Preflight {
        /// The dialog that asks; a newer one replaces it.
        dialog: u64,
        /// Account ids.
        accounts: Vec<String>,
    },
    /// Read what is attached directly to these nodes, with the content of service control policies
    /// that AWS did not make. Nodes and types that are already on their way are not asked for
    /// again.
    ReadPolicies(Vec<(String, String)>),
    /// Answer these questions, the first ones first, one [`Msg::Found`] each. They replace those of
    /// the last time: what is being read comes to its end, what was not begun is dropped. Only
    /// the targets of a policy, of which there may be minutes to read, are given up at once, and
    /// every page of them is told as [`Msg::Targets`].
    ///
    /// [`Msg::Found`]: crate::msg::Msg::Found
    /// [`Msg::Targets`]: crate::msg::Msg::Targets
    Ask(Vec<Question>),
    /// Make these changes. The only effect that changes the organization, and it takes consent.
    Apply(Confirmed),
    /// Take these entries of the journal back, as far as they were not sent.
    Withdraw(Vec<String>),
    /// Open the journal of this organization, tell what it holds, and from then on what is added.
    OpenJournal {
        /// `o-…`
        organization: String,
        /// ARN of whoever is asking, if it is known.
        caller: Option<String>,
    },
    /// Read these accounts with `DescribeAccount`, one [`Msg::Polled`] each.
    ///
    /// [`Msg::Polled`]: crate::msg::Msg::Polled
    Poll(Vec<String>),
    /// Read all accounts with `ListAccounts`, to find closures that others began.
    Sweep,
    /// So many closures are under way, as far as can be read: the queue counts them.
    ClosuresUnderWay(usize),
    /// Write into the journal what was found to be true of an entry.
    Verified {
        /// The entry.
        entry: String,
        /// Whether the service is as the change meant it.
        holds: bool,
        /// What was read.
        reading: String,
    },
    /// Open this page in the user's browser.
    Browse(String),
    /// Keep what was read of the organization for the next run.
    Keep {
        /// Over which connection it was read; see [`App::connection`](crate::app::App::connection).
        connection: u64,
        /// What was read.
        snapshot: Arc<Snapshot>,
    },
    /// Ring the terminal's bell.
    Ring,
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
    /// [`Effect::Preflight`]
    Preflight,
    /// [`Effect::Sweep`]
    Sweep,
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
            Self::Preflight { .. } => Some(JobKey::Preflight),
            Self::Sweep => Some(JobKey::Sweep),
            Self::Prioritize(_)
            | Self::Copy { .. }
            | Self::ReadPolicies(_)
            | Self::Ask(_)
            | Self::Apply(_)
            | Self::Withdraw(_)
            | Self::OpenJournal { .. }
            | Self::Poll(_)
            | Self::ClosuresUnderWay(_)
            | Self::Verified { .. }
            | Self::Browse(_)
            | Self::Keep { .. }
            | Self::Ring
            | Self::Reconnect
            | Self::Suspend
            | Self::Quit => None,
        }
    }
}
