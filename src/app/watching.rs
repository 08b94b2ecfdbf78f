//! Keeps the watch over closures going: what was read goes in, what to read next comes out.

use jiff::Timestamp;

use super::details::count;
use super::journal::Owner;
use super::{App, View};
use crate::effect::Effect;
use crate::org::{
    Account, Ended, Entry, ErrorKind, Event, Fact, Mutation, Observation, OrgError, Record, visible,
};

/// Ages in the closures view change this often while something is pending.
const TICK_SECONDS: i64 = 1;

/// As time passes: what is due is read, and the queue learns how much is under way.
pub(super) fn on_time(app: &mut App) -> Vec<Effect> {
    app.watch.set_figures(app.config.closures);
    let mut effects = Vec::new();
    if may_read(app) {
        let due = app.watch.due(app.now);
        if !due.is_empty() {
            effects.push(Effect::Poll(due));
        }
        if may_sweep(app) && app.watch.sweep_due(app.now) {
            effects.push(Effect::Sweep);
        }
    }
    let under_way = app.watch.under_way();
    // The queue need not hear of nothing before there is a journal that it could send from.
    if app.instance.is_some() && app.told_under_way != Some(under_way) {
        app.told_under_way = Some(under_way);
        effects.push(Effect::ClosuresUnderWay(under_way));
    }
    effects
}

/// When time alone will change something next: a poll or sweep is due, or a second has passed that
/// is on screen.
pub(super) fn next_change(app: &App) -> Option<Timestamp> {
    let polls = app.watch.next_poll().filter(|_| may_read(app));
    let sweep = app.watch.next_sweep();
    let sweep = sweep.filter(|_| may_read(app) && may_sweep(app));
    [polls, sweep, next_tick(app)].into_iter().flatten().min()
}

fn next_tick(app: &App) -> Option<Timestamp> {
    let ticks = app.view == View::Closures && app.watch.open() > 0;
    let next = Timestamp::from_second(app.now.as_second() + TICK_SECONDS);
    next.ok().filter(|_| ticks)
}

/// Whether the ages on screen have changed since then.
pub(super) fn has_ticked(app: &App, before: Timestamp) -> bool {
    let unit = if app.watch.open() > 0 {
        TICK_SECONDS
    } else {
        60
    };
    let count = |at: Timestamp| at.as_second() / unit;
    app.view == View::Closures && count(before) != count(app.now)
}

/// Whether there is anything to read, and reading is not pointless.
fn may_read(app: &App) -> bool {
    !app.session.offline && !app.credentials_refused && app.tree.root().is_some()
}

/// A walk of everything reads what a sweep would.
fn may_sweep(app: &App) -> bool {
    !app.load.is_walking_all()
}

/// The journal has changed.
pub(super) fn on_journal(app: &mut App) -> Vec<Effect> {
    let App {
        watch,
        journal,
        instance,
        running,
        now,
        ..
    } = app;
    let ended = watch.sync(journal, instance.as_deref(), running, *now);
    tell(app, ended)
}

/// What a walk, or whoever else looked, has read.
pub(super) fn on_observed(app: &mut App, observations: &[Observation]) -> Vec<Effect> {
    let mut ended = Vec::new();
    for observation in observations {
        if let Observation::Account { account, .. } = observation {
            ended.extend(app.watch.observe(account, app.now));
        }
    }
    tell(app, ended)
}

/// What was read for a dialog.
pub(super) fn on_fact(app: &mut App, fact: &Fact) {
    if let Fact::Account { id, facts } = fact
        && facts.account.known().is_some()
    {
        app.watch.looked_at(id, app.now);
    }
}

pub(super) fn on_polled(
    app: &mut App,
    account: &str,
    at: Timestamp,
    result: Result<Account, OrgError>,
) -> Vec<Effect> {
    let ended = app.watch.polled(account, at, &result);
    match result {
        Ok(read) => learn(app, [read]),
        Err(error) if error.kind == ErrorKind::NotFound => {
            let node = account.to_owned();
            app.tree.apply([Observation::Vanished { node }]);
        }
        Err(error) => app.credentials_refused |= error.kind == ErrorKind::Credentials,
    }
    tell(app, ended.into_iter().collect())
}

pub(super) fn on_swept(
    app: &mut App,
    at: Timestamp,
    result: Result<Vec<Account>, OrgError>,
) -> Vec<Effect> {
    let ended = app.watch.swept(at, &result);
    match result {
        Ok(accounts) => learn(app, accounts),
        Err(error) => app.credentials_refused |= error.kind == ErrorKind::Credentials,
    }
    tell(app, ended)
}

/// Takes what is new about known accounts into the tree; where an unknown one is, only a walk tells.
fn learn(app: &mut App, read: impl IntoIterator<Item = Account>) {
    let news = read.into_iter().filter(|account| {
        let known = app.tree.find(&account.id).and_then(|ix| app.tree.get(ix));
        known
            .and_then(|node| node.account())
            .is_some_and(|known| known != account)
    });
    let news: Vec<Observation> = news
        .map(|account| Observation::Account {
            account: account.into(),
            ancestors: Vec::new(),
        })
        .collect();
    if !news.is_empty() {
        app.tree.apply(news);
        app.dirty = true;
    }
}

