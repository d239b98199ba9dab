//! Files that a session is given, and where others can fetch them.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where whoever has it can fetch a receipt, for a while. It shows itself to nobody but the person who asked: neither a log
/// nor a recording has the address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiptLink {
    /// The address.
    #[serde(skip)]
    pub url: Arc<str>,
    /// Until when it is good.
    pub until: DateTime<Utc>,
}

impl fmt::Debug for ReceiptLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiptLink(…, until {})", self.until)
    }
}

/// A file made by Kiosk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    /// A file name without a folder, such as `receipt-8451234567.pdf`.
    pub name: String,
    /// Its bytes. Nothing that is written of a document in a reply has them: the bucket does.
    #[serde(skip)]
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({}, {} bytes)", self.name, self.bytes.len())
    }
}
