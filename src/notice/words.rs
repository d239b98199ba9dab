//! The words of all messages, in one place.

use std::collections::BTreeMap;

use crate::domain::booking::{Booking, BookingStatus, PaymentMethod, Place};
use crate::domain::delay::{News, news};
use crate::domain::gap;
use crate::domain::money::Paise;
use crate::domain::notification::Event;

/// The characters of one text message in the alphabet of GSM 03.38, in which all of them are written.
pub const LONGEST_TEXT: usize = 160;

/// What stands before everything else.
pub(super) fn headline(event: Event, booking: &Booking) -> &'static str {
    match (event, booking.status) {
        (Event::Resent, BookingStatus::Cancelled) => "Cancelled",
        (Event::Booked | Event::Resent, _) if waits(booking) => "Booked, waiting",
        (Event::Booked | Event::Resent, _) => "Booked",
        (Event::Promoted, _) => "Moved up",
        (Event::BoardingMoved, _) => "Boarding changed",
        (Event::Cancelled, BookingStatus::Cancelled) => "Cancelled",
        (Event::Cancelled, _) => "Cancelled in part",
        (Event::Delayed, _) => "New time",
        (Event::Dropped, _) => "No berth came free",
        (Event::PartCancelled, _) => "Not run",
        (Event::TrainCancelled, _) => "Train cancelled",
    }
}

/// The subject of a mail.
pub fn subject(event: Event, booking: &Booking) -> String {
    let Booking { train, train_name, pnr, .. } = booking;
    let day = booking.boards().at.format("%a %-d %b");
    format!("{}: {train} {train_name}, {day}, PNR {}", headline(event, booking), pnr.spoken())
}

/// A text message of one part: never longer than [`LONGEST_TEXT`], with no characters but those of its alphabet.
pub fn text_message(event: Event, booking: &Booking) -> String {
    if let (Event::Delayed, Some(news)) = (event, news(booking)) {
        return delay_in_a_line(news, booking);
    }
    if let (Event::PartCancelled, Some(news)) = (event, gap::news(booking)) {
        return gap_in_a_line(news, booking);
    }
    let (Booking { train, to, class, pnr, .. }, from) = (booking, booking.boards());
    let head = format!(
        "{}: PNR {}, train {train}, {} {} to {}, {class}: ",
        headline(event, booking),
        pnr.spoken(),
        from.at.format("%-d %b %H:%M"),
        from.station,
        to.station,
    );
    let tail = format!(". {}", money(booking));
    let places = places(booking);
    let room = LONGEST_TEXT.saturating_sub(head.len() + tail.len());
    let places = if places.len() <= room { places } else { counted(booking) };
    let whole = format!("{head}{places}{tail}");
    // Stations' codes are short: this is for those of a timetable that nobody has seen.
    whole.chars().take(LONGEST_TEXT).collect()
}

/// The old time and the new one, the reason, and what can be done; the reason gives way where there is no room for all.
fn delay_in_a_line(news: News<'_>, booking: &Booking) -> String {
    let (Booking { train, pnr, .. }, from) = (booking, booking.boards());
    let head = format!(
        "New time: PNR {}, train {train} leaves {} {}, not {}",
        pnr.spoken(),
        from.station,
        from.at.format("%-d %b %H:%M"),
        news.was.format("%-d %b %H:%M"),
    );
    let tail =
        if news.gives_all_back { ". All money back if you cancel before." } else { ". Your booking stays good." };
    with_reason(&head, news.reason, tail)
}

/// The part that is not run, the reason, and the money; the reason gives way where there is no room for all.
fn gap_in_a_line(news: gap::News<'_>, booking: &Booking) -> String {
    let (Booking { train, pnr, .. }, from) = (booking, booking.boards());
    let head = format!(
        "Not run: PNR {}, train {train} of {} does not go from {} to {}",
        pnr.spoken(),
        from.at.format("%-d %b"),
        news.from,
        news.to,
    );
    with_reason(&head, news.reason, &format!(". {}", money(booking)))
}

