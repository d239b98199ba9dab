//! What a railway knows: stations, trains, runs, berths, fares and bookings, as values and pure functions.
//!
//! Nothing here does I/O, reads a clock or draws a random number: time and chance are arguments. `serde` derives give
//! the one serialised form of a value (`PascalCase`), which the store and the JSON output share; no module here knows
//! where that form goes.

pub mod admission;
pub mod allotment;
pub mod audit;
pub mod banner;
pub mod berth_list;
pub mod boarding;
pub mod booking;
pub mod chart;
pub mod coach;
pub mod composition;
pub mod correction;
pub mod delay;
pub mod edition;
pub mod fare;
pub mod former;
pub mod gap;
pub mod halts;
pub mod inventory;
pub mod journeys;
pub mod ledger;
pub mod load;
pub mod manifest;
pub mod money;
pub mod notification;
pub mod occupancy;
pub mod overview;
pub mod owed;
pub mod passenger;
pub mod pnr;
pub mod profile;
pub mod quota;
pub mod refund;
pub mod report;
pub mod rules;
pub mod sales;
#[cfg(test)]
mod sample_train;
pub mod segment;
pub mod spot;
pub mod station;
pub mod terminal;
pub mod text;
pub mod till;
pub mod time;
pub mod timetable;
pub mod train;
pub mod train_changes;
pub mod user;
pub mod waitlist;
