//! Closing, from the typed id to the end that the service reports.

use std::time::Duration;

use orgscope::sim::{Faults, Settings};
use rustix::process::Signal;

use super::{
    CONFIGURATION, Explorer, MEMBERS, PAYMENTS, argument, ending, organization, row, settings,
    tree_row,
};

/// After this, every reading of the simulator says that an account is closed.
const LONG: Duration = Duration::from_hours(1);

/// How often the terminal's bell was rung.
fn bells(explorer: &Explorer) -> usize {
    let bytes = explorer.terminal.bytes();
    bytes.split(|byte| *byte == 0x07).count() - 1
}

#[test]
fn an_account_is_closed_by_typing_its_id_and_watched_to_its_end() {
    let settings = Settings {
        limits: true,
        speed: 60.0,
        ..settings()
    };
    // Readings flap every third of a second: they agree for longer only at the end.
    let configuration = CONFIGURATION.replace("agree_for = 0.5", "agree_for = 2");
    let mut explorer = Explorer::start_with(organization(), settings, &configuration, &[]);
    explorer.go_to_account(PAYMENTS);
    explorer.press("x");
    explorer.wait_for("CLOSE account payments");
    explorer.consent(3, PAYMENTS, "Close");
    explorer.press("2");
    let terminal = &explorer.terminal;
    terminal.wait_until("pending closure", |screen| {
        row(screen, PAYMENTS).ends_with("pending closure")
            && row(screen, PAYMENTS).contains("PENDING CLOSURE")
    });
    explorer.wait_for("settling: last read ACTIVE");
    terminal.wait_until("closed", |screen| {
        row(screen, PAYMENTS).ends_with(" closed")
    });
    explorer.wait_for(&format!("Closed: payments ({PAYMENTS})"));
    assert_eq!(bells(&explorer), 1);
    // It stays closed, and says so once, however often it is read again.
    explorer.wait_for_calls("ListAccounts", 3);
    explorer.press("1");
    explorer.wait_for("payments");
    explorer
        .terminal
        .wait_until("closed in the tree", |screen| {
            tree_row(screen, "payments").contains("CLOSED")
        });
    let writes = explorer.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(writes[0].operation, "CloseAccount");
    assert_eq!(argument(&writes[0], "AccountId"), PAYMENTS);
    explorer.press("q");
    assert!(explorer.terminal.wait_for_end().success());
    assert_eq!(bells(&explorer), 1);
}

/// Of each change that was asked for, whether the simulator has made it.
fn changed(explorer: &Explorer) -> Vec<bool> {
    let writes = explorer.writes();
    writes.iter().map(|write| write.changed).collect()
}

/// Confirms the closure of all four, and goes to the closures view.
fn close_all(explorer: &mut Explorer) {
    explorer.mark(&MEMBERS);
    explorer.press("x");
    explorer.wait_for("CLOSE 4 accounts");
    explorer.consent(3, "close 4 accounts", "Close");
    explorer.press("2");
}

/// Says that two closures that wait for a word go on.
fn resume_two(explorer: &mut Explorer) {
    explorer.press("s");
    explorer.wait_for("Go on and CLOSE 2 accounts");
    explorer.consent(0, "close 2 accounts", "Resume");
}

/// Waits until three are under way and the fourth waits for one of them to end. Gives the fourth.
fn wait_for_the_fourth_to_wait(explorer: &Explorer) -> &'static str {
    explorer.terminal.wait_until("three under way", |screen| {
        ending(screen, &MEMBERS, "pending closure") == 3
            && ending(screen, &MEMBERS, "queued 1st, after others") == 1
    });
    let waiting = explorer.not_closed();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    waiting[0]
}

#[test]
fn of_four_closures_the_fourth_waits_in_its_place_and_is_sent_when_one_is_over() {
    // Slow enough that who waits for its turn is seen to.
    let configuration = CONFIGURATION.replace("send_every = 0.1", "send_every = 2.5");
    let mut explorer = Explorer::start_with(organization(), settings(), &configuration, &[]);
    close_all(&mut explorer);
    explorer.wait_for(", in ~");
    let waiting = wait_for_the_fourth_to_wait(&explorer);
    // What is read meanwhile makes room for nobody.
    explorer.wait_for_calls("DescribeAccount", 10);
    assert_eq!(explorer.closed().len(), 3);
    explorer.simulator.advance(LONG);
    explorer.terminal.wait_until("the fourth", |screen| {
        row(screen, waiting).ends_with("pending closure")
    });
    explorer.simulator.advance(LONG);
    explorer.terminal.wait_until("all closed", |screen| {
        ending(screen, &MEMBERS, " closed") == 4
    });
    let writes = explorer.writes();
    assert_eq!(writes.len(), 4, "{writes:?}");
    assert!(explorer.not_closed().is_empty());
    // The simulator refuses a fourth while three are under way: nothing was ever refused.
    assert!(writes.iter().all(|write| write.changed), "{writes:?}");
}

