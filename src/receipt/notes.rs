//! The small print: what the traveller must know, in the order in which it matters on the way.

use crate::domain::booking::Booking;
use crate::receipt::Issuer;
use crate::receipt::face::Face::{Bold, Regular};
use crate::receipt::face::MISSING;
use crate::receipt::page::{Align, HEIGHT, Ink, Page, Style};
use crate::receipt::parts::{LEFT, RIGHT};

const SMALL: Style = Style::new(Regular, 6.9, Ink::Soft);
const LEADING: f32 = 8.6;
/// Where the small print begins at the highest, so that it stands at the foot of a page with few travellers too.
const TOP: f32 = 692.0;

const IDENTITY: &str = "One of the travellers must show an original identity card on the way: Aadhaar, voter's card, \
    passport, PAN card, driving licence, a card with a photograph issued by central or state government, a student's \
    card with a photograph, or a nationalised bank's passbook with a photograph.";
const WAITING: &str = "The status is that of the time of printing. RAC may board and share a berth; on the waiting list \
    nobody may travel in reserved coaches.";
const LAW: &str = "This ticket is for the named travellers alone. To sell or buy tickets without authority is an offence \
    under section 143 of the Railways Act, 1989.";
const COST: &str = "The railway's own tickets say that it recovers only 57 % of the cost of travel on an average.";
const ILLUSTRATIVE: &str = "Fares are illustrative: they follow published rules, not the railway's own table.";
const SIGNS: [&str; 2] = [
    "CNF confirmed · RAC reservation against cancellation · WL waiting list: GNWL general, RLWL remote location, PQWL \
     pooled quota, RSWL roadside station",
    "LB lower, MB middle, UB upper, SL side lower, SU side upper berth · WS window, MS middle, AS aisle seat · GN \
     general quota",
];

/// Writes the notes at the foot of the page, or below `y` where that is lower.
pub fn write(page: &mut Page, y: f32, replaced: bool, issuer: &Issuer) {
    let top = TOP.max(y + 10.0);
    page.rule((LEFT, top - 12.0), (RIGHT, top - 12.0), 0.5, Ink::Hairline);
    let ask = format!("Enquiries and complaints: telephone {}.", issuer.helpline);
    let (gap, half) = (24.0, (RIGHT - LEFT - 24.0) / 2.0);
    let columns = [vec![IDENTITY, WAITING], vec![LAW, COST, ILLUSTRATIVE, &ask]];
    let mut foot = top;
    for (column, notes) in columns.iter().enumerate() {
        let x = if column == 0 { LEFT } else { LEFT + half + gap };
        let mut y = top;
        for note in notes {
            y = page.paragraph(x, y, half, SMALL, LEADING, note) + 2.0;
        }
        foot = foot.max(y);
    }
    for signs in SIGNS {
        foot = page.paragraph(LEFT, foot + 2.0, RIGHT - LEFT, SMALL, LEADING, signs);
    }
    if replaced {
        let note = format!("{MISSING} stands for a letter that this receipt's typefaces lack; the chart has it.");
        let style = Style { face: Bold, ..SMALL };
        page.text(LEFT, foot + 2.0, RIGHT - LEFT, style, Align::Left, &note);
    }
}

/// Writes what a page is of at its very foot.
pub fn foot(page: &mut Page, booking: &Booking, issuer: &Issuer, (number, count): (usize, usize)) {
    let last = HEIGHT - 24.0;
    let made = format!("{} · rules {} · version {}", issuer.name, booking.fare.rules, booking.version);
    page.text(LEFT, last, 400.0, SMALL, Align::Left, &made);
    page.text(RIGHT, last, 100.0, SMALL, Align::Right, &format!("page {number} of {count}"));
}
