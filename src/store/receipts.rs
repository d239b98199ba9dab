//! Receipts as objects in the bucket.
