//! The options of `orgscope simulate`.

use clap::{Args, ValueEnum};

use crate::sim::{Caller, Faults, StatusFields};

/// Options of `simulate`.
#[derive(Debug, Clone, Args)]
#[command(after_help = FAULTS)]
pub struct SimulateOptions {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Make an organization of this many accounts (at most 50000) instead of the demo's
    #[arg(long, value_name = "N", value_parser = at_most(1, 50_000))]
    pub accounts: Option<usize>,
    /// Make an organization of this many OUs (at most 2000) instead of the demo's
    #[arg(long, value_name = "N", value_parser = at_most(0, 2_000))]
    pub ous: Option<usize>,
    /// Another seed makes another organization of the same size
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How long every answer takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// Whether the published request limits hold
    #[arg(
        long,
        value_name = "on|off",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub limits: Switch,
    /// Whether accounts and OUs tell their paths
    #[arg(
        long,
        value_name = "on|off",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub paths: Switch,
    /// Whether some pages of listings are empty
    #[arg(
        long,
        value_name = "on|off",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub empty_pages: Switch,
    /// Which fields tell an account's state: state, both or status
    #[arg(long, value_name = "FIELDS", default_value = "state")]
    pub status_fields: StatusFields,
    /// Who is asking: management, delegated, member, outsider or an account id
    #[arg(long, default_value = "management")]
    pub caller: Caller,
    /// What shall go wrong
    #[arg(
        long,
        value_name = "RULES",
        default_value = "",
        hide_default_value = true
    )]
    pub faults: Faults,
    /// Simulated seconds per second, for closures and creations; a closure takes ten minutes of them
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}

const FAULTS: &str = "\
Rules of --faults, separated by commas:
  OPERATION:KIND[:p=PROBABILITY][:n=TIMES][:skip=TIMES][:match=TEXT][:after]
  OPERATION is a name or *; KIND is one of latency=MS, throttle, 500, 503, reset, drop, truncate,
  cut, hang, null, expired, deny, empty, loop, error=CODE, error=CODE/REASON
  throttle, 500, 503, drop, expired, deny and error keep the request from being carried out,
  unless :after is given; the others strike the answer of a request that was carried out
  e.g. ListAccounts:throttle:p=0.1,*:500:n=3";

/// A factor that a clock can run at; 0 stands still.
fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if (0.0..=MAX_SPEED).contains(&factor) => Ok(factor),
        _ => Err(format!("a number from 0 to {MAX_SPEED} is needed")),
    }
}

/// A day a second.
const MAX_SPEED: f64 = 86_400.0;

/// A number in this range, both ends included.
fn at_most(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("a number from {least} to {most} is needed")),
    }
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is.
    #[default]
    On,
    /// It is not.
    Off,
}

impl Switch {
    /// Whether it is on.
    #[must_use]
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Cli;

    #[test]
    fn a_simulated_clock_runs_forwards_and_not_faster_than_a_day_a_second() {
        let parse = |speed: &str| Cli::try_parse_from(["orgscope", "simulate", "--speed", speed]);
        for speed in ["0", "0.5", "60", "86400"] {
            assert!(parse(speed).is_ok(), "{speed}");
        }
        for speed in ["86401", "NaN", "inf", "fast"] {
            let refused = parse(speed).unwrap_err().to_string();
            assert!(refused.contains("from 0 to 86400"), "{refused}");
        }
    }
}
