//! An app that asks for what is looked at, and gets answers.

use std::time::Duration;

use crokey::KeyCombination;
use crossterm::event::KeyCode;
use orgscope::app::{App, update};
use orgscope::effect::Effect;
use orgscope::msg::Msg;
use orgscope::org::{Finding, Found, OrgError, Question};
use orgscope::ui;
use ratatui::layout::Rect;

/// What a service would answer.
pub(crate) type Answers<'a> = &'a dyn Fn(&Question) -> Result<Finding, OrgError>;

/// Draws on a screen of this size until nothing more is asked for, and answers what is, and what was
/// asked for before.
pub(crate) fn settle(
    app: &mut App,
    mut effects: Vec<Effect>,
    (width, height): (u16, u16),
    answers: Answers<'_>,
) {
    loop {
        let areas = ui::arrange(app, Rect::new(0, 0, width, height));
        effects.extend(update(app, Msg::Arranged(areas)));
        let later = app.now + Duration::from_secs(1);
        effects.extend(update(app, Msg::Clock(later)));
        let mut is_quiet = true;
        while let Some(effect) = effects.pop() {
            let Effect::Ask(questions) = effect else {
                continue;
            };
            for question in questions {
                is_quiet = false;
                let found = Found {
                    at: app.now,
                    answer: answers(&question),
                };
                effects.extend(update(app, Msg::Found(question, found)));
            }
        }
        if is_quiet {
            return;
        }
    }
}

/// Presses keys, separated by spaces, and lets each come to its end; a word that is no key's name is
/// typed letter by letter.
pub(crate) fn operate(app: &mut App, keys: &str, size: (u16, u16), answers: Answers<'_>) {
    for word in keys.split(' ') {
        let keys: Vec<KeyCombination> = match word.parse::<KeyCombination>() {
            Ok(key) => vec![key.normalized()],
            Err(_) => word.chars().map(|c| KeyCode::Char(c).into()).collect(),
        };
        for key in keys {
            let effects = update(app, Msg::Key(key));
            settle(app, effects, size, answers);
        }
    }
}
