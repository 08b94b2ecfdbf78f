//! Calls that read, sent through the SDK until there is an answer that further retries cannot change.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{ChildType, ParentType};
use tokio::time::Instant;

use super::job::{Answer, Ask, FoundAccount, FoundUnit, Job, Operation, Page, Parent};
use crate::aws::limiter::{Limiter, Permit, Row};
use crate::aws::{convert, error};
use crate::org::{ErrorKind, OrgError};

/// The page size to ask for: the most that any `List*` operation of this API allows.
/// Source: shape `MaxResults` in the API model.
pub(super) const PAGE: i32 = 20;

/// How often a throttled call is sent, each time with a token of a slower bucket.
const THROTTLED_ATTEMPTS: u32 = 8;

/// How often a call is sent that fails for a reason that may pass.
const ATTEMPTS: u32 = 4;

/// The first pause after such a failure; it doubles with each further one.
const BACKOFF: Duration = Duration::from_millis(250);

/// What is counted across calls.
#[derive(Debug, Default)]
pub(super) struct Tally {
    calls: AtomicU64,
    throttled: AtomicU64,
}

impl Tally {
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }
}

/// Sends a job with `permit`, and again with permits of its own where that may help.
pub(super) async fn run(
    client: &Client,
    limiter: &Limiter,
    tally: &Tally,
    permit: Permit,
    job: &Job,
) -> Result<Answer, OrgError> {
    let (operation, node) = (job.ask.operation().name(), job.ask.node());
    persist(limiter, job.ask.row(), tally, permit, || async {
        let sent = Instant::now();
        let result = send(client, job).await;
        let extent = result.as_ref().map(Answer::extent);
        log(operation, node, sent.elapsed(), extent);
        result
    })
    .await
}

