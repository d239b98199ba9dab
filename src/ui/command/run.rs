//! A line that is being done: its steps in order, and what of the text is left.

use std::collections::VecDeque;

use crate::ui::command::{BadEntry, Entry, Refusal, Step};

/// A line that is being done.
#[derive(Clone, Debug)]
pub struct Run {
    text: String,
    entries: VecDeque<Entry>,
    /// The step that was taken last, as long as nobody knows whether it came about.
    begun: Option<Step>,
    /// Whether the fare that is paid next stood on the screen when the line was entered: nothing else may be.
    fare: Fare,
}

/// Whether somebody has seen what they are to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fare {
    /// It stood on the screen.
    Seen,
    /// It did not.
    Unseen,
}

impl Run {
    /// A line with its entries.
    pub fn new(text: String, entries: Vec<Entry>, fare: Fare) -> Self {
        Self { text, entries: entries.into(), begun: None, fare }
    }

    /// The step to be taken now.
    pub fn step(&self) -> Option<Step> {
        self.entries.iter().find_map(|entry| entry.steps.first()).cloned()
    }

    /// Whether somebody has seen what they are to pay next.
    pub const fn fare(&self) -> Fare {
        self.fare
    }

    /// The step of which it is to be asked whether it came about.
    pub fn begun(&self) -> Option<Step> {
        self.begun.clone()
    }

    /// What to say where no screen takes the step.
    pub fn needs(&self) -> Refusal {
        Refusal::new(self.entries.front().map_or("", |entry| entry.needs))
    }

    /// The step was taken.
    pub fn took(&mut self) {
        if let Some(entry) = self.entries.front_mut().filter(|entry| !entry.steps.is_empty()) {
            let step = entry.steps.remove(0);
            if !matches!(step, Step::Fare | Step::Tender(_)) {
                self.fare = Fare::Unseen;
            }
            self.begun = Some(step);
        }
    }

    /// What was taken came about.
    pub fn came_about(&mut self) {
        self.begun = None;
        self.entries.pop_front_if(|entry| entry.steps.is_empty());
    }

    /// Leaves out what is left of the entry.
    pub fn pass_over(&mut self) {
        self.begun = None;
        self.entries.pop_front();
    }

    /// What of the text is not done.
    pub fn rest(&self) -> String {
        let begins = self.entries.front().and_then(|entry| entry.words.first().copied());
        begins.map_or_else(String::new, |begins| self.text.chars().skip(begins).collect())
    }

    /// What of the text is not done, and where in it a refusal points.
    pub fn refused(&self, refusal: Refusal) -> (String, BadEntry) {
        let words = self.entries.front().map(|entry| entry.words.as_slice()).unwrap_or_default();
        let begins = words.first().copied().unwrap_or(0);
        let at = words.get(refusal.word).copied().unwrap_or(begins) - begins;
        (self.rest(), BadEntry { at, why: refusal.why })
    }
}
