//! The organization that the simulator serves: plain data with the indexes that listings need.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::governance::Governance;
use super::lifecycle::{self, Closures, Creations};
use super::policies::Policies;

/// OUs may be nested this deep below the root.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>, 2026-11.
pub const OU_DEPTH_MAX: usize = 5;
/// An organization may have this many OUs, the root not counted. From the same page.
pub const OUS_MAX: usize = 2_000;

/// An organization as the service would hold it. What happens to it over time (closures, account
/// creations) is decided by the timestamps that callers pass in.
#[derive(Debug, Clone)]
pub struct Organization {
    pub(super) id: String,
    pub(super) root_id: String,
    pub(super) management_account: String,
    /// The moment at which the simulation starts; all dates in the organization are before it.
    pub(super) as_of: Timestamp,
    units: BTreeMap<String, Unit>,
    accounts: BTreeMap<String, Account>,
    /// Every account, in the order in which `ListAccounts` pages through them.
    account_index: BTreeMap<u64, String>,
    /// How many positions were given out.
    positions: u64,
    pub(super) closures: Closures,
    pub(super) creations: Creations,
    pub(super) policies: Policies,
    pub(super) governance: Governance,
}

/// The root or an organizational unit.
#[derive(Debug, Clone)]
pub struct Unit {
    /// `r-…` or `ou-…-…`.
    pub id: String,
    /// Any text.
    pub name: String,
    /// Id of the OU or root above; none for the root.
    pub parent: Option<String>,
    position: u64,
    pub(super) units: BTreeMap<u64, String>,
    pub(super) accounts: BTreeMap<u64, String>,
}

/// An account of the organization.
#[derive(Debug, Clone)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Any text.
    pub name: String,
    /// Unique in the organization.
    pub email: String,
    /// The state as it was when the account was added. What the service reports also depends on
    /// a closure begun since, see [`Organization::state_at`].
    pub state: State,
    /// How the account came into the organization.
    pub joined_method: JoinedMethod,
    /// When.
    pub joined: Timestamp,
    /// Id of the OU or root that contains it.
    pub parent: String,
    pub(super) position: u64,
    /// When `CloseAccount` was called.
    pub(super) closure_requested: Option<Timestamp>,
}

/// What an account is when it is added to an [`Organization`].
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Twelve digits, not yet in the organization.
    pub id: String,
    /// Any text.
    pub name: String,
    /// Unique in the organization.
    pub email: String,
    /// An account added as [`State::PendingClosure`] was closed at the simulation's start.
    pub state: State,
    /// How the account came into the organization.
    pub joined_method: JoinedMethod,
    /// When.
    pub joined: Timestamp,
}

/// Value of an account's `State` (API model, shape `AccountState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Sign-up was started and never finished.
    PendingActivation,
    /// In normal use.
    Active,
    /// Restricted by AWS.
    Suspended,
    /// A closure is under way.
    PendingClosure,
    /// Closed less than 90 days ago.
    Closed,
}

impl State {
    /// As the service spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
        }
    }

    /// The older `Status` member, which knows no closed accounts and none awaiting activation.
    pub const fn legacy_status(self) -> &'static str {
        match self {
            Self::PendingActivation | Self::Active => "ACTIVE",
            Self::Suspended | Self::Closed => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
        }
    }
}

/// Value of an account's `JoinedMethod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JoinedMethod {
    /// An existing account accepted an invitation.
    Invited,
    /// The organization created it.
    Created,
}

impl JoinedMethod {
    /// As the service spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "INVITED",
            Self::Created => "CREATED",
        }
    }
}

impl Organization {
    /// An organization of a management account alone, directly below the root.
    pub fn new(
        id: impl Into<String>,
        root_id: impl Into<String>,
        as_of: Timestamp,
        management: NewAccount,
    ) -> Self {
        let root_id = root_id.into();
        let root = Unit {
            id: root_id.clone(),
            name: "Root".to_owned(),
            parent: None,
            position: 0,
            units: BTreeMap::new(),
            accounts: BTreeMap::new(),
        };
        let mut organization = Self {
            id: id.into(),
            management_account: management.id.clone(),
            as_of,
            units: BTreeMap::from([(root_id.clone(), root)]),
            accounts: BTreeMap::new(),
            account_index: BTreeMap::new(),
            positions: 0,
            closures: Closures::default(),
            creations: Creations::default(),
            policies: Policies::new(),
            governance: Governance::default(),
            root_id: root_id.clone(),
        };
        organization.policies.attach_defaults(&root_id);
        organization.add_account(&root_id, management);
        organization
    }

    /// `o-…`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `r-…`.
    pub fn root_id(&self) -> &str {
        &self.root_id
    }

    /// The management account's id.
    pub fn management_account(&self) -> &str {
        &self.management_account
    }

    /// The root or OU of this id.
    pub fn unit(&self, id: &str) -> Option<&Unit> {
        self.units.get(id)
    }

    /// The account of this id.
    pub fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// The root and all OUs, by id.
    pub fn units(&self) -> impl ExactSizeIterator<Item = &Unit> {
        self.units.values()
    }

    /// All accounts, by id.
    pub fn accounts(&self) -> impl ExactSizeIterator<Item = &Account> {
        self.accounts.values()
    }

    /// Ids from the root down to this root or OU, itself included; empty when there is no such.
    pub fn chain(&self, unit: &str) -> Vec<&str> {
        let mut chain: Vec<&str> =
            std::iter::successors(self.units.get(unit), |u| self.units.get(u.parent.as_ref()?))
                .map(|u| u.id.as_str())
                .collect();
        chain.reverse();
        chain
    }

