//! `orgscope whois`: which account or OU something is.
//!
//! An id is answered by a call for the account or OU, and one for its parent where the service sends
//! no `Paths`. Without a cache that knows the OUs above it, there are also one for the root and one
//! for each of these OUs, one more for each of them whose parent's list does not begin with it, and
//! without `Paths` one for the parent of each. Names are waited for only a little. Then it is
//! printed, and only then are its tags read, by one call for each account and OU that is printed in
//! full, all at once: they name the owner, who is told last. With `--json` they are waited for, since
//! a record is written whole.
//!
//! A part of a name or an email address is answered by reading all accounts. The whole organization
//! is read only for a filter that asks in which OU accounts are, and without a cache for a word that
//! no account has, which may be the name of an OU; where accounts have it, it is told that OUs were
//! not searched. A filter for tags reads those of the accounts
//! that its other terms leave.

mod cards;
mod find;
mod names;
mod parents;
mod report;
mod search;
mod tags;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufWriter, Read as _, Write as _};

use self::find::Finder;
use self::report::Report;
use super::cached::{Cached, age, tell};
use super::{Failure, Target, read_query};
use crate::aws::Connection;
use crate::cli::{GlobalOptions, WhoisOptions};
use crate::org::{
    ErrorKind, Mention, NodeIx, OrgError, Query, Wanted, digits_in, ids_in, mentions, visible,
};

/// Where to read the text from instead of the command line.
const STANDARD_INPUT: &str = "-";

/// How many digits an account id has. Source: Organizations API Reference, "Account".
const DIGITS: usize = 12;
/// One id in ten thousand begins with four zeros.
const FEWEST_DIGITS: usize = 8;

/// Finds what was asked for and prints it.
pub(super) async fn run(global: &GlobalOptions, options: &WhoisOptions) -> Result<(), Failure> {
    let reads_text = options.queries.iter().any(|query| query == STANDARD_INPUT);
    if (reads_text && options.queries.len() > 1) || (options.annotate && !reads_text) {
        let message = "text is read from standard input with - as the only query";
        return Err(OrgError::new(ErrorKind::Usage, message).into());
    }
    let queries = options.queries.iter().flat_map(|query| one_by_one(query));
    let asked = queries.map(|query| Ok((Asked::parse(&query, global)?, query)));
    let asked = asked.collect::<Result<Vec<(Asked, String)>, OrgError>>()?;
    let text = if reads_text { Some(read_text()?) } else { None };
    let cached = Cached::open(global).await;
    if global.offline {
        let connection = Connection::offline(cached.destination.clone());
        let mut finder = Finder::new(&connection).offline(&cached.required().await?);
        return answer(&mut finder, text.as_deref(), global, options, &asked).await;
    }
    let (target, snapshot) = tokio::join!(Target::open(global, true), cached.hierarchy());
    let has_cache = matches!(snapshot, Ok(Some(_)));
    let target = target.map_err(|error| hinting(error, has_cache))?;
    let snapshot = snapshot.unwrap_or_else(|error| {
        tell(&error.to_string());
        None
    });
    let mut finder = Finder::new(&target.connection).naming_by(snapshot);
    let answered = answer(&mut finder, text.as_deref(), global, options, &asked).await;
    answered.map_err(|failure| match failure {
        Failure::Error(error) => hinting(error, has_cache).into(),
        failure => failure,
    })
}

/// Where the service does not answer, the cache may do.
fn hinting(error: OrgError, has_cache: bool) -> OrgError {
    let answered = matches!(error.kind, ErrorKind::NotFound | ErrorKind::Usage);
    if answered || !has_cache {
        return error;
    }
    let hint = "--offline answers from the cache";
    let hint = match &error.hint {
        Some(known) => format!("{known}; {hint}"),
        None => hint.to_owned(),
    };
    error.with_hint(hint)
}

async fn answer(
    finder: &mut Finder<'_>,
    text: Option<&[u8]>,
    global: &GlobalOptions,
    options: &WhoisOptions,
    asked: &[(Asked, String)],
) -> Result<(), Failure> {
    match text {
        Some(text) => of_text(finder, text, options).await,
        None => of_queries(finder, global, options.json, asked).await,
    }
}

/// Standard input as it is: what is not UTF-8 is given back unchanged.
fn read_text() -> Result<Vec<u8>, OrgError> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| {
            let message = format!("standard input cannot be read: {error}");
            OrgError::new(ErrorKind::Usage, message)
        })?;
    Ok(bytes)
}

