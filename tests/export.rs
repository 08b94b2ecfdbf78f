//! `orgscope export` of a part of the organization, with columns, tags and policies, against the
//! simulator.

use std::collections::BTreeSet;
use std::process::Output;

use orgscope::sim::{Organization, PolicyType, Settings, Shape, Simulator};
use serde_json::Value;

use crate::support::program::orgscope;

async fn serve(organization: Organization) -> Simulator {
    let settings = Settings {
        limits: false,
        empty_pages: false,
        speed: 0.0,
        ..Settings::default()
    };
    let simulator = Simulator::start(organization, settings).await;
    simulator.expect("a free port")
}

async fn run(simulator: &Simulator, arguments: &[&str]) -> Output {
    run_configured(simulator, arguments, "").await
}

async fn run_configured(simulator: &Simulator, arguments: &[&str], config: &str) -> Output {
    let url = simulator.url();
    let arguments: Vec<String> = arguments.iter().map(|&it| it.to_owned()).collect();
    let config = config.to_owned();
    let running = tokio::task::spawn_blocking(move || {
        let home = tempfile::tempdir().expect("room");
        let folder = home.path().join(".config/orgscope");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("config.toml"), config).expect("a file");
        let mut command = orgscope(home.path());
        command.args(["--endpoint-url", &url]).args(arguments);
        command.output().expect("it runs")
    });
    running.await.expect("no panic")
}

