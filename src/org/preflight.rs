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
mod tests {
    use super::*;
    use crate::org::ErrorKind;

    const MANAGEMENT: Option<&str> = Some("111122223333");

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    /// Facts of an ordinary account, all of them read.
    fn facts() -> AccountFacts {
        AccountFacts {
            account: Answer::Known(Account {
                id: "012345678901".into(),
                state: Some(AccountState::Active),
                joined_method: Some(JoinedMethod::Created),
                joined_at: Some("2021-03-04T10:11:12Z".parse().unwrap()),
                ..Account::default()
            }),
            ancestors: Answer::Known(vec!["r-ab12".into()]),
            tags: Answer::Known(Vec::new()),
            delegated_services: Answer::Known(Vec::new()),
        }
    }

    fn with(change: impl FnOnce(&mut Account)) -> AccountFacts {
        let mut facts = facts();
        if let Answer::Known(account) = &mut facts.account {
            change(account);
        }
        facts
    }

    fn close(facts: &AccountFacts, protect: &ProtectRules) -> Vec<Refusal> {
        refusals_to_close(facts, protect, MANAGEMENT, Some("ALL"))
    }

    fn remove(facts: &AccountFacts, protect: &ProtectRules) -> Vec<Refusal> {
        refusals_to_remove(facts, protect, MANAGEMENT, now())
    }

    fn tagged(key: &str, value: &str) -> AccountFacts {
        let tag = Tag {
            key: key.into(),
            value: value.into(),
        };
        AccountFacts {
            tags: Answer::Known(vec![tag]),
            ..facts()
        }
    }

    #[test]
    fn nothing_forbids_closing_or_removing_an_ordinary_account() {
        let rules = ProtectRules::default();
        assert_eq!(refuses_close(&facts(), &rules, MANAGEMENT, None), None);
        assert_eq!(close(&facts(), &rules), []);
        assert_eq!(refuses_remove(&facts(), &rules, MANAGEMENT, now()), None);
    }

    #[test]
    fn the_management_account_is_neither_closed_nor_removed() {
        let facts = with(|account| account.id = "111122223333".into());
        let rules = ProtectRules::default();
        assert_eq!(close(&facts, &rules), [Refusal::ManagementAccount]);
        assert_eq!(remove(&facts, &rules), [Refusal::ManagementAccount]);
    }

    #[test]
    fn without_knowing_the_management_account_nothing_is_closed_or_removed() {
        let rules = ProtectRules::default();
        let why = refuses_close(&facts(), &rules, None, Some("ALL")).unwrap();
        assert_eq!(why, "the service did not tell its management account");
        assert!(refuses_remove(&facts(), &rules, None, now()).is_some());
    }

    #[test]
    fn closing_needs_all_features_and_removing_does_not() {
        let rules = ProtectRules::default();
        let refusals =
            refusals_to_close(&facts(), &rules, MANAGEMENT, Some("CONSOLIDATED_BILLING"));
        assert_eq!(refusals, [Refusal::NotAllFeatures]);
    }

    #[test]
    fn only_an_account_in_a_state_that_is_known_to_allow_it_is_closed() {
        let rules = ProtectRules::default();
        let allowed = [AccountState::Active, AccountState::PendingActivation];
        let states = AccountState::KNOWN.into_iter();
        for state in states.chain([AccountState::Other("HIBERNATING".into())]) {
            let facts = with(|account| account.state = Some(state.clone()));
            if allowed.contains(&state) {
                assert_eq!(close(&facts, &rules), [], "{state}");
            } else {
                assert_eq!(close(&facts, &rules), [Refusal::State(state.clone())]);
                let sentence = Refusal::State(state.clone()).to_string();
                assert!(sentence.contains(state.as_str()), "{sentence}");
            }
        }
        let facts = with(|account| account.state = None);
        assert_eq!(close(&facts, &rules).len(), 1);
    }

    #[test]
    fn a_delegated_administrator_is_refused_with_its_services() {
        let services = vec![
            "config.amazonaws.com".to_owned(),
            "sso.amazonaws.com".into(),
        ];
        let facts = AccountFacts {
            delegated_services: Answer::Known(services.clone()),
            ..facts()
        };
        let expected = Refusal::DelegatedAdministrator { services };
        let rules = ProtectRules::default();
        assert_eq!(close(&facts, &rules).first(), Some(&expected));
        assert_eq!(remove(&facts, &rules).first(), Some(&expected));
        assert!(
            expected
                .to_string()
                .contains("config.amazonaws.com, sso.amazonaws.com")
        );
    }

