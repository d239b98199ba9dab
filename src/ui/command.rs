//! The command line of a desk: short entries, typed without looking, that do what the keys of the screens do.
//!
//! A text is read whole before anything is done ([`read`]): each entry becomes a few [`Step`]s. The program then gives one
//! step at a time to the screen on top ([`Scene::take`](crate::ui::screen::Scene::take)), which does what its own keys
//! would do, and shows it. There is no second way to sell: what a screen refuses to a key it refuses to a step.
//!
//! What was typed wrong is never half done, and what is refused on the way stops the entries after it.

pub mod grammar;
pub mod line;
pub mod party;
pub mod run;
mod words;

use chrono::NaiveDate;

pub use self::grammar::{ENTRIES, Form, read};
pub use self::line::CommandLine;
use crate::domain::coach::Class;
use crate::domain::correction::Correction;
use crate::domain::pnr::Pnr;
use crate::domain::station::StationCode;
use crate::domain::train::TrainNumber;
use crate::ui::draft::{Trip, TypedPassenger};

/// One entry of a line, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where its words begin, in characters of the line; the first is that of the entry itself.
    pub words: Vec<usize>,
    /// What to say where no screen in front takes it.
    pub needs: &'static str,
    /// What it does, in order.
    pub steps: Vec<Step>,
}

/// What a screen does for an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Show the trains of a trip.
    Search(Trip),
    /// Take a train and a class out of the list.
    Choose(Choice),
    /// Hold the best berths for the party.
    HoldBest,
    /// Take what there is where there are too few berths.
    Join,
    /// Fill in passengers.
    FillIn {
        /// The row of the first, from 0; `None` for the first that is empty.
        from: Option<usize>,
        /// Who, in order.
        party: Vec<Named>,
    },
    /// Fill in the telephone number.
    Telephone(String),
    /// Show who travelled before, to be chosen.
    Companions,
    /// Go on to the fare.
    Fare,
    /// Choose how it is paid.
    Tender(Tendered),
    /// Take the money and book.
    Pay,
    /// Open a booking.
    Open(Pnr),
    /// Go to what is given back for places that are given up.
    GiveUp,
    /// Choose who gives up, by their places in the list from 0; nobody means everybody.
    Tick(Vec<u8>),
    /// Show a name as it should be, to be put right.
    Correct(Correction),
    /// Show another point of boarding, to be changed.
    Board(StationCode),
    /// Search the way back of a booking, with its party.
    WayBack(Option<NaiveDate>),
    /// Search the journey of a booking again, with its party.
    Again(Option<NaiveDate>),
    /// Set the journey in work aside for another, or go on with one that waits, by its place from 0.
    Aside(Option<usize>),
    /// Show the keys and the entries.
    Help,
}

/// A train out of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which.
    pub train: Pick,
    /// In which class; `None` for the one under the cursor.
    pub class: Option<Class>,
    /// For how many; `None` for as many as were asked for.
    pub party: Option<u8>,
}

/// How a train is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// By its line in the list, from 0.
    Line(usize),
    /// By its number.
    Number(TrainNumber),
}

/// Somebody who travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What the form has of them.
    pub typed: TypedPassenger,
    /// Whether they take a berth.
    pub seated: Seated,
}

/// Whether somebody takes a berth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seated {
    /// They do.
    Berth,
    /// A child with an adult.
    Lap,
}

/// How it is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tendered {
    /// By the way that the screen has chosen.
    AsChosen,
    /// With notes and coins; how many rupees were received, if change is due.
    Cash(Option<String>),
    /// With a card, under the reference of its terminal.
    Card(String),
}

/// What a screen did with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is done, or a call for it is under way: whether it came about is asked once nobody waits any more.
    Yes,
    /// The screen gave way to another, which takes the step.
    Elsewhere,
    /// It cannot be done.
    Refused(Refusal),
    /// The screen knows nothing of it.
    NotHere,
}

/// Why a step cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The word of the entry that is to blame; 0 for all of it.
    pub word: usize,
    /// A sentence that says what to do next.
    pub why: String,
}

impl Refusal {
    /// A refusal of an entry as a whole.
    pub fn new(why: impl Into<String>) -> Self {
        Self::of_word(0, why)
    }

    /// A refusal for one of its words, the first after the entry being 1.
    pub fn of_word(word: usize, why: impl Into<String>) -> Self {
        Self { word, why: why.into() }
    }
}

impl From<Refusal> for Taken {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Why a text is no line of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEntry {
    /// The character to blame, from 0; the end of the text where something is missing.
    pub at: usize,
    /// A sentence that says what to do.
    pub why: String,
}
