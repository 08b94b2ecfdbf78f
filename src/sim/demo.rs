//! The demo organization.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use super::organization::{JoinedMethod, NewAccount, Organization, State};

const DEMO: &str = include_str!("../../assets/demo-organization.json");

/// What the file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    root: String,
    as_of: Timestamp,
    management_account: Row,
    delegated_administrators: BTreeSet<String>,
    accounts: Vec<Row>,
    units: Vec<UnitRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitRow {
    id: String,
    name: String,
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
}

const fn created() -> JoinedMethod {
    JoinedMethod::Created
}

const fn active() -> State {
    State::Active
}

impl Organization {
    /// A company with about 180 accounts in 30 OUs, five levels deep: every state occurs, and names
    /// that terminals find hard. It is the same every time, down to the ids.
    pub fn demo() -> Self {
        let file: File = serde_json::from_str(DEMO).expect("the demo organization is valid");
        let management = file.management_account.into_account();
        let mut organization = Self::new(file.id, &file.root, file.as_of, management);
        for row in file.accounts {
            organization.add_account(&file.root, row.into_account());
        }
        for unit in file.units {
            unit.add_to(&mut organization, &file.root);
        }
        for id in file.delegated_administrators {
            organization.delegate(&id, "config.amazonaws.com");
        }
        organization
    }
}

impl UnitRow {
    fn add_to(self, organization: &mut Organization, parent: &str) {
        organization.add_unit_with_id(parent, self.id.clone(), self.name);
        for row in self.accounts {
            organization.add_account(&self.id, row.into_account());
        }
        for unit in self.units {
            unit.add_to(organization, &self.id);
        }
    }
}

impl Row {
    fn into_account(self) -> NewAccount {
        NewAccount {
            id: self.id,
            name: self.name,
            email: self.email,
            state: self.state,
            joined_method: self.method,
            joined: self.joined,
        }
    }
}
