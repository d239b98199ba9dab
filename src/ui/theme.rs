//! Styles by what they mean. One accent colour (amber), one for good, one for warning, one for bad; all else is weight.
//!
//! Meaning never rests on a style alone: a word, a letter or a sign says it too, and the mono theme proves it.

use ratatui::style::{Color, Modifier, Style};
use serde::{Deserialize, Serialize};

/// The look that was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// Light text on the terminal's dark ground.
    #[default]
    Dark,
    /// Dark text on the terminal's light ground.
    Light,
    /// White on black, bright colours, bold.
    HighContrast,
    /// No colours: weight, underline and inverse.
    Mono,
}

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Depth {
    /// The sixteen of the console.
    Sixteen,
    /// The palette of 256.
    #[default]
    Indexed,
}

/// The styles, named by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Plain text, and the ground of the screen.
    pub text: Style,
    /// What matters less: labels, what is past or out of reach.
    pub dim: Style,
    /// Headings and names.
    pub strong: Style,
    /// The product's colour: the current step, totals, the clock.
    pub accent: Style,
    /// Free, paid, valid.
    pub good: Style,
    /// Few left, soon over, waiting.
    pub warning: Style,
    /// Refused, sold out, failed.
    pub bad: Style,
    /// A row under the cursor.
    pub selected: Style,
    /// The one cell or field that has the focus.
    pub focus: Style,
    /// A field without the focus.
    pub field: Style,
    /// The cell at which typing goes on.
    pub cursor: Style,
    /// Rules and frames.
    pub rule: Style,
    /// Keys on the key line.
    pub key: Style,
    /// A value that changed a moment ago.
    pub changed: Style,
    /// The ground of an overlay.
    pub overlay: Style,
}

impl Theme {
    /// The styles of a scheme on a terminal with so many colours.
    pub fn new(scheme: Scheme, depth: Depth) -> Self {
        let plain = Style::new();
        let pick = |indexed: u8, basic: Color| match depth {
            Depth::Indexed => Color::Indexed(indexed),
            Depth::Sixteen => basic,
        };
        let (amber, green, yellow, red, grey, ground) = match scheme {
            Scheme::Dark => (
                pick(214, Color::Yellow),
                pick(114, Color::Green),
                pick(227, Color::LightYellow),
                pick(203, Color::LightRed),
                pick(245, Color::DarkGray),
                pick(236, Color::DarkGray),
            ),
            Scheme::Light => (
                pick(130, Color::Blue),
                pick(28, Color::Green),
                pick(94, Color::Magenta),
                pick(160, Color::Red),
                pick(241, Color::DarkGray),
                pick(254, Color::Gray),
            ),
            Scheme::HighContrast => {
                let ground = Color::Black;
                (Color::LightYellow, Color::LightGreen, Color::LightYellow, Color::LightRed, Color::White, ground)
            }
            Scheme::Mono => return Self::mono(),
        };
        let base = match scheme {
            Scheme::HighContrast => plain.fg(Color::White).bg(Color::Black),
            _ => plain,
        };
        let strong = base.add_modifier(Modifier::BOLD);
        let selected = match (scheme, depth) {
            (Scheme::HighContrast, _) | (_, Depth::Sixteen) => strong,
            _ => strong.bg(ground),
        };
        Self {
            text: base,
            dim: base.fg(grey),
            strong,
            accent: strong.fg(amber),
            good: base.fg(green),
            warning: base.fg(yellow),
            bad: strong.fg(red),
            selected,
            focus: strong.add_modifier(Modifier::REVERSED),
            field: base.add_modifier(Modifier::UNDERLINED),
            cursor: base.add_modifier(Modifier::REVERSED),
            rule: base.fg(grey),
            key: strong.fg(amber),
            changed: strong.fg(yellow),
            overlay: base,
        }
    }

    fn mono() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            text: plain,
            dim: plain,
            strong: bold,
            accent: bold,
            good: plain,
            warning: bold,
            bad: bold,
            selected: bold,
            focus: bold.add_modifier(Modifier::REVERSED),
            field: plain.add_modifier(Modifier::UNDERLINED),
            cursor: plain.add_modifier(Modifier::REVERSED),
            rule: plain,
            key: bold,
            changed: bold,
            overlay: plain,
        }
    }

    /// The style of a message by its tone.
    pub const fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.text,
            Tone::Good => self.good,
            Tone::Warning => self.warning,
            Tone::Bad => self.bad,
        }
    }
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// News.
    Plain,
    /// Something worked.
    Good,
    /// Something needs care.
    Warning,
    /// Something failed.
    Bad,
}
