//! What passes by itself: waits, toasts, holds and idle time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::service::progress::Progress;
use crate::ui::app::{App, Call, Entry, Kind, Owner};
use crate::ui::context::LIVE_MARK;
use crate::ui::draft::Step;
use crate::ui::frame::next_second;
use crate::ui::msg::{CallId, Effect, PATIENCE, Pending};
use crate::ui::overlay::{Notice, Overlay};
use crate::ui::prospect::keeps_berths;
use crate::ui::screen::Screen;
use crate::ui::theme::Tone;

/// Milliseconds for which a frame of the throbber stands.
pub(super) const THROB_MS: i64 = 120;

impl App {
    /// When to wake the program with `Msg::Wake` at the latest.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        let now = self.world.now;
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let wait = self.longest_wait().map(|pending| {
            let shown = pending.since + PATIENCE;
            if now < shown { shown } else { now + TimeDelta::milliseconds(THROB_MS) }
        });
        let hold = self.world.draft.held_until().map(|until| next_second(until, now));
        let marks = self.world.live.values().map(|live| live.changed_at + LIVE_MARK).filter(|at| *at > now).min();
        let expiries = self.watch().into_iter().filter_map(|watch| self.world.live.get(&watch.run));
        let expiry = expiries.filter_map(|live| live.state.next_expiry(now)).min();
        let screen = self.top().next_wake(&self.world);
        // A thousand sessions that all drew the new minute at once would keep everybody's keys waiting.
        let into_minute = now - self.ids.within_a_second();
        let minute = now + TimeDelta::milliseconds(60_000 - into_minute.timestamp_millis().rem_euclid(60_000));
        let edges = self.world.banners.iter().flat_map(|banner| [banner.from, banner.until]);
        let banner = edges.filter(|edge| *edge > now).min();
        let closing = self.closes.map(|at| next_second(at, now));
        let aside = self.aside_wake();
        let all = [aside, toast, wait, hold, marks, expiry, screen, self.idle_wake(), banner, closing, Some(minute)];
        all.into_iter().flatten().min().map(|at| at.max(now))
    }

    /// Acts on what has passed.
    pub(super) fn tick(&mut self) {
        let now = self.world.now;
        if self.toast.as_ref().is_some_and(|toast| toast.until <= now) {
            self.toast = None;
        }
        if self.top().next_wake(&self.world).is_some_and(|at| at <= now) {
            self.with_top(Screen::wake);
        }
        self.expire_hold();
        self.expire_aside();
        self.idle();
        if self.closes.take_if(|at| *at <= now).is_some() {
            self.hang_up();
        }
    }

    /// The wait of the top screen that has lasted longest.
    fn longest_wait(&self) -> Option<&Pending> {
        let top = self.stack.last().expect("there is always a screen").id;
        let calls = self.calls.values().filter(|call| call.owner == Owner::Entry(top));
        calls.filter_map(|call| call.pending.as_ref()).min_by_key(|pending| pending.since)
    }

    pub(super) fn visible_wait(&self) -> Option<&Pending> {
        self.longest_wait().filter(|pending| self.world.now >= pending.since + PATIENCE)
    }

    /// A call has come so far.
    pub(super) fn progressed(&mut self, call: CallId, progress: Progress) {
        if let Some(Owner::Entry(entry)) = self.calls.get(&call).map(|call| call.owner) {
            self.with(entry, |screen, _| screen.progress(call, progress));
        }
    }

    /// A hold that is over takes the person back to the trains, unless its booking is on the way. What was
    /// typed stays.
    fn expire_hold(&mut self) {
        let over = self.world.draft.held_until().is_some_and(|until| until <= self.world.now);
        let paying = |call: &Call| call.request == Kind::Money && call.owner != Owner::Gone;
        if !over || self.calls.values().any(paying) {
            return;
        }
        let has_berths = self.world.draft.hold.take().as_ref().is_some_and(keeps_berths);
        let what = if has_berths {
            "The berths were kept for you as long as they could be and have been given back."
        } else {
            "What was kept for you was kept as long as it could be."
        };
        let late = |entry: &Entry| entry.screen.step().is_none_or(|step| step > Step::Train);
        while self.stack.len() > 1 && self.stack.last().is_some_and(late) {
            self.stack.pop();
        }
        self.show_overlay(Overlay::Notice(Notice {
            tone: Tone::Warning,
            title: "The time is over".to_owned(),
            text: format!("{what} Nothing was paid. Choose again: what was typed is still here."),
        }));
        self.out.push(Effect::Bell);
        self.with_top(Screen::resume);
    }

    /// Runs that nobody looks at are forgotten, so that an old number is never shown.
    pub(super) fn forget_unwatched(&mut self) {
        let watched = self.watch();
        self.world.live.retain(|run, _| watched.iter().any(|watch| watch.run == *run));
    }
}
