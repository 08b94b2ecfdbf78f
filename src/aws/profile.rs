//! The selected profile of the AWS configuration files, and what it says about signing in.

use std::borrow::Cow;

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

    /// The role of this chain that wants an MFA code, by its profile's name.
    pub(super) fn wants_mfa(&self) -> Option<&str> {
        self.chain()
            .into_iter()
            .find(|section| {
                section.get("role_arn").is_some() && section.get("mfa_serial").is_some()
            })
            .map(Section::name)
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
            next = section
                .get("role_arn")
                .and_then(|_| section.get("source_profile"))
                .and_then(|source| self.sections.get_profile(source));
        }
        chain
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
        let mut known: Vec<_> = self.sections.profiles().collect();
        known.sort_unstable();
        match known.as_slice() {
            [] => error.with_hint("neither file defines any profile"),
            _ => error.with_hint(format!("known profiles: {}", known.join(", "))),
        }
    }
}

/// An environment variable that is set and not empty.
pub(super) fn variable(env: &Env, name: &str) -> Option<String> {
    env.get(name).ok().filter(|value| !value.is_empty())
}
