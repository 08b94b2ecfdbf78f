//! The tabs of the details and what opens from them, as they are drawn at the sizes that matter.

use std::time::Duration;

use orgscope::app::{App, update};
use orgscope::msg::{JournalNews, Msg};
use orgscope::org::{
    Change, DelegatedAdministrator, Document, EffectivePolicy, EnabledService, ErrorKind, Event,
    Finding, Mutation, Observation, OrgError, Outcome, Policy, Question, Record, Root, Tag, Target,
    ValidationError,
};
use orgscope::ui::theme::{Palette, Theme};
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use crate::screens::{DARK, draw, row_with};
use crate::support::asking::{operate, settle};
use crate::support::scene::{self, noon};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (60, 15)];

const SCP: &str = "SERVICE_CONTROL_POLICY";
const PAYMENTS: &str = "012345678901";
const WORKLOADS: &str = "ou-ab12-workload";
const PRODUCTION: &str = "ou-ab12-prod0000";

const GUARDRAILS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"KeepLogs","Effect":"Deny","Action":["cloudtrail:StopLogging","s3:DeleteBucket","s3:PutBucketPolicy"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}},{"Sid":"Nothing else \u202e","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a-bucket-with-a-very-long-name-that-does-not-fit-into-a-line-of-a-small-screen/*"}]}"#;

fn policy(id: &str, name: &str, policy_type: &str) -> Policy {
    Policy {
        id: id.into(),
        name: name.into(),
        policy_type: policy_type.into(),
        aws_managed: id.ends_with("FullAWSAccess"),
        ..Policy::default()
    }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: key.into(),
        value: value.into(),
    }
}

fn service(principal: &str) -> EnabledService {
    EnabledService {
        principal: principal.into(),
        since: "2022-01-05T09:00:00Z".parse().ok(),
    }
}

fn attached(node: &str, policy_type: &str) -> Vec<Policy> {
    let full = policy("p-FullAWSAccess", "FullAWSAccess", SCP);
    match (node, policy_type) {
        ("r-ab12", SCP) => vec![full, policy("p-guardrail", "Baseline guardrails", SCP)],
        (PRODUCTION, SCP) => vec![policy("p-guardrail", "Baseline guardrails", SCP)],
        (_, SCP) => vec![full],
        (WORKLOADS, "TAG_POLICY") => {
            vec![policy("p-tagnames", "Tags \u{1b}[31mred", "TAG_POLICY")]
        }
        _ => Vec::new(),
    }
}

/// What a service would answer; who asks may not read the trusted access.
fn answer(question: &Question) -> Result<Finding, OrgError> {
    Ok(match question {
        Question::Attached { node, policy_type } => Finding::Attached(attached(node, policy_type)),
        Question::Tags(id) if id == PAYMENTS => Finding::Tags(vec![
            tag("environment", "production"),
            tag("owner", "payments@example.com"),
            tag("cost-center", "2100"),
            tag("工程 \u{202e}", "\u{1b}[31mred"),
        ]),
        Question::Tags(_) => Finding::Tags(vec![tag("environment", "staging")]),
        Question::Document(id) => Finding::Document(Document {
            policy: policy(id, "Baseline guardrails", SCP),
            description: "Keeps audit logs on".into(),
            content: GUARDRAILS.into(),
        }),
        Question::Targets(_) => Finding::Targets(
            [("r-ab12", "ROOT"), (PRODUCTION, "ORGANIZATIONAL_UNIT")]
                .map(|(id, kind)| Target {
                    id: id.into(),
                    name: "Root".into(),
                    kind: kind.into(),
                })
                .into(),
        ),
        Question::EffectivePolicy { .. } => Finding::EffectivePolicy(Some(EffectivePolicy {
            content: r#"{"tags":{"env":{}}}"#.into(),
            updated_at: "2026-11-21T09:00:00Z".parse().ok(),
        })),
        Question::ValidationErrors { .. } => Finding::ValidationErrors(vec![ValidationError {
            code: "ELEMENTS_TOO_MANY".into(),
            message: "Too many elements".into(),
            path: "tags/env".into(),
            policies: vec!["p-tagnames".into()],
        }]),
        Question::DelegatedAdministrators => {
            Finding::DelegatedAdministrators(vec![DelegatedAdministrator {
                account: PAYMENTS.into(),
                name: "payments-prod".into(),
                since: "2022-01-05T09:00:00Z".parse().ok(),
            }])
        }
        Question::DelegatedServices(_) => Finding::DelegatedServices(vec![
            service("guardduty.amazonaws.com"),
            service("securityhub.amazonaws.com"),
        ]),
        Question::TrustedAccess => {
            let error = OrgError::new(ErrorKind::AccessDenied, "not authorized");
            return Err(error.during("ListAWSServiceAccessForOrganization"));
        }
    })
}

