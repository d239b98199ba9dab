//! How the choice of berths is drawn: the strip of coaches, the map, the party and what stands in its way.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::coach_map::{CoachMap, Scale};
use super::{Action, Berth, Berths};
use crate::domain::coach::{BerthRef, Coach, CoachId};
use crate::domain::quota::Pool;
use crate::service::request::Hold;
use crate::ui::context::{LIVE_MARK, World};
use crate::ui::form::Focus;
use crate::ui::prospect::{self, Promise};
use crate::ui::screen::Scene;
use crate::ui::text;
use crate::ui::widgets::button;

/// Where the parts are.
#[derive(Clone, Debug)]
pub(super) struct Places {
    coaches: Vec<(usize, Coach, Rect)>,
    /// Coaches before the first and after the last in the strip.
    hidden: (usize, usize),
    strip: Rect,
    body: Rect,
    /// First row of the map that is shown.
    top: u16,
    pub(super) map: Option<CoachMap>,
    foot: Rect,
    buttons: Vec<(Action, &'static str, Rect)>,
}

/// Columns before the first coach of the strip.
const STRIP: u16 = 9;

impl Places {
    pub(super) fn new(area: Rect, coaches: &[Coach], shown: usize, cursor: u8, world: &World) -> Self {
        let public = world.is_public();
        let strip = Rect { height: if public { 3 } else { 1 }, ..area };
        let foot_rows = if public { 5 } else { 3 };
        let foot = Rect { y: area.bottom().saturating_sub(foot_rows), height: foot_rows, ..area };
        let top_gap = u16::from(!public);
        let body_y = strip.bottom() + top_gap;
        let body = Rect { y: body_y, height: foot.y.saturating_sub(body_y), ..area };
        let cell = 9;
        let fits = usize::from(strip.width.saturating_sub(STRIP + 12) / cell).max(1);
        let first = (shown + 1).saturating_sub(fits);
        let in_strip = coaches.iter().enumerate().skip(first).take(fits).zip(0_u16..);
        let strip_places = in_strip
            .map(|((index, coach), at)| (index, *coach, Rect { x: strip.x + STRIP + at * cell, width: cell, ..strip }));
        let scale = if public { Scale::Touch } else { Scale::Dense };
        let map = coaches.get(shown).map(|coach| CoachMap::new(*coach, body.width, scale));
        let map_top = map.as_ref().map_or(0, |map| map.top(cursor, body.height));
        let button = |x, width| Rect { x: area.x + x, y: foot.y + 2, width, height: 3 };
        let buttons = if public {
            vec![
                (Action::Best, "Best free", button(1, 16)),
                (Action::Fewer, "-", button(18, 8)),
                (Action::More, "+", button(27, 8)),
                (Action::Wishes, "Wishes", button(36, 14)),
                (Action::Hold, "Go on", button(51, 20)),
            ]
        } else {
            Vec::new()
        };
        Self {
            coaches: strip_places.collect(),
            hidden: (first, coaches.len().saturating_sub(first + fits)),
            strip,
            body,
            top: map_top,
            map,
            foot,
            buttons,
        }
    }

    pub(super) fn coach_at(&self, at: Position) -> Option<usize> {
        self.coaches.iter().find(|(_, _, place)| place.contains(at)).map(|(index, ..)| *index)
    }

    pub(super) fn berth_at(&self, at: Position) -> Option<u8> {
        if !self.body.contains(at) {
            return None;
        }
        self.map.as_ref()?.at(at.x - self.body.x, at.y - self.body.y + self.top)
    }

    pub(super) fn button_at(&self, at: Position) -> Option<Action> {
        self.buttons.iter().find(|(_, _, place)| place.contains(at)).map(|(action, ..)| *action)
    }

    pub(super) fn view(&self, screen: &Berths, buf: &mut Buffer, world: &World) {
        self.view_strip(screen, buf, world);
        self.view_map(screen, buf, world);
        self.view_foot(screen, buf, world);
        for (action, words, place) in &self.buttons {
            let joins = *action == Action::Hold && screen.chosen.is_empty() && screen.offers(Action::Join, world);
            let words = if joins { "Join" } else { words };
            let focus = if *action == Action::Hold { Focus::Here } else { Focus::Elsewhere };
            button::view(buf, *place, words, focus, world);
        }
    }

