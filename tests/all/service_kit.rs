//! What the tests of the services start from: a kiosk over an empty store with one small train, on a clock that stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use kiosk::domain::admission::Accept;
use kiosk::domain::allotment::BerthWish;
use kiosk::domain::booking::{Booking, OpId, PaymentMethod};
use kiosk::domain::coach::{BerthRef, Class, Coach, CoachId};
use kiosk::domain::edition::Start;
use kiosk::domain::inventory::HoldId;
use kiosk::domain::passenger::{Accommodation, Gender, Passenger, PersonName};
use kiosk::domain::quota::Quota;
use kiosk::domain::rules::Rules;
use kiosk::domain::segment::Leg;
use kiosk::domain::station::StationCode;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::time::railway_time;
use kiosk::domain::train::{RunId, Train, TrainDraft, TrainKind};
use kiosk::domain::user::{Email, Phone, Role, Username};
use kiosk::service::request::{Choice, Failure, Hold, Identity, Order, Reply, Request, Tender};
use kiosk::service::rules_file;
use kiosk::service::{Argon2Cost, Kiosk, ManualClock, Session, Settings};
use kiosk::store::Store;
use kiosk::store::runs::Current;
use kiosk::store::trains::Listing;
use secrecy::SecretString;
use uuid::Uuid;

use crate::world::{World, now, rajdhani, stations};

pub const PASSWORD: &str = "correct horse battery";

/// A kiosk over a world of its own.
pub struct Stage {
    pub world: World,
    pub clock: Arc<ManualClock>,
    pub kiosk: Kiosk,
}

/// A Rajdhani with eight berths of 2A in two coaches, and eight of 3A in one.
pub fn small_train() -> Train {
    let coach = |id, class, berths| Coach::new(CoachId::parse(id).expect("a coach"), class, berths).expect("berths");
    let coaches =
        vec![coach("A1", Class::SecondAc, 4), coach("A2", Class::SecondAc, 4), coach("B1", Class::ThirdAc, 8)];
    Train::new(TrainDraft { coaches, ..TrainDraft::from(rajdhani()) }).expect("the train is in order")
}

/// A superfast train with sixteen berths of 3A and twenty-four of SL. Of 3A, 13 are in the general quota, one is shared, one
/// is for senior citizens and one for Tatkal; of SL, 16 are in the general quota, and two each are shared and for ladies,
/// senior citizens and Tatkal.
pub fn mixed_train() -> Train {
    let coach = |id, class, berths| Coach::new(CoachId::parse(id).expect("a coach"), class, berths).expect("berths");
    let coaches = vec![coach("B1", Class::ThirdAc, 16), coach("S1", Class::Sleeper, 24)];
    let draft = TrainDraft { coaches, kind: TrainKind::Superfast, ..TrainDraft::from(rajdhani()) };
    Train::new(draft).expect("the train is in order")
}

pub async fn publish(store: &Store, train: Train) {
    let listing = Listing { train, fares: std::collections::BTreeMap::new() };
    let start = Start::at_once("2026-12-01".parse().expect("a date"));
    store.publish(&stations(), &[listing], start, |_, _| {}).await.expect("it can be published");
}

