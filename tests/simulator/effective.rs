//! What management policies come to for an account.

use super::*;

/// In `Retail`, whose tag policies are not valid.
const SHOP: &str = "ou-q7f2-nt0vx1eg";

async fn effective(client: &mut Client, parameters: Value) -> Value {
    let answer = client.call("DescribeEffectivePolicy", parameters).await;
    answer.json()["EffectivePolicy"].clone()
}

fn account_in(simulator: &Simulator, unit: &str) -> String {
    simulator.with_organization(|organization| {
        let mut inside = organization.accounts().filter(|a| a.parent == unit);
        inside.next().unwrap().id.clone()
    })
}

#[tokio::test]
async fn an_effective_policy_is_what_the_chain_comes_to() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let account = account_in(&simulator, "ou-q7f2-hvpl08ee");
    let asked = json!({ "TargetId": account, "PolicyType": "TAG_POLICY" });
    let policy = effective(&mut client, asked).await;
    assert_eq!(policy["TargetId"], account.as_str());
    assert_eq!(policy["PolicyType"], "TAG_POLICY");
    let content: Value = serde_json::from_str(policy["PolicyContent"].as_str().unwrap()).unwrap();
    // From the root, and from the OU `Payments`.
    assert_eq!(content["tags"]["owner"]["tag_key"], "owner");
    let values = &content["tags"]["cost-center"]["tag_value"];
    assert_eq!(*values, json!(["2100", "2110"]));
    // Two backup plans of different levels.
    let asked = json!({ "TargetId": account, "PolicyType": "BACKUP_POLICY" });
    let policy = effective(&mut client, asked).await;
    let content: Value = serde_json::from_str(policy["PolicyContent"].as_str().unwrap()).unwrap();
    assert_eq!(content["plans"].as_object().unwrap().len(), 2);
    assert!(!policy["PolicyContent"].as_str().unwrap().contains("@@"));
}

#[tokio::test]
async fn accounts_have_effective_policies_and_nothing_else_has() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let (account, _) = account_named(&simulator, "sandbox-zoe");
    let operation = "DescribeEffectivePolicy";
    for (target, kind, expected) in [
        (
            ROOT,
            "TAG_POLICY",
            ("InvalidInputException", "TARGET_NOT_SUPPORTED"),
        ),
        (
            SHOP,
            "TAG_POLICY",
            ("InvalidInputException", "TARGET_NOT_SUPPORTED"),
        ),
        (
            "x",
            "TAG_POLICY",
            ("InvalidInputException", "INVALID_PATTERN_TARGET_ID"),
        ),
        (
            &account,
            "SERVICE_CONTROL_POLICY",
            ("InvalidInputException", "INVALID_ENUM_POLICY_TYPE"),
        ),
        (
            &account,
            "RESOURCE_CONTROL_POLICY",
            ("InvalidInputException", "INVALID_ENUM_POLICY_TYPE"),
        ),
    ] {
        let asked = json!({ "TargetId": target, "PolicyType": kind });
        let refused = client.call(operation, asked).await.error();
        assert_eq!(refused, error(expected.0, expected.1), "{target} {kind}");
    }
    let asked = json!({ "TargetId": "000000000000", "PolicyType": "TAG_POLICY" });
    let refused = client.call(operation, asked).await.error();
    assert_eq!(refused.0, "TargetNotFoundException");
    // Nothing of a type that is enabled applies here, and of one that is not.
    for kind in ["BACKUP_POLICY", "CHATBOT_POLICY"] {
        let asked = json!({ "TargetId": account, "PolicyType": kind });
        let refused = client.call(operation, asked).await.error();
        assert_eq!(refused.0, "EffectivePolicyNotFoundException", "{kind}");
    }
}

#[tokio::test]
async fn a_member_account_may_ask_for_its_own_effective_policy_only() {
    let simulator = demo(settings()).await;
    let (account, _) = account_named(&simulator, "sandbox-zoe");
    let mut own = Client::connect_as(&simulator, &account).await;
    let policy = effective(&mut own, json!({ "PolicyType": "TAG_POLICY" })).await;
    assert_eq!(policy["TargetId"], account.as_str());
    let other = json!({ "PolicyType": "TAG_POLICY", "TargetId": MANAGEMENT });
    let refused = own.call("DescribeEffectivePolicy", other).await.error();
    assert_eq!(refused.0, "AccessDeniedException");
    let errors = json!({ "PolicyType": "TAG_POLICY", "AccountId": account });
    let refused = own.call("ListEffectivePolicyValidationErrors", errors);
    assert_eq!(refused.await.error().0, "AccessDeniedException");
}

#[tokio::test]
async fn what_is_wrong_with_an_effective_policy_is_listed() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let account = account_in(&simulator, SHOP);
    let (valid, _) = account_named(&simulator, "sandbox-zoe");
    let errors = "ListEffectivePolicyValidationErrors";
    let key = "EffectivePolicyValidationErrors";
    let asked = json!({ "AccountId": account, "PolicyType": "TAG_POLICY" });
    let listed = client.pages(errors, asked).await;
    let first = &listed[listed.len() - 1][key][0];
    assert_eq!(first["ErrorCode"], "ELEMENTS_TOO_MANY");
    assert_eq!(first["PathToError"], "/tags/cost-center/tag_value");
    let contributing = json!(["p-t3e9i7rq2w", "p-y8f2s5ka4h"]);
    assert_eq!(first["ContributingPolicies"], contributing);
    let asked = json!({ "AccountId": valid, "PolicyType": "TAG_POLICY" });
    let listed = client.pages(errors, asked).await;
    assert!(listed.iter().all(|page| page[key] == json!([])));

    let invalid = "ListAccountsWithInvalidEffectivePolicy";
    let all = client.pages(invalid, json!({ "PolicyType": "TAG_POLICY" }));
    let all = ids(&all.await, "Accounts");
    assert!(all.contains(&account) && !all.contains(&valid), "{all:?}");
    assert_eq!(all.len(), 23, "what is in Retail");
    let none = client.pages(invalid, json!({ "PolicyType": "BACKUP_POLICY" }));
    assert_eq!(ids(&none.await, "Accounts"), [""; 0]);
    let disabled = json!({ "PolicyType": "CHATBOT_POLICY" });
    let refused = client.call(invalid, disabled).await.error();
    assert_eq!(refused.0, "EffectivePolicyNotFoundException");
}
