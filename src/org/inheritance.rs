//! Which policies reach an account, by level, and which accounts a policy reaches.
//!
//! What is attached to the root, to an OU or to an account applies to every account below it and to
//! the account itself. Service control policies and resource control policies allow only what every
//! level allows: without an `Allow` at one of them, nothing can be done below. Sources:
//! Organizations User Guide, "SCP evaluation" (`orgs_manage_policies_scps_evaluation`) and "RCP
//! evaluation" (`orgs_manage_policies_rcps_evaluation`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::policy::{is_about_everything, is_about_nothing, statements};
use super::{NodeIx, NodeKind, OrgError, Policy, Target, Tree};

/// Types of policies that say what may be done, in which every level must have an `Allow`.
const AUTHORIZATION: [&str; 2] = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"];

/// The policies of AWS that allow everything, known without reading what they say. AWS attaches the
/// second one everywhere, and it cannot be detached.
const FULL_ACCESS: [&str; 2] = ["p-FullAWSAccess", "p-RCPFullAWSAccess"];

/// Whether policies of this type say what may be done: then every level must have an `Allow`, and
/// there is no effective policy to ask for.
#[must_use]
pub fn is_authorization(policy_type: &str) -> bool {
    AUTHORIZATION.contains(&policy_type)
}

/// Whether policies of this type have any effect in an account, given whether it is the management
/// account: [`IN_MANAGEMENT_ACCOUNT`](super::IN_MANAGEMENT_ACCOUNT).
#[must_use]
pub fn has_effect(policy_type: &str, in_management_account: bool) -> bool {
    !(in_management_account && is_authorization(policy_type))
}

/// How much the `Allow` statements of a policy, or of all policies of a level, leave possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Allows {
    /// There is no `Allow`.
    Nothing,
    /// What is listed, or what holds under conditions.
    Something,
    /// Every action on every resource, without any condition.
    Everything,
}

/// How much a service control policy or a resource control policy allows, whatever it denies.
/// `None` of what is not JSON or not a policy.
#[must_use]
pub fn allows(content: &str) -> Option<Allows> {
    let document: Value = serde_json::from_str(content).ok()?;
    document.get("Statement")?;
    let allowing = statements(&document, "Allow").filter(|it| !is_about_nothing(it));
    let most = allowing.map(|statement| {
        // Of service control policies, a statement has no principal.
        let for_all = matches!(statement.get("Principal"), None | Some(Value::Null))
            || statement["Principal"] == "*";
        if for_all && is_about_everything(statement) {
            Allows::Everything
        } else {
            Allows::Something
        }
    });
    Some(most.max().unwrap_or(Allows::Nothing))
}

/// The same of a policy whose content need not be read, because AWS made it.
#[must_use]
pub fn allows_by_itself(policy: &Policy) -> Option<Allows> {
    let is_known = policy.aws_managed && FULL_ACCESS.contains(&policy.id.as_str());
    is_known.then_some(Allows::Everything)
}

/// What is attached to one node on the way from the root to an account, of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level<'a> {
    /// Id of the root, the OU or the account itself.
    pub node: &'a str,
    /// What is attached there directly, or why that could not be read; `None` while it is not known.
    pub policies: Option<Result<&'a [Policy], &'a OrgError>>,
    /// How much the level allows, where the type is one that allows; `None` while that cannot be
    /// told, because an attachment or a document was not read.
    pub allows: Option<Allows>,
    /// Whether there is an `Allow` in it: known as soon as one is found, or none can be.
    pub has_allow: Option<bool>,
}

impl Level<'_> {
    /// Whether nothing can be done below because no policy here has an `Allow`. That cannot be said
    /// while a policy of the level is unread.
    #[must_use]
    pub fn lacks_allow(&self) -> bool {
        self.has_allow == Some(false)
    }
}

/// The levels of a chain of ids, from the root down to an OU or an account, for one type.
///
/// `attached` tells what is attached directly to a node, of a type; `allows` how much the policy of
/// an id allows, where its document was read. What AWS made need not be read.
#[must_use]
pub fn levels<'a>(
    chain: &'a [String],
    policy_type: &str,
    attached: impl Fn(&str, &str) -> Option<Result<&'a [Policy], &'a OrgError>>,
    allows: impl Fn(&str) -> Option<Allows>,
) -> Vec<Level<'a>> {
    let level = |node: &'a String| {
        let policies = attached(node, policy_type);
        let (most, has_allow) = match policies {
            Some(Ok(policies)) if is_authorization(policy_type) => {
                let each = policies.iter();
                let each = each.map(|it| allows_by_itself(it).or_else(|| allows(&it.id)));
                most_of(each)
            }
            _ => (None, None),
        };
        Level {
            node,
            policies,
            allows: most,
            has_allow,
        }
    };
    chain.iter().map(level).collect()
}

/// How much several policies allow together, and whether any allows anything.
fn most_of(policies: impl Iterator<Item = Option<Allows>>) -> (Option<Allows>, Option<bool>) {
    let (mut most, mut unread) = (Allows::Nothing, false);
    for policy in policies {
        match policy {
            Some(allows) => most = most.max(allows),
            None => unread = true,
        }
    }
    match most {
        Allows::Everything => (Some(most), Some(true)),
        Allows::Something => (Some(most).filter(|_| !unread), Some(true)),
        Allows::Nothing if unread => (None, None),
        Allows::Nothing => (Some(most), Some(false)),
    }
}

/// What a policy reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// For each target, in the order given, how many accounts it stands for: those below it, or the
    /// account itself; `None` where the tree does not know it.
    pub accounts_of: Vec<Option<usize>>,
    /// Every account that it applies to, once, however many of the targets contain it.
    pub accounts: BTreeSet<NodeIx>,
    /// The management account, where it is below a target and policies of the type have no effect
    /// in it. It is not among the accounts.
    pub without_effect: Option<NodeIx>,
    /// Whether there may be more, because a target or a part of what is below one is not loaded, or
    /// could not be.
    pub incomplete: bool,
}

/// Every account that a policy of this type applies to, given its targets.
#[must_use]
pub fn reach(
    tree: &Tree,
    policy_type: &str,
    targets: &[Target],
    management: Option<&str>,
) -> Reach {
    let mut reach = Reach::default();
    for target in targets {
        let Some(start) = tree.find(&target.id) else {
            reach.accounts_of.push(None);
            reach.incomplete = true;
            continue;
        };
        let mut count = 0;
        for ix in tree.depth_first(start) {
            let Some(node) = tree.get(ix) else { continue };
            if node.kind() != NodeKind::Account {
                reach.incomplete |= !node.is_loaded() || node.error().is_some();
            } else if has_effect(policy_type, management == Some(node.id())) {
                count += 1;
                reach.accounts.insert(ix);
            } else {
                reach.without_effect = Some(ix);
            }
        }
        reach.accounts_of.push(Some(count));
    }
    reach
}

#[cfg(test)]
#[path = "inheritance_tests.rs"]
mod tests;
