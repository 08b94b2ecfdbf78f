//! Where journals are: a folder, and in it a file for each organization.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::org::{ErrorKind, OrgError};

/// The end of the name of every journal.
const SUFFIX: &str = ".jsonl";
/// Ids are much shorter; file names may have 255 bytes, with what we add.
const LONGEST_ID: usize = 120;

/// The organizations that have a journal in this folder, by id.
///
/// # Errors
/// [`ErrorKind::Usage`] where the folder cannot be read; none where there is no such folder.
pub fn organizations(folder: &Path) -> Result<Vec<String>, OrgError> {
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(folder, &error)),
    };
    let mut found = Vec::new();
    for file in files {
        let name = file.map_err(|error| unusable(folder, &error))?.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
        found.extend(id.and_then(decoded));
    }
    found.sort();
    Ok(found)
}

/// The path of an organization's file without its suffix.
pub(super) fn stem(folder: &Path, organization: &str) -> Result<PathBuf, OrgError> {
    let name = encoded(organization);
    if name.is_empty() || name.len() > LONGEST_ID {
        let message = "the organization has no id that a journal could be named after";
        return Err(OrgError::new(ErrorKind::Usage, message));
    }
    Ok(folder.join(name))
}

/// The path of the file itself.
pub(super) fn path(stem: &Path) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(SUFFIX);
    PathBuf::from(name)
}

/// A file name that no other id has; ids as AWS makes them stay as they are.
fn encoded(id: &str) -> String {
    let mut name = String::new();
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            // Capital letters too: some file systems do not tell them from small ones.
            other => {
                let _ = write!(name, "%{other:02x}");
            }
        }
    }
    name
}

fn decoded(name: &str) -> Option<String> {
    let mut parts = name.split('%');
    let mut id = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        id.push(u8::from_str_radix(code, 16).ok()?);
        id.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(id).ok()
}

/// Says that a journal cannot be used, and why.
pub(super) fn unusable(stem: &Path, error: &io::Error) -> OrgError {
    let path = path(stem);
    let message = format!("the journal {} cannot be used: {error}", path.display());
    OrgError::new(ErrorKind::Usage, message)
}
