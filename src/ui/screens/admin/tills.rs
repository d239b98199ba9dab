//! Tills: an agent opens their own, counts it, and closes it; whoever answers for the counters sees and closes any.
//!
//! A report can be had at any time: an X report of an open till, a Z report of a closed one.

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::money::Paise;
use crate::domain::pnr::Pnr;
use crate::domain::till::{Till, TillId};
use crate::domain::time::railway_time;
use crate::domain::user::Role;
use crate::service::request::{Cursor, Failure, Reply, Request, Tills as Which};
use crate::ui::attempt::{Attempt, Verdict};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Focus};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{CallId, How};
use crate::ui::overlay::{Answer, Confirm, DatePicker, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::booking::Detail;
use crate::ui::theme::Tone;
use crate::ui::widgets::bring::{Ask, Bring};
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{paragraph, put, put_right};

/// Rows of a till: whose and since when, its cash, and its cards.
const ROW: u16 = 3;
/// Rows above the list: what is typed, and what is wrong with it.
const HEAD: u16 = 3;

/// Whose tills are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    Mine,
    Open,
    ClosedOn(NaiveDate),
}

/// What is typed.
#[derive(Clone, Debug)]
enum Typed {
    /// What is in the drawer of a till that is opened.
    Float,
    /// What was counted in the drawer of this till.
    Count(Box<Till>),
    /// The booking whose refund is handed out.
    Refund,
}

/// The tills.
#[derive(Clone, Debug)]
pub struct Tills {
    shows: Shows,
    list: Paged<Till>,
    typed: Option<(Typed, Field)>,
    /// What was counted, and after how many movements, while the question stands whether it is right.
    counted: Option<(TillId, Paise, u32)>,
    attempt: Attempt,
    bring: Bring,
}

impl Default for Tills {
    fn default() -> Self {
        Self {
            shows: Shows::Mine,
            list: Paged::spaced(ROW),
            typed: None,
            counted: None,
            attempt: Attempt::default(),
            bring: Bring::default(),
        }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take what is typed.
    Take,
    /// Ask again for what may have been done.
    Again,
    /// Open a till.
    Open,
    /// Count the till under the cursor and close it.
    Close,
    /// Hand a refund out.
    HandOut,
    /// Bring the report of the till under the cursor.
    Report(Ask),
    /// Move the cursor, or the page.
    Move(Key),
    /// Exchange one's own tills for everybody's open ones, and those for the closed ones of a day.
    Other,
    /// Choose the day.
    Day,
    /// Read the list again.
    Read,
    /// Type no more.
    Drop,
    /// Go back.
    Back,
}

impl Tills {
    fn ask(shows: Shows) -> impl FnOnce(Option<Cursor>) -> Request {
        move |after| match shows {
            Shows::Mine => Request::MyTills { after },
            Shows::Open => Request::Tills { which: Which::Open, after },
            Shows::ClosedOn(day) => Request::Tills { which: Which::ClosedOn(day), after },
        }
    }

    fn show(&mut self, shows: Shows, cx: &mut Context) {
        self.shows = shows;
        self.list.begin_another(cx, Self::ask(shows));
    }

    /// Whether it is known that no till of one's own is open.
    fn has_none_open(&self) -> bool {
        self.shows == Shows::Mine
            && !self.list.is_waiting()
            && self.list.rows().iter().all(|till| till.closing.is_some())
    }

    fn open_one(&self) -> Option<&Till> {
        self.list.chosen().filter(|till| till.closing.is_none())
    }

    fn begin(&mut self, typed: Typed) {
        let field = match typed {
            Typed::Float => Field::text("Float", 14),
            Typed::Count(_) => Field::text("Counted", 14),
            Typed::Refund => Field::text("PNR", 12),
        };
        self.typed = Some((typed, field));
    }

