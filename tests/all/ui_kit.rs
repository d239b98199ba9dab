//! The program without a terminal: keys in, effects out, and pictures of what a person would see.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kiosk::domain::booking::Booking;
use kiosk::domain::coach::Class;
use kiosk::domain::fare::{Ride, Traveller, price};
use kiosk::domain::inventory::RunState;
use kiosk::domain::passenger::{Accommodation, Age};
use kiosk::domain::quota::Quota;
use kiosk::domain::rules::Rules;
use kiosk::domain::rules::quota::QuotaRules;
use kiosk::domain::station::StationCode;
use kiosk::domain::terminal::{Terminal, TerminalKind};
use kiosk::domain::timetable::{Journey, Timetable};
use kiosk::domain::user::{AccountId, Role, Username};
use kiosk::service::request::{Failure, Identity, Offer, Reply, Request};
use kiosk::service::{rules_file, timetable_file};
use kiosk::ui::app::App;
use kiosk::ui::context::{Look, Setup};
use kiosk::ui::glyphs::Charset;
use kiosk::ui::keys::{Key, Mouse, MouseKind};
use kiosk::ui::msg::{CallId, Effect, How, Msg};
use kiosk::ui::theme::{Depth, Scheme, Theme};
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Size};
use ratatui::style::Style;
use ratatui::{Frame, Terminal as Screen};
use uuid::Uuid;

use crate::sample_booking;

/// The bundled timetable.
pub static TIMETABLE: LazyLock<Timetable> = LazyLock::new(|| {
    let file = timetable_file::bundled();
    Timetable::new(file.stations, file.trains.into_iter().map(Arc::new).collect())
});

/// The bundled rules.
pub static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(rules_file::bundled()));

/// When every test begins: Tuesday 1 December 2026, 13:44:22 in India.
pub fn start() -> DateTime<Utc> {
    "2026-12-01T08:14:22Z".parse().expect("a moment")
}

/// A terminal of a kind at New Delhi, with nobody signed in.
pub fn setup(kind: TerminalKind) -> Setup {
    let terminal = Terminal { id: "NDLS-07".to_owned(), station: Some(station("NDLS")), kind };
    let setup = Setup::new(terminal, Arc::clone(TIMETABLE.stations()), Arc::clone(&RULES));
    Setup { documents: vec![How::Open, How::Save], seed: [7; 32], ..setup }
}

/// A station's code.
pub fn station(code: &str) -> StationCode {
    StationCode::parse(code).expect("a station's code")
}

/// Somebody with a role.
pub fn identity(role: Role) -> Identity {
    Identity {
        account: AccountId(Uuid::from_u128(7)),
        username: Username::parse("anita").expect("a user name"),
        role,
        may_claim_administrator: false,
        must_choose_password: false,
    }
}

/// The bundled trains from here to there, with the fares of one adult.
pub fn offers(from: &str, to: &str, date: NaiveDate) -> Vec<Offer> {
    let journeys = TIMETABLE.journeys(&[station(from)], &[station(to)], date);
    journeys.into_iter().map(|journey| Offer { fares: fares(&journey, Quota::General, date), journey }).collect()
}

/// The journey of the sample booking in the bundled timetable.
pub fn sample_journey() -> Journey {
    let offers = offers("NDLS", "MMCT", sample_booking::booking().run.date);
    let found = offers.into_iter().find(|offer| offer.journey.train.number().as_str() == "12952");
    found.expect("the sample's train").journey
}

/// The sample booking on the leg that its train has there.
pub fn sample() -> Booking {
    let journey = sample_journey();
    Booking { leg: journey.leg, from: journey.from, to: journey.to, ..sample_booking::booking() }
}

