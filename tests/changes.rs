//! Changes through the real SDK against the simulator: looked at before, claimed in a journal,
//! sent once, and read afterwards. What the simulator counted and holds is what judges.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use orgscope::aws::{self, Connection};
use orgscope::org::{
    AccountState, Answer, Change, ErrorKind, Figures, Mutation, Observation, Outcome, ProtectRules,
};
use orgscope::sim::{
    self, Caller, JoinedMethod, NewAccount, Organization, Settings, Simulator, State, StatusFields,
};

use crate::support::hand::{Hand, change};

const MANAGEMENT: &str = "000000000001";
const PLAIN: &str = "000000000012";
const YOUNG: &str = "000000000013";
const DELEGATED: &str = "000000000014";
const PROTECTED: &str = "000000000015";
const INVITED: &str = "000000000016";

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("a time")
}

fn account(id: &str, joined_method: JoinedMethod, age: SignedDuration) -> NewAccount {
    NewAccount {
        id: id.to_owned(),
        name: format!("account {id}"),
        email: format!("aws+{id}@example.com"),
        state: State::Active,
        joined_method,
        joined: noon() - age,
    }
}

/// Ids of the units of [`organization`].
const WORKLOADS: &str = "ou-ab12-workload";
const SANDBOX: &str = "ou-ab12-sandbox1";
const EMPTY: &str = "ou-ab12-empty001";
const ROOT: &str = "r-ab12";

fn organization() -> Organization {
    use JoinedMethod::{Created, Invited};
    let old = SignedDuration::from_hours(24 * 400);
    let management = account(MANAGEMENT, Invited, old);
    let mut o = Organization::new("o-exampleorg1", ROOT, noon(), management);
    for (id, name) in [
        (WORKLOADS, "Workloads"),
        (SANDBOX, "Sandbox"),
        (EMPTY, "Empty"),
    ] {
        o.add_unit_with_id(ROOT, id.to_owned(), name);
    }
    for (id, how, age) in [
        (PLAIN, Created, old),
        (YOUNG, Created, SignedDuration::from_hours(24)),
        (DELEGATED, Created, old),
        (PROTECTED, Created, old),
        (INVITED, Invited, SignedDuration::from_hours(24)),
    ] {
        o.add_account(WORKLOADS, account(id, how, age));
    }
    o.delegate(DELEGATED, "guardduty.amazonaws.com");
    o.set_tags(PROTECTED, [("orgscope:protect", "yes")]);
    o
}

struct Scene {
    simulator: Simulator,
    hand: Hand,
}

impl Deref for Scene {
    type Target = Hand;

    fn deref(&self) -> &Hand {
        &self.hand
    }
}

impl DerefMut for Scene {
    fn deref_mut(&mut self) -> &mut Hand {
        &mut self.hand
    }
}

impl Scene {
    async fn new(faults: &str) -> Self {
        Self::with(organization(), faults, |settings| settings).await
    }

    async fn with(
        organization: Organization,
        faults: &str,
        set: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let id = organization.id().to_owned();
        let settings = set(Settings {
            limits: false,
            speed: 0.0,
            faults: faults.parse().expect("faults"),
            ..Settings::default()
        });
        let simulator = Simulator::start(organization, settings).await;
        let simulator = simulator.expect("a free port");
        let hand = Hand::new(Connection::to_simulator(&simulator.url()), &id, noon());
        Self { simulator, hand }
    }

    /// Why a change is not sent.
    async fn refusal(&mut self, mutation: Mutation) -> String {
        self.refusal_of(change(mutation)).await
    }

    /// Why a change of what was called like this is not sent.
    async fn refusal_as(&mut self, name: &str, mutation: Mutation) -> String {
        let target_name = name.to_owned();
        self.refusal_of(Change {
            target_name,
            ..change(mutation)
        })
        .await
    }

    async fn refusal_of(&mut self, change: Change) -> String {
        let writes = self.writes();
        let entry = self.ask(change);
        let refused = self.recheck(&entry).await.expect_err("it must not be sent");
        assert_eq!(self.writes(), writes);
        match refused {
            Outcome::NotSent { why } => why,
            other => panic!("{other:?}"),
        }
    }

