//! `orgscope whois`: which account or OU something is.
//!
//! An id is answered by a call for the account, one for the root, and one for each OU above it;
//! a part of a name or an email address by reading all accounts, never the whole organization. That
//! takes only a filter that asks in which OU accounts are; one for tags reads those of the accounts
//! that its other terms leave.

mod find;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Read as _, Write};

use self::find::Finder;
use super::cached::{Cached, age, tell};
use super::export::write_json_lines;
use super::record::Record;
use super::table::write_table;
use super::{Failure, Target, read_query};
use crate::aws::Connection;
use crate::cli::{GlobalOptions, WhoisOptions};
use crate::org::{ErrorKind, NodeIx, OrgError, Query, Wanted, mentions, visible};

/// Where to read the text from instead of the command line.
const STANDARD_INPUT: &str = "-";

/// Finds what was asked for and prints it.
pub(super) async fn run(global: &GlobalOptions, options: &WhoisOptions) -> Result<(), Failure> {
    let reads_text = options.queries.iter().any(|query| query == STANDARD_INPUT);
    if (reads_text && options.queries.len() > 1) || (options.annotate && !reads_text) {
        let message = "text is read from standard input with - as the only query";
        return Err(OrgError::new(ErrorKind::Usage, message).into());
    }
    let asked = options.queries.iter();
    let asked = asked.map(|query| Asked::parse(query, global));
    let asked = asked.collect::<Result<Vec<Asked>, OrgError>>()?;
    let text = if reads_text { Some(read_text()?) } else { None };
    let cached = Cached::open(global).await;
    if global.offline {
        let connection = Connection::offline(cached.destination.clone());
        let mut finder = Finder::new(&connection).offline(&cached.required().await?);
        return answer(&mut finder, text.as_deref(), options, &asked).await;
    }
    let (target, snapshot) = tokio::join!(Target::open(global, true), cached.snapshot());
    let target = target?;
    let snapshot = snapshot.unwrap_or_else(|error| {
        tell(&error.to_string());
        None
    });
    let mut finder = Finder::new(&target.connection).naming_by(snapshot);
    let answered = answer(&mut finder, text.as_deref(), options, &asked).await;
    if let Some(cache) = &finder.named_by {
        tell(&format!("names of OUs are from the cache: {}", age(cache)));
    }
    answered
}

async fn answer(
    finder: &mut Finder<'_>,
    text: Option<&str>,
    options: &WhoisOptions,
    asked: &[Asked],
) -> Result<(), Failure> {
    match text {
        Some(text) => of_text(finder, text, options).await,
        None => of_queries(finder, options, asked).await,
    }
}

fn read_text() -> Result<String, OrgError> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| {
            let message = format!("standard input cannot be read: {error}");
            OrgError::new(ErrorKind::Usage, message)
        })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What one argument asks for.
enum Asked {
    One(Wanted),
    Filter(Query),
}

