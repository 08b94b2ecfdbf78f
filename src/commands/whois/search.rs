//! Finds accounts and OUs by a part of their names, and accounts by a filter.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};

use super::cards::management_in;
use super::find::{AT_ONCE, Finder, Read, Way, is_place};
use super::names::{self, Coming};
use crate::aws;
use crate::commands::gather::{self, Meter};
use crate::commands::now;
use crate::org::{
    Account, ErrorKind, Facts, Node, NodeIx, Observation, OrgError, Places, Query, Tags, Texts,
    Verdict, digits_in,
};

/// To learn the names of more OUs, lists of OUs take fewer calls than one for each.
const MOST_DESCRIBED: usize = 30;

impl<'a> Finder<'a> {
    /// What has this in its name or email address; exact ones first, then those that begin with
    /// it. `words` are in lower case.
    pub(super) async fn search(&mut self, words: &str) -> Result<Vec<NodeIx>, OrgError> {
        self.list().await?;
        let mut found = self.named_so(words);
        // Only whoever knows all OUs can say that none is called so; the cache knows those of its
        // time.
        if found.is_empty() && !self.knows_units() {
            self.walk().await?;
            found = self.named_so(words);
        }
        self.located_by_kind(&found).await
    }

    /// Whether all OUs are known, as they were when the cache was written at least.
    pub(super) const fn knows_units(&self) -> bool {
        matches!(self.read, Read::All) || self.named_by.is_some()
    }

    /// These accounts, OUs and root of the tree with where they are, in this order.
    async fn located_by_kind(&mut self, found: &[String]) -> Result<Vec<NodeIx>, OrgError> {
        let (accounts, units): (Vec<String>, Vec<String>) =
            found.iter().cloned().partition(|id| !is_place(id));
        self.located_all(&accounts).await?;
        let mut gone = BTreeSet::new();
        for id in units {
            match self.unit(&id).await {
                Ok(_) => {}
                // The cache knew it.
                Err(error) if error.kind == ErrorKind::NotFound => {
                    gone.insert(id);
                }
                Err(error) => return Err(error),
            }
        }
        let there = found.iter().filter(|id| !gone.contains(*id));
        self.nodes(there)
    }

    /// What the tree has of these ids, which it must have.
    fn nodes<'b>(
        &self,
        ids: impl IntoIterator<Item = &'b String>,
    ) -> Result<Vec<NodeIx>, OrgError> {
        let ids = ids.into_iter();
        ids.map(|id| self.tree.find(id).ok_or_else(|| self.missing(id)))
            .collect()
    }

    /// The ids of what has this in its name or email address, or whose id begins with these digits.
    fn named_so(&self, words: &str) -> Vec<String> {
        let digits = digits_in(words);
        let named = |node: &Node| {
            let Texts {
                id, name, email, ..
            } = Texts::of(node);
            let texts = [name, email].into_iter().flatten();
            let ranks = texts.filter_map(|text| rank(&text.to_lowercase(), words));
            let by_id = digits.as_ref().is_some_and(|digits| id.starts_with(digits));
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
        let (mut found, depend_on_tags) = self.judge(query);
        if !depend_on_tags.is_empty() {
            self.tags.reader.read_tags(depend_on_tags.into_iter()).await;
            found = self.judge(query).0;
        }
        found.sort();
        let missing = self.tags.reader.missing();
        let ids: Vec<String> = found.into_iter().map(|(_, id)| id).collect();
        Ok((self.located_all(&ids).await?, missing))
    }

    /// Names and ids of the accounts that a query means, and the ids of those of which only tags
    /// could tell.
    fn judge(&self, query: &Query) -> (Vec<(String, String)>, Vec<String>) {
        let places = Places::find(query, &self.tree);
        let (mut found, mut depend_on_tags) = (Vec::new(), Vec::new());
        for (ix, node) in self.tree.iter() {
            let Some(account) = node.account() else {
                continue;
            };
            let verdict = query.holds(&Facts {
                node,
                texts: Texts::of(node),
                place: places.at(&self.tree, ix),
                management: account.arn.as_deref().and_then(management_in),
                tags: self.tags.reader.tags(&account.id).map(Tags::Listed),
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
        if self.read < Read::All {
            let (tree, missing) = gather::refresh(self.connection, &self.limiter, None).await?;
            if let Some(error) = missing.into_iter().next() {
                return Err(error);
            }
            self.tree = tree;
            (self.rooted, self.read) = (true, Read::All);
            // Everything is known as it is now.
            (self.cache, self.named_by) = (None, None);
        }
        Ok(())
    }

    /// Reads all accounts, once.
    async fn list(&mut self) -> Result<(), OrgError> {
        if self.read >= Read::Accounts {
            return Ok(());
        }
        let mut meter = Meter::new();
        meter.write("reading all accounts");
        let all = aws::all_accounts(self.connection, &self.limiter).await;
        meter.clear();
        let all = all?;
        let arns = all.iter().map(|(account, _)| account.arn.as_deref());
        self.judge_cache(arns.collect());
        self.tree.apply(
            all.into_iter()
                .map(|(account, ancestors)| Observation::Account {
                    account: account.into(),
                    ancestors,
                }),
        );
        self.read = Read::Accounts;
        Ok(())
    }

    /// These accounts of the list with where they are, by names.
    async fn located_all(&mut self, ids: &[String]) -> Result<Vec<NodeIx>, OrgError> {
        if !self.offline {
            let root = self.place_lost(ids).await?;
            let nodes = ids.iter().filter_map(|id| self.tree.find(id));
            let above: Vec<String> = nodes.flat_map(|ix| self.above(ix)).collect();
            if self.unnamed(&above).len() <= MOST_DESCRIBED || self.walk().await.is_err() {
                self.name(&above, root).await;
            }
        }
        self.nodes(ids)
    }

    /// Finds out where those of these accounts are of which the list does not tell that, and begins
    /// to read the root meanwhile.
    async fn place_lost(&mut self, ids: &[String]) -> Result<Option<Coming<'a>>, OrgError> {
        let lost = ids.iter().filter_map(|id| {
            let ix = self.tree.find(id)?;
            let account = self.tree.get(ix)?.account()?;
            self.above(ix).is_empty().then_some(account)
        });
        let cache = self.named_by.as_ref();
        let ways = stream::iter(lost)
            .map(async |account| {
                let way = self.parents.chain(&account.id, cache).await;
                (account.clone(), way)
            })
            .buffered(AT_ONCE)
            .collect::<Vec<(Account, Way)>>();
        let (ways, root) = names::meanwhile(ways, self.begin_root()).await;
        for (account, way) in ways {
            self.place(account, way)?;
        }
        Ok(root)
    }
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
