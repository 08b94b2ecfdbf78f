//! The operations that read tags, delegated administrators and trusted access.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::caller::is_account_id;
use super::error::ApiError;
use super::governance::FeatureSet;
use super::operations::Request;
use super::parameters::{is_policy_id, is_root_id, is_unit_id};
use super::reads::{epoch_seconds, with_token};

type Answer = Result<Value, ApiError>;

/// The API model gives this operation no `MaxResults`; its pages are taken to be like others.
pub(super) fn list_tags_for_resource(request: &mut Request<'_>) -> Answer {
    let id = request.parameters.matching("ResourceId", |id| {
        is_account_id(id) || is_unit_id(id) || is_root_id(id) || is_policy_id(id)
    })?;
    let organization = &request.organization;
    if !organization.is_target(id) && organization.policy(id).is_none() {
        return Err(ApiError::target_not_found("ResourceId"));
    }
    let tag = |(key, value): &(String, String)| json!({ "Key": key, "Value": value });
    let tags = numbered(organization.tags(id).iter().map(tag));
    let (tags, next) = request.cursor_of_size(id, None)?.page(&tags);
    Ok(with_token(json!({ "Tags": tags }), next))
}

pub(super) fn list_delegated_administrators(request: &mut Request<'_>) -> Answer {
    let principal = request.service_principal()?;
    request.organization.needs_all_features()?;
    let organization = &request.organization;
    let mut administrators = BTreeMap::new();
    for (id, services) in organization.governance.delegations() {
        let mut dates = services
            .iter()
            .filter(|(service, _)| principal.is_none_or(|wanted| wanted == service.as_str()));
        let since = dates.by_ref().map(|(_, since)| *since).min();
        if let (Some(account), Some(since)) = (organization.account(id), since) {
            let mut json = request.account_json(account);
            if let Some(members) = json.as_object_mut() {
                members.remove("Paths");
            }
            json["DelegationEnabledDate"] = epoch_seconds(since).into();
            administrators.insert(account.position, json);
        }
    }
    let cursor = request.cursor(principal.unwrap_or_default())?;
    let (page, next) = cursor.page(&administrators);
    Ok(with_token(json!({ "DelegatedAdministrators": page }), next))
}

pub(super) fn list_delegated_services_for_account(request: &mut Request<'_>) -> Answer {
    let id = request.parameters.account_id("AccountId")?;
    let organization = &request.organization;
    organization.needs_all_features()?;
    if organization.account(id).is_none() {
        return Err(ApiError::account_not_found());
    }
    let services = organization.governance.delegated_services(id);
    let services = services.ok_or_else(|| {
        ApiError::new(
            "AccountNotRegisteredException",
            "The account is not a delegated administrator.",
        )
    })?;
    let services = dated(services, "DelegationEnabledDate");
    let (page, next) = request.cursor(id)?.page(&services);
    Ok(with_token(json!({ "DelegatedServices": page }), next))
}

pub(super) fn list_aws_service_access(request: &mut Request<'_>) -> Answer {
    request.organization.needs_all_features()?;
    let services = &request.organization.governance.service_access;
    let services = dated(services, "DateEnabled");
    let (page, next) = request.cursor("")?.page(&services);
    Ok(with_token(
        json!({ "EnabledServicePrincipals": page }),
        next,
    ))
}

impl super::Organization {
    /// Refuses what consolidated billing alone does not offer. For trusted access and delegated
    /// administrators this is an assumption: their operations have the exception in the API model,
    /// and what makes them answer it is not said.
    pub(super) fn needs_all_features(&self) -> Result<(), ApiError> {
        match self.feature_set() {
            FeatureSet::All => Ok(()),
            FeatureSet::ConsolidatedBilling => Err(ApiError::constraint(
                "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
                "The organization supports only consolidated billing features.",
            )),
        }
    }
}

impl Request<'_> {
    /// The parameter `ServicePrincipal`, where it is given.
    fn service_principal(&self) -> Result<Option<&str>, ApiError> {
        let name = "ServicePrincipal";
        if self.parameters.optional(name)?.is_none() {
            return Ok(None);
        }
        self.parameters.text(name, 1, 128)?;
        let is_valid = |c: char| c.is_alphanumeric() || "_+=,.@-".contains(c);
        let is_valid = |text: &str| text.chars().all(is_valid);
        self.parameters.matching(name, is_valid).map(Some)
    }
}

fn dated(services: &BTreeMap<String, Timestamp>, date: &str) -> BTreeMap<u64, Value> {
    numbered(services.iter().map(
        |(principal, since)| json!({ "ServicePrincipal": principal, date: epoch_seconds(*since) }),
    ))
}

fn numbered(values: impl Iterator<Item = Value>) -> BTreeMap<u64, Value> {
    (1..).zip(values).collect()
}
