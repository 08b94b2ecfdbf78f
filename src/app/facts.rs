//! What dialogs show of the accounts that they are about, as it is read for them.

use super::App;
use super::closing::about;
use super::dialog::{Text, Tone};
use super::moving::name_of;
use super::unchecked::{say_control_tower_unchecked, say_unchecked};
use crate::org::{
    AccountFacts, AccountState, Answer, Change, Fact, Refusal, Tag, refusals_to_close,
};

/// Trusted access of this service principal means that AWS Control Tower governs accounts.
const CONTROL_TOWER: &str = "controltower.amazonaws.com";

/// An account that a dialog is about.
#[derive(Debug)]
pub(super) struct Candidate {
    /// What is asked.
    pub(super) change: Change,
    /// What has been read of it since.
    pub(super) facts: AccountFacts,
    /// The state that the tree had when this was asked.
    state_then: Option<AccountState>,
}

impl Candidate {
    pub(super) fn new(app: &App, change: Change) -> Self {
        Self {
            state_then: state_of(app, change.mutation.target()),
            change,
            facts: AccountFacts::default(),
        }
    }

    /// The account's id.
    pub(super) fn id(&self) -> &str {
        self.change.mutation.target()
    }

    /// Whether it is still what and where it was when this was asked, and nobody has begun to close
    /// it meanwhile.
    pub(super) fn still_true(&self, app: &App) -> Result<(), String> {
        let name = &self.change.target_name;
        if app.tree.find(self.id()).is_none() {
            return Err(format!("{name} is no longer in the organization"));
        }
        let now = about(app, self.change.mutation.clone());
        if now.target_name != *name {
            let now = now.target_name;
            return Err(format!("{name} was renamed meanwhile, it is called {now}"));
        }
        if now.parent != self.change.parent {
            let now = now.path;
            return Err(format!("{name} was moved meanwhile, it is in {now} now"));
        }
        if now.path != self.change.path {
            let now = now.path;
            return Err(format!(
                "the path of {name} has changed, it is in {now} now"
            ));
        }
        let state = state_of(app, self.id());
        let ending = matches!(
            state,
            Some(AccountState::PendingClosure | AccountState::Closed)
        );
        if ending && state != self.state_then {
            return Err(format!("{name} is being closed already"));
        }
        Ok(())
    }

    pub(super) fn learn(&mut self, fact: &Fact) {
        if let Fact::Account { id, facts } = fact
            && id == self.change.mutation.target()
        {
            self.facts.learn(facts);
        }
    }

    /// Whether all facts have been answered.
    pub(super) fn is_read(&self) -> bool {
        self.answered() == 4
    }

    /// How many facts have been answered: each more must be read before it is confirmed.
    pub(super) fn answered(&self) -> usize {
        let AccountFacts {
            account,
            ancestors,
            tags,
            delegated_services,
        } = &self.facts;
        let answered = [
            !account.is_pending(),
            !ancestors.is_pending(),
            !tags.is_pending(),
            !delegated_services.is_pending(),
        ];
        answered.into_iter().filter(|answered| *answered).count()
    }

    /// What forbids closing it, by what was read.
    pub(super) fn refusals_to_close(&self, app: &App) -> Vec<Refusal> {
        let organization = app.known.organization.as_ref();
        refusals_to_close(
            &self.facts,
            &app.config.protect,
            app.management_account(),
            organization.and_then(|organization| organization.feature_set.as_deref()),
        )
    }

