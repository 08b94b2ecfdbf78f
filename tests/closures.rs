//! Closures from the outside: what the views draw, and what `orgscope closures` prints while a
//! simulated account closes.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use crokey::KeyCombination;
use jiff::{Timestamp, ToSpan as _};
use orgscope::app::{App, View, update};
use orgscope::msg::{JournalNews, MouseKind, Msg};
use orgscope::org::{Account, AccountState, Change, Event, Failure, Mutation, Outcome, Record};
use orgscope::sim::{Caller, Faults, Simulator};
use orgscope::ui;
use orgscope::ui::theme::{Palette, Theme};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

use crate::support::program::{PROGRAM, environment, orgscope};
use crate::support::terminal::Terminal as PseudoTerminal;
use crate::support::{scene, service};

const DARK: Theme = Theme {
    palette: Palette::Dark,
    ascii: false,
};

fn at(seconds: i64) -> Timestamp {
    scene::noon()
        .checked_add(seconds.seconds())
        .expect("a time")
}

fn record(seconds: i64, entry: &str, instance: &str, event: Event) -> Record {
    Record {
        at: at(seconds),
        entry: entry.into(),
        instance: instance.into(),
        event,
    }
}

fn asked(mutation: Mutation, name: &str, to_path: Option<&str>) -> Event {
    Event::Asked {
        organization: "o-exampleorg1".into(),
        caller: Some("arn:aws:sts::111122223333:assumed-role/OrganizationAdmin/alice".into()),
        confirmation: format!("typed {}", mutation.target()),
        change: Change {
            mutation,
            target_name: name.into(),
            path: "Root / Workloads / Production".into(),
            parent: None,
            to_path: to_path.map(Into::into),
        },
        batch: "batch-1".into(),
        undoes: None,
    }
}

fn closing(account: &str, name: &str) -> Event {
    let account = account.into();
    asked(Mutation::CloseAccount { account }, name, None)
}

fn outcome(result: Outcome) -> Event {
    Event::Outcome {
        result,
        request_id: Some("0b1c8f5e-1111-2222-3333-444455556666".into()),
    }
}

fn refused() -> Event {
    outcome(Outcome::Refused {
        failure: Failure {
            code: "ConstraintViolationException".into(),
            reason: "CANNOT_CLOSE_MANAGEMENT_ACCOUNT".into(),
            message: "You cannot close the management account\u{1b}[31m".into(),
            hint: Some("Close the member accounts first".into()),
        },
    })
}

/// The records of a move, and of its undoing.
fn moved_and_back() -> Vec<Record> {
    let (root, asia) = ("r-ab12", "ou-ab12-asia0000");
    let moved = |from: &str, to: &str, path: &str| {
        let mutation = Mutation::MoveAccount {
            account: "444455556666".into(),
            from: from.into(),
            to: to.into(),
        };
        asked(mutation, "family", Some(path))
    };
    let mut undone = moved(asia, root, "Root");
    if let Event::Asked { undoes, .. } = &mut undone {
        *undoes = Some("batch-1".into());
    }
    let mut records = Vec::new();
    for (at, entry, asked, reading) in [
        (
            -600,
            "m1",
            moved(root, asia, "Root / Workloads / Asia"),
            "in Root / Workloads / Asia",
        ),
        (-500, "m2", undone, "in Root"),
    ] {
        let reading = reading.into();
        let holds = true;
        records.extend([
            record(at, entry, "us", asked),
            record(at + 1, entry, "us", Event::intent(1)),
            record(at + 2, entry, "us", outcome(Outcome::Done { made: None })),
            record(at + 3, entry, "us", Event::Verified { holds, reading }),
        ]);
    }
    records
}

