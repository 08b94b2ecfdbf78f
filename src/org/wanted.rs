//! What somebody means who types or pastes a string: an id, an ARN, an email address, or words.

use std::collections::HashSet;

use super::mentions;

/// How many digits an account id has. Source: Organizations API Reference, "Account".
const DIGITS: usize = 12;

/// What the names of AWS's hosts end with, in lower case.
const HOSTS: [&str; 2] = [".amazonaws.com", ".aws.amazon.com"];

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
    /// `1234-5678-9012`. What only has the id of one account in it, as URLs and the ARNs of some
    /// services do, stands for that account.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut ids = ids_in(text);
        match (ids.pop(), ids.is_empty()) {
            (Some(id), true) if is_place(&id) => Self::Place(id),
            (Some(id), true) => Self::Account(id),
            _ => Self::Words(text.trim().to_lowercase()),
        }
    }
}

/// The ids of accounts, OUs and roots that a text is a list of, each once; none where it has
/// anything else.
pub(crate) fn ids_in(text: &str) -> Vec<String> {
    let lower = text.trim().to_lowercase();
    let mut ids = ids_of(&lower);
    if ids.is_empty() {
        let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
        let pieces = lower.split(is_between).filter(|piece| !piece.is_empty());
        let each: Option<Vec<Vec<String>>> = pieces
            .map(|piece| Some(ids_of(piece)).filter(|ids| !ids.is_empty()))
            .collect();
        ids = each.unwrap_or_default().concat();
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    ids
}

/// The id that a text in lower case is or leads to, or those of the accounts in a URL.
fn ids_of(lower: &str) -> Vec<String> {
    let last = last_of_path(lower).or_else(|| id_in_arn(lower));
    let found = last.unwrap_or(lower);
    if let Some(digits) = digits_in(found).filter(|digits| digits.len() == DIGITS) {
        return vec![digits];
    }
    if is_place(found) && is_id(found) {
        return vec![found.to_owned()];
    }
    accounts_in_address(lower)
}

/// The accounts in a URL, in the name of a host of AWS, or in the ARN of what belongs to nobody by
/// its ARN, such as a bucket. In other texts a number may be a part of a name.
pub(crate) fn accounts_in_address(lower: &str) -> Vec<String> {
    let is_address = lower.starts_with("arn:")
        || lower.contains("://")
        || HOSTS.iter().any(|host| lower.contains(host));
    let is_in_none =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '{' | '}' | '<' | '>');
    if !is_address || lower.contains(is_in_none) {
        return Vec::new();
    }
    mentions(lower).into_iter().map(|it| it.account).collect()
}

/// The last id of `o-exampleorg1/r-ab12/ou-ab12-11111111/123456789012`, which `Paths` of the service
/// and the explorer write.
fn last_of_path(lower: &str) -> Option<&str> {
    let path = lower.trim_matches('/');
    let mut ids = path.split('/');
    let is_step = |id: &str| id.starts_with("o-") || is_place(id);
    let last = ids.next_back()?;
    let is_path = path.contains('/') && ids.all(is_step);
    is_path.then_some(last)
}

/// Whether it begins as the id of a root or OU.
fn is_place(id: &str) -> bool {
    id.starts_with("ou-") || id.starts_with("r-")
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

/// The account, OU or root that an ARN in lower case is about, else the account that it belongs to.
pub(crate) fn id_in_arn(lower: &str) -> Option<&str> {
    let mut parts = lower.strip_prefix("arn:")?.splitn(5, ':');
    let (_partition, service, _region) = (parts.next()?, parts.next()?, parts.next()?);
    let (account, resource) = (parts.next()?, parts.next()?);
    // What else the service has belongs to the management account: policies, handshakes, itself.
    let is_node = ["account/", "ou/", "root/"]
        .iter()
        .any(|kind| resource.starts_with(kind));
    let id = if service == "organizations" && is_node {
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
            "arn:aws:organizations::012345678901:organization/o-exampleorg1",
            "arn:aws:organizations::012345678901:policy/o-exampleorg1/service_control_policy/p-abcd1234",
            "arn:aws:s3:::my-012345678901-bucket/key",
            "o-exampleorg1/r-ab12/ou-ab12-11111111/012345678901",
            "https://sqs.eu-west-1.amazonaws.com/012345678901/queue",
            "https://012345678901.signin.aws.amazon.com/console",
            "012345678901.dkr.ecr.eu-west-1.amazonaws.com/app",
            "012345678901, 0123-4567-8901",
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
            ("o-exampleorg1/r-ab12/ou-ab12-11111111/", "ou-ab12-11111111"),
            ("r-ab12/ou-ab12-11111111", "ou-ab12-11111111"),
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
            "arn:aws:organizations::aws:policy/service_control_policy/p-fullawsaccess",
            "aws+012345678901@example.com",
            "logs-012345678901",
            r#"{"url":"https://example.com/","id":"012345678901"}"#,
            "012345678901 000000000001",
            "012345678901 prod",
        ] {
            assert_eq!(Wanted::parse(text), Wanted::Words(text.into()), "{text}");
        }
    }

    #[test]
    fn a_list_of_ids_is_taken_for_all_of_them() {
        for text in [
            "012345678901 000000000001",
            "012345678901,000000000001,",
            "0123-4567-8901; arn:aws:iam::000000000001:role/Admin\n012345678901",
            "https://example.com/?from=012345678901&to=000000000001",
        ] {
            assert_eq!(ids_in(text), ["012345678901", "000000000001"], "{text}");
        }
        for text in ["", ",", "012345678901 prod", "payments", "1234"] {
            assert_eq!(ids_in(text), [""; 0], "{text}");
        }
    }
}
