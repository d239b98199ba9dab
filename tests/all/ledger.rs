//! The ledger as arithmetic: what moves with each change of a booking, and what reports add up.

use chrono::{DateTime, NaiveDate, Utc};
use kiosk::domain::booking::{Booking, BookingStatus, Change, Deed, OpId, PaidOut, Payment, PaymentMethod, Refund};
use kiosk::domain::ledger::{LedgerEntry, Movement, Part, movements};
use kiosk::domain::money::Paise;
use kiosk::domain::refund::{Quote, QuoteLine, Reason, RefundItem};
use kiosk::domain::report::refunds::{RefundBooks, RefundsBy};
use kiosk::domain::report::{Books, By, Sums, Tally};
use kiosk::domain::till::TillId;
use kiosk::domain::user::AccountId;
use rstest::rstest;
use uuid::Uuid;

use crate::sample_booking::booking;

const AGNES: AccountId = AccountId(Uuid::from_u128(7));

fn op(number: u128) -> OpId {
    OpId(Uuid::from_u128(number))
}

fn till() -> TillId {
    TillId { agent: AGNES, opened: op(70) }
}

fn at() -> DateTime<Utc> {
    "2026-12-02T05:00:00Z".parse().expect("a moment")
}

fn change(op: OpId, what: Deed) -> Change {
    Change { op, at: at(), by: Some(AGNES), what }
}

fn paid_out(op: OpId) -> PaidOut {
    PaidOut { op: Some(op), at: at(), by: Some(AGNES), terminal: "NDLS-08".to_owned(), till: Some(till()) }
}

/// The booking after a passenger gave up for so many rupees.
fn given_up(booking: &Booking, op: OpId, passenger: u8, rupees: i64, reason: Reason, out: Option<PaidOut>) -> Booking {
    let refunded = Paise::rupees(rupees);
    let paid = booking.passengers[usize::from(passenger)].fare;
    let items = vec![RefundItem { label: "a charge".to_owned(), amount: paid - refunded }];
    let quote = Quote {
        rules: "refunds".to_owned(),
        reason,
        lines: vec![QuoteLine { passenger, paid, items, refunded }],
        refunded,
        kept: paid - refunded,
        at: at(),
        good_until: at(),
    };
    booking.given_up(Refund { op, quote, paid_out: out }, change(op, Deed::Cancelled(vec![passenger])))
}

fn moved(booking: &Booking) -> Option<(Movement, i64)> {
    LedgerEntry::of(booking).map(|entry| (entry.movement, entry.amount.get()))
}

#[test]
fn a_sale_takes_the_fare_by_its_means_and_into_its_till() {
    let sold = booking();
    let payment = sold.payment.clone().map(|payment| Payment { till: Some(till()), ..payment });
    let entry = LedgerEntry::of(&Booking { payment, ..sold.clone() }).expect("money was taken");
    assert_eq!((entry.movement, entry.method, entry.amount), (Movement::Sale, PaymentMethod::Card, sold.fare.total));
    assert_eq!((entry.by, entry.till, entry.reference.as_deref()), (Some(AGNES), Some(till()), Some("A7731-0042")));
    assert_eq!((entry.pnr, entry.version, entry.passengers), (sold.pnr, sold.version, 3));
    assert_eq!(entry.net(), sold.fare.total);
}

#[test]
fn a_slip_moves_nothing_until_it_is_paid() {
    let sold = booking();
    let reserved = vec![change(op(1), Deed::Reserved)];
    let slip =
        Booking { status: BookingStatus::AwaitingPayment, payment: None, history: reserved.clone(), ..sold.clone() };
    assert_eq!(moved(&slip), None);
    let history = [reserved, vec![change(op(2), Deed::Paid)]].concat();
    assert_eq!(moved(&Booking { history, ..sold.clone() }), Some((Movement::Sale, sold.fare.total.get())));
}

