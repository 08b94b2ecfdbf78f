//! The look just before a change: what was confirmed must still be what it was.

use jiff::Timestamp;

use crate::aws::job::Ask;
use crate::aws::limiter::Limiter;
use crate::aws::whose::same_caller;
use crate::aws::{Connection, config, place, read};
use crate::org::{
    AccountFacts, Answer, Change, Entry, ErrorKind, Failure, Mutation, OrgError, Organization,
    Outcome, ProtectRules, refuses_close, refuses_remove, visible,
};

/// Reads what the change of this entry is about, and says whether it may be sent now.
///
/// Nothing is let through that could not be checked, but for facts that the service itself checks
/// and that do no harm. `now` is what ages are measured by.
///
/// # Errors
/// [`Outcome::NotSent`], with the reason as a sentence. For a closure that only cannot be looked at
/// now, [`Outcome::Postponed`] until `now`: when to look again is the caller's to decide.
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
    look.judge().await.map_err(|halt| {
        let operation = entry.change.mutation.operation();
        let why = &halt.why;
        tracing::info!(operation, entry = entry.id, why = %visible(why), "not sent");
        match halt.passing {
            // A queue is not used up by a network that is down for a while.
            Some(failure) if entry.is_closure() => Outcome::Postponed {
                failure,
                not_before: now,
            },
            _ => Outcome::NotSent { why: halt.why },
        }
    })
}

/// Why a change must not be sent now.
struct Halt {
    /// As a sentence.
    why: String,
    /// The same, where it says nothing of the change itself and may be over later.
    passing: Option<Failure>,
}

impl Halt {
    fn for_now(why: String, mut failure: Failure) -> Self {
        failure.message.clone_from(&why);
        Self {
            why,
            passing: Some(failure),
        }
    }
}

impl From<String> for Halt {
    fn from(why: String) -> Self {
        Self { why, passing: None }
    }
}

struct Look<'a> {
    connection: &'a Connection,
    limiter: &'a Limiter,
    entry: &'a Entry,
    protect: &'a ProtectRules,
    now: Timestamp,
}

