use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;

use super::super::job::{Answer, Ask, Job, MOST_EMPTY, Operation, Page};
use super::super::model::{Model, ROOT, lines};
use super::Planner;
use crate::aws::limiter::Row;
use crate::org::{ErrorKind, Observation, OrgError, Root, Tree, WalkScope};
use crate::sim::{Organization, Shape};

/// What a walk came to.
struct End {
    tree: Tree,
    missing: Vec<OrgError>,
    calls: usize,
}

/// Walks the model with up to three calls of a row in flight, answered in an order that `shuffle`
/// decides; `disturb` may change the model before each answer, or make it fail.
fn walk(
    mut model: Model,
    scope: &WalkScope,
    mut tree: Tree,
    mut shuffle: u64,
    mut disturb: impl FnMut(usize, &mut Model) -> Option<OrgError>,
) -> (End, Model) {
    let mut planner = Planner::new(scope.clone());
    let mut flying: Vec<Job> = Vec::new();
    let mut asked = 0;
    tree.begin_walk();
    loop {
        for row in Row::ALL {
            let in_row = |jobs: &[Job]| jobs.iter().filter(|job| job.ask.row() == row).count();
            while in_row(&flying) < 3 && planner.wants(row) {
                let job = planner.next(row).expect("wanted");
                assert_eq!(job.ask.row(), row);
                asked += 1;
                flying.push(job);
            }
        }
        if flying.is_empty() {
            if planner.repair() {
                continue;
            }
            break;
        }
        shuffle = shuffle
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let pick = usize::try_from(shuffle >> 33).unwrap() % flying.len();
        let job = flying.swap_remove(pick);
        let failure = disturb(asked, &mut model);
        let answer = failure.map_or_else(|| model.answer(&job), Err);
        tree.apply(planner.answer(job, answer));
        assert!(asked < 10_000, "it would never end");
    }
    let (last, missing) = planner.finish();
    tree.apply(last);
    tree.finish_walk(scope, missing.is_empty());
    let end = End {
        tree,
        missing,
        calls: asked,
    };
    (end, model)
}

fn walk_all(model: &Model, shuffle: u64) -> End {
    let calm = |_, _: &mut Model| None;
    walk(
        model.clone(),
        &WalkScope::Organization,
        Tree::new(),
        shuffle,
        calm,
    )
    .0
}

fn unit(number: usize) -> String {
    format!("ou-1-{number:04}")
}

fn account(number: usize) -> String {
    format!("{number:012}")
}

const OPERATIONS: [Operation; 7] = [
    Operation::ListAccounts,
    Operation::ListOrganizationalUnitsForParent,
    Operation::ListAccountsForParent,
    Operation::ListChildren,
    Operation::ListParents,
    Operation::DescribeOrganizationalUnit,
    Operation::DescribeAccount,
];