    /// The operations of the writes that arrived.
    fn writes(&self) -> Vec<String> {
        let writes = self.simulator.writes().into_iter();
        writes.map(|write| write.operation).collect()
    }

    fn parent_of(&self, account: &str) -> Option<String> {
        self.simulator
            .with_organization(|o| o.account(account).map(|a| a.parent.clone()))
    }

    fn set_faults(&self, faults: &str) {
        self.simulator.set_faults(faults.parse().expect("faults"));
    }
}

fn to_sandbox(account: &str) -> Mutation {
    Mutation::MoveAccount {
        account: account.to_owned(),
        from: WORKLOADS.to_owned(),
        to: SANDBOX.to_owned(),
    }
}

fn close(account: &str) -> Mutation {
    Mutation::CloseAccount {
        account: account.to_owned(),
    }
}

fn remove(account: &str) -> Mutation {
    Mutation::RemoveAccountFromOrganization {
        account: account.to_owned(),
    }
}

fn create(name: &str) -> Mutation {
    Mutation::CreateOrganizationalUnit {
        parent: ROOT.to_owned(),
        name: name.to_owned(),
    }
}

fn rename(unit: &str, name: &str) -> Mutation {
    Mutation::UpdateOrganizationalUnit {
        unit: unit.to_owned(),
        name: name.to_owned(),
    }
}

fn delete(unit: &str) -> Mutation {
    Mutation::DeleteOrganizationalUnit {
        unit: unit.to_owned(),
    }
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. })
}

fn is_unknown(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unknown { .. })
}

#[tokio::test]
async fn a_move_is_sent_once_and_read_where_it_went() {
    for paths in [true, false] {
        let settings = |settings| Settings { paths, ..settings };
        let mut scene = Scene::with(organization(), "", settings).await;
        let carried = scene.carry_out(to_sandbox(PLAIN)).await;
        assert!(is_done(&carried.outcome), "{:?}", carried.outcome);
        assert!(carried.request_id.is_some());
        assert_eq!(carried.reading.reading, "in Root / Sandbox");
        assert!(carried.reading.holds);
        let placed = Observation::AccountPlaced {
            account: PLAIN.to_owned(),
            parent: SANDBOX.to_owned(),
        };
        assert!(carried.reading.observations.contains(&placed));
        assert_eq!(scene.writes(), ["MoveAccount"]);
        assert_eq!(scene.parent_of(PLAIN).as_deref(), Some(SANDBOX));
    }
}

#[tokio::test]
async fn each_of_the_other_changes_is_made_once_and_read_back() {
    let mut scene = Scene::new("").await;
    let closed = scene.carry_out(close(PLAIN)).await;
    assert!(is_done(&closed.outcome) && closed.reading.holds);
    assert_eq!(closed.reading.reading, "PENDING_CLOSURE");

    let removed = scene.carry_out(remove(INVITED)).await;
    assert!(is_done(&removed.outcome) && removed.reading.holds);
    let vanished = Observation::Vanished {
        node: INVITED.to_owned(),
    };
    assert_eq!(removed.reading.observations, [vanished]);

    let created = scene.carry_out(create("New")).await;
    let Outcome::Done { made: Some(made) } = &created.outcome else {
        panic!("{:?}", created.outcome);
    };
    assert!(created.reading.holds && created.reading.reading.contains(made.as_str()));
    let found = &created.reading.observations[0];
    assert!(
        matches!(found, Observation::OrganizationalUnit { unit, parent }
            if unit.id == *made && parent == ROOT),
        "{found:?}"
    );

    let renamed = scene.carry_out(rename(SANDBOX, "Playground")).await;
    assert!(is_done(&renamed.outcome) && renamed.reading.holds);
    assert_eq!(renamed.reading.reading, "called Playground");

    let deleted = scene.carry_out_nameless(delete(EMPTY)).await;
    assert!(is_done(&deleted.outcome) && deleted.reading.holds);

    assert_eq!(
        scene.writes(),
        [
            "CloseAccount",
            "RemoveAccountFromOrganization",
            "CreateOrganizationalUnit",
            "UpdateOrganizationalUnit",
            "DeleteOrganizationalUnit",
        ]
    );
}

