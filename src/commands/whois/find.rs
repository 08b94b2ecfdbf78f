//! Finds single accounts and OUs with the few calls that it takes, never by a walk.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use futures::{StreamExt as _, stream};

use crate::aws::{self, Connection, Limiter};
use crate::commands::more::Reader;
use crate::commands::{gather, now};
use crate::org::{
    Account, ErrorKind, Facts, Hierarchy, Looked, MOST_LEVELS, Node, NodeIx, NodeKind, Observation,
    OrgError, OrganizationalUnit, Places, Query, Root, Snapshot, Tree, Verdict,
};

/// Reads at once; the limiter has the last word.
const AT_ONCE: usize = 8;
/// To learn the names of more OUs, lists of OUs take fewer calls than one for each.
const MOST_DESCRIBED: usize = 30;

/// What was found so far: the part of the organization that leads to it.
pub(super) struct Finder<'a> {
    connection: &'a Connection,
    limiter: Limiter,
    pub(super) tree: Tree,
    /// Whether the root was read, which is more than its id.
    rooted: bool,
    /// Whether all accounts were read.
    listed: bool,
    /// What was read the last time, until it is known whether it is of this organization.
    cache: Option<Hierarchy>,
    /// The cache that the names of OUs and of the root come from, where they do.
    pub(super) named_by: Option<Hierarchy>,
    /// The parents that were asked for, by child: many accounts are in the same OUs.
    parents: BTreeMap<String, String>,
    /// Whether the cache has the answers, and nothing is asked.
    offline: bool,
    /// Then, what else it knows.
    found: Vec<Looked>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            limiter: Limiter::published(),
            tree: Tree::new(),
            rooted: false,
            listed: false,
            cache: None,
            named_by: None,
            parents: BTreeMap::new(),
            offline: false,
            found: Vec::new(),
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
        self.found.clone_from(&snapshot.found);
        (self.rooted, self.listed, self.offline) = (true, true, true);
        self
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
        let (connection, limiter) = (self.connection, &self.limiter);
        let cache = self.cache.as_ref();
        let roots = roots(connection, limiter, self.rooted || cache.is_some());
        let read = stream::iter(ids)
            .map(|id| described(connection, limiter, cache, id))
            .buffered(AT_ONCE)
            .collect::<Vec<_>>();
        let (roots, found) = tokio::join!(roots, read);
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

    /// Takes names from the cache where what was found is of its organization; else reads the root.
    async fn judge_cache(&mut self, arns: Vec<Option<&str>>) {
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
    fn learn_roots(&mut self, roots: Result<Vec<Root>, OrgError>) {
        self.rooted |= roots.is_ok();
        let roots = roots.unwrap_or_default().into_iter();
        self.tree.apply(roots.map(Observation::Root));
    }

    fn place(&mut self, (account, ancestors): (Account, Vec<String>)) -> Result<NodeIx, OrgError> {
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
        let is_root = id.starts_with("r-");
        let known = self.cache.is_some() && !is_root;
        let roots = roots(self.connection, &self.limiter, self.rooted || known).await;
        if !known {
            self.learn_roots(roots);
        }
        if is_root || (self.named_by.is_none() && self.tree.find(id).is_some()) {
            return Ok(());
        }
        let (unit, mut above) = aws::describe_unit(self.connection, &self.limiter, id).await?;
        self.judge_cache(vec![unit.arn.as_deref()]).await;
        if above.is_empty() {
            let cache = self.named_by.as_ref();
            let mut parents = Parents::new(self.connection, &self.limiter, cache);
            above = parents.chain(id).await?;
        }
        self.name_units(&above).await;
        let parent = above.last().cloned().unwrap_or_default();
        self.tree.apply([unit_below(&parent, unit)]);
        Ok(())
    }

    /// The accounts with this in their names or email addresses; exact ones first, then those that
    /// begin with it. `words` are in lower case.
    pub(super) async fn search(&mut self, words: &str) -> Result<Vec<NodeIx>, OrgError> {
        self.list().await?;
        let mut found = self.named_so(words);
        if found.is_empty() && !self.offline {
            // Only whoever knows all OUs can say that none is called so.
            self.walk().await?;
            found = self.named_so(words);
        }
        let (accounts, units): (Vec<String>, Vec<String>) =
            found.into_iter().partition(|id| !id.starts_with("ou-"));
        let mut nodes = self.located_all(accounts).await?;
        for id in units {
            match self.unit(&id).await {
                Ok(ix) => nodes.push(ix),
                // What the cache knew has gone.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(nodes)
    }

    /// The ids of the accounts and OUs that have this in their names or email addresses, or whose
    /// ids begin with these digits.
    fn named_so(&self, words: &str) -> Vec<String> {
        let digits: String = words.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let named = |node: &Node| {
            let is_place = node.kind() == NodeKind::OrganizationalUnit;
            let account = node.account();
            if account.is_none() && !is_place {
                return None;
            }
            let email = account.and_then(|account| account.email.as_deref());
            let texts = [node.name(), email].into_iter().flatten();
            let ranks = texts.filter_map(|text| rank(&text.to_lowercase(), words));
            let by_id = is_number && node.id().starts_with(&digits);
            ranks.min().or(by_id.then_some(1))
        };
        let nodes = self.tree.iter();
        let mut found: Vec<(u8, &str, &str)> = nodes
            .filter_map(|(_, node)| Some((named(node)?, node.label(), node.id())))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, _, id)| id.to_owned()).collect()
    }

    /// The OUs that a query names, and that are not there.
    pub(super) fn unknown_units(&self, query: &Query) -> Vec<String> {
        let units = query.unknown_units(&self.tree).into_iter();
        units.map(str::to_owned).collect()
    }

    /// The accounts that a query of the filter language means, by name; and why that may not be all
    /// of them.
    pub(super) async fn filter(
        &mut self,
        query: &Query,
    ) -> Result<(Vec<NodeIx>, Vec<OrgError>), OrgError> {
        self.list().await?;
        let mut reader = Reader::new((!self.offline).then_some(self.connection), &self.limiter);
        // Tags that were read in an earlier run answer only where nobody can be asked.
        if self.offline {
            reader = reader.knowing(&self.found);
        }
        let (mut found, depend_on_tags) = self.judge(query, &reader);
        if !depend_on_tags.is_empty() {
            reader.read_tags(depend_on_tags.into_iter()).await;
            found = self.judge(query, &reader).0;
        }
        found.sort();
        let missing = reader.missing();
        let ids = found.into_iter().map(|(_, id)| id);
        Ok((self.located_all(ids.collect()).await?, missing))
    }

    /// Names and ids of the accounts that a query means, and the ids of those of which only tags
    /// could tell.
    fn judge(&self, query: &Query, reader: &Reader<'_>) -> (Vec<(String, String)>, Vec<String>) {
        let places = Places::find(query, &self.tree);
        let (mut found, mut depend_on_tags) = (Vec::new(), Vec::new());
        for (ix, node) in self.tree.iter() {
            let Some(account) = node.account() else {
                continue;
            };
            let verdict = query.holds(&Facts {
                node,
                place: places.at(&self.tree, ix),
                management: account.arn.as_deref().and_then(super::management_in),
                tags: reader.tags(&account.id),
                now: now(),
            });
            match verdict {
                Verdict::Yes => found.push((node.label().to_owned(), account.id.clone())),
                Verdict::TagsNotRead => depend_on_tags.push(account.id.clone()),
                Verdict::No => {}
            }
        }
        (found, depend_on_tags)
    }

    /// Reads the whole organization, for questions about where accounts are.
    pub(super) async fn walk(&mut self) -> Result<(), OrgError> {
        if !self.offline {
            let (tree, missing) = gather::refresh(self.connection, &self.limiter, None).await?;
            if let Some(error) = missing.into_iter().next() {
                return Err(error);
            }
            self.tree = tree;
            (self.rooted, self.listed) = (true, true);
        }
        Ok(())
    }

    /// Reads all accounts, once.
    async fn list(&mut self) -> Result<(), OrgError> {
        if self.listed {
            return Ok(());
        }
        let all = aws::all_accounts(self.connection, &self.limiter).await?;
        let arns = all.iter().map(|(account, _)| account.arn.as_deref());
        self.judge_cache(arns.collect()).await;
        self.tree.apply(
            all.into_iter()
                .map(|(account, ancestors)| Observation::Account {
                    account: account.into(),
                    ancestors,
                }),
        );
        self.listed = true;
        Ok(())
    }

    /// These accounts of the list with where they are, by names.
    async fn located_all(&mut self, ids: Vec<String>) -> Result<Vec<NodeIx>, OrgError> {
        let mut nodes = Vec::new();
        for id in &ids {
            nodes.push(self.located(id).await?);
        }
        if self.offline {
            return Ok(nodes);
        }
        let roots = roots(self.connection, &self.limiter, self.rooted).await;
        self.learn_roots(roots);
        let above: Vec<String> = nodes.iter().flat_map(|ix| self.above(*ix)).collect();
        if self.unnamed(&above).len() > MOST_DESCRIBED && self.walk().await.is_ok() {
            let places = ids.iter().map(|id| self.tree.find(id));
            return Ok(places.flatten().collect());
        }
        self.name_units(&above).await;
        Ok(nodes)
    }

    /// An account of the list, with where it is: the list tells that, or else its parents do.
    async fn located(&mut self, id: &str) -> Result<NodeIx, OrgError> {
        let ix = self.tree.find(id).ok_or_else(|| missing(id))?;
        let node = self.tree.get(ix);
        let account = node.and_then(|node| node.account().cloned());
        let is_lost = |_: &Account| !self.offline && self.above(ix).is_empty();
        let Some(account) = account.filter(is_lost) else {
            return Ok(ix);
        };
        let cache = self.named_by.as_ref();
        let mut parents = Parents::new(self.connection, &self.limiter, cache);
        std::mem::swap(&mut parents.known, &mut self.parents);
        let ancestors = parents.chain(id).await;
        self.parents = parents.known;
        self.place((account, ancestors?))
    }

    /// The ids from the root down to what contains it; none where that is not known.
    fn above(&self, ix: NodeIx) -> Vec<String> {
        let mut above = self.tree.placed_path(ix);
        above.pop();
        above.iter().map(|node| node.id().to_owned()).collect()
    }

    /// Those of these that are OUs without a name.
    fn unnamed<'b>(&self, chain: &'b [String]) -> BTreeSet<&'b String> {
        let unnamed = |id: &&String| {
            let node = self.tree.find(id).and_then(|ix| self.tree.get(ix));
            id.starts_with("ou-") && node.is_none_or(|node| node.name().is_none())
        };
        chain.iter().filter(unnamed).collect()
    }

    /// Reads the names of those of these that are OUs and not known yet, all at once.
    async fn name_units(&mut self, chain: &[String]) {
        let wanted = self.unnamed(chain);
        let (connection, limiter) = (self.connection, &self.limiter);
        let reads = wanted.into_iter().map(async |id| {
            let read = aws::describe_unit(connection, limiter, id).await;
            read.ok().map(|(unit, _)| (id, unit))
        });
        let units: BTreeMap<&String, OrganizationalUnit> =
            join_all(reads).await.into_iter().flatten().collect();
        let below = chain.iter().zip(chain.iter().skip(1));
        let named: Vec<Observation> = below
            .filter_map(|(parent, id)| Some(unit_below(parent, units.get(id)?.clone())))
            .collect();
        self.tree.apply(named);
    }
}

