//! Where a train calls, a halt a line: `KOTA 21:20 21:25 465`. A line is read as it is typed; what is out of order among
//! lines is marked, and can be mended line by line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::domain::halts;
use crate::domain::train::{Halt, Train};
use crate::ui::context::World;
use crate::ui::form::{Field, Focus};
use crate::ui::keys::{Key, Mouse, Typing};
use crate::ui::text;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::sheet::put;

/// The longest line of a halt.
const LINE: usize = 40;

/// The halts of a train that is edited.
#[derive(Clone, Debug)]
pub(super) struct Way {
    halts: Vec<Halt>,
    list: ListState,
    typing: Option<Line>,
}

/// A halt that is being typed.
#[derive(Clone, Debug)]
struct Line {
    field: Field,
    /// In whose place it comes; a new one comes before the halt that is there.
    at: usize,
    is_new: bool,
}

impl Default for Way {
    fn default() -> Self {
        Self { halts: Vec::new(), list: ListState::new(1), typing: None }
    }
}

impl Way {
    pub fn of(train: &Train) -> Self {
        let mut way = Self { halts: train.halts().to_vec(), ..Self::default() };
        way.list.resize(way.halts.len());
        way
    }

    pub fn typing(&self) -> Typing {
        if self.typing.is_some() { Typing::Yes } else { Typing::No }
    }

    /// Whether there is a halt under the cursor.
    pub fn has_halt(&self) -> bool {
        self.list.chosen().is_some()
    }

    /// Types a halt after the one under the cursor.
    pub fn insert(&mut self) {
        let at = self.list.chosen().map_or(0, |at| at + 1);
        self.typing = Some(Line { field: Field::text("Halt", LINE), at, is_new: true });
    }

    /// Types the halt under the cursor anew.
    pub fn edit(&mut self) {
        if let Some(at) = self.list.chosen() {
            let field = Field::text("Halt", LINE).with_value(&halts::written(&self.halts[at]));
            self.typing = Some(Line { field, at, is_new: false });
        }
    }

    /// Drops the halt under the cursor.
    pub fn remove(&mut self) {
        if let Some(at) = self.list.chosen() {
            self.halts.remove(at);
            self.list.resize(self.halts.len());
        }
    }

    /// Takes what is typed. After a new halt the next can be typed at once.
    pub fn take(&mut self, world: &World) {
        let Some(mut line) = self.typing.take() else { return };
        if line.field.is_empty() && line.is_new {
            return;
        }
        match read(line.field.value(), world) {
            Ok(halt) if line.is_new => {
                self.halts.insert(line.at, halt);
                self.list.resize(self.halts.len());
                self.list.choose(line.at);
                self.insert();
            }
            Ok(halt) => self.halts[line.at] = halt,
            Err(wrong) => {
                line.field.refuse(wrong);
                self.typing = Some(line);
            }
        }
    }

    /// Forgets what is being typed. Returns whether anything was.
    pub fn leave(&mut self) -> bool {
        self.typing.take().is_some()
    }

    /// Takes a key: typing, or moving in the list shown in a place.
    pub fn key(&mut self, key: Key, world: &World, place: Rect) {
        match &mut self.typing {
            Some(line) => {
                if line.field.key(key) {
                    check(&mut line.field, world);
                }
            }
            None => drop(self.list.key(key, list_place(place).height)),
        }
    }

    pub fn paste(&mut self, text: &str, world: &World) {
        if self.typing.is_none() {
            self.insert();
        }
        if let Some(line) = &mut self.typing {
            line.field.paste(text);
            check(&mut line.field, world);
        }
    }

    pub fn mouse(&mut self, mouse: Mouse, place: Rect) {
        if let Touch::Acted(_) = self.list.mouse(mouse, list_place(place)) {
            self.edit();
        }
    }

    /// The halts, if each follows the one before; else the cursor is on the first that does not.
    pub fn read(&mut self, world: &World) -> Option<Vec<Halt>> {
        self.take(world);
        if self.typing.as_ref().is_some_and(|line| !line.field.is_empty()) {
            return None;
        }
        self.typing = None;
        if let Some((at, _)) = self.wrong() {
            self.list.choose(at);
            return None;
        }
        Some(self.halts.clone())
    }

    /// The first halt that is out of order, and why.
    fn wrong(&self) -> Option<(usize, String)> {
        if self.halts.len() < 2 || self.halts.len() > Train::MAX_HALTS {
            let why = format!("A train has 2 to {} halts: press i to add one.", Train::MAX_HALTS);
            return Some((self.halts.len().saturating_sub(1), why));
        }
        (0..self.halts.len()).find_map(|at| {
            let before = at.checked_sub(1).map(|before| &self.halts[before]);
            halts::check_order(before, &self.halts[at]).err().map(|error| (at, error.to_string()))
        })
    }

    pub fn view(&self, buf: &mut Buffer, area: Rect, focus: Focus, world: &World) {
        let theme = &world.theme;
        let list = list_place(area);
        let wrong = self.wrong();
        for (at, row) in self.list.visible(list) {
            let Some(halt) = self.halts.get(at) else { break };
            let is_wrong = wrong.as_ref().is_some_and(|(wrong, _)| *wrong == at);
            let style = if is_wrong { theme.bad } else { theme.text };
            put(buf, row, 2, halt.station.as_str(), theme.strong);
            put(buf, row, 11, &world.station_name(halt.station), style);
            put(buf, row, 40, &halt.arrive.to_string(), style);
            put(buf, row, 49, &halt.depart.to_string(), style);
            put(buf, row, 58, &format!("{:>5} km", halt.km), style);
            if focus == Focus::Here && self.typing.is_none() {
                self.list.mark(buf, at, row, world);
            }
        }
        let above = Rect { y: area.y.saturating_sub(1), height: 1, ..area };
        self.list.position(buf, above, list, world);
        let (says, style) = match (&self.typing, &wrong) {
            (Some(line), _) => match line.field.error() {
                Some(error) => (error, theme.bad),
                None => ("Enter takes it, Esc does not.", theme.dim),
            },
            (None, Some((_, why))) => (why.as_str(), theme.bad),
            (None, None) => return,
        };
        // Over the last rows of the list, as many as it takes.
        let lines = text::wrap(says, area.width.saturating_sub(4));
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(u16::from(self.typing.is_some()));
        let height = rows.min(area.height);
        let below = Rect { y: area.bottom() - height, height, ..area };
        Clear.render(below, buf);
        let mut rows = below.rows();
        if let (Some(line), Some(row)) = (&self.typing, rows.next()) {
            put(buf, row, 2, if line.is_new { "New" } else { "Halt" }, theme.strong);
            let field = Rect { x: row.x + 11, width: 41.min(row.width.saturating_sub(12)), ..row };
            line.field.view_value(buf, field, Focus::Here, world);
        }
        for (row, line) in rows.zip(lines) {
            put(buf, row, 2, &line, style);
        }
    }
}

fn read(line: &str, world: &World) -> Result<Halt, String> {
    let halt = halts::parse(line).map_err(|error| error.to_string())?;
    match world.stations.get(halt.station) {
        Some(_) => Ok(halt),
        None => Err(format!("there is no station {}: check the code, or import the station", halt.station)),
    }
}

/// Reads a line that may go on: what is not complete yet is not wrong.
fn check(field: &mut Field, world: &World) {
    if field.error().is_none()
        && field.value().split_whitespace().count() >= 4
        && let Err(wrong) = read(field.value(), world)
    {
        field.refuse(wrong);
    }
}

/// The list, above the line that says what is wrong.
fn list_place(area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(1), ..area }
}
