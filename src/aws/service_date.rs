//! What time the service has, by the date of an answer.
#![expect(
    clippy::disallowed_methods,
    reason = "the service's clock is compared with the machine's"
)]

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use jiff::{SignedDuration, Timestamp};

use super::convert::timestamp;

/// Notes the date of an answer beside the machine's time.
#[derive(Debug, Clone, Default)]
pub(super) struct ServiceDate(Arc<Mutex<Option<(Timestamp, Timestamp)>>>);

impl ServiceDate {
    /// The date has whole seconds, so that less than two of them say nothing.
    pub(super) fn clock_ahead(&self) -> Option<SignedDuration> {
        let noted = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (service, machine) = noted?;
        Some(SignedDuration::from_secs(
            machine.as_second() - service.as_second(),
        ))
    }
}

impl Intercept for ServiceDate {
    fn name(&self) -> &'static str {
        "ServiceDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|text| DateTime::from_str(text, Format::HttpDate).ok());
        if let Some(service) = date.as_ref().and_then(timestamp) {
            let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *noted = Some((service, Timestamp::now()));
        }
        Ok(())
    }
}
