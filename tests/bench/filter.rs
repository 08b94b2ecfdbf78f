//! What a keystroke in the filter line costs: to match up to 50,000 accounts again and to build the
//! frame after it, and the same with the list of matches on screen. Prints a Markdown table. A
//! second one tells what an answer with tags costs while the filter asks for tags.
//!
//! `cargo bench --bench filter`
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::disallowed_methods, reason = "to measure is to read the clock")]

use std::time::{Duration, Instant};

use crokey::{KeyCombination, key};
use crossterm::event::KeyCode;
use mimalloc::MiMalloc;
use orgscope::app::{App, Session, update};
use orgscope::msg::Msg;
use orgscope::org::{Finding, Found, Progress, Question, Tag, WalkEvent, WalkSummary};
use orgscope::ui::theme::{Palette, Theme};
use orgscope::{sim, ui};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

#[path = "../support/observed.rs"]
mod observed;

/// That of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const THEME: Theme = Theme {
    palette: Palette::Dark,
    ascii: false,
};
const NOW: &str = "2026-11-21T12:00:00Z";
const ROUNDS: usize = 9;

/// What is typed, one after the other.
const TYPED: [&str; 13] = [
    "payments prod",
    "0123",
    "!prod state:active",
    "ou:workloads joined:>1y prod",
    "email:example.com",
    "!x",
    "name:aa",
    "\"prod",
    "is:account state:active",
    "joined:>1y",
    "statement",
    "tag:Env=prod",
    "!tag:Env=prod",
];

fn app(accounts: usize, organizational_units: usize) -> App {
    let shape = sim::Shape {
        accounts,
        organizational_units,
        seed: 1,
    };
    let organization = sim::Organization::generate(&shape);
    let seen = observed::observed(&organization);
    let (mut app, _) = App::start(Session::default(), NOW.parse().expect("a time"));
    let observed = WalkEvent::Observed(seen, Progress::default());
    let _ = update(&mut app, Msg::Walk(1, observed));
    let finished = WalkEvent::Finished(WalkSummary::default());
    let _ = update(&mut app, Msg::Walk(1, finished));
    app
}

fn press(app: &mut App, key: KeyCombination) {
    let _ = update(app, Msg::Key(key));
}

fn screen() -> Terminal<TestBackend> {
    Terminal::new(TestBackend::new(120, 40)).expect("a test terminal")
}

/// Time until the message is taken in and the frame after it is built.
fn time(app: &mut App, terminal: &mut Terminal<TestBackend>, msg: Msg) -> Duration {
    let start = Instant::now();
    let _ = update(app, msg);
    let areas = ui::arrange(app, Rect::new(0, 0, 120, 40));
    let _ = update(app, Msg::Arranged(areas));
    let drawn = terminal.draw(|frame| ui::draw(app, THEME, frame));
    drawn.expect("it draws");
    start.elapsed()
}

/// The time of each keystroke.
fn type_all(app: &mut App, text: &str) -> Vec<Duration> {
    let mut terminal = screen();
    let keys = text.chars().map(|c| Msg::Key(KeyCode::Char(c).into()));
    keys.map(|key| time(app, &mut terminal, key)).collect()
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

fn type_each(app: &mut App, accounts: &str) {
    for text in TYPED {
        let (mut tree, mut list) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            press(app, key!('/'));
            tree.push(type_all(app, text));
            press(app, key!(tab));
            press(app, key!('/'));
            press(app, key!(ctrl - u));
            list.push(type_all(app, text));
            press(app, key!(esc));
        }
        let ((in_tree, last_tree), (in_list, last_list)) = (summary(&tree), summary(&list));
        println!(
            "| {accounts} | `{text}` | {in_tree:.1?} | {last_tree:.1?} | {in_list:.1?} | {last_list:.1?} |"
        );
    }
}

/// An answer with tags, of which every third says what is looked for.
fn answer(number: usize, id: &str) -> Msg {
    let tag = |key: &str, value: &str| Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let env = ["prod", "dev", "test"][number % 3];
    let tags = vec![
        tag("CostCenter", "4711"),
        tag("Owner", "platform"),
        tag("Env", env),
    ];
    let found = Found {
        at: NOW.parse().expect("a time"),
        answer: Ok(Finding::Tags(tags)),
    };
    Msg::Found(Question::Tags(id.to_owned()), found)
}

/// What an answer costs: alone, and as one of 32 before a frame.
fn answers(app: &mut App) {
    let ids = app.tree.iter().filter_map(|(_, node)| node.account());
    let ids: Vec<String> = ids.map(|account| account.id.clone()).collect();
    let mut terminal = screen();
    press(app, key!('/'));
    type_all(app, "tag:Env=prod");
    let mut answers = ids.iter().enumerate().map(|(at, id)| answer(at, id));
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    let count = answers.len();
    while answers.len() > 0 {
        // Few of them are known, or most are.
        let measured = answers.len() > count - 3_000 || answers.len() < 3_000;
        if !measured {
            let _ = update(app, answers.next().expect("one is left"));
            continue;
        }
        let start = Instant::now();
        for answer in answers.by_ref().take(31) {
            let _ = update(app, answer);
        }
        let before = start.elapsed();
        if let Some(last) = answers.next() {
            let last = time(app, &mut terminal, last);
            together.push((before + last) / 32);
            alone.push(last);
        }
    }
    press(app, key!(esc));
    let slowest = alone.iter().max().copied().unwrap_or_default();
    println!();
    println!("| accounts | an answer with tags and its frame | the slowest | each of 32 |");
    println!("| ---: | ---: | ---: | ---: |");
    println!(
        "| {count} | {:.1?} | {slowest:.1?} | {:.1?} |",
        median(alone),
        median(together)
    );
}

fn main() {
    println!(
        "| accounts | typed | a key in the tree | the slowest | a key in the list | the slowest |"
    );
    println!("| ---: | --- | ---: | ---: | ---: | ---: |");
    let mut small = app(5_000, 500);
    type_each(&mut small, "5,000");
    let mut large = app(50_000, 2_000);
    type_each(&mut large, "50,000");
    answers(&mut large);
    println!();
    println!("With the tags of all of them read:");
    println!();
    type_each(&mut large, "50,000");
}
