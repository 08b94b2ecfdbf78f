//! What an operator does to an organization, from the keys to the service: the whole program in a
//! pseudo-terminal, with a simulator that remembers every change that was asked of it.
//!
//! Nothing here waits for time: a wait is for something on the screen, or for a request.

mod closing;
mod finding;
mod following;
mod moving;
mod offline;
mod parting;
mod tabs;
mod units;

use std::collections::BTreeSet;
use std::fs;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use jiff::Timestamp;
use orgscope::sim::{
    Caller, JoinedMethod, NewAccount, Organization, Settings, Simulator, State, WriteCall,
};
use rustix::process::Signal;
use serde_json::Value;
use tokio::runtime::Runtime;
use vt100::Screen;

use crate::support::program::{PROGRAM, environment};
use crate::support::terminal::Terminal;

const ORGANIZATION: &str = "o-hands00001";
const ROOT: &str = "r-ab12";
const MANAGEMENT: &str = "000000000011";
/// In Workloads.
const PAYMENTS: &str = "000000000012";
const LEDGER: &str = "000000000013";
const REPORTS: &str = "000000000014";
const SANDBOX: &str = "000000000015";
const MEMBERS: [&str; 4] = [PAYMENTS, LEDGER, REPORTS, SANDBOX];
const WORKLOADS: &str = "ou-ab12-workload";
const PRODUCTION: &str = "ou-ab12-producti";
const ATTIC: &str = "ou-ab12-attic000";

/// Wide enough for every column.
const SIZE: (u16, u16) = (200, 50);
/// So many of its columns are the tree's.
const TREE: u16 = 120;

/// Closures follow each other quickly, and what is read counts soon.
const CONFIGURATION: &str = "\
[closures]
poll_every = 0.1
poll_at_most_every = 0.2
sweep_every = 0.5
agree_for = 0.5
send_every = 0.1
wait_when_refused = 0.2
";

/// No request takes nearly as long to come, whatever else the machine does.
const PATIENCE: Duration = Duration::from_mins(1);

/// Four accounts in Workloads, and two empty OUs.
fn organization() -> Organization {
    let joined: Timestamp = "2020-01-01T00:00:00Z".parse().expect("a time");
    let account = |id: &str, name: &str| NewAccount {
        id: id.to_owned(),
        name: name.to_owned(),
        email: format!("{name}@example.com"),
        state: State::Active,
        joined_method: JoinedMethod::Created,
        joined,
    };
    let as_of = "2026-11-01T00:00:00Z".parse().expect("a time");
    let management = account(MANAGEMENT, "management");
    let mut organization = Organization::new(ORGANIZATION, ROOT, as_of, management);
    organization.add_unit_with_id(ROOT, WORKLOADS.into(), "Workloads");
    organization.add_unit_with_id(ROOT, PRODUCTION.into(), "Production");
    organization.add_unit_with_id(ROOT, ATTIC.into(), "Attic");
    let names = ["payments", "ledger", "reports", "sandbox"];
    for (id, name) in MEMBERS.into_iter().zip(names) {
        organization.add_account(WORKLOADS, account(id, name));
    }
    organization
}

/// Without limits, and what happens to accounts stands still until it is put forward.
fn settings() -> Settings {
    Settings {
        limits: false,
        speed: 0.0,
        ..Settings::default()
    }
}

/// The program in a terminal, in front of a simulator.
struct Explorer {
    terminal: Terminal,
    simulator: Simulator,
    /// Operations, as they are about to be answered.
    calls: Receiver<&'static str>,
    home: tempfile::TempDir,
    _runtime: Runtime,
}

impl Explorer {
    /// Starts both, and waits until everything is read.
    fn start() -> Self {
        Self::start_with(organization(), settings(), CONFIGURATION, &[])
    }

