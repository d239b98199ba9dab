use std::sync::Arc;

use chrono::NaiveDate;
use rstest::rstest;

use super::{Editions, NotPublished, Placement, Start};
use crate::domain::coach::Rake;
use crate::domain::train::{Train, TrainDraft};
use crate::domain::{composition, sample_train};

fn train(version: u32, name: &str) -> Train {
    let ends = sample_train::along(&["MMCT 17:00 17:00 0", "NDLS 08:32+1 08:32+1 1386"]);
    let coaches = composition::parse("A1 B1", Rake::Lhb).expect("coaches");
    Train::new(TrainDraft { version, name: name.to_owned(), coaches, ..ends }).expect("in order")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// `First` from the beginning, `Second` from 10 December, `Third` from 20 December.
fn three(retired: Option<&str>) -> Editions {
    let edition = |from: Option<&str>, version, name| (from.map(date), Arc::new(train(version, name)));
    let editions = vec![
        edition(Some("2026-12-20"), 3, "Third"),
        edition(None, 1, "First"),
        edition(Some("2026-12-10"), 2, "Second"),
    ];
    Editions::new(editions, retired.map(date)).expect("there are some")
}

#[rstest]
#[case("2026-12-09", "First")]
#[case("2026-12-10", "Second")]
#[case("2026-12-19", "Second")]
#[case("2026-12-20", "Third")]
#[case("2030-01-01", "Third")]
fn a_run_goes_by_the_edition_of_its_date(#[case] on: &str, #[case] name: &str) {
    let editions = three(None);
    assert_eq!(editions.on(date(on)).map(|train| train.name()), Some(name));
    let periods: Vec<_> = editions.periods().filter(|edition| edition.covers(date(on))).collect();
    assert_eq!(periods.len(), 1, "one edition for each date");
    assert_eq!(periods[0].train.name(), name);
}

#[test]
fn a_train_that_ends_runs_until_the_day_before() {
    let editions = three(Some("2026-12-15"));
    assert_eq!(editions.on(date("2026-12-14")).map(|train| train.name()), Some("Second"));
    assert_eq!(editions.on(date("2026-12-15")), None);
    let periods: Vec<_> = editions.periods().map(|edition| (edition.train.name().to_owned(), edition.until)).collect();
    let ends = [("First".to_owned(), Some(date("2026-12-10"))), ("Second".to_owned(), Some(date("2026-12-15")))];
    assert_eq!(periods, ends, "nothing goes by the third any more");
    assert_eq!(editions.nearest(date("2026-12-25")).name(), "Third", "it can still be edited");
}

fn start(from: Option<&str>) -> Start {
    Start { from: from.map(date), today: date("2026-12-12") }
}

#[rstest]
#[case(None, "Second", Ok(Placement::Same(1)))]
#[case(None, "First", Ok(Placement::Before(2)))]
#[case(None, "New", Ok(Placement::Before(2)))]
#[case(Some("2026-12-05"), "First", Ok(Placement::Same(0)))]
#[case(Some("2026-12-05"), "New", Ok(Placement::Before(1)))]
#[case(Some("2026-12-10"), "New", Ok(Placement::InPlaceOf(1)))]
#[case(Some("2026-12-12"), "Third", Ok(Placement::Before(2)))]
#[case(Some("2026-12-25"), "New", Ok(Placement::Before(3)))]
#[case(Some("2026-12-25"), "Third", Ok(Placement::Same(2)))]
fn a_change_has_its_place(
    #[case] from: Option<&str>,
    #[case] name: &str,
    #[case] placement: Result<Placement, NotPublished>,
) {
    assert_eq!(three(None).placement(&train(1, name), start(from)), placement);
}

#[test]
fn nothing_is_published_for_dates_after_a_trains_end() {
    let editions = three(Some("2026-12-15"));
    let refused = NotPublished::Retired { train: editions.number(), from: date("2026-12-15") };
    assert_eq!(editions.placement(&train(1, "New"), start(Some("2026-12-15"))), Err(refused));
    assert_eq!(editions.placement(&train(1, "New"), start(Some("2026-12-14"))), Ok(Placement::Before(2)));
}

#[test]
fn a_train_that_ends_before_it_begins_has_a_period_without_a_date() {
    let new = vec![(Some(date("2026-12-10")), Arc::new(train(1, "New")))];
    let editions = Editions::new(new, Some(date("2026-12-05"))).expect("one");
    let periods: Vec<_> = editions.periods().collect();
    assert_eq!(periods.len(), 1, "its number is taken, and it can be found");
    assert!((1..=20).all(|day| !periods[0].covers(date(&format!("2026-12-{day:02}")))));
    assert_eq!(Editions::of_periods(&periods), Some(editions));
}

#[test]
fn changes_that_are_over_leave_room_for_others() {
    let days = (1..=12).map(|day| (Some(date(&format!("2026-12-{day:02}"))), Arc::new(train(day, &format!("{day}")))));
    let editions = Editions::new(days.collect(), None).expect("twelve");
    let placed = |today: &str| {
        let start = Start { from: Some(date("2027-01-10")), today: date(today) };
        editions.placement(&train(1, "New"), start)
    };
    assert_eq!(placed("2026-12-11"), Err(NotPublished::TooMany { train: editions.number() }));
    assert_eq!(placed("2026-12-12"), Ok(Placement::Before(12)));
}

#[rstest]
#[case("2026-12-19", 0)]
#[case("2026-12-20", 1)]
#[case("2026-12-29", 1)]
#[case("2026-12-30", 2)]
#[case("2030-01-01", 2)]
fn an_edition_is_kept_while_a_run_by_it_may_be_on_its_way(#[case] today: &str, #[case] outdated: usize) {
    assert_eq!(three(None).outdated(date(today)), outdated);
}

#[test]
fn before_its_first_date_a_new_train_does_not_run() {
    let editions = Editions::new(vec![(Some(date("2026-12-10")), Arc::new(train(1, "New")))], None).expect("one");
    assert_eq!(editions.on(date("2026-12-09")), None);
    assert!(editions.on(date("2026-12-10")).is_some());
    assert_eq!(editions.next_after(date("2026-12-01")), Some(date("2026-12-10")));
}
