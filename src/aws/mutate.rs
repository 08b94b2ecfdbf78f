//! The changes: what is looked at just before one is sent, the one attempt to send it, and what is
//! true afterwards. Nothing here decides that something shall be changed, or changed again: a
//! [`Claim`] is the leave to send one attempt, and only the journal gives it.

mod outcome;
mod recheck;
mod verify;

use std::time::Duration;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::RequestId;

use self::outcome::{Failed, judge};
use super::Connection;
use super::limiter::{Limiter, Permit, Row, Token};
use crate::org::{Mutation, Outcome};
use crate::store::Claim;

pub use recheck::recheck;
pub use verify::{Reading, same_organization, verify};

/// Waits until the pace allows this change. That can take minutes, so it comes before the look at
/// what is to be changed.
///
/// What is given holds no place: the look before the creation of an OU needs the one that both have.
pub async fn token(limiter: &Limiter, mutation: &Mutation) -> Token {
    limiter.acquire(row(mutation)).await.park()
}

/// Sends the one attempt that this claim stands for, and says what came of it and under which
/// request id. Nothing is waited for before.
///
/// It is sent once, whatever happens. `permit` comes of the [`token`] for the same change, and
/// `closures_wait` is how long to leave `CloseAccount` alone after the service said that too many
/// closures are under way.
pub async fn send(
    connection: &Connection,
    permit: Permit,
    claim: Claim,
    closures_wait: Duration,
) -> (Outcome, Option<String>) {
    let mutation = &claim.entry().change.mutation;
    let Some(client) = connection.changes() else {
        let why = "this connection only reads, so nothing was sent".to_owned();
        return (Outcome::NotSent { why }, None);
    };
    let operation = mutation.operation();
    tracing::info!(operation, entry = claim.entry().id, "sending a change");
    match call(client, mutation).await {
        Ok(answer) => {
            tracing::info!(operation, request_id = ?answer.request_id, "accepted");
            (Outcome::Done { made: answer.made }, answer.request_id)
        }
        Err(failed) => {
            if failed.is_throttled() {
                permit.throttled(failed.error.message.contains("already in progress"));
            }
            let request_id = failed.error.request_id.clone();
            let closure = claim.entry().is_closure();
            let outcome = failed.outcome(claim.attempt(), closure, closures_wait);
            tracing::info!(operation, ?outcome, "not accepted");
            (outcome, request_id)
        }
    }
}

fn row(mutation: &Mutation) -> Row {
    match mutation {
        Mutation::MoveAccount { .. }
        | Mutation::UpdateOrganizationalUnit { .. }
        | Mutation::DeleteOrganizationalUnit { .. } => Row::Moves,
        Mutation::CloseAccount { .. } => Row::Closures,
        Mutation::RemoveAccountFromOrganization { .. } => Row::Removals,
        Mutation::LeaveOrganization { .. } => Row::Leaving,
        Mutation::CreateOrganizationalUnit { .. } => Row::Organization,
    }
}

struct Accepted {
    /// Id of a new OU.
    made: Option<String>,
    request_id: Option<String>,
}

impl Accepted {
    fn with(answer: &impl RequestId) -> Self {
        Self {
            made: None,
            request_id: answer.request_id().map(str::to_owned),
        }
    }
}

async fn call(client: &Client, mutation: &Mutation) -> Result<Accepted, Failed> {
    let operation = mutation.operation();
    match mutation {
        Mutation::MoveAccount { account, from, to } => {
            let call = client.move_account().account_id(account);
            let call = call.source_parent_id(from).destination_parent_id(to);
            let sent = call.send().await;
            sent.map(|answer| Accepted::with(&answer))
                .map_err(|error| judge(operation, &error))
        }
        Mutation::CloseAccount { account } => {
            let sent = client.close_account().account_id(account).send().await;
            sent.map(|answer| Accepted::with(&answer))
                .map_err(|error| judge(operation, &error))
        }
        Mutation::RemoveAccountFromOrganization { account } => {
            let call = client.remove_account_from_organization();
            let sent = call.account_id(account).send().await;
            sent.map(|answer| Accepted::with(&answer))
                .map_err(|error| judge(operation, &error))
        }
        Mutation::LeaveOrganization { .. } => {
            let sent = client.leave_organization().send().await;
            sent.map(|answer| Accepted::with(&answer))
                .map_err(|error| judge(operation, &error))
        }
        _ => call_on_unit(client, mutation).await,
    }
}

async fn call_on_unit(client: &Client, mutation: &Mutation) -> Result<Accepted, Failed> {
    let operation = mutation.operation();
    match mutation {
        Mutation::CreateOrganizationalUnit { parent, name } => {
            let call = client.create_organizational_unit();
            let sent = call.parent_id(parent).name(name).send().await;
            let answer = sent.map_err(|error| judge(operation, &error))?;
            Ok(Accepted {
                request_id: answer.request_id().map(str::to_owned),
                made: answer.organizational_unit.and_then(|unit| unit.id),
            })
        }
        Mutation::UpdateOrganizationalUnit { unit, name } => {
            let call = client.update_organizational_unit();
            let sent = call.organizational_unit_id(unit).name(name).send().await;
            sent.map(|answer| Accepted::with(&answer))
                .map_err(|error| judge(operation, &error))
        }
        Mutation::DeleteOrganizationalUnit { unit } => {
            let call = client.delete_organizational_unit();
            let sent = call.organizational_unit_id(unit).send().await;
            sent.map(|answer| Accepted::with(&answer))
                .map_err(|error| judge(operation, &error))
        }
        Mutation::MoveAccount { .. }
        | Mutation::CloseAccount { .. }
        | Mutation::RemoveAccountFromOrganization { .. }
        | Mutation::LeaveOrganization { .. } => unreachable!("these are about accounts"),
    }
}
