//! Policies, what they are attached to, and which types of them are enabled.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use super::organization::{Organization, scramble};

/// A type of policy (API model of botocore 1.44.5, shape `PolicyType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(try_from = "String")]
#[expect(missing_docs, reason = "the names are the service's own")]
pub enum PolicyType {
    ServiceControl,
    ResourceControl,
    Tag,
    Backup,
    AiServicesOptOut,
    Chatbot,
    DeclarativeEc2,
    SecurityHub,
    SecurityHubCspm,
    Inspector,
    UpgradeRollout,
    Bedrock,
    S3,
    NetworkSecurityDirector,
    GuardDuty,
}

impl PolicyType {
    /// Every type there is.
    pub const ALL: [Self; 15] = [
        Self::ServiceControl,
        Self::ResourceControl,
        Self::Tag,
        Self::Backup,
        Self::AiServicesOptOut,
        Self::Chatbot,
        Self::DeclarativeEc2,
        Self::SecurityHub,
        Self::SecurityHubCspm,
        Self::Inspector,
        Self::UpgradeRollout,
        Self::Bedrock,
        Self::S3,
        Self::NetworkSecurityDirector,
        Self::GuardDuty,
    ];

    /// As the service spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceControl => "SERVICE_CONTROL_POLICY",
            Self::ResourceControl => "RESOURCE_CONTROL_POLICY",
            Self::Tag => "TAG_POLICY",
            Self::Backup => "BACKUP_POLICY",
            Self::AiServicesOptOut => "AISERVICES_OPT_OUT_POLICY",
            Self::Chatbot => "CHATBOT_POLICY",
            Self::DeclarativeEc2 => "DECLARATIVE_POLICY_EC2",
            Self::SecurityHub => "SECURITYHUB_POLICY",
            Self::SecurityHubCspm => "SECURITYHUB_CSPM_POLICY",
            Self::Inspector => "INSPECTOR_POLICY",
            Self::UpgradeRollout => "UPGRADE_ROLLOUT_POLICY",
            Self::Bedrock => "BEDROCK_POLICY",
            Self::S3 => "S3_POLICY",
            Self::NetworkSecurityDirector => "NETWORK_SECURITY_DIRECTOR_POLICY",
            Self::GuardDuty => "GUARDDUTY_POLICY",
        }
    }

    /// Whether it is one of those that say what is allowed; of the others there is an effective
    /// policy (API model, shape `EffectivePolicyType`).
    pub(super) const fn is_authorization(self) -> bool {
        matches!(self, Self::ServiceControl | Self::ResourceControl)
    }

    /// The policy that the service attaches to everything while this type is enabled.
    const fn default_policy(self) -> Option<&'static str> {
        match self {
            Self::ServiceControl => Some(FULL_ACCESS),
            Self::ResourceControl => Some(RCP_FULL_ACCESS),
            _ => None,
        }
    }
}

impl fmt::Display for PolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PolicyType {
    type Err = String;

    /// As the service spells it.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|kind| kind.as_str() == text);
        found.ok_or_else(|| format!("there is no policy type {text:?}"))
    }
}

impl TryFrom<String> for PolicyType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Id of the service control policy that allows everything, which AWS provides.
pub const FULL_ACCESS: &str = "p-FullAWSAccess";
/// Id of the resource control policy that allows everything, which AWS provides.
pub const RCP_FULL_ACCESS: &str = "p-RCPFullAWSAccess";

/// A policy of the organization, or one that AWS provides.
#[derive(Debug, Clone)]
pub struct Policy {
    /// `p-…`.
    pub id: String,
    /// Any text.
    pub name: String,
    /// What it is about.
    pub kind: PolicyType,
    /// Any text.
    pub description: String,
    /// Whether AWS provides it.
    pub aws_managed: bool,
    /// What it says, as JSON.
    pub content: String,
    /// Ids of what it is attached to, in the order in which `ListTargetsForPolicy` pages through
    /// them.
    pub(super) targets: BTreeMap<u64, String>,
}

