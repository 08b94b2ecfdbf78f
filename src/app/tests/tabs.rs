//! The tabs of the details: what they ask for and when, what they say, and what opens from them.

use jiff::ToSpan as _;

use super::*;
use crate::app::details::Line;
use crate::app::sheet::Sheet;
use crate::app::tabs::{Tab, shown};
use crate::app::viewer::Viewer;
use crate::msg::JournalNews;
use crate::org::{
    Change, DelegatedAdministrator, Document, EffectivePolicy, EnabledService, Event, Finding,
    Found, Mutation, Outcome, Policy, Question, Record, Tag, Target, ValidationError,
};

pub(super) const SCP: &str = "SERVICE_CONTROL_POLICY";
pub(super) const TAGS: &str = "TAG_POLICY";
const FUTURE: &str = "SOMETHING_NEW_POLICY";
pub(super) const PROD: &str = "222222222222";
pub(super) const DEV: &str = "333333333333";

impl Driver {
    /// A loaded organization in which three policy types are enabled, with the details on screen.
    pub(super) fn with_details() -> Self {
        let mut driver = Self::loaded();
        driver.send(Msg::Observed(vec![Observation::Root(Root {
            id: "r-1".into(),
            policy_types: Some(vec![TAGS.into(), SCP.into(), FUTURE.into()]),
            ..Root::default()
        })]));
        let region = |x, width| Region {
            x,
            y: 3,
            width,
            height: 10,
        };
        driver.send(Msg::Arranged(Areas {
            tree: region(0, 60),
            details: region(63, 60),
            overlay: region(1, 78),
            ..Areas::default()
        }));
        driver.keys("*");
        driver.rest();
        driver.effects.clear();
        driver
    }

    /// A frame, and the cursor rests for a while.
    pub(super) fn rest(&mut self) -> &mut Self {
        self.frame();
        let later = self.app.now.checked_add(1.seconds()).unwrap();
        self.send(Msg::Clock(later));
        self.frame();
        self
    }

    pub(super) fn go(&mut self, label: &str) -> &mut Self {
        self.app.focus = Focus::Tree;
        self.keys("g");
        while self.cursor() != label {
            let before = self.cursor().to_owned();
            self.keys("j");
            assert_ne!(self.cursor(), before, "no {label}");
        }
        self.rest()
    }

    /// Goes to a node and looks at this tab with the keys.
    pub(super) fn look(&mut self, label: &str, tab: Tab) -> &mut Self {
        self.go(label);
        while shown(&self.app) != tab {
            self.keys(">");
        }
        self.keys("tab");
        self.rest()
    }

    pub(super) fn answer(&mut self, question: Question, finding: Finding) {
        let found = Found {
            at: self.app.now,
            answer: Ok(finding),
        };
        self.send(Msg::Found(question, found));
        self.frame();
    }

    fn deny(&mut self, question: Question, operation: &str) {
        let error = OrgError::new(ErrorKind::AccessDenied, "no").during(operation);
        let found = Found {
            at: self.app.now,
            answer: Err(error),
        };
        self.send(Msg::Found(question, found));
        self.frame();
    }

    /// What is attached to a node, by id; what AWS made is recognized by its id.
    pub(super) fn attach(&mut self, node: &str, kind: &str, ids: &[&str]) {
        let policies = ids.iter().map(|id| policy(id, kind)).collect();
        self.answer(attached(node, kind), Finding::Attached(policies));
    }

    /// All of the way to an account: of tags nothing, full access everywhere.
    pub(super) fn attach_everywhere(&mut self, account: &str) {
        for node in ["r-1", "ou-1", "ou-2", account] {
            self.attach(node, SCP, &["p-FullAWSAccess"]);
            self.attach(node, TAGS, &[]);
            self.attach(node, FUTURE, &[]);
        }
    }

    pub(super) fn document(&mut self, id: &str, content: &str) {
        let document = Document {
            policy: policy(id, SCP),
            description: "what it is for".into(),
            content: content.into(),
        };
        let question = Question::Document(id.into());
        self.answer(question, Finding::Document(document));
    }

