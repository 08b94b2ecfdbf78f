//! `orgscope doctor`: who and where we are, which reads are allowed, what the terminal can do, and
//! where everything is kept. It holds no keys, no tokens, and nothing else that is secret.

mod paths;
mod print;
mod terminal;

use std::io;
use std::process::ExitCode;

use serde::Serialize;

use super::{Failure, Target, configured, exit_code};
use crate::aws::{self, Limiter, Probed, Tried};
use crate::cli::{DoctorOptions, GlobalOptions};
use crate::org::{Identity, OrgError, shown_endpoint};

use self::paths::{Kept, Place};
use self::terminal::Terminal;

/// Everything that is told. Absent values are null in JSON.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    /// What is to be seen to before anything else.
    problems: Vec<String>,
    identity: Who,
    connection: Way,
    reads: Vec<Read>,
    clock: Clock,
    terminal: Terminal,
    paths: Vec<Place>,
    caches: Vec<Kept>,
    configuration: Configuration,
}

/// Who is asking, and of which organization.
#[derive(Debug, Default, Serialize)]
struct Who {
    account: Option<String>,
    arn: Option<String>,
    organization: Option<String>,
    feature_set: Option<String>,
    management_account: Option<String>,
    /// `management account`, `delegated administrator` or `member account`.
    role: Option<&'static str>,
    error: Option<String>,
}

/// Where the connection leads, and what decides on it.
#[derive(Debug, Default, Serialize)]
struct Way {
    profile: Option<String>,
    credentials: Option<String>,
    region: Option<String>,
    region_from: Option<String>,
    /// Null for AWS's own.
    endpoint: Option<String>,
    endpoint_from: Option<String>,
    error: Option<String>,
}

/// Whether a read is allowed.
#[derive(Debug, Serialize)]
struct Read {
    operation: &'static str,
    purpose: &'static str,
    /// `allowed`, `denied`, `failed` or `not tried`.
    result: &'static str,
    /// The permission that is missing.
    permission: Option<String>,
    why: Option<String>,
}

/// The machine's clock beside the service's.
#[derive(Debug, Serialize)]
struct Clock {
    /// How far the machine is ahead; the service tells whole seconds.
    ahead_seconds: Option<i64>,
    /// Whether the service would refuse signed requests: it allows five minutes.
    is_off: Option<bool>,
}

impl Clock {
    fn of(probed: &Probed) -> Self {
        let ahead_seconds = probed.clock_ahead.map(|ahead| ahead.as_secs());
        Self {
            ahead_seconds,
            is_off: ahead_seconds.map(|seconds| seconds.abs() > TOLERANCE_SECONDS),
        }
    }
}

/// The configuration file's content.
#[derive(Debug, Serialize)]
struct Configuration {
    read_only: Option<bool>,
    error: Option<String>,
}

/// Requests that are signed for a time further off are refused. Source: IAM User Guide,
/// "Troubleshoot Signature Version 4 requests".
const TOLERANCE_SECONDS: i64 = 300;

/// Finds out everything and prints it, as text what is known first as soon as it is.
pub(super) async fn run(
    global: &GlobalOptions,
    options: &DoctorOptions,
) -> Result<ExitCode, Failure> {
    let limiter = Limiter::published();
    let configured = configured(global);
    let (mut way, chosen) = way(global).await;
    let target = Target::open(global, true).await;
    if let (true, Ok(target)) = (global.demo, &target) {
        way.endpoint.clone_from(&target.connection.endpoint);
        way.region = Some(target.connection.region.clone());
    }
    let (identity, begun) = match &target {
        Ok(target) => introduce(target, &limiter).await,
        Err(error) => unknown(error),
    };
    let fault = configured.as_ref().err().cloned();
    let opened = target.as_ref().err().filter(|_| !global.offline).cloned();
    let failed = chosen.err().or(opened);
    let unidentified = identity.organization.as_ref().err();
    let problems = [
        fault.as_ref(),
        failed.as_ref(),
        unidentified.filter(|_| !global.offline),
    ];
    let mut report = Report {
        version: env!("CARGO_PKG_VERSION"),
        problems: once_each(problems.into_iter().flatten()),
        identity: who(&identity, &begun),
        connection: way,
        reads: Vec::new(),
        clock: Clock::of(&begun),
        terminal: Terminal::examine().await,
        paths: paths::all(global),
        caches: paths::caches(),
        configuration: Configuration {
            read_only: configured.ok().map(|(_, mode)| !mode.write),
            error: fault.as_ref().map(OrgError::to_string),
        },
    };
    let mut out = io::stdout();
    if !options.json {
        print::first(&mut out, &report)?;
    }
    let probed = match &target {
        Ok(target) => aws::probe(&target.connection, &limiter, &identity, begun).await,
        Err(_) => begun,
    };
    let worst = failed.or_else(|| worst(&probed)).or(fault);
    report.reads = probed.probes.into_iter().map(read).collect();
    if options.json {
        print::json(&mut out, &report)?;
    } else {
        print::rest(&mut out, &report)?;
    }
    Ok(worst.map_or(ExitCode::SUCCESS, |error| exit_code(error.kind)))
}

