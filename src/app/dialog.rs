//! Questions that lie on top: what is to be done, what is known of it, and what must be done to
//! confirm.
//!
//! A [`Dialog`] joins a [`Confirm`], which alone decides when there is consent, with a [`Subject`],
//! which knows what it is about: what to show, when it is no longer true, and when it must not be
//! confirmed. Another dialog is another subject.

use std::time::Duration;

use crokey::{KeyCombination, key};
use jiff::{SignedDuration, Timestamp};

pub use super::dialog_text::{Line, Text, Tone};
pub use super::dialog_view::{Button, Shown};
pub use super::subject::{Look, Subject};

use super::App;
use super::dialog_view::whole_seconds;
use super::overlay::Overlay;
use crate::confirm::{Answered, Confirm, Focus};
use crate::effect::Effect;
use crate::msg::Region;
use crate::org::{Answer, ErrorKind, Fact, Observation};

/// How many lines a turn of the wheel scrolls.
const WHEEL_LINES: isize = 3;

/// So long after it has confirmed, or has come again, a key does nothing: not every terminal tells
/// that a key is held.
const STILL_HELD: Duration = Duration::from_secs(1);

/// A question on top of everything.
#[derive(Debug)]
pub struct Dialog {
    /// Tells the dialogs of a session apart: facts carry it.
    pub number: u64,
    /// What must be done to confirm, and how far that is.
    pub confirm: Confirm,
    /// What it is about.
    pub subject: Subject,
    /// How many lines of its text are above the window.
    pub scroll: usize,
    /// How much there was to warn of.
    warned: usize,
    /// It has been arranged, and the frame that shows it first is not written yet.
    fresh: bool,
}

impl Dialog {
    fn scroll_by(&mut self, app: &App, lines: isize) {
        let area = app.areas.overlay;
        let (facts, room, _) = self.window(app, area.width.into(), area.height.into());
        let last = facts.len().saturating_sub(room);
        self.scroll = self.scroll.saturating_add_signed(lines).min(last);
    }

    /// How many lines a page has.
    fn page(&self, app: &App) -> isize {
        let area = app.areas.overlay;
        let (_, room, _) = self.window(app, area.width.into(), area.height.into());
        isize::try_from(room).unwrap_or(1).max(1)
    }

    /// Scrolls so that what has the focus is in the window.
    fn scroll_to_focus(&mut self, app: &App) {
        let area = app.areas.overlay;
        let focus = self.confirm.focus();
        let (lines, room, _) = self.window(app, area.width.into(), area.height.into());
        let mine = |line: &Line| line.part == Some(focus);
        let first = lines.iter().position(mine);
        let last = lines.iter().rposition(mine);
        if let (Some(first), Some(last)) = (first, last) {
            let lowest = (last + 1).saturating_sub(room);
            self.scroll = self.scroll.clamp(lowest.min(first), first);
        }
    }
}

/// Opens a dialog on top; says its number, under which facts are to be read for it.
pub(super) fn open(app: &mut App, subject: Subject, confirm: Confirm) -> u64 {
    app.dialogs += 1;
    let number = app.dialogs;
    let organization = app.known.organization.as_ref();
    let organization = organization.map(|organization| organization.id.clone());
    app.overlays.push(Overlay::Dialog(Box::new(Dialog {
        number,
        confirm: confirm.about(organization),
        subject,
        scroll: 0,
        warned: 0,
        fresh: false,
    })));
    refresh(app);
    number
}

/// What a key does in a dialog, which was taken off the stack for that.
pub(super) fn on_key(app: &mut App, mut dialog: Box<Dialog>, key: KeyCombination) -> Vec<Effect> {
    let mut effects = Vec::new();
    let typing = dialog.confirm.focus() == Focus::Input;
    let own = if typing {
        None
    } else {
        dialog.subject.key(app, &mut dialog.confirm, key)
    };
    match key {
        key!(pagedown) => dialog.scroll_by(app, dialog.page(app)),
        key!(pageup) => dialog.scroll_by(app, -dialog.page(app)),
        key!(home) if !typing => dialog.scroll_by(app, isize::MIN),
        key!(end) if !typing => dialog.scroll_by(app, isize::MAX),
        key!(j) if !typing => dialog.scroll_by(app, 1),
        key!(k) if !typing => dialog.scroll_by(app, -1),
        _ => match own {
            Some(asked) => effects = asked,
            None => return answer(app, *dialog, key),
        },
    }
    dialog.confirm.set_aside();
    app.overlays.push(Overlay::Dialog(dialog));
    // One of its own keys may have made it another question.
    refresh(app);
    effects
}

