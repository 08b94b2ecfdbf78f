//! Running programs: each holds the lock of a file of its own, and the kernel lets go of it when
//! the program ends, however it ends.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// The file of this instance, locked as long as this lives.
#[derive(Debug)]
pub(super) struct Presence {
    path: PathBuf,
    _locked: File,
}

impl Drop for Presence {
    fn drop(&mut self) {
        // One that stays says nothing: it is not locked.
        let _ = fs::remove_file(&self.path);
    }
}

/// An id that no other instance has, of letters, digits and `-`.
pub(super) fn fresh() -> String {
    // The keys of a hasher are the randomness of the standard library.
    let random = RandomState::new().build_hasher().finish();
    format!("{}-{random:016x}", std::process::id())
}

fn path_of(stem: &Path, instance: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(format!(".{instance}.lock"));
    PathBuf::from(name)
}

/// Announces an instance. To be called with the journal locked: between the making of the file and
/// its lock, it looks like that of an instance that has ended.
pub(super) fn announce(stem: &Path, instance: &str) -> io::Result<Presence> {
    let path = path_of(stem, instance);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    // At most somebody who looks whether we run holds it, for a moment.
    file.lock()?;
    Ok(Presence {
        path,
        _locked: file,
    })
}

/// The instances that run now.
pub(super) fn running(stem: &Path) -> io::Result<BTreeSet<String>> {
    let mut running = BTreeSet::new();
    for (instance, path) in files(stem)? {
        if is_running(&path)? {
            running.insert(instance);
        }
    }
    Ok(running)
}

/// Removes the files of instances that have ended. To be called with the journal locked.
pub(super) fn tidy(stem: &Path) -> io::Result<()> {
    for (_, path) in files(stem)? {
        if !is_running(&path)? {
            match fs::remove_file(&path) {
                // It was just ending.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

fn files(stem: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let (Some(folder), Some(stem)) = (stem.parent(), stem.file_name().and_then(OsStr::to_str))
    else {
        return Ok(Vec::new());
    };
    let mut files = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name();
        let instance = name.to_str().and_then(|name| {
            let rest = name.strip_prefix(stem)?.strip_prefix('.')?;
            // With a dot it belongs to a longer name that begins like this one.
            rest.strip_suffix(".lock").filter(|id| !id.contains('.'))
        });
        if let Some(instance) = instance {
            files.push((instance.to_owned(), file.path()));
        }
    }
    Ok(files)
}

fn is_running(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // A shared lock, so that two who look do not take each other for the owner.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
