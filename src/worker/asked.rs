//! Answers what somebody looks at: the newest wishes first, a few at once.

use std::collections::{BTreeSet, VecDeque};
use std::mem::discriminant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::desk::{Desk, now};
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

    /// Answers what is wanted, one after the other, until nothing more is.
    pub(super) async fn read(self, desk: Desk) {
        while let Some(question) = self.next() {
            let connection = desk.connection();
            let answer = aws::answer(&connection, desk.limiter(), &question).await;
            let found = Found { at: now(), answer };
            // Before it is told: whoever hears it may ask again at once.
            self.state().reading.remove(&question);
            desk.tell(Msg::Found(question, found)).await;
        }
    }

    /// The next question; without one, whoever asks stops reading. Where it is passed over for its
    /// kind, there are others that read, and they come to it.
    fn next(&self) -> Option<Question> {
        let mut state = self.state();
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
