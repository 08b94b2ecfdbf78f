//! What is read when somebody looks at something: the real SDK against the simulator.
#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orgscope::aws::{Connection, Limiter, Policies, answer};
use orgscope::config::Config;
use orgscope::effect::Effect;
use orgscope::msg::Msg;
use orgscope::org::{
    ErrorKind, Fact, Finding, Found, OrgError, Policy, Question, WalkEvent, WalkScope,
};
use orgscope::sim::{Calls, NewPolicy, Organization, PolicyType, Settings, Simulator};
use orgscope::worker::Worker;
use tokio::sync::{Notify, RwLock, mpsc};

use crate::support::endpoint::{Endpoint, json, refusal};

const ROOT: &str = "r-q7f2";
/// `Security`: it has nothing of its own but what everything has.
const SECURITY: &str = "ou-q7f2-lxy6d2y5";
const GUARDRAILS: &str = "p-4k2v9xq0a1";
/// In `Online shop`, which is in `Retail`.
const SHOP: &str = "ou-q7f2-nt0vx1eg";
const PATIENCE: Duration = Duration::from_mins(1);

async fn demo(faults: &str) -> Simulator {
    let settings = Settings {
        limits: false,
        empty_pages: false,
        faults: faults.parse().unwrap(),
        speed: 0.0,
        ..Settings::default()
    };
    let organization = Organization::demo();
    Simulator::start(organization, settings).await.unwrap()
}

async fn ask(simulator: &Simulator, question: Question) -> Result<Finding, OrgError> {
    let connection = Connection::to_simulator_read_only(&simulator.url());
    answer(&connection, &Limiter::published(), &question).await
}

fn attached(node: &str, policy_type: &str) -> Question {
    Question::Attached {
        node: node.into(),
        policy_type: policy_type.into(),
    }
}

fn effective(account: &str, policy_type: &str) -> Question {
    Question::EffectivePolicy {
        account: account.into(),
        policy_type: policy_type.into(),
    }
}

fn errors(account: &str, policy_type: &str) -> Question {
    Question::ValidationErrors {
        account: account.into(),
        policy_type: policy_type.into(),
    }
}

fn account_in(simulator: &Simulator, unit: &str) -> String {
    simulator.with_organization(|organization| {
        let mut inside = organization.accounts().filter(|a| a.parent == unit);
        inside.next().unwrap().id.clone()
    })
}

fn account_named(simulator: &Simulator, name: &str) -> String {
    simulator.with_organization(|organization| {
        let mut accounts = organization.accounts();
        accounts.find(|a| a.name == name).unwrap().id.clone()
    })
}

fn names(policies: &[Policy]) -> BTreeSet<&str> {
    policies.iter().map(|policy| policy.name.as_str()).collect()
}

#[tokio::test]
async fn attached_policies_are_listed_without_reading_what_they_say() {
    let simulator = demo("").await;
    let question = attached(ROOT, "SERVICE_CONTROL_POLICY");
    let Ok(Finding::Attached(policies)) = ask(&simulator, question).await else {
        panic!("no policies");
    };
    let expected = BTreeSet::from(["FullAWSAccess", "Baseline guardrails"]);
    assert_eq!(names(&policies), expected);
    let managed = policies.iter().filter(|policy| policy.aws_managed);
    assert_eq!(managed.count(), 1);
    assert_eq!(simulator.requests(), 1);
    // A type that the SDK does not know.
    let question = attached(ROOT, "SECURITYHUB_CSPM_POLICY");
    let Ok(Finding::Attached(policies)) = ask(&simulator, question).await else {
        panic!("no policies");
    };
    assert_eq!(policies[0].policy_type, "SECURITYHUB_CSPM_POLICY");
    assert_eq!(policies[0].name, "Security Hub everywhere");
}

#[tokio::test]
async fn of_a_type_that_is_not_enabled_nothing_is_attached() {
    let simulator = demo("").await;
    for code in ["", "PolicyTypeNotEnabledException"] {
        let faults = format!("ListPoliciesForTarget:error={code}");
        if !code.is_empty() {
            simulator.set_faults(faults.parse().unwrap());
        }
        let found = ask(&simulator, attached(SECURITY, "CHATBOT_POLICY")).await;
        assert_eq!(found, Ok(Finding::Attached(Vec::new())), "{code}");
    }
    // Each is an answer, and not asked again.
    assert_eq!(simulator.requests(), 2);
}

