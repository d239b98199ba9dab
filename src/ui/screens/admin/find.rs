//! Anybody's bookings: by PNR, telephone number, name, run or day of sale, and among those of a run or a day by name.

use std::sync::Arc;

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::Booking;
use crate::domain::pnr::Pnr;
use crate::domain::train::{RunId, TrainNumber};
use crate::domain::user::Phone;
use crate::service::request::{BookingSearch, Cursor, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Field;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::CallId;
use crate::ui::screen::Scene;
use crate::ui::screens::admin::when;
use crate::ui::screens::booking::{Detail, can_cancel};
use crate::ui::screens::bookings::view_row;
use crate::ui::screens::cancel::Cancel;
use crate::ui::screens::history::History;
use crate::ui::since::Since;
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::query::Query;
use crate::ui::widgets::sheet::put;
use crate::ui::widgets::state;

/// Rows of a booking in the list.
const ROW: u16 = 2;

/// The fields.
const BY: usize = 0;
const WHAT: usize = 1;
const NAME: usize = 2;

/// What is known of the bookings, in the order of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Pnr,
    Phone,
    Name,
    Run,
    Day,
}

impl By {
    const ALL: [Self; 5] = [Self::Pnr, Self::Phone, Self::Name, Self::Run, Self::Day];

    const fn word(self) -> &'static str {
        match self {
            Self::Pnr => "PNR",
            Self::Phone => "telephone",
            Self::Name => "name",
            Self::Run => "run",
            Self::Day => "day of sale",
        }
    }

    /// What to type.
    const fn says(self) -> &'static str {
        match self {
            Self::Pnr => "A PNR has ten digits, as on the ticket.",
            Self::Phone => "The telephone number on the booking, with or without +91 or 0 before it.",
            Self::Name => "Two letters or more of a passenger's name; the newest bookings come first.",
            Self::Run => "A train and the day on which it leaves its first station, such as 12951 24 dec.",
            Self::Day => "The day on which they were booked: today, yesterday, -3, 24 dec.",
        }
    }
}

/// Anybody's bookings.
#[derive(Clone, Debug)]
pub struct FindBookings {
    query: Query,
    /// What the list was asked by.
    asked: Option<BookingSearch>,
    /// At how many bookings it was looked for those in the list.
    looked_at: usize,
    /// Back to which day, if through all of them.
    back_to: Option<NaiveDate>,
    since: Since,
    list: Paged<Arc<Booking>>,
}

