//! The journal: one file of JSON lines per organization and endpoint, to which every running instance appends.
//!
//! Whoever appends holds the file's lock, has read what the others wrote, writes whole lines at
//! once, and lets go when they are on the disk. So what is decided from the journal (whether an
//! entry may be sent, and when) is decided from all of it, and by one instance at a time.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::file::{Lines, read_all};
use super::instance::{self, Presence};
use super::pace::{Held, Pace};
use super::place::{Name, path, stem, unusable};
use super::view::View;
use crate::confirm::{Confirmed, Order};
use crate::org::{
    Change, Entries, Entry, ErrorKind, Event, Figures, OrgError, Outcome, Record, Stage,
};

/// The right to send one attempt of one change: its intent is on the disk.
///
/// It cannot be copied, and sending uses it up.
#[derive(Debug)]
pub struct Claim {
    entry: Entry,
    attempt: u32,
}

impl Claim {
    /// What may be sent.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// The journal of one organization, open for one running instance.
#[derive(Debug)]
pub struct Journal {
    name: Name,
    caller: Option<String>,
    instance: String,
    /// The path of the file without its suffix.
    stem: PathBuf,
    lines: Lines,
    view: View,
    /// How many entries this instance has made.
    made: u64,
    _presence: Presence,
}

impl Journal {
    /// Opens this journal in this folder, makes both where there are none, and
    /// announces a new instance. `caller` is the ARN that new entries are asked for with.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the file cannot be used: nothing can be changed then.
    pub fn open(
        folder: &Path,
        name: impl Into<Name>,
        caller: Option<String>,
    ) -> Result<Self, OrgError> {
        let name = name.into();
        let stem = stem(folder, &name)?;
        let instance = instance::fresh();
        let mut view = View::of(&instance);
        let opened = (|| {
            let mut lines = Lines::open(&path(&stem))?;
            let mut locked = lines.lock()?;
            instance::tidy(&stem)?;
            let presence = instance::announce(&stem, &instance)?;
            // On a full disk it can still be read.
            let _ = locked.end_torn_line();
            view.take_in(locked.read_new()?);
            drop(locked);
            Ok((lines, presence))
        })();
        let (lines, presence) = opened.map_err(|error| unusable(&stem, &error))?;
        tracing::info!(
            %name,
            instance,
            damaged = view.damaged,
            "the journal is open"
        );
        Ok(Self {
            name,
            caller,
            instance,
            stem,
            lines,
            view,
            made: 0,
            _presence: presence,
        })
    }

    /// Which instance we are.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Which journal it is.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// What the journal holds, as far as it was read.
    #[must_use]
    pub fn entries(&self) -> &Entries {
        &self.view.entries
    }

    /// How many lines could not be read: torn by a crash, damaged, or of a later version.
    #[must_use]
    pub fn damaged(&self) -> usize {
        self.view.damaged
    }

    /// The records that were not given away yet, whoever wrote them: at first all of them. Costs
    /// next to nothing when there are none.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the file cannot be read.
    pub fn read_new(&mut self) -> Result<Vec<Record>, OrgError> {
        let lines = self.lines.read_new();
        let lines = lines.map_err(|error| unusable(&self.stem, &error))?;
        self.view.take_in(lines);
        Ok(self.view.give(false))
    }

    /// What was read and not given away yet, without another look into the file.
    pub fn unread(&mut self) -> Vec<Record> {
        self.view.give(false)
    }

    /// All records that were read so far, whether they were given away or not; from now on only
    /// later ones are new.
    pub fn all(&mut self) -> Vec<Record> {
        self.view.give(true)
    }

    /// Tries whether the journal can be written, after it could not be.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it still cannot.
    pub fn probe(&mut self) -> Result<(), OrgError> {
        // What is still to be said is said, and else an empty line, which says nothing.
        self.write(Timestamp::MIN, b"\n", |_| Ok::<_, OrgError>(Vec::new()))
            .map(drop)
    }

    /// New entries are asked for with this ARN from now on.
    pub fn set_caller(&mut self, caller: Option<String>) {
        self.caller = caller;
    }

    /// The instances that are running now, we included.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the folder cannot be read.
    pub fn running(&self) -> Result<BTreeSet<String>, OrgError> {
        let mut running =
            instance::running(&self.stem).map_err(|error| unusable(&self.stem, &error))?;
        running.insert(self.instance.clone());
        Ok(running)
    }

