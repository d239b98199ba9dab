//! The way of a process that does not have the folder: its requests go to the owner, over connections that are kept.
//!
//! Keeping them makes a third more requests a second than a connection for each would.
//!
//! No task drives a connection; whoever uses it does. So nothing runs while nothing is asked, a connection belongs to no
//! runtime for longer than a request, and a request that is given up takes its connection with it, by which the owner
//! knows.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use futures_util::future::{Either, select};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;

use crate::aws::embedded::{ENDPOINT, socket};

/// Connections at once. The owner's database answers one request at a time; more of them would only wait elsewhere.
const LINES: usize = 32;

/// The connections to whoever owns a folder.
pub struct Guest {
    folder: PathBuf,
    idle: Mutex<Vec<Line>>,
    lines: Semaphore,
}

/// Why there is no reply.
#[derive(Debug)]
pub enum Silence {
    /// The request has not left this process: here it is, and why.
    Unsent(Box<HttpRequest>, io::Error),
    /// It may have been applied, or can never be.
    Failed(ConnectorError),
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Guest {
    /// A guest of whoever owns the folder.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), idle: Mutex::default(), lines: Semaphore::new(LINES) }
    }

    /// Asks the owner.
    pub async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Silence> {
        let _turn = self.lines.acquire().await.expect("nobody closes it");
        let mut request = Box::new(outgoing(request).map_err(Silence::Failed)?);
        loop {
            let kept = self.kept().await;
            let is_last_chance = kept.is_none();
            let opened = match kept {
                Some(line) => Ok(line),
                None => Line::open(&self.folder).await,
            };
            let mut line = match opened {
                Ok(line) => line,
                Err(error) => return Err(Silence::Unsent(recovered(*request), error)),
            };
            match line.ask(*request).await {
                Ok(reply) => {
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                    return HttpResponse::try_from(reply).map_err(|e| Silence::Failed(ConnectorError::io(e.into())));
                }
                Err(Broken::Before(unsent, error)) if is_last_chance => {
                    return Err(Silence::Unsent(recovered(*unsent), io::Error::other(error)));
                }
                Err(Broken::Before(unsent, _)) => request = unsent,
                Err(Broken::After(error)) => return Err(Silence::Failed(ConnectorError::io(error.into()))),
            }
        }
    }

    /// A connection that was kept and has not ended since, as far as it can be seen.
    async fn kept(&self) -> Option<Line> {
        loop {
            let mut line = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if line.is_ready().await {
                return Some(line);
            }
        }
    }
}

type Driver = Connection<TokioIo<UnixStream>, SdkBody>;

/// A connection.
struct Line {
    sender: SendRequest<SdkBody>,
    /// Until it has ended.
    connection: Option<Pin<Box<Driver>>>,
}

/// Where in an exchange a connection broke.
enum Broken {
    /// Nothing of the request was written.
    Before(Box<Request<SdkBody>>, hyper::Error),
    /// All or some of it was.
    After(hyper::Error),
}

impl Line {
    async fn open(folder: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket::of_owner(folder)?).await?;
        socket::demand_own(&stream)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        Ok(Self { sender, connection: Some(Box::pin(connection)) })
    }

    async fn is_ready(&mut self) -> bool {
        let Some(connection) = &mut self.connection else { return false };
        // So that the runtime looks at its sockets: whether the other end has gone is known from them alone.
        tokio::task::yield_now().await;
        // The connection first, since it is what is told.
        match select(connection.as_mut(), pin!(self.sender.ready())).await {
            Either::Left(_) => false,
            Either::Right((ready, _)) => ready.is_ok(),
        }
    }

    async fn ask(&mut self, request: Request<SdkBody>) -> Result<Response<SdkBody>, Broken> {
        let exchange = pin!(async {
            let reply =
                self.sender.try_send_request(request).await.map_err(|mut broken| match broken.take_message() {
                    Some(unsent) => Broken::Before(Box::new(unsent), broken.into_error()),
                    None => Broken::After(broken.into_error()),
                })?;
            let (parts, body) = reply.into_parts();
            let body = body.collect().await.map_err(Broken::After)?.to_bytes();
            Ok(Response::from_parts(parts, SdkBody::from(body)))
        });
        let Some(connection) = &mut self.connection else { return exchange.await };
        match select(exchange, connection.as_mut()).await {
            Either::Left((exchanged, _)) => exchanged,
            Either::Right((_, exchange)) => {
                // An idle connection ends without a look at what was given to it: dropped, it gives that back. Else the
                // exchange would wait for ever.
                self.connection = None;
                exchange.await
            }
        }
    }
}

