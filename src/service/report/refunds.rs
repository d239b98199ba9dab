//! The refunds of some days.

use std::sync::{Mutex, PoisonError};

use chrono::NaiveDate;

use super::{in_name, lock};
use crate::domain::report::refunds::{RefundBooks, RefundReport, RefundRow, RefundSums, RefundsBy};
use crate::export::sheet::{Cell, Column, Sheet};
use crate::service::request::{Failure, Form, Reply};
use crate::service::session::Session;
use crate::service::{Kiosk, sheets};

const COLUMNS: &[Column] = &[
    Column::text("What", 90),
    Column::text("", 163),
    Column::number("Refunds", 44),
    Column::number("Passengers", 52),
    Column::number("Fare", 60),
    Column::number("Kept", 54),
    Column::number("Given back", 60),
];

/// The refunds of some days, by each of [`RefundsBy::ALL`].
pub(in crate::service) async fn show(session: &Session, from: NaiveDate, to: NaiveDate) -> Result<Reply, Failure> {
    session.kiosk().refunds(from, to).await.map(|report| Reply::Refunds(Box::new(report)))
}

/// One of its tables as a document.
pub(in crate::service) async fn file(
    session: &Session,
    (from, to): (NaiveDate, NaiveDate),
    by: RefundsBy,
    form: Form,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let report = kiosk.refunds(from, to).await?;
    let name = format!("refunds-by-{}-{}.{}", by.word(), in_name(from, to), form.extension());
    sheets::document(kiosk, sheet(kiosk, &report, by), name, form).await.map(Reply::Document)
}

impl Kiosk {
    async fn refunds(&self, from: NaiveDate, to: NaiveDate) -> Result<RefundReport, Failure> {
        let books = Mutex::new(RefundBooks::new(from, to));
        self.read_days(from, to, |entry| lock(&books).enter(entry)).await?;
        let books = books.into_inner().unwrap_or_else(PoisonError::into_inner);
        let agents = self.names_of(books.agents().collect()).await?;
        Ok(books.report(|agent| agents.get(&agent).cloned()))
    }
}

fn sheet(kiosk: &Kiosk, report: &RefundReport, by: RefundsBy) -> Sheet {
    let mut notes = vec![
        format!("{} to {}, days of the railway on which money was handed out", report.from, report.to),
        "Sales that were undone are no refunds, and what waits at a counter is not in it".to_owned(),
    ];
    let RefundSums { refunds, back, .. } = report.test;
    if refunds > 0 {
        notes.push(format!("Beside it {refunds} of test payments, of {back}: none of this is money"));
    }
    Sheet {
        title: format!("Refunds by {}", by.word()),
        notes,
        columns: COLUMNS,
        rows: report.rows(by).iter().map(cells).collect(),
        sums: vec![
            ("Fares".to_owned(), report.total.fare),
            ("Kept".to_owned(), report.total.kept()),
            ("Given back".to_owned(), report.total.back),
        ],
        at: kiosk.now(),
    }
}

fn cells(row: &RefundRow) -> Vec<Cell> {
    let RefundRow { what, more, sums } = row;
    vec![
        Cell::Text(what.clone()),
        Cell::Text(more.clone()),
        Cell::Count(sums.refunds.into()),
        Cell::Count(sums.passengers.into()),
        Cell::Money(sums.fare),
        Cell::Money(sums.kept()),
        Cell::Money(sums.back),
    ]
}
