//! The program: a stack of screens, overlays above them, and the calls that are on their way.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::Style;

use crate::domain::rules::book::Edition;
use crate::service::request::{Failure, Reply, Request};
use crate::service::rules_file;
use crate::ui::app::aside::Aside;
use crate::ui::command::run::Run;
use crate::ui::command::{CommandLine, ENTRIES};
use crate::ui::context::{Context, Ids, Live, Look, Setup, Wish, World};
use crate::ui::draft::Draft;
use crate::ui::frame::{self, Message};
use crate::ui::glyphs::{Charset, Glyphs, to_ascii};
use crate::ui::keys::{EVERYWHERE, Everywhere, Hint, Key, Mouse, MouseKind, Typing};
use crate::ui::msg::{CallId, Effect, Msg, OpenFailed, Opened, Pending, Watch};
use crate::ui::overlay::{After, Answer, Help, Locked, Overlay, Question};
use crate::ui::screen::{Extent, Hyperlink, Screen};
use crate::ui::text;
use crate::ui::theme::{Theme, Tone};
use crate::ui::toast::Toast;

mod aside;
mod desk;
mod late;
mod leave;
mod resume;
mod time;

/// The program of one session. Everything is in it: two that are equal behave the same.
#[derive(Clone, Debug)]
pub struct App {
    world: World,
    ids: Ids,
    calls_made: u64,
    stack: Vec<Entry>,
    entries_made: u64,
    overlay: Option<Overlay>,
    /// What stands under a lock or a countdown, or came up meanwhile: it is shown when that is over.
    veiled: Option<Overlay>,
    calls: BTreeMap<CallId, Call>,
    toast: Option<Toast>,
    /// Journeys in work that wait.
    aside: Vec<Aside>,
    line: CommandLine,
    /// What was entered on the line and is not done yet.
    run: Option<Run>,
    last_input: DateTime<Utc>,
    /// When the terminal goes away, once that is known.
    closes: Option<DateTime<Utc>>,
    out: Vec<Effect>,
}

/// A screen on the stack, with a name by which replies find it.
#[derive(Clone, Debug)]
struct Entry {
    id: u64,
    screen: Screen,
    entered: Entered,
}

/// Whether a screen was shown before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entered {
    NotYet,
    Yes,
}

/// Whose a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Entry(u64),
    Lock,
    /// Nobody waits for it any more.
    Nobody,
    /// Whoever asked has left.
    Gone,
}

/// A call on its way.
#[derive(Clone, Debug)]
struct Call {
    owner: Owner,
    /// What the person sees of it, if they wait for it.
    pending: Option<Pending>,
    request: Kind,
}

/// What of a request matters when its reply finds nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Money,
    /// Gives places up or money back, or changes names.
    Refund,
    /// Imports trains.
    Import,
    /// Reads alone, and stops when nobody waits for it.
    Reading,
    Other,
}

impl Kind {
    /// Whether money or places may have moved by it.
    const fn acts(self) -> bool {
        matches!(self, Self::Money | Self::Refund)
    }
}

impl App {
    /// A session's program. Its first message is `Msg::Resize`.
    pub fn new(setup: Setup, now: DateTime<Utc>) -> Self {
        let ids = Ids::new(setup.seed);
        let world = World::new(setup, now);
        let first = Screen::home(&world);
        let mut app = Self {
            world,
            ids,
            calls_made: 0,
            stack: Vec::new(),
            entries_made: 0,
            overlay: None,
            veiled: None,
            calls: BTreeMap::new(),
            toast: None,
            aside: Vec::new(),
            line: CommandLine::default(),
            run: None,
            last_input: now,
            closes: None,
            out: Vec::new(),
        };
        app.push(first);
        app
    }

