//! The cache: a file for each organization and endpoint that holds its last [`Snapshot`].
//!
//! A file is one line that says what follows, how long that is, and a number that changes with
//! every bit of it, then the snapshot as JSON. It is written beside the old one and put in its
//! place at once: whoever reads sees the one or the other. What cannot be read whole is never read
//! in part; it is set aside under another name, for whoever wants to know why.
//!
//! Several programs may write the same file; what was read last stays, whoever writes last.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::file::wait_for;
use super::instance;
use super::place::{Name, names_ending, number_of, place, stem};
use super::private::{create_folder, keep_file};
use crate::org::{ErrorKind, OrgError, Snapshot};

/// What the first line of every file of the cache begins with.
const MAGIC: &str = "orgscope-cache";
/// What this version writes and reads.
const VERSION: u32 = 1;
/// The first line is shorter.
const LONGEST_HEADER: usize = 80;
/// The organization of 50,000 accounts takes about 15 MB; whatever is so much larger is not ours.
const LARGEST: u64 = 512 * 1024 * 1024;
const SUFFIX: &str = ".snapshot";
/// How many files that could not be read are left of each organization.
const SET_ASIDE: usize = 3;
/// What was not put into its place in this time was left by a program that ended early.
const LEFT_OVER: SignedDuration = SignedDuration::from_hours(1);

/// The folder of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

/// How the program was told where to connect to; it holds no secrets. The region matters only as
/// far as it tells the partition: an organization is in all regions of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    profile: Option<String>,
    keys: Option<u64>,
    partition: String,
    place: Option<String>,
}

impl Key {
    /// The profile if one was chosen, else a number for the owner of the keys if they are in the
    /// environment; the region, and the endpoint where it is not AWS's own.
    #[must_use]
    pub fn new(
        profile: Option<&str>,
        keys: Option<u64>,
        region: &str,
        endpoint: Option<&str>,
    ) -> Self {
        Self {
            profile: profile.map(str::to_owned),
            keys,
            partition: partition(region),
            place: endpoint.and_then(place),
        }
    }
}

#[derive(Serialize)]
struct Writing<'a> {
    name: String,
    snapshot: &'a Snapshot,
}

#[derive(Deserialize)]
struct Read {
    name: String,
    snapshot: Snapshot,
}

/// What is looked at of a file that is to be replaced.
#[derive(Deserialize)]
struct Dated {
    snapshot: Taken,
}

#[derive(Deserialize)]
struct Taken {
    taken_at: Timestamp,
}

/// Which organization was there the last time.
#[derive(Serialize, Deserialize)]
struct Last {
    key: Key,
    organization: String,
}

/// Why a file cannot be used.
enum Unusable {
    /// By what is in it: it is set aside.
    Contents(String),
    /// It cannot be read at all.
    System(io::Error),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Cache {
    /// The cache in this folder, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The snapshot of this organization at this endpoint, if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where there is a file that cannot be used. It is set aside.
    pub fn read(&self, name: &Name, now: Timestamp) -> Result<Option<Snapshot>, OrgError> {
        let path = self.path(name)?;
        let why = match read(&path, name) {
            Ok(snapshot) => return Ok(snapshot),
            Err(why) => why,
        };
        let message = match why {
            Unusable::Contents(why) => {
                let aside = set_aside(&path, now);
                let where_to = match &aside {
                    Ok(aside) => format!("it was set aside as {}", aside.display()),
                    Err(error) => format!("it could not be set aside: {error}"),
                };
                format!("the cache of {name} is not used: {why}; {where_to}")
            }
            Unusable::System(error) => format!("the cache of {name} cannot be read: {error}"),
        };
        tracing::warn!("{}", crate::org::visible(&message));
        Err(OrgError::new(ErrorKind::Usage, message))
    }

    /// Everything that it holds, by name: when that was read, or why it cannot be used. Nothing is
    /// set aside.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Result<Timestamp, String>)> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = files.map(|file| file.path());
        let kept = files.filter(|path| path.extension().is_some_and(|end| end == &SUFFIX[1..]));
        let mut all: Vec<_> = kept.map(|path| outline(&path)).collect();
        all.sort();
        all
    }

