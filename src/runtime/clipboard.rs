//! The clipboard of the terminal, which is the user's own even through SSH: OSC 52.

use std::process::Stdio;
use std::time::Duration;

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// Terminals cut longer sequences off or ignore them.
const LONGEST: usize = 74_994;

/// A tmux that does not answer must not make the keyboard wait.
const PATIENCE: Duration = Duration::from_secs(1);

/// What lies between us and the user's terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    Nothing,
    Tmux,
    Screen,
}

impl Between {
    /// Reads `TMUX` and `STY`, which a session on this machine sets.
    #[expect(
        clippy::disallowed_methods,
        reason = "which terminal it is, is a matter of the environment"
    )]
    pub(super) fn from_environment() -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if is_set("TMUX") {
            Self::Tmux
        } else if is_set("STY") {
            Self::Screen
        } else {
            Self::Nothing
        }
    }
}

/// Hands the text over, or says what is still to be written to the terminal for that.
pub(super) async fn copy(text: &str, between: Between) -> Result<Option<String>, String> {
    let sequence = sequence(text, between);
    if sequence.len() > LONGEST {
        return Err("it is too long for a terminal's clipboard".into());
    }
    // tmux passes sequences on only if it is told to; its own command works without that.
    if between == Between::Tmux
        && let Ok(Ok(())) = timeout(PATIENCE, load_tmux_buffer(text)).await
    {
        return Ok(None);
    }
    Ok(Some(sequence))
}

async fn load_tmux_buffer(text: &str) -> std::io::Result<()> {
    let mut tmux = Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = tmux.stdin.take() {
        stdin.write_all(text.as_bytes()).await?;
    }
    let status = tmux.wait().await?;
    if status.success() {
        Ok(())
    } else {
        Err(std::io::Error::other("tmux refused"))
    }
}

fn sequence(text: &str, between: Between) -> String {
    let mut osc = String::new();
    // Writing to a string cannot fail.
    let _ = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut osc);
    match between {
        Between::Nothing => osc,
        Between::Tmux => format!("\x1bPtmux;{}\x1b\\", osc.replace('\x1b', "\x1b\x1b")),
        // GNU screen ends the string at the first ST, so the sequence inside ends with BEL.
        Between::Screen => {
            let inner = osc.trim_end_matches("\x1b\\");
            format!("\x1bP{inner}\x07\x1b\\")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_wrapped_for_what_it_must_pass_through() {
        assert_eq!(sequence("abc", Between::Nothing), "\x1b]52;c;YWJj\x1b\\");
        assert_eq!(
            sequence("abc", Between::Tmux),
            "\x1bPtmux;\x1b\x1b]52;c;YWJj\x1b\x1b\\\x1b\\"
        );
        assert_eq!(
            sequence("abc", Between::Screen),
            "\x1bP\x1b]52;c;YWJj\x07\x1b\\"
        );
    }

    #[tokio::test]
    async fn what_no_terminal_would_take_is_refused() {
        let long = "x".repeat(LONGEST);
        assert!(copy(&long, Between::Nothing).await.is_err());
    }
}
