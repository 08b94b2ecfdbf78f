//! A tiny HTTP server on loopback that remembers what it was asked, for what no simulator offers:
//! broken answers, proxies, credential services.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// One request, as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// Method and target, e.g. `CONNECT host:443`.
    pub(crate) line: String,
    /// Header lines, joined.
    pub(crate) headers: String,
    /// The body.
    pub(crate) body: String,
}

impl Request {
    /// The access key id that it is signed with.
    pub(crate) fn access_key(&self) -> Option<&str> {
        self.credential()?.next()
    }

    /// The region that it is signed for.
    pub(crate) fn region(&self) -> Option<&str> {
        self.credential()?.nth(2)
    }

    fn credential(&self) -> Option<std::str::Split<'_, char>> {
        let (_, rest) = self.headers.split_once("Credential=")?;
        Some(rest.split(',').next()?.split('/'))
    }

    /// The Organizations operation, from its target header.
    pub(crate) fn operation(&self) -> Option<&str> {
        let (_, rest) = self.headers.split_once("AWSOrganizationsV20161128.")?;
        rest.split_whitespace().next()
    }
}

/// A complete HTTP answer.
pub(crate) fn answer(status: u16, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// An answer of an AWS JSON service.
pub(crate) fn json(status: u16, body: &str) -> String {
    answer(status, "application/x-amz-json-1.1", body)
}

/// A refusal of an AWS JSON service.
pub(crate) fn refusal(code: &str, message: &str) -> String {
    let body = serde_json::json!({ "__type": code, "Message": message }).to_string();
    json(400, &body)
}

/// A running server. Its thread ends with the test process.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Endpoint {
    /// Serves, giving the raw answer that `respond` makes; an empty one closes the connection.
    pub(crate) fn serve(respond: impl Fn(&Request) -> String + Send + Sync + 'static) -> Self {
        Self::listen("http", |stream| stream, respond)
    }

    /// The same over TLS.
    pub(crate) fn serve_tls(
        config: ServerConfig,
        respond: impl Fn(&Request) -> String + Send + Sync + 'static,
    ) -> Self {
        let config = Arc::new(config);
        let handshake = move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a usable server");
            StreamOwned::new(connection, stream)
        };
        Self::listen("https", handshake, respond)
    }

    fn listen<S: Read + Write>(
        scheme: &str,
        handshake: impl Fn(TcpStream) -> S + Send + Sync + 'static,
        respond: impl Fn(&Request) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("{scheme}://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&requests);
        let serve = Arc::new((handshake, respond));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, serve) = (Arc::clone(&heard), Arc::clone(&serve));
                thread::spawn(move || {
                    let (handshake, respond) = &*serve;
                    let mut stream = handshake(stream);
                    if let Some(request) = read(&mut stream) {
                        let answer = respond(&request);
                        heard.lock().expect("no panic").push(request);
                        let _ = stream.write_all(answer.as_bytes());
                        let _ = stream.flush();
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// An endpoint whose every answer is that the account is in no organization: a program that
    /// says so has come through with its credentials.
    pub(crate) fn without_organization() -> Self {
        Self::serve(|_| refusal("AWSOrganizationsNotInUseException", "not in use"))
    }

    /// What came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }

    /// What came for Organizations so far.
    pub(crate) fn organizations(&self) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| request.operation().is_some());
        requests
    }
}

fn read(stream: &mut impl Read) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut request = Request::default();
    reader.read_line(&mut request.line).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        request.headers.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    (!request.line.is_empty()).then_some(request)
}
