//! What there is to see with the credentials of a member account: nearly nothing may be read, so
//! it has a screen of its own, with the one change that a member account makes itself.

use super::App;
use crate::action::{Action, ActionRow, key_name, row_of};
use crate::org::{ErrorKind, OrgError, visible};

/// The screen of a member account; every text is harmless for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What is known, by name.
    pub facts: Vec<(&'static str, String)>,
    /// What that means and what can be done, a paragraph each.
    pub paragraphs: Vec<String>,
    /// What the key for leaving is, and why it does nothing here, if so.
    pub leave: (String, Option<&'static str>),
}

/// What the service said when it denied a member account to list anything.
fn denial(app: &App) -> Option<&OrgError> {
    let management = app.management_account()?;
    let own = app.own_account().filter(|own| *own != management)?;
    // The own account may be known from a dialog about it.
    let known = usize::from(app.tree.find(own).is_some());
    let empty = app.tree.root().is_none() && app.tree.totals().accounts == known;
    let denied = app.load.missing.first();
    let denied = denied.filter(|error| error.kind == ErrorKind::AccessDenied)?;
    (empty && !app.load.is_walking_all()).then_some(denied)
}

/// Whether a member account asks that may not list anything.
pub(super) fn is_plain_member(app: &App) -> bool {
    denial(app).is_some()
}

/// The screen of a member account, where the service has denied this caller to list anything.
#[must_use]
pub fn member(app: &App) -> Option<Member> {
    let denied = denial(app)?;
    let organization = app.known.organization.as_ref()?;
    let (management, caller) = (app.management_account()?, app.known.caller.as_ref()?);
    let own = app.own_account()?;
    let email = organization.management_account_email.as_deref();
    let facts = [
        ("Organization", organization.id.clone()),
        ("Managed by", management.to_owned()),
        ("its email", email.unwrap_or("not told").to_owned()),
        ("Own account", own.to_owned()),
        ("as", caller.arn.clone()),
    ];
    let key = |row: &ActionRow| {
        row.keys
            .first()
            .map(|key| key_name(*key))
            .unwrap_or_default()
    };
    let paragraphs = [
        "Only the management account and delegated administrators may list an organization."
            .to_owned(),
        format!("The service said: {}", denied.message),
        "To look around, use credentials of one of those: --profile NAME.".to_owned(),
        format!(
            "{} tries again, {} quits.",
            key(row_of(Action::ReloadAll)),
            key(row_of(Action::Quit))
        ),
    ];
    let leave = row_of(Action::LeaveOrganization);
    Some(Member {
        facts: facts
            .map(|(name, text)| (name, visible(&text).into_owned()))
            .into(),
        paragraphs: paragraphs.map(|text| visible(&text).into_owned()).into(),
        leave: (key(leave), app.withheld_because(leave)),
    })
}
