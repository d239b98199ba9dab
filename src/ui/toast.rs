//! A passing message on the message line.

use chrono::{DateTime, TimeDelta, Utc};

use crate::ui::theme::Tone;

/// A message that leaves by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How it is meant.
    pub tone: Tone,
    /// A sentence.
    pub text: String,
    /// When it leaves.
    pub until: DateTime<Utc>,
}

impl Toast {
    /// A message from `now` on, long enough to read: four seconds, and one more for every twenty characters.
    pub fn new(tone: Tone, text: String, now: DateTime<Utc>) -> Self {
        let seconds = 4 + i64::try_from(text.chars().count() / 20).unwrap_or(0);
        Self { tone, text, until: now + TimeDelta::seconds(seconds) }
    }
}
