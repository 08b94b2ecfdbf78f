//! `orgscope whois` against the simulator: what it prints, and how few calls it takes.

use std::io::Write as _;
use std::process::{Output, Stdio};

use orgscope::sim::{Calls, Organization, Settings, Simulator};
use serde_json::Value;

use crate::support::program::orgscope;

/// Four OUs deep in the demo's organization.
const DEEP: &str = "204563414726";
const DEEP_NAME: &str = "payments-ledger-prod";
const DEEP_PATH: &str = "Root / Workloads / Payments / Production";

async fn serve(paths: bool) -> Simulator {
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
async fn ask(simulator: &Simulator, arguments: &[&str], text: &str) -> Output {
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

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn calls(simulator: &Simulator) -> Vec<(String, u64)> {
    let calls = simulator.calls();
    let calls = calls.iter();
    calls
        .map(|(operation, calls)| (operation.clone(), Calls::total(calls)))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_or_an_arn_takes_a_call_for_the_account_one_for_the_root_and_one_for_each_ou() {
    for query in [
        DEEP,
        "2045-6341-4726",
        "arn:aws:iam::204563414726:role/Admin",
    ] {
        let simulator = serve(true).await;
        let output = ask(&simulator, &[query], "").await;
        assert!(output.status.success(), "{}", complaint(&output));
        let text = printed(&output);
        for fact in [DEEP, DEEP_NAME, DEEP_PATH, "ACTIVE", "@example.com"] {
            assert!(text.contains(fact), "{fact} is not in {text}");
        }
        let expected = [
            ("DescribeAccount", 1),
            ("DescribeOrganizationalUnit", 3),
            ("ListRoots", 1),
        ];
        let expected = expected.map(|(operation, count)| (operation.to_owned(), count));
        assert_eq!(calls(&simulator), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_paths_the_parents_are_asked_and_nothing_is_walked() {
    let simulator = serve(false).await;
    let output = ask(&simulator, &[DEEP], "").await;
    assert!(printed(&output).contains(DEEP_PATH), "{}", printed(&output));
    let calls = calls(&simulator);
    let asked: Vec<&str> = calls
        .iter()
        .map(|(operation, _)| operation.as_str())
        .collect();
    let expected = [
        "DescribeAccount",
        "DescribeOrganizationalUnit",
        "ListParents",
        "ListRoots",
    ];
    assert_eq!(asked, expected);
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
    let walked = ["ListChildren", "ListOrganizationalUnitsForParent"];
    let calls = calls(&simulator);
    assert!(
        !calls
            .iter()
            .any(|(operation, _)| walked.contains(&operation.as_str()))
    );

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
        "orgscope: 000000000001 is not in the organization; no account has no such name in its \
         name or email address\n"
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
        format!("{DEEP}  {DEEP_NAME}  ACTIVE  {DEEP_PATH}\n")
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
