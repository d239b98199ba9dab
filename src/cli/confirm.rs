//! Asks whether something is meant that nothing takes back.

use std::io::{self, IsTerminal};

use super::{CliError, Kind, output};

/// Has whoever is at the terminal type a word to go on. Without a terminal nobody can, and the command line has to say it.
///
/// # Errors
/// `Refused` when nobody can be asked, or another word was typed.
pub(super) fn demand(warning: &str, word: &str) -> Result<(), CliError> {
    if !io::stdin().is_terminal() {
        return Err(CliError::new(Kind::Refused, warning).hint("add --yes when this is meant"));
    }
    output::notice(format_args!("{warning} Type {word} to go on:"));
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).map_err(|error| CliError::new(Kind::Files, error))?;
    if typed.trim() == word {
        Ok(())
    } else {
        Err(CliError::new(Kind::Refused, "Nothing was done.").hint(format!("type {word} just as it is shown")))
    }
}
