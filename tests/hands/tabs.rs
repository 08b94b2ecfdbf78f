//! Finding out what applies to an account, from the tree to the line of a policy.

use orgscope::sim::{NewPolicy, Organization, PolicyType};

use super::{CONFIGURATION, Explorer, LEDGER, PAYMENTS, WORKLOADS, organization, settings};

const CONTENT: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"KeepLogs","Effect":"Deny","Action":["cloudtrail:StopLogging"],"Resource":"*"},{"Sid":"NoBuckets","Effect":"Deny","Action":["s3:CreateBucket","s3:PutObject"],"Resource":"*"}]}"#;

fn with_policy() -> Organization {
    let mut organization = organization();
    organization.add_policy_with_id(NewPolicy {
        id: "p-buckets001".into(),
        name: "No buckets".into(),
        kind: PolicyType::ServiceControl,
        description: "Data is kept elsewhere".into(),
        content: CONTENT.into(),
    });
    organization.attach_policy("p-buckets001", WORKLOADS);
    organization
}

#[test]
fn why_an_account_cannot_use_a_service_is_found_in_a_policy_above_it() {
    let mut explorer = Explorer::start_with(with_policy(), settings(), CONFIGURATION, &[]);
    explorer.go_to_account(PAYMENTS);
    explorer.press(">");
    explorer.wait_for("from OU Workloads");
    explorer.wait_for("denies cloudtrail:StopLogging");
    // With the keys in the details, down to the policy that denies.
    explorer.press("\t");
    explorer.wait_for("Enter document");
    explorer.press("jj\r");
    explorer.wait_for("No buckets  p-buckets001");
    explorer.wait_for("\"Sid\": \"KeepLogs\"");
    // Folded, and found all the same.
    explorer.press("-");
    explorer.wait_for("[ ... ]  (2 items)");
    explorer.press("/s3:");
    explorer.wait_for("\"s3:CreateBucket\"");
    explorer.wait_for("1 of 2");
    explorer.press("\rn");
    explorer.wait_for("2 of 2");
    explorer.press("h");
    explorer.wait_for("\"Action\": [ ... ]");
    // Everything that it reaches, and on to another of its accounts.
    explorer.press("t");
    explorer.wait_for("Attached to 1 target, reaches 4 accounts");
    explorer.press("j\r");
    explorer.wait_for("> tab");
    // The tab stays.
    explorer.go_to(LEDGER, "from OU Workloads");
    explorer.press("<");
    explorer.wait_for(&format!("Account id  {LEDGER}"));
    assert_eq!(explorer.writes().len(), 0);
}
