//! What the program does whatever the screen.

use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::Role;
use kiosk::ui::msg::Effect;

use crate::ui_kit::{Stage, setup};

#[test]
fn leaving_asks_first_and_signs_out() {
    let mut stage = Stage::signed_in(Role::Agent);
    stage.keys("<c-q>");
    assert!(stage.text().contains("Leave Kiosk?"), "{}", stage.text());
    stage.keys("<esc>");
    assert!(stage.effects.is_empty());
    stage.keys("<c-q><enter>");
    assert!(matches!(stage.effects[..], [Effect::Quit]));
}

#[test]
fn a_public_console_cannot_be_left_by_key() {
    let mut stage = Stage::new(setup(TerminalKind::Public));
    stage.keys("<c-q><enter><c-c>");
    assert!(stage.effects.is_empty());
}
