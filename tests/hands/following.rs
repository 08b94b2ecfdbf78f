//! Others change the organization while somebody looks at it.

use super::{ATTIC, CONFIGURATION, Explorer, PAYMENTS, WORKLOADS, organization, settings};
use orgscope::sim::{NewPolicy, Organization, PolicyType};

fn with_policies() -> Organization {
    let mut organization = organization();
    for (id, name, unit) in [
        ("p-works00001", "Works", WORKLOADS),
        ("p-attic00001", "Attics", ATTIC),
    ] {
        organization.add_policy_with_id(NewPolicy {
            id: id.into(),
            name: name.into(),
            kind: PolicyType::ServiceControl,
            description: String::new(),
            content: r#"{"Version":"2012-10-17","Statement":[]}"#.into(),
        });
        organization.attach_policy(id, unit);
    }
    organization
}

#[test]
fn an_account_that_others_move_while_its_policies_are_looked_at_stays_under_the_cursor() {
    let mut explorer = Explorer::start_with(with_policies(), settings(), CONFIGURATION, &[]);
    explorer.go_to_account(PAYMENTS);
    explorer.leave_filter();
    explorer.press(">");
    explorer.wait_for("from OU Workloads");
    explorer
        .simulator
        .with_organization(|organization| organization.move_account(PAYMENTS, ATTIC));
    explorer.press("R");
    explorer.wait_for("payments has moved to Root / Attic. c shows 1 change since ");
    explorer.wait_for("from OU Attic");
    explorer.press("<");
    explorer.wait_for(&format!("Account id  {PAYMENTS}"));
    explorer.press("c");
    explorer.wait_for("payments (000000000012) moved from Root / Workloads to Root / Attic");
    assert_eq!(explorer.writes().len(), 0);
}
