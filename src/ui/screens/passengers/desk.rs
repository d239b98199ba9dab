//! What the form does for entries of the command line.

use super::{Passengers, Spot, most, no_more};
use crate::ui::command::{Named, Refusal, Seated, Step, Taken};
use crate::ui::context::Context;
use crate::ui::screens::passengers::row::Row;

impl Passengers {
    pub(super) fn take_step(&mut self, step: &Step, cx: &mut Context) -> Taken {
        match step {
            Step::FillIn { from, party } => match self.fill_in(*from, party, cx) {
                Ok(()) => {
                    self.keep(cx);
                    Taken::Yes
                }
                Err(refusal) => refusal.into(),
            },
            Step::Telephone(number) => {
                self.phone.set_value(number);
                self.at = Spot::Phone;
                self.keep(cx);
                Taken::Yes
            }
            Step::Fare => {
                self.submit(cx);
                Taken::Yes
            }
            Step::Choose(_) => {
                Refusal::new("Berths are held already: go on with them, or press Esc to choose others.").into()
            }
            Step::Companions => {
                self.ask_companions(cx);
                Taken::Yes
            }
            // What is held needs no other berths: unreserved tickets come here at once.
            Step::HoldBest => Taken::Yes,
            _ => Taken::NotHere,
        }
    }

    /// Fills rows: those with a berth in the order of the berths, children without one behind them.
    fn fill_in(&mut self, from: Option<usize>, party: &[Named], cx: &Context) -> Result<(), Refusal> {
        let seats = self.seats.len();
        let (seated, laps): (Vec<_>, Vec<_>) = party.iter().partition(|named| named.seated == Seated::Berth);
        let is_empty = |row: &Row| row.typed().name.is_empty();
        let free: Vec<usize> = match from {
            Some(row) if row >= seats => {
                return Err(Refusal::of_word(1, format!("There are {seats} rows with a berth: type one of them.")));
            }
            Some(row) => (row..seats).collect(),
            None => (0..seats).filter(|row| is_empty(&self.rows[*row])).collect(),
        };
        if seated.len() > free.len() {
            let why = match free.len() {
                0 => "Every berth has a name: type the row first that is to be another, like n 1 SHARMA/ANITA F34.",
                _ => "There are fewer berths than names: leave names out, or hold more berths.",
            };
            return Err(Refusal::new(why));
        }
        if self.rows.len() + laps.len() > most(cx) {
            return Err(Refusal::new(no_more(cx)));
        }
        for (row, named) in free.into_iter().zip(seated) {
            self.rows[row] = Row::from(&named.typed);
        }
        self.rows.extend(laps.into_iter().map(|named| Row::from(&named.typed)));
        self.at = Spot::Phone;
        Ok(())
    }

    /// The fare leads on from here, once nothing is missing.
    pub(super) fn shortfall(&self, step: &Step) -> Option<Refusal> {
        if *step == Step::Companions && self.companions.ready().is_none() {
            let why = self.phone.error().unwrap_or("Nobody is known by it: type the names.");
            return Some(Refusal::of_word(1, why));
        }
        if *step != Step::Fare {
            return None;
        }
        let rows = (1..).zip(&self.rows).find_map(|(number, row)| Some((number, row.error()?.1)));
        let rows = rows.map(|(number, why)| format!("Passenger {number}: {why}"));
        let why = rows.or_else(|| self.phone.error().map(str::to_owned));
        Some(Refusal::new(why.unwrap_or_else(|| "Something is missing: fill it in.".to_owned())))
    }
}
