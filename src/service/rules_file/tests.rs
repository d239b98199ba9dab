use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rstest::rstest;

use super::{RulesText, bundled, kind_of, parse, read_edition, shipped_text, with_editions};
use crate::domain::coach::Class;
use crate::domain::fare::{Fare, FareItemKind, Ride, Traveller, price};
use crate::domain::money::Paise;
use crate::domain::passenger::{Accommodation, Age};
use crate::domain::quota::Quota;
use crate::domain::refund::{Cancellation, Claim, FirstChart, Reason, Standing, quote};
use crate::domain::rules::RuleSet;
use crate::domain::rules::book::{Edition, Mistake, RuleKind};
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

/// Rupees given back of a confirmed adult's 1,155.00 in 3A, reckoned by hand, by the hours left at the last moment of each
/// band: 180 and GST are 190, a quarter is 290, a half is 580.
#[rstest]
#[case("2015-11-12", "refunds-2015-11-12", [(49, 965), (48, 865), (12, 865), (11, 575), (4, 575), (3, 0)])]
#[case("2026-04-14", "refunds-2015-11-12", [(49, 965), (48, 865), (12, 865), (11, 575), (4, 575), (3, 0)])]
#[case("2026-04-15", "refunds-2026-04-15", [(73, 965), (72, 865), (24, 865), (23, 575), (8, 575), (7, 0)])]
#[case("2026-12-01", "refunds-2026-04-15", [(73, 965), (72, 865), (24, 865), (23, 575), (8, 575), (7, 0)])]
fn the_bundled_refunds_follow_the_date_of_booking(
    #[case] booked: &str,
    #[case] id: &str,
    #[case] figures: [(i64, i64); 6],
) {
    let rules = bundled();
    let refunds = rules.refunds_on(date(booked));
    assert_eq!(refunds.id, id);
    assert_eq!(rules.refunds(id), Some(refunds));
    let departs = date("2027-01-01").and_time(NaiveTime::MIN).and_utc();
    let claims = [Claim { passenger: 0, paid: Paise::rupees(1155), standing: Standing::Confirmed }];
    for (hours, back) in figures {
        let cancellation = Cancellation {
            class: Class::ThirdAc,
            claims: &claims,
            departs,
            chart: FirstChart::Due(departs),
            reason: Reason::Passenger,
        };
        let quote = quote(refunds, &cancellation, departs - TimeDelta::hours(hours)).expect("quoted");
        assert_eq!((quote.refunded, quote.rules.as_str()), (Paise::rupees(back), id), "{hours} hours");
    }
}

/// The flat charges as published, and clerkage of 60 up to half an hour before departure.
#[test]
fn the_bundled_charges_are_the_published_ones() {
    for booked in ["2015-11-12", "2026-12-01"] {
        let rules = bundled();
        let refunds = rules.refunds_on(date(booked));
        let flat = Class::RESERVED.map(|class| refunds.flat.of(class));
        assert_eq!(flat, [240, 240, 200, 180, 180, 180, 120, 60].map(Paise::rupees));
        assert_eq!((refunds.clerkage.amount, refunds.clerkage.until_minutes), (Paise::rupees(60), 30));
        assert_eq!((refunds.gst_percent, refunds.tatkal_percent, refunds.round_up_to), (5, 100, Paise::rupees(5)));
    }
}

/// How many may wait for a class of 400 berths.
#[rstest]
#[case("2025-04-16", "quotas-2018-12-01", [30, 30, 100, 300, 300, 300, 400, 400])]
#[case("2025-04-17", "quotas-2025-04-17", [100; 8])]
#[case("2025-06-27", "quotas-2025-04-17", [100; 8])]
#[case("2025-06-28", "quotas-2025-06-28", [240, 240, 240, 240, 240, 240, 120, 120])]
#[case("2026-12-01", "quotas-2025-06-28", [240, 240, 240, 240, 240, 240, 120, 120])]
fn the_bundled_waiting_lists_change_on_their_dates(#[case] sold: &str, #[case] id: &str, #[case] caps: [u32; 8]) {
    let rules = bundled();
    let quotas = rules.quotas_on(date(sold));
    assert_eq!(quotas.id, id);
    assert_eq!(rules.quotas(id), Some(quotas));
    assert_eq!(Class::RESERVED.map(|class| quotas.waiting_cap(class, 400)), caps);
    assert_eq!(quotas.waiting_cap(Class::Unreserved, 400), 0);
}

