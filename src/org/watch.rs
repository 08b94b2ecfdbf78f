//! Watches closures to their real end: what was asked for and what was read go in, what to read
//! next and how far each closure has come goes out. Time is passed in.
//!
//! Readings flap for minutes after the request, so a single one decides nothing: a closure is over
//! when readings have agreed for a while, and it is not called undone before all flapping must have
//! ended. What is over stays over.

mod told;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::track::{Ask, AskStage, End, Sender, Step, Track, is_closing};
use super::{
    Account, AccountState, Entries, Entry, ErrorKind, Figures, OrgError, Outcome, Stage,
    agreed_reading,
};

/// How long what came to nothing is still told of.
const DEAD_SHOWN_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long a closed account is still in its organization. Source: Organizations User Guide,
/// "Account states", as of 2026-11: 90 days.
const CLOSED_SHOWN_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Sweeps take at most one part in so many of the time.
const SWEEP_SHARE: u32 = 10;

/// A closure whose end became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Twelve digits.
    pub account: String,
    /// Whether it is closed; otherwise it is still `ACTIVE`, long after the request.
    pub closed: bool,
    /// The entry of the journal into which this is to be written, and the reading to write; `None`
    /// where there is no entry, or another running instance writes it.
    pub record: Option<(String, String)>,
}

/// All closures that are known.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    figures: Figures,
    tracks: BTreeMap<String, Track>,
    /// When the queue may send next at the earliest.
    next_send: Option<Timestamp>,
    /// All accounts were read once: what closes from now on is seen to close.
    has_baseline: bool,
    /// When all accounts were read last.
    all_read_at: Option<Timestamp>,
    /// When single accounts were read last that were not watched then.
    read_at: BTreeMap<String, Timestamp>,
    sweep_began: Option<Timestamp>,
    next_sweep: Option<Timestamp>,
}

impl Watch {
    /// Watches with these figures.
    #[must_use]
    pub fn new(figures: Figures) -> Self {
        Self {
            figures,
            ..Self::default()
        }
    }

    /// Watches with these figures from now on.
    pub fn set_figures(&mut self, figures: Figures) {
        self.figures = figures;
    }

    /// Takes in what the journal holds now. `ours` is our own instance.
    pub fn sync(
        &mut self,
        entries: &Entries,
        ours: Option<&str>,
        running: &BTreeSet<String>,
        now: Timestamp,
    ) -> Vec<Ended> {
        self.next_send = Some(entries.next_closure_at(&self.figures, now));
        let mut chosen: BTreeMap<&str, (usize, &Entry)> = BTreeMap::new();
        let closures = entries.iter().filter(|entry| entry.is_closure());
        for (place, entry) in closures.enumerate() {
            let account = entry.change.mutation.target();
            let older = chosen.get(account);
            if older.is_none_or(|(_, older)| is_dead(older) || !is_dead(entry)) {
                chosen.insert(account, (place, entry));
            }
        }
        self.tracks.retain(|account, track| {
            if !chosen.contains_key(account.as_str()) {
                track.ask = None;
            }
            track.ask.is_some() || track.run.is_some()
        });
        let stopped = entries.stopped().is_some();
        let queue = entries.queue(running).enumerate();
        let positions: BTreeMap<&str, usize> =
            queue.map(|(at, entry)| (entry.id.as_str(), at)).collect();
        let held = self.held(entries, running);
        let mut ended = Vec::new();
        for (account, (place, entry)) in chosen {
            let sender = match running.contains(&entry.owner) {
                true if stopped => Sender::Stopped,
                true => Sender::Running {
                    position: positions.get(entry.id.as_str()).copied(),
                    not_before: held.get(entry.id.as_str()).copied(),
                },
                false => Sender::Ended,
            };
            let ours = ours == Some(entry.owner.as_str()) || !running.contains(&entry.owner);
            let ask = Ask::new(entry, place, &sender, ours, self.figures.settles_within);
            ended.extend(self.ask(account, &ask, now));
        }
        ended
    }

