//! Where something is in the organization, and what is there: what a command reads to find an OU by
//! its names, and to name what it has found. Paced and repeated like all reads.

use super::job::{Answer as Found, Ask};
use super::limiter::Limiter;
use super::{Connection, read};
use crate::org::{OrgError, OrganizationalUnit, Root};

/// The roots, of which there is one.
///
/// # Errors
/// Whatever a listing can fail with.
pub async fn roots(connection: &Connection, limiter: &Limiter) -> Result<Vec<Root>, OrgError> {
    let mut roots = Vec::new();
    read::pages(connection, limiter, Ask::Roots, |answer| {
        if let Found::Roots(page) = answer {
            roots.extend(page.items);
        }
        true
    })
    .await?;
    Ok(roots)
}

/// The OUs directly below a root or OU.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::org::ErrorKind::NotFound) where the parent is not there, and
/// whatever else a listing can fail with.
pub async fn child_units(
    connection: &Connection,
    limiter: &Limiter,
    parent: &str,
) -> Result<Vec<OrganizationalUnit>, OrgError> {
    let found = read::units_in(connection, limiter, parent).await?;
    Ok(found.into_iter().map(|found| found.unit).collect())
}

/// Some of the OUs directly below a root or OU: those of the first page that has any, which takes
/// one call, or a few where the service sends empty pages.
///
/// # Errors
/// As those of [`child_units`].
pub async fn first_child_units(
    connection: &Connection,
    limiter: &Limiter,
    parent: &str,
) -> Result<Vec<OrganizationalUnit>, OrgError> {
    let mut units = Vec::new();
    let ask = Ask::Units(parent.to_owned());
    read::pages(connection, limiter, ask, |answer| {
        if let Found::Units(page) = answer {
            units.extend(page.items.into_iter().map(|found| found.unit));
        }
        units.is_empty()
    })
    .await?;
    Ok(units)
}

/// An OU, and the ids from the root down to its parent where the service sends its `Path`.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::org::ErrorKind::NotFound) where it is not there, and whatever
/// else a call can fail with.
pub async fn describe_unit(
    connection: &Connection,
    limiter: &Limiter,
    id: &str,
) -> Result<(OrganizationalUnit, Vec<String>), OrgError> {
    let found = read::unit(connection, limiter, id).await?;
    Ok((found.unit, found.ancestors))
}

/// Id of the root or OU that directly contains an account or OU.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::org::ErrorKind::NotFound) where it is not there, and whatever
/// else a call can fail with.
pub async fn parent_of(
    connection: &Connection,
    limiter: &Limiter,
    child: &str,
) -> Result<String, OrgError> {
    let parent = read::parent(connection, limiter, child).await?;
    Ok(parent.id)
}

/// Id of the organization that the ARN of an account or OU names:
/// `arn:aws:organizations::111122223333:account/o-exampleorg1/222222222222`.
pub(super) fn organization_in(arn: Option<&str>) -> Option<&str> {
    let mut parts = arn?.split('/');
    parts.find(|part| part.starts_with("o-"))
}
