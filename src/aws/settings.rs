//! Flags, environment and profile, weighed against each other in the order of the AWS CLI.

use aws_runtime::env_config::EnvConfigValue;
use aws_types::os_shim_internal::{Env, Fs};
use hyper::Uri;

use super::ConnectOptions;
use super::profile::{ChosenBy, Profile, SignIn, variable};
use crate::org::{ErrorKind, OrgError, shown_endpoint};

/// Where Organizations lives when nobody names a region: the commercial partition's one endpoint.
///
/// Instance metadata is not asked for a region: the AWS CLI does not either, away from EC2 the
/// attempt costs seconds, and all that hangs on it here is the partition. In China or `GovCloud`
/// the region must be given, as for the AWS CLI.
const DEFAULT_REGION: &str = "us-east-1";

/// Attempts of one read when `AWS_MAX_ATTEMPTS` does not say otherwise.
const DEFAULT_ATTEMPTS: u32 = 3;

/// Everything that is decided before credentials are looked for.
pub(super) struct Settings {
    pub(super) profile: Profile,
    pub(super) region: String,
    region_from: String,
    pub(super) organizations_endpoint: Option<String>,
    endpoint_from: Option<String>,
    pub(super) sts_endpoint: Option<String>,
    pub(super) ca_bundle: Option<String>,
    pub(super) max_attempts: u32,
    /// Access keys in the environment come before a profile that no flag chose.
    pub(super) keys_in_environment: bool,
    /// A number that stands for their owner.
    pub(super) keys: Option<u64>,
}

impl Settings {
    /// # Errors
    /// [`ErrorKind::Usage`] for what cannot be meant: see [`Profile::load`], an unusable region or
    /// endpoint URL. [`ErrorKind::Credentials`] for half a pair of keys in the environment.
    pub(super) async fn load(
        options: &ConnectOptions,
        env: &Env,
        fs: &Fs,
    ) -> Result<Self, OrgError> {
        let profile = Profile::load(options.profile.as_deref(), env, fs).await?;
        let (region, region_from) = region(options.region.as_deref(), env, &profile)?;
        let endpoint_of = |service| endpoint(service, options, env, &profile);
        let (organizations_endpoint, endpoint_from) = endpoint_of("organizations")?.unzip();
        let (sts_endpoint, _) = endpoint_of("sts")?.unzip();
        let keys_in_environment =
            profile.chosen_by() != ChosenBy::Flag && keys_in_environment(env)?;
        Ok(Self {
            region,
            region_from,
            organizations_endpoint,
            endpoint_from,
            sts_endpoint,
            ca_bundle: variable(env, "AWS_CA_BUNDLE")
                .or_else(|| profile.get("ca_bundle").map(str::to_owned)),
            max_attempts: max_attempts(env, &profile),
            keys_in_environment,
            keys: variable(env, KEY_ID)
                .filter(|_| keys_in_environment)
                .map(|id| owner_of_key(&id)),
            profile,
        })
    }

    /// The profile that the credentials come from, when one was chosen.
    pub(super) fn profile_in_use(&self) -> Option<&str> {
        (self.profile.chosen_by() != ChosenBy::Nobody && !self.keys_in_environment)
            .then(|| self.profile.name())
    }
}

/// Where a connection would lead and as whom, and what decides on that. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The profile, where the credentials come from it.
    pub profile: Option<String>,
    /// Where the credentials come from, in words.
    pub credentials: String,
    /// The region.
    pub region: String,
    /// What chose it, e.g. `AWS_REGION`.
    pub region_from: String,
    /// URL of the endpoint, where it is not AWS's own.
    pub endpoint: Option<String>,
    /// What chose it.
    pub endpoint_from: Option<String>,
}

/// What flags, environment and AWS configuration files decide on a connection with these options.
/// No credentials are looked for.
///
/// # Errors
/// [`ErrorKind::Usage`] for configuration that cannot be meant, [`ErrorKind::Credentials`] for half
/// a pair of keys in the environment.
pub async fn chosen(options: &ConnectOptions) -> Result<Chosen, OrgError> {
    let settings = Settings::load(options, &Env::real(), &Fs::real()).await?;
    let credentials = if settings.keys_in_environment {
        "access keys in the environment".to_owned()
    } else {
        let (base, sign_in) = settings.profile.sign_in();
        let by = match sign_in {
            SignIn::Sso => "IAM Identity Center",
            SignIn::Login => "aws login",
            SignIn::Helper => "its credential_process",
            SignIn::Other => "its keys or role, or those of the machine",
        };
        format!("the profile {base}: {by}")
    };
    Ok(Chosen {
        profile: settings.profile_in_use().map(str::to_owned),
        credentials,
        region: settings.region,
        region_from: settings.region_from,
        endpoint: settings.organizations_endpoint,
        endpoint_from: settings.endpoint_from,
    })
}

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";

