//! A train as the timetable publishes it, and one run of it.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};
use thiserror::Error;

use crate::domain::coach::{Class, Coach, CoachId};
use crate::domain::segment::{Leg, MAX_SEGMENTS};
use crate::domain::station::StationCode;
use crate::domain::text::inline_code;
use crate::domain::time::RunTime;

inline_code! {
    /// A train's number, such as `12951`.
    TrainNumber, 8, BadTrainNumber, "'{0}' is not a train number: it has 1 to 8 letters or digits, such as 12951"
}

/// What kind of service a train is: it decides the fare table and the surcharges.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Display, EnumString, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", ascii_case_insensitive)]
pub enum TrainKind {
    /// Air-conditioned overnight trains to Delhi, meals included.
    Rajdhani,
    /// Air-conditioned day trains.
    Shatabdi,
    /// Long-distance trains with few halts.
    Duronto,
    /// Mail and express trains of 55 km/h and more on average.
    Superfast,
    /// All other reserved trains.
    Express,
}

impl TrainKind {
    /// From this average on a train is superfast, in kilometres an hour from end to end.
    const SUPERFAST: u32 = 55;

    /// What a train seems to be by its name and its way, where nobody says it.
    pub fn guessed(name: &str, halts: &[Halt]) -> Self {
        let name = name.to_ascii_lowercase();
        let named = [("rajdhani", Self::Rajdhani), ("shatabdi", Self::Shatabdi), ("duronto", Self::Duronto)];
        if let Some((_, kind)) = named.into_iter().find(|(word, _)| name.contains(word)) {
            return kind;
        }
        let (Some(first), Some(last)) = (halts.first(), halts.last()) else { return Self::Express };
        let minutes = u32::from(last.arrive.minutes().saturating_sub(first.depart.minutes()));
        if u32::from(last.km) * 60 >= Self::SUPERFAST * minutes { Self::Superfast } else { Self::Express }
    }

    /// Whether trains of this kind have coaches for travellers without a reservation.
    pub const fn carries_unreserved(self) -> bool {
        matches!(self, Self::Superfast | Self::Express)
    }
}

/// The zone whose office numbers the train's PNRs, by the train's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Display, EnumString, VariantArray)]
#[strum(ascii_case_insensitive)]
#[allow(missing_docs, reason = "the variants are the zones' official abbreviations")]
pub enum Zone {
    SCR,
    NR,
    NCR,
    NWR,
    NER,
    SR,
    SWR,
    NFR,
    ECR,
    ER,
    #[serde(rename = "ECoR")]
    ECoR,
    SER,
    SECR,
    CR,
    WCR,
    WR,
}

/// The days of the week on which a train leaves its origin.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunDays(u8);

/// A text that is no pattern of running days.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' does not say on which days a train runs: write seven marks from Monday on, such as MTWTFSS or M-W-F--")]
pub struct BadRunDays(String);

impl RunDays {
    const LETTERS: &'static str = "MTWTFSS";

    /// Every day.
    pub const DAILY: Self = Self(0x7f);

    /// Whether a train leaves its origin on `date`.
    pub fn includes(self, date: NaiveDate) -> bool {
        self.0 >> date.weekday().num_days_from_monday() & 1 == 1
    }

    /// Whether the train runs every day.
    pub fn is_daily(self) -> bool {
        self == Self::DAILY
    }

    /// The same days a day later: of a train that leaves its first halt after midnight of the day by which it is listed.
    pub const fn day_later(self) -> Self {
        Self((self.0 << 1 | self.0 >> 6) & 0x7f)
    }

    /// The days on which either runs.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The days from Monday on; `None` when there is none.
    pub fn from_week(week: [bool; 7]) -> Option<Self> {
        let days = (0..).zip(week).fold(0, |days, (day, runs)| days | u8::from(runs) << day);
        (days != 0).then_some(Self(days))
    }

    /// The days in words: `daily`, or `Mo Th`.
    pub fn words(self) -> String {
        if self.is_daily() {
            return "daily".to_owned();
        }
        let names = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
        let days = names.iter().enumerate().filter(|(day, _)| self.0 >> day & 1 == 1).map(|(_, name)| *name);
        days.collect::<Vec<_>>().join(" ")
    }
}

impl FromStr for RunDays {
    type Err = BadRunDays;

