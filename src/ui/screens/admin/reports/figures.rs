//! What a report shows: the figures of a book, table by table, as lines and sums.

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::money::Paise;
use crate::domain::report::refunds::{RefundReport, RefundRow, RefundSums, RefundsBy};
use crate::domain::report::{By, Report, Row, Sums};
use crate::service::request::{Form, Reply, ReportOf, Request};
use crate::ui::context::World;
use crate::ui::text;
use crate::ui::widgets::sheet::{put, put_right};

/// The columns of a line of sales: its bar, how often, and how much.
const BAR: u16 = 30;
const COUNT: u16 = 54;
/// Where the columns of a line of refunds end, counted from the right: how many, the fares, what was kept.
const REFUNDS: u16 = 45;
const FARE: u16 = 30;
const KEPT: u16 = 15;

/// What is reported on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Book {
    /// Sales, with what was given back and undone.
    Sales,
    /// Refunds, with what was kept.
    Refunds,
}

impl Book {
    /// It in a word.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sales => "Sales",
            Self::Refunds => "Refunds",
        }
    }

    /// Its tables.
    pub fn tabs(self) -> [&'static str; 5] {
        match self {
            Self::Sales => By::ALL.map(By::word),
            Self::Refunds => RefundsBy::ALL.map(RefundsBy::word),
        }
    }

    /// What is said while it is added up.
    pub const fn waiting(self) -> &'static str {
        match self {
            Self::Sales => "The sales are being added up …",
            Self::Refunds => "The refunds are being added up …",
        }
    }

    /// Asks for some days of it.
    pub const fn request(self, from: NaiveDate, to: NaiveDate) -> Request {
        match self {
            Self::Sales => Request::Report { from, to },
            Self::Refunds => Request::Refunds { from, to },
        }
    }

    /// Asks for one of its tables as a document.
    pub const fn file(self, days: (NaiveDate, NaiveDate), tab: usize, form: Form) -> Request {
        let report = match self {
            Self::Sales => ReportOf::Sales { days, by: By::ALL[tab] },
            Self::Refunds => ReportOf::Refunds { days, by: RefundsBy::ALL[tab] },
        };
        Request::ReportFile { report, form }
    }
}

/// The figures of some days.
#[derive(Clone, Debug)]
pub enum Figures {
    /// Sales.
    Sales(Box<Report>),
    /// Refunds.
    Refunds(Box<RefundReport>),
}

impl Figures {
    /// Those in a reply.
    pub fn of(reply: &Reply) -> Option<Self> {
        match reply {
            Reply::Report(report) => Some(Self::Sales(report.clone())),
            Reply::Refunds(report) => Some(Self::Refunds(report.clone())),
            _ => None,
        }
    }

    /// How many lines a table has.
    pub fn rows(&self, tab: usize) -> usize {
        match self {
            Self::Sales(report) => report.rows(By::ALL[tab]).len(),
            Self::Refunds(report) => report.rows(RefundsBy::ALL[tab]).len(),
        }
    }

    /// Draws the names of the columns, where a line does not say by itself what it shows.
    pub fn view_head(&self, buf: &mut Buffer, row: Rect, world: &World) {
        if let Self::Refunds(_) = self {
            columns(buf, row, ["refunds", "fares", "kept", "given back"], [world.theme.dim; 4]);
        }
    }

    /// Draws a line of a table.
    pub fn view_row(&self, buf: &mut Buffer, place: Rect, (tab, nth): (usize, usize), world: &World) {
        match self {
            Self::Sales(report) => {
                let rows = report.rows(By::ALL[tab]);
                let most = rows.iter().map(|row| row.sums.net()).max().unwrap_or_default();
                if let Some(row) = rows.get(nth) {
                    view_sale(buf, place, row, most, world);
                }
            }
            Self::Refunds(report) => {
                if let Some(row) = report.rows(RefundsBy::ALL[tab]).get(nth) {
                    view_refund(buf, place, row, world);
                }
            }
        }
    }

    /// Draws what all of it comes to, in three lines after an empty one.
    pub fn view_sums(&self, buf: &mut Buffer, foot: Rect, world: &World) {
        let mut rows = foot.rows().skip(1);
        let (Some(first), Some(second), Some(third)) = (rows.next(), rows.next(), rows.next()) else { return };
        match self {
            Self::Sales(report) => view_sales(buf, [first, second, third], report, world),
            Self::Refunds(report) => view_refunds(buf, [first, second, third], report, world),
        }
    }
}

