//! A railway that keeps its books right, written apart from the code that audits them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::super::Evidence;
use crate::domain::booking::{
    Allotted, BookedPassenger, Booking, BookingStatus, Change, Deed, OpId, Payment, PaymentMethod, Place, Refund,
};
use crate::domain::coach::{BerthRef, Class, Coach, CoachId};
use crate::domain::fare::Fare;
use crate::domain::inventory::{HeldPart, HoldId, RunState};
use crate::domain::manifest::ManifestLine;
use crate::domain::money::Paise;
use crate::domain::passenger::{Accommodation, Age, Gender, Passenger, PersonName};
use crate::domain::quota::Quota;
use crate::domain::refund::{Quote, QuoteLine, Reason, RefundItem};
use crate::domain::rules::quota::{ClassQuotas, QuotaRules, SeniorBerths, WaitingCap};
use crate::domain::segment::Leg;
use crate::domain::spot::{Part, SharedBerth, Spot};
use crate::domain::station::StationCode;
use crate::domain::time::RunTime;
use crate::domain::train::{Halt, RunDays, RunId, Stop, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use crate::domain::user::Phone;
use crate::domain::waitlist::{Entry, QueueId, Waiter, WaitingList};

pub(super) const QUEUE: QueueId = QueueId { class: Class::ThirdAc, list: WaitingList::General };
pub(super) const FARE: Paise = Paise::rupees(1000);

pub(super) fn now() -> DateTime<Utc> {
    "2026-11-24T10:00:00Z".parse().expect("an instant")
}

pub(super) fn run() -> RunId {
    "12951#2026-12-01".parse().expect("a run")
}

pub(super) fn b(number: u8) -> CoachId {
    CoachId::parse(&format!("B{number}")).expect("a coach")
}

pub(super) fn leg(from: u8, to: u8) -> Leg {
    Leg::new(from, to).expect("forward")
}

/// Two coaches of 16 berths of 3A, of which two each are shared, over six halts.
pub(super) fn train() -> Train {
    let halts = (0..6_u8).map(|i| {
        let time = RunTime::from_minutes(600 + 60 * u16::from(i)).expect("within a day");
        let station = StationCode::parse(&format!("ST{i}")).expect("a code");
        Halt { station, arrive: time, depart: time, km: 100 * u16::from(i) }
    });
    Train::new(TrainDraft {
        number: TrainNumber::parse("12951").expect("a number"),
        version: 3,
        name: "A train".to_owned(),
        kind: TrainKind::Rajdhani,
        zone: Zone::WR,
        runs_on: RunDays::DAILY,
        halts: halts.collect(),
        coaches: [1, 2].map(|n| Coach::new(b(n), Class::ThirdAc, 16).expect("berths")).to_vec(),
    })
    .expect("a train")
}

pub(super) fn empty() -> Evidence {
    let quotas = ClassQuotas {
        per_berths: 16,
        rac: 2,
        senior: SeniorBerths::default(),
        ladies: 0,
        tatkal: 0,
        waiting: WaitingCap::Passengers(50),
    };
    let rules = QuotaRules { classes: [(Class::ThirdAc, quotas)].into(), ..QuotaRules::default() };
    Evidence {
        state: RunState::unsold(run(), Arc::new(train()), &rules),
        pinned: true,
        manifest: Vec::new(),
        entries: Vec::new(),
        bookings: BTreeMap::new(),
    }
}

/// The railway that keeps the books right: written apart from the code that the audit watches.
impl Evidence {
    /// The parts of a berth that have masks.
    pub(super) fn parts(&self, coach: CoachId, number: u8) -> Vec<Spot> {
        let shared = self.state.is_shared(BerthRef { coach, number });
        let parts = if shared { Part::HALVES.to_vec() } else { vec![Part::Whole] };
        parts.into_iter().map(|part| Spot::new(number, part)).collect()
    }

    fn is_free(&self, coach: CoachId, spots: &[Spot], leg: Leg) -> bool {
        let masks = &self.state.coach(coach).masks;
        spots.iter().all(|spot| masks.get(spot).is_none_or(|mask| !mask.overlaps(leg.mask())))
    }

    pub(super) fn mark(&mut self, coach: CoachId, spots: &[Spot], leg: Leg) {
        let state = self.state.coach_mut(coach);
        for spot in spots {
            let mask = state.masks.entry(*spot).or_default();
            *mask = mask.with(leg.mask());
        }
    }

    pub(super) fn clear(&mut self, coach: CoachId, spots: &[Spot], leg: Leg) {
        let state = self.state.coach_mut(coach);
        for spot in spots {
            let mask = state.masks.entry(*spot).or_default();
            *mask = mask.without(leg.mask());
        }
        state.masks.retain(|_, mask| !mask.is_empty());
    }

    /// Berths, whole, for a leg, as far as there are any.
    fn take(&mut self, wanted: u8, leg: Leg, first: u8) -> Vec<BerthRef> {
        let all = (0..32).map(|i| (first + i) % 32).map(|i| BerthRef { coach: b(1 + i / 16), number: 1 + i % 16 });
        let mut taken = Vec::new();
        for berth in all {
            let spots = self.parts(berth.coach, berth.number);
            if taken.len() < usize::from(wanted) && self.is_free(berth.coach, &spots, leg) {
                self.mark(berth.coach, &spots, leg);
                taken.push(berth);
            }
        }
        taken
    }

    fn half(&mut self, leg: Leg) -> Option<SharedBerth> {
        let coaches = [1, 2].map(b);
        let berths = coaches.into_iter().flat_map(|coach| (1..=16).map(move |number| BerthRef { coach, number }));
        let halves = berths.flat_map(|berth| Part::HALVES.map(|part| SharedBerth { berth, part }));
        let halves: Vec<_> = halves.filter(|half| self.state.is_shared(half.berth)).collect();
        let free = halves.into_iter().find(|half| self.is_free(half.berth.coach, &[half.spot()], leg))?;
        self.mark(free.berth.coach, &[free.spot()], leg);
        Some(free)
    }

    pub(super) fn sell(&mut self, leg: Leg, places: &[Place]) {
        let number = 8_000_000_001 + self.bookings.len() as u64;
        let booking = booking(number, leg, places);
        self.manifest.extend(ManifestLine::of(&booking));
        let queued = booking.passengers.iter().enumerate().filter(|(_, who)| who.place.is_queued());
        let waiters: Vec<_> = queued
            .map(|(index, who)| Waiter {
                passenger: index as u8,
                shared: who.place.shared(),
                preference: None,
                needs_lower: false,
                ladies: false,
            })
            .collect();
        if !waiters.is_empty() {
            let entry = Entry { seq: number, version: 1, pnr: booking.pnr, leg, waiters };
            self.count(&entry, 1);
            self.entries.push((QUEUE, entry));
            for coach in [1, 2].map(b) {
                self.state.coach_mut(coach).fenced = true;
            }
        }
        self.bookings.insert(booking.pnr, booking);
    }

    fn count(&mut self, entry: &Entry, sign: i32) {
        let head = self.state.queues.entry(QUEUE).or_default();
        let moved = |count: u16, by: u16| u16::try_from(i32::from(count) + sign * i32::from(by)).expect("it counts");
        head.rac = moved(head.rac, entry.rac());
        head.waiting = moved(head.waiting, entry.waiting());
    }

    fn hold(&mut self, leg: Leg, wanted: u8, first: u8, until: DateTime<Utc>) {
        let id = HoldId(Uuid::from_u128(self.state.coaches.values().map(|coach| coach.holds.len() as u128).sum()));
        let mut parts: BTreeMap<CoachId, Vec<Spot>> = BTreeMap::new();
        for berth in self.take(wanted, leg, first) {
            let spots = self.parts(berth.coach, berth.number);
            parts.entry(berth.coach).or_default().extend(spots);
        }
        for (coach, spots) in parts {
            let part = HeldPart { spots, leg, until };
            self.state.coach_mut(coach).holds.insert(id, part);
        }
    }

    /// One passenger of a booking gives up.
    pub(super) fn cancel(&mut self, which: usize, passenger: usize) {
        let Some(pnr) = self.bookings.keys().nth(which % self.bookings.len().max(1)).copied() else { return };
        let mut booking = self.bookings[&pnr].clone();
        let passenger = passenger % booking.passengers.len();
        let place = std::mem::replace(&mut booking.passengers[passenger].place, Place::Cancelled);
        match place {
            Place::Berth(allotted) => {
                let BerthRef { coach, number } = allotted.berth;
                self.clear(coach, &self.parts(coach, number), booking.leg);
            }
            Place::Rac { berth, part, .. } => {
                self.clear(berth.berth.coach, &[Spot::new(berth.berth.number, part)], booking.leg);
            }
            Place::Cancelled => return,
            _ => {}
        }
        booking.version += 1;
        booking.refunds.push(refund(passenger as u8));
        if booking.passengers.iter().all(|who| who.place == Place::Cancelled) {
            booking.status = BookingStatus::Cancelled;
        }
        if let Some(at) = self.entries.iter().position(|(_, entry)| entry.pnr == pnr) {
            let (_, old) = self.entries.remove(at);
            self.count(&old, -1);
            let waiters: Vec<_> =
                old.waiters.iter().filter(|waiter| usize::from(waiter.passenger) != passenger).copied().collect();
            if !waiters.is_empty() {
                let entry = Entry { version: old.version + 1, waiters, ..old };
                self.count(&entry, 1);
                self.entries.insert(at, (QUEUE, entry));
            }
        }
        self.manifest.retain(|line| line.pnr != pnr);
        self.manifest.extend(ManifestLine::of(&booking));
        self.bookings.insert(pnr, booking);
    }
}

pub(super) fn booking(number: u64, leg: Leg, places: &[Place]) -> Booking {
    let total: Paise = places.iter().map(|_| FARE).sum();
    let stop = Stop {
        station: StationCode::parse("ST0").expect("a code"),
        name: "A station".to_owned(),
        at: NaiveDate::from_ymd_opt(2026, 12, 1).expect("a date").and_hms_opt(10, 0, 0).expect("a time"),
    };
    let passenger = |place: &Place| BookedPassenger {
        passenger: Passenger {
            name: PersonName::parse("Anita").expect("a name"),
            age: Age::try_from(34).expect("an age"),
            gender: Gender::Female,
            preference: None,
            accommodation: Accommodation::Berth,
        },
        place: *place,
        booked_as: *place,
        fare: FARE,
    };
    Booking {
        pnr: number.to_string().parse().expect("a PNR"),
        version: 1,
        status: BookingStatus::Booked,
        history: vec![Change { op: OpId(Uuid::from_u128(1)), at: now(), by: None, what: Deed::Booked }],
        booked_at: now(),
        account: None,
        by_staff: false,
        terminal: "NDLS-07".to_owned(),
        run: run(),
        train_version: 3,
        train: run().train,
        train_name: "A train".to_owned(),
        train_kind: TrainKind::Rajdhani,
        leg,
        from: stop.clone(),
        to: stop,
        boarding: None,
        delays: 0,
        km: 100,
        class: Class::ThirdAc,
        quota: Quota::General,
        passengers: places.iter().map(passenger).collect(),
        phone: Phone::parse("9810012345").expect("a number"),
        fare: Fare { items: Vec::new(), shares: vec![FARE; places.len()], total, rules: "fares".to_owned() },
        payment: Some(Payment {
            method: PaymentMethod::Cash,
            reference: None,
            amount: total,
            taken_at: now(),
            taken_by: None,
            terminal: "NDLS-07".to_owned(),
            till: None,
        }),
        refund_rules: "refunds".to_owned(),
        refunds: Vec::new(),
        slip: None,
    }
}

pub(super) fn refund(passenger: u8) -> Refund {
    let (kept, refunded) = (Paise::rupees(240), Paise::rupees(760));
    let items = vec![RefundItem { label: "Flat charge".to_owned(), amount: kept }];
    let quote = Quote {
        rules: "refunds".to_owned(),
        reason: Reason::Passenger,
        lines: vec![QuoteLine { passenger, paid: FARE, items, refunded }],
        refunded,
        kept,
        at: now(),
        good_until: now(),
    };
    Refund { op: OpId(Uuid::from_u128(2)), quote, paid_out: None }
}

/// What people do, drawn by chance.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Buy(Leg, u8, u8),
    Hold(Leg, u8, u8, i64),
    Queue(Leg, u8),
    Cancel(usize, usize),
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let leg = || (0..5_u8).prop_flat_map(|from| (from + 1..=5).prop_map(move |to| leg(from, to)));
    prop_oneof![
        3 => (leg(), 1..=3_u8, 0..32_u8).prop_map(|(leg, size, first)| Act::Buy(leg, size, first)),
        2 => (leg(), 1..=3_u8, 0..32_u8, -60..60_i64)
            .prop_map(|(leg, size, first, until)| Act::Hold(leg, size, first, until)),
        2 => (leg(), 1..=3_u8).prop_map(|(leg, size)| Act::Queue(leg, size)),
        2 => (0..64_usize, 0..3_usize).prop_map(|(which, passenger)| Act::Cancel(which, passenger)),
    ]
}

