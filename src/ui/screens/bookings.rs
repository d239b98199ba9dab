//! The account's bookings, newest first: all of them or those that are meant, and any booking by its PNR.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::journeys::{JourneyFilter, Journeys};
use crate::domain::pnr::Pnr;
use crate::domain::time::railway_time;
use crate::service::request::{Cursor, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Focus};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, Typing, bind};
use crate::ui::msg::{CallId, How};
use crate::ui::onward::Onward;
use crate::ui::screen::Scene;
use crate::ui::screens::admin::when;
use crate::ui::screens::booking::{Detail, can_cancel};
use crate::ui::screens::cancel::Cancel;
use crate::ui::screens::former::Former;
use crate::ui::screens::review::class_words;
use crate::ui::since::Since;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::bring::{Ask, Bring};
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{self, moment, put, put_right};
use crate::ui::widgets::status;

/// Rows of a booking in the list.
const ROW: u16 = 2;

/// Columns of a kind of journeys above the list.
const TAB: u16 = 12;
/// The columns of a booking's train, with its departure above, and of its party.
const TRAIN: u16 = 15;
const PARTY: u16 = 46;

/// The most that is looked for, in characters.
const LONGEST: usize = 40;

/// The account's bookings.
#[derive(Clone, Debug)]
pub struct Bookings {
    list: Paged<Arc<Booking>>,
    since: Since,
    /// Which are in the list.
    filter: JourneyFilter,
    /// How far back they were looked through, where they go on.
    back_to: Option<DateTime<Utc>>,
    find: Field,
    typing: Typing,
    bring: Bring,
}

impl Default for Bookings {
    fn default() -> Self {
        let (list, filter, find) = (Paged::new(ROW), JourneyFilter::default(), Field::text("Find", LONGEST));
        let (since, bring) = (Since::default(), Bring::default());
        Self { list, since, filter, back_to: None, find, typing: Typing::No, bring }
    }
}

impl Bookings {
    /// Opens the booking whose PNR is typed, or looks for what is: a day of boarding, or words.
    fn look(&mut self, cx: &mut Context) {
        let typed = self.find.value().trim().to_owned();
        let digits = typed.chars().filter(char::is_ascii_digit).count();
        match typed.parse::<Pnr>() {
            Ok(pnr) => {
                self.find.set_value("");
                self.typing = Typing::No;
                self.since.show(pnr);
                return cx.push(Detail::of(pnr));
            }
            // As long as a PNR and nothing else: it is one that was mistyped.
            Err(bad) if digits >= PNR_DIGITS && typed.chars().all(|c| !c.is_alphabetic()) => {
                return self.find.refuse(sentence(&bad.to_string()));
            }
            Err(_) => {}
        }
        let on = if typed.is_empty() { None } else { when::day(&typed, cx.today()) };
        let words = if on.is_some() { String::new() } else { typed };
        self.typing = Typing::No;
        self.show(JourneyFilter { on, words, ..self.filter.clone() }, cx);
    }

    /// Shows other bookings.
    fn show(&mut self, filter: JourneyFilter, cx: &mut Context) {
        if filter != self.filter {
            self.filter = filter;
            self.back_to = None;
            let ask = self.ask();
            self.list.begin_another(cx, ask);
        }
    }

    /// Shows the kind of journeys so many places on.
    fn turn(&mut self, by: usize, cx: &mut Context) {
        let here = Journeys::ALL.iter().position(|kind| *kind == self.filter.journeys).unwrap_or(0);
        let journeys = Journeys::ALL[(here + by) % Journeys::ALL.len()];
        self.show(JourneyFilter { journeys, ..self.filter.clone() }, cx);
    }

    fn ask(&self) -> impl FnOnce(Option<Cursor>) -> Request + use<> {
        let filter = self.filter.clone();
        move |after| Request::MyBookings { filter, after }
    }

    fn begin(&mut self, cx: &mut Context) {
        let ask = self.ask();
        self.list.begin(cx, ask);
    }

    fn chosen(&self) -> Option<&Arc<Booking>> {
        self.list.chosen().filter(|_| self.typing == Typing::No)
    }