/// A number for the owner of an access key: FNV-1a of the part of its id that is the same for all
/// keys of an account, temporary ones too, which are others every hour. Source: the STS API
/// Reference, `GetAccessKeyInfo`, tells the account of any id; that it is behind the prefix of
/// four letters was only observed. Where it is not, the number is another for each key.
#[must_use]
pub fn owner_of_key(id: &str) -> u64 {
    let owner = id.trim().get(4..12).unwrap_or(id);
    owner.bytes().fold(0xcbf2_9ce4_8422_2325, |number, byte| {
        (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether the environment holds a pair of keys.
///
/// Half a pair is an error, as for botocore: to look for credentials elsewhere would be to act as
/// somebody else than was meant.
fn keys_in_environment(env: &Env) -> Result<bool, OrgError> {
    const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
    // The SDK takes a blank one for none.
    let given = |name| variable(env, name).is_some_and(|value| !value.trim().is_empty());
    let (there, missing) = match (given(KEY_ID), given(SECRET)) {
        (true, false) => (KEY_ID, SECRET),
        (false, true) => (SECRET, KEY_ID),
        (both, _) => return Ok(both),
    };
    Err(OrgError::new(
        ErrorKind::Credentials,
        format!("{missing} is missing in the environment, where {there} is set"),
    )
    .with_hint("set both, or neither, or choose a profile with --profile"))
}

/// The region, and what chose it.
fn region(flag: Option<&str>, env: &Env, profile: &Profile) -> Result<(String, String), OrgError> {
    let of_variable = |name: &str| Some((variable(env, name)?, name.to_owned()));
    let of_profile = |region: &str| (region.to_owned(), format!("the profile {}", profile.name()));
    let (region, from) = flag
        .map(|region| (region.to_owned(), "--region".to_owned()))
        .or_else(|| of_variable("AWS_REGION"))
        .or_else(|| of_variable("AWS_DEFAULT_REGION"))
        .or_else(|| profile.get("region").map(of_profile))
        .unwrap_or_else(|| {
            (
                DEFAULT_REGION.to_owned(),
                "nobody: it is the default".to_owned(),
            )
        });
    let usable = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if region.is_empty() || !region.chars().all(usable) {
        return Err(
            OrgError::new(ErrorKind::Usage, format!("{region:?} is no AWS region"))
                .with_hint("a region looks like us-east-1"),
        );
    }
    Ok((region, from))
}

/// The URL that replaces a service's own endpoint, and what chose it, by the SDKs' rules: the flag, then the
/// service's variable, the general one, the profile's `services` section, its `endpoint_url`; all
/// but the flag can be switched off.
///
/// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
fn endpoint(
    service: &str,
    options: &ConnectOptions,
    env: &Env,
    profile: &Profile,
) -> Result<Option<(String, String)>, OrgError> {
    let chosen = |url: &str, by: String| usable_url(url, &by).map(|url| (url, by));
    if let Some(url) = &options.endpoint_url {
        return chosen(url, "--endpoint-url".to_owned()).map(Some);
    }
    let ignored = EnvConfigValue::new()
        .env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .profile("ignore_configured_endpoint_urls")
        .load(env, Some(profile.sections()))
        .is_some_and(|(value, _)| value.eq_ignore_ascii_case("true"));
    if ignored {
        return Ok(None);
    }
    EnvConfigValue::new()
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .service_id(service)
        .load(env, Some(profile.sections()))
        .filter(|(url, _)| !url.is_empty())
        .map(|(url, source)| chosen(&url, format!("the {source}")))
        .transpose()
}

fn usable_url(url: &str, source: &str) -> Result<String, OrgError> {
    let shown = shown_endpoint(url);
    let wrong = |what: &str| {
        OrgError::new(
            ErrorKind::Usage,
            format!("{shown:?} from {source} is no usable endpoint: {what}"),
        )
        .with_hint("an endpoint looks like http://127.0.0.1:5000")
    };
    let parsed: Uri = url.parse().map_err(|_| wrong("it is no URL"))?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) {
        return Err(wrong("it must begin with http:// or https://"));
    }
    match parsed.authority() {
        Some(authority) if authority.as_str().contains('@') => Err(OrgError::new(
            ErrorKind::Usage,
            format!("the endpoint URL from {source} must not hold a user name or password"),
        )),
        Some(authority) if !authority.host().is_empty() => Ok(url.to_owned()),
        _ => Err(wrong("it names no host")),
    }
}

/// The attempts of one read. The SDK panics on what other AWS tools accept (`legacy`) or merely
/// complain about, so its own look at these settings must never happen.
fn max_attempts(env: &Env, profile: &Profile) -> u32 {
    let setting = |name, key| variable(env, name).or_else(|| profile.get(key).map(str::to_owned));
    if let Some(mode) = setting("AWS_RETRY_MODE", "retry_mode")
        && !["standard", "adaptive", "legacy"].contains(&mode.to_ascii_lowercase().as_str())
    {
        tracing::warn!(mode, "unknown retry mode; using standard");
    }
    let Some(attempts) = setting("AWS_MAX_ATTEMPTS", "max_attempts") else {
        return DEFAULT_ATTEMPTS;
    };
    if let Ok(attempts @ 1..=20) = attempts.trim().parse() {
        return attempts;
    }
    tracing::warn!(
        attempts,
        "unusable number of attempts; using {DEFAULT_ATTEMPTS}"
    );
    DEFAULT_ATTEMPTS
}

#[cfg(test)]
mod tests {
    use super::owner_of_key;

    #[test]
    fn keys_of_one_account_have_one_owner_and_others_another() {
        let (kept, of_an_hour) = ("AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNNZZZZZZZZ");
        assert_eq!(owner_of_key(kept), owner_of_key(of_an_hour));
        assert_ne!(owner_of_key(kept), owner_of_key("AKIAI44QH8DHBEXAMPLE"));
        assert_ne!(owner_of_key("test"), owner_of_key("éé"));
    }
}
