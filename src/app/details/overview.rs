//! Overview: what a node is, where it is, who owns it and what is going on with it.

use super::super::activity_pane::{stage, what};
use super::super::closures_pane::closing;
use super::super::overlay::id_path;
use super::super::{App, ago};
use super::{Page, Tone, age_of, awaited, count, history, not_read, tags};
use crate::org::{
    Account, AccountState, DelegatedAdministrator, Node, NodeData, NodeIx, NodeKind, OrgError,
    Question, visible,
};

/// Of the journal, so much is shown here.
const LAST_ENTRIES: usize = 3;

pub(super) fn page(app: &App, ix: NodeIx, node: &Node, page: &mut Page) {
    match &node.data {
        NodeData::Account(account) => account_facts(app, ix, account, page),
        NodeData::Root(_) | NodeData::OrganizationalUnit(_) => {
            container_facts(app, ix, node, page);
        }
        NodeData::Unplaced => return,
    }
    journal(app, node, page);
}

/// One list tells of all accounts which are delegated administrators: it is read once.
pub(super) fn questions(node: &Node) -> Vec<Question> {
    let mut questions = vec![Question::Tags(node.id().to_owned())];
    if node.kind() == NodeKind::Account {
        questions.push(Question::DelegatedAdministrators);
    }
    questions
}

/// The tags that name an owner.
fn owner(app: &App, id: &str, page: &mut Page) {
    page.label = "Owner";
    match app.findings.tags(id) {
        None => page.push(awaited(app, "reading tags"), &Tone::Faint),
        Some(Err(error)) => unread(error, page),
        Some(Ok(tags)) => {
            let owners = tags::owners(tags, &app.config.details.owner_tags);
            for tag in &owners {
                page.text(&format!("{}: {}", tag.key, tag.value));
            }
            if owners.is_empty() {
                let text = match tags.len() {
                    0 => "no tags".to_owned(),
                    n => format!("not named by its {}", count(n, "tag")),
                };
                page.push(&text, &Tone::Faint);
            }
            say_age(app, &Question::Tags(id.to_owned()), page);
        }
    }
}

/// How old a fact is, where that is worth a line.
fn say_age(app: &App, question: &Question, page: &mut Page) {
    if let Some(age) = age_of(app, question) {
        page.push(&age, &Tone::Faint);
    }
}

fn unread(error: &OrgError, page: &mut Page) {
    page.push(&not_read(error), &Tone::Problem);
}

fn delegated(app: &App, id: &str, page: &mut Page) {
    page.label = "Delegated";
    let administrators = match app.findings.administrators() {
        None => return page.push(awaited(app, "reading"), &Tone::Faint),
        Some(Err(error)) => return unread(error, page),
        Some(Ok(administrators)) => administrators,
    };
    match administrators.iter().find(|it| it.account == id) {
        None => page.push("administrator of no service", &Tone::Faint),
        Some(own) => delegated_services(app, own, page),
    }
    say_age(app, &Question::DelegatedAdministrators, page);
}

fn delegated_services(app: &App, own: &DelegatedAdministrator, page: &mut Page) {
    match app.findings.services(&own.account) {
        Some(Ok(services)) if !services.is_empty() => {
            for service in services {
                page.text(&format!("administrator of {}", service.principal));
            }
        }
        _ => {
            let since = own.since.map(|at| at.strftime(" since %F").to_string());
            page.text(&format!(
                "delegated administrator{}; Delegation (>) tells of which services",
                since.unwrap_or_default()
            ));
        }
    }
}

/// What was asked for here last; all of it is in the history.
fn journal(app: &App, node: &Node, page: &mut Page) {
    let entries = history::entries(app, node.id());
    page.label = "Journal";
    for entry in entries.iter().take(LAST_ENTRIES) {
        let at = entry.asked_at.strftime("%F");
        page.text(&format!("{at} {}: {}", what(entry), stage(app, entry)));
    }
    if entries.len() > LAST_ENTRIES {
        let more = entries.len() - LAST_ENTRIES;
        page.push(&format!("{more} more in History"), &Tone::Faint);
    }
    page.label = "";
}

