//! The look just before a change: what was confirmed must still be what it was.

use jiff::Timestamp;

use crate::aws::job::Ask;
use crate::aws::limiter::Limiter;
use crate::aws::{Connection, config, read};
use crate::org::{
    Change, Entry, ErrorKind, Mutation, OrgError, Organization, Outcome, ProtectRules,
    refuses_close, refuses_remove, visible,
};

/// Reads what the change of this entry is about, and says whether it may be sent now.
///
/// Nothing is let through that could not be checked, but for facts that the service itself checks
/// and that do no harm. `now` is what ages are measured by.
///
/// # Errors
/// [`Outcome::NotSent`], with the reason as a sentence.
pub async fn recheck(
    connection: &Connection,
    limiter: &Limiter,
    entry: &Entry,
    protect: &ProtectRules,
    now: Timestamp,
) -> Result<(), Outcome> {
    let look = Look {
        connection,
        limiter,
        entry,
        protect,
        now,
    };
    look.judge().await.map_err(|why| {
        let operation = entry.change.mutation.operation();
        tracing::info!(operation, entry = entry.id, why = %visible(&why), "not sent");
        Outcome::NotSent { why }
    })
}

struct Look<'a> {
    connection: &'a Connection,
    limiter: &'a Limiter,
    entry: &'a Entry,
    protect: &'a ProtectRules,
    now: Timestamp,
}

