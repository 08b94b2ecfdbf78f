//! The operations that read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::StatusFields;
use super::error::ApiError;
use super::governance::FeatureSet;
use super::operations::Request;
use super::organization::{Account, Unit};
use super::paging::Cursor;
use super::parameters::is_unit_id;

type Answer = Result<Value, ApiError>;

#[expect(
    clippy::unnecessary_wraps,
    reason = "the type of a row in the table of operations"
)]
pub(super) fn describe_organization(request: &mut Request<'_>) -> Answer {
    let organization = &request.organization;
    let management = &organization.management_account;
    let email = organization.account(management).map(|a| a.email.as_str());
    // The service has said for years not to use this member, which knows one type only.
    let available = match organization.feature_set() {
        FeatureSet::All => json!([{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }]),
        FeatureSet::ConsolidatedBilling => json!([]),
    };
    Ok(json!({ "Organization": {
        "Id": organization.id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{}", organization.id),
        "FeatureSet": organization.feature_set().as_str(),
        "MasterAccountArn": organization.arn("account", management),
        "MasterAccountId": management,
        "MasterAccountEmail": email,
        "AvailablePolicyTypes": available,
    } }))
}

pub(super) fn describe_account(request: &mut Request<'_>) -> Answer {
    let id = request.parameters.account_id("AccountId")?;
    let account = request.organization.account(id);
    let account = account.ok_or_else(ApiError::account_not_found)?;
    Ok(json!({ "Account": request.account_json(account) }))
}

pub(super) fn describe_organizational_unit(request: &mut Request<'_>) -> Answer {
    let parameters = &request.parameters;
    let id = parameters.matching("OrganizationalUnitId", is_unit_id)?;
    let unit = request.organization.unit(id);
    let unit = unit.ok_or_else(ApiError::unit_not_found)?;
    Ok(json!({ "OrganizationalUnit": request.unit_json(unit) }))
}

pub(super) fn list_roots(request: &mut Request<'_>) -> Answer {
    let organization = &request.organization;
    let types = organization.policy_types();
    let types = types.map(|kind| json!({ "Type": kind.as_str(), "Status": "ENABLED" }));
    let root = json!({
        "Id": organization.root_id,
        "Arn": organization.arn("root", &organization.root_id),
        "Name": "Root",
        "PolicyTypes": types.collect::<Vec<Value>>(),
    });
    let roots = BTreeMap::from([(1, root)]);
    let (roots, next) = request.cursor("")?.page(&roots);
    Ok(with_token(json!({ "Roots": roots }), next))
}

pub(super) fn list_accounts(request: &mut Request<'_>) -> Answer {
    let index = request.organization.account_index();
    let (ids, next) = request.cursor("")?.page(index);
    Ok(with_token(
        json!({ "Accounts": request.accounts_json(ids) }),
        next,
    ))
}

pub(super) fn list_accounts_for_parent(request: &mut Request<'_>) -> Answer {
    let parent = request.parent()?;
    let (ids, next) = request.cursor(&parent.id)?.page(&parent.accounts);
    Ok(with_token(
        json!({ "Accounts": request.accounts_json(ids) }),
        next,
    ))
}

pub(super) fn list_organizational_units_for_parent(request: &mut Request<'_>) -> Answer {
    let parent = request.parent()?;
    let (ids, next) = request.cursor(&parent.id)?.page(&parent.units);
    let units = ids
        .into_iter()
        .filter_map(|id| request.organization.unit(id));
    let units: Vec<Value> = units.map(|unit| request.unit_json(unit)).collect();
    Ok(with_token(json!({ "OrganizationalUnits": units }), next))
}

pub(super) fn list_children(request: &mut Request<'_>) -> Answer {
    let kinds = ["ACCOUNT", "ORGANIZATIONAL_UNIT"];
    let kind = request.parameters.one_of("ChildType", &kinds)?;
    let parent = request.parent()?;
    let index = match kind {
        "ACCOUNT" => &parent.accounts,
        _ => &parent.units,
    };
    let (ids, next) = request
        .cursor(&format!("{} {kind}", parent.id))?
        .page(index);
    let child = |id| json!({ "Id": id, "Type": kind });
    let children: Vec<Value> = ids.into_iter().map(child).collect();
    Ok(with_token(json!({ "Children": children }), next))
}

