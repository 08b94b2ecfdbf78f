//! The configuration file, `orgscope/config.toml` in the XDG configuration folder.

use serde::Deserialize;

use crate::org::{Figures, ProtectRules};

/// Everything that can be configured; what the file does not name keeps its default.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether nothing may be changed. The environment and the command line win.
    pub read_only: bool,
    /// Accounts that are never closed or removed.
    pub protect: ProtectRules,
    /// How closures are sent and watched.
    pub closures: Figures,
    /// What to tell the user of.
    pub notify: Notify,
}

/// What to tell the user of when a closure has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Ring the terminal's bell once.
    pub bell: bool,
    /// Say it in the status line.
    pub notice: bool,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            bell: true,
            notice: true,
        }
    }
}
