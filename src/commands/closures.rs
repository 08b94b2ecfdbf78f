//! `orgscope closures`: the closures that are known, once or until none is pending any more.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::places::Places;
use super::table::write_table;
use super::{Failure, Target, configured, now};
use crate::app::closures_pane::{age, elapsed, next, phase_words};
use crate::aws::{self, Connection, Limiter};
use crate::cli::{ClosuresOptions, GlobalOptions};
use crate::org::{
    Account, Closure, Entries, ErrorKind, OrgError, Phase, Watch, visible, without_steering,
};
use crate::store;

/// How often the journal is looked at, and how long at least between two looks at the clock.
const JOURNAL_EVERY: Duration = Duration::from_secs(2);
const SOONEST: Duration = Duration::from_millis(50);

/// Reads all accounts and the journal, and prints what they tell; changes nothing.
pub(super) async fn run(global: &GlobalOptions, options: &ClosuresOptions) -> Result<(), Failure> {
    let (config, _) = configured(global)?;
    let target = Target::open(global, true).await?;
    let identity = aws::identify(&target.connection).await;
    let mut reader = Reader {
        journal: store::Name::new(
            &identity.organization?.id,
            target.connection.endpoint.as_deref(),
        ),
        journals: target.journals(),
        connection: target.connection.clone(),
        limiter: Limiter::published(),
        watch: Watch::new(config.closures),
        entries: Entries::default(),
        names: BTreeMap::new(),
        paths: BTreeMap::new(),
        json: options.json,
        watches: options.watch,
        told: BTreeMap::new(),
        watched: BTreeSet::new(),
        meter: io::stderr().is_terminal(),
    };
    reader.read_journal()?;
    reader.sweep().await?;
    reader.print_all()?;
    if options.watch {
        reader.watch_to_the_end().await?;
        return reader.verdict();
    }
    Ok(())
}

struct Reader {
    journal: store::Name,
    journals: Option<PathBuf>,
    connection: Connection,
    limiter: Limiter,
    watch: Watch,
    entries: Entries,
    names: BTreeMap<String, String>,
    /// Where the accounts are, by names, as of the last sweep.
    paths: BTreeMap<String, String>,
    json: bool,
    /// Whether anything is read again.
    watches: bool,
    /// What was printed last of each account.
    told: BTreeMap<String, String>,
    /// What was pending at any time: its end decides how this ends.
    watched: BTreeSet<String>,
    meter: bool,
}

/// Whether waiting makes sense: what needs a resume gets none from here.
fn is_pending(closure: &Closure) -> bool {
    closure.phase.is_under_way() || matches!(closure.phase, Phase::Queued { .. })
}

/// What will not go on by itself is no success either.
fn needs_somebody(closures: &[Closure]) -> Vec<String> {
    let stuck = |c: &&Closure| matches!(c.phase, Phase::NeedsResume { .. });
    let stuck = closures.iter().filter(stuck);
    stuck.map(|c| c.account.clone()).collect()
}

