//! `orgscope whois` against the simulator: what it prints.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Output, Stdio};

use orgscope::sim::{Calls, Organization, Settings, Simulator};
use serde_json::Value;

use crate::support::program::orgscope;

/// Four OUs deep in the demo's organization.
const DEEP: &str = "204563414726";
const DEEP_NAME: &str = "payments-ledger-prod";
const DEEP_PATH: &str = "Root / Workloads / Payments / Production";

pub(crate) async fn serve(paths: bool) -> Simulator {
    let settings = Settings {
        limits: false,
        empty_pages: false,
        paths,
        speed: 0.0,
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings).await;
    simulator.expect("a free port")
}

/// Runs the command there, with this on its standard input.
pub(crate) async fn ask(simulator: &Simulator, arguments: &[&str], text: &str) -> Output {
    let (url, text) = (simulator.url(), text.to_owned());
    let arguments: Vec<String> = arguments
        .iter()
        .map(|&argument| argument.to_owned())
        .collect();
    let running = tokio::task::spawn_blocking(move || {
        let home = tempfile::tempdir().expect("room");
        let mut child = orgscope(home.path())
            .arg("whois")
            .args(["--endpoint-url", &url])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("a pipe");
        // Who does not read it may have ended.
        let _ = input.write_all(text.as_bytes());
        drop(input);
        child.wait_with_output().expect("it runs")
    });
    running.await.expect("no panic")
}

pub(crate) fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

