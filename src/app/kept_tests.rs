use crokey::KeyCombination;

use super::*;
use crate::action::{ACTIONS, Danger};
use crate::app::overlay::Overlay;
use crate::app::{Session, available, changes_pane, update};
use crate::msg::{Areas, Msg, Region};
use crate::org::{
    Account, AccountState, Caller, ErrorKind, Finding, Found, Identity, OrgError,
    OrganizationalUnit, Progress, Question, Root, WalkEvent, WalkSummary,
};

const MANAGEMENT: &str = "000000000001";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn yesterday() -> Timestamp {
    at("2026-11-21T12:00:00Z")
}

fn noon() -> Timestamp {
    at("2026-11-22T12:00:00Z")
}

fn organization(id: &str) -> Organization {
    Organization {
        id: id.into(),
        management_account_id: Some(MANAGEMENT.into()),
        ..Organization::default()
    }
}

fn root(id: &str, organization: &str) -> Observation {
    Observation::Root(Root {
        id: id.into(),
        name: Some("Root".into()),
        arn: Some(format!("arn:aws:organizations::1:root/{organization}/{id}")),
        ..Root::default()
    })
}

fn unit(id: &str, name: &str) -> Observation {
    Observation::OrganizationalUnit {
        unit: OrganizationalUnit {
            id: id.into(),
            name: Some(name.into()),
            ..OrganizationalUnit::default()
        },
        parent: "r-1".into(),
    }
}

fn account(id: &str, name: &str, parent: &str) -> Observation {
    Observation::Account {
        account: Account {
            id: id.into(),
            name: Some(name.into()),
            state: Some(AccountState::Active),
            ..Account::default()
        }
        .into(),
        ancestors: vec![parent.into()],
    }
}

fn before() -> Vec<Observation> {
    vec![
        root("r-1", "o-example"),
        unit("ou-1-prod", "Prod"),
        unit("ou-1-test", "Test"),
        account(MANAGEMENT, "management", "r-1"),
        account("000000000002", "shop", "ou-1-prod"),
        account("000000000003", "bank", "ou-1-prod"),
        account("000000000004", "lab", "ou-1-test"),
    ]
}

/// The shop was moved, the bank renamed, the lab has gone.
fn after() -> Vec<Observation> {
    vec![
        root("r-1", "o-example"),
        unit("ou-1-prod", "Prod"),
        unit("ou-1-test", "Test"),
        account(MANAGEMENT, "management", "r-1"),
        account("000000000002", "shop", "ou-1-test"),
        account("000000000003", "bank of old", "ou-1-prod"),
    ]
}

fn snapshot() -> Arc<Snapshot> {
    let mut tree = crate::org::Tree::new();
    tree.begin_walk();
    tree.apply(before());
    let snapshot = Snapshot::of(&tree, organization("o-example"), yesterday());
    Arc::new(snapshot.unwrap())
}

struct Driver {
    app: App,
    effects: Vec<Effect>,
}

impl Driver {
    fn open(session: Session, kept: Option<Arc<Snapshot>>) -> Self {
        let (app, effects) = App::open(session, kept, noon());
        let mut driver = Self { app, effects };
        let region = Region {
            x: 0,
            y: 3,
            width: 80,
            height: 20,
        };
        driver.send(Msg::Arranged(Areas {
            tree: region,
            overlay: region,
            ..Areas::default()
        }));
        driver
    }

    fn cached() -> Self {
        let session = Session {
            write: true,
            ..Session::default()
        };
        Self::open(session, Some(snapshot()))
    }