#[test]
fn the_bundled_quotas_are_the_published_ones() {
    let rules = bundled();
    for sold in ["2018-12-01", "2025-04-17", "2026-12-01"] {
        let quotas = rules.quotas_on(date(sold));
        let kept = |class: Class| &quotas.classes[&class];
        assert_eq!(Class::RESERVED.map(|class| kept(class).rac), [0, 0, 3, 4, 0, 0, 7, 0]);
        let senior = |class, kind, coaches| kept(class).senior.count(kind, coaches);
        assert_eq!([1, 2].map(|coaches| senior(Class::Sleeper, TrainKind::Express, coaches)), [6, 7]);
        assert_eq!([1, 2].map(|coaches| senior(Class::ThirdAc, TrainKind::Express, coaches)), [4, 4]);
        assert_eq!([1, 2].map(|coaches| senior(Class::SecondAc, TrainKind::Express, coaches)), [3, 4]);
        for kind in [TrainKind::Rajdhani, TrainKind::Duronto] {
            assert_eq!([Class::ThirdAc, Class::SecondAc].map(|class| senior(class, kind, 1)), [5, 4]);
        }
        assert_eq!((kept(Class::Sleeper).ladies, kept(Class::ThirdAc).ladies), (6, 0));
        assert!(Class::RESERVED.iter().all(|class| (kept(*class).tatkal > 0) == (*class != Class::FirstAc)));
        let senior = quotas.senior;
        assert_eq!((senior.men_from, senior.women_from, senior.women_alone_from, senior.max_party), (60, 58, 45, 2));
        assert_eq!(quotas.tatkal.max_party, 4);
        let opens = |class| quotas.tatkal.opens_at(class, date("2026-12-01"));
        assert_eq!(opens(Class::ThirdAc), moment("2026-11-30T10:00:00"));
        assert_eq!(opens(Class::Sleeper), moment("2026-11-30T11:00:00"));
    }
}

/// The published table: percent, least, most, and the kilometres that are charged at least.
#[rstest]
#[case(Class::SecondSitting, Some((10, 10, 15, 100)))]
#[case(Class::Sleeper, Some((30, 100, 200, 500)))]
#[case(Class::ChairCar, Some((30, 125, 225, 250)))]
#[case(Class::ThirdAcEconomy, Some((30, 300, 400, 500)))]
#[case(Class::ThirdAc, Some((30, 300, 400, 500)))]
#[case(Class::SecondAc, Some((30, 400, 500, 500)))]
#[case(Class::ExecutiveChair, Some((30, 400, 500, 250)))]
#[case(Class::FirstAc, None)]
fn the_bundled_tatkal_charges_are_the_published_ones(#[case] class: Class, #[case] row: Option<(u8, i64, i64, u16)>) {
    let rules = bundled();
    let charge = rules.quotas_on(date("2026-12-01")).tatkal.charges.get(&class);
    let found =
        charge.map(|charge| (charge.percent, charge.min.get() / 100, charge.max.get() / 100, charge.minimum_km));
    assert_eq!(found, row);
}

fn moment(text: &str) -> NaiveDateTime {
    text.parse().expect("a moment")
}

#[rstest]
#[case("2025-07-01T12:00:00", "2025-07-01T08:00:00")]
#[case("2025-07-02T12:00:00", "2025-07-01T21:00:00")]
#[case("2025-07-02T16:00:00", "2025-07-02T08:00:00")]
#[case("2025-12-16T12:00:00", "2025-12-15T21:00:00")]
#[case("2025-12-17T12:00:00", "2025-12-16T20:00:00")]
#[case("2026-12-01T17:00:00", "2026-12-01T07:00:00")]
fn the_bundled_charts_change_on_their_dates(#[case] departs: &str, #[case] chart: &str) {
    let rules = bundled();
    let departs = moment(departs);
    let charts = rules.charts_on(departs.date());
    assert_eq!(charts.first_chart(departs), moment(chart));
    assert_eq!(charts.second_chart(departs), departs - TimeDelta::minutes(30));
}

