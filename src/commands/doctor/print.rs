//! The report as text and as JSON, harmless for a terminal.

use std::io::{self, Write};

use super::super::export::escape;
use super::paths::Place;
use super::{Read, Report};
use crate::org::visible;

/// One JSON object.
pub(super) fn json(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    writeln!(out, "{}", escape(&json))?;
    out.flush()
}

/// What is known without trying every read: a paragraph for each part, a line for each fact.
pub(super) fn first(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let mut lines = vec![format!("orgscope {}", report.version)];
    if !report.problems.is_empty() {
        lines.extend(heading("Problem"));
        lines.extend(report.problems.iter().map(|problem| format!("  {problem}")));
    }
    lines.extend(identity(report));
    lines.extend(connection(report));
    print(out, &lines)
}

/// The other parts.
pub(super) fn rest(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let mut lines = reads(report);
    lines.extend(clock(report));
    lines.extend(terminal(report));
    lines.extend(paths(report));
    print(out, &lines)
}

fn print(out: &mut impl Write, lines: &[String]) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{}", visible(line))?;
    }
    out.flush()
}

fn heading(name: &str) -> [String; 2] {
    [String::new(), name.to_owned()]
}

fn fact(name: &str, value: &str) -> String {
    format!("  {name:<18} {value}")
}

fn known(value: Option<&String>) -> &str {
    value.map_or("not known", String::as_str)
}

fn identity(report: &Report) -> Vec<String> {
    let who = &report.identity;
    let mut lines = heading("Identity").to_vec();
    lines.push(fact("account", known(who.account.as_ref())));
    lines.push(fact("caller", known(who.arn.as_ref())));
    lines.push(fact("organization", known(who.organization.as_ref())));
    lines.push(fact("role", who.role.unwrap_or("not known")));
    if let Some(management) = &who.management_account {
        lines.push(fact("management account", management));
    }
    if let Some(set) = &who.feature_set {
        lines.push(fact("feature set", set));
    }
    lines
}

fn connection(report: &Report) -> Vec<String> {
    let way = &report.connection;
    let mut lines = heading("Connection").to_vec();
    if way.error.is_some() {
        lines.push(fact("not known", "for the reason above"));
        return lines;
    }
    let by = |value: &str, from: Option<&String>| match from {
        Some(from) => format!("{value} (chosen by {from})"),
        None => value.to_owned(),
    };
    if let Some(profile) = &way.profile {
        lines.push(fact("profile", profile));
    }
    lines.push(fact("credentials", known(way.credentials.as_ref())));
    let region = by(known(way.region.as_ref()), way.region_from.as_ref());
    lines.push(fact("region", &region));
    let endpoint = way.endpoint.as_deref().unwrap_or("AWS's own");
    lines.push(fact("endpoint", &by(endpoint, way.endpoint_from.as_ref())));
    lines
}

fn reads(report: &Report) -> Vec<String> {
    let reads = &report.reads;
    let allowed = reads.iter().filter(|read| read.result == "allowed").count();
    let mut lines = heading(&format!("Reads: {allowed} of {} allowed", reads.len())).to_vec();
    let longest = reads.iter().map(|read| read.operation.len()).max();
    let width = longest.unwrap_or_default();
    let common = common_reason(reads);
    let is_above = |why: &str| report.problems.iter().any(|it| it.contains(why));
    let mut told: Vec<&str> = Vec::new();
    for read in reads {
        if common.is_some() && read.result == "not tried" && read.why.as_deref() == common {
            continue;
        }
        let note = match (read.result, &read.permission, &read.why) {
            ("allowed", ..) => read.purpose.to_owned(),
            ("denied", Some(permission), _) => format!("{permission} is missing"),
            (_, _, Some(why)) if is_above(why) => "for the reason above".to_owned(),
            (_, _, Some(why)) if told.contains(&why.as_str()) => "for the same reason".to_owned(),
            (_, _, why) => {
                told.extend(why.as_deref());
                why.clone().unwrap_or_default()
            }
        };
        let (operation, result) = (read.operation, read.result);
        lines.push(format!("  {result:<9}  {operation:<width$}  {note}"));
    }
    if let Some(why) = common {
        let rest = if lines.len() == 2 {
            "any of them"
        } else {
            "any other"
        };
        // The operation that failed is named in front of its reason.
        let reason = why
            .split_once(" failed: ")
            .map_or(why, |(_, reason)| reason);
        let why = if is_above(reason) {
            "for the reason above"
        } else {
            why
        };
        lines.push(format!("  not tried  {rest}: {why}"));
    }
    lines
}