#[tokio::test]
async fn a_member_leaves_its_organization_and_finds_itself_in_none() {
    let settings = |settings| Settings {
        caller: Caller::Account(PLAIN.to_owned()),
        ..settings
    };
    let mut scene = Scene::with(organization(), "", settings).await;
    let leave = |account: &str| Mutation::LeaveOrganization {
        account: account.to_owned(),
    };
    // Whoever asks is not whoever was asked about: the call has no target.
    let why = scene.refusal(leave(INVITED)).await;
    assert!(why.contains(PLAIN), "{why}");
    let left = scene.carry_out(leave(PLAIN)).await;
    assert!(
        is_done(&left.outcome) && left.reading.holds,
        "{:?}",
        left.outcome
    );
    assert_eq!(scene.writes(), ["LeaveOrganization"]);
    assert_eq!(scene.parent_of(PLAIN), None);
    let why = scene.refusal(leave(PLAIN)).await;
    assert!(why.contains("in no organization"), "{why}");
}

#[tokio::test]
async fn a_lost_or_unreadable_answer_is_unknown_and_the_reading_tells_what_is_true() {
    for fault in ["reset", "truncate", "cut", "null", "500:after", "503:after"] {
        let mut scene = Scene::new(&format!("MoveAccount:{fault}")).await;
        let carried = scene.carry_out(to_sandbox(PLAIN)).await;
        assert!(
            is_unknown(&carried.outcome),
            "{fault}: {:?}",
            carried.outcome
        );
        assert!(carried.reading.holds, "{fault}");
        assert_eq!(scene.writes(), ["MoveAccount"], "{fault}");
    }
    for fault in ["drop", "500", "503"] {
        let mut scene = Scene::new(&format!("CloseAccount:{fault}")).await;
        let carried = scene.carry_out(close(PLAIN)).await;
        assert!(
            is_unknown(&carried.outcome),
            "{fault}: {:?}",
            carried.outcome
        );
        assert!(!carried.reading.holds, "{fault}");
        assert_eq!(carried.reading.reading, "ACTIVE");
        assert_eq!(scene.writes(), ["CloseAccount"], "{fault}");
    }
}

#[tokio::test]
async fn an_unreadable_answer_to_a_new_ou_is_unknown_and_the_ou_is_found_by_its_name() {
    for fault in ["null", "truncate", "reset"] {
        let mut scene = Scene::new(&format!("CreateOrganizationalUnit:{fault}")).await;
        let carried = scene.carry_out(create("New")).await;
        let unknown = matches!(
            carried.outcome,
            Outcome::Unknown { .. } | Outcome::Done { made: None }
        );
        assert!(unknown, "{fault}: {:?}", carried.outcome);
        assert!(carried.reading.holds, "{fault}");
    }
}

