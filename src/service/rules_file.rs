//! The rules' files: TOML to checked rules, with errors that name the file, the key and what is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use thiserror::Error;
use toml::value::Datetime;

use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::domain::rules::{
    BookingRules, ChildRules, ClassRates, DistanceSteps, FareRules, FareTable, Rules, RulesError,
};
use crate::domain::train::TrainKind;

/// Why files of rules cannot be used.
#[derive(Debug, Error)]
pub enum RulesFileError {
    /// Not TOML, a key nobody knows or one that is missing; the reader's message shows the line.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: &'static str,
        /// What the reader says.
        source: Box<toml::de::Error>,
    },
    /// A value that the rules do not allow.
    #[error("{file}: {key} is {value}: {allowed}")]
    BadValue {
        /// The file.
        file: &'static str,
        /// The key with its entry, such as `fares[fares-2025-07-01].round-up-to`.
        key: String,
        /// The value as written.
        value: String,
        /// What would be good.
        allowed: String,
    },
    /// The entries do not make a set of rules.
    #[error("{0}")]
    Set(#[from] RulesError),
}

const FARES: &str = "fares.toml";
const BOOKING: &str = "booking.toml";

/// The rules that come with the program.
pub fn bundled() -> Rules {
    let fares = include_str!("../../assets/rules/fares.toml");
    let booking = include_str!("../../assets/rules/booking.toml");
    parse(fares, booking).expect("the bundled rules are read by a test")
}

/// Reads the text of the fare rules and that of the booking rules.
pub fn parse(fares: &str, booking: &str) -> Result<Rules, RulesFileError> {
    let fares: FaresFile = read(FARES, fares)?;
    let booking: BookingFile = read(BOOKING, booking)?;
    let fares_rules = fares.fares.into_iter().map(|entry| fare_rules(&fares.tables, entry));
    let booking_rules = booking.booking.iter().map(booking_rules);
    Ok(Rules::new(fares_rules.collect::<Result<_, _>>()?, booking_rules.collect::<Result<_, _>>()?)?)
}

fn read<T: for<'de> Deserialize<'de>>(file: &'static str, text: &str) -> Result<T, RulesFileError> {
    toml::from_str(text).map_err(|source| RulesFileError::Unreadable { file, source: Box::new(source) })
}

