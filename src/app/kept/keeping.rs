//! What is handed over to be kept for the next run, and when.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{forget, is_root_of_another, is_settling, mark};
use crate::action::{Action, key_name, row_of};
use crate::app::details::count;
use crate::app::{App, Notice, changes_pane};
use crate::effect::Effect;
use crate::org::{ErrorKind, Organization, Snapshot, WalkScope, What};

/// How often what was read since the last walk is kept, so that little is lost when the program
/// ends at once.
pub(super) const KEPT_EVERY: SignedDuration = SignedDuration::from_mins(5);

impl App {
    /// How many times the program has connected anew: what is known now was read over the
    /// connection of this number, as far as it was read in this run.
    #[must_use]
    pub fn connection(&self) -> u64 {
        self.kept.connection
    }

    /// What is worth keeping of what is known now, where that is more than what was handed over.
    /// What a walk that was not complete has read counts as read at the time of the last one that
    /// was. After a new sign-in there is nothing before a walk was complete: until then, what was
    /// read over the connection before is in the tree too.
    #[must_use]
    pub fn to_keep(&self) -> Option<Arc<Snapshot>> {
        let baseline = self.kept.baseline.as_ref()?;
        let organization = self.known.organization.as_ref()?;
        let same = baseline.hierarchy.organization.id == organization.id
            && self.kept.baseline_of == self.kept.connection
            && !is_root_of_another(self, organization)
            && !self.session.offline;
        let found = self.findings.to_keep();
        let is_new = self.kept.revision != Some(self.tree.revision()) || found != self.kept.handed;
        if !same || !is_new {
            return None;
        }
        let mut now = Snapshot::of(
            &self.tree,
            organization.clone(),
            baseline.hierarchy.taken_at,
        )?;
        settle(self, &mut now);
        let now = now.after(baseline, self.now);
        Some(Arc::new(Snapshot { found, ..now }))
    }
}

/// A walk has ended: after a complete one of everything, what it has read is kept.
pub(in crate::app) fn on_walked(app: &mut App, scope: &WalkScope, complete: bool) -> Vec<Effect> {
    if *scope != WalkScope::Organization {
        return Vec::new();
    }
    if !complete {
        let first = app.load.missing.first();
        let denied = first.is_some_and(|error| {
            error.kind == ErrorKind::AccessDenied && error.operation == "ListRoots"
        });
        // Whoever may list nothing is not shown what somebody else could.
        if denied && app.kept.is_cached {
            forget(app);
        }
        return Vec::new();
    }
    app.kept.is_cached = false;
    if let Some(organization) = app.known.organization.clone() {
        return keep(app, organization);
    }
    app.kept.due = true;
    Vec::new()
}

pub(super) fn keep(app: &mut App, organization: Organization) -> Vec<Effect> {
    if is_root_of_another(app, &organization) {
        return Vec::new();
    }
    let Some(mut read) = Snapshot::of(&app.tree, organization, app.now) else {
        return Vec::new();
    };
    settle(app, &mut read);
    let mut read = match &app.kept.baseline {
        Some(before) => read.after(before, app.now),
        None => read,
    };
    read.found = app.findings.to_keep();
    let now = app.now;
    let news = read.noticed.iter().take_while(|one| one.at == now);
    let news: Vec<String> = news.map(|one| one.difference.id.clone()).collect();
    let is_news = !news.is_empty();
    let fresh = |id: &String| !app.kept.found.contains_key(id);
    let unmarked: Vec<String> = news.into_iter().filter(fresh).collect();
    for id in unmarked {
        mark(app, id);
    }
    let read = Arc::new(read);
    app.kept.baseline = Some(Arc::clone(&read));
    app.kept.baseline_of = app.kept.connection;
    app.kept.found.clear();
    app.kept.changes += 1;
    if is_news {
        tell(app);
    }
    vec![hand_over(app, read)]
}

fn hand_over(app: &mut App, snapshot: Arc<Snapshot>) -> Effect {
    app.kept.revision = Some(app.tree.revision());
    app.kept.handed.clone_from(&snapshot.found);
    app.kept.looked = false;
    app.kept.next = app.now.checked_add(KEPT_EVERY).ok();
    Effect::Keep {
        connection: app.kept.connection,
        snapshot,
    }
}

/// Keeps every few minutes what was read since the last walk; during a walk that waits for its end.
pub(in crate::app) fn keep_sometimes(app: &mut App) -> Vec<Effect> {
    if app.kept.next.is_none_or(|next| app.now < next) {
        return Vec::new();
    }
    app.kept.next = app.now.checked_add(KEPT_EVERY).ok();
    if app.load.is_walking_all() {
        return Vec::new();
    }
    app.kept.looked = false;
    let news = app.to_keep();
    news.map(|news| hand_over(app, news)).into_iter().collect()
}

/// When that is to be done next.
pub(in crate::app) fn next_keeping(app: &App) -> Option<Timestamp> {
    let is_new = app.kept.looked || app.kept.revision != Some(app.tree.revision());
    app.kept.next.filter(|_| is_new && !app.session.offline)
}

/// Something was looked at.
pub(in crate::app) fn on_looked(app: &mut App) {
    app.kept.looked = true;
}

/// Says how many changes the list has since the last visit, before what is said already of the walk
/// that found some of them.
fn tell(app: &mut App) {
    let news = changes_pane::news(app);
    if let Some(notice) = app.notice.take_if(|_| news > 0) {
        let keys = row_of(Action::Changes).keys.iter();
        let key = keys.map(|key| key_name(*key)).next().unwrap_or_default();
        let (news, since) = (count(news, "change"), changes_pane::since(app));
        app.notice = Some(Notice {
            text: format!("{key} shows {news} since {since}. {}", notice.text),
            ..notice
        });
    }
}

/// Puts what was told of closures that are watched into the place of the readings that say nothing.
fn settle(app: &App, read: &mut Snapshot) {
    let told = app.kept.found.iter().filter(|(id, _)| is_settling(app, id));
    for (id, noticed) in told {
        for one in noticed {
            if let What::State { to, .. } = &one.difference.what {
                read.settle_as(id, to);
            }
        }
    }
    let watched = app.watch.closures(app.now).into_iter();
    for closure in watched.filter(|closure| closure.phase.is_under_way()) {
        if let Some(before) = &app.kept.baseline {
            read.settle(&closure.account, before);
        }
    }
}
