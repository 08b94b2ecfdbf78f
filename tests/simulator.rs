//! The simulator over real HTTP: does it behave as the service is documented to?
#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test")]

mod effective;
mod judging;
mod policies;
mod units;

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use aws_sdk_organizations::config::Credentials;
use aws_sdk_organizations::operation::close_account::CloseAccountError;
use aws_sdk_organizations::types::{AccountState, ConstraintViolationExceptionReason};
use orgscope::sim::{
    ACCESS_KEY_PREFIX, CLOSURE_PENDING, CLOSURE_SETTLED, CREATION_TIME, Caller, Calls,
    Organization, PolicyType, Settings, Shape, Simulator, State, StatusFields,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

const MANAGEMENT: &str = "100020003000";
const ROOT: &str = "r-q7f2";

/// Time stands still and nothing is limited, unless a test wants it.
fn settings() -> Settings {
    Settings {
        limits: false,
        speed: 0.0,
        ..Settings::default()
    }
}

async fn demo(settings: Settings) -> Simulator {
    Simulator::start(Organization::demo(), settings)
        .await
        .unwrap()
}

async fn with_faults(faults: &str) -> Simulator {
    let faults = faults.parse().unwrap();
    demo(Settings {
        faults,
        ..settings()
    })
    .await
}

/// What came over the wire.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The exception's name and reason.
    fn error(&self) -> (String, String) {
        assert_eq!(self.status, 400, "{}", self.body);
        let json = self.json();
        let text = |member: &str| json[member].as_str().unwrap_or_default().to_owned();
        (text("__type"), text("Reason"))
    }
}

/// A client that shows what an SDK hides. It keeps its connection.
struct Client {
    stream: BufReader<TcpStream>,
    access_key: String,
}

impl Client {
    async fn connect(simulator: &Simulator) -> Self {
        let address = simulator.url();
        let address = address.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        Self {
            stream: BufReader::new(stream),
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        }
    }

    async fn connect_as(simulator: &Simulator, account: &str) -> Self {
        Self {
            access_key: format!("{ACCESS_KEY_PREFIX}{account}"),
            ..Self::connect(simulator).await
        }
    }

    /// An answer that must come.
    async fn call(&mut self, operation: &str, parameters: Value) -> Answer {
        self.try_call(operation, &parameters.to_string())
            .await
            .unwrap()
    }

    async fn try_call(&mut self, operation: &str, body: &str) -> io::Result<Answer> {
        let target = format!("X-Amz-Target: AWSOrganizationsV20161128.{operation}\r\n");
        self.post(&target, body).await
    }

