//! Which policies reach an account, judged by boto3 on two servers that nobody here wrote: what it
//! reads upwards from each account, the program computes downwards from attachments and the tree.

use std::collections::{BTreeMap, BTreeSet};

use orgscope::aws::{Connection, Limiter, Policies, answer, identify, walk};
use orgscope::org::{Finding, Question, Tree, WalkEvent, WalkScope, has_effect, levels, reach};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::support::emulator;
use crate::support::program::orgscope;
use crate::support::python::{Python, Server};

const TYPES: [&str; 2] = ["SERVICE_CONTROL_POLICY", "TAG_POLICY"];

/// A server that was filled, the truth about its accounts by id, and our ways to read it.
struct Scene {
    name: &'static str,
    url: String,
    _server: Server,
    truth: BTreeMap<String, Value>,
    connection: Connection,
    limiter: Limiter,
}

fn scenes() -> Vec<Scene> {
    let Some(python) = Python::with_peers() else {
        return Vec::new();
    };
    let moto = python.serve("moto_small.py", &["--empty"]);
    let servers = [("moto", moto), ("winterbaume", emulator::start())];
    let scene = |(name, server): (&'static str, Server)| {
        let truth = python.run("governed.py", &[&server.url]);
        Scene {
            name,
            truth: serde_json::from_str(&truth).expect("one JSON object"),
            connection: Connection::to_simulator_read_only(&server.url),
            limiter: Limiter::published(),
            url: server.url.clone(),
            _server: server,
        }
    };
    servers.map(scene).into()
}

/// The ids from the root down to the account itself.
fn chain(account: &str, truth: &Value) -> Vec<String> {
    let above = truth["above"].as_array().expect("ids");
    let above = above.iter().map(|id| id.as_str().expect("an id"));
    above.chain([account]).map(str::to_owned).collect()
}

/// What is attached at each level, as the truth has it.
fn by_level(policies: &Policies, chain: &[String], policy_type: &str) -> Value {
    let attached = |node: &str, policy_type: &str| policies.at(node, policy_type);
    let levels = levels(chain, policy_type, attached, |_| None);
    let levels = levels.iter().map(|level| {
        let policies = level
            .policies
            .expect("it was asked for")
            .expect("it was read");
        let ids: BTreeSet<&str> = policies.iter().map(|policy| policy.id.as_str()).collect();
        json!({ "node": level.node, "policies": ids })
    });
    levels.collect()
}

async fn walked(scene: &Scene) -> Tree {
    let (_wanted, wanted) = watch::channel(Vec::new());
    let (events, mut news) = mpsc::channel(8);
    let scope = WalkScope::Organization;
    let walking = walk(&scene.connection, &scene.limiter, scope, wanted, events);
    let mut tree = Tree::new();
    tree.begin_walk();
    let collecting = async {
        while let Some(event) = news.recv().await {
            match event {
                WalkEvent::Observed(observations, _) => tree.apply(observations),
                WalkEvent::Finished(summary) => assert!(summary.is_complete(), "{summary:?}"),
            }
        }
    };
    tokio::join!(walking, collecting);
    tree
}

