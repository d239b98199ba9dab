//! What many tests start from: a store on the embedded engines, an account, two small trains.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fmt, pin::Pin};

use aws_credential_types::Credentials;
use chrono::{DateTime, Utc};
use kiosk::aws::embedded;
use kiosk::aws::fault::Plan;
use kiosk::aws::{Clients, remote::Remote};
use kiosk::domain::coach::{Class, Coach, CoachId};
use kiosk::domain::station::{Station, StationCode};
use kiosk::domain::time::RunTime;
use kiosk::domain::train::{Halt, RunDays, Train, TrainDraft, TrainKind, TrainNumber, Zone};
use kiosk::domain::user::{Account, AccountId, Email, PasswordHash, Role, Username};
use kiosk::store::retry::{Patience, Timer};
use kiosk::store::{Names, Store};
use tempfile::TempDir;
use uuid::Uuid;

/// A provisioned store that is gone with the value.
///
/// With `KIOSK_TEST_ENDPOINT` it is on the implementation at that address, under names of its own.
pub struct World {
    /// The store.
    pub store: Store,
    /// Its clients, for stores with faults over the same tables.
    pub clients: Clients,
    /// The names of its tables and bucket.
    pub names: Names,
    _folder: Option<TempDir>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("store", &self.store).finish_non_exhaustive()
    }
}

impl World {
    /// A world with empty tables.
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clients = match endpoint() {
            Some(endpoint) => remote(&endpoint).await,
            None => embedded::in_memory(folder.path()).expect("the engines start"),
        };
        Self::over(clients, Some(folder)).await
    }

    /// A world on the embedded engine called in line, for tests on the runtime's paused clock.
    pub async fn in_line() -> Self {
        Self::over(embedded::inline().expect("the engines start"), None).await
    }

    /// A world with the tables and the bucket that somebody has made at `KIOSK_TEST_ENDPOINT`.
    pub async fn made_by_others(endpoint: &str, names: Names) -> Self {
        let clients = remote(endpoint).await;
        let store = Store::with_patience(clients.clone(), names.clone(), patience());
        Self { store, clients, names, _folder: None }
    }

    /// The same world, with something between its store and what answers it.
    pub fn through(self, wires: impl FnOnce(Clients) -> Clients) -> Self {
        let clients = wires(self.clients);
        Self { store: Store::with_patience(clients.clone(), self.names.clone(), patience()), clients, ..self }
    }

    async fn over(clients: Clients, folder: Option<TempDir>) -> Self {
        let names = names();
        let store = Store::with_patience(clients.clone(), names.clone(), patience());
        store.provision(|_| {}).await.expect("an empty store can be provisioned");
        Self { store, clients, names, _folder: folder }
    }

    /// A store over the same tables whose requests meet the plan's faults. It never really waits.
    pub fn with_faults(&self, plan: impl Plan + 'static) -> Store {
        let clients = self.clients.clone().with_faults(Arc::new(plan));
        Store::with_patience(clients, self.names.clone(), patience())
    }
}

/// Patience on a clock that jumps. Seeds differ within a test, or two stores would send equal tokens.
pub fn patience() -> Patience {
    static SEED: AtomicU64 = AtomicU64::new(7);
    Patience::new(JumpingTimer::default(), SEED.fetch_add(1, Ordering::SeqCst))
}

/// A clock that waiting moves on at once.
#[derive(Debug, Default)]
pub struct JumpingTimer(AtomicU64);

