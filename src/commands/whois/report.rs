//! What `whois` found, what is not there, and what could not be read, each told for itself.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::cards::{line, records, write_card, write_owner};
use super::find::{Finder, each_once, missing, missing_from};
use super::ids;
use crate::cli::GlobalOptions;
use crate::commands::Failure;
use crate::commands::cached::{age, tell};
use crate::commands::export::{escape, write_json_lines};
use crate::commands::table::write_table;
use crate::config::{Config, Details};
use crate::org::{ErrorKind, NodeIx, NodeRecord, OrgError, visible};

/// Of what is not there, so many are named in the sentence at the end: any number of twelve digits
/// in a log looks like an id.
const MOST_NAMED: usize = 10;

/// The answers so far.
#[derive(Default)]
pub(super) struct Report {
    /// Ids of what was found.
    pub(super) found: Vec<String>,
    /// Ids without an answer.
    without: Vec<Without>,
    missing: Vec<OrgError>,
    failed: Vec<OrgError>,
    /// Why a filter may have found too little.
    pub(super) gaps: Vec<OrgError>,
    /// Whether words that accounts have were not looked for in OUs.
    pub(super) skipped_units: bool,
    /// Whether the answers are from the cache, which does not know what is new.
    offline: bool,
}

/// An id that nothing is told of.
#[derive(Serialize)]
struct Without {
    id: String,
    /// `Some(false)` where the organization has no such id, which a cache cannot tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<bool>,
    /// Why nobody knows whether it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Report {
    pub(super) fn of(finder: &Finder<'_>) -> Self {
        Self {
            offline: finder.offline,
            ..Self::default()
        }
    }

    /// A name or filter means nothing that is there.
    pub(super) fn found_nothing(&mut self, sentence: String) {
        self.missing
            .push(OrgError::new(ErrorKind::NotFound, sentence));
    }

    /// An id is not there, or it could not be read.
    pub(super) fn fail(&mut self, id: &str, error: OrgError) {
        let is_missing = error.kind == ErrorKind::NotFound;
        let (found, why) = match (is_missing, self.offline) {
            (true, false) => (Some(false), None),
            (true, true) => (None, Some(missing_from(true).to_owned())),
            (false, _) => (None, Some(error.to_string())),
        };
        self.without.push(Without {
            id: id.to_owned(),
            found,
            error: why,
        });
        if is_missing {
            // The service's own words name no id.
            self.missing.push(missing(id, self.offline));
        } else {
            self.failed.push(error);
        }
    }

    /// All that is known of each, and last its owner: by its tags, which are read only when the first
    /// answer is printed. Where they could not be read, that is told, and fails nothing: what was
    /// asked for was found.
    pub(super) async fn print(
        mut self,
        finder: &mut Finder<'_>,
        global: &GlobalOptions,
        json: bool,
    ) -> Result<(), Failure> {
        let mut out = BufWriter::new(io::stdout());
        let nodes = self.nodes(finder);
        let ids = ids(finder, &nodes);
        finder.tags.ask(ids.iter());
        if json {
            for id in &ids {
                finder.tags.wait_for(id).await;
            }
            let records = records(finder, &nodes).map(|record| match finder.tags.of(record.id) {
                None => record,
                Some(tags) => record.with_tags(tags.ok()),
            });
            self.write_json(&mut out, records)?;
            for error in unread_tags(finder, &nodes) {
                tell(&format!(
                    "tags are null where they could not be read: {error}"
                ));
            }
        } else {
            write_cards(&mut out, finder, &nodes, &owner_keys(global)).await?;
            if !nodes.is_empty() && !self.without.is_empty() {
                writeln!(out)?;
            }
            for one in &self.without {
                writeln!(out, "{} {}", visible(&one.id), one.reason())?;
            }
        }
        out.flush()?;
        tell_of_names(finder, &nodes);
        if self.skipped_units {
            tell(
                "OUs were not searched, since accounts matched and no cache knows the OUs; \
                 opening the explorer keeps one",
            );
        }
        self.verdict()
    }

    /// A line for each.
    pub(super) fn list(mut self, finder: &Finder<'_>, json: bool) -> Result<(), Failure> {
        let mut out = BufWriter::new(io::stdout().lock());
        let nodes = self.nodes(finder);
        if json {
            self.write_json(&mut out, records(finder, &nodes))?;
        } else {
            let known = records(finder, &nodes).map(|record| line(finder, &record));
            let unknown = self.without.iter().map(|one| {
                let cells = [one.id.clone(), one.reason().to_owned()];
                let [id, reason] = cells.map(|cell| visible(&cell).into_owned());
                [id, reason, String::new(), String::new()]
            });
            let rows: Vec<_> = known.chain(unknown).collect();
            write_table(&mut out, &rows)?;
        }
        out.flush()?;
        tell_of_names(finder, &nodes);
        self.verdict()
    }