#[test]
fn a_refund_moves_money_when_it_is_handed_out_and_each_only_once() {
    let waiting = given_up(&booking(), op(2), 0, 100, Reason::Passenger, None);
    assert_eq!(moved(&waiting), None, "it waits at a counter");
    // The same agent in the same second: the first refund waits, the second is handed out with its cancellation.
    let at_once = given_up(&waiting, op(3), 1, 30, Reason::Passenger, Some(paid_out(op(3))));
    assert_eq!(moved(&at_once), Some((Movement::Refund, 3_000)));
    let all_out = at_once.handed_out(&paid_out(op(4)), change(op(4), Deed::PaidOut));
    assert_eq!(moved(&all_out), Some((Movement::Refund, 10_000)));
    let entry = LedgerEntry::of(&all_out).expect("money moved");
    assert_eq!((entry.net(), entry.till, entry.terminal.as_str()), (Paise::rupees(-100), Some(till()), "NDLS-08"));
    let balance: Paise = movements(&all_out).into_iter().map(|(_, money)| money).sum();
    assert_eq!(balance, booking().fare.total - Paise::rupees(130));
}

#[rstest]
#[case::nothing_back(0, Reason::Passenger, None)]
#[case::undone(2_021, Reason::Voided, Some((Movement::Void, 202_100)))]
#[case::waived(2_021, Reason::NeverCleared, Some((Movement::Refund, 202_100)))]
fn a_change_says_what_it_was(#[case] rupees: i64, #[case] reason: Reason, #[case] moves: Option<(Movement, i64)>) {
    assert_eq!(moved(&given_up(&booking(), op(2), 0, rupees, reason, Some(paid_out(op(2))))), moves);
}

