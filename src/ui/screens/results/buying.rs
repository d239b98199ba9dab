//! From a train to what can be had on it: the quota, the way on, and what is said when something changes.

use super::{Results, sales_closed};
use crate::domain::admission::{Accept, Standing};
use crate::domain::allotment::BerthWish;
use crate::domain::coach::Class;
use crate::domain::inventory::Stage;
use crate::domain::quota::Quota;
use crate::domain::time::railway_time;
use crate::domain::timetable::Journey;
use crate::domain::train::RunId;
use crate::service::request::{Choice, Failure, Hold, Offer};
use crate::ui::context::{Context, World};
use crate::ui::holding::Wanted;
use crate::ui::overlay::Notice;
use crate::ui::screens::berths::Berths;
use crate::ui::screens::passengers::Passengers;
use crate::ui::theme::Tone;
use crate::ui::widgets::standing;

/// Why nobody travels a journey of which a part is not run.
fn not_run(journey: &Journey, world: &World) -> Option<String> {
    let state = &world.live.get(&journey.run)?.state;
    let (from, to) = state.gaps.on(journey.leg)?.part().ends(&state.train)?;
    Some(Failure::PartCancelled { from, to }.to_string())
}

/// Whether the railway has cancelled a run that is watched.
fn is_cancelled(run: RunId, world: &World) -> bool {
    world.live.get(&run).is_some_and(|live| live.state.stage == Stage::Cancelled)
}

/// Goes on with places without berths, or says why there are none.
pub(super) fn held(settled: Result<Hold, Failure>, cx: &mut Context) {
    match settled {
        Ok(hold) => {
            cx.draft_mut().hold = Some(hold);
            cx.push(Passengers::default());
        }
        Err(failure) => {
            let title = "Nothing was kept for you".to_owned();
            cx.notice(Notice { tone: Tone::Bad, title, text: failure.to_string() });
        }
    }
}

impl Results {
    /// Buys from another quota: the list stays until its fares are here.
    pub(super) fn turn_quota(&mut self, step: isize, cx: &mut Context) {
        let all = Quota::ALL;
        let at = all.iter().position(|quota| *quota == self.trip.quota).unwrap_or(0);
        let to = (at.cast_signed() + step).rem_euclid(all.len().cast_signed());
        self.trip.quota = all[to.unsigned_abs()];
        cx.draft_mut().quota = self.trip.quota;
        if let Some(call) = self.again.take() {
            cx.forget(call);
        }
        if self.offers.ready().is_some_and(|offers| !offers.is_empty()) {
            self.again = Some(cx.call(self.request()));
        } else {
            self.search(cx);
        }
    }

    /// The fares by another quota are not to be had: what is on the screen is what can be bought.
    pub(super) fn keep_quota(&mut self, cx: &mut Context) {
        self.trip.quota = self.quota;
        cx.draft_mut().quota = self.quota;
    }

    pub(super) fn choose(&mut self, cx: &mut Context) {
        if let Some(why) = self.hindrance(cx) {
            return cx.toast(Tone::Warning, why);
        }
        let (Some(offer), Some(class)) = (self.selected(), self.class) else { return };
        let (journey, quota) = (offer.journey.clone(), self.quota);
        let draft = cx.draft_mut();
        draft.journey = Some(journey.clone());
        (draft.class, draft.quota) = (Some(class), quota);
        draft.party = draft.party.max(1);
        let party = usize::from(draft.party);
        if class == Class::Unreserved {
            let wanted = Wanted { run: journey.run, leg: journey.leg, class, quota };
            let choice = Choice::Best(vec![BerthWish::default(); party]);
            self.holding.ask(wanted, choice, Accept::Anything, cx);
        } else {
            cx.push(Berths::new(journey, class, quota));
        }
    }