impl Asked {
    /// An id, an ARN or words as they are; `key=value` as a tag; what has fields as a filter.
    fn parse(text: &str, global: &GlobalOptions) -> Result<Self, OrgError> {
        let wanted = Wanted::parse(text);
        if !matches!(wanted, Wanted::Words(_)) {
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

    fn asks_for_places(&self) -> bool {
        matches!(self, Self::Filter(query) if query.asks_for_places())
    }
}

async fn of_queries(
    finder: &mut Finder<'_>,
    options: &WhoisOptions,
    asked: &[Asked],
) -> Result<(), Failure> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    if asked.iter().any(Asked::asks_for_places) {
        finder.walk().await?;
    }
    for (query, asked) in options.queries.iter().zip(asked) {
        let answer = match asked {
            Asked::One(Wanted::Account(id)) => {
                let mut one = finder.accounts(std::slice::from_ref(id)).await;
                one.pop().transpose().map(|one| one.into_iter().collect())
            }
            Asked::One(Wanted::Place(id)) => finder.unit(id).await.map(|one| vec![one]),
            Asked::One(Wanted::Words(words)) => finder.search(words).await,
            Asked::Filter(filter) => finder.filter(filter).await.map(|(nodes, gaps)| {
                missing.extend(gaps);
                nodes
            }),
        };
        match answer {
            Ok(nodes) if nodes.is_empty() => {
                let message = match asked {
                    Asked::One(_) => format!("no account has {query} in its name or email address"),
                    Asked::Filter(_) => format!("no account matches {query}"),
                };
                missing.push(OrgError::new(ErrorKind::NotFound, message));
            }
            Ok(nodes) => found.extend(nodes),
            Err(error) if error.kind == ErrorKind::NotFound => missing.push(find::missing(query)),
            Err(error) => return Err(error.into()),
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|ix| seen.insert(*ix));
    let mut out = BufWriter::new(io::stdout().lock());
    if options.json {
        write_json_lines(&mut out, records(finder, &found))?;
    } else {
        write_cards(&mut out, finder, &found)?;
    }
    out.flush()?;
    verdict(missing)
}

async fn of_text(
    finder: &mut Finder<'_>,
    text: &str,
    options: &WhoisOptions,
) -> Result<(), Failure> {
    let mentions = mentions(text);
    let mut seen = BTreeSet::new();
    let ids: Vec<String> = mentions
        .iter()
        .filter(|mention| seen.insert(mention.account.as_str()))
        .map(|mention| mention.account.clone())
        .collect();
    let mut found = Vec::new();
    let mut names = BTreeMap::new();
    let mut missing = Vec::new();
    for (id, answer) in ids.iter().zip(finder.accounts(&ids).await) {
        match answer {
            Ok(ix) => {
                let name = finder.tree.get(ix).and_then(|node| node.name());
                names.insert(id.as_str(), name.unwrap_or_default().to_owned());
                found.push(ix);
            }
            Err(error) if error.kind == ErrorKind::NotFound => missing.push(find::missing(id)),
            Err(error) => return Err(error.into()),
        }
    }
    let mut out = BufWriter::new(io::stdout().lock());
    if options.annotate {
        let mut from = 0;
        for mention in &mentions {
            out.write_all(&text.as_bytes()[from..mention.at.end])?;
            from = mention.at.end;
            if let Some(name) = names.get(mention.account.as_str()) {
                write!(out, " ({})", visible(name))?;
            }
        }
        out.write_all(&text.as_bytes()[from..])?;
    } else if options.json {
        write_json_lines(&mut out, records(finder, &found))?;
    } else {
        let rows: Vec<_> = records(finder, &found)
            .map(|record| line(&record))
            .collect();
        write_table(&mut out, &rows)?;
    }
    out.flush()?;
    verdict(missing)
}

fn verdict(missing: Vec<OrgError>) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let sentences: Vec<String> = missing.into_iter().map(|error| error.message).collect();
    Err(OrgError::new(ErrorKind::NotFound, sentences.join("; ")).into())
}

fn records<'a>(finder: &'a Finder<'_>, found: &'a [NodeIx]) -> impl Iterator<Item = Record<'a>> {
    found.iter().filter_map(|ix| {
        let arn = finder.tree.get(*ix)?.arn();
        Record::new(&finder.tree, *ix, arn.and_then(management_in))
    })
}

/// The management account that the ARN of an account begins with:
/// `arn:aws:organizations::111122223333:account/o-exampleorg1/222222222222`.
fn management_in(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

fn line(record: &Record<'_>) -> [String; 4] {
    let path = record.path.iter().rev().skip(1).rev();
    let path: Vec<&str> = path.copied().collect();
    let cells = [
        record.id.to_owned(),
        record.name.unwrap_or_default().to_owned(),
        record.state.unwrap_or_default().to_owned(),
        path.join(" / "),
    ];
    cells.map(|cell| visible(&cell).into_owned())
}

/// All that is known of each, one fact a line, an empty line between two.
fn write_cards(out: &mut impl Write, finder: &Finder<'_>, found: &[NodeIx]) -> io::Result<()> {
    for (at, record) in records(finder, found).enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let joined = [record.joined_method, record.joined_at.as_deref()];
        let joined: Vec<&str> = joined.into_iter().flatten().collect();
        let is_management = record.management == Some(true);
        let facts = [
            ("Id", record.id.to_owned()),
            ("Name", record.name.unwrap_or_default().to_owned()),
            ("State", record.state.unwrap_or_default().to_owned()),
            ("Path", record.path.join(" / ")),
            ("Id path", record.id_path.join("/")),
            ("Email", record.email.unwrap_or_default().to_owned()),
            ("Joined", joined.join(" ")),
            ("ARN", record.arn.unwrap_or_default().to_owned()),
            (
                "Role",
                if is_management {
                    "the management account"
                } else {
                    ""
                }
                .to_owned(),
            ),
        ];
        for (label, fact) in facts.iter().filter(|(_, fact)| !fact.is_empty()) {
            writeln!(out, "{label:<8} {}", visible(fact))?;
        }
    }
    Ok(())
}
