//! Consent as a user gives it: a dialog that is shown, typed into and confirmed.

use std::time::Duration;

use crokey::key;
use orgscope::confirm::{Answered, Confirm, Confirmed, Guard, Order};
use orgscope::org::{Change, Mutation};

/// Consent to these changes, one after the other whatever becomes of each.
pub(crate) fn consent(mutations: Vec<Mutation>) -> Confirmed {
    consent_to(Order::Changes {
        changes: mutations.into_iter().map(change).collect(),
        stop_at_first_error: false,
        undoes: None,
    })
}

/// Consent to going on with these entries.
pub(crate) fn consent_to_resume(entries: Vec<String>) -> Confirmed {
    consent_to(Order::Resume { entries })
}

/// Consent to any order.
pub(crate) fn consent_to(order: Order) -> Confirmed {
    consent_about(None, order)
}

/// Consent to an order about the organization of this id.
pub(crate) fn consent_about(organization: Option<&str>, order: Order) -> Confirmed {
    let phrase = "yes, these".to_owned();
    let dialog = Confirm::new(order, Guard::Typed { phrase }, Vec::new());
    let mut dialog = dialog.about(organization.map(str::to_owned));
    let shown = Duration::ZERO;
    dialog.shown(shown);
    dialog.paste("yes, these");
    let later = shown + Duration::from_secs(10);
    let Answered::Open(dialog) = dialog.key(key!(tab), later) else {
        panic!("Tab only goes on");
    };
    match dialog.key(key!(enter), later) {
        Answered::Confirmed(confirmed) => confirmed,
        other => panic!("the button confirms: {other:?}"),
    }
}

/// The change with made-up names.
pub(crate) fn change(mutation: Mutation) -> Change {
    Change {
        target_name: format!("name of {}", mutation.target()),
        path: "Root".to_owned(),
        parent: None,
        to_path: None,
        mutation,
    }
}
