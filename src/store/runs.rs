//! What is sold and held on a run: one item per coach, beside the run's pin, its manifest and its hint.
//!
//! Berths are sold by segment and every write is conditional on what it was decided from, so nothing here locks and
//! nothing reads before it writes. Expiry has no sweeper: whoever wants an expired hold's berth clears that hold whole,
//! in the same write.

mod blocking;
mod coach_item;
mod expression;
mod manifest;
mod queue;
mod requests;
mod run_item;
mod transition;

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::Arc;

pub use self::blocking::Block;
use self::coach_item::{coach_key, coach_of_key, coach_state, gaps_of, plan_of, read_number};
use self::expression::CoachWrite;
pub use self::queue::{EntryEdit, QueueEdit};
use self::queue::{head_of, queue_of_key};
use self::requests::{Transacted, Written};
pub use self::run_item::{Lease, Pinned};
pub use self::transition::{Before, Commit, Guard, Transition};
use crate::domain::coach::CoachId;
use crate::domain::delay::Delays;
use crate::domain::inventory::edit::{CoachEdit, Fence, Held, claim, release};
use crate::domain::inventory::{CoachState, HeldPart, HoldId, Parts, RunState, Stage};
use crate::domain::quota::Terms;
use crate::domain::rules::Rules;
use crate::domain::segment::Leg;
use crate::domain::spot::Spot;
use crate::domain::time::instant;
use crate::domain::train::{RunId, Train, TrainNumber};
use crate::store::item::{Item, corrupt, decode, string, text};
use crate::store::requests::Consistency;
use crate::store::{Store, StoreError};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// How often a release plans again when others change the coach under it.
const RELEASE_ATTEMPTS: u32 = 64;

/// How long a run's items outlive the train's arrival.
pub const KEPT: TimeDelta = TimeDelta::days(90);

/// The published version of a train by which a run is sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    run: RunId,
    train: TrainNumber,
    version: u32,
    expires_at: DateTime<Utc>,
    sale: Sale,
    gaps: u16,
}

/// Whether a run is sold, as its coaches keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sale {
    Open,
    /// The railway cancelled it: no write of a sale that was planned before can land any more.
    Closed,
}

impl Plan {
    /// The plan of a run by a version of its train.
    pub fn new(run: RunId, train: &Train) -> Self {
        let last = train.halts().last().expect("a train has two halts or more");
        let arrival = instant(last.arrive.on(run.date));
        Self {
            run,
            train: train.number(),
            version: train.version(),
            expires_at: arrival + KEPT,
            sale: Sale::Open,
            gaps: 0,
        }
    }

    /// The run.
    pub const fn run(&self) -> RunId {
        self.run
    }

    /// When the items of the run may go.
    pub const fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// The plan by which a run goes.
    pub fn of(state: &RunState) -> Self {
        let plan = Self::new(state.run, &state.train).knowing(state.gaps.count());
        if state.stage == Stage::Cancelled { plan.closed() } else { plan }
    }

    /// The plan of somebody who knows so many parts of the way that are not run: a coach that is closed on more is not sold by it.
    pub const fn knowing(self, gaps: u16) -> Self {
        Self { gaps, ..self }
    }

    /// How many parts of the way that are not run are known.
    pub const fn gaps(&self) -> u16 {
        self.gaps
    }

    /// The plan of the run once the railway has cancelled it.
    pub fn closed(self) -> Self {
        Self { sale: Sale::Closed, ..self }
    }

    /// As every coach keeps it: `12951@3`, or `12951@3!` once the run is cancelled.
    fn text(&self) -> String {
        let mark = if self.sale == Sale::Closed { "!" } else { "" };
        format!("{}@{}{mark}", self.train, self.version)
    }
}

/// What an unsold run goes by.
#[derive(Clone, Copy, Debug)]
pub struct Current<'a> {
    /// The timetable's train.
    pub train: Option<&'a Arc<Train>>,
    /// The rules, in which those that a sold run keeps are found again.
    pub rules: &'a Rules,
    /// The date of sale.
    pub on: NaiveDate,
}

