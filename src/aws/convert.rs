//! From the SDK's types to the domain's: unknown values are kept as text, absent ones stay absent.

use aws_sdk_organizations::types;
use jiff::Timestamp;

use crate::org::{Account, AccountState, JoinedMethod, OrganizationalUnit, Root};

/// A root; `None` without an id, since nothing could be asked about it.
pub(crate) fn root(root: types::Root) -> Option<Root> {
    Some(Root {
        id: root.id?,
        arn: root.arn,
        name: root.name,
        policy_types: root.policy_types.map(|types| {
            let enabled = |summary: &types::PolicyTypeSummary| {
                summary.status == Some(types::PolicyTypeStatus::Enabled)
            };
            let types = types.into_iter().filter(enabled);
            types
                .filter_map(|summary| Some(summary.r#type?.as_str().to_owned()))
                .collect()
        }),
    })
}

/// A unit; `None` without an id.
pub(crate) fn unit(unit: types::OrganizationalUnit) -> Option<OrganizationalUnit> {
    Some(OrganizationalUnit {
        id: unit.id?,
        arn: unit.arn,
        name: unit.name,
    })
}

/// An account; `None` without an id.
pub(crate) fn account(account: types::Account) -> Option<Account> {
    // `Status` was announced to vanish after 2026-09-09; some endpoints still send nothing else.
    let state = account.state.as_ref().map(types::AccountState::as_str);
    let status = account.status.as_ref().map(types::AccountStatus::as_str);
    Some(Account {
        id: account.id?,
        arn: account.arn,
        name: account.name,
        email: account.email,
        state: state.or(status).map(AccountState::parse),
        joined_method: account
            .joined_method
            .map(|method| JoinedMethod::parse(method.as_str())),
        joined_at: account.joined_timestamp.and_then(|at| timestamp(&at)),
    })
}

/// The ids from the root down to the parent, out of a path like `o-…/r-…/ou-…/<self>/`; empty
/// when there is no such path. Source: pattern of the shape `Path` in the API model.
pub(crate) fn ancestors(path: Option<&str>) -> Vec<String> {
    let mut ids: Vec<_> = path
        .unwrap_or_default()
        .split('/')
        .filter(|id| !id.is_empty())
        .skip(1)
        .map(str::to_owned)
        .collect();
    ids.pop();
    ids
}

/// `None` when it is out of the years that a calendar knows. On the wire it is a floating-point
/// number of seconds, which today is good for microseconds: the digits after them are noise.
pub(crate) fn timestamp(at: &aws_smithy_types::DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(at.subsec_nanos()).ok()?;
    let at = Timestamp::new(at.secs(), nanoseconds).ok()?;
    at.round(jiff::Unit::Microsecond).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> types::builders::AccountBuilder {
        types::Account::builder()
            .id("000000000012")
            .name("prod")
            .state(types::AccountState::Closed)
            .status(types::AccountStatus::Suspended)
    }

    #[test]
    fn state_wins_over_status_and_status_is_better_than_nothing() {
        let state = |sdk: types::Account| account(sdk).unwrap().state;
        assert_eq!(state(full().build()), Some(AccountState::Closed));
        let status_only = full().set_state(None).build();
        assert_eq!(state(status_only), Some(AccountState::Suspended));
        let neither = full().set_state(None).set_status(None).build();
        assert_eq!(state(neither), None);
    }

    #[test]
    fn values_of_the_future_are_kept_as_the_service_spelled_them() {
        let future = full()
            .state(types::AccountState::from("HIBERNATED"))
            .joined_method(types::AccountJoinedMethod::from("MERGED"))
            .build();
        let account = account(future).unwrap();
        assert_eq!(
            account.state,
            Some(AccountState::Other("HIBERNATED".into()))
        );
        assert_eq!(
            account.joined_method,
            Some(JoinedMethod::Other("MERGED".into()))
        );
    }

    #[test]
    fn times_keep_their_fractions_and_impossible_ones_are_absent() {
        let joined = |secs, nanos| {
            let at = aws_smithy_types::DateTime::from_secs_and_nanos(secs, nanos);
            account(full().joined_timestamp(at).build())
                .unwrap()
                .joined_at
        };
        let expected: Timestamp = "2020-01-02T03:04:05.037Z".parse().unwrap();
        assert_eq!(joined(1_577_934_245, 36_999_940), Some(expected));
        assert_eq!(joined(i64::MAX, 0), None);
    }

    #[test]
    fn an_account_without_an_id_is_no_account() {
        assert_eq!(account(full().set_id(None).build()), None);
    }

    #[test]
    fn ancestors_are_the_ids_between_the_organization_and_the_item() {
        let of = |path| ancestors(Some(path));
        assert_eq!(
            of("o-1/r-1/ou-1-a/ou-1-b/000000000012/"),
            ["r-1", "ou-1-a", "ou-1-b"]
        );
        assert_eq!(of("o-1/r-1/000000000012"), ["r-1"]);
        assert!(of("o-1/").is_empty());
        assert!(of("").is_empty());
        assert!(ancestors(None).is_empty());
    }
}