    fn send(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.app, msg));
    }

    fn frame(&mut self) {
        self.send(Msg::Arranged(self.app.areas));
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let key: KeyCombination = key.parse().unwrap();
            self.send(Msg::Key(key.normalized()));
            self.frame();
        }
    }

    fn identified(&mut self, id: &str) {
        self.send(Msg::Identified(Identity {
            organization: Ok(organization(id)),
            caller: Some(Caller {
                account_id: MANAGEMENT.into(),
                arn: "arn".into(),
            }),
        }));
    }

    fn observe(&mut self, generation: u64, observations: Vec<Observation>) {
        let event = WalkEvent::Observed(observations, Progress::default());
        self.send(Msg::Walk(generation, event));
        self.frame();
    }

    fn finish(&mut self, generation: u64, missing: Vec<OrgError>) {
        let summary = WalkSummary {
            missing,
            ..WalkSummary::default()
        };
        self.send(Msg::Walk(generation, WalkEvent::Finished(summary)));
        self.frame();
    }

    fn pass(&mut self, seconds: i64) {
        let now = self.app.now + SignedDuration::from_secs(seconds);
        self.send(Msg::Clock(now));
    }

    fn rows(&self) -> Vec<String> {
        let rows = self.app.outline.rows().iter();
        rows.map(|row| {
            let node = self.app.tree.get(row.node).unwrap();
            let mark = if self.app.has_just_changed(node.id()) {
                "!"
            } else {
                ""
            };
            format!("{}{}{mark}", "  ".repeat(row.depth.into()), node.label())
        })
        .collect()
    }

    fn words(&self) -> Vec<String> {
        let noticed = self.app.noticed();
        let words = noticed.map(|one| format!("{} {}", one.difference.name, one.difference.word()));
        words.collect()
    }

    fn kept(&mut self) -> Vec<Arc<Snapshot>> {
        let effects = std::mem::take(&mut self.effects);
        let kept = effects.into_iter().filter_map(|effect| match effect {
            Effect::Keep { snapshot, .. } => Some(snapshot),
            _ => None,
        });
        kept.collect()
    }

    fn walks(&self) -> Vec<u64> {
        let walks = self.effects.iter().filter_map(|effect| match effect {
            Effect::Walk { generation, .. } => Some(*generation),
            _ => None,
        });
        walks.collect()
    }
}

#[test]
fn what_was_kept_is_shown_before_anything_is_read_and_nothing_can_be_changed() {
    let driver = Driver::cached();
    assert_eq!(driver.rows(), ["Root", "  Prod", "  Test", "  management"]);
    assert_eq!(driver.app.cached_at(), Some(yesterday()));
    assert_eq!(driver.app.cached_organization().unwrap().id, "o-example");
    assert!(!driver.app.is_writable());
    assert_eq!(driver.effects[0], Effect::Identify);
    assert_eq!(driver.walks(), [1]);
}

#[test]
fn while_it_is_read_again_cursor_open_ous_marks_and_filter_stay() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.keys("* j j space");
    assert!(driver.app.marks.contains("000000000003") || driver.app.marks.contains("000000000002"));
    driver.keys("g j j");
    let before = driver.rows();
    let cursor = driver.app.outline.cursor();
    driver.observe(1, after());
    assert_eq!(driver.app.outline.cursor(), cursor);
    let plain: Vec<String> = driver
        .rows()
        .iter()
        .map(|row| row.replace('!', ""))
        .collect();
    assert_eq!(before.len(), plain.len());
    assert!(
        plain.contains(&"    shop".to_owned()),
        "still open: {plain:?}"
    );
    assert!(!driver.app.marks.is_empty());
    driver.keys("/ s h o");
    driver.finish(1, Vec::new());
    assert!(driver.app.outline.active_filter().is_some());
}

#[test]
fn rows_that_have_changed_are_marked_until_they_were_visited_or_a_minute_is_over() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.keys("*");
    driver.observe(1, after());
    let marked = |driver: &Driver| -> Vec<String> {
        let rows = driver.rows().into_iter();
        rows.filter(|row| row.ends_with('!'))
            .map(|row| row.trim().to_owned())
            .collect()
    };
    assert_eq!(marked(&driver), ["bank of old!", "shop!"]);
    driver.keys("j j");
    assert_eq!(marked(&driver).len(), 2, "it is being looked at");
    driver.keys("j");
    assert_eq!(marked(&driver), ["shop!"]);
    driver.finish(1, Vec::new());
    assert_eq!(marked(&driver), ["shop!"]);
    assert!(driver.app.next_change().is_some());
    driver.app.dirty = false;
    driver.pass(61);
    assert_eq!(marked(&driver), [] as [String; 0]);
    assert!(driver.app.dirty);
}

