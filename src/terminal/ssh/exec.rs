//! What a client may ask for without a terminal: a receipt.

use std::time::Duration;

use bytes::Bytes;
use russh::Channel;
use russh::server::Msg;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::domain::pnr::Pnr;
use crate::service::Session;
use crate::service::request::{Reply, Request};
use crate::terminal::ssh::caller::{STDERR, told};
use crate::terminal::ssh::show::close;

/// How long a client may take to read a document.
const READING: Duration = Duration::from_mins(2);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// The receipt of a booking, as a PDF.
    Receipt(Pnr),
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
            _ => {
                Err("Kiosk runs no commands but `receipt PNR`: connect without a command to see its screens."
                    .to_owned())
            }
        }
    }
}

/// Sends what is asked for, or a sentence on the client's standard error.
pub(super) async fn run(errand: Errand, session: Session, channel: Channel<Msg>) {
    let (_, channel) = channel.split();
    let Errand::Receipt(pnr) = errand;
    let sends = async {
        let answer = session.call(Request::Receipt { pnr }).await;
        let code = match answer {
            Ok(Reply::Receipt(document)) => match Box::pin(channel.make_writer()).write_all(&document.bytes).await {
                Ok(()) => 0,
                Err(_) => return,
            },
            Ok(other) => {
                tracing::error!(?other, "a receipt was answered otherwise");
                1
            }
            Err(failure) => {
                let _ = channel.extended_data_bytes(STDERR, Bytes::from(told(&failure))).await;
                1
            }
        };
        close(&channel, code).await;
    };
    if timeout(READING, sends).await.is_err() {
        tracing::info!(terminal = %session.terminal().id, "a client did not read its document");
        let _ = channel.close().await;
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::Errand;

    #[test]
    fn a_receipt_is_asked_for_by_its_pnr() {
        let pnr = "8451234567".parse().expect("a PNR");
        assert_eq!(Errand::parse(" receipt  8451234567\n"), Ok(Errand::Receipt(pnr)));
    }

    #[rstest]
    #[case("")]
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