/// The scene, with a journal of everything, two minutes later.
fn busy() -> App {
    let mut app = scene::loaded();
    let mut records = moved_and_back();
    records.extend([
        record(-90, "c0", "us", closing("111122223333", "management")),
        record(-90, "c0", "us", Event::intent(1)),
        record(-89, "c0", "us", refused()),
        record(-80, "c1", "us", closing("012345678901", "payments-prod")),
        record(-70, "c1", "us", Event::intent(1)),
        record(-69, "c1", "us", outcome(Outcome::Done { made: None })),
        record(-60, "c2", "us", closing("222233334444", "קסם – ייצור")),
        record(-50, "c3", "other", closing("444455556666", "family")),
        record(-40, "c4", "gone", closing("555566667777", "quoted")),
    ]);
    let running = ["us", "other"].map(str::to_owned).into();
    let opened = JournalNews::Opened {
        instance: "us".into(),
        records,
        running,
    };
    for msg in [
        Msg::Journal(opened),
        Msg::Clock(at(5)),
        Msg::Polled {
            account: "012345678901".into(),
            at: at(5),
            result: Ok(Account {
                id: "012345678901".into(),
                state: Some(AccountState::Active),
                ..Account::default()
            }),
        },
        Msg::Clock(at(8)),
    ] {
        let _ = update(&mut app, msg);
    }
    app.notice = None;
    app
}

fn press(app: &mut App, keys: &str) {
    for word in keys.split(' ') {
        let key: KeyCombination = word.parse().expect("a key");
        let _ = update(app, Msg::Key(key.normalized()));
    }
}

fn screen(app: &mut App, keys: &str, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("no I/O");
    let mut draw = |app: &mut App| {
        let areas = ui::arrange(app, Rect::new(0, 0, width, height));
        let _ = update(app, Msg::Arranged(areas));
        let drawn = terminal.draw(|frame| ui::draw(app, DARK, frame));
        drawn.expect("no I/O");
    };
    draw(app);
    for key in keys.split(' ') {
        press(app, key);
        draw(app);
    }
    terminal.backend().clone()
}

#[test]
fn the_tree_tells_which_closures_wait_or_are_under_way() {
    let mut app = busy();
    insta::assert_snapshot!(screen(&mut app, "* j j j", 120, 24));
    insta::assert_snapshot!(screen(&mut app, "k", 60, 15));
}

#[test]
fn a_click_on_the_title_of_a_view_shows_it() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        for keys in ["1", "/ x", "2", "3"] {
            let mut app = busy();
            screen(&mut app, keys, width, height);
            for at in [1, 2, 0, 2, 1] {
                let drawn = screen(&mut app, "f2", width, height);
                let tab = app.areas.tabs[at];
                let cell = &drawn.buffer()[(tab.x + 1, tab.y)];
                assert_eq!(cell.symbol(), (at + 1).to_string());
                let msg = Msg::Mouse {
                    kind: MouseKind::Click,
                    column: tab.x + 1,
                    row: tab.y,
                };
                let _ = update(&mut app, msg);
                let views = [View::Explorer, View::Closures, View::Activity];
                assert_eq!(app.view, views[at], "after {keys} at {width}x{height}");
            }
        }
    }
}

#[test]
fn the_other_views_stay_in_sight_beside_a_filter() {
    insta::assert_snapshot!(screen(&mut busy(), "/ 0 1", 60, 15));
}

#[test]
fn the_closures_view_fits_every_size() {
    for (width, height) in [(80, 24), (120, 40), (60, 15), (180, 24)] {
        insta::assert_snapshot!(screen(&mut busy(), "2 j", width, height));
    }
}

