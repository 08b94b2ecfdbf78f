//! Which of the program's reads are allowed: each operation tried once, with ids found on the way.

use std::time::Duration;

use aws_sdk_organizations::types::{ChildType, EffectivePolicyType, PolicyType};
use jiff::SignedDuration;

use super::Connection;
use super::config::{caller_or_why, naming_endpoint, organization};
use super::error::from_sdk;
use super::guard::READS;
use super::limiter::{Limiter, Row};
use super::listing::Listing;
use super::service_date::ServiceDate;
use crate::org::{ErrorKind, Identity, OrgError, Organization, is_authorization};

/// One operation, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The API's name for it.
    pub operation: &'static str,
    /// What the program needs it for.
    pub purpose: &'static str,
    /// What came of it.
    pub outcome: Tried,
}

/// What came of trying an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// The service answered, or refused for another reason than a permission.
    Allowed,
    /// The service denied it.
    Denied(OrgError),
    /// Neither: the call failed.
    Failed(OrgError),
    /// It was not sent, for this reason.
    NotTried(String),
}

/// What was found on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probed {
    /// Every operation that only reads, by name.
    pub probes: Vec<Probe>,
    /// How far the machine's clock is ahead of the service's, to the second; `None` where no answer
    /// told its date.
    pub clock_ahead: Option<SignedDuration>,
    /// Whether the caller's account is a delegated administrator; `None` where that cannot be told.
    pub is_delegated: Option<bool>,
}

impl Probed {
    /// Nothing was tried, for this reason.
    #[must_use]
    pub fn not_tried(why: &str) -> Self {
        let probe = |(operation, purpose): &(&'static str, &'static str)| Probe {
            operation,
            purpose,
            outcome: Tried::NotTried(why.to_owned()),
        };
        Self {
            probes: READS.iter().map(probe).collect(),
            ..Self::default()
        }
    }
}

/// Whoever hears nothing for so long hears nothing from a service that is well.
const LIMIT: Duration = Duration::from_secs(5);

/// After so many calls without an answer, the others are not tried.
const SILENT: usize = 3;

/// Who is asking, of which organization, and whether as its delegated administrator: the first of
/// the reads. [`probe`] tries the others.
pub async fn introduce(connection: &Connection, limiter: &Limiter) -> (Identity, Probed) {
    let mut trial = Trial::new(connection, limiter, Probed::not_tried("not reached"));
    let caller = tokio::time::timeout(LIMIT, caller_or_why(connection));
    let (caller, organization) = tokio::join!(caller, trial.organization());
    let caller = caller.unwrap_or_else(|_| Err(no_answer("GetCallerIdentity")));
    let outcome = match &caller {
        Ok(_) => Tried::Allowed,
        Err(error) => judged(error),
    };
    trial.note("GetCallerIdentity", outcome);
    let organization = organization.map_err(|error| naming_endpoint(error, connection));
    let identity = Identity {
        organization,
        caller: caller.ok(),
    };
    if let Some(why) = hopeless(&identity) {
        for probe in &mut trial.found.probes {
            if matches!(probe.outcome, Tried::NotTried(_)) {
                probe.outcome = Tried::NotTried(why.clone());
            }
        }
    } else {
        trial.delegated_services(account_of(&identity)).await;
    }
    (identity, trial.found)
}

/// Tries each read that was not tried yet once, a page of one item at most, at the pace of all
/// calls. Without an organization or a network nothing more is tried.
pub async fn probe(
    connection: &Connection,
    limiter: &Limiter,
    identity: &Identity,
    begun: Probed,
) -> Probed {
    let mut trial = Trial::new(connection, limiter, begun);
    if hopeless(identity).is_none() {
        // Whoever asks may ask about that account at least.
        let account = account_of(identity);
        let (root, policy_type) = trial.root().await;
        trial.places(root.as_deref()).await;
        trial.account(account, policy_type).await;
        trial.policies(root.as_deref()).await;
        trial.delegation().await;
    }
    trial.found
}

/// Why nothing more need be tried.
fn hopeless(identity: &Identity) -> Option<String> {
    match &identity.organization {
        Err(error) if error.kind != ErrorKind::AccessDenied => {
            Some(format!("DescribeOrganization failed: {}", error.message))
        }
        _ => None,
    }
}

/// The caller's account, or one that is known to be there.
fn account_of(identity: &Identity) -> Option<&str> {
    let caller = identity.caller.as_ref();
    let caller = caller.map(|caller| caller.account_id.as_str());
    let organization = identity.organization.as_ref().ok();
    caller.or_else(|| organization?.management_account_id.as_deref())
}

fn no_answer(operation: &'static str) -> OrgError {
    let message = format!("no answer within {} s", LIMIT.as_secs());
    OrgError::new(ErrorKind::Network, message).during(operation)
}

