//! The command line.

mod global;
mod mistyped;
mod simulate;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

pub use self::global::{Colors, GlobalOptions, LogLevel};
pub use self::simulate::{SimulateOptions, Switch};

use self::mistyped::command_meant;

/// A terminal explorer for AWS Organizations.
///
/// Without a command it opens the explorer, which needs a terminal, on what the query means, if there
/// is one; the commands print to standard output and need none.
#[derive(Debug, Parser)]
#[command(name = "orgscope", version, after_help = EXIT_CODES)]
#[command(override_usage = USAGE)]
pub struct Cli {
    /// Options that may stand before or behind the name of any command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// Open the explorer on the best match: an id, an ARN, an email address, a part of a name, or a
    /// filter such as `ou:Workloads state:active`; behind -- where it is the name of a command, or nearly so
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// What to do instead of exploring.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Reads the command line of this process; ends the process where it cannot be meant, or asks
    /// for help.
    #[must_use]
    pub fn from_command_line() -> Self {
        let cli = Self::parse();
        if cli.command.is_some() && !cli.query.is_empty() {
            let message = "a query is for the explorer; whois and export --filter take one";
            Self::command()
                .error(ErrorKind::ArgumentConflict, message)
                .exit();
        }
        if cli.chooses_in_vain() {
            let message = "--organization is for --offline and for journal: elsewhere the \
                           credentials decide";
            Self::command()
                .error(ErrorKind::ArgumentConflict, message)
                .exit();
        }
        if let Some(message) = cli.mistyped(std::env::args_os()) {
            Self::command()
                .error(ErrorKind::InvalidSubcommand, message)
                .exit();
        }
        match cli.superfluous() {
            Some(option) => Self::command()
                .error(
                    ErrorKind::ArgumentConflict,
                    format!("simulate connects to nothing, so it takes no {option}"),
                )
                .exit(),
            None => cli,
        }
    }

    /// The query that the explorer shall open on.
    #[must_use]
    pub fn query(&self) -> Option<String> {
        let query = self.query.join(" ");
        (!query.trim().is_empty()).then_some(query)
    }

    /// That the query is probably a command, unless it stands behind `--` among the arguments.
    fn mistyped(&self, mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
        if arguments.any(|argument| argument == "--") {
            return None;
        }
        let cli = Self::command();
        let names = cli.get_subcommands().map(clap::Command::get_name);
        let command = command_meant(&self.query, names)?;
        let word = &self.query[0];
        Some(format!(
            "no command {word}; did you mean {command}? orgscope -- {word} looks for it"
        ))
    }

    /// An organization is named where the service says which one it is.
    fn chooses_in_vain(&self) -> bool {
        let from_disk = self.global.offline || matches!(self.command, Some(Command::Journal(_)));
        self.global.organization.is_some() && !from_disk
    }

    /// An option about connections, given to the command that makes none.
    fn superfluous(&self) -> Option<&'static str> {
        let global = &self.global;
        let given = [
            ("--profile", global.profile.is_some()),
            ("--region", global.region.is_some()),
            ("--endpoint-url", global.endpoint_url.is_some()),
            ("--demo", global.demo),
            ("--offline", global.offline),
        ];
        given
            .into_iter()
            .find(|(_, given)| *given && matches!(self.command, Some(Command::Simulate(_))))
            .map(|(option, _)| option)
    }
}

const USAGE: &str = "orgscope [OPTIONS] [QUERY]...\n       orgscope [OPTIONS] <COMMAND>";

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  incomplete, not found, or in no organization
  2  wrong usage or configuration
  3  credentials or permission
  4  network or service";

/// What the program can do without a terminal.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the whole organization as data
    Export(ExportOptions),
    /// Move accounts to another OU or to the root
    Move(MoveOptions),
    /// Print the whole organization as an indented tree
    Tree,
    /// Print what is different since the organization was read the last time
    Changes(ChangesOptions),
    /// Print the closures of accounts that are pending, queued or over
    Closures(ClosuresOptions),
    /// Print what this program was told to change, and what came of it
    Journal(JournalOptions),
    /// Print which account or OU something is: an id, an ARN, an email address, a part of a name
    Whois(WhoisOptions),
    /// Print who and where this is, which reads are allowed, and what the terminal can do
    Doctor(DoctorOptions),
    /// Serve a made-up organization on 127.0.0.1, for any AWS client
    Simulate(SimulateOptions),
}

