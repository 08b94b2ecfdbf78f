//! What is told of the closures that are watched.

use jiff::Timestamp;

use super::super::closure::{Closure, Phase, Start};
use super::super::track::{Ask, AskStage, Step, Track, signed};
use super::{DEAD_SHOWN_FOR, Watch};

impl Watch {
    /// All of them: first what needs somebody, then what is under way, what waits, and what is over.
    #[must_use]
    pub fn closures(&self, now: Timestamp) -> Vec<Closure> {
        let (crowd, under_way) = (self.crowd(), self.under_way());
        let mut closures: Vec<Closure> = self
            .tracks
            .iter()
            .filter_map(|(account, track)| self.told(account, track, crowd, under_way, now))
            .collect();
        closures.sort_by_cached_key(|closure| order(closure, self.place(&closure.account)));
        closures
    }

    /// That of one account.
    #[must_use]
    pub fn closure(&self, account: &str, now: Timestamp) -> Option<Closure> {
        let track = self.tracks.get(account)?;
        self.told(account, track, self.crowd(), self.under_way(), now)
    }

    fn told(
        &self,
        account: &str,
        track: &Track,
        crowd: usize,
        under_way: usize,
        now: Timestamp,
    ) -> Option<Closure> {
        let ask = track.ask.as_ref();
        if track.run.is_none() && !ask.is_some_and(|ask| is_told(ask, now)) {
            return None;
        }
        let phase = self.phase(track, under_way, now)?;
        Some(Closure {
            account: account.to_owned(),
            entry: ask.map(|ask| ask.entry.clone()),
            asked_at: ask.map(|ask| ask.asked_at),
            state: track.run.as_ref().map(|run| run.state.clone()),
            read_at: track.run.as_ref().map(|run| run.last),
            since: track.since(),
            ended_at: track.done.or(track.still_active).or_else(|| {
                let dead = ask.filter(|ask| ask.is_dead() && !phase.is_under_way());
                dead.map(|ask| ask.changed_at)
            }),
            next_poll: track.next_poll(&self.figures, crowd),
            trouble: track.trouble.clone(),
            attempts: ask.map_or(0, |ask| ask.attempts),
            postponed: ask.and_then(|ask| ask.postponed.clone()),
            phase,
        })
    }

    fn place(&self, account: &str) -> usize {
        let ask = self.tracks.get(account).and_then(|t| t.ask.as_ref());
        ask.map_or(0, |ask| ask.place)
    }

    fn phase(&self, track: &Track, under_way: usize, now: Timestamp) -> Option<Phase> {
        Some(match track.step() {
            Step::Sent => Phase::Sent,
            Step::Asked => Phase::Asked,
            Step::Unknown => Phase::Unknown,
            Step::Pending => Phase::Pending,
            Step::Settling => Phase::Settling,
            Step::Agreeing => Phase::Agreeing,
            Step::Closed => Phase::Closed,
            Step::ClosedBefore => Phase::ClosedBefore,
            Step::StillActive => Phase::StillActive,
            Step::Gone => Phase::Gone,
            // Without an ask it only looked like a closure, and shows as nothing.
            Step::Ask => match &track.ask.as_ref()?.stage {
                AskStage::Waiting {
                    position,
                    not_before,
                } => Phase::Queued {
                    position: *position,
                    start: self.start(*position, *not_before, under_way, now),
                },
                AskStage::Stuck { quota } => Phase::NeedsResume { quota: *quota },
                AskStage::Refused(failure) => Phase::Refused(failure.clone()),
                AskStage::NotSent(why) => Phase::NotSent(why.clone()),
                AskStage::Withdrawn => Phase::Withdrawn,
                AskStage::Sent => Phase::Sent,
                AskStage::Accepted => Phase::Asked,
                AskStage::Unknown => Phase::Unknown,
                AskStage::Finished(_) => Phase::Closed,
                AskStage::StillActive(_) => Phase::StillActive,
            },
        })
    }

    /// When the queue comes to this position, if none of those before it takes unusually long.
    fn start(
        &self,
        position: usize,
        not_before: Option<Timestamp>,
        under_way: usize,
        now: Timestamp,
    ) -> Start {
        if under_way + position > self.figures.at_once {
            return Start::AfterOthers;
        }
        let ahead = u32::try_from(position.saturating_sub(1)).unwrap_or(u32::MAX);
        let queue = signed(self.figures.send_every.saturating_mul(ahead));
        let first = self.next_send.map_or(now, |next| next.max(now));
        let turn = first.checked_add(queue).unwrap_or(Timestamp::MAX);
        Start::At(not_before.map_or(turn, |earliest| turn.max(earliest)))
    }
}

/// Whether what came to nothing is recent enough to be told.
fn is_told(ask: &Ask, now: Timestamp) -> bool {
    !ask.is_dead() || now.duration_since(ask.changed_at) <= DEAD_SHOWN_FOR
}

/// What needs somebody comes first; what is over comes last, the latest first.
/// Those that need a word come in the order in which they were confirmed, by their `place` in it.
fn order(closure: &Closure, place: usize) -> (u8, i64, String) {
    let second = |at: Option<Timestamp>| at.map_or(0, Timestamp::as_second);
    let (group, within) = match &closure.phase {
        Phase::StillActive => (0, second(closure.since)),
        Phase::NeedsResume { .. } => (1, i64::try_from(place).unwrap_or(i64::MAX)),
        phase if phase.is_under_way() => (2, second(closure.since)),
        Phase::Queued { position, .. } => (3, i64::try_from(*position).unwrap_or(i64::MAX)),
        Phase::ClosedBefore => (5, 0),
        _ => (4, -second(closure.ended_at.or(closure.since))),
    };
    (group, within, closure.account.clone())
}
