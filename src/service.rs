//! The shell around the domain: load, decide, commit.

pub mod request;
