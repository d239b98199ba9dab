//! Parts that screens are made of.

pub mod big_clock;
pub mod date_picker;
pub mod list;
pub mod panel;
pub mod places;
pub mod qr;
pub mod state;
