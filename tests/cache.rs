//! The cache as its user meets it: what `changes` tells, what the commands say without the service,
//! and how much less `whois` has to ask.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use jiff::Timestamp;
use orgscope::org::{Figures, Finding, Looked, Mutation, Outcome, Question, Tag};
use orgscope::sim::{Caller, Calls, Organization, Settings, Simulator};
use orgscope::store::{Cache, Journal, Name};
use serde_json::Value;

use crate::support::consent::consent;
use crate::support::program::orgscope;

/// Four OUs deep in the demo's organization.
const DEEP: &str = "204563414726";
const DEEP_NAME: &str = "payments-ledger-prod";
const DEEP_PATH: &str = "Root / Workloads / Payments / Production";

fn settings(paths: bool) -> Settings {
    Settings {
        limits: false,
        empty_pages: false,
        paths,
        speed: 0.0,
        ..Settings::default()
    }
}

/// A simulator, and a home in which the program keeps its cache.
struct Scene {
    simulator: Simulator,
    home: tempfile::TempDir,
}

impl Scene {
    async fn with(settings: Settings) -> Self {
        let simulator = Simulator::start(Organization::demo(), settings).await;
        Self {
            simulator: simulator.expect("a free port"),
            home: tempfile::tempdir().expect("room"),
        }
    }

    /// With the cache as `changes` leaves it.
    async fn cached(settings: Settings) -> Self {
        let scene = Self::with(settings).await;
        let first = scene.run(&["changes"]).await;
        assert!(first.status.success(), "{}", complaint(&first));
        scene
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = orgscope(self.home.path());
        command.args(arguments);
        command.args(["--endpoint-url", &self.simulator.url()]);
        run(command).await
    }

    /// Without credentials.
    async fn offline(&self, arguments: &[&str]) -> Output {
        let mut command = orgscope(self.home.path());
        command.args(arguments).arg("--offline");
        command.args(["--endpoint-url", &self.simulator.url()]);
        command.env_remove("AWS_ACCESS_KEY_ID");
        command.env_remove("AWS_SECRET_ACCESS_KEY");
        run(command).await
    }

