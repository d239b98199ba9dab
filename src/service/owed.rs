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
/// Bookings that are read at once where all are.
const MANY: i32 = 200;

const COLUMNS: &[Column] = &[
    Column::text("Waits since", 110),
    Column::text("PNR", 80),
    Column::text("Run", 110),
    Column::text("Class", 50),
    Column::text("Means", 70),
    Column::number("Owed", 103),
];

/// A page of it. The first comes with what all of it comes to.
pub(super) async fn list(session: &Session, after: Option<&Cursor>) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let page = kiosk.store().owed(after.map(|Cursor(after)| after.as_str()), PAGE).await;
    let OwedPage { owed, next } = page.map_err(|error| refuse("list what is owed", &error))?;
    let total = match (after, &next) {
        (Some(_), _) => None,
        (None, None) => Some(sums(&owed)),
        (None, Some(_)) => Some(sums(&kiosk.all_owed().await?)),
    };
    Ok(Reply::Owed { page: owed, next: next.map(Cursor), total })
}

/// All of it as a document.
pub(super) async fn file(session: &Session, form: Form) -> Result<Reply, Failure> {
    let kiosk = session.kiosk();
    let owed = kiosk.all_owed().await?;
    let OwedSums { count, amount, oldest } = sums(&owed);
    let bookings = if count == 1 { "1 booking".to_owned() } else { format!("{count} bookings") };
    let oldest = oldest.map(|at| format!(", the first since {}", railway_time(at).format("%-d %b %Y %H:%M")));
    let now = kiosk.now();
    let sheet = Sheet {
        title: "Money owed".to_owned(),
        notes: vec![format!("Refunds that wait at a counter: {bookings}{}", oldest.unwrap_or_default())],
        columns: COLUMNS,
        rows: owed.iter().map(cells).collect(),
        sums: vec![("Owed".to_owned(), amount)],
        at: now,
    };
    let name = format!("money-owed-{}.{}", railway_time(now).date(), form.extension());
    sheets::document(kiosk, sheet, name, form).await.map(Reply::Document)
}

fn sums(owed: &[Owed]) -> OwedSums {
    let mut sums = OwedSums::default();
    for owed in owed {
        sums.enter(owed);
    }
    sums
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
    async fn all_owed(&self) -> Result<Vec<Owed>, Failure> {
        let (mut all, mut next) = (Vec::new(), None);
        loop {
            let page = self.store().owed(next.as_deref(), MANY).await;
            let page = page.map_err(|error| refuse("add up what is owed", &error))?;
            all.extend(page.owed);
            next = page.next;
            if next.is_none() {
                return Ok(all);
            }
        }
    }
}
