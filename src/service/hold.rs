//! Takes berths out of sale for somebody, and gives them back.
//!
//! Berths are chosen from what is known, which may be a moment old, and the write decides. Only a refusal is never given
//! from something old: before somebody is told that there is nothing left, the run is read.

pub(super) mod crowd;
pub(super) mod underway;

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use futures_util::{FutureExt, TryFutureExt};

use crate::domain::admission::{Accept, Asked, NotAdmitted, in_order_of_need};
use crate::domain::coach::{BerthRef, Class, Coach, CoachId};
use crate::domain::inventory::{CoachState, HoldId, RunState, Stage};
use crate::domain::quota::{Quota, is_open_to};
use crate::domain::rules::BookingRules;
use crate::domain::segment::Leg;
use crate::domain::spot::{Grant, Part, SharedBerth};
use crate::domain::time::{instant, railway_time};
use crate::domain::train::RunId;
use crate::service::hold::underway::Races;
use crate::service::refusal::refuse;
use crate::service::request::{Choice, Failure, Hold, Reply};
use crate::service::session::{Session, Tried};
use crate::service::{Kiosk, gap, live, party, waitlist};
use crate::store::runs::{HoldAttempt, Holding, Plan, Run};

/// How often a choice is made again because somebody was faster. Each time somebody else got a berth, so a run is full
/// long before.
const ATTEMPTS: u32 = 256;

/// What somebody wants to hold.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub id: HoldId,
    pub run: RunId,
    pub leg: Leg,
    pub class: Class,
    pub quota: Quota,
    pub choice: Choice,
    pub accept: Accept,
}

impl Wanted {
    fn granted(&self, state: &RunState, grants: Vec<Grant>, until: DateTime<Utc>) -> Hold {
        let parts = state.spots_of(&grants);
        let Self { id, run, leg, class, quota, .. } = *self;
        Hold { id, run, leg, class, quota, grants, parts, until }
    }
}

/// What the berths are chosen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Knowledge {
    /// It may be a moment old.
    Recent,
    /// It was read for this request.
    Certain,
    /// It was read for this request, and whoever waits for a berth of the class and could have one has it.
    Served,
}