    /// The kinds and the field, and the list.
    fn places(area: Rect) -> (Rect, Rect) {
        let above = Rect { height: area.height.min(3), ..area };
        let list = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area };
        (above, list)
    }

    /// Why the list is empty, and what to do next.
    fn none(&self) -> (&'static str, String) {
        if let Some(at) = self.back_to {
            let day = railway_time(at).format("%-d %b %Y");
            let next = format!("Bookings were looked through back to {day}. Enter looks further back.");
            return ("Nothing fits so far", next);
        }
        if self.filter.is_empty() {
            let next = "Press Esc and search for a train: what you book stands here, newest first.";
            return ("No bookings yet", next.to_owned());
        }
        let next =
            "Press left or right for others; Tab goes to the field: Enter there with nothing typed shows all again.";
        ("No bookings of the kind", next.to_owned())
    }
}

/// Digits of a PNR.
const PNR_DIGITS: usize = 10;

/// A sentence with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look for what is typed.
    Look,
    /// Show the booking under the cursor.
    Show,
    /// Look further back for what is meant.
    Further,
    /// Move the cursor, or the page.
    Move(Key),
    /// Show the kind of journeys so many places on.
    Turn(usize),
    /// Type what is looked for.
    Find,
    /// Give places of the booking under the cursor up.
    Cancel,
    /// Search for the party of the booking under the cursor.
    Onward(Onward),
    /// Bring the list as a document.
    Report(Ask),
    /// Show what was booked before Kiosk came.
    Former,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Scene for Bookings {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter],
            "Enter",
            "look",
            "Shows the booking with the PNR, or looks for what is typed.",
            Action::Look,
        ),
        bind(&[Key::Enter], "Enter", "show", "Shows all of the booking.", Action::Show),
        bind(&[Key::Enter], "Enter", "further back", "Looks further back for what is meant.", Action::Further),
        bind(&[Key::Up], "↑↓", "booking", "Moves to the booking above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Right], "←→", "upcoming, past", "Shows all, upcoming, past or cancelled ones.", Action::Turn(1)),
        bind(&[Key::Left], "", "", "", Action::Turn(Journeys::ALL.len() - 1)),
        bind(&[Key::Char('/'), Key::Tab], "Tab", "find", "Finds by PNR, day, name, station or train.", Action::Find),
        bind(&[Key::Char('c')], "c", "cancel", "Gives places of the booking under the cursor up.", Action::Cancel),
        Onward::Again.bind(Action::Onward(Onward::Again)),
        Onward::Back.bind(Action::Onward(Onward::Back)),
        Ask::Paper(How::Open).bind(Action::Report(Ask::Paper(How::Open))),
        Ask::Paper(How::Save).bind(Action::Report(Ask::Paper(How::Save))),
        Ask::Paper(How::Print).bind(Action::Report(Ask::Paper(How::Print))),
        Ask::Spreadsheet.bind(Action::Report(Ask::Spreadsheet)),
        bind(
            &[Key::Char('r')],
            "r",
            "read again",
            "Reads the list again, or looks on where that failed.",
            Action::Again,
        ),
        bind(&[Key::Char('b')], "b", "before", "Shows what the account booked before Kiosk came.", Action::Former),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "My bookings".to_owned()
    }

    fn typing(&self) -> Typing {
        self.typing
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let in_list = self.typing == Typing::No;
        let is = |wanted: &dyn Fn(&Booking) -> bool| self.chosen().is_some_and(|booking| wanted(booking));
        match action {
            Action::Look => !in_list,
            Action::Show => self.chosen().is_some(),
            Action::Further => in_list && self.list.is_empty() && self.back_to.is_some() && !self.list.is_waiting(),
            Action::Move(_) => !self.list.is_empty(),
            Action::Turn(_) => in_list,
            Action::Cancel => is(&|booking| can_cancel(booking, world.now)),
            Action::Onward(_) => is(&|booking| booking.status != BookingStatus::AwaitingPayment),
            Action::Report(ask) => in_list && !self.list.is_empty() && self.bring.offers(ask, world),
            Action::Former => in_list && world.identity.is_some(),
            Action::Again => in_list && !self.list.is_waiting(),
            Action::Find | Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.begin(cx);
    }

    /// A slip may have been paid meanwhile. Of a list that took several answers the booking that was shown is read anew.
    fn resume(&mut self, cx: &mut Context) {
        if !self.since.resume(&self.list, cx) {
            self.begin(cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Look => self.look(cx),
            Action::Show => {
                if let Some(pnr) = self.chosen().map(|booking| booking.pnr) {
                    self.since.show(pnr);
                    cx.push(Detail::of(pnr));
                }
            }
            Action::Further => {
                let ask = self.ask();
                self.list.further(cx, ask);
            }
            // Under the question lies the booking, which shows what became of it.
            Action::Cancel => {
                if let Some(booking) = self.chosen().cloned() {
                    self.since.show(booking.pnr);
                    cx.push(Detail::of(booking.pnr));
                    cx.push(Cancel::new(booking));
                }
            }
            Action::Onward(onward) => {
                if let Some(booking) = self.chosen().cloned()
                    && let Err(why) = onward.search(&booking, "", None, cx)
                {
                    cx.toast(Tone::Warning, why);
                }
            }
            Action::Report(ask) => {
                let request = Request::MyBookingsFile { filter: self.filter.clone(), form: ask.form() };
                self.bring.ask(ask, request, cx);
            }
            Action::Turn(by) => self.turn(by, cx),
            Action::Find => {
                self.typing = if self.typing == Typing::Yes { Typing::No } else { Typing::Yes };
            }
            Action::Former => cx.push(Former::of_account()),
            Action::Again if self.list.failed_further() => {
                let ask = self.ask();
                self.list.further(cx, ask);
            }
            Action::Again => self.begin(cx),
            Action::Back if self.typing == Typing::Yes && cx.identity.is_some() => {
                self.typing = Typing::No;
                self.find.set_value("");
            }
            Action::Back => cx.pop(),
            Action::Move(key) => {
                let ((_, list), ask) = (Self::places(frame::body(cx.size)), self.ask());
                self.list.key(key, list, cx, ask);
                self.typing = Typing::No;
            }
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        let begins = matches!(key, Key::Char(c) if c.is_ascii_digit());
        if self.typing == Typing::Yes || begins {
            self.typing = Typing::Yes;
            self.find.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        self.typing = Typing::Yes;
        self.find.paste(text);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let (above, list) = Self::places(area);
        let is_press = mouse.kind == MouseKind::Press;
        if above.contains(mouse.at) && mouse.at.y > above.y {
            self.typing = Typing::Yes;
        } else if above.contains(mouse.at) && is_press {
            let tab = usize::from((mouse.at.x - above.x) / TAB);
            if let Some(journeys) = Journeys::ALL.get(tab) {
                self.show(JourneyFilter { journeys: *journeys, ..self.filter.clone() }, cx);
            }
        } else if list.contains(mouse.at) {
            self.typing = Typing::No;
            let ask = self.ask();
            if let Touch::Acted(_) = self.list.mouse(mouse, list, cx, ask) {
                self.act(Action::Show, cx);
            }
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let (filter, now) = (&self.filter, cx.now);
        if self.since.reply(call, &answer, &mut self.list, |booking| filter.includes(booking, now)) {
            return;
        }
        let mut back_to = self.back_to;
        let page = |reply: &Reply| match reply {
            Reply::Bookings { page, next, back_to: until } => {
                back_to = *until;
                Some((page.clone(), next.clone()))
            }
            _ => None,
        };
        if self.list.reply(call, &answer, page) {
            self.back_to = back_to;
            if answer.is_ok() {
                let room = usize::from(Self::places(frame::body(cx.size)).1.height / ROW);
                let ask = self.ask();
                self.list.fill(room, cx, ask);
            }
        } else {
            self.bring.reply(call, &answer, cx);
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.since.gave_up(call);
        self.list.gave_up(call);
        self.bring.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (above, list) = Self::places(area);
        self.view_kinds(buf, above, world);
        self.view_field(buf, Rect { y: above.y + 1, height: above.height.saturating_sub(1), ..above }, world);
        self.view_looked(buf, list, world);
        let focus = if self.typing == Typing::No { Focus::Here } else { Focus::Elsewhere };
        let (title, next) = self.none();
        self.list.view(buf, list, (focus, world), (title, &next), |buf, place, booking| {
            view_row(buf, place, booking, world);
        });
    }
}

impl Bookings {
    /// How far back those in the list were looked for, while there is more behind.
    fn view_looked(&self, buf: &mut Buffer, list: Rect, world: &World) {
        let is_said = !self.filter.is_empty() && !self.list.is_begun_anew();
        let Some(at) = self.back_to.filter(|_| is_said) else { return };
        let above = Rect { y: list.y.saturating_sub(1), height: 1, ..list };
        let looked = format!("Looked back to {}", railway_time(at).format("%-d %b %Y"));
        if self.list.is_waiting() {
            put(buf, above, 2, &format!("{looked} so far …"), world.theme.dim);
        } else if self.list.failed_further() {
            let next = if self.typing == Typing::No { "; r looks further" } else { "" };
            put(buf, above, 2, &format!("{looked}{next}."), world.theme.dim);
        } else if !self.list.is_empty() {
            put(buf, above, 2, &format!("{looked}; at the end ↓ looks further."), world.theme.dim);
        }
    }

    fn view_kinds(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        for (column, kind) in (0..).step_by(usize::from(TAB)).zip(Journeys::ALL) {
            let is_shown = kind == self.filter.journeys;
            let word = if is_shown { kind.word().to_uppercase() } else { sentence(kind.word()).replace('.', "") };
            put(buf, area, column + 2, &word, if is_shown { theme.accent } else { theme.dim });
        }
        let looked = match (&self.filter, &self.back_to) {
            (JourneyFilter { on: Some(day), .. }, _) => format!("boarding {}", day.format("%a %-d %b %Y")),
            (JourneyFilter { words, .. }, _) if !words.is_empty() => format!("with {}", text::fit(words, 20)),
            _ => String::new(),
        };
        put_right(buf, area, &looked, theme.text);
    }

    fn view_field(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let focus = if self.typing == Typing::Yes { Focus::Here } else { Focus::Elsewhere };
        if focus == Focus::Here {
            put(buf, area, 0, "▌", theme.accent);
        }
        put(buf, area, 2, "Find", theme.strong);
        let place = Rect { x: area.x + 8, width: 23, height: 1, ..area };
        self.find.view_value(buf, place, focus, world);
        let beside = Rect { x: area.x + 32, width: area.width.saturating_sub(32), ..area };
        match self.find.error() {
            Some(error) => sheet::paragraph(buf, beside, error, theme.bad),
            None => put(buf, beside, 2, "a PNR, day, name, station or train", theme.dim),
        }
    }
}

/// Draws a booking in two rows.
pub(super) fn view_row(buf: &mut Buffer, place: Rect, booking: &Booking, world: &World) {
    let theme = &world.theme;
    let (headline, tone) = status::headline(booking, world);
    let gone = booking.has_lapsed(world.now) || booking.to.at < railway_time(world.now);
    let name = if gone { theme.dim } else { theme.strong };
    let mut rows = place.rows();
    let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
    put(buf, top, 2, &booking.pnr.spoken(), name);
    let boards = booking.boards();
    put(buf, top, TRAIN, &moment(boards.at), name);
    let room = top.width.saturating_sub(34 + text::width(&headline) + 3);
    let way = format!("{}{}{}", boards.name, world.glyphs.to, booking.to.name);
    let way = if text::width(&way) <= room {
        way
    } else {
        format!("{}{}{}", boards.station, world.glyphs.to, booking.to.station)
    };
    put(buf, top, 34, &way, name);
    put_right(buf, top, &headline, theme.tone(tone));
    let first = booking.passengers.first().map_or("", |booked| booked.passenger.name.as_str());
    let others = match (status::queued(booking), booking.passengers.len()) {
        (Some(places), _) => format!(" · {places}"),
        (None, 0 | 1) => String::new(),
        (None, n) => format!(" and {} more", n - 1),
    };
    let class = format!(" · {}", class_words(booking.class, booking.quota));
    let train = format!("{} {}", booking.train, booking.train_name);
    let train = text::fit(&train, (PARTY - TRAIN - 1).saturating_sub(text::width(&class)));
    put(buf, bottom, TRAIN, &format!("{train}{class}"), theme.dim);
    let total = booking.fare.total.to_string();
    let room = bottom.width.saturating_sub(PARTY + text::width(&total) + 3);
    let name = text::fit(first, room.saturating_sub(text::width(&others)).min(16));
    put(buf, bottom, PARTY, &text::fit(&format!("{name}{others}"), room), theme.dim);
    put_right(buf, bottom, &total, theme.dim);
}