#[test]
fn what_has_gone_is_told_at_the_end_of_a_complete_walk_and_then_kept() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.observe(1, after());
    assert_eq!(driver.words(), ["shop moved", "bank of old renamed"]);
    driver.finish(1, Vec::new());
    let all = ["shop moved", "bank of old renamed", "lab gone"];
    assert_eq!(driver.words(), all);
    assert_eq!(driver.app.cached_at(), None);
    let kept = driver.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].hierarchy.taken_at, noon());
    assert_eq!(kept[0].noticed.len(), 3);
    assert!(kept[0].account("000000000004").is_none());
    let notice = driver.app.notice.clone().unwrap().text;
    assert!(
        notice.starts_with("c shows 3 changes since 1 d ago"),
        "{notice}"
    );
    let of_shop = driver.app.noticed_of("000000000002");
    assert_eq!(of_shop.count(), 1);
}

#[test]
fn after_a_walk_that_was_not_complete_nothing_has_gone_and_nothing_is_kept() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.observe(1, after());
    let error = OrgError::new(ErrorKind::Network, "no answer");
    driver.finish(1, vec![error]);
    assert_eq!(driver.words(), ["shop moved", "bank of old renamed"]);
    assert_eq!(driver.app.cached_at(), Some(yesterday()));
    assert!(driver.app.tree.find("000000000004").is_some());
    assert_eq!(driver.kept(), []);
}

#[test]
fn what_is_undone_while_it_is_read_is_no_difference() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.observe(1, after());
    driver.observe(1, before());
    assert_eq!(driver.words(), [] as [String; 0]);
    driver.finish(1, Vec::new());
    assert_eq!(driver.kept()[0].noticed, []);
}

#[test]
fn what_is_of_another_organization_is_gone_once_the_service_says_so() {
    let mut driver = Driver::cached();
    driver.keys("* j j space");
    driver.observe(1, vec![account("000000000009", "theirs", "r-9")]);
    driver.identified("o-another");
    driver.frame();
    assert_eq!(driver.rows(), [] as [String; 0]);
    assert!(driver.app.marks.is_empty());
    assert_eq!(driver.app.cached_at(), None);
    assert_eq!(driver.words(), [] as [String; 0]);
    assert_eq!(driver.walks(), [1, 2]);
    let notice = driver.app.notice.clone().unwrap();
    assert!(
        notice.is_problem && notice.text.contains("o-example"),
        "{notice:?}"
    );
    // What was under way came too late.
    driver.observe(1, before());
    assert_eq!(driver.rows(), [] as [String; 0]);
    driver.observe(2, vec![root("r-9", "o-another")]);
    driver.observe(2, vec![account("000000000009", "theirs", "r-9")]);
    driver.finish(2, Vec::new());
    assert_eq!(driver.rows(), ["Root", "  theirs"]);
    let kept = driver.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].hierarchy.organization.id, "o-another");
    assert_eq!(kept[0].noticed, []);
}

#[test]
fn the_root_of_another_organization_is_enough_to_know_it() {
    let mut driver = Driver::cached();
    driver.observe(1, vec![root("r-9", "o-another")]);
    assert_eq!(driver.rows(), [] as [String; 0]);
    assert_eq!(driver.walks(), [1, 2]);
    assert_eq!(driver.app.cached_organization(), None);
}

/// What o-another lists, into which an endpoint that led to o-example leads now.
fn theirs() -> Vec<Observation> {
    vec![
        root("r-9", "o-another"),
        account("000000000009", "theirs", "r-9"),
    ]
}

