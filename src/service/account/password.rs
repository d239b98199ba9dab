//! Passwords: which are good enough, and their hashes on a bounded number of threads.

use std::sync::Arc;

use argon2::password_hash::Result as Hashed;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::werkzeug::Werkzeug;
use crate::domain::user::{PasswordHash, Username};
use crate::service::refusal::fault;
use crate::service::request::Failure;
use crate::service::{Chance, Labour, Settings};

/// The shortest password.
const SHORTEST: usize = 10;
/// The longest, in bytes: nobody types more, and a hash of a book costs time.
const LONGEST: usize = 1024;

/// What is asked of the allocator for one hash, in KiB, of which as much is touched as the hash needs.
///
/// From 32 MiB on, glibc always gives memory a mapping of its own, which goes back to the system when the hash is done
/// (`M_MMAP_THRESHOLD`, mallopt(3)). Less is cut out of the heap from the second hash on. What a session keeps comes to
/// lie in such a hole, the next hash does not fit in any more, and 160 sign-ins left a server with 500 MiB.
const OWN_MAPPING: usize = 33 * 1024;

/// Passwords of ten characters and more that stand high in every published list of stolen ones.
const COMMON: [&str; 24] = [
    "1234567890",
    "0123456789",
    "12345678910",
    "0987654321",
    "9876543210",
    "1111111111",
    "0000000000",
    "1q2w3e4r5t",
    "qwertyuiop",
    "qwerty12345",
    "qwerty123456",
    "q1w2e3r4t5",
    "1qaz2wsx3edc",
    "password123",
    "password1234",
    "password12",
    "passw0rd123",
    "iloveyou123",
    "administrator",
    "welcome123",
    "letmein1234",
    "abcd123456",
    "india12345",
    "railway123",
];

/// Whether a password may be used with a name.
///
/// # Errors
///
/// A sentence that says what to do.
pub(super) fn check(password: &str, username: &Username) -> Result<(), &'static str> {
    if password.chars().count() < SHORTEST {
        return Err("A password has at least 10 characters: three or four words do well.");
    }
    if password.len() > LONGEST {
        return Err("This password is too long: use at most 1,024 characters.");
    }
    let lower = password.to_lowercase();
    if lower.contains(&username.key()) {
        return Err("The password must not contain the user name: choose another.");
    }
    let mut letters = lower.chars();
    let first = letters.next();
    if COMMON.contains(&lower.as_str()) || letters.all(|letter| Some(letter) == first) {
        return Err("This password is among the first that anyone would try: choose another.");
    }
    Ok(())
}

/// Hashes passwords, a few at a time: each takes some 20 MB and tens of milliseconds.
pub(in crate::service) struct Hasher {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    nobody: PasswordHash,
    chance: Chance,
    labour: Labour,
}

impl Hasher {
    /// A hasher as the settings ask for it. A cost that argon2 does not allow is replaced by its own default.
    pub(in crate::service) fn new(settings: &Settings) -> Self {
        let (cost, at_once) = (settings.argon2, settings.sign_in.hashes_at_once);
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).unwrap_or_default();
        let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // A hash that no password has, at the same cost: made up, so that starting costs nothing.
        let (salt, hash) = ("A".repeat(22), "A".repeat(43));
        let nobody = PasswordHash(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}"));
        let turns = Arc::new(Semaphore::new(at_once.max(1)));
        Self { argon2, turns, nobody, chance: settings.chance.clone(), labour: settings.labour }
    }

    /// The hash of a new password.
    pub(in crate::service) async fn hash(&self, password: SecretString) -> Result<PasswordHash, Failure> {
        let argon2 = self.argon2.clone();
        let salt = self.chance.bytes::<16>();
        let hash = self.run(move || made(&argon2, password.expose_secret().as_bytes(), &salt)).await?;
        hash.map(|hash| PasswordHash(hash.to_string())).map_err(|error| fault("hash a password", &error))
    }

    /// Whether a password is the one that was hashed.
    pub(in crate::service) async fn verify(
        &self,
        hash: &PasswordHash,
        password: SecretString,
    ) -> Result<bool, Failure> {
        if password.expose_secret().len() > LONGEST {
            return Ok(false);
        }
        let hash = hash.clone();
        let proved = self.run(move || proves(password.expose_secret().as_bytes(), &hash)).await?;
        Ok(proved.unwrap_or_else(|error| {
            tracing::error!(%error, "a stored password hash makes no sense");
            false
        }))
    }

    /// Whether a hash is of this hasher's own kind and as costly.
    pub(in crate::service) fn is_current(&self, hash: &PasswordHash) -> bool {
        let params = Phc::new(&hash.0).ok().and_then(|hash| Params::try_from(&hash).ok());
        let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        params.is_some_and(|params| costs(&params) == costs(self.argon2.params()))
    }

    /// Takes as long as [`Self::verify`], for a name that nobody has.
    pub(in crate::service) async fn verify_nobody(&self, password: SecretString) -> Result<(), Failure> {
        self.verify(&self.nobody, password).await.map(drop)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Failure::Busy)?;
        let done = self.labour.run(move || {
            // The turn lasts as long as the work, even when nobody waits for it any more.
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| Failure::Busy)
    }
}

