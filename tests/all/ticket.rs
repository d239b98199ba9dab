//! Tickets: whatever is booked fits the code, reads back, and cannot be altered or made by others.

use kiosk::domain::booking::Booking;
use kiosk::domain::coach::{BerthType, Class};
use kiosk::domain::passenger::{Gender, PersonName};
use kiosk::domain::station::StationCode;
use kiosk::domain::train::{RunId, TrainNumber};
use kiosk::ticket::{PublicKey, Ticket, TicketError, TicketFacts, TicketKey, qr, verify};
use proptest::prelude::*;
use qrcode::{Color, EcLevel, QrCode, Version};
use rstest::rstest;

use crate::sample_booking::{booking, passenger};

const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";

fn key() -> TicketKey {
    TicketKey::derive(SECRET)
}

prop_compose! {
    fn any_booking(code: &'static str, coach: &'static str)(
        pnr in 1_000_000_000..10_000_000_000_u64,
        day in 0..9_999_u64,
        class in 0..Class::RESERVED.len(),
        train in code,
        from in code,
        to in code,
        berths in prop::collection::vec((coach, 1..=120_u8), 1..=6),
        laps in 0..3_usize,
    ) -> Booking {
        let mut booking = booking();
        booking.pnr = pnr.to_string().parse().expect("ten digits");
        booking.train = TrainNumber::parse(&train).expect("a number");
        let first = "2025-01-01".parse::<chrono::NaiveDate>().expect("a date");
        booking.run = RunId { train: booking.train, date: first + chrono::Days::new(day) };
        booking.class = Class::RESERVED[class];
        booking.from.station = StationCode::parse(&from).expect("a code");
        booking.to.station = StationCode::parse(&to).expect("a code");
        booking.passengers = berths
            .iter()
            .map(|(coach, number)| {
                passenger("Anita Sharma", 34, Gender::Female, Some((coach, *number, BerthType::Lower)), 0)
            })
            .chain((0..laps).map(|_| passenger("Mira Sharma", 3, Gender::Female, None, 0)))
            .collect();
        booking
    }
}

fn says_all_of(facts: &TicketFacts, booking: &Booking) -> bool {
    facts.pnr == booking.pnr
        && facts.train == booking.train
        && facts.date == booking.run.date
        && facts.class == booking.class
        && facts.from == booking.from.station
        && facts.to == booking.to.station
        && usize::from(facts.passengers) == booking.passengers.len()
        && facts.complete
        && facts.berths.iter().eq(booking.berths().map(|allotted| allotted.berth).collect::<Vec<_>>().iter())
}

proptest! {
    #[test]
    fn any_booking_of_six_berths_fits_whole(booking in any_booking("[0-9A-Z]{1,5}", "[0-9A-Z]{1,4}")) {
        let ticket = key().sign(&booking);
        prop_assert!(ticket.as_bytes().len() <= Ticket::MAX_BYTES);
        let facts = verify(ticket.as_bytes(), &[key().public()]).expect("signed with this key");
        prop_assert!(says_all_of(&facts, &booking), "{facts:?}");
    }

    #[test]
    fn longer_codes_cost_berths_and_say_so(booking in any_booking("[0-9A-Z]{6,8}", "[0-9A-Z]{1,4}")) {
        let ticket = key().sign(&booking);
        prop_assert!(ticket.as_bytes().len() <= Ticket::MAX_BYTES);
        let facts = verify(ticket.as_bytes(), &[key().public()]).expect("signed with this key");
        let berths: Vec<_> = booking.berths().map(|allotted| allotted.berth).collect();
        prop_assert!(berths.starts_with(&facts.berths));
        prop_assert_eq!(facts.complete, facts.berths.len() == berths.len());
        prop_assert_eq!((facts.from, facts.to, facts.train), (booking.from.station, booking.to.station, booking.train));
    }

    #[test]
    fn a_scanned_text_is_the_ticket(booking in any_booking("[0-9A-Z]{1,8}", "[0-9A-Z]{1,4}"), column in 5..80_usize) {
        let ticket = key().sign(&booking);
        let text = ticket.text();
        prop_assert!(text.len() <= Ticket::MAX_TEXT);
        prop_assert!(text.starts_with(|c: char| c.is_ascii_alphanumeric()), "{text} could be taken for an option");
        prop_assert_eq!(Ticket::read(&text), Ok(ticket.clone()));
        let typed: Vec<_> = text.as_bytes().chunks(column).map(|line| String::from_utf8_lossy(line)).collect();
        prop_assert_eq!(Ticket::read(&typed.join(" \n").to_lowercase()), Ok(ticket));
    }

    #[test]
    fn noise_is_no_ticket(text in "\\PC{0,200}", bytes: Vec<u8>) {
        if let Ok(ticket) = Ticket::read(&text) {
            prop_assert!(verify(ticket.as_bytes(), &[key().public()]).is_err());
        }
        prop_assert!(verify(&bytes, &[key().public()]).is_err());
    }
}

