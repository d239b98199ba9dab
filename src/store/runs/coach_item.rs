//! A coach of a run as an item: masks, holds and blocked berths, sparsely.
//!
//! | attribute | type | meaning |
//! |---|---|---|
//! | `B17` | N | the segments on which berth 17 is sold or held; absent when free |
//! | `B7a`, `B7b` | N | the same for the halves of a berth that can be shared, in place of `B7` |
//! | `H#<hold>` | M | `{Spots, From, To, Until}`: the part of a hold in this coach; Until in milliseconds |
//! | `Blocked` | M | `{B17: reason}`: berths out of sale |
//! | `Fenced` | BOOL | somebody waits or waited for a berth of the class: newcomers serve the queue first |
//! | `Rev` | N | counts the writes |
//! | `Plan` | S | the pinned version of the train, `12951@3` |
//! | `Gaps` | N | how many parts of the way are closed in it, since the run does not go them; absent when it goes all of it |

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};

use crate::domain::coach::CoachId;
use crate::domain::inventory::{CoachState, HeldPart, HoldId};
use crate::domain::segment::Leg;
use crate::domain::spot::Spot;
use crate::store::StoreError;
use crate::store::item::{Item, check_version, corrupt, string};

const WHAT: &str = "a run's item";

/// The sort key of a coach: below `P#` and `Q#`, above `#run`, so that one query reads a run without its manifest.
pub(in crate::store) fn coach_key(coach: CoachId) -> String {
    format!("C#{coach}")
}

/// The coach of a sort key; `None` for an item that is no coach.
pub(in crate::store) fn coach_of_key(key: &str) -> Option<CoachId> {
    CoachId::parse(key.strip_prefix("C#")?).ok()
}

/// The attribute of the mark that somebody waits or waited.
pub(in crate::store) const FENCED: &str = "Fenced";

/// The attribute of the berths that are off sale.
pub(in crate::store) const BLOCKED: &str = "Blocked";

/// The attribute of a spot's mask.
pub(in crate::store) fn spot_name(spot: Spot) -> String {
    format!("B{spot}")
}

/// The attribute of a hold's part.
pub(in crate::store) fn hold_name(hold: HoldId) -> String {
    format!("H#{hold}")
}

/// A number as the SDK writes it; masks have up to 38 digits.
#[allow(clippy::needless_pass_by_value, reason = "numbers are passed by value, and their references are not numbers")]
pub(in crate::store) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The spots of a hold's part.
pub(in crate::store) fn spot_list(spots: &[Spot]) -> AttributeValue {
    AttributeValue::L(spots.iter().map(string).collect())
}

/// A hold's part as the item keeps it.
pub(in crate::store) fn part_value(part: &HeldPart) -> AttributeValue {
    AttributeValue::M(HashMap::from([
        ("Spots".to_owned(), spot_list(&part.spots)),
        ("From".to_owned(), number(part.leg.from())),
        ("To".to_owned(), number(part.leg.to())),
        ("Until".to_owned(), until_value(part.until)),
    ]))
}

/// The moment of a hold's end.
pub(in crate::store) fn until_value(until: DateTime<Utc>) -> AttributeValue {
    number(until.timestamp_millis())
}

/// Reads a coach's item; no item is a coach that nobody wrote to.
pub(in crate::store) fn coach_state(item: &Item) -> Result<CoachState, StoreError> {
    if item.is_empty() {
        return Ok(CoachState::default());
    }
    check_version(item, WHAT)?;
    let mut state = CoachState { rev: read_number(item, "Rev")?, ..CoachState::default() };
    for (name, value) in item {
        let bad = || corrupt(WHAT, format!("attribute {name} makes no sense"));
        if let Some(id) = name.strip_prefix("H#") {
            let id = HoldId(id.parse().map_err(|_| bad())?);
            state.holds.insert(id, part(value).ok_or_else(bad)?);
        } else if name == BLOCKED {
            for (berth, reason) in value.as_m().map_err(|_| bad())? {
                let berth = berth.strip_prefix('B').and_then(|berth| berth.parse().ok()).ok_or_else(bad)?;
                state.blocked.insert(berth, reason.as_s().map_err(|_| bad())?.clone());
            }
        } else if name == FENCED {
            state.fenced = *value.as_bool().map_err(|_| bad())?;
        } else if let Some(Ok(spot)) = name.strip_prefix('B').map(str::parse) {
            let mask = value.as_n().map_err(|_| bad())?.parse().map_err(|_| bad())?;
            state.masks.insert(spot, mask);
        }
    }
    Ok(state)
}

