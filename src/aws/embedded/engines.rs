//! Both engines behind one door: a request goes to the one that it is for.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::aws::embedded::database::DatabaseEngine;
use crate::aws::embedded::folder::Lock;
use crate::aws::embedded::objects::ObjectEngine;
use crate::aws::embedded::{ENDPOINT, EmbeddedError};

/// The engines of a data folder.
pub struct Engines {
    database: DatabaseEngine,
    objects: ObjectEngine,
}

impl Engines {
    /// Opens the engines of a folder for whoever has its lock.
    pub fn in_folder(data: &Path, _: &Lock) -> Result<Self, EmbeddedError> {
        Ok(Self { database: DatabaseEngine::in_folder(data)?, objects: ObjectEngine::open(data)? })
    }

    /// A database that is gone with the process, and objects under `data`.
    pub fn in_memory(data: &Path) -> Result<Self, EmbeddedError> {
        Ok(Self { database: DatabaseEngine::in_memory(data)?, objects: ObjectEngine::open(data)? })
    }

    /// Engines that are gone with the process and work within each call.
    pub fn inline() -> Result<Self, EmbeddedError> {
        Ok(Self { database: DatabaseEngine::inline()?, objects: ObjectEngine::in_memory() })
    }

    /// Answers a request as the service that it is for.
    pub async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        if !request.uri().starts_with(ENDPOINT) {
            let uri = request.uri().to_owned();
            return Err(ConnectorError::user(format!("the embedded engines do not serve {uri}").into()));
        }
        if request.headers().contains_key("x-amz-target") {
            self.database.answer(request).await
        } else {
            self.objects.answer(request).await
        }
    }
}

/// Engines that nobody else can reach, as the SDK's HTTP client.
#[derive(Clone)]
pub struct Alone {
    engines: Arc<Engines>,
    /// Let go of after the engines.
    _lock: Option<Arc<Lock>>,
}

impl Alone {
    /// The engines, and the lock of the folder in which they are, if they are in one.
    pub fn new(engines: Engines, lock: Option<Lock>) -> Self {
        Self { engines: Arc::new(engines), _lock: lock.map(Arc::new) }
    }
}

impl fmt::Debug for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alone")
    }
}

impl HttpClient for Alone {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Alone {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // The lock stays as long as a request is under way.
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.engines.answer(request).await })
    }
}
