//! The operations that create, rename and delete OUs.

use serde_json::{Value, json};

use super::error::ApiError;
use super::governance::TAGS_MAX;
use super::operations::Request;
use super::organization::{OU_DEPTH_MAX, OUS_MAX, Organization};
use super::parameters::is_unit_id;

type Answer = Result<Value, ApiError>;

pub(super) fn create_organizational_unit(request: &mut Request<'_>) -> Answer {
    let parent = request.parameters.parent_id("ParentId")?.to_owned();
    let name = request.parameters.text("Name", 1, 128)?.to_owned();
    let tags = new_tags(request)?;
    let organization = &mut *request.organization;
    if organization.unit(&parent).is_none() {
        return Err(ApiError::parent_not_found());
    }
    if is_taken(organization, &parent, &name, None) {
        return Err(duplicate());
    }
    if organization.chain(&parent).len() > OU_DEPTH_MAX {
        let why = "OUs cannot be nested any deeper.";
        return Err(ApiError::constraint("OU_DEPTH_LIMIT_EXCEEDED", why));
    }
    if organization.units().len() > OUS_MAX {
        let why = "The organization has as many OUs as it may have.";
        return Err(ApiError::constraint("OU_NUMBER_LIMIT_EXCEEDED", why));
    }
    let id = organization.add_unit(&parent, name);
    organization.set_tags(&id, tags);
    request.unit_answer(&id)
}

/// Without a name, which the API model permits, nothing changes.
pub(super) fn update_organizational_unit(request: &mut Request<'_>) -> Answer {
    let id = request.parameters.unit_id()?.to_owned();
    let name = match request.parameters.optional("Name")? {
        Some(_) => Some(request.parameters.text("Name", 1, 128)?.to_owned()),
        None => None,
    };
    let organization = &mut *request.organization;
    let unit = organization
        .unit(&id)
        .ok_or_else(ApiError::unit_not_found)?;
    if let Some(name) = name {
        let parent = unit.parent.clone().unwrap_or_default();
        if is_taken(organization, &parent, &name, Some(&id)) {
            return Err(duplicate());
        }
        organization.rename_unit(&id, name);
    }
    request.unit_answer(&id)
}

/// Closed accounts stay in their OU for 90 days, and keep it from being deleted as others do.
pub(super) fn delete_organizational_unit(request: &mut Request<'_>) -> Answer {
    let id = request.parameters.unit_id()?;
    let organization = &mut *request.organization;
    let unit = organization.unit(id).ok_or_else(ApiError::unit_not_found)?;
    if !unit.units.is_empty() || !unit.accounts.is_empty() {
        return Err(ApiError::new(
            "OrganizationalUnitNotEmptyException",
            "The OU contains accounts or other OUs.",
        ));
    }
    organization.delete_unit(id);
    Ok(json!({}))
}

impl Request<'_> {
    fn unit_answer(&self, id: &str) -> Answer {
        let unit = self.organization.unit(id);
        let unit = unit.ok_or_else(ApiError::unit_not_found)?;
        Ok(json!({ "OrganizationalUnit": self.unit_json(unit) }))
    }
}

impl super::parameters::Parameters {
    fn unit_id(&self) -> Result<&str, ApiError> {
        self.matching("OrganizationalUnitId", is_unit_id)
    }
}

/// Whether another OU of the parent has this very name. That upper and lower case make a
/// difference is an assumption.
fn is_taken(organization: &Organization, parent: &str, name: &str, own: Option<&str>) -> bool {
    let siblings = organization.unit(parent).into_iter();
    let mut siblings = siblings.flat_map(|unit| unit.units.values());
    siblings.any(|id| {
        let is_named = organization.unit(id).is_some_and(|unit| unit.name == name);
        is_named && own != Some(id.as_str())
    })
}

fn duplicate() -> ApiError {
    ApiError::new(
        "DuplicateOrganizationalUnitException",
        "The parent contains an OU with this Name already.",
    )
}

fn new_tags(request: &Request<'_>) -> Result<Vec<(String, String)>, ApiError> {
    let tags = request.parameters.tags()?;
    for (number, (key, _)) in tags.iter().enumerate() {
        if tags[..number].iter().any(|(earlier, _)| earlier == key) {
            let why = "The Tags have a key twice.";
            return Err(ApiError::invalid_input("DUPLICATE_TAG_KEY", why));
        }
    }
    if tags.len() > TAGS_MAX {
        let why = "There are more Tags than a resource may have.";
        return Err(ApiError::constraint("MAX_TAG_LIMIT_EXCEEDED", why));
    }
    Ok(tags)
}
