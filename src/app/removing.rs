//! Accounts that leave the organization and live on: removed by the management account, or by
//! their own will. Never to be taken for closing.

use super::App;
use super::closing::about;
use super::dialog::{self, Subject, Text, Tone};
use super::facts::{Candidate, no_journal, say_all, say_control_tower};
use super::marks::targets;
use super::unchecked::final_ones;
use crate::action::{Action, row_of};
use crate::confirm::{Confirm, Guard, Order};
use crate::effect::Effect;
use crate::org::{Answer, Change, Fact, Mutation, Refusal, refusals_to_leave, refusals_to_remove};

/// What becomes of an account that is not closed. Source: see [`REMOVED`].
const LIVES_ON: &str =
    "It is not closed: it lives on as an account of its own, and pays its own bills from then on.";

/// What becomes of an account that is removed. Source: the documentation of
/// `RemoveAccountFromOrganization` and Organizations User Guide, "Considerations before removing an
/// account", as of 2026-11.
const REMOVED: &[&str] = &[
    "No policy of the organization applies to it any more; its users may gain rights they lacked.",
    "All tags that the organization has put on the account are deleted.",
    "The role OrganizationAccountAccessRole stays: delete it there if nobody here shall get in.",
    "It must have a payment method, contact information, a verified phone number and a support \
     plan. Accounts that were created in an organization often lack them, and are refused then; \
     that cannot be read from here.",
];

/// What becomes of an account that leaves. Source: the documentation of `LeaveOrganization`, as of
/// 2026-11, and what is said of removal.
const LEFT: &[&str] = &[
    "It cannot come back by itself: the management account would have to invite it again.",
    "The account is not closed: it lives on as an account of its own.",
    "From then on it is charged for all that it uses, by its own payment method; the organization \
     pays nothing any more.",
    "Before it can leave, it must have a support plan, verified contact information and a current \
     payment method. Accounts that were created in an organization often lack them.",
    "No policy of the organization applies to it any more; its users may gain rights they lacked.",
    "All tags that the organization has put on the account are deleted.",
    "Roles that the management account uses here, e.g. OrganizationAccountAccessRole, stay.",
    "A delegated administrator of any service is refused: another account must take over first.",
    "An account that was created in the organization must stay for at least four days.",
    "A service control policy of the organization may forbid it.",
    "CloudTrail tells the management account of it (AccountDepartedOrganization).",
];

/// One account that is to be removed.
#[derive(Debug)]
pub struct Removing {
    account: Candidate,
    trusted: Answer<Vec<String>>,
}

/// Whether there is an account to remove. Removing takes one at a time, and never the one under the
/// cursor while others are marked.
pub(super) fn available(app: &App) -> Result<(), &'static str> {
    if !app.marks.is_empty() {
        return Err("it takes one account at a time: clear the marks first");
    }
    if targets(app).is_empty() {
        return Err("there is no account under the cursor");
    }
    Ok(())
}

/// Asks whether the account under the cursor shall be removed, and for what is to be read for the
/// answer.
pub(super) fn ask(app: &mut App) -> Vec<Effect> {
    let Some(account) = targets(app).into_iter().next() else {
        return Vec::new();
    };
    let mutation = Mutation::RemoveAccountFromOrganization {
        account: account.clone(),
    };
    let change = about(app, mutation);
    let subject = Removing {
        account: Candidate::new(app, change.clone()),
        trusted: Answer::Pending,
    };
    let confirm = typed(change, account.clone());
    let dialog = dialog::open(app, Subject::Remove(subject), confirm);
    let accounts = vec![account];
    vec![Effect::Preflight { dialog, accounts }]
}

fn typed(change: Change, phrase: String) -> Confirm {
    let order = Order::Changes {
        changes: vec![change],
        stop_at_first_error: false,
        undoes: None,
    };
    Confirm::new(order, Guard::Typed { phrase }, Vec::new())
}

fn say_refused(refused: &[String], text: &mut Text) {
    for why in refused {
        text.say(Tone::Problem, &format!("Refused: {why}"));
    }
    if !refused.is_empty() {
        text.gap();
    }
}

fn say_command(change: &Change, text: &mut Text) {
    text.gap();
    text.say(Tone::Faint, "The same with the AWS CLI (c copies it):");
    text.say(Tone::Faint, &format!("  {}", change.mutation.command()));
}

impl Removing {
    pub(super) fn title(&self) -> String {
        format!(
            "Remove {} from the organization",
            self.account.change.target_name
        )
    }

    pub(super) fn body(&self, app: &App, text: &mut Text) {
        self.account.say_state(text);
        say_refused(&final_ones(&self.refusals(app)), text);
        let Candidate { change, .. } = &self.account;
        let who = format!("{}  {}", change.target_name, self.account.id());
        if self.account.is_ending() {
            text.say(Tone::Heading, &format!("{who} leaves the organization"));
        } else {
            let line = format!("{who} leaves the organization and lives on");
            text.say(Tone::Heading, &line);
            say_all(text, &[LIVES_ON]);
        }
        say_all(text, REMOVED);
        text.gap();
        say_control_tower(text, &self.trusted);
        self.account.say(app, text);
        say_command(&self.account.change, text);
    }

