//! The cache: a file for each organization and endpoint that holds its last [`Snapshot`].
//!
//! A file is written beside the old one and put in its place at once: whoever reads sees the one or
//! the other. What cannot be used is set aside under another name, for whoever wants to know why.
//!
//! Several programs may write the same file; what was read last stays, whoever writes last.

mod format;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::file::wait_for;
use super::instance;
use super::place::{Name, names_ending, number_of, place, stem};
use super::private::{create_folder, keep_file};
use crate::org::{ErrorKind, Hierarchy, OrgError, Snapshot};
use format::{Blocks, Reading, Unusable};

const SUFFIX: &str = ".snapshot";
/// How many files that could not be read are left of each organization.
const SET_ASIDE: usize = 3;
/// What was not put into its place in this time was left by a program that ended early.
const LEFT_OVER: SignedDuration = SignedDuration::from_hours(1);
/// Why what says so of itself is neither written nor used.
const OF_TWO: &str = "it is of two organizations, as the root's ARN says";

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

/// Which organization was there the last time.
#[derive(Serialize, Deserialize)]
struct Last {
    key: Key,
    organization: String,
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
        self.read_by(name, now, |file| snapshot(file, name))
    }

    /// Of this snapshot the organization with its root and OUs, which takes a fraction of the time.
    ///
    /// # Errors
    /// As those of [`Self::read`].
    pub fn hierarchy(&self, name: &Name, now: Timestamp) -> Result<Option<Hierarchy>, OrgError> {
        self.read_by(name, now, |mut file| {
            let (found, mut hierarchy) = file.hierarchy()?;
            hierarchy.sort();
            check(name, &found, &hierarchy, hierarchy.is_possible())?;
            Ok(hierarchy)
        })
    }

    fn read_by<T>(
        &self,
        name: &Name,
        now: Timestamp,
        read: impl Fn(Reading) -> Result<T, Unusable>,
    ) -> Result<Option<T>, OrgError> {
        let path = self.path(name)?;
        let look = || Reading::open(&path).and_then(|file| file.map(&read).transpose());
        let mut found = look();
        let is_broken = matches!(found, Err(Unusable::Contents(_)));
        // Another program may have put a good one in its place, and is kept from it from now on.
        let _lock = is_broken.then(|| self.lock());
        if is_broken {
            found = look();
        }
        let message = match found {
            Ok(found) => return Ok(found),
            Err(Unusable::Contents(why)) => {
                let aside = set_aside(&path, now);
                let where_to = match &aside {
                    Ok(aside) => format!("it was set aside as {}", aside.display()),
                    Err(error) => format!("it could not be set aside: {error}"),
                };
                format!("the cache of {name} is not used: {why}; {where_to}")
            }
            Err(Unusable::System(error)) => {
                format!("the cache of {name} cannot be read: {error}")
            }
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
        self.remember(key, &snapshot.hierarchy.organization.id, now)
    }

    /// Puts this snapshot into the place of the one of its organization at this endpoint, unless
    /// that was taken later.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where it cannot be written, or its root is another organization's; the
    /// old one stays then.
    pub fn write(
        &self,
        endpoint: Option<&str>,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<(), OrgError> {
        let hierarchy = &snapshot.hierarchy;
        if hierarchy.is_of_two_organizations() {
            return Err(unwritable(&self.folder, &io::Error::other(OF_TWO)));
        }
        let name = Name::new(&hierarchy.organization.id, endpoint);
        let path = self.path(&name)?;
        let written = Blocks::of_snapshot(&name.to_string(), snapshot).and_then(|blocks| {
            let _lock = self.lock()?;
            if is_later(&path, &name, hierarchy.taken_at, now) {
                return Ok(());
            }
            self.replace(&path, &blocks, now)
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

    /// The snapshots that there are.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the folder cannot be read; none where there is no such folder.
    pub fn names(&self) -> Result<Vec<Name>, OrgError> {
        names_ending(&self.folder, SUFFIX)
    }

    /// The organizations of which there is a snapshot at this endpoint.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the folder cannot be read; none where there is no such folder.
    pub fn organizations(&self, endpoint: Option<&str>) -> Result<Vec<String>, OrgError> {
        let mut names = self.names()?;
        names.retain(|name| *name == Name::new(name.organization(), endpoint));
        let names = names.iter().map(|name| name.organization().to_owned());
        Ok(names.collect())
    }

    /// The organization that was there when it was [remembered](Self::remember) last.
    #[must_use]
    pub fn last(&self, key: &Key) -> Option<String> {
        let last: Last = Reading::open(&self.index(key)?).ok()??.value().ok()?;
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
        let written = Blocks::of(&last).and_then(|blocks| match self.index(key) {
            Some(path) => self.replace(&path, &blocks, now),
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
    fn replace(&self, path: &Path, blocks: &Blocks, now: Timestamp) -> io::Result<()> {
        create_folder(&self.folder)?;
        for left in siblings(path, ".new-")? {
            let modified = fs::symlink_metadata(&left).and_then(|left| left.modified());
            let modified = modified.ok().and_then(|at| Timestamp::try_from(at).ok());
            if modified.is_none_or(|at| now.duration_since(at) > LEFT_OVER) {
                let _ = fs::remove_file(left);
            }
        }
        let new = beside(path, &format!(".new-{}", instance::fresh()));
        let written = write_new(&new, blocks).and_then(|()| fs::rename(&new, path));
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

fn write_new(path: &Path, blocks: &Blocks) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // What is there already, a link even, is never written into.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    keep_file(&file)?;
    blocks.write_to(&mut file)?;
    file.sync_all()
}

/// All of a file that is to be that of this name.
fn snapshot(file: Reading, name: &Name) -> Result<Snapshot, Unusable> {
    let (found, mut snapshot) = file.snapshot()?;
    snapshot.sort();
    check(name, &found, &snapshot.hierarchy, snapshot.is_possible())?;
    Ok(snapshot)
}

fn check(
    name: &Name,
    found: &str,
    hierarchy: &Hierarchy,
    is_possible: bool,
) -> Result<(), Unusable> {
    let contents = |why: String| Err(Unusable::Contents(why));
    if found != name.to_string() || hierarchy.organization.id != name.organization() {
        return contents(format!("it is that of {found}"));
    }
    if hierarchy.is_of_two_organizations() {
        return contents(OF_TWO.to_owned());
    }
    if !is_possible {
        return contents("its OUs are in no order that can be".to_owned());
    }
    Ok(())
}

/// Whether there is a snapshot that was taken after this time. What cannot be read, or claims to be
/// of the future, is in nobody's way.
fn is_later(path: &Path, name: &Name, than: Timestamp, now: Timestamp) -> bool {
    let open = || Reading::open(path).ok().flatten();
    let head = open().and_then(|mut file| file.hierarchy().ok());
    let claims = head.is_some_and(|(_, there)| there.taken_at > than && there.taken_at <= now);
    // That is rare, and only then all of it is looked at.
    claims && open().is_some_and(|file| snapshot(file, name).is_ok())
}

/// The name in a file, and when it was taken; the name of the file where it cannot be used.
fn outline(path: &Path) -> (String, Result<Timestamp, String>) {
    let read = Reading::open(path).and_then(|file| file.map(Reading::snapshot).transpose());
    let why = match read {
        Ok(Some((_, snapshot))) if snapshot.hierarchy.is_of_two_organizations() => {
            OF_TWO.to_owned()
        }
        Ok(Some((name, snapshot))) => return (name, Ok(snapshot.hierarchy.taken_at)),
        Ok(None) => "it has gone".to_owned(),
        Err(Unusable::Contents(why)) => why,
        Err(Unusable::System(error)) => error.to_string(),
    };
    let file = path.file_name().unwrap_or_default();
    (file.to_string_lossy().into_owned(), Err(why))
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
