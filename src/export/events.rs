//! Events of the audit log, a row for each.

use super::{MOMENT_WITH_SECONDS, safe, written};
use crate::domain::time::railway_time;
use crate::service::request::EventLine;

/// The names of the columns.
const COLUMNS: [&str; 7] = ["At", "Who", "Action", "Subject", "Terminal", "Session", "Note"];

/// The row with the names of the columns.
pub fn header() -> Vec<u8> {
    written(|rows| rows.write_record(COLUMNS))
}

/// The row of an event.
pub fn row(line: &EventLine) -> Vec<u8> {
    let event = &line.event;
    let text = |text: &Option<String>| safe(text.as_deref().unwrap_or_default());
    written(|rows| {
        rows.write_record([
            railway_time(event.at).format(MOMENT_WITH_SECONDS).to_string(),
            line.who.as_ref().map(ToString::to_string).unwrap_or_default(),
            event.action.clone(),
            text(&event.subject),
            safe(&event.terminal),
            text(&event.session),
            text(&event.note),
        ])
    })
}