/// Two gave up for one reason and one for another, and all of it is handed out at once.
#[test]
fn an_entry_says_why_money_was_given_back_and_of_which_fares() {
    let one = given_up(&booking(), op(2), 0, 100, Reason::Passenger, None);
    let two = given_up(&one, op(3), 1, 30, Reason::Passenger, None);
    let three = given_up(&two, op(4), 2, 200, Reason::NeverCleared, None);
    let out = three.handed_out(&paid_out(op(5)), change(op(5), Deed::PaidOut));
    let entry = LedgerEntry::of(&out).expect("money moved");
    let fare = |nth: usize| booking().passengers[nth].fare;
    let (wish, chart) = (fare(0) + fare(1), fare(2));
    let parts = [
        Part { reason: Reason::Passenger, passengers: 2, fare: wish, back: Paise::rupees(130) },
        Part { reason: Reason::NeverCleared, passengers: 1, fare: chart, back: Paise::rupees(200) },
    ];
    assert_eq!((entry.parts.as_slice(), entry.passengers), (parts.as_slice(), 3));
    let day = entry.day();
    let mut books = RefundBooks::new(day, day);
    books.enter(&entry);
    // One of an older Kiosk says nothing of that.
    books.enter(&LedgerEntry { parts: Vec::new(), ..entry.clone() });
    let report = books.report(|_| None);
    let rows = report.rows(RefundsBy::Reason).iter().map(|row| (row.what.as_str(), row.sums.kept(), row.sums.back));
    let expected = [
        ("no place", chart - Paise::rupees(200), Paise::rupees(200)),
        ("unknown", Paise::ZERO, Paise::rupees(330)),
        ("wish", wish - Paise::rupees(130), Paise::rupees(130)),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    assert_eq!((report.total.refunds, report.total.back), (2, Paise::rupees(660)));
}

/// Alone it would have no entry at all: it depends on nothing but what each got.
#[test]
fn whoever_got_nothing_is_in_no_entry_though_it_is_handed_out_with_money_of_others() {
    let nothing = given_up(&booking(), op(2), 0, 0, Reason::Passenger, None);
    let waits = given_up(&nothing, op(3), 1, 30, Reason::Passenger, None);
    let out = waits.handed_out(&paid_out(op(4)), change(op(4), Deed::PaidOut));
    let entry = LedgerEntry::of(&out).expect("money moved");
    let fare = booking().passengers[1].fare;
    let part = Part { reason: Reason::Passenger, passengers: 1, fare, back: Paise::rupees(30) };
    assert_eq!((entry.parts, entry.passengers, entry.amount), (vec![part], 1, Paise::rupees(30)));
}

/// What is undone after midnight is of another day than its sale.
#[test]
fn passengers_are_those_who_were_sold_to_less_those_of_sales_that_were_undone() {
    use Movement::{Refund, Sale, Void};
    let day = |day| NaiveDate::from_ymd_opt(2026, 12, day).expect("a date");
    let mut books = Books::new(day(1), day(2));
    for (at, movement) in [
        ("2026-12-01T10:00:00Z", Sale),
        ("2026-12-01T18:00:00Z", Sale),
        ("2026-12-01T18:10:00Z", Refund),
        ("2026-12-01T18:40:00Z", Void),
    ] {
        books.enter(&entry(at, movement, PaymentMethod::Cash));
    }
    let report = books.report(|_| None, |_| None);
    let passengers: Vec<_> = report.rows(By::Day).iter().map(|row| row.sums.passengers).collect();
    assert_eq!((passengers, report.total.passengers), (vec![2, -1], 1));
}

/// An entry of 100 rupees for one passenger.
fn entry(moment: &str, movement: Movement, method: PaymentMethod) -> LedgerEntry {
    let entry = LedgerEntry::of(&booking()).expect("money was taken");
    LedgerEntry {
        at: moment.parse().expect("a moment"),
        movement,
        method,
        amount: Paise::rupees(100),
        passengers: 1,
        ..entry
    }
}

fn tally(count: u32) -> Tally {
    Tally { count, amount: Paise::rupees(100 * i64::from(count)) }
}

#[test]
fn a_report_goes_by_the_days_of_the_railway_and_keeps_test_payments_apart() {
    use Movement::{Refund, Sale, Void};
    use PaymentMethod::{Card, Cash, Test};
    let day = |day| NaiveDate::from_ymd_opt(2026, 12, day).expect("a date");
    let mut books = Books::new(day(1), day(3));
    for entry in [
        // In India it is 23:59 on the first, and midnight of the second.
        entry("2026-12-01T18:29:59Z", Sale, Cash),
        entry("2026-12-01T18:30:00Z", Sale, Card),
        entry("2026-12-02T06:00:00Z", Refund, Cash),
        entry("2026-12-02T06:00:00Z", Void, Card),
        entry("2026-12-02T06:00:00Z", Sale, Test),
        // The day after the last, and the day before the first.
        entry("2026-12-03T18:30:00Z", Sale, Cash),
        entry("2026-11-30T18:29:59Z", Sale, Cash),
    ] {
        books.enter(&entry);
    }
    let agents: Vec<_> = books.agents().collect();
    assert_eq!(agents, [AGNES]);
    let report = books.report(|_| Some("Rajdhani".to_owned()), |_| Some("agnes".to_owned()));
    let by = |by| -> Vec<_> { report.rows(by).iter().map(|row| (row.what.as_str(), row.sums.net().get())).collect() };
    assert_eq!(by(By::Day), [("2026-12-01", 10_000), ("2026-12-02", -10_000), ("2026-12-03", 0)]);
    assert_eq!(by(By::Means), [("cash", 0), ("card", 0)]);
    assert_eq!(by(By::Agent), [("agnes", 0)]);
    assert_eq!(report.rows(By::Train)[0].more, "Rajdhani");
    assert_eq!(report.total, Sums { sales: tally(2), passengers: 1, refunds: tally(1), voids: tally(1) });
    assert_eq!(report.test, Sums { sales: tally(1), passengers: 1, ..Sums::default() });
    for by in By::ALL {
        assert_eq!(report.rows(by).iter().map(|row| row.sums.net()).sum::<Paise>(), report.total.net(), "{by:?}");
    }
}
