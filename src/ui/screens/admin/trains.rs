//! The trains of the timetable: found by number, name or station, and from here edited, ended, or followed run by run.

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::time::RunTime;
use crate::service::request::{Cursor, Failure, Reply, Request, TrainRow};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Focus};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::CallId;
use crate::ui::screen::Scene;
use crate::ui::screens::admin::import::Import;
use crate::ui::screens::admin::runs::Runs;
use crate::ui::screens::admin::train::Editor;
use crate::ui::text;
use crate::ui::widgets::bring::{Ask, Bring};
use crate::ui::widgets::list::Touch;
use crate::ui::widgets::paged::Paged;
use crate::ui::widgets::sheet::{put, put_right};

/// A list of no more rows than this was read at once.
const PAGE: usize = 50;

/// Columns of a row.
const NAME: u16 = 9;
const DAYS: u16 = 36;
const WAY: u16 = 45;
const CLASSES: u16 = 82;

/// The list, and what is looked for in it.
#[derive(Clone, Debug)]
pub struct Trains {
    wanted: Field,
    /// Whether what is typed goes into what is looked for.
    focus: Part,
    list: Paged<TrainRow>,
    export: Bring,
}

/// What keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Wanted,
    List,
}

impl Default for Trains {
    fn default() -> Self {
        let (wanted, list, export) = (Field::text("Find", 40), Paged::new(1), Bring::default());
        Self { wanted, focus: Part::List, list, export }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or the page.
    Move(Key),
    /// Edit the train under it.
    Edit,
    /// Type what is looked for.
    Find,
    /// Go from there to the list.
    Leave,
    /// Show the runs of the train under the cursor.
    Runs,
    /// Make a new train.
    New,
    /// Bring trains in from files.
    Import,
    /// Write what is listed into a file.
    Export,
    /// Read the list again.
    Again,
    /// Go back.
    Back,
}

impl Trains {
    fn ask(&self) -> impl FnOnce(Option<Cursor>) -> Request + use<> {
        let wanted = self.wanted.value().to_owned();
        move |after| Request::Trains { wanted, after }
    }

