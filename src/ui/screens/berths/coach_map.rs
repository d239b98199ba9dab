//! A coach as it is built, seen from above and unrolled: bays along the coach, tiers one above the other, side berths
//! across the aisle. Chairs stand in rows along the coach, the aisle between them.
//!
//! Where every berth goes is a function of the coach and the width alone, so that drawing, keys and fingers agree.

use ratatui::layout::Rect;

use crate::domain::coach::{Class, Coach};

/// Where the berths of a coach are, in cells from the upper left corner of the map.
#[derive(Clone, Debug)]
pub(super) struct CoachMap {
    spots: Vec<(u8, Rect)>,
    /// Names of the rows.
    pub(super) labels: Vec<(u16, &'static str)>,
    /// Rows at which the aisle is.
    pub(super) aisles: Vec<u16>,
    /// Columns after which a bay ends, with the first row and the number of rows.
    pub(super) walls: Vec<Rect>,
    height: u16,
    block: u16,
}

/// Columns of the names of the rows.
pub(super) const LABELS: u16 = 10;

/// How the berths of a class are placed within a bay: for each row of the drawing, the places in the bay's order.
struct Shape {
    rows: &'static [(&'static str, &'static [u8])],
    /// The row below which the aisle is.
    aisle: usize,
    /// Columns of berths in a bay.
    columns: u16,
    /// Berths of a bay.
    berths: u8,
}

const fn shape(class: Class) -> Shape {
    match class {
        Class::FirstAc => Shape { rows: &[("upper", &[2, 4]), ("lower", &[1, 3])], aisle: 1, columns: 2, berths: 4 },
        Class::SecondAc => Shape {
            rows: &[("upper", &[2, 4]), ("lower", &[1, 3]), ("side up", &[6]), ("side low", &[5])],
            aisle: 1,
            columns: 2,
            berths: 6,
        },
        Class::ThirdAc | Class::ThirdAcEconomy | Class::Sleeper => Shape {
            rows: &[("upper", &[3, 6]), ("middle", &[2, 5]), ("lower", &[1, 4]), ("side up", &[8]), ("side low", &[7])],
            aisle: 2,
            columns: 2,
            berths: 8,
        },
        Class::ChairCar => Shape {
            rows: &[("window", &[1]), ("middle", &[2]), ("aisle", &[3]), ("aisle", &[4]), ("window", &[5])],
            aisle: 2,
            columns: 1,
            berths: 5,
        },
        Class::ExecutiveChair => Shape {
            rows: &[("window", &[1]), ("aisle", &[2]), ("aisle", &[3]), ("window", &[4])],
            aisle: 1,
            columns: 1,
            berths: 4,
        },
        // No coach is unreserved; the benches are the same.
        Class::SecondSitting | Class::Unreserved => Shape {
            rows: &[
                ("window", &[1]),
                ("middle", &[2]),
                ("aisle", &[3]),
                ("aisle", &[4]),
                ("middle", &[5]),
                ("window", &[6]),
            ],
            aisle: 2,
            columns: 1,
            berths: 6,
        },
    }
}

/// First-class coupés have two berths and stand at the end: three in the older coach of 18, two in others
/// (`indian-railways` reference, 2.1).
fn cabins(berths: u8) -> Vec<u8> {
    let coupes = if berths == 18 { 3 } else { 2 };
    let mut left = berths;
    let mut sizes = Vec::new();
    while left > 0 {
        let size = if left > coupes * 2 { 4.min(left - coupes * 2).max(2) } else { 2.min(left) };
        sizes.push(size);
        left -= size;
    }
    sizes
}

/// A berth for a finger: 8 columns by 3 rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// For keys and the mouse.
    Dense,
    /// For fingers.
    Touch,
}

impl CoachMap {
    /// Lays a coach out in rows of at most `width` cells.
    pub(super) fn new(coach: Coach, width: u16, scale: Scale) -> Self {
        let shape = shape(coach.class());
        let (cell, tall) = match scale {
            Scale::Dense => (6, 1),
            Scale::Touch => (8, 3),
        };
        let bays: Vec<u8> = if coach.class() == Class::FirstAc {
            cabins(coach.berths())
        } else {
            let full = coach.berths() / shape.berths;
            let rest = coach.berths() % shape.berths;
            (0..full).map(|_| shape.berths).chain((rest > 0).then_some(rest)).collect()
        };
        let gap = u16::from(shape.columns > 1);
        let bay_width = shape.columns * cell + gap;
        let most = ((width.saturating_sub(LABELS)) / bay_width).max(1);
        // Blocks of equal length look like a coach; a last short one does not.
        let count = u16::try_from(bays.len()).unwrap_or(u16::MAX).max(1);
        let across = count.div_ceil(count.div_ceil(most));
        let rows = u16::try_from(shape.rows.len()).unwrap_or(0);
        let block = rows * tall + 1 + 1;
        let mut map =
            Self { spots: Vec::new(), labels: Vec::new(), aisles: Vec::new(), walls: Vec::new(), height: 0, block };
        let mut first = 1;
        for (bay, berths) in (0_u16..).zip(bays) {
            let (left, top) = (LABELS + bay % across * bay_width, bay / across * block);
            let aisle = top + (u16::try_from(shape.aisle).unwrap_or(0) + 1) * tall;
            if bay % across == 0 {
                map.labels.extend((0..).zip(shape.rows).map(|(row, (name, _))| {
                    let below = u16::from(usize::from(row) > shape.aisle);
                    (top + row * tall + below + tall / 2, *name)
                }));
                map.aisles.push(aisle);
            }
            if gap > 0 && bay % across + 1 < across && bay + 1 < count {
                map.walls.push(Rect { x: left + bay_width - 1, y: top, width: 1, height: block - 1 });
            }
            for (row, (_, places)) in (0_u16..).zip(shape.rows) {
                let below = u16::from(usize::from(row) > shape.aisle);
                for (column, place) in (0_u16..).zip(*places) {
                    if *place <= berths {
                        // A lone side berth lies along the bay: it has the place of two.
                        let wide = if shape.columns > 1 && places.len() == 1 { cell / 2 } else { 0 };
                        let (x, y) = (left + column * cell + wide, top + row * tall + below);
                        map.spots.push((first + place - 1, Rect { x, y, width: cell, height: tall }));
                    }
                }
            }
            first += berths;
            map.height = map.height.max(top + block - 1);
        }
        map
    }