fn answer(app: &mut App, dialog: Dialog, key: KeyCombination) -> Vec<Effect> {
    let now = app.elapsed;
    let effects = ask(app, dialog, |confirm| confirm.key(key, now));
    let confirmed = |effect: &Effect| matches!(effect, Effect::Apply(_));
    if effects.iter().any(confirmed) {
        app.answered = Some((key, now));
    }
    effects
}

/// Whether this is still the key that has confirmed, and means nothing else. `repeats` is whether
/// the terminal tells that it is held.
pub(super) fn is_still_held(app: &mut App, key: KeyCombination, repeats: bool) -> bool {
    let now = app.elapsed;
    app.answered = app.answered.take().filter(|(answer, last)| {
        *answer == key && (repeats || now.saturating_sub(*last) < STILL_HELD)
    });
    if let Some((_, last)) = &mut app.answered {
        *last = now;
    }
    app.answered.is_some()
}

/// What follows from what the user does to the dialog's question.
fn ask(app: &mut App, dialog: Dialog, does: impl FnOnce(Confirm) -> Answered) -> Vec<Effect> {
    let Dialog {
        number,
        confirm,
        subject,
        scroll,
        warned,
        fresh,
    } = dialog;
    match does(confirm) {
        Answered::Open(confirm) => {
            let mut dialog = Dialog {
                number,
                confirm,
                subject,
                scroll,
                warned,
                fresh,
            };
            dialog.scroll_to_focus(app);
            app.overlays.push(Overlay::Dialog(Box::new(dialog)));
            Vec::new()
        }
        Answered::Cancelled => {
            app.say("Nothing was changed");
            Vec::new()
        }
        Answered::Confirmed(confirmed) => {
            subject.confirmed(app);
            vec![Effect::Apply(confirmed)]
        }
    }
}

/// Pasted text goes into the line that is typed into, and nowhere else.
pub(super) fn on_paste(app: &mut App, text: &str) {
    if let Some(Overlay::Dialog(mut dialog)) = app.overlays.pop_if(is_dialog) {
        dialog.confirm.paste(text);
        dialog.scroll_to_focus(app);
        app.overlays.push(Overlay::Dialog(dialog));
    }
}

/// A click on a part of the dialog is the focus there, and ticks a box or cancels; it never
/// confirms. Beside the parts it does nothing.
pub(super) fn on_click(app: &mut App, column: u16, row: u16) -> Vec<Effect> {
    let Some(Overlay::Dialog(dialog)) = app.overlays.pop_if(is_dialog) else {
        return Vec::new();
    };
    let Some(part) = dialog.part_at(app, column, row) else {
        app.overlays.push(Overlay::Dialog(dialog));
        return Vec::new();
    };
    app.notice = None;
    ask(app, *dialog, |confirm| confirm.click(part))
}

/// The wheel scrolls.
pub(super) fn on_wheel(app: &mut App, down: bool) {
    if let Some(Overlay::Dialog(mut dialog)) = app.overlays.pop_if(is_dialog) {
        dialog.scroll_by(app, if down { WHEEL_LINES } else { -WHEEL_LINES });
        app.overlays.push(Overlay::Dialog(dialog));
    }
}

fn is_dialog(overlay: &mut Overlay) -> bool {
    matches!(overlay, Overlay::Dialog(_))
}

