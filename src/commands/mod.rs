//! The commands, the explorer among them, and how each begins and ends.

mod cached;
mod changes;
mod closures;
mod doctor;
mod explore;
mod export;
mod gather;
mod journal;
mod more;
mod move_accounts;
mod places;
mod simulate;
mod table;
mod tree;
mod whois;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;

use crate::aws::{self, Connection};
use crate::cli::{Cli, Command, GlobalOptions};
use crate::config::{Config, Mode};
use crate::org::{ErrorKind, Figures, OrgError, Query, visible};
use crate::sim::{Organization, Settings, Simulator};
use crate::store::{TemporaryFolder, state_folder};

/// In the demo a closure takes half a minute instead of ten.
const DEMO_SPEED: f64 = 20.0;

/// Why a command failed: what it says, and its exit code.
#[derive(Debug)]
pub enum Failure {
    /// Nothing could be done.
    Error(OrgError),
    /// What could be read was printed; these are the reasons why there is no more.
    Incomplete(Vec<OrgError>),
    /// The output could not be written.
    Output(io::Error),
    /// The operating system denied something that every run needs: what, and why.
    System(&'static str, io::Error),
    /// The explorer lost its terminal, or never had it.
    Terminal(anyhow::Error),
}

impl From<OrgError> for Failure {
    fn from(error: OrgError) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// Says it on standard error, one sentence a line.
    fn report(&self) -> ExitCode {
        match self {
            // Whoever reads the output has seen enough, e.g. `| head`.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Output(error) => {
                complain(&format!("the output cannot be written: {error}"));
                ExitCode::FAILURE
            }
            Self::System(what, error) => {
                complain(&format!("{what}: {error}"));
                ExitCode::FAILURE
            }
            Self::Terminal(error) => {
                complain(&format!("{error:#}"));
                ExitCode::FAILURE
            }
            Self::Error(error) => {
                complain(&error.to_string());
                exit_code(error.kind)
            }
            Self::Incomplete(reasons) => {
                for reason in reasons {
                    complain(&format!("incomplete: {reason}"));
                }
                exit_code(ErrorKind::Incomplete)
            }
        }
    }
}

fn exit_code(kind: ErrorKind) -> ExitCode {
    ExitCode::from(match kind {
        ErrorKind::Incomplete | ErrorKind::NotFound | ErrorKind::NoOrganization => 1,
        ErrorKind::Usage => 2,
        ErrorKind::Credentials | ErrorKind::AccessDenied => 3,
        ErrorKind::Throttled | ErrorKind::Network | ErrorKind::Service => 4,
    })
}

/// Writes one line to standard error, harmless for a terminal, and into the log.
pub fn complain(sentence: &str) {
    let sentence = visible(sentence);
    tracing::error!("{sentence}");
    // When even that fails, there is nobody left to tell.
    let _ = writeln!(io::stderr(), "orgscope: {sentence}");
}

/// Runs the command and reports its failure.
#[must_use]
pub fn run(cli: &Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Failure::System("no threads can be started", error).report(),
    };
    let outcome = runtime.block_on(dispatch(cli));
    // A connection attempt that still runs must not hold up the end.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|failure| failure.report())
}

