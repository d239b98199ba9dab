//! What the next to ask would get, in a cell: `12`, `RAC 4`, `WL 12`, `UR`, `REGRET`, with the mark of a change behind it.

use ratatui::style::Style;

use crate::domain::admission::Standing;
use crate::ui::context::{Change, Stands, World};

/// So few berths are shown as a warning.
const FEW: usize = 10;

/// The widest without its mark is `REGRET`; an agent's long form, `GNWL 12`, is what a sentence says.
fn code(standing: Standing) -> String {
    match standing {
        Standing::Available(berths) => berths.to_string(),
        // Of so many one more column is needed than there is.
        Standing::Rac(number @ 100..) => format!("RAC{number}"),
        Standing::Waiting(_, number @ 1000..) => format!("WL{number}"),
        Standing::Rac(number) => format!("RAC {number}"),
        Standing::Waiting(_, number) => format!("WL {number}"),
        Standing::Unreserved => "UR".to_owned(),
        Standing::Full => "REGRET".to_owned(),
    }
}

/// As it is said within a sentence: `12`, `RAC 4`, `GNWL 12`, `UR`, `REGRET`.
pub fn words(standing: Standing) -> String {
    match standing {
        Standing::Available(berths) => berths.to_string(),
        Standing::Unreserved => "UR".to_owned(),
        other => other.to_string(),
    }
}

/// The cell, and how it is meant.
pub fn cell(stands: Stands, world: &World) -> (String, Style) {
    let theme = &world.theme;
    let style = match (stands.change, stands.standing) {
        (Change::Fewer | Change::More, _) => theme.changed,
        (_, Standing::Full) => theme.bad,
        (_, Standing::Available(FEW..) | Standing::Unreserved) => theme.good,
        (_, Standing::Available(_) | Standing::Rac(_) | Standing::Waiting(..)) => theme.warning,
    };
    let code = match stands.standing {
        // The word of the trade is no word for travellers.
        Standing::Full if world.is_public() => "FULL".to_owned(),
        standing => code(standing),
    };
    (format!("{code}{}", stands.change.mark()), style)
}
