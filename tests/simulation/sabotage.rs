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
}

impl Sabotage {
    /// All of them, by the names under which they are asked for.
    pub const ALL: [(&'static str, Self); 2] =
        [("unchecked-hold", Self::UncheckedHold), ("half-reclaim", Self::HalfReclaim)];

    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, sabotage)| *sabotage)
    }

    /// Changes a request, if it is one that it is about. Whether it did.
    pub fn tamper(self, ask: &mut Ask) -> bool {
        match (self, ask.operation.as_str()) {
            (Self::UncheckedHold, "UpdateItem") => self.update(&mut ask.body),
            (Self::UncheckedHold, "TransactWriteItems") => {
                let items = ask.body["TransactItems"].as_array_mut().into_iter().flatten();
                items.filter_map(|item| item.get_mut("Update")).fold(false, |did, update| self.update(update) | did)
            }
            (Self::HalfReclaim, "UpdateItem") => self.update(&mut ask.body),
            _ => false,
        }
    }

    fn update(self, update: &mut Value) -> bool {
        let names = names(update);
        let has_mask = |name: &str| names.iter().any(|(key, value)| key == name && is_mask(value));
        match self {
            Self::UncheckedHold => {
                let Some(condition) = update["ConditionExpression"].as_str() else { return false };
                let clauses: Vec<_> = condition.split(" AND ").map(str::to_owned).collect();
                let mut changed = false;
                let clauses: Vec<String> = clauses
                    .into_iter()
                    .map(|clause| {
                        let name = clause.trim_start_matches("attribute_not_exists(");
                        let name = name.split([' ', ')']).next().unwrap_or_default();
                        // What is asked stays in the expression, or its names and values would be refused as unused.
                        if has_mask(name) {
                            changed = true;
                            format!("({clause} OR attribute_exists({name}) OR attribute_not_exists({name}))")
                        } else {
                            clause
                        }
                    })
                    .collect();
                update["ConditionExpression"] = clauses.join(" AND ").into();
                changed
            }
            Self::HalfReclaim => {
                // Of the berths that an expired hold gives back, those that nobody takes keep their masks.
                let Some(expression) = update["UpdateExpression"].as_str() else { return false };
                let Some((before, after)) = expression.split_once(" REMOVE ") else { return false };
                let (removed, rest) = after.split_once(" ADD ").unwrap_or((after, ""));
                let takes = before.split_once(' ').is_some_and(|(_, sets)| {
                    sets.split(", ").any(|set| {
                        names.iter().any(|(key, value)| set.starts_with(key.as_str()) && value.starts_with("H#"))
                    })
                });
                let kept: Vec<_> = removed.split(", ").filter(|name| !has_mask(name)).collect();
                if !takes || kept.is_empty() || kept.len() == removed.split(", ").count() {
                    return false;
                }
                update["UpdateExpression"] = format!("{before} REMOVE {} ADD {rest}", kept.join(", ")).into();
                true
            }
        }
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
