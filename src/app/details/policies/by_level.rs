//! What is attached by level, from the root down to a node, and what that comes to.

use super::super::{Item, Page, Told, Tone, not_read};
use super::{allowed_by, kind_name, kind_within, may_have_effective};
use crate::app::{App, ago};
use crate::org::{
    Allows, Level, Node, NodeKind, OrgError, Policy, allows_by_itself, has_effect,
    is_authorization, levels,
};

/// The way from the root down to a node.
pub(super) struct Chain<'a> {
    pub(super) app: &'a App,
    pub(super) node: &'a Node,
    pub(super) levels: Vec<String>,
    /// What could not be read for a reason that is already on the page.
    pub(super) told: Vec<String>,
}

impl Chain<'_> {
    /// Whether it is known that nothing is attached, and that this is nothing to be said of.
    pub(super) fn is_empty(&self, kind: &str) -> bool {
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
    pub(super) fn verdict(&self, kind: &str, page: &mut Page) {
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
            let kind = kind_within(kind);
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
    pub(super) fn control(&mut self, kind: &str, page: &mut Page) {
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

    pub(super) fn management(&mut self, kind: &str, page: &mut Page) {
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
