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
    /// Counts the connections. Who reads for an earlier one than this has no place here any more.
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

    /// There is another connection: nothing is wanted of it yet, and what the one before still
    /// answers is not told.
    pub(super) fn reconnect(&self) {
        let mut state = self.state();
        *state = State {
            connection: state.connection + 1,
            ..State::default()
        };
    }

    /// Answers what is wanted, one after the other, until nothing more is.
    pub(super) async fn read(self, desk: Desk) {
        let number = self.state().connection;
        while let Some(question) = self.next(number) {
            let connection = desk.connection();
            let answer = aws::answer(&connection, desk.limiter(), &question).await;
            let found = Found { at: now(), answer };
            if !self.tell(&desk, number, question, found).await {
                return;
            }
        }
    }

    /// Tells an answer, unless it is of an earlier connection; whether it was told.
    async fn tell(&self, desk: &Desk, number: u64, question: Question, found: Found) -> bool {
        // First the place for it: an answer that waited for one could come after the news of
        // another connection.
        let place = desk.place_to_tell().await;
        let mut state = self.state();
        if state.connection != number {
            return false;
        }
        // Before it is told: whoever hears it may ask again at once.
        state.reading.remove(&question);
        if let Some(place) = place {
            place.send(Msg::Found(question, found));
        }
        true
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
