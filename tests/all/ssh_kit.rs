//! A server on a port of its own, and clients that come to it over loopback.

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kiosk::domain::coach::Class;
use kiosk::domain::quota::Quota;
use kiosk::domain::time::railway_time;
use kiosk::domain::train::RunId;
use kiosk::domain::user::Role;
use kiosk::service::Kiosk;
use kiosk::terminal::ssh::{self, Room, Site, Times, host_key};
use kiosk::ui::context::Setup;
use russh::client::{self, AuthResult, Handle, Msg};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelMsg, Sig};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::service_kit::{PASSWORD, Stage, current, run, small_train, whole};
use crate::ui_kit::setup;

/// The name that needs no password.
pub const GUEST: &str = "guest";

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server.
pub struct Server {
    pub stage: Stage,
    pub address: SocketAddr,
    pub closing: CancellationToken,
    pub served: JoinHandle<()>,
}

impl Server {
    pub async fn new() -> Self {
        Self::with(Stage::new().await, Room::default(), Times::default()).await
    }

    pub async fn with(stage: Stage, room: Room, times: Times) -> Self {
        let (address, closing, served) = serve(stage.kiosk.clone(), room, times).await;
        Self { stage, address, closing, served }
    }

    /// A client that is not in yet.
    pub async fn connect(&self) -> Client {
        self.try_connect().await.expect("there is room")
    }

    pub async fn try_connect(&self) -> Result<Client, russh::Error> {
        Client::connect(self.address, client::Config::default()).await
    }

    /// A guest.
    pub async fn guest(&self) -> Client {
        let mut client = self.connect().await;
        client.is_guest().await;
        client
    }

    /// Somebody with a new account.
    pub async fn account(&self, name: &str, role: Role) -> Client {
        self.stage.account(name, role).await;
        self.sign_in(name).await
    }

    /// Somebody with an account.
    pub async fn sign_in(&self, name: &str) -> Client {
        let mut client = self.connect().await;
        assert!(client.password(name, PASSWORD).await.success());
        client
    }
}

impl Server {
    /// Somebody comes back whose line broke, and is asked whether they go on.
    pub async fn comes_back(&self, name: &str, width: u16, height: u16) -> Screen {
        let mut screen = self.sign_in(name).await.terminal(width, height).await;
        screen.shows("Go on where you were").await;
        screen
    }
}

/// Serves a process of one's own on a port of its own, until the token is cancelled.
pub async fn serve(kiosk: Kiosk, room: Room, times: Times) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let own = kiosk.clone();
    let make = move |_: &_, terminal: kiosk::domain::terminal::Terminal, identity| Setup {
        terminal: terminal.clone(),
        identity,
        stations: own.stations(),
        rules: own.rules(),
        documents: Vec::new(),
        test_payment: true,
        seed: rand::random(),
        ..setup(terminal.kind)
    };
    let site = Site { kiosk, setup: Box::new(make), guest: Some(GUEST.to_owned()), recordings: None, room, times };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let (address, closing) = (listener.local_addr().expect("it listens"), CancellationToken::new());
    let key = host_key::parse(&host_key::draw()).expect("it was just drawn");
    let served = tokio::spawn(ssh::serve(listener, vec![key], Arc::new(site), closing.clone()));
    (address, closing, served)
}

/// A client that believes that it has found whom it looked for.
pub struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// A connection.
pub struct Client {
    handle: Handle<Trusting>,
}

/// What came of a request without a terminal.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub out: Vec<u8>,
    pub told: String,
    pub code: Option<u32>,
}

impl Client {
    pub async fn connect(address: SocketAddr, config: client::Config) -> Result<Self, russh::Error> {
        let config = Arc::new(client::Config { nodelay: true, ..config });
        let handle = within(client::connect(config, address, Trusting)).await?;
        Ok(Self { handle })
    }

    /// Comes in without a password.
    pub async fn is_guest(&mut self) {
        assert!(within(self.handle.authenticate_none(GUEST)).await.expect("it answers").success());
    }

    /// Waits until the server has ended it.
    pub async fn is_dropped(&self) {
        let dropped = async {
            while !self.is_closed() {
                tokio::task::yield_now().await;
            }
        };
        within(dropped).await;
    }

    pub fn handle(&mut self) -> &mut Handle<Trusting> {
        &mut self.handle
    }

    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    pub async fn password(&mut self, name: &str, password: &str) -> AuthResult {
        within(self.handle.authenticate_password(name, password)).await.expect("it answers")
    }

    pub async fn channel(&self) -> Result<Channel<Msg>, russh::Error> {
        within(self.handle.channel_open_session()).await
    }

    /// Asks for a command.
    pub async fn exec(&self, command: &str) -> Ended {
        let channel = self.channel().await.expect("a first channel");
        channel.exec(true, command).await.expect("it is sent");
        ended(channel).await
    }

