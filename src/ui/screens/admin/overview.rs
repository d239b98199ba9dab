//! The place at a glance: today's sales, the next runs and how full they are, who is here, the store and the messages. It looks
//! again by itself.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::inventory::Stage;
use crate::domain::overview::{NextRun, Occupancy};
use crate::domain::report::Takings;
use crate::domain::time::railway_time;
use crate::service::overview::Overview as Facts;
use crate::service::request::{Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, bind};
use crate::ui::msg::{Attention, CallId, Load, Watch};
use crate::ui::screen::Scene;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::sheet::{paragraph, put, put_right};
use crate::ui::widgets::state;

/// How often it looks again.
const EVERY: TimeDelta = TimeDelta::seconds(5);

/// Rows of everything but the runs.
const BESIDE: u16 = 11;

/// Columns of a bar.
const BAR: u16 = 24;

/// The place at a glance.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    facts: Option<Box<Facts>>,
    reading: Load<()>,
    /// When it looks again.
    next: Option<DateTime<Utc>>,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look again now.
    Again,
    /// Go back.
    Back,
}

impl Overview {
    /// As many of the next runs as there is room for.
    fn shown(&self, height: u16) -> &[NextRun] {
        let next = self.facts.as_ref().map_or(&[][..], |facts| &facts.next);
        &next[..next.len().min(height.saturating_sub(BESIDE).into())]
    }

    fn read(&mut self, cx: &mut Context) {
        if self.reading.is_waiting() {
            return;
        }
        // Nobody waits for what comes by itself.
        let call = if self.facts.is_some() { cx.fetch(Request::Overview) } else { cx.call(Request::Overview) };
        self.reading = Load::Waiting(call);
        self.next = None;
    }
}

impl Scene for Overview {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Char('r')],
            "r",
            "look again",
            "Looks again now; every few seconds it does so by itself.",
            Action::Again,
        ),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Overview".to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Again => !self.reading.is_waiting(),
            Action::Back => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn resume(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Again => self.read(cx),
            Action::Back => cx.pop(),
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let mut facts = None;
        let settled = self.reading.settle(call, &answer, |reply| {
            if let Reply::Overview(now) = reply {
                facts = Some(now.clone());
            }
            facts.as_ref().map(|_| ())
        });
        if settled {
            self.facts = facts.or(self.facts.take());
            self.next = Some(cx.now + EVERY);
        }
    }

    fn gave_up(&mut self, call: CallId, cx: &mut Context) {
        self.reading.give_up(call);
        self.next = Some(cx.now + EVERY);
    }

    fn wake(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn next_wake(&self, _world: &World) -> Option<DateTime<Utc>> {
        self.next
    }

    fn watch(&self, world: &World) -> Vec<Watch> {
        let next = self.shown(frame::body(world.size).height);
        next.iter().map(|next| Watch { run: next.run, attention: Attention::Listed }).collect()
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let Some(facts) = &self.facts else {
            if let Some(failure) = self.reading.failed() {
                state::failed(buf, area, failure, world);
            }
            return;
        };
        let row = |at: u16| Rect { y: area.y + at, height: u16::from(at < area.height), ..area };
        let theme = &world.theme;
        let Takings { money, test } = &facts.today;
        put(buf, row(1), 2, "Today", theme.strong);
        let counted = railway_time(facts.counted_at).format("counted at %H:%M:%S");
        put_right(buf, row(1), &counted.to_string(), theme.dim);
        let rupee = world.glyphs.rupee;
        let people = format!(
            "Sales: {}, travellers: {}, slips to be paid: {}",
            money.sales.count, money.passengers, facts.slips
        );
        put(buf, row(2), 2, &people, theme.text);
        put_right(buf, row(2), &format!("{rupee}{}", money.net()), theme.accent);
        let back = money.refunds.amount + money.voids.amount;
        let moved = format!("{rupee}{} taken, {rupee}{back} given back or undone", money.sales.amount);
        put(buf, row(3), 2, &moved, theme.dim);
        if test.sales.count > 0 {
            let tried = format!("Beside it, in test and no money: {}", test.sales.count);
            put(buf, row(4), 2, &tried, theme.dim);
        }

        let shown = self.shown(area.height);
        let known: Vec<_> = shown.iter().filter_map(|next| occupancy(next, world)).collect();
        let out = known.iter().filter(|run| run.sold_out).count();
        put(buf, row(5), 2, "The next runs", theme.strong);
        let says = format!("{out} of {} sold out", known.len());
        put_right(buf, row(5), &says, if out > 0 { theme.warning } else { theme.dim });
        for (at, next) in (6..).zip(shown) {
            view_run(buf, row(at), next, world);
        }
        if shown.is_empty() {
            put(buf, row(6), 2, "None leaves today or tomorrow.", theme.dim);
        }
        let below = 7 + u16::try_from(shown.len().max(1)).unwrap_or_default();
        let at = if facts.processes == 1 { String::new() } else { format!(" at {} processes", facts.processes) };
        let here = format!("Sessions: {}{at}, choices of berths held: {}", facts.sessions, facts.holds);
        put(buf, row(below), 2, &here, theme.text);
        let (messages, tone) = match (facts.waiting, facts.dead) {
            (waiting, 0) => (format!("Messages that wait to be delivered: {waiting}"), Tone::Plain),
            (waiting, dead) => {
                (format!("Messages given up: {dead}, that wait: {waiting}; look at Messages"), Tone::Bad)
            }
        };
        put(buf, row(below + 1), 2, &messages, theme.tone(tone));
        let (store, tone) = match self.reading.failed() {
            Some(failure) => (failure.to_string(), Tone::Bad),
            None => (format!("The store answers in {} ms", facts.store_ms), Tone::Good),
        };
        paragraph(buf, Rect { height: 2, ..row(below + 2) }.intersection(area), &store, theme.tone(tone));
    }
}

/// How full a run is; nothing where that is not known yet, and of one that does not run.
fn occupancy(next: &NextRun, world: &World) -> Option<Occupancy> {
    let state = &world.live.get(&next.run)?.state;
    (state.stage != Stage::Cancelled).then(|| Occupancy::of(state, world.now))
}

/// What there is to say of a run instead of how full it is.
fn stage_words(next: &NextRun, world: &World) -> Option<&'static str> {
    match world.live.get(&next.run)?.state.stage {
        Stage::Cancelled => Some("cancelled"),
        Stage::FinalChart => Some("charted"),
        Stage::Open | Stage::FirstChart => None,
    }
}

fn view_run(buf: &mut Buffer, row: Rect, next: &NextRun, world: &World) {
    let theme = &world.theme;
    put(buf, row, 2, &next.departs.format("%H:%M").to_string(), theme.dim);
    put(buf, row, 9, &format!("{} {}", next.run.train, text::fit(&next.name, 26)), theme.text);
    let Some(occupancy) = occupancy(next, world) else {
        return put_right(buf, row, stage_words(next, world).unwrap_or_default(), theme.bad);
    };
    let percent = occupancy.percent().min(100);
    let full = (BAR * percent).div_ceil(100);
    let style = if occupancy.sold_out { theme.warning } else { theme.accent };
    put(buf, row, 43, &"█".repeat(full.into()), style);
    put(buf, row, 43 + full, &"·".repeat((BAR - full).into()), theme.dim);
    let says = match stage_words(next, world) {
        Some(words) => words.to_owned(),
        None if occupancy.sold_out => "sold out".to_owned(),
        None => format!("{percent} %"),
    };
    put_right(buf, row, &says, style);
}
