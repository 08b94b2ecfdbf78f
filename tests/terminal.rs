//! The whole program in a pseudo-terminal, on the demo organization.

use std::ffi::OsString;
use std::time::Duration;

use rustix::process::Signal;
use vt100::{MouseProtocolMode, Screen};

use crate::support::program::{PROGRAM, environment};
use crate::support::terminal::Terminal;

/// Long enough for everything that a key press sets off to be written.
const SETTLED: Duration = Duration::from_millis(300);

/// An explorer of the demo organization, and the home folder that it believes in.
struct Explorer {
    terminal: Terminal,
    /// The terminal's settings before the program changed them.
    settings_before: String,
    _home: tempfile::TempDir,
}

impl Explorer {
    /// Starts it and waits until everything is read.
    fn start(size: (u16, u16), more: &[(&'static str, &str)]) -> Self {
        let explorer = Self::start_with(PROGRAM, &["--demo"], size, more);
        explorer.terminal.wait_until("the whole demo", is_read);
        explorer
    }

    fn start_with(
        program: &str,
        arguments: &[&str],
        size: (u16, u16),
        more: &[(&'static str, &str)],
    ) -> Self {
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let more = more
            .iter()
            .map(|(name, value)| (*name, OsString::from(value)));
        let environment = environment(home.path()).into_iter().chain(more);
        let terminal = Terminal::new(size);
        let settings_before = terminal.line_settings();
        Self {
            terminal: terminal.run(program, arguments, environment),
            settings_before,
            _home: home,
        }
    }

    fn assert_restored(&self) {
        self.terminal.wait_until("the main screen", is_main_screen);
        assert_eq!(self.terminal.line_settings(), self.settings_before);
    }
}

fn is_read(screen: &Screen) -> bool {
    let header = screen.rows(0, u16::MAX).next().unwrap_or_default();
    header.contains("read ")
}

/// Whether the terminal is as a shell expects it.
fn is_main_screen(screen: &Screen) -> bool {
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && !screen.bracketed_paste()
        && !screen.application_keypad()
        && screen.mouse_protocol_mode() == MouseProtocolMode::None
}

/// The rows between the header, which tells the time, and the status line, which tells the news.
fn panes(screen: &Screen) -> Vec<String> {
    let (rows, columns) = screen.size();
    let body = usize::from(rows.get()).saturating_sub(4);
    let rows = screen.rows(0, columns.get()).skip(2).take(body);
    // A blank that was written and a cell that never was look the same.
    rows.map(|row| row.trim_end().to_owned()).collect()
}

/// The rows below the header (in which `WRITE` is reversed too) that are drawn in reverse, which is
/// how the cursor shows.
fn reversed_rows(screen: &Screen) -> Vec<u16> {
    let (rows, columns) = screen.size();
    (1..rows.get())
        .filter(|row| {
            (0..columns.get()).any(|column| {
                screen
                    .cell(*row, column)
                    .is_some_and(|cell| cell.inverse() && cell.has_contents())
            })
        })
        .collect()
}

#[test]
fn an_account_is_found_by_its_id_and_shows_its_email_and_its_path() {
    let mut explorer = Explorer::start((120, 40), &[]);
    let terminal = &mut explorer.terminal;
    terminal.press("*");
    terminal.wait_for("Nordlys AS");
    terminal.press("/925035497100");
    terminal.wait_for("aws+key-ceremony-2024@example.com");
    terminal.wait_for("Key ceremonies");
    terminal.wait_for("CLOSED");
    terminal.press("\r");
    terminal.press("q");
    assert!(terminal.wait_for_end().success());
}

#[test]
fn the_explorer_survives_a_small_terminal_and_looks_as_before_afterwards() {
    let mut explorer = Explorer::start((120, 40), &[]);
    let terminal = &mut explorer.terminal;
    terminal.press("*jjj");
    terminal.wait_for("Nordlys AS");
    terminal.bytes_when_silent_for(SETTLED);
    let before = panes(&terminal.screen());
    terminal.resize(60, 15);
    terminal.wait_for("Nordlys AS");
    terminal.resize(20, 5);
    terminal.wait_for("20x5");
    terminal.resize(120, 40);
    terminal.wait_until("the same panes again", |screen| panes(screen) == before);
}

#[test]
fn copying_hands_the_id_to_the_terminal_and_never_asks_for_what_is_there() {
    let mut explorer = Explorer::start((80, 24), &[]);
    let terminal = &mut explorer.terminal;
    terminal.press("/925035497100\ry");
    terminal.wait_for("Copy");
    terminal.press("i");
    terminal.wait_for("Sent the account id to the terminal's clipboard");
    // 925035497100 in base64.
    assert_eq!(terminal.requests().clipboard, ["OTI1MDM1NDk3MTAw"]);
    assert!(!terminal.bytes().windows(7).any(|bytes| bytes == b"]52;c;?"));
}

#[test]
fn quitting_restores_the_terminal() {
    for key in ["q", "\x03"] {
        let mut explorer = Explorer::start((80, 24), &[]);
        assert!(explorer.terminal.screen().alternate_screen());
        assert_ne!(explorer.terminal.line_settings(), explorer.settings_before);
        explorer.terminal.press(key);
        assert!(explorer.terminal.wait_for_end().success());
        explorer.assert_restored();
    }
}

#[test]
fn signals_that_end_the_program_restore_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP] {
        let explorer = Explorer::start((80, 24), &[]);
        explorer.terminal.signal(signal);
        explorer.terminal.wait_for_end();
        explorer.assert_restored();
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a bound on the wait")]
fn a_terminal_that_goes_away_ends_the_program_without_a_panic() {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let (told, code) = (folder.path().join("stderr"), folder.path().join("code"));
    // When the shell, which leads the session, is killed, the terminal hangs up, as it does when an
    // SSH connection breaks.
    let script = "exec 3<&0; (trap '' HUP; \"$0\" --demo <&3 2>\"$1\"; echo $? >\"$2\") & wait";
    let arguments = [
        "-c",
        script,
        PROGRAM,
        told.to_str().expect("it is text"),
        code.to_str().expect("it is text"),
    ];
    let explorer = Explorer::start_with("/bin/sh", &arguments, (80, 24), &[]);
    explorer.terminal.wait_until("the whole demo", is_read);
    explorer.terminal.signal(Signal::KILL);
    let since = std::time::Instant::now();
    let code = loop {
        match std::fs::read_to_string(&code) {
            Ok(text) if text.ends_with('\n') => break text,
            _ => assert!(since.elapsed() < Duration::from_mins(1), "it never ended"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let told = std::fs::read_to_string(told).expect("it is text");
    assert_eq!((code.trim(), told.as_str()), ("129", ""));
}

#[test]
#[cfg_attr(
    not(debug_assertions),
    ignore = "only a debug build can be made to panic"
)]
fn a_panic_restores_the_terminal_and_is_told_on_the_main_screen() {
    for place in ["loop", "task"] {
        let more = [("ORGSCOPE_TEST_PANIC", place)];
        let explorer = Explorer::start_with(PROGRAM, &["--demo"], (80, 24), &more);
        assert!(!explorer.terminal.wait_for_end().success());
        explorer.assert_restored();
        explorer.terminal.wait_for("a panic was asked for");
        let screen = explorer.terminal.screen().contents();
        assert!(
            !screen.contains("quit"),
            "a frame on the main screen: {screen}"
        );
    }
}

#[test]
fn suspending_gives_the_terminal_back_until_the_program_continues() {
    // A shell with job control, since only it can stop and continue its foreground job.
    let script = "set -m; \"$0\" --demo; echo BACK IN THE SHELL; read -r _; fg; echo THE END";
    let mut explorer = Explorer::start_with("/bin/sh", &["-c", script, PROGRAM], (80, 24), &[]);
    explorer.terminal.wait_until("the whole demo", is_read);
    explorer.terminal.press("\x1a");
    explorer.terminal.wait_for("BACK IN THE SHELL");
    explorer.assert_restored();
    explorer.terminal.press("\r");
    explorer
        .terminal
        .wait_until("the explorer again", |screen| {
            screen.alternate_screen() && is_read(screen)
        });
    explorer.terminal.press("q");
    explorer.terminal.wait_for("THE END");
    explorer.assert_restored();
}

#[test]
fn an_escape_sequence_in_a_name_never_reaches_the_terminal() {
    let mut explorer = Explorer::start((120, 40), &[]);
    let terminal = &mut explorer.terminal;
    terminal.press("/091818687807");
    terminal.wait_for("red ␛[31mALERT␛[0m ␛]0;owned␇ account");
    let bytes = terminal.bytes();
    assert!(!bytes.windows(10).any(|part| part == b"\x1b[31mALERT"));
    assert!(terminal.requests().titles.is_empty());
}

#[test]
fn an_idle_explorer_writes_nothing() {
    let explorer = Explorer::start((80, 24), &[]);
    explorer.terminal.bytes_when_silent_for(SETTLED);
    let idle = Duration::from_secs(3);
    assert_eq!(explorer.terminal.bytes_within(idle), 0);
}

#[test]
fn one_step_of_the_cursor_writes_little_even_where_the_rows_scroll() {
    let mut explorer = Explorer::start((80, 24), &[]);
    let terminal = &mut explorer.terminal;
    terminal.press("*");
    terminal.wait_for("Nordlys AS");
    let mut before = terminal.bytes_when_silent_for(SETTLED);
    let mut most = 0;
    for _ in 0..25 {
        let screen = terminal.screen().contents_formatted();
        terminal.press("j");
        terminal.wait_until("a step", |now| now.contents_formatted() != screen);
        let after = terminal.bytes_when_silent_for(SETTLED);
        most = most.max(after - before);
        before = after;
    }
    println!("a step of the cursor writes at most {most} bytes");
    assert!(most < 1500, "{most} bytes");
}

#[test]
fn without_colours_the_cursor_still_shows() {
    let mut explorer = Explorer::start((80, 24), &[("NO_COLOR", "1")]);
    let terminal = &mut explorer.terminal;
    terminal.wait_until("a cursor", |screen| reversed_rows(screen).len() == 1);
    let row = reversed_rows(&terminal.screen());
    terminal.press("j");
    terminal.wait_until("the cursor one row lower", |screen| {
        reversed_rows(screen) == [row[0] + 1]
    });
    let screen = terminal.screen();
    let (rows, columns) = screen.size();
    for (row, column) in
        (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)))
    {
        let cell = screen.cell(row, column).expect("it is on the screen");
        assert_eq!(cell.fgcolor(), vt100::Color::Default, "at {row}, {column}");
        assert_eq!(cell.bgcolor(), vt100::Color::Default, "at {row}, {column}");
    }
}
