//! The names of the root and of the OUs on the way to what was found. They are waited for only a
//! little: what was asked for is known by then, and ids can stand for names.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{BoxFuture, Either, FutureExt as _, ready, select};
use futures::stream::FuturesUnordered;
use tokio::time::timeout;

use crate::aws::{self, Connection, Limiter, Row};
use crate::org::{ErrorKind, Observation, OrgError, OrganizationalUnit, Root};

/// Of the OUs on the ways, only the first is described, which is nearest to the root. AWS allows two
/// calls of `DescribeOrganizationalUnit` at once, then two a second, less what keeps us from being
/// refused; of `ListOrganizationalUnitsForParent` eight at once, and its first page nearly always
/// has the one that is looked for. Near the root an OU most likely has more siblings than a page.
const DESCRIBED: usize = 1;

/// So long is waited for each next name when what was asked for is known. At the pace that AWS
/// publishes, names of many OUs come in less than a second each.
const PATIENCE: Duration = Duration::from_secs(4);

/// An answer that has names, and the row of the call that was made for it.
pub(super) type Coming<'a> = BoxFuture<'a, (Row, Heard)>;

/// What was told of names.
pub(super) enum Heard {
    Roots(Result<Vec<Root>, OrgError>),
    /// An OU, by the id of its parent.
    Unit(String, Result<OrganizationalUnit, OrgError>),
    /// Some of the OUs in a parent, and which of them are looked for.
    Page(String, Vec<String>, Vec<OrganizationalUnit>),
}

/// What came in time, and why the rest did not.
#[derive(Default)]
pub(super) struct Names {
    pub(super) roots: Vec<Root>,
    pub(super) units: Vec<Observation>,
    pub(super) unread: Vec<OrgError>,
}

/// Asks for the root.
pub(super) fn root<'a>(connection: &'a Connection, limiter: &Limiter) -> Coming<'a> {
    let limiter = limiter.clone();
    async move {
        let roots = aws::roots(connection, &limiter).await;
        (Row::Roots, Heard::Roots(roots))
    }
    .boxed()
}

fn unit<'a>(
    connection: &'a Connection,
    limiter: &Limiter,
    parent: String,
    id: String,
) -> Coming<'a> {
    let limiter = limiter.clone();
    async move {
        let read = aws::describe_unit(connection, &limiter, &id).await;
        (Row::Unit, Heard::Unit(parent, read.map(|(unit, _)| unit)))
    }
    .boxed()
}

/// A page that cannot be read has none of them.
fn page<'a>(
    connection: &'a Connection,
    limiter: &Limiter,
    parent: String,
    wanted: Vec<String>,
) -> Coming<'a> {
    let limiter = limiter.clone();
    async move {
        let page = aws::first_child_units(connection, &limiter, &parent).await;
        let page = page.unwrap_or_default();
        (Row::ForParent, Heard::Page(parent, wanted, page))
    }
    .boxed()
}

/// Does this, and lets what was begun go on meanwhile.
pub(super) async fn meanwhile<T>(
    work: impl Future<Output = T>,
    begun: Option<Coming<'_>>,
) -> (T, Option<Coming<'_>>) {
    let Some(begun) = begun else {
        return (work.await, None);
    };
    match select(pin!(work), begun).await {
        Either::Left((done, begun)) => (done, Some(begun)),
        Either::Right((heard, work)) => (work.await, Some(ready(heard).boxed())),
    }
}

/// Reads these names, which are in this order on the ways down from the root, all at once. `ways`
/// are ids from the root down, one way after the other; `root` was begun before, if it was.
pub(super) async fn read<'a>(
    connection: &'a Connection,
    limiter: &Limiter,
    ways: &[String],
    wanted: &BTreeSet<&String>,
    root: Option<Coming<'a>>,
) -> Names {
    let coming = FuturesUnordered::new();
    let mut waiting = Vec::new();
    if wanted.iter().any(|id| id.starts_with("r-")) {
        coming.push(root.unwrap_or_else(|| self::root(connection, limiter)));
        waiting.push(Row::Roots);
    }
    let mut seen = BTreeSet::new();
    let steps = ways.iter().zip(ways.iter().skip(1));
    let is_wanted = |id: &String| id.starts_with("ou-") && wanted.contains(id);
    let mut steps = steps.filter(|(_, id)| is_wanted(id) && seen.insert(*id));
    for (parent, id) in steps.by_ref().take(DESCRIBED) {
        coming.push(unit(connection, limiter, parent.clone(), id.clone()));
        waiting.push(Row::Unit);
    }
    let mut listed: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for (parent, id) in steps {
        listed.entry(parent).or_default().push(id.clone());
    }
    for (parent, ids) in listed {
        coming.push(page(connection, limiter, parent.clone(), ids));
        waiting.push(Row::ForParent);
    }
    hear(connection, limiter, coming, waiting).await
}

/// Takes what comes, as long as something does. `waiting` has the row of each call.
async fn hear<'a>(
    connection: &'a Connection,
    limiter: &Limiter,
    mut coming: FuturesUnordered<Coming<'a>>,
    mut waiting: Vec<Row>,
) -> Names {
    let mut names = Names::default();
    while let Ok(heard) = timeout(PATIENCE, coming.next()).await {
        let Some((row, heard)) = heard else {
            return names;
        };
        if let Some(at) = waiting.iter().position(|it| *it == row) {
            waiting.swap_remove(at);
        }
        match heard {
            Heard::Roots(Ok(roots)) => names.roots = roots,
            Heard::Unit(parent, Ok(unit)) => names.units.push(below(&parent, unit)),
            Heard::Roots(Err(error)) | Heard::Unit(_, Err(error)) => names.unread.push(error),
            Heard::Page(parent, mut ids, page) => {
                for found in page {
                    if let Some(at) = ids.iter().position(|id| *id == found.id) {
                        ids.swap_remove(at);
                        names.units.push(below(&parent, found));
                    }
                }
                waiting.extend(ids.iter().map(|_| Row::Unit));
                let rest = ids.into_iter();
                coming.extend(rest.map(|id| unit(connection, limiter, parent.clone(), id)));
            }
        }
    }
    names
        .unread
        .extend(waiting.into_iter().map(|row| late(row, limiter)));
    names
}

/// Why an answer has not come.
fn late(row: Row, limiter: &Limiter) -> OrgError {
    let operation = match row {
        Row::Roots => "ListRoots",
        Row::Unit => "DescribeOrganizationalUnit",
        _ => "ListOrganizationalUnitsForParent",
    };
    let (kind, message) = if limiter.is_slowed(row) {
        let message = "the service is busy with too many requests";
        (ErrorKind::Throttled, message)
    } else {
        (ErrorKind::Network, "no answer came in time")
    };
    OrgError::new(kind, message).during(operation)
}

/// That this OU is there.
pub(super) fn below(parent: &str, unit: OrganizationalUnit) -> Observation {
    Observation::OrganizationalUnit {
        unit,
        parent: parent.to_owned(),
    }
}
