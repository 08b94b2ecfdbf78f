//! Everything that a policy reaches: what it is attached to, and all accounts below that.

use std::collections::BTreeSet;

use super::App;
use super::details::{Item, Page, Tone, count};
use super::moving::path_names;
use crate::org::{Node, NodeIx, NodeKind, Policy, Target};

pub(super) fn page(app: &App, policy: &Policy, targets: &[Target], page: &mut Page) {
    if targets.is_empty() {
        return page.say(
            0,
            &Tone::Plain,
            "Attached to nothing: it reaches no account.",
        );
    }
    let accounts = accounts(app, targets);
    let nodes = || accounts.iter().filter_map(|ix| app.tree.get(*ix));
    let closed = nodes().filter(|node| node.is_closed_account()).count();
    let so_far = if app.load.walking().is_some() {
        " so far"
    } else {
        ""
    };
    let closed = match closed {
        0 => String::new(),
        closed => format!(", {closed} of them closed"),
    };
    let text = format!(
        "Attached to {}, reaches {}{so_far}{closed}",
        count(targets.len(), "target"),
        count(accounts.len(), "account")
    );
    page.say(0, &Tone::Heading, &text);
    let control = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"];
    let management = app.management_account();
    let reaches_it = nodes().any(|node| Some(node.id()) == management);
    if control.contains(&policy.policy_type.as_str()) && reaches_it {
        let text = "! the management account is among them, and there it has no effect";
        page.say(0, &Tone::Warning, text);
    }
    page.heading("Attached to");
    for one in targets {
        target(app, one, page);
    }
    page.heading(&format!("{}{so_far}", count(accounts.len(), "account")));
    for (ix, account) in accounts
        .iter()
        .filter_map(|ix| Some((ix, app.tree.get(*ix)?.account()?)))
    {
        let parent = app.tree.get(*ix).and_then(Node::parent);
        let place = parent.map_or(String::new(), |parent| path_names(&app.tree, parent));
        let name = account.name.as_deref().unwrap_or("name not known");
        let tone = account.state.clone().map_or(Tone::Plain, Tone::State);
        let text = format!("{name}  {}  {place}", account.id);
        page.item(0, &tone, &text, Item::Node(account.id.clone()));
    }
}

fn target(app: &App, target: &Target, page: &mut Page) {
    let kind = target.kind.replace('_', " ").to_lowercase();
    let known = app.tree.find(&target.id);
    let text = match known.and_then(|ix| Some((ix, app.tree.get(ix)?))) {
        Some((ix, node)) if node.kind() == NodeKind::Account => {
            format!("{}  {}", path_names(&app.tree, ix), target.id)
        }
        Some((ix, node)) => {
            let below = count(node.counts().accounts, "account");
            format!("{}  {below}", path_names(&app.tree, ix))
        }
        None => format!("{kind} {}  {} (not in the tree)", target.name, target.id),
    };
    page.item(0, &Tone::Plain, &text, Item::Node(target.id.clone()));
}

/// All accounts that are targets or below one, each once, in the order of the tree.
fn accounts(app: &App, targets: &[Target]) -> Vec<NodeIx> {
    let tree = &app.tree;
    let nodes = targets.iter().filter_map(|target| tree.find(&target.id));
    let nodes: BTreeSet<NodeIx> = nodes.collect();
    // What is below another target comes with that.
    let outermost = nodes
        .iter()
        .filter(|ix| !tree.ancestors(**ix).any(|above| nodes.contains(&above)));
    let below = outermost.flat_map(|ix| tree.depth_first(*ix));
    let is_account = |ix: &NodeIx| tree.get(*ix).is_some_and(|node| node.account().is_some());
    below.filter(is_account).collect()
}
