//! Where something is, as `ou:` asks for it: worked out once for each OU, not for each account.

use std::collections::HashMap;

use super::{Query, Term, Test};
use crate::org::{Node, NodeIx, NodeKind, Tree, Wanted};

/// What `ou:` names: an OU by its id, its name, or the end of its path. The path of an account is
/// taken for that account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) text: String,
    /// Lower case, with `/` alone between names.
    path: String,
    /// From the root on.
    anchored: bool,
    id: Option<String>,
}

impl Unit {
    pub(super) fn new(text: &str) -> Self {
        let lower = text.trim().to_lowercase().replace(" / ", "/");
        let path = lower.trim_end_matches('/');
        Self {
            text: text.to_owned(),
            anchored: lower.starts_with('/'),
            path: path.to_owned(),
            id: match Wanted::parse(text) {
                Wanted::Place(id) => Some(id),
                Wanted::Account(_) | Wanted::Words(_) => None,
            },
        }
    }

    /// What it names where it is the path of an account: the OU of that, and its name.
    fn above(&self) -> Option<(Self, &str)> {
        let (above, name) = self.path.rsplit_once('/')?;
        let unit = Self {
            text: above.to_owned(),
            path: above.to_owned(),
            ..self.clone()
        };
        (self.id.is_none() && !name.is_empty()).then_some((unit, name))
    }

    /// The accounts of which it is the path, or the beginning of the path where there are none.
    fn accounts(&self, tree: &Tree, containers: &[(NodeIx, String)]) -> Vec<NodeIx> {
        let Some((above, name)) = self.above() else {
            return Vec::new();
        };
        let (mut exact, mut begun) = (Vec::new(), Vec::new());
        for (ix, path) in containers {
            let Some(node) = tree.get(*ix) else { continue };
            if above.fits(node.id(), path) != Fit::Exactly {
                continue;
            }
            for child in node.children() {
                let account = tree.get(*child).filter(|it| it.kind() == NodeKind::Account);
                let label = account.map(|account| account.label().to_lowercase());
                match label {
                    Some(label) if label == name => exact.push(*child),
                    Some(label) if label.starts_with(name) => begun.push(*child),
                    _ => {}
                }
            }
        }
        if exact.is_empty() { begun } else { exact }
    }

    fn fit(&self, tree: &Tree, ix: NodeIx, path: &str) -> Fit {
        self.fits(tree.get(ix).map_or("", |node| node.id()), path)
    }

    /// How well it names the OU of this id and this path, the name of the root included.
    fn fits(&self, id: &str, path: &str) -> Fit {
        if let Some(wanted) = &self.id {
            return if id == wanted { Fit::Exactly } else { Fit::Not };
        }
        let below_root = path.find('/').map_or("", |at| &path[at..]);
        // What is behind the wanted path, where it is found.
        let rest = if self.anchored {
            below_root.strip_prefix(self.path.as_str())
        } else {
            let at_start = path.strip_prefix(self.path.as_str());
            let behind = format!("/{}", self.path);
            let found = path.rmatch_indices(&behind);
            let mut rests = found
                .map(|(at, _)| &path[at + behind.len()..])
                .chain(at_start);
            rests.find(|rest| !rest.contains('/'))
        };
        match rest {
            Some("") => Fit::Exactly,
            // A name that only begins so; in its place a path ends with a whole name.
            Some(rest) if !rest.contains('/') && !self.path.is_empty() => Fit::AtFirst,
            _ => Fit::Not,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Exactly,
    AtFirst,
    Not,
}

impl Query {
    /// The same, unless the text that it was read from is the whole path of something in the tree
    /// that has spaces in a name, as `/Shared Services`.
    #[must_use]
    pub fn or_path(self, text: &str, tree: &Tree) -> Self {
        let has_syntax = |c: char| matches!(c, ':' | '"' | '\\' | '=' | '!' | '@');
        let may_be_path = self.asks_for_places() && self.terms.len() > 1;
        if !may_be_path || text.contains(has_syntax) {
            return self;
        }
        let (unit, containers) = (Unit::new(text), containers(tree));
        let mut fits = containers
            .iter()
            .map(|(ix, path)| unit.fit(tree, *ix, path));
        if fits.any(|fit| fit == Fit::Exactly) || !unit.accounts(tree, &containers).is_empty() {
            let path = Term {
                negated: false,
                test: Test::Unit(unit),
            };
            return Self { terms: vec![path] };
        }
        self
    }

    /// The names of OUs that it asks for, and no OU of the tree has.
    #[must_use]
    pub fn unknown_units<'a>(&'a self, tree: &Tree) -> Vec<&'a str> {
        let units = self.terms.iter().filter_map(|term| match &term.test {
            Test::Unit(unit) => Some(unit),
            _ => None,
        });
        let containers = containers(tree);
        let is_unknown = |unit: &&Unit| {
            let mut places = containers.iter();
            !places.any(|(ix, path)| unit.fit(tree, *ix, path) != Fit::Not)
                && unit.accounts(tree, &containers).is_empty()
        };
        units
            .filter(is_unknown)
            .map(|unit| unit.text.as_str())
            .collect()
    }
}

