//! Moving accounts: what is asked, and what must be known to answer.

use std::collections::{BTreeMap, HashMap};

use crokey::{KeyCombination, key};

use super::App;
use super::dialog::{self, Subject, Text, Tone};
use super::facts::CONTROL_TOWER;
use super::journal::Owner;
use super::policies::{denials, say_policies, unread_policies};
use super::unchecked::say_control_tower_unchecked;
use crate::confirm::{Confirm, Guard, Order};
use crate::effect::Effect;
use crate::org::{
    AccountState, Answer, Change, Event, Fact, IN_MANAGEMENT_ACCOUNT, Mutation, NodeIx, NodeKind,
    Outcome, Record, Stage, Tree, visible,
};

/// Up to so many accounts are read again one by one for the dialog; each is in any case just before
/// it is moved.
const READ_EACH: usize = 20;

/// Accounts that are to be moved.
#[derive(Debug)]
pub struct Moving {
    /// The state of each account when it was asked about.
    states: BTreeMap<String, Option<AccountState>>,
    trusted: Answer<Vec<String>>,
    /// What is not moved back by an undo, and why.
    left_out: Vec<String>,
}

/// One account of a move, as the order has it.
pub(super) struct Step<'a> {
    pub(super) account: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) change: &'a Change,
}

pub(super) fn steps<'a>(confirm: &'a Confirm) -> Vec<Step<'a>> {
    let Order::Changes { changes, .. } = confirm.order() else {
        return Vec::new();
    };
    let step = |change: &'a Change| match change {
        Change {
            mutation: Mutation::MoveAccount { account, from, to },
            ..
        } => Some(Step {
            account,
            from,
            to,
            change,
        }),
        _ => None,
    };
    changes.iter().filter_map(step).collect()
}

/// Asks whether these moves shall be made, and for what is to be read for the answer.
pub(super) fn ask(
    app: &mut App,
    changes: Vec<Change>,
    undoes: Option<String>,
    left_out: Vec<String>,
) -> Vec<Effect> {
    let accounts: Vec<String> = changes
        .iter()
        .map(|change| change.mutation.target().to_owned())
        .collect();
    let state = |id: &String| (id.clone(), state_of(&app.tree, id));
    let moving = Moving {
        states: accounts.iter().map(state).collect(),
        trusted: Answer::Pending,
        left_out,
    };
    let order = Order::Changes {
        changes,
        stop_at_first_error: false,
        undoes,
    };
    let confirm = Confirm::new(order, Guard::Yes, Vec::new());
    let policies = unread_policies(app, &confirm);
    let dialog = dialog::open(app, Subject::Move(moving), confirm);
    let few = accounts.len() <= READ_EACH;
    let mut effects = vec![Effect::Preflight {
        dialog,
        accounts: if few { accounts } else { Vec::new() },
    }];
    if !policies.is_empty() {
        effects.push(Effect::ReadPolicies(policies));
    }
    effects
}

pub(super) fn undo_available(app: &App) -> Result<(), &'static str> {
    let undoable = app.journal.undoable(&app.running);
    let moves =
        |entry: &&crate::org::Entry| matches!(entry.change.mutation, Mutation::MoveAccount { .. });
    if app
        .in_flight()
        .chain(app.queued())
        .any(|entry| moves(&entry))
    {
        return Err("accounts are still moving");
    }
    undoable.map(drop).ok_or("there is no move to undo")
}

/// Asks whether the last batch of moves shall be undone, as far as its accounts are still where it
/// put them.
pub(super) fn undo(app: &mut App) -> Vec<Effect> {
    let Some((batch, changes)) = app.journal.undoable(&app.running) else {
        return Vec::new();
    };
    let (mut back, mut left_out) = (Vec::new(), Vec::new());
    for asked in changes {
        let Mutation::MoveAccount { account, from, to } = &asked.mutation else {
            continue;
        };
        if from == to {
            continue;
        }
        let name = name_of(&app.tree, account);
        match change(&app.tree, account, to) {
            None => left_out.push(format!("{name} stays out: it is not known where it is")),
            Some(now) if now.mutation != asked.mutation => left_out.push(format!(
                "{name} stays out: it is not in {} any more, but in {}",
                path_of(&app.tree, from),
                now.path
            )),
            Some(now) if now.to_path.is_none() => {
                left_out.push(format!("{name} stays out: where it was is no longer there"));
            }
            Some(now) => back.push(now),
        }
    }
    if back.is_empty() {
        let why = left_out.first().map_or("nothing to undo", String::as_str);
        app.warn(format!("Nothing can be undone: {why}"));
        return Vec::new();
    }
    ask(app, back, Some(batch), left_out)
}

