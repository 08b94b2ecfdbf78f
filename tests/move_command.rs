//! `orgscope move` as a script runs it, against the simulator, against moto, and on a terminal.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use jiff::Timestamp;
use orgscope::org::{Entries, Event, Outcome, Record, Stage};
use orgscope::sim::{
    Caller, Faults, JoinedMethod, NewAccount, Organization, PolicyType, Settings, Simulator, State,
    WriteCall,
};
use orgscope::store;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::endpoint::{Endpoint, answer};
use crate::support::program::{PROGRAM, environment, orgscope};
use crate::support::python::Python;
use crate::support::terminal::Terminal;

const ORGANIZATION: &str = "o-moves00001";
const ROOT: &str = "r-ab12";
const WORKLOADS: &str = "ou-ab12-workload";
const PROD: &str = "ou-ab12-prod0000";
const SANDBOX: &str = "ou-ab12-sandbox0";
const QUARANTINE: &str = "ou-ab12-quaranti";
const MANAGEMENT: &str = "111122223333";
const PAYMENTS: &str = "000000000012";
const LEDGER: &str = "000000000013";
const STEERING: &str = "000000000014";
const CLOSED: &str = "000000000015";
const NOBODY: &str = "999999999999";

fn organization() -> Organization {
    let joined: Timestamp = "2020-01-01T00:00:00Z".parse().expect("a time");
    let account = |id: &str, name: &str, state| NewAccount {
        id: id.to_owned(),
        name: name.to_owned(),
        email: format!("{id}@example.com"),
        state,
        joined_method: JoinedMethod::Created,
        joined,
    };
    let as_of = "2026-11-01T00:00:00Z".parse().expect("a time");
    let management = account(MANAGEMENT, "management", State::Active);
    let mut organization = Organization::new(ORGANIZATION, ROOT, as_of, management);
    for (parent, id, name) in [
        (ROOT, WORKLOADS, "Workloads"),
        (WORKLOADS, PROD, "Prod"),
        (WORKLOADS, "ou-ab12-dev00000", "Dev"),
        (ROOT, SANDBOX, "Sandbox"),
        (ROOT, QUARANTINE, "Quarantine"),
        (ROOT, "ou-ab12-slasha00", "A"),
        ("ou-ab12-slasha00", "ou-ab12-slashb00", "B"),
        (ROOT, "ou-ab12-slashab0", "A/B"),
        ("ou-ab12-slashab0", "ou-ab12-slashc00", "C"),
    ] {
        organization.add_unit_with_id(parent, id.into(), name);
    }
    for (parent, id, name, state) in [
        (SANDBOX, PAYMENTS, "payments", State::Active),
        (SANDBOX, LEDGER, "ledger", State::Active),
        (SANDBOX, STEERING, "red \u{1b}[31m", State::Active),
        (QUARANTINE, CLOSED, "old-website", State::Closed),
    ] {
        organization.add_account(parent, account(id, name, state));
    }
    let deny = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    for (kind, name, content, target) in [
        (PolicyType::ServiceControl, "Guardrails", "{}", WORKLOADS),
        (PolicyType::ServiceControl, "Nothing goes", deny, QUARANTINE),
        (PolicyType::Tag, "Play tags", "{}", SANDBOX),
    ] {
        let id = organization.add_policy(kind, name, content);
        organization.attach_policy(&id, target);
    }
    organization
}

/// A simulator, and the home folder of whoever runs the program against it.
struct Ground {
    simulator: Simulator,
    home: tempfile::TempDir,
}

