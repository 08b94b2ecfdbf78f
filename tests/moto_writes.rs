//! Changes against moto, which nobody here wrote: afterwards its own state, read with boto3, shows
//! exactly what was asked for and nothing else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use orgscope::aws::Connection;
use orgscope::org::{Mutation, Outcome};
use serde_json::Value;

use crate::support::hand::{Carried, Hand};
use crate::support::python::{Python, Server};

/// Everything that moto holds, by id; the organization itself under `organization`.
type Held = BTreeMap<String, Value>;

struct Moto<'a> {
    python: &'a Python,
    server: Server,
}

impl<'a> Moto<'a> {
    fn start(python: &'a Python) -> Self {
        let server = python.serve("moto_small.py", &[]);
        Self { python, server }
    }

    fn held(&self) -> Held {
        let text = self.python.run("moto_state.py", &[&self.server.url]);
        serde_json::from_str(&text).expect("it is JSON")
    }

    fn hand(&self, held: &Held) -> Hand {
        let organization = held["organization"]["Id"].as_str().expect("an id");
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
        Hand::new(
            Connection::to_simulator(&self.server.url),
            organization,
            now,
        )
    }
}

/// The id of what has this name.
fn named(held: &Held, name: &str) -> String {
    let found = held.iter().find(|(_, value)| value["Name"] == name);
    found.expect("it is there").0.clone()
}

fn assert_made(carried: &Carried) {
    assert!(
        matches!(carried.outcome, Outcome::Done { .. }),
        "{:?}",
        carried.outcome
    );
    assert!(carried.reading.holds, "{:?}", carried.reading);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_a_closure_and_a_removal_change_that_in_moto_and_nothing_else() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    let moto = Moto::start(&python);
    let mut held = moto.held();
    let mut hand = moto.hand(&held);
    let (workloads, sandbox) = (named(&held, "Workloads"), named(&held, "Sandbox"));

    let account = named(&held, "moves");
    assert_eq!(held[&account]["Parent"], workloads.as_str());
    let carried = hand.carry_out_nameless(Mutation::MoveAccount {
        account: account.clone(),
        from: workloads,
        to: sandbox.clone(),
    });
    assert_made(&carried.await);
    held.get_mut(&account).expect("it is there")["Parent"] = sandbox.into();
    assert_eq!(moto.held(), held);

    let account = named(&held, "closes");
    let carried = hand.carry_out_nameless(Mutation::CloseAccount {
        account: account.clone(),
    });
    assert_made(&carried.await);
    // moto closes at once, and calls that SUSPENDED.
    let closed = held.get_mut(&account).expect("it is there");
    closed["State"] = "SUSPENDED".into();
    closed["Status"] = "SUSPENDED".into();
    assert_eq!(moto.held(), held);

    let account = named(&held, "goes");
    let carried = hand.carry_out_nameless(Mutation::RemoveAccountFromOrganization {
        account: account.clone(),
    });
    assert_made(&carried.await);
    held.remove(&account);
    assert_eq!(moto.held(), held);
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_is_not_asked_for_what_it_would_do_without_a_question() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    let moto = Moto::start(&python);
    let held = moto.held();
    let mut hand = moto.hand(&held);
    // moto moves from a wrong source, and closes the management account.
    let stale = Mutation::MoveAccount {
        account: named(&held, "moves"),
        from: named(&held, "Sandbox"),
        to: named(&held, "Empty"),
    };
    let management = Mutation::CloseAccount {
        account: held["organization"]["MasterAccountId"]
            .as_str()
            .expect("an id")
            .to_owned(),
    };
    let protected = Mutation::CloseAccount {
        account: named(&held, "protected"),
    };
    for mutation in [stale, management, protected] {
        let carried = hand.carry_out_nameless(mutation).await;
        assert!(
            matches!(carried.outcome, Outcome::NotSent { .. }),
            "{:?}",
            carried.outcome
        );
    }
    assert_eq!(moto.held(), held);
}

#[tokio::test(flavor = "multi_thread")]
async fn ous_are_made_renamed_and_deleted_in_moto() {
    let Some(python) = Python::with_peers() else {
        return;
    };
    let moto = Moto::start(&python);
    let mut held = moto.held();
    let mut hand = moto.hand(&held);
    let root = named(&held, "Root");

    let created = hand.carry_out(Mutation::CreateOrganizationalUnit {
        parent: root.clone(),
        name: "New".to_owned(),
    });
    let created = created.await;
    assert_made(&created);
    let Outcome::Done { made: Some(made) } = created.outcome else {
        panic!("moto tells the id");
    };
    let now = moto.held();
    assert_eq!(now[&made]["Name"], "New");
    assert_eq!(now[&made]["Parent"], root.as_str());
    held.insert(made.clone(), now[&made].clone());
    assert_eq!(now, held);

    let sandbox = named(&held, "Sandbox");
    let renamed = hand.carry_out(Mutation::UpdateOrganizationalUnit {
        unit: sandbox.clone(),
        name: "Playground".to_owned(),
    });
    assert_made(&renamed.await);
    held.get_mut(&sandbox).expect("it is there")["Name"] = "Playground".into();
    assert_eq!(moto.held(), held);

    let deleted =
        hand.carry_out_nameless(Mutation::DeleteOrganizationalUnit { unit: made.clone() });
    assert_made(&deleted.await);
    held.remove(&made);
    assert_eq!(moto.held(), held);
}
