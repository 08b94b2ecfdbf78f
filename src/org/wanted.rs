//! What somebody means who types or pastes a string: an id, an ARN, an email address, or words.

/// What a string asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The account of this id: twelve digits, leading zeros kept.
    Account(String),
    /// The root or OU of this id.
    Place(String),
    /// Whatever has this in its name or email address, in lower case.
    Words(String),
}

impl Wanted {
    /// Takes a string for what it looks like. Digits may be in groups, as the console writes them:
    /// `1234-5678-9012`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let found = id_in_arn(&text).map_or_else(|| text.clone(), str::to_owned);
        if let Some(digits) = digits_in(&found).filter(|digits| digits.len() == 12) {
            return Self::Account(digits);
        }
        if ["ou-", "r-"].iter().any(|start| found.starts_with(start)) && is_id(&found) {
            return Self::Place(found);
        }
        Self::Words(text)
    }
}

/// The digits of a text that has nothing else, in groups or not.
pub(crate) fn digits_in(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(digits)
}

/// Whether these are the letters of an id. Source: Organizations API Reference, the patterns of
/// `Root` and `OrganizationalUnit`.
fn is_id(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let parts = text.split('-').count();
    let expected = if text.starts_with("ou-") { 3 } else { 2 };
    parts == expected && text.chars().all(letter) && text.split('-').all(|part| !part.is_empty())
}

/// The account or OU that an ARN in lower case is about: the last part of an Organizations ARN,
/// else the account that the ARN belongs to.
pub(crate) fn id_in_arn(lower: &str) -> Option<&str> {
    let mut parts = lower.strip_prefix("arn:")?.splitn(5, ':');
    let (_partition, service, _region) = (parts.next()?, parts.next()?, parts.next()?);
    let (account, resource) = (parts.next()?, parts.next()?);
    let id = if service == "organizations" {
        resource.rsplit('/').next()?
    } else {
        account
    };
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_taken_for_what_it_looks_like() {
        let account = || Wanted::Account("012345678901".into());
        for text in [
            "012345678901",
            " 0123-4567-8901 ",
            "0123 4567 8901",
            "arn:aws:iam::012345678901:role/Admin",
            "arn:aws-cn:sts::012345678901:assumed-role/x/y:z",
            "arn:aws:organizations::111122223333:account/o-exampleorg1/012345678901",
        ] {
            assert_eq!(Wanted::parse(text), account(), "{text}");
        }
        for (text, id) in [
            ("ou-ab12-11111111", "ou-ab12-11111111"),
            ("R-AB12", "r-ab12"),
            (
                "arn:aws:organizations::111122223333:ou/o-exampleorg1/ou-ab12-11111111",
                "ou-ab12-11111111",
            ),
        ] {
            assert_eq!(Wanted::parse(text), Wanted::Place(id.into()), "{text}");
        }
        for text in [
            "payments",
            "r-and-d",
            "ou-",
            "1234",
            "a@b.example",
            "arn:aws:s3:::bucket/key",
        ] {
            assert_eq!(Wanted::parse(text), Wanted::Words(text.into()));
        }
    }
}