#[tokio::test]
async fn a_policy_tells_what_it_says_and_to_what_it_is_attached() {
    let simulator = demo("").await;
    let question = Question::Document(GUARDRAILS.into());
    let Ok(Finding::Document(document)) = ask(&simulator, question).await else {
        panic!("no document");
    };
    assert_eq!(document.policy.id, GUARDRAILS);
    assert_eq!(document.policy.policy_type, "SERVICE_CONTROL_POLICY");
    assert_eq!(
        document.description,
        "Keeps the root user out, and audit logs on"
    );
    assert!(document.content.contains("ProtectAuditLogs"));
    let question = Question::Targets("p-7d0w3mzr5t".into());
    let Ok(Finding::Targets(targets)) = ask(&simulator, question).await else {
        panic!("no targets");
    };
    let found: BTreeSet<_> = targets.iter().map(|t| (&*t.name, &*t.kind)).collect();
    let unit = |name| (name, "ORGANIZATIONAL_UNIT");
    let expected = ["Workloads", "Infrastructure", "Acquisitions"].map(unit);
    assert_eq!(found, BTreeSet::from(expected));
    // More than a page of them, accounts among them.
    let question = Question::Targets("p-FullAWSAccess".into());
    let Ok(Finding::Targets(targets)) = ask(&simulator, question).await else {
        panic!("no targets");
    };
    assert_eq!(targets.len(), 178 + 31 - 2);
    assert!(targets.iter().any(|target| target.kind == "ACCOUNT"));
    assert!(targets.iter().any(|target| target.kind == "ROOT"));
}

#[tokio::test]
async fn accounts_units_and_policies_have_their_tags() {
    let simulator = demo("").await;
    for (resource, owner) in [
        (SECURITY, "security-operations"),
        (GUARDRAILS, "security-operations"),
        ("100020003000", "cloud-governance"),
    ] {
        let Ok(Finding::Tags(tags)) = ask(&simulator, Question::Tags(resource.into())).await else {
            panic!("no tags of {resource}");
        };
        let found = tags.iter().find(|tag| tag.key == "owner").unwrap();
        assert_eq!(found.value, owner, "{resource}");
    }
    let none = ask(&simulator, Question::Tags(ROOT.into())).await;
    assert_eq!(none, Ok(Finding::Tags(Vec::new())));
}

#[tokio::test]
async fn an_effective_policy_has_its_age_and_what_is_wrong_with_it() {
    let simulator = demo("").await;
    let account = account_in(&simulator, SHOP);
    let Ok(Finding::EffectivePolicy(Some(policy))) =
        ask(&simulator, effective(&account, "TAG_POLICY")).await
    else {
        panic!("no effective policy");
    };
    assert!(policy.content.contains("3210"), "{}", policy.content);
    assert_eq!(policy.updated_at, Some(simulator.now()));
    let Ok(Finding::ValidationErrors(found)) =
        ask(&simulator, errors(&account, "TAG_POLICY")).await
    else {
        panic!("no list");
    };
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "ELEMENTS_TOO_MANY");
    assert_eq!(found[0].path, "/tags/cost-center/tag_value");
    assert_eq!(found[0].policies, ["p-t3e9i7rq2w", "p-y8f2s5ka4h"]);
    assert!(!found[0].message.is_empty());
    let unknown = ask(&simulator, effective(&account, "SECURITYHUB_CSPM_POLICY")).await;
    assert!(matches!(unknown, Ok(Finding::EffectivePolicy(Some(_)))));
}

#[tokio::test]
async fn no_effective_policy_is_an_answer_and_no_error() {
    let simulator = demo("").await;
    let account = account_named(&simulator, "sandbox-zoe");
    for kind in ["BACKUP_POLICY", "CHATBOT_POLICY"] {
        let none = ask(&simulator, effective(&account, kind)).await;
        assert_eq!(none, Ok(Finding::EffectivePolicy(None)));
        let none = ask(&simulator, errors(&account, kind)).await;
        assert_eq!(none, Ok(Finding::ValidationErrors(Vec::new())));
    }
}