impl Default for FindBookings {
    fn default() -> Self {
        let fields = vec![
            Field::choice("By", By::ALL.map(By::word)).note("←→ choose what you know of the booking."),
            Field::text("What", 24),
            Field::text("Name", 24).note("A part of a passenger's name, among the bookings of a run or a day."),
        ];
        Self {
            query: Query::new(fields, WHAT),
            asked: None,
            looked_at: 0,
            back_to: None,
            since: Since::default(),
            list: Paged::new(ROW),
        }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look for what is typed.
    Search,
    /// Look on for the name.
    Further,
    /// Show all of the booking under the cursor.
    Show,
    /// Show what was done to it.
    History,
    /// Give places of it up.
    Cancel,
    /// Move the cursor, or the page.
    Move(Key),
    /// The next field, or the list.
    Next,
    /// The field before, or the list.
    Previous,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl FindBookings {
    fn by(&self) -> By {
        By::ALL[self.query.field(BY).chosen()]
    }

    /// What is typed, or a refusal at its field.
    fn read(&mut self, world: &World) -> Option<Sought> {
        let (text, name) = (self.query.text(WHAT).to_owned(), self.query.text(NAME).to_owned());
        let today = world.today();
        let sought = match self.by() {
            By::Pnr => text.parse::<Pnr>().ok().map(Sought::One),
            By::Phone => Phone::parse(&text).ok().map(|phone| Sought::Many(BookingSearch::Phone(phone))),
            // Whoever looks for a name may have typed it where one goes beside a run.
            By::Name => [text, name]
                .into_iter()
                .find(|name| !name.trim().is_empty())
                .filter(|name| name.trim().chars().count() >= 2)
                .map(|name| Sought::Many(BookingSearch::Name(name))),
            By::Run => run(&text, world).map(|run| Sought::Many(BookingSearch::Run { run, name })),
            By::Day => when::day(&text, today).map(|day| Sought::Many(BookingSearch::Day { day, name })),
        };
        if sought.is_none() {
            self.query.refuse(WHAT, self.by().says());
        }
        sought
    }

    fn ask(&self) -> impl FnOnce(Option<Cursor>) -> Request + use<> {
        // Without anything asked there is no list that could go on.
        let by = self.asked.clone();
        move |after| Request::FindBookings { by: by.expect("a list is asked for by something"), after }
    }

    /// Reads the list from its beginning.
    fn begin(&mut self, cx: &mut Context) {
        let ask = self.ask();
        self.list.begin(cx, ask);
    }

    /// The name that is looked for.
    fn name(&self) -> Option<&str> {
        let name = match self.asked.as_ref()? {
            BookingSearch::Day { name, .. } | BookingSearch::Run { name, .. } | BookingSearch::Name(name) => {
                name.trim()
            }
            BookingSearch::Phone(_) => "",
        };
        (!name.is_empty()).then_some(name)
    }

    /// Where it was looked for a name, as far as it was; nothing once it was everywhere, or without a name.
    fn looked(&self) -> Option<String> {
        self.name().filter(|_| !self.list.is_begun_anew())?;
        let of = match self.asked.as_ref()? {
            BookingSearch::Day { .. } => " of the day".to_owned(),
            BookingSearch::Run { .. } => " of the run".to_owned(),
            BookingSearch::Name(_) => self.back_to?.format(" back to %-d %b %Y").to_string(),
            BookingSearch::Phone(_) => return None,
        };
        let goes_on = self.list.goes_on() && (self.looked_at > 0 || self.back_to.is_some());
        let bookings = if self.looked_at == 1 { "booking" } else { "bookings" };
        goes_on.then(|| format!("Looked through {} {bookings}{of}", self.looked_at))
    }

    fn list_place(&self, area: Rect) -> Rect {
        let above = self.query.height() + 1;
        Rect { y: area.y + above, height: area.height.saturating_sub(above), ..area }
    }

    fn chosen(&self) -> Option<&Arc<Booking>> {
        self.list.chosen().filter(|_| self.query.is_in_list())
    }
}

/// What somebody looks for.
enum Sought {
    One(Pnr),
    Many(BookingSearch),
}

/// A run: a train's number, and a day after a space or a `#`; today without one.
fn run(text: &str, world: &World) -> Option<RunId> {
    let (train, day) = text.split_once(['#', ' ']).unwrap_or((text, ""));
    Some(RunId { train: TrainNumber::parse(train).ok()?, date: when::day(day, world.today())? })
}

impl Scene for FindBookings {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "search", "Looks for what is typed.", Action::Search),
        bind(&[Key::Enter], "Enter", "look on", "Looks on for the name among the bookings before.", Action::Further),
        bind(&[Key::Enter], "Enter", "show", "Shows all of the booking under the cursor.", Action::Show),
        bind(&[Key::Up], "↑↓", "booking", "Moves to the booking above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('y')], "y", "history", "Shows what was done to it, by whom and from where.", Action::History),
        bind(&[Key::Char('c')], "c", "cancel", "Gives places of the booking under the cursor up.", Action::Cancel),
        bind(&[Key::Tab, Key::Char('/')], "Tab", "next", "Goes to the next field, and to the list.", Action::Next),
        bind(&[Key::BackTab], "", "", "", Action::Previous),
        bind(
            &[Key::Char('r')],
            "r",
            "read again",
            "Reads the list again, or looks on where that failed.",
            Action::Again,
        ),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Find bookings".to_owned()
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Search => !self.query.is_in_list(),
            Action::Further => {
                let waits = self.list.is_waiting();
                self.query.is_in_list() && self.list.is_empty() && !waits && self.looked().is_some()
            }
            Action::Show | Action::History => self.chosen().is_some(),
            Action::Cancel => self.chosen().is_some_and(|booking| can_cancel(booking, world.now)),
            Action::Move(_) => !self.list.is_empty(),
            Action::Again => self.query.is_in_list() && self.asked.is_some() && !self.list.is_waiting(),
            Action::Next | Action::Previous | Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        self.query.typing()
    }

    /// Whatever was done above is read anew. A list that took several answers is kept: of that the booking that was shown is.
    fn resume(&mut self, cx: &mut Context) {
        if self.asked.is_some() && !self.since.resume(&self.list, cx) {
            self.begin(cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Search => match self.read(cx) {
                Some(Sought::One(pnr)) => {
                    self.since.show(pnr);
                    cx.push(Detail::of(pnr));
                }
                Some(Sought::Many(by)) => {
                    self.asked = Some(by);
                    (self.looked_at, self.back_to) = (0, None);
                    let ask = self.ask();
                    self.list.begin_another(cx, ask);
                    self.query.to_list();
                }
                None => {}
            },
            Action::Further => {
                let ask = self.ask();
                self.list.further(cx, ask);
            }
            Action::Show => {
                if let Some(pnr) = self.chosen().map(|booking| booking.pnr) {
                    self.since.show(pnr);
                    cx.push(Detail::of(pnr));
                }
            }
            Action::History => {
                if let Some(booking) = self.chosen().cloned() {
                    self.since.show(booking.pnr);
                    cx.push(History::of(booking));
                }
            }
            // Under the question lies the booking, which shows what became of it.
            Action::Cancel => {
                if let Some(booking) = self.chosen().cloned() {
                    self.since.show(booking.pnr);
                    cx.push(Detail::of(booking.pnr));
                    cx.push(Cancel::new(booking));
                }
            }
            Action::Move(key) => {
                self.query.to_list();
                let (place, ask) = (self.list_place(frame::body(cx.size)), self.ask());
                self.list.key(key, place, cx, ask);
            }
            Action::Next => self.query.next(),
            Action::Previous => self.query.previous(),
            Action::Again if self.list.failed_further() => {
                let ask = self.ask();
                self.list.further(cx, ask);
            }
            Action::Again => self.begin(cx),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if self.query.key(key) {
            self.query.field_mut(WHAT).accept();
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        self.query.paste(text, WHAT);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let list = self.list_place(area);
        if !self.query.mouse(mouse, area) && list.contains(mouse.at) && !self.list.is_empty() {
            self.query.to_list();
            let ask = self.ask();
            if let Touch::Acted(_) = self.list.mouse(mouse, list, cx, ask) {
                self.act(Action::Show, cx);
            }
        }
    }

    /// Where few have the name, it looks on by itself for a while: each answer is of a small part, so that the screen never
    /// stands still.
    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if self.since.reply(call, &answer, &mut self.list, |_| true) {
            return;
        }
        let is_anew = self.list.is_begun_anew();
        let (mut looked_at, mut back_to, mut is_page) = (0, self.back_to, false);
        self.list.reply(call, &answer, |reply| match reply {
            Reply::Found { page, next, looked_at: at, back_to: day } => {
                (looked_at, back_to, is_page) = (*at, *day, true);
                Some((page.clone(), next.clone()))
            }
            _ => None,
        });
        if !is_page {
            return;
        }
        self.looked_at = if is_anew { looked_at } else { self.looked_at + looked_at };
        self.back_to = back_to;
        if self.looked().is_some() {
            let room = usize::from(self.list_place(frame::body(cx.size)).height / ROW);
            let ask = self.ask();
            self.list.fill(room, cx, ask);
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
        self.since.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        self.query.view(buf, area, world);
        let list = self.list_place(area);
        if self.asked.is_none() {
            let next = format!("{} Enter looks for it.", self.by().says());
            return state::empty(buf, list, "Whose booking?", &next, world);
        }
        let looked = self.looked();
        let on = looked.as_ref().map(|looked| format!("{looked}, and nobody has the name so far. Enter looks on."));
        let none = match &on {
            Some(on) => ("Nobody yet", on.as_str()),
            None => (
                "No bookings",
                "Nothing fits what was typed. Tab goes back to the fields: leave the name out, or part of it.",
            ),
        };
        let is_looking = self.list.is_waiting();
        if let Some(looked) = looked.filter(|_| is_looking || !self.list.is_empty()) {
            let above = Rect { y: list.y.saturating_sub(1), height: 1, ..list };
            let then = match (is_looking, self.list.failed_further()) {
                (true, _) => " so far.",
                (false, true) => ".",
                (false, false) => "; at the end ↓ looks on.",
            };
            put(buf, above, 2, &format!("{looked}{then}"), world.theme.dim);
        }
        let focus = (self.query.list_focus(), world);
        self.list.view(buf, list, focus, none, |buf, place, one| view_row(buf, place, one, world));
    }
}
