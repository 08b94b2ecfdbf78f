//! What a keystroke in the filter line costs: to match up to 50,000 accounts again and to build the
//! frame after it, and the same with the list of matches on screen. Prints a Markdown table.
//!
//! `cargo bench --bench filter`
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::disallowed_methods, reason = "to measure is to read the clock")]

use std::time::{Duration, Instant};

use crokey::{KeyCombination, key};
use crossterm::event::KeyCode;
use orgscope::app::{App, Session, update};
use orgscope::msg::Msg;
use orgscope::org::{Progress, WalkEvent, WalkSummary};
use orgscope::ui::theme::{Palette, Theme};
use orgscope::{sim, ui};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

#[path = "../support/observed.rs"]
mod observed;

const THEME: Theme = Theme {
    palette: Palette::Dark,
    ascii: false,
};
const ROUNDS: usize = 5;

/// What is typed, one after the other.
const TYPED: [&str; 5] = [
    "payments prod",
    "0123",
    "!prod state:active",
    "ou:workloads joined:>1y prod",
    "email:example.com",
];

fn app(accounts: usize, organizational_units: usize) -> App {
    let shape = sim::Shape {
        accounts,
        organizational_units,
        seed: 1,
    };
    let organization = sim::Organization::generate(&shape);
    let seen = observed::observed(&organization);
    let now = "2026-11-21T12:00:00Z".parse().expect("a time");
    let (mut app, _) = App::start(Session::default(), now);
    let observed = WalkEvent::Observed(seen, Progress::default());
    let _ = update(&mut app, Msg::Walk(1, observed));
    let finished = WalkEvent::Finished(WalkSummary::default());
    let _ = update(&mut app, Msg::Walk(1, finished));
    app
}

fn press(app: &mut App, key: KeyCombination) {
    let _ = update(app, Msg::Key(key));
}

/// The time of each keystroke until its frame is built.
fn type_all(app: &mut App, text: &str) -> Vec<Duration> {
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a test terminal");
    let mut times = Vec::new();
    for c in text.chars() {
        let start = Instant::now();
        press(app, KeyCode::Char(c).into());
        let areas = ui::arrange(app, Rect::new(0, 0, 120, 40));
        let _ = update(app, Msg::Arranged(areas));
        let drawn = terminal.draw(|frame| ui::draw(app, THEME, frame));
        drawn.expect("it draws");
        times.push(start.elapsed());
    }
    times
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The median of all keys, and of the slowest of them what it takes in most rounds.
fn summary(rounds: &[Vec<Duration>]) -> (Duration, Duration) {
    let keys = 0..rounds[0].len();
    let of_key = |at: usize| median(rounds.iter().map(|round| round[at]).collect());
    let keys: Vec<Duration> = keys.map(of_key).collect();
    let slowest = keys.iter().max().copied().unwrap_or_default();
    (median(keys), slowest)
}

fn main() {
    println!(
        "| accounts | typed | a key in the tree | the slowest | a key in the list | the slowest |"
    );
    println!("| ---: | --- | ---: | ---: | ---: | ---: |");
    for (accounts, units) in [(5_000, 500), (50_000, 2_000)] {
        let mut app = app(accounts, units);
        for text in TYPED {
            let (mut tree, mut list) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                press(&mut app, key!('/'));
                tree.push(type_all(&mut app, text));
                press(&mut app, key!(tab));
                press(&mut app, key!('/'));
                press(&mut app, key!(ctrl - u));
                list.push(type_all(&mut app, text));
                press(&mut app, key!(esc));
            }
            let ((in_tree, last_tree), (in_list, last_list)) = (summary(&tree), summary(&list));
            println!(
                "| {accounts} | `{text}` | {in_tree:.1?} | {last_tree:.1?} | {in_list:.1?} | {last_list:.1?} |"
            );
        }
    }
}
