//! What a policy reaches while that is being read: of `FullAWSAccess`, minutes.

use super::{Kind, Sheet, questions};
use crate::app::App;
use crate::app::details::{Page, Tone, count, not_read, say_age};
use crate::app::reach;
use crate::app::search::Extent;
use crate::org::{Policy, Question};

/// The part of it by which what is listed must have grown before it is listed anew: to list everything
/// again for each page would take longer the more there is.
const GROWN_BY: usize = 8;

pub(super) fn reach_page(app: &App, policy: &Policy, page: &mut Page) {
    let answer = app.findings.targets(&policy.id);
    if let Some(Err(error)) = answer {
        page.say(0, &Tone::Problem, &not_read(error));
    }
    if let Some(Ok(targets)) = answer {
        reach::page(app, policy, targets, true, page);
    } else if let Some(targets) = app.findings.targets_so_far(&policy.id) {
        reach::page(app, policy, targets, false, page);
    }
}

/// While the organization is read, so many lines take another second until they are made anew.
const LINES_A_SECOND: usize = 10_000;

impl Sheet {
    /// The state of the tree that is to be shown: while it is being read there is a new one for every
    /// frame, and to list thousands of accounts so often would leave no time for keys.
    pub(super) fn tree_shown(&self, app: &App) -> u64 {
        let newest = app.tree.revision();
        let Some(made) = self.made.filter(|_| app.load.walking().is_some()) else {
            return newest;
        };
        let wait = 1 + self.page.lines.len() / LINES_A_SECOND;
        let passed = (app.now.as_second() - self.made_at).unsigned_abs();
        if passed >= wait as u64 {
            newest
        } else {
            made.tree
        }
    }

    /// How many targets are to be listed now, where not all of them are known.
    pub(super) fn listed(&self, app: &App) -> Option<usize> {
        let Kind::Reach(policy) = &self.kind else {
            return None;
        };
        if matches!(app.findings.targets(&policy.id), Some(Ok(_))) {
            return None;
        }
        let known = app.findings.targets_so_far(&policy.id)?.len();
        let listed = self.made.and_then(|made| made.listed);
        let listed =
            listed.filter(|listed| known >= *listed && known - listed <= listed / GROWN_BY);
        Some(listed.unwrap_or(known))
    }

    /// Says in the first lines how far it was read, and notes how much there is to search in.
    pub(super) fn tell_how_far(&mut self, app: &App, width: usize) {
        let questions = questions(app, self);
        self.extent = Extent::of(app, &questions, !self.page.items.is_empty());
        let Kind::Reach(policy) = &self.kind else {
            return;
        };
        let so_far = app.findings.targets_so_far(&policy.id);
        if self.extent == Extent::All && (so_far.is_some() || app.load.walking().is_some()) {
            self.extent = Extent::Part;
        }
        let mut head = Page::new(width);
        say_how_far(app, policy, &mut head);
        let lines = head.lines.len();
        self.page.lines.splice(..self.head, head.lines);
        self.head = lines;
    }
}

/// How old it is, or how many targets were read until now.
fn say_how_far(app: &App, policy: &Policy, page: &mut Page) {
    let question = Question::Targets(policy.id.clone());
    let so_far = app.findings.targets_so_far(&policy.id);
    let Some(so_far) = so_far.filter(|_| !app.findings.is_settled(&question)) else {
        return say_age(app, &[question], page);
    };
    let targets = count(so_far.len(), "target");
    let text = match app.findings.get(&question) {
        Some(found) => {
            let age = crate::app::ago(found.at, app.now);
            format!("reading: {targets} so far; shown is what was read {age}")
        }
        None => format!("reading: {targets} so far"),
    };
    page.say(0, &Tone::Faint, &text);
}