/// The accounts that have this policy at some level, as the truth has it.
fn reached(scene: &Scene, policy_type: &str, policy: &str) -> BTreeSet<String> {
    let has = |truth: &Value| {
        let levels = truth["policies"][policy_type].as_array().expect("levels");
        let mut ids = levels
            .iter()
            .filter_map(|level| level["policies"].as_array());
        ids.any(|ids| ids.contains(&json!(policy)))
    };
    let all = scene.truth.iter().filter(|(_, truth)| has(truth));
    all.map(|(account, _)| account.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_by_level_are_what_boto3_finds_on_the_way_up_from_every_account() {
    for scene in scenes() {
        let chains: BTreeMap<&str, Vec<String>> = scene
            .truth
            .iter()
            .map(|(account, truth)| (account.as_str(), chain(account, truth)))
            .collect();
        let nodes: BTreeSet<String> = chains.values().flatten().cloned().collect();
        let types = TYPES.map(str::to_owned);
        let (connection, limiter) = (&scene.connection, &scene.limiter);
        let all = Policies::read(connection, limiter, &nodes, &types, nodes.len()).await;
        for (account, chain) in &chains {
            for policy_type in TYPES {
                assert_eq!(
                    by_level(&all, chain, policy_type),
                    scene.truth[*account]["policies"][policy_type],
                    "{}: {account} {policy_type}",
                    scene.name
                );
            }
        }
        // The other way to read, for the account that is deepest in the tree.
        let deepest = chains.iter().max_by_key(|(_, chain)| chain.len());
        let (account, chain) = deepest.expect("there are accounts");
        let few = chain.iter().cloned().collect();
        let some = Policies::read(connection, limiter, &few, &types, nodes.len()).await;
        for policy_type in TYPES {
            let truth = &scene.truth[*account]["policies"][policy_type];
            assert_eq!(
                by_level(&some, chain, policy_type),
                *truth,
                "{}",
                scene.name
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_reaches_the_accounts_in_whose_levels_boto3_finds_it() {
    for scene in scenes() {
        let identity = identify(&scene.connection).await;
        let organization = identity.organization.expect("there is one");
        let management = organization.management_account_id.expect("it is told");
        let tree = walked(&scene).await;
        for policy_type in TYPES {
            let of_type = |truth: &Value| truth["policies"][policy_type].to_string();
            let policies = scene.truth.values().map(of_type).collect::<String>();
            let ids = policies.split('"').filter(|text| text.starts_with("p-"));
            for policy in ids.collect::<BTreeSet<&str>>() {
                let question = Question::Targets(policy.to_owned());
                let found = answer(&scene.connection, &scene.limiter, &question).await;
                let Ok(Finding::Targets(targets)) = found else {
                    panic!("{}: {found:?}", scene.name);
                };
                let reach = reach(&tree, policy_type, &targets, Some(&management));
                assert!(!reach.incomplete, "{}: {policy}", scene.name);
                let nodes = reach.accounts.iter().filter_map(|ix| tree.get(*ix));
                let ids: BTreeSet<String> = nodes.map(|node| node.id().to_owned()).collect();
                let mut expected = reached(&scene, policy_type, policy);
                if !has_effect(policy_type, true) {
                    expected.remove(&management);
                }
                assert_eq!(ids, expected, "{}: {policy}", scene.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tags_of_every_account_are_those_that_boto3_reads() {
    for scene in scenes() {
        for (account, truth) in &scene.truth {
            let question = Question::Tags(account.clone());
            let found = answer(&scene.connection, &scene.limiter, &question).await;
            let Ok(Finding::Tags(tags)) = found else {
                panic!("{}: {found:?}", scene.name);
            };
            let tags: BTreeMap<String, String> =
                tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
            assert_eq!(json!(tags), truth["tags"], "{}: {account}", scene.name);
        }
    }
}

/// Every account as `export --with policies,tags` has it.
fn exported(scene: &Scene) -> Vec<Value> {
    let home = tempfile::tempdir().expect("room for temporary files");
    let output = orgscope(home.path())
        .args(["export", "--format", "jsonl", "--with", "policies,tags"])
        .args(["--endpoint-url", &scene.url])
        .output()
        .expect("it starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let lines = std::str::from_utf8(&output.stdout).expect("text").lines();
    let records = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    records
        .filter(|record| record["kind"] == "account")
        .collect()
}

/// What the export has by type, as the levels of the truth.
fn levels_of(record: &Value, policy_type: &str, chain: &[String]) -> Value {
    let found = record["policies"][policy_type]
        .as_array()
        .expect("policies");
    let level = |node: &String| {
        let here = found.iter().filter(|it| it["attached_to"] == node.as_str());
        let ids: BTreeSet<&str> = here.map(|it| it["id"].as_str().expect("an id")).collect();
        json!({ "node": node, "policies": ids })
    };
    chain.iter().map(level).collect()
}

#[test]
fn the_export_has_the_policies_and_the_tags_that_boto3_finds() {
    for scene in scenes() {
        let records = exported(&scene);
        assert_eq!(records.len(), scene.truth.len(), "{}", scene.name);
        for record in records {
            let account = record["id"].as_str().expect("an id");
            let truth = &scene.truth[account];
            assert_eq!(record["tags"], truth["tags"], "{}: {account}", scene.name);
            for policy_type in TYPES {
                assert_eq!(
                    levels_of(&record, policy_type, &chain(account, truth)),
                    truth["policies"][policy_type],
                    "{}: {account} {policy_type}",
                    scene.name
                );
            }
        }
    }
}
