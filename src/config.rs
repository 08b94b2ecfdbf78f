//! The configuration file, `orgscope/config.toml` in the XDG configuration folder, and what it
//! decides together with the command line and the environment.
//!
//! `assets/config.toml` documents every key with its default.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs};
use serde::de;
use serde::{Deserialize, Deserializer};

use crate::org::{ErrorKind, Figures, OrgError, ProtectRules, Query, SavedQueries};

/// Everything that can be configured; what the file does not name keeps its default.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether nothing may be changed. The environment and the command line win.
    pub read_only: bool,
    /// Accounts that are never closed or removed.
    pub protect: ProtectRules,
    /// How closures are sent and watched.
    pub closures: Figures,
    /// What to tell the user of.
    pub notify: Notify,
    /// Filters by name, which `@name` stands for in a filter.
    #[serde(deserialize_with = "saved_queries")]
    pub filters: SavedQueries,
    /// What the details show.
    pub details: Details,
}

/// Reads each by itself, so that an error has its line.
fn saved_queries<'de, D: Deserializer<'de>>(from: D) -> Result<SavedQueries, D::Error> {
    let saved = BTreeMap::<String, Saved>::deserialize(from)?;
    Ok(saved
        .into_iter()
        .map(|(name, Saved(query))| (name, query))
        .collect())
}

struct Saved(Query);

impl<'de> Deserialize<'de> for Saved {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let query = Query::parse(&text, &SavedQueries::new()).map_err(de::Error::custom)?;
        if query.is_empty() {
            return Err(de::Error::custom("there is nothing to filter by"));
        }
        Ok(Self(query))
    }
}

/// What the details of an account, an OU or the root show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Details {
    /// The keys of the tags that name an owner, and of tags with a similar key.
    pub owner_tags: Vec<String>,
}

impl Default for Details {
    fn default() -> Self {
        Self {
            owner_tags: ["Owner", "Team", "CostCenter", "Contact"]
                .map(str::to_owned)
                .into(),
        }
    }
}

/// What to tell the user of when a closure has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Ring the terminal's bell once.
    pub bell: bool,
    /// Say it in the status line.
    pub notice: bool,
}

impl Default for Notify {
    fn default() -> Self {
        Self {
            bell: true,
            notice: true,
        }
    }
}

impl Config {
    /// Reads this file, or else the one in the XDG configuration folder, which need not exist.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], naming the file, and where it can be told the line and the key.
    pub fn load(file: Option<&Path>) -> Result<Self, OrgError> {
        let default = if file.is_none() { default_file() } else { None };
        let Some(path) = file.or(default.as_deref()) else {
            return Ok(Self::default());
        };
        match fs::read_to_string(path) {
            Ok(text) => {
                Self::parse(&text).map_err(|fault| usage(&format!("{}{fault}", path.display())))
            }
            Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(usage(&format!(
                "the configuration {} cannot be read: {error}",
                path.display()
            ))),
        }
    }

    /// Reads the text of a file; the error begins with `, line 3, at_once: `.
    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let place = error
                .span()
                .map_or(String::new(), |span| place(text, &span));
            format!("{place}: {}", error.message().replace('\n', "; "))
        })?;
        config.check().map_err(|fault| format!(": {fault}"))?;
        Ok(config)
    }

    /// What each value by itself cannot tell.
    fn check(&self) -> Result<(), String> {
        let Figures {
            poll_every,
            poll_at_most_every,
            ..
        } = self.closures;
        if poll_at_most_every < poll_every {
            return Err("[closures] poll_at_most_every must not be less than poll_every".into());
        }
        let twelve_digits = |id: &&String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
        if let Some(id) = self.protect.accounts.iter().find(|id| !twelve_digits(id)) {
            return Err(format!(
                "[protect] accounts: `{id}` is no account id, which has twelve digits"
            ));
        }
        let is_name = |name: &&String| {
            let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            !name.is_empty() && name.chars().all(letter)
        };
        if let Some(name) = self.filters.keys().find(|name| !is_name(name)) {
            return Err(format!(
                "[filters] `{name}`: a name has letters, digits, - and _ only"
            ));
        }
        if self
            .protect
            .tags
            .iter()
            .any(|rule| rule.trim().is_empty() || rule.starts_with('='))
        {
            return Err("[protect] tags: a rule is `key` or `key=value`".into());
        }
        Ok(())
    }
}

