//! `kiosk` without a command: the full-screen program on this terminal.

use std::io::{self, IsTerminal};

use super::{CliError, Kind, first_run, open};
use crate::config::Config;

/// Refuses to start where nobody could see or type.
pub(super) fn demand_terminal() -> Result<(), CliError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(CliError::new(Kind::NoTerminal, "Kiosk draws on a whole terminal, and there is none on its input and output.")
        .hint("run it in a terminal without pipes, or use a command: kiosk --help lists them"))
}

pub(super) fn run(config: &Config) -> Result<(), CliError> {
    open::block_on(async {
        let store = open::store(config).await?;
        first_run::prepare(config, &store).await?;
        let _kiosk = open::kiosk(config, store).await?;
        Ok(())
    })
}
