//! What a file of the cache looks like.
//!
//! One line says how long the two blocks are that follow, with a number for each that changes with
//! every bit of it. The first block is the organization with its root and OUs, which whoever wants
//! to know where an account is reads alone. The second has a line for every thousand accounts, and
//! one for what is kept beside them. All of it is JSON: [lines of accounts](accounts) are read by
//! several threads, since nothing else takes as long between the start of the program and its first
//! frame.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::org::{Account, Hierarchy, Looked, Noticed, Placed, Snapshot};

/// What the first line of every file of the cache begins with.
const MAGIC: &str = "orgscope-cache";
/// What this version writes and reads.
const VERSION: u32 = 2;
/// The first line is shorter.
const LONGEST_HEADER: u64 = 120;
/// The organization of 50,000 accounts takes about 15 MB; whatever is so much larger is not ours.
const LARGEST: u64 = 512 * 1024 * 1024;
/// How many accounts share a line.
const ACCOUNTS_IN_LINE: usize = 1_000;

const NOT_OURS: &str = "it is no file of this cache";
const DAMAGED: &str = "it is damaged";

/// Why a file cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
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

impl From<serde_json::Error> for Unusable {
    fn from(error: serde_json::Error) -> Self {
        Self::Contents(error.to_string())
    }
}

fn unusable(why: &str) -> Unusable {
    Unusable::Contents(why.to_owned())
}

/// The first block.
#[derive(Serialize, Deserialize)]
struct Head<N, H> {
    name: N,
    hierarchy: H,
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct Beside<N, F> {
    noticed: N,
    found: F,
}

/// The two blocks of a file that is to be written.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) first: Vec<u8>,
    pub(super) second: Vec<u8>,
}

impl Blocks {
    /// Of a file that is nothing but this.
    pub(super) fn of(value: &impl Serialize) -> io::Result<Self> {
        Ok(Self {
            first: serde_json::to_vec(value)?,
            second: Vec::new(),
        })
    }

    /// Of a snapshot.
    pub(super) fn of_snapshot(name: &str, snapshot: &Snapshot) -> io::Result<Self> {
        let hierarchy = &snapshot.hierarchy;
        let mut blocks = Self::of(&Head { name, hierarchy })?;
        for accounts in snapshot.accounts.chunks(ACCOUNTS_IN_LINE) {
            serde_json::to_writer(&mut blocks.second, accounts)?;
            blocks.second.push(b'\n');
        }
        let beside = Beside {
            noticed: snapshot.newest(),
            found: &snapshot.found,
        };
        serde_json::to_writer(&mut blocks.second, &beside)?;
        Ok(blocks)
    }

    pub(super) fn write_to(&self, file: &mut impl Write) -> io::Result<()> {
        let header = Header {
            first: Block::of(&self.first),
            second: Block::of(&self.second),
        };
        file.write_all(header.line().as_bytes())?;
        file.write_all(&self.first)?;
        file.write_all(&self.second)
    }
}

/// What the first line says.
struct Header {
    first: Block,
    second: Block,
}

#[derive(PartialEq, Eq)]
struct Block {
    length: u64,
    number: u64,
}

impl Block {
    fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len() as u64,
            number: checksum(bytes),
        }
    }
}

impl Header {
    fn line(&self) -> String {
        let Self { first, second } = self;
        format!(
            "{MAGIC} {VERSION} {} {:016x} {} {:016x}\n",
            first.length, first.number, second.length, second.number
        )
    }

    fn parse(line: &[u8]) -> Result<Self, Unusable> {
        let text = str::from_utf8(line).map_err(|_| unusable(NOT_OURS))?;
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.first() != Some(&MAGIC) || !text.ends_with('\n') {
            return Err(unusable(NOT_OURS));
        }
        if words.get(1) != Some(&VERSION.to_string().as_str()) {
            return Err(unusable("another version of orgscope wrote it"));
        }
        let block = |at: usize| {
            let length = words.get(at)?.parse().ok()?;
            let number = u64::from_str_radix(words.get(at + 1)?, 16).ok()?;
            Some(Block { length, number })
        };
        let header = block(2).zip(block(4));
        let header = header.map(|(first, second)| Self { first, second });
        // There is one way to write it.
        let header = header.filter(|header| header.line() == text);
        header.ok_or_else(|| unusable(DAMAGED))
    }
}