    fn refusals(&self, app: &App) -> Vec<Refusal> {
        let protect = &app.config.protect;
        let management = app.management_account();
        refusals_to_remove(&self.account.facts, protect, management, app.now)
    }

    pub(super) fn still_true(&self, app: &App) -> Result<(), String> {
        self.account.still_true(app)
    }

    pub(super) fn is_refused(&self, app: &App) -> bool {
        !final_ones(&self.refusals(app)).is_empty()
    }

    pub(super) fn obstacle(&self, app: &App) -> Option<String> {
        no_journal(app)
            .or_else(|| obstacle_of(&self.refusals(app)))
            .or_else(|| (!self.account.is_read()).then(still_reading))
    }

    /// How much there is to read before it is confirmed.
    pub(super) fn warnings(&self, app: &App) -> usize {
        self.account.answered() + final_ones(&self.refusals(app)).len()
    }

    pub(super) fn learn(&mut self, fact: &Fact) {
        if let Fact::TrustedAccess(services) = fact {
            self.trusted = services.clone();
        }
        self.account.learn(fact);
    }

    pub(super) fn confirmed(self, app: &mut App) {
        let name = &self.account.change.target_name;
        app.say(format!(
            "Confirmed: {name} is being removed; 3 shows what comes of it"
        ));
    }
}

/// What stands in the way: a refusal rather than an answer that is still to come.
fn obstacle_of(refusals: &[Refusal]) -> Option<String> {
    let last_word = final_ones(refusals).into_iter().next();
    let refused = last_word.map(|why| format!("Refused: {why}"));
    refused.or_else(|| (!refusals.is_empty()).then(still_reading))
}

fn still_reading() -> String {
    "Still reading what is known of it".to_owned()
}

/// The caller's own account, which is to leave its organization.
#[derive(Debug)]
pub struct Leaving {
    account: Candidate,
    organization: String,
}

/// Asks whether the caller's own account shall leave; typed is the organization's id.
pub(super) fn ask_to_leave(app: &mut App) -> Vec<Effect> {
    let organization = app.known.organization.as_ref();
    let organization = organization.map(|organization| organization.id.clone());
    let own = app.own_account().map(str::to_owned);
    let (Some(organization), Some(account)) = (organization, own) else {
        return Vec::new();
    };
    let mutation = Mutation::LeaveOrganization {
        account: account.clone(),
    };
    let change = about(app, mutation);
    let subject = Leaving {
        account: Candidate::new(app, change.clone()),
        organization: organization.clone(),
    };
    let confirm = typed(change, organization);
    let dialog = dialog::open(app, Subject::Leave(subject), confirm);
    let accounts = vec![account];
    vec![Effect::Preflight { dialog, accounts }]
}

impl Leaving {
    pub(super) fn title(&self) -> String {
        format!("Leave organization {}", self.organization)
    }

    pub(super) fn body(&self, app: &App, text: &mut Text) {
        say_refused(&final_ones(&self.refusals(app)), text);
        text.say(Tone::Heading, "What leaving means");
        say_all(text, LEFT);
        text.gap();
        let caller = app.known.caller.as_ref();
        let arn = caller.map_or("not known", |caller| caller.arn.as_str());
        let management = app.management_account().unwrap_or("not known");
        text.say(Tone::Heading, &format!("Account {}", self.account.id()));
        text.say(Tone::Plain, &format!("  as         {arn}"));
        text.say(Tone::Plain, &format!("  leaves     {}", self.organization));
        text.say(Tone::Plain, &format!("  managed by {management}"));
        say_command(&self.account.change, text);
    }

    fn refusals(&self, app: &App) -> Vec<Refusal> {
        let Candidate { facts, .. } = &self.account;
        let protect = &app.config.protect;
        let management = app.management_account();
        refusals_to_leave(self.account.id(), facts, protect, management, app.now)
    }

    pub(super) fn still_true(&self, app: &App) -> Result<(), String> {
        if let Some(why) = app.withheld_because(row_of(Action::LeaveOrganization)) {
            return Err(why.to_owned());
        }
        let organization = app.known.organization.as_ref();
        let same = app.own_account() == Some(self.account.id())
            && organization.is_some_and(|organization| organization.id == self.organization);
        if same {
            Ok(())
        } else {
            Err("the credentials have become those of another account".to_owned())
        }
    }

    pub(super) fn is_refused(&self, app: &App) -> bool {
        !final_ones(&self.refusals(app)).is_empty()
    }

    pub(super) fn obstacle(&self, app: &App) -> Option<String> {
        no_journal(app).or_else(|| obstacle_of(&self.refusals(app)))
    }

    /// How much there is to read before it is confirmed.
    pub(super) fn warnings(&self, app: &App) -> usize {
        final_ones(&self.refusals(app)).len()
    }

    pub(super) fn learn(&mut self, fact: &Fact) {
        self.account.learn(fact);
    }

    pub(super) fn confirmed(app: &mut App) {
        app.say("Confirmed: this account leaves the organization; 3 shows what comes of it");
    }
}
