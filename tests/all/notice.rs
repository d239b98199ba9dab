//! What notifications say: the words of each, the length of a text message, the form of the mail and of the JSON.

use chrono::TimeDelta;
use data_encoding::BASE64;
use kiosk::domain::booking::{Allotted, Booking, BookingStatus, Change, Deed, PaymentMethod, Place};
use kiosk::domain::coach::{BerthRef, BerthType, CoachId};
use kiosk::domain::money::Paise;
use kiosk::domain::notification::{Channel, Event, Notification};
use kiosk::domain::spot::Part;
use kiosk::domain::station::StationCode;
use kiosk::domain::user::Email;
use kiosk::domain::waitlist::WaitingList;
use kiosk::notice::{Attachment, Contact, LONGEST_TEXT, mail, payload, subject, text_message};
use kiosk::receipt::Issuer;
use rstest::rstest;

use crate::sample_booking::booking;

/// All that people are told of.
const EVENTS: [Event; 9] = [
    Event::Booked,
    Event::Promoted,
    Event::BoardingMoved,
    Event::Delayed,
    Event::Cancelled,
    Event::Dropped,
    Event::PartCancelled,
    Event::TrainCancelled,
    Event::Resent,
];

fn allotted(coach: &str, number: u8) -> Allotted {
    let coach = CoachId::parse(coach).expect("a coach");
    Allotted { berth: BerthRef { coach, number }, kind: BerthType::Lower }
}

fn rac(number: u16) -> Place {
    Place::Rac { number, berth: allotted("B2", 7), part: Part::First }
}

fn waiting(number: u16) -> Place {
    Place::Waiting { list: WaitingList::General, number }
}

/// The sample, with these places for its two adults.
fn with(places: [Place; 2]) -> Booking {
    let mut booking = booking();
    for (booked, place) in booking.passengers.iter_mut().zip(places) {
        booked.place = place;
    }
    booking
}

fn cancelled() -> Booking {
    let mut booking = with([Place::Cancelled, Place::Cancelled]);
    booking.status = BookingStatus::Cancelled;
    booking
}

fn notification(event: Event) -> Notification {
    let mut owed = Notification::of(&booking(), [Channel::Email].into()).expect("it is paid");
    owed.event = event;
    owed
}

/// The sample once its train was moved by so many minutes.
fn delayed(later: i32, gives_all_back: bool, reason: &str) -> Booking {
    let mut booking = booking();
    let was = booking.from.at;
    booking.from.at = was + TimeDelta::minutes(later.into());
    let what = Deed::Delayed { was, now: booking.from.at, later, gives_all_back, reason: reason.to_owned() };
    booking.history.push(Change { what, ..booking.history[0].clone() });
    booking
}

#[rstest]
#[case(
    delayed(200, true, "fog at Kota"),
    "New time: PNR 245-1234567, train 12952 leaves NDLS 24 Dec 20:15, not 24 Dec 16:55: fog at Kota. All money back if you cancel \
     before."
)]
#[case(
    delayed(45, false, "signal failure"),
    "New time: PNR 245-1234567, train 12952 leaves NDLS 24 Dec 17:40, not 24 Dec 16:55: signal failure. Your booking stays good."
)]
#[case(
    delayed(200, true, "a landslide between Ratlam Junction and Nagda Junction"),
    "New time: PNR 245-1234567, train 12952 leaves NDLS 24 Dec 20:15, not 24 Dec 16:55: a landslide between Ratlam Junction and. All money \
     back if you cancel before."
)]
fn a_train_that_is_late_has_both_times_the_reason_and_the_right(#[case] booking: Booking, #[case] text: &str) {
    assert_eq!(text_message(Event::Delayed, &booking), text);
    assert!(text.len() <= LONGEST_TEXT, "{}", text.len());
}