    pub(super) fn asks(&mut self) -> Vec<Question> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        let asks = effects.filter_map(|effect| match effect {
            Effect::Ask(questions) => Some(questions),
            _ => None,
        });
        asks.last().unwrap_or_default()
    }

    pub(super) fn says(&self, text: &str) {
        let lines = details::lines(&self.app, 100);
        assert!(
            lines.iter().any(|line| line.text.contains(text)),
            "{text} in {:#?}",
            texts(&lines)
        );
    }

    pub(super) fn says_not(&self, text: &str) {
        let lines = details::lines(&self.app, 100);
        assert!(
            !lines.iter().any(|line| line.text.contains(text)),
            "{text} in {:#?}",
            texts(&lines)
        );
    }

    fn viewer(&self) -> &Viewer {
        match self.app.overlays.last() {
            Some(Overlay::Viewer(viewer)) => viewer,
            other => panic!("{other:?}"),
        }
    }

    /// The lines of the document on screen.
    fn document_lines(&self) -> Vec<String> {
        let viewer = self.viewer();
        let pieces = viewer.window().into_iter();
        let text = pieces.map(|piece| {
            let text = &viewer.rows[piece.row].text[piece.range];
            format!("{text}{}", piece.folded.unwrap_or_default())
        });
        text.collect()
    }

    pub(super) fn sheet(&self) -> &Sheet {
        match self.app.overlays.last() {
            Some(Overlay::Sheet(sheet)) => sheet,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn sheet_says(&self, text: &str) {
        let lines = &self.sheet().page.lines;
        assert!(
            lines.iter().any(|line| line.text.contains(text)),
            "{text} in {:#?}",
            texts(lines)
        );
    }
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

pub(super) fn policy(id: &str, kind: &str) -> Policy {
    Policy {
        id: id.into(),
        name: format!("named {id}"),
        policy_type: kind.into(),
        aws_managed: id.ends_with("FullAWSAccess"),
        ..Policy::default()
    }
}

pub(super) fn attached(node: &str, kind: &str) -> Question {
    Question::Attached {
        node: node.into(),
        policy_type: kind.into(),
    }
}

pub(super) fn tags(of: &str) -> Question {
    Question::Tags(of.into())
}

pub(super) fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: key.into(),
        value: value.into(),
    }
}

#[test]
fn nothing_is_asked_for_rows_that_are_only_passed() {
    let mut driver = Driver::with_details();
    for _ in 0..5 {
        driver.keys("j");
        driver.frame();
        let soon = driver.app.now.checked_add(30.milliseconds()).unwrap();
        driver.send(Msg::Clock(soon));
    }
    assert_eq!(driver.asks(), []);
    // The time at which it will have rested is told, so that the program wakes then.
    let due = driver.app.next_change().unwrap();
    assert!(due > driver.app.now);
    driver.send(Msg::Clock(due));
    let here = driver.app.outline.cursor().unwrap();
    let here = driver.app.tree.get(here).unwrap().id().to_owned();
    assert_eq!(driver.asks().first(), Some(&tags(&here)));
    // The newest wish takes the place of the older one.
    driver.go("payments-dev");
    assert_eq!(
        driver.asks(),
        [tags(DEV), Question::DelegatedAdministrators]
    );
    driver.rest();
    assert_eq!(
        driver.asks(),
        [],
        "what is on its way is not asked for again"
    );
    driver.answer(tags(DEV), Finding::Tags(Vec::new()));
    driver.answer(
        Question::DelegatedAdministrators,
        Finding::DelegatedAdministrators(Vec::new()),
    );
    driver.go("payments-prod");
    assert_eq!(driver.asks(), [tags(PROD)], "one list is for all accounts");
    driver.go("payments-dev");
    driver.rest();
    assert_eq!(driver.asks(), [] as [Question; 0], "it is known");
}

#[test]
fn nothing_is_asked_for_details_that_are_not_on_screen() {
    let mut driver = Driver::with_details();
    let areas = Areas {
        details: Region::default(),
        ..driver.app.areas
    };
    driver.send(Msg::Arranged(areas));
    driver.effects.clear();
    driver.go("payments-prod");
    assert_eq!(driver.asks(), []);
    // Stepping goes to them first.
    driver.keys(">");
    assert_eq!(
        (driver.app.focus, shown(&driver.app)),
        (Focus::Details, Tab::Overview)
    );
    driver.keys(">");
    assert_eq!(shown(&driver.app), Tab::Policies);
}

#[test]
fn the_tab_stays_while_walking_from_account_to_account() {
    let mut driver = Driver::with_details();
    driver.go("payments-prod").keys("> >");
    assert_eq!(shown(&driver.app), Tab::Tags);
    driver.go("payments-dev");
    assert_eq!(
        (shown(&driver.app), driver.app.focus),
        (Tab::Tags, Focus::Tree)
    );
    driver.keys("< < <");
    assert_eq!(shown(&driver.app), Tab::History, "around the end");
    // An account has no children, an OU has: what was chosen comes back.
    driver.go("Workloads").keys("<");
    assert_eq!(shown(&driver.app), Tab::Children);
    driver.go("payments-dev");
    assert_eq!(shown(&driver.app), Tab::Overview);
    driver.go("Production");
    assert_eq!(shown(&driver.app), Tab::Children);
}

