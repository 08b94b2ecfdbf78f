//! What is true after a change, or after one of which nobody knows what became of it.

use std::time::Duration;

use crate::aws::limiter::Limiter;
use crate::aws::{Connection, config, read};
use crate::org::{AccountState, Change, Entry, ErrorKind, Mutation, Observation, OrgError};

/// How the service stands to a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Whether it is as the change meant it.
    pub holds: bool,
    /// What was read, e.g. `PENDING_CLOSURE` or `in Root / Sandbox`. May hold hostile text.
    pub reading: String,
    /// The same for the tree.
    pub observations: Vec<Observation>,
}

impl Reading {
    fn new(holds: bool, reading: impl Into<String>, observations: Vec<Observation>) -> Self {
        Self {
            holds,
            reading: reading.into(),
            observations,
        }
    }
}

/// Pauses between readings that do not show the change yet: AWS says that changes are not always
/// visible at once (Organizations User Guide, "Troubleshooting", eventual consistency).
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// Reads whether the service is as the change of this entry meant it; `made` is the id of the OU that it made,
/// if that is known. A reading that does not show the change is repeated a few times.
///
/// # Errors
/// When that cannot be read, also because the credentials lead to another organization now: what
/// is not there says nothing then.
pub async fn verify(
    connection: &Connection,
    limiter: &Limiter,
    entry: &Entry,
    made: Option<&str>,
) -> Result<Reading, OrgError> {
    let look = Look {
        connection,
        limiter,
        change: &entry.change,
        organization: &entry.organization,
        made,
    };
    let mut reading = look.read().await?;
    for pause in PAUSES {
        if reading.holds {
            break;
        }
        tokio::time::sleep(pause).await;
        reading = look.read().await?;
    }
    Ok(reading)
}

struct Look<'a> {
    connection: &'a Connection,
    limiter: &'a Limiter,
    change: &'a Change,
    organization: &'a str,
    made: Option<&'a str>,
}