    #[test]
    fn an_account_is_protected_by_its_id_and_by_its_tags() {
        let by_id = ProtectRules {
            accounts: vec!["012345678901".into()],
            tags: Vec::new(),
        };
        assert_eq!(close(&facts(), &by_id), [Refusal::ProtectedId]);
        assert_eq!(remove(&facts(), &by_id), [Refusal::ProtectedId]);
        for (rule, key, value, protected) in [
            ("orgscope:protect", "orgscope:protect", "", true),
            ("orgscope:protect", "orgscope:protect", "no", true),
            ("orgscope:protect", "Orgscope:Protect", "", false),
            ("tier=critical", "tier", "critical", true),
            ("tier=critical", "tier", "criticality", false),
            ("tier=critical", "tier", "", false),
            ("tier=critical", "tie", "r=critical", false),
            ("a=b=c", "a=b", "c", true),
            ("a=b=c", "a", "b=c", true),
            ("a=b", "a=b", "anything", true),
            ("tier=", "tier", "", true),
        ] {
            let rules = ProtectRules {
                accounts: Vec::new(),
                tags: vec![rule.into()],
            };
            let refusals = close(&tagged(key, value), &rules);
            let rule = rule.to_owned();
            let expected = protected.then_some(Refusal::ProtectedTag { rule });
            assert_eq!(refusals, Vec::from_iter(expected), "{key} {value}");
        }
    }

    #[test]
    fn what_was_created_less_than_four_days_ago_is_not_removed() {
        let rules = ProtectRules::default();
        for (method, at, refused) in [
            (JoinedMethod::Created, "2026-11-17T12:00:01Z", true),
            (JoinedMethod::Created, "2026-11-17T12:00:00Z", false),
            (
                JoinedMethod::Other("MERGED".into()),
                "2026-11-21T00:00:00Z",
                true,
            ),
            (JoinedMethod::Invited, "2026-11-21T00:00:00Z", false),
        ] {
            let facts = with(|account| {
                account.joined_method = Some(method.clone());
                account.joined_at = Some(at.parse().unwrap());
            });
            assert_eq!(
                !remove(&facts, &rules).is_empty(),
                refused,
                "{method:?} {at}"
            );
            assert_eq!(close(&facts, &rules), []);
        }
        let until = "2026-11-22T08:30:00Z".parse().unwrap();
        let sentence = Refusal::Young { until }.to_string();
        assert!(
            sentence.ends_with("from 2026-11-22 08:30 UTC on"),
            "{sentence}"
        );
    }

    #[test]
    fn what_was_not_checked_forbids_it_too() {
        let denied = OrgError::new(ErrorKind::AccessDenied, "no").during("ListTagsForResource");
        let rules = ProtectRules::default();
        for facts in [
            AccountFacts::default(),
            AccountFacts {
                account: Answer::NotChecked(denied.clone()),
                ..facts()
            },
            AccountFacts {
                tags: Answer::Pending,
                ..facts()
            },
            AccountFacts {
                tags: Answer::NotChecked(denied.clone()),
                ..facts()
            },
            AccountFacts {
                delegated_services: Answer::Pending,
                ..facts()
            },
            AccountFacts {
                delegated_services: Answer::NotChecked(denied.clone()),
                ..facts()
            },
        ] {
            assert!(!close(&facts, &rules).is_empty(), "{facts:?}");
            assert!(!remove(&facts, &rules).is_empty(), "{facts:?}");
        }
    }

    #[test]
    fn tags_that_no_rule_asks_for_need_not_be_known() {
        let rules = ProtectRules {
            accounts: Vec::new(),
            tags: Vec::new(),
        };
        let denied = OrgError::new(ErrorKind::AccessDenied, "no");
        let facts = AccountFacts {
            tags: Answer::NotChecked(denied),
            ..facts()
        };
        assert_eq!(close(&facts, &rules), []);
    }
}
