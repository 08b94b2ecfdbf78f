//! What is known of the policies along the ways of a move, and what is said of them.

use std::collections::BTreeSet;

use super::App;
use super::details::one_within;
use super::dialog::{self, Text, Tone};
use super::moving::{Step, name_of, steps};
use super::unchecked::say_unchecked;
use crate::confirm::Confirm;
use crate::effect::Effect;
use crate::org::{Answer, Attached, PolicyChange, Tree, policy_changes};

/// The ids from the root down to this node.
pub(super) fn chain(tree: &Tree, id: &str) -> Vec<String> {
    let path = tree.find(id).map(|ix| tree.placed_path(ix));
    let nodes = path.into_iter().flatten();
    nodes.map(|node| node.id().to_owned()).collect()
}

/// What of the attachments along the chains is not known yet.
pub(super) fn unread_policies(app: &App, confirm: &Confirm) -> Vec<(String, String)> {
    let steps = steps(confirm);
    let ends: BTreeSet<&str> = steps.iter().flat_map(|step| [step.from, step.to]).collect();
    let mut nodes: BTreeSet<String> = ends
        .into_iter()
        .flat_map(|id| chain(&app.tree, id))
        .collect();
    if let [only] = steps.as_slice() {
        nodes.insert(only.account.to_owned());
    }
    let types = app.tree.policy_types().unwrap_or_default();
    let keys = nodes
        .iter()
        .flat_map(|node| types.iter().map(|kind| (node.clone(), kind.clone())));
    let known =
        |key: &(String, String)| app.policies.get(key).is_some_and(|it| it.known().is_some());
    keys.filter(|key| !known(key)).collect()
}

pub(super) fn on_policies(app: &mut App, attached: Vec<Attached>) -> Vec<Effect> {
    for Attached {
        node,
        policy_type,
        policies,
    } in attached
    {
        app.policies.insert((node, policy_type), policies);
    }
    dialog::refresh(app);
    Vec::new()
}

/// The OUs of the old and the new chain in which everything is denied.
pub(super) fn denials(app: &App, confirm: &Confirm) -> Vec<String> {
    let mut told = Vec::new();
    for step in steps(confirm) {
        let (from, to) = (chain(&app.tree, step.from), chain(&app.tree, step.to));
        for node in to.iter().chain(&from) {
            for policy_type in app.tree.policy_types().unwrap_or_default() {
                let attached = app.policies.get(&(node.clone(), policy_type.clone()));
                let policies = attached.and_then(Answer::known);
                for policy in policies.into_iter().flatten() {
                    if !policy.denies_everything {
                        continue;
                    }
                    let when = match (from.contains(node), to.contains(node)) {
                        (true, true) => "before and after",
                        (true, false) => "until it is moved",
                        _ => "once it is moved",
                    };
                    let name = name_of(&app.tree, node);
                    let line = format!(
                        "{} denies everything in {name}: {when}, nothing can be done there",
                        policy.name
                    );
                    if !told.contains(&line) {
                        told.push(line);
                    }
                }
            }
        }
    }
    told
}

/// What is attached to the account itself goes with it: asked for only where there is one account.
pub(super) fn say_policies(app: &App, step: &Step<'_>, with_own: bool, text: &mut Text) {
    let Some(types) = app.tree.policy_types() else {
        let line = "  policies: not checked: which types are enabled was not told";
        return text.say(Tone::Faint, line);
    };
    if types.is_empty() {
        return text.say(Tone::Faint, "  policies: no policy type is enabled");
    }
    let (mut from, mut to) = (chain(&app.tree, step.from), chain(&app.tree, step.to));
    if with_own {
        from.push(step.account.to_owned());
        to.push(step.account.to_owned());
    }
    let attached = |node: &str, policy_type: &str| {
        app.policies.get(&(node.to_owned(), policy_type.to_owned()))
    };
    let changes = policy_changes(types, &from, &to, attached);
    for change in &changes {
        say_change(change, text);
    }
    let kinds: Vec<String> = changes.iter().map(kind).collect();
    let unchecked = changes.iter().zip(&kinds);
    let unchecked =
        unchecked.filter_map(|(change, kind)| Some((kind.as_str(), change.not_checked.as_ref()?)));
    say_unchecked(text, unchecked);
}

/// The policy type in words.
fn kind(change: &PolicyChange) -> String {
    one_within(&change.policy_type)
}

fn say_change(change: &PolicyChange, text: &mut Text) {
    let kind = kind(change);
    for policy in &change.lost {
        let line = format!("  - {kind} lost: {} {}", policy.name, policy.id);
        text.say(Tone::Lost, &line);
    }
    for policy in &change.gained {
        let line = format!("  + {kind} gained: {} {}", policy.name, policy.id);
        text.say(Tone::Gained, &line);
    }
    if change.not_checked.is_some() {
        // Told once for all types.
    } else if change.pending {
        text.say(Tone::Faint, &format!("  {kind}: still reading"));
    } else if change.lost.is_empty() && change.gained.is_empty() {
        text.say(Tone::Faint, &format!("  {kind}: stays the same"));
    }
}
