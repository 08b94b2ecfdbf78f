//! From a request's bytes to the bytes of its answer, without any network.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::caller::account_of_authorization;
use super::clock::Clock;
use super::error::ApiError;
use super::faults::{FaultKind, FaultPlan, Strike};
use super::limits::Limiter;
use super::operations::{self, Protocol, Request};
use super::organization::Organization;
use super::paging::Bend;
use super::parameters::Parameters;
use super::record::{WriteCall, is_read};
use super::{Call, Calls, Hook, Settings};

const TARGET_PREFIX: &str = "AWSOrganizationsV20161128.";

/// What the simulator holds between requests.
pub(super) struct Service {
    pub(super) organization: Organization,
    pub(super) clock: Clock,
    pub(super) calls: BTreeMap<String, Calls>,
    pub(super) hook: Option<Hook>,
    pub(super) writes: Vec<WriteCall>,
    pub(super) requests: u64,
    settings: Settings,
    /// The account that is asking, unless the access key id says otherwise.
    caller: String,
    limiter: Limiter,
    pub(super) faults: FaultPlan,
}

/// What of an HTTP request matters here.
pub(super) struct Incoming {
    /// The header `X-Amz-Target`.
    pub(super) target: Option<String>,
    /// The header `Authorization`.
    pub(super) authorization: Option<String>,
    pub(super) body: String,
}

/// An answer, and how it shall reach the client.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) request_id: String,
    pub(super) body: String,
    pub(super) delay: Duration,
    pub(super) delivery: Delivery,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// Half of the body, declared as the whole.
    Truncated,
    /// Half of the body, then the end of the connection.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing ever comes.
    Never,
}

impl Service {
    pub(super) fn new(organization: Organization, settings: Settings) -> Self {
        Self {
            clock: Clock::starting_at(organization.as_of, settings.speed),
            faults: FaultPlan::new(settings.faults.clone()),
            caller: settings.caller.account(&organization),
            organization,
            settings,
            calls: BTreeMap::new(),
            hook: None,
            writes: Vec::new(),
            requests: 0,
            limiter: Limiter::default(),
        }
    }

    pub(super) fn answer(&mut self, incoming: &Incoming) -> Reply {
        self.requests += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012x}", self.requests);
        let (protocol, name) = asked_for(incoming);
        let authorization = incoming.authorization.as_deref();
        let named = authorization.and_then(account_of_authorization);
        let caller = named.unwrap_or(&self.caller).to_owned();
        let strike = self.faults.strike(&name, &incoming.body);
        let carried_out = if strike.prevented {
            None
        } else {
            Some(self.perform(protocol, &name, &caller, incoming, strike.bend()))
        };
        let changed = matches!(carried_out, Some(Ok(_)));
        let result = match (strike.kind.as_ref().and_then(refusal), carried_out) {
            (Some(error), _) => Err(error),
            (None, Some(result)) => result,
            (None, None) => Err(ApiError::internal_failure()),
        };
        if protocol == Protocol::Json && !is_read(&name) {
            let error = result.as_ref().err().map(|error| error.code.to_string());
            self.writes.push(WriteCall {
                operation: name.clone(),
                body: incoming.body.clone(),
                caller,
                at: self.clock.now(),
                request_id: request_id.clone(),
                changed,
                error: error.filter(|_| strike.kind != Some(FaultKind::Drop)),
                fault: strike.kind.clone(),
            });
        }
        self.count(name.clone(), &result);
        let mut reply = match (protocol, &strike.kind) {
            (_, Some(FaultKind::Unavailable)) => unavailable(),
            (Protocol::Json, Some(FaultKind::Null)) if result.is_ok() => {
                json_reply(Ok(Value::Null))
            }
            (Protocol::Json, _) => json_reply(result),
            (Protocol::Query, _) => query_reply(&name, &request_id, result),
        };
        reply.delay = self.settings.latency.saturating_add(strike.late);
        reply.delivery = strike.kind.as_ref().map_or(Delivery::Whole, delivery);
        reply.request_id = request_id;
        reply
    }

    fn perform(
        &mut self,
        protocol: Protocol,
        name: &str,
        caller: &str,
        incoming: &Incoming,
        bent: Option<Bend>,
    ) -> Result<Value, ApiError> {
        let operation = operations::find(protocol, name).ok_or_else(|| {
            ApiError::new("UnknownOperationException", "The operation is not known.")
        })?;
        let now = self.clock.now();
        self.organization.settle(now);
        if let Some(hook) = &mut self.hook {
            let earlier = self.calls.get(name).map_or(0, Calls::total);
            let call = Call {
                operation: operation.name,
                number: earlier + 1,
                body: &incoming.body,
            };
            hook(&call, &mut self.organization);
        }
        let allowed = self.clock.for_limits();
        if self.settings.limits && !self.limiter.admit(caller, name, allowed) {
            return Err(ApiError::too_many_requests());
        }
        let parameters = match protocol {
            Protocol::Json => Parameters::from_json(&incoming.body)?,
            Protocol::Query => Parameters::default(),
        };
        operation.call(&mut Request {
            organization: &mut self.organization,
            settings: &self.settings,
            now,
            caller,
            operation: operation.name,
            parameters,
            bent,
        })
    }

    fn count(&mut self, name: String, result: &Result<Value, ApiError>) {
        let calls = self.calls.entry(name).or_default();
        match result {
            Ok(_) => calls.served += 1,
            Err(error) if error.is_throttling() => calls.throttled += 1,
            Err(_) => calls.failed += 1,
        }
    }
}

