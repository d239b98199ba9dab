//! The queues of a run: a head for each, which counts, and an entry for each booking in it.
//!
//! | item | attributes |
//! |---|---|
//! | `#queue#3A#GN` | `NextSeq`, `Rac`, `Waiting`, `Frozen`; listed as work while anybody may be in it |
//! | `Q#3A#GN#00000012` | the entry whose `Seq` is 12 |

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use chrono::{DateTime, Utc};

use crate::domain::coach::Class;
use crate::domain::train::RunId;
use crate::domain::waitlist::{Entry, QueueHead, QueueId};
use crate::store::item::{Item, check_version, corrupt, decode, encode, string, text};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::runs::coach_item::{number, read_number};
use crate::store::runs::{Plan, key};
use crate::store::schema::{SCHEMA_VERSION, WORK};
use crate::store::work::{self, Kind, Lists};
use crate::store::{Store, StoreError};

/// The attribute that counts who ever joined a queue.
const NEXT: &str = "NextSeq";

/// A change of one entry of a queue, and of the counts at its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEdit {
    /// The queue.
    pub id: QueueId,
    /// What becomes of the entry.
    pub entry: EntryEdit,
    /// By how many passengers those who share a berth become more.
    pub rac: i32,
    /// By how many passengers those who have none become more.
    pub waiting: i32,
    /// How many may wait in all, for whoever joins. Nobody joins a queue that is frozen, or in which somebody else has
    /// got the entry's place in the order.
    pub room: Option<u32>,
    /// When somebody has to look after the queue again.
    pub due: DateTime<Utc>,
}

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryEdit {
    /// It is new.
    Put(Entry),
    /// It takes the place of the version before it.
    Replace(Entry),
    /// It goes, if it is still this one.
    Remove(Entry),
}

impl QueueEdit {
    /// An entry joins a queue that may have so many on its list.
    pub fn joining(id: QueueId, entry: Entry, room: u32, due: DateTime<Utc>) -> Self {
        let (rac, waiting) = (entry.rac().into(), entry.waiting().into());
        Self { id, entry: EntryEdit::Put(entry), rac, waiting, room: Some(room), due }
    }

    /// Passengers leave a queue, by their places in the booking's form. `None` when none of them is in it.
    pub fn leaving(id: QueueId, entry: &Entry, passengers: &[u8], due: DateTime<Utc>) -> Option<Self> {
        let mut left = entry.clone();
        left.waiters.retain(|waiter| !passengers.contains(&waiter.passenger));
        if left.waiters.len() == entry.waiters.len() {
            return None;
        }
        let (rac, waiting) = (i32::from(left.rac()), i32::from(left.waiting()));
        let (rac, waiting) = (rac - i32::from(entry.rac()), waiting - i32::from(entry.waiting()));
        left.version += 1;
        let change = if left.waiters.is_empty() { EntryEdit::Remove(entry.clone()) } else { EntryEdit::Replace(left) };
        Some(Self { id, entry: change, rac, waiting, room: None, due })
    }
}

/// The sort key of a queue's head: before the hint and the coaches, so that one query reads them all.
pub(super) fn head_key(id: QueueId) -> String {
    format!("#queue#{id}")
}

/// The queue of a sort key; `None` for an item that is no queue's head.
pub(super) fn queue_of_key(key: &str) -> Option<QueueId> {
    key.strip_prefix("#queue#")?.parse().ok()
}

/// Reads the head of a queue.
pub(super) fn head_of(item: &Item) -> Result<QueueHead, StoreError> {
    check_version(item, "a queue")?;
    let count = |name: &str| if item.contains_key(name) { read_number(item, name) } else { Ok(0) };
    let frozen = item.get("Frozen").and_then(|frozen| frozen.as_bool().ok()).copied().unwrap_or_default();
    let next_seq = if item.contains_key(NEXT) { read_number(item, NEXT)? } else { 0 };
    Ok(QueueHead { rac: count("Rac")?, waiting: count("Waiting")?, frozen, next_seq })
}