/// Why most of them were not tried, where that is one reason: it need not be said for each.
fn common_reason(reads: &[Read]) -> Option<&str> {
    let mut reasons = reads.iter().filter_map(|read| match read.result {
        "not tried" => read.why.as_deref(),
        _ => None,
    });
    let first = reasons.next()?;
    let same = 1 + reasons.filter(|why| *why == first).count();
    (same * 2 > reads.len()).then_some(first)
}

fn clock(report: &Report) -> Vec<String> {
    let mut lines = heading("Clock").to_vec();
    let told = match report.clock.ahead_seconds {
        None => "not known: no answer told its date".to_owned(),
        // The service tells whole seconds, and the answer took its time.
        Some(-2..=2) => "agrees with the service's".to_owned(),
        Some(seconds) => {
            let way = if seconds > 0 { "ahead of" } else { "behind" };
            format!("{} s {way} the service's", seconds.abs())
        }
    };
    lines.push(fact("this machine", &told));
    if report.clock.is_off == Some(true) {
        let advice = "the service refuses requests that are signed more than 5 minutes off";
        lines.push(fact("problem", advice));
    }
    lines
}

fn terminal(report: &Report) -> Vec<String> {
    let terminal = &report.terminal;
    let mut lines = heading("Terminal").to_vec();
    let size = match (terminal.columns, terminal.rows) {
        (Some(columns), Some(rows)) => format!("{columns}x{rows}"),
        _ if terminal.is_there => "not known".to_owned(),
        _ => "standard output is no terminal".to_owned(),
    };
    lines.push(fact("size", &size));
    lines.push(fact("TERM", known(terminal.term.as_ref())));
    if let Some(program) = &terminal.program {
        lines.push(fact("program", program));
    }
    let colors = format!("{} (from {})", terminal.colors, terminal.colors_from);
    lines.push(fact("colours", &colors));
    let letters = if terminal.is_utf8 {
        "UTF-8"
    } else {
        "not UTF-8: --ascii draws with ASCII characters only"
    };
    lines.push(fact("locale", letters));
    let yes = |is: bool| if is { "yes" } else { "no" };
    lines.push(fact("over SSH", yes(terminal.over_ssh)));
    lines.push(fact(
        "inside",
        terminal.inside.unwrap_or("neither tmux nor screen"),
    ));
    lines.push(fact("clipboard", &terminal.clipboard));
    lines
}

fn paths(report: &Report) -> Vec<String> {
    let mut lines = heading("Paths").to_vec();
    lines.extend(report.paths.iter().map(place));
    for kept in &report.caches {
        let state = match (&kept.error, &kept.age) {
            (Some(error), _) => format!("cannot be used: {error}"),
            (None, age) => format!("as it was read {}", age.as_deref().unwrap_or_default()),
        };
        lines.push(fact("in the cache", &format!("{} ({state})", kept.name)));
    }
    if report.caches.is_empty() {
        lines.push(fact(
            "in the cache",
            "nothing: --offline has nothing to show",
        ));
    }
    if let Some(read_only) = report.configuration.read_only {
        let mode = if read_only {
            "nothing can be changed: read-only"
        } else {
            "changes are possible, each is asked first"
        };
        lines.push(fact("mode", mode));
    }
    lines
}

fn place(place: &Place) -> String {
    let Some(path) = &place.path else {
        return fact(place.what, "no home folder");
    };
    let state = match (&place.error, &place.mode) {
        (Some(error), _) => error.clone(),
        (None, Some(mode)) if place.is_open_to_others => {
            format!("mode {mode}, others can read or change it")
        }
        (None, Some(mode)) => format!("mode {mode}"),
        (None, None) if place.exists => "there".to_owned(),
        (None, None) => "not there yet".to_owned(),
    };
    fact(place.what, &format!("{path} ({state})"))
}
