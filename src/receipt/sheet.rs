//! A report on paper: a title, a table over as many pages as it takes, and what it comes to.
//!
//! Like the receipt it is a function of what it shows, to the byte.

use crate::domain::time::railway_time;
use crate::export::sheet::{Cell, Sheet, Side};
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

/// The sheet's file. The same arguments give the same bytes, in every process.
pub fn render(sheet: &Sheet, issuer: &str) -> Vec<u8> {
    let mut paper = Paper { sheet, issuer, done: Vec::new(), page: Page::default(), y: TOP };
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

/// The pages as they fill.
struct Paper<'a> {
    sheet: &'a Sheet,
    issuer: &'a str,
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
            self.page.text(LEFT, self.y, room * 0.68, NOTE, Align::Left, note);
            self.y += ROW;
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
        self.room_for(1.0);
        let cells: Vec<String> = self.sheet.rows[row].iter().map(Cell::shown).collect();
        self.cells(LINE, &cells);
        self.page.rule((LEFT, self.y + 3.2), (RIGHT, self.y + 3.2), 0.25, Ink::Hairline);
        self.y += ROW;
    }

    fn cells(&mut self, style: Style, cells: &[String]) {
        let mut x = LEFT;
        for (column, cell) in self.sheet.columns.iter().zip(cells) {
            let width = f32::from(column.width);
            let (at, align) = match column.side {
                Side::Left => (x, Align::Left),
                Side::Right => (x + width - GAP, Align::Right),
            };
            self.page.text(at, self.y, width - GAP, style, align, cell);
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