fn account_facts(app: &App, ix: NodeIx, account: &Account, page: &mut Page) {
    page.fact("Name", account.name.as_deref().unwrap_or("not known"));
    page.fact("Account id", &account.id);
    if app.management_account() == Some(account.id.as_str()) {
        page.text("the management account");
    }
    page.label = "State";
    match &account.state {
        Some(state) => {
            page.push(
                &state.as_str().replace('_', " "),
                &Tone::State(state.clone()),
            );
            page.text(meaning(state));
        }
        None => page.text("not told by the service"),
    }
    if let Some(closing) = closing(app, &account.id) {
        page.fact("Closing", &format!("{closing}; 2 shows more"));
    }
    owner(app, &account.id, page);
    page.fact("Email", account.email.as_deref().unwrap_or("not known"));
    let joined = account.joined_at.map(|at| {
        let method = account
            .joined_method
            .as_ref()
            .map_or("", |method| method.as_str());
        let date = at.strftime("%Y-%m-%d %H:%M UTC");
        format!("{method} {date}, {}", ago(at, app.now))
            .trim_start()
            .to_owned()
    });
    page.fact("Joined", joined.as_deref().unwrap_or("not known"));
    place(app, ix, page);
    delegated(app, &account.id, page);
    page.fact("ARN", account.arn.as_deref().unwrap_or("not known"));
}

fn container_facts(app: &App, ix: NodeIx, node: &Node, page: &mut Page) {
    page.fact("Name", node.name().unwrap_or("not known yet"));
    page.fact(
        if node.kind() == NodeKind::Root {
            "Root id"
        } else {
            "OU id"
        },
        node.id(),
    );
    let units = |ix: &&NodeIx| {
        app.tree
            .get(**ix)
            .is_some_and(|child| child.kind() == NodeKind::OrganizationalUnit)
    };
    let direct_units = node.children().iter().filter(units).count();
    let direct_accounts = node.children().len() - direct_units;
    let below = node.counts();
    page.fact(
        "Inside",
        &format!(
            "{}, {}",
            count(direct_units, "OU"),
            count(direct_accounts, "account")
        ),
    );
    page.fact(
        "All below",
        &format!(
            "{}, {}",
            count(below.units, "OU"),
            count(below.accounts, "account")
        ),
    );
    if below.closed > 0 {
        page.text(&format!("of which {} closed", below.closed));
    }
    if let Some(error) = node.error() {
        page.label = "Incomplete";
        page.push(&error.to_string(), &Tone::Problem);
    } else if !node.is_loaded() {
        page.text("not completely loaded yet");
    }
    owner(app, node.id(), page);
    place(app, ix, page);
    page.fact("ARN", node.arn().unwrap_or("not known"));
    if node.kind() == NodeKind::Root {
        organization_facts(app, page);
    }
}

fn organization_facts(app: &App, page: &mut Page) {
    let Some(organization) = &app.known.organization else {
        return;
    };
    page.fact("Org. id", &organization.id);
    page.fact(
        "Features",
        organization.feature_set.as_deref().unwrap_or("not known"),
    );
    let management = [
        organization.management_account_id.as_deref(),
        organization.management_account_email.as_deref(),
    ];
    let management: Vec<_> = management.into_iter().flatten().collect();
    page.fact("Management", &management.join("  "));
    page.fact(
        "Org. ARN",
        organization.arn.as_deref().unwrap_or("not known"),
    );
}

fn place(app: &App, ix: NodeIx, page: &mut Page) {
    page.label = "Path";
    for (depth, ix) in app.tree.path(ix).into_iter().enumerate() {
        if let Some(node) = app.tree.get(ix) {
            let indent = "  ".repeat(depth);
            page.text(&format!("{indent}{}", visible(node.label())));
        }
    }
    page.fact("Id path", &id_path(app, ix));
}

/// What a state means for whoever looks at the account. Source: Organizations User Guide, "Account
/// states".
fn meaning(state: &AccountState) -> &'static str {
    match state {
        AccountState::PendingActivation => "sign-up not finished; not usable yet",
        AccountState::Active => "",
        AccountState::Suspended => "restricted by AWS; its holder can contact AWS Support",
        AccountState::PendingClosure => "closure requested and under way",
        AccountState::Closed => "can be reinstated through AWS Support for 90 days",
        AccountState::Other(_) => "a state that this version does not know",
    }
}
