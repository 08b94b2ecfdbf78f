//! `orgscope doctor`: what it finds out, what it keeps to itself, and how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use orgscope::org::{Observation, Root, Snapshot, Tree};
use orgscope::sim::{
    ACCESS_KEY_PREFIX, Caller, OUTSIDER_ACCOUNT, Organization, Settings, Simulator,
};
use orgscope::store::Cache;
use serde_json::{Value, json};

use crate::support::endpoint::{Endpoint, json as answer};
use crate::support::program::orgscope;

const MANAGEMENT: &str = "100020003000";

async fn serve(caller: Caller, faults: &str) -> Simulator {
    let settings = Settings {
        caller,
        limits: false,
        empty_pages: false,
        speed: 0.0,
        faults: faults.parse().expect("faults"),
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings).await;
    simulator.expect("a free port")
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("room for temporary files")
}

fn doctor(home: &Path, url: &str) -> Command {
    let mut command = orgscope(home);
    command.args(["doctor", "--json", "--endpoint-url", url]);
    command
}

/// Runs it beside the simulator, which is on this runtime.
async fn run(mut command: Command) -> Output {
    let running = tokio::task::spawn_blocking(move || command.output().expect("it starts"));
    running.await.expect("no panic")
}

fn report(output: &Output) -> Value {
    let text = std::str::from_utf8(&output.stdout).expect("text");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

/// What came of the operation.
fn result<'a>(report: &'a Value, operation: &str) -> &'a Value {
    let mut reads = report["reads"].as_array().expect("reads").iter();
    let read = reads.find(|read| read["operation"] == operation);
    read.unwrap_or_else(|| panic!("{operation} is missing"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_read_is_tried_once_and_told_as_allowed() {
    let simulator = serve(Caller::Management, "").await;
    let home = home();
    let output = run(doctor(home.path(), &simulator.url())).await;
    let report = report(&output);
    assert_eq!(code(&output), 0, "{report:#}");
    let who = &report["identity"];
    assert_eq!(who["account"], MANAGEMENT);
    assert_eq!(who["role"], "management account");
    assert_eq!(who["organization"], "o-m3r1d14n42");
    assert_eq!(report["connection"]["region_from"], "AWS_REGION");
    assert_eq!(report["connection"]["endpoint_from"], "--endpoint-url");
    let reads = report["reads"].as_array().expect("reads");
    for read in reads {
        assert_eq!(read["result"], "allowed", "{read:#}");
    }
    // Nothing but reads, each once; who is asking is asked for itself too.
    let calls = simulator.calls();
    assert_eq!(calls.len(), reads.len());
    for (operation, calls) in calls {
        let most = if operation == "DescribeOrganization" {
            2
        } else {
            1
        };
        assert!(
            (1..=most).contains(&calls.total()),
            "{operation}: {calls:?}"
        );
        assert_eq!(calls.throttled, 0, "{operation}");
    }
    let ahead = report["clock"]["ahead_seconds"].as_i64().expect("a date");
    assert!(ahead.abs() <= 60, "the simulator has the machine's clock");
    assert_eq!(report["clock"]["is_off"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_read_is_told_with_the_permission_that_is_missing() {
    let faults = "ListTagsForResource:deny,ListPolicies:deny,ListRoots:deny";
    let simulator = serve(Caller::Management, faults).await;
    let home = home();
    let output = run(doctor(home.path(), &simulator.url())).await;
    let report = report(&output);
    assert_eq!(code(&output), 3);
    let denied = result(&report, "ListTagsForResource");
    assert_eq!(denied["result"], "denied");
    assert_eq!(denied["permission"], "organizations:ListTagsForResource");
    // There is always one policy to ask about, and without a root nothing below it.
    assert_eq!(result(&report, "DescribePolicy")["result"], "allowed");
    let below = result(&report, "ListChildren");
    assert_eq!(below["result"], "not tried");
    assert_eq!(below["why"], "the root is not known");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_told_apart() {
    for (caller, role, exit, allowed) in [
        (
            Caller::DelegatedAdministrator,
            "delegated administrator",
            0,
            20,
        ),
        // DescribeOrganization, DescribeEffectivePolicy of itself, and who it is.
        (Caller::Member, "member account", 3, 3),
    ] {
        let simulator = serve(caller, "").await;
        let home = home();
        let output = run(doctor(home.path(), &simulator.url())).await;
        let report = report(&output);
        assert_eq!(report["identity"]["role"], role);
        assert_eq!(code(&output), exit, "{role}");
        let reads = report["reads"].as_array().expect("reads").iter();
        let found = reads.filter(|read| read["result"] == "allowed").count();
        assert_eq!(found, allowed, "{report:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_an_organization_is_told_so_and_nothing_more_is_tried() {
    let simulator = serve(Caller::Outsider, "").await;
    let home = home();
    let output = run(doctor(home.path(), &simulator.url())).await;
    let report = report(&output);
    assert_eq!(code(&output), 1);
    assert_eq!(report["identity"]["account"], OUTSIDER_ACCOUNT);
    assert_eq!(result(&report, "ListAccounts")["result"], "not tried");
    assert!(!simulator.calls().contains_key("ListAccounts"));
}

#[test]
fn without_credentials_everything_else_is_told() {
    let home = home();
    let mut command = orgscope(home.path());
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env_remove("AWS_REGION")
        .env("TERM", "xterm-256color")
        .env("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
        .args(["doctor", "--json"]);
    let output = command.output().expect("it starts");
    let report = report(&output);
    assert_eq!(code(&output), 3);
    let error = report["identity"]["error"].as_str().expect("a reason");
    assert!(error.contains("credentials"), "{error}");
    assert_eq!(report["connection"]["region"], "us-east-1");
    assert_eq!(result(&report, "ListRoots")["result"], "not tried");
    assert_eq!(report["clock"]["ahead_seconds"], Value::Null);
    let terminal = &report["terminal"];
    assert_eq!(terminal["is_there"], false);
    assert_eq!(terminal["colors"], "256");
    assert_eq!(
        (&terminal["over_ssh"], &terminal["is_utf8"]),
        (&json!(true), &json!(true))
    );
    let offline = orgscope(home.path())
        .args(["doctor", "--offline"])
        .output()
        .expect("it starts");
    assert_eq!(code(&offline), 0);
    assert!(String::from_utf8_lossy(&offline.stdout).contains("Terminal"));
}

#[test]
fn an_endpoint_that_is_down_is_told_as_such() {
    let home = home();
    let output = doctor(home.path(), "http://127.0.0.1:9").output();
    let output = output.expect("it starts");
    let report = report(&output);
    assert_eq!(code(&output), 4);
    assert_eq!(result(&report, "DescribeOrganization")["result"], "failed");
    assert_eq!(result(&report, "ListRoots")["result"], "not tried");
    let error = report["identity"]["error"].as_str().expect("a reason");
    assert!(error.contains("http://127.0.0.1:9"), "{error}");
}

#[test]
fn a_file_that_others_can_read_is_pointed_out() {
    let home = home();
    let cache = home.path().join(".cache/orgscope");
    fs::create_dir_all(&cache).expect("a folder");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o755)).expect("its mode");
    let output = orgscope(home.path())
        .args(["doctor", "--offline", "--json"])
        .output()
        .expect("it starts");
    let report = report(&output);
    let paths = report["paths"].as_array().expect("paths");
    let what = |what: &str| paths.iter().find(|path| path["what"] == what).expect("it");
    assert_eq!(what("cache")["mode"], "755");
    assert_eq!(what("cache")["is_open_to_others"], true);
    assert_eq!(what("journal")["exists"], false);
    assert_eq!(what("log")["is_open_to_others"], false);
    let log = what("log")["path"].as_str().expect("a path");
    assert!(log.ends_with(".local/state/orgscope/orgscope.log"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_printed_whatever_goes_wrong() {
    const SECRETS: [&str; 6] = [
        "wJalrXUtnFEMI",
        "session-token-1",
        "proxy-password-2",
        "query-token-3",
        "profile-secret-4",
        "url-password-5",
    ];
    let simulator = serve(Caller::Management, "ListAccounts:deny").await;
    let home = home();
    let config = home.path().join("config");
    fs::write(
        &config,
        "[profile other]\nregion = eu-west-1\naws_access_key_id = AKIAOTHER\n\
         aws_secret_access_key = profile-secret-4\n",
    )
    .expect("a file");
    let with_query = format!("{}/?token=query-token-3", simulator.url());
    let nobody = "http://127.0.0.1:9/?token=query-token-3".to_owned();
    let key = format!("{ACCESS_KEY_PREFIX}{MANAGEMENT}");
    for (arguments, url) in [
        (vec!["doctor"], simulator.url()),
        (vec!["doctor", "--json"], with_query),
        (vec!["doctor"], nobody),
        (vec!["doctor", "--profile", "other"], simulator.url()),
        (vec!["doctor", "--profile", "missing"], simulator.url()),
        (
            vec!["doctor"],
            "http://me:url-password-5@127.0.0.1:9".to_owned(),
        ),
        (
            vec!["doctor"],
            "htp://me:url-password-5@127.0.0.1:9".to_owned(),
        ),
    ] {
        let mut command = orgscope(home.path());
        command
            .args(&arguments)
            .env("AWS_ACCESS_KEY_ID", &key)
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
            .env("AWS_SESSION_TOKEN", "session-token-1")
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_ENDPOINT_URL", &url)
            .env("HTTPS_PROXY", "http://me:proxy-password-2@127.0.0.1:9");
        let output = run(command).await;
        let mut said = output.stdout.clone();
        said.extend(&output.stderr);
        let said = String::from_utf8(said).expect("text");
        assert!(
            said.contains("Paths") || said.contains("\"paths\""),
            "{said}"
        );
        for secret in SECRETS.iter().copied().chain([key.as_str(), "AKIAOTHER"]) {
            assert!(
                !said.contains(secret),
                "{secret} in {arguments:?} {url}:\n{said}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_noticed() {
    let endpoint = Endpoint::serve(|request| match request.operation() {
        Some("DescribeOrganization") => answer(
            200,
            r#"{"Organization":{"Id":"o-clock00001","MasterAccountId":"000000000011"}}"#,
        )
        .replacen("\r\n", "\r\ndate: Mon, 05 Jan 2015 10:00:00 GMT\r\n", 1),
        _ => answer(400, r#"{"__type":"AccessDeniedException","Message":"no"}"#),
    });
    let home = home();
    let output = run(doctor(home.path(), &endpoint.url)).await;
    let report = report(&output);
    let ahead = report["clock"]["ahead_seconds"].as_i64().expect("a date");
    assert!(ahead > 300_000_000, "{ahead}");
    assert_eq!(report["clock"]["is_off"], true);
    assert_eq!(report["identity"]["organization"], "o-clock00001");
}

#[test]
fn an_endpoint_that_never_answers_is_given_up_and_who_we_are_is_printed_all_the_same() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("it is bound"));
    let home = home();
    let output = doctor(home.path(), &url).output().expect("it starts");
    let report = report(&output);
    assert_eq!(code(&output), 4);
    for operation in ["DescribeOrganization", "GetCallerIdentity"] {
        let tried = result(&report, operation);
        assert_eq!(tried["result"], "failed", "{tried}");
        assert_eq!(tried["why"], "no answer within 5 s", "{tried}");
    }
    assert_eq!(result(&report, "ListRoots")["result"], "not tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asking_is_told_where_the_organization_is_not() {
    let simulator = serve(Caller::Management, "DescribeOrganization:500").await;
    let home = home();
    let output = run(doctor(home.path(), &simulator.url())).await;
    let report = report(&output);
    assert_eq!(code(&output), 4);
    assert_eq!(report["identity"]["account"], MANAGEMENT);
    assert_eq!(result(&report, "GetCallerIdentity")["result"], "allowed");
    let problem = report["problems"][0].as_str().expect("a problem");
    assert!(problem.contains("DescribeOrganization"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_hang_do_not_keep_anybody_waiting_for_all_of_them() {
    let faults = "ListRoots:hang,ListAccounts:hang,DescribeAccount:hang,ListParents:hang";
    let simulator = serve(Caller::Management, faults).await;
    let home = home();
    let output = run(doctor(home.path(), &simulator.url())).await;
    let report = report(&output);
    assert_eq!(code(&output), 4);
    let reads = report["reads"].as_array().expect("reads").iter();
    let failed: Vec<_> = reads.filter(|read| read["result"] == "failed").collect();
    assert_eq!(failed.len(), 3, "{failed:#?}");
    assert_eq!(result(&report, "ListParents")["result"], "not tried");
    assert_eq!(report["identity"]["organization"], "o-m3r1d14n42");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_for_which_no_service_is_listed_is_no_delegated_administrator() {
    let endpoint = Endpoint::serve(|request| match request.operation() {
        Some("DescribeOrganization") => answer(
            200,
            r#"{"Organization":{"Id":"o-other00001","MasterAccountId":"000000000011"}}"#,
        ),
        Some("ListDelegatedServicesForAccount") => answer(200, r#"{"DelegatedServices":[]}"#),
        Some(_) => answer(400, r#"{"__type":"AccessDeniedException","Message":"no"}"#),
        None => crate::support::endpoint::answer(
            200,
            "text/xml",
            "<GetCallerIdentityResponse><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::000000000012:user/u</Arn><Account>000000000012</Account>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>",
        ),
    });
    let home = home();
    let mut command = doctor(home.path(), &endpoint.url);
    command.env("AWS_ENDPOINT_URL_STS", &endpoint.url);
    let report = report(&run(command).await);
    assert_eq!(report["identity"]["account"], "000000000012", "{report:#}");
    assert_eq!(report["identity"]["role"], "member account");
}

#[test]
fn what_is_wrong_stands_at_the_top_and_is_said_once() {
    let home = home();
    let folder = home.path().join(".config/orgscope");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.toml"), "read_only = 7\n").expect("a file");
    let output = orgscope(home.path())
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .arg("doctor")
        .output()
        .expect("it starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut parts = text.split("\n\n");
    assert!(parts.next().expect("a part").starts_with("orgscope "));
    let problem = parts.next().expect("a part");
    assert!(problem.starts_with("Problem\n"), "{text}");
    assert!(problem.contains("read_only"), "{text}");
    assert!(problem.contains("credentials"), "{text}");
    for line in problem.lines().skip(1) {
        assert_eq!(text.matches(line).count(), 1, "{line} in\n{text}");
    }
    assert!(
        text.contains("not tried  any of them: for the reason above"),
        "{text}"
    );
}

#[test]
fn what_offline_could_show_is_listed_with_its_age() {
    let home = home();
    let folder = home.path().join(".cache/orgscope");
    let cache = Cache::new(folder.clone());
    let organization = orgscope::org::Organization {
        id: "o-kept000001".into(),
        ..orgscope::org::Organization::default()
    };
    let mut tree = Tree::new();
    tree.apply(vec![Observation::Root(Root {
        id: "r-kept".into(),
        ..Root::default()
    })]);
    let taken = "2020-01-01T00:00:00Z".parse().expect("a time");
    let snapshot = Snapshot::of(&tree, organization, taken).expect("it has a root");
    let written = cache.write(None, &snapshot, taken);
    written.expect("room for it");
    fs::write(folder.join("o-torn000001.snapshot"), "torn").expect("a file");
    let offline = |json: &[&str]| {
        let mut command = orgscope(home.path());
        command.args(["doctor", "--offline"]).args(json);
        command.output().expect("it starts")
    };
    let output = offline(&["--json"]);
    assert_eq!(code(&output), 0);
    let report = report(&output);
    assert_eq!(report["problems"], json!([]));
    let caches = report["caches"].as_array().expect("caches");
    assert_eq!(caches.len(), 2, "{caches:#?}");
    assert_eq!(caches[0]["name"], "o-kept000001");
    assert_eq!(caches[0]["taken_at"], "2020-01-01T00:00:00Z");
    assert_eq!(caches[1]["name"], "o-torn000001.snapshot");
    assert!(caches[1]["error"].is_string());
    assert!(
        folder.join("o-torn000001.snapshot").exists(),
        "it only looks"
    );
    let text = String::from_utf8(offline(&[]).stdout).expect("text");
    assert!(text.contains("o-kept000001 (as it was read "), "{text}");
}

#[test]
fn a_folder_that_others_can_write_to_is_pointed_out() {
    let home = home();
    let cache = home.path().join(".cache/orgscope");
    fs::create_dir_all(&cache).expect("a folder");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o722)).expect("its mode");
    let output = orgscope(home.path())
        .args(["doctor", "--offline", "--json"])
        .output()
        .expect("it starts");
    let report = report(&output);
    let mut paths = report["paths"].as_array().expect("paths").iter();
    let cache = paths.find(|path| path["what"] == "cache").expect("it");
    assert_eq!(cache["is_open_to_others"], true, "{cache}");
}
