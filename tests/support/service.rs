//! A small organization on a simulator, which remembers what changes were asked of it.

use std::time::Duration;

use jiff::Timestamp;
use orgscope::config::Config;
use orgscope::org::{Figures, Mutation};
use orgscope::sim::{
    Caller, Faults, JoinedMethod, NewAccount, Organization, Settings, Simulator, State, WriteCall,
};
use tokio::sync::mpsc;

pub(crate) const ORGANIZATION: &str = "o-crash00001";
pub(crate) const ROOT: &str = "r-ab12";
pub(crate) const UNIT: &str = "ou-ab12-11111111";
pub(crate) const EMPTY: &str = "ou-ab12-22222222";
pub(crate) const MANAGEMENT: &str = "000000000011";
pub(crate) const MEMBER: &str = "000000000012";

pub(crate) fn organization() -> Organization {
    let joined: Timestamp = "2020-01-01T00:00:00Z".parse().expect("a time");
    let account = |id: &str| NewAccount {
        id: id.to_owned(),
        name: format!("name of {id}"),
        email: format!("{id}@example.com"),
        state: State::Active,
        joined_method: JoinedMethod::Created,
        joined,
    };
    let as_of = "2026-11-01T00:00:00Z".parse().expect("a time");
    let mut organization = Organization::new(ORGANIZATION, ROOT, as_of, account(MANAGEMENT));
    organization.add_unit_with_id(ROOT, UNIT.into(), "name of ou-ab12-11111111");
    organization.add_unit_with_id(ROOT, EMPTY.into(), "name of ou-ab12-22222222");
    for id in [MEMBER, "000000000013", "000000000014", "000000000015"] {
        organization.add_account(ROOT, account(id));
    }
    organization
}

/// Whether the organization is as the change meant it.
fn is_made(organization: &Organization, mutation: &Mutation, now: Timestamp) -> bool {
    match mutation {
        Mutation::MoveAccount { account, to, .. } => {
            organization.account(account).expect("it is there").parent == *to
        }
        Mutation::CloseAccount { account } => {
            organization.state_at(account, now) == Some(State::PendingClosure)
        }
        Mutation::RemoveAccountFromOrganization { account }
        | Mutation::LeaveOrganization { account } => organization.account(account).is_none(),
        Mutation::CreateOrganizationalUnit { name, .. } => {
            organization.units().any(|unit| unit.name == *name)
        }
        Mutation::UpdateOrganizationalUnit { unit, name } => {
            organization.unit(unit).expect("it is there").name == *name
        }
        Mutation::DeleteOrganizationalUnit { unit } => organization.unit(unit).is_none(),
    }
}

/// Closures follow each other quickly, and what is read counts at once.
pub(crate) fn config() -> Config {
    Config {
        closures: Figures {
            poll_every: Duration::from_millis(50),
            poll_at_most_every: Duration::from_millis(200),
            settles_within: Duration::ZERO,
            send_every: Duration::from_millis(20),
            wait_when_refused: Duration::from_millis(50),
            ..Figures::default()
        },
        ..Config::default()
    }
}

/// A simulator, and everything that was asked of it that changes something.
pub(crate) struct Service {
    pub(crate) simulator: Simulator,
    /// Changes that are about to be answered.
    pub(crate) arrived: mpsc::UnboundedReceiver<()>,
}

/// A simulator of that organization, whose time goes on when the test says so.
pub(crate) async fn standing_still(caller: Caller, faults: Faults) -> Simulator {
    let settings = Settings {
        caller,
        limits: false,
        speed: 0.0,
        faults,
        ..Settings::default()
    };
    let simulator = Simulator::start(organization(), settings).await;
    simulator.expect("a free port")
}

impl Service {
    pub(crate) async fn start(caller: Caller, faults: Faults) -> Self {
        let simulator = standing_still(caller, faults).await;
        let (sender, arrived) = mpsc::unbounded_channel();
        simulator.before_each_call(move |call, _| {
            let reads = ["Describe", "List", "Get"];
            if !reads
                .iter()
                .any(|prefix| call.operation.starts_with(prefix))
            {
                let _ = sender.send(());
            }
        });
        Self { simulator, arrived }
    }

    /// Every change that was asked for, whatever came of it.
    pub(crate) fn writes(&self) -> Vec<WriteCall> {
        self.simulator.writes()
    }

    /// Whether the organization is as this change means it.
    pub(crate) fn is_made(&self, mutation: &Mutation) -> bool {
        let now = self.simulator.now();
        let judge = |organization: &mut Organization| is_made(organization, mutation, now);
        self.simulator.with_organization(judge)
    }
}
