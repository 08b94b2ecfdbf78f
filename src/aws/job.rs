//! Questions about what the organization consists of, and their answers, without any SDK type.

use std::collections::HashSet;

use crate::aws::limiter::Row;
use crate::org::{Account, ErrorKind, OrgError, OrganizationalUnit, Root};

/// One question to the service; ids are those of the node that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    /// `ListRoots`
    Roots,
    /// `ListAccounts`
    Accounts,
    /// `ListOrganizationalUnitsForParent`
    Units(String),
    /// `ListAccountsForParent`
    AccountsIn(String),
    /// `ListChildren` of type `ORGANIZATIONAL_UNIT`
    ChildUnits(String),
    /// `ListChildren` of type `ACCOUNT`
    ChildAccounts(String),
    /// `ListParents`
    ParentOf(String),
    /// `DescribeOrganizationalUnit`
    Unit(String),
    /// `DescribeAccount`
    Account(String),
}

/// An API operation; a permission is granted or denied for an operation, not for an [`Ask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Operation {
    ListRoots,
    ListAccounts,
    ListOrganizationalUnitsForParent,
    ListAccountsForParent,
    ListChildren,
    ListParents,
    DescribeOrganizationalUnit,
    DescribeAccount,
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ListRoots => "ListRoots",
            Self::ListAccounts => "ListAccounts",
            Self::ListOrganizationalUnitsForParent => "ListOrganizationalUnitsForParent",
            Self::ListAccountsForParent => "ListAccountsForParent",
            Self::ListChildren => "ListChildren",
            Self::ListParents => "ListParents",
            Self::DescribeOrganizationalUnit => "DescribeOrganizationalUnit",
            Self::DescribeAccount => "DescribeAccount",
        }
    }
}

impl Ask {
    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::Roots => Operation::ListRoots,
            Self::Accounts => Operation::ListAccounts,
            Self::Units(_) => Operation::ListOrganizationalUnitsForParent,
            Self::AccountsIn(_) => Operation::ListAccountsForParent,
            Self::ChildUnits(_) | Self::ChildAccounts(_) => Operation::ListChildren,
            Self::ParentOf(_) => Operation::ListParents,
            Self::Unit(_) => Operation::DescribeOrganizationalUnit,
            Self::Account(_) => Operation::DescribeAccount,
        }
    }

    /// Id of the one item that it is about.
    pub(super) fn node(&self) -> Option<&str> {
        match self {
            Self::Roots | Self::Accounts => None,
            Self::Units(id)
            | Self::AccountsIn(id)
            | Self::ChildUnits(id)
            | Self::ChildAccounts(id)
            | Self::ParentOf(id)
            | Self::Unit(id)
            | Self::Account(id) => Some(id),
        }
    }

    pub(super) fn row(&self) -> Row {
        match self {
            Self::Roots => Row::Roots,
            Self::Accounts => Row::Accounts,
            Self::Units(_) | Self::AccountsIn(_) | Self::ParentOf(_) => Row::ForParent,
            Self::ChildUnits(_) | Self::ChildAccounts(_) => Row::Children,
            Self::Unit(_) => Row::Unit,
            Self::Account(_) => Row::Account,
        }
    }
}

/// A call to make: a question, and for the later pages of a listing where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) ask: Ask,
    /// The `NextToken` to send.
    pub(super) token: Option<String>,
    turns: Turns,
}

/// What a listing has been through, so that one that never ends is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Turns {
    /// Every token that this listing has sent.
    seen: HashSet<String>,
    /// Pages without items in a row.
    empty: usize,
}

impl Turns {
    /// Notes a page with so many items.
    pub(super) fn page(&mut self, items: usize) {
        self.empty = if items == 0 { self.empty + 1 } else { 0 };
    }

    /// Whether the page behind this token may be asked for; otherwise why not.
    pub(super) fn follow(&mut self, token: &str) -> Result<(), &'static str> {
        if !self.seen.insert(token.to_owned()) {
            return Err("the service sent the same NextToken a second time");
        }
        if self.empty >= MOST_EMPTY {
            return Err("the service sent nothing but empty pages for too long");
        }
        Ok(())
    }
}

/// The error of a listing that would never end, for this reason.
pub(super) fn endless(reason: &str, operation: &str) -> OrgError {
    let message = format!("{reason}, so the rest of this listing cannot be read");
    OrgError::new(ErrorKind::Incomplete, message).during(operation)
}

/// Pages without items in a row after which a listing counts as endless. AWS documents that
/// there can be such pages, and no number of them.
pub(super) const MOST_EMPTY: usize = 100;

/// What follows a page of a listing.
#[derive(Debug)]
pub(super) enum Turn {
    /// Nothing: it was the last one.
    Last,
    /// The page that this job reads.
    More(Job),
    /// This listing would never end; the reason.
    Endless(&'static str),
}

impl Job {
    pub(super) fn new(ask: Ask) -> Self {
        Self {
            ask,
            token: None,
            turns: Turns::default(),
        }
    }

    /// Notes what came of it.
    pub(super) fn answered(&mut self, answer: &Answer) {
        let (items, _) = answer.extent();
        self.turns.page(items);
    }

    pub(super) fn turn(mut self, next_token: Option<String>) -> Turn {
        let Some(token) = next_token else {
            return Turn::Last;
        };
        match self.turns.follow(&token) {
            Ok(()) => {
                self.token = Some(token);
                Turn::More(self)
            }
            Err(reason) => Turn::Endless(reason),
        }
    }
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next_token: Option<String>,
}

/// An account, and the ids from the root down to its parent where the service sent `Paths`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundAccount {
    pub(super) account: Account,
    pub(super) ancestors: Vec<String>,
}

/// A unit, and the ids from the root down to its parent where the service sent `Path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundUnit {
    pub(super) unit: OrganizationalUnit,
    pub(super) ancestors: Vec<String>,
}

/// What contains a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) id: String,
    pub(super) is_root: bool,
}

/// The answer to an [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// To [`Ask::Roots`].
    Roots(Page<Root>),
    /// To [`Ask::Accounts`] and [`Ask::AccountsIn`].
    Accounts(Page<FoundAccount>),
    /// To [`Ask::Units`].
    Units(Page<FoundUnit>),
    /// To [`Ask::ChildUnits`] and [`Ask::ChildAccounts`].
    Children(Page<String>),
    /// To [`Ask::ParentOf`].
    Parents(Page<Parent>),
    /// To [`Ask::Unit`].
    Unit(FoundUnit),
    /// To [`Ask::Account`].
    Account(FoundAccount),
}

impl Answer {
    /// How many items came, and whether a token says that more follow.
    pub(super) fn extent(&self) -> (usize, bool) {
        fn of<T>(page: &Page<T>) -> (usize, bool) {
            (page.items.len(), page.next_token.is_some())
        }
        match self {
            Self::Roots(page) => of(page),
            Self::Accounts(page) => of(page),
            Self::Units(page) => of(page),
            Self::Children(page) => of(page),
            Self::Parents(page) => of(page),
            Self::Unit(_) | Self::Account(_) => (1, false),
        }
    }

    /// The token of the page behind this one.
    pub(super) fn next_token(&self) -> Option<String> {
        match self {
            Self::Roots(page) => page.next_token.clone(),
            Self::Accounts(page) => page.next_token.clone(),
            Self::Units(page) => page.next_token.clone(),
            Self::Children(page) => page.next_token.clone(),
            Self::Parents(page) => page.next_token.clone(),
            Self::Unit(_) | Self::Account(_) => None,
        }
    }
}
