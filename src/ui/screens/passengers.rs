//! Who travels: a row for each held berth and each child without one, and a telephone number.
//!
//! Rows stand in the order of the held berths, which is the order in which the services hand them out: to swap two
//! berths is to swap two rows. What is typed goes into the draft at once, and so outlives this screen and the berths.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::coach::BerthType;
use crate::domain::quota::Quota;
use crate::domain::rules::ChildRules;
use crate::domain::user::Phone;
use crate::service::request::{Failure, Reply};
use crate::ui::command::{self, Refusal, Taken};
use crate::ui::context::{Context, World};
use crate::ui::draft::{Step, Typed as TypedForm, TypedPassenger};
use crate::ui::form::{Field, Focus};
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, Typing, bind};
use crate::ui::msg::{CallId, Load, Watch};
use crate::ui::prospect::{promised, watch_queue};
use crate::ui::screen::Scene;
use crate::ui::screens::passengers::companions::Companions;
use crate::ui::screens::passengers::drawing::Parts;
use crate::ui::screens::passengers::row::{Column, Row, Seat};
use crate::ui::screens::review::{Review, place};
use crate::ui::theme::Tone;
use crate::ui::widgets::button;
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::{self, is_senior, panes, put};

mod companions;
mod desk;
mod drawing;
mod pasting;
mod row;

/// Who travels.
#[derive(Clone, Debug)]
pub struct Passengers {
    rows: Vec<Row>,
    /// What each of the first rows has; the others have nothing.
    seats: Vec<Seat>,
    /// Typed for a larger party, before berths were chosen again.
    spare: Vec<TypedPassenger>,
    phone: Field,
    at: Spot,
    /// The row that had the focus last: it is among those that are shown.
    near: usize,
    /// Those who are known, while somebody chooses among them.
    companions: Load<Companions>,
}

/// Where the focus is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Row(usize, Column),
    Phone,
}

impl Default for Passengers {
    fn default() -> Self {
        let phone = Field::phone("Phone", 20);
        let at = Spot::Row(0, Column::Name);
        Self { rows: Vec::new(), seats: Vec::new(), spare: Vec::new(), phone, at, near: 0, companions: Load::Idle }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take who is under the cursor of the panel.
    PanelTake,
    /// Move in the panel.
    PanelMove(Key),
    /// Close the panel.
    PanelClose,
    /// Show who is known.
    Companions,
    /// Go to the next field, and from the last one on to the fare.
    Next,
    /// Go on to the fare.
    Submit,
    /// Move the focus.
    Move(Key),
    /// Move it by a page.
    Leap(Key),
    /// Add a child without a berth.
    AddChild,
    /// Take the child under the cursor off.
    RemoveChild,
    /// Give lower berths to those who should not climb.
    Lower,
    /// Go back to the trains, where there are no berths.
    Trains,
    /// Go back to the berths.
    Back,
}

/// Rows of a passenger.
const ROW: u16 = 2;

/// Passengers that are shown at once on the smallest terminal.
const PAGE: usize = 6;

impl Passengers {
    fn seat(&self, row: usize) -> Seat {
        self.seats.get(row).copied().unwrap_or(Seat::Lap)
    }

    fn columns(&self, row: usize) -> &'static [Column] {
        // Where everybody has the same right there is nothing to swap.
        let swaps = row < self.seats.len() && self.seats.len() > 1 && self.seat(row) != Seat::Unreserved;
        if swaps { &Column::ALL } else { &Column::ALL[..3] }
    }

    /// Where the parts are, and the rows that are shown: a page at a time, with the one that had the focus last.
    fn parts(&self, area: Rect) -> (Parts, ListState) {
        let mut list = ListState::new(ROW);
        list.resize(self.rows.len());
        list.choose(self.near);
        (Parts::of(panes(area).0, self.rows.len()), list)
    }