impl Look<'_> {
    async fn judge(&self) -> Result<(), Halt> {
        if self.connection.is_read_only() {
            return Err("this session is read-only".to_owned().into());
        }
        self.judge_change().await?;
        // In the end: what was read until now may have had the credentials renewed.
        let same = same_caller(self.connection).await;
        same.map_err(|error| Halt::for_now(error.to_string(), Failure::from(&error)))
    }

    async fn judge_change(&self) -> Result<(), Halt> {
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

    async fn moving(&self, account: &str, from: &str, to: &str) -> Result<(), Halt> {
        let (connection, limiter) = (self.connection, self.limiter);
        let found = read::describe_account(connection, limiter, account).await;
        let (found, _) = found.map_err(|error| unread(&error, "the account"))?;
        match place::organization_in(found.arn.as_deref()) {
            Some(organization) => self.is_meant(organization)?,
            None => drop(self.same_organization().await?),
        }
        let parent = read::parent(connection, limiter, account).await;
        let parent = parent.map_err(|error| unread(&error, "the account"))?.id;
        if parent == to {
            let place = self.place(to).await;
            return Err(format!("it is already in {place}").into());
        }
        if parent != from {
            let place = self.place(&parent).await;
            return Err(moved_meanwhile(&place).into());
        }
        self.keeps_name(found.name.as_deref())?;
        self.destination(to).await
    }

    /// Whether the destination is there and is still called as it was when it was confirmed: what
    /// was shown may have been read long before.
    async fn destination(&self, to: &str) -> Result<(), Halt> {
        let (connection, limiter) = (self.connection, self.limiter);
        if !to.starts_with("ou-") {
            let children = Ask::ChildUnits(to.to_owned());
            let child = read::first_child(connection, limiter, children).await;
            return match child {
                Ok(_) => Ok(()),
                // The service refuses a destination that is not there.
                Err(error) if error.kind == ErrorKind::AccessDenied => Ok(()),
                Err(error) => Err(unread(&error, "the destination")),
            };
        }
        let found = read::unit(connection, limiter, to).await;
        let found = found.map_err(|error| unread(&error, "the destination"))?;
        let confirmed = self.change().to_path.as_deref().unwrap_or_default();
        match found.unit.name {
            Some(name) if !ends_with(confirmed, &name) && !ends_with(confirmed, to) => {
                let why = format!(
                    "the destination {confirmed} is called {} now",
                    visible(&name)
                );
                Err(why.into())
            }
            _ => Ok(()),
        }
    }

    /// A root or OU in words: by its path, else by its name, else by its id.
    async fn place(&self, id: &str) -> String {
        let change = self.change();
        if let (Mutation::MoveAccount { to, .. }, Some(path)) = (&change.mutation, &change.to_path)
            && to == id
        {
            return path.clone();
        }
        // The root is the one that the account was in.
        let root = change.path.split(" / ").next().unwrap_or_default();
        if id.starts_with("r-") && !root.is_empty() {
            return root.to_owned();
        }
        let unit = read::unit(self.connection, self.limiter, id).await;
        let Some((Some(name), ancestors)) = unit.ok().map(|it| (it.unit.name, it.ancestors)) else {
            return id.to_owned();
        };
        let mut names = vec![root.to_owned()];
        for above in ancestors.iter().filter(|above| above.starts_with("ou-")) {
            let above = read::unit(self.connection, self.limiter, above).await;
            names.push(above.ok().and_then(|it| it.unit.name).unwrap_or_default());
        }
        names.push(name);
        if ancestors.is_empty() || names.iter().any(String::is_empty) {
            return format!("{} ({id})", names.last().map_or("", String::as_str));
        }
        names.join(" / ")
    }

    async fn close(&self, account: &str) -> Result<(), Halt> {
        let organization = self.same_organization().await?;
        let facts = read::fresh_facts(self.connection, self.limiter, account).await;
        readable(&facts)?;
        let refused = refuses_close(
            &facts,
            self.protect,
            organization.management_account_id.as_deref(),
            organization.feature_set.as_deref(),
        );
        if let Some(why) = refused {
            return Err(why.into());
        }
        self.as_confirmed(&facts).await
    }

    async fn remove(&self, account: &str) -> Result<(), Halt> {
        let organization = self.same_organization().await?;
        let facts = read::fresh_facts(self.connection, self.limiter, account).await;
        readable(&facts)?;
        let refused = refuses_remove(
            &facts,
            self.protect,
            organization.management_account_id.as_deref(),
            self.now,
        );
        if let Some(why) = refused {
            return Err(why.into());
        }
        self.as_confirmed(&facts).await
    }

    /// What is closed or removed must be called what it was called when that was confirmed, and be
    /// where it was then.
    async fn as_confirmed(&self, facts: &AccountFacts) -> Result<(), Halt> {
        let Answer::Known(account) = &facts.account else {
            return Err("the account could not be checked".to_owned().into());
        };
        let change = self.change();
        // An account of which no name was known was shown by its id.
        self.keeps_name(account.name.as_deref())?;
        let is_place = |id: &&String| id.starts_with("r-") || id.starts_with("ou-");
        let Some(confirmed) = change.parent.as_ref().filter(is_place) else {
            return Ok(());
        };
        let parent = read::parent(self.connection, self.limiter, &account.id).await;
        let parent = parent.map_err(|error| unread(&error, "where the account is"))?;
        if parent.id == *confirmed {
            return Ok(());
        }
        let place = self.place(&parent.id).await;
        Err(moved_meanwhile(&place).into())
    }

    async fn leave(&self, account: &str) -> Result<(), Halt> {
        let organization = self.same_organization().await?;
        match &organization.management_account_id {
            Some(management) if management == account => {
                let why = "the management account cannot leave its organization";
                return Err(why.to_owned().into());
            }
            Some(_) => {}
            None => {
                let why = "which account manages the organization is not known";
                return Err(why.to_owned().into());
            }
        }
        // The call has no target: it takes out whoever sends it.
        match config::caller(self.connection).await {
            Some(caller) if caller.account_id == account => Ok(()),
            Some(caller) => Err(format!(
                "these are credentials of account {}, not of {account}",
                caller.account_id
            )
            .into()),
            None => {
                let why = "which account these credentials belong to cannot be told";
                Err(why.to_owned().into())
            }
        }
    }

    /// The organization, if it still is the one that was asked about.
    async fn same_organization(&self) -> Result<Organization, Halt> {
        let found = read::organization(self.connection, self.limiter).await;
        let found = found.map_err(|error| match error.kind {
            ErrorKind::NoOrganization => {
                let why = "the account is in no organization (any more)";
                Halt::for_now(why.to_owned(), Failure::from(&error))
            }
            _ => unread(&error, "the organization"),
        })?;
        self.is_meant(&found.id)?;
        Ok(found)
    }

    /// Other credentials may be in use than those that it was confirmed with.
    fn is_meant(&self, organization: &str) -> Result<(), Halt> {
        if organization == self.entry.organization {
            return Ok(());
        }
        let why = format!(
            "these credentials lead to the organization {organization}, not to {}",
            self.entry.organization
        );
        Err(Halt::for_now(why, Failure::default()))
    }

    async fn create_unit(&self, parent: &str, name: &str) -> Result<(), Halt> {
        self.same_organization().await?;
        let siblings = read::units_in(self.connection, self.limiter, parent).await;
        let siblings = siblings.map_err(|error| unread(&error, "the parent"))?;
        let mut siblings = siblings.iter();
        match siblings.find(|sibling| sibling.unit.name.as_deref() == Some(name)) {
            Some(sibling) => {
                let id = &sibling.unit.id;
                Err(format!("there is already an OU of this name: {id}").into())
            }
            None => Ok(()),
        }
    }

    /// Whether it still has the name that was confirmed, if there was one.
    fn keeps_name(&self, name: Option<&str>) -> Result<(), Halt> {
        let change = self.change();
        let confirmed = change.target_name.as_str();
        let unnamed = confirmed.is_empty() || confirmed == change.mutation.target();
        if unnamed || name == Some(confirmed) {
            return Ok(());
        }
        Err(renamed_meanwhile(name.unwrap_or_default()).into())
    }

    async fn rename(&self, unit: &str, name: &str) -> Result<(), Halt> {
        self.same_organization().await?;
        let found = read::unit(self.connection, self.limiter, unit).await;
        let found = found.map_err(|error| unread(&error, "the OU"))?;
        let current = found.unit.name.unwrap_or_default();
        if current == name {
            return Err("the OU already has this name".to_owned().into());
        }
        if current != self.change().target_name {
            return Err(renamed_meanwhile(&current).into());
        }
        Ok(())
    }

    async fn delete_unit(&self, unit: &str) -> Result<(), Halt> {
        self.same_organization().await?;
        let (connection, limiter) = (self.connection, self.limiter);
        let found = read::unit(connection, limiter, unit).await;
        let found = found.map_err(|error| unread(&error, "the OU"))?.unit;
        self.keeps_name(found.name.as_deref())?;
        for (children, what) in [
            (Ask::ChildUnits(unit.to_owned()), "OUs"),
            (Ask::ChildAccounts(unit.to_owned()), "accounts"),
        ] {
            let child = read::first_child(connection, limiter, children).await;
            if let Some(child) = child.map_err(|error| unread(&error, "what the OU contains"))? {
                let why = format!("it is not empty: it contains {what}, such as {child}");
                return Err(why.into());
            }
        }
        Ok(())
    }
}

