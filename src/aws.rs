//! SDK clients: for a remote endpoint, or for the engines embedded in the process.
//!
//! The SDK's own retries are off: `store/retry.rs` is the one place that repeats a request, because only there is it
//! known what a lost reply means.

pub mod embedded;
pub mod fault;
pub mod post;
pub mod remote;
pub mod store_time;

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use thiserror::Error;

use crate::aws::fault::{Faulty, Plan};
use crate::aws::post::Post;
use crate::aws::store_time::StoreTime;

/// How long one attempt at a request may take before it counts as lost.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(3);

/// Why a request has certainly not been applied: nothing of it was sent.
#[derive(Debug, Error)]
#[error("nothing was sent: {0}")]
pub struct NeverSent(pub Box<dyn std::error::Error + Send + Sync>);

/// Where the clients' requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// To engines in this process, or in another one on this machine.
    Embedded,
    /// Over HTTP.
    Remote,
}

/// A client for each of the two services, and the ways out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients {
    /// `DynamoDB`.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// Where their requests go.
    pub place: Place,
    /// The clock that their replies correct, if they do.
    pub time: Option<StoreTime>,
    /// How messages to people leave.
    pub post: Post,
    config: SdkConfig,
    http: SharedHttpClient,
}

impl Clients {
    /// Clients that send through `http`; anything but AWS itself is addressed by path, not by a bucket's host name.
    fn new(config: SdkConfig, http: SharedHttpClient, place: Place, post: Post) -> Self {
        let config = config.into_builder().http_client(http.clone()).build();
        let path_style = config.endpoint_url().is_some();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(path_style).build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            place,
            time: None,
            post,
            config,
            http,
        }
    }

    /// The region in which they ask, if they know one.
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(AsRef::as_ref)
    }

    /// The same clients, with something between them and what answers them.
    pub fn through(self, wires: impl FnOnce(SharedHttpClient) -> SharedHttpClient) -> Self {
        Self { time: self.time, ..Self::new(self.config, wires(self.http), self.place, self.post) }
    }

    /// The same clients, with messages that leave in another way.
    pub fn posting(self, post: Post) -> Self {
        Self { post, ..self }
    }

    /// The same clients, with faults injected between them and what answers them.
    pub fn with_faults(self, plan: Arc<dyn Plan>) -> Self {
        self.through(|http| SharedHttpClient::new(Faulty::new(http, plan)))
    }
}

/// What both kinds of clients have in common.
fn settings() -> (BehaviorVersion, RetryConfig, TimeoutConfig) {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
    (BehaviorVersion::latest(), RetryConfig::disabled(), timeouts)
}
