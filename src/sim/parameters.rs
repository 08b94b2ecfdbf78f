//! Reading a request's parameters as strictly as the service does.

use serde_json::{Map, Value};

use super::caller::is_account_id;
use super::error::ApiError;
use super::paging::PAGE_MAX;

/// The members of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// From the body of an AWS JSON request.
    pub(super) fn from_json(body: &str) -> Result<Self, ApiError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_str(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(serialization(
                "The request is not a JSON object.".to_owned(),
            )),
            Err(error) => Err(serialization(format!("The request is not JSON: {error}."))),
        }
    }

    pub(super) fn optional(&self, name: &str) -> Result<Option<&str>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(serialization(format!("{name} must be a string."))),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.optional(name)?.ok_or_else(|| {
            ApiError::invalid_input("INPUT_REQUIRED", format!("You must specify {name}."))
        })
    }

    /// A required string of `min` to `max` characters.
    pub(super) fn text(&self, name: &str, min: usize, max: usize) -> Result<&str, ApiError> {
        let text = self.required(name)?;
        let length = text.chars().count();
        if length < min {
            let why = format!("{name} must have at least {min} characters.");
            return Err(ApiError::invalid_input("MIN_LENGTH_EXCEEDED", why));
        }
        if length > max {
            let why = format!("{name} must have at most {max} characters.");
            return Err(ApiError::invalid_input("MAX_LENGTH_EXCEEDED", why));
        }
        Ok(text)
    }

    /// A required string of a certain form.
    pub(super) fn matching(
        &self,
        name: &str,
        is_valid: impl Fn(&str) -> bool,
    ) -> Result<&str, ApiError> {
        self.checked(name, is_valid, "INVALID_PATTERN")
    }

    /// A required string of a certain form; what else it may be is refused for this reason.
    pub(super) fn checked(
        &self,
        name: &str,
        is_valid: impl Fn(&str) -> bool,
        reason: &'static str,
    ) -> Result<&str, ApiError> {
        let text = self.required(name)?;
        valid_or(name, is_valid(text), reason).map(|()| text)
    }

    pub(super) fn account_id(&self, name: &str) -> Result<&str, ApiError> {
        self.matching(name, is_account_id)
    }

    /// The id of a root or an OU.
    pub(super) fn parent_id(&self, name: &str) -> Result<&str, ApiError> {
        self.matching(name, |id| is_root_id(id) || is_unit_id(id))
    }

    /// A required string that must be one of a few.
    pub(super) fn one_of(&self, name: &str, values: &[&str]) -> Result<&str, ApiError> {
        let text = self.required(name)?;
        valid_or(name, values.contains(&text), "INVALID_ENUM").map(|()| text)
    }

    /// A list of strings, each one of a few; empty when it is not given.
    pub(super) fn any_of(&self, name: &str, values: &[&str]) -> Result<Vec<&str>, ApiError> {
        let members = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(members)) => members,
            Some(_) => return Err(serialization(format!("{name} must be a list."))),
        };
        members
            .iter()
            .map(|value| {
                let text = value
                    .as_str()
                    .ok_or_else(|| serialization(format!("{name} must hold strings.")))?;
                valid_or(name, values.contains(&text), "INVALID_ENUM").map(|()| text)
            })
            .collect()
    }

    /// `Tags`: keys with their values, as many as there are; none when they are not given.
    pub(super) fn tags(&self) -> Result<Vec<(String, String)>, ApiError> {
        let members = match self.0.get("Tags") {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(members)) => members,
            Some(_) => return Err(serialization("Tags must be a list.".to_owned())),
        };
        let tag = |member: &Value| {
            let members = member.as_object().cloned();
            let members = members
                .ok_or_else(|| serialization("Tags must hold structures.".to_owned()))
                .map(Self)?;
            let key = members.text("Key", 1, 128)?.to_owned();
            Ok((key, members.text("Value", 0, 256)?.to_owned()))
        };
        members.iter().map(tag).collect()
    }

    /// `MaxResults`: 1 to 20, or not given.
    pub(super) fn max_results(&self) -> Result<Option<usize>, ApiError> {
        let number = match self.0.get("MaxResults") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(_) => None,
        };
        let number =
            number.ok_or_else(|| serialization("MaxResults must be a whole number.".to_owned()))?;
        match usize::try_from(number) {
            Ok(0) | Err(_) => Err(invalid("MaxResults", "MIN_VALUE_EXCEEDED")),
            Ok(size @ 1..=PAGE_MAX) => Ok(Some(size)),
            Ok(_) => Err(invalid("MaxResults", "MAX_VALUE_EXCEEDED")),
        }
    }
}

pub(super) fn is_root_id(id: &str) -> bool {
    id.strip_prefix("r-").is_some_and(|rest| is_word(rest, 4))
}

/// `ou-`, the root's own part, `-`, the unit's own part.
pub(super) fn is_unit_id(id: &str) -> bool {
    let parts = id.strip_prefix("ou-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(root, own)| is_word(root, 4) && is_word(own, 8))
}

/// `p-` and 8 to 128 letters, digits and underscores.
pub(super) fn is_policy_id(id: &str) -> bool {
    let is_valid = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    id.strip_prefix("p-")
        .is_some_and(|rest| (8..=128).contains(&rest.len()) && rest.bytes().all(is_valid))
}

/// Small letters and digits, `min` to 32 of them.
fn is_word(text: &str, min: usize) -> bool {
    let is_valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (min..=32).contains(&text.len()) && text.bytes().all(is_valid)
}

fn valid_or(name: &str, is_valid: bool, reason: &'static str) -> Result<(), ApiError> {
    if is_valid {
        Ok(())
    } else {
        Err(invalid(name, reason))
    }
}

fn invalid(name: &str, reason: &'static str) -> ApiError {
    ApiError::invalid_input(
        reason,
        format!("You provided a value of {name} that is not valid."),
    )
}

fn serialization(message: String) -> ApiError {
    ApiError::new("SerializationException", message)
}
