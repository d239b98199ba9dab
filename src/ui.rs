//! The full-screen program, pure: one way in ([`msg::Msg`]), one way out ([`msg::Effect`]), and time is an argument.
//!
//! [`app::App`] holds a stack of screens, at most one overlay, and the calls that are on their way. It knows no tokio,
//! store, clock or environment; what it wants is a value that `terminal` carries out.
//!
//! # To add a screen
//! 1. `screens/NAME.rs`: a struct that is `Clone + Debug`, and its [`screen::Scene`]: a key table, where it is in words,
//!    what its keys do, how it is drawn. It reads the [`context::World`], writes only itself and
//!    `cx.draft_mut()`, and asks for all else by the [`context::Context`].
//! 2. `screens.rs`: the module.
//! 3. `screen.rs`: a line in `screens!`. The compiler does the rest.
//!
//! A call: keep a [`msg::Load`], set it to `Load::Waiting(cx.call(request))`, settle it in `reply`. The message line
//! shows the wait and Esc ends it (`gave_up`); a reply for a screen that has left is dropped, a hold released.

pub mod app;
pub mod attempt;
pub mod command;
pub mod context;
pub mod day_text;
pub mod draft;
pub mod form;
pub mod frame;
pub mod glyphs;
pub mod holding;
pub mod keys;
pub mod msg;
pub mod onward;
pub mod overlay;
pub mod party_size;
pub mod prospect;
pub mod recording;
pub mod reread;
pub mod screen;
pub mod screens;
pub mod since;
pub mod text;
pub mod theme;
pub mod toast;
pub mod widgets;
