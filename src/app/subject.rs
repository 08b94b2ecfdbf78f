//! What dialogs are about: for each kind, what to show, when it is no longer true, when it must not
//! be confirmed, and what follows from consent.

use crokey::KeyCombination;

use super::App;
use super::closing::{self, Closing};
use super::dialog::Text;
use super::facts::no_journal;
use super::moving::Moving;
use super::removing::{Leaving, Removing};
use super::resuming::Resuming;
use super::units::Unit;
use crate::confirm::Confirm;
use crate::effect::Effect;
use crate::org::Fact;

/// What a dialog is about.
#[derive(Debug)]
pub enum Subject {
    /// Accounts move to another OU, or back.
    Move(Moving),
    /// Accounts are closed.
    Close(Closing),
    /// An account is removed from the organization.
    Remove(Removing),
    /// The caller's own account leaves the organization.
    Leave(Leaving),
    /// Closures that were confirmed before go on.
    Resume(Resuming),
    /// An OU is made, renamed or deleted.
    Unit(Unit),
}

/// How serious it is: dialogs that must not be taken for each other look different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It can be taken back.
    Reversible,
    /// An account is closed.
    Closing,
    /// An account leaves the organization, and lives on.
    Parting,
    /// Nothing is changed in the organization.
    Harmless,
}

impl Subject {
    /// The dialog's title.
    pub(super) fn title(&self, confirm: &Confirm) -> String {
        match self {
            Self::Close(closing) => closing.title(),
            Self::Remove(removing) => removing.title(),
            Self::Leave(leaving) => leaving.title(),
            Self::Resume(resuming) => resuming.title(),
            Self::Move(_) => Moving::title(confirm),
            Self::Unit(_) => Unit::title(confirm),
        }
    }

    /// Where to, where that belongs into the title.
    pub(super) fn destination(&self, confirm: &Confirm) -> Option<String> {
        match self {
            Self::Move(_) => Moving::destination(confirm),
            _ => None,
        }
    }

    /// What the button that confirms is called.
    pub(super) fn accept(&self, confirm: &Confirm) -> &'static str {
        match self {
            Self::Move(_) => "Move",
            Self::Close(_) => "Close",
            Self::Remove(_) => "Remove",
            Self::Leave(_) => "Leave organization",
            Self::Resume(_) => "Resume",
            Self::Unit(_) => Unit::accept(confirm),
        }
    }

    pub(super) fn look(&self) -> Look {
        match self {
            Self::Close(_) | Self::Resume(_) => Look::Closing,
            Self::Remove(_) | Self::Leave(_) => Look::Parting,
            Self::Move(_) | Self::Unit(_) => Look::Reversible,
        }
    }

    /// Everything that is to be read before it is confirmed.
    pub(super) fn body(&self, app: &App, confirm: &Confirm, text: &mut Text) {
        match self {
            Self::Move(moving) => moving.body(app, confirm, text),
            Self::Close(closing) => closing.body(app, text),
            Self::Remove(removing) => removing.body(app, text),
            Self::Leave(leaving) => leaving.body(app, text),
            Self::Resume(resuming) => resuming.body(app, text),
            Self::Unit(_) => Unit::body(confirm, text),
        }
    }

    /// Whether what was asked still makes sense, by what the tree knows now; otherwise why not, as
    /// a sentence.
    pub(super) fn still_true(&self, app: &App, confirm: &Confirm) -> Result<(), String> {
        // Leaving is a member account's own, and has a rule of its own.
        let read_only = app.read_only_because();
        if let Some(why) = read_only.filter(|_| !matches!(self, Self::Leave(_))) {
            return Err(why.reason().to_owned());
        }
        match self {
            Self::Move(moving) => moving.still_true(app, confirm),
            Self::Close(closing) => closing.still_true(app),
            Self::Remove(removing) => removing.still_true(app),
            Self::Leave(leaving) => leaving.still_true(app),
            Self::Resume(resuming) => resuming.still_true(app),
            Self::Unit(unit) => unit.still_true(app, confirm),
        }
    }

    /// Why it must not be confirmed: something is still being read, or it would be refused.
    pub(super) fn obstacle(&self, app: &App) -> Option<String> {
        match self {
            Self::Close(closing) => closing.obstacle(app),
            Self::Remove(removing) => removing.obstacle(app),
            Self::Leave(leaving) => leaving.obstacle(app),
            Self::Resume(resuming) => resuming.obstacle(app),
            Self::Move(_) | Self::Unit(_) => no_journal(app),
        }
    }

    /// Whether it would be refused, whatever the user does and whatever is still being read.
    pub(super) fn is_refused(&self, app: &App) -> bool {
        match self {
            Self::Close(closing) => closing.is_refused(app),
            Self::Remove(removing) => removing.is_refused(app),
            Self::Leave(leaving) => leaving.is_refused(app),
            Self::Resume(resuming) => resuming.is_refused(app),
            Self::Move(_) | Self::Unit(_) => false,
        }
    }

    /// How much there is to warn of: when that grows, it must be read before it is confirmed.
    pub(super) fn warnings(&self, app: &App, confirm: &Confirm) -> usize {
        match self {
            Self::Move(moving) => moving.warnings(app, confirm).len(),
            Self::Close(closing) => closing.warnings(app),
            Self::Remove(removing) => removing.warnings(app),
            Self::Leave(leaving) => leaving.warnings(app),
            Self::Resume(resuming) => resuming.warnings(app),
            Self::Unit(_) => 0,
        }
    }

    /// Takes in a fact that was read for this dialog.
    pub(super) fn learn(&mut self, fact: &Fact) {
        match self {
            Self::Move(moving) => moving.learn(fact),
            Self::Close(closing) => closing.learn(fact),
            Self::Remove(removing) => removing.learn(fact),
            Self::Leave(leaving) => leaving.learn(fact),
            Self::Resume(resuming) => resuming.learn(fact),
            Self::Unit(_) => {}
        }
    }

    /// Its own keys, with what they do in a word.
    pub(super) fn keys(&self, app: &App, confirm: &Confirm) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Move(_) => Moving::keys(confirm),
            Self::Close(closing) => closing.keys(app),
            Self::Resume(_) => Vec::new(),
            Self::Remove(_) | Self::Leave(_) | Self::Unit(_) => vec![("c", "copy command")],
        }
    }

    /// What one of its own keys does; `None` if the key is not one of them. Not called while the
    /// line that is typed into has the focus.
    pub(super) fn key(
        &mut self,
        app: &mut App,
        confirm: &mut Confirm,
        key: KeyCombination,
    ) -> Option<Vec<Effect>> {
        match self {
            Self::Move(_) => Moving::key(confirm, key),
            Self::Close(closing) => closing.key(app, confirm, key),
            Self::Remove(_) | Self::Leave(_) => closing::key_copies(confirm, key),
            Self::Resume(_) => None,
            Self::Unit(_) => Unit::key(confirm, key),
        }
    }

    /// What follows in the app from consent, apart from the effect.
    pub(super) fn confirmed(self, app: &mut App) {
        match self {
            Self::Close(closing) => closing.confirmed(app),
            Self::Remove(removing) => removing.confirmed(app),
            Self::Leave(_) => Leaving::confirmed(app),
            Self::Resume(resuming) => resuming.confirmed(app),
            Self::Move(_) => app.marks.clear(),
            Self::Unit(unit) => unit.confirmed(app),
        }
    }
}
