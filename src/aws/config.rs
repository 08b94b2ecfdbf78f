//! Connections: clients with credentials in hand, and who and where they are.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_organizations::operation::describe_organization::DescribeOrganizationOutput;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::credentials::Source;
use super::error::from_sdk;
use super::guard::Guard;
use super::memory::Memory;
use super::session::Session;
use super::settings::Settings;
use super::tls;
use super::whose::{Settled, Whose};
use crate::org::{Caller, ErrorKind, Identity, OrgError, Organization, shown_endpoint};

/// Time to open a connection, generous enough for a proxy behind an SSH tunnel.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Time for one attempt of a call; answers are at most a page.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);
/// Time for a call with all its attempts.
const CALL_LIMIT: Duration = Duration::from_secs(45);

/// Time for a change.
const CHANGE_LIMIT: Duration = Duration::from_secs(20);

/// What the command line says about where to go, and as whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// `--profile`; wins over everything in the environment.
    pub profile: Option<String>,
    /// `--region`; picks the partition and signs requests to an overriding endpoint.
    pub region: Option<String>,
    /// `--endpoint-url`; replaces the endpoint of Organizations and of our own `GetCallerIdentity`,
    /// but not that of the `AssumeRole` behind a role profile.
    pub endpoint_url: Option<String>,
    /// Whether the connection shall not be able to change anything.
    pub read_only: bool,
}

/// Clients for one set of credentials, which they share and renew together.
#[derive(Clone)]
pub struct Connection {
    /// Client for AWS Organizations. It refuses everything but the reads of this program, and
    /// retries a call a few times, throttled ones too.
    pub organizations: aws_sdk_organizations::Client,
    /// Client for AWS STS. It refuses everything but `GetCallerIdentity`.
    pub sts: aws_sdk_sts::Client,
    /// Reads like `organizations`, and sends each call once, for whoever paces calls.
    single_attempts: aws_sdk_organizations::Client,
    /// Sends only what changes the organization, each call once. A connection that is read-only
    /// has none.
    changes: Option<aws_sdk_organizations::Client>,
    /// What is worth remembering for a while.
    pub(super) memory: Arc<Memory>,
    /// Whose credentials these are.
    pub(super) whose: Whose,
    /// The profile that was chosen, when the credentials come from it.
    pub profile: Option<String>,
    /// The region in use.
    pub region: String,
    /// URL of the endpoint of Organizations when something overrides the service's own.
    pub endpoint: Option<String>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("endpoint", &self.endpoint.as_deref().map(shown_endpoint))
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// A connection to a simulator in this process: plain HTTP on loopback, made-up keys, and
    /// nothing of the environment, so that a demonstration works on any machine.
    #[must_use]
    pub fn to_simulator(url: &str) -> Self {
        Self::open(&simulator_config(), Access::ReadWrite, url)
    }

    /// The same, unable to change anything.
    #[must_use]
    pub fn to_simulator_read_only(url: &str) -> Self {
        Self::open(&simulator_config(), Access::ReadOnly, url)
    }

    /// A connection that says where it would lead, and leads nowhere: every call fails before it is
    /// put together, with the reason that this is offline.
    #[must_use]
    pub fn offline(destination: Destination) -> Self {
        let Destination {
            profile,
            region,
            endpoint,
            keys: _,
        } = destination;
        Self {
            profile,
            region,
            endpoint,
            ..Self::open(&simulator_config(), Access::Offline, "http://127.0.0.1:9")
        }
    }

    fn open(config: &SdkConfig, access: Access, url: &str) -> Self {
        let endpoint = Some(url.to_owned());
        Self {
            profile: None,
            region: "us-east-1".to_owned(),
            endpoint: endpoint.clone(),
            ..Self::of(config, access, Whose::default(), Some(url), endpoint)
        }
    }

    /// All clients, each with its guard.
    fn of(
        config: &SdkConfig,
        access: Access,
        whose: Whose,
        endpoint: Option<&str>,
        sts_endpoint: Option<String>,
    ) -> Self {
        let client = |guard, retry: Option<RetryConfig>, limits: TimeoutConfig| {
            let mut builder = aws_sdk_organizations::config::Builder::from(config);
            builder.set_endpoint_url(endpoint.map(str::to_owned));
            if let Some(retry) = retry {
                builder.set_retry_config(Some(retry));
            }
            if let (Guard::Changes, Some(provider)) = (guard, config.credentials_provider()) {
                let whose = whose.clone();
                let settled = SharedCredentialsProvider::new(Settled { provider, whose });
                builder.set_credentials_provider(Some(settled));
            }
            let builder = builder.timeout_config(limits).interceptor(guard);
            aws_sdk_organizations::Client::from_conf(builder.build())
        };
        let once = || Some(RetryConfig::disabled());
        let reads = match access {
            Access::Offline => Guard::Offline,
            Access::ReadOnly | Access::ReadWrite => Guard::Reads,
        };
        Self {
            organizations: client(reads, None, timeouts()),
            sts: sts_client(config, reads, sts_endpoint),
            single_attempts: client(reads, once(), timeouts()),
            changes: (access == Access::ReadWrite)
                .then(|| client(Guard::Changes, once(), change_timeouts())),
            memory: Arc::default(),
            whose,
            profile: None,
            region: String::new(),
            endpoint: None,
        }
    }

