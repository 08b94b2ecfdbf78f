//! The activity view: the journal, what goes on now on top, the rest newest first.

use jiff::Timestamp;

use super::closures_pane::{QUOTA_STOP, waits_unsent};
use super::journal::Owner;
use super::list::List;
use super::overlay::CopyMenu;
use super::{App, ago};
use crate::org::{Entry, Failure, Mutation, Outcome, Stage, visible};

/// The activity view.
#[derive(Debug, Default)]
pub struct ActivityPane {
    /// Its rows, as ids of entries, as of the last frame or key.
    pub rows: Vec<String>,
    /// Cursor and window.
    pub list: List,
    /// The state of the journal that the rows are of.
    built_for: Option<u64>,
}

impl ActivityPane {
    pub(super) fn move_by(&mut self, rows: isize) {
        let keys = self.rows.iter().map(String::as_str);
        self.list.move_by(rows, keys);
    }
}

/// Brings the rows up to date.
pub(super) fn refresh(app: &mut App) {
    if app.activity.built_for.replace(app.journal_revision) == Some(app.journal_revision) {
        return;
    }
    let group = |entry: &Entry| match &entry.stage {
        Stage::Sent => 0,
        _ if entry.is_queued() => 1,
        Stage::Queued | Stage::Ended(_) | Stage::Withdrawn => 2,
    };
    let mut entries: Vec<&Entry> = app.journal.iter().rev().collect();
    // Stable: within a group the newest stays first.
    entries.sort_by_key(|entry| group(entry));
    let pane = &mut app.activity;
    pane.rows = entries.into_iter().map(|entry| entry.id.clone()).collect();
    let keys = pane.rows.iter().map(String::as_str);
    pane.list.settle(keys);
}

/// The entry under the cursor.
#[must_use]
pub fn current(app: &App) -> Option<&Entry> {
    let id = app.activity.rows.get(app.activity.list.row())?;
    app.journal.get(id)
}

/// Goes to an entry, whatever is on screen.
pub(super) fn go_to(app: &mut App, entry: &str) {
    super::views::show(app, super::View::Activity);
    app.focus = super::Focus::Tree;
    refresh(app);
    let pane = &mut app.activity;
    let Some(row) = pane.rows.iter().position(|row| row == entry) else {
        return;
    };
    let rows = isize::try_from(row).unwrap_or(0) - isize::try_from(pane.list.row()).unwrap_or(0);
    pane.move_by(rows);
}

/// Why the entry under the cursor cannot be withdrawn.
pub(super) fn may_withdraw(app: &App) -> Result<(), &'static str> {
    match current(app) {
        None => Err("there is nothing under the cursor"),
        Some(entry) if !entry.is_queued() => Err("only what was not sent can be taken back"),
        Some(entry) if app.owner_of(entry) == Owner::Other => {
            Err("another running instance sees to it")
        }
        Some(_) => Ok(()),
    }
}

/// What was asked for, in a word or two.
#[must_use]
pub fn operation(mutation: &Mutation) -> &'static str {
    match mutation {
        Mutation::MoveAccount { .. } => "move account",
        Mutation::CloseAccount { .. } => "close account",
        Mutation::RemoveAccountFromOrganization { .. } => "remove account",
        Mutation::LeaveOrganization { .. } => "leave organization",
        Mutation::CreateOrganizationalUnit { .. } => "create OU",
        Mutation::UpdateOrganizationalUnit { .. } => "rename OU",
        Mutation::DeleteOrganizationalUnit { .. } => "delete OU",
    }
}

/// The same, or that it undoes another.
#[must_use]
pub fn what(entry: &Entry) -> &'static str {
    match entry.change.mutation {
        Mutation::MoveAccount { .. } if entry.undoes.is_some() => "undo move",
        ref mutation => operation(mutation),
    }
}

/// What it is about. Hostile text.
#[must_use]
pub fn target(entry: &Entry) -> String {
    match &entry.change.mutation {
        Mutation::CreateOrganizationalUnit { name, .. } => name.clone(),
        mutation if entry.change.target_name.is_empty() => mutation.target().to_owned(),
        _ => entry.change.target_name.clone(),
    }
}

/// From where to where, or where. Hostile text.
#[must_use]
pub fn places(entry: &Entry) -> String {
    let change = &entry.change;
    match (&change.mutation, &change.to_path) {
        (_, Some(to)) => format!("{} -> {to}", change.path),
        (Mutation::UpdateOrganizationalUnit { name, .. }, None) => format!("now called {name}"),
        (_, None) => change.path.clone(),
    }
}

/// When it was asked for: the time of today, the date of any other day; UTC.
#[must_use]
pub fn time(entry: &Entry, now: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%F").to_string();
    if day(entry.asked_at) == day(now) {
        entry.asked_at.strftime("%H:%M:%S").to_string()
    } else {
        entry.asked_at.strftime("%F").to_string()
    }
}