prop_compose! {
    /// Any tree of at most five levels.
    fn models()(
        parents in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        homes in prop::collection::vec(any::<prop::sample::Index>(), 1..60),
        paths in 0..=3_usize,
        page in 1..5_usize,
        empty_pages in any::<bool>(),
    ) -> Model {
        let mut model = Model { paths, page, empty_pages, ..Model::default() };
        let mut open = vec![ROOT.to_owned()];
        let mut all = open.clone();
        for (number, parent) in parents.iter().enumerate() {
            let (id, parent) = (unit(number), parent.get(&open).clone());
            model.units.insert(id.clone(), parent);
            if model.chain(&id).len() < 5 {
                open.push(id.clone());
            }
            all.push(id);
        }
        for (number, home) in homes.iter().enumerate() {
            model.accounts.insert(account(number), home.get(&all).clone());
        }
        model
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_organization_is_read_completely_and_exactly(model in models(), shuffle: u64) {
        let end = walk_all(&model, shuffle);
        prop_assert_eq!(&end.missing, &[]);
        prop_assert_eq!(lines(&end.tree), model.lines());
        let pages = |items: usize| items.div_ceil(model.page);
        let (units, accounts) = (model.units.len() + 1, model.accounts.len());
        let listings = if model.paths == 3 { 2 } else { 3 };
        let listings = 1 + pages(accounts) * 2 + pages(units) * 2 + units * listings + accounts.min(units) * 2;
        let most = listings * (1 + usize::from(model.empty_pages));
        prop_assert!(end.calls <= most, "{} calls", end.calls);
    }

    #[test]
    fn any_one_denied_operation_is_worked_around(
        mut model in models(),
        operation in prop::sample::select(&OPERATIONS[..]),
        only_for in prop::option::of(0..30_usize),
        shuffle: u64,
    ) {
        model.denied.insert((operation, only_for.map(unit)));
        let end = walk_all(&model, shuffle);
        prop_assert_eq!(&end.missing, &[]);
        prop_assert_eq!(lines(&end.tree), model.lines());
    }

    #[test]
    fn whatever_is_denied_nothing_false_is_told_and_complete_means_exact(
        mut model in models(),
        denied in prop::collection::vec(
            (prop::sample::select(&OPERATIONS[..]), prop::option::of(0..30_usize)), 0..6),
        shuffle: u64,
    ) {
        model.denied.extend(denied.into_iter().map(|(operation, only)| (operation, only.map(unit))));
        let end = walk_all(&model, shuffle);
        let truth = model.lines();
        let nameless = |line: &String| line.contains(" () in ");
        let unplaced = |line: &String| line.ends_with(" in ");
        for line in lines(&end.tree) {
            prop_assert!(truth.contains(&line) || nameless(&line) || unplaced(&line), "{}", line);
        }
        if end.missing.is_empty() {
            prop_assert_eq!(lines(&end.tree), truth);
        }
    }

    #[test]
    fn failures_here_and_there_are_named_or_leave_no_trace(
        model in models(),
        failing in prop::collection::btree_set(0..80_usize, 0..6),
        shuffle: u64,
    ) {
        let failure = |calls: usize, _: &mut Model| {
            failing.contains(&calls).then(|| OrgError::new(ErrorKind::Service, "broken"))
        };
        let (end, model) = walk(model, &WalkScope::Organization, Tree::new(), shuffle, failure);
        if end.missing.is_empty() {
            prop_assert_eq!(lines(&end.tree), model.lines());
        }
    }

    #[test]
    fn one_not_found_that_is_not_true_loses_nothing(model in models(), when in 1..80_usize, shuffle: u64) {
        let mut told = false;
        let lie = |calls: usize, _: &mut Model| {
            (calls >= when && !std::mem::replace(&mut told, true))
                .then(|| OrgError::new(ErrorKind::NotFound, "gone"))
        };
        let (end, model) = walk(model, &WalkScope::Organization, Tree::new(), shuffle, lie);
        if end.missing.is_empty() {
            prop_assert_eq!(lines(&end.tree), model.lines());
        }
        // Nothing stands in for `ListRoots`, whose failure is passed on as it is.
        let others = end.missing.iter().filter(|error| error.kind != ErrorKind::NotFound);
        prop_assert_eq!(others.count(), 0, "{:?}", end.missing);
    }

    #[test]
    fn accounts_that_move_in_mid_walk_are_found_once(
        model in models(),
        moves in prop::collection::btree_map(0..40_usize, (any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..8),
        shuffle: u64,
    ) {
        let mut moves = moves;
        let disturb = |calls: usize, model: &mut Model| {
            if let Some((who, to)) = moves.remove(&calls) {
                let accounts: Vec<_> = model.accounts.keys().cloned().collect();
                let homes: Vec<_> = model.units.keys().cloned().chain([ROOT.to_owned()]).collect();
                model.accounts.insert(who.get(&accounts).clone(), to.get(&homes).clone());
            }
            None
        };
        let (end, model) = walk(model, &WalkScope::Organization, Tree::new(), shuffle, disturb);
        prop_assert_eq!(&end.missing, &[]);
        let ids = |lines: BTreeSet<String>| -> Vec<String> {
            lines.iter().map(|line| line[..line.find(')').unwrap()].to_owned()).collect()
        };
        prop_assert_eq!(ids(lines(&end.tree)), ids(model.lines()));
        prop_assert!(end.tree.top_level().count() == 1, "nothing is left without a place");
    }

    #[test]
    fn organizational_units_deleted_in_mid_walk_are_gone_and_their_accounts_are_not(
        model in models(),
        when in 0..40_usize,
        most in 1..4_usize,
        which in any::<prop::sample::Index>(),
        shuffle: u64,
    ) {
        let mut deleted = 0;
        let disturb = |calls: usize, model: &mut Model| {
            let leaves: Vec<_> = model.units.keys().filter(|id| model.units.values().all(|parent| parent != *id)).cloned().collect();
            if calls >= when && deleted < most && !leaves.is_empty() {
                let leaf = which.get(&leaves).clone();
                for parent in model.accounts.values_mut().filter(|parent| **parent == leaf) {
                    ROOT.clone_into(parent);
                }
                model.units.remove(&leaf);
                deleted += 1;
            }
            None
        };
        let (end, model) = walk(model, &WalkScope::Organization, Tree::new(), shuffle, disturb);
        prop_assert_eq!(&end.missing, &[]);
        let accounts = end.tree.totals().accounts;
        prop_assert_eq!(accounts, model.accounts.len());
    }

    #[test]
    fn a_subtree_is_read_again_and_what_left_it_is_found(
        model in models(),
        which in any::<prop::sample::Index>(),
        moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..5),
        shuffle: u64,
    ) {
        let tree = walk_all(&model, shuffle).tree;
        let nodes: Vec<_> = model.units.keys().cloned().chain([ROOT.to_owned()]).collect();
        let node = which.get(&nodes).clone();
        let inside = |model: &Model| -> Vec<String> {
            let inside = |id: &&String| model.chain(id).contains(&node);
            model.accounts.keys().filter(inside).cloned().collect()
        };
        let known_accounts = inside(&model);
        let mut changed = model.clone();
        for (who, to) in moves {
            let both: BTreeSet<_> = known_accounts.iter().cloned().collect();
            if let Some(id) = both.iter().nth(who.index(both.len().max(1))) {
                changed.accounts.insert(id.clone(), to.get(&nodes).clone());
            }
        }
        let scope = WalkScope::Subtree { node: node.clone(), known_accounts };
        let (end, changed) = walk(changed, &scope, tree, shuffle, |_, _| None);
        prop_assert_eq!(&end.missing, &[]);
        prop_assert_eq!(lines(&end.tree), changed.lines());
    }
}

fn model_of(accounts: usize, organizational_units: usize, seed: u64) -> Model {
    let organization = Organization::generate(&Shape {
        accounts,
        organizational_units,
        seed,
    });
    let place = |parent: &str| {
        if parent == organization.root_id() {
            ROOT.to_owned()
        } else {
            parent.to_owned()
        }
    };
    let units = organization.units();
    Model {
        units: units
            .filter_map(|unit| Some((unit.id.clone(), place(unit.parent.as_deref()?))))
            .collect(),
        accounts: organization
            .accounts()
            .map(|account| (account.id.clone(), place(&account.parent)))
            .collect(),
        paths: 3,
        page: 20,
        ..Model::default()
    }
}

/// Seconds that a walk takes where calls take 70 ms and every row is used at its full rate.
fn seconds(model: &Model) -> f64 {
    const LATENCY: f64 = 0.07;
    let mut planner = Planner::new(WalkScope::Organization);
    // When the next token of a row is there, if it was always taken at once.
    let mut due: HashMap<Row, f64> = HashMap::new();
    let mut flying: Vec<(f64, Job)> = Vec::new();
    let mut now = 0.0_f64;
    loop {
        let mut next = f64::INFINITY;
        for row in Row::ALL.into_iter().filter(|row| *row != Row::Organization) {
            let published = row.published();
            let full = now - f64::from(published.burst.saturating_sub(2)) / published.rate;
            while planner.wants(row) {
                let token = due.entry(row).or_insert(full).max(full);
                if token > now {
                    next = next.min(token);
                    break;
                }
                due.insert(row, token + 1.0 / published.rate);
                flying.push((now + LATENCY, planner.next(row).expect("wanted")));
            }
        }
        flying.sort_by(|a, b| b.0.total_cmp(&a.0));
        match flying.last() {
            Some((answered, _)) if *answered <= next => {
                let (answered, job) = flying.pop().expect("it is the last one");
                now = answered;
                let answer = model.answer(&job);
                planner.answer(job, answer);
            }
            None if next.is_infinite() => {
                if !planner.repair() {
                    return now;
                }
            }
            _ => now = next,
        }
    }
}

fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap())
}

