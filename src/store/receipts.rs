//! Receipts as objects in the bucket, under `receipts/<PNR>-<Version>.pdf`.
//!
//! An object can be missing at any time: a receipt is rendered from its booking, and never the only copy of anything.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use crate::aws::Place;
use crate::domain::pnr::Pnr;
use crate::store::item::corrupt;
use crate::store::remedy::refused;
use crate::store::{Outcome, Store, StoreError};

/// The object's key for a version of a booking.
pub fn key(pnr: Pnr, version: u64) -> String {
    format!("receipts/{pnr}-{version}.pdf")
}

impl Store {
    /// Stores a receipt; storing it again replaces it with the same.
    pub async fn put_receipt(&self, pnr: Pnr, version: u64, pdf: Bytes) -> Result<(), StoreError> {
        let put = || {
            let request = self.clients().s3.put_object().bucket(&self.names().bucket).key(key(pnr, version));
            request.content_type("application/pdf").body(ByteStream::from(pdf.clone())).send()
        };
        self.attempt(put).await?.answer()?;
        Ok(())
    }

    /// A receipt's bytes, or nothing if the object is not there.
    pub async fn receipt(&self, pnr: Pnr, version: u64) -> Result<Option<Bytes>, StoreError> {
        let request = self.clients().s3.get_object().bucket(&self.names().bucket).key(key(pnr, version));
        match self.attempt(|| request.clone().send()).await?.verdict {
            Ok(answer) => {
                let pdf = answer.body.collect().await.map_err(|error| StoreError::Unavailable {
                    outcome: Outcome::NotApplied,
                    cause: format!("a receipt broke off: {error}"),
                })?;
                Ok(Some(pdf.into_bytes()))
            }
            Err(refusal) if refusal.is_no_such_key() => Ok(None),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Whether receipts have addresses: not on the embedded engines.
    pub fn gives_links(&self) -> bool {
        self.clients().place == Place::Remote
    }

    /// An address from which anyone can fetch a receipt for a while; none on the embedded engines, which have no address.
    pub async fn receipt_link(&self, pnr: Pnr, version: u64, valid: Duration) -> Result<Option<String>, StoreError> {
        if !self.gives_links() {
            return Ok(None);
        }
        let config = PresigningConfig::expires_in(valid).map_err(|error| StoreError::Misconfigured {
            remedy: format!("A receipt's link cannot be valid for {valid:?} ({error}): choose at most a week."),
        })?;
        let request = self.clients().s3.get_object().bucket(&self.names().bucket).key(key(pnr, version));
        let presigned = request.presigned(config).await;
        presigned.map(|request| Some(request.uri().to_owned())).map_err(|error| corrupt("the receipt's link", error))
    }
}
