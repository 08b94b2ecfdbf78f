//! The things an organization consists of, in AWS's own words.
//!
//! Ids are plain strings: the documented patterns (`o-…`, `r-…`, `ou-…`, twelve digits) are kept by
//! AWS but not by every endpoint that speaks this API, and account ids keep their leading zeros.

use std::fmt;

use jiff::Timestamp;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::OrgError;

/// The organization itself, as `DescribeOrganization` tells it to any of its accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Organization {
    /// `o-…`
    pub id: String,
    /// ARN of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// `ALL` or `CONSOLIDATED_BILLING`; the latter knows no policies and no account closure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_set: Option<String>,
    /// The management account (the API still calls it `MasterAccountId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_account_id: Option<String>,
    /// Email of the management account's root user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_account_email: Option<String>,
}

/// Who is asking, as `sts:GetCallerIdentity` tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// Twelve digits.
    pub account_id: String,
    /// ARN of the user or assumed role.
    pub arn: String,
}

/// The organization, and who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// From `DescribeOrganization`, or why that cannot be told.
    pub organization: Result<Organization, OrgError>,
    /// From `sts:GetCallerIdentity`; `None` where that could not be asked.
    pub caller: Option<Caller>,
}

/// The one root of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Root {
    /// `r-…`
    pub id: String,
    /// ARN of the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Usually `Root`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The policy types that are enabled, as the service spells them; `None` where it did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_types: Option<Vec<String>>,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// `ou-…`
    pub id: String,
    /// ARN of the organizational unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Up to 128 characters, unique among its siblings; `None` while it is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A member account, or the management account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Account {
    /// Twelve digits, leading zeros kept.
    pub id: String,
    /// ARN of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Up to 50 characters, not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Email address of the account's root user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `None` when the service sent neither `State` nor `Status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<AccountState>,
    /// How it came into the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_method: Option<JoinedMethod>,
    /// When it came into the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<Timestamp>,
}

/// Where an account is in its life.
///
/// From `Account.State`, or, where an endpoint does not send that, from the retired
/// `Account.Status`, in which `SUSPENDED` also covers closed accounts. Source: Organizations User
/// Guide, "Account states" (`orgs_manage_accounts_account_state`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountState {
    /// Sign-up was started and never finished; unusable until its holder completes it.
    PendingActivation,
    /// In normal use.
    Active,
    /// Restricted by AWS (or, where only `Status` is sent, possibly closed).
    Suspended,
    /// Closure has been requested and is under way.
    PendingClosure,
    /// Closed; it can be reinstated through AWS Support for 90 days, then it vanishes.
    Closed,
    /// A state that this version does not know, as the service spelled it.
    Other(String),
}

impl AccountState {
    /// The five states that the service documents.
    pub const KNOWN: [Self; 5] = [
        Self::PendingActivation,
        Self::Active,
        Self::Suspended,
        Self::PendingClosure,
        Self::Closed,
    ];

    /// Reads the service's spelling; never fails, since new states may appear at any time.
    #[must_use]
    pub fn parse(wire: &str) -> Self {
        match wire {
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "ACTIVE" => Self::Active,
            "SUSPENDED" => Self::Suspended,
            "PENDING_CLOSURE" => Self::PendingClosure,
            "CLOSED" => Self::Closed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The service's spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
            Self::Other(other) => other,
        }
    }

    /// Whether "hide closed accounts" hides it: only what is certainly closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

impl Serialize for AccountState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AccountState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Spelling(Self::parse))
    }
}

impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an account came into the organization.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JoinedMethod {
    /// It existed before and accepted an invitation.
    Invited,
    /// It was created inside the organization.
    Created,
    /// A method that this version does not know, as the service spelled it.
    Other(String),
}

impl JoinedMethod {
    /// Reads the service's spelling; never fails.
    #[must_use]
    pub fn parse(wire: &str) -> Self {
        match wire {
            "INVITED" => Self::Invited,
            "CREATED" => Self::Created,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The service's spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invited => "INVITED",
            Self::Created => "CREATED",
            Self::Other(other) => other,
        }
    }
}

impl Serialize for JoinedMethod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for JoinedMethod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Spelling(Self::parse))
    }
}

/// Reads what the service spells, without a copy of it for each of many accounts.
struct Spelling<T>(fn(&str) -> T);

impl<T> Visitor<'_> for Spelling<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, wire: &str) -> Result<T, E> {
        Ok((self.0)(wire))
    }
}