    fn spots(&self) -> Vec<Spot> {
        let rows = (0..self.rows.len()).flat_map(|row| self.columns(row).iter().map(move |at| Spot::Row(row, *at)));
        // The berth is there already: who types goes past it, and comes to it by arrow.
        let typed = rows.filter(|spot| !matches!(spot, Spot::Row(_, Column::Berth)));
        typed.chain([Spot::Phone]).collect()
    }

    /// Goes to the next field; stays on the last.
    fn go_on(&mut self, world: &World) {
        let next = match self.at {
            Spot::Row(row, Column::Berth) if row + 1 < self.rows.len() => Spot::Row(row + 1, Column::Name),
            Spot::Row(_, Column::Berth) => Spot::Phone,
            at => {
                let spots = self.spots();
                let here = spots.iter().position(|spot| *spot == at).unwrap_or(0);
                spots.get(here + 1).copied().unwrap_or(at)
            }
        };
        self.go(next, world);
    }

    fn go_back(&mut self, world: &World) {
        let spots = self.spots();
        let before = match self.at {
            Spot::Row(row, Column::Berth) => Spot::Row(row, Column::Gender),
            at => {
                let here = spots.iter().position(|spot| *spot == at).unwrap_or(0);
                spots[here.checked_sub(1).unwrap_or(spots.len() - 1)]
            }
        };
        self.go(before, world);
    }

    /// Moves the focus, and says what is wrong with the row that it leaves.
    fn go(&mut self, to: Spot, world: &World) {
        if let Spot::Row(row, _) = self.at
            && !matches!(to, Spot::Row(other, _) if other == row)
        {
            let seat = self.seat(row);
            self.rows[row].check_typed(seat, children(world));
        }
        self.at = to;
    }

    fn vertical(&self, key: Key) -> Spot {
        match (self.at, key) {
            (Spot::Row(row, column), Key::PageUp) => Spot::Row(row.saturating_sub(PAGE), column),
            (Spot::Row(row, column), Key::PageDown) => {
                let row = (row + PAGE).min(self.rows.len() - 1);
                Spot::Row(row, column.min(*self.columns(row).last().expect("a row has columns")))
            }
            (Spot::Row(0, _), Key::Up) => self.at,
            (Spot::Row(row, column), Key::Up) => Spot::Row(row - 1, column),
            (Spot::Row(row, column), _) if row + 1 < self.rows.len() => {
                let last = *self.columns(row + 1).last().expect("a row has columns");
                Spot::Row(row + 1, column.min(last))
            }
            (Spot::Row(..), _) => Spot::Phone,
            (Spot::Phone, Key::Up | Key::PageUp) if !self.rows.is_empty() => {
                Spot::Row(self.rows.len() - 1, Column::Name)
            }
            (Spot::Phone, _) => Spot::Phone,
        }
    }

    /// What a wheel does where there is more than a page.
    fn leap(&mut self, key: Key, cx: &mut Context) {
        if self.offers(Action::Leap(key), cx) {
            self.act(Action::Leap(key), cx);
        }
    }

    /// Left and right in the berth's column take the person along to another berth of the party.
    fn swap(&mut self, row: usize, key: Key) {
        let count = self.seats.len();
        let other = match key {
            Key::Left => (row + count - 1) % count,
            Key::Right | Key::Char(' ') => (row + 1) % count,
            _ => return,
        };
        self.rows.swap(row, other);
        if let Seat::Berth(_, kind) = self.seat(other) {
            self.rows[other].prefer(kind);
        }
        self.at = Spot::Row(other, Column::Berth);
    }

    /// The senior who has to climb, and somebody younger who does not.
    fn unfair(&self) -> Option<(usize, usize)> {
        let is =
            |row: usize, wanted: fn(BerthType) -> bool| matches!(self.seat(row), Seat::Berth(_, kind) if wanted(kind));
        let senior = |row: usize| self.rows[row].years().is_some_and(is_senior);
        let mut seated = 0..self.seats.len();
        let climbs = seated.clone().find(|row| senior(*row) && is(*row, |kind| !kind.is_low()))?;
        let sits = seated.find(|row| is(*row, BerthType::is_low) && !senior(*row))?;
        Some((climbs, sits))
    }

