//! Finds single accounts and OUs with the few calls that it takes, never by a walk.

use std::collections::BTreeSet;
use std::pin::pin;

use futures::{StreamExt as _, stream};

use super::names;
use super::parents::Parents;
use super::tags::Tags;
use crate::aws::{self, Connection, Limiter};
use crate::commands::gather::Meter;
use crate::org::{
    Account, ErrorKind, Hierarchy, NodeIx, Observation, OrgError, Root, Snapshot, Tree,
};

/// Reads at once; the limiter has the last word.
pub(super) const AT_ONCE: usize = 8;

/// An account and the ids from the root down to its parent.
type Described = Result<(Account, Vec<String>), OrgError>;

/// What was found so far: the part of the organization that leads to it.
pub(super) struct Finder<'a> {
    pub(super) connection: &'a Connection,
    pub(super) limiter: Limiter,
    pub(super) tree: Tree,
    /// Whether the root was read, which is more than its id.
    pub(super) rooted: bool,
    /// Whether all accounts were read.
    pub(super) listed: bool,
    /// What was read the last time, until it is known whether it is of this organization.
    pub(super) cache: Option<Hierarchy>,
    /// The cache that the names of OUs and of the root come from, where they do.
    pub(super) named_by: Option<Hierarchy>,
    /// Where the service sends no `Paths`.
    pub(super) parents: Parents<'a>,
    /// Whether the cache has the answers, and nothing is asked.
    pub(super) offline: bool,
    /// Of what is printed in full.
    pub(super) tags: Tags<'a>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        let limiter = Limiter::published();
        Self {
            connection,
            tree: Tree::new(),
            rooted: false,
            listed: false,
            cache: None,
            named_by: None,
            parents: Parents::new(connection, &limiter),
            offline: false,
            tags: Tags::new(connection, &limiter),
            limiter,
        }
    }

    /// The same, taking the names of OUs and of the root from here where it is the same
    /// organization; what it does not know is read.
    pub(super) fn naming_by(mut self, cache: Option<Hierarchy>) -> Self {
        self.cache = cache;
        self
    }

    /// The same, asking nothing: this is all that is known.
    pub(super) fn offline(mut self, snapshot: &Snapshot) -> Self {
        self.tree = snapshot.tree();
        self.tags = Tags::of_cache(&snapshot.found, &self.limiter);
        (self.rooted, self.listed, self.offline) = (true, true, true);
        self
    }

    /// The accounts, OUs and root of these ids, each with why it could not be read.
    pub(super) async fn by_ids(&mut self, ids: &[String]) -> Vec<Result<NodeIx, OrgError>> {
        let (places, accounts): (Vec<String>, Vec<String>) =
            ids.iter().cloned().partition(|id| is_place(id));
        let mut found = self.accounts(&accounts).await.into_iter();
        let mut units = Vec::new();
        for id in &places {
            units.push(self.unit(id).await);
        }
        let mut units = units.into_iter();
        let each = ids.iter().map(|id| {
            let found = if is_place(id) {
                units.next()
            } else {
                found.next()
            };
            found.unwrap_or_else(|| Err(missing(id)))
        });
        each.collect()
    }

    /// The accounts of these ids, each with why it could not be read.
    pub(super) async fn accounts(&mut self, ids: &[String]) -> Vec<Result<NodeIx, OrgError>> {
        if self.offline {
            let found = ids.iter().map(|id| (id, self.tree.find(id)));
            return found
                .map(|(id, found)| found.ok_or_else(|| missing(id)))
                .collect();
        }
        if ids.is_empty() {
            return Vec::new();
        }
        let known = self.rooted || self.cache.is_some();
        let roots = roots(self.connection, &self.limiter, known);
        let (roots, found) = tokio::join!(roots, self.describe(ids));
        if self.cache.is_none() {
            self.learn_roots(roots);
        }
        let arns = found
            .iter()
            .flatten()
            .map(|(account, _)| account.arn.as_deref());
        self.judge_cache(arns.collect()).await;
        let above: Vec<String> = found
            .iter()
            .flatten()
            .flat_map(|(_, above)| above.clone())
            .collect();
        self.name_units(&above).await;
        found.into_iter().map(|found| self.place(found?)).collect()
    }

    /// What [`Self::described`] tells of each, with progress for whoever watches.
    async fn describe(&self, ids: &[String]) -> Vec<Described> {
        let mut meter = Meter::for_many(ids.len());
        let reads = stream::iter(ids).map(|id| self.described(id));
        let mut reads = pin!(reads.buffered(AT_ONCE));
        let mut found = Vec::with_capacity(ids.len());
        while let Some(read) = reads.next().await {
            found.push(read);
            let so_far = format!("{} of {} accounts read", found.len(), ids.len());
            meter.write(&so_far);
        }
        meter.clear();
        found
    }

    /// An account and the ids from the root down to its parent.
    async fn described(&self, id: &str) -> Described {
        let (connection, limiter) = (self.connection, &self.limiter);
        let (account, ancestors) = aws::describe_account(connection, limiter, id).await?;
        if !ancestors.is_empty() {
            return Ok((account, ancestors));
        }
        let cache = self.cache.as_ref().or(self.named_by.as_ref());
        let cache = cache.filter(|cache| cache.is_named_in(account.arn.as_deref()));
        let ancestors = self.parents.chain(id, cache).await?;
        Ok((account, ancestors))
    }

    /// Takes names from the cache where what was found is of its organization; else reads the root.
    pub(super) async fn judge_cache(&mut self, arns: Vec<Option<&str>>) {
        let Some(cache) = self.cache.take_if(|_| !arns.is_empty()) else {
            return;
        };
        if arns.into_iter().all(|arn| cache.is_named_in(arn)) {
            self.tree.apply(cache.containers());
            self.rooted = true;
            self.named_by = Some(cache);
        } else {
            let roots = roots(self.connection, &self.limiter, self.rooted).await;
            self.learn_roots(roots);
        }
    }

    /// Without the root's name there is still its id.
    pub(super) fn learn_roots(&mut self, roots: Result<Vec<Root>, OrgError>) {
        self.rooted |= roots.is_ok();
        let roots = roots.unwrap_or_default().into_iter();
        self.tree.apply(roots.map(Observation::Root));
    }

    pub(super) fn place(
        &mut self,
        (account, ancestors): (Account, Vec<String>),
    ) -> Result<NodeIx, OrgError> {
        let id = account.id.clone();
        self.tree.apply([Observation::Account {
            account: account.into(),
            ancestors,
        }]);
        self.tree.find(&id).ok_or_else(|| missing(&id))
    }

    /// The root or OU of this id.
    pub(super) async fn unit(&mut self, id: &str) -> Result<NodeIx, OrgError> {
        if !self.offline {
            self.read_unit(id).await?;
        }
        self.tree.find(id).ok_or_else(|| missing(id))
    }

    async fn read_unit(&mut self, id: &str) -> Result<(), OrgError> {
        let (connection, limiter) = (self.connection, &self.limiter);
        if id.starts_with("r-") {
            let roots = roots(connection, limiter, self.rooted).await?;
            self.learn_roots(Ok(roots));
            return Ok(());
        }
        if self.named_by.is_none() && self.tree.find(id).is_some() {
            return Ok(());
        }
        let known = self.rooted || self.cache.is_some();
        let (roots, described) = tokio::join!(
            roots(connection, limiter, known),
            aws::describe_unit(connection, limiter, id)
        );
        if self.cache.is_none() {
            self.learn_roots(roots);
        }
        let (unit, mut above) = described?;
        self.judge_cache(vec![unit.arn.as_deref()]).await;
        if above.is_empty() {
            above = self.parents.chain(id, self.named_by.as_ref()).await?;
        }
        self.name_units(&above).await;
        let parent = above.last().cloned().unwrap_or_default();
        self.tree.apply([names::below(&parent, unit)]);
        Ok(())
    }

    /// The ids from the root down to what contains it; none where that is not known.
    pub(super) fn above(&self, ix: NodeIx) -> Vec<String> {
        let mut above = self.tree.placed_path(ix);
        above.pop();
        above.iter().map(|node| node.id().to_owned()).collect()
    }

    /// Those of these that are OUs without a name.
    pub(super) fn unnamed<'b>(&self, chain: &'b [String]) -> BTreeSet<&'b String> {
        let unnamed = |id: &&String| {
            let node = self.tree.find(id).and_then(|ix| self.tree.get(ix));
            id.starts_with("ou-") && node.is_none_or(|node| node.name().is_none())
        };
        chain.iter().filter(unnamed).collect()
    }

    /// Reads the names of those of these that are OUs and not known yet, all at once. `ways` are ids
    /// from the root down, one way after the other.
    pub(super) async fn name_units(&mut self, ways: &[String]) {
        let wanted = self.unnamed(ways);
        let mut meter = Meter::for_many(wanted.len());
        let what = format!("reading the names of {} OUs", wanted.len());
        meter.write(&what);
        let named = names::read(self.connection, &self.limiter, ways, &wanted).await;
        meter.clear();
        self.tree.apply(named);
    }
}

pub(super) async fn roots(
    connection: &Connection,
    limiter: &Limiter,
    known: bool,
) -> Result<Vec<Root>, OrgError> {
    if known {
        return Ok(Vec::new());
    }
    aws::roots(connection, limiter).await
}

/// Whether this is the id of a root or OU.
fn is_place(id: &str) -> bool {
    id.starts_with("r-") || id.starts_with("ou-")
}

/// That there is nothing of this id.
pub(super) fn missing(id: &str) -> OrgError {
    let message = format!("{id} is not in the organization");
    OrgError::new(ErrorKind::NotFound, message)
}