/// An account that is gone has its own sentence, and one that cannot be read now may be later.
fn readable(facts: &AccountFacts) -> Result<(), Halt> {
    let of_account = facts.account.error();
    if let Some(error) = of_account.filter(|error| error.kind == ErrorKind::NotFound) {
        return Err(unread(error, "the account"));
    }
    let unread_facts = [
        (of_account, "the account"),
        (facts.tags.error(), "the tags of the account"),
        (facts.delegated_services.error(), "the delegated services"),
    ];
    for (error, what) in unread_facts {
        if let Some(error) = error.filter(|error| may_be_over_later(error)) {
            return Err(unread(error, what));
        }
    }
    Ok(())
}

fn moved_meanwhile(place: &str) -> String {
    format!("it was moved meanwhile: it is in {place} now")
}

/// Whether a path by names leads to something of this name.
fn ends_with(path: &str, name: &str) -> bool {
    let above = path.strip_suffix(name);
    path.is_empty() || above.is_some_and(|above| above.is_empty() || above.ends_with(['/', ' ']))
}

fn renamed_meanwhile(name: &str) -> String {
    format!("it was renamed meanwhile: it is called {name} now")
}

/// Why something is not as it was, or cannot be looked at.
fn unread(error: &OrgError, what: &str) -> Halt {
    if error.kind == ErrorKind::NotFound {
        return format!("{what} is no longer in the organization").into();
    }
    let why = format!("{what} could not be checked: {error}");
    if may_be_over_later(error) {
        return Halt::for_now(why, Failure::from(error));
    }
    why.into()
}

/// Whether it says nothing of what was looked at: the same look may succeed later.
fn may_be_over_later(error: &OrgError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Credentials | ErrorKind::Network | ErrorKind::Throttled | ErrorKind::Service
    )
}
