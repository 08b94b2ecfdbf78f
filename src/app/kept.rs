//! What was kept from the last time: shown until it is read again, compared with what is read, and
//! replaced by it.
//!
//! A cache decides nothing but what is on screen: whether anything may be changed depends on what
//! the service says of the organization and of the caller, as it does without one.

mod keeping;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::perform::read_all;
use super::{App, Known};
use crate::effect::Effect;
use crate::org::{
    Difference, Looked, NodeData, NodeIx, Noticed, Observation, Organization, Snapshot, Watch,
    What, differences_in, unsettled,
};
use keeping::{KEPT_EVERY, keep};

pub(super) use keeping::{keep_sometimes, next_keeping, on_looked, on_walked};

/// How long rows that have changed are marked after the last of them was noticed.
const MARKED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// What was kept, and what is different from it.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Counts the connections, as the worker does.
    connection: u64,
    /// The connection that the baseline is of: over it, or before there was any, that was read.
    baseline_of: u64,
    /// What readings are compared with: the cache, then what the last complete walk has read.
    baseline: Option<Arc<Snapshot>>,
    /// Id of the organization that is on screen, once that is known.
    shown: Option<String>,
    /// The organization that was last left for because a root's ARN told of it, as long as the
    /// service has not said of itself that it is that one.
    told_by_root: Option<String>,
    /// Whether the tree may still hold what nobody has read in this run.
    is_cached: bool,
    /// When the organization was visited before, where that is known.
    visited_at: Option<Timestamp>,
    /// What a walk that has not ended has found to be different, by id.
    found: BTreeMap<String, Vec<Noticed>>,
    marked: HashSet<String>,
    marked_until: Option<Timestamp>,
    /// The revision of the tree that was handed over to be kept.
    revision: Option<u64>,
    /// What was looked at that was handed over with it.
    handed: Vec<Looked>,
    /// Whether anything was looked at since.
    looked: bool,
    /// When there is to be looked next for what should be handed over.
    next: Option<Timestamp>,
    /// Whether a complete walk waits for the service to say which organization it was.
    due: bool,
    /// Grows with every change of what was noticed.
    changes: u64,
    /// What is to be said at the end of the first walk.
    warning: Option<String>,
}

impl App {
    /// When what is on screen was read, as long as it is that of an earlier run, or partly so.
    #[must_use]
    pub fn cached_at(&self) -> Option<Timestamp> {
        let baseline = self.kept.baseline.as_ref();
        baseline
            .filter(|_| self.kept.is_cached)
            .map(|kept| kept.hierarchy.taken_at)
    }

    /// The organization that the cache is of, until the service says which one this is.
    #[must_use]
    pub fn cached_organization(&self) -> Option<&Organization> {
        let baseline = self.kept.baseline.as_ref();
        baseline
            .filter(|_| self.known.organization.is_none())
            .map(|kept| &kept.hierarchy.organization)
    }

    /// When the organization was read before this run; `None` where nothing was kept.
    #[must_use]
    pub fn visited_at(&self) -> Option<Timestamp> {
        self.kept.visited_at
    }

    /// Whether a row is to be marked because something of it has become different just now.
    #[must_use]
    pub fn has_just_changed(&self, id: &str) -> bool {
        self.kept.marked.contains(id)
    }

    /// All differences that were noticed, the newest first: in this run, then before.
    pub fn noticed(&self) -> impl Iterator<Item = &Noticed> {
        let confirmed = self.kept.is_confirmed(self.known.organization.as_ref());
        let found = self.kept.found.values().flatten();
        let before = self.kept.baseline.iter().flat_map(|kept| &kept.noticed);
        // What differs from another organization says nothing.
        found.filter(move |_| confirmed).chain(before)
    }

    /// The differences that were noticed of one OU or account, the newest first.
    pub fn noticed_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Noticed> {
        self.noticed().filter(move |one| one.difference.id == id)
    }

    /// Grows with every change of [`Self::noticed`].
    #[must_use]
    pub fn noticed_revision(&self) -> u64 {
        self.kept.changes
    }

    /// Says that something went wrong before the start. It stays beside what the first walk says at
    /// its end.
    pub fn begin_with_warning(&mut self, warning: &str) {
        self.warn(warning);
        self.kept.warning = Some(warning.to_owned());
    }
}