    fn snapshots(&self) -> Vec<PathBuf> {
        let folder = self.home.path().join(".cache/orgscope");
        files(&folder)
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "snapshot"))
            .collect()
    }

    fn calls(&self) -> Vec<(String, u64)> {
        let calls = self.simulator.calls();
        let calls = calls.iter();
        calls
            .map(|(operation, calls)| (operation.clone(), Calls::total(calls)))
            .collect()
    }

    /// What was asked since.
    fn calls_since(&self, before: &[(String, u64)]) -> Vec<(String, u64)> {
        let earlier = |name: &String| {
            let found = before.iter().find(|(before, _)| before == name);
            found.map_or(0, |(_, count)| *count)
        };
        let calls = self.calls().into_iter();
        calls
            .map(|(name, count)| (name.clone(), count - earlier(&name)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    fn unit(&self, name: &str) -> String {
        self.simulator.with_organization(|organization| {
            let mut units = organization.units();
            let unit = units.find(|unit| unit.name == name);
            unit.expect("it is there").id.clone()
        })
    }
}

async fn run(mut command: Command) -> Output {
    let running = tokio::task::spawn_blocking(move || command.output());
    running.await.expect("no panic").expect("it runs")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).into_iter().flatten();
    found.map(|file| file.expect("a file").path()).collect()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn expected(calls: &[(&str, u64)]) -> Vec<(String, u64)> {
    let calls = calls.iter();
    calls
        .map(|(operation, count)| ((*operation).to_owned(), *count))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_tells_what_is_different_once_and_keeps_it_for_offline() {
    let scene = Scene::cached(settings(true)).await;
    let nothing = scene.run(&["changes"]).await;
    assert_eq!(printed(&nothing), "", "{}", complaint(&nothing));
    let said = complaint(&nothing);
    assert!(said.contains("nothing is different since 20"), "{said}");
    let (sandbox, production) = (scene.unit("Sandbox"), scene.unit("Production"));
    scene.simulator.with_organization(|organization| {
        organization.move_account(DEEP, &sandbox);
        organization.rename_unit(&production, "Prod");
    });
    let changes = scene.run(&["changes"]).await;
    assert!(changes.status.success(), "{}", complaint(&changes));
    let text = printed(&changes);
    let moved = format!("moved from {DEEP_PATH} to Root / Sandbox");
    assert!(text.contains(&moved), "{text}");
    assert!(text.contains("was renamed, it was Production"), "{text}");
    assert_eq!(text.lines().count(), 2, "{text}");
    assert_eq!(printed(&scene.run(&["changes"]).await), "");
    let again = scene.run(&["changes", "--since", "1d"]).await;
    assert_eq!(printed(&again), text);
    let none = scene.offline(&["changes", "--since", "2999-01-01"]).await;
    assert_eq!(printed(&none), "");
    let wrong = scene.offline(&["changes", "--since", "yesterday"]).await;
    assert_eq!(wrong.status.code(), Some(2), "{}", complaint(&wrong));

    let before = scene.calls();
    let kept = scene.offline(&["changes", "--json"]).await;
    let kept: Vec<Value> = printed(&kept)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(kept.len(), 2);
    let moved = kept.iter().find(|one| one["id"] == DEEP).expect("moved");
    assert_eq!(moved["change"], "moved");
    assert_eq!(moved["kind"], "account");
    assert_eq!(moved["name"], DEEP_NAME);
    assert_eq!(moved["to"]["id"], Value::from(sandbox));
    assert!(moved["at"].as_str() > moved["since"].as_str(), "{moved}");
    assert_eq!(scene.calls_since(&before), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_prints_nothing_that_is_older_than_what_it_says_it_compares_with() {
    let scene = Scene::cached(settings(true)).await;
    let (sandbox, production) = (scene.unit("Sandbox"), scene.unit("Production"));
    let rename = |unit: &str, name: &str| {
        scene
            .simulator
            .with_organization(|organization| organization.rename_unit(unit, name));
    };
    rename(&production, "Prod");
    let first = printed(&scene.run(&["changes"]).await);
    assert!(first.contains(&production), "{first}");
    rename(&sandbox, "Sand");
    let second = scene.run(&["changes", "--json"]).await;
    assert!(complaint(&second).contains("since "), "{second:?}");
    let second = printed(&second);
    assert_eq!(second.lines().count(), 1, "{second}");
    assert!(second.contains(&sandbox), "{second}");
    let both = printed(&scene.run(&["changes", "--since", "1d"]).await);
    assert_eq!(both.lines().count(), 2, "{both}");
}

/// Writes that the closure of [`DEEP`] was asked for and accepted just now.
#[expect(
    clippy::disallowed_methods,
    reason = "the program looks at the wall clock"
)]
fn request_closure(journal: &mut Journal) {
    let now = Timestamp::now();
    let close = Mutation::CloseAccount {
        account: DEEP.to_owned(),
    };
    let entry = journal.ask(consent(vec![close]), now).expect("written");
    let entry = entry.first().expect("one");
    let claim = journal.claim(entry, None, &Figures::default(), 0, now);
    assert!(claim.is_ok());
    let done = Outcome::Done { made: None };
    let written = journal.outcome(entry, done, None, now);
    written.expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closure_that_the_journal_knows_is_not_taken_back_by_a_reading() {
    let scene = Scene::with(settings(true)).await;
    let journals = scene.home.path().join(".local/state/orgscope/journal");
    let simulator = &scene.simulator;
    let begun = simulator.now();
    let id = simulator.with_organization(|organization| {
        organization.close_account(DEEP, begun);
        organization.id().to_owned()
    });
    let name = Name::new(&id, Some(&simulator.url()));
    request_closure(&mut Journal::open(&journals, name, None).expect("it can be made"));
    let first = scene.run(&["changes"]).await;
    assert!(first.status.success(), "{}", complaint(&first));
    // It is read as ACTIVE for a while.
    scene.simulator.advance(Duration::from_secs(150));
    let changes = scene.run(&["changes"]).await;
    assert!(changes.status.success(), "{}", complaint(&changes));
    let told = printed(&changes);
    assert!(!told.contains(DEEP), "{told}");
    // By the readings alone it would be told.
    std::fs::remove_dir_all(&journals).expect("it is there");
    let changes = printed(&scene.run(&["changes"]).await);
    assert!(changes.contains(DEEP), "{changes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_read_has_not_gone_and_the_cache_stays_as_it_was() {
    let scene = Scene::cached(settings(true)).await;
    let before = std::fs::read(&scene.snapshots()[0]).expect("a cache");
    let sandbox = scene.unit("Sandbox");
    scene.simulator.with_organization(|organization| {
        organization.move_account(DEEP, &sandbox);
    });
    let faults = "ListOrganizationalUnitsForParent:deny,ListChildren:deny";
    scene.simulator.set_faults(faults.parse().expect("faults"));
    let output = scene.run(&["changes"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", complaint(&output));
    assert!(!printed(&output).contains("gone"), "{}", printed(&output));
    assert_eq!(std::fs::read(&scene.snapshots()[0]).expect("it"), before);
    scene.simulator.set_faults("".parse().expect("none"));
    let output = scene.run(&["changes"]).await;
    assert!(
        printed(&output).contains("moved from"),
        "{}",
        printed(&output)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_service_the_commands_print_what_was_read_the_last_time() {
    let scene = Scene::cached(settings(true)).await;
    let commands: [&[&str]; 3] = [
        &["tree"],
        &["export", "--format", "csv"],
        &["export", "--format", "json"],
    ];
    for arguments in commands {
        let online = scene.run(arguments).await;
        let before = scene.calls();
        let offline = scene.offline(arguments).await;
        assert!(offline.status.success(), "{}", complaint(&offline));
        assert_eq!(printed(&offline), printed(&online));
        let age = complaint(&offline);
        assert!(age.contains("as it was read just now"), "{age}");
        assert_eq!(scene.calls_since(&before), []);
    }
    for query in [DEEP, "LEDGER-PROD", "payments-ledger-prod@example.com"] {
        let found = scene.offline(&["whois", query]).await;
        let text = printed(&found);
        assert!(text.contains(DEEP) || query.contains('@'), "{text}");
    }
    let missing = scene.offline(&["whois", "999999999999"]).await;
    assert_eq!(missing.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_without_an_endpoint_names_what_there_is_of_others() {
    let scene = Scene::cached(settings(true)).await;
    let mut command = orgscope(scene.home.path());
    command.args(["whois", DEEP, "--offline"]);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(1));
    let said = complaint(&output);
    let snapshots = scene.snapshots();
    let kept = snapshots[0].file_stem().and_then(|stem| stem.to_str());
    let told = format!("there is {}; --endpoint-url", kept.expect("a name"));
    assert!(
        said.contains("no organization at AWS is in the cache"),
        "{said}"
    );
    assert!(said.contains(&told), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_cache_offline_says_what_to_do() {
    let scene = Scene::with(settings(true)).await;
    for arguments in [&["tree"][..], &["whois", DEEP], &["changes"]] {
        let output = scene.offline(arguments).await;
        assert_eq!(output.status.code(), Some(1));
        let said = complaint(&output);
        assert!(said.contains("is in the cache"), "{said}");
        assert!(said.contains("without --offline"), "{said}");
    }
    let moving = scene.offline(&["move", DEEP, "--to", "/", "--yes"]).await;
    assert_eq!(moving.status.code(), Some(2));
    let said = complaint(&moving);
    assert!(said.contains("needs the service"), "{said}");
    let other = scene.run(&["changes", "--no-cache"]).await;
    assert_eq!(other.status.code(), Some(2));
    assert_eq!(scene.calls(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_cache_is_set_aside_and_said_and_made_anew() {
    let scene = Scene::cached(settings(true)).await;
    let path = scene.snapshots().remove(0);
    let mut text = std::fs::read(&path).expect("a cache");
    let middle = text.len() / 2;
    text[middle] ^= 1;
    std::fs::write(&path, &text).expect("room");
    let offline = scene.offline(&["tree"]).await;
    assert_eq!(offline.status.code(), Some(1));
    assert!(complaint(&offline).contains("it is damaged; it was set aside"));
    assert_eq!(printed(&offline), "");
    let output = scene.run(&["changes"]).await;
    assert!(output.status.success());
    assert_eq!(scene.snapshots(), [path]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_cache_whois_asks_for_the_account_and_its_tags_and_nothing_else() {
    let scene = Scene::cached(settings(true)).await;
    let before = scene.calls();
    let output = scene.run(&["whois", DEEP]).await;
    let text = printed(&output);
    assert!(
        text.contains(DEEP_NAME) && text.contains(DEEP_PATH),
        "{text}"
    );
    let said = complaint(&output);
    assert!(said.contains("names of OUs are from the cache"), "{said}");
    assert!(text.contains("Owner    payments\n"), "{text}");
    let calls = expected(&[("DescribeAccount", 1), ("ListTagsForResource", 1)]);
    assert_eq!(scene.calls_since(&before), calls);

    let before = scene.calls();
    scene.run(&["whois", "--no-cache", DEEP]).await;
    let calls = expected(&[
        ("DescribeAccount", 1),
        ("DescribeOrganizationalUnit", 1),
        ("ListOrganizationalUnitsForParent", 2),
        ("ListRoots", 1),
        ("ListTagsForResource", 1),
    ]);
    assert_eq!(scene.calls_since(&before), calls);

    let before = scene.calls();
    let scope = scene.unit("PCI scope");
    let output = scene.run(&["whois", &scope]).await;
    let text = printed(&output);
    assert!(text.contains("Owner    payments-compliance\n"), "{text}");
    let calls = expected(&[
        ("DescribeOrganizationalUnit", 1),
        ("ListTagsForResource", 1),
    ]);
    assert_eq!(scene.calls_since(&before), calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_cache_a_word_that_nothing_has_takes_no_walk() {
    let scene = Scene::cached(settings(true)).await;
    let sandbox = scene.unit("Sandbox");
    scene
        .simulator
        .with_organization(|organization| organization.add_unit(&sandbox, "Zebra"));
    let before = scene.calls();
    let output = scene.run(&["whois", "zebra"]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = complaint(&output);
    let told = "no account has zebra in its name or email address, and no OU had it in ";
    assert!(said.contains(told), "{said}");
    assert!(said.contains("as it was read just now"), "{said}");
    let calls = scene.calls_since(&before);
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].0, "ListAccounts");
    // As it says, that finds an OU that has come since.
    let output = scene.run(&["whois", "zebra", "--no-cache"]).await;
    assert!(printed(&output).contains("Name     Zebra\n"), "{said}");
    // What the cache knows is found, and read anew.
    let before = scene.calls();
    let output = scene.run(&["whois", "pci scope"]).await;
    let text = printed(&output);
    assert!(text.contains("Name     PCI scope\n"), "{text}");
    assert!(text.contains("Owner    payments-compliance\n"), "{text}");
    let calls = scene.calls_since(&before);
    let walked = |(name, _): &(String, u64)| name.contains("ForParent");
    assert!(!calls.iter().any(walked), "{calls:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_whois_tells_the_tags_that_the_cache_has_and_their_age() {
    let scene = Scene::cached(settings(true)).await;
    let said = printed(&scene.offline(&["whois", DEEP]).await);
    assert!(said.contains("\nOwner    not in the cache"), "{said}");
    let cache = Cache::new(scene.home.path().join(".cache/orgscope"));
    let url = scene.simulator.url();
    let organization = cache.organizations(Some(&url)).expect("readable");
    let name = Name::new(&organization[0], Some(&url));
    let now = "2026-11-21T12:00:00Z".parse().expect("a time");
    let mut snapshot = cache.read(&name, now).expect("readable").expect("there");
    snapshot.found = vec![Looked {
        at: "2021-11-21T12:00:00Z".parse().expect("a time"),
        question: Question::Tags(DEEP.to_owned()),
        finding: Finding::Tags(vec![Tag {
            key: "Team".to_owned(),
            value: "ledger".to_owned(),
        }]),
    }];
    cache.write(Some(&url), &snapshot, now).expect("room");
    let said = printed(&scene.offline(&["whois", DEEP]).await);
    assert!(said.contains("\nOwner    Team: ledger\n"), "{said}");
    assert!(said.contains("\nTags     as they were read "), "{said}");
    let json = printed(&scene.offline(&["whois", DEEP, "--json"]).await);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["tags"], serde_json::json!({"Team": "ledger"}));
    // What somebody has looked at stays where everything else is read again.
    let changes = scene.run(&["changes"]).await;
    assert!(changes.status.success(), "{}", complaint(&changes));
    let said = printed(&scene.offline(&["whois", DEEP]).await);
    assert!(said.contains("\nOwner    Team: ledger\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ou_that_the_cache_does_not_know_is_read() {
    for (paths, parents) in [(true, 0), (false, 2)] {
        let scene = Scene::cached(settings(paths)).await;
        let production = scene.unit("Production");
        scene.simulator.with_organization(|organization| {
            let unit = organization.add_unit(&production, "Brand new");
            organization.move_account(DEEP, &unit);
        });
        let before = scene.calls();
        let output = scene.run(&["whois", DEEP]).await;
        let text = printed(&output);
        let path = format!("Path     {DEEP_PATH} / Brand new / {DEEP_NAME}\n");
        assert!(text.contains(&path), "{text}");
        let calls = scene.calls_since(&before);
        let count = |name: &str| {
            let call = calls.iter().find(|(operation, _)| operation == name);
            call.map_or(0, |(_, count)| *count)
        };
        assert_eq!(count("DescribeOrganizationalUnit"), 1, "{calls:?}");
        assert_eq!(count("ListParents"), parents, "{calls:?}");
        assert_eq!(count("ListRoots"), 0, "{calls:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_not_taken_from_the_cache_of_another_organization() {
    let scene = Scene::cached(settings(true)).await;
    let file = &scene.snapshots()[0];
    let root = scene
        .simulator
        .with_organization(|organization| organization.root_id().to_owned());
    // The same way leads to another organization now, in which the same account is.
    scene.simulator.with_organization(|organization| {
        let management = organization.account(organization.management_account());
        let management = management.expect("it is there").clone();
        let new = |id: &str, name: &str| orgscope::sim::NewAccount {
            id: id.to_owned(),
            name: name.to_owned(),
            email: format!("{name}@example.com"),
            state: orgscope::sim::State::Active,
            joined_method: orgscope::sim::JoinedMethod::Created,
            joined: management.joined,
        };
        let as_of = "2026-11-01T00:00:00Z".parse().expect("a time");
        let first = new(&management.id, "management");
        *organization = Organization::new("o-another001", "r-zz99", as_of, first);
        organization.add_account("r-zz99", new(DEEP, "elsewhere"));
    });
    let output = scene.run(&["whois", DEEP]).await;
    let text = printed(&output);
    assert!(text.contains("Path     Root / elsewhere"), "{text}");
    assert!(!text.contains(&root), "{text}");
    let said = complaint(&output);
    assert!(!said.contains("from the cache"), "{said}");
    // Each organization has its own.
    scene.run(&["changes"]).await;
    assert!(file.exists());
    assert_eq!(scene.snapshots().len(), 2);
    // Without the keys with which they were read, nobody knows which is meant.
    let tree = scene.offline(&["tree"]).await;
    assert_eq!(tree.status.code(), Some(1));
    let said = complaint(&tree);
    assert!(said.contains("o-another001"), "{said}");
    assert!(said.contains("--organization ID"), "{said}");
    let chosen = ["tree", "--organization", "o-another001"];
    let tree = scene.offline(&chosen).await;
    assert!(printed(&tree).contains("elsewhere"), "{}", printed(&tree));
    let vain = scene.run(&chosen).await;
    assert_eq!(vain.status.code(), Some(2), "{}", complaint(&vain));
    let tree = scene.run(&["tree", "--offline"]).await;
    assert!(printed(&tree).contains("elsewhere"), "{}", printed(&tree));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_the_only_organization_is_shown_in_any_region_and_with_any_keys() {
    let scene = Scene::cached(settings(true)).await;
    for arguments in [
        &["tree", "--region", "eu-central-1"][..],
        &["tree", "--region", "us-gov-west-1"],
    ] {
        let tree = scene.offline(arguments).await;
        assert!(printed(&tree).contains(DEEP), "{}", complaint(&tree));
    }
    let unknown = scene
        .offline(&["tree", "--organization", "o-unknown001"])
        .await;
    assert_eq!(unknown.status.code(), Some(1));
    let said = complaint(&unknown);
    assert!(said.contains("no organization o-unknown001"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_read_the_organization_leaves_no_cache() {
    let caller = Caller::Member;
    let scene = Scene::with(Settings {
        caller,
        ..settings(true)
    })
    .await;
    let output = scene.run(&["changes"]).await;
    assert_eq!(output.status.code(), Some(3), "{}", complaint(&output));
    assert_eq!(scene.snapshots(), [] as [PathBuf; 0]);
}
