//! Money that is owed: what waits at counters, booking by booking, the longest waiting first.

use crate::domain::owed::{Owed, OwedSums};
use crate::domain::time::railway_time;
use crate::export::sheet::{Cell, Column, Sheet};
use crate::service::refusal::refuse;
use crate::service::request::{Cursor, Failure, Form, Reply};
use crate::service::session::Session;
use crate::service::{Kiosk, sheets};
use crate::store::owed::OwedPage;

/// Bookings on a page of a list.
const PAGE: i32 = 20;
/// Bookings that are read at once where all are: others ask the store in between.
const MANY: i32 = 100;

const COLUMNS: &[Column] = &[
    Column::text("Waits since", 110),
    Column::text("PNR", 80),
    Column::text("Run", 110),
    Column::text("Class", 50),
    Column::text("Means", 70),
    Column::number("Owed", 103),
];

/// A page of it.
pub(super) async fn list(session: &Session, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let page = session.kiosk().store().owed(after.map(|Cursor(after)| after.as_str()), PAGE).await;
    let OwedPage { owed, next } = page.map_err(|error| refuse("list what is owed", &error))?;
    Ok(Reply::Owed { page: owed, next: next.map(Cursor) })
}

/// What all of it comes to. It reads all of it, so nobody waits for it with a page.
pub(super) async fn sums(session: &Session) -> Result<Reply, Failure> {
    let mut sums = OwedSums::default();
    session.kiosk().each_owed(|owed| sums.enter(&owed)).await?;
    Ok(Reply::OwedSums(sums))
}

/// All of it as a document.
pub(super) async fn file(session: &Session, form: Form) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let (mut sums, mut rows) = (OwedSums::default(), Vec::new());
    kiosk
        .each_owed(|owed| {
            sums.enter(&owed);
            rows.push(cells(&owed));
        })
        .await?;
    let OwedSums { count, amount, oldest } = sums;
    let bookings = if count == 1 { "1 booking".to_owned() } else { format!("{count} bookings") };
    let oldest = oldest.map(|at| format!(", the first since {}", railway_time(at).format("%-d %b %Y %H:%M")));
    let now = kiosk.now();
    let sheet = Sheet {
        title: "Money owed".to_owned(),
        notes: vec![format!("Refunds that wait at a counter: {bookings}{}", oldest.unwrap_or_default())],
        columns: COLUMNS,
        rows,
        sums: vec![("Owed".to_owned(), amount)],
        at: now,
    };
    let name = format!("money-owed-{}.{}", railway_time(now).date(), form.extension());
    sheets::document(kiosk, sheet, name, form).await.map(Reply::Document)
}

fn cells(owed: &Owed) -> Vec<Cell> {
    vec![
        Cell::Text(railway_time(owed.since).format("%-d %b %Y %H:%M").to_string()),
        Cell::Text(owed.pnr.to_string()),
        Cell::Text(owed.run.to_string()),
        Cell::Text(owed.class.to_string()),
        Cell::Text(owed.method.words().to_owned()),
        Cell::Money(owed.amount),
    ]
}

impl Kiosk {
    /// Goes through all that is owed, the longest waiting first.
    async fn each_owed(&self, mut take: impl FnMut(Owed)) -> Result<(), Failure> {
        let mut next = None;
        loop {
            let page = self.store().owed(next.as_deref(), MANY).await;
            let page = page.map_err(|error| refuse("add up what is owed", &error))?;
            page.owed.into_iter().for_each(&mut take);
            next = page.next;
            if next.is_none() {
                return Ok(());
            }
        }
    }
}
