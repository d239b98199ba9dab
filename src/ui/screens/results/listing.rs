//! Which trains are listed and in what order: the cursor stays on its train through all of it.

use std::collections::BTreeSet;

use super::Results;
use super::filter::Filter;
use crate::domain::coach::Class;
use crate::domain::money::Paise;
use crate::service::request::Offer;
use crate::ui::context::World;

/// The order of the trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Departure,
    Arrival,
    Duration,
    Fare,
}

impl Sort {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Departure => Self::Arrival,
            Self::Arrival => Self::Duration,
            Self::Duration => Self::Fare,
            Self::Fare => Self::Departure,
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Departure => "by departure",
            Self::Arrival => "by arrival",
            Self::Duration => "by duration",
            Self::Fare => "by cheapest fare",
        }
    }
}

impl Results {
    pub(super) fn found(&mut self, world: &World) {
        let carried = self.classes();
        // What most people book on a night train; the best of what there is by day.
        let usual = [Class::ThirdAc, Class::ChairCar];
        let first = self.wanted.into_iter().chain(usual).find(|class| carried.contains(class));
        self.class = first.or_else(|| carried.first().copied());
        self.arrange(world);
    }

    /// Sorts and filters; the cursor stays on its train.
    pub(super) fn arrange(&mut self, world: &World) {
        let cursor = self.selected().map(|offer| offer.journey.run);
        let Some(offers) = self.offers.ready() else { return };
        let mut listed: Vec<usize> = (0..offers.len())
            .filter(|at| self.filter.lists(&offers[*at], self.quota, self.trip.party, world))
            .collect();
        listed.sort_by_key(|at| {
            let offer = &offers[*at];
            let journey = &offer.journey;
            let first = match self.sort {
                Sort::Departure => 0,
                Sort::Arrival => journey.to.at.and_utc().timestamp(),
                Sort::Duration => journey.minutes(),
                Sort::Fare => cheapest(offer).map_or(i64::MAX, Paise::get),
            };
            (first, journey.from.at, journey.run)
        });
        let place = cursor.and_then(|run| listed.iter().position(|at| offers[*at].journey.run == run));
        self.listed = listed;
        self.list.resize(self.listed.len());
        if let Some(place) = place {
            self.list.choose(place);
        }
    }

    pub(super) fn all(&self) -> &[Offer] {
        self.offers.ready().map(Vec::as_slice).unwrap_or_default()
    }

    /// The listed offers in their order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Offer> {
        self.listed.iter().map(|at| &self.all()[*at])
    }

    pub(super) fn selected(&self) -> Option<&Offer> {
        self.list.chosen().and_then(|row| self.rows().nth(row))
    }

    /// The classes that any of the day's trains carries, best first: filters do not move the columns.
    pub(super) fn classes(&self) -> Vec<Class> {
        carried(self.offers.ready())
    }

    pub(super) fn move_class(&mut self, step: isize) {
        let classes = self.classes();
        let at = classes.iter().position(|class| Some(*class) == self.class).unwrap_or(0);
        let to = at.cast_signed().saturating_add(step).clamp(0, classes.len().cast_signed() - 1);
        self.go_to_class(classes.get(to.unsigned_abs()).copied());
    }

    pub(super) fn go_to_class(&mut self, class: Option<Class>) {
        self.class = class.or(self.class);
        self.wanted = self.class;
    }

    /// How many trains there are, and in which order they stand.
    pub(super) fn summary(&self) -> String {
        let trains = |count: usize| if count == 1 { "1 train".to_owned() } else { format!("{count} trains") };
        match self.offers.ready() {
            None => String::new(),
            Some(all) if all.is_empty() => String::new(),
            Some(all) if self.filter == Filter::default() => format!("{} · {}", trains(all.len()), self.sort.words()),
            Some(all) => format!("{} of {} · {}", self.listed.len(), trains(all.len()), self.sort.words()),
        }
    }
}

/// The lowest fare of an offer.
fn cheapest(offer: &Offer) -> Option<Paise> {
    offer.fares.iter().filter_map(|(_, fare)| *fare).min()
}

pub(super) fn carried(offers: Option<&Vec<Offer>>) -> Vec<Class> {
    let classes = offers.into_iter().flatten().flat_map(|offer| offer.fares.iter().map(|(class, _)| *class));
    classes.collect::<BTreeSet<_>>().into_iter().collect()
}