/// A file that is being read.
pub(super) struct Reading {
    file: BufReader<File>,
    header: Header,
}

impl Reading {
    /// Opens the file; `None` without one.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, Unusable> {
        let Some((file, length)) = regular(path)? else {
            return Ok(None);
        };
        let mut file = BufReader::new(file);
        let mut line = Vec::new();
        let mut begin = file.by_ref().take(LONGEST_HEADER);
        begin.read_until(b'\n', &mut line)?;
        let header = Header::parse(&line)?;
        let blocks = header.first.length.checked_add(header.second.length);
        let whole = blocks.and_then(|blocks| blocks.checked_add(line.len() as u64));
        if whole != Some(length) {
            return Err(unusable("it is not as long as it was"));
        }
        Ok(Some(Self { file, header }))
    }

    /// What [`Blocks::of`] wrote.
    pub(super) fn value<T: for<'de> Deserialize<'de>>(mut self) -> Result<T, Unusable> {
        Ok(serde_json::from_slice(&self.first()?)?)
    }

    /// The name in it, and the first block of a snapshot.
    pub(super) fn hierarchy(&mut self) -> Result<(String, Hierarchy), Unusable> {
        let head: Head<String, Hierarchy> = serde_json::from_slice(&self.first()?)?;
        Ok((head.name, head.hierarchy))
    }

    /// The name in it, and all of a snapshot.
    pub(super) fn snapshot(mut self) -> Result<(String, Snapshot), Unusable> {
        let (name, hierarchy) = self.hierarchy()?;
        let second = block(&mut self.file, &self.header.second)?;
        let (lines, last) = lines(&second);
        let beside: Beside<Vec<Noticed>, Vec<Looked>> = serde_json::from_slice(last)?;
        let snapshot = Snapshot {
            hierarchy,
            accounts: accounts(&lines)?,
            noticed: beside.noticed,
            found: beside.found,
        };
        Ok((name, snapshot))
    }

    fn first(&mut self) -> Result<Vec<u8>, Unusable> {
        block(&mut self.file, &self.header.first)
    }
}

/// The next block, if it is what the header says.
fn block(file: &mut impl Read, expected: &Block) -> Result<Vec<u8>, Unusable> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected.length).unwrap_or(0));
    file.take(expected.length).read_to_end(&mut bytes)?;
    if Block::of(&bytes) != *expected {
        return Err(unusable(DAMAGED));
    }
    Ok(bytes)
}

/// What comes before each line feed, and after the last.
fn lines(block: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let (mut lines, mut from) = (Vec::new(), 0);
    for end in memchr::memchr_iter(b'\n', block) {
        lines.push(&block[from..end]);
        from = end + 1;
    }
    (lines, &block[from..])
}

type Accounts = Vec<Placed<Arc<Account>>>;

/// The accounts of all lines, in their order.
fn accounts(lines: &[&[u8]]) -> Result<Accounts, Unusable> {
    let lines = lines.par_iter().map(|line| line_of_accounts(line));
    let lines: Vec<Accounts> = lines.collect::<serde_json::Result<_>>()?;
    Ok(lines.into_iter().flatten().collect())
}

fn line_of_accounts(line: &[u8]) -> serde_json::Result<Accounts> {
    let accounts: Vec<Placed<Account>> = serde_json::from_slice(line)?;
    let shared = accounts.into_iter().map(|Placed { parent, node }| Placed {
        parent,
        node: Arc::new(node),
    });
    Ok(shared.collect())
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

/// A regular file of ours, and how long it is; `None` without one.
fn regular(path: &Path) -> Result<Option<(File, u64)>, Unusable> {
    const NO_FILE: &str = "it is not a regular file";
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let there = fs::symlink_metadata(path);
            let is_other = there.is_ok_and(|there| !there.is_file());
            return Err(if is_other {
                unusable(NO_FILE)
            } else {
                error.into()
            });
        }
    };
    // Of what was opened: what has the name may be another file by now.
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(unusable(NO_FILE));
    }
    if found.len() > LARGEST {
        return Err(unusable("it is far too large"));
    }
    if !is_ours(&found) {
        return Err(unusable("it belongs to somebody else"));
    }
    Ok(Some((file, found.len())))
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
