//! What is read of single accounts and OUs beside a walk: tags and policies, each with a call or
//! more, at the pace that the service allows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::{StreamExt as _, stream};
use serde::Serialize;

use super::cached::tell;
use super::gather::Meter;
use crate::app::details::count;
use crate::aws::{self, Connection, Limiter};
use crate::org::{ErrorKind, Finding, Looked, NodeIx, NodeKind, OrgError, Question, Tag, Tree};

/// Reads at once; the limiter has the last word.
const AT_ONCE: usize = 8;
/// After so many refusals and not one answer, the others would be refused as well, one call after
/// the other.
const MOST_REFUSALS: usize = 8;

/// What to ask for where the root does not tell which types are enabled.
const USUAL_TYPES: [&str; 4] = [
    "SERVICE_CONTROL_POLICY",
    "RESOURCE_CONTROL_POLICY",
    "TAG_POLICY",
    "BACKUP_POLICY",
];

/// What was read so far.
pub(super) struct Reader<'a> {
    /// `None` with `--offline`.
    connection: Option<&'a Connection>,
    limiter: Limiter,
    found: HashMap<Question, Finding>,
    missing: Vec<OrgError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(connection: Option<&'a Connection>, limiter: &Limiter) -> Self {
        Self {
            connection,
            limiter: limiter.clone(),
            found: HashMap::new(),
            missing: Vec::new(),
        }
    }

    /// The same, which does not ask again what was found before.
    pub(super) fn knowing(mut self, found: &[Looked]) -> Self {
        let found = found.iter();
        self.found
            .extend(found.map(|it| (it.question.clone(), it.finding.clone())));
        self
    }

    /// Takes an answer that was read elsewhere.
    pub(super) fn learn(&mut self, question: Question, finding: Finding) {
        self.found.insert(question, finding);
    }

    /// Reads the tags of these accounts, as far as they are not known; says what that costs.
    pub(super) async fn read_tags(&mut self, accounts: impl Iterator<Item = String>) {
        let questions = accounts.map(Question::Tags).collect();
        self.read("tags", questions).await;
    }

    /// Reads what is attached on the way from the root to these nodes, each place once.
    pub(super) async fn read_policies(&mut self, tree: &Tree, nodes: &[NodeIx]) {
        if tree.policy_types().is_none() {
            let message = format!(
                "the root does not tell which policy types are enabled: only {} were read",
                USUAL_TYPES.join(", ")
            );
            self.missing
                .push(OrgError::new(ErrorKind::Incomplete, message));
        }
        let types = policy_types(tree);
        let places: BTreeSet<NodeIx> = nodes.iter().flat_map(|ix| tree.path(*ix)).collect();
        let nodes = places.into_iter().filter_map(|ix| tree.get(ix));
        let nodes = nodes.filter(|node| node.kind() != NodeKind::Unplaced);
        let nodes: BTreeSet<String> = nodes.map(|node| node.id().to_owned()).collect();
        self.read_attached(nodes, &types, tree.iter().count()).await;
    }

    /// Reads what is attached to these places in as few calls as it takes.
    async fn read_attached(
        &mut self,
        mut nodes: BTreeSet<String>,
        types: &[String],
        organization: usize,
    ) {
        let is_known =
            |node: &str, kind: &str| self.found.contains_key(&Question::attached(node, kind));
        nodes.retain(|node| !types.iter().all(|kind| is_known(node, kind)));
        if nodes.is_empty() {
            return;
        }
        let Some(connection) = self.connection else {
            let all = nodes.len() * types.len();
            return self.not_kept("policies", all);
        };
        let calls = aws::Policies::calls(nodes.len(), types, organization);
        tell(&format!("reading policies: about {}", count(calls, "call")));
        let limiter = &self.limiter;
        let policies = aws::Policies::read(connection, limiter, &nodes, types, organization).await;
        for node in &nodes {
            for policy_type in types {
                match policies.at(node, policy_type) {
                    Some(Ok(found)) => {
                        let finding = Finding::Attached(found.to_vec());
                        self.found
                            .insert(Question::attached(node, policy_type), finding);
                    }
                    Some(Err(error)) if !self.missing.contains(error) => {
                        self.missing.push(error.clone());
                    }
                    _ => {}
                }
            }
        }
    }

    fn not_kept(&mut self, what: &str, all: usize) {
        let message = format!("{all} answers about {what} are not in the cache");
        self.missing
            .push(OrgError::new(ErrorKind::Incomplete, message));
    }

    async fn read(&mut self, what: &str, questions: BTreeSet<Question>) {
        let unknown = |question: &Question| !self.found.contains_key(question);
        let questions: Vec<Question> = questions.into_iter().filter(unknown).collect();
        if questions.is_empty() {
            return;
        }
        let all = questions.len();
        let Some(connection) = self.connection else {
            return self.not_kept(what, all);
        };
        tell(&format!("reading {what}: {} or more", count(all, "call")));
        let limiter = &self.limiter;
        let mut meter = Meter::new();
        let mut answers = stream::iter(questions)
            .map(async |question| {
                let answer = aws::answer(connection, limiter, &question).await;
                (question, answer)
            })
            .buffer_unordered(AT_ONCE);
        let (mut done, mut refused, mut read) = (0, 0, false);
        while let Some((question, answer)) = answers.next().await {
            done += 1;
            meter.write(&format!("{what}: {done}/{all}"));
            match answer {
                Ok(finding) => {
                    read = true;
                    self.found.insert(question, finding);
                }
                Err(error) => {
                    refused += usize::from(error.kind == ErrorKind::AccessDenied);
                    // Each names its own account and request, and says the same.
                    let same = |known: &OrgError| {
                        (known.kind, &known.operation) == (error.kind, &error.operation)
                    };
                    if !self.missing.iter().any(same) {
                        self.missing.push(error);
                    }
                    if refused >= MOST_REFUSALS && !read {
                        break;
                    }
                }
            }
        }
        meter.clear();
    }

    /// The tags of an account or OU, if they were read.
    pub(super) fn tags(&self, id: &str) -> Option<&[Tag]> {
        match self.found.get(&Question::Tags(id.to_owned()))? {
            Finding::Tags(tags) => Some(tags),
            _ => None,
        }
    }

    /// The policies that reach a node, by type, from the root down; `None` where a part of that is
    /// not known.
    pub(super) fn policies<'b>(
        &'b self,
        tree: &'b Tree,
        ix: NodeIx,
    ) -> Option<BTreeMap<String, Vec<Reaching<'b>>>> {
        let mut by_type = BTreeMap::new();
        for policy_type in policy_types(tree) {
            let mut reaching = Vec::new();
            for place in tree.path(ix) {
                let attached_to = tree.get(place)?.id();
                let finding = self
                    .found
                    .get(&Question::attached(attached_to, &policy_type))?;
                let Finding::Attached(policies) = finding else {
                    return None;
                };
                reaching.extend(policies.iter().map(|policy| Reaching {
                    id: &policy.id,
                    name: &policy.name,
                    aws_managed: policy.aws_managed,
                    attached_to,
                    inherited: place != ix,
                }));
            }
            by_type.insert(policy_type, reaching);
        }
        Some(by_type)
    }

    /// Why not everything could be read since this was asked last.
    pub(super) fn missing(&mut self) -> Vec<OrgError> {
        std::mem::take(&mut self.missing)
    }
}

