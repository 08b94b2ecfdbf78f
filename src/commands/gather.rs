//! Walking the whole organization for a command, with progress for whoever watches.

use std::io::{self, IsTerminal, Write};

use tokio::sync::{mpsc, watch};

use super::cached::Cached;
use super::{Failure, Target};
use crate::aws::{self, Connection, Limiter};
use crate::cli::GlobalOptions;
use crate::org::NodeRecord;
use crate::org::{
    ErrorKind, Identity, Looked, NodeIx, OrgError, Organization, Progress, Snapshot, Tree,
    WalkEvent, WalkScope, WalkSummary,
};

/// Events that may wait while others are applied.
const WAITING_EVENTS: usize = 64;

/// Nobody watches how so few are read.
const FEW_READS: usize = 8;

/// An organization as far as it could be read.
#[derive(Debug)]
pub(super) struct Gathered {
    identity: Identity,
    pub(super) tree: Tree,
    /// Everything that could not be read.
    pub(super) missing: Vec<OrgError>,
    /// Where it was read, for whoever reads more; `None` with `--offline`.
    target: Option<Target>,
    /// The pace at which it was read, and at which more is to be.
    pub(super) limiter: Limiter,
    /// With `--offline`, what else is known.
    pub(super) found: Vec<Looked>,
}

impl Gathered {
    /// The connection over which it was read; `None` with `--offline`.
    pub(super) fn connection(&self) -> Option<&Connection> {
        self.target.as_ref().map(|target| &target.connection)
    }

    /// Id of the management account, if it is known.
    pub(super) fn management(&self) -> Option<&str> {
        let organization = self.identity.organization.as_ref().ok();
        organization.and_then(|org| org.management_account_id.as_deref())
    }

    /// Where printing begins: the root, then what is nowhere (yet).
    pub(super) fn tops(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.tree.top_level()
    }

    /// The record of one node; `None` for what is not a thing of the service.
    pub(super) fn record(&self, ix: NodeIx) -> Option<NodeRecord<'_>> {
        NodeRecord::new(&self.tree, ix, self.management())
    }

    /// Whether that was everything.
    pub(super) fn verdict(self) -> Result<(), Failure> {
        if self.missing.is_empty() {
            Ok(())
        } else {
            Err(Failure::Incomplete(self.missing))
        }
    }
}

/// The whole organization: as it is, or with `--offline` as it was read the last time.
///
/// # Errors
/// When there is nothing at all to show: the first reason.
pub(super) async fn whole(options: &GlobalOptions) -> Result<Gathered, OrgError> {
    if options.offline {
        let snapshot = Cached::open(options).await.required().await?;
        return Ok(Gathered {
            tree: snapshot.tree(),
            identity: Identity {
                organization: Ok(snapshot.hierarchy.organization),
                caller: None,
            },
            missing: Vec::new(),
            target: None,
            limiter: Limiter::published(),
            found: snapshot.found,
        });
    }
    let target = Target::open(options, true).await?;
    let gathered = gather(&target.connection).await?;
    Ok(Gathered {
        target: Some(target),
        ..gathered
    })
}

/// Reads the whole organization.
///
/// # Errors
/// When there is nothing at all to show: the first reason.
async fn gather(connection: &Connection) -> Result<Gathered, OrgError> {
    // Who may list but not describe the organization still gets the list.
    let identity = aws::identify(connection).await;
    let undescribed = match &identity.organization {
        Ok(_) => None,
        Err(error) if error.kind == ErrorKind::AccessDenied => Some(error.clone()),
        Err(error) => return Err(error.clone()),
    };
    let limiter = Limiter::published();
    let (tree, summary) = walk(connection, &limiter, Tree::new()).await;
    let mut missing = summary.missing;
    if tree.root().is_none() {
        let first = missing.into_iter().next().unwrap_or_else(|| {
            OrgError::new(ErrorKind::Service, "the service lists no root").during("ListRoots")
        });
        return Err(explain_member(first, &identity));
    }
    missing.extend(undescribed);
    Ok(Gathered {
        identity,
        tree,
        missing,
        target: None,
        limiter,
        found: Vec::new(),
    })
}