    fn view_strip(&self, screen: &Berths, buf: &mut Buffer, world: &World) {
        let theme = &world.theme;
        let y = self.strip.y + self.strip.height / 2;
        buf.set_stringn(self.strip.x + 1, y, "Free in", STRIP.into(), theme.dim);
        for (index, coach, place) in &self.coaches {
            let (count, mark) = screen.free_in(*coach, world);
            let count = match count {
                None => "…".to_owned(),
                Some(0) => "FULL".to_owned(),
                Some(count) => count.to_string(),
            };
            let name = format!(" {} {count}", coach.id());
            // The mark is the first to go where there is no room, and the style still says it.
            let words = if text::width(&name) < place.width { format!("{name}{mark}") } else { name };
            let style = match (*index == screen.coach, mark.is_empty(), count == "FULL") {
                (true, ..) => theme.focus,
                (_, false, _) => theme.changed,
                (.., true) => theme.dim,
                _ => theme.text,
            };
            let columns = text::width(&words).clamp(place.width - 1, place.width);
            buf.set_stringn(place.x, y, text::left(&words, columns), place.width.into(), style);
        }
        let more = match self.hidden {
            (0, 0) => return,
            (before, 0) => format!("◂ {before} more"),
            (0, after) => format!("{after} more ▸"),
            (before, after) => format!("◂ {before} · {after} ▸"),
        };
        let x = self.strip.right().saturating_sub(text::width(&more) + 1);
        buf.set_stringn(x, y, &more, more.len(), theme.dim);
    }

    fn view_map(&self, screen: &Berths, buf: &mut Buffer, world: &World) {
        let (Some(map), Some(coach)) = (&self.map, screen.shown_coach(world)) else { return };
        let theme = &world.theme;
        let y = |row: u16| row.checked_sub(self.top).filter(|row| *row < self.body.height).map(|row| self.body.y + row);
        for (row, name) in &map.labels {
            if let Some(y) = y(*row) {
                buf.set_stringn(self.body.x + 1, y, *name, 9, theme.dim);
            }
        }
        let right = map.spots().iter().map(|(_, place)| place.right()).max().unwrap_or(0);
        for row in &map.aisles {
            if let Some(y) = y(*row) {
                text::rule(buf, Rect { x: self.body.x + 1, y, width: right, height: 1 }, theme.rule);
            }
        }
        for wall in &map.walls {
            for row in wall.top()..wall.bottom() {
                if let Some(y) = y(row).filter(|_| !map.aisles.contains(&row)) {
                    buf.set_stringn(self.body.x + wall.x, y, "│", 1, theme.rule);
                }
            }
        }
        for (number, place) in map.spots() {
            let berth = BerthRef { coach: coach.id(), number: *number };
            let status = screen.berth(berth, world);
            let (sign, style) = sign(status, world);
            let changed = status == Berth::Taken && screen.changed(berth, world);
            let here = *number == screen.cursor;
            let style = match (here, changed) {
                (true, _) => theme.focus,
                (_, true) => theme.changed,
                _ => style,
            };
            let sign = if changed { " x▾" } else { sign };
            let words = format!("{number:>3}{sign}");
            for row in place.top()..place.bottom() {
                let Some(y) = y(row) else { continue };
                let x = self.body.x + place.x;
                if here && place.height > 1 {
                    buf.set_stringn(x, y, " ".repeat(place.width.into()), place.width.into(), style);
                }
                if row == place.top() + place.height / 2 {
                    let inset = u16::from(place.height > 1);
                    buf.set_stringn(x + inset, y, &words, place.width.into(), style);
                }
            }
        }
        if map.height() > self.body.height {
            let below = self.top + self.body.height < map.height();
            let words = if below { " more ▾ " } else { " more ▴ " };
            let y = if below { self.body.bottom().saturating_sub(1) } else { self.body.y };
            let x = self.body.right().saturating_sub(9);
            buf.set_stringn(x, y, words, 9, theme.warning);
        }
    }

