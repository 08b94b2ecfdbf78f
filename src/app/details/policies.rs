//! Policies: what is attached where, from the root down to a node, and what follows from it.
//!
//! How inheritance works is in the Organizations User Guide: "SCP evaluation" (an action needs an
//! Allow at the root, at every OU on the way and at the account itself) and "Understanding
//! management policy inheritance" (the other types are merged into an effective policy).

mod by_level;

use self::by_level::Chain;
use super::super::App;
use super::super::policies::chain;
use super::{Page, Tone, say_age};
use crate::org::{
    Allows, Node, NodeIx, NodeKind, Policy, Question, allows_by_itself, is_authorization, levels,
};

const SERVICE_CONTROL: &str = "SERVICE_CONTROL_POLICY";
const RESOURCE_CONTROL: &str = "RESOURCE_CONTROL_POLICY";

/// A policy type in words, in the plural, to begin a line with.
#[must_use]
pub(in super::super) fn kind_name(policy_type: &str) -> String {
    let known = match policy_type {
        SERVICE_CONTROL => "Service control policies",
        RESOURCE_CONTROL => "Resource control policies",
        "TAG_POLICY" => "Tag policies",
        "BACKUP_POLICY" => "Backup policies",
        "AISERVICES_OPT_OUT_POLICY" => "AI services opt-out policies",
        "CHATBOT_POLICY" => "Chat applications policies",
        "DECLARATIVE_POLICY_EC2" => "Declarative policies for EC2",
        "SECURITYHUB_POLICY" => "Security Hub policies",
        "SECURITYHUB_CSPM_POLICY" => "Security Hub CSPM policies",
        "INSPECTOR_POLICY" => "Inspector policies",
        "UPGRADE_ROLLOUT_POLICY" => "Upgrade rollout policies",
        "BEDROCK_POLICY" => "Bedrock policies",
        "S3_POLICY" => "S3 policies",
        "NETWORK_SECURITY_DIRECTOR_POLICY" => "Network security director policies",
        "GUARDDUTY_POLICY" => "GuardDuty policies",
        other => return other.replace('_', " ").to_lowercase(),
    };
    known.to_owned()
}

/// The types whose names begin with that of a service or with an abbreviation.
const PROPER: [&str; 7] = [
    "AISERVICES_OPT_OUT_POLICY",
    "SECURITYHUB_POLICY",
    "SECURITYHUB_CSPM_POLICY",
    "INSPECTOR_POLICY",
    "BEDROCK_POLICY",
    "S3_POLICY",
    "GUARDDUTY_POLICY",
];

/// The same within a line: with the capitals that AWS writes there, and no others.
pub(in super::super) fn kind_within(policy_type: &str) -> String {
    let name = kind_name(policy_type);
    if PROPER.contains(&policy_type) {
        return name;
    }
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// One policy of the type, within a line.
pub(in super::super) fn one_within(policy_type: &str) -> String {
    kind_within(policy_type).replacen("olicies", "olicy", 1)
}

/// The types that are enabled, those that permit and deny first.
fn types(app: &App) -> Option<Vec<String>> {
    let mut types = app.tree.policy_types()?.to_vec();
    let rank = |kind: &String| match kind.as_str() {
        SERVICE_CONTROL => 0,
        RESOURCE_CONTROL => 1,
        _ => 2,
    };
    types.sort_by_key(rank);
    types.dedup();
    Some(types)
}

/// What is attached to the nodes above and to the node itself, by type: for comparing. `None` where
/// something of it is not known.
pub(in super::super) type Inherited<'a> = (String, Vec<(String, Option<&'a [Policy]>)>);

/// What is attached along the way from the root to a node, for each type that is enabled.
pub(in super::super) fn inherited<'a>(app: &'a App, id: &str) -> Vec<Inherited<'a>> {
    let levels = chain(&app.tree, id);
    let types = types(app).unwrap_or_default().into_iter();
    let of = |kind: String| {
        let attached = levels.iter().map(|level| {
            let known = app.findings.attached(level, &kind).and_then(Result::ok);
            (level.clone(), known)
        });
        let attached = attached.collect();
        (kind, attached)
    };
    types.map(of).collect()
}

/// What is attached along the way to two nodes, and what of its content it depends on whether
/// every level allows something: all of one type before the next one.
pub(in super::super) fn questions_on_both(app: &App, ids: [&str; 2]) -> Vec<Question> {
    let ways = ids.map(|id| chain(&app.tree, id));
    let mut questions = Vec::new();
    for kind in types(app).unwrap_or_default() {
        for way in &ways {
            questions.extend(attached_to(way, &kind));
        }
        for way in ways.iter().filter(|_| is_authorization(&kind)) {
            questions.extend(documents_needed(app, way, &kind));
        }
    }
    questions
}

fn attached_to<'a>(way: &'a [String], kind: &'a str) -> impl Iterator<Item = Question> + 'a {
    let levels = way.iter().rev();
    levels.map(|level| Question::attached(level, kind))
}