/// Whether a move of the account was asked for that has not come to its end.
pub(super) fn is_under_way(app: &App, account: &str) -> bool {
    app.journal.iter().any(|entry| {
        let open = entry.is_queued() || entry.stage == Stage::Sent;
        let mutation = &entry.change.mutation;
        open && matches!(mutation, Mutation::MoveAccount { .. })
            && mutation.target() == account
            && app.owner_of(entry) != Owner::Ended
    })
}

/// What to say in the tree of accounts whose move is under way, or that no read has confirmed yet.
#[must_use]
pub fn words(app: &App) -> HashMap<&str, String> {
    let mut words = HashMap::new();
    for entry in app.journal.iter() {
        let Mutation::MoveAccount { account, to, .. } = &entry.change.mutation else {
            continue;
        };
        let there = name_of(&app.tree, to);
        let alive = app.owner_of(entry) != Owner::Ended;
        let at = app
            .tree
            .find(account)
            .and_then(|ix| app.tree.get(ix)?.parent());
        let is_there = at.is_some() && at == app.tree.find(to);
        let read_since = app.load.loaded_at.is_some_and(|at| at > entry.changed_at);
        let verified = entry.verified.as_ref().is_some_and(|(_, holds, _)| *holds);
        let holds = verified || is_there || (read_since && !alive);
        // The tree shows an accepted move before any reading does.
        let confirmed = verified || read_since;
        let word = match &entry.stage {
            Stage::Queued | Stage::Sent | Stage::Ended(Outcome::Postponed { .. }) if alive => {
                Some(format!("moving to {there}"))
            }
            Stage::Sent | Stage::Ended(Outcome::Unknown { .. })
                if !holds && entry.verified.is_none() =>
            {
                Some(format!("move to {there} unconfirmed"))
            }
            Stage::Ended(Outcome::Done { .. }) if !confirmed => {
                Some(format!("moved to {there}, unconfirmed"))
            }
            _ => None,
        };
        match word {
            Some(word) => words.insert(account.as_str(), word),
            None => words.remove(account.as_str()),
        };
    }
    words
}

/// The cursor stays where it is while these accounts are moved, so that their neighbours can be
/// moved next.
pub(super) fn send_off(app: &mut App, order: &Order) {
    let Order::Changes { changes, .. } = order else {
        return;
    };
    for change in changes {
        if let Mutation::MoveAccount { account, to, .. } = &change.mutation
            && let (Some(account), Some(to)) = (app.tree.find(account), app.tree.find(to))
        {
            app.outline.send_off(account, to);
        }
    }
}

/// A move that was not made after all: where the account goes later, others have put it there.
pub(super) fn call_back(app: &mut App, record: &Record) {
    let is_not_made = matches!(
        record.event,
        Event::Withdrawn
            | Event::Outcome {
                result: Outcome::Refused { .. } | Outcome::NotSent { .. },
                ..
            }
    );
    let entry = app.journal.get(&record.entry).filter(|_| is_not_made);
    if let Some(Mutation::MoveAccount { account, .. }) = entry.map(|entry| &entry.change.mutation)
        && let Some(account) = app.tree.find(account)
    {
        app.outline.call_back(account);
    }
}

/// The change that moves an account to a root or OU, by what the tree knows; `None` where it does
/// not know where the account is.
pub(super) fn change(tree: &Tree, account: &str, to: &str) -> Option<Change> {
    let ix = tree.find(account)?;
    let parent = tree.get(ix)?.parent()?;
    let from = tree.get(parent)?;
    (from.kind() != NodeKind::Unplaced).then(|| Change {
        parent: None,
        mutation: Mutation::MoveAccount {
            account: account.to_owned(),
            from: from.id().to_owned(),
            to: to.to_owned(),
        },
        target_name: name_of(tree, account),
        path: path_names(tree, parent),
        to_path: tree.find(to).map(|to| path_names(tree, to)),
    })
}

