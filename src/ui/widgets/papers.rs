//! The papers of a booking: the signed ticket as a code to scan, the receipt, and a link to it. Screens that show a booking
//! hold one.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::Booking;
use crate::domain::time::railway_time;
use crate::service::request::{Document, Failure, ReceiptLink, Reply, Request};
use crate::ticket::Ticket;
use crate::ui::context::{Context, World};
use crate::ui::glyphs::Charset;
use crate::ui::keys::{Binding, Key, bind};
use crate::ui::msg::{CallId, How, Load};
use crate::ui::screen::{Extent, Hyperlink};
use crate::ui::theme::Tone;
use crate::ui::widgets::qr;
use crate::ui::widgets::sheet::{moment, paragraph, put};
use crate::ui::widgets::status::Off;

/// Characters of the ticket's text on a line: seven lines hold the longest.
const CODE_COLUMNS: usize = 22;

/// Rows above a link: its title, what is to be known of it, and a space.
const LINK_ROW: u16 = 6;

/// What a person asks of the papers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The code to scan, on the screen.
    Code,
    /// The receipt, brought in a way.
    Receipt(How),
}

impl Ask {
    /// The line of a screen's key table that asks for it by an action.
    pub const fn bind<A>(self, action: A) -> Binding<A> {
        match self {
            Self::Code => {
                bind(&[Key::Char('q')], "q", "code", "Shows the code to scan, as large as it has to be.", action)
            }
            Self::Receipt(How::Open) => {
                bind(&[Key::Char('o')], "o", "open receipt", "Opens the receipt in its own program.", action)
            }
            Self::Receipt(How::Save) => {
                bind(&[Key::Char('s')], "s", "save receipt", "Saves the receipt as a file.", action)
            }
            Self::Receipt(How::Print) => {
                bind(&[Key::Char('p')], "p", "print receipt", "Prints the receipt here.", action)
            }
            Self::Receipt(How::Link) => bind(
                &[Key::Char('l')],
                "l",
                "link",
                "Shows an address of the receipt that is good for a while.",
                action,
            ),
        }
    }
}

/// The papers of a booking, as far as they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    ticket: Load<Ticket>,
    receipt: Load<Document>,
    /// Of which versions of the booking they were asked for.
    versions: Versions,
    link: Load<ReceiptLink>,
    how: Option<How>,
    page: Page,
}

/// Versions of a booking, none of which is 0.
#[derive(Clone, Copy, Debug, Default)]
struct Versions {
    ticket: u32,
    receipt: u32,
}

/// What is on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Booking,
    Code,
    Link,
}

/// Whether a booking has a code to board with, as far as is known here: not on a train that does not go.
pub fn has_code(booking: &Booking, world: &World) -> bool {
    booking.may_board() && Off::of(booking, world).is_none()
}

impl Papers {
    /// Asks for the ticket in the background, so that its code is there when it is wanted.
    pub fn fetch(&mut self, booking: &Booking, cx: &mut Context) {
        let is_old = self.versions.ticket != booking.version;
        if is_old || matches!(self.ticket, Load::Idle | Load::Failed(_)) {
            self.versions.ticket = booking.version;
            self.ticket = Load::Waiting(cx.fetch(Request::Ticket { pnr: booking.pnr }));
        }
    }

    /// Whether a booking has what is asked for, and whether there is a way to bring it.
    pub fn offers(&self, ask: Ask, booking: &Booking, world: &World) -> bool {
        let paid = booking.payment.is_some();
        match ask {
            // Whoever waits has no ticket to board with.
            Ask::Code => has_code(booking, world),
            Ask::Receipt(how) => paid && !self.is_open() && world.documents.contains(&how),
        }
    }

    /// Does what is asked.
    pub fn act(&mut self, ask: Ask, booking: &Booking, cx: &mut Context) {
        match ask {
            Ask::Code => self.show_code(booking, cx),
            Ask::Receipt(How::Link) => {
                if !self.link.is_waiting() {
                    self.link = Load::Waiting(cx.call(Request::ReceiptLink { pnr: booking.pnr }));
                }
            }
            Ask::Receipt(how) => self.bring(booking, how, cx),
        }
    }

    /// Shows the code to scan.
    fn show_code(&mut self, booking: &Booking, cx: &mut Context) {
        self.close();
        self.page = Page::Code;
        self.fetch(booking, cx);
    }

    /// Goes back from the code or the link to the booking; the link is forgotten. Returns whether one of them was shown.
    pub fn close(&mut self) -> bool {
        if self.page == Page::Link {
            self.link = Load::Idle;
        }
        std::mem::take(&mut self.page) != Page::Booking
    }

