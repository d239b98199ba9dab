//! Password hashes as werkzeug made them for the application that Kiosk replaces: `pbkdf2:sha256:600000$salt$hex` and
//! `scrypt:32768:8:1$salt$hex`.
//!
//! They are only ever verified: whoever proves to know the password has a hash of Kiosk's own from then on. What a hash
//! says of its cost is believed within bounds, so that no stored text can take a machine's memory or minutes of its time.

use argon2::password_hash::phc::Output;
use data_encoding::HEXLOWER_PERMISSIVE;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// The most rounds of PBKDF2: three times what werkzeug 3.1 asks for.
const MOST_ROUNDS: u32 = 3_000_000;
/// The most memory of scrypt, in bytes: twice what werkzeug asks for.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;
/// The most lanes of scrypt, which are reckoned one after the other.
const MOST_LANES: u32 = 4;
/// The bytes of one of scrypt's blocks for each unit of `r` (RFC 7914, 2).
const BLOCK: u64 = 128;
/// What werkzeug draws from scrypt, in bytes.
const SCRYPT_OUTPUT: usize = 64;

/// A password's hash.
#[derive(Clone, Debug)]
pub(super) struct Werkzeug {
    method: Method,
    salt: String,
    hash: Output,
}

/// How it was made.
#[derive(Clone, Copy, Debug)]
enum Method {
    Pbkdf2 { digest: Digest, rounds: u32 },
    Scrypt(scrypt::Params),
}

#[derive(Clone, Copy, Debug)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Werkzeug {
    /// Reads a hash; `None` for what is none, or would cost more than is allowed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '$');
        let (method, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let method = Method::parse(method)?;
        let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok()?;
        let hash = Output::new(&hash).ok().filter(|hash| hash.len() == method.output_len())?;
        Some(Self { method, salt: salt.to_owned(), hash })
    }

    /// Whether a password is the one that was hashed.
    pub(super) fn proves(&self, password: &[u8]) -> bool {
        let salt = self.salt.as_bytes();
        let mut output = vec![0; self.method.output_len()];
        match self.method {
            Method::Pbkdf2 { digest: Digest::Sha1, rounds } => pbkdf2_hmac::<Sha1>(password, salt, rounds, &mut output),
            Method::Pbkdf2 { digest: Digest::Sha256, rounds } => {
                pbkdf2_hmac::<Sha256>(password, salt, rounds, &mut output);
            }
            Method::Pbkdf2 { digest: Digest::Sha512, rounds } => {
                pbkdf2_hmac::<Sha512>(password, salt, rounds, &mut output);
            }
            Method::Scrypt(params) => {
                scrypt::scrypt(password, salt, &params, &mut output).expect("the output is as long as scrypt allows");
            }
        }
        // Outputs are compared in constant time.
        Output::new(&output).is_ok_and(|output| output == self.hash)
    }
}