#[test]
fn a_click_on_a_title_shows_the_tab() {
    let mut driver = Driver::with_details();
    driver.go("payments-prod");
    let mut areas = driver.app.areas;
    areas.details_tabs[Tab::History as usize] = Region {
        x: 100,
        y: 2,
        width: 9,
        height: 1,
    };
    driver.send(Msg::Arranged(areas));
    driver.send(Msg::Mouse {
        kind: MouseKind::Click,
        column: 104,
        row: 2,
    });
    assert_eq!(
        (shown(&driver.app), driver.app.focus),
        (Tab::History, Focus::Details)
    );
}

#[test]
fn the_overview_names_the_owner_and_what_is_delegated() {
    let mut driver = Driver::with_details();
    driver.go("payments-prod");
    driver.says("reading tags");
    driver.answer(
        tags(PROD),
        Finding::Tags(vec![
            tag("env", "prod"),
            tag("cost-center", "4711"),
            tag("team-owner", "ada\u{1b}[31m"),
        ]),
    );
    driver.says("team-owner: ada␛[31m");
    driver.says("cost-center: 4711");
    driver.says_not("env");
    let since = "2022-01-05T00:00:00Z".parse().unwrap();
    driver.answer(
        Question::DelegatedAdministrators,
        Finding::DelegatedAdministrators(vec![DelegatedAdministrator {
            account: PROD.into(),
            name: "payments-prod".into(),
            since: Some(since),
        }]),
    );
    driver.says("delegated administrator since 2022-01-05");
    driver.go("payments-dev");
    driver.says("administrator of no service");
    driver.deny(tags(DEV), "ListTagsForResource");
    driver.says("organizations:ListTagsForResource is missing");
    driver.says("payments-dev");
}

#[test]
fn what_is_inherited_from_where_is_told_by_level() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Policies);
    let asked = driver.asks();
    assert_eq!(
        asked[0],
        attached(PROD, SCP),
        "what permits comes first: {asked:?}"
    );
    assert_eq!(asked.len(), 12);
    driver.attach("r-1", SCP, &["p-FullAWSAccess", "p-guard"]);
    driver.says("reading: 1 of");
    driver.attach("ou-1", SCP, &["p-FullAWSAccess"]);
    driver.attach("ou-2", SCP, &["p-deny"]);
    driver.attach(PROD, SCP, &["p-list"]);
    assert!(driver.asks().contains(&Question::Document("p-deny".into())));
    driver.says("not known yet whether anything is allowed");
    let deny = r#"{"Statement":[{"Effect":"Deny","Action":["s3:*","ec2:*"],"Resource":"*"}]}"#;
    driver.document("p-deny", deny);
    driver.says("! no Allow at this level");
    driver.says("! nothing is allowed: no Allow by service control policies in OU Production");
    driver.says("denies s3:*, ec2:*");
    driver.document(
        "p-guard",
        r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
    );
    driver.says("! everything is denied by named p-guard in Root");
    let list = r#"{"Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}"#;
    driver.document("p-list", list);
    driver.says("! allows only what these policies list");
    let lines = details::lines(&driver.app, 60);
    let of = |text: &str| {
        lines
            .iter()
            .position(|line| line.text.starts_with(text))
            .unwrap()
    };
    let order = [
        "Service control policies",
        "from Root",
        "named p-guard",
        "from OU Workloads",
        "from OU Production",
        "named p-deny",
        "! no Allow at this level",
        "attached to this account",
        "named p-list",
    ];
    assert!(order.map(of).is_sorted(), "{:#?}", texts(&lines));
    driver.says("named p-FullAWSAccess  AWS managed, allows all");
    for node in ["r-1", "ou-1", "ou-2", PROD] {
        driver.attach(node, TAGS, &[]);
        driver.attach(node, FUTURE, &[]);
    }
    driver.says("Enabled, and nothing attached");
    driver.says("something new policy");
}

#[test]
fn service_control_policies_have_no_effect_in_the_management_account() {
    let mut driver = Driver::with_details();
    driver.look("management", Tab::Policies);
    driver.attach("r-1", SCP, &["p-FullAWSAccess"]);
    driver.says("they do not apply to the management account");
}

