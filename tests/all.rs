//! All integration tests in one binary: linking is what they cost.

#[path = "all/config.rs"]
mod config;
#[path = "all/receipt.rs"]
mod receipt;
#[path = "all/sample_booking.rs"]
mod sample_booking;
#[path = "all/store_provision.rs"]
mod store_provision;
#[path = "all/ticket.rs"]
mod ticket;
#[path = "all/world.rs"]
mod world;
#[path = "all/ui_kit.rs"]
#[macro_use]
mod ui_kit;
#[path = "all/ui_app.rs"]
mod ui_app;
