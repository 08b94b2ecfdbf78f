//! Which accounts were meant: ids as people, ARNs and spreadsheets write them.

use std::io::BufRead;

use crate::org::{ErrorKind, OrgError};

/// The argument that stands for standard input.
const STANDARD_INPUT: &str = "-";
/// More than an organization can have, and less than what a wrong file can hold.
const MOST: usize = 100_000;

/// An account as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Twelve digits.
    pub(super) id: String,
    /// The organization that its ARN names.
    pub(super) organization: Option<String>,
}

/// The accounts in the order in which they were given, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) accounts: Vec<Wanted>,
    /// Ids that were given more than once, each once.
    pub(super) repeated: Vec<String>,
}

/// Whether the accounts come from standard input, as far as these arguments tell.
pub(super) fn from_standard_input(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument == STANDARD_INPUT)
}

/// The accounts that the arguments name; for `-`, those that the input names, one a line, without
/// blank lines and what follows a `#`.
///
/// # Errors
/// [`ErrorKind::Usage`], naming everything that is no account.
pub(super) fn given(arguments: &[String], input: impl BufRead) -> Result<Given, OrgError> {
    let (mut given, mut wrong) = (Given::default(), Vec::new());
    for argument in arguments.iter().filter(|argument| *argument != "-") {
        if given.take(argument).is_none() {
            wrong.push(format!("{argument:?}"));
        }
    }
    if from_standard_input(arguments) {
        for (number, line) in input.lines().enumerate().take(MOST) {
            let line = line.map_err(|error| {
                usage(format!(
                    "the accounts cannot be read from standard input: {error}"
                ))
            })?;
            let text = line.split('#').next().unwrap_or_default().trim();
            if !text.is_empty() && given.take(text).is_none() {
                wrong.push(format!("{text:?} in line {} of standard input", number + 1));
            }
        }
    }
    if !wrong.is_empty() {
        let rest = wrong.len().saturating_sub(SHOWN);
        wrong.truncate(SHOWN);
        if rest > 0 {
            wrong.push(format!("{rest} more"));
        }
        let message = format!("no account is called {}", wrong.join(", "));
        return Err(usage(message).with_hint("an account is twelve digits or its ARN"));
    }
    if given.accounts.is_empty() {
        return Err(usage("no account was given".to_owned()));
    }
    Ok(given)
}

/// How many wrong ones are named.
const SHOWN: usize = 5;

impl Given {
    fn take(&mut self, text: &str) -> Option<()> {
        let wanted = parse(text)?;
        let known = self.accounts.iter_mut().find(|known| known.id == wanted.id);
        match known {
            Some(known) => {
                known.organization = known.organization.take().or(wanted.organization);
                if !self.repeated.contains(&wanted.id) {
                    self.repeated.push(wanted.id);
                }
            }
            None => self.accounts.push(wanted),
        }
        Some(())
    }
}

/// Twelve digits, in groups of four too, or the ARN of an account:
/// `arn:aws:organizations::111122223333:account/o-exampleorg/444455556666`. Source: Service
/// Authorization Reference, "Resource types defined by AWS Organizations".
fn parse(text: &str) -> Option<Wanted> {
    let text = text.trim();
    let Some(arn) = text.strip_prefix("arn:") else {
        return Some(Wanted {
            id: digits(text)?,
            organization: None,
        });
    };
    let mut parts = arn.splitn(5, ':');
    let service = parts.nth(1)?;
    let mut resource = parts.nth(2)?.split('/');
    let found = [resource.next()?, resource.next()?, resource.next()?];
    let [kind, organization, id] = found;
    if service != "organizations" || kind != "account" || resource.next().is_some() {
        return None;
    }
    Some(Wanted {
        id: digits(id).filter(|_| !id.contains('-'))?,
        organization: Some(organization.to_owned()),
    })
}

fn digits(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let grouped = groups.len() == 3 && groups.iter().all(|group| group.len() == 4);
    let id = groups.concat();
    let plain = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    (plain && (grouped || groups.len() == 1)).then_some(id)
}

fn usage(message: String) -> OrgError {
    OrgError::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(arguments: &[&str], input: &str) -> Result<Given, OrgError> {
        let arguments: Vec<_> = arguments.iter().map(|&a| a.to_owned()).collect();
        given(&arguments, input.as_bytes())
    }

    fn ids(given: &Given) -> Vec<&str> {
        given.accounts.iter().map(|w| w.id.as_str()).collect()
    }

    #[test]
    fn an_account_is_twelve_digits_three_groups_or_its_arn() {
        let arn = "arn:aws-us-gov:organizations::111122223333:account/o-exampleorg/000000000012";
        let given = from(&["123456789012", "0000-1111-2222", arn], "").unwrap();
        assert_eq!(
            ids(&given),
            ["123456789012", "000011112222", "000000000012"]
        );
        let organization = given.accounts[2].organization.as_deref();
        assert_eq!(organization, Some("o-exampleorg"));
    }

    #[test]
    fn what_is_no_account_is_named_and_nothing_is_guessed() {
        for wrong in [
            "12345678901",
            "1234567890123",
            "12345678901x",
            "12-3456789012",
            "123456789012-",
            "１２３４５６７８９０１２",
            "",
            "arn:aws:iam::123456789012:root",
            "arn:aws:organizations::111122223333:ou/o-exampleorg/123456789012",
            "arn:aws:organizations::111122223333:account/o-exampleorg",
        ] {
            let error = from(&["123456789012", wrong], "").unwrap_err();
            assert_eq!(error.kind, ErrorKind::Usage);
            assert!(error.message.contains(&format!("{wrong:?}")), "{error}");
        }
    }

    #[test]
    fn an_account_that_is_given_twice_is_taken_once_and_told_of() {
        let given = from(&["123456789012", "1234-5678-9012", "-"], "123456789012\n").unwrap();
        assert_eq!(ids(&given), ["123456789012"]);
        assert_eq!(given.repeated, ["123456789012"]);
    }

    #[test]
    fn standard_input_holds_one_account_a_line_with_comments_and_blank_lines() {
        let text = "# teams\r\n\r\n  123456789012  # payments\n\n0000-1111-2222\n";
        assert_eq!(
            ids(&from(&["-"], text).unwrap()),
            ["123456789012", "000011112222"]
        );
        let error = from(&["-"], "123456789012\n\nsandbox\n").unwrap_err();
        assert!(error.message.contains("line 3"), "{error}");
        assert!(from(&["-"], "# nobody\n").is_err());
        // Without a dash, it is not looked at.
        assert_eq!(
            ids(&from(&["123456789012"], "x").unwrap()),
            ["123456789012"]
        );
    }
}
