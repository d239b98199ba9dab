//! What people are told of their bookings: a line for a text message, a mail, and JSON for a function.
//!
//! All of it is a function of the booking and of what happened to it. It says how the booking stands when it is sent, which
//! may be better or worse than when the event was.

mod mail;
mod payload;
mod words;

pub use mail::{Attachment, mail};
pub use payload::{Contact, PAYLOAD_VERSION, payload};
pub use words::{LONGEST_TEXT, subject, text_message};