#[tokio::test]
async fn delegated_administrators_and_trusted_services_have_their_dates() {
    let simulator = demo("").await;
    let question = Question::DelegatedAdministrators;
    let Ok(Finding::DelegatedAdministrators(all)) = ask(&simulator, question).await else {
        panic!("no list");
    };
    let names: BTreeSet<&str> = all.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["security-audit", "guardduty-admin"]));
    assert!(
        all.iter()
            .all(|administrator| administrator.since.is_some())
    );
    let audit = all.iter().find(|a| a.name == "security-audit").unwrap();
    let question = Question::DelegatedServices(audit.account.clone());
    let Ok(Finding::DelegatedServices(services)) = ask(&simulator, question).await else {
        panic!("no services");
    };
    assert_eq!(services.len(), 3);
    assert_eq!(services[0].principal, "access-analyzer.amazonaws.com");
    assert_eq!(
        services[0].since,
        Some("2021-12-13T14:05:02Z".parse().unwrap())
    );
    let other = account_named(&simulator, "sandbox-zoe");
    let none = ask(&simulator, Question::DelegatedServices(other)).await;
    assert_eq!(none, Ok(Finding::DelegatedServices(Vec::new())));
    let calls = simulator.calls()["ListDelegatedServicesForAccount"];
    assert_eq!(calls.total(), 2, "what is no failure is not asked again");
    let Ok(Finding::TrustedAccess(services)) = ask(&simulator, Question::TrustedAccess).await
    else {
        panic!("no list");
    };
    assert_eq!(services.len(), 11);
    assert!(services.iter().all(|service| service.since.is_some()));
}

fn every_question(account: &str) -> Vec<(&'static str, Question)> {
    vec![
        ("ListPoliciesForTarget", attached(ROOT, "TAG_POLICY")),
        ("ListTagsForResource", Question::Tags(account.into())),
        ("DescribePolicy", Question::Document(GUARDRAILS.into())),
        ("ListTargetsForPolicy", Question::Targets(GUARDRAILS.into())),
        ("DescribeEffectivePolicy", effective(account, "TAG_POLICY")),
        (
            "ListEffectivePolicyValidationErrors",
            errors(account, "TAG_POLICY"),
        ),
        (
            "ListDelegatedAdministrators",
            Question::DelegatedAdministrators,
        ),
        (
            "ListDelegatedServicesForAccount",
            Question::DelegatedServices(account.into()),
        ),
        (
            "ListAWSServiceAccessForOrganization",
            Question::TrustedAccess,
        ),
    ]
}

#[tokio::test]
async fn a_denied_question_names_the_permission_that_is_missing() {
    let simulator = demo("*:deny").await;
    for (operation, question) in every_question("100020003000") {
        let refused = ask(&simulator, question).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::AccessDenied);
        let permission = format!("organizations:{operation}");
        assert_eq!(refused.permission(), Some(permission));
        assert_eq!(simulator.calls()[operation].total(), 1, "{operation}");
    }
}

/// The clock goes on only when everybody waits, so that the slower pace takes no time.
#[tokio::test(start_paused = true)]
async fn a_throttled_question_and_one_that_failed_are_asked_again() {
    let account = "210000000017";
    for fault in ["throttle", "500", "cut"] {
        let simulator = demo("").await;
        for (operation, question) in every_question(account) {
            let fault = format!("{operation}:{fault}:n=1");
            simulator.set_faults(fault.parse().unwrap());
            let found = ask(&simulator, question).await;
            assert!(found.is_ok(), "{fault}: {found:?}");
            assert_eq!(simulator.calls()[operation].total(), 2, "{fault}");
        }
    }
}

#[tokio::test]
async fn a_listing_that_never_ends_is_not_passed_off_as_complete() {
    let simulator = demo("ListTargetsForPolicy:loop").await;
    let question = Question::Targets("p-FullAWSAccess".into());
    let refused = ask(&simulator, question).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Incomplete);
}

