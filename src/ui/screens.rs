//! The screens, one file each.

pub mod admin;
pub mod berths;
pub mod boarding;
pub mod booking;
pub mod bookings;
pub mod cancel;
pub mod claim;
pub mod correct;
pub mod find_ticket;
pub mod former;
pub mod history;
pub mod new_password;
pub mod passengers;
pub mod profile;
pub mod register;
pub mod results;
pub mod review;
pub mod search;
pub mod sign_in;
pub mod slip;
pub mod ssh_keys;
pub mod ticket;
pub mod welcome;
