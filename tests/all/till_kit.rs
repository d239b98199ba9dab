//! What the tests of tills start from: agents with a till open, and money that goes through it.

use std::sync::Arc;

use kiosk::domain::booking::{Booking, PaymentMethod};
use kiosk::domain::money::Paise;
use kiosk::domain::till::{Till, TillId};
use kiosk::service::Session;
use kiosk::service::request::{Document, Failure, Form, Reply, Request, Tender, Tills};

use crate::service_kit::{best, booked, cash, hold, new_op, order, whole};

pub fn card() -> Tender {
    Tender { method: PaymentMethod::Card, reference: Some("A7731-0042".to_owned()) }
}

pub fn till_of(reply: Result<Reply, Failure>) -> Result<Till, Failure> {
    match reply? {
        Reply::Till(till) => Ok(*till),
        other => panic!("a till was answered with {other:?}"),
    }
}

pub async fn open(agent: &Session, rupees: i64) -> Result<Till, Failure> {
    till_of(agent.call(Request::OpenTill { op: new_op(), float: Paise::rupees(rupees) }).await)
}

/// Closes a till as it is now.
pub async fn close(session: &Session, till: TillId, counted: Paise) -> Result<Till, Failure> {
    let movements = movements(session, till).await;
    till_of(session.call(Request::CloseTill { op: new_op(), till, counted, movements }).await)
}

/// How much went through an open till that somebody sees; nothing through others.
async fn movements(session: &Session, till: TillId) -> u32 {
    for request in [Request::MyTills { after: None }, Request::Tills { which: Tills::Open, after: None }] {
        if let Ok(Reply::Tills { page, .. }) = session.call(request).await
            && let Some(found) = page.iter().find(|found| found.id == till)
        {
            return found.movements;
        }
    }
    0
}

/// Sells berths of 2A from end to end.
pub async fn sell(agent: &Session, berths: usize, payment: Tender) -> Result<Arc<Booking>, Failure> {
    let held = hold(agent, whole(), best(berths)).await?;
    let order = order(agent, &held).await;
    booked(agent.call(Request::Book { op: new_op(), order, payment }).await)
}

pub async fn sell_for_cash(agent: &Session, berths: usize) -> Arc<Booking> {
    sell(agent, berths, cash()).await.expect("there are berths, and money is taken")
}

pub async fn void(session: &Session, booking: &Booking) -> Result<Arc<Booking>, Failure> {
    booked(session.call(Request::VoidSale { op: new_op(), pnr: booking.pnr }).await)
}

/// The one till of an agent that is open, or was the last.
pub async fn newest(agent: &Session) -> Till {
    tills(agent, Request::MyTills { after: None }).await.into_iter().next().expect("there is a till")
}

pub async fn tills(session: &Session, request: Request) -> Vec<Till> {
    match session.call(request).await {
        Ok(Reply::Tills { page, next: _ }) => page,
        other => panic!("tills were answered with {other:?}"),
    }
}

pub async fn report(session: &Session, till: TillId, form: Form) -> Result<Document, Failure> {
    match session.call(Request::TillReport { till, form }).await? {
        Reply::Document(document) => Ok(document),
        other => panic!("a report was answered with {other:?}"),
    }
}

/// The report's lines as a spreadsheet has them.
pub async fn lines(session: &Session, till: TillId) -> Vec<Vec<String>> {
    let document = report(session, till, Form::Csv).await.expect("it can be had");
    let mut lines = csv::ReaderBuilder::new().has_headers(false).from_reader(&document.bytes[..]);
    lines.records().map(|line| line.expect("a line").iter().map(str::to_owned).collect()).collect()
}
