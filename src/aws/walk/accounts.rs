//! What a walk knows about accounts: only whether it has their facts, and where they were seen.

use std::collections::BTreeMap;

/// Which calls about this one item have been queued; none is made twice.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    /// `DescribeAccount` or `DescribeOrganizationalUnit`
    pub(super) described: bool,
    /// `ListParents`
    pub(super) parent_asked: bool,
}

/// One account.
#[derive(Debug, Default)]
pub(super) struct Sighting {
    /// Its own facts have been told.
    pub(super) listed: bool,
    /// Where it was seen last.
    pub(super) parent: Option<String>,
    /// It was seen in two places: it moved meanwhile, and the service must be asked.
    pub(super) contested: bool,
    pub(super) lookups: Lookups,
    /// The service no longer knows it.
    pub(super) gone: bool,
}

/// All accounts of a walk.
#[derive(Debug, Default)]
pub(super) struct Accounts(BTreeMap<String, Sighting>);

impl Accounts {
    pub(super) fn entry(&mut self, id: &str) -> &mut Sighting {
        // Not `BTreeMap::entry`: that would allocate the id for every sighting.
        if !self.0.contains_key(id) {
            self.0.insert(id.to_owned(), Sighting::default());
        }
        self.0.get_mut(id).expect("it has just been inserted")
    }

    /// Notes where a listing showed the account; says whether that is its first place.
    pub(super) fn place(&mut self, id: &str, parent: &str) -> bool {
        let sighting = self.entry(id);
        sighting.gone = false;
        let before = sighting.parent.replace(parent.to_owned());
        sighting.contested |= before.as_ref().is_some_and(|before| before != parent);
        before.is_none()
    }

    /// Notes where the service said, when asked about this account, that it is.
    pub(super) fn settle(&mut self, id: &str, parent: &str) {
        let sighting = self.entry(id);
        sighting.parent = Some(parent.to_owned());
        sighting.contested = false;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Sighting)> {
        self.0.iter().filter(|(_, sighting)| !sighting.gone)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Sighting)> {
        self.0.iter_mut().filter(|(_, sighting)| !sighting.gone)
    }

    /// Ids of those that the service no longer knows.
    pub(super) fn gone(&self) -> impl Iterator<Item = &String> {
        let gone = self.0.iter().filter(|(_, sighting)| sighting.gone);
        gone.map(|(id, _)| id)
    }

    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }
}
