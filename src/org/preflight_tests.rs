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
    let refusals = refusals_to_close(&facts(), &rules, MANAGEMENT, Some("CONSOLIDATED_BILLING"));
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