    /// Looks for what is typed now.
    fn look(&mut self, cx: &mut Context) {
        let ask = self.ask();
        self.list.begin_another(cx, ask);
    }
}

impl Scene for Trains {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(&[Key::Up], "↑↓", "train", "Moves to the train above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Home], "", "", "", Action::Move(Key::Home)),
        bind(&[Key::End], "", "", "", Action::Move(Key::End)),
        bind(&[Key::Enter], "Enter", "edit", "Opens the train under the cursor to be edited.", Action::Edit),
        bind(
            &[Key::Char('/')],
            "/",
            "find",
            "Types what to look for: a number's beginning, a part of a name, a station's code, or several of them.",
            Action::Find,
        ),
        bind(&[Key::Tab], "Tab", "list", "Goes from what is looked for to the list.", Action::Leave),
        bind(&[Key::Char('v')], "v", "runs", "Shows the runs of the train under the cursor.", Action::Runs),
        bind(&[Key::Char('n')], "n", "new train", "Makes a new train.", Action::New),
        bind(&[Key::Char('i')], "i", "import", "Brings trains in from a GTFS folder or a sheet.", Action::Import),
        bind(
            &[Key::Char('x')],
            "x",
            "export",
            "Saves the trains that are listed and run today as a CSV file, which the import reads.",
            Action::Export,
        ),
        bind(&[Key::Char('r')], "r", "read again", "Reads the list again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Trains".to_owned()
    }

    fn offers(&self, action: Action, world: &World) -> bool {
        let in_list = self.focus == Part::List;
        match action {
            Action::Leave => !in_list,
            Action::Find | Action::New | Action::Import => in_list,
            Action::Export => in_list && !self.list.is_empty() && self.export.offers(Ask::Spreadsheet, world),
            Action::Move(Key::Home | Key::End) => in_list && !self.list.is_empty(),
            Action::Move(_) | Action::Edit => !self.list.is_empty(),
            Action::Runs => in_list && !self.list.is_empty(),
            Action::Again => in_list && !self.list.is_waiting(),
            Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        match self.focus {
            Part::Wanted => Typing::Yes,
            Part::List => Typing::No,
        }
    }

    fn enter(&mut self, cx: &mut Context) {
        self.look(cx);
    }

    /// What was published on the screen above is in the list, unless that would lose one's place in a long one.
    fn resume(&mut self, cx: &mut Context) {
        if self.list.rows().len() <= PAGE {
            let ask = self.ask();
            self.list.begin(cx, ask);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Move(key) => {
                self.focus = Part::List;
                let ask = self.ask();
                self.list.key(key, list_place(frame::body(cx.size)), cx, ask);
            }
            Action::Edit => {
                self.focus = Part::List;
                if let Some(number) = self.list.chosen().map(|row| row.number) {
                    cx.push(Editor::of(number, cx.today()));
                }
            }
            Action::Find => self.focus = Part::Wanted,
            Action::Leave => self.focus = Part::List,
            Action::Runs => {
                if let Some(row) = self.list.chosen() {
                    cx.push(Runs::of(row.number, &row.name, cx.today()));
                }
            }
            Action::New => cx.push(Editor::new_train(cx.today())),
            Action::Import => cx.push(Import::default()),
            Action::Export => {
                let request = Request::TrainsFile { wanted: self.wanted.value().to_owned() };
                self.export.ask(Ask::Spreadsheet, request, cx);
            }
            Action::Again => {
                let ask = self.ask();
                self.list.begin(cx, ask);
            }
            Action::Back if self.focus == Part::Wanted => {
                self.focus = Part::List;
                if !self.wanted.is_empty() {
                    self.wanted.set_value("");
                    self.look(cx);
                }
            }
            Action::Back => cx.pop(),
        }
    }

    fn key(&mut self, key: Key, cx: &mut Context) {
        if self.focus == Part::Wanted {
            let before = self.wanted.value().to_owned();
            self.wanted.key(key);
            if self.wanted.value() != before {
                self.look(cx);
            }
        }
    }

    fn paste(&mut self, text: &str, cx: &mut Context) {
        self.focus = Part::Wanted;
        self.wanted.paste(text);
        self.look(cx);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        let list = list_place(area);
        if list.contains(mouse.at) {
            self.focus = Part::List;
            let ask = self.ask();
            if let Touch::Acted(_) = self.list.mouse(mouse, list, cx, ask) {
                self.act(Action::Edit, cx);
            }
        } else if mouse.at.y == area.y {
            self.focus = Part::Wanted;
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, cx: &mut Context) {
        if self.export.reply(call, &answer, cx) {
            return;
        }
        self.list.reply(call, &answer, |reply| match reply {
            Reply::Trains { page, next } => Some((page.clone(), next.clone())),
            _ => None,
        });
    }

    fn gave_up(&mut self, call: CallId, _cx: &mut Context) {
        self.list.gave_up(call);
        self.export.gave_up(call);
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        let (wanted, list) = match self.focus {
            Part::Wanted => (Focus::Here, Focus::Elsewhere),
            Part::List => (Focus::Elsewhere, Focus::Here),
        };
        let theme = &world.theme;
        let line = Rect { height: 1.min(area.height), ..area };
        put(buf, line, 2, self.wanted.label(), if wanted == Focus::Here { theme.strong } else { theme.dim });
        let value = Rect { x: line.x + NAME, width: 42.min(line.width.saturating_sub(NAME)), ..line };
        self.wanted.view_value(buf, value, wanted, world);
        let none = if self.wanted.is_empty() {
            ("No trains yet", "Make one with n, or bring them in from files with i.")
        } else {
            (
                "No such train",
                "Look for a number's beginning, a part of a name or a station's code. Esc shows all again.",
            )
        };
        self.list.view(buf, list_place(area), (list, world), none, |buf, place, row| view_row(buf, place, row, world));
    }
}

fn view_row(buf: &mut Buffer, place: Rect, row: &TrainRow, world: &World) {
    let theme = &world.theme;
    put(buf, place, 2, row.number.as_str(), theme.accent);
    put(buf, place, NAME, &text::fit(&row.name, DAYS - NAME - 1), theme.strong);
    put(buf, place, DAYS, &row.runs_on.to_string(), theme.text);
    let to = world.glyphs.to.trim();
    let way = if place.width > CLASSES {
        format!("{} {} {to} {} {}", row.from, clock(row.departs), row.to, row.arrives)
    } else {
        format!("{} {to} {}", row.from, row.to)
    };
    put(buf, place, WAY, &way, theme.text);
    if place.width > CLASSES {
        let classes: Vec<_> = row.classes.iter().map(|class| class.code()).collect();
        put(buf, place, CLASSES, &classes.join(" "), theme.dim);
    }
    if row.is_off_sale {
        put_right(buf, place, "off sale", theme.bad);
    } else if let Some(from) = row.begins_on {
        put_right(buf, place, &format!("begins {}", day(from)), theme.accent);
    } else if let Some(from) = row.retired_from {
        put_right(buf, place, &format!("ends {}", day(from)), theme.warning);
    } else if let Some(from) = row.changes_on {
        put_right(buf, place, &format!("changes {}", day(from)), theme.warning);
    }
}

fn clock(time: RunTime) -> String {
    time.clock().format("%H:%M").to_string()
}

/// A date that is near: `10 Dec`.
fn day(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

fn list_place(area: Rect) -> Rect {
    Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area }
}
