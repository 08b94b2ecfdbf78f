//! Every operation that the SDK has, tried on every client.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use aws_sdk_organizations::Client;

use super::super::Connection;
use super::super::error::from_sdk;
use super::{CHANGES, READS};
use crate::org::{ErrorKind, OrgError};
use crate::sim::{Organization, Settings, Shape, Simulator};

/// Sends each of these with an empty input and gives what came of it, by name. Only the guard can
/// refuse before the service sees that the input is empty.
macro_rules! send_each {
    ($client:expr, $($operation:ident)*) => {
        BTreeMap::from([$((
            stringify!($operation),
            $client.$operation().send().await.map(drop)
                .map_err(|error| from_sdk(stringify!($operation), &error)),
        ),)*])
    };
}

async fn send_all(client: &Client) -> BTreeMap<&'static str, Result<(), OrgError>> {
    send_each!(
        client,
        accept_handshake attach_policy cancel_handshake close_account create_account
        create_gov_cloud_account create_organization create_organizational_unit create_policy
        decline_handshake delete_organization delete_organizational_unit delete_policy
        delete_resource_policy deregister_delegated_administrator describe_account
        describe_create_account_status describe_effective_policy describe_handshake
        describe_organization describe_organizational_unit describe_policy describe_resource_policy
        describe_responsibility_transfer detach_policy disable_aws_service_access
        disable_policy_type enable_all_features enable_aws_service_access enable_policy_type
        invite_account_to_organization invite_organization_to_transfer_responsibility
        leave_organization list_accounts list_accounts_for_parent
        list_accounts_with_invalid_effective_policy list_aws_service_access_for_organization
        list_children list_create_account_status list_delegated_administrators
        list_delegated_services_for_account list_effective_policy_validation_errors
        list_handshakes_for_account list_handshakes_for_organization
        list_inbound_responsibility_transfers list_organizational_units_for_parent
        list_outbound_responsibility_transfers list_parents list_policies list_policies_for_target
        list_roots list_tags_for_resource list_targets_for_policy move_account put_resource_policy
        register_delegated_administrator remove_account_from_organization tag_resource
        terminate_responsibility_transfer untag_resource update_organizational_unit update_policy
        update_responsibility_transfer
    )
}

