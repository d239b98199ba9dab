//! What a booking gives back, by the rules that come with the program.

use chrono::TimeDelta;
use kiosk::domain::booking::{Booking, BookingStatus, Place};
use kiosk::domain::money::Paise;
use kiosk::domain::quota::Quota;
use kiosk::domain::refund::{Cancellation, FirstChart, NotRefundable, Reason, Standing, claims, quote};
use kiosk::domain::spot::Part;
use kiosk::domain::time::{instant, railway_time};
use kiosk::domain::waitlist::WaitingList;
use kiosk::service::rules_file;
use rstest::rstest;

use crate::sample_booking::booking;

fn waiting(number: u16) -> Place {
    Place::Waiting { list: WaitingList::General, number }
}

/// The sample's party of two adults and a child on a lap, with other places.
fn with_places(places: [Place; 3]) -> Booking {
    let mut booking = booking();
    for (passenger, place) in booking.passengers.iter_mut().zip(places) {
        passenger.place = place;
    }
    booking
}

fn standings(booking: &Booking, chosen: &[u8]) -> Result<Vec<(u8, Standing)>, NotRefundable> {
    Ok(claims(booking, chosen)?.iter().map(|claim| (claim.passenger, claim.standing)).collect())
}

#[rstest]
#[case(&[0], Ok(vec![(0, Standing::Confirmed)]))]
#[case(&[2, 0, 0], Ok(vec![(0, Standing::Confirmed), (2, Standing::Confirmed)]))]
#[case(&[0, 1, 2], Ok(vec![(0, Standing::Confirmed), (1, Standing::Confirmed), (2, Standing::Confirmed)]))]
#[case(&[0, 1], Err(NotRefundable::ChildLeftAlone))]
#[case(&[], Err(NotRefundable::Nobody))]
#[case(&[0, 3], Err(NotRefundable::NoSuchPassenger))]
fn whoever_is_chosen_is_claimed_once(
    #[case] chosen: &[u8],
    #[case] expected: Result<Vec<(u8, Standing)>, NotRefundable>,
) {
    assert_eq!(standings(&booking(), chosen), expected);
}

#[test]
fn what_a_passenger_has_decides_the_rule() {
    use Standing::{Confirmed, ConfirmedTatkal, Unconfirmed, Unreserved};
    let berth = booking().passengers[0].place;
    let berth_of = berth.berth().expect("a berth");
    let half = Place::Rac { number: 1, berth: berth_of, part: Part::First };
    let all = |booking: &Booking| standings(booking, &[0, 1, 2]).map(|all| all.into_iter().map(|one| one.1).collect());
    // The child has what the party has.
    assert_eq!(all(&with_places([berth, waiting(4), Place::Lap])), Ok(vec![Confirmed, Unconfirmed, Confirmed]));
    assert_eq!(all(&with_places([half, waiting(4), Place::Lap])), Ok(vec![Unconfirmed; 3]));
    assert_eq!(all(&with_places([Place::Unreserved; 3])), Ok(vec![Unreserved; 3]));
    let tatkal = Booking { quota: Quota::Tatkal, ..with_places([berth, waiting(4), Place::Lap]) };
    assert_eq!(all(&tatkal), Ok(vec![ConfirmedTatkal, Unconfirmed, ConfirmedTatkal]));
}

#[rstest]
#[case(BookingStatus::AwaitingPayment, NotRefundable::Unpaid)]
#[case(BookingStatus::Lapsed, NotRefundable::Unpaid)]
#[case(BookingStatus::Cancelled, NotRefundable::AlreadyCancelled)]
fn a_booking_without_money_or_places_gives_nothing_back(#[case] status: BookingStatus, #[case] why: NotRefundable) {
    assert_eq!(claims(&Booking { status, ..booking() }, &[0]), Err(why));
}

#[test]
fn a_place_is_given_up_once() {
    let berth = booking().passengers[0].place;
    let booking = with_places([Place::Cancelled, berth, Place::Lap]);
    assert_eq!(claims(&booking, &[0]), Err(NotRefundable::AlreadyCancelled));
    assert_eq!(claims(&booking, &[1]), Err(NotRefundable::ChildLeftAlone));
    assert_eq!(standings(&booking, &[1, 2]).map(|all| all.len()), Ok(2));
}

/// Two adults of 2,021.25 in 3A, a day and six hours ahead: a quarter is 505.31, and 510 are kept of each.
#[test]
fn a_family_has_most_of_its_money_back() {
    let booking = booking();
    let rules = rules_file::bundled();
    let refunds = rules.refunds_on(railway_time(booking.booked_at).date());
    let claims = claims(&booking, &[0, 1, 2]).expect("all may");
    let departs = instant(booking.from.at);
    let cancellation = Cancellation {
        class: booking.class,
        claims: &claims,
        departs,
        chart: FirstChart::Due(departs - TimeDelta::hours(10)),
        reason: Reason::Passenger,
    };
    let quote = quote(refunds, &cancellation, departs - TimeDelta::hours(30)).expect("quoted");
    assert_eq!(quote.rules, "refunds-2026-04-15");
    assert_eq!((quote.refunded, quote.kept), (Paise::new(302_250), Paise::rupees(1020)));
    assert_eq!(quote.refunded + quote.kept, booking.fare.total);
    let first: Vec<_> = quote.lines[0].items.iter().map(|item| format!("{} = {}", item.label, item.amount)).collect();
    assert_eq!(
        first,
        [
            "25 % of 2,021.25, confirmed, 24 to 72 hours before departure = 505.31",
            "Rounding up to a multiple of 5.00 = 4.69"
        ]
    );
}
