//! What was read because somebody looked at it, with the time, and what is still to be read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::App;
use super::details::Told;
use crate::effect::Effect;
use crate::org::{
    DelegatedAdministrator, Document, EffectivePolicy, EnabledService, Finding, Found, Looked,
    OrgError, Policy, Question, Tag, Target, TargetPage, ValidationError,
};

/// How many answers are kept for the next run.
const KEPT: usize = 5_000;
/// Of how many answers with tags it is known in which order they came.
const MOST_NOTED: usize = 4_096;

/// All findings of this run.
#[derive(Debug, Default)]
pub struct Findings {
    found: HashMap<Question, Arc<Found>>,
    /// What is wanted now, and was asked for.
    wanted: Vec<Question>,
    /// The part of it that is looked at, as it was said last.
    looked_at: Vec<Question>,
    /// What was found in an earlier run, and not asked again.
    earlier: HashSet<Question>,
    /// Whether what was found in an earlier run is all there will be.
    is_final: bool,
    /// What tags were read of lately, in that order, and how much had changed of tags before.
    tags_read: Vec<String>,
    tags_before: u64,
    /// What the policies say of which the content was read, by id.
    told: HashMap<String, Told>,
    /// To what policies are attached, by id, as far as that was read and has no answer yet.
    targets_so_far: HashMap<String, Vec<Target>>,
    /// Grows with every change of what is known.
    revision: u64,
}

impl Findings {
    /// What is known of a question, and since when.
    #[must_use]
    pub fn get(&self, question: &Question) -> Option<&Found> {
        self.found.get(question).map(|found| &**found)
    }

    /// Whether the answer is that of an earlier run.
    pub(super) fn is_earlier(&self, question: &Question) -> bool {
        self.earlier.contains(question)
    }

    /// Whether the question was asked and has no answer yet.
    #[must_use]
    pub fn is_pending(&self, question: &Question) -> bool {
        self.wanted.contains(question) && !self.found.contains_key(question)
    }

