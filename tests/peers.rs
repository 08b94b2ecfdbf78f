//! The program against software that nobody here wrote: moto as a server, botocore as a client.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use orgscope::org::without_steering;
use orgscope::sim::{Organization, Settings, Shape, Simulator};
use serde_json::Value;

use crate::support::program::orgscope;
use crate::support::python::{Python, Server};

/// The fields of a record, as the export promises them.
const FIELDS: [&str; 12] = [
    "kind",
    "id",
    "name",
    "arn",
    "parent_id",
    "path",
    "id_path",
    "email",
    "state",
    "joined_method",
    "joined_at",
    "management",
];

/// A record with every field, absent ones as null.
type Record = BTreeMap<&'static str, Value>;

/// A moto server with an organization in it.
struct Moto {
    server: Server,
    truth: Vec<Record>,
    home: tempfile::TempDir,
}

impl Moto {
    fn start(python: &Python, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let truth = home.path().join("truth.json");
        let truth_text = truth.to_str().expect("the path is text");
        let server = python.serve(
            "moto_organization.py",
            &[arguments, &["--truth", truth_text]].concat(),
        );
        let truth = fs::read_to_string(truth).expect("moto wrote the truth down");
        Self {
            server,
            truth: records(&parse(&truth)),
            home,
        }
    }

    fn export(&self, format: &str) -> String {
        export(self.home.path(), &self.server.url, format)
    }
}

/// Exports the organization behind this endpoint; panics unless the program says that it is complete.
fn export(home: &Path, endpoint: &str, format: &str) -> String {
    let output = orgscope(home)
        .args(["--endpoint-url", endpoint, "export", "--format", format])
        .output()
        .expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(errors, "", "nothing to complain about");
    String::from_utf8(output.stdout).expect("the export is UTF-8")
}

fn parse(json: &str) -> Value {
    serde_json::from_str(json).expect("it is JSON")
}

/// The records of a JSON array, or of a nested JSON export, in their order.
fn records(json: &Value) -> Vec<Record> {
    let mut found = Vec::new();
    let mut pending = vec![json];
    while let Some(value) = pending.pop() {
        if let Value::Array(values) = value {
            pending.extend(values.iter().rev());
            continue;
        }
        found.push(record(value));
        pending.extend(value.get("children"));
    }
    found
}

fn record(json: &Value) -> Record {
    let object = json.as_object().expect("a record is an object");
    if let Some(unknown) = object
        .keys()
        .find(|key| !FIELDS.contains(&key.as_str()) && key.as_str() != "children")
    {
        panic!("no record has a field {unknown}");
    }
    FIELDS
        .into_iter()
        .map(|field| {
            let value = object.get(field).cloned().unwrap_or_default();
            (
                field,
                if field == "joined_at" {
                    instant(&value)
                } else {
                    value
                },
            )
        })
        .collect()
}

/// The moment that an RFC 3339 text means, in nanoseconds, however it is written.
fn instant(text: &Value) -> Value {
    text.as_str().map_or(Value::Null, |text| {
        let moment: Timestamp = text.parse().expect("a moment is RFC 3339");
        moment.as_nanosecond().to_string().into()
    })
}

/// Compares id by id, and then the order.
fn assert_same(truth: &[Record], exported: &[Record]) {
    let expected: BTreeMap<_, _> = truth.iter().map(|record| (id(record), record)).collect();
    let found: BTreeMap<_, _> = exported.iter().map(|record| (id(record), record)).collect();
    let mut differences = String::new();
    for (id, expected) in &expected {
        let Some(found) = found.get(id) else {
            let _ = writeln!(differences, "{id} is missing");
            continue;
        };
        for field in FIELDS {
            if expected[field] != found[field] {
                let _ = writeln!(
                    differences,
                    "{id}: {field} is {}, not {}",
                    found[field], expected[field]
                );
            }
        }
    }
    for id in found.keys().filter(|id| !expected.contains_key(*id)) {
        let _ = writeln!(differences, "{id} does not exist");
    }
    assert!(differences.is_empty(), "{differences}");
    let order = |records: &[Record]| records.iter().map(id).collect::<Vec<_>>();
    assert_eq!(order(truth), order(exported), "the order differs");
}

fn id(record: &Record) -> String {
    record["id"].as_str().expect("an id is text").to_owned()
}

#[test]
fn a_moto_organization_of_60_units_and_500_accounts_is_exported_exactly_as_it_is() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    let moto = Moto::start(&python, &["--shape", "mixed"]);
    assert_eq!(moto.truth.len(), 1 + 60 + 500);
    assert_same(&moto.truth, &records(&parse(&moto.export("json"))));
}

#[test]
fn hostile_names_and_every_kind_of_state_come_through_moto_unchanged() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    let moto = Moto::start(&python, &["--shape", "hostile", "--keepalive"]);
    assert_same(&moto.truth, &records(&parse(&moto.export("json"))));

    let lines: Vec<_> = moto
        .export("jsonl")
        .lines()
        .map(|line| record(&parse(line)))
        .collect();
    assert_same(&moto.truth, &lines);

    assert_same_rows(&moto.truth, &moto.export("csv"));
}

#[test]
fn accounts_that_send_their_paths_lead_to_the_same_organization() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    // "some" is a service in the middle of introducing the field.
    for paths in ["all", "some"] {
        let moto = Moto::start(
            &python,
            &["--shape", "mixed", "--seed", "2", "--paths", paths],
        );
        assert_same(&moto.truth, &records(&parse(&moto.export("json"))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_finds_no_fault_with_the_simulator_and_sees_the_same_organization() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    let shape = Shape {
        accounts: 120,
        organizational_units: 25,
        seed: 7,
    };
    for organization in [Organization::demo(), Organization::generate(&shape)] {
        let settings = Settings {
            limits: false,
            speed: 0.0,
            ..Settings::default()
        };
        let simulator = Simulator::start(organization, settings).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let url = simulator.url();
        let exported = export(home.path(), &url, "json");
        let seen = python.run("botocore_walk.py", &[&url, "--reads-only"]);
        assert_same(&records(&parse(&seen)), &records(&parse(&exported)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn botocore_creates_moves_closes_and_removes_accounts_in_the_simulator() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    // An hour a second: a closure is over soon.
    let settings = Settings {
        limits: false,
        speed: 3600.0,
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings)
        .await
        .unwrap();
    python.run("botocore_walk.py", &[&simulator.url()]);
}

/// A CSV has no null and no lists, and nothing in it may steer a terminal.
fn assert_same_rows(truth: &[Record], csv: &str) {
    assert!(
        csv.chars().all(|c| !c.is_control() || "\r\n".contains(c)),
        "a control character is in the CSV"
    );
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().expect("there is a header"), &FIELDS[..]);
    let rows: Vec<_> = reader
        .records()
        .map(|row| row.expect("rows have the header's length"))
        .collect();
    assert_eq!(rows.len(), truth.len());
    for (row, record) in rows.iter().zip(truth) {
        for (cell, field) in row.iter().zip(FIELDS) {
            match (field, &record[field]) {
                ("joined_at", moment) if !cell.is_empty() => {
                    assert_eq!(&instant(&cell.into()), moment, "{row:?}");
                }
                (_, value) => assert_eq!(cell, as_cell(value), "{field} in {row:?}"),
            }
        }
    }
}

fn as_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => without_steering(text),
        Value::Array(values) => {
            let parts: Vec<_> = values.iter().map(as_cell).collect();
            parts.join(" / ")
        }
        other => other.to_string(),
    }
}
