//! A file of lines that several processes append to and read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::private::{create_folder, keep_file};

/// How often, and how many times, to try to get the lock: ten seconds. Whoever has it writes a few
/// lines; only one who was stopped in the middle keeps it longer.
const TRY_EVERY: Duration = Duration::from_millis(5);
const TRIES: u32 = 2_000;

/// The open file, and how far it was read.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    file: File,
    read_to: u64,
    /// The line that was read last, to know the place again.
    last: Vec<u8>,
    /// Whether what is written stays in the file and is not known to be on the disk.
    #[cfg(test)]
    pub(super) is_broken: bool,
}

/// The exclusive lock; everything that others have written is to be read before it is used.
pub(super) struct Locked<'a> {
    lines: &'a mut Lines,
}

impl Lines {
    /// Opens the file, and makes it and its folder where there is none.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        create_folder(folder)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        is_regular(&file)?;
        keep_file(&file)?;
        // The file is found again after a power failure only if its folder is on the disk too.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(Self {
            path: path.to_owned(),
            file,
            read_to: 0,
            last: Vec::new(),
            #[cfg(test)]
            is_broken: false,
        })
    }

    /// Whether there may be something that was not read.
    pub(super) fn has_grown(&self) -> io::Result<bool> {
        let length = self.file.metadata()?.len();
        if length < self.read_to {
            return Err(removed());
        }
        Ok(length > self.read_to)
    }

    /// The complete lines that were not read yet.
    pub(super) fn read_new(&mut self) -> io::Result<Vec<Vec<u8>>> {
        if !self.has_grown()? {
            return Ok(Vec::new());
        }
        // What is being written may be taken back when it fails.
        wait_for(|| self.file.try_lock_shared())?;
        let lines = self.is_unchanged().and_then(|()| self.read_locked());
        self.file.unlock()?;
        lines
    }

    fn read_locked(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(self.read_to))?;
        self.file.read_to_end(&mut text)?;
        let complete = text.iter().rposition(|byte| *byte == b'\n');
        let complete = complete.map_or(0, |last| last + 1);
        self.read_to += complete as u64;
        if let Some(whole) = text[..complete].strip_suffix(b"\n") {
            let begin = whole.iter().rposition(|byte| *byte == b'\n');
            self.last = text[begin.map_or(0, |end| end + 1)..complete].to_vec();
        }
        let lines = text[..complete].split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.is_empty());
        Ok(lines.map(<[u8]>::to_vec).collect())
    }

    fn sync(&self) -> io::Result<()> {
        #[cfg(test)]
        if self.is_broken {
            return Err(io::Error::other("the disk is broken"));
        }
        self.file.sync_data()
    }

    fn take_back(&self, length: u64) -> io::Result<()> {
        #[cfg(test)]
        if self.is_broken {
            return Err(io::Error::other("the disk is broken"));
        }
        self.file.set_len(length)
    }

    /// Waits for the lock, and ends a line that somebody did not get to the end of.
    pub(super) fn lock(&mut self) -> io::Result<Locked<'_>> {
        wait_for(|| self.file.try_lock())?;
        let locked = Locked { lines: self };
        locked.lines.is_the_one()?;
        locked.lines.is_unchanged()?;
        Ok(locked)
    }

    /// Whether what was read is still there: somebody may have cut the file off, and others may
    /// have written into it since.
    fn is_unchanged(&mut self) -> io::Result<()> {
        let begin = self.read_to.saturating_sub(self.last.len() as u64);
        let mut there = vec![0; self.last.len()];
        self.file.seek(SeekFrom::Start(begin))?;
        match self.file.read_exact(&mut there) {
            Ok(()) if there == self.last => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => Err(removed()),
        }
    }

    /// Whoever removes the file while it is used would leave us with a journal that nobody sees.
    #[cfg(unix)]
    fn is_the_one(&self) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt as _;

        let ours = self.file.metadata()?;
        match fs::metadata(&self.path) {
            Ok(there) if (ours.dev(), ours.ino()) == (there.dev(), there.ino()) => Ok(()),
            _ => Err(removed()),
        }
    }

    #[cfg(not(unix))]
    fn is_the_one(&self) -> io::Result<()> {
        fs::metadata(&self.path).map(drop).map_err(|_| removed())
    }
}

/// All of a file that others may be appending to.
pub(super) fn read_all(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    is_regular(&file)?;
    wait_for(|| file.try_lock_shared())?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    Ok(text)
}

fn is_regular(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() {
        return Ok(());
    }
    Err(io::Error::other("it is not a regular file"))
}

impl Locked<'_> {
    /// The complete lines that were not read yet.
    pub(super) fn read_new(&mut self) -> io::Result<Vec<Vec<u8>>> {
        self.lines.read_locked()
    }

    /// Ends a line that somebody did not get to the end of, so that it is read as a line (and
    /// found damaged) and the next one is not spoilt.
    pub(super) fn end_torn_line(&mut self) -> io::Result<()> {
        let length = self.lines.file.metadata()?.len();
        if length == 0 {
            return Ok(());
        }
        let mut last = [0];
        self.lines.file.seek(SeekFrom::Start(length - 1))?;
        self.lines.file.read_exact(&mut last)?;
        if last == *b"\n" {
            return Ok(());
        }
        self.append(b"\n")
    }

    /// Writes these lines, which end in a newline, to the disk, or, as far as it depends on us,
    /// nothing of them.
    pub(super) fn append(&mut self, text: &[u8]) -> io::Result<()> {
        let length = self.lines.file.metadata()?.len();
        let written = self.lines.file.write_all(text);
        let Err(error) = written.and_then(|()| self.lines.sync()) else {
            return Ok(());
        };
        if self.lines.take_back(length).is_ok() {
            return Err(error);
        }
        let message = "what was written of it may have stayed in the file, and is never sent";
        Err(io::Error::new(error.kind(), format!("{error}; {message}")))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Closing the file would let go of it, too.
        let _ = self.lines.file.unlock();
    }
}

fn removed() -> io::Error {
    io::Error::other(
        "it was removed, replaced or cut off while it was in use; start orgscope again",
    )
}

pub(super) fn wait_for(attempt: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    for _ in 0..TRIES {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(TRY_EVERY),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        "another program keeps it locked",
    ))
}