pub fn settings() -> Settings {
    let secret = (0..32).collect::<Vec<u8>>();
    Settings {
        argon2: Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 },
        bootstrap_admin: Some(Email::parse("first@example.in").expect("an address")),
        ..Settings::development(secret.into())
    }
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    /// With the mixed train.
    pub async fn mixed() -> Self {
        Self::over(settings(), mixed_train()).await
    }

    /// With the mixed train and other settings.
    pub async fn mixed_with(settings: Settings) -> Self {
        Self::over(settings, mixed_train()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::over(settings, small_train()).await
    }

    /// On the engine called in line, for tests on the runtime's paused clock.
    pub async fn in_line() -> Self {
        Self::on(World::in_line().await, settings(), small_train()).await
    }

    async fn over(settings: Settings, train: Train) -> Self {
        Self::on(World::empty().await, settings, train).await
    }

    pub async fn on(world: World, settings: Settings, train: Train) -> Self {
        publish(&world.store, train).await;
        let clock = Arc::new(ManualClock::new(now()));
        let kiosk = Kiosk::open(world.store.clone(), settings, clock.clone()).await.expect("the catalogue is read");
        Self { world, clock, kiosk }
    }

    /// Another process over the same tables.
    pub async fn other_kiosk(&self, store: Store) -> Kiosk {
        Kiosk::open(store, self.kiosk.settings().clone(), self.clock.clone()).await.expect("the catalogue is read")
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Somebody at a public console.
    pub fn guest(&self) -> Session {
        self.kiosk.open_session(terminal("HALL-1"))
    }

    /// Somebody with a new account of a role, signed in.
    pub async fn signed_in(&self, name: &str, role: Role) -> Session {
        self.account(name, role).await;
        let session = self.kiosk.open_session(terminal("NDLS-07"));
        sign_in(&session, name, PASSWORD).await.expect("the password is right");
        session
    }

    pub async fn agent(&self) -> Session {
        self.signed_in("agnes", Role::Agent).await
    }

    pub async fn account(&self, name: &str, role: Role) {
        let (username, email) = (username(name), Email::parse(&format!("{name}@example.in")).expect("an address"));
        self.kiosk.add_account(username, email, role, secret(PASSWORD)).await.expect("nobody has the name");
    }
}

pub fn username(name: &str) -> Username {
    Username::parse(name).expect("a user name")
}

pub fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

pub fn terminal(id: &str) -> Terminal {
    Terminal { id: id.to_owned(), station: None, kind: TerminalKind::Counter }
}

pub async fn sign_in(session: &Session, name: &str, password: &str) -> Result<Identity, Failure> {
    match session.call(Request::SignIn { name: name.to_owned(), password: secret(password) }).await? {
        Reply::Welcome(identity) => Ok(identity),
        other => panic!("a sign-in was answered with {other:?}"),
    }
}

/// The run of Saturday, 5 December 2026.
pub fn run() -> RunId {
    "12951#2026-12-05".parse().expect("a run")
}

pub fn leg(from: u8, to: u8) -> Leg {
    Leg::new(from, to).expect("forward")
}

/// From end to end.
pub fn whole() -> Leg {
    leg(0, 5)
}

pub fn berth(coach: &str, number: u8) -> BerthRef {
    BerthRef { coach: CoachId::parse(coach).expect("a coach"), number }
}

pub fn station(code: &str) -> StationCode {
    StationCode::parse(code).expect("a code")
}

fn next_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // Spread over all bits, as ids drawn by chance are.
    let n = NEXT.fetch_add(1, Ordering::SeqCst);
    Uuid::from_u64_pair(n.wrapping_mul(0x9e37_79b9_7f4a_7c15), n.wrapping_mul(0xbf58_476d_1ce4_e5b9))
}

pub fn new_hold() -> HoldId {
    HoldId(next_id())
}

pub fn new_op() -> OpId {
    OpId(next_id())
}

pub fn best(berths: usize) -> Choice {
    Choice::Best(vec![BerthWish::default(); berths])
}

pub fn hold_request(id: HoldId, leg: Leg, class: Class, choice: Choice) -> Request {
    Request::Hold { hold: id, run: run(), leg, class, quota: Quota::General, choice, accept: Accept::Berths }
}

/// What somebody asks for on the run, and what they would take.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub leg: Leg,
    pub class: Class,
    pub quota: Quota,
    pub accept: Accept,
}

/// Whatever there is of the general quota of 3A, from end to end.
pub fn anything() -> Wish {
    Wish { leg: whole(), class: Class::ThirdAc, quota: Quota::General, accept: Accept::Anything }
}

impl Wish {
    pub fn request(self, hold: HoldId, size: usize) -> Request {
        let Self { leg, class, quota, accept } = self;
        Request::Hold { hold, run: run(), leg, class, quota, choice: best(size), accept }
    }