/// The sample once a part of its way is not run.
fn part_cancelled(reason: &str) -> Booking {
    let mut booking = cancelled();
    let (from, to) = (booking.from.station, booking.to.station);
    let what = Deed::PartCancelled { from, to, reason: reason.to_owned() };
    booking.history.push(Change { what, ..booking.history[0].clone() });
    booking
}

#[rstest]
#[case(
    "a bridge is closed",
    "Not run: PNR 245-1234567, train 12952 of 24 Dec does not go from NDLS to MMCT: a bridge is closed. Paid Rs 4,042.50."
)]
#[case(
    "a landslide between Ratlam and Nagda Jn",
    "Not run: PNR 245-1234567, train 12952 of 24 Dec does not go from NDLS to MMCT: a landslide between Ratlam and Nagda Jn. Paid Rs 4,042.50."
)]
fn a_part_that_is_not_run_is_named_with_the_reason(#[case] reason: &str, #[case] text: &str) {
    let booking = part_cancelled(reason);
    assert_eq!(text_message(Event::PartCancelled, &booking), text);
    assert!(text.len() <= LONGEST_TEXT, "{}", text.len());
    let contact = Contact { email: None, phone: None };
    let json: serde_json::Value =
        serde_json::from_str(&payload(&notification(Event::PartCancelled), &booking, &contact)).expect("JSON");
    let not_run = serde_json::json!({ "From": "NDLS", "To": "MMCT", "Reason": reason });
    assert_eq!((&json["Event"], &json["Booking"]["NotRun"]), (&"PartCancelled".into(), &not_run));
    let issuer = Issuer::default();
    let email = |text: &str| Email::parse(text).expect("an address");
    let (from, to) = (email("tickets@example.in"), email("anita@example.in"));
    let receipt = Attachment { name: "receipt.pdf", pdf: b"%PDF" };
    let mail = mail(&notification(Event::PartCancelled), &booking, &issuer, (&from, &to), receipt);
    let mail = String::from_utf8(mail).expect("text").replace("=\r\n", "");
    let says = format!("does not run this train from NDLS to MMCT on Thu 24 Dec 2026: {reason}.");
    assert!(mail.contains(&says), "{says} in {mail}");
}

#[test]
fn the_mail_of_a_late_train_says_what_can_be_done() {
    let late = delayed(200, true, "fog at Kota");
    let issuer = Issuer::default();
    let email = |text: &str| Email::parse(text).expect("an address");
    let (from, to) = (email("tickets@example.in"), email("anita@example.in"));
    let receipt = Attachment { name: "receipt.pdf", pdf: b"%PDF" };
    let mail = mail(&notification(Event::Delayed), &late, &issuer, (&from, &to), receipt);
    let mail = String::from_utf8(mail).expect("text").replace("=\r\n", "");
    for says in [
        "now leaves New Delhi at Thu 24 Dec 2026 20:15, and not at Thu 24 Dec 2026 16:55: fog at Kota.",
        "before it leaves gets all of their money back",
        "From New Delhi (NDLS), Thu 24 Dec 2026 20:15",
    ] {
        assert!(mail.contains(says), "{says} in {mail}");
    }
    let contact = Contact { email: None, phone: None };
    let json: serde_json::Value =
        serde_json::from_str(&payload(&notification(Event::Delayed), &late, &contact)).expect("JSON");
    let delay = serde_json::json!({
        "Was": "2026-12-24T16:55:00", "LaterMinutes": 200, "GivesAllBack": true, "Reason": "fog at Kota"
    });
    assert_eq!((&json["Event"], &json["Booking"]["Delay"]), (&"Delayed".into(), &delay));
}

