//! An AWS Organizations endpoint on the loopback interface, for demos, tests and rehearsals.
//!
//! It is a real HTTP server: AWS JSON 1.1 for Organizations, and the query protocol for the one
//! operation of STS that tells who is calling. Any AWS client can talk to it:
//!
//! ```text
//! AWS_ENDPOINT_URL=<url> AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_REGION=us-east-1 \
//!     aws organizations list-roots
//! ```
//!
//! It is strict where the service is: pages of at most 20 with tokens that fit one listing only,
//! empty pages in between, the published request limits, who may call what, and account closures
//! that take minutes and contradict themselves on the way. It does not check signatures.
//! What the service documents is taken from its API model (botocore 1.44.5) and user guide of
//! 2026-11; where those are silent, the function concerned says what was assumed.
//!
//! Time is simulated ([`Settings::speed`], [`Simulator::advance`]): it starts at the organization's
//! own date, so that dates and ages are the same on every day.
//!
//! The way of a request: `server` (HTTP, broken connections) to `service` (faults, limits, caller,
//! counting) to the table in `operations`, whose rows are functions in `reads`, `writes` and
//! their like over an [`Organization`]. It imports nothing of the rest of the program.

mod caller;
mod clock;
mod demo;
mod effective;
mod error;
mod faults;
mod generate;
mod generate_governance;
mod governance;
mod governance_reads;
mod lifecycle;
mod limits;
mod operations;
mod organization;
mod paging;
mod parameters;
mod policies;
mod policy_reads;
mod reads;
mod record;
mod server;
mod service;
mod sts;
mod unit_writes;
mod writes;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use caller::{ACCESS_KEY_PREFIX, Caller, OUTSIDER_ACCOUNT};
pub use faults::{Fault, FaultKind, Faults};
pub use generate::Shape;
pub use governance::{FeatureSet, TAGS_MAX};
pub use lifecycle::{
    ACCOUNTS_MAX, CLOSURE_FLAP, CLOSURE_PENDING, CLOSURE_SETTLED, CLOSURES_AT_ONCE, CREATION_TIME,
    CREATIONS_AT_ONCE, LEAVE_AGE_MIN, closure_quota,
};
pub use limits::{LIMITS, Limit};
pub use organization::{
    Account, JoinedMethod, NewAccount, OU_DEPTH_MAX, OUS_MAX, Organization, State, Unit,
};
pub use policies::{FULL_ACCESS, NewPolicy, Policy, PolicyType, RCP_FULL_ACCESS};
pub use record::WriteCall;

use server::Shared;
use service::Service;

/// How the simulator behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// How long every answer takes.
    pub latency: Duration,
    /// Whether the published request limits ([`LIMITS`]) hold.
    pub limits: bool,
    /// Whether accounts have `Paths` and OUs a `Path`, as the service sends them since 2026-03.
    pub paths: bool,
    /// Which of the members `State` and `Status` accounts have.
    pub status_fields: StatusFields,
    /// Whether some pages of listings are empty and lead on, always the same ones.
    pub empty_pages: bool,
    /// Who is asking, unless the access key id says otherwise ([`ACCESS_KEY_PREFIX`]).
    pub caller: Caller,
    /// What shall go wrong.
    pub faults: Faults,
    /// Simulated seconds per second, for what happens to accounts; the request limits keep to real
    /// time. With 0, both stand still until [`Simulator::advance`].
    pub speed: f64,
}

impl Default for Settings {
    /// As AWS is: with limits, paths and empty pages, without faults and latency.
    fn default() -> Self {
        Self {
            port: 0,
            latency: Duration::ZERO,
            limits: true,
            paths: true,
            status_fields: StatusFields::StateOnly,
            empty_pages: true,
            caller: Caller::Management,
            faults: Faults::default(),
            speed: 1.0,
        }
    }
}

/// Which members tell an account's state. The service announced that `Status` would go on
/// 2026-09-09: <https://github.com/hashicorp/terraform-provider-aws/issues/44294>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusFields {
    /// `State`, as since then.
    #[default]
    StateOnly,
    /// Both, as in the year before.
    Both,
    /// `Status`, as earlier, and as many emulators do.
    StatusOnly,
}

impl FromStr for StatusFields {
    type Err = String;

    /// `state`, `both` or `status`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "state" => Ok(Self::StateOnly),
            "both" => Ok(Self::Both),
            "status" => Ok(Self::StatusOnly),
            _ => Err(format!("{text:?} is none of state, both, status")),
        }
    }
}

/// How often an operation was called, by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Answered with success.
    pub served: u64,
    /// Answered with `TooManyRequestsException`.
    pub throttled: u64,
    /// Answered with another error.
    pub failed: u64,
}

impl Calls {
    /// All calls.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.served + self.throttled + self.failed
    }
}

/// A call that is about to be answered.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The operation's name.
    pub operation: &'static str,
    /// Its number among the calls of this operation, from 1.
    pub number: u64,
    /// The request's body as it came.
    pub body: &'a str,
}

type Hook = Box<dyn FnMut(&Call<'_>, &mut Organization) + Send>;

/// A running simulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    service: ServiceHandle,
    server: JoinHandle<std::convert::Infallible>,
}

struct ServiceHandle(Shared);

impl std::fmt::Debug for ServiceHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

impl Simulator {
    /// Serves the organization on 127.0.0.1, from now on, on the current tokio runtime.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(organization: Organization, settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
        let address = listener.local_addr()?;
        let service = Arc::new(Mutex::new(Service::new(organization, settings)));
        let server = tokio::spawn(server::serve(listener, Arc::clone(&service)));
        Ok(Self {
            address,
            service: ServiceHandle(service),
            server,
        })
    }

    /// The endpoint: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often each operation was called; unknown operations under the name that they came with.
    pub fn calls(&self) -> BTreeMap<String, Calls> {
        server::lock(&self.service.0).calls.clone()
    }

    /// Every request for an operation that is no read, in their order, whatever came of it.
    pub fn writes(&self) -> Vec<WriteCall> {
        server::lock(&self.service.0).writes.clone()
    }

    /// How many requests have come, of whatever kind.
    pub fn requests(&self) -> u64 {
        server::lock(&self.service.0).requests
    }

    /// What shall go wrong from now on, instead of what [`Settings::faults`] said.
    pub fn set_faults(&self, faults: Faults) {
        server::lock(&self.service.0).faults = faults::FaultPlan::new(faults);
    }

    /// Reads or changes the organization while no request is being answered.
    pub fn with_organization<T>(&self, act: impl FnOnce(&mut Organization) -> T) -> T {
        act(&mut server::lock(&self.service.0).organization)
    }

    /// Has every call looked at before it is answered, so that the organization can change in
    /// the middle of a walk. A later hook replaces an earlier one.
    pub fn before_each_call(
        &self,
        hook: impl FnMut(&Call<'_>, &mut Organization) + Send + 'static,
    ) {
        server::lock(&self.service.0).hook = Some(Box::new(hook));
    }

    /// The simulated time.
    pub fn now(&self) -> Timestamp {
        server::lock(&self.service.0).clock.now()
    }

    /// Puts the simulated time forward, also that of the request limits.
    pub fn advance(&self, by: Duration) {
        server::lock(&self.service.0).clock.advance(by);
    }

    /// Stops serving and waits until the port is free and every connection is closed.
    pub async fn stop(mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
