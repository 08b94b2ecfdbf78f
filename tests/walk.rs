//! The walk, through the real SDK, against the simulator: what it ends up with is what the
//! simulator holds, and what it could not read it says.

use std::collections::BTreeSet;
use std::time::Duration;

use orgscope::aws::{Connection, Limiter, walk};
use orgscope::org::{ErrorKind, Listing, Observation, Tree, WalkEvent, WalkScope, WalkSummary};
use orgscope::sim::{Caller, Organization, Settings, Shape, Simulator, State, StatusFields};
use tokio::sync::{mpsc, watch};

/// A walk's end: the tree made of what it told, and all it told.
struct Walked {
    tree: Tree,
    told: Vec<Observation>,
    summary: WalkSummary,
}

fn organization(accounts: usize, organizational_units: usize) -> Organization {
    Organization::generate(&Shape {
        accounts,
        organizational_units,
        seed: 7,
    })
}

/// An OU directly below the root.
fn top_unit(organization: &Organization) -> String {
    let root = Some(organization.root_id());
    let mut units = organization.units();
    let top = units.find(|unit| unit.parent.as_deref() == root);
    top.expect("there is one").id.clone()
}

/// Without limits, so that a test takes as long as its faults.
fn fast() -> Settings {
    Settings {
        limits: false,
        ..Settings::default()
    }
}

fn faults(text: &str) -> Settings {
    Settings {
        faults: text.parse().expect("a fault"),
        ..fast()
    }
}

async fn serve(organization: Organization, settings: Settings) -> Simulator {
    let simulator = Simulator::start(organization, settings).await;
    simulator.expect("a free port")
}

async fn walk_into(tree: Tree, simulator: &Simulator, scope: WalkScope) -> Walked {
    let connection = Connection::to_simulator(&simulator.url());
    let limiter = Limiter::published();
    let (_wanted, wanted) = watch::channel(Vec::new());
    let (events, mut received) = mpsc::channel(4);
    let walking = walk(&connection, &limiter, scope.clone(), wanted, events);
    let mut walked = Walked {
        tree,
        told: Vec::new(),
        summary: WalkSummary::default(),
    };
    walked.tree.begin_walk();
    let mut ends = 0;
    let collecting = async {
        while let Some(event) = received.recv().await {
            match event {
                WalkEvent::Observed(observations, _) => {
                    assert_eq!(ends, 0, "nothing follows the end");
                    walked.tree.apply(observations.clone());
                    walked.told.extend(observations);
                }
                WalkEvent::Finished(summary) => {
                    ends += 1;
                    walked.summary = summary;
                }
            }
        }
    };
    tokio::join!(walking, collecting);
    assert_eq!(ends, 1, "a walk ends once");
    walked
        .tree
        .finish_walk(&scope, walked.summary.is_complete());
    walked
}

async fn walk_all(simulator: &Simulator) -> Walked {
    walk_into(Tree::new(), simulator, WalkScope::Organization).await
}

/// One line per node: id, name, email, state, and the node that contains it.
fn truth(simulator: &Simulator) -> BTreeSet<String> {
    simulator.with_organization(|organization| {
        let units = organization.units().map(|unit| {
            let parent = unit.parent.as_deref().unwrap_or("-");
            format!("{} {} in {parent}", unit.id, unit.name)
        });
        let accounts = organization.accounts().map(|account| {
            let (id, name, email) = (&account.id, &account.name, &account.email);
            let state = account.state.as_str();
            format!("{id} {name} {email} {state} in {}", account.parent)
        });
        units.chain(accounts).collect()
    })
}

