//! The door of the folder's owner: an HTTP server at the socket, for the other processes of the same account.
//!
//! It has a thread and a small runtime of its own. So it is there as long as the clients are, whatever becomes of the
//! runtime in which they were made or of that one's clock, and it can be closed where nothing can be awaited: in `drop`.

use std::convert::Infallible;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::UnixStream;
use tokio::runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::aws::embedded::engines::Engines;
use crate::aws::embedded::{ENDPOINT, socket};

/// Connections at once; further ones wait in the system's queue. Each may cost a request's size in memory, and a file.
const CONNECTIONS: usize = 256;
/// Bytes of a request's body: as many as `DynamoDB` takes, and far more than a receipt has.
const LARGEST_BODY: usize = 16 << 20;
/// Bytes of a request's head, and of what is read ahead.
const LARGEST_HEAD: usize = 64 << 10;
/// A connection on which no request comes for so long is closed.
const IDLE: Duration = Duration::from_secs(30);
/// How long requests that are under way may take when the door closes.
const CLOSING: Duration = Duration::from_secs(2);
/// How long to leave the socket alone when the system has no more files for connections.
const OUT_OF_FILES: Duration = Duration::from_millis(50);

/// An open door; dropped, it closes.
pub struct Door {
    closing: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Answers at a listener that does not block.
    pub fn open(listener: UnixListener, engines: Arc<Engines>) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::UnixListener::from_std(listener)?
        };
        let closing = CancellationToken::new();
        let closed = closing.clone();
        let thread = thread::Builder::new().name("door".to_owned()).spawn(move || {
            runtime.block_on(serve(listener, engines, closed));
        })?;
        Ok(Self { closing, thread: Some(thread) })
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

/// Lets nobody else in, has what is under way answered, and lets go of the engines.
impl Drop for Door {
    fn drop(&mut self) {
        self.closing.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the door of the data folder had stopped with a panic");
        }
    }
}

async fn serve(listener: tokio::net::UnixListener, engines: Arc<Engines>, closing: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let visits = TaskTracker::new();
    while let Some(Some((stream, place))) = closing.run_until_cancelled(next(&listener, &places)).await {
        visits.spawn(visit(stream, Arc::clone(&engines), closing.clone(), place));
    }
    drop(listener);
    visits.close();
    if tokio::time::timeout(CLOSING, visits.wait()).await.is_err() {
        tracing::warn!(left = visits.len(), "the data folder is closed before all requests of others were answered");
    }
}

/// The next connection of the same account, when there is room for it.
async fn next(
    listener: &tokio::net::UnixListener,
    places: &Arc<Semaphore>,
) -> Option<(UnixStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        let refusal = match listener.accept().await {
            Ok((stream, _)) => match socket::demand_own(&stream) {
                Ok(()) => return Some((stream, place)),
                Err(refusal) => refusal,
            },
            Err(error) => {
                tokio::time::sleep(OUT_OF_FILES).await;
                error
            }
        };
        tracing::warn!(error = %refusal, "a connection to the data folder was refused");
    }
}

/// Answers the requests of one connection, one after the other.
async fn visit(stream: UnixStream, engines: Arc<Engines>, closing: CancellationToken, _place: OwnedSemaphorePermit) {
    let service = service_fn(|request| answer(request, &engines));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(IDLE).max_buf_size(LARGEST_HEAD);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection of another process has ended");
    }
}

/// Has the engines answer a request. One that they cannot answer is in doubt for whoever sent it, as after a lost reply.
async fn answer(request: Request<Incoming>, engines: &Engines) -> Result<Response<SdkBody>, Infallible> {
    let (mut parts, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => return Ok(refusal(StatusCode::BAD_REQUEST)),
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = format!("{ENDPOINT}{path}").parse::<Uri>() else { return Ok(refusal(StatusCode::BAD_REQUEST)) };
    parts.uri = uri;
    let request = HttpRequest::try_from(Request::from_parts(parts, SdkBody::from(body)));
    let Ok(request) = request else { return Ok(refusal(StatusCode::BAD_REQUEST)) };
    let answered = engines.answer(request).await;
    Ok(answered.ok().and_then(|answer| answer.try_into_http1x().ok()).unwrap_or_else(|| {
        tracing::error!("the engines have no answer to a request of another process");
        refusal(StatusCode::SERVICE_UNAVAILABLE)
    }))
}

fn refusal(status: StatusCode) -> Response<SdkBody> {
    let mut response = Response::new(SdkBody::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::{Door, LARGEST_BODY};
    use crate::aws::embedded::engines::Engines;

    /// What the door says to somebody who says this.
    fn said_to(head: &str, body: usize) -> String {
        let folder = TempDir::new().expect("a folder");
        let at = folder.path().join("socket");
        let listener = UnixListener::bind(&at).expect("a socket");
        listener.set_nonblocking(true).expect("it can wait");
        let engines = Arc::new(Engines::in_memory(folder.path()).expect("they start"));
        let _door = Door::open(listener, engines).expect("it opens");
        let mut stream = UnixStream::connect(&at).expect("it is open");
        stream.write_all(head.as_bytes()).expect("it listens");
        // It need not hear all of it.
        let _ = stream.write_all(&vec![b' '; body]);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[test]
    fn a_request_that_is_too_large_is_refused() {
        let size = LARGEST_BODY + 1;
        let heard = said_to(
            &format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n"),
            size,
        );
        assert!(heard.starts_with("HTTP/1.1 413 "), "{heard}");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let heard = said_to("Good morning.\r\n\r\n", 0);
        assert!(heard.starts_with("HTTP/1.1 400 "), "{heard}");
    }
}