fn view_sale(buf: &mut Buffer, place: Rect, row: &Row, most: Paise, world: &World) {
    let theme = &world.theme;
    let room = place.width.saturating_sub(COUNT + 26).min(40);
    view_name(buf, Rect { width: BAR.min(place.width), ..place }, (&row.what, &row.more), world);
    put(buf, place, BAR, &bar(row.sums.net(), most, COUNT - BAR - 2 + room), theme.accent);
    let Sums { sales, .. } = row.sums;
    let count = if sales.count == 1 { "1 sale".to_owned() } else { format!("{} sales", sales.count) };
    put(buf, place, COUNT + room, &count, theme.dim);
    put_right(buf, place, &row.sums.net().to_string(), theme.text);
}

fn view_refund(buf: &mut Buffer, place: Rect, row: &RefundRow, world: &World) {
    let theme = &world.theme;
    let name = Rect { width: place.width.saturating_sub(REFUNDS + 9), ..place };
    view_name(buf, name, (&row.what, &row.more), world);
    let RefundSums { refunds, fare, back, .. } = row.sums;
    let cells = [refunds.to_string(), fare.to_string(), row.sums.kept().to_string(), back.to_string()];
    columns(buf, place, cells.each_ref().map(String::as_str), [theme.dim, theme.dim, theme.text, theme.text]);
}

fn view_name(buf: &mut Buffer, place: Rect, (what, more): (&str, &str), world: &World) {
    put(buf, place, 2, what, world.theme.strong);
    put(buf, place, 3 + text::width(what), more, world.theme.dim);
}

/// Four columns that end at the right.
fn columns(buf: &mut Buffer, row: Rect, cells: [&str; 4], styles: [ratatui::style::Style; 4]) {
    for ((cell, style), from_right) in cells.into_iter().zip(styles).zip([REFUNDS, FARE, KEPT, 0]) {
        put_right(buf, Rect { width: row.width.saturating_sub(from_right), ..row }, cell, style);
    }
}

/// A bar as long as its share of the longest; what is more than nothing is seen.
fn bar(net: Paise, most: Paise, room: u16) -> String {
    if net <= Paise::ZERO || most <= Paise::ZERO {
        return String::new();
    }
    let share = i128::from(net.get()) * i128::from(room) / i128::from(most.get());
    "█".repeat(usize::try_from(share).unwrap_or_default().max(1))
}

fn view_sales(buf: &mut Buffer, [first, second, third]: [Rect; 3], report: &Report, world: &World) {
    let theme = &world.theme;
    let Sums { sales, passengers, refunds, voids } = report.total;
    let words = format!("taken {} · {} sales, {passengers} passengers", sales.amount, sales.count);
    put(buf, first, 2, &words, theme.text);
    put_right(buf, first, &format!("net {}{}", world.glyphs.rupee, report.total.net()), theme.strong);
    let plural = if refunds.count == 1 { "" } else { "s" };
    let mut back = format!("given back {} · {} refund{plural}", refunds.amount, refunds.count);
    if voids.count > 0 {
        back = format!("{back} · undone {}", voids.amount);
    }
    put(buf, second, 2, &back, theme.text);
    if report.test != Sums::default() {
        let test = format!("beside it {} in test payments, less what was given back: no money", report.test.net());
        put(buf, third, 2, &test, theme.warning);
    }
}

fn view_refunds(buf: &mut Buffer, [first, second, third]: [Rect; 3], report: &RefundReport, world: &World) {
    let theme = &world.theme;
    let RefundSums { refunds, passengers, fare, back } = report.total;
    let plural = |count: u32| if count == 1 { "" } else { "s" };
    let (one, other) = (plural(refunds), plural(passengers));
    let words = format!("fares {fare} · {refunds} refund{one}, {passengers} passenger{other}");
    put(buf, first, 2, &words, theme.text);
    put_right(buf, first, &format!("given back {}{back}", world.glyphs.rupee), theme.strong);
    put(
        buf,
        second,
        2,
        &format!("kept {} · not what waits at a counter, nor what was undone", report.total.kept()),
        theme.text,
    );
    if report.test != RefundSums::default() {
        let test = format!("beside it {} of test payments: no money", report.test.back);
        put(buf, third, 2, &test, theme.warning);
    }
}
