//! What is read fresh for a dialog before anything is changed, and what forbids the change.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Account, AccountState, Answer, JoinedMethod, OrgError};

/// A tag of an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tag {
    /// Up to 128 characters. Hostile text.
    pub key: String,
    /// Up to 256 characters. Hostile text.
    pub value: String,
}

/// What is known of one account, each fact read for this purpose.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountFacts {
    /// From `DescribeAccount`.
    pub account: Answer<Account>,
    /// Ids from the root down to its parent, from `Paths` or `ListParents` (then only the parent).
    pub ancestors: Answer<Vec<String>>,
    /// From `ListTagsForResource`.
    pub tags: Answer<Vec<Tag>>,
    /// Service principals for which it is a delegated administrator; empty if for none.
    pub delegated_services: Answer<Vec<String>>,
}

impl AccountFacts {
    /// Takes in what a newer reading tells; what is still pending in it changes nothing.
    pub fn learn(&mut self, newer: &Self) {
        fn take<T: Clone>(known: &mut Answer<T>, newer: &Answer<T>) {
            if !newer.is_pending() {
                known.clone_from(newer);
            }
        }
        take(&mut self.account, &newer.account);
        take(&mut self.ancestors, &newer.ancestors);
        take(&mut self.tags, &newer.tags);
        take(&mut self.delegated_services, &newer.delegated_services);
    }
}

/// A fact about the account or the organization that a dialog waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Facts of this account; those still pending in here do not replace what is known.
    Account {
        /// Twelve digits.
        id: String,
        /// What was read.
        facts: Box<AccountFacts>,
    },
    /// Service principals with trusted access, from `ListAWSServiceAccessForOrganization`.
    TrustedAccess(Answer<Vec<String>>),
}

/// Accounts that this program refuses to close or remove.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProtectRules {
    /// Account ids.
    pub accounts: Vec<String>,
    /// Tags, as `key` or `key=value`.
    pub tags: Vec<String>,
}

impl Default for ProtectRules {
    /// The tag `orgscope:protect`, whatever its value.
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            tags: vec!["orgscope:protect".to_owned()],
        }
    }
}

impl ProtectRules {
    /// Whether an account with this id is protected.
    fn protects_id(&self, id: &str) -> bool {
        self.accounts.iter().any(|protected| protected == id)
    }

    /// The rule that protects an account with these tags. A key may itself hold `=`, so a rule is
    /// compared with the whole key too.
    fn rule_on(&self, tags: &[Tag]) -> Option<&str> {
        let met = |rule: &&str| {
            let mut tags = tags.iter();
            tags.any(|tag| {
                *rule == tag.key || rule.strip_prefix(&tag.key) == Some(&format!("={}", tag.value))
            })
        };
        self.tags.iter().map(String::as_str).find(met)
    }
}

/// How long an account that was created in the organization must stay in it. Source: Organizations
/// User Guide, "Quotas", as of 2026-11, and the operation's documentation: four days.
const YOUNG: SignedDuration = SignedDuration::from_hours(4 * 24);

/// Why an account is not closed or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A fact without which this cannot be decided is still being read.
    Pending {
        /// Which, e.g. `state`.
        fact: &'static str,
    },
    /// A fact without which this cannot be decided could not be read.
    NotChecked {
        /// Which.
        fact: &'static str,
        /// Why; without an error, the answer did not hold it.
        error: Option<OrgError>,
    },
    /// It manages the organization.
    ManagementAccount,
    /// Accounts can be closed only with all features.
    NotAllFeatures,
    /// It is closed, or on its way there, or in a state in which it cannot be closed.
    State(AccountState),
    /// The configuration protects it by its id.
    ProtectedId,
    /// The configuration protects it by this rule on tags.
    ProtectedTag {
        /// As configured.
        rule: String,
    },
    /// It is a delegated administrator.
    DelegatedAdministrator {
        /// Service principals.
        services: Vec<String>,
    },
    /// It was created in the organization less than four days ago.
    Young {
        /// When it can be removed.
        until: Timestamp,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending { fact } => write!(f, "its {fact} is still being read"),
            Self::NotChecked { fact, error: None } => {
                write!(f, "the service did not tell its {fact}")
            }
            Self::NotChecked {
                fact,
                error: Some(error),
            } => write!(f, "its {fact} could not be checked: {error}"),
            Self::ManagementAccount => {
                f.write_str("it is the management account, which can be neither closed nor removed")
            }
            Self::NotAllFeatures => f.write_str(
                "the organization has only consolidated billing; accounts can be closed where all \
                 features are enabled",
            ),
            Self::State(AccountState::PendingClosure) => {
                f.write_str("it is being closed already (PENDING_CLOSURE)")
            }
            Self::State(AccountState::Closed) => f.write_str("it is closed already (CLOSED)"),
            Self::State(AccountState::Suspended) => f.write_str(
                "it is SUSPENDED: AWS has restricted it, or it is closed already where an endpoint \
                 does not tell the two apart; AWS Support can say more",
            ),
            Self::State(other) => {
                write!(f, "this version does not know what its state {other} means")
            }
            Self::ProtectedId => {
                f.write_str("it is protected by its id ([protect] accounts in the configuration)")
            }
            Self::ProtectedTag { rule } => write!(
                f,
                "it is protected by its tag {rule} ([protect] tags in the configuration)"
            ),
            Self::DelegatedAdministrator { services } => write!(
                f,
                "it is a delegated administrator for {}; register another account for that first",
                services.join(", ")
            ),
            Self::Young { until } => write!(
                f,
                "it was created in this organization less than four days ago; it can be removed \
                 from {} on",
                until.strftime("%Y-%m-%d %H:%M UTC")
            ),
        }
    }
}

