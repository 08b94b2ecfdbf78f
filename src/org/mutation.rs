//! What this program can change: the seven writes, as plain data.

use serde::{Deserialize, Serialize};

/// One change of the organization, with everything that its call needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "operation")]
pub enum Mutation {
    /// Moves an account to another OU or to the root.
    MoveAccount {
        /// Twelve digits.
        account: String,
        /// Id of the root or OU that contained it when this was asked.
        from: String,
        /// Id of the root or OU that shall contain it.
        to: String,
    },
    /// Closes a member account.
    CloseAccount {
        /// Twelve digits.
        account: String,
    },
    /// Makes a member account stand alone.
    RemoveAccountFromOrganization {
        /// Twelve digits.
        account: String,
    },
    /// Takes the caller's own member account out of the organization.
    LeaveOrganization {
        /// The caller's own account.
        account: String,
    },
    /// Makes an OU.
    CreateOrganizationalUnit {
        /// Id of the root or OU that shall contain it.
        parent: String,
        /// Its name.
        name: String,
    },
    /// Renames an OU.
    UpdateOrganizationalUnit {
        /// `ou-…`
        unit: String,
        /// The name it shall have.
        name: String,
    },
    /// Deletes an empty OU.
    DeleteOrganizationalUnit {
        /// `ou-…`
        unit: String,
    },
}

impl Mutation {
    /// The API operation, e.g. `MoveAccount`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::MoveAccount { .. } => "MoveAccount",
            Self::CloseAccount { .. } => "CloseAccount",
            Self::RemoveAccountFromOrganization { .. } => "RemoveAccountFromOrganization",
            Self::LeaveOrganization { .. } => "LeaveOrganization",
            Self::CreateOrganizationalUnit { .. } => "CreateOrganizationalUnit",
            Self::UpdateOrganizationalUnit { .. } => "UpdateOrganizationalUnit",
            Self::DeleteOrganizationalUnit { .. } => "DeleteOrganizationalUnit",
        }
    }

    /// The id of what is changed: an account, an OU, or the parent of an OU that is to be made.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::MoveAccount { account, .. }
            | Self::CloseAccount { account }
            | Self::RemoveAccountFromOrganization { account }
            | Self::LeaveOrganization { account } => account,
            Self::CreateOrganizationalUnit { parent, .. } => parent,
            Self::UpdateOrganizationalUnit { unit, .. }
            | Self::DeleteOrganizationalUnit { unit } => unit,
        }
    }

    /// The same call for the AWS CLI, quoted for a POSIX shell.
    #[must_use]
    pub fn command(&self) -> String {
        let words: Vec<(&str, &str)> = match self {
            Self::MoveAccount { account, from, to } => vec![
                ("--account-id", account),
                ("--source-parent-id", from),
                ("--destination-parent-id", to),
            ],
            Self::CloseAccount { account } | Self::RemoveAccountFromOrganization { account } => {
                vec![("--account-id", account)]
            }
            Self::LeaveOrganization { .. } => Vec::new(),
            Self::CreateOrganizationalUnit { parent, name } => {
                vec![("--parent-id", parent), ("--name", name)]
            }
            Self::UpdateOrganizationalUnit { unit, name } => {
                vec![("--organizational-unit-id", unit), ("--name", name)]
            }
            Self::DeleteOrganizationalUnit { unit } => vec![("--organizational-unit-id", unit)],
        };
        let mut command = format!("aws organizations {}", kebab(self.operation()));
        for (option, value) in words {
            command.push(' ');
            command.push_str(option);
            command.push(' ');
            command.push_str(&quoted(value));
        }
        command
    }
}

/// `MoveAccount` as the AWS CLI writes it: `move-account`.
fn kebab(operation: &str) -> String {
    let mut kebab = String::new();
    for c in operation.chars() {
        if c.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

/// A word as a shell takes it for one word and nothing else.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A change, with what it was about in words when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// What to do.
    #[serde(flatten)]
    pub mutation: Mutation,
    /// Name of the account or OU at that time. Hostile text.
    pub target_name: String,
    /// Where it was, by names: `Root / Workloads / Prod`. Hostile text.
    pub path: String,
    /// Id of the root or OU that contained it then, where that was known. Written under a name that
    /// no field of a mutation has: both share one object.
    #[serde(
        rename = "contained_in",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub parent: Option<String>,
    /// Where it shall be, by names, for a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_path: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_that_of_the_aws_cli_and_quoted_for_a_shell() {
        let change = Mutation::MoveAccount {
            account: "000000000012".into(),
            from: "r-ab12".into(),
            to: "ou-ab12-cdefghij".into(),
        };
        assert_eq!(
            change.command(),
            "aws organizations move-account --account-id 000000000012 --source-parent-id r-ab12 \
             --destination-parent-id ou-ab12-cdefghij"
        );
        let create = Mutation::CreateOrganizationalUnit {
            parent: "r-ab12".into(),
            name: "Bob's $(OU)".into(),
        };
        assert!(create.command().ends_with(r"--name 'Bob'\''s $(OU)'"));
    }
    #[test]
    fn a_change_of_every_kind_is_read_as_it_was_written() {
        let text = || "r-ab12".to_owned();
        for mutation in [
            Mutation::MoveAccount {
                account: text(),
                from: text(),
                to: text(),
            },
            Mutation::CloseAccount { account: text() },
            Mutation::RemoveAccountFromOrganization { account: text() },
            Mutation::LeaveOrganization { account: text() },
            Mutation::CreateOrganizationalUnit {
                parent: text(),
                name: text(),
            },
            Mutation::UpdateOrganizationalUnit {
                unit: text(),
                name: text(),
            },
            Mutation::DeleteOrganizationalUnit { unit: text() },
        ] {
            for also in [None, Some("something else".to_owned())] {
                let change = Change {
                    mutation: mutation.clone(),
                    target_name: "a name".into(),
                    path: "a path".into(),
                    parent: also.clone(),
                    to_path: also,
                };
                let written = serde_json::to_string(&change).unwrap();
                let read = serde_json::from_str(&written);
                assert_eq!(read.ok(), Some(change), "{written}");
            }
        }
    }
}