#[test]
fn the_words_for_a_refusal_are_not_cut_where_names_can_be() {
    let failure = |reason: &str| Failure {
        code: "ConstraintViolationException".into(),
        reason: reason.into(),
        ..Failure::default()
    };
    let quota = outcome(Outcome::Refused {
        failure: failure("CLOSE_ACCOUNT_QUOTA_EXCEEDED"),
    });
    let too_many = outcome(Outcome::Postponed {
        failure: failure("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED"),
        not_before: at(60),
    });
    for (width, result, words) in [
        (120, &quota, "refused: CLOSE_ACCOUNT_QUOTA_EXCEEDED"),
        (120, &too_many, "AWS refused for now (too many at once"),
        (
            180,
            &too_many,
            "AWS refused for now (too many at once), again in ~52 s",
        ),
    ] {
        let mut app = busy();
        let records = vec![
            record(6, "c2", "us", Event::intent(1)),
            record(7, "c2", "us", result.clone()),
        ];
        let running = ["us", "other"].map(str::to_owned).into();
        let _ = update(
            &mut app,
            Msg::Journal(JournalNews::Grown { records, running }),
        );
        app.overlays.clear();
        let drawn = screen(&mut app, "2", width, 40).to_string();
        let row = drawn.lines().find(|line| line.contains("222233334444"));
        let row = row.expect("its row");
        assert!(row.contains(words), "{width}: {row}");
    }
}

#[test]
fn the_activity_view_fits_every_size() {
    for (width, height) in [(80, 24), (120, 40), (60, 15), (180, 30)] {
        insta::assert_snapshot!(screen(&mut busy(), "3 G k", width, height));
    }
}

#[test]
fn the_details_of_a_row_can_fill_a_small_screen() {
    insta::assert_snapshot!(screen(&mut busy(), "3 G k tab j", 60, 15));
}

#[test]
fn empty_views_say_what_would_be_there() {
    let mut app = scene::started();
    insta::assert_snapshot!(screen(&mut app, "2", 80, 15));
    insta::assert_snapshot!(screen(&mut app, "3", 80, 15));
}

#[test]
fn leaving_what_goes_on_is_asked_first() {
    insta::assert_snapshot!(screen(&mut busy(), "2 q", 80, 24));
}

/// A running `orgscope closures`, and its output.
struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
    seen: Vec<String>,
}

impl Watching {
    fn start(home: &std::path::Path, arguments: &[&str]) -> Self {
        let mut child = orgscope(home)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Reads on until a line contains this; a program that ends before has failed.
    fn until(&mut self, wanted: &str) {
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).expect("text");
            assert!(read > 0, "ended without {wanted}: {:#?}", self.seen);
            self.seen.push(line.trim_end().to_owned());
            if line.contains(wanted) {
                return;
            }
        }
    }

    fn end(mut self) -> (bool, String) {
        let status = self.child.wait().expect("it runs");
        let mut told = String::new();
        let errors = self.child.stderr.take().expect("a pipe");
        for line in BufReader::new(errors).lines() {
            told.push_str(&line.expect("text"));
        }
        (status.success(), told)
    }
}

/// Figures with which a test ends soon.
const FAST: &str = "[closures]\npoll_every = 0.05\npoll_at_most_every = 0.1\nsweep_every = 600\n\
                    agree_for = 0.3\n";