    /// The state that the service reports at `now`; `None` when there is no such account.
    pub fn state_at(&self, account: &str, now: Timestamp) -> Option<State> {
        let account = self.accounts.get(account)?;
        Some(match account.closure_requested {
            Some(requested) => lifecycle::state_during_closure(now.duration_since(requested)),
            None => account.state,
        })
    }

    /// Adds an OU and returns its id, which follows from the root's and from what was added before.
    ///
    /// # Panics
    /// When there is no such parent.
    pub fn add_unit(&mut self, parent: &str, name: impl Into<String>) -> String {
        let mut value = scramble(self.positions + 1);
        let mut suffix = String::with_capacity(8);
        for _ in 0..8 {
            let digit = u32::try_from(value % 36).unwrap_or_default();
            suffix.extend(char::from_digit(digit, 36));
            value /= 36;
        }
        let id = format!("ou-{}-{suffix}", self.root_id.trim_start_matches("r-"));
        self.add_unit_with_id(parent, id.clone(), name);
        id
    }

    /// Adds an OU under an id of one's own choice.
    ///
    /// # Panics
    /// When there is no such parent, or the id is taken.
    pub fn add_unit_with_id(&mut self, parent: &str, id: String, name: impl Into<String>) {
        assert!(!self.units.contains_key(&id), "the OU {id} exists already");
        let position = self.next_position();
        let above = self.unit_mut(parent);
        above.units.insert(position, id.clone());
        let unit = Unit {
            id: id.clone(),
            name: name.into(),
            parent: Some(parent.to_owned()),
            position,
            units: BTreeMap::new(),
            accounts: BTreeMap::new(),
        };
        self.policies.attach_defaults(&id);
        self.units.insert(id, unit);
    }

    /// Gives an OU another name.
    ///
    /// # Panics
    /// When there is no such OU.
    pub fn rename_unit(&mut self, id: &str, name: impl Into<String>) {
        self.unit_mut(id).name = name.into();
    }

    /// Deletes an OU with all OUs below it; their accounts move to the root.
    ///
    /// # Panics
    /// When there is no such OU, or it is the root.
    pub fn delete_unit(&mut self, id: &str) {
        let unit = self.unit_mut(id).clone();
        let parent = unit.parent.expect("the root cannot be deleted");
        for child in unit.units.values() {
            self.delete_unit(child);
        }
        let root = self.root_id.clone();
        for account in unit.accounts.values() {
            self.move_account(account, &root);
        }
        self.unit_mut(&parent).units.remove(&unit.position);
        self.units.remove(id);
        self.forget(id);
    }

    /// Adds an account below `parent`.
    ///
    /// # Panics
    /// When there is no such parent, or the id is taken.
    pub fn add_account(&mut self, parent: &str, new: NewAccount) {
        let id = new.id.clone();
        assert!(
            !self.accounts.contains_key(&id),
            "the account {id} exists already"
        );
        let position = self.next_position();
        self.unit_mut(parent).accounts.insert(position, id.clone());
        self.account_index.insert(position, id.clone());
        let closing = (new.state == State::PendingClosure).then_some(self.as_of);
        if let Some(requested) = closing {
            self.closures.begin(requested);
        }
        let account = Account {
            id: new.id,
            name: new.name,
            email: new.email,
            state: new.state,
            joined_method: new.joined_method,
            joined: new.joined,
            parent: parent.to_owned(),
            position,
            closure_requested: closing,
        };
        self.policies.attach_defaults(&id);
        self.accounts.insert(id, account);
    }

    /// Puts an account below another OU or the root.
    ///
    /// # Panics
    /// When there is no such account or destination.
    pub fn move_account(&mut self, id: &str, destination: &str) {
        let account = self.account_mut(id);
        let position = account.position;
        let source = std::mem::replace(&mut account.parent, destination.to_owned());
        self.unit_mut(&source).accounts.remove(&position);
        let there = &mut self.unit_mut(destination).accounts;
        there.insert(position, id.to_owned());
    }

    /// Takes an account out of the organization, with its tags, attachments and delegations;
    /// nothing happens when it is not in it.
    pub fn remove_account(&mut self, id: &str) {
        if let Some(account) = self.accounts.remove(id) {
            self.account_index.remove(&account.position);
            let siblings = &mut self.unit_mut(&account.parent).accounts;
            siblings.remove(&account.position);
            self.forget(id);
        }
    }

    /// What is gone has no policies, tags or delegations any more.
    fn forget(&mut self, id: &str) {
        self.policies.forget(id);
        self.governance.forget(id);
    }

    /// Begins closing an account, without any of the service's checks.
    ///
    /// # Panics
    /// When there is no such account.
    pub fn close_account(&mut self, id: &str, now: Timestamp) {
        self.account_mut(id).closure_requested = Some(now);
        self.closures.begin(now);
    }

    pub(super) fn account_index(&self) -> &BTreeMap<u64, String> {
        &self.account_index
    }

    pub(super) fn arn(&self, kind: &str, id: &str) -> String {
        let management = &self.management_account;
        format!(
            "arn:aws:organizations::{management}:{kind}/{}/{id}",
            self.id
        )
    }

    /// Listings come in no meaningful order, as the service's do, yet in a fixed one: positions
    /// are unique because the scrambling is a bijection, and never 0.
    fn next_position(&mut self) -> u64 {
        self.positions += 1;
        scramble(self.positions)
    }

    fn unit_mut(&mut self, id: &str) -> &mut Unit {
        self.units
            .get_mut(id)
            .unwrap_or_else(|| panic!("no OU or root {id}"))
    }

    fn account_mut(&mut self, id: &str) -> &mut Account {
        self.accounts
            .get_mut(id)
            .unwrap_or_else(|| panic!("no account {id}"))
    }
}

/// The finalizer of splitmix64: a bijection of 64-bit numbers that leaves only 0 where it is.
pub(super) const fn scramble(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