    fn start_with(
        organization: Organization,
        settings: Settings,
        configuration: &str,
        arguments: &[&str],
    ) -> Self {
        let is_member = settings.caller != Caller::Management;
        let runtime = Runtime::new().expect("threads");
        let simulator = runtime.block_on(Simulator::start(organization, settings));
        let simulator = simulator.expect("a free port");
        let home = tempfile::tempdir().expect("room for temporary files");
        let folder = home.path().join(".config/orgscope");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("config.toml"), configuration).expect("a file");
        let mut explorer = Self {
            terminal: Terminal::new(SIZE),
            calls: listen(&simulator),
            simulator,
            home,
            _runtime: runtime,
        };
        explorer.start_again(arguments);
        if !is_member {
            explorer.terminal.wait_until("everything", is_read);
        }
        explorer
    }

    /// Starts the program, on what an earlier one has left.
    fn start_again(&mut self, arguments: &[&str]) {
        let url = self.simulator.url();
        let arguments = [&["--endpoint-url", &url], arguments].concat();
        let terminal = Terminal::new(SIZE);
        self.terminal = terminal.run(PROGRAM, &arguments, environment(self.home.path()));
    }

    /// Ends the program with a signal.
    fn end_with(&self, signal: Signal) {
        self.terminal.signal(signal);
        self.terminal.wait_for_end();
    }

    fn press(&mut self, keys: &str) {
        self.terminal.press(keys);
    }

    fn wait_for(&self, text: &str) {
        self.terminal.wait_for(text);
    }

    /// Goes to a node by the text that finds it, and waits until it can be changed.
    fn go_to(&mut self, text: &str, shown: &str) {
        self.press(&format!("/\x15{text}\r"));
        self.wait_for(shown);
    }

    /// Leaves the filter. What follows an escape in one breath would be another key.
    fn leave_filter(&mut self) {
        self.press("\x1b");
        let left = |screen: &Screen| !screen.contents().contains(" found");
        self.terminal.wait_until("no filter", left);
    }

    /// Goes to an account, and waits until it can be changed.
    fn go_to_account(&mut self, id: &str) {
        self.go_to(id, &format!("Account id  {id}"));
        self.wait_for("m move");
    }

    /// Marks these accounts.
    fn mark(&mut self, accounts: &[&str]) {
        for (at, id) in (1..).zip(accounts) {
            self.go_to_account(id);
            self.press(" ");
            self.wait_for(&format!("{at} marked"));
        }
    }

    /// Ticks all boxes of a dialog, types what it wants and presses the button once it can be.
    fn consent(&mut self, boxes: usize, phrase: &str, button: &str) {
        let ticks = "\t ".repeat(boxes);
        self.press(&format!("{ticks}\t{phrase}\t"));
        let ready = format!("Enter: {button}");
        self.wait_for(&ready);
        self.press("\r");
        let left = |screen: &Screen| !screen.contents().contains(&ready);
        self.terminal.wait_until("consent", left);
    }

    /// Answers a question with yes once it can be.
    fn say_yes(&mut self, button: &str) {
        self.wait_for(&format!("y: {button}"));
        self.press("y");
    }

    /// Acknowledges the list of what was not done, once it was on screen for long enough.
    fn acknowledge(&mut self) {
        self.wait_for("I have read it");
        // The program's own time passes between these.
        self.wait_for_calls("ListAccounts", 3);
        self.press("\r");
        let left = |screen: &Screen| !screen.contents().contains("I have read it");
        self.terminal.wait_until("acknowledged", left);
    }

    /// Every change that was asked for, whatever came of it.
    fn writes(&self) -> Vec<WriteCall> {
        self.simulator.writes()
    }

    /// Whose closure was asked for, in this order.
    fn closed(&self) -> Vec<String> {
        let writes = self.writes();
        let closed = writes.iter().map(|write| {
            assert_eq!(write.operation, "CloseAccount");
            argument(write, "AccountId")
        });
        closed.collect()
    }

    /// What of the members was not asked to be closed.
    fn not_closed(&self) -> Vec<&'static str> {
        let closed: BTreeSet<String> = self.closed().into_iter().collect();
        let others = MEMBERS.into_iter().filter(|id| !closed.contains(*id));
        others.collect()
    }

    /// Where the simulator has an account.
    fn parent(&self, account: &str) -> String {
        let parent = |org: &mut Organization| {
            let account = org.account(account).expect("it is there");
            account.parent.clone()
        };
        self.simulator.with_organization(parent)
    }

    /// Waits until this operation was asked for so often from now on.
    fn wait_for_calls(&self, operation: &str, times: usize) {
        while self.calls.try_recv().is_ok() {}
        for number in 0..times {
            let mut call = "";
            while call != operation {
                let next = self.calls.recv_timeout(PATIENCE);
                call = next.unwrap_or_else(|_| panic!("{number} calls of {operation}"));
            }
        }
    }
}

/// Has every call told.
fn listen(simulator: &Simulator) -> Receiver<&'static str> {
    let (sender, calls) = mpsc::channel();
    simulator.before_each_call(move |call, _| {
        let _ = sender.send(call.operation);
    });
    calls
}

fn argument(write: &WriteCall, name: &str) -> String {
    let body: Value = serde_json::from_str(&write.body).expect("JSON");
    body[name].as_str().expect("a text").to_owned()
}

fn is_read(screen: &Screen) -> bool {
    let header = screen.rows(0, u16::MAX).next().unwrap_or_default();
    header.contains("WRITE   read ") || header.contains(")  read ")
}

/// The row of the closures view that is about this account.
fn row(screen: &Screen, account: &str) -> String {
    row_within(screen, account, screen.size().1.get())
}

/// The row of the tree that has this in it, without the details beside it.
fn tree_row(screen: &Screen, text: &str) -> String {
    row_within(screen, text, TREE)
}

fn row_within(screen: &Screen, text: &str, columns: u16) -> String {
    let rows = screen.rows(0, columns).skip(3);
    let mut rows = rows.filter(|row| row.contains(text));
    rows.next().unwrap_or_default().trim_end().to_owned()
}

/// The number of these accounts whose row ends like this.
fn ending(screen: &Screen, accounts: &[&str], end: &str) -> usize {
    let ends = |id: &&&str| row(screen, id).ends_with(end);
    accounts.iter().filter(ends).count()
}