/// What a policy is when it is added to an [`Organization`].
#[derive(Debug, Clone)]
pub struct NewPolicy {
    /// `p-` and 10 to 32 small letters and digits; not yet in the organization.
    pub id: String,
    /// Any text of 1 to 128 characters.
    pub name: String,
    /// What it is about.
    pub kind: PolicyType,
    /// Any text of up to 512 characters.
    pub description: String,
    /// What it says, as JSON.
    pub content: String,
}

/// All policies and attachments.
#[derive(Debug, Clone)]
pub(super) struct Policies {
    /// In the order in which `ListPolicies` pages through them.
    by_position: BTreeMap<u64, Policy>,
    positions: HashMap<String, u64>,
    /// By the id of an account, OU or root.
    attached: HashMap<String, Vec<Attachment>>,
    enabled: BTreeSet<PolicyType>,
    /// How many positions were given out.
    given: u64,
}

#[derive(Debug, Clone, Copy)]
struct Attachment {
    /// The policy's position.
    policy: u64,
    /// The target's position among those of the policy.
    target: u64,
}

impl Policies {
    /// Those that AWS provides, attached to nothing yet; service control policies are enabled.
    pub(super) fn new() -> Self {
        let mut policies = Self {
            by_position: BTreeMap::new(),
            positions: HashMap::new(),
            attached: HashMap::new(),
            enabled: BTreeSet::from([PolicyType::ServiceControl]),
            given: 0,
        };
        let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let allow_everyone = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
        for (id, kind, description, content) in [
            (
                FULL_ACCESS,
                PolicyType::ServiceControl,
                "Allows access to every operation",
                allow,
            ),
            (
                RCP_FULL_ACCESS,
                PolicyType::ResourceControl,
                "Allows access to every resource",
                allow_everyone,
            ),
        ] {
            policies.add(Policy {
                id: id.to_owned(),
                name: id.trim_start_matches("p-").to_owned(),
                kind,
                description: description.to_owned(),
                aws_managed: true,
                content: content.to_owned(),
                targets: BTreeMap::new(),
            });
        }
        policies
    }

    fn add(&mut self, policy: Policy) {
        let position = self.next_position();
        let earlier = self.positions.insert(policy.id.clone(), position);
        assert!(earlier.is_none(), "the policy {} exists already", policy.id);
        self.by_position.insert(position, policy);
    }

    pub(super) fn get(&self, id: &str) -> Option<&Policy> {
        self.by_position.get(self.positions.get(id)?)
    }

    /// Those of one type, by position.
    pub(super) fn of_type(&self, kind: PolicyType) -> BTreeMap<u64, &Policy> {
        let all = self.by_position.iter().map(|(key, policy)| (*key, policy));
        all.filter(|(_, policy)| policy.kind == kind).collect()
    }

    /// Those of one type that are attached to the account, OU or root itself, by position.
    pub(super) fn attached(&self, target: &str, kind: PolicyType) -> BTreeMap<u64, &Policy> {
        let all = self.attached.get(target).into_iter().flatten();
        all.filter_map(|a| Some((a.policy, self.by_position.get(&a.policy)?)))
            .filter(|(_, policy)| policy.kind == kind)
            .collect()
    }

    fn attach(&mut self, policy: &str, target: &str) {
        let position = *self
            .positions
            .get(policy)
            .unwrap_or_else(|| panic!("no policy {policy}"));
        let attached = self.attached.entry(target.to_owned()).or_default();
        if attached.iter().any(|a| a.policy == position) {
            return;
        }
        let place = Attachment {
            policy: position,
            target: self.given + 1,
        };
        attached.push(place);
        let _ = self.next_position();
        if let Some(policy) = self.by_position.get_mut(&position) {
            policy
                .targets
                .insert(scramble(place.target), target.to_owned());
        }
    }

    /// Attaches what the service attaches to everything.
    pub(super) fn attach_defaults(&mut self, target: &str) {
        let enabled = self.enabled.clone();
        for policy in enabled.into_iter().filter_map(PolicyType::default_policy) {
            self.attach(policy, target);
        }
    }