/// The same lines out of a tree.
fn lines(tree: &Tree) -> BTreeSet<String> {
    let nodes = tree.iter().map(|(ix, node)| {
        let parent = node.parent().and_then(|parent| tree.get(parent));
        let parent = parent.map_or("-", |parent| parent.id());
        let (id, name) = (node.id(), node.name().unwrap_or("?"));
        assert_eq!(tree.find(id), Some(ix));
        node.account().map_or_else(
            || format!("{id} {name} in {parent}"),
            |account| {
                let email = account.email.as_deref().unwrap_or("?");
                let state = account.state.as_ref().map_or("?", |state| state.as_str());
                format!("{id} {name} {email} {state} in {parent}")
            },
        )
    });
    nodes.collect()
}

#[track_caller]
fn assert_exact(walked: &Walked, simulator: &Simulator) {
    assert_eq!(walked.summary.missing, []);
    let (found, held) = (lines(&walked.tree), truth(simulator));
    let strays: Vec<_> = found.symmetric_difference(&held).take(5).collect();
    assert!(strays.is_empty(), "not in both: {strays:#?}");
    let unread = walked.tree.iter().find(|(_, node)| !node.is_loaded());
    assert_eq!(unread.map(|(_, node)| node.id()), None);
    let totals = walked.tree.totals();
    assert_eq!(walked.summary.progress.accounts, totals.accounts);
    assert_eq!(walked.summary.progress.units_done, totals.units + 1);
}

fn calls(simulator: &Simulator, operation: &str) -> u64 {
    simulator
        .calls()
        .get(operation)
        .copied()
        .unwrap_or_default()
        .total()
}

#[tokio::test]
async fn a_walk_ends_with_exactly_what_the_service_holds() {
    let simulator = serve(organization(300, 45), fast()).await;
    let walked = walk_all(&simulator).await;
    assert_exact(&walked, &simulator);
}

#[tokio::test]
async fn with_paths_every_organizational_unit_costs_about_one_call() {
    let simulator = serve(organization(300, 45), fast()).await;
    let walked = walk_all(&simulator).await;
    assert_exact(&walked, &simulator);
    assert_eq!(calls(&simulator, "ListRoots"), 1);
    let structure =
        calls(&simulator, "ListOrganizationalUnitsForParent") + calls(&simulator, "ListChildren");
    assert!(structure <= 46 * 5 / 4, "{structure} calls for 45 OUs");
    for unused in [
        "ListAccountsForParent",
        "ListParents",
        "DescribeAccount",
        "DescribeOrganizationalUnit",
    ] {
        assert_eq!(calls(&simulator, unused), 0, "{unused}");
    }
    let counted: u64 = simulator
        .calls()
        .values()
        .map(orgscope::sim::Calls::total)
        .sum();
    assert_eq!(walked.summary.progress.calls, counted);
}

#[tokio::test]
async fn a_service_that_enforces_the_published_limits_never_has_to() {
    let settings = Settings {
        latency: Duration::from_millis(40),
        ..Settings::default()
    };
    let simulator = serve(organization(300, 30), settings).await;
    let walked = walk_all(&simulator).await;
    assert_exact(&walked, &simulator);
    assert_eq!(walked.summary.progress.throttled, 0);
    assert!(simulator.calls().values().all(|calls| calls.throttled == 0));
}

#[tokio::test]
async fn without_paths_the_accounts_of_every_organizational_unit_are_asked_for() {
    let settings = Settings {
        paths: false,
        ..fast()
    };
    let simulator = serve(organization(150, 12), settings).await;
    assert_exact(&walk_all(&simulator).await, &simulator);
    let (ids, facts) = (
        calls(&simulator, "ListChildren"),
        calls(&simulator, "ListAccountsForParent"),
    );
    assert!(
        ids > 0 && calls(&simulator, "ListParents") == 0,
        "{ids} {facts}"
    );
}

#[tokio::test]
async fn an_organization_of_one_account_is_walked() {
    let simulator = serve(organization(1, 0), fast()).await;
    assert_exact(&walk_all(&simulator).await, &simulator);
}