    async fn post(&mut self, headers: &str, body: &str) -> io::Result<Answer> {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 Credential={}/x\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            self.access_key,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.lines().next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: String::from_utf8_lossy(&body).into_owned(),
            head,
        })
    }

    /// All pages of a listing.
    async fn pages(&mut self, operation: &str, mut parameters: Value) -> Vec<Value> {
        let mut pages = Vec::new();
        loop {
            let answer = self.call(operation, parameters.clone()).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let page = answer.json();
            let token = page["NextToken"].clone();
            pages.push(page);
            if token.is_null() {
                return pages;
            }
            parameters["NextToken"] = token;
        }
    }

    /// The state that the service reports.
    async fn state(&mut self, account: &str) -> String {
        let answer = self.call("DescribeAccount", json!({ "AccountId": account }));
        answer.await.json()["Account"]["State"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

fn ids(pages: &[Value], key: &str) -> Vec<String> {
    let items = pages.iter().flat_map(|page| page[key].as_array().unwrap());
    items
        .map(|item| item["Id"].as_str().unwrap().to_owned())
        .collect()
}

fn account_named(simulator: &Simulator, name: &str) -> (String, String) {
    simulator.with_organization(|organization| {
        let account = organization.accounts().find(|a| a.name == name).unwrap();
        (account.id.clone(), account.parent.clone())
    })
}

fn unit_named(simulator: &Simulator, name: &str) -> String {
    simulator.with_organization(|o| o.units().find(|u| u.name == name).unwrap().id.clone())
}

fn seconds(duration: jiff::SignedDuration) -> Duration {
    duration.unsigned_abs()
}

fn error(code: &str, reason: &str) -> (String, String) {
    (code.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn every_account_is_listed_once_over_pages_of_at_most_twenty_some_of_them_empty() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let pages = client
        .pages("ListAccounts", json!({ "MaxResults": 5 }))
        .await;
    let listed = ids(&pages, "Accounts");
    let unique: BTreeSet<&String> = listed.iter().collect();
    assert_eq!((listed.len(), unique.len()), (178, 178));
    let sizes: Vec<usize> = pages
        .iter()
        .map(|p| p["Accounts"].as_array().unwrap().len())
        .collect();
    assert!(
        sizes.contains(&0) && sizes.iter().all(|size| *size <= 5),
        "{sizes:?}"
    );
    let pages = client.pages("ListAccounts", json!({})).await;
    assert_eq!(pages[0]["Accounts"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn without_empty_pages_no_page_is_empty() {
    let simulator = demo(Settings {
        empty_pages: false,
        ..settings()
    })
    .await;
    let mut client = Client::connect(&simulator).await;
    assert_eq!(client.pages("ListAccounts", json!({})).await.len(), 9);
}

#[tokio::test]
async fn a_token_is_good_for_its_own_listing_only() {
    let simulator = demo(Settings {
        empty_pages: false,
        ..settings()
    })
    .await;
    let mut client = Client::connect(&simulator).await;
    let sandbox = unit_named(&simulator, "Sandbox");
    let children = json!({ "ParentId": sandbox, "ChildType": "ACCOUNT" });
    let token = client.call("ListChildren", children).await.json()["NextToken"].clone();
    assert!(token.is_string());
    let other = json!({ "ParentId": ROOT, "ChildType": "ACCOUNT", "NextToken": token });
    let refused = error("InvalidInputException", "INVALID_NEXT_TOKEN");
    assert_eq!(client.call("ListChildren", other).await.error(), refused);
    let other = json!({ "NextToken": token });
    assert_eq!(client.call("ListAccounts", other).await.error(), refused);
}

#[tokio::test]
async fn an_account_that_moves_during_a_listing_is_neither_lost_nor_doubled() {
    let simulator = demo(settings()).await;
    let destination = unit_named(&simulator, "Exceptions");
    simulator.before_each_call(move |call, organization| {
        if call.operation == "ListAccounts" && call.number == 4 {
            let sandboxes = organization
                .accounts()
                .filter(|a| a.name.starts_with("sandbox-"));
            let sandboxes: Vec<String> = sandboxes.map(|a| a.id.clone()).collect();
            for id in sandboxes {
                organization.move_account(&id, &destination);
            }
        }
    });
    let mut client = Client::connect(&simulator).await;
    let listed = ids(&client.pages("ListAccounts", json!({})).await, "Accounts");
    assert_eq!(listed.len(), 178);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>().len(), 178);
}

#[tokio::test]
async fn published_limits_hold_to_the_request_and_refill_with_time() {
    let simulator = demo(Settings {
        limits: true,
        ..settings()
    })
    .await;
    let mut client = Client::connect(&simulator).await;
    for (wait, served) in [(0, 12), (1, 8), (60, 12)] {
        simulator.advance(Duration::from_secs(wait));
        let before = simulator
            .calls()
            .get("ListAccounts")
            .copied()
            .unwrap_or_default();
        let mut refused = None;
        for _ in 0..20 {
            let answer = client.call("ListAccounts", json!({})).await;
            refused = Some(answer).filter(|a| a.status != 200).or(refused);
        }
        let after = simulator.calls()["ListAccounts"];
        assert_eq!(after.served - before.served, served, "after {wait} s");
        assert_eq!(after.throttled - before.throttled, 20 - served);
        assert_eq!(refused.unwrap().error().0, "TooManyRequestsException");
    }
}

#[tokio::test]
async fn operations_of_one_published_row_share_their_limit_and_callers_do_not() {
    let simulator = demo(Settings {
        limits: true,
        ..settings()
    })
    .await;
    let mut client = Client::connect(&simulator).await;
    for _ in 0..8 {
        let parents = client
            .call("ListParents", json!({ "ChildId": MANAGEMENT }))
            .await;
        assert_eq!(parents.status, 200);
    }
    let parent = json!({ "ParentId": ROOT });
    let refused = client.call("ListAccountsForParent", parent.clone()).await;
    assert_eq!(refused.error().0, "TooManyRequestsException");
    let (auditor, _) = account_named(&simulator, "security-audit");
    let mut other = Client::connect_as(&simulator, &auditor).await;
    assert_eq!(
        other.call("ListAccountsForParent", parent).await.status,
        200
    );
}

#[tokio::test]
async fn a_closure_is_pending_then_contradicts_itself_then_stays_closed() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let (id, _) = account_named(&simulator, "mobile-beta");
    let close = json!({ "AccountId": id });
    let closed = client.call("CloseAccount", close.clone()).await;
    assert_eq!((closed.status, closed.body.as_str()), (200, ""));
    assert_eq!(client.state(&id).await, "PENDING_CLOSURE");
    let again = client.call("CloseAccount", close.clone()).await;
    assert_eq!(again.error().0, "ConflictException");

    simulator.advance(seconds(CLOSURE_PENDING));
    let mut read = BTreeSet::new();
    for _ in 0..20 {
        read.insert(client.state(&id).await);
        simulator.advance(Duration::from_secs(20));
    }
    let contradictions = ["ACTIVE", "CLOSED", "PENDING_CLOSURE"];
    assert!(read.iter().eq(&contradictions), "{read:?}");

    simulator.advance(seconds(CLOSURE_SETTLED));
    assert_eq!(client.state(&id).await, "CLOSED");
    let again = client.call("CloseAccount", close).await;
    assert_eq!(again.error().0, "AccountAlreadyClosedException");
}

/// An organization with many accounts to close, a month after it was begun, and their ids.
async fn with_closable_accounts() -> (Simulator, impl Iterator<Item = Value>) {
    let organization = Organization::generate(&Shape {
        accounts: 600,
        organizational_units: 5,
        seed: 1,
    });
    let closable = |a: &&orgscope::sim::Account| {
        a.state == State::Active && a.id != organization.management_account()
    };
    let accounts = organization.accounts().filter(closable);
    let requests: Vec<Value> = accounts.map(|a| json!({ "AccountId": a.id })).collect();
    let simulator = Simulator::start(organization, settings()).await.unwrap();
    simulator.advance(Duration::from_hours(31 * 24));
    (simulator, requests.into_iter())
}

#[tokio::test]
async fn only_three_closures_may_be_under_way() {
    let (simulator, mut accounts) = with_closable_accounts().await;
    let mut client = Client::connect(&simulator).await;
    for account in accounts.by_ref().take(3) {
        assert_eq!(client.call("CloseAccount", account).await.status, 200);
    }
    let fourth = accounts.next().unwrap();
    let refused = client.call("CloseAccount", fourth.clone()).await;
    let limit = "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED";
    assert_eq!(
        refused.error(),
        error("ConstraintViolationException", limit)
    );
    simulator.advance(seconds(CLOSURE_SETTLED));
    assert_eq!(client.call("CloseAccount", fourth).await.status, 200);
}

#[tokio::test]
async fn a_small_organization_may_close_250_accounts_in_30_days() {
    let (simulator, mut accounts) = with_closable_accounts().await;
    let mut client = Client::connect(&simulator).await;
    for account in accounts.by_ref().take(250) {
        assert_eq!(client.call("CloseAccount", account).await.status, 200);
        simulator.advance(seconds(CLOSURE_SETTLED));
    }
    let one_more = accounts.next().unwrap();
    let refused = client.call("CloseAccount", one_more.clone()).await;
    let quota = error(
        "ConstraintViolationException",
        "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
    );
    assert_eq!(refused.error(), quota);
    simulator.advance(Duration::from_hours(30 * 24));
    assert_eq!(client.call("CloseAccount", one_more).await.status, 200);
}

#[tokio::test]
async fn an_account_is_created_in_its_own_time_and_appears_below_the_root() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let create = |n| json!({ "Email": format!("new{n}@example.com"), "AccountName": "new" });
    let first = client.call("CreateAccount", create(1)).await.json()["CreateAccountStatus"].clone();
    assert_eq!(first["State"], "IN_PROGRESS");
    for n in 2..=5 {
        assert_eq!(client.call("CreateAccount", create(n)).await.status, 200);
    }
    let limit = error(
        "ConstraintViolationException",
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
    );
    assert_eq!(client.call("CreateAccount", create(6)).await.error(), limit);

    simulator.advance(seconds(CREATION_TIME));
    let status = json!({ "CreateAccountRequestId": first["Id"] });
    let status = client
        .call("DescribeCreateAccountStatus", status)
        .await
        .json();
    let status = &status["CreateAccountStatus"];
    assert_eq!(status["State"], "SUCCEEDED");
    let child = json!({ "ChildId": status["AccountId"] });
    let parents = client.pages("ListParents", child).await;
    assert_eq!(ids(&parents, "Parents"), [ROOT]);

    client.call("CreateAccount", create(1)).await;
    simulator.advance(seconds(CREATION_TIME));
    let failed = json!({ "States": ["FAILED"] });
    let failed = client.pages("ListCreateAccountStatus", failed).await;
    let failed = failed
        .iter()
        .find_map(|page| page["CreateAccountStatuses"].get(0));
    assert_eq!(failed.unwrap()["FailureReason"], "EMAIL_ALREADY_EXISTS");
}

#[tokio::test]
async fn an_account_moves_only_from_where_it_is_to_where_it_is_not() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let (id, sandbox) = account_named(&simulator, "sandbox-zoe");
    let destination = unit_named(&simulator, "Exceptions");
    let nowhere = "ou-q7f2-00000000";
    for (account, source, destination, code) in [
        (
            "000000000000",
            sandbox.as_str(),
            destination.as_str(),
            "AccountNotFoundException",
        ),
        (&id, ROOT, &destination, "SourceParentNotFoundException"),
        (&id, nowhere, &destination, "SourceParentNotFoundException"),
        (&id, &sandbox, nowhere, "DestinationParentNotFoundException"),
        (&id, ROOT, &sandbox, "DuplicateAccountException"),
    ] {
        let wrong = json!({ "AccountId": account, "SourceParentId": source, "DestinationParentId": destination });
        assert_eq!(client.call("MoveAccount", wrong).await.error().0, code);
    }
    let right =
        json!({ "AccountId": id, "SourceParentId": sandbox, "DestinationParentId": destination });
    assert_eq!(client.call("MoveAccount", right).await.status, 200);
    let there = client
        .pages("ListAccountsForParent", json!({ "ParentId": destination }))
        .await;
    assert_eq!(ids(&there, "Accounts"), [id]);
}

#[tokio::test]
async fn who_must_not_leave_the_organization_does_not() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    for (account, code, reason) in [
        (
            MANAGEMENT.to_owned(),
            "MasterCannotLeaveOrganizationException",
            "",
        ),
        (
            account_named(&simulator, "security-audit").0,
            "ConstraintViolationException",
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        ),
        (
            account_named(&simulator, "sandbox-new-joiner").0,
            "ConstraintViolationException",
            "WAIT_PERIOD_ACTIVE",
        ),
        ("000000000000".to_owned(), "AccountNotFoundException", ""),
    ] {
        let remove = json!({ "AccountId": account });
        let refused = client.call("RemoveAccountFromOrganization", remove).await;
        assert_eq!(refused.error(), error(code, reason));
    }
    let (young, _) = account_named(&simulator, "sandbox-new-joiner");
    simulator.advance(Duration::from_hours(4 * 24));
    let remove = json!({ "AccountId": young });
    assert_eq!(
        client
            .call("RemoveAccountFromOrganization", remove.clone())
            .await
            .status,
        200
    );
    let gone = client.call("DescribeAccount", remove).await;
    assert_eq!(gone.error().0, "AccountNotFoundException");
    let (guest, _) = account_named(&simulator, "unassigned-invitee");
    let young_guest = json!({ "AccountId": guest });
    assert_eq!(
        client
            .call("RemoveAccountFromOrganization", young_guest)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_management_account_cannot_be_closed() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let refused = client
        .call("CloseAccount", json!({ "AccountId": MANAGEMENT }))
        .await;
    let reason = error(
        "ConstraintViolationException",
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
    );
    assert_eq!(refused.error(), reason);
}

#[tokio::test]
async fn what_a_caller_may_do_follows_from_what_it_is() {
    let outside = "AWSOrganizationsNotInUseException";
    let denied = "AccessDeniedException";
    for (caller, describe, list, close) in [
        (Caller::Management, "", "", "AccountNotFoundException"),
        (Caller::DelegatedAdministrator, "", "", denied),
        (Caller::Member, "", denied, denied),
        (Caller::Outsider, outside, outside, outside),
    ] {
        let simulator = demo(Settings {
            caller: caller.clone(),
            ..settings()
        })
        .await;
        let mut client = Client::connect(&simulator).await;
        for (operation, parameters, code) in [
            ("DescribeOrganization", json!({}), describe),
            ("ListRoots", json!({}), list),
            (
                "CloseAccount",
                json!({ "AccountId": "000000000000" }),
                close,
            ),
        ] {
            let answer = client.call(operation, parameters).await;
            let got = if answer.status == 200 {
                String::new()
            } else {
                answer.error().0
            };
            assert_eq!(got, code, "{operation} as {caller:?}");
        }
    }
}

#[tokio::test]
async fn a_member_that_leaves_is_in_no_organization_afterwards() {
    let simulator = demo(Settings {
        caller: Caller::Member,
        ..settings()
    })
    .await;
    let mut client = Client::connect(&simulator).await;
    assert_eq!(
        client.call("LeaveOrganization", json!({})).await.status,
        200
    );
    let answer = client.call("DescribeOrganization", json!({})).await;
    assert_eq!(answer.error().0, "AWSOrganizationsNotInUseException");
}

#[tokio::test]
async fn the_access_key_chooses_the_caller_and_sts_names_it() {
    let simulator = demo(settings()).await;
    let (member, _) = account_named(&simulator, "sandbox-zoe");
    for (account, mut client) in [
        (MANAGEMENT, Client::connect(&simulator).await),
        (&member, Client::connect_as(&simulator, &member).await),
        (
            "123456789012",
            Client::connect_as(&simulator, "123456789012").await,
        ),
    ] {
        let form = "Action=GetCallerIdentity&Version=2011-06-15";
        let answer = client.post("", form).await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("content-type: text/xml"));
        let named = format!("<Account>{account}</Account>");
        assert!(answer.body.contains(&named), "{}", answer.body);
    }
}

const INVALID: &str = "InvalidInputException";

/// Operation, body, the exception's name and its reason.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("TagResource", "{}", "UnknownOperationException", ""),
    ("ListAccounts", "{", "SerializationException", ""),
    ("ListAccounts", "[]", "SerializationException", ""),
    (
        "ListAccounts",
        r#"{"MaxResults":"5"}"#,
        "SerializationException",
        "",
    ),
    (
        "ListAccounts",
        r#"{"MaxResults":0}"#,
        INVALID,
        "MIN_VALUE_EXCEEDED",
    ),
    (
        "ListAccounts",
        r#"{"MaxResults":21}"#,
        INVALID,
        "MAX_VALUE_EXCEEDED",
    ),
    (
        "ListAccounts",
        r#"{"NextToken":"x"}"#,
        INVALID,
        "INVALID_NEXT_TOKEN",
    ),
    ("DescribeAccount", "{}", INVALID, "INPUT_REQUIRED"),
    (
        "DescribeAccount",
        r#"{"AccountId":"12345"}"#,
        INVALID,
        "INVALID_PATTERN",
    ),
    (
        "DescribeAccount",
        r#"{"AccountId":"000000000000"}"#,
        "AccountNotFoundException",
        "",
    ),
    (
        "ListAccountsForParent",
        r#"{"ParentId":"123456789012"}"#,
        INVALID,
        "INVALID_PATTERN",
    ),
    (
        "ListAccountsForParent",
        r#"{"ParentId":"r-zzzz"}"#,
        "ParentNotFoundException",
        "",
    ),
    (
        "ListParents",
        r#"{"ChildId":"r-q7f2"}"#,
        INVALID,
        "INVALID_PATTERN",
    ),
    (
        "ListParents",
        r#"{"ChildId":"000000000000"}"#,
        "ChildNotFoundException",
        "",
    ),
    (
        "ListChildren",
        r#"{"ParentId":"r-q7f2","ChildType":"X"}"#,
        INVALID,
        "INVALID_ENUM",
    ),
    (
        "DescribeOrganizationalUnit",
        r#"{"OrganizationalUnitId":"ou-q7f2-00000000"}"#,
        "OrganizationalUnitNotFoundException",
        "",
    ),
    (
        "ListPolicies",
        r#"{"Filter":"SCP"}"#,
        INVALID,
        "INVALID_ENUM_POLICY_TYPE",
    ),
    ("ListPolicies", "{}", INVALID, "INPUT_REQUIRED"),
    (
        "ListPoliciesForTarget",
        r#"{"TargetId":"x","Filter":"TAG_POLICY"}"#,
        INVALID,
        "INVALID_PATTERN_TARGET_ID",
    ),
    (
        "ListPoliciesForTarget",
        r#"{"TargetId":"000000000000","Filter":"TAG_POLICY"}"#,
        "TargetNotFoundException",
        "",
    ),
    (
        "DescribePolicy",
        r#"{"PolicyId":"p-1"}"#,
        INVALID,
        "INVALID_SYNTAX_POLICY_ID",
    ),
    (
        "DescribePolicy",
        r#"{"PolicyId":"p-000000000000"}"#,
        "PolicyNotFoundException",
        "",
    ),
    (
        "ListTargetsForPolicy",
        r#"{"PolicyId":"p-000000000000"}"#,
        "PolicyNotFoundException",
        "",
    ),
    (
        "ListTagsForResource",
        r#"{"ResourceId":"o-m3r1d14n42"}"#,
        INVALID,
        "INVALID_PATTERN",
    ),
    (
        "ListTagsForResource",
        r#"{"ResourceId":"p-000000000000"}"#,
        "TargetNotFoundException",
        "",
    ),
    (
        "ListDelegatedAdministrators",
        r#"{"ServicePrincipal":""}"#,
        INVALID,
        "MIN_LENGTH_EXCEEDED",
    ),
    (
        "ListDelegatedServicesForAccount",
        r#"{"AccountId":"000000000000"}"#,
        "AccountNotFoundException",
        "",
    ),
    (
        "CreateOrganizationalUnit",
        r#"{"ParentId":"r-q7f2","Name":""}"#,
        INVALID,
        "MIN_LENGTH_EXCEEDED",
    ),
    (
        "CreateOrganizationalUnit",
        r#"{"ParentId":"r-zzzz","Name":"x"}"#,
        "ParentNotFoundException",
        "",
    ),
    (
        "CreateOrganizationalUnit",
        r#"{"ParentId":"r-q7f2","Name":"x","Tags":[{"Key":"a","Value":""},{"Key":"a","Value":"b"}]}"#,
        INVALID,
        "DUPLICATE_TAG_KEY",
    ),
    (
        "CreateOrganizationalUnit",
        r#"{"ParentId":"r-q7f2","Name":"x","Tags":["a"]}"#,
        "SerializationException",
        "",
    ),
    (
        "UpdateOrganizationalUnit",
        r#"{"OrganizationalUnitId":"ou-q7f2-lxy6d2y5","Name":""}"#,
        INVALID,
        "MIN_LENGTH_EXCEEDED",
    ),
    (
        "DeleteOrganizationalUnit",
        r#"{"OrganizationalUnitId":"r-q7f2"}"#,
        INVALID,
        "INVALID_PATTERN",
    ),
    (
        "CreateAccount",
        r#"{"Email":"a@b","AccountName":"x"}"#,
        INVALID,
        "MIN_LENGTH_EXCEEDED",
    ),
    (
        "CreateAccount",
        r#"{"Email":"nobody@home","AccountName":"x"}"#,
        INVALID,
        "INVALID_PATTERN",
    ),
];

