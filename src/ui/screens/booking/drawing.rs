//! A booking as the screen draws it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Detail;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::money::Paise;
use crate::domain::time::railway_time;
use crate::ui::context::World;
use crate::ui::frame;
use crate::ui::text;
use crate::ui::widgets::roll;
use crate::ui::widgets::sheet::{self, People, moment, panes, put, put_right, stack};
use crate::ui::widgets::status::{self, Off};

impl Detail {
    /// How many travel, once they are known, and rows for them.
    pub(super) fn rows(&self, world: &World) -> Option<(usize, u16)> {
        let booking = self.booking.ready()?;
        let [_, _, people, ..] = parts(panes(frame::body(world.size)).0, booking, world);
        Some((booking.passengers.len(), people.height))
    }

    /// Draws all that is known of a booking.
    pub(super) fn view_booking(&self, buf: &mut Buffer, area: Rect, booking: &Booking, world: &World) {
        let theme = &world.theme;
        let boards = booking.boarding.as_ref().map(|stop| {
            let words = format!("Board at {} {}, {}, and no earlier.", stop.name, stop.station, moment(stop.at));
            (words, theme.accent)
        });
        let changed = status::changed(booking, world);
        let changed_rows = changed_rows(booking, area.width, world);
        let [head, journey, people, fare, money, closing] = parts(area, booking, world);
        let (headline, tone) = status::headline(booking, world);
        put(buf, head, 2, &format!("PNR {}", booking.pnr.spoken()), theme.accent);
        put(buf, head, 20, &headline, theme.tone(tone).patch(theme.strong));
        let made = format!("made {} at {}", moment(railway_time(booking.booked_at)), booking.terminal);
        put_right(buf, head, &made, theme.dim);
        sheet::journey(buf, journey, (&booking.from, &booking.to, booking.km), world);
        sheet::people(buf, people, booking, (People::Shares, self.roll), world);
        let total = if booking.payment.is_some() { "Paid" } else { "To pay" };
        if fare.height == sheet::fare_rows(&booking.fare) {
            sheet::fare(buf, fare, &booking.fare, total, world);
        } else {
            put(buf, fare, 5, total, theme.strong);
            put_right(buf, fare, &format!("{}{}", world.glyphs.rupee, booking.fare.total), theme.text);
        }
        view_money(buf, money, booking, world);
        if let Some(words) = &changed {
            sheet::paragraph(buf, Rect { height: changed_rows.min(closing.height), ..closing }, words, theme.warning);
        }
        let left = closing.height.saturating_sub(changed_rows);
        let closing = Rect { y: closing.bottom() - left, height: left, ..closing };
        let closing = match boards {
            Some((words, style)) => {
                put(buf, closing, 2, &words, style);
                Rect { y: closing.y + 1, height: closing.height.saturating_sub(1), ..closing }
            }
            None => closing,
        };
        match self.attempt.doubt() {
            Some(doubt) => sheet::paragraph(buf, closing, doubt, theme.warning),
            None => sheet::paragraph(buf, closing, &closing_words(booking, world), theme.text),
        }
    }
}

/// Head, journey, people, fare, what was given back, and what else there is to know. Where money was given back or many
/// travel, what was paid is a line: its steps are on the receipt.
fn parts(area: Rect, booking: &Booking, world: &World) -> [Rect; 6] {
    let money = if booking.refunds.is_empty() { 0 } else { money_rows(booking) };
    let closing = 2 + u16::from(booking.boarding.is_some()) + changed_rows(booking, area.width, world);
    let (people, rest) = (booking.passengers.len(), 1 + sheet::JOURNEY_ROWS + money + closing);
    let fare = roll::fare_rows(&booking.fare, people, area.height.saturating_sub(rest));
    stack(area, [1, sheet::JOURNEY_ROWS, roll::rows(people, area.height, rest + fare), fare, money, closing])
}

/// Rows of what is said of a train that the railway has changed.
fn changed_rows(booking: &Booking, width: u16, world: &World) -> u16 {
    let changed = status::changed(booking, world);
    let rows = changed.map_or(0, |words| text::wrap(&words, width.saturating_sub(4)).len());
    u16::try_from(rows).unwrap_or(u16::MAX)
}

/// Rows of [`view_money`]: one for each refund as far as two, and what is kept.
fn money_rows(booking: &Booking) -> u16 {
    u16::try_from(booking.refunds.len().min(2)).unwrap_or(2) + 1
}

/// Draws what was given back, the newest first, and what is kept.
fn view_money(buf: &mut Buffer, area: Rect, booking: &Booking, world: &World) {
    let theme = &world.theme;
    let mut rows = area.rows();
    for (index, refund) in booking.refunds.iter().rev().take(2).enumerate() {
        let Some(row) = rows.next() else { return };
        let people = refund.quote.lines.len();
        let (state, style) = match &refund.paid_out {
            _ if refund.quote.refunded == Paise::ZERO => ("nothing to hand out".to_owned(), theme.dim),
            Some(paid) => (format!("paid out at {}", paid.terminal), theme.good),
            None => ("waits at a counter".to_owned(), theme.warning),
        };
        let older = booking.refunds.len().saturating_sub(2);
        let more = if index == 1 && older > 0 { format!(", {older} more before") } else { String::new() };
        let when = moment(railway_time(refund.quote.at));
        let amount = refund.quote.refunded.to_string();
        let state_at = 68_u16.saturating_sub(text::width(&state) + 2);
        let words = format!("Given back {when} for {people}{more}");
        put(buf, row, 5, &text::fit(&words, state_at.saturating_sub(6)), theme.text);
        put(buf, row, state_at, &state, style);
        put_right(buf, row, &amount, theme.strong);
    }
    if let Some(row) = rows.next()
        && !booking.refunds.is_empty()
    {
        put(buf, row, 5, "Kept", theme.strong);
        put_right(buf, row, &format!("{}{}", world.glyphs.rupee, booking.kept()), theme.accent);
    }
}

/// What there is to know beyond the figures: what a place in a queue means, and how it was paid or can be.
fn closing_words(booking: &Booking, world: &World) -> String {
    let phone = booking.phone.masked();
    if let Some(off) = Off::of(booking, world) {
        return off.words(booking);
    }
    match (&booking.payment, &booking.slip) {
        (Some(_), _) if booking.is_queued() && !booking.may_board() => {
            format!("{} Phone {phone}.", status::WAITING)
        }
        (Some(payment), _) => {
            let reference = payment.reference.as_ref().map(|text| format!(", reference {text}")).unwrap_or_default();
            let when = moment(railway_time(payment.taken_at));
            format!("Paid by {}{reference}, {when} at {}. Phone {phone}.", payment.method.words(), payment.terminal)
        }
        (None, Some(slip)) if !booking.has_lapsed(world.now) && booking.status == BookingStatus::AwaitingPayment => {
            let by = railway_time(slip.pay_by).format("%H:%M");
            format!("Not a ticket yet: pay at any counter by {by} under the number above. Phone {phone}.")
        }
        (None, _) if booking.status == BookingStatus::Cancelled => {
            "The slip was given up, and its berths were given back. Nothing is owed: book again to travel.".to_owned()
        }
        (None, _) => {
            "It was not paid in time, and the berths were given back. Nothing is owed: book again to travel.".to_owned()
        }
    }
}
