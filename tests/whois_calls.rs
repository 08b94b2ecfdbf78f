//! How few calls `orgscope whois` of an id takes, in which order, and that its answer is there before
//! the tags are asked for.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use orgscope::sim::{JoinedMethod, NewAccount, Organization, Settings, Simulator, State};

use crate::support::program::{PROGRAM, environment, orgscope};
use crate::support::terminal::Terminal;
use crate::whois::{complaint, objects, printed, serve};

/// Four steps below the root of the demo's organization.
const DEEP: &str = "204563414726";
const DEPTH: usize = 4;
const DEEP_PATH: &str = "Root / Workloads / Payments / Production / payments-ledger-prod";

const TAGS: &str = "ListTagsForResource";

/// A simulator that notes what it is asked, and a home for the program.
struct Scene {
    simulator: Simulator,
    home: tempfile::TempDir,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn of(simulator: Simulator) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&calls);
        simulator.before_each_call(move |call, _| {
            let mut noted = noted.lock().expect("no panic elsewhere");
            noted.push(call.operation.to_owned());
        });
        Self {
            simulator,
            home: tempfile::tempdir().expect("room"),
            calls,
        }
    }

    async fn new(paths: bool) -> Self {
        Self::of(serve(paths).await)
    }

    /// With the cache as `changes` leaves it.
    async fn cached(paths: bool) -> Self {
        let scene = Self::new(paths).await;
        let first = scene.run(&["changes"]).await;
        assert!(first.status.success(), "{}", complaint(&first));
        scene.calls();
        scene
    }

    async fn with_faults(faults: &str) -> Self {
        let scene = Self::new(true).await;
        scene.simulator.set_faults(faults.parse().expect("a fault"));
        scene
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = orgscope(self.home.path());
        command.args(arguments);
        command.args(["--endpoint-url", &self.simulator.url()]);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        let run = tokio::task::spawn_blocking(move || command.output().expect("it runs"));
        run.await.expect("no panic")
    }

    /// What was asked since this was asked last, in its order.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().expect("no panic elsewhere"))
    }

    /// What was asked before the tags, by name: what is asked at once comes in any order.
    fn calls_before(&self, tags: usize) -> Vec<String> {
        let mut calls = self.calls();
        let last = calls.split_off(calls.len() - tags);
        assert!(last.iter().all(|call| call == TAGS), "{calls:?}, {last:?}");
        assert!(!calls.iter().any(|call| call == TAGS), "{calls:?}");
        calls.sort();
        calls
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_cache_the_account_is_asked_for_its_parent_where_there_are_no_paths_and_then_the_tags()
 {
    for (paths, expected) in [
        (true, &["DescribeAccount", TAGS][..]),
        (false, &["DescribeAccount", "ListParents", TAGS]),
    ] {
        let scene = Scene::cached(paths).await;
        for arguments in [&["whois", DEEP][..], &["whois", DEEP, "--json"]] {
            let output = scene.run(arguments).await;
            assert!(output.status.success(), "{}", complaint(&output));
            assert_eq!(scene.calls(), expected, "{arguments:?}");
            let told = "names of OUs are from the cache";
            assert!(complaint(&output).contains(told), "{}", complaint(&output));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_cache_the_account_the_root_and_each_ou_are_asked_for_and_then_the_tags() {
    for query in [
        DEEP,
        "2045-6341-4726",
        "arn:aws:iam::204563414726:role/Admin",
    ] {
        let scene = Scene::new(true).await;
        let output = scene.run(&["whois", query]).await;
        assert!(output.status.success(), "{}", complaint(&output));
        let text = printed(&output);
        for fact in [DEEP, DEEP_PATH, "ACTIVE", "@example.com"] {
            assert!(text.contains(fact), "{fact} is not in {text}");
        }
        let expected = [
            "DescribeAccount",
            "DescribeOrganizationalUnit",
            "ListOrganizationalUnitsForParent",
            "ListOrganizationalUnitsForParent",
            "ListRoots",
        ];
        assert!(expected.len() <= DEPTH + 3);
        assert_eq!(scene.calls_before(1), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_cache_and_paths_each_parent_is_asked_for_and_nothing_is_walked() {
    let scene = Scene::new(false).await;
    let output = scene.run(&["whois", DEEP]).await;
    assert!(printed(&output).contains(DEEP_PATH), "{}", printed(&output));
    let expected = [
        "DescribeAccount",
        "DescribeOrganizationalUnit",
        "ListOrganizationalUnitsForParent",
        "ListOrganizationalUnitsForParent",
        "ListParents",
        "ListParents",
        "ListParents",
        "ListParents",
        "ListRoots",
    ];
    assert_eq!(scene.calls_before(1), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tags_of_several_are_asked_for_when_all_were_found() {
    let scene = Scene::cached(false).await;
    let other = scene.simulator.with_organization(|organization| {
        let mut ids = organization.accounts().map(|account| account.id.clone());
        ids.find(|id| id != DEEP).expect("another one")
    });
    let missing = "999999999999";
    let output = scene.run(&["whois", DEEP, missing, &other]).await;
    let text = printed(&output);
    let expected = ["DescribeAccount"; 3].into_iter().chain(["ListParents"; 2]);
    assert_eq!(scene.calls_before(2), expected.collect::<Vec<_>>());
    let cards: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(cards.len(), 3, "{text}");
    for (card, id) in cards.iter().zip([DEEP, &other]) {
        assert!(card.starts_with(&format!("Id       {id}\n")), "{text}");
        let last = card.lines().last().expect("a line");
        assert!(
            last.starts_with("Owner ") || last.starts_with("Tag "),
            "{text}"
        );
    }
    assert_eq!(cards[2], "999999999999 is not in the organization\n");
}

/// Below OUs that each have their first child only, an OU with 21 children, each with an account.
fn wide() -> (Organization, Vec<String>) {
    let mut organization = Organization::demo();
    let mut parent = organization.root_id().to_owned();
    for name in ["One", "Two", "Three"] {
        parent = organization.add_unit(&parent, name);
    }
    let ids: Vec<String> = (0..21).map(|n| format!("9999000000{n:02}")).collect();
    for (n, id) in ids.iter().enumerate() {
        let unit = organization.add_unit(&parent, format!("Four {n}"));
        let account = NewAccount {
            id: id.clone(),
            name: "wide".into(),
            email: format!("wide{n}@example.com"),
            state: State::Active,
            joined_method: JoinedMethod::Created,
            joined: "2026-01-01T00:00:00Z".parse().expect("a time"),
        };
        organization.add_account(&unit, account);
    }
    (organization, ids)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ou_that_is_not_on_the_first_page_of_its_parent_is_described() {
    let settings = Settings {
        limits: false,
        empty_pages: false,
        ..Settings::default()
    };
    let (organization, ids) = wide();
    let simulator = Simulator::start(organization, settings).await;
    let scene = Scene::of(simulator.expect("a free port"));
    let mut described = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        let output = scene.run(&["whois", id]).await;
        let path = format!("Root / One / Two / Three / Four {n} / wide\n");
        assert!(printed(&output).contains(&path), "{}", printed(&output));
        let calls = scene.calls_before(1);
        let depth = path.matches('/').count();
        assert!(calls.len() <= depth + 3, "{calls:?}");
        let units = calls.iter().filter(|call| call.starts_with("DescribeO"));
        described.push(units.count());
    }
    described.sort_unstable();
    let mut expected = vec![1; 20];
    expected.push(2);
    assert_eq!(described, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_is_printed_when_the_tags_are_asked_for() {
    let scene = Scene::with_faults("ListTagsForResource:hang").await;
    let path = scene.home.path().join("printed");
    let out = File::create(&path).expect("room");
    let (printed, seen) = (path.clone(), Arc::new(Mutex::new(Vec::new())));
    let note = Arc::clone(&seen);
    scene.simulator.before_each_call(move |call, _| {
        if call.operation == TAGS {
            let so_far = fs::read_to_string(&printed).expect("a file");
            note.lock().expect("no panic elsewhere").push(so_far);
        }
    });
    let mut command = scene.command(&["whois", DEEP]);
    command.stdout(out);
    let run = tokio::task::spawn_blocking(move || command.status().expect("it runs"));
    assert!(run.await.expect("no panic").success());
    let seen = seen.lock().expect("no panic elsewhere");
    let whole = fs::read_to_string(path).expect("a file");
    assert!(!seen.is_empty());
    for so_far in seen.iter() {
        assert!(so_far.contains(DEEP_PATH), "{so_far:?}");
        assert!(so_far.contains("\nARN      arn:aws:"), "{so_far:?}");
        assert!(whole.starts_with(so_far), "{whole}");
    }
    let last = whole.lines().last().expect("a line");
    assert!(
        last.starts_with("Owner    not read: ListTagsForResource: no answer came"),
        "{whole}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_read_the_answer_and_goes_hears_nothing_more() {
    let scene = Scene::with_faults("ListTagsForResource:hang").await;
    let mut command = scene.command(&["whois", DEEP]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let arn = lines.find(|line| line.as_ref().expect("text").starts_with("ARN "));
        assert!(arn.is_some());
        drop(lines);
        child.wait_with_output().expect("it runs")
    });
    let output = run.await.expect("no panic");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(complaint(&output), "");

    let mut closed = Command::new("/bin/sh");
    closed.args(["-c", "exec \"$0\" \"$@\" >&-", PROGRAM, "whois", DEEP]);
    closed.args(["--endpoint-url", &scene.simulator.url()]);
    closed.env_clear().envs(environment(scene.home.path()));
    let run = tokio::task::spawn_blocking(move || closed.output().expect("it runs"));
    let output = run.await.expect("no panic");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(complaint(&output), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_is_told_how_many_accounts_of_a_text_were_read() {
    let scene = Scene::cached(true).await;
    let ids: Vec<String> = scene.simulator.with_organization(|organization| {
        let accounts = organization.accounts().take(12);
        accounts.map(|account| account.id.clone()).collect()
    });
    let url = scene.simulator.url();
    let arguments = ["whois", "-", "--annotate", "--endpoint-url", &url];
    let environment = environment(scene.home.path());
    let mut terminal = Terminal::new((80, 40)).run(PROGRAM, &arguments, environment);
    terminal.press(&format!("{}\n\u{4}", ids.join("\n")));
    let run = tokio::task::spawn_blocking(move || {
        assert!(terminal.wait_for_end().success());
        terminal
    });
    let terminal = run.await.expect("no panic");
    let heard = String::from_utf8(terminal.bytes()).expect("text");
    for n in 1..=12 {
        let told = format!("\r{n} of 12 accounts read\u{1b}[K");
        assert!(heard.contains(&told), "{n}: {heard:?}");
    }
    // It is wiped away.
    let shown = terminal.screen().contents();
    assert!(!shown.contains("accounts read"), "{shown}");
    assert!(shown.contains(&format!("{} (", ids[11])), "{shown}");
    assert_eq!(scene.calls(), ["DescribeAccount"; 12]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cache_is_named_only_where_it_had_names_to_give() {
    let scene = Scene::cached(true).await;
    for arguments in [
        &["whois", "999999999999"][..],
        &["whois", "no such name"],
        &["whois", "p-examplepolicyid"],
    ] {
        let output = scene.run(arguments).await;
        assert_eq!(output.status.code(), Some(1));
        let told = complaint(&output);
        assert!(!told.contains("names of OUs are from"), "{told}");
    }
    let output = scene.run(&["whois", "999999999999", DEEP]).await;
    let told = complaint(&output);
    assert!(told.contains("names of OUs are from the cache"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn digits_that_may_have_lost_zeros_and_ids_of_other_things_are_told_in_one_sentence() {
    let scene = Scene::new(true).await;
    for (query, told) in [
        (
            "1234567890",
            "no account has 1234567890 in its name or email address, or as the beginning of its \
             id; ids have 12 digits: did you mean 001234567890?",
        ),
        (
            "987-6543-2100",
            "no account has 987-6543-2100 in its name or email address, or as the beginning of \
             its id; ids have 12 digits: did you mean 098765432100?",
        ),
        (
            "9999999",
            "no account or OU has 9999999 in its name or email address",
        ),
        (
            "9999999999999",
            "no account or OU has 9999999999999 in its name or email address",
        ),
        (
            "P-abcd1234",
            "nothing is called P-abcd1234: ids of policies begin with p-",
        ),
        (
            "o-exampleorg9",
            "nothing is called o-exampleorg9: ids of organizations begin with o-",
        ),
    ] {
        let output = scene.run(&["whois", query]).await;
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(complaint(&output), format!("orgscope: {told}\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ou_of_exactly_that_name_comes_before_accounts_that_only_contain_it() {
    let scene = Scene::cached(true).await;
    let output = scene.run(&["whois", "payments", "--json"]).await;
    let found = objects(&output);
    assert_eq!(
        (&found[0]["kind"], &found[0]["name"]),
        (&"ou".into(), &"Payments".into())
    );
    assert!(found.len() > 10, "{found:?}");
    assert!(!complaint(&output).contains("not searched"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_accounts_match_and_no_cache_knows_the_ous_it_says_that_they_were_not_searched() {
    let scene = Scene::new(true).await;
    let told = "orgscope: OUs were not searched, since accounts matched and no cache knows the OUs; \
                opening the explorer keeps one\n";
    for (query, is_said) in [
        ("payments-ledger", true),
        ("@example.com", false),
        (DEEP, false),
    ] {
        let output = scene.run(&["whois", query, "--json"]).await;
        assert!(output.status.success(), "{}", complaint(&output));
        assert_eq!(complaint(&output).contains(told), is_said, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_whois_says_of_what_it_does_not_know_that_it_is_not_in_the_cache() {
    let scene = Scene::cached(true).await;
    for id in ["999999999999", "ou-zz99-99999999", "r-zz99"] {
        let missing = scene.run(&["whois", "--offline", id]).await;
        assert_eq!(missing.status.code(), Some(1));
        assert_eq!(printed(&missing), format!("{id} is not in the cache\n"));
        let said = complaint(&missing);
        let told = format!("orgscope: {id} is not in the cache\n");
        assert!(said.ends_with(&told), "{said}");
        let missing = scene.run(&["whois", "--offline", id, "--json"]).await;
        assert_eq!(missing.status.code(), Some(1));
        let json: serde_json::Value = serde_json::from_str(&printed(&missing)).expect("JSON");
        let expected = serde_json::json!({"id": id, "error": "is not in the cache"});
        assert_eq!(json, expected);
    }
    let missing = scene.run(&["whois", "--offline", "no such name"]).await;
    let said = complaint(&missing);
    assert!(said.contains("no account or OU in the cache has"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_service_does_not_answer_and_there_is_a_cache_that_is_said() {
    for (scene, is_said) in [
        (Scene::cached(true).await, true),
        (Scene::new(true).await, false),
    ] {
        for (faults, code) in [("*:drop", 4), ("DescribeAccount:deny", 3), ("*:expired", 3)] {
            scene.simulator.set_faults(faults.parse().expect("a fault"));
            let output = scene.run(&["whois", DEEP]).await;
            assert_eq!(output.status.code(), Some(code), "{}", complaint(&output));
            let said = complaint(&output).contains("--offline answers from the cache");
            assert_eq!(said, is_said, "{faults}: {}", complaint(&output));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_numbers_that_are_no_ids_of_accounts_only_some_are_named_at_the_end() {
    let scene = Scene::cached(true).await;
    let numbers: Vec<String> = (0..5000).map(|n| format!("{:012}", 900_000 + n)).collect();
    let folder = tempfile::tempdir().expect("room");
    let log = folder.path().join("log");
    fs::write(&log, numbers.join("\n")).expect("room");
    let mut command = orgscope(scene.home.path());
    command.args([
        "whois",
        "-",
        "--offline",
        "--endpoint-url",
        &scene.simulator.url(),
    ]);
    command.stdin(File::open(&log).expect("it was written"));
    let run = tokio::task::spawn_blocking(move || command.output().expect("it runs"));
    let output = run.await.expect("no panic");
    assert_eq!(printed(&output).lines().count(), numbers.len());
    let said = complaint(&output);
    assert!(said.ends_with("; nor are 4990 more\n"), "{said}");
    assert!(
        said.contains(&format!("{} is not in the cache; ", numbers[9])),
        "{said}"
    );
    assert!(!said.contains(&numbers[10]), "{said}");
}