impl Kept {
    fn is_confirmed(&self, organization: Option<&Organization>) -> bool {
        let baseline = self
            .baseline
            .as_ref()
            .map(|kept| &kept.hierarchy.organization.id);
        baseline.is_some() && organization.map(|known| &known.id) == baseline
    }
}

/// Shows what was kept, before anything is read.
pub(super) fn show(app: &mut App, snapshot: Arc<Snapshot>) {
    app.tree = snapshot.tree();
    app.load.loaded_at = Some(snapshot.hierarchy.taken_at);
    app.findings.show(&snapshot.found, app.session.offline);
    if app.session.offline {
        app.known.organization = Some(snapshot.hierarchy.organization.clone());
        // Nobody will read it, and what the closures view shows has an age.
        for placed in &snapshot.accounts {
            let _ = app.watch.observe(&placed.node, snapshot.hierarchy.taken_at);
        }
    }
    app.kept = Kept {
        shown: Some(snapshot.hierarchy.organization.id.clone()),
        visited_at: Some(snapshot.hierarchy.taken_at),
        is_cached: true,
        revision: Some(app.tree.revision()),
        handed: app.findings.to_keep(),
        next: app.now.checked_add(KEPT_EVERY).ok(),
        baseline: Some(snapshot),
        ..Kept::default()
    };
}

/// There is another connection, which may lead to another organization or endpoint.
pub(super) fn on_reconnected(app: &mut App) {
    app.kept.connection += 1;
    app.kept.due = false;
    app.kept.told_by_root = None;
}

/// The service has said which organization this is. What is of another one goes at once.
pub(super) fn on_identified(app: &mut App, organization: &Organization) -> Vec<Effect> {
    let told = app.kept.told_by_root.as_deref();
    if told == Some(&organization.id) {
        app.kept.told_by_root = None;
    }
    if is_other(app, &organization.id) || app.kept.due && is_root_of_another(app, organization) {
        return vec![leave(app, &organization.id)];
    }
    app.kept.shown = Some(organization.id.clone());
    app.kept.changes += 1;
    if std::mem::take(&mut app.kept.due) {
        return keep(app, organization.clone());
    }
    Vec::new()
}

/// Forgets what was kept, and what is shown of it.
pub(super) fn forget(app: &mut App) {
    let changes = app.kept.changes + 1;
    app.kept = Kept {
        changes,
        connection: app.kept.connection,
        told_by_root: app.kept.told_by_root.take(),
        ..Kept::default()
    };
    app.tree.clear();
    app.marks.clear();
    app.findings.clear();
    app.policies.clear();
    app.load.loaded_at = None;
    // Closures that were seen there are none of what is read from now on.
    app.watch = Watch::new(app.config.closures);
}

fn is_other(app: &App, organization: &str) -> bool {
    shown(app).is_some_and(|shown| shown != organization)
}

/// Id of the organization that is on screen, be it in the header alone.
fn shown(app: &App) -> Option<&String> {
    let known = app.known.organization.as_ref().map(|known| &known.id);
    app.kept.shown.as_ref().or(known)
}

/// Whether the root that was read is, as its ARN says, that of another organization than this.
fn is_root_of_another(app: &App, organization: &Organization) -> bool {
    let root = app.tree.root().and_then(|ix| app.tree.get(ix));
    root.is_some_and(|root| match &root.data {
        NodeData::Root(root) => root.is_of_another(organization),
        _ => false,
    })
}

/// This is another organization than the one that is shown: that goes, and all is read anew, since
/// what was read so far was put among it.
fn leave(app: &mut App, organization: &str) -> Effect {
    let before = shown(app);
    let message = match before {
        Some(before) => {
            format!("This is {organization}: what was read of {before} before is not shown")
        }
        None => format!("This is {organization}: what was read of another before is not shown"),
    };
    forget(app);
    app.kept.shown = Some(organization.to_owned());
    app.begin_with_warning(&message);
    read_all(app)
}

