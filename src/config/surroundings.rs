//! What the environment says about the terminal and the machine. Not settings: nobody writes these for Kiosk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::sources::Sources;

/// What is around this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    said: BTreeMap<&'static str, String>,
    downloads: Option<PathBuf>,
}

const ASKED: &[&str] = &[
    "COLORFGBG",
    "COLORTERM",
    "DISPLAY",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "NO_COLOR",
    "SSH_CONNECTION",
    "SSH_TTY",
    "TERM",
    "WAYLAND_DISPLAY",
];

impl Surroundings {
    pub(super) fn read(sources: &Sources) -> Self {
        let said = ASKED.iter().filter_map(|name| Some((*name, sources.variable(name)?.to_owned())));
        Self { said: said.collect(), downloads: sources.downloads.clone() }
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
        let ground = self.said.get("COLORFGBG").and_then(|colours| colours.rsplit(';').next());
        matches!(ground, Some("7" | "15"))
    }

    /// Whether the terminal shows more than ASCII; the bare console of Linux has few signs.
    ///
    /// By POSIX the first of three variables that is set names the character set. Where none is, terminals speak UTF-8
    /// today.
    pub fn has_unicode(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.said.get(name));
        let utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        utf8 && self.term() != "linux"
    }

    /// Whether the person sits at another machine.
    pub fn is_remote(&self) -> bool {
        self.has("SSH_CONNECTION") || self.has("SSH_TTY")
    }

    /// Whether there is a desktop with programs that show documents.
    pub fn has_desktop(&self) -> bool {
        self.has("DISPLAY") || self.has("WAYLAND_DISPLAY") || cfg!(target_os = "macos")
    }

    /// The person's folder for downloads.
    pub fn downloads(&self) -> Option<&Path> {
        self.downloads.as_deref()
    }

    fn has(&self, name: &str) -> bool {
        self.said.contains_key(name)
    }

    fn term(&self) -> &str {
        self.said.get("TERM").map_or("", String::as_str)
    }
}