    /// Whether nothing can be changed over this connection.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.changes.is_none()
    }

    /// ARN of whoever is asking and changing, as it was asked last; `None` where that never had an
    /// answer.
    #[must_use]
    pub fn sender(&self) -> Option<String> {
        self.whose.caller().map(|caller| caller.arn)
    }

    /// The client for whoever paces calls and repeats them where that helps: it sends each once.
    pub(super) fn single_attempts(&self) -> &aws_sdk_organizations::Client {
        &self.single_attempts
    }

    /// The client for changes, which is for [`send`](super::send) alone.
    pub(super) fn changes(&self) -> Option<&aws_sdk_organizations::Client> {
        self.changes.as_ref()
    }
}

/// What a connection can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Offline,
    ReadOnly,
    ReadWrite,
}

fn simulator_config() -> SdkConfig {
    let keys = Credentials::new("AKIASIMULATOR", "simulator", None, None, "simulator");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .identity_cache(IdentityCache::no_cache())
        .http_client(tls::loopback_client())
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard())
        .build()
}

/// Reads the AWS configuration and finds credentials.
///
/// This may run a `credential_process` that talks to the person at the terminal, so it belongs
/// before the screen is taken. Later renewals keep off the terminal. To pick up a new sign-in or
/// changed files, connect again.
///
/// # Errors
/// [`ErrorKind::Usage`] for configuration that cannot be meant, [`ErrorKind::Credentials`] and
/// [`ErrorKind::Network`] when there are no credentials to be had; always the first reason, as a
/// sentence, with the next step as hint.
pub async fn connect(options: &ConnectOptions) -> Result<Connection, OrgError> {
    let settings = Settings::load(options, &Env::real(), &Fs::real()).await?;
    let http = tls::client(settings.ca_bundle.as_deref())?;
    let retry = RetryConfig::standard().with_max_attempts(settings.max_attempts);
    let region = Region::new(settings.region.clone());
    let profile = settings.profile_in_use().map(str::to_owned);
    let profile_name = settings.profile.name().to_owned();
    let endpoint = settings.organizations_endpoint.clone();
    let sts_endpoint = settings.sts_endpoint.clone();
    let region_name = settings.region.clone();

    let provider_config = ProviderConfig::default()
        .with_region(Some(region.clone()))
        .with_http_client(http.clone())
        .with_retry_config(retry.clone())
        .with_timeout_config(timeouts());
    let whose = Whose::default();
    let source = Source::new(settings, provider_config);
    let session = Session::start(source, whose.clone()).await?;
    let shown = endpoint.as_deref().map(shown_endpoint);
    tracing::info!(?profile, region = region_name, endpoint = ?shown, "connected");

    let config = sdk_config(profile_name, region, http, retry, session).await;
    let access = if options.read_only {
        Access::ReadOnly
    } else {
        Access::ReadWrite
    };
    Ok(Connection {
        profile,
        region: region_name,
        endpoint: endpoint.clone(),
        ..Connection::of(&config, access, whose, endpoint.as_deref(), sts_endpoint)
    })
}

/// URL of the endpoint that overrides the service's own in a connection with these options, as far
/// as flags, environment and configuration files can tell; asks for no credentials.
pub async fn endpoint(options: &ConnectOptions) -> Option<String> {
    destination(options).await.endpoint
}

/// Where a connection leads, as far as that is known without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    /// The profile that was chosen, when the credentials would come from it.
    pub profile: Option<String>,
    /// The region.
    pub region: String,
    /// URL of the endpoint of Organizations when something overrides the service's own.
    pub endpoint: Option<String>,
    /// A number that stands for the owner of the keys in the environment, where those would be used;
    /// the keys cannot be told from it.
    pub keys: Option<u64>,
}

/// Where a connection with these options would lead, as far as flags, environment and configuration
/// files can tell; asks for no credentials. Where they cannot be read, what the flags say.
pub async fn destination(options: &ConnectOptions) -> Destination {
    match Settings::load(options, &Env::real(), &Fs::real()).await {
        Ok(settings) => Destination {
            profile: settings.profile_in_use().map(str::to_owned),
            region: settings.region,
            endpoint: settings.organizations_endpoint,
            keys: settings.keys,
        },
        Err(_) => Destination {
            profile: options.profile.clone(),
            region: options.region.clone().unwrap_or_default(),
            endpoint: options.endpoint_url.clone(),
            keys: None,
        },
    }
}

