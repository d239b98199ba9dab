//! What a terminal can show, by what it says of itself in variables: the environment of a console, and what an SSH client
//! sends.

use std::collections::BTreeMap;

/// The variables that say something about a terminal.
pub const SAID: &[&str] = &["COLORFGBG", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "TERM"];

/// Bytes of a variable that count.
const LONGEST: usize = 64;

/// What a terminal says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities(BTreeMap<&'static str, String>);

impl Abilities {
    /// Notes a variable, if it is one of [`SAID`].
    pub fn say(&mut self, name: &str, value: &str) {
        if let Some(name) = SAID.iter().find(|known| **known == name) {
            self.0.insert(name, value.chars().take(LONGEST).collect());
        }
    }

    /// Whether it can put signs anywhere on a screen.
    pub fn has_screen(&self) -> bool {
        !matches!(self.term(), "" | "dumb" | "unknown")
    }

    /// Whether colours are wanted (`NO_COLOR`, see no-color.org) and possible.
    pub fn has_colours(&self) -> bool {
        !self.has("NO_COLOR") && !matches!(self.term(), "dumb" | "vt100" | "vt220")
    }

    /// Whether there are more than the console's sixteen.
    pub fn has_256_colours(&self) -> bool {
        self.term().contains("256") || self.has("COLORTERM")
    }

    /// Whether the terminal says that its ground is light: `foreground;background` in the console's sixteen colours.
    pub fn is_light(&self) -> bool {
        let ground = self.0.get("COLORFGBG").and_then(|colours| colours.rsplit(';').next());
        matches!(ground, Some("7" | "15"))
    }

    /// Whether the terminal shows more than ASCII; the bare console of Linux has few signs.
    ///
    /// By POSIX the first of three variables that is set names the character set. Where none is, terminals speak UTF-8
    /// today.
    pub fn has_unicode(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.0.get(name));
        let utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        utf8 && self.term() != "linux"
    }

    /// The kind of terminal.
    pub fn term(&self) -> &str {
        self.0.get("TERM").map_or("", String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
