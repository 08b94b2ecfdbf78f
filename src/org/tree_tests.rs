//! The tree against scenes from a walk, and against a naive model.

use std::collections::BTreeMap;

use super::*;
use crate::org::{AccountState, ErrorKind, OrgError};

fn root() -> Observation {
    Observation::Root(Root {
        id: "r-1".into(),
        name: Some("Root".into()),
        ..Root::default()
    })
}

fn unit(id: &str, name: Option<&str>, parent: &str) -> Observation {
    Observation::OrganizationalUnit {
        unit: OrganizationalUnit {
            id: id.into(),
            name: name.map(Into::into),
            ..OrganizationalUnit::default()
        },
        parent: parent.into(),
    }
}

fn account(id: &str, name: &str, state: AccountState, ancestors: &[&str]) -> Observation {
    Observation::Account {
        account: Account {
            id: id.into(),
            name: Some(name.into()),
            state: Some(state),
            ..Account::default()
        }
        .into(),
        ancestors: ancestors.iter().map(|&id| id.into()).collect(),
    }
}

fn labels(tree: &Tree) -> Vec<String> {
    tree.top_level()
        .flat_map(|top| tree.depth_first(top))
        .map(|ix| {
            let depth = tree.ancestors(ix).count();
            format!("{}{}", "  ".repeat(depth), tree.get(ix).unwrap().label())
        })
        .collect()
}

fn walked(observations: Vec<Observation>) -> Tree {
    let mut tree = Tree::new();
    tree.begin_walk();
    tree.apply(observations);
    tree
}

#[test]
fn units_known_only_from_account_paths_get_their_names_later() {
    let mut tree = walked(vec![
        root(),
        account("2", "b", AccountState::Active, &["r-1", "ou-x", "ou-y"]),
        account("1", "a", AccountState::Active, &["r-1"]),
    ]);
    assert_eq!(
        labels(&tree),
        ["Root", "  ou-x", "    ou-y", "      b", "  a"]
    );
    let before = tree.find("ou-y").unwrap();
    tree.apply([unit("ou-y", Some("Workloads"), "ou-x")]);
    assert_eq!(tree.get(before).unwrap().name(), Some("Workloads"));
}

#[test]
fn siblings_are_sorted_units_first_then_by_name_then_by_id() {
    let tree = walked(vec![
        root(),
        account("9", "same", AccountState::Active, &["r-1"]),
        account("1", "same", AccountState::Active, &["r-1"]),
        account("5", "Zed", AccountState::Active, &["r-1"]),
        unit("ou-2", Some("zz"), "r-1"),
        unit("ou-1", Some("aa"), "r-1"),
    ]);
    let top = tree.get(tree.root().unwrap()).unwrap();
    let ids: Vec<_> = top
        .children()
        .iter()
        .map(|ix| tree.get(*ix).unwrap().id())
        .collect();
    assert_eq!(ids, ["ou-1", "ou-2", "5", "1", "9"]);
}

#[test]
fn counts_follow_moves_and_state_changes() {
    let mut tree = walked(vec![
        root(),
        unit("ou-1", Some("a"), "r-1"),
        unit("ou-2", Some("b"), "r-1"),
        account("1", "x", AccountState::Active, &["r-1", "ou-1"]),
    ]);
    let counts = |tree: &Tree, id: &str| tree.get(tree.find(id).unwrap()).unwrap().counts();
    assert_eq!(counts(&tree, "ou-1").accounts, 1);
    tree.apply([account("1", "x", AccountState::Closed, &["r-1", "ou-2"])]);
    assert_eq!(counts(&tree, "ou-1"), Counts::default());
    let below_root = Counts {
        units: 2,
        accounts: 1,
        closed: 1,
        incomplete: 0,
    };
    assert_eq!(counts(&tree, "r-1"), below_root);
    assert_eq!(tree.totals(), below_root);
}

#[test]
fn an_account_keeps_its_index_across_a_move_and_a_gone_index_means_nothing() {
    let mut tree = walked(vec![
        root(),
        unit("ou-1", Some("a"), "r-1"),
        account("1", "x", AccountState::Active, &["r-1"]),
    ]);
    let ix = tree.find("1").unwrap();
    tree.apply([account("1", "x", AccountState::Active, &["r-1", "ou-1"])]);
    assert_eq!(tree.find("1"), Some(ix));
    tree.apply([Observation::Vanished { node: "1".into() }]);
    assert_eq!(tree.get(ix), None);
    tree.apply([account("1", "x", AccountState::Active, &["r-1"])]);
    assert_eq!(tree.get(ix), None, "a slot is never used again");
}

#[test]
fn a_complete_reload_removes_what_it_did_not_see_and_an_incomplete_one_does_not() {
    let scene = vec![
        root(),
        unit("ou-1", Some("a"), "r-1"),
        account("1", "x", AccountState::Active, &["r-1", "ou-1"]),
        account("2", "y", AccountState::Active, &["r-1"]),
    ];
    let mut tree = walked(scene.clone());
    tree.begin_walk();
    tree.apply(scene.into_iter().take(3));
    tree.finish_walk(&WalkScope::Organization, false);
    assert!(tree.find("2").is_some());
    tree.finish_walk(&WalkScope::Organization, true);
    assert_eq!(tree.find("2"), None);
    assert_eq!(labels(&tree), ["Root", "  a", "    x"]);
}

