use chrono::{DateTime, NaiveDate, Utc};
use rstest::rstest;
use uuid::Uuid;

use super::{BookEntry, Does, Edition, NotEntered, RuleKind, Standing, may_publish, may_withdraw, standing};
use crate::domain::booking::OpId;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

/// The last date for which tickets have been sold.
fn on_sale() -> NaiveDate {
    day("2027-01-30")
}

/// A book of publications `(kind, from)` and of withdrawals, by their numbers.
fn book(does: &[Result<(RuleKind, &str), u32>]) -> Vec<BookEntry> {
    let entries = does.iter().zip(1..).map(|(does, number)| BookEntry {
        op: OpId(Uuid::from_u128(number.into())),
        at: at("2026-12-01T06:00:00Z"),
        by: "adam".to_owned(),
        does: match does {
            Ok((kind, from)) => Does::Publish(Edition { number, kind: *kind, from: day(from), text: String::new() }),
            Err(taken) => Does::Withdraw(*taken),
        },
    });
    entries.collect()
}

/// The railway's day begins at 18:30 UTC.
#[rstest]
#[case(RuleKind::Fares, "2026-12-01T06:00:00Z", "2026-12-02")]
#[case(RuleKind::Fares, "2026-12-01T18:27:59Z", "2026-12-02")]
#[case(RuleKind::Fares, "2026-12-01T18:28:00Z", "2026-12-03")]
#[case(RuleKind::Quotas, "2026-12-01T18:30:00Z", "2026-12-03")]
#[case(RuleKind::Charts, "2026-12-01T06:00:00Z", "2027-01-31")]
fn a_day_that_is_too_near_cannot_change(#[case] kind: RuleKind, #[case] now: &str, #[case] earliest: &str) {
    let earliest = day(earliest);
    let publish = |from| may_publish(&[], (kind, from), at(now), on_sale());
    assert_eq!(publish(earliest), Ok(()));
    assert_eq!(publish(earliest.pred_opt().expect("a day")), Err(NotEntered::TooSoon { earliest }));
}

#[test]
fn no_two_editions_of_a_kind_hold_from_one_day_unless_one_was_taken_back() {
    let now = at("2026-12-01T06:00:00Z");
    let publish = |book: &[BookEntry], kind| may_publish(book, (kind, day("2027-01-01")), now, on_sale());
    let taken = book(&[Ok((RuleKind::Fares, "2027-01-01"))]);
    let id = "fares-2027-01-01-e1".to_owned();
    assert_eq!(publish(&taken, RuleKind::Fares), Err(NotEntered::Taken { id }));
    assert_eq!(publish(&taken, RuleKind::Refunds), Ok(()));
    let free = book(&[Ok((RuleKind::Fares, "2027-01-01")), Err(1)]);
    assert_eq!(publish(&free, RuleKind::Fares), Ok(()));
}

#[test]
fn what_was_taken_back_stands_no_more_and_cannot_be_again() {
    let book = book(&[Ok((RuleKind::Fares, "2027-01-01")), Ok((RuleKind::Quotas, "2027-01-01")), Err(1)]);
    assert_eq!(standing(&book).map(|edition| edition.number).collect::<Vec<_>>(), [2]);
    let now = at("2026-12-31T18:00:00Z");
    assert_eq!(may_withdraw(&book, 1, now, on_sale()), Err(NotEntered::Unknown));
    assert_eq!(may_withdraw(&book, 3, now, on_sale()), Err(NotEntered::Unknown));
    assert_eq!(may_withdraw(&book, 2, now, on_sale()).map(Edition::id), Ok("quotas-2027-01-01-e2".to_owned()));
    // Two minutes before its day others may not hear of it in time.
    let late = at("2026-12-31T18:28:00Z");
    let begun = NotEntered::Begun { id: "quotas-2027-01-01-e2".to_owned() };
    assert_eq!(may_withdraw(&book, 2, late, on_sale()), Err(begun));
}

#[rstest]
#[case("2027-01-01", None, Standing::ToCome)]
#[case("2026-12-01", None, Standing::InForce)]
#[case("2026-11-01", Some("2026-12-01"), Standing::Past)]
#[case("2026-11-01", Some("2026-12-02"), Standing::InForce)]
fn rules_stand_by_their_days(#[case] from: &str, #[case] until: Option<&str>, #[case] stands: Standing) {
    assert_eq!(Standing::of(day(from), until.map(day), day("2026-12-01")), stands);
}