impl Look<'_> {
    async fn judge(&self) -> Result<(), String> {
        if self.connection.is_read_only() {
            return Err("this session is read-only".to_owned());
        }
        match &self.entry.change.mutation {
            Mutation::MoveAccount { account, from, to } => self.moving(account, from, to).await,
            Mutation::CloseAccount { account } => self.close(account).await,
            Mutation::RemoveAccountFromOrganization { account } => self.remove(account).await,
            Mutation::LeaveOrganization { account } => self.leave(account).await,
            Mutation::CreateOrganizationalUnit { parent, name } => {
                self.create_unit(parent, name).await
            }
            Mutation::UpdateOrganizationalUnit { unit, name } => self.rename(unit, name).await,
            Mutation::DeleteOrganizationalUnit { unit } => self.delete_unit(unit).await,
        }
    }

    fn change(&self) -> &Change {
        &self.entry.change
    }

    async fn moving(&self, account: &str, from: &str, to: &str) -> Result<(), String> {
        let (connection, limiter) = (self.connection, self.limiter);
        let found = read::describe_account(connection, limiter, account).await;
        found.map_err(|error| unread(&error, "the account"))?;
        let parent = read::parent(connection, limiter, account).await;
        let parent = parent.map_err(|error| unread(&error, "the account"))?.id;
        if parent == to {
            let place = self.place(to).await;
            return Err(format!("it is already in {place}"));
        }
        if parent != from {
            let place = self.place(&parent).await;
            return Err(format!("it was moved meanwhile: it is in {place} now"));
        }
        // For a root as for an OU, and at a better pace than that of describing an OU.
        let children = Ask::ChildUnits(to.to_owned());
        match read::first_child(connection, limiter, children).await {
            Ok(_) => Ok(()),
            // The service refuses a destination that is not there.
            Err(error) if error.kind == ErrorKind::AccessDenied => Ok(()),
            Err(error) => Err(unread(&error, "the destination")),
        }
    }

    /// A root or OU in words: by the path that was shown, else by its name, else by its id.
    async fn place(&self, id: &str) -> String {
        let change = self.change();
        if let (Mutation::MoveAccount { to, .. }, Some(path)) = (&change.mutation, &change.to_path)
            && to == id
        {
            return path.clone();
        }
        let unit = read::unit(self.connection, self.limiter, id).await;
        match unit.ok().and_then(|found| found.unit.name) {
            Some(name) => format!("{name} ({id})"),
            None => id.to_owned(),
        }
    }

    async fn close(&self, account: &str) -> Result<(), String> {
        let organization = self.same_organization().await?;
        let facts = read::fresh_facts(self.connection, self.limiter, account).await;
        self.exists(facts.account.error())?;
        let refused = refuses_close(
            &facts,
            self.protect,
            organization.management_account_id.as_deref(),
            organization.feature_set.as_deref(),
        );
        refused.map_or(Ok(()), Err)
    }

    async fn remove(&self, account: &str) -> Result<(), String> {
        let organization = self.same_organization().await?;
        let facts = read::fresh_facts(self.connection, self.limiter, account).await;
        self.exists(facts.account.error())?;
        let refused = refuses_remove(
            &facts,
            self.protect,
            organization.management_account_id.as_deref(),
            self.now,
        );
        refused.map_or(Ok(()), Err)
    }

    /// That it is gone has its own sentence.
    #[expect(clippy::unused_self, reason = "it reads better beside the others")]
    fn exists(&self, error: Option<&OrgError>) -> Result<(), String> {
        match error {
            Some(error) if error.kind == ErrorKind::NotFound => Err(unread(error, "the account")),
            _ => Ok(()),
        }
    }

    async fn leave(&self, account: &str) -> Result<(), String> {
        let organization = self.same_organization().await?;
        match &organization.management_account_id {
            Some(management) if management == account => {
                return Err("the management account cannot leave its organization".to_owned());
            }
            Some(_) => {}
            None => return Err("which account manages the organization is not known".to_owned()),
        }
        // The call has no target: it takes out whoever sends it.
        match config::caller(self.connection).await {
            Some(caller) if caller.account_id == account => Ok(()),
            Some(caller) => Err(format!(
                "these are credentials of account {}, not of {account}",
                caller.account_id
            )),
            None => Err("which account these credentials belong to cannot be told".to_owned()),
        }
    }

    /// The organization, if it still is the one that was asked about.
    async fn same_organization(&self) -> Result<Organization, String> {
        let found = read::organization(self.connection, self.limiter).await;
        let found = found.map_err(|error| match error.kind {
            ErrorKind::NoOrganization => "the account is in no organization (any more)".to_owned(),
            _ => unread(&error, "the organization"),
        })?;
        if found.id != self.entry.organization {
            return Err(format!(
                "these credentials lead to the organization {}, not to {}",
                found.id, self.entry.organization
            ));
        }
        Ok(found)
    }

    async fn create_unit(&self, parent: &str, name: &str) -> Result<(), String> {
        let siblings = read::units_in(self.connection, self.limiter, parent).await;
        let siblings = siblings.map_err(|error| unread(&error, "the parent"))?;
        let mut siblings = siblings.iter();
        match siblings.find(|sibling| sibling.unit.name.as_deref() == Some(name)) {
            Some(sibling) => Err(format!(
                "there is already an OU of this name: {}",
                sibling.unit.id
            )),
            None => Ok(()),
        }
    }

    async fn rename(&self, unit: &str, name: &str) -> Result<(), String> {
        let found = read::unit(self.connection, self.limiter, unit).await;
        let found = found.map_err(|error| unread(&error, "the OU"))?;
        let current = found.unit.name.unwrap_or_default();
        if current == name {
            return Err("the OU already has this name".to_owned());
        }
        if current != self.change().target_name {
            return Err(format!(
                "it was renamed meanwhile: it is called {current} now"
            ));
        }
        Ok(())
    }

    async fn delete_unit(&self, unit: &str) -> Result<(), String> {
        let (connection, limiter) = (self.connection, self.limiter);
        let found = read::unit(connection, limiter, unit).await;
        found.map_err(|error| unread(&error, "the OU"))?;
        for (children, what) in [
            (Ask::ChildUnits(unit.to_owned()), "OUs"),
            (Ask::ChildAccounts(unit.to_owned()), "accounts"),
        ] {
            let child = read::first_child(connection, limiter, children).await;
            if let Some(child) = child.map_err(|error| unread(&error, "what the OU contains"))? {
                return Err(format!(
                    "it is not empty: it contains {what}, such as {child}"
                ));
            }
        }
        Ok(())
    }
}

/// Why something is not as it was, or cannot be looked at.
fn unread(error: &OrgError, what: &str) -> String {
    match error.kind {
        ErrorKind::NotFound => format!("{what} is no longer in the organization"),
        _ => format!("{what} could not be checked: {error}"),
    }
}
