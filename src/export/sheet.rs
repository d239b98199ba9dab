//! A table for people and for spreadsheets: what a report says, in one form for CSV and for paper.

use chrono::{DateTime, Utc};

use crate::domain::money::Paise;
use crate::export::{rupees, safe, written};

/// A table with what stands over it and under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What it is.
    pub title: String,
    /// Lines under the title.
    pub notes: Vec<String>,
    /// The columns, from left to right.
    pub columns: &'static [Column],
    /// The lines, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// What it comes to: lines of their own under the table, each with its amount.
    pub sums: Vec<(String, Paise)>,
    /// The moment that it shows.
    pub at: DateTime<Utc>,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub head: &'static str,
    /// Its width on paper, in points; all columns together have 523. It gives way where something is wider.
    pub width: u16,
    /// On which side its cells stand.
    pub side: Side,
}

/// A side of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where texts stand.
    Left,
    /// Where numbers stand.
    Right,
}

impl Column {
    /// A column of texts.
    pub const fn text(head: &'static str, width: u16) -> Self {
        Self { head, width, side: Side::Left }
    }

    /// A column of numbers.
    pub const fn number(head: &'static str, width: u16) -> Self {
        Self { head, width, side: Side::Right }
    }
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text, by whomever.
    Text(String),
    /// How many; less than nothing where more was undone than done.
    Count(i64),
    /// How much.
    Money(Paise),
    /// Nothing.
    Empty,
}

impl Cell {
    /// It for people.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Money(money) => money.to_string(),
            Self::Empty => String::new(),
        }
    }

    /// It for a spreadsheet, which runs nothing of it.
    fn exported(&self) -> String {
        match self {
            Self::Text(text) => safe(text),
            Self::Count(count) => count.to_string(),
            Self::Money(money) => rupees(*money),
            Self::Empty => String::new(),
        }
    }
}

/// The table as CSV: the names of the columns, the lines, and then each sum by its name with the amount in the last column.
pub fn csv(sheet: &Sheet) -> Vec<u8> {
    let columns = sheet.columns.len();
    written(|rows| {
        rows.write_record(sheet.columns.iter().map(|column| column.head))?;
        for row in &sheet.rows {
            rows.write_record(row.iter().map(Cell::exported))?;
        }
        for (what, amount) in &sheet.sums {
            let blank = std::iter::repeat_n(String::new(), columns.saturating_sub(2));
            rows.write_record([safe(what)].into_iter().chain(blank).chain([rupees(*amount)]))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{Cell, Column, Sheet, csv};
    use crate::domain::money::Paise;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_text_and_money_is_a_number() {
        const COLUMNS: &[Column] = &[Column::text("Who", 200), Column::number("n", 100), Column::number("Net", 223)];
        let sheet = Sheet {
            title: "A report".to_owned(),
            notes: Vec::new(),
            columns: COLUMNS,
            rows: vec![
                vec![Cell::Text("=1+1".to_owned()), Cell::Count(2), Cell::Money(Paise::new(-150))],
                vec![Cell::Text("\t@SUM".to_owned()), Cell::Empty, Cell::Money(Paise::rupees(123_456))],
            ],
            sums: vec![("Net".to_owned(), Paise::new(12_345_450))],
            at: DateTime::UNIX_EPOCH,
        };
        let csv = String::from_utf8(csv(&sheet)).expect("text");
        assert_eq!(csv, "Who,n,Net\r\n'=1+1,2,-1.50\r\n\t'@SUM,,123456.00\r\nNet,,123454.50\r\n");
    }
}
