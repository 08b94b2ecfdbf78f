//! `orgscope export`: the whole organization as data.
//!
//! Depth-first, siblings sorted by name, then id, OUs before accounts. JSON keeps every text as the
//! service sent it, with what could steer a terminal escaped (`\u001b`), so that parsing it gives
//! the original. CSV has no escapes, so there control characters and bidirectional overrides are
//! replaced by visible ones, and nothing else is. Cells
//! that a spreadsheet could take for a formula stay as they are: names must come back unchanged,
//! and whoever opens the file in a spreadsheet should import the columns as text.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::Value;

use super::cached::tell;
use super::gather::{self, Gathered};
use super::more::Reader;
use super::{Failure, now, read_query};
use crate::cli::{ExportFormat, ExportOptions, GlobalOptions, With};
use crate::org::{
    ErrorKind, Facts, NodeIx, NodeRecord, OrgError, Places, Query, Tags, Texts, Verdict, visible,
    without_steering,
};

/// The fields of a record, in their order.
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
pub(super) async fn run(global: &GlobalOptions, options: &ExportOptions) -> Result<(), Failure> {
    let columns = columns(options)?;
    let query = match &options.filter {
        Some(text) => Some(read_query(text, global)?),
        None => None,
    };
    let mut gathered = gather::whole(global).await?;
    let mut export = Export {
        reader: Reader::new(gathered.connection(), &gathered.limiter).knowing(&gathered.found),
        gathered: &gathered,
        with: &options.with,
        columns,
        chosen: None,
    };
    if let (Some(query), Some(text)) = (query, &options.filter) {
        let query = query.or_path(text, &gathered.tree);
        export.choose(&query).await;
        if export.chosen.as_ref().is_some_and(HashSet::is_empty) {
            tell(&format!("no account matches {query}"));
        }
    }
    export.read_more().await;
    let mut out = BufWriter::new(io::stdout().lock());
    match options.format {
        ExportFormat::Json => export.write_json(&mut out)?,
        ExportFormat::Jsonl => export.write_lines(&mut out)?,
        ExportFormat::Csv => export.write_csv(&mut out)?,
    }
    out.flush()?;
    let missing = export.reader.missing();
    gathered.missing.extend(missing);
    gathered.verdict()
}

/// The names of the columns that are wanted.
fn columns(options: &ExportOptions) -> Result<Vec<&str>, OrgError> {
    let mut possible = COLUMNS.to_vec();
    for (what, name) in [(With::Tags, "tags"), (With::Policies, "policies")] {
        if options.with.contains(&what) {
            possible.push(name);
        }
    }
    if options.columns.is_empty() {
        return Ok(possible);
    }
    let usage = |message: String| OrgError::new(ErrorKind::Usage, message);
    if options.format == ExportFormat::Json {
        let message = "--columns is for csv and jsonl; json has all of them";
        return Err(usage(message.to_owned()));
    }
    let named = options.columns.iter().map(|name| name.trim());
    let named: Vec<&str> = named.collect();
    let mut seen = HashSet::new();
    if let Some(twice) = named.iter().find(|name| !seen.insert(**name)) {
        return Err(usage(format!("the column {twice} is named twice")));
    }
    match named.iter().find(|name| !possible.contains(name)) {
        None => Ok(named),
        Some(&name @ ("tags" | "policies")) => {
            Err(usage(format!("the column {name} needs --with {name}")))
        }
        Some(name) => Err(usage(format!(
            "there is no column {name}; there are {}, and with --with tags and policies",
            COLUMNS.join(", ")
        ))),
    }
}

/// What is to be printed.
struct Export<'a> {
    gathered: &'a Gathered,
    reader: Reader<'a>,
    with: &'a [With],
    columns: Vec<&'a str>,
    /// With a filter, the accounts that it means.
    chosen: Option<HashSet<NodeIx>>,
}

/// A record with everything below it.
#[derive(Serialize)]
struct Nested<'a> {
    #[serde(flatten)]
    record: NodeRecord<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    children: Option<Vec<Self>>,
}