fn entry_key(id: QueueId, seq: u64) -> String {
    format!("Q#{id}#{seq:08}")
}

impl Store {
    /// Closes a queue: nobody joins it any more. Those who are in it stay.
    pub async fn freeze_queue(&self, plan: &Plan, id: QueueId) -> Result<(), StoreError> {
        let update = self.head_update(plan, id, ", Frozen = :change", AttributeValue::Bool(true));
        self.attempt(|| update.clone().send()).await?.answer()?;
        Ok(())
    }

    /// Leaves out the next place in a queue's order: whoever was on their way to it does not get it any more.
    pub async fn skip_place(&self, plan: &Plan, id: QueueId) -> Result<(), StoreError> {
        let update = self.head_update(plan, id, " ADD NextSeq :change", number(1));
        self.attempt(|| update.clone().send()).await?.answer()?;
        Ok(())
    }

    /// A change of a queue's head, whatever is there.
    fn head_update(&self, plan: &Plan, id: QueueId, change: &str, to: AttributeValue) -> UpdateItemFluentBuilder {
        self.dynamodb()
            .update_item()
            .table_name(self.names().runs())
            .set_key(Some(key(plan.run(), &head_key(id))))
            .update_expression(format!("SET ExpiresAt = :expires, SchemaVersion = :schema{change}"))
            .condition_expression("attribute_not_exists(SchemaVersion) OR SchemaVersion <= :schema")
            .expression_attribute_values(":expires", number(plan.expires_at().timestamp()))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .expression_attribute_values(":change", to)
    }

    /// The entries of a class's queues in their order, consistently.
    pub async fn queues(&self, run: RunId, class: Class) -> Result<Vec<(QueueId, Entry)>, StoreError> {
        self.entries_beginning(run, &format!("Q#{class}#")).await
    }

    /// The entries of all queues of a run, consistently.
    pub async fn entries(&self, run: RunId) -> Result<Vec<(QueueId, Entry)>, StoreError> {
        self.entries_beginning(run, "Q#").await
    }

    async fn entries_beginning(&self, run: RunId, prefix: &str) -> Result<Vec<(QueueId, Entry)>, StoreError> {
        let mut entries = Vec::new();
        for item in self.items_beginning(run, prefix).await? {
            let id = text(&item, "Item").and_then(|key| {
                let (id, _) = key.strip_prefix("Q#")?.rsplit_once('#')?;
                id.parse().ok()
            });
            let id = id.ok_or_else(|| corrupt("a queue's entry", "its key names no queue"))?;
            entries.push((id, decode(item, "a queue's entry")?));
        }
        Ok(entries)
    }

    /// Some of the queues that somebody has to look after at a moment. The index may be a moment behind the table, and
    /// heads that a newer program wrote are left to it.
    pub async fn due_queues(&self, lists: Lists, now: DateTime<Utc>) -> Result<Vec<(RunId, QueueId)>, StoreError> {
        let due = self.due(&self.names().runs(), Kind::Promotion, lists, now, work::AT_ONCE).await?;
        let ours = due.iter().filter(|item| check_version(item, "a queue").is_ok());
        let named = ours.map(|item| {
            let run = text(item, "RunID").and_then(|run| run.parse().ok());
            let id = text(item, "Item").and_then(queue_of_key);
            run.zip(id).ok_or_else(|| corrupt("a queue that is due", "its key names no queue"))
        });
        named.collect()
    }

