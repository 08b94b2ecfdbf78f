//! The journal's file.

use crate::org::Entry;

/// The right to send one attempt of one change: its intent is on the disk.
///
/// It cannot be copied, and sending uses it up.
#[derive(Debug)]
pub struct Claim {
    entry: Entry,
    attempt: u32,
}

impl Claim {
    /// What may be sent.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// The journal of one organization.
#[derive(Debug)]
pub struct Journal {}
