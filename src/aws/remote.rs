//! Clients for AWS, or for another implementation at an endpoint of its own.

use aws_config::Region;
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use http::Uri;

use crate::aws::post::Post;
use crate::aws::store_time::{Listening, StoreTime};
use crate::aws::{Clients, Place, settings};

/// How to reach a remote store.
#[derive(Clone, Debug, Default)]
pub struct Remote {
    /// The region; without one, what AWS's own environment and profile say.
    pub region: Option<String>,
    /// The address of another implementation; without one, AWS.
    pub endpoint: Option<Uri>,
    /// Who asks; without it, AWS's own chain: environment, profile, container, instance.
    pub credentials: Option<Credentials>,
    /// The clock that its replies correct.
    pub time: Option<StoreTime>,
}

impl Remote {
    /// Clients for it. Nothing is sent until something is asked.
    pub async fn clients(self) -> Clients {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let (behavior, retries, timeouts) = settings();
        let mut loader =
            aws_config::defaults(behavior).http_client(http.clone()).retry_config(retries).timeout_config(timeouts);
        if let Some(region) = self.region {
            loader = loader.region(Region::new(region));
        }
        if let Some(endpoint) = self.endpoint {
            loader = loader.endpoint_url(endpoint.to_string());
        }
        if let Some(credentials) = self.credentials {
            loader = loader.credentials_provider(credentials);
        }
        let config = loader.load().await;
        let post = Post::aws(&config);
        let clients = Clients::new(config, http, Place::Remote, post);
        match self.time {
            Some(time) => {
                let heard = time.clone();
                let clients = clients.through(|inner| SharedHttpClient::new(Listening { inner, time: heard }));
                Clients { time: Some(time), ..clients }
            }
            None => clients,
        }
    }
}