fn tell(app: &mut App, ended: Vec<Ended>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut closed = 0;
    for end in ended {
        let name = name_of(app, &end.account);
        closed += usize::from(end.closed);
        if let Some((entry, reading)) = end.record {
            effects.push(Effect::Verified {
                entry,
                holds: end.closed,
                reading,
            });
        }
        app.dirty = true;
        if !app.config.notify.notice {
            continue;
        }
        if end.closed {
            app.say(format!("Closed: {name} ({})", end.account));
        } else {
            app.warn(format!(
                "{name} ({}) is still ACTIVE long after the request to close it (2): close it again with x, or ask AWS Support",
                end.account
            ));
        }
    }
    if closed > 0 && app.config.notify.bell {
        effects.push(Effect::Ring);
    }
    effects
}

/// What waits for a word of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Waits {
    closures: usize,
    changes: usize,
    /// Of our own, while the quota is used up.
    stopped: usize,
}

fn waits(app: &App) -> Waits {
    let left = || app.journal.left_behind(&app.running);
    let closures = left().filter(|entry| entry.is_closure()).count();
    let ours = app.queued().filter(|entry| entry.is_closure()).count();
    Waits {
        closures,
        changes: left().count() - closures,
        stopped: app.journal.stopped().map_or(0, |_| ours),
    }
}

/// The view that shows what waits is on screen.
pub(super) fn seen(app: &mut App) {
    let waits = waits(app);
    match app.view {
        View::Explorer => {}
        View::Closures => {
            app.waits_seen.closures = waits.closures;
            app.waits_seen.stopped = waits.stopped;
        }
        View::Activity => {
            app.waits_seen.changes = waits.changes;
            app.found_later.clear();
        }
    }
}

/// Whether the record tells what became of a change whose program ended before the answer, and
/// that this program has found it out.
pub(super) fn finds_later(app: &App, record: &Record) -> bool {
    let entry = app.journal.get(&record.entry);
    let lost = |entry: &Entry| entry.is_uncertain() && app.owner_of(entry) == Owner::Ended;
    matches!(record.event, Event::Verified { .. })
        && app.instance.as_ref() == Some(&record.instance)
        && entry.is_some_and(lost)
}

/// What was found of changes that an earlier run got no answer to, until it is seen.
fn found_later(app: &App) -> Option<String> {
    let entries = app.found_later.iter();
    let entries = entries.filter_map(|id| app.journal.get(id));
    let found: Vec<(&Entry, bool, &str)> = entries
        .filter_map(|entry| {
            let (_, holds, reading) = entry.verified.as_ref()?;
            Some((entry, *holds, reading.as_str()))
        })
        .collect();
    let (first, holds, reading) = found.first()?;
    let first = noun(&first.change.mutation);
    if let [_] = found.as_slice() {
        let reading = visible(reading);
        let not = if *holds { "" } else { "not made, " };
        return Some(format!(
            "1 {first} of an earlier run had no answer: {not}found {reading}; 3 shows it"
        ));
    }
    let alike = |(entry, ..): &(&Entry, bool, &str)| noun(&entry.change.mutation) == first;
    let what = if found.iter().all(alike) {
        first
    } else {
        "change"
    };
    let n = found.len();
    let made = found.iter().filter(|(_, holds, _)| *holds).count();
    Some(format!(
        "{n} {what}s of an earlier run had no answer: {made} found made, {} not; 3 shows them",
        n - made
    ))
}

/// What was asked for, as something that can be counted.
fn noun(mutation: &Mutation) -> &'static str {
    match mutation {
        Mutation::MoveAccount { .. } => "move",
        Mutation::CloseAccount { .. } => "closure",
        Mutation::RemoveAccountFromOrganization { .. } => "removal",
        _ => "change",
    }
}

/// What waits for a word of the user and was not seen yet, as a sentence.
#[must_use]
pub fn alert(app: &App) -> Option<String> {
    app.instance.as_ref()?;
    let (now, seen) = (waits(app), app.waits_seen);
    let words = |n: usize| match n {
        1 => ("waits", "it"),
        _ => ("wait", "them"),
    };
    if now.stopped > seen.stopped {
        let n = now.stopped;
        let (wait, it) = words(n);
        let text = format!("The quota for closures is used up: {n} {wait}");
        return Some(if app.is_writable() {
            format!("{text}; 2 shows {it}, s there resumes")
        } else {
            format!("{text}; nothing is sent in read-only (2 shows {it})")
        });
    }
    if now.closures > seen.closures {
        let n = now.closures;
        let (wait, it) = words(n);
        let text = format!("{} of an earlier run {wait}", count(n, "closure"));
        return Some(if app.is_writable() {
            format!("{text}: 2 shows {it}, s there resumes")
        } else {
            format!("{text}; nothing is sent in read-only (2 shows {it})")
        });
    }
    if let Some(found) = found_later(app) {
        return Some(found);
    }
    let n = now.changes;
    let ((wait, it), what) = (words(n), count(n, "change"));
    (n > seen.changes).then(|| format!("{what} of an earlier run {wait}: 3 shows {it}"))
}

/// The name of an account, or else what it was called when something was asked for it.
pub(super) fn name_of(app: &App, account: &str) -> String {
    let node = app.tree.find(account).and_then(|ix| app.tree.get(ix));
    let named = node.and_then(|node| node.name()).map(str::to_owned);
    named
        .or_else(|| {
            let mut entries = app.journal.iter().rev();
            let entry = entries.find(|entry| entry.change.mutation.target() == account)?;
            Some(entry.change.target_name.clone())
        })
        .unwrap_or_else(|| account.to_owned())
}
