//! Reading what dialogs and the closures view ask for.

use futures::StreamExt as _;

use super::desk::{Desk, now};
use crate::aws;
use crate::msg::Msg;
use crate::org::{ErrorKind, Fact};

/// How many accounts or nodes are read at once; the limiter decides on the pace.
const AT_ONCE: usize = 4;

/// Facts of each account, and which services have trusted access, for this dialog.
pub(super) async fn preflight(desk: Desk, dialog: u64, accounts: Vec<String>) {
    let trusted = async {
        let services = aws::trusted_access(&desk.connection(), desk.limiter()).await;
        desk.tell(Msg::Fact(dialog, Fact::TrustedAccess(services)))
            .await;
    };
    let read = {
        let desk = desk.clone();
        move |id: String| read_facts(desk.clone(), dialog, id)
    };
    tokio::join!(trusted, each(accounts, read));
}

async fn read_facts(desk: Desk, dialog: u64, id: String) {
    let connection = desk.connection();
    let facts = Box::pin(aws::account_facts(&connection, desk.limiter(), &id)).await;
    let facts = Box::new(facts);
    desk.tell(Msg::Fact(dialog, Fact::Account { id, facts }))
        .await;
}

/// What is attached to each of these nodes, unless it is being read.
pub(super) async fn policies(desk: Desk, wanted: Vec<(String, String)>) {
    each(wanted, move |wanted| read_policies(desk.clone(), wanted)).await;
}

async fn read_policies(desk: Desk, (node, policy_type): (String, String)) {
    let Some(_reading) = desk.begin_reading(&policy_type, &node) else {
        return;
    };
    let connection = desk.connection();
    let attached = aws::attached(&connection, desk.limiter(), &node, &policy_type).await;
    desk.tell(Msg::Policies(vec![attached])).await;
}

/// Each of these accounts, unless it is being read for the same purpose.
pub(super) async fn poll(desk: Desk, accounts: Vec<String>) {
    each(accounts, move |account| read_account(desk.clone(), account)).await;
}

async fn read_account(desk: Desk, account: String) {
    let Some(_reading) = desk.begin_reading("poll", &account) else {
        return;
    };
    let (connection, limiter) = (desk.connection(), desk.limiter());
    let mut found = aws::describe_account(&connection, limiter, &account).await;
    if found
        .as_ref()
        .is_err_and(|error| error.kind == ErrorKind::NotFound)
        && let Ok(book) = desk.book()
        && let Err(error) = aws::same_organization(&connection, limiter, book.organization()).await
    {
        // That it is not in another organization says nothing.
        found = Err(error);
    }
    let msg = Msg::Polled {
        account,
        at: now(),
        result: found.map(|(account, _)| account),
    };
    desk.tell(msg).await;
}

async fn each<T, F: Future<Output = ()>>(all: Vec<T>, act: impl FnMut(T) -> F) {
    futures::stream::iter(all)
        .for_each_concurrent(AT_ONCE, act)
        .await;
}

/// All accounts.
pub(super) async fn sweep(desk: Desk) {
    let result = aws::all_accounts(&desk.connection(), desk.limiter()).await;
    let result = result.map(|found| found.into_iter().map(|(account, _)| account).collect());
    desk.tell(Msg::Swept { at: now(), result }).await;
}