#[test]
fn rules_that_a_file_has_lost_are_not_found() {
    let rules = bundled();
    assert!(rules.refunds("refunds-2014-01-01").is_none() && rules.quotas("quotas-2014-01-01").is_none());
}

#[rstest]
#[case("round-up-to = 5", "round-up-to = 0", "fares[fares-2020-01-01].round-up-to is 0: write a number from 1 to 100")]
#[case(
    "table = \"mail-express\"",
    "table = \"mail\"",
    "fares[fares-2020-01-01].table is mail: write the name of a table of this file: mail-express"
)]
#[case("from = 2020-01-01", "from = 08:00:00", "fares[fares-2020-01-01].from is 08:00:00: write a date alone")]
#[case("from = 2020-01-01", "from = 2025-07-01", "two fare rules begin on 2025-07-01")]
#[case(
    "[[1000, 10], [5000, 50]]",
    "[[1010, 10], [5000, 50]]",
    "fares[fares-2020-01-01].steps is [[1010, 10], [5000, 50]]: the steps need rising"
)]
#[case("[[300, 183], [800, 395]", "[[300, 183], [800, 95]", "tables.mail-express.SL is [[300, 183], [800, 95]")]
#[case("[[300, 183],", "[[300, 1000001],", "write fares of at most 1000000 rupees")]
#[case("round-up-to = 5", "round-up = 5", "round-up is not known: write round-up-to, or take it out")]
#[case("[\"rajdhani\",", "[\"bullet\",", "superfast is [\"bullet\"")]
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
    let says = "booking.toml, line 17: booking[booking-2015-04-01].max-party is 9: write a number from 1 to 6";
    assert_eq!(error.to_string(), says);
}

#[rstest]
#[case("ac = 10", "ac = 5", "groups.ac is 5: write a number from 6 to 50")]
#[case("non-ac = 50", "non-ac = 51", "groups.non-ac is 51: write a number from 6 to 50")]
#[case("ac = 10, ", "", "groups.ac is missing: write a number from 6 to 50")]
#[case("non-ac = 50", "nonac = 50", "groups.nonac is not known: write non-ac, or take it out")]
#[case("{ ac = 10, non-ac = 50 }", "50", "groups is 50: write a table here, such as { … }")]
fn an_error_in_the_groups_says_what_is_allowed(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
    let booking = TEXT.booking.replacen(old, new, 1);
    assert_ne!(booking, TEXT.booking);
    let error = parse(&RulesText { booking: &booking, ..TEXT }).expect_err("refused").to_string();
    assert!(error.contains("booking.toml, line 18: booking[booking-2015-04-01].") && error.contains(says), "{error}");
}

/// Texts from before there were groups stay good: nobody books one by them.
#[test]
fn without_groups_nobody_books_more_than_anybody() {
    let text = TEXT.booking.replace("groups = { ac = 10, non-ac = 50 }\n", "");
    let rules = parse(&RulesText { booking: &text, ..TEXT }).expect("the text is as it was before");
    let on = "2026-12-01".parse().expect("a date");
    assert_eq!(rules.booking_on(on).largest(Class::Sleeper, Quota::General), 6);
    let rules = bundled();
    let largest = |class, quota| rules.booking_on(on).largest(class, quota);
    for class in Class::RESERVED {
        let group = if class.is_ac() { 10 } else { 50 };
        assert_eq!(largest(class, Quota::General), group, "{class}");
        for quota in [Quota::Tatkal, Quota::Ladies, Quota::Senior] {
            assert_eq!(largest(class, quota), 6, "{class} {quota}");
        }
    }
    assert_eq!(largest(Class::Unreserved, Quota::General), 6);
    assert_eq!(rules.booking_on(on).largest_in_any(Quota::General), 50);
}

