//! What was asked to change, for whoever judges a client by it.

use jiff::Timestamp;

use super::faults::FaultKind;

/// A request of Organizations for an operation that is no read, as it reached the simulator. It is
/// recorded whatever came of it, also when the operation is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteCall {
    /// The operation's name.
    pub operation: String,
    /// The request's body as it came.
    pub body: String,
    /// Id of the account that asked.
    pub caller: String,
    /// The simulated time at which it was answered.
    pub at: Timestamp,
    /// The request id in its answer.
    pub request_id: String,
    /// Whether it was carried out, whatever the client got to hear.
    pub changed: bool,
    /// The name of the exception that it was answered with; none for a success, and none where
    /// the answer was lost on purpose before the request was carried out.
    pub error: Option<String>,
    /// What was made to go wrong with it, except a delay.
    pub fault: Option<FaultKind>,
}

/// Whether an operation of this name changes nothing, in the service's way of naming them.
pub(super) fn is_read(operation: &str) -> bool {
    operation.starts_with("Describe") || operation.starts_with("List")
}
