//! The servers: Kiosk's own, and an echo.

use std::io::BufRead as _;
use std::sync::Arc;

use chrono::TimeDelta;
use kiosk::aws::embedded;
use kiosk::domain::admission::Accept;
use kiosk::domain::allotment::BerthWish;
use kiosk::domain::coach::Class;
use kiosk::domain::inventory::HoldId;
use kiosk::domain::quota::Quota;
use kiosk::domain::station::StationCode;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::time::railway_time;
use kiosk::domain::user::{Email, Role, Username};
use kiosk::service::request::{Choice, Reply, Request};
use kiosk::service::{Argon2Cost, Kiosk, Settings, SystemClock, rules_file, seed};
use kiosk::store::{Names, Store};
use kiosk::terminal::ssh::{self, MakeSetup, Room, Site, Times, host_key};
use kiosk::ui::context::{Idle, Look, Setup};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, Server as _, Session};
use russh::{Channel, ChannelId};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Where agents go from and to, and what they all have as their password. They come as often as they like.
pub const FROM: &str = "NDLS";
pub const TO: &str = "MMCT";
pub const PASSWORD: &str = "correct horse battery";

/// What serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program, with hashes that cost nothing.
    Kiosk,
    /// The program, with hashes as in production.
    Hashing,
    /// What comes goes back.
    Echo,
}

impl Kind {
    const ALL: [(&'static str, Self); 3] =
        [("--kiosk", Self::Kiosk), ("--hashing", Self::Hashing), ("--echo", Self::Echo)];

    pub fn named(argument: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == argument).map(|(_, kind)| *kind)
    }

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map(|(name, _)| *name).expect("it has one")
    }
}

/// The name of an agent's account. Each has one of their own: who sign in to one account at once wait for each other.
pub fn agent(nth: usize) -> String {
    format!("agent{nth}")
}

/// Serves until this process is ended. Says on its output where.
#[allow(clippy::print_stdout, reason = "whoever started it reads the address")]
pub async fn run(kind: Kind, agents: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    let key = host_key::parse(&host_key::draw()).expect("it was just drawn");
    if kind == Kind::Echo {
        println!("{address}");
        let config = russh::server::Config {
            keys: vec![key],
            nodelay: true,
            window_size: 64 * 1024,
            channel_buffer_size: 8,
            event_buffer_size: 4,
            ..russh::server::Config::default()
        };
        return Echo.run_on_socket(Arc::new(config), &listener).await.expect("it serves");
    }
    let folder = TempDir::new().expect("a folder");
    let store = Store::new(embedded::in_memory(folder.path()).expect("the engines start"), Names::default());
    seed::prepare(&store, &rules_file::bundled(), &SystemClock, |_| {}).await.expect("it can be seeded");
    let mut settings = Settings::development((0..32).collect::<Vec<u8>>().into());
    settings.sign_in.per_terminal = u32::MAX;
    settings.sign_in.per_account = u32::MAX;
    if kind == Kind::Kiosk {
        settings.argon2 = Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 };
    }
    let kiosk = Kiosk::start(store, settings, Arc::new(SystemClock)).await.expect("the catalogue is read");
    for name in (0..agents).map(agent) {
        let email = Email::parse(&format!("{name}@example.in")).expect("an address");
        let name = Username::parse(&name).expect("a name");
        kiosk.add_account(name, email, Role::Agent, PASSWORD.to_owned().into()).await.expect("nobody has the name");
    }
    let room = Room { all: 5_000, per_address: 5_000, strangers: 5_000, strangers_per_address: 5_000 };
    let site = Site {
        kiosk: kiosk.clone(),
        setup: setup(kiosk.clone()),
        guest: None,
        recordings: None,
        room,
        times: Times::default(),
    };
    println!("{address}");
    obey(kiosk);
    ssh::serve(listener, vec![key], Arc::new(site), CancellationToken::new()).await;
}

fn setup(kiosk: Kiosk) -> Box<MakeSetup> {
    Box::new(move |_, terminal, identity| Setup {
        terminal,
        identity,
        stations: kiosk.stations(),
        rules: kiosk.rules(),
        look: Look::default(),
        documents: Vec::new(),
        hints: Vec::new(),
        test_payment: true,
        idle: Idle::default(),
        seed: rand::random(),
    })
}

/// Holds a berth whenever it is told to.
fn obey(kiosk: Kiosk) {
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        for _ in std::io::stdin().lock().lines() {
            runtime.block_on(hold(&kiosk));
        }
    });
}

/// Of a train that everybody sees.
async fn hold(kiosk: &Kiosk) {
    let session = kiosk.open_session(Terminal { id: "BENCH".to_owned(), station: None, kind: TerminalKind::Desk });
    let [from, to] = [FROM, TO].map(|code| vec![StationCode::parse(code).expect("a code")]);
    let date = railway_time(kiosk.now()).date() + TimeDelta::days(1);
    let request = Request::Search { from, to, date, quota: Quota::General };
    let Ok(Reply::Offers(offers)) = session.call(request).await else { panic!("there are trains") };
    let offer = offers.iter().find(|offer| offer.journey.train.coaches_of(Class::ThirdAc).next().is_some());
    let journey = &offer.expect("one of them has 3A").journey;
    let request = Request::Hold {
        hold: HoldId(Uuid::new_v4()),
        run: journey.run,
        leg: journey.leg,
        class: Class::ThirdAc,
        quota: Quota::General,
        choice: Choice::Best(vec![BerthWish::default()]),
        accept: Accept::Berths,
    };
    session.call(request).await.expect("a berth is free");
    // It would be given back with the session.
    std::mem::forget(session);
}

#[derive(Clone)]
struct Echo;

impl russh::server::Server for Echo {
    type Handler = Self;

    fn new_client(&mut self, _: Option<std::net::SocketAddr>) -> Self {
        self.clone()
    }
}

impl Handler for Echo {
    type Error = russh::Error;

    async fn auth_password(&mut self, _: &str, _: &str) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        session.data(channel, data.to_vec())
    }
}
