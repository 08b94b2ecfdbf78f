//! Calls that the walk does not make: one answer, or a listing to its end, paced and repeated as its
//! own are.

use tokio::time::Instant;

use super::call::{self, Tally};
use super::job::{Page, Turns, endless};
use super::limiter::{Limiter, Row};
use crate::org::OrgError;

/// How far a listing was read.
pub(super) struct Pages<'a> {
    listing: &'a Listing<'a>,
    token: Option<String>,
    turns: Turns,
    is_at_end: bool,
}

impl Pages<'_> {
    /// The items of the next page, which may be none; `None` after the last page.
    pub(super) async fn next<T, F: Future<Output = Result<Page<T>, OrgError>>>(
        &mut self,
        page: impl Fn(Option<String>) -> F,
    ) -> Result<Option<Vec<T>>, OrgError> {
        if self.is_at_end {
            return Ok(None);
        }
        let extent = |page: &Page<T>| (page.items.len(), page.next_token.is_some());
        let token = &self.token;
        let read = self.listing.persist(|| page(token.clone()), extent).await?;
        self.turns.page(read.items.len());
        if let Some(next) = &read.next_token {
            let follow = self.turns.follow(next);
            follow.map_err(|reason| endless(reason, self.listing.operation))?;
        }
        self.is_at_end = read.next_token.is_none();
        self.token = read.next_token;
        Ok(Some(read.items))
    }
}

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
        let (mut items, mut pages) = (Vec::new(), self.pages());
        while let Some(read) = pages.next(&page).await? {
            items.extend(read);
        }
        Ok(items)
    }

    /// The same page by page, for who tells of each.
    pub(super) fn pages(&self) -> Pages<'_> {
        Pages {
            listing: self,
            token: None,
            turns: Turns::default(),
            is_at_end: false,
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