/// An app in which three policy types are enabled, and whose journal knows of a move.
fn app() -> App {
    let mut app = scene::writable();
    let root = Observation::Root(Root {
        id: "r-ab12".into(),
        policy_types: Some(
            [SCP, "TAG_POLICY", "TYPE_OF_THE_FUTURE_POLICY"]
                .map(Into::into)
                .into(),
        ),
        ..Root::default()
    });
    let _ = update(&mut app, Msg::Observed(vec![root]));
    let record = |event| Record {
        at: noon() - Duration::from_hours(30),
        entry: "e1".into(),
        instance: "us".into(),
        event,
    };
    let asked = Event::Asked {
        organization: "o-exampleorg1".into(),
        caller: Some("arn:aws:sts::111122223333:assumed-role/Operator/alice@example.com".into()),
        change: Change {
            mutation: Mutation::MoveAccount {
                account: PAYMENTS.into(),
                from: WORKLOADS.into(),
                to: PRODUCTION.into(),
            },
            target_name: "payments-prod".into(),
            path: "Root / Workloads".into(),
            parent: None,
            to_path: Some("Root / Workloads / Production".into()),
        },
        confirmation: "yes".into(),
        batch: "b1".into(),
        undoes: None,
    };
    let done = Event::Outcome {
        result: Outcome::Done { made: None },
        request_id: None,
    };
    let records = [asked, Event::intent(1), done].map(record).into();
    let running = ["us".to_owned()].into();
    let _ = update(
        &mut app,
        Msg::Journal(JournalNews::Grown { records, running }),
    );
    let _ = update(&mut app, Msg::Elapsed(Duration::from_secs(5)));
    app
}

fn screen_in(theme: Theme, keys: &str, width: u16, height: u16) -> TestBackend {
    let mut app = app();
    settle(&mut app, Vec::new(), (width, height), &answer);
    operate(&mut app, keys, (width, height), &answer);
    app.notice = None;
    draw(&mut app, theme, width, height).backend().clone()
}

fn at_all_sizes(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let screen = screen_in(DARK, keys, width, height);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen);
    }
}

const TO_PAYMENTS: &str = "* / payments-prod enter esc tab";
const TO_WORKLOADS: &str = "/ workloads enter esc tab";

#[test]
fn the_overview_fits_every_size() {
    at_all_sizes("overview", TO_PAYMENTS);
}

#[test]
fn the_policies_fit_every_size() {
    at_all_sizes("policies", &format!("{TO_PAYMENTS} > j"));
}

#[test]
fn the_tags_fit_every_size() {
    at_all_sizes("tags", &format!("{TO_PAYMENTS} > > j"));
}

#[test]
fn the_delegation_fits_every_size() {
    at_all_sizes("delegation", &format!("{TO_PAYMENTS} > > >"));
}

#[test]
fn the_children_fit_every_size() {
    at_all_sizes("children", &format!("{TO_WORKLOADS} < < j j"));
}

#[test]
fn the_history_fits_every_size() {
    at_all_sizes("history", &format!("{TO_PAYMENTS} <"));
}

#[test]
fn a_document_fits_every_size() {
    at_all_sizes(
        "document",
        &format!("{TO_PAYMENTS} > j enter / s3: enter n j"),
    );
    let folded = screen_in(DARK, &format!("{TO_PAYMENTS} > j enter - j j"), 80, 24);
    insta::assert_snapshot!(folded);
}

#[test]
fn what_a_policy_reaches_fits_every_size() {
    at_all_sizes("reach", &format!("{TO_PAYMENTS} > j t"));
}

#[test]
fn what_a_policy_reaches_is_searched_at_every_size() {
    at_all_sizes(
        "reach_searched",
        &format!("{TO_PAYMENTS} > j t / p r o d enter n"),
    );
}

#[test]
fn a_comparison_fits_every_size() {
    let keys = "* / payments-prod enter esc = / suspended enter esc =";
    at_all_sizes("compare", keys);
}

#[test]
fn delegated_administrators_and_what_may_not_be_read_are_told() {
    insta::assert_snapshot!(screen_in(DARK, "shift-a", 80, 24));
}

#[test]
fn documents_do_without_colours_and_in_ascii() {
    let mono = Theme {
        palette: Palette::Mono,
        ascii: true,
    };
    let keys = format!("{TO_PAYMENTS} > j enter / deny enter");
    let screen = screen_in(mono, &keys, 80, 24);
    let buffer = screen.buffer();
    let cells = || buffer.content.iter();
    assert!(cells().all(|cell| cell.fg == Color::Reset && cell.symbol().is_ascii()));
    let matched = row_with(buffer, r#""Effect": "Deny""#).iter();
    let matched = matched.filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
    let matched: String = matched.map(ratatui::buffer::Cell::symbol).collect();
    assert_eq!(matched, "Deny");
    insta::assert_snapshot!(screen);
}

#[test]
fn no_control_character_of_a_tag_a_policy_or_a_document_is_drawn() {
    for keys in ["> ", "> >", "> j enter", "> j t", "="] {
        let keys = format!("{TO_PAYMENTS} {}", keys.trim());
        let screen = screen_in(DARK, &keys, 120, 40);
        for cell in &screen.buffer().content {
            let hostile = |c: char| c.is_control() || c == '\u{202e}';
            assert!(!cell.symbol().chars().any(hostile), "{:?}", cell.symbol());
        }
    }
}

#[test]
fn every_size_can_be_drawn_with_tabs_and_documents() {
    let mut app = app();
    let keys = format!("{TO_PAYMENTS} > > > > > > j enter / s3 enter esc t esc = shift-a");
    for word in keys.split(' ') {
        for (width, height) in [
            (1, 1),
            (20, 5),
            (60, 15),
            (61, 16),
            (99, 15),
            (100, 15),
            (250, 80),
        ] {
            draw(&mut app, DARK, width, height);
        }
        operate(&mut app, word, (80, 24), &answer);
    }
}
