//! Starting on what an earlier run has kept: without the service, before it answers, and where the
//! same way leads to another organization.

use orgscope::sim::{Faults, Organization, Simulator};
use rustix::process::Signal;
use vt100::Screen;

use super::{
    ATTIC, Explorer, MANAGEMENT, PAYMENTS, REPORTS, SIZE, is_read, organization, tree_row,
};
use crate::support::program::{PROGRAM, environment};
use crate::support::terminal::Terminal;

/// The program has read everything, has kept it, and has ended.
fn ended() -> Explorer {
    let mut explorer = Explorer::start();
    explorer.press("q");
    explorer.terminal.wait_for_end();
    explorer
}

fn strike(simulator: &Simulator, faults: &str) {
    let faults: Faults = faults.parse().expect("faults");
    simulator.set_faults(faults);
}

fn header(screen: &Screen) -> String {
    screen.rows(0, u16::MAX).next().unwrap_or_default()
}

#[test]
fn offline_an_account_is_found_and_its_details_shown_without_credentials_or_a_call() {
    let mut explorer = ended();
    let requests = explorer.simulator.requests();
    let url = explorer.simulator.url();
    let secrets = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let environment = environment(explorer.home.path()).into_iter();
    let environment = environment.filter(|(name, _)| !secrets.contains(name));
    let arguments = ["--endpoint-url", &url, "--offline"];
    explorer.terminal = Terminal::new(SIZE).run(PROGRAM, &arguments, environment);
    explorer.terminal.wait_until("the header", |screen| {
        let header = header(screen);
        header.contains("OFFLINE   read ") && header.contains("o-hands00001")
    });
    explorer.go_to("reports", &format!("Account id  {REPORTS}"));
    explorer.wait_for("reports@example.com");
    explorer.leave_filter();
    explorer.press("R");
    explorer.wait_for("This is offline; without --offline it is read from the service");
    explorer.press("m");
    explorer.wait_for("Cannot move: this is offline");
    explorer.press("x");
    explorer.wait_for("Cannot close the account: this is offline");
    explorer.press("c");
    explorer.wait_for("Nothing is different.");
    explorer.press("q");
    explorer.press("q");
    explorer.terminal.wait_for_end();
    assert_eq!(explorer.simulator.requests(), requests);
}

#[test]
fn without_a_cache_there_is_nothing_to_show_offline() {
    let mut explorer = Explorer::start_with(
        organization(),
        super::settings(),
        super::CONFIGURATION,
        &["--no-cache"],
    );
    explorer.end_with(Signal::TERM);
    explorer.start_again(&["--offline"]);
    let status = explorer.terminal.wait_for_end();
    assert_eq!(status.exit_code(), 1);
    explorer.wait_for("is in the cache");
}

#[test]
fn what_was_kept_is_on_screen_before_anything_is_read_and_what_changed_is_marked_and_listed() {
    let mut explorer = ended();
    explorer.simulator.with_organization(|organization| {
        organization.move_account(PAYMENTS, ATTIC);
        organization.remove_account(REPORTS);
    });
    strike(&explorer.simulator, "ListRoots:hang:n=1");
    explorer.start_again(&[]);
    explorer.terminal.wait_until("what was kept", |screen| {
        header(screen).contains("cached just now") && screen.contents().contains("Workloads")
    });
    strike(&explorer.simulator, "");
    // The call that hangs is in nobody's way when everything is read anew.
    explorer.press("*RR");
    explorer.terminal.wait_until("everything", is_read);
    explorer.terminal.wait_until("the mark", |screen| {
        tree_row(screen, PAYMENTS).contains("Δpayments")
    });
    explorer.press("c");
    explorer.wait_for("payments (000000000012) moved from Root / Workloads to Root / Attic");
    explorer.wait_for("reports (000000000014) has gone from Root / Workloads");
    explorer.press("g\r");
    explorer.wait_for(&format!("Account id  {PAYMENTS}"));
    explorer.press("q");
    explorer.terminal.wait_for_end();
    // And it is still known without the service.
    explorer.start_again(&["--offline"]);
    explorer.wait_for("OFFLINE");
    explorer.press("c");
    explorer.wait_for("payments (000000000012) moved from Root / Workloads to Root / Attic");
}

#[test]
fn what_is_out_of_date_in_the_cache_is_not_changed() {
    let mut explorer = ended();
    explorer.simulator.with_organization(|organization| {
        organization.move_account(PAYMENTS, ATTIC);
    });
    // Nothing of it is read again but what a dialog asks for.
    let faults = "ListRoots:hang,ListAccounts:hang,ListChildren:hang,\
                  ListOrganizationalUnitsForParent:hang,ListAccountsForParent:hang";
    strike(&explorer.simulator, faults);
    explorer.start_again(&[]);
    explorer.terminal.wait_until("the organization", |screen| {
        let header = header(screen);
        header.contains("WRITE") && header.contains("cached just now")
    });
    explorer.go_to_account(PAYMENTS);
    explorer.press("mProduction");
    explorer.wait_for("Root / Production");
    explorer.press("\r");
    explorer.wait_for("payments was moved meanwhile, it is in Root / Attic now");
    assert_eq!(explorer.writes(), []);
    explorer.end_with(Signal::TERM);
}

#[test]
fn what_was_kept_of_another_organization_is_gone_once_the_service_says_which_one_it_is() {
    let mut explorer = ended();
    explorer.simulator.with_organization(|organization| {
        let management = organization.account(MANAGEMENT).expect("it is there");
        let first = orgscope::sim::NewAccount {
            id: MANAGEMENT.to_owned(),
            name: "somebody else".to_owned(),
            email: "else@example.com".to_owned(),
            state: management.state,
            joined_method: management.joined_method,
            joined: management.joined,
        };
        let as_of = management.joined;
        *organization = Organization::new("o-hands00002", "r-cd34", as_of, first);
    });
    strike(&explorer.simulator, "ListAccounts:hang");
    explorer.start_again(&[]);
    explorer.terminal.wait_until("the other one", |screen| {
        header(screen).contains("o-hands00002")
    });
    let text = explorer.terminal.screen().contents();
    assert!(!text.contains("Workloads"), "{text}");
    assert!(!text.contains("cached"), "{text}");
    explorer.wait_for("This is o-hands00002: what was read of o-hands00001 before is not shown");
    strike(&explorer.simulator, "");
    explorer.press("RR");
    explorer.wait_for("somebody else");
    let text = explorer.terminal.screen().contents();
    assert!(!text.contains("Workloads"), "{text}");
    explorer.end_with(Signal::TERM);
}