impl Driver {
    /// What was read of o-example is kept; then everything is read anew, and the service does not
    /// say which organization that is. The next walk, which is of o-another, begins.
    fn moved_on_without_a_word() -> (Self, u64) {
        let mut driver = Self::cached();
        driver.identified("o-example");
        driver.observe(1, before());
        driver.finish(1, Vec::new());
        driver.keys("shift-r");
        assert_eq!(driver.walks(), [1, 2]);
        driver.not_identified();
        driver.effects.clear();
        driver.observe(2, theirs());
        let walks = driver.walks();
        assert_eq!(walks.len(), 1, "what was read so far was put among the old");
        (driver, walks[0])
    }

    fn not_identified(&mut self) {
        let error = OrgError::new(ErrorKind::Service, "500").during("DescribeOrganization");
        self.send(Msg::Identified(Identity {
            organization: Err(error),
            caller: None,
        }));
    }
}

#[test]
fn what_was_known_of_the_organization_goes_with_it_where_the_root_tells_of_another() {
    let (driver, _) = Driver::moved_on_without_a_word();
    assert_eq!(driver.app.known, crate::app::Known::default());
    assert!(driver.effects.contains(&Effect::Identify));
    assert!(!driver.app.is_writable());
    assert_eq!(driver.app.cached_organization(), None);
}

#[test]
fn a_walk_of_another_organization_is_never_kept_under_the_name_of_the_last_one() {
    let (mut driver, walk) = Driver::moved_on_without_a_word();
    driver.observe(walk, theirs());
    driver.not_identified();
    driver.finish(walk, Vec::new());
    driver.pass(301);
    assert_eq!(driver.kept(), []);
    assert_eq!(driver.app.to_keep(), None);
    assert_eq!(driver.rows(), ["Root", "  theirs"]);
    driver.identified("o-another");
    let kept = driver.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].hierarchy.organization.id, "o-another");
    // The way back is found as the way there was.
    driver.keys("shift-r");
    let walk = *driver.walks().last().unwrap();
    driver.observe(walk, before());
    assert_eq!(driver.app.known.organization, None);
    assert_eq!(driver.kept(), []);
}

#[test]
fn who_may_list_nothing_any_more_does_not_put_another_organization_under_the_last_name() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    let denied = OrgError::new(ErrorKind::AccessDenied, "no").during("ListRoots");
    driver.finish(1, vec![denied]);
    driver.keys("shift-r");
    driver.observe(2, theirs());
    assert_eq!(driver.app.known.organization, None);
    assert_eq!(driver.walks(), [1, 2, 3]);
}

#[test]
fn what_nobody_has_named_is_not_kept_under_a_name_that_its_root_contradicts() {
    let mut driver = Driver::open(Session::default(), None);
    driver.observe(1, before());
    driver.finish(1, Vec::new());
    driver.identified("o-another");
    driver.frame();
    let walk = *driver.walks().last().unwrap();
    assert_eq!(driver.kept(), []);
    assert_eq!(driver.rows(), [] as [String; 0]);
    driver.observe(walk, theirs());
    driver.finish(walk, Vec::new());
    let kept = driver.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].hierarchy.organization.id, "o-another");
    assert_eq!(kept[0].accounts.len(), 1);
}

#[test]
fn where_the_service_and_its_root_contradict_each_other_reading_comes_to_an_end() {
    let mut driver = Driver::open(Session::default(), None);
    for _ in 0..3 {
        driver.identified("o-example");
        for _ in 0..5 {
            let Some(walk) = driver.walks().last().copied() else {
                break;
            };
            driver.effects.clear();
            driver.observe(walk, theirs());
            if driver.effects.contains(&Effect::Identify) {
                driver.identified("o-example");
            }
            driver.finish(walk, Vec::new());
        }
        assert!(driver.app.load.walking().is_none());
        assert_eq!(driver.rows(), ["Root", "  theirs"]);
        assert_eq!(driver.kept(), []);
        assert_eq!(driver.walks(), [] as [u64; 0]);
        assert_eq!(driver.app.to_keep(), None);
        driver.keys("shift-r");
    }
}

