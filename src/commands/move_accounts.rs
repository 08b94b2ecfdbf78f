//! `orgscope move`: the explorer's move for scripts: the same plan, the same consent, the same
//! journal.

mod carry_out;
mod destination;
mod ids;
mod plan;
mod print;
mod report;
mod results;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use tokio::sync::mpsc;

use self::destination::To;
use self::ids::Given;
use self::plan::Plan;
use self::results::{Done, Verdict};
use super::gather::explain_member;
use super::{Failure, Target, complain, configured, exit_code};
use crate::app::ReadOnly;
use crate::aws;
use crate::cli::{GlobalOptions, MoveOptions};
use crate::config::Mode;
use crate::confirm::{Confirm, Confirmed, Guard, Order};
use crate::org::{ErrorKind, Identity, OrgError, Organization, visible};
use crate::worker::Desk;

/// How the user agrees to the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consent {
    /// Not at all: the plan is all that is wanted.
    DryRun,
    /// In advance.
    Flag,
    /// By an answer on the terminal.
    Question,
}

/// Reads, plans, asks and moves.
pub(super) async fn run(options: &GlobalOptions, asked: &MoveOptions) -> Result<ExitCode, Failure> {
    let consent = consent(asked)?;
    let to = To::parse(&asked.to)?;
    let given = ids::given(&asked.accounts, io::stdin().lock())?;
    for id in &given.repeated {
        note(&format!("{id} is given more than once; it is taken once"));
    }
    let (config, mode) = configured(options)?;
    if consent != Consent::DryRun && !mode.write {
        return Err(refusal(ReadOnly::Chosen(mode.decided_by)).into());
    }
    let read_only = consent == Consent::DryRun || !mode.write;
    let target = Target::open(options, read_only).await?;
    // What happens is read from the journal, so nobody listens here.
    let (messages, _) = mpsc::channel(1);
    let desk = Desk::new(
        target.connection.clone(),
        messages,
        config,
        target.journals(),
    );
    let identity = aws::identify(&target.connection).await;
    let organization = identity.organization.clone()?;
    if consent != Consent::DryRun {
        may_change(&identity, &organization, mode)?;
    }
    let plan = plan(&desk, &identity, &organization, &given, &to).await?;
    let shown = show(&plan, asked, consent).map_err(|error| match consent {
        Consent::DryRun => Failure::Output(error),
        // Also for a closed pipe, which is no success here.
        _ => Failure::System("nothing was moved, as the plan cannot be shown", error),
    });
    shown?;
    if let Some(ended) = settled(&plan, consent) {
        return without_moving(&plan, asked, ended);
    }
    let caller = identity.caller.map(|caller| caller.arn);
    desk.open_journal(&organization.id, caller).await?;
    let Some(confirmed) = ask(&plan, &organization.id, asked, consent)? else {
        note("nothing was moved");
        return without_moving(&plan, asked, ExitCode::FAILURE);
    };
    // Output that nobody takes hinders nothing: what was agreed to is carried out all the same.
    let mut written = Ok(());
    let show = |done: &Done| {
        if let Err(error) = tell(done, asked.json) {
            written = Err(error);
        }
    };
    let done = carry_out::carry_out(&desk, confirmed, show).await?;
    finish(&plan, &done, asked, written)
}

/// # Errors
/// [`ErrorKind::Usage`] where nobody can be asked.
fn consent(asked: &MoveOptions) -> Result<Consent, OrgError> {
    if asked.dry_run {
        return Ok(Consent::DryRun);
    }
    if asked.yes {
        return Ok(Consent::Flag);
    }
    if ids::from_standard_input(&asked.accounts) {
        let message = "who gives the accounts on standard input cannot be asked there";
        return Err(nobody_to_ask(message));
    }
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        Ok(Consent::Question)
    } else {
        Err(nobody_to_ask("without a terminal nobody can be asked"))
    }
}

fn nobody_to_ask(message: &str) -> OrgError {
    OrgError::new(ErrorKind::Usage, message)
        .with_hint("--yes moves without asking, --dry-run prints the plan and moves nothing")
}

fn refusal(why: ReadOnly) -> OrgError {
    OrgError::new(ErrorKind::AccessDenied, why.reason())
        .with_hint("--dry-run prints the plan and moves nothing")
}

/// By the same rules as in the explorer.
fn may_change(
    identity: &Identity,
    organization: &Organization,
    mode: Mode,
) -> Result<(), OrgError> {
    let management = organization.management_account_id.as_deref();
    let management = management.filter(|id| !id.is_empty());
    let caller = identity.caller.as_ref();
    let caller = caller.map(|caller| caller.account_id.as_str());
    let why = match (management, caller.filter(|id| !id.is_empty())) {
        _ if !mode.write => ReadOnly::Chosen(mode.decided_by),
        (None, _) => ReadOnly::OrganizationUnknown,
        (_, None) => ReadOnly::CallerUnknown,
        (Some(management), Some(own)) if own != management => ReadOnly::NotManagement,
        _ => return Ok(()),
    };
    Err(refusal(why))
}

