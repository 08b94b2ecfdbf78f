//! Finds single accounts and OUs with the few calls that it takes, never by a walk.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use futures::{StreamExt as _, stream};

use super::names::{self, Coming};
use super::parents::Parents;
use super::tags::Tags;
use crate::aws::{self, Connection, Limiter};
use crate::commands::gather::Meter;
use crate::org::{
    Account, ErrorKind, Hierarchy, NodeIx, Observation, OrgError, Root, Snapshot, Tree,
};

/// Reads at once; the limiter has the last word.
pub(super) const AT_ONCE: usize = 8;

/// The ids from the root down to what contains something, or why they could not be read.
pub(super) type Way = Result<Vec<String>, OrgError>;

/// An account and the way to it.
type Described = Result<(Account, Way), OrgError>;

/// How much of the organization was read, from little to much.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Read {
    Nothing,
    /// All accounts, which does not tell the names of the OUs.
    Accounts,
    All,
}

/// What was found so far: the part of the organization that leads to it.
pub(super) struct Finder<'a> {
    pub(super) connection: &'a Connection,
    pub(super) limiter: Limiter,
    pub(super) tree: Tree,
    /// Whether the root was read, which is more than its id.
    pub(super) rooted: bool,
    /// How much was read besides what was asked for.
    pub(super) read: Read,
    /// What was read the last time, until it is known whether it is of this organization.
    pub(super) cache: Option<Hierarchy>,
    /// The cache that the names of OUs and of the root come from, where they do.
    pub(super) named_by: Option<Hierarchy>,
    /// Why it is not known where these are, by id.
    pub(super) lost: BTreeMap<String, OrgError>,
    /// Where the service sends no `Paths`.
    pub(super) parents: Parents<'a>,
    /// Whether the cache has the answers, and nothing is asked.
    pub(super) offline: bool,
    /// Ids whose names did not come.
    nameless: BTreeSet<String>,
    /// Why they did not.
    pub(super) unnamed_because: Vec<OrgError>,
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
            read: Read::Nothing,
            cache: None,
            named_by: None,
            lost: BTreeMap::new(),
            parents: Parents::new(connection, &limiter),
            offline: false,
            nameless: BTreeSet::new(),
            unnamed_because: Vec::new(),
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
        (self.rooted, self.read, self.offline) = (true, Read::All, true);
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
            found.unwrap_or_else(|| Err(self.missing(id)))
        });
        each.collect()
    }

    /// The accounts of these ids, each with why it could not be read.
    pub(super) async fn accounts(&mut self, ids: &[String]) -> Vec<Result<NodeIx, OrgError>> {
        if self.offline {
            let found = ids.iter().map(|id| (id, self.tree.find(id)));
            return found
                .map(|(id, found)| found.ok_or_else(|| self.missing(id)))
                .collect();
        }
        if ids.is_empty() {
            return Vec::new();
        }
        let root = self.begin_root();
        let (found, root) = names::meanwhile(self.describe(ids), root).await;
        let arns = found
            .iter()
            .flatten()
            .map(|(account, _)| account.arn.as_deref());
        self.judge_cache(arns.collect());
        let above: Vec<String> = found
            .iter()
            .flatten()
            .flat_map(|(_, way)| way.clone().unwrap_or_default())
            .collect();
        self.name(&above, root).await;
        let found = found.into_iter();
        found
            .map(|found| found.and_then(|(account, way)| self.place(account, way)))
            .collect()
    }

    /// The names of the accounts of these ids, each with why it could not be read. Where they are is
    /// not asked.
    pub(super) async fn names(&self, ids: &[String]) -> Vec<Result<String, OrgError>> {
        if self.offline {
            let found = ids.iter().map(|id| (id, self.tree.find(id)));
            let named = found.map(|(id, ix)| {
                let node = ix.and_then(|ix| self.tree.get(ix));
                let node = node.ok_or_else(|| self.missing(id))?;
                Ok(node.name().unwrap_or_default().to_owned())
            });
            return named.collect();
        }
        let (connection, limiter) = (self.connection, &self.limiter);
        let name = async |id: &String| {
            let (account, _) = aws::describe_account(connection, limiter, id).await?;
            Ok(account.name.unwrap_or_default())
        };
        each(ids.len(), ids.iter().map(name)).await
    }

    /// What [`Self::described`] tells of each.
    async fn describe(&self, ids: &[String]) -> Vec<Described> {
        each(ids.len(), ids.iter().map(|id| self.described(id))).await
    }

    /// An account and the way to it, which the service may tell with it.
    async fn described(&self, id: &str) -> Described {
        let (connection, limiter) = (self.connection, &self.limiter);
        let (account, ancestors) = aws::describe_account(connection, limiter, id).await?;
        if !ancestors.is_empty() {
            return Ok((account, Ok(ancestors)));
        }
        let cache = self.cache.as_ref().or(self.named_by.as_ref());
        let cache = cache.filter(|cache| cache.is_named_in(account.arn.as_deref()));
        let way = self.parents.chain(id, cache).await;
        Ok((account, way))
    }

    /// Asks for the root where nothing tells of it.
    pub(super) fn begin_root(&self) -> Option<Coming<'a>> {
        let is_unknown = self.tree.root().is_none() && self.cache.is_none();
        is_unknown.then(|| names::root(self.connection, &self.limiter))
    }

    /// Takes names from the cache where what was found is of its organization.
    pub(super) fn judge_cache(&mut self, arns: Vec<Option<&str>>) {
        let Some(cache) = self.cache.take_if(|_| !arns.is_empty()) else {
            return;
        };
        if arns.into_iter().all(|arn| cache.is_named_in(arn)) {
            self.tree.apply(cache.containers());
            self.rooted = true;
            self.named_by = Some(cache);
        }
    }

    fn learn_roots(&mut self, roots: Vec<Root>) {
        self.rooted |= !roots.is_empty();
        self.tree.apply(roots.into_iter().map(Observation::Root));
    }

    /// Takes an account into the tree, also where nobody knows what it is in.
    pub(super) fn place(&mut self, account: Account, way: Way) -> Result<NodeIx, OrgError> {
        let id = account.id.clone();
        let ancestors = self.or_lost(&id, way);
        self.tree.apply([Observation::Account {
            account: account.into(),
            ancestors,
        }]);
        self.tree.find(&id).ok_or_else(|| self.missing(&id))
    }

    /// The way to it; none where that could not be read, which is noted.
    fn or_lost(&mut self, id: &str, way: Way) -> Vec<String> {
        way.unwrap_or_else(|error| {
            self.lost.insert(id.to_owned(), error);
            Vec::new()
        })
    }

    /// The root or OU of this id.
    pub(super) async fn unit(&mut self, id: &str) -> Result<NodeIx, OrgError> {
        if !self.offline {
            self.read_unit(id).await?;
        }
        self.tree.find(id).ok_or_else(|| self.missing(id))
    }

    async fn read_unit(&mut self, id: &str) -> Result<(), OrgError> {
        let (connection, limiter) = (self.connection, &self.limiter);
        if id.starts_with("r-") {
            if !self.rooted {
                let roots = aws::roots(connection, limiter).await?;
                self.learn_roots(roots);
            }
            return Ok(());
        }
        // Without a name it is known as the parent of something only.
        if self.named_by.is_none() && self.has_name(id) {
            return Ok(());
        }
        let describe = aws::describe_unit(connection, limiter, id);
        let (described, root) = names::meanwhile(describe, self.begin_root()).await;
        let (unit, mut above) = described?;
        self.judge_cache(vec![unit.arn.as_deref()]);
        if above.is_empty() {
            let way = self.parents.chain(id, self.named_by.as_ref()).await;
            above = self.or_lost(id, way);
        }
        self.name(&above, root).await;
        let parent = above.last().cloned().unwrap_or_default();
        self.tree.apply([names::below(&parent, unit)]);
        Ok(())
    }

    /// That there is nothing of this id.
    pub(super) fn missing(&self, id: &str) -> OrgError {
        missing(id, self.offline)
    }

    /// The ids from the root down to what contains it; none where that is not known.
    pub(super) fn above(&self, ix: NodeIx) -> Vec<String> {
        let mut above = self.tree.placed_path(ix);
        above.pop();
        above.iter().map(|node| node.id().to_owned()).collect()
    }

    /// Those of these that have no name yet, and may get one.
    pub(super) fn unnamed<'b>(&self, ways: &'b [String]) -> BTreeSet<&'b String> {
        let may_get_one = |id: &&String| !self.has_name(id) && !self.nameless.contains(*id);
        ways.iter().filter(may_get_one).collect()
    }

    fn has_name(&self, id: &str) -> bool {
        let node = self.tree.find(id).and_then(|ix| self.tree.get(ix));
        node.is_some_and(|node| node.name().is_some())
    }

    /// Reads the names of those of these that are not known yet, all at once. `ways` are ids from
    /// the root down, one way after the other; `root` was begun before, if it was.
    pub(super) async fn name(&mut self, ways: &[String], root: Option<Coming<'a>>) {
        let wanted = self.unnamed(ways);
        let mut meter = Meter::for_many(wanted.len());
        let what = format!("reading the names of {} OUs", wanted.len());
        meter.write(&what);
        let names = names::read(self.connection, &self.limiter, ways, &wanted, root).await;
        meter.clear();
        let wanted: Vec<String> = wanted.into_iter().cloned().collect();
        self.learn_roots(names.roots);
        self.tree.apply(names.units);
        self.unnamed_because.extend(names.unread);
        let nameless = wanted.into_iter().filter(|id| !self.has_name(id));
        let nameless: Vec<String> = nameless.collect();
        self.nameless.extend(nameless);
    }

    /// Why ids stand for names on the ways to these, each reason once; none where they do not.
    pub(super) fn why_nameless(&self, found: &[NodeIx]) -> Vec<&OrgError> {
        let mut ways = found.iter().flat_map(|ix| self.tree.placed_path(*ix));
        if !ways.any(|node| node.account().is_none() && node.name().is_none()) {
            return Vec::new();
        }
        each_once(&self.unnamed_because)
    }
}