/// Options of `doctor`.
#[derive(Debug, Clone, Args)]
#[command(after_help = DOCTOR_EXIT_CODES)]
pub struct DoctorOptions {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const DOCTOR_EXIT_CODES: &str = "\
Each read is tried once, with ids found on the way. No keys and no tokens are printed.

Exit codes:
  0  every read that could be tried is allowed
  1  the account is in no organization
  2  wrong usage or configuration
  3  credentials or permission
  4  network or service";

/// Options of `whois`.
#[derive(Debug, Clone, Args)]
#[command(after_help = WHOIS_EXIT_CODES)]
pub struct WhoisOptions {
    /// Ids, ARNs, email addresses, parts of names, key=value of a tag, or filters such as
    /// `ou:Workloads state:active`; - reads text and finds the account ids in it
    #[arg(required = true, value_name = "QUERY")]
    pub queries: Vec<String>,
    /// Print one JSON object a line, as `export --format jsonl` does
    #[arg(long)]
    pub json: bool,
    /// Print the text of standard input again, with the name behind each account id
    #[arg(long, conflicts_with = "json")]
    pub annotate: bool,
}

const WHOIS_EXIT_CODES: &str = "\
The owner is what the tags say whose keys the configuration lists as owner_tags; JSON has all
tags. They are read when the rest of the card is printed, of at most 10 accounts and OUs for an
answer, and not for a text; with --json nothing is printed before. Where they cannot be read
within two seconds, the card says so, JSON has null, and the exit code is the same.

Ids stand for the names of the root and of OUs that cannot be read within seconds; standard error
tells why, and the exit code is the same. An account whose parent cannot be read is printed, in JSON
with an empty path, and the exit code is 1.
An id that is not there has found: false in JSON; one that could not be read, or that is not in the
cache with --offline, has an error instead, since it may be there.

Exit codes:
  0  all of it was found
  1  something was not found, or could not be read completely
  2  wrong usage or configuration
  3  credentials or permission
  4  network or service";

/// Options of `changes`.
#[derive(Debug, Clone, Args)]
#[command(after_help = CHANGES_EXIT_CODES)]
pub struct ChangesOptions {
    /// Print what was noticed since then, and not before: an age such as 30m, 12h, 1d or 2w, a date,
    /// or a time [default: what was not printed before; with --offline everything]
    #[arg(long, value_name = "AGE|DATE")]
    pub since: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

const CHANGES_EXIT_CODES: &str = "\
The organization is read and compared with the cache, which then holds what was read; with --offline
what was noticed before is printed, the newest first.

Exit codes:
  0  printed, whether anything is different or not
  1  not everything could be read, and the cache stays as it was; or, with --offline, there is none
  2  wrong usage or configuration, or the cache cannot be written
  3  credentials or permission
  4  network or service";

const FILTERS: &str = "\
Filters are terms that must all hold:
  prod                     a part of the name or email address, or the beginning of the id
  111122223333,444455556666  these accounts
  state:closed             the beginning of the state; pending, pending_closure
  ou:Workloads             in an OU of this name, path (ou:/Workloads/Prod) or id
  tag:Env=prod  tag:Env    tags; they are read for the accounts that the other terms leave
  joined:<30d  joined:2024-01  joined:>=2024-01-31   h d w m y, or the calendar in UTC
  name:  email:  id:  is:management
  !term                    the opposite;  \"two words\"  quotes keep spaces;  @name  a saved filter";

/// Options of `closures`.
#[derive(Debug, Clone, Args)]
#[command(after_help = CLOSURES_EXIT_CODES)]
pub struct ClosuresOptions {
    /// Go on until nothing is pending, a line for each change; fails unless all are closed then
    #[arg(long)]
    pub watch: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Options of `journal`.
#[derive(Debug, Clone, Args)]
#[command(after_help = JOURNAL_EXIT_CODES)]
pub struct JournalOptions {
    /// Print the records as they are, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Options of `export`.
#[derive(Debug, Clone, Args)]
#[command(after_help = FILTERS)]
pub struct ExportOptions {
    /// How to print it
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: ExportFormat,
    /// Print only the accounts that this filter means, e.g. `ou:Workloads state:active`; as json with
    /// the OUs that lead to them
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// The fields of csv and jsonl, in this order [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Read more of each account that is printed, with a call or more for each
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    pub with: Vec<With>,
}

/// What to read of each account beside what the listings tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum With {
    /// Its tags
    Tags,
    /// The policies that reach it, attached to it or inherited, by type
    Policies,
}

/// How to print the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object, the root, with the nodes below it under `children`
    Json,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values with a header line
    Csv,
}

/// Options of `move`.
#[derive(Debug, Clone, Args)]
#[command(after_help = MOVE_EXIT_CODES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct MoveOptions {
    /// Ids or ARNs of accounts; - reads them from standard input, one a line
    #[arg(value_name = "ACCOUNT", required = true)]
    pub accounts: Vec<String>,
    /// The OU or root to move them to: its id, or names such as /Workloads/Prod, or / for the root
    #[arg(long, value_name = "OU")]
    pub to: String,
    /// Print the plan and move nothing, also with --yes
    #[arg(long)]
    pub dry_run: bool,
    /// Move without asking
    #[arg(long)]
    pub yes: bool,
    /// Print plan and results as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Move no further account once one could not be moved
    #[arg(long)]
    pub stop_at_first_error: bool,
}

const MOVE_EXIT_CODES: &str = "\
Exit codes:
  0  all accounts are there
  1  some were not moved, or something was not found; a plan with errors moves none
  2  wrong usage or configuration, or nobody to ask
  3  credentials or permission, or changes are not allowed
  4  network or service";

const CLOSURES_EXIT_CODES: &str = "\
Exit codes:
  0  printed; with --watch: all that was pending is closed now
  1  with --watch: something was not closed, or needs a resume in the explorer; or there is no organization
  2  wrong usage or configuration
  3  credentials or permission
  4  network or service";

const JOURNAL_EXIT_CODES: &str = "\
Exit codes:
  0  printed
  1  there is no journal, or a line of it cannot be read
  2  wrong usage or configuration
  3  credentials or permission
  4  network or service";
