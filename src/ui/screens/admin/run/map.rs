//! The map of a run: a row for each coach or berth, a column for each segment of the way, named by where it begins.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::coach::Coach;
use crate::domain::inventory::RunState;
use crate::domain::occupancy::by_segment;
use crate::domain::segment::Leg;
use crate::ui::context::World;
use crate::ui::text;
use crate::ui::widgets::list::ListState;
use crate::ui::widgets::sheet::put;

/// Columns of a row's name, of a segment, and of what is said at the end of a row.
const NAME: u16 = 10;
const SEGMENT: u16 = 6;
const END: u16 = 9;

/// What the rows are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows<'a> {
    /// The coaches of the train, with how many of their berths are taken.
    Coaches,
    /// The berths of one of them, with where they are taken, and those of them that are marked.
    Berths(Coach, &'a BTreeSet<u8>),
}

/// A run, from one of its segments on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map<'a> {
    pub state: &'a RunState,
    /// The first segment that is shown.
    pub first: usize,
}

impl Map<'_> {
    /// How many segments are shown at a width.
    pub fn shown(width: u16) -> usize {
        usize::from(width.saturating_sub(NAME + END) / SEGMENT).max(1)
    }

    /// Draws the rows of a list in a place, and the names of the segments above it.
    pub fn view(&self, buf: &mut Buffer, place: Rect, rows: Rows<'_>, list: &ListState, world: &World) {
        let theme = &world.theme;
        let head = Rect { y: place.y.saturating_sub(1), height: 1, ..place };
        let halts = self.state.train.halts();
        let shown = self.first..(self.first + Self::shown(place.width)).min(halts.len() - 1);
        for (x, halt) in columns(place).zip(&halts[shown.clone()]) {
            buf.set_stringn(x, head.y, text::right(halt.station.as_str(), SEGMENT - 1), SEGMENT.into(), theme.dim);
        }
        let above = Rect { y: place.y.saturating_sub(2), height: 1, ..place };
        let (from, to) = (halts[shown.start].station, halts[shown.end].station);
        let what = match rows {
            Rows::Coaches => "Berths taken on each segment",
            Rows::Berths(..) => "x taken, - free, # off sale",
        };
        let what = format!("{what}{}", if self.state.gaps.is_empty() { "" } else { ", / not run" });
        put(buf, above, 2, &format!("{what}, {from} to {to}"), theme.dim);
        list.position(buf, above, place, world);
        for (nth, row) in list.visible(place) {
            match rows {
                Rows::Coaches => {
                    let Some(coach) = self.state.train.coaches().get(nth) else { break };
                    self.coach(buf, row, *coach, shown.clone(), world);
                }
                Rows::Berths(coach, marked) => {
                    let Ok(number) = u8::try_from(nth + 1) else { break };
                    self.berth(buf, row, coach, number, shown.clone(), world);
                    if marked.contains(&number) {
                        put(buf, row, 1, "*", world.theme.accent);
                    }
                }
            }
            list.mark(buf, nth, row, world);
        }
    }

    /// Whether the run does not go a segment.
    fn is_gap(&self, segment: usize) -> bool {
        u8::try_from(segment).is_ok_and(|segment| self.state.gaps.mask().has(segment))
    }

    fn coach(&self, buf: &mut Buffer, row: Rect, coach: Coach, shown: std::ops::Range<usize>, world: &World) {
        let theme = &world.theme;
        put(buf, row, 2, &format!("{:<4}{}", coach.id(), coach.class()), theme.strong);
        let taken = by_segment(self.state, &coach, world.now);
        for (x, (segment, taken)) in columns(row).zip(shown.clone().zip(&taken[shown])) {
            let style = fullness(*taken, coach.berths(), world);
            let words = if *taken == 0 && self.is_gap(segment) { "/".to_owned() } else { taken.to_string() };
            buf.set_stringn(x, row.y, text::right(&words, SEGMENT - 1), SEGMENT.into(), style);
        }
        let blocked = self.state.coach(coach.id()).blocked.len();
        let end = match blocked {
            0 => format!("of {}", coach.berths()),
            blocked => format!("of {} #{blocked}", coach.berths()),
        };
        let x = row.right().saturating_sub(END);
        buf.set_stringn(x, row.y, end, END.into(), if blocked > 0 { theme.warning } else { theme.dim });
    }

    fn berth(
        &self,
        buf: &mut Buffer,
        row: Rect,
        coach: Coach,
        number: u8,
        shown: std::ops::Range<usize>,
        world: &World,
    ) {
        let theme = &world.theme;
        put(buf, row, 2, &format!("{number:>3} {}", coach.berth_type(number)), theme.strong);
        let state = self.state.coach(coach.id());
        let reason = state.blocked.get(&number);
        let taken = state.taken(number, world.now);
        let mut end = row.x + NAME;
        for (x, segment) in columns(row).zip(shown) {
            let is_taken = u8::try_from(segment)
                .ok()
                .and_then(|at| Leg::new(at, at + 1).ok())
                .is_some_and(|leg| taken.overlaps(leg.mask()));
            let (sign, style) = match (is_taken, reason) {
                (true, _) => ("x", theme.text),
                (false, _) if self.is_gap(segment) => ("/", theme.dim),
                (false, Some(_)) => ("#", theme.warning),
                (false, None) => ("-", theme.dim),
            };
            buf.set_stringn(x, row.y, text::right(sign, SEGMENT - 1), SEGMENT.into(), style);
            end = x + SEGMENT;
        }
        if let Some(reason) = reason {
            let room = row.right().saturating_sub(end + 2);
            buf.set_stringn(end + 1, row.y, text::fit(reason, room), room.into(), theme.warning);
        }
    }
}

/// Where the segments begin.
fn columns(place: Rect) -> impl Iterator<Item = u16> {
    let most = u16::try_from(Map::shown(place.width)).unwrap_or(u16::MAX);
    (0..most).map(move |nth| place.x + NAME + nth * SEGMENT)
}

/// The style of a number by how much of a coach it is.
fn fullness(taken: u8, berths: u8, world: &World) -> Style {
    let theme = &world.theme;
    match (taken, berths) {
        (0, _) => theme.dim,
        (taken, berths) if taken >= berths => theme.bad,
        (taken, berths) if u16::from(taken) * 10 >= u16::from(berths) * 9 => theme.warning,
        _ => theme.text,
    }
}
