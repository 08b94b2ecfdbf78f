//! The options of all commands.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::aws::ConnectOptions;

/// Headings of the help.
const CONNECTION: &str = "Connection";
const SAFETY: &str = "Safety";
const SCREEN: &str = "Screen";
const LOG: &str = "Log";

/// Options that may stand before or behind the name of any command.
#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct GlobalOptions {
    /// Profile of the AWS configuration files; wins over keys in the environment
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "NAME", conflicts_with = "demo")]
    pub profile: Option<String>,
    /// Region; decides on the partition, e.g. cn-northwest-1 or us-gov-west-1
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "REGION", conflicts_with = "demo")]
    pub region: Option<String>,
    /// Endpoint to use instead of AWS's own
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "URL", conflicts_with = "demo")]
    pub endpoint_url: Option<String>,
    /// Use a made-up organization, simulated by this program
    #[arg(long, global = true, help_heading = CONNECTION)]
    pub demo: bool,
    /// Show what was read the last time: without credentials, without a call, without changes
    #[arg(long, global = true, help_heading = CONNECTION, conflicts_with_all = ["demo", "no_cache"])]
    pub offline: bool,
    /// Id of the organization that --offline shows and journal prints [default: the one that was
    /// read with the same profile or keys, or the only one]
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "ID")]
    pub organization: Option<String>,
    /// Neither show nor keep what was read, in the XDG cache folder
    #[arg(long, global = true, help_heading = CONNECTION)]
    pub no_cache: bool,
    /// Where the configuration is [default: orgscope/config.toml in the XDG configuration folder]
    #[arg(long, global = true, help_heading = SAFETY, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Change nothing; `ORGSCOPE_READ_ONLY=1` and `read_only` in the configuration do the same
    #[arg(long, global = true, help_heading = SAFETY, conflicts_with = "write")]
    pub read_only: bool,
    /// Allow changes in spite of `ORGSCOPE_READ_ONLY` and the configuration
    #[arg(long, global = true, help_heading = SAFETY)]
    pub write: bool,
    /// Colours for a dark or light background, or none [default: what the environment says]
    #[arg(long, global = true, help_heading = SCREEN, value_enum)]
    pub colors: Option<Colors>,
    /// Draw with ASCII characters only
    #[arg(long, global = true, help_heading = SCREEN)]
    pub ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long, global = true, help_heading = SCREEN)]
    pub no_mouse: bool,
    /// Where to log [default: orgscope/orgscope.log in the XDG state folder]
    #[arg(long, global = true, help_heading = LOG, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// How much to log
    #[arg(long, global = true, help_heading = LOG, value_name = "LEVEL", value_enum, default_value_t)]
    pub log_level: LogLevel,
}

impl GlobalOptions {
    /// Where to connect to, as whom, and whether nothing can be changed from there.
    #[must_use]
    pub fn connect_options(&self, read_only: bool) -> ConnectOptions {
        ConnectOptions {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint_url: self.endpoint_url.clone(),
            read_only,
        }
    }

    /// What the flags say of read-only mode, if they say anything.
    #[must_use]
    pub fn read_only_flag(&self) -> Option<bool> {
        match (self.read_only, self.write) {
            (false, false) => None,
            (read_only, _) => Some(read_only),
        }
    }
}

/// Which colours to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colors {
    /// Such as can be read on a dark background.
    Dark,
    /// Such as can be read on a light background.
    Light,
    /// None: bold, underlined and reversed text only.
    None,
}

/// How much to log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing; no file is made.
    Off,
    /// What failed.
    Error,
    /// And what looks wrong.
    Warn,
    /// And what was done.
    #[default]
    Info,
    /// And how.
    Debug,
    /// And every step.
    Trace,
}
