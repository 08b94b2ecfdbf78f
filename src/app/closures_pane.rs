//! The closures view: every closure that is known, what was read of it, and what comes next.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::activity_pane::reason;
use super::journal::Owner;
use super::list::List;
use super::overlay::CopyMenu;
use super::{App, Focus, View, ago, watching};
use crate::effect::Effect;
use crate::org::{Closure, Failure, Phase, Start, visible};

/// The closures view.
#[derive(Debug, Default)]
pub struct ClosuresPane {
    /// Its rows, as of the last frame or key.
    pub rows: Vec<Closure>,
    /// Cursor and window.
    pub list: List,
}

impl ClosuresPane {
    /// The row under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&Closure> {
        self.rows.get(self.list.row())
    }

    pub(super) fn move_by(&mut self, rows: isize) {
        let keys = self.rows.iter().map(|row| row.account.as_str());
        self.list.move_by(rows, keys);
    }
}

/// Brings the rows up to date.
pub(super) fn refresh(app: &mut App) {
    let mut rows = app.watch.closures(app.now);
    for row in &mut rows {
        take_known_state(app, row);
        // Offline nothing is read.
        row.next_poll = row.next_poll.filter(|_| !app.session.offline);
    }
    let pane = &mut app.closures;
    pane.rows = rows;
    let keys = pane.rows.iter().map(|row| row.account.as_str());
    pane.list.settle(keys);
}

/// Where nothing was read since the closure was asked for, the row shows what was known before: it
/// decides nothing.
fn take_known_state(app: &App, row: &mut Closure) {
    let waits = row.phase.is_open()
        || matches!(
            row.phase,
            Phase::Refused(_) | Phase::NotSent(_) | Phase::Withdrawn
        );
    if row.state.is_some() || !waits {
        return;
    }
    let node = app.tree.find(&row.account).and_then(|ix| app.tree.get(ix));
    let account = node.and_then(|node| node.account());
    row.state = account.and_then(|account| account.state.clone());
    if row.state.is_some() {
        row.read_at = app.watch.last_read(&row.account);
    }
}

/// Goes to an account in the explorer, whatever hides it there.
pub(super) fn go_to(app: &mut App, id: &str) {
    let Some(ix) = app.tree.find(id) else {
        app.say(format!("{id} is not in the tree"));
        return;
    };
    app.view = View::Explorer;
    app.focus = Focus::Tree;
    super::jumps::jump(app, |app| {
        app.outline.clear_filter(&app.tree);
        super::jumps::go(app, ix);
    });
}

/// Why the closure under the cursor cannot be withdrawn.
pub(super) fn may_withdraw(app: &App) -> Result<(), &'static str> {
    match app.closures.current().map(|row| &row.phase) {
        Some(Phase::Queued { .. } | Phase::NeedsResume { .. }) => Ok(()),
        Some(_) => Err("only what was not sent can be taken back"),
        None => Err("there is nothing under the cursor"),
    }
}

/// Reads the account under the cursor now.
pub(super) fn read_now(app: &mut App) -> Vec<Effect> {
    let Some(account) = app.closures.current().map(|row| row.account.clone()) else {
        return Vec::new();
    };
    app.watch.polling(&account, app.now);
    app.say(format!("Reading {account}"));
    vec![Effect::Poll(vec![account])]
}

pub(super) fn copy_menu(app: &App) -> Option<CopyMenu> {
    let row = app.closures.current()?;
    Some(CopyMenu::new([
        ('i', "account id", row.account.clone()),
        ('n', "name", watching::name_of(app, &row.account)),
        ('p', "path", path(app, row)),
    ]))
}

/// The name of the account. Hostile text.
#[must_use]
pub fn name(app: &App, row: &Closure) -> String {
    watching::name_of(app, &row.account)
}

/// Where the account is, by names, or was when its closure was asked for. Hostile text.
#[must_use]
pub fn path(app: &App, row: &Closure) -> String {
    if let Some(ix) = app.tree.find(&row.account) {
        let above = app.tree.path(ix);
        let names = above.iter().filter_map(|ix| app.tree.get(*ix));
        let mut names: Vec<_> = names.map(crate::org::Node::label).collect();
        names.pop();
        return names.join(" / ");
    }
    let entry = row.entry.as_ref().and_then(|id| app.journal.get(id));
    entry.map_or(String::new(), |entry| entry.change.path.clone())
}

fn owner(app: &App, row: &Closure) -> Option<Owner> {
    let entry = row.entry.as_ref().and_then(|id| app.journal.get(id))?;
    Some(app.owner_of(entry))
}

/// Who asked for it.
#[must_use]
pub fn who(app: &App, row: &Closure) -> &'static str {
    match owner(app, row) {
        Some(Owner::Us) => "this run",
        Some(Owner::Other) => "another running instance",
        Some(Owner::Ended) => "an earlier run",
        None => "elsewhere: unknown",
    }
}