async fn dispatch(cli: &Cli) -> Result<ExitCode, Failure> {
    match &cli.command {
        Some(Command::Export(options)) => export::run(&cli.global, options).await?,
        Some(Command::Move(options)) => return move_accounts::run(&cli.global, options).await,
        Some(Command::Tree) => tree::run(&cli.global).await?,
        Some(Command::Changes(options)) => changes::run(&cli.global, options).await?,
        Some(Command::Closures(options)) => closures::run(&cli.global, options).await?,
        Some(Command::Journal(options)) => journal::run(&cli.global, options).await?,
        Some(Command::Whois(options)) => whois::run(&cli.global, options).await?,
        Some(Command::Doctor(options)) => return doctor::run(&cli.global, options).await,
        Some(Command::Simulate(options)) => simulate::run(options).await?,
        None => return Box::pin(explore::run(&cli.global, cli.query())).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// The query of a command's argument; only one that names a saved query takes the configuration,
/// which may be broken.
///
/// # Errors
/// [`ErrorKind::Usage`], with the place of what is wrong.
fn read_query(text: &str, options: &GlobalOptions) -> Result<Query, OrgError> {
    let mut words = text.split_whitespace();
    let names_saved = words.any(|word| word.trim_start_matches('!').starts_with('@'));
    let config = if names_saved {
        configured(options)?.0
    } else {
        Config::default()
    };
    parse_query(text, &config)
}

/// The query of a command line, with the saved ones of the configuration.
///
/// # Errors
/// [`ErrorKind::Usage`], with the place of what is wrong.
fn parse_query(text: &str, config: &Config) -> Result<Query, OrgError> {
    Query::parse(text, &config.filters).map_err(|error| {
        let message = format!("the query `{text}` cannot be used, {error}");
        OrgError::new(ErrorKind::Usage, message)
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the commands are an edge of the program"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the commands are an edge of the program"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The folder of the journals in the XDG state folder.
fn journals() -> Option<PathBuf> {
    state_folder().map(|folder| folder.join("journal"))
}

/// The configuration, and whether changes are allowed by the command line, the environment and
/// the configuration.
fn configured(options: &GlobalOptions) -> Result<(Config, Mode), OrgError> {
    let mut config = Config::load(options.config.as_deref())?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the commands are an edge of the program"
    )]
    let variable = std::env::var_os("ORGSCOPE_READ_ONLY");
    // What is not Unicode must not be taken for not set.
    let variable = variable.as_deref().map(std::ffi::OsStr::to_string_lossy);
    let mode = Mode::resolve(options.read_only_flag(), variable.as_deref(), &config)?;
    if options.demo && config.closures == Figures::default() {
        config.closures = Figures::at_speed(DEMO_SPEED);
    }
    Ok((config, mode))
}

/// What to talk to.
#[derive(Debug)]
pub struct Target {
    /// The way there.
    pub connection: Connection,
    /// With `--demo`, what is there; it ends with this value.
    simulator: Option<Simulator>,
    /// Where the demo's journals are; it goes with this value.
    folder: Option<TemporaryFolder>,
}

impl Target {
    /// Connects as the options say, credentials included, or starts the demo. Over a connection
    /// that is `read_only`, nothing can be changed.
    ///
    /// # Errors
    /// See [`aws::connect`]; [`ErrorKind::Network`] when the demo finds no port, and
    /// [`ErrorKind::Usage`] with `--offline`.
    pub async fn open(options: &GlobalOptions, read_only: bool) -> Result<Self, OrgError> {
        if options.offline {
            let message = "this needs the service, and --offline was given";
            return Err(OrgError::new(ErrorKind::Usage, message));
        }
        if !options.demo {
            return Ok(Self {
                connection: aws::connect(&options.connect_options(read_only)).await?,
                simulator: None,
                folder: None,
            });
        }
        let folder = TemporaryFolder::new().map_err(|error| {
            let message = format!("there is no folder for the demo: {error}");
            OrgError::new(ErrorKind::Usage, message)
        })?;
        let settings = Settings {
            speed: DEMO_SPEED,
            ..Settings::default()
        };
        let simulator = Simulator::start(Organization::demo(), settings)
            .await
            .map_err(|error| {
                let message = format!("the demo cannot be served on 127.0.0.1: {error}");
                OrgError::new(ErrorKind::Network, message)
            })?;
        Ok(Self {
            connection: if read_only {
                Connection::to_simulator_read_only(&simulator.url())
            } else {
                Connection::to_simulator(&simulator.url())
            },
            simulator: Some(simulator),
            folder: Some(folder),
        })
    }

    /// The folder of the journals: in the XDG state folder, or one that goes with the demo; `None`
    /// without a home folder.
    #[must_use]
    pub fn journals(&self) -> Option<PathBuf> {
        match &self.folder {
            Some(folder) => Some(folder.path().to_owned()),
            None => journals(),
        }
    }

    /// Whether this is the demo.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.simulator.is_some()
    }
}
