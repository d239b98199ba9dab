//! The update and condition expressions of a coach's write.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};

use crate::domain::coach::CoachId;
use crate::domain::inventory::HoldId;
use crate::domain::segment::Leg;
use crate::domain::train::RunId;
use crate::store::runs::Plan;
use crate::store::runs::coach_item::{berth_list, berth_name, coach_key, hold_name, number, part_value, until_value};
use crate::store::runs::edit::CoachEdit;
use crate::store::schema::SCHEMA_VERSION;

/// A write of one coach, ready for `UpdateItem` or as a part of a transaction.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct CoachWrite {
    pub coach: String,
    pub names: HashMap<String, String>,
    pub values: HashMap<String, AttributeValue>,
    sets: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
}

impl CoachWrite {
    /// A write that counts itself and sets or checks the plan; an item of a newer program is left alone.
    fn new(coach: CoachId, plan: &Plan) -> Self {
        let mut write = Self { coach: coach_key(coach), ..Self::default() };
        write.names.insert("#rev".to_owned(), "Rev".to_owned());
        write.values.insert(":one".to_owned(), number(1));
        let (key, value) = (write.name("Plan"), write.value(AttributeValue::S(plan.text())));
        write.sets.push(format!("{key} = {value}"));
        let (schema, ours) = (write.name("SchemaVersion"), write.value(number(SCHEMA_VERSION)));
        write.sets.push(format!("{schema} = {ours}"));
        write.conditions.push(format!("(attribute_not_exists({key}) OR ({key} = {value} AND {schema} <= {ours}))"));
        let (expires, at) = (write.name("ExpiresAt"), write.value(number(plan.expires_at().timestamp())));
        write.sets.push(format!("{expires} = {at}"));
        write
    }

    /// What an edit changes, on condition that everything it was decided from is as it was read.
    pub fn of(edit: &CoachEdit, plan: &Plan) -> Self {
        let mut write = Self::new(edit.coach, plan);
        for (berth, (before, after)) in &edit.masks {
            let name = write.name(&berth_name(*berth));
            if before.is_empty() {
                write.conditions.push(format!("attribute_not_exists({name})"));
            } else {
                let before = write.value(number(before));
                write.conditions.push(format!("{name} = {before}"));
            }
            match (after.is_empty(), before == after) {
                (_, true) => {}
                (true, false) => write.removes.push(name),
                (false, false) => {
                    let after = write.value(number(after));
                    write.sets.push(format!("{name} = {after}"));
                }
            }
        }
        if !edit.unblocked.is_empty() {
            let blocked = write.name("Blocked");
            for berth in &edit.unblocked {
                let berth = write.name(&berth_name(*berth));
                write.conditions.push(format!("attribute_not_exists({blocked}.{berth})"));
            }
        }
        for (id, part) in &edit.removed {
            let (hold, until) = (write.name(&hold_name(*id)), write.name("Until"));
            let value = write.value(until_value(part.until));
            write.conditions.push(format!("{hold}.{until} = {value}"));
            write.removes.push(hold);
        }
        if let Some((id, part)) = &edit.put {
            let (hold, value) = (write.name(&hold_name(*id)), write.value(part_value(part)));
            write.conditions.push(format!("attribute_not_exists({hold})"));
            write.sets.push(format!("{hold} = {value}"));
        }
        write
    }

    /// Makes held berths sold: the hold goes and the masks stay.
    pub fn confirm(part: &HoldingPart<'_>, plan: &Plan) -> Self {
        let mut write = Self::new(part.coach, plan);
        let hold = write.require(part);
        write.removes.push(hold);
        write
    }

    /// Keeps held berths until another moment.
    pub fn extend(part: &HoldingPart<'_>, until: DateTime<Utc>, plan: &Plan) -> Self {
        let mut write = Self::new(part.coach, plan);
        let hold = write.require(part);
        let (key, value) = (write.name("Until"), write.value(until_value(until)));
        write.sets.push(format!("{hold}.{key} = {value}"));
        write
    }

    /// Demands that the hold is there for just these berths and this leg; its end is not asked for.
    fn require(&mut self, part: &HoldingPart<'_>) -> String {
        let hold = self.name(&hold_name(part.hold));
        let wanted =
            [("Berths", berth_list(part.berths)), ("From", number(part.leg.from())), ("To", number(part.leg.to()))];
        for (key, value) in wanted {
            let (key, value) = (self.name(key), self.value(value));
            self.conditions.push(format!("{hold}.{key} = {value}"));
        }
        hold
    }

    /// The key of the item.
    pub fn key(&self, run: RunId) -> HashMap<String, AttributeValue> {
        super::key(run, &self.coach)
    }

    /// The update expression.
    pub fn update(&self) -> String {
        let sets = self.sets.join(", ");
        let removes =
            if self.removes.is_empty() { String::new() } else { format!(" REMOVE {}", self.removes.join(", ")) };
        format!("SET {sets}{removes} ADD #rev :one")
    }

    /// The condition expression.
    pub fn condition(&self) -> String {
        self.conditions.join(" AND ")
    }

    fn name(&mut self, attribute: &str) -> String {
        if let Some((placeholder, _)) = self.names.iter().find(|(_, known)| *known == attribute) {
            return placeholder.clone();
        }
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

/// The part of a hold in one coach, as its holder knows it.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct HoldingPart<'a> {
    pub coach: CoachId,
    pub hold: HoldId,
    pub berths: &'a [u8],
    pub leg: Leg,
}