/// `CloseAccount` as the SDK's methods and files spell it.
fn snake(operation: &str) -> String {
    let mut snake = String::new();
    for c in operation.replace("AWS", "Aws").chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn names(list: &[(&str, &str)]) -> BTreeSet<String> {
    list.iter().map(|(name, _)| snake(name)).collect()
}

fn refused_by_guard(result: &Result<(), OrgError>) -> bool {
    let guards = |error: &OrgError| {
        error.kind == ErrorKind::Usage && error.message.contains(" was not sent: ")
    };
    result.as_ref().is_err_and(guards)
}

/// The operations of the SDK, from its sources.
fn operations_of_the_sdk() -> BTreeSet<String> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).expect("JSON");
    let mut packages = metadata["packages"].as_array().expect("packages").iter();
    let sdk = packages
        .find(|package| package["name"] == "aws-sdk-organizations")
        .expect("the SDK is a dependency");
    let manifest = PathBuf::from(sdk["manifest_path"].as_str().expect("a path"));
    let folder = manifest.with_file_name("src").join("operation");
    let files = std::fs::read_dir(folder).expect("the SDK's sources");
    let files = files.map(|file| file.expect("an entry").path());
    files
        .filter(|file| file.extension().is_some_and(|end| end == "rs"))
        .map(|file| {
            file.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

async fn simulator() -> Simulator {
    let organization = Organization::generate(&Shape {
        accounts: 5,
        organizational_units: 2,
        seed: 1,
    });
    let settings = Settings {
        limits: false,
        ..Settings::default()
    };
    let simulator = Simulator::start(organization, settings).await;
    simulator.expect("a free port")
}

#[tokio::test]
async fn a_reading_client_lets_nothing_but_reads_onto_the_wire() {
    let simulator = simulator().await;
    let writable = Connection::to_simulator(&simulator.url());
    let read_only = Connection::to_simulator_read_only(&simulator.url());
    let reads = names(READS);
    for client in [
        &writable.organizations,
        writable.single_attempts(),
        &read_only.organizations,
        read_only.single_attempts(),
    ] {
        for (operation, result) in send_all(client).await {
            let refused = refused_by_guard(&result);
            assert_eq!(
                refused,
                !reads.contains(operation),
                "{operation}: {result:?}"
            );
        }
        // With complete inputs, which the simulator would carry out.
        let management = simulator.with_organization(|o| o.management_account().to_owned());
        let accounts = simulator.with_organization(|o| {
            let members = o.accounts().filter(|a| a.id != management);
            members.map(|a| a.id.clone()).collect::<Vec<_>>()
        });
        for account in accounts {
            let call = client.close_account().account_id(&account);
            call.send().await.expect_err("it is no read");
            let call = client
                .remove_account_from_organization()
                .account_id(&account);
            call.send().await.expect_err("it is no read");
        }
    }
    let sts = &read_only.sts;
    sts.get_caller_identity()
        .send()
        .await
        .expect("it is on the list");
    sts.get_session_token().send().await.expect_err("it is not");
    // Whatever arrives is counted, also what the simulator does not know.
    let arrived: BTreeSet<String> = simulator.calls().into_keys().collect();
    let listed: BTreeSet<String> = READS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(arrived, listed);
}

#[tokio::test]
async fn the_client_for_changes_lets_exactly_seven_operations_through() {
    let simulator = simulator().await;
    let connection = Connection::to_simulator(&simulator.url());
    let changes = names(CHANGES);
    assert_eq!(changes.len(), 7);
    let client = connection.changes().expect("it is writable");
    for (operation, result) in send_all(client).await {
        let refused = refused_by_guard(&result);
        assert_eq!(
            refused,
            !changes.contains(operation),
            "{operation}: {result:?}"
        );
    }
    let arrived: BTreeSet<String> = simulator.calls().into_keys().collect();
    let listed: BTreeSet<String> = CHANGES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(arrived, listed);
}

#[tokio::test]
async fn a_read_only_connection_has_no_client_for_changes() {
    let connection = Connection::to_simulator_read_only("http://127.0.0.1:1");
    assert!(connection.changes().is_none() && connection.is_read_only());
}

#[tokio::test]
async fn no_operation_of_the_sdk_is_left_untried() {
    let simulator = simulator().await;
    let connection = Connection::to_simulator(&simulator.url());
    let tried = send_all(&connection.organizations).await;
    let tried: BTreeSet<String> = tried.into_keys().map(str::to_owned).collect();
    assert_eq!(tried, operations_of_the_sdk());
}

#[test]
fn the_readme_grants_what_the_lists_let_through_and_nothing_else() {
    let readme = include_str!("../../README.md");
    let named = |text: &str| -> Vec<String> {
        let actions = text.split("\"organizations:").skip(1);
        let actions = actions.filter_map(|rest| rest.split_once('"'));
        actions.map(|(action, _)| action.to_owned()).collect()
    };
    let (reads, changes) = readme.split_once("OrgscopeChanges").expect("two policies");
    let of_organizations = |(name, _): &&(&str, &str)| *name != "GetCallerIdentity";
    let expected = |list: &[(&str, &str)]| -> Vec<String> {
        let list = list.iter().filter(of_organizations);
        list.map(|(name, _)| (*name).to_owned()).collect()
    };
    assert_eq!(named(reads), expected(READS));
    // A member account leaves, so that this one is named apart from the others.
    let mut allowed = expected(CHANGES);
    allowed.retain(|name| name != "LeaveOrganization");
    assert_eq!(named(changes), allowed);
    assert!(changes.contains("`organizations:LeaveOrganization`"));
}