    /// Until when each of the queue is held back: the first that an instance has in it holds up all
    /// that it has behind.
    fn held<'a>(
        &self,
        entries: &'a Entries,
        running: &'a BTreeSet<String>,
    ) -> BTreeMap<&'a str, Timestamp> {
        let mut next: BTreeMap<&str, Timestamp> = BTreeMap::new();
        let mut held = BTreeMap::new();
        for entry in entries.queue(running) {
            let ahead = next.get(entry.owner.as_str()).copied();
            let Some(time) = ahead.max(entry.not_before()) else {
                continue;
            };
            held.insert(entry.id.as_str(), time);
            let after = time.checked_add(self.figures.send_every).unwrap_or(time);
            next.insert(&entry.owner, after);
        }
        held
    }

    fn ask(&mut self, account: &str, ask: &Ask, now: Timestamp) -> Option<Ended> {
        let age = now.duration_since(ask.changed_at);
        let nothing_came = ask.is_dead() || matches!(ask.stage, AskStage::StillActive(_));
        let is_over = nothing_came && age > DEAD_SHOWN_FOR || age > CLOSED_SHOWN_FOR;
        if is_over {
            if let Some(track) = self.tracks.get_mut(account) {
                track.ask = None;
            }
            return None;
        }
        let track = self.tracks.entry(account.to_owned()).or_default();
        let before = track.ask.replace(ask.clone());
        let is_new = before.as_ref().is_none_or(|old| old.entry != ask.entry);
        if is_new && !ask.is_dead() {
            track.done = None;
            track.still_active = None;
            track.told = false;
        }
        if let AskStage::StillActive(at) = ask.stage {
            // What was read since then counts for more.
            let run = track.run.as_ref();
            if run.is_none_or(|run| run.last <= at || !is_closing(&run.state)) {
                track.still_active.get_or_insert(at);
            }
            track.told = true;
        }
        if let (AskStage::Finished(at), None) = (&ask.stage, track.done) {
            track.done = Some(*at);
            let watched = before.is_some_and(|old| !old.is_dead()) && !is_new;
            return watched.then(|| Ended {
                account: account.to_owned(),
                closed: true,
                record: None,
            });
        }
        None
    }

    /// Takes in a state that was read while other things were read.
    pub fn observe(&mut self, account: &Account, at: Timestamp) -> Option<Ended> {
        let state = account.state.clone()?;
        let id = account.id.as_str();
        if !self.tracks.contains_key(id) {
            let begins = matches!(state, AccountState::PendingClosure | AccountState::Closed);
            if !begins {
                return None;
            }
            let mut track = Track::default();
            if state == AccountState::PendingClosure || self.has_baseline {
                track.seen_closing = Some(at);
            } else {
                track.closed_before = Some(at);
            }
            self.tracks.insert(id.to_owned(), track);
        }
        let track = self.tracks.get_mut(id)?;
        let end = track.read(&state, at, &self.figures)?;
        let ask = track.ask.as_ref();
        let ask = ask.filter(|ask| ask.is_ours_to_record && ask.may_have_been_made());
        Some(Ended {
            account: id.to_owned(),
            closed: end == End::Closed,
            record: ask.map(|ask| (ask.entry.clone(), agreed_reading(&state))),
        })
    }

    /// A single account was read for another purpose, whatever its state: that counts for nothing
    /// but for how old what is known of it is.
    pub fn looked_at(&mut self, account: &str, at: Timestamp) {
        self.read_at.insert(account.to_owned(), at);
    }

    /// When an account was read last, as far as is known: alone, or with all others.
    #[must_use]
    pub fn last_read(&self, account: &str) -> Option<Timestamp> {
        self.read_at.get(account).copied().max(self.all_read_at)
    }

    /// Takes in the answer to a poll.
    pub fn polled(
        &mut self,
        account: &str,
        at: Timestamp,
        result: &Result<Account, OrgError>,
    ) -> Option<Ended> {
        let track = self.tracks.get_mut(account)?;
        track.in_flight = false;
        match result {
            Ok(read) => {
                track.failures = 0;
                track.trouble = None;
                self.observe(read, at)
            }
            Err(error) if error.kind == ErrorKind::NotFound => {
                track.gone = true;
                None
            }
            Err(error) => {
                track.failures = track.failures.saturating_add(1);
                track.trouble = Some(error.to_string());
                None
            }
        }
    }

    /// The accounts that are to be read now; they count as being read from now on.
    pub fn due(&mut self, now: Timestamp) -> Vec<String> {
        let crowd = self.crowd();
        let figures = self.figures;
        let mut due = Vec::new();
        for (account, track) in &mut self.tracks {
            if track
                .next_poll(&figures, crowd)
                .is_some_and(|next| next <= now)
            {
                track.tried_at = Some(now);
                track.in_flight = true;
                due.push(account.clone());
            }
        }
        due
    }

    /// These accounts are being read now, out of turn.
    pub fn polling(&mut self, account: &str, now: Timestamp) {
        if let Some(track) = self.tracks.get_mut(account) {
            track.tried_at = Some(now);
            track.in_flight = true;
        }
    }

    /// A walk has read the whole organization, which is as good as a sweep.
    pub fn walked(&mut self, now: Timestamp, complete: bool) {
        self.has_baseline |= complete;
        // What the first one has not read is not known at all.
        if complete || self.all_read_at.is_none() {
            self.all_read_at = Some(now);
        }
        self.next_sweep = now.checked_add(self.figures.sweep_every).ok();
    }

    /// Whether all accounts are to be read now; it counts as begun from now on.
    pub fn sweep_due(&mut self, now: Timestamp) -> bool {
        let due = self.next_sweep.is_some_and(|next| next <= now);
        if due {
            self.next_sweep = None;
            self.sweep_began = Some(now);
        }
        due
    }

    /// Takes in the answer to a sweep.
    pub fn swept(&mut self, at: Timestamp, result: &Result<Vec<Account>, OrgError>) -> Vec<Ended> {
        let began = self.sweep_began.take().unwrap_or(at);
        let took = at.duration_since(began).unsigned_abs();
        let pause = took.saturating_mul(SWEEP_SHARE - 1);
        let wait = self.figures.sweep_every.max(pause);
        match result {
            Ok(accounts) => {
                self.next_sweep = at.checked_add(wait).ok();
                let ended = accounts.iter().filter_map(|read| self.observe(read, at));
                let ended = ended.collect();
                self.has_baseline = true;
                self.all_read_at = Some(at);
                ended
            }
            // Who may not read this will not be allowed to by asking again.
            Err(error) if error.kind == ErrorKind::AccessDenied => Vec::new(),
            Err(_) => {
                self.next_sweep = at.checked_add(wait).ok();
                Vec::new()
            }
        }
    }

    /// What is being read is not answered any more: it is due again as if it had been.
    pub fn reconnect(&mut self) {
        for track in self.tracks.values_mut() {
            track.in_flight = false;
        }
        if let Some(began) = self.sweep_began.take() {
            self.next_sweep = Some(began);
        }
    }

    /// When a poll is due next.
    #[must_use]
    pub fn next_poll(&self) -> Option<Timestamp> {
        let crowd = self.crowd();
        let polls = self.tracks.values();
        let polls = polls.filter_map(|track| track.next_poll(&self.figures, crowd));
        polls.min()
    }

    /// When a sweep is due next; `None` while one is under way, or the first walk.
    #[must_use]
    pub fn next_sweep(&self) -> Option<Timestamp> {
        self.next_sweep
    }

    /// When a poll or a sweep is due next.
    #[must_use]
    pub fn next_change(&self) -> Option<Timestamp> {
        self.next_poll().into_iter().chain(self.next_sweep).min()
    }

    /// How many closures the service may be at work on.
    #[must_use]
    pub fn under_way(&self) -> usize {
        let steps = self.tracks.values().map(Track::step);
        steps.filter(|step| step.is_under_way()).count()
    }

    /// How many closures somebody wants to know of: they are under way, or wait, or nothing came
    /// of them although the service was asked.
    #[must_use]
    pub fn to_see_to(&self) -> usize {
        let tracks = self.tracks.values();
        let failed = tracks.filter(|track| track.step() == Step::StillActive);
        self.open() + failed.count()
    }

    /// Whether readings have agreed that nothing came of the last request to close this account.
    #[must_use]
    pub fn is_still_active(&self, account: &str) -> bool {
        let track = self.tracks.get(account);
        track.is_some_and(|track| track.step() == Step::StillActive)
    }

    /// How many closures are not over: they are under way, or wait.
    #[must_use]
    pub fn open(&self) -> usize {
        let open = |track: &&Track| match track.step() {
            Step::Ask => track.ask.as_ref().is_some_and(|ask| !ask.is_dead()),
            step => step.is_under_way(),
        };
        self.tracks.values().filter(open).count()
    }

    fn crowd(&self) -> usize {
        self.tracks.values().filter(|t| t.is_polled()).count()
    }
}

fn is_dead(entry: &Entry) -> bool {
    matches!(
        entry.stage,
        Stage::Withdrawn | Stage::Ended(Outcome::Refused { .. } | Outcome::NotSent { .. })
    )
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