#[test]
fn effective_policies_are_asked_for_where_something_is_attached() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Policies);
    driver.asks();
    driver.attach_everywhere(PROD);
    assert_eq!(driver.asks(), []);
    driver.attach("ou-1", TAGS, &["p-tags"]);
    let (account, policy_type) = (PROD.to_owned(), TAGS.to_owned());
    let effective = Question::EffectivePolicy {
        account: account.clone(),
        policy_type: policy_type.clone(),
    };
    let errors = Question::ValidationErrors {
        account,
        policy_type,
    };
    assert_eq!(driver.asks(), [effective.clone(), errors.clone()]);
    let updated_at = driver.app.now.checked_sub(3.hours()).ok();
    let content = r#"{"tags":{"env":1}}"#.to_owned();
    let policy = EffectivePolicy {
        content,
        updated_at,
    };
    driver.answer(effective, Finding::EffectivePolicy(Some(policy)));
    driver.says("effective policy, computed 3 h ago");
    let error = ValidationError {
        code: "ELEMENTS_TOO_MANY".into(),
        message: "too many".into(),
        path: "tags/env".into(),
        policies: vec!["p-tags".into()],
    };
    driver.answer(errors, Finding::ValidationErrors(vec![error]));
    driver.says("! ELEMENTS_TOO_MANY: too many at tags/env");
    driver.keys("shift-g enter");
    driver.frame();
    assert!(driver.document_lines().contains(&r#""env": 1"#.to_owned()));
    let title = crate::app::viewer::title(&driver.app, driver.viewer());
    assert_eq!(
        title,
        format!("Effective tag policy of {PROD} payments-prod")
    );
}

#[test]
fn policy_types_keep_the_capitals_of_services_within_a_line() {
    let mut driver = Driver::with_details();
    for (kind, expected) in [
        ("SECURITYHUB_CSPM_POLICY", "Security Hub CSPM policy"),
        ("AISERVICES_OPT_OUT_POLICY", "AI services opt-out policy"),
        ("GUARDDUTY_POLICY", "GuardDuty policy"),
        ("DECLARATIVE_POLICY_EC2", "declarative policy for EC2"),
        (SCP, "service control policy"),
        (FUTURE, "something new policy"),
    ] {
        let source = crate::app::viewer::Source::Effective {
            account: "999999999999".into(),
            policy_type: kind.into(),
        };
        let _ = crate::app::viewer::open(&mut driver.app, source);
        let title = crate::app::viewer::title(&driver.app, driver.viewer());
        assert_eq!(title, format!("Effective {expected} of 999999999999"));
    }
}

#[test]
fn a_permission_that_is_missing_is_named_once_and_the_rest_is_usable() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Policies);
    for node in ["r-1", "ou-1"] {
        driver.deny(attached(node, SCP), "ListPoliciesForTarget");
    }
    driver.attach("ou-2", SCP, &["p-FullAWSAccess"]);
    driver.says("organizations:ListPoliciesForTarget is missing");
    driver.says("for the same reason");
    driver.says("named p-FullAWSAccess");
}

#[test]
fn reading_again_forgets_what_the_tab_shows() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Tags);
    assert_eq!(driver.asks()[0], tags(PROD));
    driver.answer(tags(PROD), Finding::Tags(vec![tag("a", "b")]));
    driver.says("read just now");
    driver.says("a = b");
    driver.keys("r");
    assert_eq!(driver.asks(), [tags(PROD)]);
    driver.says("reading");
    driver.answer(tags(PROD), Finding::Tags(Vec::new()));
    driver.says("no tags");
}

#[test]
fn after_signing_in_again_what_is_looked_at_is_asked_again_unless_it_is_known() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Tags);
    let tags = tags(PROD);
    assert!(driver.asks().contains(&tags));
    // Whoever was asked does not answer any more.
    driver.send(Msg::Reconnected(Ok(())));
    assert!(driver.asks().contains(&tags));
    driver.deny(tags.clone(), "ListTagsForResource");
    driver.send(Msg::Reconnected(Ok(())));
    assert!(driver.asks().contains(&tags), "another role may be allowed");
    driver.answer(tags.clone(), Finding::Tags(Vec::new()));
    driver.send(Msg::Reconnected(Ok(())));
    assert!(!driver.asks().contains(&tags));
    // What is of another organization is not shown.
    let other = Organization {
        id: "o-other00001".into(),
        ..Organization::default()
    };
    driver.send(Msg::Identified(Identity {
        organization: Ok(other),
        caller: None,
    }));
    assert!(driver.app.findings.get(&tags).is_none());
}

/// The driver with a document of two statements open.
fn with_document() -> Driver {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Policies);
    driver.attach_everywhere(PROD);
    driver.attach("ou-2", SCP, &["p-guard"]);
    driver.keys("j j enter");
    driver.frame();
    assert_eq!(driver.document_lines(), [""; 0]);
    driver.document("p-guard", DOCUMENT);
    driver
}

const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Sid":"A","Action":["s3:PutObject"]},{"Sid":"B"}]}"#;

#[test]
fn a_document_is_folded_and_unfolded() {
    let mut driver = with_document();
    let before = driver.document_lines();
    assert_eq!(
        before[1], r#""Version": "2012-10-17","#,
        "the order of the keys stays"
    );
    driver.keys("j j space");
    assert_eq!(
        driver.document_lines(),
        [
            "{",
            before[1].as_str(),
            r#""Statement": [ ... ]  (2 items)"#,
            "}"
        ]
    );
    driver.keys("l");
    assert_eq!(driver.document_lines(), before);
    driver.keys("-");
    assert_eq!(driver.document_lines().len(), 4);
    driver.keys("*");
    assert_eq!(driver.document_lines(), before);
    // From a line inside, what it is in is folded.
    driver.keys("g j j j j h");
    assert_eq!(driver.document_lines()[3], "{ ... },  (2 keys)");
    assert_eq!(driver.viewer().cursor, 3);
    driver.keys("h h h");
    assert_eq!(driver.viewer().cursor, 0);
    driver.keys("esc");
    assert!(driver.app.overlays.is_empty());
}

