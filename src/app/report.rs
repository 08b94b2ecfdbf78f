//! What became of the changes that were confirmed here: a notice where all were made; otherwise a
//! list to acknowledge, which says for each what is true and what to do next.

use std::collections::BTreeSet;
use std::time::Duration;

use crokey::{KeyCombination, key};
use jiff::{SignedDuration, Timestamp};

use super::App;
use super::activity_pane::{operation, target};
use super::dialog::{Line, Text, Tone};
use super::journal::Owner;
use super::overlay::Overlay;
use super::overlay_keys::{moved, step};
use crate::org::{Entry, Mutation, Node, Outcome, Stage};

/// How long a list is on screen before a key can acknowledge it: whoever was typing has not read it.
const READ_AFTER: Duration = Duration::from_millis(500);

/// How long to wait for the reading that tells whether a change was made whose answer was lost.
const READING_TAKES: SignedDuration = SignedDuration::from_secs(30);

/// Which batches were reported.
#[derive(Debug, Default)]
pub(super) struct Reports {
    told: BTreeSet<String>,
    /// Those that wait until nothing else is on top.
    waiting: Vec<String>,
    /// Until when to wait for a reading.
    reading_until: Option<Timestamp>,
}

/// What became of a batch, not all of which was made.
#[derive(Debug)]
pub struct Report {
    /// The batch of the journal.
    pub batch: String,
    /// How many lines are above the window.
    pub scroll: usize,
    /// When it was on screen first, since the program started.
    shown_at: Option<Duration>,
}

/// What is known of one change.
enum Verdict {
    Made,
    NotMade,
    Unknown,
    Open,
}

fn verdict(app: &App, entry: &Entry) -> Verdict {
    let read = entry.verified.as_ref().map(|(_, holds, _)| *holds);
    match &entry.stage {
        Stage::Ended(Outcome::Done { .. }) => Verdict::Made,
        Stage::Ended(Outcome::Unknown { .. }) => match read {
            Some(true) => Verdict::Made,
            Some(false) => Verdict::NotMade,
            None if app.now.duration_since(entry.changed_at) < READING_TAKES => Verdict::Open,
            None => Verdict::Unknown,
        },
        Stage::Ended(Outcome::Refused { .. } | Outcome::NotSent { .. }) | Stage::Withdrawn => {
            Verdict::NotMade
        }
        Stage::Queued | Stage::Sent | Stage::Ended(Outcome::Postponed { .. }) => Verdict::Open,
    }
}

fn entries<'a>(app: &'a App, batch: &'a str) -> impl Iterator<Item = &'a Entry> {
    let entries = app.journal.iter();
    entries.filter(move |entry| entry.batch == batch && app.owner_of(entry) == Owner::Us)
}

/// After the journal has grown, or when a reading is not waited for any longer: says what has come
/// to its end.
pub(super) fn settle(app: &mut App) {
    let ours = app.journal.iter();
    let ours = ours.filter(|entry| app.owner_of(entry) == Owner::Us);
    let batches: BTreeSet<&str> = ours.map(|entry| entry.batch.as_str()).collect();
    let settled = |batch: &&str| {
        !app.reports.told.contains(*batch)
            && entries(app, batch).all(|entry| !matches!(verdict(app, entry), Verdict::Open))
    };
    let settled: Vec<String> = batches
        .into_iter()
        .filter(settled)
        .map(ToOwned::to_owned)
        .collect();
    for batch in settled {
        if went_well(app, &batch) {
            // The news that a closure is over came first where it was quick.
            let over = |entry: &Entry| {
                let account = app.tree.find(entry.change.mutation.target());
                let account = account.and_then(|ix| app.tree.get(ix));
                entry.is_closure() && account.is_some_and(Node::is_closed_account)
            };
            if !entries(app, &batch).all(over) {
                let text = success(app, &batch);
                app.say(text);
            }
        } else if let Some(text) = withdrawn(app, &batch) {
            app.say(text);
        } else {
            app.reports.waiting.push(batch.clone());
        }
        app.reports.told.insert(batch);
        app.dirty = true;
    }
    app.reports.reading_until = first_wait(app);
}