/// Somebody closes an account with another tool.
fn close_elsewhere(simulator: &Simulator) {
    let now = simulator.now();
    simulator.with_organization(|organization| organization.close_account(service::MEMBER, now));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_tells_a_flapping_closure_to_its_end() {
    let home = tempfile::tempdir().expect("room");
    let config = home.path().join("fast.toml");
    std::fs::write(&config, FAST).expect("room");
    let simulator = service::standing_still(Caller::Management, Faults::default()).await;
    close_elsewhere(&simulator);
    let (url, config) = (simulator.url(), config.to_str().expect("text").to_owned());
    let folder = home.path().to_owned();
    let watching = tokio::task::spawn_blocking(move || {
        let arguments = [
            "closures",
            "--watch",
            "--endpoint-url",
            &url,
            "--config",
            &config,
        ];
        let mut watching = Watching::start(&folder, &arguments);
        watching.until("PENDING_CLOSURE");
        simulator.advance(Duration::from_secs(150));
        watching.until("settling: last read ACTIVE");
        simulator.advance(Duration::from_mins(10));
        watching.until("confirming");
        watching.until("  closed");
        assert!(simulator.writes().is_empty());
        watching
    });
    let watching = watching.await.expect("no panic");
    assert!(
        watching.seen[0].contains("begun elsewhere"),
        "{:?}",
        watching.seen
    );
    // When it is read next is told once, not with every change.
    let plans = watching.seen.iter().map(|line| line.contains("next read"));
    let plans: Vec<bool> = plans.collect();
    assert!(
        plans[0] && !plans[1..].contains(&true),
        "{:?}",
        watching.seen
    );
    assert_eq!(watching.end(), (true, String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_watching_the_rows_are_printed_once_as_json_too() {
    let home = tempfile::tempdir().expect("room");
    let simulator = service::standing_still(Caller::Management, Faults::default()).await;
    close_elsewhere(&simulator);
    let (url, folder) = (simulator.url(), home.path().to_owned());
    let outputs = tokio::task::spawn_blocking(move || {
        [vec!["closures", "--json"], vec!["closures"]].map(|arguments| {
            let mut command = orgscope(&folder);
            command.args(arguments).args(["--endpoint-url", &url]);
            let output = command.output().expect("it runs");
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).expect("text")
        })
    });
    let [json, text] = outputs.await.expect("no panic");
    let row: serde_json::Value = serde_json::from_str(&json).expect("one line of JSON");
    assert_eq!(row["account"], service::MEMBER);
    assert_eq!(row["state"], "PENDING_CLOSURE");
    assert_eq!(row["phase"], "pending_closure");
    assert_eq!(row["asked_at"], serde_json::Value::Null);
    assert_eq!(row["path"], "Root");
    assert_eq!(row["asked_by"], "elsewhere");
    assert_eq!(row["next_poll"], serde_json::Value::Null, "nothing is read");
    // Somebody else began it, nobody knows when.
    assert_eq!(row["elapsed_is_at_least"], true);
    assert_eq!(text.lines().count(), 1, "{text}");
    for part in [
        "000000000012  name of 000000000012  Root  PENDING_CLOSURE ",
        " ago  begun elsewhere  for > ",
        "  pending closure\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(!text.contains("next read"), "{text}");
}

/// The explorer in a pseudo-terminal, on a simulator whose time goes on when the test says so.
async fn explore(test: impl FnOnce(&mut PseudoTerminal, &Simulator) + Send + 'static) {
    let home = tempfile::tempdir().expect("room");
    let config = home.path().join("fast.toml");
    std::fs::write(&config, format!("{FAST}send_every = 0.1\n")).expect("room");
    let simulator = service::standing_still(Caller::Management, Faults::default()).await;
    let judged = tokio::task::spawn_blocking(move || {
        let (url, config) = (simulator.url(), config.to_str().expect("text").to_owned());
        let arguments = ["--endpoint-url", &url, "--config", &config];
        let environment = environment(home.path());
        let mut terminal = PseudoTerminal::new((120, 30)).run(PROGRAM, &arguments, environment);
        terminal.wait_for("Read 5 accounts");
        test(&mut terminal, &simulator);
    });
    judged.await.expect("no panic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_closure_is_watched_through_its_flapping_to_its_end() {
    explore(|terminal, simulator| {
        terminal.press("/000000000012\rx");
        terminal.wait_for("Tick 3 more boxes");
        terminal.press("\t \t \t \t000000000012");
        terminal.wait_for("Ready: Tab to Close");
        terminal.press("\t\r");
        terminal.wait_for("2 Closures (1)");
        terminal.press("2");
        terminal.wait_for("pending closure");
        simulator.advance(Duration::from_secs(150));
        terminal.wait_for("settling: last read ACTIVE");
        simulator.advance(Duration::from_mins(10));
        terminal.wait_for("Closed: name of 000000000012 (000000000012)");
        terminal.wait_until("no closure is open", |screen| {
            !screen.contents().contains("2 Closures (")
        });
        let bells = terminal.bytes().split(|byte| *byte == 7).count() - 1;
        assert_eq!(bells, 1);
        terminal.press("3");
        terminal.wait_for("done, verified: CLOSED, readings agree");
        assert_eq!(simulator.writes().len(), 1);
        terminal.press("q");
        assert!(terminal.wait_for_end().success());
    })
    .await;
}
