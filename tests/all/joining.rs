//! What a queue keeps of a booking that joins it, and the numbers that its passengers have there.

use kiosk::domain::booking::{BookedPassenger, Booking, Place};
use kiosk::domain::coach::{BerthType, Class};
use kiosk::domain::passenger::Gender;
use kiosk::domain::pnr::Pnr;
use kiosk::domain::rules::quota::QuotaRules;
use kiosk::domain::spot::Part;
use kiosk::domain::waitlist::{Entry, QueueHead, QueueId, WaitingList, joining, renumbered};
use kiosk::service::rules_file;
use rstest::rstest;

use crate::sample_booking::{self, passenger};

fn rules() -> QuotaRules {
    rules_file::bundled().quotas_on("2026-12-01".parse().expect("a date")).clone()
}

const WAITING: Place = Place::Waiting { list: WaitingList::General, number: 0 };

fn sharing(part: Part) -> Place {
    let berth = passenger("Dev", 30, Gender::Male, Some(("S1", 7, BerthType::SideLower)), 0).place.berth();
    Place::Rac { number: 0, berth: berth.expect("a berth"), part }
}

/// A booking of SL with people in these places.
fn booking(people: &[(u8, Gender, Place)]) -> Booking {
    let booked = |(age, gender, place): &(u8, Gender, Place)| {
        let berth = (!matches!(place, Place::Lap)).then_some(("S1", 1, BerthType::Lower));
        BookedPassenger { place: *place, booked_as: *place, ..passenger("Asha Devi", *age, *gender, berth, 100) }
    };
    Booking { class: Class::Sleeper, passengers: people.iter().map(booked).collect(), ..sample_booking::booking() }
}

fn told(booking: &Booking) -> Vec<String> {
    booking.passengers.iter().map(|booked| booked.place.to_string()).collect()
}

#[test]
fn a_booking_joins_behind_everybody_and_says_what_it_was_given() {
    let berth = passenger("Dev", 30, Gender::Male, Some(("S1", 4, BerthType::Lower)), 0).place;
    let (m, head) = (Gender::Male, QueueHead { rac: 3, waiting: 11, frozen: false, next_seq: 9 });
    let party = [(30, m, berth), (30, m, sharing(Part::Second)), (30, m, WAITING), (30, m, WAITING)];
    let (joined, entry) = joining(&booking(&party), head, &rules()).expect("three of them are queued");
    assert_eq!(told(&joined), ["CNF/S1/4/LB", "RAC 4", "GNWL 12", "GNWL 13"]);
    assert!(joined.passengers.iter().all(|booked| booked.booked_as == booked.place), "that is what they booked");
    assert_eq!((entry.seq, entry.version, entry.pnr, entry.leg), (9, 1, joined.pnr, joined.leg));
    assert_eq!(entry.waiters.iter().map(|waiter| waiter.passenger).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((entry.rac(), entry.waiting()), (1, 2));
    assert_eq!(joining(&booking(&party[..1]), head, &rules()), None, "nobody has to wait");
}

/// Men from 60 and women from 45 years get lower berths without asking (reference 2.4).
#[rstest]
#[case::man(&[(59, Gender::Male, WAITING)], &[false])]
#[case::old_man(&[(60, Gender::Male, WAITING)], &[true])]
#[case::woman(&[(45, Gender::Female, WAITING), (44, Gender::Female, WAITING)], &[true, false])]
#[case::child_on_a_lap(
    &[(30, Gender::Female, WAITING), (9, Gender::Male, WAITING), (2, Gender::Male, Place::Lap)],
    &[true, false]
)]
#[case::one_child_in_a_group(
    &[
        (30, Gender::Female, WAITING),
        (9, Gender::Male, WAITING),
        (30, Gender::Male, WAITING),
        (30, Gender::Male, WAITING),
        (61, Gender::Male, WAITING),
        (30, Gender::Male, WAITING),
        (2, Gender::Male, Place::Lap),
    ],
    &[true, false, true, false, true, false]
)]
fn who_should_not_climb_is_known_to_the_queue(#[case] people: &[(u8, Gender, Place)], #[case] low: &[bool]) {
    let (_, entry) = joining(&booking(people), QueueHead::default(), &rules()).expect("they wait");
    assert_eq!(entry.waiters.iter().map(|waiter| waiter.needs_lower).collect::<Vec<_>>(), low);
}

#[rstest]
#[case::women(&[(30, Gender::Female, WAITING), (8, Gender::Male, WAITING)], &[true, false])]
#[case::with_a_man(&[(30, Gender::Female, WAITING), (30, Gender::Male, WAITING)], &[false, false])]
fn women_without_men_may_have_berths_of_the_ladies_quota(
    #[case] people: &[(u8, Gender, Place)],
    #[case] ladies: &[bool],
) {
    let (_, entry) = joining(&booking(people), QueueHead::default(), &rules()).expect("they wait");
    assert_eq!(entry.waiters.iter().map(|waiter| waiter.ladies).collect::<Vec<_>>(), ladies);
}

#[test]
fn numbers_become_smaller_when_those_in_front_leave() {
    let id = |list| QueueId { class: Class::Sleeper, list };
    let with = |pnr: &str, seq, people: &[(u8, Gender, Place)]| -> (Booking, Entry) {
        let pnr: Pnr = pnr.parse().expect("a PNR");
        let head = QueueHead { rac: 7, waiting: 7, frozen: false, next_seq: seq };
        joining(&Booking { pnr, ..booking(people) }, head, &rules()).expect("they wait")
    };
    let m = Gender::Male;
    let (_, first) = with("2451234561", 3, &[(30, m, sharing(Part::First)), (30, m, WAITING)]);
    let (booking, second) = with("2451234562", 5, &[(30, m, sharing(Part::Second)), (30, m, WAITING)]);
    assert_eq!(told(&booking), ["RAC 8", "GNWL 8"]);
    let tatkal = Entry { seq: 1, ..first.clone() };
    let (general, tatkal) = ((id(WaitingList::General), first), (id(WaitingList::Tatkal), tatkal));
    let own = (id(WaitingList::General), second);
    assert_eq!(told(&renumbered(&booking, &[general, own.clone(), tatkal])), ["RAC 2", "GNWL 2"]);
    assert_eq!(told(&renumbered(&booking, &[own])), ["RAC 1", "GNWL 1"]);
    assert_eq!(told(&renumbered(&booking, &[])), ["RAC 8", "GNWL 8"], "of another moment: what is known stays");
}
