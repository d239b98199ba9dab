//! From where to where, and when.
//!
//! Agents reach the trains by `mmct Enter +3 Enter`: the terminal's station is filled in, and a search asks for no more
//! than it needs. Travellers at a public console get the same fields as large targets.

use chrono::{Days, NaiveDate};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::coach::Class;
use crate::domain::quota::Quota;
use crate::domain::station::{Place, StationIndex};
use crate::ui::context::{Context, World};
use crate::ui::day_text;
use crate::ui::draft::{Step, Trip};
use crate::ui::form::{Field, Kind};
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, Typing, bind};
use crate::ui::overlay::{Answer, DatePicker};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::Office;
use crate::ui::screens::bookings::Bookings;
use crate::ui::screens::claim::Claim;
use crate::ui::screens::profile::Profile;
use crate::ui::screens::results::Results;
use crate::ui::screens::slip::Slip;
use crate::ui::widgets::places::{self, Places};

mod layout;

use layout::Layout;

/// From where to where, and when.
#[derive(Clone, Debug)]
pub struct Search {
    from: Field,
    to: Field,
    day: Field,
    party: Field,
    class: Field,
    /// The date that the field shows, unless somebody types another.
    date: Option<NaiveDate>,
    day_entry: Entry,
    /// The same of the number of travellers, where it is typed.
    party_entry: Entry,
    offered: Places,
    focus: Spot,
    /// The trip with which it begins, searched for at once.
    begins: Option<Box<Trip>>,
}

/// Whether a field shows what was settled or takes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Settled,
    Typing,
}

/// What has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    From,
    To,
    Day,
    Party,
    Class,
    Go,
    Recent(usize),
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on: take what is offered, go to the next field, or search.
    Forward,
    /// The next field.
    Next,
    /// The field before.
    Previous,
    /// Down in the list of stations, or the next field.
    Below,
    /// Up in the list of stations, or the field before.
    Above,
    /// Exchange the two ends.
    Swap,
    /// Show a calendar.
    Calendar,
    /// A day later.
    Later,
    /// Close the completion.
    Close,
    /// The account's bookings.
    Bookings,
    /// Show the account and what is kept with it.
    Account,
    /// A slip to be paid.
    Slip,
    /// Become the first administrator.
    Claim,
    /// What there is to do beside selling.
    Office,
}

impl Default for Search {
    fn default() -> Self {
        let max = 40;
        Self {
            from: Field::text("From", max),
            to: Field::text("To", max),
            day: Field::text("Date", 18),
            party: Field::choice("Travellers", ('1'..='6').map(String::from)),
            class: Field::text("Class", 6).note("any; or 1A EC 2A 3A 3E CC SL 2S UR; quota LD SS TQ"),
            date: None,
            day_entry: Entry::Settled,
            party_entry: Entry::Settled,
            offered: Places::default(),
            focus: Spot::To,
            begins: None,
        }
    }
}

impl Search {
    /// A search that is filled in and goes on to its trains at once.
    pub fn again(trip: Trip) -> Self {
        Self { begins: Some(Box::new(trip)), ..Self::default() }
    }

    /// The spots in order.
    fn spots(world: &World) -> Vec<Spot> {
        let mut spots = vec![Spot::From, Spot::To, Spot::Day, Spot::Party];
        if !world.is_public() {
            spots.push(Spot::Class);
        }
        spots.push(Spot::Go);
        spots.extend((0..world.recent.len()).map(Spot::Recent));
        spots
    }

    fn field_mut(&mut self, spot: Spot) -> Option<&mut Field> {
        match spot {
            Spot::From => Some(&mut self.from),
            Spot::To => Some(&mut self.to),
            Spot::Day => Some(&mut self.day),
            Spot::Party => Some(&mut self.party),
            Spot::Class => Some(&mut self.class),
            Spot::Go | Spot::Recent(_) => None,
        }
    }

