//! The trains of a day, class by class, with what is free and what it costs.
//!
//! The list keeps its place by the run under the cursor, whatever is sorted, filtered, sold or read again. Numbers come
//! from the world's live counts alone, so that no two places disagree.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, TimeDelta};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::domain::coach::Class;
use crate::domain::quota::Quota;
use crate::domain::time::railway_time;
use crate::domain::train::RunId;
use crate::service::request::{Failure, Offer, Reply, Request};
use crate::ui::command::{self, Refusal, Taken};
use crate::ui::context::{Context, World};
use crate::ui::draft::{Step, Trip};
use crate::ui::frame;
use crate::ui::holding::Holding;
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{Attention, CallId, Load, Watch};
use crate::ui::overlay::{Answer, DatePicker};
use crate::ui::screen::Scene;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::{ListState, Touch};
use crate::ui::widgets::{places, state};

mod buying;
mod desk;
mod filter;
mod halts;
mod listing;
mod nearby;
mod table;

use filter::{Filter, FilterPanel};
use halts::Halts;
use listing::{Sort, carried};
use nearby::Nearby;
use table::Table;

/// The trains of a day.
#[derive(Clone, Debug)]
pub struct Results {
    trip: Trip,
    offers: Load<Vec<Offer>>,
    /// The quota of the offers that are on the screen; that of the trip is what is asked for.
    quota: Quota,
    /// A second reading of the same day, or by another quota, while the first stays on the screen.
    again: Option<CallId>,
    /// The offers that are listed, in their order, by their place in `offers`.
    listed: Vec<usize>,
    list: ListState,
    class: Option<Class>,
    /// The class that a person went to, for when a quota has it again.
    wanted: Option<Class>,
    sort: Sort,
    filter: Filter,
    panel: Option<FilterPanel>,
    halts: Option<Halts>,
    nearby: Nearby,
    /// Runs whose counts are known: only a first count moves a row in or out of a filtered list.
    counted: BTreeSet<RunId>,
    /// The way on without berths: the request for it.
    holding: Holding,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Close the panel that is open.
    Close,
    /// Move down in the filter's panel.
    PanelDown,
    /// Another value in the filter's panel.
    PanelRight,
    /// Take every filter out.
    Clear,
    /// Scroll the halts.
    Scroll,
    /// The next train.
    Down,
    /// The next class.
    Right,
    /// Take the train and the class.
    Choose,
    /// Buy from the next quota.
    Quota,
    /// Buy from the quota before.
    QuotaBefore,
    /// Search on a day near by that has trains.
    ChooseDay,
    /// A day later.
    NextDay,
    /// A day earlier.
    DayBefore,
    /// Choose a date.
    Calendar,
    /// Another order.
    Sort,
    /// What to list.
    Filter,
    /// Where the train calls.
    Halts,
    /// Read the day again.
    Again,
}

impl Results {
    /// The trains of a trip.
    pub fn new(trip: Trip) -> Self {
        Self {
            class: trip.class,
            wanted: trip.class,
            quota: trip.quota,
            trip,
            offers: Load::Idle,
            again: None,
            listed: Vec::new(),
            list: ListState::new(2),
            sort: Sort::default(),
            filter: Filter::default(),
            panel: None,
            halts: None,
            nearby: Nearby::default(),
            counted: BTreeSet::new(),
            holding: Holding::default(),
        }
    }

    /// Takes the times of a run where they were changed since it was found; says whether they were.
    fn follow(&mut self, run: RunId, world: &World) -> bool {
        let (Some(live), Load::Ready(offers)) = (world.live.get(&run), &mut self.offers) else { return false };
        offers.iter_mut().fold(false, |moved, offer| offer.journey.follow(&live.state) | moved)
    }

    fn request(&self) -> Request {
        Request::Search {
            from: self.trip.from.codes(),
            to: self.trip.to.codes(),
            date: self.trip.date,
            quota: self.trip.quota,
        }
    }

    fn search(&mut self, cx: &mut Context) {
        for call in self.again.take().into_iter().chain(self.nearby.stop()) {
            cx.forget(call);
        }
        if let Load::Waiting(call) = self.offers {
            cx.forget(call);
        }
        self.listed.clear();
        self.list.resize(0);
        self.halts = None;
        self.quota = self.trip.quota;
        self.offers = Load::Waiting(cx.call(self.request()));
    }

