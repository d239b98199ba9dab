//! The keys by which clients know this server again.

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, HashAlg, PrivateKey};

/// The text of a new key, as OpenSSH keeps it.
pub fn draw() -> String {
    let key = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).expect("such a key can always be drawn");
    key.to_openssh(LineEnding::LF).expect("a key has a text").to_string()
}

/// Reads a key.
///
/// # Errors
/// A sentence about what it should be.
pub fn parse(text: &str) -> Result<PrivateKey, String> {
    let key = PrivateKey::from_openssh(text).map_err(|error| {
        format!("it is not a private key as `ssh-keygen -t ed25519` writes it ({error}): name another file")
    })?;
    if key.is_encrypted() {
        return Err(
            "it has a passphrase, which nobody is there to type: make one without, by `ssh-keygen -N ''`".to_owned()
        );
    }
    Ok(key)
}

/// How a client shows it: `ssh-ed25519 SHA256:…`.
pub fn fingerprint(key: &PrivateKey) -> String {
    format!("{} {}", key.algorithm(), key.public_key().fingerprint(HashAlg::Sha256))
}

#[cfg(test)]
mod tests {
    use super::{draw, fingerprint, parse};

    #[test]
    fn a_key_that_was_drawn_can_be_read_and_no_two_are_the_same() {
        let [one, two] = [draw(), draw()].map(|text| fingerprint(&parse(&text).expect("it was just drawn")));
        assert!(one.starts_with("ssh-ed25519 SHA256:"), "{one}");
        assert_ne!(one, two);
        assert!(parse("rubbish").is_err());
    }
}
