//! Children: what is in a root or OU.

use std::collections::BTreeMap;

use super::super::perform::cursor;
use super::super::{App, ago};
use super::{Item, Page, Tone, count};
use crate::org::{Account, AccountState, Node, NodeIx, NodeKind, Tree};

/// So many accounts are listed; the tree has them all.
const LISTED: usize = 200;

/// What is counted of the children of a node: anew only when the tree has changed, since there may
/// be thousands of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Summary {
    of: Option<(NodeIx, u64)>,
    /// Directly inside, by state.
    here: States,
    /// At any depth.
    below: States,
    /// Those directly inside that joined last, the newest first.
    newest: Vec<NodeIx>,
}

type States = BTreeMap<Option<AccountState>, usize>;

impl Summary {
    /// Counts again if the cursor or the tree asks for it.
    pub(in super::super) fn refresh(app: &mut App) {
        if super::super::tabs::shown(app) != super::Tab::Children {
            return;
        }
        let of = cursor(app).map(|(ix, _)| (ix, app.tree.revision()));
        if app.tabs.children().of != of {
            let summary = of.map(|(ix, _)| Self::of(&app.tree, ix));
            app.tabs.set_children(summary.unwrap_or_default());
        }
    }

    fn of(tree: &Tree, ix: NodeIx) -> Self {
        let mut summary = Self {
            of: Some((ix, tree.revision())),
            ..Self::default()
        };
        let state = |account: &Account| account.state.clone();
        for below in tree.depth_first(ix) {
            let Some(node) = tree.get(below) else {
                continue;
            };
            let Some(account) = node.account() else {
                continue;
            };
            *summary.below.entry(state(account)).or_default() += 1;
            if node.parent() == Some(ix) {
                *summary.here.entry(state(account)).or_default() += 1;
                summary.newest.push(below);
            }
        }
        let joined = |ix: &NodeIx| {
            let account = tree.get(*ix).and_then(Node::account);
            std::cmp::Reverse(account.and_then(|account| account.joined_at))
        };
        if summary.newest.len() > LISTED {
            summary.newest.select_nth_unstable_by_key(LISTED, joined);
            summary.newest.truncate(LISTED);
        }
        summary.newest.sort_by_key(joined);
        summary
    }
}

pub(super) fn page(app: &App, ix: NodeIx, node: &Node, page: &mut Page) {
    let fresh;
    let known = app.tabs.children();
    let summary = if known.of == Some((ix, app.tree.revision())) {
        known
    } else {
        fresh = Summary::of(&app.tree, ix);
        &fresh
    };
    let so_far = if app.load.walking().is_some() || !is_complete(node) {
        " so far"
    } else {
        ""
    };
    let below = node.counts();
    page.push_states(&format!("Here{so_far}"), &summary.here);
    if below.units > 0 {
        page.push_states(&format!("All below{so_far}"), &summary.below);
    }
    if let Some(error) = node.error() {
        page.say(0, &Tone::Problem, &format!("incomplete: {error}"));
    }
    units(app, node, so_far, page);
    accounts(app, summary, so_far, page);
}

fn is_complete(node: &Node) -> bool {
    node.is_loaded() && node.counts().incomplete == 0 && node.error().is_none()
}

fn units(app: &App, node: &Node, so_far: &str, page: &mut Page) {
    let children = node.children().iter();
    let children = children.filter_map(|ix| app.tree.get(*ix));
    let units: Vec<&Node> = children
        .filter(|child| child.kind() == NodeKind::OrganizationalUnit)
        .collect();
    if units.is_empty() {
        return;
    }
    page.heading(&format!("{}{so_far}", count(units.len(), "OU")));
    for unit in units {
        let below = unit.counts();
        let mut facts = vec![count(below.accounts, "account")];
        if below.closed > 0 {
            facts.push(format!("{} closed", below.closed));
        }
        if below.units > 0 {
            facts.push(count(below.units, "OU"));
        }
        let text = format!("{}  {}", unit.label(), facts.join(", "));
        page.item(0, &Tone::Plain, &text, Item::Node(unit.id().to_owned()));
    }
}

fn accounts(app: &App, summary: &Summary, so_far: &str, page: &mut Page) {
    let all: usize = summary.here.values().sum();
    if all == 0 {
        return;
    }
    page.heading(&format!(
        "{}{so_far}, the newest first",
        count(all, "account")
    ));
    let newest = summary.newest.iter();
    for account in newest.filter_map(|ix| app.tree.get(*ix)?.account()) {
        let name = account.name.as_deref().unwrap_or("name not known");
        let joined = account.joined_at.map_or("not known".into(), |at| {
            format!("{}, {}", at.strftime("%F"), ago(at, app.now))
        });
        let text = format!("{name}  {}  joined {joined}", account.id);
        let tone = account.state.clone().map_or(Tone::Plain, Tone::State);
        page.item(0, &tone, &text, Item::Node(account.id.clone()));
    }
    if all > summary.newest.len() {
        let rest = count(all - summary.newest.len(), "more account");
        page.say(0, &Tone::Faint, &format!("{rest}: the tree has them all"));
    }
}

impl Page {
    /// How many accounts are in which state.
    fn push_states(&mut self, title: &str, states: &States) {
        let all: usize = states.values().sum();
        self.say(
            0,
            &Tone::Heading,
            &format!("{title}: {}", count(all, "account")),
        );
        for (state, number) in states {
            let (tone, word) = match state {
                Some(state) => (Tone::State(state.clone()), state.as_str().replace('_', " ")),
                None => (Tone::Plain, "state not told".to_owned()),
            };
            self.say(2, &tone, &format!("{number} {word}"));
        }
    }
}
