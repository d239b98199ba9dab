//! Where tickets are sold: a counter, a public console or an administrator's desk.

use serde::{Deserialize, Serialize};

use crate::domain::station::StationCode;

/// What a terminal is for: it decides who is welcomed and how long an idle session lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TerminalKind {
    /// An agent's counter.
    #[default]
    Counter,
    /// A console that any traveller may touch.
    Public,
    /// An administrator's desk.
    Desk,
}

/// One terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Terminal {
    /// Its name, such as `NDLS-07`.
    pub id: String,
    /// The station at which it stands.
    pub station: Option<StationCode>,
    /// What it is for.
    pub kind: TerminalKind,
}