    /// A terminal of a size.
    pub async fn terminal(self, width: u16, height: u16) -> Screen {
        let channel = self.channel().await.expect("a first channel");
        let (columns, rows) = (width.into(), height.into());
        channel.request_pty(true, "xterm-256color", columns, rows, 0, 0, &[]).await.expect("it is sent");
        channel.request_shell(true).await.expect("it is sent");
        Screen { _client: self, channel, shown: parser(width, height), all: Vec::new() }
    }
}

/// What a channel brings until it is closed.
pub async fn ended(mut channel: Channel<Msg>) -> Ended {
    let mut ended = Ended::default();
    while let Some(msg) = within(channel.wait()).await {
        match msg {
            ChannelMsg::Data { data } => ended.out.extend(&data[..]),
            ChannelMsg::ExtendedData { data, .. } => ended.told.push_str(&String::from_utf8_lossy(&data)),
            ChannelMsg::ExitStatus { exit_status } => ended.code = Some(exit_status),
            _ => {}
        }
    }
    ended
}

fn parser(width: u16, height: u16) -> vt100::Parser {
    let [height, width] = [height, width].map(|side| NonZero::new(side).expect("it has a size"));
    vt100::Parser::new(height, width, 0)
}

/// A client's terminal.
pub struct Screen {
    _client: Client,
    channel: Channel<Msg>,
    shown: vt100::Parser,
    /// Everything that was ever sent to it.
    pub all: Vec<u8>,
}

impl Screen {
    /// Types.
    pub async fn keys(&self, bytes: &[u8]) {
        within(self.channel.data_bytes(Bytes::copy_from_slice(bytes))).await.expect("it is sent");
    }

    /// Ends the terminal without a word.
    pub async fn close(self) {
        self.channel.close().await.expect("it is sent");
    }

    /// Tells the program that the terminal has gone, as OpenSSH's server does.
    pub async fn hang_up(self) {
        self.channel.signal(Sig::HUP).await.expect("it is sent");
    }

    /// Looks for the stage's train of today.
    pub async fn finds_trains(&mut self) {
        self.shows("From").await;
        self.keys(b"MMCT\tNDLS\t\r").await;
        self.shows("12951").await;
    }

    pub async fn resize(&mut self, width: u16, height: u16) {
        self.shown = parser(width, height);
        within(self.channel.window_change(width.into(), height.into(), 0, 0)).await.expect("it is sent");
    }

    /// Waits until a text is shown.
    pub async fn shows(&mut self, text: &str) {
        self.until(text, |screen| screen.contains(text)).await;
    }

    /// Waits until a text is shown no more.
    pub async fn hides(&mut self, text: &str) {
        self.until(text, |screen| !screen.contains(text)).await;
    }

    /// Waits until the line with a text has certain words after it.
    pub async fn line_says(&mut self, text: &str, words: &[&str]) {
        let says = |screen: &str| {
            let after = screen.lines().find_map(|line| Some(line.split_once(text)?.1.split_whitespace()));
            after.is_some_and(|after| after.take(words.len()).eq(words.iter().copied()))
        };
        self.until(&words.join(" "), says).await;
    }

    /// Waits until what is shown is as it should be.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.text()) {
            match timeout_at(deadline, self.channel.wait()).await {
                Ok(Some(ChannelMsg::Data { data })) => self.take(&data),
                Ok(Some(_)) => {}
                Ok(None) => panic!("the session ended before \"{what}\":\n{}", self.text()),
                Err(Elapsed { .. }) => panic!("\"{what}\" never came:\n{}", self.text()),
            }
        }
    }

    /// Waits until the session is over, and says how.
    pub async fn ends(mut self) -> (Option<u32>, String) {
        let mut code = None;
        while let Some(msg) = within(self.channel.wait()).await {
            match msg {
                ChannelMsg::ExitStatus { exit_status } => code = Some(exit_status),
                ChannelMsg::Data { data } => self.take(&data),
                _ => {}
            }
        }
        (code, String::from_utf8_lossy(&self.all).into_owned())
    }

    pub fn text(&self) -> String {
        self.shown.screen().contents()
    }

    fn take(&mut self, data: &[u8]) {
        self.shown.process(data);
        self.all.extend(data);
    }
}

/// Does not wait for ever.
pub async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("it takes too long")
}

/// The run of the stage's train on its clock's day.
pub fn today(stage: &Stage) -> RunId {
    RunId { date: railway_time(stage.kiosk.now()).date(), ..run() }
}

/// How many berths of 3A and of 2A are free on it from end to end, as the store has it.
pub async fn free_today(stage: &Stage) -> [usize; 2] {
    let train = Arc::new(small_train());
    let read = stage.world.store.run(today(stage), current(&train)).await.expect("it answers").expect("it runs");
    let free = |class| read.state.available(class, Quota::General, whole(), stage.kiosk.now());
    [Class::ThirdAc, Class::SecondAc].map(|class| free(class).expect("it carries both"))
}
