//! What the program says of accounts against what boto3 reads, on two servers that nobody here
//! wrote: moto, and an emulator in Rust.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::emulator;
use crate::support::program::orgscope;
use crate::support::python::{Python, Server};

/// A server that was filled, and the truth about its accounts, by id.
struct Judge {
    server: Server,
    truth: BTreeMap<String, Value>,
    home: tempfile::TempDir,
}

impl Judge {
    fn fill(python: &Python, server: Server) -> Self {
        let truth = python.run("governed.py", &[&server.url]);
        Self {
            server,
            truth: serde_json::from_str(&truth).expect("one JSON object"),
            home: tempfile::tempdir().expect("room for temporary files"),
        }
    }

    /// What the program prints, one JSON object a line, by the id in it.
    fn ask(&self, arguments: &[&str]) -> BTreeMap<String, Value> {
        let output = orgscope(self.home.path())
            .args(arguments)
            .args(["--endpoint-url", &self.server.url])
            .output()
            .expect("it starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        let lines = std::str::from_utf8(&output.stdout).expect("text").lines();
        let records = lines.map(|line| serde_json::from_str(line).expect("JSON"));
        let by_id = |record: Value| (record["id"].as_str().expect("an id").to_owned(), record);
        records.map(by_id).collect()
    }
}

/// Both servers, filled; `None` where the judges are left out.
fn judges() -> Option<[(&'static str, Judge); 2]> {
    let python = Python::with_peers()?;
    let moto = python.serve("moto_small.py", &["--empty"]);
    Some([
        ("moto", Judge::fill(&python, moto)),
        ("winterbaume", Judge::fill(&python, emulator::start())),
    ])
}

/// Tags are read of so many accounts at once.
const IN_FULL: usize = 10;

/// Name, email address, tags and the ids above, as the truth has them.
fn whois(record: &Value) -> Value {
    let ids = record["id_path"].as_array().expect("a path");
    serde_json::json!({
        "name": record["name"], "email": record["email"], "above": ids[..ids.len() - 1],
        "tags": record["tags"],
    })
}

fn expected(truth: &Value) -> Value {
    serde_json::json!({
        "name": truth["name"], "email": truth["email"], "above": truth["above"],
        "tags": truth["tags"],
    })
}

#[test]
fn whois_tells_of_every_account_what_boto3_reads_of_it() {
    for (name, judge) in judges().into_iter().flatten() {
        let ids: Vec<&str> = judge.truth.keys().map(String::as_str).collect();
        let in_full = judge.ask(&[&["whois", "--json"], &ids[..IN_FULL]].concat());
        let tagged = judge.ask(&["whois", "--json", "tag:Env", "!tag:Env"]);
        for (told, all) in [(in_full, IN_FULL), (tagged, ids.len())] {
            assert_eq!(told.len(), all, "{name}");
            for (id, record) in &told {
                assert_eq!(whois(record), expected(&judge.truth[id]), "{name}, {id}");
            }
        }
        let told = judge.ask(&[&["whois", "--json"], &ids[..]].concat());
        assert_eq!(told.len(), judge.truth.len(), "{name}");
        for (id, truth) in &judge.truth {
            let without_tags = &mut expected(truth);
            without_tags["tags"] = Value::Null;
            assert_eq!(whois(&told[id]), *without_tags, "{name}, {id}");
        }
    }
}