#[test]
fn a_subtree_reload_leaves_the_rest_alone() {
    let mut tree = walked(vec![
        root(),
        unit("ou-1", Some("a"), "r-1"),
        account("1", "x", AccountState::Active, &["r-1", "ou-1"]),
        account("2", "y", AccountState::Active, &["r-1"]),
    ]);
    tree.begin_walk();
    tree.apply([unit("ou-1", Some("renamed"), "r-1")]);
    let scope = WalkScope::Subtree {
        node: "ou-1".into(),
        known_accounts: vec!["1".into()],
    };
    tree.finish_walk(&scope, true);
    assert_eq!(labels(&tree), ["Root", "  renamed", "  y"]);
}

#[test]
fn accounts_of_a_vanished_unit_wait_for_a_parent_when_this_walk_has_seen_them() {
    let mut tree = walked(vec![
        root(),
        unit("ou-1", Some("a"), "r-1"),
        account("1", "x", AccountState::Active, &["r-1", "ou-1"]),
        Observation::Vanished {
            node: "ou-1".into(),
        },
    ]);
    assert_eq!(labels(&tree), ["Root", "Without a known parent", "  x"]);
    tree.apply([Observation::AccountPlaced {
        account: "1".into(),
        parent: "r-1".into(),
    }]);
    assert_eq!(labels(&tree), ["Root", "  x"]);
}

#[test]
fn without_a_root_an_ou_is_no_root_and_its_accounts_can_be_seen() {
    let mut tree = walked(vec![account("1", "x", AccountState::Active, &["ou-1"])]);
    assert_eq!(labels(&tree), ["Without a known parent", "  ou-1", "    x"]);
    tree.apply([root(), unit("ou-1", Some("a"), "r-1")]);
    assert_eq!(labels(&tree), ["Root", "  a", "    x"]);
}

#[test]
fn a_failed_listing_is_remembered_until_it_succeeds() {
    let mut tree = walked(vec![root()]);
    let error = OrgError::new(ErrorKind::AccessDenied, "no").during("ListAccountsForParent");
    let top = tree.root().unwrap();
    tree.apply([
        Observation::Listed {
            node: "r-1".into(),
            listing: Listing::OrganizationalUnits,
        },
        Observation::ListingFailed {
            node: "r-1".into(),
            listing: Listing::Accounts,
            error: error.clone(),
        },
    ]);
    assert_eq!(tree.get(top).unwrap().error(), Some(&error));
    assert!(tree.get(top).unwrap().is_loaded());
    tree.apply([Observation::Listed {
        node: "r-1".into(),
        listing: Listing::Accounts,
    }]);
    assert_eq!(tree.get(top).unwrap().error(), None);
}

#[test]
fn another_root_takes_the_place_of_the_old_one() {
    let mut tree = walked(vec![
        root(),
        account("1", "x", AccountState::Active, &["r-1"]),
    ]);
    tree.begin_walk();
    let other = Root {
        id: "r-2".into(),
        name: Some("Other".into()),
        ..Root::default()
    };
    tree.apply([
        Observation::Root(other),
        account("2", "y", AccountState::Active, &["r-2"]),
    ]);
    tree.finish_walk(&WalkScope::Organization, true);
    assert_eq!(labels(&tree), ["Other", "  y"]);
}

#[test]
fn a_walk_that_tells_nothing_new_is_no_new_revision() {
    let scene = || {
        vec![
            root(),
            unit("ou-1", Some("a"), "r-1"),
            account("1", "x", AccountState::Active, &["r-1", "ou-1"]),
        ]
    };
    let mut tree = walked(scene());
    let before = tree.revision();
    tree.begin_walk();
    tree.apply(scene());
    tree.finish_walk(&WalkScope::Organization, true);
    assert_eq!(tree.revision(), before);
    tree.apply([account(
        "1",
        "renamed",
        AccountState::Active,
        &["r-1", "ou-1"],
    )]);
    assert_ne!(tree.revision(), before);
}

#[test]
fn what_a_failed_listing_may_hide_is_known_all_the_way_up() {
    let mut tree = walked(vec![
        root(),
        unit("ou-1", Some("a"), "r-1"),
        unit("ou-2", Some("b"), "ou-1"),
    ]);
    let error = OrgError::new(ErrorKind::AccessDenied, "no");
    let (node, listing) = (String::from("ou-2"), Listing::Accounts);
    tree.apply([Observation::ListingFailed {
        node: node.clone(),
        listing,
        error,
    }]);
    let incomplete = |tree: &Tree, id| {
        tree.get(tree.find(id).unwrap())
            .unwrap()
            .counts()
            .incomplete
    };
    assert_eq!(
        (
            incomplete(&tree, "r-1"),
            incomplete(&tree, "ou-1"),
            incomplete(&tree, "ou-2")
        ),
        (1, 1, 0)
    );
    tree.apply([Observation::Listed { node, listing }]);
    assert_eq!(tree.totals().incomplete, 0);
}