    fn add_child(&mut self) {
        self.rows.push(Row::from(&TypedPassenger::default()));
        self.at = Spot::Row(self.rows.len() - 1, Column::Name);
    }

    fn remove_child(&mut self) {
        if let Spot::Row(row, _) = self.at
            && self.seat(row) == Seat::Lap
        {
            self.rows.remove(row);
            let last = self.rows.len() - 1;
            self.at = Spot::Row(row.min(last), Column::Name);
        }
    }

    fn submit(&mut self, cx: &mut Context) {
        let children = children(cx);
        let mut passengers = Vec::new();
        let mut wrong = None;
        for index in 0..self.rows.len() {
            let seat = self.seat(index);
            match self.rows[index].read(seat, children) {
                Ok(passenger) => passengers.push(passenger),
                Err(column) => wrong = wrong.or(Some(Spot::Row(index, column))),
            }
        }
        let phone = Phone::parse(self.phone.value());
        if let Err(bad) = &phone {
            let empty = "A telephone number is needed: type one with 6 to 15 digits.";
            self.phone.refuse(if self.phone.is_empty() { empty.to_owned() } else { bad.to_string() });
            wrong = wrong.or(Some(Spot::Phone));
        }
        match (wrong, phone) {
            (None, Ok(phone)) => {
                let draft = cx.draft_mut();
                draft.passengers = passengers;
                draft.phone = Some(phone);
                cx.push(Review::default());
            }
            (wrong, _) => {
                self.at = wrong.unwrap_or(Spot::Phone);
                cx.bell();
            }
        }
    }

    /// Writes what is typed into the draft, and keeps the focus in sight.
    fn keep(&mut self, cx: &mut Context) {
        if let Spot::Row(row, _) = self.at {
            self.near = row;
        }
        let typed = |rows: &[Row]| rows.iter().map(Row::typed).collect::<Vec<_>>();
        let (seated, lap) = self.rows.split_at(self.seats.len());
        let mut seated = typed(seated);
        seated.extend(self.spare.iter().cloned());
        cx.draft_mut().typed = TypedForm { seated, lap: typed(lap), phone: self.phone.value().to_owned() };
    }
}

/// How many a booking of what is held may have.
fn most(world: &World) -> usize {
    let hold = world.draft.hold.as_ref();
    world.largest_party(hold.map(|hold| hold.class), hold.map_or(Quota::General, |hold| hold.quota)).into()
}

/// Says that nobody else can be on the booking.
fn no_more(world: &World) -> String {
    format!("A booking is for {} at most: make another one for the child.", most(world))
}

fn children(world: &World) -> ChildRules {
    world.rules.fares_on(world.today()).children
}

