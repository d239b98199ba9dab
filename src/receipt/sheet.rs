//! A report on paper: a title, a table over as many pages as it takes, and what it comes to.
//!
//! Like the receipt it is a function of what it shows, to the byte. Numbers are never cut: columns give way to the widest, and
//! texts that have too little room go over several lines.

use crate::domain::time::railway_time;
use crate::export::sheet::{Column, Sheet, Side};
use crate::receipt::face::Face;
use crate::receipt::file::{self, Label};
use crate::receipt::page::{Align, HEIGHT, Ink, Page, Style, WIDTH};

const LEFT: f32 = 36.0;
const RIGHT: f32 = WIDTH - 36.0;
const TOP: f32 = 46.0;
const BOTTOM: f32 = HEIGHT - 40.0;
/// From one line to the next.
const ROW: f32 = 11.0;
/// Between two columns.
const GAP: f32 = 6.0;
const LINE: Style = Style::new(Face::Regular, 7.4, Ink::Text);
const STRONG: Style = Style::new(Face::Bold, 8.4, Ink::Text);
const LABEL: Style = Style::new(Face::Bold, 6.8, Ink::Soft);
const TITLE: Style = Style::new(Face::Bold, 14.0, Ink::Text);
const NOTE: Style = Style::new(Face::Regular, 8.0, Ink::Soft);

/// What a column of texts has at least, however wide the numbers are.
const LEAST_TEXT: f32 = 44.0;

/// The sheet's file. The same arguments give the same bytes, in every process.
pub fn render(sheet: &Sheet, issuer: &str) -> Vec<u8> {
    let columns = Columns::of(sheet);
    let mut paper = Paper { sheet, issuer, columns, done: Vec::new(), page: Page::default(), y: TOP };
    paper.head();
    for row in 0..sheet.rows.len() {
        paper.row(row);
    }
    if sheet.rows.is_empty() {
        paper.page.text(LEFT, paper.y, RIGHT - LEFT, NOTE, Align::Left, "No money moved.");
        paper.y += ROW;
    }
    paper.sums();
    paper.done.push(paper.page);
    let label = Label {
        title: sheet.title.clone(),
        author: issuer.to_owned(),
        subject: sheet.notes.join(" "),
        at: sheet.at,
        identity: format!("sheet {} {}", sheet.title, sheet.at).into_bytes(),
    };
    file::write(paper.done, label)
}

/// How wide the columns are, and how large their letters.
struct Columns {
    widths: Vec<f32>,
    line: Style,
}

impl Columns {
    /// As the sheet has them; or, where something is wider than that, as wide as it takes. What the numbers need the texts lack,
    /// down to [`LEAST_TEXT`]; below that the letters get smaller.
    fn of(sheet: &Sheet) -> Self {
        let set: Vec<f32> = sheet.columns.iter().map(|column| f32::from(column.width)).collect();
        let needed: Vec<f32> = sheet
            .columns
            .iter()
            .enumerate()
            .map(|(nth, column)| {
                let cells = sheet.rows.iter().filter_map(|row| row.get(nth));
                let widest = cells.map(|cell| LINE.face.width(LINE.size, &cell.shown())).fold(0.0, f32::max);
                LABEL.face.width(LABEL.size, column.head).max(widest) + GAP
            })
            .collect();
        if set.iter().zip(&needed).all(|(set, needed)| needed <= set) {
            return Self { widths: set, line: LINE };
        }
        let room = RIGHT - LEFT;
        let columns = || sheet.columns.iter().zip(&needed);
        let sum = |of: &dyn Fn(&Column, f32) -> f32| columns().map(|(column, needed)| of(column, *needed)).sum::<f32>();
        let numbers = sum(&|column, needed| if column.side == Side::Right { needed - GAP } else { 0.0 });
        let gaps = sum(&|column, _| if column.side == Side::Right { GAP } else { 0.0 });
        let least = sum(&|column, _| if column.side == Side::Left { LEAST_TEXT } else { 0.0 });
        let lacks = |column: &Column, needed: f32| {
            if column.side == Side::Left { (needed - LEAST_TEXT).max(0.0) } else { 0.0 }
        };
        let lacking = sum(&lacks).max(1.0);
        let scale = ((room - least - gaps) / numbers).min(1.0);
        let left = room - gaps - numbers * scale - least;
        let widths = columns().map(|(column, needed)| match column.side {
            Side::Right => (needed - GAP) * scale + GAP,
            Side::Left => LEAST_TEXT + left * lacks(column, *needed) / lacking,
        });
        Self { widths: widths.collect(), line: Style { size: LINE.size * scale, ..LINE } }
    }
}

/// The pages as they fill.
struct Paper<'a> {
    sheet: &'a Sheet,
    issuer: &'a str,
    columns: Columns,
    done: Vec<Page>,
    page: Page,
    y: f32,
}

