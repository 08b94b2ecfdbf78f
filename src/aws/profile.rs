//! The selected profile of the AWS configuration files, and what it says about signing in.

use std::borrow::Cow;
use std::io;

use aws_config::profile::{Profile as Section, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::error::deepest;
use crate::org::{ErrorKind, OrgError};

/// What chose the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChosenBy {
    /// `--profile`
    Flag,
    /// `AWS_PROFILE` or `AWS_DEFAULT_PROFILE`
    Environment,
    /// Nobody: it is `default`, and need not exist.
    Nobody,
}

/// How the profile at the base of a chain of roles signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignIn {
    /// IAM Identity Center: `aws sso login`.
    Sso,
    /// `aws login`.
    Login,
    /// `credential_process`.
    Helper,
    /// Keys, instance metadata and whatever else needs no person.
    Other,
}

/// The selected profile with all sections of the files.
#[derive(Clone)]
pub(super) struct Profile {
    name: String,
    chosen_by: ChosenBy,
    sections: ProfileSet,
}

impl Profile {
    /// Reads the configuration files and selects a profile: the flag's, else that of `AWS_PROFILE`,
    /// else that of `AWS_DEFAULT_PROFILE`, else `default`. An empty variable counts as unset.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for files that cannot be parsed and for a profile that was asked for
    /// and does not exist; the AWS CLI stops there too, whatever other credentials there are.
    pub(super) async fn load(flag: Option<&str>, env: &Env, fs: &Fs) -> Result<Self, OrgError> {
        let (name, chosen_by) = match flag {
            Some(name) => (name.to_owned(), ChosenBy::Flag),
            None => match variable(env, "AWS_PROFILE")
                .or_else(|| variable(env, "AWS_DEFAULT_PROFILE"))
            {
                Some(name) => (name, ChosenBy::Environment),
                None => ("default".to_owned(), ChosenBy::Nobody),
            },
        };
        let files = EnvConfigFiles::default();
        let sections = aws_config::profile::load(fs, env, &files, Some(Cow::Owned(name.clone())))
            .await
            .map_err(|error| {
                let message = format!("the AWS configuration cannot be read: {}", deepest(&error));
                OrgError::new(ErrorKind::Usage, message)
            })?;
        let profile = Self {
            name,
            chosen_by,
            sections,
        };
        if chosen_by != ChosenBy::Nobody && profile.section().is_none() {
            return Err(profile.missing(env));
        }
        Ok(profile)
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What chose it.
    pub(super) fn chosen_by(&self) -> ChosenBy {
        self.chosen_by
    }

    /// All sections, for the SDK's own look-ups.
    pub(super) fn sections(&self) -> &ProfileSet {
        &self.sections
    }

    /// One setting of the selected profile; an empty one counts as unset.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.section()?.get(key).filter(|value| !value.is_empty())
    }

    /// Looks for what keeps this profile from giving credentials and what the SDK, if asked, would
    /// hide or not be able to do.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a chain of roles that does not end at credentials,
    /// [`ErrorKind::Credentials`] for an MFA code and for keys or a token that are not there.
    pub(super) async fn check(&self, env: &Env, fs: &Fs) -> Result<(), OrgError> {
        let chain = self.chain();
        let Some(base) = chain.last() else {
            return Ok(());
        };
        if let Some(source) = source_of(base, chain.len() == 1) {
            return Err(self.endless(&chain, source));
        }
        let wants_mfa =
            |role: &&&Section| role.get("role_arn").is_some() && role.get("mfa_serial").is_some();
        if let Some(role) = chain.iter().find(wants_mfa) {
            return Err(mfa_unsupported(role.name()));
        }
        if let Some(source) = base.get("credential_source") {
            let given = |name| variable(env, name).is_some();
            if source.eq_ignore_ascii_case("Environment")
                && !(given("AWS_ACCESS_KEY_ID") && given("AWS_SECRET_ACCESS_KEY"))
            {
                return Err(no_keys(base.name()));
            }
        } else if let Some(file) = base.get("web_identity_token_file")
            && let Err(error) = fs.read_to_end(file).await
        {
            return Err(no_token(base.name(), file, &error));
        }
        Ok(())
    }

