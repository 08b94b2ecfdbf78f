//! Where credentials come from, and why there are none, in sentences.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_types::os_shim_internal::{Env, Fs};

use super::error::{CallError, deepest, find, from_sdk, not_sent};
use super::helper;
use super::profile::{ChosenBy, Profile, SignIn};
use super::settings::Settings;
use crate::org::{ErrorKind, OrgError};

/// What the AWS CLI grants the instance metadata service: one attempt, one second.
const METADATA_LIMIT: Duration = Duration::from_secs(1);

/// Where credentials come from, to be asked more than once.
pub(super) struct Source {
    profile: Profile,
    /// Keys in the environment come first, so that the profile's ways to sign in do not matter.
    keys_in_environment: bool,
    config: ProviderConfig,
}

/// Who may answer when a `credential_process` asks something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Attendance {
    /// The screen is not taken yet: a person may type into the terminal.
    Attended,
    /// The screen is ours: the helper gets no terminal.
    Unattended,
}

impl Source {
    /// A source as the settings say; `config` is what its calls are made with.
    pub(super) fn new(settings: Settings, config: ProviderConfig) -> Self {
        Self {
            profile: settings.profile,
            keys_in_environment: settings.keys_in_environment,
            config,
        }
    }

    /// Asks for credentials, from scratch: the SDK's providers repeat a first failure for ever, and
    /// hide its reason, so each attempt has new ones.
    pub(super) async fn ask(&self, attendance: Attendance) -> Result<Credentials, OrgError> {
        if !self.keys_in_environment {
            self.profile.check(&Env::real(), &Fs::real()).await?;
        }
        let found = self
            .provider(attendance)
            .provide_credentials()
            .await
            .map_err(|error| self.explain(&error))?;
        sendable(found)
    }

    /// A profile that was named on the command line is the only source: an operator who names one
    /// must never end up with another identity. Otherwise the usual chain applies.
    fn provider(&self, attendance: Attendance) -> SharedCredentialsProvider {
        let profile = ProfileFileCredentialsProvider::builder()
            .configure(&self.config)
            .profile_files(self.files(attendance))
            .profile_name(self.profile.name())
            .build();
        if self.profile.chosen_by() == ChosenBy::Flag {
            return SharedCredentialsProvider::new(profile);
        }
        let metadata = imds::Client::builder()
            .configure(&self.config)
            .max_attempts(1)
            .connect_timeout(METADATA_LIMIT)
            .read_timeout(METADATA_LIMIT)
            .build();
        let chain = CredentialsProviderChain::first_try(
            "environment",
            EnvironmentVariableCredentialsProvider::new(),
        )
        .or_else("profile", profile)
        .or_else(
            "web identity",
            WebIdentityTokenCredentialsProvider::builder()
                .configure(&self.config)
                .build(),
        )
        .or_else(
            "container",
            EcsCredentialsProvider::builder()
                .configure(&self.config)
                .build(),
        )
        .or_else(
            "instance",
            ImdsCredentialsProvider::builder()
                .configure(&self.config)
                .imds_client(metadata)
                .build(),
        );
        SharedCredentialsProvider::new(chain)
    }

    /// The configuration files, and for an unattended helper a last one that takes the terminal
    /// from it: the SDK lets it inherit ours, where it would steal keys and draw over the screen.
    fn files(&self, attendance: Attendance) -> EnvConfigFiles {
        let files = EnvConfigFiles::builder()
            .include_default_config_file(true)
            .include_default_credentials_file(true);
        match self.profile.helper() {
            Some(command) if attendance == Attendance::Unattended => {
                let (name, _) = self.profile.sign_in();
                let section = format!(
                    "[profile {name}]\ncredential_process = {}\n",
                    helper::without_terminal(command)
                );
                files.with_contents(EnvConfigFileKind::Config, section)
            }
            _ => files,
        }
        .build()
    }

    fn explain(&self, error: &CredentialsError) -> OrgError {
        if let Some(denied) = find::<CallError<AssumeRoleError>>(error) {
            let denied = from_sdk("AssumeRole", denied);
            if denied.kind == ErrorKind::Network {
                return denied;
            }
            return OrgError {
                kind: ErrorKind::Credentials,
                hint: Some(format!(
                    "check role_arn of the profile {} and who its role trusts",
                    self.profile.name()
                )),
                ..denied
            };
        }
        if let Some(connector) = find::<ConnectorError>(error) {
            let mut unreachable = not_sent(connector);
            unreachable.message = format!("no credentials: {}", unreachable.message);
            return unreachable;
        }
        if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
            return self.nothing_found(error);
        }
        let (base, sign_in) = self.profile.sign_in();
        let named = match self.profile.chosen_by() {
            ChosenBy::Nobody if base == "default" => String::new(),
            _ => format!(" --profile {base}"),
        };
        let reason = deepest(error);
        let reason = reason.trim_start_matches("ProfileFile provider could not be built: ");
        match sign_in {
            SignIn::Sso => credentials(format!(
                "no valid IAM Identity Center session for the profile {base}: {reason}"
            ))
            .with_hint(format!("run: aws sso login{named}")),
            SignIn::Login => credentials(format!(
                "no valid sign-in session for the profile {base}: {reason}"
            ))
            .with_hint(format!("run: aws login{named}")),
            SignIn::Helper => credentials(format!(
                "credential_process of the profile {base} gave no credentials: {}",
                helper::failure(reason)
            ))
            .with_hint("run the command by itself to see what it needs"),
            SignIn::Other if self.profile.chosen_by() == ChosenBy::Nobody => {
                credentials(format!("no credentials: {reason}"))
                    .with_hint("choose a profile with --profile, or sign in with aws login")
            }
            SignIn::Other => credentials(format!(
                "no credentials for the profile {}: {reason}",
                self.profile.name()
            ))
            .with_hint("check its settings in the AWS configuration files"),
        }
    }

    fn nothing_found(&self, error: &CredentialsError) -> OrgError {
        if self.profile.chosen_by() != ChosenBy::Nobody {
            let reason = deepest(error);
            tracing::debug!(reason, "the profile gave no credentials");
            return credentials(format!(
                "the profile {} holds settings but no credentials",
                self.profile.name()
            ))
            .with_hint("give it credentials, e.g. with aws configure sso, or choose another");
        }
        credentials("no AWS credentials found")
            .with_hint("choose a profile with --profile, sign in with aws login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    }
}

/// An error of this kind.
fn credentials(message: impl Into<String>) -> OrgError {
    OrgError::new(ErrorKind::Credentials, message)
}

/// Passes on credentials that fit into a request's headers; with others the SDK's signer panics.
///
/// Line breaks come with environment files from Windows and with what was pasted.
fn sendable(found: Credentials) -> Result<Credentials, OrgError> {
    let parts = [
        ("access key id", Some(found.access_key_id())),
        ("secret access key", Some(found.secret_access_key())),
        ("session token", found.session_token()),
    ];
    for (part, value) in parts {
        let flaw = match value.and_then(|value| value.chars().find(|c| c.is_control())) {
            None => continue,
            Some('\n' | '\r') => "a line break",
            Some(_) => "a control character",
        };
        return Err(credentials(format!("the {part} holds {flaw}"))
            .with_hint("set it again, e.g. from a file without Windows line ends"));
    }
    Ok(found)
}
