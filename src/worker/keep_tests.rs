use tokio::sync::mpsc;

use super::*;
use crate::aws::Connection;
use crate::config::Config;
use crate::effect::Effect;
use crate::org::{Observation, Organization, Root, Tree};
use crate::worker::Worker;

const FIRST: &str = "http://127.0.0.1:4001";
const SECOND: &str = "http://127.0.0.1:4002";

fn snapshot(organization: &str) -> Arc<Snapshot> {
    let mut tree = Tree::new();
    tree.begin_walk();
    tree.apply(vec![Observation::Root(Root {
        id: "r-1".into(),
        ..Root::default()
    })]);
    let organization = Organization {
        id: organization.into(),
        ..Organization::default()
    };
    Arc::new(Snapshot::of(&tree, organization, now()).expect("there is a root"))
}

/// A worker that was told to use the second endpoint instead of the first, and its cache. Nothing
/// listens at either.
fn reconnected(folder: &tempfile::TempDir) -> (Worker, Cache) {
    let cache = Cache::new(folder.path().to_owned());
    let key = Key::new(None, None, "us-east-1", None);
    let (messages, _) = mpsc::channel(8);
    let connection = Connection::to_simulator_read_only(FIRST);
    let worker = Worker::new(connection, messages, Config::default(), None);
    let mut worker = worker.keeping(cache.clone(), key);
    worker.reconnect(Connection::to_simulator_read_only(SECOND));
    (worker, cache)
}

#[tokio::test]
async fn what_was_read_over_an_earlier_connection_is_not_kept_as_of_the_one_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let (mut worker, cache) = reconnected(&folder);
    for (connection, organization) in [(0, "o-earlier"), (1, "o-now")] {
        worker.run(Effect::Keep {
            connection,
            snapshot: snapshot(organization),
        });
    }
    // Each has its first turn, and waits for its place before what comes last.
    tokio::task::yield_now().await;
    let last = worker.keep_last(1, Some(snapshot("o-last"))).await;
    last.unwrap();
    let kept = cache.organizations(Some(SECOND)).unwrap();
    assert_eq!(kept, ["o-last", "o-now"]);
    assert_eq!(cache.organizations(Some(FIRST)).unwrap(), [] as [&str; 0]);
}

#[tokio::test]
async fn what_is_left_of_an_earlier_connection_at_the_end_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (worker, cache) = reconnected(&folder);
    worker.keep_last(0, Some(snapshot("o-a"))).await.unwrap();
    assert_eq!(cache.organizations(Some(SECOND)).unwrap(), [] as [&str; 0]);
    worker.keep_last(1, Some(snapshot("o-a"))).await.unwrap();
    assert_eq!(cache.organizations(Some(SECOND)).unwrap(), ["o-a"]);
}
