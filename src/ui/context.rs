//! What a screen can see and what it can ask for.
//!
//! A screen reads the [`World`] and records wishes in the [`Context`]; `App` acts on them afterwards, in order. So no
//! screen holds another, and none can change who is signed in.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use ratatui::layout::Size;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::admission::Standing;
use crate::domain::banner::Banner;
use crate::domain::booking::OpId;
use crate::domain::coach::Class;
use crate::domain::inventory::{HoldId, RunState};
use crate::domain::quota::Quota;
use crate::domain::rules::{BookingRules, Rules};
use crate::domain::segment::Leg;
use crate::domain::station::{Station, StationCode, StationIndex};
use crate::domain::terminal::{Terminal, TerminalKind};
use crate::domain::time::{instant, railway_time};
use crate::domain::train::RunId;
use crate::domain::user::Role;
use crate::service::account::DevelopmentAccount;
use crate::service::request::{Document, Identity, Request};
use crate::ui::draft::{Draft, Trip};
use crate::ui::glyphs::{Charset, Glyphs};
use crate::ui::msg::{CallId, Effect, How, awaiting};
use crate::ui::overlay::{Confirm, DatePicker, Notice, Overlay};
use crate::ui::screen::Screen;
use crate::ui::theme::{Depth, Scheme, Theme, Tone};
use crate::ui::toast::Toast;

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where tickets are sold.
    pub terminal: Terminal,
    /// Who is signed in from the start: known to the door, as over SSH.
    pub identity: Option<Identity>,
    /// All stations.
    pub stations: Arc<StationIndex>,
    /// The railway's rules.
    pub rules: Arc<Rules>,
    /// Colours and signs.
    pub look: Look,
    /// How documents can reach the person here, best first.
    pub documents: Vec<How>,
    /// Accounts that the sign-in screen shows; empty in production.
    pub hints: Vec<AccountHint>,
    /// Whether a booking can be paid with no money at all: development only.
    pub test_payment: bool,
    /// How long a session may be idle.
    pub idle: Idle,
    /// Chance, from which the ids of holds and operations are drawn.
    pub seed: [u8; 32],
}

impl Setup {
    /// A session at a terminal with nobody signed in, no way for documents, no hints, and nothing left to chance.
    pub fn new(terminal: Terminal, stations: Arc<StationIndex>, rules: Arc<Rules>) -> Self {
        Self {
            terminal,
            identity: None,
            stations,
            rules,
            look: Look::default(),
            documents: Vec::new(),
            hints: Vec::new(),
            test_payment: false,
            idle: Idle::default(),
            seed: [0; 32],
        }
    }
}

/// Colours and signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Look {
    /// The colours that were chosen.
    pub scheme: Scheme,
    /// How many the terminal has.
    pub depth: Depth,
    /// The signs that it has.
    pub charset: Charset,
}

/// An account of a development system, with its password for all to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountHint {
    /// The name to sign in with.
    pub name: String,
    /// The password.
    pub password: String,
    /// What the account may do.
    pub role: Role,
}

impl From<&DevelopmentAccount> for AccountHint {
    fn from(account: &DevelopmentAccount) -> Self {
        Self { name: account.username.to_owned(), password: account.password.to_owned(), role: account.role }
    }
}

/// How long a session may be idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// At a public console, until everything is forgotten.
    pub public: TimeDelta,
    /// Elsewhere, until the terminal locks.
    pub staff: TimeDelta,
}

impl Default for Idle {
    fn default() -> Self {
        Self { public: TimeDelta::seconds(90), staff: TimeDelta::minutes(10) }
    }
}

impl Idle {
    /// The last part of a public console's time, in which a countdown is shown: 20 s, or a third of a shorter time, so
    /// that there is always longer to type than to be warned.
    pub fn warning(&self) -> TimeDelta {
        TimeDelta::seconds(20).min(self.public / 3)
    }
}

