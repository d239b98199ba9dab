//! Which trains are taken off sale for now: nothing of them is held or sold, while everything sold before stays good.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::train::TrainNumber;

/// What sales are stopped or started of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// A train, on all its runs.
    Train(TrainNumber),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all trains"),
            Self::Train(train) => write!(f, "train {train}"),
        }
    }
}

/// What is off sale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stops {
    /// Whether everything is.
    pub all: bool,
    /// Trains that are, whether or not everything is.
    pub trains: BTreeSet<TrainNumber>,
}

impl Stops {
    /// Whether a train is off sale.
    pub fn include(&self, train: TrainNumber) -> bool {
        self.all || self.trains.contains(&train)
    }
}
