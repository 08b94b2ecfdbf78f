//! Keys in a line that is typed into.

use crokey::{KeyCombination, OneToThree};
use crossterm::event::{KeyCode, KeyModifiers};
use tui_input::{Input, InputRequest};

/// In characters: the longest ARN of an account or OU has fewer.
const LONGEST_PASTE: usize = 256;

/// Lets a line take the key. True if its text changed.
pub(crate) fn edit(input: &mut Input, key: KeyCombination) -> bool {
    request(key)
        .and_then(|request| input.handle(request))
        .is_some_and(|changed| changed.value)
}

/// Types the first line of a text into a line, without control characters, and no more than anyone
/// searches for: a whole file may have been pasted by mistake.
pub(crate) fn paste(input: &mut Input, text: &str) {
    let line = text
        .trim_start()
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end();
    for c in line.chars().take(LONGEST_PASTE).filter(|c| !c.is_control()) {
        input.handle(InputRequest::InsertChar(c));
    }
}

fn request(key: KeyCombination) -> Option<InputRequest> {
    let OneToThree::One(code) = key.codes else {
        return None;
    };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match (code, control, alt) {
        (KeyCode::Char(c), false, false) => InputRequest::InsertChar(c),
        (KeyCode::Backspace | KeyCode::Char('h'), false | true, false) => {
            InputRequest::DeletePrevChar
        }
        (KeyCode::Delete, false, false) | (KeyCode::Char('d'), true, false) => {
            InputRequest::DeleteNextChar
        }
        (KeyCode::Char('w'), true, false) | (KeyCode::Backspace, _, true) => {
            InputRequest::DeletePrevWord
        }
        (KeyCode::Char('u'), true, false) => InputRequest::DeleteFromStart,
        (KeyCode::Char('k'), true, false) => InputRequest::DeleteTillEnd,
        (KeyCode::Left, false, false) | (KeyCode::Char('b'), true, false) => {
            InputRequest::GoToPrevChar
        }
        (KeyCode::Right, false, false) | (KeyCode::Char('f'), true, false) => {
            InputRequest::GoToNextChar
        }
        (KeyCode::Left, true, _) | (KeyCode::Char('b'), false, true) => InputRequest::GoToPrevWord,
        (KeyCode::Right, true, _) | (KeyCode::Char('f'), false, true) => InputRequest::GoToNextWord,
        (KeyCode::Home, _, _) | (KeyCode::Char('a'), true, false) => InputRequest::GoToStart,
        (KeyCode::End, _, _) | (KeyCode::Char('e'), true, false) => InputRequest::GoToEnd,
        _ => return None,
    })
}