/// The same in a sentence.
pub(super) fn gap_in_a_sentence(news: gap::News<'_>, booking: &Booking) -> String {
    let day = booking.boards().at.format("%a %-d %b %Y");
    format!("The railway does not run this train from {} to {} on {day}: {}.", news.from, news.to, news.reason)
}

/// A text of one part, in which the reason has what room is left.
fn with_reason(head: &str, reason: &str, tail: &str) -> String {
    let room = LONGEST_TEXT.saturating_sub(head.len() + tail.len() + 2);
    let reason: String = reason.chars().filter(|character| is_plain(*character)).take(room).collect();
    let reason = if reason.is_empty() { reason } else { format!(": {}", reason.trim_end()) };
    format!("{head}{reason}{tail}").chars().take(LONGEST_TEXT).collect()
}

/// The same of other times, in sentences.
pub(super) fn delay_in_sentences(news: News<'_>, booking: &Booking) -> Vec<String> {
    let (from, moment) = (booking.boards(), "%a %-d %b %Y %H:%M");
    let mut lines = vec![format!(
        "The train now leaves {} at {}, and not at {}: {}.",
        from.name,
        from.at.format(moment),
        news.was.format(moment),
        news.reason,
    )];
    if news.gives_all_back {
        lines.push(
            "Whoever gives up their place before it leaves gets all of their money back, at any counter or by the account \
             that booked."
                .to_owned(),
        );
    }
    lines
}

/// Whether a character is one of the alphabet that takes no more room than another.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || " .,:;/()'&+-".contains(character)
}

/// What is paid, or what came back and how to get it.
pub(super) fn money(booking: &Booking) -> String {
    let refunded: Paise = booking.refunds.iter().map(|refund| refund.quote.refunded).sum();
    if booking.refunds.is_empty() {
        let paid = booking.payment.as_ref().map(|payment| (payment.amount, payment.method));
        let (amount, method) = paid.unwrap_or((Paise::ZERO, PaymentMethod::Test));
        let how = if method == PaymentMethod::Test { method.words() } else { "Paid" };
        return format!("{how} Rs {amount}.");
    }
    if booking.owed() > Paise::ZERO {
        return format!("Collect Rs {} at a counter.", booking.owed());
    }
    format!("Refunded Rs {refunded}.")
}

/// What a reader should know or do, if anything.
pub(super) fn advice(booking: &Booking) -> &'static str {
    if booking.status == BookingStatus::Cancelled {
        return "Nobody may travel on this booking any more.";
    }
    if waits(booking) {
        return "Who waits has no place yet. You are told when that changes; money is given back if it does not.";
    }
    if booking.passengers.iter().any(|booked| matches!(booked.place, Place::Rac { .. })) {
        return "RAC is a seat that is shared: you may board with it. You are told when a berth comes free.";
    }
    "Carry proof of identity, and the ticket on paper or on a screen."
}

/// Whether anybody has no place yet.
fn waits(booking: &Booking) -> bool {
    booking.passengers.iter().any(|booked| matches!(booked.place, Place::Waiting { .. }))
}

/// What each passenger has: `B1/23`, `RAC 2`, `GNWL 4`, `CAN`.
fn places(booking: &Booking) -> String {
    let mut places = Vec::new();
    for booked in &booking.passengers {
        match booked.place {
            Place::Lap => {}
            Place::Berth(allotted) => places.push(format!("{}/{}", allotted.berth.coach, allotted.berth.number)),
            place => places.push(place.to_string()),
        }
    }
    places.join(" ")
}

/// How many have what, where not all of it fits.
fn counted(booking: &Booking) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for booked in &booking.passengers {
        let kind = match booked.place {
            Place::Lap => continue,
            Place::Berth(_) => "CNF",
            Place::Rac { .. } => "RAC",
            Place::Waiting { .. } => "WL",
            Place::Unreserved => "UR",
            Place::Cancelled => "CAN",
        };
        *counts.entry(kind).or_default() += 1;
    }
    let counts: Vec<_> = counts.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    counts.join(" ")
}
