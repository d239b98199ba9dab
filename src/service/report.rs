//! Reports: the money of some days, read from the ledger's lists page by page and added up as it comes.

pub(super) mod refunds;
pub(super) mod today;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::domain::ledger::LedgerEntry;
use crate::domain::money::Paise;
use crate::domain::report::{Books, By, MOST_DAYS, Report, Row, Sums};
use crate::domain::user::AccountId;
use crate::export::sheet::{Cell, Column, Sheet};
use crate::service::refusal::refuse;
use crate::service::request::{Failure, Form, Reply, ReportOf};
use crate::service::session::Session;
use crate::service::{Kiosk, occupancy, owed, sheets};
use crate::store::StoreError;
use crate::store::bookings::SHARDS;

/// Entries on a page.
const PAGE: i32 = 500;
/// How many lists are read at once.
const SIDE_BY_SIDE: usize = 16;

/// What stands on paper and in a spreadsheet for each line.
pub(crate) const COLUMNS: &[Column] = &[
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

/// Any report as a document.
pub(super) async fn document(session: &Session, report: ReportOf, form: Form) -> Result<Reply, Failure> {
    match report {
        ReportOf::Sales { days, by } => file(session, days, by, form).await,
        ReportOf::Refunds { days, by } => refunds::file(session, days, by, form).await,
        ReportOf::Owed => owed::file(session, form).await,
        ReportOf::Occupancy(date) => occupancy::file(session, date, form).await,
    }
}

/// The sales by something as a document.
async fn file(session: &Session, (from, to): (NaiveDate, NaiveDate), by: By, form: Form) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let report = kiosk.report(from, to).await?;
    let name = format!("sales-by-{}-{}.{}", by.word(), in_name(from, to), form.extension());
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
        let books = Mutex::new(Books::new(from, to));
        self.read_days(from, to, |entry| lock(&books).enter(entry)).await?;
        let books = books.into_inner().unwrap_or_else(PoisonError::into_inner);
        let agents = self.names_of(books.agents().collect()).await?;
        let timetable = self.timetable();
        let train_name = |number| timetable.train(number).last().map(|edition| edition.train.name().to_owned());
        Ok(books.report(train_name, |agent| agents.get(&agent).cloned()))
    }

    /// Reads what moved on some days, in no order.
    async fn read_days(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        enter: impl Fn(&LedgerEntry) + Sync,
    ) -> Result<(), Failure> {
        let days = (to - from).num_days() + 1;
        if !(1..=i64::from(MOST_DAYS)).contains(&days) {
            return Err(Failure::ReportDays { max: MOST_DAYS });
        }
        let lists = from.iter_days().take_while(|day| *day <= to);
        let lists = lists.flat_map(|day| (0..SHARDS).map(move |part| (day, part)));
        let parts = lists.map(|(day, part)| self.read_part(day, part, &enter));
        let read = stream::iter(parts).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await;
        read.map_err(|error| refuse("add up money", &error))
    }

    /// Reads a part of a day.
    async fn read_part(
        &self,
        day: NaiveDate,
        part: u64,
        enter: &(impl Fn(&LedgerEntry) + Sync),
    ) -> Result<(), StoreError> {
        let mut next = None;
        loop {
            let page = self.store().ledger_of_day(day, part, next.as_deref(), PAGE).await?;
            page.entries.iter().for_each(enter);
            next = page.next;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    async fn names_of(&self, agents: Vec<AccountId>) -> Result<BTreeMap<AccountId, String>, Failure> {
        let accounts = agents.into_iter().map(|agent| self.store().account(agent)).collect::<Vec<_>>();
        let accounts = stream::iter(accounts).buffer_unordered(SIDE_BY_SIDE).try_collect::<Vec<_>>().await;
        let accounts = accounts.map_err(|error| refuse("name agents", &error))?;
        Ok(accounts.into_iter().flatten().map(|account| (account.id, account.username.to_string())).collect())
    }
}

fn lock<T>(books: &Mutex<T>) -> MutexGuard<'_, T> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The days of a report as a file's name has them.
fn in_name(from: NaiveDate, to: NaiveDate) -> String {
    if from == to { from.to_string() } else { format!("{from}-to-{to}") }
}

fn sheet(kiosk: &Kiosk, report: &Report, by: By) -> Sheet {
    let mut notes = vec![format!("{} to {}, days of the railway", report.from, report.to)];
    if report.test != Sums::default() {
        notes.push(in_test(&report.test));
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

/// What was tried without money, in words.
fn in_test(Sums { sales, refunds, voids, .. }: &Sums) -> String {
    let payments = if sales.count == 1 { "test payment" } else { "test payments" };
    let back = refunds.amount + voids.amount;
    let back = if back == Paise::ZERO { String::new() } else { format!(", {back} of it given back or undone") };
    format!("Beside it {} {payments} of {}{back}: none of this is money", sales.count, sales.amount)
}

fn cells(row: &Row) -> Vec<Cell> {
    let Row { what, more, sums } = row;
    vec![
        Cell::Text(what.clone()),
        Cell::Text(more.clone()),
        Cell::Count(sums.sales.count.into()),
        Cell::Count(sums.passengers),
        Cell::Money(sums.sales.amount),
        Cell::Count(sums.refunds.count.into()),
        Cell::Money(sums.refunds.amount),
        Cell::Money(sums.voids.amount),
        Cell::Money(sums.net()),
    ]
}