#[rstest]
#[case(
    Event::Booked,
    with([rac(4), waiting(12)]),
    "Booked, waiting: PNR 245-1234567, train 12952, 24 Dec 16:55 NDLS to MMCT, 3A: RAC 4 GNWL 12. Paid Rs 4,042.50."
)]
#[case(
    Event::Promoted,
    with([Place::Berth(allotted("B2", 20)), Place::Berth(allotted("B3", 1))]),
    "Moved up: PNR 245-1234567, train 12952, 24 Dec 16:55 NDLS to MMCT, 3A: B2/20 B3/1. Paid Rs 4,042.50."
)]
#[case(
    Event::Cancelled,
    with([Place::Cancelled, waiting(12)]),
    "Cancelled in part: PNR 245-1234567, train 12952, 24 Dec 16:55 NDLS to MMCT, 3A: CAN GNWL 12. Paid Rs 4,042.50."
)]
#[case(
    Event::TrainCancelled,
    cancelled(),
    "Train cancelled: PNR 245-1234567, train 12952, 24 Dec 16:55 NDLS to MMCT, 3A: CAN CAN. Paid Rs 4,042.50."
)]
fn a_text_message_says_all_of_it_in_a_line(#[case] event: Event, #[case] booking: Booking, #[case] text: &str) {
    assert_eq!(text_message(event, &booking), text);
}

#[test]
fn money_that_was_not_taken_is_not_said_to_be_paid() {
    let mut booking = booking();
    booking.payment.as_mut().expect("it is paid").method = PaymentMethod::Test;
    assert!(text_message(Event::Booked, &booking).ends_with("TEST PAYMENT Rs 4,042.50."));
}

#[test]
fn the_longest_text_message_is_one_part_and_of_its_alphabet() {
    let mut booking = booking();
    let traveller = booking.passengers[0].clone();
    booking.passengers = vec![traveller; 6];
    booking.train_name = "मुंबई राजधानी".to_owned();
    for stop in [&mut booking.from, &mut booking.to] {
        stop.station = StationCode::parse("ABCDEFGH").expect("the longest code");
    }
    booking.payment.as_mut().expect("it is paid").amount = Paise::rupees(12_345_678);
    let places = [waiting(999), rac(99), Place::Berth(allotted("HA1", 72)), Place::Cancelled, Place::Unreserved];
    for event in EVENTS {
        for place in places {
            booking.passengers.iter_mut().for_each(|booked| booked.place = place);
            let text = text_message(event, &booking);
            assert!(text.len() <= LONGEST_TEXT && text.is_ascii(), "{} of {text}", text.len());
            assert!(text.ends_with("Rs 1,23,45,678.00."), "nothing of it is cut off: {text}");
        }
    }
    booking.passengers[0].place = Place::Berth(allotted("HA1", 72));
    booking.passengers[1..].iter_mut().for_each(|booked| booked.place = waiting(999));
    let text = text_message(Event::Booked, &booking);
    assert!(text.contains(": 1 CNF 5 WL. "), "what does not fit is counted: {text}");
}

/// The words of the sample's mail.
const MAIL: &str = "Booked.

PNR 245-1234567
12952 Mumbai Rajdhani, AC 3 tier
From New Delhi (NDLS), Thu 24 Dec 2026 16:55
To Mumbai Central (MMCT), Fri 25 Dec 2026 08:35

1. Anita Sharma: CNF/B2/20/LB
2. Dev Sharma: CNF/B2/21/MB
3. Mira Sharma: no berth

Paid Rs 4,042.50.
Carry proof of identity, and the ticket on paper or on a screen.

The receipt is attached. For enquiries call 139.
Kiosk
";

/// The parts of a mail of two.
fn parts(mime: &str) -> (String, String, String) {
    let (head, rest) = mime.split_once("\r\n\r\n").expect("a head");
    let boundary = head.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
    let parts: Vec<_> = rest.split(&format!("--{boundary}")).collect();
    let [_, text, pdf, end] = parts.as_slice() else { panic!("{} parts", parts.len()) };
    assert!(end.starts_with("--"), "{end}");
    (head.to_owned(), (*text).to_owned(), (*pdf).to_owned())
}

