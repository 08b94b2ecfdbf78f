//! What the terminal's user does, with pasted text in one piece.
//!
//! Not every terminal says where a paste begins and ends (the console, `screen`): then it arrives
//! as keys, many at once, each of which would do something. Such a burst is told from typing by
//! its length, or by what it says: it has an account id, an ARN or an email address in it. What comes
//! soon after it is the rest of it, unless it is a key that types nothing.

use std::collections::VecDeque;
use std::io;
use std::mem::take;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures::future::poll_fn;
use futures::{Stream, StreamExt as _};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::time::{Instant, timeout_at};

use crate::org::{Wanted, mentions};

/// In characters: an account id, the shortest of what is pasted.
const SHORTEST: usize = 12;
/// In characters: nobody types so much while a slow line holds it back.
const TYPED_AT_MOST: usize = 64;
/// So many characters at once may be the begin of a paste that comes in pieces.
const BEGIN: usize = 4;
/// What may be the begin of a paste is none when nothing more has come for so long.
const QUIET: Duration = Duration::from_millis(25);
/// What is a paste already is over when nothing more has come for so long: a slow line brings it in
/// pieces, of which none is to be taken for keys.
const QUIET_AFTER_PASTE: Duration = Duration::from_millis(250);
/// In events: what is longer is taken in parts.
const LONGEST: usize = 1 << 20;

/// The terminal's events.
pub(super) struct Input<S = EventStream> {
    events: S,
    /// What was read, and may be the begin of a paste.
    burst: Vec<Event>,
    read_at: Instant,
    ready: VecDeque<Event>,
    has_ended: bool,
    error: Option<io::Error>,
}

impl Input {
    /// Listens to the terminal.
    pub(super) fn new() -> Self {
        Self::of(EventStream::new())
    }
}

impl<S: Stream<Item = io::Result<Event>> + Unpin> Input<S> {
    fn of(events: S) -> Self {
        Self {
            events,
            burst: Vec::new(),
            read_at: Instant::now(),
            ready: VecDeque::new(),
            has_ended: false,
            error: None,
        }
    }

    /// What happens next; `None` at the end. Nothing is lost where this is not waited for to its
    /// end.
    pub(super) async fn next(&mut self) -> Option<io::Result<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            if self.burst.is_empty() {
                if self.has_ended {
                    return self.error.take().map(Err);
                }
                self.read().await;
            }
            let mut typed = None;
            while typed.is_none()
                && !self.has_ended
                && let Some(quiet) = quiet_after(&self.burst)
            {
                let before = self.burst.len();
                let until = self.read_at + quiet;
                if timeout_at(until, self.read()).await.is_err() {
                    break;
                }
                // Whoever presses such a key after a paste does not mean it to be a part of that; a
                // letter that comes alone is rather one of the text that a slow line brings.
                let is_one = self.burst.len() == before + 1;
                let typed_one = is_one && quiet == QUIET_AFTER_PASTE;
                let is_typed = |last: &mut Event| last.is_key() && character(last).is_none();
                typed = self.burst.pop_if(|last| typed_one && is_typed(last));
            }
            self.ready = joined(take(&mut self.burst)).into();
            self.ready.extend(typed);
        }
    }

    /// Waits until there is something, and takes all that is there.
    async fn read(&mut self) {
        poll_fn(|context| {
            let before = self.burst.len();
            while !self.has_ended && self.burst.len() < LONGEST {
                match self.events.poll_next_unpin(context) {
                    Poll::Ready(Some(Ok(event))) => self.burst.push(event),
                    Poll::Ready(Some(Err(error))) => {
                        (self.has_ended, self.error) = (true, Some(error));
                    }
                    Poll::Ready(None) => self.has_ended = true,
                    Poll::Pending => {
                        rouse();
                        if self.burst.len() == before {
                            return Poll::Pending;
                        }
                        break;
                    }
                }
            }
            self.read_at = Instant::now();
            Poll::Ready(())
        })
        .await;
    }
}

