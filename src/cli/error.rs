//! Why a command failed: a kind, which is the exit code, a sentence, and what to do about it.

use std::fmt;
use std::io;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::aws::embedded::EmbeddedError;
use crate::config::ConfigError;
use crate::config::secret::KeyFileError;
use crate::service::request::Failure;
use crate::store::StoreError;
use crate::ui::text::clean;

/// The kinds of failure, each an exit code of its own. Those from 64 on are what BSD's `sysexits.h` means by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fault of Kiosk's own.
    Internal,
    /// The command line makes no sense. clap says so itself.
    Usage,
    /// There is no terminal to draw on.
    NoTerminal,
    /// An audit has found what does not agree with the bookings.
    Differences,
    /// A ticket, a file or an answer is not what it should be.
    BadData,
    /// There is no such booking or account.
    NotFound,
    /// The store does not answer.
    Unavailable,
    /// A file cannot be read or written.
    Files,
    /// Another process has the data folder and does not answer.
    InUse,
    /// The services refuse.
    Refused,
    /// The settings are wrong.
    Settings,
}

/// Each kind with its exit code and what it says, in the order of the codes.
pub const EXIT_CODES: &[(Kind, u8, &str)] = &[
    (Kind::Internal, 1, "a fault of Kiosk's own"),
    (Kind::Usage, 2, "the command line makes no sense"),
    (Kind::NoTerminal, 3, "the full-screen program was started without a terminal"),
    (Kind::Differences, 4, "an audit has found differences"),
    (
        Kind::BadData,
        65,
        "a ticket does not verify, a file does not hold what it should, or items could not be taken over",
    ),
    (Kind::NotFound, 66, "there is no such booking, account or file"),
    (Kind::Unavailable, 69, "the store does not answer, or is not set up"),
    (Kind::Files, 74, "a file cannot be read or written"),
    (Kind::InUse, 75, "another process has the data folder and does not answer"),
    (Kind::Refused, 77, "it is not allowed"),
    (Kind::Settings, 78, "the settings are wrong"),
];

/// The exit codes for the long help.
pub(super) fn exit_codes() -> String {
    let rows = EXIT_CODES.iter().map(|(_, code, meaning)| format!("  {code:>2}  {meaning}\n"));
    format!("Exit codes:\n   0  it worked\n{}", rows.collect::<String>())
}

/// Why a command failed.
#[derive(Debug)]
pub struct CliError {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

impl CliError {
    /// A failure in a sentence.
    pub fn new(kind: Kind, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string(), hint: None }
    }

    /// The same with what to do about it.
    pub fn hint(self, hint: impl fmt::Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }

    /// A file that cannot be read or written.
    pub fn file(path: &Path, error: &io::Error) -> Self {
        let kind = if error.kind() == io::ErrorKind::NotFound { Kind::NotFound } else { Kind::Files };
        Self::new(kind, format!("{}: {error}", path.display()))
    }

    /// A log that cannot be written.
    pub fn log(error: impl fmt::Display) -> Self {
        Self::new(Kind::Files, format!("the log cannot be written: {error}"))
            .hint("check who may write to the data folder, or choose another with --data-dir")
    }

    /// What kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence without the hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Says it on standard error and gives the exit code.
    pub fn report(&self) -> ExitCode {
        let _ = write!(io::stderr().lock(), "{self}");
        let row = EXIT_CODES.iter().find(|(kind, ..)| *kind == self.kind);
        ExitCode::from(row.map_or(1, |(_, code, _)| *code))
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.message.lines() {
            writeln!(f, "kiosk: {}", clean(line))?;
        }
        match &self.hint {
            Some(hint) => writeln!(f, "       {}", clean(hint)),
            None => Ok(()),
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::new(Kind::Settings, error)
    }
}

impl From<KeyFileError> for CliError {
    fn from(error: KeyFileError) -> Self {
        Self::new(Kind::Settings, error)
            .hint("remove the file to get a new key; tickets sold under the old one will not verify")
    }
}

impl From<EmbeddedError> for CliError {
    fn from(error: EmbeddedError) -> Self {
        let kind = match error {
            EmbeddedError::InUse { .. } => Kind::InUse,
            EmbeddedError::Folder { .. } => Kind::Files,
            EmbeddedError::Database { .. } => Kind::Unavailable,
        };
        Self::new(kind, error)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let kind = match error {
            StoreError::NotFound { .. } => Kind::NotFound,
            StoreError::Conflict { .. } => Kind::Refused,
            StoreError::Unavailable { .. } | StoreError::Misconfigured { .. } => Kind::Unavailable,
            StoreError::Corrupt { .. } => Kind::BadData,
        };
        let is_away = matches!(error, StoreError::Unavailable { .. });
        let told = Self::new(kind, error);
        if is_away { told.hint("if it stays, check the network, AWS_REGION and AWS_ENDPOINT_URL") } else { told }
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        let kind = match failure {
            Failure::NoSuchBooking(_)
            | Failure::NoSuchNumber
            | Failure::NoSuchRun
            | Failure::NoSuchTrain(_)
            | Failure::NoSuchRules(_)
            | Failure::NoSuchNotification(_) => Kind::NotFound,
            Failure::Busy | Failure::Unavailable { .. } => Kind::Unavailable,
            Failure::Internal { .. } | Failure::Misanswered => Kind::Internal,
            _ => Kind::Refused,
        };
        Self::new(kind, failure)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CliError, EXIT_CODES, Kind, exit_codes};

    #[test]
    fn every_kind_has_a_code_of_its_own() {
        let codes: BTreeSet<u8> = EXIT_CODES.iter().map(|(_, code, _)| *code).collect();
        assert_eq!(codes.len(), EXIT_CODES.len());
        assert!(!codes.contains(&0));
        assert!(EXIT_CODES.is_sorted_by_key(|(_, code, _)| code));
        assert!(exit_codes().contains(" 3  the full-screen program was started without a terminal"));
    }

    #[test]
    fn every_line_of_a_message_says_whose_it_is() {
        let error = CliError::new(Kind::Settings, "one\ntwo").hint("do this");
        assert_eq!(error.to_string(), "kiosk: one\nkiosk: two\n       do this\n");
    }

    #[test]
    fn what_a_store_says_cannot_steer_the_terminal() {
        let error = CliError::new(Kind::Unavailable, "the store said \u{1b}]0;x\u{7}").hint("\u{202e}ask again");
        assert_eq!(error.to_string(), "kiosk: the store said �]0;x�\n       �ask again\n");
    }
}
