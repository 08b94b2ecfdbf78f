//! No command: the explorer itself.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;

use super::cached::Cached;
use super::{Failure, Target, configured, parse_query, variable};
use crate::app::Session;
use crate::aws::Connection;
use crate::cli::{Colors, GlobalOptions};
use crate::org::{ErrorKind, OrgError, Snapshot};
use crate::runtime::{self, Ended};
use crate::ui::theme::{Palette, Theme};

/// Connects on the user's own screen, then takes it.
pub(super) async fn run(
    options: &GlobalOptions,
    query: Option<String>,
) -> Result<ExitCode, Failure> {
    let (config, mode) = configured(options)?;
    if let Some(query) = &query {
        parse_query(query, &config)?;
    }
    needs_terminal()?;
    let cached = Cached::open(options).await;
    let start = start(options, &cached, !mode.write).await?;
    let (connection, is_demo) = (
        start.connection,
        start.target.as_ref().is_some_and(Target::is_demo),
    );
    let session = Session {
        profile: connection.profile.clone(),
        region: connection.region.clone(),
        endpoint: connection.endpoint.clone(),
        demo: is_demo,
        offline: options.offline,
        browser: has_browser(),
        write: mode.write,
        decided_by: mode.decided_by,
    };
    let look = runtime::Options {
        theme: Theme {
            palette: palette(options.colors),
            ascii: options.ascii,
        },
        mouse: !options.no_mouse,
        reconnect: (!is_demo && !options.offline).then(|| options.connect_options(!mode.write)),
        config,
        journals: start.target.as_ref().and_then(Target::journals),
        cache: cached
            .cache
            .filter(|_| !options.offline)
            .map(|cache| (cache, cached.key)),
        kept: start.kept.map(Arc::new),
        warning: start.warning,
        query,
    };
    let ended = Box::pin(runtime::run(connection, session, look))
        .await
        .map_err(Failure::Terminal)?;
    Ok(match ended {
        Ended::Quit => ExitCode::SUCCESS,
        // What a shell makes of a program that a signal ended.
        Ended::Signal(number) => ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX)),
    })
}

/// What the explorer begins with.
struct Start {
    connection: Connection,
    /// What the connection leads to; `None` where that is nowhere.
    target: Option<Target>,
    kept: Option<Snapshot>,
    warning: Option<String>,
}

/// Connects, and reads what was kept meanwhile: somebody may be asked for a code.
async fn start(
    options: &GlobalOptions,
    cached: &Cached,
    read_only: bool,
) -> Result<Start, OrgError> {
    if options.offline {
        return Ok(Start {
            kept: Some(cached.required().await?),
            connection: Connection::offline(cached.destination.clone()),
            target: None,
            warning: None,
        });
    }
    let (target, kept) = tokio::join!(Target::open(options, read_only), cached.snapshot());
    let (target, (kept, warning)) = match kept {
        Ok(kept) => (target?, (kept, None)),
        Err(error) => (target?, (None, Some(error.to_string()))),
    };
    Ok(Start {
        connection: target.connection.clone(),
        target: Some(target),
        kept,
        warning,
    })
}

/// A terminal at both ends, and one that understands more than text.
fn needs_terminal() -> Result<(), OrgError> {
    let dumb = variable("TERM").is_some_and(|term| term == "dumb");
    if !dumb && io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(
        OrgError::new(ErrorKind::Usage, "the explorer needs a terminal")
            .with_hint("orgscope export and orgscope tree print the organization without one"),
    )
}

/// Whether a page can be opened where the user sees it: not over SSH, and on a desktop.
fn has_browser() -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let remote = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]
        .into_iter()
        .any(is_set);
    let desktop =
        cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(is_set);
    desktop && !remote
}

/// The flag, else none where `NO_COLOR` is set (<https://no-color.org>), else what fits the
/// background that some terminals tell in `COLORFGBG`, else what fits most terminals.
fn palette(chosen: Option<Colors>) -> Palette {
    match chosen {
        Some(Colors::Dark) => Palette::Dark,
        Some(Colors::Light) => Palette::Light,
        Some(Colors::None) => Palette::Mono,
        None if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) => Palette::Mono,
        None => match variable("COLORFGBG")
            .as_deref()
            .and_then(|colors| colors.rsplit(';').next())
        {
            Some("7" | "15") => Palette::Light,
            _ => Palette::Dark,
        },
    }
}
