//! What the simulator tells about its clients: which writes came, and what came of them.

use orgscope::sim::{FaultKind, WriteCall};

use super::*;

fn close(account: &str) -> String {
    json!({ "AccountId": account }).to_string()
}

#[tokio::test]
async fn every_write_is_recorded_whatever_came_of_it() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    let (account, _) = account_named(&simulator, "mobile-beta");
    simulator.advance(Duration::from_secs(90));
    client.call("ListRoots", json!({})).await;
    for _ in 0..2 {
        client
            .try_call("CloseAccount", &close(&account))
            .await
            .unwrap();
    }
    let mut member = Client::connect_as(&simulator, &account).await;
    member.call("EnableAllFeatures", json!({})).await;
    client.post("", "Action=GetCallerIdentity").await.unwrap();

    assert_eq!(simulator.requests(), 5);
    let writes = simulator.writes();
    let told = |write: &WriteCall| {
        let WriteCall {
            operation,
            caller,
            changed,
            error,
            ..
        } = write.clone();
        (operation, caller, changed, error)
    };
    let close_account = |changed, error: Option<&str>| {
        let error = error.map(str::to_owned);
        (
            "CloseAccount".to_owned(),
            MANAGEMENT.to_owned(),
            changed,
            error,
        )
    };
    assert_eq!(told(&writes[0]), close_account(true, None));
    assert_eq!(
        told(&writes[1]),
        close_account(false, Some("ConflictException"))
    );
    let unknown = Some("UnknownOperationException".to_owned());
    let not_served = (
        "EnableAllFeatures".to_owned(),
        account.clone(),
        false,
        unknown,
    );
    assert_eq!(told(&writes[2]), not_served);
    assert_eq!(writes.len(), 3);
    assert_eq!(writes[0].body, close(&account));
    assert_eq!(writes[0].at, simulator.now());
    assert_ne!(writes[0].request_id, writes[1].request_id);
}

#[tokio::test]
async fn faults_strike_before_or_after_the_change_as_they_say() {
    for (fault, changed, error) in [
        ("drop", false, None),
        ("deny", false, Some("AccessDeniedException")),
        ("500", false, Some("ServiceException")),
        ("503", false, Some("ServiceException")),
        ("503:after", true, Some("ServiceException")),
        (
            "error=ConcurrentModificationException",
            false,
            Some("ConcurrentModificationException"),
        ),
        ("reset", true, None),
        ("cut", true, None),
        ("truncate", true, None),
        ("null", true, None),
    ] {
        let simulator = with_faults(&format!("CloseAccount:{fault}")).await;
        let mut client = Client::connect(&simulator).await;
        let (account, _) = account_named(&simulator, "mobile-beta");
        let _ = client.try_call("CloseAccount", &close(&account)).await;
        let writes = simulator.writes();
        assert_eq!(writes.len(), 1, "{fault}");
        assert_eq!(writes[0].changed, changed, "{fault}");
        assert_eq!(writes[0].error.as_deref(), error, "{fault}");
        assert!(writes[0].fault.is_some(), "{fault}");
        let mut client = Client::connect(&simulator).await;
        let state = client.state(&account).await;
        assert_eq!(state == "PENDING_CLOSURE", changed, "{fault}: {state}");
    }
}

#[tokio::test]
async fn an_answer_without_a_body_can_be_null_truncated_or_cut() {
    for (fault, body) in [
        ("null", Some("null")),
        ("truncate", Some("{")),
        ("cut", None),
    ] {
        let simulator = with_faults(&format!("CloseAccount:{fault}")).await;
        let mut client = Client::connect(&simulator).await;
        let (account, _) = account_named(&simulator, "mobile-beta");
        let answer = client.try_call("CloseAccount", &close(&account)).await;
        let answer = answer.ok().map(|answer| {
            assert_eq!(answer.status, 200);
            answer.body
        });
        assert_eq!(answer.as_deref(), body, "{fault}");
    }
}

#[tokio::test]
async fn a_dropped_request_resets_the_connection() {
    let simulator = with_faults("CloseAccount:drop:n=1").await;
    let mut client = Client::connect(&simulator).await;
    let (account, _) = account_named(&simulator, "mobile-beta");
    let broken = client.try_call("CloseAccount", &close(&account)).await;
    assert_eq!(broken.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(simulator.writes()[0].fault, Some(FaultKind::Drop));
    let mut client = Client::connect(&simulator).await;
    let second = client.try_call("CloseAccount", &close(&account)).await;
    assert_eq!(second.unwrap().status, 200);
}

#[tokio::test]
async fn faults_can_be_set_while_it_runs() {
    let simulator = demo(settings()).await;
    let mut client = Client::connect(&simulator).await;
    simulator.set_faults("ListRoots:deny".parse().unwrap());
    let denied = client.call("ListRoots", json!({})).await;
    assert_eq!(denied.error().0, "AccessDeniedException");
    simulator.set_faults(orgscope::sim::Faults::default());
    assert_eq!(client.call("ListRoots", json!({})).await.status, 200);
}