/// A new hash.
fn made(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Hashed<Phc> {
    let salt = Salt::new(salt)?;
    let hash = Some(output(argon2, password, &salt)?);
    let (algorithm, version) = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()));
    Ok(Phc { algorithm, version, params: ParamsString::try_from(argon2.params())?, salt: Some(salt), hash })
}

/// Whether a password is the one that was hashed, by what the hash says of how it was made.
fn proves(password: &[u8], hash: &PasswordHash) -> Hashed<bool> {
    if let Some(former) = Werkzeug::parse(&hash.0) {
        return Ok(former.proves(password));
    }
    let hash = &Phc::new(&hash.0)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let argon2 = Argon2::new(algorithm, version, Params::try_from(hash)?);
    // Outputs are compared in constant time.
    Ok(output(&argon2, password, salt)? == *expected)
}

fn output(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Hashed<Output> {
    let blocks = argon2.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(OWN_MAPPING * 1024 / Block::SIZE));
    memory.resize(blocks, Block::new());
    let mut output = vec![0; argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    argon2.hash_password_into_with_memory(password, salt, &mut output, memory)?;
    Ok(Output::new(&output)?)
}

#[cfg(test)]
mod tests {
    use argon2::{Argon2, PasswordVerifier as _};
    use rstest::rstest;
    use secrecy::SecretString;

    use super::{Hasher, Settings, Username, check};
    use crate::service::Argon2Cost;

    #[rstest]
    #[case("correct horse battery", true)]
    #[case("पासवर्ड लंबा है", true)]
    #[case("short", false)]
    #[case("qwertyuiop", false)]
    #[case("QWERTYUIOP", false)]
    #[case("aaaaaaaaaaaaaa", false)]
    #[case("Anita-is-my-name", false)]
    fn passwords(#[case] password: &str, #[case] good: bool) {
        let anita = Username::parse("anita").expect("valid");
        assert_eq!(check(password, &anita).is_ok(), good);
    }

    fn hasher(memory_kib: u32) -> Hasher {
        let argon2 = Argon2Cost { memory_kib, passes: 1, lanes: 1 };
        Hasher::new(&Settings { argon2, ..Settings::development(vec![0; 32].into()) })
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_and_nobody_s_knows_none() {
        let cheap = hasher(8);
        let password = |text: &str| SecretString::from(text.to_owned());
        let hash = cheap.hash(password("correct horse")).await.expect("hashed");
        assert_eq!(cheap.verify(&hash, password("correct horse")).await, Ok(true));
        assert_eq!(cheap.verify(&hash, password("battery staple")).await, Ok(false));
        let nobody = super::Phc::new(&cheap.nobody.0).expect("a hash like any other");
        let real = super::Phc::new(&hash.0).expect("a hash");
        assert_eq!(nobody.params, real.params, "it costs the same");
        assert!(cheap.is_current(&hash));
        let independent = Argon2::default().verify_password(b"correct horse", &real);
        assert_eq!(independent, Ok(()), "it is what it says it is");
        assert!(!hasher(16).is_current(&hash));
    }
}
