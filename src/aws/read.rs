//! Reads apart from the walk: what dialogs show, what is looked at just before a change, and how
//! things stand after it. Each call has its turn in the limiter and is repeated as the walk does.

use std::collections::BTreeSet;

use super::call::{self, Tally};
use super::job::{Answer as Found, Ask, FoundUnit, Job, Parent, Turn, endless};
use super::limiter::{Limiter, Row};
use super::listing::Listing;
use super::{Connection, look};
use crate::org::{
    self, Account, AccountFacts, Answer, Attached, EnabledService, OrgError, Organization,
};

/// The type of policy whose content tells whether it denies everything.
const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";

/// What is known of an account, each fact read now. One that cannot be read does not hinder the
/// others; the list of delegated administrators may be a few seconds old.
pub async fn account_facts(connection: &Connection, limiter: &Limiter, id: &str) -> AccountFacts {
    let delegated = async {
        let read = delegated_administrators(connection, limiter);
        let ids = connection.memory.delegated(read).await?;
        services_of(connection, limiter, &ids, id).await
    };
    facts(connection, limiter, id, delegated).await
}

/// The same, with nothing from memory: for a look just before a change.
pub(super) async fn fresh_facts(
    connection: &Connection,
    limiter: &Limiter,
    id: &str,
) -> AccountFacts {
    let delegated = async {
        let ids = delegated_administrators(connection, limiter).await?;
        services_of(connection, limiter, &ids, id).await
    };
    facts(connection, limiter, id, delegated).await
}

async fn facts(
    connection: &Connection,
    limiter: &Limiter,
    id: &str,
    delegated: impl Future<Output = Result<Vec<String>, OrgError>>,
) -> AccountFacts {
    let account = async {
        let (account, ancestors) = match describe_account(connection, limiter, id).await {
            Ok(found) => found,
            Err(error) => return (Answer::NotChecked(error), None),
        };
        (
            Answer::Known(account),
            Some(ancestors).filter(|ancestors| !ancestors.is_empty()),
        )
    };
    let ((account, ancestors), tags, delegated) =
        tokio::join!(account, look::tags(connection, limiter, id), delegated);
    let ancestors = match ancestors {
        Some(ancestors) => Answer::Known(ancestors),
        None => parent(connection, limiter, id)
            .await
            .map(|parent| vec![parent.id])
            .into(),
    };
    AccountFacts {
        account,
        ancestors,
        tags: tags.into(),
        delegated_services: delegated.into(),
    }
}

/// Service principals of the services that have trusted access to the organization.
pub async fn trusted_access(connection: &Connection, limiter: &Limiter) -> Answer<Vec<String>> {
    let services = look::trusted_access(connection, limiter).await;
    services.map(principals).into()
}

fn principals(services: Vec<EnabledService>) -> Vec<String> {
    let services = services.into_iter();
    services.map(|service| service.principal).collect()
}

/// What of this type is attached directly to a root, an OU or an account.
///
/// Of service control policies that AWS did not make, the content is read too. One whose content
/// cannot be read does not count as denying everything.
pub async fn attached(
    connection: &Connection,
    limiter: &Limiter,
    node: &str,
    policy_type: &str,
) -> Attached {
    let policies = async {
        let mut found = look::attached(connection, limiter, node, policy_type).await?;
        for policy in &mut found {
            if policy_type == SERVICE_CONTROL_POLICY && !policy.aws_managed {
                policy.denies_everything = denies_everything(connection, limiter, &policy.id).await;
            }
        }
        Ok(found)
    };
    Attached {
        node: node.to_owned(),
        policy_type: policy_type.to_owned(),
        policies: policies.await.into(),
    }
}

async fn denies_everything(connection: &Connection, limiter: &Limiter, policy: &str) -> bool {
    if let Some(denies) = connection.memory.denies(policy) {
        return denies;
    }
    // Why it could not be read is in the log.
    let Ok(document) = look::document(connection, limiter, policy).await else {
        return false;
    };
    let denies = org::denies_everything(&document.content);
    connection.memory.note_denies(policy, denies);
    denies
}

/// An account, and the ids from the root down to its parent where the service sends `Paths`.
///
/// # Errors
/// [`ErrorKind::NotFound`](org::ErrorKind::NotFound) where it is not in the organization, and
/// whatever else a call can fail with.
pub async fn describe_account(
    connection: &Connection,
    limiter: &Limiter,
    id: &str,
) -> Result<(Account, Vec<String>), OrgError> {
    match ask(connection, limiter, Ask::Account(id.to_owned())).await? {
        Found::Account(found) => Ok((found.account, found.ancestors)),
        _ => Err(call::unreadable("DescribeAccount")),
    }
}