/// What one adult pays in each class of a journey in which a quota is sold.
pub fn fares(journey: &Journey, quota: Quota, date: NaiveDate) -> Vec<(Class, Option<kiosk::domain::money::Paise>)> {
    let adult = Traveller { age: Age::try_from(30).expect("an age"), accommodation: Accommodation::Berth };
    let ride = |class| Ride { kind: journey.train.kind(), class, quota, km: journey.km };
    let priced = |class| price(RULES.fares_on(date), RULES.quotas_on(date), ride(class), &[adult]);
    let fare = |class| priced(class).ok().map(|fare| fare.total);
    // The unreserved class is beside these: tests that sell it say so.
    let classes = journey.train.classes().into_iter().filter(|class| quota.is_sold_in(*class, RULES.quotas_on(date)));
    classes.map(|class| (class, fare(class))).collect()
}

/// A run on which nothing is sold, with the bundled quotas.
pub fn with_quotas(journey: &Journey) -> RunState {
    RunState::unsold(journey.run, Arc::clone(&journey.train), RULES.quotas_on(start().date_naive()))
}

/// A run on which nothing is sold.
pub fn all_free(journey: &Journey) -> RunState {
    RunState::unsold(journey.run, Arc::clone(&journey.train), &QuotaRules::default())
}

/// The program, a clock, and what it asked for.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The program.
    pub app: App,
    /// The time.
    pub now: DateTime<Utc>,
    /// Calls that were not answered yet, oldest first.
    pub calls: VecDeque<(CallId, Request)>,
    /// All other effects.
    pub effects: Vec<Effect>,
}

impl Stage {
    /// A session at 80x24.
    pub fn new(setup: Setup) -> Self {
        let now = start();
        let mut stage = Self { app: App::new(setup, now), now, calls: VecDeque::new(), effects: Vec::new() };
        stage.tell(Msg::Resize(Size::new(80, 24)));
        stage
    }

    /// A counter with somebody signed in.
    pub fn signed_in(role: Role) -> Self {
        Self::new(Setup { identity: Some(identity(role)), ..setup(TerminalKind::Counter) })
    }

    /// Something happens.
    pub fn tell(&mut self, msg: Msg) -> &mut Self {
        for effect in self.app.update(self.now, msg) {
            match effect {
                Effect::Call(id, request) => self.calls.push_back((id, request)),
                other => self.effects.push(other),
            }
        }
        self
    }

    /// Types; keys that are no characters stand in angle brackets: `<tab>NDLS<enter>`, `<lt>` for `<`, `<c-q>`, `<f1>`.
    pub fn keys(&mut self, script: &str) -> &mut Self {
        for key in parse_keys(script) {
            self.tell(Msg::Key(key));
        }
        self
    }

