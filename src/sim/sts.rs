//! The one operation of STS.

use serde_json::{Value, json};

use super::error::ApiError;
use super::operations::Request;

#[expect(
    clippy::unnecessary_wraps,
    reason = "the type of a row in the table of operations"
)]
pub(super) fn get_caller_identity(request: &mut Request<'_>) -> Result<Value, ApiError> {
    let account = request.caller;
    Ok(json!({
        "Arn": format!("arn:aws:sts::{account}:assumed-role/OrganizationsOperator/simulator"),
        "UserId": "AROASIMULATEDOPERATOR:simulator",
        "Account": account,
    }))
}