/// A request as it is written to a connection: the host is in a header, as the signature has it.
fn outgoing(request: HttpRequest) -> Result<Request<SdkBody>, ConnectorError> {
    let mut request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    Ok(request)
}

/// The request that was to be written.
fn recovered(mut request: Request<SdkBody>) -> Box<HttpRequest> {
    let uri = format!("{ENDPOINT}{}", request.uri());
    *request.uri_mut() = uri.parse().expect("it was cut off an address");
    Box::new(HttpRequest::try_from(request).expect("it was made from one"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_types::body::SdkBody;
    use tempfile::TempDir;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{UnixListener, UnixStream};

    use super::{Broken, Guest, Line, Silence, outgoing};
    use crate::aws::embedded::ENDPOINT;

    const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

    /// A folder whose owner is the test.
    fn folder() -> (TempDir, UnixListener) {
        let folder = TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("lock"), "1\nsocket\n").expect("a note");
        let listener = UnixListener::bind(folder.path().join("socket")).expect("a socket");
        (folder, listener)
    }

    fn request() -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from("{}"));
        request.set_uri(format!("{ENDPOINT}/path?query")).expect("an address");
        request.set_method("POST").expect("a method");
        request
    }

    async fn accept(listener: &UnixListener) -> UnixStream {
        listener.accept().await.expect("the guest comes").0
    }

    /// Reads a request to its end.
    async fn hear(stream: &mut UnixStream) -> String {
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n{}") {
            assert_ne!(stream.read_buf(&mut heard).await.expect("the guest asks"), 0);
        }
        String::from_utf8(heard).expect("text")
    }

    #[tokio::test]
    async fn a_request_names_its_path_and_its_host() {
        let (folder, listener) = folder();
        let owner = tokio::spawn(async move {
            let mut stream = accept(&listener).await;
            let heard = hear(&mut stream).await;
            stream.write_all(REPLY).await.expect("the guest listens");
            heard
        });
        let reply = Guest::of(folder.path()).ask(request()).await.expect("a reply");
        assert_eq!(reply.body().bytes(), Some(&b"{}"[..]));
        let heard = owner.await.expect("it answers");
        assert!(heard.starts_with("POST /path?query HTTP/1.1\r\n"), "{heard}");
        assert!(heard.contains("host: embedded.invalid\r\n"), "{heard}");
    }

    #[tokio::test]
    async fn a_request_that_nobody_hears_comes_back_as_it_was() {
        let (folder, listener) = folder();
        drop(listener);
        let Err(Silence::Unsent(unsent, _)) = Guest::of(folder.path()).ask(request()).await else {
            panic!("nobody is there")
        };
        assert_eq!((unsent.uri(), unsent.method()), (request().uri(), "POST"));
        assert_eq!(unsent.body().bytes(), Some(&b"{}"[..]));
    }

    #[tokio::test]
    async fn a_request_that_was_heard_and_not_answered_is_in_doubt() {
        let (folder, listener) = folder();
        tokio::spawn(async move {
            hear(&mut accept(&listener).await).await;
        });
        let silence = Guest::of(folder.path()).ask(request()).await;
        assert!(matches!(silence, Err(Silence::Failed(_))), "{silence:?}");
    }

    #[tokio::test]
    async fn a_connection_is_kept_and_another_made_when_it_has_ended() {
        let (folder, listener) = folder();
        let guest = Guest::of(folder.path());
        let owner = tokio::spawn(async move {
            for asked in [2, 1] {
                let mut stream = accept(&listener).await;
                for _ in 0..asked {
                    hear(&mut stream).await;
                    stream.write_all(REPLY).await.expect("the guest listens");
                }
            }
        });
        for _ in 0..3 {
            guest.ask(request()).await.expect("a reply");
        }
        owner.await.expect("it answers");
    }

    #[tokio::test]
    async fn a_connection_that_ends_before_it_has_taken_the_request_gives_it_back() {
        let (folder, listener) = folder();
        let mut line = Line::open(folder.path()).await.expect("it is open");
        let mut stream = accept(&listener).await;
        let owner = async {
            hear(&mut stream).await;
            stream.write_all(REPLY).await.expect("the guest listens");
        };
        let (reply, ()) = futures_util::join!(line.ask(outgoing(request()).expect("a request")), owner);
        assert!(reply.is_ok() && line.is_ready().await);
        drop(stream);
        // So that the runtime has seen it.
        tokio::task::yield_now().await;
        let asked = line.ask(outgoing(request()).expect("a request"));
        let asked = tokio::time::timeout(Duration::from_secs(10), asked).await.expect("it does not wait for ever");
        assert!(matches!(asked, Err(Broken::Before(..))));
        assert!(!line.is_ready().await);
    }
}