    /// [Writes](Self::write) this snapshot and [remembers](Self::remember) that its organization is
    /// there.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where one of the two cannot be written.
    pub fn keep(
        &self,
        key: &Key,
        endpoint: Option<&str>,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<(), OrgError> {
        self.write(endpoint, snapshot, now)?;
        self.remember(key, &snapshot.organization.id, now)
    }

    /// Puts this snapshot into the place of the one of its organization at this endpoint, unless
    /// that was taken later.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where it cannot be written; the old one stays then.
    pub fn write(
        &self,
        endpoint: Option<&str>,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<(), OrgError> {
        let name = Name::new(&snapshot.organization.id, endpoint);
        let path = self.path(&name)?;
        let writing = Writing {
            name: name.to_string(),
            snapshot,
        };
        let written = serde_json::to_vec(&writing)
            .map_err(io::Error::from)
            .and_then(|body| {
                let _lock = self.lock()?;
                if is_later(&path, snapshot.taken_at, now) {
                    return Ok(());
                }
                self.replace(&path, &body, now)
            });
        written.map_err(|error| unwritable(&self.folder, &error))
    }

    /// Keeps other programs from replacing what is in the folder, as far as the system can.
    fn lock(&self) -> io::Result<Option<File>> {
        create_folder(&self.folder)?;
        // Not every system opens a folder, and not every file system locks one: two programs would
        // have to write at the same moment for that to matter.
        let folder = File::open(&self.folder).ok();
        Ok(folder.filter(|folder| wait_for(|| folder.try_lock()).is_ok()))
    }

    /// The organizations of which there is a snapshot at this endpoint.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the folder cannot be read; none where there is no such folder.
    pub fn organizations(&self, endpoint: Option<&str>) -> Result<Vec<String>, OrgError> {
        let mut names = names_ending(&self.folder, SUFFIX)?;
        names.retain(|name| *name == Name::new(name.organization(), endpoint));
        let names = names.iter().map(|name| name.organization().to_owned());
        Ok(names.collect())
    }

    /// The organization that was there when it was [remembered](Self::remember) last.
    #[must_use]
    pub fn last(&self, key: &Key) -> Option<String> {
        let text = contents(&self.index(key)?).ok()??;
        let last: Last = serde_json::from_slice(opened(&text).ok()?).ok()?;
        (last.key == *key).then_some(last.organization)
    }

    /// Notes which organization is there.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where that cannot be written.
    pub fn remember(&self, key: &Key, organization: &str, now: Timestamp) -> Result<(), OrgError> {
        if self.last(key).as_deref() == Some(organization) {
            return Ok(());
        }
        let last = Last {
            key: key.clone(),
            organization: organization.to_owned(),
        };
        let written =
            serde_json::to_vec(&last)
                .map_err(io::Error::from)
                .and_then(|body| match self.index(key) {
                    Some(path) => self.replace(&path, &body, now),
                    None => Ok(()),
                });
        written.map_err(|error| unwritable(&self.folder, &error))
    }

    fn path(&self, name: &Name) -> Result<PathBuf, OrgError> {
        let mut path = stem(&self.folder, name)?.into_os_string();
        path.push(SUFFIX);
        Ok(path.into())
    }

    fn index(&self, key: &Key) -> Option<PathBuf> {
        let text = serde_json::to_string(key).ok()?;
        Some(self.folder.join(format!("last-{:016x}", number_of(&text))))
    }

    /// Writes a new file and puts it into the place of the one that is there.
    fn replace(&self, path: &Path, body: &[u8], now: Timestamp) -> io::Result<()> {
        create_folder(&self.folder)?;
        for left in siblings(path, ".new-")? {
            let modified = fs::symlink_metadata(&left).and_then(|left| left.modified());
            let modified = modified.ok().and_then(|at| Timestamp::try_from(at).ok());
            if modified.is_none_or(|at| now.duration_since(at) > LEFT_OVER) {
                let _ = fs::remove_file(left);
            }
        }
        let new = beside(path, &format!(".new-{}", instance::fresh()));
        let written = write_new(&new, body).and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written?;
        // It is found after a power failure only if its folder is on the disk too.
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }
}

/// Of the region's name, what tells its partition: `cn`, `us-gov`, `us-iso`; else that of most.
fn partition(region: &str) -> String {
    let mut words = region.split('-');
    match (words.next(), words.next()) {
        (Some("cn"), _) => "cn".to_owned(),
        (Some(land), Some(kind)) if kind == "gov" || kind.starts_with("iso") => {
            format!("{land}-{kind}")
        }
        _ => "aws".to_owned(),
    }
}

/// Gives the file another name, and removes the oldest of those with such names.
fn set_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let number = instance::fresh();
    let mark = now.strftime("%Y%m%dT%H%M%SZ");
    let aside = beside(path, &format!(".broken-{mark}-{number}"));
    fs::rename(path, &aside)?;
    let mut broken = siblings(path, ".broken-")?;
    broken.sort();
    let surplus = broken.len().saturating_sub(SET_ASIDE);
    for old in broken.drain(..surplus) {
        let _ = fs::remove_file(old);
    }
    Ok(aside)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The files whose names begin like that of this one and go on like that.
fn siblings(path: &Path, end: &str) -> io::Result<Vec<PathBuf>> {
    let begin = beside(path, end);
    let begin = begin.as_os_str().as_encoded_bytes();
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.as_os_str().as_encoded_bytes().starts_with(begin) {
            found.push(path);
        }
    }
    Ok(found)
}

fn write_new(path: &Path, body: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // What is there already, a link even, is never written into.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    keep_file(&file)?;
    file.write_all(header(body).as_bytes())?;
    file.write_all(body)?;
    file.sync_all()
}

fn header(body: &[u8]) -> String {
    let (length, number) = (body.len(), checksum(body));
    format!("{MAGIC} {VERSION} {length} {number:016x}\n")
}

/// FNV-1a over words of eight bytes: each step can be undone, so that no change of one word is
/// missed, and any other is with a chance of one in 2^64.
fn checksum(body: &[u8]) -> u64 {
    let (words, rest) = body.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain(std::iter::once(&last));
    words.fold(0xcbf2_9ce4_8422_2325, |number, word| {
        let mixed = (number ^ u64::from_le_bytes(*word)).wrapping_mul(0x0100_0000_01b3);
        mixed ^ (mixed >> 32)
    })
}

/// What follows the first line, if that is true of it.
fn opened(text: &[u8]) -> Result<&[u8], &'static str> {
    const NOT_OURS: &str = "it is no file of this cache";
    let end = text
        .iter()
        .take(LONGEST_HEADER)
        .position(|byte| *byte == b'\n');
    let (line, body) = text.split_at(end.ok_or(NOT_OURS)? + 1);
    let line = str::from_utf8(line).map_err(|_| NOT_OURS)?;
    let mut words = line.trim_end_matches('\n').split(' ');
    if words.next() != Some(MAGIC) {
        return Err(NOT_OURS);
    }
    if words.next() != Some(VERSION.to_string().as_str()) {
        return Err("another version of orgscope wrote it");
    }
    if words.next() != Some(body.len().to_string().as_str()) {
        return Err("it is not as long as it was");
    }
    if line != header(body) {
        return Err("it is damaged");
    }
    Ok(body)
}

