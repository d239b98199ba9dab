//! Standard output. A reader that has seen enough, such as `head`, is no error.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use super::{CliError, Kind};

/// Writes a line.
pub(super) fn line(text: impl Display) -> Result<(), CliError> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes a value as JSON on one line.
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|error| CliError::new(Kind::Internal, error))?;
    line(text)
}

/// Writes bytes as they are.
pub(super) fn bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::new(Kind::Files, format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
