//! Scripted journeys through the real program and the real services, on a clock that only the script moves. Every session
//! is recorded, and played again at its end to the same screens.
//!
//! A flow (`tests/flows/NAME.flow`) has one step to a line:
//!
//! ```text
//! # screens: A B         every screen that is seen after a step
//! trains mixed          before anything else: a train with every quota, RAC and the unreserved class instead of the small one
//! messages on           before anything else: people are told of their bookings by a function
//! former application    before anything else: what the application before left behind is taken over
//! account NAME ROLE     makes an account with the password `correct horse battery`
//! session NAME KIND     opens a terminal (counter, public, desk) at Mumbai Central
//! session NAME KIND far opens one of another process
//! session NAME          goes to an open one
//! keys <tab>NDLS        types; keys that are no characters stand in angle brackets
//! line ENTRIES          opens the command line, pastes in the place of what stands on it, and presses Enter
//! paste A|B             pastes lines, as terminals send them
//! touch TEXT            touches the middle of a text on the screen
//! expect TEXT           a line of the screen shows it, however wide the gaps between its words are
//! refuse TEXT           no line of the screen shows it
//! remember NAME TEXT    keeps the word behind a text on the screen; later lines have it as {NAME}
//! remember NAME from the log   keeps the one-time code for the first administrator
//! messages refused      the function refuses what it is told; `given up` until nobody tries any more, and `taken` no longer
//! told EVENT            the function was told so since this was asked last
//! advance 5m            time passes for everybody (s, m, h)
//! resize 132x43         the terminal has another size
//! strokes begin         the keys that are typed from here on are counted
//! strokes 60 beside X Y no more than so many were, the letters of some words left out
//! store vanishes        requests to the store are lost; `throttles`, `loses replies`, and `answers` again
//! store takes 4s        what is asked from now on is answered so long after it was asked
//! sheet NAME OLD -> NEW writes the trains that run into a file of {files}, where documents are saved, a text replaced
//! feed NAME             writes a GTFS feed of two trains into a folder of {files}
//! change FILE OLD -> NEW replaces a text of such a file
//! ended                 the session is over
//! ```

#[path = "flow_cover.rs"]
mod flow_cover;
#[path = "flow_files.rs"]
mod flow_files;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use kiosk::aws::fault::{Call, Fault};
use kiosk::domain::banner::Banner;
use kiosk::domain::inventory::RunState;
use kiosk::domain::notification::{ATTEMPTS, Channel};
use kiosk::domain::rules::Rules;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::train::RunId;
use kiosk::service::progress::Tell;
use kiosk::service::request::Request;
use kiosk::service::rules_file::shipped_text;
use kiosk::service::{Attention, Clock as _, Kiosk, RunWatch, Session};
use kiosk::ui::app::App;
use kiosk::ui::context::Setup;
use kiosk::ui::keys::{Key, Mouse, MouseKind};
use kiosk::ui::msg::{CallId, Effect, Msg, OpenFailed, Opened, Watch};
use ratatui::layout::{Position, Size};
use tempfile::TempDir;
use tokio::sync::watch;

use self::flow_cover::screens;
use crate::post_office::{BUSY, PostOffice, Sent};
use crate::service_account::Log;
use crate::service_kit::{PASSWORD, Stage, settings};
use crate::service_notify::{function_alone, told_by};
use crate::store_former::{leave_people_behind, taken};
use crate::tape::Tape;
use crate::ui_kit::{closed_up, draw, parse_keys, setup, span, station, words};

/// What a flow says before anything else, of the stage on which it is played.
const MIXED: &str = "trains mixed";
const MESSAGES: &str = "messages on";
const FORMER: &str = "former application";

/// The end of a step that asks the server's log.
const FROM_LOG: &str = " from the log";

/// What stands before the command line.
const PROMPT: &str = "▌›";

/// How often a function refuses that takes nothing any more.
const ALWAYS: usize = usize::MAX;

