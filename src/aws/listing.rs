//! Calls that the walk does not make: one answer, or a listing to its end, paced and repeated as its
//! own are.

use tokio::time::Instant;

use super::call::{self, Tally};
use super::job::{Page, Turns, endless};
use super::limiter::{Limiter, Row};
use crate::org::OrgError;

/// A question that the walk does not ask.
pub(super) struct Listing<'a> {
    limiter: &'a Limiter,
    row: Row,
    operation: &'static str,
    node: Option<&'a str>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(
        limiter: &'a Limiter,
        row: Row,
        operation: &'static str,
        node: Option<&'a str>,
    ) -> Self {
        Self {
            limiter,
            row,
            operation,
            node,
        }
    }

    pub(super) async fn one<T, F: Future<Output = Result<T, OrgError>>>(
        &self,
        call: impl Fn() -> F,
    ) -> Result<T, OrgError> {
        self.persist(call, |_| (1, false)).await
    }

    /// All items of a listing, of which `page` reads the page behind a token.
    pub(super) async fn all<T, F: Future<Output = Result<Page<T>, OrgError>>>(
        &self,
        page: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<T>, OrgError> {
        let (mut items, mut token, mut turns) = (Vec::new(), None::<String>, Turns::default());
        loop {
            let extent = |page: &Page<T>| (page.items.len(), page.next_token.is_some());
            let read = self.persist(|| page(token.clone()), extent).await?;
            turns.page(read.items.len());
            items.extend(read.items);
            let Some(next) = read.next_token else {
                return Ok(items);
            };
            let follow = turns.follow(&next);
            follow.map_err(|reason| endless(reason, self.operation))?;
            token = Some(next);
        }
    }

    async fn persist<T, F: Future<Output = Result<T, OrgError>>>(
        &self,
        call: impl Fn() -> F,
        extent: impl Fn(&T) -> (usize, bool),
    ) -> Result<T, OrgError> {
        let permit = self.limiter.acquire(self.row).await;
        let tally = Tally::default();
        call::persist(self.limiter, self.row, &tally, permit, || async {
            let sent = Instant::now();
            let result = call().await;
            let extent = result.as_ref().map(&extent);
            call::log(self.operation, self.node, sent.elapsed(), extent);
            result
        })
        .await
    }
}
