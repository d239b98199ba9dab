//! One passenger's row of the form.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::coach::{BerthRef, BerthType};
use crate::domain::passenger::{Accommodation, Age, Gender, Passenger, PersonName};
use crate::domain::rules::ChildRules;
use crate::ui::context::World;
use crate::ui::draft::TypedPassenger;
use crate::ui::form::{Field, Focus};
use crate::ui::keys::Key;
use crate::ui::prospect::Promise;
use crate::ui::text;
use crate::ui::widgets::sheet::{is_senior, put, standing};

/// Columns of what somebody has, before what sets them apart.
const SEAT: u16 = 17;

/// Digits that an age has at most.
const AGE_DIGITS: usize = 3;

const BAD_AGE: &str = "An age is a number of completed years from 0 to 125.";

/// A column of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Name,
    Age,
    Gender,
    Berth,
}

impl Column {
    pub(super) const ALL: [Self; 4] = [Self::Name, Self::Age, Self::Gender, Self::Berth];

    /// Where it begins, and how many columns of the terminal it has.
    pub(super) const fn place(self) -> (u16, u16) {
        match self {
            Self::Name => (5, 30),
            Self::Age => (37, 4),
            Self::Gender => (43, 9),
            Self::Berth => (54, 19),
        }
    }
}

/// What somebody sits or lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seat {
    Berth(BerthRef, BerthType),
    /// Half of a berth.
    Shared,
    /// Nothing yet.
    Waiting,
    /// Whatever is free in the unreserved coaches.
    Unreserved,
    Lap,
}

impl Seat {
    pub(super) fn of(promise: Promise) -> Option<Self> {
        Some(match promise {
            Promise::Berth(berth, kind) => Self::Berth(berth, kind?),
            Promise::Shares { .. } => Self::Shared,
            Promise::Waits { .. } => Self::Waiting,
            Promise::Unreserved => Self::Unreserved,
        })
    }
}

/// What is typed of one passenger.
#[derive(Clone, Debug)]
pub(super) struct Row {
    name: Field,
    age: Field,
    gender: Option<Gender>,
    preference: Option<BerthType>,
    error: Option<(Column, String)>,
    /// Why the line of a list that stands here says nobody, until a name is typed.
    unread: Option<String>,
}

impl From<&TypedPassenger> for Row {
    fn from(typed: &TypedPassenger) -> Self {
        Self {
            name: Field::text("Name", PersonName::MAX).with_value(&typed.name),
            age: Field::digits("Age", AGE_DIGITS).with_value(&typed.age),
            gender: typed.gender,
            preference: typed.preference,
            error: typed.unread.clone().map(|why| (Column::Name, why)),
            unread: typed.unread.clone(),
        }
    }
}

impl Row {
    /// What is typed, to be kept.
    pub(super) fn typed(&self) -> TypedPassenger {
        TypedPassenger {
            name: self.name.value().to_owned(),
            age: self.age.value().to_owned(),
            gender: self.gender,
            preference: self.preference,
            unread: self.unread.clone(),
        }
    }

    /// Whether nothing is typed, and it is kept for nobody.
    pub(super) fn is_empty(&self) -> bool {
        self.typed().name.is_empty() && self.age.is_empty() && self.gender.is_none() && self.unread.is_none()
    }

    /// Keeps a line of a list that says nobody as it was pasted, to be put right here, and says why. Of one that is too long
    /// for a name nothing is kept: whoever read a part of it would take that for the whole.
    pub(super) fn keep_unread(&mut self, line: &str, why: String) {
        if line.trim().chars().count() <= PersonName::MAX {
            self.name.paste(line);
        }
        self.refuse(Column::Name, why.clone());
        self.unread = Some(why);
    }

    /// Takes what is said of a column back, since something else is typed there.
    fn retype(&mut self, column: Column) {
        self.error.take_if(|(wrong, _)| *wrong == column);
    }

    /// Changes what stands in the name's place. A line that was not read is one no more when its age is gone from it: no name
    /// has digits.
    fn rename(&mut self, change: impl FnOnce(&mut Field)) {
        let before = self.name.value().to_owned();
        change(&mut self.name);
        let name = self.name.value();
        if name != before && !name.contains(|c: char| c.is_ascii_digit()) {
            self.unread = None;
        }
    }

    /// The age, once it is one.
    pub(super) fn years(&self) -> Option<Age> {
        self.age.value().parse().ok()
    }

    /// Notes that a kind of berth was chosen for them.
    pub(super) fn prefer(&mut self, kind: BerthType) {
        self.preference = Some(kind);
    }

