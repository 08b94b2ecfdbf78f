//! `orgscope simulate`: an organization of one's own, for any AWS client.

use std::io::{self, Write};
use std::time::Duration;

use super::Failure;
use crate::cli::SimulateOptions;
use crate::org::{ErrorKind, OrgError};
use crate::sim::{OUS_MAX, Organization, Settings, Shape, Simulator};

/// OUs per account, where only the number of accounts is given; about what grown ones have.
const ACCOUNTS_PER_UNIT: usize = 10;
/// Accounts, where only the number of OUs is given.
const ACCOUNTS: usize = 500;

/// Serves until it is interrupted.
pub(super) async fn run(options: &SimulateOptions) -> Result<(), Failure> {
    let simulator = Simulator::start(organization(options), settings(options))
        .await
        .map_err(|error| no_port(options.port, &error))?;
    announce(&simulator.url())?;
    interrupted()
        .await
        .map_err(|error| Failure::System("signals cannot be received", error))?;
    simulator.stop().await;
    Ok(())
}

fn organization(options: &SimulateOptions) -> Organization {
    let (accounts, organizational_units) = match (options.accounts, options.ous) {
        (None, None) => return Organization::demo(),
        (Some(accounts), None) => (accounts, (accounts / ACCOUNTS_PER_UNIT).min(OUS_MAX)),
        (None, Some(ous)) => (ACCOUNTS, ous),
        (Some(accounts), Some(ous)) => (accounts, ous),
    };
    Organization::generate(&Shape {
        accounts,
        organizational_units,
        seed: options.seed,
    })
}

fn settings(options: &SimulateOptions) -> Settings {
    Settings {
        port: options.port,
        latency: Duration::from_millis(options.latency),
        limits: options.limits.is_on(),
        paths: options.paths.is_on(),
        status_fields: options.status_fields,
        empty_pages: options.empty_pages.is_on(),
        caller: options.caller.clone(),
        faults: options.faults.clone(),
        speed: options.speed,
    }
}

/// Tells whoever started it, or a program that waits for the first line, how to get there.
///
/// It goes out in one piece, so that the URL's reader may close the pipe behind the first line.
fn announce(url: &str) -> io::Result<()> {
    let announcement = format!(
        "\
{url}

In another terminal, for example:
  export AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_REGION=us-east-1
  orgscope
  aws organizations list-roots
"
    );
    let mut out = io::stdout().lock();
    out.write_all(announcement.as_bytes())?;
    out.flush()
}

fn no_port(port: u16, error: &io::Error) -> OrgError {
    OrgError::new(
        ErrorKind::Network,
        format!("port {port} on 127.0.0.1 cannot be had: {error}"),
    )
    .with_hint("--port 0 takes a free one")
}

#[cfg(unix)]
async fn interrupted() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