pub(super) async fn hold(session: &Session, wanted: &Wanted) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let now = kiosk.now();
    kiosk.know_rules().await?;
    let all_rules = kiosk.rules();
    let rules = all_rules.booking_on(railway_time(now).date());
    party::check_size(session, wanted.class, wanted.quota, wanted.choice.len()).await?;
    let _asking = session.ask_hold(wanted.id)?;
    let tried = session.try_hold(wanted.id);
    let (mut run, mut knowledge) = kiosk.recent_run(wanted.run, tried).await?;
    let mut races = Races::Shun;
    for _ in 0..ATTEMPTS {
        if let Some(kept) = earlier(session, &run.state, wanted, now)? {
            session.keep_hold(kept.clone());
            return Ok(Reply::Held(kept));
        }
        if !kiosk.has_todays_quotas(&run) {
            // A new day has begun since: nothing is refused, and no run settled, by the quotas of the last.
            (run, knowledge) = (kiosk.known_run(wanted.run).await?, Knowledge::Certain);
            continue;
        }
        if !session.chose_by(wanted.run, run.state.train.version()) {
            return Err(Failure::NoSuchRun);
        }
        kiosk.check_sold(wanted.run.train)?;
        kiosk.check_published(wanted.run)?;
        let closes = check_on_sale(rules, &run.state, wanted, now)?;
        let until = (now + kiosk.settings().hold).trunc_subsecs(3).min(closes);
        if knowledge != Knowledge::Served && is_fenced(&run.state, wanted.class) {
            // Nobody passes those who wait: what they can have is theirs first.
            let served = waitlist::promote(kiosk, wanted.run, wanted.class, now).await;
            (run, knowledge) = (served.map_err(|error| refuse("hold", &error))?, Knowledge::Served);
            continue;
        }
        let Some(chosen) = choose_beside_others(kiosk, &run.state, wanted, races, now) else {
            // All that is left is what others here are about to hold: a moment later it is known.
            races = kiosk.0.underway.outlast(wanted.run, kiosk.store().patience()).await;
            (run, knowledge) = kiosk.recent_run(wanted.run, tried).await?;
            continue;
        };
        if !has_berths(&chosen) && knowledge == Knowledge::Recent {
            // Nobody is refused by what may be old: a crowd is by one read.
            (run, knowledge) = (kiosk.0.crowds.read(kiosk, wanted.run).await?, Knowledge::Certain);
            continue;
        }
        let grants = chosen?;
        if !run.pinned {
            if kiosk.pin(&mut run).await? {
                // Meanwhile others chose, of what was to be chosen here.
                (run, knowledge) = kiosk.newest(run, knowledge);
            } else {
                (run, knowledge) = (kiosk.known_run(wanted.run).await?, Knowledge::Certain);
            }
            continue;
        }
        let granted = wanted.granted(&run.state, grants, until);
        if granted.parts.is_empty() {
            // Places on a list, or in the unreserved coaches: nothing of the run is out of sale for them.
            session.keep_hold(granted.clone());
            return Ok(Reply::Held(granted));
        }
        let plan = Plan::of(&run.state);
        let holding = holding(&granted);
        let Some(_underway) = kiosk.0.underway.begin(wanted.run, &holding, races) else { continue };
        let attempt = kiosk.store().hold(&plan, &holding, until, &run.state, now).await;
        match attempt.map_err(|error| refuse("hold", &error))? {
            HoldAttempt::Held(coaches) => {
                let parts = coaches.iter().filter_map(|(_, coach)| coach.holds.get(&wanted.id));
                let until = parts.map(|part| part.until).min().unwrap_or(until);
                kiosk.announce(&plan, coaches, &holding);
                let granted = Hold { until, ..granted };
                session.keep_hold(granted.clone());
                return Ok(Reply::Held(granted));
            }
            HoldAttempt::Lost(coaches) => {
                kiosk.store().metrics().conflicted();
                kiosk.0.live.publish_coaches(wanted.run, coaches.clone());
                live::merge(&mut run.state.coaches, coaches);
                if is_held(&run.state, wanted.id) {
                    // An earlier attempt was applied late: all of it has to be seen.
                    (run, knowledge) = (kiosk.known_run(wanted.run).await?, Knowledge::Certain);
                } else {
                    if let Choice::Berths(_) = wanted.choice {
                        knowledge = Knowledge::Certain;
                    }
                    (run, knowledge) = kiosk.newest(run, knowledge);
                }
            }
            HoldAttempt::Taken(_) | HoldAttempt::OtherPlan => {
                (run, knowledge) = (kiosk.known_run(wanted.run).await?, Knowledge::Certain);
            }
        }
    }
    Err(Failure::Busy)
}

/// Whether any coach has anything of a hold.
fn is_held(state: &RunState, hold: HoldId) -> bool {
    state.coaches.values().any(|coach| coach.holds.contains_key(&hold))
}

/// Whether anybody waits or ever waited for a berth of a class.
fn is_fenced(state: &RunState, class: Class) -> bool {
    state.train.coaches_of(class).any(|coach| state.coach(coach.id()).fenced)
}

/// What an earlier attempt with the same id has left; refused when its time is over, or not all of it is there.
fn earlier(session: &Session, state: &RunState, wanted: &Wanted, now: DateTime<Utc>) -> Result<Option<Hold>, Failure> {
    let kept = if is_held(state, wanted.id) {
        granted(state, wanted)
    } else {
        // One that takes nothing out of sale is known to the session alone.
        let Some(kept) = session.held(wanted.id).filter(|hold| hold.parts.is_empty()) else { return Ok(None) };
        Some(kept)
    };
    kept.filter(|hold| now < hold.until).map(Some).ok_or(Failure::HoldExpired)
}

/// Gives a hold of this session back; one that is not there is given back already.
pub(super) async fn release(session: &Session, hold: HoldId) -> Result<Reply, Failure> {
    let Some(own) = session.held(hold) else { return Ok(Reply::Done) };
    if own.parts.is_empty() && session.doubts_hold(hold) {
        // There is nothing to give back, and a booking of it may still be on its way: that is not forgotten.
        return Ok(Reply::Done);
    }
    release_held(session.kiosk(), own.run, &holding(&own), own.until).await?;
    session.drop_hold(hold);
    Ok(Reply::Done)
}

/// What a hold has of its run's coaches.
pub(super) fn holding(hold: &Hold) -> Holding {
    Holding { hold: hold.id, leg: hold.leg, parts: hold.parts.clone() }
}