#[test]
fn both_structure_calls_stay_busy_to_the_end() {
    for (accounts, units, seeds) in [(500, 60, 1..=6), (5_000, 500, 1..=1)] {
        for seed in seeds {
            let model = model_of(accounts, units, seed);
            let took = seconds(&model);
            // Names come from one call per OU that has child OUs, and from no other.
            let interior: BTreeSet<_> = model.units.values().collect();
            let names = (count(interior.len()) - 8.0) / 5.0;
            let all = (count(units) - 18.0) / 11.0;
            let least = names.max(all);
            assert!(
                took <= least * 1.1 + 0.3,
                "{accounts}/{units}, seed {seed}: {took:.2} s instead of {least:.2} s"
            );
        }
    }
}

#[test]
fn observations_are_told_once() {
    let model = model_of(300, 40, 3);
    let mut planner = Planner::new(WalkScope::Organization);
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(job) = Row::ALL.iter().find_map(|row| planner.next(*row)) {
        let answer = model.answer(&job);
        for observation in planner.answer(job, answer) {
            if let Observation::Listed { node, listing } = observation {
                *told.entry(format!("{node} {listing:?}")).or_default() += 1;
            }
        }
    }
    assert_eq!(told.len(), 2 * 41);
    assert!(told.values().all(|times| *times == 1));
}

