//! What a dialog shows: its lines, what is missing for consent, its keys and buttons, and where all
//! of that is.

use std::time::Duration;

use unicode_width::UnicodeWidthStr as _;

use super::dialog::{Dialog, Line, Look, Subject, Text, Tone};
use super::{App, ago};
use crate::confirm::{Focus, Guard, Missing, Tried};
use crate::org::visible;

/// Facts keep at least so many lines where what is below them does not scroll.
const LEAST_FACTS: usize = 5;

/// Below the text: what more there is of it, what is missing for consent, and then the buttons.
const BUTTONS_BELOW: u16 = 2;

/// A button, as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Which one.
    pub part: Focus,
    /// Its text, with marks where it has the focus.
    pub text: String,
    /// Its first column, from the left edge of the text above it.
    pub column: u16,
}

/// What of a dialog's text is in sight.
#[derive(Debug)]
pub struct Shown {
    /// From the top down.
    pub lines: Vec<Line>,
    /// How many lines are above what scrolls.
    pub above: usize,
    /// How many lines are below it.
    pub below: usize,
    /// Below how many of the lines that is told, on a line that has no text.
    pub more_at: usize,
}

impl Dialog {
    /// The dialog's title, harmless for a terminal.
    #[must_use]
    pub fn title(&self) -> String {
        let (what, destination) = self.title_parts();
        format!("{what}{destination}")
    }

    /// The same in two parts: what is done, and the path of the destination, which may be cut.
    #[must_use]
    pub fn title_parts(&self) -> (String, String) {
        let what = self.subject.title(&self.confirm);
        let what = visible(&what);
        match self.subject.destination(&self.confirm) {
            Some(path) => (format!("{what} to "), visible(&path).into_owned()),
            None => (what.into_owned(), String::new()),
        }
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
        if let Some(at) = app.cached_at() {
            text.gap();
            let age = ago(at, app.now);
            let again = if app.load.is_walking_all() {
                "and is being read again"
            } else {
                "and could not be read again"
            };
            let caution = format!("What is said of OUs was read {age}, {again}");
            text.say(Tone::Warning, &caution);
        }
        if self.confirm.is_refused() {
            return text.into_lines();
        }
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
        if confirm.is_refused() {
            return (false, "This is refused; Esc leaves".to_owned());
        }
        let wrong = !confirm.is_typed() && !confirm.input().value().is_empty();
        let text = match (confirm.tried(), confirm.missing(now)) {
            (Some(tried), _)
                if wrong && (tried == Tried::Typing || confirm.obstacle().is_none()) =>
            {
                self.what_was_typed()
            }
            (Some(Tried::Typing), _) if !confirm.is_typed() => {
                format!("Nothing was typed. {}", self.what_to_type(Focus::Cancel))
            }
            (tried, missing) => {
                let what = match (confirm.obstacle(), missing) {
                    (Some(obstacle), _) => visible(obstacle).into_owned(),
                    (None, Some(missing)) => self.to_do(missing),
                    (None, None) => self.how_to_confirm(),
                };
                let goes = confirm.is_ready(now) && confirm.focus() == Focus::Accept;
                match (tried.filter(|_| !goes), confirm.obstacle()) {
                    (Some(_), Some(_)) => format!("No. {what}"),
                    (Some(_), None) => format!("Nothing happened. {what}"),
                    (None, _) => what,
                }
            }
        };
        (confirm.is_ready(now), text)
    }

    fn to_do(&self, missing: Missing) -> String {
        match missing {
            Missing::Boxes(1) => "Tick 1 more box: Tab, Space".to_owned(),
            Missing::Boxes(count) => format!("Tick {count} more boxes: Tab, Space"),
            Missing::Phrase => self.what_to_type(self.confirm.focus()),
            Missing::Time(None) => "Read it first".to_owned(),
            Missing::Time(Some(left)) => {
                format!("Read it first: {} s", whole_seconds(left))
            }
        }
    }

    /// What is to be typed, and how to get there from the part that has the keys.
    fn what_to_type(&self, from: Focus) -> String {
        let Guard::Typed { phrase } = self.confirm.guard() else {
            return String::new();
        };
        let what = if is_account_id(phrase) {
            "the 12-digit id".to_owned()
        } else {
            visible(phrase).into_owned()
        };
        match (from, self.confirm.input().value()) {
            (Focus::Input, "") => format!("Type {what}"),
            (Focus::Input, _) => format!("This is not {what} yet"),
            (_, "") => format!("Tab: type {what}"),
            _ => self.what_was_typed(),
        }
    }

