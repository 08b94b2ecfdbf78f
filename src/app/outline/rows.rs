//! Which rows a tree has.

use std::slice::Iter;

use super::Row;
use crate::org::{NodeIx, NodeKind, Tree};

/// The rows of a tree of which some nodes are open and some children are kept.
pub(super) fn open(
    tree: &Tree,
    is_open: impl Fn(NodeIx) -> bool,
    keep: impl Fn(Option<NodeIx>, NodeIx) -> bool,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let top: Vec<NodeIx> = tree.top_level().collect();
    // What is still to be shown of each open node, the innermost last.
    let mut levels = vec![(None, top.iter())];
    while let Some((parent, children)) = levels.last_mut() {
        let parent = *parent;
        let Some(&node) = children.find(|child| keep(parent, **child)) else {
            levels.pop();
            continue;
        };
        let depth = u16::try_from(levels.len() - 1).unwrap_or(u16::MAX);
        let open = is_open(node);
        rows.push(Row { node, depth, open });
        if let (true, Some(opened)) = (open, tree.get(node)) {
            levels.push((Some(node), opened.children().iter()));
        }
    }
    rows
}

/// A root or OU whose children are being looked at.
struct Level<'a> {
    node: NodeIx,
    /// The number of its own row.
    row: usize,
    rest: Iter<'a, NodeIx>,
    revealed: bool,
    /// Whether something below it is visible.
    leads: bool,
}

/// The rows of what is visible, of what leads there, and of all children of what is revealed, of
/// those that are to be kept.
pub(super) fn leading(
    tree: &Tree,
    visible: impl Fn(NodeIx) -> bool,
    revealed: impl Fn(NodeIx) -> bool,
    keep: impl Fn(NodeIx) -> bool,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let top: Vec<NodeIx> = tree.top_level().collect();
    let mut top = top.iter();
    let mut levels: Vec<Level<'_>> = Vec::new();
    loop {
        let children = levels.last_mut().map_or(&mut top, |level| &mut level.rest);
        let next = children.next().and_then(|ix| Some((*ix, tree.get(*ix)?)));
        let depth = u16::try_from(levels.len()).unwrap_or(u16::MAX);
        match (next, levels.last_mut()) {
            (Some((node, known)), Some(level)) if known.kind() == NodeKind::Account => {
                // Accounts come last. There are far more of them than of anything else, so they
                // are not looked at one by one.
                for node in std::iter::once(node).chain(level.rest.by_ref().copied()) {
                    let is_visible = visible(node);
                    level.leads |= is_visible;
                    if is_visible || (level.revealed && keep(node)) {
                        let open = false;
                        rows.push(Row { node, depth, open });
                    }
                }
            }
            (Some((node, known)), _) => {
                levels.push(Level {
                    node,
                    row: rows.len(),
                    rest: known.children().iter(),
                    revealed: revealed(node),
                    leads: false,
                });
                let open = false;
                rows.push(Row { node, depth, open });
            }
            (None, Some(_)) => close(&mut levels, &mut rows, &visible, &keep),
            (None, None) => return rows,
        }
    }
}

/// All children of the innermost level were looked at: its row is opened, or taken away again.
fn close(
    levels: &mut Vec<Level<'_>>,
    rows: &mut Vec<Row>,
    visible: impl Fn(NodeIx) -> bool,
    keep: impl Fn(NodeIx) -> bool,
) {
    let Some(level) = levels.pop() else { return };
    let leads = level.leads || visible(level.node);
    let mut above = levels.last_mut();
    let is_revealed = above.as_ref().is_some_and(|above| above.revealed) && keep(level.node);
    if !leads && !is_revealed {
        rows.truncate(level.row);
        return;
    }
    rows[level.row].open = level.leads || level.revealed;
    if let Some(above) = &mut above {
        above.leads |= leads;
    }
}