/// What is kept of a run on which all of it was done rightly.
pub(super) fn kept(acts: &[Act]) -> Evidence {
    let mut kept = empty();
    for act in acts {
        match *act {
            Act::Buy(leg, size, first) => {
                let places: Vec<_> = kept.take(size, leg, first).into_iter().map(berth).collect();
                if !places.is_empty() {
                    kept.sell(leg, &places);
                }
            }
            Act::Hold(leg, size, first, minutes) => kept.hold(leg, size, first, now() + TimeDelta::minutes(minutes)),
            Act::Queue(leg, size) => {
                let places: Vec<_> = (0..size)
                    .map(|_| match kept.half(leg) {
                        Some(SharedBerth { berth: at, part }) => Place::Rac { number: 1, berth: allotted(at), part },
                        None => Place::Waiting { list: WaitingList::General, number: 1 },
                    })
                    .collect();
                kept.sell(leg, &places);
            }
            Act::Cancel(which, passenger) => kept.cancel(which, passenger),
        }
    }
    kept
}

pub(super) fn allotted(berth: BerthRef) -> Allotted {
    Allotted { berth, kind: train().coach(berth.coach).expect("a coach").berth_type(berth.number) }
}

pub(super) fn berth(berth: BerthRef) -> Place {
    Place::Berth(allotted(berth))
}
