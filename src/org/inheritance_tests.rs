//! Inheritance in scenes, and against a naive computation.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::org::{Account, ErrorKind, Listing, Observation, OrganizationalUnit, Root};

const SCP: &str = "SERVICE_CONTROL_POLICY";

fn says(statement: &str) -> Option<Allows> {
    allows(&format!(
        r#"{{"Version":"2012-10-17","Statement":{statement}}}"#
    ))
}

#[test]
fn what_a_policy_allows_is_told_from_its_statements() {
    for (statement, expected) in [
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
            Allows::Everything,
        ),
        (
            r#"[{"Effect":"Deny","Action":"*","Resource":"*"},
                {"Effect":"Allow","Principal":"*","Action":["*"],"Resource":"*"}]"#,
            Allows::Everything,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
            Allows::Something,
        ),
        (
            r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#,
            Allows::Something,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"x":"true"}}}"#,
            Allows::Something,
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"*","Resource":"*"}"#,
            Allows::Something,
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
            Allows::Nothing,
        ),
        // Of everything, everything is excepted.
        (
            r#"{"Effect":"Allow","NotAction":"*","Resource":"*"}"#,
            Allows::Nothing,
        ),
        (
            r#"{"Effect":"Allow","NotAction":["s3:*","*:*"],"Resource":"*"}"#,
            Allows::Nothing,
        ),
        (
            r#"{"Effect":"Allow","Action":"*","NotResource":["*"]}"#,
            Allows::Nothing,
        ),
        ("[]", Allows::Nothing),
    ] {
        assert_eq!(says(statement), Some(expected), "{statement}");
    }
    for content in ["", "{", "[]", "7", r#"{"tags":{}}"#] {
        assert_eq!(allows(content), None, "{content}");
    }
}

fn policy(id: &str) -> Policy {
    Policy {
        id: id.to_owned(),
        name: format!("name of {id}"),
        policy_type: SCP.to_owned(),
        aws_managed: id == "p-FullAWSAccess",
        ..Policy::default()
    }
}