    /// Takes a key in a column.
    pub(super) fn key(&mut self, column: Column, key: Key) {
        self.retype(column);
        match column {
            Column::Name => self.rename(|name| {
                name.key(key);
            }),
            Column::Age => {
                self.age.key(key);
                self.check_age();
            }
            Column::Gender => self.gender_key(key),
            Column::Berth => {}
        }
    }

    fn gender_key(&mut self, key: Key) {
        let at = self.gender.and_then(|gender| Gender::ALL.iter().position(|other| *other == gender));
        match key {
            Key::Char(c) if !c.is_whitespace() => {
                let typed = c.to_ascii_uppercase().to_string();
                match Gender::ALL.into_iter().find(|gender| gender.code() == typed) {
                    Some(gender) => self.gender = Some(gender),
                    None => self.refuse(Column::Gender, "Type F for female, M for male or T for transgender."),
                }
            }
            Key::Right | Key::Char(_) => self.gender = Some(Gender::ALL[at.map_or(0, |at| (at + 1) % 3)]),
            Key::Left => self.gender = Some(Gender::ALL[at.map_or(2, |at| (at + 2) % 3)]),
            Key::Backspace | Key::Delete => self.gender = None,
            _ => {}
        }
    }

    /// Chooses a gender by its place in the row, as a finger does.
    pub(super) fn touch_gender(&mut self, column: u16) {
        self.retype(Column::Gender);
        self.gender = Gender::ALL.get(usize::from(column / 3)).copied().or(self.gender);
    }

    /// Fills a column from the clipboard.
    pub(super) fn paste(&mut self, column: Column, text: &str) {
        self.retype(column);
        match column {
            Column::Name => self.rename(|name| name.paste(text)),
            Column::Age => {
                self.age.paste(text);
                self.check_age();
            }
            Column::Gender | Column::Berth => {}
        }
    }

    fn refuse(&mut self, column: Column, why: impl Into<String>) {
        self.error = Some((column, why.into()));
    }

    /// Says at once of three digits what they cannot be; a fourth says the same.
    fn check_age(&mut self) {
        if self.years().is_none() && self.age.value().len() == AGE_DIGITS {
            self.refuse(Column::Age, BAD_AGE);
        }
    }

    /// What is wrong and in which column.
    pub(super) fn error(&self) -> Option<(Column, &str)> {
        let own = self.error.as_ref().map(|(column, why)| (*column, why.as_str()));
        let name = || self.name.error().map(|why| (Column::Name, why));
        let age = || self.age.error().map(|why| (Column::Age, why));
        own.or_else(name).or_else(age)
    }

    /// Says what is wrong with what is typed so far; what is empty still may be filled.
    pub(super) fn check_typed(&mut self, seat: Seat, children: ChildRules) {
        if self.error().is_some() {
            return;
        }
        if let Some(why) = self.unread.clone() {
            self.refuse(Column::Name, why);
        } else if !self.name.is_empty()
            && let Err(bad) = PersonName::parse(self.name.value())
        {
            self.refuse(Column::Name, bad.to_string());
        } else if !self.age.is_empty() {
            match self.years() {
                None => self.refuse(Column::Age, BAD_AGE),
                Some(age) if seat == Seat::Lap && age.years() >= children.half_below => {
                    let below = children.half_below;
                    self.refuse(
                        Column::Age,
                        format!("Only children below {below} travel without a berth: F6 takes this row off."),
                    );
                }
                Some(_) => {}
            }
        }
    }

    /// The passenger, or the column that has to be filled first.
    pub(super) fn read(&mut self, seat: Seat, children: ChildRules) -> Result<Passenger, Column> {
        self.check_typed(seat, children);
        if let Some((column, _)) = self.error() {
            return Err(column);
        }
        let name = match PersonName::parse(self.name.value()) {
            Ok(name) => name,
            Err(bad) => {
                self.refuse(Column::Name, bad.to_string());
                return Err(Column::Name);
            }
        };
        let Some(age) = self.years() else {
            self.refuse(Column::Age, "Type the age in completed years on the day of travel.");
            return Err(Column::Age);
        };
        let Some(gender) = self.gender else {
            self.refuse(Column::Gender, "Type F for female, M for male or T for transgender.");
            return Err(Column::Gender);
        };
        let accommodation = if seat == Seat::Lap { Accommodation::Lap } else { Accommodation::Berth };
        Ok(Passenger { name, age, gender, preference: self.preference, accommodation })
    }