/// The plan by which an item was written.
pub(in crate::store) fn plan_of(item: &Item) -> Option<&str> {
    item.get("Plan")?.as_s().ok().map(String::as_str)
}

/// The attribute of the parts of the way that are closed.
pub(in crate::store) const GAPS: &str = "Gaps";

/// How many parts of the way are closed in a coach.
pub(in crate::store) fn gaps_of(item: &Item) -> u16 {
    read_number(item, GAPS).unwrap_or_default()
}

/// The number under a name.
pub(in crate::store) fn read_number<T: FromStr>(item: &Item, name: &str) -> Result<T, StoreError> {
    let value = item.get(name).and_then(|value| value.as_n().ok()).and_then(|value| value.parse().ok());
    value.ok_or_else(|| corrupt(WHAT, format!("it has no number {name}")))
}

fn part(value: &AttributeValue) -> Option<HeldPart> {
    let map = value.as_m().ok()?;
    let texts = map.get("Spots")?.as_l().ok()?.iter();
    let spots = texts.map(|spot| spot.as_s().ok()?.parse().ok()).collect::<Option<Vec<Spot>>>()?;
    let leg = Leg::new(read_number(map, "From").ok()?, read_number(map, "To").ok()?).ok()?;
    let until = DateTime::from_timestamp_millis(read_number(map, "Until").ok()?)?;
    Some(HeldPart { spots, leg, until })
}

#[cfg(test)]
mod tests {
    use super::{
        AttributeValue, CoachId, HeldPart, HoldId, Item, Leg, coach_key, coach_of_key, coach_state, part_value,
    };
    use crate::domain::segment::SegmentMask;

    #[test]
    fn a_coach_s_item_reads_back() {
        let id = HoldId(uuid::Uuid::from_u128(7));
        let until = chrono::DateTime::from_timestamp_millis(1_764_000_000_123).expect("a valid instant");
        let part = HeldPart {
            spots: vec![17.into(), "4b".parse().expect("half a berth")],
            leg: Leg::new(2, 126).expect("forward"),
            until,
        };
        let blocked = [("B9".to_owned(), AttributeValue::S("broken".to_owned()))].into();
        let item = Item::from([
            ("Item".to_owned(), AttributeValue::S("C#B1".to_owned())),
            ("Rev".to_owned(), AttributeValue::N("3".to_owned())),
            ("SchemaVersion".to_owned(), AttributeValue::N("1".to_owned())),
            ("B17".to_owned(), AttributeValue::N(SegmentMask::of(0, 126).to_string())),
            ("Blocked".to_owned(), AttributeValue::M(blocked)),
            (super::hold_name(id), part_value(&part)),
        ]);
        let state = coach_state(&item).expect("well formed");
        assert_eq!(state.rev, 3);
        assert_eq!(state.masks[&17.into()], SegmentMask::of(0, 126));
        assert_eq!(state.holds[&id], part);
        assert_eq!(state.blocked[&9], "broken");
    }

    #[test]
    fn a_mask_past_the_last_segment_is_refused() {
        let item = Item::from([
            ("Rev".to_owned(), AttributeValue::N("1".to_owned())),
            ("SchemaVersion".to_owned(), AttributeValue::N("1".to_owned())),
            ("B1".to_owned(), AttributeValue::N((1_u128 << 126).to_string())),
        ]);
        assert!(coach_state(&item).is_err());
    }

    #[test]
    fn coaches_sort_between_the_run_and_its_manifest() {
        let coach = CoachId::parse("S12").expect("valid");
        let key = coach_key(coach);
        assert!("#rev" < "#run" && "#run" < key.as_str() && key.as_str() < "C$" && "C$" < "P#");
        assert_eq!(coach_of_key(&key), Some(coach));
        assert_eq!(coach_of_key("P#1234567890"), None);
    }
}