#[test]
fn a_second_root_is_reported_and_its_accounts_are_not_lost() {
    let mut model = model_of(30, 5, 3);
    let second = "r-2".to_owned();
    model.accounts.insert(account(999), second.clone());
    let mut planner = Planner::new(WalkScope::Organization);
    let mut tree = Tree::new();
    tree.begin_walk();
    loop {
        let Some(job) = Row::ALL.iter().find_map(|row| planner.next(*row)) else {
            if planner.repair() {
                continue;
            }
            break;
        };
        let mut answer = model.answer(&job);
        if let Ok(Answer::Roots(page)) = &mut answer {
            page.items.push(Root {
                id: second.clone(),
                ..Root::default()
            });
        }
        tree.apply(planner.answer(job, answer));
    }
    let (last, missing) = planner.finish();
    tree.apply(last);
    let reported = missing.iter().find(|error| error.operation == "ListRoots");
    let reported = reported.expect("it is reported");
    assert_eq!(reported.kind, ErrorKind::Incomplete);
    assert!(reported.message.contains(&second), "{reported}");
    assert_eq!(tree.totals().accounts, 31);
}

#[test]
fn no_time_left_is_told_while_nobody_knows_how_many_accounts_are_to_come() {
    let model = model_of(300, 40, 3);
    let mut planner = Planner::new(WalkScope::Organization);
    let mut step = |rows: &[Row]| {
        let job = rows.iter().find_map(|row| planner.next(*row));
        let job = job.expect("there is work");
        let answer = model.answer(&job);
        planner.answer(job, answer);
        planner.progress()
    };
    step(&[Row::Roots]);
    // 300 accounts on pages of 20.
    for page in 1..15 {
        let progress = step(&[Row::Accounts]);
        assert!(progress.accounts_open, "page {page}");
        assert_eq!(progress.remaining, None, "page {page}");
    }
    let progress = step(&[Row::Accounts]);
    assert!(!progress.accounts_open);
    assert!(progress.remaining.is_some(), "the OUs are still to be read");
}

#[test]
fn a_listing_of_nothing_but_empty_pages_is_given_up_and_replaced() {
    let model = model_of(100, 10, 3);
    let mut planner = Planner::new(WalkScope::Organization);
    let mut tree = Tree::new();
    let mut pages = 0;
    tree.begin_walk();
    loop {
        let Some(job) = Row::ALL.iter().find_map(|row| planner.next(*row)) else {
            if planner.repair() {
                continue;
            }
            break;
        };
        let answer = if job.ask == Ask::Accounts {
            pages += 1;
            Ok(Answer::Accounts(Page {
                items: Vec::new(),
                next_token: Some(pages.to_string()),
            }))
        } else {
            model.answer(&job)
        };
        tree.apply(planner.answer(job, answer));
    }
    let (_, missing) = planner.finish();
    assert_eq!(pages, MOST_EMPTY);
    let kinds: Vec<_> = missing
        .iter()
        .map(|error| (error.kind, &*error.operation))
        .collect();
    assert_eq!(kinds, [(ErrorKind::Incomplete, "ListAccounts")]);
    assert_eq!(lines(&tree), model.lines());
}

#[test]
fn what_is_wanted_is_asked_next_also_in_mid_walk() {
    let model = model_of(300, 40, 3);
    let mut planner = Planner::new(WalkScope::Organization);
    let step = |planner: &mut Planner, row| {
        let job = planner.next(row).expect("there is work");
        let answer = model.answer(&job);
        planner.answer(job, answer);
    };
    for row in [Row::Roots, Row::Accounts, Row::Accounts, Row::ForParent] {
        step(&mut planner, row);
    }
    // The last of the line: nothing below it is known, and its parent is not the root.
    let last = planner.units.iter().last().expect("there are units");
    let id = last.facts.id.clone();
    planner.prioritise(vec![id.clone()]);
    let asked: Vec<Ask> = (0..2)
        .filter_map(|_| Some(planner.next(Row::ForParent)?.ask))
        .collect();
    assert_eq!(asked, [Ask::Units(id.clone()), Ask::AccountsIn(id)]);
}
