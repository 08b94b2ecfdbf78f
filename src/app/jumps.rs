//! Where the cursor of the tree was before it jumped: back and forward, as in a browser.

use super::App;
use crate::org::{Node, NodeIx, Tree};

/// More than anybody goes back.
const MOST: usize = 100;

/// The places on either side of the cursor, the nearest last. Some of them may have gone.
#[derive(Debug, Default)]
pub(super) struct Jumps {
    back: Vec<NodeIx>,
    forward: Vec<NodeIx>,
}

impl Jumps {
    fn leave(&mut self, here: NodeIx) {
        self.forward.clear();
        push(&mut self.back, here);
    }
}

fn push(side: &mut Vec<NodeIx>, here: NodeIx) {
    if side.last() == Some(&here) {
        return;
    }
    if side.len() == MOST {
        side.remove(0);
    }
    side.push(here);
}

/// Does what may move the cursor, and remembers where it was if it has.
pub(super) fn jump<T>(app: &mut App, act: impl FnOnce(&mut App) -> T) -> T {
    let before = app.outline.cursor();
    let done = act(app);
    left(app, before);
    done
}

/// The cursor was here before, and has jumped if it is elsewhere now.
pub(super) fn left(app: &mut App, before: Option<NodeIx>) {
    if let Some(before) = before
        && app.outline.cursor() != Some(before)
    {
        app.jumps.leave(before);
    }
}

/// Goes back (or forward) by one jump, past what has gone.
pub(super) fn step(app: &mut App, forward: bool) {
    let here = app.outline.cursor();
    let App { jumps, tree, .. } = app;
    let (from, to) = if forward {
        (&mut jumps.forward, &mut jumps.back)
    } else {
        (&mut jumps.back, &mut jumps.forward)
    };
    let next =
        std::iter::from_fn(|| from.pop()).find(|ix| tree.get(*ix).is_some() && Some(*ix) != here);
    let Some(next) = next else {
        app.say(if forward {
            "There is no later jump"
        } else {
            "There is no earlier jump"
        });
        return;
    };
    if let Some(here) = here {
        push(to, here);
    }
    go(app, next);
}

/// Goes to a node, whatever hides it: a filter stays where the node can be seen through it.
pub(super) fn go(app: &mut App, ix: NodeIx) {
    // A range reaches as far as the cursor was led, not over all that a jump passes.
    app.marks.end_range();
    let App { outline, tree, .. } = app;
    outline.refresh(tree);
    if outline.active_filter().is_some() && outline.move_to_node(ix) {
        return;
    }
    outline.clear_filter(tree);
    if is_closed(tree, ix) {
        outline.hide_closed = false;
    }
    outline.reveal(tree, ix);
}

fn is_closed(tree: &Tree, ix: NodeIx) -> bool {
    tree.get(ix).is_some_and(Node::is_closed_account)
}