    /// Takes what happened and says what to do.
    pub fn update(&mut self, now: DateTime<Utc>, msg: Msg) -> Vec<Effect> {
        self.world.now = self.world.now.max(now);
        self.enter();
        match msg {
            Msg::Resize(size) => self.world.size = size,
            Msg::Key(key) => self.input(|app| app.key(key)),
            Msg::Mouse(mouse) => self.input(|app| app.mouse(mouse)),
            Msg::Paste(text) => self.input(|app| app.paste(&text)),
            Msg::Wake => {}
            Msg::Live(state) => {
                let run = state.run;
                let before = self.world.live.remove(&run).map(|live| live.state);
                if let Some(journey) = &mut self.world.draft.journey {
                    journey.follow(&state);
                }
                self.world.live.insert(run, Live { state, before, changed_at: self.world.now });
                self.with_top(|screen, cx| screen.live(run, cx));
            }
            Msg::Banners(banners) => self.world.banners = banners,
            Msg::Rules(editions) => self.go_by(&editions),
            Msg::Read(file) => self.with_top(|screen, cx| screen.read(file, cx)),
            Msg::Progress(call, progress) => self.progressed(call, progress),
            Msg::Reply(call, answer) => self.reply(call, answer),
            Msg::Opened(outcome) => self.opened(outcome),
            Msg::Closing(at) => self.close_at(at),
            Msg::LeftBehind(left) => self.offer(&left),
            Msg::Back(look) => self.go_on(look),
            Msg::NothingLeft => self.nothing_left(),
            Msg::Expelled => self.expelled(),
            Msg::HangUp => self.hang_up(),
        }
        self.do_entries();
        self.tick();
        self.forget_unwatched();
        std::mem::take(&mut self.out)
    }

    /// How a screen looks where nothing is drawn.
    pub fn ground(&self) -> Style {
        self.world.theme.text
    }

    /// What a person sees, on a buffer that is empty in the style of [`Self::ground`].
    pub fn view(&self, buf: &mut Buffer) {
        let area = buf.area;
        if area.width < frame::MIN.0 || area.height < frame::MIN.1 {
            frame::too_small(buf, area, &self.world);
        } else {
            let screen = self.top();
            let body = frame::places(area).body;
            match screen.extent(&self.world) {
                Extent::Terminal => {
                    screen.view(buf, area, &self.world);
                    self.view_closing(buf, Rect { height: 1, ..area });
                }
                Extent::Body => {
                    let message = self.message();
                    frame::view(buf, area, screen, message.as_ref(), &self.hints(), &self.world);
                    if self.visible_wait().is_some() || self.toast.is_some() {
                        self.view_closing(buf, frame::places(area).message);
                    }
                    screen.view(buf, body, &self.world);
                }
            }
            if screen.extent(&self.world) == Extent::Body {
                self.view_aside(buf, area);
            }
            self.view_line(buf, area);
            if let Some(overlay) = &self.overlay {
                overlay.view(buf, body, &self.world);
            }
        }
        if self.world.glyphs.charset == Charset::Ascii {
            to_ascii(buf);
        }
    }

    /// The address on a screen of this size, for terminals that can open one. Terminals with signs of Unicode know the
    /// sequence for it, or pass over it; the bare console of Linux shows it.
    pub fn hyperlink(&self, size: Size) -> Option<Hyperlink> {
        let area = Rect::new(0, 0, size.width, size.height);
        let is_shown = area.width >= frame::MIN.0 && area.height >= frame::MIN.1 && self.overlay.is_none();
        let can_open = self.world.glyphs.charset == Charset::Unicode;
        if is_shown && can_open { self.top().hyperlink(frame::places(area).body) } else { None }
    }

    /// The runs on the screen.
    pub fn watch(&self) -> Vec<Watch> {
        if self.is_locked() { Vec::new() } else { self.top().watch(&self.world) }
    }

    /// Changes colours and signs.
    pub fn set_look(&mut self, look: Look) {
        self.world.look = look;
        self.world.theme = Theme::new(look.scheme, look.depth);
        self.world.glyphs = Glyphs::new(look.charset);
    }

    /// Shows screens on top of each other with a journey in work, as if a person had come that way.
    pub fn show(&mut self, draft: Draft, screens: impl IntoIterator<Item = Screen>) {
        self.world.draft = draft;
        for screen in screens {
            self.push(screen);
            self.enter();
        }
    }