#[test]
fn a_search_finds_what_is_folded() {
    let mut driver = with_document();
    driver.keys("- / s3:put");
    assert!(
        driver
            .document_lines()
            .contains(&r#""s3:PutObject""#.to_owned())
    );
    let row = driver.viewer().cursor;
    assert_eq!(driver.viewer().matches(row).first(), Some(&(1..7)));
    driver.keys("enter / sid enter");
    assert_eq!(driver.viewer().match_counts(), (2, Some(2)));
    driver.keys("n");
    assert_eq!(
        driver.viewer().match_counts(),
        (2, Some(1)),
        "around the end"
    );
    driver.keys("shift-n");
    assert_eq!(driver.viewer().match_counts(), (2, Some(2)));
    let here = driver.viewer().cursor;
    driver.keys("/ zzz");
    assert_eq!(driver.viewer().cursor, here);
    driver.keys("esc n");
    assert_eq!(driver.notice(), "Nothing is searched for; / searches");
}

#[test]
fn a_document_is_copied_as_it_was_written() {
    let mut driver = with_document();
    driver.effects.clear();
    driver.keys("y");
    let what = "policy document";
    let copy = |text: &str| Effect::Copy {
        what,
        text: text.into(),
    };
    assert_eq!(driver.effects, [copy(DOCUMENT)]);
    driver.document("p-guard", "no json\n\u{1b}[201~rm -rf\ttab");
    driver.effects.clear();
    assert_eq!(driver.document_lines(), ["no json", "␛[201~rm -rf    tab"]);
    driver.keys("y");
    assert_eq!(driver.effects, [copy("no json\n␛[201~rm -rf\ttab")]);
}

#[test]
fn a_document_that_cannot_be_read_says_why() {
    let mut driver = with_document();
    driver.keys("r");
    assert!(
        driver
            .asks()
            .contains(&Question::Document("p-guard".into()))
    );
    driver.deny(Question::Document("p-guard".into()), "DescribePolicy");
    let (status, is_problem) = crate::app::viewer::status(&driver.app, driver.viewer());
    assert!(
        is_problem && status.contains("organizations:DescribePolicy is missing"),
        "{status}"
    );
    driver.keys("j / x enter n space h l - * g shift-g y t esc esc");
}

#[test]
fn everything_that_a_policy_reaches_is_listed_and_can_be_gone_to() {
    let mut driver = with_document();
    driver.effects.clear();
    driver.keys("t");
    let question = Question::Targets("p-guard".into());
    assert_eq!(driver.asks().first(), Some(&question));
    let target = |id: &str, kind: &str| Target {
        id: id.into(),
        name: String::new(),
        kind: kind.into(),
    };
    let targets = vec![
        target("ou-1", "ORGANIZATIONAL_UNIT"),
        target("ou-2", "ORGANIZATIONAL_UNIT"),
        target("444444444444", "ACCOUNT"),
    ];
    driver.answer(question, Finding::Targets(targets));
    driver.sheet_says("Attached to 3 targets, reaches 3 accounts");
    driver.sheet_says("1 of them closed");
    driver.sheet_says("Root / Workloads  2 accounts");
    let line = |text: &str| {
        let mut lines = driver.sheet().page.lines.iter();
        let at = lines.position(|line| line.text.starts_with(text)).unwrap();
        u16::try_from(at).unwrap()
    };
    // A click selects, and does nothing else.
    let row = driver.app.areas.overlay.y + line("payments-old");
    let mut areas = driver.app.areas;
    areas.overlay.height = 30;
    driver.send(Msg::Arranged(areas));
    driver.send(Msg::Mouse {
        kind: MouseKind::Click,
        column: 5,
        row,
    });
    driver.keys("down enter");
    assert!(driver.app.overlays.is_empty());
    assert_eq!(driver.cursor(), "payments-prod");
}

#[test]
fn the_details_are_made_once_for_a_frame_and_anew_for_what_has_happened_since() {
    let mut driver = Driver::with_details();
    let width = driver.app.areas.details.width.into();
    driver.frame();
    let page = details::page(&driver.app, width);
    assert!(std::sync::Arc::ptr_eq(
        &page,
        &details::page(&driver.app, width)
    ));
    let closed = account(
        "444444444444",
        "another name",
        AccountState::Active,
        &["r-1"],
    );
    driver.look("payments-old", Tab::Overview);
    driver.send(Msg::Observed(vec![closed]));
    let lines = &details::page(&driver.app, width).lines;
    assert!(
        lines.iter().any(|line| line.text == "another name"),
        "{lines:#?}"
    );
}

#[test]
fn what_a_policy_reaches_is_searched_like_a_document() {
    let mut driver = with_reach();
    answer_reach(&mut driver);
    let on = |driver: &Driver| {
        let line = line_under_the_cursor(driver);
        line.split("  ").next().unwrap().to_owned()
    };
    assert_eq!(on(&driver), "Root / Workloads");
    driver.keys("n");
    assert_eq!(driver.notice(), "Nothing is searched for; / searches");
    driver.keys("/ P a y m");
    assert_eq!(on(&driver), "payments-prod");
    assert_eq!(driver.sheet().match_counts(), (2, Some(1)));
    // What is typed is no key of the list.
    driver.keys("backspace backspace backspace backspace d e v");
    assert_eq!(on(&driver), "payments-dev");
    driver.keys("esc");
    assert_eq!(on(&driver), "Root / Workloads");
    driver.keys("/");
    driver.send(Msg::Paste("payments\n".into()));
    driver.keys("enter n");
    assert_eq!(driver.sheet().match_counts(), (2, Some(2)));
    driver.keys("n");
    assert_eq!(driver.sheet().match_counts(), (2, Some(1)));
    driver.keys("shift-n");
    assert_eq!(driver.sheet().match_counts(), (2, Some(2)));
    let there = on(&driver);
    driver.keys("enter");
    assert_eq!(driver.cursor(), there);
    driver.keys("/");
    assert!(driver.app.overlays.len() == 1, "the filter, as before");
}

/// What is marked in a sheet, with a bar where a line ends.
fn marked(sheet: &Sheet) -> Vec<String> {
    let (mut marked, mut ends) = (Vec::<String>::new(), false);
    for (at, line) in sheet.page.lines.iter().enumerate() {
        for found in sheet.matches(at) {
            let text = &line.text[found.clone()];
            match marked.last_mut().filter(|_| ends && found.start == 0) {
                Some(begun) => *begun = format!("{begun}|{text}"),
                None => marked.push(text.to_owned()),
            }
            ends = found.end == line.text.len();
        }
    }
    marked
}

/// The document, with a sheet on top that shows what the policy reaches as soon as that is known.
fn with_reach() -> Driver {
    let mut driver = with_document();
    driver.keys("t");
    driver
}

fn answer_reach(driver: &mut Driver) {
    let target = Target {
        id: "ou-1".into(),
        name: String::new(),
        kind: "ORGANIZATIONAL_UNIT".into(),
    };
    let question = Question::Targets("p-guard".into());
    driver.answer(question, Finding::Targets(vec![target]));
}

fn line_under_the_cursor(driver: &Driver) -> String {
    let sheet = driver.sheet();
    let mut lines = sheet.page.lines.iter();
    let line = lines.find(|line| line.item == Some(sheet.selected));
    line.map_or_else(String::new, |line| line.text.clone())
}

#[test]
fn what_is_counted_in_a_sheet_is_marked_where_it_goes_on_in_the_next_line_too() {
    let mut driver = with_reach();
    answer_reach(&mut driver);
    let narrow = Region {
        width: 30,
        ..driver.app.areas.overlay
    };
    driver.send(Msg::Arranged(Areas {
        overlay: narrow,
        ..driver.app.areas
    }));
    driver.keys("/");
    driver.send(Msg::Paste("ROOT / WORKLOADS / p".into()));
    let sheet = driver.sheet();
    assert_eq!(sheet.match_counts().0, 1);
    assert_eq!(marked(sheet), ["Root / Workloads / |P"]);
}

#[test]
fn what_is_marked_in_a_sheet_is_counted_however_its_letters_are_written_small() {
    let mut driver = with_reach();
    let mut istanbul = account("777777777777", "", AccountState::Active, &["r-1", "ou-1"]);
    if let Observation::Account { account, .. } = &mut istanbul {
        // Its small form has two letters.
        Arc::make_mut(account).name = Some("İstanbul".into());
    }
    driver.send(Msg::Observed(vec![istanbul]));
    answer_reach(&mut driver);
    driver.keys("/");
    driver.send(Msg::Paste("istan".into()));
    let sheet = driver.sheet();
    assert_eq!(marked(sheet), ["İstan"]);
    assert_eq!(sheet.match_counts().0, 1);
}

#[test]
fn what_was_searched_for_before_there_was_anything_is_gone_to_when_there_is() {
    for keys in ["/ d e v", "/ d e v enter"] {
        let mut driver = with_reach();
        driver.keys(keys);
        assert_eq!(driver.sheet().match_counts(), (0, None));
        answer_reach(&mut driver);
        assert!(
            line_under_the_cursor(&driver).starts_with("payments-dev"),
            "{}",
            line_under_the_cursor(&driver)
        );
        assert_eq!(driver.sheet().match_counts(), (1, Some(1)));
    }
    // Nobody is taken away from where they went meanwhile.
    let mut driver = with_reach();
    answer_reach(&mut driver);
    driver.keys("/ y o u n g enter j");
    let there = line_under_the_cursor(&driver);
    let young = account(
        "777777777777",
        "young",
        AccountState::Active,
        &["r-1", "ou-1"],
    );
    driver.send(Msg::Observed(vec![young]));
    driver.frame();
    assert_eq!(driver.sheet().match_counts(), (1, None));
    assert_eq!(line_under_the_cursor(&driver), there);
}

#[test]
fn what_was_searched_for_before_a_document_was_read_is_gone_to_when_it_is() {
    let mut driver = Driver::with_details();
    driver.look("payments-prod", Tab::Policies);
    driver.attach_everywhere(PROD);
    driver.attach("ou-2", SCP, &["p-guard"]);
    driver.keys("j j enter / p u t o b j");
    driver.document("p-guard", DOCUMENT);
    let viewer = driver.viewer();
    let line = &viewer.rows[viewer.cursor].text;
    assert!(line.contains("PutObject"), "{line}");
    assert_eq!(viewer.match_counts(), (1, Some(1)));
}

#[test]
fn children_are_counted_by_state_and_the_newest_come_first() {
    let mut driver = Driver::with_details();
    driver.look("Workloads", Tab::Children);
    driver.says("Here");
    driver.says("1 ACTIVE");
    driver.says("Production  1 account");
    let mut young = account(
        "555555555555",
        "young",
        AccountState::Suspended,
        &["r-1", "ou-1"],
    );
    if let Observation::Account { account, .. } = &mut young {
        Arc::make_mut(account).joined_at = Some("2026-11-01T00:00:00Z".parse().unwrap());
    }
    driver.send(Msg::Observed(vec![young]));
    driver.frame();
    driver.says("1 SUSPENDED");
    let lines = details::lines(&driver.app, 60);
    let of = |text: &str| {
        lines
            .iter()
            .position(|line| line.text.starts_with(text))
            .unwrap()
    };
    assert!(of("young") < of("payments-dev"));
    driver.keys("j enter");
    assert_eq!((driver.cursor(), driver.app.focus), ("young", Focus::Tree));
    // While the organization is being read, the counts are what is known so far.
    driver.keys("shift-r");
    driver.look("Workloads", Tab::Children);
    driver.says("so far");
}

/// A move of the account in production to the OU of suspended accounts, which was made.
fn moved() -> Vec<Record> {
    let at = noon();
    let record = |event| Record {
        at,
        entry: "e1".into(),
        instance: "us".into(),
        event,
    };
    let mutation = Mutation::MoveAccount {
        account: PROD.into(),
        from: "ou-2".into(),
        to: "ou-3".into(),
    };
    let asked = Event::Asked {
        organization: "o-example".into(),
        caller: Some("arn:aws:iam::111111111111:user/ada".into()),
        change: Change {
            mutation,
            target_name: "payments-prod".into(),
            path: "Root / Workloads / Production".into(),
            parent: None,
            to_path: Some("Root / Suspended".into()),
        },
        confirmation: "yes".into(),
        batch: "b1".into(),
        undoes: None,
    };
    let done = Event::Outcome {
        result: Outcome::Done { made: None },
        request_id: None,
    };
    vec![record(asked), record(Event::intent(1)), record(done)]
}

#[test]
fn the_history_tells_what_the_journal_knows() {
    let mut driver = Driver::with_details();
    driver.send(Msg::Journal(JournalNews::Opened {
        instance: "us".into(),
        records: moved(),
        running: ["us".to_owned()].into(),
    }));
    driver.go("payments-prod");
    driver.says("2026-11-21 move account: done");
    for label in ["payments-prod", "Suspended", "Production"] {
        driver.look(label, Tab::History);
        driver.says("2026-11-21 12:00:00 UTC  move account: done");
        driver.says("by arn:aws:iam::111111111111:user/ada");
    }
    driver.look("payments-dev", Tab::History);
    driver.says("Nothing that the journal knows of");
    driver.look("Production", Tab::History);
    driver.keys("enter");
    assert_eq!(driver.app.view, View::Activity);
}

#[test]
fn delegations_are_shown_for_one_account_and_for_all() {
    let mut driver = Driver::with_details();
    let administrator = |id: &str| DelegatedAdministrator {
        account: id.into(),
        name: "its name".into(),
        since: None,
    };
    driver.look("payments-prod", Tab::Delegation);
    driver.answer(
        Question::DelegatedAdministrators,
        Finding::DelegatedAdministrators(vec![administrator(PROD), administrator(DEV)]),
    );
    let services = |id: &str| Question::DelegatedServices(id.into());
    assert_eq!(
        driver.asks(),
        [services(PROD)],
        "one call a second: not for others"
    );
    let service = |principal: &str| EnabledService {
        principal: principal.into(),
        since: Some("2022-01-05T00:00:00Z".parse().unwrap()),
    };
    driver.answer(
        services(PROD),
        Finding::DelegatedServices(vec![service("guardduty.amazonaws.com")]),
    );
    driver.says("guardduty.amazonaws.com  since 2022-01-05");
    driver.look("management", Tab::Delegation);
    driver.says("2 delegated administrators");
    driver.keys("shift-a");
    assert_eq!(driver.asks()[..2], [Question::TrustedAccess, services(DEV)]);
    driver.answer(
        Question::TrustedAccess,
        Finding::TrustedAccess(vec![service("sso.amazonaws.com")]),
    );
    driver.sheet_says("1 service with trusted access");
    driver.sheet_says("sso.amazonaws.com");
    driver.keys("g enter");
    assert_eq!(driver.cursor(), "payments-prod");
}

#[test]
fn two_marked_accounts_are_compared() {
    let mut driver = Driver::with_details();
    driver.app.session.write = true;
    driver.go("payments-prod").keys("space");
    driver.go("payments-dev").keys("space");
    driver.keys("=");
    driver.frame();
    let asked = driver.asks();
    assert_eq!(asked[..2], [tags(PROD), tags(DEV)]);
    assert!(asked.contains(&attached("ou-2", TAGS)) && asked.contains(&attached(DEV, SCP)));
    driver.sheet_says("? all");
    driver.attach_everywhere(PROD);
    driver.attach_everywhere(DEV);
    driver.attach("ou-2", SCP, &["p-FullAWSAccess", "p-guard"]);
    driver.answer(
        tags(PROD),
        Finding::Tags(vec![tag("env", "prod"), tag("team", "a")]),
    );
    driver.answer(
        tags(DEV),
        Finding::Tags(vec![tag("env", "dev"), tag("team", "a")]),
    );
    let line = |driver: &Driver, text: &str| {
        let lines = driver.sheet().page.lines.iter();
        let mut lines = lines.map(|line| line.text.clone());
        lines.find(|line| line.contains(text)).unwrap_or_default()
    };
    let env = line(&driver, "env ");
    assert!(
        env.starts_with("! env") && env.contains("prod") && env.contains("dev"),
        "{env}"
    );
    assert!(line(&driver, "team").starts_with("  team"));
    let guard = line(&driver, "named p-guard");
    assert!(
        guard.starts_with('!') && guard.contains("from Production"),
        "{guard}"
    );
    assert!(line(&driver, "named p-Full").starts_with("  named"));
    assert!(line(&driver, "an Allow").starts_with("  an Allow"));
    driver.asks();
    driver.attach("ou-2", SCP, &["p-guard"]);
    assert!(
        driver
            .asks()
            .contains(&Question::Document("p-guard".into()))
    );
    assert!(line(&driver, "an Allow").starts_with("? an Allow"));
    driver.document(
        "p-guard",
        r#"{"Statement":{"Effect":"Deny","Action":"s3:*"}}"#,
    );
    let allow = line(&driver, "an Allow");
    assert!(
        allow.starts_with('!') && allow.contains("missing in Production"),
        "{allow}"
    );
    driver.keys("=");
    driver.frame();
    assert_eq!(line(&driver, "team"), "");
    assert_ne!(line(&driver, "env "), "");
}

#[test]
fn two_ous_are_compared_without_marks() {
    let mut driver = Driver::with_details();
    driver.go("Workloads").keys("=");
    assert!(
        driver.notice().starts_with("Comparing Workloads with"),
        "{}",
        driver.notice()
    );
    let footer = crate::app::footer(&driver.app);
    assert!(
        footer.iter().any(|(_, word)| *word == "compare"),
        "{footer:?}"
    );
    driver.go("Suspended").keys("=");
    driver.frame();
    driver.sheet_says("Accounts");
    assert_eq!(
        crate::app::sheet::title(&driver.app, driver.sheet()),
        "Workloads and Suspended"
    );
    driver.keys("esc = =");
    assert_eq!(driver.notice(), "Not comparing any more");
    assert!(driver.app.overlays.is_empty());
}

#[test]
fn a_narrow_comparison_is_stacked() {
    let mut driver = Driver::with_details();
    let mut areas = driver.app.areas;
    areas.overlay.width = 50;
    driver.send(Msg::Arranged(areas));
    driver.go("Workloads").keys("=");
    driver.go("Suspended").keys("=");
    driver.frame();
    driver.sheet_says("! Name");
    driver.sheet_says("1 Workloads");
    driver.sheet_says("2 Suspended");
}
