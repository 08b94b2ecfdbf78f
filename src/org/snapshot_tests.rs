use super::*;
use crate::org::{AccountState, JoinedMethod, What, Whereabouts};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2026-11-22T12:00:00Z")
}

fn later() -> Timestamp {
    at("2026-11-22T15:00:00Z")
}

fn organization() -> Organization {
    Organization {
        id: "o-example".into(),
        management_account_id: Some("000000000001".into()),
        ..Organization::default()
    }
}

fn unit(id: &str, name: &str, parent: &str) -> Observation {
    Observation::OrganizationalUnit {
        unit: OrganizationalUnit {
            id: id.into(),
            name: Some(name.into()),
            ..OrganizationalUnit::default()
        },
        parent: parent.into(),
    }
}

fn account(id: &str, name: &str, parent: &str) -> Observation {
    Observation::Account {
        account: Account {
            id: id.into(),
            name: Some(name.into()),
            email: Some(format!("{id}@example.com")),
            state: Some(AccountState::Active),
            joined_method: Some(JoinedMethod::Created),
            joined_at: Some(noon()),
            arn: Some(format!("arn:aws:organizations::1:account/o-example/{id}")),
        }
        .into(),
        ancestors: vec![parent.into()],
    }
}

fn tree() -> Tree {
    let mut tree = Tree::new();
    tree.begin_walk();
    tree.apply([
        Observation::Root(Root {
            id: "r-1".into(),
            name: Some("Root".into()),
            policy_types: Some(vec!["SERVICE_CONTROL_POLICY".into()]),
            ..Root::default()
        }),
        unit("ou-1-workloads", "Workloads", "r-1"),
        // Its id comes before that of what contains it.
        unit("ou-1-prod", "Prod", "ou-1-workloads"),
        unit("ou-1-old", "Old", "r-1"),
        account("000000000001", "management", "r-1"),
        account("000000000002", "shop", "ou-1-prod"),
        account("000000000003", "bank", "ou-1-prod"),
        account("000000000004", "gone soon", "ou-1-old"),
    ]);
    tree
}

fn snapshot() -> Snapshot {
    Snapshot::of(&tree(), organization(), noon()).unwrap()
}

/// Every node with what is above it, in the order of the tree.
fn shape(tree: &Tree) -> Vec<(String, String)> {
    let nodes = tree.top_level().flat_map(|top| tree.depth_first(top));
    let nodes = nodes.filter_map(|ix| Some((tree.get(ix)?, tree.path(ix))));
    let names = |path: &[crate::org::NodeIx]| {
        let names = path.iter().map(|ix| tree.get(*ix).unwrap().label());
        names.collect::<Vec<_>>().join("/")
    };
    nodes
        .map(|(node, path)| (format!("{:?}", node.data), names(&path)))
        .collect()
}

#[test]
fn a_tree_comes_back_from_its_snapshot_as_it_was() {
    let back = snapshot().tree();
    assert_eq!(shape(&back), shape(&tree()));
    assert_eq!(back.totals(), tree().totals());
    let loaded = |(_, node): (_, &crate::org::Node)| node.is_loaded();
    assert!(back.iter().all(loaded));
    assert_eq!(
        Snapshot::of(&back, organization(), noon()),
        Some(snapshot()),
    );
}

#[test]
fn without_a_root_there_is_no_snapshot() {
    assert_eq!(Snapshot::of(&Tree::new(), organization(), noon()), None);
}

#[test]
fn a_root_tells_of_which_organization_it_is_where_its_arn_is_as_the_services_are() {
    let mut hierarchy = snapshot().hierarchy;
    let arns = [
        (None, false),
        (Some("arn:aws:organizations::1:root/o-example/r-1"), false),
        (Some("arn:aws:organizations::1:root/o-other/r-1"), true),
        (Some("arn:aws:organizations::1:root/r-1"), false),
        (Some("o-other"), false),
        (Some(""), false),
    ];
    for (arn, is_of_another) in arns {
        hierarchy.root.arn = arn.map(str::to_owned);
        assert_eq!(
            hierarchy.is_of_two_organizations(),
            is_of_another,
            "{arn:?}"
        );
    }
    hierarchy.organization.id = "an emulator's".into();
    hierarchy.root.arn = Some("arn:aws:organizations::1:root/o-other/r-1".into());
    assert!(!hierarchy.is_of_two_organizations());
}

