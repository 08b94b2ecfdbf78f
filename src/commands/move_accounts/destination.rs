//! Where to move to: an OU or the root, by its id or by the names that lead to it.

use std::collections::BTreeMap;

use super::super::places::Places;
use crate::org::{ErrorKind, OrgError, OrganizationalUnit};

/// How many OUs an error names.
const SHOWN: usize = 10;

/// What `--to` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    /// `ou-…` or `r-…`
    Id(String),
    /// What follows the first `/`: names, with `/` between them.
    Names(String),
}

impl To {
    /// # Errors
    /// [`ErrorKind::Usage`] for what is neither.
    pub(super) fn parse(text: &str) -> Result<Self, OrgError> {
        if let Some(names) = text.strip_prefix('/') {
            return Ok(Self::Names(names.to_owned()));
        }
        let id = text.trim();
        let known = id.starts_with("ou-") || id.starts_with("r-");
        if known && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Ok(Self::Id(id.to_owned()));
        }
        let message = format!("{text:?} is neither the id of an OU or root nor a path");
        let hint = "--to takes ou-…, r-…, or names such as /Workloads/Prod, with / for the root";
        Err(OrgError::new(ErrorKind::Usage, message).with_hint(hint))
    }
}

/// The id of what is meant.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is no such OU, naming what is there instead, or more than
/// one; and whatever a reading can fail with.
pub(super) async fn find(places: &mut Places<'_>, to: &To) -> Result<String, OrgError> {
    match to {
        To::Id(id) if *id == places.root().id => Ok(id.clone()),
        To::Id(id) if id.starts_with("r-") => {
            let message = format!("there is no root {id}: the root is {}", places.root().id);
            Err(OrgError::new(ErrorKind::NotFound, message))
        }
        To::Id(id) => match places.learn(id).await {
            Ok(()) => Ok(id.clone()),
            Err(error) if error.kind == ErrorKind::NotFound => {
                let message = format!("there is no OU {id} in this organization");
                Err(OrgError::new(ErrorKind::NotFound, message))
            }
            Err(error) => Err(error),
        },
        To::Names(names) => by_names(places, names).await,
    }
}

/// Names may themselves hold `/`, so every way to split the path is tried, level by level.
async fn by_names(places: &mut Places<'_>, names: &str) -> Result<String, OrgError> {
    let root = places.root().id.clone();
    let mut open = vec![(root, names.to_owned())];
    let mut children = BTreeMap::new();
    let (mut found, mut ends) = (Vec::new(), Vec::new());
    while let Some((node, rest)) = open.pop() {
        // `/` alone is the root, and one at the end says nothing.
        if rest.is_empty() {
            found.push(node);
            continue;
        }
        if !children.contains_key(&node) {
            children.insert(node.clone(), places.children(&node).await?);
        }
        let below = ways(&children[&node], &rest);
        if below.is_empty() {
            ends.push((node, rest));
        }
        open.extend(below);
    }
    found.sort();
    found.dedup();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(not_found(places, &children, ends)),
        several => {
            let message = format!("/{names} can mean any of {}", several.join(", "));
            let error = OrgError::new(ErrorKind::NotFound, message);
            Err(error.with_hint("give the id of the one that is meant"))
        }
    }
}

/// The children whose names the path can go on with, each with what is left of the path then.
fn ways(children: &[OrganizationalUnit], rest: &str) -> Vec<(String, String)> {
    let ways = children.iter().filter_map(|child| {
        let name = child.name.as_deref().filter(|name| !name.is_empty())?;
        let after = rest.strip_prefix(name)?;
        let left = match after.strip_prefix('/') {
            Some(left) => left,
            None if after.is_empty() => after,
            None => return None,
        };
        Some((child.id.clone(), left.to_owned()))
    });
    ways.collect()
}

/// Says where the longest way ended, and what there is.
fn not_found(
    places: &Places<'_>,
    children: &BTreeMap<String, Vec<OrganizationalUnit>>,
    ends: Vec<(String, String)>,
) -> OrgError {
    let longest = ends.into_iter().min_by_key(|(_, rest)| rest.len());
    let (node, rest) = longest.unwrap_or_default();
    let mut names: Vec<_> = children.get(&node).into_iter().flatten().collect();
    names.sort_by_key(|unit| (&unit.name, &unit.id));
    let more = names.len().saturating_sub(SHOWN);
    let names = names.into_iter().take(SHOWN);
    let mut names: Vec<_> = names
        .map(|unit| unit.name.clone().unwrap_or_else(|| unit.id.clone()))
        .collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let place = places.name(&node);
    let message = format!("there is no OU {rest:?} in {place} ({node})");
    let error = OrgError::new(ErrorKind::NotFound, message);
    match names.as_slice() {
        [] => error.with_hint("it contains no OUs"),
        names => error.with_hint(format!("it contains {}", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_an_id_or_names_behind_a_slash() {
        let id = |id: &str| Ok(To::Id(id.to_owned()));
        let names = |names: &str| Ok(To::Names(names.to_owned()));
        assert_eq!(To::parse("ou-ab12-cdefghij"), id("ou-ab12-cdefghij"));
        assert_eq!(To::parse("r-ab12"), id("r-ab12"));
        assert_eq!(To::parse("/"), names(""));
        assert_eq!(To::parse("/Data & AI/ou-1"), names("Data & AI/ou-1"));
        for wrong in [
            "",
            "Workloads",
            "ou-ab12/x",
            "Root / Workloads",
            "123456789012",
        ] {
            assert_eq!(
                To::parse(wrong).unwrap_err().kind,
                ErrorKind::Usage,
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_name_that_holds_a_slash_is_one_of_the_ways() {
        let unit = |id: &str, name: &str| OrganizationalUnit {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            ..OrganizationalUnit::default()
        };
        let children = [
            unit("ou-1", "A"),
            unit("ou-2", "A/B"),
            unit("ou-3", "A/"),
            unit("ou-4", ""),
            unit("ou-5", "a"),
        ];
        let ids = |rest| {
            let ways = ways(&children, rest).into_iter();
            ways.map(|(id, left)| format!("{id}:{left}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(ids("A/B/C"), ["ou-1:B/C", "ou-2:C"]);
        assert_eq!(ids("A"), ["ou-1:"]);
        assert_eq!(ids("A/"), ["ou-1:", "ou-3:"]);
        assert!(ids("AB").is_empty());
    }
}
