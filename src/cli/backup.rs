//! `kiosk backup` and `kiosk restore`: the embedded store as one file, and the store from it.

use std::path::PathBuf;

use clap::Args;

use super::serve::HOST_KEY;
use super::{CliError, Kind, output};
use crate::aws::embedded::backup::{self, BackupError, Existing};
use crate::config::secret::KEY_FILE;
use crate::config::{Config, StoreChoice};

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write, which must not exist; keep it as you keep the bookings: names and keys are in it
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// What kiosk backup wrote
    file: PathBuf,
    /// Give up what is in the data folder now
    #[arg(long)]
    replace: bool,
}

pub(super) async fn save(args: Backup, config: &Config) -> Result<(), CliError> {
    demand_embedded(config)?;
    let data = config.data_dir();
    backup::save(data, &[KEY_FILE, HOST_KEY], &args.file).await?;
    output::line(format_args!("Saved {} in {}.", data.display(), args.file.display()))
}

pub(super) fn restore(args: &Restore, config: &Config) -> Result<(), CliError> {
    demand_embedded(config)?;
    let existing = if args.replace { Existing::Replace } else { Existing::Keep };
    backup::restore(&args.file, config.data_dir(), existing)?;
    output::line(format_args!(
        "Restored {} from {}: kiosk audit --deep compares it with its bookings.",
        config.data_dir().display(),
        args.file.display()
    ))
}

fn demand_embedded(config: &Config) -> Result<(), CliError> {
    match config.store() {
        StoreChoice::Embedded => Ok(()),
        StoreChoice::Aws => Err(CliError::new(Kind::Refused, "The store is on AWS, and so are its backups.")
            .hint("use point-in-time recovery of the tables, and versions of the bucket's objects")),
    }
}

impl From<BackupError> for CliError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Folder(error) => error.into(),
            BackupError::File { file, source } => Self::file(&file, &source),
            BackupError::NotCopied(_) => Self::new(Kind::Unavailable, error),
            BackupError::NotABackup { .. } => {
                Self::new(Kind::BadData, error).hint("nothing was changed: try an older one")
            }
            BackupError::NotEmpty(_) => Self::new(Kind::Refused, error)
                .hint("add --replace to give that up, or choose another folder with --data-dir"),
        }
    }
}
