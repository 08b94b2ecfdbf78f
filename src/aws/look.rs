//! Answers to questions about one thing.

use aws_sdk_organizations::types;
use tokio::sync::mpsc;

use super::Connection;
use super::call;
use super::convert::timestamp;
use super::error::from_sdk;
use super::limiter::{Limiter, Row};
use super::listing::Listing;
use crate::org::{
    DelegatedAdministrator, Document, EffectivePolicy, EnabledService, Finding, OrgError, Policy,
    Question, Tag, Target, ValidationError,
};

/// The answer to a question, read now. What is simply not there is an answer: nothing of a type that
/// is not enabled is attached, an account may have no effective policy, and one that is no delegated
/// administrator is it for no service.
///
/// # Errors
/// Whatever a call or a listing can fail with; of what was denied, [`OrgError::permission`] names
/// the permission.
pub async fn answer(
    connection: &Connection,
    limiter: &Limiter,
    question: &Question,
) -> Result<Finding, OrgError> {
    match question {
        Question::Attached { node, policy_type } => {
            let found = attached(connection, limiter, node, policy_type).await;
            found.map(Finding::Attached)
        }
        Question::Tags(id) => tags(connection, limiter, id).await.map(Finding::Tags),
        Question::Document(id) => {
            let found = document(connection, limiter, id).await;
            found.map(Finding::Document)
        }
        Question::Targets(id) => {
            let found = targets(connection, limiter, id, None).await;
            found.map(Finding::Targets)
        }
        Question::EffectivePolicy {
            account,
            policy_type,
        } => {
            let found = effective_policy(connection, limiter, account, policy_type).await;
            found.map(Finding::EffectivePolicy)
        }
        Question::ValidationErrors {
            account,
            policy_type,
        } => {
            let found = validation_errors(connection, limiter, account, policy_type).await;
            found.map(Finding::ValidationErrors)
        }
        Question::DelegatedAdministrators => {
            let found = delegated_administrators(connection, limiter).await;
            found.map(Finding::DelegatedAdministrators)
        }
        Question::DelegatedServices(account) => {
            match delegated_services(connection, limiter, account).await {
                Err(error) if is_no_administrator(&error) => Ok(Vec::new()),
                found => found,
            }
            .map(Finding::DelegatedServices)
        }
        Question::TrustedAccess => {
            let found = trusted_access(connection, limiter).await;
            found.map(Finding::TrustedAccess)
        }
    }
}

/// The same as [`answer`], telling page by page what the policy of a [`Question::Targets`] is attached
/// to: `ListTargetsForPolicy` gives 20 at a time, and of `FullAWSAccess` there are as many as the
/// organization has accounts and OUs. Whoever drops the other end hears the answer only.
///
/// # Errors
/// The same.
pub async fn answer_telling(
    connection: &Connection,
    limiter: &Limiter,
    question: &Question,
    pages: mpsc::Sender<Vec<Target>>,
) -> Result<Finding, OrgError> {
    match question {
        Question::Targets(id) => {
            let found = targets(connection, limiter, id, Some(&pages)).await;
            found.map(Finding::Targets)
        }
        question => answer(connection, limiter, question).await,
    }
}

/// What of this type is attached directly to a root, an OU or an account, without content.
pub(super) async fn attached(
    connection: &Connection,
    limiter: &Limiter,
    node: &str,
    policy_type: &str,
) -> Result<Vec<Policy>, OrgError> {
    const OPERATION: &str = "ListPoliciesForTarget";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::Policies, OPERATION, Some(node));
    let found = listing.all(|token| {
        let call = client.list_policies_for_target().target_id(node);
        let call = call.filter(types::PolicyType::from(policy_type));
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let convert = |summary| policy(summary, policy_type);
            Ok(call::page(out.policies, out.next_token, convert))
        }
    });
    match found.await {
        Err(error) if is_without_such_policies(&error) => Ok(Vec::new()),
        answer => answer,
    }
}

/// Where a type is not enabled, nothing of it is attached.
pub(super) fn is_without_such_policies(error: &OrgError) -> bool {
    matches!(
        error.code.as_str(),
        "PolicyTypeNotEnabledException" | "PolicyTypeNotAvailableForOrganizationException"
    )
}