impl Reader {
    /// Takes in the journal, where there is one.
    fn read_journal(&mut self) -> Result<(), OrgError> {
        let Some(folder) = &self.journals else {
            return Ok(());
        };
        let records = match store::read(folder, self.journal.clone()) {
            Ok((records, _)) => records,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut entries = Entries::default();
        for record in &records {
            entries.apply(record);
        }
        self.entries = entries;
        let running = store::running(folder, self.journal.clone())?;
        self.watch.sync(&self.entries, None, &running, now());
        Ok(())
    }

    async fn sweep(&mut self) -> Result<(), OrgError> {
        self.show_progress("reading all accounts");
        let found = aws::all_accounts(&self.connection, &self.limiter).await?;
        let mut accounts = Vec::new();
        let mut ancestors = BTreeMap::new();
        for (account, above) in found {
            self.learn_name(&account);
            ancestors.insert(account.id.clone(), above);
            accounts.push(account);
        }
        self.watch.swept(now(), &Ok(accounts));
        self.learn_paths(&ancestors).await;
        self.show_progress("");
        Ok(())
    }

    /// Finds out where the accounts of all closures are. What cannot be read is left out: where an
    /// account is must not stand in the way of whether it is closed.
    async fn learn_paths(&mut self, ancestors: &BTreeMap<String, Vec<String>>) {
        let closures = self.watch.closures(now());
        if closures.is_empty() {
            return;
        }
        self.show_progress(&format!("reading the paths of {}", closures.len()));
        let Ok(mut places) = Places::open(&self.connection, &self.limiter).await else {
            return;
        };
        for closure in closures {
            let account = &closure.account;
            if let Some(above) = ancestors.get(account) {
                places.place(account, above);
            }
            let place = async {
                let parent = places.parent(account).await?;
                places.find(&parent).await
            };
            if let Ok(place) = place.await {
                self.paths.insert(account.clone(), place.text());
            }
        }
    }

    fn learn_name(&mut self, account: &Account) {
        if let Some(name) = &account.name {
            self.names.insert(account.id.clone(), name.clone());
        }
    }

    async fn watch_to_the_end(&mut self) -> Result<(), Failure> {
        loop {
            let closures = self.watch.closures(now());
            let pending: Vec<_> = closures.iter().filter(|c| is_pending(c)).collect();
            self.watched
                .extend(pending.iter().map(|c| c.account.clone()));
            self.watched.extend(needs_somebody(&closures));
            if pending.is_empty() {
                self.show_progress("");
                return Ok(());
            }
            self.show_progress(&format!("{} pending", pending.len()));
            tokio::time::sleep(self.until_due()).await;
            self.read_journal()?;
            for account in self.watch.due(now()) {
                self.poll(&account).await?;
            }
            if self.watch.sweep_due(now()) {
                self.sweep().await?;
            }
            self.print_changes()?;
        }
    }

    fn until_due(&self) -> Duration {
        let next = self.watch.next_change();
        let wait = next.map(|next| next.duration_since(now()));
        let wait = wait.map(|wait| Duration::try_from(wait).unwrap_or_default());
        wait.unwrap_or(JOURNAL_EVERY).clamp(SOONEST, JOURNAL_EVERY)
    }

    async fn poll(&mut self, account: &str) -> Result<(), OrgError> {
        let read = aws::describe_account(&self.connection, &self.limiter, account).await;
        let read = read.map(|(account, _)| account);
        match &read {
            Ok(account) => self.learn_name(account),
            // Nothing can be read any more: whoever waits for an end must know.
            Err(error) if error.kind == ErrorKind::Credentials => return Err(error.clone()),
            Err(_) => {}
        }
        self.watch.polled(account, now(), &read);
        Ok(())
    }

    fn print_all(&mut self) -> io::Result<()> {
        let now = now();
        let closures = self.watch.closures(now);
        let mut out = BufWriter::new(io::stdout().lock());
        let mut rows = Vec::new();
        for closure in &closures {
            self.told.insert(closure.account.clone(), key(closure));
            if self.json {
                writeln!(out, "{}", self.json(closure, now))?;
            } else {
                rows.push(self.row(closure, true, now));
            }
        }
        write_table(&mut out, &rows)?;
        out.flush()?;
        drop(out);
        if closures.is_empty() && self.meter {
            let _ = writeln!(io::stderr(), "no account is being closed or was closed");
        }
        Ok(())
    }

    /// One line for each account whose phase or state is another than before.
    fn print_changes(&mut self) -> io::Result<()> {
        let now = now();
        for closure in self.watch.closures(now) {
            let key = key(&closure);
            if self.told.get(&closure.account) == Some(&key) {
                continue;
            }
            self.told.insert(closure.account.clone(), key);
            self.show_progress("");
            let mut out = io::stdout().lock();
            if self.json {
                writeln!(out, "{}", self.json(&closure, now))?;
            } else {
                let time = now.strftime("%H:%M:%S UTC");
                let row = self.row(&closure, false, now);
                let row: Vec<_> = row.iter().filter(|cell| !cell.is_empty()).collect();
                let row: Vec<&str> = row.into_iter().map(String::as_str).collect();
                writeln!(out, "{time}  {}", row.join("  "))?;
            }
            out.flush()?;
        }
        Ok(())
    }

    fn name(&self, closure: &Closure) -> String {
        let entry = closure.entry.as_ref().and_then(|id| self.entries.get(id));
        let asked = entry.map(|entry| entry.change.target_name.clone());
        let known = self.names.get(&closure.account).cloned();
        known.or(asked).unwrap_or_default()
    }

    /// As read, or else as it was when the closure was asked for.
    fn path(&self, closure: &Closure) -> Option<&str> {
        let read = self.paths.get(&closure.account);
        let entry = closure.entry.as_ref().and_then(|id| self.entries.get(id));
        let asked = entry.map(|entry| &entry.change.path);
        read.or(asked).map(String::as_str)
    }

    /// `plans` says whether to tell when it is read next.
    fn row(&self, closure: &Closure, plans: bool, now: Timestamp) -> [String; 8] {
        let asked = match closure.asked_at {
            Some(at) => format!("asked {}", at.strftime("%Y-%m-%d %H:%M UTC")),
            None => "begun elsewhere".to_owned(),
        };
        let reading = match &closure.state {
            Some(state) => format!("{state} {}", age(closure, now)),
            None => "not read".to_owned(),
        };
        let took = match elapsed(closure, now) {
            took if took.is_empty() => took,
            took if closure.phase.is_open() => format!("for {took}"),
            took => format!("took {took}"),
        };
        let poll = match next(closure, now) {
            _ if !(plans && self.watches) => String::new(),
            next if next.is_empty() => next,
            next => format!("next read {next}"),
        };
        let cells = [
            closure.account.clone(),
            self.name(closure),
            self.path(closure).unwrap_or_default().to_owned(),
            reading,
            asked,
            took,
            poll,
            phase_words(closure, now),
        ];
        cells.map(|cell| visible(&cell).into_owned())
    }

    fn json(&self, closure: &Closure, now: Timestamp) -> String {
        let since = closure.since.filter(|_| !elapsed(closure, now).is_empty());
        let until = closure.ended_at.unwrap_or(now);
        let object = json!({
            "account": closure.account,
            "name": self.name(closure),
            "path": self.path(closure),
            "asked_by": if closure.asked_at.is_some() { "this_tool" } else { "elsewhere" },
            "asked_at": closure.asked_at,
            "entry": closure.entry,
            "state": closure.state.as_ref().map(ToString::to_string),
            "read_at": closure.read_at,
            "phase": closure.phase.word(),
            "outcome": phase_words(closure, now),
            "elapsed_seconds": since.map(|since| until.duration_since(since).as_secs()),
            "elapsed_is_at_least": closure.asked_at.is_none(),
            "next_poll": closure.next_poll.filter(|_| self.watches),
            "trouble": closure.trouble,
        });
        without_steering(&object.to_string())
    }

    /// Fine when everything that was pending is closed now.
    fn verdict(&self) -> Result<(), Failure> {
        let now = now();
        let closures = self.watch.closures(now).into_iter();
        let failed = closures.filter(|closure| {
            self.watched.contains(&closure.account) && closure.phase != Phase::Closed
        });
        let reasons: Vec<OrgError> = failed
            .map(|closure| {
                let words = phase_words(&closure, now);
                let message = format!("{} ({}): {words}", self.name(&closure), closure.account);
                OrgError::new(ErrorKind::Incomplete, message)
            })
            .collect();
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(Failure::Incomplete(reasons))
        }
    }

    /// One line on standard error, when a terminal is there to show it.
    fn show_progress(&mut self, text: &str) {
        if self.meter {
            // Progress that cannot be shown is not worth failing for.
            self.meter = write!(io::stderr(), "\r{text}\x1b[K").is_ok();
        }
    }
}

/// What makes a line worth printing again.
fn key(closure: &Closure) -> String {
    let position = match &closure.phase {
        Phase::Queued { position, .. } => position.to_string(),
        _ => String::new(),
    };
    let state = closure.state.as_ref().map(ToString::to_string);
    format!("{} {position} {state:?}", closure.phase.word())
}