/// Every account of the organization, each with the ids from the root down to its parent where the
/// service sends `Paths`.
///
/// # Errors
/// [`ErrorKind::Incomplete`](org::ErrorKind::Incomplete) for a listing that never ends; a part of
/// the accounts is never passed off as all of them.
pub async fn all_accounts(
    connection: &Connection,
    limiter: &Limiter,
) -> Result<Vec<(Account, Vec<String>)>, OrgError> {
    let mut accounts = Vec::new();
    pages(connection, limiter, Ask::Accounts, |answer| {
        if let Found::Accounts(page) = answer {
            let found = page.items.into_iter();
            accounts.extend(found.map(|found| (found.account, found.ancestors)));
        }
        true
    })
    .await?;
    Ok(accounts)
}

/// What directly contains an account or OU.
pub(super) async fn parent(
    connection: &Connection,
    limiter: &Limiter,
    child: &str,
) -> Result<Parent, OrgError> {
    let mut parent = None;
    let ask = Ask::ParentOf(child.to_owned());
    pages(connection, limiter, ask, |answer| {
        if let Found::Parents(page) = answer {
            parent = page.items.into_iter().next();
        }
        parent.is_none()
    })
    .await?;
    parent.ok_or_else(|| call::unreadable("ListParents"))
}

/// An OU, and the ids from the root down to its parent where the service sends `Path`.
pub(super) async fn unit(
    connection: &Connection,
    limiter: &Limiter,
    id: &str,
) -> Result<FoundUnit, OrgError> {
    match ask(connection, limiter, Ask::Unit(id.to_owned())).await? {
        Found::Unit(found) => Ok(found),
        _ => Err(call::unreadable("DescribeOrganizationalUnit")),
    }
}

/// The OUs directly below a root or OU.
pub(super) async fn units_in(
    connection: &Connection,
    limiter: &Limiter,
    parent: &str,
) -> Result<Vec<FoundUnit>, OrgError> {
    let mut units = Vec::new();
    let ask = Ask::Units(parent.to_owned());
    pages(connection, limiter, ask, |answer| {
        if let Found::Units(page) = answer {
            units.extend(page.items);
        }
        true
    })
    .await?;
    Ok(units)
}

/// The first child that a listing of children shows, if there is any.
pub(super) async fn first_child(
    connection: &Connection,
    limiter: &Limiter,
    children: Ask,
) -> Result<Option<String>, OrgError> {
    let mut child = None;
    pages(connection, limiter, children, |answer| {
        if let Found::Children(page) = answer {
            child = page.items.into_iter().next();
        }
        child.is_none()
    })
    .await?;
    Ok(child)
}

/// Which organization this is.
pub(super) async fn organization(
    connection: &Connection,
    limiter: &Limiter,
) -> Result<Organization, OrgError> {
    let client = connection.single_attempts();
    let question = Listing::new(limiter, Row::Organization, "DescribeOrganization", None);
    question
        .one(|| super::config::describe_organization(client))
        .await
}

/// Ids of all delegated administrators.
async fn delegated_administrators(
    connection: &Connection,
    limiter: &Limiter,
) -> Result<BTreeSet<String>, OrgError> {
    let administrators = look::delegated_administrators(connection, limiter).await?;
    let administrators = administrators.into_iter();
    Ok(administrators.map(|found| found.account).collect())
}

/// The services for which an account is a delegated administrator, given all of those.
async fn services_of(
    connection: &Connection,
    limiter: &Limiter,
    administrators: &BTreeSet<String>,
    id: &str,
) -> Result<Vec<String>, OrgError> {
    if !administrators.contains(id) {
        return Ok(Vec::new());
    }
    match look::delegated_services(connection, limiter, id).await {
        Ok(services) if services.is_empty() => Ok(vec![UNNAMED.to_owned()]),
        Err(error) if look::is_no_administrator(&error) => Ok(Vec::new()),
        answer => answer.map(principals),
    }
}

/// Of a delegated administrator whose services are not listed it must not look as if it were none.
const UNNAMED: &str = "a service that is not named";

/// Asks what takes one call.
async fn ask(connection: &Connection, limiter: &Limiter, ask: Ask) -> Result<Found, OrgError> {
    send(connection, limiter, &Job::new(ask)).await
}

/// Reads a listing page by page, as long as `take` wants more.
pub(super) async fn pages(
    connection: &Connection,
    limiter: &Limiter,
    ask: Ask,
    mut take: impl FnMut(Found) -> bool,
) -> Result<(), OrgError> {
    let operation = ask.operation().name();
    let mut job = Job::new(ask);
    loop {
        let answer = send(connection, limiter, &job).await?;
        job.answered(&answer);
        let token = answer.next_token();
        if !take(answer) {
            return Ok(());
        }
        match job.turn(token) {
            Turn::Last => return Ok(()),
            Turn::More(next) => job = next,
            Turn::Endless(reason) => return Err(endless(reason, operation)),
        }
    }
}

async fn send(connection: &Connection, limiter: &Limiter, job: &Job) -> Result<Found, OrgError> {
    let permit = limiter.acquire(job.ask.row()).await;
    let client = connection.single_attempts();
    call::run(client, limiter, &Tally::default(), permit, job).await
}