async fn roots(
    connection: &Connection,
    limiter: &Limiter,
    known: bool,
) -> Result<Vec<Root>, OrgError> {
    if known {
        return Ok(Vec::new());
    }
    aws::roots(connection, limiter).await
}

/// An account and the ids from the root down to its parent.
async fn described(
    connection: &Connection,
    limiter: &Limiter,
    cache: Option<&Hierarchy>,
    id: &str,
) -> Result<(Account, Vec<String>), OrgError> {
    let (account, ancestors) = aws::describe_account(connection, limiter, id).await?;
    if !ancestors.is_empty() {
        return Ok((account, ancestors));
    }
    let cache = cache.filter(|cache| cache.is_named_in(account.arn.as_deref()));
    let ancestors = Parents::new(connection, limiter, cache).chain(id).await?;
    Ok((account, ancestors))
}

/// Asks for parents, each once, where the service sends no `Paths`.
struct Parents<'a> {
    connection: &'a Connection,
    limiter: &'a Limiter,
    cache: Option<&'a Hierarchy>,
    /// By child.
    known: BTreeMap<String, String>,
}

impl<'a> Parents<'a> {
    fn new(connection: &'a Connection, limiter: &'a Limiter, cache: Option<&'a Hierarchy>) -> Self {
        Self {
            connection,
            limiter,
            cache,
            known: BTreeMap::new(),
        }
    }