/// The fullest booking there is: six coaches with the highest codes, and the highest of everything else.
#[test]
fn the_fullest_booking_fits_to_the_last_byte() {
    let mut booking = booking();
    booking.pnr = "9999999999".parse().expect("a PNR");
    booking.train = TrainNumber::parse("ZZZZZ").expect("a number");
    booking.run = RunId { train: booking.train, date: "2052-05-18".parse().expect("a date") };
    booking.class = Class::SecondSitting;
    booking.from.station = StationCode::parse("ZZZZZ").expect("a code");
    booking.to.station = StationCode::parse("ZZZZZ").expect("a code");
    let coaches = ["ZZZU", "ZZZV", "ZZZW", "ZZZX", "ZZZY", "ZZZZ"];
    booking.passengers = coaches
        .iter()
        .map(|coach| passenger("Anita", 30, Gender::Female, Some((coach, 120, BerthType::Lower)), 0))
        .chain((0..9).map(|_| passenger("Mira", 3, Gender::Female, None, 0)))
        .collect();
    let ticket = key().sign(&booking);
    assert_eq!(ticket.as_bytes().len(), Ticket::MAX_BYTES);
    assert_eq!(ticket.text().len(), Ticket::MAX_TEXT);
    assert_eq!(qr(&ticket).width, 37);
    let facts = verify(ticket.as_bytes(), &[key().public()]).expect("signed with this key");
    assert!(says_all_of(&facts, &booking), "{facts:?}");
}

/// An inspector counts a group by its ticket, and finds all its berths in the chart.
#[rstest]
#[case(15)]
#[case(16)]
#[case(50)]
#[case(255)]
fn a_group_s_ticket_says_how_many_they_are(#[case] people: u8) {
    let mut booking = booking();
    booking.passengers = (0..people)
        .map(|n| passenger("Anita", 30, Gender::Female, Some(("S1", n % 72 + 1, BerthType::Lower)), 0))
        .collect();
    let ticket = key().sign(&booking);
    let facts = verify(ticket.as_bytes(), &[key().public()]).expect("signed with this key");
    assert_eq!((facts.passengers, facts.complete), (people, false));
    assert!(facts.berths.len() >= 5, "{facts:?}");
    assert_eq!(Ticket::read(&ticket.text()), Ok(ticket));
}

#[test]
fn the_same_booking_gives_the_same_ticket_and_names_nobody() {
    let ticket = key().sign(&booking());
    assert_eq!(ticket, key().sign(&booking()));
    let mut renamed = booking();
    renamed.passengers[0].passenger.name = PersonName::parse("Somebody Else").expect("a name");
    assert_eq!(ticket, key().sign(&renamed), "a ticket can be read by anybody and must not tell names");
}

#[test]
fn every_altered_bit_is_refused() {
    let ticket = key().sign(&booking());
    let keys = [key().public()];
    for bit in 0..ticket.as_bytes().len() * 8 {
        let mut altered = ticket.as_bytes().to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        let refused = verify(&altered, &keys).expect_err("altered");
        match bit / 8 {
            0 => assert!(matches!(refused, TicketError::NotATicket | TicketError::Newer { .. }), "{bit}: {refused:?}"),
            1 | 2 => assert!(matches!(refused, TicketError::UnknownKey(_)), "{bit}: {refused:?}"),
            _ => assert_eq!(refused, TicketError::Altered, "bit {bit}"),
        }
    }
}

