//! What a move would do, account by account, before anything is asked or sent.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};

use super::super::places::{Place, Places};
use super::destination::{self, To};
use super::ids::Wanted;
use crate::aws::{self, Connection, Limiter};
use crate::org::{
    Account, AccountState, Answer, Change, ErrorKind, IN_MANAGEMENT_ACCOUNT, Mutation, OrgError,
    Organization, Policy, PolicyChange, policy_changes,
};

/// Reads at once; the limiter has the last word.
const AT_ONCE: usize = 8;

/// The service whose trusted access tells that Control Tower is in use. Source: Organizations User
/// Guide, "AWS services that you can use with AWS Organizations", AWS Control Tower.
const CONTROL_TOWER: &str = "controltower.amazonaws.com";

/// What is attached, by node and type.
type Policies = BTreeMap<(String, String), Answer<Vec<Policy>>>;

/// Everything that would be done.
#[derive(Debug)]
pub(super) struct Plan {
    /// Where to.
    pub(super) to: Place,
    /// A step for each account, in the order in which they were given.
    pub(super) steps: Vec<Step>,
    /// What is to be known of all of them, each a sentence. May hold hostile text.
    pub(super) warnings: Vec<String>,
}

/// What is planned for one account.
#[derive(Debug)]
pub(super) struct Step {
    /// What is known of the account: at least its id.
    pub(super) account: Account,
    /// What is planned.
    pub(super) kind: StepKind,
}

/// What is planned for an account.
#[derive(Debug)]
pub(super) enum StepKind {
    /// It would be moved.
    Move(Box<Moving>),
    /// It is there already.
    There,
    /// It cannot be moved.
    Problem(OrgError),
}

/// The move of one account.
#[derive(Debug)]
pub(super) struct Moving {
    /// Where it is.
    pub(super) from: Place,
    /// What changes, by enabled type; `None` where it is not known which types are enabled.
    pub(super) policies: Option<Vec<PolicyChange>>,
    /// Each a sentence. May hold hostile text.
    pub(super) warnings: Vec<String>,
    /// What would be asked for.
    pub(super) change: Change,
}

impl Plan {
    /// Reads everything that it takes.
    ///
    /// # Errors
    /// Where the destination cannot be found or read. What is wrong with an account is in its step.
    pub(super) async fn read(
        connection: &Connection,
        limiter: &Limiter,
        organization: &Organization,
        accounts: &[Wanted],
        to: &To,
    ) -> Result<Self, OrgError> {
        let mut places = Places::open(connection, limiter).await?;
        let id = destination::find(&mut places, to).await?;
        let to = places.find(&id).await?;
        let found: Vec<_> = stream::iter(accounts)
            .map(|wanted| describe(connection, limiter, organization, wanted))
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut steps = Vec::new();
        for (wanted, found) in accounts.iter().zip(found) {
            steps.push(step(&mut places, wanted, found, &to).await);
        }
        let mut plan = Self {
            to,
            steps,
            warnings: Vec::new(),
        };
        if plan.moves().next().is_some() {
            let types = places.root().policy_types.clone();
            if types.is_none() {
                let warning = "what changes in policies is not checked: the service did not tell \
                               which types are enabled";
                plan.warnings.push(warning.to_owned());
            }
            plan.compare(connection, limiter, types, organization).await;
            plan.warnings
                .extend(control_tower(connection, limiter).await);
        }
        Ok(plan)
    }