/// Which organization this is.
///
/// # Errors
/// Why that cannot be told.
pub(super) async fn organization(connection: &Connection) -> Result<Organization, OrgError> {
    aws::identify(connection).await.organization
}

/// Reads the whole organization on top of what was known before: what a walk that is not complete
/// did not see stays. Also everything that could not be read.
///
/// # Errors
/// When nothing could be read: the first reason.
pub(super) async fn refresh(
    connection: &Connection,
    limiter: &Limiter,
    before: Option<&Snapshot>,
) -> Result<(Tree, Vec<OrgError>), OrgError> {
    let known = before.map(Snapshot::tree).unwrap_or_default();
    let (tree, summary) = walk(connection, limiter, known).await;
    let mut missing = summary.missing;
    if summary.progress.accounts == 0 && !missing.is_empty() {
        return Err(missing.swap_remove(0));
    }
    Ok((tree, missing))
}

async fn walk(connection: &Connection, limiter: &Limiter, mut tree: Tree) -> (Tree, WalkSummary) {
    let (events, mut arriving) = mpsc::channel(WAITING_EVENTS);
    // Nobody looks at one OU rather than another here.
    let (_, wanted) = watch::channel(Vec::new());
    let walk = aws::walk(connection, limiter, WalkScope::Organization, wanted, events);
    let collect = async move {
        let mut meter = Meter::new();
        tree.begin_walk();
        let mut finished = None;
        while let Some(event) = arriving.recv().await {
            match event {
                WalkEvent::Observed(observations, progress) => {
                    tree.apply(observations);
                    meter.show(&progress);
                }
                WalkEvent::Finished(summary) => finished = Some(summary),
            }
        }
        meter.clear();
        let summary = finished.unwrap_or_else(cut_short);
        tree.finish_walk(&WalkScope::Organization, summary.is_complete());
        (tree, summary)
    };
    let ((), gathered) = tokio::join!(walk, collect);
    gathered
}

fn cut_short() -> WalkSummary {
    WalkSummary {
        missing: vec![OrgError::new(
            ErrorKind::Incomplete,
            "the walk was cut short",
        )],
        ..WalkSummary::default()
    }
}

/// A member account may not list anything, which is no fault of its permissions.
pub(super) fn explain_member(error: OrgError, identity: &Identity) -> OrgError {
    let organization = identity.organization.as_ref().ok();
    let management = organization.and_then(|org| org.management_account_id.as_deref());
    match (&identity.caller, management) {
        (Some(caller), Some(management))
            if error.kind == ErrorKind::AccessDenied && caller.account_id != management =>
        {
            error.with_hint(format!(
                "{} is a member account; only the management account {management} and delegated administrators can list the organization",
                caller.account_id
            ))
        }
        _ => error,
    }
}

/// One line of progress on standard error, when a terminal is there to show it.
pub(super) struct Meter {
    visible: bool,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            visible: io::stderr().is_terminal(),
        }
    }

    /// The same, where so many reads take more than a moment.
    pub(super) fn for_many(reads: usize) -> Self {
        let Self { visible } = Self::new();
        Self {
            visible: visible && reads > FEW_READS,
        }
    }

    fn show(&mut self, progress: &Progress) {
        let Progress {
            units_done,
            units_known,
            accounts,
            calls,
            accounts_open,
            remaining,
            ..
        } = progress;
        let left = match remaining {
            _ if *accounts_open => ", reading accounts".to_owned(),
            Some(left) => format!(", about {} s left", left.as_secs() + 1),
            None => String::new(),
        };
        self.write(&format!(
            "{units_done}/{units_known} OUs, {accounts} accounts, {calls} calls{left}"
        ));
    }

    pub(super) fn clear(&mut self) {
        self.write("");
    }

    pub(super) fn write(&mut self, text: &str) {
        if self.visible {
            // Progress that cannot be shown is not worth failing for.
            self.visible = write!(io::stderr(), "\r{text}\x1b[K").is_ok();
        }
    }
}