#[rstest]
#[case(
    "= [[12, 25], [4, 50]]",
    "= [[12, 50], [4, 25]]",
    "refunds[refunds-2015-11-12].percents is [[12, 50], [4, 25]]: the bands"
)]
#[case(
    "flat-above-hours = 48",
    "flat-above-hours = 12",
    "refunds[refunds-2015-11-12].percents is [[12, 25], [4, 50]]: the bands"
)]
#[case("flat-above-hours = 48", "flat-above-hours = 0", "flat-above-hours is 0: write a number from 1 to 2400")]
#[case(
    "after-chart = \"nothing\"",
    "after-chart = \"all\"",
    "after-chart is all: write \"nothing\" or \"by-the-hours\""
)]
#[case("tatkal-percent = 100", "tatkal-percent = 101", "tatkal-percent is 101: write a number from 0 to 100")]
#[case("until-minutes = 30", "until-minutes = 1441", "clerkage.until-minutes is 1441: write a number from 0 to 1440")]
#[case("gst-percent = 5", "gst-percent = 50", "gst-percent is 50: write a number from 0 to 40")]
#[case("round-up-to = 5", "round-up-to = 0", "round-up-to is 0: write a number from 1 to 100")]
#[case("SL = 120\n", "", "refunds[refunds-2015-11-12].flat is not complete: add class SL")]
#[case("from = 2015-11-12", "from = 2026-04-15", "two refund rules begin on 2026-04-15")]
#[case("id = \"refunds-2015-11-12\"", "id = \"refunds-2026-04-15\"", "two refund rules are called refunds-2026-04-15")]
fn an_error_in_the_refunds_says_what_is_allowed(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
    let refunds = TEXT.refunds.replacen(old, new, 1);
    assert_ne!(refunds, TEXT.refunds);
    let error = parse(&RulesText { refunds: &refunds, ..TEXT }).expect_err("refused").to_string();
    assert!(error.contains(says) && error.contains("refund"), "{error}");
}

#[rstest]
#[case("boys-below = 12", "boys-below = 19", "quotas[quotas-2018-12-01].boys-below is 19: write a number from 0 to 18")]
#[case("days-before = 1", "days-before = 61", "tatkal.days-before is 61: write a number from 0 to 60")]
#[case("opens-ac = 10:00:00", "opens-ac = 2026-01-01", "tatkal.opens-ac is 2026-01-01: write a time of day alone")]
#[case("max-party = 4", "max-party = 7", "tatkal.max-party is 7: write a number from 1 to 6")]
#[case("min = 400, max = 500", "min = 501, max = 500", "tatkal.charges.EC.max is 500: write a number from 501")]
#[case("men-from = 60", "men-from = 6", "senior.men-from is 6: write a number from 18 to 125")]
#[case("per-berths = 18", "per-berths = 121", "classes.1A.per-berths is 121: write a number from 1 to 120")]
#[case("rac = 3,", "rac = 8,", "classes.2A.rac is 8: write a number from 0 to 7")]
#[case("per-berths = 56,", "per-berths = 56, rac = 1,", "classes.EC.rac is 1: write a number from 0 to 0")]
#[case("rajdhani = 4,", "rajdhani = 17,", "classes.2A.senior.by-kind.rajdhani is 17: write a number from 0 to 16")]
#[case("ladies = 6, tatkal = 7", "ladies = 6, tatkal = 53", "classes.SL.tatkal is 53: write a number from 0 to 52")]
#[case("{ passengers = 30 }", "{ passengers = 1001 }", "classes.1A.waiting.passengers is 1001")]
#[case("{ percent = 25 }", "{ percent = 101 }", "quotas[quotas-2025-04-17].classes.1A.waiting.percent is 101")]
#[case("{ percent = 25 }", "{ share = 25 }", "waiting.share is not known")]
#[case("\n1A = {", "\nUR = {", "classes.UR is there: take it out")]
#[case("from = 2018-12-01", "from = 2025-04-17", "two quota rules begin on 2025-04-17")]
fn an_error_in_the_quotas_says_what_is_allowed(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
    let quotas = TEXT.quotas.replacen(old, new, 1);
    assert_ne!(quotas, TEXT.quotas);
    let error = parse(&RulesText { quotas: &quotas, ..TEXT }).expect_err("refused").to_string();
    assert!(error.contains(says) && error.contains("quota"), "{error}");
}

