//! Reading what dialogs and the closures view ask for.

use futures::StreamExt as _;

use super::desk::now;
use super::line::Line;
use crate::aws;
use crate::msg::Msg;
use crate::org::{ErrorKind, Fact};

/// How many accounts or nodes are read at once; the limiter decides on the pace.
const AT_ONCE: usize = 4;

/// Facts of each account, and which services have trusted access, for this dialog.
pub(super) async fn preflight(line: Line, dialog: u64, accounts: Vec<String>) {
    let trusted = async {
        let services = aws::trusted_access(&line.connection, line.limiter()).await;
        line.tell(Msg::Fact(dialog, Fact::TrustedAccess(services)))
            .await;
    };
    let read = {
        let line = line.clone();
        move |id: String| read_facts(line.clone(), dialog, id)
    };
    tokio::join!(trusted, each(accounts, read));
}

async fn read_facts(line: Line, dialog: u64, id: String) {
    let facts = Box::pin(aws::account_facts(&line.connection, line.limiter(), &id)).await;
    let facts = Box::new(facts);
    line.tell(Msg::Fact(dialog, Fact::Account { id, facts }))
        .await;
}

/// What is attached to each of these nodes, unless it is being read.
pub(super) async fn policies(line: Line, wanted: Vec<(String, String)>) {
    each(wanted, move |wanted| read_policies(line.clone(), wanted)).await;
}

async fn read_policies(line: Line, (node, policy_type): (String, String)) {
    let Some(_reading) = line.begin_reading(&policy_type, &node) else {
        return;
    };
    let attached = aws::attached(&line.connection, line.limiter(), &node, &policy_type).await;
    line.tell(Msg::Policies(vec![attached])).await;
}

/// Each of these accounts, unless it is being read for the same purpose.
pub(super) async fn poll(line: Line, accounts: Vec<String>) {
    each(accounts, move |account| read_account(line.clone(), account)).await;
}

async fn read_account(line: Line, account: String) {
    let Some(_reading) = line.begin_reading("poll", &account) else {
        return;
    };
    let (connection, limiter) = (&line.connection, line.limiter());
    let mut found = aws::describe_account(connection, limiter, &account).await;
    if found
        .as_ref()
        .is_err_and(|error| error.kind == ErrorKind::NotFound)
        && let Ok(book) = line.desk.book()
        && let Err(error) = aws::same_organization(connection, limiter, book.organization()).await
    {
        // That it is not in another organization says nothing.
        found = Err(error);
    }
    let msg = Msg::Polled {
        account,
        at: now(),
        result: found.map(|(account, _)| account),
    };
    line.tell(msg).await;
}

async fn each<T, F: Future<Output = ()>>(all: Vec<T>, act: impl FnMut(T) -> F) {
    futures::stream::iter(all)
        .for_each_concurrent(AT_ONCE, act)
        .await;
}

/// All accounts.
pub(super) async fn sweep(line: Line) {
    let result = aws::all_accounts(&line.connection, line.limiter()).await;
    let result = result.map(|found| found.into_iter().map(|(account, _)| account).collect());
    line.tell(Msg::Swept { at: now(), result }).await;
}