/// The path to a node by names, the node included: `Root / Workloads / Prod`.
pub(super) fn path_names(tree: &Tree, ix: NodeIx) -> String {
    let path = tree.path(ix);
    let nodes = path.iter().filter_map(|ix| tree.get(*ix));
    nodes
        .map(crate::org::Node::label)
        .collect::<Vec<_>>()
        .join(" / ")
}

/// Whether the names of all OUs of a path are known; ids stand for the others.
fn is_named(path: &str) -> bool {
    !path.split(" / ").any(|name| name.starts_with("ou-"))
}

/// The path to a node by names, or its id where the tree does not have it.
fn path_of(tree: &Tree, id: &str) -> String {
    let path = tree.find(id).map(|ix| path_names(tree, ix));
    path.unwrap_or_else(|| id.to_owned())
}

/// The name of a node, or its id where the name is not known.
pub(super) fn name_of(tree: &Tree, id: &str) -> String {
    let node = tree.find(id).and_then(|ix| tree.get(ix));
    node.map_or(id, |node| node.label()).to_owned()
}

fn state_of(tree: &Tree, account: &str) -> Option<AccountState> {
    tree.get(tree.find(account)?)?.account()?.state.clone()
}

impl Moving {
    pub(super) fn title(confirm: &Confirm) -> String {
        let steps = steps(confirm);
        let what = match steps.as_slice() {
            [only] => only.change.target_name.clone(),
            many => format!("{} accounts", many.len()),
        };
        match confirm.order() {
            Order::Changes {
                undoes: Some(_), ..
            } => format!("Undo: move {what} back"),
            _ => format!("Move {what}"),
        }
    }

    /// The path of the destination, where it is the same for all.
    pub(super) fn destination(confirm: &Confirm) -> Option<String> {
        let steps = steps(confirm);
        let first = steps.first()?;
        let same = steps.iter().all(|step| step.to == first.to);
        let path = first.change.to_path.as_deref().unwrap_or(first.to);
        same.then(|| path.to_owned())
    }

    pub(super) fn body(&self, app: &App, confirm: &Confirm, text: &mut Text) {
        for warning in self.warnings(app, confirm) {
            text.say(Tone::Warning, &format!("! {warning}"));
        }
        if let Answer::NotChecked(error) = &self.trusted {
            say_control_tower_unchecked(text, error);
        }
        let mut groups: Vec<Vec<Step<'_>>> = Vec::new();
        for step in steps(confirm) {
            let same =
                |group: &&mut Vec<Step<'_>>| group[0].from == step.from && group[0].to == step.to;
            match groups.iter_mut().find(same) {
                Some(group) => group.push(step),
                None => groups.push(vec![step]),
            }
        }
        for group in &groups {
            for step in group {
                let line = format!("{}  {}", step.change.target_name, step.account);
                text.say(Tone::Heading, &line);
            }
            let first = &group[0];
            text.say(Tone::Plain, &format!("  from {}", first.change.path));
            let to = first.change.to_path.as_deref().unwrap_or(first.to);
            text.say(Tone::Plain, &format!("  to   {to}"));
            say_policies(app, first, steps(confirm).len() == 1, text);
        }
        if let Order::Changes {
            changes,
            stop_at_first_error,
            ..
        } = confirm.order()
        {
            if changes.len() > 1 {
                let stop = if *stop_at_first_error {
                    "The first that fails stops the others (s changes that)"
                } else {
                    "One that fails does not stop the others (s changes that)"
                };
                text.say(Tone::Plain, stop);
            }
            text.gap();
            text.say(Tone::Faint, "The same with the AWS CLI (c copies it):");
            for change in changes {
                text.say(Tone::Faint, &format!("  {}", change.mutation.command()));
            }
        }
    }

