//! `kiosk secret`: a new `SECRET_KEY`, on standard output alone so that a script can keep it.

use super::{CliError, output};
use crate::config::secret;

pub(super) fn run() -> Result<(), CliError> {
    output::line(secret::draw())
}
