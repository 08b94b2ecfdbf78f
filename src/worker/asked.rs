//! Answers what somebody looks at: the newest wishes first, a few at once.

use std::collections::{BTreeMap, VecDeque};
use std::mem::discriminant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::desk::now;
use super::line::Line;
use crate::aws;
use crate::msg::Msg;
use crate::org::{Finding, Found, OrgError, Question, Target, TargetPage};

/// How many questions are being answered at once; the limiter decides on the pace.
const AT_ONCE: usize = 4;

/// And how many of one kind: those that wait for a slow call must not keep others from being asked.
const OF_ONE_KIND: usize = 3;

/// Pages that wait to be told: more would only be staler.
const PAGES_WAITING: usize = 8;

/// What is wanted, and what is being read.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Question>,
    /// What is being read; a reading is given up when its end here is dropped.
    reading: BTreeMap<Question, oneshot::Sender<()>>,
    readers: usize,
    /// The number of the connection. Who reads over another one has no place here any more.
    connection: u64,
}

impl Asked {
    /// Wants these from now on, in this order, and nothing else that was not begun or takes long.
    /// Says how many more [`Self::read`] are needed for it.
    pub(super) fn want(&self, questions: Vec<Question>) -> usize {
        let mut state = self.state();
        state.waiting.clear();
        let goes_on = |question: &Question| !takes_long(question) || questions.contains(question);
        state.reading.retain(|question, _| goes_on(question));
        for question in questions {
            if !state.reading.contains_key(&question) && !state.waiting.contains(&question) {
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
        while let Some((question, given_up)) = self.next(line.number) {
            let answer = tokio::select! {
                answer = answer(&line, &question) => answer,
                _ = given_up => continue,
            };
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
    fn next(&self, number: u64) -> Option<(Question, oneshot::Receiver<()>)> {
        let mut state = self.state();
        if state.connection != number {
            return None;
        }
        let State {
            waiting, reading, ..
        } = &*state;
        let has_room = |question: &Question| {
            let kind = discriminant(question);
            let same = reading.keys().filter(|other| discriminant(*other) == kind);
            same.count() < OF_ONE_KIND
        };
        let first = waiting.iter().position(has_room);
        let Some(question) = first.and_then(|first| state.waiting.remove(first)) else {
            state.readers -= 1;
            return None;
        };
        let (goes_on, given_up) = oneshot::channel();
        state.reading.insert(question.clone(), goes_on);
        Some((question, given_up))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether there may be so much to read that it is given up once nobody looks at it any more.
fn takes_long(question: &Question) -> bool {
    matches!(question, Question::Targets(_))
}

/// The answer; of what takes long, every page is told before.
async fn answer(line: &Line, question: &Question) -> Result<Finding, OrgError> {
    let Question::Targets(policy) = question else {
        return aws::answer(&line.connection, line.limiter(), question).await;
    };
    let (pages, mut news) = mpsc::channel::<Vec<Target>>(PAGES_WAITING);
    let forward = async {
        let mut before = 0;
        while let Some(targets) = news.recv().await {
            let count = targets.len();
            let page = TargetPage {
                policy: policy.clone(),
                before,
                targets,
            };
            let msg = Msg::Targets(page);
            if !line.tell(msg).await {
                break;
            }
            before += count;
        }
    };
    let reading = aws::answer_telling(&line.connection, line.limiter(), question, pages);
    let (answer, ()) = tokio::join!(reading, forward);
    answer
}
