//! How long the program takes from its start to a first frame that shows 50,000 accounts from the
//! cache, how much memory it then has, and how long `whois` takes with and without a cache, until
//! the answer is there and until its owner is; beside boto3 scripts that do the same work. Prints a
//! Markdown table.
//!
//! `cargo bench --bench cache`; everything stays on the loopback interface.

#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::disallowed_methods, reason = "to measure is to read the clock")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use orgscope::org::{Organization as Described, Snapshot, Tree};
use orgscope::sim::{Calls, Organization, Settings, Shape, Simulator};
use orgscope::store::{Cache, Key};
use serde_json::Value;

#[path = "../support/observed.rs"]
mod observed;
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod program;
#[path = "../support/python.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod python;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod terminal;

const ACCOUNTS: usize = 50_000;
const UNITS: usize = 2_000;
const LATENCY: Duration = Duration::from_millis(60);
const ROUNDS: usize = 7;
/// In this time all limits that a question takes from are as they were.
const REFILLED: Duration = Duration::from_secs(3);

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let shape = Shape {
        accounts: ACCOUNTS,
        organizational_units: UNITS,
        seed: 1,
    };
    let organization = Organization::generate(&shape);
    let snapshot = snapshot(&organization);
    let someone = snapshot.accounts[ACCOUNTS / 2].node.id.clone();
    let settings = Settings {
        latency: LATENCY,
        empty_pages: false,
        ..Settings::default()
    };
    let simulator = runtime.block_on(Simulator::start(organization, settings));
    let simulator = simulator.expect("a free port on loopback");
    let home = tempfile::tempdir().expect("room");
    keep(home.path(), &simulator.url(), &snapshot);
    println!("{ACCOUNTS} accounts in {UNITS} OUs, {LATENCY:?} a call, the published limits.\n");
    println!("| what | median | worst | resident | calls |");
    println!("|---|---|---|---|---|");
    for (what, arguments) in [
        ("first frame, online", &[][..]),
        ("first frame, offline", &["--offline"]),
    ] {
        let rounds = (0..ROUNDS).map(|_| open(home.path(), &simulator.url(), arguments));
        let (times, memory): (Vec<Duration>, Vec<u64>) = rounds.unzip();
        let most = memory.into_iter().max().unwrap_or_default() / 1024;
        print_times(what, times, &format!("{most} MB | "));
    }
    for (what, arguments) in [
        ("whois of an id, cached", &[][..]),
        ("whois of an id, no cache", &["--no-cache"]),
    ] {
        let before = (total(&simulator), tags(&simulator));
        let times = (0..ROUNDS).map(|_| {
            // One question: what others have taken of the limits is given back.
            std::thread::sleep(REFILLED);
            whois(home.path(), &simulator.url(), &someone, arguments)
        });
        let (first, whole): (Vec<Duration>, Vec<Duration>) = times.unzip();
        let rounds = ROUNDS as u64;
        let all = (total(&simulator) - before.0) / rounds;
        let calls = all - (tags(&simulator) - before.1) / rounds;
        print_times(what, first, &format!("| {calls}"));
        print_times("the same with its owner", whole, &format!("| {all}"));
    }
    if let Some(python) = python::Python::with_peers() {
        compare_whois(&python, &simulator.url(), &someone);
        let settings = Settings {
            limits: false,
            empty_pages: false,
            ..Settings::default()
        };
        let unlimited =
            runtime.block_on(Simulator::start(Organization::generate(&shape), settings));
        compare_reading(&python, &unlimited.expect("a free port on loopback").url());
    }
}

/// The account, then its parents with their names, one after the other.
fn compare_whois(python: &python::Python, url: &str, account: &str) {
    let rounds = (0..ROUNDS).map(|_| script(python, "../bench/boto3_whois.py", &[url, account]));
    let rounds: Vec<Value> = rounds.collect();
    let seconds = rounds.iter().map(|round| seconds(&round["seconds"]));
    let calls = format!("| {}", rounds[0]["calls"]);
    print_times("whois of an id, boto3*", seconds.collect(), &calls);
}