    pub async fn hold(self, session: &Session, size: usize) -> Result<Hold, Failure> {
        match session.call(self.request(new_hold(), size)).await? {
            Reply::Held(hold) => Ok(hold),
            other => panic!("a hold was answered with {other:?}"),
        }
    }

    /// Holds, and pays with money that is none.
    pub async fn buy(self, session: &Session, size: usize) -> Result<Arc<Booking>, Failure> {
        let hold = self.hold(session, size).await?;
        book(session, &order(session, &hold).await).await
    }
}

/// Holds berths of 2A.
pub async fn hold(session: &Session, leg: Leg, choice: Choice) -> Result<Hold, Failure> {
    hold_as(session, new_hold(), leg, Class::SecondAc, choice).await
}

pub async fn hold_as(session: &Session, id: HoldId, leg: Leg, class: Class, choice: Choice) -> Result<Hold, Failure> {
    match session.call(hold_request(id, leg, class, choice)).await? {
        Reply::Held(hold) => Ok(hold),
        other => panic!("a hold was answered with {other:?}"),
    }
}

pub async fn release(session: &Session, hold: &Hold) {
    let reply = session.call(Request::Release { hold: hold.id, run: hold.run }).await;
    assert!(matches!(reply, Ok(Reply::Done)), "{reply:?}");
}

pub fn passenger(name: &str) -> Passenger {
    Passenger {
        name: PersonName::parse(name).expect("a name"),
        age: 34_u8.try_into().expect("an age"),
        gender: Gender::Female,
        preference: None,
        accommodation: Accommodation::Berth,
    }
}

pub fn party(size: usize) -> Vec<Passenger> {
    ["Anita", "Dev", "Mira", "Kabir", "Leela", "Om"].into_iter().take(size).map(passenger).collect()
}

/// The order of a party that fills a hold, at the price that it is told.
pub async fn order(session: &Session, hold: &Hold) -> Order {
    order_for(session, hold, party(hold.grants.len())).await.expect("the party has a price")
}

/// The order of passengers for a hold, at the price that they are told.
pub async fn order_for(session: &Session, hold: &Hold, passengers: Vec<Passenger>) -> Result<Order, Failure> {
    let request = Request::Price {
        run: hold.run,
        leg: hold.leg,
        class: hold.class,
        quota: hold.quota,
        passengers: passengers.clone(),
    };
    let Reply::Priced(fare) = session.call(request).await? else { panic!("a price is answered with a price") };
    let phone = Phone::parse("9810012345").expect("a number");
    Ok(Order { hold: hold.clone(), passengers, phone, agreed: fare.total })
}

pub fn test_money() -> Tender {
    Tender { method: PaymentMethod::Test, reference: None }
}

pub fn cash() -> Tender {
    Tender { method: PaymentMethod::Cash, reference: None }
}

/// The booking in a reply.
pub fn booked(reply: Result<Reply, Failure>) -> Result<Arc<Booking>, Failure> {
    match reply? {
        Reply::Booking(booking) => Ok(booking),
        other => panic!("a booking was answered with {other:?}"),
    }
}

pub async fn book(session: &Session, order: &Order) -> Result<Arc<Booking>, Failure> {
    booked(session.call(Request::Book { op: new_op(), order: order.clone(), payment: test_money() }).await)
}

/// How many berths of 2A are free for a leg, as the store has it.
pub async fn left(stage: &Stage, leg: Leg) -> usize {
    let train = Arc::new(small_train());
    let read = stage.world.store.run(run(), current(&train)).await.expect("it answers").expect("it runs");
    read.state.available(Class::SecondAc, Quota::General, leg, stage.kiosk.now()).expect("it carries 2A")
}

/// What an unsold run goes by on the clock's day.
pub fn current(train: &Arc<Train>) -> Current<'_> {
    static RULES: std::sync::LazyLock<Rules> = std::sync::LazyLock::new(rules_file::bundled);
    Current { train: Some(train), rules: &RULES, on: railway_time(now()).date() }
}