    /// The ids from the root down to the parent. What is above the parent, the cache may know.
    async fn chain(&mut self, id: &str) -> Result<Vec<String>, OrgError> {
        let mut above = Vec::new();
        let mut here = id.to_owned();
        while !here.starts_with("r-") {
            here = self.parent(&here).await?;
            if let Some(mut known) = self.cache.and_then(|cache| cache.id_path(&here)) {
                above.reverse();
                known.extend(above);
                return Ok(known);
            }
            above.push(here.clone());
            if above.len() > MOST_LEVELS {
                let message = format!("the way from {id} to the root has no end");
                return Err(OrgError::new(ErrorKind::Incomplete, message));
            }
        }
        above.reverse();
        Ok(above)
    }

    async fn parent(&mut self, id: &str) -> Result<String, OrgError> {
        if let Some(parent) = self.known.get(id) {
            return Ok(parent.clone());
        }
        let parent = aws::parent_of(self.connection, self.limiter, id).await?;
        self.known.insert(id.to_owned(), parent.clone());
        Ok(parent)
    }
}

fn unit_below(parent: &str, unit: OrganizationalUnit) -> Observation {
    Observation::OrganizationalUnit {
        unit,
        parent: parent.to_owned(),
    }
}

/// That there is nothing of this id.
pub(super) fn missing(id: &str) -> OrgError {
    let message = format!("{id} is not in the organization");
    OrgError::new(ErrorKind::NotFound, message)
}

fn rank(text: &str, words: &str) -> Option<u8> {
    if text == words {
        Some(0)
    } else if text.starts_with(words) {
        Some(1)
    } else {
        text.contains(words).then_some(2)
    }
}
