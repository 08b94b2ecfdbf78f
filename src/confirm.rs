//! Confirmation is a type: the only way to a [`Confirmed`], and so to a change of the
//! organization, leads through [`Confirm`] and its guard.
//!
//! A [`Confirm`] holds what was asked, captured when it was asked. It gives a [`Confirmed`] away
//! once, and is gone then. Time here is what has passed since the program started, by a clock that
//! nobody can set: a step of the time of day arms nothing. No key that was pressed before its dialog was on screen, and no key
//! that repeats itself, confirms: the guard is armed only some time after the dialog was drawn, and
//! an early attempt begins that time anew.

mod order;
mod parts;

use std::time::Duration;

use crokey::{KeyCombination, OneToThree, key};
use crossterm::event::{KeyCode, KeyModifiers};
use tui_input::Input;

pub use order::{Confirmed, Order};
pub use parts::{Acknowledgement, Focus, Guard, Missing, Tried};

use crate::keys;

/// How long a dialog that is answered with a key is on screen before it can be confirmed.
pub const ARMED_AFTER: Duration = Duration::from_millis(500);
/// The same for a dialog that wants something typed.
pub const TYPED_ARMED_AFTER: Duration = Duration::from_secs(2);
/// How long it takes after an attempt that came too early, at least: longer than a keyboard waits
/// before it repeats a key that is held (660 ms by default under X11, 500 ms elsewhere).
pub const ARMED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A question that was asked and not answered yet.
#[derive(Debug, Clone)]
pub struct Confirm {
    order: Order,
    guard: Guard,
    /// What must be ticked; empty for [`Guard::Yes`].
    boxes: Vec<Acknowledgement>,
    input: Input,
    focus: Focus,
    /// When the dialog was on screen first, or was last answered too early.
    armed_from: Option<Duration>,
    /// Whether it was last answered too early.
    early: bool,
    /// What the last key tried in vain.
    tried: Option<Tried>,
    /// Why it cannot be confirmed now: still reading, or refused.
    obstacle: Option<String>,
    /// Whether it must not be confirmed at all: it can only be left.
    refused: bool,
    /// The id of the organization that it is about.
    organization: Option<String>,
}

/// What a key did to a [`Confirm`].
#[derive(Debug)]
pub enum Answered {
    /// The question stands.
    Open(Confirm),
    /// It was left without consent.
    Cancelled,
    /// It was confirmed.
    Confirmed(Confirmed),
}

impl Confirm {
    /// Asks for consent to this order. The focus is on Cancel.
    ///
    /// What cannot be taken back is never let through with a key alone: an order that closes,
    /// removes or leaves needs [`Guard::Typed`], whatever the caller passes, and so does one that
    /// resumes closures.
    #[must_use]
    pub fn new(order: Order, guard: Guard, acknowledgements: Vec<String>) -> Self {
        let guard = match guard {
            Guard::Yes if order.needs_typing() => Guard::Typed {
                phrase: order.phrase(),
            },
            Guard::Typed { phrase } if phrase.trim().is_empty() => Guard::Typed {
                phrase: order.phrase(),
            },
            guard => guard,
        };
        let boxes = acknowledgements.into_iter();
        Self {
            order,
            guard,
            boxes: boxes
                .map(|text| Acknowledgement {
                    text,
                    ticked: false,
                })
                .collect(),
            input: Input::default(),
            focus: Focus::Cancel,
            armed_from: None,
            early: false,
            tried: None,
            obstacle: None,
            refused: false,
            organization: None,
        }
    }

    /// The id of the organization that it is about.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    /// The same about the organization of this id: the journal of no other one takes the consent.
    #[must_use]
    pub fn about(self, organization: Option<String>) -> Self {
        Self {
            organization,
            ..self
        }
    }

    /// What is asked.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// What must be done to confirm.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The statements that must be ticked.
    #[must_use]
    pub fn boxes(&self) -> &[Acknowledgement] {
        &self.boxes
    }

    /// The line that is typed into.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Which part has the keys.
    #[must_use]
    pub fn focus(&self) -> Focus {
        self.focus
    }

    /// Why it cannot be confirmed now, apart from what the user has yet to do.
    #[must_use]
    pub fn obstacle(&self) -> Option<&str> {
        self.obstacle.as_deref()
    }