/// How far it has come, in words, with the key that does something about it. May hold hostile text.
#[must_use]
pub fn stage(app: &App, entry: &Entry) -> String {
    let words = stage_words(entry, app.owner_of(entry), app.journal.stopped().is_some());
    match words.as_str() {
        NEVER_SENT if !app.is_writable() => words,
        NEEDS_RESUME if !app.is_writable() => waits_unsent(false).into(),
        QUOTA_STOP if !app.is_writable() => waits_unsent(true).into(),
        NEVER_SENT => format!("{NEVER_SENT}: w takes it back"),
        QUOTA_STOP => format!("{QUOTA_STOP} (s)"),
        _ => words,
    }
}

/// What is said of an order that nobody will send any more.
const NEVER_SENT: &str = "never sent";

/// What is said of a closure that waits for a word of the user.
const NEEDS_RESUME: &str = "not sent: needs resume";

/// The same where there are no keys. `stopped` tells whether the quota has stopped the queue of
/// closures.
#[must_use]
pub fn stage_words(entry: &Entry, owner: Owner, stopped: bool) -> String {
    if let Some(found) = found_without_answer(entry, owner) {
        return found;
    }
    let found = match &entry.verified {
        Some((_, true, reading)) => format!(", verified: {reading}"),
        Some((_, false, reading)) => format!(", but found: {reading}"),
        None => String::new(),
    };
    let stopped = stopped && entry.is_closure() && entry.is_queued();
    let words = match (&entry.stage, owner) {
        (_, Owner::Us | Owner::Other) if stopped => QUOTA_STOP.into(),
        (Stage::Queued, Owner::Us) => "queued".into(),
        (Stage::Queued, Owner::Other) => "queued elsewhere".into(),
        (Stage::Queued | Stage::Ended(Outcome::Postponed { .. }), Owner::Ended)
            if !entry.is_closure() =>
        {
            NEVER_SENT.into()
        }
        (Stage::Queued, Owner::Ended) => NEEDS_RESUME.into(),
        (Stage::Sent, Owner::Ended) => "unknown: its program ended before the answer".into(),
        (Stage::Sent, _) => "in flight".into(),
        (Stage::Withdrawn, _) => "withdrawn, not sent".into(),
        (Stage::Ended(outcome), _) => match outcome {
            Outcome::Done { .. } => "done".into(),
            Outcome::Refused { failure } if is_denied(failure) => format!(
                "refused: access denied, needs organizations:{}",
                entry.change.mutation.operation()
            ),
            Outcome::Refused { failure } => format!("refused: {}", reason(failure)),
            Outcome::Postponed { .. } if owner == Owner::Ended => NEEDS_RESUME.into(),
            Outcome::Postponed { failure, .. } => {
                format!("queued, refused for now: {}", reason(failure))
            }
            Outcome::Unknown { failure } => format!("unknown: {}", reason(failure)),
            Outcome::NotSent { why } => format!("not sent: {why}"),
        },
    };
    format!("{words}{found}")
}

/// [`stage`] for a narrow column: what tells it from others comes first. May hold hostile text.
#[must_use]
pub fn stage_brief(app: &App, entry: &Entry) -> String {
    let change = &entry.change;
    let lost = found_without_answer(entry, app.owner_of(entry)).is_some();
    let done = matches!(entry.stage, Stage::Ended(Outcome::Done { .. }));
    if let Some((_, holds, reading)) = entry.verified.as_ref().filter(|_| lost || done) {
        let words = match (lost, *holds) {
            (true, true) => "done, no answer",
            (true, false) => "not done, no answer",
            (false, true) => "done, verified",
            (false, false) => "found so, though done",
        };
        return format!("{}: {words}", short(&change.mutation, reading));
    }
    let words = stage(app, entry);
    let open = entry.is_queued() || entry.stage == Stage::Sent || done;
    match (&change.mutation, &change.to_path) {
        (Mutation::MoveAccount { .. }, Some(to)) if open => {
            format!("to {}: {words}", last_part(to))
        }
        _ if words == waits_unsent(false) => "waits (read-only)".into(),
        _ => words,
    }
}

/// A reading, without what it has in common with most others.
fn short(mutation: &Mutation, reading: &str) -> String {
    match mutation {
        Mutation::MoveAccount { .. } => {
            let place = reading.strip_prefix("in ").unwrap_or(reading);
            format!("in {}", last_part(place))
        }
        // What follows is that readings agree.
        Mutation::CloseAccount { .. } => reading.split(", ").next().unwrap_or(reading).to_owned(),
        _ => reading.to_owned(),
    }
}

/// The last of the names of a path. An OU's own name may hold a slash: then it is a part of it.
fn last_part(path: &str) -> &str {
    path.rsplit(" / ").next().unwrap_or(path)
}

/// Whether it waits because the service has said that the quota of closures is used up.
fn is_stopped(app: &App, entry: &Entry) -> bool {
    entry.is_closure() && entry.is_queued() && app.journal.stopped().is_some()
}