    /// Pastes.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.tell(Msg::Paste(text.to_owned()))
    }

    /// Touches the middle of a text on the screen.
    pub fn touch(&mut self, text: &str) -> &mut Self {
        let at = self.find(text).unwrap_or_else(|| panic!("'{text}' is not on the screen:\n{}", self.text()));
        self.tell(Msg::Mouse(Mouse { kind: MouseKind::Press, at }))
    }

    /// Time passes; the program is woken whenever it asked for it.
    pub fn advance(&mut self, time: TimeDelta) -> &mut Self {
        let end = self.now + time;
        let mut wakes = 0;
        while let Some(at) = self.app.next_wake().filter(|at| *at <= end) {
            wakes = if at <= self.now { wakes + 1 } else { 0 };
            assert!(wakes < 100, "the program asks to be woken at {at} again and again");
            self.now = at.max(self.now);
            self.tell(Msg::Wake);
        }
        self.now = end;
        self
    }

    /// Takes the oldest request that was not answered.
    pub fn asked(&mut self) -> (CallId, Request) {
        self.calls.pop_front().unwrap_or_else(|| panic!("nothing was asked; the screen:\n{}", self.text()))
    }

    /// Answers the oldest request, which is handed back.
    pub fn reply(&mut self, answer: Result<Reply, Failure>) -> Request {
        let (id, request) = self.asked();
        self.tell(Msg::Reply(id, answer));
        request
    }

    /// A watched run has this state.
    pub fn live(&mut self, state: RunState) -> &mut Self {
        self.tell(Msg::Live(Arc::new(state)))
    }

    /// What stands on an 80x24 screen.
    pub fn text(&self) -> String {
        words(&draw(&self.app, Size::new(80, 24)))
    }

    /// The screen says it, over however many lines; what stands beside a panel does not count.
    pub fn says(&self, words: &str) {
        let text = self.text();
        let lines = text.lines().map(|line| line.split('│').nth(1).unwrap_or(line));
        let flat = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "'{words}' is not on\n{text}");
    }

    /// Where a text stands at 80x24: its middle.
    pub fn find(&self, text: &str) -> Option<Position> {
        let screen = self.text();
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text))?;
        let before = line.split(text).next().expect("a split has a first part");
        let column = unicode_width::UnicodeWidthStr::width(before) + text.chars().count() / 2;
        Some(Position::new(u16::try_from(column).expect("a column"), u16::try_from(row).expect("a row")))
    }

    /// What a person sees, at two sizes, in colour, mono and ASCII. Below each picture stands a map of its styles, one
    /// letter to a cell: A accent, S strong, d dim, g good, w warning, b bad, s selected, F focus, u field, r rule.
    pub fn picture(&self) -> String {
        let mut out = String::new();
        let small = Size::new(80, 24);
        let colour = draw(&self.app, small);
        section(&mut out, "80x24", &words(&colour));
        section(&mut out, "its styles", &styles(&colour, &Theme::new(Scheme::Dark, Depth::Indexed)));
        let look = |scheme, charset| {
            let mut app = self.app.clone();
            app.set_look(Look { scheme, depth: Depth::Indexed, charset });
            app
        };
        let mono = draw(&look(Scheme::Mono, Charset::Unicode), small);
        assert_eq!(words(&mono), words(&colour), "mono says the same words");
        assert!(mono.content.iter().all(|cell| is_grey(cell.style())), "mono has no colour");
        section(&mut out, "its styles in mono", &mono_styles(&mono));
        let ascii = words(&draw(&look(Scheme::Dark, Charset::Ascii), small));
        assert!(ascii.is_ascii(), "a console has ASCII alone:\n{ascii}");
        section(&mut out, "80x24 in ASCII", &ascii);
        section(&mut out, "132x43", &words(&draw(&resized(&self.app, Size::new(132, 43)), Size::new(132, 43))));
        out
    }
}

/// Compares what a person sees with the picture kept under this name.
#[macro_export]
macro_rules! assert_picture {
    ($stage:expr, $name:literal) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
            insta::assert_snapshot!($name, $stage.picture());
        });
    };
}

fn resized(app: &App, size: Size) -> App {
    let mut app = app.clone();
    let _ = app.update(app.world().now, Msg::Resize(size));
    app
}

/// Draws the program.
pub fn draw(app: &App, size: Size) -> Buffer {
    let mut screen = Screen::new(TestBackend::new(size.width, size.height)).expect("a screen in memory");
    let draw = |frame: &mut Frame| {
        let area = frame.area();
        frame.buffer_mut().set_style(area, app.ground());
        app.view(frame.buffer_mut());
    };
    screen.draw(draw).expect("a screen in memory");
    screen.backend().buffer().clone()
}

/// A text with one space for every gap.
pub fn closed_up(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A time such as `90s`, `5m` or `2h`.
pub fn span(text: &str) -> Result<TimeDelta, String> {
    let unit = text.chars().last().unwrap_or(' ');
    let number: i64 = text.trim_end_matches(unit).parse().map_err(|_| "a time such as 5m".to_owned())?;
    match unit {
        's' => Ok(TimeDelta::seconds(number)),
        'm' => Ok(TimeDelta::minutes(number)),
        'h' => Ok(TimeDelta::hours(number)),
        _ => Err("a time such as 90s, 5m or 2h".to_owned()),
    }
}

/// The words on a screen, without the space at the ends of lines.
pub fn words(buffer: &Buffer) -> String {
    rows(buffer, |cells| {
        let mut line = String::new();
        let mut skip = 0;
        for cell in cells {
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
            }
            skip -= 1;
        }
        line
    })
}

