//! What the terminal's user did, as the program calls it.

use crokey::KeyCombination;
use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::msg::{MouseKind, Msg};

/// What it means, if anything. A resize is no message: the next frame asks for the size.
pub(super) fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => match key.kind {
            KeyEventKind::Press => Some(Msg::Key(plain_key(key))),
            KeyEventKind::Repeat => Some(Msg::Repeat(plain_key(key))),
            KeyEventKind::Release => None,
        },
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Mouse(mouse) => mouse_message(mouse),
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

/// Terminals disagree on whether `?` is typed with Shift; only letters keep it. Shift-Tab is always
/// with it, as in the tables.
fn plain_key(mut key: KeyEvent) -> KeyCombination {
    if matches!(key.code, KeyCode::Char(c) if !c.is_alphabetic()) {
        key.modifiers.remove(KeyModifiers::SHIFT);
    }
    if key.code == KeyCode::BackTab {
        key.modifiers.insert(KeyModifiers::SHIFT);
    }
    KeyCombination::from(key).normalized()
}

fn mouse_message(mouse: MouseEvent) -> Option<Msg> {
    let kind = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Click,
        MouseEventKind::ScrollUp => MouseKind::WheelUp,
        MouseEventKind::ScrollDown => MouseKind::WheelDown,
        _ => return None,
    };
    Some(Msg::Mouse {
        kind,
        column: mouse.column,
        row: mouse.row,
    })
}