#[rstest]
#[case(
    "hours-before = 4",
    "hours-before = 0",
    "charts[charts-2015-11-12].hours-before is 0: write a number from 1 to 48"
)]
#[case(
    "second-minutes = 30",
    "second-minutes = 241",
    "charts[charts-2015-11-12].second-minutes is 241: write a number from 5 to 240"
)]
#[case(
    "before = 14:00:00",
    "before = 05:00:00",
    "charts[charts-2025-07-02].early.before is 05:00:00: write a time of day after 05:00:00"
)]
#[case(
    "hours-before = 10\nsecond-minutes = 30",
    "hours-before = 10\nsecond-minutes = 541",
    "charts[charts-2025-12-17].second-minutes is 541: write a number from 5 to 540"
)]
#[case(
    "early = { from = 05:00:00, before = 14:00:00, chart-at = 21:00:00 }",
    "early = { from = 00:00:00, before = 14:00:00, chart-at = 23:56:00 }",
    "early.chart-at is 23:56:00: write a time of day up to 23:55:00"
)]
#[case("chart-at = 21:00:00", "chart-at = 2026-01-01", "early.chart-at is 2026-01-01: write a time of day alone")]
#[case("from = 2015-11-12", "from = 2025-07-02", "two chart rules begin on 2025-07-02")]
fn an_error_in_the_charts_says_what_is_allowed(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
    let charts = TEXT.charts.replacen(old, new, 1);
    assert_ne!(charts, TEXT.charts);
    let error = parse(&RulesText { charts: &charts, ..TEXT }).expect_err("refused").to_string();
    assert!(error.contains(says), "{error}");
}

fn shipped(id: &str) -> String {
    shipped_text(id).expect("it came with the program").1
}

/// What can be saved of the program's rules can be published, and says the same then.
#[test]
fn each_of_the_bundled_rules_is_a_text_that_can_be_published() {
    let rules = bundled();
    let mut texts = 0;
    for kind in RuleKind::ALL {
        for period in rules.periods(kind) {
            let (found, text) = shipped_text(&period.id).expect("it came with the program");
            assert_eq!((found, kind_of(&text)), (kind, Some(kind)), "{}", period.id);
            let read =
                read_edition(&text, &period.id, period.from).unwrap_or_else(|bad| panic!("{}: {bad:?}", period.id));
            let same = match read {
                RuleSet::Fares(read) => format!("{read:?}") == format!("{:?}", rules.fares_on(period.from)),
                RuleSet::Booking(read) => format!("{read:?}") == format!("{:?}", rules.booking_on(period.from)),
                RuleSet::Refunds(read) => read == *rules.refunds_on(period.from),
                RuleSet::Quotas(read) => read == *rules.quotas_on(period.from),
                RuleSet::Charts(read) => read == *rules.charts_on(period.from),
            };
            assert!(same, "{}", period.id);
            texts += 1;
        }
    }
    assert_eq!(texts, 13);
    assert_eq!(shipped_text("fares-1999-01-01"), None);
}

/// Nobody reads a name of a whole text, and a page of mistakes has many.
#[test]
fn a_long_name_is_cut_in_what_is_said_of_it() {
    let text = format!("[[booking]]\n{} = 1\n", "n".repeat(5000));
    let mistakes = read_edition(&text, "these", date("2027-01-01")).expect_err("refused");
    assert!(mistakes.iter().any(|mistake| mistake.says.contains("n…")), "{mistakes:?}");
    assert!(mistakes.iter().all(|mistake| mistake.says.len() < 300), "{mistakes:?}");
}

#[test]
fn all_mistakes_are_told_by_line_with_what_would_be_right() {
    let text = "[[booking]]\nwindow-days = 400\nopens-at = \"08:00\"\nmax_party = 6\ncloses-minutes = 30\n\n[extra]\n";
    let mistakes = read_edition(text, "these", date("2027-01-01")).expect_err("refused");
    let says: Vec<_> = mistakes.iter().map(Mistake::to_string).collect();
    assert_eq!(
        says,
        [
            "line 1: booking.max-party is missing: write a number from 1 to 6",
            "line 2: booking.window-days is 400: write a number from 1 to 365",
            "line 3: booking.opens-at is 08:00: write a time of day alone, such as 08:00:00",
            "line 4: booking.max_party is not known: write max-party, or take it out",
            "line 7: extra is not known: take it out, known are booking",
        ]
    );
}