    fn view_foot(&self, screen: &Berths, buf: &mut Buffer, world: &World) {
        let theme = &world.theme;
        let room = self.foot.width.saturating_sub(3);
        let line = |buf: &mut Buffer, row: u16, words: &str, style: Style| {
            buf.set_stringn(self.foot.x + 2, self.foot.y + row, text::fit(words, room), room.into(), style);
        };
        let together = screen.together(world);
        let columns = text::width(&together);
        let x = self.foot.right().saturating_sub(columns + 1);
        let words = screen.party_words(room.saturating_sub(if columns > 0 { columns + 2 } else { 0 }), world);
        line(buf, 0, &words, theme.strong);
        buf.set_stringn(x, self.foot.y, &together, together.len(), theme.good);
        let kept = screen.legend(world);
        match (&screen.problem, screen.shortage(world)) {
            (Some(problem), _) => line(buf, 1, problem, theme.bad),
            (None, Some(words)) => line(buf, 1, &words, theme.warning),
            (None, None) => {
                line(buf, 1, &screen.cursor_words(world), theme.text);
                if !self.buttons.is_empty() {
                    let x = self.foot.right().saturating_sub(text::width(&kept) + 1);
                    buf.set_stringn(x, self.foot.y + 1, &kept, room.into(), theme.dim);
                }
            }
        }
        if self.buttons.is_empty() {
            let mine = world.glyphs.mine;
            let gap = if kept.is_empty() { "" } else { "  " };
            let legend = format!("[ ] free  {mine} yours  x taken  # closed{gap}{kept}");
            line(buf, 2, &legend, theme.dim);
        }
    }
}

/// The letter of a pool on the map.
const fn letter(pool: Pool) -> &'static str {
    match pool {
        Pool::General => "G",
        Pool::Ladies => "L",
        Pool::Senior => "!",
        Pool::Tatkal => "T",
        Pool::Rac => "r",
    }
}

/// For whom a pool is kept.
pub(super) const fn pool_words(pool: Pool) -> &'static str {
    match pool {
        Pool::General => "the general quota",
        Pool::Ladies => "ladies",
        Pool::Senior => "senior citizens",
        Pool::Tatkal => "Tatkal",
        Pool::Rac => "RAC",
    }
}

fn sign(berth: Berth, world: &World) -> (&'static str, Style) {
    let theme = &world.theme;
    match berth {
        Berth::Kept(Pool::General) => (" G ", theme.dim),
        Berth::Kept(Pool::Ladies) => (" L ", theme.text),
        Berth::Kept(Pool::Senior) => (" ! ", theme.warning),
        Berth::Kept(Pool::Tatkal) => (" T ", theme.text),
        Berth::Kept(Pool::Rac) => (" r ", theme.warning),
        Berth::Free => ("[ ]", theme.good),
        Berth::Taken => (" x ", theme.dim),
        Berth::Blocked => (" # ", theme.dim),
        Berth::Chosen | Berth::Held => (world.glyphs.mine, theme.accent),
        Berth::Unknown => (" · ", theme.dim),
    }
}

/// What is held, in the order of the party: berths and what agents call the rest, with and without what it is, and counted.
fn held_words(hold: &Hold, world: &World) -> [String; 3] {
    let promises = prospect::promised(hold, world);
    let list =
        |words: fn(Promise) -> String| promises.iter().map(|promise| words(*promise)).collect::<Vec<_>>().join(", ");
    let queued = prospect::queued_in_short(&promises);
    let counted = [Some(by_coach(&hold.berths())).filter(|words| !words.is_empty()), queued];
    [list(Promise::words), list(Promise::code), counted.into_iter().flatten().collect::<Vec<_>>().join(", ")]
}

/// How many berths of which coaches: `45 in S1, 5 in S2`.
fn by_coach(berths: &[BerthRef]) -> String {
    let mut counts: BTreeMap<CoachId, usize> = BTreeMap::new();
    for berth in berths {
        *counts.entry(berth.coach).or_default() += 1;
    }
    counts.into_iter().map(|(coach, count)| format!("{count} in {coach}")).collect::<Vec<_>>().join(", ")
}

impl Berths {
    /// How many berths of a coach are free, and the mark of a change.
    fn free_in(&self, coach: Coach, world: &World) -> (Option<usize>, &'static str) {
        let Some(live) = world.live.get(&self.journey.run) else { return (None, "") };
        let count = live.state.free_in(&coach, self.quota, self.journey.leg, world.now);
        let before = live.before.as_ref().filter(|_| world.now < live.changed_at + LIVE_MARK);
        let before = before.map(|state| state.free_in(&coach, self.quota, self.journey.leg, world.now));
        let mark = match before {
            Some(before) if before > count => "▾",
            Some(before) if before < count => "▴",
            _ => "",
        };
        (Some(count), mark)
    }

    /// Whether somebody took a berth a moment ago.
    fn changed(&self, berth: BerthRef, world: &World) -> bool {
        let Some(live) = world.live.get(&self.journey.run) else { return false };
        let Some(before) = live.before.as_ref().filter(|_| world.now < live.changed_at + LIVE_MARK) else {
            return false;
        };
        let leg = self.journey.leg;
        let is_free =
            |state: &crate::domain::inventory::RunState| state.coach(berth.coach).is_free(berth.number, leg, world.now);
        is_free(before) && !is_free(&live.state)
    }