impl Strike {
    /// How the page of a listing is bent.
    fn bend(&self) -> Option<Bend> {
        match self.kind {
            Some(FaultKind::Empty) => Some(Bend::Empty),
            Some(FaultKind::Loop) => Some(Bend::Loop),
            _ => None,
        }
    }
}

/// Which operation of which service the request is for.
fn asked_for(incoming: &Incoming) -> (Protocol, String) {
    if let Some(target) = &incoming.target {
        let name = target.strip_prefix(TARGET_PREFIX).unwrap_or(target);
        return (Protocol::Json, name.to_owned());
    }
    let mut fields = incoming.body.split('&');
    match fields.find_map(|field| field.strip_prefix("Action=")) {
        Some(action) => (Protocol::Query, action.to_owned()),
        None => (Protocol::Json, String::new()),
    }
}

/// The error that a fault makes the service answer.
fn refusal(fault: &FaultKind) -> Option<ApiError> {
    match fault {
        FaultKind::Throttle => Some(ApiError::too_many_requests()),
        FaultKind::InternalFailure | FaultKind::Unavailable => Some(ApiError::internal_failure()),
        FaultKind::Expired => Some(ApiError::new(
            "ExpiredTokenException",
            "The security token included in the request is expired",
        )),
        FaultKind::Deny => Some(ApiError::access_denied()),
        FaultKind::Error { code, reason } => Some(ApiError {
            reason: reason.clone().map(Into::into),
            ..ApiError::new(
                code.clone(),
                "The simulator was told to answer with this error.",
            )
        }),
        FaultKind::Latency(_)
        | FaultKind::Reset
        | FaultKind::Drop
        | FaultKind::Truncate
        | FaultKind::Cut
        | FaultKind::Hang
        | FaultKind::Null
        | FaultKind::Empty
        | FaultKind::Loop => None,
    }
}

fn delivery(fault: &FaultKind) -> Delivery {
    match fault {
        FaultKind::Reset | FaultKind::Drop => Delivery::Reset,
        FaultKind::Truncate => Delivery::Truncated,
        FaultKind::Cut => Delivery::Cut,
        FaultKind::Hang => Delivery::Never,
        _ => Delivery::Whole,
    }
}

fn reply(status: u16, content_type: &'static str, body: String) -> Reply {
    Reply {
        status,
        content_type,
        request_id: String::new(),
        body,
        delay: Duration::ZERO,
        delivery: Delivery::Whole,
    }
}

fn unavailable() -> Reply {
    let page = "<html><head><title>503 Service Unavailable</title></head>\
                <body><h1>503 Service Unavailable</h1></body></html>\n";
    reply(503, "text/html", page.to_owned())
}

fn json_reply(result: Result<Value, ApiError>) -> Reply {
    const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
    match result {
        // Operations without an output have an empty body.
        Ok(Value::Object(members)) if members.is_empty() => reply(200, CONTENT_TYPE, String::new()),
        Ok(answer) => reply(200, CONTENT_TYPE, answer.to_string()),
        Err(error) => {
            let mut body = json!({ "__type": error.code, "Message": error.message });
            if let Some(reason) = &error.reason {
                body["Reason"] = reason.as_ref().into();
            }
            if error.is_throttling() {
                // The API model has this member and names no values.
                body["Type"] = "RATE".into();
            }
            reply(error.status, CONTENT_TYPE, body.to_string())
        }
    }
}

/// XML of the query protocol. Nothing in it comes from outside except the action's name.
fn query_reply(name: &str, request_id: &str, result: Result<Value, ApiError>) -> Reply {
    const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
    match result {
        Ok(answer) => {
            let mut members = String::new();
            for (name, value) in answer.as_object().into_iter().flatten() {
                let value = value.as_str().unwrap_or_default();
                let _ = write!(members, "<{name}>{value}</{name}>");
            }
            let body = format!(
                "<{name}Response xmlns=\"{NAMESPACE}\"><{name}Result>{members}</{name}Result>\
                 <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
            );
            reply(200, "text/xml", body)
        }
        Err(error) => {
            // STS names these two otherwise than the JSON services do.
            let code = match error.code.as_ref() {
                "UnknownOperationException" => "InvalidAction",
                "AccessDeniedException" => "AccessDenied",
                "ExpiredTokenException" => "ExpiredToken",
                "TooManyRequestsException" => "Throttling",
                code => code,
            };
            let fault = if error.status < 500 {
                "Sender"
            } else {
                "Receiver"
            };
            let body = format!(
                "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{fault}</Type><Code>{code}</Code>\
                 <Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                error.message
            );
            let status = if code == "AccessDenied" || code == "ExpiredToken" {
                403
            } else {
                error.status
            };
            reply(status, "text/xml", body)
        }
    }
}