    /// The berths with their places.
    pub(super) fn spots(&self) -> &[(u8, Rect)] {
        &self.spots
    }

    fn spot(&self, number: u8) -> Option<Rect> {
        self.spots.iter().find(|(other, _)| *other == number).map(|(_, place)| *place)
    }

    /// The berth at a place of the map.
    pub(super) fn at(&self, x: u16, y: u16) -> Option<u8> {
        self.spots.iter().find(|(_, place)| place.contains((x, y).into())).map(|(number, _)| *number)
    }

    /// The next berth to the right (1) or to the left (-1), going on in the next block at its end.
    pub(super) fn beside(&self, number: u8, step: i32) -> u8 {
        let Some(here) = self.spot(number) else { return number };
        let tier = here.y % self.block;
        let mut row: Vec<_> = self.spots.iter().filter(|(_, place)| place.y % self.block == tier).collect();
        row.sort_by_key(|(_, place)| (place.y, place.x));
        let at = row.iter().position(|(other, _)| *other == number).unwrap_or(0);
        let to = i32::try_from(at).unwrap_or(0) + step;
        usize::try_from(to).ok().and_then(|to| row.get(to)).map_or(number, |(next, _)| *next)
    }

    /// The berth below (1) or above (-1).
    pub(super) fn beneath(&self, number: u8, step: i32) -> u8 {
        let Some(here) = self.spot(number) else { return number };
        let candidates =
            self.spots.iter().filter(|(_, place)| if step > 0 { place.y > here.y } else { place.y < here.y });
        let nearest = candidates.min_by_key(|(_, place)| (place.y.abs_diff(here.y), place.x.abs_diff(here.x), place.x));
        nearest.map_or(number, |(next, _)| *next)
    }

    /// The first row to show in a place of `rows` rows, so that the cursor's block is in it: blocks move, not rows.
    pub(super) fn top(&self, cursor: u8, rows: u16) -> u16 {
        if self.height <= rows {
            return 0;
        }
        let Some(here) = self.spot(cursor) else { return 0 };
        let block = here.y / self.block * self.block;
        let inside = here.bottom().saturating_sub(block);
        let top = if inside > rows { here.bottom() - rows } else { block };
        top.min(self.height - rows)
    }

    /// Rows of all of it.
    pub(super) fn height(&self) -> u16 {
        self.height
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rstest::rstest;

    use super::{CoachMap, Scale, cabins};
    use crate::domain::coach::{Class, Coach, CoachId, Rake};

    fn coach(class: Class, berths: u8) -> Coach {
        Coach::new(CoachId::parse("X1").expect("a coach"), class, berths).expect("berths")
    }

    proptest! {
        #[test]
        fn every_berth_has_a_place_of_its_own(class in 0..8_usize, berths in 1..=120_u8, width in 40..200_u16) {
            let coach = coach(Class::RESERVED[class], berths);
            for scale in [Scale::Dense, Scale::Touch] {
                let map = CoachMap::new(coach, width, scale);
                let numbers: BTreeSet<u8> = map.spots().iter().map(|(number, _)| *number).collect();
                prop_assert_eq!(numbers.len(), usize::from(berths));
                prop_assert_eq!(numbers.last().copied(), Some(berths));
                for (i, (_, one)) in map.spots().iter().enumerate() {
                    prop_assert!(map.spots()[..i].iter().all(|(_, other)| !one.intersects(*other)));
                    prop_assert!(one.bottom() <= map.height());
                    prop_assert!(!map.aisles.iter().any(|y| (one.top()..one.bottom()).contains(y)));
                }
            }
        }

        #[test]
        fn the_cursor_is_always_on_the_screen(class in 0..8_usize, cursor in 1..=60_u8, rows in 3..40_u16) {
            let class = Class::RESERVED[class];
            let coach = coach(class, class.berths(Rake::Lhb));
            let cursor = cursor.min(coach.berths());
            let map = CoachMap::new(coach, 80, Scale::Dense);
            let top = map.top(cursor, rows);
            let here = map.spot(cursor).expect("a place");
            prop_assert!(top <= here.y && here.bottom() <= top + rows);
        }
    }

    #[rstest]
    #[case(24, &[4, 4, 4, 4, 4, 2, 2])]
    #[case(18, &[4, 4, 4, 2, 2, 2])]
    #[case(10, &[4, 2, 2, 2])]
    fn first_class_has_cabins_and_coupes(#[case] berths: u8, #[case] sizes: &[u8]) {
        assert_eq!(cabins(berths), sizes);
    }

    #[test]
    fn arrows_move_as_the_map_is_drawn() {
        let map = CoachMap::new(coach(Class::ThirdAc, 72), 80, Scale::Dense);
        assert_eq!(map.beside(1, 1), 4, "along the lower berths");
        assert_eq!(map.beside(4, 1), 9, "into the next bay");
        assert_eq!(map.beneath(1, -1), 2, "up to the middle berth");
        assert_eq!(map.beneath(1, 1), 8, "over the aisle to the side");
        assert_eq!(map.beside(1, -1), 1, "no farther than the end");
    }
}
