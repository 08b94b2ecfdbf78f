//! `orgscope doctor`: who and where we are, which reads are allowed, what the terminal can do, and
//! where everything is kept. It holds no keys, no tokens, and nothing else that is secret.

mod paths;
mod print;
mod terminal;

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use serde::Serialize;

use super::{Failure, Target, configured, exit_code};
use crate::aws::{self, Limiter, Probed, Tried};
use crate::cli::{DoctorOptions, GlobalOptions};
use crate::org::{ErrorKind, Identity, OrgError, shown_endpoint};

use self::paths::Place;
use self::terminal::Terminal;

/// Everything that is told. Absent values are null in JSON.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    identity: Who,
    connection: Way,
    reads: Vec<Read>,
    clock: Clock,
    terminal: Terminal,
    paths: Vec<Place>,
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

/// The configuration file's content.
#[derive(Debug, Serialize)]
struct Configuration {
    read_only: Option<bool>,
    error: Option<String>,
}

/// Requests that are signed for a time further off are refused. Source: IAM User Guide,
/// "Troubleshoot Signature Version 4 requests".
const TOLERANCE_SECONDS: i64 = 300;

/// Finds out everything and prints it.
pub(super) async fn run(
    global: &GlobalOptions,
    options: &DoctorOptions,
) -> Result<ExitCode, Failure> {
    let (mut way, chosen) = way(global).await;
    let mut failed = chosen.err();
    let (who, probed) = match Target::open(global, true).await {
        Ok(target) => {
            if global.demo {
                way.endpoint.clone_from(&target.connection.endpoint);
                way.region = Some(target.connection.region.clone());
            }
            examine(&target).await
        }
        Err(error) => {
            let who = Who {
                error: Some(error.to_string()),
                ..Who::default()
            };
            let probed = Probed::not_tried(&error.message);
            if !global.offline {
                failed.get_or_insert(error);
            }
            (who, probed)
        }
    };
    let (configuration, fault) = match configured(global) {
        Ok((_, mode)) => (Some(!mode.write), None),
        Err(error) => (None, Some(error)),
    };
    let ahead_seconds = probed.clock_ahead.map(|ahead| ahead.as_secs());
    let worst = failed.or_else(|| worst(&probed)).or_else(|| fault.clone());
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        identity: who,
        connection: way,
        reads: probed.probes.into_iter().map(read).collect(),
        clock: Clock {
            ahead_seconds,
            is_off: ahead_seconds.map(|seconds| seconds.abs() > TOLERANCE_SECONDS),
        },
        terminal: Terminal::examine().await,
        paths: paths::all(global),
        configuration: Configuration {
            read_only: configuration,
            error: fault.map(|error| error.to_string()),
        },
    };
    let mut out = BufWriter::new(io::stdout().lock());
    if options.json {
        print::json(&mut out, &report)?;
    } else {
        print::text(&mut out, &report)?;
    }
    out.flush()?;
    Ok(worst.map_or(ExitCode::SUCCESS, |error| exit_code(error.kind)))
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

async fn examine(target: &Target) -> (Who, Probed) {
    let identity = aws::identify(&target.connection).await;
    let probed = match &identity.organization {
        // Whoever waited for that need not wait for the others too.
        Err(error) if error.kind == ErrorKind::Network => Probed::unreachable(error),
        _ => {
            let account = identity.caller.as_ref().map(|it| it.account_id.as_str());
            aws::probe(&target.connection, &Limiter::published(), account).await
        }
    };
    (who(identity, &probed), probed)
}

fn who(identity: Identity, probed: &Probed) -> Who {
    let (account, arn) = identity.caller.map(|it| (it.account_id, it.arn)).unzip();
    let organization = match identity.organization {
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
