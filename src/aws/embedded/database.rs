//! `DynamoDB` on `SQLite`: requests in a queue, one thread that answers them in order.
//!
//! The engine holds one connection behind one mutex and its calls block, so callers that shared it would starve the
//! runtime. A request whose caller has gone before its turn is not run; one already running is, as over a network.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::aws::embedded::{EmbeddedError, folder};

/// The database in the data folder.
pub const FILE: &str = "kiosk.db";
/// What Kiosk asks besides what `DynamoDB` is asked: to write the database, as it is now, into an empty file.
pub const COPY: &str = "Kiosk.CopyDatabase";
/// Requests waiting for their turn; beyond these, callers wait to enter the queue.
const QUEUE: usize = 256;
/// How often items past their time to live are removed: the engine does not do so by itself.
const SWEEP: Duration = Duration::from_mins(10);

/// The engine, and how it is reached.
pub struct DatabaseEngine(Access);

enum Access {
    Worker(Worker),
    Inline(Box<Database>),
}

struct Worker {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

struct Job {
    operation: String,
    body: Vec<u8>,
    reply: oneshot::Sender<Answer>,
}

struct Answer {
    status: u16,
    body: String,
}

impl DatabaseEngine {
    /// Opens the database in a folder. Dropped, it has closed the connection.
    pub fn in_folder(folder: &Path) -> Result<Self, EmbeddedError> {
        let refused = |message: String| EmbeddedError::Database { folder: folder.to_owned(), message };
        let path = folder.join(FILE);
        // SQLite gives the files beside it the mode of this one.
        folder::own_file(&path).map_err(|source| EmbeddedError::Folder { folder: folder.to_owned(), source })?;
        let path = path.to_str().ok_or_else(|| refused("its path is not Unicode".to_owned()))?;
        let database = Database::new(path).map_err(|e| refused(e.to_string()))?;
        Worker::start(database).map(Self::from).map_err(|e| refused(e.to_string()))
    }

    /// A database that is gone with the process, on a thread of its own.
    pub fn in_memory(folder: &Path) -> Result<Self, EmbeddedError> {
        let refused = |message: String| EmbeddedError::Database { folder: folder.to_owned(), message };
        let database = Database::memory().map_err(|e| refused(e.to_string()))?;
        Worker::start(database).map(Self::from).map_err(|e| refused(e.to_string()))
    }

    /// A database that is gone with the process and works within each call.
    pub fn inline() -> Result<Self, EmbeddedError> {
        let refused = |message: String| EmbeddedError::Database { folder: PathBuf::new(), message };
        Ok(Self(Access::Inline(Box::new(Database::memory().map_err(|e| refused(e.to_string()))?))))
    }

    /// Answers one request as `DynamoDB` does.
    pub async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let answer = match &self.0 {
            Access::Inline(database) => run(database, &operation, &body),
            Access::Worker(worker) => worker.run(operation, body).await?,
        };
        let status = StatusCode::try_from(answer.status).expect("the engine answers with a valid status");
        let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        Ok(response)
    }
}

impl From<Worker> for DatabaseEngine {
    fn from(worker: Worker) -> Self {
        Self(Access::Worker(worker))
    }
}

impl Worker {
    fn start(database: Database) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("database".to_owned()).spawn(move || serve(database, jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    async fn run(&self, operation: String, body: Vec<u8>) -> Result<Answer, ConnectorError> {
        let stopped = || ConnectorError::io("the embedded database has stopped: start kiosk again".into());
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().expect("the queue is closed by dropping the worker alone");
        queue.send(Job { operation, body, reply }).await.map_err(|_| stopped().never_connected())?;
        answer.await.map_err(|_| stopped())
    }
}

/// Closes the queue and waits for the connection to be closed, so that the folder can be opened again at once.
impl Drop for Worker {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the embedded database had stopped with a panic");
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the connection is closed where the queue ends")]
fn serve(database: Database, mut jobs: mpsc::Receiver<Job>) {
    let mut swept = Instant::now();
    while let Some(job) = jobs.blocking_recv() {
        if job.reply.is_closed() {
            continue;
        }
        let answer = run(&database, &job.operation, &job.body);
        // A caller that has stopped waiting needs no answer.
        let _ = job.reply.send(answer);
        if swept.elapsed() > SWEEP && jobs.is_empty() {
            if let Err(error) = database.sweep_ttl() {
                tracing::warn!(%error, "expired items stay until the next sweep");
            }
            swept = Instant::now();
        }
    }
}

fn run(database: &Database, operation: &str, body: &[u8]) -> Answer {
    match dispatch(database, operation, body) {
        Ok(body) => Answer { status: 200, body },
        Err(error) => Answer { status: error.status_code(), body: error.to_json() },
    }
}

/// The engine has a method for each operation and no public router: this is the router.
macro_rules! route {
    ($database:ident, $operation:ident, $body:ident, $($name:literal => $method:ident,)*) => {
        match $operation {
            $($name => write(&$database.$method(read($body)?)?),)*
            _ => Err(DynoxideError::ValidationException(format!("{} is not served here", $operation))),
        }
    };
}

fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    if COPY.rsplit('.').next() == Some(operation) {
        let Copy { file } = read(body)?;
        database.vacuum_into(&file)?;
        return Ok("{}".to_owned());
    }
    route! { database, operation, body,
        "BatchGetItem" => batch_get_item,
        "BatchWriteItem" => batch_write_item,
        "CreateTable" => create_table,
        "DeleteItem" => delete_item,
        "DescribeTable" => describe_table,
        "DescribeTimeToLive" => describe_time_to_live,
        "GetItem" => get_item,
        "ListTables" => list_tables,
        "PutItem" => put_item,
        "Query" => query,
        "Scan" => scan,
        "TransactGetItems" => transact_get_items,
        "TransactWriteItems" => transact_write_items,
        "UpdateItem" => update_item,
        "UpdateTable" => update_table,
        "UpdateTimeToLive" => update_time_to_live,
    }
}

/// Reads a request. The engine marks what it refuses while reading with a prefix that names the kind of error.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        match message.split_once(':') {
            Some(("VALIDATION" | "VALIDATION_REQUEST" | "VALIDATION_AS_READ", message)) => {
                DynoxideError::ValidationException(message.to_owned())
            }
            Some(("SERIALIZATION" | "SERIALIZATION_AS_READ", message)) => {
                DynoxideError::SerializationException(message.to_owned())
            }
            _ => DynoxideError::ValidationException(message.to_owned()),
        }
    })
}

/// The body of [`COPY`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Copy {
    /// The whole path of the file.
    pub file: String,
}

fn write<T: Serialize>(answer: &T) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
