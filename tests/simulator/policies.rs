//! Policies, tags, delegated administrators and trusted access.

use orgscope::sim::{FULL_ACCESS, FeatureSet, PolicyType, RCP_FULL_ACCESS};

use super::*;

const DENY_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

fn scps_of(target: &str) -> Value {
    json!({ "TargetId": target, "Filter": "SERVICE_CONTROL_POLICY" })
}

/// A member of every item of a listing, in its order.
fn all_of(pages: &[Value], key: &str, member: &str) -> Vec<String> {
    let items = pages.iter().flat_map(|page| page[key].as_array().unwrap());
    items
        .map(|item| item[member].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_target_lists_what_is_attached_to_itself_and_nothing_that_it_inherits() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let (account, parent) = account_named(&simulator, "sandbox-zoe");
    let policy = simulator.with_organization(|organization| {
        let policy = organization.add_policy(PolicyType::ServiceControl, "test deny", DENY_ALL);
        organization.attach_policy(&policy, &parent);
        policy
    });
    let at = client
        .pages("ListPoliciesForTarget", scps_of(&parent))
        .await;
    assert!(ids(&at, "Policies").contains(&policy));
    let below = client.pages("ListPoliciesForTarget", scps_of(&account));
    assert_eq!(ids(&below.await, "Policies"), [FULL_ACCESS]);

    let described = json!({ "PolicyId": policy });
    let described = client.call("DescribePolicy", described).await.json();
    assert_eq!(described["Policy"]["Content"], DENY_ALL);
    let summary = &described["Policy"]["PolicySummary"];
    let arn = format!(
        "arn:aws:organizations::{MANAGEMENT}:policy/o-m3r1d14n42/service_control_policy/{policy}"
    );
    assert_eq!(summary["Arn"], arn);
    assert_eq!(summary["AwsManaged"], false);

    let targets = json!({ "PolicyId": policy });
    let targets = client.pages("ListTargetsForPolicy", targets).await;
    assert_eq!(all_of(&targets, "Targets", "TargetId"), [parent.as_str()]);
    assert_eq!(targets[0]["Targets"][0]["Type"], "ORGANIZATIONAL_UNIT");
    assert_eq!(targets[0]["Targets"][0]["Name"], "Sandbox");

    simulator.with_organization(|o| o.detach_policy(&policy, &parent));
    let at = client
        .pages("ListPoliciesForTarget", scps_of(&parent))
        .await;
    assert!(!ids(&at, "Policies").contains(&policy));
}

#[tokio::test]
async fn every_type_of_policy_is_listed_apart_and_told_by_the_root_once_enabled() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let policies: Vec<String> = simulator.with_organization(|organization| {
        let all = PolicyType::ALL.into_iter();
        all.map(|kind| {
            let id = organization.add_policy(kind, format!("a {kind}"), "{}");
            organization.attach_policy(&id, ROOT);
            id
        })
        .collect()
    });
    let roots = client.call("ListRoots", json!({})).await.json();
    let types = roots["Roots"][0]["PolicyTypes"].as_array().unwrap();
    assert_eq!(types.len(), 15);
    for (kind, id) in PolicyType::ALL.into_iter().zip(policies) {
        assert!(types.contains(&json!({ "Type": kind.as_str(), "Status": "ENABLED" })));
        let filter = json!({ "Filter": kind.as_str() });
        let listed = client.pages("ListPolicies", filter).await;
        assert!(ids(&listed, "Policies").contains(&id), "{kind}");
        let kinds = all_of(&listed, "Policies", "Type");
        assert!(kinds.iter().all(|listed| listed == kind.as_str()), "{kind}");
        let attached = json!({ "TargetId": ROOT, "Filter": kind.as_str() });
        let attached = client.pages("ListPoliciesForTarget", attached).await;
        assert!(ids(&attached, "Policies").contains(&id), "{kind}");
    }
}

