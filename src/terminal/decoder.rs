//! What a terminal sends, byte by byte, as what happened: for doors that are no terminal of their own.
//!
//! A sequence may arrive in pieces, and whatever arrives, little of it is kept. A paste ends with
//! its mark however long it is, of which the first part counts: its rest must not become keys.

use termina::event::{KeyCode, KeyEventKind, Modifiers, MouseButton, MouseEventKind};
use termina::{Event, Parser};
use thiserror::Error;

use crate::terminal::input;
use crate::ui::keys::{Key, Mouse, MouseKind};
use crate::ui::msg::LONGEST_PASTE;
use crate::ui::msg::Msg;

/// More bytes than any sequence has that means something.
const LONGEST: usize = 256;

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Bytes that are kept of a paste: a character has four at most.
const PASTE_BYTES: usize = 4 * LONGEST_PASTE;

/// A terminal sent a sequence without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a sequence has more than {LONGEST} bytes")]
pub struct Endless;

/// Reads what a terminal sends.
#[derive(Debug, Default)]
pub struct Decoder {
    parser: Parser,
    /// What has come since the last event.
    begun: Vec<u8>,
    paste: Option<Paste>,
}

/// A paste whose end has not come.
#[derive(Debug, Default)]
struct Paste {
    text: Vec<u8>,
    /// How much of the mark of its end the newest bytes are.
    ending: usize,
}

impl Decoder {
    /// Takes bytes and tells what has happened.
    ///
    /// # Errors
    /// A sequence that never ends: nothing that comes after it can be understood.
    pub fn take(&mut self, bytes: &[u8], mut tell: impl FnMut(Msg)) -> Result<(), Endless> {
        for byte in bytes {
            if let Some(paste) = &mut self.paste {
                if paste.take(*byte) {
                    tell(Msg::Paste(paste.text()));
                    self.paste = None;
                }
                continue;
            }
            self.begun.push(*byte);
            if self.begun.ends_with(PASTE_BEGINS) {
                // The parser would keep all of it.
                (self.parser, self.paste) = (Parser::default(), Some(Paste::default()));
                self.begun.clear();
                continue;
            }
            self.parser.parse(&[*byte], true);
            self.tell_events(&mut tell);
            if self.begun.len() > LONGEST {
                return Err(Endless);
            }
        }
        Ok(())
    }

    /// Whether something has begun of which more may come: after a moment in which nothing does, see
    /// [`settle`](Self::settle).
    pub fn is_waiting(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Nothing more came: what has begun is all there is, such as the Escape key.
    pub fn settle(&mut self, mut tell: impl FnMut(Msg)) {
        self.parser.parse(&[], false);
        self.tell_events(&mut tell);
        (self.parser, self.begun) = (Parser::default(), Vec::new());
    }

    fn tell_events(&mut self, tell: &mut impl FnMut(Msg)) {
        while let Some(event) = self.parser.pop() {
            self.begun.clear();
            message(&event).into_iter().for_each(&mut *tell);
        }
    }
}

impl Paste {
    /// Takes a byte. Whether it was the last.
    fn take(&mut self, byte: u8) -> bool {
        self.ending =
            if byte == PASTE_ENDS[self.ending] { self.ending + 1 } else { usize::from(byte == PASTE_ENDS[0]) };
        if self.text.len() < PASTE_BYTES + PASTE_ENDS.len() {
            self.text.push(byte);
        }
        self.ending == PASTE_ENDS.len()
    }

    fn text(&self) -> String {
        let text = self.text.strip_suffix(PASTE_ENDS).unwrap_or(&self.text);
        input::pasted(&String::from_utf8_lossy(&text[..text.len().min(PASTE_BYTES)]))
    }
}

/// What happened, if it is something for the program.
fn message(event: &Event) -> Option<Msg> {
    match event {
        Event::Key(event) if event.kind != KeyEventKind::Release => {
            let held = |modifier| event.modifiers.contains(modifier);
            key(event.code, held(Modifiers::CONTROL), held(Modifiers::ALT), held(Modifiers::SHIFT)).map(Msg::Key)
        }
        Event::Mouse(event) => {
            let kind = match event.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
                MouseEventKind::ScrollUp => MouseKind::ScrollUp,
                MouseEventKind::ScrollDown => MouseKind::ScrollDown,
                _ => return None,
            };
            Some(Msg::Mouse(Mouse { kind, at: (event.column, event.row).into() }))
        }
        _ => None,
    }
}

fn key(code: KeyCode, ctrl: bool, alt: bool, shift: bool) -> Option<Key> {
    Some(match code {
        KeyCode::Char(c) if ctrl => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) if alt => Key::Alt(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Tab if shift => Key::BackTab,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Enter => Key::Enter,
        KeyCode::Escape => Key::Esc,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Function(number) => Key::F(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
