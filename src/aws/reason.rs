//! What the service's reasons mean, and what to do next: one sentence each, found by the typed
//! reason or by the exception's name, never by the words of a message.
//!
//! Sources: the API model's documentation of the three exceptions that carry reasons, and the
//! Organizations User Guide, "Quotas" and "Removing a member account" (2026-11).

use std::error::Error;

use aws_sdk_organizations::types::error::{
    ConstraintViolationException, HandshakeConstraintViolationException, InvalidInputException,
};

use super::error::find;

/// A name, what it means, and what to do next.
type Row = (&'static str, &'static str, &'static str);

/// What a refusal means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advice {
    /// The reason as the service spells it; empty where the exception has none.
    pub(super) reason: String,
    /// What it means; `None` where the service's own words must do.
    pub(super) meaning: Option<&'static str>,
    /// What to do next.
    pub(super) next: String,
}

/// What this refusal means, if it is one of which more can be said than the service says. A
/// reason without a sentence leaves the service's own words, and is named.
pub(super) fn advice(code: &str, error: &(dyn Error + 'static)) -> Option<Advice> {
    let Some((reason, table)) = typed(error) else {
        let (meaning, next) = row(EXCEPTIONS, code)?;
        return Some(Advice {
            reason: String::new(),
            meaning: Some(meaning),
            next: next.to_owned(),
        });
    };
    let row = row(table, reason);
    Some(Advice {
        reason: reason.to_owned(),
        meaning: row.map(|(meaning, _)| meaning),
        next: match row {
            Some((_, next)) => next.to_owned(),
            None => format!("the service's reason is {reason}"),
        },
    })
}

/// The reason of the exception, and the table that it is in.
fn typed<'e>(error: &'e (dyn Error + 'static)) -> Option<(&'e str, &'static [Row])> {
    if let Some(violation) = find::<ConstraintViolationException>(error) {
        return Some((violation.reason()?.as_str(), CONSTRAINTS));
    }
    if let Some(invalid) = find::<InvalidInputException>(error) {
        return Some((invalid.reason()?.as_str(), INPUTS));
    }
    let violation = find::<HandshakeConstraintViolationException>(error)?;
    Some((violation.reason()?.as_str(), HANDSHAKES))
}

/// What a name means, and what to do next.
fn row(table: &[Row], name: &str) -> Option<(&'static str, &'static str)> {
    let (_, meaning, next) = table.iter().find(|(known, ..)| *known == name)?;
    Some((meaning, next))
}

/// `ConstraintViolationException`: what the changes of this program can meet.
const CONSTRAINTS: &[Row] = &[
    (
        "ACCOUNT_CANNOT_LEAVE_ORGANIZATION",
        "the management account cannot leave or be removed from its organization",
        "remove or close all member accounts, then delete the organization itself",
    ),
    (
        "ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA",
        "the account has not accepted the AWS Customer Agreement, which it needs to stand alone",
        "sign in as the account's root user, accept the agreement, and try again",
    ),
    (
        "ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION",
        "the account's phone number is not verified, which it needs to stand alone",
        "sign in as the account's root user, verify the phone number, and try again",
    ),
    (
        "ACCOUNT_CREATION_NOT_COMPLETE",
        "the account's sign-up is not complete",
        "sign in as the account's root user and complete the sign-up",
    ),
    (
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
        "too many accounts are being created at this time",
        "wait until some of them are done, and try again",
    ),
    (
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        "the organization has as many accounts as it may have; closed ones count for 90 days",
        "ask AWS Support for a higher quota; in a new organization, wait an hour and try again",
    ),
    (
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
        "the management account cannot be closed while the organization has other accounts",
        "close or remove all member accounts first, then close it as its root user",
    ),
    (
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        "the account is a delegated administrator of a service",
        "deregister it for every service that lists it, then try again",
    ),
    (
        "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
        "the quota of account closures for 30 days is used up",
        "wait until earlier closures are more than 30 days old; the quota cannot be raised",
    ),
    (
        "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
        "too many accounts are being closed at this time",
        "wait until some of those closures are done; what is queued here waits by itself",
    ),
    (
        "HANDSHAKE_RATE_LIMIT_EXCEEDED",
        "too many invitations were sent today",
        "try again tomorrow",
    ),
    (
        "INVALID_PAYMENT_INSTRUMENT",
        "the account has no payment method that AWS supports, so it cannot stand alone",
        "sign in as the account's root user, add a supported payment method, and try again",
    ),
    (
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "as many policies of this type are attached as may be",
        "detach one first",
    ),
    (
        "MAX_TAG_LIMIT_EXCEEDED",
        "it has as many tags as it may have",
        "remove a tag first",
    ),
    (
        "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
        "the account has no payment method, so it cannot stand alone",
        "sign in as the account's root user, add a payment method, and try again",
    ),
    (
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "at least one policy of this type must stay attached",
        "attach another one first",
    ),
    (
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        "the organization has only consolidated billing, which does not offer this",
        "enable all features of the organization first",
    ),
    (
        "OU_DEPTH_LIMIT_EXCEEDED",
        "OUs can be nested five levels deep, and this one would be deeper",
        "choose a parent nearer to the root",
    ),
    (
        "OU_NUMBER_LIMIT_EXCEEDED",
        "the organization has as many OUs as it may have",
        "delete OUs that are empty, or ask AWS Support for a higher quota",
    ),
    (
        "SERVICE_ACCESS_NOT_ENABLED",
        "the service has no trusted access to the organization",
        "enable trusted access for the service first",
    ),
    (
        "TAG_POLICY_VIOLATION",
        "the tags do not comply with the tag policy",
        "look at the effective tag policy of the account",
    ),
    (
        "WAIT_PERIOD_ACTIVE",
        "an account that was created in the organization must stay in it for four days",
        "wait until it is four days old, and try again",
    ),
];

/// `InvalidInputException`: what the changes of this program can meet.
const INPUTS: &[Row] = &[
    (
        "INVALID_PATTERN",
        "the service does not accept a value, such as a name with characters that it forbids",
        "choose a name without <, > and other markup",
    ),
    (
        "INVALID_PATTERN_TARGET_ID",
        "the service does not accept this id",
        "reload, and choose the account or OU again",
    ),
    (
        "INPUT_REQUIRED",
        "the service misses a value, such as an empty name",
        "give a value and try again",
    ),
    (
        "MAX_LENGTH_EXCEEDED",
        "a value is longer than the service allows",
        "names of OUs may have 128 characters",
    ),
    (
        "MIN_LENGTH_EXCEEDED",
        "a value is shorter than the service allows",
        "give a longer value",
    ),
    (
        "MOVING_ACCOUNT_BETWEEN_DIFFERENT_ROOTS",
        "an account can be moved only below its own root",
        "choose a destination below the same root",
    ),
    (
        "INVALID_NEXT_TOKEN",
        "the service no longer knows how far this listing was read",
        "reload",
    ),
    (
        "TARGET_NOT_SUPPORTED",
        "the service does not offer this for such a target",
        "choose another account or OU",
    ),
];

/// `HandshakeConstraintViolationException`: this program sends no invitations, but membership
/// changes share some of these.
const HANDSHAKES: &[Row] = &[
    (
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        "the organization has as many accounts as it may have; closed ones count for 90 days",
        "ask AWS Support for a higher quota; in a new organization, wait an hour and try again",
    ),
    (
        "ALREADY_IN_AN_ORGANIZATION",
        "the account already belongs to an organization",
        "let it leave that one first",
    ),
    (
        "HANDSHAKE_RATE_LIMIT_EXCEEDED",
        "too many invitations were sent today",
        "try again tomorrow",
    ),
    (
        "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED",
        "the account's membership was changed only a short while ago",
        "wait some hours and try again",
    ),
    (
        "PAST_DUE_INVOICE",
        "an invoice is past due",
        "pay it, and try again",
    ),
    (
        "PAYMENT_INSTRUMENT_REQUIRED",
        "the account has no payment method",
        "sign in as the account's root user, add a payment method, and try again",
    ),
    (
        "TARGET_ACCOUNT_VALIDATION_FAILURE",
        "the account does not meet the service's conditions",
        "ask AWS Support which one",
    ),
    (
        "UNUSED_PREPAYMENT_BALANCE",
        "the organization has an unused prepayment balance",
        "ask AWS Support how to settle it",
    ),
];

/// Exceptions without reasons.
const EXCEPTIONS: &[Row] = &[
    (
        "AccountAlreadyClosedException",
        "the account is already closed",
        "reload to see its state; AWS Support can reopen it for 90 days",
    ),
    (
        "AccountNotFoundException",
        "the account is not in the organization (any more)",
        "reload; it may have been removed, have left, or be closed for good",
    ),
    (
        "ChildNotFoundException",
        "it is not in the organization (any more)",
        "reload",
    ),
    (
        "ConcurrentModificationException",
        "something else is changing the same account or OU at this moment",
        "wait a few seconds and try again",
    ),
    (
        "ConflictException",
        "the account is in a state that does not allow this, e.g. it is being closed already",
        "reload to see its state",
    ),
    (
        "DestinationParentNotFoundException",
        "the destination is not there (any more)",
        "reload and choose another; a new OU may need a moment until it can be used",
    ),
    (
        "DuplicateAccountException",
        "the account is already in the destination",
        "reload to see where it is",
    ),
    (
        "DuplicateOrganizationalUnitException",
        "there is already an OU of this name in this place",
        "choose another name",
    ),
    (
        "FinalizingOrganizationException",
        "the organization is still being set up",
        "try again in an hour",
    ),
    (
        "MasterCannotLeaveOrganizationException",
        "the management account cannot leave its organization",
        "remove or close all member accounts, then delete the organization itself",
    ),
    (
        "OrganizationalUnitNotEmptyException",
        "the OU is not empty",
        "move its accounts elsewhere and delete its OUs first; closed accounts count too",
    ),
    (
        "OrganizationalUnitNotFoundException",
        "the OU is not there (any more)",
        "reload",
    ),
    (
        "ParentNotFoundException",
        "the root or OU is not there (any more)",
        "reload",
    ),
    (
        "SourceParentNotFoundException",
        "the account is no longer where it was when this was asked",
        "reload to see where it is, and move it from there",
    ),
    (
        "TargetNotFoundException",
        "the account, OU or root is not there (any more)",
        "reload",
    ),
];

#[cfg(test)]
#[path = "reason_tests.rs"]
mod tests;
