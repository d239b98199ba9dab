//! Stations, and finding them by what a person types.
//!
//! A city is not a type of its own: it is the name under which several stations are searched together.

mod index;

pub use index::StationIndex;

use serde::{Deserialize, Serialize};

use crate::domain::text::inline_code;

inline_code! {
    /// A station's code as the railway writes it, such as `NDLS`.
    StationCode, 8, BadStationCode, "'{0}' is not a station code: it has 1 to 8 letters or digits, such as NDLS"
}

/// A station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Station {
    /// Its code.
    pub code: StationCode,
    /// Its full name, such as `New Delhi`.
    pub name: String,
    /// The city a traveller would say, such as `Delhi`.
    pub city: String,
}

/// What a person can name as an end of a journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One station.
    Station(Station),
    /// A city: all its stations, most trains first.
    City {
        /// Its name.
        name: String,
        /// Its stations.
        stations: Vec<StationCode>,
    },
}

impl Place {
    /// The stations that a search from or to here covers.
    pub fn codes(&self) -> Vec<StationCode> {
        match self {
            Self::Station(station) => vec![station.code],
            Self::City { stations, .. } => stations.clone(),
        }
    }
}