pub(crate) fn calls(simulator: &Simulator) -> Vec<(String, u64)> {
    let calls = simulator.calls();
    let calls = calls.iter();
    calls
        .map(|(operation, calls)| (operation.clone(), Calls::total(calls)))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_a_name_or_an_email_address_finds_all_that_have_it_the_best_first() {
    let simulator = serve(true).await;
    let output = ask(&simulator, &["LEDGER-PROD", "--json"], "").await;
    let lines = printed(&output);
    let found: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(found[0]["id"], DEEP);
    let path = ["Root", "Workloads", "Payments", "Production", DEEP_NAME];
    assert_eq!(found[0]["path"], Value::from(path.to_vec()));
    assert_eq!(found[0]["management"], false);
    // For their names, of the OUs on the second and third level: nothing is walked.
    let calls: BTreeMap<String, u64> = calls(&simulator).into_iter().collect();
    assert_eq!(calls.get("ListOrganizationalUnitsForParent"), Some(&2));
    assert_eq!(calls.get("ListChildren"), None);

    let address = format!("aws+{DEEP_NAME}@example.com");
    let output = ask(&simulator, &[&address], "").await;
    assert!(printed(&output).contains(DEEP), "{}", printed(&output));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ou_and_the_root_are_found_by_their_ids() {
    let simulator = serve(true).await;
    let (root, unit) = simulator.with_organization(|organization| {
        let mut units = organization.units();
        let unit = units
            .find(|unit| unit.name == "Payments")
            .expect("it is there");
        (organization.root_id().to_owned(), unit.id.clone())
    });
    for (id, path) in [(unit, "Root / Workloads / Payments"), (root, "Root")] {
        let output = ask(&simulator, &[&id], "").await;
        let text = printed(&output);
        assert!(text.contains(&format!("Path     {path}\n")), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_said_and_the_rest_is_printed() {
    let simulator = serve(true).await;
    let queries = [DEEP, "000000000001", "no such name"];
    let output = ask(&simulator, &queries, "").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).contains(DEEP_NAME));
    assert_eq!(
        complaint(&output),
        "orgscope: 000000000001 is not in the organization; no account or OU has no such name in \
         its name or email address\n"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_accounts_in_a_text_are_listed_or_named_in_it() {
    let simulator = serve(true).await;
    let text =
        format!("{{\"arn\":\"arn:aws:iam::{DEEP}:role/x\",\"other\":\"999999999999\"}}\n{DEEP}\n");
    let output = ask(&simulator, &["-"], &text).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        printed(&output),
        format!(
            "{DEEP}  {DEEP_NAME}        ACTIVE  {DEEP_PATH}\n\
             999999999999  is not in the organization\n"
        )
    );
    let output = ask(&simulator, &["-", "--annotate"], &text).await;
    let named = format!("{DEEP} ({DEEP_NAME})");
    assert_eq!(printed(&output), text.replace(DEEP, &named));
    assert!(complaint(&output).contains("999999999999 is not in the organization"));
    assert!(simulator.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_or_a_filter_finds_accounts_by_the_fewest_calls_that_it_takes() {
    let simulator = serve(true).await;
    simulator.with_organization(|organization| organization.set_tags(DEEP, [("Team", "ledger")]));
    let found = |output: &Output| -> Vec<String> {
        let lines = printed(output);
        let lines = lines.lines();
        let records = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let ids = records.map(|record| record["id"].as_str().expect("an id").to_owned());
        ids.collect()
    };
    let output = ask(&simulator, &["Team=ledger", "--json"], "").await;
    assert_eq!(found(&output), [DEEP]);
    let accounts = simulator.with_organization(|organization| organization.accounts().count());
    let told = format!("orgscope: reading tags: {accounts} calls or more\n");
    assert_eq!(complaint(&output), told);
    // Other terms leave fewer to read the tags of.
    let output = ask(
        &simulator,
        &["name:ledger-prod tag:team=ledger", "--json"],
        "",
    )
    .await;
    assert_eq!(found(&output), [DEEP]);
    assert!(
        complaint(&output).contains("reading tags: 1 call"),
        "{}",
        complaint(&output)
    );
    let output = ask(&simulator, &["ou:Payments/Production ledger", "--json"], "").await;
    assert!(found(&output).contains(&DEEP.to_owned()));
    let output = ask(&simulator, &["state:closed !state:closed"], "").await;
    assert_eq!(output.status.code(), Some(1));
    let output = ask(&simulator, &["state:foo"], "").await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        complaint(&output).contains("no state begins with"),
        "{}",
        complaint(&output)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_that_are_read_after_a_walk_are_read_at_the_pace_of_the_walk() {
    let settings = Settings {
        empty_pages: false,
        paths: false,
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings).await;
    let simulator = simulator.expect("a free port");
    let ids: Vec<String> = simulator.with_organization(|organization| {
        let accounts = organization.accounts().take(16);
        accounts.map(|account| account.id.clone()).collect()
    });
    let mut arguments = vec!["ou:Workloads"];
    arguments.extend(ids.iter().map(String::as_str));
    let output = ask(&simulator, &arguments, "").await;
    assert!(output.status.success(), "{}", complaint(&output));
    for (operation, calls) in simulator.calls() {
        assert_eq!(calls.throttled, 0, "{operation}: {calls:?}");
    }
}

pub(crate) fn objects(output: &Output) -> Vec<Value> {
    let text = printed(output);
    let lines = text.lines();
    let objects = lines.map(|line| serde_json::from_str(line).expect("JSON"));
    objects.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_account_that_cannot_be_read_does_not_keep_the_others_from_being_told() {
    let other = "999999999999";
    let settings = Settings {
        limits: false,
        empty_pages: false,
        faults: format!("DescribeAccount:deny:match={DEEP}")
            .parse()
            .expect("a fault"),
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings).await;
    let simulator = simulator.expect("a free port");
    let known = simulator.with_organization(|organization| {
        let mut ids = organization.accounts().map(|account| account.id.clone());
        ids.find(|id| id != DEEP).expect("another one")
    });
    let text = format!("{DEEP} {other} {known}");
    for arguments in [&["-", "--json"][..], &[DEEP, other, &known, "--json"]] {
        let output = ask(&simulator, arguments, &text).await;
        assert_eq!(output.status.code(), Some(3), "{}", complaint(&output));
        let found = objects(&output);
        assert_eq!(found[0]["id"], known.as_str());
        assert_eq!(found[1]["id"], DEEP);
        let read_tags = arguments.len() > 2;
        assert_eq!(found[0].get("tags").is_some(), read_tags);
        let error = found[1]["error"].as_str().expect("a reason");
        assert!(error.contains("DescribeAccount"), "{error}");
        assert_eq!(found[2], serde_json::json!({"id": other, "found": false}));
        let told = format!("{other} is not in the organization");
        assert!(complaint(&output).contains(&told), "{}", complaint(&output));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_that_may_not_be_read_are_told_apart_from_tags_that_are_not_there() {
    let settings = Settings {
        limits: false,
        empty_pages: false,
        faults: "ListTagsForResource:deny".parse().expect("a fault"),
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings).await;
    let simulator = simulator.expect("a free port");
    let output = ask(&simulator, &["tag:Env=prod"], "").await;
    assert_eq!(output.status.code(), Some(1));
    let told = complaint(&output);
    assert!(told.contains("not all tags could be read"), "{told}");
    assert!(told.contains("incomplete: "), "{told}");
    assert!(!told.contains("no account matches"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_meant_is_said_and_asks_for_nothing() {
    let simulator = serve(true).await;
    for (query, told) in [
        ("", "an empty query asks for nothing"),
        ("  ", "an empty query asks for nothing"),
        ("arn:aws:s3:::bucket/key", "carries no account id"),
        ("@nope", "no filter is saved as @nope; saved: none are"),
    ] {
        let output = ask(&simulator, &[query], "").await;
        assert_eq!(output.status.code(), Some(2), "{query}");
        assert!(complaint(&output).contains(told), "{}", complaint(&output));
    }
    let output = ask(&simulator, &["-"], "").await;
    assert!(output.status.success());
    assert_eq!(complaint(&output), "orgscope: no account ids in the text\n");
    assert!(simulator.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_beginning_of_an_id_and_the_name_of_an_ou_find_what_has_them() {
    let simulator = serve(false).await;
    let found = objects(&ask(&simulator, &["204563", "--json"], "").await);
    assert!(found.iter().any(|it| it["id"] == DEEP), "{found:?}");
    // No account has these: one walk finds them all.
    let before = calls(&simulator);
    let mut names = vec!["PCI scope", "key ceremonies", "ROOT"];
    let found = objects(&ask(&simulator, &[&names[..], &["--json"]].concat(), "").await);
    for unit in &found {
        let name = names.remove(0);
        assert_eq!(
            unit["name"].as_str().map(str::to_lowercase),
            Some(name.to_lowercase())
        );
    }
    let kinds: Vec<&str> = found.iter().filter_map(|it| it["kind"].as_str()).collect();
    assert_eq!(kinds, ["ou", "ou", "root"]);
    let roots = |calls: Vec<(String, u64)>| BTreeMap::from_iter(calls)["ListRoots"];
    assert_eq!(roots(calls(&simulator)), roots(before) + 1);
    let output = ask(&simulator, &["ou:Nowhere"], "").await;
    assert_eq!(complaint(&output), "orgscope: no OU is called Nowhere\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_leads_to_ids_is_answered_by_their_accounts_alone() {
    let simulator = serve(true).await;
    let (other, management) = simulator.with_organization(|organization| {
        let mut ids = organization.accounts().map(|account| account.id.clone());
        let other = ids.find(|id| id != DEEP).expect("another one");
        (other, organization.management_account().to_owned())
    });
    let path = format!("{DEEP_PATH} / {DEEP_NAME}");
    let policy =
        format!("arn:aws:organizations::{management}:policy/o-x/service_control_policy/p-1");
    for (query, ids, walks) in [
        (format!("{DEEP} {other}"), &[DEEP, &other][..], false),
        (format!("{other},{DEEP}"), &[&other, DEEP], false),
        (
            format!("https://sqs.eu-west-1.amazonaws.com/{DEEP}/q"),
            &[DEEP],
            false,
        ),
        (format!("arn:aws:s3:::my-{DEEP}-bucket"), &[DEEP], false),
        (
            format!("o-exampleorg1/r-ab12/ou-ab12-11111111/{DEEP}"),
            &[DEEP],
            false,
        ),
        (policy.clone(), &[&management], false),
        (path, &[DEEP], true),
        (
            DEEP_PATH.replace("Root / ", "/").replace(" / ", "/") + "/" + DEEP_NAME,
            &[DEEP],
            true,
        ),
    ] {
        let before = calls(&simulator);
        let output = ask(&simulator, &[&query, "--json"], "").await;
        assert!(output.status.success(), "{query}: {}", complaint(&output));
        let found = objects(&output);
        let found: Vec<&str> = found.iter().filter_map(|it| it["id"].as_str()).collect();
        assert_eq!(found, ids, "{query}");
        let lists = |calls: Vec<(String, u64)>| {
            let lists = calls.into_iter().filter(|(name, _)| name == "ListAccounts");
            lists.map(|(_, calls)| calls).sum::<u64>()
        };
        assert_eq!(lists(calls(&simulator)) > lists(before), walks, "{query}");
        let told =
            format!("orgscope: {policy}: the ARN of a policy, which belongs to the management");
        assert_eq!(complaint(&output).contains(&told), query == policy);
    }
}

#[test]
fn bytes_that_are_no_text_are_given_back_unchanged() {
    let home = tempfile::tempdir().expect("room");
    let mut child = orgscope(home.path())
        .args(["whois", "--demo", "-", "--annotate"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(b"\xff\xfe 204563414726 \xe9\n")
        .expect("room");
    drop(input);
    let output = child.wait_with_output().expect("it runs");
    let expected = [
        &b"\xff\xfe 204563414726 ("[..],
        DEEP_NAME.as_bytes(),
        b") \xe9\n",
    ]
    .concat();
    assert_eq!(output.stdout, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_parents_of_many_accounts_are_asked_for_once_each() {
    let simulator = serve(false).await;
    let (ids, parents) = simulator.with_organization(|organization| {
        let named_so = organization.accounts().filter(|it| {
            let texts = format!("{} {}", it.name, it.email);
            texts.to_lowercase().contains("payments")
        });
        let mut children = std::collections::BTreeSet::new();
        let mut ids = Vec::new();
        for account in named_so {
            let above = organization.chain(&account.parent).into_iter().skip(1);
            children.extend(above.chain([account.id.as_str()]));
            ids.push(account.id.clone());
        }
        (ids, children.len() as u64)
    });
    assert!(ids.len() > 8, "{ids:?}");
    let text = ids.join(" ");
    let arguments: Vec<&str> = ids.iter().map(String::as_str).collect();
    for (run, arguments) in (1..).zip([&arguments[..], &["-"], &["payments"]]) {
        let before = count(&simulator, "ListParents");
        let output = ask(&simulator, arguments, &text).await;
        assert!(output.status.success(), "{}", complaint(&output));
        assert_eq!(count(&simulator, "ListParents") - before, parents);
        assert_eq!(count(&simulator, "ListRoots"), run);
    }
}

/// How often this was called.
pub(crate) fn count(simulator: &Simulator, operation: &str) -> u64 {
    let calls = calls(simulator);
    let found = calls.iter().find(|(name, _)| name == operation);
    found.map_or(0, |(_, count)| *count)
}