fn printed(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn lines(output: &Output) -> Vec<Value> {
    let text = printed(output);
    let lines = text.lines();
    let lines = lines.map(|line| serde_json::from_str(line).expect("JSON"));
    lines.collect()
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn calls(simulator: &Simulator, operation: &str) -> u64 {
    let calls = simulator.calls();
    calls.get(operation).map_or(0, orgscope::sim::Calls::total)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_leaves_the_accounts_that_it_means_and_columns_the_fields_that_are_named() {
    let simulator = serve(Organization::demo()).await;
    let filter = "ou:Workloads/Payments state:active !name:ledger";
    let wanted = ["export", "--format", "jsonl", "--filter", filter];
    let found = lines(&run(&simulator, &wanted).await);
    assert!(!found.is_empty());
    for record in &found {
        assert_eq!(record["kind"], "account");
        assert_eq!(record["state"], "ACTIVE");
        let path = record["path"].as_array().expect("a path");
        assert_eq!(path[1..3], ["Workloads", "Payments"]);
        assert!(!record["name"].as_str().expect("a name").contains("ledger"));
    }
    let columns = [&wanted[..], &["--columns", "state,id,name"]].concat();
    let text = printed(&run(&simulator, &columns).await);
    let first = text.lines().next().expect("a line");
    let expected = format!(
        "{{\"state\":\"ACTIVE\",\"id\":{},\"name\":{}}}",
        found[0]["id"], found[0]["name"]
    );
    assert_eq!(first, expected);

    let csv = [
        "export",
        "--format",
        "csv",
        "--filter",
        filter,
        "--columns",
        "id,path",
    ];
    let text = printed(&run(&simulator, &csv).await);
    assert_eq!(text.lines().next(), Some("id,path"));
    assert_eq!(text.lines().count(), found.len() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_json_the_ous_that_lead_to_the_accounts_are_there_and_no_others() {
    let simulator = serve(Organization::demo()).await;
    let filter = [
        "export",
        "--format",
        "json",
        "--filter",
        "payments-ledger-prod",
    ];
    let text = printed(&run(&simulator, &filter).await);
    let mut here: Value = serde_json::from_str(&text).expect("JSON");
    let mut names = Vec::new();
    loop {
        names.push(here["name"].as_str().expect("a name").to_owned());
        let Some(children) = here["children"].as_array() else {
            break;
        };
        assert_eq!(children.len(), 1, "{names:?}");
        here = children[0].clone();
    }
    let way = [
        "Root",
        "Workloads",
        "Payments",
        "Production",
        "payments-ledger-prod",
    ];
    assert_eq!(names, way);
    let nothing = ["export", "--format", "json", "--filter", "no-such-account"];
    let output = run(&simulator, &nothing).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("orgscope: no account matches no-such-account\n"),
        "{said}"
    );
    let text = printed(&output);
    let root: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&root["kind"], &root["children"]),
        (&"root".into(), &Value::Array(vec![]))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_column_or_filter_ends_before_anything_is_asked() {
    let simulator = serve(Organization::demo()).await;
    for (arguments, sentence) in [
        (
            &["--format", "csv", "--columns", "id,mail"][..],
            "there is no column mail; there are kind, id, name, arn",
        ),
        (
            &["--format", "csv", "--columns", "tags"],
            "the column tags needs --with tags",
        ),
        (
            &["--format", "jsonl", "--columns", "id,name,id"],
            "the column id is named twice",
        ),
        (
            &["--format", "json", "--columns", "id"],
            "for csv and jsonl",
        ),
        (
            &["--format", "csv", "--filter", "prod state:foo"],
            "cannot be used, at 12: no state begins with \"foo\"",
        ),
        (
            &["--format", "csv", "--filter", "Prod@ \"open"],
            "at 7: this quote is not closed",
        ),
    ] {
        let output = run(&simulator, &[&["export"], arguments].concat()).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            complaint(&output).contains(sentence),
            "{}",
            complaint(&output)
        );
    }
    assert!(simulator.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_are_read_of_the_accounts_that_the_other_terms_leave() {
    let shape = Shape {
        accounts: 30,
        organizational_units: 3,
        seed: 5,
    };
    let mut organization = Organization::generate(&shape);
    let mut ids: Vec<String> = organization.accounts().map(|it| it.id.clone()).collect();
    ids.sort();
    for id in &ids {
        organization.set_tags(id, [("Env", "dev")]);
    }
    organization.set_tags(&ids[3], [("Env", "prod"), ("Owner", "a\u{1b}[31m; b")]);
    let simulator = serve(organization).await;
    let mut arguments = vec!["export", "--format", "jsonl", "--filter", "tag:Env=prod"];
    let found = lines(&run(&simulator, &arguments).await);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["id"], ids[3].as_str());
    assert!(found[0].get("tags").is_none());
    assert_eq!(calls(&simulator, "ListTagsForResource"), 30);
    // What is known by then is not read again.
    let one = format!("id:{} tag:env", ids[3]);
    arguments[4] = &one;
    arguments.extend(["--with", "tags"]);
    let output = run(&simulator, &arguments).await;
    let found = lines(&output);
    assert_eq!(found[0]["tags"]["Owner"], "a\u{1b}[31m; b");
    assert!(
        complaint(&output).contains("reading tags: 1 call"),
        "{}",
        complaint(&output)
    );
    assert_eq!(calls(&simulator, "ListTagsForResource"), 31);
    arguments[2] = "csv";
    arguments.extend(["--columns", "id,tags"]);
    let text = printed(&run(&simulator, &arguments).await);
    assert_eq!(
        text,
        format!(
            "id,tags\n{},\"{{\"\"Env\"\":\"\"prod\"\",\"\"Owner\"\":\"\"a\\u001b[31m; b\"\"}}\"\n",
            ids[3]
        )
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_are_told_by_type_with_what_they_are_attached_to() {
    let simulator = serve(Organization::demo()).await;
    let filter = "name:payments-ledger-prod";
    let mut arguments = vec!["export", "--format", "jsonl", "--filter", filter];
    arguments.extend(["--with", "policies"]);
    let found = lines(&run(&simulator, &arguments).await);
    let record = &found[0];
    let policies = record["policies"].as_object().expect("by type");
    let service = policies["SERVICE_CONTROL_POLICY"]
        .as_array()
        .expect("a list");
    let way: Vec<&str> = record["id_path"]
        .as_array()
        .expect("ids")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    simulator.with_organization(|organization| {
        let kinds: Vec<_> = organization.policy_types().collect();
        assert_eq!(policies.len(), kinds.len());
        let mut expected = BTreeSet::new();
        for place in &way {
            for policy in organization.attached_policies(place, PolicyType::ServiceControl) {
                expected.insert((policy.id.clone(), (*place).to_owned()));
            }
        }
        let told: BTreeSet<(String, String)> = service
            .iter()
            .map(|it| {
                let text = |name: &str| it[name].as_str().expect("text").to_owned();
                assert_eq!(it["inherited"], it["attached_to"] != record["id"]);
                (text("id"), text("attached_to"))
            })
            .collect();
        assert_eq!(told, expected);
    });
    // Each place on the way is asked once for each type, however many accounts are below it.
    let each = calls(&simulator, "ListPoliciesForTarget");
    assert!(each >= policies.len() as u64 * way.len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_read_is_null_and_the_exit_code_says_so() {
    let settings = Settings {
        limits: false,
        faults: "ListTagsForResource:deny".parse().expect("a fault"),
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings)
        .await
        .expect("a free port");
    let arguments = ["export", "--format", "jsonl", "--with", "tags"];
    let output = run(&simulator, &arguments).await;
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("text");
    let account = text
        .lines()
        .find(|line| line.contains("\"kind\":\"account\""));
    assert!(account.expect("one").contains("\"tags\":null"));
    let complaint = String::from_utf8(output.stderr).expect("text");
    assert!(
        complaint.contains("access denied to ListTagsForResource"),
        "{complaint}"
    );
    // After some refusals the others are not asked for.
    assert!(calls(&simulator, "ListTagsForResource") <= 16);
    let csv = ["export", "--format", "csv", "--with", "tags"];
    let output = run(
        &simulator,
        &[&csv[..], &["--columns", "kind,tags"]].concat(),
    )
    .await;
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.contains("\naccount,null\n") && text.contains("\nou,\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_filter_is_used_by_name_and_a_broken_one_is_told_at_the_start() {
    let simulator = serve(Organization::demo()).await;
    let arguments = ["export", "--format", "jsonl", "--filter", "@pay !ledger"];
    let config = "[filters]\npay = \"ou:Payments state:active\"\n";
    let found = lines(&run_configured(&simulator, &arguments, config).await);
    assert!(!found.is_empty() && found.iter().all(|it| it["path"][2] == "Payments"));
    let config = "[filters]\npay = \"state:nowhere\"\n";
    let output = run_configured(&simulator, &arguments, config).await;
    assert_eq!(output.status.code(), Some(2));
    let told = complaint(&output);
    assert!(
        told.contains("config.toml, line 2, pay: at 7: no state begins with"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_account_whose_tags_may_not_be_read_does_not_end_the_reading() {
    let organization = Organization::demo();
    let mut accounts = organization.accounts();
    let account = accounts.find(|it| it.name.contains("payments"));
    let id = account.expect("one").id.clone();
    drop(accounts);
    let settings = Settings {
        limits: false,
        empty_pages: false,
        faults: format!("ListTagsForResource:deny:match={id}")
            .parse()
            .expect("a fault"),
        ..Settings::default()
    };
    let simulator = Simulator::start(organization, settings).await;
    let simulator = simulator.expect("a free port");
    let mut arguments = vec!["export", "--format", "jsonl", "--with", "tags"];
    arguments.extend(["--filter", "name:payments"]);
    let output = run(&simulator, &arguments).await;
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.lines().count() > 8, "{text}");
    let unread = text.lines().filter(|line| line.contains("\"tags\":null"));
    assert_eq!(unread.count(), 1);
}
