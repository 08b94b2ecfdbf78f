use std::collections::BTreeSet;

use aws_sdk_organizations::error::SdkError;
use aws_sdk_organizations::operation::close_account::CloseAccountError;
use aws_sdk_organizations::operation::leave_organization::LeaveOrganizationError;
use aws_sdk_organizations::operation::move_account::MoveAccountError;
use aws_sdk_organizations::types::{
    ConstraintViolationExceptionReason, HandshakeConstraintViolationExceptionReason,
    InvalidInputExceptionReason,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::super::error::{CallError, from_sdk};
use super::*;

/// Reasons that only calls can meet which this program does not make: creating organizations,
/// accounts and policies, registering administrators, inviting, transferring bills. They keep
/// the words of the service.
const WITHOUT_SENTENCE: [&[&str]; 3] = [
    &[
        "ACCOUNT_NOT_ACTIVE_FOR_TRANSFER_RESPONSIBILITY",
        "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
        "ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED",
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
        "CREATE_ORGANIZATION_IN_BILLING_MODE_UNSUPPORTED_REGION",
        "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
        "EMAIL_VERIFICATION_CODE_EXPIRED",
        "MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE",
        "MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE",
        "MASTER_ACCOUNT_MISSING_CONTACT_INFO",
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
        "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
        "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
        "POLICY_CONTENT_LIMIT_EXCEEDED",
        "POLICY_NUMBER_LIMIT_EXCEEDED",
        "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
        "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION",
        "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION",
        "RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION",
        "RESPONSIBILITY_TRANSFER_MAX_TRANSFERS_QUOTA_VIOLATION",
        "TRANSFER_RESPONSIBILITY_SOURCE_DELETION_IN_PROGRESS",
        "TRANSFER_RESPONSIBILITY_TARGET_DELETION_IN_PROGRESS",
        "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED",
        "UNMET_BILLING_PREREQUISITE",
        "UNSUPPORTED_PRICING",
    ],
    &[
        "CALLER_REQUIRED_FIELD_MISSING",
        "DUPLICATE_TAG_KEY",
        "END_DATE_NOT_END_OF_MONTH",
        "END_DATE_TOO_EARLY",
        "END_DATE_TOO_LATE",
        "IMMUTABLE_POLICY",
        "INVALID_EMAIL_ADDRESS_TARGET",
        "INVALID_END_DATE",
        "INVALID_ENUM",
        "INVALID_ENUM_POLICY_TYPE",
        "INVALID_FULL_NAME_TARGET",
        "INVALID_LIST_MEMBER",
        "INVALID_PARTY_TYPE_TARGET",
        "INVALID_PRINCIPAL",
        "INVALID_RESOURCE_POLICY_JSON",
        "INVALID_ROLE_NAME",
        "INVALID_START_DATE",
        "INVALID_SYNTAX_ORGANIZATION_ARN",
        "INVALID_SYNTAX_POLICY_ID",
        "INVALID_SYSTEM_TAGS_PARAMETER",
        "MAX_LIMIT_EXCEEDED_FILTER",
        "MAX_VALUE_EXCEEDED",
        "MIN_VALUE_EXCEEDED",
        "NON_DETACHABLE_POLICY",
        "START_DATE_NOT_BEGINNING_OF_DAY",
        "START_DATE_NOT_BEGINNING_OF_MONTH",
        "START_DATE_TOO_EARLY",
        "START_DATE_TOO_LATE",
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
        "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
        "UNSUPPORTED_ACTION_IN_RESPONSIBILITY_TRANSFER",
        "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY",
        "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY",
    ],
    &[
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
        "LEGACY_PERMISSIONS_STILL_IN_USE",
        "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
        "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD",
        "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
        "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS",
        "SOURCE_AND_TARGET_CANNOT_MATCH",
    ],
];

fn failure<E>(error: E) -> CallError<E> {
    let status = StatusCode::try_from(400).unwrap();
    SdkError::service_error(error, HttpResponse::new(status, SdkBody::empty()))
}

fn named(code: &str) -> ErrorMetadata {
    let meta = ErrorMetadata::builder().code(code);
    meta.message("words of the service").build()
}

fn constraint(reason: &str) -> CallError<CloseAccountError> {
    let reason = ConstraintViolationExceptionReason::from(reason);
    let violation = ConstraintViolationException::builder().reason(reason);
    let violation = violation.meta(named("ConstraintViolationException"));
    failure(CloseAccountError::ConstraintViolationException(
        violation.build(),
    ))
}

#[test]
fn every_reason_that_the_sdk_knows_has_a_sentence_or_is_listed_without_one() {
    let known = [
        ConstraintViolationExceptionReason::values(),
        InvalidInputExceptionReason::values(),
        HandshakeConstraintViolationExceptionReason::values(),
    ];
    for ((known, table), without) in known
        .iter()
        .zip([CONSTRAINTS, INPUTS, HANDSHAKES])
        .zip(WITHOUT_SENTENCE)
    {
        let with: BTreeSet<&str> = table.iter().map(|(name, ..)| *name).collect();
        let without: BTreeSet<&str> = without.iter().copied().collect();
        let known: BTreeSet<&str> = known.iter().copied().collect();
        assert_eq!(with.len(), table.len(), "a reason is listed twice");
        assert_eq!(&with & &without, BTreeSet::new());
        assert_eq!(&with | &without, known);
    }
}

#[test]
fn every_sentence_says_what_it_means_and_what_to_do_next() {
    for (name, meaning, next) in [CONSTRAINTS, INPUTS, HANDSHAKES, EXCEPTIONS].concat() {
        assert!(!meaning.is_empty() && !next.is_empty(), "{name}");
        assert!(!meaning.ends_with('.') && !next.ends_with('.'), "{name}");
    }
}

#[test]
fn the_typed_reason_chooses_the_sentence_whatever_the_message_says() {
    for (reason, meaning, next) in CONSTRAINTS {
        let error = from_sdk("CloseAccount", &constraint(reason));
        assert_eq!(error.reason, *reason);
        assert_eq!(error.message, *meaning);
        assert_eq!(error.hint.as_deref(), Some(*next));
    }
    let invalid = InvalidInputException::builder()
        .reason(InvalidInputExceptionReason::MovingAccountBetweenDifferentRoots)
        .meta(named("InvalidInputException"));
    let invalid = failure(MoveAccountError::InvalidInputException(invalid.build()));
    let error = from_sdk("MoveAccount", &invalid);
    assert_eq!(error.reason, "MOVING_ACCOUNT_BETWEEN_DIFFERENT_ROOTS");
    assert!(error.message.contains("own root"), "{}", error.message);
}

#[test]
fn a_reason_without_a_sentence_keeps_the_words_of_the_service() {
    for reason in ["UNSUPPORTED_PRICING", "A_REASON_OF_THE_FUTURE"] {
        let error = from_sdk("CloseAccount", &constraint(reason));
        assert_eq!(error.reason, reason);
        assert_eq!(error.message, "words of the service");
        assert!(error.hint.is_some_and(|hint| hint.contains(reason)));
    }
}

#[test]
fn an_exception_without_reasons_has_its_sentence_by_its_name() {
    use aws_sdk_organizations::types::error::MasterCannotLeaveOrganizationException as Master;
    let master = Master::builder().meta(named("MasterCannotLeaveOrganizationException"));
    let master = LeaveOrganizationError::MasterCannotLeaveOrganizationException(master.build());
    let error = from_sdk("LeaveOrganization", &failure(master));
    assert_eq!(error.reason, "");
    assert!(error.message.contains("management account"));
}