/// Before each frame: only the topmost dialog is on screen, and only if it has any room.
pub(super) fn on_arranged(app: &mut App) {
    let (now, on_screen) = (app.elapsed, app.areas.overlay != Region::default());
    let top = app.overlays.len().saturating_sub(1);
    for (at, overlay) in app.overlays.iter_mut().enumerate() {
        if let Overlay::Dialog(dialog) = overlay {
            if at == top && on_screen {
                dialog.fresh |= dialog.confirm.ready_at().is_none();
                dialog.confirm.shown(now);
            } else {
                dialog.confirm.hidden();
            }
        }
    }
    // Text that has become shorter must not be scrolled out of sight.
    if let Some(Overlay::Dialog(mut dialog)) = app.overlays.pop_if(is_dialog) {
        dialog.scroll_by(app, 0);
        app.overlays.push(Overlay::Dialog(dialog));
    }
}

/// A frame was written to the terminal, now: what it shows first could not be read before.
pub(super) fn on_drawn(app: &mut App, now: Duration) {
    if let Some(Overlay::Dialog(dialog)) = app.overlays.last_mut()
        && std::mem::take(&mut dialog.fresh)
    {
        dialog.confirm.hidden();
        dialog.confirm.shown(now);
    }
}

/// Something else was on the screen: what lies on top must be seen again.
pub(super) fn on_covered(app: &mut App) {
    for overlay in &mut app.overlays {
        if let Overlay::Dialog(dialog) = overlay {
            dialog.confirm.hidden();
        }
    }
}

/// A fact that was read for the dialog of this number. What it says of an account is taken into the
/// tree, so that everything else on screen agrees with it.
pub(super) fn on_fact(app: &mut App, number: u64, fact: &Fact) {
    let dialog = app.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Dialog(dialog) if dialog.number == number => Some(dialog),
        _ => None,
    });
    if let Some(dialog) = dialog {
        dialog.subject.learn(fact);
    }
    if let Fact::Account { id, facts } = fact {
        match &facts.account {
            Answer::Known(account) => app.tree.apply([Observation::Account {
                account: account.clone().into(),
                ancestors: facts.ancestors.known().cloned().unwrap_or_default(),
            }]),
            Answer::NotChecked(error) if error.kind == ErrorKind::NotFound => {
                app.tree.apply([Observation::Vanished { node: id.clone() }]);
            }
            _ => {}
        }
    }
    refresh(app);
}

/// After anything that dialogs depend on has changed: closes those that are no longer true, and
/// says so; tells the others what stands in their way.
pub(super) fn refresh(app: &mut App) {
    let mut overlays = std::mem::take(&mut app.overlays);
    let mut gone = None;
    overlays.retain_mut(|overlay| {
        let Overlay::Dialog(dialog) = overlay else {
            return true;
        };
        let Dialog {
            confirm,
            subject,
            warned,
            ..
        } = &mut **dialog;
        match subject.still_true(app, confirm) {
            Ok(()) => {
                confirm.set_obstacle(subject.obstacle(app));
                confirm.set_refused(subject.is_refused(app));
                let before = std::mem::replace(warned, subject.warnings(app, confirm));
                if *warned > before {
                    confirm.hidden();
                }
                true
            }
            Err(why) => {
                gone = Some(why);
                false
            }
        }
    });
    app.overlays = overlays;
    if let Some(why) = gone {
        app.warn(format!("Nothing was changed: {why}"));
    }
}

/// When the text of the topmost dialog changes, or it can be confirmed, without any more being done
/// to it, if that is ahead.
pub(super) fn armed_at(app: &App) -> Option<Timestamp> {
    let wait = armed_in(app)?;
    let whole = Duration::from_secs(whole_seconds(wait) - 1);
    let wait = SignedDuration::try_from(wait.checked_sub(whole)?).ok()?;
    app.now.checked_add(wait).ok()
}

fn armed_in(app: &App) -> Option<Duration> {
    let ready_at = match app.overlays.last()? {
        Overlay::Dialog(dialog) => dialog.confirm.ready_at()?,
        _ => return None,
    };
    let wait = ready_at.checked_sub(app.elapsed)?;
    (!wait.is_zero()).then_some(wait)
}

/// Time has passed: a button may have come alive, or another second is over until it does.
pub(super) fn on_elapsed(app: &mut App, elapsed: Duration) {
    let left = |app: &App| armed_in(app).map(whole_seconds);
    let before = left(app);
    app.elapsed = app.elapsed.max(elapsed);
    app.dirty |= left(app) != before;
}