/// Whether all was made that the user has not taken back, and something was.
fn went_well(app: &App, batch: &str) -> bool {
    let made = |entry: &&Entry| matches!(verdict(app, entry), Verdict::Made);
    let (made, rest): (Vec<&Entry>, Vec<&Entry>) = entries(app, batch).partition(made);
    !made.is_empty() && rest.iter().all(|entry| entry.stage == Stage::Withdrawn)
}

/// Opens the next list that is to be acknowledged, once nothing else is on top.
pub(super) fn open_waiting(app: &mut App) {
    if app.overlays.is_empty() && !app.reports.waiting.is_empty() {
        let batch = app.reports.waiting.remove(0);
        // That it was confirmed is not the last word any more.
        app.notice.take_if(|notice| !notice.is_problem);
        app.overlays.push(Overlay::Report(Report {
            batch,
            scroll: 0,
            shown_at: None,
        }));
        app.dirty = true;
    }
}

/// Where all of a batch was taken back: that it was.
fn withdrawn(app: &App, batch: &str) -> Option<String> {
    let entries: Vec<&Entry> = entries(app, batch).collect();
    let all = entries.iter().all(|entry| entry.stage == Stage::Withdrawn);
    let name = &entries.first().filter(|_| all)?.change.target_name;
    Some(match entries.len() {
        1 => format!("Withdrawn, nothing was sent: {name}"),
        many => format!("Withdrawn, nothing was sent: {many} changes"),
    })
}

fn success(app: &App, batch: &str) -> String {
    let (withdrawn, entries): (Vec<&Entry>, Vec<&Entry>) =
        entries(app, batch).partition(|entry| entry.stage == Stage::Withdrawn);
    let Some(first) = entries.first() else {
        return String::new();
    };
    let text = made(app, first, &entries);
    match withdrawn.len() {
        0 => text,
        1 => format!("{text}; 1 was withdrawn"),
        many => format!("{text}; {many} were withdrawn"),
    }
}

/// That these were made, of which this is the first.
fn made(app: &App, first: &Entry, entries: &[&Entry]) -> String {
    let name = &first.change.target_name;
    let what = match entries.len() {
        1 => name.clone(),
        many => format!("{many} accounts"),
    };
    let to = first.change.to_path.as_deref().unwrap_or_default();
    let same = |entry: &&Entry| entry.change.to_path == first.change.to_path;
    let to = if entries.iter().all(same) {
        to
    } else {
        "where they were"
    };
    match &first.change.mutation {
        Mutation::MoveAccount { .. } if first.undoes.is_some() => {
            format!("Moved {what} back to {to}")
        }
        Mutation::MoveAccount { .. } => format!("Moved {what} to {to}; u undoes it"),
        Mutation::CloseAccount { .. } => {
            let shown = app.view == super::View::Closures;
            let where_to = if shown { "" } else { "; 2 shows how that goes" };
            format!("The service has accepted to close {what}{where_to}")
        }
        Mutation::RemoveAccountFromOrganization { .. } => {
            format!("Removed {what} from the organization")
        }
        Mutation::LeaveOrganization { .. } => "Left the organization".to_owned(),
        Mutation::CreateOrganizationalUnit { .. } => format!("Made OU {name}"),
        Mutation::UpdateOrganizationalUnit { name: new, .. } => {
            format!("Renamed OU {name} to {new}")
        }
        Mutation::DeleteOrganizationalUnit { .. } => format!("Deleted OU {name}"),
    }
}

/// The report's title.
#[must_use]
pub fn title(app: &App, report: &Report) -> String {
    let all = entries(app, &report.batch).count();
    let made =
        entries(app, &report.batch).filter(|entry| matches!(verdict(app, entry), Verdict::Made));
    format!("Not everything was done: {} of {all}", made.count())
}

/// What became of each change, as lines of at most `width` columns: what was not made first.
#[must_use]
pub fn lines(app: &App, report: &Report, width: usize) -> Vec<Line> {
    let mut text = Text::new(width);
    let (made, rest): (Vec<_>, Vec<_>) =
        entries(app, &report.batch).partition(|entry| matches!(verdict(app, entry), Verdict::Made));
    for entry in rest {
        say_failed(app, entry, &mut text);
    }
    for entry in made {
        let line = format!("Done: {}", subject(entry));
        text.say(Tone::Gained, &line);
    }
    text.gap();
    text.say(Tone::Faint, "All of it is in the journal: 3 shows it.");
    text.into_lines()
}