/// These reads in their order, a few at once, with progress for whoever watches.
async fn each<R: Future>(number: usize, reads: impl Iterator<Item = R>) -> Vec<R::Output> {
    let mut meter = Meter::for_many(number);
    let mut reads = pin!(stream::iter(reads).buffered(AT_ONCE));
    let mut found = Vec::with_capacity(number);
    while let Some(read) = reads.next().await {
        found.push(read);
        let so_far = format!("{} of {number} accounts read", found.len());
        meter.write(&so_far);
    }
    meter.clear();
    found
}

/// These without those that say the same of another request.
pub(super) fn each_once<'a>(errors: impl IntoIterator<Item = &'a OrgError>) -> Vec<&'a OrgError> {
    let mut each: Vec<&OrgError> = Vec::new();
    for error in errors {
        let is_same = |it: &&OrgError| it.kind == error.kind && it.operation == error.operation;
        if !each.iter().any(is_same) {
            each.push(error);
        }
    }
    each
}

/// Whether this is the id of a root or OU.
pub(super) fn is_place(id: &str) -> bool {
    id.starts_with("r-") || id.starts_with("ou-")
}

/// That there is nothing of this id.
pub(super) fn missing(id: &str, offline: bool) -> OrgError {
    let message = format!("{id} {}", missing_from(offline));
    OrgError::new(ErrorKind::NotFound, message)
}

/// Where this is not: the cache may be older than what has the id.
pub(super) const fn missing_from(offline: bool) -> &'static str {
    if offline {
        "is not in the cache"
    } else {
        "is not in the organization"
    }
}
