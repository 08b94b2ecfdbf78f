//! The pictures in the README, made from the running program's own screens:
//! `cargo test picture -- --ignored` draws `assets/*.svg` anew.

use std::fmt::Write as _;
use std::fs;

use orgscope::sim::{Caller, Organization, Settings, Simulator};
use tokio::runtime::Runtime;
use vt100::{Cell, Color, Screen};

use crate::support::program::{PROGRAM, environment};
use crate::support::terminal::Terminal;

/// Where the README looks for them.
const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
const SIZE: (u16, u16) = (120, 34);

/// A run of the program, to be brought to the screen that a picture shows.
struct Sitter {
    terminal: Terminal,
    home: tempfile::TempDir,
}

impl Sitter {
    /// On the demo, once it is read.
    fn on_the_demo() -> Self {
        let sitter = Self::start(&["--demo"]);
        sitter.terminal.wait_until("the whole demo", |screen| {
            let text = screen.contents();
            text.contains("read just now") && text.contains(" WRITE ")
        });
        sitter
    }

    fn start(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let terminal = Terminal::new(SIZE).run(PROGRAM, arguments, environment(home.path()));
        Self { terminal, home }
    }

    /// Types each, and waits for what it brings on screen.
    fn pose(mut self, steps: &[(&str, &str)]) -> Self {
        for (keys, shown) in steps {
            self.terminal.press(keys);
            self.terminal.wait_for(shown);
        }
        self
    }

    fn draw(&self, picture: &str) {
        let path = format!("{ASSETS}/{picture}.svg");
        fs::write(path, draw(&self.terminal.screen())).expect("assets can be written");
    }
}

#[test]
#[ignore = "writes files of the README: cargo test picture -- --ignored"]
fn the_pictures_of_the_readme_are_drawn_anew() {
    let find = ("*/ledger-prod\r", "1 found");
    let demo = Sitter::on_the_demo();
    demo.pose(&[("*/prod\rgnnnn", "Enter details")])
        .draw("explorer");
    let policies = [find, ("m", "to"), ("root / sandbox\r", "Sandbox limits")];
    Sitter::on_the_demo().pose(&policies).draw("move");
    let ticks = "\t \t \t \t204563414726";
    let close = [find, ("x", "delegated  none"), (ticks, "[  Close  ]")];
    Sitter::on_the_demo().pose(&close).draw("close");
    let remove = [find, ("d", "delegated  none")];
    Sitter::on_the_demo().pose(&remove).draw("remove");
    let unit = [
        ("*/workloads\r", "found"),
        ("o", "ew OU"),
        ("Analytics\r", "reate"),
    ];
    Sitter::on_the_demo().pose(&unit).draw("unit");
    finding_out();
    since_the_last_visit();
    changes_and_closures();
    read_only();
    member();
}

/// What is asked when an account is looked at.
fn finding_out() {
    let list = [
        ("/ou:Workloads prod !state:closed", "24 found"),
        ("\t", "procurement-prod"),
    ];
    Sitter::on_the_demo().pose(&list).draw("find");
    let levels = [
        ("/policy-canary-a\r", "Enter details"),
        (">", "no Allow at this level"),
    ];
    Sitter::on_the_demo().pose(&levels).draw("policies");
    let compared = [
        ("/policy-canary-a\r", "Enter details"),
        ("=", "policy-canary-a"),
        ("/\u{15}ledger-prod\r", "payments-ledger-prod"),
        ("=", "No deletions in production"),
    ];
    Sitter::on_the_demo().pose(&compared).draw("compare");
    let document = [
        ("/ledger-prod\r", "Enter details"),
        (">", "Approved regions"),
        ("\tjjj", "Enter document"),
        ("\r", "RequestedRegion"),
        ("/region\r", "region"),
    ];
    Sitter::on_the_demo().pose(&document).draw("document");
}

/// What the second visit finds different.
fn since_the_last_visit() {
    let runtime = Runtime::new().expect("threads");
    let simulator = Simulator::start(Organization::demo(), Settings::default());
    let simulator = runtime.block_on(simulator).expect("a free port");
    let arguments = ["--endpoint-url", &simulator.url()];
    let mut sitter = Sitter::start(&arguments);
    sitter.terminal.wait_for("read just now");
    sitter.terminal.press("q");
    sitter.terminal.wait_for_end();
    let now = simulator.now();
    simulator.with_organization(|organization| {
        let named = |organization: &Organization, name: &str| {
            let mut accounts = organization.accounts();
            let account = accounts.find(|account| account.name == name);
            account.expect("the demo has it").id.clone()
        };
        let unit = |organization: &Organization, name: &str| {
            let mut units = organization.units();
            units
                .find(|unit| unit.name == name)
                .expect("the demo has it")
                .id
                .clone()
        };
        let (moved, closed) = (
            named(organization, "sandbox-amira"),
            named(organization, "hackathon-2025"),
        );
        let removed = named(organization, "unassigned-invitee");
        let (suspended, staging) = (
            unit(organization, "Suspended"),
            unit(organization, "Policy staging"),
        );
        organization.move_account(&moved, &suspended);
        organization.close_account(&closed, now);
        organization.remove_account(&removed);
        organization.rename_unit(&staging, "Policy canaries");
    });
    sitter.terminal = Terminal::new(SIZE).run(PROGRAM, &arguments, environment(sitter.home.path()));
    sitter.terminal.wait_for("read just now");
    sitter.pose(&[("c", "has gone from")]).draw("changes");
}

