//! The program on a client's terminal.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use ratatui::layout::Size;
use russh::server::Msg as Protocol;
use russh::{Channel, ChannelWriteHalf};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::Receiver;
use tokio::time::{sleep, timeout};

use crate::service::{Clock, Session};
use crate::terminal::console::{enter_sequence, leave_sequence};
use crate::terminal::decoder::Decoder;
use crate::terminal::output::Output;
use crate::terminal::papers::Papers;
use crate::terminal::recorder::Recordings;
use crate::terminal::ssh::caller::Ways;
use crate::terminal::{Door, Ended, run};
use crate::ui::context::Setup;
use crate::ui::msg::Msg;

/// How long it takes until a lone escape is the Escape key: more of a sequence comes sooner, over most lines.
const ESCAPE: Duration = Duration::from_millis(60);

/// How long a client's terminal may take to be restored.
const RESTORE: Duration = Duration::from_secs(2);

/// What whoever is expelled is told.
pub(super) const EXPELLED: &str = "Your account was closed or changed: connect again, or ask an administrator.";

/// What comes from a client.
pub(super) enum Came {
    Bytes(Bytes),
    Resize(Size),
}

/// Everything that the program of a session needs.
pub(super) struct Stage {
    pub session: Session,
    pub clock: Arc<dyn Clock>,
    pub setup: Setup,
    pub recordings: Option<Arc<Recordings>>,
    pub size: Size,
    pub came: Receiver<Came>,
    pub channel: Channel<Protocol>,
    pub ways: Ways,
}

/// Runs the program to its end, gives the terminal back as it was and closes the channel.
pub(super) async fn program(stage: Stage) {
    let Stage { session, clock, setup, recordings, size, came, channel, ways } = stage;
    let lot = Arc::clone(&ways.lot);
    // Whoever holds the other half has to read it, and the handler is told the same.
    let (_, channel) = channel.split();
    let terminal = session.terminal().id.clone();
    let mut writer = Box::pin(channel.make_writer());
    if writer.write_all(&enter_sequence()).await.is_err() {
        return;
    }
    let output = Output::on_task(Box::pin(channel.make_writer()), size);
    let input = Box::pin(stream::iter([Msg::Resize(size)]).chain(input(came, ways, Arc::clone(&clock))));
    let door = Door { input, output, papers: Arc::new(Papers::default()), recordings, lot: Some(lot) };
    // A task of its own: a fault in it ends it, drops its session, which gives its berths back, and goes no further.
    let ended = tokio::spawn(run(session, clock, setup, door)).await;
    let (sentence, code) = match ended {
        Ok(Ok(Ended::Left)) => ("", 0),
        Ok(Ok(Ended::Expelled)) => (&*format!("{EXPELLED}\r\n"), 1),
        Ok(Err(error)) => {
            tracing::debug!(%terminal, %error, "a terminal went away");
            ("", 1)
        }
        Err(fault) => {
            tracing::error!(%terminal, %fault, "a session ended by a fault");
            (
                "Kiosk has made a mistake and ended this session. Connect again: nothing that was confirmed is lost.\r\n",
                70,
            )
        }
    };
    let restore = async {
        let _ = writer.write_all(&[&leave_sequence(), sentence.as_bytes()].concat()).await;
        close(&channel, code).await;
    };
    let _ = timeout(RESTORE, restore).await;
}

pub(super) async fn close(channel: &ChannelWriteHalf<Protocol>, code: u32) {
    let _ = channel.exit_status(code).await;
    let _ = channel.eof().await;
    let _ = channel.close().await;
}

/// What the client does, until it goes away or has to go.
fn input(came: Receiver<Came>, ways: Ways, clock: Arc<dyn Clock>) -> impl Stream<Item = Msg> {
    let (decoder, told) = (Decoder::default(), VecDeque::new());
    let reader = Reader { came, ways, clock, is_warned: false, decoder, told };
    stream::unfold(reader, |mut reader| async move { reader.next().await.map(|msg| (msg, reader)) })
}

struct Reader {
    came: Receiver<Came>,
    ways: Ways,
    clock: Arc<dyn Clock>,
    /// Whether the person was told that the server closes.
    is_warned: bool,
    decoder: Decoder,
    told: VecDeque<Msg>,
}

impl Reader {
    async fn next(&mut self) -> Option<Msg> {
        loop {
            if let Some(msg) = self.told.pop_front() {
                return Some(msg);
            }
            let Self { came, ways, clock, is_warned, decoder, told } = self;
            let came = tokio::select! {
                biased;
                () = ways.leave.cancelled() => return None,
                () = ways.closing.cancelled(), if !*is_warned => {
                    *is_warned = true;
                    told.push_back(Msg::Closing(clock.now() + ways.notice));
                    continue;
                }
                came = came.recv() => came?,
                () = sleep(ESCAPE), if decoder.is_waiting() => {
                    decoder.settle(|msg| told.push_back(msg));
                    continue;
                }
            };
            match came {
                Came::Resize(size) => told.push_back(Msg::Resize(size)),
                Came::Bytes(bytes) => {
                    if let Err(endless) = decoder.take(&bytes, |msg| told.push_back(msg)) {
                        tracing::info!(%endless, "a session was ended");
                        return None;
                    }
                }
            }
        }
    }
}
