//! Closures that were confirmed and not sent: an earlier run has left them, or the service said
//! that the quota was used up. Nothing of that goes on without one more word.

use super::App;
use super::dialog::{self, Subject, Text, Tone};
use super::facts::no_journal;
use super::journal::Owner;
use crate::confirm::{Confirm, Guard, Order};
use crate::effect::Effect;
use crate::org::Entry;

/// Closures that wait for a word to go on.
#[derive(Debug)]
pub struct Resuming {
    /// Ids of their entries, in the order in which they were asked for.
    entries: Vec<String>,
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

/// Asks whether everything that [`resumable`] tells shall go on.
pub(super) fn ask_resume(app: &mut App) -> Vec<Effect> {
    let waiting = resumable(app);
    let entries: Vec<String> = waiting.iter().map(|entry| entry.id.clone()).collect();
    if entries.is_empty() {
        app.say("No closure waits to be resumed");
        return Vec::new();
    }
    let order = Order::Resume {
        entries: entries.clone(),
    };
    let confirm = Confirm::new(order, Guard::Yes, Vec::new());
    dialog::open(app, Subject::Resume(Resuming { entries }), confirm);
    Vec::new()
}

impl Resuming {
    pub(super) fn title(&self) -> String {
        match self.entries.len() {
            1 => "Go on and CLOSE 1 account".to_owned(),
            count => format!("Go on and CLOSE {count} accounts"),
        }
    }

    pub(super) fn body(&self, app: &App, text: &mut Text) {
        if let Some(failure) = app.journal.stopped() {
            let line = format!("! The service has refused closures: {}", failure.message);
            text.say(Tone::Warning, &line);
        }
        text.say(
            Tone::Plain,
            "These closures were confirmed and have not been sent. They are sent one by one, each \
             after another look at the account. Without a yes they stay as they are.",
        );
        text.gap();
        for entry in self.entries.iter().filter_map(|id| app.journal.get(id)) {
            let change = &entry.change;
            let line = format!("{}  {}", change.target_name, change.mutation.target());
            text.say(Tone::Heading, &line);
            text.say(Tone::Plain, &format!("  in {}", change.path));
            let line = format!(
                "  confirmed {} ({}) by {}",
                entry.asked_at.strftime("%Y-%m-%d %H:%M UTC"),
                entry.confirmation,
                entry.caller.as_deref().unwrap_or("an unknown caller"),
            );
            text.say(Tone::Plain, &line);
        }
    }

    /// Whether all of them still wait: another instance may have taken or withdrawn one.
    pub(super) fn still_true(&self, app: &App) -> Result<(), String> {
        if let Some(read_only) = app.read_only_because() {
            return Err(read_only.reason().to_owned());
        }
        let waiting = resumable(app);
        let waits = |id: &String| waiting.iter().any(|entry| entry.id == *id);
        if self.entries.iter().all(waits) {
            Ok(())
        } else {
            Err("some of these closures do not wait any more".to_owned())
        }
    }

    pub(super) fn obstacle(app: &App) -> Option<String> {
        no_journal(app)
    }

    pub(super) fn confirmed(self, app: &mut App) {
        let count = self.entries.len();
        app.say(format!(
            "Confirmed: {count} closures go on; 2 shows how it goes"
        ));
    }
}
