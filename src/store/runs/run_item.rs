//! The item `#run`: by what a run is sold, how far its charts have come, and what is still to do for it.
//!
//! It is put once, before the first hold, and listed as work from then on: first for its charts, or for the refunds when
//! the railway cancels it, and for telling people when it changes its times or its way. Whoever does
//! that work has a lease, so that processes do not do it side by side; every step is safe to repeat all the same, since a lease
//! can outlive its holder's clock.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::coach::{Coach, CoachId};
use crate::domain::delay::{Delay, Delays};
use crate::domain::gap::{Gap, Gaps};
use crate::domain::inventory::Stage;
use crate::domain::pnr::Pnr;
use crate::domain::train::{RunId, Train};
use crate::store::item::{Item, corrupt, decode, encode, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::runs::coach_item::{coach_key, number};
use crate::store::runs::expression::CoachWrite;
use crate::store::runs::requests::Written;
use crate::store::runs::{Plan, key};
use crate::store::schema::{DUE_AT, SCHEMA_VERSION, WORK};
use crate::store::work::{self, Kind, Lists};
use crate::store::{Store, StoreError};

/// For how long whoever works on a run keeps others from it.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// What is settled when the first berth of a run is held, and how far its charts have come since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Pinned {
    /// The published version of the train.
    pub train_version: u32,
    /// The id of the quota rules.
    pub quotas: String,
    /// How far its charts have come.
    #[serde(default)]
    pub stage: Stage,
    /// How the railway has changed its times.
    #[serde(default, skip_serializing_if = "Delays::is_empty")]
    pub delays: Delays,
    /// The parts of its way that it does not go.
    #[serde(default, skip_serializing_if = "Gaps::is_empty")]
    pub gaps: Gaps,
}

impl Pinned {
    /// How often the railway has changed its times, or cancelled a part of its way.
    pub fn changes(&self) -> u16 {
        self.delays.count().saturating_add(self.gaps.count())
    }
}

/// The item that settles it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pin<'a> {
    plan: String,
    coaches: &'a [Coach],
    expires_at: i64,
    work: String,
    due_at: String,
    #[serde(flatten)]
    pinned: &'a Pinned,
}

/// The right to work on a run for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// Whose it is.
    pub holder: Uuid,
    /// The run as it was when the lease was given.
    pub pinned: Pinned,
}

/// The value of the stage attribute.
pub(super) fn stage_value(stage: Stage) -> AttributeValue {
    string(match stage {
        Stage::Open => "Open",
        Stage::FirstChart => "FirstChart",
        Stage::FinalChart => "FinalChart",
        Stage::Cancelled => "Cancelled",
    })
}

/// A list of changes alone, as the item has it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed<'a, T> {
    changes: &'a T,
}

/// The attribute of the changes of a run's times.
const DELAYS: &str = "Delays";

/// The attribute of the parts of a run's way that are not run.
pub(super) const GAPS: &str = "Gaps";

/// The condition that a list of changes is as long as a value says; no item has a list of none.
fn as_long(list: &str, count: u16, value: &str) -> String {
    let or_none = if count == 0 { format!("attribute_not_exists({list}) OR ") } else { String::new() };
    format!("({or_none}size({list}) = {value})")
}

impl Store {
    /// Settles by which version of its train and which quotas a run is sold, once and for all, and says which they are.
    /// From `chart` on somebody has to make its chart.
    pub async fn pin(
        &self,
        plan: &Plan,
        train: &Train,
        quotas: &str,
        chart: DateTime<Utc>,
    ) -> Result<Pinned, StoreError> {
        let pinned = Pinned {
            train_version: plan.version,
            quotas: quotas.to_owned(),
            stage: Stage::Open,
            delays: Delays::default(),
            gaps: Gaps::default(),
        };
        let pin = Pin {
            plan: plan.text(),
            coaches: train.coaches(),
            expires_at: plan.expires_at.timestamp(),
            work: Kind::Chart.list(work::spread(plan.run)),
            due_at: work::moment(chart),
            pinned: &pinned,
        };
        let mut item = encode(&pin);
        item.extend(key(plan.run, "#run"));
        match self.put_run_item(item).await? {
            Written::Done(_) => Ok(pinned),
            Written::Refused(old) => decode(old, "a run's pin"),
        }
    }

