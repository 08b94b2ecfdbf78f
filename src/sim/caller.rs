//! Who is asking, and what that account may do.

use std::str::FromStr;

use super::organization::{Organization, State};

/// Access key ids that start like this and end in an account's twelve digits make that account the
/// caller, whatever [`Settings::caller`](super::Settings::caller) says: `AKIA0000123456789012`.
/// Signatures are not checked, so any secret key will do.
pub const ACCESS_KEY_PREFIX: &str = "AKIA0000";

/// The account whose credentials a request is taken to carry, found when the simulator starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Caller {
    /// The management account, which may do everything.
    #[default]
    Management,
    /// A delegated administrator of the organization: may read everything and change nothing.
    DelegatedAdministrator,
    /// An ordinary member account: may call `DescribeOrganization` and `LeaveOrganization`.
    Member,
    /// An account that is in no organization.
    Outsider,
    /// The account of this id; what it may do follows from what it is in the organization.
    Account(String),
}

/// The id of the account that [`Caller::Outsider`] stands for.
pub const OUTSIDER_ACCOUNT: &str = "999999999999";

/// What an account may do in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Outsider,
    Member,
    DelegatedAdministrator,
    Management,
}

impl Caller {
    /// The caller's account id: of those that fit, the first that `ListAccounts` names.
    pub(super) fn account(&self, organization: &Organization) -> String {
        let is_delegated = |a: &super::Account| organization.is_delegated_administrator(&a.id);
        let first = |wanted: &dyn Fn(&super::Account) -> bool| {
            let ids = organization.account_index().values();
            let mut accounts = ids.filter_map(|id| organization.account(id));
            let found = accounts.find(|a| wanted(a) && a.id != organization.management_account);
            found.map_or_else(|| OUTSIDER_ACCOUNT.to_owned(), |a| a.id.clone())
        };
        match self {
            Self::Management => organization.management_account.clone(),
            Self::DelegatedAdministrator => first(&is_delegated),
            Self::Member => first(&|a| a.state == State::Active && !is_delegated(a)),
            Self::Outsider => OUTSIDER_ACCOUNT.to_owned(),
            Self::Account(id) => id.clone(),
        }
    }
}

/// The account that the access key id of an `Authorization` header names.
pub(super) fn account_of_authorization(header: &str) -> Option<&str> {
    let (_, credential) = header.split_once("Credential=")?;
    let (access_key, _) = credential.split_once('/')?;
    let account = access_key.strip_prefix(ACCESS_KEY_PREFIX)?;
    is_account_id(account).then_some(account)
}

impl FromStr for Caller {
    type Err = String;

    /// `management`, `delegated`, `member`, `outsider`, or twelve digits.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "management" => Ok(Self::Management),
            "delegated" => Ok(Self::DelegatedAdministrator),
            "member" => Ok(Self::Member),
            "outsider" => Ok(Self::Outsider),
            id if is_account_id(id) => Ok(Self::Account(id.to_owned())),
            _ => Err(format!(
                "unknown caller {text:?}: say management, delegated, member, outsider or an account id of 12 digits"
            )),
        }
    }
}

impl Role {
    pub(super) fn of(account: &str, organization: &Organization) -> Self {
        if account == organization.management_account {
            return Self::Management;
        }
        match organization.account(account) {
            None => Self::Outsider,
            Some(_) if organization.is_delegated_administrator(account) => {
                Self::DelegatedAdministrator
            }
            Some(_) => Self::Member,
        }
    }
}

pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_names_its_account() {
        let header = |key| {
            format!(
                "AWS4-HMAC-SHA256 Credential={key}/20261101/us-east-1/organizations/aws4_request, SignedHeaders=host"
            )
        };
        let named = header("AKIA0000123456789012");
        assert_eq!(account_of_authorization(&named), Some("123456789012"));
        let other = header("AKIAIOSFODNN7EXAMPLE");
        assert_eq!(account_of_authorization(&other), None);
        assert_eq!(account_of_authorization("Bearer x"), None);
    }

    #[test]
    fn a_caller_is_given_by_a_word_or_an_account_id() {
        assert_eq!("delegated".parse(), Ok(Caller::DelegatedAdministrator));
        assert_eq!(
            "000000000001".parse(),
            Ok(Caller::Account("000000000001".to_owned()))
        );
        assert!("root".parse::<Caller>().unwrap_err().contains("\"root\""));
    }
}
