//! What is drawn of what was kept from the last time, at the sizes that matter.

use std::sync::Arc;

use jiff::SignedDuration;
use orgscope::app::{App, Session, update};
use orgscope::msg::Msg;
use orgscope::org::{
    Account, AccountState, Difference, NodeKind, Noticed, Observation, OrganizationalUnit,
    Progress, Snapshot, WalkEvent, WalkSummary, What,
};
use orgscope::ui::theme::{Palette, Theme};
use ratatui::backend::TestBackend;

use crate::screens::{DARK, draw, press};
use crate::support::scene::{loaded, noon};

/// An app that shows what was kept three hours ago, before anything was read.
fn opened(offline: bool) -> App {
    opened_after(offline, Vec::new())
}

/// The same, where these differences had been noticed before.
fn opened_after(offline: bool, noticed: Vec<Noticed>) -> App {
    let before = loaded();
    let organization = before.known.organization.clone().expect("it is known");
    let taken_at = noon() - SignedDuration::from_hours(3);
    let snapshot = Snapshot::of(&before.tree, organization, taken_at).expect("it has a root");
    let snapshot = Snapshot {
        noticed,
        ..snapshot
    };
    let session = Session {
        region: "us-east-1".into(),
        offline,
        ..Session::default()
    };
    let (app, _) = App::open(session, Some(Arc::new(snapshot)), noon());
    app
}

/// An OU was renamed, an account is new, and another one has gone.
fn changed() -> App {
    changed_from(opened(false))
}

fn changed_from(mut app: App) -> App {
    let mut known = loaded();
    let identity = orgscope::org::Identity {
        organization: Ok(known.known.organization.take().expect("it is known")),
        caller: known.known.caller.take(),
    };
    let _ = update(&mut app, Msg::Identified(identity));
    let all = Snapshot::of(
        &app.tree,
        app.known.organization.clone().expect("it is known"),
        noon(),
    );
    let all = all.expect("it has a root");
    let mut tree = all.clone();
    tree.hierarchy.units[0].node.name = Some("Renamed with a name that is rather long".into());
    let gone = tree.accounts.pop().expect("there are accounts");
    let fresh = Observation::Account {
        account: Account {
            id: "000000000099".into(),
            name: Some("brand-new\u{1b}[31m".into()),
            state: Some(AccountState::Active),
            ..Account::default()
        }
        .into(),
        ancestors: vec![all.hierarchy.root.id.clone()],
    };
    let accounts = tree.accounts.iter().map(|placed| Observation::Account {
        account: placed.node.clone(),
        ancestors: placed.parent.clone().into_iter().collect(),
    });
    let root = Observation::Root(all.hierarchy.root.clone());
    let units = tree
        .hierarchy
        .units
        .iter()
        .map(|placed| Observation::OrganizationalUnit {
            unit: OrganizationalUnit::clone(&placed.node),
            parent: placed.parent.clone().unwrap_or_default(),
        });
    let seen = std::iter::once(root).chain(units).chain(accounts);
    let seen = seen.chain([fresh]).collect();
    let event = WalkEvent::Observed(seen, Progress::default());
    let _ = update(&mut app, Msg::Walk(1, event));
    assert!(app.tree.find(&gone.node.id).is_some());
    let event = WalkEvent::Finished(WalkSummary::default());
    let _ = update(&mut app, Msg::Walk(1, event));
    assert!(app.tree.find(&gone.node.id).is_none());
    app
}

fn screen(app: &mut App, keys: &str, theme: Theme, width: u16, height: u16) -> TestBackend {
    draw(app, theme, width, height);
    if !keys.is_empty() {
        press(app, keys);
    }
    draw(app, theme, width, height).backend().clone()
}

#[test]
fn the_header_tells_how_old_it_is_and_that_it_is_read_again() {
    for width in [60, 80, 120] {
        let name = format!("cached_{width}");
        insta::assert_snapshot!(name, screen(&mut opened(false), "", DARK, width, 15));
    }
}

#[test]
fn offline_the_header_says_so() {
    for width in [60, 120] {
        let name = format!("offline_{width}");
        insta::assert_snapshot!(name, screen(&mut opened(true), "", DARK, width, 15));
    }
}

#[test]
fn what_has_changed_is_marked_in_its_row_by_more_than_a_colour() {
    let ascii = Theme {
        palette: Palette::Mono,
        ascii: true,
    };
    insta::assert_snapshot!("marked_80", screen(&mut changed(), "*", DARK, 80, 24));
    insta::assert_snapshot!("marked_ascii", screen(&mut changed(), "*", ascii, 80, 24));
}

#[test]
fn the_list_of_changes_fits_every_size() {
    for (width, height) in [(60, 15), (80, 24), (140, 40)] {
        let name = format!("changes_{width}x{height}");
        insta::assert_snapshot!(name, screen(&mut changed(), "c j", DARK, width, height));
    }
}

/// Accounts that were renamed yesterday.
fn renamed_yesterday(number: usize) -> Vec<Noticed> {
    let yesterday = noon() - SignedDuration::from_hours(24);
    let renamed = (0..number).map(|n| Noticed {
        at: yesterday,
        since: yesterday - SignedDuration::from_hours(24),
        difference: Difference {
            id: format!("{n:012}"),
            kind: NodeKind::Account,
            name: format!("account-{n}"),
            what: What::Renamed {
                from: format!("older-{n}"),
                to: format!("account-{n}"),
            },
        },
    });
    renamed.collect()
}

#[test]
fn what_is_older_than_the_last_visit_is_below_a_heading_that_stays_on_screen() {
    let mut few = changed_from(opened_after(false, renamed_yesterday(2)));
    insta::assert_snapshot!("changes_before_80", screen(&mut few, "c", DARK, 80, 24));
    let many = || changed_from(opened_after(false, renamed_yesterday(40)));
    insta::assert_snapshot!(
        "changes_before_end_60",
        screen(&mut many(), "c shift-g", DARK, 60, 15)
    );
    let mut only = opened_after(false, renamed_yesterday(40));
    insta::assert_snapshot!(
        "changes_before_only_60",
        screen(&mut only, "c", DARK, 60, 15)
    );
}