/// Tells crossterm 0.29 of what is left to be read. It hears once that there is something, reads
/// 1,024 bytes, and goes on with what is left when it hears of more: of a long paste, the end would
/// wait for the next key, or for ever. A terminal whose attributes are set, be it to what they are,
/// says again what there is.
fn rouse() {
    let terminal = io::stdin();
    if rustix::io::ioctl_fionread(&terminal).is_ok_and(|left| left > 0)
        && let Ok(attributes) = tcgetattr(&terminal)
    {
        let _ = tcsetattr(&terminal, OptionalActions::Now, &attributes);
    }
}

/// For how long more of this may be on its way, if it may be a paste.
fn quiet_after(burst: &[Event]) -> Option<Duration> {
    let text = burst.iter().filter_map(character).take(TYPED_AT_MOST + 1);
    let text: String = text.collect();
    if text.chars().count() < BEGIN || is_one_key(&text) || burst.len() >= LONGEST {
        return None;
    }
    Some(if is_pasted(&text) {
        QUIET_AFTER_PASTE
    } else {
        QUIET
    })
}

/// The events of a burst, in which text that nobody has typed is a paste. What somebody may have
/// typed while the line held it back stays what it was, key by key, but for a single line that
/// tells of an account and is not searched for with `/`: that is the same wherever text is typed.
fn joined(burst: Vec<Event>) -> Vec<Event> {
    let text: String = burst.iter().filter_map(character).collect();
    if !is_pasted(&text) {
        return burst;
    }
    if text.chars().count() < TYPED_AT_MOST && mentions(&text).len() < 2 {
        let lines = burst.chunk_by(|event, next| !ends_line(event) && !ends_line(next));
        return lines.flat_map(joined_line).collect();
    }
    let searched = text.strip_prefix('/');
    let mut paste = Some(Event::Paste(searched.unwrap_or(&text).to_owned()));
    let mut slash = searched.is_some();
    let mut events = Vec::new();
    for event in burst {
        if character(&event).is_none() || take(&mut slash) {
            events.push(event);
        } else {
            events.extend(paste.take());
        }
    }
    events
}

fn joined_line(line: &[Event]) -> Vec<Event> {
    let text: String = line.iter().filter_map(character).collect();
    if text.starts_with('/') || !is_pasted(&text) {
        return line.to_vec();
    }
    let mut events = vec![Event::Paste(text)];
    events.extend(
        line.iter()
            .filter(|event| character(event).is_none())
            .cloned(),
    );
    events
}

/// Whether this is text that is found in documents, and not what keys do that are pressed quickly
/// or held.
fn is_pasted(text: &str) -> bool {
    let length = text.chars().count();
    let is_text = length > TYPED_AT_MOST || tells_of_something(text);
    length >= SHORTEST && !is_one_key(text) && is_text
}

fn is_one_key(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters.next();
    letters.all(|c| Some(c) == first)
}

fn tells_of_something(text: &str) -> bool {
    let is_address = |word: &str| {
        let parts = word.split_once('@');
        parts.is_some_and(|(user, domain)| !user.is_empty() && domain.contains('.'))
    };
    !mentions(text).is_empty()
        || text.contains("arn:aws")
        || text.split_whitespace().any(is_address)
        || !matches!(Wanted::parse(text), Wanted::Words(_))
}

/// The character that a key types into a text, with those that divide it.
fn character(event: &Event) -> Option<char> {
    let Event::Key(KeyEvent {
        code,
        modifiers,
        kind: KeyEventKind::Press,
        ..
    }) = event
    else {
        return None;
    };
    match (*code, *modifiers) {
        (KeyCode::Char(c), KeyModifiers::NONE | KeyModifiers::SHIFT) => Some(c),
        // The latter is how a line feed arrives.
        (KeyCode::Enter, KeyModifiers::NONE) | (KeyCode::Char('j'), KeyModifiers::CONTROL) => {
            Some('\n')
        }
        (KeyCode::Tab, KeyModifiers::NONE) => Some('\t'),
        _ => None,
    }
}

fn ends_line(event: &Event) -> bool {
    matches!(character(event), Some('\n' | '\t'))
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
