//! Tags: all of them, and which of them name an owner.

use super::super::App;
use super::{Item, Page, Tone, not_read, say_age};
use crate::org::{Node, Question, Tag};

pub(super) fn page(app: &App, node: &Node, page: &mut Page) {
    let question = Question::Tags(node.id().to_owned());
    say_age(app, std::slice::from_ref(&question), page);
    match app.findings.tags(node.id()) {
        None => {}
        Some(Err(error)) => page.say(0, &Tone::Problem, &not_read(error)),
        Some(Ok([])) => page.say(0, &Tone::Plain, "no tags"),
        Some(Ok(tags)) => {
            let mut tags = tags.to_vec();
            tags.sort();
            page.gap();
            for tag in tags {
                let text = format!("{} = {}", tag.key, tag.value);
                page.item(0, &Tone::Plain, &text, Item::Tag(tag));
            }
        }
    }
}

/// The tags that name an owner, in the order of the configured keys.
#[must_use]
pub fn owners<'a>(tags: &'a [Tag], keys: &[String]) -> Vec<&'a Tag> {
    let mut owners: Vec<&Tag> = Vec::new();
    for key in keys {
        for tag in tags.iter().filter(|tag| is_spelling(&tag.key, key)) {
            if !owners.iter().any(|known| known.key == tag.key) {
                owners.push(tag);
            }
        }
    }
    owners
}

/// Whether a key is a spelling of what is looked for, or has it among its words: `cost-center`,
/// `CostCentre` and `finance:costcenter` for `CostCenter`, but not `steam` for `Team`.
fn is_spelling(key: &str, wanted: &str) -> bool {
    let wanted = words(wanted).concat();
    let key = words(key);
    let runs = (0..key.len()).flat_map(|from| (from + 1..=key.len()).map(move |to| from..to));
    !wanted.is_empty() && runs.into_iter().any(|run| key[run].concat() == wanted)
}

/// The words of a key in lower case: separated by anything but letters and digits, or by a capital
/// after a small letter.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in key.chars() {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && after_small);
        if begins {
            words.push(String::new());
        }
        after_small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    for word in &mut words {
        // British and American.
        if let Some(stem) = word.strip_suffix("centre") {
            *word = format!("{stem}center");
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_found_however_their_keys_are_spelled() {
        for (key, wanted) in [
            ("owner", "Owner"),
            ("OWNER", "Owner"),
            ("owner-email", "Owner"),
            ("BusinessOwner", "Owner"),
            ("acme:team", "Team"),
            ("cost-center", "CostCenter"),
            ("cost_centre", "CostCenter"),
            ("costcenter", "CostCenter"),
            ("CostCentre", "cost center"),
            ("technical contact", "Contact"),
        ] {
            assert!(is_spelling(key, wanted), "{key} for {wanted}");
        }
        for (key, wanted) in [
            ("steam", "Team"),
            ("downer", "Owner"),
            ("cost", "CostCenter"),
            ("center-cost", "CostCenter"),
            ("", "Owner"),
            ("owner", "-"),
        ] {
            assert!(!is_spelling(key, wanted), "{key} for {wanted}");
        }
    }

    #[test]
    fn the_order_is_that_of_the_configured_keys() {
        let tag = |key: &str| Tag {
            key: key.into(),
            value: String::new(),
        };
        let tags = [tag("team"), tag("env"), tag("TeamOwner"), tag("owner")];
        let keys = ["Owner".to_owned(), "Team".to_owned()];
        let owners = owners(&tags, &keys);
        let keys: Vec<&str> = owners.iter().map(|tag| tag.key.as_str()).collect();
        assert_eq!(keys, ["TeamOwner", "owner", "team"]);
    }
}