#[tokio::test]
async fn status_serves_where_state_is_absent_and_loses_where_both_come() {
    for (fields, closed) in [
        (StatusFields::StateOnly, "CLOSED"),
        (StatusFields::Both, "CLOSED"),
        (StatusFields::StatusOnly, "SUSPENDED"),
    ] {
        let simulator = serve(
            organization(60, 4),
            Settings {
                status_fields: fields,
                ..fast()
            },
        )
        .await;
        let id = simulator.with_organization(|organization| {
            let mut accounts = organization.accounts();
            accounts
                .find(|account| account.state == State::Closed)
                .unwrap()
                .id
                .clone()
        });
        let walked = walk_all(&simulator).await;
        let node = walked
            .tree
            .find(&id)
            .and_then(|ix| walked.tree.get(ix))
            .unwrap();
        let state = node.account().unwrap().state.as_ref().unwrap();
        assert_eq!(state.as_str(), closed);
    }
}

#[tokio::test]
async fn every_single_denial_is_worked_around_with_other_calls() {
    for denied in [
        "ListAccounts:deny",
        "ListChildren:deny",
        "ListOrganizationalUnitsForParent:deny",
        "ListAccountsForParent:deny",
        "ListParents:deny",
        "DescribeOrganizationalUnit:deny",
        "DescribeAccount:deny",
    ] {
        for paths in [true, false] {
            let simulator = serve(
                organization(60, 6),
                Settings {
                    paths,
                    ..faults(denied)
                },
            )
            .await;
            let walked = walk_all(&simulator).await;
            assert_exact(&walked, &simulator);
            let operation = denied.split(':').next().unwrap();
            assert!(
                calls(&simulator, operation) <= 6,
                "{denied}: asked on and on"
            );
        }
    }
}

#[tokio::test]
async fn without_any_listing_of_units_each_says_so_and_accounts_are_still_there() {
    let settings = faults("ListChildren:deny,ListOrganizationalUnitsForParent:deny");
    let simulator = serve(organization(60, 6), settings).await;
    let walked = walk_all(&simulator).await;
    assert_eq!(
        walked.summary.missing.len(),
        1,
        "{:?}",
        walked.summary.missing
    );
    assert_eq!(walked.summary.missing[0].kind, ErrorKind::AccessDenied);
    assert_eq!(walked.tree.totals().accounts, 60);
    let root = walked
        .tree
        .root()
        .and_then(|ix| walked.tree.get(ix))
        .unwrap();
    assert_eq!(
        root.error().unwrap().operation,
        "ListOrganizationalUnitsForParent"
    );
}

