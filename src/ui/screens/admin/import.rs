//! Trains from files: what is imported and how, what it would do line by line before anything is written, and what it did.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::booking::OpId;
use crate::domain::train::Zone;
use crate::service::progress::Progress;
use crate::service::request::{
    BadTrains, Failure, ImportSource, ImportTrial, Imported, LineKind, MissingTrains, Reply, Request, Shown,
};
use crate::ui::context::{Context, World};
use crate::ui::form::{Field, Filled, Form};
use crate::ui::frame;
use crate::ui::keys::{Binding, Key, Mouse, Typing, bind};
use crate::ui::msg::{CallId, Load};
use crate::ui::overlay::{Answer, Confirm, Question};
use crate::ui::screen::{Scene, long_date};
use crate::ui::screens::admin::when;
use crate::ui::theme::Tone;
use crate::ui::widgets::list::{ListState, Touch};

mod drawing;

/// The fields.
const FILES: usize = 0;
const FROM: usize = 1;
const ZONE: usize = 2;
const MISTAKES: usize = 3;
const MISSING: usize = 4;

/// What becomes of an import with mistakes, as the field has it.
const BAD: [(&str, BadTrains); 2] =
    [("import nothing", BadTrains::Refuse), ("leave their trains out", BadTrains::LeaveOut)];

/// What becomes of trains that are not in it, as the field has it.
const NOT_IN_IT: [(&str, MissingTrains); 2] = [("stay as they are", MissingTrains::Stay), ("end", MissingTrains::End)];

/// An import of trains.
#[derive(Clone, Debug)]
pub struct Import {
    form: Form,
    /// What was looked at, or is.
    source: Option<ImportSource>,
    /// What it would do, while it is shown; the form otherwise.
    trial: Load<ImportTrial>,
    list: ListState,
    /// Names the import of what was shown, however often it is asked for.
    op: Option<OpId>,
    change: Load<Imported>,
    /// Why what was shown was not imported.
    refused: Option<Failure>,
    /// How far the call has come that is on its way.
    progress: Option<Progress>,
}

impl Default for Import {
    fn default() -> Self {
        let fields = vec![
            Field::text("Files", 200).note("the whole path of a GTFS folder or a sheet, on the machine of Kiosk"),
            Field::text("From", 24).note("the first day: 1 jan, +30, 2027-01-01; nothing for today"),
            Field::text("Zone", 4).note("of trains of which the files say none, such as WR"),
            Field::choice("With mistakes", BAD.map(|(words, _)| words)),
            Field::choice("Not in it", NOT_IN_IT.map(|(words, _)| words)),
        ];
        Self {
            form: Form::new(fields),
            source: None,
            trial: Load::Idle,
            list: ListState::new(1),
            op: None,
            change: Load::Idle,
            refused: None,
            progress: None,
        }
    }
}

/// What its keys do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on in the form, and look from its end.
    Next,
    /// Say what the import would do.
    Look,
    /// Ask whether to import it.
    Import,
    /// Look through what it would do.
    Move(Key),
    /// Look at the files again.
    Again,
    /// Leave what is shown, or the screen.
    Back,
}

/// What is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// What is imported and how.
    Form,
    /// How far the looking has come.
    Looking,
    /// What it would do.
    Trial,
    /// How far the import has come.
    Importing,
    /// What it did.
    Done,
}

impl Import {
    fn page(&self) -> Page {
        match (&self.trial, &self.change) {
            (_, Load::Ready(_)) => Page::Done,
            (_, Load::Waiting(_)) => Page::Importing,
            (Load::Ready(_), _) => Page::Trial,
            (Load::Waiting(_), _) => Page::Looking,
            _ => Page::Form,
        }
    }

    /// What is to be imported as it is typed; none where a field says why not.
    fn typed(&mut self, world: &World) -> Option<ImportSource> {
        let path = self.form.field(FILES).value().trim().to_owned();
        let zone = match self.form.field(ZONE).value().trim() {
            "" => Ok(None),
            typed => typed.to_uppercase().parse::<Zone>().map(Some),
        };
        let from = match self.form.field(FROM).value() {
            "" => Ok(None),
            typed => when::day(typed, world.today()).map(Some).ok_or(()),
        };
        if zone.is_err() {
            self.form.refuse(ZONE, "Type a zone's abbreviation, such as WR, or nothing.");
        }
        if from.is_err() {
            self.form.refuse(FROM, "Type a day such as 1 jan, +30 for in thirty days, or 2027-01-01.");
        }
        if path.is_empty() {
            self.form.refuse(FILES, "Type the path of the folder or the file first.");
            return None;
        }
        let (_, bad) = BAD[self.form.field(MISTAKES).chosen()];
        let (_, missing) = NOT_IN_IT[self.form.field(MISSING).chosen()];
        Some(ImportSource { path, from: from.ok()?, zone: zone.ok()?, bad, missing })
    }