#[test]
fn a_closure_that_waits_is_taken_back_and_never_sent() {
    let mut explorer = Explorer::start();
    close_all(&mut explorer);
    let waiting = wait_for_the_fourth_to_wait(&explorer);
    explorer.press("G");
    explorer.terminal.wait_until("the cursor on it", |screen| {
        screen.contents().contains(&format!("({waiting})"))
    });
    explorer.press("w");
    explorer.wait_for("The service has accepted to close 3 accounts; 1 was withdrawn");
    explorer.terminal.wait_until("withdrawn", |screen| {
        row(screen, waiting).ends_with("withdrawn")
    });
    explorer.simulator.advance(LONG);
    explorer.terminal.wait_until("three closed", |screen| {
        ending(screen, &MEMBERS, " closed") == 3
    });
    explorer.wait_for_calls("ListAccounts", 3);
    let writes = explorer.writes();
    assert_eq!(writes.len(), 3, "{writes:?}");
    assert!(writes.iter().all(|write| write.changed), "{writes:?}");
    assert_eq!(explorer.not_closed(), [waiting]);
}

#[test]
fn a_used_up_quota_stops_the_queue_until_somebody_says_go_on() {
    let mut explorer = Explorer::start();
    let quota = "CloseAccount:error=ConstraintViolationException/CLOSE_ACCOUNT_QUOTA_EXCEEDED";
    let after_one = format!("{quota}:skip=1");
    let faults = after_one.parse().expect("a fault");
    explorer.simulator.set_faults(faults);
    close_all(&mut explorer);
    explorer.terminal.wait_until("it stops", |screen| {
        ending(screen, &MEMBERS, "pending closure") == 1
            && ending(screen, &MEMBERS, "refused: CLOSE_ACCOUNT_QUOTA_EXCEEDED") == 1
            && ending(screen, &MEMBERS, "quota used up: resume (s)") == 2
    });
    explorer.wait_for_calls("DescribeAccount", 10);
    assert_eq!(changed(&explorer), [true, false]);
    // A day later there is room again.
    explorer.simulator.set_faults(Faults::default());
    resume_two(&mut explorer);
    // All of it has been sent now: what was refused is told.
    explorer.wait_for("Not everything was done: 3 of 4");
    explorer.acknowledge();
    explorer.terminal.wait_until("three under way", |screen| {
        ending(screen, &MEMBERS, "pending closure") == 3
    });
    assert_eq!(changed(&explorer), [true, false, true, true]);
    assert!(explorer.not_closed().is_empty());
}

#[test]
fn a_closure_that_is_refused_for_now_says_so_and_when_it_goes_on() {
    let configuration = CONFIGURATION.replace("refused = 0.2", "refused = 600");
    let mut explorer = Explorer::start_with(organization(), settings(), &configuration, &[]);
    let fault = "CloseAccount:error=ConstraintViolationException/\
                 CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED";
    explorer
        .simulator
        .set_faults(fault.parse().expect("a fault"));
    explorer.go_to_account(PAYMENTS);
    explorer.press("x");
    explorer.wait_for("CLOSE account payments");
    explorer.consent(3, PAYMENTS, "Close");
    explorer.press("2");
    explorer.terminal.wait_until("it waits", |screen| {
        let row = row(screen, PAYMENTS);
        row.contains("AWS refused for now (too many at once), again in ~")
            && row.contains("● ACTIVE")
    });
    explorer.wait_for("Attempts    1, the last ");
    explorer.press("w");
    explorer.terminal.wait_until("it is withdrawn", |screen| {
        row(screen, PAYMENTS).ends_with("withdrawn")
    });
    assert_eq!(changed(&explorer), [false]);
}

/// Ends the program like this while closures are queued, and starts it again.
fn is_sent_only_once_resumed_after(signal: Signal) {
    let configuration = format!("{CONFIGURATION}at_once = 2\n");
    let mut explorer = Explorer::start_with(organization(), settings(), &configuration, &[]);
    close_all(&mut explorer);
    explorer.terminal.wait_until("two under way", |screen| {
        ending(screen, &MEMBERS, "pending closure") == 2
    });
    explorer.end_with(signal);
    let queued = explorer.not_closed();
    assert_eq!(queued.len(), 2, "{queued:?}");
    // There is room for those that wait, and still they do.
    explorer.simulator.advance(LONG);
    explorer.start_again(&[]);
    explorer.terminal.wait_until("everything", super::is_read);
    explorer.press("2");
    explorer.terminal.wait_until("it needs a word", |screen| {
        ending(screen, &queued, "needs resume (s)") == 2 && ending(screen, &MEMBERS, " closed") == 2
    });
    explorer.wait_for_calls("ListAccounts", 4);
    assert_eq!(explorer.writes().len(), 2);
    resume_two(&mut explorer);
    explorer.terminal.wait_until("the others", |screen| {
        ending(screen, &queued, "pending closure") == 2
    });
    explorer.simulator.advance(LONG);
    explorer.terminal.wait_until("all closed", |screen| {
        ending(screen, &MEMBERS, " closed") == 4
    });
    let writes = explorer.writes();
    assert_eq!(writes.len(), 4, "{writes:?}");
    assert!(writes.iter().all(|write| write.changed), "{writes:?}");
    assert!(explorer.not_closed().is_empty());
}

#[test]
fn a_queue_that_was_killed_goes_on_once_it_is_resumed() {
    is_sent_only_once_resumed_after(Signal::KILL);
}

#[test]
fn a_queue_whose_connection_dropped_goes_on_once_it_is_resumed() {
    is_sent_only_once_resumed_after(Signal::HUP);
}
