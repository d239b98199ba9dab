//! Banners: a line that an administrator shows at chosen terminals for a while, such as `Trains from platform 4 run late`.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::domain::terminal::{Terminal, TerminalKind};
use crate::domain::text::is_hidden;

/// How many characters a banner has at most: it is one line of the smallest terminal.
pub const LONGEST: usize = 76;
/// How many banners there are at once at most: each process reads all of them every few seconds.
pub const MOST: usize = 8;
/// How many terminals or beginnings of their names one is for at most.
const NAMED: usize = 8;

/// Names a banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BannerId(pub Uuid);

/// A line that is shown at chosen terminals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Banner {
    /// Names it.
    #[serde(rename = "BannerID")]
    pub id: BannerId,
    /// What it says.
    pub text: BannerText,
    /// Where it is shown.
    pub to: Audience,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
}

impl Banner {
    /// Whether it is shown at a moment.
    pub fn is_on(&self, now: DateTime<Utc>) -> bool {
        self.from <= now && now < self.until
    }
}

/// What a banner says: one line of printable characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BannerText(String);

/// A text that is no banner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A notice is one line of 1 to {LONGEST} characters: shorten it, and leave out what cannot be printed.")]
pub struct BadBannerText;

impl BannerText {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, BadBannerText> {
        let text = text.trim();
        let fits = (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(is_hidden);
        if fits { Ok(Self(text.to_owned())) } else { Err(BadBannerText) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BannerText {
    type Error = BadBannerText;
    fn try_from(text: String) -> Result<Self, BadBannerText> {
        Self::parse(&text)
    }
}

impl From<BannerText> for String {
    fn from(text: BannerText) -> Self {
        text.0
    }
}

/// At which terminals a banner is shown. It is written `all`, as a kind (`counter`, `public`, `desk`), or as terminals and
/// beginnings of their names with commas between: `NDLS-*, HALL-1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Audience {
    /// At all.
    All,
    /// At those of a kind.
    Kind(TerminalKind),
    /// At those with one of these names.
    Named(Vec<Pattern>),
}

/// A terminal's name, or how several begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The terminal with this name.
    Is(String),
    /// Those whose names begin so.
    Begins(String),
}

/// A text that names no terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Write all, counter, public or desk, or up to {NAMED} terminals with commas between, such as NDLS-*, HALL-1.")]
pub struct BadAudience;

impl Audience {
    /// Whether a terminal is among them.
    pub fn includes(&self, terminal: &Terminal) -> bool {
        match self {
            Self::All => true,
            Self::Kind(kind) => terminal.kind == *kind,
            Self::Named(patterns) => patterns.iter().any(|pattern| pattern.fits(&terminal.id)),
        }
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, BadAudience> {
        let (name, begins) = text.strip_suffix('*').map_or((text, false), |name| (name, true));
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
        if name.is_empty() || name.len() > 32 || !name.chars().all(is_name) {
            return Err(BadAudience);
        }
        Ok(if begins { Self::Begins(name.to_owned()) } else { Self::Is(name.to_owned()) })
    }

    /// Names of terminals are compared whatever their case: people type them.
    fn fits(&self, id: &str) -> bool {
        match self {
            Self::Is(name) => id.eq_ignore_ascii_case(name),
            Self::Begins(name) => id.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name)),
        }
    }
}

const fn word(kind: TerminalKind) -> &'static str {
    match kind {
        TerminalKind::Counter => "counter",
        TerminalKind::Public => "public",
        TerminalKind::Desk => "desk",
    }
}

impl FromStr for Audience {
    type Err = BadAudience;

    fn from_str(text: &str) -> Result<Self, BadAudience> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("all") {
            return Ok(Self::All);
        }
        let kinds = [TerminalKind::Counter, TerminalKind::Public, TerminalKind::Desk];
        if let Some(kind) = kinds.into_iter().find(|kind| text.eq_ignore_ascii_case(word(*kind))) {
            return Ok(Self::Kind(kind));
        }
        let names: Vec<_> = text.split(',').map(str::trim).collect();
        if names.len() > NAMED {
            return Err(BadAudience);
        }
        names.into_iter().map(Pattern::parse).collect::<Result<_, _>>().map(Self::Named)
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.pad("all"),
            Self::Kind(kind) => f.pad(word(*kind)),
            Self::Named(patterns) => {
                let names: Vec<_> = patterns.iter().map(ToString::to_string).collect();
                f.pad(&names.join(", "))
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(name) => f.write_str(name),
            Self::Begins(name) => write!(f, "{name}*"),
        }
    }
}

impl TryFrom<String> for Audience {
    type Error = BadAudience;
    fn try_from(text: String) -> Result<Self, BadAudience> {
        text.parse()
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> Self {
        audience.to_string()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Audience, BannerText, LONGEST};
    use crate::domain::terminal::{Terminal, TerminalKind};

    #[rstest]
    #[case("all", "NDLS-07", true)]
    #[case("counter", "NDLS-07", true)]
    #[case("Public", "NDLS-07", false)]
    #[case("NDLS-07", "NDLS-07", true)]
    #[case("ndls-07", "NDLS-07", true)]
    #[case("NDLS-0", "NDLS-07", false)]
    #[case("NDLS-*", "NDLS-07", true)]
    #[case("NDLS-*", "MMCT-07", false)]
    #[case("MMCT-1, NDLS-*", "NDLS-07", true)]
    #[case("NDLS-0700*", "NDLS-07", false)]
    fn who_sees_a_banner(#[case] to: &str, #[case] id: &str, #[case] sees: bool) {
        let to: Audience = to.parse().expect("it names terminals");
        let terminal = Terminal { id: id.to_owned(), station: None, kind: TerminalKind::Counter };
        assert_eq!(to.includes(&terminal), sees);
        assert_eq!(to.to_string().parse(), Ok(to), "it is written as it is read");
    }

    #[rstest]
    #[case("")]
    #[case("*")]
    #[case("NDLS-1,")]
    #[case("a b")]
    #[case("1,2,3,4,5,6,7,8,9")]
    fn nobody_would_see_these(#[case] to: &str) {
        assert!(to.parse::<Audience>().is_err());
    }

    #[test]
    fn a_banner_is_a_line() {
        assert!(BannerText::parse(&"x".repeat(LONGEST)).is_ok());
        for text in ["", "  ", "two\nlines", "a\u{202e}b", &"x".repeat(LONGEST + 1)] {
            assert!(BannerText::parse(text).is_err(), "{text:?}");
        }
    }
}
