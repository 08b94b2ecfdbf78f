//! `orgscope tree`: the whole organization as an indented tree.

use std::io::{self, BufWriter, Write};

use super::Failure;
use super::gather::{self, Gathered};
use crate::cli::GlobalOptions;
use crate::org::{AccountState, Node, NodeIx, visible};

/// What stands before a node, by whether it is the last of its siblings, and before what is below.
struct Branches {
    inner: [&'static str; 2],
    last: [&'static str; 2],
}

const UNICODE: Branches = Branches {
    inner: ["├── ", "│   "],
    last: ["└── ", "    "],
};
const ASCII: Branches = Branches {
    inner: ["|-- ", "|   "],
    last: ["`-- ", "    "],
};

/// Reads the organization and prints it.
pub(super) async fn run(options: &GlobalOptions) -> Result<(), Failure> {
    let gathered = gather::whole(options).await?;
    let branches = if options.ascii { &ASCII } else { &UNICODE };
    let mut out = BufWriter::new(io::stdout().lock());
    for top in gathered.tops() {
        if let Some(node) = gathered.tree.get(top) {
            writeln!(out, "{}", line(node))?;
            write_below(&mut out, &gathered, top, branches, "")?;
        }
    }
    out.flush()?;
    gathered.verdict()
}

fn write_below(
    out: &mut impl Write,
    gathered: &Gathered,
    parent: NodeIx,
    branches: &Branches,
    indent: &str,
) -> io::Result<()> {
    let children = gathered.tree.get(parent).map_or(&[][..], Node::children);
    for (position, ix) in children.iter().enumerate() {
        let [own, below] = if position + 1 == children.len() {
            branches.last
        } else {
            branches.inner
        };
        if let Some(node) = gathered.tree.get(*ix) {
            writeln!(out, "{indent}{own}{}", line(node))?;
            write_below(out, gathered, *ix, branches, &format!("{indent}{below}"))?;
        }
    }
    Ok(())
}

/// Name, id, and for accounts state and email; the state in the service's word.
fn line(node: &Node) -> String {
    let id = Some(node.id()).filter(|id| !id.is_empty());
    let mut line = visible(node.label()).into_owned();
    if let Some(account) = node.account() {
        let state = account.state.as_ref().map(AccountState::as_str);
        for fact in [id, state, account.email.as_deref()].into_iter().flatten() {
            line = format!("{line}  {}", visible(fact));
        }
        line
    } else {
        id.map_or(line.clone(), |id| format!("{line}  ({})", visible(id)))
    }
}