    /// Takes what was typed, or says what is wrong with it.
    fn take(&mut self, cx: &mut Context) {
        let Some((typed, field)) = &mut self.typed else { return };
        match typed {
            Typed::Float => match field.value().parse::<Paise>() {
                Ok(float) => {
                    let op = cx.op_id();
                    self.attempt.begin(Request::OpenTill { op, float }, cx);
                    self.typed = None;
                }
                Err(bad) => field.refuse(bad.to_string()),
            },
            Typed::Count(till) => match field.value().parse::<Paise>() {
                Ok(counted) => {
                    self.counted = Some((till.id, counted, till.movements));
                    cx.confirm(closing(till, counted, cx));
                }
                Err(bad) => field.refuse(bad.to_string()),
            },
            Typed::Refund => match field.value().parse::<Pnr>() {
                Ok(pnr) => {
                    self.typed = None;
                    cx.push(Detail::of(pnr));
                }
                Err(_) => field.refuse("A PNR has ten digits: type it as it stands on the ticket."),
            },
        }
    }
}

/// The question before a till is closed.
fn closing(till: &Till, counted: Paise, world: &World) -> Confirm {
    let rupee = world.glyphs.rupee;
    let (expected, difference) = (till.expected(), counted - till.expected());
    let how = match difference {
        Paise::ZERO => "right to the paisa".to_owned(),
        short if short < Paise::ZERO => format!("{rupee}{} short", -short),
        over => format!("{rupee}{over} over"),
    };
    Confirm {
        question: Question::CloseTill,
        title: format!("Close the till of {}?", till.agent),
        text: format!(
            "{rupee}{counted} was counted and {rupee}{expected} should be there: {how}. Both are recorded and never \
             changed; if you are not sure, count again."
        ),
        yes: "Close the till",
        no: "Count again",
    }
}

impl Scene for Tills {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Enter], "Enter", "go on", "Takes what is typed.", Action::Take),
        bind(&[Key::Enter], "Enter", "ask again", "Asks again for the same: it will not happen twice.", Action::Again),
        bind(&[Key::Char('n')], "n", "open till", "Opens a till with what is in its drawer for change.", Action::Open),
        bind(&[Key::Char('c')], "c", "close", "Closes the till under the cursor with a count.", Action::Close),
        bind(&[Key::Char('h')], "h", "hand out", "Hands a refund out: type the booking's PNR.", Action::HandOut),
        Ask::Paper(How::Print).bind(Action::Report(Ask::Paper(How::Print))),
        Ask::Paper(How::Open).bind(Action::Report(Ask::Paper(How::Open))),
        Ask::Paper(How::Save).bind(Action::Report(Ask::Paper(How::Save))),
        Ask::Spreadsheet.bind(Action::Report(Ask::Spreadsheet)),
        bind(&[Key::Tab], "Tab", "whose", "Shows your tills, all open ones, or those closed on a day.", Action::Other),
        bind(&[Key::Char('d')], "d", "day", "Chooses the day on which tills were closed.", Action::Day),
        bind(&[Key::Up], "↑↓", "till", "Moves to the till above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Read),
        bind(&[Key::Esc], "Esc", "leave it", "Types no more.", Action::Drop),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Tills".to_owned()
    }

    fn fact(&self, _world: &World) -> Option<String> {
        Some(match self.shows {
            _ if self.attempt.doubt().is_some() => "not known yet".to_owned(),
            Shows::Mine => "yours".to_owned(),
            Shows::Open => "all that are open".to_owned(),
            Shows::ClosedOn(day) => format!("closed on {}", long_date(day)),
        })
    }

    fn typing(&self) -> Typing {
        if self.typed.is_some() { Typing::Yes } else { Typing::No }
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let idle = self.typed.is_none() && self.attempt.is_idle();
        match action {
            Action::Take | Action::Drop => self.typed.is_some(),
            Action::Again => self.attempt.doubt().is_some(),
            Action::Open => idle && world.takes_money() && self.has_none_open(),
            Action::Close => idle && self.open_one().is_some(),
            Action::HandOut => idle && world.takes_money(),
            Action::Report(ask) => idle && self.list.chosen().is_some() && self.bring.offers(ask, world),
            Action::Move(_) => idle && !self.list.is_empty(),
            Action::Other => idle && world.role().is_some_and(|role| role >= Role::Supervisor),
            Action::Day => idle && matches!(self.shows, Shows::ClosedOn(_)),
            Action::Read => idle && !self.list.is_waiting(),
            Action::Back => self.typed.is_none() && !self.attempt.is_under_way(),
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.list.begin(cx, Self::ask(self.shows));
    }

    /// A refund may have been handed out meanwhile.
    fn resume(&mut self, cx: &mut Context) {
        self.list.begin(cx, Self::ask(self.shows));
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Take => self.take(cx),
            Action::Again => self.attempt.repeat(cx),
            Action::Open => self.begin(Typed::Float),
            Action::Close => {
                if let Some(till) = self.open_one().cloned() {
                    self.begin(Typed::Count(Box::new(till)));
                }
            }
            Action::HandOut => self.begin(Typed::Refund),
            Action::Report(ask) => {
                if let Some(till) = self.list.chosen().map(|till| till.id) {
                    self.bring.ask(ask, Request::TillReport { till, form: ask.form() }, cx);
                }
            }
            Action::Move(key) => {
                let (_, list) = places(frame::body(cx.size));
                self.list.key(key, list, cx, Self::ask(self.shows));
            }
            Action::Other => {
                let next = match self.shows {
                    Shows::Mine => Shows::Open,
                    Shows::Open => Shows::ClosedOn(cx.today()),
                    Shows::ClosedOn(_) => Shows::Mine,
                };
                self.show(next, cx);
            }
            Action::Day => {
                if let Shows::ClosedOn(day) = self.shows {
                    let first = cx.today() - chrono::Days::new(366);
                    cx.pick_date(DatePicker::new(first, cx.today(), day));
                }
            }
            Action::Read => self.list.begin(cx, Self::ask(self.shows)),
            Action::Drop => self.typed = None,
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if let Some((_, field)) = &mut self.typed {
            field.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if let Some((_, field)) = &mut self.typed {
            field.paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let (_, list) = places(area);
        if self.typed.is_none()
            && list.contains(mouse.at)
            && let Touch::Acted(_) = self.list.mouse(mouse, list, cx, Self::ask(self.shows))
            && self.offers(Action::Close, cx)
        {
            self.act(Action::Close, cx);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let tills = |reply: &Reply| match reply {
            Reply::Tills { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        };
        if self.list.reply(call, &answer, tills) || self.bring.reply(call, &answer, cx) {
            return;
        }
        let till = |reply: &Reply| if let Reply::Till(till) = reply { Some(till.clone()) } else { None };
        match self.attempt.settle_as(call, &answer, till) {
            Verdict::Done(till) => {
                let words = match till.closing {
                    Some(_) => "The till is closed: take its Z report with you.",
                    None => "The till is open: all money that you take goes into it.",
                };
                cx.toast(Tone::Good, words);
                self.list.begin(cx, Self::ask(self.shows));
            }
            Verdict::Refused(failure) => {
                cx.toast(Tone::Bad, failure.to_string());
                self.list.begin(cx, Self::ask(self.shows));
            }
            Verdict::Unknown | Verdict::NotMine => {}
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        match (answer, self.counted.take()) {
            (Answer::Yes(Question::CloseTill), Some((till, counted, movements))) => {
                self.typed = None;
                let op = cx.op_id();
                self.attempt.begin(Request::CloseTill { op, till, counted, movements }, cx);
            }
            (Answer::Date(day), _) => self.show(Shows::ClosedOn(day), cx),
            _ => {}
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
        self.bring.gave_up(call);
        self.attempt.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (head, list) = places(area);
        self.view_head(buf, head, world);
        let none = match self.shows {
            Shows::Mine => ("You have no till", "Press n to open one with what is in its drawer for change."),
            Shows::Open => ("No till is open", "All drawers are counted. Tab shows those that were closed on a day."),
            Shows::ClosedOn(_) => ("No till was closed on this day", "Press d to choose another day."),
        };
        let focus = if self.typed.is_some() { Focus::Elsewhere } else { Focus::Here };
        self.list.view(buf, list, (focus, world), none, |buf, place, till| view_till(buf, place, till, world));
    }
}

impl Tills {
    fn view_head(&self, buf: &mut Buffer, head: Rect, world: &World) {
        let theme = &world.theme;
        if let Some(doubt) = self.attempt.doubt() {
            return paragraph(buf, head, doubt, theme.warning);
        }
        let Some((typed, field)) = &self.typed else { return };
        let says = match typed {
            Typed::Float => "rupees in the drawer for change, 0 if there are none",
            Typed::Count(_) => "rupees in the drawer, the float among them",
            Typed::Refund => "of the booking whose refund you hand out",
        };
        put(buf, head, 0, "▌", theme.accent);
        put(buf, head, 2, field.label(), theme.strong);
        field.view_value(buf, Rect { x: head.x + 11, width: 15, height: 1, ..head }, Focus::Here, world);
        put(buf, head, 28, says, theme.dim);
        if let Some(error) = field.error() {
            let below = Rect { y: head.y + 1, height: head.height.saturating_sub(2), ..head };
            paragraph(buf, below, error, theme.bad);
        }
    }
}

fn view_till(buf: &mut Buffer, place: Rect, till: &Till, world: &World) {
    let theme = &world.theme;
    let mut rows = place.rows();
    let (Some(top), Some(cash), Some(cards)) = (rows.next(), rows.next(), rows.next()) else { return };
    let opened = railway_time(till.opened_at);
    put(buf, top, 2, &till.agent.to_string(), theme.strong);
    put(buf, top, 20, &till.terminal, theme.text);
    let until = match &till.closing {
        None => String::new(),
        Some(closing) if closing.by == till.agent => railway_time(closing.at).format("%H:%M").to_string(),
        Some(closing) => format!("{} by {}", railway_time(closing.at).format("%H:%M"), closing.by),
    };
    put(buf, top, 34, &format!("{} – {until}", opened.format("%-d %b %H:%M")), theme.text);
    match till.difference() {
        None => put_right(buf, top, "OPEN", theme.good),
        Some(Paise::ZERO) => put_right(buf, top, "right to the paisa", theme.dim),
        Some(short) if short < Paise::ZERO => put_right(buf, top, &format!("{} short", -short), theme.bad),
        Some(over) => put_right(buf, top, &format!("{over} over"), theme.warning),
    }
    let line = |name: &str, taken: Paise, out: Paise| format!("{name:<6}{taken:>13} in {out:>13} out");
    put(buf, cash, 2, &line("cash", till.cash_in, till.cash_out), theme.text);
    put(buf, cash, 44, &format!("float {}", till.float), theme.dim);
    put_right(buf, cash, &format!("drawer {}", till.expected()), theme.text);
    put(buf, cards, 2, &line("cards", till.card_in, till.card_out), theme.text);
    let movements = if till.movements == 1 { "1 movement".to_owned() } else { format!("{} movements", till.movements) };
    put(buf, cards, 44, &movements, theme.dim);
    if let Some(closing) = &till.closing {
        put_right(buf, cards, &format!("counted {}", closing.counted), theme.text);
    }
}

fn places(area: Rect) -> (Rect, Rect) {
    let head = Rect { height: HEAD.min(area.height), ..area };
    let list = Rect { y: area.y + head.height, height: area.height - head.height, ..area };
    (head, list)
}