    /// Draws it: what is typed in the first row, and what is to be said of it in the second.
    pub(super) fn view(
        &self,
        buf: &mut Buffer,
        place: Rect,
        (number, (seat, has), focus): (usize, (Seat, &str), Option<Column>),
        world: &World,
    ) {
        let theme = &world.theme;
        let row = Rect { height: place.height.min(1), ..place };
        if focus.is_some() {
            put(buf, row, 0, "▌", theme.accent);
        }
        put(buf, row, 2, &number.to_string(), if focus.is_some() { theme.strong } else { theme.dim });
        for (column, field) in [(Column::Name, &self.name), (Column::Age, &self.age)] {
            view_field(buf, row, (column, field), focus, world);
        }
        self.view_gender(buf, row, focus, world);
        view_seat(buf, row, (seat, has), focus, world);
        let children = world.rules.fares_on(world.today()).children;
        if let Some(age) = self.years() {
            let accommodation = if seat == Seat::Lap { Accommodation::Lap } else { Accommodation::Berth };
            // A longer place than a berth's says more than that.
            if accommodation == Accommodation::Berth && text::width(has) < SEAT {
                put(
                    buf,
                    row,
                    73,
                    standing(age, accommodation, children),
                    if is_senior(age) { theme.warning } else { theme.dim },
                );
            }
        }
        let below = Rect { y: place.y + 1, height: place.height.saturating_sub(1), ..place };
        match self.error() {
            Some((_, why)) => put(buf, below, 5, why, theme.bad),
            None => put(buf, below, 5, &self.note(seat, children), theme.dim),
        }
    }

    /// What is worth knowing about somebody.
    fn note(&self, seat: Seat, children: ChildRules) -> String {
        let (Some(age), from, below) = (self.years(), children.free_below, children.half_below) else {
            return String::new();
        };
        match seat {
            Seat::Lap if age.years() < from => "travels free".to_owned(),
            Seat::Lap => format!("pays {} % of the base fare", children.half_percent),
            Seat::Berth(_, kind) if is_senior(age) && !kind.is_low() => {
                "has to climb: F4 gives them a lower berth of the party".to_owned()
            }
            Seat::Berth(..) if age.years() < from => {
                format!("pays the full fare with a berth; without one a child below {from} travels free")
            }
            Seat::Berth(..) if age.years() < below => {
                format!("pays the full fare with a berth; without one a child below {below} pays half")
            }
            Seat::Shared if age.years() >= below => "two share it, and both may board".to_owned(),
            Seat::Waiting if age.years() >= below => "cannot board unless a place becomes free".to_owned(),
            Seat::Unreserved if age.years() < from => "travels free".to_owned(),
            Seat::Unreserved if age.years() < below => "pays half".to_owned(),
            Seat::Shared | Seat::Waiting => {
                format!("pays the full fare; without a place a child below {below} pays less")
            }
            Seat::Berth(..) | Seat::Unreserved => String::new(),
        }
    }

    fn view_gender(&self, buf: &mut Buffer, row: Rect, focus: Option<Column>, world: &World) {
        let theme = &world.theme;
        let (at, _) = Column::Gender.place();
        for (index, gender) in (0u16..).zip(Gender::ALL) {
            let chosen = self.gender == Some(gender);
            let words = if chosen { format!("[{gender}]") } else { format!(" {gender} ") };
            let style = match (chosen, focus == Some(Column::Gender)) {
                (true, true) => theme.focus,
                (true, false) => theme.strong,
                (false, true) => theme.field,
                (false, false) => theme.dim,
            };
            put(buf, row, at + index * 3, &words, style);
        }
    }
}

fn view_field(buf: &mut Buffer, row: Rect, (column, field): (Column, &Field), focus: Option<Column>, world: &World) {
    let (at, columns) = column.place();
    let place = Rect { x: row.x + at, width: columns, ..row };
    if focus == Some(column) {
        field.view_value(buf, place, Focus::Here, world);
    } else {
        buf.set_stringn(
            place.x,
            place.y,
            text::left(&text::ends(field.value(), columns), columns),
            columns.into(),
            world.theme.field,
        );
    }
}

fn view_seat(buf: &mut Buffer, row: Rect, (seat, has): (Seat, &str), focus: Option<Column>, world: &World) {
    let theme = &world.theme;
    let (at, _) = Column::Berth.place();
    let style = match seat {
        Seat::Lap => theme.dim,
        Seat::Shared | Seat::Waiting => theme.warning,
        Seat::Berth(..) | Seat::Unreserved => theme.text,
    };
    if focus == Some(Column::Berth) {
        put(buf, row, at, &format!("◂ {has} ▸"), theme.focus);
    } else {
        put(buf, row, at, &format!("  {has}"), style);
    }
}
