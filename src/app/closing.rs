//! Closing accounts: what is asked, what must be known and done to answer, and what becomes of
//! closures that an earlier run has left.

use std::collections::BTreeSet;

use crokey::{KeyCombination, key};
use jiff::SignedDuration;

use super::App;
use super::dialog::{self, Subject, Text, Tone};
use super::facts::{Candidate, no_journal, say_all, say_control_tower, say_refused};
use super::marks::targets;
use super::moving::{copy_commands, name_of, path_names};
pub(super) use super::resuming::ask_resume;
use super::unchecked::final_ones;
use crate::confirm::{Confirm, Guard, Order};
use crate::effect::Effect;
use crate::org::{
    AccountState, Answer, Change, Entry, Fact, Mutation, NodeKind, Stage, closure_quota,
};

/// What happens to a closed account. Source: the documentation of `CloseAccount` and Organizations
/// User Guide, "Closing a member account", as of 2026-11.
const CONSEQUENCES: &[&str] = &[
    "orgscope cannot take it back. For 90 days only AWS Support can reinstate it, then nobody.",
    "Whatever runs in it becomes unavailable, and is deleted after the 90 days.",
    "It counts against the organization's account quota for those 90 days.",
    "Bills for what was used before may still come.",
    "A linked AWS GovCloud (US) account is closed with it.",
    "The email address of its root user cannot be used for another account.",
];

/// The window of the closure quota.
const QUOTA_WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Accounts that are to be closed.
#[derive(Debug)]
pub struct Closing {
    accounts: Vec<Candidate>,
    trusted: Answer<Vec<String>>,
}

/// Whether there is anything to close.
pub(super) fn available(app: &App) -> Result<(), &'static str> {
    if targets(app).is_empty() {
        return Err("there is no account under the cursor");
    }
    Ok(())
}

/// Asks whether the marked accounts, or else the one under the cursor, shall be closed, and for
/// what is to be read for the answer.
pub(super) fn ask(app: &mut App) -> Vec<Effect> {
    let accounts = targets(app);
    let changes: Vec<Change> = accounts
        .iter()
        .map(|account| {
            let mutation = Mutation::CloseAccount {
                account: account.clone(),
            };
            about(app, mutation)
        })
        .collect();
    let candidates = changes
        .iter()
        .map(|change| Candidate::new(app, change.clone()));
    let subject = Closing {
        accounts: candidates.collect(),
        trusted: Answer::Pending,
    };
    if changes.is_empty() {
        return Vec::new();
    }
    let confirm = question(changes);
    let dialog = dialog::open(app, Subject::Close(subject), confirm);
    vec![Effect::Preflight { dialog, accounts }]
}

/// What must be ticked and typed to close these accounts, nothing of it done.
fn question(changes: Vec<Change>) -> Confirm {
    let (phrase, checked) = match changes.as_slice() {
        [only] => (
            only.mutation.target().to_owned(),
            format!(
                "I have checked that {} is the account I mean",
                only.target_name
            ),
        ),
        many => (
            format!("close {} accounts", many.len()),
            format!("I have read the whole list of {} accounts", many.len()),
        ),
    };
    let boxes = vec![
        "I cannot take this back with orgscope".to_owned(),
        "Everything in it will be deleted after 90 days".to_owned(),
        checked,
    ];
    let order = Order::Changes {
        changes,
        stop_at_first_error: false,
        undoes: None,
    };
    Confirm::new(order, Guard::Typed { phrase }, boxes)
}

/// A change of an account, with its name and place as the tree has them.
pub(super) fn about(app: &App, mutation: Mutation) -> Change {
    let ix = app.tree.find(mutation.target());
    let parent = ix.and_then(|ix| app.tree.get(ix)?.parent());
    Change {
        target_name: name_of(&app.tree, mutation.target()),
        path: parent.map_or_else(String::new, |parent| path_names(&app.tree, parent)),
        parent: parent
            .and_then(|parent| app.tree.get(parent))
            .filter(|parent| parent.kind() != NodeKind::Unplaced)
            .map(|parent| parent.id().to_owned()),
        to_path: None,
        mutation,
    }
}

impl Closing {
    pub(super) fn title(&self) -> String {
        match self.accounts.as_slice() {
            [only] => format!("CLOSE account {}", only.change.target_name),
            many => format!("CLOSE {} accounts", many.len()),
        }
    }