#[tokio::test]
async fn policies_come_and_go_with_their_type_and_their_target() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let (account, _) = account_named(&simulator, "sandbox-zoe");
    let rcps = json!({ "TargetId": account, "Filter": "RESOURCE_CONTROL_POLICY" });
    simulator.with_organization(|o| o.disable_policy_type(PolicyType::ResourceControl));
    let none = client.pages("ListPoliciesForTarget", rcps.clone()).await;
    assert_eq!(ids(&none, "Policies"), [""; 0]);
    simulator.with_organization(|o| o.enable_policy_type(PolicyType::ResourceControl));
    let all = client.pages("ListPoliciesForTarget", rcps.clone()).await;
    assert_eq!(ids(&all, "Policies"), [RCP_FULL_ACCESS]);

    let full = json!({ "PolicyId": FULL_ACCESS });
    let targets = client.pages("ListTargetsForPolicy", full.clone()).await;
    assert!(
        targets
            .iter()
            .all(|p| p["Targets"].as_array().unwrap().len() <= 20)
    );
    let before = all_of(&targets, "Targets", "TargetId");
    let unique: BTreeSet<&String> = before.iter().collect();
    let everything = 178 + 31 - 2;
    assert_eq!((before.len(), unique.len()), (everything, everything));
    let remove = json!({ "AccountId": account });
    let removed = client.call("RemoveAccountFromOrganization", remove).await;
    assert_eq!(removed.status, 200);
    let gone = client.call("ListPoliciesForTarget", rcps).await;
    assert_eq!(gone.error().0, "TargetNotFoundException");
    let targets = client.pages("ListTargetsForPolicy", full).await;
    let after = all_of(&targets, "Targets", "TargetId");
    assert!(after.len() == before.len() - 1 && !after.contains(&account));
}

#[tokio::test]
async fn tags_come_in_pages_and_end_with_the_account() {
    let simulator = demo(Settings {
        empty_pages: false,
        ..settings()
    })
    .await;
    let mut client = Client::connect(&simulator).await;
    let (account, unit) = account_named(&simulator, "sandbox-zoe");
    let policy = simulator.with_organization(|organization| {
        let tags = (0..45).map(|n| (format!("key-{n:02}"), format!("value {n}")));
        organization.set_tags(&account, tags);
        let policy = organization.add_policy(PolicyType::Tag, "tagged", "{}");
        for resource in [ROOT, &unit, &policy] {
            organization.set_tags(resource, [("owner", resource)]);
        }
        policy
    });
    // The service has no such member here, and ignores what it does not know.
    let resource = json!({ "ResourceId": account, "MaxResults": 1 });
    let pages = client.pages("ListTagsForResource", resource).await;
    let sizes: Vec<usize> = pages
        .iter()
        .map(|page| page["Tags"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [20, 20, 5]);
    assert_eq!(
        pages[0]["Tags"][7],
        json!({ "Key": "key-07", "Value": "value 7" })
    );
    for resource in [ROOT, &unit, &policy] {
        let tags = json!({ "ResourceId": resource });
        let tags = client.call("ListTagsForResource", tags).await.json();
        assert_eq!(tags["Tags"], json!([{ "Key": "owner", "Value": resource }]));
    }
    let remove = json!({ "AccountId": account });
    let removed = client.call("RemoveAccountFromOrganization", remove).await;
    assert_eq!(removed.status, 200);
    let gone = json!({ "ResourceId": account });
    let gone = client.call("ListTagsForResource", gone).await;
    assert_eq!(gone.error().0, "TargetNotFoundException");
    assert!(simulator.with_organization(|o| o.tags(&account).is_empty()));
}

#[tokio::test]
async fn a_delegated_administrator_is_listed_by_its_services_and_cannot_be_removed() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let (account, _) = account_named(&simulator, "sandbox-zoe");
    let services = json!({ "AccountId": account });
    let none = client.call("ListDelegatedServicesForAccount", services.clone());
    assert_eq!(none.await.error().0, "AccountNotRegisteredException");
    simulator.with_organization(|organization| {
        organization.delegate(&account, "sso.amazonaws.com");
        organization.delegate(&account, "macie.amazonaws.com");
    });
    let listed = client
        .pages("ListDelegatedServicesForAccount", services.clone())
        .await;
    assert_eq!(
        all_of(&listed, "DelegatedServices", "ServicePrincipal"),
        ["macie.amazonaws.com", "sso.amazonaws.com"]
    );
    let key = "DelegatedAdministrators";
    let all = client.pages("ListDelegatedAdministrators", json!({})).await;
    assert!(ids(&all, key).contains(&account));
    let of_sso = json!({ "ServicePrincipal": "sso.amazonaws.com" });
    let of_sso = client.pages("ListDelegatedAdministrators", of_sso).await;
    assert_eq!(ids(&of_sso, key), [account.as_str()]);
    assert_eq!(of_sso[0][key][0]["State"], "ACTIVE");
    let trusted = client
        .pages("ListAWSServiceAccessForOrganization", json!({}))
        .await;
    let trusted = all_of(&trusted, "EnabledServicePrincipals", "ServicePrincipal");
    assert!(trusted.contains(&"sso.amazonaws.com".to_owned()));

    let refused = client.call("RemoveAccountFromOrganization", services.clone());
    let reason = "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG";
    assert_eq!(
        refused.await.error(),
        error("ConstraintViolationException", reason)
    );
    let mut own = Client::connect_as(&simulator, &account).await;
    let refused = own.call("LeaveOrganization", json!({})).await;
    assert_eq!(
        refused.error(),
        error("ConstraintViolationException", reason)
    );
    simulator.with_organization(|o| o.end_delegations(&account));
    let removed = client.call("RemoveAccountFromOrganization", services.clone());
    assert_eq!(removed.await.status, 200);
    let gone = client.call("ListDelegatedServicesForAccount", services);
    assert_eq!(gone.await.error().0, "AccountNotFoundException");
}