#[test]
fn nothing_is_kept_until_it_is_known_which_organization_it_is() {
    let mut driver = Driver::open(Session::default(), None);
    driver.observe(1, before());
    driver.finish(1, Vec::new());
    assert_eq!(driver.kept(), []);
    driver.identified("o-example");
    let kept = driver.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].accounts.len(), 4);
    assert_eq!(kept[0].noticed, []);
}

#[test]
fn who_may_list_nothing_does_not_see_what_was_kept() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    let denied = OrgError::new(ErrorKind::AccessDenied, "no").during("ListRoots");
    driver.finish(1, vec![denied]);
    assert_eq!(driver.rows(), [] as [String; 0]);
    assert_eq!(driver.app.to_keep(), None);
}

#[test]
fn at_the_end_what_was_learned_since_is_kept_and_nothing_else_is() {
    let mut driver = Driver::cached();
    assert_eq!(driver.app.to_keep(), None);
    driver.identified("o-example");
    assert_eq!(driver.app.to_keep(), None);
    driver.observe(1, before());
    driver.finish(1, Vec::new());
    assert_eq!(driver.app.to_keep(), None);
    driver.pass(30);
    driver.send(Msg::Observed(vec![account(
        "000000000002",
        "shop",
        "ou-1-test",
    )]));
    let kept = driver.app.to_keep().expect("something is new");
    assert_eq!(kept.hierarchy.taken_at, noon());
    let words: Vec<&str> = kept
        .noticed
        .iter()
        .map(|one| one.difference.word())
        .collect();
    assert_eq!(words, ["moved"]);
    assert_eq!(driver.words(), ["shop moved"]);
}

#[test]
fn offline_nothing_is_asked_and_everything_that_would_ask_says_so() {
    let session = Session {
        offline: true,
        write: true,
        ..Session::default()
    };
    let mut driver = Driver::open(session, Some(snapshot()));
    assert_eq!(driver.effects, []);
    assert_eq!(driver.rows().len(), 4);
    driver.keys("r");
    let notice = driver.app.notice.clone().unwrap().text;
    assert_eq!(
        notice,
        "Cannot read again: this is offline; without --offline it is read from the service"
    );
    driver.keys("shift-r * j j enter");
    driver.pass(3_600);
    // What is not known is asked all the same, of a connection that leads nowhere.
    let asked = |effect: &Effect| matches!(effect, Effect::Ask(_));
    assert!(driver.effects.iter().all(asked), "{:?}", driver.effects);
    for row in ACTIONS.iter().filter(|row| row.danger == Danger::Changes) {
        let refused = available(&driver.app, row.action);
        assert_eq!(refused, Err("this is offline"), "{}", row.name);
    }
    assert_eq!(driver.app.to_keep(), None);
}

#[test]
fn the_list_of_changes_leads_to_what_has_changed() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.observe(1, after());
    driver.keys("c");
    assert!(matches!(
        driver.app.overlays.last(),
        Some(Overlay::Changes(_))
    ));
    let rows = |driver: &Driver| match driver.app.overlays.last() {
        Some(Overlay::Changes(pane)) => pane.rows.len(),
        _ => 0,
    };
    assert_eq!(rows(&driver), 2);
    driver.finish(1, Vec::new());
    assert_eq!(rows(&driver), 3);
    driver.keys("j enter");
    assert!(driver.app.overlays.is_empty());
    let cursor = driver.app.outline.cursor().unwrap();
    assert_eq!(driver.app.tree.get(cursor).unwrap().id(), "000000000003");
}

