//! What a frame costs: time to handle a key, and to build the frame after it, with up to 50,000 open
//! rows. Prints a Markdown table.
//!
//! `cargo bench --bench frame`
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::disallowed_methods, reason = "to measure is to read the clock")]

use std::time::{Duration, Instant};

use crokey::{KeyCombination, key};
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
const FRAMES: usize = 500;

/// An app with everything open.
fn app(accounts: usize, organizational_units: usize) -> App {
    let shape = sim::Shape {
        accounts,
        organizational_units,
        seed: 1,
    };
    let organization = sim::Organization::generate(&shape);
    let seen = observed::observed(&organization);
    let (mut app, _) = App::start(Session::default(), jiff::Timestamp::UNIX_EPOCH);
    let _ = update(
        &mut app,
        Msg::Walk(1, WalkEvent::Observed(seen, Progress::default())),
    );
    let _ = update(
        &mut app,
        Msg::Walk(1, WalkEvent::Finished(WalkSummary::default())),
    );
    press(&mut app, key!('*'));
    app
}

fn press(app: &mut App, key: KeyCombination) {
    let _ = update(app, Msg::Key(key));
}

fn arrange(app: &mut App, width: u16, height: u16) {
    let areas = ui::arrange(app, Rect::new(0, 0, width, height));
    let _ = update(app, Msg::Arranged(areas));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Median time of a key in the middle of the rows, and of drawing what follows.
fn frame_times(app: &mut App) -> (Duration, Duration) {
    arrange(app, 120, 40);
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a test terminal");
    for _ in 0..200 {
        press(app, key!(pagedown));
    }
    let (mut keys, mut frames) = (Vec::new(), Vec::new());
    for _ in 0..FRAMES {
        let start = Instant::now();
        press(app, key!(j));
        keys.push(start.elapsed());
        let start = Instant::now();
        terminal
            .draw(|frame| ui::draw(app, THEME, frame))
            .expect("it draws");
        frames.push(start.elapsed());
    }
    (median(keys), median(frames))
}

fn main() {
    println!("| open rows | a key | a frame at 120x40 |\n| ---: | ---: | ---: |");
    for (accounts, units) in [(500, 60), (5_000, 500), (48_000, 2_000)] {
        let mut app = app(accounts, units);
        let (key, frame) = frame_times(&mut app);
        println!("| {} | {key:.1?} | {frame:.1?} |", app.outline.rows().len());
    }
}
