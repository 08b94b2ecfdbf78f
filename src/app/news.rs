//! What news of the service change.

use super::details::count;
use super::load::Job;
use super::member::is_plain_member;
use super::perform::reload_all;
use super::{App, Known, Notice};
use crate::effect::Effect;
use crate::org::{ErrorKind, Identity, OrgError, Progress, WalkEvent, WalkScope, WalkSummary};

pub(super) fn on_reconnected(app: &mut App, result: Result<(), OrgError>) -> Vec<Effect> {
    match result {
        Ok(()) => {
            app.credentials_refused = false;
            // The new credentials may be of another organization: nothing is known of it yet.
            app.known = Known::default();
            super::dialog::refresh(app);
            // What is under way over the connection before is not answered any more.
            app.findings.reconnect();
            app.watch.reconnect();
            app.load.reconnect();
            super::kept::on_reconnected(app);
            let mut effects = reload_all(app);
            effects.extend(super::tabs::ask(app));
            effects
        }
        Err(error) => {
            app.warn(error.to_string());
            app.known.error = Some(error);
            Vec::new()
        }
    }
}

pub(super) fn on_identified(app: &mut App, identity: Identity) -> Vec<Effect> {
    app.known.caller = identity.caller;
    let mut effects = Vec::new();
    match identity.organization {
        Ok(organization) => {
            effects = super::kept::on_identified(app, &organization);
            app.known.organization = Some(organization);
            app.known.error = None;
        }
        Err(error) if error.kind == ErrorKind::NoOrganization => {
            forget_organization(app);
            app.known.error = Some(error);
        }
        Err(error) => {
            app.warn(error.to_string());
            app.credentials_refused |= error.kind == ErrorKind::Credentials;
            app.known.error = Some(error);
        }
    }
    if lists_nothing(app) && app.notice.as_ref().is_some_and(is_of_gaps) {
        app.notice = None;
    }
    // What was asked as somebody else is asked no more.
    super::dialog::refresh(app);
    effects.extend(super::journal::open(app));
    effects
}

/// The caller's account is in no organization, or not any more: what was shown was of another one.
fn forget_organization(app: &mut App) {
    super::kept::forget(app);
    app.known.organization = None;
    app.policies.clear();
    app.findings.clear();
    app.load.loaded_at = None;
    app.tree.begin_walk();
    app.tree.finish_walk(&WalkScope::Organization, true);
}

/// Whether that nothing can be listed is the normal state, which a screen of its own tells.
#[must_use]
pub fn lists_nothing(app: &App) -> bool {
    is_plain_member(app) || app.is_in_no_organization()
}

/// What a notice begins with when not everything could be read.
const GAPS: &str = "Incomplete (E: all, R: again): ";

fn is_of_gaps(notice: &Notice) -> bool {
    notice.text.starts_with(GAPS)
}

pub(super) fn on_walk(app: &mut App, generation: u64, event: WalkEvent) -> Vec<Effect> {
    let Some(scope) = app.load.scope_of(generation) else {
        return Vec::new();
    };
    match event {
        WalkEvent::Observed(observations, progress) => {
            if !matches!(scope, WalkScope::Account { .. }) {
                app.load.progress = progress;
            }
            if let Some(effects) = super::kept::on_root(app, &observations) {
                return effects;
            }
            let effects = super::watching::on_observed(app, &observations);
            let read = super::kept::ids_in(&observations);
            app.tree.apply(observations);
            super::kept::compare(app, read);
            return effects;
        }
        WalkEvent::Finished(summary) => {
            if let Some(job) = app.load.finish(generation) {
                let complete = summary.is_complete();
                walk_finished(app, &job, summary);
                let effects = super::kept::on_walked(app, &job.scope, complete);
                super::follow::tell_again(app);
                return effects;
            }
        }
    }
    Vec::new()
}

/// What was read completely, as a sentence.
fn read_again(app: &App, scope: &WalkScope, progress: &Progress, seconds: f64) -> String {
    match scope {
        WalkScope::Organization => format!(
            "Read {} in {}: {} calls, {seconds:.1} s",
            count(progress.accounts, "account"),
            count(progress.units_known.saturating_sub(1), "OU"),
            progress.calls,
        ),
        WalkScope::Subtree { node, .. } => {
            let ix = app.tree.find(node).and_then(|ix| app.tree.get(ix));
            let name = ix.map_or(node.as_str(), |node| node.label());
            format!(
                "{name} was read again: {}, {seconds:.1} s",
                count(progress.accounts, "account")
            )
        }
        WalkScope::Account { id } if app.tree.find(id).is_none() && app.opening.is_some() => {
            format!("Account {id} is not in this organization")
        }
        WalkScope::Account { id } if app.tree.find(id).is_none() => {
            format!("Account {id} is no longer in the organization")
        }
        WalkScope::Account { id } => format!("Account {id} was read again"),
    }
}

fn walk_finished(app: &mut App, job: &Job, summary: WalkSummary) {
    let complete = summary.is_complete();
    let refused = |error: &OrgError| error.kind == ErrorKind::Credentials;
    app.credentials_refused |= summary.missing.iter().any(refused);
    app.tree.finish_walk(&job.scope, complete);
    let progress = summary.progress;
    if complete {
        let seconds = app.now.duration_since(job.started_at).as_secs_f64();
        let done = read_again(app, &job.scope, &summary.progress, seconds);
        // What is to be seen to must not be hidden by it.
        if let Some(warning) = super::kept::take_warning(app) {
            app.warn(warning);
        } else if super::alert(app).is_none() {
            app.say(done);
        }
    }
    let gap = summary
        .missing
        .first()
        .map(|first| format!("{GAPS}{first}"));
    match &job.scope {
        WalkScope::Organization => {
            app.watch.walked(app.now, complete);
            app.load.progress = progress;
            if complete {
                app.load.loaded_at = Some(app.now);
            }
            app.load.missing = summary.missing;
        }
        // What the walk of the organization could not read stays on the list.
        WalkScope::Subtree { .. } => {
            app.load.progress = progress;
            let news = summary.missing.into_iter();
            let news: Vec<_> = news
                .filter(|error| !app.load.missing.contains(error))
                .collect();
            app.load.missing.extend(news);
            if complete {
                let healed = |error: &OrgError| !job.failed_before.contains(error);
                app.load.missing.retain(healed);
            }
        }
        WalkScope::Account { .. } => {}
    }
    if let Some(gap) = gap.filter(|_| !complete && !lists_nothing(app)) {
        app.warn(gap);
    }
}
