//! The first screen where nobody is signed in: the clock, the next departures, and three ways on.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Widget};

use crate::domain::quota::Quota;
use crate::domain::train::RunId;
use crate::service::request::{Failure, Offer, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::glyphs::Charset;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{Attention, CallId, Load, Watch};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::{find_ticket::FindTicket, search::Search, sign_in::SignIn};
use crate::ui::text;
use crate::ui::widgets::{big_clock, standing, state};

/// Departures asked for: what fits on a large terminal.
const DEPARTURES: usize = 24;

/// How often the board is read again.
const REFRESH: TimeDelta = TimeDelta::minutes(1);

/// Columns of a class of a departure: `  3A  792▾`.
const CLASS: u16 = 11;

/// Rows of a target, as a finger needs them.
const TARGET: u16 = 3;

/// The first screen.
#[derive(Clone, Debug, Default)]
pub struct Welcome {
    asked: Load<()>,
    board: Option<Vec<Offer>>,
    refresh_at: Option<DateTime<Utc>>,
    chosen: usize,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move to the next way on.
    Next,
    /// Move to the one before.
    Previous,
    /// Take it.
    Go,
    /// Begin a booking.
    Book,
    /// Look a ticket up.
    Ticket,
    /// Sign in.
    SignIn,
}

impl Welcome {
    /// The three ways on, the likeliest first.
    fn targets(world: &World) -> [(Action, &'static str); 3] {
        let (book, ticket) = ((Action::Book, "Book a journey"), (Action::Ticket, "My ticket (PNR)"));
        if world.is_public() {
            [book, ticket, (Action::SignIn, "Staff")]
        } else {
            [(Action::SignIn, "Sign in"), book, ticket]
        }
    }

    fn ask(&mut self, cx: &mut Context) {
        if let (Some(station), false) = (cx.terminal.station, self.asked.is_waiting()) {
            self.asked = Load::Waiting(cx.fetch(Request::Departures { station, limit: DEPARTURES }));
            self.refresh_at = Some(cx.now + REFRESH);
        }
    }

    /// The clock, the board and the targets.
    fn places(area: Rect, world: &World) -> (Rect, Rect, [Rect; 3]) {
        let tall = area.height >= 30;
        // A counter's small screen is for the board; where there is none, the clock has the room.
        let has_clock = world.is_public() || world.terminal.station.is_none() || tall;
        let clock = match world.glyphs.charset {
            Charset::Unicode if has_clock => 5,
            Charset::Ascii if has_clock && tall => 9,
            Charset::Unicode | Charset::Ascii => 0,
        };
        let foot = area.bottom().saturating_sub(TARGET + 1);
        let board_top = area.y + clock;
        let board = Rect { y: board_top, height: foot.saturating_sub(board_top + 1), ..area };
        let width = (area.width.saturating_sub(4) / 3).max(8);
        let target = |n: u16| Rect { x: area.x + 2 + n * width, y: foot, width: width - 1, height: TARGET };
        (Rect { y: area.y + 1, height: clock.saturating_sub(1), ..area }, board, [target(0), target(1), target(2)])
    }

    fn view_board(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let Some(station) = world.terminal.station else {
            return state::empty(buf, area, "Welcome", "Book a journey, look at your ticket, or sign in.", world);
        };
        let heading = match world.stations.get(station) {
            Some(known) => format!("{} {station}", known.name),
            None => station.to_string(),
        };
        let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
        buf.set_stringn(inner.x, inner.y, text::fit(&heading, inner.width), inner.width.into(), theme.strong);
        let says = "next departures, berths left";
        if inner.width > text::width(&heading) + 32 {
            buf.set_string(inner.right() - text::width(says), inner.y, says, theme.dim);
        }
        let rows = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        match (&self.board, self.asked.failed()) {
            (Some(board), _) if board.is_empty() => {
                state::empty(buf, rows, "No more departures today", "Book for another day with b.", world);
            }
            (Some(board), _) => {
                for (row, line) in rows.rows().zip(lines(board, world.today())) {
                    match line {
                        Line::Day(date) => {
                            let day = day_words(date, world.today());
                            buf.set_stringn(row.x, row.y, day, row.width.into(), theme.dim);
                        }
                        Line::Departure(offer) => view_departure(buf, row, offer, world),
                    }
                }
            }
            (None, Some(_)) => {
                let next = "The departures cannot be read just now and are tried again every minute. Booking works.";
                state::empty(buf, rows, "No departures", next, world);
            }
            (None, None) => {}
        }
    }
}

/// A row of the board.
enum Line<'a> {
    /// The departures below are on this day.
    Day(NaiveDate),
    /// A departure.
    Departure(&'a Offer),
}

/// The departures with a heading wherever another day begins; today needs none.
fn lines(board: &[Offer], today: NaiveDate) -> impl Iterator<Item = Line<'_>> {
    let mut day = today;
    board.iter().flat_map(move |offer| {
        let date = offer.journey.from.at.date();
        let heading = (date != day).then_some(Line::Day(date));
        day = date;
        heading.into_iter().chain([Line::Departure(offer)])
    })
}

fn day_words(date: NaiveDate, today: NaiveDate) -> String {
    let words = long_date(date);
    if today.checked_add_days(Days::new(1)) == Some(date) { format!("Tomorrow, {words}") } else { words }
}

/// `16:55  12952  Mumbai Rajdhani → Mumbai Central   2A   28   3A   45▾`.
fn view_departure(buf: &mut Buffer, row: Rect, offer: &Offer, world: &World) {
    let theme = &world.theme;
    let journey = &offer.journey;
    let classes: u16 = if row.width < 100 { 3 } else { 5 };
    let time = journey.from.at.format("%H:%M").to_string();
    buf.set_stringn(row.x, row.y, time, 5, theme.accent);
    buf.set_stringn(row.x + 7, row.y, journey.run.train.as_str(), 8, theme.dim);
    let room = row.width.saturating_sub(14 + classes * CLASS);
    let name = format!("{}{}{}", journey.train.name(), world.glyphs.to, journey.to.name);
    buf.set_stringn(row.x + 14, row.y, text::fit(&name, room.saturating_sub(1)), room.into(), theme.text);
    let mut x = row.right().saturating_sub(classes * CLASS);
    for (class, _) in offer.fares.iter().take(classes.into()) {
        buf.set_stringn(x, row.y, format!("  {class}"), 4, theme.dim);
        let (count, style) = match world.standing(journey.run, *class, Quota::General, journey.leg) {
            Some(stands) => standing::cell(stands, world),
            None => ("· ".to_owned(), theme.dim),
        };
        buf.set_stringn(x + 4, row.y, text::right(&count, CLASS - 4), CLASS.into(), style);
        x += CLASS;
    }
}

impl Scene for Welcome {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Right, Key::Tab, Key::Down], "←→", "choose", "Moves to the next way on.", Action::Next),
        bind(&[Key::Left, Key::BackTab, Key::Up], "", "", "", Action::Previous),
        bind(&[Key::Enter], "Enter", "go", "Takes the way that is lit.", Action::Go),
        bind(&[Key::Char('b')], "b", "book", "Begins a booking.", Action::Book),
        bind(
            &[Key::Char('t')],
            "t",
            "my ticket",
            "Looks a booking up by its PNR and telephone number.",
            Action::Ticket,
        ),
        bind(&[Key::Char('s')], "s", "sign in", "Signs in.", Action::SignIn),
    ];

    fn place(&self, world: &World) -> String {
        match world.terminal.station {
            Some(station) => format!("Welcome to {}", world.station_name(station)),
            None => "Welcome".to_owned(),
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.ask(cx);
    }

    fn resume(&mut self, cx: &mut Context) {
        self.ask(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Next => self.chosen = (self.chosen + 1) % 3,
            Action::Previous => self.chosen = (self.chosen + 2) % 3,
            Action::Go => self.act(Self::targets(cx)[self.chosen].0, cx),
            Action::Book => cx.push(Search::default()),
            Action::Ticket => cx.push(FindTicket::default()),
            Action::SignIn => cx.push(SignIn::default()),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        if cx.is_public() && matches!(key, Key::Char(_)) {
            self.act(Action::Book, cx);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if mouse.kind != MouseKind::Press {
            return;
        }
        let (_, _, places) = Self::places(area, cx);
        let touched = places.iter().position(|place| place.contains(mouse.at));
        match touched {
            Some(target) => self.act(Self::targets(cx)[target].0, cx),
            None if cx.is_public() => self.act(Action::Book, cx),
            None => {}
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        let board = &mut self.board;
        self.asked.settle(call, &answer, |reply| match reply {
            Reply::Offers(offers) => {
                *board = Some(offers.clone());
                Some(())
            }
            _ => None,
        });
    }

    fn wake(&mut self, cx: &mut Context) {
        if self.refresh_at.is_some_and(|at| at <= cx.now) {
            self.refresh_at = None;
            self.ask(cx);
        }
    }

    fn next_wake(&self, _world: &World) -> Option<DateTime<Utc>> {
        self.refresh_at
    }

    /// Runs whose times are changed keep their place until the board is read again.
    fn live(&mut self, run: RunId, cx: &mut Context) {
        let Some(live) = cx.live.get(&run) else { return };
        for offer in self.board.iter_mut().flatten() {
            offer.journey.follow(&live.state);
        }
    }

    fn watch(&self, world: &World) -> Vec<Watch> {
        let (_, board, _) = Self::places(crate::ui::frame::body(world.size), world);
        let shown = usize::from(board.height.saturating_sub(2));
        let departures = lines(self.board.as_deref().unwrap_or_default(), world.today()).take(shown);
        let runs = departures.filter_map(|line| match line {
            Line::Departure(offer) => Some(offer.journey.run),
            Line::Day(_) => None,
        });
        runs.map(|run| Watch { run, attention: Attention::Listed }).collect()
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let (clock, board, targets) = Self::places(area, world);
        if clock.height > 0 {
            big_clock::view(buf, clock, world);
        }
        self.view_board(buf, board, world);
        for (index, ((_, label), place)) in Self::targets(world).iter().zip(targets).enumerate() {
            let (edge, words) =
                if index == self.chosen { (theme.accent, theme.focus) } else { (theme.rule, theme.strong) };
            Block::bordered().border_type(BorderType::Rounded).border_style(edge).render(place, buf);
            let room = place.width.saturating_sub(2);
            let gap = room.saturating_sub(text::width(label)) / 2;
            let line = text::left(&format!("{}{label}", " ".repeat(gap.into())), room);
            buf.set_stringn(place.x + 1, place.y + 1, line, room.into(), words);
        }
    }
}