    /// Why the train under the cursor cannot be had in its class.
    pub(super) fn hindrance(&self, world: &World) -> Option<String> {
        let (offer, class, quota) = (self.selected()?, self.class?, self.quota);
        let Some((_, fare)) = offer.fares.iter().find(|(other, _)| *other == class) else {
            return Some(self.not_sold(offer, class));
        };
        let (journey, number) = (&offer.journey, offer.journey.train.number());
        let standing = world.standing(journey.run, class, quota, journey.leg).map(|stands| stands.standing);
        if is_cancelled(journey.run, world) {
            Some(Failure::TrainCancelled.to_string())
        } else if let Some(why) = not_run(journey, world) {
            Some(why)
        } else if sales_closed(offer, world) {
            Some(format!("Sales for {number} have closed: choose a later train or another day."))
        } else if fare.is_none() {
            Some(format!("There is no fare for {class} on {number}: choose another class."))
        } else if let Some(at) = world.opens(journey.run, class, quota) {
            let at = railway_time(at).format("%-d %b at %H:%M");
            Some(format!("Tatkal in {class} opens on {at}: come back then, or press q."))
        } else if standing == Some(Standing::Full) {
            Some(format!("{class} on {number} is full: choose another class or train."))
        } else {
            let too_many = world.too_many(world.draft.party.into(), Some(class), quota);
            too_many.map(|why| why.to_string())
        }
    }

    /// Why a class of a train cannot be had.
    fn not_sold(&self, offer: &Offer, class: Class) -> String {
        let number = offer.journey.train.number();
        if self.quota != Quota::General && offer.journey.train.classes_sold().any(|sold| sold == class) {
            let code = self.quota.code();
            return format!("{class} on {number} is not sold in {code}: choose another class, or press q.");
        }
        format!("{number} has no {class}: choose another class with the left and right arrows.")
    }

    /// Says what happened to the train under the cursor.
    pub(super) fn tell(&self, run: RunId, cx: &mut Context) {
        let Some(offer) = self.selected().filter(|offer| offer.journey.run == run) else { return };
        let Some(live) = cx.live.get(&run) else { return };
        let Some(before) = &live.before else { return };
        if live.state.stage == Stage::Cancelled && before.stage != Stage::Cancelled {
            let number = offer.journey.train.number();
            return cx.toast(Tone::Warning, format!("The railway has just cancelled {number}: choose another train."));
        }
        if let (Some(why), None) = (not_run(&offer.journey, cx), before.gaps.on(offer.journey.leg)) {
            return cx.toast(Tone::Warning, why);
        }
        let (leg, quota, now) = (offer.journey.leg, self.quota, cx.now);
        let mut classes: Vec<Class> = offer.fares.iter().map(|(class, _)| *class).collect();
        classes.sort_by_key(|class| Some(*class) != self.class);
        let changed = classes.into_iter().find_map(|class| {
            let was = before.standing(class, quota, leg, now)?;
            let is = live.state.standing(class, quota, leg, now)?;
            (was != is).then_some((class, was, is))
        });
        let number = offer.journey.train.number();
        let Some((class, was, is)) = changed else { return };
        let last = if was == Standing::Available(1) { "the last berth" } else { "the last berths" };
        match (was, is) {
            (Standing::Available(_), Standing::Full) => {
                cx.toast(Tone::Warning, format!("{class} on {number} is full now: somebody took {last}."));
            }
            (Standing::Available(_), Standing::Rac(_) | Standing::Waiting(..)) => {
                cx.toast(Tone::Warning, format!("{class} on {number} is {is} now: somebody took {last}."));
            }
            _ => {
                let (was, is) = (standing::words(was), standing::words(is));
                cx.toast(Tone::Plain, format!("{class} on {number} just went from {was} to {is}."));
            }
        }
    }

    /// What the fares are, or why there are none by this quota.
    pub(super) fn foot_words(&self, world: &World) -> String {
        let quota = self.quota;
        if self.classes().is_empty() {
            return format!("Nothing here is sold in {quota} {}: press q for another quota.", quota.words());
        }
        let opens = self.selected().zip(self.class).and_then(|(offer, class)| {
            let sold = offer.fares.iter().any(|(other, _)| *other == class);
            world.opens(offer.journey.run, class, quota).filter(|_| sold).map(|at| (class, at))
        });
        match opens {
            Some((class, at)) => {
                let at = railway_time(at).format("%-d %B at %H:%M");
                format!("Tatkal in {class} opens on {at} of the railway's time")
            }
            None => "fares are illustrative, per adult, all charges included".to_owned(),
        }
    }
}
