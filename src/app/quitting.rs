//! Ending the program while something goes on: the question, and its answers.

use crokey::{KeyCombination, key};

use super::dialog::{Line, Text, Tone};
use super::overlay::Overlay;
use super::{App, Leaving};
use crate::effect::Effect;

/// Leaves, or asks first while something is under way that nobody else sees to.
pub(super) fn quit(app: &mut App) -> Vec<Effect> {
    if going_on(app).is_empty() {
        return vec![Effect::Quit];
    }
    app.overlays.push(Overlay::Quit);
    Vec::new()
}

/// Ends the program after the question.
pub(super) fn quit_anyway(app: &mut App) -> Vec<Effect> {
    app.leaving = Leaving::Anyway;
    vec![Effect::Quit]
}

/// What a quit would leave behind, a sentence each.
#[must_use]
pub fn going_on(app: &App) -> Vec<String> {
    let in_flight = app.in_flight().count();
    let closures = app.queued().filter(|entry| entry.is_closure()).count();
    let others = app.queued().count() - closures;
    let mut sentences = Vec::new();
    if in_flight + others + closures > 0 {
        sentences.push(format!(
            "{in_flight} in flight, {} queued.",
            others + closures
        ));
    }
    if !app.orders_out.is_empty() {
        let sentence = "What was confirmed last is not in the journal yet: it may be lost.";
        sentences.push(sentence.to_owned());
    } else if app.leaving == Leaving::WhileChanging && sentences.is_empty() {
        sentences.push("Something is still being changed.".to_owned());
    }
    sentences.extend(match in_flight {
        0 => None,
        1 => Some("In flight: its outcome will be looked up at the next start.".to_owned()),
        _ => Some("In flight: their outcomes will be looked up at the next start.".to_owned()),
    });
    sentences.extend(match others {
        0 => None,
        1 => Some("1 queued change will not be sent.".to_owned()),
        many => Some(format!("{many} queued changes will not be sent.")),
    });
    sentences.extend(match closures {
        0 => None,
        1 => Some("1 queued closure stays in the journal and needs a resume.".to_owned()),
        many => Some(format!(
            "{many} queued closures stay in the journal and need a resume."
        )),
    });
    sentences
}

/// The question's text, as lines of at most `width` columns.
#[must_use]
pub fn lines(app: &App, width: usize) -> Vec<Line> {
    let mut text = Text::new(width);
    for sentence in going_on(app) {
        text.say(Tone::Plain, &sentence);
    }
    text.into_lines()
}

/// The question whether to leave was on top and got this key.
pub(super) fn key_in_quit(app: &mut App, key: KeyCombination) -> Vec<Effect> {
    if key == key!(y) {
        return quit_anyway(app);
    }
    if [key!(n), key!(w), key!(esc), key!(enter)].contains(&key) {
        app.leaving = Leaving::No;
    } else {
        app.overlays.push(Overlay::Quit);
    }
    Vec::new()
}
