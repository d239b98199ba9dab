//! Who travels.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::context::{Context, World};
use crate::ui::draft::Step;
use crate::ui::keys::{Binding, Key, bind};
use crate::ui::screen::Scene;

/// Who travels.
#[derive(Clone, Debug, Default)]
pub struct Passengers {}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go back.
    Back,
}

impl Scene for Passengers {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] =
        &[bind(&[Key::Esc], "Esc", "back", "Goes back without loss.", Action::Back)];

    fn place(&self, _world: &World) -> String {
        "Passengers".to_owned()
    }

    fn step(&self) -> Option<Step> {
        Some(Step::Passengers)
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Back => cx.pop(),
        }
    }

    fn view(&self, _buf: &mut Buffer, _area: Rect, _world: &World) {}
}
