//! What the terminal can do, as far as the environment tells.

use std::io::{self, IsTerminal as _};
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::process::Command;

use super::super::variable;

/// A tmux that does not answer must not make anybody wait.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known of the terminal.
#[derive(Debug, Serialize)]
pub(super) struct Terminal {
    /// Whether standard output is a terminal.
    pub(super) is_there: bool,
    pub(super) columns: Option<u16>,
    pub(super) rows: Option<u16>,
    /// The variable `TERM`.
    pub(super) term: Option<String>,
    /// The variable `TERM_PROGRAM`.
    pub(super) program: Option<String>,
    /// `none`, `16`, `256` or `16 million`.
    pub(super) colors: &'static str,
    /// What says so, e.g. `COLORTERM`.
    pub(super) colors_from: &'static str,
    /// Whether the locale is UTF-8; without it, `--ascii` helps.
    pub(super) is_utf8: bool,
    pub(super) over_ssh: bool,
    /// `tmux` or `screen`, where the session is in one.
    pub(super) inside: Option<&'static str>,
    /// Whether text can be handed to the clipboard by OSC 52, in words.
    pub(super) clipboard: String,
}

impl Terminal {
    /// Looks at the environment, and asks tmux where there is one.
    pub(super) async fn examine() -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let is_there = io::stdout().is_terminal();
        let size = is_there.then(crossterm::terminal::size);
        let (columns, rows) = size.and_then(Result::ok).unzip();
        let (term, program) = (set("TERM"), set("TERM_PROGRAM"));
        let (colors, colors_from) = colors(
            set("NO_COLOR").as_deref(),
            set("COLORTERM").as_deref(),
            term.as_deref(),
        );
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let is_utf8 = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let inside = match (set("TMUX"), set("STY")) {
            (Some(_), _) => Some("tmux"),
            (None, Some(_)) => Some("screen"),
            _ => None,
        };
        let clipboard = match inside {
            Some("tmux") => through_tmux(tmux_option("set-clipboard").await.as_deref()),
            _ => known_clipboard(
                term.as_deref().unwrap_or_default(),
                program.as_deref().unwrap_or_default(),
                set("WT_SESSION").is_some(),
            ),
        };
        Self {
            is_there,
            columns,
            rows,
            term,
            program,
            colors,
            colors_from,
            is_utf8,
            over_ssh: set("SSH_CONNECTION").or_else(|| set("SSH_TTY")).is_some(),
            inside,
            clipboard,
        }
    }
}

fn colors(
    no_color: Option<&str>,
    colorterm: Option<&str>,
    term: Option<&str>,
) -> (&'static str, &'static str) {
    match (no_color, colorterm, term) {
        (Some(_), ..) => ("none", "NO_COLOR"),
        (_, Some("truecolor" | "24bit"), _) => ("16 million", "COLORTERM"),
        (.., None | Some("dumb")) => ("none", "TERM"),
        (.., Some(term)) if term.contains("direct") => ("16 million", "TERM"),
        (.., Some(term)) if term.contains("256color") => ("256", "TERM"),
        _ => ("16", "TERM"),
    }
}

/// What the terminals' own documentation says of OSC 52.
fn known_clipboard(term: &str, program: &str, is_windows_terminal: bool) -> String {
    let terms = [
        "kitty",
        "alacritty",
        "foot",
        "ghostty",
        "wezterm",
        "contour",
    ];
    let programs = ["wezterm", "ghostty", "vscode", "kitty", "rio"];
    let is_one_of = |names: &[&str], text: &str| {
        let text = text.to_ascii_lowercase();
        names.iter().any(|name| text.contains(name))
    };
    if is_one_of(&terms, term) || is_one_of(&programs, program) || is_windows_terminal {
        return "yes: this terminal takes it (OSC 52)".to_owned();
    }
    match program {
        "iTerm.app" => {
            "if allowed: Settings, General, Selection, Applications may access clipboard".to_owned()
        }
        "Apple_Terminal" => "no: Terminal.app does not know OSC 52".to_owned(),
        _ if term.is_empty() || term == "dumb" => "no: the terminal is not known".to_owned(),
        _ => "perhaps: the terminal does not say whether it takes OSC 52".to_owned(),
    }
}

fn through_tmux(set_clipboard: Option<&str>) -> String {
    match set_clipboard {
        Some("on" | "external") => {
            "yes, as far as the terminal around tmux takes it (OSC 52)".to_owned()
        }
        Some("off") => "no: tmux is told not to; run: tmux set -g set-clipboard on".to_owned(),
        _ => "perhaps: tmux does not tell its set-clipboard".to_owned(),
    }
}

async fn tmux_option(name: &str) -> Option<String> {
    let output = Command::new("tmux")
        .args(["show-options", "-gv", name])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, output).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_told_from_the_environment() {
        for (no_color, colorterm, term, expected) in [
            (Some("1"), Some("truecolor"), Some("xterm"), "none"),
            (None, Some("truecolor"), Some("xterm"), "16 million"),
            (None, None, Some("xterm-256color"), "256"),
            (None, None, Some("linux"), "16"),
            (None, None, Some("dumb"), "none"),
            (None, None, None, "none"),
        ] {
            assert_eq!(colors(no_color, colorterm, term).0, expected);
        }
    }

    #[test]
    fn what_takes_the_clipboard_is_known_or_said_not_to_be() {
        let says = |term, program| known_clipboard(term, program, false);
        assert!(says("xterm-kitty", "").starts_with("yes"));
        assert!(says("xterm-256color", "WezTerm").starts_with("yes"));
        assert!(says("xterm-256color", "Apple_Terminal").starts_with("no"));
        assert!(says("xterm-256color", "").starts_with("perhaps"));
        assert!(says("", "").starts_with("no"));
        assert!(through_tmux(Some("off")).contains("set -g set-clipboard on"));
    }
}
