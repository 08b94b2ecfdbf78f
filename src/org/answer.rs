//! What became of a question to the service.

use super::OrgError;

/// A fact that is read for a dialog: it may still be on its way, or could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer<T> {
    /// Asked; no answer yet.
    #[default]
    Pending,
    /// As the service told it.
    Known(T),
    /// Not checked, and why.
    NotChecked(OrgError),
}

impl<T> Answer<T> {
    /// The fact, if it is known.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(fact) => Some(fact),
            Self::Pending | Self::NotChecked(_) => None,
        }
    }

    /// Why it is not known, if it was not checked.
    #[must_use]
    pub fn error(&self) -> Option<&OrgError> {
        match self {
            Self::NotChecked(error) => Some(error),
            Self::Pending | Self::Known(_) => None,
        }
    }

    /// Whether the answer is still on its way.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending)
    }
}

impl<T> From<Result<T, OrgError>> for Answer<T> {
    fn from(result: Result<T, OrgError>) -> Self {
        match result {
            Ok(fact) => Self::Known(fact),
            Err(error) => Self::NotChecked(error),
        }
    }
}
