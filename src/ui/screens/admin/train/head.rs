//! What a train is: number, name, kind, zone and running days, and from which date on.

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::VariantArray as _;

use crate::domain::train::{RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use crate::ui::context::World;
use crate::ui::form::{Field, Filled, Focus, Form};
use crate::ui::keys::{Key, Mouse, MouseKind, Typing};
use crate::ui::widgets::sheet::{paragraph, put};

/// Rows that it takes: three of fields, and two for what is to be said of them.
pub(super) const ROWS: u16 = 5;

const NAME: usize = 0;
const KIND: usize = 1;
const ZONE: usize = 2;
const DAYS: usize = 3;
const FROM: usize = 4;
/// Of a new train alone, and first to be typed.
const NUMBER: usize = 5;

/// Where each field is: its row, the column of its label and that of its value, and the value's width.
const PLACES: [(u16, u16, u16, u16); 6] =
    [(0, 21, 27, 41), (1, 2, 10, 68), (2, 2, 10, 5), (2, 21, 27, 8), (2, 40, 46, 11), (0, 2, 10, 9)];

/// The top of a train that is edited.
#[derive(Clone, Debug)]
pub(super) struct Head {
    form: Form,
    /// The number of a train that there is.
    number: Option<TrainNumber>,
}

impl Head {
    /// That of a new train from a date on.
    pub fn new_train(from: NaiveDate) -> Self {
        let number = Field::text("Number", 8).note("such as 12951; it cannot be changed later");
        let mut form = Form::new(fields(from).into_iter().chain([number]).collect());
        form.field_mut(KIND).choose(TrainKind::VARIANTS.len() - 1);
        form.field_mut(DAYS).set_value(&RunDays::DAILY.to_string());
        form.set_focus(NUMBER);
        Self { form, number: None }
    }

    /// That of a train, to be another from a date on.
    pub fn of(train: &Train, from: NaiveDate) -> Self {
        let mut form = Form::new(fields(from).into());
        form.field_mut(NAME).set_value(train.name());
        let kind = TrainKind::VARIANTS.iter().position(|kind| *kind == train.kind());
        form.field_mut(KIND).choose(kind.unwrap_or_default());
        form.field_mut(ZONE).set_value(&train.zone().to_string());
        form.field_mut(DAYS).set_value(&train.runs_on().to_string());
        Self { form, number: Some(train.number()) }
    }

    pub fn name(&self) -> &str {
        self.form.field(NAME).value()
    }

    pub fn typing(&self) -> Typing {
        self.form.typing()
    }

    /// Takes a key, and reads what is typed then.
    pub fn key(&mut self, key: Key, today: NaiveDate) -> Filled {
        let filled = match (self.form.focus(), key) {
            // The last in the order in which they are drawn.
            (FROM, Key::Enter) => return Filled::Submit,
            (NUMBER, Key::Enter | Key::Down) => {
                self.form.set_focus(NAME);
                Filled::Moved
            }
            _ => self.form.key(key),
        };
        if filled == Filled::Changed {
            self.check(self.form.focus(), today);
        }
        filled
    }

    pub fn paste(&mut self, text: &str, today: NaiveDate) {
        self.form.paste(text);
        self.check(self.form.focus(), today);
    }

    pub fn mouse(&mut self, mouse: Mouse, area: Rect) {
        let hit = (0..self.form.fields().len()).find(|field| {
            let (row, label, value, width) = PLACES[*field];
            mouse.at.y == area.y + row && (area.x + label..area.x + value + width).contains(&mouse.at.x)
        });
        if let Some(field) = hit.filter(|_| mouse.kind == MouseKind::Press) {
            self.form.set_focus(field);
        }
    }

    /// Reads a field as the domain does, and says under the fields what is wrong with it. What is still empty is not.
    fn check(&mut self, field: usize, today: NaiveDate) {
        let typed = self.form.field(field).value().trim().to_owned();
        if typed.is_empty() || self.form.field(field).error().is_some() {
            return;
        }
        let wrong = match field {
            ZONE => zone(&typed).err(),
            DAYS => typed.parse::<RunDays>().err().map(|error| error.to_string()),
            FROM => date(&typed, today).err(),
            NUMBER => TrainNumber::parse(&typed).err().map(|error| error.to_string()),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.form.field_mut(field).refuse(wrong);
        }
    }

    /// The date from which it is to be so; refused where it is none.
    pub fn read_from(&mut self, today: NaiveDate) -> Option<NaiveDate> {
        match date(self.form.field(FROM).value().trim(), today) {
            Ok(from) => Some(from),
            Err(wrong) => {
                self.form.refuse(FROM, wrong);
                None
            }
        }
    }

    /// All of it as a train without halts and coaches; the first field that makes no sense is refused.
    pub fn read(&mut self, number: Option<TrainNumber>) -> Option<TrainDraft> {
        let typed = |field: usize| self.form.field(field).value().trim().to_owned();
        let number = match number {
            Some(number) => Ok(number),
            None => TrainNumber::parse(&typed(NUMBER)).map_err(|error| (NUMBER, error.to_string())),
        };
        let name = Some(typed(NAME)).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| (NAME, "Type the train's name, such as Mumbai Rajdhani.".to_owned()));
        let zone = zone(&typed(ZONE)).map_err(|error| (ZONE, error));
        let days = typed(DAYS).parse::<RunDays>().map_err(|error| (DAYS, error.to_string()));
        let kind = TrainKind::VARIANTS[self.form.field(KIND).chosen()];
        let read = number.and_then(|number| Ok((number, name?, zone?, days?)));
        match read {
            Ok((number, name, zone, runs_on)) => {
                let (halts, coaches) = (Vec::new(), Vec::new());
                Some(TrainDraft { number, version: 1, name, kind, zone, runs_on, halts, coaches })
            }
            Err((field, wrong)) => {
                self.form.refuse(field, wrong);
                None
            }
        }
    }

    /// Says of the name what the domain said of it.
    pub fn refuse_name(&mut self, why: &str) {
        self.form.refuse(NAME, why);
    }

    pub fn view(&self, buf: &mut Buffer, area: Rect, focus: Focus, world: &World) {
        let theme = &world.theme;
        let rows: Vec<_> = area.rows().collect();
        for (field, (row, label, value, width)) in self.form.fields().iter().zip(PLACES) {
            let Some(row) = rows.get(usize::from(row)) else { continue };
            let here = focus == Focus::Here && std::ptr::eq(field, self.form.field(self.form.focus()));
            put(buf, *row, label, field.label(), if here { theme.strong } else { theme.dim });
            let place = Rect { x: row.x + value, width: width.min(row.width.saturating_sub(value + 1)), ..*row };
            field.view_value(buf, place, if here { Focus::Here } else { Focus::Elsewhere }, world);
        }
        if let (Some(number), Some(row)) = (self.number, rows.first()) {
            put(buf, *row, 2, "Number", theme.dim);
            put(buf, *row, 10, number.as_str(), theme.accent);
        }
        let says = Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area };
        let refused = self.form.refused().and_then(|field| self.form.field(field).error());
        match refused {
            Some(wrong) => paragraph(buf, says, wrong, theme.bad),
            None if focus == Focus::Here => paragraph(buf, says, hint(self.form.focus()), theme.dim),
            None => {}
        }
    }
}

