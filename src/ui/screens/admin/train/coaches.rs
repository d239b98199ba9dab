//! The coaches of a train as a strip: put in, taken out, moved and made another class with single keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::coach::{Class, Coach, CoachId, Rake};
use crate::domain::composition;
use crate::domain::train::{Train, TrainError};
use crate::ui::context::World;
use crate::ui::form::Focus;
use crate::ui::keys::{Key, Mouse, MouseKind};
use crate::ui::widgets::sheet::put;

/// Rows that it takes: two of coaches, and what is to be said of them.
pub(super) const ROWS: u16 = 3;
/// Columns of a coach.
const CELL: u16 = 7;

/// The coaches of a train that is edited.
#[derive(Clone, Debug, Default)]
pub(super) struct Coaches {
    strip: Vec<Coach>,
    at: usize,
    error: Option<String>,
}

/// What is done to the coach under the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Put another like it after it.
    Insert,
    /// Take it out.
    Remove,
    /// Move it towards the engine.
    Forward,
    /// Move it away from the engine.
    Backward,
    /// Make it of the next class.
    Class,
    /// Give it a berth more.
    More,
    /// Give it a berth fewer.
    Fewer,
}

impl Coaches {
    pub fn of(train: &Train) -> Self {
        Self { strip: train.coaches().to_vec(), ..Self::default() }
    }

    pub fn read(&self) -> &[Coach] {
        &self.strip
    }

    /// Whether there is a coach under the cursor.
    pub fn has_coach(&self) -> bool {
        !self.strip.is_empty()
    }

    /// Takes over what the domain said, if it is about coaches.
    pub fn refuse_if_theirs(&mut self, error: &TrainError) -> Option<()> {
        let theirs = matches!(error, TrainError::NoCoach { .. } | TrainError::CoachTwice { .. });
        theirs.then(|| self.error = Some(error.to_string()))
    }

    pub fn edit(&mut self, edit: Edit) {
        self.error = None;
        let current = self.strip.get(self.at).copied();
        match (edit, current) {
            (Edit::Insert, None) => self.strip.extend(self.made(Class::ThirdAc, Class::ThirdAc.berths(Rake::Lhb))),
            (Edit::Insert, Some(coach)) => {
                if let Some(made) = self.made(coach.class(), coach.berths()) {
                    self.at += 1;
                    self.strip.insert(self.at, made);
                }
            }
            (Edit::Remove, Some(_)) => {
                self.strip.remove(self.at);
                self.at = self.at.min(self.strip.len().saturating_sub(1));
            }
            (Edit::Forward, Some(_)) if self.at > 0 => {
                self.strip.swap(self.at, self.at - 1);
                self.at -= 1;
            }
            (Edit::Backward, Some(_)) if self.at + 1 < self.strip.len() => {
                self.strip.swap(self.at, self.at + 1);
                self.at += 1;
            }
            (Edit::Class, Some(coach)) => {
                let next = Class::RESERVED.iter().position(|class| *class == coach.class()).map_or(0, |at| at + 1);
                let class = Class::RESERVED[next % Class::RESERVED.len()];
                if let Some(made) = self.made(class, class.berths(Rake::Lhb)) {
                    self.strip[self.at] = made;
                }
            }
            (Edit::More | Edit::Fewer, Some(coach)) => {
                let berths = coach.berths();
                let berths = if edit == Edit::More { berths.saturating_add(1) } else { berths.saturating_sub(1) };
                match Coach::new(coach.id(), coach.class(), berths) {
                    Ok(coach) => self.strip[self.at] = coach,
                    Err(error) => self.error = Some(error.to_string()),
                }
            }
            _ => {}
        }
    }

    /// A coach of a class with the first number that none of its letter has.
    fn made(&self, class: Class, berths: u8) -> Option<Coach> {
        let letter = class.coach_letter()?;
        let ids = (1..100).filter_map(|number| CoachId::parse(&format!("{letter}{number}")).ok());
        let mut free = ids.filter(|id| self.strip.iter().all(|coach| coach.id() != *id));
        Coach::new(free.next()?, class, berths).ok()
    }

    /// Takes a key that moves the cursor, in a strip of this width.
    pub fn key(&mut self, key: Key, width: u16) {
        let last = self.strip.len().saturating_sub(1);
        let row = usize::from(across(width));
        self.at = match key {
            Key::Left => self.at.saturating_sub(1),
            Key::Right => (self.at + 1).min(last),
            Key::Up => self.at.checked_sub(row).unwrap_or(self.at),
            Key::Down if self.at + row <= last => self.at + row,
            Key::Home => 0,
            Key::End => last,
            _ => self.at,
        };
    }

    pub fn mouse(&mut self, mouse: Mouse, area: Rect) {
        let hit = self.cells(area).find(|(_, cell)| cell.contains(mouse.at));
        if let Some((at, _)) = hit.filter(|_| mouse.kind == MouseKind::Press) {
            self.at = at;
        }
    }

    /// The coaches shown, each with its cells: the two rows of which one has the cursor.
    fn cells(&self, area: Rect) -> impl Iterator<Item = (usize, Rect)> + use<> {
        let row = usize::from(across(area.width));
        let first = (self.at / row).saturating_sub(1) * row;
        (first..self.strip.len().min(first + 2 * row)).map(move |at| {
            let nth = at - first;
            let x = area.x + 2 + u16::try_from(nth % row).unwrap_or_default() * CELL;
            let y = area.y + u16::try_from(nth / row).unwrap_or_default();
            (at, Rect { x, y, width: CELL - 1, height: 1 }.intersection(area))
        })
    }

    pub fn view(&self, buf: &mut Buffer, area: Rect, focus: Focus, world: &World) {
        let theme = &world.theme;
        for (at, cell) in self.cells(area) {
            let coach = self.strip[at];
            let style = if at == self.at && focus == Focus::Here { theme.focus } else { theme.text };
            buf.set_stringn(cell.x, cell.y, format!("{:<3} {}", coach.id(), coach.class()), cell.width.into(), style);
        }
        let last = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
        if let Some(error) = &self.error {
            return put(buf, last, 2, error, theme.bad);
        }
        match self.strip.get(self.at) {
            None => put(buf, last, 2, "No coaches yet: press i to put one in.", theme.dim),
            Some(coach) => {
                let of = composition::summary(&self.strip);
                let one = format!("{}: {}, {} berths", coach.id(), coach.class().words(), coach.berths());
                put(buf, last, 2, &one, if focus == Focus::Here { theme.strong } else { theme.dim });
                put(buf, last, 40, &of, theme.dim);
            }
        }
    }
}

/// How many coaches stand in a row.
fn across(width: u16) -> u16 {
    (width.saturating_sub(3) / CELL).max(1)
}
