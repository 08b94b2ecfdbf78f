//! The plan and its results as text for people. Everything goes through [`visible`].

use std::io::{self, Write};

use super::plan::{Moving, Plan, Step, StepKind};
use super::results::{Done, Verdict};
use crate::org::{Account, Policy, PolicyChange, visible};

/// `1 account`, `2 accounts`.
pub(super) fn accounts(count: usize) -> String {
    match count {
        1 => "1 account".to_owned(),
        count => format!("{count} accounts"),
    }
}

/// The whole plan.
pub(super) fn plan(out: &mut impl Write, plan: &Plan) -> io::Result<()> {
    let count = plan.moves().count();
    let to = format!("{} ({})", plan.to.text(), plan.to.id);
    line(out, 0, &format!("Move {} to {to}", accounts(count)))?;
    for step in &plan.steps {
        writeln!(out)?;
        write_step(out, plan, step)?;
    }
    if !plan.warnings.is_empty() {
        writeln!(out)?;
    }
    for warning in &plan.warnings {
        line(out, 0, &format!("warning: {warning}"))?;
    }
    // What becomes of it stands apart.
    writeln!(out)?;
    out.flush()
}

fn write_step(out: &mut impl Write, plan: &Plan, step: &Step) -> io::Result<()> {
    line(out, 0, &title(&step.account))?;
    match &step.kind {
        StepKind::There => line(out, 1, &format!("already in {}", plan.to.text())),
        StepKind::Problem(error) => line(out, 1, &format!("cannot be moved: {error}")),
        StepKind::Move(moving) => write_move(out, plan, moving),
    }
}

fn write_move(out: &mut impl Write, plan: &Plan, moving: &Moving) -> io::Result<()> {
    let from = &moving.from;
    line(out, 1, &format!("from  {} ({})", from.text(), from.id))?;
    line(
        out,
        1,
        &format!("to    {} ({})", plan.to.text(), plan.to.id),
    )?;
    match &moving.policies {
        None => line(out, 1, "policies: not checked")?,
        Some(changes) if changes.is_empty() => line(out, 1, "policies: no type is enabled")?,
        Some(changes) => {
            for change in changes {
                write_change(out, change)?;
            }
        }
    }
    for warning in &moving.warnings {
        line(out, 1, &format!("warning: {warning}"))?;
    }
    line(out, 1, &moving.change.mutation.command())
}

fn write_change(out: &mut impl Write, change: &PolicyChange) -> io::Result<()> {
    let kind = &change.policy_type;
    let name = |policy: &Policy| format!("{} ({})", policy.name, policy.id);
    for policy in &change.lost {
        line(out, 1, &format!("- {kind} lost: {}", name(policy)))?;
    }
    for policy in &change.gained {
        line(out, 1, &format!("+ {kind} gained: {}", name(policy)))?;
    }
    match &change.not_checked {
        Some(error) => line(out, 1, &format!("? {kind} not checked: {error}")),
        None if change.pending => line(out, 1, &format!("? {kind} not checked")),
        None if change.lost.is_empty() && change.gained.is_empty() => {
            line(out, 1, &format!("  {kind} stays the same"))
        }
        None => Ok(()),
    }
}

/// What became of one account, in one line; `None` where it was not moved, which is for standard
/// error.
pub(super) fn moved(done: &Done) -> Option<String> {
    let Verdict::Moved { how, .. } = done.verdict() else {
        return None;
    };
    let request = done.request_id.as_deref();
    let request = request.map_or(String::new(), |id| format!(", request id {id}"));
    Some(format!("{}: moved: {how}{request}", done.title()))
}

/// Name and id.
pub(super) fn called(name: Option<&str>, id: &str) -> String {
    match name {
        Some(name) => format!("{name} {id}"),
        None => id.to_owned(),
    }
}

/// Name, id and state.
fn title(account: &Account) -> String {
    let called = called(account.name.as_deref(), &account.id);
    match &account.state {
        Some(state) => format!("{called} {state}"),
        None => called,
    }
}

/// A line, harmless for a terminal.
pub(super) fn line(out: &mut impl Write, indent: usize, text: &str) -> io::Result<()> {
    writeln!(out, "{:1$}{2}", "", indent * 2, visible(text))
}