/// Which of the OUs that a query names contain something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place(u64);

impl Place {
    pub(super) fn holds(self, unit: usize) -> bool {
        u32::try_from(unit).is_ok_and(|unit| self.0.checked_shr(unit).is_some_and(|it| it & 1 == 1))
    }
}

/// The place of everything in a tree, for one query. It holds until the tree changes.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Of what is no account, by [`NodeIx::slot`].
    of: Vec<Place>,
    /// Of accounts whose own paths are asked for, what is not that of their OUs.
    accounts: HashMap<NodeIx, u64>,
}

impl Places {
    /// Finds the OUs that the query names. Where one has exactly a name that is asked for, those
    /// that only begin with it do not count.
    #[must_use]
    pub fn find(query: &Query, tree: &Tree) -> Self {
        let units = query.terms.iter().filter_map(|term| match &term.test {
            Test::Unit(unit) => Some(unit),
            _ => None,
        });
        let units: Vec<&Unit> = units.collect();
        if units.is_empty() {
            return Self::default();
        }
        let containers = containers(tree);
        let (mut own, mut accounts) = (HashMap::<NodeIx, u64>::new(), HashMap::new());
        for (at, unit) in units.iter().enumerate() {
            let fits = containers.iter();
            let fits = fits.map(|(ix, path)| (*ix, unit.fit(tree, *ix, path)));
            let fits: Vec<(NodeIx, Fit)> = fits.collect();
            let exactly = fits.iter().any(|(_, fit)| *fit == Fit::Exactly);
            let wanted = if exactly { Fit::Exactly } else { Fit::AtFirst };
            for (ix, _) in fits.into_iter().filter(|(_, fit)| *fit == wanted) {
                *own.entry(ix).or_default() |= 1 << at;
            }
            if !exactly {
                for ix in unit.accounts(tree, &containers) {
                    *accounts.entry(ix).or_default() |= 1 << at;
                }
            }
        }
        let bits = |ix: NodeIx| own.get(&ix).copied().unwrap_or_default();
        let mut of = vec![Place::default(); tree.slots()];
        for (ix, _) in containers {
            let above = tree.ancestors(ix).map(bits);
            of[ix.slot()] = Place(above.fold(bits(ix), |all, one| all | one));
        }
        Self { of, accounts }
    }

    /// Where the node is; a root or OU is in itself.
    #[must_use]
    pub fn at(&self, tree: &Tree, ix: NodeIx) -> Place {
        if self.of.is_empty() {
            return Place::default();
        }
        let node = tree.get(ix);
        let is_account = |node: &&Node| node.kind() == NodeKind::Account;
        let container = match node.filter(is_account) {
            Some(account) => account.parent(),
            None => Some(ix),
        };
        let place = container.and_then(|ix| self.of.get(ix.slot()));
        let own = self.accounts.get(&ix).copied().unwrap_or_default();
        Place(place.copied().unwrap_or_default().0 | own)
    }
}

/// The root and all OUs with their paths.
fn containers(tree: &Tree) -> Vec<(NodeIx, String)> {
    tree.iter()
        .filter(|(_, node)| node.kind() != NodeKind::Account)
        .map(|(ix, _)| (ix, path(tree, ix)))
        .collect()
}

/// The names from the root down, in lower case.
fn path(tree: &Tree, ix: NodeIx) -> String {
    let names = tree.path(ix).into_iter().filter_map(|ix| tree.get(ix));
    let names: Vec<String> = names.map(|node| node.label().to_lowercase()).collect();
    names.join("/")
}