impl Method {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(':');
        let method = match words.next()? {
            "pbkdf2" => {
                let digest = match words.next()? {
                    "sha1" => Digest::Sha1,
                    "sha256" => Digest::Sha256,
                    "sha512" => Digest::Sha512,
                    _ => return None,
                };
                let rounds = words.next()?.parse().ok().filter(|rounds| (1..=MOST_ROUNDS).contains(rounds))?;
                Self::Pbkdf2 { digest, rounds }
            }
            "scrypt" => {
                let mut number = || words.next()?.parse::<u32>().ok().filter(|number| *number > 0);
                let (n, r, p) = (number()?, number()?, number()?);
                let memory = BLOCK.checked_mul(n.into())?.checked_mul(r.into())?;
                if !n.is_power_of_two() || memory > MOST_MEMORY || p > MOST_LANES {
                    return None;
                }
                Self::Scrypt(scrypt::Params::new(u8::try_from(n.ilog2()).ok()?, r, p).ok()?)
            }
            _ => return None,
        };
        words.next().is_none().then_some(method)
    }

    /// Bytes of what it gives.
    const fn output_len(self) -> usize {
        match self {
            Self::Pbkdf2 { digest: Digest::Sha1, .. } => 20,
            Self::Pbkdf2 { digest: Digest::Sha256, .. } => 32,
            Self::Pbkdf2 { digest: Digest::Sha512, .. } => 64,
            Self::Scrypt(_) => SCRYPT_OUTPUT,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Werkzeug;

    /// Made by `werkzeug.security.generate_password_hash` of werkzeug 3.1.9.
    #[rstest]
    #[case::sha256(
        "correct horse battery",
        "pbkdf2:sha256:1000$uCu9iPOUCBWu6gFv$dc51750ff1290a812da4ae038a972e155ce5b0aaf1f8b3de1555eae49476960f"
    )]
    #[case::sha1("correct horse battery", "pbkdf2:sha1:1000$YogHJGUDzXDkybfe$27e54d9a6d9a7abb91c683c2a7815d52b8302579")]
    #[case::sha512(
        "correct horse battery",
        "pbkdf2:sha512:1000$Y3lD5gO8OFm3rz3a$ce22c807d98f0d36fe310b692b8c30331dc04e575dd5f72d73e10fd7769cbc57\
         6393f068a187ae20d0e0ecd04b9469da92e3e256dc14641f7e869fedd982330c"
    )]
    #[case::scrypt(
        "correct horse battery",
        "scrypt:1024:8:1$SgPItA4om0ZQO7AB$4e80824319c6186afecaefbe1614aa9e048d8e7105dfc7743a8e2046fe2907ef\
         f094daddb461fa91cec7867b5e3635ed30c50c23347bbe0fcf7003944b2dcf27"
    )]
    #[case::scrypt_as_it_comes(
        "correct horse battery",
        "scrypt:32768:8:1$UY1UrLk3gOrYj4er$9b737c5be75bfd44d9474ed7b2d0028faef49bbf1e93f94eb13b6e2f7d5f9ed2\
         3eb6f8a1a895c9280342f12317800f27824ea381f1163f7f4e50fe02befd28bc"
    )]
    #[case::not_ascii(
        "पासवर्ड लंबा है",
        "pbkdf2:sha256:1000$YuBWEXWg$4649a9d7727b38a2ceca095bf43accd4bb826a99fb15f829d3d41841e4032748"
    )]
    fn a_hash_knows_its_password(#[case] password: &str, #[case] hash: &str) {
        let hash = Werkzeug::parse(hash).expect("it is one of werkzeug's");
        assert!(hash.proves(password.as_bytes()));
        assert!(!hash.proves(b"battery staple"));
    }

    #[rstest]
    #[case::nothing("")]
    #[case::argon2("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA")]
    #[case::plain("correct horse battery")]
    #[case::other_digest("pbkdf2:md5:1000$salt$00112233445566778899aabbccddeeff")]
    #[case::no_rounds("pbkdf2:sha1:0$salt$27e54d9a6d9a7abb91c683c2a7815d52b8302579")]
    #[case::cut_off("pbkdf2:sha1:1000$salt$27e54d9a6d9a7abb91c683c2a7815d52b83025")]
    #[case::nothing_hashed("pbkdf2:sha1:1000$salt$")]
    fn what_is_no_hash_of_werkzeug_s_is_refused(#[case] text: &str) {
        assert!(Werkzeug::parse(text).is_none(), "{text}");
    }

    #[rstest]
    #[case::rounds("pbkdf2:sha1:4294967295", 20)]
    #[case::memory("scrypt:1048576:8:1", 64)]
    #[case::memory_by_blocks("scrypt:2:4294967295:1", 64)]
    #[case::lanes("scrypt:1024:8:1000000", 64)]
    #[case::no_power_of_two("scrypt:1000:8:1", 64)]
    #[case::more_than_is_known("scrypt:1024:8:1:1", 64)]
    fn a_cost_that_is_out_of_bounds_is_refused_before_it_is_paid(#[case] method: &str, #[case] bytes: usize) {
        assert!(Werkzeug::parse(&format!("{method}$salt${}", "00".repeat(bytes))).is_none());
    }
}