/// With the help open, which offers no change.
fn read_only() {
    let sitter = Sitter::start(&["--demo", "--read-only"]);
    sitter.terminal.wait_for("read just now");
    sitter.pose(&[("?", "Help")]).draw("read-only");
}

/// What follows from a move and two closures.
fn changes_and_closures() {
    let sitter = Sitter::on_the_demo().pose(&[
        ("*/ledger-prod\r", "1 found"),
        ("m", "to"),
        ("root / sandbox\r", "y: Move"),
        ("y", "Moved payments-ledger-prod"),
        ("\u{1b}", "sandbox-amira"),
        ("jj", "Account id  842202357060"),
        (" ", "1 marked"),
        (" ", "2 marked"),
        ("x", "delegated  none"),
        ("\t \t \t \tclose 2 accounts", "Ready"),
        ("\t\r", "Confirmed"),
        ("2", "PENDING CLOSURE"),
    ]);
    sitter.draw("closures");
    sitter.pose(&[("3", "move account")]).draw("activity");
}

fn member() {
    let runtime = Runtime::new().expect("threads");
    let settings = Settings {
        caller: Caller::Member,
        ..Settings::default()
    };
    let simulator = runtime.block_on(Simulator::start(Organization::demo(), settings));
    let simulator = simulator.expect("a free port");
    let sitter = Sitter::start(&["--endpoint-url", &simulator.url()]);
    sitter.terminal.wait_for("Leave organization");
    sitter.draw("leave");
}

/// Width and height of a cell, in the picture's units.
const CELL: (f32, f32) = (8.4, 18.0);
/// Free space around the screen.
const MARGIN: f32 = 14.0;
/// How far a line's text stands above the lower edge of its cells.
const DESCENT: f32 = 5.0;

const BACKGROUND: &str = "#1b1e25";
const FOREGROUND: &str = "#d7dae0";
/// The sixteen colours that terminals let their users choose.
const PALETTE: [&str; 16] = [
    "#1b1e25", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf",
    "#6b7280", "#f0828b", "#b0d992", "#f2d18e", "#7fc1ff", "#d695ec", "#6fcbd6", "#f0f2f5",
];

/// Draws the screen on a dark background.
fn draw(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let width = f32::from(columns.get()).mul_add(CELL.0, 2.0 * MARGIN);
    let height = f32::from(rows.get()).mul_add(CELL.1, 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         width=\"{width:.1}\" height=\"{height:.1}\" font-size=\"14\" fill=\"{FOREGROUND}\" \
         font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for row in 0..rows.get() {
        for run in runs(screen, row, columns.get()) {
            run.draw(&mut svg, row);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Neighbouring cells of one row that look alike.
struct Run {
    column: u16,
    columns: u16,
    text: String,
    look: Look,
}

#[derive(PartialEq)]
struct Look {
    background: String,
    /// Of the text: colour, weight and so on.
    attributes: String,
}

fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen
            .cell(row, column)
            .filter(|c| !c.is_wide_continuation())
        else {
            continue;
        };
        let text = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        let look = Look::of(cell);
        // Fonts disagree on the width of all but the plainest characters, so that those stand alone.
        let plain = text.is_ascii();
        match runs.last_mut() {
            Some(run) if plain && run.text.is_ascii() && run.look == look => {
                run.text.push_str(text);
                run.columns += 1;
            }
            _ => runs.push(Run {
                column,
                columns: if cell.is_wide() { 2 } else { 1 },
                text: text.to_owned(),
                look,
            }),
        }
    }
    runs
}

impl Run {
    fn draw(&self, svg: &mut String, row: u16) {
        let (x, y) = (
            f32::from(self.column).mul_add(CELL.0, MARGIN),
            f32::from(row).mul_add(CELL.1, MARGIN),
        );
        let width = |columns: u16| f32::from(columns) * CELL.0;
        if self.look.background != BACKGROUND {
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"{}\"/>",
                width(self.columns),
                CELL.1,
                self.look.background
            );
        }
        let text = self.text.trim_end();
        if text.is_empty() {
            return;
        }
        let trimmed = u16::try_from(self.text.len() - text.len()).unwrap_or_default();
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" \
             lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\"{}>{}</text>",
            y + CELL.1 - DESCENT,
            width(self.columns - trimmed),
            self.look.attributes,
            escaped(text)
        );
    }
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let mut foreground = colour(cell.fgcolor(), FOREGROUND);
        let mut background = colour(cell.bgcolor(), BACKGROUND);
        if cell.inverse() {
            std::mem::swap(&mut foreground, &mut background);
        }
        let mut attributes = String::new();
        if foreground != FOREGROUND {
            let _ = write!(attributes, " fill=\"{foreground}\"");
        }
        for (set, attribute) in [
            (cell.bold(), " font-weight=\"bold\""),
            (cell.dim(), " opacity=\"0.6\""),
            (cell.italic(), " font-style=\"italic\""),
            (cell.underline(), " text-decoration=\"underline\""),
        ] {
            if set {
                attributes.push_str(attribute);
            }
        }
        Self {
            background,
            attributes,
        }
    }
}

fn colour(colour: Color, default: &str) -> String {
    match colour {
        Color::Default => default.to_owned(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Idx(index @ 0..16) => PALETTE[usize::from(index)].to_owned(),
        // xterm's colour cube and its grey ramp.
        Color::Idx(index @ 16..232) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            let [red, green, blue] = [cube / 36, cube / 6 % 6, cube % 6].map(level);
            format!("#{red:02x}{green:02x}{blue:02x}")
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
