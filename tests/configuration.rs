//! The configuration file and read-only mode, as whoever starts the program meets them.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::support::program::{PROGRAM, environment, orgscope};
use crate::support::terminal::Terminal;

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for temporary files")
}

/// Writes the configuration where it is looked for.
fn configure(home: &Path, text: &str) {
    let folder = home.join(".config/orgscope");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.toml"), text).expect("a file");
}

/// What the explorer complains of, which has no terminal here; it is wrong usage in any case.
fn complaint(home: &Path, arguments: &[&str], variable: Option<&str>) -> String {
    let output = orgscope(home)
        .args(arguments)
        .envs(variable.map(|value| ("ORGSCOPE_READ_ONLY", value)))
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("it is text")
}

#[test]
fn a_wrong_configuration_is_named_with_file_line_and_key() {
    let home = home();
    configure(home.path(), "# fine\n[closures]\nsend_evry = 3\n");
    let complaint = complaint(home.path(), &["--demo"], None);
    assert!(
        complaint.contains(".config/orgscope/config.toml, line 3, send_evry: unknown field"),
        "{complaint}"
    );
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}

#[test]
fn a_configuration_that_cannot_be_read_is_an_error_and_a_missing_one_is_not() {
    let needs_terminal = "the explorer needs a terminal";
    let nothing = home();
    assert!(complaint(nothing.path(), &["--demo"], None).contains(needs_terminal));
    let named = complaint(
        nothing.path(),
        &["--demo", "--config", "/no/such.toml"],
        None,
    );
    assert!(named.contains("/no/such.toml cannot be read"), "{named}");
    let folder = home();
    fs::create_dir_all(folder.path().join(".config/orgscope/config.toml")).expect("a folder");
    let unreadable = complaint(folder.path(), &["--demo"], None);
    assert!(
        unreadable.contains("config.toml cannot be read"),
        "{unreadable}"
    );
}

#[test]
fn a_named_configuration_replaces_the_one_in_the_folder() {
    let home = home();
    configure(home.path(), "this is no TOML");
    let file = home.path().join("other.toml");
    fs::write(&file, "read_only = true\n").expect("a file");
    let file = file.to_str().expect("text");
    let accepted = complaint(home.path(), &["--demo", "--config", file], None);
    assert!(
        accepted.contains("the explorer needs a terminal"),
        "{accepted}"
    );
}

#[test]
fn read_only_and_write_exclude_each_other_and_a_mistyped_variable_is_an_error() {
    let home = home();
    let both = complaint(home.path(), &["--demo", "--read-only", "--write"], None);
    assert!(both.contains("cannot be used with"), "{both}");
    let mistyped = complaint(home.path(), &["--demo", "--write"], Some("ture"));
    assert!(
        mistyped.contains("ORGSCOPE_READ_ONLY is `ture`"),
        "{mistyped}"
    );
}

#[test]
fn what_only_reads_needs_no_configuration() {
    let home = home();
    configure(home.path(), "this is no TOML");
    let output = orgscope(home.path())
        .args(["--demo", "tree"])
        .output()
        .expect("the program starts");
    assert!(output.status.success());
}

/// The explorer of the demo, with `word` in its header.
fn header_says(word: &str, arguments: &[&str], variable: Option<&str>, config: &str) -> Terminal {
    let home = home();
    configure(home.path(), config);
    let variable = variable.map(|value| ("ORGSCOPE_READ_ONLY", OsString::from(value)));
    let environment = environment(home.path()).into_iter().chain(variable);
    let arguments: Vec<&str> = std::iter::once("--demo")
        .chain(arguments.iter().copied())
        .collect();
    let terminal = Terminal::new((100, 24)).run(PROGRAM, &arguments, environment);
    terminal.wait_until(word, |screen| {
        let header = screen.rows(0, u16::MAX).next().unwrap_or_default();
        header.contains(word) && header.contains("read ")
    });
    terminal
}

#[test]
fn the_demo_may_be_changed_unless_something_says_otherwise() {
    let forbidden = "read_only = true";
    for (word, arguments, variable, config) in [
        (" WRITE ", &[][..], None, ""),
        ("READ-ONLY (flag)", &["--read-only"], None, ""),
        ("READ-ONLY (env)", &[], Some("1"), ""),
        ("READ-ONLY (config)", &[], None, forbidden),
        (" WRITE ", &["--write"], Some("1"), forbidden),
        (" WRITE ", &[], Some("0"), forbidden),
    ] {
        let mut terminal = header_says(word, arguments, variable, config);
        terminal.press("q");
        assert!(terminal.wait_for_end().success());
    }
}

#[test]
fn a_dangerous_key_says_why_it_does_nothing() {
    let mut terminal = header_says("READ-ONLY (flag)", &["--read-only"], None, "");
    terminal.press("x");
    terminal.wait_for("Cannot close the account: this is read-only: --read-only was given");
    terminal.press("q");
    assert!(terminal.wait_for_end().success());
}