    /// That what is typed is not what is wanted. The right id is not told: it is to be read above.
    fn what_was_typed(&self) -> String {
        let Guard::Typed { phrase } = self.confirm.guard() else {
            return String::new();
        };
        let what = match self.subject {
            _ if is_account_id(phrase) => " the id of this account",
            Subject::Leave(_) => " the id of the organization",
            _ => &format!(": {}", visible(phrase)),
        };
        let how = match self.confirm.focus() {
            Focus::Input => "",
            _ => "; Tab gets there",
        };
        format!("What is typed is not{what}{how}")
    }

    fn how_to_confirm(&self) -> String {
        let button = self.accept();
        match (self.confirm.guard(), self.confirm.focus()) {
            (Guard::Yes, _) => format!("y: {button}"),
            (_, Focus::Accept) => format!("Enter: {button}"),
            _ => format!("Ready: Tab to {button}, then Enter"),
        }
    }

    /// The keys that do something here, with a word for each.
    #[must_use]
    pub fn keys(&self, app: &App) -> Vec<(&'static str, &'static str)> {
        let typing = self.confirm.focus() == Focus::Input;
        let mut keys = Vec::new();
        match self.confirm.guard() {
            _ if self.confirm.is_refused() => {}
            Guard::Yes => keys.push(("y", "yes")),
            Guard::Typed { .. } => keys.push(("Tab", "next")),
        }
        if let Focus::Box(_) = self.confirm.focus() {
            keys.push(("Space", "tick"));
        }
        if !typing {
            keys.push(("n", "no"));
            keys.extend(self.subject.keys(app, &self.confirm));
        }
        let area = app.areas.overlay;
        let shown = self.shown(app, area.width.into(), area.height.into());
        match (shown.above, shown.below) {
            (0, 0) => {}
            (_, 0) => keys.push(("PgUp", "back")),
            _ => keys.push(("PgDn", "more")),
        }
        keys.push(("Esc", "cancel"));
        keys
    }

    /// What of the text is in sight in an area of this size.
    #[must_use]
    pub fn shown(&self, app: &App, width: usize, height: usize) -> Shown {
        let (lines, room, fixed) = self.window(app, width, height);
        let above = self.scroll.min(lines.len().saturating_sub(room));
        let below = lines.len().saturating_sub(above + room);
        let scrolled = lines.into_iter().skip(above).take(room);
        Shown {
            // The first of the lines that stay is empty.
            more_at: if fixed.is_empty() { height } else { room },
            lines: scrolled.chain(fixed).collect(),
            above,
            below,
        }
    }

    /// The buttons below a text of this width, in the order of Tab: both, or, where nothing can be
    /// confirmed, the one that leaves. What has the focus is told by marks as well as by colours.
    #[must_use]
    pub fn buttons(&self, ready: bool, width: u16) -> Vec<Button> {
        let accept = if ready {
            self.accept().to_owned()
        } else {
            format!("({})", self.accept())
        };
        let text = |part: Focus, name: &str| {
            if self.confirm.focus() == part {
                format!("[> {name} <]")
            } else {
                format!("[  {name}  ]")
            }
        };
        let accept = text(Focus::Accept, &accept);
        let cancel = text(Focus::Cancel, "Cancel");
        let columns = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX);
        let (first, gap) = (columns(&accept), 3);
        let free = width.saturating_sub(first.saturating_add(gap + columns(&cancel)));
        let start = match self.look() {
            Look::Reversible | Look::Harmless => 0,
            Look::Closing => free,
            Look::Parting => free / 2,
        };
        let button = |part, text, column| Button { part, text, column };
        let cancel = button(Focus::Cancel, cancel, start.saturating_add(first + gap));
        if self.confirm.is_refused() {
            return vec![cancel];
        }
        vec![button(Focus::Accept, accept, start), cancel]
    }

    /// The part that is drawn at this cell of the screen.
    pub(super) fn part_at(&self, app: &App, column: u16, row: u16) -> Option<Focus> {
        let area = app.areas.overlay;
        if area.contains(column, row) {
            let shown = self.shown(app, area.width.into(), area.height.into());
            return shown.lines.get(usize::from(row - area.y))?.part;
        }
        let buttons = area.y.saturating_add(area.height + BUTTONS_BELOW);
        let column = column.checked_sub(area.x)?;
        let (ready, _) = self.status(app.elapsed);
        let is_there = |button: &Button| {
            let width = u16::try_from(button.text.width()).unwrap_or(u16::MAX);
            (button.column..button.column.saturating_add(width)).contains(&column)
        };
        let on_screen = area.height > 0 && row == buttons;
        let mut buttons = self.buttons(ready, area.width).into_iter();
        buttons
            .find(is_there)
            .filter(|_| on_screen)
            .map(|button| button.part)
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
}

fn is_account_id(phrase: &str) -> bool {
    phrase.len() == 12 && phrase.bytes().all(|byte| byte.is_ascii_digit())
}

/// As a countdown tells it: never less than what is left.
pub(super) fn whole_seconds(left: Duration) -> u64 {
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}