/// Makes a call that only reads with `permit`, and again with permits of its own where that may
/// help.
pub(super) async fn persist<T, F: Future<Output = Result<T, OrgError>>>(
    limiter: &Limiter,
    row: Row,
    tally: &Tally,
    mut permit: Permit,
    call: impl Fn() -> F,
) -> Result<T, OrgError> {
    let (mut throttled, mut failed) = (0, 0);
    loop {
        // The SDK's futures are large, and this one is part of many others.
        let result = Box::pin(call()).await;
        tally.calls.fetch_add(1, Ordering::Relaxed);
        let error = match result {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        match error.kind {
            ErrorKind::Throttled => {
                tally.throttled.fetch_add(1, Ordering::Relaxed);
                permit.throttled(error.message.contains("already in progress"));
                throttled += 1;
                if throttled == THROTTLED_ATTEMPTS {
                    return Err(error);
                }
            }
            ErrorKind::Network | ErrorKind::Service if may_pass(&error) => {
                drop(permit);
                failed += 1;
                if failed == ATTEMPTS {
                    return Err(error);
                }
                tokio::time::sleep(BACKOFF * 2_u32.pow(failed - 1)).await;
            }
            _ => return Err(error),
        }
        permit = limiter.acquire(row).await;
    }
}

/// Notes what came of a call that reads: how many items, and whether more follow. Failures have
/// their own line, with the request id.
pub(super) fn log(
    operation: &'static str,
    node: Option<&str>,
    took: Duration,
    extent: Result<(usize, bool), &OrgError>,
) {
    let milliseconds = took.as_millis();
    match extent {
        Ok((items, more)) => {
            tracing::debug!(operation, node, milliseconds, items, more, "answered");
        }
        Err(error) => {
            tracing::debug!(operation, node, milliseconds, kind = ?error.kind, "failed");
        }
    }
}

/// Whether the same call may succeed a moment later, which it does not where the service says how
/// things are.
fn may_pass(error: &OrgError) -> bool {
    !matches!(
        error.code.as_str(),
        "InvalidInputException"
            | "UnsupportedAPIEndpointException"
            | "AccountNotRegisteredException"
            | "ConstraintViolationException"
            | "PolicyTypeNotEnabledException"
            | "PolicyTypeNotAvailableForOrganizationException"
    )
}

async fn send(client: &Client, job: &Job) -> Result<Answer, OrgError> {
    let token = job.token.clone();
    match &job.ask {
        Ask::Roots => list_roots(client, token).await,
        Ask::Accounts => list_accounts(client, token).await,
        Ask::Units(parent) => list_units(client, parent, token).await,
        Ask::AccountsIn(parent) => list_accounts_in(client, parent, token).await,
        Ask::ChildUnits(parent) => {
            list_children(client, parent, ChildType::OrganizationalUnit, token).await
        }
        Ask::ChildAccounts(parent) => {
            list_children(client, parent, ChildType::Account, token).await
        }
        Ask::ParentOf(child) => list_parents(client, child, token).await,
        Ask::Unit(id) => describe_unit(client, id).await,
        Ask::Account(id) => describe_account(client, id).await,
    }
}

pub(super) fn page<S, T>(
    items: Option<Vec<S>>,
    next_token: Option<String>,
    convert: impl Fn(S) -> Option<T>,
) -> Page<T> {
    Page {
        items: items.into_iter().flatten().filter_map(convert).collect(),
        next_token: next_token.filter(|token| !token.is_empty()),
    }
}

fn found_account(account: aws_sdk_organizations::types::Account) -> Option<FoundAccount> {
    let path = account.paths.as_ref().and_then(|paths| paths.first());
    let ancestors = convert::ancestors(path.map(String::as_str));
    let account = convert::account(account)?;
    Some(FoundAccount { account, ancestors })
}

fn found_unit(unit: aws_sdk_organizations::types::OrganizationalUnit) -> Option<FoundUnit> {
    let ancestors = convert::ancestors(unit.path.as_deref());
    let unit = convert::unit(unit)?;
    Some(FoundUnit { unit, ancestors })
}

/// A successful answer in which the one thing asked for is missing.
pub(super) fn unreadable(operation: &str) -> OrgError {
    let message = "the service's answer lacks what was asked for";
    OrgError::new(ErrorKind::Service, message).during(operation)
}

async fn list_roots(client: &Client, token: Option<String>) -> Result<Answer, OrgError> {
    let call = client.list_roots().max_results(PAGE).set_next_token(token);
    let out = call.send().await;
    let out = out.map_err(|error| error::from_sdk(Operation::ListRoots.name(), &error))?;
    Ok(Answer::Roots(page(
        out.roots,
        out.next_token,
        convert::root,
    )))
}

async fn list_accounts(client: &Client, token: Option<String>) -> Result<Answer, OrgError> {
    let call = client.list_accounts().max_results(PAGE);
    let out = call.set_next_token(token).send().await;
    let out = out.map_err(|error| error::from_sdk(Operation::ListAccounts.name(), &error))?;
    Ok(Answer::Accounts(page(
        out.accounts,
        out.next_token,
        found_account,
    )))
}

async fn list_units(
    client: &Client,
    parent: &str,
    token: Option<String>,
) -> Result<Answer, OrgError> {
    let call = client.list_organizational_units_for_parent();
    let call = call.parent_id(parent).max_results(PAGE);
    let out = call.set_next_token(token).send().await;
    let operation = Operation::ListOrganizationalUnitsForParent;
    let out = out.map_err(|error| error::from_sdk(operation.name(), &error))?;
    Ok(Answer::Units(page(
        out.organizational_units,
        out.next_token,
        found_unit,
    )))
}

async fn list_accounts_in(
    client: &Client,
    parent: &str,
    token: Option<String>,
) -> Result<Answer, OrgError> {
    let call = client.list_accounts_for_parent();
    let call = call.parent_id(parent).max_results(PAGE);
    let out = call.set_next_token(token).send().await;
    let operation = Operation::ListAccountsForParent;
    let out = out.map_err(|error| error::from_sdk(operation.name(), &error))?;
    Ok(Answer::Accounts(page(
        out.accounts,
        out.next_token,
        found_account,
    )))
}

async fn list_children(
    client: &Client,
    parent: &str,
    kind: ChildType,
    token: Option<String>,
) -> Result<Answer, OrgError> {
    let call = client.list_children().parent_id(parent).child_type(kind);
    let out = call.max_results(PAGE).set_next_token(token).send().await;
    let out = out.map_err(|error| error::from_sdk(Operation::ListChildren.name(), &error))?;
    Ok(Answer::Children(page(
        out.children,
        out.next_token,
        |child| child.id,
    )))
}

async fn list_parents(
    client: &Client,
    child: &str,
    token: Option<String>,
) -> Result<Answer, OrgError> {
    let call = client.list_parents().child_id(child).max_results(PAGE);
    let out = call.set_next_token(token).send().await;
    let out = out.map_err(|error| error::from_sdk(Operation::ListParents.name(), &error))?;
    Ok(Answer::Parents(page(
        out.parents,
        out.next_token,
        |parent| {
            let is_root = parent.r#type == Some(ParentType::Root);
            Some(Parent {
                id: parent.id?,
                is_root,
            })
        },
    )))
}

async fn describe_unit(client: &Client, id: &str) -> Result<Answer, OrgError> {
    let operation = Operation::DescribeOrganizationalUnit;
    let call = client.describe_organizational_unit();
    let out = call.organizational_unit_id(id).send().await;
    let out = out.map_err(|error| error::from_sdk(operation.name(), &error))?;
    let found = out.organizational_unit.and_then(found_unit);
    found
        .map(Answer::Unit)
        .ok_or_else(|| unreadable(operation.name()))
}

async fn describe_account(client: &Client, id: &str) -> Result<Answer, OrgError> {
    let operation = Operation::DescribeAccount;
    let out = client.describe_account().account_id(id).send().await;
    let out = out.map_err(|error| error::from_sdk(operation.name(), &error))?;
    let found = out.account.and_then(found_account);
    found
        .map(Answer::Account)
        .ok_or_else(|| unreadable(operation.name()))
}
