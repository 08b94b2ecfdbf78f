//! Ids, names and addresses of all nodes in one piece of memory. Where each lies is of more weight for a
//! search than how it is compared: texts of their own are all over the memory.

use crate::org::{Node, NodeIx, Texts, Tree};

/// Texts that have been replaced are kept until there are more of them than of others, and than this.
pub(super) const MOST_LEFT_OVER: usize = 64 * 1024;

/// The ids, names and addresses of a tree.
#[derive(Debug, Default)]
pub(super) struct TextIndex {
    /// Those of a node one behind the other.
    all: String,
    /// By [`NodeIx::slot`].
    of: Vec<Place>,
    made_for: Option<u64>,
    /// How long all was when it was made.
    made_with: usize,
}

/// Where the texts of a node are.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u32,
    id: Length,
    name: Length,
    email: Length,
}

/// How long a text is, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Length(u32);

impl Length {
    const NONE: Self = Self(u32::MAX);

    fn of(text: Option<&str>) -> Self {
        text.map_or(Self::NONE, |text| Self(number(text.len())))
    }

    /// The text of this length that begins there, and where it ends.
    fn cut(self, all: &str, start: usize) -> (Option<&str>, usize) {
        if self == Self::NONE {
            return (None, start);
        }
        let end = start + self.0 as usize;
        (all.get(start..end), end)
    }
}

/// No organization has so much text.
pub(super) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX - 1)
}

impl TextIndex {
    /// Takes over what has changed in the tree.
    pub(super) fn refresh(&mut self, tree: &Tree) {
        let mut since = self.made_for.replace(tree.revision());
        if since == self.made_for {
            return;
        }
        if self.all.len() > 2 * self.made_with + MOST_LEFT_OVER {
            since = None;
        }
        if since.is_none() {
            self.all.clear();
            self.of.clear();
        }
        let nothing = Place {
            start: 0,
            id: Length::NONE,
            name: Length::NONE,
            email: Length::NONE,
        };
        self.of.resize(tree.slots(), nothing);
        let changed = |node: &Node| since.is_none_or(|since| node.changed_at() > since);
        for (ix, node) in tree.iter().filter(|(_, node)| changed(node)) {
            let Texts {
                id, name, email, ..
            } = Texts::of(node);
            self.of[ix.slot()] = Place {
                start: number(self.all.len()),
                id: Length::of(Some(id)),
                name: Length::of(name),
                email: Length::of(email),
            };
            self.all.push_str(id);
            self.all.extend(name.into_iter().chain(email));
        }
        if since.is_none() {
            self.all.shrink_to_fit();
            self.made_with = self.all.len();
        }
    }

    /// The texts of a node, as they were at the last refresh.
    pub(super) fn of(&self, ix: NodeIx) -> Option<Texts<'_>> {
        let place = self.of.get(ix.slot())?;
        let (id, end) = place.id.cut(&self.all, place.start as usize);
        let (name, end) = place.name.cut(&self.all, end);
        let (email, _) = place.email.cut(&self.all, end);
        let id = id?;
        Some(Texts {
            id,
            name,
            email,
            tags: None,
        })
    }
}
