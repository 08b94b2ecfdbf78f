//! Closures that were confirmed and not sent: an earlier run has left them, or the service said
//! that the quota was used up. Nothing of that goes on without one more word.

use super::App;
use super::closing::{about, is_closure_of};
use super::dialog::{self, Subject, Text, Tone};
use super::facts::{Candidate, no_journal, say_control_tower, say_refused};
use super::journal::Owner;
use super::unchecked::final_ones;
use crate::confirm::{Confirm, Guard, Order};
use crate::effect::Effect;
use crate::org::{Answer, Entry, Fact, Stage};

/// Closures that wait for a word to go on.
#[derive(Debug)]
pub struct Resuming {
    /// In the order in which they were asked for: the id of each entry, and its account.
    waiting: Vec<(String, Candidate)>,
    trusted: Answer<Vec<String>>,
}

/// The closures that wait for a word to go on: those that no running instance owns, and our own
/// where the queue stands still.
#[must_use]
pub fn resumable(app: &App) -> Vec<&Entry> {
    let stopped = app.journal.stopped().is_some();
    let waits = |entry: &&Entry| {
        let owner = app.owner_of(entry);
        let free = owner == Owner::Ended || (owner == Owner::Us && stopped);
        entry.is_closure() && entry.is_queued() && free
    };
    app.journal.iter().filter(waits).collect()
}

/// Asks whether everything that [`resumable`] tells shall go on, and for what is to be read for the
/// answer: what was true when a closure was confirmed may not be any more.
pub(super) fn ask_resume(app: &mut App) -> Vec<Effect> {
    let waiting: Vec<(String, Candidate)> = resumable(app)
        .into_iter()
        .map(|entry| (entry.id.clone(), Candidate::new(app, entry.change.clone())))
        .collect();
    let accounts: Vec<String> = waiting
        .iter()
        .map(|(_, account)| account.id().to_owned())
        .collect();
    let phrase = match accounts.as_slice() {
        [] => {
            app.say("No closure waits to be resumed");
            return Vec::new();
        }
        [only] => only.clone(),
        many => format!("close {} accounts", many.len()),
    };
    let order = Order::Resume {
        entries: waiting.iter().map(|(entry, _)| entry.clone()).collect(),
    };
    let confirm = Confirm::new(order, Guard::Typed { phrase }, Vec::new());
    let resuming = Resuming {
        waiting,
        trusted: Answer::Pending,
    };
    let dialog = dialog::open(app, Subject::Resume(resuming), confirm);
    vec![Effect::Preflight { dialog, accounts }]
}

impl Resuming {
    pub(super) fn title(&self) -> String {
        match self.waiting.as_slice() {
            [(_, only)] => format!("Go on and CLOSE account {}", only.change.target_name),
            many => format!("Go on and CLOSE {} accounts", many.len()),
        }
    }

    pub(super) fn body(&self, app: &App, text: &mut Text) {
        let refused = self.refused(app);
        if !refused.is_empty() {
            say_refused(text, &refused);
            let how = "  Cancel, withdraw these closures (w), and ask anew where it is meant.";
            text.say(Tone::Problem, how);
            text.gap();
        }
        if let Some(failure) = app.journal.stopped() {
            let line = format!("! The service has refused closures: {}", failure.message);
            text.say(Tone::Warning, &line);
        }
        text.say(
            Tone::Plain,
            "These closures were confirmed and have not been sent. They are sent one by one, each \
             after another look at the account. Without your word they stay as they are.",
        );
        text.gap();
        say_control_tower(text, &self.trusted);
        for (entry, account) in &self.waiting {
            account.say(app, text);
            for difference in differences(app, account) {
                text.say(Tone::Problem, &format!("  ! {difference}"));
            }
            if let Some(entry) = app.journal.get(entry) {
                let line = format!(
                    "  confirmed {} ({}) by {}",
                    entry.asked_at.strftime("%Y-%m-%d %H:%M UTC"),
                    entry.confirmation,
                    entry.caller.as_deref().unwrap_or("an unknown caller"),
                );
                text.say(Tone::Plain, &line);
            }
        }
    }