/// What any screen can see.
#[derive(Clone, Debug)]
pub struct World {
    /// The time, UTC.
    pub now: DateTime<Utc>,
    /// The terminal's size.
    pub size: Size,
    /// Who is signed in.
    pub identity: Option<Identity>,
    /// Whether the door let somebody in as whom they said they are: nobody else signs in here.
    pub is_let_in: bool,
    /// Where this is.
    pub terminal: Terminal,
    /// All stations.
    pub stations: Arc<StationIndex>,
    /// The railway's rules.
    pub rules: Arc<Rules>,
    /// What the terminal shows.
    pub look: Look,
    /// Styles by meaning.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
    /// How documents can reach the person here, best first.
    pub documents: Vec<How>,
    /// Accounts that the sign-in screen shows.
    pub hints: Vec<AccountHint>,
    /// Whether a booking can be paid with no money at all.
    pub test_payment: bool,
    /// How long a session may be idle.
    pub idle: Idle,
    /// The journey in work.
    pub draft: Draft,
    /// What was searched for in this session, the newest first.
    pub recent: Vec<Trip>,
    /// The banners for this terminal, those that are still to come among them, by when they begin.
    pub banners: Vec<Banner>,
    /// The runs that are watched, as far as they are known.
    pub live: BTreeMap<RunId, Live>,
}

impl World {
    /// The world at the beginning of a session.
    pub fn new(setup: Setup, now: DateTime<Utc>) -> Self {
        Self {
            now,
            size: Size::new(80, 24),
            is_let_in: setup.identity.is_some(),
            identity: setup.identity,
            terminal: setup.terminal,
            stations: setup.stations,
            rules: setup.rules,
            look: setup.look,
            theme: Theme::new(setup.look.scheme, setup.look.depth),
            glyphs: Glyphs::new(setup.look.charset),
            documents: setup.documents,
            hints: setup.hints,
            test_payment: setup.test_payment,
            idle: setup.idle,
            draft: Draft::default(),
            recent: Vec::new(),
            banners: Vec::new(),
            live: BTreeMap::new(),
        }
    }

    /// The banner that is shown now: the one that began last.
    pub fn banner(&self) -> Option<&Banner> {
        self.banners.iter().rev().find(|banner| banner.is_on(self.now))
    }

    /// The role of who is signed in.
    pub fn role(&self) -> Option<Role> {
        self.identity.as_ref().map(|identity| identity.role)
    }

    /// Whether money can be taken: by who works for the railway, and not where any traveller may touch the terminal.
    pub fn takes_money(&self) -> bool {
        self.role().is_some_and(Role::is_staff) && !self.is_public()
    }

    /// Whether any traveller may touch this terminal.
    pub fn is_public(&self) -> bool {
        self.terminal.kind == TerminalKind::Public
    }

    /// The railway's date.
    pub fn today(&self) -> NaiveDate {
        railway_time(self.now).date()
    }

    /// The booking rules in force today.
    pub fn booking_rules(&self) -> &BookingRules {
        self.rules.booking_on(self.today())
    }

    /// The name of a station; its code when it is unknown.
    pub fn station_name(&self, code: StationCode) -> String {
        self.stations.get(code).map_or_else(|| code.to_string(), |station: &Station| station.name.clone())
    }

    /// Whether anything but a berth can be sold here. A slip keeps berths alone, so that it needs money.
    pub fn sells_queues(&self) -> bool {
        self.takes_money() || self.test_payment
    }

    /// What the next to ask would get of a class from a quota, and whether that changed a moment ago; `None` while
    /// nothing is known of the run or when it does not carry the class.
    pub fn standing(&self, run: RunId, class: Class, quota: Quota, leg: Leg) -> Option<Stands> {
        let live = self.live.get(&run)?;
        let standing = live.state.standing(class, quota, leg, self.now)?;
        let before = live.before.as_ref().filter(|_| self.now < live.changed_at + LIVE_MARK);
        let before = before.and_then(|state| state.standing(class, quota, leg, self.now));
        let change = before.map_or(Change::None, |before| match worth(before).cmp(&worth(standing)) {
            Ordering::Greater => Change::Fewer,
            Ordering::Less => Change::More,
            Ordering::Equal => Change::None,
        });
        Some(Stands { standing, change })
    }