#[tokio::test]
async fn what_is_called_otherwise_or_is_elsewhere_than_when_it_was_confirmed_is_not_touched() {
    for mutation in [close(PLAIN), remove(INVITED)] {
        let account = mutation.target().to_owned();
        let mut scene = Scene::new("").await;
        let confirmed = Change {
            parent: Some(WORKLOADS.to_owned()),
            ..change(mutation)
        };
        let entry = scene.ask(confirmed.clone());
        assert_eq!(scene.recheck(&entry).await, Ok(()));
        let renamed = Change {
            target_name: "old-sandbox".to_owned(),
            ..confirmed
        };
        let other = scene.ask(renamed);
        let refused = scene.recheck(&other).await;
        assert!(
            matches!(&refused, Err(Outcome::NotSent { why }) if why.contains("renamed meanwhile")),
            "{refused:?}"
        );
        scene
            .simulator
            .with_organization(|o| o.move_account(&account, SANDBOX));
        let refused = scene.recheck(&entry).await;
        assert!(
            matches!(&refused, Err(Outcome::NotSent { why }) if why.contains("in Root / Sandbox now")),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_moved_that_is_called_otherwise_nor_to_what_is_called_otherwise_since() {
    let mut scene = Scene::new("").await;
    let entry = scene.ask(change(to_sandbox(PLAIN)));
    assert_eq!(scene.recheck(&entry).await, Ok(()));
    let why = scene.refusal_as("another name", to_sandbox(PLAIN)).await;
    assert!(why.contains("renamed meanwhile"), "{why}");
    scene
        .simulator
        .with_organization(|o| o.rename_unit(SANDBOX, "Quarantine"));
    let why = scene.refusal(to_sandbox(PLAIN)).await;
    assert!(why.contains("is called Quarantine now"), "{why}");
}

#[tokio::test]
async fn nothing_is_changed_in_another_organization_than_it_was_confirmed_for() {
    let mut scene = Scene::new("").await;
    let url = scene.simulator.url();
    scene.hand = Hand::new(Connection::to_simulator(&url), "o-another0001", noon());
    for mutation in [
        to_sandbox(PLAIN),
        remove(INVITED),
        create("New"),
        rename(SANDBOX, "Playground"),
        delete(EMPTY),
    ] {
        let why = scene.refusal(mutation).await;
        assert!(
            why.contains("lead to the organization o-exampleorg1"),
            "{why}"
        );
    }
    let gone = scene.ask(change(remove("000000000099")));
    let read = aws::verify(&scene.connection, &scene.limiter, &gone, None).await;
    assert!(read.is_err(), "{read:?}");
    let left = scene.ask(change(Mutation::LeaveOrganization {
        account: PLAIN.to_owned(),
    }));
    let read = aws::verify(&scene.connection, &scene.limiter, &left, None).await;
    assert!(read.is_err(), "{read:?}");
    let entry = scene.ask(change(close(PLAIN)));
    let refused = scene.recheck(&entry).await;
    assert!(
        matches!(refused, Err(Outcome::Postponed { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_closure_that_cannot_be_looked_at_for_now_is_not_given_up() {
    let mut scene = Scene::new("").await;
    let entry = scene.ask(change(close(PLAIN)));
    for fault in [
        "DescribeAccount:error=ServiceException",
        "ListTagsForResource:reset",
    ] {
        scene.set_faults(fault);
        let refused = scene.recheck(&entry).await;
        assert!(
            matches!(refused, Err(Outcome::Postponed { .. })),
            "{refused:?}"
        );
    }
    let reachable = scene.connection.clone();
    scene.connection = Connection::to_simulator("http://127.0.0.1:1");
    let (outcome, _) = scene.send(&entry).await;
    assert!(matches!(outcome, Outcome::Postponed { .. }), "{outcome:?}");
    scene.connection = reachable;
    scene.set_faults("");
    assert_eq!(scene.recheck(&entry).await, Ok(()));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unknown() {
    let mut scene = Scene::new("RemoveAccountFromOrganization:hang").await;
    let carried = scene.carry_out(remove(PLAIN)).await;
    assert!(is_unknown(&carried.outcome), "{:?}", carried.outcome);
    assert!(carried.reading.holds);
    assert_eq!(scene.writes().len(), 1);
}

#[tokio::test]
async fn what_cannot_have_left_is_known_not_to_have() {
    let mut scene = Scene::new("").await;
    let entry = scene.ask(change(to_sandbox(PLAIN)));
    scene.connection = Connection::to_simulator("http://127.0.0.1:1");
    let (outcome, _) = scene.send(&entry).await;
    assert!(
        matches!(&outcome, Outcome::NotSent { why } if why.contains("refused")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_read_only_connection_sends_nothing() {
    let mut scene = Scene::new("").await;
    let entry = scene.ask(change(to_sandbox(PLAIN)));
    scene.connection = Connection::to_simulator_read_only(&scene.simulator.url());
    let refused = scene.recheck(&entry).await;
    assert!(
        matches!(refused, Err(Outcome::NotSent { .. })),
        "{refused:?}"
    );
    let (outcome, _) = scene.send(&entry).await;
    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
    assert_eq!(scene.writes(), [""; 0]);
}

#[tokio::test]
async fn what_the_service_is_too_busy_for_is_to_be_tried_later_and_not_at_once() {
    for (fault, least, most) in [
        (
            "MoveAccount:error=ConcurrentModificationException:n=1",
            1,
            5,
        ),
        ("MoveAccount:throttle:n=1", 2, 2),
    ] {
        let mut scene = Scene::new(fault).await;
        let entry = scene.ask(change(to_sandbox(PLAIN)));
        let before = wall_clock();
        let (outcome, _) = scene.send(&entry).await;
        let Outcome::Postponed { not_before, .. } = outcome else {
            panic!("{fault}: {outcome:?}");
        };
        let after = wall_clock();
        assert!(
            not_before >= before + SignedDuration::from_secs(least),
            "{fault}"
        );
        assert!(
            not_before <= after + SignedDuration::from_secs(most),
            "{fault}"
        );
        assert_eq!(scene.writes().len(), 1, "{fault}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is compared is the wall clock's"
)]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

#[tokio::test]
async fn too_many_closures_wait_and_a_spent_quota_is_refused_each_with_its_sentence() {
    for (reason, postponed) in [
        ("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED", true),
        ("CLOSE_ACCOUNT_QUOTA_EXCEEDED", false),
    ] {
        let fault = format!("CloseAccount:error=ConstraintViolationException/{reason}");
        let mut scene = Scene::new(&fault).await;
        let entry = scene.ask(change(close(PLAIN)));
        let before = wall_clock();
        let (outcome, request_id) = scene.send(&entry).await;
        assert!(request_id.is_some());
        let failure = match outcome {
            Outcome::Postponed {
                failure,
                not_before,
            } if postponed => {
                assert!(not_before >= before + Figures::default().wait_when_refused);
                failure
            }
            Outcome::Refused { failure } if !postponed => failure,
            other => panic!("{reason}: {other:?}"),
        };
        assert_eq!(failure.reason, reason);
        assert!(
            failure.message.contains("clos") && failure.hint.is_some(),
            "{failure:?}"
        );
        assert_eq!(scene.writes().len(), 1);
    }
}

#[tokio::test]
async fn a_fourth_closure_at_once_is_postponed_by_the_simulator_itself() {
    let mut scene = Scene::new("").await;
    scene.protect = ProtectRules {
        accounts: Vec::new(),
        tags: Vec::new(),
    };
    for account in [PLAIN, YOUNG, PROTECTED] {
        let carried = scene.carry_out(close(account)).await;
        assert!(is_done(&carried.outcome), "{:?}", carried.outcome);
    }
    let entry = scene.ask(change(close(INVITED)));
    assert_eq!(scene.recheck(&entry).await, Ok(()));
    // The queue would not let it through; who claims with other figures gets to hear the service.
    let figures = Figures {
        at_once: 9,
        ..Figures::default()
    };
    let now = scene.later();
    let claim = scene
        .journal
        .claim(&entry.id, None, &figures, 0, now)
        .expect("these figures allow it");
    let wait = Duration::from_mins(1);
    let token = aws::token(&scene.limiter, &entry.change.mutation).await;
    let permit = token.place().await;
    let (outcome, _) = aws::send(&scene.connection, permit, claim, wait).await;
    assert!(matches!(outcome, Outcome::Postponed { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_an_earlier_attempt_may_have_done_is_unknown_on_a_later_one() {
    for (mutation, first, code) in [
        (
            to_sandbox(PLAIN),
            "MoveAccount:error=ConcurrentModificationException:n=1",
            "DuplicateAccountException",
        ),
        (
            remove(PLAIN),
            "RemoveAccountFromOrganization:throttle:n=1",
            "AccountNotFoundException",
        ),
        (
            close(PLAIN),
            "CloseAccount:error=ConcurrentModificationException:n=1",
            "ConflictException",
        ),
    ] {
        let mut scene = Scene::new(first).await;
        let entry = scene.ask(change(mutation));
        let (outcome, _) = scene.send(&entry).await;
        assert!(matches!(outcome, Outcome::Postponed { .. }), "{outcome:?}");
        // It was carried out all the same.
        let at = scene.simulator.now();
        scene
            .simulator
            .with_organization(|o| match &entry.change.mutation {
                Mutation::MoveAccount { account, to, .. } => o.move_account(account, to),
                Mutation::CloseAccount { account } => o.close_account(account, at),
                other => o.remove_account(other.target()),
            });
        // The wall clock decided when it may be sent again.
        scene.now = wall_clock() + SignedDuration::from_mins(5);
        let (outcome, _) = scene.send(&entry).await;
        assert!(
            matches!(&outcome, Outcome::Unknown { failure } if failure.code == code),
            "{outcome:?}"
        );
        assert!(scene.verify(&entry, &outcome).await.holds);
    }
}

#[tokio::test]
async fn a_first_attempt_is_refused_in_words_that_say_what_to_do_next() {
    let mut scene = Scene::new("").await;
    scene
        .simulator
        .with_organization(|o| o.move_account(PLAIN, EMPTY));
    let entry = scene.ask(change(to_sandbox(PLAIN)));
    let (outcome, _) = scene.send(&entry).await;
    let Outcome::Refused { failure } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(failure.code, "SourceParentNotFoundException");
    assert!(failure.hint.is_some_and(|hint| hint.contains("reload")));
}

#[tokio::test]
async fn expired_credentials_are_a_refusal_that_says_how_to_sign_in() {
    let mut scene = Scene::new("MoveAccount:expired").await;
    let entry = scene.ask(change(to_sandbox(PLAIN)));
    let (outcome, _) = scene.send(&entry).await;
    let Outcome::Refused { failure } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(failure.hint.is_some_and(|hint| hint.contains("sign in")));
}

#[tokio::test]
async fn a_move_is_not_sent_when_the_account_or_the_destination_is_not_where_it_was() {
    let mut scene = Scene::new("").await;
    scene
        .simulator
        .with_organization(|o| o.move_account(PLAIN, EMPTY));
    let why = scene.refusal(to_sandbox(PLAIN)).await;
    assert!(
        why.contains("moved meanwhile") && why.contains("Empty"),
        "{why}"
    );

    scene
        .simulator
        .with_organization(|o| o.move_account(PLAIN, SANDBOX));
    let why = scene.refusal(to_sandbox(PLAIN)).await;
    assert!(why.contains("already in Root / Sandbox"), "{why}");

    scene
        .simulator
        .with_organization(|o| o.remove_account(PLAIN));
    let why = scene.refusal(to_sandbox(PLAIN)).await;
    assert!(why.contains("the account is no longer"), "{why}");

    scene.simulator.with_organization(|o| o.delete_unit(EMPTY));
    let to_empty = Mutation::MoveAccount {
        account: YOUNG.to_owned(),
        from: WORKLOADS.to_owned(),
        to: EMPTY.to_owned(),
    };
    let why = scene.refusal(to_empty).await;
    assert!(why.contains("the destination is no longer"), "{why}");
}

#[tokio::test]
async fn an_account_that_must_not_be_closed_or_removed_is_not() {
    let mut scene = Scene::new("").await;
    for (mutation, says) in [
        (close(MANAGEMENT), "management account"),
        (remove(MANAGEMENT), "management account"),
        (close(DELEGATED), "guardduty.amazonaws.com"),
        (remove(DELEGATED), "guardduty.amazonaws.com"),
        (close(PROTECTED), "orgscope:protect"),
        (remove(PROTECTED), "orgscope:protect"),
        (remove(YOUNG), "four days"),
        (close("000000000099"), "no longer in the organization"),
        (remove("000000000099"), "no longer in the organization"),
    ] {
        let why = scene.refusal(mutation).await;
        assert!(why.contains(says), "{why}");
    }
    scene.protect.accounts.push(PLAIN.to_owned());
    let why = scene.refusal(close(PLAIN)).await;
    assert!(why.contains("protected by its id"), "{why}");
}

#[tokio::test]
async fn an_account_that_is_closed_or_on_its_way_is_not_closed_again() {
    let mut scene = Scene::new("").await;
    assert!(is_done(&scene.carry_out(close(PLAIN)).await.outcome));
    let why = scene.refusal(close(PLAIN)).await;
    assert!(why.contains("PENDING_CLOSURE"), "{why}");
    scene.simulator.advance(Duration::from_hours(1));
    let why = scene.refusal(close(PLAIN)).await;
    assert!(why.contains("CLOSED"), "{why}");

    let legacy = |settings| Settings {
        status_fields: StatusFields::StatusOnly,
        ..settings
    };
    let mut scene = Scene::with(organization(), "", legacy).await;
    assert!(is_done(&scene.carry_out(close(PLAIN)).await.outcome));
    scene.simulator.advance(Duration::from_hours(1));
    let why = scene.refusal(close(PLAIN)).await;
    assert!(why.contains("SUSPENDED"), "{why}");
    assert_eq!(scene.writes(), ["CloseAccount"]);
}

#[tokio::test]
async fn nothing_is_closed_or_removed_where_what_forbids_it_cannot_be_read() {
    for denied in [
        "DescribeAccount",
        "DescribeOrganization",
        "ListTagsForResource",
        "ListDelegatedAdministrators",
    ] {
        let mut scene = Scene::new(&format!("{denied}:deny")).await;
        for mutation in [close(PLAIN), remove(PLAIN)] {
            let why = scene.refusal(mutation).await;
            assert!(why.contains("could not be checked"), "{denied}: {why}");
        }
    }
    for denied in ["DescribeAccount", "ListParents"] {
        let mut scene = Scene::new(&format!("{denied}:deny")).await;
        let why = scene.refusal(to_sandbox(PLAIN)).await;
        assert!(why.contains("could not be checked"), "{denied}: {why}");
    }
}

#[tokio::test]
async fn credentials_of_another_organization_change_nothing_in_it() {
    let mut scene = Scene::new("").await;
    let other = {
        let old = SignedDuration::from_hours(24 * 400);
        let management = account(MANAGEMENT, JoinedMethod::Invited, old);
        let mut o = Organization::new("o-otherorg123", "r-zz99", noon(), management);
        o.add_account("r-zz99", account(PLAIN, JoinedMethod::Invited, old));
        o
    };
    let settings = Settings {
        limits: false,
        ..Settings::default()
    };
    let other = Simulator::start(other, settings).await.expect("a port");
    scene.connection = Connection::to_simulator(&other.url());
    let why = scene.refusal(remove(PLAIN)).await;
    assert!(why.contains("o-otherorg123"), "{why}");
    assert!(other.writes().is_empty());
}

#[tokio::test]
async fn an_ou_is_made_renamed_and_deleted_only_as_it_was_when_that_was_asked() {
    let mut scene = Scene::new("").await;
    for (mutation, says) in [
        (create("Sandbox"), "already an OU of this name"),
        (rename(SANDBOX, "Sandbox"), "already has this name"),
        (rename(EMPTY, "Other"), "it is called Empty now"),
        (rename("ou-ab12-nothere1", "Other"), "no longer"),
        (delete(EMPTY), "it is called Empty now"),
        (delete("ou-ab12-nothere1"), "no longer"),
    ] {
        let why = scene.refusal(mutation).await;
        assert!(why.contains(says), "{why}");
    }
    let why = scene.refusal_as("Workloads", delete(WORKLOADS)).await;
    assert!(why.contains("contains accounts"), "{why}");
    scene.simulator.with_organization(|o| {
        o.add_unit(EMPTY, "below");
    });
    let why = scene.refusal_as("Empty", delete(EMPTY)).await;
    assert!(why.contains("contains OUs"), "{why}");
}

#[tokio::test]
async fn reads_before_a_change_are_repeated_when_they_fail_in_passing() {
    let mut scene = Scene::new("*:500:n=2,DescribeAccount:throttle:skip=1:n=1").await;
    let carried = scene.carry_out(to_sandbox(PLAIN)).await;
    assert!(is_done(&carried.outcome), "{:?}", carried.outcome);
}

#[tokio::test]
async fn a_reading_that_lags_behind_is_read_again() {
    let mut scene = Scene::new("").await;
    let entry = scene.ask(change(close(PLAIN)));
    // Somebody else's reading: the change comes to be seen only with the second one.
    let at = scene.simulator.now();
    scene.simulator.before_each_call(move |call, o| {
        if call.operation == "DescribeAccount" && call.number == 2 {
            o.close_account(PLAIN, at);
        }
    });
    let reading = scene.verify(&entry, &Outcome::Done { made: None }).await;
    assert!(reading.holds, "{reading:?}");
}

#[tokio::test]
async fn the_facts_of_a_dialog_are_all_there_and_each_fails_by_itself() {
    let scene = Scene::new("").await;
    let facts = aws::account_facts(&scene.connection, &scene.limiter, DELEGATED).await;
    let account = facts.account.known().expect("it is there");
    assert_eq!(account.state, Some(AccountState::Active));
    assert_eq!(facts.ancestors.known().expect("known"), &[ROOT, WORKLOADS]);
    assert_eq!(facts.tags.known().expect("known"), &[]);
    assert_eq!(
        facts.delegated_services.known().expect("known"),
        &["guardduty.amazonaws.com"]
    );

    scene.set_faults("ListTagsForResource:deny,ListDelegatedServicesForAccount:deny");
    let facts = aws::account_facts(&scene.connection, &scene.limiter, DELEGATED).await;
    assert!(facts.account.known().is_some() && facts.ancestors.known().is_some());
    assert_eq!(
        facts.tags.error().map(|e| e.kind),
        Some(ErrorKind::AccessDenied)
    );
    assert!(facts.delegated_services.error().is_some());
    let access = aws::trusted_access(&scene.connection, &scene.limiter).await;
    assert_eq!(
        access,
        Answer::Known(vec!["guardduty.amazonaws.com".to_owned()])
    );
}

#[tokio::test]
async fn without_paths_the_parent_is_asked_for() {
    let settings = |settings| Settings {
        paths: false,
        ..settings
    };
    let scene = Scene::with(organization(), "", settings).await;
    let facts = aws::account_facts(&scene.connection, &scene.limiter, PLAIN).await;
    assert_eq!(facts.ancestors.known().expect("known"), &[WORKLOADS]);
}

#[tokio::test]
async fn attached_policies_tell_which_of_them_denies_everything() {
    const DENY: &str =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    let mut organization = organization();
    let kind = sim::PolicyType::ServiceControl;
    organization.enable_policy_type(kind);
    let deny = organization.add_policy(kind, "Quarantine", DENY);
    organization.attach_policy(&deny, SANDBOX);
    let scene = Scene::with(organization, "", |settings| settings).await;
    for _ in 0..2 {
        let (connection, limiter) = (&scene.connection, &scene.limiter);
        let attached = aws::attached(connection, limiter, SANDBOX, "SERVICE_CONTROL_POLICY").await;
        let mut policies = attached.policies.known().expect("known").clone();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        let seen: Vec<_> = policies
            .iter()
            .map(|p| (p.name.as_str(), p.denies_everything))
            .collect();
        assert_eq!(seen, [("FullAWSAccess", false), ("Quarantine", true)]);
    }
    // Its content is read once.
    assert_eq!(scene.simulator.calls()["DescribePolicy"].total(), 1);
    let types = ["RESOURCE_CONTROL_POLICY", "SECURITYHUB_CSPM_POLICY"];
    for policy_type in types {
        let (connection, limiter) = (&scene.connection, &scene.limiter);
        let attached = aws::attached(connection, limiter, SANDBOX, policy_type).await;
        assert_eq!(attached.policies.known().expect(policy_type), &[]);
    }
}

#[tokio::test]
async fn all_accounts_are_all_accounts_or_an_error() {
    let scene = Scene::new("").await;
    let (connection, limiter) = (&scene.connection, &scene.limiter);
    let accounts = aws::all_accounts(connection, limiter)
        .await
        .expect("complete");
    assert_eq!(accounts.len(), 6);
    scene.set_faults("ListAccounts:loop");
    let error = aws::all_accounts(connection, limiter)
        .await
        .expect_err("it never ends");
    assert_eq!(error.kind, ErrorKind::Incomplete);
}