    /// Says why it cannot be confirmed now, or that it can.
    pub fn set_obstacle(&mut self, obstacle: Option<String>) {
        self.obstacle = obstacle;
    }

    /// Whether it must not be confirmed, whatever the user does: there is nothing to tick or type.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.refused
    }

    /// Says whether it must not be confirmed, whatever the user does. What is not refused any more
    /// must be read again first.
    pub fn set_refused(&mut self, refused: bool) {
        if refused {
            self.focus = Focus::Cancel;
        } else if self.refused {
            self.hidden();
        }
        self.refused = refused;
    }

    /// Whether the first change that fails stops the others.
    pub fn set_stop_at_first_error(&mut self, stop: bool) {
        if let Order::Changes {
            stop_at_first_error,
            ..
        } = &mut self.order
        {
            *stop_at_first_error = stop;
        }
    }

    /// The dialog is on screen, now.
    pub fn shown(&mut self, now: Duration) {
        self.armed_from.get_or_insert(now);
    }

    /// The dialog is not on screen, or shows something new that must be read first: the time begins
    /// anew when it is drawn next.
    pub fn hidden(&mut self) {
        self.tried = None;
        self.armed_from = None;
    }

    /// Whether it has been on screen for long enough.
    #[must_use]
    pub fn is_armed(&self, now: Duration) -> bool {
        self.ready_at().is_some_and(|ready_at| now >= ready_at)
    }

    /// Whether the phrase is typed, or none is wanted.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        match &self.guard {
            Guard::Yes => true,
            Guard::Typed { phrase } => self.input.value().trim() == phrase.trim(),
        }
    }

    /// Whether every box is ticked.
    #[must_use]
    pub fn is_ticked(&self) -> bool {
        self.boxes
            .iter()
            .all(|acknowledgement| acknowledgement.ticked)
    }

    /// What is missing for consent first, apart from [`Self::obstacle`].
    #[must_use]
    pub fn missing(&self, now: Duration) -> Option<Missing> {
        let boxes = self.boxes.iter().filter(|it| !it.ticked).count();
        if boxes > 0 {
            Some(Missing::Boxes(boxes))
        } else if !self.is_typed() {
            Some(Missing::Phrase)
        } else if !self.is_armed(now) {
            let left = |at: Duration| at.saturating_sub(now);
            Some(Missing::Time(self.ready_at().map(left)))
        } else {
            None
        }
    }

    /// What the last key tried in vain, if it did.
    #[must_use]
    pub fn tried(&self) -> Option<Tried> {
        self.tried
    }

    /// Whether the button would confirm now.
    #[must_use]
    pub fn is_ready(&self, now: Duration) -> bool {
        self.missing(now).is_none() && self.obstacle.is_none() && !self.refused
    }

    /// When it can be confirmed at the earliest; `None` while it has not been drawn.
    #[must_use]
    pub fn ready_at(&self) -> Option<Duration> {
        let wait = match self.guard {
            Guard::Yes => ARMED_AFTER,
            Guard::Typed { .. } => TYPED_ARMED_AFTER,
        };
        let wait = if self.early {
            wait.max(ARMED_AGAIN_AFTER)
        } else {
            wait
        };
        self.armed_from?.checked_add(wait)
    }

    /// Takes a key. Keys that a held key repeats must not come here, where the terminal tells.
    #[must_use]
    pub fn key(mut self, key: KeyCombination, now: Duration) -> Answered {
        let typing = self.focus == Focus::Input;
        self.tried = None;
        match key {
            key!(esc) => return Answered::Cancelled,
            _ if [key!(tab), key!(down)].contains(&key) => self.step(1),
            _ if [key!(backtab), key!(up)].contains(&key) => self.step(-1),
            _ if self.refused && key != key!(enter) && !is_no(key) => {}
            _ if !typing && [key!(left), key!(right)].contains(&key) => {
                self.focus = match self.focus {
                    Focus::Accept => Focus::Cancel,
                    Focus::Cancel => Focus::Accept,
                    other => other,
                };
            }
            key!(enter) => match self.focus {
                Focus::Cancel => return Answered::Cancelled,
                Focus::Accept => return self.accept(now),
                // A held Enter must not get from the line onto the button and press it.
                Focus::Box(_) | Focus::Input => self.tried = Some(Tried::Confirming),
            },
            _ if typing => {
                keys::edit(&mut self.input, key);
            }
            key!(space) => {
                if let Focus::Box(at) = self.focus {
                    self.tick(at);
                }
            }
            _ if is_no(key) => return Answered::Cancelled,
            key!(y) if self.guard == Guard::Yes => return self.accept(now),
            _ if self.guard != Guard::Yes && is_typed_text(key) => self.tried = Some(Tried::Typing),
            _ => {}
        }
        Answered::Open(self)
    }

    /// A key was pressed that is none of the question's own.
    pub fn set_aside(&mut self) {
        self.tried = None;
    }

    /// Takes a click on this part. What confirms only gets the focus: where the pointer happens to
    /// be is no consent.
    #[must_use]
    pub fn click(mut self, part: Focus) -> Answered {
        self.tried = None;
        match part {
            _ if self.refused && part != Focus::Cancel => return Answered::Open(self),
            Focus::Cancel => return Answered::Cancelled,
            Focus::Box(at) => self.tick(at),
            Focus::Input | Focus::Accept => {}
        }
        self.focus = part;
        Answered::Open(self)
    }

    fn tick(&mut self, at: usize) {
        if let Some(acknowledgement) = self.boxes.get_mut(at) {
            acknowledgement.ticked = !acknowledgement.ticked;
        }
    }

    /// Takes pasted text: into the line to type into, in place of what is there, wherever the
    /// focus is, and nowhere else.
    pub fn paste(&mut self, text: &str) {
        if matches!(self.guard, Guard::Typed { .. }) && !self.refused {
            self.focus = Focus::Input;
            self.tried = None;
            self.input.reset();
            keys::paste(&mut self.input, text);
        }
    }

    /// Consent given outside of a screen: by the answer to a question on a terminal, or by a flag.
    /// `how` says which, for the journal. `None` where the order needs more than a yes.
    #[must_use]
    pub fn by_command(self, how: &str) -> Option<Confirmed> {
        let free = self.obstacle.is_none() && !self.refused;
        (self.guard == Guard::Yes && free).then(|| Confirmed {
            order: self.order,
            how: how.to_owned(),
            organization: self.organization,
        })
    }

    fn accept(mut self, now: Duration) -> Answered {
        if !self.is_ready(now) {
            self.tried = Some(Tried::Confirming);
            // A held key must not get through as soon as the time has passed.
            if self.armed_from.is_some() && !self.is_armed(now) {
                self.armed_from = Some(now);
                self.early = true;
            }
            return Answered::Open(self);
        }
        let how = match &self.guard {
            Guard::Yes => "yes".to_owned(),
            Guard::Typed { phrase } => format!("typed {phrase}"),
        };
        Answered::Confirmed(Confirmed {
            order: self.order,
            how,
            organization: self.organization,
        })
    }

    /// Everything that can have the focus, from top to bottom.
    fn stops(&self) -> Vec<Focus> {
        if self.refused {
            return vec![Focus::Cancel];
        }
        let mut stops: Vec<_> = (0..self.boxes.len()).map(Focus::Box).collect();
        if matches!(self.guard, Guard::Typed { .. }) {
            stops.push(Focus::Input);
        }
        stops.extend([Focus::Accept, Focus::Cancel]);
        stops
    }

    fn step(&mut self, by: isize) {
        let stops = self.stops();
        let count = stops.len();
        let here = stops.iter().position(|stop| *stop == self.focus);
        let here = here.unwrap_or(count - 1);
        let next = if by > 0 { here + 1 } else { here + count - 1 };
        self.focus = stops[next % count];
    }
}

fn is_no(key: KeyCombination) -> bool {
    [key!(n), key!(q)].contains(&key)
}

/// Whether somebody who types this means text.
fn is_typed_text(key: KeyCombination) -> bool {
    let plain = (key.modifiers - KeyModifiers::SHIFT).is_empty();
    plain && matches!(key.codes, OneToThree::One(KeyCode::Char(c)) if c.is_alphanumeric())
}

#[cfg(test)]
mod tests;