#[test]
fn nonsense_from_the_service_makes_no_cycle_and_no_unit_of_an_account() {
    let tree = walked(vec![
        root(),
        unit("ou-1", Some("a"), "r-1"),
        unit("ou-2", Some("b"), "ou-1"),
        unit("ou-1", Some("a"), "ou-2"),
        unit("ou-1", Some("a"), "ou-1"),
        account("7", "x", AccountState::Active, &["r-1"]),
        unit("7", Some("evil"), "r-1"),
        unit("ou-3", Some("below an account"), "7"),
    ]);
    assert_eq!(labels(&tree), ["Root", "  a", "    b", "  x"]);
    assert_eq!(
        tree.get(tree.find("7").unwrap()).unwrap().kind(),
        NodeKind::Account
    );
}

#[derive(Debug, Clone)]
enum Step {
    Unit(u8, u8),
    Account(u8, u8, bool),
    Vanish(u8),
}

/// The naive model: each id's parent and whether it is a closed account, nothing else.
#[derive(Default)]
struct Model(BTreeMap<String, (String, Option<bool>)>);

impl Model {
    fn chain(&self, id: &str) -> Vec<String> {
        let up = |id: &String| self.0.get(id).map(|(parent, _)| parent.clone());
        std::iter::successors(Some(id.to_owned()), up).collect()
    }

    fn place(&mut self, id: &str, parent: &str, account: Option<bool>) {
        let known = parent == "r-1" || self.0.get(parent).is_some_and(|(_, kind)| kind.is_none());
        if known && !self.chain(parent).contains(&id.to_owned()) {
            self.0.insert(id.to_owned(), (parent.to_owned(), account));
        }
    }

    fn remove(&mut self, id: &str) {
        let below: Vec<_> = self
            .0
            .keys()
            .filter(|other| self.chain(other).contains(&id.to_owned()))
            .cloned()
            .collect();
        for gone in below {
            self.0.remove(&gone);
        }
    }

    fn counts(&self, id: &str) -> Counts {
        let mut counts = Counts::default();
        for (other, (_, kind)) in &self.0 {
            if other != id && self.chain(other).contains(&id.to_owned()) {
                match kind {
                    None => counts.units += 1,
                    Some(closed) => {
                        counts.accounts += 1;
                        counts.closed += usize::from(*closed);
                    }
                }
            }
        }
        counts
    }
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    use proptest::prelude::*;
    prop_oneof![
        (0..8u8, 0..8u8).prop_map(|(id, parent)| Step::Unit(id, parent)),
        (0..12u8, 0..8u8, any::<bool>())
            .prop_map(|(id, parent, closed)| Step::Account(id, parent, closed)),
        (0..8u8).prop_map(Step::Vanish),
    ]
}

proptest::proptest! {
    #[test]
    fn parents_and_counts_agree_with_a_naive_model(
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let (mut tree, mut model) = (walked(vec![root()]), Model::default());
        let container = |n: u8| if n == 0 { "r-1".to_owned() } else { format!("ou-{n}") };
        for step in steps {
            // A new walk each time, so that a vanishing OU takes its accounts along, as in the model.
            tree.begin_walk();
            match step {
                Step::Unit(0, _) | Step::Vanish(0) => {}
                Step::Unit(id, parent) => {
                    let parent = container(parent);
                    if parent == "r-1" || model.0.contains_key(&parent) {
                        tree.apply([unit(&container(id), Some("n"), &parent)]);
                        model.place(&container(id), &parent, None);
                    }
                }
                Step::Account(id, parent, closed) => {
                    let (id, parent) = (id.to_string(), container(parent));
                    if parent == "r-1" || model.0.contains_key(&parent) {
                        let state = if closed { AccountState::Closed } else { AccountState::Active };
                        tree.apply([account(&id, "n", state, &[&parent])]);
                        model.place(&id, &parent, Some(closed));
                    }
                }
                Step::Vanish(id) => {
                    tree.apply([Observation::Vanished { node: container(id) }]);
                    model.remove(&container(id));
                }
            }
        }
        let ids: BTreeMap<_, _> = tree.iter().map(|(ix, node)| (node.id().to_owned(), ix)).collect();
        proptest::prop_assert_eq!(ids.len(), model.0.len() + 1);
        for (id, (parent, _)) in &model.0 {
            let node = tree.get(ids[id]).unwrap();
            proptest::prop_assert_eq!(tree.get(node.parent().unwrap()).unwrap().id(), parent);
            proptest::prop_assert_eq!(node.counts(), model.counts(id));
        }
        proptest::prop_assert_eq!(tree.totals(), model.counts("r-1"));
    }
}
