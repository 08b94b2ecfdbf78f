//! Finding accounts: pasted texts, the list of matches, jumps back, and a query at the start.

use orgscope::sim::{Organization, Shape};
use vt100::Screen;

use super::{CONFIGURATION, Explorer, LEDGER, PAYMENTS, REPORTS, is_read, row_within, settings};

/// Accounts of an organization in which 200 are no few, the last one of them deep down.
fn many() -> (Organization, Vec<(String, String)>) {
    let shape = Shape {
        accounts: 400,
        organizational_units: 40,
        seed: 7,
    };
    let organization = Organization::generate(&shape);
    let found = organization.accounts();
    let found = found.map(|account| (account.id.clone(), account.name.clone()));
    let mut accounts: Vec<(String, String)> = found.collect();
    accounts.sort();
    accounts.truncate(200);
    (organization, accounts)
}

/// Findings as a scanner writes them: each with the ARN of something in the account.
fn document(accounts: &[(String, String)]) -> String {
    let findings = (1..).zip(accounts).map(|(number, (id, _))| {
        format!(
            "  {{\"finding\": \"550e8400-e29b-41d4-a716-446655440{number:03}\", \
             \"resource\": \"arn:aws:s3:eu-west-1:{id}:bucket\", \"score\": 0.{number:012}}}"
        )
    });
    let findings: Vec<String> = findings.collect();
    format!("[\n{}\n]\n", findings.join(",\n"))
}

fn shows(screen: &Screen, text: &str) -> bool {
    screen.contents().contains(text)
}

#[test]
fn a_pasted_document_of_findings_leads_to_the_right_account() {
    let (organization, accounts) = many();
    let mut explorer = Explorer::start_with(organization, settings(), CONFIGURATION, &[]);
    let text = document(&accounts);
    explorer.press(&format!("\x1b[200~{text}\x1b[201~"));
    explorer.wait_for("200 accounts in the text");
    explorer.wait_for("200 found");
    let (last, name) = accounts.last().expect("200 of them");
    explorer.press("G");
    explorer.terminal.wait_until("the last one", |screen| {
        row_within(screen, last, 200).contains(name.as_str())
    });
    explorer.press("\r");
    explorer.wait_for(&format!("Account id  {last}"));
    // Any of them by typing a part of what it is.
    let (other, _) = &accounts[99];
    explorer.press(&format!("/id:{other}\t"));
    explorer.wait_for("1 found");
    explorer.press("\r");
    explorer.wait_for(&format!("Account id  {other}"));
    explorer.press("[");
    explorer.wait_for(&format!("Account id  {last}"));
    explorer.press("]");
    explorer.wait_for(&format!("Account id  {other}"));
    assert!(explorer.writes().is_empty());
}

#[test]
fn a_paste_that_arrives_as_keys_is_one_where_it_is_looked_for_and_nothing_elsewhere() {
    let (organization, accounts) = many();
    let mut explorer = Explorer::start_with(organization, settings(), CONFIGURATION, &[]);
    let text = document(&accounts).replace('\n', "\r");
    // Many of its letters would do something, in the menu and in the tree.
    explorer.press("y");
    explorer.wait_for("Copy");
    explorer.press(&text);
    explorer.wait_for("What was pasted means nothing here");
    explorer.press("\x1b");
    explorer
        .terminal
        .wait_until("the tree", |screen| !shows(screen, "What was pasted"));
    explorer.press(&text);
    explorer.wait_for("200 accounts in the text");
    explorer.wait_for("200 found");
    let (last, _) = accounts.last().expect("200 of them");
    explorer.press("G\r");
    explorer.wait_for(&format!("Account id  {last}"));
    let (first, _) = &accounts[1];
    explorer.press(&format!("{first}\r"));
    explorer.wait_for(&format!("Account id  {first}"));
    assert!(explorer.writes().is_empty());
}

#[test]
fn pasted_accounts_are_marked_as_a_whole_for_a_change_that_is_asked_for() {
    let mut explorer = Explorer::start();
    let text = format!("{PAYMENTS},high\n999999999999,low\n{REPORTS},high\n");
    explorer.press(&format!("\x1b[200~{text}\x1b[201~"));
    explorer.wait_for("3 accounts in the text, 1 of them not in this organization");
    explorer.press("a");
    explorer.wait_for("2 marked · All accounts of the list are marked");
    explorer.press("\t");
    explorer
        .terminal
        .wait_until("the tree", |screen| shows(screen, "m move"));
    explorer.press("m");
    explorer.wait_for("Move 2 accounts to");
    explorer.press("\x1b");
    assert!(explorer.writes().is_empty());
}

#[test]
fn the_program_opens_on_the_query_of_its_command_line() {
    let mut explorer = Explorer::start();
    explorer.press("q");
    explorer.terminal.wait_for_end();
    explorer.start_again(&[LEDGER]);
    explorer.wait_for(&format!("Account id  {LEDGER}"));
    explorer.press("q");
    explorer.terminal.wait_for_end();
    explorer.start_again(&["state:active", "report"]);
    explorer.wait_for(&format!("Account id  {REPORTS}"));
    explorer.wait_for("/state:active report");
    explorer.press("q");
    explorer.terminal.wait_for_end();
    explorer.start_again(&["000000000099"]);
    explorer.terminal.wait_until("everything", is_read);
    explorer.wait_for("000000000099 is not in this organization");
}
