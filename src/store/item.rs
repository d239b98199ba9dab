//! Values to items and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use crate::store::StoreError;
use crate::store::schema::{SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE};

/// An item's attributes by name.
pub type Item = HashMap<String, AttributeValue>;

/// A value's item, marked with the version of the schema.
pub fn encode<T: Serialize>(value: &T) -> Item {
    let mut item: Item = to_item(value).expect("values of the domain have string keys and no exotic numbers");
    item.insert(SCHEMA_VERSION_ATTRIBUTE.to_owned(), number(SCHEMA_VERSION));
    item
}

/// The value in an item; `what` names it in the error.
pub fn decode<T: DeserializeOwned>(item: Item, what: &str) -> Result<T, StoreError> {
    check_version(&item, what)?;
    from_item(item).map_err(|error| corrupt(what, error))
}

impl StoreError {
    /// Something that a newer Kiosk has stored.
    pub fn newer(what: &str) -> Self {
        corrupt(what, NEWER)
    }

    /// Whether it says that this Kiosk is older than what is stored.
    pub fn is_of_newer(&self) -> bool {
        matches!(self, Self::Corrupt { cause, .. } if cause.starts_with(NEWER))
    }
}

/// Why something is not read that this version does not know.
pub const NEWER: &str = "it was written by a newer kiosk: update this one";

/// Refuses an item of a schema that this version does not know: writing it back could lose what it cannot see.
pub fn check_version(item: &Item, what: &str) -> Result<(), StoreError> {
    let version = item.get(SCHEMA_VERSION_ATTRIBUTE).and_then(|value| value.as_n().ok());
    match version.map(|version| version.parse::<u32>()) {
        Some(Ok(version)) if version <= SCHEMA_VERSION => Ok(()),
        Some(Ok(_)) => Err(StoreError::newer(what)),
        Some(Err(error)) => Err(corrupt(what, error)),
        None => Err(corrupt(
            what,
            format!(
                "it has no {SCHEMA_VERSION_ATTRIBUTE}: if the application that Kiosk replaces wrote it, run kiosk migrate"
            ),
        )),
    }
}

/// A string attribute.
#[allow(clippy::needless_pass_by_value, reason = "most callers have a temporary")]
pub fn string(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// A number attribute.
pub fn number(value: impl Into<u64>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// The text of a string attribute, if the item has one of that name.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// An item that makes no sense.
#[allow(clippy::needless_pass_by_value, reason = "most callers have an error to give away")]
pub fn corrupt(what: &str, cause: impl ToString) -> StoreError {
    StoreError::Corrupt { what: what.to_owned(), cause: cause.to_string() }
}
