//! How long a walk takes where the service enforces its published limits, beside the least that
//! these limits allow and beside a plain sequential boto3 script. Prints a Markdown table.
//!
//! `cargo bench --bench walk [-- --without-boto3]`; everything stays on the loopback interface.

#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::disallowed_methods, reason = "to measure is to read the clock")]

use std::time::{Duration, Instant};

use orgscope::aws::limiter::Row;
use orgscope::aws::{Connection, Limiter, walk};
use orgscope::org::{Progress, WalkEvent, WalkScope};
use orgscope::sim::{Organization, Settings, Shape, Simulator};
use tokio::sync::{mpsc, watch};

#[path = "../support/python.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod python;

const SHAPES: [(u32, u32); 2] = [(500, 60), (5_000, 500)];
const LATENCY: Duration = Duration::from_millis(60);

#[derive(serde::Deserialize)]
struct Script {
    seconds: f64,
    units: u32,
    accounts: u32,
    throttled: u64,
}

#[tokio::main]
async fn main() {
    let alone = std::env::args().any(|argument| argument == "--without-boto3");
    let python = if alone {
        None
    } else {
        python::Python::with_peers()
    };
    println!("Simulator with the published limits, {LATENCY:?} a call.\n");
    println!(
        "| accounts / OUs | walk | least | ratio | calls | throttled | boto3 | throttled | times faster |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (accounts, units) in SHAPES {
        let (seconds, progress) = measure_walk(accounts, units).await;
        let least = least(accounts, units);
        print!(
            "| {accounts} / {units} | {seconds:.1} s | {least:.1} s | {:.2} | {} | {} ",
            seconds / least,
            progress.calls,
            progress.throttled
        );
        match &python {
            None => println!("| not measured | | |"),
            Some(python) => {
                let script = measure_script(python, accounts, units).await;
                println!(
                    "| {:.1} s | {} | {:.1} |",
                    script.seconds,
                    script.throttled,
                    script.seconds / seconds
                );
            }
        }
    }
}

/// The least time, in seconds: the buckets must hold enough for the calls that no walk can do
/// without (a page of `ListAccounts` for 20 accounts, and for each OU one call that tells its
/// child OUs), and three of them can only follow each other: the root, its OUs, the last answer.
fn least(accounts: u32, units: u32) -> f64 {
    let [list, names, ids] = [Row::Accounts, Row::ForParent, Row::Children].map(Row::published);
    let pages = f64::from(accounts.div_ceil(20)) - f64::from(list.burst);
    let listings = f64::from(units) - f64::from(names.burst + ids.burst);
    let tokens = (pages / list.rate).max(listings / (names.rate + ids.rate));
    tokens + 3.0 * LATENCY.as_secs_f64()
}

async fn serve(accounts: u32, units: u32) -> Simulator {
    let organization = Organization::generate(&Shape {
        accounts: accounts as usize,
        organizational_units: units as usize,
        seed: 1,
    });
    let settings = Settings {
        latency: LATENCY,
        ..Settings::default()
    };
    let simulator = Simulator::start(organization, settings).await;
    simulator.expect("a free port on loopback")
}

async fn measure_walk(accounts: u32, units: u32) -> (f64, Progress) {
    let simulator = serve(accounts, units).await;
    let connection = Connection::to_simulator(&simulator.url());
    let limiter = Limiter::published();
    let (_wanted, wanted) = watch::channel(Vec::new());
    let (events, mut received) = mpsc::channel(16);
    let start = Instant::now();
    let walking = walk(
        &connection,
        &limiter,
        WalkScope::Organization,
        wanted,
        events,
    );
    let ending = async {
        while let Some(event) = received.recv().await {
            if let WalkEvent::Finished(summary) = event {
                return summary;
            }
        }
        unreachable!("every walk finishes")
    };
    let ((), summary) = tokio::join!(walking, ending);
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(summary.missing, []);
    assert_eq!(summary.progress.accounts, accounts as usize);
    assert_eq!(summary.progress.units_done, units as usize + 1);
    (seconds, summary.progress)
}

async fn measure_script(python: &python::Python, accounts: u32, units: u32) -> Script {
    let simulator = serve(accounts, units).await;
    let url = simulator.url();
    let output = tokio::task::block_in_place(|| python.run("../bench/boto3_walk.py", &[&url]));
    let script: Script = serde_json::from_str(&output).expect("the script prints one JSON object");
    assert_eq!((script.accounts, script.units), (accounts, units));
    script
}
