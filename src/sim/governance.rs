//! Tags, delegated administrators, trusted access and the feature set.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::organization::Organization;
use super::policies::PolicyType;

/// A resource may have this many tags.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>, 2026-11.
pub const TAGS_MAX: usize = 50;

/// What the organization may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeatureSet {
    /// Everything.
    #[default]
    All,
    /// One bill for all accounts, and nothing else: no policies, no trusted access, no closures.
    ConsolidatedBilling,
}

impl FeatureSet {
    /// As the service spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::ConsolidatedBilling => "CONSOLIDATED_BILLING",
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Governance {
    pub(super) feature_set: FeatureSet,
    /// By the id of an account, OU, root or policy; sorted by key.
    tags: HashMap<String, Vec<(String, String)>>,
    /// By account: the services that it administers, and since when.
    delegations: BTreeMap<String, BTreeMap<String, Timestamp>>,
    /// Services that have trusted access, and since when.
    pub(super) service_access: BTreeMap<String, Timestamp>,
}

impl Governance {
    /// Every delegated administrator with its services, in the order of the accounts' ids.
    pub(super) fn delegations(
        &self,
    ) -> impl Iterator<Item = (&String, &BTreeMap<String, Timestamp>)> {
        self.delegations.iter()
    }

    /// The services that an account administers; none when it is no delegated administrator.
    pub(super) fn delegated_services(&self, account: &str) -> Option<&BTreeMap<String, Timestamp>> {
        self.delegations.get(account)
    }

    /// Forgets what is gone.
    pub(super) fn forget(&mut self, resource: &str) {
        self.tags.remove(resource);
        self.delegations.remove(resource);
    }
}

impl Organization {
    /// What the organization may be used for.
    pub fn feature_set(&self) -> FeatureSet {
        self.governance.feature_set
    }

    /// Changes the feature set. Consolidated billing alone ends what needs more: policies are
    /// detached and their types disabled, trusted access and delegations end.
    pub fn set_feature_set(&mut self, feature_set: FeatureSet) {
        self.governance.feature_set = feature_set;
        if feature_set == FeatureSet::ConsolidatedBilling {
            for kind in PolicyType::ALL {
                self.disable_policy_type(kind);
            }
            self.governance.delegations.clear();
            self.governance.service_access.clear();
        }
    }

    /// The tags of an account, an OU, the root or a policy, sorted by key.
    pub fn tags(&self, resource: &str) -> &[(String, String)] {
        self.governance
            .tags
            .get(resource)
            .map_or(&[], Vec::as_slice)
    }

    /// Gives an account, an OU, the root or a policy exactly these tags. A key that occurs twice
    /// keeps its last value.
    ///
    /// # Panics
    /// When there is no such resource.
    pub fn set_tags<K: Into<String>, V: Into<String>>(
        &mut self,
        resource: &str,
        tags: impl IntoIterator<Item = (K, V)>,
    ) {
        let is_there = self.is_target(resource) || self.policy(resource).is_some();
        assert!(is_there, "nothing with the id {resource} can have tags");
        let tags = tags.into_iter().map(|(k, v)| (k.into(), v.into()));
        let tags: BTreeMap<String, String> = tags.collect();
        let tags = tags.into_iter().collect();
        self.governance.tags.insert(resource.to_owned(), tags);
    }

    /// Whether this account administers a service for the organization.
    pub fn is_delegated_administrator(&self, account: &str) -> bool {
        self.governance.delegated_services(account).is_some()
    }

    /// The services that this account administers for the organization.
    pub fn delegated_services(&self, account: &str) -> Vec<&str> {
        let services = self.governance.delegated_services(account);
        let services = services.into_iter().flatten();
        services.map(|(principal, _)| principal.as_str()).collect()
    }

    /// Makes an account the delegated administrator of a service, such as
    /// `guardduty.amazonaws.com`, since the simulation's start. The service gets trusted access
    /// where it has none, as it must.
    ///
    /// # Panics
    /// When there is no such account.
    pub fn delegate(&mut self, account: &str, service_principal: &str) {
        self.delegate_since(account, service_principal, self.as_of);
    }

    /// As [`Organization::delegate`], since another moment.
    ///
    /// # Panics
    /// When there is no such account.
    pub fn delegate_since(&mut self, account: &str, service_principal: &str, since: Timestamp) {
        assert!(self.account(account).is_some(), "no account {account}");
        self.enable_service_access(service_principal);
        let services = self.governance.delegations.entry(account.to_owned());
        services
            .or_default()
            .insert(service_principal.to_owned(), since);
    }

    /// Ends all delegations to an account.
    pub fn end_delegations(&mut self, account: &str) {
        self.governance.delegations.remove(account);
    }

    /// Whether a service, such as `controltower.amazonaws.com`, has trusted access.
    pub fn has_service_access(&self, service_principal: &str) -> bool {
        self.governance
            .service_access
            .contains_key(service_principal)
    }

    /// Gives a service trusted access, since the simulation's start; nothing happens when it has
    /// it.
    pub fn enable_service_access(&mut self, service_principal: &str) {
        self.enable_service_access_since(service_principal, self.as_of);
    }

    /// As [`Organization::enable_service_access`], since another moment.
    pub fn enable_service_access_since(&mut self, service_principal: &str, since: Timestamp) {
        let access = &mut self.governance.service_access;
        access.entry(service_principal.to_owned()).or_insert(since);
    }

    /// Takes trusted access from a service.
    pub fn disable_service_access(&mut self, service_principal: &str) {
        self.governance.service_access.remove(service_principal);
    }

    /// Whether this is the id of an account, an OU or the root.
    pub(super) fn is_target(&self, id: &str) -> bool {
        self.unit(id).is_some() || self.account(id).is_some()
    }
}