    fn look(&mut self, cx: &mut Context) {
        if let Some(source) = self.typed(cx) {
            self.forget();
            self.source = Some(source.clone());
            self.trial = Load::Waiting(cx.call(Request::TryImport { source }));
        }
    }

    /// What was shown, if any of it can be imported.
    fn good(&self) -> Option<&ImportTrial> {
        let leaves_out = self.source.as_ref().is_some_and(leaves_out);
        self.trial.ready().filter(|trial| trial.changes_anything() && (trial.mistakes == 0 || leaves_out))
    }

    fn ask_to_import(&self, cx: &mut Context) {
        let Some(trial) = self.good() else { return };
        let title = if only_finishes(trial) {
            "Finish the import that broke off?".to_owned()
        } else {
            format!("{}?", work(&trial.shown, ["Import", "End"]))
        };
        let ends = match trial.shown.ends.first() {
            Some((_, on)) => format!(" Nothing is sold of trains that end for runs from {} on.", long_date(*on)),
            None => String::new(),
        };
        cx.confirm(Confirm {
            question: Question::Import,
            title,
            text: format!(
                "It holds for runs from {} on. Those of which anything was sold keep the trains by which they were sold.{ends}",
                long_date(trial.on)
            ),
            yes: "Import it",
            no: "Not yet",
        });
    }

    /// Rows of the list: the lines, and one that says how many more there are.
    fn rows(&self) -> usize {
        self.trial.ready().map_or(0, |trial| trial.lines.len() + usize::from(trial.unlisted > 0))
    }

    /// The row of the list in a place, and how it is meant.
    fn row(&self, nth: usize) -> Option<(LineKind, String)> {
        let trial = self.trial.ready()?;
        match trial.lines.get(nth) {
            Some(line) => Some((line.kind, line.text.clone())),
            None => Some((
                LineKind::Note,
                format!("and {} lines more: kiosk import with --dry-run tells all of them", trial.unlisted),
            )),
        }
    }

    /// Goes back to the form, since what was shown is not what there is.
    fn forget(&mut self) {
        (self.trial, self.op, self.refused, self.progress) = (Load::Idle, None, None, None);
    }

    fn looked(&mut self) {
        self.progress = None;
        let Load::Failed(failure) = &self.trial else {
            self.list = ListState::new(1);
            return self.list.resize(self.rows());
        };
        let field = if matches!(failure, Failure::NotPublished(_)) { FROM } else { FILES };
        let why = failure.to_string();
        self.forget();
        self.form.refuse(field, why);
    }

    fn imported(&mut self) {
        self.progress = None;
        let Load::Failed(failure) = self.change.clone() else { return };
        self.change = Load::Idle;
        if matches!(failure, Failure::ImportMoved | Failure::ImportHasMistakes { .. } | Failure::NotRead(_)) {
            self.forget();
            self.form.refuse(FILES, failure.to_string());
        } else {
            self.refused = Some(failure);
        }
    }
}

/// Whether all is written already that there is, and only its end is not.
const fn only_finishes(trial: &ImportTrial) -> bool {
    trial.finishes && trial.shown.trains + trial.shown.stations + trial.shown.ends.len() == 0
}

/// Whether trains with a mistake are left out. Where others end they would end with them.
fn leaves_out(source: &ImportSource) -> bool {
    source.bad == BadTrains::LeaveOut && source.missing == MissingTrains::Stay
}

/// What is done: `imports 1 train and 2 stations, and ends 3 trains`.
fn work(shown: &Shown, [import, end]: [&str; 2]) -> String {
    let ended = count(shown.ends.len(), "train");
    match (shown.trains + shown.stations, shown.ends.len()) {
        (_, 0) => format!("{import} {}", counted(shown)),
        (0, _) => format!("{end} {ended}"),
        _ => format!("{import} {}, and {} {ended}", counted(shown), end.to_lowercase()),
    }
}