#[rstest]
#[case("", "line 1: there are no rules: begin them with [[fares]]")]
#[case("# a remark\nfares = 1\n", "line 2: fares is no list: begin each entry with [[fares]]")]
#[case("[[charts]]\nhours-before = \n", "it is no TOML")]
#[case("[[charts]]\n[[refunds]]\n", "line 1: charts is not wanted here: publish each kind of rules by itself")]
fn a_text_that_is_no_rules_says_how_they_begin(#[case] text: &str, #[case] says: &str) {
    let mistakes = read_edition(text, "these", date("2027-01-01")).expect_err("refused");
    assert!(mistakes.iter().any(|mistake| mistake.to_string().contains(says)), "{mistakes:?}");
}

#[test]
fn a_text_gives_neither_its_name_nor_its_day_and_has_one_entry() {
    let good = shipped("charts-2025-12-17");
    let named = good.replace("\nhours-before", "\nid = \"charts-mine\"\nfrom = 2027-01-01\nhours-before");
    let mistakes = read_edition(&named, "these", date("2027-01-01")).expect_err("refused");
    let says: Vec<_> = mistakes.iter().map(|mistake| mistake.says.as_str()).collect();
    let taken_out = |key: &str| format!("charts.{key} is not wanted here: take it out: publication gives it");
    assert_eq!(says, [taken_out("id"), taken_out("from")]);
    let twice = format!("{good}\n{}", &good[good.rfind("[[charts]]").expect("an entry")..]);
    let mistakes = read_edition(&twice, "these", date("2027-01-01")).expect_err("refused");
    assert!(mistakes[0].says.contains("write one entry"), "{mistakes:?}");
}

fn edition(number: u32, kind: RuleKind, from: &str, text: &str) -> Arc<Edition> {
    Arc::new(Edition { number, kind, from: date(from), text: text.to_owned() })
}

/// From the first published day on the published rules alone hold, whatever rules a newer program brings.
#[test]
fn published_rules_hold_from_their_day_on_and_those_of_the_program_before() {
    let text = shipped("fares-2025-12-26");
    let dearer = text.replace("round-up-to = 5", "round-up-to = 50");
    let editions =
        [edition(4, RuleKind::Fares, "2025-09-01", &dearer), edition(2, RuleKind::Fares, "2027-01-01", &text)];
    let rules = with_editions(&bundled(), &editions).expect("read");
    let named = |on| rules.fares_on(date(on)).id.as_str();
    assert_eq!(named("2025-08-31"), "fares-2025-07-01");
    assert_eq!(named("2025-09-01"), "fares-2025-09-01-e4");
    assert_eq!(named("2026-12-31"), "fares-2025-09-01-e4", "the program's of December 2025 have no day");
    assert_eq!(named("2027-01-01"), "fares-2027-01-01-e2");
    let days: Vec<_> = rules.periods(RuleKind::Fares).into_iter().map(|period| (period.id, period.until)).collect();
    assert_eq!(
        days,
        [
            ("fares-2020-01-01".to_owned(), Some(date("2025-07-01"))),
            ("fares-2025-07-01".to_owned(), Some(date("2025-09-01"))),
            ("fares-2025-09-01-e4".to_owned(), Some(date("2027-01-01"))),
            ("fares-2027-01-01-e2".to_owned(), None),
        ]
    );
    assert_eq!(rules.charts_on(date("2027-01-01")).id, "charts-2025-12-17", "other kinds stay as they are");
    let without = with_editions(&rules, &editions[1..]).expect("read");
    assert_eq!(without.fares_on(date("2025-09-01")).id, "fares-2025-07-01");
}

#[test]
fn rules_that_this_program_cannot_read_are_named() {
    let newer = edition(7, RuleKind::Charts, "2027-01-01", "[[charts]]\nby-moon = true\n");
    let error = with_editions(&bundled(), &[newer]).expect_err("refused");
    assert!(error.contains("charts-2027-01-01-e7: update it"), "{error}");
}

/// What the document shows by example can be published as it stands there.
#[test]
fn the_examples_of_the_document_are_rules() {
    let document = include_str!("../../../docs/rules.md");
    let examples: Vec<_> = document.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let kinds: Vec<_> = examples.iter().filter_map(|text| kind_of(text)).collect();
    assert_eq!(kinds, RuleKind::ALL);
    for text in examples {
        let read = read_edition(text, "these", date("2027-01-01"));
        assert!(read.is_ok(), "{:?} in\n{text}", read.err());
    }
}
