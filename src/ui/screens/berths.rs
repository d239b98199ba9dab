//! The coach map, and the choice of berths.
//!
//! Nothing is out of sale before Enter: what is chosen here is a wish, and a berth that another takes leaves it visibly.
//! With a hold the map shows the held berths, and they are given back only after a question.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::domain::admission::{Accept, Standing};
use crate::domain::allotment::{BerthWish, Shortage, allot};
use crate::domain::coach::{BerthRef, Class, Coach};
use crate::domain::inventory::RunState;
use crate::domain::quota::Quota;
use crate::domain::timetable::Journey;
use crate::domain::train::{RunId, Train};
use crate::service::request::{Choice, Failure, Reply};
use crate::ui::command::{self, Refusal, Taken};
use crate::ui::context::{Context, Stands, World};
use crate::ui::draft::Step;
use crate::ui::frame;
use crate::ui::holding::{Holding, Wanted};
use crate::ui::keys::{Binding, Key, Mouse, MouseKind, bind};
use crate::ui::msg::{Attention, CallId, Watch};
use crate::ui::overlay::{Answer, Question};
use crate::ui::screen::Scene;
use crate::ui::screens::passengers::Passengers;
use crate::ui::screens::review::class_words;
use crate::ui::theme::Tone;

mod berth;
mod coach_map;
mod desk;
mod drawing;
mod offer;
mod wishes;

use berth::{Berth, kept_words};
use drawing::Places;
use wishes::WishPanel;

/// The coach map, and the choice of berths.
#[derive(Clone, Debug)]
pub struct Berths {
    journey: Journey,
    class: Class,
    quota: Quota,
    /// Which of the coaches of the class is shown.
    coach: usize,
    /// The berth under the cursor.
    cursor: u8,
    chosen: Vec<BerthRef>,
    wishes: Vec<BerthWish>,
    panel: Option<WishPanel>,
    /// The size of the party as its digits were typed last.
    typed: Option<usize>,
    /// The request for a hold.
    holding: Holding,
    /// Why the last attempt was refused.
    problem: Option<String>,
    /// What the question about giving back was asked for.
    leaving: Leaving,
}

/// What follows when the held berths were given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    Back,
    Change,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take the wishes and choose the best berths.
    PanelDone,
    /// Close the wishes.
    PanelClose,
    /// Hold the chosen berths.
    Hold,
    /// Hold the best berths unseen.
    HoldBest,
    /// Take what there is: berths as far as they go, then halves of them and places on the list.
    Join,
    /// Go on with the held berths.
    GoOn,
    /// Give the held berths back to choose others.
    Change,
    /// Go back, after a question if berths are held.
    Back,
    /// Move the cursor.
    Move,
    /// Take or leave a berth.
    Take,
    /// Choose the best berths.
    Best,
    /// The next coach.
    Coach,
    /// The coach before.
    CoachBefore,
    /// A larger party.
    More,
    /// A smaller party.
    Fewer,
    /// Who would like what.
    Wishes,
}

impl Berths {
    /// The choice for a journey in a class, from a quota.
    pub fn new(journey: Journey, class: Class, quota: Quota) -> Self {
        Self {
            journey,
            class,
            quota,
            coach: 0,
            cursor: 1,
            chosen: Vec::new(),
            wishes: Vec::new(),
            panel: None,
            typed: None,
            holding: Holding::default(),
            problem: None,
            leaving: Leaving::Back,
        }
    }

