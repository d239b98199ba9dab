//! Several journeys in work at once: one is in front, the others wait with their screens, their names and their berths.
//!
//! How many berths somebody may keep the services decide; the program only does not lose any.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::app::{App, Call, Entry, Owner};
use crate::ui::draft::{Draft, Step, Typed};
use crate::ui::frame::{countdown, next_second};
use crate::ui::msg::Effect;
use crate::ui::screen::Screen;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::toast::Toast;

/// How many wait at most beside the one in front: an agent has six holds.
const MOST: usize = 5;

/// Why a journey stays in front.
const AWAITS: &str = "An answer is on its way: set the journey aside when it is here.";

/// A journey that waits.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    draft: Draft,
    stack: Vec<Entry>,
}

impl Aside {
    /// The train, or where it goes while none is chosen.
    fn label(&self) -> String {
        match (&self.draft.journey, &self.draft.to) {
            (Some(journey), _) => journey.train.number().to_string(),
            (None, Some(to)) => to.codes().first().map(ToString::to_string).unwrap_or_default(),
            (None, None) => "new".to_owned(),
        }
    }

    fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.draft.held_until().is_some_and(|until| until <= now)
    }

    /// What is left of it when its berths have gone back: the trains, and what was typed.
    fn expire(&mut self) {
        self.draft.hold = None;
        let late = |entry: &Entry| entry.screen.step().is_none_or(|step| step > Step::Train);
        while self.stack.len() > 1 && self.stack.last().is_some_and(late) {
            self.stack.pop();
        }
    }
}

impl App {
    /// Whether there is a journey in front that would be missed.
    pub(super) fn has_work(&self) -> bool {
        let draft = &self.world.draft;
        let is_begun = self.stack.len() > 1 && self.top().step().is_some();
        draft.hold.is_some() || draft.typed != Typed::default() || is_begun
    }

    /// Whether any journey waits.
    pub(super) fn has_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    /// Sets the journey in front aside for a new one; with none in front, goes on with the one that waits longest.
    pub(super) fn set_aside(&mut self) {
        if let Err(why) = self.turn_aside() {
            self.toast = Some(Toast::new(Tone::Warning, why, self.world.now));
        }
    }

    /// The same for whoever says themselves why it cannot be done.
    pub(super) fn turn_aside(&mut self) -> Result<(), String> {
        if !self.has_work() {
            return self.take_up(0);
        }
        self.put_aside()?;
        self.enter();
        Ok(())
    }

    /// Goes on with a journey that waits, and sets the one in front aside.
    ///
    /// # Errors
    ///
    /// A sentence where there is none, or where the one in front cannot be left.
    pub(super) fn take_up(&mut self, place: usize) -> Result<(), String> {
        if place >= self.aside.len() {
            return Err("No journey waits there: the line under the head shows those that do.".to_owned());
        }
        let acts = |call: &Call| call.request.acts() && call.owner != Owner::Gone;
        if self.calls.values().any(acts) {
            return Err(AWAITS.to_owned());
        }
        let next = self.aside.remove(place);
        if self.has_work()
            && let Err(why) = self.put_aside()
        {
            self.aside.insert(place, next);
            return Err(why);
        }
        self.world.draft = next.draft;
        self.stack = next.stack;
        self.with_top(Screen::resume);
        Ok(())
    }

    /// Sets the journey in front aside. Its screens get no answers meanwhile, so none may be on its way to them.
    fn put_aside(&mut self) -> Result<(), String> {
        let mine = |owner| matches!(owner, Owner::Entry(id) if self.stack.iter().any(|entry| entry.id == id));
        if self.calls.values().any(|call| mine(call.owner)) {
            return Err(AWAITS.to_owned());
        }
        if self.aside.len() >= MOST {
            return Err(format!("{MOST} journeys wait already: finish one of them first."));
        }
        let draft = std::mem::take(&mut self.world.draft);
        let stack = std::mem::take(&mut self.stack);
        self.aside.push(Aside { draft, stack });
        self.push(Screen::home(&self.world));
        Ok(())
    }

    /// When a countdown of those that wait shows another second.
    pub(super) fn aside_wake(&self) -> Option<DateTime<Utc>> {
        let ends = self.aside.iter().filter_map(|aside| aside.draft.held_until());
        ends.map(|until| next_second(until, self.world.now)).min()
    }

    /// Until when the berths of those that wait are kept, the last of them.
    pub(super) fn aside_until(&self) -> Option<DateTime<Utc>> {
        self.aside.iter().filter_map(|aside| aside.draft.held_until()).max()
    }

    /// Berths whose time is over have gone back; what was typed stays.
    pub(super) fn expire_aside(&mut self) {
        let now = self.world.now;
        for (number, aside) in (1..).zip(&mut self.aside) {
            if aside.is_over(now) {
                let label = aside.label();
                aside.expire();
                let text = format!("The berths of journey {number} ({label}) have gone back: its names are kept.");
                self.toast = Some(Toast::new(Tone::Warning, text, now));
                self.out.push(Effect::Bell);
            }
        }
    }

    /// Draws those that wait on the rule under the head, each with its number and how long its berths are kept.
    pub(super) fn view_aside(&self, buf: &mut Buffer, area: Rect) {
        let (theme, now) = (&self.world.theme, self.world.now);
        let row = Rect { y: area.y + 2, height: 1, ..area };
        let mut x = row.x + 1;
        for (number, aside) in (1..).zip(&self.aside) {
            let (left, style) = match aside.draft.held_until() {
                Some(until) if (until - now).num_seconds() < 120 => (countdown(until, now), theme.bad),
                Some(until) => (countdown(until, now), theme.warning),
                None => (String::new(), theme.dim),
            };
            let words = format!(" {number} {} {left}", text::fit(&aside.label(), 8));
            let words = format!("{} ", words.trim_end());
            (x, _) = buf.set_stringn(x, row.y, &words, row.right().saturating_sub(x).into(), style);
            x = (x + 1).min(row.right());
        }
    }
}
