//! Reads apart from the walk: what dialogs show, what is looked at just before a change, and how
//! things stand after it. Each call has its turn in the limiter and is repeated as the walk does.

use std::collections::BTreeSet;

use aws_sdk_organizations::types;
use tokio::time::Instant;

use super::Connection;
use super::call::{self, Tally};
use super::error::from_sdk;
use super::job::{Answer as Found, Ask, FoundUnit, Job, Page, Parent, Turn, Turns, endless};
use super::limiter::{Limiter, Row};
use crate::org::{
    self, Account, AccountFacts, Answer, Attached, OrgError, Organization, Policy, Tag,
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
        tokio::join!(account, tags(connection, limiter, id), delegated);
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
    const OPERATION: &str = "ListAWSServiceAccessForOrganization";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::ServiceAccess, OPERATION, None);
    let services = listing.all(|token| {
        let call = client.list_aws_service_access_for_organization();
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let principal = |service: types::EnabledServicePrincipal| service.service_principal;
            Ok(call::page(
                out.enabled_service_principals,
                out.next_token,
                principal,
            ))
        }
    });
    services.await.into()
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
    let policies = match policies(connection, limiter, node, policy_type).await {
        Err(error) if is_without_such_policies(&error) => Ok(Vec::new()),
        answer => answer,
    };
    Attached {
        node: node.to_owned(),
        policy_type: policy_type.to_owned(),
        policies: policies.into(),
    }
}

/// Where a type is not enabled, nothing of it is attached.
fn is_without_such_policies(error: &OrgError) -> bool {
    matches!(
        error.code.as_str(),
        "PolicyTypeNotEnabledException" | "PolicyTypeNotAvailableForOrganizationException"
    )
}

async fn policies(
    connection: &Connection,
    limiter: &Limiter,
    node: &str,
    policy_type: &str,
) -> Result<Vec<Policy>, OrgError> {
    const OPERATION: &str = "ListPoliciesForTarget";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::Policies, OPERATION, Some(node));
    let convert = |summary: types::PolicySummary| {
        Some(Policy {
            id: summary.id?,
            name: summary.name.unwrap_or_default(),
            policy_type: summary
                .r#type
                .map_or_else(|| policy_type.to_owned(), |kind| kind.as_str().to_owned()),
            aws_managed: summary.aws_managed,
            denies_everything: false,
        })
    };
    let found = listing.all(|token| {
        let call = client.list_policies_for_target().target_id(node);
        let call = call.filter(types::PolicyType::from(policy_type));
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            Ok(call::page(out.policies, out.next_token, convert))
        }
    });
    let mut found = found.await?;
    for policy in &mut found {
        if policy_type == SERVICE_CONTROL_POLICY && !policy.aws_managed {
            policy.denies_everything = denies_everything(connection, limiter, &policy.id).await;
        }
    }
    Ok(found)
}

async fn denies_everything(connection: &Connection, limiter: &Limiter, policy: &str) -> bool {
    const OPERATION: &str = "DescribePolicy";
    if let Some(denies) = connection.memory.denies(policy) {
        return denies;
    }
    let client = connection.single_attempts();
    let question = Listing::new(limiter, Row::Policy, OPERATION, Some(policy));
    let content = question.one(|| {
        let call = client.describe_policy().policy_id(policy).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let content = out.policy.and_then(|policy| policy.content);
            content.ok_or_else(|| call::unreadable(OPERATION))
        }
    });
    // Why it could not be read is in the log.
    let Ok(content) = content.await else {
        return false;
    };
    let denies = org::denies_everything(&content);
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
    const OPERATION: &str = "ListDelegatedAdministrators";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::DelegatedAdministrators, OPERATION, None);
    let ids = listing.all(|token| {
        let call = client.list_delegated_administrators();
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let id = |administrator: types::DelegatedAdministrator| administrator.id;
            Ok(call::page(out.delegated_administrators, out.next_token, id))
        }
    });
    Ok(ids.await?.into_iter().collect())
}

/// The services for which an account is a delegated administrator, given all of those.
async fn services_of(
    connection: &Connection,
    limiter: &Limiter,
    administrators: &BTreeSet<String>,
    id: &str,
) -> Result<Vec<String>, OrgError> {
    const OPERATION: &str = "ListDelegatedServicesForAccount";
    if !administrators.contains(id) {
        return Ok(Vec::new());
    }
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::ServiceAccess, OPERATION, Some(id));
    let services = listing.all(|token| {
        let call = client.list_delegated_services_for_account().account_id(id);
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let principal = |service: types::DelegatedService| service.service_principal;
            Ok(call::page(
                out.delegated_services,
                out.next_token,
                principal,
            ))
        }
    });
    match services.await {
        Ok(services) if services.is_empty() => Ok(vec![UNNAMED.to_owned()]),
        Err(error) if error.code == "AccountNotRegisteredException" => Ok(Vec::new()),
        answer => answer,
    }
}

/// Of a delegated administrator whose services are not listed it must not look as if it were none.
const UNNAMED: &str = "a service that is not named";

async fn tags(connection: &Connection, limiter: &Limiter, id: &str) -> Result<Vec<Tag>, OrgError> {
    const OPERATION: &str = "ListTagsForResource";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::Tags, OPERATION, Some(id));
    listing
        .all(|token| {
            let call = client.list_tags_for_resource().resource_id(id);
            let call = call.set_next_token(token).send();
            async {
                let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
                let tag = |tag: types::Tag| {
                    Some(Tag {
                        key: tag.key,
                        value: tag.value,
                    })
                };
                Ok(call::page(out.tags, out.next_token, tag))
            }
        })
        .await
}

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

/// A question that the walk does not ask.
struct Listing<'a> {
    limiter: &'a Limiter,
    row: Row,
    operation: &'static str,
    node: Option<&'a str>,
}

impl<'a> Listing<'a> {
    fn new(limiter: &'a Limiter, row: Row, operation: &'static str, node: Option<&'a str>) -> Self {
        Self {
            limiter,
            row,
            operation,
            node,
        }
    }

    async fn one<T, F: Future<Output = Result<T, OrgError>>>(
        &self,
        call: impl Fn() -> F,
    ) -> Result<T, OrgError> {
        self.persist(call, |_| (1, false)).await
    }

    /// All items of a listing, of which `page` reads the page behind a token.
    async fn all<T, F: Future<Output = Result<Page<T>, OrgError>>>(
        &self,
        page: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<T>, OrgError> {
        let (mut items, mut token, mut turns) = (Vec::new(), None::<String>, Turns::default());
        loop {
            let extent = |page: &Page<T>| (page.items.len(), page.next_token.is_some());
            let read = self.persist(|| page(token.clone()), extent).await?;
            turns.page(read.items.len());
            items.extend(read.items);
            let Some(next) = read.next_token else {
                return Ok(items);
            };
            let follow = turns.follow(&next);
            follow.map_err(|reason| endless(reason, self.operation))?;
            token = Some(next);
        }
    }

    async fn persist<T, F: Future<Output = Result<T, OrgError>>>(
        &self,
        call: impl Fn() -> F,
        extent: impl Fn(&T) -> (usize, bool),
    ) -> Result<T, OrgError> {
        let permit = self.limiter.acquire(self.row).await;
        let tally = Tally::default();
        call::persist(self.limiter, self.row, &tally, permit, || async {
            let sent = Instant::now();
            let result = call().await;
            let extent = result.as_ref().map(&extent);
            call::log(self.operation, self.node, sent.elapsed(), extent);
            result
        })
        .await
    }
}