    /// Takes a touch: it closes the code. Whoever touches a link means it.
    pub fn touch(&mut self) {
        if self.page == Page::Code {
            self.close();
        }
    }

    /// Whether the code or the link is on the screen, in the booking's place.
    pub fn is_open(&self) -> bool {
        self.page != Page::Booking
    }

    /// The link and where it stands in the place of [`Self::view`], while it is shown.
    pub fn hyperlink(&self, area: Rect) -> Option<Hyperlink> {
        let link = self.link.ready().filter(|_| self.page == Page::Link)?;
        Some(Hyperlink { area: link_place(&link.url, area), url: Arc::clone(&link.url) })
    }

    /// Brings the receipt to the person, once it is made. That of a booking which has changed since is made anew.
    fn bring(&mut self, booking: &Booking, how: How, cx: &mut Context) {
        match &self.receipt {
            Load::Ready(document) if self.versions.receipt == booking.version => cx.open(document.clone(), how),
            Load::Waiting(_) if self.versions.receipt == booking.version => self.how = Some(how),
            _ => {
                self.how = Some(how);
                self.versions.receipt = booking.version;
                self.receipt = Load::Waiting(cx.call(Request::Receipt { pnr: booking.pnr }));
            }
        }
    }

    /// Takes an answer. Returns whether it was to one of its calls.
    pub fn reply(&mut self, call: CallId, answer: &Result<Reply, Failure>, cx: &mut Context) -> bool {
        let ticket = |reply: &Reply| if let Reply::Ticket(ticket) = reply { Some(ticket.clone()) } else { None };
        let document = |reply: &Reply| if let Reply::Receipt(file) = reply { Some(file.clone()) } else { None };
        let link = |reply: &Reply| if let Reply::ReceiptLink(link) = reply { Some(link.clone()) } else { None };
        if self.ticket.settle(call, answer, ticket) {
            return true;
        }
        if self.link.settle(call, answer, link) {
            match &self.link {
                Load::Ready(_) => self.page = Page::Link,
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
            return true;
        }
        if !self.receipt.settle(call, answer, document) {
            return false;
        }
        match (&self.receipt, self.how.take()) {
            (Load::Ready(document), Some(how)) => cx.open(document.clone(), how),
            (Load::Failed(failure), _) => cx.toast(Tone::Bad, failure.to_string()),
            _ => {}
        }
        true
    }

    /// The person waits no longer for a call.
    pub fn gave_up(&mut self, call: CallId) {
        self.ticket.give_up(call);
        self.receipt.give_up(call);
        self.link.give_up(call);
    }

    /// How much of the terminal is needed: all of it for a code that is ready to scan.
    pub fn extent(&self, world: &World) -> Extent {
        let code = self.page == Page::Code && self.ticket.ready().is_some();
        if code && world.glyphs.charset == Charset::Unicode { Extent::Terminal } else { Extent::Body }
    }

    /// Draws the code beside a booking where there is room for it.
    pub fn view_beside(&self, buf: &mut Buffer, side: Rect, world: &World) {
        if let (Load::Ready(ticket), Charset::Unicode) = (&self.ticket, world.glyphs.charset) {
            qr::view(ticket, buf, side);
        }
    }

    /// Draws the code with what it stands for, or the link.
    pub fn view(&self, buf: &mut Buffer, area: Rect, booking: &Booking, world: &World) {
        if let (Page::Link, Load::Ready(link)) = (self.page, &self.link) {
            return view_link(link, buf, area, booking, world);
        }
        match (&self.ticket, world.glyphs.charset) {
            (Load::Ready(ticket), Charset::Unicode) => view_code(ticket, buf, area, booking, world),
            (Load::Ready(ticket), Charset::Ascii) => view_text(ticket, buf, area, booking, world),
            (Load::Failed(failure), _) => {
                put(buf, area, 2, "The ticket could not be signed", world.theme.bad);
                let below = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
                let words = format!("{failure} Press q to try again, or Esc to go back: the PNR is good without it.");
                paragraph(buf, below, &words, world.theme.text);
            }
            _ => put(buf, area, 2, "The ticket is being signed …", world.theme.dim),
        }
    }
}

/// Where a link stands: below what is said of it, in as many whole lines as it needs and there are.
fn link_place(url: &str, area: Rect) -> Rect {
    let below = Rect { x: area.x + 2, y: area.y + LINK_ROW, width: area.width.saturating_sub(4), ..area };
    let room = area.bottom().saturating_sub(below.y);
    let needed = url.len().div_ceil(usize::from(below.width.max(1)));
    Rect { height: u16::try_from(needed).unwrap_or(u16::MAX).min(room), ..below }
}

fn view_link(link: &ReceiptLink, buf: &mut Buffer, area: Rect, booking: &Booking, world: &World) {
    let theme = &world.theme;
    put(buf, area, 2, &format!("The receipt of PNR {} by a link", booking.pnr.spoken()), theme.strong);
    let place = link_place(&link.url, area);
    let fits = usize::from(place.width) * usize::from(place.height) >= link.url.len();
    let take = if fits { "copy all of its lines into one" } else { "make this window larger to see all of it" };
    let words = format!(
        "Whoever has it can read the receipt until {}: give it to nobody but who travels. Where this terminal can, Ctrl \
         or Shift and a click open it in a browser; else {take}.",
        railway_time(link.until).format("%H:%M")
    );
    let above = Rect { y: area.y + 1, height: area.height.min(LINK_ROW - 2), ..area };
    paragraph(buf, above, &words, theme.text);
    for (row, line) in place.rows().zip(link.url.as_bytes().chunks(usize::from(place.width.max(1)))) {
        buf.set_stringn(row.x, row.y, String::from_utf8_lossy(line), row.width.into(), theme.accent);
    }
}

/// Berths in a row beside the code, and as many as have room there in all.
const BERTHS_IN_ROW: usize = 4;
const MOST_BERTHS: usize = 6 * BERTHS_IN_ROW;

fn view_code(ticket: &Ticket, buf: &mut Buffer, area: Rect, booking: &Booking, world: &World) {
    let theme = &world.theme;
    qr::view(ticket, buf, area);
    let side = Rect { x: area.x + qr::COLUMNS + 2, width: area.width.saturating_sub(qr::COLUMNS + 2), ..area };
    let berths: Vec<String> = booking.berths().map(|allotted| allotted.berth.to_string()).collect();
    let train = format!("{} {}", booking.train, booking.train_name);
    let lines = [
        (format!("PNR {}", booking.pnr.spoken()), theme.accent),
        (String::new(), theme.text),
        (train, theme.strong),
        (format!("{} {}", booking.class, booking.class.words()), theme.text),
        (format!("{} {}", booking.boards().station, moment(booking.boards().at)), theme.text),
        (format!("{} {}", booking.to.station, moment(booking.to.at)), theme.text),
        (String::new(), theme.text),
    ];
    // Beside the code there is room for some rows of them.
    let shown = if berths.len() > MOST_BERTHS { MOST_BERTHS - BERTHS_IN_ROW } else { berths.len() };
    let more = berths.len() - shown;
    let more = (more > 0).then(|| (format!("and {more} more, on the receipt"), theme.text));
    let berths = berths[..shown].chunks(BERTHS_IN_ROW).map(|some| (some.join("  "), theme.text)).chain(more);
    let closing = [
        (String::new(), theme.text),
        ("An inspector scans this code.".to_owned(), theme.text),
        ("It holds no name: bring an".to_owned(), theme.dim),
        ("identity card.".to_owned(), theme.dim),
    ];
    for (row, (words, style)) in side.rows().skip(1).zip(lines.into_iter().chain(berths).chain(closing)) {
        put(buf, row, 0, &words, style);
    }
    if let Some(last) = side.rows().nth(usize::from(qr::ROWS - 2)) {
        put(buf, last, 0, "Esc", theme.key);
        put(buf, last, 4, "back to the booking", theme.text);
    }
}

fn view_text(ticket: &Ticket, buf: &mut Buffer, area: Rect, booking: &Booking, world: &World) {
    let theme = &world.theme;
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        put(buf, row, 2, &format!("The ticket of PNR {} as text", booking.pnr.spoken()), theme.strong);
    }
    let text = ticket.text();
    let mut rows = rows.skip(1);
    for chunk in text.as_bytes().chunks(CODE_COLUMNS) {
        let Some(row) = rows.next() else { return };
        put(buf, row, 6, &String::from_utf8_lossy(chunk), theme.accent);
    }
    let below = rows.nth(1).map_or(area.bottom(), |row| row.y);
    let words = "This console cannot draw the square code. An inspector checks the same ticket by its text, with \
                 'kiosk ticket verify' and the railway's public key; line breaks do no harm. The receipt has the \
                 code to scan.";
    paragraph(buf, Rect { y: below, height: area.bottom().saturating_sub(below), ..area }, words, theme.text);
}