/// What remains for the SDK to look up: FIPS and dual-stack endpoints, and little else. Everything
/// it could stumble over is given.
async fn sdk_config(
    profile: String,
    region: Region,
    http: SharedHttpClient,
    retry: RetryConfig,
    session: Session,
) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .profile_name(profile)
        .region(region)
        .http_client(http)
        .retry_config(retry)
        .timeout_config(timeouts())
        .app_name(AppName::new("orgscope").expect("only letters"))
        .credentials_provider(session)
        // The session keeps its credentials itself, once for all clients.
        .identity_cache(IdentityCache::no_cache())
        .load()
        .await
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .operation_attempt_timeout(ATTEMPT_LIMIT)
        .operation_timeout(CALL_LIMIT)
        .build()
}

/// A change is sent once. An answer that takes longer is taken for lost, and what became of the
/// change is read: waiting longer costs less than not knowing.
fn change_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .operation_attempt_timeout(CHANGE_LIMIT)
        .operation_timeout(CHANGE_LIMIT)
        .build()
}

fn sts_client(config: &SdkConfig, guard: Guard, endpoint: Option<String>) -> aws_sdk_sts::Client {
    let mut builder = aws_sdk_sts::config::Builder::from(config);
    builder.set_endpoint_url(endpoint);
    aws_sdk_sts::Client::from_conf(builder.interceptor(guard).build())
}

/// Asks `DescribeOrganization` and `sts:GetCallerIdentity`, both at once.
///
/// STS may be out of reach where Organizations is not, e.g. behind an emulator, so its failure is
/// only logged. The organization's error is [`ErrorKind::NoOrganization`] when the account is in none,
/// and otherwise whatever `DescribeOrganization` can fail with.
pub async fn identify(connection: &Connection) -> Identity {
    let (organization, caller) = tokio::join!(
        describe_organization(&connection.organizations),
        caller(connection),
    );
    let organization = organization.map_err(|error| naming_endpoint(error, connection));
    tracing::info!(
        organization = ?organization.as_ref().ok().map(|organization| &organization.id),
        caller = ?caller.as_ref().map(|caller| &caller.arn),
        "identified"
    );
    Identity {
        organization,
        caller,
    }
}

/// Which organization the caller's account belongs to.
pub(super) async fn describe_organization(
    client: &aws_sdk_organizations::Client,
) -> Result<Organization, OrgError> {
    const OPERATION: &str = "DescribeOrganization";
    let answer = client.describe_organization().send().await;
    organization(answer.map_err(|error| from_sdk(OPERATION, &error))?)
}

/// What the answer to `DescribeOrganization` says.
pub(super) fn organization(answer: DescribeOrganizationOutput) -> Result<Organization, OrgError> {
    let organization = answer.organization.ok_or_else(|| {
        OrgError::new(ErrorKind::Service, "the answer holds no organization")
            .during("DescribeOrganization")
    })?;
    Ok(Organization {
        id: organization.id.unwrap_or_default(),
        arn: organization.arn,
        feature_set: organization.feature_set.map(|set| set.as_str().to_owned()),
        management_account_id: organization.master_account_id,
        management_account_email: organization.master_account_email,
    })
}

/// Who is asking; `None` where that cannot be told.
pub(super) async fn caller(connection: &Connection) -> Option<Caller> {
    // Why is in the log, and the header says that the caller is not known.
    caller_or_why(connection).await.ok()
}

/// Who is asking, or why that cannot be told.
pub(super) async fn caller_or_why(connection: &Connection) -> Result<Caller, OrgError> {
    const OPERATION: &str = "GetCallerIdentity";
    let renewals = connection.whose.renewals();
    let answer = connection.sts.get_caller_identity().send().await;
    let answer = answer.map_err(|error| from_sdk(OPERATION, &error))?;
    let account_id = answer.account.ok_or_else(|| {
        OrgError::new(ErrorKind::Service, "the answer holds no account").during(OPERATION)
    })?;
    let caller = Caller {
        account_id,
        arn: answer.arn.unwrap_or_default(),
    };
    connection.whose.begin(&caller, renewals);
    Ok(caller)
}

/// Says where the trouble is, when something else than the service's own endpoint was asked.
pub(super) fn naming_endpoint(error: OrgError, connection: &Connection) -> OrgError {
    match &connection.endpoint {
        Some(url) if matches!(error.kind, ErrorKind::Network | ErrorKind::Service) => {
            let url = shown_endpoint(url);
            let message = format!("{}; the endpoint is set to {url}", error.message);
            OrgError { message, ..error }
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_shows_where_it_leads_and_no_keys() {
        let shown = format!("{:?}", Connection::to_simulator("http://127.0.0.1:1"));
        assert!(shown.contains("http://127.0.0.1:1"), "{shown}");
        assert!(!shown.contains("AKIA"), "{shown}");
    }
}