    fn from_str(text: &str) -> Result<Self, BadRunDays> {
        let bad = || BadRunDays(text.to_owned());
        if text.chars().count() != 7 {
            return Err(bad());
        }
        let mut days = 0;
        for (day, (mark, letter)) in text.chars().zip(Self::LETTERS.chars()).enumerate() {
            match mark.to_ascii_uppercase() {
                mark if mark == letter => days |= 1 << day,
                '-' => {}
                _ => return Err(bad()),
            }
        }
        if days == 0 { Err(bad()) } else { Ok(Self(days)) }
    }
}

impl fmt::Display for RunDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marks = Self::LETTERS.chars().enumerate();
        let marks: String = marks.map(|(day, letter)| if self.0 >> day & 1 == 1 { letter } else { '-' }).collect();
        f.pad(&marks)
    }
}

impl fmt::Debug for RunDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for RunDays {
    type Error = BadRunDays;
    fn try_from(text: String) -> Result<Self, BadRunDays> {
        text.parse()
    }
}

impl From<RunDays> for String {
    fn from(days: RunDays) -> Self {
        days.to_string()
    }
}

/// A stop of a train. At the origin `arrive` equals `depart`, and at the last halt `depart` equals `arrive`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Halt {
    /// Where.
    pub station: StationCode,
    /// When the train comes in.
    pub arrive: RunTime,
    /// When it leaves.
    pub depart: RunTime,
    /// Kilometres from the origin.
    pub km: u16,
}

/// The parts of a train before they are checked: what a file or an item holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrainDraft {
    /// The train's number.
    pub number: TrainNumber,
    /// Which published state of the train this is, from 1; a published version never changes.
    pub version: u32,
    /// Its name, such as `Mumbai Rajdhani`.
    pub name: String,
    /// The kind of service.
    pub kind: TrainKind,
    /// The zone of its origin.
    pub zone: Zone,
    /// The days on which it leaves its origin.
    pub runs_on: RunDays,
    /// Its stops in order.
    pub halts: Vec<Halt>,
    /// Its reserved coaches from the engine on.
    pub coaches: Vec<Coach>,
}

/// A train of the timetable, checked: at least two halts, forward in time and distance, no coach twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TrainDraft", into = "TrainDraft")]
pub struct Train(TrainDraft);

/// Why the parts do not make a train.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum TrainError {
    #[error("train {train} needs a name of 1 to 40 characters")]
    BadName { train: TrainNumber },
    #[error("train {train} has {halts} halts: it needs 2 to {max}", max = Train::MAX_HALTS)]
    HaltCount { train: TrainNumber, halts: usize },
    #[error("train {train} calls at {station} before it has left the halt before: check its times")]
    TimesRunBackwards { train: TrainNumber, station: StationCode },
    #[error("train {train} is no farther at {station} than at the halt before: check its distances")]
    DistanceRunsBackwards { train: TrainNumber, station: StationCode },
    #[error("train {train} has no reserved coach: name at least one")]
    NoCoach { train: TrainNumber },
    #[error("train {train} has coach {coach} twice: give each coach its own number")]
    CoachTwice { train: TrainNumber, coach: CoachId },
}

impl Train {
    /// A berth's occupancy is one number of at most 38 decimal digits, so 126 segments; a halt more than segments.
    pub const MAX_HALTS: usize = MAX_SEGMENTS + 1;

    /// Checks the parts.
    pub fn new(draft: TrainDraft) -> Result<Self, TrainError> {
        let train = draft.number;
        let name_length = draft.name.chars().count();
        if !(1..=40).contains(&name_length) || draft.name.chars().any(crate::domain::text::is_hidden) {
            return Err(TrainError::BadName { train });
        }
        if !(2..=Self::MAX_HALTS).contains(&draft.halts.len()) {
            return Err(TrainError::HaltCount { train, halts: draft.halts.len() });
        }
        if let Some(halt) = draft.halts.iter().find(|halt| halt.depart < halt.arrive) {
            return Err(TrainError::TimesRunBackwards { train, station: halt.station });
        }
        for pair in draft.halts.windows(2) {
            let (before, halt) = (pair[0], pair[1]);
            if halt.arrive <= before.depart {
                return Err(TrainError::TimesRunBackwards { train, station: halt.station });
            }
            if halt.km <= before.km {
                return Err(TrainError::DistanceRunsBackwards { train, station: halt.station });
            }
        }
        if draft.coaches.is_empty() {
            return Err(TrainError::NoCoach { train });
        }
        for (i, coach) in draft.coaches.iter().enumerate() {
            if draft.coaches[..i].iter().any(|other| other.id() == coach.id()) {
                return Err(TrainError::CoachTwice { train, coach: coach.id() });
            }
        }
        Ok(Self(draft))
    }

