//! What a walk reports while it goes, in the order in which it learns it.

use std::sync::Arc;
use std::time::Duration;

use super::{Account, OrgError, OrganizationalUnit, Root};

/// One fact about the organization, as the service told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// The organization's root.
    Root(Root),
    /// An organizational unit below `parent` (an OU or the root).
    OrganizationalUnit {
        /// The unit; without a name when only its id is known so far.
        unit: OrganizationalUnit,
        /// Id of the OU or root that contains it; empty when this answer did not tell.
        parent: String,
    },
    /// An account's own facts, and, where the service sent `Paths`, where it is.
    Account {
        /// The account; a tree takes it over as it is.
        account: Arc<Account>,
        /// Ids of what contains it, from the root (in the walk of a part: from as far up as the
        /// walk knows) down to its parent; empty when this answer did not tell.
        ancestors: Vec<String>,
    },
    /// An account is directly below `parent`; its own facts come in another observation.
    AccountPlaced {
        /// Twelve digits.
        account: String,
        /// Id of the OU or root that contains it.
        parent: String,
    },
    /// Everything that this listing of this node could tell has been told.
    Listed {
        /// Id of the root or OU.
        node: String,
        /// Which of its children.
        listing: Listing,
    },
    /// A listing of this node failed; what is known below it may be incomplete.
    ListingFailed {
        /// Id of the root or OU.
        node: String,
        /// Which of its children.
        listing: Listing,
        /// Why.
        error: OrgError,
    },
    /// The service no longer knows this node.
    Vanished {
        /// Id of the OU or account.
        node: String,
    },
}

/// Which children of a node a listing is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listing {
    /// Its child OUs.
    OrganizationalUnits,
    /// The accounts directly below it.
    Accounts,
}

/// What to walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkScope {
    /// The whole organization, from `ListRoots` down.
    Organization,
    /// One root or OU and all below it. `known_accounts` are the accounts that were below it
    /// before: those that do not turn up again are looked up one by one, so that an account that
    /// moved elsewhere is found there instead of being lost.
    Subtree {
        /// Id of the root or OU.
        node: String,
        /// Ids of the accounts that the tree holds below it.
        known_accounts: Vec<String>,
    },
    /// One account: its own facts and its parent.
    Account {
        /// Twelve digits.
        id: String,
    },
}

/// How far a walk has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// OUs (and the root) about which nothing more has to be asked. Accounts may still be missing
    /// that come, with their paths, out of the one listing of all accounts.
    pub units_done: usize,
    /// OUs (and the root) seen so far.
    pub units_known: usize,
    /// Accounts seen so far.
    pub accounts: usize,
    /// Whether the listing of all accounts has not come to its end. How long it is, nothing tells,
    /// so the walk may go on for long when all OUs are done.
    pub accounts_open: bool,
    /// Calls answered so far, whatever the answer.
    pub calls: u64,
    /// Answers that were `TooManyRequestsException`.
    pub throttled: u64,
    /// An estimate of the time left, from the calls still queued and the pace they are allowed;
    /// `None` while the listing of all accounts is open.
    pub remaining: Option<Duration>,
}

/// One message of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkEvent {
    /// Facts, at most about a page's worth, and how far the walk is.
    Observed(Vec<Observation>, Progress),
    /// The last event of every walk.
    Finished(WalkSummary),
}

/// How a walk ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WalkSummary {
    /// The last progress.
    pub progress: Progress,
    /// Everything that could not be read; empty means that the tree is complete.
    pub missing: Vec<OrgError>,
}

impl WalkSummary {
    /// Whether everything in scope was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}