impl Paper<'_> {
    fn head(&mut self) {
        let room = RIGHT - LEFT;
        self.page.text(LEFT, self.y, room * 0.72, TITLE, Align::Left, &self.sheet.title);
        self.page.text(RIGHT, self.y, room * 0.26, NOTE, Align::Right, self.issuer);
        self.y += 14.0;
        let made = railway_time(self.sheet.at).format("%d %b %Y %H:%M");
        let page = format!("as of {made} · page {}", self.done.len() + 1);
        self.page.text(RIGHT, self.y, room * 0.3, NOTE, Align::Right, &page);
        for note in &self.sheet.notes {
            self.y = self.page.paragraph(LEFT, self.y, room * 0.68, NOTE, ROW, note);
        }
        self.y += 6.0;
        self.page.fill(LEFT - 2.0, self.y - 9.0, room + 4.0, 13.0, Ink::Ground);
        let heads: Vec<String> = self.sheet.columns.iter().map(|column| column.head.to_owned()).collect();
        self.cells(LABEL, &heads);
        self.y += ROW + 3.0;
    }

    /// Goes on to another page where so many lines do not fit.
    fn room_for(&mut self, lines: f32) {
        if self.y + ROW * lines > BOTTOM {
            self.done.push(std::mem::take(&mut self.page));
            self.y = TOP;
            self.head();
        }
    }

    fn row(&mut self, row: usize) {
        let line = self.columns.line;
        let cells: Vec<Vec<String>> = self.sheet.rows[row]
            .iter()
            .zip(self.sheet.columns.iter().zip(&self.columns.widths))
            .map(|(cell, (column, width))| match column.side {
                Side::Left => line.face.wrap(line.size, &cell.shown(), width - GAP),
                Side::Right => vec![cell.shown()],
            })
            .collect();
        let lines = cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
        self.room_for(f32::from(u16::try_from(lines).unwrap_or(u16::MAX)));
        for nth in 0..lines {
            let cells: Vec<String> = cells.iter().map(|cell| cell.get(nth).cloned().unwrap_or_default()).collect();
            self.cells(line, &cells);
            self.y += ROW;
        }
        let under = self.y - ROW + 3.2;
        self.page.rule((LEFT, under), (RIGHT, under), 0.25, Ink::Hairline);
    }

    fn cells(&mut self, style: Style, cells: &[String]) {
        let mut x = LEFT;
        for ((column, width), cell) in self.sheet.columns.iter().zip(&self.columns.widths).zip(cells) {
            let (at, align) = match column.side {
                Side::Left => (x, Align::Left),
                Side::Right => (x + width - GAP, Align::Right),
            };
            // What was measured is not cut for what was rounded.
            let room = if column.side == Side::Right { width - GAP + 0.5 } else { width - GAP };
            self.page.text(at, self.y, room, style, align, cell);
            x += width;
        }
    }

    fn sums(&mut self) {
        self.y += 8.0;
        for (what, amount) in &self.sheet.sums {
            self.room_for(1.0);
            self.page.text(RIGHT - 100.0, self.y, 200.0, STRONG, Align::Right, what);
            self.page.text(RIGHT - GAP, self.y, 92.0, STRONG, Align::Right, &amount.to_string());
            self.y += ROW + 2.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rstest::rstest;

    use super::{Columns, GAP, LEFT, LINE, RIGHT, render};
    use crate::domain::money::Paise;
    use crate::export::sheet::{Cell, Sheet, Side};
    use crate::service::report::COLUMNS;

    fn sheet(name: &str, amount: i64) -> Sheet {
        let (amount, count) = (Cell::Money(Paise::new(amount)), Cell::Count(99_999));
        let row = vec![
            Cell::Text("12951".to_owned()),
            Cell::Text(name.to_owned()),
            count.clone(),
            count.clone(),
            amount.clone(),
            count,
            amount.clone(),
            amount.clone(),
            amount,
        ];
        Sheet {
            title: "Sales by train".to_owned(),
            notes: vec!["A note that is much longer than the head of a page is wide, so that it goes on ".repeat(3)],
            columns: COLUMNS,
            rows: vec![row],
            sums: Vec::new(),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[rstest]
    #[case::usual("Mumbai Rajdhani", 1_234_500)]
    #[case::crores("Thiruvananthapuram - Hazrat Nizamuddin Swarna Jayanti Rajdhani Express", 9_999_999_999_999)]
    #[case::wider_than_the_page("Atalanta", i64::MAX)]
    fn no_number_is_cut_and_no_word_is_lost(#[case] name: &str, #[case] amount: i64) {
        let sheet = sheet(name, amount);
        let Columns { widths, line } = Columns::of(&sheet);
        assert!(widths.iter().sum::<f32>() <= RIGHT - LEFT + 0.5, "{widths:?}");
        for ((column, width), cell) in COLUMNS.iter().zip(&widths).zip(&sheet.rows[0]) {
            let shown = cell.shown();
            match column.side {
                Side::Right => assert!(line.face.width(line.size, &shown) <= width - GAP + 0.5, "{shown}: {width}"),
                Side::Left => {
                    let lines = line.face.wrap(line.size, &shown, width - GAP);
                    assert_eq!(lines.concat().replace(' ', ""), shown.replace(' ', ""));
                    assert!(lines.iter().all(|one| line.face.width(line.size, one) <= width - GAP), "{lines:?}");
                }
            }
        }
        assert!(line.size > 3.0, "it can be read with a glass: {}", line.size);
        assert!(render(&sheet, "Western Railway").starts_with(b"%PDF-1.7"));
    }

    #[test]
    fn what_fits_is_set_as_it_was_meant() {
        let Columns { widths, line } = Columns::of(&sheet("Rajdhani", 1_000));
        assert_eq!(widths, COLUMNS.iter().map(|column| f32::from(column.width)).collect::<Vec<_>>());
        assert!((line.size - LINE.size).abs() < f32::EPSILON);
    }
}
