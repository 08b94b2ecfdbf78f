//! Folders and files that only their owner can read.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs};

/// `orgscope` in the XDG state folder, on every system; `None` without a home folder.
#[must_use]
pub fn state_folder() -> Option<PathBuf> {
    folders()?.state_dir()
}

/// `orgscope` in the XDG cache folder, on every system; `None` without a home folder.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    Some(folders()?.cache_dir())
}

fn folders() -> Option<etcetera::app_strategy::Xdg> {
    etcetera::app_strategy::Xdg::new(AppStrategyArgs {
        app_name: "orgscope".to_owned(),
        ..AppStrategyArgs::default()
    })
    .ok()
}

/// Makes the folder and those above it. Folders that are there already keep their permissions; the
/// XDG specification wants new ones to be the owner's alone.
///
/// # Errors
/// Those of the operating system.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    builder().recursive(true).create(folder)
}

fn builder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Takes the file from everybody but its owner: an older one may have been made with other
/// permissions.
///
/// # Errors
/// Those of the operating system.
#[cfg(unix)]
pub fn keep_file(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Takes the file from everybody but its owner.
///
/// # Errors
/// None where permissions are not those of Unix.
#[cfg(not(unix))]
pub fn keep_file(_: &File) -> io::Result<()> {
    Ok(())
}

/// A new folder of its owner alone, which goes with everything in it when this is dropped.
#[derive(Debug)]
pub struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// Makes one in the system's folder for such.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn new() -> io::Result<Self> {
        // A name that somebody else has taken, on purpose even, is never used.
        let name = format!("orgscope-{}", super::instance::fresh());
        let folder = std::env::temp_dir().join(name);
        builder().create(&folder)?;
        Ok(Self(folder))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system.
        let _ = fs::remove_dir_all(&self.0);
    }
}
