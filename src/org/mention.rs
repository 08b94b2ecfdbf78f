//! Account ids in any text: findings, logs, CSV, JSON, ARNs, URLs.
//!
//! An account id is twelve digits, and so are other things. What is no number of its own (a part of
//! a longer number, of a word, of a UUID, of a decimal) is left out; whether an account has an id
//! is for whoever knows the organization.

use std::ops::Range;

/// An account id in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// Twelve digits.
    pub account: String,
}

/// How many digits an account id has. Source: Organizations API Reference, "Account".
const DIGITS: usize = 12;
/// `1234-5678-9012`, as the console writes it.
const DASHED: usize = 14;

/// All account ids in a text, from its beginning to its end, each as often as it stands there.
///
/// Of the ARN of an account of the organization, only the account counts that it is about, and not
/// the management account that it begins with.
#[must_use]
pub fn mentions(text: &str) -> Vec<Mention> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_digit(bytes, at) {
        let end = end_of_digits(bytes, start);
        // The digits of an escape like %20 are none of the number.
        let start = match start.checked_sub(1).map(|before| bytes[before]) {
            Some(b'%') => end.min(start + 2),
            _ => start,
        };
        at = end;
        let candidate = match end - start {
            DIGITS => Some(start..end),
            4 => dashed(bytes, start),
            _ => None,
        };
        let Some(range) = candidate.filter(|range| stands_alone(text, range)) else {
            continue;
        };
        at = range.end;
        if is_owner_in_arn(text, &range) {
            continue;
        }
        found.push(Mention {
            account: text[range.clone()].replace('-', ""),
            at: range,
        });
    }
    found
}

fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    Some(from + rest.iter().position(u8::is_ascii_digit)?)
}

fn end_of_digits(bytes: &[u8], start: usize) -> usize {
    let digits = bytes[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    start + digits.count()
}

fn dashed(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let range = start..start + DASHED;
    let text = bytes.get(range.clone())?;
    let fits = text.iter().enumerate().all(|(at, byte)| match at {
        4 | 9 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    fits.then_some(range)
}

/// Whether what stands before and behind it lets it be a number of its own.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let (before, behind) = (&text[..range.start], &text[range.end..]);
    begins(before) && ends(behind) && !(range.len() == DIGITS && ends_like_uuid(before))
}

fn begins(before: &str) -> bool {
    let mut letters = before.chars().rev();
    match (letters.next(), letters.next()) {
        (Some('.'), Some(c)) => !c.is_ascii_digit(),
        // A phone number.
        (Some('+'), _) => false,
        // An escaped line break or tab.
        (Some('n' | 'r' | 't'), Some('\\')) => true,
        (Some('-'), Some(c)) if c.is_ascii_digit() => !ends_with_dashed_digits(before),
        (Some(c), _) if c.is_ascii_alphanumeric() => is_escape(before),
        _ => true,
    }
}

/// More groups of four digits before it: the number of a card, not of an account.
fn ends_with_dashed_digits(before: &str) -> bool {
    let groups = before.trim_end_matches('-').rsplit('-');
    let last = groups.into_iter().next().unwrap_or_default();
    let digits = last.chars().rev().take_while(char::is_ascii_digit).count();
    digits == 4
}

/// `%3A` and the like, as in the ARN of a URL.
fn is_escape(before: &str) -> bool {
    let bytes = before.as_bytes();
    let Some([b'%', high, low]) = bytes.last_chunk() else {
        return false;
    };
    high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
}

fn ends(behind: &str) -> bool {
    let mut letters = behind.chars();
    match (letters.next(), letters.next()) {
        (Some('.' | '-'), Some(c)) => !c.is_ascii_digit(),
        (Some(c), _) => !c.is_ascii_alphanumeric(),
        (None, _) => true,
    }
}

/// The last group of a UUID has twelve digits, and may have no letter.
fn ends_like_uuid(before: &str) -> bool {
    const GROUPS: [usize; 4] = [4, 4, 4, 8];
    let Some(mut rest) = before.strip_suffix('-') else {
        return false;
    };
    for (at, digits) in GROUPS.into_iter().enumerate() {
        let Some(start) = rest.len().checked_sub(digits) else {
            return false;
        };
        let Some(group) = rest.get(start..) else {
            return false;
        };
        if !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
        rest = &rest[..start];
        if at < GROUPS.len() - 1 {
            let Some(shorter) = rest.strip_suffix('-') else {
                return false;
            };
            rest = shorter;
        }
    }
    true
}

/// Whether it is the management account in
/// `arn:aws:organizations::111122223333:account/o-exampleorg1/222222222222`.
fn is_owner_in_arn(text: &str, range: &Range<usize>) -> bool {
    let (before, behind) = (&text[..range.start], &text[range.end..]);
    before.ends_with(":organizations::") && behind.starts_with(":account/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        mentions(text).into_iter().map(|it| it.account).collect()
    }

    #[test]
    fn ids_are_found_wherever_they_stand() {
        for text in [
            "012345678901",
            "0123-4567-8901",
            r#"{"accountId":"012345678901"}"#,
            "arn:aws:iam::012345678901:role/Admin",
            "arn%3Aaws%3Aiam%3A%3A012345678901%3Arole%2FAdmin",
            "q=%20012345678901",
            "012345678901.dkr.ecr.eu-west-1.amazonaws.com/app",
            "cdk-assets-012345678901-eu-west-1",
            "s3://logs_012345678901/AWSLogs",
            "1,012345678901,prod",
            r#"{"log":"first\n012345678901\tlast"}"#,
            "It was 012345678901.",
            "帳號012345678901號",
            "arn:aws:organizations::111122223333:account/o-exampleorg1/012345678901",
        ] {
            assert_eq!(found(text), ["012345678901"], "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_ids() {
        for text in [
            "",
            "12345678901",
            "1234567890123",
            "550e8400-e29b-41d4-a716-446655440000",
            "3.012345678901",
            "012345678901.5",
            "+012345678901",
            "a012345678901",
            "012345678901b",
            "0x012345678901",
            "1234-5678-9012-3456",
            "arn:aws:s3:::bucket/key",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn each_is_found_as_often_and_where_it_stands() {
        let text = "000000000001 and 000000000002, again 000000000001";
        let found = mentions(text);
        let ids: Vec<_> = found.iter().map(|it| &text[it.at.clone()]).collect();
        assert_eq!(ids, ["000000000001", "000000000002", "000000000001"]);
    }

    proptest::proptest! {
        /// Words without digits between them, and nothing else is found.
        #[test]
        fn exactly_what_was_planted_is_found(
            parts in proptest::collection::vec(
                ("[a-zA-Z .,:;/\"'{}\\[\\]()=_|<>\n\t-]{0,12}", "[0-9]{12}"),
                0..12,
            ),
            end in "[a-z .,\n]{0,8}",
        ) {
            let planted: Vec<_> = parts.iter().map(|(_, id)| id.clone()).collect();
            // What may stand directly before and behind.
            let parts = parts.iter().map(|(between, id)| format!("{between} \"{id}\":"));
            let text = parts.collect::<String>() + " " + &end;
            proptest::prop_assert_eq!(found(&text), planted);
        }

        #[test]
        fn any_text_is_taken(text in "\\PC*") {
            for mention in mentions(&text) {
                proptest::prop_assert_eq!(mention.account.len(), DIGITS);
                proptest::prop_assert!(text.is_char_boundary(mention.at.start));
            }
        }
    }
}