/// The types that are enabled in the root, or those that usually are.
fn policy_types(tree: &Tree) -> Vec<String> {
    let enabled = tree.policy_types().map(<[String]>::to_vec);
    enabled.unwrap_or_else(|| USUAL_TYPES.map(str::to_owned).to_vec())
}

/// A policy, and from where it reaches what the record is about.
#[derive(Debug, Serialize)]
pub(super) struct Reaching<'a> {
    id: &'a str,
    pub(super) name: &'a str,
    aws_managed: bool,
    /// Id of the root, OU or account that it is attached to.
    pub(super) attached_to: &'a str,
    /// Whether that is not the account itself.
    inherited: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::{Observation, Root};

    async fn missing(policy_types: Option<Vec<String>>) -> Vec<OrgError> {
        let mut tree = Tree::new();
        tree.apply(vec![Observation::Root(Root {
            id: "r-1".to_owned(),
            policy_types,
            ..Root::default()
        })]);
        let known = USUAL_TYPES.map(|kind| Looked {
            at: jiff::Timestamp::UNIX_EPOCH,
            question: Question::attached("r-1", kind),
            finding: Finding::Attached(Vec::new()),
        });
        let mut reader = Reader::new(None, &Limiter::published()).knowing(&known);
        let nodes: Vec<NodeIx> = tree.root().into_iter().collect();
        reader.read_policies(&tree, &nodes).await;
        reader.missing()
    }

    #[tokio::test]
    async fn where_the_root_tells_no_policy_types_the_policies_are_incomplete() {
        assert_eq!(missing(Some(vec!["TAG_POLICY".to_owned()])).await, []);
        let missing = missing(None).await;
        assert_eq!(missing[0].kind, ErrorKind::Incomplete);
        assert!(missing[0].message.contains("which policy types"));
    }
}