    /// Which accounts must not be closed, and why.
    fn refused(&self, app: &App) -> Vec<(&Candidate, String)> {
        let mut refused = Vec::new();
        for (entry, account) in &self.waiting {
            let mut whys = final_ones(&account.refusals_to_close(app));
            whys.extend(is_asked_for_by_another(app, entry, account.id()));
            // While the organization is read, names may be missing that make no difference.
            if account.is_read() && !app.load.is_walking_all() {
                whys.extend(differences(app, account));
            }
            refused.extend(whys.into_iter().map(|why| (account, why)));
        }
        refused
    }

    /// Whether all of them still wait: another instance may have taken or withdrawn one.
    pub(super) fn still_true(&self, app: &App) -> Result<(), String> {
        let waiting = resumable(app);
        let waits = |(id, _): &(String, Candidate)| waiting.iter().any(|entry| entry.id == *id);
        if self.waiting.iter().all(waits) {
            Ok(())
        } else {
            Err("some of these closures do not wait any more".to_owned())
        }
    }

    /// Whether any of them is refused: none can be left out here.
    pub(super) fn is_refused(&self, app: &App) -> bool {
        !self.refused(app).is_empty()
    }

    pub(super) fn obstacle(&self, app: &App) -> Option<String> {
        let refused = self.refused(app);
        let all = self.waiting.len();
        let pending = self
            .waiting
            .iter()
            .filter(|(_, account)| !account.is_read());
        match (refused.as_slice(), pending.count()) {
            _ if app.journal_error.is_some() => no_journal(app),
            ([(_, why), ..], _) if all == 1 => Some(format!("Refused: {why}")),
            ([_, ..], _) => Some("Refused for some of the accounts, see above".to_owned()),
            ([], 0) if !self.differ(app) => None,
            ([], 0) => Some("Still reading the organization".to_owned()),
            ([], _) if all == 1 => Some("Still reading what is known of the account".to_owned()),
            ([], count) => Some(format!("Still reading: {} of {all} read", all - count)),
        }
    }

    fn differ(&self, app: &App) -> bool {
        let mut accounts = self.waiting.iter();
        accounts.any(|(_, account)| !differences(app, account).is_empty())
    }

    /// How much there is to read before it is confirmed.
    pub(super) fn warnings(&self, app: &App) -> usize {
        let answered = self.waiting.iter().map(|(_, account)| account.answered());
        answered.sum::<usize>() + self.refused(app).len()
    }

    pub(super) fn learn(&mut self, fact: &Fact) {
        if let Fact::TrustedAccess(services) = fact {
            self.trusted = services.clone();
        }
        for (_, account) in &mut self.waiting {
            account.learn(fact);
        }
    }

    pub(super) fn confirmed(self, app: &mut App) {
        let what = match self.waiting.len() {
            1 => "1 closure goes on".to_owned(),
            count => format!("{count} closures go on"),
        };
        app.say(format!("Confirmed: {what}; 2 shows how it goes"));
    }
}

/// In what the account is not what was confirmed, by what is known now.
fn differences(app: &App, account: &Candidate) -> Vec<String> {
    let then = &account.change;
    if app.tree.find(account.id()).is_none() {
        return Vec::new();
    }
    let now = about(app, then.mutation.clone());
    let mut differences = Vec::new();
    if now.target_name != then.target_name {
        differences.push(format!(
            "it is called {} now; confirmed was {}",
            now.target_name, then.target_name
        ));
    }
    let moved = then.parent.is_some() && now.parent != then.parent;
    if moved || now.path != then.path {
        differences.push(format!(
            "it is in {} now; confirmed was {}",
            now.path, then.path
        ));
    }
    differences
}

/// That another entry wants to close the same account, or has sent that.
fn is_asked_for_by_another(app: &App, entry: &str, account: &str) -> Option<String> {
    let mut entries = app.journal.iter();
    entries.find(|other| {
        let open = other.is_queued() || other.stage == Stage::Sent;
        other.id != entry && is_closure_of(other, account) && open
    })?;
    Some("its closure was confirmed twice and is not over; 2 shows it".to_owned())
}
