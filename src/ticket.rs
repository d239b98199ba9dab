//! The signed ticket: what an inspector needs to check a traveller without a network, in a QR code.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | `0xB` in the high half marks a Kiosk ticket, the version is in the low half |
//! | 2 | the key's id: the first bytes of the SHA-256 of the public key |
//! | up to 38 | the [`TicketFacts`], packed by `facts.rs` |
//! | 64 | the Ed25519 signature of all bytes before it |
//!
//! A ticket has at most [`Ticket::MAX_BYTES`], which as [text](Ticket::text) is exactly what a QR code of version 5 and
//! level L holds in its alphanumeric mode. Scanners hand such text on unharmed, which they do not do with raw bytes.
//! A ticket holds no name, no link and no secret: it proves a purchase and tells nobody else who travels.

mod facts;
mod number;
mod qr;

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::domain::booking::Booking;
use crate::ticket::number::Number;

pub use facts::TicketFacts;
pub use qr::{QrMatrix, qr};

const MARK: u8 = 0xb0;
const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 2;
const HEAD_BYTES: usize = 1 + KEY_ID_BYTES;
const SIGNATURE_BYTES: usize = 64;

/// Separates this key from every other that is derived from the same secret.
const KEY_LABEL: &[u8] = b"kiosk ticket signature, Ed25519, version 1";

/// The QR code's alphanumeric characters without the space, which print and copy loses.
const SYMBOLS: &[u8; 44] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$%*+-./:";

/// The key that signs tickets.
pub struct TicketKey(SigningKey);

impl TicketKey {
    /// The key that belongs to the kiosk's secret (HKDF-SHA256).
    pub fn derive(secret: &[u8]) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, secret).expand(KEY_LABEL, &mut *seed).expect("32 bytes are within HKDF's limit");
        Self(SigningKey::from_bytes(&seed))
    }

    /// The key that checks what this one signs; anybody may have it.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The ticket of a booking. The same booking gives the same ticket.
    pub fn sign(&self, booking: &Booking) -> Ticket {
        let facts = TicketFacts::of(booking);
        let mut bytes = vec![MARK | VERSION];
        bytes.extend(self.public().id().0);
        bytes.extend(facts.pack());
        bytes.extend(self.0.sign(&bytes).to_bytes());
        Ticket(bytes)
    }
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TicketKey({})", self.public().id())
    }
}

/// The public half of a [`TicketKey`], written in base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A text that is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("That is not a ticket key: copy all 43 characters from the kiosk that sells the tickets.")]
pub struct BadPublicKey;

impl PublicKey {
    /// What names the key on a ticket.
    pub fn id(&self) -> KeyId {
        let digest = Sha256::digest(self.0.as_bytes());
        KeyId([digest[0], digest[1]])
    }
}

impl FromStr for PublicKey {
    type Err = BadPublicKey;

    fn from_str(text: &str) -> Result<Self, BadPublicKey> {
        let bytes = BASE64URL_NOPAD.decode(text.trim().trim_end_matches('=').as_bytes()).map_err(|_| BadPublicKey)?;
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| BadPublicKey)?;
        match VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            _ => Err(BadPublicKey),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&BASE64URL_NOPAD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// Names a key on a ticket. Two keys can share an id, so it finds a key and proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID_BYTES]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&HEXLOWER.encode(&self.0))
    }
}

/// A ticket as it is printed: its bytes, whoever signed them; never fewer than a head and a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ticket(Vec<u8>);

/// Why a ticket is refused, said to the inspector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TicketError {
    /// It never was one.
    #[error("This is not a Kiosk ticket: scan the square code again, or type the text under it.")]
    NotATicket,
    /// It has a form that this program does not know.
    #[error("This ticket is of a newer form ({version}): update Kiosk and check it again.")]
    Newer {
        /// The form's number.
        version: u8,
    },
    /// None of the given keys could have signed it.
    #[error("This ticket is signed with key {0}, which is not one of yours: refuse it, or add that kiosk's key.")]
    UnknownKey(KeyId),
    /// It is not what was signed.
    #[error("This ticket has been altered: refuse it, and look the booking up by its PNR.")]
    Altered,
}