/// What is attached to each node, by type, as the simulator has it.
fn attachments(simulator: &Simulator) -> Vec<(String, PolicyType, BTreeSet<String>)> {
    simulator.with_organization(|organization| {
        let units = organization.units().map(|unit| unit.id.clone());
        let accounts = organization.accounts().map(|account| account.id.clone());
        let nodes: Vec<String> = units.chain(accounts).collect();
        let mut all = Vec::new();
        for kind in organization.policy_types() {
            for node in &nodes {
                let policies = organization.attached_policies(node, kind);
                let ids = policies.into_iter().map(|policy| policy.id.clone());
                all.push((node.clone(), kind, ids.collect()));
            }
        }
        all
    })
}

fn is_as_attached(policies: &Policies, node: &str, kind: PolicyType, ids: &BTreeSet<String>) {
    let found = policies.at(node, kind.as_str()).unwrap().unwrap();
    let found: BTreeSet<String> = found.iter().map(|policy| policy.id.clone()).collect();
    assert_eq!(found, *ids, "{node} {kind}");
}

#[tokio::test(start_paused = true)]
async fn what_is_attached_to_many_nodes_is_read_by_policy_and_to_few_by_node() {
    let simulator = demo("").await;
    let connection = Connection::to_simulator_read_only(&simulator.url());
    let limiter = Limiter::published();
    let truth = attachments(&simulator);
    let nodes: BTreeSet<String> = truth.iter().map(|(node, ..)| node.clone()).collect();
    let types: BTreeSet<PolicyType> = truth.iter().map(|(_, kind, _)| *kind).collect();
    let types: Vec<String> = types.iter().map(|kind| kind.as_str().to_owned()).collect();
    let all = Policies::read(&connection, &limiter, &nodes, &types, nodes.len()).await;
    for (node, kind, ids) in &truth {
        is_as_attached(&all, node, *kind, ids);
    }
    // Each policy once, and the two that are attached everywhere page by page.
    let calls = simulator.calls();
    assert!(!calls.contains_key("ListPoliciesForTarget"));
    assert_eq!(calls["ListPolicies"].total(), 5);
    assert_eq!(calls["ListTargetsForPolicy"].total(), 20 + 11 + 11);
    assert_eq!(all.at(ROOT, "CHATBOT_POLICY"), None);

    let few = BTreeSet::from([ROOT.to_owned(), SECURITY.to_owned()]);
    let some = Policies::read(&connection, &limiter, &few, &types, nodes.len()).await;
    for (node, kind, ids) in truth.iter().filter(|(node, ..)| few.contains(node)) {
        is_as_attached(&some, node, *kind, ids);
    }
    let calls = simulator.calls();
    assert_eq!(calls["ListPoliciesForTarget"].total(), 2 * 5);
    assert_eq!(some.at(SHOP, "TAG_POLICY"), None);

    // A part of what would be a large organization: what is attached everywhere is asked by node.
    let part: BTreeSet<String> = nodes.iter().take(30).cloned().collect();
    let before = simulator.calls();
    let some = Policies::read(&connection, &limiter, &part, &types, 50_000).await;
    for (node, kind, ids) in truth.iter().filter(|(node, ..)| part.contains(node)) {
        is_as_attached(&some, node, *kind, ids);
    }
    let more = |operation: &str| simulator.calls()[operation].total() - before[operation].total();
    assert_eq!(more("ListPoliciesForTarget"), 2 * 30);
    assert_eq!(more("ListPolicies"), 3);
    assert_eq!(Policies::calls(30, &types, 50_000), 2 * 30 + 3 * 20);
}