#[test]
fn a_snapshot_whose_order_was_lost_is_put_into_it() {
    let mut mixed = snapshot();
    mixed.accounts.reverse();
    mixed.accounts.push(mixed.accounts[0].clone());
    mixed.hierarchy.units.reverse();
    mixed.sort();
    assert_eq!(mixed, snapshot());
}

#[test]
fn what_makes_no_sense_in_a_snapshot_makes_no_tree_that_is_none() {
    let mut odd = snapshot();
    odd.hierarchy.units[0].parent = Some(odd.hierarchy.units[1].node.id.clone());
    odd.hierarchy.units[1].parent = Some(odd.hierarchy.units[0].node.id.clone());
    odd.hierarchy.units[2].parent = Some("000000000002".into());
    odd.accounts[0].parent = Some("000000000001".into());
    odd.accounts[1].parent = None;
    let tree = odd.tree();
    for (ix, _) in tree.iter() {
        assert!(tree.ancestors(ix).count() < 8);
    }
    assert!(odd.hierarchy.path(&odd.hierarchy.units[0].node.id).len() < 1_000);
}

fn whereabouts(id: &str, path: &str) -> Whereabouts {
    Whereabouts {
        id: id.into(),
        path: path.into(),
    }
}

fn changed() -> Tree {
    let mut tree = snapshot().tree();
    tree.begin_walk();
    tree.apply([
        Observation::Root(snapshot().hierarchy.root),
        unit("ou-1-workloads", "Workloads", "r-1"),
        unit("ou-1-prod", "Production", "ou-1-workloads"),
        unit("ou-1-new", "New", "r-1"),
        account("000000000001", "management", "r-1"),
        account("000000000002", "shop", "ou-1-new"),
        account("000000000003", "bank", "ou-1-prod"),
        account("000000000005", "fresh", "ou-1-prod"),
        Observation::Account {
            account: Account {
                id: "000000000003".into(),
                state: Some(AccountState::Suspended),
                email: Some("else@example.com".into()),
                ..Account::default()
            }
            .into(),
            ancestors: Vec::new(),
        },
    ]);
    tree
}

#[test]
fn all_that_is_different_is_told_with_the_names_of_both_times() {
    let mut tree = changed();
    tree.finish_walk(&crate::org::WalkScope::Organization, true);
    let after = Snapshot::of(&tree, organization(), later()).unwrap();
    let found = differences(&snapshot(), &after);
    let found: Vec<_> = found
        .into_iter()
        .map(|difference| (difference.id, difference.name, difference.what))
        .collect();
    let expect = |id: &str, name: &str, what| (id.to_owned(), name.to_owned(), what);
    let root = whereabouts("r-1", "Root");
    let production = whereabouts("ou-1-prod", "Root / Workloads / Production");
    assert_eq!(
        found,
        [
            expect("ou-1-new", "New", What::Came { to: root.clone() }),
            expect("ou-1-old", "Old", What::Left { from: root }),
            expect(
                "ou-1-prod",
                "Production",
                What::Renamed {
                    from: "Prod".into(),
                    to: "Production".into()
                }
            ),
            expect(
                "000000000002",
                "shop",
                What::Moved {
                    from: whereabouts("ou-1-prod", "Root / Workloads / Prod"),
                    to: whereabouts("ou-1-new", "Root / New")
                }
            ),
            expect(
                "000000000003",
                "bank",
                What::Email {
                    from: "000000000003@example.com".into(),
                    to: "else@example.com".into()
                }
            ),
            expect(
                "000000000003",
                "bank",
                What::State {
                    from: AccountState::Active,
                    to: AccountState::Suspended
                }
            ),
            expect(
                "000000000004",
                "gone soon",
                What::Left {
                    from: whereabouts("ou-1-old", "Root / Old")
                }
            ),
            expect("000000000005", "fresh", What::Came { to: production }),
        ]
    );
}

