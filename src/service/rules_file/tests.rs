use chrono::{NaiveDate, NaiveTime};
use rstest::rstest;

use super::{RulesText, bundled, parse};
use crate::domain::coach::Class;
use crate::domain::fare::{Fare, FareItemKind, Ride, Traveller, price};
use crate::domain::money::Paise;
use crate::domain::passenger::{Accommodation, Age};
use crate::domain::quota::Quota;
use crate::domain::train::TrainKind;

const TEXT: RulesText<'static> = RulesText::BUNDLED;

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
    let rules = bundled();
    let ride = Ride { kind, class, quota: Quota::General, km };
    price(rules.fares_on(date(booked)), rules.quotas_on(date(booked)), ride, &[adult]).expect("priced")
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
    use Class::{
        ChairCar, ExecutiveChair, FirstAc, SecondAc, SecondSitting, Sleeper, ThirdAc, ThirdAcEconomy, Unreserved,
    };
    let rules = bundled();
    let rates = &rules.fares_on(date("2026-12-01")).classes;
    for km in (10..4500).step_by(10) {
        let base = |class| rates[&class].table.at(km);
        let rising = [Unreserved, SecondSitting, Sleeper, ThirdAcEconomy, ThirdAc, SecondAc, FirstAc].map(base);
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
    let fares = TEXT.fares.replacen(old, new, 1);
    assert_ne!(fares, TEXT.fares);
    // The steps and the kinds stand in several entries; the first is the one at fault.
    let error = parse(&RulesText { fares: &fares, ..TEXT }).expect_err("refused").to_string();
    assert!(error.contains(says) && (error.contains("fares.toml") || error.contains("fare rules")), "{error}");
}

#[test]
fn an_error_in_the_booking_rules_names_their_file() {
    let booking = TEXT.booking.replacen("max-party = 6", "max-party = 9", 1);
    let error = parse(&RulesText { booking: &booking, ..TEXT }).expect_err("refused");
    let says = "booking.toml: booking[booking-2015-04-01].max-party is 9: write a number from 1 to 6";
    assert_eq!(error.to_string(), says);
}
