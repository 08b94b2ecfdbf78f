//! Everything that a policy reaches: what it is attached to, and all accounts below that.

use std::collections::BTreeSet;

use super::App;
use super::details::{Item, Page, Tone, count};
use super::moving::path_names;
use crate::org::{Node, NodeIx, NodeKind, Policy, Target, has_effect, is_authorization, reach};

/// What is reached, as far as that is known.
struct Reached {
    /// In the order of the tree.
    accounts: Vec<NodeIx>,
    /// How many accounts without a known parent may be below an OU that is a target.
    maybe: usize,
    /// Whether there is a management account below the targets in which it has no effect.
    without_effect: bool,
    /// Whether something below the targets was not read.
    unread: bool,
}

impl Reached {
    fn of(app: &App, policy: &Policy, targets: &[Target]) -> Self {
        let kind = &policy.policy_type;
        let management = app.management_account();
        let found = reach(&app.tree, kind, targets, management);
        let mut accounts = found.accounts;
        let without_parent = without_parent(app);
        let mut maybe = 0;
        if is_on_root(app, targets) {
            // Whatever it is that contains them, it is below the root.
            let has_effect = |ix: &NodeIx| {
                let id = app.tree.get(*ix).map(Node::id);
                has_effect(kind, id.is_some() && id == management)
            };
            accounts.extend(without_parent.into_iter().filter(has_effect));
        } else if targets.iter().any(|target| is_container(app, target)) {
            let others = without_parent.iter().filter(|ix| !accounts.contains(ix));
            maybe = others.count();
        }
        Self {
            accounts: in_order(app, &accounts),
            maybe,
            without_effect: found.without_effect.is_some(),
            unread: found.incomplete,
        }
    }

    /// What speaks against taking the numbers for the truth.
    fn doubts(&self, app: &App, policy: &Policy, page: &mut Page) {
        if self.without_effect {
            let text = "! the management account is below it too, and there it has no effect";
            page.say(0, &Tone::Warning, text);
        }
        if is_authorization(&policy.policy_type) && app.management_account().is_none() {
            let text =
                "? in the management account it has no effect; which one that is, is not known";
            page.say(0, &Tone::Warning, text);
        }
        if self.maybe > 0 {
            let accounts = count(self.maybe, "account");
            let text =
                format!("? incomplete: {accounts} without a known parent may be below it too");
            page.say(0, &Tone::Warning, &text);
        } else if self.unread {
            let text = "? incomplete: not everything below it was read";
            page.say(0, &Tone::Warning, text);
        }
    }
}

/// What is known of what these targets lead to; there may be more of them unless they are all.
pub(super) fn page(app: &App, policy: &Policy, targets: &[Target], is_all: bool, page: &mut Page) {
    if targets.is_empty() && !is_all {
        return;
    }
    if targets.is_empty() {
        return page.say(
            0,
            &Tone::Plain,
            "Attached to nothing: it reaches no account.",
        );
    }
    let reached = Reached::of(app, policy, targets);
    let accounts = reached.accounts.iter();
    let accounts = accounts.filter_map(|ix| app.tree.get(*ix));
    let closed = accounts.clone().filter(|it| it.is_closed_account()).count();
    let more = if is_all { "" } else { " so far" };
    let is_incomplete =
        !is_all || reached.unread || reached.maybe > 0 || app.load.walking().is_some();
    let so_far = if is_incomplete { " so far" } else { "" };
    let closed = match closed {
        0 => String::new(),
        closed => format!(", {closed} of them closed"),
    };
    let all = count(reached.accounts.len(), "account");
    let text = format!(
        "Attached to {}{more}, reaches {all}{so_far}{closed}",
        count(targets.len(), "target"),
    );
    page.say(0, &Tone::Heading, &text);
    reached.doubts(app, policy, page);
    page.heading("Attached to");
    let mut targets: Vec<&Target> = targets.iter().collect();
    targets.sort_by_cached_key(|target| {
        let known = app.tree.find(&target.id);
        let path = known.map(|ix| path_names(&app.tree, ix));
        // What is not in the tree has no place in it.
        (path.is_none(), path, target.id.clone())
    });
    for one in targets {
        target(app, one, page);
    }
    page.heading(&format!("{all}{so_far}"));
    for (node, account) in accounts.filter_map(|node| Some((node, node.account()?))) {
        let place = node.parent().map(|parent| path_names(&app.tree, parent));
        let place = place.unwrap_or_default();
        let name = account.name.as_deref().unwrap_or("name not known");
        let tone = account.state.clone().map_or(Tone::Plain, Tone::State);
        let text = format!("{name}  {}  {place}", account.id);
        page.item(0, &tone, &text, Item::Node(account.id.clone()));
    }
}

/// Whether a target may contain accounts: what the tree does not know is an OU by its id.
fn is_container(app: &App, target: &Target) -> bool {
    let node = app.tree.find(&target.id).and_then(|ix| app.tree.get(ix));
    match node {
        Some(node) => node.kind() != NodeKind::Account,
        None => target.id.starts_with("ou-"),
    }
}

/// The accounts of which nobody has told where they are.
fn without_parent(app: &App) -> Vec<NodeIx> {
    let top = app.tree.top_level();
    let unplaced = top.filter(|ix| {
        let node = app.tree.get(*ix);
        node.is_some_and(|node| node.kind() == NodeKind::Unplaced)
    });
    let below = unplaced.flat_map(|ix| app.tree.depth_first(ix));
    let is_account = |ix: &NodeIx| {
        let node = app.tree.get(*ix);
        node.is_some_and(|node| node.account().is_some())
    };
    below.filter(is_account).collect()
}

fn is_on_root(app: &App, targets: &[Target]) -> bool {
    let root = app.tree.root();
    targets
        .iter()
        .any(|target| root.is_some() && app.tree.find(&target.id) == root)
}

/// In the order of the tree.
fn in_order(app: &App, accounts: &BTreeSet<NodeIx>) -> Vec<NodeIx> {
    let all = app.tree.top_level();
    let all = all.flat_map(|ix| app.tree.depth_first(ix));
    all.filter(|ix| accounts.contains(ix)).collect()
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