    /// The profile that the first credentials come from, and how.
    pub(super) fn sign_in(&self) -> (&str, SignIn) {
        let Some(base) = self.chain().pop() else {
            return (&self.name, SignIn::Other);
        };
        let has = |key: &str| base.get(key).is_some();
        let sign_in = if has("sso_session") || has("sso_start_url") {
            SignIn::Sso
        } else if has("login_session") {
            SignIn::Login
        } else if has("credential_process") {
            SignIn::Helper
        } else {
            SignIn::Other
        };
        (base.name(), sign_in)
    }

    /// The command of `credential_process` at the base of the chain.
    pub(super) fn helper(&self) -> Option<&str> {
        self.chain().pop()?.get("credential_process")
    }

    /// The selected profile, its `source_profile`, the source's source and so on.
    fn chain(&self) -> Vec<&Section> {
        let mut chain: Vec<&Section> = Vec::new();
        let mut next = self.section();
        while let Some(section) = next {
            if chain.iter().any(|seen| seen.name() == section.name()) {
                break;
            }
            chain.push(section);
            next = source_of(section, chain.len() == 1)
                .and_then(|source| self.sections.get_profile(source));
        }
        chain
    }

    /// Why a chain cannot go on to `source`: it does not exist, or is in the chain already.
    fn endless(&self, chain: &[&Section], source: &str) -> OrgError {
        let names: Vec<_> = chain.iter().map(|section| section.name()).collect();
        let last = names.last().copied().unwrap_or_default();
        if self.sections.get_profile(source).is_none() {
            let message = format!(
                "source_profile of the profile {last} is {source}, a profile that does not exist"
            );
            return OrgError::new(ErrorKind::Usage, message).with_hint(self.known());
        }
        let message = format!(
            "the profile {} never comes to credentials, its source_profile goes round in a circle: {} → {source}",
            self.name,
            names.join(" → ")
        );
        OrgError::new(ErrorKind::Usage, message)
            .with_hint("let source_profile of one of them name a profile with credentials")
    }

    fn section(&self) -> Option<&Section> {
        self.sections.get_profile(&self.name)
    }

    fn missing(&self, env: &Env) -> OrgError {
        let path = |name, default: &str| variable(env, name).unwrap_or(default.to_owned());
        let config = path("AWS_CONFIG_FILE", "~/.aws/config");
        let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
        let error = OrgError::new(
            ErrorKind::Usage,
            format!(
                "the profile {} is neither in {config} nor in {credentials}",
                self.name
            ),
        );
        error.with_hint(self.known())
    }

    fn known(&self) -> String {
        let mut known: Vec<_> = self.sections.profiles().collect();
        known.sort_unstable();
        match known.as_slice() {
            [] => "neither file defines any profile".to_owned(),
            _ => format!("known profiles: {}", known.join(", ")),
        }
    }
}

/// The profile that a role's first credentials come from, as far as the SDK follows: it stops at
/// a web identity, at keys behind the first profile, and at one that names itself.
fn source_of(section: &Section, first: bool) -> Option<&str> {
    let has = |key: &str| section.get(key).is_some();
    let keys = has("aws_access_key_id") && has("aws_secret_access_key");
    if !has("role_arn") || has("web_identity_token_file") || (keys && !first) {
        return None;
    }
    section
        .get("source_profile")
        .filter(|source| *source != section.name())
}

fn mfa_unsupported(role: &str) -> OrgError {
    OrgError::new(
        ErrorKind::Credentials,
        format!(
            "the profile {role} wants an MFA code (mfa_serial), which the AWS SDK for Rust cannot ask for"
        ),
    )
    .with_hint(format!(
        "run: aws-vault exec {role} -- orgscope, or use a credential_process, or keys from aws sts get-session-token"
    ))
}

fn no_keys(profile: &str) -> OrgError {
    OrgError::new(
        ErrorKind::Credentials,
        format!(
            "the profile {profile} takes keys from the environment (credential_source), and there are none"
        ),
    )
    .with_hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
}

fn no_token(profile: &str, file: &str, error: &io::Error) -> OrgError {
    OrgError::new(
        ErrorKind::Credentials,
        format!("web_identity_token_file of the profile {profile} cannot be read: {file}: {error}"),
    )
    .with_hint("check web_identity_token_file, and what should write that file")
}

/// An environment variable that is set and not empty.
pub(super) fn variable(env: &Env, name: &str) -> Option<String> {
    env.get(name).ok().filter(|value| !value.is_empty())
}