#[test]
fn a_mail_says_it_in_full_and_brings_the_receipt() {
    let address = |text| Email::parse(text).expect("an address");
    let (from, to) = (address("tickets@example.in"), address("anita@example.in"));
    let pdf: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let made = || {
        let attachment = Attachment { name: "receipt-2451234567.pdf", pdf: &pdf };
        mail(&notification(Event::Booked), &booking(), &Issuer::default(), (&from, &to), attachment)
    };
    let mime = String::from_utf8(made()).expect("a mail is ASCII");
    assert_eq!(mime.as_bytes(), made(), "the same each time");
    assert!(mime.split("\r\n").all(|line| line.len() <= 998 && line.is_ascii()), "RFC 5322, 2.1.1");
    let (head, text, file) = parts(&mime);
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    for line in [
        "Message-ID: <2451234567-1@example.in>",
        "Date: Tue, 1 Dec 2026 08:14:22",
        "To: <anita@example.in>",
        "Subject: Booked: 12952 Mumbai Rajdhani, Thu 24 Dec, PNR 245-1234567",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(head.lines().any(|found| found.starts_with(line)), "{line} is not in {head}");
    }
    assert!(head.contains("<tickets@example.in>"), "{head}");
    let (_, text) = text.split_once("\r\n\r\n").expect("a head");
    assert_eq!(text.replace("\r\n", "\n").trim_end(), MAIL.trim_end());
    let (about, encoded) = file.split_once("\r\n\r\n").expect("a head");
    assert!(about.contains("application/pdf") && about.contains("receipt-2451234567.pdf"), "{about}");
    let encoded: String = encoded.split_whitespace().collect();
    assert_eq!(BASE64.decode(encoded.as_bytes()).expect("base64"), pdf);
}

#[test]
fn a_name_of_another_script_and_a_line_break_cannot_make_a_header() {
    let mut booking = booking();
    booking.train_name = "राजधानी\r\nBcc: all@example.in".to_owned();
    let address = |text| Email::parse(text).expect("an address");
    let (from, to) = (address("tickets@example.in"), address("anita@example.in"));
    let attachment = Attachment { name: "receipt.pdf", pdf: b"%PDF" };
    let mime = mail(&notification(Event::Booked), &booking, &Issuer::default(), (&from, &to), attachment);
    let (head, ..) = parts(&String::from_utf8(mime).expect("a mail is ASCII"));
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
}

#[test]
fn the_json_is_as_the_documentation_has_it() {
    let contact = Contact { email: Some("anita@example.in".to_owned()), phone: Some("+919810012345".to_owned()) };
    let json = payload(&notification(Event::Booked), &booking(), &contact);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let documentation = include_str!("../../docs/notifications.md");
    let example = documentation.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    let example: serde_json::Value = serde_json::from_str(example.expect("there is an example")).expect("JSON");
    assert_eq!(json, example, "\n{json:#}\n");
}

#[test]
fn a_subject_says_what_when_and_which() {
    assert_eq!(subject(Event::Promoted, &booking()), "Moved up: 12952 Mumbai Rajdhani, Thu 24 Dec, PNR 245-1234567");
}

#[test]
fn nobody_is_told_of_what_changes_nothing_for_them() {
    let owed = |booking: &Booking| Notification::of(booking, [Channel::Sms].into()).map(|owed| owed.event);
    let mut booking = booking();
    assert_eq!(owed(&booking), Some(Event::Booked));
    assert_eq!(Notification::of(&booking, [].into()), None, "no channel");
    for deed in [Deed::PaidOut, Deed::Lapsed, Deed::Reserved] {
        booking.history.last_mut().expect("its making").what = deed;
        assert_eq!(owed(&booking), None);
    }
    booking.history.last_mut().expect("its making").what = Deed::Cancelled(vec![0]);
    assert_eq!(owed(&booking), Some(Event::Cancelled));
    booking.payment = None;
    assert_eq!(owed(&booking), None, "a slip that is given up");
}