    /// What speaks against the move, as far as is known.
    pub(super) fn warnings(&self, app: &App, confirm: &Confirm) -> Vec<String> {
        let of_management = |step: &Step<'_>| app.management_account() == Some(step.account);
        let mut warnings: Vec<String> = steps(confirm)
            .into_iter()
            .filter(of_management)
            .map(|step| format!("{} {IN_MANAGEMENT_ACCOUNT}", step.change.target_name))
            .collect();
        warnings.extend(self.left_out.iter().cloned());
        let services = self.trusted.known().map(Vec::as_slice).unwrap_or_default();
        if services.iter().any(|service| service == CONTROL_TOWER) {
            warnings.push(
                "AWS Control Tower is active: an account that it governs drifts if moved here"
                    .into(),
            );
        }
        for step in steps(confirm) {
            let word = match state_of(&app.tree, step.account) {
                Some(AccountState::Closed) => "is closed",
                Some(AccountState::PendingClosure) => "is being closed",
                Some(AccountState::Suspended) => "is suspended",
                _ => continue,
            };
            warnings.push(format!("{} {word}", step.change.target_name));
        }
        warnings.extend(denials(app, confirm));
        warnings
    }

    pub(super) fn still_true(&self, app: &App, confirm: &Confirm) -> Result<(), String> {
        for step in steps(confirm) {
            let name = &step.change.target_name;
            let Some(ix) = app.tree.find(step.account) else {
                return Err(format!("{name} is no longer in the organization"));
            };
            let parent = app.tree.get(ix).and_then(crate::org::Node::parent);
            if parent.is_none() || parent != app.tree.find(step.from) {
                let path = |parent| path_names(&app.tree, parent);
                let now = parent.map_or("another OU".to_owned(), path);
                return Err(format!("{name} was moved meanwhile, it is in {now} now"));
            }
            if is_under_way(app, step.account) {
                return Err(format!("a move of {name} is under way"));
            }
            let now = name_of(&app.tree, step.account);
            if now != *name && name != step.account {
                return Err(format!(
                    "{name} was renamed meanwhile, it is called {now} now"
                ));
            }
            let confirmed = step.change.to_path.as_deref().unwrap_or(step.to);
            let Some(to) = app.tree.find(step.to) else {
                return Err(format!("{confirmed} is no longer there"));
            };
            let to = path_names(&app.tree, to);
            // That a name is known only now is no other name.
            if to != confirmed && is_named(confirmed) && is_named(&to) {
                return Err(format!("{confirmed} is {to} now"));
            }
            let state = state_of(&app.tree, step.account);
            let ending = matches!(
                state,
                Some(AccountState::PendingClosure | AccountState::Closed)
            );
            if ending && self.states.get(step.account) != Some(&state) {
                return Err(format!("{name} is being closed since"));
            }
        }
        Ok(())
    }

    pub(super) fn learn(&mut self, fact: &Fact) {
        if let Fact::TrustedAccess(services) = fact {
            self.trusted = services.clone();
        }
    }

    pub(super) fn keys(confirm: &Confirm) -> Vec<(&'static str, &'static str)> {
        let mut keys = vec![("c", "copy command")];
        if steps(confirm).len() > 1 {
            keys.push(("s", "stop at error"));
        }
        keys
    }

    pub(super) fn key(confirm: &mut Confirm, key: KeyCombination) -> Option<Vec<Effect>> {
        let Order::Changes {
            changes,
            stop_at_first_error,
            ..
        } = confirm.order()
        else {
            return None;
        };
        match key {
            key!(c) => Some(vec![copy_commands(changes)]),
            key!(s) if changes.len() > 1 => {
                let stop = !stop_at_first_error;
                confirm.set_stop_at_first_error(stop);
                Some(Vec::new())
            }
            _ => None,
        }
    }
}

/// The commands of these changes, a line each.
pub(super) fn copy_commands(changes: &[Change]) -> Effect {
    let commands = changes.iter().map(|change| change.mutation.command());
    let lines: Vec<_> = commands
        .map(|command| visible(&command).into_owned())
        .collect();
    Effect::Copy {
        what: "command",
        text: lines.join("\n"),
    }
}
