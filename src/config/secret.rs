//! The key from which tickets' signing key is derived: as set, or a developer's own in the data folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use secrecy::{ExposeSecret, SecretSlice};
use thiserror::Error;

/// A developer's own key in the data folder.
pub const KEY_FILE: &str = "secret.key";

/// 32 bytes or more that nobody else has. It never shows itself.
#[derive(Clone, Debug)]
pub struct SecretKey(SecretSlice<u8>);

impl SecretKey {
    /// The least that Ed25519's key can be derived from without loss.
    const LEAST: usize = 32;

    /// Reads base64url, with or without padding, or hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        // Hexadecimal first: its digits are base64url too, and would give another key.
        let hex = HEXLOWER_PERMISSIVE.decode(text.as_bytes());
        let bytes = hex.or_else(|_| BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()));
        match bytes {
            Ok(bytes) if bytes.len() >= Self::LEAST => Ok(Self(SecretSlice::from(bytes))),
            _ => Err("it has to be 32 bytes or more in base64url or hexadecimal: `kiosk secret` prints one".to_owned()),
        }
    }

    /// The bytes, still wrapped.
    pub fn wrapped(&self) -> SecretSlice<u8> {
        self.0.clone()
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

/// A key cannot be kept.
#[derive(Debug, Error)]
#[error("{}: {reason}", path.display())]
pub struct KeyFileError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// The text of a new key: 32 random bytes in base64url.
pub fn draw() -> String {
    BASE64URL_NOPAD.encode(&rand::random::<[u8; 32]>())
}

/// The key that a developer's data folder keeps for itself in `secret.key`, made the first time.
pub fn key_in(folder: &Path) -> Result<SecretKey, KeyFileError> {
    let path = folder.join(KEY_FILE);
    let text = kept(&path, draw)?;
    SecretKey::parse(&text).map_err(|wrong| KeyFileError { path, reason: wrong })
}

/// The text of a file that only its owner may read, made the first time.
pub fn kept(path: &Path, make: impl FnOnce() -> String) -> Result<String, KeyFileError> {
    let failed = |error: io::Error| KeyFileError { path: path.to_owned(), reason: error.to_string() };
    if !fs::exists(path).map_err(failed)? {
        write_once(path, make().trim_end()).map_err(failed)?;
    }
    fs::read_to_string(path).map_err(failed)
}

/// Writes a file that only its owner may read, whole or not at all. Of two writers at once the first one's text stays.
fn write_once(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", uuid::Uuid::new_v4().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        writeln!(file, "{text}")?;
        file.sync_all()
    });
    // A hard link, unlike a rename, never replaces what is there.
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let _ = fs::remove_file(&draft);
    linked
}
