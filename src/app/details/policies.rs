//! Policies: what is attached where, from the root down to a node, and what follows from it.
//!
//! How inheritance works is in the Organizations User Guide: "SCP evaluation" (an action needs an
//! Allow at the root, at every OU on the way and at the account itself) and "Understanding
//! management policy inheritance" (the other types are merged into an effective policy).

use super::super::policies::chain;
use super::super::{App, ago};
use super::{Item, Page, Told, Tone, not_read, say_age};
use crate::org::{
    Allows, Level, Node, NodeIx, NodeKind, OrgError, Policy, Question, allows_by_itself,
    has_effect, is_authorization, levels,
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

/// The way from the root down to a node.
struct Chain<'a> {
    app: &'a App,
    node: &'a Node,
    levels: Vec<String>,
    /// What could not be read for a reason that is already on the page.
    told: Vec<String>,
}

impl Chain<'_> {
    /// Whether it is known that nothing is attached, and that this is nothing to be said of.
    fn is_empty(&self, kind: &str) -> bool {
        let nothing = |level: &String| {
            let attached = self.app.findings.attached(level, kind);
            matches!(attached, Some(Ok([])))
        };
        !is_authorization(kind) && self.levels.iter().all(nothing)
    }

    /// What stands for what is not known; why that is, offline stands on top.
    fn reading(&self) -> &'static str {
        if self.app.session.offline {
            "not known"
        } else {
            "reading"
        }
    }

    /// What holds against a verdict on an account while nobody has said which one is the management
    /// account: what allows and denies has no effect in that.
    fn unless(&self) -> &'static str {
        let is_unknown = self.app.management_account().is_none();
        if is_unknown && self.node.kind() == NodeKind::Account {
            ", unless this is the management account"
        } else {
            ""
        }
    }

    /// What must not be overlooked, before everything else.
    fn verdict(&self, kind: &str, page: &mut Page) {
        let app = self.app;
        if !has_effect(kind, app.management_account() == Some(self.node.id())) {
            return;
        }
        let unless = self.unless();
        let (mark, bad) = match unless {
            "" => ("!", Tone::Problem),
            _ => ("?", Tone::Warning),
        };
        let attached = |node: &str, kind: &str| app.findings.attached(node, kind);
        for level in levels(&self.levels, kind, attached, |policy| {
            allowed_by(app, policy)
        }) {
            let name = self.name(level.node);
            let kind = kind_name(kind).to_lowercase();
            if level.lacks_allow() {
                let text = format!("nothing is allowed{unless}: no Allow by {kind} in {name}");
                page.say(0, &bad, &format!("{mark} {text}"));
            } else if level.allows == Some(Allows::Something) {
                let text = format!("only what {kind} list in {name} is allowed{unless}");
                page.say(0, &Tone::Warning, &format!("{mark} {text}"));
            }
            for policy in level.policies.and_then(Result::ok).unwrap_or_default() {
                let told = app.findings.told(&policy.id);
                if told.is_some_and(|told| told.denies_everything) {
                    let by = &policy.name;
                    let text = format!("everything is denied by {by} in {name}{unless}");
                    page.say(0, &bad, &format!("{mark} {text}"));
                }
            }
        }
    }

    /// A type in which every level must allow.
    fn control(&mut self, kind: &str, page: &mut Page) {
        let app = self.app;
        page.heading(&kind_name(kind));
        let is_management = app.management_account() == Some(self.node.id());
        if !has_effect(kind, is_management) {
            let text = "! without effect: they do not apply to the management account";
            page.say(0, &Tone::Warning, text);
        }
        let attached = |node: &str, kind: &str| app.findings.attached(node, kind);
        let ids = self.levels.clone();
        for level in levels(&ids, kind, attached, |policy| allowed_by(app, policy)) {
            self.level(level.node, kind, page);
            let is_read = matches!(level.policies, Some(Ok(_)));
            let is_known = level.has_allow.is_some();
            if level.lacks_allow() {
                let unless = self.unless();
                let text =
                    format!("! no Allow at this level: nothing is allowed in it and below{unless}");
                page.say(2, &Tone::Problem, &text);
            } else if level.allows == Some(Allows::Something) {
                let text = "! allows only what these policies list";
                page.say(2, &Tone::Warning, text);
            } else if is_read && !is_known {
                let text = self.undecided(&level);
                page.say(2, &Tone::Faint, text);
            }
        }
    }

    /// Why nobody can say whether a level allows anything.
    fn undecided(&self, level: &Level<'_>) -> &'static str {
        let policies = level.policies.and_then(Result::ok).unwrap_or_default();
        let is_coming = |policy: &Policy| {
            allows_by_itself(policy).is_none() && self.app.findings.document(&policy.id).is_none()
        };
        if policies.iter().any(is_coming) && !self.app.session.offline {
            "? not known yet whether anything is allowed"
        } else {
            "? not known whether anything is allowed"
        }
    }

    fn management(&mut self, kind: &str, page: &mut Page) {
        page.heading(&kind_name(kind));
        let mut is_known = true;
        for level in self.levels.clone() {
            match self.app.findings.attached(&level, kind) {
                None => is_known = false,
                Some(Ok([])) => {}
                Some(_) => self.level(&level, kind, page),
            }
        }
        if !is_known {
            page.say(0, &Tone::Faint, self.reading());
        }
        if self.node.kind() == NodeKind::Account {
            self.effective(kind, page);
        }
    }

    /// What is attached to one level.
    fn level(&mut self, level: &str, kind: &str, page: &mut Page) {
        let title = if level == self.node.id() {
            let what = match self.node.kind() {
                NodeKind::Account => "account",
                NodeKind::Root => "root",
                _ => "OU",
            };
            format!("attached to this {what}")
        } else {
            format!("from {}", self.name(level))
        };
        match self.app.findings.attached(level, kind) {
            None => page.say(0, &Tone::Faint, &format!("{title}: {}", self.reading())),
            Some(Err(error)) => {
                page.say(0, &Tone::Plain, &title);
                self.unread(error, page);
            }
            Some(Ok(policies)) => {
                page.say(0, &Tone::Plain, &title);
                let mut sorted: Vec<&Policy> = policies.iter().collect();
                // What AWS made is there everywhere.
                sorted.sort_by_key(|policy| (!policy.aws_managed, &policy.name, &policy.id));
                for policy in sorted {
                    self.policy(policy, level, page);
                }
                if policies.is_empty() {
                    page.say(2, &Tone::Faint, "nothing attached");
                }
            }
        }
    }

    fn policy(&mut self, policy: &Policy, level: &str, page: &mut Page) {
        let made = match (policy.aws_managed, allows_by_itself(policy)) {
            (true, Some(Allows::Everything)) => "  AWS managed, allows all",
            (true, _) => "  AWS managed",
            (false, _) => "",
        };
        let name = if policy.name.is_empty() {
            &policy.id
        } else {
            &policy.name
        };
        let item = Item::Policy {
            policy: policy.clone(),
            at: level.to_owned(),
        };
        page.item(2, &Tone::Plain, &format!("{name}{made}"), item);
        if !is_authorization(&policy.policy_type) || allows_by_itself(policy).is_some() {
            return;
        }
        match self.app.findings.document(&policy.id) {
            Some(Ok(_)) => match self.app.findings.told(&policy.id) {
                Some(Told {
                    words: Some(words), ..
                }) => page.more(4, &Tone::Faint, words),
                Some(Told { allows: None, .. }) | None => {
                    page.more(4, &Tone::Problem, "its content cannot be read");
                }
                Some(_) => page.more(4, &Tone::Faint, "no statement that can be told in short"),
            },
            Some(Err(error)) => self.unread(error, page),
            None => page.more(4, &Tone::Faint, self.reading()),
        }
    }

    /// The same reason is told once.
    fn unread(&mut self, error: &OrgError, page: &mut Page) {
        let text = not_read(error);
        if self.told.contains(&text) {
            return page.say(4, &Tone::Problem, "not read, for the same reason");
        }
        page.say(4, &Tone::Problem, &text);
        self.told.push(text);
    }

    fn effective(&mut self, kind: &str, page: &mut Page) {
        let app = self.app;
        let id = self.node.id();
        match app.findings.effective(id, kind) {
            None if may_have_effective(app, &self.levels, kind) => {
                let text = format!("for this account: {}", self.reading());
                page.say(0, &Tone::Faint, &text);
            }
            None => {}
            Some(Err(error)) => {
                page.say(0, &Tone::Plain, "for this account");
                self.unread(error, page);
            }
            Some(Ok(None)) => page.say(0, &Tone::Plain, "for this account: no effective policy"),
            Some(Ok(Some(effective))) => {
                let age = effective.updated_at.map(|at| ago(at, app.now));
                let age = age.map_or(String::new(), |age| format!(", computed {age}"));
                let item = Item::Effective {
                    account: id.to_owned(),
                    policy_type: kind.to_owned(),
                };
                page.say(0, &Tone::Plain, "for this account");
                page.item(2, &Tone::Plain, &format!("effective policy{age}"), item);
            }
        }
        match app.findings.validation(id, kind) {
            Some(Ok(errors)) => {
                for error in errors {
                    let path = match error.path.as_str() {
                        "" => String::new(),
                        path => format!(" at {path}"),
                    };
                    let from = match error.policies.as_slice() {
                        [] => String::new(),
                        policies => format!(" (from {})", policies.join(", ")),
                    };
                    let text = format!("! {}: {}{path}{from}", error.code, error.message);
                    page.say(2, &Tone::Problem, &text);
                }
            }
            Some(Err(error)) => {
                page.say(2, &Tone::Plain, "what is wrong with it");
                self.unread(error, page);
            }
            None => {}
        }
    }

    /// The level in words. Hostile text.
    fn name(&self, level: &str) -> String {
        let node = self
            .app
            .tree
            .find(level)
            .and_then(|ix| self.app.tree.get(ix));
        let Some(node) = node else {
            return level.to_owned();
        };
        match node.kind() {
            NodeKind::OrganizationalUnit => format!("OU {}", node.label()),
            _ => node.label().to_owned(),
        }
    }
}