type Tables = BTreeMap<String, BTreeMap<Class, Vec<(u16, u32)>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaresFile {
    tables: Tables,
    fares: Vec<FaresEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct FaresEntry {
    id: String,
    from: Datetime,
    table: String,
    steps: Vec<(u16, u16)>,
    round_up_to: u16,
    superfast: BTreeSet<TrainKind>,
    factor_percent: BTreeMap<TrainKind, u16>,
    children: ChildrenEntry,
    classes: BTreeMap<Class, ClassEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ChildrenEntry {
    free_below: u8,
    half_below: u8,
    half_percent: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ClassEntry {
    minimum_km: u16,
    per_km: u16,
    reservation: u16,
    superfast: u16,
    gst_percent: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookingFile {
    booking: Vec<BookingEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct BookingEntry {
    id: String,
    from: Datetime,
    window_days: u16,
    opens_at: Datetime,
    max_party: u8,
    closes_minutes: u16,
}

/// An entry of a file while it is checked, for errors that name it.
struct Entry<'a> {
    file: &'static str,
    kind: &'static str,
    id: &'a str,
}

impl Entry<'_> {
    fn bad(&self, key: &str, value: &dyn Display, allowed: &dyn Display) -> RulesFileError {
        RulesFileError::BadValue {
            file: self.file,
            key: format!("{}[{}].{key}", self.kind, self.id),
            value: value.to_string(),
            allowed: allowed.to_string(),
        }
    }

    fn in_range<T>(&self, key: &str, value: T, allowed: std::ops::RangeInclusive<T>) -> Result<T, RulesFileError>
    where
        T: PartialOrd + Copy + Display,
    {
        if allowed.contains(&value) {
            return Ok(value);
        }
        let (least, most) = (allowed.start(), allowed.end());
        Err(self.bad(key, &value, &format!("write a number from {least} to {most}")))
    }

    fn check_id(&self) -> Result<(), RulesFileError> {
        let good = (1..=40).contains(&self.id.len()) && self.id.bytes().all(|b| b.is_ascii_graphic());
        if good {
            Ok(())
        } else {
            Err(self.bad("id", &self.id, &"write 1 to 40 letters, digits or signs without spaces"))
        }
    }

    fn date(&self, key: &str, value: Datetime) -> Result<NaiveDate, RulesFileError> {
        let date = value.date.filter(|_| value.time.is_none());
        date.and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()))
            .ok_or_else(|| self.bad(key, &value, &"write a date alone, such as 2025-12-26"))
    }

    fn time(&self, key: &str, value: Datetime) -> Result<NaiveTime, RulesFileError> {
        let time = value.time.filter(|_| value.date.is_none());
        time.and_then(|t| NaiveTime::from_hms_opt(t.hour.into(), t.minute.into(), t.second.unwrap_or(0).into()))
            .ok_or_else(|| self.bad(key, &value, &"write a time of day alone, such as 08:00:00"))
    }
}

fn fare_rules(tables: &Tables, raw: FaresEntry) -> Result<FareRules, RulesFileError> {
    let entry = Entry { file: FARES, kind: "fares", id: &raw.id };
    entry.check_id()?;
    let table = tables.get(&raw.table).ok_or_else(|| {
        let known: Vec<_> = tables.keys().map(String::as_str).collect();
        entry.bad("table", &raw.table, &format!("write the name of a table of this file: {}", known.join(", ")))
    })?;
    let classes = raw.classes.iter().map(|(class, rates)| Ok((*class, class_rates(&entry, table, *class, rates)?)));
    let factors = raw.factor_percent.into_iter().map(|(kind, percent)| {
        let key = format!("factor-percent.{}", format!("{kind:?}").to_lowercase());
        Ok((kind, entry.in_range(&key, percent, 1..=1000)?))
    });
    let children = raw.children;
    let half_below = entry.in_range("children.half-below", children.half_below, children.free_below..=125)?;
    Ok(FareRules {
        from: entry.date("from", raw.from)?,
        classes: classes.collect::<Result<_, RulesFileError>>()?,
        steps: DistanceSteps::new(raw.steps.clone())
            .map_err(|error| entry.bad("steps", &format!("{:?}", raw.steps), &error))?,
        round_up_to: Paise::rupees(entry.in_range("round-up-to", raw.round_up_to, 1..=100)?.into()),
        superfast: raw.superfast,
        factor_percent: factors.collect::<Result<_, RulesFileError>>()?,
        children: ChildRules {
            free_below: children.free_below,
            half_below,
            half_percent: entry.in_range("children.half-percent", children.half_percent, 0..=100)?,
        },
        id: raw.id.clone(),
    })
}

fn class_rates(
    entry: &Entry<'_>,
    table: &BTreeMap<Class, Vec<(u16, u32)>>,
    class: Class,
    raw: &ClassEntry,
) -> Result<ClassRates, RulesFileError> {
    let key = |name: &str| format!("classes.{class}.{name}");
    let points = table.get(&class).ok_or_else(|| {
        entry.bad(&format!("classes.{class}"), &"without a base fare", &"add the class to the entry's table")
    })?;
    let table = FareTable::new(points.iter().map(|(km, rupees)| (*km, Paise::rupees((*rupees).into()))).collect())
        .map_err(|error| entry.bad(&format!("table.{class}"), &format!("{points:?}"), &error))?;
    Ok(ClassRates {
        table,
        minimum_km: entry.in_range(&key("minimum-km"), raw.minimum_km, 1..=1000)?,
        per_km: Paise::new(entry.in_range(&key("per-km"), raw.per_km, 0..=1000)?.into()),
        reservation: Paise::rupees(raw.reservation.into()),
        superfast: Paise::rupees(raw.superfast.into()),
        gst_percent: entry.in_range(&key("gst-percent"), raw.gst_percent, 0..=40)?,
    })
}

fn booking_rules(raw: &BookingEntry) -> Result<BookingRules, RulesFileError> {
    let entry = Entry { file: BOOKING, kind: "booking", id: &raw.id };
    entry.check_id()?;
    Ok(BookingRules {
        from: entry.date("from", raw.from)?,
        window_days: entry.in_range("window-days", raw.window_days, 1..=365)?,
        opens_at: entry.time("opens-at", raw.opens_at)?,
        max_party: entry.in_range("max-party", raw.max_party, 1..=6)?,
        closes_minutes: entry.in_range("closes-minutes", raw.closes_minutes, 0..=1440)?,
        id: raw.id.clone(),
    })
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, NaiveTime};
    use rstest::rstest;

    use super::{bundled, parse};
    use crate::domain::coach::Class;
    use crate::domain::fare::{Fare, FareItemKind, Traveller, price};
    use crate::domain::money::Paise;
    use crate::domain::passenger::{Accommodation, Age};
    use crate::domain::train::TrainKind;

    const FARES: &str = include_str!("../../assets/rules/fares.toml");
    const BOOKING: &str = include_str!("../../assets/rules/booking.toml");

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[rstest]
    #[case("2019-05-01", "fares-2020-01-01")]
    #[case("2025-06-30", "fares-2020-01-01")]
    #[case("2025-07-01", "fares-2025-07-01")]
    #[case("2025-12-25", "fares-2025-07-01")]
    #[case("2026-12-01", "fares-2025-12-26")]
    fn the_bundled_fares_change_on_their_dates(#[case] booked: &str, #[case] id: &str) {
        assert_eq!(bundled().fares_on(date(booked)).id, id);
    }

    fn fare(booked: &str, kind: TrainKind, class: Class, km: u16) -> Fare {
        let adult = Traveller { age: Age::try_from(34).expect("an age"), accommodation: Accommodation::Berth };
        price(bundled().fares_on(date(booked)), kind, class, km, &[adult]).expect("priced")
    }

    /// Base fares that stood in the press, Mail/Express.
    #[rstest]
    #[case("2025-06-30", Class::Sleeper, 792, 395)]
    #[case("2025-06-30", Class::ThirdAc, 792, 1034)]
    #[case("2025-06-30", Class::ThirdAcEconomy, 300, 440)]
    #[case("2025-06-30", Class::ThirdAcEconomy, 1951, 1757)]
    #[case("2025-06-30", Class::ThirdAcEconomy, 4951, 3065)]
    #[case("2025-06-30", Class::Sleeper, 1951, 732)]
    #[case("2025-06-30", Class::Sleeper, 4951, 1277)]
    #[case("2026-12-01", Class::Sleeper, 792, 419)]
    #[case("2026-12-01", Class::ThirdAc, 792, 1066)]
    fn the_bundled_table_meets_the_public_points(
        #[case] booked: &str,
        #[case] class: Class,
        #[case] km: u16,
        #[case] rupees: i64,
    ) {
        let fare = fare(booked, TrainKind::Express, class, km);
        assert_eq!(fare.sum_of(FareItemKind::Base), Paise::rupees(rupees));
    }

    /// A real ticket: 3A, general quota, 633 km on train 12276, sold before the rises of 2025.
    #[test]
    fn a_real_ticket_comes_out() {
        let fare = fare("2025-06-30", TrainKind::Duronto, Class::ThirdAc, 633);
        assert_eq!(fare.taxable(), Paise::rupees(1100));
        assert_eq!(fare.sum_of(FareItemKind::Gst), Paise::rupees(55));
        assert_eq!(fare.total, Paise::rupees(1155));
    }

    /// Whoever pays for a better class pays more, at every distance.
    #[test]
    fn the_bundled_classes_keep_their_order() {
        use Class::{ChairCar, ExecutiveChair, FirstAc, SecondAc, SecondSitting, Sleeper, ThirdAc, ThirdAcEconomy};
        let rules = bundled();
        let rates = &rules.fares_on(date("2026-12-01")).classes;
        for km in (10..4500).step_by(10) {
            let base = |class| rates[&class].table.at(km);
            let rising = [SecondSitting, Sleeper, ThirdAcEconomy, ThirdAc, SecondAc, FirstAc].map(base);
            assert!(rising.is_sorted(), "{km} km: {rising:?}");
            assert!(base(ChairCar) < base(ExecutiveChair), "{km} km");
        }
    }

    #[test]
    fn the_bundled_rules_know_every_class_and_the_window() {
        let rules = bundled();
        let fares = rules.fares_on(date("2026-12-01"));
        assert!(Class::ALL.iter().all(|class| fares.classes.contains_key(class)));
        assert_eq!(rules.booking_on(date("2024-10-31")).window_days, 120);
        let now = rules.booking_on(date("2026-12-01"));
        assert_eq!((now.window_days, now.max_party), (60, 6));
        assert_eq!(now.opens_at, NaiveTime::from_hms_opt(8, 0, 0).expect("valid"));
    }

    #[rstest]
    #[case(
        "round-up-to = 5",
        "round-up-to = 0",
        "fares.toml: fares[fares-2020-01-01].round-up-to is 0: write a number from 1 to 100"
    )]
    #[case(
        "table = \"mail-express\"",
        "table = \"mail\"",
        "fares.toml: fares[fares-2020-01-01].table is mail: write the name of a table of this file: mail-express"
    )]
    #[case(
        "from = 2020-01-01",
        "from = 08:00:00",
        "fares.toml: fares[fares-2020-01-01].from is 08:00:00: write a date alone"
    )]
    #[case("from = 2020-01-01", "from = 2025-07-01", "two fare rules begin on 2025-07-01")]
    #[case(
        "[[1000, 10], [5000, 50]]",
        "[[1010, 10], [5000, 50]]",
        "fares[fares-2020-01-01].steps is [(1010, 10), (5000, 50)]: the steps need rising"
    )]
    #[case(
        "[[300, 183], [800, 395]",
        "[[300, 183], [800, 95]",
        "fares[fares-2020-01-01].table.SL is [(300, 183), (800, 95)"
    )]
    #[case("round-up-to = 5", "round-up = 5", "unknown field `round-up`")]
    #[case("[\"rajdhani\",", "[\"bullet\",", "unknown variant `bullet`")]
    #[case("half-below = 12", "half-below = 4", "children.half-below is 4: write a number from 5 to 125")]
    fn an_error_names_the_file_the_key_and_what_is_allowed(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
        let fares = FARES.replacen(old, new, 1);
        assert_ne!(fares, FARES);
        // The steps and the kinds stand in several entries; the first is the one at fault.
        let error = parse(&fares, BOOKING).expect_err("refused").to_string();
        assert!(error.contains(says) && (error.contains("fares.toml") || error.contains("fare rules")), "{error}");
    }

    #[test]
    fn an_error_in_the_booking_rules_names_their_file() {
        let error = parse(FARES, &BOOKING.replacen("max-party = 6", "max-party = 9", 1)).expect_err("refused");
        let says = "booking.toml: booking[booking-2015-04-01].max-party is 9: write a number from 1 to 6";
        assert_eq!(error.to_string(), says);
    }
}