/// The text with a sign of one byte in place of each byte that is not UTF-8, so that everything
/// stands where it stood.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

/// What an argument asks for: each id of a list of ids is asked for by itself.
fn one_by_one(query: &str) -> Vec<String> {
    let ids = ids_in(query);
    if ids.len() > 1 {
        ids
    } else {
        vec![query.to_owned()]
    }
}

/// Says of the ARN of a policy, a handshake or the organization why it leads to the management
/// account.
fn tell_of_owner(query: &str) {
    let mut parts = query.trim().split(':').skip(2);
    let (service, resource) = (parts.next(), parts.nth(2));
    let kind = resource.and_then(|resource| resource.split('/').next());
    if let (Some("organizations"), Some(kind)) = (service, kind)
        && !matches!(kind, "account" | "ou" | "root")
    {
        tell(&format!(
            "{query}: the ARN of a {kind}, which belongs to the management account"
        ));
    }
}

/// What one argument asks for.
enum Asked {
    One(Wanted),
    Filter(Query),
}

impl Asked {
    /// An id, an ARN or words as they are; `key=value` as a tag; what has fields as a filter.
    fn parse(text: &str, global: &GlobalOptions) -> Result<Self, OrgError> {
        if text.trim().is_empty() {
            let message = "an empty query asks for nothing";
            return Err(OrgError::new(ErrorKind::Usage, message));
        }
        let wanted = Wanted::parse(text);
        if let Wanted::Words(words) = &wanted
            && words.starts_with("arn:")
        {
            let message = format!("{text} carries no account id: it is the ARN of something else");
            return Err(OrgError::new(ErrorKind::Usage, message));
        }
        if !matches!(wanted, Wanted::Words(_)) {
            tell_of_owner(text);
            return Ok(Self::One(wanted));
        }
        if let Some(query) = Query::of_pair(text) {
            return Ok(Self::Filter(query));
        }
        let query = read_query(text, global)?;
        Ok(if query.is_words_only() {
            Self::One(wanted)
        } else {
            Self::Filter(query)
        })
    }

    /// The id that it asks for.
    fn id(&self) -> Option<&str> {
        match self {
            Self::One(Wanted::Account(id) | Wanted::Place(id)) => Some(id),
            _ => None,
        }
    }

    /// What to say where nothing was found, and not for want of permissions if `complete`.
    fn nothing(&self, finder: &Finder<'_>, query: &str, complete: bool) -> String {
        let Self::Filter(filter) = self else {
            return nothing_named(finder, query);
        };
        let units = if filter.asks_for_places() {
            finder.unknown_units(filter)
        } else {
            Vec::new()
        };
        match units.first() {
            Some(unit) => format!("no OU is called {unit}"),
            None if complete => format!("no account matches {query}"),
            None => format!("no account is known to match {query}: not all tags could be read"),
        }
    }

    fn asks_for_places(&self) -> bool {
        matches!(self, Self::Filter(query) if query.asks_for_places())
    }
}

/// What to say where nothing has these words.
fn nothing_named(finder: &Finder<'_>, query: &str) -> String {
    let lower = query.trim().to_lowercase();
    for (start, what) in [("p-", "policies"), ("o-", "organizations")] {
        if lower.starts_with(start) {
            return format!("nothing is called {query}: ids of {what} begin with {start}");
        }
    }
    if let Some(id) = full_id(&lower) {
        return format!(
            "no account has {query} in its name or email address, or as the beginning of its id; \
             ids have 12 digits: did you mean {id}?"
        );
    }
    match &finder.named_by {
        None if finder.offline => {
            format!("no account or OU in the cache has {query} in its name or email address")
        }
        None => format!("no account or OU has {query} in its name or email address"),
        Some(cache) => format!(
            "no account has {query} in its name or email address, and no OU had it in {}; \
             --no-cache looks at all OUs",
            age(cache)
        ),
    }
}

/// The account id that these digits are the end of, where they may have lost its leading zeros: a
/// spreadsheet takes an id for a number. Fewer digits are more likely something else.
fn full_id(text: &str) -> Option<String> {
    let digits = digits_in(text).filter(|it| (FEWEST_DIGITS..DIGITS).contains(&it.len()))?;
    Some(format!("{digits:0>DIGITS$}"))
}

