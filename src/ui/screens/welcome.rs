//! The first screen of a terminal at which nobody is signed in.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::context::{Context, World};
use crate::ui::keys::{Binding, Key, bind};
use crate::ui::screen::Scene;

/// The first screen of a terminal at which nobody is signed in.
#[derive(Clone, Debug, Default)]
pub struct Welcome {}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go back.
    Back,
}

impl Scene for Welcome {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] =
        &[bind(&[Key::Esc], "Esc", "back", "Goes back without loss.", Action::Back)];

    fn place(&self, _world: &World) -> String {
        "Welcome".to_owned()
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Back => cx.pop(),
        }
    }

    fn view(&self, _buf: &mut Buffer, _area: Rect, _world: &World) {}
}
