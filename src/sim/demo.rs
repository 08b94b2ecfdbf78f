//! The demo organization.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::organization::{JoinedMethod, NewAccount, Organization, State};
use super::policies::{FULL_ACCESS, NewPolicy, PolicyType};

const DEMO: &str = include_str!("../../assets/demo-organization.json");

type Tags = BTreeMap<String, String>;

/// What the file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    root: String,
    as_of: Timestamp,
    management_account: Row,
    /// Services, and since when.
    trusted_access: BTreeMap<String, Timestamp>,
    /// The same by account.
    delegations: BTreeMap<String, BTreeMap<String, Timestamp>>,
    policies: Vec<PolicyRow>,
    /// Roots, OUs and accounts from which the service control policy that allows everything was
    /// detached.
    without_full_access: Vec<String>,
    accounts: Vec<Row>,
    units: Vec<UnitRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitRow {
    id: String,
    name: String,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    accounts: Vec<Row>,
    #[serde(default)]
    units: Vec<UnitRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    joined: Timestamp,
    #[serde(default = "created")]
    method: JoinedMethod,
    #[serde(default = "active")]
    state: State,
    name: String,
    email: String,
    #[serde(default)]
    tags: Tags,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyRow {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: PolicyType,
    description: String,
    targets: Vec<String>,
    #[serde(default)]
    tags: Tags,
    content: Value,
}

const fn created() -> JoinedMethod {
    JoinedMethod::Created
}

const fn active() -> State {
    State::Active
}

impl Organization {
    /// A company with about 180 accounts in 30 OUs, five levels deep: every state occurs, and names
    /// that terminals find hard. There are policies of five types at several levels, one of which the
    /// SDK does not know. One denies everything in the OU `Suspended`; in `Tanaka Logistics` a list
    /// of what is allowed takes the place of full access, and in `Policy staging` nothing does; the
    /// effective tag policy of what is in `Retail` is not valid. Most accounts have tags, and
    /// `break-glass` has `orgscope:protect`; `security-audit` and `guardduty-admin` are delegated administrators;
    /// Control Tower has no trusted access. It is the same every time, down to the ids.
    pub fn demo() -> Self {
        let file: File = serde_json::from_str(DEMO).expect("the demo organization is valid");
        let (management, tags) = file.management_account.into_account();
        let id = management.id.clone();
        let mut organization = Self::new(file.id, &file.root, file.as_of, management);
        organization.set_tags(&id, tags);
        for row in file.accounts {
            row.add_to(&mut organization, &file.root);
        }
        for unit in file.units {
            unit.add_to(&mut organization, &file.root);
        }
        for (service, since) in file.trusted_access {
            organization.enable_service_access_since(&service, since);
        }
        for (account, services) in file.delegations {
            for (service, since) in services {
                organization.delegate_since(&account, &service, since);
            }
        }
        for policy in file.policies {
            policy.add_to(&mut organization);
        }
        for target in file.without_full_access {
            organization.detach_policy(FULL_ACCESS, &target);
        }
        organization
    }
}

impl UnitRow {
    fn add_to(self, organization: &mut Organization, parent: &str) {
        organization.add_unit_with_id(parent, self.id.clone(), self.name);
        organization.set_tags(&self.id, self.tags);
        for row in self.accounts {
            row.add_to(organization, &self.id);
        }
        for unit in self.units {
            unit.add_to(organization, &self.id);
        }
    }
}

impl Row {
    fn into_account(self) -> (NewAccount, Tags) {
        let account = NewAccount {
            id: self.id,
            name: self.name,
            email: self.email,
            state: self.state,
            joined_method: self.method,
            joined: self.joined,
        };
        (account, self.tags)
    }

    fn add_to(self, organization: &mut Organization, parent: &str) {
        let (account, tags) = self.into_account();
        let id = account.id.clone();
        organization.add_account(parent, account);
        organization.set_tags(&id, tags);
    }
}

impl PolicyRow {
    fn add_to(self, organization: &mut Organization) {
        organization.add_policy_with_id(NewPolicy {
            id: self.id.clone(),
            name: self.name,
            kind: self.kind,
            description: self.description,
            content: self.content.to_string(),
        });
        for target in self.targets {
            organization.attach_policy(&self.id, &target);
        }
        organization.set_tags(&self.id, self.tags);
    }
}
