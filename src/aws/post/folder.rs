//! Messages as files: `.eml` for mails, `.json` for all else.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use uuid::Uuid;

use crate::aws::embedded::{own_file, take_own_folder};
use crate::aws::post::{Message, Unsent};

/// Leaves a message in a folder, which is made if it is not there.
pub(super) async fn leave(folder: PathBuf, name: &str, message: &Message) -> Result<(), Unsent> {
    let (ending, bytes) = file_of(message);
    let name = format!("{name}.{ending}");
    let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
    let failed = |cause: &dyn std::fmt::Display| Unsent::Failed(format!("the outbox's folder cannot be used: {cause}"));
    written.map_err(|panic| failed(&panic))?.map_err(|error| failed(&error))
}

fn file_of(message: &Message) -> (&'static str, Vec<u8>) {
    match message {
        Message::Email { mime, .. } => ("eml", mime.clone()),
        Message::Function { payload, .. } => ("json", payload.clone().into_bytes()),
        Message::Sms { to, text } => ("json", json!({ "PhoneNumber": to, "Message": text }).to_string().into_bytes()),
    }
}

/// Whoever looks finds the whole file or none, also after the machine has lost its power.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    take_own_folder(folder).map_err(io::Error::other)?;
    let unfinished = folder.join(format!(".{name}.{}", Uuid::new_v4().simple()));
    let written = own_file(&unfinished).and_then(|mut file: File| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, folder.join(name))
    });
    written.inspect_err(|_| {
        // Nobody reads it.
        let _ = fs::remove_file(&unfinished);
    })
}