#[tokio::test]
async fn a_denial_for_one_organizational_unit_is_its_own() {
    let organization = organization(60, 8);
    let top = top_unit(&organization);
    let settings = faults(&format!(
        "ListOrganizationalUnitsForParent:deny:match={top},ListChildren:deny:match={top}"
    ));
    let simulator = serve(organization, settings).await;
    let walked = walk_all(&simulator).await;
    assert_eq!(
        walked.summary.missing.len(),
        1,
        "{:?}",
        walked.summary.missing
    );
    assert!(walked.summary.missing[0].message.contains(&top));
    let failed: Vec<_> = walked
        .told
        .iter()
        .filter(|told| matches!(told, Observation::ListingFailed { .. }))
        .collect();
    assert!(
        matches!(&failed[..], [Observation::ListingFailed { node, listing: Listing::OrganizationalUnits, .. }] if *node == top),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_member_account_is_told_so_with_very_few_calls() {
    let simulator = serve(
        organization(60, 6),
        Settings {
            caller: Caller::Member,
            ..fast()
        },
    )
    .await;
    let walked = walk_all(&simulator).await;
    let missing = &walked.summary.missing;
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(
        (missing[0].kind, missing[0].operation.as_str()),
        (ErrorKind::AccessDenied, "ListRoots")
    );
    assert!(walked.summary.progress.calls <= 2);
    assert!(walked.told.is_empty());
}

#[tokio::test]
async fn outside_of_any_organization_the_walk_ends_with_that() {
    let simulator = serve(
        organization(60, 6),
        Settings {
            caller: Caller::Outsider,
            ..fast()
        },
    )
    .await;
    let walked = walk_all(&simulator).await;
    let kinds: Vec<_> = walked
        .summary
        .missing
        .iter()
        .map(|error| error.kind)
        .collect();
    assert_eq!(kinds, [ErrorKind::NoOrganization]);
}

#[tokio::test]
async fn passing_failures_of_every_kind_leave_no_trace() {
    for fault in ["500", "503", "reset", "truncate", "cut", "throttle"] {
        let simulator = serve(
            organization(100, 10),
            faults(&format!("*:{fault}:p=0.15:n=8")),
        )
        .await;
        let walked = walk_all(&simulator).await;
        assert_exact(&walked, &simulator);
        let hit = simulator
            .calls()
            .values()
            .any(|calls| calls.failed + calls.throttled > 0);
        assert!(
            hit || ["truncate", "cut", "reset"].contains(&fault),
            "{fault} never happened"
        );
    }
}

#[tokio::test]
async fn what_fails_for_good_is_named_and_everything_else_is_there() {
    let organization = organization(60, 8);
    let broken = top_unit(&organization);
    let settings = faults(&format!("*:500:match={broken}"));
    let simulator = serve(organization, settings).await;
    let walked = walk_all(&simulator).await;
    let missing = &walked.summary.missing;
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(missing[0].kind, ErrorKind::Service);
    assert!(
        missing[0].message.contains(&broken),
        "{}",
        missing[0].message
    );
    assert_eq!(walked.tree.totals().accounts, 60);
}

#[tokio::test]
async fn an_endpoint_that_is_down_ends_the_walk() {
    let simulator = serve(organization(300, 30), faults("*:503:skip=6")).await;
    let walked = walk_all(&simulator).await;
    assert_eq!(walked.summary.missing[0].kind, ErrorKind::Service);
    assert_names_what_was_not_read(&walked, &simulator);
}

#[tokio::test]
async fn credentials_that_expire_in_mid_walk_end_it_with_that_error_and_what_is_missing() {
    let simulator = serve(organization(200, 20), faults("*:expired:skip=9")).await;
    let walked = walk_all(&simulator).await;
    assert_eq!(walked.summary.missing[0].kind, ErrorKind::Credentials);
    let others = &walked.summary.missing[1..];
    assert!(
        others
            .iter()
            .all(|error| error.kind == ErrorKind::Incomplete),
        "{others:?}"
    );
    assert_names_what_was_not_read(&walked, &simulator);
}

/// A walk that ended early says in a few entries what it did not read.
#[track_caller]
fn assert_names_what_was_not_read(walked: &Walked, simulator: &Simulator) {
    let missing = &walked.summary.missing;
    assert!(missing.len() <= 8, "{missing:#?}");
    let says = |operation: &str, what: &str| {
        missing
            .iter()
            .any(|error| error.operation == operation && error.message.contains(what))
    };
    assert!(says("ListAccounts", "not finished"), "{missing:#?}");
    let root = simulator.with_organization(|organization| organization.root_id().to_owned());
    let units = says("ListOrganizationalUnitsForParent", "not listed")
        && (says("ListOrganizationalUnitsForParent", "ou-")
            || says("ListOrganizationalUnitsForParent", &root));
    assert!(units, "{missing:#?}");
}

#[tokio::test]
async fn a_token_that_comes_back_is_reported_and_never_taken_for_the_end() {
    for (fault, operation) in [
        ("ListAccounts:loop", "ListAccounts"),
        (
            "ListOrganizationalUnitsForParent:loop",
            "ListOrganizationalUnitsForParent",
        ),
        ("ListChildren:loop", "ListChildren"),
    ] {
        let settings = Settings {
            paths: operation != "ListChildren",
            ..faults(fault)
        };
        let simulator = serve(organization(200, 6), settings).await;
        let walked = walk_all(&simulator).await;
        let missing = &walked.summary.missing;
        let reported = missing
            .iter()
            .any(|error| error.kind == ErrorKind::Incomplete && error.operation == operation);
        assert!(reported, "{fault}: {missing:?}");
    }
}

#[tokio::test]
async fn dropping_a_walk_ends_its_calls() {
    let settings = Settings {
        latency: Duration::from_millis(30),
        ..fast()
    };
    let simulator = serve(organization(400, 40), settings).await;
    let connection = Connection::to_simulator(&simulator.url());
    let limiter = Limiter::published();
    let (_wanted, wanted) = watch::channel(Vec::new());
    let (events, mut received) = mpsc::channel(4);
    {
        let walking = walk(
            &connection,
            &limiter,
            WalkScope::Organization,
            wanted,
            events,
        );
        tokio::pin!(walking);
        tokio::select! {
            () = &mut walking => panic!("it cannot be through yet"),
            _ = received.recv() => {}
        }
    }
    let total = || {
        simulator
            .calls()
            .values()
            .map(orgscope::sim::Calls::total)
            .sum::<u64>()
    };
    let before = total();
    tokio::time::sleep(Duration::from_millis(300)).await;
    // What was on the wire still arrives; a walk that went on would have sent dozens.
    assert!(total() < before + 8, "{} after {before}", total());
    assert!(
        received
            .recv()
            .await
            .is_none_or(|event| matches!(event, WalkEvent::Observed(..)))
    );
}

#[tokio::test]
async fn a_walk_that_nobody_listens_to_ends() {
    let simulator = serve(organization(400, 40), fast()).await;
    let connection = Connection::to_simulator(&simulator.url());
    let limiter = Limiter::published();
    let (_wanted, wanted) = watch::channel(Vec::new());
    let (events, received) = mpsc::channel(4);
    drop(received);
    walk(
        &connection,
        &limiter,
        WalkScope::Organization,
        wanted,
        events,
    )
    .await;
    assert!(calls(&simulator, "ListAccounts") < 20);
}

#[tokio::test]
async fn what_is_wanted_is_read_first() {
    // `ListAccounts` alone takes 200 pages, at 8 a second.
    let organization = organization(4_000, 60);
    let wanted_unit = organization.units().last().unwrap().id.clone();
    let simulator = serve(organization, fast()).await;
    let connection = Connection::to_simulator(&simulator.url());
    let limiter = Limiter::published();
    let (want, wanted) = watch::channel(Vec::new());
    let (events, mut received) = mpsc::channel(4);
    let walking = walk(
        &connection,
        &limiter,
        WalkScope::Organization,
        wanted,
        events,
    );
    let accounts_listed = |observation: Observation| match observation {
        Observation::Listed {
            node,
            listing: Listing::Accounts,
        } => Some(node),
        _ => None,
    };
    let first = async {
        while let Some(event) = received.recv().await {
            if let WalkEvent::Observed(observations, _) = event {
                want.send_replace(vec![wanted_unit.clone()]);
                let listed = observations.into_iter().find_map(accounts_listed);
                if let Some(listed) = listed {
                    return listed;
                }
            }
        }
        panic!("the accounts of no OU were listed");
    };
    // The root is first in line once `ListAccounts` has told all accounts.
    let first = tokio::select! {
        first = first => first,
        () = walking => panic!("the walk ended before what was wanted"),
    };
    assert_eq!(first, wanted_unit);
}

/// Runs `change` when the walk is well under way, once.
fn in_mid_walk(simulator: &Simulator, change: impl FnOnce(&mut Organization) + Send + 'static) {
    let mut change = Some(change);
    let mut calls = 0;
    simulator.before_each_call(move |_, organization| {
        calls += 1;
        if calls == 25
            && let Some(change) = change.take()
        {
            change(organization);
        }
    });
}

/// The OUs that contain no other, and the accounts in each.
fn leaves(organization: &Organization) -> Vec<(String, Vec<String>)> {
    let parents: BTreeSet<_> = organization
        .units()
        .filter_map(|unit| unit.parent.clone())
        .collect();
    let leaves = organization
        .units()
        .filter(|unit| !parents.contains(&unit.id));
    let accounts = |leaf: &str| {
        let inside = organization
            .accounts()
            .filter(|account| account.parent == leaf);
        inside.map(|account| account.id.clone()).collect()
    };
    leaves
        .map(|leaf| (leaf.id.clone(), accounts(&leaf.id)))
        .collect()
}

#[tokio::test]
async fn accounts_that_move_in_mid_walk_are_all_there_and_in_one_place() {
    for paths in [true, false] {
        let settings = Settings { paths, ..fast() };
        let simulator = serve(organization(400, 30), settings).await;
        in_mid_walk(&simulator, |organization| {
            let root = organization.root_id().to_owned();
            let ids: Vec<_> = organization
                .accounts()
                .map(|account| account.id.clone())
                .collect();
            for id in ids.iter().step_by(7) {
                organization.move_account(id, &root);
            }
        });
        let walked = walk_all(&simulator).await;
        assert_eq!(walked.summary.missing, []);
        assert_eq!(walked.tree.totals().accounts, 400);
        assert_eq!(
            walked.tree.top_level().count(),
            1,
            "none is without a place"
        );
    }
}

#[tokio::test]
async fn an_organizational_unit_that_is_deleted_in_mid_walk_leaves_its_accounts() {
    for paths in [true, false] {
        let settings = Settings { paths, ..fast() };
        let simulator = serve(organization(400, 30), settings).await;
        let deleted = simulator.with_organization(|organization| leaves(organization).remove(0).0);
        let gone = deleted.clone();
        in_mid_walk(&simulator, move |organization| {
            let root = organization.root_id().to_owned();
            let leaves = leaves(organization);
            let (_, accounts) = leaves.iter().find(|(id, _)| *id == gone).unwrap();
            for account in accounts {
                organization.move_account(account, &root);
            }
            organization.delete_unit(&gone);
        });
        let walked = walk_all(&simulator).await;
        assert_eq!(walked.summary.missing, []);
        assert_eq!(walked.tree.totals().accounts, 400);
    }
}

/// An OU that contains others.
fn interior_unit(organization: &Organization) -> String {
    let mut above = organization.units().filter_map(|unit| unit.parent.clone());
    let root = organization.root_id();
    let interior = above.find(|parent| parent != root);
    interior.expect("there is one")
}

#[tokio::test]
async fn an_organizational_unit_that_is_not_found_once_is_asked_about_again() {
    for paths in [true, false] {
        let organization = organization(1, 20);
        let unit = interior_unit(&organization);
        let once = format!("error=ParentNotFoundException:n=1:match={unit}");
        let settings = Settings {
            paths,
            ..faults(&format!(
                "ListOrganizationalUnitsForParent:{once},ListChildren:{once}"
            ))
        };
        let simulator = serve(organization, settings).await;
        assert_exact(&walk_all(&simulator).await, &simulator);
    }
}

#[tokio::test]
async fn an_organizational_unit_that_is_known_and_never_found_is_reported() {
    let organization = organization(1, 20);
    let unit = interior_unit(&organization);
    let always = format!("error=ParentNotFoundException:match={unit}");
    let settings = faults(&format!(
        "ListOrganizationalUnitsForParent:{always},ListChildren:{always}"
    ));
    let simulator = serve(organization, settings).await;
    let walked = walk_all(&simulator).await;
    let missing = &walked.summary.missing;
    assert!(!missing.is_empty());
    for error in missing {
        assert_eq!(error.kind, ErrorKind::Incomplete);
        assert!(error.message.contains(&unit), "{}", error.message);
    }
    assert!(walked.tree.find(&unit).is_some());
}

#[tokio::test]
async fn an_organizational_unit_that_is_made_or_renamed_in_mid_walk_has_a_name() {
    for paths in [true, false] {
        let settings = Settings { paths, ..fast() };
        let simulator = serve(organization(400, 30), settings).await;
        in_mid_walk(&simulator, |organization| {
            let root = organization.root_id().to_owned();
            let new = organization.add_unit(&root, "made meanwhile");
            let ids: Vec<_> = organization
                .accounts()
                .map(|account| account.id.clone())
                .collect();
            for id in ids.iter().step_by(20) {
                organization.move_account(id, &new);
            }
            let (leaf, _) = leaves(organization).remove(0);
            organization.rename_unit(&leaf, "renamed meanwhile");
        });
        let walked = walk_all(&simulator).await;
        assert_eq!(walked.summary.missing, []);
        assert_eq!(walked.tree.totals().accounts, 400);
        let nameless = walked.tree.iter().find(|(_, node)| node.name().is_none());
        assert_eq!(nameless.map(|(_, node)| node.id()), None);
    }
}

#[tokio::test]
async fn a_subtree_is_read_again_with_what_came_left_and_changed() {
    let simulator = serve(organization(200, 20), fast()).await;
    let first = walk_all(&simulator).await;
    let (top, known_accounts) = simulator.with_organization(|organization| {
        let top = top_unit(organization);
        let inside = |account: &&orgscope::sim::Account| {
            organization.chain(&account.parent).contains(&top.as_str())
        };
        let known: Vec<_> = organization
            .accounts()
            .filter(inside)
            .map(|account| account.id.clone())
            .collect();
        (top, known)
    });
    simulator.with_organization(|organization| {
        let root = organization.root_id().to_owned();
        organization.rename_unit(&top, "renamed");
        let new = organization.add_unit(&top, "new below it");
        organization.move_account(&known_accounts[0], &root);
        organization.move_account(&known_accounts[1], &new);
        organization.remove_account(&known_accounts[2]);
    });
    let scope = WalkScope::Subtree {
        node: top,
        known_accounts,
    };
    let again = walk_into(first.tree, &simulator, scope).await;
    assert_eq!(again.summary.missing, []);
    assert_eq!(lines(&again.tree), truth(&simulator));
    assert_eq!(
        calls(&simulator, "ListRoots"),
        1,
        "only the first walk needs it"
    );
}

#[tokio::test]
async fn one_account_is_read_again_where_it_is_now() {
    for paths in [true, false] {
        // An empty page in between would take one call more.
        let settings = Settings {
            paths,
            empty_pages: false,
            ..fast()
        };
        let simulator = serve(organization(60, 6), settings).await;
        let first = walk_all(&simulator).await;
        let id = simulator.with_organization(|organization| {
            let root = organization.root_id().to_owned();
            let outside = |account: &&orgscope::sim::Account| account.parent != root;
            let id = organization.accounts().find(outside).unwrap().id.clone();
            organization.move_account(&id, &root);
            id
        });
        let again = walk_into(first.tree, &simulator, WalkScope::Account { id }).await;
        assert_eq!(again.summary.missing, []);
        assert_eq!(lines(&again.tree), truth(&simulator));
        assert!(again.summary.progress.calls <= 2);
    }
}

#[tokio::test]
async fn an_account_that_has_left_the_organization_vanishes() {
    let simulator = serve(organization(60, 6), fast()).await;
    let first = walk_all(&simulator).await;
    let id = simulator.with_organization(|organization| {
        let id = organization.accounts().last().unwrap().id.clone();
        organization.remove_account(&id);
        id
    });
    let again = walk_into(first.tree, &simulator, WalkScope::Account { id }).await;
    assert_eq!(again.summary.missing, []);
    assert_eq!(lines(&again.tree), truth(&simulator));
}
