//! The root and OUs that a plan is about: where they are and what they are called, each read once.

use std::collections::BTreeMap;

use crate::aws::{self, Connection, Limiter};
use crate::org::{ErrorKind, MOST_LEVELS, OrgError, OrganizationalUnit, Root};

/// A root or OU, and what leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// `ou-…` or `r-…`
    pub(super) id: String,
    /// Ids from the root down to itself.
    pub(super) id_path: Vec<String>,
    /// Names from the root down to itself; the id where a name is not known. Hostile text.
    pub(super) path: Vec<String>,
}

impl Place {
    /// In the form in which journal and explorer have it: `Root / Workloads / Prod`.
    pub(super) fn text(&self) -> String {
        self.path.join(" / ")
    }
}

#[derive(Debug, Default)]
struct Known {
    name: Option<String>,
    parent: Option<String>,
    /// Whether the service was asked for its name, whatever it answered.
    described: bool,
}

/// What is known of roots and OUs so far.
#[derive(Debug)]
pub(super) struct Places<'a> {
    connection: &'a Connection,
    limiter: &'a Limiter,
    root: Root,
    known: BTreeMap<String, Known>,
}

impl<'a> Places<'a> {
    /// Reads the root.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(super) async fn open(
        connection: &'a Connection,
        limiter: &'a Limiter,
    ) -> Result<Self, OrgError> {
        let roots = aws::roots(connection, limiter).await?;
        let root = roots.into_iter().next().ok_or_else(|| {
            OrgError::new(ErrorKind::Service, "the service lists no root").during("ListRoots")
        })?;
        let top = Known {
            name: root.name.clone(),
            parent: None,
            described: true,
        };
        Ok(Self {
            connection,
            limiter,
            known: BTreeMap::from([(root.id.clone(), top)]),
            root,
        })
    }

    /// The organization's root.
    pub(super) fn root(&self) -> &Root {
        &self.root
    }

    /// The OUs directly below a root or OU.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub(super) async fn children(
        &mut self,
        node: &str,
    ) -> Result<Vec<OrganizationalUnit>, OrgError> {
        let children = aws::child_units(self.connection, self.limiter, node).await?;
        for child in &children {
            let known = self.known.entry(child.id.clone()).or_default();
            known.parent = Some(node.to_owned());
            known.described = child.name.is_some();
            known.name.clone_from(&child.name);
        }
        Ok(children)
    }

    /// Reads name and place of an OU, unless they are known.
    ///
    /// # Errors
    /// Where it cannot be read; [`ErrorKind::NotFound`] where there is no such OU.
    pub(super) async fn learn(&mut self, id: &str) -> Result<(), OrgError> {
        if self.known.get(id).is_some_and(|known| known.described) {
            return Ok(());
        }
        self.known.entry(id.to_owned()).or_default().described = true;
        let (unit, ancestors) = aws::describe_unit(self.connection, self.limiter, id).await?;
        self.known.entry(id.to_owned()).or_default().name = unit.name;
        self.place(id, &ancestors);
        Ok(())
    }

    /// Notes the ids from the root down to what contains a node.
    pub(super) fn place(&mut self, id: &str, ancestors: &[String]) {
        let mut child = id;
        for parent in ancestors.iter().rev() {
            self.known.entry(child.to_owned()).or_default().parent = Some(parent.clone());
            child = parent;
        }
    }

    /// A root or OU with everything that leads to it. Where a name cannot be read, there is the
    /// id instead.
    ///
    /// # Errors
    /// Where the way to the root cannot be read.
    pub(super) async fn find(&mut self, id: &str) -> Result<Place, OrgError> {
        let mut id_path = vec![id.to_owned()];
        let mut here = id.to_owned();
        while here != self.root.id {
            if let Err(error) = self.learn(&here).await
                && error.kind != ErrorKind::AccessDenied
            {
                return Err(error);
            }
            here = self.parent(&here).await?;
            id_path.push(here.clone());
            if id_path.len() > MOST_LEVELS {
                let message = format!("the way from {id} to the root has no end");
                return Err(OrgError::new(ErrorKind::Incomplete, message));
            }
        }
        id_path.reverse();
        Ok(Place {
            id: id.to_owned(),
            path: id_path.iter().map(|id| self.name(id)).collect(),
            id_path,
        })
    }

    /// What directly contains an account or OU.
    pub(super) async fn parent(&mut self, child: &str) -> Result<String, OrgError> {
        if let Some(parent) = self.known.get(child).and_then(|known| known.parent.clone()) {
            return Ok(parent);
        }
        let parent = aws::parent_of(self.connection, self.limiter, child).await?;
        self.place(child, std::slice::from_ref(&parent));
        Ok(parent)
    }

    /// The name of a root or OU, or its id where the name is not known.
    pub(super) fn name(&self, id: &str) -> String {
        let known = self.known.get(id).and_then(|known| known.name.clone());
        known.unwrap_or_else(|| id.to_owned())
    }
}