    /// When a quota of a class opens on a run, if it has not yet.
    pub fn opens(&self, run: RunId, class: Class, quota: Quota) -> Option<DateTime<Utc>> {
        let terms = self.live.get(&run).map(|live| &live.state.terms.quotas);
        let tatkal = &terms.unwrap_or_else(|| self.rules.quotas_on(self.today())).tatkal;
        let opens = instant(tatkal.opens_at(class, run.date));
        (quota == Quota::Tatkal && self.now < opens).then_some(opens)
    }
}

/// What is better has more of it: berths, then a low number among those who share, then one on the list.
fn worth(standing: Standing) -> (u8, i64) {
    match standing {
        Standing::Unreserved => (4, 0),
        Standing::Available(berths) => (3, i64::try_from(berths).unwrap_or(i64::MAX)),
        Standing::Rac(number) => (2, -i64::from(number)),
        Standing::Waiting(_, number) => (1, -i64::from(number)),
        Standing::Full => (0, 0),
    }
}

/// How long a changed number is marked.
pub const LIVE_MARK: TimeDelta = TimeDelta::seconds(2);

/// A watched run.
#[derive(Clone, Debug)]
pub struct Live {
    /// Its state.
    pub state: Arc<RunState>,
    /// The state before.
    pub before: Option<Arc<RunState>>,
    /// When the state came.
    pub changed_at: DateTime<Utc>,
}

/// What the next to ask would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stands {
    /// It.
    pub standing: Standing,
    /// What happened to it in the last two seconds.
    pub change: Change,
}

impl Stands {
    /// How many berths there are.
    pub const fn berths(self) -> usize {
        if let Standing::Available(berths) = self.standing { berths } else { 0 }
    }

    /// Whether there is enough for so many to travel, each with what they asked for.
    pub const fn is_enough_for(self, party: usize) -> bool {
        matches!(self.standing, Standing::Unreserved) || self.berths() >= party
    }
}

/// What happened to a number a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// It became worse, `▾`.
    Fewer,
    /// It became better, `▴`.
    More,
}

impl Change {
    /// The mark behind the number.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::None => " ",
            Self::Fewer => "▾",
            Self::More => "▴",
        }
    }
}

/// Draws ids from a seed: the same seed gives the same ids, so that a session can be replayed.
#[derive(Clone, Debug)]
pub struct Ids {
    seed: [u8; 32],
    drawn: u64,
}

impl Ids {
    /// Ids from a seed.
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A part of a second, another one in most sessions: what all of them do now and then they need not do at once.
    pub(super) fn within_a_second(&self) -> TimeDelta {
        TimeDelta::milliseconds(i64::from(self.seed[0]) * 1000 / 256)
    }

    fn draw(&mut self) -> Uuid {
        self.drawn += 1;
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize();
        let bytes: [u8; 16] = digest[..16].try_into().expect("a digest has 32 bytes");
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// What a screen asked for.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Show a screen on top.
    Push(Screen),
    /// Go back to the screen below.
    Pop,
    /// Show a screen instead of this one.
    Replace(Screen),
    /// Show a screen and forget all others.
    ResetTo(Screen),
    /// Go to the first screen and forget the journey in work, giving its berths back.
    Home,
    /// Show an overlay, which answers this screen.
    Show(Overlay),
    /// Show a passing message.
    Toast(Toast),
    /// Wait for an answer.
    Call {
        /// Its name.
        call: CallId,
        /// What the message line says while it lasts; nothing for what happens in the background.
        what: Option<&'static str>,
        /// The request.
        request: Request,
    },
    /// Wait no more for an answer.
    Forget(CallId),
    /// Hand to the terminal.
    Effect(Effect),
    /// Sign out.
    SignOut,
}

/// What a screen can see, and the outbox for what it asks for.
#[derive(Debug)]
pub struct Context<'a> {
    world: &'a mut World,
    ids: &'a mut Ids,
    calls: &'a mut u64,
    wishes: Vec<Wish>,
}

impl Deref for Context<'_> {
    type Target = World;
    fn deref(&self) -> &World {
        self.world
    }
}

impl<'a> Context<'a> {
    /// An empty outbox.
    pub(super) fn new(world: &'a mut World, ids: &'a mut Ids, calls: &'a mut u64) -> Self {
        Self { world, ids, calls, wishes: Vec::new() }
    }

    /// What was asked for.
    pub(super) fn into_wishes(self) -> Vec<Wish> {
        self.wishes
    }