/// What to do when a root was read that belongs to another organization than what is shown, as its
/// ARN tells. What was known of the one before, and who asks there, is not known of this one: it is
/// asked anew. Where the service says that it is the one before all the same, the ARN is not
/// believed again.
pub(super) fn on_root(app: &mut App, observations: &[Observation]) -> Option<Vec<Effect>> {
    let organization = observations
        .iter()
        .find_map(|observation| match observation {
            Observation::Root(root) => root.organization(),
            _ => None,
        })?;
    let is_news = app.kept.told_by_root.as_deref() != Some(organization);
    if !is_news || !is_other(app, organization) {
        return None;
    }
    app.kept.told_by_root = Some(organization.to_owned());
    let walk = leave(app, organization);
    app.known = Known::default();
    Some(vec![Effect::Identify, walk])
}

/// The ids of OUs and accounts that observations are about.
pub(super) fn ids_in(observations: &[Observation]) -> HashSet<String> {
    let mut ids = HashSet::new();
    for observation in observations {
        match observation {
            Observation::Account { account, ancestors } => {
                ids.insert(account.id.clone());
                ids.extend(ancestors.iter().cloned());
            }
            Observation::OrganizationalUnit { unit, .. } => drop(ids.insert(unit.id.clone())),
            Observation::AccountPlaced { account, .. } => drop(ids.insert(account.clone())),
            Observation::Vanished { node } => drop(ids.insert(node.clone())),
            Observation::Root(_)
            | Observation::Listed { .. }
            | Observation::ListingFailed { .. } => {}
        }
    }
    ids
}

/// These OUs and accounts were read, and the tree knows it.
pub(super) fn compare(app: &mut App, ids: HashSet<String>) {
    let Some(baseline) = app.kept.baseline.clone() else {
        return;
    };
    let unsettled = unsettled(&baseline.noticed, app.now);
    for id in ids {
        let mut different = differences_in(&baseline, &app.tree, &id);
        let before = app.kept.found.get(&id);
        let is_settling = is_settling(app, &id);
        if is_settling || unsettled.contains(id.as_str()) {
            different.retain(|one| !one.is_resurrection());
        }
        // That it is closing was told, and a reading that it is not tells nothing yet.
        if is_settling && !different.iter().any(is_of_state) {
            let told = before.into_iter().flatten().map(|one| &one.difference);
            different.extend(told.filter(|one| is_of_state(one)).cloned());
        }
        let is_known = |noticed: &Vec<Noticed>| {
            let known = noticed.iter().map(|one| &one.difference);
            known.eq(&different)
        };
        if before.map_or(different.is_empty(), is_known) {
            continue;
        }
        app.kept.changes += 1;
        if different.is_empty() {
            app.kept.found.remove(&id);
            app.kept.marked.remove(&id);
            continue;
        }
        let noticed = different.into_iter().map(|difference| Noticed {
            at: app.now,
            since: baseline.hierarchy.taken_at,
            difference,
        });
        app.kept.found.insert(id.clone(), noticed.collect());
        mark(app, id);
    }
}

fn is_of_state(difference: &Difference) -> bool {
    matches!(difference.what, What::State { .. })
}

/// Whether a closure of this account is being watched, and has not come to its end.
fn is_settling(app: &App, id: &str) -> bool {
    let closure = app.watch.closure(id, app.now);
    closure.is_some_and(|closure| closure.phase.is_under_way())
}

fn mark(app: &mut App, id: String) {
    app.kept.marked.insert(id);
    app.kept.marked_until = app.now.checked_add(MARKED_FOR).ok();
}

/// What went wrong before the start, to be said once more.
pub(super) fn take_warning(app: &mut App) -> Option<String> {
    app.kept.warning.take()
}

/// As time passes, and when the cursor goes on: rows are marked no more. Says whether that shows.
pub(super) fn on_time(app: &mut App) -> bool {
    let over = app.kept.marked_until.is_some_and(|until| until <= app.now);
    if over {
        app.kept.marked_until = None;
        app.kept.marked.clear();
    }
    over
}

/// When rows will be marked no more.
pub(super) fn next_change(app: &App) -> Option<Timestamp> {
    app.kept
        .marked_until
        .filter(|_| !app.kept.marked.is_empty())
}

/// The cursor has left this row.
pub(super) fn on_left(app: &mut App, row: Option<NodeIx>) {
    if let Some(node) = row.and_then(|ix| app.tree.get(ix)) {
        app.kept.marked.remove(node.id());
    }
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