    /// Writes what was consented to, and gives the entries that this instance may send from now
    /// on: a new one for each change, or those that it takes over from an instance that has ended
    /// (its own ones too, whose queue was stopped). Of the latter only those that still wait.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it cannot be written, or is about another organization than this
    /// journal: then nothing was asked for.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "consent is used up: it cannot be asked with twice"
    )]
    pub fn ask(&mut self, confirmed: Confirmed, now: Timestamp) -> Result<Vec<String>, OrgError> {
        self.is_meant(&confirmed).map_err(nothing_sent)?;
        let events = match confirmed.order() {
            Order::Changes {
                changes, undoes, ..
            } => self.asked(changes, confirmed.how(), undoes.as_deref()),
            Order::Resume { entries } => return self.resume(entries, now),
        };
        self.append(now, |_| Ok::<_, OrgError>(events))
            .map_err(nothing_sent)
    }

    fn is_meant(&self, confirmed: &Confirmed) -> Result<(), OrgError> {
        let ours = self.name.organization();
        match confirmed.organization() {
            Some(other) if other != ours => {
                let message = format!(
                    "this was confirmed for the organization {other}, and the journal is that of {ours}"
                );
                Err(OrgError::new(ErrorKind::Usage, message))
            }
            _ => Ok(()),
        }
    }

    fn asked(
        &mut self,
        changes: &[Change],
        how: &str,
        undoes: Option<&str>,
    ) -> Vec<(String, Event)> {
        let batch = self.next_id();
        let mut id = Some(batch.clone());
        let mut events = Vec::new();
        for change in changes {
            let event = Event::Asked {
                organization: self.name.organization().to_owned(),
                caller: self.caller.clone(),
                change: change.clone(),
                confirmation: how.to_owned(),
                batch: batch.clone(),
                undoes: undoes.map(str::to_owned),
            };
            // A batch is called like its first entry.
            let id = id.take().unwrap_or_else(|| self.next_id());
            events.push((id, event));
        }
        events
    }

    fn next_id(&mut self) -> String {
        self.made += 1;
        format!("{}-{}", self.instance, self.made)
    }

    fn resume(&mut self, ids: &[String], now: Timestamp) -> Result<Vec<String>, OrgError> {
        let (ours, stem) = (self.instance.clone(), self.stem.clone());
        let organization = self.name.organization().to_owned();
        self.append(now, |entries| {
            // Under the lock, so that no instance comes and takes them at the same time.
            let running = instance::running(&stem).map_err(|error| unusable(&stem, &error))?;
            let may_resume = |entry: &&Entry| {
                let free = entry.owner == ours || !running.contains(&entry.owner);
                entry.is_queued() && free && entry.organization == organization
            };
            let found = ids.iter().filter_map(|id| entries.get(id));
            let found = found.filter(may_resume);
            Ok::<_, OrgError>(found.map(|e| (e.id.clone(), Event::Resumed)).collect())
        })
        .map_err(nothing_sent)
    }

    /// Takes these entries back, as far as they still wait, and gives those that were.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it cannot be written: then they still wait.
    pub fn withdraw(&mut self, ids: &[String], now: Timestamp) -> Result<Vec<String>, OrgError> {
        self.append(now, |entries| {
            let found = ids.iter().filter_map(|id| entries.get(id));
            let found = found.filter(|entry| entry.is_queued());
            Ok(found.map(|e| (e.id.clone(), Event::Withdrawn)).collect())
        })
    }

    /// Whether this entry may be sent now, as far as the journal was read; [`Self::claim`] decides.
    ///
    /// # Errors
    /// Why it may not.
    pub fn may_send(
        &self,
        entry: &str,
        figures: &Figures,
        closures_under_way: usize,
        now: Timestamp,
    ) -> Result<(), Held> {
        let pace = Pace {
            figures,
            under_way: closures_under_way,
            now,
        };
        if self.view.holds_back(entry) {
            return Err(Held::Over);
        }
        pace.admits(self.entries(), &self.instance, entry).map(drop)
    }

    /// The entry of the first closure that this instance is to send.
    #[must_use]
    pub fn next_closure(&self) -> Option<String> {
        let ours = BTreeSet::from([self.instance.clone()]);
        let mut queue = self.entries().queue(&ours);
        let next = queue.find(|entry| !self.view.holds_back(&entry.id))?;
        Some(next.id.clone())
    }

    /// Sees to it that this entry, which waits, is never sent by this instance, also where the
    /// journal cannot be written: it is told as not sent at once, and written down when that is
    /// possible again.
    pub fn give_up(&mut self, entry: &str, why: &str, now: Timestamp) {
        self.view.give_up(entry, now, why);
        if let Err(error) = self.append(now, |_| Ok::<_, OrgError>(Vec::new())) {
            tracing::warn!(%error, entry, "given up, and not written down yet");
        }
    }

    /// Takes the right to send this entry: it is ours, it waits, it was not sent without an
    /// outcome, and, for a closure, the pace that all instances share lets it through. The intent
    /// is on the disk when this returns.
    ///
    /// `sender` is the ARN that it is sent with, where that is known. `closures_under_way` is what
    /// the service was read to have under way; the journal's own count is used where it is higher.
    ///
    /// # Errors
    /// Why it must not be sent now.
    pub fn claim(
        &mut self,
        entry: &str,
        sender: Option<String>,
        figures: &Figures,
        closures_under_way: usize,
        now: Timestamp,
    ) -> Result<Claim, Held> {
        if self.view.holds_back(entry) {
            return Err(Held::Over);
        }
        let ours = self.instance.clone();
        let pace = Pace {
            figures,
            under_way: closures_under_way,
            now,
        };
        let mut attempt = 0;
        let written = self.append(now, |entries| {
            attempt = pace.admits(entries, &ours, entry)?;
            let caller = sender;
            let intent = Event::Intent { attempt, caller };
            Ok(vec![(entry.to_owned(), intent)])
        });
        written.map_err(|held| match held {
            Held::Failed(error) => Held::Failed(nothing_sent(error)),
            held => held,
        })?;
        let read_back = self.entries().get(entry);
        match read_back.filter(|entry| entry.stage == Stage::Sent) {
            Some(entry) => Ok(Claim {
                entry: entry.clone(),
                attempt,
            }),
            None => Err(Held::Over),
        }
    }

    /// Writes what came of an entry. Where that fails it is told all the same, and written down
    /// when that is possible again.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it cannot be written now: if this program ends before it can be, a
    /// later reading will tell what is true.
    pub fn outcome(
        &mut self,
        entry: &str,
        result: Outcome,
        request_id: Option<String>,
        now: Timestamp,
    ) -> Result<(), OrgError> {
        let event = Event::Outcome { result, request_id };
        let record = Record {
            at: now,
            entry: entry.to_owned(),
            instance: self.instance.clone(),
            event: event.clone(),
        };
        self.note(entry, event, now)
            .inspect_err(|_| self.view.say_later(record))
    }

    /// Writes what the service was found to be like after an entry.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it cannot be written.
    pub fn verified(
        &mut self,
        entry: &str,
        holds: bool,
        reading: &str,
        now: Timestamp,
    ) -> Result<(), OrgError> {
        let reading = reading.to_owned();
        self.note(entry, Event::Verified { holds, reading }, now)
    }

    fn note(&mut self, entry: &str, event: Event, now: Timestamp) -> Result<(), OrgError> {
        self.append(now, |_| Ok::<_, OrgError>(vec![(entry.to_owned(), event)]))
            .map(drop)
    }

    fn append<E: From<OrgError>>(
        &mut self,
        now: Timestamp,
        decide: impl FnOnce(&Entries) -> Result<Vec<(String, Event)>, E>,
    ) -> Result<Vec<String>, E> {
        self.write(now, b"", decide)
    }

    /// Under the lock, and knowing all that was written: decides on events, and writes them in one
    /// piece, after what could not be written before; writes `otherwise` where there is neither.
    /// Gives the entries that the events belong to.
    fn write<E: From<OrgError>>(
        &mut self,
        now: Timestamp,
        otherwise: &[u8],
        decide: impl FnOnce(&Entries) -> Result<Vec<(String, Event)>, E>,
    ) -> Result<Vec<String>, E> {
        let Self {
            stem, lines, view, ..
        } = self;
        let failed = |error: io::Error| unusable(stem, &error);
        let mut locked = lines.lock().map_err(failed)?;
        locked.end_torn_line().map_err(failed)?;
        view.take_in(locked.read_new().map_err(failed)?);
        view.was_read_whole();
        let record = |(entry, event)| Record {
            at: now,
            entry,
            instance: self.instance.clone(),
            event,
        };
        let records: Vec<Record> = decide(&view.entries)?.into_iter().map(record).collect();
        let mut text = Vec::new();
        for record in view.pending().iter().chain(&records) {
            let line = serde_json::to_string(record);
            text.extend_from_slice(line.map_err(|error| failed(error.into()))?.as_bytes());
            text.push(b'\n');
        }
        if text.is_empty() {
            text.extend_from_slice(otherwise);
        }
        if !text.is_empty() {
            let written = locked.append(&text).and_then(|()| locked.read_new());
            let written = written.inspect_err(|_| view.could_not_write(&records));
            let lines = written.map_err(failed)?;
            view.wrote(&records);
            view.take_in(lines);
        }
        Ok(records.into_iter().map(|record| record.entry).collect())
    }
}

/// A journal that is only looked at: what it holds, and how many lines could not be read.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is none, [`ErrorKind::Usage`] where it cannot be read.
pub fn read(folder: &Path, name: impl Into<Name>) -> Result<(Vec<Record>, usize), OrgError> {
    let name = name.into();
    let stem = stem(folder, &name)?;
    let text = read_all(&path(&stem)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            let message = format!("there is no journal of organization {name}");
            OrgError::new(ErrorKind::NotFound, message)
        }
        _ => unusable(&stem, &error),
    })?;
    let mut view = View::of("");
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    view.take_in(lines.map(<[u8]>::to_vec).collect());
    let damaged = view.damaged;
    Ok((view.into_records(), damaged))
}

/// The instances that have this journal open now.
///
/// # Errors
/// [`ErrorKind::Usage`] where the folder cannot be read.
pub fn running(folder: &Path, name: impl Into<Name>) -> Result<BTreeSet<String>, OrgError> {
    let stem = stem(folder, &name.into())?;
    instance::running(&stem).map_err(|error| unusable(&stem, &error))
}

fn nothing_sent(error: OrgError) -> OrgError {
    error.with_hint("nothing was sent")
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
