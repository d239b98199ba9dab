//! What the list does for entries of the command line.

use super::Results;
use crate::ui::command::{Choice, Pick, Refusal, Step, Taken};
use crate::ui::context::Context;
use crate::ui::msg::Load;

impl Results {
    pub(super) fn take_step(&mut self, step: &Step, cx: &mut Context) -> Taken {
        match step {
            Step::Choose(choice) => match self.pick(choice, cx) {
                Ok(()) => Taken::Yes,
                Err(refusal) => refusal.into(),
            },
            _ => Taken::NotHere,
        }
    }

    fn pick(&mut self, choice: &Choice, cx: &mut Context) -> Result<(), Refusal> {
        (self.panel, self.halts) = (None, None);
        let rows = self.listed.len();
        let row = match choice.train {
            Pick::Line(line) => (line < rows).then_some(line),
            // Of a train's runs of a day, one may be late from the day before: that of the day is meant.
            Pick::Number(number) => {
                let rows = self.rows().enumerate().filter(|(_, offer)| offer.journey.train.number() == number);
                rows.max_by_key(|(_, offer)| offer.journey.run.date).map(|(row, _)| row)
            }
        };
        let none = "There are no trains on the list: show one first, like a ndls mmct 24dec.";
        let row = row.ok_or_else(|| match (rows, choice.train) {
            (0, _) => Refusal::of_word(1, none),
            (_, Pick::Line(_)) => {
                Refusal::of_word(1, format!("The list ends with line {rows}: type one that is on it."))
            }
            (_, Pick::Number(number)) => {
                Refusal::of_word(1, format!("{number} is not on the list: type the line of another train."))
            }
        })?;
        self.list.choose(row);
        if choice.class.is_some() {
            self.go_to_class(choice.class);
        }
        if let (Some(party), Some(class)) = (choice.party, self.class) {
            if let Some(why) = cx.too_many(party.into(), Some(class), self.quota) {
                return Err(Refusal::of_word(if choice.class.is_some() { 3 } else { 2 }, why.to_string()));
            }
            cx.draft_mut().party = party;
        }
        if let Some(why) = self.hindrance(cx) {
            return Err(Refusal::of_word(if choice.class.is_some() { 2 } else { 1 }, why));
        }
        if !self.holding.is_asking() {
            self.choose(cx);
        }
        Ok(())
    }

    /// Choosing a train leads on from here, and a search leads to trains.
    pub(super) fn shortfall(&self, step: &Step) -> Option<Refusal> {
        match (step, &self.offers) {
            (Step::Search(_) | Step::WayBack(_) | Step::Again(_), Load::Failed(failure)) => {
                Some(Refusal::new(failure.to_string()))
            }
            (Step::Search(_) | Step::WayBack(_) | Step::Again(_), Load::Ready(offers)) if offers.is_empty() => {
                Some(Refusal::new("No train goes there on that day: type another date."))
            }
            (Step::Choose(_), _) => Some(Refusal::new("Nothing was kept: read why, and choose another train.")),
            _ => None,
        }
    }
}