impl Ticket {
    /// The most bytes of a ticket: 154 characters of text, all that QR version 5 at level L holds.
    pub const MAX_BYTES: usize = 105;
    /// The most characters of a ticket's text.
    pub const MAX_TEXT: usize = 154;

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What names the key that is said to have signed it.
    pub fn key_id(&self) -> KeyId {
        KeyId([self.0[1], self.0[2]])
    }

    /// The ticket as a QR code carries it: capital letters, digits and `$%*+-./:`, the first a letter or a digit, so that
    /// no command line takes it for an option.
    pub fn text(&self) -> String {
        let mut number = Number::from_bytes(self.0.iter().rev().copied());
        let mut text: Vec<u8> =
            (0..text_len(self.0.len())).map(|_| SYMBOLS[number.pop(SYMBOLS.len() as u64) as usize]).collect();
        text.reverse();
        String::from_utf8(text).expect("the symbols are ASCII")
    }

    /// Reads a ticket's text as it was scanned or typed: spaces, line ends and lower case do no harm. Whether the
    /// ticket is good is for [`verify`] to say.
    pub fn read(text: &str) -> Result<Self, TicketError> {
        let mut number = Number::default();
        let mut length = 0;
        for c in text.bytes().filter(|c| !c.is_ascii_whitespace()) {
            let digit = SYMBOLS.iter().position(|symbol| *symbol == c.to_ascii_uppercase());
            number.push(digit.ok_or(TicketError::NotATicket)? as u64, SYMBOLS.len() as u64);
            length += 1;
            if length > Self::MAX_TEXT {
                return Err(TicketError::NotATicket);
            }
        }
        let bytes = (HEAD_BYTES + SIGNATURE_BYTES..=Self::MAX_BYTES).find(|bytes| text_len(*bytes) == length);
        let mut bytes = number.into_bytes(bytes.ok_or(TicketError::NotATicket)?).ok_or(TicketError::NotATicket)?;
        bytes.reverse();
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Ticket {
    type Error = TicketError;
    fn try_from(text: String) -> Result<Self, TicketError> {
        Self::read(&text)
    }
}

impl From<Ticket> for String {
    fn from(ticket: Ticket) -> Self {
        ticket.text()
    }
}

/// What a ticket says, if one of `keys` signed it.
pub fn verify(ticket: &[u8], keys: &[PublicKey]) -> Result<TicketFacts, TicketError> {
    let [mark, id0, id1, ..] = *ticket else { return Err(TicketError::NotATicket) };
    match (mark & 0xf0, mark & 0x0f) {
        (MARK, VERSION) => {}
        (MARK, version) if version > VERSION => return Err(TicketError::Newer { version }),
        _ => return Err(TicketError::NotATicket),
    }
    let id = KeyId([id0, id1]);
    let Some((signed, signature)) = ticket.split_last_chunk::<SIGNATURE_BYTES>() else {
        return Err(TicketError::NotATicket);
    };
    let packed = signed.get(HEAD_BYTES..).ok_or(TicketError::NotATicket)?;
    let signature = Signature::from_bytes(signature);
    let mut candidates = keys.iter().filter(|key| key.id() == id).peekable();
    if candidates.peek().is_none() {
        return Err(TicketError::UnknownKey(id));
    }
    if !candidates.any(|key| key.0.verify_strict(signed, &signature).is_ok()) {
        return Err(TicketError::Altered);
    }
    TicketFacts::unpack(packed).ok_or(TicketError::NotATicket)
}

/// How many symbols hold any number of `bytes` bytes, at the 5.459 bits of one of 44 symbols. One more byte always takes
/// another symbol, so that the length of a text tells that of the ticket.
const fn text_len(bytes: usize) -> usize {
    (bytes * 8_000).div_ceil(5_459)
}

const _: () = assert!(text_len(Ticket::MAX_BYTES) == Ticket::MAX_TEXT);