    /// The journey in work, to fill.
    pub fn draft_mut(&mut self) -> &mut Draft {
        &mut self.world.draft
    }

    /// Keeps what was searched for, to be offered again: the newest few, each way once.
    pub fn remember(&mut self, trip: Trip) {
        const KEPT: usize = 5;
        let recent = &mut self.world.recent;
        recent.retain(|other| (&other.from, &other.to) != (&trip.from, &trip.to));
        recent.insert(0, trip);
        recent.truncate(KEPT);
    }

    /// Asks the services. The answer comes to this screen's `reply`; after 300 ms the message line says what is
    /// awaited, and Esc gives it up.
    pub fn call(&mut self, request: Request) -> CallId {
        let what = Some(awaiting(&request));
        self.ask(request, what)
    }

    /// Asks the services in the background: the answer comes to `reply`, nobody waits.
    pub fn fetch(&mut self, request: Request) -> CallId {
        self.ask(request, None)
    }

    fn ask(&mut self, request: Request, what: Option<&'static str>) -> CallId {
        *self.calls += 1;
        let call = CallId(*self.calls);
        self.wishes.push(Wish::Call { call, what, request });
        call
    }

    /// Waits no more for an answer.
    pub fn forget(&mut self, call: CallId) {
        self.wishes.push(Wish::Forget(call));
    }

    /// Shows a screen on top of this one.
    pub fn push(&mut self, screen: impl Into<Screen>) {
        self.wishes.push(Wish::Push(screen.into()));
    }

    /// Goes back to the screen below.
    pub fn pop(&mut self) {
        self.wishes.push(Wish::Pop);
    }

    /// Shows a screen instead of this one.
    pub fn replace(&mut self, screen: impl Into<Screen>) {
        self.wishes.push(Wish::Replace(screen.into()));
    }

    /// Shows a screen and forgets all others.
    pub fn reset_to(&mut self, screen: impl Into<Screen>) {
        self.wishes.push(Wish::ResetTo(screen.into()));
    }

    /// Goes to the first screen, forgets the journey in work and gives its berths back.
    pub fn home(&mut self) {
        self.wishes.push(Wish::Home);
    }

    /// Signs out.
    pub fn sign_out(&mut self) {
        self.wishes.push(Wish::SignOut);
    }

    /// Asks a question; the answer comes to this screen's `answer`.
    pub fn confirm(&mut self, question: Confirm) {
        self.wishes.push(Wish::Show(Overlay::Confirm(question)));
    }

    /// Asks for a date; the answer comes to this screen's `answer`.
    pub fn pick_date(&mut self, picker: DatePicker) {
        self.wishes.push(Wish::Show(Overlay::DatePicker(picker)));
    }

    /// Says something that has to be read: it stays until a key is pressed.
    pub fn notice(&mut self, notice: Notice) {
        self.wishes.push(Wish::Show(Overlay::Notice(notice)));
    }

    /// Says something in passing.
    pub fn toast(&mut self, tone: Tone, text: impl Into<String>) {
        let toast = Toast::new(tone, text.into(), self.now);
        self.wishes.push(Wish::Toast(toast));
    }

    /// Brings a document to the person.
    pub fn open(&mut self, document: Document, how: How) {
        self.wishes.push(Wish::Effect(Effect::Open(document, how)));
    }

    /// Reads a file of this machine for the screen; `Scene::read` has it.
    pub fn read_file(&mut self, path: String) {
        self.wishes.push(Wish::Effect(Effect::Read(path)));
    }

    /// Rings the bell.
    pub fn bell(&mut self) {
        self.wishes.push(Wish::Effect(Effect::Bell));
    }

    /// Gives the berths of the journey in work back, if any are held.
    pub fn release(&mut self) {
        if let Some(hold) = self.world.draft.hold.take() {
            self.fetch(Request::Release { hold: hold.id, run: hold.run });
        }
    }

    /// An id for a hold.
    pub fn hold_id(&mut self) -> HoldId {
        HoldId(self.ids.draw())
    }

    /// An id for an action.
    pub fn op_id(&mut self) -> OpId {
        OpId(self.ids.draw())
    }
}
