//! Colours and symbols. A state is never told by colour alone: glyph, word and colour go together.

use ratatui::style::{Color, Modifier, Style};

use crate::org::AccountState;

/// Which colours suit the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// The 16 ANSI colours, chosen for a dark background.
    Dark,
    /// The 16 ANSI colours, chosen for a light background.
    Light,
    /// No colour at all, only bold, underlined and reversed text.
    Mono,
}

/// How everything is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// The colours.
    pub palette: Palette,
    /// Whether only ASCII symbols are used for what orgscope itself draws.
    pub ascii: bool,
}

impl Theme {
    /// The symbol before an account in this state.
    #[must_use]
    pub fn glyph(self, state: Option<&AccountState>) -> &'static str {
        let (unicode, ascii) = match state {
            Some(AccountState::Active) => ("●", "*"),
            Some(AccountState::PendingActivation) => ("○", "o"),
            Some(AccountState::Suspended) => ("■", "#"),
            Some(AccountState::PendingClosure) => ("▲", "!"),
            Some(AccountState::Closed) => ("×", "x"),
            Some(AccountState::Other(_)) | None => ("?", "?"),
        };
        if self.ascii { ascii } else { unicode }
    }

    /// The marker before a root or OU.
    #[must_use]
    pub fn marker(self, open: bool) -> &'static str {
        match (open, self.ascii) {
            (true, false) => "▾",
            (false, false) => "▸",
            (true, true) => "-",
            (false, true) => "+",
        }
    }

    /// What stands for text that did not fit.
    #[must_use]
    pub fn ellipsis(self) -> &'static str {
        if self.ascii { "~" } else { "…" }
    }

    /// What separates facts on one line.
    #[must_use]
    pub fn separator(self) -> &'static str {
        if self.ascii { " | " } else { " · " }
    }

    /// How an account state is drawn.
    #[must_use]
    pub fn state(self, state: Option<&AccountState>) -> Style {
        let (dark, light, modifier) = match state {
            Some(AccountState::Active) => (Color::Green, Color::Green, Modifier::empty()),
            Some(AccountState::PendingActivation) => (Color::Cyan, Color::Blue, Modifier::empty()),
            Some(AccountState::Suspended) => (Color::Red, Color::Red, Modifier::BOLD),
            Some(AccountState::PendingClosure) => (Color::Yellow, Color::Magenta, Modifier::BOLD),
            Some(AccountState::Closed) => (Color::DarkGray, Color::DarkGray, Modifier::empty()),
            Some(AccountState::Other(_)) | None => (Color::Magenta, Color::Magenta, Modifier::BOLD),
        };
        self.colored(dark, light).add_modifier(modifier)
    }

    /// Text of less weight.
    #[must_use]
    pub fn faint(self) -> Style {
        self.colored(Color::DarkGray, Color::DarkGray)
    }

    /// Names of facts, titles, keys.
    #[must_use]
    pub fn label(self) -> Style {
        self.colored(Color::Cyan, Color::Blue)
            .add_modifier(Modifier::BOLD)
    }

    /// The matched part of a text.
    #[must_use]
    pub fn matched(self) -> Style {
        self.colored(Color::Yellow, Color::Magenta)
            .add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    /// Something is wrong.
    #[must_use]
    pub fn problem(self) -> Style {
        self.colored(Color::Red, Color::Red)
            .add_modifier(Modifier::BOLD)
    }

    /// The symbol of a marked account, between that of its state and its name.
    #[must_use]
    pub fn mark(self) -> &'static str {
        if self.ascii { "^" } else { "✓" }
    }

    /// The symbol of a row that has become different, in the place of a mark.
    #[must_use]
    pub fn changed(self) -> &'static str {
        if self.ascii { "~" } else { "Δ" }
    }

    /// A marked account.
    #[must_use]
    pub fn marked(self) -> Style {
        self.colored(Color::Magenta, Color::Magenta)
            .add_modifier(Modifier::BOLD)
    }

    /// Worth a thought before going on.
    #[must_use]
    pub fn warning(self) -> Style {
        self.colored(Color::Yellow, Color::Magenta)
            .add_modifier(Modifier::BOLD)
    }

    /// What comes with a change.
    #[must_use]
    pub fn gained(self) -> Style {
        self.colored(Color::Green, Color::Green)
    }

    /// What goes with a change.
    #[must_use]
    pub fn lost(self) -> Style {
        self.colored(Color::Red, Color::Red)
    }

    /// The frame of a dialog in which an account leaves the organization and lives on: never to be
    /// taken for the one that closes it.
    #[must_use]
    pub fn parting(self) -> Style {
        self.colored(Color::Magenta, Color::Magenta)
            .add_modifier(Modifier::BOLD)
    }

    /// Changes are possible: nobody must overlook this.
    #[must_use]
    pub fn write_mode(self) -> Style {
        self.problem().add_modifier(Modifier::REVERSED)
    }

    /// The row under the cursor, in the pane that has the keys or in the other.
    #[must_use]
    pub fn selected(self, focused: bool) -> Style {
        let plain = match self.palette {
            Palette::Mono => Style::new(),
            // One colour for the whole row: reversed state colours would make a patchwork.
            Palette::Dark | Palette::Light => Style::new().fg(Color::Reset).bg(Color::Reset),
        };
        plain.add_modifier(if focused {
            Modifier::REVERSED
        } else {
            Modifier::BOLD | Modifier::UNDERLINED
        })
    }

    fn colored(self, dark: Color, light: Color) -> Style {
        match self.palette {
            Palette::Dark => Style::new().fg(dark),
            Palette::Light => Style::new().fg(light),
            Palette::Mono => Style::new(),
        }
    }
}