/// What the file holds; `None` without one.
fn contents(path: &Path) -> Result<Option<Vec<u8>>, Unusable> {
    let no_file = || Unusable::Contents("it is not a regular file".to_owned());
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let there = fs::symlink_metadata(path);
            let is_other = there.is_ok_and(|there| !there.is_file());
            return Err(if is_other { no_file() } else { error.into() });
        }
    };
    // Of what was opened: what has the name may be another file by now.
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(no_file());
    }
    if found.len() > LARGEST {
        return Err(Unusable::Contents("it is far too large".to_owned()));
    }
    if !is_ours(&found) {
        return Err(Unusable::Contents("it belongs to somebody else".to_owned()));
    }
    let mut text = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    file.take(LARGEST).read_to_end(&mut text)?;
    Ok(Some(text))
}

/// Opens the file itself, not what a link leads to, and waits for nobody who would write.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    options.open(path)
}

/// Whether the file belongs to whoever runs this, or that is root.
#[cfg(unix)]
fn is_ours(file: &fs::Metadata) -> bool {
    let user = rustix::process::geteuid();
    user.is_root() || user.as_raw() == std::os::unix::fs::MetadataExt::uid(file)
}

#[cfg(not(unix))]
fn is_ours(_: &fs::Metadata) -> bool {
    true
}

fn read(path: &Path, name: &Name) -> Result<Option<Snapshot>, Unusable> {
    let Some(text) = contents(path)? else {
        return Ok(None);
    };
    let contents = |why: String| Unusable::Contents(why);
    let body = opened(&text).map_err(|why| contents(why.to_owned()))?;
    let read: Read = serde_json::from_slice(body).map_err(|error| contents(error.to_string()))?;
    let Read {
        name: found,
        mut snapshot,
    } = read;
    if found != name.to_string() || snapshot.organization.id != name.organization() {
        return Err(contents(format!("it is that of {found}")));
    }
    snapshot.sort();
    if !snapshot.is_possible() {
        return Err(contents("its OUs are in no order that can be".to_owned()));
    }
    Ok(Some(snapshot))
}

/// Whether there is a snapshot that was taken after this time. What cannot be read, or claims to be
/// of the future, is in nobody's way.
fn is_later(path: &Path, than: Timestamp, now: Timestamp) -> bool {
    let taken = || {
        let text = contents(path).ok()??;
        let there: Dated = serde_json::from_slice(opened(&text).ok()?).ok()?;
        Some(there.snapshot.taken_at)
    };
    taken().is_some_and(|taken| taken > than && taken <= now)
}

/// The name in a file, and when it was taken; the name of the file where it cannot be used.
fn outline(path: &Path) -> (String, Result<Timestamp, String>) {
    let read = || -> Result<Read, String> {
        let text = contents(path).map_err(|why| match why {
            Unusable::Contents(why) => why,
            Unusable::System(error) => error.to_string(),
        })?;
        let text = text.unwrap_or_default();
        serde_json::from_slice(opened(&text)?).map_err(|error| error.to_string())
    };
    match read() {
        Ok(read) => (read.name, Ok(read.snapshot.taken_at)),
        Err(why) => {
            let file = path.file_name().unwrap_or_default();
            (file.to_string_lossy().into_owned(), Err(why))
        }
    }
}

fn unwritable(folder: &Path, error: &io::Error) -> OrgError {
    let message = format!(
        "the cache in {} cannot be written: {error}",
        folder.display()
    );
    OrgError::new(ErrorKind::Usage, message)
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
