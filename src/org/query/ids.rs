//! Ids in a query. Nothing has two, so those that are named one after the other are alternatives.

use super::parse::{Letter, text_of};
use super::{Term, Test, Word};
use crate::org::{accounts_in_address, id_in_arn, ids_in};

/// What stands between commas or semicolons, or the accounts that a URL or the like leads to, unless
/// it is an ARN that is an id itself.
pub(super) fn of(letters: &[Letter]) -> Option<Test> {
    if !letters.iter().all(|letter| letter.is_plain()) {
        return None;
    }
    let lower = text_of(letters).to_lowercase();
    let mut ids = if lower.contains([',', ';']) {
        ids_in(&lower)
    } else if id_in_arn(&lower).is_none() {
        accounts_in_address(&lower)
    } else {
        Vec::new()
    };
    match ids.len() {
        0 => None,
        1 => Some(Test::Word(Word::new(&ids.remove(0), false))),
        _ => Some(Test::Id(ids)),
    }
}

/// Whether it would be read as something else than a word.
pub(super) fn is_more_than_a_word(text: &str) -> bool {
    let lower = text.to_lowercase();
    if lower.contains([',', ';']) {
        return !ids_in(&lower).is_empty();
    }
    id_in_arn(&lower).is_none() && !accounts_in_address(&lower).is_empty()
}

/// The ids, or beginnings of ids, that stand between commas.
pub(super) fn starts(lower: &str) -> Vec<String> {
    let pieces = lower.split(',').filter(|piece| !piece.is_empty());
    let ids = pieces.map(|piece| id_in_arn(piece).unwrap_or(piece).to_owned());
    ids.collect()
}

/// Whether it asks for whole ids and nothing else.
pub(super) fn is_full(term: &Term) -> bool {
    let is_id = |text: &str| ids_in(text).len() == 1;
    !term.negated
        && match &term.test {
            Test::Word(word) => !word.literal && is_id(word.text()),
            Test::Id(starts) => starts.iter().all(|start| is_id(start)),
            _ => false,
        }
}

/// The terms with one for all of these, which ask for whole ids, in place of the first of them.
pub(super) fn merged(mut terms: Vec<Term>, alternatives: &[usize]) -> Vec<Term> {
    let [first, others @ ..] = alternatives else {
        return terms;
    };
    if others.is_empty() {
        return terms;
    }
    let each = alternatives.iter().map(|at| match &terms[*at].test {
        Test::Word(word) => ids_in(word.text()),
        Test::Id(ids) => ids.clone(),
        _ => Vec::new(),
    });
    let mut all: Vec<String> = Vec::new();
    for id in each.flatten() {
        if !all.contains(&id) {
            all.push(id);
        }
    }
    // The same one twice stays the word that it is.
    if all.len() > 1 {
        terms[*first].test = Test::Id(all);
    }
    for at in others.iter().rev() {
        terms.remove(*at);
    }
    terms
}