impl Timer for JumpingTimer {
    fn now(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn wait(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let micros = u64::try_from(pause.as_micros()).expect("a pause is short");
        self.0.fetch_add(micros, Ordering::SeqCst);
        Box::pin(tokio::task::yield_now())
    }
}

#[allow(clippy::disallowed_methods, reason = "the one setting of the tests themselves")]
pub fn endpoint() -> Option<String> {
    std::env::var("KIOSK_TEST_ENDPOINT").ok()
}

async fn remote(endpoint: &str) -> Clients {
    let credentials = Credentials::new("test", "test", None, None, "test");
    let remote = Remote {
        region: Some("ap-south-1".to_owned()),
        endpoint: Some(endpoint.parse().expect("KIOSK_TEST_ENDPOINT is an address")),
        credentials: Some(credentials),
        time: None,
    };
    remote.clients().await
}

/// Names that no other test uses, since a remote store is shared.
fn names() -> Names {
    let own = Uuid::new_v4().simple().to_string();
    Names {
        trains: format!("trains-{own}"),
        bookings: format!("bookings-{own}"),
        users: format!("users-{own}"),
        bucket: format!("kiosk-{own}"),
    }
}

/// Tuesday, 1 December 2026, 10:00 in India.
pub fn now() -> DateTime<Utc> {
    "2026-12-01T04:30:00Z".parse().expect("an instant")
}

/// A new account, of which the store knows nothing yet.
pub fn account(name: &str, role: Role) -> Account {
    Account {
        id: AccountId(Uuid::new_v4()),
        version: 1,
        username: Username::parse(name).expect("a user name"),
        email: Email::parse(&format!("{name}@example.in")).expect("an address"),
        role,
        password: PasswordHash("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".to_owned()),
        created_at: now(),
        failures: 0,
        locked_until: None,
        closed: false,
        generation: 0,
        ssh_keys: Vec::new(),
        code_until: None,
        sign_ins: Vec::new(),
    }
}

/// The stations at which the two trains call.
pub fn stations() -> Vec<Station> {
    let stations = [
        ("MMCT", "Mumbai Central", "Mumbai"),
        ("BVI", "Borivali", "Mumbai"),
        ("ST", "Surat", "Surat"),
        ("BRC", "Vadodara Jn", "Vadodara"),
        ("KOTA", "Kota Jn", "Kota"),
        ("NDLS", "New Delhi", "Delhi"),
    ];
    let station = |(code, name, city): (&str, &str, &str)| Station {
        code: StationCode::parse(code).expect("a code"),
        name: name.to_owned(),
        city: city.to_owned(),
    };
    stations.map(station).to_vec()
}

/// A small overnight Rajdhani: six halts, one coach each of 1A, 2A and 3A.
pub fn rajdhani() -> Train {
    let halts = [
        ("MMCT", "17:00", "17:00", 0),
        ("BVI", "17:22", "17:24", 30),
        ("ST", "19:43", "19:48", 263),
        ("BRC", "21:06", "21:16", 392),
        ("KOTA", "03:15+1", "03:20+1", 919),
        ("NDLS", "08:32+1", "08:32+1", 1386),
    ];
    let coaches = [("H1", Class::FirstAc, 24), ("A1", Class::SecondAc, 54), ("B1", Class::ThirdAc, 72)];
    train("12951", "Mumbai Rajdhani", TrainKind::Rajdhani, "MTWTFSS", &halts, &coaches)
}

/// A small day express: three halts, one coach each of CC and 2S, not on Sundays.
pub fn express() -> Train {
    let halts = [("MMCT", "06:00", "06:00", 0), ("ST", "09:40", "09:45", 263), ("BRC", "11:30", "11:30", 392)];
    let coaches = [("C1", Class::ChairCar, 78), ("D1", Class::SecondSitting, 108)];
    train("12009", "Vadodara Express", TrainKind::Express, "MTWTFS-", &halts, &coaches)
}

fn train(
    number: &str,
    name: &str,
    kind: TrainKind,
    days: &str,
    halts: &[(&str, &str, &str, u16)],
    coaches: &[(&str, Class, u8)],
) -> Train {
    let time = |text: &str| text.parse::<RunTime>().expect("a time");
    let halt = |(station, arrive, depart, km): &(&str, &str, &str, u16)| Halt {
        station: StationCode::parse(station).expect("a code"),
        arrive: time(arrive),
        depart: time(depart),
        km: *km,
    };
    let coach = |(id, class, berths): &(&str, Class, u8)| {
        Coach::new(CoachId::parse(id).expect("a coach"), *class, *berths).expect("a possible number of berths")
    };
    let draft = TrainDraft {
        number: TrainNumber::parse(number).expect("a number"),
        version: 1,
        name: name.to_owned(),
        kind,
        zone: Zone::WR,
        runs_on: days.parse::<RunDays>().expect("days"),
        halts: halts.iter().map(halt).collect(),
        coaches: coaches.iter().map(coach).collect(),
    };
    Train::new(draft).expect("the train is in order")
}
