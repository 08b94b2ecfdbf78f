//! The names of the OUs on the way to what was found.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use crate::aws::{self, Connection, Limiter};
use crate::org::{Observation, OrganizationalUnit};

/// Of the OUs on the ways, only the first is described, which is nearest to the root. AWS allows two
/// calls of `DescribeOrganizationalUnit` at once, then two a second, less what keeps us from being
/// refused; of `ListOrganizationalUnitsForParent` eight at once, and its first page nearly always
/// has the one that is looked for. Near the root an OU most likely has more siblings than a page.
const DESCRIBED: usize = 1;

/// Reads the names of these OUs, which are in this order on the ways down from the root, all at
/// once. `ways` are ids from the root down, one way after the other. What cannot be read has no
/// name.
pub(super) async fn read(
    connection: &Connection,
    limiter: &Limiter,
    ways: &[String],
    wanted: &BTreeSet<&String>,
) -> Vec<Observation> {
    let mut seen = BTreeSet::new();
    let steps = ways.iter().zip(ways.iter().skip(1));
    let mut steps = steps.filter(|(_, id)| wanted.contains(id) && seen.insert(*id));
    let described: Vec<_> = steps.by_ref().take(DESCRIBED).collect();
    let mut listed: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (parent, id) in steps {
        listed.entry(parent).or_default().push(id);
    }
    let describe = async |parent: &String, id: &String| {
        let read = aws::describe_unit(connection, limiter, id).await;
        read.ok().map(|(unit, _)| below(parent, unit))
    };
    let list = async |(parent, ids): (&String, Vec<&String>)| {
        let page = aws::first_child_units(connection, limiter, parent).await;
        let page = page.unwrap_or_default();
        let named = ids
            .into_iter()
            .map(async |id| match page.iter().find(|unit| unit.id == *id) {
                Some(unit) => Some(below(parent, unit.clone())),
                None => describe(parent, id).await,
            });
        join_all(named).await
    };
    let described = join_all(
        described
            .into_iter()
            .map(|(parent, id)| describe(parent, id)),
    );
    let listed = join_all(listed.into_iter().map(list));
    let (described, listed) = tokio::join!(described, listed);
    let all = described.into_iter().chain(listed.into_iter().flatten());
    all.flatten().collect()
}

/// That this OU is there.
pub(super) fn below(parent: &str, unit: OrganizationalUnit) -> Observation {
    Observation::OrganizationalUnit {
        unit,
        parent: parent.to_owned(),
    }
}