fn subject(entry: &Entry) -> String {
    let mutation = &entry.change.mutation;
    let (what, name) = (operation(mutation), target(entry));
    format!("{what} {name}  {}", mutation.target())
}

fn say_failed(app: &App, entry: &Entry, text: &mut Text) {
    let (tone, word) = match verdict(app, entry) {
        Verdict::Made => (Tone::Gained, "Done"),
        Verdict::NotMade => (Tone::Problem, "Not done"),
        Verdict::Unknown | Verdict::Open => (Tone::Warning, "Not known whether it was done"),
    };
    text.say(tone, &format!("{word}: {}", subject(entry)));
    let failure = match &entry.stage {
        Stage::Ended(Outcome::Refused { failure } | Outcome::Unknown { failure }) => Some(failure),
        Stage::Ended(Outcome::NotSent { why }) => {
            text.say(Tone::Plain, &format!("  {why}"));
            text.say(Tone::Plain, "  Nothing was sent.");
            None
        }
        Stage::Withdrawn => {
            text.say(Tone::Plain, "  It was withdrawn before it was sent.");
            None
        }
        _ => None,
    };
    if let Some(failure) = failure {
        let codes = [failure.code.as_str(), failure.reason.as_str()];
        let codes: Vec<&str> = codes.into_iter().filter(|code| !code.is_empty()).collect();
        text.say(Tone::Plain, &format!("  {}", failure.message));
        if !codes.is_empty() {
            text.say(Tone::Faint, &format!("  {}", codes.join(" ")));
        }
        if let Some(hint) = &failure.hint {
            text.say(Tone::Plain, &format!("  Next: {hint}"));
        }
    }
    if let Some((_, _, reading)) = &entry.verified {
        text.say(Tone::Plain, &format!("  Read since: {reading}"));
    }
    if let Some(id) = &entry.request_id {
        text.say(Tone::Faint, &format!("  request id {id}"));
    }
}

pub(super) fn on_key(app: &mut App, mut report: Report, key: KeyCombination) {
    let read = report
        .shown_at
        .is_some_and(|at| app.elapsed.saturating_sub(at) >= READ_AFTER);
    if read && [key!(esc), key!(enter), key!(q)].contains(&key) {
        return;
    }
    let page = isize::try_from(app.areas.overlay.height).unwrap_or(8);
    let rows = match key {
        key!(j) => 1,
        key!(k) => -1,
        key!(home) => isize::MIN,
        key!(end) => isize::MAX,
        _ => step(key, page).unwrap_or(0),
    };
    let count = lines(app, &report, app.areas.overlay.width.into()).len();
    let last = count.saturating_sub(app.areas.overlay.height.into());
    report.scroll = moved(report.scroll, rows, last + 1);
    app.overlays.push(Overlay::Report(report));
}

pub(super) fn on_arranged(app: &mut App) {
    let elapsed = app.elapsed;
    if let Some(Overlay::Report(report)) = app.overlays.last_mut() {
        report.shown_at.get_or_insert(elapsed);
    }
}

/// When the next reading that did not come is not waited for any longer.
fn first_wait(app: &App) -> Option<Timestamp> {
    let waits = |entry: &&Entry| {
        app.owner_of(entry) == Owner::Us
            && !app.reports.told.contains(&entry.batch)
            && matches!(entry.stage, Stage::Ended(Outcome::Unknown { .. }))
    };
    let waiting = app.journal.iter().filter(waits);
    let ends = waiting.filter_map(|entry| entry.changed_at.checked_add(READING_TAKES).ok());
    ends.min()
}

/// When there is something to say without any news, if that is ahead.
pub(super) fn next_change(app: &App) -> Option<Timestamp> {
    app.reports.reading_until.filter(|at| *at > app.now)
}

/// A reading that was waited for has not come.
pub(super) fn on_clock(app: &mut App) {
    if app.reports.reading_until.is_some_and(|at| at <= app.now) {
        settle(app);
        open_waiting(app);
    }
}