/// A run as it was read, consistently.
#[derive(Clone, Debug)]
pub struct Run {
    /// What is sold and held.
    pub state: RunState,
    /// Whether the train's version is settled for this run.
    pub pinned: bool,
    /// The hint's count, at or before the state.
    pub hint: u64,
}

/// Spots that somebody wants or holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Names the hold.
    pub hold: HoldId,
    /// The leg.
    pub leg: Leg,
    /// What is held.
    pub parts: Parts,
}

impl Holding {
    /// What is held in each coach.
    pub fn coaches(&self) -> impl Iterator<Item = (CoachId, Held)> + '_ {
        let held = |spots: &Vec<Spot>| Held { hold: self.hold, spots: spots.clone(), leg: self.leg };
        self.parts.iter().map(move |(coach, spots)| (*coach, held(spots)))
    }
}

/// What came of an attempt to hold berths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldAttempt {
    /// They are held, now or by an earlier attempt with the same id; the coaches as they are, as far as known.
    Held(Vec<(CoachId, CoachState)>),
    /// Somebody was faster; the coaches as they are now, as far as known.
    Lost(Vec<(CoachId, CoachState)>),
    /// These are not free in the state from which they were chosen.
    Taken(Vec<(CoachId, Spot)>),
    /// The run is sold by another version of the train, or a part of its way is not run since: read it again.
    OtherPlan,
}

impl Store {
    /// Reads a run. `None` when neither the store nor the timetable knows the train.
    pub async fn run(&self, run: RunId, current: Current<'_>) -> Result<Option<Run>, StoreError> {
        let items = self.run_items(run).await?;
        let mut pinned = None;
        let mut hint = 0;
        let mut coaches = BTreeMap::new();
        let mut queues = BTreeMap::new();
        for item in &items {
            match text(item, "Item") {
                Some("#run") => pinned = Some(decode::<Pinned>(item.clone(), "a run's pin")?),
                Some("#rev") => hint = read_number(item, "Rev")?,
                Some(key) => {
                    if let Some(coach) = coach_of_key(key) {
                        coaches.insert(coach, Arc::new(coach_state(item)?));
                    } else if let Some(queue) = queue_of_key(key) {
                        queues.insert(queue, head_of(item)?);
                    }
                }
                None => return Err(corrupt("a run's item", "it has no key")),
            }
        }
        let train = match (&pinned, current.train) {
            (Some(pinned), Some(train)) if train.version() == pinned.train_version => Some(train.clone()),
            (Some(pinned), _) => Some(Arc::new(self.train_version(run.train, pinned.train_version).await?)),
            (None, current) => current.cloned(),
        };
        let Some(train) = train else { return Ok(None) };
        let delays = pinned.as_ref().map(|pinned| pinned.delays.clone()).unwrap_or_default();
        let train = if delays.is_empty() { train } else { Arc::new(on_time(&delays, &train)?) };
        let quotas = match &pinned {
            Some(pinned) => current.rules.quotas(&pinned.quotas).ok_or_else(|| {
                corrupt("a run's pin", format!("this kiosk does not know the quota rules {}: update it", pinned.quotas))
            })?,
            None => current.rules.quotas_on(current.on),
        };
        let terms = Arc::new(Terms::of(&train, quotas));
        let stage = pinned.as_ref().map(|pinned| pinned.stage).unwrap_or_default();
        let gaps = pinned.as_ref().map(|pinned| pinned.gaps.clone()).unwrap_or_default();
        let state = RunState { run, train, delays, gaps, terms, stage, coaches, queues };
        Ok(Some(Run { state, pinned: pinned.is_some(), hint }))
    }

    /// The settled versions of runs' trains; a run of which no berth was ever held has none. May be a moment old.
    pub async fn pins(&self, runs: &[RunId]) -> Result<HashMap<RunId, u32>, StoreError> {
        let keys: Vec<_> = runs.iter().map(|run| key(*run, "#run")).collect();
        self.numbers_of_runs(&keys, "TrainVersion").await
    }

