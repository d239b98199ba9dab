//! `kiosk user key`: the public keys with which holders of accounts come in by SSH.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use crate::cli::{CliError, Kind, output};
use crate::domain::user::{SshKey, Username};
use crate::service::Kiosk;

/// More than any public key is, in bytes.
const MOST: u64 = 64 * 1024;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Adds a public key to an account
    Add {
        /// The account's name
        #[arg(value_parser = Username::parse)]
        name: Username,
        /// A file such as `id_ed25519.pub`; standard input without it
        file: Option<PathBuf>,
    },
    /// Shows the keys of an account
    List {
        /// The account's name
        #[arg(value_parser = Username::parse)]
        name: Username,
        /// Print them as JSON, one a line
        #[arg(long)]
        json: bool,
    },
    /// Removes a key from an account
    Remove {
        /// The account's name
        #[arg(value_parser = Username::parse)]
        name: Username,
        /// The key's fingerprint, as the list shows it
        fingerprint: String,
    },
}

pub(super) async fn carry_out(command: Command, kiosk: &Kiosk) -> Result<(), CliError> {
    match command {
        Command::Add { name, file } => {
            let key = kiosk.add_ssh_key(&name, &read(file.as_deref())?).await?;
            output::line(format_args!("{name} comes in by the key {} now.", key.fingerprint))
        }
        Command::List { name, json } => {
            for key in kiosk.ssh_keys(&name).await? {
                if json { output::json(&facts(&key))? } else { output::line(row(&key))? }
            }
            Ok(())
        }
        Command::Remove { name, fingerprint } => {
            kiosk.remove_ssh_key(&name, &fingerprint).await?;
            output::line(format_args!("{name} comes in by the key {fingerprint} no more."))
        }
    }
}

fn read(file: Option<&Path>) -> Result<String, CliError> {
    let mut text = String::new();
    let read = match file {
        Some(path) => File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text)),
        None => io::stdin().take(MOST).read_to_string(&mut text),
    };
    let shown = file.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
    read.map(|_| text).map_err(|error| CliError::new(Kind::Files, format!("{shown} cannot be read as a key: {error}")))
}

fn row(key: &SshKey) -> String {
    format!("{}  {}  {}", key.fingerprint, key.added_at.format("%Y-%m-%d"), key.comment)
}

fn facts(key: &SshKey) -> serde_json::Value {
    json!({ "Fingerprint": key.fingerprint, "Key": key.key, "Comment": key.comment, "AddedAt": key.added_at })
}