    fn set_date(&mut self, date: NaiveDate, world: &World) {
        let (first, last) = world.booking_rules().window(world.now);
        let date = date.clamp(first, last);
        self.date = Some(date);
        self.day.set_value(&long_date(date));
        self.day_entry = Entry::Settled;
    }

    fn move_day(&mut self, days: i64, world: &World) {
        let Some(date) = self.date else { return };
        let distance = Days::new(days.unsigned_abs());
        let moved = if days < 0 { date.checked_sub_days(distance) } else { date.checked_add_days(distance) };
        self.set_date(moved.unwrap_or(date), world);
    }

    /// Takes what stands in the field that is left. Returns whether it may be left for the next.
    fn settle(&mut self, world: &World) -> Settled {
        match self.focus {
            Spot::From | Spot::To => {
                let chosen = self.offered.chosen().cloned();
                self.offered.close();
                let field = if self.focus == Spot::From { &mut self.from } else { &mut self.to };
                match chosen {
                    Some(place) => field.set_value(&places::title(&place)),
                    // What is empty is asked for when the search begins.
                    None if !field.is_empty() && resolve(field, &world.stations, "").is_none() => return Settled::No,
                    None => {}
                }
                Settled::Yes
            }
            Spot::Day if self.day_entry == Entry::Typing => {
                match day_text::read(self.day.value(), world.booking_rules().window(world.now)) {
                    Ok(date) => {
                        self.set_date(date, world);
                        Settled::Yes
                    }
                    Err(bad) => {
                        self.day.refuse(bad.to_string());
                        Settled::No
                    }
                }
            }
            Spot::Party => {
                self.party_entry = Entry::Settled;
                Settled::Yes
            }
            _ => Settled::Yes,
        }
    }

    fn go(&mut self, step: isize, world: &World) {
        // Backwards what is wrong may be left: its error stays where it is.
        if self.settle(world) == Settled::No && step > 0 {
            return;
        }
        let spots = Self::spots(world);
        let at = spots.iter().position(|spot| *spot == self.focus).unwrap_or(0);
        let next = (at.cast_signed() + step).rem_euclid(spots.len().cast_signed());
        self.focus = spots[next.unsigned_abs()];
    }

    fn forward(&mut self, cx: &mut Context) {
        if self.settle(cx) == Settled::No {
            return;
        }
        match self.focus {
            Spot::Recent(index) => {
                if let Some(trip) = cx.recent.get(index).cloned() {
                    self.repeat(&trip, cx);
                }
            }
            Spot::From => self.focus = Spot::To,
            Spot::To => self.focus = Spot::Day,
            Spot::Day if cx.is_public() => self.focus = Spot::Party,
            _ => self.search(cx),
        }
    }

    /// Fills in an earlier search and searches again.
    fn repeat(&mut self, trip: &Trip, cx: &mut Context) {
        self.from.set_value(&places::title(&trip.from));
        self.to.set_value(&places::title(&trip.to));
        if self.types_party() {
            self.party.set_value(&trip.party.to_string());
        } else {
            self.party.choose(usize::from(trip.party.saturating_sub(1)));
        }
        self.class.set_value(&written(trip.class, trip.quota));
        self.set_date(trip.date, cx);
        self.search(cx);
    }

    fn search(&mut self, cx: &mut Context) {
        let Some(trip) = self.read(cx) else { return };
        let draft = cx.draft_mut();
        draft.from = Some(trip.from.clone());
        draft.to = Some(trip.to.clone());
        draft.date = Some(trip.date);
        (draft.party, draft.quota) = (trip.party, trip.quota);
        cx.remember(trip.clone());
        cx.push(Results::new(trip));
    }