    /// Grows whenever something is learned or forgotten.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What was found to a question, taken out of the kind of answer that it has, or why nothing
    /// was; `None` while it is not known.
    fn answer<'a, T: ?Sized>(
        &'a self,
        question: &Question,
        pick: impl FnOnce(&'a Finding) -> Option<&'a T>,
    ) -> Option<Result<&'a T, &'a OrgError>> {
        match &self.get(question)?.answer {
            Ok(finding) => pick(finding).map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    /// The tags of a resource, or why they could not be read; `None` while they are not known.
    #[must_use]
    pub fn tags(&self, resource: &str) -> Option<Result<&[Tag], &OrgError>> {
        self.answer(&Question::Tags(resource.to_owned()), |it| match it {
            Finding::Tags(tags) => Some(tags.as_slice()),
            _ => None,
        })
    }

    /// What is attached directly to a node.
    #[must_use]
    pub fn attached(&self, node: &str, policy_type: &str) -> Option<Result<&[Policy], &OrgError>> {
        self.answer(&Question::attached(node, policy_type), |it| match it {
            Finding::Attached(policies) => Some(policies.as_slice()),
            _ => None,
        })
    }

    /// A policy with its content.
    #[must_use]
    pub fn document(&self, policy: &str) -> Option<Result<&Document, &OrgError>> {
        self.answer(&Question::Document(policy.to_owned()), |it| match it {
            Finding::Document(document) => Some(document),
            _ => None,
        })
    }

    /// What a policy says in short, if its content is known.
    #[must_use]
    pub fn told(&self, policy: &str) -> Option<&Told> {
        self.document(policy)?.ok()?;
        self.told.get(policy)
    }

    /// Found out once, not for every frame.
    fn tell(&mut self, question: &Question, found: &Found) {
        if let (Question::Document(id), Ok(Finding::Document(document))) = (question, &found.answer)
        {
            self.told.insert(id.clone(), Told::of(&document.content));
        }
    }

    /// To what a policy is attached.
    #[must_use]
    pub fn targets(&self, policy: &str) -> Option<Result<&[Target], &OrgError>> {
        self.answer(&Question::Targets(policy.to_owned()), |it| match it {
            Finding::Targets(targets) => Some(targets.as_slice()),
            _ => None,
        })
    }

    /// The same as far as it was read, while not all of it could be.
    #[must_use]
    pub fn targets_so_far(&self, policy: &str) -> Option<&[Target]> {
        self.targets_so_far.get(policy).map(Vec::as_slice)
    }

    /// Takes in a page of what a policy is attached to, with so many read before. What goes on from
    /// a reading that was given up is of no use.
    fn learn_targets(&mut self, page: TargetPage) {
        if page.before == 0 {
            self.targets_so_far.insert(page.policy, page.targets);
        } else if let Some(so_far) = self.targets_so_far.get_mut(&page.policy)
            && so_far.len() == page.before
        {
            so_far.extend(page.targets);
        }
    }

    /// Whether a question has an answer, and no newer one can be had or is needed.
    pub(super) fn is_settled(&self, question: &Question) -> bool {
        self.found.contains_key(question) && self.is_newest(question)
    }

    /// What the policies of a type come to for an account.
    #[must_use]
    pub fn effective(
        &self,
        account: &str,
        policy_type: &str,
    ) -> Option<Result<&Option<EffectivePolicy>, &OrgError>> {
        let question = Question::EffectivePolicy {
            account: account.to_owned(),
            policy_type: policy_type.to_owned(),
        };
        self.answer(&question, |it| match it {
            Finding::EffectivePolicy(policy) => Some(policy),
            _ => None,
        })
    }

    /// What the service finds wrong with that.
    #[must_use]
    pub fn validation(
        &self,
        account: &str,
        policy_type: &str,
    ) -> Option<Result<&[ValidationError], &OrgError>> {
        let question = Question::ValidationErrors {
            account: account.to_owned(),
            policy_type: policy_type.to_owned(),
        };
        self.answer(&question, |it| match it {
            Finding::ValidationErrors(errors) => Some(errors.as_slice()),
            _ => None,
        })
    }

    /// All delegated administrators.
    #[must_use]
    pub fn administrators(&self) -> Option<Result<&[DelegatedAdministrator], &OrgError>> {
        self.answer(&Question::DelegatedAdministrators, |it| match it {
            Finding::DelegatedAdministrators(administrators) => Some(administrators.as_slice()),
            _ => None,
        })
    }

    /// Shows what was found in an earlier run. When somebody looks at it, it is asked for again,
    /// unless there is nobody who could answer.
    pub(super) fn show(&mut self, kept: &[Looked], is_final: bool) {
        self.is_final = is_final;
        self.change_any_tags();
        self.revision += 1;
        for one in kept {
            let found = Found {
                at: one.at,
                answer: Ok(one.finding.clone()),
            };
            self.tell(&one.question, &found);
            self.found.insert(one.question.clone(), Arc::new(found));
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

    /// For which services an account is a delegated administrator.
    #[must_use]
    pub fn services(&self, account: &str) -> Option<Result<&[EnabledService], &OrgError>> {
        let question = Question::DelegatedServices(account.to_owned());
        self.answer(&question, |it| match it {
            Finding::DelegatedServices(services) => Some(services.as_slice()),
            _ => None,
        })
    }

    /// Which services have trusted access.
    #[must_use]
    pub fn trusted_access(&self) -> Option<Result<&[EnabledService], &OrgError>> {
        self.answer(&Question::TrustedAccess, |it| match it {
            Finding::TrustedAccess(services) => Some(services.as_slice()),
            _ => None,
        })
    }

    /// The answer with the tags of a resource, or why there is none.
    pub(super) fn tags_found(&self, resource: &str) -> Option<&Found> {
        self.get(&Question::Tags(resource.to_owned()))
    }

    /// Whether its tags were read in this run, or nothing newer can be had than those of an earlier
    /// one.
    pub(super) fn are_tags_newest(&self, resource: &str) -> bool {
        self.is_newest(&Question::Tags(resource.to_owned()))
    }

    /// What [`Self::tags_found`] gives for each resource that has any, by what has them.
    pub(super) fn all_tags_found(&self) -> impl Iterator<Item = (&str, &Found)> {
        let found = self.found.iter();
        found.filter_map(|(question, found)| match question {
            Question::Tags(resource) => Some((resource.as_str(), &**found)),
            _ => None,
        })
    }

    fn is_newest(&self, question: &Question) -> bool {
        self.is_final || !self.earlier.contains(question)
    }

    /// Why tags could not be read in this run.
    pub(super) fn tag_failures(&self) -> impl Iterator<Item = &OrgError> {
        let tags = self.all_tags_found();
        tags.filter_map(|(_, found)| found.answer.as_ref().err())
    }

    /// Grows whenever [`Self::all_tags_found`] changes.
    pub(super) fn tags_revision(&self) -> u64 {
        self.tags_before + self.tags_read.len() as u64
    }

    /// What has tags that were asked for and answered since that revision, if that is all that has
    /// changed of tags, and not too long ago.
    pub(super) fn tags_since(&self, revision: u64) -> Option<&[String]> {
        let known = revision.checked_sub(self.tags_before)?;
        self.tags_read.get(usize::try_from(known).ok()?..)
    }

    fn change_any_tags(&mut self) {
        self.tags_before = self.tags_revision() + 1;
        self.tags_read.clear();
    }

    fn note_tags_of(&mut self, resource: &str) {
        if self.tags_read.len() >= MOST_NOTED {
            self.tags_read.drain(..MOST_NOTED / 2);
            self.tags_before += (MOST_NOTED / 2) as u64;
        }
        self.tags_read.push(resource.to_owned());
    }

    /// Takes an answer in.
    pub(super) fn learn(&mut self, question: Question, found: Found) {
        if let Question::Tags(resource) = &question {
            self.note_tags_of(resource);
        }
        self.revision += 1;
        self.wanted.retain(|wanted| *wanted != question);
        self.earlier.remove(&question);
        self.tell(&question, &found);
        // Where it failed, what was read before that is still worth to be seen.
        if let (Question::Targets(policy), Ok(_)) = (&question, &found.answer) {
            self.targets_so_far.remove(policy);
        }
        self.found.insert(question, Arc::new(found));
    }

    /// Forgets what is known of these questions, so that they are asked again, unless there is nobody
    /// who could answer.
    pub(super) fn forget(&mut self, questions: &[Question]) {
        if self.is_final {
            return;
        }
        self.revision += 1;
        for question in questions {
            if let Question::Tags(resource) = question {
                self.note_tags_of(resource);
            }
            self.found.remove(question);
        }
        self.wanted.retain(|wanted| !questions.contains(wanted));
    }

    /// Forgets what could not be read, so that it is asked for again once it is looked at.
    pub(super) fn forget_failures(&mut self) {
        self.change_any_tags();
        self.revision += 1;
        self.found.retain(|_, found| found.answer.is_ok());
    }

    /// What was asked for is not answered any more, and what was refused may be allowed now.
    pub(super) fn reconnect(&mut self) {
        self.forget_failures();
        self.wanted.clear();
        self.targets_so_far.clear();
    }

    /// Forgets everything, e.g. because this is another organization now.
    pub(super) fn clear(&mut self) {
        *self = Self {
            tags_before: self.tags_revision() + 1,
            revision: self.revision + 1,
            ..Self::default()
        };
    }

    /// Says what is looked at now, the most wanted first, or `None` for the same as before, and what
    /// is wanted besides: what of it is not known is asked for, in place of what was wanted before.
    pub(super) fn want(
        &mut self,
        looked_at: Option<Vec<Question>>,
        besides: &[Question],
    ) -> Option<Effect> {
        if let Some(questions) = looked_at {
            self.looked_at = questions;
            // Whoever reads that has given it up.
            let looked_at = self.looked_at.iter().filter_map(|question| match question {
                Question::Targets(policy) => Some(policy),
                _ => None,
            });
            let looked_at: Vec<&String> = looked_at.collect();
            let so_far = &mut self.targets_so_far;
            so_far.retain(|policy, _| looked_at.contains(&policy));
        }
        let unknown = |question: &&Question| {
            !self.found.contains_key(*question)
                || (self.earlier.contains(*question) && !self.is_final)
        };
        let mut wanted: Vec<Question> = Vec::new();
        for question in self.looked_at.iter().chain(besides).filter(unknown) {
            if !wanted.contains(question) {
                wanted.push(question.clone());
            }
        }
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
    super::kept::on_looked(app);
    app.findings.learn(question, found);
    super::filter::learn(app);
    // What was found may raise the next question.
    super::tabs::ask(app)
}

/// A page of what a policy is attached to has come.
pub(super) fn on_targets(app: &mut App, page: TargetPage) -> Vec<Effect> {
    app.findings.learn_targets(page);
    Vec::new()
}
