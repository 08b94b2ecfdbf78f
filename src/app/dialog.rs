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
pub use super::subject::{Look, Subject};

use super::App;
use super::overlay::Overlay;
use crate::confirm::{Answered, Confirm, Focus, Guard};
use crate::effect::Effect;
use crate::msg::Region;
use crate::org::{Answer, ErrorKind, Fact, Observation, visible};

/// How many lines a turn of the wheel scrolls.
const WHEEL_LINES: isize = 3;

/// Facts keep at least so many lines where what is below them does not scroll.
const LEAST_FACTS: usize = 5;

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
    /// The dialog's title, harmless for a terminal.
    #[must_use]
    pub fn title(&self) -> String {
        visible(&self.subject.title(&self.confirm)).into_owned()
    }

    /// What the button that confirms is called.
    #[must_use]
    pub fn accept(&self) -> &'static str {
        self.subject.accept(&self.confirm)
    }

    /// How serious it is.
    #[must_use]
    pub fn look(&self) -> Look {
        self.subject.look()
    }

    /// Everything above the buttons: what is known, the boxes, and the line to type into (a line of
    /// its own, after the one that names the phrase).
    #[must_use]
    pub fn lines(&self, app: &App, width: usize) -> Vec<Line> {
        let mut text = Text::new(width);
        self.subject.body(app, &self.confirm, &mut text);
        if !self.confirm.boxes().is_empty() {
            text.gap();
        }
        for (at, acknowledgement) in self.confirm.boxes().iter().enumerate() {
            let focus = Focus::Box(at);
            let here = if self.confirm.focus() == focus {
                '>'
            } else {
                ' '
            };
            let mark = if acknowledgement.ticked { 'x' } else { ' ' };
            let line = format!("[{mark}] {}", acknowledgement.text);
            let from = text.lines.len();
            text.push(Tone::Plain, &format!("  {line}"), Some(focus));
            if let Some(first) = text.lines.get_mut(from) {
                first.text.replace_range(0..1, &here.to_string());
            }
        }
        if let Guard::Typed { phrase } = self.confirm.guard() {
            text.gap();
            text.say(Tone::Plain, &format!("To confirm, type: {phrase}"));
            text.push_line(Tone::Plain, String::new(), Some(Focus::Input));
        }
        text.into_lines()
    }

    /// What is missing for consent, or how to give it; and whether it could be given now.
    #[must_use]
    pub fn status(&self, now: Duration) -> (bool, String) {
        let confirm = &self.confirm;
        let typed = matches!(confirm.guard(), Guard::Typed { .. });
        let text = if let Some(obstacle) = confirm.obstacle() {
            visible(obstacle).into_owned()
        } else if !confirm.is_ticked() {
            "Tick every box with Space first".to_owned()
        } else if !confirm.is_typed() {
            "The text to type does not match yet (Tab gets to its line)".to_owned()
        } else if !confirm.is_armed(now) {
            "A moment, please: read it first".to_owned()
        } else if typed {
            format!("Ready: Tab to {}, then Enter", self.accept())
        } else {
            format!("y: {}", self.accept())
        };
        (confirm.is_ready(now), text)
    }

    /// The keys that do something here, with a word for each.
    #[must_use]
    pub fn keys(&self) -> Vec<(&'static str, &'static str)> {
        let typing = self.confirm.focus() == Focus::Input;
        let mut keys = Vec::new();
        match self.confirm.guard() {
            Guard::Yes => keys.push(("y", "yes")),
            Guard::Typed { .. } => keys.push(("Tab", "next")),
        }
        if let Focus::Box(_) = self.confirm.focus() {
            keys.push(("Space", "tick"));
        }
        if !typing {
            keys.push(("n", "no"));
            keys.extend(self.subject.keys(&self.confirm));
        }
        keys.extend([("PgDn", "more"), ("Esc", "cancel")]);
        keys
    }

    /// The text in an area of this size: the lines that scroll, how many of them there is room for,
    /// and those below them that stay. What must be ticked and typed stays in sight where that
    /// leaves enough room for the facts; elsewhere everything scrolls.
    #[must_use]
    pub fn window(&self, app: &App, width: usize, height: usize) -> (Vec<Line>, usize, Vec<Line>) {
        let mut lines = self.lines(app, width);
        let first = lines.iter().position(|line| line.part.is_some());
        // With the empty line above it.
        let first = first.map_or(lines.len(), |first| {
            let above = if self.confirm.boxes().is_empty() {
                2
            } else {
                1
            };
            first.saturating_sub(above)
        });
        let fixed = lines.len() - first;
        if fixed == 0 || lines.len() <= height || height < fixed + LEAST_FACTS {
            return (lines, height, Vec::new());
        }
        let below = lines.split_off(first);
        (lines, height - fixed, below)
    }

    fn scroll_by(&mut self, app: &App, lines: isize) {
        let area = app.areas.overlay;
        let (facts, room, _) = self.window(app, area.width.into(), area.height.into());
        let last = facts.len().saturating_sub(room);
        self.scroll = self.scroll.saturating_add_signed(lines).min(last);
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
    let area = app.areas.overlay;
    let (_, room, _) = dialog.window(app, area.width.into(), area.height.into());
    let page = isize::try_from(room).unwrap_or(1).max(1);
    let mut effects = Vec::new();
    let own = if dialog.confirm.focus() == Focus::Input {
        None
    } else {
        dialog.subject.key(&mut dialog.confirm, key)
    };
    match key {
        key!(pagedown) => dialog.scroll_by(app, page),
        key!(pageup) => dialog.scroll_by(app, -page),
        key!(home) if dialog.confirm.focus() != Focus::Input => dialog.scroll_by(app, isize::MIN),
        key!(end) if dialog.confirm.focus() != Focus::Input => dialog.scroll_by(app, isize::MAX),
        _ => match own {
            Some(asked) => effects = asked,
            None => return answer(app, *dialog, key),
        },
    }
    app.overlays.push(Overlay::Dialog(dialog));
    effects
}

fn answer(app: &mut App, dialog: Dialog, key: KeyCombination) -> Vec<Effect> {
    let Dialog {
        number,
        confirm,
        subject,
        scroll,
        warned,
        fresh,
    } = dialog;
    match confirm.key(key, app.elapsed) {
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

/// The wheel scrolls; clicks do nothing: what is under the pointer is no consent.
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
                account: account.clone(),
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

/// When the topmost dialog can be confirmed without any more being done to it, if that is ahead.
pub(super) fn armed_at(app: &App) -> Option<Timestamp> {
    let wait = armed_in(app)?;
    app.now
        .checked_add(SignedDuration::try_from(wait).ok()?)
        .ok()
}

fn armed_in(app: &App) -> Option<Duration> {
    let ready_at = match app.overlays.last()? {
        Overlay::Dialog(dialog) => dialog.confirm.ready_at()?,
        _ => return None,
    };
    let wait = ready_at.checked_sub(app.elapsed)?;
    (!wait.is_zero()).then_some(wait)
}

/// Time has passed: a button may have come alive.
pub(super) fn on_elapsed(app: &mut App, elapsed: Duration) {
    let waited = armed_in(app).is_some();
    app.elapsed = app.elapsed.max(elapsed);
    app.dirty |= waited && armed_in(app).is_none();
}
