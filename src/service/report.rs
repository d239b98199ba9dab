//! Reports: the money of some days, read from the ledger's lists page by page and added up as it comes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDate;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::domain::report::{Books, By, MOST_DAYS, Report, Row, Sums};
use crate::domain::user::AccountId;
use crate::export::sheet::{Cell, Column, Sheet};
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Form, Reply};
use crate::service::session::Session;
use crate::service::{Kiosk, sheets};
use crate::store::StoreError;
use crate::store::bookings::SHARDS;

/// Entries on a page.
const PAGE: i32 = 500;
/// How many lists are read at once.
const SIDE_BY_SIDE: usize = 16;

const COLUMNS: &[Column] = &[
    Column::text("What", 62),
    Column::text("", 103),
    Column::number("Sales", 34),
    Column::number("Passengers", 50),
    Column::number("Taken", 70),
    Column::number("Refunds", 40),
    Column::number("Given back", 60),
    Column::number("Undone", 44),
    Column::number("Net", 60),
];

/// The money of some days, by each of [`By::ALL`].
pub(super) async fn show(session: &Session, from: NaiveDate, to: NaiveDate) -> Result<Reply, Failure> {
    session.kiosk().report(from, to).await.map(|report| Reply::Report(Box::new(report)))
}

/// One of its tables as a document.
pub(super) async fn file(
    session: &Session,
    (from, to): (NaiveDate, NaiveDate),
    by: By,
    form: Form,
) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let report = kiosk.report(from, to).await?;
    let days = if from == to { from.to_string() } else { format!("{from}-to-{to}") };
    let name = format!("sales-by-{}-{days}.{}", by.word(), form.extension());
    let sheet = sheet(kiosk, &report, by);
    sheets::document(kiosk, sheet, name, form).await.map(Reply::Document)
}

impl Kiosk {
    /// The money of some days.
    ///
    /// # Errors
    ///
    /// `ReportDays` when the days are too many or end before they begin.
    pub(super) async fn report(&self, from: NaiveDate, to: NaiveDate) -> Result<Report, Failure> {
        let days = (to - from).num_days() + 1;
        if !(1..=i64::from(MOST_DAYS)).contains(&days) {
            return Err(Failure::ReportDays { max: MOST_DAYS });
        }
        let failed = |error: StoreError| refuse("report on sales", &error);
        let books = self.books(from, to).await.map_err(failed)?;
        let agents = self.names_of(&books).await.map_err(failed)?;
        let timetable = self.timetable();
        let train_name = |number| timetable.train(number).last().map(|edition| edition.train.name().to_owned());
        Ok(books.report(train_name, |agent| agents.get(&agent).cloned()))
    }

    async fn books(&self, from: NaiveDate, to: NaiveDate) -> Result<Books, StoreError> {
        let lists = from.iter_days().take_while(|day| *day <= to);
        let lists = lists.flat_map(|day| (0..SHARDS).map(move |part| (day, part)));
        let books = Mutex::new(Books::new(from, to));
        let parts = lists.map(|(day, part)| self.enter_part(day, part, &books));
        stream::iter(parts).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await?;
        Ok(books.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds a part of a day to the books.
    async fn enter_part(&self, day: NaiveDate, part: u64, books: &Mutex<Books>) -> Result<(), StoreError> {
        let mut next = None;
        loop {
            let page = self.store().ledger_of_day(day, part, next.as_deref(), PAGE).await?;
            let mut books = books.lock().unwrap_or_else(PoisonError::into_inner);
            page.entries.iter().for_each(|entry| books.enter(entry));
            drop(books);
            next = page.next;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    async fn names_of(&self, books: &Books) -> Result<BTreeMap<AccountId, String>, StoreError> {
        let accounts = books.agents().map(|agent| self.store().account(agent)).collect::<Vec<_>>();
        let accounts: Vec<_> = stream::iter(accounts).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
        Ok(accounts.into_iter().flatten().map(|account| (account.id, account.username.to_string())).collect())
    }
}

fn sheet(kiosk: &Kiosk, report: &Report, by: By) -> Sheet {
    let mut notes = vec![format!("{} to {}, days of the railway", report.from, report.to)];
    if report.test != Sums::default() {
        let (count, amount) = (report.test.sales.count, report.test.net());
        notes.push(format!("Beside it {count} test payments of {amount}, which are no money"));
    }
    Sheet {
        title: format!("Sales by {}", by.word()),
        notes,
        columns: COLUMNS,
        rows: report.rows(by).iter().map(cells).collect(),
        sums: vec![
            ("Taken".to_owned(), report.total.sales.amount),
            ("Given back".to_owned(), report.total.refunds.amount),
            ("Undone".to_owned(), report.total.voids.amount),
            ("Net".to_owned(), report.total.net()),
        ],
        at: kiosk.now(),
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    let Row { what, more, sums } = row;
    vec![
        Cell::Text(what.clone()),
        Cell::Text(more.clone()),
        Cell::Count(sums.sales.count),
        Cell::Count(sums.passengers),
        Cell::Money(sums.sales.amount),
        Cell::Count(sums.refunds.count),
        Cell::Money(sums.refunds.amount),
        Cell::Money(sums.voids.amount),
        Cell::Money(sums.net()),
    ]
}
