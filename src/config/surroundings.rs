//! What the environment says about the terminal and the machine. Not settings: nobody writes these for Kiosk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::sources::Sources;
use crate::terminal::abilities::{Abilities, SAID};

/// What is around this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    said: BTreeSet<&'static str>,
    abilities: Abilities,
    downloads: Option<PathBuf>,
}

const ASKED: &[&str] = &["DISPLAY", "SSH_CONNECTION", "SSH_TTY", "WAYLAND_DISPLAY"];

impl Surroundings {
    pub(super) fn read(sources: &Sources) -> Self {
        let said = ASKED.iter().copied().filter(|name| sources.variable(name).is_some());
        let mut abilities = Abilities::default();
        for name in SAID {
            sources.variable(name).into_iter().for_each(|value| abilities.say(name, value));
        }
        Self { said: said.collect(), abilities, downloads: sources.downloads.clone() }
    }

    /// What the terminal says of itself.
    pub fn abilities(&self) -> &Abilities {
        &self.abilities
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
        self.said.contains(name)
    }
}
