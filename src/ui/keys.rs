//! Keys, and the tables that bind them: one table per screen drives dispatch, the key line, help and taps on the key line.

use ratatui::layout::Position;
use serde::{Deserialize, Serialize};

/// A key as a person names it. What a terminal reports beyond that (releases, locks, key pads) ends in `terminal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Key {
    /// A character; shift is part of it.
    Char(char),
    /// A letter with Ctrl, lower case.
    Ctrl(char),
    /// A letter with Alt, lower case.
    Alt(char),
    /// A function key.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Delete backwards.
    Backspace,
    /// Delete forwards.
    Delete,
}

/// What a mouse or a finger did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// The cell.
    #[serde(with = "Cell")]
    pub at: Position,
}

/// How a position is written.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Position")]
struct Cell {
    x: u16,
    y: u16,
}

/// Touch screens report a touch as the left button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The wheel, away from the person.
    ScrollUp,
    /// The wheel, towards the person.
    ScrollDown,
}

/// A line of a screen's key table.
#[derive(Clone, Copy, Debug)]
pub struct Binding<A: 'static> {
    /// The keys that do it; the first is the one that a tap on the key line stands for.
    pub keys: &'static [Key],
    /// The keys as they are shown, such as `↑↓`.
    pub shown: &'static str,
    /// A word or two for the key line.
    pub label: &'static str,
    /// A sentence for the help page.
    pub help: &'static str,
    /// What it does.
    pub action: A,
}

/// A line of a key table.
pub const fn bind<A>(
    keys: &'static [Key],
    shown: &'static str,
    label: &'static str,
    help: &'static str,
    action: A,
) -> Binding<A> {
    Binding { keys, shown, label, help, action }
}

impl<A> Binding<A> {
    /// What the key line and the help page say of it.
    pub const fn hint(&self) -> Hint {
        Hint { key: self.keys[0], shown: self.shown, label: self.label, help: self.help }
    }

    /// Whether a key does it while a text field has the focus or not.
    pub fn is_for(&self, key: Key, typing: Typing) -> bool {
        self.keys.contains(&key) && !(typing != Typing::No && matches!(key, Key::Char(_)))
    }
}

/// Whether characters go into a text field. Bindings of plain characters rest then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// A text field has the focus.
    Yes,
    /// One for a password or a code has it: what is typed is nobody's business.
    Secret,
    /// Nothing takes text.
    No,
}

/// What can be shown of a binding whatever its action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key for which a tap stands.
    pub key: Key,
    /// The keys as they are shown.
    pub shown: &'static str,
    /// A word or two for the key line.
    pub label: &'static str,
    /// A sentence for the help page.
    pub help: &'static str,
}

/// What works everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Everywhere {
    /// Show the keys.
    Help,
    /// Open the command line of a desk, or close it.
    Line,
    /// Set the journey in work aside, or go on with another.
    Aside,
    /// Sign out, or leave the public console's session.
    SignOut,
    /// Lock the terminal.
    Lock,
    /// Leave Kiosk.
    Quit,
}

impl Everywhere {
    /// Whether it is for whoever leaves, so that nothing may stand in its way.
    pub const fn leaves(self) -> bool {
        matches!(self, Self::SignOut | Self::Lock | Self::Quit)
    }
}

/// The keys that work on every screen.
pub const EVERYWHERE: &[Binding<Everywhere>] = &[
    bind(&[Key::F(1), Key::Char('?')], "F1", "keys", "Shows the keys that work here.", Everywhere::Help),
    bind(
        &[Key::F(10), Key::Ctrl('p'), Key::Char(':')],
        "F10",
        "entries",
        "Opens the command line; ^P and, where nothing is typed, : do too.",
        Everywhere::Line,
    ),
    bind(
        &[Key::Ctrl('n')],
        "^N",
        "set aside",
        "Sets the journey in work aside for another; again, goes on with the one that waits longest.",
        Everywhere::Aside,
    ),
    bind(&[Key::F(8)], "F8", "sign out", "Signs you out and forgets the journey in work.", Everywhere::SignOut),
    bind(&[Key::F(9)], "F9", "lock", "Locks this terminal until you type your password.", Everywhere::Lock),
    bind(&[Key::Ctrl('q'), Key::Ctrl('c')], "^Q", "leave", "Leaves Kiosk.", Everywhere::Quit),
];
