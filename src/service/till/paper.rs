//! X and Z reports as tables.

use chrono::{DateTime, Utc};

use crate::domain::booking::PaymentMethod;
use crate::domain::ledger::{LedgerEntry, Movement};
use crate::domain::money::Paise;
use crate::domain::till::{Flows, Till};
use crate::domain::time::railway_time;
use crate::export::sheet::{Cell, Column, Sheet};
use crate::service::request::Form;

const MOMENT: &str = "%a %d %b %Y %H:%M";

const COLUMNS: &[Column] = &[
    Column::text("Time", 58),
    Column::text("What", 34),
    Column::text("PNR", 54),
    Column::text("Run", 92),
    Column::text("Class", 30),
    Column::number("Pax", 26),
    Column::text("Means", 32),
    Column::text("Reference", 77),
    Column::number("In", 60),
    Column::number("Out", 60),
];

/// `X` while a till is open, `Z` when it is closed.
const fn letter(till: &Till) -> &'static str {
    if till.closing.is_some() { "Z" } else { "X" }
}

/// What the file is called: `z-report-agnes-2026-12-01-0930.pdf`, by when the till was opened.
pub(super) fn file_name(till: &Till, form: Form) -> String {
    let opened = railway_time(till.opened_at).format("%Y-%m-%d-%H%M");
    format!("{}-report-{}-{opened}.{}", letter(till).to_lowercase(), till.agent, form.extension())
}

/// The report of a till with all that went through it.
pub(super) fn sheet(till: &Till, entries: &[LedgerEntry], now: DateTime<Utc>) -> Sheet {
    let moment = |at| railway_time(at).format(MOMENT).to_string();
    let mut notes = vec![format!("Till of {}, opened at {} on {}", till.agent, till.terminal, moment(till.opened_at))];
    if let Some(closing) = &till.closing {
        notes.push(format!("Closed by {} on {}", closing.by, moment(closing.at)));
    }
    let lines: Flows = entries.iter().cloned().collect();
    if lines != till.flows() {
        notes.push(format!(
            "THIS DOES NOT ADD UP. The lines below come to {lines}; the till has counted {}. The sums below are the till's. Have it \
             looked into (kiosk audit --deep) before you settle anything by this report.",
            till.flows()
        ));
    }
    Sheet {
        title: format!("{} report · {}", letter(till), till.agent),
        notes,
        columns: COLUMNS,
        rows: entries.iter().map(row).collect(),
        sums: sums(till).into_iter().chain(differing(till.flows(), lines)).collect(),
        at: till.closing.as_ref().map_or(now, |closing| closing.at),
    }
}

fn row(entry: &LedgerEntry) -> Vec<Cell> {
    let text = |text: &dyn ToString| Cell::Text(text.to_string());
    let (taken, out) = match entry.movement {
        Movement::Sale => (Cell::Money(entry.amount), Cell::Empty),
        Movement::Refund | Movement::Void => (Cell::Empty, Cell::Money(entry.amount)),
    };
    vec![
        text(&railway_time(entry.at).format("%d %b %H:%M")),
        text(&entry.movement),
        text(&entry.pnr),
        text(&entry.run),
        text(&entry.class),
        Cell::Count(entry.passengers.into()),
        text(&entry.method.words()),
        entry
            .reference
            .as_ref()
            .filter(|_| entry.method == PaymentMethod::Card)
            .map_or(Cell::Empty, |text| Cell::Text(text.clone())),
        taken,
        out,
    ]
}

/// What the lines come to where the till has counted something else, so that a spreadsheet has it too.
fn differing(till: Flows, lines: Flows) -> impl Iterator<Item = (String, Paise)> {
    let pairs = [
        ("Cards taken", till.card_in, lines.card_in),
        ("Given back to cards", till.card_out, lines.card_out),
        ("Cash taken", till.cash_in, lines.cash_in),
        ("Cash handed out", till.cash_out, lines.cash_out),
    ];
    let differs = pairs.into_iter().filter(|(_, till, lines)| till != lines);
    differs.map(|(what, _, lines)| (format!("DOES NOT ADD UP: {what} by the lines"), lines))
}

fn sums(till: &Till) -> Vec<(String, Paise)> {
    let line = |what: &str, amount: Paise| (what.to_owned(), amount);
    let mut sums = vec![
        line("Cards taken", till.card_in),
        line("Given back to cards", till.card_out),
        line("Float", till.float),
        line("Cash taken", till.cash_in),
        line("Cash handed out", till.cash_out),
        line("Cash that should be in the drawer", till.expected()),
    ];
    if let (Some(closing), Some(difference)) = (&till.closing, till.difference()) {
        sums.extend([line("Cash counted", closing.counted), line("Difference", difference)]);
    }
    sums
}
