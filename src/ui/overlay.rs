//! What stands above a screen until it is answered. Overlays are a closed set and answer with data.

use chrono::{DateTime, NaiveDate, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::context::World;
use crate::ui::keys::{Hint, Key, Mouse, MouseKind};
use crate::ui::theme::Tone;
use crate::ui::widgets::panel;

pub use crate::ui::overlay::help::Help;
pub use crate::ui::overlay::locked::Locked;
pub use crate::ui::widgets::date_picker::DatePicker;

pub mod help;
pub mod locked;

/// An overlay.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// A question with two answers.
    Confirm(Confirm),
    /// Something that has to be read.
    Notice(Notice),
    /// The keys that work here.
    Help(Help),
    /// A date out of a window.
    DatePicker(DatePicker),
    /// The terminal is locked.
    Locked(Locked),
    /// Everything will be forgotten at this moment unless somebody is there.
    Idle(DateTime<Utc>),
}

/// What an overlay was asked and what was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The question was answered with yes.
    Yes(Question),
    /// The question was answered with no.
    No(Question),
    /// A date was chosen.
    Date(NaiveDate),
    /// A notice was read, or a date was not chosen.
    Dismissed,
}

/// What a [`Confirm`] asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// To leave Kiosk.
    Quit,
    /// To go on with what was left behind when a line broke.
    Resume,
    /// To sign out while a journey is in work.
    SignOut,
    /// To give up the journey in work.
    GiveUp,
    /// To give held berths back.
    GiveBack,
    /// To give places of a booking up for what is quoted.
    Cancel,
    /// To give a slip up that nobody has paid.
    GiveUpSlip,
    /// To board at another halt.
    ChangeBoarding,
    /// To remove somebody from a profile.
    RemovePerson,
    /// To remove a key of the account.
    RemoveKey,
    /// To hand a refund out.
    HandOut,
    /// To publish a train.
    PublishTrain,
    /// To leave what was edited or typed without publishing it.
    LeaveUnpublished,
    /// To import trains.
    Import,
    /// To end a train.
    RetireTrain,
    /// To take a train's end back.
    UnretireTrain,
    /// To cancel a run for the railway.
    CancelRun,
    /// To change the times of a run.
    DelayRun,
    /// To cancel a part of a run for the railway.
    CancelPart,
    /// To take whole coaches of a run off sale.
    BlockCoaches,
    /// To undo a sale at the till that made it.
    VoidSale,
    /// To close a till with what was counted.
    CloseTill,
    /// To give an account another role.
    ChangeRole,
    /// To close an account.
    CloseAccount,
    /// To put a one-time code in the place of an account's password.
    IssueCode,
    /// To do that, and to remove its keys.
    IssueCodeAndRemoveKeys,
    /// To show a banner no more.
    EndNotice,
    /// To publish rules.
    PublishRules,
    /// To take published rules back.
    WithdrawRules,
}

/// A question with two answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// What is asked.
    pub question: Question,
    /// A few words.
    pub title: String,
    /// What will happen, in a sentence or two.
    pub text: String,
    /// What Enter does, such as `Give the berths back`.
    pub yes: &'static str,
    /// What Esc does, such as `Keep them`.
    pub no: &'static str,
}

/// Something that has to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// A few words.
    pub title: String,
    /// What happened and what to do next.
    pub text: String,
}

/// What became of an overlay after a key.
#[derive(Clone, Debug)]
pub enum After {
    /// It stays.
    Stay,
    /// It leaves without an answer.
    Close,
    /// It leaves and says so.
    Answered(Answer),
    /// The locked terminal tries a password.
    Unlock(secrecy::SecretString),
    /// The locked terminal is given up.
    SignOut,
}