pub(super) fn list_parents(request: &mut Request<'_>) -> Answer {
    let is_child_id = |id: &str| super::caller::is_account_id(id) || is_unit_id(id);
    let child = request.parameters.matching("ChildId", is_child_id)?;
    let organization = &request.organization;
    let of_account = organization.account(child).map(|a| a.parent.as_str());
    let of_unit = organization.unit(child).and_then(|u| u.parent.as_deref());
    let parent = of_account.or(of_unit).ok_or_else(|| {
        ApiError::new(
            "ChildNotFoundException",
            "No OU or account with this ChildId is in the organization.",
        )
    })?;
    let kind = if parent == organization.root_id {
        "ROOT"
    } else {
        "ORGANIZATIONAL_UNIT"
    };
    let parents = BTreeMap::from([(1, json!({ "Id": parent, "Type": kind }))]);
    let (parents, next) = request.cursor(child)?.page(&parents);
    Ok(with_token(json!({ "Parents": parents }), next))
}

impl Request<'_> {
    /// The root or OU that the parameter `ParentId` names.
    fn parent(&self) -> Result<&Unit, ApiError> {
        let id = self.parameters.parent_id("ParentId")?;
        let unit = self.organization.unit(id);
        unit.ok_or_else(ApiError::parent_not_found)
    }

    /// The page that is asked for of the listing that `scope` tells from others of the operation.
    pub(super) fn cursor(&self, scope: &str) -> Result<Cursor, ApiError> {
        self.cursor_of_size(scope, self.parameters.max_results()?)
    }

    /// As [`Request::cursor`], whatever `MaxResults` says.
    pub(super) fn cursor_of_size(
        &self,
        scope: &str,
        max_results: Option<usize>,
    ) -> Result<Cursor, ApiError> {
        Cursor::new(
            &format!("{} {scope}", self.operation),
            self.parameters.optional("NextToken")?,
            max_results,
            self.bent,
            self.settings.empty_pages,
        )
    }

    pub(super) fn accounts_json(&self, ids: Vec<&String>) -> Vec<Value> {
        let accounts = ids
            .into_iter()
            .filter_map(|id| self.organization.account(id));
        accounts.map(|account| self.account_json(account)).collect()
    }

    pub(super) fn account_json(&self, account: &Account) -> Value {
        let organization = &self.organization;
        let mut json = json!({
            "Id": account.id,
            "Arn": organization.arn("account", &account.id),
            "Email": account.email,
            "Name": account.name,
            "JoinedMethod": account.joined_method.as_str(),
            "JoinedTimestamp": epoch_seconds(account.joined),
        });
        let state = organization.state_at(&account.id, self.now);
        let state = state.unwrap_or(account.state);
        if self.settings.status_fields != StatusFields::StatusOnly {
            json["State"] = state.as_str().into();
        }
        if self.settings.status_fields != StatusFields::StateOnly {
            json["Status"] = state.legacy_status().into();
        }
        if self.settings.paths {
            json["Paths"] = json!([self.path(&account.parent, Some(&account.id))]);
        }
        json
    }

    pub(super) fn unit_json(&self, unit: &Unit) -> Value {
        let mut json = json!({
            "Id": unit.id,
            "Arn": self.organization.arn("ou", &unit.id),
            "Name": unit.name,
        });
        if self.settings.paths {
            json["Path"] = self.path(&unit.id, None).into();
        }
        json
    }

    /// Ids from the organization down to the item itself, each followed by a slash.
    pub(super) fn path(&self, unit: &str, account: Option<&str>) -> String {
        let mut path = format!("{}/", self.organization.id);
        for id in self.organization.chain(unit).into_iter().chain(account) {
            path.push_str(id);
            path.push('/');
        }
        path
    }
}

/// The answer of a listing, with the token of its next page where there is one.
pub(super) fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(token) = next {
        answer["NextToken"] = token.into();
    }
    answer
}

/// A time as AWS JSON has it: seconds since 1970, with a fraction.
pub(super) fn epoch_seconds(time: Timestamp) -> f64 {
    time.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}
