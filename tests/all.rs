//! All integration tests in one binary: linking is what they cost.

#[path = "all/config.rs"]
mod config;
#[path = "all/sample_booking.rs"]
mod sample_booking;
#[path = "all/ticket.rs"]
mod ticket;