fn chain(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

#[test]
fn a_level_without_an_allow_is_found_and_what_is_unread_is_not_held_against_it() {
    let attached = HashMap::from([
        ("r", vec![policy("p-FullAWSAccess"), policy("deny")]),
        ("list", vec![policy("list"), policy("unread")]),
        ("none", vec![policy("deny")]),
        ("empty", vec![]),
        ("unread", vec![policy("deny"), policy("unread")]),
    ]);
    let denied = OrgError::new(ErrorKind::AccessDenied, "no");
    let known = |node: &str, _: &str| match node {
        "denied" => Some(Err(&denied)),
        node => attached.get(node).map(|policies| Ok(policies.as_slice())),
    };
    let says = |id: &str| match id {
        "deny" => Some(Allows::Nothing),
        "list" => Some(Allows::Something),
        _ => None,
    };
    let ids = chain(&["r", "list", "none", "empty", "unread", "denied", "unknown"]);
    let found = levels(&ids, SCP, known, says);
    let told: Vec<_> = found
        .iter()
        .map(|level| (level.node, level.allows, level.has_allow))
        .collect();
    assert_eq!(
        told,
        [
            ("r", Some(Allows::Everything), Some(true)),
            // It allows something, and the unread one may allow everything.
            ("list", None, Some(true)),
            ("none", Some(Allows::Nothing), Some(false)),
            ("empty", Some(Allows::Nothing), Some(false)),
            ("unread", None, None),
            ("denied", None, None),
            ("unknown", None, None),
        ]
    );
    let lacking: Vec<_> = found.iter().filter(|level| level.lacks_allow()).collect();
    assert_eq!(lacking.len(), 2);
    assert_eq!(found[5].policies, Some(Err(&denied)));
    // Tag policies allow nothing and need not.
    let tags = levels(&ids, "TAG_POLICY", known, says);
    assert!(tags.iter().all(|level| level.has_allow.is_none()));
}

#[test]
fn in_the_management_account_only_what_allows_has_no_effect() {
    for (policy_type, expected) in [
        (SCP, false),
        ("RESOURCE_CONTROL_POLICY", false),
        ("TAG_POLICY", true),
        ("A_POLICY_OF_THE_FUTURE", true),
    ] {
        assert_eq!(has_effect(policy_type, true), expected, "{policy_type}");
        assert!(has_effect(policy_type, false));
    }
}

/// A tree in which node 0 is the root, `parents[n]` contains node `n + 1`, and the rest are accounts.
fn grown(units: &[usize], accounts: &[usize]) -> Tree {
    let mut observations = vec![Observation::Root(Root {
        id: "u0".into(),
        ..Root::default()
    })];
    for (number, parent) in units.iter().enumerate() {
        observations.push(Observation::OrganizationalUnit {
            unit: OrganizationalUnit {
                id: format!("u{}", number + 1),
                ..OrganizationalUnit::default()
            },
            parent: format!("u{}", parent % (number + 1)),
        });
    }
    for number in 0..=units.len() {
        for listing in [Listing::OrganizationalUnits, Listing::Accounts] {
            observations.push(Observation::Listed {
                node: format!("u{number}"),
                listing,
            });
        }
    }
    for (number, home) in accounts.iter().enumerate() {
        observations.push(Observation::Account {
            account: Account {
                id: format!("a{number}"),
                ..Account::default()
            }
            .into(),
            ancestors: Vec::new(),
        });
        observations.push(Observation::AccountPlaced {
            account: format!("a{number}"),
            parent: format!("u{}", home % (units.len() + 1)),
        });
    }
    let mut tree = Tree::new();
    tree.begin_walk();
    tree.apply(observations);
    tree
}

fn target(id: String) -> Target {
    Target {
        id,
        ..Target::default()
    }
}

/// Every id from a node up to the root, by following one parent after the other.
fn upwards(tree: &Tree, id: &str) -> Vec<String> {
    let mut ids = vec![id.to_owned()];
    let mut at = tree.get(tree.find(id).unwrap()).unwrap();
    while let Some(parent) = at.parent().and_then(|parent| tree.get(parent)) {
        ids.push(parent.id().to_owned());
        at = parent;
    }
    ids
}

proptest! {
    #[test]
    fn a_policy_reaches_the_accounts_above_which_it_is_attached(
        units in prop::collection::vec(0_usize..50, 0..20),
        accounts in prop::collection::vec(0_usize..50, 1..30),
        attached in prop::collection::vec((any::<bool>(), 0_usize..50), 0..6),
        is_scp in any::<bool>(),
    ) {
        let tree = grown(&units, &accounts);
        let targets: Vec<Target> = attached
            .iter()
            .map(|(unit, number)| match unit {
                true => target(format!("u{}", number % (units.len() + 1))),
                false => target(format!("a{}", number % accounts.len())),
            })
            .collect();
        let policy_type = if is_scp { SCP } else { "TAG_POLICY" };
        let reached = reach(&tree, policy_type, &targets, Some("a0"));
        let is_above = |account: &str, target: &Target| upwards(&tree, account).contains(&target.id);
        let counts = |account: &str| !(is_scp && account == "a0");
        for number in 0..accounts.len() {
            let id = format!("a{number}");
            let expected = targets.iter().any(|target| is_above(&id, target)) && counts(&id);
            let ix = tree.find(&id).unwrap();
            prop_assert_eq!(reached.accounts.contains(&ix), expected, "{}", id);
        }
        for (target, found) in targets.iter().zip(&reached.accounts_of) {
            let ids = (0..accounts.len()).map(|number| format!("a{number}"));
            let expected = ids.filter(|id| is_above(id, target) && counts(id)).count();
            prop_assert_eq!(*found, Some(expected));
        }
        prop_assert!(!reached.incomplete);
    }

    /// What is known grows, and never contradicts what was said while less was known.
    #[test]
    fn nothing_that_is_said_of_a_level_is_taken_back_when_more_is_read(
        levels_of in prop::collection::vec(prop::collection::vec(0_usize..3, 0..4), 1..5),
        read in prop::collection::vec(any::<bool>(), 5 * 4),
    ) {
        let ids: Vec<String> = (0..levels_of.len()).map(|n| format!("n{n}")).collect();
        let says = [Allows::Nothing, Allows::Something, Allows::Everything];
        let attached: HashMap<&str, Vec<Policy>> = ids
            .iter()
            .zip(&levels_of)
            .enumerate()
            .map(|(level, (id, kinds))| {
                let named = |(n, kind): (usize, &usize)| policy(&format!("{kind}-{}", level * 4 + n));
                (id.as_str(), kinds.iter().enumerate().map(named).collect())
            })
            .collect();
        let known = |node: &str, _: &str| Some(Ok(attached[node].as_slice()));
        let all = |id: &str| Some(says[id[..1].parse::<usize>().unwrap()]);
        let some = |id: &str| all(id).filter(|_| read[id[2..].parse::<usize>().unwrap()]);
        let (full, partial) = (levels(&ids, SCP, known, all), levels(&ids, SCP, known, some));
        for ((full, partial), kinds) in full.iter().zip(&partial).zip(&levels_of) {
            let naive = kinds.iter().map(|kind| says[*kind]).max().unwrap_or(Allows::Nothing);
            prop_assert_eq!(full.allows, Some(naive));
            prop_assert_eq!(full.has_allow, Some(naive != Allows::Nothing));
            prop_assert!(partial.allows.is_none_or(|told| Some(told) == full.allows));
            prop_assert!(partial.has_allow.is_none_or(|told| Some(told) == full.has_allow));
        }
    }
}

#[test]
fn a_target_that_is_not_loaded_leaves_the_reach_incomplete() {
    let tree = grown(&[0], &[1, 1]);
    let targets = [target("u1".into()), target("u9".into())];
    let reached = reach(&tree, SCP, &targets, None);
    assert_eq!(reached.accounts_of, [Some(2), None]);
    assert!(reached.incomplete);
    let mut partial = grown(&[0], &[1, 1]);
    partial.apply([Observation::ListingFailed {
        node: "u1".into(),
        listing: Listing::Accounts,
        error: OrgError::new(ErrorKind::AccessDenied, "no"),
    }]);
    assert!(reach(&partial, SCP, &targets[..1], None).incomplete);
}
