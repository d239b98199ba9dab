//! Who did what on a day, newest first, and some days as a file for a spreadsheet.

use chrono::{DateTime, NaiveDate, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::report::MOST_DAYS;
use crate::domain::time::railway_time;
use crate::service::progress::Progress;
use crate::service::request::{Cursor, Document, EventFilter, EventLine, Failure, MOST_ROWS, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::Field;
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{CallId, How, Load};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::when;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::progress;
use crate::ui::widgets::query::Query;
use crate::ui::widgets::sheet::{put, put_right};

/// Rows of an event.
const ROW: u16 = 2;

/// The fields.
const DAY: usize = 0;
const WHO: usize = 1;
const ACTION: usize = 2;
const SUBJECT: usize = 3;
const SESSION: usize = 4;
const EXPORT: usize = 5;

const DAYS_OF_A_FILE: &str = "e writes: 24 nov – today; 92 days, 100,000 lines at most. Empty: this day.";
const _: () = assert!(MOST_DAYS == 92 && MOST_ROWS == 100_000, "the note says so");

/// Who did what on a day.
#[derive(Clone, Debug)]
pub struct Audit {
    query: Query,
    day: NaiveDate,
    filter: EventFilter,
    list: Paged<EventLine>,
    /// How far back the day was looked through, when it was not to its beginning.
    back_to: Option<DateTime<Utc>>,
    export: Load<Document>,
    /// How far the file has come.
    progress: Option<Progress>,
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look for what is typed.
    Search,
    /// Look further back for what is meant.
    Further,
    /// Move the cursor, or the page.
    Move(Key),
    /// The next field, or the list.
    Next,
    /// The field before, or the list.
    Previous,
    /// The day before.
    Earlier,
    /// The day after.
    Later,
    /// Narrow the list to the session of the line under the cursor, or no more.
    Session,
    /// Write the events of some days into a file.
    Export,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Audit {
    /// Everything that was done today.
    pub fn today(world: &World) -> Self {
        Self::of("", world)
    }

    /// What somebody did today.
    pub fn of(who: &str, world: &World) -> Self {
        let fields = vec![
            Field::text("Day", 16).note("today, yesterday, -3, 24 dec").with_value("today"),
            Field::text("Who", 32).note("The name of an account, or a terminal.").with_value(who),
            Field::text("Action", 32).note("How it begins: account, booking, booking.cancel, audit, banner …"),
            Field::text("Subject", 40).note("What it was done to: a PNR, a user name, a run."),
            Field::text("Session", 16).note("As the lines have it behind the terminal, such as 7K3F9Q."),
            Field::text("Export", 32).note(DAYS_OF_A_FILE),
        ];
        let filter = EventFilter { who: who.to_owned(), ..EventFilter::default() };
        let mut query = Query::new(fields, DAY);
        query.to_list();
        Self {
            query,
            day: world.today(),
            filter,
            list: Paged::new(ROW),
            back_to: None,
            export: Load::Idle,
            progress: None,
        }
    }

    fn ask(&self) -> impl FnOnce(Option<Cursor>) -> Request + use<> {
        let (day, filter) = (self.day, self.filter.clone());
        move |after| Request::Events { day, filter, after }
    }

    fn search(&mut self, cx: &mut Context) {
        let Some(day) = when::day(self.query.text(DAY), cx.today()) else {
            return self.query.refuse(DAY, "Type a day: today, yesterday, -3, 24 dec or 2026-12-24.");
        };
        self.day = day;
        self.filter = EventFilter {
            who: self.query.text(WHO).to_owned(),
            action: self.query.text(ACTION).to_lowercase(),
            subject: self.query.text(SUBJECT).to_owned(),
            session: self.query.text(SESSION).to_owned(),
        };
        self.query.to_list();
        self.read(cx);
    }

    /// Narrows the list to the session of the line under the cursor, or no more where it is that of all lines.
    fn narrow(&mut self, cx: &mut Context) {
        let of_line = self.list.chosen().and_then(|line| line.event.session.clone());
        let session = if self.filter.session.is_empty() { of_line.unwrap_or_default() } else { String::new() };
        self.query.field_mut(SESSION).set_value(&session);
        self.filter.session = session;
        self.read(cx);
    }

    /// Writes the days that are typed for it into a file, or the one that is shown.
    fn write(&mut self, cx: &mut Context) {
        let days = match self.query.text(EXPORT) {
            "" => Some((self.day, self.day)),
            typed => when::days(typed, cx.today()),
        };
        let Some((from, to)) = days else {
            return self.query.refuse(EXPORT, "Type days, the first and the last: 24 nov – today, or -7 – -1.");
        };
        if !(0..i64::from(MOST_DAYS)).contains(&(to - from).num_days()) {
            let why = format!("At most {MOST_DAYS} days, and the first before the last: 24 nov – today.");
            return self.query.refuse(EXPORT, why);
        }
        let filter = self.filter.clone();
        self.progress = None;
        self.export = Load::Waiting(cx.call(Request::ExportEvents { from, to, filter }));
    }

    fn read(&mut self, cx: &mut Context) {
        self.back_to = None;
        let ask = self.ask();
        self.list.begin_another(cx, ask);
    }

    fn go_to(&mut self, day: Option<NaiveDate>, cx: &mut Context) {
        let Some(day) = day else { return };
        self.query.field_mut(DAY).set_value(&day.to_string());
        self.day = day;
        self.read(cx);
    }

    /// Says above the list how far a file has come that is written, or else above one with a filter how far it was looked, until
    /// all of the day was.
    fn view_looked(&self, buf: &mut Buffer, list: Rect, world: &World) {
        if let Some(progress) = self.progress.filter(|_| self.export.is_waiting()) {
            let above = Rect { y: list.y.saturating_sub(1), height: 1, ..list };
            return put(buf, above, 2, &progress::line(progress), world.theme.accent);
        }
        let Some(at) = self.back_to.filter(|_| self.filter != EventFilter::default() && !self.list.is_empty()) else {
            return;
        };
        let above = Rect { y: list.y.saturating_sub(1), height: 1, ..list };
        put(buf, above, 2, &format!("Looked back to {}; at the end ↓ looks further.", clock(at)), world.theme.dim);
    }

    /// Whether there is anything to write: of the day that is shown that is seen, and of others it is tried.
    fn may_write(&self) -> bool {
        !self.list.is_empty() || !self.query.text(EXPORT).is_empty()
    }

    fn list_place(&self, area: Rect) -> Rect {
        let above = self.query.height() + 1;
        Rect { y: area.y + above, height: area.height.saturating_sub(above), ..area }
    }
}

impl Scene for Audit {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "search", "Looks for what is typed.", Action::Search),
        bind(&[Key::Enter], "Enter", "further back", "Looks further back through the day.", Action::Further),
        bind(&[Key::Up], "↑↓", "event", "Moves to the event above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('[')], "[ ]", "day", "Shows the day before, or the day after.", Action::Earlier),
        bind(&[Key::Char(']')], "", "", "", Action::Later),
        bind(&[Key::Tab, Key::Char('/')], "Tab", "fields", "Goes to the next field, and to the list.", Action::Next),
        bind(&[Key::BackTab], "", "", "", Action::Previous),
        bind(
            &[Key::Char('s')],
            "s",
            "session",
            "Shows only the session of the line under the cursor, or all sessions again.",
            Action::Session,
        ),
        bind(
            &[Key::Char('e')],
            "e",
            "export",
            "Writes the events of the days in the field Export into a file, or of the day that is shown.",
            Action::Export,
        ),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again from its beginning.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Audit".to_owned()
    }

    fn fact(&self, _world: &World) -> Option<String> {
        Some(long_date(self.day))
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let in_list = self.query.is_in_list();
        match action {
            Action::Search => !in_list,
            Action::Further => in_list && self.list.is_empty() && self.back_to.is_some() && !self.list.is_waiting(),
            Action::Move(_) => !self.list.is_empty(),
            Action::Earlier | Action::Again => in_list && !self.list.is_waiting(),
            Action::Later => in_list && !self.list.is_waiting() && self.day < world.today(),
            Action::Session => {
                let has_one = self.list.chosen().is_some_and(|line| line.event.session.is_some());
                in_list && !self.list.is_waiting() && (has_one || !self.filter.session.is_empty())
            }
            Action::Export => in_list && self.may_write() && !self.export.is_waiting(),
            Action::Next | Action::Previous | Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        self.query.typing()
    }

    fn enter(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Search => self.search(cx),
            Action::Further => {
                let ask = self.ask();
                self.list.further(cx, ask);
            }
            Action::Move(key) => {
                self.query.to_list();
                let (place, ask) = (self.list_place(frame::body(cx.size)), self.ask());
                self.list.key(key, place, cx, ask);
            }
            Action::Next => self.query.next(),
            Action::Previous => self.query.previous(),
            Action::Earlier => self.go_to(self.day.pred_opt(), cx),
            Action::Later => self.go_to(self.day.succ_opt(), cx),
            Action::Session => self.narrow(cx),
            Action::Export => self.write(cx),
            Action::Again => self.read(cx),
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        self.query.key(key);
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        self.query.paste(text, SUBJECT);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let list = self.list_place(area);
        if !self.query.mouse(mouse, area) && list.contains(mouse.at) {
            self.query.to_list();
            let ask = self.ask();
            let _: Touch = self.list.mouse(mouse, list, cx, ask);
        }
    }

    fn progress(&mut self, call: CallId, progress: Progress) {
        if self.export.awaits(call) {
            self.progress = Some(progress);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let mut back_to = self.back_to;
        let is_page = self.list.reply(call, &answer, |reply| match reply {
            Reply::Events { page, next, back_to: until } => {
                back_to = *until;
                Some((page.clone(), next.clone()))
            }
            _ => None,
        });
        if is_page {
            self.back_to = back_to;
            return;
        }
        let file = |reply: &Reply| match reply {
            Reply::Document(document) => Some(document.clone()),
            _ => None,
        };
        if self.export.settle(call, &answer, file) {
            match std::mem::take(&mut self.export) {
                Load::Ready(document) => cx.open(document, How::Save),
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, cx: &mut Context) {
        self.list.gave_up(call);
        if self.export.awaits(call) {
            cx.toast(Tone::Plain, "Stopped: no file was written.");
            self.export = Load::Idle;
        }
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        self.query.view(buf, area, world);
        let looked;
        let none = match self.back_to {
            Some(at) => {
                looked = format!(
                    "The day was looked through back to {}, and nothing fits so far. Enter looks further back.",
                    clock(at)
                );
                ("Nothing yet", looked.as_str())
            }
            None => ("Nothing", "Nothing of the kind was done on this day. [ goes to the day before."),
        };
        self.view_looked(buf, self.list_place(area), world);
        let focus = (self.query.list_focus(), world);
        self.list.view(buf, self.list_place(area), focus, none, |buf, place, one| view_row(buf, place, one, world));
    }
}

fn clock(at: DateTime<Utc>) -> String {
    railway_time(at).format("%H:%M:%S").to_string()
}

fn view_row(buf: &mut Buffer, place: Rect, line: &EventLine, world: &World) {
    let theme = &world.theme;
    let event = &line.event;
    let mut rows = place.rows();
    let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
    put(buf, top, 2, &railway_time(event.at).format("%H:%M:%S").to_string(), theme.dim);
    let who = line.who.as_ref().map_or_else(|| nobody(&event.terminal).to_owned(), ToString::to_string);
    put(buf, top, 12, &text::fit(&who, 18), theme.strong);
    put(buf, top, 32, &text::fit(&event.action, 24), theme.text);
    put(
        buf,
        top,
        57,
        &text::fit(event.subject.as_deref().unwrap_or_default(), top.width.saturating_sub(58)),
        theme.text,
    );
    let session = event.session.as_deref().map(|session| format!(" · {session}")).unwrap_or_default();
    let from = format!("{}{session}", text::fit(&event.terminal, 20));
    put(buf, bottom, 12, &from, theme.dim);
    let note = event.note.as_deref().unwrap_or_default();
    let room = bottom.width.saturating_sub(12 + text::width(&from) + 6);
    put_right(buf, bottom, &text::fit(note, room), theme.dim);
}

/// Who did what no account did.
fn nobody(terminal: &str) -> &'static str {
    match terminal {
        "operator" => "(operator)",
        "kiosk" => "(Kiosk)",
        _ => "(guest)",
    }
}