#[tokio::test]
async fn trusted_access_of_a_service_can_be_switched() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let tower = "controltower.amazonaws.com";
    for is_on in [true, false] {
        simulator.with_organization(|organization| {
            if is_on {
                organization.enable_service_access(tower);
            } else {
                organization.disable_service_access(tower);
            }
        });
        let listed = client
            .pages("ListAWSServiceAccessForOrganization", json!({}))
            .await;
        let listed = all_of(&listed, "EnabledServicePrincipals", "ServicePrincipal");
        assert_eq!(listed.iter().any(|principal| principal == tower), is_on);
    }
}

#[tokio::test]
async fn consolidated_billing_alone_has_no_policies_no_trusted_access_and_no_closures() {
    let simulator = demo(settings()).await;
    simulator.with_organization(|o| o.set_feature_set(FeatureSet::ConsolidatedBilling));
    let mut client = Client::connect(&simulator).await;
    let described = client.call("DescribeOrganization", json!({})).await.json();
    assert_eq!(
        described["Organization"]["FeatureSet"],
        "CONSOLIDATED_BILLING"
    );
    let roots = client.call("ListRoots", json!({})).await.json();
    assert_eq!(roots["Roots"][0]["PolicyTypes"], json!([]));
    let attached = client.pages("ListPoliciesForTarget", scps_of(ROOT)).await;
    assert_eq!(ids(&attached, "Policies"), [""; 0]);
    let (account, _) = account_named(&simulator, "mobile-beta");
    let account = json!({ "AccountId": account });
    for (operation, parameters) in [
        ("CloseAccount", account.clone()),
        ("ListDelegatedAdministrators", json!({})),
        ("ListDelegatedServicesForAccount", account),
        ("ListAWSServiceAccessForOrganization", json!({})),
    ] {
        let refused = client.call(operation, parameters).await.error();
        let reason = "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE";
        assert_eq!(
            refused,
            error("ConstraintViolationException", reason),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn what_operators_read_has_its_published_limits() {
    let simulator = demo(Settings {
        limits: true,
        ..settings()
    })
    .await;
    let mut client = Client::connect(&simulator).await;
    let policy = json!({ "PolicyId": FULL_ACCESS });
    let filter = json!({ "Filter": "TAG_POLICY" });
    for (operations, burst) in [
        (
            vec![
                ("ListPolicies", filter),
                ("ListPoliciesForTarget", scps_of(ROOT)),
                ("ListTargetsForPolicy", policy.clone()),
            ],
            8,
        ),
        (vec![("DescribePolicy", policy)], 2),
        (
            vec![("ListTagsForResource", json!({ "ResourceId": ROOT }))],
            15,
        ),
        (vec![("ListDelegatedAdministrators", json!({}))], 8),
        (
            vec![
                ("ListAWSServiceAccessForOrganization", json!({})),
                ("ListDelegatedServicesForAccount", json!({})),
            ],
            3,
        ),
    ] {
        for _ in 0..10 {
            for (operation, parameters) in &operations {
                client.call(operation, parameters.clone()).await;
            }
        }
        let calls = simulator.calls();
        let served = operations.iter().map(|(operation, _)| {
            let calls = calls[*operation];
            calls.served + calls.failed
        });
        let total = served.sum::<u64>();
        let most = 10 * operations.len() as u64;
        assert_eq!(total, burst.min(most), "{operations:?}");
    }
}