    /// What is to be printed. Of what has no known place, something is missing.
    fn nodes(&mut self, finder: &Finder<'_>) -> Vec<NodeIx> {
        let mut seen = BTreeSet::new();
        let ids: Vec<&String> = self.found.iter().filter(|id| seen.insert(*id)).collect();
        let lost = ids.iter().filter_map(|id| finder.lost.get(*id));
        self.gaps.extend(each_once(lost).into_iter().cloned());
        ids.iter().filter_map(|id| finder.tree.find(id)).collect()
    }

    fn write_json<'a>(
        &self,
        out: &mut impl Write,
        records: impl Iterator<Item = NodeRecord<'a>>,
    ) -> io::Result<()> {
        write_json_lines(out, records)?;
        for one in &self.without {
            let json = serde_json::to_string(one)?;
            writeln!(out, "{}", escape(&json))?;
        }
        Ok(())
    }

    /// Whether that was all that was asked for; what failed decides before what is not there.
    pub(super) fn verdict(mut self) -> Result<(), Failure> {
        let more = self.missing.len().saturating_sub(MOST_NAMED);
        let missing = self.missing.into_iter().map(|it| it.message);
        let mut missing: Vec<String> = missing.take(MOST_NAMED).collect();
        if more > 0 {
            missing.push(format!("nor are {more} more"));
        }
        let missing = missing.join("; ");
        let Some(error) = self.failed.pop() else {
            return match (self.gaps.is_empty(), missing.is_empty()) {
                (true, true) => Ok(()),
                (true, false) => Err(OrgError::new(ErrorKind::NotFound, missing).into()),
                (false, nothing_missing) => {
                    if !nothing_missing {
                        tell(&missing);
                    }
                    Err(Failure::Incomplete(self.gaps))
                }
            };
        };
        let others = self.failed.iter().chain(&self.gaps);
        let mut others: BTreeSet<String> = others.map(ToString::to_string).collect();
        others.remove(&error.to_string());
        others.extend(Some(missing).filter(|missing| !missing.is_empty()));
        for other in &others {
            tell(other);
        }
        Err(error.into())
    }
}

/// A card of each, an empty line between two, each as soon as it can be read: its owner may come
/// late or never.
async fn write_cards(
    out: &mut impl Write,
    finder: &mut Finder<'_>,
    nodes: &[NodeIx],
    owner_keys: &[String],
) -> io::Result<()> {
    for (at, (ix, id)) in nodes.iter().zip(ids(finder, nodes)).enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        write_card(out, finder, *ix)?;
        if finder.tags.are_coming(&id) {
            out.flush()?;
            finder.tags.wait_for(&id).await;
        }
        write_owner(out, finder, &id, owner_keys)?;
    }
    Ok(())
}

/// Says how old the names of the OUs and of the root in what was printed are, where they are from the
/// cache, and why ids stand for some of them.
fn tell_of_names(finder: &Finder<'_>, printed: &[NodeIx]) {
    let why = finder.why_nameless(printed).into_iter();
    let why = why.map(|error| match error.permission() {
        Some(permission) => format!("the permission {permission} is missing"),
        None => error.to_string(),
    });
    let why: Vec<String> = why.collect();
    if !why.is_empty() {
        let why = why.join("; ");
        tell(&format!(
            "ids stand for names that could not be read: {why}"
        ));
    }
    if let Some(cache) = finder.named_by.as_ref().filter(|_| !printed.is_empty()) {
        tell(&format!("names of OUs are from the cache: {}", age(cache)));
    }
}

/// The keys of tags that name an owner. A broken configuration keeps nobody from the answer.
fn owner_keys(global: &GlobalOptions) -> Vec<String> {
    match Config::load(global.config.as_deref()) {
        Ok(config) => config.details.owner_tags,
        Err(error) => {
            tell(&error.to_string());
            Details::default().owner_tags
        }
    }
}

/// Why tags of these could not be read; each names its own request, and most say the same.
fn unread_tags<'a>(finder: &'a Finder<'_>, nodes: &[NodeIx]) -> Vec<&'a OrgError> {
    let nodes = nodes.iter().filter_map(|ix| finder.tree.get(*ix));
    each_once(nodes.filter_map(|node| finder.tags.of(node.id())?.err()))
}

impl Without {
    fn reason(&self) -> &str {
        self.error.as_deref().unwrap_or(missing_from(false))
    }
}
