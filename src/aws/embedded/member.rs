//! One process's part in a data folder: it owns it, or it is the guest of the process that does.
//!
//! A guest whose request finds no owner asks for the folder's lock. Of several guests the lock lets one in, which opens
//! the engines and the door; the others go on as its guests. A request that has not left the process waits for that and
//! goes on; one that may have arrived at the owner that left is in doubt, which `store/retry.rs` knows how to handle. A
//! guest that asks nothing notices nothing and need not.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use crate::aws::NeverSent;
use crate::aws::embedded::folder::{Lock, Taken};
use crate::aws::embedded::guest::{Guest, Silence};
use crate::aws::embedded::owner::Owner;
use crate::aws::embedded::{ENDPOINT, EmbeddedError, database, socket};

/// How long a folder may be taken without anybody answering: an owner that opens a database that was left in the middle
/// of its work, or closes one. A request waits less than an attempt may take, so that it is known not to have been sent.
const PATIENCE: Duration = Duration::from_secs(4);
/// Between two looks at a folder that is taken and where nobody answers. No event tells of either.
const PAUSE: Duration = Duration::from_millis(20);

/// A process's part in a folder, as the SDK's HTTP client. Cheap to clone; the last clone gives the folder up.
#[derive(Clone)]
pub struct Member(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    role: Mutex<Role>,
    /// Held by the one request that looks for an owner on behalf of all.
    search: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
enum Role {
    Owner(Arc<Owner>),
    Guest(Arc<Guest>),
}

/// What is found in a folder.
enum Found {
    /// Nobody had it: now it is ours.
    Nobody(Owner),
    /// Somebody who answers.
    Host,
    /// Somebody who does not answer, and which process that is, if it says so.
    Stranger(Option<u32>),
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

impl Member {
    /// Takes the folder, or becomes a guest of whoever has it.
    #[allow(clippy::disallowed_methods, reason = "between two looks at another process there is nothing to wait for")]
    pub fn of(data: &Path) -> Result<Self, EmbeddedError> {
        let folder = data.canonicalize().map_err(|source| EmbeddedError::Folder { folder: data.to_owned(), source })?;
        let until = Instant::now() + PATIENCE;
        let role = loop {
            match look(&folder)? {
                Found::Nobody(owner) => break Role::Owner(Arc::new(owner)),
                Found::Host => break Role::Guest(Arc::new(Guest::of(&folder))),
                Found::Stranger(pid) if Instant::now() > until => {
                    return Err(EmbeddedError::InUse { folder: data.to_owned(), pid });
                }
                Found::Stranger(_) => std::thread::sleep(PAUSE),
            }
        };
        Ok(Self(Arc::new(Shared { folder, role: Mutex::new(role), search: tokio::sync::Mutex::default() })))
    }

    /// Has the owner write its database, as it is now, into an empty file of the data folder. What it says if it does not.
    pub async fn copy_database(&self, file: &Path) -> Result<(), String> {
        let file = file.to_str().ok_or("the path of the data folder is not Unicode")?.to_owned();
        let body = serde_json::to_string(&database::Copy { file }).map_err(|error| error.to_string())?;
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri(format!("{ENDPOINT}/")).expect("a constant address");
        request.set_method("POST").expect("a method");
        request.headers_mut().insert("x-amz-target", database::COPY);
        let answer = self.answer(request).await.map_err(|error| error.to_string())?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(answer.body().bytes().unwrap_or_default()).into_owned())
    }

    async fn answer(&self, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let until = Instant::now() + PATIENCE;
        for attempt in 0.. {
            if attempt > 1 {
                tokio::time::sleep(PAUSE).await;
            }
            let guest = match self.0.role() {
                Role::Owner(owner) => return owner.engines().answer(request).await,
                Role::Guest(guest) => guest,
            };
            match guest.ask(request).await {
                Ok(answer) => return Ok(answer),
                Err(Silence::Failed(error)) => return Err(error),
                Err(Silence::Unsent(_, error)) if Instant::now() > until => return Err(never_sent(error)),
                Err(Silence::Unsent(unsent, error)) => {
                    tracing::debug!(%error, "the owner of the data folder does not answer");
                    request = *unsent;
                }
            }
            self.find_owner(until).await?;
        }
        unreachable!("patience ends the attempts")
    }

    /// Waits until there is an owner, and be it this process.
    async fn find_owner(&self, until: Instant) -> Result<(), ConnectorError> {
        let _search = self.0.search.lock().await;
        while !self.0.is_owner() {
            // A request that is given up does not break off what it has begun for all.
            let shared = Arc::clone(&self.0);
            let looked = tokio::task::spawn_blocking(move || shared.look()).await;
            match looked {
                Ok(Ok(true)) => break,
                Ok(Ok(false)) if Instant::now() < until => tokio::time::sleep(PAUSE).await,
                Ok(Ok(false)) => return Err(never_sent("the data folder is in use and nobody answers there")),
                Ok(Err(error)) => return Err(never_sent(error)),
                Err(error) => return Err(never_sent(error)),
            }
        }
        Ok(())
    }
}

impl Shared {
    fn role(&self) -> Role {
        self.role.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_owner(&self) -> bool {
        matches!(self.role(), Role::Owner(_))
    }

    /// Looks for an owner once, and becomes it if there is none; whether there is one then.
    fn look(&self) -> Result<bool, EmbeddedError> {
        match look(&self.folder) {
            Ok(Found::Nobody(owner)) => {
                tracing::info!("the process that had the data folder has left: this one has it now");
                *self.role.lock().unwrap_or_else(PoisonError::into_inner) = Role::Owner(Arc::new(owner));
                Ok(true)
            }
            Ok(Found::Host) => Ok(true),
            Ok(Found::Stranger(_)) => Ok(false),
            Err(error) => {
                tracing::error!(%error, "nobody has the data folder, and it cannot be opened");
                Err(error)
            }
        }
    }
}

fn look(folder: &Path) -> Result<Found, EmbeddedError> {
    Ok(match Lock::take(folder)? {
        Taken::Ours(lock) => Found::Nobody(Owner::of(folder, lock)?),
        Taken::Theirs(_) if socket::listens(folder) => Found::Host,
        Taken::Theirs(note) => Found::Stranger(note.pid),
    })
}

fn never_sent(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::io(Box::new(NeverSent(error.into())))
}

impl HttpClient for Member {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Member {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.answer(request).await })
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_types::body::SdkBody;
    use futures_util::future::join_all;
    use tempfile::TempDir;

    use super::Member;
    use crate::aws::embedded::ENDPOINT;

    async fn ask(member: &Member) {
        let mut request = HttpRequest::new(SdkBody::from("{}"));
        request.set_uri(format!("{ENDPOINT}/")).expect("an address");
        request.set_method("POST").expect("a method");
        request.headers_mut().insert("x-amz-target", "DynamoDB_20120810.ListTables");
        let reply = member.answer(request).await.expect("whoever owns the folder answers");
        assert_eq!(reply.body().bytes(), Some(&br#"{"TableNames":[]}"#[..]));
    }

    #[tokio::test]
    async fn of_many_that_want_the_folder_one_has_it() {
        let folder = TempDir::new().expect("a folder");
        let owner = Member::of(folder.path()).expect("it is free");
        let mut members: Vec<_> = (0..8).map(|_| Member::of(folder.path()).expect("the owner answers")).collect();
        let owners = |members: &[Member]| members.iter().filter(|member| member.0.is_owner()).count();
        join_all(members.iter().map(ask)).await;
        assert_eq!((owner.0.is_owner(), owners(&members)), (true, 0));
        drop(owner);
        while !members.is_empty() {
            // Several requests of each, so that one member's do not hinder each other either.
            join_all(members.iter().chain(&members).chain(&members).map(ask)).await;
            assert_eq!(owners(&members), 1);
            members.retain(|member| !member.0.is_owner());
        }
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_does_not_break_off_the_taking_of_the_folder() {
        let folder = TempDir::new().expect("a folder");
        let owner = Member::of(folder.path()).expect("it is free");
        let (one, two) = (owner.clone(), Member::of(folder.path()).expect("the owner answers"));
        drop((owner, one));
        {
            let mut asked = std::pin::pin!(ask(&two));
            // Far enough to look for an owner, and no further.
            while two.0.search.try_lock().is_ok() {
                assert!(futures_util::poll!(asked.as_mut()).is_pending());
                tokio::task::yield_now().await;
            }
        }
        ask(&two).await;
        assert!(two.0.is_owner());
    }
}