    fn words(&self, berth: BerthRef, world: &World) -> String {
        let kind = self.train(world).coach(berth.coach).map(|coach| coach.berth_type(berth.number).words());
        format!("{berth} {}", kind.unwrap_or_default())
    }

    /// What the letters of the map mean, as far as the coaches of the class have them.
    fn legend(&self, world: &World) -> String {
        let Some(state) = self.state(world) else { return String::new() };
        let pools = [Pool::Rac, Pool::Senior, Pool::Ladies, Pool::Tatkal, Pool::General];
        let coaches = self.coaches(world);
        let has = |pool: &Pool| {
            let of = |coach: &Coach, number| state.pool(BerthRef { coach: coach.id(), number }) == *pool;
            *pool != self.quota.pool() && coaches.iter().any(|coach| coach.numbers().any(|number| of(coach, number)))
        };
        let word = |pool: Pool| match pool {
            Pool::General => "general",
            Pool::Senior => "senior",
            pool => pool_words(pool),
        };
        let words = pools.into_iter().filter(has).map(|pool| format!("{} {}", letter(pool), word(pool)));
        words.collect::<Vec<_>>().join("  ")
    }

    /// The party and its berths: `Party of 2   B2-20 lower, B2-21 middle`; without the kinds of berths if there are
    /// too many for these columns, and counted if there are too many for that.
    fn party_words(&self, columns: u16, world: &World) -> String {
        let forms = if let Some(hold) = &world.draft.hold {
            held_words(hold, world)
        } else {
            let list =
                |words: &dyn Fn(&BerthRef) -> String| self.chosen.iter().map(words).collect::<Vec<_>>().join(", ");
            [list(&|berth| self.words(*berth, world)), list(&ToString::to_string), by_coach(&self.chosen)]
        };
        let lines = forms.map(|names| self.party_line(&names, world));
        let [.., shortest] = &lines;
        lines.iter().find(|line| text::width(line) <= columns).unwrap_or(shortest).clone()
    }

    fn party_line(&self, names: &str, world: &World) -> String {
        let party = if self.party() == 1 { "1 traveller".to_owned() } else { format!("Party of {}", self.party()) };
        if world.draft.hold.is_some() {
            return format!("Held for you   {names}");
        }
        match (self.chosen.len(), self.left(world)) {
            (0, Some(0)) => format!("{party}   nothing is left to choose"),
            (0, Some(left)) if left < self.party() => format!("{party}   nothing chosen"),
            (0, _) => format!("{party}   nothing chosen: Enter holds the best that are free"),
            (chosen, _) if chosen < self.party() => format!("{party}   {names} and {} more", self.party() - chosen),
            _ => format!("{party}   {names}"),
        }
    }

    /// Whether the party stays together.
    fn together(&self, world: &World) -> String {
        let berths = world.draft.hold.as_ref().map_or_else(|| self.chosen.clone(), Hold::berths);
        let [first, others @ ..] = berths.as_slice() else { return String::new() };
        if others.is_empty() || berths.len() < self.party() {
            return String::new();
        }
        let train = self.train(world);
        let bay = |berth: &BerthRef| train.coach(berth.coach).map(|coach| coach.bay_of(berth.number));
        if others.iter().all(|berth| berth.coach == first.coach && bay(berth) == bay(first)) {
            "together ✓".to_owned()
        } else if others.iter().all(|berth| berth.coach == first.coach) {
            "in one coach".to_owned()
        } else {
            "in several coaches".to_owned()
        }
    }

    /// The berth under the cursor in words.
    fn cursor_words(&self, world: &World) -> String {
        let Some(coach) = self.shown_coach(world) else { return String::new() };
        let berth = BerthRef { coach: coach.id(), number: self.cursor };
        let status = match self.berth(berth, world) {
            Berth::Free => "free",
            Berth::Taken => "taken on your way",
            Berth::Kept(pool) => return format!("{} · kept for {}", self.words(berth, world), pool_words(pool)),
            Berth::Blocked => "out of sale",
            Berth::Chosen => "chosen",
            Berth::Held => "held for you",
            Berth::Unknown => "not known yet",
        };
        format!("{} · {status}", self.words(berth, world))
    }
}