    pub(super) fn body(&self, app: &App, text: &mut Text) {
        self.say_refused(app, text);
        say_control_tower(text, &self.trusted);
        for account in &self.accounts {
            account.say(app, text);
        }
        text.gap();
        text.say(Tone::Heading, "What closing means");
        say_all(text, CONSEQUENCES);
        text.gap();
        self.say_quota(app, text);
        text.gap();
        text.say(Tone::Faint, "The same with the AWS CLI (c copies it):");
        for account in &self.accounts {
            let command = account.change.mutation.command();
            text.say(Tone::Faint, &format!("  {command}"));
        }
    }

    fn say_quota(&self, app: &App, text: &mut Text) {
        let totals = app.tree.totals();
        let quota = closure_quota(totals.accounts.saturating_sub(1));
        let used = used_closures(app);
        text.say(Tone::Heading, "Quota, as documented 2026-11");
        let documented = format!(
            "In 30 days at most {quota} closures (250 or 20 % of the member accounts, up to 1,000), \
             3 under way at a time. orgscope sends one every {} s; what waits can be withdrawn.",
            app.config.closures.send_every.as_secs_f64(),
        );
        text.say(Tone::Plain, &documented);
        let known = format!(
            "Known to be used: {} sent by orgscope in the last 30 days; {} accounts closed or being \
             closed, some perhaps earlier. What else was closed cannot be counted.",
            used.sent, used.seen,
        );
        text.say(Tone::Plain, &known);
        if used.together + self.accounts.len() > quota {
            let line = format!(
                "! With these {} the quota may be exceeded",
                self.accounts.len()
            );
            text.say(Tone::Warning, &line);
        }
    }

    /// While accounts are still being read, only how many are refused: a list that grows above
    /// what is being read would push it away.
    fn say_refused(&self, app: &App, text: &mut Text) {
        let refused = self.refused(app);
        let all = self.accounts.len();
        let ids = ids(&refused).len();
        if ids == 0 {
            return;
        }
        if all > 1 && self.read() < all {
            let line = format!("Refused so far: {ids} of {all}; the list comes when all are read.");
            text.say(Tone::Problem, &line);
        } else {
            say_refused(text, &refused);
        }
        if all > 1 {
            let how = if ids < all {
                "  r drops these from the batch and unmarks them; what is left is asked anew."
            } else {
                "  None is left that could be closed."
            };
            text.say(Tone::Problem, how);
        }
        text.gap();
    }

    /// Of how many accounts everything was answered.
    fn read(&self) -> usize {
        let accounts = self.accounts.iter();
        accounts.filter(|account| account.is_read()).count()
    }

    /// Whether some accounts are refused and others are not.
    fn may_drop(&self, app: &App) -> bool {
        let refused = self.refused(app);
        (1..self.accounts.len()).contains(&ids(&refused).len())
    }

    /// Its own keys.
    pub(super) fn keys(&self, app: &App) -> Vec<(&'static str, &'static str)> {
        let drop = self.may_drop(app).then_some(("r", "drop refused"));
        drop.into_iter().chain([("c", "copy command")]).collect()
    }

    /// What one of its own keys does.
    pub(super) fn key(
        &mut self,
        app: &mut App,
        confirm: &mut Confirm,
        key: KeyCombination,
    ) -> Option<Vec<Effect>> {
        if key != key!(r) || !self.may_drop(app) {
            return key_copies(confirm, key);
        }
        let refused = self.refused(app);
        let refused: BTreeSet<String> = ids(&refused).into_iter().map(str::to_owned).collect();
        self.accounts
            .retain(|account| !refused.contains(account.id()));
        let kept = self.accounts.iter().map(|account| account.id().to_owned());
        app.marks.unmark(&refused, kept);
        let changes = self.accounts.iter().map(|account| account.change.clone());
        // Another question than the one that was asked: all that was ticked and typed is void.
        let organization = confirm.organization().map(str::to_owned);
        *confirm = question(changes.collect()).about(organization);
        app.say(match refused.len() {
            1 => "1 account was dropped and unmarked".to_owned(),
            count => format!("{count} accounts were dropped and unmarked"),
        });
        Some(Vec::new())
    }

    /// Which accounts must not be closed, and why.
    fn refused(&self, app: &App) -> Vec<(&Candidate, String)> {
        let mut refused = Vec::new();
        for account in &self.accounts {
            let asked = asked_before(app, account.id());
            let refusals = account.refusals_to_close(app);
            let whys = final_ones(&refusals).into_iter().chain(asked);
            refused.extend(whys.map(|why| (account, why)));
        }
        refused
    }

