//! The program without a terminal: what it prints, where, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Output, Stdio};

use serde_json::Value;

use crate::support::program::orgscope;

fn run(home: &Path, arguments: &[&str]) -> Output {
    orgscope(home)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for temporary files")
}

/// What it printed; panics unless it succeeded without a word of complaint.
fn printed(arguments: &[&str]) -> String {
    let output = run(home().path(), arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    String::from_utf8(output.stdout).expect("it is text")
}

/// One line on standard error, nothing on standard output, and this exit code.
fn refused(arguments: &[&str], code: i32) -> String {
    let output = run(home().path(), arguments);
    let errors = String::from_utf8(output.stderr).expect("it is text");
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert!(output.stdout.is_empty());
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

/// `orgscope simulate` with these arguments, and the endpoint that it announced.
struct Simulation {
    url: String,
    child: Child,
}

impl Simulation {
    fn start(home: &Path, arguments: &[&str]) -> Self {
        let mut child = orgscope(home)
            .arg("simulate")
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().expect("it is piped"))
            .read_line(&mut url)
            .expect("it is text");
        Self {
            url: url.trim().to_owned(),
            child,
        }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn flat<'v>(nodes: &'v [Value], into: &mut Vec<&'v Value>) {
    for node in nodes {
        into.push(node);
        if let Some(children) = node["children"].as_array() {
            flat(children, into);
        }
    }
}

#[test]
fn the_three_formats_hold_the_same_records_in_the_same_order() {
    let nested: Value = serde_json::from_str(&printed(&["--demo", "export", "--format", "json"]))
        .expect("it is JSON");
    let mut from_json = Vec::new();
    flat(std::slice::from_ref(&nested), &mut from_json);
    let lines = printed(&["--demo", "export", "--format", "jsonl"]);
    let from_lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert_eq!(from_json.len(), from_lines.len());
    for (nested, mut line) in from_json.iter().zip(from_lines.clone()) {
        if let Some(children) = nested.get("children") {
            line["children"] = children.clone();
        }
        assert_eq!(**nested, line);
    }
    let csv = printed(&["--demo", "export", "--format", "csv"]);
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let ids: Vec<_> = rows
        .records()
        .map(|row| row.expect("rows are even")[1].to_owned())
        .collect();
    let expected: Vec<_> = from_lines.iter().map(|line| line["id"].as_str()).collect();
    assert_eq!(
        ids.iter().map(|id| Some(&**id)).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn nothing_that_is_printed_can_steer_a_terminal() {
    for arguments in [
        &["--demo", "export", "--format", "json"][..],
        &["--demo", "export", "--format", "jsonl"],
        &["--demo", "export", "--format", "csv"],
        &["--demo", "tree"],
    ] {
        let text = printed(arguments);
        let bad = text.chars().find(|c| {
            (c.is_control() && !"\r\n".contains(*c)) || ('\u{202a}'..='\u{202e}').contains(c)
        });
        assert_eq!(bad, None, "{arguments:?}");
    }
}

#[test]
fn exactly_one_account_of_an_export_is_the_management_account() {
    let lines = printed(&["--demo", "export", "--format", "jsonl"]);
    let management: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"))
        .filter(|record| record["management"] == true)
        .collect();
    assert_eq!(management.len(), 1);
    assert!(
        lines
            .lines()
            .next()
            .expect("a root")
            .contains(r#""email":null"#)
    );
}

#[test]
fn the_tree_shows_ous_before_accounts_with_lines_that_suit_the_terminal() {
    let tree = printed(&["--demo", "tree"]);
    let mut lines = tree.lines();
    assert!(lines.next().expect("a root").starts_with("Root  (r-"));
    assert!(lines.next().expect("an OU").starts_with("├── "));
    let ascii = printed(&["--demo", "--ascii", "tree"]);
    assert!(ascii.lines().nth(1).expect("an OU").starts_with("|-- "));
    assert!(!ascii.contains('├'));
    assert_eq!(ascii.lines().count(), tree.lines().count());
}

#[test]
fn without_a_terminal_the_explorer_points_to_what_needs_none() {
    let errors = refused(&["--demo"], 2);
    assert!(
        errors.contains("orgscope export") && errors.contains("orgscope tree"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1);
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["export"][..],
        &["export", "--format", "xml"],
        &["--demo", "--profile", "prod", "tree"],
        &["simulate", "--profile", "prod"],
        &["--demo", "simulate"],
        &["simulate", "--accounts", "0"],
        &["simulate", "--accounts", "50001"],
        &["simulate", "--faults", "ListAccounts:explode"],
        &["--log-level", "loud", "tree"],
    ] {
        refused(arguments, 2);
    }
}

#[test]
fn the_help_of_a_command_begins_with_its_own_options() {
    let help = printed(&["simulate", "--help"]);
    let at = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {help}"));
    assert!(at("--speed") < at("Connection:") && at("Connection:") < at("--profile"));
    assert!(at("--profile") < at("Screen:") && at("Screen:") < at("Log:"));
    for flags in [["--demo", "tree"], ["tree", "--demo"]] {
        assert!(printed(&flags).starts_with("Root"));
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_program_quietly() {
    for format in ["json", "jsonl", "csv"] {
        let mut child = orgscope(home().path())
            .args(["--demo", "export", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let mut errors = String::new();
        let stderr = child.stderr.as_mut().expect("it is piped");
        stderr.read_to_string(&mut errors).expect("it is text");
        assert_eq!(errors, "", "{format}");
        assert!(child.wait().expect("it ends").success(), "{format}");
    }
}

#[test]
fn a_simulation_serves_any_client_with_the_organization_that_was_asked_for() {
    let home = home();
    let simulation = Simulation::start(
        home.path(),
        &[
            "--accounts",
            "40",
            "--ous",
            "5",
            "--seed",
            "7",
            "--limits",
            "off",
        ],
    );
    let output = run(
        home.path(),
        &[
            "--endpoint-url",
            &simulation.url,
            "export",
            "--format",
            "jsonl",
        ],
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("it is text");
    let count = |kind: &str| text.matches(&format!(r#"{{"kind":"{kind}""#)).count();
    assert_eq!([count("root"), count("ou"), count("account")], [1, 5, 40]);
}

#[test]
fn a_simulation_goes_on_when_its_reader_has_seen_the_first_line() {
    let home = home();
    let mut simulation = Simulation::start(home.path(), &["--accounts", "10", "--ous", "3"]);
    drop(simulation.child.stdout.take());
    let output = run(home.path(), &["--endpoint-url", &simulation.url, "tree"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(simulation.child.try_wait().expect("it is ours"), None);
}

#[test]
fn what_could_not_be_read_is_named_and_the_rest_is_printed() {
    let home = home();
    let faults = "ListAccounts:deny,ListAccountsForParent:deny,ListChildren:deny";
    let simulation = Simulation::start(
        home.path(),
        &["--accounts", "10", "--ous", "3", "--faults", faults],
    );
    let output = run(home.path(), &["--endpoint-url", &simulation.url, "tree"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors
            .lines()
            .all(|line| line.starts_with("orgscope: incomplete: ")),
        "{errors}"
    );
    assert!(errors.contains("access denied to ListAccount"), "{errors}");
    assert!(String::from_utf8_lossy(&output.stdout).lines().count() >= 4);
}

#[test]
fn who_may_list_but_not_describe_the_organization_gets_the_list() {
    let home = home();
    let options = [
        "--accounts",
        "10",
        "--ous",
        "3",
        "--faults",
        "DescribeOrganization:deny",
    ];
    let simulation = Simulation::start(home.path(), &options);
    let output = run(
        home.path(),
        &[
            "--endpoint-url",
            &simulation.url,
            "export",
            "--format",
            "jsonl",
        ],
    );
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("access denied to DescribeOrganization"),
        "{errors}"
    );
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed.lines().count(), 10 + 3 + 1);
    assert!(
        printed
            .lines()
            .all(|line| line.contains("\"management\":null")),
        "{printed}"
    );
}

#[test]
fn a_member_account_is_told_who_can_list() {
    let home = home();
    let simulation = Simulation::start(home.path(), &["--caller", "member"]);
    let output = run(home.path(), &["--endpoint-url", &simulation.url, "tree"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("is a member account"), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn an_account_in_no_organization_is_told_so() {
    let home = home();
    let simulation = Simulation::start(home.path(), &["--caller", "outsider"]);
    let output = run(home.path(), &["--endpoint-url", &simulation.url, "tree"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("in no organization"), "{errors}");
}

#[test]
fn the_log_is_private_and_holds_no_credentials_at_any_level() {
    let home = home();
    let log = home.path().join(".local/state/orgscope/orgscope.log");
    fs::create_dir_all(log.parent().expect("it is in a folder")).expect("a folder");
    fs::write(&log, "").expect("a file");
    fs::set_permissions(&log, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let simulation = Simulation::start(
        home.path(),
        &[
            "--accounts",
            "10",
            "--faults",
            "DescribeOrganization:expired",
            "--log-level",
            "off",
        ],
    );
    let output = orgscope(home.path())
        .env("AWS_SECRET_ACCESS_KEY", "log-secret-key")
        .env("AWS_SESSION_TOKEN", "log-session-token")
        .args([
            "--endpoint-url",
            &simulation.url,
            "--log-level",
            "trace",
            "tree",
        ])
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    let mode = fs::metadata(&log)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&log).expect("it is text");
    assert!(text.contains("ERROR") && text.contains("expired"), "{text}");
    for secret in ["log-secret-key", "log-session-token", "Signature="] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn only_the_owner_may_enter_the_folders_that_are_made_for_the_log() {
    let home = home();
    let local = home.path().join(".local");
    fs::create_dir(&local).expect("a folder");
    fs::set_permissions(&local, fs::Permissions::from_mode(0o755)).expect("it is ours");
    run(home.path(), &["--demo", "tree"]);
    let mode = |path: &str| {
        let folder = fs::metadata(home.path().join(path)).expect("it is there");
        folder.permissions().mode() & 0o777
    };
    assert_eq!(mode(".local/state"), 0o700);
    assert_eq!(mode(".local/state/orgscope"), 0o700);
    assert_eq!(mode(".local"), 0o755);
}

#[test]
fn a_log_that_cannot_be_written_is_a_warning() {
    let home = home();
    let output = run(
        home.path(),
        &[
            "--log-file",
            "/dev/null/log",
            "--demo",
            "export",
            "--format",
            "jsonl",
        ],
    );
    assert!(output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.starts_with("orgscope: no log in /dev/null/log"),
        "{errors}"
    );
    assert!(!output.stdout.is_empty());
}

#[test]
fn a_log_that_has_grown_long_makes_room_at_the_next_start() {
    let home = home();
    let log = home.path().join("log");
    fs::write(&log, vec![b'x'; 5 * 1024 * 1024]).expect("a file");
    let path = log.to_str().expect("it is text");
    run(home.path(), &["--log-file", path, "--demo", "tree"]);
    let length = |path: &Path| fs::metadata(path).expect("it is there").len();
    assert!(length(&log) < 1024 * 1024);
    assert_eq!(length(&home.path().join("log.1")), 5 * 1024 * 1024);
}

#[test]
fn a_mistyped_command_is_no_query_unless_it_is_said_to_be_one() {
    let errors = refused(&["exprot"], 2);
    assert!(
        errors.contains("no command exprot; did you mean export? orgscope -- exprot looks for it"),
        "{errors}"
    );
    // These are looked for, which needs a terminal.
    for arguments in [
        &["--", "exprot"][..],
        &["name:exprot"],
        &["exprot", "state:active"],
        &["core"],
    ] {
        let errors = refused(arguments, 2);
        assert!(errors.contains("the explorer needs a terminal"), "{errors}");
    }
}
