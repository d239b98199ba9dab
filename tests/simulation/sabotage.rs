//! Negative controls: requests that are changed on their way as if the code had left something out. The simulation has
//! to see each of them.

use serde_json::Value;

use super::ask::Ask;

/// What is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A hold no longer asks whether the berths are as they were read.
    UncheckedHold,
    /// A hold that takes a berth of an expired one frees none of that one's other berths.
    HalfReclaim,
    /// A cancellation clears whole masks: the segments of other travellers too.
    WideCancel,
    /// A promotion asks for neither the booking nor its entry nor the masks as they were read.
    UnguardedPromotion,
    /// A version of a train overwrites the first, by which runs are sold.
    OverwrittenVersion,
    /// Berths that are taken off sale are not written.
    LostBlock,
    /// Money that goes into a till is not added to its sums.
    UncountedMoney,
    /// An account that is closed is written as an open one.
    OpenDoor,
}

/// The transactions that some of them are about, by the newest deed of the booking that is written.
const DEEDS: [(Sabotage, &[&str]); 2] =
    [(Sabotage::WideCancel, &["Cancelled"]), (Sabotage::UnguardedPromotion, &["Promoted"])];

impl Sabotage {
    /// All of them, by the names under which they are asked for.
    pub const ALL: [(&'static str, Self); 8] = [
        ("unchecked-hold", Self::UncheckedHold),
        ("half-reclaim", Self::HalfReclaim),
        ("wide-cancel", Self::WideCancel),
        ("unguarded-promotion", Self::UnguardedPromotion),
        ("overwritten-version", Self::OverwrittenVersion),
        ("lost-block", Self::LostBlock),
        ("uncounted-money", Self::UncountedMoney),
        ("open-door", Self::OpenDoor),
    ];

    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, sabotage)| *sabotage)
    }

    /// Changes a request, if it is one that it is about. Whether it did.
    pub fn tamper(self, ask: &mut Ask) -> bool {
        let is_update = ask.operation == "UpdateItem";
        match self {
            Self::UncheckedHold | Self::HalfReclaim if is_update => self.update(&mut ask.body),
            Self::HalfReclaim => false,
            Self::LostBlock if is_update => self.update(&mut ask.body),
            Self::LostBlock => false,
            Self::UncheckedHold | Self::UncountedMoney => self.updates(ask),
            Self::OverwrittenVersion => overwrite_first(&mut ask.body),
            Self::OpenDoor => open_door(&mut ask.body),
            Self::WideCancel | Self::UnguardedPromotion => {
                let (_, deeds) = DEEDS.iter().find(|(of, _)| *of == self).expect("it has its deeds");
                let is_meant = newest_deed(ask).is_some_and(|deed| deeds.contains(&deed.as_str()));
                if is_meant && self == Self::UnguardedPromotion {
                    unguard(ask);
                }
                is_meant && (self.updates(ask) || self == Self::UnguardedPromotion)
            }
        }
    }

    /// Changes the updates of a transaction.
    fn updates(self, ask: &mut Ask) -> bool {
        let items = ask.body["TransactItems"].as_array_mut().into_iter().flatten();
        items.filter_map(|item| item.get_mut("Update")).fold(false, |did, update| self.update(update) | did)
    }

    fn update(self, update: &mut Value) -> bool {
        match self {
            Self::UncheckedHold | Self::UnguardedPromotion => {
                unask(update, |names, name| names.iter().any(|(key, value)| key == name && is_mask(value)))
            }
            Self::HalfReclaim => half_reclaim(update),
            Self::WideCancel => widen(update),
            Self::LostBlock => forget_blocks(update),
            Self::UncountedMoney => count_nothing(update),
            // They are no updates.
            Self::OverwrittenVersion | Self::OpenDoor => false,
        }
    }
}

/// Makes the clauses of a condition always true that are about certain attributes. What is asked stays in the expression,
/// or its names and values would be refused as unused.
fn unask(update: &mut Value, is_meant: impl Fn(&[(String, String)], &str) -> bool) -> bool {
    let names = names(update);
    let Some(condition) = update["ConditionExpression"].as_str() else { return false };
    let mut changed = false;
    let clauses: Vec<String> = condition
        .split(" AND ")
        .map(|clause| {
            let name = clause.trim_start_matches("attribute_not_exists(");
            let name = name.split([' ', ')']).next().unwrap_or_default();
            if is_meant(&names, name) {
                changed = true;
                format!("({clause} OR attribute_exists({name}) OR attribute_not_exists({name}))")
            } else {
                clause.to_owned()
            }
        })
        .collect();
    update["ConditionExpression"] = clauses.join(" AND ").into();
    changed
}

/// Of the berths that an expired hold gives back, those that nobody takes keep their masks.
fn half_reclaim(update: &mut Value) -> bool {
    let names = names(update);
    let has_mask = |name: &str| names.iter().any(|(key, value)| key == name && is_mask(value));
    let Some(expression) = update["UpdateExpression"].as_str() else { return false };
    let Some((before, after)) = expression.split_once(" REMOVE ") else { return false };
    let (removed, rest) = after.split_once(" ADD ").unwrap_or((after, ""));
    let takes = before.split_once(' ').is_some_and(|(_, sets)| {
        sets.split(", ")
            .any(|set| names.iter().any(|(key, value)| set.starts_with(key.as_str()) && value.starts_with("H#")))
    });
    let kept: Vec<_> = removed.split(", ").filter(|name| !has_mask(name)).collect();
    if !takes || kept.is_empty() || kept.len() == removed.split(", ").count() {
        return false;
    }
    update["UpdateExpression"] = format!("{before} REMOVE {} ADD {rest}", kept.join(", ")).into();
    true
}

