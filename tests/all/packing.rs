//! Random demand over the halts of a real train, and how much of it is sold: berth by berth as it comes, and packed.
//!
//! Demand is single adults of the general quota without a wish, who ask one after the other, each for a pair of halts
//! drawn uniformly, until together they have asked for 120 % of all the segments that the berths have. (The ends of a
//! train are asked for less than its middle, so that some berths stay empty there whatever one does.)

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use kiosk::domain::allotment::{BerthWish, allot};
use kiosk::domain::coach::{BerthRef, Class, Coach, CoachId};
use kiosk::domain::inventory::RunState;
use kiosk::domain::quota::Quota;
use kiosk::domain::rules::quota::QuotaRules;
use kiosk::domain::segment::{Leg, SegmentMask};
use kiosk::domain::train::{RunId, Train, TrainDraft};
use kiosk::service::timetable_file;

/// The bundled train with the most halts: 37.
pub const TRAIN: &str = "12840";

/// The seeds of the demand on which the least is asserted.
pub const SEEDS: Range<u64> = 0..20;

/// The class that is sold.
pub const CLASS: Class = Class::Sleeper;

/// What is asked for, of a hundred berth-segments.
const LOAD_PERCENT: usize = 120;

/// What was sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sold {
    /// Tickets.
    pub tickets: u32,
    /// Segments of a berth.
    pub segments: u32,
    /// Kilometres of a berth.
    pub km: u32,
}

impl Sold {
    fn add(&mut self, train: &Train, leg: Leg) {
        self.tickets += 1;
        self.segments += u32::from(leg.to() - leg.from());
        self.km += u32::from(train.distance(leg).expect("a leg of this train"));
    }

    /// How much it is of something else: the least of the three.
    pub fn of(self, other: Self) -> f64 {
        let pairs = [(self.tickets, other.tickets), (self.segments, other.segments), (self.km, other.km)];
        pairs.map(|(own, other)| f64::from(own) / f64::from(other)).into_iter().fold(f64::INFINITY, f64::min)
    }
}

/// A run of a bundled train on which nothing is sold, with `coaches` sleeper coaches of `berths` berths.
pub fn free_run(train: &str, coaches: u8, berths: u8) -> RunState {
    let bundled = timetable_file::bundled().trains.into_iter();
    let train = bundled.into_iter().find(|known| known.number().as_str() == train).expect("a bundled train");
    let coach = |number| {
        let id = CoachId::parse(&format!("S{number}")).expect("a coach");
        Coach::new(id, CLASS, berths).expect("a coach")
    };
    let draft = TrainDraft { coaches: (1..=coaches).map(coach).collect(), ..train.into() };
    let train = Train::new(draft).expect("the train with other coaches");
    let run = RunId { train: train.number(), date: now().date_naive() };
    RunState::unsold(run, Arc::new(train), &QuotaRules::default())
}

/// What is asked for, in order.
pub fn demand(train: &Train, seed: u64) -> Vec<Leg> {
    let mut chance = Chance(seed);
    let halts = train.halts().len();
    let enough = berths(train) * (halts - 1) * LOAD_PERCENT;
    let (mut legs, mut segments) = (Vec::new(), 0);
    while segments * 100 < enough {
        let leg = any_leg(halts, &mut chance);
        segments += usize::from(leg.to() - leg.from());
        legs.push(leg);
    }
    legs
}

/// A pair of halts, each as likely as any other.
pub fn any_leg(halts: usize, chance: &mut Chance) -> Leg {
    loop {
        let (one, other) = (chance.below(halts) as u8, chance.below(halts) as u8);
        if let Ok(leg) = Leg::new(one.min(other), one.max(other)) {
            return leg;
        }
    }
}

/// What is sold when each leg is taken, in order, that leaves no segment with more passengers than berths.
///
/// All of them can be seated by somebody who may wait for the last before seating the first: intervals need no more berths
/// than there are of them at the fullest place.
pub fn packed(train: &Train, demand: &[Leg]) -> Sold {
    let mut passengers = vec![0; train.halts().len() - 1];
    let mut sold = Sold::default();
    for leg in demand {
        let on_the_way = &mut passengers[usize::from(leg.from())..usize::from(leg.to())];
        if on_the_way.iter().all(|count| *count < berths(train)) {
            for count in on_the_way {
                *count += 1;
            }
            sold.add(train, *leg);
        }
    }
    sold
}

/// What is sold when each gets the first berth that is free.
pub fn first_fit(train: &Train, demand: &[Leg]) -> Sold {
    let mut masks = vec![SegmentMask::EMPTY; berths(train)];
    let mut sold = Sold::default();
    for leg in demand {
        if let Some(mask) = masks.iter_mut().find(|mask| !mask.overlaps(leg.mask())) {
            *mask = mask.with(leg.mask());
            sold.add(train, *leg);
        }
    }
    sold
}

/// What is sold when each gets the berth that allotment chooses.
pub fn allotted(state: &mut RunState, demand: &[Leg]) -> Sold {
    let train = Arc::clone(&state.train);
    let mut sold = Sold::default();
    for (start, leg) in demand.iter().enumerate() {
        if let Ok(berths) = allot(state, CLASS, Quota::General, *leg, &[BerthWish::default()], start as u64, now()) {
            sell(state, &berths, *leg);
            sold.add(&train, *leg);
        }
    }
    sold
}

/// Marks berths as sold, which have to be free.
pub fn sell(state: &mut RunState, berths: &[BerthRef], leg: Leg) {
    for berth in berths {
        let mask = state.coach_mut(berth.coach).masks.entry(berth.number.into()).or_default();
        assert!(!mask.overlaps(leg.mask()), "{berth} is sold twice");
        *mask = mask.with(leg.mask());
    }
}

/// The moment at which all of it happens.
pub fn now() -> DateTime<Utc> {
    "2026-11-24T10:00:00Z".parse().expect("an instant")
}

fn berths(train: &Train) -> usize {
    train.coaches().iter().map(|coach| usize::from(coach.berths())).sum()
}

/// A fixed sequence that looks random (`SplitMix64`).
pub struct Chance(pub u64);

impl Chance {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % limit as u64) as usize
    }
}
