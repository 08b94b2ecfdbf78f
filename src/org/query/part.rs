//! A text that is looked for in others, whatever the case.

/// Characters as they occur in names and addresses, the most frequent first.
const FREQUENT: &[u8] = b"eaosrintlcdmpu-0123456789hgbyfkw.vjxqz";

/// A text that is looked for in others: once made, it is tried on many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    lower: String,
    /// The place of its rarest character, which is looked for first.
    rare: usize,
}

impl Part {
    /// Of a text in any case.
    pub(super) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let rank = |byte: &u8| {
            let frequent = FREQUENT.iter().position(|frequent| frequent == byte);
            frequent.unwrap_or(FREQUENT.len())
        };
        let rarest = lower.bytes().enumerate().max_by_key(|(_, byte)| rank(byte));
        Self {
            rare: rarest.map_or(0, |(at, _)| at),
            lower,
        }
    }

    /// In lower case.
    pub(super) fn as_str(&self) -> &str {
        &self.lower
    }

    /// Whether the text has it somewhere.
    pub(super) fn is_in(&self, text: &str) -> bool {
        if self.lower.is_empty() || !text.is_ascii() {
            return text.to_lowercase().contains(&self.lower);
        }
        let (text, lower) = (text.as_bytes(), self.lower.as_bytes());
        let Some(last) = text.len().checked_sub(lower.len()) else {
            return false;
        };
        let rare = lower[self.rare];
        // Where it may be, if it begins in the text and ends in it.
        let places = &text[self.rare..=self.rare + last];
        memchr::memchr2_iter(rare, rare.to_ascii_uppercase(), places)
            .any(|at| text[at..at + lower.len()].eq_ignore_ascii_case(lower))
    }
}

/// Whether two texts are the same but for the case.
pub(super) fn same(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_is_found_where_lower_case_has_it(
            text in "[abAB.-]{0,12}|[a-z]{0,20}|[aÄäßİ\u{212a}k]{0,6}",
            part in "[abAB.-]{0,4}|[a-z]{1,2}|[aäßik]{1,2}",
            at in 0usize..20,
        ) {
            let has = |part: &str| text.to_lowercase().contains(&part.to_lowercase());
            prop_assert_eq!(Part::new(&part).is_in(&text), has(&part));
            let own: String = text.chars().skip(at).take(3).collect();
            prop_assert_eq!(Part::new(&own).is_in(&text), has(&own));
            prop_assert_eq!(same(&text, &part), text.to_lowercase() == part.to_lowercase());
        }
    }
}