impl Overlay {
    /// Takes a key.
    pub fn key(&mut self, key: Key) -> After {
        match (self, key) {
            (Self::Confirm(confirm), Key::Enter | Key::Char('y' | 'Y')) => {
                After::Answered(Answer::Yes(confirm.question))
            }
            (Self::Confirm(confirm), Key::Esc | Key::Char('n' | 'N')) => After::Answered(Answer::No(confirm.question)),
            (Self::Confirm(_), _) => After::Stay,
            (Self::Notice(_), Key::Enter | Key::Esc | Key::Char(' ')) => After::Answered(Answer::Dismissed),
            (Self::Notice(_), _) => After::Stay,
            (Self::Help(help), key) => help.key(key),
            (Self::DatePicker(picker), key) => picker.key(key),
            (Self::Locked(locked), key) => locked.key(key),
            (Self::Idle(_), _) => After::Close,
        }
    }

    /// Takes text from the clipboard.
    pub fn paste(&mut self, text: &str) -> After {
        match self {
            Self::Locked(locked) => locked.paste(text),
            Self::Idle(_) => After::Close,
            _ => After::Stay,
        }
    }

    /// Takes the mouse; `area` is the place in which `view` may draw.
    pub fn mouse(&mut self, mouse: Mouse, area: Rect) -> After {
        match self {
            Self::DatePicker(picker) => picker.mouse(mouse, area),
            Self::Help(help) => help.mouse(mouse),
            Self::Idle(_) => After::Close,
            Self::Confirm(_) | Self::Notice(_) | Self::Locked(_) => {
                let on = |row: Option<Key>| row.filter(|_| mouse.kind == MouseKind::Press);
                match on(panel::button_at(area, &self.buttons(), &self.words(), mouse.at)) {
                    Some(key) => self.key(key),
                    None => After::Stay,
                }
            }
        }
    }

    /// The keys that work in it.
    pub fn hints(&self) -> Vec<Hint> {
        let hint = |key, shown, label| Hint { key, shown, label, help: "" };
        match self {
            Self::Confirm(confirm) => {
                vec![hint(Key::Enter, "Enter", confirm.yes), hint(Key::Esc, "Esc", confirm.no)]
            }
            Self::Notice(_) => vec![hint(Key::Enter, "Enter", "go on")],
            Self::Help(_) => vec![hint(Key::Down, "↑↓", "scroll"), hint(Key::Esc, "Esc", "close")],
            Self::DatePicker(_) => DatePicker::hints(),
            Self::Locked(_) => vec![hint(Key::Enter, "Enter", "unlock"), hint(Key::F(8), "F8", "sign out")],
            Self::Idle(_) => vec![hint(Key::Enter, "any key", "go on")],
        }
    }

    fn buttons(&self) -> Vec<(Key, &'static str)> {
        match self {
            Self::Confirm(confirm) => vec![(Key::Enter, confirm.yes), (Key::Esc, confirm.no)],
            Self::Notice(_) => vec![(Key::Enter, "Go on")],
            _ => Vec::new(),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Confirm(confirm) => confirm.text.clone(),
            Self::Notice(notice) => notice.text.clone(),
            _ => String::new(),
        }
    }

    /// Draws it above a screen.
    pub fn view(&self, buf: &mut Buffer, area: Rect, world: &World) {
        match self {
            Self::Confirm(confirm) => {
                let frame = panel::Panel { title: &confirm.title, tone: Tone::Warning, text: &self.words() };
                frame.view(buf, area, &self.buttons(), world);
            }
            Self::Notice(notice) => {
                let frame = panel::Panel { title: &notice.title, tone: notice.tone, text: &notice.text };
                frame.view(buf, area, &self.buttons(), world);
            }
            Self::Help(help) => help.view(buf, area, world),
            Self::DatePicker(picker) => picker.view(buf, area, world),
            Self::Locked(locked) => locked.view(buf, area, world),
            Self::Idle(until) => {
                let left = crate::ui::frame::seconds_left(*until, world.now);
                let text = format!(
                    "Everything typed here will be forgotten in {left} s, and held berths are given back. Press any key or touch the screen to go on."
                );
                let frame = panel::Panel { title: "Are you still there?", tone: Tone::Warning, text: &text };
                frame.view(buf, area, &[], world);
            }
        }
    }
}