    /// Name and id, and all that was read, a line each. Name and path are those that were read for
    /// this dialog, as soon as they are.
    pub(super) fn say(&self, app: &App, text: &mut Text) {
        let Candidate { change, facts, .. } = self;
        let read = facts.account.known();
        let name = read.and_then(|account| account.name.as_deref());
        let name = name.unwrap_or(&change.target_name);
        text.say(Tone::Heading, &format!("{name}  {}", self.id()));
        if let Some(account) = read {
            fact(text, "email", account.email.as_deref().unwrap_or("none"));
        }
        match &facts.ancestors {
            Answer::Known(ancestors) => fact(text, "path", &path_of(app, ancestors)),
            other => {
                fact(text, "path", &change.path);
                unread(text, "", other);
            }
        }
        match &facts.account {
            Answer::Known(account) => {
                let state = account.state.as_ref().map(ToString::to_string);
                fact(text, "state", state.as_deref().unwrap_or("not told"));
            }
            other => unread(text, "state", other),
        }
        match &facts.tags {
            Answer::Known(tags) => fact(text, "tags", &listed(tags, tag_text)),
            other => unread(text, "tags", other),
        }
        match &facts.delegated_services {
            Answer::Known(services) => {
                fact(text, "delegated", &listed(services, String::clone));
            }
            other => unread(text, "delegated", other),
        }
        let unchecked = [
            ("path", facts.ancestors.error()),
            ("state", facts.account.error()),
            ("tags", facts.tags.error()),
            ("delegated", facts.delegated_services.error()),
        ];
        say_unchecked(
            text,
            unchecked
                .into_iter()
                .filter_map(|(fact, error)| Some((fact, error?))),
        );
    }

    /// Says that the account is closed, or not in order otherwise, by what is known of it.
    pub(super) fn say_state(&self, text: &mut Text) {
        let read = self.facts.account.known().and_then(|it| it.state.as_ref());
        let line = match read.or(self.state_then.as_ref()) {
            Some(AccountState::Closed) => {
                "! CLOSED: this account is closed already; it goes by itself when the 90 days after \
                 its closure are over."
            }
            Some(AccountState::PendingClosure) => {
                "! PENDING CLOSURE: this account is being closed."
            }
            Some(AccountState::Suspended) => "! SUSPENDED: AWS has restricted this account.",
            _ => return,
        };
        text.say(Tone::Warning, line);
        text.gap();
    }
}

/// The path to what contains an account, by names as far as the tree knows them.
fn path_of(app: &App, ancestors: &[String]) -> String {
    let names = ancestors.iter().map(|id| name_of(&app.tree, id));
    names.collect::<Vec<_>>().join(" / ")
}

/// Why nothing can be confirmed at all.
pub(super) fn no_journal(app: &App) -> Option<String> {
    let error = app.journal_error.as_ref()?;
    Some(format!(
        "Nothing can be changed without the journal: {error}"
    ))
}

/// The accounts that are refused, and why.
pub(super) fn say_refused(text: &mut Text, refused: &[(&Candidate, String)]) {
    text.say(Tone::Problem, "Refused:");
    for (account, why) in refused {
        let line = format!("  {} {}: {why}", account.id(), account.change.target_name);
        text.say(Tone::Problem, &line);
    }
}

/// Says that AWS Control Tower is active, or that this could not be checked.
pub(super) fn say_control_tower(text: &mut Text, trusted: &Answer<Vec<String>>) {
    match trusted {
        Answer::Known(services) if services.iter().any(|service| service == CONTROL_TOWER) => {
            text.say(
                Tone::Warning,
                "! AWS Control Tower is active: if it governs the account, unmanage it there first",
            );
            text.gap();
        }
        Answer::Known(_) => {}
        Answer::Pending => text.say(
            Tone::Faint,
            "Still reading whether AWS Control Tower is active",
        ),
        Answer::NotChecked(error) => say_control_tower_unchecked(text, error),
    }
}

/// Statements, one a paragraph.
pub(super) fn say_all(text: &mut Text, statements: &[&str]) {
    for statement in statements {
        text.say(Tone::Plain, &format!("- {statement}"));
    }
}

fn state_of(app: &App, id: &str) -> Option<AccountState> {
    let node = app.tree.get(app.tree.find(id)?)?;
    node.account()?.state.clone()
}

fn fact(text: &mut Text, label: &str, value: &str) {
    text.say(Tone::Plain, &format!("  {label:<10} {value}"));
}

fn unread<T>(text: &mut Text, label: &str, answer: &Answer<T>) {
    if answer.is_pending() {
        text.say(Tone::Faint, &format!("  {label:<10} still reading"));
    }
}

fn tag_text(tag: &Tag) -> String {
    format!("{}={}", tag.key, tag.value)
}

fn listed<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}
