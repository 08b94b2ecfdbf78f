//! Delegation: of which services an account is the delegated administrator, and who is in the whole
//! organization.

use super::super::{App, ago};
use super::{Item, Page, Tone, awaited, count, not_read, say_age};
use crate::org::{
    DelegatedAdministrator, EnabledService, Node, NodeIx, NodeKind, OrgError, Question,
};

pub(super) fn page(app: &App, ix: NodeIx, node: &Node, page: &mut Page) {
    match node.kind() {
        NodeKind::Root => organization(app, page),
        NodeKind::Account => account(app, node, page),
        NodeKind::OrganizationalUnit | NodeKind::Unplaced => inside(app, ix, page),
    }
}

/// Which services, is told one account at a time, once a second: only for those that are looked at.
pub(super) fn questions(app: &App, ix: NodeIx, node: &Node) -> Vec<Question> {
    let services = |it: &DelegatedAdministrator| Question::DelegatedServices(it.account.clone());
    if node.kind() == NodeKind::Root {
        return organization_questions(app);
    }
    let mut questions = vec![Question::DelegatedAdministrators];
    questions.extend(those_inside(app, ix).map(services));
    questions
}

/// What the list of the whole organization must know.
pub(in super::super) fn organization_questions(app: &App) -> Vec<Question> {
    let mut questions = vec![Question::DelegatedAdministrators, Question::TrustedAccess];
    if let Some(Ok(administrators)) = app.findings.administrators() {
        let services = administrators.iter();
        questions.extend(services.map(|it| Question::DelegatedServices(it.account.clone())));
    }
    questions
}

/// The delegated administrators that are this node or below it.
fn those_inside(app: &App, ix: NodeIx) -> impl Iterator<Item = &DelegatedAdministrator> {
    let all = app.findings.administrators().and_then(Result::ok);
    all.unwrap_or_default().iter().filter(move |it| {
        let node = app.tree.find(&it.account);
        node.is_some_and(|at| at == ix || app.tree.ancestors(at).any(|above| above == ix))
    })
}

fn account(app: &App, node: &Node, page: &mut Page) {
    let mut questions = vec![Question::DelegatedAdministrators];
    match app.findings.administrators() {
        None => say_age(app, &questions, page),
        Some(Err(error)) => page.say(0, &Tone::Problem, &not_read(error)),
        Some(Ok(all)) => {
            let own = all.iter().find(|it| it.account == node.id());
            if own.is_some() {
                questions.push(Question::DelegatedServices(node.id().to_owned()));
            }
            say_age(app, &questions, page);
            match own {
                None => {
                    page.say(0, &Tone::Plain, "No delegated administrator");
                    let text = format!(
                        "The organization has {}; A shows them all.",
                        count(all.len(), "delegated administrator")
                    );
                    page.say(0, &Tone::Faint, &text);
                }
                Some(own) => {
                    page.heading(&format!("Delegated administrator{}", since(own.since, app)));
                    services(app, &own.account, page);
                }
            }
        }
    }
    if app.management_account() == Some(node.id()) {
        let text = "The management account administers every service that has trusted access.";
        page.say(0, &Tone::Faint, text);
    }
}

fn inside(app: &App, ix: NodeIx, page: &mut Page) {
    match app.findings.administrators() {
        None => say_age(app, &[Question::DelegatedAdministrators], page),
        Some(Err(error)) => page.say(0, &Tone::Problem, &not_read(error)),
        Some(Ok(all)) => {
            let here: Vec<_> = those_inside(app, ix).collect();
            let title = count(here.len(), "delegated administrator");
            let text = format!("{title} in this OU, of {}; A shows them all", all.len());
            page.say(0, &Tone::Heading, &text);
            for administrator in here {
                one(app, administrator, page);
            }
        }
    }
}

/// All delegated administrators and all services with trusted access.
pub(in super::super) fn organization(app: &App, page: &mut Page) {
    say_age(app, &organization_questions(app), page);
    match app.findings.administrators() {
        None => {}
        Some(Err(error)) => unread("Delegated administrators", error, page),
        Some(Ok(administrators)) => {
            page.heading(&count(administrators.len(), "delegated administrator"));
            for administrator in administrators {
                one(app, administrator, page);
            }
        }
    }
    match app.findings.trusted_access() {
        None => {}
        Some(Err(error)) => unread("Services with trusted access", error, page),
        Some(Ok(services)) => {
            let title = count(services.len(), "service");
            page.heading(&format!("{title} with trusted access"));
            for service in services {
                enabled(app, 0, service, page);
            }
        }
    }
}

fn unread(title: &str, error: &OrgError, page: &mut Page) {
    page.heading(title);
    page.say(0, &Tone::Problem, &not_read(error));
}

fn one(app: &App, administrator: &DelegatedAdministrator, page: &mut Page) {
    let known = app.tree.find(&administrator.account);
    let known = known.and_then(|ix| app.tree.get(ix)?.account());
    let name = known.and_then(|account| account.name.as_deref());
    let name = name.unwrap_or(&administrator.name);
    let id = &administrator.account;
    let text = format!("{name}  {id}{}", since(administrator.since, app));
    let state = known.and_then(|account| account.state.clone());
    let tone = state.map_or(Tone::Plain, Tone::State);
    page.item(0, &tone, &text, Item::Node(id.clone()));
    services(app, id, page);
}

fn services(app: &App, account: &str, page: &mut Page) {
    match app.findings.services(account) {
        None => page.say(2, &Tone::Faint, awaited(app, "reading its services")),
        Some(Err(error)) => page.say(2, &Tone::Problem, &not_read(error)),
        Some(Ok([])) => page.say(2, &Tone::Faint, "of no service any more"),
        Some(Ok(services)) => {
            for service in services {
                enabled(app, 2, service, page);
            }
        }
    }
}

fn enabled(app: &App, indent: usize, service: &EnabledService, page: &mut Page) {
    let text = format!("{}{}", service.principal, since(service.since, app));
    let item = Item::Service(service.principal.clone());
    page.item(indent, &Tone::Plain, &text, item);
}

fn since(at: Option<jiff::Timestamp>, app: &App) -> String {
    at.map_or(String::new(), |at| {
        format!("  since {}, {}", at.strftime("%F"), ago(at, app.now))
    })
}
