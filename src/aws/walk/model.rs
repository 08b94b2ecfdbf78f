//! A naive service for the planner's tests: a tree in two maps, and what it refuses.

use std::collections::{BTreeMap, BTreeSet};

use super::job::{Answer, Ask, FoundAccount, FoundUnit, Job, Operation, Page, Parent};
use crate::org::{Account, ErrorKind, OrgError, OrganizationalUnit, Root, Tree};

pub(super) const ROOT: &str = "r-1";

/// What the service holds: the parent of every unit and every account.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) units: BTreeMap<String, String>,
    pub(super) accounts: BTreeMap<String, String>,
    /// How many in three accounts come with `Paths`.
    pub(super) paths: usize,
    pub(super) page: usize,
    /// Whether every listing begins with a page that is empty and leads on.
    pub(super) empty_pages: bool,
    /// Denied operations, everywhere or for one node.
    pub(super) denied: BTreeSet<(Operation, Option<String>)>,
}

impl<T> Page<T> {
    fn map<U>(self, convert: impl Fn(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next_token: self.next_token,
        }
    }
}

impl Model {
    pub(super) fn chain(&self, id: &str) -> Vec<String> {
        let above = |id: &String| self.units.get(id).or(self.accounts.get(id)).cloned();
        let mut chain: Vec<_> = std::iter::successors(above(&id.to_owned()), above).collect();
        chain.reverse();
        chain
    }

    fn found_account(&self, id: &str) -> FoundAccount {
        FoundAccount {
            account: Account {
                id: id.to_owned(),
                name: Some(format!("account {id}")),
                ..Account::default()
            },
            ancestors: self.path(id),
        }
    }

    fn path(&self, id: &str) -> Vec<String> {
        let number = id.bytes().last().map_or(0, usize::from);
        if number % 3 < self.paths {
            self.chain(id)
        } else {
            Vec::new()
        }
    }

    fn found_unit(&self, id: &str) -> FoundUnit {
        FoundUnit {
            unit: OrganizationalUnit {
                id: id.to_owned(),
                arn: None,
                name: Some(format!("unit {id}")),
            },
            ancestors: self.path(id),
        }
    }

    fn paged<T>(&self, job: &Job, all: Vec<T>) -> Page<T> {
        if self.empty_pages && job.token.is_none() {
            return Page {
                items: Vec::new(),
                next_token: Some("0".to_owned()),
            };
        }
        let from: usize = job.token.as_ref().map_or(0, |token| token.parse().unwrap());
        let next = from + self.page;
        Page {
            next_token: (next < all.len()).then(|| next.to_string()),
            items: all.into_iter().skip(from).take(self.page).collect(),
        }
    }

    fn below<'a>(map: &'a BTreeMap<String, String>, parent: &'a str) -> Vec<&'a str> {
        let children = map.iter().filter(|(_, above)| *above == parent);
        children.map(|(id, _)| id.as_str()).collect()
    }

    pub(super) fn answer(&self, job: &Job) -> Result<Answer, OrgError> {
        let operation = job.ask.operation();
        let about = job.ask.node().map(str::to_owned);
        if self.denied.contains(&(operation, None))
            || self.denied.contains(&(operation, about.clone()))
        {
            let error = OrgError::new(ErrorKind::AccessDenied, "no");
            return Err(error.during(operation.name()));
        }
        let known = about.as_ref().is_none_or(|id| {
            id == ROOT || self.units.contains_key(id) || self.accounts.contains_key(id)
        });
        if !known {
            let error = OrgError::new(ErrorKind::NotFound, "gone");
            return Err(error.during(operation.name()));
        }
        Ok(self.tell(job))
    }

    fn tell(&self, job: &Job) -> Answer {
        match &job.ask {
            Ask::Roots => Answer::Roots(self.paged(
                job,
                vec![Root {
                    id: ROOT.to_owned(),
                    ..Root::default()
                }],
            )),
            Ask::Accounts => {
                let all = self.accounts.keys().map(String::as_str).collect();
                Answer::Accounts(self.paged(job, all).map(|id| self.found_account(id)))
            }
            Ask::AccountsIn(id) => {
                let page = self.paged(job, Self::below(&self.accounts, id));
                Answer::Accounts(page.map(|id| self.found_account(id)))
            }
            Ask::Units(id) => {
                let page = self.paged(job, Self::below(&self.units, id));
                Answer::Units(page.map(|id| self.found_unit(id)))
            }
            Ask::ChildUnits(id) => {
                let page = self.paged(job, Self::below(&self.units, id));
                Answer::Children(page.map(str::to_owned))
            }
            Ask::ChildAccounts(id) => {
                let page = self.paged(job, Self::below(&self.accounts, id));
                Answer::Children(page.map(str::to_owned))
            }
            Ask::ParentOf(id) => {
                let parent = self.chain(id).pop().map(|id| Parent {
                    is_root: id.starts_with("r-"),
                    id,
                });
                Answer::Parents(self.paged(job, parent.into_iter().collect()))
            }
            Ask::Unit(id) => Answer::Unit(self.found_unit(id)),
            Ask::Account(id) => Answer::Account(self.found_account(id)),
        }
    }

    /// Every node as `id, name, parent`.
    pub(super) fn lines(&self) -> BTreeSet<String> {
        let units = self.units.iter();
        let units = units.map(|(id, parent)| format!("{id} (unit {id}) in {parent}"));
        let accounts = self.accounts.iter();
        let accounts = accounts.map(|(id, parent)| format!("{id} (account {id}) in {parent}"));
        let root = format!("{ROOT} () in ");
        units.chain(accounts).chain([root]).collect()
    }
}

/// The same out of a tree.
pub(super) fn lines(tree: &Tree) -> BTreeSet<String> {
    let nodes = tree.iter().map(|(_, node)| {
        let parent = node.parent().and_then(|parent| tree.get(parent));
        let parent = parent.map_or("", |parent| parent.id());
        format!(
            "{} ({}) in {parent}",
            node.id(),
            node.name().unwrap_or_default()
        )
    });
    nodes.collect()
}
