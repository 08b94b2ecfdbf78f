//! Answers what somebody looks at: the newest wishes first, a few at once.

use std::collections::{BTreeSet, VecDeque};
use std::mem::discriminant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::desk::now;
use super::line::Line;
use crate::aws;
use crate::msg::Msg;
use crate::org::{Found, Question};

/// How many questions are being answered at once; the limiter decides on the pace.
const AT_ONCE: usize = 4;

/// And how many of one kind: those that wait for a slow call must not keep others from being asked.
const OF_ONE_KIND: usize = 3;

/// What is wanted, and what is being read.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Question>,
    reading: BTreeSet<Question>,
    readers: usize,
    /// The number of the connection. Who reads over another one has no place here any more.
    connection: u64,
}

impl Asked {
    /// Wants these from now on, in this order, and nothing else that was not begun. Says how many
    /// more [`Self::read`] are needed for it.
    pub(super) fn want(&self, questions: Vec<Question>) -> usize {
        let mut state = self.state();
        state.waiting.clear();
        for question in questions {
            if !state.reading.contains(&question) && !state.waiting.contains(&question) {
                state.waiting.push_back(question);
            }
        }
        let more = state.waiting.len().min(AT_ONCE - state.readers);
        state.readers += more;
        more
    }

    /// There is another connection, of this number: nothing is wanted of it yet.
    pub(super) fn reconnect(&self, connection: u64) {
        *self.state() = State {
            connection,
            ..State::default()
        };
    }

    /// Answers what is wanted, one after the other, until nothing more is.
    pub(super) async fn read(self, line: Line) {
        while let Some(question) = self.next(line.number) {
            let answer = aws::answer(&line.connection, line.limiter(), &question).await;
            let found = Found { at: now(), answer };
            let msg = || {
                // Before it is told: whoever hears it may ask again at once.
                self.state().reading.remove(&question);
                Msg::Found(question, found)
            };
            if !line.tell_with(msg).await {
                return;
            }
        }
    }

    /// The next question; without one, whoever asks stops reading. Where it is passed over for its
    /// kind, there are others that read, and they come to it.
    fn next(&self, number: u64) -> Option<Question> {
        let mut state = self.state();
        if state.connection != number {
            return None;
        }
        let State {
            waiting, reading, ..
        } = &*state;
        let has_room = |question: &Question| {
            let kind = discriminant(question);
            let same = reading.iter().filter(|other| discriminant(*other) == kind);
            same.count() < OF_ONE_KIND
        };
        let first = waiting.iter().position(has_room);
        let Some(question) = first.and_then(|first| state.waiting.remove(first)) else {
            state.readers -= 1;
            return None;
        };
        state.reading.insert(question.clone());
        Some(question)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
