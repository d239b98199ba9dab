//! A till: the money that an agent answers for, from its opening with a float to its close with a count.
//!
//! Its sums grow with each movement of money that goes through it, in the same write, so what should be in the drawer is known
//! without adding up a list. A closed till is never edited: what was counted and what should have been there both stay.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::domain::booking::{OpId, PaymentMethod};
use crate::domain::ledger::{LedgerEntry, Movement};
use crate::domain::money::Paise;
use crate::domain::user::{AccountId, Username};

/// The most that a count or a float can be: a drawer holds less.
pub const MOST_IN_DRAWER: Paise = Paise::rupees(100_000_000);

/// Names a till: whose it is, and the action that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TillId {
    /// The account that answers for it.
    pub agent: AccountId,
    /// The action that opened it.
    pub opened: OpId,
}

/// A text that names no till.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("A till is named by its agent's account and its opening, parted by '#'.")]
pub struct BadTillId;

impl fmt::Display for TillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}#{}", self.agent, self.opened))
    }
}

impl FromStr for TillId {
    type Err = BadTillId;

    fn from_str(text: &str) -> Result<Self, BadTillId> {
        let (agent, opened) = text.split_once('#').ok_or(BadTillId)?;
        let uuid = |text: &str| Uuid::try_parse(text).map_err(|_| BadTillId);
        Ok(Self { agent: AccountId(uuid(agent)?), opened: OpId(uuid(opened)?) })
    }
}

impl TryFrom<String> for TillId {
    type Error = BadTillId;

    fn try_from(text: String) -> Result<Self, BadTillId> {
        text.parse()
    }
}

impl From<TillId> for String {
    fn from(id: TillId) -> Self {
        id.to_string()
    }
}

/// A till with what went through it so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Till {
    /// Names it.
    #[serde(rename = "TillID")]
    pub id: TillId,
    /// The agent's name, for people.
    pub agent: Username,
    /// The terminal at which it was opened.
    pub terminal: String,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// What was in the drawer then, for change.
    pub float: Paise,
    /// Cash taken.
    pub cash_in: Paise,
    /// Cash handed out.
    pub cash_out: Paise,
    /// Taken by card.
    pub card_in: Paise,
    /// Given back to cards.
    pub card_out: Paise,
    /// How many movements of money went through it.
    pub movements: u32,
    /// How it was closed; `None` while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
}

/// What goes through a till, by means and way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Flows {
    /// Cash taken.
    pub cash_in: Paise,
    /// Cash handed out.
    pub cash_out: Paise,
    /// Taken by card.
    pub card_in: Paise,
    /// Given back to cards.
    pub card_out: Paise,
    /// How many movements.
    pub movements: u32,
}

impl Flows {
    /// Adds a movement.
    pub fn enter(&mut self, entry: &LedgerEntry) {
        let sum = match (entry.method, entry.movement) {
            (PaymentMethod::Card, Movement::Sale) => &mut self.card_in,
            (PaymentMethod::Card, Movement::Refund | Movement::Void) => &mut self.card_out,
            (PaymentMethod::Cash | PaymentMethod::Test, Movement::Sale) => &mut self.cash_in,
            (PaymentMethod::Cash | PaymentMethod::Test, Movement::Refund | Movement::Void) => &mut self.cash_out,
        };
        *sum += entry.amount;
        self.movements += 1;
    }
}

impl FromIterator<LedgerEntry> for Flows {
    fn from_iter<I: IntoIterator<Item = LedgerEntry>>(entries: I) -> Self {
        let mut flows = Self::default();
        entries.into_iter().for_each(|entry| flows.enter(&entry));
        flows
    }
}

/// As `3 movements, cash 100.00 in and 20.00 out, cards 0.00 in and 0.00 out`.
impl fmt::Display for Flows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cash_in, cash_out, card_in, card_out, movements } = self;
        let word = if *movements == 1 { "movement" } else { "movements" };
        write!(f, "{movements} {word}, cash {cash_in} in and {cash_out} out, cards {card_in} in and {card_out} out")
    }
}

/// How a till was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Closing {
    /// The action; repeated, it is found here and not done again.
    #[serde(rename = "OpID")]
    pub op: OpId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who counted: the agent, or a supervisor.
    pub by: Username,
    /// What was in the drawer.
    pub counted: Paise,
}

impl Till {
    /// A till that has just been opened.
    pub fn opened(id: TillId, agent: Username, terminal: String, at: DateTime<Utc>, float: Paise) -> Self {
        Self {
            id,
            agent,
            terminal,
            opened_at: at,
            float,
            cash_in: Paise::ZERO,
            cash_out: Paise::ZERO,
            card_in: Paise::ZERO,
            card_out: Paise::ZERO,
            movements: 0,
            closing: None,
        }
    }

    /// The till after its drawer was counted.
    pub fn closed(&self, closing: Closing) -> Self {
        Self { closing: Some(closing), ..self.clone() }
    }

    /// What went through it, by its own count.
    pub const fn flows(&self) -> Flows {
        let Self { cash_in, cash_out, card_in, card_out, movements, .. } = *self;
        Flows { cash_in, cash_out, card_in, card_out, movements }
    }

    /// The cash that should be in the drawer.
    pub fn expected(&self) -> Paise {
        self.float + self.cash_in - self.cash_out
    }

    /// By how much what was counted is more than it should be: negative where cash is missing. `None` while it is open.
    pub fn difference(&self) -> Option<Paise> {
        self.closing.as_ref().map(|closing| closing.counted - self.expected())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rstest::rstest;
    use uuid::Uuid;

    use super::{Closing, Till, TillId};
    use crate::domain::booking::OpId;
    use crate::domain::money::Paise;
    use crate::domain::user::{AccountId, Username};

    fn till() -> Till {
        let id = TillId { agent: AccountId(Uuid::from_u128(7)), opened: OpId(Uuid::from_u128(9)) };
        let agent = Username::parse("agnes").expect("a name");
        Till::opened(id, agent, "NDLS-07".to_owned(), DateTime::UNIX_EPOCH, Paise::rupees(500))
    }

    #[test]
    fn its_name_is_read_as_it_is_written() {
        let id = till().id;
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("agnes".parse::<TillId>().is_err());
    }

    #[rstest]
    #[case::right(1_300, 0)]
    #[case::short(1_250, -50)]
    #[case::over(1_301, 1)]
    fn the_drawer_should_hold_the_float_and_the_cash_and_no_cards(#[case] counted: i64, #[case] difference: i64) {
        let worked = Till {
            cash_in: Paise::rupees(1_000),
            cash_out: Paise::rupees(200),
            card_in: Paise::rupees(9_000),
            card_out: Paise::rupees(4_000),
            ..till()
        };
        assert_eq!(worked.expected(), Paise::rupees(1_300));
        assert_eq!(worked.difference(), None, "it is open");
        let by = worked.agent.clone();
        let closing = Closing { op: OpId(Uuid::nil()), at: DateTime::UNIX_EPOCH, by, counted: Paise::rupees(counted) };
        assert_eq!(worked.closed(closing).difference(), Some(Paise::rupees(difference)));
    }
}
