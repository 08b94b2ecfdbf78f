//! A small organization with everything that is hard to draw, and an app that shows it.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use orgscope::app::{App, Session, update};
use orgscope::msg::{JournalNews, Msg};
use orgscope::org::{
    Account, AccountState, Caller, ErrorKind, Identity, JoinedMethod, Listing, Observation,
    OrgError, Organization, OrganizationalUnit, Progress, Root, WalkEvent, WalkSummary,
};

pub(crate) fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("a time")
}

/// So many seconds go by, on every clock.
pub(crate) fn pass(app: &mut App, seconds: u64) {
    let elapsed = app.elapsed + Duration::from_secs(seconds);
    let _ = update(app, Msg::Elapsed(elapsed));
    let _ = update(app, Msg::Clock(app.now + Duration::from_secs(seconds)));
}

/// An app that has been started by someone in the management account.
pub(crate) fn started() -> App {
    let session = Session {
        profile: Some("prod".into()),
        region: "us-east-1".into(),
        ..Session::default()
    };
    let (mut app, _) = App::start(session, noon());
    let identity = Identity {
        organization: Ok(Organization {
            id: "o-exampleorg1".into(),
            arn: Some("arn:aws:organizations::111122223333:organization/o-exampleorg1".into()),
            feature_set: Some("ALL".into()),
            management_account_id: Some("111122223333".into()),
            management_account_email: Some("aws@example.com".into()),
        }),
        caller: Some(Caller {
            account_id: "111122223333".into(),
            arn: "arn:aws:sts::111122223333:assumed-role/OrganizationReader/alice@example.com"
                .into(),
        }),
    };
    let _ = update(&mut app, Msg::Identified(identity));
    app
}

/// An app in the middle of loading.
pub(crate) fn loading() -> App {
    let mut app = started();
    let mut progress = Progress {
        units_done: 3,
        units_known: 8,
        accounts: 8,
        accounts_open: false,
        calls: 11,
        throttled: 1,
        remaining: Some(std::time::Duration::from_secs(4)),
    };
    let _ = update(
        &mut app,
        Msg::Walk(1, WalkEvent::Observed(observations(), progress)),
    );
    progress.accounts = 9;
    let early = Observation::OrganizationalUnit {
        unit: OrganizationalUnit {
            id: "ou-ab12-notnamed".into(),
            ..OrganizationalUnit::default()
        },
        parent: "r-ab12".into(),
    };
    let _ = update(
        &mut app,
        Msg::Walk(1, WalkEvent::Observed(vec![early], progress)),
    );
    app
}

/// An app that has loaded everything.
pub(crate) fn loaded() -> App {
    let mut app = started();
    let event = WalkEvent::Observed(observations(), Progress::default());
    let _ = update(&mut app, Msg::Walk(1, event));
    let summary = WalkSummary {
        progress: Progress {
            units_done: 6,
            units_known: 6,
            accounts: 9,
            calls: 12,
            ..Progress::default()
        },
        missing: Vec::new(),
    };
    let _ = update(&mut app, Msg::Walk(1, WalkEvent::Finished(summary)));
    app
}

/// The same, where everything may be changed.
pub(crate) fn writable() -> App {
    let mut app = loaded();
    app.session.write = true;
    let root = Observation::Root(Root {
        id: "r-ab12".into(),
        policy_types: Some(vec!["SERVICE_CONTROL_POLICY".into(), "TAG_POLICY".into()]),
        ..Root::default()
    });
    let _ = update(&mut app, Msg::Observed(vec![root]));
    let running = BTreeSet::from(["us".to_owned()]);
    let opened = JournalNews::Opened {
        instance: "us".into(),
        records: Vec::new(),
        running,
    };
    let _ = update(&mut app, Msg::Journal(opened));
    app
}

