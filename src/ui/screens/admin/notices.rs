//! Banners: what is shown at terminals and until when, and showing another.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::banner::{Audience, Banner, BannerId, BannerText, LONGEST};
use crate::domain::time::railway_time;
use crate::service::request::{Cursor, Failure, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Focus, Form};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::Scene;
use crate::ui::screens::admin::when;
use crate::ui::screens::sign_in::form_place;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{put, put_right};

/// Rows of a banner: what it says, and where and when.
const ROW: u16 = 2;

/// The fields of the form.
const TEXT: usize = 0;
const TO: usize = 1;
const FROM: usize = 2;
const UNTIL: usize = 3;

/// What is shown at terminals.
#[derive(Clone, Debug)]
pub struct Notices {
    list: Paged<Banner>,
    /// The form for another; what is typed stays when it is left.
    form: Form,
    is_adding: bool,
    change: Load<Vec<Banner>>,
}

impl Default for Notices {
    fn default() -> Self {
        Self { list: Paged::spaced(ROW), form: form(), is_adding: false, change: Load::Idle }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Fill in another.
    New,
    /// Go on in the form, and show it from its end.
    Next,
    /// Show the one under the cursor no more.
    End,
    /// Read the list again.
    Again,
    /// Leave the form, or the screen.
    Back,
}

impl Notices {
    fn ask(_: Option<Cursor>) -> Request {
        Request::Banners
    }

    fn show(&mut self, cx: &mut Context) {
        let form = &mut self.form;
        let text = BannerText::parse(form.field(TEXT).value());
        let to: Result<Audience, _> = form.field(TO).value().parse();
        let from = when::moment(form.field(FROM).value(), cx.now);
        let until = when::moment(form.field(UNTIL).value(), cx.now).filter(|_| !form.field(UNTIL).is_empty());
        if until.is_none() {
            form.refuse(UNTIL, "Say until when: 18:00, +2h, or 24 dec 18:00.");
        }
        if from.is_none() {
            form.refuse(FROM, "Say from when: now, 18:00, +2h, or 24 dec 18:00.");
        }
        if let Err(bad) = &to {
            form.refuse(TO, bad.to_string());
        }
        if let Err(bad) = &text {
            form.refuse(TEXT, bad.to_string());
        }
        let (Ok(text), Ok(to), Some(from), Some(until)) = (text, to, from, until) else { return };
        if until <= from {
            return form.refuse(UNTIL, Failure::BannerOver.to_string());
        }
        let banner = Banner { id: BannerId(cx.op_id().0), text, to, from, until };
        self.change = Load::Waiting(cx.call(Request::ShowBanner { banner }));
    }
}

fn form() -> Form {
    Form::new(vec![
        Field::text("Notice", LONGEST).note("one line, such as: Trains from platform 4 leave from platform 7 today"),
        Field::text("At", 80).note("all, counter, public, desk, or NDLS-*, HALL-1").with_value("all"),
        Field::text("From", 24).note("now, 18:00, +2h, or 24 dec 18:00").with_value("now"),
        Field::text("Until", 24).note("18:00, +2h, or 24 dec 18:00"),
    ])
}

impl Scene for Notices {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter],
            "Enter",
            "next, show",
            "Goes to the next field, and shows the notice from the last one on.",
            Action::Next,
        ),
        bind(&[Key::Up], "↑↓", "notice", "Moves to the notice above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::Char('n')], "n", "new", "Shows another notice.", Action::New),
        bind(&[Key::Char('x'), Key::Delete], "x", "end", "Shows the notice under the cursor no more.", Action::End),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back; what is typed of a notice stays.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        if self.is_adding { "New notice".to_owned() } else { "Notices".to_owned() }
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        match action {
            Action::Next => self.is_adding,
            Action::Move(_) => !self.is_adding && !self.list.is_empty(),
            Action::End => !self.is_adding && !self.list.is_empty() && !self.change.is_waiting(),
            Action::New => !self.is_adding && !self.change.is_waiting(),
            Action::Again => !self.is_adding && !self.list.is_waiting(),
            Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        if self.is_adding { self.form.typing() } else { Typing::No }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.list.begin(cx, Self::ask);
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => self.list.key(key, place(frame::body(cx.size)), cx, Self::ask),
            Action::New => self.is_adding = true,
            Action::Next => {
                if self.form.key(Key::Enter) == Filled::Submit && !self.change.is_waiting() {
                    self.show(cx);
                }
            }
            Action::End => {
                let Some(banner) = self.list.chosen() else { return };
                cx.confirm(Confirm {
                    question: Question::EndNotice,
                    title: "End this notice?".to_owned(),
                    text: format!("\"{}\" goes from the terminals within a few seconds.", banner.text.as_str()),
                    yes: "End it",
                    no: "Keep it",
                });
            }
            Action::Again => self.enter(cx),
            Action::Back if self.is_adding => self.is_adding = false,
            Action::Back => cx.pop(),
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if let (Answer::Yes(Question::EndNotice), Some(banner)) = (answer, self.list.chosen()) {
            self.change = Load::Waiting(cx.call(Request::EndBanner { banner: banner.id }));
        }
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if self.is_adding {
            self.form.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if self.is_adding {
            self.form.paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        if self.is_adding {
            self.form.mouse(mouse, form_place(area));
        } else {
            self.list.mouse(mouse, place(area), cx, Self::ask);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        let banners = |reply: &Reply| if let Reply::Banners(banners) = reply { Some(banners.clone()) } else { None };
        if self.list.reply(call, &answer, |reply| banners(reply).map(|all| (all, None))) {
            return;
        }
        if self.change.settle(call, &answer, banners) {
            match std::mem::take(&mut self.change) {
                Load::Ready(banners) => {
                    if self.is_adding {
                        (self.form, self.is_adding) = (form(), false);
                        cx.toast(Tone::Good, "The notice is at its terminals within a few seconds.");
                    } else {
                        cx.toast(Tone::Good, "The notice is ended.");
                    }
                    self.list = Paged::spaced(ROW).known(banners);
                }
                Load::Failed(failure) if self.is_adding => self.form.refuse(UNTIL, failure.to_string()),
                Load::Failed(failure) => cx.toast(Tone::Bad, failure.to_string()),
                Load::Idle | Load::Waiting(_) => {}
            }
        }
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
        self.change.give_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        if self.is_adding {
            return self.form.view(buf, form_place(area), world);
        }
        let none = ("No notices", "Press n to show a line at chosen terminals for a while.");
        self.list
            .view(buf, place(area), (Focus::Here, world), none, |buf, place, one| view_row(buf, place, one, world));
    }
}

fn view_row(buf: &mut Buffer, place: Rect, banner: &Banner, world: &World) {
    let theme = &world.theme;
    let mut rows = place.rows();
    let (Some(top), Some(bottom)) = (rows.next(), rows.next()) else { return };
    put(buf, top, 2, banner.text.as_str(), if banner.is_on(world.now) { theme.strong } else { theme.text });
    let clock = |at| railway_time(at).format("%-d %b %H:%M").to_string();
    let (times, tone) = if banner.is_on(world.now) {
        (format!("until {}", clock(banner.until)), Tone::Good)
    } else if world.now < banner.from {
        (format!("from {} until {}", clock(banner.from), clock(banner.until)), Tone::Plain)
    } else {
        ("over".to_owned(), Tone::Plain)
    };
    let room = bottom.width.saturating_sub(2 + text::width(&times) + 4);
    put(buf, bottom, 2, &text::fit(&format!("at {}", banner.to), room), theme.dim);
    put_right(buf, bottom, &times, theme.tone(tone));
}

fn place(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}
