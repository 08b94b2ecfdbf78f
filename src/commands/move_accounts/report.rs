//! Plan and results as one JSON object. Texts are as the service sent them, with what could steer a
//! terminal escaped.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::super::places::Place;
use super::plan::{Plan, StepKind};
use super::results::{Done, Verdict};
use crate::commands::export::escape;
use crate::org::{AccountState, Outcome, Policy, PolicyChange};

/// The whole object.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether anything was sent, or was to be.
    executed: bool,
    destination: Location<'a>,
    /// What is to be known of all accounts.
    warnings: &'a [String],
    accounts: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Location<'a> {
    id: &'a str,
    path: &'a [String],
    id_path: &'a [String],
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: Option<&'a str>,
    state: Option<&'a str>,
    /// `move`, `none` for one that is there already, or `error`.
    action: &'static str,
    error: Option<String>,
    from: Option<Location<'a>>,
    /// By enabled type; null where that is not known.
    policies: Option<Vec<PolicyRow<'a>>>,
    warnings: &'a [String],
    command: Option<String>,
    /// Null as long as it was not asked for.
    result: Option<Outcomes<'a>>,
}

#[derive(Serialize)]
struct PolicyRow<'a> {
    #[serde(rename = "type")]
    policy_type: &'a str,
    lost: Vec<PolicyName<'a>>,
    gained: Vec<PolicyName<'a>>,
    /// Why lost and gained may not be all.
    not_checked: Option<String>,
}

#[derive(Serialize)]
struct PolicyName<'a> {
    id: &'a str,
    name: &'a str,
    aws_managed: bool,
    denies_everything: bool,
}

#[derive(Serialize)]
struct Outcomes<'a> {
    /// `true` where it was moved, `false` where it was not, null where nobody knows.
    moved: Option<bool>,
    /// `done`, `refused`, `unknown`, `not_sent` or `withdrawn`.
    outcome: &'static str,
    /// What happened, as a sentence.
    message: String,
    /// Whether a reading afterwards agreed; null without one.
    verified: Option<bool>,
    /// What was read.
    reading: Option<&'a str>,
    request_id: Option<&'a str>,
    /// The entry of the journal.
    entry: &'a str,
}

/// Writes it. Without `done`, nothing was asked for.
pub(super) fn write(out: &mut impl Write, plan: &Plan, done: Option<&[Done]>) -> io::Result<()> {
    let done_by_account: BTreeMap<&str, &Done> = done
        .into_iter()
        .flatten()
        .map(|done| (done.account.as_str(), done))
        .collect();
    let rows = plan.steps.iter().map(|step| {
        let account = &step.account;
        let row = Row {
            id: &account.id,
            name: account.name.as_deref(),
            state: account.state.as_ref().map(AccountState::as_str),
            action: "none",
            error: None,
            from: None,
            policies: None,
            warnings: &[],
            command: None,
            result: None,
        };
        match &step.kind {
            StepKind::There => row,
            StepKind::Problem(error) => Row {
                action: "error",
                error: Some(error.to_string()),
                ..row
            },
            StepKind::Move(moving) => Row {
                action: "move",
                from: Some(location(&moving.from)),
                policies: moving.policies.as_ref().map(|changes| rows_of(changes)),
                warnings: &moving.warnings,
                command: Some(moving.change.mutation.command()),
                result: done_by_account
                    .get(account.id.as_str())
                    .map(|done| result(done)),
                ..row
            },
        }
    });
    let report = Report {
        executed: done.is_some(),
        destination: location(&plan.to),
        warnings: &plan.warnings,
        accounts: rows.collect(),
    };
    let json = serde_json::to_string_pretty(&report)?;
    writeln!(out, "{}", escape(&json))?;
    out.flush()
}

fn location(place: &Place) -> Location<'_> {
    Location {
        id: &place.id,
        path: &place.path,
        id_path: &place.id_path,
    }
}

fn rows_of(changes: &[PolicyChange]) -> Vec<PolicyRow<'_>> {
    changes
        .iter()
        .map(|change| PolicyRow {
            policy_type: &change.policy_type,
            lost: change.lost.iter().map(policy_name).collect(),
            gained: change.gained.iter().map(policy_name).collect(),
            not_checked: match &change.not_checked {
                Some(error) => Some(error.to_string()),
                None => change.pending.then(|| "it was not read".to_owned()),
            },
        })
        .collect()
}

fn policy_name(policy: &Policy) -> PolicyName<'_> {
    PolicyName {
        id: &policy.id,
        name: &policy.name,
        aws_managed: policy.aws_managed,
        denies_everything: policy.denies_everything,
    }
}

fn result(done: &Done) -> Outcomes<'_> {
    let (moved, message) = match done.verdict() {
        Verdict::Moved { how } => (Some(true), how),
        Verdict::Not(why) => (Some(false), why),
        Verdict::Unknown(why) => (None, why),
    };
    Outcomes {
        moved,
        outcome: match &done.outcome {
            Some(Outcome::Done { .. }) => "done",
            Some(Outcome::Refused { .. } | Outcome::Postponed { .. }) => "refused",
            Some(Outcome::Unknown { .. }) => "unknown",
            None if done.withdrawn => "withdrawn",
            Some(Outcome::NotSent { .. }) | None => "not_sent",
        },
        message,
        verified: done.reading.as_ref().map(|(holds, _)| *holds),
        reading: done.reading.as_ref().map(|(_, reading)| reading.as_str()),
        request_id: done.request_id.as_deref(),
        entry: &done.entry,
    }
}