    /// Detaches from this target the policies that `unwanted` names.
    fn detach(&mut self, target: &str, unwanted: impl Fn(&Policy) -> bool) {
        let policies = &mut self.by_position;
        let Some(attached) = self.attached.get_mut(target) else {
            return;
        };
        attached.retain(|a| match policies.get_mut(&a.policy) {
            Some(policy) if unwanted(policy) => {
                policy.targets.remove(&scramble(a.target));
                false
            }
            _ => true,
        });
    }

    /// Forgets an account, OU or root that is gone.
    pub(super) fn forget(&mut self, target: &str) {
        self.detach(target, |_| true);
        self.attached.remove(target);
    }

    pub(super) fn enabled(&self) -> &BTreeSet<PolicyType> {
        &self.enabled
    }

    fn next_position(&mut self) -> u64 {
        self.given += 1;
        scramble(self.given)
    }
}

impl Organization {
    /// The policy of this id.
    pub fn policy(&self, id: &str) -> Option<&Policy> {
        self.policies.get(id)
    }

    /// The policies of one type that are attached to the account, OU or root itself, not those
    /// that it inherits.
    pub fn attached_policies(&self, target: &str, kind: PolicyType) -> Vec<&Policy> {
        self.policies.attached(target, kind).into_values().collect()
    }

    /// Adds a policy that is attached to nothing yet and returns its id, which follows from what
    /// was added before.
    pub fn add_policy(
        &mut self,
        kind: PolicyType,
        name: impl Into<String>,
        content: impl Into<String>,
    ) -> String {
        let id = format!("p-{:016x}", scramble(self.policies.given + 1));
        self.add_policy_with_id(NewPolicy {
            id: id.clone(),
            name: name.into(),
            kind,
            description: String::new(),
            content: content.into(),
        });
        id
    }

    /// Adds a policy under an id of one's own choice.
    ///
    /// # Panics
    /// When the id is taken.
    pub fn add_policy_with_id(&mut self, new: NewPolicy) {
        self.policies.add(Policy {
            id: new.id,
            name: new.name,
            kind: new.kind,
            description: new.description,
            aws_managed: false,
            content: new.content,
            targets: BTreeMap::new(),
        });
    }

    /// Attaches a policy to an account, an OU or the root, and enables its type where it is not;
    /// nothing happens when it is attached already. The service's limits are not checked.
    ///
    /// # Panics
    /// When there is no such policy or target.
    pub fn attach_policy(&mut self, policy: &str, target: &str) {
        assert!(self.is_target(target), "no account, OU or root {target}");
        let found = self.policies.get(policy);
        let kind = found.unwrap_or_else(|| panic!("no policy {policy}")).kind;
        self.enable_policy_type(kind);
        self.policies.attach(policy, target);
    }

    /// Detaches a policy, also the last one of its type, which the service would refuse.
    pub fn detach_policy(&mut self, policy: &str, target: &str) {
        self.policies.detach(target, |p| p.id == policy);
    }

    /// The types that are enabled on the root.
    pub fn policy_types(&self) -> impl Iterator<Item = PolicyType> {
        self.policies.enabled().iter().copied()
    }

    /// Enables a type of policy. Service and resource control policies then allow everything
    /// everywhere, as the service has it.
    pub fn enable_policy_type(&mut self, kind: PolicyType) {
        if !self.policies.enabled.insert(kind) {
            return;
        }
        if let Some(policy) = kind.default_policy() {
            for target in self.targets() {
                self.policies.attach(policy, &target);
            }
        }
    }

    /// Disables a type of policy, which detaches all policies of the type.
    pub fn disable_policy_type(&mut self, kind: PolicyType) {
        if self.policies.enabled.remove(&kind) {
            for target in self.targets() {
                self.policies.detach(&target, |policy| policy.kind == kind);
            }
        }
    }

    /// Ids of everything that a policy can be attached to, in a fixed order.
    fn targets(&self) -> Vec<String> {
        let units = self.units().map(|unit| unit.id.clone());
        let accounts = self.accounts().map(|account| account.id.clone());
        let mut all: Vec<String> = units.chain(accounts).collect();
        all.sort_unstable();
        all
    }
}