    fn state<'a>(&self, world: &'a World) -> Option<&'a RunState> {
        world.live.get(&self.journey.run).map(|live| live.state.as_ref())
    }

    /// The train as the run is pinned to, which may be an older version than the timetable's.
    fn train<'a>(&'a self, world: &'a World) -> &'a Train {
        self.state(world).map_or(&self.journey.train, |state| &state.train)
    }

    fn coaches(&self, world: &World) -> Vec<Coach> {
        self.train(world).coaches_of(self.class).copied().collect()
    }

    fn shown_coach(&self, world: &World) -> Option<Coach> {
        self.coaches(world).get(self.coach).copied()
    }

    /// How many berths the quota has free on the way; `None` while nothing is known of the run.
    fn left(&self, world: &World) -> Option<usize> {
        let stands = world.standing(self.journey.run, self.class, self.quota, self.journey.leg);
        stands.map(Stands::berths)
    }

    fn party(&self) -> usize {
        self.wishes.len()
    }

    fn take(&mut self, cx: &mut Context) {
        let Some(coach) = self.shown_coach(cx) else { return };
        let berth = BerthRef { coach: coach.id(), number: self.cursor };
        self.problem = None;
        match self.berth(berth, cx) {
            Berth::Chosen => self.chosen.retain(|other| *other != berth),
            Berth::Free if self.chosen.len() < self.party() => self.chosen.push(berth),
            Berth::Free if self.party() == 1 => self.chosen = vec![berth],
            Berth::Free => cx.toast(
                Tone::Warning,
                format!(
                    "You chose {} for a party of {0}: leave one with Space, or press + for a larger party.",
                    self.party()
                ),
            ),
            Berth::Taken => cx.toast(Tone::Warning, format!("{berth} is taken on your way: choose one that is free.")),
            Berth::Kept(pool) => cx.toast(Tone::Warning, kept_words(berth, pool)),
            Berth::Blocked => cx.toast(Tone::Warning, format!("{berth} is out of sale: choose another.")),
            Berth::Unknown => {
                cx.toast(Tone::Plain, "What is free is not known yet: a moment, or press Enter for the best.");
            }
            Berth::Held => {}
        }
    }

    fn best(&mut self, cx: &mut Context) {
        self.problem = None;
        let Some(state) = self.state(cx) else {
            cx.toast(Tone::Plain, "What is free is not known yet: a moment, or press Enter for the best.");
            return;
        };
        // The coach on the screen comes first among equals: nothing jumps without need.
        let start = u64::try_from(self.coach).unwrap_or(0);
        match allot(state, self.class, self.quota, self.journey.leg, &self.wishes, start, cx.now) {
            Ok(berths) => {
                self.chosen = berths;
                self.show_first(cx);
            }
            // The offer of what there is instead stands on the screen already, where there is any.
            Err(Shortage { left }) => {
                let standing = Standing::Full;
                let offered = self.offers(Action::Join, cx);
                self.problem = (!offered).then(|| Failure::SoldOut { left, standing }.to_string());
            }
        }
    }

    /// Brings the first chosen berth to the screen.
    fn show_first(&mut self, world: &World) {
        let Some(first) = self.chosen.first() else { return };
        if let Some(coach) = self.coaches(world).iter().position(|coach| coach.id() == first.coach) {
            self.coach = coach;
            self.cursor = first.number;
        }
    }

    fn hold(&mut self, choice: Choice, accept: Accept, cx: &mut Context) {
        self.problem = None;
        cx.draft_mut().party = u8::try_from(self.party()).unwrap_or(1);
        let (run, leg, class, quota) = (self.journey.run, self.journey.leg, self.class, self.quota);
        self.holding.ask(Wanted { run, leg, class, quota }, choice, accept, cx);
    }

    fn refused(&mut self, failure: &Failure, cx: &mut Context) {
        if let Failure::BerthTaken { berths, .. } | Failure::OtherQuota { berths } = failure {
            self.chosen.retain(|berth| !berths.contains(berth));
        }
        self.drop_taken(cx);
        cx.bell();
        self.problem = Some(failure.to_string());
    }

    fn resize_party(&mut self, step: isize, cx: &mut Context) {
        self.set_party(self.party().saturating_add_signed(step).max(1), cx);
    }

    /// Makes the party so large, or says why it cannot be.
    fn set_party(&mut self, party: usize, cx: &mut Context) {
        if let Some(why) = cx.too_many(party, Some(self.class), self.quota) {
            return cx.toast(Tone::Warning, why.to_string());
        }
        self.wishes.resize(party, BerthWish::default());
        self.chosen.truncate(party);
        self.problem = None;
        cx.draft_mut().party = u8::try_from(party).unwrap_or(1);
    }

    /// A digit says how large the party is, and with one that was just typed before it a larger number.
    fn type_party(&mut self, digit: char, cx: &mut Context) {
        if !self.offers(Action::More, cx) {
            return;
        }
        let digit = digit.to_digit(10).unwrap_or_default() as usize;
        let before = self.typed.filter(|typed| *typed == self.party());
        let party = before.map_or(digit, |before| before * 10 + digit);
        if party > 0 {
            self.set_party(party, cx);
            // One that is refused leaves the party as it was, and the next digit begins another.
            self.typed = Some(party).filter(|party| *party == self.party());
        }
    }

    fn show_coach(&mut self, index: usize, world: &World) {
        let coaches = self.coaches(world);
        if let Some(coach) = coaches.get(index) {
            self.coach = index;
            self.cursor = self.cursor.clamp(1, coach.berths());
        }
    }

    fn turn_coach(&mut self, step: isize, world: &World) {
        let count = self.coaches(world).len().max(1).cast_signed();
        self.show_coach((self.coach.cast_signed() + step).rem_euclid(count).unsigned_abs(), world);
    }

    fn places(&self, world: &World) -> Places {
        let Size { width, height } = world.size;
        self.places_in(frame::places(Rect::new(0, 0, width, height)).body, world)
    }

    fn places_in(&self, area: Rect, world: &World) -> Places {
        Places::new(area, &self.coaches(world), self.coach, self.cursor, world)
    }
}