#[tokio::test(start_paused = true)]
async fn where_there_are_more_policies_than_nodes_the_nodes_are_asked() {
    let simulator = demo("").await;
    let truth = attachments(&simulator);
    let nodes: BTreeSet<String> = truth.iter().map(|(node, ..)| node.clone()).collect();
    let part: BTreeSet<String> = nodes.into_iter().take(30).collect();
    simulator.with_organization(|organization| {
        for number in 0..part.len() {
            organization.add_policy_with_id(NewPolicy {
                id: format!("p-unused{number:04}"),
                name: format!("Unused {number}"),
                kind: PolicyType::Tag,
                description: String::new(),
                content: "{}".into(),
            });
        }
    });
    let connection = Connection::to_simulator_read_only(&simulator.url());
    let types = ["TAG_POLICY".to_owned()];
    let found = Policies::read(&connection, &Limiter::published(), &part, &types, 500).await;
    for (node, kind, ids) in &truth {
        if *kind == PolicyType::Tag && part.contains(node) {
            is_as_attached(&found, node, *kind, ids);
        }
    }
    let calls = simulator.calls();
    assert_eq!(calls["ListPoliciesForTarget"].total(), 30);
    assert!(!calls.contains_key("ListTargetsForPolicy"));
}

#[tokio::test]
async fn a_policy_that_is_deleted_after_it_was_listed_is_attached_to_nothing() {
    let endpoint = Endpoint::serve(|request| match request.operation() {
        Some("ListPolicies") => json(
            200,
            r#"{"Policies":[{"Id":"p-gone000001","Type":"TAG_POLICY"},{"Id":"p-here000001","Type":"TAG_POLICY"}]}"#,
        ),
        Some("ListTargetsForPolicy") if request.body.contains("p-gone") => {
            refusal("PolicyNotFoundException", "no such policy")
        }
        Some("ListTargetsForPolicy") => json(200, r#"{"Targets":[{"TargetId":"000000000003"}]}"#),
        _ => refusal("AccessDeniedException", "nothing else is needed"),
    });
    let connection = Connection::to_simulator_read_only(&endpoint.url);
    let nodes = (0..30).map(|number| format!("{number:012}")).collect();
    let types = ["TAG_POLICY".to_owned()];
    let found = Policies::read(&connection, &Limiter::published(), &nodes, &types, 30).await;
    for node in &nodes {
        let attached = found.at(node, "TAG_POLICY").unwrap().unwrap();
        let ids: Vec<&str> = attached.iter().map(|policy| policy.id.as_str()).collect();
        let expected: &[&str] = match node.as_str() {
            "000000000003" => &["p-here000001"],
            _ => &[],
        };
        assert_eq!(ids, expected, "{node}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_policies_may_not_be_listed_their_targets_are_asked_and_errors_are_kept() {
    let faults = "ListTargetsForPolicy:deny,ListPoliciesForTarget:deny:match=ou-q7f2-lxy6d2y5";
    let simulator = demo(faults).await;
    let connection = Connection::to_simulator_read_only(&simulator.url());
    let nodes = simulator.with_organization(|organization| {
        let units = organization.units();
        units.map(|unit| unit.id.clone()).collect()
    });
    let types = ["TAG_POLICY".to_owned()];
    let limiter = Limiter::published();
    let found = Policies::read(&connection, &limiter, &nodes, &types, nodes.len()).await;
    let at_root = found.at(ROOT, "TAG_POLICY").unwrap().unwrap();
    assert_eq!(at_root[0].name, "Tags for everyone");
    let denied = found.at(SECURITY, "TAG_POLICY").unwrap().unwrap_err();
    let permission = "organizations:ListPoliciesForTarget";
    assert_eq!(denied.permission().as_deref(), Some(permission));

    let failing = demo("ListPolicies:500").await;
    let connection = Connection::to_simulator_read_only(&failing.url());
    let found = Policies::read(&connection, &limiter, &nodes, &types, nodes.len()).await;
    let failed = found.at(ROOT, "TAG_POLICY").unwrap().unwrap_err();
    assert_eq!(failed.kind, ErrorKind::Service);
    assert!(!failing.calls().contains_key("ListPoliciesForTarget"));
}

/// A worker whose news can be waited for.
struct Desk {
    worker: Worker,
    news: mpsc::Receiver<Msg>,
}

impl Desk {
    fn at(simulator: &Simulator) -> Self {
        let (sender, news) = mpsc::channel(64);
        let connection = Connection::to_simulator_read_only(&simulator.url());
        let worker = Worker::new(connection, sender, Config::default(), None);
        Self { worker, news }
    }

    fn ask(&mut self, questions: Vec<Question>) {
        self.worker.run(Effect::Ask(questions));
    }

    async fn news(&mut self) -> Msg {
        let news = tokio::time::timeout(PATIENCE, self.news.recv()).await;
        news.expect("an answer comes").unwrap()
    }

    /// The next answer, whatever pages are told before it.
    async fn found(&mut self) -> (Question, Found) {
        loop {
            match self.news().await {
                Msg::Found(question, found) => return (question, found),
                Msg::Targets(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn tags_of(ids: impl IntoIterator<Item = usize>) -> Vec<Question> {
    let tags = |number| Question::Tags(format!("{number:012}"));
    ids.into_iter().map(tags).collect()
}

#[tokio::test]
async fn questions_are_answered_each_once_whatever_came_of_them() {
    let simulator = demo("DescribePolicy:deny").await;
    let mut desk = Desk::at(&simulator);
    let all = every_question("210000000017");
    let questions: Vec<Question> = all.iter().map(|(_, question)| question.clone()).collect();
    // Twice the same in one list is once.
    desk.ask(questions.iter().chain(&questions).cloned().collect());
    let mut told = BTreeSet::new();
    for _ in &questions {
        let (question, found) = desk.found().await;
        let is_denied = matches!(question, Question::Document(_));
        assert_eq!(found.answer.is_err(), is_denied, "{found:?}");
        assert!(told.insert(question), "told twice");
    }
    assert_eq!(told, questions.into_iter().collect());
    let calls = simulator.calls();
    for (operation, _) in all {
        assert_eq!(calls[operation].total(), 1, "{operation}");
    }
}

#[tokio::test]
async fn a_newer_list_replaces_what_was_not_begun_and_what_was_begun_is_told() {
    let simulator = demo("*:latency=1000").await;
    let mut desk = Desk::at(&simulator);
    let begun = Arc::new((Mutex::new(Vec::new()), Notify::new()));
    let note = Arc::clone(&begun);
    simulator.before_each_call(move |call, _| {
        note.0.lock().unwrap().push(call.body.to_owned());
        note.1.notify_one();
    });
    desk.ask(tags_of(0..50));
    // Three are on their way: the fourth place is for questions of another kind.
    while begun.0.lock().unwrap().len() < 3 {
        let waited = tokio::time::timeout(PATIENCE, begun.1.notified()).await;
        waited.expect("calls are made");
    }
    // Of the newer list, the second is being read already.
    desk.ask(tags_of([100, 1, 101]));
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(desk.found().await.0);
    }
    let first: BTreeSet<Question> = told[..3].iter().cloned().collect();
    assert_eq!(first, tags_of(0..3).into_iter().collect());
    let rest: BTreeSet<Question> = told[3..].iter().cloned().collect();
    assert_eq!(rest, tags_of([100, 101]).into_iter().collect());
    let total = |calls: Option<&Calls>| calls.map(Calls::total);
    assert_eq!(total(simulator.calls().get("ListTagsForResource")), Some(5));
    let bodies = begun.0.lock().unwrap().clone();
    let is_of = |body: &String, id: &str| body.contains(id);
    assert!(is_of(&bodies[3], "000000000100") || is_of(&bodies[4], "000000000100"));
    // It can be asked for again once it was told.
    desk.ask(tags_of([1]));
    assert_eq!(desk.found().await.0, tags_of([1])[0]);
}

#[tokio::test]
async fn every_page_of_what_a_policy_is_attached_to_is_told_before_the_answer() {
    let simulator = demo("").await;
    let mut desk = Desk::at(&simulator);
    let question = Question::Targets("p-FullAWSAccess".into());
    desk.ask(vec![question.clone()]);
    let mut told = Vec::new();
    let answer = loop {
        match desk.news().await {
            Msg::Targets(page) => {
                assert_eq!(page.policy, "p-FullAWSAccess");
                assert_eq!(page.before, told.len());
                told.extend(page.targets);
            }
            Msg::Found(found, answer) => {
                assert_eq!(found, question);
                break answer.answer;
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(told.len() > 20, "{told:?}");
    assert_eq!(answer, Ok(Finding::Targets(told)));
}

#[tokio::test]
async fn targets_that_nobody_waits_for_any_more_are_given_up_and_read_anew_when_wanted() {
    let simulator = demo("").await;
    let mut desk = Desk::at(&simulator);
    let targets = Question::Targets("p-FullAWSAccess".into());
    // However often it asks, the listing goes on.
    simulator.set_faults("ListTargetsForPolicy:empty".parse().unwrap());
    desk.ask(vec![targets.clone()]);
    for _ in 0..2 {
        let news = desk.news().await;
        assert!(matches!(news, Msg::Targets(_)), "{news:?}");
    }
    desk.ask(tags_of([1]));
    assert_eq!(desk.found().await.0, tags_of([1])[0]);
    let calls = |simulator: &Simulator| simulator.calls()["ListTargetsForPolicy"].total();
    let made = calls(&simulator);
    // More than that are wanted and answered meanwhile.
    desk.ask(tags_of(2..20));
    for _ in 2..20 {
        let (question, _) = desk.found().await;
        assert_ne!(question, targets);
    }
    // One may have been on its way.
    assert!(calls(&simulator) <= made + 1);
    simulator.set_faults("".parse().unwrap());
    desk.ask(vec![targets.clone()]);
    let (question, found) = desk.found().await;
    assert_eq!(question, targets);
    assert!(found.answer.is_ok(), "{found:?}");
}

#[tokio::test]
async fn questions_that_wait_for_a_slow_call_do_not_keep_others_waiting() {
    let simulator = demo("").await;
    let mut desk = Desk::at(&simulator);
    // Two a second at most.
    let documents = (0..20).map(|number| Question::Document(format!("p-{number:010}")));
    desk.ask(documents.chain([Question::TrustedAccess]).collect());
    let mut told = Vec::new();
    while told.last() != Some(&Question::TrustedAccess) {
        told.push(desk.found().await.0);
    }
    assert!(told.len() <= 4, "{told:?}");
    desk.ask(tags_of([1]));
    told.clear();
    while told.last() != Some(&tags_of([1])[0]) {
        told.push(desk.found().await.0);
    }
    assert!(told.len() <= 4, "{told:?}");
}

/// An endpoint that has the tag `of` for everything: it tells `begun` of each question, and answers
/// as soon as nobody writes to `open`.
fn tagging(
    of: &'static str,
    open: &Arc<RwLock<()>>,
    begun: &mpsc::UnboundedSender<()>,
) -> Endpoint {
    let (open, begun) = (Arc::clone(open), begun.clone());
    Endpoint::serve(move |_| {
        let _ = begun.send(());
        drop(open.blocking_read());
        json(
            200,
            &format!(r#"{{"Tags":[{{"Key":"of","Value":"{of}"}}]}}"#),
        )
    })
}

#[tokio::test]
async fn what_an_earlier_connection_still_answers_is_not_told() {
    let (closed, open) = (Arc::new(RwLock::new(())), Arc::new(RwLock::new(())));
    let (sender, mut begun) = mpsc::unbounded_channel();
    let earlier = tagging("earlier", &closed, &sender);
    let later = tagging("later", &open, &sender);
    let held = closed.write().await;
    let connect = |endpoint: &Endpoint| Connection::to_simulator_read_only(&endpoint.url);
    let (sender, news) = mpsc::channel(64);
    let worker = Worker::new(connect(&earlier), sender, Config::default(), None);
    let mut desk = Desk { worker, news };
    desk.ask(tags_of(0..50));
    for _ in 0..3 {
        let waited = tokio::time::timeout(PATIENCE, begun.recv()).await;
        waited.unwrap().unwrap();
    }
    desk.worker.reconnect(connect(&later));
    let told = tokio::time::timeout(PATIENCE, desk.news.recv()).await;
    assert!(matches!(told.unwrap(), Some(Msg::Reconnected(Ok(())))));
    drop(held);
    desk.ask(tags_of([2, 1, 0, 3]));
    let mut answered = BTreeSet::new();
    for _ in 0..4 {
        let (question, found) = desk.found().await;
        let Ok(Finding::Tags(tags)) = found.answer else {
            panic!("{found:?}");
        };
        assert_eq!(tags[0].value, "later", "{question:?}");
        answered.insert(question);
    }
    assert_eq!(answered, tags_of(0..4).into_iter().collect());
}

/// One effect of each kind that reads the service, beside questions.
fn readings() -> Vec<Effect> {
    let account = "000000000012".to_owned();
    let scopes = [
        WalkScope::Organization,
        WalkScope::Account {
            id: account.clone(),
        },
    ];
    let walks = scopes.map(|scope| Effect::Walk {
        generation: 1,
        scope,
    });
    let mut effects = vec![
        Effect::Poll(vec![account.clone()]),
        Effect::ReadPolicies(vec![(account.clone(), "TAG_POLICY".into())]),
        Effect::Sweep,
        Effect::Identify,
        Effect::Preflight {
            dialog: 1,
            accounts: vec![account],
        },
    ];
    effects.extend(walks);
    effects
}

/// What the news are of, as many times as they come when each of [`readings`] is answered.
fn kind(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Polled { .. } => "poll",
        Msg::Policies(_) => "policies",
        Msg::Swept { .. } => "sweep",
        Msg::Identified(_) => "identity",
        Msg::Fact(_, Fact::TrustedAccess(_)) => "trusted access",
        Msg::Fact(_, Fact::Account { .. }) => "facts",
        Msg::Walk(_, WalkEvent::Finished(_)) => "walk",
        _ => return None,
    })
}

#[tokio::test]
async fn no_reading_of_an_earlier_connection_is_told_and_each_can_be_repeated() {
    let open = Arc::new(RwLock::new(()));
    let (sender, mut begun) = mpsc::unbounded_channel();
    let refusing = |of: &'static str, open: Arc<RwLock<()>>| {
        let begun = sender.clone();
        Endpoint::serve(move |request| {
            let _ = begun.send(request.operation().map(str::to_owned));
            drop(open.blocking_read());
            refusal("AccessDeniedException", of)
        })
    };
    let earlier = refusing("earlier", Arc::clone(&open));
    let later = refusing("later", Arc::default());
    let held = open.write().await;
    let connect = |endpoint: &Endpoint| Connection::to_simulator_read_only(&endpoint.url);
    let (sender, news) = mpsc::channel(64);
    let worker = Worker::new(connect(&earlier), sender, Config::default(), None);
    let mut desk = Desk { worker, news };
    for effect in readings() {
        desk.worker.run(effect);
    }
    let mut awaited = BTreeSet::from(["DescribeAccount", "ListPoliciesForTarget"]);
    while !awaited.is_empty() {
        let operation = tokio::time::timeout(PATIENCE, begun.recv()).await.unwrap();
        let operation = operation.unwrap().unwrap_or_default();
        awaited.remove(operation.as_str());
    }
    desk.worker.reconnect(connect(&later));
    let told = tokio::time::timeout(PATIENCE, desk.news.recv()).await;
    assert!(matches!(told.unwrap(), Some(Msg::Reconnected(Ok(())))));
    for effect in readings() {
        desk.worker.run(effect);
    }
    drop(held);
    let mut told = Vec::new();
    while told.len() < readings().len() + 1 {
        let msg = tokio::time::timeout(PATIENCE, desk.news.recv()).await;
        let msg = msg.unwrap_or_else(|_| panic!("only {told:?}")).unwrap();
        assert!(!format!("{msg:?}").contains("earlier"), "{msg:?}");
        told.extend(kind(&msg));
    }
    told.sort_unstable();
    let expected = [
        "facts",
        "identity",
        "policies",
        "poll",
        "sweep",
        "trusted access",
        "walk",
        "walk",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_empty_list_ends_what_was_wanted() {
    let simulator = demo("*:latency=200").await;
    let mut desk = Desk::at(&simulator);
    desk.ask(tags_of(0..50));
    desk.ask(Vec::new());
    desk.ask(vec![Question::TrustedAccess]);
    let mut told = BTreeSet::new();
    while !told.contains(&Question::TrustedAccess) {
        told.insert(desk.found().await.0);
    }
    // Nothing was begun: the tasks had no turn before the list was taken back.
    assert_eq!(told.len(), 1);
}