/// Everything that forbids closing this account. Nothing is let through that was not checked: a
/// fact that is still being read or could not be read forbids it too.
#[must_use]
pub fn refusals_to_close(
    facts: &AccountFacts,
    protect: &ProtectRules,
    management: Option<&str>,
    feature_set: Option<&str>,
) -> Vec<Refusal> {
    let mut refusals = refusals_to_part(facts, protect, management);
    if feature_set.is_some_and(|set| set != "ALL") {
        refusals.push(Refusal::NotAllFeatures);
    }
    if let Some(account) = facts.account.known() {
        match &account.state {
            Some(AccountState::Active | AccountState::PendingActivation) => {}
            Some(other) => refusals.push(Refusal::State(other.clone())),
            None => refusals.push(Refusal::NotChecked {
                fact: "state",
                error: None,
            }),
        }
    }
    refusals
}

/// Everything that forbids removing this account from the organization at this time, as far as it
/// can be read; how it will pay its bills cannot.
#[must_use]
pub fn refusals_to_remove(
    facts: &AccountFacts,
    protect: &ProtectRules,
    management: Option<&str>,
    now: Timestamp,
) -> Vec<Refusal> {
    let mut refusals = refusals_to_part(facts, protect, management);
    if let Some(account) = facts.account.known() {
        let invited = account.joined_method == Some(JoinedMethod::Invited);
        let until = account.joined_at.and_then(|at| at.checked_add(YOUNG).ok());
        if let Some(until) = until.filter(|until| !invited && *until > now) {
            refusals.push(Refusal::Young { until });
        }
    }
    refusals
}

/// Everything that is known to forbid this account to leave the organization by itself. A member
/// account can read next to nothing of itself, so that what could not be read forbids nothing: the
/// service checks it all again.
#[must_use]
pub fn refusals_to_leave(
    id: &str,
    facts: &AccountFacts,
    protect: &ProtectRules,
    management: Option<&str>,
    now: Timestamp,
) -> Vec<Refusal> {
    let mut refusals = refusals_to_remove(facts, protect, management, now);
    refusals.retain(|refusal| !matches!(refusal, Refusal::NotChecked { .. }));
    let known = [
        (
            management.is_none_or(|management| management == id),
            Refusal::ManagementAccount,
        ),
        (protect.protects_id(id), Refusal::ProtectedId),
    ];
    for (forbids, refusal) in known {
        if forbids && !refusals.contains(&refusal) {
            refusals.push(refusal);
        }
    }
    refusals
}

/// How many closures the service documents to allow in 30 days for an organization with so many
/// member accounts: the higher of 250 and 20 %, at most 1,000. Source: the documentation of
/// `CloseAccount`, as of 2026-11; earlier editions named other figures.
#[must_use]
pub fn closure_quota(member_accounts: usize) -> usize {
    (member_accounts / 5).clamp(250, 1_000)
}

/// What forbids both.
fn refusals_to_part(
    facts: &AccountFacts,
    protect: &ProtectRules,
    management: Option<&str>,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    match &facts.account {
        Answer::Known(account) => {
            match management {
                Some(management) if management == account.id => {
                    refusals.push(Refusal::ManagementAccount);
                }
                Some(_) => {}
                None => refusals.push(Refusal::NotChecked {
                    fact: "management account",
                    error: None,
                }),
            }
            if protect.protects_id(&account.id) {
                refusals.push(Refusal::ProtectedId);
            }
        }
        other => refusals.extend(open("state", other)),
    }
    match &facts.tags {
        Answer::Known(tags) => {
            if let Some(rule) = protect.rule_on(tags) {
                let rule = rule.to_owned();
                refusals.push(Refusal::ProtectedTag { rule });
            }
        }
        _ if protect.tags.is_empty() => {}
        other => refusals.extend(open("tags", other)),
    }
    match &facts.delegated_services {
        Answer::Known(services) if services.is_empty() => {}
        Answer::Known(services) => refusals.push(Refusal::DelegatedAdministrator {
            services: services.clone(),
        }),
        other => refusals.extend(open("role as a delegated administrator", other)),
    }
    refusals
}

fn open<T>(fact: &'static str, answer: &Answer<T>) -> Option<Refusal> {
    match answer {
        Answer::Known(_) => None,
        Answer::Pending => Some(Refusal::Pending { fact }),
        Answer::NotChecked(error) => Some(Refusal::NotChecked {
            fact,
            error: Some(error.clone()),
        }),
    }
}

/// Why this account must not be closed, in a sentence; `None` where nothing forbids it. See
/// [`refusals_to_close`].
#[must_use]
pub fn refuses_close(
    facts: &AccountFacts,
    protect: &ProtectRules,
    management: Option<&str>,
    feature_set: Option<&str>,
) -> Option<String> {
    let refusals = refusals_to_close(facts, protect, management, feature_set);
    refusals.first().map(ToString::to_string)
}

/// Why this account must not be removed, in a sentence; `None` where nothing forbids it. See
/// [`refusals_to_remove`].
#[must_use]
pub fn refuses_remove(
    facts: &AccountFacts,
    protect: &ProtectRules,
    management: Option<&str>,
    now: Timestamp,
) -> Option<String> {
    let refusals = refusals_to_remove(facts, protect, management, now);
    refusals.first().map(ToString::to_string)
}

#[cfg(test)]
#[path = "preflight_tests.rs"]
mod tests;