/// How often a program may ask to be woken without time going on.
const WAKES: usize = 100;

macro_rules! flows {
    ($($name:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            play(stringify!($name)).await;
        })*

        #[test]
        fn every_flow_is_played() {
            let played = [$(stringify!($name)),*];
            let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows"));
            for file in folder.expect("the folder of flows") {
                let path = file.expect("a file").path();
                let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
                assert!(played.contains(&name.as_str()), "add {name} to the list in tests/all/flows.rs");
            }
        }
    };
}

flows! {
    a_part_is_not_run
    a_train_is_late
    bookings_are_found
    counters_are_answered_for
    every_entry_of_the_line
    entries_that_go_wrong
    first_administrator
    former_application
    messages_are_tried_again
    run_is_cancelled
    train_begins_and_ends
    agent_books_for_two
    back_through_every_step
    boards_later
    booked_on_the_command_line
    card_with_a_reference
    guest_at_a_public_console
    hold_runs_out
    hold_runs_out_at_payment
    last_berth
    live_counts
    locked_in_the_middle
    next_guest_at_a_console
    new_fares_from_a_day
    notice_at_terminals
    people_are_looked_after
    public_console_forgets
    same_berth
    sign_in_and_out
    slip_paid_at_a_counter
    slip_runs_out
    store_is_slow
    store_vanishes
    supervisor_books_a_group
    tatkal_opens
    till_of_a_day
    test_payment_is_marked
    train_changes_from_a_date
    trains_come_from_a_feed
    trains_come_from_a_sheet
    journey_of_last_week_is_booked_again
    traveller_keeps_an_account
    two_customers_at_once
    unreserved_ticket
    waits_and_moves_up
    women_alone_in_the_ladies_quota
}

/// The files that a person at a terminal has: the program's own rules by name, without remarks, in which words of the password
/// could be; dearer ones; and some with a mistake.
fn read(path: &str) -> Result<String, OpenFailed> {
    let name = path.strip_suffix(".toml").unwrap_or(path);
    let (name, steps) = match (name.strip_suffix("-dearer"), name.strip_suffix("-bad")) {
        (Some(name), _) => (name, "= 100\n"),
        (None, Some(name)) => (name, "= 0\n"),
        (None, None) => (name, "= 5\n"),
    };
    let (_, text) =
        shipped_text(name).ok_or_else(|| OpenFailed(format!("{path} cannot be read: there is no such file.")))?;
    let bare = text.lines().filter(|line| !line.starts_with('#')).fold(String::new(), |bare, line| bare + line + "\n");
    Ok(bare.replace("= 5\n", steps))
}

/// A person at a terminal.
struct Seat {
    app: App,
    tape: Tape,
    kiosk: Kiosk,
    session: Session,
    banners: watch::Receiver<Arc<[Banner]>>,
    rules: watch::Receiver<Arc<Rules>>,
    size: Size,
    watches: BTreeMap<RunId, (Attention, RunWatch)>,
    /// What was asked of a slow store, and when it answers.
    late: Vec<(DateTime<Utc>, CallId, Request)>,
    ended: bool,
}

/// All of them, and the services behind.
struct Hall {
    stage: Stage,
    /// What becomes of requests to the store, but for sessions that are far.
    trouble: Arc<Mutex<Option<Fault>>>,
    /// How long the store takes.
    takes: TimeDelta,
    seats: BTreeMap<String, Seat>,
    here: String,
    words: BTreeMap<String, String>,
    /// What the machine has on its disk.
    files: TempDir,
    /// Keys that were typed since somebody began to count.
    strokes: usize,
    /// The screens that were seen, in the order of their first sight.
    seen: Vec<&'static str>,
    /// Those over which the command line was opened.
    opened: BTreeSet<&'static str>,
    /// What the server says of what nobody else may know.
    log: Log,
    /// Where messages go.
    office: Option<PostOffice>,
}

