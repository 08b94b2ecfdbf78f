//! What could not be checked, and why: told once for all facts that have the same cause, with the
//! permission that is needed where access was denied.

use std::collections::BTreeSet;

use super::dialog::{Text, Tone};
use crate::org::{OrgError, Refusal};

/// Facts that could not be checked, by cause, in the order in which they are given.
fn by_cause<'a>(
    facts: impl IntoIterator<Item = (&'a str, &'a OrgError)>,
) -> Vec<(Vec<&'a str>, String)> {
    let mut groups: Vec<Vec<(&str, &OrgError)>> = Vec::new();
    for (fact, error) in facts {
        let same = |group: &&mut Vec<(&str, &OrgError)>| {
            let (_, other) = group[0];
            let denied = error.permission().is_some() && other.permission().is_some();
            denied || error.to_string() == other.to_string()
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push((fact, error)),
            None => groups.push(vec![(fact, error)]),
        }
    }
    let told = |group: Vec<(&'a str, &OrgError)>| {
        let (facts, errors): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        (facts, cause(&errors))
    };
    groups.into_iter().map(told).collect()
}

/// Why, in part of a sentence, for errors of the same cause.
fn cause(errors: &[&OrgError]) -> String {
    let permissions = errors.iter().filter_map(|error| error.permission());
    let needed: BTreeSet<String> = permissions.collect();
    let Some(first) = errors.first() else {
        return String::new();
    };
    if needed.is_empty() {
        return first.to_string();
    }
    let needed = needed.into_iter().collect::<Vec<_>>().join(", ");
    match first.message.as_str() {
        "" => format!("access denied, needs {needed}"),
        message => format!("access denied, needs {needed}: {message}"),
    }
}

/// Says which facts could not be checked.
pub(super) fn say_unchecked<'a>(
    text: &mut Text,
    facts: impl IntoIterator<Item = (&'a str, &'a OrgError)>,
) {
    for (facts, why) in by_cause(facts) {
        let line = format!("  {}: not checked: {why}", facts.join(", "));
        text.say(Tone::Problem, &line);
    }
}

/// Says that it is not known whether AWS Control Tower is active.
pub(super) fn say_control_tower_unchecked(text: &mut Text, error: &OrgError) {
    let why = cause(&[error]);
    let line = format!("Not checked whether AWS Control Tower is active: {why}");
    text.say(Tone::Faint, &line);
}

/// The reasons as sentences, without those that only wait for an answer.
pub(super) fn final_ones(refusals: &[Refusal]) -> Vec<String> {
    let unchecked = refusals.iter().filter_map(|refusal| match refusal {
        Refusal::NotChecked {
            fact,
            error: Some(error),
        } => Some((*fact, error)),
        _ => None,
    });
    let unchecked = by_cause(unchecked).into_iter().map(|(facts, why)| {
        let facts = facts.join(", its ");
        format!("its {facts} could not be checked: {why}")
    });
    let certain = refusals.iter().filter(|refusal| {
        !matches!(
            refusal,
            Refusal::Pending { .. } | Refusal::NotChecked { error: Some(_), .. }
        )
    });
    let certain = certain.map(ToString::to_string);
    certain.chain(unchecked).collect()
}
