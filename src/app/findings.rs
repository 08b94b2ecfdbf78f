//! What was read because somebody looked at it, with the time, and what is still to be read.

use std::collections::{HashMap, HashSet};

use super::App;
use crate::effect::Effect;
use crate::org::{DelegatedAdministrator, Finding, Found, Looked, OrgError, Policy, Question, Tag};

/// How many answers are kept for the next run.
const KEPT: usize = 5_000;

/// All findings of this run.
#[derive(Debug, Default)]
pub struct Findings {
    found: HashMap<Question, Found>,
    /// What is wanted now, and was asked for.
    wanted: Vec<Question>,
    /// What was found in an earlier run, and not asked again.
    earlier: HashSet<Question>,
    /// Whether nothing can be asked.
    is_final: bool,
}

impl Findings {
    /// What is known of a question, and since when.
    #[must_use]
    pub fn get(&self, question: &Question) -> Option<&Found> {
        self.found.get(question)
    }

    /// Whether the question was asked and has no answer yet.
    #[must_use]
    pub fn is_pending(&self, question: &Question) -> bool {
        self.wanted.contains(question) && !self.found.contains_key(question)
    }

    /// The tags of a resource, or why they could not be read; `None` while they are not known.
    #[must_use]
    pub fn tags(&self, resource: &str) -> Option<Result<&[Tag], &OrgError>> {
        let found = self.get(&Question::Tags(resource.to_owned()))?;
        Some(match &found.answer {
            Ok(Finding::Tags(tags)) => Ok(tags),
            Ok(_) => return None,
            Err(error) => Err(error),
        })
    }

    /// What is attached directly to a node.
    #[must_use]
    pub fn attached(&self, node: &str, policy_type: &str) -> Option<Result<&[Policy], &OrgError>> {
        let found = self.get(&Question::Attached {
            node: node.to_owned(),
            policy_type: policy_type.to_owned(),
        })?;
        Some(match &found.answer {
            Ok(Finding::Attached(policies)) => Ok(policies),
            Ok(_) => return None,
            Err(error) => Err(error),
        })
    }

    /// All delegated administrators.
    #[must_use]
    pub fn administrators(&self) -> Option<Result<&[DelegatedAdministrator], &OrgError>> {
        let found = self.get(&Question::DelegatedAdministrators)?;
        Some(match &found.answer {
            Ok(Finding::DelegatedAdministrators(administrators)) => Ok(administrators),
            Ok(_) => return None,
            Err(error) => Err(error),
        })
    }

    /// Shows what was found in an earlier run. When somebody looks at it, it is asked for again,
    /// unless there is nobody to ask.
    pub(super) fn show(&mut self, kept: &[Looked], is_final: bool) {
        self.is_final = is_final;
        for one in kept {
            let found = Found {
                at: one.at,
                answer: Ok(one.finding.clone()),
            };
            self.found.insert(one.question.clone(), found);
            self.earlier.insert(one.question.clone());
        }
    }

    /// What is worth keeping: the newest answers.
    pub(super) fn to_keep(&self) -> Vec<Looked> {
        let answered = self.found.iter().filter_map(|(question, found)| {
            Some(Looked {
                at: found.at,
                question: question.clone(),
                finding: found.answer.as_ref().ok()?.clone(),
            })
        });
        let mut kept: Vec<Looked> = answered.collect();
        kept.sort_by(|one, other| (other.at, &one.question).cmp(&(one.at, &other.question)));
        kept.truncate(KEPT);
        kept
    }

    /// Takes an answer in.
    pub(super) fn learn(&mut self, question: Question, found: Found) {
        self.wanted.retain(|wanted| *wanted != question);
        self.earlier.remove(&question);
        self.found.insert(question, found);
    }

    #[expect(dead_code, reason = "the tabs of the details ask")]
    /// Forgets what is known of these questions, so that they are asked again.
    pub(super) fn forget(&mut self, questions: &[Question]) {
        for question in questions {
            self.found.remove(question);
        }
        self.wanted.retain(|wanted| !questions.contains(wanted));
    }

    /// Forgets everything, e.g. because this is another organization now.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    #[expect(dead_code, reason = "the tabs of the details ask")]
    /// Says what is looked at now, the most wanted first: what of it is not known is asked for, in
    /// place of what was wanted before.
    pub(super) fn want(&mut self, questions: Vec<Question>) -> Option<Effect> {
        if self.is_final {
            return None;
        }
        let unknown = |question: &Question| {
            !self.found.contains_key(question) || self.earlier.contains(question)
        };
        let wanted: Vec<Question> = questions.into_iter().filter(unknown).collect();
        let news = wanted.iter().any(|one| !self.wanted.contains(one));
        if wanted.len() == self.wanted.len() && !news {
            return None;
        }
        // What is only being waited for is not asked again.
        self.wanted.clone_from(&wanted);
        Some(Effect::Ask(wanted))
    }
}

/// An answer has come.
pub(super) fn on_found(app: &mut App, question: Question, found: Found) -> Vec<Effect> {
    app.findings.learn(question, found);
    Vec::new()
}
