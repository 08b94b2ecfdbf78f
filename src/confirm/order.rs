//! What is asked for consent, and the consent to it.

use crate::org::{Change, Mutation};

/// What is to be done once it is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// New changes, in this order.
    Changes {
        /// What was asked, each once.
        changes: Vec<Change>,
        /// Whether the first change that fails stops the others.
        stop_at_first_error: bool,
        /// The batch of the journal that these undo.
        undoes: Option<String>,
    },
    /// Entries of the journal that an earlier run has left, confirmed then, not sent yet.
    Resume {
        /// Their ids.
        entries: Vec<String>,
    },
}

impl Order {
    /// Whether any of it cannot be taken back.
    pub(super) fn needs_typing(&self) -> bool {
        let Self::Changes { changes, .. } = self else {
            // What waits to be resumed is what closes accounts.
            return true;
        };
        changes.iter().any(|change| {
            matches!(
                change.mutation,
                Mutation::CloseAccount { .. }
                    | Mutation::RemoveAccountFromOrganization { .. }
                    | Mutation::LeaveOrganization { .. }
            )
        })
    }

    /// What is typed to confirm it where nobody has said what.
    pub(super) fn phrase(&self) -> String {
        match self {
            Self::Changes { changes, .. } => match changes.as_slice() {
                [change] => change.mutation.target().to_owned(),
                changes => format!("change {} accounts", changes.len()),
            },
            Self::Resume { entries } => format!("resume {}", entries.len()),
        }
    }
}

/// Consent to exactly this order. Only [`Confirm`] can make one, and it can be used once.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(Clone))]
pub struct Confirmed {
    pub(super) order: Order,
    pub(super) how: String,
    pub(super) organization: Option<String>,
}

impl Confirmed {
    /// What was consented to.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// How, for the journal, e.g. `typed 123456789012`.
    #[must_use]
    pub fn how(&self) -> &str {
        &self.how
    }

    /// The organization that it is about, where that was known when it was asked.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }
}