    /// Whether it is as another but for its version.
    pub fn is_like(&self, other: &Self) -> bool {
        let Self(TrainDraft { number, version: _, name, kind, zone, runs_on, halts, coaches }) = self;
        let other = &other.0;
        (number, name, kind, zone) == (&other.number, &other.name, &other.kind, &other.zone)
            && (runs_on, halts, coaches) == (&other.runs_on, &other.halts, &other.coaches)
    }

    /// The same as another published version.
    pub fn as_version(self, version: u32) -> Self {
        Self(TrainDraft { version, ..self.0 })
    }

    /// The train's number.
    pub fn number(&self) -> TrainNumber {
        self.0.number
    }

    /// Which published state of the train this is.
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The kind of service.
    pub fn kind(&self) -> TrainKind {
        self.0.kind
    }

    /// The zone of its origin.
    pub fn zone(&self) -> Zone {
        self.0.zone
    }

    /// The days on which it leaves its origin.
    pub fn runs_on(&self) -> RunDays {
        self.0.runs_on
    }

    /// Its stops in order.
    pub fn halts(&self) -> &[Halt] {
        &self.0.halts
    }

    /// Its reserved coaches from the engine on.
    pub fn coaches(&self) -> &[Coach] {
        &self.0.coaches
    }

    /// The classes it carries, best first.
    pub fn classes(&self) -> Vec<Class> {
        let mut classes: Vec<_> = self.0.coaches.iter().map(Coach::class).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// The classes in which one can travel by it, best first: those of its coaches, and the unreserved one where its kind
    /// carries that.
    pub fn classes_sold(&self) -> impl Iterator<Item = Class> {
        self.classes().into_iter().chain(self.kind().carries_unreserved().then_some(Class::Unreserved))
    }

    /// The coaches of a class.
    pub fn coaches_of(&self, class: Class) -> impl Iterator<Item = &Coach> {
        self.0.coaches.iter().filter(move |coach| coach.class() == class)
    }

    /// The coach with this id.
    pub fn coach(&self, id: CoachId) -> Option<&Coach> {
        self.0.coaches.iter().find(|coach| coach.id() == id)
    }

    /// The halt at which the train calls first at a station, from 0, looked for from a halt on. The station is typed by its code.
    pub fn call_at(&self, code: &str, from: u8) -> Option<u8> {
        let mut calls = (from..).zip(self.0.halts.iter().skip(from.into()));
        calls.find(|(_, halt)| halt.station.as_str().eq_ignore_ascii_case(code.trim())).map(|(at, _)| at)
    }

    /// The halt at which a leg begins and the one at which it ends; `None` for a leg of another train.
    pub fn ends(&self, leg: Leg) -> Option<(&Halt, &Halt)> {
        Some((self.0.halts.get(usize::from(leg.from()))?, self.0.halts.get(usize::from(leg.to()))?))
    }

    /// Kilometres of a leg; `None` for a leg of another train.
    pub fn distance(&self, leg: Leg) -> Option<u16> {
        self.ends(leg).map(|(from, to)| to.km - from.km)
    }
}

impl TryFrom<TrainDraft> for Train {
    type Error = TrainError;
    fn try_from(draft: TrainDraft) -> Result<Self, TrainError> {
        Self::new(draft)
    }
}

impl From<Train> for TrainDraft {
    fn from(train: Train) -> Self {
        train.0
    }
}

/// A train on the date on which it leaves its origin, written `12951#2026-12-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId {
    /// The train.
    pub train: TrainNumber,
    /// The railway's date on which it leaves its origin.
    pub date: NaiveDate,
}

/// A text that is no run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a run: write the train and the date it leaves its origin, such as 12951#2026-12-01")]
pub struct BadRunId(String);

impl FromStr for RunId {
    type Err = BadRunId;

    fn from_str(text: &str) -> Result<Self, BadRunId> {
        let parts = text
            .split_once('#')
            .and_then(|(train, date)| Some(Self { train: TrainNumber::parse(train).ok()?, date: date.parse().ok()? }));
        parts.ok_or_else(|| BadRunId(text.to_owned()))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.train, self.date)
    }
}

impl TryFrom<String> for RunId {
    type Error = BadRunId;
    fn try_from(text: String) -> Result<Self, BadRunId> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(run: RunId) -> Self {
        run.to_string()
    }
}

/// When and where a leg of a run begins or ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stop {
    /// The station.
    pub station: StationCode,
    /// Its name when it was looked up.
    pub name: String,
    /// The railway's wall clock: departure where a leg begins, arrival where it ends.
    pub at: NaiveDateTime,
}

#[cfg(test)]
mod tests;