pub(super) fn policy(summary: types::PolicySummary, policy_type: &str) -> Option<Policy> {
    let kind = summary.r#type.as_ref().map(types::PolicyType::as_str);
    Some(Policy {
        id: summary.id?,
        name: summary.name.unwrap_or_default(),
        policy_type: kind.unwrap_or(policy_type).to_owned(),
        aws_managed: summary.aws_managed,
        denies_everything: false,
    })
}

pub(super) async fn tags(
    connection: &Connection,
    limiter: &Limiter,
    id: &str,
) -> Result<Vec<Tag>, OrgError> {
    const OPERATION: &str = "ListTagsForResource";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::Tags, OPERATION, Some(id));
    let tags = listing.all(|token| {
        let call = client.list_tags_for_resource().resource_id(id);
        let call = call.set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let tag = |tag: types::Tag| {
                Some(Tag {
                    key: tag.key,
                    value: tag.value,
                })
            };
            Ok(call::page(out.tags, out.next_token, tag))
        }
    });
    tags.await
}

pub(super) async fn document(
    connection: &Connection,
    limiter: &Limiter,
    id: &str,
) -> Result<Document, OrgError> {
    const OPERATION: &str = "DescribePolicy";
    let client = connection.single_attempts();
    let question = Listing::new(limiter, Row::Policy, OPERATION, Some(id));
    let found = question.one(|| {
        let call = client.describe_policy().policy_id(id).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let content = |policy: types::Policy| Some((policy.policy_summary, policy.content?));
            let found = out.policy.and_then(content);
            found.ok_or_else(|| call::unreadable(OPERATION))
        }
    });
    let (summary, content) = found.await?;
    let mut summary = summary.unwrap_or_else(|| types::PolicySummary::builder().build());
    let description = summary.description.take().unwrap_or_default();
    summary.id.get_or_insert_with(|| id.to_owned());
    Ok(Document {
        policy: policy(summary, "").unwrap_or_default(),
        description,
        content,
    })
}

pub(super) async fn targets(
    connection: &Connection,
    limiter: &Limiter,
    policy: &str,
    tell: Option<&mpsc::Sender<Vec<Target>>>,
) -> Result<Vec<Target>, OrgError> {
    const OPERATION: &str = "ListTargetsForPolicy";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::Policies, OPERATION, Some(policy));
    let page = |token| {
        let call = client.list_targets_for_policy().policy_id(policy);
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let target = |target: types::PolicyTargetSummary| {
                let kind = target.r#type.as_ref().map(types::TargetType::as_str);
                Some(Target {
                    id: target.target_id?,
                    name: target.name.unwrap_or_default(),
                    kind: kind.unwrap_or_default().to_owned(),
                })
            };
            Ok(call::page(out.targets, out.next_token, target))
        }
    };
    let (mut targets, mut pages) = (Vec::new(), listing.pages());
    while let Some(read) = pages.next(page).await? {
        if let Some(tell) = tell {
            let _ = tell.send(read.clone()).await;
        }
        targets.extend(read);
    }
    Ok(targets)
}

async fn effective_policy(
    connection: &Connection,
    limiter: &Limiter,
    account: &str,
    policy_type: &str,
) -> Result<Option<EffectivePolicy>, OrgError> {
    const OPERATION: &str = "DescribeEffectivePolicy";
    let client = connection.single_attempts();
    let question = Listing::new(limiter, Row::EffectivePolicies, OPERATION, Some(account));
    let found = question.one(|| {
        let call = client.describe_effective_policy().target_id(account);
        let call = call.policy_type(types::EffectivePolicyType::from(policy_type));
        let call = call.send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let policy = |policy: types::EffectivePolicy| {
                let updated_at = policy.last_updated_timestamp.as_ref();
                Some(EffectivePolicy {
                    updated_at: updated_at.and_then(timestamp),
                    content: policy.policy_content?,
                })
            };
            let found = out.effective_policy.and_then(policy);
            found.ok_or_else(|| call::unreadable(OPERATION))
        }
    });
    match found.await {
        Err(error) if has_no_effective_policy(&error) => Ok(None),
        found => found.map(Some),
    }
}

