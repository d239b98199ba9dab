//! S3 in memory, as far as receipts ask for it: for simulations, since files are read and written on threads of their own.
//!
//! Absent on purpose: signatures, ranges, listings, versions. The order of requests alone decides what is answered.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, StatusCode};

/// Buckets, and objects by bucket and key.
#[derive(Default)]
pub struct MemoryObjects(Mutex<BTreeMap<String, BTreeMap<String, Bytes>>>);

impl MemoryObjects {
    /// Answers one request with a status and a body.
    pub fn answer(&self, method: &Method, path: &str, body: &Bytes) -> (StatusCode, Bytes) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let creates = key.is_empty() && method == Method::PUT;
        if creates {
            buckets.entry(bucket.to_owned()).or_default();
            return (StatusCode::OK, Bytes::new());
        }
        let Some(objects) = buckets.get_mut(bucket) else { return refusal("NoSuchBucket") };
        match (method, key) {
            (&Method::HEAD, "") => (StatusCode::OK, Bytes::new()),
            (&Method::PUT, key) => {
                objects.insert(key.to_owned(), body.clone());
                (StatusCode::OK, Bytes::new())
            }
            (&Method::GET | &Method::HEAD, key) => {
                objects.get(key).map_or_else(|| refusal("NoSuchKey"), |object| (StatusCode::OK, object.clone()))
            }
            _ => (StatusCode::NOT_IMPLEMENTED, Bytes::new()),
        }
    }
}

fn refusal(code: &str) -> (StatusCode, Bytes) {
    (StatusCode::NOT_FOUND, Bytes::from(format!("<Error><Code>{code}</Code></Error>")))
}
