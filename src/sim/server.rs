//! The HTTP server: connections, and the faults that only a connection can have.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming as IncomingBody, SizeHint};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::service::{Delivery, Incoming, Reply, Service};

/// No request of these services is nearly as long.
const REQUEST_MAX: usize = 1 << 20;

/// How long to wait before accepting again when it failed, as it does without file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

pub(super) type Shared = Arc<Mutex<Service>>;

/// A panic in a test's hook leaves the data usable for the other requests.
pub(super) fn lock(service: &Shared) -> MutexGuard<'_, Service> {
    service.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until it is dropped, and all its connections with it.
pub(super) async fn serve(listener: TcpListener, service: Shared) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(converse(stream, Arc::clone(&service)));
        } else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, service: Shared) {
    // Small answers must not wait for the client's acknowledgement of the previous ones.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request| Box::pin(respond(request, Arc::clone(&service))));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    let outcome = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    if outcome.is_err_and(|error| is_reset(&error)) {
        // Closing with data unsent and a linger time of zero makes TCP send RST instead of FIN.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}

async fn respond(
    request: Request<IncomingBody>,
    service: Shared,
) -> Result<Response<ReplyBody>, Abort> {
    let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let target = header("x-amz-target");
    let authorization = header(AUTHORIZATION.as_str());
    let body = Limited::new(request.into_body(), REQUEST_MAX)
        .collect()
        .await;
    let body = body.map_err(|_| Abort::Close)?.to_bytes();
    let incoming = Incoming {
        target,
        authorization,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let reply = lock(&service).answer(&incoming);
    tokio::time::sleep(reply.delay).await;
    match reply.delivery {
        Delivery::Reset => Err(Abort::Reset),
        Delivery::Never => pending().await,
        Delivery::Whole | Delivery::Truncated | Delivery::Cut => Ok(response(reply)),
    }
}

fn response(reply: Reply) -> Response<ReplyBody> {
    let mut body = Bytes::from(reply.body);
    if reply.delivery != Delivery::Whole && body.is_empty() {
        // Half of nothing would be a success.
        body = Bytes::from_static(b"{}");
    }
    let declared = body.len();
    if reply.delivery != Delivery::Whole {
        body.truncate(declared / 2);
    }
    let is_cut = reply.delivery == Delivery::Cut;
    let declared = if is_cut { declared } else { body.len() };
    Response::builder()
        .status(reply.status)
        .header(CONTENT_TYPE, reply.content_type)
        .header("x-amzn-requestid", reply.request_id)
        .body(ReplyBody {
            declared: declared as u64,
            data: Some(body),
            is_cut,
            is_flushed: false,
        })
        .expect("status and headers are valid")
}

/// A body that may end before its declared length.
struct ReplyBody {
    declared: u64,
    data: Option<Bytes>,
    is_cut: bool,
    is_flushed: bool,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Abort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Abort>>> {
        if let Some(data) = self.data.take().filter(|data| !data.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if !self.is_cut {
            return Poll::Ready(None);
        }
        if !self.is_flushed {
            // An error now would discard what is still buffered: let the connection write it out.
            self.is_flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Abort::Close)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.declared)
    }
}

/// Ends a connection on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Abort {
    Reset,
    Close,
}

impl fmt::Display for Abort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was ended on purpose")
    }
}

impl Error for Abort {}

fn is_reset(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(<dyn Error>::downcast_ref::<Abort>);
    cause == Some(&Abort::Reset)
}
