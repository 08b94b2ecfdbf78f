//! What may be changed from here, and if not, why not.

use super::App;
use super::member::is_plain_member;
use crate::action::{Action, ActionRow, Danger, row_of};
use crate::config::DecidedBy;
use crate::org::ErrorKind;

/// Why nothing can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {
    /// Only what was read the last time is used.
    Offline,
    /// The user said so, in this way.
    Chosen(DecidedBy),
    /// It is not known which organization this is, or who manages it.
    OrganizationUnknown,
    /// The caller's account is in no organization, by what the service says.
    NoOrganization,
    /// It is not known who is asking.
    CallerUnknown,
    /// The caller is in another account of the organization, a delegated administrator or not.
    /// Source: the operations' documentation: all of them but `LeaveOrganization` can only be
    /// called from the management account.
    NotManagement,
}

impl ReadOnly {
    /// The reason as the rest of a sentence about something that cannot be done.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Offline => "this is offline",
            Self::Chosen(DecidedBy::Flag) => "this is read-only: --read-only was given",
            Self::Chosen(DecidedBy::Environment) => "this is read-only: ORGSCOPE_READ_ONLY is set",
            Self::Chosen(DecidedBy::File) => {
                "this is read-only: the configuration says so (--write overrules it)"
            }
            Self::Chosen(DecidedBy::Default) => "this is read-only",
            Self::OrganizationUnknown => "this is read-only: the organization is not known yet",
            Self::NoOrganization => "this account is in no organization",
            Self::CallerUnknown => "this is read-only: it is not known which account is asking",
            Self::NotManagement => {
                "this is read-only: only the management account may change the organization"
            }
        }
    }

    /// The reason for the header, in words and in fewer words; empty where there is nothing to add.
    #[must_use]
    fn words(self) -> [&'static str; 2] {
        match self {
            Self::Offline => ["offline"; 2],
            Self::Chosen(DecidedBy::Flag) => ["flag"; 2],
            Self::Chosen(DecidedBy::Environment) => ["env"; 2],
            Self::Chosen(DecidedBy::File) => ["config"; 2],
            Self::NotManagement => ["not the management account", "not mgmt"],
            Self::CallerUnknown => ["caller unknown"; 2],
            Self::Chosen(DecidedBy::Default) | Self::OrganizationUnknown | Self::NoOrganization => {
                [""; 2]
            }
        }
    }
}

impl App {
    /// Why nothing of the organization can be changed; `None` if it can.
    #[must_use]
    pub fn read_only_because(&self) -> Option<ReadOnly> {
        if self.session.offline {
            return Some(ReadOnly::Offline);
        }
        if !self.session.write {
            return Some(ReadOnly::Chosen(self.session.decided_by));
        }
        let Some(management) = self.management_account().filter(|id| !id.is_empty()) else {
            return Some(if self.is_in_no_organization() {
                ReadOnly::NoOrganization
            } else {
                ReadOnly::OrganizationUnknown
            });
        };
        match self.own_account() {
            None => Some(ReadOnly::CallerUnknown),
            Some(own) if own != management => Some(ReadOnly::NotManagement),
            Some(_) => None,
        }
    }

    /// Whether the service says that the caller's account is in no organization.
    #[must_use]
    pub fn is_in_no_organization(&self) -> bool {
        let error = self.known.error.as_ref();
        self.known.organization.is_none()
            && error.is_some_and(|error| error.kind == ErrorKind::NoOrganization)
    }

    /// The account that is asking, once it is known.
    #[must_use]
    pub fn own_account(&self) -> Option<&str> {
        let caller = self.known.caller.as_ref()?;
        Some(caller.account_id.as_str()).filter(|id| !id.is_empty())
    }

    /// Why an action is offered nowhere; `None` for one that only reads and for one that the mode
    /// allows. Leaving the organization is the one change that a member account makes itself.
    #[must_use]
    pub fn withheld_because(&self, row: &ActionRow) -> Option<&'static str> {
        if row.danger == Danger::Reads {
            return None;
        }
        let read_only = self.read_only_because();
        if row.action != Action::LeaveOrganization {
            return read_only.map(ReadOnly::reason);
        }
        match read_only {
            None => Some("the management account cannot leave its own organization"),
            // Whoever may list the organization has rights that were delegated to that account,
            // and a delegated administrator cannot leave.
            Some(ReadOnly::NotManagement) if self.load.is_walking_all() => {
                Some("what this account may read is not known yet")
            }
            Some(ReadOnly::NotManagement) if !is_plain_member(self) => {
                Some("an account to which reading the organization was delegated cannot leave")
            }
            Some(ReadOnly::NotManagement) => None,
            Some(other) => Some(other.reason()),
        }
    }

    /// Why nothing can be changed, for the header: in words, and in fewer words.
    #[must_use]
    pub fn read_only_words(&self) -> Option<[&'static str; 2]> {
        let read_only = self.read_only_because()?;
        let leave = row_of(Action::LeaveOrganization);
        Some(match read_only {
            ReadOnly::NotManagement if self.withheld_because(leave).is_none() => {
                ["this account can only leave", "can leave"]
            }
            read_only => read_only.words(),
        })
    }
}