    /// How the times of runs were changed; a run of which no berth was ever held is not there.
    pub async fn delays(&self, runs: &[RunId]) -> Result<HashMap<RunId, Delays>, StoreError> {
        let keys: Vec<_> = runs.iter().map(|run| key(*run, "#run")).collect();
        let mut delays = HashMap::new();
        for item in self.read_items(&self.names().runs(), &keys, Consistency::Strong).await? {
            let run = text(&item, "RunID").and_then(|run| run.parse().ok());
            let run = run.ok_or_else(|| corrupt("a run's item", "it has no run"))?;
            delays.insert(run, decode::<Pinned>(item, "a run's pin")?.delays);
        }
        Ok(delays)
    }

    /// Takes berths out of sale until a moment, as one write: all of them or none. The state is the one from which they
    /// were chosen; expired holds in the way are cleared in the same write.
    pub async fn hold(
        &self,
        plan: &Plan,
        holding: &Holding,
        until: DateTime<Utc>,
        state: &RunState,
        now: DateTime<Utc>,
    ) -> Result<HoldAttempt, StoreError> {
        let mut edits: Vec<CoachEdit> = Vec::new();
        let mut taken = Vec::new();
        for (coach, spots) in &holding.parts {
            let part = HeldPart { spots: spots.clone(), leg: holding.leg, until };
            match claim(*coach, state.coach(*coach), holding.hold, part, now) {
                Ok(edit) => edits.push(edit),
                Err(spots) => taken.extend(spots.into_iter().map(|spot| (*coach, spot))),
            }
        }
        if !taken.is_empty() {
            return Ok(HoldAttempt::Taken(taken));
        }
        let writes: Vec<_> = edits.iter().map(|edit| CoachWrite::of(edit, plan)).collect();
        match writes.as_slice() {
            [write] => match self.update_coach(plan.run, write).await? {
                Written::Done(item) => Ok(HoldAttempt::Held(vec![(edits[0].coach, coach_state(&item)?)])),
                Written::Refused(old) => refused(plan, holding, &[(edits[0].coach, old)]),
            },
            writes => {
                let items = writes.iter().map(|write| self.coach_update(plan.run, write)).collect();
                match self.transact_run(items).await? {
                    Transacted::Done => Ok(HoldAttempt::Held(Vec::new())),
                    Transacted::Refused(reasons) => {
                        let known: Vec<_> = edits
                            .iter()
                            .zip(reasons)
                            .filter_map(|(edit, reason)| Some((edit.coach, reason?)))
                            .collect();
                        refused(plan, holding, &known)
                    }
                }
            }
        }
    }

    /// Gives back what a hold that ends at a moment still has in a coach; the coach as it is then. One that ends at another
    /// is somebody's slip by now and stays. Repeating it changes nothing.
    pub async fn release(
        &self,
        plan: &Plan,
        (hold, until): (HoldId, DateTime<Utc>),
        coach: CoachId,
        state: &CoachState,
    ) -> Result<CoachState, StoreError> {
        let mut state = state.clone();
        for _ in 0..RELEASE_ATTEMPTS {
            if state.holds.get(&hold).is_some_and(|part| part.until != until) {
                return Ok(state);
            }
            let Some(edit) = release(coach, &state, hold) else { return Ok(state) };
            match self.update_coach(plan.run, &CoachWrite::of(&edit, plan)).await? {
                Written::Done(item) => return coach_state(&item),
                Written::Refused(old) => {
                    let is_over = plan_of(&old).is_some_and(|other| other != plan.text());
                    state = coach_state(&old)?;
                    if is_over {
                        // The railway has cancelled the run: nothing of it is on sale that could be given back.
                        return Ok(state);
                    }
                }
            }
        }
        Err(StoreError::Conflict { what: format!("coach {coach}") })
    }

