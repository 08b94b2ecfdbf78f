//! `orgscope export`: the whole organization as data.
//!
//! Depth-first, siblings sorted by name, then id, OUs before accounts. JSON keeps every text as the
//! service sent it, with what could steer a terminal escaped (`\u001b`), so that parsing it gives
//! the original. CSV has no escapes, so there control characters and bidirectional overrides are
//! replaced by visible ones, and nothing else is. Cells
//! that a spreadsheet could take for a formula stay as they are: names must come back unchanged,
//! and whoever opens the file in a spreadsheet should import the columns as text.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::Failure;
use super::gather::{self, Gathered};
use super::record::Record;
use crate::cli::{ExportFormat, GlobalOptions};
use crate::org::{NodeIx, visible, without_steering};

const COLUMNS: [&str; 12] = [
    "kind",
    "id",
    "name",
    "arn",
    "parent_id",
    "path",
    "id_path",
    "email",
    "state",
    "joined_method",
    "joined_at",
    "management",
];

/// Reads the organization and prints it.
pub(super) async fn run(options: &GlobalOptions, format: ExportFormat) -> Result<(), Failure> {
    let gathered = gather::whole(options).await?;
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        ExportFormat::Json => write_json(&mut out, &gathered)?,
        ExportFormat::Jsonl => write_json_lines(&mut out, gathered.records())?,
        ExportFormat::Csv => write_csv(&mut out, &gathered)?,
    }
    out.flush()?;
    gathered.verdict()
}

/// A record with everything below it.
#[derive(Serialize)]
struct Nested<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    children: Option<Vec<Self>>,
}

/// One object, the root. Accounts whose parent could not be read come last among its children: their
/// `parent_id` is null.
fn write_json(out: &mut impl Write, gathered: &Gathered) -> io::Result<()> {
    let mut tops = gathered.tops().flat_map(|ix| nest(gathered, ix));
    let mut root = tops.next();
    if let Some(children) = root.as_mut().and_then(|root| root.children.as_mut()) {
        children.extend(tops);
    }
    let json = serde_json::to_string_pretty(&root)?;
    writeln!(out, "{}", escape(&json))
}

/// The node with all below it, or, where it is nothing of the service, only what is below it.
fn nest(gathered: &Gathered, ix: NodeIx) -> Vec<Nested<'_>> {
    let children = || {
        let node = gathered.tree.get(ix)?;
        let below = node.children().iter();
        Some(below.flat_map(|child| nest(gathered, *child)).collect())
    };
    match gathered.record(ix) {
        None => children().unwrap_or_default(),
        Some(record) => vec![Nested {
            children: (record.kind != "account").then(children).flatten(),
            record,
        }],
    }
}

pub(super) fn write_json_lines<'a>(
    out: &mut impl Write,
    records: impl Iterator<Item = Record<'a>>,
) -> io::Result<()> {
    for record in records {
        let json = serde_json::to_string(&record)?;
        writeln!(out, "{}", escape(&json))?;
    }
    Ok(())
}

/// The same JSON with everything escaped that [`visible`] would change, such as C1 controls and
/// bidirectional overrides. These only occur within strings, where an escape means the same.
pub(super) fn escape(json: &str) -> Cow<'_, str> {
    if json.chars().all(|c| c == '\n' || is_harmless(c)) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if c == '\n' || is_harmless(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(escaped)
}

fn is_harmless(c: char) -> bool {
    // Behind a letter, as a combining mark at the beginning counts as harmful.
    c.is_ascii_graphic() || c == ' ' || visible(&format!("x{c}")).ends_with(c)
}

fn write_csv(out: &mut impl Write, gathered: &Gathered) -> io::Result<()> {
    // By way of memory: the writer would hide a broken pipe behind an error of its own.
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(COLUMNS)?;
    for record in gathered.records() {
        let text = |text: Option<&str>| without_steering(text.unwrap_or_default());
        let joined = |parts: &[&str]| {
            let parts: Vec<_> = parts.iter().map(|part| without_steering(part)).collect();
            parts.join(" / ")
        };
        csv.write_record([
            record.kind.to_owned(),
            text(Some(record.id)),
            text(record.name),
            text(record.arn),
            text(record.parent_id),
            joined(&record.path),
            joined(&record.id_path),
            text(record.email),
            text(record.state),
            text(record.joined_method),
            record.joined_at.unwrap_or_default(),
            record
                .management
                .map(|management| management.to_string())
                .unwrap_or_default(),
        ])?;
    }
    out.write_all(&csv.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn json_that_could_steer_a_terminal_is_escaped_and_means_the_same() {
        let text = "c1 \u{9b}31m, bidi \u{202e}, del \u{7f}, tag \u{e0041}, plain \u{e9} 漢";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let escaped = escape(&json);
        assert!(
            escaped.contains("\\u009b31m") && escaped.contains("é 漢"),
            "{escaped}"
        );
        assert!(!escaped.contains(['\u{9b}', '\u{202e}', '\u{7f}', '\u{e0041}']));
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&escaped).unwrap(),
            [text]
        );
    }
}