    /// Reads all fields, or says in the first bad one what to do and gives it the focus.
    fn read(&mut self, world: &World) -> Option<Trip> {
        let from =
            resolve(&mut self.from, &world.stations, "Say where the journey begins: type a code, a name or a city.");
        let to = resolve(&mut self.to, &world.stations, "Say where the journey ends: type a code, a name or a city.");
        let (Some(from), Some(to)) = (&from, &to) else {
            self.focus = if from.is_none() { Spot::From } else { Spot::To };
            return None;
        };
        if from == to {
            self.to.refuse("That is where the journey begins: choose another place.");
            self.focus = Spot::To;
            return None;
        }
        let Some((class, quota)) = class_and_quota(self.class.value()) else {
            self.class.refuse("That is not a class: leave it empty, or type it like 3A, or 3A TQ with a quota.");
            self.focus = Spot::Class;
            return None;
        };
        if self.day_entry == Entry::Typing {
            self.focus = Spot::Day;
            if self.settle(world) == Settled::No {
                return None;
            }
        }
        let party = self.read_party((class, quota), world)?;
        Some(Trip { from: from.clone(), to: to.clone(), date: self.date?, party, class, quota })
    }

    /// Whether the number of travellers is typed, and not one of a few.
    fn types_party(&self) -> bool {
        self.party.kind() == Kind::Digits
    }

    /// How many travel, as far as so many can be booked.
    fn read_party(&mut self, (class, quota): (Option<Class>, Quota), world: &World) -> Option<u8> {
        if !self.types_party() {
            let chosen = u8::try_from(self.party.chosen() + 1).unwrap_or(1);
            return Some(chosen.min(world.booking_rules().max_party));
        }
        let people = self.party.value().parse::<u8>().unwrap_or(0);
        let why = match world.too_many(people.into(), class, quota) {
            None if people > 0 => return Some(people),
            None => format!("Type how many travel, from 1 to {}.", world.largest_party(class, quota)),
            Some(why) => why.to_string(),
        };
        self.party.refuse(why);
        (self.focus, self.party_entry) = (Spot::Party, Entry::Settled);
        None
    }

    fn swap(&mut self) {
        let (from, to) = (self.from.value().to_owned(), self.to.value().to_owned());
        self.from.set_value(&to);
        self.to.set_value(&from);
        self.offered.close();
    }

    fn look(&mut self, world: &World) {
        let typed = match self.focus {
            Spot::From => self.from.value(),
            Spot::To => self.to.value(),
            _ => return,
        };
        self.offered.look(&world.stations, typed);
    }

    /// The first key in a settled field begins a new text.
    fn begin(&mut self, world: &World) {
        match self.focus {
            Spot::Day if self.day_entry == Entry::Settled => {
                self.day.set_value("");
                self.day_entry = Entry::Typing;
            }
            Spot::Party if self.types_party() && self.party_entry == Entry::Settled => {
                self.party.set_value("");
                self.party_entry = Entry::Typing;
            }
            Spot::From | Spot::To if self.offered.is_empty() => {
                let field = if self.focus == Spot::From { &mut self.from } else { &mut self.to };
                if world.stations.resolve(field.value()).is_some_and(|place| places::title(&place) == field.value()) {
                    field.set_value("");
                }
            }
            _ => {}
        }
    }

    fn touched(&mut self, spot: Spot, world: &World) {
        // A finger may leave what is wrong: its error stays where it is, and the search says it again.
        self.settle(world);
        self.focus = spot;
    }
}

/// Reads a class, a quota's code, or both: `3A TQ`. Nothing means any class, and the general quota.
fn class_and_quota(text: &str) -> Option<(Option<Class>, Quota)> {
    let (mut class, mut quota) = (None, None);
    for word in text.split_whitespace() {
        let code = Quota::ALL.into_iter().find(|quota| quota.code().eq_ignore_ascii_case(word));
        match (code, word.parse::<Class>()) {
            (Some(code), _) if quota.is_none() => quota = Some(code),
            (None, Ok(found)) if class.is_none() => class = Some(found),
            _ => return None,
        }
    }
    Some((class, quota.unwrap_or_default()))
}

/// A class and a quota as an agent types them.
fn written(class: Option<Class>, quota: Quota) -> String {
    let code = if quota == Quota::General { "" } else { quota.code() };
    format!("{} {code}", class.map_or("", Class::code)).trim().to_owned()
}

