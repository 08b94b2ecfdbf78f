//! Closing, removing and leaving from the first key to the service: the whole program in a
//! pseudo-terminal, and what reached the simulator.

use std::ffi::OsString;

use orgscope::sim::{Caller, Organization, Settings, Simulator};

use crate::support::program::{PROGRAM, environment};
use crate::support::terminal::Terminal;

/// An ordinary account of the demo organization.
const ORDINARY: &str = "488235707338";
/// A delegated administrator of it.
const DELEGATED: &str = "210000000017";

struct Scene {
    simulator: Simulator,
    runtime: tokio::runtime::Runtime,
    terminal: Terminal,
    _home: tempfile::TempDir,
}

impl Scene {
    /// The explorer of somebody in the demo organization, with `word` on its screen.
    fn open(caller: Caller, arguments: &[&str], word: &str) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let settings = Settings {
            caller,
            limits: false,
            ..Settings::default()
        };
        let simulator = runtime.block_on(Simulator::start(Organization::demo(), settings));
        let simulator = simulator.expect("a free port");
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let endpoint = ("AWS_ENDPOINT_URL", OsString::from(simulator.url()));
        let environment = environment(home.path()).into_iter().chain([endpoint]);
        let terminal = Terminal::new((100, 50)).run(PROGRAM, arguments, environment);
        terminal.wait_for(word);
        Self {
            simulator,
            runtime,
            terminal,
            _home: home,
        }
    }

    /// In the management account, with the cursor on this account.
    fn on(account: &str, arguments: &[&str]) -> Self {
        let mut scene = Self::open(Caller::Management, arguments, "read just now");
        scene.terminal.press(&format!("/{account}\r"));
        scene.terminal.wait_for("1 found");
        scene
    }

    /// What was asked for is over, and the activity view says so: before, quitting asks.
    fn wait_until_done(&mut self) {
        self.terminal.press("3");
        self.terminal.wait_for("done");
    }

    /// Ends the program; gives every write that reached the simulator, with its body.
    fn writes(mut self, leave: &str) -> Vec<(String, String)> {
        self.terminal.press(leave);
        assert!(self.terminal.wait_for_end().success());
        let writes = self.simulator.writes();
        self.runtime.block_on(self.simulator.stop());
        writes
            .into_iter()
            .map(|call| (call.operation, call.body))
            .collect()
    }
}

#[test]
fn an_account_is_closed_by_ticking_typing_and_pressing_the_button() {
    let mut scene = Scene::on(ORDINARY, &[]);
    scene.terminal.press("x");
    scene.terminal.wait_for("CLOSE account");
    scene.terminal.wait_for("Tick 3 more boxes");
    scene.terminal.press("\t \t \t \t");
    scene.terminal.press(ORDINARY);
    scene.terminal.wait_for("Ready: Tab to Close");
    scene.terminal.press("\t\r");
    scene.terminal.wait_for("PENDING CLOSURE");
    scene.wait_until_done();
    let body = format!("{{\"AccountId\":\"{ORDINARY}\"}}");
    assert_eq!(scene.writes("q"), [("CloseAccount".to_owned(), body)]);
}

#[test]
fn enter_and_a_wrong_id_close_nothing() {
    let mut scene = Scene::on(ORDINARY, &[]);
    scene.terminal.press("x");
    scene.terminal.wait_for("Tick 3 more boxes");
    scene.terminal.press("\t \t \t \t");
    scene.terminal.press(DELEGATED);
    scene.terminal.wait_for("This is not the 12-digit id yet");
    scene.terminal.press("\t\r\r\r");
    scene.terminal.press("\x1b");
    scene.terminal.wait_for("Nothing was changed");
    assert_eq!(scene.writes("q"), []);
}

#[test]
fn a_delegated_administrator_is_neither_closed_nor_removed() {
    for key in ["x", "d"] {
        let mut scene = Scene::on(DELEGATED, &[]);
        scene.terminal.press(key);
        scene.terminal.wait_for("it is a delegated administrator");
        scene.terminal.wait_for("This is refused; Esc leaves");
        let boxes = if key == "x" { "\t \t \t " } else { "" };
        scene.terminal.press(&format!("{boxes}\t{DELEGATED}\t\r"));
        scene.terminal.wait_for("Nothing was changed");
        assert_eq!(scene.writes("q"), []);
    }
}

#[test]
fn an_account_is_removed_by_typing_its_id() {
    let mut scene = Scene::on(ORDINARY, &[]);
    scene.terminal.press("d");
    scene.terminal.wait_for("type the 12-digit id");
    scene.terminal.press(&format!("\t{ORDINARY}"));
    scene.terminal.wait_for("Ready: Tab to Remove");
    scene.terminal.press("\t\r");
    scene.terminal.wait_for("0 found");
    scene.wait_until_done();
    let body = format!("{{\"AccountId\":\"{ORDINARY}\"}}");
    let expected = ("RemoveAccountFromOrganization".to_owned(), body);
    assert_eq!(scene.writes("q"), [expected]);
}

#[test]
fn a_member_account_leaves_by_typing_the_organizations_id() {
    let mut scene = Scene::open(Caller::Member, &[], "Leave organization (asks first)");
    scene.terminal.press("L");
    scene.terminal.wait_for("Tab: type o-m3r1d14n42");
    scene.terminal.press("\to-m3r1d14n42");
    scene.terminal.wait_for("Ready: Tab to Leave organization");
    scene.terminal.press("\t\r");
    scene.wait_until_done();
    let writes = scene.writes("q");
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].0, "LeaveOrganization");
}

#[test]
fn a_member_account_that_is_read_only_is_not_offered_to_leave() {
    let scene = Scene::open(Caller::Member, &["--read-only"], "Leaving is not offered");
    let mut scene = scene;
    scene.terminal.press("L");
    scene
        .terminal
        .wait_for("Cannot leave the organization: this is read-only");
    assert_eq!(scene.writes("q"), []);
}
