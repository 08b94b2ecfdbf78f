//! Serves winterbaume's Organizations on a free port of 127.0.0.1, and prints `READY` and the
//! address.
//!
//! winterbaume answers every listing in one page. The service has pages of at most 20, so listings
//! are cut here; a token is the number of what comes next.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use winterbaume_core::{MockRequest, MockResponse, MockService};
use winterbaume_organizations::OrganizationsService;

const PAGE: usize = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Arc::new(OrganizationsService::new());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("READY http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let emulator = Arc::clone(&emulator);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&emulator), request));
            let connection = hyper::server::conn::http1::Builder::new();
            // Whoever hangs up has what it wanted.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    emulator: Arc<OrganizationsService>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_or(Bytes::new(), |body| body.to_bytes());
    let target = head.headers.get("x-amz-target").and_then(|it| it.to_str().ok());
    let is_listing = target.is_some_and(|target| target.contains(".List"));
    let mut input: Value = serde_json::from_slice(&body).unwrap_or_default();
    let page = is_listing.then(|| Page::taken_from(&mut input));
    let request = MockRequest {
        method: head.method.to_string(),
        uri: format!("https://organizations.us-east-1.amazonaws.com{}", head.uri.path()),
        headers: head.headers,
        body: if is_listing { input.to_string().into() } else { body },
    };
    let mut answer = emulator.handle(request).await;
    if let Some(page) = page {
        page.cut(&mut answer);
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(answer.body)).expect("the emulator's headers are headers"))
}

struct Page {
    from: usize,
    most: usize,
}

impl Page {
    /// What was asked for; the emulator gets to see nothing of it.
    fn taken_from(input: &mut Value) -> Self {
        let input = input.as_object_mut();
        let (token, most) = input.map_or((None, None), |input| {
            (input.remove("NextToken"), input.remove("MaxResults"))
        });
        let from = token.as_ref().and_then(Value::as_str).and_then(|token| token.parse().ok());
        let most = most.as_ref().and_then(Value::as_u64).and_then(|most| most.try_into().ok());
        Self { from: from.unwrap_or(0), most: most.unwrap_or(PAGE).clamp(1, PAGE) }
    }

    fn cut(&self, answer: &mut MockResponse) {
        let Ok(mut output) = serde_json::from_slice::<Value>(&answer.body) else {
            return;
        };
        let Some(fields) = output.as_object_mut() else {
            return;
        };
        let Some(items) = fields.values_mut().find_map(Value::as_array_mut) else {
            return;
        };
        let end = (self.from + self.most).min(items.len());
        let more = end < items.len();
        *items = items.get(self.from..end).unwrap_or_default().to_vec();
        if more {
            fields.insert("NextToken".to_owned(), end.to_string().into());
        }
        answer.headers.remove("content-length");
        answer.body = output.to_string().into();
    }
}