fn count(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// How much is imported: `1 train and 2 stations`.
fn counted(shown: &Shown) -> String {
    match (shown.trains, shown.stations) {
        (trains, 0) => count(trains, "train"),
        (0, stations) => count(stations, "station"),
        (trains, stations) => format!("{} and {}", count(trains, "train"), count(stations, "station")),
    }
}

impl Scene for Import {
    type Action = Action;

    const KEYS: &'static [Binding<Action>] = &[
        bind(
            &[Key::Enter],
            "Enter",
            "next",
            "Goes to the next field, and from the last one looks at the files.",
            Action::Next,
        ),
        bind(&[Key::F(2)], "F2", "look", "Reads the files and says what they would change.", Action::Look),
        bind(&[Key::Enter], "Enter", "import", "Asks whether what is shown is to be imported.", Action::Import),
        bind(&[Key::Up], "↑↓", "line", "Moves to the line above or below.", Action::Move(Key::Up)),
        bind(&[Key::Down], "", "", "", Action::Move(Key::Down)),
        bind(&[Key::PageUp], "", "", "", Action::Move(Key::PageUp)),
        bind(&[Key::PageDown], "", "", "", Action::Move(Key::PageDown)),
        bind(&[Key::Home], "", "", "", Action::Move(Key::Home)),
        bind(&[Key::End], "", "", "", Action::Move(Key::End)),
        bind(&[Key::Char('r')], "r", "look again", "Reads the files again.", Action::Again),
        bind(&[Key::Esc], "Esc", "back", "Goes back.", Action::Back),
    ];

    fn place(&self, _world: &World) -> String {
        "Import of trains".to_owned()
    }

    fn offers(&self, action: Action, _world: &World) -> bool {
        let page = self.page();
        match action {
            Action::Next | Action::Look => page == Page::Form,
            Action::Import => page == Page::Trial && self.good().is_some(),
            Action::Move(_) => page == Page::Trial && self.rows() > 0,
            Action::Again => page == Page::Trial,
            Action::Back => true,
        }
    }

    fn typing(&self) -> Typing {
        if self.page() == Page::Form { self.form.typing() } else { Typing::No }
    }

    fn act(&mut self, action: Action, cx: &mut Context) {
        match action {
            Action::Next => {
                if self.form.key(Key::Enter) == Filled::Submit {
                    self.look(cx);
                }
            }
            Action::Look | Action::Again => self.look(cx),
            Action::Import => self.ask_to_import(cx),
            Action::Move(key) => {
                self.refused = None;
                self.list.key(key, drawing::list_place(frame::body(cx.size)).height);
            }
            Action::Back if self.page() == Page::Trial => self.forget(),
            Action::Back => cx.pop(),
        }
    }

    fn answer(&mut self, answer: Answer, cx: &mut Context) {
        if answer != Answer::Yes(Question::Import) {
            return;
        }
        let Some((source, shown)) = self.source.clone().zip(self.good().map(|trial| trial.shown.clone())) else {
            return;
        };
        let op = *self.op.get_or_insert_with(|| cx.op_id());
        (self.refused, self.progress) = (None, None);
        self.change = Load::Waiting(cx.call(Request::Import { op, source, shown }));
    }

    fn key(&mut self, key: Key, _cx: &mut Context) {
        if self.page() == Page::Form {
            self.form.key(key);
        }
    }

    fn paste(&mut self, text: &str, _cx: &mut Context) {
        if self.page() == Page::Form {
            self.form.paste(text);
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect, cx: &mut Context) {
        match self.page() {
            Page::Form => drop(self.form.mouse(mouse, drawing::form_place(area))),
            Page::Trial => {
                if let Touch::Acted(_) = self.list.mouse(mouse, drawing::list_place(area))
                    && self.good().is_some()
                {
                    self.ask_to_import(cx);
                }
            }
            Page::Looking | Page::Importing | Page::Done => {}
        }
    }

    fn progress(&mut self, call: CallId, progress: Progress) {
        if self.trial.awaits(call) || self.change.awaits(call) {
            self.progress = Some(progress);
        }
    }

    fn reply(&mut self, call: CallId, answer: Result<Reply, Failure>, _cx: &mut Context) {
        let trial = |reply: &Reply| if let Reply::ImportTried(trial) = reply { Some((**trial).clone()) } else { None };
        if self.trial.settle(call, &answer, trial) {
            self.looked();
        }
        let done = |reply: &Reply| if let Reply::Imported(done) = reply { Some(done.clone()) } else { None };
        if self.change.settle(call, &answer, done) {
            self.imported();
        }
    }

    fn gave_up(&mut self, call: CallId, cx: &mut Context) {
        if self.trial.awaits(call) {
            cx.toast(Tone::Plain, "Stopped: nothing was written.");
        } else if self.change.awaits(call) {
            // What was shown is being written: there is nothing to ask for once more.
            cx.toast(Tone::Warning, "The import goes on to its end. Look again to see how far it has come.");
            self.change = Load::Idle;
        } else {
            return;
        }
        self.forget();
    }

    fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        drawing::view(self, buf, area, world);
    }
}
