//! Parts that screens are made of.

pub mod big_clock;
pub mod big_number;
pub mod bring;
pub mod button;
pub mod date_picker;
pub mod deed;
pub mod list;
pub mod paged;
pub mod panel;
pub mod papers;
pub mod places;
pub mod progress;
pub mod qr;
pub mod query;
pub mod roll;
pub mod sheet;
pub mod standing;
pub mod state;
pub mod status;
pub mod till;
