//! The names on a booking as they are looked for: an attribute of the booking and of its line in the manifest, by which the
//! store passes over whoever has another name. A line of a manifest from before there were names has none, and is looked at itself.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::booking::Booking;
use crate::store::item::string;
use crate::store::schema::NAMES;

/// A part of a name that is looked for, in small letters and with single spaces between its words; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought(String);

impl Sought {
    /// What is typed; nothing where that is empty.
    pub fn of(text: &str) -> Option<Self> {
        let part = folded(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        (!part.is_empty()).then_some(Self(part))
    }

    /// Whether somebody on a booking has it in their name.
    pub fn is_on(&self, booking: &Booking) -> bool {
        booking.passengers.iter().any(|one| folded(one.passenger.name.as_str()).contains(&self.0))
    }
}

/// Letters by which names are compared.
fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The names on a booking, a line each: no part of a name has a line's end.
pub(in crate::store) fn of(booking: &Booking) -> AttributeValue {
    let names: Vec<_> = booking.passengers.iter().map(|one| folded(one.passenger.name.as_str())).collect();
    string(names.join("\n"))
}

/// A filter by which only those of what another lets through are given that have a name.
pub(in crate::store) fn filter(other: &str, name: Option<&Sought>) -> String {
    let named = name.map(|_| format!("(attribute_not_exists({NAMES}) OR contains({NAMES}, :name))"));
    [Some(other.to_owned()).filter(|other| !other.is_empty()), named]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" AND ")
}

/// A query by such a filter, with the name.
pub(in crate::store) fn given(query: QueryFluentBuilder, name: Option<&Sought>) -> QueryFluentBuilder {
    match name {
        Some(Sought(part)) => query.expression_attribute_values(":name", string(part)),
        None => query,
    }
}
