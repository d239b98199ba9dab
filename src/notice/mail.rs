//! The mail: plain text for every reader, and the receipt.

use std::borrow::Cow;

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::mime::{BodyPart, MimePart};

use crate::domain::booking::Booking;
use crate::domain::delay::news;
use crate::domain::gap;
use crate::domain::notification::{Event, Notification};
use crate::domain::user::Email;
use crate::notice::words::{advice, delay_in_sentences, gap_in_a_sentence, headline, money, subject};
use crate::receipt::Issuer;

/// How a moment is written.
const MOMENT: &str = "%a %-d %b %Y %H:%M";

/// A file that goes with a mail.
#[derive(Clone, Copy, Debug)]
pub struct Attachment<'a> {
    /// Its name, without a folder.
    pub name: &'a str,
    /// The bytes of a PDF.
    pub pdf: &'a [u8],
}

/// The mail (RFC 5322) of a notification. The same arguments give the same bytes, its `Message-ID` among them, so that a
/// reader who gets it twice can know.
pub fn mail(
    notification: &Notification,
    booking: &Booking,
    issuer: &Issuer,
    (from, to): (&Email, &Email),
    receipt: Attachment<'_>,
) -> Vec<u8> {
    let id = notification.id;
    let domain = from.as_str().rsplit_once('@').map_or("kiosk.invalid", |(_, domain)| domain);
    let text = MimePart::new(
        ContentType::new("text/plain").attribute("charset", "utf-8"),
        BodyPart::Text(Cow::from(body(notification, booking, issuer))),
    );
    let pdf = MimePart::new("application/pdf", BodyPart::Binary(Cow::from(receipt.pdf))).attachment(receipt.name);
    // The boundary is in neither part: one has no line of it, and the other is in base64.
    let boundary = format!("=_{id}");
    let parts = BodyPart::Multipart(vec![text, pdf]);
    let whole = MimePart::new(ContentType::new("multipart/mixed").attribute("boundary", boundary), parts);
    MessageBuilder::new()
        .message_id(format!("{id}@{domain}"))
        .date(Date::new(notification.at.timestamp()))
        .from((issuer.name.as_str(), from.as_str()))
        .to(to.as_str())
        .subject(subject(notification.event, booking))
        // No answer of a machine is wanted (RFC 3834).
        .header("Auto-Submitted", mail_builder::headers::raw::Raw::new("auto-generated"))
        .body(whole)
        .write_to_vec()
        .expect("memory takes all")
}

fn body(notification: &Notification, booking: &Booking, issuer: &Issuer) -> String {
    let mut lines = vec![format!("{}.", headline(notification.event, booking)), String::new()];
    if let (Event::Delayed, Some(news)) = (notification.event, news(booking)) {
        lines.extend(delay_in_sentences(news, booking));
        lines.push(String::new());
    }
    if let (Event::PartCancelled, Some(news)) = (notification.event, gap::news(booking)) {
        lines.extend([gap_in_a_sentence(news, booking), String::new()]);
    }
    lines.extend([
        format!("PNR {}", booking.pnr.spoken()),
        format!("{} {}, {}", booking.train, booking.train_name, booking.class.words()),
        format!("From {} ({}), {}", booking.from.name, booking.from.station, booking.from.at.format(MOMENT)),
    ]);
    lines.extend(
        booking.boarding.as_ref().map(|stop| {
            format!("Board at {} ({}), {}, and no earlier", stop.name, stop.station, stop.at.format(MOMENT))
        }),
    );
    lines.extend([
        format!("To {} ({}), {}", booking.to.name, booking.to.station, booking.to.at.format(MOMENT)),
        String::new(),
    ]);
    lines.extend(
        (1..).zip(&booking.passengers).map(|(n, booked)| format!("{n}. {}: {}", booked.passenger.name, booked.place)),
    );
    lines.extend([
        String::new(),
        money(booking),
        advice(booking).to_owned(),
        String::new(),
        format!("The receipt is attached. For enquiries call {}.", issuer.helpline),
        issuer.name.clone(),
        String::new(),
    ]);
    lines.join("\r\n")
}