#[test]
fn nothing_is_told_to_have_gone_until_a_walk_was_complete() {
    let mut tree = changed();
    tree.finish_walk(&crate::org::WalkScope::Organization, false);
    let after = Snapshot::of(&tree, organization(), later()).unwrap();
    let gone = |found: Vec<super::super::Difference>| {
        let gone = found.iter().filter(|one| one.word() == "gone");
        gone.count()
    };
    assert_eq!(gone(differences(&snapshot(), &after)), 0);
    let in_tree = super::super::differences_in;
    assert_eq!(in_tree(&snapshot(), &tree, "000000000004"), []);
    tree.finish_walk(&crate::org::WalkScope::Organization, true);
    let gone_now = in_tree(&snapshot(), &tree, "000000000004");
    assert_eq!(gone_now[0].words(), "has gone from Root / Old");
}

#[test]
fn one_id_is_told_as_all_are() {
    let mut tree = changed();
    tree.finish_walk(&crate::org::WalkScope::Organization, true);
    let after = Snapshot::of(&tree, organization(), later()).unwrap();
    let all = differences(&snapshot(), &after);
    for id in ["ou-1-new", "ou-1-prod", "000000000002", "000000000003"] {
        let of_it: Vec<_> = all.iter().filter(|one| one.id == id).cloned().collect();
        assert_eq!(super::super::differences_in(&snapshot(), &tree, id), of_it);
    }
}

#[test]
fn what_is_noticed_comes_before_what_was_noticed_and_there_is_an_end_to_it() {
    let mut tree = changed();
    tree.finish_walk(&crate::org::WalkScope::Organization, true);
    let mut before = snapshot();
    let after = |before: &Snapshot| {
        let after = Snapshot::of(&tree, organization(), later()).unwrap();
        after.after(before, later())
    };
    let first = after(&before);
    assert_eq!(first.noticed.len(), 8);
    let times = |one: &Noticed| (one.since, one.at);
    assert!(
        first
            .noticed
            .iter()
            .all(|one| times(one) == (noon(), later()))
    );
    before.noticed = first.noticed.iter().cycle().take(KEPT).cloned().collect();
    before.hierarchy.taken_at = at("2026-11-21T12:00:00Z");
    let second = after(&before);
    assert_eq!(second.noticed.len(), 8 + KEPT);
    assert_eq!(second.newest(), &second.noticed[..KEPT]);
    assert_eq!(second.noticed[7].since, before.hierarchy.taken_at);
    assert_eq!(second.noticed[8].since, noon());
}

#[test]
fn what_was_not_told_at_one_of_the_times_is_not_different() {
    let mut before = snapshot();
    Arc::make_mut(&mut before.accounts[1].node).email = None;
    Arc::make_mut(&mut before.accounts[1].node).state = None;
    before.accounts[1].parent = None;
    assert_eq!(differences(&before, &snapshot()), []);
    assert_eq!(differences(&snapshot(), &before), []);
}

#[test]
fn the_words_of_a_difference_steer_no_terminal() {
    let mut after = snapshot();
    Arc::make_mut(&mut after.accounts[1].node).name = Some("\u{1b}[2J".into());
    let mut before = snapshot();
    Arc::make_mut(&mut before.accounts[1].node).name = Some("\u{202e}x".into());
    let words = differences(&before, &after)[0].words();
    assert!(!words.contains(['\u{1b}', '\u{202e}']), "{words:?}");
}

#[test]
fn however_much_is_different_all_of_it_is_told() {
    let mut tree = tree();
    let many = 3 * KEPT;
    tree.apply((0..many).map(|n| account(&format!("{n:012}"), "new", "ou-1-prod")));
    let after = Snapshot::of(&tree, organization(), later()).unwrap();
    let mut before = after.clone();
    before.accounts.clear();
    let after = after.after(&before, later());
    assert_eq!(after.noticed.len(), after.accounts.len());
    assert!(after.noticed.len() >= many);
}