/// `orgscope/config.toml` in the XDG configuration folder, on every system; `None` without a home
/// folder.
#[must_use]
pub fn default_file() -> Option<PathBuf> {
    let strategy = etcetera::app_strategy::Xdg::new(AppStrategyArgs {
        app_name: "orgscope".to_owned(),
        ..AppStrategyArgs::default()
    });
    Some(strategy.ok()?.in_config_dir("config.toml"))
}

/// The line of a fault and, where there is one, the key on it or before it.
fn place(text: &str, span: &Range<usize>) -> String {
    let start = (0..=span.start.min(text.len())).rev();
    let start = start.into_iter().find(|at| text.is_char_boundary(*at));
    let before = &text[..start.unwrap_or(0)];
    let number = before.matches('\n').count() + 1;
    let key = text.lines().take(number).collect::<Vec<_>>();
    let key = key.iter().rev().find_map(|line| {
        let (key, _) = line.split_once('=')?;
        let key = key.trim();
        (!key.starts_with(['#', '"', '\'', '['])).then(|| format!(", {key}"))
    });
    format!(", line {number}{}", key.unwrap_or_default())
}

fn usage(message: &str) -> OrgError {
    OrgError::new(ErrorKind::Usage, message)
}

/// Whether changes are allowed, as far as the user decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mode {
    /// Whether they are. A caller outside of the management account changes nothing all the same.
    pub write: bool,
    /// What decided.
    pub decided_by: DecidedBy,
}

/// What decided whether changes are allowed. The first in this order that says anything wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecidedBy {
    /// `--read-only` or `--write`.
    Flag,
    /// `ORGSCOPE_READ_ONLY`.
    Environment,
    /// `read_only` in the configuration file.
    File,
    /// Nothing said anything.
    #[default]
    Default,
}