/// What a reading has told of a call whose answer is not known.
fn found_without_answer(entry: &Entry, owner: Owner) -> Option<String> {
    let lost = match &entry.stage {
        Stage::Sent => owner == Owner::Ended,
        stage => matches!(stage, Stage::Ended(Outcome::Unknown { .. })),
    };
    let (_, holds, reading) = entry.verified.as_ref().filter(|_| lost)?;
    let word = if *holds { "done" } else { "not done" };
    Some(format!("{word} (no answer, found {reading})"))
}

/// Whether the service says that the caller may not do this.
fn is_denied(failure: &Failure) -> bool {
    failure.reason.is_empty() && failure.code.starts_with("AccessDenied")
}

/// The shortest that tells why. May hold hostile text.
pub(super) fn reason(failure: &Failure) -> &str {
    [&failure.reason, &failure.message, &failure.code]
        .into_iter()
        .find(|text| !text.is_empty())
        .map_or("no reason told", |text| text)
}

/// Whether something went wrong with it.
#[must_use]
pub fn is_problem(app: &App, entry: &Entry) -> bool {
    let ended = app.owner_of(entry) == Owner::Ended;
    let found_otherwise = matches!(entry.verified, Some((_, false, _)));
    found_otherwise
        || match &entry.stage {
            Stage::Queued | Stage::Ended(Outcome::Postponed { .. }) => {
                ended || is_stopped(app, entry)
            }
            Stage::Sent => ended && entry.verified.is_none(),
            Stage::Ended(Outcome::Unknown { .. }) => entry.verified.is_none(),
            Stage::Ended(Outcome::Done { .. }) | Stage::Withdrawn => false,
            Stage::Ended(_) => true,
        }
}

/// Which program it belongs to.
#[must_use]
pub fn instance(app: &App, entry: &Entry) -> &'static str {
    match app.owner_of(entry) {
        Owner::Us => "this",
        Owner::Other => "another running",
        Owner::Ended => "ended",
    }
}

/// Everything about the entry under the cursor: label and text, harmless for a terminal.
#[must_use]
pub fn details(app: &App) -> Vec<(&'static str, String)> {
    let Some(entry) = current(app) else {
        return Vec::new();
    };
    let mutation = &entry.change.mutation;
    let at = |at: Timestamp| format!("{} ({})", at.strftime("%F %T UTC"), ago(at, app.now));
    let mut facts = vec![
        (
            "What",
            format!("{} {} ({})", what(entry), target(entry), mutation.target()),
        ),
        ("Where", places(entry)),
        ("Stage", stage(app, entry)),
    ];
    if let Stage::Ended(
        Outcome::Refused { failure }
        | Outcome::Postponed { failure, .. }
        | Outcome::Unknown { failure },
    ) = &entry.stage
    {
        let words = [&failure.code, &failure.reason, &failure.message];
        let words: Vec<&str> = words.into_iter().map(String::as_str).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        facts.push(("Error", words.join(": ")));
        facts.extend(failure.hint.clone().map(|hint| ("Next", hint)));
    }
    if let Some((read_at, holds, reading)) = &entry.verified {
        let holds = if *holds { "as meant" } else { "not as meant" };
        facts.push(("Verified", format!("{holds}: {reading}, {}", at(*read_at))));
    }
    facts.push(("Asked", at(entry.asked_at)));
    if let Some(sent) = entry.intents.last() {
        let tries = entry.intents.len();
        let tries = if tries > 1 {
            format!(", attempt {tries}")
        } else {
            String::new()
        };
        facts.push(("Sent", format!("{}{tries}", at(*sent))));
    }
    let caller = entry.caller.clone().unwrap_or_else(|| "not known".into());
    facts.push(("Who", caller));
    facts.push((
        "Instance",
        format!("{} ({})", instance(app, entry), entry.owner),
    ));
    facts.push(("Confirmed", entry.confirmation.clone()));
    facts.extend(entry.request_id.clone().map(|id| ("Request id", id)));
    facts.extend(entry.undoes.clone().map(|batch| ("Undoes", batch)));
    facts.push(("Command", mutation.command()));
    facts
        .into_iter()
        .map(|(label, text)| (label, visible(&text).into_owned()))
        .collect()
}

pub(super) fn copy_menu(app: &App) -> Option<CopyMenu> {
    let entry = current(app)?;
    let mutation = &entry.change.mutation;
    let choices = [
        ('i', "id", Some(mutation.target().to_owned())),
        ('n', "name", Some(target(entry))),
        ('c', "AWS CLI command", Some(mutation.command())),
        ('r', "request id", entry.request_id.clone()),
        ('t', "stage", Some(stage(app, entry))),
    ];
    let choices = choices.into_iter();
    let known = choices.filter_map(|(key, what, text)| Some((key, what, text?)));
    Some(CopyMenu::new(known))
}