fn rows(buffer: &Buffer, line: impl Fn(&[ratatui::buffer::Cell]) -> String) -> String {
    let width = usize::from(buffer.area.width);
    let mut out = String::new();
    for cells in buffer.content.chunks(width) {
        let _ = writeln!(out, "{}", line(cells).trim_end());
    }
    out
}

fn section(out: &mut String, title: &str, text: &str) {
    let _ = writeln!(out, "== {title}\n{}", text.trim_end());
}

/// Lines with a style of their own, by number.
fn numbered(map: &str) -> String {
    let lines = map.lines().enumerate().filter(|(_, line)| !line.is_empty());
    lines.fold(String::new(), |mut out, (row, line)| {
        let _ = writeln!(out, "{:>2} {line}", row + 1);
        out
    })
}

fn styles(buffer: &Buffer, theme: &Theme) -> String {
    let names = [
        (theme.text, ' '),
        (theme.accent, 'A'),
        (theme.strong, 'S'),
        (theme.dim, 'd'),
        (theme.good, 'g'),
        (theme.warning, 'w'),
        (theme.bad, 'b'),
        (theme.selected, 's'),
        (theme.focus, 'F'),
        (theme.field, 'u'),
        (theme.changed, 'c'),
    ];
    let plain = Buffer::filled(ratatui::layout::Rect::new(0, 0, 1, 1), ratatui::buffer::Cell::EMPTY);
    let as_drawn = |style: Style| {
        let mut buffer = plain.clone();
        buffer[(0, 0)].set_style(style);
        buffer[(0, 0)].style()
    };
    let letter =
        |style: Style| names.iter().find(|(named, _)| as_drawn(*named) == style).map_or('?', |(_, name)| *name);
    numbered(&rows(buffer, |cells| cells.iter().map(|cell| letter(cell.style())).collect()))
}

fn is_grey(style: Style) -> bool {
    use ratatui::style::Color::{Black, Reset, White};
    // The paper of a QR code is black on white in every scheme.
    [style.fg, style.bg].iter().all(|colour| matches!(colour, None | Some(Reset | Black | White)))
}

fn mono_styles(buffer: &Buffer) -> String {
    use ratatui::style::Modifier;
    let letter = |cell: &ratatui::buffer::Cell| match cell.modifier {
        weight if weight.contains(Modifier::REVERSED) => 'R',
        weight if weight.contains(Modifier::UNDERLINED) => 'u',
        weight if weight.contains(Modifier::BOLD) => 'B',
        _ => ' ',
    };
    numbered(&rows(buffer, |cells| cells.iter().map(letter).collect()))
}

/// The keys of a script.
pub fn parse_keys(script: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            keys.push(named_key(name));
            rest = after;
        } else {
            keys.push(Key::Char(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    keys
}

fn named_key(name: &str) -> Key {
    match name {
        "enter" => Key::Enter,
        "esc" => Key::Esc,
        "tab" => Key::Tab,
        "s-tab" => Key::BackTab,
        "up" => Key::Up,
        "down" => Key::Down,
        "left" => Key::Left,
        "right" => Key::Right,
        "home" => Key::Home,
        "end" => Key::End,
        "pgup" => Key::PageUp,
        "pgdn" => Key::PageDown,
        "bs" => Key::Backspace,
        "del" => Key::Delete,
        "space" => Key::Char(' '),
        "lt" => Key::Char('<'),
        other => {
            let (kind, rest) = other.split_at(1);
            match (kind, rest.strip_prefix('-').and_then(|rest| rest.chars().next()), rest.parse()) {
                ("c", Some(letter), _) => Key::Ctrl(letter),
                ("a", Some(letter), _) => Key::Alt(letter),
                ("f", None, Ok(number)) => Key::F(number),
                _ => panic!("<{other}> is no key"),
            }
        }
    }
}