async fn play(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/flows/{name}.flow"));
    let script = std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    let log = Log::default();
    let _guard = script.contains(FROM_LOG).then(|| tracing::subscriber::set_default(log.clone()));
    let mut hall = Hall::built(&script, log).await;
    for (number, line) in (1..).zip(script.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = hall.filled(line);
        if let Err(problem) = hall.step(&line).await {
            panic!("{}:{number}: {line}\n{problem}\n{}", path.display(), hall.screen());
        }
        hall.look();
    }
    let (seen, line): (BTreeSet<_>, _) = (hall.seen.iter().copied().collect(), hall.seen.join(" "));
    assert_eq!(seen, screens(&script), "{}: this is its line: # screens: {line}", path.display());
    let now = hall.now();
    for seat in hall.seats.into_values() {
        // The name of an action has a word of it, too.
        let written = seat.tape.check(now, &seat.kiosk.rules()).replace("booking.correct-name", "");
        for word in PASSWORD.split(' ') {
            assert!(!written.contains(word), "a recording has a word of the password");
        }
    }
}

impl Seat {
    /// Follows the runs on the screen, and no others.
    fn follow(&mut self) {
        let wanted = self.app.watch();
        let same = |run: RunId, attention| wanted.iter().any(|watch| (watch.run, watch.attention) == (run, attention));
        self.watches.retain(|run, (attention, _)| same(*run, *attention));
        for Watch { run, attention } in wanted {
            let session = &self.session;
            self.watches.entry(run).or_insert_with(|| (attention, session.watch(run, attention)));
        }
    }

    /// What has changed of them.
    fn news(&mut self) -> Vec<Arc<RunState>> {
        self.watches.values_mut().filter_map(|(_, watch)| watch.changed().now_or_never().flatten()).collect()
    }
}

impl Hall {
    /// An empty one, over the services that a flow asks for.
    async fn built(script: &str, log: Log) -> Self {
        let says = |wanted: &str| script.lines().any(|line| line.trim() == wanted);
        let settings = if says(MESSAGES) { told_by(function_alone()) } else { settings() };
        let mut stage = if says(MIXED) { Stage::mixed_with(settings).await } else { Stage::with(settings).await };
        if says(FORMER) {
            leave_people_behind(&stage.world).await;
            taken(&stage.world.store).await;
        }
        let trouble: Arc<Mutex<Option<Fault>>> = Arc::default();
        let befalls = Arc::clone(&trouble);
        let troubled = stage.world.with_faults(move |_: &Call| befalls.lock().expect("nothing panics").clone());
        let office = if says(MESSAGES) { Some(PostOffice::open().await) } else { None };
        stage.kiosk = match &office {
            Some(office) => office.kiosk_over(&stage, troubled).await,
            None => stage.other_kiosk(troubled).await,
        };
        let files = TempDir::new().expect("a folder");
        Self {
            stage,
            trouble,
            takes: TimeDelta::zero(),
            seats: BTreeMap::new(),
            here: String::new(),
            words: [("{files}".to_owned(), files.path().display().to_string())].into(),
            files,
            strokes: 0,
            seen: Vec::new(),
            opened: BTreeSet::new(),
            log,
            office,
        }
    }

    /// What becomes of messages, or what was told.
    async fn post(&self, verb: &str, rest: &str) -> Result<(), String> {
        let office = self.office.as_ref().ok_or("say `messages on` first")?;
        match (verb, rest) {
            ("messages", "refused") => office.refuses(Channel::Function, BUSY, ALWAYS),
            ("messages", "taken") => office.refuses(Channel::Function, BUSY, 0),
            ("messages", "given up") => {
                office.refuses(Channel::Function, BUSY, ALWAYS);
                for _ in 0..=ATTEMPTS {
                    self.stage.advance(TimeDelta::minutes(61));
                    self.stage.kiosk.deliver_once().await;
                }
            }
            ("told", event) => {
                let sent = office.take();
                let told = |sent: &Sent| matches!(sent, Sent::Function { payload, .. } if payload["Event"] == event);
                if !sent.iter().any(told) {
                    return Err(format!("the function was told {sent:?}"));
                }
            }
            _ => return Err("messages are refused, given up or taken".to_owned()),
        }
        Ok(())
    }