    /// What the screens see; for tests and for the terminal's title.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Whether a character typed or pasted now belongs to a password or a code.
    pub fn takes_secret(&self) -> bool {
        let typing = match &self.overlay {
            Some(Overlay::Locked(_)) => Typing::Secret,
            // Any character takes these away, most likely one that was meant for what stands beneath.
            None | Some(Overlay::Idle(_) | Overlay::Help(_)) if self.line.is_open() => Typing::Yes,
            None | Some(Overlay::Idle(_) | Overlay::Help(_)) => self.top().typing(),
            Some(Overlay::Confirm(_) | Overlay::Notice(_) | Overlay::DatePicker(_)) => Typing::No,
        };
        typing == Typing::Secret
    }

    /// The screen on top.
    pub fn top(&self) -> &Screen {
        &self.stack.last().expect("there is always a screen").screen
    }

    /// What stands above it.
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    fn push(&mut self, screen: Screen) {
        self.entries_made += 1;
        self.stack.push(Entry { id: self.entries_made, screen, entered: Entered::NotYet });
    }

    /// Tells the top screen that it is shown, if it does not know yet.
    fn enter(&mut self) {
        while let Some(entry) = self.stack.last_mut()
            && entry.entered == Entered::NotYet
        {
            entry.entered = Entered::Yes;
            self.with_top(Screen::enter);
        }
    }

    fn with_top(&mut self, act: impl FnOnce(&mut Screen, &mut Context)) {
        let id = self.stack.last().expect("there is always a screen").id;
        self.with(id, act);
    }

    /// Lets a screen act, and acts on its wishes.
    fn with(&mut self, id: u64, act: impl FnOnce(&mut Screen, &mut Context)) {
        let Some(entry) = self.stack.iter_mut().find(|entry| entry.id == id) else { return };
        let mut cx = Context::new(&mut self.world, &mut self.ids, &mut self.calls_made);
        act(&mut entry.screen, &mut cx);
        for wish in cx.into_wishes() {
            self.grant(id, wish);
        }
        self.enter();
    }

    fn grant(&mut self, by: u64, wish: Wish) {
        match wish {
            Wish::Push(screen) => self.push(screen),
            Wish::Pop => self.pop(),
            Wish::Replace(screen) => {
                self.stack.pop();
                self.push(screen);
            }
            Wish::ResetTo(screen) => {
                self.stack.clear();
                self.push(screen);
            }
            Wish::Home => self.go_home(),
            Wish::Show(overlay) => self.show_overlay(overlay),
            Wish::Toast(toast) => self.toast = Some(toast),
            Wish::Call { call, what, request } => self.ask(call, Owner::Entry(by), what, request),
            Wish::Forget(call) => self.orphan(call),
            Wish::Effect(effect) => self.out.push(effect),
            Wish::SignOut => self.sign_out(),
        }
    }

    fn pop(&mut self) {
        if self.stack.len() > 1 {
            self.stack.pop();
            if self.world.is_public() && matches!(self.top(), Screen::Welcome(_)) {
                return self.go_home();
            }
            self.with_top(Screen::resume);
        } else {
            self.go_home();
        }
    }

    fn ask(&mut self, call: CallId, owner: Owner, what: Option<&'static str>, request: Request) {
        let kind = match &request {
            Request::Book { .. } | Request::Reserve { .. } | Request::PaySlip { .. } => Kind::Money,
            Request::Cancel { .. }
            | Request::GiveUpSlip { .. }
            | Request::PayOut { .. }
            | Request::CorrectName { .. }
            | Request::ChangeBoarding { .. } => Kind::Refund,
            Request::Import { .. } => Kind::Import,
            request if request.stops() => Kind::Reading,
            _ => Kind::Other,
        };
        if kind == Kind::Money {
            // What was said of it is over once it is taken.
            self.toast = None;
        }
        let pending = what.map(|what| Pending { since: self.world.now, what, patience: request.patience() });
        self.calls.insert(call, Call { owner, pending, request: kind });
        self.out.push(Effect::Call(call, request));
    }

    /// A call of the program's own.
    fn send(&mut self, owner: Owner, request: Request) {
        self.calls_made += 1;
        self.ask(CallId(self.calls_made), owner, None, request);
    }