    pub(super) fn still_true(&self, app: &App) -> Result<(), String> {
        let mut accounts = self.accounts.iter();
        accounts.try_for_each(|account| account.still_true(app))
    }

    /// Whether none of the accounts can be closed.
    pub(super) fn is_refused(&self, app: &App) -> bool {
        let refused = self.refused(app);
        ids(&refused).len() == self.accounts.len()
    }

    pub(super) fn obstacle(&self, app: &App) -> Option<String> {
        let refused = self.refused(app);
        let (count, read, all) = (ids(&refused).len(), self.read(), self.accounts.len());
        match refused.as_slice() {
            _ if app.journal_error.is_some() => no_journal(app),
            [(_, why), ..] if all == 1 => Some(format!("Refused: {why}")),
            [_, ..] if count == all => Some(format!("Refused: all {all} accounts, see above")),
            [_, ..] if read < all => Some(format!(
                "Refused: {count} so far; {read} of {all} read; r drops them"
            )),
            [_, ..] => Some(format!(
                "Refused: {count} of {all} accounts, see above; r drops them"
            )),
            [] if read == all => None,
            [] if all == 1 => Some("Still reading what is known of the account".to_owned()),
            [] => Some(format!("Still reading: {read} of {all} read")),
        }
    }

    /// How much there is to read before it is confirmed.
    pub(super) fn warnings(&self, app: &App) -> usize {
        let answered = self.accounts.iter().map(Candidate::answered);
        answered.sum::<usize>() + self.refused(app).len()
    }

    pub(super) fn learn(&mut self, fact: &Fact) {
        if let Fact::TrustedAccess(services) = fact {
            self.trusted = services.clone();
        }
        for account in &mut self.accounts {
            account.learn(fact);
        }
    }

    pub(super) fn confirmed(self, app: &mut App) {
        app.marks.clear();
        let what = match self.accounts.as_slice() {
            [only] => only.change.target_name.clone(),
            many => format!("{} accounts", many.len()),
        };
        app.say(format!(
            "Confirmed: {what} will be closed; 2 shows how it goes"
        ));
    }
}

/// The accounts that are refused, each once.
fn ids<'a>(refused: &[(&'a Candidate, String)]) -> BTreeSet<&'a str> {
    refused.iter().map(|(account, _)| account.id()).collect()
}

/// `c` copies the commands of an order.
pub(super) fn key_copies(confirm: &Confirm, key: KeyCombination) -> Option<Vec<Effect>> {
    match confirm.order() {
        Order::Changes { changes, .. } if key == key!(c) => Some(vec![copy_commands(changes)]),
        _ => None,
    }
}

/// That the closure of an account was confirmed before and is not over.
fn asked_before(app: &App, id: &str) -> Option<String> {
    let mut entries = app.journal.iter();
    entries.find(|entry| {
        let came_to_nothing = app.watch.is_still_active(id);
        let sent = entry.stage == Stage::Sent && !came_to_nothing;
        is_closure_of(entry, id) && (entry.is_queued() || sent)
    })?;
    Some("its closure was confirmed before and is not over; 2 shows it".to_owned())
}

pub(super) fn is_closure_of(entry: &Entry, id: &str) -> bool {
    entry.is_closure() && entry.change.mutation.target() == id
}

/// What is known to count against the quota.
struct Used {
    /// Sent by this program in the window, whatever became of it unless it was refused.
    sent: usize,
    /// Accounts that are closed or being closed.
    seen: usize,
    /// Both, each account once.
    together: usize,
}

fn used_closures(app: &App) -> Used {
    let recent = |entry: &&Entry| {
        let last = entry.intents.last();
        let recent = last.is_some_and(|at| app.now.duration_since(*at) <= QUOTA_WINDOW);
        let made = entry.is_made() || entry.is_uncertain() || entry.stage == Stage::Sent;
        entry.is_closure() && recent && made
    };
    let sent = app.journal.iter().filter(recent);
    let sent: BTreeSet<&str> = sent.map(|entry| entry.change.mutation.target()).collect();
    let nodes = app.tree.iter().filter_map(|(_, node)| node.account());
    let ending = nodes.filter(|account| {
        matches!(
            account.state,
            Some(AccountState::PendingClosure | AccountState::Closed)
        )
    });
    let seen: BTreeSet<&str> = ending.map(|account| account.id.as_str()).collect();
    Used {
        sent: sent.len(),
        seen: seen.len(),
        together: sent.union(&seen).count(),
    }
}