/// Calls an operation with what it needs and gives what is wanted of the answer.
macro_rules! call {
    ($trial:expr, $row:expr, $operation:literal, $($builder:tt)*) => {
        $trial.attempt($row, $operation, || {
            let sent = $($builder)*.send();
            async { sent.await.map_err(|error| from_sdk($operation, &error)) }
        }).await
    };
}

struct Trial<'a> {
    client: &'a aws_sdk_organizations::Client,
    limiter: &'a Limiter,
    found: Probed,
    /// Calls without an answer.
    silent: usize,
}

impl<'a> Trial<'a> {
    fn new(connection: &'a Connection, limiter: &'a Limiter, found: Probed) -> Self {
        Self {
            client: connection.single_attempts(),
            limiter,
            found,
            silent: 0,
        }
    }

    fn note(&mut self, operation: &str, outcome: Tried) {
        let mut probes = self.found.probes.iter_mut();
        if let Some(probe) = probes.find(|probe| probe.operation == operation) {
            probe.outcome = outcome;
        }
    }

    /// Notes for several operations why they were not sent.
    fn skip(&mut self, operations: &[&str], why: &str) {
        for operation in operations {
            self.note(operation, Tried::NotTried(why.to_owned()));
        }
    }

    async fn attempt<T, F: Future<Output = Result<T, OrgError>>>(
        &mut self,
        row: Row,
        operation: &'static str,
        call: impl Fn() -> F,
    ) -> Result<T, OrgError> {
        if self.silent == SILENT {
            let error = no_answer(operation);
            let why = format!("the service does not answer: {}", error.message);
            self.skip(&[operation], &why);
            return Err(error);
        }
        let listing = Listing::new(self.limiter, row, operation, None);
        let answer = tokio::time::timeout(LIMIT, listing.one(call)).await;
        let answer = answer.unwrap_or_else(|_| {
            self.silent += 1;
            Err(no_answer(operation))
        });
        let outcome = match &answer {
            Ok(_) => Tried::Allowed,
            Err(error) => judged(error),
        };
        self.note(operation, outcome);
        answer
    }

    async fn organization(&mut self) -> Result<Organization, OrgError> {
        let date = ServiceDate::default();
        let client = self.client;
        let answer = call!(
            self,
            Row::Organization,
            "DescribeOrganization",
            client
                .describe_organization()
                .customize()
                .interceptor(date.clone())
        );
        self.found.clock_ahead = date.clock_ahead();
        organization(answer?)
    }