    fn reply(&mut self, id: CallId, answer: Result<Reply, Failure>) {
        let Some(call) = self.calls.remove(&id) else { return };
        match &answer {
            _ if call.owner == Owner::Gone => {}
            Err(Failure::SignedOut) if self.world.identity.is_some() => {
                self.sign_out();
                let text = "Your session has ended: sign in again.".to_owned();
                self.toast = Some(Toast::new(Tone::Warning, text, self.world.now));
                return;
            }
            Err(Failure::Locked) if !self.is_locked() => self.veil(Overlay::Locked(Locked::default())),
            _ => {}
        }
        match call.owner {
            Owner::Entry(entry) if self.stack.iter().any(|other| other.id == entry) => {
                if let Ok(Reply::Welcome(identity)) = &answer {
                    self.world.identity = Some(identity.clone());
                }
                self.with(entry, |screen, cx| screen.reply(id, answer, cx));
            }
            Owner::Entry(_) | Owner::Nobody | Owner::Gone => self.nobodys(&call, answer),
            Owner::Lock => self.unlocked(answer),
        }
    }

    /// Goes by these published rules from now on. The services have read each of them, and so can this program.
    fn go_by(&mut self, editions: &[Arc<Edition>]) {
        if let Ok(rules) = rules_file::with_editions(&self.world.rules, editions) {
            self.world.rules = Arc::new(rules);
        }
    }

    fn opened(&mut self, outcome: Result<Opened, OpenFailed>) {
        let (tone, text) = match outcome {
            Ok(Opened::Shown) => (Tone::Good, "The document is open in its own program.".to_owned()),
            Ok(Opened::Saved(path)) => (Tone::Good, format!("Saved as {path}.")),
            Ok(Opened::Printed) => (Tone::Good, "Sent to the printer.".to_owned()),
            Err(OpenFailed(text)) => (Tone::Bad, text),
        };
        self.toast = Some(Toast::new(tone, text, self.world.now));
    }

    fn key(&mut self, key: Key) {
        if self.overlay.is_some() {
            return self.overlay_does(|overlay| overlay.key(key));
        }
        if key == Key::Esc && !self.line.is_open() && self.run.is_none() && self.stop_waiting() {
            return;
        }
        let types_entries = self.line.is_open() || self.run.is_some();
        let typing = if types_entries { Typing::Yes } else { self.top().typing() };
        if let Some(binding) = EVERYWHERE.iter().find(|binding| binding.is_for(key, typing))
            && self.offers(binding.action)
            && (self.run.is_none() || binding.action.leaves())
        {
            return self.everywhere(binding.action);
        }
        if self.run.is_some() {
            return self.key_meanwhile(key);
        }
        if self.line.is_open() {
            return self.line_key(key);
        }
        let mut taken = false;
        self.with_top(|screen, cx| taken = screen.key(key, cx));
        if key == Key::Esc && !taken && self.stack.len() > 1 {
            self.pop();
        }
    }

    fn paste(&mut self, text: &str) {
        if self.overlay.is_some() {
            self.overlay_does(|overlay| overlay.paste(text));
        } else if self.line.is_open() {
            self.line.paste(text, &self.world);
        } else if self.run.is_none() {
            self.with_top(|screen, cx| screen.paste(text, cx));
        }
    }

    fn mouse(&mut self, mouse: Mouse) {
        let Size { width, height } = self.world.size;
        let terminal = Rect::new(0, 0, width, height);
        let places = frame::places(terminal);
        if self.overlay.is_none() && self.run.is_none() && self.top().extent(&self.world) == Extent::Terminal {
            return self.with_top(|screen, cx| screen.mouse(mouse, terminal, cx));
        }
        if mouse.kind == MouseKind::Press
            && let Some(key) = frame::key_at(places.keys, &self.hints(), mouse.at)
        {
            return self.key(key);
        }
        if self.overlay.is_some() {
            self.overlay_does(|overlay| overlay.mouse(mouse, places.body));
        } else if places.body.contains(mouse.at) && self.run.is_none() {
            self.with_top(|screen, cx| screen.mouse(mouse, places.body, cx));
        }
    }

    fn overlay_does(&mut self, act: impl FnOnce(&mut Overlay) -> After) {
        let Some(overlay) = &mut self.overlay else { return };
        match act(overlay) {
            After::Stay => {}
            After::Close => self.overlay = None,
            After::Answered(answer) => {
                self.overlay = None;
                self.answered(answer);
            }
            After::Unlock(password) => self.send(Owner::Lock, Request::Unlock { password }),
            After::SignOut => self.sign_out(),
        }
    }

    fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Yes(Question::Quit) => self.hang_up(),
            Answer::Yes(Question::SignOut) => self.sign_out(),
            Answer::Yes(Question::Resume) => self.out.push(Effect::GoOn),
            Answer::No(Question::Quit | Question::SignOut | Question::Resume) => {}
            answer => self.with_top(|screen, cx| screen.answer(answer, cx)),
        }
    }

    fn offers(&self, action: Everywhere) -> bool {
        match action {
            Everywhere::Help => true,
            Everywhere::Line => self.world.takes_money(),
            Everywhere::Aside => self.world.takes_money() && (self.has_work() || self.has_aside()),
            Everywhere::SignOut => self.world.identity.is_some() || self.world.is_public() && !self.is_pristine(),
            Everywhere::Lock => self.world.identity.is_some() && !self.world.is_public(),
            Everywhere::Quit => !self.world.is_public(),
        }
    }

    fn everywhere(&mut self, action: Everywhere) {
        match action {
            Everywhere::Help => self.show_help(),
            Everywhere::Line => self.turn_line(),
            Everywhere::Aside => self.set_aside(),
            Everywhere::SignOut if self.world.draft.hold.is_none() && !self.has_aside() => self.sign_out(),
            Everywhere::SignOut => self.show_overlay(Overlay::Confirm(leave::sign_out_question())),
            Everywhere::Lock => self.lock(),
            Everywhere::Quit => {
                self.show_overlay(Overlay::Confirm(leave::quit_question(&self.world, self.aside_until())));
            }
        }
    }

    fn show_help(&mut self) {
        let everywhere = EVERYWHERE.iter().filter(|binding| self.offers(binding.action));
        let everywhere = everywhere.map(crate::ui::keys::Binding::hint).collect();
        let hints = self.top().hints(&self.world);
        let entries = if self.offers(Everywhere::Line) { ENTRIES } else { &[] };
        self.show_overlay(Overlay::Help(Help::new(self.top().place(&self.world), hints, everywhere, entries)));
    }

    /// How long there is until the terminal goes away, at the right end of a row on which there is something else.
    fn view_closing(&self, buf: &mut Buffer, row: Rect) {
        if let Some(at) = self.closes {
            let words = format!(" closes in {} ", frame::countdown(at, self.world.now));
            let x = row.right().saturating_sub(text::width(&words)).max(row.x);
            buf.set_stringn(x, row.y, &words, row.width.into(), self.world.theme.tone(Tone::Warning));
        }
    }

    /// The keys that work now, most useful first; the one for all keys last.
    fn hints(&self) -> Vec<Hint> {
        if let Some(overlay) = &self.overlay {
            return overlay.hints();
        }
        let mut hints = if self.line.is_open() { CommandLine::hints() } else { self.top().hints(&self.world) };
        hints.push(EVERYWHERE[0].hint());
        hints
    }

    fn message(&self) -> Option<Message> {
        if let Some(pending) = self.visible_wait() {
            let throbber = self.world.glyphs.throbber;
            let frame = usize::try_from((self.world.now - pending.since).num_milliseconds() / time::THROB_MS);
            let sign = throbber[frame.unwrap_or(0) % throbber.len()];
            let left = pending.seconds_left(self.world.now);
            let left = left.map(|left| format!("asking for {left} s more. ")).unwrap_or_default();
            let text = format!("{sign} {} … {left}Esc stops waiting.", pending.what);
            return Some(Message { tone: Tone::Plain, text });
        }
        if let Some(toast) = &self.toast {
            return Some(Message { tone: toast.tone, text: toast.text.clone() });
        }
        if let Some(at) = self.closes {
            let left = frame::countdown(at, self.world.now);
            let text = format!("Kiosk closes in {left}: finish what you do and come back later.");
            return Some(Message { tone: Tone::Warning, text });
        }
        let banner = self.world.banner()?;
        Some(Message { tone: Tone::Warning, text: banner.text.as_str().to_owned() })
    }
}
