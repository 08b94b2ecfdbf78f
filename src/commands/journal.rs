//! `orgscope journal`: what was asked of the service, and what came of it.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;

use super::table::write_table;
use super::{Failure, Target, journals};
use crate::app::activity_pane::stage_words;
use crate::app::details::count;
use crate::app::journal::Owner;
use crate::aws;
use crate::cli::{GlobalOptions, JournalOptions};
use crate::org::{
    Entries, Entry, ErrorKind, Mutation, OrgError, Record, visible, without_steering,
};
use crate::store::{self, Name};

/// Finds the journal and prints it.
pub(super) async fn run(global: &GlobalOptions, options: &JournalOptions) -> Result<(), Failure> {
    if global.demo {
        let error = OrgError::new(ErrorKind::Usage, "the demo keeps no journal");
        return Err(error.into());
    }
    let folder = journals().ok_or_else(|| {
        OrgError::new(
            ErrorKind::Usage,
            "there is no home folder, so no journal either",
        )
    })?;
    let name = match &global.organization {
        Some(organization) => {
            let endpoint = aws::endpoint(&global.connect_options(true)).await;
            Name::new(organization, endpoint.as_deref())
        }
        None => find(global, &folder).await?,
    };
    let found = store::read(&folder, name.clone());
    let (records, damaged) = found.map_err(|error| elsewhere(error, &folder, &name))?;
    let mut out = BufWriter::new(io::stdout().lock());
    if options.json {
        for record in &records {
            writeln!(out, "{}", json(record)?)?;
        }
    } else {
        let running = store::running(&folder, name.clone())?;
        write_table(&mut out, &rows(&records, &running))?;
    }
    out.flush()?;
    if damaged == 0 {
        return Ok(());
    }
    let lines = count(damaged, "line");
    let message = format!("{lines} of the journal of {name} cannot be read");
    let error = OrgError::new(ErrorKind::Incomplete, message);
    Err(Failure::Incomplete(vec![error]))
}

/// The only organization that has a journal, unless something on the command line says where to
/// ask; else the one that the service tells.
async fn find(global: &GlobalOptions, folder: &Path) -> Result<Name, OrgError> {
    let mut known = store::names(folder)?;
    if known.is_empty() {
        let message = format!("there is no journal in {} yet", folder.display());
        return Err(OrgError::new(ErrorKind::NotFound, message));
    }
    let asks = global.profile.is_some() || global.endpoint_url.is_some();
    if known.len() == 1 && !asks {
        return Ok(known.remove(0));
    }
    let target = Target::open(global, true).await?;
    let identity = aws::identify(&target.connection).await;
    let organization = identity.organization.map_err(|error| {
        let known = listed(&known);
        error.with_hint(format!("--organization prints one without asking: {known}"))
    })?;
    let endpoint = target.connection.endpoint.as_deref();
    Ok(Name::new(&organization.id, endpoint))
}

/// Says where the organization has a journal, if it has one at another endpoint.
fn elsewhere(error: OrgError, folder: &Path, name: &Name) -> OrgError {
    let same = |other: &Name| other.organization() == name.organization();
    let mut known = store::names(folder).unwrap_or_default();
    known.retain(same);
    if error.kind != ErrorKind::NotFound || known.is_empty() {
        return error;
    }
    let known = listed(&known);
    error.with_hint(format!(
        "at another endpoint there is one: {known}; --endpoint-url names it"
    ))
}

fn listed(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// A record as it is in the file, unable to steer a terminal.
fn json(record: &Record) -> Result<String, Failure> {
    let line = serde_json::to_string(record);
    let line = line.map_err(|error| Failure::Output(error.into()))?;
    Ok(without_steering(&line))
}

/// One line for each entry, the newest last.
fn rows(records: &[Record], running: &BTreeSet<String>) -> Vec<[String; 6]> {
    let mut entries = Entries::default();
    for record in records {
        entries.apply(record);
    }
    let row = |entry: &Entry| {
        let runs = running.contains(&entry.owner);
        let owner = if runs { Owner::Us } else { Owner::Ended };
        row(
            entry,
            &stage_words(entry, owner, entries.stopped().is_some()),
        )
    };
    entries.iter().map(row).collect()
}

fn row(entry: &Entry, stage: &str) -> [String; 6] {
    let change = &entry.change;
    let mut what = change.mutation.target().to_owned();
    if !change.target_name.is_empty() {
        what = format!("{what} {}", change.target_name);
    }
    let result = match &entry.verified {
        Some((at, ..)) => format!("{stage}, read {}", time(*at)),
        None => stage.to_owned(),
    };
    let cells = [
        time(entry.asked_at),
        change.mutation.operation().to_owned(),
        what,
        place(entry),
        result,
        who(entry),
    ];
    cells.map(|cell| visible(&cell).into_owned())
}

/// Who asked, and who sent it where that was somebody else.
fn who(entry: &Entry) -> String {
    let asked = entry.caller.as_deref().unwrap_or("unknown caller");
    match &entry.sender {
        Some(sender) if entry.caller.as_ref() != Some(sender) => {
            format!("{asked}, sent by {sender}")
        }
        _ => asked.to_owned(),
    }
}

/// Where it was, and where or what it should become.
fn place(entry: &Entry) -> String {
    let change = &entry.change;
    let path = &change.path;
    match &change.mutation {
        Mutation::MoveAccount { to, .. } => {
            let to = change.to_path.as_ref().unwrap_or(to);
            format!("{path} -> {to}")
        }
        Mutation::CreateOrganizationalUnit { name, .. } => format!("new OU {name}"),
        Mutation::UpdateOrganizationalUnit { name, .. } => format!("name -> {name}"),
        _ => path.clone(),
    }
}

/// To the second, in UTC.
fn time(at: Timestamp) -> String {
    // As the activity view does it, so that both tell the same second.
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
