//! The command line at work: what is typed on it goes, step by step, to the screens.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::app::{App, Owner};
use crate::ui::command::line::Did;
use crate::ui::command::run::{Fare, Run};
use crate::ui::command::{CommandLine, Refusal, Step, Taken};
use crate::ui::frame;
use crate::ui::keys::Key;
use crate::ui::msg::Effect;
use crate::ui::screen::Screen;
use crate::ui::screens::booking::Detail;
use crate::ui::screens::search::Search;
use crate::ui::theme::Tone;
use crate::ui::toast::Toast;

impl App {
    /// A key for the line while it is open.
    pub(super) fn line_key(&mut self, key: Key) {
        if let Did::Entered(text, entries) = self.line.key(key, &self.world) {
            let fare = if matches!(self.top(), Screen::Review(review) if review.shows_fare()) {
                Fare::Seen
            } else {
                Fare::Unseen
            };
            self.run = Some(Run::new(text, entries, fare));
        } else if self.line.problem().is_some() {
            self.out.push(Effect::Bell);
        }
    }

    /// Opens the line, or closes it.
    pub(super) fn turn_line(&mut self) {
        if self.line.is_open() { self.line.close() } else { self.line.open(&self.world) }
    }

    /// A key while entries wait for an answer: Esc stops them. What is typed would go to a screen that is about to change, so
    /// it goes nowhere, and says so.
    pub(super) fn key_meanwhile(&mut self, key: Key) {
        if key == Key::Esc {
            self.stop_waiting();
            self.stop_entries(Refusal::new("You stopped here: Enter does the rest, Esc leaves it."));
        } else {
            self.out.push(Effect::Bell);
        }
    }

    /// Gives steps to the screens for as long as nobody waits for an answer.
    pub(super) fn do_entries(&mut self) {
        while let Some(run) = &self.run {
            if self.is_waited_for() || self.top().is_reading() {
                return;
            }
            if let Some(begun) = run.begun() {
                match self.top().fell_short(&begun, &self.world) {
                    Some(refusal) => return self.stop_entries(refusal),
                    None => self.on_run(Run::came_about),
                }
                continue;
            }
            let Some(step) = run.step() else {
                self.run = None;
                return;
            };
            if self.overlay.is_some() {
                return self.stop_entries(Refusal::new("Answer what is asked first: Enter does the rest."));
            }
            let unseen = run.fare() == Fare::Unseen && step == Step::Pay;
            if unseen {
                return self.show_fare_first();
            }
            match self.take(&step) {
                Taken::Yes => self.on_run(Run::took),
                Taken::Elsewhere => {}
                Taken::Refused(refusal) => return self.stop_entries(refusal),
                Taken::NotHere => {
                    let refusal = self.run.as_ref().map(Run::needs);
                    return self.stop_entries(refusal.expect("a step is of a line"));
                }
            }
        }
    }

    /// Draws the line, or what of it is still to be done, on the rule above the messages.
    pub(super) fn view_line(&self, buf: &mut Buffer, area: Rect) {
        let frame::Places { message, keys, .. } = frame::places(area);
        let row = Rect { y: message.y.saturating_sub(1), ..message };
        if self.is_locked() {
            return;
        }
        if self.line.is_open() {
            self.line.view(buf, [row, message, keys], &self.world);
            // The line stands where that is said elsewhere.
            self.view_closing(buf, Rect { height: 1, ..area });
        } else if let Some(run) = self.run.as_ref().filter(|_| self.visible_wait().is_some()) {
            CommandLine::view_rest(buf, row, &run.rest(), &self.world);
        }
    }

    fn on_run(&mut self, act: impl FnOnce(&mut Run)) {
        if let Some(run) = &mut self.run {
            act(run);
        }
    }

    /// Whether the screen on top waits for an answer that whoever sits there waits for, too.
    fn is_waited_for(&self) -> bool {
        let top = self.stack.last().expect("there is always a screen").id;
        self.calls.values().any(|call| call.owner == Owner::Entry(top) && call.pending.is_some())
    }

    /// Takes a step that is about screens, or gives it to the one on top.
    fn take(&mut self, step: &Step) -> Taken {
        match step {
            Step::Search(_) if self.world.draft.hold.is_some() => {
                return Refusal::new("Berths are held for the journey in work: book it, or set it aside with k first.")
                    .into();
            }
            Step::Search(trip) => {
                self.stack.clear();
                self.push(Search::again(trip.clone()).into());
                self.enter();
            }
            Step::Open(pnr) => {
                if matches!(self.top(), Screen::Detail(_)) && self.stack.len() > 1 {
                    self.stack.pop();
                }
                self.push(Detail::of(*pnr).into());
                self.enter();
            }
            Step::Aside(place) => {
                let done = if let Some(place) = place { self.take_up(*place) } else { self.turn_aside() };
                if let Err(why) = done {
                    return Refusal::of_word(place.map_or(0, |_| 1), why).into();
                }
            }
            Step::Help => self.show_help(),
            step => {
                let mut taken = Taken::NotHere;
                self.with_top(|screen, cx| taken = screen.take(step, cx));
                return taken;
            }
        }
        Taken::Yes
    }

    /// Nothing is paid that was not on the screen: the entry ends with the fare, and a key agrees to it.
    fn show_fare_first(&mut self) {
        let Some(mut run) = self.run.take() else { return };
        run.pass_over();
        self.line.keep(&run.rest());
        let text = "Look at the fare: Enter takes the money and books.".to_owned();
        self.toast = Some(Toast::new(Tone::Plain, text, self.world.now));
    }

    /// The rest of the line goes back to be put right.
    fn stop_entries(&mut self, refusal: Refusal) {
        let Some(run) = self.run.take() else { return };
        let (rest, bad) = run.refused(refusal);
        self.line.refuse(&rest, bad);
        self.out.push(Effect::Bell);
    }
}
