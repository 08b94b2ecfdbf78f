//! Why there is nothing to show, where that is so: ordinary states of an account, not crashes. A
//! member account has a screen of its own, [`member`](super::member).

use super::App;
use crate::action::{Action, key_name, row_of};
use crate::org::{ErrorKind, OrgError, visible};

/// What to say in place of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The state in a few words.
    pub title: String,
    /// What it means and what to do, a paragraph each, harmless for a terminal.
    pub paragraphs: Vec<String>,
}

/// Why nothing can be shown; `None` while something can, or still might.
#[must_use]
pub fn obstacle(app: &App) -> Option<Obstacle> {
    if app.tree.root().is_some() || app.tree.totals().accounts > 0 {
        return None;
    }
    let walk_failed = app
        .load
        .missing
        .first()
        .filter(|_| !app.load.is_walking_all());
    let certain = app.known.error.as_ref().filter(|error| {
        matches!(
            error.kind,
            ErrorKind::NoOrganization | ErrorKind::Credentials
        )
    });
    let error = certain.or(walk_failed)?;
    let (title, mut paragraphs) = explain(app, error);
    paragraphs.extend(error.hint.clone());
    paragraphs.push(format!(
        "{} tries again, {} quits.",
        key_name(row_of(Action::ReloadAll).keys[0]),
        key_name(row_of(Action::Quit).keys[0]),
    ));
    Some(Obstacle {
        title,
        paragraphs: paragraphs
            .iter()
            .map(|text| visible(text).into_owned())
            .collect(),
    })
}

fn explain(app: &App, error: &OrgError) -> (String, Vec<String>) {
    let own = app
        .known
        .caller
        .as_ref()
        .map(|caller| caller.account_id.as_str());
    match error.kind {
        ErrorKind::NoOrganization => (
            "This account is in no organization".into(),
            vec![
                format!("{} belongs to no AWS organization, so there is nothing to show.",
                    own.map_or("The account of these credentials".into(), |id| format!("Account {id}"))),
                "Use credentials of the management account, or of a delegated administrator: --profile NAME".into(),
            ],
        ),
        ErrorKind::AccessDenied => (
            format!("Access denied to {}", error.operation),
            vec![
                format!("The service said: {}", error.message),
                "Reading needs organizations:List* and organizations:Describe*, e.g. the managed policy AWSOrganizationsReadOnlyAccess.".into(),
            ],
        ),
        ErrorKind::Credentials => ("No valid credentials".into(), vec![error.message.clone()]),
        ErrorKind::Network => ("The service cannot be reached".into(), vec![error.message.clone()]),
        _ => (
            "The organization could not be read".into(),
            vec![if error.operation.is_empty() { error.message.clone() }
                else { format!("{}: {}", error.operation, error.message) }],
        ),
    }
}
