//! Creating, renaming and deleting OUs.

use orgscope::sim::{FULL_ACCESS, OU_DEPTH_MAX, OUS_MAX, PolicyType};

use super::*;

#[tokio::test]
async fn an_ou_is_created_renamed_and_deleted() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let create =
        json!({ "ParentId": ROOT, "Name": "Fresh", "Tags": [{ "Key": "owner", "Value": "" }] });
    let made = client
        .call("CreateOrganizationalUnit", create.clone())
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let made = made.json()["OrganizationalUnit"].clone();
    let id = made["Id"].as_str().unwrap().to_owned();
    assert_eq!(made["Name"], "Fresh");
    assert_eq!(made["Path"], format!("o-m3r1d14n42/{ROOT}/{id}/"));
    simulator.with_organization(|organization| {
        assert_eq!(
            organization.tags(&id),
            [("owner".to_owned(), String::new())]
        );
        let attached = organization.attached_policies(&id, PolicyType::ServiceControl);
        assert_eq!(attached.len(), 1);
        assert_eq!(attached[0].id, FULL_ACCESS);
    });
    let again = client.call("CreateOrganizationalUnit", create).await;
    let duplicate = "DuplicateOrganizationalUnitException";
    assert_eq!(again.error().0, duplicate);

    let taken = json!({ "OrganizationalUnitId": id, "Name": "Security" });
    let taken = client.call("UpdateOrganizationalUnit", taken).await;
    assert_eq!(taken.error().0, duplicate);
    for (name, expected) in [
        (Some("Frisch"), "Frisch"),
        (Some("Frisch"), "Frisch"),
        (None, "Frisch"),
    ] {
        let mut update = json!({ "OrganizationalUnitId": id });
        if let Some(name) = name {
            update["Name"] = name.into();
        }
        let renamed = client.call("UpdateOrganizationalUnit", update).await.json();
        assert_eq!(renamed["OrganizationalUnit"]["Name"], expected);
    }
    let unit = json!({ "OrganizationalUnitId": id });
    let deleted = client.call("DeleteOrganizationalUnit", unit.clone()).await;
    assert_eq!((deleted.status, deleted.body.as_str()), (200, ""));
    for operation in ["DeleteOrganizationalUnit", "UpdateOrganizationalUnit"] {
        let gone = client.call(operation, unit.clone()).await;
        assert_eq!(gone.error().0, "OrganizationalUnitNotFoundException");
    }
}

#[tokio::test]
async fn an_ou_with_anything_in_it_stays() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    for name in ["Sandbox", "Acquisitions"] {
        let unit = json!({ "OrganizationalUnitId": unit_named(&simulator, name) });
        let refused = client.call("DeleteOrganizationalUnit", unit).await;
        assert_eq!(refused.error().0, "OrganizationalUnitNotEmptyException");
    }
}

#[tokio::test]
async fn ous_are_neither_too_deep_nor_too_many() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let violation = "ConstraintViolationException";
    let mut parent = ROOT.to_owned();
    for depth in 1..=OU_DEPTH_MAX + 1 {
        let create = json!({ "ParentId": parent, "Name": "Deeper" });
        let made = client.call("CreateOrganizationalUnit", create).await;
        if depth > OU_DEPTH_MAX {
            assert_eq!(made.error(), error(violation, "OU_DEPTH_LIMIT_EXCEEDED"));
        } else {
            let id = made.json()["OrganizationalUnit"]["Id"].clone();
            id.as_str().unwrap().clone_into(&mut parent);
        }
    }
    simulator.with_organization(|organization| {
        let there = organization.units().len();
        for number in there..OUS_MAX {
            organization.add_unit(ROOT, format!("unit {number}"));
        }
    });
    let create = |name: &str| json!({ "ParentId": ROOT, "Name": name });
    let last = client
        .call("CreateOrganizationalUnit", create("the last"))
        .await;
    assert_eq!(last.status, 200);
    let refused = client.call("CreateOrganizationalUnit", create("too many"));
    assert_eq!(
        refused.await.error(),
        error(violation, "OU_NUMBER_LIMIT_EXCEEDED")
    );
}

#[tokio::test]
async fn only_the_management_account_changes_ous() {
    let simulator = demo(settings()).await;
    let (administrator, _) = account_named(&simulator, "security-audit");
    let (member, _) = account_named(&simulator, "sandbox-zoe");
    let empty = unit_named(&simulator, "Exceptions");
    for caller in [administrator, member] {
        let mut client = Client::connect_as(&simulator, &caller).await;
        for (operation, parameters) in [
            (
                "CreateOrganizationalUnit",
                json!({ "ParentId": ROOT, "Name": "x" }),
            ),
            (
                "UpdateOrganizationalUnit",
                json!({ "OrganizationalUnitId": empty, "Name": "x" }),
            ),
            (
                "DeleteOrganizationalUnit",
                json!({ "OrganizationalUnitId": empty }),
            ),
        ] {
            let refused = client.call(operation, parameters).await;
            assert_eq!(refused.error().0, "AccessDeniedException", "{operation}");
        }
    }
    assert_eq!(unit_named(&simulator, "Exceptions"), empty);
}