    async fn step(&mut self, line: &str) -> Result<(), String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "account" => {
                let (name, role) = rest.split_once(' ').ok_or("account NAME ROLE")?;
                self.stage.account(name, role.parse().map_err(|_| "no such role")?).await;
            }
            _ if [MIXED, MESSAGES, FORMER].contains(&line) => {}
            "messages" | "told" => self.post(verb, rest).await?,
            "session" => self.sit(rest).await?,
            "keys" => {
                for key in parse_keys(rest) {
                    self.strokes += 1;
                    self.tell(Msg::Key(key)).await;
                }
            }
            "line" => self.enter(rest).await,
            "paste" => self.tell(Msg::Paste(rest.replace('|', "\r"))).await,
            "touch" => {
                let at = self.place_of(rest).ok_or("it does not stand there")?;
                self.tell(Msg::Mouse(Mouse { kind: MouseKind::Press, at })).await;
            }
            "expect" if self.shows(rest) => {}
            "expect" => return Err("it does not stand there".to_owned()),
            "remember" if rest.ends_with(FROM_LOG) => {
                let code = self.log.codes().pop().ok_or("there is no code in the log")?;
                self.words.insert(format!("{{{}}}", rest.trim_end_matches(FROM_LOG)), code);
            }
            "remember" => {
                let (name, mark) = rest.split_once(' ').ok_or("remember NAME TEXT")?;
                let screen = self.screen();
                let (_, after) = screen.split_once(mark).ok_or("the text does not stand there")?;
                let word = after.split_whitespace().next().ok_or("no word stands behind it")?;
                self.words.insert(format!("{{{name}}}"), word.to_owned());
            }
            "refuse" if self.shows(rest) => return Err("it stands there".to_owned()),
            "refuse" => {}
            "advance" => self.advance(span(rest)?).await,
            "resize" => {
                let (width, height) = rest.split_once('x').ok_or("resize 132x43")?;
                let number = |text: &str| text.parse().map_err(|_| "no number".to_owned());
                let size = Size::new(number(width)?, number(height)?);
                self.seat().size = size;
                self.tell(Msg::Resize(size)).await;
            }
            "store" if rest.starts_with("takes ") => self.takes = span(&rest["takes ".len()..])?,
            "sheet" => self.write_sheet(rest).await?,
            "feed" => self.write_feed(rest)?,
            "change" => self.change_file(rest)?,
            "strokes" if rest == "begin" => self.strokes = 0,
            "strokes" => self.count(rest)?,
            "store" => {
                self.takes = TimeDelta::zero();
                *self.trouble.lock().expect("nothing panics") = match rest {
                    "answers" => None,
                    "vanishes" => Some(Fault::LoseRequest),
                    "throttles" => Some(Fault::Answer(400, "ThrottlingException".to_owned())),
                    "loses replies" => Some(Fault::LoseReply),
                    _ => return Err("the store answers, vanishes, throttles or loses replies".to_owned()),
                };
            }
            "ended" if self.seat().ended => {}
            "ended" => return Err("the session goes on".to_owned()),
            _ => return Err("no such step".to_owned()),
        }
        self.settle().await;
        Ok(())
    }

    fn count(&self, rest: &str) -> Result<(), String> {
        let (most, names) = rest.split_once(" beside ").ok_or("strokes 60 beside NAMES")?;
        let most: usize = most.parse().map_err(|_| "no number")?;
        let names: usize = names.split(' ').map(|name| name.chars().count()).sum();
        let typed = self.strokes - names;
        if typed <= most { Ok(()) } else { Err(format!("{typed} keys were typed beside the names")) }
    }

    /// Whether a text stands on a line of the screen, however wide its gaps are there.
    fn shows(&self, text: &str) -> bool {
        self.screen().lines().any(|line| closed_up(line).contains(&closed_up(text)))
    }

    /// A line with the words that were remembered.
    fn filled(&self, line: &str) -> String {
        self.words.iter().fold(line.to_owned(), |line, (name, word)| line.replace(name, word))
    }

    /// The middle of a text on the screen.
    fn place_of(&self, text: &str) -> Option<Position> {
        let screen = self.screen();
        let (y, line) = (0..).zip(screen.lines()).find(|(_, line)| line.contains(text))?;
        let (before, _) = line.split_once(text)?;
        let x = before.chars().count() + text.chars().count() / 2;
        Some(Position { x: u16::try_from(x).ok()?, y })
    }

    fn seat(&mut self) -> &mut Seat {
        self.seats.get_mut(&self.here).expect("a flow begins with a session")
    }

    fn now(&self) -> DateTime<Utc> {
        self.stage.clock.now()
    }

    fn screen(&self) -> String {
        self.seats.get(&self.here).map_or_else(String::new, |seat| words(&draw(&seat.app, seat.size)))
    }

    /// Does a line of entries.
    async fn enter(&mut self, line: &str) {
        if !self.screen().contains(PROMPT) {
            self.tell(Msg::Key(Key::F(10))).await;
        }
        for msg in [Msg::Key(Key::End), Msg::Key(Key::Ctrl('u')), Msg::Paste(line.to_owned()), Msg::Key(Key::Enter)] {
            self.tell(msg).await;
        }
    }

    async fn sit(&mut self, rest: &str) -> Result<(), String> {
        let mut words = rest.split(' ');
        let (name, kind, process) = (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next());
        name.clone_into(&mut self.here);
        if self.seats.contains_key(name) {
            return Ok(());
        }
        let kind = match kind {
            "counter" => TerminalKind::Counter,
            "public" => TerminalKind::Public,
            "desk" => TerminalKind::Desk,
            _ => return Err("a new session has a kind: counter, public or desk".to_owned()),
        };
        let terminal = Terminal { id: name.to_owned(), station: Some(station("MMCT")), kind };
        let kiosk = match process {
            None => self.stage.kiosk.clone(),
            Some("far") => self.stage.other_kiosk(self.stage.world.store.clone()).await,
            Some(_) => return Err("a session is here, or far".to_owned()),
        };
        let session = kiosk.open_session(terminal.clone());
        let seed = [u8::try_from(self.seats.len()).expect("a few sessions"); 32];
        let begin = Setup {
            terminal,
            stations: kiosk.stations(),
            rules: kiosk.rules(),
            test_payment: kiosk.settings().test_payment,
            seed,
            ..setup(kind)
        };
        let size = Size::new(80, 24);
        let tape = Tape::new(&begin, self.now());
        let app = App::new(begin, self.now());
        let (banners, rules) = (session.banners(), session.rules());
        let (watches, late) = (BTreeMap::new(), Vec::new());
        let seat = Seat { app, tape, kiosk, session, banners, rules, size, watches, late, ended: false };
        self.seats.insert(name.to_owned(), seat);
        self.tell(Msg::Resize(size)).await;
        Ok(())
    }

    async fn tell(&mut self, msg: Msg) {
        let here = self.here.clone();
        self.tell_to(&here, msg).await;
    }

    /// Something happens at a seat; its calls are answered one after the other, and their answers are told.
    async fn tell_to(&mut self, name: &str, msg: Msg) {
        let mut happened = vec![msg];
        while !happened.is_empty() {
            let now = self.now();
            let seat = self.seats.get_mut(name).expect("a seat");
            let msg = happened.remove(0);
            seat.tape.take(now, &seat.app, &msg);
            let effects = seat.app.update(now, msg);
            seat.tape.saw(&seat.app);
            seat.follow();
            for effect in effects {
                match effect {
                    Effect::Call(id, request) if self.takes > TimeDelta::zero() => {
                        seat.late.push((now + self.takes, id, request));
                    }
                    Effect::Call(id, request) => {
                        let (tell, told) = Tell::somebody();
                        let answer = seat.session.call_telling(request, tell).await;
                        happened.extend(told.borrow().map(|progress| Msg::Progress(id, progress)));
                        happened.push(Msg::Reply(id, answer));
                    }
                    // Whatever was asked is answered by now.
                    Effect::Stop(_) => {}
                    Effect::Open(document, _) => {
                        let path = self.files.path().join(&document.name);
                        std::fs::write(path, &document.bytes).expect("it can be written");
                        happened.push(Msg::Opened(Ok(Opened::Saved(document.name))));
                    }
                    Effect::Read(path) => happened.push(Msg::Read(read(&path))),
                    Effect::Bell => {}
                    Effect::GoOn => panic!("no line breaks here"),
                    Effect::Quit => seat.ended = true,
                }
            }
        }
    }

    /// Lets everything happen that happens by itself: work in the background ends, and screens see what has changed.
    async fn settle(&mut self) {
        let names: Vec<String> = self.seats.keys().cloned().collect();
        let mut quiet = false;
        if self.office.is_some() {
            self.stage.kiosk.settle().await;
            self.stage.kiosk.deliver_once().await;
        }
        while !quiet {
            quiet = true;
            for name in &names {
                let seat = self.seats.get_mut(name).expect("a seat");
                seat.follow();
                seat.kiosk.settle().await;
                seat.kiosk.poll_once().await;
                let shown = seat.banners.has_changed().is_ok_and(|changed| changed);
                let shown = shown.then(|| seat.session.own_banners(&seat.banners.borrow_and_update()));
                if let Some(banners) = shown {
                    quiet = false;
                    self.tell_to(name, Msg::Banners(banners)).await;
                }
                let seat = self.seats.get_mut(name).expect("a seat");
                if seat.rules.has_changed().is_ok_and(|changed| changed) {
                    quiet = false;
                    let editions = seat.rules.borrow_and_update().editions().to_vec();
                    self.tell_to(name, Msg::Rules(editions)).await;
                }
                let seat = self.seats.get_mut(name).expect("a seat");
                for state in seat.news() {
                    quiet = false;
                    self.tell_to(name, Msg::Live(state)).await;
                }
            }
        }
    }

    /// Time passes: every program is woken when it asked for it, and told what a slow store answers.
    async fn advance(&mut self, by: TimeDelta) {
        let end = self.now() + by;
        let mut wakes = 0;
        loop {
            let asked = self.seats.iter().filter_map(|(name, seat)| {
                let answer = seat.late.first().map(|(at, ..)| *at);
                Some((answer.into_iter().chain(seat.app.next_wake()).min()?, name.clone()))
            });
            let Some((at, name)) = asked.filter(|(at, _)| *at <= end).min() else { break };
            wakes = if at <= self.now() { wakes + 1 } else { 0 };
            assert!(wakes < WAKES, "the program of {name} asks to be woken at {at} again and again");
            self.stage.clock.set(at.max(self.now()));
            let now = self.now();
            let seat = self.seats.get_mut(&name).expect("a seat");
            let msg = match seat.late.first() {
                Some((answered, ..)) if *answered <= now => {
                    let (_, id, request) = seat.late.remove(0);
                    Msg::Reply(id, seat.session.call(request).await)
                }
                _ => Msg::Wake,
            };
            self.tell_to(&name, msg).await;
        }
        self.stage.clock.set(end);
    }
}