/// What was kept of yesterday, in which one move was noticed that happened the day before.
fn with_an_older_move() -> Arc<Snapshot> {
    let place = |id: &str| crate::org::Whereabouts {
        id: id.into(),
        path: "Root / Prod".into(),
    };
    let older = Noticed {
        at: yesterday(),
        since: at("2026-11-20T12:00:00Z"),
        difference: Difference {
            id: "000000000002".into(),
            kind: crate::org::NodeKind::Account,
            name: "shop".into(),
            what: What::Moved {
                from: place("ou-1-test"),
                to: place("ou-1-prod"),
            },
        },
    };
    let mut snapshot = Arc::unwrap_or_clone(snapshot());
    snapshot.noticed.push(older);
    Arc::new(snapshot)
}

/// The words of the list, those since the last visit, and how many lines it has beside its rows.
fn listed(driver: &Driver) -> (Vec<&'static str>, usize, usize) {
    let Some(Overlay::Changes(pane)) = driver.app.overlays.last() else {
        panic!("no list");
    };
    let words = pane.rows.iter().map(|row| row.noticed.difference.word());
    let news = pane.rows.iter().filter(|row| row.is_new).count();
    let headings = changes_pane::older(&driver.app, pane).map_or(0, |(_, lines)| lines);
    (words.collect(), news, headings)
}

#[test]
fn the_title_the_number_and_the_list_of_changes_tell_of_the_same_time() {
    let mut driver = Driver::open(Session::default(), Some(with_an_older_move()));
    driver.identified("o-example");
    driver.observe(1, before());
    driver.finish(1, Vec::new());
    let notice = driver.app.notice.clone().unwrap().text;
    assert!(notice.starts_with("Read "), "nothing is new: {notice}");
    driver.keys("c");
    assert_eq!(listed(&driver), (vec!["moved"], 0, 2));
    driver.keys("esc shift-r");
    driver.observe(2, after());
    driver.finish(2, Vec::new());
    let three = "c shows 3 changes since 1 d ago. ";
    let notice = driver.app.notice.clone().unwrap().text;
    assert!(notice.starts_with(three), "{notice}");
    driver.keys("c");
    assert_eq!(
        changes_pane::title(&driver.app),
        "Changes since the last visit, 1 d ago"
    );
    let (words, news, headings) = listed(&driver);
    assert_eq!((news, headings), (3, 1));
    assert_eq!((words.len(), words.last()), (4, Some(&"moved")));
    // What a later walk finds comes to those since then, and all are counted.
    driver.pass(60);
    driver.keys("esc shift-r");
    let mut later = after();
    later.push(account("000000000005", "new", "r-1"));
    driver.observe(3, later);
    driver.finish(3, Vec::new());
    let notice = driver.app.notice.clone().unwrap().text;
    let four = "c shows 4 changes since 1 d ago. ";
    assert!(notice.starts_with(four), "{notice}");
    driver.keys("c");
    let (words, news, _) = listed(&driver);
    assert_eq!((words.len(), news), (5, 4));
}

#[test]
fn offline_the_list_of_changes_is_not_divided() {
    let session = Session {
        offline: true,
        ..Session::default()
    };
    let mut driver = Driver::open(session, Some(with_an_older_move()));
    driver.keys("c");
    assert_eq!(listed(&driver), (vec!["moved"], 0, 0));
}

#[test]
fn without_an_earlier_visit_there_are_no_changes_to_show() {
    let mut driver = Driver::open(Session::default(), None);
    driver.keys("c");
    let notice = driver.app.notice.clone().unwrap().text;
    assert!(
        notice.starts_with("Cannot show changes: nothing was kept"),
        "{notice}"
    );
}

#[test]
fn a_warning_from_the_start_is_there_when_the_first_walk_has_ended() {
    let mut driver = Driver::open(Session::default(), None);
    driver
        .app
        .begin_with_warning("the cache was \u{1b}[2J broken");
    driver.keys("j");
    driver.identified("o-example");
    driver.observe(1, before());
    driver.finish(1, Vec::new());
    let notice = driver.app.notice.clone().unwrap();
    assert!(
        notice.is_problem && notice.text.contains("broken"),
        "{notice:?}"
    );
    assert!(!notice.text.contains('\u{1b}'));
}