async fn of_queries(
    finder: &mut Finder<'_>,
    global: &GlobalOptions,
    json: bool,
    asked: &[(Asked, String)],
) -> Result<(), Failure> {
    let mut report = Report::of(finder);
    let walked = if asked.iter().any(|(asked, _)| asked.asks_for_places()) {
        finder.walk().await
    } else {
        Ok(())
    };
    let mut by_id = of_ids(finder, asked).await;
    for (asked, query) in asked {
        let gaps = report.gaps.len();
        let answer = match asked {
            // The same id a second time has been answered.
            Asked::One(Wanted::Account(id) | Wanted::Place(id)) => {
                match by_id.remove(id.as_str()) {
                    Some(found) => found.map(|()| vec![id.clone()]),
                    None => continue,
                }
            }
            Asked::One(Wanted::Words(words)) => {
                let found = finder.search(words).await;
                found.map(|nodes| {
                    let may_name_units = !words.contains('@') && digits_in(words).is_none();
                    let matched = !nodes.is_empty();
                    report.skipped_units |= may_name_units && matched && !finder.knows_units();
                    ids(finder, &nodes)
                })
            }
            Asked::Filter(filter) if filter.asks_for_places() && walked.is_err() => {
                walked.clone().map(|()| Vec::new())
            }
            Asked::Filter(filter) => {
                let filter = filter.clone().or_path(query, &finder.tree);
                finder.filter(&filter).await.map(|(nodes, gaps)| {
                    report.gaps.extend(gaps);
                    ids(finder, &nodes)
                })
            }
        };
        match answer {
            Ok(found) if found.is_empty() => {
                let complete = gaps == report.gaps.len();
                report.found_nothing(asked.nothing(finder, query, complete));
            }
            Ok(found) => report.found.extend(found),
            Err(error) => report.fail(asked.id().unwrap_or(query), error),
        }
    }
    report.print(finder, global, json).await
}

/// What is asked for by its id, all at once: whether it is there, or why that is not known.
async fn of_ids<'a>(
    finder: &mut Finder<'_>,
    asked: &'a [(Asked, String)],
) -> HashMap<&'a str, Result<(), OrgError>> {
    let mut wanted: Vec<&str> = asked.iter().filter_map(|(asked, _)| asked.id()).collect();
    let mut seen = BTreeSet::new();
    wanted.retain(|id| seen.insert(*id));
    let ids: Vec<String> = wanted.iter().map(|&id| id.to_owned()).collect();
    let found = finder.by_ids(&ids).await.into_iter();
    let found = found.map(|found| found.map(drop));
    wanted.into_iter().zip(found).collect()
}

fn ids(finder: &Finder<'_>, nodes: &[NodeIx]) -> Vec<String> {
    let nodes = nodes.iter().filter_map(|ix| finder.tree.get(*ix));
    nodes.map(|node| node.id().to_owned()).collect()
}

async fn of_text(
    finder: &mut Finder<'_>,
    text: &[u8],
    options: &WhoisOptions,
) -> Result<(), Failure> {
    let mentions = mentions(&readable(text));
    if mentions.is_empty() {
        tell("no account ids in the text");
    }
    let mut seen = BTreeSet::new();
    let ids: Vec<String> = mentions
        .iter()
        .filter(|mention| seen.insert(mention.account.as_str()))
        .map(|mention| mention.account.clone())
        .collect();
    let mut report = Report::of(finder);
    if !options.annotate {
        for (id, answer) in ids.iter().zip(finder.accounts(&ids).await) {
            match answer {
                Ok(_) => report.found.push(id.clone()),
                Err(error) => report.fail(id, error),
            }
        }
        return report.list(finder, options.json);
    }
    let mut names = BTreeMap::new();
    for (id, name) in ids.iter().zip(finder.names(&ids).await) {
        match name {
            Ok(name) => {
                names.insert(id.as_str(), name);
            }
            Err(error) => report.fail(id, error),
        }
    }
    annotate(text, &mentions, &names)?;
    report.verdict()
}

/// Writes the text as it is, with its name behind each id that has one.
fn annotate(
    text: &[u8],
    mentions: &[Mention],
    names: &BTreeMap<&str, String>,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut from = 0;
    for mention in mentions {
        out.write_all(&text[from..mention.at.end])?;
        from = mention.at.end;
        let name = names.get(mention.account.as_str());
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            write!(out, " ({})", visible(name))?;
        }
    }
    out.write_all(&text[from..])?;
    out.flush()?;
    Ok(())
}
