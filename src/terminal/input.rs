//! What a terminal reports, as the program knows it: releases, locks and unknown keys end here, and a paste has a limit.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Size};

use crate::ui::keys::{Key, Mouse, MouseKind};
use crate::ui::msg::{LONGEST_PASTE, Msg};

/// What happened, if it is something for the program.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => self::key(key).map(Msg::Key),
        Event::Mouse(mouse) => self::mouse(mouse).map(Msg::Mouse),
        Event::Paste(text) => Some(Msg::Paste(pasted(&text))),
        Event::Resize(width, height) => Some(Msg::Resize(Size { width, height })),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// What is taken of a paste.
pub(super) fn pasted(text: &str) -> String {
    text.chars().take(LONGEST_PASTE).collect()
}

fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let held = |modifier| event.modifiers.contains(modifier);
    Some(match event.code {
        KeyCode::Char(c) if held(KeyModifiers::CONTROL) => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) if held(KeyModifiers::ALT) => Key::Alt(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Tab if held(KeyModifiers::SHIFT) => Key::BackTab,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::F(number) => Key::F(number),
        _ => return None,
    })
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let kind = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
        MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        _ => return None,
    };
    Some(Mouse { kind, at: Position { x: event.column, y: event.row } })
}

#[cfg(test)]
mod tests {
    use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
    use rstest::rstest;

    use super::message;
    use crate::ui::keys::Key;
    use crate::ui::msg::Msg;

    #[rstest]
    #[case(KeyCode::Char('Q'), KeyModifiers::CONTROL, Some(Key::Ctrl('q')))]
    #[case(KeyCode::Char('Q'), KeyModifiers::SHIFT, Some(Key::Char('Q')))]
    #[case(KeyCode::Tab, KeyModifiers::SHIFT, Some(Key::BackTab))]
    #[case(KeyCode::F(8), KeyModifiers::NONE, Some(Key::F(8)))]
    #[case(KeyCode::CapsLock, KeyModifiers::NONE, None)]
    fn keys_have_one_name(#[case] code: KeyCode, #[case] modifiers: KeyModifiers, #[case] key: Option<Key>) {
        let read = message(Event::Key(KeyEvent::new(code, modifiers)));
        assert_eq!(read.map(|msg| if let Msg::Key(key) = msg { key } else { panic!("{msg:?}") }), key);
    }

    #[test]
    fn a_key_that_goes_up_is_no_key() {
        let up = KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release);
        assert!(message(Event::Key(up)).is_none());
    }

    #[test]
    fn a_paste_has_a_limit() {
        let Some(Msg::Paste(text)) = message(Event::Paste("x".repeat(1_000_000))) else { panic!("a paste") };
        assert_eq!(text.len(), super::LONGEST_PASTE);
    }
}
