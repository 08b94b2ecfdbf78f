//! Moving, and what may come between the question and the call.

use orgscope::sim::{Faults, Organization, PolicyType, WriteCall};
use rustix::process::Signal;

use super::{
    ATTIC, CONFIGURATION, Explorer, PATIENCE, PAYMENTS, PRODUCTION, WORKLOADS, argument,
    organization, settings, tree_row,
};

/// What is attached where accounts are, and where they go.
fn governed() -> Organization {
    let mut organization = organization();
    for (name, unit) in [
        ("Only Europe", WORKLOADS),
        ("No root users", PRODUCTION),
        ("No backdoors", PRODUCTION),
    ] {
        let statement = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let policy = organization.add_policy(PolicyType::ServiceControl, name, statement);
        organization.attach_policy(&policy, unit);
    }
    let tags = organization.add_policy(PolicyType::Tag, "Cost centres", r#"{"tags":{}}"#);
    organization.attach_policy(&tags, WORKLOADS);
    organization
}

/// Asks to move an account, up to the point where only the yes is missing.
fn ask_to_move(explorer: &mut Explorer, unit: &str) {
    explorer.go_to_account(PAYMENTS);
    explorer.press(&format!("m{unit}"));
    explorer.wait_for(&format!("Root / {unit}"));
    explorer.press("\r");
    explorer.wait_for("Move payments");
    explorer.wait_for("y: Move");
}

/// Only moves of this one account, as from and to.
fn moves(writes: &[WriteCall]) -> Vec<(String, String)> {
    let step = |write: &WriteCall| {
        assert_eq!(write.operation, "MoveAccount");
        assert_eq!(argument(write, "AccountId"), PAYMENTS);
        (
            argument(write, "SourceParentId"),
            argument(write, "DestinationParentId"),
        )
    };
    writes.iter().map(step).collect()
}

fn step(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

#[test]
fn a_move_shows_what_changes_in_policies_and_is_made_once_and_undone_after_a_restart() {
    let mut explorer = Explorer::start_with(governed(), settings(), CONFIGURATION, &[]);
    ask_to_move(&mut explorer, "Production");
    for line in [
        "from Root / Workloads",
        "to   Root / Production",
        "- service control policy lost: Only Europe",
        "+ service control policy gained: No root users",
        "+ service control policy gained: No backdoors",
        "- tag policy lost: Cost centres",
        "aws organizations move-account",
    ] {
        explorer.wait_for(line);
    }
    assert!(explorer.writes().is_empty());
    explorer.press("y");
    explorer.wait_for("Moved payments to Root / Production; u undoes it");
    assert_eq!(explorer.parent(PAYMENTS), PRODUCTION);
    explorer.leave_filter();
    explorer.go_to_account(PAYMENTS);
    explorer.terminal.wait_until("its new row", |screen| {
        tree_row(screen, "Production").contains("1 account")
            && !tree_row(screen, PAYMENTS).is_empty()
    });
    explorer.press("u");
    explorer.wait_for("Undo: move payments back");
    explorer.wait_for("+ service control policy gained: Only Europe");
    explorer.press("n");
    explorer.wait_for("Nothing was changed");
    assert_eq!(explorer.writes().len(), 1);
    explorer.press("q");
    assert!(explorer.terminal.wait_for_end().success());

    explorer.start_again(&[]);
    explorer.terminal.wait_until("everything", super::is_read);
    explorer.wait_for("u undo");
    explorer.press("u");
    explorer.wait_for("Undo: move payments back");
    explorer.wait_for("to   Root / Workloads");
    explorer.say_yes("Move");
    explorer.wait_for("Moved payments back to Root / Workloads");
    assert_eq!(explorer.parent(PAYMENTS), WORKLOADS);
    assert_eq!(
        moves(&explorer.writes()),
        [step(WORKLOADS, PRODUCTION), step(PRODUCTION, WORKLOADS)]
    );
}

#[test]
fn a_move_is_undone_at_once_with_the_same_questions() {
    let mut explorer = Explorer::start();
    ask_to_move(&mut explorer, "Attic");
    explorer.press("y");
    explorer.wait_for("Moved payments to Root / Attic; u undoes it");
    explorer.press("u");
    explorer.wait_for("Undo: move payments back");
    explorer.say_yes("Move");
    explorer.wait_for("Moved payments back to Root / Workloads");
    assert_eq!(explorer.parent(PAYMENTS), WORKLOADS);
    assert_eq!(
        moves(&explorer.writes()),
        [step(WORKLOADS, ATTIC), step(ATTIC, WORKLOADS)]
    );
}

#[test]
fn an_account_that_somebody_moved_since_the_question_stays_where_it_is() {
    let mut explorer = Explorer::start();
    ask_to_move(&mut explorer, "Production");
    let elsewhere = |org: &mut Organization| org.move_account(PAYMENTS, ATTIC);
    explorer.simulator.with_organization(elsewhere);
    explorer.press("y");
    explorer.wait_for("Not done: move account payments");
    explorer.wait_for("Attic");
    assert!(explorer.writes().is_empty());
    assert_eq!(explorer.parent(PAYMENTS), ATTIC);
    // The tree tells the truth as well.
    explorer.acknowledge();
    explorer.leave_filter();
    explorer.go_to_account(PAYMENTS);
    explorer.terminal.wait_until("its row", |screen| {
        tree_row(screen, "Attic").contains("1 account") && !tree_row(screen, PAYMENTS).is_empty()
    });
}

#[test]
fn an_account_that_somebody_moves_in_the_middle_of_the_call_is_not_moved_twice() {
    let mut explorer = Explorer::start();
    ask_to_move(&mut explorer, "Production");
    explorer.simulator.before_each_call(|call, organization| {
        if call.operation == "MoveAccount" {
            organization.move_account(PAYMENTS, ATTIC);
        }
    });
    explorer.press("y");
    explorer.wait_for("Not done: move account payments");
    explorer.wait_for("Attic");
    let writes = explorer.writes();
    assert_eq!(moves(&writes), [step(WORKLOADS, PRODUCTION)]);
    assert!(!writes[0].changed);
    assert_eq!(explorer.parent(PAYMENTS), ATTIC);
}

#[test]
fn a_move_that_was_never_answered_is_told_by_the_next_run_until_it_is_seen() {
    let mut explorer = Explorer::start();
    let fault = "MoveAccount:hang".parse().expect("a fault");
    explorer.simulator.set_faults(fault);
    ask_to_move(&mut explorer, "Attic");
    explorer.press("y");
    let mut call = "";
    while call != "MoveAccount" {
        call = explorer.calls.recv_timeout(PATIENCE).expect("the call");
    }
    // The simulator looks at a call and carries it out in one step.
    assert_eq!(explorer.parent(PAYMENTS), ATTIC);
    explorer.end_with(Signal::KILL);
    explorer.simulator.set_faults(Faults::default());
    explorer.start_again(&[]);
    let found = "1 move of an earlier run had no answer: found in Root / Attic; 3 shows it";
    explorer.wait_for(found);
    explorer.press("3");
    explorer.wait_for("done (no answer, found in Root / Attic)");
    explorer.press("1");
    explorer.terminal.wait_until("it was seen", |screen| {
        tree_row(screen, "Attic").contains("1 account") && !screen.contents().contains(found)
    });
    assert_eq!(moves(&explorer.writes()), [step(WORKLOADS, ATTIC)]);
}