pub(super) fn questions(app: &App, _: NodeIx, node: &Node) -> Vec<Question> {
    let way = chain(&app.tree, node.id());
    let (mut questions, mut effective) = (Vec::new(), Vec::new());
    // With all that is said of one type before the next one: service control policies come first.
    for kind in types(app).unwrap_or_default() {
        questions.extend(attached_to(&way, &kind));
        if is_authorization(&kind) {
            questions.extend(documents(app, &way, &kind));
        } else if node.kind() == NodeKind::Account && may_have_effective(app, &way, &kind) {
            effective.extend(effective_questions(node.id(), &kind));
        }
    }
    questions.extend(effective);
    questions
}

/// The policies whose content is to be read, first those on which everything depends because
/// nothing else allows.
fn documents(app: &App, way: &[String], kind: &str) -> Vec<Question> {
    let (mut needed, mut other) = (Vec::new(), Vec::new());
    let attached = |level: &String| app.findings.attached(level, kind).and_then(Result::ok);
    for policies in way.iter().filter_map(attached) {
        let by_itself = |it: &&Policy| allows_by_itself(it).is_some();
        let own = policies.iter().filter(|it| !by_itself(it));
        let documents = own.map(|policy| Question::Document(policy.id.clone()));
        if policies.iter().any(|it| by_itself(&it)) {
            other.extend(documents);
        } else {
            needed.extend(documents);
        }
    }
    needed.extend(other);
    needed
}

/// Of which policies it depends whether every level on the way to a node allows something.
fn documents_needed(app: &App, way: &[String], kind: &str) -> Vec<Question> {
    let attached = |level: &String| app.findings.attached(level, kind).and_then(Result::ok);
    let mut questions = Vec::new();
    for policies in way.iter().filter_map(attached) {
        if !policies.iter().any(|it| allows_by_itself(it).is_some()) {
            let documents = policies.iter().map(|it| it.id.clone());
            questions.extend(documents.map(Question::Document));
        }
    }
    questions
}

/// The levels on the way to a node that lack an Allow, by id; `None` while that is not known, or
/// where policies of this type allow nothing anyway.
pub(in super::super) fn lacking(app: &App, id: &str, kind: &str) -> Option<Vec<String>> {
    let way = chain(&app.tree, id);
    let attached = |node: &str, kind: &str| app.findings.attached(node, kind);
    let levels = levels(&way, kind, attached, |policy| allowed_by(app, policy));
    let is_known = levels.iter().all(|level| level.has_allow.is_some());
    let lacking = levels.iter().filter(|level| level.lacks_allow());
    (is_known && !levels.is_empty()).then(|| lacking.map(|it| it.node.to_owned()).collect())
}

fn effective_questions(account: &str, policy_type: &str) -> [Question; 2] {
    let (account, policy_type) = (account.to_owned(), policy_type.to_owned());
    [
        Question::EffectivePolicy {
            account: account.clone(),
            policy_type: policy_type.clone(),
        },
        Question::ValidationErrors {
            account,
            policy_type,
        },
    ]
}

/// Without any policy there is nothing to be effective: no call is spent on it.
fn may_have_effective(app: &App, levels: &[String], kind: &str) -> bool {
    levels
        .iter()
        .any(|level| match app.findings.attached(level, kind) {
            Some(Ok(policies)) => !policies.is_empty(),
            Some(Err(_)) => true,
            None => false,
        })
}

/// How much the policy of this id allows, where its content was read.
fn allowed_by(app: &App, policy: &str) -> Option<Allows> {
    app.findings.told(policy)?.allows
}

pub(super) fn page(app: &App, ix: NodeIx, node: &Node, page: &mut Page) {
    let Some(types) = types(app) else {
        let text = "Which policy types are enabled was not told yet.";
        return page.say(0, &Tone::Plain, text);
    };
    if types.is_empty() {
        return page.say(0, &Tone::Plain, "No policy type is enabled in the root.");
    }
    let questions = questions(app, ix, node);
    say_age(app, &questions, page);
    let is_known = |question: &Question| app.findings.get(question).is_some();
    if app.session.offline && !questions.iter().any(is_known) {
        return;
    }
    let mut view = Chain {
        app,
        node,
        levels: chain(&app.tree, node.id()),
        told: Vec::new(),
    };
    if view.levels.first().map(String::as_str) != root_id(app) {
        let text = "Where it is, is not known yet: what it inherits is missing here.";
        page.say(0, &Tone::Warning, text);
    }
    for kind in types.iter().filter(|kind| is_authorization(kind)) {
        view.verdict(kind, page);
    }
    let mut without = Vec::new();
    for kind in &types {
        if view.is_empty(kind) {
            without.push(kind_name(kind));
        } else if is_authorization(kind) {
            view.control(kind, page);
        } else {
            view.management(kind, page);
        }
    }
    if !without.is_empty() {
        page.heading("Enabled, and nothing attached");
        for kind in without {
            page.say(0, &Tone::Faint, &kind);
        }
    }
}

fn root_id(app: &App) -> Option<&str> {
    Some(app.tree.get(app.tree.root()?)?.id())
}