/// An app whose caller may not list one OU.
pub(crate) fn partly_denied() -> App {
    let mut app = started();
    let error = OrgError::new(ErrorKind::AccessDenied, "not authorized by policy \x1b[31m")
        .during("ListAccountsForParent");
    let mut seen = observations();
    seen.push(Observation::ListingFailed {
        node: "ou-ab12-workload".into(),
        listing: Listing::Accounts,
        error: error.clone(),
    });
    let _ = update(
        &mut app,
        Msg::Walk(1, WalkEvent::Observed(seen, Progress::default())),
    );
    let summary = WalkSummary {
        missing: vec![error],
        ..WalkSummary::default()
    };
    let _ = update(&mut app, Msg::Walk(1, WalkEvent::Finished(summary)));
    app
}

fn observations() -> Vec<Observation> {
    let root = "r-ab12";
    let work = "ou-ab12-workload";
    let mut seen = vec![
        Observation::Root(Root {
            id: root.into(),
            arn: Some("arn:aws:organizations::111122223333:root/o-exampleorg1/r-ab12".into()),
            name: Some("Root".into()),
            ..Root::default()
        }),
        unit(work, "Workloads", root),
        unit("ou-ab12-prod0000", "Production", work),
        unit("ou-ab12-asia0000", "東京リージョン 本番環境", work),
        unit("ou-ab12-suspende", "Suspended", root),
        unit("ou-ab12-empty000", "Empty", root),
    ];
    seen.extend(accounts());
    for node in [
        root,
        work,
        "ou-ab12-prod0000",
        "ou-ab12-asia0000",
        "ou-ab12-suspende",
        "ou-ab12-empty000",
    ] {
        for listing in [Listing::OrganizationalUnits, Listing::Accounts] {
            seen.push(Observation::Listed {
                node: node.into(),
                listing,
            });
        }
    }
    seen
}

fn accounts() -> Vec<Observation> {
    let (root, work) = ("r-ab12", "ou-ab12-workload");
    let (production, asia) = ("ou-ab12-prod0000", "ou-ab12-asia0000");
    let suspended = "ou-ab12-suspende";
    let future = AccountState::parse("HIBERNATING");
    #[rustfmt::skip]
    let accounts = [
        ("111122223333", "management", AccountState::Active, vec![root]),
        ("012345678901", "payments-prod", AccountState::Active, vec![root, work, production]),
        ("123456789012", "ledger \u{1b}[31mred\u{7}", AccountState::PendingClosure, vec![root, work, production]),
        ("222233334444", "קסם – ייצור", AccountState::Active, vec![root, work]),
        ("333344445555", "田中物流 倉庫管理", AccountState::PendingActivation, vec![root, work, asia]),
        ("444455556666", "👩\u{200d}👧 family", AccountState::Active, vec![root, work, asia]),
        ("555566667777", "cafe\u{301} \"quoted\"", AccountState::Suspended, vec![root, work]),
        ("666677778888", "old-sandbox", AccountState::Closed, vec![root, suspended]),
        ("777788889999", "a state of the future", future, vec![root, suspended]),
    ];
    accounts
        .into_iter()
        .map(|(id, name, state, ancestors)| account(id, name, state, &ancestors))
        .collect()
}

fn account(id: &str, name: &str, state: AccountState, ancestors: &[&str]) -> Observation {
    Observation::Account {
        account: Account {
            id: id.into(),
            arn: Some(format!(
                "arn:aws:organizations::111122223333:account/o-exampleorg1/{id}"
            )),
            name: Some(name.into()),
            email: Some(format!("aws+{id}@example.com")),
            state: Some(state),
            joined_method: Some(JoinedMethod::Created),
            joined_at: Some("2021-03-04T10:11:12Z".parse().expect("a time")),
        }
        .into(),
        ancestors: ancestors.iter().map(|&id| id.into()).collect(),
    }
}

fn unit(id: &str, name: &str, parent: &str) -> Observation {
    Observation::OrganizationalUnit {
        unit: OrganizationalUnit {
            id: id.into(),
            arn: Some(format!(
                "arn:aws:organizations::111122223333:ou/o-exampleorg1/{id}"
            )),
            name: Some(name.into()),
        },
        parent: parent.into(),
    }
}