/// What is said of a closure that waits because the quota is used up.
pub(super) const QUOTA_STOP: &str = "quota used up: resume";

/// What is said of a closure that waits for a word that cannot be given here.
pub(super) fn waits_unsent(quota: bool) -> &'static str {
    if quota {
        "quota used up; nothing is sent in read-only"
    } else {
        "waits; nothing is sent in read-only"
    }
}

/// How far it has come, in words.
#[must_use]
pub fn outcome(app: &App, row: &Closure) -> String {
    let words = phase_words(row, app.now);
    match (&row.phase, owner(app, row)) {
        (Phase::Queued { .. }, Some(Owner::Other)) => match words.strip_prefix("queued") {
            Some(rest) => format!("queued elsewhere{rest}"),
            None => format!("elsewhere: {words}"),
        },
        (Phase::NeedsResume { quota }, _) if !app.is_writable() => waits_unsent(*quota).into(),
        (Phase::NeedsResume { .. }, _) => format!("{words} (s)"),
        _ => words,
    }
}

/// The same without knowing whose it is.
#[must_use]
pub fn phase_words(row: &Closure, now: Timestamp) -> String {
    let state = row.state.as_ref().map_or("nothing", |state| state.as_str());
    match &row.phase {
        Phase::Queued { position, start } => {
            let start = match start {
                Start::At(at) if *at <= now => "now".to_owned(),
                Start::At(at) => format!("in ~{}", span(at.duration_since(now))),
                Start::AfterOthers => "after others".to_owned(),
            };
            match &row.postponed {
                Some(failure) => postponed_words(failure, &start),
                None => format!("queued {}, {start}", ordinal(*position)),
            }
        }
        Phase::NeedsResume { quota: false } => "needs resume".into(),
        Phase::NeedsResume { quota: true } => QUOTA_STOP.into(),
        Phase::Sent => "being sent".into(),
        Phase::Asked => "accepted, not read yet".into(),
        Phase::Pending => "pending closure".into(),
        Phase::Settling => format!("settling: last read {state}"),
        Phase::Agreeing => format!("read {state}, confirming"),
        Phase::Closed if state == "ACTIVE" => "closed, but reads ACTIVE now: look".into(),
        Phase::Closed => "closed".into(),
        Phase::ClosedBefore => "closed (90-day window)".into(),
        Phase::StillActive => {
            let until = row.ended_at.unwrap_or(now);
            let since = row.since.map(|since| until.duration_since(since));
            format!(
                "still active after {}: close it again with x, or ask AWS Support",
                span(since.unwrap_or_default())
            )
        }
        Phase::Gone => "no longer in the organization".into(),
        Phase::Unknown => "no answer to the request: reading what is true".into(),
        Phase::Refused(failure) if failure.reason.is_empty() => {
            format!("refused: {}", failure.message)
        }
        Phase::Refused(failure) => format!("refused: {}", failure.reason),
        Phase::NotSent(why) => format!("not sent: {why}"),
        Phase::Withdrawn => "withdrawn".into(),
    }
}

/// The reason with which the service refuses a closure while too many are under way. Source:
/// `ConstraintViolationExceptionReason` in the API model.
const TOO_MANY_AT_ONCE: &str = "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED";

fn postponed_words(failure: &Failure, start: &str) -> String {
    match failure.reason.as_str() {
        TOO_MANY_AT_ONCE => format!("AWS refused for now (too many at once), again {start}"),
        // When comes first: why may be long.
        _ => format!("put off, again {start}: {}", reason(failure)),
    }
}

/// What to say in the tree of accounts whose closure waits, or is under way without showing in
/// their state yet.
#[must_use]
pub fn words(app: &App) -> HashMap<String, &'static str> {
    if app.watch.open() == 0 {
        return HashMap::new();
    }
    let closures = app.watch.closures(app.now).into_iter();
    let words = closures.filter_map(|row| Some((word(&row)?, row.account)));
    words.map(|(word, account)| (account, word)).collect()
}

fn word(row: &Closure) -> Option<&'static str> {
    match &row.phase {
        Phase::Queued { .. } => Some("closing queued"),
        Phase::NeedsResume { .. } => Some("closing needs resume"),
        Phase::Sent | Phase::Asked | Phase::Settling => Some("closing"),
        Phase::Unknown => Some("closing unconfirmed"),
        _ => None,
    }
}

/// How far the closure of the account has come, in words; `None` where its state alone tells.
#[must_use]
pub fn closing(app: &App, account: &str) -> Option<String> {
    if app.watch.open() == 0 {
        return None;
    }
    let row = app.watch.closure(account, app.now)?;
    word(&row).map(|_| outcome(app, &row))
}