async fn plan(
    desk: &Desk,
    identity: &Identity,
    organization: &Organization,
    given: &Given,
    to: &To,
) -> Result<Plan, OrgError> {
    let (connection, limiter) = (desk.connection(), desk.limiter());
    if io::stderr().is_terminal() {
        let count = given.accounts.len();
        note(&format!("reading {}", print::accounts(count)));
    }
    Plan::read(&connection, limiter, organization, &given.accounts, to)
        .await
        .map_err(|error| explain_member(error, identity))
}

/// Shows the plan, unless it comes as JSON at the end.
fn show(plan: &Plan, asked: &MoveOptions, consent: Consent) -> io::Result<()> {
    let stdout = io::stdout();
    // Whoever is asked must have seen what is asked.
    if consent == Consent::Question && (asked.json || !stdout.is_terminal()) {
        print::plan(&mut BufWriter::new(io::stderr().lock()), plan)?;
    }
    if asked.json {
        return Ok(());
    }
    print::plan(&mut BufWriter::new(stdout.lock()), plan)
}

/// How this ends without asking and without moving, if it does; says why.
fn settled(plan: &Plan, consent: Consent) -> Option<ExitCode> {
    let mut worst = None;
    for (account, error) in plan.problems() {
        let called = print::called(account.name.as_deref(), &account.id);
        complain(&format!("{called} cannot be moved: {error}"));
        worst = match worst {
            None | Some(ErrorKind::NotFound) => Some(error.kind),
            worst => worst,
        };
    }
    if let Some(kind) = worst {
        if consent != Consent::DryRun {
            complain("nothing was moved: a plan with errors is not carried out in part");
        }
        return Some(exit_code(kind));
    }
    if plan.moves().next().is_none() {
        note("there is nothing to move");
        return Some(ExitCode::SUCCESS);
    }
    (consent == Consent::DryRun).then_some(ExitCode::SUCCESS)
}

fn without_moving(plan: &Plan, asked: &MoveOptions, ended: ExitCode) -> Result<ExitCode, Failure> {
    if asked.json {
        report::write(&mut BufWriter::new(io::stdout().lock()), plan, None)?;
    }
    Ok(ended)
}

/// Consent to the plan; `None` if it was not given.
fn ask(
    plan: &Plan,
    organization: &str,
    asked: &MoveOptions,
    consent: Consent,
) -> Result<Option<Confirmed>, Failure> {
    let changes = plan.moves().map(|(_, moving)| moving.change.clone());
    let order = Order::Changes {
        changes: changes.collect(),
        stop_at_first_error: asked.stop_at_first_error,
        undoes: None,
    };
    let confirm = Confirm::new(order, Guard::Yes, Vec::new());
    let confirm = confirm.about(Some(organization.to_owned()));
    match consent {
        Consent::DryRun => Ok(None),
        Consent::Flag => Ok(confirm.by_command("--yes")),
        Consent::Question => {
            let count = print::accounts(plan.moves().count());
            let mut err = io::stderr().lock();
            forget_type_ahead();
            write!(
                err,
                "\nMove {count} to {}? Type yes: ",
                visible(&plan.to.text())
            )?;
            err.flush()?;
            let mut answer = String::new();
            io::stdin()
                .read_line(&mut answer)
                .map_err(|error| Failure::System("the answer cannot be read", error))?;
            Ok((answer.trim() == "yes")
                .then(|| confirm.by_command("typed yes"))
                .flatten())
        }
    }
}

/// What was typed before the question is not an answer to it.
fn forget_type_ahead() {
    #[cfg(unix)]
    if let Err(error) =
        rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush)
    {
        tracing::warn!(%error, "what was typed before the question stays");
    }
}

/// Says what became of one account, as soon as that is known.
fn tell(done: &Done, json: bool) -> io::Result<()> {
    match (done.verdict(), print::moved(done)) {
        (_, Some(line)) if json => {
            note(&line);
            Ok(())
        }
        (_, Some(line)) => print::line(&mut io::stdout().lock(), 0, &line),
        (Verdict::Unknown(why), _) => {
            let title = done.title();
            complain(&format!(
                "{title}: it is not known whether it was moved: {why}"
            ));
            Ok(())
        }
        (Verdict::Not(why) | Verdict::Moved { how: why, .. }, _) => {
            complain(&format!("{}: not moved: {why}", done.title()));
            Ok(())
        }
    }
}

/// The exit code tells what became of the accounts, also where the output could not be written.
fn finish(
    plan: &Plan,
    done: &[Done],
    asked: &MoveOptions,
    written: io::Result<()>,
) -> Result<ExitCode, Failure> {
    let moved = done.iter().filter(|done| done.is_moved()).count();
    let all = plan.moves().count();
    match written.and_then(|()| summarize(plan, done, asked, moved)) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ if moved == all => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::FAILURE),
    }
}

fn summarize(plan: &Plan, done: &[Done], asked: &MoveOptions, moved: usize) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    if asked.json {
        return report::write(&mut out, plan, Some(done));
    }
    let (count, to) = (print::accounts(plan.moves().count()), plan.to.text());
    print::line(&mut out, 0, &format!("{moved} of {count} moved to {to}"))?;
    out.flush()
}

/// Writes one line to standard error that complains of nothing.
fn note(sentence: &str) {
    // Where nobody reads it, nothing is lost.
    let _ = writeln!(io::stderr(), "{}", visible(sentence));
}
