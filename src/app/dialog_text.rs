//! The text of dialogs and reports, a line at a time.

use super::details::wrap;
use crate::confirm::Focus;
use crate::org::visible;

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Tone {
    Plain,
    Heading,
    Faint,
    Warning,
    Problem,
    Gained,
    Lost,
}

/// One line of a dialog's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it is meant.
    pub tone: Tone,
    /// The text, harmless for a terminal, no wider than was asked for.
    pub text: String,
    /// The part of the dialog that this line belongs to, where it can have the focus.
    pub part: Option<Focus>,
}

/// The text of a dialog while it is being written.
#[derive(Debug)]
pub struct Text {
    width: usize,
    pub(super) lines: Vec<Line>,
}

impl Text {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width: width.max(8),
            lines: Vec::new(),
        }
    }

    /// Adds a paragraph; what does not fit on its first line is indented below it as far as the
    /// paragraph itself and two columns more.
    pub(super) fn say(&mut self, tone: Tone, text: &str) {
        self.push(tone, text, None);
    }

    /// Adds an empty line.
    pub(super) fn gap(&mut self) {
        self.push_line(Tone::Plain, String::new(), None);
    }

    pub(super) fn push(&mut self, tone: Tone, text: &str, part: Option<Focus>) {
        let text = visible(text);
        let indent = text.len() - text.trim_start_matches(' ').len();
        let room = self.width.saturating_sub(indent + 2);
        for (at, line) in wrap(text.trim_start_matches(' '), room.max(4))
            .iter()
            .enumerate()
        {
            let indent = if at == 0 { indent } else { indent + 2 };
            let line = format!("{:indent$}{line}", "");
            self.push_line(tone, line, part);
        }
    }

    pub(super) fn push_line(&mut self, tone: Tone, text: String, part: Option<Focus>) {
        self.lines.push(Line { tone, text, part });
    }

    pub(super) fn into_lines(self) -> Vec<Line> {
        self.lines
    }
}