    /// Marks a coach as waited for, for good.
    ///
    /// # Errors
    ///
    /// `Conflict` when the run is sold by another plan.
    pub async fn fence(&self, plan: &Plan, coach: CoachId) -> Result<(), StoreError> {
        let edit = CoachEdit { fence: Fence::Raised, ..CoachEdit::new(coach) };
        match self.update_coach(plan.run, &CoachWrite::of(&edit, plan)).await? {
            Written::Done(_) => Ok(()),
            Written::Refused(_) => Err(StoreError::Conflict { what: format!("the plan of coach {coach}") }),
        }
    }

    /// Changes a coach if nothing of it was changed since it was read at `rev`; says whether it was.
    pub async fn mend(&self, plan: &Plan, edit: &CoachEdit, rev: u64) -> Result<bool, StoreError> {
        let write = CoachWrite::of(edit, plan).at_rev(rev);
        match self.update_coach(plan.run, &write).await? {
            Written::Done(_) => Ok(true),
            // A lost reply looks the same; the next audit tells.
            Written::Refused(_) => Ok(false),
        }
    }

    /// The coaches as they are now, consistently.
    pub async fn coaches(&self, run: RunId, coaches: &[CoachId]) -> Result<Vec<(CoachId, CoachState)>, StoreError> {
        let keys: Vec<_> = coaches.iter().map(|coach| key(run, &coach_key(*coach))).collect();
        let mut states = Vec::new();
        for item in self.read_items(&self.names().runs(), &keys, Consistency::Strong).await? {
            if let Some(coach) = text(&item, "Item").and_then(coach_of_key) {
                states.push((coach, coach_state(&item)?));
            }
        }
        Ok(states)
    }

    /// Counts the hint that something changed on a run.
    pub async fn bump_hint(&self, plan: &Plan) -> Result<(), StoreError> {
        self.add_hint(plan.run, plan.expires_at).await
    }

    /// The hints of runs; a run that nobody wrote to has none. May be a moment old.
    pub async fn hints(&self, runs: &[RunId]) -> Result<HashMap<RunId, u64>, StoreError> {
        let keys: Vec<_> = runs.iter().map(|run| key(*run, "#rev")).collect();
        self.numbers_of_runs(&keys, "Rev").await
    }

    async fn numbers_of_runs<T: FromStr>(&self, keys: &[Item], name: &str) -> Result<HashMap<RunId, T>, StoreError> {
        let mut numbers = HashMap::new();
        for item in self.read_items(&self.names().runs(), keys, Consistency::Eventual).await? {
            let run = text(&item, "RunID").and_then(|run| run.parse().ok());
            numbers.insert(run.ok_or_else(|| corrupt("a run's item", "it has no run"))?, read_number(&item, name)?);
        }
        Ok(numbers)
    }
}

/// A train with the times of a run of it.
fn on_time(delays: &Delays, train: &Train) -> Result<Train, StoreError> {
    delays.over(train).map_err(|error| corrupt("a run's times", error))
}

/// What a refused hold tells: whether it was done before, by which plan, and how the coaches are now.
fn refused(plan: &Plan, holding: &Holding, items: &[(CoachId, Item)]) -> Result<HoldAttempt, StoreError> {
    let text = plan.text();
    let is_closed_since = |item: &Item| gaps_of(item) > plan.gaps;
    if items.iter().any(|(_, item)| plan_of(item).is_some_and(|other| other != text) || is_closed_since(item)) {
        return Ok(HoldAttempt::OtherPlan);
    }
    let mut states = Vec::new();
    for (coach, item) in items {
        states.push((*coach, coach_state(item)?));
    }
    let mine = states.iter().any(|(coach, state)| {
        state.holds.get(&holding.hold).is_some_and(|part| part.leg == holding.leg && part.spots == holding.parts[coach])
    });
    Ok(if mine { HoldAttempt::Held(states) } else { HoldAttempt::Lost(states) })
}

/// The key of an item of a run.
fn key(run: RunId, item: &str) -> Item {
    HashMap::from([("RunID".to_owned(), string(run)), ("Item".to_owned(), string(item))])
}