impl Ground {
    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let settings = Settings {
            limits: false,
            ..settings
        };
        let simulator = Simulator::start(organization(), settings).await;
        Self {
            simulator: simulator.expect("there is a free port"),
            home: tempfile::tempdir().expect("there is room for temporary files"),
        }
    }

    async fn faulty(faults: &str) -> Self {
        let ground = Self::new().await;
        let faults: Faults = faults.parse().expect("they are rules");
        ground.simulator.set_faults(faults);
        ground
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = orgscope(self.home.path())
            .args(["--endpoint-url", &self.simulator.url(), "move"])
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output();
        Ended::of(&output.expect("the program starts"))
    }

    /// Starts it with accounts to come on standard input.
    fn start(&self, arguments: &[&str]) -> Child {
        orgscope(self.home.path())
            .args(["--endpoint-url", &self.simulator.url(), "move", "-"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    fn parent(&self, account: &str) -> String {
        let parent = |organization: &mut Organization| {
            let account = organization.account(account).expect("it is there");
            account.parent.clone()
        };
        self.simulator.with_organization(parent)
    }

    /// The writes that came: account, source, destination, and whether each was carried out.
    fn moves(&self) -> Vec<(String, String, String, bool)> {
        let writes = self.simulator.writes();
        let moved = |write: &WriteCall| {
            assert_eq!(write.operation, "MoveAccount");
            let body: Value = serde_json::from_str(&write.body).expect("it is JSON");
            let text = |key: &str| body[key].as_str().expect("it is text").to_owned();
            (
                text("AccountId"),
                text("SourceParentId"),
                text("DestinationParentId"),
                write.changed,
            )
        };
        writes.iter().map(moved).collect()
    }

    fn records(&self) -> Vec<Record> {
        let folder = self.home.path().join(".local/state/orgscope/journal");
        let name = store::Name::new(ORGANIZATION, Some(&self.simulator.url()));
        store::read(&folder, name).map_or(Vec::new(), |(records, _)| records)
    }

    fn calls(&self, operation: &str) -> u64 {
        let calls = self.simulator.calls();
        calls.get(operation).map_or(0, orgscope::sim::Calls::total)
    }
}

fn moved(account: &str, from: &str, to: &str) -> (String, String, String, bool) {
    (account.into(), from.into(), to.into(), true)
}

/// How a run ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        let ended = Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).expect("it is text"),
            err: String::from_utf8(output.stderr.clone()).expect("it is text"),
        };
        for text in [&ended.out, &ended.err] {
            let steers = |c: char| c.is_control() && c != '\n';
            assert!(!text.contains(steers), "{text:?}");
        }
        ended
    }

    /// With this exit code, and these texts in what it printed.
    fn expect(self, code: i32, texts: &[&str]) -> Self {
        let (out, err) = (&self.out, &self.err);
        assert_eq!(self.code, Some(code), "{out}\n{err}");
        for text in texts {
            let found = out.contains(text) || err.contains(text);
            assert!(found, "{text:?} is missing:\n{out}\n{err}");
        }
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prints_the_plan_and_sends_no_write() {
    let ground = Ground::new().await;
    let arguments = [PAYMENTS, STEERING, "--to", "/Workloads/Prod", "--dry-run"];
    let ended = ground.run(&[&arguments[..], &["--yes"]].concat());
    let ended = ended.expect(
        0,
        &[
            "Move 2 accounts to Root / Workloads / Prod (ou-ab12-prod0000)",
            "payments 000000000012 ACTIVE",
            "from  Root / Sandbox (ou-ab12-sandbox0)",
            "- TAG_POLICY lost: Play tags",
            "+ SERVICE_CONTROL_POLICY gained: Guardrails",
            "red \u{241b}[31m 000000000014",
            "aws organizations move-account --account-id 000000000012 --source-parent-id \
             ou-ab12-sandbox0 --destination-parent-id ou-ab12-prod0000",
        ],
    );
    assert_eq!(ended.err, "");
    assert_eq!(ground.moves(), []);
    assert_eq!(ground.parent(PAYMENTS), SANDBOX);
    assert!(
        !ground
            .home
            .path()
            .join(".local/state/orgscope/journal")
            .exists()
    );
    // Each OU is asked for once at most.
    assert!(ground.calls("DescribeOrganizationalUnit") <= 3);
    assert_eq!(ground.calls("DescribeAccount"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_are_moved_and_nothing_else_is_sent() {
    let ground = Ground::new().await;
    let ended = ground.run(&[
        PAYMENTS,
        "0000-0000-0013",
        "--to",
        "/Workloads/Prod/",
        "--yes",
    ]);
    let ended = ended.expect(0, &["2 of 2 accounts moved to Root / Workloads / Prod"]);
    let line = "payments 000000000012: moved: in Root / Workloads / Prod, request id ";
    assert!(ended.out.contains(line), "{}", ended.out);
    assert_eq!(
        ground.moves(),
        [moved(PAYMENTS, SANDBOX, PROD), moved(LEDGER, SANDBOX, PROD)]
    );
    assert_eq!(ground.parent(PAYMENTS), PROD);
    assert_eq!(ground.parent(STEERING), SANDBOX);

    let mut entries = Entries::default();
    for record in ground.records() {
        entries.apply(&record);
    }
    let entries: Vec<_> = entries.iter().collect();
    assert_eq!(entries.len(), 2);
    for (entry, write) in entries.iter().zip(ground.simulator.writes()) {
        assert_eq!(entry.stage, Stage::Ended(Outcome::Done { made: None }));
        assert_eq!(entry.confirmation, "--yes");
        assert_eq!(entry.batch, entries[0].batch);
        assert_eq!(entry.request_id.as_ref(), Some(&write.request_id));
        assert!(matches!(entry.verified, Some((_, true, _))));
        let caller = entry.caller.as_deref();
        assert!(
            caller.is_some_and(|arn| arn.contains(MANAGEMENT)),
            "{caller:?}"
        );
        assert!(ended.out.contains(&write.request_id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_of_the_command_line_can_be_undone() {
    let ground = Ground::new().await;
    ground
        .run(&[PAYMENTS, LEDGER, "--to", PROD, "--yes"])
        .expect(0, &[]);
    let mut entries = Entries::default();
    for record in ground.records() {
        entries.apply(&record);
    }
    let (_, changes) = entries
        .undoable(&BTreeSet::new())
        .expect("there is something to undo");
    let targets: Vec<_> = changes.iter().map(|c| c.mutation.target()).collect();
    assert_eq!(targets, [LEDGER, PAYMENTS]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_there_already_is_said_and_skipped() {
    let ground = Ground::new().await;
    let ended = ground.run(&[PAYMENTS, CLOSED, PAYMENTS, "--to", SANDBOX, "--yes"]);
    ended.expect(
        0,
        &[
            "already in Root / Sandbox",
            "000000000012 is given more than once",
            "1 of 1 account moved",
            "warning: the account is CLOSED",
            "denies everything in Quarantine: until it is moved",
        ],
    );
    assert_eq!(ground.moves(), [moved(CLOSED, QUARANTINE, SANDBOX)]);
    let ended = ground.run(&[PAYMENTS, "--to", SANDBOX, "--yes"]);
    ended.expect(0, &["there is nothing to move"]);
    assert_eq!(ground.moves().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_is_found_by_id_by_names_and_by_names_that_hold_slashes() {
    let ground = Ground::new().await;
    let plan = |to: &str| ground.run(&[PAYMENTS, "--to", to, "--dry-run", "--json"]);
    for (to, id) in [
        (PROD, PROD),
        (ROOT, ROOT),
        ("/", ROOT),
        ("/Workloads/Prod", PROD),
        ("/A/B/C", "ou-ab12-slashc00"),
        ("/A", "ou-ab12-slasha00"),
    ] {
        let json = plan(to).expect(0, &[]).json();
        assert_eq!(json["destination"]["id"], id, "{to}");
    }
    plan("/A/B").expect(1, &["ou-ab12-slashab0, ou-ab12-slashb00", "give the id"]);
    plan("/Workloads/prod").expect(
        1,
        &[
            "there is no OU \"prod\" in Workloads",
            "it contains Dev, Prod",
        ],
    );
    plan("/Sandbox/x").expect(1, &["it contains no OUs"]);
    plan("ou-ab12-nothere0").expect(1, &["there is no OU ou-ab12-nothere0"]);
    plan("r-zz99").expect(1, &["the root is r-ab12"]);
    plan("Workloads").expect(2, &["/Workloads/Prod"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_in_which_one_account_cannot_be_moved_moves_none() {
    let ground = Ground::new().await;
    let arn = format!("arn:aws:organizations::{MANAGEMENT}:account/o-other00001/{LEDGER}");
    for wrong in [NOBODY, &arn] {
        let ended = ground.run(&[PAYMENTS, wrong, "--to", PROD, "--yes"]);
        ended.expect(1, &["cannot be moved", "nothing was moved"]);
        ground
            .run(&[PAYMENTS, wrong, "--to", PROD, "--dry-run"])
            .expect(1, &["cannot be moved"]);
    }
    assert_eq!(ground.moves(), []);
    assert_eq!(ground.records(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_and_without_consent_nothing_is_even_read() {
    let ground = Ground::new().await;
    for arguments in [
        &[PAYMENTS, "--to", PROD][..],
        &[PAYMENTS, "--to", PROD, "--json"],
        &["-", "--to", PROD],
        &["payments", "--to", PROD, "--yes"],
        &["-", "--to", PROD, "--yes"],
        &["--to", PROD, "--yes"],
        &[PAYMENTS, "--yes"],
    ] {
        let ended = ground.run(arguments).expect(2, &[]);
        assert_eq!(ended.out, "", "{arguments:?}");
    }
    let ended = ground.run(&[PAYMENTS, "--to", PROD]);
    ended.expect(2, &["--yes", "--dry-run"]);
    assert_eq!(ground.simulator.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_changes_are_not_allowed_only_a_dry_run_works() {
    let ground = Ground::new().await;
    let dry_run = ["--read-only", PAYMENTS, "--to", PROD, "--dry-run"];
    ground.run(&dry_run).expect(0, &["Move 1 account"]);
    let before = ground.simulator.requests();
    ground
        .run(&["--read-only", PAYMENTS, "--to", PROD, "--yes"])
        .expect(3, &["--read-only"]);
    ground
        .run_with(
            &[PAYMENTS, "--to", PROD, "--yes"],
            &[("ORGSCOPE_READ_ONLY", "1")],
        )
        .expect(3, &["ORGSCOPE_READ_ONLY"]);
    let file = ground.home.path().join("config.toml");
    std::fs::write(&file, "read_only = true\n").expect("a file");
    let file = file.to_str().expect("it is text");
    ground
        .run(&["--config", file, PAYMENTS, "--to", PROD, "--yes"])
        .expect(3, &["--write"]);
    assert_eq!(ground.simulator.requests(), before);
    ground
        .run(&["--config", file, "--write", PAYMENTS, "--to", PROD, "--yes"])
        .expect(0, &[]);
    assert_eq!(ground.moves(), [moved(PAYMENTS, SANDBOX, PROD)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_management_account_is_let_through() {
    for (caller, faults) in [
        (Caller::Account(PAYMENTS.to_owned()), ""),
        (Caller::Management, "GetCallerIdentity:deny"),
    ] {
        let ground = Ground::with(Settings {
            caller,
            faults: faults.parse().expect("they are rules"),
            ..Settings::default()
        })
        .await;
        let ended = ground.run(&[LEDGER, "--to", PROD, "--yes"]);
        ended.expect(3, &["this is read-only"]);
        assert_eq!(ground.moves(), []);
        assert_eq!(ground.calls("DescribeAccount"), 0);
        assert_eq!(ground.records(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_moved_meanwhile_is_left_alone_and_the_others_go_on() {
    let ground = Ground::new().await;
    // The last thing that a plan reads.
    ground.simulator.before_each_call(|call, organization| {
        if call.operation == "ListAWSServiceAccessForOrganization" {
            organization.move_account(PAYMENTS, QUARANTINE);
        }
    });
    let ended = ground.run(&[PAYMENTS, LEDGER, "--to", PROD, "--yes"]);
    let ended = ended.expect(
        1,
        &[
            "payments 000000000012: not moved: it was moved meanwhile: it is in Root / Quarantine",
            "ledger 000000000013: moved: in Root / Workloads / Prod",
            "1 of 2 accounts moved",
        ],
    );
    assert!(ended.err.contains("not moved") && !ended.out.contains("not moved"));
    assert_eq!(ground.moves(), [moved(LEDGER, SANDBOX, PROD)]);
    assert_eq!(ground.parent(PAYMENTS), QUARANTINE);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_error_stops_the_others_where_that_was_asked_for() {
    let ground = Ground::faulty(&format!("MoveAccount:deny:match={PAYMENTS}")).await;
    let arguments = [LEDGER, PAYMENTS, STEERING, "--to", PROD, "--yes"];
    let ended = ground.run(&[&arguments[..], &["--stop-at-first-error"]].concat());
    ended.expect(
        1,
        &["1 of 3 accounts moved", "a change before it was not made"],
    );
    let accounts = |ground: &Ground| ground.moves().into_iter().map(|m| m.0).collect::<Vec<_>>();
    assert_eq!(accounts(&ground), [LEDGER, PAYMENTS]);

    let ground = Ground::faulty(&format!("MoveAccount:deny:match={PAYMENTS}")).await;
    ground.run(&arguments).expect(1, &["2 of 3 accounts moved"]);
    assert_eq!(accounts(&ground), [LEDGER, PAYMENTS, STEERING]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_whose_answer_was_lost_is_read_and_not_sent_again() {
    for fault in ["null", "cut", "reset", "500:after"] {
        let ground = Ground::faulty(&format!("MoveAccount:{fault}")).await;
        let ended = ground.run(&[PAYMENTS, "--to", PROD, "--yes", "--json"]);
        let json = ended.expect(0, &[]).json();
        let result = &json["accounts"][0]["result"];
        assert_eq!(result["moved"], true, "{fault}: {result}");
        assert_eq!(result["verified"], true, "{fault}: {result}");
        assert_eq!(ground.moves(), [moved(PAYMENTS, SANDBOX, PROD)], "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_got_lost_on_its_way_is_not_claimed() {
    let ground = Ground::faulty("MoveAccount:drop").await;
    let ended = ground.run(&[PAYMENTS, "--to", PROD, "--yes", "--json"]);
    let json = ended
        .expect(1, &["it is not known whether it was moved"])
        .json();
    let result = &json["accounts"][0]["result"];
    assert_eq!(result["moved"], Value::Null, "{result}");
    assert_eq!(result["outcome"], "unknown", "{result}");
    assert_eq!(ground.simulator.writes().len(), 1);
    assert_eq!(ground.parent(PAYMENTS), SANDBOX);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_with_another_change_is_tried_again_after_another_look() {
    let fault = "MoveAccount:error=ConcurrentModificationException:n=1";
    let ground = Ground::faulty(fault).await;
    ground
        .run(&[PAYMENTS, "--to", PROD, "--yes"])
        .expect(0, &["moved: in Root / Workloads / Prod"]);
    let carried_out: Vec<_> = ground.moves().iter().map(|m| m.3).collect();
    assert_eq!(carried_out, [false, true]);
    let records = ground.records();
    let intents = records
        .iter()
        .filter(|r| matches!(r.event, Event::Intent { .. }));
    assert_eq!(intents.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_checked_is_said_and_does_not_hinder() {
    let faults = "ListPoliciesForTarget:deny,ListAWSServiceAccessForOrganization:deny";
    let ground = Ground::faulty(faults).await;
    let ended = ground.run(&[PAYMENTS, "--to", QUARANTINE, "--dry-run"]);
    ended.expect(
        0,
        &[
            "? SERVICE_CONTROL_POLICY not checked: access denied to ListPoliciesForTarget",
            "whether AWS Control Tower is active could not be checked",
        ],
    );
    let ground = Ground::new().await;
    ground.simulator.with_organization(|organization| {
        organization.enable_service_access("controltower.amazonaws.com");
    });
    let ended = ground.run(&[PAYMENTS, MANAGEMENT, "--to", QUARANTINE, "--dry-run"]);
    ended.expect(
        0,
        &[
            "AWS Control Tower is active",
            "denies everything in Quarantine: once it is moved",
            "it is the management account",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_paths_the_way_to_the_root_is_asked_for_step_by_step() {
    let ground = Ground::with(Settings {
        paths: false,
        ..Settings::default()
    })
    .await;
    ground
        .run(&[PAYMENTS, LEDGER, "--to", PROD, "--yes"])
        .expect(0, &["Root / Sandbox", "Root / Workloads / Prod"]);
    assert_eq!(ground.parent(LEDGER), PROD);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_holds_the_plan_and_what_became_of_it() {
    let ground = Ground::new().await;
    let arguments = [PAYMENTS, CLOSED, "--to", "/Quarantine", "--json"];
    let plan = ground.run(&[&arguments[..], &["--dry-run"]].concat());
    let plan = plan.expect(0, &[]).json();
    let ended = ground.run(&[&arguments[..], &["--yes"]].concat());
    let ended = ended.expect(0, &["payments 000000000012: moved"]).json();
    assert_eq!(plan["executed"], false);
    assert_eq!(ended["executed"], true);
    let quarantine = json!({
        "id": QUARANTINE,
        "path": ["Root", "Quarantine"],
        "id_path": [ROOT, QUARANTINE],
    });
    assert_eq!(plan["destination"], quarantine);
    assert_eq!(plan["warnings"], json!([]));
    let [payments, closed] = plan["accounts"].as_array().unwrap().as_slice() else {
        panic!("{plan}");
    };
    assert_eq!(closed["action"], "none");
    assert_eq!(payments["action"], "move");
    assert_eq!(payments["name"], "payments");
    assert_eq!(payments["state"], "ACTIVE");
    assert_eq!(payments["from"]["id"], SANDBOX);
    let names = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("it is a list").iter();
        list.map(|policy| policy["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for policies in payments["policies"].as_array().unwrap() {
        let (lost, gained): (&[&str], &[&str]) = match policies["type"].as_str().unwrap() {
            "SERVICE_CONTROL_POLICY" => (&[], &["Nothing goes"]),
            "TAG_POLICY" => (&["Play tags"], &[]),
            _ => (&[], &[]),
        };
        assert_eq!(names(&policies["lost"]), lost);
        assert_eq!(names(&policies["gained"]), gained);
        assert_eq!(policies["not_checked"], Value::Null);
    }
    assert_eq!(payments["result"], Value::Null);
    let result = &ended["accounts"][0]["result"];
    let write = &ground.simulator.writes()[0];
    assert_eq!(
        *result,
        json!({
            "moved": true,
            "outcome": "done",
            "message": "in Root / Quarantine",
            "verified": true,
            "reading": "in Root / Quarantine",
            "request_id": write.request_id,
            "entry": ground.records()[0].entry,
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_come_from_standard_input_one_a_line() {
    let ground = Ground::new().await;
    let mut child = ground.start(&["--to", PROD, "--yes"]);
    let mut input = child.stdin.take().expect("it is piped");
    let text = format!("# two of them\n{PAYMENTS}\n\n{LEDGER} # the second\n");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    Ended::of(&output).expect(0, &["2 of 2 accounts moved"]);
    assert_eq!(ground.moves().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_sees_the_call_in_flight_to_its_end_and_sends_no_other() {
    let ground = Ground::faulty("MoveAccount:latency=3000").await;
    let (sent, called) = mpsc::channel();
    ground.simulator.before_each_call(move |call, _| {
        if call.operation == "MoveAccount" {
            let _ = sent.send(());
        }
    });
    let mut child = ground.start(&["--to", PROD, "--yes"]);
    let mut input = child.stdin.take().expect("it is piped");
    let text = format!("{PAYMENTS}\n{LEDGER}\n{STEERING}\n");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    called
        .recv_timeout(Duration::from_mins(1))
        .expect("a move is sent");
    let id = child.id().try_into().ok().and_then(Pid::from_raw);
    kill_process(id.expect("an id"), Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    Ended::of(&output).expect(
        1,
        &[
            "interrupted",
            "payments 000000000012: moved",
            "ledger 000000000013: not moved: it was taken back before it was sent",
            "1 of 3 accounts moved",
        ],
    );
    assert_eq!(ground.moves(), [moved(PAYMENTS, SANDBOX, PROD)]);
    let records = ground.records();
    let withdrawn = records.iter().filter(|r| r.event == Event::Withdrawn);
    assert_eq!(withdrawn.count(), 2);
    let outcomes = records
        .iter()
        .filter(|r| matches!(r.event, Event::Outcome { .. }));
    assert_eq!(outcomes.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_has_left_is_moved_by_the_next_one_and_nothing_twice() {
    for (point, first_is_sent) in [("intent-written", false), ("response-received", true)] {
        let ground = Ground::new().await;
        let arguments = [PAYMENTS, LEDGER, "--to", PROD, "--yes"];
        let at = format!("MoveAccount:{point}");
        let killed = ground.run_with(&arguments, &[("ORGSCOPE_TEST_KILL_AT", &at)]);
        assert_eq!(killed.code, None, "{}", killed.err);
        assert_eq!(ground.moves().len(), usize::from(first_is_sent), "{point}");
        let ended = ground.run(&arguments).expect(0, &["moved to Root"]);
        assert_eq!(ended.out.contains("already in"), first_is_sent, "{point}");
        assert_eq!(
            ground.moves(),
            [moved(PAYMENTS, SANDBOX, PROD), moved(LEDGER, SANDBOX, PROD)],
            "{point}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_seen_enough_hears_from_the_exit_code_that_nothing_was_moved() {
    let ground = Ground::new().await;
    let mut child = ground.start(&["--to", PROD, "--yes"]);
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(PAYMENTS.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    Ended::of(&output).expect(1, &["nothing was moved"]);
    assert_eq!(ground.moves(), []);
    assert_eq!(ground.records(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_answered_with_no_still_prints_one_json_object() {
    let ground = Ground::new().await;
    let url = ground.simulator.url();
    let arguments = [
        "--endpoint-url",
        &url,
        "move",
        PAYMENTS,
        "--to",
        PROD,
        "--json",
    ];
    let home = environment(ground.home.path());
    let mut terminal = Terminal::new((120, 60)).run(PROGRAM, &arguments, home);
    terminal.wait_for("? Type yes:");
    assert!(
        terminal
            .screen()
            .contents()
            .contains("from  Root / Sandbox")
    );
    terminal.press("no\r");
    assert!(!terminal.wait_for_end().success());
    terminal.wait_for("\"result\": null");
    assert_eq!(ground.moves(), []);
}

/// Answers who signed the request: by its key, somebody in this or in another account.
fn identities(of_another: &'static str) -> Endpoint {
    Endpoint::serve(move |request| {
        let key = request.access_key().unwrap_or_default();
        let account = if key == of_another {
            PAYMENTS
        } else {
            MANAGEMENT
        };
        let identity = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/{key}</Arn>\
             <UserId>{key}</UserId><Account>{account}</Account></GetCallerIdentityResult>\
             </GetCallerIdentityResponse>"
        );
        answer(200, "text/xml", &identity)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn renewed_credentials_move_nothing_more_where_they_are_of_another_account() {
    for (of_another, code, second) in [
        ("AKIANOBODY", 0, "ledger 000000000013: moved"),
        ("AKIASECOND", 1, "belong to account 000000000012 now"),
    ] {
        let ground = Ground::new().await;
        let who = ground.home.path().join("who");
        let (config, script) = (ground.home.path().join("config"), who.with_extension("sh"));
        // What it gives has always expired, so it is asked for each call.
        let keys = r#"{"Version":1,"AccessKeyId":"'$key'","SecretAccessKey":"s","Expiration":"2020-01-01T00:00:00Z"}"#;
        let text = format!("key=$(cat {})\necho '{keys}'\n", who.display());
        std::fs::write(&script, text).expect("written");
        let text = format!(
            "[profile helper]\ncredential_process = /bin/sh {}\n",
            script.display()
        );
        std::fs::write(&config, text).expect("written");
        std::fs::write(&who, "AKIAFIRST").expect("written");
        ground.simulator.before_each_call(move |call, _| {
            if call.operation == "MoveAccount" {
                std::fs::write(&who, "AKIASECOND").expect("written");
            }
        });
        let sts = identities(of_another);
        let output = orgscope(ground.home.path())
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_ENDPOINT_URL_ORGANIZATIONS", ground.simulator.url())
            .env("AWS_ENDPOINT_URL_STS", &sts.url)
            .args(["--profile", "helper", "move", PAYMENTS, LEDGER])
            .args(["--to", PROD, "--yes"])
            .output();
        let ended = Ended::of(&output.expect("the program starts"));
        ended.expect(code, &["payments 000000000012: moved", second]);
        assert_eq!(ground.moves().len(), 2 - usize::from(code == 1));
        let records = ground.records();
        let senders = records.iter().filter_map(|record| match &record.event {
            Event::Intent { caller, .. } => caller.as_deref(),
            _ => None,
        });
        let by = |key: &str| format!("arn:aws:iam::{MANAGEMENT}:user/{key}");
        let expected = [by("AKIAFIRST"), by("AKIASECOND")];
        let senders: Vec<&str> = senders.collect();
        assert_eq!(senders, expected[..ground.moves().len()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_before_the_question_is_no_answer_to_it() {
    let ground = Ground::new().await;
    let (sent, asked) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    ground.simulator.before_each_call(move |call, _| {
        if call.operation == "DescribeOrganization" {
            let _ = sent.send(());
            let _ = may_go_on.recv();
        }
    });
    let url = ground.simulator.url();
    let arguments = ["--endpoint-url", &url, "move", PAYMENTS, "--to", PROD];
    let home = environment(ground.home.path());
    let mut terminal = Terminal::new((120, 40)).run(PROGRAM, &arguments, home);
    let patience = Duration::from_mins(1);
    asked.recv_timeout(patience).expect("it reads the plan");
    terminal.press("yes\r");
    // The terminal shows what it has taken.
    terminal.wait_for("yes");
    drop(go_on);
    terminal.wait_for("Type yes:");
    terminal.press("no\r");
    assert!(!terminal.wait_for_end().success());
    assert_eq!(ground.moves(), []);
    assert_eq!(ground.records(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_only_the_word_yes_moves() {
    let ground = Ground::new().await;
    let url = ground.simulator.url();
    let arguments = ["--endpoint-url", &url, "move", PAYMENTS, "--to", PROD];
    let ask = |home: &Path, answer: &str| {
        let mut terminal = Terminal::new((120, 40)).run(PROGRAM, &arguments, environment(home));
        terminal.wait_for("Move 1 account to Root / Workloads / Prod? Type yes:");
        assert!(terminal.screen().contents().contains("Guardrails"));
        terminal.press(answer);
        terminal.wait_for_end()
    };
    let home = ground.home.path();
    for answer in ["\r", "y\r", "no\r", "yes please\r"] {
        assert!(!ask(home, answer).success(), "{answer:?}");
        assert_eq!(ground.moves(), []);
        assert_eq!(ground.records(), []);
    }
    assert!(ask(home, "yes\r").success());
    assert_eq!(ground.moves(), [moved(PAYMENTS, SANDBOX, PROD)]);
    let Event::Asked { confirmation, .. } = &ground.records()[0].event else {
        panic!("an entry begins with what was asked");
    };
    assert_eq!(confirmation, "typed yes");
}

#[test]
fn the_demo_is_moved_in_and_leaves_no_journal() {
    let home = tempfile::tempdir().expect("there is room for temporary files");
    let output = orgscope(home.path())
        .args([
            "--demo",
            "move",
            "842202357060",
            "--to",
            "/Workloads/Payments",
        ])
        .arg("--yes")
        .output();
    Ended::of(&output.expect("the program starts")).expect(0, &["1 of 1 account moved"]);
    assert!(!home.path().join(".local/state/orgscope/journal").exists());
}

#[test]
fn a_move_in_moto_shows_in_its_own_state_and_nothing_else_changes() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    let home = tempfile::tempdir().expect("there is room for temporary files");
    let truth = home.path().join("truth.json");
    let truth_path = truth.to_str().expect("it is text");
    let server = python.serve(
        "moto_organization.py",
        &["--shape", "mixed", "--truth", truth_path],
    );
    let truth = std::fs::read_to_string(&truth).expect("moto wrote the truth down");
    let truth: Vec<Value> = serde_json::from_str(&truth).expect("it is JSON");
    let of_kind = |kind: &'static str| truth.iter().filter(move |record| record["kind"] == kind);
    let to = of_kind("ou").next_back().expect("there are OUs");
    let elsewhere = of_kind("account").filter(|a| a["parent_id"] != to["id"]);
    let chosen: Vec<_> = elsewhere.step_by(97).take(3).collect();
    let ids: Vec<_> = chosen.iter().map(|a| a["id"].as_str().unwrap()).collect();

    let state = || -> Value {
        let told = python.run("boto3_state.py", &[&server.url]);
        serde_json::from_str(&told).expect("it is JSON")
    };
    let before = state();
    let output = orgscope(home.path())
        .args(["--endpoint-url", &server.url, "move"])
        .args(&ids)
        .args(["--to", to["id"].as_str().unwrap(), "--yes"])
        .output();
    Ended::of(&output.expect("the program starts")).expect(0, &["3 of 3 accounts moved"]);
    let mut expected = before.clone();
    for id in ids {
        assert_ne!(expected["parents"][id], to["id"]);
        expected["parents"][id] = to["id"].clone();
    }
    assert_eq!(state(), expected);
}