fn ordinal(position: usize) -> String {
    let end = match (position % 10, position % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{position}{end}")
}

/// A time span in its greatest unit, or its two greatest: `40 s`, `12 min`, `2 h 5 min`, `3 d`.
#[must_use]
pub fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) if minutes < 10 && seconds % 60 > 0 => {
            format!("{minutes} min {} s", seconds % 60)
        }
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) if minutes % 60 > 0 => format!("{hours} h {} min", minutes % 60),
        (0, _, _) => format!("{hours} h"),
        _ => format!("{days} d"),
    }
}

/// How old the last reading is.
#[must_use]
pub fn age(row: &Closure, now: Timestamp) -> String {
    match row.read_at {
        Some(at) if row.phase.is_open() => format!("{} ago", span(now.duration_since(at))),
        Some(at) => ago(at, now),
        // It is of the walk that has not ended yet.
        None if row.state.is_some() => "just now".into(),
        None => "not read".into(),
    }
}

/// How long it takes, or took: at least so long where others began it.
#[must_use]
pub fn elapsed(row: &Closure, now: Timestamp) -> String {
    match (row.since, &row.phase) {
        (
            _,
            Phase::Queued { .. }
            | Phase::NeedsResume { .. }
            | Phase::ClosedBefore
            | Phase::Refused(_)
            | Phase::NotSent(_)
            | Phase::Withdrawn,
        )
        | (None, _) => String::new(),
        (Some(_), _) if row.ended_at.is_none() && !row.phase.is_open() => String::new(),
        (Some(since), _) => {
            let took = span(row.ended_at.unwrap_or(now).duration_since(since));
            let known = row.asked_at.is_some();
            if known { took } else { format!("> {took}") }
        }
    }
}

/// When it will be read next.
#[must_use]
pub fn next(row: &Closure, now: Timestamp) -> String {
    match row.next_poll {
        Some(at) if at <= now => "now".into(),
        Some(at) => format!("in {}", span(at.duration_since(now))),
        None => String::new(),
    }
}

/// Everything about the row under the cursor: label and text, harmless for a terminal.
#[must_use]
pub fn details(app: &App) -> Vec<(&'static str, String)> {
    let Some(row) = app.closures.current() else {
        return Vec::new();
    };
    let mut facts = vec![
        ("Account", format!("{} ({})", name(app, row), row.account)),
        ("Path", path(app, row)),
    ];
    let asked = row.asked_at.map_or(String::new(), |at| {
        format!(
            ", {} ({})",
            at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            ago(at, app.now)
        )
    });
    facts.push(("Asked by", format!("{}{asked}", who(app, row))));
    let state = row.state.as_ref().map_or("", |state| state.as_str());
    let mut reading = format!("{state} {}", age(row, app.now)).trim().to_owned();
    if row.next_poll.is_some() {
        reading = format!("{reading}, again {}", next(row, app.now));
    }
    facts.push(("Reading", reading));
    if let Some(trouble) = &row.trouble {
        facts.push(("Not read", trouble.clone()));
    }
    let took = elapsed(row, app.now);
    let took = if took.is_empty() {
        took
    } else {
        format!(" ({took})")
    };
    facts.push(("Outcome", format!("{}{took}", outcome(app, row))));
    if row.attempts > 1 || row.postponed.is_some() {
        facts.push(("Attempts", attempts(app, row)));
    }
    let failure = match &row.phase {
        Phase::Refused(failure) => Some(failure),
        _ => row.postponed.as_ref(),
    };
    if let Some(failure) = failure {
        facts.push(("Error", failure.message.clone()));
        facts.extend(failure.hint.clone().map(|hint| ("Next", hint)));
    }
    facts
        .into_iter()
        .map(|(label, text)| (label, visible(&text).into_owned()))
        .collect()
}

fn attempts(app: &App, row: &Closure) -> String {
    let entry = row.entry.as_ref().and_then(|id| app.journal.get(id));
    match entry.and_then(|entry| entry.intents.last()) {
        Some(last) => {
            let since = span(app.now.duration_since(*last));
            format!("{}, the last {since} ago", row.attempts)
        }
        None => "none yet".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_positions_are_told_as_people_tell_them() {
        let of = |seconds| span(SignedDuration::from_secs(seconds));
        assert_eq!(
            [-5, 0, 40, 60, 95, 720, 7500, 7200, 200_000].map(of),
            [
                "0 s",
                "0 s",
                "40 s",
                "1 min",
                "1 min 35 s",
                "12 min",
                "2 h 5 min",
                "2 h",
                "2 d"
            ]
        );
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 21, 113].map(ordinal),
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "113th"]
        );
    }
}
