//! The screens: a closed set, so that the compiler lists what to touch.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::{IntoStaticStr, VariantNames};

use crate::domain::train::RunId;
use crate::service::progress::Progress;
use crate::service::request::{Failure, Reply};
use crate::ui::command::{self, Refusal, Taken};
use crate::ui::context::{Context, World};
use crate::ui::draft::Step;
use crate::ui::keys::{Binding, Hint, Key, Mouse, Typing};
use crate::ui::msg::{CallId, OpenFailed, Watch};
use crate::ui::overlay::Answer;
use crate::ui::screens;

/// What a screen does. All but `KEYS`, `place`, `act` and `view` have defaults.
pub trait Scene {
    /// What its keys do.
    type Action: Copy + PartialEq + 'static;

    /// Its keys, most useful first.
    const KEYS: &'static [Binding<Self::Action>];

    /// Where this is, in words, for the first line.
    fn place(&self, world: &World) -> String;

    /// The step of a booking that it is.
    fn step(&self) -> Option<Step> {
        None
    }

    /// The one fact that must never be lost, at the right of the second line; by default the hold's countdown or the
    /// date of the journey in work.
    fn fact(&self, _world: &World) -> Option<String> {
        None
    }

    /// How much of the terminal it draws on.
    fn extent(&self, _world: &World) -> Extent {
        Extent::Body
    }

    /// Whether a key's action makes sense now; a key that does not is neither shown nor taken.
    fn offers(&self, _action: Self::Action, _world: &World) -> bool {
        true
    }

    /// Whether a text field has the focus, so that characters are text and not keys.
    fn typing(&self) -> Typing {
        Typing::No
    }

    /// It is shown for the first time.
    fn enter(&mut self, _cx: &mut Context) {}

    /// It is shown again, since the screen above has left.
    fn resume(&mut self, _cx: &mut Context) {}

    /// A key of its table.
    fn act(&mut self, action: Self::Action, cx: &mut Context);

    /// A key that is in no table: typing, for the most part.
    fn key(&mut self, _key: Key, _cx: &mut Context) {}

    /// Text from the clipboard.
    fn paste(&mut self, _text: &str, _cx: &mut Context) {}

    /// The mouse or a finger inside `area`, the place in which `view` draws.
    fn mouse(&mut self, _mouse: Mouse, _area: Rect, _cx: &mut Context) {}

    /// Does a step of an entry of the command line, as its own keys would.
    fn take(&mut self, _step: &command::Step, _cx: &mut Context) -> Taken {
        Taken::NotHere
    }

    /// Why a step did not come about that it took, or that led to it; asked when nobody waits for an answer here.
    fn fell_short(&self, _step: &command::Step, _world: &World) -> Option<Refusal> {
        None
    }

    /// Whether a step that it took waits for what it watches.
    fn is_reading(&self) -> bool {
        false
    }

    /// A file of this machine was read for it, or was not.
    fn read(&mut self, _file: Result<String, OpenFailed>, _cx: &mut Context) {}

    /// The answer to a call of its own.
    fn reply(&mut self, _call: CallId, _answer: Result<Reply, Failure>, _cx: &mut Context) {}

    /// A call of its own has come so far.
    fn progress(&mut self, _call: CallId, _progress: Progress) {}

    /// The person waits no longer for a call.
    fn gave_up(&mut self, _call: CallId, _cx: &mut Context) {}

    /// The answer of an overlay that it showed.
    fn answer(&mut self, _answer: Answer, _cx: &mut Context) {}

    /// A watched run changed; its state is in the world already.
    fn live(&mut self, _run: RunId, _cx: &mut Context) {}

    /// The moment for which `next_wake` asked.
    fn wake(&mut self, _cx: &mut Context) {}

    /// When to wake it; toasts, holds, waits and idle time are not its business.
    fn next_wake(&self, _world: &World) -> Option<DateTime<Utc>> {
        None
    }

    /// The runs that it shows.
    fn watch(&self, _world: &World) -> Vec<Watch> {
        Vec::new()
    }

    /// The address that it shows in `area`, the place in which `view` draws.
    fn hyperlink(&self, _area: Rect) -> Option<Hyperlink> {
        None
    }

    /// Draws it.
    fn view(&self, buf: &mut Buffer, area: Rect, world: &World);
}

/// An address on the screen, for terminals that can open one (OSC 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hyperlink {
    /// Where it stands.
    pub area: Rect,
    /// The address.
    pub url: Arc<str>,
}

