//! What the tab of policies says must not be overlooked, for every account of the demo's
//! organization, beside what follows from the simulator's own tables by the simplest rules.

use std::collections::BTreeSet;

use orgscope::app::{App, Session, update};
use orgscope::msg::Msg;
use orgscope::org::{
    Document, ErrorKind, Finding, Identity, OrgError, Policy, Progress, Question, WalkEvent,
    WalkSummary,
};
use orgscope::sim::{FULL_ACCESS, Organization, PolicyType};
use serde_json::Value;

use crate::screens::{DARK, draw};
use crate::support::asking::{operate, settle};
use crate::support::observed::observed;
use crate::support::scene::noon;

/// So large that everything is on it, and no line is broken.
const SIZE: (u16, u16) = (240, 140);
const TYPES: [(PolicyType, &str); 2] = [
    (PolicyType::ServiceControl, "service control policies"),
    (PolicyType::ResourceControl, "resource control policies"),
];
/// It has a policy that only denies.
const LOG_ARCHIVE: &str = "231202763539";

/// The demo's organization, with an account of which the last `Allow` was taken too.
fn organization() -> Organization {
    let mut organization = Organization::demo();
    organization.detach_policy(FULL_ACCESS, LOG_ARCHIVE);
    organization
}

fn app(organization: &Organization) -> App {
    let (mut app, _) = App::start(Session::default(), noon());
    let described = orgscope::org::Organization {
        id: organization.id().into(),
        management_account_id: Some(organization.management_account().into()),
        ..orgscope::org::Organization::default()
    };
    for msg in [
        Msg::Identified(Identity {
            organization: Ok(described),
            caller: None,
        }),
        Msg::Walk(
            1,
            WalkEvent::Observed(observed(organization), Progress::default()),
        ),
        Msg::Walk(1, WalkEvent::Finished(WalkSummary::default())),
    ] {
        let _ = update(&mut app, msg);
    }
    app
}

fn kind(policy_type: &str) -> PolicyType {
    policy_type.parse().expect("a policy type")
}

fn told(policy: &orgscope::sim::Policy) -> Policy {
    Policy {
        id: policy.id.clone(),
        name: policy.name.clone(),
        policy_type: policy.kind.as_str().into(),
        aws_managed: policy.aws_managed,
        ..Policy::default()
    }
}

/// What the simulator's tables have; nothing else is needed for the verdicts.
fn answer(organization: &Organization, question: &Question) -> Result<Finding, OrgError> {
    match question {
        Question::Attached { node, policy_type } => {
            let attached = organization.attached_policies(node, kind(policy_type));
            Ok(Finding::Attached(attached.into_iter().map(told).collect()))
        }
        Question::Document(id) => {
            let policy = organization.policy(id).expect("it is attached");
            Ok(Finding::Document(Document {
                policy: told(policy),
                description: String::new(),
                content: policy.content.clone(),
            }))
        }
        _ => Err(OrgError::new(ErrorKind::NotFound, "of no interest")),
    }
}

/// How much a policy allows: 0 nothing, 1 something, 2 everything; and whether it denies everything.
fn naive(content: &str) -> (u8, bool) {
    let document: Value = serde_json::from_str(content).expect("JSON");
    let is_all = |statement: &Value| {
        statement["Action"] == "*"
            && statement["Resource"] == "*"
            && statement["Condition"].is_null()
    };
    let statements = document["Statement"].as_array().expect("statements");
    let of = |effect: &'static str| statements.iter().filter(move |it| it["Effect"] == effect);
    let allows = of("Allow").map(|it| 1 + u8::from(is_all(it)));
    (allows.max().unwrap_or(0), of("Deny").any(is_all))
}

/// What must be said of an account, in the words of the tab.
fn expected(organization: &Organization, account: &orgscope::sim::Account) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    if account.id == organization.management_account() {
        return said;
    }
    let mut levels = organization.chain(&account.parent);
    levels.push(&account.id);
    for (kind, words) in TYPES {
        for level in &levels {
            let name = match organization.unit(level) {
                Some(unit) if unit.parent.is_some() => format!("OU {}", unit.name),
                Some(_) => "Root".to_owned(),
                None => account.name.clone(),
            };
            let attached = organization.attached_policies(level, kind);
            let most = attached.iter().map(|it| naive(&it.content).0).max();
            match most.unwrap_or(0) {
                0 => said.insert(format!(
                    "! nothing is allowed: no Allow by {words} in {name}"
                )),
                1 => said.insert(format!("! only what {words} list in {name} is allowed")),
                _ => false,
            };
            for policy in attached.iter().filter(|it| naive(&it.content).1) {
                said.insert(format!(
                    "! everything is denied by {} in {name}",
                    policy.name
                ));
            }
        }
    }
    said
}

/// The rows of the screen, from the first exclamation mark on.
fn said(app: &mut App) -> Vec<String> {
    let terminal = draw(app, DARK, SIZE.0, SIZE.1);
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(SIZE.0));
    let rows = rows.map(|row| {
        row.iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
    });
    let of = |row: String| row.find("! ").map(|at| row[at..].trim_end().to_owned());
    rows.filter_map(of).collect()
}

/// Without blanks: a wide letter has one behind it on the screen.
fn dense(text: impl AsRef<str>) -> String {
    text.as_ref().split_whitespace().collect()
}

#[test]
fn what_must_not_be_overlooked_is_said_of_every_account_and_of_no_other() {
    let organization = organization();
    let mut app = app(&organization);
    let answers = |question: &Question| answer(&organization, question);
    settle(&mut app, Vec::new(), SIZE, &answers);
    let mut kinds_of_verdicts = BTreeSet::new();
    for (number, account) in organization.accounts().enumerate() {
        let to_tab = if number == 0 { " >" } else { "" };
        let keys = format!("/ {} enter esc{to_tab}", account.id);
        operate(&mut app, &keys, SIZE, &answers);
        let said = said(&mut app);
        let is_verdict = |line: &&String| {
            ["! nothing is", "! only what", "! everything is"]
                .iter()
                .any(|verdict| line.starts_with(verdict))
        };
        let verdicts: BTreeSet<String> = said.iter().filter(is_verdict).map(dense).collect();
        let expected = expected(&organization, account);
        let wanted: BTreeSet<String> = expected.iter().map(dense).collect();
        assert_eq!(verdicts, wanted, "{} {}", account.id, account.name);
        // And again where the level is told.
        let without = said
            .iter()
            .filter(|line| line.starts_with("! no Allow at this level"));
        let nothing = expected.iter().filter(|line| line.starts_with("! nothing"));
        if account.id != organization.management_account() {
            assert_eq!(without.count(), nothing.count(), "{}", account.name);
        }
        kinds_of_verdicts.extend(expected.iter().map(|verdict| verdict[..6].to_owned()));
    }
    assert_eq!(kinds_of_verdicts.len(), 3, "each kind is somewhere");
}
