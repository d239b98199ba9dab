//! A halt as a line of text, `KOTA 21:20 21:25 465`, and what has to hold from one halt to the next.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::station::{BadStationCode, StationCode};
use crate::domain::text::is_hidden;
use crate::domain::time::{BadRunTime, RunTime};
use crate::domain::train::Halt;

/// A text that is no halt.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadHalt {
    /// More or fewer than four words.
    #[error("a halt is a line of four: station, arrival, departure and kilometres, such as KOTA 21:20 21:25 465")]
    Words,
    /// Its first word is no station's code.
    #[error(transparent)]
    Station(#[from] BadStationCode),
    /// One of its times is none.
    #[error(transparent)]
    Time(#[from] BadRunTime),
    /// It has no time at all.
    #[error("a halt needs a time: write when the train arrives, departs, or both")]
    NoTime,
    /// Its last word is no distance.
    #[error("'{0}' is not a distance: write whole kilometres from the origin")]
    Distance(String),
}

/// Why a halt cannot follow another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum OutOfOrder {
    /// It leaves before it comes in.
    #[error("it leaves {station} before it comes in: check the times, and '+1' after midnight")]
    LeavesFirst {
        /// The halt's station.
        station: StationCode,
    },
    /// It comes in before it has left the halt before.
    #[error("it calls at {station} before it has left {before}: check the times, and '+1' after midnight")]
    TooEarly {
        /// The halt's station.
        station: StationCode,
        /// The halt before.
        before: StationCode,
    },
    /// Its way does not go on.
    #[error("{station} is no farther than {before}: check the kilometres")]
    NoFarther {
        /// The halt's station.
        station: StationCode,
        /// The halt before.
        before: StationCode,
    },
}

/// Reads a halt. `-` stands for the time that an end of the way has not: there one stands for both.
pub fn parse(line: &str) -> Result<Halt, BadHalt> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [code, arrive, depart, km] = words[..] else { return Err(BadHalt::Words) };
    let station = StationCode::parse(code)?;
    let time = |word: &str| if word == "-" { Ok(None) } else { word.parse::<RunTime>().map(Some) };
    let (arrive, depart) = (time(arrive)?, time(depart)?);
    let (arrive, depart) = arrive.or(depart).zip(depart.or(arrive)).ok_or(BadHalt::NoTime)?;
    let bad = |_| BadHalt::Distance(km.chars().filter(|c| !is_hidden(*c)).take(20).collect());
    Ok(Halt { station, arrive, depart, km: km.parse().map_err(bad)? })
}

/// Writes a halt so that [`parse`] reads it back.
pub fn written(halt: &Halt) -> String {
    format!("{} {} {} {}", halt.station, halt.arrive, halt.depart, halt.km)
}

/// Whether a halt can follow another; the first follows none.
pub fn check_order(before: Option<&Halt>, halt: &Halt) -> Result<(), OutOfOrder> {
    let station = halt.station;
    if halt.depart < halt.arrive {
        return Err(OutOfOrder::LeavesFirst { station });
    }
    match before {
        Some(before) if halt.arrive <= before.depart => Err(OutOfOrder::TooEarly { station, before: before.station }),
        Some(before) if halt.km <= before.km => Err(OutOfOrder::NoFarther { station, before: before.station }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{check_order, parse, written};

    #[rstest]
    #[case("KOTA 21:20 21:25 465", "KOTA 21:20 21:25 465")]
    #[case("  mmct  08:35+1 -  1384 ", "MMCT 08:35+1 08:35+1 1384")]
    #[case("NDLS - 16:55 0", "NDLS 16:55 16:55 0")]
    fn a_halt_is_read_and_written(#[case] line: &str, #[case] again: &str) {
        let halt = parse(line).expect("a halt");
        assert_eq!(written(&halt), again);
        assert_eq!(parse(again), Ok(halt));
    }

    #[rstest]
    #[case("KOTA 21:20 21:25", "a halt is a line of four")]
    #[case("KO-TA 21:20 21:25 465", "'KO-TA' is not a station code")]
    #[case("KOTA 21.20 21:25 465", "'21.20' is not a time")]
    #[case("KOTA - - 465", "a halt needs a time")]
    #[case("KOTA 21:20 21:25 far", "'far' is not a distance")]
    fn nonsense_says_what_to_write(#[case] line: &str, #[case] says: &str) {
        let error = parse(line).expect_err("refused").to_string();
        assert!(error.starts_with(says), "{error}");
    }

    #[rstest]
    #[case("ST 20:00 19:00 300", "it leaves ST before it comes in")]
    #[case("ST 16:00 16:05 300", "it calls at ST before it has left MMCT")]
    #[case("ST 17:00 17:05 300", "it calls at ST before it has left MMCT")]
    #[case("ST 20:00 20:05 100", "ST is no farther than MMCT")]
    fn a_halt_is_later_and_farther_than_the_one_before(#[case] line: &str, #[case] says: &str) {
        let before = parse("MMCT - 17:00 100").expect("a halt");
        let error = check_order(Some(&before), &parse(line).expect("a halt")).expect_err("refused").to_string();
        assert!(error.starts_with(says), "{error}");
    }
}