    /// Gives the root's id, and an enabled type of policy that has effective policies.
    async fn root(&mut self) -> (Option<String>, Option<EffectivePolicyType>) {
        let client = self.client;
        let call = call!(
            self,
            Row::Roots,
            "ListRoots",
            client.list_roots().max_results(1)
        );
        let root = call.ok().and_then(|answer| answer.roots?.pop());
        let Some(root) = root else {
            return (None, None);
        };
        let mut types = root.policy_types.into_iter().flatten();
        let has_effective = |kind: &PolicyType| !is_authorization(kind.as_str());
        let policy_type = types.find_map(|summary| summary.r#type.filter(has_effective));
        let policy_type = policy_type.map(|kind| EffectivePolicyType::from(kind.as_str()));
        (root.id, policy_type)
    }

    async fn places(&mut self, root: Option<&str>) {
        let client = self.client;
        let _ = call!(
            self,
            Row::Accounts,
            "ListAccounts",
            client.list_accounts().max_results(1)
        );
        let Some(root) = root else {
            let below = [
                "ListAccountsForParent",
                "ListChildren",
                "ListOrganizationalUnitsForParent",
                "DescribeOrganizationalUnit",
            ];
            return self.skip(&below, "the root is not known");
        };
        let _ = call!(
            self,
            Row::ForParent,
            "ListAccountsForParent",
            client
                .list_accounts_for_parent()
                .parent_id(root)
                .max_results(1)
        );
        let children = || client.list_children().parent_id(root).max_results(1);
        let _ = call!(
            self,
            Row::Children,
            "ListChildren",
            children().child_type(ChildType::OrganizationalUnit)
        );
        let units = || {
            client
                .list_organizational_units_for_parent()
                .parent_id(root)
        };
        let units = call!(
            self,
            Row::ForParent,
            "ListOrganizationalUnitsForParent",
            units().max_results(1)
        );
        let unit = units
            .ok()
            .and_then(|answer| answer.organizational_units?.pop()?.id);
        let Some(unit) = unit else {
            return self.skip(&["DescribeOrganizationalUnit"], "no OU is known");
        };
        let _ = call!(
            self,
            Row::Unit,
            "DescribeOrganizationalUnit",
            client
                .describe_organizational_unit()
                .organizational_unit_id(&unit)
        );
    }

    async fn account(&mut self, account: Option<&str>, policy_type: Option<EffectivePolicyType>) {
        let Some(account) = account else {
            let of_account = [
                "DescribeAccount",
                "ListParents",
                "ListTagsForResource",
                "DescribeEffectivePolicy",
                "ListEffectivePolicyValidationErrors",
            ];
            return self.skip(&of_account, "no account is known");
        };
        let client = self.client;
        let _ = call!(
            self,
            Row::Account,
            "DescribeAccount",
            client.describe_account().account_id(account)
        );
        let _ = call!(
            self,
            Row::ForParent,
            "ListParents",
            client.list_parents().child_id(account)
        );
        let _ = call!(
            self,
            Row::Tags,
            "ListTagsForResource",
            client.list_tags_for_resource().resource_id(account)
        );
        // Of a type that is not enabled, the service says that there is none.
        let kind = policy_type.unwrap_or(EffectivePolicyType::TagPolicy);
        let effective = || client.describe_effective_policy().target_id(account);
        let _ = call!(
            self,
            Row::EffectivePolicies,
            "DescribeEffectivePolicy",
            effective().policy_type(kind.clone())
        );
        let errors = || {
            client
                .list_effective_policy_validation_errors()
                .account_id(account)
        };
        let _ = call!(
            self,
            Row::EffectivePolicies,
            "ListEffectivePolicyValidationErrors",
            errors().policy_type(kind.clone()).max_results(1)
        );
    }

    async fn policies(&mut self, root: Option<&str>) {
        let client = self.client;
        let filter = || PolicyType::ServiceControlPolicy;
        let listed = call!(
            self,
            Row::Policies,
            "ListPolicies",
            client.list_policies().filter(filter()).max_results(1)
        );
        let listed = listed.ok().and_then(|answer| answer.policies?.pop()?.id);
        // AWS gives every organization this one.
        let policy = listed.unwrap_or_else(|| "p-FullAWSAccess".to_owned());
        match root {
            None => self.skip(&["ListPoliciesForTarget"], "the root is not known"),
            Some(root) => {
                let attached = || client.list_policies_for_target().target_id(root);
                let _ = call!(
                    self,
                    Row::Policies,
                    "ListPoliciesForTarget",
                    attached().filter(filter()).max_results(1)
                );
            }
        }
        let _ = call!(
            self,
            Row::Policy,
            "DescribePolicy",
            client.describe_policy().policy_id(&policy)
        );
        let _ = call!(
            self,
            Row::Policies,
            "ListTargetsForPolicy",
            client
                .list_targets_for_policy()
                .policy_id(&policy)
                .max_results(1)
        );
    }

    async fn delegation(&mut self) {
        let client = self.client;
        let _ = call!(
            self,
            Row::DelegatedAdministrators,
            "ListDelegatedAdministrators",
            client.list_delegated_administrators().max_results(1)
        );
        let _ = call!(
            self,
            Row::ServiceAccess,
            "ListAWSServiceAccessForOrganization",
            client
                .list_aws_service_access_for_organization()
                .max_results(1)
        );
    }

    /// Only one that administers a service is a delegated administrator.
    async fn delegated_services(&mut self, account: Option<&str>) {
        let client = self.client;
        let Some(account) = account else {
            return self.skip(&["ListDelegatedServicesForAccount"], "no account is known");
        };
        let services = || client.list_delegated_services_for_account().max_results(1);
        let services = call!(
            self,
            Row::ServiceAccess,
            "ListDelegatedServicesForAccount",
            services().account_id(account)
        );
        self.found.is_delegated = match services {
            Ok(answer) if answer.delegated_services().is_empty() => {
                answer.next_token.is_none().then_some(false)
            }
            Ok(_) => Some(true),
            Err(error) if super::look::is_no_administrator(&error) => Some(false),
            Err(_) => None,
        };
    }
}

/// What a refusal says of the permission: whoever may not ask is told so before anything else.
fn judged(error: &OrgError) -> Tried {
    match error.kind {
        ErrorKind::AccessDenied => Tried::Denied(error.clone()),
        ErrorKind::NotFound => Tried::Allowed,
        ErrorKind::Service if is_about_the_organization(&error.code) => Tried::Allowed,
        _ => Tried::Failed(error.clone()),
    }
}

fn is_about_the_organization(code: &str) -> bool {
    matches!(
        code,
        "AccountNotRegisteredException"
            | "ConstraintViolationException"
            | "PolicyTypeNotEnabledException"
            | "PolicyTypeNotAvailableForOrganizationException"
    )
}