/// Removes every mask that is set.
fn widen(update: &mut Value) -> bool {
    let names = names(update);
    let Some(expression) = update["UpdateExpression"].as_str().map(str::to_owned) else { return false };
    let (set, rest) = expression.split_once(" ADD ").unwrap_or((&expression, ""));
    let (set, removed) = set.split_once(" REMOVE ").unwrap_or((set, ""));
    let is_of_mask = |clause: &&str| {
        let name = clause.split(' ').next().unwrap_or_default();
        names.iter().any(|(key, value)| key == name && is_mask(value))
    };
    let sets = set.trim_start_matches("SET ").split(", ");
    let (cleared, kept): (Vec<&str>, Vec<&str>) = sets.partition(is_of_mask);
    if cleared.is_empty() {
        return false;
    }
    let mut removed: Vec<&str> = removed.split(", ").filter(|name| !name.is_empty()).collect();
    for clause in &cleared {
        let (name, value) = clause.split_once(" = ").expect("a mask is set to a number");
        removed.push(name);
        update["ExpressionAttributeValues"].as_object_mut().expect("it has values").remove(value);
    }
    update["UpdateExpression"] = format!("SET {} REMOVE {} ADD {rest}", kept.join(", "), removed.join(", ")).into();
    true
}

/// What is off sale is set to nothing.
fn forget_blocks(update: &mut Value) -> bool {
    let values = update["ExpressionAttributeValues"].as_object_mut().into_iter().flatten();
    let mut maps = values.filter_map(|(_, value)| value.get_mut("M")?.as_object_mut());
    let blocks = maps.find(|map| !map.is_empty() && map.keys().all(|key| is_mask(key)));
    blocks.map(serde_json::Map::clear).is_some()
}

/// A till's update adds nothing to its sums.
fn count_nothing(update: &mut Value) -> bool {
    let is_till = update["Key"]["BookingID"]["S"].as_str().is_some_and(|key| key.starts_with("T#"));
    let amount = update.pointer_mut("/ExpressionAttributeValues/:amount/N").filter(|_| is_till);
    amount.map(|amount| *amount = "0".into()).is_some()
}

/// Each version of a train is written as the first.
fn overwrite_first(body: &mut Value) -> bool {
    let mut did = false;
    let batch = body["RequestItems"].as_object_mut().into_iter().flatten();
    let batch = batch.flat_map(|(_, writes)| writes.as_array_mut().into_iter().flatten());
    for write in batch.filter_map(|write| write.pointer_mut("/PutRequest/Item")) {
        did |= name_first(write);
    }
    for put in body["TransactItems"].as_array_mut().into_iter().flatten() {
        did |= put.pointer_mut("/Put/Item").is_some_and(name_first);
    }
    did
}

/// Each account that is closed is written as an open one.
fn open_door(body: &mut Value) -> bool {
    let mut did = false;
    for put in body["TransactItems"].as_array_mut().into_iter().flatten() {
        if let Some(closed @ Value::Bool(true)) = put.pointer_mut("/Put/Item/Closed/BOOL") {
            *closed = Value::Bool(false);
            did = true;
        }
    }
    did
}

fn name_first(item: &mut Value) -> bool {
    let Some((train, version)) = item["TrainID"]["S"].as_str().and_then(|id| id.split_once('@')) else { return false };
    if version == "1" {
        return false;
    }
    let first = format!("{train}@1");
    item["TrainID"]["S"] = first.into();
    item["Version"]["N"] = "1".into();
    true
}

/// Leaves out what a transaction asks of the items that it puts and deletes.
fn unguard(ask: &mut Ask) {
    for item in ask.body["TransactItems"].as_array_mut().into_iter().flatten() {
        for write in ["Put", "Delete"] {
            let Some(write) = item.get_mut(write).and_then(Value::as_object_mut) else { continue };
            for part in ["ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"] {
                write.remove(part);
            }
        }
    }
}

/// The newest deed of the booking that a transaction puts.
fn newest_deed(ask: &Ask) -> Option<String> {
    let puts = ask.body.get("TransactItems")?.as_array()?.iter().filter_map(|item| item.get("Put"));
    let booking = puts.map(|put| &put["Item"]).find(|item| item.get("BookingID").is_some())?;
    let what = &booking["History"]["L"].as_array()?.last()?["M"]["What"];
    match what.get("S") {
        Some(deed) => deed.as_str().map(str::to_owned),
        None => what["M"].as_object()?.keys().next().cloned(),
    }
}

fn names(update: &Value) -> Vec<(String, String)> {
    let names = update["ExpressionAttributeNames"].as_object().into_iter().flatten();
    names.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// Whether an attribute is a berth's mask: `B17`, or a half of it.
fn is_mask(attribute: &str) -> bool {
    let number = attribute.strip_prefix('B').map(|number| number.trim_end_matches(['a', 'b']));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
