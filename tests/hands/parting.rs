//! Accounts that leave the organization, and hands that may change nothing.

use orgscope::sim::{Caller, Settings};

use super::{
    CONFIGURATION, Explorer, LEDGER, MANAGEMENT, ORGANIZATION, PAYMENTS, argument, organization,
    settings,
};

#[test]
fn a_delegated_administrator_is_not_removed_whatever_is_typed() {
    let mut organization = organization();
    organization.delegate(PAYMENTS, "sso.amazonaws.com");
    organization.delegate(PAYMENTS, "config.amazonaws.com");
    let mut explorer = Explorer::start_with(organization, settings(), CONFIGURATION, &[]);
    explorer.go_to_account(PAYMENTS);
    explorer.press("d");
    explorer.wait_for("Remove payments from the organization");
    explorer.wait_for("Refused: it is a delegated administrator for config.amazonaws.com");
    explorer.wait_for("sso.amazonaws.com");
    explorer.wait_for("This is refused; Esc leaves");
    explorer.press(&format!("\t{PAYMENTS}\ty\t \r"));
    explorer.wait_for("Nothing was changed");
    assert!(explorer.writes().is_empty());
    assert_eq!(
        explorer
            .simulator
            .calls()
            .get("RemoveAccountFromOrganization"),
        None
    );
}

#[test]
fn an_ordinary_account_is_removed_once_its_id_is_typed() {
    let mut explorer = Explorer::start();
    explorer.go_to_account(LEDGER);
    explorer.press("d");
    explorer.wait_for("Remove ledger from the organization");
    // Pasted, as it is copied from elsewhere.
    explorer.press(&format!("\x1b[200~{LEDGER}\n\x1b[201~\t"));
    explorer.wait_for("Enter: Remove");
    assert!(explorer.writes().is_empty());
    explorer.press("\r");
    explorer.wait_for("Removed ledger from the organization");
    explorer.leave_filter();
    explorer.press("*");
    explorer.terminal.wait_until("it is gone", |screen| {
        let contents = screen.contents();
        contents.contains("payments") && !contents.contains("ledger")
    });
    let writes = explorer.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(writes[0].operation, "RemoveAccountFromOrganization");
    assert_eq!(argument(&writes[0], "AccountId"), LEDGER);
    let gone = explorer
        .simulator
        .with_organization(|org| org.account(LEDGER).is_none());
    assert!(gone);
}

#[test]
fn a_member_leaves_by_typing_the_id_of_its_organization() {
    let settings = Settings {
        caller: Caller::Account(LEDGER.into()),
        ..settings()
    };
    let mut explorer = Explorer::start_with(organization(), settings, CONFIGURATION, &[]);
    explorer.wait_for("Member account: nothing to list");
    explorer.wait_for("Leave organization (asks first)");
    for fact in [
        ORGANIZATION,
        MANAGEMENT,
        LEDGER,
        "READ-ONLY (this account can only leave)",
    ] {
        explorer.wait_for(fact);
    }
    // The activity tells when the journal is open, without which nothing can be changed.
    explorer.press("3");
    explorer.wait_for("Nothing was changed yet.");
    explorer.press("1");
    explorer.wait_for("Leave organization (asks first)");
    explorer.wait_for("L leave");
    explorer.press("L");
    explorer.wait_for(&format!("Leave organization {ORGANIZATION}"));
    explorer.wait_for("It cannot come back by itself");
    // Its own id is not what is asked for.
    explorer.press(&format!("\t{LEDGER}\t\r"));
    explorer.wait_for("What is typed is not the id of the organization");
    assert!(explorer.writes().is_empty());
    let instead = format!("\x1b[Z\x15{ORGANIZATION}\t");
    explorer.press(&instead);
    explorer.wait_for("Enter: Leave organization");
    explorer.press("\r");
    explorer.wait_for("Left the organization");
    // Who was asked anew knows that there is nothing left to leave.
    explorer.terminal.wait_until("another screen", |screen| {
        let contents = screen.contents();
        contents.contains("This account is in no organization")
            && contents.contains("not in an organization")
            && !contents.contains("Leave organization (asks first)")
            && !contents.contains(ORGANIZATION)
    });
    explorer.press("L");
    explorer.wait_for("Cannot leave the organization: this account is in no organization");
    let writes = explorer.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(writes[0].operation, "LeaveOrganization");
    assert_eq!(writes[0].caller, LEDGER);
    let gone = explorer
        .simulator
        .with_organization(|org| org.account(LEDGER).is_none());
    assert!(gone);
}

#[test]
fn a_read_only_program_says_why_and_changes_nothing() {
    let arguments = ["--read-only"];
    let mut explorer = Explorer::start_with(organization(), settings(), CONFIGURATION, &arguments);
    explorer.wait_for("READ-ONLY (flag)");
    explorer.go_to(PAYMENTS, &format!("Account id  {PAYMENTS}"));
    for (key, action) in [
        ("m", "move"),
        ("x", "close the account"),
        ("d", "remove the account"),
        ("o", "make an OU"),
        ("e", "rename"),
        ("u", "move back"),
        ("s", "resume"),
        ("L", "leave the organization"),
    ] {
        explorer.press(key);
        explorer.wait_for(&format!(
            "Cannot {action}: this is read-only: --read-only was given"
        ));
    }
    // What would confirm a dialog, if there were one.
    explorer.press(&format!("\t{PAYMENTS}\t\ry"));
    explorer.wait_for_calls("ListAccounts", 3);
    assert!(explorer.writes().is_empty());
}
