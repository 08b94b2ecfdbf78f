//! What was found in the forms in which it is printed: records, lines, and cards of all that is
//! known of each.

use std::io::{self, Write};

use super::find::Finder;
use crate::app::ago;
use crate::app::details::{count, not_read, owners};
use crate::commands::now;
use crate::org::{NodeIx, NodeRecord, visible};

/// Of tags none of which names an owner, so many are shown.
const MOST_SHOWN: usize = 5;

pub(super) fn records<'a>(
    finder: &'a Finder<'_>,
    found: &'a [NodeIx],
) -> impl Iterator<Item = NodeRecord<'a>> {
    found.iter().filter_map(|ix| record(finder, *ix))
}

fn record<'a>(finder: &'a Finder<'_>, ix: NodeIx) -> Option<NodeRecord<'a>> {
    let arn = finder.tree.get(ix)?.arn();
    let mut record = NodeRecord::new(&finder.tree, ix, arn.and_then(management_in))?;
    if finder.lost.contains_key(record.id) {
        // Its own name alone would be the path of something at the top.
        record.path.clear();
        record.id_path.clear();
    }
    Some(record)
}

/// The management account that the ARN of an account begins with:
/// `arn:aws:organizations::111122223333:account/o-exampleorg1/222222222222`.
pub(super) fn management_in(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

pub(super) fn line(finder: &Finder<'_>, record: &NodeRecord<'_>) -> [String; 4] {
    let above = record.path.len().saturating_sub(1);
    let path = path_or_why_not(finder, record, &record.path[..above]);
    let cells = [
        record.id.to_owned(),
        record.name.unwrap_or_default().to_owned(),
        record.state.unwrap_or_default().to_owned(),
        path,
    ];
    cells.map(|cell| visible(&cell).into_owned())
}

/// These names, or why they are not known.
fn path_or_why_not(finder: &Finder<'_>, record: &NodeRecord<'_>, names: &[&str]) -> String {
    let lost = finder.lost.get(record.id);
    lost.map_or_else(|| names.join(" / "), not_read)
}

/// All that is known of it but its owner, one fact a line.
pub(super) fn write_card(
    out: &mut impl Write,
    finder: &Finder<'_>,
    found: NodeIx,
) -> io::Result<()> {
    let Some(record) = record(finder, found) else {
        return Ok(());
    };
    let joined = [record.joined_method, record.joined_at.as_deref()];
    let joined: Vec<&str> = joined.into_iter().flatten().collect();
    let role = match record.management {
        Some(true) => "the management account",
        _ => "",
    };
    let facts = [
        ("Id", record.id.to_owned()),
        ("Name", record.name.unwrap_or_default().to_owned()),
        ("State", record.state.unwrap_or_default().to_owned()),
        ("Path", path_or_why_not(finder, &record, &record.path)),
        ("Id path", record.id_path.join("/")),
        ("Email", record.email.unwrap_or_default().to_owned()),
        ("Joined", joined.join(" ")),
        ("ARN", record.arn.unwrap_or_default().to_owned()),
        ("Role", role.to_owned()),
    ];
    write_facts(out, &facts)
}

/// Who owns it: the last lines of its card. Tags of these keys name an owner.
pub(super) fn write_owner(
    out: &mut impl Write,
    finder: &Finder<'_>,
    id: &str,
    owner_keys: &[String],
) -> io::Result<()> {
    write_facts(out, &owner(finder, id, owner_keys))
}

fn write_facts(out: &mut impl Write, facts: &[(&str, String)]) -> io::Result<()> {
    for (label, fact) in facts.iter().filter(|(_, fact)| !fact.is_empty()) {
        writeln!(out, "{label:<8} {}", visible(fact))?;
    }
    Ok(())
}

/// Who owns it, by its tags. Where none of them names an owner, a few of them may help all the same.
fn owner(finder: &Finder<'_>, id: &str, keys: &[String]) -> Vec<(&'static str, String)> {
    let tags = match finder.tags.of(id) {
        None if finder.offline && !id.starts_with("r-") => {
            let unknown = "not in the cache, which has the tags that somebody has looked at";
            return vec![("Owner", unknown.to_owned())];
        }
        None => return Vec::new(),
        Some(Err(error)) => return vec![("Owner", not_read(error))],
        Some(Ok(tags)) => tags,
    };
    let named = owners(tags, keys).into_iter().map(|tag| {
        let said = match (tag.key.to_lowercase().as_str(), tag.value.as_str()) {
            (_, "") => format!("{}: (empty)", tag.key),
            ("owner", value) => value.to_owned(),
            (_, value) => format!("{}: {value}", tag.key),
        };
        ("Owner", said)
    });
    let mut facts: Vec<_> = named.collect();
    if facts.is_empty() {
        let mut tags = tags.to_vec();
        tags.sort();
        facts.push(match tags.len() {
            0 => ("Owner", "no tags".to_owned()),
            n if n > MOST_SHOWN => {
                let all = count(n, "tag");
                (
                    "Owner",
                    format!("not named by its {all}, of which these are {MOST_SHOWN}"),
                )
            }
            n => ("Owner", format!("not named by its {}", count(n, "tag"))),
        });
        let shown = tags.iter().take(MOST_SHOWN);
        facts.extend(shown.map(|tag| ("Tag", format!("{}={}", tag.key, tag.value))));
    }
    if let Some(at) = finder.tags.read_at(id) {
        facts.push(("Tags", format!("as they were read {}", ago(at, now()))));
    }
    facts
}
