//! What is read only when somebody looks at it: questions about one thing, and what was found.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{OrgError, Policy, Tag};

/// A question about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Question {
    /// Which policies of a type are attached directly to a root, an OU or an account
    /// (`ListPoliciesForTarget`), without their content.
    Attached {
        /// Id of the root, OU or account.
        node: String,
        /// As the service spells it, e.g. `SERVICE_CONTROL_POLICY`.
        policy_type: String,
    },
    /// The tags of an account, an OU, the root or a policy (`ListTagsForResource`).
    Tags(String),
    /// A policy with its content (`DescribePolicy`).
    Document(String),
    /// To what a policy is attached (`ListTargetsForPolicy`).
    Targets(String),
    /// What the policies of a type, other than service control and resource control policies, come
    /// to for an account (`DescribeEffectivePolicy`).
    EffectivePolicy {
        /// Twelve digits.
        account: String,
        /// As the service spells it, e.g. `TAG_POLICY`.
        policy_type: String,
    },
    /// What is wrong with that (`ListEffectivePolicyValidationErrors`).
    ValidationErrors {
        /// Twelve digits.
        account: String,
        /// As the service spells it.
        policy_type: String,
    },
    /// All delegated administrators of the organization (`ListDelegatedAdministrators`).
    DelegatedAdministrators,
    /// For which services an account is a delegated administrator
    /// (`ListDelegatedServicesForAccount`).
    DelegatedServices(String),
    /// Which services have trusted access (`ListAWSServiceAccessForOrganization`).
    TrustedAccess,
}

impl Question {
    /// Which policies of this type are attached directly to this root, OU or account.
    #[must_use]
    pub fn attached(node: &str, policy_type: &str) -> Self {
        Self::Attached {
            node: node.to_owned(),
            policy_type: policy_type.to_owned(),
        }
    }
}

/// The answer to a [`Question`], of the kind that it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// To [`Question::Attached`].
    Attached(Vec<Policy>),
    /// To [`Question::Tags`].
    Tags(Vec<Tag>),
    /// To [`Question::Document`].
    Document(Document),
    /// To [`Question::Targets`].
    Targets(Vec<Target>),
    /// To [`Question::EffectivePolicy`]; `None` where the service has none for this account.
    EffectivePolicy(Option<EffectivePolicy>),
    /// To [`Question::ValidationErrors`].
    ValidationErrors(Vec<ValidationError>),
    /// To [`Question::DelegatedAdministrators`].
    DelegatedAdministrators(Vec<DelegatedAdministrator>),
    /// To [`Question::DelegatedServices`]; empty where the account is no delegated administrator.
    DelegatedServices(Vec<EnabledService>),
    /// To [`Question::TrustedAccess`].
    TrustedAccess(Vec<EnabledService>),
}

/// What was found out, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// When the answer came.
    pub at: Timestamp,
    /// The answer, or why there is none.
    pub answer: Result<Finding, OrgError>,
}

/// A policy with its content. All of it is hostile text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Document {
    /// The policy.
    pub policy: Policy,
    /// Up to 512 characters.
    pub description: String,
    /// JSON, as it was written.
    pub content: String,
}

/// What a policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Target {
    /// Id of the root, OU or account.
    pub id: String,
    /// Its name, where the service told it.
    pub name: String,
    /// As the service spells it: `ACCOUNT`, `ORGANIZATIONAL_UNIT` or `ROOT`.
    pub kind: String,
}

/// A page of what a policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetPage {
    /// Id of the policy.
    pub policy: String,
    /// How many were on the pages before; 0 begins anew.
    pub before: usize,
    /// Those of this page, which may be none.
    pub targets: Vec<Target>,
}

/// What the policies of one type come to for an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EffectivePolicy {
    /// JSON.
    pub content: String,
    /// When the service computed it last.
    pub updated_at: Option<Timestamp>,
}

/// Something that the service finds wrong with an effective policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ValidationError {
    /// E.g. `ELEMENTS_TOO_MANY`.
    pub code: String,
    /// In words.
    pub message: String,
    /// Where in the effective policy.
    pub path: String,
    /// Ids of the policies that contribute to it.
    pub policies: Vec<String>,
}

/// A delegated administrator.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DelegatedAdministrator {
    /// Twelve digits.
    pub account: String,
    /// The account's name.
    pub name: String,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// A service that may do something in the organization.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EnabledService {
    /// E.g. `guardduty.amazonaws.com`.
    pub principal: String,
    /// Since when.
    pub since: Option<Timestamp>,
}
