//! An agent at a counter: a client of 120 columns and 40 lines.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use russh::client::{self, Handle, Msg};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelMsg};
use tokio::time::{sleep_until, timeout};

use crate::server::{FROM, Kind, PASSWORD, TO, agent};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Left and right in turns: each chooses another class of a train among the results, of which the last is chosen first.
const KEYS: [&[u8]; 2] = [b"\x1b[D", b"\x1b[C"];

pub struct Agent {
    channel: Channel<Msg>,
    _handle: Handle<Trusting>,
}

/// What came of pressing keys.
#[derive(Default)]
pub struct Typed {
    pub latencies: Vec<Duration>,
    pub bytes: usize,
}

impl Agent {
    /// Signs in, and goes to the results of a search.
    pub async fn come(address: SocketAddr, kind: Kind, nth: usize) -> Self {
        let mut agent = Self::sign_in(address, nth).await;
        if kind != Kind::Echo {
            agent.channel.request_pty(false, "xterm-256color", 120, 40, 0, 0, &[]).await.expect("it is sent");
            agent.channel.request_shell(false).await.expect("it is sent");
            agent.until(b"Travellers").await;
            agent.send(format!("{FROM}\t{TO}\t\r").as_bytes()).await;
            agent.until(b"by departure").await;
            agent.send(b"]").await;
            agent.data().await;
        }
        agent
    }

    pub async fn sign_in(address: SocketAddr, nth: usize) -> Self {
        let config = client::Config { nodelay: true, channel_buffer_size: 1_000, ..client::Config::default() };
        let connected = client::connect(Arc::new(config), address, Trusting);
        let mut handle = timeout(PATIENCE, connected).await.expect("in time").expect("there is room");
        assert!(handle.authenticate_password(agent(nth), PASSWORD).await.expect("it answers").success());
        let channel = handle.channel_open_session().await.expect("a channel");
        Self { channel, _handle: handle }
    }

    /// Presses keys for a while, so many a second, beginning at a moment of its own.
    pub async fn press(&mut self, nth: usize, keys: f64, spell: Duration) -> Typed {
        let every = Duration::from_secs_f64(1.0 / keys);
        let mut next = tokio::time::Instant::now() + every.mul_f64(nth as f64 * 0.618 % 1.0);
        let until = next + spell;
        self.drain();
        let mut typed = Typed::default();
        for key in KEYS.into_iter().cycle() {
            sleep_until(next).await;
            if next >= until {
                break;
            }
            next += every;
            typed.bytes += self.drain();
            let begun = Instant::now();
            self.send(key).await;
            typed.bytes += self.data().await.len();
            typed.latencies.push(begun.elapsed());
        }
        typed
    }

    /// Waits until anything changes on the screen.
    pub async fn sees(&mut self) {
        self.data().await;
    }

    /// Takes what has come, and says how much it is.
    pub fn drain(&mut self) -> usize {
        let mut bytes = 0;
        while let Some(msg) = futures_util::FutureExt::now_or_never(self.channel.wait()).flatten() {
            if let ChannelMsg::Data { data } = msg {
                bytes += data.len();
            }
        }
        bytes
    }

    async fn send(&self, bytes: &[u8]) {
        self.channel.data_bytes(bytes.to_vec()).await.expect("it is sent");
    }

    async fn data(&mut self) -> Vec<u8> {
        loop {
            let msg = timeout(PATIENCE, self.channel.wait()).await.expect("in time").expect("it goes on");
            if let ChannelMsg::Data { data } = msg {
                return data.to_vec();
            }
        }
    }

    /// Reads until a text has come.
    async fn until(&mut self, text: &[u8]) {
        let mut all = Vec::new();
        while !all.windows(text.len()).any(|window| window == text) {
            all.extend(self.data().await);
        }
    }
}

/// A client that believes that it has found whom it looked for.
struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}