#[test]
fn what_no_organization_can_look_like_is_told_from_what_one_can() {
    let below = |id: &str, parent: &str| Placed {
        parent: Some(parent.to_owned()),
        node: OrganizationalUnit {
            id: id.into(),
            ..OrganizationalUnit::default()
        },
    };
    let with = |units: Vec<Placed<OrganizationalUnit>>| {
        let mut snapshot = snapshot();
        snapshot.hierarchy.units.extend(units);
        snapshot.sort();
        snapshot
    };
    assert!(snapshot().is_possible());
    let deep = (0..100_000).map(|n| below(&format!("ou-x-{n}"), &format!("ou-x-{}", n + 1)));
    assert!(!with(deep.collect()).is_possible());
    let circle = vec![below("ou-x-1", "ou-x-2"), below("ou-x-2", "ou-x-1")];
    assert!(!with(circle).is_possible());
    assert!(!with(vec![below("ou-x-1", "ou-x-1")]).is_possible());
    assert!(!with(vec![below("r-1", "ou-1-prod")]).is_possible());
    assert!(!with(vec![below("000000000002", "r-1")]).is_possible());
}

/// The snapshot in which the shop is in this state, so many minutes after noon.
fn shop_is(state: &str, minutes: i64) -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.hierarchy.taken_at = noon() + jiff::SignedDuration::from_mins(minutes);
    Arc::make_mut(&mut snapshot.accounts[1].node).state = Some(AccountState::parse(state));
    snapshot
}

/// What is told at the end, by the states that the shop was read in.
fn told(readings: &[(&str, i64)]) -> (Snapshot, Vec<String>) {
    let mut last = shop_is("ACTIVE", 0);
    for (state, minutes) in readings {
        let next = shop_is(state, *minutes);
        let at = next.hierarchy.taken_at;
        last = next.after(&last, at);
    }
    let words = last.noticed.iter().map(|one| one.difference.words());
    let words = words.collect();
    (last, words)
}

#[test]
fn a_closing_account_that_is_read_as_active_has_not_come_back_before_it_has_settled() {
    let closing = "is PENDING_CLOSURE, it was ACTIVE";
    let (last, words) = told(&[("PENDING_CLOSURE", 5), ("ACTIVE", 10), ("ACTIVE", 30)]);
    assert_eq!(words, [closing]);
    let shop = last.account("000000000002").unwrap();
    assert_eq!(shop.node.state, Some(AccountState::PendingClosure));
    let flaps = [
        ("PENDING_CLOSURE", 5),
        ("ACTIVE", 7),
        ("PENDING_CLOSURE", 8),
        ("CLOSED", 12),
        ("ACTIVE", 14),
        ("PENDING_CLOSURE", 16),
        ("CLOSED", 20),
    ];
    let (_, words) = told(&flaps);
    assert_eq!(words, ["is CLOSED, it was PENDING_CLOSURE", closing]);
    let (last, words) = told(&[("PENDING_CLOSURE", 5), ("ACTIVE", 10), ("ACTIVE", 36)]);
    assert_eq!(words, ["is ACTIVE, it was PENDING_CLOSURE", closing]);
    let shop = last.account("000000000002").unwrap();
    assert_eq!(shop.node.state, Some(AccountState::Active));
}

#[test]
fn a_state_that_comes_and_goes_within_half_an_hour_is_no_change() {
    let (_, words) = told(&[("SUSPENDED", 5), ("CLOSED", 6), ("SUSPENDED", 9)]);
    assert_eq!(words, ["is SUSPENDED, it was ACTIVE"]);
    let (_, words) = told(&[("CLOSED", 5), ("SUSPENDED", 50), ("CLOSED", 90)]);
    assert_eq!(words.len(), 3);
}