impl Mode {
    /// The flag (`Some(true)` for `--read-only`, `Some(false)` for `--write`), else the value of
    /// `ORGSCOPE_READ_ONLY`, else the file, else changes are allowed.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where the value of `ORGSCOPE_READ_ONLY` says neither yes nor no: a
    /// mistyped one must not allow what it was meant to forbid, whatever the flags say.
    pub fn resolve(
        flag: Option<bool>,
        variable: Option<&str>,
        config: &Config,
    ) -> Result<Self, OrgError> {
        let by_variable = match variable.map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("1" | "true" | "yes") => Some(true),
            Some("" | "0" | "false" | "no") => Some(false),
            Some(other) => {
                let message = format!("ORGSCOPE_READ_ONLY is `{other}`; 1 or 0 is needed");
                return Err(usage(&message));
            }
        };
        let (read_only, decided_by) = match (flag, by_variable) {
            (Some(flag), _) => (flag, DecidedBy::Flag),
            (None, Some(variable)) => (variable, DecidedBy::Environment),
            (None, None) if config.read_only => (true, DecidedBy::File),
            (None, None) => (false, DecidedBy::Default),
        };
        Ok(Self {
            write: !read_only,
            decided_by,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fault(text: &str) -> String {
        Config::parse(text).unwrap_err()
    }

    #[test]
    fn the_documented_configuration_is_the_default() {
        let documented = include_str!("../assets/config.toml");
        assert_eq!(Config::parse(documented), Ok(Config::default()));
        // Nothing that can be configured is missing from it.
        let set: Vec<&str> = documented
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| Some(line.split_once(" = ")?.0))
            .collect();
        for key in [
            "read_only",
            "accounts",
            "tags",
            "poll_every",
            "poll_at_most_every",
            "sweep_every",
            "settles_within",
            "agree_for",
            "send_every",
            "wait_when_refused",
            "at_once",
            "bell",
            "notice",
            "owner_tags",
        ] {
            assert!(set.contains(&key), "{key}");
        }
        assert_eq!(set.len(), 14, "{set:?}");
    }

    #[test]
    fn an_empty_file_is_the_default_and_a_partial_one_keeps_the_rest() {
        assert_eq!(Config::parse(""), Ok(Config::default()));
        let text = "[protect]\naccounts = ['012345678901']\n[closures]\nsend_every = 0.05\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.protect.tags, ["orgscope:protect"]);
        assert_eq!(config.closures.send_every, Duration::from_millis(50));
        assert_eq!(config.closures.at_once, 3);
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_named_with_their_line() {
        for (text, start, word) in [
            (
                "# x\nread_onyl = true\n",
                ", line 2, read_onyl: ",
                "unknown field",
            ),
            (
                "read_only = 'yes'\n",
                ", line 1, read_only: ",
                "invalid type",
            ),
            ("\n[closure]\nat_once = 1\n", ", line 2: ", "unknown field"),
            (
                "[closures]\npoll = 3\n",
                ", line 2, poll: ",
                "unknown field",
            ),
            ("[notify]\n\nbell = 1\n", ", line 3, bell: ", "invalid type"),
            (
                "[protect]\naccounts = [\n  '012345678901',\n  12,\n]\n",
                ", line 4, accounts: ",
                "invalid type",
            ),
            ("[closures]\nat_once = \n", ", line 2, at_once: ", ""),
            (
                "read_only = true\nread_only = true\n",
                ", line 2, read_only: ",
                "duplicate key",
            ),
        ] {
            let fault = fault(text);
            assert!(
                fault.starts_with(start) && fault.contains(word),
                "{text:?}: {fault}"
            );
            assert!(!fault.contains('\n'), "{fault:?}");
        }
    }

    #[test]
    fn values_that_make_no_sense_are_refused_with_the_reason() {
        for (text, reason) in [
            (
                "[closures]\nsend_every = 0",
                ", line 2, send_every: more than 0 and at most 86400 seconds are needed",
            ),
            ("[closures]\nsend_every = -1", "more than 0"),
            ("[closures]\npoll_every = nan", "more than 0"),
            ("[closures]\nsweep_every = inf", "more than 0"),
            (
                "[closures]\nsettles_within = 1e300",
                "at most 86400 seconds",
            ),
            ("[closures]\nagree_for = 1e-12", "more than 0"),
            (
                "[closures]\nat_once = 0",
                ", line 2, at_once: the service allows 1 to 3",
            ),
            ("[closures]\nat_once = 4", "the service allows 1 to 3"),
            (
                "[closures]\npoll_every = 30\npoll_at_most_every = 20",
                "poll_at_most_every must not",
            ),
            (
                "[protect]\naccounts = ['12345678901']",
                "`12345678901` is no account id",
            ),
            ("[protect]\ntags = ['']", "a rule is `key` or `key=value`"),
            ("[protect]\ntags = ['=x']", "a rule is `key` or `key=value`"),
            (
                "[filters]\nprod = 'ou:Prod'\nold = 'state:foo'",
                ", line 3, old: at 7: no state begins with \"foo\"",
            ),
            (
                "[filters]\nopen = 'ou:\"x'",
                ", line 2, open: at 4: this quote",
            ),
            ("[filters]\nnone = ''", "there is nothing to filter by"),
            ("[filters]\n'a b' = 'x'", "`a b`: a name has letters"),
        ] {
            let fault = fault(text);
            assert!(fault.contains(reason), "{text:?}: {fault}");
        }
    }

    #[test]
    fn a_missing_file_is_fine_unless_it_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.toml");
        let error = Config::load(Some(&missing)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage);
        assert!(error.message.contains("none.toml"), "{error}");
        let error = Config::load(Some(folder.path())).unwrap_err();
        assert!(error.message.contains("cannot be read"), "{error}");
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file = |read_only| Config {
            read_only,
            ..Config::default()
        };
        for (flag, variable, in_file, write, decided_by) in [
            (None, None, false, true, DecidedBy::Default),
            (None, None, true, false, DecidedBy::File),
            (None, Some("1"), false, false, DecidedBy::Environment),
            (None, Some("TRUE"), false, false, DecidedBy::Environment),
            (None, Some("yes"), false, false, DecidedBy::Environment),
            (None, Some("0"), true, true, DecidedBy::Environment),
            (None, Some(""), true, true, DecidedBy::Environment),
            (Some(true), Some("0"), false, false, DecidedBy::Flag),
            (Some(false), Some("1"), true, true, DecidedBy::Flag),
        ] {
            let mode = Mode::resolve(flag, variable, &file(in_file)).unwrap();
            assert_eq!(mode, Mode { write, decided_by }, "{flag:?} {variable:?}");
        }
        for mistyped in ["ture", "2", " 1", "on"] {
            let error = Mode::resolve(None, Some(mistyped), &file(false)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Usage);
            assert!(Mode::resolve(Some(false), Some(mistyped), &file(false)).is_err());
        }
    }
}
