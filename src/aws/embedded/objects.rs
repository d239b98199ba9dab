//! S3 on a folder, or in memory.
//!
//! Keys must be short and flat (the engine maps them to paths), and an object is not flushed to the disk when it is
//! stored: what is kept here must be reproducible from the database.

use std::path::Path;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::header::HOST;
use http::{HeaderValue, Method};
use http_body_util::BodyExt;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;

use crate::aws::embedded::memory_objects::MemoryObjects;
use crate::aws::embedded::{EmbeddedError, KEY, folder};

/// Where the objects are, in the data folder.
pub const FOLDER: &str = "objects";

/// The engine.
pub enum ObjectEngine {
    /// On a folder.
    Folder(S3Service),
    /// Gone with the process.
    Memory(MemoryObjects),
}

impl ObjectEngine {
    /// Opens the objects of a data folder.
    pub fn open(data: &Path) -> Result<Self, EmbeddedError> {
        let root = data.join(FOLDER);
        folder::take_own(&root)?;
        let files = FileSystem::new(&root).map_err(|error| EmbeddedError::Folder {
            folder: root.clone(),
            source: std::io::Error::other(format!("{error:?}")),
        })?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
        Ok(Self::Folder(builder.build()))
    }

    /// No objects, and no folder.
    pub fn in_memory() -> Self {
        Self::Memory(MemoryObjects::default())
    }

    /// Answers one request as S3 does.
    pub async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let refused = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
        let mut request = request.try_into_http1x().map_err(|e| refused(e.into()))?;
        // The signature covers it, and the SDK leaves it to the connection to write it.
        if let Some(host) = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
            request.headers_mut().entry(HOST).or_insert(host);
        }
        let head = request.method() == Method::HEAD;
        let (parts, body) = match self {
            Self::Folder(service) => {
                let response = service.call(request.map(s3s::Body::http_body_unsync)).await;
                let (parts, body) = response.map_err(|e| refused(format!("{e:?}").into()))?.into_parts();
                (parts, body.collect().await.map_err(refused)?.to_bytes())
            }
            Self::Memory(objects) => {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map_err(refused)?.to_bytes();
                let (status, body) = objects.answer(&parts.method, parts.uri.path(), &body);
                let mut response = http::Response::new(());
                *response.status_mut() = status;
                (response.into_parts().0, body)
            }
        };
        // A reply to HEAD has no body: with one, a missing key would read as another error than S3's.
        let body = if head { SdkBody::empty() } else { SdkBody::from(body) };
        http::Response::from_parts(parts, body).try_into().map_err(|e| refused(Box::new(e)))
    }
}
