//! Where configuration, cache, journal and log are, and whether others can read them.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::super::{journals, now};
use crate::app::ago;
use crate::cli::GlobalOptions;
use crate::config;
use crate::store::{Cache, cache_folder, state_folder};

/// What the mode allows to others than the owner.
const READ: u32 = 0o044;
const WRITE: u32 = 0o022;

/// An organization in the cache.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    /// Of which organization, and at which endpoint where that is not AWS's own; the name of the
    /// file where it cannot be used.
    pub(super) name: String,
    /// When it was read.
    pub(super) taken_at: Option<Timestamp>,
    /// How long ago that is, in words.
    pub(super) age: Option<String>,
    /// Why it cannot be used.
    pub(super) error: Option<String>,
}

/// The organizations that `--offline` can show.
pub(super) fn caches() -> Vec<Kept> {
    let cache = cache_folder().map(Cache::new);
    let kept = cache.map(|cache| cache.all()).unwrap_or_default();
    let of = |(name, taken): (String, Result<Timestamp, String>)| Kept {
        name,
        taken_at: taken.as_ref().ok().copied(),
        age: taken.as_ref().ok().map(|at| ago(*at, now())),
        error: taken.err(),
    };
    kept.into_iter().map(of).collect()
}

/// A file or folder of ours.
#[derive(Debug, Serialize)]
pub(super) struct Place {
    /// `configuration`, `cache`, `journal` or `log`.
    pub(super) what: &'static str,
    /// Null without a home folder.
    pub(super) path: Option<String>,
    pub(super) exists: bool,
    /// As octal digits, e.g. `600`; null where there is nothing, or no such thing on this system.
    pub(super) mode: Option<String>,
    /// Whether somebody else may read or change it.
    pub(super) is_open_to_others: bool,
    /// Why it cannot be looked at.
    pub(super) error: Option<String>,
}

/// All of them, as the options have them.
pub(super) fn all(global: &GlobalOptions) -> Vec<Place> {
    let configuration = global.config.clone().or_else(config::default_file);
    let log = || Some(state_folder()?.join("orgscope.log"));
    let log = global.log_file.clone().or_else(log);
    vec![
        // Nothing in it is anybody's secret.
        look("configuration", configuration.as_deref(), WRITE),
        look("cache", cache_folder().as_deref(), READ | WRITE),
        look("journal", journals().as_deref(), READ | WRITE),
        look("log", log.as_deref(), READ | WRITE),
    ]
}

fn look(what: &'static str, path: Option<&Path>, private: u32) -> Place {
    let found = path.map(fs::metadata);
    let exists = matches!(found, Some(Ok(_)));
    let (mode, error) = match found {
        Some(Ok(found)) => (mode_of(&found), None),
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
            (None, Some(error.to_string()))
        }
        _ => (None, None),
    };
    Place {
        what,
        path: path.map(|path| path.display().to_string()),
        exists,
        is_open_to_others: mode.is_some_and(|mode| mode & private != 0),
        mode: mode.map(|mode| format!("{mode:03o}")),
        error,
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every system has modes")]
fn mode_of(found: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    Some(found.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_: &fs::Metadata) -> Option<u32> {
    None
}