/// Whether a field could be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    Yes,
    No,
}

/// The place that a field names; it is refused with what to do when it names none.
fn resolve(field: &mut Field, stations: &StationIndex, when_empty: &str) -> Option<Place> {
    if field.is_empty() {
        field.refuse(when_empty);
        return None;
    }
    let place = stations.resolve(field.value());
    if place.is_none() {
        let near = nearest(stations, field.value());
        let near = near.map_or_else(String::new, |name| format!(" Did you mean {name}?"));
        field.refuse(format!("We have no such station.{near} Type a code, a name or a city."));
    }
    place
}

/// The name or city that looks most like what was typed, if any does.
pub fn nearest<'a>(stations: &'a StationIndex, typed: &str) -> Option<&'a str> {
    const ALIKE: f64 = 0.7;
    let typed = typed.trim().to_lowercase();
    let names = stations.all().iter().flat_map(|station| [station.city.as_str(), station.name.as_str()]);
    let scored = names.map(|name| (strsim::normalized_damerau_levenshtein(&typed, &name.to_lowercase()), name));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}

impl Scene for Search {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "go on", "Takes what is offered, goes on, and searches.", Action::Forward),
        bind(&[Key::Esc], "Esc", "close the list", "Closes the list of stations; what you typed stays.", Action::Close),
        bind(&[Key::Right], "←→", "day", "Moves the date by a day; Page keys move it by a week.", Action::Later),
        bind(&[Key::F(2)], "F2", "swap", "Exchanges from and to.", Action::Swap),
        bind(&[Key::F(3)], "F3", "calendar", "Shows the dates on sale.", Action::Calendar),
        bind(
            &[Key::Tab],
            "Tab",
            "next",
            "Takes what is offered and goes to the next field; with Shift back.",
            Action::Next,
        ),
        bind(&[Key::BackTab], "", "", "", Action::Previous),
        bind(&[Key::Down], "↑↓", "move", "Moves in the list of stations, and else between the fields.", Action::Below),
        bind(&[Key::Up], "", "", "", Action::Above),
        bind(&[Key::F(4)], "F4", "bookings", "Shows your bookings.", Action::Bookings),
        bind(&[Key::F(5)], "F5", "slip", "Opens a slip to take the money for it.", Action::Slip),
        bind(&[Key::F(6)], "F6", "administer", "Makes you the first administrator, by a code.", Action::Claim),
        bind(
            &[Key::F(7)],
            "F7",
            "account",
            "Shows your account: people you book for, password, keys.",
            Action::Account,
        ),
        bind(&[Key::F(12)], "F12", "office", "Shows what there is to do beside selling.", Action::Office),
    ];

    fn place(&self, _world: &World) -> String {
        "Book a journey".to_owned()
    }

    fn step(&self) -> Option<Step> {
        Some(Step::Search)
    }

    fn fact(&self, world: &World) -> Option<String> {
        let now = crate::domain::time::railway_time(world.now);
        world.draft.hold.is_none().then(|| now.format("%a %-d %b %Y  %H:%M").to_string())
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        match action {
            Action::Close => !self.offered.is_empty(),
            Action::Later => self.focus == Spot::Day && self.day_entry == Entry::Settled,
            Action::Bookings => world.identity.is_some(),
            Action::Account => world.identity.is_some() && !world.is_public(),
            Action::Slip => world.takes_money(),
            Action::Office => Office::is_for(world),
            Action::Claim => world.identity.as_ref().is_some_and(|identity| identity.may_claim_administrator),
            _ => true,
        }
    }

    fn typing(&self) -> Typing {
        match self.focus {
            Spot::From | Spot::To | Spot::Day | Spot::Class => Typing::Yes,
            Spot::Party if self.types_party() => Typing::Yes,
            Spot::Party | Spot::Go | Spot::Recent(_) => Typing::No,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.offered = Places::new(Layout::touch_rows(cx));
        if cx.books_groups() {
            let note = "a group as large as the class has";
            self.party = Field::digits("Travellers", 2).note(note).with_value("1");
        }
        let (first, _) = cx.booking_rules().window(cx.now);
        self.set_date(first, cx);
        let here = cx.terminal.station.and_then(|code| cx.stations.get(code)).cloned();
        match here {
            Some(station) => self.from.set_value(&places::title(&Place::Station(station))),
            None => self.focus = Spot::From,
        }
        if let Some(trip) = self.begins.take() {
            self.repeat(&trip, cx);
        }
    }

    /// The quota that was chosen among the trains stands here, too, to be changed.
    fn resume(&mut self, cx: &mut Context) {
        if let Some((class, _)) = class_and_quota(self.class.value())
            && !cx.is_public()
        {
            self.class.set_value(&written(class, cx.draft.quota));
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Forward => self.forward(cx),
            Action::Below if self.offered.key(Key::Down) => {}
            Action::Above if self.offered.key(Key::Up) => {}
            Action::Next | Action::Below => self.go(1, cx),
            Action::Previous | Action::Above => self.go(-1, cx),
            Action::Swap => self.swap(),
            Action::Calendar => {
                let (first, last) = cx.booking_rules().window(cx.now);
                cx.pick_date(DatePicker::new(first, last, self.date.unwrap_or(first)));
            }
            Action::Later => self.move_day(1, cx),
            Action::Close => self.offered.close(),
            Action::Bookings => cx.push(Bookings::default()),
            Action::Account => cx.push(Profile::default()),
            Action::Slip => cx.push(Slip::default()),
            Action::Claim => cx.push(Claim::default()),
            Action::Office => cx.push(Office::new(cx)),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        match (self.focus, key) {
            (Spot::Day, Key::Left) if self.day_entry == Entry::Settled => self.move_day(-1, cx),
            (Spot::Day, Key::PageUp) => self.move_day(-7, cx),
            (Spot::Day, Key::PageDown) => self.move_day(7, cx),
            (Spot::Go, Key::Char(' ')) => self.forward(cx),
            (focus, key) => {
                if matches!(key, Key::Char(_) | Key::Backspace) {
                    self.begin(cx);
                }
                if self.field_mut(focus).is_some_and(|field| field.key(key)) {
                    self.look(cx);
                }
            }
        }
    }

    fn paste(&mut self, text: &str, cx: &mut Context) {
        self.begin(cx);
        if let Some(field) = self.field_mut(self.focus) {
            field.paste(text);
            self.look(cx);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let layout = Layout::new(area, cx);
        if !self.offered.is_empty() {
            let list = layout.completion(self.focus, self.offered.len());
            let chosen = self.offered.mouse(mouse, list).cloned();
            if let (Some(place), MouseKind::Press) = (chosen, mouse.kind) {
                if let Some(field) = self.field_mut(self.focus) {
                    field.set_value(&places::title(&place));
                }
                self.offered.close();
                self.focus = if self.focus == Spot::From { Spot::To } else { Spot::Day };
                return;
            }
        }
        if mouse.kind != MouseKind::Press {
            return;
        }
        if layout.earlier.contains(mouse.at) {
            self.move_day(-1, cx);
        } else if layout.later.contains(mouse.at) {
            self.move_day(1, cx);
        } else if layout.calendar.contains(mouse.at) {
            self.act(Action::Calendar, cx);
        } else if layout.swap.contains(mouse.at) {
            self.swap();
        } else if let Some(count) = layout.party_at(mouse.at).filter(|_| !self.types_party()) {
            self.party.choose(count);
            self.touched(Spot::Party, cx);
        } else if let Some(spot) = layout.spot_at(mouse.at) {
            self.touched(spot, cx);
            if matches!(self.focus, Spot::Go | Spot::Recent(_)) {
                self.forward(cx);
            }
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let Answer::Date(date) = answer {
            self.set_date(date, cx);
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        layout::view(self, buf, area, world);
    }
}