#[test]
fn offline_the_closures_that_were_known_are_shown_with_their_age_and_never_read() {
    let mut known = (*snapshot()).clone();
    Arc::make_mut(&mut known.accounts[1].node).state = Some(AccountState::PendingClosure);
    let session = Session {
        offline: true,
        ..Session::default()
    };
    let mut driver = Driver::open(session, Some(Arc::new(known)));
    driver.keys("2");
    let rows = &driver.app.closures.rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].account, "000000000002");
    assert_eq!(rows[0].next_poll, None);
    driver.pass(3_600);
    driver.keys("r");
    assert_eq!(driver.effects, []);
}

/// The shop in this state.
fn shop_is(state: &str) -> Vec<Observation> {
    let mut read = before();
    let shop = read.iter_mut().find_map(|observation| match observation {
        Observation::Account { account, .. } if account.name.as_deref() == Some("shop") => {
            Some(account)
        }
        _ => None,
    });
    Arc::make_mut(shop.unwrap()).state = Some(AccountState::parse(state));
    read
}

#[test]
fn a_closure_that_is_watched_is_not_told_to_be_undone_by_one_reading() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.observe(1, shop_is("PENDING_CLOSURE"));
    assert_eq!(driver.words(), ["shop state"]);
    driver.observe(1, shop_is("ACTIVE"));
    assert_eq!(driver.words(), ["shop state"]);
    driver.finish(1, Vec::new());
    assert_eq!(driver.words(), ["shop state"]);
    let kept = driver.kept();
    let shop = kept[0].account("000000000002").unwrap();
    assert_eq!(shop.node.state, Some(AccountState::PendingClosure));
    driver.pass(120);
    driver.keys("R");
    let again = *driver.walks().last().unwrap();
    driver.observe(again, shop_is("ACTIVE"));
    driver.finish(again, Vec::new());
    assert_eq!(driver.words(), ["shop state"]);
}

#[test]
fn what_was_read_since_the_last_walk_is_kept_every_few_minutes_where_there_is_any() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.observe(1, before());
    driver.pass(301);
    assert_eq!(driver.kept().len(), 0, "the walk has not ended");
    driver.finish(1, Vec::new());
    let first = driver.kept();
    assert_eq!(first.len(), 1);
    driver.pass(301);
    assert_eq!(driver.kept().len(), 0, "nothing is new");
    driver.send(Msg::Observed(vec![account(
        "000000000003",
        "bank of old",
        "ou-1-prod",
    )]));
    driver.pass(10);
    assert_eq!(driver.kept().len(), 0);
    driver.pass(301);
    let kept = driver.kept();
    assert_eq!(kept.len(), 1);
    let bank = kept[0].account("000000000003").unwrap();
    assert_eq!(bank.node.name.as_deref(), Some("bank of old"));
    assert_eq!(kept[0].hierarchy.taken_at, first[0].hierarchy.taken_at);
    driver.pass(301);
    assert_eq!(driver.kept().len(), 0, "it was kept already");
}

#[test]
fn after_signing_in_again_nothing_is_kept_or_changed_before_the_service_says_where_this_is() {
    let session = Session {
        write: true,
        ..Session::default()
    };
    let mut driver = Driver::open(session, None);
    driver.identified("o-example");
    driver.observe(1, before());
    driver.finish(1, vec![OrgError::new(ErrorKind::Credentials, "expired")]);
    let tags = Question::Tags("000000000002".into());
    let found = Found {
        at: noon(),
        answer: Ok(Finding::Tags(Vec::new())),
    };
    driver.send(Msg::Found(tags.clone(), found));
    assert!(driver.app.is_writable());
    driver.effects.clear();
    driver.send(Msg::Reconnected(Ok(())));
    assert!(!driver.app.is_writable());
    // The walk of the new organization is complete before it is known which one that is.
    driver.observe(
        2,
        vec![
            Observation::Root(Root {
                id: "r-2".into(),
                ..Root::default()
            }),
            account("000000000009", "elsewhere", "r-2"),
        ],
    );
    driver.finish(2, Vec::new());
    assert_eq!(driver.kept(), []);
    driver.identified("o-other");
    assert_eq!(driver.kept(), []);
    assert!(driver.app.tree.root().is_none());
    assert_eq!(driver.app.findings.get(&tags), None);
    driver.observe(
        3,
        vec![
            root("r-2", "o-other"),
            account("000000000009", "elsewhere", "r-2"),
        ],
    );
    driver.finish(3, Vec::new());
    let kept = driver.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].hierarchy.organization.id, "o-other");
    assert_eq!(kept[0].accounts.len(), 1);
}