/// All accounts, read from a service that takes no time and sets no limits, and kept in memory.
fn compare_reading(python: &python::Python, url: &str) {
    let read = script(python, "../bench/boto3_accounts.py", &[url, "payments"]);
    let resident = read["resident"].as_u64().expect("a number") / 1024;
    let rest = format!("{resident} MB | {}", ACCOUNTS / 20);
    let times = vec![seconds(&read["seconds"])];
    print_times("reading all accounts, boto3*, no limits", times, &rest);
    println!(
        "\n* without the time that Python itself takes to start. To look for a word in what it has \
         read, the script takes {} ms.",
        read["milliseconds"]
    );
}

fn script(python: &python::Python, script: &str, arguments: &[&str]) -> Value {
    let printed = python.run(script, arguments);
    serde_json::from_str(&printed).expect("one JSON object")
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().expect("a number"))
}

fn print_times(what: &str, mut times: Vec<Duration>, rest: &str) {
    times.sort();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!(
        "| {what} | {} ms | {} ms | {rest} |",
        median.as_millis(),
        worst.as_millis()
    );
}

fn total(simulator: &Simulator) -> u64 {
    simulator.calls().values().map(Calls::total).sum()
}

/// How often the tags of something were read, after the answer.
fn tags(simulator: &Simulator) -> u64 {
    let calls = simulator.calls();
    calls.get("ListTagsForResource").map_or(0, Calls::total)
}

fn snapshot(organization: &Organization) -> Snapshot {
    let mut tree = Tree::new();
    tree.begin_walk();
    tree.apply(observed::observed(organization));
    let (id, management) = (organization.id(), organization.management_account());
    let described = Described {
        id: id.to_owned(),
        management_account_id: Some(management.to_owned()),
        ..Described::default()
    };
    Snapshot::of(&tree, described, Timestamp::now()).expect("it has a root")
}

fn keep(home: &Path, url: &str, snapshot: &Snapshot) {
    let cache = Cache::new(home.join(".cache/orgscope"));
    // The key that the program is given.
    let owner = orgscope::aws::owner_of_key("AKIAIOSFODNN7EXAMPLE");
    let key = Key::new(None, Some(owner), "us-east-1", Some(url));
    let (now, start) = (Timestamp::now(), Instant::now());
    cache.write(Some(url), snapshot, now).expect("room");
    println!("Written in {} ms.", start.elapsed().as_millis());
    cache
        .remember(&key, &snapshot.hierarchy.organization.id, now)
        .expect("room");
}

/// Starts the program, waits for the first frame with the root and its count, and asks how much
/// memory it has.
fn open(home: &Path, url: &str, arguments: &[&str]) -> (Duration, u64) {
    let terminal = terminal::Terminal::new((120, 40));
    let arguments = [&["--endpoint-url", url], arguments].concat();
    let start = Instant::now();
    let mut terminal = terminal.run(program::PROGRAM, &arguments, program::environment(home));
    terminal.wait_for(&format!("{ACCOUNTS} accounts"));
    let took = start.elapsed();
    let memory = memory();
    terminal.press("q");
    terminal.wait_for_end();
    (took, memory)
}

/// How much memory our child has, at most, in kB.
fn memory() -> u64 {
    let parent = format!("PPid:\t{}\n", std::process::id());
    let processes = fs::read_dir("/proc").expect("Linux");
    let statuses = processes.filter_map(|process| {
        let status = process.ok()?.path().join("status");
        fs::read_to_string(status).ok()
    });
    let ours = statuses.filter(|status| status.contains(&parent));
    let peaks = ours.filter_map(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    });
    peaks.max().unwrap_or_default()
}

/// How long it takes until all but the owner is printed, and until the end.
fn whois(home: &Path, url: &str, id: &str, arguments: &[&str]) -> (Duration, Duration) {
    let mut command = program::orgscope(home);
    command.args(["whois", id, "--endpoint-url", url]);
    command.args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut lines = lines.map(|line| line.expect("text"));
    let told = lines.any(|line| line.starts_with("ARN "));
    let first = start.elapsed();
    let owned = lines.any(|line| line.starts_with("Owner "));
    let status = child.wait().expect("it runs");
    assert!(status.success() && told && owned, "{status}");
    (first, start.elapsed())
}