    fn go_to(&mut self, date: NaiveDate, cx: &mut Context) {
        let (first, last) = cx.booking_rules().window(cx.now);
        if !(first..=last).contains(&date) {
            let open = |date: NaiveDate| date.format("%-d %b").to_string();
            cx.toast(Tone::Warning, format!("Tickets are sold from {} to {}.", open(first), open(last)));
            return;
        }
        self.trip.date = date;
        cx.draft_mut().date = Some(date);
        self.search(cx);
    }

    fn table(&self, world: &World) -> Table {
        let Size { width, height } = world.size;
        self.table_in(frame::places(Rect::new(0, 0, width, height)).body, world)
    }

    fn table_in(&self, area: Rect, world: &World) -> Table {
        Table::new(area, &self.classes(), self.class, world)
    }
}

/// Whether the train leaves too soon to be sold.
fn sales_closed(offer: &Offer, world: &World) -> bool {
    let closes = TimeDelta::minutes(world.booking_rules().closes_minutes.into());
    railway_time(world.now) + closes >= offer.journey.from.at
}

impl Scene for Results {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Esc, Key::Enter], "Esc", "close", "Closes what is open.", Action::Close),
        bind(&[Key::Down], "↑↓", "line", "Moves between the filters.", Action::PanelDown),
        bind(&[Key::Right], "←→", "change", "Changes the filter.", Action::PanelRight),
        bind(&[Key::Char('x'), Key::Delete], "x", "show all", "Takes every filter out.", Action::Clear),
        bind(&[Key::Down], "↑↓", "scroll", "Scrolls the halts.", Action::Scroll),
        bind(&[Key::Down], "↑↓", "train", "Moves between trains; Page, Home and End keys too.", Action::Down),
        bind(&[Key::Right], "←→", "class", "Moves between classes.", Action::Right),
        bind(&[Key::Enter], "Enter", "choose", "Goes on with this train in this class.", Action::Choose),
        bind(&[Key::Enter], "Enter", "go to day", "Searches on the day under the cursor.", Action::ChooseDay),
        bind(
            &[Key::Char('q')],
            "q",
            "quota",
            "Buys from the next quota: general, ladies, senior citizens, Tatkal; Q from the one before.",
            Action::Quota,
        ),
        bind(&[Key::Char('Q')], "", "", "", Action::QuotaBefore),
        bind(&[Key::Char('d')], "d", "date", "Shows the dates on sale.", Action::Calendar),
        bind(&[Key::Char('s')], "s", "sort", "Sorts by departure, arrival, duration or fare.", Action::Sort),
        bind(&[Key::Char('f')], "f", "filter", "Lists only some trains.", Action::Filter),
        bind(&[Key::Char('h')], "h", "halts", "Shows where the train calls, and when.", Action::Halts),
        bind(
            &[Key::Char(']'), Key::Char('.'), Key::Char('>')],
            "]",
            "next day",
            "Goes to the next day.",
            Action::NextDay,
        ),
        bind(
            &[Key::Char('['), Key::Char(','), Key::Char('<')],
            "[",
            "day before",
            "Goes to the day before.",
            Action::DayBefore,
        ),
        bind(
            &[Key::Char('r'), Key::F(5)],
            "r",
            "read again",
            "Searches again; the list keeps its place.",
            Action::Again,
        ),
    ];

    fn place(&self, world: &World) -> String {
        format!("{}{}{}", places::title(&self.trip.from), world.glyphs.to, places::title(&self.trip.to))
    }

    fn step(&self) -> Option<Step> {
        Some(Step::Train)
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        let (panel, halts) = (self.panel.is_some(), self.halts.is_some());
        match action {
            Action::Close => panel || halts,
            Action::PanelDown | Action::PanelRight | Action::Clear => panel,
            Action::Scroll => halts,
            _ if panel || halts => false,
            Action::Right | Action::Choose | Action::Halts => self.list.chosen().is_some(),
            Action::ChooseDay => self.nearby.chosen().is_some(),
            Action::Down => self.list.chosen().is_some() || self.nearby.chosen().is_some(),
            Action::Sort | Action::Filter => !self.all().is_empty(),
            _ => true,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.list = ListState::new(Table::row_height(cx));
        self.search(cx);
    }

    fn resume(&mut self, cx: &mut Context) {
        // The draft's date is this screen's, whatever was looked at above it.
        let draft = cx.draft_mut();
        (draft.date, draft.quota) = (Some(self.trip.date), self.trip.quota);
        // What has no berths has no question about giving them back.
        cx.release();
        self.holding.forget();
        self.counted.clear();
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Close => {
                self.panel = None;
                self.halts = None;
            }
            Action::PanelDown | Action::PanelRight | Action::Clear => {
                let (classes, filter) = (self.classes(), &mut self.filter);
                if let Some(panel) = &mut self.panel {
                    panel.act(action, 1, &classes, filter);
                }
                self.arrange(cx);
            }
            Action::Scroll => {
                if let Some(halts) = &mut self.halts {
                    halts.scroll(1);
                }
            }
            Action::Down => self.key(Key::Down, cx),
            Action::Right => self.move_class(1),
            Action::Choose if self.holding.is_asking() => {}
            Action::Choose => self.choose(cx),
            Action::Quota => self.turn_quota(1, cx),
            Action::QuotaBefore => self.turn_quota(-1, cx),
            Action::ChooseDay => {
                if let Some(date) = self.nearby.chosen() {
                    self.go_to(date, cx);
                }
            }
            Action::NextDay => self.go_to(self.trip.date.checked_add_days(Days::new(1)).unwrap_or(self.trip.date), cx),
            Action::DayBefore => {
                self.go_to(self.trip.date.checked_sub_days(Days::new(1)).unwrap_or(self.trip.date), cx);
            }
            Action::Calendar => {
                let (first, last) = cx.booking_rules().window(cx.now);
                cx.pick_date(DatePicker::new(first, last, self.trip.date));
            }
            Action::Sort => {
                self.sort = self.sort.next();
                self.arrange(cx);
            }
            Action::Filter => self.panel = Some(FilterPanel::default()),
            Action::Halts => {
                // The frame takes three rows of the body: its two rules and the line of headings.
                let rows = usize::from(cx.size.height.saturating_sub(6 + 3));
                self.halts = self.selected().map(|offer| Halts::new(offer.journey.train.halts().len(), rows));
            }
            Action::Again if self.offers.ready().is_some() && self.again.is_none() => {
                self.again = Some(cx.call(self.request()));
            }
            Action::Again if self.again.is_some() => {}
            Action::Again => self.search(cx),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        if let Some(halts) = &mut self.halts {
            halts.key(key);
        } else if let Some(panel) = &mut self.panel {
            let step = match key {
                Key::Up => Some((Action::PanelDown, -1)),
                Key::Left => Some((Action::PanelRight, -1)),
                Key::Char(' ') => Some((Action::PanelRight, 1)),
                _ => None,
            };
            let Some((action, step)) = step else { return };
            panel.act(action, step, &carried(self.offers.ready()), &mut self.filter);
            self.arrange(cx);
        } else if self.nearby.chosen().is_some() {
            self.nearby.key(key);
        } else if key == Key::Left {
            self.move_class(-1);
        } else {
            let height = self.table(cx).rows.height;
            self.list.key(key, height);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if self.panel.is_some() || self.halts.is_some() {
            match mouse.kind {
                MouseKind::Press => self.act(Action::Close, cx),
                MouseKind::ScrollUp => self.key(Key::Up, cx),
                MouseKind::ScrollDown if self.halts.is_some() => self.act(Action::Scroll, cx),
                MouseKind::ScrollDown => {}
            }
            return;
        }
        let table = self.table_in(area, cx);
        if mouse.kind == MouseKind::Press {
            if table.day_before.contains(mouse.at) {
                return self.act(Action::DayBefore, cx);
            }
            if table.next_day.contains(mouse.at) {
                return self.act(Action::NextDay, cx);
            }
            if table.day.contains(mouse.at) {
                return self.act(Action::Calendar, cx);
            }
        }
        if let Some(date) = self.nearby.mouse(mouse, area) {
            return self.go_to(date, cx);
        }
        let class = table.class_at(mouse.at.x).filter(|_| mouse.kind == MouseKind::Press);
        let same_class = class.is_none() || class == self.class;
        match self.list.mouse(mouse, table.rows) {
            Touch::Acted(_) if same_class => self.act(Action::Choose, cx),
            Touch::Acted(_) | Touch::Selected(_) => self.go_to_class(class),
            Touch::Missed if table.head.contains(mouse.at) => self.go_to_class(class),
            Touch::Missed => {}
        }
    }

    fn take(&mut self, step: &command::Step, cx: &mut Context) -> Taken {
        self.take_step(step, cx)
    }

    fn fell_short(&self, step: &command::Step, _world: &World) -> Option<Refusal> {
        self.shortfall(step)
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if let Some(settled) = self.holding.settle(call, &answer) {
            return buying::held(settled, cx);
        }
        let offers = |reply: &Reply| if let Reply::Offers(offers) = reply { Some(offers.clone()) } else { None };
        if self.again == Some(call) {
            self.again = None;
            match answer.as_ref().map(offers) {
                Ok(Some(offers)) => {
                    self.offers = Load::Ready(offers);
                    self.quota = self.trip.quota;
                    self.found(cx);
                }
                Ok(None) => {}
                Err(failure) => {
                    cx.toast(Tone::Bad, failure.to_string());
                    self.keep_quota(cx);
                }
            }
        } else if self.offers.settle(call, &answer, offers) {
            self.counted.clear();
            self.found(cx);
            if self.offers.ready().is_some_and(Vec::is_empty) {
                self.nearby = Nearby::around(self.trip.date, cx.booking_rules().window(cx.now));
            }
        } else {
            let count = answer.ok().as_ref().and_then(offers).map_or(0, |offers| offers.len());
            self.nearby.answered(call, count);
        }
        if let Some(date) = self.nearby.next() {
            let call = cx.fetch(Request::Search {
                from: self.trip.from.codes(),
                to: self.trip.to.codes(),
                date,
                quota: self.trip.quota,
            });
            self.nearby.asks(call, date);
        }
    }

    fn gave_up(&mut self, call: CallId, cx: &mut Context) {
        self.offers.give_up(call);
        self.holding.gave_up(call);
        if self.again == Some(call) {
            self.again = None;
            self.keep_quota(cx);
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let Answer::Date(date) = answer {
            self.go_to(date, cx);
        }
    }

    fn live(&mut self, run: RunId, cx: &mut Context) {
        if self.counted.insert(run) | self.follow(run, cx) {
            self.arrange(cx);
        } else {
            self.tell(run, cx);
        }
    }

    fn watch(&self, _world: &World) -> Vec<Watch> {
        let cursor = self.selected().map(|offer| offer.journey.run);
        let watch = |offer: &Offer| {
            let run = offer.journey.run;
            Watch { run, attention: if Some(run) == cursor { Attention::Focus } else { Attention::Listed } }
        };
        // A train that a filter hides is watched too: its count may let it in.
        self.all().iter().map(watch).collect()
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let table = self.table_in(area, world);
        table.view_days(buf, &self.trip, &self.summary(), world);
        match &self.offers {
            Load::Idle => {
                state::empty(
                    buf,
                    table.whole,
                    "Nothing was searched",
                    "Press r to search, or [ and ] for another day.",
                    world,
                );
            }
            Load::Waiting(_) => {}
            Load::Failed(failure) => state::failed(buf, table.whole, failure, world),
            Load::Ready(offers) if offers.is_empty() => self.nearby.view(buf, table.whole, &self.trip, world),
            Load::Ready(_) if self.listed.is_empty() => {
                state::empty(
                    buf,
                    table.whole,
                    "No train is left by your filter",
                    "Press f to change the filter, and x in it to show all trains.",
                    world,
                );
            }
            Load::Ready(_) => {
                table.view_head(buf, self.class, self.trip.quota, world);
                for (row, place) in self.list.visible(table.rows) {
                    if let Some(offer) = self.rows().nth(row) {
                        let here = self.list.chosen() == Some(row);
                        self.list.mark(buf, row, place, world);
                        let cursor = self.class.filter(|_| here);
                        let (date, quota) = (self.trip.date, self.quota);
                        table.view_row(buf, place, (offer, date), (cursor, quota), world);
                    }
                }
                table.view_foot(buf, &self.foot_words(world), world);
                self.list.position(buf, table.foot, table.rows, world);
                if let (Some(pane), Some(offer)) = (table.pane, self.selected()) {
                    halts::view_pane(buf, pane, offer, world);
                }
            }
        }
        if let Some(panel) = &self.panel {
            panel.view(buf, area, self.filter, world);
        }
        if let (Some(halts), Some(offer)) = (&self.halts, self.selected()) {
            halts.view(buf, area, offer, world);
        }
    }
}
