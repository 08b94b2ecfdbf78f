//! History: what the journal tells of a node, and what was noticed to be different in it.

use super::super::App;
use super::super::activity_pane::{is_problem, places, stage, target, what};
use super::super::changes_pane::{sentence, times};
use super::{Item, Page, Tone};
use crate::org::{Entry, Mutation, Node, Outcome, Stage};

pub(super) fn page(app: &App, node: &Node, page: &mut Page) {
    let entries = entries(app, node.id());
    if entries.is_empty() && app.noticed_of(node.id()).next().is_none() {
        page.say(0, &Tone::Plain, "Nothing that the journal knows of");
        let text = "What this tool is asked to change is written down there, by whom and with \
                    what outcome.";
        page.say(0, &Tone::Faint, text);
    }
    let mut noticed = app.noticed_of(node.id()).peekable();
    if noticed.peek().is_some() {
        page.heading("Noticed when it was read again");
    }
    for one in noticed {
        page.say(0, &Tone::Plain, &sentence(&one.difference));
        page.say(2, &Tone::Faint, &times(app, one));
    }
    if !entries.is_empty() {
        page.heading("From the journal");
    }
    for entry in entries {
        let at = entry.asked_at.strftime("%F %T UTC");
        let tone = if is_problem(app, entry) {
            Tone::Problem
        } else {
            Tone::Plain
        };
        let item = Item::Entry(entry.id.clone());
        let text = format!("{at}  {}: {}", what(entry), stage(app, entry));
        page.item(0, &tone, &text, item);
        if entry.change.mutation.target() != node.id() {
            let name = target(entry);
            let id = entry.change.mutation.target();
            page.more(2, &Tone::Plain, &format!("{name} {id}"));
        }
        page.more(2, &Tone::Plain, &places(entry));
        let who = entry.caller.as_deref().unwrap_or("not known");
        page.more(2, &Tone::Faint, &format!("by {who}"));
    }
}

/// What concerns a node, the newest first: an account with all that was asked for it, a root or OU
/// also with what was to come into it or to leave it.
pub(super) fn entries<'a>(app: &'a App, id: &str) -> Vec<&'a Entry> {
    let entries = app.journal.iter().rev();
    entries.filter(|entry| concerns(entry, id)).collect()
}

fn concerns(entry: &Entry, id: &str) -> bool {
    let mutation = &entry.change.mutation;
    let made = match &entry.stage {
        Stage::Ended(Outcome::Done { made }) => made.as_deref(),
        _ => None,
    };
    let moved = match mutation {
        Mutation::MoveAccount { from, to, .. } => from == id || to == id,
        _ => false,
    };
    mutation.target() == id || made == Some(id) || moved
}