#[test]
fn a_ticket_that_is_cut_short_or_goes_on_is_refused() {
    let ticket = key().sign(&booking());
    let keys = [key().public()];
    for length in 0..ticket.as_bytes().len() {
        assert!(verify(&ticket.as_bytes()[..length], &keys).is_err(), "{length} bytes");
    }
    let mut longer = ticket.as_bytes().to_vec();
    longer.push(0);
    assert_eq!(verify(&longer, &keys), Err(TicketError::Altered));
}

#[test]
fn each_refusal_has_its_own_reason() {
    let ticket = key().sign(&booking());
    let stranger = TicketKey::derive(b"another secret, of another kiosk altogether");
    let id = key().public().id();
    assert_eq!(verify(ticket.as_bytes(), &[]), Err(TicketError::UnknownKey(id)));
    assert_eq!(verify(ticket.as_bytes(), &[stranger.public()]), Err(TicketError::UnknownKey(id)));
    assert!(verify(ticket.as_bytes(), &[stranger.public(), key().public()]).is_ok(), "one key of several is enough");
    let mut newer = ticket.as_bytes().to_vec();
    newer[0] += 1;
    assert_eq!(verify(&newer, &[key().public()]), Err(TicketError::Newer { version: 2 }));
    assert_eq!(Ticket::read("https://example.org/ticket/1"), Err(TicketError::NotATicket));
}

#[test]
fn a_public_key_reads_back_from_its_text() {
    let public = key().public();
    let text = public.to_string();
    assert_eq!(text.len(), 43);
    assert_eq!(text.parse::<PublicKey>(), Ok(public.clone()));
    assert_ne!(public, TicketKey::derive(b"another secret, of another kiosk altogether").public());
    assert_eq!(format!("{:?}", key()), format!("TicketKey({})", public.id()), "a key must not show itself");
}

#[rstest]
#[case::empty("")]
#[case::short("AAAA")]
#[case::no_base64("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
#[case::weak("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
fn nonsense_is_no_public_key(#[case] text: &str) {
    assert!(text.parse::<PublicKey>().is_err());
}

/// Tickets outlive releases: these were printed, and must verify for ever.
#[test]
fn a_printed_ticket_stays_good() {
    const PRINTED: &str = "2P9L4Q%%C/PB*CE39A:KVF/Z4LXKL1IRT*6FIY:JT/6VCRC*1+31P..W/II$TAS6H2J
         9DZO:3X%3+7USPNR9:E4NTB.$Y/7$963SUNAJQKIXL$SY$V.6PTICJR$$XJW7.3YFH*";
    let public: PublicKey = "Q0CxnbPd3fddMIs_H9rGIV5e4AsjB1-dAvWLDBxvWjE".parse().expect("a key");
    let ticket = Ticket::read(PRINTED).expect("a ticket");
    let facts = verify(ticket.as_bytes(), &[public]).expect("good");
    assert!(says_all_of(&facts, &booking()), "{facts:?}");
    assert_eq!(ticket, key().sign(&booking()));
}

#[test]
fn the_qr_code_carries_the_text() {
    let ticket = key().sign(&booking());
    let matrix = qr(&ticket);
    let expected = QrCode::with_version(ticket.text(), Version::Normal(5), EcLevel::L).expect("fits");
    assert_eq!(matrix.width, 37);
    for y in 0..40 {
        for x in 0..40 {
            let dark = x < 37 && y < 37 && expected[(x, y)] == Color::Dark;
            assert_eq!(matrix.is_dark(x, y), dark, "module {x}, {y}");
        }
    }
    let capacity = QrCode::with_version(vec![b'A'; Ticket::MAX_TEXT + 1], Version::Normal(5), EcLevel::L);
    assert!(capacity.is_err(), "the limit is the code's own, not a smaller one");
}

#[test]
fn an_unreserved_ticket_says_so_and_names_no_berth() {
    let mut booking = booking();
    booking.class = Class::Unreserved;
    booking.passengers = vec![passenger("Anita Sharma", 34, Gender::Female, None, 0)];
    let facts = verify(key().sign(&booking).as_bytes(), &[key().public()]).expect("signed with this key");
    assert!(says_all_of(&facts, &booking), "{facts:?}");
    assert_eq!((facts.class, facts.berths.len()), (Class::Unreserved, 0));
}