/// Also where the type is not enabled. Source: the exception's text in the API model.
fn has_no_effective_policy(error: &OrgError) -> bool {
    error.code == "EffectivePolicyNotFoundException"
}

async fn validation_errors(
    connection: &Connection,
    limiter: &Limiter,
    account: &str,
    policy_type: &str,
) -> Result<Vec<ValidationError>, OrgError> {
    const OPERATION: &str = "ListEffectivePolicyValidationErrors";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::EffectivePolicies, OPERATION, Some(account));
    let errors = listing.all(|token| {
        let call = client.list_effective_policy_validation_errors();
        let call = call.account_id(account);
        let call = call.policy_type(types::EffectivePolicyType::from(policy_type));
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let error = |error: types::EffectivePolicyValidationError| {
                Some(ValidationError {
                    code: error.error_code.unwrap_or_default(),
                    message: error.error_message.unwrap_or_default(),
                    path: error.path_to_error.unwrap_or_default(),
                    policies: error.contributing_policies.unwrap_or_default(),
                })
            };
            let errors = out.effective_policy_validation_errors;
            Ok(call::page(errors, out.next_token, error))
        }
    });
    match errors.await {
        Err(error) if has_no_effective_policy(&error) => Ok(Vec::new()),
        answer => answer,
    }
}

pub(super) async fn delegated_administrators(
    connection: &Connection,
    limiter: &Limiter,
) -> Result<Vec<DelegatedAdministrator>, OrgError> {
    const OPERATION: &str = "ListDelegatedAdministrators";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::DelegatedAdministrators, OPERATION, None);
    let administrators = listing.all(|token| {
        let call = client.list_delegated_administrators();
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let convert = |found: types::DelegatedAdministrator| {
                let since = found.delegation_enabled_date.as_ref();
                Some(DelegatedAdministrator {
                    since: since.and_then(timestamp),
                    account: found.id?,
                    name: found.name.unwrap_or_default(),
                })
            };
            let administrators = out.delegated_administrators;
            Ok(call::page(administrators, out.next_token, convert))
        }
    });
    administrators.await
}

/// Refused with [`is_no_administrator`] for an account that is none.
pub(super) async fn delegated_services(
    connection: &Connection,
    limiter: &Limiter,
    account: &str,
) -> Result<Vec<EnabledService>, OrgError> {
    const OPERATION: &str = "ListDelegatedServicesForAccount";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::ServiceAccess, OPERATION, Some(account));
    let services = listing.all(|token| {
        let call = client.list_delegated_services_for_account();
        let call = call.account_id(account).max_results(call::PAGE);
        let call = call.set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let convert = |service: types::DelegatedService| {
                let since = service.delegation_enabled_date.as_ref();
                enabled(service.service_principal, since)
            };
            let services = out.delegated_services;
            Ok(call::page(services, out.next_token, convert))
        }
    });
    services.await
}

/// Whether the account is no delegated administrator at all.
pub(super) fn is_no_administrator(error: &OrgError) -> bool {
    error.code == "AccountNotRegisteredException"
}

pub(super) async fn trusted_access(
    connection: &Connection,
    limiter: &Limiter,
) -> Result<Vec<EnabledService>, OrgError> {
    const OPERATION: &str = "ListAWSServiceAccessForOrganization";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::ServiceAccess, OPERATION, None);
    let services = listing.all(|token| {
        let call = client.list_aws_service_access_for_organization();
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let convert = |service: types::EnabledServicePrincipal| {
                enabled(service.service_principal, service.date_enabled.as_ref())
            };
            let services = out.enabled_service_principals;
            Ok(call::page(services, out.next_token, convert))
        }
    });
    services.await
}

fn enabled(
    principal: Option<String>,
    since: Option<&aws_smithy_types::DateTime>,
) -> Option<EnabledService> {
    Some(EnabledService {
        principal: principal?,
        since: since.and_then(timestamp),
    })
}
