//! What a client may ask for without a terminal: documents and tables.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use russh::server::Msg;
use russh::{Channel, ChannelWriteHalf};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::domain::journeys::{JourneyFilter, Journeys};
use crate::domain::pnr::Pnr;
use crate::domain::train::RunId;
use crate::export;
use crate::service::Session;
use crate::service::request::{Failure, Reply, Request};
use crate::terminal::ssh::caller::{STDERR, told};
use crate::terminal::ssh::show::close;

/// How long a client may take to read a piece: a document, or a page of a table.
const READING: Duration = Duration::from_mins(2);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// The receipt of a booking, as a PDF.
    Receipt(Pnr),
    /// A booking, as CSV.
    Booking(Pnr),
    /// Bookings of the account, newest first, as CSV.
    Bookings(Journeys),
    /// The chart of a run, as a PDF.
    Chart(RunId),
}

impl Errand {
    /// Reads a command.
    ///
    /// # Errors
    /// A sentence for whoever asked.
    pub(super) fn parse(command: &str) -> Result<Self, String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words[..] {
            ["receipt", pnr] => pnr.parse().map(Self::Receipt).map_err(|_| {
                "A PNR has ten digits, such as 8451234567: write `receipt` and the one of your ticket.".to_owned()
            }),
            ["receipt", ..] => Err("Write `receipt` and one PNR, as in `receipt 8451234567`.".to_owned()),
            ["export", "bookings"] => Ok(Self::Bookings(Journeys::All)),
            ["export", "bookings", which] => which.parse().map(Self::Bookings).map_err(|_| EXPORTS.to_owned()),
            ["export", what] => {
                let errand = what.parse().map(Self::Booking).or_else(|_| what.parse().map(Self::Chart));
                errand.map_err(|_| EXPORTS.to_owned())
            }
            ["export", ..] => Err(EXPORTS.to_owned()),
            _ => Err("Kiosk runs no commands but `receipt PNR` and `export ID`: connect without a command to see its \
                      screens."
                .to_owned()),
        }
    }
}

/// What can be exported.
const EXPORTS: &str = "Write `export` and what: `bookings` for all of yours, and `upcoming`, `past` or `cancelled` behind \
                       it for some, a PNR such as 8451234567 for one, both as CSV, or a run such as 12951#2026-12-05 for its chart as PDF.";

/// Sends what is asked for, or a sentence on the client's standard error.
pub(super) async fn run(errand: Errand, session: Session, channel: Channel<Msg>) {
    let (_, channel) = channel.split();
    let mut out: Out = Box::pin(channel.make_writer());
    let code = match carry_out(errand, &session, &mut out).await {
        Ok(()) => 0,
        Err(Stopped::Refused(failure)) => {
            let _ = channel.extended_data_bytes(STDERR, Bytes::from(told(&failure))).await;
            1
        }
        Err(Stopped::Unread(error)) => {
            tracing::info!(terminal = %session.terminal().id, %error, "a client did not read what it asked for");
            return drop(channel.close().await);
        }
    };
    end(&channel, code).await;
}

async fn end(channel: &ChannelWriteHalf<Msg>, code: u32) {
    // A client that has read all of it may still not read this.
    let _ = timeout(READING, close(channel, code)).await;
}

type Out = Pin<Box<dyn AsyncWrite + Send>>;

/// Why no more is sent.
enum Stopped {
    Refused(Failure),
    Unread(io::Error),
}

async fn carry_out(errand: Errand, session: &Session, out: &mut Out) -> Result<(), Stopped> {
    let request = match errand {
        Errand::Receipt(pnr) => Request::Receipt { pnr },
        Errand::Chart(run) => Request::Chart { run, coach: None },
        Errand::Booking(pnr) => Request::Booking { pnr },
        Errand::Bookings(journeys) => return send_bookings(journeys, session, out).await,
    };
    match session.call(request).await.map_err(Stopped::Refused)? {
        Reply::Receipt(document) | Reply::Chart(document) => send(out, &document.bytes).await,
        Reply::Booking(booking) => send(out, &[export::header(), export::rows(&booking)].concat()).await,
        Reply::FormerBooking(_) => Err(Stopped::Refused(Failure::MadeBefore)),
        _ => Err(Stopped::Refused(unexpected(session))),
    }
}

/// Sends the caller's bookings. That as many were taken away is recorded, also where it broke off.
async fn send_bookings(journeys: Journeys, session: &Session, out: &mut Out) -> Result<(), Stopped> {
    let mut sent = 0;
    let done = send_pages(journeys, session, out, &mut sent).await;
    if done.is_ok() || sent > 0 {
        session.record_export(sent);
    }
    done
}

/// A page at a time: however many there are, no more of them is in memory. Counts those that were sent.
async fn send_pages(journeys: Journeys, session: &Session, out: &mut Out, sent: &mut usize) -> Result<(), Stopped> {
    let filter = JourneyFilter { journeys, ..JourneyFilter::default() };
    let (mut after, mut is_first) = (None, true);
    loop {
        let reply =
            session.call(Request::MyBookings { filter: filter.clone(), after }).await.map_err(Stopped::Refused)?;
        let Reply::Bookings { page, next, .. } = reply else { return Err(Stopped::Refused(unexpected(session))) };
        let header = if std::mem::take(&mut is_first) { export::header() } else { Vec::new() };
        let rows = page.iter().flat_map(|booking| export::rows(booking));
        *sent += page.len();
        send(out, &header.into_iter().chain(rows).collect::<Vec<_>>()).await?;
        if next.is_none() {
            return Ok(());
        }
        after = next;
    }
}

async fn send(out: &mut Out, bytes: &[u8]) -> Result<(), Stopped> {
    let sent = timeout(READING, out.write_all(bytes)).await;
    sent.unwrap_or_else(|late| Err(late.into())).map_err(Stopped::Unread)
}

fn unexpected(session: &Session) -> Failure {
    session.unanswered(&"an errand had a reply of another kind")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Errand;
    use crate::domain::journeys::Journeys;

    #[test]
    fn a_receipt_is_asked_for_by_its_pnr() {
        let pnr = "8451234567".parse().expect("a PNR");
        assert_eq!(Errand::parse(" receipt  8451234567\n"), Ok(Errand::Receipt(pnr)));
    }

    #[rstest]
    #[case("export bookings", Errand::Bookings(Journeys::All))]
    #[case("export bookings past", Errand::Bookings(Journeys::Past))]
    #[case("export 8451234567", Errand::Booking("8451234567".parse().expect("a PNR")))]
    #[case("export 12951#2026-12-05", Errand::Chart("12951#2026-12-05".parse().expect("a run")))]
    fn what_can_be_exported_is_named(#[case] command: &str, #[case] errand: Errand) {
        assert_eq!(Errand::parse(command), Ok(errand));
    }

    #[rstest]
    #[case("")]
    #[case("export")]
    #[case("export everything")]
    #[case("export users")]
    #[case("export bookings of others")]
    #[case("export bookings yours")]
    #[case("export 8451234567 8451234568")]
    #[case("sh")]
    #[case("receipt")]
    #[case("receipt 12")]
    #[case("receipt 8451234567 8451234568")]
    #[case("receipt 8451234567; rm -rf /")]
    fn nothing_else_is(#[case] command: &str) {
        let refused = Errand::parse(command).expect_err("it is no errand");
        assert!(refused.ends_with('.'), "{refused}");
    }
}