#[test]
fn a_walk_that_nobody_has_named_is_not_kept_as_that_of_what_was_signed_in_to_later() {
    let mut driver = Driver::open(Session::default(), None);
    driver.observe(1, before());
    driver.finish(1, Vec::new());
    driver.send(Msg::Reconnected(Ok(())));
    driver.identified("o-other");
    assert_eq!(driver.kept(), []);
    driver.observe(
        2,
        vec![
            root("r-2", "o-other"),
            account("000000000009", "elsewhere", "r-2"),
        ],
    );
    driver.finish(2, Vec::new());
    let kept = driver.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].hierarchy.organization.id, "o-other");
    assert_eq!(kept[0].accounts.len(), 1);
}

#[test]
fn after_signing_in_again_a_part_of_a_walk_is_not_kept_with_what_was_read_before() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.observe(1, before());
    driver.finish(1, Vec::new());
    assert_eq!(driver.kept().len(), 1);
    driver.send(Msg::Reconnected(Ok(())));
    // An emulator may use the id of an organization that exists.
    driver.identified("o-example");
    driver.observe(2, vec![root("r-1", "o-example")]);
    driver.observe(2, vec![account("000000000009", "elsewhere", "r-1")]);
    assert_eq!(driver.app.to_keep(), None);
    driver.finish(2, vec![OrgError::new(ErrorKind::Network, "no answer")]);
    driver.pass(301);
    assert_eq!(driver.kept(), []);
    driver.keys("shift-r");
    driver.observe(3, after());
    driver.finish(3, Vec::new());
    let (kept, connection) = (driver.kept(), driver.app.connection());
    assert_eq!((kept.len(), connection), (1, 1));
    assert_eq!(kept[0].accounts.len(), 3);
}

#[test]
fn what_is_to_be_kept_says_over_which_connection_it_was_read() {
    let mut driver = Driver::cached();
    driver.identified("o-example");
    driver.observe(1, before());
    driver.finish(1, Vec::new());
    let refused = OrgError::new(ErrorKind::Credentials, "interrupted");
    driver.send(Msg::Reconnected(Err(refused)));
    driver.send(Msg::Reconnected(Ok(())));
    driver.identified("o-example");
    driver.observe(2, before());
    driver.finish(2, Vec::new());
    let connections = driver.effects.iter().filter_map(|effect| match effect {
        Effect::Keep { connection, .. } => Some(*connection),
        _ => None,
    });
    assert_eq!(connections.collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn closures_of_another_organization_are_not_watched_after_signing_in_to_this_one() {
    let mut driver = Driver::open(Session::default(), None);
    driver.identified("o-example");
    let mut scene = before();
    let Some(Observation::Account { account, .. }) = scene.last_mut() else {
        panic!("an account comes last");
    };
    Arc::make_mut(account).state = Some(AccountState::PendingClosure);
    driver.observe(1, scene);
    driver.finish(1, Vec::new());
    assert_eq!(driver.app.watch.open(), 1);
    driver.send(Msg::Reconnected(Ok(())));
    driver.identified("o-other");
    assert_eq!(driver.app.watch.open(), 0);
    driver.effects.clear();
    driver.pass(3600);
    let polls = |effect: &Effect| matches!(effect, Effect::Poll(_));
    assert!(!driver.effects.iter().any(polls), "{:?}", driver.effects);
}