/// These in words, none twice.
fn once_each<'a>(errors: impl Iterator<Item = &'a OrgError>) -> Vec<String> {
    let mut said = Vec::new();
    for error in errors.map(OrgError::to_string) {
        if !said.contains(&error) {
            said.push(error);
        }
    }
    said
}

async fn way(global: &GlobalOptions) -> (Way, Result<(), OrgError>) {
    if global.demo {
        let credentials = Some("made up for the demo".to_owned());
        let way = Way {
            credentials,
            region_from: Some("--demo".to_owned()),
            endpoint_from: Some("--demo".to_owned()),
            ..Way::default()
        };
        return (way, Ok(()));
    }
    match aws::chosen(&global.connect_options(true)).await {
        Ok(chosen) => {
            let way = Way {
                profile: chosen.profile,
                credentials: Some(chosen.credentials),
                region: Some(chosen.region),
                region_from: Some(chosen.region_from),
                endpoint: chosen.endpoint.as_deref().map(shown_endpoint),
                endpoint_from: chosen.endpoint_from,
                error: None,
            };
            (way, Ok(()))
        }
        Err(error) => {
            let way = Way {
                error: Some(error.to_string()),
                ..Way::default()
            };
            (way, Err(error))
        }
    }
}

/// Without a connection, nobody is known.
fn unknown(error: &OrgError) -> (Identity, Probed) {
    let identity = Identity {
        organization: Err(error.clone()),
        caller: None,
    };
    (identity, Probed::not_tried(&error.message))
}

async fn introduce(target: &Target, limiter: &Limiter) -> (Identity, Probed) {
    let (mut identity, mut probed) = aws::introduce(&target.connection, limiter).await;
    if let Some(url) = &target.connection.endpoint {
        let hide = |text: &mut String| *text = text.replace(url, &shown_endpoint(url));
        if let Err(error) = &mut identity.organization {
            hide(&mut error.message);
        }
        for probe in &mut probed.probes {
            match &mut probe.outcome {
                Tried::NotTried(why) => hide(why),
                Tried::Failed(error) | Tried::Denied(error) => hide(&mut error.message),
                Tried::Allowed => {}
            }
        }
    }
    (identity, probed)
}

fn who(identity: &Identity, probed: &Probed) -> Who {
    let caller = identity.caller.clone();
    let (account, arn) = caller.map(|it| (it.account_id, it.arn)).unzip();
    let organization = match identity.organization.clone() {
        Ok(organization) => organization,
        Err(error) => {
            return Who {
                account,
                arn,
                error: Some(error.to_string()),
                ..Who::default()
            };
        }
    };
    let management = organization.management_account_id;
    let role = match (&account, &management, probed.is_delegated) {
        (Some(account), Some(management), _) if account == management => Some("management account"),
        (_, _, Some(true)) => Some("delegated administrator"),
        (Some(_), Some(_), _) => Some("member account"),
        _ => None,
    };
    Who {
        account,
        arn,
        organization: Some(organization.id),
        feature_set: organization.feature_set,
        management_account: management,
        role,
        error: None,
    }
}

fn read(probe: aws::Probe) -> Read {
    let (result, error, why) = match probe.outcome {
        Tried::Allowed => ("allowed", None, None),
        Tried::Denied(error) => ("denied", Some(error), None),
        Tried::Failed(error) => ("failed", Some(error), None),
        Tried::NotTried(why) => ("not tried", None, Some(why)),
    };
    Read {
        operation: probe.operation,
        purpose: probe.purpose,
        result,
        permission: error.as_ref().and_then(OrgError::permission),
        why: error.map(|error| error.message).or(why),
    }
}

/// What the exit code is about: a call that failed before one that was denied.
fn worst(probed: &Probed) -> Option<OrgError> {
    let of_kind = |failed: bool| {
        let mut outcomes = probed.probes.iter().map(|probe| &probe.outcome);
        outcomes.find_map(|outcome| match outcome {
            Tried::Failed(error) if failed => Some(error.clone()),
            Tried::Denied(error) if !failed => Some(error.clone()),
            _ => None,
        })
    };
    of_kind(true).or_else(|| of_kind(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::ErrorKind;

    #[test]
    fn a_failure_decides_on_the_exit_code_before_a_denial() {
        let mut probed = Probed::not_tried("x");
        assert_eq!(worst(&probed), None);
        let denied = OrgError::new(ErrorKind::AccessDenied, "no");
        probed.probes[0].outcome = Tried::Denied(denied.clone());
        assert_eq!(worst(&probed), Some(denied));
        let failed = OrgError::new(ErrorKind::Network, "no");
        probed.probes[1].outcome = Tried::Failed(failed.clone());
        assert_eq!(worst(&probed), Some(failed));
    }
}