impl Scene for Passengers {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter, Key::Char(' ')],
            "Enter",
            "take",
            "Fills the first empty row with who is under the cursor; their digit does so at once.",
            Action::PanelTake,
        ),
        bind(&[Key::Up], "↑↓", "move", "Moves up or down.", Action::PanelMove(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::PanelMove(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::PanelMove(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::PanelMove(Key::PageDown)),
        bind(&[Key::Esc], "Esc", "close", "Closes the list; who was taken stays.", Action::PanelClose),
        bind(&[Key::Enter], "Enter", "next", "Goes to the next field, and from the last one on.", Action::Next),
        bind(&[Key::F(2)], "F2", "fare", "Goes on to the fare and the payment.", Action::Submit),
        bind(&[Key::F(3)], "F3", "known", "Shows who is saved or travelled before, to be chosen.", Action::Companions),
        bind(&[Key::F(4)], "F4", "lower berth", "Gives lower berths to those of 60 and older.", Action::Lower),
        bind(&[Key::F(5)], "F5", "child", "Adds a child that takes no berth.", Action::AddChild),
        bind(&[Key::F(6)], "F6", "take off", "Takes the child under the cursor off.", Action::RemoveChild),
        bind(&[Key::Up], "↑↓", "passenger", "Moves to the passenger above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageDown], "PgDn", "further", "Moves on by a page; PgUp back.", Action::Leap(Key::PageDown)),
        bind(&[Key::PageUp], "", "", "", Action::Leap(Key::PageUp)),
        bind(&[Key::Tab], "Tab", "field", "Moves to the next field; with Shift back.", Action::Move(Key::Tab)),
        bind(&[Key::BackTab], "", "", "", Action::Move(Key::BackTab)),
        bind(&[Key::Esc], "Esc", "trains", "Goes back to the trains; what is typed stays.", Action::Trains),
        bind(&[Key::Esc], "Esc", "berths", "Goes back to the berths; what is typed stays.", Action::Back),
    ];

    fn place(&self, world: &World) -> String {
        place(&world.draft, world.draft.hold.as_ref())
    }

    fn step(&self) -> Option<Step> {
        Some(Step::Passengers)
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let most = most(world);
        let is_choosing = self.companions.ready().is_some();
        match action {
            Action::PanelTake | Action::PanelMove(_) | Action::PanelClose => is_choosing,
            _ if is_choosing => false,
            Action::Companions => Self::knows_companions(world),
            Action::AddChild => self.rows.len() < most,
            Action::RemoveChild => matches!(self.at, Spot::Row(row, _) if self.seat(row) == Seat::Lap),
            Action::Lower => self.unfair().is_some(),
            Action::Leap(_) => self.rows.len() > PAGE,
            Action::Trains => self.seats.first() == Some(&Seat::Unreserved),
            Action::Next | Action::Submit | Action::Move(_) | Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        match self.at {
            _ if self.companions.ready().is_some() => Typing::No,
            Spot::Row(_, Column::Gender | Column::Berth) => Typing::No,
            Spot::Row(_, Column::Name | Column::Age) | Spot::Phone => Typing::Yes,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        let draft = &cx.draft;
        self.seats = draft.hold.iter().flat_map(|hold| promised(hold, cx)).filter_map(Seat::of).collect();
        let seats = self.seats.len();
        let most = most(cx).saturating_sub(seats);
        let typed = &draft.typed;
        let filled = typed.seated.iter().cloned().chain(std::iter::repeat_with(TypedPassenger::default));
        self.rows = filled.take(seats).chain(typed.lap.iter().take(most).cloned()).map(|row| Row::from(&row)).collect();
        self.spare = typed.seated.get(seats..).unwrap_or_default().to_vec();
        self.phone.set_value(&typed.phone);
        if self.rows.is_empty() {
            self.at = Spot::Phone;
        }
    }

    /// Numbers in a queue move until it is paid.
    fn watch(&self, world: &World) -> Vec<Watch> {
        watch_queue(world)
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::PanelTake => return self.take_companion(cx),
            Action::PanelMove(key) => return self.companions_key(key, cx),
            Action::PanelClose => {
                self.companions = Load::Idle;
                return;
            }
            Action::Companions => self.ask_companions(cx),
            Action::Next if self.at == Spot::Phone => self.submit(cx),
            Action::Next => self.go_on(cx),
            Action::Submit => self.submit(cx),
            Action::Move(Key::Tab) if self.at == Spot::Phone => self.go(Spot::Row(0, Column::Name), cx),
            Action::Move(Key::Tab) => self.go_on(cx),
            Action::Move(Key::BackTab) => self.go_back(cx),
            Action::Move(key) | Action::Leap(key) => self.go(self.vertical(key), cx),
            Action::AddChild => self.add_child(),
            Action::RemoveChild => self.remove_child(),
            Action::Lower => {
                while let Some((climbs, sits)) = self.unfair() {
                    self.rows.swap(climbs, sits);
                }
            }
            Action::Trains | Action::Back => cx.pop(),
        }
        self.keep(cx);
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        if self.companions.ready().is_some() {
            return self.companions_key(key, cx);
        }
        match (self.at, key) {
            // Not offered any more, but whoever presses it is told why.
            (_, Key::F(5)) => {
                cx.toast(Tone::Warning, no_more(cx));
            }
            (Spot::Phone, key) => {
                self.phone.key(key);
            }
            (Spot::Row(row, Column::Berth), key) => self.swap(row, key),
            (Spot::Row(row, column), key) => self.rows[row].key(column, key),
        }
        self.keep(cx);
    }

    fn take(&mut self, step: &command::Step, cx: &mut Context) -> Taken {
        self.take_step(step, cx)
    }

    fn fell_short(&self, step: &command::Step, _world: &World) -> Option<Refusal> {
        self.shortfall(step)
    }

    fn paste(&mut self, text: &str, cx: &mut Context) {
        if self.companions.ready().is_some() {
            return;
        }
        if self.paste_list(text, cx) {
            return self.keep(cx);
        }
        match self.at {
            Spot::Phone => self.phone.paste(text),
            Spot::Row(row, column) => self.rows[row].paste(column, text),
        }
        self.keep(cx);
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        self.companions_answered(call, &answer, cx);
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.companions.give_up(call);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if self.companions.ready().is_some() {
            return self.companions_mouse(mouse, area, cx);
        }
        match mouse.kind {
            MouseKind::ScrollUp => return self.leap(Key::PageUp, cx),
            MouseKind::ScrollDown => return self.leap(Key::PageDown, cx),
            MouseKind::Press => {}
        }
        let (parts, list) = self.parts(area);
        if button::onward(parts.phone, cx).contains(mouse.at) {
            return self.act(Action::Submit, cx);
        }
        let hit = list.visible(parts.rows).find(|(_, place)| (place.y..place.bottom()).contains(&mouse.at.y));
        if let Some((row, _)) = hit {
            let x = mouse.at.x - area.x;
            let reached = self.columns(row).iter().filter(|column| column.place().0 <= x + 1);
            let column = reached.copied().next_back().unwrap_or(Column::Name);
            if column == Column::Gender {
                self.rows[row].touch_gender(x.saturating_sub(Column::Gender.place().0));
            }
            self.go(Spot::Row(row, column), cx);
        } else if (parts.phone.y..parts.phone.bottom()).contains(&mouse.at.y) {
            self.go(Spot::Phone, cx);
        }
        self.keep(cx);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let theme = &world.theme;
        let side = panes(area).1;
        let (parts, list) = self.parts(area);
        let titles = ["Name, as on the identity card", "Age", "Gender", "  Berth"];
        for (title, column) in titles.into_iter().zip(Column::ALL) {
            put(buf, parts.titles, column.place().0, title, theme.dim);
        }
        let promises = world.draft.hold.as_ref().map(|hold| promised(hold, world)).unwrap_or_default();
        for (index, place) in list.visible(parts.rows) {
            let Some(row) = self.rows.get(index) else { break };
            let focus = match self.at {
                Spot::Row(at, column) if at == index => Some(column),
                _ => None,
            };
            let has = promises.get(index).map_or_else(|| "no berth".to_owned(), |promise| promise.words());
            let seat = (self.seat(index), has.as_str());
            row.view(buf, place, (index + 1, seat, focus), world);
        }
        list.position(buf, parts.titles, parts.rows, world);
        self.view_phone(buf, parts.phone, world);
        button::view(buf, button::onward(parts.phone, world), "See fare", Focus::Elsewhere, world);
        put(buf, parts.last, 2, &self.summary(world), theme.dim);
        if let (Some(side), Some(journey)) = (side, &world.draft.journey) {
            sheet::calls(buf, side, journey, world);
        }
        if let Some(panel) = self.companions.ready() {
            panel.view(buf, area, world);
        }
    }
}