    /// The accounts that would be moved.
    pub(super) fn moves(&self) -> impl Iterator<Item = (&Account, &Moving)> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Move(moving) => Some((&step.account, &**moving)),
            _ => None,
        })
    }

    /// The accounts that cannot be moved, and why.
    pub(super) fn problems(&self) -> impl Iterator<Item = (&Account, &OrgError)> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Problem(error) => Some((&step.account, error)),
            _ => None,
        })
    }

    /// Fills in what changes in policies, and what to warn of.
    async fn compare(
        &mut self,
        connection: &Connection,
        limiter: &Limiter,
        types: Option<Vec<String>>,
        organization: &Organization,
    ) {
        let mut nodes: BTreeSet<&String> = self.to.id_path.iter().collect();
        for (_, moving) in self.moves() {
            nodes.extend(&moving.from.id_path);
        }
        let wanted = nodes.into_iter().flat_map(|node| {
            let types = types.iter().flatten();
            types.map(move |policy_type| (node.clone(), policy_type.clone()))
        });
        let wanted: Vec<_> = wanted.collect();
        let policies: Policies = stream::iter(wanted)
            .map(async |(node, policy_type)| {
                let read = aws::attached(connection, limiter, &node, &policy_type).await;
                ((node, policy_type), read.policies)
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let management = organization.management_account_id.as_deref();
        for step in &mut self.steps {
            if let StepKind::Move(moving) = &mut step.kind {
                let (from, to) = (&moving.from, &self.to);
                let types = types.as_deref();
                moving.policies = types.map(|types| changes(types, from, to, &policies));
                moving
                    .warnings
                    .extend(of_account(&step.account, management));
                moving.warnings.extend(denials(from, to, &policies));
            }
        }
    }
}

async fn describe(
    connection: &Connection,
    limiter: &Limiter,
    organization: &Organization,
    wanted: &Wanted,
) -> Result<(Account, Vec<String>), OrgError> {
    match &wanted.organization {
        Some(other) if *other != organization.id => {
            let ours = &organization.id;
            let message = format!("its ARN belongs to organization {other}, and this is {ours}");
            return Err(OrgError::new(ErrorKind::NotFound, message));
        }
        _ => {}
    }
    let found = aws::describe_account(connection, limiter, &wanted.id).await;
    found.map_err(|error| match error.kind {
        ErrorKind::NotFound => OrgError::new(
            ErrorKind::NotFound,
            "there is no such account in this organization",
        ),
        _ => error,
    })
}

async fn step(
    places: &mut Places<'_>,
    wanted: &Wanted,
    found: Result<(Account, Vec<String>), OrgError>,
    to: &Place,
) -> Step {
    let (account, ancestors) = match found {
        Ok(found) => found,
        Err(error) => {
            let account = Account {
                id: wanted.id.clone(),
                ..Account::default()
            };
            let kind = StepKind::Problem(error);
            return Step { account, kind };
        }
    };
    places.place(&account.id, &ancestors);
    let from = match places.parent(&account.id).await {
        Ok(parent) if parent == to.id => {
            let kind = StepKind::There;
            return Step { account, kind };
        }
        Ok(parent) => places.find(&parent).await,
        Err(error) => Err(error),
    };
    let kind = match from {
        Ok(from) => StepKind::Move(Box::new(moving(&account, from, to))),
        Err(error) => StepKind::Problem(error),
    };
    Step { account, kind }
}

fn moving(account: &Account, from: Place, to: &Place) -> Moving {
    let change = Change {
        parent: None,
        mutation: Mutation::MoveAccount {
            account: account.id.clone(),
            from: from.id.clone(),
            to: to.id.clone(),
        },
        target_name: account.name.clone().unwrap_or_else(|| account.id.clone()),
        path: from.text(),
        to_path: Some(to.text()),
    };
    Moving {
        from,
        policies: None,
        warnings: Vec::new(),
        change,
    }
}

fn changes(types: &[String], from: &Place, to: &Place, policies: &Policies) -> Vec<PolicyChange> {
    let attached =
        |node: &str, policy_type: &str| policies.get(&(node.to_owned(), policy_type.to_owned()));
    policy_changes(types, &from.id_path, &to.id_path, attached)
}

/// What to know of the account itself.
fn of_account(account: &Account, management: Option<&str>) -> Vec<String> {
    let mut warnings = Vec::new();
    match &account.state {
        None | Some(AccountState::Active) => {}
        Some(AccountState::Suspended) => {
            warnings.push("the account is SUSPENDED: restricted by AWS, or closed".to_owned());
        }
        Some(state) => warnings.push(format!("the account is {state}")),
    }
    if management == Some(account.id.as_str()) {
        warnings.push(format!("it {IN_MANAGEMENT_ACCOUNT}"));
    }
    warnings
}

/// The roots and OUs of either way in which everything is denied.
fn denials(from: &Place, to: &Place, policies: &Policies) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut seen = BTreeSet::new();
    let ways = [to, from].into_iter();
    for (node, name) in ways.flat_map(|way| way.id_path.iter().zip(&way.path)) {
        if !seen.insert(node) {
            continue;
        }
        let when = match (from.id_path.contains(node), to.id_path.contains(node)) {
            (true, true) => "before and after the move",
            (true, false) => "until it is moved",
            _ => "once it is moved",
        };
        let attached = policies.iter().filter(|((at, _), _)| at == node);
        let attached = attached.filter_map(|(_, answer)| answer.known()).flatten();
        for policy in attached.filter(|policy| policy.denies_everything) {
            let Policy {
                id, name: denying, ..
            } = policy;
            warnings.push(format!(
                "{denying} ({id}) denies everything in {name}: {when}"
            ));
        }
    }
    warnings
}

async fn control_tower(connection: &Connection, limiter: &Limiter) -> Option<String> {
    match aws::trusted_access(connection, limiter).await {
        Answer::Known(services) if services.iter().any(|service| service == CONTROL_TOWER) => {
            let warning = "AWS Control Tower is active: it takes a move that was not made in its \
                           own console for drift, and controls may no longer apply";
            Some(warning.to_owned())
        }
        Answer::Known(_) | Answer::Pending => None,
        Answer::NotChecked(error) => Some(format!(
            "whether AWS Control Tower is active could not be checked: {error}"
        )),
    }
}