impl Export<'_> {
    /// Finds the accounts that a query means, and reads for that the tags that it takes.
    async fn choose(&mut self, query: &Query) {
        let (chosen, depend_on_tags) = self.judge(query);
        self.chosen = Some(chosen);
        if !depend_on_tags.is_empty() {
            self.reader.read_tags(depend_on_tags.into_iter()).await;
            self.chosen = Some(self.judge(query).0);
        }
    }

    /// The accounts that a query means, and the ids of those of which only tags could tell.
    fn judge(&self, query: &Query) -> (HashSet<NodeIx>, Vec<String>) {
        let tree = &self.gathered.tree;
        let places = Places::find(query, tree);
        let (mut chosen, mut depend_on_tags) = (HashSet::new(), Vec::new());
        for (ix, node) in tree.iter() {
            let Some(account) = node.account() else {
                continue;
            };
            let verdict = query.holds(&Facts {
                node,
                texts: Texts::of(node),
                place: places.at(tree, ix),
                management: self.gathered.management(),
                tags: self.reader.tags(&account.id).map(Tags::Listed),
                now: now(),
            });
            match verdict {
                Verdict::Yes => drop(chosen.insert(ix)),
                Verdict::TagsNotRead => depend_on_tags.push(account.id.clone()),
                Verdict::No => {}
            }
        }
        (chosen, depend_on_tags)
    }

    fn is_chosen(&self, ix: NodeIx) -> bool {
        self.chosen.as_ref().is_none_or(|all| all.contains(&ix))
    }

    /// Reads what was asked for with `--with` of the accounts that are printed.
    async fn read_more(&mut self) {
        let tree = &self.gathered.tree;
        let accounts = tree.iter().filter(|(_, node)| node.account().is_some());
        let accounts: Vec<NodeIx> = accounts.map(|(ix, _)| ix).collect();
        let accounts: Vec<NodeIx> = accounts
            .into_iter()
            .filter(|ix| self.is_chosen(*ix))
            .collect();
        if self.with.contains(&With::Tags) {
            let nodes = accounts.iter().filter_map(|ix| tree.get(*ix));
            let ids = nodes.map(|node| node.id().to_owned());
            self.reader.read_tags(ids).await;
        }
        if self.with.contains(&With::Policies) {
            self.reader.read_policies(tree, &accounts).await;
        }
    }

    fn record(&self, ix: NodeIx) -> Option<NodeRecord<'_>> {
        let mut record = self.gathered.record(ix)?;
        if record.kind != "account" {
            return Some(record);
        }
        if self.with.contains(&With::Tags) {
            let tags = self.reader.tags(record.id);
            record = record.with_tags(tags);
        }
        if self.with.contains(&With::Policies) {
            let policies = self.reader.policies(&self.gathered.tree, ix);
            record.policies = Some(serde_json::json!(policies));
        }
        Some(record)
    }

    /// What is printed line by line: everything, or the accounts that were chosen.
    fn records(&self) -> impl Iterator<Item = NodeRecord<'_>> {
        let tree = &self.gathered.tree;
        let all = self.gathered.tops().flat_map(|top| tree.depth_first(top));
        all.filter(|ix| self.is_chosen(*ix))
            .filter_map(|ix| self.record(ix))
    }

    /// One object, the root. Accounts whose parent could not be read come last among its children:
    /// their `parent_id` is null.
    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let leads = self.chosen.as_ref().map(|chosen| {
            let above = chosen.iter().map(|ix| self.gathered.tree.path(*ix));
            above.flatten().collect::<HashSet<NodeIx>>()
        });
        let shown = |ix: NodeIx| leads.as_ref().is_none_or(|leads| leads.contains(&ix));
        let tree = &self.gathered.tree;
        let mut tops = self.gathered.tops().flat_map(|ix| self.nest(ix, &shown));
        let mut root = tops.next();
        // The root is there even where nothing is below it that was asked for.
        if root.is_none() {
            root = tree.root().and_then(|ix| {
                Some(Nested {
                    record: self.record(ix)?,
                    children: Some(Vec::new()),
                })
            });
        }
        if let Some(children) = root.as_mut().and_then(|root| root.children.as_mut()) {
            children.extend(tops);
        }
        let json = serde_json::to_string_pretty(&root)?;
        writeln!(out, "{}", escape(&json))
    }

    /// The node with all below it, or, where it is nothing of the service, only what is below it.
    fn nest(&self, ix: NodeIx, shown: &dyn Fn(NodeIx) -> bool) -> Vec<Nested<'_>> {
        if !shown(ix) {
            return Vec::new();
        }
        let children = || {
            let node = self.gathered.tree.get(ix)?;
            let below = node.children().iter();
            Some(below.flat_map(|child| self.nest(*child, shown)).collect())
        };
        match self.record(ix) {
            None => children().unwrap_or_default(),
            Some(record) => vec![Nested {
                children: (record.kind != "account").then(children).flatten(),
                record,
            }],
        }
    }

    fn write_lines(&self, out: &mut impl Write) -> io::Result<()> {
        for record in self.records() {
            let fields = serde_json::to_value(&record)?;
            let mut line = String::from("{");
            for name in &self.columns {
                // What only accounts have is null elsewhere.
                let value = fields.get(*name).unwrap_or(&Value::Null);
                let comma = if line.len() > 1 { "," } else { "" };
                let _ = write!(line, "{comma}\"{name}\":{value}");
            }
            line.push('}');
            writeln!(out, "{}", escape(&line))?;
        }
        Ok(())
    }

    fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        // By way of memory: the writer would hide a broken pipe behind an error of its own.
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(&self.columns)?;
        for record in self.records() {
            csv.write_record(self.columns.iter().map(|name| cell(&record, name)))?;
        }
        out.write_all(&csv.into_inner().map_err(csv::IntoInnerError::into_error)?)
    }
}

/// What a record has in the column of this name.
fn cell(record: &NodeRecord<'_>, name: &str) -> String {
    let text = |text: Option<&str>| without_steering(text.unwrap_or_default());
    let joined = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|part| without_steering(part)).collect();
        parts.join(" / ")
    };
    match name {
        "kind" => record.kind.to_owned(),
        "id" => text(Some(record.id)),
        "name" => text(record.name),
        "arn" => text(record.arn),
        "parent_id" => text(record.parent_id),
        "path" => joined(&record.path),
        "id_path" => joined(&record.id_path),
        "email" => text(record.email),
        "state" => text(record.state),
        "joined_method" => text(record.joined_method),
        "joined_at" => record.joined_at.clone().unwrap_or_default(),
        "management" => record
            .management
            .map(|management| management.to_string())
            .unwrap_or_default(),
        "tags" => json_cell(record.tags.as_ref()),
        "policies" => json_cell(record.policies.as_ref()),
        _ => String::new(),
    }
}

/// The JSON of the field: keys, values and names may have any sign between them. `null` where it
/// could not be read; empty where there is no such field.
fn json_cell(field: Option<&impl Serialize>) -> String {
    let json = field.and_then(|field| serde_json::to_string(field).ok());
    json.map_or_else(String::new, |json| escape(&json).into_owned())
}

pub(super) fn write_json_lines<'a>(
    out: &mut impl Write,
    records: impl Iterator<Item = NodeRecord<'a>>,
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
