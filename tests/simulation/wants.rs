//! What somebody wants: where to, in what class and quota, and who travels.

use kiosk::domain::admission::Accept;
use kiosk::domain::allotment::BerthWish;
use kiosk::domain::coach::{BerthRef, Class};
use kiosk::domain::passenger::{Accommodation, Gender, Passenger, PersonName};
use kiosk::domain::quota::Quota;
use kiosk::domain::segment::Leg;
use kiosk::domain::spot::Grant;
use kiosk::domain::train::Train;
use kiosk::service::request::{Choice, Hold};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};

/// What most people of a world want.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fashion {
    /// The class that they prefer.
    pub class: Class,
    /// How likely somebody prefers another.
    pub others: f64,
    /// How likely somebody takes a half or a place on a list where there is no berth.
    pub patience: f64,
    /// How likely somebody wants a quota of its own.
    pub quotas: f64,
    /// Whether everybody begins with a large party for the whole way.
    pub rush: bool,
}

impl Fashion {
    pub fn of(chance: &mut StdRng) -> Self {
        let classes = [Class::SecondAc, Class::SecondAc, Class::ThirdAc, Class::Sleeper, Class::Sleeper];
        Self {
            class: *classes.choose(chance).expect("there are some"),
            others: chance.random_range(0.0..0.5),
            patience: if chance.random_bool(0.15) { 0.0 } else { chance.random_range(0.4..1.0) },
            quotas: chance.random_range(0.0..0.4),
            rush: chance.random_bool(0.7),
        }
    }
}

/// What somebody wants.
#[derive(Clone, Debug)]
pub struct Want {
    pub leg: Leg,
    pub class: Class,
    pub quota: Quota,
    pub choice: Choice,
    pub accept: Accept,
    pub passengers: Vec<Passenger>,
}

impl Want {
    pub fn draw(chance: &mut StdRng, train: &Train, fashion: &Fashion, first: bool) -> Self {
        let last = train.halts().len() as u8 - 1;
        let in_rush = fashion.rush && first;
        let class = if in_rush || !chance.random_bool(fashion.others) {
            fashion.class
        } else {
            let classes = [Class::SecondAc, Class::ThirdAc, Class::Sleeper, Class::Unreserved];
            *classes.choose(chance).expect("there are some")
        };
        // Many want the same legs, so that it can be seen who is served first.
        let (from, to) = match chance.random_range(0..10) {
            _ if in_rush => (0, last),
            0..=2 => (0, last),
            3..=4 => (1, last.min(3)),
            _ => {
                let from = chance.random_range(0..last);
                (from, chance.random_range(from + 1..=last))
            }
        };
        let quota = match (class, chance.random_bool(fashion.quotas)) {
            (Class::Unreserved, _) | (_, false) => Quota::General,
            (Class::Sleeper, true) => {
                *[Quota::Ladies, Quota::Senior, Quota::Tatkal].choose(chance).expect("there are some")
            }
            (_, true) => *[Quota::Senior, Quota::Tatkal, Quota::Tatkal].choose(chance).expect("there are some"),
        };
        let parties: &[usize] = if in_rush { &[4, 5, 6] } else { &[1, 1, 2, 2, 3, 4, 5, 6] };
        let party = *parties.choose(chance).expect("there are some");
        let passengers = passengers(chance, quota, party);
        let berths: Vec<_> =
            passengers.iter().filter(|who| who.accommodation == Accommodation::Berth).cloned().collect();
        let choice = if class == Class::Unreserved || in_rush || chance.random_bool(0.75) {
            Choice::Best(berths.iter().map(wish).collect())
        } else {
            let coaches = train.coaches_of(class);
            let mut all: Vec<_> = coaches
                .flat_map(|coach| coach.numbers().map(|number| BerthRef { coach: coach.id(), number }))
                .collect();
            all.shuffle(chance);
            all.truncate(berths.len());
            Choice::Berths(all)
        };
        let accept = if chance.random_bool(fashion.patience) { Accept::Anything } else { Accept::Berths };
        Self { leg: Leg::new(from, to).expect("forward"), class, quota, choice, accept, passengers }
    }

    /// The same for a group, which only a supervisor books.
    pub fn for_a_group(self, chance: &mut StdRng, fashion: &Fashion) -> Self {
        let party = chance.random_range(7..=9);
        let passengers = passengers(chance, Quota::General, party);
        let choice = Choice::Best(passengers.iter().map(wish).collect());
        Self { class: fashion.class, quota: Quota::General, choice, passengers, ..self }
    }

    /// Whether it is for more than anybody books at once.
    pub fn is_of_a_group(&self) -> bool {
        self.passengers.len() > 6
    }
}

impl Want {
    /// What a hold of it is, for the count.
    pub fn kind(&self, granted: &Hold) -> &'static str {
        let has = |is_such: fn(&Grant) -> bool| granted.grants.iter().any(is_such);
        if has(|grant| matches!(grant, Grant::Waiting)) {
            "held a place on a list"
        } else if has(|grant| matches!(grant, Grant::Shared(_))) {
            "held a half"
        } else if self.quota == Quota::General {
            "held"
        } else {
            "held from a quota"
        }
    }

    /// Whether a hold is of what was asked for.
    pub fn is_met(&self, granted: &Hold) -> Result<(), String> {
        let Hold { leg, class, quota, grants, .. } = granted;
        if (*leg, *class, *quota) != (self.leg, self.class, self.quota) || grants.len() != self.choice.len() {
            return Err(format!("{granted:?} for {self:?}"));
        }
        let berths: Vec<_> = grants.iter().filter_map(|grant| grant.berth()).collect();
        let is_all = berths.len() == grants.len();
        match &self.choice {
            Choice::Berths(chosen) if berths != *chosen => Err(format!("{grants:?} for {chosen:?}")),
            Choice::Best(_) if self.accept == Accept::Berths && self.class != Class::Unreserved && !is_all => {
                Err(format!("{grants:?} for whoever wants berths alone"))
            }
            _ => Ok(()),
        }
    }
}

fn wish(passenger: &Passenger) -> BerthWish {
    BerthWish { preference: passenger.preference, needs_lower: passenger.age.years() >= 60 }
}

/// A party that may mostly buy from the quota.
fn passengers(chance: &mut StdRng, quota: Quota, party: usize) -> Vec<Passenger> {
    let party = match quota {
        Quota::Senior => party.min(2),
        Quota::Tatkal => party.min(4),
        Quota::General | Quota::Ladies => party,
    };
    let mut passengers: Vec<_> = (0..party)
        .map(|_| match (quota, chance.random_range(0..10)) {
            (Quota::Senior, _) | (_, 0) => passenger("Ramesh", 71, Gender::Male),
            (Quota::Ladies, _) | (_, 1..=4) => passenger("Anita", 34, Gender::Female),
            _ => passenger("Vikram", 34, Gender::Male),
        })
        .collect();
    if passengers.len() < 5 && chance.random_bool(0.05) {
        let child = passenger("Meera", 2, Gender::Female);
        passengers.push(Passenger { accommodation: Accommodation::Lap, ..child });
    }
    passengers
}

fn passenger(name: &str, age: u8, gender: Gender) -> Passenger {
    Passenger {
        name: PersonName::parse(name).expect("a name"),
        age: age.try_into().expect("an age"),
        gender,
        preference: None,
        accommodation: Accommodation::Berth,
    }
}
