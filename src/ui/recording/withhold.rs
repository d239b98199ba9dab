//! What of a message is kept to oneself.

use std::borrow::Cow;
use std::iter::repeat_n;
use std::sync::Arc;

use crate::domain::booking::Booking;
use crate::domain::former::FormerBooking;
use crate::domain::text::is_hidden;
use crate::domain::user::Phone;
use crate::service::request::Reply;
use crate::ui::app::App;
use crate::ui::keys::Key;
use crate::ui::msg::Msg;

/// Stands for a character of a secret, as on the screen.
const DOT: char = '•';

/// Stands for one that cannot be printed: fields refuse those, and have to refuse it in a replay too.
const HIDDEN: char = '\u{7f}';

/// What is known of who types.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Typist {
    typing: Typing,
}

/// Whether the characters that come now belong to a secret.
///
/// A screen can leave under somebody who is in the middle of a password: a late answer, a hold that ends. What they type
/// blindly on is still the password, until a key says that they have finished with it; a replay shows dots for it, or
/// nothing, wherever it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Typing {
    #[default]
    Anything,
    Secret,
}

impl Typist {
    /// The message as it may be written, for a program that has not taken it yet.
    pub fn withhold<'a>(&mut self, app: &App, msg: &'a Msg) -> Cow<'a, Msg> {
        match msg {
            Msg::Key(Key::Char(c)) => match self.types(app) {
                Typing::Secret => Cow::Owned(Msg::Key(Key::Char(stand_in(*c)))),
                Typing::Anything => Cow::Borrowed(msg),
            },
            // In the wrong field, and refused there; whoever reads the file shall not have it. Only rules are read from files,
            // and all of them have an entry: what has none was named by mistake.
            Msg::Read(Ok(text)) if !text.contains("[[") || text.contains("PRIVATE KEY") => {
                Cow::Owned(Msg::Read(Ok(blank(text))))
            }
            Msg::Paste(text) if text.contains("PRIVATE KEY") => Cow::Owned(Msg::Paste(dots(text))),
            Msg::Paste(text) => match self.types(app) {
                Typing::Secret => Cow::Owned(Msg::Paste(dots(text))),
                Typing::Anything => Cow::Borrowed(msg),
            },
            // Corrections.
            Msg::Key(
                Key::Backspace
                | Key::Delete
                | Key::Left
                | Key::Right
                | Key::Home
                | Key::End
                | Key::Ctrl('a' | 'e' | 'k' | 'u' | 'w'),
            ) => Cow::Borrowed(msg),
            // Anything else that a person does ends what they were typing.
            Msg::Key(_) | Msg::Mouse(_) => {
                self.typing = Typing::Anything;
                Cow::Borrowed(msg)
            }
            Msg::Reply(call, Ok(Reply::Booking(booking))) => {
                Cow::Owned(Msg::Reply(*call, Ok(Reply::Booking(without_phone(booking)))))
            }
            Msg::Reply(call, Ok(Reply::Bookings { page, next, back_to })) => {
                let page = page.iter().map(without_phone).collect();
                Cow::Owned(Msg::Reply(*call, Ok(Reply::Bookings { page, next: next.clone(), back_to: *back_to })))
            }
            Msg::Reply(call, Ok(Reply::Found { page, next, looked_at, back_to })) => {
                let (page, next) = (page.iter().map(without_phone).collect(), next.clone());
                Cow::Owned(Msg::Reply(*call, Ok(Reply::Found { page, next, looked_at: *looked_at, back_to: *back_to })))
            }
            Msg::Reply(call, Ok(Reply::FormerBooking(booking))) => {
                Cow::Owned(Msg::Reply(*call, Ok(Reply::FormerBooking(former_without_phone(booking)))))
            }
            Msg::Reply(call, Ok(Reply::FormerBookings { page, next })) => {
                let page = page.iter().map(former_without_phone).collect();
                Cow::Owned(Msg::Reply(*call, Ok(Reply::FormerBookings { page, next: next.clone() })))
            }
            Msg::Reply(..)
            | Msg::Resize(_)
            | Msg::Wake
            | Msg::Live(_)
            | Msg::Banners(_)
            | Msg::Rules(_)
            | Msg::Progress(..)
            | Msg::Read(_)
            | Msg::Opened(_)
            | Msg::Closing(_)
            | Msg::LeftBehind(_)
            | Msg::Back(_)
            | Msg::NothingLeft
            | Msg::Expelled
            | Msg::HangUp => Cow::Borrowed(msg),
        }
    }

    fn types(&mut self, app: &App) -> Typing {
        if app.takes_secret() {
            self.typing = Typing::Secret;
        }
        self.typing
    }
}

fn stand_in(c: char) -> char {
    if is_hidden(c) { HIDDEN } else { DOT }
}

/// As many dots as a field makes of a paste: it leaves the space at its ends and its line breaks count as characters.
fn dots(text: &str) -> String {
    text.trim().chars().map(|c| if matches!(c, '\r' | '\n' | '\t') { DOT } else { stand_in(c) }).collect()
}

/// A text of the same length in the same lines.
fn blank(text: &str) -> String {
    text.chars().flat_map(|c| repeat_n(if c == '\n' { c } else { '.' }, c.len_utf8())).collect()
}

fn without_phone(booking: &Arc<Booking>) -> Arc<Booking> {
    Arc::new(Booking { phone: booking.phone.withheld(), ..(**booking).clone() })
}

fn former_without_phone(booking: &Arc<FormerBooking>) -> Arc<FormerBooking> {
    let phone = booking.phone.as_ref().map(Phone::withheld);
    Arc::new(FormerBooking { phone, ..(**booking).clone() })
}
