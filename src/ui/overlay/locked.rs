//! The locked terminal: nothing shows through, and the password brings everything back as it was.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::ui::context::World;
use crate::ui::form::Field;
use crate::ui::keys::Key;
use crate::ui::overlay::After;
use crate::ui::text;
use crate::ui::widgets::panel;

/// The lock.
#[derive(Clone, Debug)]
pub struct Locked {
    password: Field,
    waiting: bool,
}

impl Default for Locked {
    fn default() -> Self {
        Self { password: Field::password("Password"), waiting: false }
    }
}

impl Locked {
    /// Takes a key.
    pub fn key(&mut self, key: Key) -> After {
        match key {
            _ if self.waiting => After::Stay,
            Key::Enter if self.password.is_empty() => {
                self.password.refuse("Type your password, or press F8 to sign out.");
                After::Stay
            }
            Key::Enter => {
                self.waiting = true;
                After::Unlock(self.password.take_secret())
            }
            Key::F(8) => After::SignOut,
            key => {
                self.password.key(key);
                After::Stay
            }
        }
    }

    /// Takes text from the clipboard.
    pub fn paste(&mut self, text: &str) -> After {
        if !self.waiting {
            self.password.paste(text);
        }
        After::Stay
    }

    /// The password was refused.
    pub fn refuse(&mut self, why: impl Into<String>) {
        self.waiting = false;
        self.password.refuse(why);
    }

    /// Draws it.
    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        Clear.render(area, buf);
        buf.set_style(area, world.theme.text);
        let inner = panel::frame(buf, panel::centred(area, 60, 10), "Locked", world.theme.accent, world);
        let who = world.identity.as_ref().map_or("this session", |identity| identity.username.as_str());
        let says = format!("This terminal is locked for {who}. Type the password to go on, or F8 to sign out.");
        let lines = text::wrap(&says, inner.width);
        for (row, line) in inner.rows().zip(&lines) {
            buf.set_string(row.x, row.y, line, world.theme.text);
        }
        let top = u16::try_from(lines.len()).unwrap_or(0) + 1;
        let place = Rect { y: inner.y + top, height: inner.height.saturating_sub(top), ..inner };
        self.password.view(buf, place, crate::ui::form::Focus::Here, world);
    }
}
