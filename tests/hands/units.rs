//! Making, renaming and deleting OUs.

use orgscope::sim::Organization;

use super::{ATTIC, Explorer, PAYMENTS, argument, tree_row};

#[test]
fn an_ou_is_made_and_renamed_and_an_empty_one_is_deleted() {
    let mut explorer = Explorer::start();
    explorer.go_to_account(PAYMENTS);
    explorer.go_to("attic", &format!("OU id       {ATTIC}"));
    explorer.leave_filter();
    explorer.press("o");
    explorer.wait_for("New OU");
    explorer.press("Cellar\r");
    explorer.wait_for("Make OU Cellar");
    explorer.say_yes("Make OU");
    explorer.wait_for("Made OU Cellar");
    let cellar = |org: &mut Organization| {
        let mut units = org.units();
        let cellar = units
            .find(|unit| unit.name == "Cellar")
            .expect("it is made");
        assert_eq!(cellar.parent.as_deref(), Some(ATTIC));
        cellar.id.clone()
    };
    let cellar = explorer.simulator.with_organization(cellar);
    // What was made just now is known to be empty.
    explorer.terminal.wait_until("its row", |screen| {
        tree_row(screen, "Cellar").contains("0 accounts")
    });
    // The cursor is on what was made.
    explorer.wait_for(&format!("OU id       {cellar}"));

    explorer.press("e");
    explorer.wait_for("Cellar");
    explorer.press("\x15Vault\r");
    explorer.wait_for("Rename OU Cellar");
    explorer.wait_for("is called Vault from then on");
    explorer.say_yes("Rename");
    explorer.wait_for("Renamed OU Cellar to Vault");
    explorer.wait_for("Name        Vault");

    // No key deletes an OU: it is chosen by its name.
    explorer.press(":delete-ou");
    explorer.wait_for("Delete the OU, which must be empty");
    explorer.press("\r");
    explorer.wait_for("Delete OU Vault");
    explorer.say_yes("Delete OU");
    explorer.wait_for("Deleted OU Vault");
    let writes = explorer.writes();
    let operations: Vec<&str> = writes.iter().map(|w| w.operation.as_str()).collect();
    assert_eq!(
        operations,
        [
            "CreateOrganizationalUnit",
            "UpdateOrganizationalUnit",
            "DeleteOrganizationalUnit"
        ]
    );
    assert_eq!(argument(&writes[0], "ParentId"), ATTIC);
    assert_eq!(argument(&writes[1], "OrganizationalUnitId"), cellar);
    assert_eq!(argument(&writes[2], "OrganizationalUnitId"), cellar);
    let is_gone = |org: &mut Organization| org.unit(&cellar).is_none();
    assert!(explorer.simulator.with_organization(is_gone));
}