    /// Takes the right to work on a run; `None` when somebody else has it, or the run was never sold.
    pub async fn lease_run(&self, run: RunId, holder: Uuid, now: DateTime<Utc>) -> Result<Option<Lease>, StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(key(run, "#run")))
            .update_expression("SET LeaseBy = :holder, LeaseUntil = :until")
            .condition_expression(
                "attribute_exists(RunID) AND SchemaVersion <= :schema \
                 AND (attribute_not_exists(LeaseBy) OR LeaseBy = :holder OR LeaseUntil < :now)",
            )
            .expression_attribute_values(":holder", string(holder.simple()))
            .expression_attribute_values(":until", number((now + LEASE).timestamp_millis()))
            .expression_attribute_values(":now", number(now.timestamp_millis()))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .return_values(ReturnValue::AllNew);
        match self.attempt(|| update.clone().send()).await?.verdict {
            Ok(reply) => {
                let pinned = decode(reply.attributes.unwrap_or_default(), "a run's pin")?;
                Ok(Some(Lease { run, holder, pinned }))
            }
            Err(refusal) if refusal.is_condition_failure() => Ok(None),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Says how far a run has come, while the lease is one's own. `false` when it is not any more.
    pub async fn set_stage(&self, lease: &Lease, stage: Stage) -> Result<bool, StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(key(lease.run, "#run")))
            .update_expression("SET Stage = :stage")
            .condition_expression("LeaseBy = :holder AND Stage <> :cancelled")
            .expression_attribute_values(":stage", stage_value(stage))
            .expression_attribute_values(":cancelled", stage_value(Stage::Cancelled))
            .expression_attribute_values(":holder", string(lease.holder.simple()));
        match self.attempt(|| update.clone().send()).await?.verdict {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.is_condition_failure() => Ok(false),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Gives the lease back once the work is done: the run is looked at again for the next of its duties, or never.
    pub async fn end_lease(&self, lease: &Lease, next: Option<(Kind, DateTime<Utc>)>) -> Result<(), StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(key(lease.run, "#run")))
            .expression_attribute_values(":holder", string(lease.holder.simple()));
        let done = match next {
            Some((kind, at)) => update
                .clone()
                .update_expression("SET #work = :work, DueAt = :due REMOVE LeaseBy, LeaseUntil")
                .expression_attribute_values(":work", string(kind.list(work::spread(lease.run))))
                .expression_attribute_values(":due", string(work::moment(at))),
            None => update.clone().update_expression("REMOVE #work, DueAt, LeaseBy, LeaseUntil"),
        };
        let done = done.expression_attribute_names("#work", WORK);
        let done = if lease.pinned.stage == Stage::Cancelled {
            done.condition_expression("LeaseBy = :holder")
        } else {
            // Of a run that was cancelled or changed meanwhile the duty is another one, and it stays.
            let (delays, gaps) = (lease.pinned.delays.count(), lease.pinned.gaps.count());
            let same = format!("{} AND {}", as_long(DELAYS, delays, ":delays"), as_long(GAPS, gaps, ":gaps"));
            done.condition_expression(format!("LeaseBy = :holder AND Stage <> :cancelled AND {same}"))
                .expression_attribute_values(":cancelled", stage_value(Stage::Cancelled))
                .expression_attribute_values(":delays", number(delays))
                .expression_attribute_values(":gaps", number(gaps))
        };
        match self.attempt(|| done.clone().send()).await?.verdict {
            Ok(_) => return Ok(()),
            Err(refusal) if refusal.is_condition_failure() => {}
            Err(refusal) => return Err(refused(&refusal)),
        }
        let given_back =
            update.update_expression("REMOVE LeaseBy, LeaseUntil").condition_expression("LeaseBy = :holder");
        match self.attempt(|| given_back.clone().send()).await?.verdict {
            Ok(_) => Ok(()),
            // Somebody else took over, and will do so.
            Err(refusal) if refusal.is_condition_failure() => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Notes that the railway cancelled a run, and that its bookings have to be given their money back.
    pub async fn cancel_run(&self, run: RunId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(key(run, "#run")))
            .update_expression("SET Stage = :cancelled, #work = :work, #due = :due")
            .condition_expression("attribute_exists(RunID) AND Stage <> :cancelled")
            .expression_attribute_names("#work", WORK)
            .expression_attribute_names("#due", DUE_AT)
            .expression_attribute_values(":cancelled", stage_value(Stage::Cancelled))
            .expression_attribute_values(":work", string(Kind::CancelRun.list(work::spread(run))))
            .expression_attribute_values(":due", string(work::moment(now)));
        match self.attempt(|| update.clone().send()).await?.verdict {
            Ok(_) => Ok(()),
            // It was cancelled before.
            Err(refusal) if refusal.is_condition_failure() => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Changes the times of a run on condition that nobody has since `before`, and notes that its bookings have to be told.
    /// The run as it is then: whoever finds their own change there has made it, now or by an earlier attempt.
    ///
    /// # Errors
    ///
    /// `NotFound` when it was never sold.
    pub async fn delay_run(
        &self,
        run: RunId,
        before: &Delays,
        delay: Delay,
        now: DateTime<Utc>,
    ) -> Result<Pinned, StoreError> {
        self.add_change(run, DELAYS, before.count(), &before.with(delay), now).await
    }

    /// Cancels a part of a run on condition that nobody has cancelled another since `before`, and notes that its bookings have
    /// to be given their money back. The run as it is then: whoever finds their own there has made it, now or by an earlier
    /// attempt.
    ///
    /// # Errors
    ///
    /// `NotFound` when it was never sold.
    pub async fn cancel_part(
        &self,
        run: RunId,
        before: &Gaps,
        gap: Gap,
        now: DateTime<Utc>,
    ) -> Result<Pinned, StoreError> {
        self.add_change(run, GAPS, before.count(), &before.with(gap), now).await
    }

    /// Puts a longer list of changes in the place of one of so many.
    async fn add_change(
        &self,
        run: RunId,
        list: &str,
        before: u16,
        after: &impl Serialize,
        now: DateTime<Utc>,
    ) -> Result<Pinned, StoreError> {
        let changes = encode(&Listed { changes: after }).remove("Changes").expect("it has that alone");
        let same = as_long(list, before, ":count");
        let update = self
            .dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(key(run, "#run")))
            .update_expression(format!("SET {list} = :changes, #work = :work, #due = :due"))
            .condition_expression(format!(
                "attribute_exists(RunID) AND SchemaVersion <= :schema AND Stage <> :cancelled AND {same}"
            ))
            .expression_attribute_names("#work", WORK)
            .expression_attribute_names("#due", DUE_AT)
            .expression_attribute_values(":count", number(before))
            .expression_attribute_values(":changes", changes)
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .expression_attribute_values(":cancelled", stage_value(Stage::Cancelled))
            .expression_attribute_values(":work", string(Kind::DelayRun.list(work::spread(run))))
            .expression_attribute_values(":due", string(work::moment(now)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let found = match self.attempt(|| update.clone().send()).await?.verdict {
            Ok(reply) => reply.attributes,
            Err(refusal) if refusal.is_condition_failure() => refusal.found().cloned(),
            Err(refusal) => return Err(refused(&refusal)),
        };
        let found = found.filter(|item| !item.is_empty());
        decode(found.ok_or_else(|| StoreError::NotFound { what: format!("run {run}") })?, "a run's pin")
    }

    /// Makes a coach of a cancelled run refuse every write that was planned while it was sold.
    pub async fn close_coach(&self, plan: &Plan, coach: CoachId) -> Result<(), StoreError> {
        let update = self
            .dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(key(plan.run, &coach_key(coach))))
            .update_expression("SET #plan = :closed, SchemaVersion = :schema, ExpiresAt = :expires ADD Rev :one")
            .condition_expression("attribute_not_exists(#plan) OR (#plan <> :closed AND SchemaVersion <= :schema)")
            .expression_attribute_names("#plan", "Plan")
            .expression_attribute_values(":closed", string(plan.clone().closed().text()))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .expression_attribute_values(":expires", number(plan.expires_at.timestamp()))
            .expression_attribute_values(":one", number(1));
        match self.attempt(|| update.clone().send()).await?.verdict {
            Ok(_) => Ok(()),
            // It was closed before.
            Err(refusal) if refusal.is_condition_failure() => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// Closes a coach on the parts of its way that a plan knows are not run: whoever knows fewer sells nothing of it any more.
    pub async fn close_parts(&self, plan: &Plan, coach: CoachId) -> Result<(), StoreError> {
        // One that refuses is closed already, or the whole run is cancelled.
        self.update_coach(plan.run, &CoachWrite::closing(coach, plan)).await.map(drop)
    }

    /// The bookings of a run that were ever paid, consistently.
    pub async fn manifest_pnrs(&self, run: RunId) -> Result<Vec<Pnr>, StoreError> {
        let pnr = |item: &Item| text(item, "Item").and_then(|key| key.strip_prefix("P#")?.parse().ok());
        let items = self.items_beginning(run, "P#").await?;
        items
            .iter()
            .map(|item| pnr(item).ok_or_else(|| corrupt("a run's manifest", "a line names no booking")))
            .collect()
    }

    /// Some of the runs with a duty of a kind that was due at a moment. The index may be a moment behind.
    pub async fn runs_due(&self, kind: Kind, lists: Lists, now: DateTime<Utc>) -> Result<Vec<RunId>, StoreError> {
        let due = self.due(&self.names().runs(), kind, lists, now, work::AT_ONCE).await?;
        let run = |item| text(item, "RunID").and_then(|run| run.parse().ok());
        due.iter().map(|item| run(item).ok_or_else(|| corrupt("a run's item", "it has no run"))).collect()
    }
}