impl Scene for Berths {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "choose the best", "Chooses the best berths for these wishes.", Action::PanelDone),
        bind(&[Key::Esc], "Esc", "close", "Closes the wishes.", Action::PanelClose),
        bind(&[Key::Enter], "Enter", "passengers", "Goes on with the berths that are held.", Action::GoOn),
        bind(&[Key::Char('e')], "e", "other berths", "Gives the held berths back to choose others.", Action::Change),
        bind(
            &[Key::Enter],
            "Enter",
            "hold these",
            "Keeps the chosen berths for you while you fill in the rest.",
            Action::Hold,
        ),
        bind(
            &[Key::Enter],
            "Enter",
            "hold the best",
            "Keeps the best berths for you, chosen at once.",
            Action::HoldBest,
        ),
        bind(
            &[Key::Char('j')],
            "j",
            "join",
            "Takes what there is for all of the party: berths first, then RAC, then the waiting list.",
            Action::Join,
        ),
        bind(&[Key::Right], "←→↑↓", "move", "Moves over the coach.", Action::Move),
        bind(&[Key::Char(' ')], "Space", "take/leave", "Takes the berth under the cursor, or leaves it.", Action::Take),
        bind(&[Key::Char('b')], "b", "best", "Shows the best berths for the party and its wishes.", Action::Best),
        bind(&[Key::Char('c'), Key::Tab, Key::PageDown], "c", "coach", "Goes to the next coach.", Action::Coach),
        bind(
            &[Key::Char('+'), Key::Char('=')],
            "+",
            "more",
            "Makes the party larger, and - smaller; digits say how large.",
            Action::More,
        ),
        bind(
            &[Key::Char('w')],
            "w",
            "wishes",
            "Says who would like which berth, and who cannot climb.",
            Action::Wishes,
        ),
        bind(&[Key::Char('-')], "-", "fewer", "Makes the party smaller.", Action::Fewer),
        bind(
            &[Key::Char('C'), Key::BackTab, Key::PageUp],
            "C",
            "coach before",
            "Goes to the coach before.",
            Action::CoachBefore,
        ),
        bind(&[Key::Esc], "Esc", "back", "Goes back to the trains; held berths only after a question.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        let train = &self.journey.train;
        format!("{} {} · {}", train.number(), train.name(), class_words(self.class, self.quota))
    }

    fn step(&self) -> Option<Step> {
        Some(Step::Berths)
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let held = world.draft.hold.is_some();
        match action {
            Action::PanelDone | Action::PanelClose => self.panel.is_some(),
            _ if self.panel.is_some() => false,
            Action::GoOn | Action::Change => held,
            Action::Take | Action::Best | Action::More | Action::Fewer | Action::Wishes => {
                !held && !self.holding.is_asking()
            }
            Action::Hold => !held && !self.holding.is_asking() && !self.chosen.is_empty(),
            Action::HoldBest => {
                // What is not there is not asked for: the map says what to do instead.
                let enough = self.left(world).is_none_or(|left| left >= self.party());
                !held && !self.holding.is_asking() && self.chosen.is_empty() && enough
            }
            Action::Join => !held && !self.holding.is_asking() && world.sells_queues() && self.joins(world).is_some(),
            Action::Back | Action::Move => true,
            Action::Coach | Action::CoachBefore => self.coaches(world).len() > 1,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        let most = cx.largest_party(Some(self.class), self.quota).max(1);
        self.wishes = vec![BerthWish::default(); usize::from(cx.draft.party.clamp(1, most))];
    }

    fn resume(&mut self, cx: &mut Context) {
        self.holding.forget();
        if let Some(hold) = &cx.draft.hold {
            self.chosen = hold.berths();
        }
        self.drop_taken(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        self.typed = None;
        match action {
            Action::PanelDone => {
                self.panel = None;
                self.best(cx);
            }
            Action::PanelClose => self.panel = None,
            Action::GoOn => cx.push(Passengers::default()),
            Action::Change => self.ask_back(Leaving::Change, cx),
            Action::Hold if self.chosen.len() < self.party() => {
                let left = self.party() - self.chosen.len();
                self.problem = Some(format!(
                    "Choose {left} more with Space, press b for the best, or press - for a smaller party."
                ));
            }
            Action::Hold => self.hold(Choice::Berths(self.chosen.clone()), Accept::Berths, cx),
            Action::HoldBest => self.hold(Choice::Best(self.wishes.clone()), Accept::Berths, cx),
            Action::Join => self.hold(Choice::Best(self.wishes.clone()), Accept::Anything, cx),
            Action::Move => self.key(Key::Right, cx),
            Action::Take => self.take(cx),
            Action::Best => self.best(cx),
            Action::Coach => self.turn_coach(1, cx),
            Action::CoachBefore => self.turn_coach(-1, cx),
            Action::More => self.resize_party(1, cx),
            Action::Fewer => self.resize_party(-1, cx),
            Action::Wishes => self.panel = Some(WishPanel::of(self.party())),
            Action::Back if cx.draft.hold.is_some() => self.ask_back(Leaving::Back, cx),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        if let Some(panel) = &mut self.panel {
            return panel.key(key, self.class, &mut self.wishes, frame::body(cx.size));
        }
        if let Key::Char(digit @ '0'..='9') = key {
            return self.type_party(digit, cx);
        }
        self.typed = None;
        let places = self.places(cx);
        let Some(map) = &places.map else { return };
        self.cursor = match key {
            Key::Left => map.beside(self.cursor, -1),
            Key::Right => map.beside(self.cursor, 1),
            Key::Up => map.beneath(self.cursor, -1),
            Key::Down => map.beneath(self.cursor, 1),
            Key::Home => 1,
            Key::End => self.shown_coach(cx).map_or(1, |coach| coach.berths()),
            _ => return,
        };
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if self.panel.is_some() {
            if mouse.kind == MouseKind::Press {
                self.panel = None;
            }
            return;
        }
        let places = self.places_in(area, cx);
        match mouse.kind {
            MouseKind::ScrollUp => return self.key(Key::Up, cx),
            MouseKind::ScrollDown => return self.key(Key::Down, cx),
            MouseKind::Press => {}
        }
        if let Some(coach) = places.coach_at(mouse.at) {
            self.show_coach(coach, cx);
        } else if let Some(number) = places.berth_at(mouse.at) {
            // A touch is a wish, and the next one takes it back: there is no need for two.
            self.cursor = number;
            if self.offers(Action::Take, cx) {
                self.take(cx);
            }
        } else if let Some(action) = places.button_at(mouse.at) {
            let action = match action {
                Action::Hold if cx.draft.hold.is_some() => Action::GoOn,
                Action::Hold if self.chosen.is_empty() && self.offers(Action::Join, cx) => Action::Join,
                Action::Hold if self.chosen.is_empty() => Action::HoldBest,
                action => action,
            };
            if self.offers(action, cx) {
                self.act(action, cx);
            }
        }
    }

    fn take(&mut self, step: &command::Step, cx: &mut Context) -> Taken {
        self.take_step(step, cx)
    }

    fn fell_short(&self, step: &command::Step, _world: &World) -> Option<Refusal> {
        self.shortfall(step)
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        match self.holding.settle(call, &answer) {
            None => {}
            Some(Ok(hold)) => {
                self.chosen = hold.berths();
                self.show_first(cx);
                let draft = cx.draft_mut();
                draft.party = u8::try_from(hold.grants.len()).unwrap_or(draft.party);
                draft.hold = Some(hold);
                cx.push(Passengers::default());
            }
            Some(Err(failure)) => self.refused(&failure, cx),
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.holding.gave_up(call);
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if answer == Answer::Yes(Question::GiveBack) {
            cx.release();
            self.chosen.clear();
            if self.leaving == Leaving::Back {
                cx.pop();
            }
        }
    }

    fn live(&mut self, run: RunId, cx: &mut Context) {
        if run != self.journey.run || cx.draft.hold.is_some() {
            return;
        }
        self.show_coach(self.coach.min(self.coaches(cx).len().saturating_sub(1)), cx);
        let taken = self.drop_taken(cx);
        if !taken.is_empty() {
            let names = taken.iter().map(BerthRef::to_string).collect::<Vec<_>>().join(", ");
            let were = if taken.len() == 1 { "was" } else { "were" };
            cx.toast(Tone::Warning, format!("{names} {were} taken a moment ago."));
            cx.bell();
        }
    }

    fn watch(&self, _world: &World) -> Vec<Watch> {
        vec![Watch { run: self.journey.run, attention: Attention::Focus }]
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        self.places_in(area, world).view(self, buf, world);
        if let Some(panel) = &self.panel {
            panel.view(buf, area, self.class, &self.wishes, world);
        }
    }
}
