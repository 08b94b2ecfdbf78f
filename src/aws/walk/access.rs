//! Which operations this caller may make at all.
//!
//! A policy can deny an operation for one OU and allow it for the next, so a single denial says
//! nothing about the next node; several in a row without one success do.

use std::collections::HashMap;

use super::job::Operation;
use crate::org::OrgError;

/// Denials in a row, without any success, after which an operation is not tried any more.
const ENOUGH: u32 = 3;

#[derive(Debug, Default)]
pub(super) struct Access(HashMap<Operation, Record>);

#[derive(Debug, Default)]
struct Record {
    granted: bool,
    denials: u32,
    error: Option<OrgError>,
}

impl Access {
    pub(super) fn granted(&mut self, operation: Operation) {
        self.0.entry(operation).or_default().granted = true;
    }

    pub(super) fn denied(&mut self, operation: Operation, error: &OrgError) {
        let record = self.0.entry(operation).or_default();
        record.denials += 1;
        record.error = Some(error.clone());
    }

    /// The last denial of an operation that is denied everywhere.
    pub(super) fn denial(&self, operation: Operation) -> Option<&OrgError> {
        let record = self.0.get(&operation)?;
        let everywhere = match operation {
            // These are about the organization, not about a node: one denial is enough.
            Operation::ListRoots | Operation::ListAccounts => record.denials > 0,
            _ => record.denials >= ENOUGH && !record.granted,
        };
        record.error.as_ref().filter(|_| everywhere)
    }

    pub(super) fn is_open(&self, operation: Operation) -> bool {
        self.denial(operation).is_none()
    }
}
