//! `kiosk health`: whether the store answers, for a person or for a monitor.

use clap::Args as ClapArgs;
use serde_json::json;

use super::{CliError, open, output};
use crate::config::{Config, StoreChoice};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Answer in JSON on one line, whether it does or not
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let store = match config.store() {
        StoreChoice::Embedded => "embedded",
        StoreChoice::Aws => "aws",
    };
    let answered = match open::store(config).await {
        Ok(opened) => opened.ping().await.map_err(CliError::from),
        Err(error) => Err(error),
    };
    let version = env!("CARGO_PKG_VERSION");
    match (answered, args.json) {
        (Ok(()), true) => output::json(&json!({"status": "ok", "store": store, "version": version})),
        (Ok(()), false) => output::line(format_args!("The {store} store answers.")),
        (Err(error), true) => {
            output::json(&json!({"status": "failed", "store": store, "version": version, "reason": error.message()}))?;
            Err(error)
        }
        (Err(error), false) => Err(error),
    }
}