    /// Puts off when somebody has to look after a queue, or never again if nobody is in it.
    pub async fn put_off_queue(&self, run: RunId, id: QueueId, due: DateTime<Utc>) -> Result<(), StoreError> {
        let update =
            self.dynamodb().update_item().table_name(self.names().runs()).set_key(Some(key(run, &head_key(id))));
        let done = update
            .clone()
            .update_expression("REMOVE #work, DueAt")
            .condition_expression("Rac = :none AND Waiting = :none")
            .expression_attribute_names("#work", WORK)
            .expression_attribute_values(":none", number(0));
        match self.attempt(|| done.clone().send()).await?.verdict {
            Ok(_) => return Ok(()),
            Err(refusal) if refusal.is_condition_failure() => {}
            Err(refusal) => return Err(refused(&refusal)),
        }
        let later = update
            .update_expression("SET DueAt = :due")
            .condition_expression("attribute_exists(#work)")
            .expression_attribute_names("#work", WORK)
            .expression_attribute_values(":due", string(work::moment(due)));
        match self.attempt(|| later.clone().send()).await?.verdict {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.is_condition_failure() => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
    }

    /// The writes of a change of a queue: its entry and its head.
    pub(super) fn queue_writes(&self, plan: &Plan, edit: &QueueEdit) -> [TransactWriteItem; 2] {
        [self.entry_write(plan, edit), self.head_write(plan, edit)]
    }

    fn entry_write(&self, plan: &Plan, edit: &QueueEdit) -> TransactWriteItem {
        let put = |entry: &Entry| {
            let mut item = encode(entry);
            item.extend(key(plan.run(), &entry_key(edit.id, entry.seq)));
            item.insert("ExpiresAt".to_owned(), number(plan.expires_at().timestamp()));
            Put::builder().table_name(self.names().runs()).set_item(Some(item))
        };
        let written = TransactWriteItem::builder();
        match &edit.entry {
            EntryEdit::Put(entry) => {
                let put = put(entry).condition_expression("attribute_not_exists(RunID)");
                written.put(put.build().expect("table and item are given"))
            }
            EntryEdit::Replace(entry) => {
                let put = put(entry)
                    .condition_expression("#version = :before")
                    .expression_attribute_names("#version", "Version")
                    .expression_attribute_values(":before", number(entry.version - 1));
                written.put(put.build().expect("table and item are given"))
            }
            EntryEdit::Remove(entry) => {
                let delete = Delete::builder()
                    .table_name(self.names().runs())
                    .set_key(Some(key(plan.run(), &entry_key(edit.id, entry.seq))))
                    .condition_expression("#version = :before")
                    .expression_attribute_names("#version", "Version")
                    .expression_attribute_values(":before", number(entry.version));
                written.delete(delete.build().expect("table and key are given"))
            }
        }
        .build()
    }

    fn head_write(&self, plan: &Plan, edit: &QueueEdit) -> TransactWriteItem {
        let mut sets = "ExpiresAt = :expires, SchemaVersion = :schema, #work = :work, DueAt = :due".to_owned();
        let mut update = Update::builder()
            .table_name(self.names().runs())
            .set_key(Some(key(plan.run(), &head_key(edit.id))))
            .expression_attribute_names("#work", WORK)
            .expression_attribute_values(":expires", number(plan.expires_at().timestamp()))
            .expression_attribute_values(":schema", number(SCHEMA_VERSION))
            .expression_attribute_values(":work", string(Kind::Promotion.list(work::spread(plan.run()))))
            .expression_attribute_values(":due", string(work::moment(edit.due)))
            .expression_attribute_values(":rac", number(edit.rac))
            .expression_attribute_values(":waiting", number(edit.waiting))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let (Some(room), EntryEdit::Put(entry)) = (edit.room, &edit.entry) {
            sets.push_str(", NextSeq = :next");
            update = update.expression_attribute_values(":next", number(entry.seq + 1));
            let mut asks = vec!["attribute_not_exists(Frozen)"];
            if entry.seq == 0 {
                asks.push("attribute_not_exists(NextSeq)");
            } else {
                asks.push("NextSeq = :seq");
                update = update.expression_attribute_values(":seq", number(entry.seq));
            }
            // Somebody who only shares a berth takes no place on the list.
            if edit.waiting > 0 {
                asks.push("(attribute_not_exists(Waiting) OR Waiting <= :most)");
                let most = i64::from(room) - i64::from(edit.waiting);
                update = update.expression_attribute_values(":most", number(most));
            }
            update = update.condition_expression(asks.join(" AND "));
        }
        let update = update.update_expression(format!("SET {sets} ADD Rac :rac, Waiting :waiting"));
        TransactWriteItem::builder().update(update.build().expect("table, key and expression are given")).build()
    }
}