#[tokio::test]
async fn a_request_that_the_service_would_refuse_is_refused_with_its_reason() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    for (operation, body, code, reason) in REFUSED {
        let answer = client.try_call(operation, body).await.unwrap();
        assert_eq!(answer.error(), error(code, reason), "{operation} {body}");
    }
}

#[tokio::test]
async fn accounts_tell_their_state_and_place_as_the_settings_say() {
    for (status_fields, paths, state, status) in [
        (StatusFields::StateOnly, true, json!("CLOSED"), Value::Null),
        (
            StatusFields::Both,
            true,
            json!("CLOSED"),
            json!("SUSPENDED"),
        ),
        (
            StatusFields::StatusOnly,
            false,
            Value::Null,
            json!("SUSPENDED"),
        ),
    ] {
        let simulator = demo(Settings {
            status_fields,
            paths,
            ..settings()
        })
        .await;
        let mut client = Client::connect(&simulator).await;
        let (id, unit) = account_named(&simulator, "legacy-crm-prod");
        let answer = client
            .call("DescribeAccount", json!({ "AccountId": id }))
            .await
            .json();
        let account = &answer["Account"];
        assert_eq!((&account["State"], &account["Status"]), (&state, &status));
        let path = format!("o-m3r1d14n42/{ROOT}/{unit}/{id}/");
        let expected = if paths { json!([path]) } else { Value::Null };
        assert_eq!(account["Paths"], expected);
        let unit = json!({ "OrganizationalUnitId": unit });
        let unit = client.call("DescribeOrganizationalUnit", unit).await.json();
        assert_eq!(unit["OrganizationalUnit"]["Path"].is_string(), paths);
    }
}