/// Gives all of a hold back that is still there and still ends then: a slip that it has become meanwhile keeps its berths.
pub(super) async fn release_held(
    kiosk: &Kiosk,
    run: RunId,
    held: &Holding,
    until: DateTime<Utc>,
) -> Result<(), Failure> {
    let known = match kiosk.0.live.known(run).filter(|run| run.pinned) {
        Some(known) => known,
        None => kiosk.known_run(run).await?,
    };
    let plan = Plan::new(run, &known.state.train);
    let mut freed = Vec::new();
    for (coach, spots) in held.parts.clone() {
        let state = match known.state.coaches.get(&coach) {
            Some(state) if state.holds.contains_key(&held.hold) => Arc::clone(state),
            // Not seen yet: what was known is older than the hold.
            _ => {
                let read = kiosk.store().coaches(run, &[coach]).await;
                let read = read.map_err(|error| refuse("release", &error))?;
                read.into_iter().next().map(|(_, state)| Arc::new(state)).unwrap_or_default()
            }
        };
        let state = kiosk.store().release(&plan, (held.hold, until), coach, &state).await;
        let state = state.map_err(|error| refuse("release", &error))?;
        if state.fenced {
            freed.extend(known.state.train.coach(coach).map(Coach::class));
        }
        let holding = Holding { hold: held.hold, leg: held.leg, parts: [(coach, spots)].into() };
        kiosk.announce(&plan, vec![(coach, state)], &holding);
    }
    waitlist::promote_freed(kiosk, run, freed);
    Ok(())
}

/// The hold as an earlier attempt left it: who has what follows from the spots, since parties are always given theirs in
/// one order.
fn granted(state: &RunState, wanted: &Wanted) -> Option<Hold> {
    let mut berths: Vec<BerthRef> = Vec::new();
    let mut halves: Vec<SharedBerth> = Vec::new();
    let mut until: Option<DateTime<Utc>> = None;
    for (coach, coach_state) in &state.coaches {
        let Some(part) = coach_state.holds.get(&wanted.id).filter(|part| part.leg == wanted.leg) else { continue };
        until = Some(until.map_or(part.until, |until| until.min(part.until)));
        for spot in &part.spots {
            let berth = BerthRef { coach: *coach, number: spot.number };
            match spot.part {
                Part::Whole => berths.push(berth),
                // Until the chart a berth of two halves is shared, and from then on it is one.
                Part::First | Part::Second if state.stage == Stage::Open => {
                    halves.push(SharedBerth { berth, part: spot.part });
                }
                Part::First => berths.push(berth),
                Part::Second => {}
            }
        }
    }
    let until = until?;
    let grants = match &wanted.choice {
        Choice::Berths(chosen) => {
            // In the order in which they were asked for.
            berths.sort_by_key(|berth| chosen.iter().position(|chosen| chosen == berth));
            berths.into_iter().map(Grant::Berth).collect()
        }
        Choice::Best(wishes) => {
            let queued = wishes.len().checked_sub(berths.len() + halves.len())?;
            if queued > 0 && wanted.accept == Accept::Berths {
                return None;
            }
            // The same have berths, and halves, as when it was granted; what is kept of a coach is in the form's order.
            let order =
                if berths.len() < wishes.len() { in_order_of_need(wishes) } else { (0..wishes.len()).collect() };
            let (served, others) = order.split_at(berths.len());
            let mut grants = vec![Grant::Waiting; wishes.len()];
            let mut give = |wishes: &[usize], given: Vec<Grant>| {
                let mut wishes = wishes.to_vec();
                wishes.sort_unstable();
                wishes.into_iter().zip(given).for_each(|(wish, grant)| grants[wish] = grant);
            };
            give(&others[..halves.len()], halves.into_iter().map(Grant::Shared).collect());
            give(served, berths.into_iter().map(Grant::Berth).collect());
            grants
        }
    };
    (grants.len() == wanted.choice.len()).then(|| wanted.granted(state, grants, until))
}