/// How much of the terminal a screen draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The part between the head and the message line.
    Body,
    /// All of it: what has to be large, such as a code to scan.
    Terminal,
}

/// Declares the screens and hands every call of the enum on to the one that it holds.
macro_rules! screens {
    ($($(#[$doc:meta])* $name:ident in $($module:ident)::+,)*) => {
        /// A screen.
        #[derive(Clone, Debug, IntoStaticStr, VariantNames)]
        #[allow(clippy::large_enum_variant, reason = "there are a few on a stack, and each is moved once")]
        pub enum Screen { $($(#[$doc])* $name(screens::$($module)::+::$name),)* }

        $(impl From<screens::$($module)::+::$name> for Screen {
            fn from(screen: screens::$($module)::+::$name) -> Self {
                Self::$name(screen)
            }
        })*

        macro_rules! each {
            ($screen:expr, $scene:ident => $body:expr) => {
                match $screen { $(Screen::$name($scene) => $body,)* }
            };
        }
    };
}

screens! {
    /// The first screen of a terminal at which nobody is signed in.
    Welcome in welcome,
    /// Proving who one is.
    SignIn in sign_in,
    /// Making an account.
    Register in register,
    /// Becoming the first administrator.
    Claim in claim,
    /// From where to where, and when.
    Search in search,
    /// Trains of a day.
    Results in results,
    /// The coach map.
    Berths in berths,
    /// Who travels.
    Passengers in passengers,
    /// The fare, and paying it.
    Review in review,
    /// What was booked.
    Ticket in ticket,
    /// Finding a booking without an account.
    FindTicket in find_ticket,
    /// The account's bookings.
    Bookings in bookings,
    /// One booking.
    Detail in booking,
    /// Giving places up.
    Cancel in cancel,
    /// Bookings of the application that Kiosk replaces.
    Former in former,
    /// The account and for whom its holder books.
    Profile in profile,
    /// The account's keys.
    SshKeys in ssh_keys,
    /// A name to be put right.
    Correct in correct,
    /// Where a party boards.
    Boarding in boarding,
    /// A slip at the counter.
    Slip in slip,
    /// What the railway's own people do beside selling.
    Office in admin,
    /// What people are still to be told.
    Messages in admin::messages,
    /// The trains of the timetable.
    Trains in admin::trains,
    /// Trains from files.
    Import in admin::import,
    /// A train that is edited.
    Editor in admin::train,
    /// The runs of a train.
    Runs in admin::runs,
    /// What is sold of a run.
    Occupancy in admin::run,
    /// The times of a run.
    Times in admin::times,
    /// The part of a run that is cancelled.
    Part in admin::part,
    /// Who travels by a run.
    Manifest in admin::manifest,
    /// The money that agents answer for.
    Tills in admin::tills,
    /// Sales, added up.
    Reports in admin::reports,
    /// Refunds that wait at a counter.
    OwedMoney in admin::owed,
    /// How full runs are.
    Loads in admin::loads,
    /// Choosing another password.
    NewPassword in new_password,
    /// The place at a glance.
    Overview in admin::overview,
    /// Accounts.
    Users in admin::users,
    /// Making an account for somebody.
    NewUser in admin::new_user,
    /// One account.
    User in admin::user,
    /// Anybody's bookings.
    FindBookings in admin::find,
    /// What was done to a booking.
    History in history,
    /// Who did what on a day.
    Audit in admin::audit,
    /// What is shown at terminals.
    Notices in admin::notices,
    /// The railway's rules.
    Rules in admin::rules,
    /// The text of rules.
    RuleText in admin::rule_text,
    /// Rules to be published.
    NewRules in admin::new_rules,
}

impl Screen {
    /// Where this is, in words.
    pub fn place(&self, world: &World) -> String {
        each!(self, scene => scene.place(world))
    }

    /// The step of a booking that it is.
    pub fn step(&self) -> Option<Step> {
        each!(self, scene => scene.step())
    }

    /// The one fact of its own that must never be lost.
    pub fn fact(&self, world: &World) -> Option<String> {
        each!(self, scene => scene.fact(world))
    }

    /// How much of the terminal it draws on.
    pub fn extent(&self, world: &World) -> Extent {
        each!(self, scene => scene.extent(world))
    }

    /// Whether a text field has the focus.
    pub fn typing(&self) -> Typing {
        each!(self, scene => scene.typing())
    }

    /// Its keys that make sense now.
    pub fn hints(&self, world: &World) -> Vec<Hint> {
        each!(self, scene => hints(scene, world))
    }

    /// It is shown for the first time.
    pub fn enter(&mut self, cx: &mut Context) {
        each!(self, scene => scene.enter(cx));
    }

    /// It is shown again.
    pub fn resume(&mut self, cx: &mut Context) {
        each!(self, scene => scene.resume(cx));
    }

    /// Takes a key: by its table if it is there, and else as typing. Returns whether its table has the key.
    pub fn key(&mut self, key: Key, cx: &mut Context) -> bool {
        each!(self, scene => press(scene, key, cx))
    }

    /// Text from the clipboard.
    pub fn paste(&mut self, text: &str, cx: &mut Context) {
        each!(self, scene => scene.paste(text, cx));
    }

    /// The mouse inside its area.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        each!(self, scene => scene.mouse(mouse, area, cx));
    }

    /// Does a step of an entry of the command line.
    pub fn take(&mut self, step: &command::Step, cx: &mut Context) -> Taken {
        each!(self, scene => scene.take(step, cx))
    }

    /// Why a step did not come about.
    pub fn fell_short(&self, step: &command::Step, world: &World) -> Option<Refusal> {
        each!(self, scene => scene.fell_short(step, world))
    }

    /// Whether a step waits for what is watched.
    pub fn is_reading(&self) -> bool {
        each!(self, scene => scene.is_reading())
    }

    /// A file of this machine was read for it, or was not.
    pub fn read(&mut self, file: Result<String, OpenFailed>, cx: &mut Context) {
        each!(self, scene => scene.read(file, cx));
    }

    /// The answer to a call of its own.
    pub fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        each!(self, scene => scene.reply(call, answer, cx));
    }

    /// A call of its own has come so far.
    pub fn progress(&mut self, call: CallId, progress: Progress) {
        each!(self, scene => scene.progress(call, progress));
    }

    /// The person waits no longer for a call.
    pub fn gave_up(&mut self, call: CallId, cx: &mut Context) {
        each!(self, scene => scene.gave_up(call, cx));
    }

    /// The answer of an overlay that it showed.
    pub fn answer(&mut self, answer: Answer, cx: &mut Context) {
        each!(self, scene => scene.answer(answer, cx));
    }

    /// A watched run changed.
    pub fn live(&mut self, run: RunId, cx: &mut Context) {
        each!(self, scene => scene.live(run, cx));
    }

    /// The moment for which it asked.
    pub fn wake(&mut self, cx: &mut Context) {
        each!(self, scene => scene.wake(cx));
    }

    /// When to wake it.
    pub fn next_wake(&self, world: &World) -> Option<DateTime<Utc>> {
        each!(self, scene => scene.next_wake(world))
    }

    /// The runs that it shows.
    pub fn watch(&self, world: &World) -> Vec<Watch> {
        each!(self, scene => scene.watch(world))
    }

    /// The address that it shows in its area.
    pub fn hyperlink(&self, area: Rect) -> Option<Hyperlink> {
        each!(self, scene => scene.hyperlink(area))
    }

    /// Draws it.
    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        each!(self, scene => scene.view(buf, area, world));
    }

    /// The first screen: the search for who is signed in, and else the welcome.
    pub fn home(world: &World) -> Self {
        match &world.identity {
            Some(identity) if identity.must_choose_password => screens::new_password::NewPassword::after_code().into(),
            Some(_) => screens::search::Search::default().into(),
            _ => screens::welcome::Welcome::default().into(),
        }
    }
}

/// A binding that shows no keys is the other half of the one before it, such as Down after `↑↓`.
fn hints<S: Scene>(scene: &S, world: &World) -> Vec<Hint> {
    let shown = S::KEYS.iter().filter(|binding| !binding.shown.is_empty() && scene.offers(binding.action, world));
    shown.map(Binding::hint).collect()
}

fn press<S: Scene>(scene: &mut S, key: Key, cx: &mut Context) -> bool {
    let typing = scene.typing();
    let bound = S::KEYS.iter().find(|binding| binding.is_for(key, typing) && scene.offers(binding.action, cx));
    match bound {
        Some(binding) => scene.act(binding.action, cx),
        None => scene.key(key, cx),
    }
    bound.is_some()
}

/// Reads a date as the second line shows it: `Thu 24 Dec 2026`.
pub fn long_date(date: NaiveDate) -> String {
    date.format("%a %-d %b %Y").to_string()
}