impl Look<'_> {
    async fn read(&self) -> Result<Reading, OrgError> {
        let reading = self.found().await?;
        // What is there proves itself; what is not there may only not be in another organization.
        let proven = reading.holds && !reading.observations.iter().any(is_vanished);
        if !proven && !matches!(self.change.mutation, Mutation::LeaveOrganization { .. }) {
            self.same_organization().await?;
        }
        Ok(reading)
    }

    async fn found(&self) -> Result<Reading, OrgError> {
        match &self.change.mutation {
            Mutation::MoveAccount { account, from, to } => self.moved(account, from, to).await,
            Mutation::CloseAccount { account } => self.closed(account).await,
            Mutation::RemoveAccountFromOrganization { account } => self.removed(account).await,
            Mutation::LeaveOrganization { account } => self.left(account).await,
            Mutation::CreateOrganizationalUnit { parent, name } => self.created(parent, name).await,
            Mutation::UpdateOrganizationalUnit { unit, name } => {
                self.unit(unit, |found| found == Some(name)).await
            }
            Mutation::DeleteOrganizationalUnit { unit } => {
                let reading = self.unit(unit, |_| false).await?;
                // Gone is what was wanted.
                let holds = reading.observations.iter().any(is_vanished);
                Ok(Reading { holds, ..reading })
            }
        }
    }

    async fn moved(&self, account: &str, from: &str, to: &str) -> Result<Reading, OrgError> {
        let found = read::describe_account(self.connection, self.limiter, account).await;
        let (facts, ancestors) = match found {
            Ok(found) => found,
            Err(error) => return gone(error, account, false),
        };
        let parent = match read::parent(self.connection, self.limiter, account).await {
            Ok(parent) => parent.id,
            Err(error) => return gone(error, account, false),
        };
        let place = match &self.change.to_path {
            Some(path) if parent == to => path,
            _ if parent == from => &self.change.path,
            _ => &parent,
        };
        // Where the two disagree, the one that was asked for the parent alone is believed.
        let agrees = ancestors.last() == Some(&parent);
        let observations = vec![
            Observation::Account {
                account: facts.into(),
                ancestors: if agrees { ancestors } else { Vec::new() },
            },
            Observation::AccountPlaced {
                account: account.to_owned(),
                parent: parent.clone(),
            },
        ];
        Ok(Reading::new(
            parent == to,
            format!("in {place}"),
            observations,
        ))
    }

    async fn closed(&self, id: &str) -> Result<Reading, OrgError> {
        let found = read::describe_account(self.connection, self.limiter, id).await;
        let (account, ancestors) = match found {
            Ok(found) => found,
            Err(error) => return gone(error, id, false),
        };
        let state = account.state.clone();
        // Before it was sent it was none of these.
        let holds = matches!(
            state,
            Some(AccountState::PendingClosure | AccountState::Closed | AccountState::Suspended)
        );
        let reading = state.map_or_else(|| "no state".to_owned(), |state| state.to_string());
        let observation = Observation::Account {
            account: account.into(),
            ancestors,
        };
        Ok(Reading::new(holds, reading, vec![observation]))
    }

    async fn removed(&self, id: &str) -> Result<Reading, OrgError> {
        match read::describe_account(self.connection, self.limiter, id).await {
            Ok((account, ancestors)) => Ok(Reading::new(
                false,
                "still in the organization",
                vec![Observation::Account {
                    account: account.into(),
                    ancestors,
                }],
            )),
            Err(error) => gone(error, id, true),
        }
    }

    async fn same_organization(&self) -> Result<(), OrgError> {
        same_organization(self.connection, self.limiter, self.organization).await
    }

    /// The account itself can tell which organization it is in; the organization that it was in
    /// can tell whether it is still there; nobody else can.
    async fn left(&self, account: &str) -> Result<Reading, OrgError> {
        let caller = config::caller(self.connection).await;
        if caller.is_none_or(|caller| caller.account_id != account) {
            self.same_organization().await?;
            return self.removed(account).await;
        }
        match read::organization(self.connection, self.limiter).await {
            Ok(organization) => Ok(Reading::new(
                organization.id != self.organization,
                format!("in the organization {}", organization.id),
                Vec::new(),
            )),
            Err(error) if error.kind == ErrorKind::NoOrganization => {
                Ok(Reading::new(true, "in no organization", Vec::new()))
            }
            Err(error) => Err(error),
        }
    }

    async fn created(&self, parent: &str, name: &str) -> Result<Reading, OrgError> {
        let units = match read::units_in(self.connection, self.limiter, parent).await {
            Ok(units) => units,
            Err(error) if error.kind == ErrorKind::NotFound => {
                return Ok(Reading::new(false, "its parent is gone", vanished(parent)));
            }
            Err(error) => return Err(error),
        };
        let mut units = units.into_iter().map(|found| found.unit);
        let wanted = units.find(|unit| match self.made {
            Some(id) => unit.id == id,
            None => unit.name.as_deref() == Some(name),
        });
        let Some(unit) = wanted else {
            return Ok(Reading::new(false, "no such OU", Vec::new()));
        };
        let parent = parent.to_owned();
        let reading = format!("{} is there", unit.id);
        let observation = Observation::OrganizationalUnit { unit, parent };
        Ok(Reading::new(true, reading, vec![observation]))
    }

    /// An OU, of which `holds` says whether its name is the one that was wanted.
    async fn unit(
        &self,
        id: &str,
        holds: impl Fn(Option<&String>) -> bool,
    ) -> Result<Reading, OrgError> {
        let found = match read::unit(self.connection, self.limiter, id).await {
            Ok(found) => found,
            Err(error) => return gone(error, id, false),
        };
        let parent = match found.ancestors.last() {
            Some(parent) => parent.clone(),
            None => match read::parent(self.connection, self.limiter, id).await {
                Ok(parent) => parent.id,
                Err(error) => return gone(error, id, false),
            },
        };
        let unit = found.unit;
        let holds = holds(unit.name.as_ref());
        let reading = match &unit.name {
            Some(name) => format!("called {name}"),
            None => "without a name".to_owned(),
        };
        let observation = Observation::OrganizationalUnit { unit, parent };
        Ok(Reading::new(holds, reading, vec![observation]))
    }
}

/// Whether the credentials lead to this organization.
///
/// # Errors
/// [`ErrorKind::Usage`] if they do not, and whatever the call can fail with.
pub async fn same_organization(
    connection: &Connection,
    limiter: &Limiter,
    organization: &str,
) -> Result<(), OrgError> {
    let found = read::organization(connection, limiter).await?.id;
    if found == organization {
        return Ok(());
    }
    let message =
        format!("these credentials lead to the organization {found}, not to {organization}");
    Err(OrgError::new(ErrorKind::Usage, message))
}

fn gone(error: OrgError, id: &str, holds: bool) -> Result<Reading, OrgError> {
    match error.kind {
        ErrorKind::NotFound => Ok(Reading::new(
            holds,
            "no longer in the organization",
            vanished(id),
        )),
        _ => Err(error),
    }
}

fn vanished(id: &str) -> Vec<Observation> {
    vec![Observation::Vanished {
        node: id.to_owned(),
    }]
}

fn is_vanished(observation: &Observation) -> bool {
    matches!(observation, Observation::Vanished { .. })
}
