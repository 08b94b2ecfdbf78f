//! What a walk tells of an organization of the simulator, without a walk.

use orgscope::org::{Account, AccountState, JoinedMethod, Observation, OrganizationalUnit, Root};
use orgscope::sim::Organization;

/// The root, the OUs, then the accounts, all of them active.
pub(crate) fn observed(organization: &Organization) -> Vec<Observation> {
    let root = organization.root_id();
    let (id, management) = (organization.id(), organization.management_account());
    let arn = |kind: &str, of: &str| {
        Some(format!(
            "arn:aws:organizations::{management}:{kind}/{id}/{of}"
        ))
    };
    let types = organization.policy_types().map(|kind| kind.as_str().into());
    let mut seen = vec![Observation::Root(Root {
        id: root.to_owned(),
        arn: arn("root", root),
        name: Some("Root".to_owned()),
        policy_types: Some(types.collect()),
    })];
    seen.extend(organization.units().filter_map(|unit| {
        Some(Observation::OrganizationalUnit {
            unit: OrganizationalUnit {
                id: unit.id.clone(),
                arn: arn("ou", &unit.id),
                name: Some(unit.name.clone()),
            },
            parent: unit.parent.clone()?,
        })
    }));
    seen.extend(organization.accounts().map(|account| {
        let above = organization.chain(&account.parent).into_iter();
        Observation::Account {
            account: Account {
                id: account.id.clone(),
                arn: arn("account", &account.id),
                name: Some(account.name.clone()),
                email: Some(account.email.clone()),
                state: Some(AccountState::Active),
                joined_method: Some(JoinedMethod::Created),
                joined_at: Some(account.joined),
            }
            .into(),
            ancestors: above.map(str::to_owned).collect(),
        }
    }));
    seen
}