fn fields(from: NaiveDate) -> [Field; 5] {
    [
        Field::text("Name", 40),
        Field::choice("Kind", TrainKind::VARIANTS.iter().map(ToString::to_string)),
        Field::text("Zone", 4),
        Field::text("Days", 7),
        Field::text("From", 10).with_value(&from.to_string()),
    ]
}

/// What to type into a field.
const fn hint(field: usize) -> &'static str {
    match field {
        NAME => "The train's name, such as Mumbai Rajdhani.",
        KIND => "Left and right choose the kind: fares go by it.",
        ZONE => "The zone of its first station, such as WR: PNRs go by it.",
        DAYS => "Seven marks from Monday on for the days on which it leaves its first station, such as M-W-F--.",
        FROM => "The first date of the runs that go by what you publish; sold runs keep what they were sold by.",
        _ => "The number, such as 12951; it cannot be changed later.",
    }
}

fn zone(text: &str) -> Result<Zone, String> {
    text.parse().map_err(|_| {
        let zones: Vec<_> = Zone::VARIANTS.iter().map(ToString::to_string).collect();
        format!("Write one of {}.", zones.join(" "))
    })
}

fn date(text: &str, today: NaiveDate) -> Result<NaiveDate, String> {
    match text.parse::<NaiveDate>() {
        Ok(date) if date >= today => Ok(date),
        Ok(_) => Err(format!("Runs before {today} have left: write that date or a later one.")),
        Err(_) => Err(format!("'{text}' is not a date: write year, month and day, such as {today}.")),
    }
}
