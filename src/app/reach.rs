//! Everything that a policy reaches: what it is attached to, and all accounts below that.

use super::App;
use super::details::{Item, Page, Tone, count};
use super::moving::path_names;
use crate::org::{Node, NodeIx, NodeKind, Policy, Target, reach};

pub(super) fn page(app: &App, policy: &Policy, targets: &[Target], page: &mut Page) {
    if targets.is_empty() {
        return page.say(
            0,
            &Tone::Plain,
            "Attached to nothing: it reaches no account.",
        );
    }
    let reach = reach(
        &app.tree,
        &policy.policy_type,
        targets,
        app.management_account(),
    );
    let order = app.tree.root().map(|root| app.tree.depth_first(root));
    let order = order.unwrap_or_default().into_iter();
    let accounts: Vec<NodeIx> = order.filter(|ix| reach.accounts.contains(ix)).collect();
    let closed = accounts.iter().filter_map(|ix| app.tree.get(*ix));
    let closed = closed.filter(|node| node.is_closed_account()).count();
    let so_far = if reach.incomplete || app.load.walking().is_some() {
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
    if reach.without_effect.is_some() {
        let text = "! the management account is below it too, and there it has no effect";
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