/// Refuses what is not on sale to whom asks, and says when its sales close. The window counts from the origin's date.
fn check_on_sale(
    rules: &BookingRules,
    state: &RunState,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Failure> {
    let Wanted { run, leg, class, quota, .. } = *wanted;
    let (board, _) = state.train.ends(leg).ok_or(Failure::NoSuchRun)?;
    let closes = check_not_closed(rules, board.depart.on(run.date), now)?;
    let (first, last) = rules.window(now);
    if run.date > last {
        return Err(Failure::OutsideWindow { first, last });
    }
    gap::check_run(&state.gaps, &state.train, leg)?;
    match state.stage {
        Stage::Cancelled => return Err(Failure::TrainCancelled),
        Stage::FinalChart if class != Class::Unreserved => return Err(Failure::SalesClosed),
        Stage::FirstChart if quota != Quota::General => return Err(Failure::QuotaOver { quota }),
        Stage::Open | Stage::FirstChart | Stage::FinalChart => {}
    }
    let quotas = &state.terms.quotas;
    is_open_to(quota, class, quotas, wanted.choice.len())?;
    let opens = instant(quotas.tatkal.opens_at(class, run.date));
    if quota == Quota::Tatkal && now < opens { Err(Failure::TatkalOpens { at: opens }) } else { Ok(closes) }
}

/// Refuses a leg whose sales have closed, whatever is held of it, and says when they close. They do so some time before
/// the departure at the boarding halt.
pub(super) fn check_not_closed(
    rules: &BookingRules,
    departs: NaiveDateTime,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Failure> {
    let closes = instant(departs) - TimeDelta::minutes(i64::from(rules.closes_minutes));
    if now >= closes { Err(Failure::SalesClosed) } else { Ok(closes) }
}

/// Whether each of a party is given a berth.
fn has_berths(chosen: &Result<Vec<Grant>, Failure>) -> bool {
    chosen.as_ref().is_ok_and(|grants| grants.iter().all(|grant| grant.berth().is_some()))
}

/// Chooses what no other session of this process is about to hold. `None` when there is nothing else: then it is as well
/// to outlast them, unless that was tried in vain.
fn choose_beside_others(
    kiosk: &Kiosk,
    state: &RunState,
    wanted: &Wanted,
    races: Races,
    now: DateTime<Utc>,
) -> Option<Result<Vec<Grant>, Failure>> {
    if let Some(foreseen) = kiosk.0.underway.foreseen(state, wanted.id) {
        let beside = choose(&foreseen, wanted, now);
        if has_berths(&beside) {
            return Some(beside);
        }
        let chosen = choose(state, wanted, now);
        return if has_berths(&chosen) && races == Races::Shun { None } else { Some(chosen) };
    }
    Some(choose(state, wanted, now))
}

/// Chooses from a state what a party is given, or says why there is nothing.
fn choose(state: &RunState, wanted: &Wanted, now: DateTime<Utc>) -> Result<Vec<Grant>, Failure> {
    let Wanted { class, quota, leg, accept, .. } = *wanted;
    match &wanted.choice {
        Choice::Best(wishes) => {
            let start = u64::from_be_bytes(wanted.id.0.as_bytes()[8..].try_into().expect("a UUID has 16 bytes"));
            let asked = Asked { class, quota, leg, wishes, accept, start };
            state.admit(&asked, now).map_err(|refusal| match refusal {
                NotAdmitted::NoSuchClass => Failure::NoSuchRun,
                NotAdmitted::Shortage { left, standing } => Failure::SoldOut { left, standing },
                NotAdmitted::ListFull => Failure::ListFull,
                NotAdmitted::ListClosed => Failure::ChartMade,
            })
        }
        Choice::Berths(berths) => {
            let left = state.available(class, quota, leg, now).ok_or(Failure::NoSuchRun)?;
            let exists = |berth: &BerthRef| {
                let coach = state.train.coach(berth.coach).filter(|coach| coach.class() == class);
                coach.is_some_and(|coach| (1..=coach.berths()).contains(&berth.number))
            };
            let twice = berths.iter().enumerate().any(|(i, berth)| berths[..i].contains(berth));
            if twice || !berths.iter().all(exists) {
                return Err(Failure::NoSuchRun);
            }
            let are = |is_such: &dyn Fn(BerthRef) -> bool| -> Vec<BerthRef> {
                berths.iter().copied().filter(|berth| is_such(*berth)).collect()
            };
            let others = are(&|berth| state.pool(berth) != quota.pool());
            if !others.is_empty() {
                return Err(Failure::OtherQuota { berths: others });
            }
            let taken = are(&|berth| !state.coach(berth.coach).is_free(berth.number, leg, now));
            if taken.is_empty() {
                Ok(berths.iter().copied().map(Grant::Berth).collect())
            } else {
                Err(Failure::BerthTaken { berths: taken, left })
            }
        }
    }
}

impl Kiosk {
    /// What is known of a run without reading it, if it may be a moment old and somebody watches it.
    async fn recent_run(&self, run: RunId, tried: Tried) -> Result<(Run, Knowledge), Failure> {
        let known = if tried == Tried::Never { self.0.live.known(run) } else { None };
        match known {
            Some(run) => Ok((run, Knowledge::Recent)),
            None => Ok((self.known_run(run).await?, Knowledge::Certain)),
        }
    }

    /// A run as it is known now, which was known before.
    fn newest(&self, before: Run, knowledge: Knowledge) -> (Run, Knowledge) {
        let run = self.0.live.known(before.state.run).unwrap_or(before);
        // What has become free since is theirs who wait.
        let knowledge = if knowledge == Knowledge::Served { Knowledge::Recent } else { knowledge };
        (run, knowledge)
    }

    /// Reads a run; a run that nobody knows is refused.
    pub(super) async fn known_run(&self, run: RunId) -> Result<Run, Failure> {
        let read = self.read_run(run).await.map_err(|error| refuse("read a run", &error))?;
        let read = read.ok_or(Failure::NoSuchRun)?;
        self.0.live.publish(&read, self.now());
        Ok(read)
    }

    /// Gives holds back as well as it can: what cannot be given back now ends by itself.
    pub(super) async fn give_back(&self, holds: Vec<Hold>) {
        for hold in holds {
            if let Err(failure) = release_held(self, hold.run, &holding(&hold), hold.until).await {
                tracing::warn!(hold = %hold.id, run = %hold.run, %failure, "a hold was not given back and will expire");
            }
        }
    }

    /// Whether a run goes by its own quotas, or by those of a first sale today.
    fn has_todays_quotas(&self, run: &Run) -> bool {
        let today = railway_time(self.now()).date();
        run.pinned || run.state.terms.quotas.id == self.rules().quotas_on(today).id
    }

    /// Settles the version of a run's train before its first berth is held. Whether it is the one that was planned by.
    pub(super) async fn pin(&self, run: &mut Run) -> Result<bool, Failure> {
        if run.pinned {
            return Ok(true);
        }
        // What it is settled by is for good.
        self.know_rules().await?;
        if !self.has_todays_quotas(run) {
            return Ok(false);
        }
        let train = Arc::clone(&run.state.train);
        let plan = Plan::new(run.state.run, &train);
        let quotas = &run.state.terms.quotas.id;
        let chart = self.chart_times(run.state.run, &train, &run.state.delays).first;
        let settle = || self.store().pin(&plan, &train, quotas, chart).map_err(|error| refuse("hold", &error)).boxed();
        let pinned = self.0.crowds.pin(run.state.run, settle).await?;
        run.pinned = pinned.train_version == train.version() && pinned.quotas == *quotas;
        if run.pinned {
            self.0.live.publish(run, self.now());
        }
        Ok(run.pinned)
    }

    /// Tells this process's screens at once and other processes by the hint, without waiting for either.
    pub(super) fn announce(&self, plan: &Plan, coaches: Vec<(CoachId, CoachState)>, holding: &Holding) {
        self.announce_coaches(plan, coaches, holding.parts.keys().copied().collect());
    }

    /// The same of coaches that were written, whatever was changed in them.
    pub(super) fn announce_coaches(&self, plan: &Plan, coaches: Vec<(CoachId, CoachState)>, mut written: Vec<CoachId>) {
        written.retain(|coach| coaches.iter().all(|(known, _)| known != coach));
        let unseen = written;
        self.0.live.publish_coaches(plan.run(), coaches);
        let (kiosk, plan) = (self.clone(), plan.clone());
        self.background().spawn(async move {
            if !unseen.is_empty() && kiosk.0.live.is_watched(plan.run()) {
                match kiosk.store().coaches(plan.run(), &unseen).await {
                    Ok(coaches) => kiosk.0.live.publish_coaches(plan.run(), coaches),
                    Err(error) => tracing::warn!(run = %plan.run(), %error, "written coaches cannot be read"),
                }
            }
            if let Err(error) = kiosk.store().bump_hint(&plan).await {
                tracing::warn!(run = %plan.run(), %error, "a run's hint was not written");
            }
        });
    }
}
