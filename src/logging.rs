//! The log: one file, readable by its owner only, never the screen.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::LogLevel;
use crate::store::{create_folder, keep_file, state_folder};

/// A file that is longer at start makes room: it is renamed, and its predecessor goes.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Starts to log at `level` into `file`, or into the XDG state folder.
///
/// Other crates log warnings at most: the details of the AWS SDK and of HTTP can hold credentials.
/// The SDK's search for credentials does not log at all; its failures are reported in full anyway,
/// with what looks like a key left out.
///
/// # Errors
/// A sentence for a warning: the program works without a log.
pub fn start(file: Option<&Path>, level: LogLevel) -> Result<(), String> {
    let level = match level {
        LogLevel::Off => return Ok(()),
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let path = match file {
        Some(path) => path.to_owned(),
        None => state_folder()
            .map(|folder| folder.join("orgscope.log"))
            .ok_or("no log: there is no home folder")?,
    };
    let log = open(&path).map_err(|error| format!("no log in {}: {error}", path.display()))?;
    let to_file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(log));
    let wanted = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("aws_config", LevelFilter::OFF)
        .with_target("orgscope", level);
    tracing_subscriber::registry()
        .with(to_file)
        .with(wanted)
        .try_init()
        .map_err(|error| format!("no log: {error}"))
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    if fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > LONGEST) {
        fs::rename(path, path.with_added_extension("1"))?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let log = options.open(path)?;
    keep_file(&log)?;
    Ok(log)
}
