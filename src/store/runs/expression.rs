//! The update and condition expressions of a coach's write.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::coach::CoachId;
use crate::domain::inventory::edit::{CoachEdit, Fence, Held};
use crate::domain::segment::SegmentMask;
use crate::domain::spot::Spot;
use crate::domain::train::RunId;
use crate::store::runs::Plan;
use crate::store::runs::coach_item::{
    BLOCKED, FENCED, GAPS, coach_key, hold_name, number, part_value, spot_list, spot_name, until_value,
};
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
        for (spot, (before, after)) in &edit.masks {
            write.mask(*spot, *before, *after);
        }
        if !edit.unblocked.is_empty() {
            let blocked = write.name(BLOCKED);
            for berth in &edit.unblocked {
                let berth = write.name(&spot_name((*berth).into()));
                write.conditions.push(format!("attribute_not_exists({blocked}.{berth})"));
            }
        }
        for (id, part) in &edit.removed {
            // All of it: a late copy of its claim may have put it there again for other spots until the same moment.
            let hold = write.require(&Held { hold: *id, spots: part.spots.clone(), leg: part.leg });
            let (until, value) = (write.name("Until"), write.value(until_value(part.until)));
            write.conditions.push(format!("{hold}.{until} = {value}"));
            write.removes.push(hold);
        }
        if let Some((id, part)) = &edit.put {
            let (hold, value) = (write.name(&hold_name(*id)), write.value(part_value(part)));
            write.conditions.push(format!("attribute_not_exists({hold})"));
            write.sets.push(format!("{hold} = {value}"));
        }
        for held in &edit.settled {
            let hold = write.require(held);
            write.removes.push(hold);
        }
        for (held, until) in &edit.extended {
            let hold = write.require(held);
            let (key, value) = (write.name("Until"), write.value(until_value(*until)));
            write.sets.push(format!("{hold}.{key} = {value}"));
        }
        write.fence(edit.fence);
        if !(edit.unblocked.is_empty() && edit.settled.is_empty() && edit.extended.is_empty()) {
            write.run_as_known(plan);
        }
        write
    }

    /// What closes a coach on the parts of its way that are not run, unless it is.
    pub fn closing(coach: CoachId, plan: &Plan) -> Self {
        let mut write = Self::new(coach, plan);
        let (gaps, count) = (write.name(GAPS), write.value(number(plan.gaps())));
        write.conditions.push(format!("(attribute_not_exists({gaps}) OR {gaps} < {count})"));
        write.sets.push(format!("{gaps} = {count}"));
        write
    }

    /// What sets the berths that are off sale, each with the reason.
    pub fn blocking(coach: CoachId, plan: &Plan, blocked: &BTreeMap<u8, String>) -> Self {
        let mut write = Self::new(coach, plan);
        let name = write.name(BLOCKED);
        if blocked.is_empty() {
            write.removes.push(name);
        } else {
            let named =
                blocked.iter().map(|(berth, reason)| (spot_name((*berth).into()), AttributeValue::S(reason.clone())));
            let value = write.value(AttributeValue::M(named.collect()));
            write.sets.push(format!("{name} = {value}"));
        }
        write
    }

    /// The same, only if nothing at all of the coach was changed since it was read.
    pub fn at_rev(mut self, rev: u64) -> Self {
        if rev == 0 {
            self.conditions.push("attribute_not_exists(#rev)".to_owned());
        } else {
            let rev = self.value(number(rev));
            self.conditions.push(format!("#rev = {rev}"));
        }
        self
    }

    fn mask(&mut self, spot: Spot, before: SegmentMask, after: SegmentMask) {
        let name = self.name(&spot_name(spot));
        if before.is_empty() {
            self.conditions.push(format!("attribute_not_exists({name})"));
        } else {
            let before = self.value(number(before));
            self.conditions.push(format!("{name} = {before}"));
        }
        match (after.is_empty(), before == after) {
            (_, true) => {}
            (true, false) => self.removes.push(name),
            (false, false) => {
                let after = self.value(number(after));
                self.sets.push(format!("{name} = {after}"));
            }
        }
    }

    fn fence(&mut self, fence: Fence) {
        match fence {
            Fence::Any => {}
            Fence::Absent => {
                let fenced = self.name(FENCED);
                self.conditions.push(format!("attribute_not_exists({fenced})"));
            }
            Fence::Raised => {
                let (fenced, raised) = (self.name(FENCED), self.value(AttributeValue::Bool(true)));
                self.sets.push(format!("{fenced} = {raised}"));
            }
        }
    }

    /// Demands that no part of the way is closed that was not known: of what is sold, held or kept it is not asked where it is.
    fn run_as_known(&mut self, plan: &Plan) {
        let gaps = self.name(GAPS);
        if plan.gaps() == 0 {
            self.conditions.push(format!("attribute_not_exists({gaps})"));
        } else {
            let known = self.value(number(plan.gaps()));
            self.conditions.push(format!("(attribute_not_exists({gaps}) OR {gaps} <= {known})"));
        }
    }

    /// Demands that the hold is there for just these spots and this leg; its end is not asked for.
    fn require(&mut self, kept: &Held) -> String {
        let hold = self.name(&hold_name(kept.hold));
        let wanted =
            [("Spots", spot_list(&kept.spots)), ("From", number(kept.leg.from())), ("To", number(kept.leg.to()))];
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
