//! What is attached to many nodes, read in the way that takes fewer calls: for what prints policies
//! by level of whole organizations.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_organizations::types;
use futures::StreamExt as _;

use super::error::from_sdk;
use super::limiter::{Limiter, Row};
use super::listing::Listing;
use super::{Connection, call, look};
use crate::org::{ErrorKind, OrgError, Policy, is_authorization};

/// Up to this many nodes are asked one by one, whatever the type.
const FEW: usize = 20;

/// Targets on a page.
const PAGE: usize = 20;

/// How many questions are asked at once; the limiter decides on the pace.
const AT_ONCE: usize = 4;

/// What is attached directly to nodes, by node and type.
#[derive(Debug, Default)]
pub struct Policies {
    by_node: HashMap<(String, String), Result<Vec<Policy>, OrgError>>,
    /// Types of which everything that is attached anywhere is known.
    complete: BTreeSet<String>,
}

impl Policies {
    /// Reads what is attached to these roots, OUs and accounts, of these types: each of them is
    /// asked for its policies, or, where that takes fewer calls, each policy for its targets. The
    /// organization has about so many nodes. What cannot be read says why, node by node.
    pub async fn read(
        connection: &Connection,
        limiter: &Limiter,
        nodes: &BTreeSet<String>,
        types: &[String],
        organization: usize,
    ) -> Self {
        let mut found = Self::default();
        for policy_type in types {
            let by_policy = if nodes.len() > by_policy(policy_type, organization) {
                let most = nodes.len().saturating_sub(pages(policy_type, organization));
                of_type(connection, limiter, policy_type, most).await
            } else {
                Ok(None)
            };
            match by_policy {
                Ok(Some(attached)) => {
                    found.complete.insert(policy_type.clone());
                    found.take(policy_type, attached);
                    continue;
                }
                Ok(None) => {}
                // Another permission may be there.
                Err(error) if error.kind == ErrorKind::AccessDenied => {}
                Err(error) => {
                    found.fail(policy_type, nodes, &error);
                    continue;
                }
            }
            found
                .read_nodes(connection, limiter, nodes, policy_type)
                .await;
        }
        found
    }

    /// About how many calls that takes.
    #[must_use]
    pub fn calls(nodes: usize, types: &[String], organization: usize) -> usize {
        let types = types.iter();
        let each = types.map(|policy_type| nodes.min(by_policy(policy_type, organization)));
        each.sum()
    }

    async fn read_nodes(
        &mut self,
        connection: &Connection,
        limiter: &Limiter,
        nodes: &BTreeSet<String>,
        policy_type: &str,
    ) {
        let read = |node: String| async move {
            let attached = look::attached(connection, limiter, &node, policy_type).await;
            ((node, policy_type.to_owned()), attached)
        };
        let answers = futures::stream::iter(nodes.iter().cloned()).map(read);
        let mut answers = answers.buffer_unordered(AT_ONCE);
        let (mut denied, mut read) = (0, false);
        while let Some((key, attached)) = answers.next().await {
            if let Err(error) = &attached
                && error.kind == ErrorKind::AccessDenied
            {
                denied += 1;
                if denied == AT_ONCE && !read {
                    // The others would be denied as well, one call after the other.
                    self.fail(policy_type, nodes, error);
                    return;
                }
            }
            read |= attached.is_ok();
            self.by_node.insert(key, attached);
        }
    }

    fn take(&mut self, policy_type: &str, attached: HashMap<String, Vec<Policy>>) {
        let attached = attached.into_iter();
        let keyed = attached.map(|(node, policies)| ((node, policy_type.to_owned()), Ok(policies)));
        self.by_node.extend(keyed);
    }

    fn fail(&mut self, policy_type: &str, nodes: &BTreeSet<String>, error: &OrgError) {
        let failed = nodes.iter();
        let failed =
            failed.map(|node| ((node.clone(), policy_type.to_owned()), Err(error.clone())));
        self.by_node.extend(failed);
    }

    /// What is attached directly to a node, of a type; `None` for what was not asked for.
    /// This is what [`levels`](crate::org::levels) asks for.
    #[must_use]
    pub fn at(&self, node: &str, policy_type: &str) -> Option<Result<&[Policy], &OrgError>> {
        let key = (node.to_owned(), policy_type.to_owned());
        match self.by_node.get(&key) {
            Some(Ok(policies)) => Some(Ok(policies)),
            Some(Err(error)) => Some(Err(error)),
            None => self.complete.contains(policy_type).then_some(Ok(&[])),
        }
    }
}

/// About how many calls it takes to ask the policies of a type for their targets, before it is
/// known how many there are.
fn by_policy(policy_type: &str, organization: usize) -> usize {
    FEW + pages(policy_type, organization)
}

/// About how many pages of targets there are beside one for each policy. AWS attaches a policy that
/// allows everything to every node; of other types, few policies are at few nodes.
fn pages(policy_type: &str, organization: usize) -> usize {
    if is_authorization(policy_type) {
        organization / PAGE
    } else {
        0
    }
}

/// Everything that is attached anywhere, of a type, by node; `None` where there are more policies
/// than `most`.
async fn of_type(
    connection: &Connection,
    limiter: &Limiter,
    policy_type: &str,
    most: usize,
) -> Result<Option<HashMap<String, Vec<Policy>>>, OrgError> {
    let policies = list(connection, limiter, policy_type).await?;
    if policies.len() > most {
        return Ok(None);
    }
    let read = |policy: Policy| async move {
        let targets = match look::targets(connection, limiter, &policy.id, None).await {
            // It was deleted since it was listed, and with that it was detached.
            Err(error) if error.kind == ErrorKind::NotFound => Vec::new(),
            targets => targets?,
        };
        Ok((policy, targets))
    };
    let answers = futures::stream::iter(policies).map(read);
    let mut answers = answers.buffered(AT_ONCE);
    let mut attached: HashMap<String, Vec<Policy>> = HashMap::new();
    while let Some(answer) = answers.next().await {
        let (policy, targets) = answer?;
        for target in targets {
            attached.entry(target.id).or_default().push(policy.clone());
        }
    }
    Ok(Some(attached))
}

/// All policies of a type.
async fn list(
    connection: &Connection,
    limiter: &Limiter,
    policy_type: &str,
) -> Result<Vec<Policy>, OrgError> {
    const OPERATION: &str = "ListPolicies";
    let client = connection.single_attempts();
    let listing = Listing::new(limiter, Row::Policies, OPERATION, None);
    let policies = listing.all(|token| {
        let call = client.list_policies();
        let call = call.filter(types::PolicyType::from(policy_type));
        let call = call.max_results(call::PAGE).set_next_token(token).send();
        async {
            let out = call.await.map_err(|error| from_sdk(OPERATION, &error))?;
            let convert = |summary| look::policy(summary, policy_type);
            Ok(call::page(out.policies, out.next_token, convert))
        }
    });
    match policies.await {
        Err(error) if look::is_without_such_policies(&error) => Ok(Vec::new()),
        answer => answer,
    }
}