#[tokio::test]
async fn refusing_faults_answer_what_the_service_or_a_proxy_would() {
    for (fault, status, code) in [
        ("throttle", 400, "\"TooManyRequestsException\""),
        ("deny", 400, "\"AccessDeniedException\""),
        ("expired", 400, "\"ExpiredTokenException\""),
        (
            "error=ConcurrentModificationException",
            400,
            "\"ConcurrentModificationException\"",
        ),
        (
            "error=ConstraintViolationException/WAIT_PERIOD_ACTIVE",
            400,
            "\"WAIT_PERIOD_ACTIVE\"",
        ),
        ("500", 500, "\"ServiceException\""),
        ("503", 503, "<html>"),
    ] {
        let simulator = with_faults(&format!("ListRoots:{fault}:n=1")).await;
        let mut client = Client::connect(&simulator).await;
        let answer = client.call("ListRoots", json!({})).await;
        assert_eq!(answer.status, status, "{fault}");
        assert!(answer.body.contains(code), "{fault}: {}", answer.body);
        assert_eq!(client.call("ListRoots", json!({})).await.status, 200);
    }
}

#[tokio::test]
async fn faults_reach_sts_in_its_own_form() {
    let simulator = with_faults("GetCallerIdentity:expired").await;
    let mut client = Client::connect(&simulator).await;
    let answer = client.post("", "Action=GetCallerIdentity").await.unwrap();
    assert_eq!(answer.status, 403);
    assert!(
        answer.body.contains("<Code>ExpiredToken</Code>"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_truncated_answer_looks_complete_and_is_half() {
    let simulator = with_faults("ListRoots:truncate:n=1").await;
    let mut client = Client::connect(&simulator).await;
    let half = client.call("ListRoots", json!({})).await;
    let whole = client.call("ListRoots", json!({})).await;
    assert_eq!(half.body, whole.body[..whole.body.len() / 2]);
}

#[tokio::test]
async fn a_cut_answer_ends_before_its_length_and_a_reset_one_before_it_begins() {
    for (fault, kind) in [
        ("cut", io::ErrorKind::UnexpectedEof),
        ("reset", io::ErrorKind::ConnectionReset),
    ] {
        let simulator = with_faults(&format!("ListRoots:{fault}:n=1")).await;
        let mut client = Client::connect(&simulator).await;
        let broken = client.try_call("ListRoots", "{}").await.unwrap_err();
        assert_eq!(broken.kind(), kind, "{fault}");
        let mut client = Client::connect(&simulator).await;
        assert_eq!(client.call("ListRoots", json!({})).await.status, 200);
    }
}

#[tokio::test]
async fn a_late_or_missing_answer_holds_up_no_other() {
    for fault in ["ListRoots:hang", "ListRoots:latency=600000"] {
        let simulator = with_faults(fault).await;
        let mut stuck = Client::connect(&simulator).await;
        let mut other = Client::connect(&simulator).await;
        tokio::select! {
            _ = stuck.call("ListRoots", json!({})) => panic!("{fault}: answered"),
            answer = async {
                while !simulator.calls().contains_key("ListRoots") {
                    tokio::task::yield_now().await;
                }
                other.call("ListAccounts", json!({})).await
            } => assert_eq!(answer.status, 200),
        }
    }
}

#[tokio::test]
async fn a_listing_can_be_made_to_loop_or_to_give_empty_pages() {
    let simulator = with_faults("ListAccounts:loop,ListChildren:empty:n=3").await;
    let mut client = Client::connect(&simulator).await;
    let first = client.call("ListAccounts", json!({})).await.json();
    let next = json!({ "NextToken": first["NextToken"] });
    let second = client.call("ListAccounts", next).await.json();
    assert_eq!(first["NextToken"], second["NextToken"]);
    assert!(first["NextToken"].is_string());

    let children = json!({ "ParentId": ROOT, "ChildType": "ACCOUNT" });
    let pages = client.pages("ListChildren", children).await;
    assert!(pages.len() >= 4);
    assert_eq!(ids(&pages[..3], "Children"), [""; 0]);
    assert_eq!(ids(&pages, "Children").len(), 3);
}

#[tokio::test]
async fn a_fault_can_be_meant_for_one_parent() {
    let simulator = demo(settings()).await;
    let sandbox = unit_named(&simulator, "Sandbox");
    let simulator = with_faults(&format!("ListAccountsForParent:deny:match={sandbox}")).await;
    let mut client = Client::connect(&simulator).await;
    let denied = client
        .call("ListAccountsForParent", json!({ "ParentId": sandbox }))
        .await;
    assert_eq!(denied.error().0, "AccessDeniedException");
    let other = client
        .call("ListAccountsForParent", json!({ "ParentId": ROOT }))
        .await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn a_mutation_whose_answer_is_lost_was_carried_out() {
    let simulator = with_faults("CloseAccount:reset").await;
    let mut client = Client::connect(&simulator).await;
    let (id, _) = account_named(&simulator, "mobile-beta");
    let close = json!({ "AccountId": id }).to_string();
    assert!(client.try_call("CloseAccount", &close).await.is_err());
    let mut client = Client::connect(&simulator).await;
    assert_eq!(client.state(&id).await, "PENDING_CLOSURE");
}

#[tokio::test]
async fn the_organization_can_change_between_two_calls() {
    let simulator = demo(settings()).await;
    let sandbox = unit_named(&simulator, "Sandbox");
    let doomed = sandbox.clone();
    simulator.before_each_call(
        move |call, organization| match (call.operation, call.number) {
            ("ListAccountsForParent", 2) => organization.delete_unit(&doomed),
            ("ListRoots", 1) => {
                organization.add_unit(ROOT, "Brand new");
            }
            _ => {}
        },
    );
    let mut client = Client::connect(&simulator).await;
    let parent = json!({ "ParentId": sandbox });
    assert_eq!(
        client
            .call("ListAccountsForParent", parent.clone())
            .await
            .status,
        200
    );
    let gone = client.call("ListAccountsForParent", parent).await;
    assert_eq!(gone.error().0, "ParentNotFoundException");
    client.call("ListRoots", json!({})).await;
    assert!(unit_named(&simulator, "Brand new").starts_with("ou-q7f2-"));
    assert_eq!(simulator.with_organization(|o| o.accounts().len()), 178);
}

#[tokio::test]
async fn calls_are_counted_by_outcome() {
    let simulator = with_faults("ListRoots:throttle:n=1,ListRoots:deny:n=1:skip=1").await;
    let mut client = Client::connect(&simulator).await;
    for _ in 0..4 {
        client.call("ListRoots", json!({})).await;
    }
    let counted = Calls {
        served: 2,
        throttled: 1,
        failed: 1,
    };
    assert_eq!(simulator.calls()["ListRoots"], counted);
}

#[tokio::test]
async fn the_sdk_reads_answers_and_reasons() {
    let simulator = demo(settings()).await;
    let config = aws_sdk_organizations::Config::builder()
        .behavior_version(aws_sdk_organizations::config::BehaviorVersion::latest())
        .region(aws_sdk_organizations::config::Region::from_static(
            "us-east-1",
        ))
        .credentials_provider(Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "not-a-secret",
            None,
            None,
            "test",
        ))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(simulator.url())
        .build();
    let client = aws_sdk_organizations::Client::from_conf(config);
    let account = client
        .describe_account()
        .account_id(MANAGEMENT)
        .send()
        .await
        .unwrap();
    let account = account.account.unwrap();
    assert_eq!(account.name(), Some("Meridian Group (management)"));
    assert_eq!(account.state(), Some(&AccountState::Active));
    assert_eq!(account.joined_timestamp().unwrap().secs(), 1_511_169_247);

    let refused = client.close_account().account_id(MANAGEMENT).send().await;
    let refused = refused.unwrap_err().into_service_error();
    let CloseAccountError::ConstraintViolationException(violation) = refused else {
        panic!("{refused:?}");
    };
    let reason = ConstraintViolationExceptionReason::CannotCloseManagementAccount;
    assert_eq!(violation.reason(), Some(&reason));

    let (id, _) = account_named(&simulator, "mobile-beta");
    assert!(client.close_account().account_id(id).send().await.is_ok());
}

#[tokio::test]
async fn stopping_closes_connections_and_frees_the_port() {
    let simulator = with_faults("ListRoots:hang").await;
    let port = simulator.url().rsplit(':').next().unwrap().parse().unwrap();
    let mut client = Client::connect(&simulator).await;
    assert_eq!(client.call("ListAccounts", json!({})).await.status, 200);
    simulator.stop().await;
    assert!(client.try_call("ListAccounts", "{}").await.is_err());
    let again = demo(Settings { port, ..settings() }).await;
    let mut client = Client::connect(&again).await;
    assert_eq!(client.call("ListAccounts", json!({})).await.status, 200);
}

#[test]
fn the_demo_organization_is_what_it_is_said_to_be() {
    let organization = Organization::demo();
    assert_eq!(organization.units().len() - 1, 30);
    let depths = organization
        .units()
        .map(|u| organization.chain(&u.id).len() - 1);
    assert_eq!(depths.max(), Some(5));
    let states: BTreeSet<&str> = organization.accounts().map(|a| a.state.as_str()).collect();
    assert_eq!(states.len(), 5);
    let emails: BTreeSet<&str> = organization.accounts().map(|a| a.email.as_str()).collect();
    assert_eq!(emails.len(), organization.accounts().len());
    let of = |kind| {
        let units = organization.units();
        let attached = units.flat_map(|u| organization.attached_policies(&u.id, kind));
        attached.filter(|policy| !policy.aws_managed).count()
    };
    let kinds: Vec<(PolicyType, usize)> = organization
        .policy_types()
        .map(|kind| (kind, of(kind)))
        .collect();
    assert!(
        kinds.len() == 5 && kinds.iter().all(|(_, n)| *n >= 1),
        "{kinds:?}"
    );
    let named = |name| organization.accounts().find(|a| a.name == name).unwrap();
    let tags = organization.tags(&named("break-glass").id);
    assert!(tags.iter().any(|(key, _)| key == "orgscope:protect"));
    let tagged = organization
        .accounts()
        .filter(|a| !organization.tags(&a.id).is_empty());
    assert!((100..178).contains(&tagged.count()));
    for name in ["security-audit", "guardduty-admin"] {
        let services = organization.delegated_services(&named(name).id);
        assert!(services.len() >= 2, "{services:?}");
    }
    assert!(!organization.has_service_access("controltower.amazonaws.com"));
    for (what, found) in [
        ("an escape sequence", '\u{1b}'),
        ("a bidi override", '\u{202e}'),
        ("CJK", '田'),
        ("Hebrew", 'ק'),
        ("an emoji", '🚀'),
        ("a combining mark", '\u{301}'),
        ("a quote", '"'),
    ] {
        assert!(
            organization.accounts().any(|a| a.name.contains(found)),
            "{what}"
        );
    }
}
